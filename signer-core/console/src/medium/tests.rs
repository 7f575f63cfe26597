use std::os::unix::fs::symlink;
use std::process::Command;
use std::{env, thread};

use signer_core::rule::Explained as _;
use signer_core::types::Lang;

use super::*;

fn scratch(name: &str) -> PathBuf {
    let folder = env::temp_dir().join(format!("himuro-medium-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).expect("the temporary folder can be written");
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let names = entries.map(|entry| entry.expect("ours").file_name());
    names
        .map(|name| name.into_string().expect("ours"))
        .collect()
}

#[test]
fn a_file_appears_whole_or_not_at_all() {
    let folder = scratch("whole");
    let path = folder.join("a.psbt");
    drop(NewFile::reserve(&path).expect("free"));
    assert_eq!(names(&folder), [""; 0]);
    let file = NewFile::reserve(&path).expect("free");
    assert!(!path.exists());
    file.write(b"bytes").expect("written");
    assert_eq!(fs::read(&path).expect("there"), b"bytes");
    assert_eq!(names(&folder), ["a.psbt"]);
    fs::remove_dir_all(folder).expect("ours");
}

#[test]
fn nothing_is_written_over_even_when_it_appears_late() {
    let folder = scratch("late");
    let path = folder.join("a.psbt");
    let file = NewFile::reserve(&path).expect("free");
    fs::write(&path, b"first").expect("ours");
    let error = file.write(b"second").expect_err("taken");
    assert!(error.to_string().contains("exists already"), "{error}");
    assert_eq!(fs::read(&path).expect("there"), b"first");
    assert!(NewFile::reserve(&path).is_err());
    // Nor is a link followed to where it leads.
    symlink(folder.join("elsewhere"), folder.join("link")).expect("a link");
    assert!(NewFile::reserve(&folder.join("link")).is_err());
    assert!(!folder.join("elsewhere").exists());
    fs::remove_dir_all(folder).expect("ours");
}

/// Where the medium knows no renaming that leaves what is there.
#[test]
fn no_way_to_a_name_writes_over_anything() {
    type Way = fn(&NewFile) -> Result<(), Trouble>;
    let folder = scratch("ways");
    let path = folder.join("a.psbt");
    for way in [NewFile::give_second_name as Way, NewFile::take_place] {
        let mut file = NewFile::reserve(&path).expect("free");
        file.write_draft(b"second").expect("written");
        fs::write(&path, b"first").expect("ours");
        assert!(matches!(way(&file), Err(Trouble::Taken)));
        assert_eq!(fs::read(&path).expect("there"), b"first");
        fs::remove_file(&path).expect("ours");
        way(&file).expect("free");
        drop(file);
        assert_eq!(fs::read(&path).expect("there"), b"second");
        assert_eq!(names(&folder), ["a.psbt"]);
        fs::remove_file(&path).expect("ours");
    }
    // Without a draft nothing stands in its place.
    let file = NewFile::reserve(&path).expect("free");
    fs::remove_file(&file.draft).expect("ours");
    assert!(matches!(file.take_place(), Err(Trouble::Write(_))));
    drop(file);
    assert_eq!(names(&folder), [""; 0]);
    fs::remove_dir_all(folder).expect("ours");
}

/// What was called failed does not lie there whole, or is said to.
#[test]
fn a_name_that_cannot_be_flushed_is_taken_back() {
    let folder = scratch("flush");
    let path = folder.join("a.psbt");
    let failing = |_: &Path| Err(io::Error::from(Errno::IO));
    let mut file = NewFile::reserve(&path).expect("free");
    file.write_draft(b"bytes").expect("written");
    file.give_name().expect("free");
    assert_eq!(names(&folder), ["a.psbt"]);
    let error = file.keep_name(failing).expect_err("it fails");
    assert!(matches!(error, Trouble::Write(_)));
    assert_eq!(names(&folder), [""; 0]);
    // It cannot be taken back where it is gone already, or the medium is.
    let error = file.keep_name(failing).expect_err("it fails");
    let error = MediumError::new(&path, error);
    assert!(error.to_string().contains("not for sure"), "{error}");
    for lang in [Lang::En, Lang::Ja] {
        assert!(!error.advice().text(lang).is_empty());
    }
    fs::remove_dir_all(folder).expect("ours");
}

#[test]
fn a_draft_that_changed_on_the_medium_gets_no_name() {
    let folder = scratch("changed");
    for other in [&b"byteS"[..], b"byte", b"bytes and more", b""] {
        let path = folder.join("a.psbt");
        let mut file = NewFile::reserve(&path).expect("free");
        file.write_draft(b"bytes").expect("written");
        fs::write(&file.draft, other).expect("ours");
        let error = file.write(b"bytes").expect_err("changed");
        assert!(error.to_string().contains("other bytes"), "{error}");
        assert_eq!(names(&folder), [""; 0]);
    }
    fs::remove_dir_all(folder).expect("ours");
}

#[test]
fn only_plain_files_within_the_limit_are_read() {
    let folder = scratch("read");
    let path = folder.join("a.psbt");
    fs::write(&path, b"12345").expect("ours");
    assert_eq!(read(&path, 5).expect("within"), b"12345");
    let link = folder.join("link");
    symlink(&path, &link).expect("a link");
    let pipe = folder.join("pipe");
    let made = rustix::fs::mknodat(
        CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    );
    made.expect("a pipe");
    fs::write(folder.join("empty"), b"").expect("ours");
    for (path, limit, said) in [
        (path.clone(), 4, "larger than 4 bytes"),
        (folder.clone(), 5, "not a plain file"),
        (link, 5, "not a plain file"),
        (pipe, 5, "not a plain file"),
        (PathBuf::from("/dev/zero"), 5, "not a plain file"),
        (folder.join("missing"), 5, "cannot read"),
        (folder.join("empty"), 5, "is empty"),
    ] {
        // A reader that waits for a pipe would never come back.
        let reading = thread::spawn(move || read(&path, limit).expect_err("refused"));
        let error = reading.join().expect("no panic");
        assert!(error.to_string().contains(said), "{error}");
        assert!(!error.what().text(Lang::Ja).is_empty());
        assert!(!error.advice().text(Lang::Ja).is_empty());
    }
    fs::remove_dir_all(folder).expect("ours");
}

/// What [`on_a_medium`] runs inside: a folder on the medium, and what must be said of it.
const MEDIUM: &str = "HIMURO_TEST_MEDIUM";

/// Runs `medium::tests::writes_on_the_mounted_medium` with a file system of the given kind mounted, or
/// says why not.
fn on_a_medium(name: &str, mount: &str, said: &str) {
    let folder = scratch(name);
    let script = format!(r#"set -e; cd "$1"; mkdir m; {mount}; shift; exec "$@""#);
    let mut apart = Command::new("unshare");
    if !rustix::process::geteuid().is_root() {
        apart.args(["--user", "--map-root-user"]);
    }
    let output = apart
        .args(["--mount", "sh", "-c", &script, "sh"])
        .arg(&folder)
        .arg(env::current_exe().expect("this program"))
        .args(["--exact", "medium::tests::writes_on_the_mounted_medium"])
        .args(["--ignored", "--nocapture"])
        .env(MEDIUM, said)
        .output()
        .expect("unshare is there");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    fs::remove_dir_all(&folder).expect("ours");
    if text.contains("1 passed") {
        return;
    }
    let kernel = ["Operation not permitted", "unknown filesystem", "not found"];
    let why = text
        .lines()
        .find(|line| kernel.iter().any(|k| line.contains(k)));
    match why.filter(|_| !text.contains("running 1 test")) {
        Some(why) => eprintln!("{name}: not tried, this kernel or user cannot: {why}"),
        None => panic!("{name}: {text}"),
    }
}

#[test]
#[ignore = "run by the tests below, on a medium of their own"]
fn writes_on_the_mounted_medium() {
    let said = env::var(MEDIUM).expect("run by the tests below");
    let folder = env::current_dir().expect("there").join("m");
    let path = folder.join("answer.psbt");
    let bytes = vec![0x5A; 200_000];
    let written = NewFile::reserve(&path).and_then(|file| file.write(&bytes));
    if said == "written" {
        written.expect("written");
        assert_eq!(read(&path, 200_000).expect("there"), bytes);
        let again = folder.join("ANSWER.PSBT");
        let error = NewFile::reserve(&again).and_then(|file| file.write(&bytes));
        // Where case does not count, the name is taken.
        assert!(error.is_ok() || error.is_err_and(|e| e.to_string().contains("exists")));
    } else {
        let error = written.expect_err("refused");
        let told = format!("{error} {}", error.advice().text(Lang::En));
        assert!(told.contains(&said), "{told}");
        assert!(!path.exists());
        assert!(
            !folder.exists() || names(&folder).is_empty(),
            "nothing stays"
        );
    }
}

#[test]
fn a_small_medium_takes_what_fits() {
    on_a_medium("fits", "mount -t tmpfs -o size=1m none m", "written");
}

#[test]
fn a_full_medium_is_told_and_nothing_stays() {
    on_a_medium(
        "full",
        "mount -t tmpfs -o size=64k none m",
        "The medium is full",
    );
}

#[test]
fn a_write_protected_medium_is_told() {
    on_a_medium(
        "protected",
        "mount -t tmpfs -o ro none m",
        "write-protected",
    );
}

#[test]
fn a_medium_that_is_not_in_is_told() {
    on_a_medium("missing", "rmdir m", "see that the medium is in");
}

/// vfat knows no owners, no links and no case. Mounting one needs a loop device and the right to it.
#[test]
fn vfat_takes_a_file() {
    let image = "truncate -s 2M i; mkfs.vfat i; mount -o loop -t vfat i m";
    on_a_medium("vfat", image, "written");
}
