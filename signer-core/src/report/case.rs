//! One case over the sessions of all its devices.

use alloc::string::String;
use alloc::vec::Vec;

use super::case_page;
use super::finished::FinishedTx;
use super::heard::Heard;
use super::record::SessionRecord;
use super::screens::same;
use super::transfer::Transfer;
use crate::transcript::Outcome;
use crate::types::Id;

/// Everything that verified transcripts say of one case.
#[derive(Debug)]
pub struct CaseReport<'a> {
    pub(super) case: Id,
    pub(super) records: Vec<SessionRecord<'a>>,
    pub(super) finished: Option<FinishedTx>,
}

/// How far a case came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CaseStanding {
    /// The final transaction is the approved one, and these sessions made all its signatures.
    Finished,
    /// The final transaction is the approved one; some of its signatures are of devices whose
    /// transcripts are not here.
    Elsewhere,
    /// The final transaction is another one.
    Another,
    /// Signatures were released; no final transaction is here.
    Signed,
    /// Nothing was released.
    Nothing,
}

impl<'a> CaseReport<'a> {
    /// The sessions of all devices that read the case's request, in the order of devices and
    /// sessions; none without one. Of the final transactions the one that was approved belongs to
    /// the case, or else one that spends any of its coins.
    pub fn of(
        case: Id,
        mut records: Vec<SessionRecord<'a>>,
        finished: &[FinishedTx],
    ) -> Option<Self> {
        records.retain(|record| record.case() == Some(&case));
        records.sort_by(|a, b| (a.device(), a.number()).cmp(&(b.device(), b.number())));
        records.first()?;
        let mut report = Self {
            case,
            records,
            finished: None,
        };
        report.finished = report.final_of(finished).cloned();
        Some(report)
    }

    fn final_of<'b>(&self, finished: &'b [FinishedTx]) -> Option<&'b FinishedTx> {
        let transfer = self.transfer()?;
        let approved = finished.iter().find(|tx| tx.is_of(transfer));
        approved.or_else(|| finished.iter().find(|tx| tx.spends_of(transfer)))
    }

    /// The case.
    pub const fn case(&self) -> &Id {
        &self.case
    }

    /// Its sessions.
    pub fn sessions(&self) -> &[SessionRecord<'a>] {
        &self.records
    }

    /// The final transaction that belongs to it.
    pub const fn finished(&self) -> Option<&FinishedTx> {
        self.finished.as_ref()
    }

    /// The page of the case; `command` is what makes it again.
    pub fn page(&self, command: &str) -> String {
        case_page::page(self, command)
    }

    /// The transaction: of the first session that signed, or else that could have.
    pub(super) fn transfer(&self) -> Option<&Transfer> {
        let signed = self.signed().find_map(|record| record.transfer.as_ref());
        signed.or_else(|| {
            self.records
                .iter()
                .find_map(|record| record.transfer.as_ref())
        })
    }

    /// The request and the words on it, from the session in which most had come.
    pub(super) fn heard(&self) -> Option<&Heard> {
        let heard = self
            .records
            .iter()
            .filter_map(|record| record.heard.as_ref());
        heard.max_by_key(|heard| heard.votes.len())
    }

    /// Sessions that released signatures.
    pub(super) fn signed(&self) -> impl Iterator<Item = &SessionRecord<'a>> {
        let records = self.records.iter();
        records.filter(|record| record.outcome() == Outcome::Signed)
    }

    /// Sessions that released signatures over the very transaction and request of this page.
    pub(super) fn alike(&self) -> usize {
        let Some(first) = self.transfer() else {
            return 0;
        };
        let transfers = self.signed().filter_map(|record| record.transfer.as_ref());
        transfers.filter(|transfer| same(first, transfer)).count()
    }

    pub(super) fn standing(&self) -> CaseStanding {
        let Some(finished) = &self.finished else {
            return match self.signed().next() {
                Some(_) => CaseStanding::Signed,
                None => CaseStanding::Nothing,
            };
        };
        if !self
            .transfer()
            .is_some_and(|transfer| finished.is_of(transfer))
        {
            return CaseStanding::Another;
        }
        let all: Vec<&SessionRecord<'_>> = self.records.iter().collect();
        match finished.signatures(&all) {
            [carried, known] if carried == known && known > 0 => CaseStanding::Finished,
            _ => CaseStanding::Elsewhere,
        }
    }
}
