//! The real program, and people who answer only when the prompt stands there.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// What a program said and how it ended.
#[derive(Debug)]
pub(crate) struct Played {
    pub(crate) output: String,
    pub(crate) errors: String,
    pub(crate) code: i32,
}

/// A prompt as it stands on the screen.
pub(crate) struct Prompt<'a> {
    pub(crate) who: &'a str,
    pub(crate) id: &'a str,
    pub(crate) question: &'a str,
    /// Everything before it.
    pub(crate) screen: &'a str,
}

/// What a person does at a prompt.
pub(crate) enum Act {
    /// Types this and Enter.
    Type(String),
    /// Goes away: the input ends.
    Leave,
    /// Pulls the plug.
    Kill,
}

/// When the plug is pulled: so long after the program said this.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plug<'a> {
    pub(crate) said: &'a str,
    pub(crate) later: Duration,
}

/// Types this and Enter.
pub(crate) fn typed(text: impl Into<String>) -> Act {
    Act::Type(text.into())
}

/// The program with these arguments; nothing of this process's environment but the tokens.
pub(crate) fn device(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_signer-device"));
    command.args(arguments).env_clear();
    if let Some(configuration) = std::env::var_os("SOFTHSM2_CONF") {
        command.env("SOFTHSM2_CONF", configuration);
    }
    command
}

/// The program with a limit on the size of files: to it, the disk is full.
pub(crate) fn on_a_small_disk(arguments: &[String], bytes: u64) -> Command {
    let inner = device(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let mut command = Command::new("/bin/sh");
    command.args([
        "-c",
        // Without the signal a write beyond the limit is an error, as on a full disk.
        r#"trap "" XFSZ; ulimit -f "$0"; exec "$@""#,
        &(bytes / 512).to_string(),
    ]);
    command.arg(inner.get_program()).args(inner.get_args());
    command.env_clear();
    for (name, value) in inner.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command
}

/// Runs the program; `person` answers each prompt.
pub(crate) fn play(command: &mut Command, person: impl FnMut(&Prompt<'_>) -> Act) -> Played {
    play_until(command, None, person)
}

/// The same, until the plug is pulled.
pub(crate) fn play_until(
    command: &mut Command,
    plug: Option<Plug<'_>>,
    mut person: impl FnMut(&Prompt<'_>) -> Act,
) -> Played {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let output = converse(&mut child, plug, &mut person);
    let mut errors = String::new();
    if let Some(mut stderr) = child.stderr.take() {
        stderr.read_to_string(&mut errors).expect("errors are text");
    }
    let status = child.wait().expect("the program ends");
    Played {
        output,
        errors,
        code: status.code().unwrap_or(255),
    }
}

/// The same, until it has run for so long: then it is killed, wherever it is.
pub(crate) fn play_for(
    command: &mut Command,
    time: Duration,
    mut person: impl FnMut(&Prompt<'_>) -> Act,
) -> Played {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let process = Pid::from_child(&child);
    let (over, waits) = mpsc::channel::<()>();
    let plug = std::thread::spawn(move || {
        if waits.recv_timeout(time) == Err(mpsc::RecvTimeoutError::Timeout) {
            kill_process(process, Signal::KILL).expect("nobody has waited for it yet");
        }
    });
    let output = converse(&mut child, None, &mut person);
    drop(over);
    plug.join().expect("it has ended");
    let status = child.wait().expect("the program ends");
    Played {
        output,
        errors: String::new(),
        code: status.code().unwrap_or(255),
    }
}

/// Runs the program; the most memory that it held at once, in kB.
pub(crate) fn play_measured(
    command: &mut Command,
    mut person: impl FnMut(&Prompt<'_>) -> Act,
) -> (Played, u64) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let status = format!("/proc/{}/status", child.id());
    let watch = std::thread::spawn(move || {
        // A program that has ended has no memory, and the entry goes when it was waited for.
        let peak = |text: String| {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
            line.trim().strip_suffix(" kB")?.parse::<u64>().ok()
        };
        let mut most = 0;
        while let Some(kb) = std::fs::read_to_string(&status).ok().and_then(peak) {
            most = most.max(kb);
            std::thread::sleep(Duration::from_millis(1));
        }
        most
    });
    let output = converse(&mut child, None, &mut person);
    let mut errors = String::new();
    if let Some(mut stderr) = child.stderr.take() {
        stderr.read_to_string(&mut errors).expect("errors are text");
    }
    let peak = watch.join().expect("it has ended");
    let status = child.wait().expect("the program ends");
    let code = status.code().unwrap_or(255);
    let played = Played {
        output,
        errors,
        code,
    };
    (played, peak)
}

fn converse(
    child: &mut Child,
    mut plug: Option<Plug<'_>>,
    person: &mut impl FnMut(&Prompt<'_>) -> Act,
) -> String {
    let mut stdin = child.stdin.take();
    let mut stdout = child.stdout.take().expect("it was piped");
    let (mut bytes, mut buffer) = (Vec::new(), [0_u8; 4096]);
    loop {
        let length = stdout.read(&mut buffer).expect("the pipe is open");
        if length == 0 {
            return String::from_utf8(bytes).expect("screens are text");
        }
        bytes.extend_from_slice(&buffer[..length]);
        let said = |plug: &mut Plug<'_>| String::from_utf8_lossy(&bytes).contains(plug.said);
        if let Some(plug) = plug.take_if(said) {
            std::thread::sleep(plug.later);
            child.kill().expect("it was not waited for");
        }
        let Some((screen, prompt)) = open_prompt(&bytes) else {
            continue;
        };
        let Some(mut keyboard) = stdin.take() else {
            continue;
        };
        match person(&read_prompt(&screen, &prompt)) {
            Act::Type(text) => {
                // A program that has ended already reads no answer.
                let _ = keyboard.write_all(format!("{text}\n").as_bytes());
                stdin = Some(keyboard);
            }
            Act::Leave => {}
            Act::Kill => child.kill().expect("it is running"),
        }
    }
}

/// What stands before the prompt, and the prompt, if the output ends with one.
fn open_prompt(bytes: &[u8]) -> Option<(String, String)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (screen, last) = text.rsplit_once('\n').unwrap_or(("", text));
    let whole = last.starts_with("? ") && last.ends_with(" > ");
    whole.then(|| (screen.to_owned(), last.to_owned()))
}

fn read_prompt<'a>(screen: &'a str, prompt: &'a str) -> Prompt<'a> {
    let inner = prompt
        .strip_prefix("? ")
        .and_then(|p| p.strip_suffix(" > "))
        .expect("a prompt");
    let (who, asked) = inner.split_once(": [").expect("who is asked");
    let (id, question) = asked.split_once("] ").expect("what is asked");
    Prompt {
        who,
        id,
        question,
        screen,
    }
}

/// Whether a line is Japanese: kana or kanji, and no two English words in a row but for commands in
/// backticks.
fn is_japanese(line: &str) -> bool {
    let plain: Vec<&str> = line.split('`').step_by(2).collect();
    let words: Vec<bool> = plain
        .join(" ")
        .split_whitespace()
        .map(|word| word.len() > 1 && word.bytes().all(|b| b.is_ascii_lowercase()))
        .collect();
    line.chars().any(|c| ('ぁ'..='鿿').contains(&c)) && !words.windows(2).any(|w| w[0] && w[1])
}

impl Played {
    /// Asserts the exit code, and that an error is two lines, both in English or both in Japanese.
    pub(crate) fn ended(&self, code: i32) -> &Self {
        assert_eq!(self.code, code, "{}\n{}", self.output, self.errors);
        if code != 0 {
            assert_eq!(self.errors.lines().count(), 2, "{}", self.errors);
            let told = match self.errors.strip_prefix("エラー: ") {
                Some(_) => self.errors.lines().all(is_japanese),
                None => self.errors.starts_with("error: ") && self.errors.is_ascii(),
            };
            assert!(told, "{}", self.errors);
            assert!(!self.errors.contains("panicked"), "{}", self.errors);
        }
        self
    }

    /// Asserts that the output or the error says this.
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(
            self.output.contains(text) || self.errors.contains(text),
            "{text:?} is not in\n{}\n{}",
            self.output,
            self.errors
        );
        self
    }

    /// The lines of the screen of this name.
    pub(crate) fn screen(&self, name: &str) -> Vec<&str> {
        let head = format!("+-- {name} ");
        self.output
            .lines()
            .skip_while(|line| !line.starts_with(&head))
            .skip(1)
            .take_while(|line| !line.starts_with('+'))
            .map(|line| line.strip_prefix("| ").unwrap_or(""))
            .collect()
    }
}
