// expect: E0603
//! The parts of which artefacts are signed are not there for others.

use signer_core::cose::Sign1; // refused

fn main() {}
