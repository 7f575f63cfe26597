//! The families as they lie on the disk, and which of their cases a test takes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::case::{Case, Family, read_family};

/// Set to `every`, tests that run whole programs take all cases; else [`Family::chosen`].
pub const EXTENT: &str = "HIMURO_CATALOGUE";

/// How many of the cases a test takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Of each family one case for each thing that may come of it: rules, and places.
    Chosen,
    /// All.
    Every,
}

impl Extent {
    /// As the environment says.
    pub fn asked() -> Self {
        match env::var(EXTENT).as_deref() {
            Ok("every") => Self::Every,
            _ => Self::Chosen,
        }
    }
}

/// The folder of the data.
pub fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

/// Every family on the disk, by name.
pub fn stored() -> Vec<Family> {
    let folders = fs::read_dir(data()).expect("the data is there");
    let files = folders.map(|folder| folder.expect("readable").path().join("cases.txt"));
    let mut files: Vec<PathBuf> = files.filter(|file| file.exists()).collect();
    files.sort();
    let read = |file: &PathBuf| {
        let text = fs::read_to_string(file).expect("a family is text");
        read_family(&text).unwrap_or_else(|line| panic!("{}: {line}", file.display()))
    };
    files.iter().map(read).collect()
}

impl Family {
    /// The cases that a test of this extent takes.
    pub fn taken(&self, extent: Extent) -> Vec<&Case> {
        match extent {
            Extent::Every => self.cases.iter().collect(),
            Extent::Chosen => self.chosen(),
        }
    }

    /// One case for each thing that may come of it: passed, or refused by these rules there.
    fn chosen(&self) -> Vec<&Case> {
        let mut seen = BTreeSet::new();
        let new = |case: &&Case| seen.insert(case.expected.text());
        self.cases.iter().filter(new).collect()
    }
}
