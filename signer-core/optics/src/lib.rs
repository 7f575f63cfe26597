//! Pictures of the air gap: drawing QR codes and reading them. Both programs use it.
//!
//! It knows no key, no PSBT and no frame format: text or bytes in, picture out, and back; what it shows on a
//! terminal ([`projector`]) signer-core has cut, and what a camera sees ([`intake`]) signer-core puts together.
//! Pictures from outside are decoded in a child process ([`child`]), which holds nothing worth stealing and is
//! killed when it takes too long.

pub mod child;
pub mod density;
pub mod draw;
pub mod intake;
mod locate;
pub mod projector;
mod raw;
pub mod read;
pub mod sheet;
pub mod source;
mod symbol;
pub mod view;
