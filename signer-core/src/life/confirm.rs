//! What two operators type before keys are destroyed. The fold of the journal asks for exactly
//! these answers, so that no program can leave one out.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::Destroying;
use crate::approval::Seat;
use crate::digest::{RetirementDigest, tagged, words_of};
use crate::transcript::Answered;
use crate::types::{Label, Lang};

/// The one screen of a destruction.
pub(super) const SCREEN: u32 = 1;
/// Words of the order that are typed.
const WORDS: usize = 4;

/// A question before a destruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    id: &'static str,
    seat: Seat,
    text: [String; 2],
    expected: Vec<String>,
}

/// Whether an answer was right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Taken {
    /// It was.
    Right,
    /// It was not.
    Wrong,
}

impl Asked {
    /// What is asked, in order: A types the wallet's name and words of the retirement from paper,
    /// B counts the keys.
    pub(super) fn all(name: &Label, what: &Destroying, nonce: &[u8; 32]) -> [Self; 3] {
        let count = what.keys.len().to_string();
        [
            Self {
                id: "destroy-wallet",
                seat: Seat::OperatorA,
                text: [
                    "Type the name of the wallet whose keys are destroyed".into(),
                    "鍵を破棄するウォレットの名称を入力".into(),
                ],
                expected: parts(name.as_str()),
            },
            Self {
                id: "destroy-keys",
                seat: Seat::OperatorB,
                text: [
                    "Type the number of keys that are destroyed".into(),
                    "破棄する鍵の個数を入力".into(),
                ],
                expected: parts(&count),
            },
            words_of_order(&what.retirement, nonce),
        ]
    }

    /// Its name on the console.
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// Who answers.
    pub const fn seat(&self) -> Seat {
        self.seat
    }

    /// The question.
    pub fn text(&self, lang: Lang) -> &str {
        let [en, ja] = &self.text;
        lang.pick(en, ja)
    }

    /// What has to be typed, for tests.
    #[cfg(test)]
    pub(crate) fn expected(&self) -> &[String] {
        &self.expected
    }

    /// Whether this was typed. Space between words does not count.
    pub fn takes(&self, typed: &str) -> Taken {
        if parts(typed) == self.expected {
            Taken::Right
        } else {
            Taken::Wrong
        }
    }

    /// Whether this question was answered rightly, by the right person.
    pub(super) fn answered_in(&self, answers: &[Answered]) -> Taken {
        let right = |answer: &&Answered| {
            (answer.screen, answer.seat) == (SCREEN, self.seat)
                && self.takes(&answer.text) == Taken::Right
        };
        match answers.iter().find(right) {
            Some(_) => Taken::Right,
            None => Taken::Wrong,
        }
    }
}

/// A stretch of the order's words, chosen by the session's nonce: nobody knows which before.
fn words_of_order(order: &RetirementDigest, nonce: &[u8; 32]) -> Asked {
    let words = words_of(order.as_bytes());
    let places = words.len().saturating_sub(WORDS).saturating_add(1);
    let [byte, ..] = tagged("himuro/destroy", &[nonce, order.as_bytes()]);
    let skip = usize::from(byte).checked_rem(places).unwrap_or(0);
    let (first, last) = (skip.saturating_add(1), skip.saturating_add(WORDS));
    let expected = words.into_iter().skip(skip).take(WORDS);
    Asked {
        id: "destroy-order",
        seat: Seat::OperatorA,
        text: [
            format!("Type words {first} to {last} of the retirement from your paper"),
            format!("{first}語目から{last}語目を入力: 書面の廃止指示"),
        ],
        expected: expected.map(ToString::to_string).collect(),
    }
}

/// The words of a line. Names are typed as they stand; words of a digest stand in small letters.
fn parts(text: &str) -> Vec<String> {
    text.split_whitespace().map(ToString::to_string).collect()
}
