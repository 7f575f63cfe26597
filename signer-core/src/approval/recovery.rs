//! Recovery: keys in separate safes replace administrators, and nobody else, after a long delay
//! that every session announces and one administrator can cancel.

use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use super::{ActiveRoster, Officer, RecoveryQuorum, Role, Roster, RosterError};
use crate::cose::{Artefact, Endorsed, Scope, Signed, SignedBy, signatures_by};
use crate::digest::{KeyId, RootDigest, RosterDigest};
use crate::headers::KnownTime;
use crate::types::{Blocks, Height, Label, OfficerId};

/// The shortest delay of a recovery quorum: about a day, so that a session may announce it.
pub const MIN_RECOVERY_DELAY: Blocks = Blocks(144);

/// One administrator's order that a roster of the recovery quorum never takes effect.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RecoveryCancellation {
    /// Version of this structure: 1.
    #[n(0)]
    pub version: u8,
    /// Network and purpose.
    #[n(1)]
    pub scope: Scope,
    /// The root.
    #[n(2)]
    pub root: RootDigest,
    /// The roster in force, of which the signer is an administrator.
    #[n(3)]
    pub roster: RosterDigest,
    /// The roster that waits.
    #[n(4)]
    pub cancelled: RosterDigest,
    /// Who signs.
    #[n(5)]
    pub officer: OfficerId,
    /// Why, in few words.
    #[n(6)]
    pub reason: Label,
}

impl Artefact for RecoveryCancellation {
    const KIND: &'static str = "recovery-cancellation";
    const SIGNED_BY: SignedBy = SignedBy::Officer;
}

/// A roster of the recovery quorum that a device has seen and that is not in force yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingRoster {
    /// The roster.
    pub roster: RosterDigest,
    /// First known height at which it can be installed.
    pub from: Height,
}

/// What installing a roster means on a device as it stands.
#[derive(Debug)]
pub enum NextRoster {
    /// It is in force from the installation on.
    InForce(ActiveRoster),
    /// Its delay begins.
    Waits(ActiveRoster, WaitingRoster),
}

impl NextRoster {
    /// The roster.
    pub const fn roster(&self) -> &ActiveRoster {
        match self {
            Self::InForce(roster) | Self::Waits(roster, _) => roster,
        }
    }

    /// The roster, whenever it is in force.
    pub fn into_roster(self) -> ActiveRoster {
        match self {
            Self::InForce(roster) | Self::Waits(roster, _) => roster,
        }
    }
}

impl ActiveRoster {
    /// The roster that follows this one, by its administrators or by the recovery quorum; what is
    /// seen of the latter for the first time waits, from the later of headers and clock on.
    ///
    /// # Errors
    /// [`RosterError`].
    pub fn next(
        &self,
        bytes: &[u8],
        waiting: Option<&WaitingRoster>,
        time: KnownTime,
    ) -> Result<NextRoster, RosterError> {
        let at = time.opens();
        let Some(recovery) = self.signing_recovery(bytes) else {
            return self.succeed(bytes, time).map(NextRoster::InForce);
        };
        let next = self.recovered(bytes, recovery, time)?;
        let Some(known) = waiting else {
            let waiting = WaitingRoster {
                roster: next.digest(),
                from: Height(time.closes().0.saturating_add(recovery.delay.0)),
            };
            return Ok(NextRoster::Waits(next, waiting));
        };
        if known.roster != next.digest() {
            return Err(RosterError::OtherWaits(known.roster));
        }
        if at < known.from {
            return Err(RosterError::StillWaits {
                from: known.from,
                known: at,
            });
        }
        Ok(NextRoster::InForce(next))
    }

    /// The recovery quorum, where one of its keys has signed.
    fn signing_recovery(&self, bytes: &[u8]) -> Option<&RecoveryQuorum> {
        let recovery = self.roster().recovery.as_ref()?;
        let signed =
            |key: &crate::keys::P256PublicKey| !signatures_by(bytes, &key.key_id()).is_empty();
        recovery.keys.iter().any(signed).then_some(recovery)
    }

    fn recovered(
        &self,
        bytes: &[u8],
        recovery: &RecoveryQuorum,
        at: KnownTime,
    ) -> Result<Self, RosterError> {
        let key_of = |kid: &KeyId| {
            let mut keys = recovery.keys.iter();
            keys.find(|key| key.key_id() == *kid).copied()
        };
        let endorsed = Endorsed::<Roster>::open(bytes, self.scope(), key_of)?;
        let (got, needed) = (endorsed.signers().count(), usize::from(recovery.threshold));
        if got < needed {
            return Err(RosterError::TooFewRecoveryKeys { needed, got });
        }
        self.is_named_by(endorsed.body())?;
        replaces_administrators_alone(self.roster(), endorsed.body())?;
        self.followed_by(endorsed, at)
    }

    /// Opens one administrator's order against the roster that waits.
    ///
    /// # Errors
    /// [`RosterError`].
    pub fn open_cancellation(
        &self,
        bytes: &[u8],
        waiting: Option<&WaitingRoster>,
        at: KnownTime,
    ) -> Result<Signed<RecoveryCancellation>, RosterError> {
        let (signed, officer) = self.open_signed::<RecoveryCancellation>(bytes)?;
        let body = signed.body();
        if body.version != 1 {
            return Err(RosterError::Version(body.version));
        }
        if body.scope != self.scope() {
            return Err(RosterError::OtherScope);
        }
        if body.root != self.root() {
            return Err(RosterError::OtherRoot);
        }
        let acts = officer.acting_as(Role::PolicyAdministrator, at).is_some();
        if !acts || body.officer != officer.id {
            return Err(RosterError::NotAdministrator(signed.signer()));
        }
        let waits = waiting.is_some_and(|waiting| waiting.roster == body.cancelled);
        if !waits || body.roster != self.digest() {
            return Err(RosterError::NothingWaits(body.cancelled));
        }
        Ok(signed)
    }
}

/// Beside its place in the order, such a roster changes nothing but administrators: who has any
/// other role keeps it as it is, and who comes has no other.
fn replaces_administrators_alone(before: &Roster, after: &Roster) -> Result<(), RosterError> {
    if before.administrators != after.administrators || before.recovery != after.recovery {
        return Err(RosterError::Recovery);
    }
    let (old, new) = (others(before), others(after));
    let lost = old.iter().find(|officer| !new.contains(officer));
    let gained = new.iter().find(|officer| !old.contains(officer));
    if let Some(officer) = lost.or(gained) {
        return Err(RosterError::NotAdministratorsAlone(officer.id.clone()));
    }
    let was_or_is_no_other = |officer: &&Officer| {
        let was = before.officer(&officer.id);
        officer.roles.len() == 1 || was.is_some_and(is_administrator)
    };
    let mut administrators = after.officers.iter().filter(|o| is_administrator(o));
    match administrators.find(|officer| !was_or_is_no_other(officer)) {
        Some(officer) => Err(RosterError::NotAdministratorsAlone(officer.id.clone())),
        None => Ok(()),
    }
}

fn is_administrator(officer: &Officer) -> bool {
    officer.roles.contains(&Role::PolicyAdministrator)
}

/// Everybody as they are without the role of an administrator; who has no other role is left out.
fn others(roster: &Roster) -> Vec<Officer> {
    let without = roster.officers.iter().cloned().map(|mut officer| {
        officer
            .roles
            .retain(|role| *role != Role::PolicyAdministrator);
        officer
    });
    without
        .filter(|officer| !officer.roles.is_empty())
        .collect()
}

#[cfg(test)]
mod tests;
