//! An answer: a sentence that can be pasted, and the cases that were counted for it.

use alloc::vec::Vec;

use crate::phrase;
use crate::rule::Phrase;

/// What an auditor asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// Is every transcript whole, sealed, and does every recomputed digest agree?
    Verify,
    /// Is there a gap, a fork, a reordering or a second beginning in a device's life?
    Chain,
}

impl Question {
    /// The name of the command that asks it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Chain => "chain",
        }
    }
}

/// How a case, or a whole question, ends. The worst of its cases is the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Conclusion {
    /// It holds.
    Pass,
    /// What would show it was not given.
    Missing,
    /// It does not hold.
    Fail,
}

impl Conclusion {
    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Missing => "missing",
            Self::Fail => "fail",
        }
    }

    /// The word in front of a case.
    pub fn phrase(self) -> Phrase {
        match self {
            Self::Pass => phrase!("pass", "適合"),
            Self::Missing => phrase!("missing", "証拠なし"),
            Self::Fail => phrase!("FAIL", "不適合"),
        }
    }
}

/// One thing that was counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditCase {
    /// What it is: a device, a session, an officer.
    pub subject: Phrase,
    /// How it ended.
    pub conclusion: Conclusion,
    /// What was found, in words.
    pub found: Phrase,
}

impl AuditCase {
    /// A case that holds.
    pub const fn pass(subject: Phrase, found: Phrase) -> Self {
        Self {
            subject,
            conclusion: Conclusion::Pass,
            found,
        }
    }

    /// A case that does not hold.
    pub const fn fail(subject: Phrase, found: Phrase) -> Self {
        Self {
            subject,
            conclusion: Conclusion::Fail,
            found,
        }
    }

    /// A case whose evidence was not given.
    pub const fn missing(subject: Phrase, found: Phrase) -> Self {
        Self {
            subject,
            conclusion: Conclusion::Missing,
            found,
        }
    }
}

/// What is counted, and what is said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The things that are counted, for example "transcripts".
    pub name: Phrase,
    /// What holds of each of them.
    pub claim: Phrase,
    /// What it means that there is none.
    pub none: Conclusion,
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditAnswer {
    question: Question,
    unit: Unit,
    cases: Vec<AuditCase>,
}

impl AuditAnswer {
    /// An answer over these cases.
    pub const fn new(question: Question, unit: Unit, cases: Vec<AuditCase>) -> Self {
        Self {
            question,
            unit,
            cases,
        }
    }

    /// What was asked.
    pub const fn question(&self) -> Question {
        self.question
    }

    /// Every case, in the order in which it was found.
    pub fn cases(&self) -> &[AuditCase] {
        &self.cases
    }

    /// How many cases hold.
    pub fn passed(&self) -> usize {
        let holds = |case: &&AuditCase| case.conclusion == Conclusion::Pass;
        self.cases.iter().filter(holds).count()
    }

    /// The worst of all cases; what the question makes of there being none.
    pub fn conclusion(&self) -> Conclusion {
        let worst = self.cases.iter().map(|case| case.conclusion).max();
        worst.unwrap_or(self.unit.none)
    }

    /// The sentence: "25 of 25 cases: ...".
    pub fn sentence(&self) -> Phrase {
        phrase!(
            "{passed} of {all} {unit}: {claim}.",
            "{unit} {all} 件中 {passed} 件: {claim}。",
            passed = self.passed(),
            all = self.cases.len(),
            unit = self.unit.name,
            claim = self.unit.claim
        )
    }
}
