//! Programs of others that `scripts/setup` installs: asked and answering line by line, in JSON.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use bitcoin::hex::FromHex as _;
use serde_json::Value;

/// A running program of `test-vectors/interop`.
pub(crate) struct Foreign {
    program: Child,
    asks: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Foreign {
    /// Coders of npm: `coders.mjs`. None where `scripts/setup` could not install them, and said so.
    pub(crate) fn npm() -> Option<Self> {
        if workspace("target/interop-npm/unreachable").exists() {
            println!("skipped: npm could not install the foreign coders on this machine");
            return None;
        }
        let coders = workspace("test-vectors/interop/coders.mjs");
        Some(Self::start(Command::new("node").arg(coders)))
    }

    /// Readers of pictures: `eyes.py`.
    pub(crate) fn python() -> Self {
        let eyes = workspace("test-vectors/interop/eyes.py");
        Self::start(
            Command::new(workspace("target/interop-venv/bin/python"))
                .arg("-B")
                .arg(eyes),
        )
    }

    fn start(command: &mut Command) -> Self {
        let mut program = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the foreign coders are installed: run scripts/setup");
        let asks = program.stdin.take();
        let answers = BufReader::new(program.stdout.take().expect("piped"));
        Self {
            program,
            asks,
            answers,
        }
    }

    /// One question, one answer.
    pub(crate) fn ask(&mut self, question: &Value) -> Value {
        let asks = self.asks.as_mut().expect("open until it is dropped");
        writeln!(asks, "{question}").expect("the program reads: run scripts/setup");
        let mut line = String::new();
        self.answers
            .read_line(&mut line)
            .expect("the program answers");
        serde_json::from_str(&line).expect("an answer: run scripts/setup")
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        drop(self.asks.take());
        let _ = self.program.wait();
    }
}

fn workspace(path: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.parent().expect("in the workspace").join(path)
}

/// The bytes of a text of hexadecimal digits.
pub(crate) fn bytes_of(answer: &Value) -> Vec<u8> {
    let text = answer.as_str().unwrap_or_else(|| panic!("{answer}"));
    Vec::from_hex(text).expect("hexadecimal")
}
