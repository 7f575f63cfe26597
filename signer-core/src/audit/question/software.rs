//! `audit software`.

use super::super::answer::{AuditAnswer, AuditCase, Conclusion, Question, Unit};
use super::super::finding::Finding;
use super::super::history::{DeviceHistory, SessionRecord};
use super::super::records::{Records, at};
use super::super::trust::AuditTrust;
use crate::phrase;

/// Which software ran, and does the auditor know it?
///
/// What a program says of itself is a claim: it shows a mistake, not a lie.
pub fn software(records: &Records) -> AuditAnswer {
    let mut cases = records.unheard();
    for history in records.histories() {
        let sessions = history.sessions.iter();
        cases.extend(sessions.map(|session| one(history, session, &records.trust)));
    }
    let unit = Unit {
        name: phrase!("sessions", "セッション"),
        claim: phrase!(
            "the program that ran, by its own account, is a release that the trust file names",
            "動いていたプログラム(自己申告)は、信頼ファイルにあるリリースである"
        ),
        none: Conclusion::Missing,
    };
    AuditAnswer::new(Question::Software, unit, cases)
}

fn one(history: &DeviceHistory, session: &SessionRecord, trust: &AuditTrust) -> AuditCase {
    let (subject, ran) = (at(history, session), &session.software);
    let found = phrase!(
        "version {version}, revision {revision}, program {binary}, module {module}, firmware \
         {firmware}",
        "版 {version}、リビジョン {revision}、プログラム {binary}、モジュール {module}、ファームウェア {firmware}",
        version = ran.version,
        revision = ran.revision,
        binary = ran.binary,
        module = ran.module,
        firmware = session.hsm.firmware
    );
    let known = trust.releases.iter().any(|release| {
        release.binary == ran.binary && release.version.as_str() == ran.version.as_str()
    });
    if known {
        AuditCase::pass(subject, found)
    } else if trust.releases.is_empty() {
        AuditCase::missing(subject, found)
    } else {
        AuditCase::found(subject, Finding::OtherSoftware, found)
    }
}
