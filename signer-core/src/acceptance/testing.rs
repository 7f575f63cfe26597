//! A report of a module without faults.

use alloc::vec;
use alloc::vec::Vec;

use super::{
    AcceptanceReport, Answer, MechanismLine, Operation, ReportSigner, SignatureTally, Timing,
    Trial, TrialLine, Weight,
};
use crate::digest::FileDigest;
use crate::signing::SigningHsm as _;
use crate::testing::device::{born_in_hsm, hsm_facts};
use crate::testing::{SCOPE, SoftDevice};
use crate::token::{Evidence, Line};
use crate::transcript::{MadeKey, Software};
use crate::types::Chain;

/// Every trial held, and a thousand signatures verified.
pub(crate) fn good_report(device: &SoftDevice) -> AcceptanceReport {
    let made = |index| MadeKey {
        public_key: device.key(1, Chain::Receive, index).public_key,
        attributes: born_in_hsm(),
    };
    let timing = |operation| Timing::of(operation, vec![900, 100, 300]);
    AcceptanceReport {
        version: AcceptanceReport::VERSION,
        scope: SCOPE,
        signer: ReportSigner::ThrowAway,
        key: device.identity(),
        nonce: [0x5e; 32],
        clock: 1_700_000_000,
        hsm: hsm_facts(),
        software: Software {
            version: Line::lossy("0.1.0"),
            revision: Line::lossy("unknown"),
            binary: FileDigest::over(&[b"binary"]),
            module: FileDigest::over(&[b"module"]),
            profile: FileDigest::over(&[b"profile"]),
        },
        keys: vec![made(0), made(1)],
        evidence: Evidence::Declared,
        unknown: vec![Line::lossy("CKA_UNIQUE_ID")],
        mechanisms: [0x1040, 0x1041].map(mechanism).to_vec(),
        signatures: SignatureTally {
            signatures: 1_000,
            high_s: 503,
            ..SignatureTally::default()
        },
        trials: Trial::ALL.iter().map(|trial| held(*trial)).collect(),
        timings: [Operation::Generate, Operation::Sign]
            .into_iter()
            .filter_map(timing)
            .collect::<Vec<_>>(),
    }
}

const fn mechanism(number: u64) -> MechanismLine {
    MechanismLine {
        number,
        min: 112,
        max: 521,
    }
}

fn held(trial: Trial) -> TrialLine {
    let (answer, words) = match trial.weight() {
        Weight::Attack => (Answer::Refused, "CKR_ACTION_PROHIBITED"),
        Weight::Duty | Weight::Habit => (Answer::Done, "CKR_OK"),
    };
    TrialLine {
        trial,
        answer,
        words: Line::lossy(words),
    }
}
