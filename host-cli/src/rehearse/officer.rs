//! How the scripted officers answer: only from what stands on the screen, on the paper in their
//! hand, or from their own memory (PINs).

use signer_core::phrase;
use signer_core::rule::Named;

use std::collections::BTreeMap;

use super::RehearseError;
use super::actor::Prompt;

/// PINs by token label: (security officer's, user's).
#[derive(Default)]
pub(super) struct Pins(BTreeMap<String, (String, String)>);

impl Pins {
    /// Makes up the PINs of a new token.
    pub(super) fn invent(&mut self, token: &str) -> Result<(), RehearseError> {
        self.0.insert(
            token.into(),
            (super::house::secret()?, super::house::secret()?),
        );
        Ok(())
    }

    /// The user PIN.
    pub(super) fn user(&self, token: &str) -> Result<String, RehearseError> {
        self.find(token).map(|(_, user)| user.clone())
    }

    /// The security officer's PIN.
    pub(super) fn security_officer(&self, token: &str) -> Result<String, RehearseError> {
        self.find(token).map(|(so, _)| so.clone())
    }

    fn find(&self, token: &str) -> Result<&(String, String), RehearseError> {
        self.0.get(token).ok_or_else(|| {
            RehearseError::Talk(phrase!(
                "nobody knows token {token}",
                "トークン {token} を知る者がいない",
                token = token
            ))
        })
    }
}

/// Answers the prompts of a command that shows a grid of words and asks for a stretch of it.
pub(super) fn stretch_of_words(
    prompt: &Prompt<'_>,
    seen_on: &str,
) -> Result<String, RehearseError> {
    let (first, last) = stretch(prompt)?;
    let words = grid(seen_on);
    let wanted: Option<Vec<&str>> = (first..=last).map(|n| words.get(&n).copied()).collect();
    wanted
        .map(|words| words.join(" "))
        .ok_or_else(|| not_seen(prompt))
}

/// Answers a question for characters `from` to `to` of an address in groups of four.
pub(super) fn stretch_of_address(
    prompt: &Prompt<'_>,
    address: &str,
) -> Result<String, RehearseError> {
    let (first, last) = stretch(prompt)?;
    address
        .get(first - 1..last)
        .map(str::to_owned)
        .ok_or_else(|| not_seen(prompt))
}

/// The two numbers of a question such as "characters 21 to 26" or "21~26文字目": the first two that
/// nothing but a dash, a wave or "to" stands between.
fn stretch(prompt: &Prompt<'_>) -> Result<(usize, usize), RehearseError> {
    let asked = prompt.question.rsplit(']').next().unwrap_or_default();
    let mut numbers: Vec<(usize, usize, usize)> = Vec::new();
    for (at, digits) in asked.match_indices(|c: char| c.is_ascii_digit()) {
        match numbers.last_mut() {
            Some((_, end, value)) if *end == at => {
                *value = *value * 10 + digits.parse::<usize>().unwrap_or(0);
                *end += 1;
            }
            _ => numbers.push((at, at + 1, digits.parse().unwrap_or(0))),
        }
    }
    let is_joint = |text: &str| {
        matches!(
            text.trim(),
            "to" | "-" | "~" | "〜" | "～" | "から" | "語目から" | "文字目から"
        )
    };
    numbers
        .windows(2)
        .find_map(|pair| {
            let [(_, end, first), (start, _, last)] = *pair else {
                return None;
            };
            let fits = is_joint(&asked[end..start]) && first >= 1 && first <= last;
            fits.then_some((first, last))
        })
        .ok_or_else(|| not_seen(prompt))
}

/// The last screen of this name that was shown (any, where none is named), without frame.
pub(super) fn screen<'a>(shown: &'a str, name: &str) -> &'a str {
    let Some(start) = shown.rfind(&format!("+-- {name}")) else {
        return "";
    };
    let body = &shown[start..];
    let body = body.split_once('\n').map_or("", |(_, body)| body);
    body.split("\n+--").next().unwrap_or(body)
}

/// The words of the last grid on the screen, by number. A grid line holds numbers up to 32, each
/// followed by one or more words.
pub(super) fn grid(screen: &str) -> BTreeMap<usize, &str> {
    let mut words = BTreeMap::new();
    for line in screen.lines() {
        let tokens: Vec<&str> = line
            .trim_start_matches(['|', '.', ' '])
            .split_whitespace()
            .filter(|token| *token != "|")
            .collect();
        if is_grid(&tokens) {
            let mut number = 0;
            for token in tokens {
                if let Ok(parsed) = token.parse() {
                    number = parsed;
                } else {
                    words.insert(number, token);
                    number += 1;
                }
            }
        }
    }
    words
}

fn is_grid(tokens: &[&str]) -> bool {
    let number = |token: &&str| token.parse::<usize>().is_ok_and(|n| (1..=32).contains(&n));
    let word = |token: &&str| token.len() > 2 && token.bytes().all(|b| b.is_ascii_lowercase());
    tokens.first().is_some_and(number)
        && tokens.iter().filter(|t| word(t)).count() >= 4
        && tokens.iter().all(|t| number(t) || word(t))
}

/// The identifier of a device's prompt: `[screen-3] Type ...`.
pub(super) fn tag<'a>(prompt: &Prompt<'a>) -> &'a str {
    prompt
        .question
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
        .map_or("", |(id, _)| id)
}

pub(super) fn not_seen(prompt: &Prompt<'_>) -> RehearseError {
    RehearseError::Talk(phrase!(
        "the officer {who} cannot answer: {question}",
        "役職員 {who} が回答できない: {question}",
        who = prompt.who,
        question = Named(prompt.question)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt<'a>(question: &'a str, screen: &'a str) -> Prompt<'a> {
        Prompt {
            who: "A",
            question,
            screen,
        }
    }

    #[test]
    fn reads_both_forms_of_a_grid_and_takes_the_last() {
        let host = "  01 aardvark  02 adviser\n  03 accrue  04 aggregate\n";
        assert!(grid(host).is_empty(), "two words in a line are not a grid");
        let host = "  01 aardvark  02 adviser  03 accrue  04 aggregate\n";
        let device = "|  1 baboon adviser accrue aggregate\n";
        assert_eq!(grid(&format!("{device}{host}"))[&1], "aardvark");
        assert_eq!(grid(&format!("{host}{device}"))[&1], "baboon");
        assert_eq!(grid(device)[&4], "aggregate");
    }

    #[test]
    fn answers_a_stretch_in_both_languages() {
        let screen = "|  1 baboon adviser accrue aggregate\n";
        for question in [
            "[wallet] Type words 2 to 3 of it",
            "[wallet] 単語 2~3 を入力",
        ] {
            let answer = stretch_of_words(&prompt(question, screen), screen).unwrap();
            assert_eq!(answer, "adviser accrue");
        }
        let question = "[dest-hot-01] Type characters 3 to 5 of it";
        assert_eq!(
            stretch_of_address(&prompt(question, ""), "abcdefg").unwrap(),
            "cde"
        );
    }
}
