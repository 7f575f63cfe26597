//! A device's token: obeys the orders of signer-core, and no others.

use signer_core::keys::{CkaId, KeyRole, P256PublicKey, Signature64};
use signer_core::signing::{PossessionOrder, SealOrder, SighashOrder, SigningHsm, WalletKeyRef};

use crate::error::HsmError;
use crate::point::PublicPart;
use crate::session::{LoggedOut, OpenToken};

/// An open token with an identity key: a device.
#[derive(Debug)]
pub struct DeviceHsm {
    token: OpenToken,
    identity: P256PublicKey,
}

impl DeviceHsm {
    /// The device whose identity key is on `token`.
    pub fn new(mut token: OpenToken) -> Result<Self, HsmError> {
        let identity = token.read_identity()?.public_key;
        Ok(Self { token, identity })
    }

    /// The token, for facts, inventory, keys, random numbers and anchors.
    pub const fn token(&mut self) -> &mut OpenToken {
        &mut self.token
    }

    /// Logs out.
    pub fn logout(self) -> Result<LoggedOut, HsmError> {
        self.token.logout()
    }

    fn sign_with_wallet_key(
        &mut self,
        key: &WalletKeyRef,
        digest: &[u8; 32],
    ) -> Result<Signature64, HsmError> {
        if key.id.role != KeyRole::Wallet {
            return Err(HsmError::WrongRole(key.id));
        }
        let expected = PublicPart::Secp256k1(key.public_key);
        self.token.sign_digest(key.id, &expected, digest)
    }
}

impl SigningHsm for DeviceHsm {
    type Error = HsmError;

    fn identity(&self) -> P256PublicKey {
        self.identity
    }

    fn sign(&mut self, order: &SighashOrder) -> Result<Signature64, HsmError> {
        self.sign_with_wallet_key(&order.key(), order.digest())
    }

    fn prove(&mut self, order: &PossessionOrder) -> Result<Signature64, HsmError> {
        self.sign_with_wallet_key(&order.key(), order.digest())
    }

    fn seal(&mut self, order: &SealOrder) -> Result<Signature64, HsmError> {
        let id = CkaId::single(KeyRole::Identity);
        let expected = PublicPart::P256(self.identity);
        self.token.sign_digest(id, &expected, order.digest())
    }
}
