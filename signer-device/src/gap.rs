//! The air gap: one PSBT in, as a file or as pictures; one PSBT out, as a file, as pictures or as
//! both. What the bytes mean is judged in signer-core.

mod inlet;
mod outlet;

pub(crate) use inlet::{CHILD, Inlet};
pub(crate) use outlet::{Outlet, show, show_refusal};
