//! Random numbers that a device draws for itself: nonces of sessions and of possession proofs.
//!
//! ```text
//! HSM     C_GenerateRandom -> health tests -+
//!                                           +-> SHA-256 -> 32 bytes
//! kernel  getrandom(2)     -> health tests -+
//! ```
//!
//! Both sources come in as [`rand_core::TryCryptoRng`]: this module has none of its own. Keys are
//! never made of these numbers; the HSM makes them alone. What the tests can find and what they
//! cannot: `docs/randomness.md`.

mod evidence;
mod health;
mod mixed;

pub use evidence::{RandomEvidence, SampleDigest, SourceEvidence};
pub use health::{Health, HealthTests, TESTS, TestParameters};
pub use mixed::{DeviceRandom, DrawError, MixedRng, Source};

#[cfg(test)]
pub(crate) mod testing;
