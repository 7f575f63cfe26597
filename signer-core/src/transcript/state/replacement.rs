//! A restored HSM that becomes the device's own: by the administrators' order, and as long as nothing
//! was done since it proved its keys.

use alloc::vec::Vec;

use super::{DeviceState, FoldError};
use crate::cose::Signed;
use crate::digest::FileDigest;
use crate::life::{PossessionReport, ProvenHsm, Replaced, ReplacementError, Takeover};
use crate::rule::{Explained as _, RuleId, Verdict};
use crate::split::Credential;
use crate::transcript::entry::{CeremonyKind, Entry, Proven, ReadiedBy};

impl DeviceState {
    /// Every possession report since anything was done but to look at backups.
    pub fn proven_hsms(&self) -> &[ProvenHsm] {
        &self.proven
    }

    /// A report of this device. One that it did not sign is none, and the replay says so.
    pub(super) fn note_proven(&mut self, entry: &Entry, proven: &Proven) {
        let (Some(identity), Some(scope)) = (self.identity().copied(), self.scope()) else {
            return;
        };
        let known = |kid: &_| (*kid == identity.key_id()).then_some(identity);
        let Ok(signed) = Signed::<PossessionReport>::open(&proven.signed.0, scope, known) else {
            return;
        };
        let mut lines = proven.report.iter();
        let judged = lines.find(|line| line.rule == RuleId::KEY01);
        let verdict = judged.map_or(Verdict::NotReached(RuleId::KEY01), |line| {
            line.verdict.clone()
        });
        let report = signed.body();
        self.proven.push(ProvenHsm {
            report: FileDigest::over(&[&proven.signed.0]),
            entries: entry.sequence,
            head: entry.prev,
            card: report.card,
            hsm: report.hsm.clone(),
            standing: report.standing,
            verdict,
        });
    }

    /// A session of any other ceremony is one of the HSM in use: it is not lost, or what a restored one
    /// proved before is of an older day.
    pub(super) fn forget_proven(&mut self, next: CeremonyKind) {
        if !matches!(next, CeremonyKind::Backup | CeremonyKind::Replace) {
            self.proven = Vec::new();
        }
    }

    /// The restored HSM is the device's own.
    pub(super) fn replace(&mut self, head: &[u8; 32], what: &Replaced) -> Result<(), FoldError> {
        let takeover = Takeover::of(self, &what.order.0).map_err(refused)?;
        takeover.confirmed(self).map_err(refused)?;
        let card = takeover.open_card(&what.card.0, head).map_err(refused)?;
        self.judge_own_card(&card)?;
        match &what.pin {
            Some(opened) if opened.credential == Credential::User => self.pin_opened(opened)?,
            Some(_) => return Err(FoldError::Pin),
            None => self.pins.of_mut(Credential::User).forget(),
        }
        let order = takeover.into_order();
        let order = order.order();
        let genesis = self.genesis.as_mut().ok_or(FoldError::Genesis)?;
        genesis.hsm = order.hsm.clone();
        genesis.generation = order.generation;
        genesis.acceptance.clone_from(&order.acceptance);
        // What was recorded of it speaks of the HSM that is gone.
        genesis.readied = Some(ReadiedBy::NotKnown);
        self.hold_card(card);
        self.proven = Vec::new();
        let session = self.open.as_mut().ok_or(FoldError::NoSession)?;
        session.intended = true;
        Ok(())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what map_err hands over")]
fn refused(error: ReplacementError) -> FoldError {
    FoldError::Artefact(error.what())
}
