//! A ceremony that is cut at one point. What must hold then is in `laws`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use signer_core::cose::peek;
use signer_core::transcript::{Journal, Trust, whole_prefix};
use signer_core::wallet::DeviceCard;

use super::house::House;
use super::people::at_ceremony;
use super::play::{device, play, play_for};

/// What happens at the point; the names are those of the library that does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// The program is killed.
    Kill,
    /// The power fails, and what was not flushed is gone.
    Power,
    /// The same, and a part of it is there.
    Torn,
    /// The disk is full from there on.
    Full,
    /// The call fails: EIO. What a flush was to flush is gone.
    Fails,
    /// A write takes a part of the bytes.
    Short,
}

impl How {
    const fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Power => "power",
            Self::Torn => "torn",
            Self::Full => "full",
            Self::Fails => "fails",
            Self::Short => "short",
        }
    }
}

/// A command, and everything as it is before it.
pub(crate) struct Scene<'a> {
    pub(super) house: &'a House<'a>,
    command: Vec<String>,
    /// The journal before.
    pub(super) before: Vec<u8>,
    /// Whether an intent stands in it that was not released.
    pub(super) intended: bool,
    pub(super) trust: Trust,
    /// Every point of the command when nothing goes wrong.
    pub(crate) points: Vec<String>,
}

/// Files and folders that a command changes.
const STATE: [&str; 2] = ["d1", "tokens"];
/// The PSBT that leaves, on a medium.
pub(super) const OUT: &str = "out.psbt";

impl<'a> Scene<'a> {
    /// Keeps everything as it is now, and counts the points of the command.
    pub(crate) fn new(house: &'a House<'a>, command: &[&str]) -> Self {
        let bench = house.bench;
        let card: DeviceCard = peek(&bench.read("d1.card")).expect("a card");
        let before = bench.read("d1/journal.cbor");
        let known = Journal::load(whole_prefix(&before)).expect("a journal");
        let mut scene = Self {
            house,
            command: arguments(house, command),
            intended: !known.state().unfinished().is_empty(),
            before,
            trust: Trust {
                root: house.officers.root.digest(),
                identity: card.identity,
            },
            points: Vec::new(),
        };
        let _ = fs::remove_dir_all(bench.path("kept"));
        for name in STATE {
            copy(&bench.path(name), &bench.path(&format!("kept/{name}")));
        }
        play(&mut scene.under("count:0"), at_ceremony).ended(0);
        scene.points = scene.reached();
        scene
    }

    /// The command with the library that cuts it.
    fn under(&self, cut: &str) -> Command {
        let bench = self.house.bench;
        self.restore();
        let words: Vec<&str> = self.command.iter().map(String::as_str).collect();
        let mut command = device(&words);
        command
            .env("LD_PRELOAD", beside("libcut_library.so"))
            .env("HIMURO_CUT", cut)
            .env("HIMURO_CUT_FOLDER", &bench.folder)
            .env("HIMURO_CUT_DISK", bench.path("d1"))
            .env("HIMURO_CUT_LOG", bench.path("points"));
        command
    }

    /// Everything as it was.
    fn restore(&self) {
        let bench = self.house.bench;
        for name in STATE {
            let _ = fs::remove_dir_all(bench.path(name));
            copy(&bench.path(&format!("kept/{name}")), &bench.path(name));
        }
        for (name, _) in self.released() {
            fs::remove_file(bench.path(&name)).expect("it was there");
        }
        let _ = fs::remove_file(bench.path("points"));
    }

    /// SoftHSM writes the record of a token (its name and PINs) anew at a login, in place: a kill in the
    /// middle leaves half of it, and the token is gone. No HSM loses its name so; it is put back.
    fn mend_tokens(&self) {
        let bench = self.house.bench;
        let kept = bench.path("kept/tokens");
        for token in fs::read_dir(&kept).expect("tokens are there") {
            let place = token.expect("it can be read").file_name();
            let record = Path::new(&place).join("token.object");
            let (was, is) = (kept.join(&record), bench.path("tokens").join(&record));
            let length = |path: &Path| fs::metadata(path).map(|about| about.len()).ok();
            if length(&was).is_some() && length(&was) != length(&is) {
                fs::copy(was, is).expect("there is room");
            }
        }
    }

    /// The points that were reached.
    pub(super) fn reached(&self) -> Vec<String> {
        let text = fs::read_to_string(self.house.bench.path("points"));
        let text = text.unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Runs the command to this point, from 1, and looks at what is left. Where it went through, the
    /// code is 0.
    pub(crate) fn cut(&self, how: How, at: usize) -> i32 {
        let played = play(
            &mut self.under(&format!("{}:{at}", how.name())),
            at_ceremony,
        );
        let point = self.points.get(at - 1).map_or("", String::as_str);
        let what = format!("{how:?} at {at}, {point}");
        match how {
            How::Kill | How::Power | How::Torn => {}
            // The rest of the bytes is written by the program.
            How::Short => assert_eq!(played.code, 0, "{what}: {}", played.errors),
            How::Full | How::Fails => {
                played.ended(played.code);
                assert!(
                    [0, 3, 4, 5].contains(&played.code),
                    "{what}: {}",
                    played.errors
                );
            }
        }
        self.comes_back(&what, &played);
        played.code
    }

    /// Runs the command to this point and leaves everything as it is then.
    pub(crate) fn leave_cut(&self, how: How, at: usize) {
        play(
            &mut self.under(&format!("{}:{at}", how.name())),
            at_ceremony,
        );
        assert!(self.released().is_empty(), "something was released");
    }

    /// Runs the command for so long and kills it.
    pub(crate) fn cut_after(&self, time: Duration) -> i32 {
        let played = play_for(&mut self.under("count:0"), time, at_ceremony);
        self.mend_tokens();
        self.comes_back(&format!("killed after {time:?}"), &played);
        played.code
    }

    /// What left the device, whole or in part: on a medium, or beside its journal.
    pub(super) fn released(&self) -> BTreeMap<String, Vec<u8>> {
        let bench = self.house.bench;
        let mut found = BTreeMap::new();
        for folder in ["", "d1/"] {
            let Ok(entries) = fs::read_dir(bench.path(folder)) else {
                continue;
            };
            for entry in entries {
                let name = entry.expect("it can be read").file_name();
                let name = format!("{folder}{}", name.to_string_lossy());
                let is_ours = ["out.psbt", "next.psbt", "again.psbt", "released-"]
                    .iter()
                    .any(|ours| name.contains(ours));
                if is_ours {
                    let bytes = bench.read(&name);
                    found.insert(name, bytes);
                }
            }
        }
        // A name that was taken for a file, and nothing in it yet.
        found.retain(|name, bytes| !bytes.is_empty() || fs::remove_file(bench.path(name)).is_err());
        found
    }
}

/// `words`, the state folder, and the PSBT of the test where it is to be signed.
pub(super) fn arguments(house: &House<'_>, words: &[&str]) -> Vec<String> {
    let bench = house.bench;
    let (out, words) = words.split_last().expect("a command and its output");
    let mut all: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    all.extend([bench.arg(out), "--state".into(), bench.arg("d1")]);
    match words[1] {
        "sign" => all.extend(["--in".to_owned(), bench.arg("in.psbt")]),
        // It opens no token.
        "reissue" => return all,
        _ => {}
    }
    house.at_hsm(all)
}

/// A library that is built with the tests, beside this program.
pub(crate) fn beside(name: &str) -> String {
    let program = std::env::current_exe().expect("this program has a path");
    program.with_file_name(name).display().to_string()
}

/// A folder and all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("ours");
    for entry in fs::read_dir(from).expect("it is there") {
        let entry = entry.expect("it can be read");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("there is room");
        }
    }
}
