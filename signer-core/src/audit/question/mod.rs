//! One file for each question.

mod approvals;
mod chain;
mod complete;
mod nonces;
mod open;
mod people;
mod shown;
mod signatures;
mod verify;

pub use approvals::approvals;
pub use chain::{Walked, chain};
pub use complete::complete;
pub use nonces::nonces;
pub use open::open;
pub use people::people;
pub use shown::shown;
pub use signatures::signatures;
pub use verify::verify;
