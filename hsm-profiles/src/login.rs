//! `C_Login`: once, with what a person typed. A login is never tried again by the program.

use std::fmt;
use std::sync::Arc;

use cryptoki::context::Function;
use cryptoki::error::{Error, RvError};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use zeroize::Zeroizing;

use crate::connection::Connection;
use crate::error::HsmError;
use crate::module::Library;

/// A PIN. Wiped from memory when it is dropped; never shown.
pub struct Pin {
    /// Shared with the thread that logs in: one copy, wiped by whoever lets go of it last.
    secret: Arc<AuthPin>,
    len: usize,
}

impl Pin {
    /// Takes what was typed.
    pub fn new(typed: &Zeroizing<String>) -> Self {
        // A boxed text of the exact length: shrinking a longer buffer could leave a copy behind.
        let exact: Box<str> = Box::from(typed.as_str());
        Self {
            len: exact.len(),
            secret: Arc::new(AuthPin::new(exact)),
        }
    }

    pub(crate) fn secret(&self) -> Arc<AuthPin> {
        Arc::clone(&self.secret)
    }

    /// Refuses what the token could not take anyway, before a try is counted.
    pub(crate) fn check_length(&self, library: &Library) -> Result<(), HsmError> {
        let login = &library.profile.login;
        let (min, max) = (login.min, login.max);
        if (min..=max).contains(&self.len) {
            Ok(())
        } else {
            Err(HsmError::PinLength { min, max })
        }
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(..)")
    }
}

/// What a token says of its user's PIN: to be shown before a PIN is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinState {
    /// No wrong PIN since the last login.
    Fine,
    /// A wrong PIN was entered since the last login.
    CountLow,
    /// One more wrong PIN locks it, or wipes the HSM.
    FinalTry,
    /// Locked.
    Locked,
    /// No PIN was set yet.
    NotSet,
}

impl PinState {
    pub(crate) fn of(info: &cryptoki::slot::TokenInfo) -> Self {
        if !info.user_pin_initialized() {
            Self::NotSet
        } else if info.user_pin_locked() {
            Self::Locked
        } else if info.user_pin_final_try() {
            Self::FinalTry
        } else if info.user_pin_count_low() {
            Self::CountLow
        } else {
            Self::Fine
        }
    }
}

/// Logs `user` in, once.
pub(crate) fn login(connection: &Connection, user: UserType, pin: &Pin) -> Result<(), HsmError> {
    pin.check_length(connection.library())?;
    let secret = pin.secret();
    connection.call(Function::Login, move |session| {
        session.login(user, Some(&secret))
    })
}

/// Logs out. Having been logged out already is what was wanted.
pub(crate) fn logout(connection: &Connection) -> Result<(), HsmError> {
    connection.call(Function::Logout, |session: &Session| {
        match session.logout() {
            Err(Error::Pkcs11(RvError::UserNotLoggedIn, _)) => Ok(()),
            ended => ended,
        }
    })
}
