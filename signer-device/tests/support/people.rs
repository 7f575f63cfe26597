//! Honest people: they answer what is asked, from their paper or from the screen in front of them.

use super::officers::OFFICER_PIN;
use super::play::{Act, Prompt, typed};

/// The user PIN of every device token.
pub(crate) const PIN: &str = "user-pin-of-device";

/// At `device init`, with the paper of the root.
pub(crate) fn at_commissioning(paper: &[&str], prompt: &Prompt<'_>) -> Act {
    match prompt.id {
        "root-1" => typed(paper[..16].join(" ")),
        "root-2" => typed(paper[16..].join(" ")),
        "so-pin" | "so-pin-again" => typed("so-pin-of-device"),
        "pin" | "pin-again" => typed(PIN),
        other => panic!("unexpected prompt {other}: {}", prompt.question),
    }
}

/// At every later ceremony.
pub(crate) fn at_ceremony(prompt: &Prompt<'_>) -> Act {
    match prompt.id {
        "pin" => typed(PIN),
        "officer-a" => typed("op.a"),
        "officer-b" => typed("op.b"),
        "officer-pin" => typed(OFFICER_PIN),
        _ => typed(from_screen(prompt)),
    }
}

/// The same with two other operators, who sit at a second device.
pub(crate) fn at_the_next_device(prompt: &Prompt<'_>) -> Act {
    match prompt.id {
        "officer-a" => typed("op.c"),
        "officer-b" => typed("op.d"),
        _ => at_ceremony(prompt),
    }
}

/// What is asked for, read off the last screen.
pub(crate) fn from_screen(prompt: &Prompt<'_>) -> String {
    let screen = last_screen(prompt.screen);
    let asked = prompt.question;
    let numbers: Vec<usize> = asked
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|n| n.parse().ok())
        .collect();
    if asked.contains("open transactions") {
        return numbers_of(&screen[0])[0].clone();
    }
    if prompt.id.starts_with("spend-") {
        let block = format!("in block {}", numbers[1]);
        let line = screen.iter().find(|line| line.ends_with(&block));
        let id = line.and_then(|line| line.split_whitespace().find(|word| word.len() == 64));
        return id.expect("a transaction")[56..].to_owned();
    }
    if asked.contains("words") || asked.contains("語目") {
        return words(&screen)[numbers[0] - 1..numbers[1]].join(" ");
    }
    if asked.contains("characters") || asked.contains("文字目") {
        let from = numbers[0] - 1;
        return address(&screen)[from..numbers[1]].to_owned();
    }
    if asked.contains("LOOSEN") || asked.contains("緩和の件数") {
        let line = screen.iter().find(|line| {
            let line = line.trim_start();
            line.starts_with("LOOSENS:") || line.starts_with("緩和:")
        });
        return numbers_of(line.expect("the loosenings are counted"))[0].clone();
    }
    if asked.contains("how many keys") || asked.contains("個数") {
        return numbers_of(&screen[0])[1].clone();
    }
    if asked.contains("number of the pool") || asked.contains("プール番号") {
        return numbers_of(&screen[0])[0].clone();
    }
    if asked.contains("word ") {
        return words(&screen)[numbers[0] - 1].to_owned();
    }
    let after = |name: &str, unit: &str| amount(&screen, name, unit);
    if asked.contains("total") {
        return after("Total", "BTC");
    }
    if asked.contains("amount in BTC") {
        return after("", "BTC");
    }
    if asked.contains("fee of the transaction before") {
        let columns = fact(&screen, "Fee ");
        let before = columns.split_whitespace().next();
        return before.expect("two columns").replace(',', "");
    }
    if asked.contains("fee in satoshi") {
        return after("", "sat");
    }
    if asked.contains("case") {
        return fact(&screen, "Case");
    }
    if asked.contains("rule") {
        return fact(&screen, "Rule");
    }
    if asked.contains("code of this page") {
        return between(&screen, "-- [", "]");
    }
    panic!("nobody taught this person to answer: {asked}\n{screen:#?}")
}

/// The numbers on a line.
fn numbers_of(line: &str) -> Vec<String> {
    line.split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The lines of the last screen.
fn last_screen(output: &str) -> Vec<String> {
    let lines: Vec<&str> = output.lines().collect();
    let start = lines
        .iter()
        .rposition(|line| line.starts_with("+-- "))
        .expect("a screen was shown");
    lines[start + 1..]
        .iter()
        .take_while(|line| !line.starts_with('+'))
        .map(|line| line.strip_prefix("| ").unwrap_or("").to_owned())
        .collect()
}

/// Words that stand on lines after the number of the first of them.
fn words(screen: &[String]) -> Vec<&str> {
    let mut words = Vec::new();
    for line in screen {
        let Some((number, four)) = line.split_once('|') else {
            continue;
        };
        // Every second word has three syllables; no group of an address is that long.
        let is_words = four.split_whitespace().any(|word| word.len() > 4);
        if is_words && number.trim().parse() == Ok(words.len() + 1) {
            words.extend(four.split_whitespace());
        }
    }
    words
}

/// The characters of an address in groups.
fn address(screen: &[String]) -> String {
    screen
        .iter()
        .filter_map(|line| {
            let (number, groups) = line.split_once('|')?;
            number.trim().parse::<usize>().ok()?;
            let in_groups = groups.split_whitespace().all(|group| group.len() <= 4);
            in_groups.then(|| groups.replace(' ', ""))
        })
        .collect()
}

/// The first amount in this unit on a line with this name.
fn amount(screen: &[String], name: &str, unit: &str) -> String {
    let line = screen
        .iter()
        .find(|line| line.contains(name) && line.contains(&format!(" {unit}")))
        .unwrap_or_else(|| panic!("no {name} in {unit}: {screen:#?}"));
    let (before, _) = line.split_once(&format!(" {unit}")).expect("found above");
    let digits: Vec<char> = before
        .chars()
        .rev()
        .take_while(|c| c.is_ascii_digit() || matches!(c, ' ' | ',' | '.'))
        .filter(|c| !matches!(c, ' ' | ','))
        .collect();
    digits.into_iter().rev().collect()
}

/// The value of the fact of this name.
fn fact(screen: &[String], name: &str) -> String {
    let found = screen.iter().find_map(|line| line.strip_prefix(name));
    let found = found.unwrap_or_else(|| panic!("no {name:?}: {screen:#?}"));
    found.trim().to_owned()
}

fn between(screen: &[String], before: &str, after: &str) -> String {
    let found = screen.iter().find_map(|line| line.split_once(before));
    let (_, rest) = found.unwrap_or_else(|| panic!("no {before:?}: {screen:#?}"));
    rest.split(after).next().unwrap_or(rest).to_owned()
}
