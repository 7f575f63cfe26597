//! Consent is typed content. What is asked is a pure function of the screens, the session's nonce,
//! the number of the screen and the seat; an auditor computes it again.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::facts::TxFacts;
use super::screen::{PagePart, Screen, ScreenKind};
use super::{address, amount};
use crate::approval::Seat;
use crate::digest::{ScreensDigest, tagged};
use crate::types::Lang;

/// Characters that operator A types of an address.
const STRETCH: usize = 6;
/// The first characters of an address are the same for all; they are never asked.
const PREFIX: usize = 5;
/// Characters of a page code: none that is easily taken for another, and not the key that rejects.
const CODE_ALPHABET: &[u8; 24] = b"acdefghjkmnpqtuvwxy34679";

/// What one operator has to type after a screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    seat: Seat,
    asked: Asked,
    expected: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Address { first: usize },
    Amount,
    Total,
    Fee,
    FeeBefore,
    Word { number: usize },
    Rule,
    Case,
    Code,
}

impl Challenge {
    /// Who types.
    pub const fn seat(&self) -> Seat {
        self.seat
    }

    /// The right answer. For an auditor and for tests: it is on the screen anyway.
    pub fn expected(&self) -> &str {
        &self.expected
    }

    /// What is asked, in words.
    pub fn question(&self, lang: Lang) -> String {
        let [en, ja]: [String; 2] = match self.asked {
            Asked::Address { first } => {
                let last = first.saturating_add(STRETCH).saturating_sub(1);
                [
                    format!("type characters {first}-{last} of the address"),
                    format!("アドレスの {first}-{last} 文字目を入力"),
                ]
            }
            Asked::Amount => [
                "type the amount in BTC, with 8 decimals".into(),
                "金額をBTCで入力(小数8桁)".into(),
            ],
            Asked::Total => [
                "type the total paid out in BTC, with 8 decimals".into(),
                "出庫合計をBTCで入力(小数8桁)".into(),
            ],
            Asked::Fee => ["type the fee in satoshi".into(), "手数料をsatで入力".into()],
            Asked::FeeBefore => [
                "type the fee of the transaction before, in satoshi".into(),
                "以前の取引の手数料をsatで入力".into(),
            ],
            Asked::Word { number } => [
                format!("type word {number} of the wallet digest"),
                format!("ウォレット照合語の {number} 番目を入力"),
            ],
            Asked::Rule => [
                "type the identifier of the rule".into(),
                "規則の番号(英数字)を入力".into(),
            ],
            Asked::Case => ["type the case".into(), "案件番号を入力".into()],
            Asked::Code => [
                "type the code of this page".into(),
                "このページのコードを入力".into(),
            ],
        };
        let [seat, seat_ja] = self.seat.title();
        let who = lang.pick(seat, seat_ja);
        format!("{who}: {}", lang.pick(&en, &ja))
    }

    /// Whether `typed` is the answer: exactly, but for white space around it, the spaces between
    /// groups, and the commas between thousands of an amount.
    pub fn matches(&self, typed: &str) -> AnswerMatch {
        let plain: String = match self.asked {
            Asked::Amount | Asked::Total | Asked::Fee | Asked::FeeBefore => {
                let kept = |c: &char| !matches!(c, ' ' | ',');
                typed.trim().chars().filter(kept).collect()
            }
            Asked::Address { .. } => typed.trim().chars().filter(|c| *c != ' ').collect(),
            _ => typed.trim().to_string(),
        };
        if plain == self.expected {
            AnswerMatch::Right
        } else {
            AnswerMatch::Wrong
        }
    }
}

/// Whether an answer was right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum AnswerMatch {
    /// It was.
    Right,
    /// It was not.
    Wrong,
}

/// What challenges are computed from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    pub(super) screens: ScreensDigest,
    pub(super) nonce: &'a [u8; 32],
    pub(super) facts: &'a TxFacts,
}

impl Source<'_> {
    /// The challenges of one screen, in the order in which they are asked.
    pub(super) fn challenges(&self, screen: &Screen, number: u32) -> Vec<Challenge> {
        use Seat::{OperatorA, OperatorB};
        if screen.id().part == PagePart::GoesOn {
            return alloc::vec![self.page_code(number)];
        }
        match screen.id().kind {
            ScreenKind::Payment(place) => self.payment(place, number),
            ScreenKind::Wallet => alloc::vec![self.word(number)],
            ScreenKind::Fee => {
                let fee = self.facts.fee.fee.to_sat().to_string();
                alloc::vec![ask(OperatorB, Asked::Fee, fee)]
            }
            ScreenKind::Replaced(place) => alloc::vec![self.replaced(place, number)],
            ScreenKind::Notice(place) => {
                let rule = self.facts.notices().nth(place);
                let name = rule.map_or("", |(rule, _)| rule.name());
                alloc::vec![
                    ask(OperatorA, Asked::Rule, name.into()),
                    ask(OperatorB, Asked::Code, self.code(number)),
                ]
            }
            ScreenKind::Summary => alloc::vec![
                ask(OperatorA, Asked::Case, self.facts.case.as_str().into()),
                ask(
                    OperatorB,
                    Asked::Total,
                    amount::btc_digits(self.facts.total()),
                ),
            ],
            ScreenKind::People
            | ScreenKind::Inputs
            | ScreenKind::Change
            | ScreenKind::Signatures
            | ScreenKind::Report => alloc::vec![self.page_code(number)],
        }
    }

    /// The code at the bottom of a screen: to be read, not guessed.
    pub(super) fn code(&self, number: u32) -> String {
        let [first, second, ..] = self.seed(number, "page-code");
        [first, second]
            .into_iter()
            .map(|byte| {
                let place = pick(u64::from(byte), CODE_ALPHABET.len());
                char::from(CODE_ALPHABET.get(place).copied().unwrap_or(b'a'))
            })
            .collect()
    }

    /// The operators take turns, so that both keep reading.
    fn page_code(&self, number: u32) -> Challenge {
        let seat = if number.is_multiple_of(2) {
            Seat::OperatorB
        } else {
            Seat::OperatorA
        };
        ask(seat, Asked::Code, self.code(number))
    }

    fn payment(&self, place: usize, number: u32) -> Vec<Challenge> {
        let Some(payment) = self.facts.payments.get(place) else {
            return Vec::new();
        };
        let length = payment.address.chars().count();
        let places = length.saturating_sub(PREFIX).saturating_sub(STRETCH);
        let offset = pick(self.number(number, "address"), places.saturating_add(1));
        let first = PREFIX.saturating_add(offset).saturating_add(1);
        let stretch = address::stretch(&payment.address, first, STRETCH);
        alloc::vec![
            ask(Seat::OperatorA, Asked::Address { first }, stretch),
            ask(
                Seat::OperatorB,
                Asked::Amount,
                amount::btc_digits(payment.amount),
            ),
        ]
    }

    /// What the version before paid, where that is known.
    fn replaced(&self, place: usize, number: u32) -> Challenge {
        let before = self.facts.replaces.get(place);
        match before.and_then(|before| before.known) {
            Some(known) => {
                let fee = known.fee.to_sat().to_string();
                ask(Seat::OperatorA, Asked::FeeBefore, fee)
            }
            None => self.page_code(number),
        }
    }

    fn word(&self, number: u32) -> Challenge {
        let words = self.facts.wallet.digest.words();
        let place = pick(self.number(number, "word"), words.len());
        let word = words.get(place).copied().unwrap_or_default();
        let asked = Asked::Word {
            number: place.saturating_add(1),
        };
        ask(Seat::OperatorA, asked, word.into())
    }

    fn number(&self, number: u32, what: &str) -> u64 {
        let seed = self.seed(number, what);
        let (eights, _) = seed.as_chunks::<8>();
        u64::from_be_bytes(eights.first().copied().unwrap_or_default())
    }

    fn seed(&self, number: u32, what: &str) -> [u8; 32] {
        tagged(
            "himuro/challenge",
            &[
                self.screens.as_bytes(),
                self.nonce,
                &number.to_be_bytes(),
                what.as_bytes(),
            ],
        )
    }
}

fn ask(seat: Seat, asked: Asked, expected: String) -> Challenge {
    Challenge {
        seat,
        asked,
        expected,
    }
}

/// A place below `of`, by a number that nobody chose.
fn pick(number: u64, of: usize) -> usize {
    let of = u64::try_from(of).unwrap_or(1);
    let place = number.checked_rem(of).unwrap_or_default();
    usize::try_from(place).unwrap_or_default()
}
