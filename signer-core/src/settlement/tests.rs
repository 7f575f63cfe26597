//! What a proof must show, and what it changes.

mod trn06;
