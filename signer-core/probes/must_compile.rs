//! The same means that the other probes misuse, where they are allowed.

use signer_core::cose::{Artefact, CoseError, Draft};
use signer_core::digest::DeviceId;
use signer_core::keys::{P256PublicKey, Signature64};
use signer_core::signing::{
    OfficerOrder, PossessionOrder, SealOrder, SighashOrder, SigningHsm, WalletKeyRef,
};

/// An HSM sees what it is asked to sign and cannot make it.
pub struct Token;

impl SigningHsm for Token {
    type Error = core::fmt::Error;

    fn identity(&self) -> P256PublicKey {
        unimplemented!()
    }

    fn sign(&mut self, order: &SighashOrder) -> Result<Signature64, Self::Error> {
        let _ = (order.input(), order.key(), order.digest());
        Err(core::fmt::Error)
    }

    fn prove(&mut self, order: &PossessionOrder) -> Result<Signature64, Self::Error> {
        let _ = (order.key(), order.nonce(), order.digest());
        Err(core::fmt::Error)
    }

    fn seal(&mut self, order: &SealOrder) -> Result<Signature64, Self::Error> {
        let _ = order.digest();
        Err(core::fmt::Error)
    }
}

pub fn prove(token: &mut Token, device: &DeviceId, key: WalletKeyRef, nonce: [u8; 32]) {
    let _ = token.prove(&PossessionOrder::new(device, key, nonce));
}

pub fn seal<T: Artefact>(draft: Draft<T>) -> (Option<SealOrder>, Option<OfficerOrder>) {
    (draft.seal_order(), draft.officer_order())
}

pub fn sign<T: Artefact>(draft: Draft<T>, signature: Signature64) -> Result<(), CoseError> {
    draft.signed(signature).map(drop)
}

fn main() {}
