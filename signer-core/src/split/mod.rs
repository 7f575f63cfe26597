//! A PIN that nobody knows: what the disk keeps of it, who holds its shares, and the rule over the
//! holders (HSM07).
//!
//! What this module may not do: hold a PIN, a share or a passphrase. Sealing and opening shares is the
//! device's; here are the shapes, and what the journal says of them.

mod hsm07;
mod pin;
mod shares;
mod standing;

pub use hsm07::hsm07;
pub use pin::{DrawnBytes, PIN_LENGTH, drawn_pin};
pub use shares::{Kdf, SealedShare, ShareSet};
pub(crate) use standing::Pins;
pub use standing::{Credential, PinOpened, PinSplit, Splits};
