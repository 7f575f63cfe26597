//! The life of a key after its birth: in which state it is, what that state permits, and how it
//! ends.
//!
//! ```text
//! journal -> KeyState of every key (a fold; there is no second database)
//! Retirement (administrators) -> CheckedRetirement -> Destruction -> (journalled) Destroying
//!    -> DestroyOrder, one per key: all that a token's driver destroys by
//! device card + PossessionOrder for each key -> PossessionReport, signed by the device
//! ```

mod confirm;
mod destruction;
mod possession;
mod retirement;
mod state;

pub use confirm::{Asked, Taken};
pub use destruction::{DestroyOrder, Destroying, Destruction, DoomedKey, Undertaker, key02};
pub use possession::{Found, PossessionReport, ProofLine, Standing, key01};
pub use retirement::{CheckedRetirement, Retirement, RetirementError, RetirementStanding};
pub use state::{KeyLine, KeyState, KeyUse, Permit};
