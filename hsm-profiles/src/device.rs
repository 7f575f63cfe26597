//! A device's token: obeys the orders of signer-core, and no others.

use signer_core::keys::{CkaId, KeyRole, P256PublicKey, Signature64};
use signer_core::signing::{PossessionOrder, SealOrder, SighashOrder, SigningHsm, WalletKeyRef};

use crate::error::HsmError;
use crate::point::PublicPart;
use crate::session::{LoggedOut, OpenToken};
use crate::sign::AskedSignature;

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

    /// Asks for the signature of an order, and does not wait for it: something else can be done
    /// meanwhile.
    pub fn ask(&mut self, order: &SighashOrder) -> Result<AskedSignature, HsmError> {
        self.ask_wallet_key(&order.key(), order.digest())
    }

    /// Waits for a signature that was asked for.
    pub fn answer(&mut self, asked: AskedSignature) -> Result<Signature64, HsmError> {
        self.token.signature(asked)
    }

    fn ask_wallet_key(
        &self,
        key: &WalletKeyRef,
        digest: &[u8; 32],
    ) -> Result<AskedSignature, HsmError> {
        if key.id.role != KeyRole::Wallet {
            return Err(HsmError::WrongRole(key.id));
        }
        let expected = PublicPart::Secp256k1(key.public_key);
        self.token.ask_to_sign(key.id, &expected, digest)
    }
}

impl SigningHsm for DeviceHsm {
    type Error = HsmError;

    fn identity(&self) -> P256PublicKey {
        self.identity
    }

    fn sign(&mut self, order: &SighashOrder) -> Result<Signature64, HsmError> {
        let asked = self.ask(order)?;
        self.answer(asked)
    }

    fn prove(&mut self, order: &PossessionOrder) -> Result<Signature64, HsmError> {
        let asked = self.ask_wallet_key(&order.key(), order.digest())?;
        self.answer(asked)
    }

    fn seal(&mut self, order: &SealOrder) -> Result<Signature64, HsmError> {
        let id = CkaId::single(KeyRole::Identity);
        let expected = PublicPart::P256(self.identity);
        self.token.sign_digest(id, &expected, order.digest())
    }
}
