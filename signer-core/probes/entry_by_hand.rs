// expect: E0451
//! That an entry was added is said by the journal that took it, by nobody else.

use signer_core::transcript::{Appended, JournalHead};

pub fn forged(bytes: Vec<u8>) -> Appended {
    Appended {
        bytes, // refused
        head: JournalHead::START, // refused
    }
}

fn main() {}
