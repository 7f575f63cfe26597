//! `C_InitToken` and `C_InitPIN`: a blank token becomes a device's or an officer's.
//!
//! Only blank tokens. `C_InitToken` on one that is in use would wipe its keys whatever their
//! attributes say, so this never calls it there.

use std::rc::Rc;

use cryptoki::context::Function;
use cryptoki::session::UserType;
use signer_core::token::Line;

use crate::connection::Connection;
use crate::error::HsmError;
use crate::login::{self, Pin};
use crate::module::{IsInitialised, Module, TokenInfo, TokenSelector};

/// Longest label of a token in PKCS#11.
const LABEL_MAX: usize = 32;

impl Module {
    /// Initialises one blank token, sets the user's PIN, and says how to find the token.
    pub fn init_token(
        &self,
        so_pin: &Pin,
        label: &str,
        user_pin: &Pin,
    ) -> Result<TokenSelector, HsmError> {
        let label = checked_label(label)?;
        so_pin.check_shape(self.profile())?;
        user_pin.check_shape(self.profile())?;
        if self.tokens()?.iter().any(|info| info.label == label) {
            return Err(HsmError::LabelTaken {
                label: label.to_string(),
            });
        }
        let blank = self.slots(IsInitialised::No)?.into_iter().next();
        let (slot, _) = blank.ok_or(HsmError::NoBlankToken)?;
        let (library, secret) = (self.library(), so_pin.secret());
        library.run(move |hands| {
            hands.library()?.call(Function::InitToken, |library| {
                library.init_token(slot, &secret, label.as_str())
            })
        })?;
        let connection = Connection::open(Rc::clone(library), slot)?;
        login::login(&connection, UserType::So, so_pin)?;
        let secret = user_pin.secret();
        let set = connection.call(Function::InitPIN, move |s| s.init_pin(&secret));
        login::logout(&connection)?;
        set?;
        let info = library.run(move |hands| {
            let library = hands.library()?;
            library.call(Function::GetTokenInfo, |l| l.get_token_info(slot))
        })?;
        Ok(TokenInfo::of(&info).selector())
    }
}

fn checked_label(label: &str) -> Result<Line, HsmError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let good = (1..=LABEL_MAX).contains(&label.len()) && label.chars().all(plain);
    Line::new(label)
        .filter(|_| good)
        .ok_or_else(|| HsmError::BadLabel {
            label: label.to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_plain_and_fit() {
        assert!(checked_label("himuro-a").is_ok());
        assert!(checked_label(&"a".repeat(32)).is_ok());
        for bad in ["", "a b", "氷室", "a\n", &"a".repeat(33)] {
            assert!(checked_label(bad).is_err(), "{bad:?}");
        }
    }
}
