//! The statements of witnesses, by which a session may end as signed.

use super::{DeviceState, FoldError};
use crate::approval::WitnessStatement;
use crate::codec::ByteString;
use crate::transcript::entry::Entry;
use crate::types::OfficerId;

impl DeviceState {
    /// What a witness of the open session signs now, over every entry up to this head.
    ///
    /// There is nothing to sign before every signature of the session is made.
    pub fn to_witness(
        &self,
        officer: &OfficerId,
        head: [u8; 32],
        entries: u64,
    ) -> Option<WitnessStatement> {
        let session = self.open.as_ref()?;
        let unfinished = self.in_hand()?;
        let complete = session.intended && unfinished.missing().next().is_none();
        let due = session.witnesses().contains(officer) && !session.witnessed.contains(officer);
        (complete && due).then_some(WitnessStatement {
            version: 1,
            scope: self.scope()?,
            officer: officer.clone(),
            device: self.device()?,
            session: session.number,
            tx: unfinished.intent.tx,
            head,
            entries,
        })
    }

    /// A statement is that of a witness who sits here, over all that stands before it.
    pub(super) fn witness(&mut self, entry: &Entry, bytes: &ByteString) -> Result<(), FoldError> {
        let roster = self.roster().ok_or(FoldError::Witness)?;
        let opened = roster.open_signed::<WitnessStatement>(&bytes.0);
        let (signed, officer) = opened.map_err(|_| FoldError::Witness)?;
        let who = officer.id.clone();
        let due = self.to_witness(&who, entry.prev, entry.sequence);
        if due.as_ref() != Some(signed.body()) {
            return Err(FoldError::Witness);
        }
        let session = self.open.as_mut().ok_or(FoldError::NoSession)?;
        session.witnessed.push(who);
        Ok(())
    }
}
