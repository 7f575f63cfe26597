//! The rehearsal's rooms: one folder that a person can open, and tokens in RAM beside it.
//!
//! ```text
//! office/       the host: artefacts, PSBTs before and after, the final transaction
//! devices/d1/   one air-gapped machine each: journal, card, transcript
//! gap/          all that crosses the air gap: pictures of codes, and files on a medium
//! screens/      what stood on every screen, as text
//! readable/     the binary artefacts, as text
//! tokens.txt    where the tokens are while the rehearsal runs
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::RehearseError;
use super::actor::Machine;
use super::apart::TokenServer;

/// All rooms of one rehearsal.
pub(super) struct House {
    root: PathBuf,
    tokens: PathBuf,
    module: Option<PathBuf>,
    servers: BTreeMap<String, TokenServer>,
}

impl House {
    /// Builds the rooms under `root`, which must not exist yet.
    pub(super) fn build(root: &Path, module: Option<PathBuf>) -> Result<Self, RehearseError> {
        if root.exists() {
            return Err(RehearseError::Exists(root.to_path_buf()));
        }
        fs::create_dir_all(root).map_err(|e| RehearseError::file(root, &e))?;
        let root = fs::canonicalize(root).map_err(|e| RehearseError::file(root, &e))?;
        for room in ["office", "devices", "gap", "screens", "readable"] {
            make_folder(&root.join(room))?;
        }
        let tokens = token_folder(&root)?;
        let note = root.join("tokens.txt");
        fs::write(&note, format!("{}\n", tokens.display()))
            .map_err(|e| RehearseError::file(&note, &e))?;
        Ok(Self {
            root,
            tokens,
            module,
            servers: BTreeMap::new(),
        })
    }

    /// The folder of everything.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// A file or folder in the office.
    pub(super) fn office(&self, name: &str) -> PathBuf {
        self.root.join("office").join(name)
    }

    /// A file or folder in the gap.
    pub(super) fn gap(&self, name: &str) -> PathBuf {
        self.root.join("gap").join(name)
    }

    /// The host, with the token of one officer plugged in.
    pub(super) fn desk(&self, officer: &str) -> Result<Machine, RehearseError> {
        Ok(Machine {
            name: format!("office ({officer})"),
            folder: self.root.join("office"),
            softhsm: self.reader(officer)?,
            screens: self.root.join("screens").join("office.txt"),
            server: None,
            module: self.module.clone(),
        })
    }

    /// An air-gapped machine.
    pub(super) fn device(&self, name: &str) -> Result<Machine, RehearseError> {
        let folder = self.root.join("devices").join(name);
        make_folder(&folder)?;
        let server = self.servers.get(name);
        Ok(Machine {
            name: name.into(),
            folder,
            softhsm: self.reader(name)?,
            screens: self.root.join("screens").join(format!("{name}.txt")),
            server: server.map(TokenServer::socket),
            module: server
                .map(TokenServer::client)
                .or_else(|| self.module.clone()),
        })
    }

    /// Lets the tokens of a device live in a process of their own from now on.
    pub(super) fn serve_tokens(&mut self, device: &str) -> Result<(), RehearseError> {
        let server = TokenServer::start(&self.reader(device)?)?;
        self.servers.insert(device.into(), server);
        Ok(())
    }

    /// Puts a token's user PIN into its envelope, beside the token; it ends with the token.
    pub(super) fn envelope(&self, token: &str, pin: &str) -> Result<(), RehearseError> {
        let path = self.tokens.join(format!("{token}.envelope"));
        fs::write(&path, pin).map_err(|e| RehearseError::file(&path, &e))
    }

    /// Carries an officer's token to a device, as a person would.
    pub(super) fn carry_token(&self, officer: &str, device: &str) -> Result<(), RehearseError> {
        let (from, to) = (self.tokens.join(officer), self.tokens.join(device));
        for entry in fs::read_dir(&from).map_err(|e| RehearseError::file(&from, &e))? {
            let entry = entry.map_err(|e| RehearseError::file(&from, &e))?;
            let target = to.join(entry.file_name());
            fs::rename(entry.path(), &target).map_err(|e| RehearseError::file(&target, &e))?;
        }
        Ok(())
    }

    /// The token reader of one machine or officer: SoftHSM's configuration file.
    fn reader(&self, name: &str) -> Result<PathBuf, RehearseError> {
        let folder = self.tokens.join(name);
        let configuration = self.tokens.join(format!("{name}.conf"));
        if !configuration.exists() {
            make_folder(&folder)?;
            let text = format!(
                "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
                folder.display()
            );
            fs::write(&configuration, text).map_err(|e| RehearseError::file(&configuration, &e))?;
        }
        Ok(configuration)
    }
}

impl Drop for House {
    /// The tokens hold the rehearsal's keys; they end with it.
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.tokens);
    }
}

/// A fresh folder for tokens, on a RAM file system where there is one: SoftHSM is about 60 times
/// faster there, and keys of a rehearsal have no business on a disk.
fn token_folder(root: &Path) -> Result<PathBuf, RehearseError> {
    let ram = Path::new("/dev/shm");
    let base = if ram.is_dir() { ram } else { root };
    let folder = base.join(format!("himuro-tokens-{}", secret()?));
    make_folder(&folder)?;
    Ok(folder)
}

/// 16 characters that nobody can guess: a PIN, or a folder name.
pub(super) fn secret() -> Result<String, RehearseError> {
    let path = Path::new("/dev/urandom");
    let mut bytes = [0; 8];
    fs::File::open(path)
        .and_then(|mut file| file.read_exact(&mut bytes))
        .map_err(|e| RehearseError::file(path, &e))?;
    Ok(signer_core::digest::hex(&bytes))
}

fn make_folder(path: &Path) -> Result<(), RehearseError> {
    fs::create_dir_all(path).map_err(|e| RehearseError::file(path, &e))
}
