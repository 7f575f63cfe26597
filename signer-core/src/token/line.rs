//! Text that a token or a profile says of itself.

use alloc::string::String;
use core::fmt;

/// One line of printable ASCII, at most 96 characters; may be empty (some tokens have no serial).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line(String);

impl Line {
    /// Most characters in a line.
    pub const MAX: usize = 96;

    /// Takes what a token says: trims padding, writes `?` for what is not printable ASCII, cuts
    /// what is too long.
    pub fn lossy(text: &str) -> Self {
        let printable = |c: char| if is_printable(c) { c } else { '?' };
        let cut: String = text
            .trim_matches(['\0', ' '])
            .chars()
            .take(Self::MAX)
            .map(printable)
            .collect();
        // Where a long text is cut, a space may have become its end.
        Self(cut.trim_end_matches(' ').into())
    }

    /// Takes `text` as it is, or not at all.
    pub fn new(text: &str) -> Option<Self> {
        let line = Self::lossy(text);
        (line.0 == text).then_some(line)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~')
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<C> minicbor::Encode<C> for Line {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.str(&self.0)?.ok()
    }
}

impl<'b, C> minicbor::Decode<'b, C> for Line {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Self::new(d.str()?).ok_or_else(|| minicbor::decode::Error::message("not a printable line"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_goes_and_control_characters_never_reach_a_screen() {
        assert_eq!(Line::lossy("SoftHSM v2      ").as_str(), "SoftHSM v2");
        assert_eq!(Line::lossy("a\u{1b}[2J\u{202e}").as_str(), "a?[2J?");
        assert_eq!(Line::lossy("").as_str(), "");
        assert_eq!(Line::lossy(&"x".repeat(97)).as_str().len(), Line::MAX);
    }

    #[test]
    fn a_line_that_was_cut_is_a_line() {
        for length in 1..200 {
            let words = "ab ".repeat(length);
            let cut = Line::lossy(&words);
            assert_eq!(Line::new(cut.as_str()), Some(cut), "{length}");
        }
    }

    #[test]
    fn a_line_in_an_artefact_is_exactly_what_was_written() {
        let bytes = crate::codec::encode(&Line::lossy("v2"));
        assert_eq!(crate::codec::decode(&bytes), Ok(Line::lossy("v2")));
        let padded = [0x63, b'v', b'2', b' '];
        assert!(crate::codec::decode::<Line>(&padded).is_err());
        let control = [0x63, b'v', 0x1b, b'2'];
        assert!(crate::codec::decode::<Line>(&control).is_err());
    }
}
