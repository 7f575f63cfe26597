// expect: E0277
//! There is no stage of nothing.

use signer_core::psbt::ParsedPsbt;

fn default<T: Default>() {}

fn main() {
    default::<ParsedPsbt>(); // refused
}
