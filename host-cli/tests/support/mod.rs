//! Runs the real program as officers would: a line is typed only after its prompt was read.

#![allow(dead_code, reason = "each test program uses a part of this")]

pub(crate) mod device;
pub(crate) mod foreign;
pub(crate) mod world;

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

/// What a run of the program left.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: i32,
}

/// Runs `host-cli` in `folder`. `officer` reads everything on the screen so far, which ends with a
/// prompt, and types a line, or goes away.
pub(crate) fn host_cli(
    folder: &Path,
    args: &[String],
    officer: impl FnMut(&str) -> Option<String>,
) -> Run {
    let mut program = Command::new(env!("CARGO_BIN_EXE_host-cli"));
    program.args(args);
    run(program, folder, officer)
}

/// The same with a limit on the size of files: to the program, the disk is full.
pub(crate) fn host_cli_on_a_full_disk(folder: &Path, args: &[String]) -> Run {
    let mut shell = Command::new("sh");
    // Without the signal a write beyond the limit is an error, as on a full disk.
    let script = r#"trap "" XFSZ; ulimit -f 0; exec "$0" "$@""#;
    shell
        .args(["-c", script, env!("CARGO_BIN_EXE_host-cli")])
        .args(args);
    run(shell, folder, |screen| Some(world::obedient(screen)))
}

fn run(
    mut program: Command,
    folder: &Path,
    mut officer: impl FnMut(&str) -> Option<String>,
) -> Run {
    let mut child = program
        .current_dir(folder)
        .env("SOFTHSM2_CONF", folder.join("w/softhsm2.conf"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut keyboard = child.stdin.take();
    let mut screen = child.stdout.take().expect("piped");
    let mut errors = child.stderr.take().expect("piped");
    let errors = thread::spawn(move || {
        let mut text = String::new();
        errors.read_to_string(&mut text).map(|_| text)
    });
    let mut seen = Vec::new();
    let mut chunk = [0u8; 4096];
    loop {
        let count = screen.read(&mut chunk).expect("the screen can be read");
        if count == 0 {
            break;
        }
        seen.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&seen);
        if !at_prompt(&text) {
            continue;
        }
        match officer(&text) {
            Some(line) => {
                let keyboard = keyboard.as_mut().expect("the officer is still there");
                let typed = keyboard.write_all(format!("{line}\n").as_bytes());
                typed.expect("the program reads");
            }
            None => drop(keyboard.take()),
        }
    }
    let status = child.wait().expect("the program ends");
    Run {
        stdout: String::from_utf8(seen).expect("text"),
        stderr: errors.join().expect("no panic").expect("text"),
        code: status.code().expect("not killed"),
    }
}

/// Whether the screen ends with a prompt.
fn at_prompt(screen: &str) -> bool {
    screen.ends_with(" > ") && prompt(screen).starts_with("? ")
}

/// The last line of the screen.
pub(crate) fn prompt(screen: &str) -> &str {
    screen.rsplit('\n').next().unwrap_or_default()
}

/// Splits a command line as a shell does, as far as the tests need it.
pub(crate) fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            c if c.is_whitespace() && !quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Whether `got` is `pattern`, where `[..]` is any part of a line and a line `...` any lines.
pub(crate) fn matches(pattern: &str, got: &str) -> bool {
    let pattern: Vec<&str> = pattern.lines().collect();
    let got: Vec<&str> = got.lines().collect();
    lines_match(&pattern, &got)
}

fn lines_match(pattern: &[&str], got: &[&str]) -> bool {
    match (pattern, got) {
        ([], []) => true,
        (["...", rest @ ..], _) => (0..=got.len()).any(|skip| lines_match(rest, &got[skip..])),
        ([first, rest @ ..], [line, lines @ ..]) => {
            line_matches(first, line) && lines_match(rest, lines)
        }
        _ => false,
    }
}

fn line_matches(pattern: &str, line: &str) -> bool {
    let Some((head, tail)) = pattern.split_once("[..]") else {
        return pattern == line;
    };
    let Some(rest) = line.strip_prefix(head) else {
        return false;
    };
    rest.char_indices()
        .map(|(at, _)| at)
        .chain([rest.len()])
        .any(|at| line_matches(tail, &rest[at..]))
}
