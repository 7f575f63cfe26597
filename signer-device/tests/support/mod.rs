//! A bench for tests: SoftHSM tokens in a folder of their own, officers who hold some of them,
//! and people who answer the real program's prompts.
//!
//! SoftHSM reads the name of its configuration from the environment, and a program cannot change
//! its own environment safely. So a test runs again as a child process of itself.

#![allow(dead_code, reason = "each test program uses a part of this")]

pub(crate) mod chain;
pub(crate) mod cut;
pub(crate) mod house;
pub(crate) mod laws;
pub(crate) mod officers;
pub(crate) mod people;
pub(crate) mod pictures;
pub(crate) mod play;
pub(crate) mod recovery;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const FOLDER: &str = "HIMURO_TEST_BENCH";

/// A folder with tokens; removed when the test ends.
pub(crate) struct Bench {
    pub(crate) folder: PathBuf,
}

/// Runs `body` in a child process with a bench of its own. `name` is the test's full name: with
/// another one the child finds no test, and that fails.
pub(crate) fn isolated(name: &str, body: impl FnOnce(&Bench)) {
    if let Some(folder) = std::env::var_os(FOLDER) {
        body(&Bench {
            folder: folder.into(),
        });
        return;
    }
    let bench = Owned(Bench::create(name));
    let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
    command.env(FOLDER, &bench.0.folder);
    command.env("SOFTHSM2_CONF", bench.0.configuration());
    let output = command
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .output()
        .expect("this program runs again");
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    print!("{out}");
    assert!(
        output.status.success() && out.contains("1 passed"),
        "{name}\n{out}\n{err}"
    );
}

/// The same for a program that is no test: it runs itself again, without arguments.
pub(crate) fn benched(name: &str, body: impl FnOnce(&Bench)) {
    if let Some(folder) = std::env::var_os(FOLDER) {
        body(&Bench {
            folder: folder.into(),
        });
        return;
    }
    let bench = Owned(Bench::create(name));
    let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
    command.env(FOLDER, &bench.0.folder);
    command.env("SOFTHSM2_CONF", bench.0.configuration());
    let status = command.status().expect("this program runs again");
    assert!(status.success(), "{name}");
}

/// The bench of the parent process, which clears it away.
struct Owned(Bench);

impl Drop for Owned {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0.folder);
    }
}

impl Bench {
    /// On a RAM file system where there is one: sixty times faster.
    fn create(name: &str) -> Self {
        let shm = Path::new("/dev/shm");
        let root = if shm.is_dir() {
            shm.to_path_buf()
        } else {
            std::env::temp_dir()
        };
        let unique = format!("himuro-{}-{}", name.replace("::", "-"), std::process::id());
        let bench = Self {
            folder: root.join(unique),
        };
        fs::create_dir_all(bench.path("tokens")).expect("the RAM disk takes a folder");
        let configuration = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            bench.path("tokens").display()
        );
        fs::write(bench.configuration(), configuration).expect("ours");
        bench
    }

    /// A path on the bench.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The same, as an argument.
    pub(crate) fn arg(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// Writes a file on the bench.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> String {
        fs::write(self.path(name), bytes).expect("ours");
        self.arg(name)
    }

    /// Reads a file on the bench.
    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    pub(crate) fn configuration(&self) -> PathBuf {
        self.path("softhsm2.conf")
    }
}
