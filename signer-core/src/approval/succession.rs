//! One roster after the other: who signs it, and what becomes of those who leave.
//!
//! A removal works from the moment of installation, also for what was signed before: every
//! signature is opened with the keys of the roster in force, and approvals name its digest.

use alloc::vec::Vec;

use super::active::check_shape;
use super::{ActiveRoster, Officer, Role, Roster, RosterError};
use crate::cose::{Artefact, CoseError, Endorsed};
use crate::digest::{KeyId, RosterDigest};
use crate::headers::KnownTime;
use crate::phrase;
use crate::rule::Phrase;
use crate::types::{Blocks, Height, OfficerId, Version};

/// How long before an entry ends the device begins to say so: about thirty days.
pub const EXPIRY_NOTICE: Blocks = Blocks(4_320);

/// A key that an earlier roster of this device listed and the one in force does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormerKey {
    /// Whose it was.
    pub officer: OfficerId,
    /// The key.
    pub key: KeyId,
    /// The roster that removed it.
    pub removed_by: Version,
}

impl FormerKey {
    /// In words, for a refusal.
    pub fn phrase(&self) -> Phrase {
        phrase!(
            "a key of {officer} that roster {number} removed",
            "名簿 {number} が除いた {officer} の鍵",
            officer = self.officer,
            number = self.removed_by
        )
    }
}

impl ActiveRoster {
    /// Takes the roster that follows this one: it names this one, its number is the next, and a
    /// quorum of this one's administrators signed it.
    ///
    /// An administrator whose term alone has ended may sign it, and nothing else: otherwise a house
    /// that let a date pass could never go on. The new roster must have one administrator more than
    /// it needs, valid at this time.
    ///
    /// # Errors
    /// [`RosterError`]; this roster then stays in force.
    pub fn succeed(&self, bytes: &[u8], at: KnownTime) -> Result<Self, RosterError> {
        // First, so that a roster that was taken long ago is called what it is.
        self.is_named_by(&Endorsed::<Roster>::peek(bytes)?)?;
        let endorsed = self.open_by_officers::<Roster>(bytes)?;
        self.signed_by_a_quorum(&endorsed, at.opens())?;
        self.followed_by(endorsed, at)
    }

    pub(super) fn is_named_by(&self, next: &Roster) -> Result<(), RosterError> {
        if next.predecessor == Some(self.digest) {
            Ok(())
        } else {
            Err(RosterError::NotSuccessor(self.digest))
        }
    }

    /// Opens what officers signed, whoever they are. Who has left is named.
    pub(super) fn open_by_officers<T: Artefact>(
        &self,
        bytes: &[u8],
    ) -> Result<Endorsed<T>, RosterError> {
        let key_of = |kid: &KeyId| self.officer_of(kid).map(|officer| officer.key);
        Endorsed::open(bytes, self.scope(), key_of).map_err(|error| match self.former(&error) {
            Some(former) => RosterError::Former(former.clone()),
            None => error.into(),
        })
    }

    fn signed_by_a_quorum(
        &self,
        endorsed: &Endorsed<Roster>,
        at: Height,
    ) -> Result<(), RosterError> {
        let mut got = 0_usize;
        for kid in endorsed.signers() {
            let officer = self.officer_of(&kid);
            if !officer.is_some_and(|officer| may_sign_a_successor(officer, at)) {
                return Err(RosterError::NotAdministrator(kid));
            }
            got = got.saturating_add(1);
        }
        let needed = usize::from(self.roster().administrators);
        if got < needed {
            return Err(RosterError::TooFewSignatures { needed, got });
        }
        Ok(())
    }

    /// The place of a roster after this one, whoever signed it.
    pub(super) fn followed_by(
        &self,
        endorsed: Endorsed<Roster>,
        at: KnownTime,
    ) -> Result<Self, RosterError> {
        let next = endorsed.body();
        check_shape(next, self.scope(), at)?;
        self.is_named_by(next)?;
        let number = Version(self.roster().number.0.saturating_add(1));
        if next.number != number {
            return Err(RosterError::Number {
                next: number,
                got: next.number,
            });
        }
        let mut before = self.before.clone();
        before.insert(self.digest);
        Ok(Self {
            former: self.former_keys(next),
            digest: endorsed.roster_digest(),
            root: self.root,
            before,
            endorsed,
        })
    }

    /// Keys that were listed up to now and are not in `next`.
    fn former_keys(&self, next: &Roster) -> Vec<FormerKey> {
        let listed = |key: &KeyId| next.officers.iter().any(|o| o.key.key_id() == *key);
        let leaving = self.roster().officers.iter().map(|officer| FormerKey {
            officer: officer.id.clone(),
            key: officer.key.key_id(),
            removed_by: next.number,
        });
        let known = self.former.iter().cloned().chain(leaving);
        known.filter(|former| !listed(&former.key)).collect()
    }

    /// Whether this is the roster of this digest, or one that came after it on this device.
    pub fn continues(&self, roster: &RosterDigest) -> bool {
        self.digest == *roster || self.before.contains(roster)
    }

    /// Why something was not opened, in words: a key that was removed is named with its officer.
    pub fn why_unknown(&self, error: &CoseError) -> Phrase {
        self.former(error)
            .map_or_else(|| error.phrase(), FormerKey::phrase)
    }

    /// The removed key that something was signed with.
    fn former(&self, error: &CoseError) -> Option<&FormerKey> {
        let CoseError::UnknownKey(key) = error else {
            return None;
        };
        self.former.iter().find(|former| former.key == *key)
    }

    /// Officers whose entry has ended at this height, or ends within so many blocks after it.
    pub fn ending(&self, at: Height, within: Blocks) -> impl Iterator<Item = &Officer> {
        let horizon = Height(at.0.saturating_add(within.0));
        let officers = self.roster().officers.iter();
        officers.filter(move |officer| officer.valid_to < horizon)
    }
}

/// An administrator who is valid, or was until the end of the entry.
fn may_sign_a_successor(officer: &Officer, at: Height) -> bool {
    officer.roles.contains(&Role::PolicyAdministrator) && officer.valid_from <= at
}

#[cfg(test)]
mod tests;
