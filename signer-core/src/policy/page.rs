//! One screen of a ceremony in which people compare something with their paper, and what they type.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::approval::Seat;
use crate::digest::{tagged, words_of};
use crate::transcript::{Answered, Shown};
use crate::types::Lang;

/// A screen, and what is asked about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its name on the console.
    pub id: String,
    /// Its text.
    pub lines: Vec<String>,
    /// What is asked, in order.
    pub asked: Vec<Asked>,
}

impl Page {
    /// The entry that says that it was shown as the one of this number.
    pub(crate) fn shown_as(&self, number: u32, lang: Lang) -> Shown {
        Shown::of(number, lang, &self.lines)
    }
}

/// A question about a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    id: String,
    seat: Seat,
    text: String,
    expected: Expected,
}

/// What has to be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Expected {
    /// These characters, with space in them or without.
    Characters(String),
    /// These words of a digest, with capitals or without.
    Words(Vec<String>),
    /// This line, as it stands.
    Line(String),
}

/// Whether an answer was right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Typed {
    /// It was.
    Right,
    /// It was not.
    Wrong,
}

/// Characters of an address that one person types.
const STRETCH: usize = 6;
/// First characters of an address, which many addresses share: never asked for.
const PREFIX: usize = 5;
/// Words of a digest that are typed.
const WORDS: usize = 4;

impl Asked {
    /// Its name on the console.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Who answers.
    pub const fn seat(&self) -> Seat {
        self.seat
    }

    /// The question.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether this was typed. Space does not count, nor do capitals in words of a digest.
    pub fn takes(&self, typed: &str) -> Typed {
        let right = match &self.expected {
            Expected::Characters(exact) => parts(typed).concat() == *exact,
            Expected::Words(words) => parts(&typed.to_ascii_lowercase()) == *words,
            Expected::Line(line) => typed.trim() == line,
        };
        if right { Typed::Right } else { Typed::Wrong }
    }

    /// What has to be typed, for tests.
    #[cfg(test)]
    pub(crate) fn expected(&self) -> String {
        match &self.expected {
            Expected::Characters(text) | Expected::Line(text) => text.clone(),
            Expected::Words(words) => words.join(" "),
        }
    }

    /// Whether the right person answered it rightly on the screen of this number.
    pub(crate) fn answered_in(&self, screen: u32, answers: &[Answered]) -> Typed {
        let right = |answer: &&Answered| {
            (answer.screen, answer.seat) == (screen, self.seat)
                && self.takes(&answer.text) == Typed::Right
        };
        match answers.iter().find(right) {
            Some(_) => Typed::Right,
            None => Typed::Wrong,
        }
    }

    /// A number that stands on the screen.
    pub(crate) fn number(id: &str, seat: Seat, number: usize, text: [&str; 2], lang: Lang) -> Self {
        let [en, ja] = text;
        Self {
            id: id.to_string(),
            seat,
            text: lang.pick(en, ja).to_string(),
            expected: Expected::Characters(number.to_string()),
        }
    }

    /// A line that stands on the screen or on paper.
    pub(crate) fn of_line(id: &str, seat: Seat, line: &str, text: [&str; 2], lang: Lang) -> Self {
        let [en, ja] = text;
        Self {
            id: id.to_string(),
            seat,
            text: lang.pick(en, ja).to_string(),
            expected: Expected::Line(line.to_string()),
        }
    }

    /// A stretch of an address for A, and one of its other half for B. The session's nonce says
    /// who has which half, and where: nobody can know before the session began.
    pub(super) fn of_address(id: &str, address: &str, nonce: &[u8; 32], lang: Lang) -> [Self; 2] {
        let characters: Vec<char> = address.chars().collect();
        let rest = characters.len().saturating_sub(PREFIX);
        let half = rest.checked_div(2).unwrap_or(0);
        let [a, b, c, d, turn, ..] = tagged("himuro/new-address", &[nonce, id.as_bytes()]);
        let halves = match turn.checked_rem(2) {
            Some(1) => [PREFIX.saturating_add(half), PREFIX],
            _ => [PREFIX, PREFIX.saturating_add(half)],
        };
        let [from_a, from_b] = halves;
        [
            (Seat::OperatorA, "", from_a, u16::from_be_bytes([a, b])),
            (Seat::OperatorB, "-b", from_b, u16::from_be_bytes([c, d])),
        ]
        .map(|(seat, ending, from, number)| {
            let skip = from.saturating_add(place(number, half, STRETCH));
            let (first, last) = (skip.saturating_add(1), skip.saturating_add(STRETCH));
            let stretch = characters.iter().skip(skip).take(STRETCH);
            Self {
                id: format!("{id}{ending}"),
                seat,
                text: match lang {
                    Lang::En => {
                        format!("Type characters {first} to {last} of the address from your paper")
                    }
                    Lang::Ja => format!("{first}文字目から{last}文字目を入力: 書面のアドレス"),
                },
                expected: Expected::Characters(stretch.collect()),
            }
        })
    }

    /// The same question for another person.
    pub(crate) const fn by(mut self, seat: Seat) -> Self {
        self.seat = seat;
        self
    }

    /// Some words of a digest that B has on paper.
    pub(crate) fn of_words(
        id: &str,
        digest: &[u8; 32],
        nonce: &[u8; 32],
        subject: [&str; 2],
        lang: Lang,
    ) -> Self {
        let words = words_of(digest);
        let [a, b, ..] = tagged("himuro/new-words", &[nonce, id.as_bytes()]);
        let skip = place(u16::from_be_bytes([a, b]), words.len(), WORDS);
        let (first, last) = (skip.saturating_add(1), skip.saturating_add(WORDS));
        let expected = words.into_iter().skip(skip).take(WORDS);
        let [en, ja] = subject;
        Self {
            id: id.to_string(),
            seat: Seat::OperatorB,
            text: match lang {
                Lang::En => format!("Type words {first} to {last} of {en}"),
                Lang::Ja => format!("{first}語目から{last}語目を入力: {ja}"),
            },
            expected: Expected::Words(expected.map(ToString::to_string).collect()),
        }
    }
}

/// Where a stretch of `count` begins in `of`, by a number that is drawn.
fn place(number: u16, of: usize, count: usize) -> usize {
    let places = of.saturating_sub(count).saturating_add(1);
    usize::from(number).checked_rem(places).unwrap_or(0)
}

fn parts(text: &str) -> Vec<String> {
    text.split_whitespace().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const ADDRESS: &str = "bcrt1q9zpgru8zsxq7kmwdvl3w2yj5n6t4cfh0ae9zpgru8zsxq7kmwdvl3w2yj5";

    /// Where the stretch that is asked for begins.
    fn begins(asked: &Asked) -> usize {
        let number = asked.text().split(' ').nth(2).unwrap();
        let first: usize = number.parse().unwrap();
        let typed = &ADDRESS[first - 1..first - 1 + STRETCH];
        assert_eq!(asked.takes(typed), Typed::Right);
        first
    }

    /// Neither person knows before the session which half is theirs, nor where in it they will be
    /// asked; together they look at both halves.
    #[test]
    fn each_types_of_another_half_and_the_nonce_says_which_and_where() {
        let middle = PREFIX + (ADDRESS.len() - PREFIX) / 2;
        let mut of_a = BTreeSet::new();
        for nonce in 0..=255 {
            let [a, b] = Asked::of_address("to", ADDRESS, &[nonce; 32], Lang::En);
            assert_eq!((a.id(), b.id()), ("to", "to-b"));
            assert_eq!((a.seat(), b.seat()), (Seat::OperatorA, Seat::OperatorB));
            let (a, b) = (begins(&a), begins(&b));
            assert!(
                PREFIX < a && PREFIX < b,
                "nobody types what many addresses share"
            );
            assert_ne!(a > middle, b > middle);
            of_a.insert(a);
        }
        let (low, high): (Vec<usize>, Vec<usize>) = of_a.iter().partition(|a| **a <= middle);
        assert!(low.len() > 10 && high.len() > 10, "{of_a:?}");
    }

    #[test]
    fn a_stretch_may_begin_wherever_it_ends_in_time() {
        let places: BTreeSet<usize> = (0..100).map(|number| place(number, 10, 4)).collect();
        assert_eq!(places, (0..=6).collect());
        assert_eq!(place(9, 4, 4), 0);
        assert_eq!(place(9, 3, 4), 0);
    }

    #[test]
    fn a_line_is_typed_as_it_stands() {
        let asked = Asked::of_line("name", Seat::OperatorA, "Cold 1", ["?", "?"], Lang::En);
        assert_eq!(asked.takes(" Cold 1 "), Typed::Right);
        for other in ["cold 1", "Cold 2", "Cold1", ""] {
            assert_eq!(asked.takes(other), Typed::Wrong, "{other}");
        }
    }

    #[test]
    fn words_are_of_the_digest_and_their_place_is_drawn() {
        let digest = [7; 32];
        let words = words_of(&digest);
        let mut texts = BTreeSet::new();
        for nonce in 0..=255 {
            let subject = ["the policy", "ポリシー"];
            let asked = Asked::of_words("policy", &digest, &[nonce; 32], subject, Lang::En);
            let first: usize = asked.text().split(' ').nth(2).unwrap().parse().unwrap();
            let typed = words[first - 1..first - 1 + WORDS].join(" ");
            assert_eq!(asked.takes(&typed.to_uppercase()), Typed::Right);
            assert_eq!(asked.takes(&words[..WORDS - 1].join(" ")), Typed::Wrong);
            texts.insert(asked.text().to_string());
        }
        assert!(texts.len() > 10, "{texts:?}");
    }
}
