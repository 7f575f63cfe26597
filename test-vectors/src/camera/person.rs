//! A person before the screen of a program that shows what a camera sees: one key at the right moment.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

/// What stood on the screen, and the exit code.
#[derive(Debug)]
pub struct Watched {
    /// Everything, with the terminal's own signs.
    pub screen: String,
    /// The exit code; none where the program was killed.
    pub code: Option<i32>,
}

/// Runs `program` at a terminal of its own (script(1) makes it), and presses `key` once when `awaited` stands
/// on the screen.
///
/// # Panics
/// Where script(1) is not installed: package bsdutils.
#[must_use]
pub fn watch(program: &Path, arguments: &[&str], awaited: &str, key: &str) -> Watched {
    let quoted = |word: &str| format!("'{word}'");
    let program = program.to_str().expect("a name");
    let line: Vec<String> = [&[program], arguments]
        .concat()
        .into_iter()
        .map(quoted)
        .collect();
    let mut child = Command::new("script")
        .args(["-q", "-e", "-c", &line.join(" "), "/dev/null"])
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script(1) is installed");
    let mut keys = child.stdin.take().expect("piped");
    let mut output = child.stdout.take().expect("piped");
    let (mut seen, mut chunk, mut pressed) = (Vec::new(), [0; 4096], false);
    while let Ok(count @ 1..) = output.read(&mut chunk) {
        seen.extend_from_slice(&chunk[..count]);
        if !pressed && String::from_utf8_lossy(&seen).contains(awaited) {
            keys.write_all(key.as_bytes()).expect("it reads");
            pressed = true;
        }
    }
    Watched {
        screen: String::from_utf8_lossy(&seen).into_owned(),
        code: child.wait().expect("it ends").code(),
    }
}
