//! `C_InitToken` and `C_InitPIN`: a blank token becomes a device's or an officer's.
//!
//! Only blank tokens. `C_InitToken` on one that is in use would wipe its keys whatever their
//! attributes say, so this never calls it there.

use cryptoki::session::UserType;
use signer_core::token::Line;

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
        so_pin.check_length(self.library())?;
        user_pin.check_length(self.library())?;
        if self.tokens()?.iter().any(|info| info.label == label) {
            return Err(HsmError::LabelTaken {
                label: label.to_string(),
            });
        }
        let blank = self.slots(IsInitialised::No)?.into_iter().next();
        let (slot, _) = blank.ok_or(HsmError::NoBlankToken)?;
        let (library, context) = (self.library(), self.library().context()?);
        let done = context.init_token(slot, so_pin.secret(), label.as_str());
        done.map_err(|e| library.error(&e))?;
        let session = context.open_rw_session(slot);
        let session = session.map_err(|e| library.error(&e))?;
        login::login(library, &session, UserType::So, so_pin)?;
        let set = session.init_pin(user_pin.secret());
        login::logout(library, &session)?;
        set.map_err(|e| library.error(&e))?;
        let info = context.get_token_info(slot);
        let info = info.map_err(|e| library.error(&e))?;
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
