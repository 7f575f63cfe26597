//! Profiles of HSM models, and the one PKCS#11 driver that obeys them.
//!
//! ```text
//! Profile -> Module -> ClosedToken -(Pin)-> OpenToken -> DeviceHsm | OfficerToken -> LoggedOut
//! ```
//!
//! The only crate that names `cryptoki`. It signs the closed orders of signer-core and nothing
//! else; it holds no call that imports, wraps, unwraps, derives or reads a key. It retries no
//! login and no signature. Each state is made from the one before it, by value. All calls are made
//! by one thread of the driver's own and are waited for at most as long as the profile says: a
//! module that hangs does not hang who uses it.

mod acceptance;
mod anchor;
mod connection;
mod destroy;
mod device;
mod error;
mod index;
mod keys;
mod login;
mod module;
mod officer;
mod owner;
mod pin;
mod point;
mod profile;
mod provision;
mod random;
mod session;
mod sign;

pub use acceptance::{Observations, Probe, ThrowAway, wrong_pin};
pub use anchor::ANCHOR_MAX;
pub use device::DeviceHsm;
pub use error::{ErrorClass, HsmError};
pub use keys::Progress;
pub use login::{Pin, PinState};
pub use module::{LoginNeed, Module, TokenInfo, TokenSelector, digest_of};
pub use officer::OfficerToken;
pub use owner::a_module_hangs;
pub use pin::TakesPin;
pub use profile::{
    Attestation, Backup, Consequence, Derivation, Initialise, Limits, LoginRole, PointOnPrivate,
    Profile, ProfileError, UnverifiedValue,
};
pub use random::TokenRandom;
pub use session::{ClosedToken, LoggedOut, OpenToken};
pub use sign::AskedSignature;

#[cfg(test)]
#[path = "../tests/common/mod.rs"]
mod common;
// The tests' helpers name this crate as its users do.
#[cfg(test)]
extern crate self as hsm_profiles;
