//! Consent is typed content: what an officer is asked comes from what was shown, and there is no
//! switch that answers.

use officer_console::Console;
use signer_core::digest::{tagged, words_of};
use signer_core::phrase;
use signer_core::types::{Lang, OfficerId};

use crate::error::Failure;

/// How often a challenge may be tried: people mistype.
const TRIES: usize = 3;

/// The answer that rejects.
const REJECT: &str = "r";

/// Asks until the answer is `expected`, up to three times.
///
/// # Errors
/// Exit code 2 where the officer rejects or never types it.
pub(crate) fn challenge(
    console: &mut Console<'_>,
    lang: Lang,
    who: &OfficerId,
    question: &str,
    expected: impl Fn(&str) -> Answer,
) -> Result<(), Failure> {
    for _ in 0..TRIES {
        let answer = console.ask(who.as_str(), question)?;
        if answer.trim() == REJECT {
            return Err(Failure::officer(
                phrase!("{who} rejected", "{who} が否認した", who = who),
                phrase!(
                    "nothing was signed and nothing was written",
                    "署名も書込みも行っていません。"
                ),
            ));
        }
        match expected(answer.trim()) {
            Answer::Right => return Ok(()),
            Answer::Wrong => console.say(lang.pick(
                "  that is not what the screen says; r rejects",
                "  画面の内容と異なります。r で否認します",
            ))?,
        }
    }
    Err(Failure::officer(
        phrase!(
            "{who} did not type what was asked, {tries} times",
            "{who} の入力が {tries} 回とも質問の答えと一致しない",
            who = who,
            tries = TRIES
        ),
        phrase!(
            "nothing was signed; read the screen and run the command again",
            "署名していません。画面を読み、コマンドを再度実行してください。"
        ),
    ))
}

/// Whether an answer is what the screen says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Right,
    Wrong,
}

impl Answer {
    /// Right where the two are equal.
    pub(crate) fn equal<T: PartialEq>(got: &T, expected: &T) -> Self {
        if got == expected {
            Self::Right
        } else {
            Self::Wrong
        }
    }
}

/// A stretch of the 32 words of a digest, to be typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    first: usize,
    len: usize,
}

impl Stretch {
    /// The stretch that `who` is asked for: the same whenever the command is run again.
    pub(crate) fn of(who: &OfficerId, digest: &[u8; 32], len: usize) -> Self {
        let [byte, ..] = tagged("himuro/host-challenge", &[digest, who.as_str().as_bytes()]);
        let places = 32_usize.saturating_sub(len).saturating_add(1);
        Self {
            first: usize::from(byte) % places,
            len,
        }
    }

    fn holds(self, place: usize) -> bool {
        (self.first..self.first + self.len).contains(&place)
    }

    /// `05 to 08`, counted from 1.
    pub(crate) fn text(self, lang: Lang) -> String {
        let (from, to) = (self.first + 1, self.first + self.len);
        match lang {
            Lang::En => format!("{from:02} to {to:02}"),
            Lang::Ja => format!("{from:02}〜{to:02}"),
        }
    }

    /// Judges typed words.
    pub(crate) fn judge(self, digest: &[u8; 32], answer: &str) -> Answer {
        let asked: Vec<&str> = words_of(digest)
            .into_iter()
            .skip(self.first)
            .take(self.len)
            .collect();
        let typed: Vec<String> = answer
            .split_whitespace()
            .map(str::to_ascii_lowercase)
            .collect();
        let asked: Vec<String> = asked.iter().map(|w| w.to_ascii_lowercase()).collect();
        Answer::equal(&typed, &asked)
    }
}

/// The 32 words, numbered, in four lines; the words of `hidden` as dashes.
pub(crate) fn grid(digest: &[u8; 32], hidden: Option<Stretch>) -> String {
    let words = words_of(digest);
    let width = words.iter().map(|w| w.len()).max().unwrap_or(0);
    let cells: Vec<String> = words
        .iter()
        .enumerate()
        .map(|(place, word)| {
            let shown = match hidden {
                Some(stretch) if stretch.holds(place) => "--------",
                _ => word,
            };
            format!("{:02} {shown:<width$}", place + 1)
        })
        .collect();
    let lines: Vec<String> = cells
        .chunks(8)
        .map(|row| format!("  {}", row.join("  ")).trim_end().to_owned())
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_lies_within_the_words_and_is_judged_whole() {
        for n in 0..=255u8 {
            let digest = [n; 32];
            let who = OfficerId::new(&format!("officer.{n}")).expect("an identifier");
            let stretch = Stretch::of(&who, &digest, 4);
            assert!(stretch.first + stretch.len <= 32);
            let right: Vec<&str> = words_of(&digest)[stretch.first..][..4].to_vec();
            assert_eq!(stretch.judge(&digest, &right.join("  ")), Answer::Right);
            assert_eq!(
                stretch.judge(&digest, &right.join(" ").to_uppercase()),
                Answer::Right
            );
            assert_eq!(stretch.judge(&digest, &right[1..].join(" ")), Answer::Wrong);
            assert_eq!(stretch.judge(&digest, ""), Answer::Wrong);
        }
    }

    #[test]
    fn hidden_words_are_not_on_the_screen() {
        let digest: [u8; 32] = std::array::from_fn(|n| u8::try_from(n * 7).expect("small"));
        let who = OfficerId::new("sato.k").expect("an identifier");
        let stretch = Stretch::of(&who, &digest, 8);
        let shown = grid(&digest, Some(stretch));
        for (place, word) in words_of(&digest).into_iter().enumerate() {
            assert_eq!(shown.contains(word), !stretch.holds(place), "{place}");
        }
        assert_eq!(shown.matches("--------").count(), 8);
        assert_eq!(grid(&digest, None).lines().count(), 4);
    }
}
