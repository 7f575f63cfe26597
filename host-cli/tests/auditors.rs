//! The auditors' manual cannot rot: every command of `docs/auditors/` is run in the page's order on
//! the sample that lies beside it, and must show what the page shows.
//!
//! After a change of an answer: `HIMURO_WRITE=1 cargo test -p host-cli --test auditors` takes the
//! answers again. After a change of a format: `scripts/sample` makes the sample again, then that.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// A block of the page between fences.
struct Block<'a> {
    kind: &'a str,
    text: &'a str,
}

fn pages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/auditors")
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let parts: Vec<&str> = page.split("```").collect();
    assert_eq!(parts.len() % 2, 1, "every fence is closed");
    let fenced = parts.into_iter().skip(1).step_by(2);
    fenced
        .filter_map(|part| part.split_once('\n'))
        .map(|(kind, text)| Block { kind, text })
        .collect()
}

/// Commands of a page, and how each must end.
fn commands(page: &str) -> Vec<(Vec<String>, i32)> {
    let commands = blocks(page).into_iter().filter_map(|block| {
        let code = match block.kind {
            "sh" => 0,
            "sh fails" => 1,
            "sh missing" => 2,
            _ => return None,
        };
        let line = block.text.replace("\\\n", " ");
        Some((line.split_whitespace().map(str::to_owned).collect(), code))
    });
    commands.collect()
}

/// The auditor's desk: the evidence, and beside it what the auditor trusts.
fn desk(name: &str) -> PathBuf {
    let desk = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let desk = desk.join(format!("auditors-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&desk);
    fs::create_dir_all(desk.join("evidence")).expect("ours");
    let sample = pages().join("sample");
    fs::copy(sample.join("trust.toml"), desk.join("trust.toml")).expect("the sample is there");
    for file in fs::read_dir(sample.join("evidence")).expect("the sample is there") {
        let file = file.expect("readable");
        fs::copy(file.path(), desk.join("evidence").join(file.file_name())).expect("ours");
    }
    desk
}

/// Runs a command of the page; only host-cli and what every system has.
fn run(desk: &Path, words: &[String]) -> (String, Option<i32>) {
    let program = match words[0].as_str() {
        "host-cli" => env!("CARGO_BIN_EXE_host-cli"),
        "sha256sum" => "sha256sum",
        other => panic!("{other} is no program of the page"),
    };
    let mut command = Command::new(program);
    let run = command.args(&words[1..]).current_dir(desk).output();
    let run = run.expect("the program runs");
    let shown = [run.stdout, run.stderr].concat();
    let shown = String::from_utf8_lossy(&shown).into_owned();
    (shown, run.status.code())
}

/// Plays a whole page; gives it with its answers taken again.
fn play(name: &str) -> String {
    let text = fs::read_to_string(pages().join(name)).expect("the page is there");
    let desk = desk(&name.replace('.', "-"));
    let all = blocks(&text);
    let mut taken = text.clone();
    let mut played = commands(&text).into_iter();
    for (place, block) in all.iter().enumerate() {
        if !block.kind.starts_with("sh") {
            continue;
        }
        let (words, code) = played.next().expect("as many commands as blocks");
        let (shown, ended) = run(&desk, &words);
        assert_eq!(ended, Some(code), "{words:?}\n{shown}");
        let next = all.get(place + 1).filter(|next| next.kind == "text");
        let next = next.unwrap_or_else(|| panic!("{name}: nothing is shown after {words:?}"));
        if std::env::var("HIMURO_WRITE").is_ok() {
            let command = format!("```{}\n{}```\n\n```text\n", block.kind, block.text);
            let old = format!("{command}{}```", next.text);
            taken = taken.replacen(&old, &format!("{command}{shown}```"), 1);
        } else {
            assert_eq!(next.text, shown, "{name}: {words:?}");
        }
    }
    fs::remove_dir_all(desk).expect("ours");
    taken
}

#[test]
fn an_auditor_gets_through_by_the_page_alone() {
    for name in ["README.md", "README.ja.md"] {
        let taken = play(name);
        if std::env::var("HIMURO_WRITE").is_ok() {
            fs::write(pages().join(name), taken).expect("the page can be written");
        }
    }
}

#[test]
fn both_languages_carry_the_same_commands() {
    let read = |name: &str| fs::read_to_string(pages().join(name)).expect("the page is there");
    let (en, ja) = (read("README.md"), read("README.ja.md"));
    let without_language = |(words, code): (Vec<String>, i32)| {
        let words = words
            .into_iter()
            .filter(|word| word != "--lang" && word != "ja");
        (words.collect::<Vec<_>>(), code)
    };
    let in_japanese = commands(&ja).into_iter().map(without_language);
    assert_eq!(commands(&en), in_japanese.collect::<Vec<_>>());
    assert!(commands(&en).len() >= 10);
    let parts = |page: &str| page.matches("\n## ").count();
    assert_eq!(parts(&en), parts(&ja));
}

/// No PIN that a rehearsal types is in what an auditor gets or makes of it.
#[test]
fn no_pin_is_in_the_evidence_or_in_anything_made_of_it() {
    let desk = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let desk = desk.join(format!("auditors-pins-{}", std::process::id()));
    let _ = fs::remove_dir_all(&desk);
    fs::create_dir_all(desk.join("evidence")).expect("ours");
    let host = |words: &[&str]| {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let all = [vec!["host-cli".to_owned()], words].concat();
        let (shown, code) = run(&desk, &all);
        assert_eq!(code, Some(0), "{all:?}\n{shown}");
    };
    let pins = rehearsed(&desk);
    assert!(pins.len() >= 3, "{} PINs", pins.len());
    for device in ["d1", "d2", "d3"] {
        let name = format!("{device}.transcript");
        let from = desk.join("kept/gap").join(&name);
        fs::copy(from, desk.join("evidence").join(name)).expect("ours");
    }
    for name in ["combined.psbt", "final-transaction.hex"] {
        let from = desk.join("kept/office").join(name);
        fs::copy(from, desk.join("evidence").join(name)).expect("ours");
    }
    fs::write(desk.join("trust.toml"), trust(&desk)).expect("ours");
    let asked = ["--folder", "evidence", "--trust", "trust.toml"];
    host(&[&["audit", "report"], &asked[..], &["--out", "report"]].concat());
    let case = ["--case", "wr-2026-000123", "--out", "bundle"];
    host(&[&["audit", "pack"], &asked[..], &case].concat());

    let mut files = Vec::new();
    for folder in ["evidence", "report", "bundle"] {
        walk(&desk.join(folder), &mut files);
    }
    assert!(files.len() > 20, "{}", files.len());
    for file in files {
        let bytes = fs::read(&file).expect("ours");
        for pin in &pins {
            let found = bytes
                .windows(pin.len())
                .any(|window| window == pin.as_bytes());
            assert!(!found, "a PIN in {}", file.display());
        }
    }
    fs::remove_dir_all(desk).expect("ours");
}

/// The trust file of a rehearsal, from its papers.
fn trust(desk: &Path) -> String {
    let read = |words: &[&str], name: &str| {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let (shown, _) = run(desk, &words);
        let mark = format!("\"{name}\": \"");
        let value = shown
            .split(&mark)
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        value.unwrap_or_else(|| panic!("{shown}")).to_owned()
    };
    let root = ["--root", "kept/gap/root.cbor", "--json"];
    let shown = [&["host-cli", "root", "show"][..], &root].concat();
    let mut text = vec![format!("root = \"{}\"", read(&shown, "hex"))];
    for device in ["d1", "d2", "d3"] {
        let card = format!("kept/gap/{device}.card");
        let shown = [&["host-cli", "device", "show", "--card", &card][..], &root].concat();
        let identity = read(&shown, "identity");
        let lines = [
            "[[device]]",
            &format!("name = \"{device}\""),
            &format!("identity = \"{identity}\""),
        ];
        text.push(lines.join("\n"));
    }
    text.join("\n\n")
}

/// Plays a rehearsal; gives every PIN that stood in an envelope beside its tokens, which are gone
/// at its end.
fn rehearsed(desk: &Path) -> BTreeSet<String> {
    let mut rehearsal = Command::new(env!("CARGO_BIN_EXE_host-cli"))
        .args(["rehearse", "--inputs", "1", "--keep", "kept"])
        .current_dir(desk)
        .stdout(Stdio::null())
        .spawn()
        .expect("the program runs");
    let mut pins = BTreeSet::new();
    let ended = loop {
        if let Some(ended) = rehearsal.try_wait().expect("our own child") {
            break ended;
        }
        let tokens = fs::read_to_string(desk.join("kept/tokens.txt")).unwrap_or_default();
        let files = fs::read_dir(tokens.trim()).into_iter().flatten().flatten();
        let envelopes = files.map(|file| file.path());
        let envelopes =
            envelopes.filter(|path| path.extension().is_some_and(|end| end == "envelope"));
        let written = envelopes.filter_map(|path| fs::read_to_string(path).ok());
        pins.extend(
            written
                .map(|pin| pin.trim().to_owned())
                .filter(|pin| pin.len() == 16),
        );
        thread::sleep(Duration::from_millis(50));
    };
    assert!(ended.success(), "the rehearsal itself failed");
    pins
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
    {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            walk(&path, files);
        } else {
            files.push(path);
        }
    }
}
