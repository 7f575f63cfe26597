//! The session in which the device of a case judged it, as its transcript has it. The journal up
//! to the judgement is written by `test-vectors`; the judgement is the ceremony's own.

use signer_core::codec::ByteString;
use signer_core::keys::Signature64;
use signer_core::psbt::unarmoured;
use signer_core::rule::RuleId;
use signer_core::token::Line;
use signer_core::transcript::{
    Aborted, Body, Journal, NotApproved, Outcome, judge, new_rejections,
};
use signer_core::types::Lang;
use test_vectors::{Case, Expected, Source, device_signature, journal_with_intake};

/// The transcript up to the end of the case's session; none where no session can be.
pub(crate) fn transcript(case: &Case) -> Result<Option<Vec<u8>>, String> {
    let psbt = match &case.source {
        Source::File(file) => unarmoured(file.clone()),
        Source::Bytes(_) | Source::Generated(_) => Some(case.bytes()),
    };
    let Some(psbt) = psbt.filter(|_| case.expected != Expected::NoPsbt) else {
        return Ok(None);
    };
    let disk = journal_with_intake(case, &psbt, 0);
    let journal = match Journal::load(&disk) {
        Ok(journal) => journal,
        // No device stands where the case would have it: a stranger to the wallets, or a policy
        // that is none.
        Err(refusal) => {
            let known = case.device == "east" || case.expected == Expected::NoPolicy;
            let right = known && refusal.rule == RuleId::TRN04;
            return right.then_some(None).ok_or_else(|| refusal.text(Lang::En));
        }
    };
    Ok(Some(ended(case, journal, disk)))
}

fn ended(case: &Case, mut journal: Journal, mut disk: Vec<u8>) -> Vec<u8> {
    let mut add = |journal: &mut Journal, body| {
        let entry = journal.append(body).expect("it follows");
        disk.extend(entry.bytes());
    };
    let judged = judge(journal.state());
    let (body, outcome) = match judged {
        Ok(approved) => (Body::Reported(approved.report().clone()), Outcome::Aborted),
        Err(NotApproved::Stopped(stopped)) => {
            (Body::Reported(stopped.report().clone()), Outcome::Refused)
        }
        Err(NotApproved::Unready(refusal)) => (Body::Refused(refusal), Outcome::Refused),
    };
    add(&mut journal, body);
    for rejected in new_rejections(journal.state()) {
        add(&mut journal, Body::Rejected(rejected));
    }
    if outcome == Outcome::Aborted {
        let aborted = Aborted {
            step: 9,
            seat: None,
            reason: Line::lossy("nobody reads on"),
        };
        add(&mut journal, Body::Aborted(aborted));
    }
    add(&mut journal, Body::Closed(outcome));
    let draft = journal.seal_draft().expect("it is closed");
    let order = draft.seal_order().expect("a device's to sign");
    let signature = Signature64(device_signature(&case.device, order.digest()));
    let signed = draft.signed(signature).expect("it verifies");
    add(&mut journal, Body::Sealed(ByteString(signed.to_bytes())));
    disk
}
