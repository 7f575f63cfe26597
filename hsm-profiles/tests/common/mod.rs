//! Real tokens for tests: a folder of SoftHSM tokens of its own for each test.
//!
//! SoftHSM reads the name of its configuration from its environment, keeps one login for a whole
//! process, and a program cannot change its own environment safely. So a test runs again as a
//! child process of itself, with the environment set:
//!
//! ```ignore
//! #[test]
//! fn my_test() {
//!     isolated("my_test", |tokens| { /* runs in a process and a token folder of its own */ });
//! }
//! ```

#![allow(dead_code, reason = "each test program uses a part of this")]

use std::path::{Path, PathBuf};
use std::process::Command;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use hsm_profiles::{ClosedToken, Module, OpenToken, Pin, Profile, TokenSelector};
use zeroize::Zeroizing;

pub(crate) const SO_PIN: &str = "so-pin-of-tests";
pub(crate) const USER_PIN: &str = "user-pin-of-tests";
pub(crate) const LABEL: &str = "himuro-test";

const FOLDER: &str = "HIMURO_TEST_TOKENS";

/// A folder of tokens; removed when the test ends.
pub(crate) struct Tokens {
    folder: PathBuf,
}

/// Runs `body` in a child process with a token folder of its own. `name` is the test's full name:
/// with another one the child finds no test, and that fails.
pub(crate) fn isolated(name: &str, body: impl FnOnce(&Tokens)) {
    if let Some(folder) = std::env::var_os(FOLDER) {
        body(&Tokens {
            folder: folder.into(),
        });
        return;
    }
    let tokens = Tokens::create(name);
    let output = tokens
        .in_environment(Command::new(std::env::current_exe().unwrap()))
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .output()
        .unwrap();
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

impl Tokens {
    /// On a RAM file system where there is one: sixty times faster.
    pub(crate) fn create(name: &str) -> Self {
        let shm = Path::new("/dev/shm");
        let root = if shm.is_dir() {
            shm.to_path_buf()
        } else {
            std::env::temp_dir()
        };
        let unique = format!("himuro-{}-{}", name.replace("::", "-"), std::process::id());
        let tokens = Self {
            folder: root.join(unique),
        };
        std::fs::create_dir_all(tokens.store()).unwrap();
        let configuration = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            tokens.store().display()
        );
        std::fs::write(tokens.configuration(), configuration).unwrap();
        tokens
    }

    /// Where SoftHSM keeps its tokens.
    pub(crate) fn store(&self) -> PathBuf {
        self.folder.join("tokens")
    }

    fn configuration(&self) -> PathBuf {
        self.folder.join("softhsm2.conf")
    }

    /// Where a test that runs SoftHSM in a process of its own has p11-kit listen.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.join("p11-kit")
    }

    /// A file of the test's own.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The environment in which the module finds this folder.
    pub(crate) fn in_environment(&self, mut command: Command) -> Command {
        command
            .env("SOFTHSM2_CONF", self.configuration())
            .env(
                "P11_KIT_SERVER_ADDRESS",
                format!("unix:path={}", self.socket().display()),
            )
            .env(FOLDER, &self.folder);
        command
    }

    /// A fresh token.
    #[expect(
        clippy::unused_self,
        reason = "there is a token folder only inside `isolated`"
    )]
    pub(crate) fn provisioned(&self) -> (Module, TokenSelector) {
        let module = load_module();
        let selector = module
            .init_token(&pin(SO_PIN), LABEL, &pin(USER_PIN))
            .unwrap();
        (module, selector)
    }

    /// A fresh token, logged in.
    pub(crate) fn opened(&self) -> (Module, TokenSelector, OpenToken) {
        let (module, selector) = self.provisioned();
        let token = login(&module, &selector);
        (module, selector, token)
    }
}

impl Drop for Tokens {
    fn drop(&mut self) {
        // The child leaves the folder to its parent.
        if std::env::var_os(FOLDER).is_none() {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

pub(crate) fn profile() -> Profile {
    Profile::named("softhsm2").unwrap()
}

/// The module, loaded by the built-in profile.
pub(crate) fn load_module() -> Module {
    Module::load(&profile(), None).unwrap()
}

pub(crate) fn pin(text: &str) -> Pin {
    Pin::new(&Zeroizing::new(text.to_owned()))
}

pub(crate) fn open(module: &Module, selector: &TokenSelector) -> ClosedToken {
    module.open(selector).unwrap()
}

pub(crate) fn login(module: &Module, selector: &TokenSelector) -> OpenToken {
    open(module, selector).login(&pin(USER_PIN)).unwrap()
}

/// Somebody else's program at the same token: not the driver, and bound by none of its rules.
pub(crate) struct Stranger {
    pub(crate) session: Session,
}

impl Stranger {
    /// In a process that has loaded the module already.
    pub(crate) fn beside_the_driver() -> Self {
        Self::at(&Pkcs11::new(module_path()).unwrap())
    }

    /// Does `work` alone, logged in, before the driver loads the module or after it left.
    pub(crate) fn alone(work: impl FnOnce(&Session)) {
        let context = Pkcs11::new(module_path()).unwrap();
        let arguments = CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK);
        context.initialize(arguments).unwrap();
        let stranger = Self::at(&context);
        stranger.login();
        work(&stranger.session);
        drop(stranger);
        context.finalize().unwrap();
    }

    fn at(context: &Pkcs11) -> Self {
        let slot = context.get_slots_with_initialized_token().unwrap()[0];
        Self {
            session: context.open_rw_session(slot).unwrap(),
        }
    }

    pub(crate) fn login(&self) {
        let pin = AuthPin::new(USER_PIN.into());
        self.session.login(UserType::User, Some(&pin)).unwrap();
    }
}

/// SoftHSM's file, where this system has it.
pub(crate) fn module_path() -> PathBuf {
    first_file(&[
        "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib64/softhsm/libsofthsm.so",
        "/opt/homebrew/lib/softhsm/libsofthsm2.so",
    ])
}

/// The module that stands before SoftHSM and misbehaves: cargo builds it beside the tests.
pub(crate) fn quirk_module() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    program.with_file_name("libquirk_module.so")
}

/// The first of these files that is there; scripts/setup installs them.
pub(crate) fn first_file(paths: &[&str]) -> PathBuf {
    let found = paths.iter().map(PathBuf::from).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("none of {paths:?} is there: run scripts/setup"))
}
