// expect: E0451
//! A stage whose fields are filled in by somebody else.

use signer_core::psbt::ParsedPsbt;

pub fn parsed(stage: ParsedPsbt) -> ParsedPsbt {
    ParsedPsbt { ..stage } // refused
}

fn main() {}
