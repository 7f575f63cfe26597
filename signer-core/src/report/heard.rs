//! What came in with a PSBT: the request, and what officers said of it.

use alloc::vec::Vec;

use crate::approval::{ActiveRoster, Approval, Decision, Request};
use crate::cose::Signed;
use crate::digest::{ApprovalDigest, RequestDigest, sha256_of};
use crate::frames::TransferCode;
use crate::psbt::ParsedPsbt;
use crate::review::{self, Person};
use crate::rule::{Phrase, RuleId};
use crate::transcript::{Channel, DeviceState, Intake};
use crate::types::{Height, OfficerId};

/// The PSBT of a session.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) bytes: usize,
    pub(super) sha256: [u8; 32],
    pub(super) channel: Channel,
    pub(super) code: Option<TransferCode>,
    /// Why it could not even be read.
    pub(super) unreadable: Option<RuleId>,
    /// The request, where an officer of the roster signed it.
    pub(super) request: Option<Asked>,
    /// Why there is none.
    pub(super) no_request: Option<Phrase>,
    pub(super) votes: Vec<Vote>,
}

/// A request that an officer of the roster signed.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) body: Request,
    pub(super) digest: RequestDigest,
    pub(super) person: Person,
}

/// One approval or rejection.
#[derive(Debug)]
pub(super) struct Vote {
    /// Under whom it is filed in the PSBT.
    pub(super) filed: OfficerId,
    /// What it says, where an officer of the roster signed it; why not, where none did.
    pub(super) said: Result<Said, Phrase>,
}

/// A genuine approval or rejection.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) person: Person,
    pub(super) decision: Decision,
    pub(super) height: Height,
    pub(super) digest: ApprovalDigest,
    pub(super) request: RequestDigest,
}

impl Heard {
    /// Reads what came in with the roster of that hour.
    pub(super) fn of(intake: &Intake, state: &DeviceState) -> Self {
        let bytes = intake.psbt();
        let mut heard = Self {
            bytes: bytes.len(),
            sha256: sha256_of(bytes),
            channel: intake.channel(),
            code: intake.code,
            unreadable: None,
            request: None,
            no_request: None,
            votes: Vec::new(),
        };
        // Of a copy: a transcript would keep every reading.
        match intake.clone().read() {
            Ok(parsed) => heard.listen(parsed, state.roster()),
            Err(stopped) => heard.unreadable = stopped.refusal().map(|refusal| refusal.rule),
        }
        heard
    }

    fn listen(&mut self, parsed: &ParsedPsbt, roster: Option<&ActiveRoster>) {
        let Some(roster) = roster else { return };
        match parsed.carried().request.as_deref() {
            None => self.no_request = Some(Phrase::none()),
            Some(bytes) => match roster.open_signed::<Request>(bytes) {
                Ok((request, officer)) => self.request = Some(asked(&request, officer)),
                Err(error) => self.no_request = Some(error.phrase()),
            },
        }
        let votes = parsed.carried().approvals.iter();
        self.votes = votes
            .map(|(filed, bytes)| vote(filed, bytes, roster))
            .collect();
        self.votes.sort_by(|a, b| a.filed.cmp(&b.filed));
    }
}

fn asked(request: &Signed<Request>, officer: &crate::approval::Officer) -> Asked {
    Asked {
        body: request.body().clone(),
        digest: request.request_digest(),
        person: review::person(officer),
    }
}

fn vote(filed: &OfficerId, bytes: &[u8], roster: &ActiveRoster) -> Vote {
    let said = match roster.open_signed::<Approval>(bytes) {
        Ok((approval, officer)) => Ok(Said {
            person: review::person(officer),
            decision: approval.body().decision,
            height: approval.body().height,
            digest: approval.approval_digest(),
            request: approval.body().request,
        }),
        Err(error) => Err(error.phrase()),
    };
    Vote {
        filed: filed.clone(),
        said,
    }
}
