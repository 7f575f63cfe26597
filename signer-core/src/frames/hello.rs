//! What a reader shows of itself, so that the other side knows which forms it reads.
//!
//! One code of capitals: `HIMURO/1 READS UR BBQR BYTES`. Nobody is sent byte frames who has not shown
//! them. It is for transport only: who forges one makes a transfer fail, and nothing else.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Form, Shown};

const HEAD: &str = "HIMURO/1 READS ";

/// The forms that are offered, and their words.
const WORDS: [(Form, &str); 3] = [
    (Form::Ur, "UR"),
    (Form::Bbqr, "BBQR"),
    (Form::Bytes, "BYTES"),
];

/// Which forms a reader takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello(Vec<Form>);

impl Hello {
    /// What readers of this version take.
    pub fn ours() -> Self {
        Self(WORDS.map(|(form, _)| form).to_vec())
    }

    /// The text of its code.
    pub fn text(&self) -> String {
        let words = WORDS.iter().filter(|(form, _)| self.0.contains(form));
        let words: Vec<&str> = words.map(|(_, word)| *word).collect();
        format!("{HEAD}{}", words.join(" "))
    }

    /// What a code says. None where it is no such code; forms that are not known here are passed over.
    pub fn read(shown: &Shown) -> Option<Self> {
        let words = shown.text()?.strip_prefix(HEAD)?;
        let named = |word| WORDS.iter().find(|(_, known)| *known == word);
        let forms = words.split(' ').filter_map(named);
        Some(Self(forms.map(|(form, _)| *form).collect()))
    }

    /// The form in which a message travels fastest to this reader.
    pub fn fastest(&self) -> Form {
        let fastest = self.0.iter().find(|form| **form == Form::Bytes);
        fastest.copied().unwrap_or(Form::Ur)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Form> {
        let shown = Shown::from(String::from(text));
        Hello::read(&shown).map(|hello| hello.fastest())
    }

    #[test]
    fn ours_reads_back() {
        let text = Hello::ours().text();
        assert_eq!(text, "HIMURO/1 READS UR BBQR BYTES");
        assert_eq!(Hello::read(&text.into()), Some(Hello::ours()));
    }

    #[test]
    fn byte_frames_are_for_those_who_say_that_they_read_them() {
        assert_eq!(read("HIMURO/1 READS UR BYTES"), Some(Form::Bytes));
        assert_eq!(read("HIMURO/1 READS BYTES RAPTOR"), Some(Form::Bytes));
        for text in ["UR BBQR", "UR BYTE", "", "BYTES2", "bytes"] {
            let text = format!("HIMURO/1 READS {text}");
            assert_eq!(read(&text), Some(Form::Ur), "{text}");
        }
        for text in ["HIMURO/2 READS BYTES", "BYTES", "UR:BYTES/AEAE", ""] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
