//! `C_Login`: once, with what a person typed. A login is never tried again by the program.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cryptoki::context::Function;
use cryptoki::error::{Error, RvError};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use signer_core::token::LoginKind;
use zeroize::Zeroizing;

use crate::connection::Connection;
use crate::error::HsmError;
use crate::profile::Profile;

/// How long people may take at the HSM's own keypad or card reader.
const AT_THE_HSM: Duration = Duration::from_mins(5);

/// A PIN. Wiped from memory when it is dropped; never shown.
pub struct Pin {
    /// Shared with the thread that logs in: one copy, wiped by whoever lets go of it last.
    secret: Arc<AuthPin>,
    len: usize,
    shape: Shape,
}

/// What can be said of a secret without looking at it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shape {
    /// It begins with four hexadecimal digits.
    id: bool,
    /// There is something on either side of a colon.
    colon: bool,
    /// Its first character is a 1.
    one: bool,
}

impl Pin {
    /// Takes what was typed.
    pub fn new(typed: &Zeroizing<String>) -> Self {
        // A boxed text of the exact length: shrinking a longer buffer could leave a copy behind.
        let exact: Box<str> = Box::from(typed.as_str());
        Self {
            len: exact.len(),
            shape: Shape {
                id: exact.len() > 4 && exact.bytes().take(4).all(|b| b.is_ascii_hexdigit()),
                colon: exact
                    .split_once(':')
                    .is_some_and(|(user, password)| !user.is_empty() && !password.is_empty()),
                one: exact.starts_with('1'),
            },
            secret: Arc::new(AuthPin::new(exact)),
        }
    }

    /// Another PIN of the same length, for an acceptance test: surely wrong.
    #[must_use]
    pub fn wrong(&self) -> Self {
        let digit = if self.shape.one { "2" } else { "1" };
        Self::new(&Zeroizing::new(digit.repeat(self.len)))
    }

    /// In the place of a secret that nobody types here: it goes into the HSM by its own keypad, or
    /// its cards were loaded before.
    pub fn not_typed() -> Self {
        Self::new(&Zeroizing::new("not-typed".into()))
    }

    pub(crate) fn secret(&self) -> Arc<AuthPin> {
        Arc::clone(&self.secret)
    }

    /// Refuses what the token could not take anyway, before a try is counted.
    pub(crate) fn check_shape(&self, profile: &Profile) -> Result<(), HsmError> {
        let login = &profile.login;
        let kind = login.kind;
        match kind {
            LoginKind::ProtectedPath | LoginKind::Preloaded => return Ok(()),
            LoginKind::IdAndPassword if !self.shape.id => {
                return Err(HsmError::PinShape { kind });
            }
            LoginKind::UserColonPassword if !self.shape.colon => {
                return Err(HsmError::PinShape { kind });
            }
            LoginKind::Pin | LoginKind::IdAndPassword | LoginKind::UserColonPassword => {}
        }
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
    let profile = &connection.library().profile;
    pin.check_shape(profile)?;
    if profile.login.kind == LoginKind::ProtectedPath {
        // People go to the HSM and use its keypad or card reader meanwhile.
        return connection.run(move |at| {
            at.call_of_people(Function::Login, AT_THE_HSM, |session| {
                session.login(user, None)
            })
        });
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_the_shape_of_its_login() {
        let text = include_str!("../profiles/softhsm2.toml");
        for (kind, good, bad) in [
            ("pin", "1234", "123"),
            ("id_and_password", "00a1password", "password"),
            ("id_and_password", "00a1p", "00a1"),
            ("user_colon_password", "officer:password", "officer"),
            ("user_colon_password", "a:b:c", ":password"),
            ("user_colon_password", "user:pass", "user:"),
        ] {
            let named = format!("kind = \"{kind}\"");
            let profile = Profile::parse(&text.replacen("kind = \"pin\"", &named, 1)).unwrap();
            let typed = |text: &str| Pin::new(&Zeroizing::new(text.to_owned()));
            assert_eq!(typed(good).check_shape(&profile), Ok(()), "{kind} {good}");
            let error = typed(bad).check_shape(&profile).unwrap_err();
            assert_eq!(error.class(), crate::error::ErrorClass::PinShape);
            assert!(!error.to_string().contains(bad), "{kind} {bad}");
        }
    }

    #[test]
    fn where_nothing_is_typed_nothing_is_measured() {
        let text = include_str!("../profiles/softhsm2.toml");
        for kind in ["protected_path", "preloaded"] {
            let named = format!("kind = \"{kind}\"");
            let text = text.replacen("kind = \"pin\"", &named, 1);
            let profile = Profile::parse(&text.replace("\nmax = 255", "\nmax = 4")).unwrap();
            assert_eq!(Pin::not_typed().check_shape(&profile), Ok(()));
        }
    }
}
