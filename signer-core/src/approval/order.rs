//! What every order of the administrators states, judged in one place.

use super::{ActiveRoster, RosterError};
use crate::cose::{Artefact, Endorsed, Scope};
use crate::digest::{RootDigest, RosterDigest};
use crate::headers::KnownTime;

/// What administrators sign under the roster in force, for a device of their root.
pub trait Order: Artefact {
    /// What it says of itself.
    fn frame(&self) -> OrderFrame;
}

/// The frame of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderFrame {
    /// Version of its structure.
    pub version: u8,
    /// Network and purpose.
    pub scope: Scope,
    /// The root of trust.
    pub root: RootDigest,
    /// The roster under which it was made.
    pub roster: RosterDigest,
}

/// The frame of a structure that names its parts alike.
macro_rules! orders {
    ($($order:ty),* $(,)?) => {$(
        impl Order for $order {
            fn frame(&self) -> OrderFrame {
                OrderFrame {
                    version: self.version,
                    scope: self.scope,
                    root: self.root,
                    roster: self.roster,
                }
            }
        }
    )*};
}

orders!(
    crate::life::Recovery,
    crate::life::Replacement,
    crate::life::Retirement,
    crate::life::Thaw,
    crate::policy::Policy,
);

impl ActiveRoster {
    /// Opens an order of this roster and root, in the version that is known here, that a quorum of
    /// administrators signed who are valid at this time.
    ///
    /// # Errors
    /// [`RosterError`].
    pub fn open_order<T: Order>(
        &self,
        bytes: &[u8],
        at: KnownTime,
    ) -> Result<Endorsed<T>, RosterError> {
        let endorsed = self.open_endorsed::<T>(bytes, at)?;
        let frame = endorsed.body().frame();
        if frame.version != 1 {
            return Err(RosterError::Version(frame.version));
        }
        if frame.scope != self.scope() {
            return Err(RosterError::OtherScope);
        }
        if frame.root != self.root() {
            return Err(RosterError::OtherRoot);
        }
        if frame.roster != self.digest() {
            return Err(RosterError::OtherRoster(frame.roster));
        }
        Ok(endorsed)
    }
}
