use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use super::*;

/// A folder of its own under the system's temporary folder, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("himuro-journal-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A CBOR text string.
fn entry(text: &str) -> Vec<u8> {
    codec::encode(&text)
}

/// The journal of a device that was born.
fn born(folder: &Folder) -> Disk {
    let mut journal = Disk::create(&folder.0).unwrap();
    journal.appear().unwrap();
    journal
}

#[test]
fn what_was_appended_is_read_again() {
    let folder = Folder::new("read");
    let mut journal = born(&folder);
    journal.append(&entry("one")).unwrap();
    journal.append(&entry("two")).unwrap();
    journal.flush().unwrap();
    let written = [entry("one"), entry("two")].concat();
    assert_eq!(journal.read_back().unwrap(), written);
    for (length, end) in [(4, &written[4..]), (8, &written), (9, &written)] {
        assert_eq!(journal.read_end(length).unwrap(), end);
    }
    drop(journal);
    let (mut journal, tail) = Disk::open(&folder.0, Hold::Alone).unwrap();
    assert_eq!(tail, None);
    assert_eq!(journal.bytes(), written);
    assert_eq!(journal.take_bytes(), written);
    assert_eq!(journal.bytes(), b"");
}

#[test]
fn a_second_process_is_kept_out() {
    let folder = Folder::new("lock");
    let held = born(&folder);
    let refused = Disk::open(&folder.0, Hold::Shared).unwrap_err();
    assert_eq!(refused.kind(), Kind::Input);
    drop(held);
    assert!(Disk::open(&folder.0, Hold::Shared).is_ok());
}

#[test]
fn a_journal_is_never_made_twice() {
    let folder = Folder::new("twice");
    drop(born(&folder));
    assert_eq!(Disk::create(&folder.0).unwrap_err().kind(), Kind::Input);
}

#[test]
fn what_was_never_born_is_thrown_away() {
    let folder = Folder::new("unborn");
    let mut cut = Disk::create(&folder.0).unwrap();
    cut.append(&entry("half a life")).unwrap();
    drop(cut);
    assert!(Disk::open(&folder.0, Hold::Shared).is_err());
    let mut disk = Disk::create(&folder.0).unwrap();
    disk.append(&entry("born")).unwrap();
    disk.appear().unwrap();
    drop(disk);
    let (disk, tail) = Disk::open(&folder.0, Hold::Shared).unwrap();
    assert_eq!((disk.bytes(), tail), (&entry("born")[..], None));
}

#[test]
fn a_torn_tail_is_kept_aside_and_never_lost() {
    let folder = Folder::new("torn");
    let mut journal = born(&folder);
    journal.append(&entry("whole")).unwrap();
    drop(journal);
    let half = &entry("half an entry")[..5];
    let path = folder.0.join(FILE);
    let mut file = OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(half).unwrap();

    let (_, seen) = Disk::open(&folder.0, Hold::Shared).unwrap();
    assert_eq!(seen.map(|t| (t.length, t.kept)), Some((5, None)));
    assert_eq!(fs::read(&path).unwrap().len(), entry("whole").len() + 5);

    let (journal, tail) = Disk::open(&folder.0, Hold::Alone).unwrap();
    let kept = tail.unwrap().kept.unwrap();
    assert_eq!(fs::read(kept).unwrap(), half);
    assert_eq!(journal.bytes(), entry("whole"));
    drop(journal);
    assert_eq!(fs::read(&path).unwrap(), entry("whole"));
}

/// The power fails while a torn tail is kept aside, and again at the same entry of the next run.
#[test]
fn a_journal_that_is_cut_twice_at_one_place_goes_on() {
    let folder = Folder::new("cut-twice");
    let mut journal = born(&folder);
    journal.append(&entry("whole")).unwrap();
    drop(journal);
    let path = folder.0.join(FILE);
    let good = entry("whole").len();
    // What a cut leaves of the file that was to keep the tail: a draft that nobody reads.
    fs::write(folder.0.join(format!("{FILE}.torn")), b"").unwrap();
    let mut kept = Vec::new();
    for torn in [&b"\x65half"[..], b"\x65other", b"\x65half"] {
        let torn = &torn[..4];
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(torn).unwrap();
        let (journal, tail) = Disk::open(&folder.0, Hold::Alone).unwrap();
        assert_eq!(journal.bytes().len(), good);
        let aside = tail.unwrap().kept.unwrap();
        assert_eq!(fs::read(&aside).unwrap(), torn);
        kept.push(aside);
    }
    assert_ne!(kept[0], kept[1]);
    assert_eq!(kept[0], kept[2], "the same bytes need no second file");
    assert!(!folder.0.join(format!("{FILE}.torn")).exists());
}

#[test]
fn a_folder_without_a_journal_is_bad_input() {
    let folder = Folder::new("none");
    assert_eq!(
        Disk::open(&folder.0, Hold::Shared).unwrap_err().kind(),
        Kind::Input
    );
}
