//! What a rule expected and what it got, in both languages.
//!
//! A phrase cannot be made in one language alone: [`phrase!`](crate::phrase) takes both, with the
//! same facts in them. Numbers, addresses, digests and identifiers are the same in both.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use minicbor::decode::Error;
use minicbor::encode::{self, Write};
use minicbor::{Decode, Decoder, Encode, Encoder};

use crate::types::Lang;

/// Longest fact from outside that a phrase quotes, in characters.
const FACT_LIMIT: usize = 240;

/// Longest phrase, in characters.
const PHRASE_LIMIT: usize = 1_000;

/// Words in English and in Japanese.
///
/// Printable on any terminal: the English is ASCII, the Japanese may hold kana, kanji and
/// full-width signs beside it. Everything else is escaped, in what is made here; in what is read
/// it is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase(Box<Texts>);

/// The array that a phrase is encoded as. Boxed: a refusal is the error of many functions.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Texts {
    #[n(0)]
    en: String,
    #[n(1)]
    ja: String,
}

impl Phrase {
    /// The same words in both languages.
    pub fn new(en: &str, ja: &str) -> Self {
        Self(Box::new(Texts {
            en: kept(en, is_english, PHRASE_LIMIT),
            ja: kept(ja, is_japanese, PHRASE_LIMIT),
        }))
    }

    /// A number, an address, a digest or an identifier: the same in both languages.
    pub fn figure(value: impl fmt::Display) -> Self {
        let text = plain(&value);
        Self(Box::new(Texts {
            en: text.clone(),
            ja: text,
        }))
    }

    /// What is not there.
    pub fn none() -> Self {
        Self::new("none", "なし")
    }

    /// One phrase after the other.
    pub fn listed(phrases: impl IntoIterator<Item = Self>) -> Self {
        let (mut en, mut ja) = (String::new(), String::new());
        for phrase in phrases {
            if !en.is_empty() {
                en.push_str("; ");
                ja.push('、');
            }
            en.push_str(&phrase.0.en);
            ja.push_str(&phrase.0.ja);
        }
        Self::new(&en, &ja)
    }

    /// The words in one language.
    pub fn text(&self, lang: Lang) -> &str {
        lang.pick(&self.0.en, &self.0.ja)
    }
}

impl<C> Encode<C> for Phrase {
    fn encode<W: Write>(
        &self,
        encoder: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        self.0.encode(encoder, context)
    }
}

impl<'b, C> Decode<'b, C> for Phrase {
    fn decode(decoder: &mut Decoder<'b>, context: &mut C) -> Result<Self, Error> {
        let texts = Texts::decode(decoder, context)?;
        let phrase = Self::new(&texts.en, &texts.ja);
        if *phrase.0 == texts {
            Ok(phrase)
        } else {
            Err(Error::message("a phrase with signs that no rule writes"))
        }
    }
}

/// An error that people read: what happened, and on a second line what to do.
pub trait Explained {
    /// What happened.
    fn what(&self) -> Phrase;

    /// What a person can do.
    fn advice(&self) -> Phrase;

    /// Both lines.
    fn text(&self, lang: Lang) -> String {
        let (what, advice) = (self.what(), self.advice());
        alloc::format!("{}\n  {}", what.text(lang), advice.text(lang))
    }
}

/// A fact inside a phrase.
pub trait Fact {
    /// How it reads in one language.
    fn said(&self, lang: Lang) -> String;
}

impl<T: fmt::Display + ?Sized> Fact for T {
    fn said(&self, _: Lang) -> String {
        plain(self)
    }
}

impl Fact for Phrase {
    fn said(&self, lang: Lang) -> String {
        self.text(lang).into()
    }
}

impl Fact for &Phrase {
    fn said(&self, lang: Lang) -> String {
        self.text(lang).into()
    }
}

/// A name from outside, such as a path: its kana and kanji stay as they are in the Japanese.
#[derive(Clone, Copy, Debug)]
pub struct Named<T>(pub T);

impl<T: fmt::Display> Fact for Named<T> {
    fn said(&self, lang: Lang) -> String {
        let fits = match lang {
            Lang::En => is_english,
            Lang::Ja => is_japanese,
        };
        kept(&alloc::format!("{}", self.0), fits, FACT_LIMIT)
    }
}

/// Words in English and in Japanese around the same facts:
/// `phrase!("at most {limit} sat", "{limit} sat 以下", limit = 5)`.
///
/// A fact is anything that can be displayed, or another phrase; one that a language leaves out does
/// not compile without a warning.
#[macro_export]
macro_rules! phrase {
    ($en:literal, $ja:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::rule::Phrase::new(
            &{
                $(let $name = $crate::rule::Fact::said(&$value, $crate::types::Lang::En);)*
                $crate::rule::written(::core::format_args!($en))
            },
            &{
                $(let $name = $crate::rule::Fact::said(&$value, $crate::types::Lang::Ja);)*
                $crate::rule::written(::core::format_args!($ja))
            },
        )
    };
}

/// The text of these arguments: for [`phrase!`](crate::phrase), which has no `String` of its own.
#[doc(hidden)]
pub fn written(text: fmt::Arguments<'_>) -> String {
    alloc::format!("{text}")
}

/// Printable ASCII only, and not without end: a fact may quote hostile input.
fn plain(value: &(impl fmt::Display + ?Sized)) -> String {
    kept(&alloc::format!("{value}"), is_english, FACT_LIMIT)
}

/// The text with every other sign escaped, cut at the limit.
fn kept(text: &str, fits: fn(char) -> bool, limit: usize) -> String {
    // Nearly all text is as it should be. So many bytes hold at most so many characters.
    if text.len() <= limit && text.chars().all(fits) {
        return text.into();
    }
    let mut out = String::new();
    for c in text.chars().take(limit) {
        if fits(c) {
            out.push(c);
        } else {
            out.extend(c.escape_unicode());
        }
    }
    match out.char_indices().nth(limit) {
        Some((end, _)) => out.get(..end).unwrap_or_default().into(),
        None => out,
    }
}

const fn is_english(c: char) -> bool {
    matches!(c, ' '..='~')
}

/// Kana, kanji, their punctuation and full-width signs beside ASCII.
const fn is_japanese(c: char) -> bool {
    is_english(c)
        || matches!(c, '\u{3001}'..='\u{30FF}' | '\u{4E00}'..='\u{9FFF}' | '\u{FF01}'..='\u{FF5E}')
}
