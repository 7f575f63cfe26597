//! What the journal says of split PINs: which set of shares opens the token.

use alloc::vec::Vec;

use super::{DeviceState, FoldError};
use crate::rule::Verdict;
use crate::split::{Credential, PinOpened, PinSplit, Splits, hsm07};
use crate::transcript::entry::CeremonyKind;
use crate::types::OfficerId;

impl DeviceState {
    /// The sets of shares of this PIN.
    pub const fn pin(&self, credential: Credential) -> &Splits {
        self.pins.of(credential)
    }

    /// Whether a holder is a valid officer now: who has left opens nothing any more.
    pub fn may_open(&self, holder: &OfficerId) -> bool {
        let officer = self.roster().and_then(|roster| roster.officer(holder));
        officer.is_some_and(|officer| officer.is_valid(self.time()))
    }

    /// HSM07 over a set that is about to be announced, by what is known now.
    pub fn judge_split(&self, split: &PinSplit) -> Option<Verdict> {
        let others = Credential::ALL
            .into_iter()
            .filter(|c| *c != split.credential);
        let others: Vec<&PinSplit> = others
            .flat_map(|credential| {
                [
                    self.pin(credential).pending(),
                    self.pin(credential).current(),
                ]
            })
            .flatten()
            .collect();
        let roster = self.roster()?;
        Some(hsm07(split, roster, self.time(), &others))
    }

    /// The next set is announced: it is on the disk, and the token gets its PIN.
    pub(super) fn announce_pin(&mut self, split: &PinSplit) -> Result<(), FoldError> {
        let verdict = self.judge_split(split).ok_or(FoldError::Pin)?;
        if let Verdict::Refused(refusals) = verdict {
            let first = refusals.into_iter().next().ok_or(FoldError::Pin)?;
            return Err(FoldError::Key(first));
        }
        let splits = self.pins.of_mut(split.credential);
        if !splits.follows(split) {
            return Err(FoldError::Pin);
        }
        splits.announce(split);
        Ok(())
    }

    /// A login with a set that was announced proves that the token has its PIN. The security officer
    /// logs in where a PIN is split, and in no other session: none that signs.
    pub(super) fn pin_opened(&mut self, opened: &PinOpened) -> Result<(), FoldError> {
        let session = self.open.as_ref().ok_or(FoldError::NoSession)?;
        let splits = self.pin(opened.credential);
        let split = splits.numbered(opened.number).ok_or(FoldError::Pin)?;
        let splitting = session.opened().kind == CeremonyKind::SplitPin;
        let out_of_turn = opened.credential == Credential::SecurityOfficer && !splitting;
        let mut holders = opened.holders.iter();
        let valid = holders.all(|holder| self.may_open(holder));
        if out_of_turn || !valid || !opened.is_enough_for(split) {
            return Err(FoldError::Pin);
        }
        let split = split.clone();
        self.pins.of_mut(opened.credential).prove(split);
        Ok(())
    }
}
