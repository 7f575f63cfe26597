//! What stopped a ceremony before its session was open: one line each, kept beside the journal
//! until the next session records it.
//!
//! Nothing was read, judged or signed by then, and nothing depends on these lines; whoever can
//! write to the disk can write or remove them.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Name of the file in the state folder.
const FILE: &str = "unrecorded";
/// Most bytes that are read, and most lines that are recorded.
const LARGEST: u64 = 64 << 10;
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
    let mut bytes = Vec::new();
    file.take(LARGEST).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let all: Vec<String> = text.lines().map(str::to_owned).collect();
    let from = all.len().saturating_sub(MOST);
    let before = (from > 0).then(|| format!("{from} earlier lines were kept and are left out"));
    Some(
        before
            .into_iter()
            .chain(all.into_iter().skip(from))
            .collect(),
    )
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

    #[test]
    fn what_cannot_be_read_is_not_taken_for_nothing() {
        let folder = empty_folder("unreadable");
        fs::create_dir(path(&folder)).unwrap();
        assert_eq!(lines(&folder), None);
        fs::remove_dir_all(&folder).unwrap();
    }
}
