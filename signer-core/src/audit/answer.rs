//! An answer: a sentence that can be pasted, and the cases that were counted for it.

use alloc::vec::Vec;

use super::finding::Finding;
use crate::phrase;
use crate::rule::Phrase;

/// What an auditor asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// Is every transcript whole, sealed, and does every recomputed digest agree?
    Verify,
    /// Is there a gap, a fork, a reordering or a second beginning in a device's life?
    Chain,
    /// Does every receipt, every spend and every counted signature have a session?
    Complete,
    /// Is every signature that was counted recorded, and released once?
    Signatures,
    /// Which partial signatures exist over coins that are unspent?
    Open,
    /// Is any r value used twice?
    Nonces,
    /// Who took part, in which role, and was nobody on two sides?
    People,
    /// Who approved exactly this transaction, and was it enough?
    Approvals,
    /// Was what was shown what was signed?
    Shown,
    /// Which policy was in force, who signed it, and what did it change?
    Policy,
    /// Was every output a registered destination or change?
    Destinations,
    /// How close did the transfers come to the limits?
    Limits,
    /// Who could do what?
    Roster,
    /// What was refused, rejected or aborted, and why?
    Refusals,
    /// What did not go as the script says, and who decided?
    Exceptions,
    /// Between which blocks did each session take place?
    Time,
    /// Which keys are there, in which HSM, and what stands behind their attributes?
    Keys,
    /// Do the keys of one wallet stand in different HSMs at different places?
    Placement,
    /// Which software ran, and does the auditor know it?
    Software,
    /// Were the random numbers healthy and never the same twice?
    Rng,
    /// Which cases are drawn for a sample?
    Sample,
    /// What do the sessions and cases look like to a person?
    Report,
    /// Is a case whole in one bundle?
    Pack,
}

impl Question {
    /// The name of the command that asks it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Chain => "chain",
            Self::Complete => "complete",
            Self::Signatures => "signatures",
            Self::Open => "open",
            Self::Nonces => "nonces",
            Self::People => "people",
            Self::Approvals => "approvals",
            Self::Shown => "shown",
            Self::Policy => "policy",
            Self::Destinations => "destinations",
            Self::Limits => "limits",
            Self::Roster => "roster",
            Self::Refusals => "refusals",
            Self::Exceptions => "exceptions",
            Self::Time => "time",
            Self::Keys => "keys",
            Self::Placement => "placement",
            Self::Software => "software",
            Self::Rng => "rng",
            Self::Sample => "sample",
            Self::Report => "report",
            Self::Pack => "pack",
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
    /// The finding over several records, where it is one.
    pub finding: Option<Finding>,
}

impl AuditCase {
    /// A case that holds.
    pub const fn pass(subject: Phrase, found: Phrase) -> Self {
        Self {
            subject,
            conclusion: Conclusion::Pass,
            found,
            finding: None,
        }
    }

    /// A case that does not hold.
    pub const fn fail(subject: Phrase, found: Phrase) -> Self {
        Self {
            subject,
            conclusion: Conclusion::Fail,
            found,
            finding: None,
        }
    }

    /// A case in which the records of the house contradict each other.
    pub const fn found(subject: Phrase, finding: Finding, detail: Phrase) -> Self {
        Self {
            subject,
            conclusion: Conclusion::Fail,
            found: detail,
            finding: Some(finding),
        }
    }

    /// A case whose evidence was not given.
    pub const fn missing(subject: Phrase, found: Phrase) -> Self {
        Self {
            subject,
            conclusion: Conclusion::Missing,
            found,
            finding: None,
        }
    }

    /// What was found, with the finding in front.
    pub fn words(&self) -> Phrase {
        let Some(finding) = self.finding else {
            return self.found.clone();
        };
        phrase!(
            "{finding}: {detail}",
            "{finding}: {detail}",
            finding = finding.phrase(),
            detail = self.found
        )
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
        if self.cases.is_empty() {
            return phrase!(
                "there are no {unit}.",
                "{unit}はない。",
                unit = self.unit.name
            );
        }
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
