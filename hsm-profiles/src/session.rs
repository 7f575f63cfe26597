//! One session: `C_OpenSession`, `C_GetSessionInfo`, `C_CloseSession`.
//!
//! The state of a token is its type. A closed token can only be logged in; an open one is the only
//! thing that reaches keys; logging out consumes it.

use std::rc::Rc;

use cryptoki::context::Function;
use cryptoki::object::{Attribute, ObjectClass};
use cryptoki::session::{Session, SessionState, UserType};
use cryptoki::slot::Slot;
use signer_core::token::{HsmFacts, Inventory, LoginState, SessionEnd};

use crate::connection::Connection;
use crate::error::{ErrorClass, HsmError};
use crate::index::Index;
use crate::login::{self, Pin, PinState};
use crate::module::{Library, LoginNeed, TokenInfo};
use crate::profile::Profile;

/// A token with a session and nobody logged in.
#[derive(Debug)]
pub struct ClosedToken {
    connection: Connection,
    info: TokenInfo,
}

/// A token whose user is logged in: the only way to keys and random numbers.
#[derive(Debug)]
pub struct OpenToken {
    pub(crate) connection: Connection,
    pub(crate) index: Index,
    info: TokenInfo,
    reindexed: Reindexed,
}

/// Whether the index was made again because a handle died: once in a session, then never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reindexed {
    NotYet,
    Once,
}

/// What is left after logout.
#[derive(Debug)]
#[must_use]
pub struct LoggedOut {
    /// What the token said of the session's end, for HSM05.
    pub end: SessionEnd,
}

impl ClosedToken {
    pub(crate) fn open(
        library: Rc<Library>,
        slot: Slot,
        info: TokenInfo,
    ) -> Result<Self, HsmError> {
        let connection = Connection::open(library, slot)?;
        Ok(Self { connection, info })
    }

    /// What the token says of itself.
    pub const fn info(&self) -> &TokenInfo {
        &self.info
    }

    /// What it says of its PIN: show it before asking for one.
    pub const fn pin_state(&self) -> PinState {
        self.info.pin
    }

    /// Whether a login may be tried at all: to be asked before anybody types a PIN.
    ///
    /// # Errors
    /// The PIN is locked; or the token wants no login, so that whoever holds it could sign.
    pub fn ready_for_login(&self) -> Result<(), HsmError> {
        if self.info.pin == PinState::Locked {
            return Err(HsmError::PinLocked);
        }
        match self.info.login {
            LoginNeed::Required => Ok(()),
            LoginNeed::None => Err(HsmError::NoLogin),
        }
    }

    /// The profile in use.
    pub fn profile(&self) -> &Profile {
        &self.connection.library().profile
    }

    /// Logs the user in, with one try. On an error the token is given up: whoever wants another
    /// try opens it again, on purpose.
    ///
    /// What the secret is depends on the profile's [`LoginKind`](signer_core::token::LoginKind); where none is
    /// typed, the secret is [`Pin::not_typed`].
    pub fn login(self, pin: &Pin) -> Result<OpenToken, HsmError> {
        self.ready_for_login()?;
        let visible = visible_private_keys(&self.connection)?;
        if visible > 0 {
            return Err(HsmError::VisibleBeforeLogin { count: visible });
        }
        login::login(&self.connection, UserType::User, pin)?;
        // A search that finds nothing must not be taken for a token without keys.
        if login_state(&self.connection) != LoginState::LoggedIn {
            return Err(HsmError::LoggedOut);
        }
        let index = Index::read(&self.connection)?;
        Ok(OpenToken {
            connection: self.connection,
            index,
            info: self.info,
            reindexed: Reindexed::NotYet,
        })
    }
}

impl OpenToken {
    /// Everything that is known of the HSM, for the device card and the transcript.
    pub fn facts(&self) -> HsmFacts {
        self.connection.library().facts(&self.info)
    }

    /// The profile in use.
    pub fn profile(&self) -> &Profile {
        &self.connection.library().profile
    }

    /// Whether the module did not answer and was given up: it is asked nothing any more.
    pub fn is_given_up(&self) -> bool {
        self.connection.library().is_given_up()
    }

    /// Everything on the token, as the one listing after login found it, with what was made since.
    pub fn listed(&self) -> Inventory {
        self.index.inventory()
    }

    /// Everything on the token, read anew.
    pub fn inventory(&mut self) -> Result<Inventory, HsmError> {
        self.reindex()?;
        Ok(self.index.inventory())
    }

    /// Logs out and asks the token what is left of the login.
    pub fn logout(self) -> Result<LoggedOut, HsmError> {
        login::logout(&self.connection)?;
        let end = SessionEnd {
            login: login_state(&self.connection),
            visible_private_keys: visible_private_keys(&self.connection)?,
        };
        Ok(LoggedOut { end })
    }

    /// Runs `call`; where a handle turned out dead, looks the keys up again and runs it once more.
    pub(crate) fn with_fresh_handles<T>(
        &mut self,
        call: impl Fn(&Self) -> Result<T, HsmError>,
    ) -> Result<T, HsmError> {
        match call(self) {
            Err(error) => {
                self.look_again(error)?;
                call(self)
            }
            outcome => outcome,
        }
    }

    /// Looks the keys up again, where `error` is of a dead handle: once in a session; the next dead
    /// handle is an error. So is one that `C_Sign` itself reports: by then the token may have
    /// signed, and nothing is signed twice.
    pub(crate) fn look_again(&mut self, error: HsmError) -> Result<(), HsmError> {
        let stale = error.class() == ErrorClass::StaleHandle && !error.is_of("C_Sign");
        if !stale || self.reindexed == Reindexed::Once {
            return Err(error);
        }
        self.reindexed = Reindexed::Once;
        self.reindex()
    }

    /// Reads the index again. Keys that were there must still be there: a search that finds
    /// nothing also means that the token is gone, or that nobody is logged in.
    pub(crate) fn reindex(&mut self) -> Result<(), HsmError> {
        if login_state(&self.connection) != LoginState::LoggedIn {
            return Err(HsmError::LoggedOut);
        }
        let fresh = Index::read(&self.connection)?;
        let missing = self.index.missing_in(&fresh);
        if missing > 0 {
            return Err(HsmError::KeysVanished { missing });
        }
        self.index = fresh;
        Ok(())
    }
}

fn login_state(connection: &Connection) -> LoginState {
    let info = connection.call(Function::GetSessionInfo, Session::get_session_info);
    match info.map(|info| info.session_state()) {
        Ok(SessionState::RoUser | SessionState::RwUser | SessionState::RwSecurityOfficer) => {
            LoginState::LoggedIn
        }
        Ok(SessionState::RoPublic | SessionState::RwPublic) => LoginState::LoggedOut,
        Err(_) => LoginState::Unknown,
    }
}

pub(crate) fn visible_private_keys(connection: &Connection) -> Result<usize, HsmError> {
    connection.call(Function::FindObjects, |session| {
        let template = [Attribute::Class(ObjectClass::PRIVATE_KEY)];
        session.find_objects(&template).map(|keys| keys.len())
    })
}
