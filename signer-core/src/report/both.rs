//! Words in English and Japanese, and how they stand beside each other on a page.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt::{self, Display, Write as _};

use crate::html::{Escaped, heading};
use crate::review::layout::Item;
use crate::rule::Phrase;
use crate::token::Date;
use crate::types::Lang;

/// The same thing in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Both {
    pub(super) en: String,
    pub(super) ja: String,
}

impl Both {
    pub(super) fn new(en: impl Into<String>, ja: impl Into<String>) -> Self {
        Self {
            en: en.into(),
            ja: ja.into(),
        }
    }

    /// A figure: the same in both languages.
    pub(super) fn figure(value: impl Display) -> Self {
        let text = value.to_string();
        Self::new(text.clone(), text)
    }

    /// Text that a function makes for a language.
    pub(super) fn of<T: Into<String>>(text: impl Fn(Lang) -> T) -> Self {
        Self::new(text(Lang::En), text(Lang::Ja))
    }
}

impl From<&Phrase> for Both {
    fn from(phrase: &Phrase) -> Self {
        Self::of(|lang| phrase.text(lang))
    }
}

impl From<[&str; 2]> for Both {
    fn from([en, ja]: [&str; 2]) -> Self {
        Self::new(en, ja)
    }
}

/// A table of a name and a value in each language, every such table of a page with the same columns.
pub(super) const FACTS: &str = "<table class=\"facts\"><col class=\"k\"><col><col>\n";

/// A table of names and values, written row by row.
pub(super) struct Facts<'a>(&'a mut String);

impl<'a> Facts<'a> {
    /// Begins the table under a heading.
    pub(super) fn under(html: &'a mut String, [en, ja]: [&str; 2]) -> Result<Self, fmt::Error> {
        heading(html, en, ja)?;
        html.push_str(FACTS);
        Ok(Self(html))
    }

    /// One row. What is the same in both languages stands there once.
    pub(super) fn row(&mut self, [en, ja]: [&str; 2], value: &Both) -> fmt::Result {
        self.named(&Both::new(en, ja), value)
    }

    /// One row whose value is a figure.
    pub(super) fn figure(&mut self, name: [&str; 2], value: impl Display) -> fmt::Result {
        self.row(name, &Both::figure(value))
    }

    /// One row with a digest, a key or a hash in hexadecimal.
    pub(super) fn code(&mut self, [en, ja]: [&str; 2], value: impl Display) -> fmt::Result {
        self.0.push_str("<tr>");
        name(self.0, &Both::new(en, ja))?;
        let value = value.to_string();
        writeln!(
            self.0,
            "<td colspan=\"2\"><code>{}</code></td></tr>",
            Escaped(&visible(&value))
        )
    }

    /// Facts of a screen, the same in both languages one beside the other.
    pub(super) fn items(&mut self, en: &[Item], ja: &[Item]) -> fmt::Result {
        for place in 0..en.len().max(ja.len()) {
            let ([en_name, en_text], [ja_name, ja_text]) =
                (halves(en.get(place)), halves(ja.get(place)));
            if !(en_text.is_empty() && ja_text.is_empty()) {
                let value = Both::new(en_text, ja_text);
                self.named(&Both::new(en_name, ja_name), &value)?;
            }
        }
        Ok(())
    }

    /// Ends the table.
    pub(super) fn end(self) {
        self.0.push_str("</table>\n");
    }

    fn named(&mut self, what: &Both, value: &Both) -> fmt::Result {
        self.0.push_str("<tr>");
        name(self.0, what)?;
        cells(self.0, value)?;
        self.0.push_str("</tr>\n");
        Ok(())
    }
}

/// The name of a row.
fn name(html: &mut String, what: &Both) -> fmt::Result {
    write!(html, "<th>{}", Escaped(&what.en))?;
    if what.en != what.ja {
        write!(
            html,
            "<br><span class=\"ja\" lang=\"ja\">{}</span>",
            Escaped(&what.ja)
        )?;
    }
    html.push_str("</th>");
    Ok(())
}

/// One wide cell for what is the same, or one for each language.
pub(super) fn cells(html: &mut String, value: &Both) -> fmt::Result {
    let (en, ja) = (visible(&value.en), visible(&value.ja));
    if en == ja {
        write!(html, "<td colspan=\"2\">{}</td>", Escaped(&en))
    } else {
        write!(
            html,
            "<td>{}</td><td lang=\"ja\">{}</td>",
            Escaped(&en),
            Escaped(&ja)
        )
    }
}

/// A head of columns, and their rows after it.
pub(super) fn columns(html: &mut String, names: &[[&str; 2]]) -> fmt::Result {
    html.push_str("<thead><tr>");
    for [en, ja] in names {
        name(html, &Both::new(*en, *ja))?;
    }
    html.push_str("</tr></thead>\n");
    Ok(())
}

/// A sentence in both languages.
pub(super) fn sentence(html: &mut String, text: &Both) -> fmt::Result {
    writeln!(
        html,
        "<p>{}</p>\n<p class=\"ja\" lang=\"ja\">{}</p>",
        Escaped(&visible(&text.en)),
        Escaped(&visible(&text.ja))
    )
}

fn halves(item: Option<&Item>) -> [&str; 2] {
    match item {
        Some(Item::Fact { name, value }) => [name, value],
        Some(Item::Text(text)) => ["", text],
        Some(Item::Gap) | None => ["", ""],
    }
}

/// The text with what no eye can see made visible: controls, and signs that turn the order of
/// others round or take no room.
pub(super) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

const fn is_hidden(c: char) -> bool {
    matches!(c,
        '\0'..='\u{9}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}'
        | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// A moment that a clock told, in Universal Time and in Japan's.
pub(super) fn moment(seconds: u64) -> Both {
    const JAPAN: u64 = 9 * 3_600;
    let japan = seconds.saturating_add(JAPAN);
    Both::figure(format!("{} UTC = {} JST", at(seconds), at(japan)))
}

fn at(seconds: u64) -> String {
    let part = |unit: u64, of: u64| {
        let whole = seconds.checked_div(unit).unwrap_or(0);
        whole.checked_rem(of).unwrap_or(0)
    };
    let (hour, minute, second) = (part(3_600, 24), part(60, 60), part(1, 60));
    format!(
        "{} {hour:02}:{minute:02}:{second:02}",
        Date::of_clock(seconds)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_in_both_zones() {
        assert_eq!(
            moment(1_790_000_000).en,
            "2026-09-21 14:13:20 UTC = 2026-09-21 23:13:20 JST"
        );
    }

    #[test]
    fn what_cannot_be_seen_is_made_visible() {
        assert_eq!(visible("a\u{202e}b\u{0}c\n佐"), "a\\u{202e}b\\u{0}c\n佐");
    }
}
