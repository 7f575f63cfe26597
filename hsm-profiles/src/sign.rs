//! The only place with `C_Sign`: `CKM_ECDSA` over exactly 32 bytes.
//!
//! A digest comes from a closed order of signer-core; the callers in `device` and `officer` are
//! the only ones. Whether the signature verifies is judged by signer-core, not here.

use cryptoki::context::Function;
use cryptoki::error::{Error, Rv};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;
use sign_call::Failed;
use signer_core::keys::{CkaId, Signature64};

use crate::error::HsmError;
use crate::owner::{Asked, At};
use crate::point::PublicPart;
use crate::session::OpenToken;

/// A signature that the token was asked for, and has not been waited for.
#[derive(Debug)]
#[must_use = "the token signs, and nobody would know what became of it"]
pub struct AskedSignature {
    id: CkaId,
    expected: PublicPart,
    digest: [u8; 32],
    asked: Asked<Result<Vec<u8>, Error>>,
}

impl OpenToken {
    /// Signs `digest` with the key `id`, whose public part must be `expected`. S comes out low.
    pub(crate) fn sign_digest(
        &mut self,
        id: CkaId,
        expected: &PublicPart,
        digest: &[u8; 32],
    ) -> Result<Signature64, HsmError> {
        let asked = self.ask_to_sign(id, expected, digest)?;
        self.signature(asked)
    }

    /// Asks for the same, and does not wait for it.
    pub(crate) fn ask_to_sign(
        &self,
        id: CkaId,
        expected: &PublicPart,
        digest: &[u8; 32],
    ) -> Result<AskedSignature, HsmError> {
        // Signed as it is by every module that was tried, and never the digest of anything.
        if *digest == [0; 32] {
            return Err(HsmError::ZeroDigest);
        }
        let private = self.private_of(id, expected)?;
        Ok(AskedSignature {
            id,
            expected: *expected,
            digest: *digest,
            asked: self.connection.begin(signing(private, digest))?,
        })
    }

    /// Waits for a signature that was asked for.
    pub(crate) fn signature(&mut self, asked: AskedSignature) -> Result<Signature64, HsmError> {
        let AskedSignature {
            id,
            expected,
            digest,
            asked,
        } = asked;
        let bytes = match self.connection.wait(asked) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.look_again(error)?;
                self.c_sign(id, &expected, &digest)?
            }
        };
        let signature = <[u8; 64]>::try_from(bytes).map(Signature64);
        signature
            .ok()
            .and_then(|signature| match expected {
                PublicPart::Secp256k1(_) => signature.low_s_k256(),
                PublicPart::P256(_) => signature.low_s_p256(),
            })
            .ok_or(HsmError::BadSignature(id))
    }

    /// The same over bytes whose length is not known: anything but 32 is refused here, since
    /// modules sign what they are given.
    pub(crate) fn sign_slice(
        &mut self,
        id: CkaId,
        expected: &PublicPart,
        bytes: &[u8],
    ) -> Result<Signature64, HsmError> {
        let got = bytes.len();
        let digest = bytes
            .try_into()
            .map_err(|_| HsmError::DigestLength { got })?;
        self.sign_digest(id, expected, digest)
    }

    /// What the token answers, as it made it.
    pub(crate) fn c_sign(
        &self,
        id: CkaId,
        expected: &PublicPart,
        digest: &[u8; 32],
    ) -> Result<Vec<u8>, HsmError> {
        self.c_sign_handle(self.private_of(id, expected)?, digest)
    }

    /// The call itself.
    pub(crate) fn c_sign_handle(
        &self,
        private: ObjectHandle,
        digest: &[u8; 32],
    ) -> Result<Vec<u8>, HsmError> {
        self.connection.run(signing(private, digest))
    }

    fn private_of(&self, id: CkaId, expected: &PublicPart) -> Result<ObjectHandle, HsmError> {
        let pair = self.index.pair(id)?;
        if pair.public == *expected {
            Ok(pair.private)
        } else {
            Err(HsmError::OtherKey(id))
        }
    }
}

/// The one signing call: without a question for the length, where the module lets us.
fn signing(
    private: ObjectHandle,
    digest: &[u8; 32],
) -> impl FnOnce(&At<'_, Session>) -> Result<Vec<u8>, Error> + Send + 'static {
    let digest = *digest;
    #[expect(
        clippy::disallowed_methods,
        reason = "the one signing call, over a digest of one of our own orders"
    )]
    move |at| {
        at.call(Function::Sign, |session| match at.sign_call() {
            Some(direct) => direct
                .sign_at_once(session.handle(), private.handle(), &digest)
                .or_else(failed),
            None => session.sign(&Mechanism::Ecdsa, private, &digest),
        })
    }
}

/// The failure as cryptoki tells it.
fn failed(failed: Failed) -> Result<Vec<u8>, Error> {
    let (code, function) = match failed {
        Failed::SignInit(code) => (code, Function::SignInit),
        Failed::Sign(code) => (code, Function::Sign),
    };
    Rv::from(code).into_result(function).map(|()| Vec::new())
}

#[cfg(test)]
mod tests {
    use signer_core::keys::KeyRole;

    use super::*;
    use crate::common::isolated;

    #[test]
    fn a_zero_digest_is_refused_before_the_token_sees_it() {
        let name = "sign::tests::a_zero_digest_is_refused_before_the_token_sees_it";
        isolated(name, |tokens| {
            let (_module, _, mut token) = tokens.opened();
            let born = token.generate_identity().unwrap();
            let (id, public) = (
                CkaId::single(KeyRole::Identity),
                PublicPart::P256(born.public_key),
            );
            let refused = token.sign_digest(id, &public, &[0; 32]);
            assert_eq!(refused, Err(HsmError::ZeroDigest));
            let mut smallest = [0; 32];
            smallest[31] = 1;
            assert!(token.sign_digest(id, &public, &smallest).is_ok());
        });
    }
}
