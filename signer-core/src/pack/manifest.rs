//! The list of a bundle's files, in the form of `sha256sum`, so that it can be checked with nothing
//! of ours: `sha256sum -c MANIFEST.sha256`.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};

use crate::digest::{from_hex, hex, sha256_of};
use crate::phrase;
use crate::rule::{Explained, Phrase};
use crate::types::Lang;

/// Every file of a bundle with its SHA-256, in the order of their names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest(Vec<ManifestLine>);

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ManifestLine {
    /// Its name below the bundle, parts divided by `/`.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
}

/// Why a text is no list of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManifestError {
    /// A line that is not 64 hexadecimal characters, two spaces and a plain name.
    Line(usize),
    /// Names that do not rise: out of order, or twice.
    Order(usize),
    /// No line at all.
    Empty,
}

impl Explained for ManifestError {
    fn what(&self) -> Phrase {
        match self {
            Self::Line(line) => phrase!(
                "line {line} is no digest and name of a file",
                "{line}行目がファイルのダイジェストと名前ではない",
                line = line
            ),
            Self::Order(line) => phrase!(
                "line {line} is out of order or names a file twice",
                "{line}行目の順序が違うか、ファイルが重複している",
                line = line
            ),
            Self::Empty => phrase!("the list is empty", "一覧が空である"),
        }
    }

    fn advice(&self) -> Phrase {
        phrase!(
            "give the bundle as {command} wrote it",
            "{command} が書き出したままの一式を指定してください。",
            command = "audit pack"
        )
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what().text(Lang::En))
    }
}

impl core::error::Error for ManifestError {}

impl ManifestLine {
    /// A file that is to be listed.
    pub fn of(name: &str, bytes: &[u8]) -> Self {
        Self {
            name: name.into(),
            sha256: sha256_of(bytes),
        }
    }
}

impl Manifest {
    /// The list of these files; nothing where a name is not plain or comes twice.
    pub fn of(mut lines: Vec<ManifestLine>) -> Option<Self> {
        lines.sort();
        let list = Self(lines);
        (Self::parse(&list.text()).as_ref() == Ok(&list)).then_some(list)
    }

    /// Reads a list, strictly: there is one text for one list.
    ///
    /// # Errors
    /// [`ManifestError`].
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let mut lines: Vec<ManifestLine> = Vec::new();
        for (number, line) in (1..).zip(text.split_inclusive('\n')) {
            let line = read(line).ok_or(ManifestError::Line(number))?;
            if lines.last().is_some_and(|last| last.name >= line.name) {
                return Err(ManifestError::Order(number));
            }
            lines.push(line);
        }
        if lines.is_empty() {
            return Err(ManifestError::Empty);
        }
        Ok(Self(lines))
    }

    /// The list as text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for line in &self.0 {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{}  {}", hex(&line.sha256), line.name);
        }
        text
    }

    /// Every file, in the order of their names.
    pub fn lines(&self) -> &[ManifestLine] {
        &self.0
    }

    /// The line of this file.
    pub fn line(&self, name: &str) -> Option<&ManifestLine> {
        self.0.iter().find(|line| line.name == name)
    }
}

fn read(line: &str) -> Option<ManifestLine> {
    let (digest, name) = line.strip_suffix('\n')?.split_once("  ")?;
    let sha256 = from_hex::<32>(digest)?;
    let same = hex(&sha256) == digest;
    (same && is_plain(name)).then(|| ManifestLine {
        name: name.into(),
        sha256,
    })
}

/// Names that mean the same everywhere, and never a file outside the bundle.
fn is_plain(name: &str) -> bool {
    let part = |part: &str| {
        let sign = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        !part.is_empty() && !part.starts_with('.') && part.chars().all(sign)
    };
    name.split('/').all(part)
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::vec;

    use super::*;

    fn list() -> Manifest {
        let lines = vec![
            ManifestLine::of("transcripts/d1.transcript", b"one"),
            ManifestLine::of("READ-ME.txt", b"two"),
        ];
        Manifest::of(lines).unwrap()
    }

    #[test]
    fn a_list_is_what_sha256sum_checks() {
        assert_eq!(
            list().text(),
            "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3  READ-ME.txt\n\
             7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed  transcripts/d1.transcript\n"
        );
        assert_eq!(Manifest::parse(&list().text()), Ok(list()));
        assert!(list().line("READ-ME.txt").is_some());
    }

    #[test]
    fn anything_else_is_refused() {
        let text = list().text();
        let line = |name: &str| format!("{}  {name}\n", "0".repeat(64));
        for (bad, why) in [
            (String::new(), ManifestError::Empty),
            (text.trim_end().into(), ManifestError::Line(2)),
            (text.to_uppercase(), ManifestError::Line(1)),
            (line("../outside"), ManifestError::Line(1)),
            (line("/etc/passwd"), ManifestError::Line(1)),
            (line("a//b"), ManifestError::Line(1)),
            (line("a b"), ManifestError::Line(1)),
            (line(".hidden"), ManifestError::Line(1)),
            (line("b") + &line("a"), ManifestError::Order(2)),
            (line("a") + &line("a"), ManifestError::Order(2)),
        ] {
            assert_eq!(Manifest::parse(&bad), Err(why), "{bad}");
        }
        let twice = vec![ManifestLine::of("a", b"1"), ManifestLine::of("a", b"1")];
        assert_eq!(Manifest::of(twice), None);
        assert_eq!(Manifest::of(vec![ManifestLine::of("../a", b"1")]), None);
    }
}
