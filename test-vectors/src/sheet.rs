//! Families whose cases are no PSBTs: what comes in, line by line, and what must come of it. Each
//! kind of sheet has a file name of its own and a test that knows what its lines mean.

use std::fmt::Write;
use std::fs;

use crate::stored::data;

/// What the lines of a sheet are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Artefacts that a device installs.
    Registration,
    /// Frames of the air gap.
    Frames,
    /// Addresses of a policy as people write it.
    Addresses,
    /// Descriptors of a wallet as people write them.
    Descriptors,
    /// Answers of devices at the host.
    Answers,
    /// Transcripts at the auditor's desk.
    Transcripts,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Registration,
        Self::Frames,
        Self::Addresses,
        Self::Descriptors,
        Self::Answers,
        Self::Transcripts,
    ];

    /// The file below the family's folder.
    pub const fn file(self) -> &'static str {
        match self {
            Self::Registration => "registration.txt",
            Self::Frames => "frames.txt",
            Self::Addresses => "addresses.txt",
            Self::Descriptors => "descriptors.txt",
            Self::Answers => "answers.txt",
            Self::Transcripts => "transcripts.txt",
        }
    }
}

/// One case of a sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetCase {
    /// Its name within the family.
    pub name: String,
    /// First word and rest of each line.
    pub lines: Vec<(String, String)>,
    /// What must come of it.
    pub expected: String,
}

/// The cases of one attack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Number in the catalogue and defect.
    pub name: String,
    /// What its lines are.
    pub kind: Kind,
    /// What it is about, and where the house's rules differ from the catalogue.
    pub note: String,
    /// The cases.
    pub cases: Vec<SheetCase>,
}

impl SheetCase {
    pub(crate) fn new(name: impl Into<String>, expected: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            lines: vec![],
            expected: expected.into(),
        }
    }

    pub(crate) fn line(mut self, word: &str, rest: impl Into<String>) -> Self {
        self.lines.push((word.into(), rest.into()));
        self
    }

    /// What stands behind this word on its lines, in order.
    pub fn all(&self, word: &str) -> impl Iterator<Item = &str> {
        let lines = self.lines.iter().filter(move |(first, _)| first == word);
        lines.map(|(_, rest)| rest.as_str())
    }
}

impl Sheet {
    pub(crate) fn new(name: &str, kind: Kind, note: &str, cases: Vec<SheetCase>) -> Self {
        Self {
            name: name.into(),
            kind,
            note: note.into(),
            cases,
        }
    }

    /// The sheet as the text of its file.
    pub fn text(&self) -> String {
        let mut out = format!("# {}\n", self.name);
        for line in self.note.lines() {
            let _ = writeln!(out, "# {}", line.trim());
        }
        for case in &self.cases {
            let _ = writeln!(out, "\ncase {}", case.name);
            for (word, rest) in &case.lines {
                let _ = writeln!(out, "{word} {rest}");
            }
            let _ = writeln!(out, "expect {}", case.expected);
        }
        out
    }

    /// Its file, below the folder of the data.
    pub fn file(&self) -> String {
        format!("{}/{}", self.name, self.kind.file())
    }
}

/// The sheets of this kind as they lie on the disk, by name.
pub fn stored_sheets(kind: Kind) -> Vec<Sheet> {
    let folders = fs::read_dir(data()).expect("the data is there");
    let files = folders.map(|folder| folder.expect("readable").path().join(kind.file()));
    let mut files: Vec<_> = files.filter(|file| file.exists()).collect();
    files.sort();
    let read = |file: &std::path::PathBuf| {
        let text = fs::read_to_string(file).expect("a sheet is text");
        read_sheet(&text, kind)
    };
    files.iter().map(read).collect()
}

fn read_sheet(text: &str, kind: Kind) -> Sheet {
    let mut notes = text.lines().filter_map(|line| line.strip_prefix("# "));
    let name = notes.next().unwrap_or_default().to_owned();
    let note = notes.collect::<Vec<_>>().join("\n");
    let mut cases: Vec<SheetCase> = vec![];
    for line in text
        .lines()
        .filter(|l| !l.is_empty() && !l.starts_with("# "))
    {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let last = cases.last_mut();
        match (word, last) {
            ("case", _) => cases.push(SheetCase::new(rest, "")),
            ("expect", Some(case)) => case.expected = rest.into(),
            (_, Some(case)) => case.lines.push((word.into(), rest.into())),
            (_, None) => panic!("{name}: {line:.80}"),
        }
    }
    Sheet {
        name,
        kind,
        note,
        cases,
    }
}
