//! Calls of cargo that the fence and the probes share.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::Value;

/// The workspace's root folder.
pub(crate) fn root() -> PathBuf {
    let core = Path::new(env!("CARGO_MANIFEST_DIR"));
    core.parent()
        .expect("signer-core lies in the workspace")
        .to_path_buf()
}

/// An empty folder of this name, below the target folder so that nothing is left elsewhere.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if dir.exists() {
        fs::remove_dir_all(&dir).expect("an old scratch folder can be removed");
    }
    fs::create_dir_all(&dir).expect("the target folder can be written");
    dir
}

/// Cargo as it runs this test, in `dir`, with this workspace's target folder: dependencies that
/// are already checked there are not checked again.
pub(crate) fn cargo(dir: &Path, arguments: &[&str]) -> Run {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("the scratch folder lies in the target folder");
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(arguments)
        .current_dir(dir)
        .env("CARGO_TARGET_DIR", target)
        .env_remove("RUSTFLAGS")
        .output()
        .expect("cargo can be started");
    Run {
        success: output.status.success(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// What a call of cargo left.
pub(crate) struct Run {
    /// Whether it ended with 0.
    pub(crate) success: bool,
    /// What it wrote for programs.
    pub(crate) stdout: String,
    /// What it wrote for people.
    pub(crate) stderr: String,
}

impl Run {
    /// The errors of the compiler, from `--message-format=json`; one for each place it points at.
    pub(crate) fn errors(&self) -> Vec<CompileError> {
        self.stdout
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|m| m["reason"] == "compiler-message" && m["message"]["level"] == "error")
            .flat_map(|m| CompileError::all_of(&m))
            .collect()
    }
}

/// One error of the compiler, at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CompileError {
    /// The crate in which it was found.
    pub(crate) target: String,
    /// For example `E0451`.
    pub(crate) code: String,
    /// The line of the source, from 1.
    pub(crate) line: u64,
    /// What the compiler says.
    pub(crate) text: String,
}

impl CompileError {
    fn all_of(m: &Value) -> Vec<Self> {
        let message = &m["message"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let spans = message["spans"].as_array().into_iter().flatten();
        spans
            .filter(|span| span["is_primary"] == true)
            .map(|span| Self {
                target: text(&m["target"]["name"]),
                code: text(&message["code"]["code"]),
                line: span["line_start"].as_u64().unwrap_or(0),
                text: text(&message["message"]),
            })
            .collect()
    }
}
