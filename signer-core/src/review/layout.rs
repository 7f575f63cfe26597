//! Text blocks of a fixed width. A kanji or kana takes two columns. Nothing is ever cut off: what
//! is too long goes on in the next line.

use alloc::string::String;
use alloc::vec::Vec;

use crate::types::Lang;

/// Columns of a screen.
pub const COLUMNS: usize = 78;
/// Most content lines of a screen, header and footer not counted.
pub const LINES: usize = 18;

/// Columns of the names of facts.
const NAME_COLUMNS: usize = 18;

/// Columns that `text` takes on a terminal.
pub fn width(text: &str) -> usize {
    text.chars().map(columns_of).fold(0, usize::saturating_add)
}

const fn columns_of(c: char) -> usize {
    if is_wide(c) { 2 } else { 1 }
}

/// Whether a character takes two columns (East Asian Width W or F), for what labels and our own
/// words can hold.
const fn is_wide(c: char) -> bool {
    matches!(c,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{303e}'
        | '\u{3041}'..='\u{33ff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}')
}

/// Breaks `text` into lines of at most `columns`, at a space where there is one.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut line, mut taken) = (String::new(), 0_usize);
    for c in text.chars() {
        line.push(c);
        taken = taken.saturating_add(columns_of(c));
        if taken <= columns {
            continue;
        }
        let break_at = line
            .rfind(' ')
            .filter(|place| *place > 0)
            .or_else(|| line.char_indices().last().map(|(place, _)| place))
            .unwrap_or(0);
        let rest = line.split_off(break_at);
        let whole = core::mem::replace(&mut line, rest.trim_start().into());
        taken = width(&line);
        lines.push(whole.trim_end().into());
    }
    lines.push(line.trim_end().into());
    lines
}

/// `text` with spaces up to `columns`.
fn padded(text: &str, columns: usize) -> String {
    let mut out = String::from(text);
    for _ in width(text)..columns {
        out.push(' ');
    }
    out
}

/// One thing that a screen says, before it is broken into lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// A name and its value.
    Fact {
        /// Empty where the value goes on.
        name: String,
        /// The value.
        value: String,
    },
    /// A sentence or a line as it is.
    Text(String),
    /// An empty line.
    Gap,
}

impl Item {
    fn lines(&self) -> Vec<String> {
        match self {
            Self::Fact { name, value } => fact_lines(name, value),
            Self::Text(text) => wrap(text, COLUMNS),
            Self::Gap => alloc::vec![String::new()],
        }
    }
}

/// The value beside its name; a long value goes on below itself.
fn fact_lines(name: &str, value: &str) -> Vec<String> {
    let columns = COLUMNS.saturating_sub(NAME_COLUMNS);
    let rows = wrap(value, columns).into_iter().enumerate();
    let rows = rows.map(|(place, row)| {
        let name = if place == 0 { name } else { "" };
        let mut line = padded(name, NAME_COLUMNS);
        line.push_str(&row);
        line
    });
    rows.collect()
}

/// The content of a screen while it is written.
#[derive(Debug)]
pub(crate) struct Block {
    lang: Lang,
    items: Vec<Item>,
}

impl Block {
    pub(crate) const fn new(lang: Lang) -> Self {
        Self {
            lang,
            items: Vec::new(),
        }
    }

    pub(super) const fn lang(&self) -> Lang {
        self.lang
    }

    /// A name in both languages and a value; a long value goes on below itself.
    pub(crate) fn fact(&mut self, [en, ja]: [&str; 2], value: impl AsRef<str>) {
        self.items.push(Item::Fact {
            name: self.lang.pick(en, ja).into(),
            value: value.as_ref().into(),
        });
    }

    /// A sentence in both languages.
    pub(super) fn say(&mut self, [en, ja]: [&str; 2]) {
        self.text(self.lang.pick(en, ja));
    }

    /// Text as it is, broken where it is too long.
    pub(super) fn text(&mut self, text: impl AsRef<str>) {
        self.items.push(Item::Text(text.as_ref().into()));
    }

    /// An empty line.
    pub(super) fn gap(&mut self) {
        self.items.push(Item::Gap);
    }

    /// All that another block says.
    pub(super) fn append(&mut self, other: &Self) {
        self.items.extend(other.items.iter().cloned());
    }

    /// What was said, one by one.
    pub(crate) fn into_items(self) -> Vec<Item> {
        self.items
    }

    pub(crate) fn into_lines(self) -> Vec<String> {
        lines_of(&self.items)
    }
}

/// Items as the lines of a screen.
pub(super) fn lines_of(items: &[Item]) -> Vec<String> {
    items.iter().flat_map(Item::lines).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kanji_take_two_columns() {
        assert_eq!(width("BTC"), 3);
        assert_eq!(width("送付先 1"), 8);
        assert_eq!(width("ア、。（）"), 10);
    }

    #[test]
    fn long_text_goes_on_and_loses_nothing() {
        let kanji: String = "佐".repeat(64);
        let lines = wrap(&kanji, 60);
        assert_eq!(lines.concat(), kanji);
        assert!(lines.iter().all(|line| width(line) <= 60));
        let words = wrap("one two three four", 9);
        assert_eq!(words, ["one two", "three", "four"]);
        assert_eq!(wrap("", 9), [""]);
        // A space before the first word is no place to break at.
        assert_eq!(wrap(" word", 4), [" wor", "d"]);
    }

    #[test]
    fn values_stand_below_each_other() {
        let mut block = Block::new(Lang::Ja);
        block.fact(["Name", "名前"], "佐".repeat(31));
        let lines = block.into_lines();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("名前              佐"));
        assert!(lines[1].starts_with("                  佐"));
    }
}
