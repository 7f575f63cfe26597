//! What stopped a ceremony before its session was open: one line each, kept beside the journal
//! until the next session records it.
//!
//! Nothing was read, judged or signed by then, and nothing depends on these lines; whoever can
//! write to the disk can write or remove them.

use std::collections::VecDeque;
use std::fs::{self, OpenOptions};
use std::io::{self, BufRead, BufReader, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Name of the file in the state folder.
const FILE: &str = "unrecorded";
/// Most bytes of a line that are kept in memory, and most lines that are recorded.
const LONGEST: usize = 4 << 10;
const MOST: usize = 16;

fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Keeps a line. Where that fails the failure itself is on the screen all the same.
pub(crate) fn keep(folder: &Path, line: &str) {
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path(folder));
    let _ = file.and_then(|mut file| {
        writeln!(file, "{line}")?;
        file.sync_all()
    });
}

/// What was kept: the last lines, behind a line that says how many there were before them. None
/// where the file cannot be read: then it stays.
pub(crate) fn lines(folder: &Path) -> Option<Vec<String>> {
    let file = match fs::File::open(path(folder)) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Some(Vec::new()),
        Err(_) => return None,
    };
    let mut last = VecDeque::new();
    let mut left_out: u64 = 0;
    let mut reader = BufReader::new(file);
    while let Some(line) = next_line(&mut reader).ok()? {
        last.push_back(line);
        if last.len() > MOST {
            last.pop_front();
            left_out += 1;
        }
    }
    let before =
        (left_out > 0).then(|| format!("{left_out} earlier lines were kept and are left out"));
    Some(before.into_iter().chain(last).collect())
}

/// The next line, whatever its length: its beginning.
fn next_line(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    let mut any = false;
    loop {
        let part = reader.fill_buf()?;
        if part.is_empty() {
            return Ok(any.then(|| String::from_utf8_lossy(&line).into_owned()));
        }
        any = true;
        let end = part.iter().position(|byte| *byte == b'\n');
        let text = part.get(..end.unwrap_or(part.len())).unwrap_or_default();
        let room = LONGEST.saturating_sub(line.len()).min(text.len());
        line.extend_from_slice(text.get(..room).unwrap_or_default());
        let taken = end.map_or(part.len(), |end| end + 1);
        reader.consume(taken);
        if end.is_some() {
            return Ok(Some(String::from_utf8_lossy(&line).into_owned()));
        }
    }
}

/// They are recorded now.
pub(crate) fn forget(folder: &Path) {
    // What stays is recorded once more by the next session: no harm.
    let _ = fs::remove_file(path(folder));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty_folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("himuro-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn what_is_left_out_is_counted() {
        let folder = empty_folder("unrecorded");
        assert_eq!(lines(&folder), Some(Vec::new()));
        (0..MOST).for_each(|n| keep(&folder, &format!("line {n}")));
        assert_eq!(lines(&folder).unwrap().len(), MOST);
        keep(&folder, "one past it");
        let kept = lines(&folder).unwrap();
        assert_eq!(kept.len(), MOST + 1);
        assert_eq!(kept[0], "1 earlier lines were kept and are left out");
        assert_eq!(kept[MOST], "one past it");
        forget(&folder);
        assert_eq!(lines(&folder), Some(Vec::new()));
        fs::remove_dir_all(&folder).unwrap();
    }

    /// More than anybody reads: the last lines are recorded all the same, and every other is counted.
    #[test]
    fn the_last_lines_of_a_large_file_are_the_last() {
        let folder = empty_folder("large");
        let long = "x".repeat(100_000);
        let long_lines = (0..3).map(|n| format!("{n} {long}"));
        let short_lines = (0..20_000).map(|n| format!("line {n}"));
        let lines_of: Vec<String> = long_lines
            .chain(short_lines)
            .chain([long.clone()])
            .collect();
        fs::write(path(&folder), lines_of.join("\n")).unwrap();
        let kept = lines(&folder).unwrap();
        assert_eq!(kept[0], "19988 earlier lines were kept and are left out");
        assert_eq!(kept[1], "line 19985");
        assert_eq!(kept[MOST - 1], "line 19999");
        assert_eq!(kept[MOST], "x".repeat(LONGEST));
        assert_eq!(kept.len(), MOST + 1);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn what_cannot_be_read_is_not_taken_for_nothing() {
        let folder = empty_folder("unreadable");
        fs::create_dir(path(&folder)).unwrap();
        assert_eq!(lines(&folder), None);
        fs::remove_dir_all(&folder).unwrap();
    }
}
