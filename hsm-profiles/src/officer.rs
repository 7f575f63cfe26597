//! An officer's own token: signs the officer's artefacts, and nothing else.

use signer_core::keys::{CkaId, KeyRole, P256PublicKey, Signature64};
use signer_core::signing::OfficerOrder;

use crate::error::HsmError;
use crate::point::PublicPart;
use crate::session::{LoggedOut, OpenToken};

/// An open token with an officer's key.
#[derive(Debug)]
pub struct OfficerToken {
    token: OpenToken,
    key: P256PublicKey,
}

impl OfficerToken {
    /// The officer whose key is on `token`.
    pub fn new(mut token: OpenToken) -> Result<Self, HsmError> {
        let key = token.read_officer_key()?.public_key;
        Ok(Self { token, key })
    }

    /// The officer's public key, as the roster lists it.
    pub const fn public_key(&self) -> P256PublicKey {
        self.key
    }

    /// The token, for facts and attributes.
    pub const fn token(&mut self) -> &mut OpenToken {
        &mut self.token
    }

    /// Signs one of the officer's artefacts.
    pub fn sign(&mut self, order: &OfficerOrder) -> Result<Signature64, HsmError> {
        let id = CkaId::single(KeyRole::Officer);
        let expected = PublicPart::P256(self.key);
        self.token.sign_digest(id, &expected, order.digest())
    }

    /// Logs out.
    pub fn logout(self) -> Result<LoggedOut, HsmError> {
        self.token.logout()
    }
}
