// expect: E0277
//! A stage is used once: a copy could be confirmed once and signed twice.

use signer_core::psbt::ParsedPsbt;

fn clone<T: Clone>() {}
fn copy<T: Copy>() {}

fn main() {
    clone::<ParsedPsbt>(); // refused
    copy::<ParsedPsbt>(); // refused
}
