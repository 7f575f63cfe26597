//! The profile that an argument names: a built-in one, or a file. What is in it is judged by its parser.

use std::path::Path;

use crate::failure::Failure;
use crate::files;

/// The profile of this name, or in this file.
pub(crate) fn profile(choice: &str) -> Result<hsm_profiles::Profile, Failure> {
    let wrong = |error: hsm_profiles::ProfileError| Failure::explained(&error);
    if hsm_profiles::Profile::names().any(|name| name == choice) {
        return hsm_profiles::Profile::named(choice).map_err(wrong);
    }
    let path = Path::new(choice);
    if !path.exists() {
        return hsm_profiles::Profile::named(choice).map_err(wrong);
    }
    let bytes = files::read(path, files::ARTEFACT)?;
    let text = String::from_utf8_lossy(&bytes);
    hsm_profiles::Profile::parse(&text).map_err(wrong)
}
