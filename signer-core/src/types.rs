//! Words of the domain as types: what a bare integer or string would let people mix up.

use alloc::string::{String, ToString};
use core::fmt;

use minicbor::{Decode, Encode};

use crate::phrase;
use crate::rule::Phrase;

/// The Bitcoin network that an artefact, a wallet and a device belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Network {
    /// Main net: real coins.
    #[n(0)]
    Main,
    /// Testnet, version 4.
    #[n(1)]
    Testnet4,
    /// The default signet.
    #[n(2)]
    Signet,
    /// A private regtest chain: rehearsals and tests.
    #[n(3)]
    Regtest,
}

impl Network {
    /// The name used in context strings, files and on screens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Testnet4 => "testnet4",
            Self::Signet => "signet",
            Self::Regtest => "regtest",
        }
    }

    /// The network of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Main, Self::Testnet4, Self::Signet, Self::Regtest]
            .into_iter()
            .find(|network| network.name() == name)
    }

    /// The same network in the words of the `bitcoin` crate.
    pub const fn to_bitcoin(self) -> bitcoin::Network {
        match self {
            Self::Main => bitcoin::Network::Bitcoin,
            Self::Testnet4 => bitcoin::Network::Testnet4,
            Self::Signet => bitcoin::Network::Signet,
            Self::Regtest => bitcoin::Network::Regtest,
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether a document is meant, or made in training.
///
/// Drill documents are signed under another context string, so that they never verify as live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Purpose {
    /// A real ceremony.
    #[n(0)]
    Live,
    /// A drill.
    #[n(1)]
    Drill,
}

impl Purpose {
    /// The name in files and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Drill => "drill",
        }
    }

    /// In words, for a message.
    pub fn phrase(self) -> Phrase {
        match self {
            Self::Live => phrase!("live", "本番"),
            Self::Drill => phrase!("drill", "訓練"),
        }
    }
}

/// The language of screens and messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Lang {
    /// English.
    #[n(0)]
    En,
    /// Japanese.
    #[n(1)]
    Ja,
}

impl Lang {
    /// The text in this language.
    pub const fn pick<'a>(self, en: &'a str, ja: &'a str) -> &'a str {
        match self {
            Self::En => en,
            Self::Ja => ja,
        }
    }

    /// Its number wherever a digest depends on the language: 0 English, 1 Japanese.
    pub const fn number(self) -> u8 {
        match self {
            Self::En => 0,
            Self::Ja => 1,
        }
    }
}

/// The branch of a pool: where coins come in, or where change returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Chain {
    /// Chain 0.
    #[n(0)]
    Receive,
    /// Chain 1.
    #[n(1)]
    Change,
}

impl Chain {
    /// 0 or 1, as in paths and in `CKA_ID`.
    pub const fn number(self) -> u8 {
        match self {
            Self::Receive => 0,
            Self::Change => 1,
        }
    }
}

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident($inner:ty);)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
        #[cbor(transparent)]
        pub struct $name(#[n(0)] pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    )*};
}

numbers! {
    /// A block height.
    Height(u32);
    /// A number of blocks.
    Blocks(u32);
    /// Place of an input in the transaction, from 0.
    InputIndex(u32);
    /// Place of an output in the transaction, from 0.
    OutputIndex(u32);
    /// Place of a key in its chain of a pool, from 0.
    KeyIndex(u32);
    /// A pool of keys on a device; one pool serves one wallet.
    PoolNumber(u32);
    /// A session of a device, counted from 1; 0 is its commissioning.
    SessionNumber(u32);
    /// A version that must rise: of a policy or a roster.
    Version(u32);
}

/// Text that is shown to people as it is: a name or a label.
///
/// 1 to 64 characters, no control, format, combining or right-to-left characters, no leading or
/// trailing space.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label(String);

/// Why text was not taken as a [`Label`] or [`Id`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextError {
    /// Empty, or longer than allowed.
    Length,
    /// Holds a character that is not allowed.
    Character(char),
    /// Begins or ends with a space.
    Space,
}

impl TextError {
    /// In words.
    pub fn phrase(&self) -> Phrase {
        match self {
            Self::Length => phrase!("empty or too long", "空、または長すぎる"),
            Self::Character(c) => phrase!(
                "character U+{code} is not allowed",
                "使えない文字 U+{code} を含む",
                code = alloc::format!("{:04X}", u32::from(*c))
            ),
            Self::Space => phrase!("begins or ends with a space", "先頭または末尾に空白がある"),
        }
    }
}

impl From<TextError> for Phrase {
    fn from(error: TextError) -> Self {
        error.phrase()
    }
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.phrase().text(Lang::En))
    }
}

impl core::error::Error for TextError {}

impl Label {
    /// Most characters in a label.
    pub const MAX: usize = 64;

    /// Takes `text` as a label.
    pub fn new(text: &str) -> Result<Self, TextError> {
        let count = text.chars().count();
        if count == 0 || count > Self::MAX {
            return Err(TextError::Length);
        }
        if text.starts_with([' ', '\u{3000}']) || text.ends_with([' ', '\u{3000}']) {
            return Err(TextError::Space);
        }
        match text.chars().find(|c| !is_plain(*c)) {
            Some(c) => Err(TextError::Character(c)),
            None => Ok(Self(text.to_string())),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Printable ASCII, kana, kanji, Japanese punctuation and full-width forms; nothing that hides,
/// joins or turns around.
fn is_plain(c: char) -> bool {
    matches!(c,
        ' '..='~'
        | '\u{3000}'..='\u{3029}'
        | '\u{3041}'..='\u{3096}'
        | '\u{30a0}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ff01}'..='\u{ff5e}')
}

/// A short identifier: 1 to 32 of `a-z 0-9 . _ -`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id(String);

impl Id {
    /// Most characters in an identifier.
    pub const MAX: usize = 32;

    /// Takes `text` as an identifier.
    pub fn new(text: &str) -> Result<Self, TextError> {
        if text.is_empty() || text.len() > Self::MAX {
            return Err(TextError::Length);
        }
        let allowed = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '.' | '_' | '-');
        match text.chars().find(|c| !allowed(*c)) {
            Some(c) => Err(TextError::Character(c)),
            None => Ok(Self(text.to_string())),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! text_codec {
    ($($name:ident)*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<C> Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.str(&self.0)?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(
                d: &mut minicbor::Decoder<'b>,
                _: &mut C,
            ) -> Result<Self, minicbor::decode::Error> {
                Self::new(d.str()?).map_err(|_| {
                    minicbor::decode::Error::message(concat!("not a ", stringify!($name)))
                })
            }
        }
    )*};
}

text_codec!(Label Id);

/// An officer's identifier in the roster.
pub type OfficerId = Id;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_take_names_in_both_scripts() {
        for good in [
            "HOT-REFILL-01",
            "ホットウォレット補充用",
            "佐藤 健一",
            "Sato Ken'ichi",
        ] {
            assert!(Label::new(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn labels_refuse_what_hides_or_turns_around() {
        for bad in [
            "",
            " a",
            "a ",
            "a\u{202e}b",
            "a\u{200b}b",
            "a\nb",
            "a\u{1b}b",
            "а",
            "e\u{301}",
        ] {
            assert!(Label::new(bad).is_err(), "{bad:?}");
        }
        assert!(Label::new(&"a".repeat(64)).is_ok());
        assert_eq!(Label::new(&"a".repeat(65)), Err(TextError::Length));
    }

    #[test]
    fn ids_are_lower_case_and_short() {
        assert!(Id::new("sato.k").is_ok());
        assert_eq!(Id::new("Sato"), Err(TextError::Character('S')));
        assert!(Id::new(&"a".repeat(32)).is_ok());
        assert_eq!(Id::new(&"a".repeat(33)), Err(TextError::Length));
    }
}
