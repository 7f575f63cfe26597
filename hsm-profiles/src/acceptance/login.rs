//! What a login, a logout and a new login do to keys and handles.

use cryptoki::context::Function;
use cryptoki::session::{Session, UserType};
use signer_core::acceptance::{Answer, TestDigest, Trial};
use signer_core::phrase;

use super::{Probe, ThrowAway, words_of};
use crate::error::{ErrorClass, HsmError};
use crate::login::{self, Pin};
use crate::module::{Module, TokenSelector};
use crate::session::visible_private_keys;

impl Probe<'_> {
    /// Logs in a second time, out, and in again with a PIN that a person typed for this.
    pub fn login_again(
        &mut self,
        key: &ThrowAway,
        pin: &Pin,
        digest: &TestDigest,
    ) -> Result<(), HsmError> {
        match login::login(&self.token.connection, UserType::User, pin) {
            Ok(()) => self.note(Trial::SecondLogin, Answer::Done, "CKR_OK"),
            // The PIN was typed wrongly: one more try could lock it.
            Err(error) if error.class() == ErrorClass::PinWrong => return Err(error),
            Err(error) => {
                let code = words_of(self.token, error)?;
                self.note(Trial::SecondLogin, Answer::Refused, &code);
            }
        }
        login::logout(&self.token.connection)?;
        let without = self.without_login(key);
        self.duty(Trial::LogoutEndsUse, |_| without)?;
        if let Err(error) = login::login(&self.token.connection, UserType::User, pin) {
            let code = words_of(self.token, error)?;
            self.note(Trial::FoundAfterLogin, Answer::Refused, &code);
            return Ok(());
        }
        match self.handle_signs(key.private)? {
            None => self.note(Trial::OldHandleLives, Answer::Done, "CKR_OK"),
            Some(code) => self.note(Trial::OldHandleLives, Answer::Refused, &code),
        }
        self.duty(Trial::FoundAfterLogin, |probe| {
            probe.token.inventory()?;
            let signed = probe.token.c_sign(key.id, &key.public, digest.as_bytes());
            signed.map(|_| "found by its id, signs".to_owned())
        })
    }

    /// What a key is worth when nobody is logged in: nothing.
    fn without_login(&self, key: &ThrowAway) -> Result<String, HsmError> {
        let visible = visible_private_keys(&self.token.connection)?;
        if visible > 0 {
            return Err(HsmError::VisibleBeforeLogin { count: visible });
        }
        let code = self.handle_signs(key.private)?;
        code.ok_or_else(|| HsmError::Answer {
            reason: phrase!(
                "a handle signs although nobody is logged in",
                "ログインしていないのに署名できます"
            ),
        })
    }
}

/// One deliberate wrong PIN, before anybody is logged in: what the trial comes to.
pub fn wrong_pin(
    module: &Module,
    selector: &TokenSelector,
    wrong: &Pin,
) -> Result<(Answer, String), HsmError> {
    let closed = module.open(selector)?;
    match closed.login(wrong) {
        Ok(open) => {
            let _ = open.logout()?;
            Ok((Answer::Refused, "it was taken".to_owned()))
        }
        Err(HsmError::Call { code, class, .. }) => Ok(match class {
            ErrorClass::PinWrong => (Answer::Done, code),
            _ => (Answer::Refused, format!("refused as {class:?}: {code}")),
        }),
        Err(error) => Err(error),
    }
}

/// The slot's session, for what is asked of the library.
pub(super) fn slot_of(probe: &Probe<'_>) -> Result<cryptoki::slot::Slot, HsmError> {
    let info = |session: &Session| session.get_session_info().map(|info| info.slot_id());
    probe.token.connection.call(Function::GetSessionInfo, info)
}
