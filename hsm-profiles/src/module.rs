//! The PKCS#11 module: a library file, and the tokens that it offers.
//!
//! `C_Initialize`, `C_GetInfo`, `C_GetSlotList`, `C_GetTokenInfo`, `C_Finalize`. Opens no session.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Function, Info, Pkcs11};
use cryptoki::error::Error;
use cryptoki::slot::Slot;
use sign_call::SignCall;
use signer_core::digest::{FileDigest, FileParts};
use signer_core::token::{HsmFacts, Line, Pattern};

use crate::error::foreign;
use crate::error::{self, HsmError};
use crate::login::PinState;
use crate::owner::{Asked, Hands, Owner};
use crate::profile::{LoginRole, Profile, Serial};
use crate::session::ClosedToken;

/// Read at once: little enough to stay in the processor's cache.
const PART: usize = 128 << 10;

/// The digest of a file, which may be large: it is read part by part.
///
/// # Errors
/// Where it cannot be read.
pub fn digest_of(path: &Path) -> io::Result<FileDigest> {
    let mut file = File::open(path)?;
    let mut parts = FileParts::none();
    let mut buffer = vec![0; PART];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(parts.digest()),
            Ok(read) => parts.take(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// A loaded and initialised module. Dropping the last user of it finalizes it.
#[derive(Debug)]
pub struct Module {
    library: Rc<Library>,
}

/// The module and the profile that it is driven by.
#[derive(Debug)]
pub(crate) struct Library {
    owner: Owner,
    pub(crate) profile: Profile,
    name: Line,
    version: Line,
    digest: FileDigest,
}

/// A token, as it is seen without login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenInfo {
    /// Manufacturer.
    pub vendor: Line,
    /// Model.
    pub model: Line,
    /// Serial number; empty where it has none.
    pub serial: Line,
    /// Label.
    pub label: Line,
    /// Firmware version.
    pub firmware: Line,
    /// Hardware version.
    pub hardware: Line,
    /// What it says of its user's PIN.
    pub pin: PinState,
    /// Whether it says that private keys need a login.
    pub login: LoginNeed,
}

/// Whether a token says that private keys need a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginNeed {
    /// They do.
    Required,
    /// They do not: such a token is never used.
    None,
}

/// How a token is chosen: never by slot number, which moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSelector {
    /// The label.
    pub label: Line,
    /// The serial number, where it is known and the token has one.
    pub serial: Option<Line>,
}

impl fmt::Display for TokenSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.label.as_str())?;
        match &self.serial {
            Some(serial) => write!(f, " with serial number {:?}", serial.as_str()),
            None => Ok(()),
        }
    }
}

impl Module {
    /// Loads the module: the file at `path`, or the first of the profile's paths that exists.
    pub fn load(profile: &Profile, path: Option<&Path>) -> Result<Self, HsmError> {
        if profile.generates_as() == LoginRole::So {
            return Err(HsmError::RoleNotServed {
                profile: profile.id().to_string(),
            });
        }
        let path = find(profile, path)?;
        let digest =
            digest_of(&path).map_err(|e| not_a_module(&path, &e, "ファイルを読み取れません"))?;
        let limit = Duration::from_millis(profile.limits().timeout_ms.into());
        let owner = Owner::start(limit)?;
        let file = path.clone();
        owner
            .ask(move |hands| load(hands, &file))?
            .map_err(|e| loading(&path, &e))?;
        let info = owner
            .ask(initialize)?
            .map_err(|e| error::of_call(&e, |code| profile.class_of(code)))?;
        let (maker, what) = (
            Line::lossy(info.manufacturer_id()),
            info.library_description(),
        );
        let library = Library {
            owner,
            profile: profile.clone(),
            name: Line::lossy(&format!("{maker}: {}", what.trim())),
            version: Line::lossy(&info.library_version().to_string()),
            digest,
        };
        let makers = &library.profile.module.library;
        if !makers.iter().any(|pattern| pattern.meets(&maker)) {
            return Err(HsmError::WrongModule {
                expected: makers
                    .iter()
                    .map(Pattern::to_string)
                    .collect::<Vec<_>>()
                    .join(" or "),
                got: maker.to_string(),
            });
        }
        Ok(Self {
            library: Rc::new(library),
        })
    }

    /// Every initialised token.
    pub fn tokens(&self) -> Result<Vec<TokenInfo>, HsmError> {
        let found = self.slots(IsInitialised::Yes)?;
        Ok(found.into_iter().map(|(_, info)| info).collect())
    }

    /// The one token that `selector` names, still closed.
    pub fn open(&self, selector: &TokenSelector) -> Result<ClosedToken, HsmError> {
        let found = self.slots(IsInitialised::Yes)?;
        let seen = found
            .iter()
            .map(|(_, info)| info.label.to_string())
            .collect();
        let mut matching = found
            .into_iter()
            .filter(|(_, info)| self.library.is_chosen(info, selector));
        match (matching.next(), matching.next()) {
            (Some((slot, info)), None) => ClosedToken::open(Rc::clone(&self.library), slot, info),
            (Some(_), Some(_)) => Err(HsmError::SeveralTokens {
                wanted: selector.to_string(),
            }),
            (None, _) => Err(HsmError::NoToken {
                wanted: selector.to_string(),
                seen,
            }),
        }
    }

    /// The profile in use.
    pub fn profile(&self) -> &Profile {
        &self.library.profile
    }

    /// The module's file.
    pub fn digest(&self) -> FileDigest {
        self.library.digest
    }

    pub(crate) const fn library(&self) -> &Rc<Library> {
        &self.library
    }

    /// Slots with a token that is initialised, or blank.
    pub(crate) fn slots(&self, asked: IsInitialised) -> Result<Vec<(Slot, TokenInfo)>, HsmError> {
        self.library.run(move |hands| {
            let library = hands.library()?;
            let mut found = Vec::new();
            for slot in library.call(Function::GetSlotList, Pkcs11::get_slots_with_token)? {
                let info = library.call(Function::GetTokenInfo, |l| l.get_token_info(slot))?;
                if info.token_initialized() == (asked == IsInitialised::Yes) {
                    found.push((slot, TokenInfo::of(&info)));
                }
            }
            Ok(found)
        })
    }
}

/// Whether a token carries a label and keys, or is blank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IsInitialised {
    Yes,
    No,
}

impl TokenInfo {
    pub(crate) fn of(info: &cryptoki::slot::TokenInfo) -> Self {
        Self {
            vendor: Line::lossy(info.manufacturer_id()),
            model: Line::lossy(info.model()),
            serial: Line::lossy(info.serial_number()),
            label: Line::lossy(info.label()),
            firmware: Line::lossy(&info.firmware_version().to_string()),
            hardware: Line::lossy(&info.hardware_version().to_string()),
            pin: PinState::of(info),
            login: if info.login_required() {
                LoginNeed::Required
            } else {
                LoginNeed::None
            },
        }
    }

    /// The selector of exactly this token.
    pub fn selector(&self) -> TokenSelector {
        let serial = Some(self.serial.clone()).filter(|serial| !serial.as_str().is_empty());
        TokenSelector {
            label: self.label.clone(),
            serial,
        }
    }
}

impl Library {
    /// Has the owner's thread do `work`.
    pub(crate) fn run<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Hands) -> Result<R, Error> + Send + 'static,
    ) -> Result<R, HsmError> {
        let asked = self.begin(work)?;
        self.wait(asked)
    }

    /// Has the owner's thread begin `work`.
    pub(crate) fn begin<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Hands) -> Result<R, Error> + Send + 'static,
    ) -> Result<Asked<Result<R, Error>>, HsmError> {
        self.owner.begin(work)
    }

    /// What became of it.
    pub(crate) fn wait<R>(&self, asked: Asked<Result<R, Error>>) -> Result<R, HsmError> {
        let done = self.owner.wait(asked)?;
        done.map_err(|error| error::of_call(&error, |code| self.profile.class_of(code)))
    }

    /// Whether the module did not answer and was given up.
    pub(crate) fn is_given_up(&self) -> bool {
        self.owner.is_lost()
    }

    /// A serial number counts only where the profile says that tokens of the model have one.
    fn is_chosen(&self, info: &TokenInfo, selector: &TokenSelector) -> bool {
        let serial = match (&selector.serial, self.profile.token.serial) {
            (Some(serial), Serial::Present) => *serial == info.serial,
            _ => true,
        };
        serial && info.label == selector.label
    }

    pub(crate) fn facts(&self, info: &TokenInfo) -> HsmFacts {
        HsmFacts {
            vendor: info.vendor.clone(),
            model: info.model.clone(),
            serial: info.serial.clone(),
            firmware: info.firmware.clone(),
            hardware: info.hardware.clone(),
            label: info.label.clone(),
            module_library: self.name.clone(),
            module_version: self.version.clone(),
            module_digest: self.digest,
            profile: self.profile.id().clone(),
            profile_digest: self.profile.digest(),
            assurance: self.profile.assurance(),
            key_storage: self.profile.key_storage(),
            fips: self.profile.fips().clone(),
            relaxations: self.profile.relaxations().clone(),
            unverified: self.profile.unverified_keys(),
            login: self.profile.login_kind(),
            anchor: self.profile.anchor(),
        }
    }
}

fn load(hands: &mut Hands, path: &Path) -> Result<(), Error> {
    hands.begin(Function::GetFunctionList);
    let library = Pkcs11::new(path)?;
    hands.keep(library, SignCall::of(path));
    Ok(())
}

fn initialize(hands: &mut Hands) -> Result<Info, Error> {
    let library = hands.library()?;
    let arguments = CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK);
    library.call(Function::Initialize, |l| l.initialize(arguments))?;
    library.call(Function::GetInfo, Pkcs11::get_library_info)
}

fn find(profile: &Profile, path: Option<&Path>) -> Result<PathBuf, HsmError> {
    let paths = match path {
        Some(path) => vec![path.to_path_buf()],
        None => profile.module.paths.clone(),
    };
    match paths.iter().find(|path| path.is_file()) {
        Some(found) => Ok(found.clone()),
        None => Err(HsmError::ModuleMissing { paths }),
    }
}

fn loading(path: &Path, error: &Error) -> HsmError {
    match error {
        Error::LibraryLoading(reason) => not_a_module(path, reason, "読み込めません"),
        other => not_a_module(path, other, "PKCS#11の関数がありません"),
    }
}

fn not_a_module(path: &Path, said: &impl fmt::Display, meant: &str) -> HsmError {
    HsmError::NotAModule {
        path: path.to_path_buf(),
        reason: foreign(said, meant),
    }
}
