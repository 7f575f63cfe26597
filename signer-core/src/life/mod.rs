//! The life of a key after its birth: in which state it is, what that state permits, and how it
//! ends.
//!
//! ```text
//! journal -> KeyState of every key (a fold; there is no second database)
//! Retirement (administrators) -> CheckedRetirement -> Destruction -> (journalled) Destroying
//!    -> DestroyOrder, one per key: all that a token's driver destroys by
//! Recovery (administrators) + device card -> Continuation -> Recovered: the journal goes on from
//!    the anchor in the HSM, without the entries up to it
//! device card + PossessionOrder for each key -> PossessionReport, signed by the device
//! Replacement (administrators) of an HSM with such a report -> Takeover -> Replaced: it is the
//!    device's own, and the old one is refused
//! ```

mod confirm;
mod destruction;
mod freeze;
mod possession;
mod recovered;
mod recovery;
mod recovery_error;
mod replaced;
mod replacement;
mod replacement_error;
mod retirement;
mod state;

pub use confirm::{Asked, Taken};
pub use destruction::{DestroyOrder, Destroying, Destruction, DoomedKey, Undertaker, key02};
pub use freeze::{Freeze, FreezeError, FreezeStanding, Frozen, Thaw, env03, may_freeze};
pub use possession::{Found, PossessionReport, ProofLine, Standing, key01};
pub use recovered::{Continuation, Recovered};
pub use recovery::{
    AnchorStatement, CheckedRecovery, KnownReceipt, PolicyPin, ReadReceipt, Recovery,
    RecoveryStanding, RetiredWallet, UsedChange,
};
pub use recovery_error::RecoveryError;
pub use replaced::{Replaced, Takeover};
pub use replacement::{CheckedReplacement, HsmName, ProvenHsm, Replacement, ReplacementStanding};
pub use replacement_error::ReplacementError;
pub use retirement::{CheckedRetirement, Retirement, RetirementError, RetirementStanding};
pub use state::{KeyLine, KeyState, KeyUse, Permit};
