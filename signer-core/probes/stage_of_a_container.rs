// expect: E0308
//! The container of a PSBT, well-formed but not judged, passes nowhere as the stage.

use signer_core::psbt::{ParsedPsbt, RawPsbt};

pub fn promote(container: RawPsbt) -> ParsedPsbt {
    container // refused
}

fn main() {}
