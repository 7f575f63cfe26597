//! Digests as words on a screen, and a stretch of them to be typed.

use signer_core::digest::{from_words, tagged, words_of};
use signer_core::types::Lang;

/// Words that are asked for.
const STRETCH: usize = 4;

/// A stretch of something that people read, chosen by the session's nonce.
pub(super) struct Stretch {
    /// Number of the first, from 1.
    pub(super) first: usize,
    /// Number of the last.
    pub(super) last: usize,
}

impl Stretch {
    /// `count` of `of`, beyond the first `skip`: nobody can know which before the session began.
    pub(super) fn pick(nonce: &[u8; 32], of: usize, skip: usize, count: usize, id: &str) -> Self {
        let [a, b, c, d, ..] = tagged("himuro/stretch", &[nonce, id.as_bytes()]);
        let places = of.saturating_sub(skip).saturating_sub(count) + 1;
        let number = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(0);
        let first = skip + number % places + 1;
        Self {
            first,
            last: (first + count - 1).min(of),
        }
    }
}

/// Which words of a digest are asked for, the question, and the answer.
pub(super) struct WordQuestion {
    /// The question.
    pub(super) text: String,
    expected: Vec<&'static str>,
}

impl WordQuestion {
    /// Asks for some words of the digest of `subject`.
    pub(super) fn new(
        nonce: &[u8; 32],
        id: &str,
        digest: &[u8; 32],
        subject: [&str; 2],
        lang: Lang,
    ) -> Self {
        let words = words_of(digest);
        let Stretch { first, last } = Stretch::pick(nonce, words.len(), 0, STRETCH, id);
        let [en, ja] = subject;
        let text = match lang {
            Lang::En => format!("Type words {first} to {last} of {en}"),
            Lang::Ja => format!("{first}語目から{last}語目を入力: {ja}"),
        };
        let asked = words.get(first - 1..last).unwrap_or_default();
        Self {
            text,
            expected: asked.to_vec(),
        }
    }

    /// Whether this was typed, in any case and spacing.
    pub(super) fn is_answered_by(&self, typed: &str) -> bool {
        let typed = typed.split_whitespace().map(str::to_ascii_lowercase);
        typed.eq(self.expected.iter().map(|word| (*word).to_owned()))
    }
}

/// The half of a digest that one person types: 16 words.
pub(super) fn is_half(digest: &[u8; 32], half: Half, typed: &str) -> bool {
    let words = words_of(digest);
    let (first, second) = words.split_at(words.len() / 2);
    // The words of a half are read at their own places: even and odd lists differ.
    let whole = match half {
        Half::First => format!("{typed} {}", second.join(" ")),
        Half::Second => format!("{} {typed}", first.join(" ")),
    };
    typed.split_whitespace().count() == words.len() / 2 && from_words(&whole) == Some(*digest)
}

/// Which half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    First,
    Second,
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: [u8; 32] = [7; 32];

    #[test]
    fn each_half_is_sixteen_words_of_its_own_place() {
        let words = words_of(&DIGEST);
        let (first, second) = (words[..16].join(" "), words[16..].join(" "));
        assert!(is_half(&DIGEST, Half::First, &first.to_uppercase()));
        assert!(is_half(&DIGEST, Half::Second, &second));
        assert!(!is_half(&DIGEST, Half::First, &words[..15].join(" ")));
        assert!(!is_half(&DIGEST, Half::First, &words.join(" ")));
        let mut swapped = words[..16].to_vec();
        swapped[3] = words_of(&[8; 32])[3];
        assert!(!is_half(&DIGEST, Half::First, &swapped.join(" ")));
        assert!(!is_half(&DIGEST, Half::First, ""));
    }

    #[test]
    fn a_stretch_lies_within_and_moves_with_the_nonce() {
        let mut seen = std::collections::BTreeSet::new();
        for byte in 0..=255 {
            let Stretch { first, last } = Stretch::pick(&[byte; 32], 42, 4, 6, "x");
            assert!(first >= 5 && last <= 42 && last - first == 5);
            seen.insert(first);
        }
        assert!(seen.len() > 20, "{seen:?}");
    }

    #[test]
    fn only_the_words_that_stand_there_answer() {
        let asked = WordQuestion::new(&[1; 32], "x", &DIGEST, ["a card", "カード"], Lang::En);
        let right = asked.expected.join("  ").to_uppercase();
        assert!(asked.is_answered_by(&right));
        assert!(!asked.is_answered_by(""));
        assert!(!asked.is_answered_by(&asked.expected[..3].join(" ")));
        assert!(asked.text.starts_with("Type words "));
    }
}
