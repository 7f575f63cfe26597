//! What one picture shows.

use alloc::string::String;
use alloc::vec::Vec;

/// What one picture shows: the text of a frame, or the bytes of one that is no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown(Vec<u8>);

impl Shown {
    /// The content of a picture, as it was read.
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The text. None where it is none.
    pub fn text(&self) -> Option<&str> {
        core::str::from_utf8(&self.0).ok()
    }

    /// The bytes, of a text in UTF-8.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<String> for Shown {
    fn from(text: String) -> Self {
        Self(text.into_bytes())
    }
}

impl AsRef<[u8]> for Shown {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq<str> for Shown {
    fn eq(&self, text: &str) -> bool {
        self.0 == text.as_bytes()
    }
}

impl PartialEq<&str> for Shown {
    fn eq(&self, text: &&str) -> bool {
        self == *text
    }
}

impl PartialEq<String> for Shown {
    fn eq(&self, text: &String) -> bool {
        self == text.as_str()
    }
}
