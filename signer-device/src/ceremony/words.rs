//! Halves of a digest in words, typed by two people.

use signer_core::digest::{from_words, words_of};

/// The half of a digest that one person types: 16 words.
pub(super) fn is_half(digest: &[u8; 32], half: Half, typed: &str) -> bool {
    let words = words_of(digest);
    let (first, second) = words.split_at(words.len() / 2);
    // The words of a half are read at their own places: even and odd lists differ.
    let whole = match half {
        Half::First => format!("{typed} {}", second.join(" ")),
        Half::Second => format!("{} {typed}", first.join(" ")),
    };
    typed.split_whitespace().count() == words.len() / 2 && from_words(&whole) == Some(*digest)
}

/// Which half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    First,
    Second,
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: [u8; 32] = [7; 32];

    #[test]
    fn each_half_is_sixteen_words_of_its_own_place() {
        let words = words_of(&DIGEST);
        let (first, second) = (words[..16].join(" "), words[16..].join(" "));
        assert!(is_half(&DIGEST, Half::First, &first.to_uppercase()));
        assert!(is_half(&DIGEST, Half::Second, &second));
        assert!(!is_half(&DIGEST, Half::First, &words[..15].join(" ")));
        assert!(!is_half(&DIGEST, Half::First, &words.join(" ")));
        let mut swapped = words[..16].to_vec();
        swapped[3] = words_of(&[8; 32])[3];
        assert!(!is_half(&DIGEST, Half::First, &swapped.join(" ")));
        assert!(!is_half(&DIGEST, Half::First, ""));
    }
}
