//! `C_SetPIN`: a PIN is changed, and the new one is proven by a login with it.

use cryptoki::context::Function;
use cryptoki::session::UserType;
use signer_core::token::LoginKind;

use crate::connection::Connection;
use crate::error::HsmError;
use crate::login::{self, Pin};
use crate::profile::Profile;
use crate::session::OpenToken;

impl Profile {
    /// Whether a PIN of this length, drawn and typed by nobody, can be the token's.
    pub fn takes_drawn_pin(&self, length: usize) -> TakesPin {
        let fits = (self.login.min..=self.login.max).contains(&length);
        match self.login_kind() {
            LoginKind::ProtectedPath | LoginKind::Preloaded => TakesPin::AtTheHsm,
            LoginKind::Pin if fits => TakesPin::Yes,
            LoginKind::Pin | LoginKind::IdAndPassword | LoginKind::UserColonPassword => {
                TakesPin::No
            }
        }
    }
}

/// Whether a model's PIN can be one that nobody types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakesPin {
    /// It can.
    Yes,
    /// Its PINs have another form or another length.
    No,
    /// People authenticate at the HSM itself: whatever quorum it has is its own.
    AtTheHsm,
}

impl OpenToken {
    /// Changes the PIN of the user who is logged in (PKCS#11 `C_SetPIN`).
    pub fn change_pin(&mut self, old: &Pin, new: &Pin) -> Result<(), HsmError> {
        set_pin(&self.connection, old, new)
    }

    /// Logs the user out and in again with this PIN, once: the token has it.
    pub fn prove_pin(&mut self, pin: &Pin) -> Result<(), HsmError> {
        login::logout(&self.connection)?;
        login::login(&self.connection, UserType::User, pin)?;
        self.reindex()
    }

    /// Changes the security officer's PIN, in a login of its own, and logs in with the new one.
    /// Whatever comes of it, the user is logged in again at the end.
    pub fn change_so_pin(&mut self, user: &Pin, old: &Pin, new: &Pin) -> Result<(), HsmError> {
        login::logout(&self.connection)?;
        let changed = change_as_so(&self.connection, old, new);
        login::logout(&self.connection)?;
        login::login(&self.connection, UserType::User, user)?;
        self.reindex()?;
        changed
    }
}

fn change_as_so(connection: &Connection, old: &Pin, new: &Pin) -> Result<(), HsmError> {
    login::login(connection, UserType::So, old)?;
    set_pin(connection, old, new)?;
    login::logout(connection)?;
    login::login(connection, UserType::So, new)
}

fn set_pin(connection: &Connection, old: &Pin, new: &Pin) -> Result<(), HsmError> {
    let profile = &connection.library().profile;
    old.check_shape(profile)?;
    new.check_shape(profile)?;
    let (old, new) = (old.secret(), new.secret());
    connection.call(Function::SetPIN, move |session| session.set_pin(&old, &new))
}
