//! A scripted officer at a program: reads what a person would read on standard output, and types
//! only after the prompt stands there.

use officer_console::system;
use signer_core::phrase;

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;

use super::RehearseError;

/// One machine of the rehearsal: a folder of its own, its own tokens, and nothing else in its
/// environment.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    /// Name, for the progress lines and the file of its screens.
    pub(super) name: String,
    /// Its folder: the working directory of everything that runs on it.
    pub(super) folder: PathBuf,
    /// SoftHSM's configuration: which tokens are plugged in here.
    pub(super) softhsm: PathBuf,
    /// Where the text of its screens is collected.
    pub(super) screens: PathBuf,
    /// Where p11-kit listens, if the tokens live in a process of their own.
    pub(super) server: Option<PathBuf>,
    /// PKCS#11 module in place of the profile's own candidates.
    pub(super) module: Option<PathBuf>,
}

/// What a program said and how it ended.
pub(super) struct Played {
    /// Everything on standard output, with the typed answers.
    pub(super) output: String,
    /// Everything on standard error.
    pub(super) errors: String,
    /// The exit code; 255 where it was killed.
    pub(super) code: i32,
}

impl Machine {
    /// Runs `program` with `arguments`; `officer` answers each prompt from what was shown so far.
    pub(super) fn play(
        &self,
        program: &Path,
        arguments: &[String],
        mut officer: impl FnMut(&Prompt<'_>) -> Result<String, RehearseError>,
    ) -> Result<Played, RehearseError> {
        let mut child = self.start(program, arguments)?;
        let errors = child.stderr.take().map(|mut stderr| {
            thread::spawn(move || {
                let mut text = String::new();
                // What cannot be read as text is lost from the log, not from the verdict.
                let _ = stderr.read_to_string(&mut text);
                text
            })
        });
        let mut output = String::new();
        let talked = converse(&mut child, &mut officer, &mut output);
        if talked.is_err() {
            // A person would switch the machine off; the exit code no longer matters.
            let _ = child.kill();
        }
        let status = child
            .wait()
            .map_err(|e| RehearseError::machine(&self.name, &e))?;
        let errors = errors
            .and_then(|thread| thread.join().ok())
            .unwrap_or_default();
        self.keep(program, arguments, &output, &errors)?;
        talked?;
        Ok(Played {
            output,
            errors,
            code: status.code().unwrap_or(255),
        })
    }

    /// Runs `program` on the rehearsal's own terminal, with nobody at its keyboard; its exit code.
    pub(super) fn show(&self, program: &Path, arguments: &[String]) -> Result<i32, RehearseError> {
        let status = self
            .command(program, arguments)
            .stdin(Stdio::null())
            .status()
            .map_err(|e| RehearseError::machine(&self.name, &e))?;
        Ok(status.code().unwrap_or(255))
    }

    fn start(&self, program: &Path, arguments: &[String]) -> Result<Child, RehearseError> {
        self.command(program, arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| RehearseError::machine(&self.name, &e))
    }

    fn command(&self, program: &Path, arguments: &[String]) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("SOFTHSM2_CONF", &self.softhsm);
        if let Some(socket) = &self.server {
            command.env(
                "P11_KIT_SERVER_ADDRESS",
                format!("unix:path={}", socket.display()),
            );
        }
        command.args(arguments).current_dir(&self.folder);
        command
    }

    /// Appends what stood on the screen to the machine's text file.
    fn keep(
        &self,
        program: &Path,
        arguments: &[String],
        output: &str,
        errors: &str,
    ) -> Result<(), RehearseError> {
        let program = program.file_name().unwrap_or_default().to_string_lossy();
        let text = format!("$ {program} {}\n{output}{errors}\n", arguments.join(" "));
        fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.screens)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(|e| RehearseError::machine(&self.name, &e))
    }
}

/// A prompt as it stands on the screen: `? A: question > `.
pub(super) struct Prompt<'a> {
    /// Who is asked: `A`, `B`, or an officer.
    pub(super) who: &'a str,
    /// What is asked.
    pub(super) question: &'a str,
    /// Everything shown before it by this program.
    pub(super) screen: &'a str,
}

/// Reads until the program ends; answers each prompt once it stands complete.
fn converse(
    child: &mut Child,
    officer: &mut impl FnMut(&Prompt<'_>) -> Result<String, RehearseError>,
    output: &mut String,
) -> Result<(), RehearseError> {
    let (Some(mut stdout), Some(mut stdin)) = (child.stdout.take(), child.stdin.take()) else {
        return Err(RehearseError::Talk(phrase!(
            "the program has no terminal",
            "プログラムに端末がない"
        )));
    };
    let mut bytes = Vec::new();
    while read_some(&mut stdout, &mut bytes)? {
        let Ok(text) = std::str::from_utf8(&bytes) else {
            continue;
        };
        output.push_str(text);
        bytes.clear();
        if let Some(prompt) = prompt_at_end(output) {
            let answer = officer(&prompt)?;
            let secret = prompt.question.contains("PIN");
            // A program that ended instead of listening is judged by its exit code.
            let _ = writeln!(stdin, "{answer}").and_then(|()| stdin.flush());
            output.push_str(if secret { "******" } else { &answer });
            output.push('\n');
        }
    }
    Ok(())
}

fn read_some(stdout: &mut ChildStdout, bytes: &mut Vec<u8>) -> Result<bool, RehearseError> {
    let mut buffer = [0; 4096];
    let count = stdout
        .read(&mut buffer)
        .map_err(|e| RehearseError::Talk(system(&e)))?;
    bytes.extend_from_slice(&buffer[..count]);
    Ok(count > 0)
}

fn prompt_at_end(output: &str) -> Option<Prompt<'_>> {
    let (screen, line) = output.rsplit_once('\n').unwrap_or(("", output));
    let asked = line.strip_prefix("? ")?.strip_suffix(" > ")?;
    let (who, question) = asked.split_once(": ")?;
    Some(Prompt {
        who,
        question,
        screen,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_is_answered_only_when_it_stands_complete() {
        assert!(prompt_at_end("screen\n? A: characters 1-6").is_none());
        let prompt = prompt_at_end("screen\n? A: characters 1-6 > ").unwrap();
        assert_eq!((prompt.who, prompt.question), ("A", "characters 1-6"));
        assert_eq!(prompt.screen, "screen");
    }
}
