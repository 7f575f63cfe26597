//! Rules, verdicts, reports and refusals.
//!
//! One rule is one function, one ID, one line in the report, in the transcript and in
//! `docs/assurance.md`. No rule has an off switch: where it does not apply, it says so.

mod catalogue;
mod id;
mod phrase;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use minicbor::{Decode, Encode};

use crate::codec;
use crate::digest::ReportDigest;
use crate::phrase;
use crate::types::{InputIndex, Lang, OfficerId, OutputIndex};

pub use id::{RuleId, Stage};
#[doc(hidden)]
pub use phrase::written;
pub use phrase::{Explained, Fact, Named, Phrase};

/// What a refusal points at.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Place {
    /// The file or message as a whole.
    #[n(0)]
    Whole,
    /// A byte of the file.
    #[n(1)]
    Byte(#[n(0)] u64),
    /// The transaction as a whole.
    #[n(2)]
    Transaction,
    /// One input.
    #[n(3)]
    Input(#[n(0)] InputIndex),
    /// One output.
    #[n(4)]
    Output(#[n(0)] OutputIndex),
    /// The request.
    #[n(5)]
    Request,
    /// One officer's approval.
    #[n(6)]
    Approval(#[n(0)] OfficerId),
    /// The session's operators.
    #[n(7)]
    Operators,
    /// A screen, counted from 1.
    #[n(8)]
    Screen(#[n(0)] u32),
    /// The machine.
    #[n(9)]
    Machine,
    /// The token.
    #[n(10)]
    Token,
    /// The journal, at this entry.
    #[n(11)]
    Entry(#[n(0)] u64),
}

impl Place {
    /// The place in words.
    pub fn text(&self, lang: Lang) -> String {
        use alloc::format;
        match (self, lang) {
            (Self::Whole, Lang::En) => "file".into(),
            (Self::Whole, Lang::Ja) => "ファイル".into(),
            (Self::Byte(n), Lang::En) => format!("byte {n}"),
            (Self::Byte(n), Lang::Ja) => format!("バイト位置 {n}"),
            (Self::Transaction, Lang::En) => "transaction".into(),
            (Self::Transaction, Lang::Ja) => "取引".into(),
            (Self::Input(n), Lang::En) => format!("input {n}"),
            (Self::Input(n), Lang::Ja) => format!("入力 {n}"),
            (Self::Output(n), Lang::En) => format!("output {n}"),
            (Self::Output(n), Lang::Ja) => format!("出力 {n}"),
            (Self::Request, Lang::En) => "request".into(),
            (Self::Request, Lang::Ja) => "申請".into(),
            (Self::Approval(who), Lang::En) => format!("approval of {who}"),
            (Self::Approval(who), Lang::Ja) => format!("{who} の承認"),
            (Self::Operators, Lang::En) => "operators".into(),
            (Self::Operators, Lang::Ja) => "操作者".into(),
            (Self::Screen(n), Lang::En) => format!("screen {n}"),
            (Self::Screen(n), Lang::Ja) => format!("画面 {n}"),
            (Self::Machine, Lang::En) => "machine".into(),
            (Self::Machine, Lang::Ja) => "端末".into(),
            (Self::Token, Lang::En) => "token".into(),
            (Self::Token, Lang::Ja) => "トークン".into(),
            (Self::Entry(n), Lang::En) => format!("journal entry {n}"),
            (Self::Entry(n), Lang::Ja) => format!("ジャーナル記録 {n}"),
        }
    }
}

impl Fact for Place {
    fn said(&self, lang: Lang) -> String {
        self.text(lang)
    }
}

/// A refusal: which rule, where, what was expected and what was there.
///
/// All of it in both languages: place, `expected`, `got`, and of the rule its sentence and advice.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Refusal {
    /// The rule that refused.
    #[n(0)]
    pub rule: RuleId,
    /// What it points at.
    #[n(1)]
    pub place: Place,
    /// What the rule asks for.
    #[n(2)]
    pub expected: Phrase,
    /// What was there.
    #[n(3)]
    pub got: Phrase,
}

impl Refusal {
    /// A refusal by `rule` at `place`.
    pub const fn new(rule: RuleId, place: Place, expected: Phrase, got: Phrase) -> Self {
        Self {
            rule,
            place,
            expected,
            got,
        }
    }

    /// So many places more at which `rule` refuses, not named one by one.
    pub(crate) fn further(rule: RuleId, more: usize) -> Self {
        let got = phrase!(
            "{more} more places that refuse",
            "ほかに{more}箇所で拒否",
            more = more
        );
        Self::new(rule, Place::Whole, Phrase::none(), got)
    }

    /// What should be and what is, in one line.
    pub fn difference(&self) -> Phrase {
        phrase!(
            "expected {expected}, got {got}",
            "期待値 {expected} / 実際 {got}",
            expected = self.expected,
            got = self.got
        )
    }

    /// Two lines: what was refused, and what an officer can do.
    pub fn text(&self, lang: Lang) -> String {
        Explained::text(self, lang)
    }
}

impl Explained for Refusal {
    fn what(&self) -> Phrase {
        phrase!(
            "{rule} refused at {place}: {difference}",
            "{rule} 拒否({place}): {difference}",
            rule = self.rule,
            place = self.place,
            difference = self.difference()
        )
    }

    fn advice(&self) -> Phrase {
        Phrase::new(self.rule.advice(Lang::En), self.rule.advice(Lang::Ja))
    }
}

/// What a rule found.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Verdict {
    /// The rule holds.
    #[n(0)]
    Passed,
    /// The rule holds, and people must know this: a screen of its own, with typed consent.
    #[n(1)]
    Notice(#[n(0)] Phrase),
    /// The rule does not hold. All places where it does not, at least one.
    #[n(2)]
    Refused(#[n(0)] Vec<Refusal>),
    /// The rule does not apply, for this reason.
    #[n(3)]
    NotApplicable(#[n(0)] Phrase),
    /// The stage of this rule was not reached, because of that rule.
    #[n(4)]
    NotReached(#[n(0)] RuleId),
}

impl Verdict {
    /// `Passed` without refusals, `Refused` with them.
    ///
    /// A report is journalled, and hostile input may be wrong in very many places: beyond
    /// [`NAMED_REFUSALS`] only their number is kept.
    pub fn of(mut refusals: Vec<Refusal>) -> Self {
        let Some(first) = refusals.first() else {
            return Self::Passed;
        };
        let more = refusals.len().saturating_sub(NAMED_REFUSALS);
        if more > 1 {
            let rest = Refusal::further(first.rule, more);
            refusals.truncate(NAMED_REFUSALS);
            refusals.push(rest);
        }
        Self::Refused(refusals)
    }
}

/// Most refusals of one rule that are named one by one.
pub const NAMED_REFUSALS: usize = 100;

impl Verdict {
    /// In one word.
    pub fn phrase(&self) -> Phrase {
        match self {
            Self::Passed => phrase!("passed", "適合"),
            Self::Notice(_) => phrase!("notice", "通知"),
            Self::Refused(_) => phrase!("refused", "拒否"),
            Self::NotApplicable(_) => phrase!("not applicable", "対象外"),
            Self::NotReached(_) => phrase!("not reached", "未判定"),
        }
    }
}

impl From<Result<(), Refusal>> for Verdict {
    fn from(result: Result<(), Refusal>) -> Self {
        match result {
            Ok(()) => Self::Passed,
            Err(refusal) => Self::Refused(alloc::vec![refusal]),
        }
    }
}

/// One rule's line in the report.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RuleLine {
    /// The rule.
    #[n(0)]
    pub rule: RuleId,
    /// What it found.
    #[n(1)]
    pub verdict: Verdict,
}

/// Every rule of the stages Parse to Approve, in fixed order, each exactly once: what a machine
/// can judge of one transaction before a person is asked.
///
/// A stage adds all of its lines at once ([`RuleReport::with_stage`]); the report of a stage that
/// was not reached is filled in by [`RuleReport::stopped`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct RuleReport(#[n(0)] Vec<RuleLine>);

impl RuleReport {
    /// A report without a line yet.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a whole stage: one verdict per rule of the stage, in the order of the catalogue.
    ///
    /// A rule for which no verdict is given counts as refused: a forgotten rule stops the chain.
    #[must_use]
    pub fn with_stage(mut self, stage: Stage, verdicts: &[(RuleId, Verdict)]) -> Self {
        for rule in RuleId::of(stage) {
            let verdict = verdicts.iter().find(|(id, _)| *id == rule).map_or_else(
                || {
                    let expected = phrase!("a verdict", "判定結果");
                    let unjudged = Refusal::new(rule, Place::Whole, expected, Phrase::none());
                    Verdict::Refused(alloc::vec![unjudged])
                },
                |(_, verdict)| verdict.clone(),
            );
            self.0.push(RuleLine { rule, verdict });
        }
        self
    }

    /// Refuses a rule of a stage that was judged already, for a fact that only a later stage
    /// knows. The other way round does not exist.
    #[must_use]
    pub(crate) fn refusing(mut self, refusal: Refusal) -> Self {
        let rule = refusal.rule;
        match self.0.iter_mut().find(|line| line.rule == rule) {
            Some(RuleLine {
                verdict: Verdict::Refused(refusals),
                ..
            }) => refusals.push(refusal),
            Some(line) => line.verdict = Verdict::Refused(alloc::vec![refusal]),
            None => self.0.push(RuleLine {
                rule,
                verdict: Verdict::Refused(alloc::vec![refusal]),
            }),
        }
        self
    }

    /// Says more of a rule that passed: what was not judged, and why.
    #[must_use]
    pub(crate) fn noting(mut self, rule: RuleId, text: Phrase) -> Self {
        let passed = |line: &&mut RuleLine| line.rule == rule && line.verdict == Verdict::Passed;
        if let Some(line) = self.0.iter_mut().find(passed) {
            line.verdict = Verdict::Notice(text);
        }
        self
    }

    /// The report, if no line is a refusal; the stopped report otherwise.
    pub fn unrefused(self) -> Result<Self, Stopped> {
        match self.first_refusal() {
            None => Ok(self),
            Some(first) => {
                let rule = first.rule;
                Err(self.stopped(rule))
            }
        }
    }

    /// Fills in every rule of Parse to Approve that was not reached, because of `by`.
    pub(crate) fn stopped(mut self, by: RuleId) -> Stopped {
        for rule in RuleId::ALL {
            let judged = rule.stage() <= Stage::Approve;
            if judged && !self.0.iter().any(|line| line.rule == rule) {
                self.0.push(RuleLine {
                    rule,
                    verdict: Verdict::NotReached(by),
                });
            }
        }
        Stopped { report: self }
    }

    /// All lines, in order.
    pub fn lines(&self) -> &[RuleLine] {
        &self.0
    }

    /// The first refusal, if there is one.
    pub fn first_refusal(&self) -> Option<&Refusal> {
        self.refusals().next()
    }

    /// All refusals, in order.
    pub fn refusals(&self) -> impl Iterator<Item = &Refusal> {
        self.0.iter().flat_map(|line| match &line.verdict {
            Verdict::Refused(refusals) => refusals.as_slice(),
            _ => &[],
        })
    }

    /// All notices: (rule, what people must know).
    pub fn notices(&self) -> impl Iterator<Item = (RuleId, &Phrase)> {
        self.0.iter().filter_map(|line| match &line.verdict {
            Verdict::Notice(text) => Some((line.rule, text)),
            _ => None,
        })
    }

    /// The digest that the transcript holds.
    pub fn digest(&self) -> ReportDigest {
        ReportDigest::over(&[&codec::encode(self)])
    }
}

impl Default for RuleReport {
    fn default() -> Self {
        Self::new()
    }
}

/// The chain stopped: the complete report, with at least one refusal in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    report: RuleReport,
}

impl Stopped {
    /// The complete report.
    pub const fn report(&self) -> &RuleReport {
        &self.report
    }

    /// The first refusal in the order of the rules.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.report.first_refusal()
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, refusal) in self.report.refusals().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&refusal.text(Lang::En))?;
        }
        Ok(())
    }
}

impl core::error::Error for Stopped {}

#[cfg(test)]
mod tests;
