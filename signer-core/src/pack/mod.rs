//! Case bundles: the list of their files, and what time-stamp tokens beside them say.
//!
//! A bundle is checked against its own list first, and then like any folder of evidence: nothing
//! in it is trusted for being in it.

mod manifest;
mod ots;

pub use manifest::{Manifest, ManifestError, ManifestLine};
pub use ots::{Attestation, OtsError, OtsToken};
