//! What the observations of a report mean. The device's own word about that is not asked for.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::{AcceptanceReport, Answer, Trial, Weight};
use crate::keys::{CkaId, KeyRole};
use crate::rule::{Phrase, Refusal, Verdict};
use crate::token::{Flag, KeyAttribute, Relaxations, WrapBackup, hsm01};
use crate::types::{KeyIndex, Lang};

/// Fewest signatures of a complete test.
const SIGNATURES: u32 = 1_000;

/// What is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// HSM01 over every throw-away key.
    Attributes,
    /// Every signature is well formed and verifies in two libraries.
    Signatures,
    /// No r came twice.
    FreshR,
    /// One trial.
    Trial(Trial),
}

impl Subject {
    /// What is asked, as a sentence.
    pub const fn sentence(self, lang: Lang) -> &'static str {
        match self {
            Self::Attributes => lang.pick(
                "Attributes read back are those of keys born and kept in the HSM (HSM01)",
                "読み出した属性がHSM内で生成・保管された鍵のものである(HSM01)",
            ),
            Self::Signatures => lang.pick(
                "Every signature verifies with k256 and with libsecp256k1",
                "全署名がk256とlibsecp256k1の両方で検証できる",
            ),
            Self::FreshR => lang.pick("No r value comes twice", "同じr値が二度現れない"),
            Self::Trial(trial) => trial.sentence(lang),
        }
    }
}

/// What one subject comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It held.
    Held,
    /// It held, with something that people must be told.
    Noticed,
    /// A habit, written down.
    Noted,
    /// It was not tried.
    Open,
    /// It did not hold.
    Failed,
}

impl Finding {
    /// The word in reports.
    pub const fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Held => lang.pick("held", "適合"),
            Self::Noticed => lang.pick("notice", "通知"),
            Self::Noted => lang.pick("noted", "記録"),
            Self::Open => lang.pick("open", "未実施"),
            Self::Failed => lang.pick("FAILED", "不適合"),
        }
    }
}

/// One line of what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingLine {
    /// What is judged.
    pub subject: Subject,
    /// What it comes to.
    pub finding: Finding,
    /// By what: a return code, a count, a reason.
    pub words: String,
    /// Whether a complete report may leave it open.
    may_be_open: bool,
}

/// What a whole report comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Everything was tried and held.
    Passed,
    /// Nothing failed, but something that must be tried was not.
    Incomplete,
    /// Something did not hold.
    Failed,
}

impl Standing {
    /// The word in reports.
    pub const fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Passed => lang.pick("passed", "合格"),
            Self::Incomplete => lang.pick("incomplete", "未完了"),
            Self::Failed => lang.pick("FAILED", "不合格"),
        }
    }
}

/// Every subject, judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings {
    lines: Vec<FindingLine>,
}

impl Findings {
    /// Judges a report: every subject has one line, also where the report is silent.
    pub(super) fn of(report: &AcceptanceReport) -> Self {
        let mut lines = alloc::vec![attributes(report), signatures(report), fresh_r(report)];
        lines.extend(Trial::ALL.iter().map(|trial| tried(report, *trial)));
        Self { lines }
    }

    /// Every line.
    pub fn lines(&self) -> &[FindingLine] {
        &self.lines
    }

    /// Lines with this finding.
    pub fn with(&self, finding: Finding) -> impl Iterator<Item = &FindingLine> {
        self.lines
            .iter()
            .filter(move |line| line.finding == finding)
    }

    /// What they come to together.
    pub fn standing(&self) -> Standing {
        if self.with(Finding::Failed).next().is_some() {
            return Standing::Failed;
        }
        if self.with(Finding::Open).any(|line| !line.may_be_open) {
            return Standing::Incomplete;
        }
        Standing::Passed
    }
}

/// A line that a complete report may not leave open.
fn line(subject: Subject, finding: Finding, words: String) -> FindingLine {
    FindingLine {
        subject,
        finding,
        words,
        may_be_open: false,
    }
}

fn attributes(report: &AcceptanceReport) -> FindingLine {
    let keys = (0..).zip(&report.keys).map(|(index, key)| {
        let mut id = CkaId::single(KeyRole::Acceptance);
        id.index = KeyIndex(index);
        (id, &key.attributes)
    });
    let (finding, words) = match hsm01(keys, &report.hsm.relaxations) {
        Verdict::Passed => (Finding::Held, format!("{} keys", report.keys.len())),
        Verdict::Notice(text) => (Finding::Noticed, text.text(Lang::En).to_string()),
        Verdict::Refused(refusals) => {
            let every = Phrase::listed(refusals.iter().map(Refusal::difference));
            (Finding::Failed, every.text(Lang::En).to_string())
        }
        Verdict::NotApplicable(_) | Verdict::NotReached(_) => (Finding::Open, String::new()),
    };
    line(Subject::Attributes, finding, words)
}

fn signatures(report: &AcceptanceReport) -> FindingLine {
    let tally = &report.signatures;
    let bad = [
        tally.malformed,
        tally.refused_by_libsecp256k1,
        tally.refused_by_k256,
    ];
    let words = format!(
        "{} signatures, {} with a high S; {} malformed, {} refused by libsecp256k1, {} by k256",
        tally.signatures,
        tally.high_s,
        tally.malformed,
        tally.refused_by_libsecp256k1,
        tally.refused_by_k256,
    );
    let finding = match tally.signatures {
        _ if bad != [0; 3] => Finding::Failed,
        0..SIGNATURES => Finding::Open,
        _ => Finding::Held,
    };
    line(Subject::Signatures, finding, words)
}

fn fresh_r(report: &AcceptanceReport) -> FindingLine {
    let tally = &report.signatures;
    let finding = match (tally.repeated_r, tally.signatures) {
        (1.., _) => Finding::Failed,
        (0, 0..SIGNATURES) => Finding::Open,
        (0, _) => Finding::Held,
    };
    let words = format!("{} repeated in {}", tally.repeated_r, tally.signatures);
    line(Subject::FreshR, finding, words)
}

fn tried(report: &AcceptanceReport, trial: Trial) -> FindingLine {
    let (answer, words) = report.line(trial).map_or_else(
        || (Answer::NotTried, "not in the report".to_string()),
        |line| (line.answer, line.words.as_str().to_string()),
    );
    let finding = match (trial.weight(), answer) {
        (_, Answer::NotTried) => Finding::Open,
        (Weight::Habit, _) => Finding::Noted,
        (Weight::Duty, Answer::Done) | (Weight::Attack, Answer::Refused) => Finding::Held,
        (Weight::Attack, Answer::Ignored) => Finding::Noticed,
        (Weight::Attack, Answer::Done) if is_expected(report, trial) => Finding::Noticed,
        (Weight::Attack, Answer::Done) | (Weight::Duty, Answer::Refused | Answer::Ignored) => {
            Finding::Failed
        }
    };
    FindingLine {
        subject: Subject::Trial(trial),
        finding,
        words,
        may_be_open: trial.may_be_open(),
    }
}

/// Whether the profile says that the module does this: a relaxation, which every transcript
/// prints. None makes a key extractable, readable or public.
fn is_expected(report: &AcceptanceReport, trial: Trial) -> bool {
    let relaxations = &report.hsm.relaxations;
    let wrap_backup = trial.wraps() && relaxations.extractable == WrapBackup::MeansWrap;
    let hard = matches!(
        trial,
        Trial::SetExtractable | Trial::ClearSensitive | Trial::ClearPrivate
    );
    let silent = trial
        .about()
        .is_some_and(|flag| is_silent(report, relaxations, flag));
    wrap_backup || (silent && !hard)
}

/// The profile allows the module to be silent about this flag, and every key's reading is.
fn is_silent(report: &AcceptanceReport, relaxations: &Relaxations, flag: KeyAttribute) -> bool {
    let absent = |attributes: &crate::token::KeyAttributes| attributes.get(flag) == Flag::Absent;
    relaxations.absent_ok.contains(&flag) && report.keys.iter().all(|key| absent(&key.attributes))
}
