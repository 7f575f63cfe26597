//! What a profile expects a token or a module to say of itself.

use alloc::string::String;
use core::fmt;

use super::Line;

/// A text, or the beginning of one: `LunaSA 7*` is met by `LunaSA 7.8.4`. The star stands at the end
/// and never alone, so that every pattern asks for something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// Reads a pattern.
    pub fn new(text: &str) -> Option<Self> {
        let line = Line::new(text)?;
        let stem = text.strip_suffix('*').unwrap_or(text);
        (!stem.is_empty() && !stem.contains('*')).then(|| Self(line.as_str().into()))
    }

    /// Whether `line` is what is expected.
    pub fn meets(&self, line: &Line) -> bool {
        match self.0.strip_suffix('*') {
            Some(stem) => line.as_str().starts_with(stem),
            None => line.as_str() == self.0,
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meets(pattern: &str, line: &str) -> bool {
        Pattern::new(pattern).unwrap().meets(&Line::lossy(line))
    }

    #[test]
    fn a_star_ends_a_beginning() {
        assert!(meets("LunaSA 7*", "LunaSA 7.8.4"));
        assert!(meets("LunaSA 7*", "LunaSA 7"));
        assert!(!meets("LunaSA 7*", "LunaSA 5.4"));
        assert!(meets("EP11", "EP11"));
        assert!(!meets("EP11", "EP11x"));
        assert!(!meets("EP11", ""));
    }

    #[test]
    fn every_pattern_asks_for_something() {
        for bad in ["", "*", "a*b", "**", "a**", "\u{1b}*"] {
            assert_eq!(Pattern::new(bad), None, "{bad:?}");
        }
    }
}
