//! Reading another process's memory from outside, without attaching to it.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;
use rustix::process::{Pid, Signal, kill_process};

/// All forms in which a private value may stand in memory: big-endian as it travels,
/// little-endian as big-number libraries keep it, and as hexadecimal text.
pub(crate) fn forms(value: &[u8]) -> Vec<Vec<u8>> {
    let reversed: Vec<u8> = value.iter().rev().copied().collect();
    let hex = signer_core::digest::hex(value);
    let upper = hex.to_uppercase().into_bytes();
    vec![value.to_vec(), reversed, hex.into_bytes(), upper]
}

/// Finds many values in one pass.
pub(crate) struct Search(AhoCorasick);

impl Search {
    /// Looks for any form of any of these values.
    pub(crate) fn values<'a>(values: impl IntoIterator<Item = &'a Vec<u8>>) -> Self {
        Self::of(values.into_iter().flat_map(|value| forms(value)))
    }

    /// Looks for this text as it is.
    pub(crate) fn text(text: &str) -> Self {
        Self::of([text.as_bytes().to_vec()])
    }

    fn of(forms: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Self(AhoCorasick::new(forms).unwrap())
    }

    /// How often anything that is looked for occurs.
    pub(crate) fn hits(&self, hay: &[u8]) -> usize {
        self.0.find_iter(hay).count()
    }
}

/// Bytes of hexadecimal text.
pub(crate) fn from_hex(text: &str) -> Vec<u8> {
    let digits: Vec<char> = text.chars().collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap())
        .collect()
}

/// All readable memory of a process.
pub(crate) fn memory_of(process: u32) -> Vec<u8> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).unwrap_or_default();
    let Ok(memory) = File::open(format!("/proc/{process}/mem")) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (range, rights) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        // What is only code of a file on disk holds no secret; all that can be written may.
        if !rights.starts_with("rw") {
            continue;
        }
        let Some((from, to)) = range.split_once('-') else {
            continue;
        };
        let number = |text| u64::from_str_radix(text, 16).unwrap_or(0);
        let (from, to) = (number(from), number(to));
        let mut part = vec![0; usize::try_from(to - from).unwrap_or(0)];
        if memory.read_exact_at(&mut part, from).is_ok() {
            all.append(&mut part);
        }
    }
    all
}

/// Looks while the process is stopped, so that the picture is of one moment.
pub(crate) fn stopped<T>(process: u32, look: impl FnOnce() -> T) -> Option<T> {
    let pid = Pid::from_raw(i32::try_from(process).ok()?)?;
    kill_process(pid, Signal::STOP).ok()?;
    let seen = look();
    kill_process(pid, Signal::CONT).ok()?;
    Some(seen)
}

/// The process that is signing in this device's folder.
pub(crate) fn signing_process(folder: &Path) -> Option<u32> {
    fs::read_dir("/proc").ok()?.flatten().find_map(|entry| {
        let process = entry.file_name().to_str()?.parse().ok()?;
        signs_in(process, folder).then_some(process)
    })
}

/// Whether this process is still there and is signing in this device's folder.
pub(crate) fn signs_in(process: u32, folder: &Path) -> bool {
    let of = |what: &str| PathBuf::from(format!("/proc/{process}/{what}"));
    let line = fs::read(of("cmdline")).unwrap_or_default();
    let words: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
    let signs = words
        .first()
        .is_some_and(|word| word.ends_with(b"signer-device"))
        && words.contains(&&b"sign"[..]);
    signs && fs::read_link(of("cwd")).is_ok_and(|here| here == folder)
}

/// The folder of the rehearsal's tokens, from the file in which the rehearsal names it.
pub(crate) fn token_folder(keep: &Path) -> PathBuf {
    fs::read_to_string(keep.join("tokens.txt"))
        .unwrap()
        .trim()
        .into()
}
