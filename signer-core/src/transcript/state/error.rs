//! Why an entry does not follow from those before it.

use alloc::string::String;
use core::fmt;

use crate::rule::Refusal;

/// Why an entry does not follow from those before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoldError {
    /// The first entry is a genesis, and no other is.
    Genesis,
    /// There is no open session.
    NoSession,
    /// The session is closed: only its seal can follow.
    Closed,
    /// The session is not closed yet.
    NotClosed,
    /// A PSBT before two operators sat, or an operator after it.
    Attendance,
    /// A PSBT came in before, none did, or the ceremony reads none.
    Intake,
    /// A second intent, or one that differs from the unfinished one.
    Intent,
    /// A signature that no intent announced.
    Result,
    /// The outcome does not agree with the session.
    Outcome,
    /// The hash of the last seal is another one.
    PreviousSeal,
    /// An artefact was refused; the text says why.
    Artefact(String),
    /// The seal was refused.
    Seal(Refusal),
}

impl fmt::Display for FoldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Genesis => f.write_str("a genesis in another place than the first"),
            Self::NoSession => f.write_str("no open session"),
            Self::Closed => f.write_str("an entry after the closing one"),
            Self::NotClosed => f.write_str("a session that is not closed"),
            Self::Attendance => {
                f.write_str("a PSBT before both operators, or an operator after it")
            }
            Self::Intake => f.write_str("no PSBT, a second one, or one in another ceremony"),
            Self::Intent => f.write_str("a second intent, or another one than was cut"),
            Self::Result => f.write_str("a signature that no intent announced"),
            Self::Outcome => f.write_str("an outcome that the session does not have"),
            Self::PreviousSeal => f.write_str("another seal before this session"),
            Self::Artefact(why) => f.write_str(why),
            Self::Seal(refusal) => {
                let (expected, got) = (&refusal.expected, &refusal.got);
                write!(f, "{}: expected {expected}, got {got}", refusal.rule)
            }
        }
    }
}

impl core::error::Error for FoldError {}
