//! `hello`: what this program reads, as a code for the host. It touches no token and records nothing.

use officer_console::Stage;
use optics::draw;
use optics::projector::{self, ProjectorError};
use signer_core::frames::Hello;
use signer_core::rule::Explained as _;

use crate::console::Console;
use crate::failure::Failure;
use crate::files::Output;
use crate::plan::Greeting;

/// Draws the code, and shows it.
pub(crate) fn run(plan: &Greeting) -> Result<(), Failure> {
    if let Some(path) = &plan.output {
        let output = Output::reserve(path)?;
        let picture = draw::png(Hello::ours().text(), draw::SCALE);
        output.write(&picture.map_err(|error| Failure::internal(error.what()))?)?;
        let mut console = Console::new(plan.lang);
        console.wrote(&format!("wrote {}", path.display()))?;
    }
    if plan.shown {
        let text = Hello::ours().text();
        let shown = Stage::stdio()
            .map_err(ProjectorError::from)
            .and_then(|mut stage| projector::still(text, plan.lang, &mut stage));
        shown.map_err(|error| Failure::explained(&error))?;
    }
    Ok(())
}
