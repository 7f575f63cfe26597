//! What two operators type before keys are destroyed, before a device goes on without a part of its
//! journal, and before its HSM is replaced. The fold of the journal asks for exactly these answers, so that no program can leave
//! one out.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{Destroying, HsmName};
use crate::approval::Seat;
use crate::digest::{RecoveryDigest, ReplacementDigest, RetirementDigest, tagged, words_of};
use crate::transcript::{Answered, DeviceState, Shown, two_operators};
use crate::types::{Id, Label, Lang};

/// The one screen of a destruction, a recovery or a replacement.
const SCREEN: u32 = 1;
/// Words of the order that are typed.
const WORDS: usize = 4;

/// A question before a destruction, a recovery or a replacement.
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

    /// What is asked before a recovery: A types the device's name and words of the order from
    /// paper, B other words of it and how many signatures nobody can account for.
    pub(super) fn recovery(
        name: &Id,
        order: &RecoveryDigest,
        without_receipt: u64,
        nonce: &[u8; 32],
    ) -> [Self; 4] {
        let of_paper = |id, seat, half| {
            let subject = ["the recovery order from your paper", "書面の復旧指示"];
            let place = Place { half, tag: id };
            words_from_paper(order.as_bytes(), nonce, place, (id, seat, subject))
        };
        [
            Self {
                id: "recover-device",
                seat: Seat::OperatorA,
                text: [
                    "Type the name of the device that goes on".into(),
                    "運用を再開する端末の名称を入力".into(),
                ],
                expected: parts(name.as_str()),
            },
            of_paper("recover-order-1", Seat::OperatorA, Half::First),
            of_paper("recover-order-2", Seat::OperatorB, Half::Second),
            Self {
                id: "recover-signatures",
                seat: Seat::OperatorB,
                text: [
                    "Type the number of signatures without a receipt".into(),
                    "受領証のない署名の件数を入力".into(),
                ],
                expected: parts(&without_receipt.to_string()),
            },
        ]
    }

    /// What is asked before a replacement: A types the device's name and words of the order from
    /// paper, B other words of it and the name of the new HSM.
    pub(super) fn replacement(
        name: &Id,
        order: &ReplacementDigest,
        new: &HsmName,
        nonce: &[u8; 32],
    ) -> [Self; 4] {
        let of_paper = |id, seat, half| {
            let subject = ["the replacement order from your paper", "書面の交換指示"];
            let place = Place { half, tag: id };
            words_from_paper(order.as_bytes(), nonce, place, (id, seat, subject))
        };
        [
            Self {
                id: "replace-device",
                seat: Seat::OperatorA,
                text: [
                    "Type the name of the device whose HSM is replaced".into(),
                    "HSMを交換する端末の名称を入力".into(),
                ],
                expected: parts(name.as_str()),
            },
            of_paper("replace-order-1", Seat::OperatorA, Half::First),
            of_paper("replace-order-2", Seat::OperatorB, Half::Second),
            Self {
                id: "replace-hsm",
                seat: Seat::OperatorB,
                text: [
                    "Type the serial number of the new HSM; its label where it has none".into(),
                    "新しいHSMの製造番号を入力(ない場合はラベル)".into(),
                ],
                expected: parts(new.typed().as_str()),
            },
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
    fn answered_in(&self, answers: &[Answered]) -> Taken {
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

/// What was missing when two operators had to read a screen and answer every question about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unconfirmed {
    /// Nobody, or not two operators, attend.
    Operators,
    /// No session is open.
    Session,
    /// The screen was not shown, or not it alone.
    Screen,
    /// A question without the right answer, by its name.
    Answer(&'static str),
}

/// Whether two operators of the roster read the screen and answered every question about it.
pub(super) fn confirmed(
    state: &DeviceState,
    screen: impl Fn(Lang) -> Vec<String>,
    asked: &[Asked],
) -> Result<(), Unconfirmed> {
    let roster = state.roster().ok_or(Unconfirmed::Operators)?;
    two_operators(state, roster).map_err(|_| Unconfirmed::Operators)?;
    let open = state.open().ok_or(Unconfirmed::Session)?;
    let lang = open.opened().lang;
    if open.shown() != [Shown::of(SCREEN, lang, &screen(lang))] {
        return Err(Unconfirmed::Screen);
    }
    for asked in asked {
        if asked.answered_in(open.answered()) == Taken::Wrong {
            return Err(Unconfirmed::Answer(asked.id()));
        }
    }
    Ok(())
}

/// A stretch of the order's words, chosen by the session's nonce: nobody knows which before.
fn words_of_order(order: &RetirementDigest, nonce: &[u8; 32]) -> Asked {
    let subject = ["the retirement from your paper", "書面の廃止指示"];
    let place = Place {
        half: Half::Either,
        tag: "himuro/destroy",
    };
    let asked = ("destroy-order", Seat::OperatorA, subject);
    words_from_paper(order.as_bytes(), nonce, place, asked)
}

/// Where in a digest a stretch lies.
#[derive(Clone, Copy)]
struct Place {
    half: Half,
    tag: &'static str,
}

/// The words among which a stretch is chosen.
#[derive(Clone, Copy)]
enum Half {
    First,
    Second,
    Either,
}

fn words_from_paper(
    digest: &[u8; 32],
    nonce: &[u8; 32],
    place: Place,
    (id, seat, [en, ja]): (&'static str, Seat, [&str; 2]),
) -> Asked {
    let words = words_of(digest);
    let middle = words.len().checked_div(2).unwrap_or(0);
    let (from, until) = match place.half {
        Half::First => (0, middle),
        Half::Second => (middle, words.len()),
        Half::Either => (0, words.len()),
    };
    let places = until.saturating_sub(from).saturating_sub(WORDS);
    let places = places.saturating_add(1);
    let [byte, ..] = tagged(place.tag, &[nonce, digest]);
    let skip = usize::from(byte).checked_rem(places).unwrap_or(0);
    let skip = from.saturating_add(skip);
    let (first, last) = (skip.saturating_add(1), skip.saturating_add(WORDS));
    let expected = words.into_iter().skip(skip).take(WORDS);
    Asked {
        id,
        seat,
        text: [
            format!("Type words {first} to {last} of {en}"),
            format!("{first}語目から{last}語目を入力: {ja}"),
        ],
        expected: expected.map(ToString::to_string).collect(),
    }
}

/// The words of a line. Names are typed as they stand; words of a digest stand in small letters.
fn parts(text: &str) -> Vec<String> {
    text.split_whitespace().map(ToString::to_string).collect()
}
