//! Attempts to change, copy, take out or misuse a key: each must fail.
//!
//! The only place with these calls. Each of them reaches nothing but a [`ThrowAway`] key, made by
//! this test a moment before; what an attempt brings to light is wiped at once and never leaves
//! this file. `hsm-profiles/tests/no_key_leaves.rs` holds this against the source.

use cryptoki::context::Function;
use cryptoki::error::Error;
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::elliptic_curve::{EcKdf, Ecdh1DeriveParams};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use signer_core::acceptance::{Answer, Trial};
use signer_core::keys::{CkaId, KeyRole};
use signer_core::phrase;
use signer_core::types::KeyIndex;
use zeroize::Zeroize as _;

use super::{Probe, ThrowAway, words_of};
use crate::error::HsmError;
use crate::point::PublicPart;

/// Where no key of a test has its own index: what an attempt makes is found by it and destroyed.
const MADE_BY_ATTACK: u32 = u32::MAX;

/// What an attempt did, told in one word and the return code.
type Came = (Answer, String);

impl Probe<'_> {
    /// Every attempt, each on a key of its own that is destroyed after it.
    pub fn attack(&mut self) -> Result<(), HsmError> {
        for trial in Trial::ALL {
            let Some(attempt) = attempt_of(*trial) else {
                continue;
            };
            let Some((key, _)) = self.make_key()? else {
                self.note(*trial, Answer::NotTried, "no key to try it on");
                continue;
            };
            let (answer, words) = attempt(self, &key, *trial)?;
            self.note(*trial, answer, &words);
            self.destroy(key.id)?;
            self.destroy(id_made_by_attack())?;
        }
        Ok(())
    }

    fn flip(&self, key: &ThrowAway, trial: Trial) -> Result<Came, HsmError> {
        let (wanted, asked) = match trial {
            Trial::SetExtractable => (Attribute::Extractable(true), AttributeType::Extractable),
            Trial::ClearSensitive => (Attribute::Sensitive(false), AttributeType::Sensitive),
            Trial::ClearPrivate => (Attribute::Private(false), AttributeType::Private),
            Trial::SetModifiable => (Attribute::Modifiable(true), AttributeType::Modifiable),
            Trial::SetCopyable => (Attribute::Copyable(true), AttributeType::Copyable),
            Trial::SetDerive => (Attribute::Derive(true), AttributeType::Derive),
            Trial::SetDecrypt => (Attribute::Decrypt(true), AttributeType::Decrypt),
            Trial::SetUnwrap => (Attribute::Unwrap(true), AttributeType::Unwrap),
            Trial::SetSignRecover => (Attribute::SignRecover(true), AttributeType::SignRecover),
            _ => {
                let id = id_made_by_attack().to_bytes().to_vec();
                (Attribute::Id(id), AttributeType::Id)
            }
        };
        let private = key.private;
        let before = self.read_one(private, asked)?;
        let set = self.try_call(Function::SetAttributeValue, move |session| {
            #[expect(clippy::disallowed_methods, reason = "an attempt on a throw-away key")]
            session.update_attributes(private, &[wanted])
        })?;
        let after = self.read_one(private, asked)?;
        Ok(match (set, before == after) {
            (Err(code), true) => (Answer::Refused, code),
            (Ok(()), true) => (Answer::Ignored, "CKR_OK".to_owned()),
            (Ok(()), false) => (Answer::Done, "CKR_OK".to_owned()),
            (Err(code), false) => (Answer::Done, format!("{code}, but it changed")),
        })
    }

    fn copy(&self, key: &ThrowAway, trial: Trial) -> Result<Came, HsmError> {
        let changed = match trial {
            Trial::CopyExtractable => Some(Attribute::Extractable(true)),
            Trial::CopyNotSensitive => Some(Attribute::Sensitive(false)),
            Trial::CopyNotPrivate => Some(Attribute::Private(false)),
            Trial::CopyDerive => Some(Attribute::Derive(true)),
            _ => None,
        };
        let private = key.private;
        let template: Vec<Attribute> = changed.into_iter().collect();
        let made = self.try_call(Function::CopyObject, move |session| {
            #[expect(clippy::disallowed_methods, reason = "an attempt on a throw-away key")]
            session.copy_object(private, &template)
        })?;
        // A copy has the id of its key: it is destroyed together with it.
        Ok(made.map_or_else(refused, |_| done("a copy was made")))
    }

    fn wrap(&self, key: &ThrowAway, trial: Trial) -> Result<Came, HsmError> {
        let wrapping = match self.wrapping_key()? {
            Ok(wrapping) => wrapping,
            Err(code) => {
                let words = format!("no AES key to wrap with: {code}");
                return Ok((Answer::NotTried, words));
            }
        };
        let private = key.private;
        let wrapped = self.try_call(Function::WrapKey, move |session| {
            let mechanism = match trial {
                Trial::WrapAesKw => Mechanism::AesKeyWrap,
                Trial::WrapAesKwp => Mechanism::AesKeyWrapPad,
                _ => Mechanism::AesCbcPad([0; 16]),
            };
            #[expect(clippy::disallowed_methods, reason = "an attempt on a throw-away key")]
            let wrapped = session.wrap_key(&mechanism, wrapping, private);
            wrapped.map(|mut blob| {
                let length = blob.len();
                blob.zeroize();
                length
            })
        })?;
        self.try_call(Function::DestroyObject, move |session| {
            #[expect(
                clippy::disallowed_methods,
                reason = "the wrapping key of this attempt"
            )]
            let gone = session.destroy_object(wrapping);
            gone
        })?
        .map_err(|code| HsmError::Answer {
            reason: phrase!(
                "the wrapping key of the test was not destroyed: {code}",
                "試験用のラップ鍵を破棄できません: {code}",
                code = code
            ),
        })?;
        Ok(wrapped.map_or_else(refused, |length| done(&format!("{length} bytes came out"))))
    }

    /// An AES key of this session alone.
    fn wrapping_key(&self) -> Result<Result<ObjectHandle, String>, HsmError> {
        let template = [
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(KeyType::AES),
            Attribute::Token(false),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Wrap(true),
            Attribute::ValueLen(32.into()),
            Attribute::Id(id_made_by_attack().to_bytes().to_vec()),
        ];
        self.try_call(Function::GenerateKey, move |session| {
            session.generate_key(&Mechanism::AesKeyGen, &template)
        })
    }

    fn read_value(&self, key: &ThrowAway, _: Trial) -> Result<Came, HsmError> {
        let private = key.private;
        let read = self.try_call(Function::GetAttributeValue, move |session| {
            let read = session.get_attributes(private, &[AttributeType::Value])?;
            let lengths = read.into_iter().map(|attribute| match attribute {
                Attribute::Value(mut value) => {
                    let length = value.len();
                    value.zeroize();
                    length
                }
                _ => 0,
            });
            Ok(lengths.sum::<usize>())
        })?;
        Ok(match read {
            Err(code) => refused(code),
            Ok(0) => refused("nothing was given".to_owned()),
            Ok(length) => done(&format!("{length} bytes came out")),
        })
    }

    fn derive(&self, key: &ThrowAway, _: Trial) -> Result<Came, HsmError> {
        let (private, point) = (key.private, uncompressed(&key.public));
        let template = [
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(KeyType::GENERIC_SECRET),
            Attribute::Token(false),
            Attribute::ValueLen(32.into()),
            Attribute::Id(id_made_by_attack().to_bytes().to_vec()),
        ];
        let made = self.try_call(Function::DeriveKey, move |session| {
            let with = Ecdh1DeriveParams::new(EcKdf::null(), &point);
            let mechanism = Mechanism::Ecdh1Derive(with);
            #[expect(clippy::disallowed_methods, reason = "an attempt on a throw-away key")]
            let made = session.derive_key(&mechanism, private, &template);
            #[expect(clippy::disallowed_methods, reason = "the secret of this attempt")]
            let gone = made.and_then(|secret| session.destroy_object(secret));
            gone
        })?;
        Ok(made.map_or_else(refused, |()| done("a secret was derived")))
    }

    fn misuse(&self, key: &ThrowAway, trial: Trial) -> Result<Came, HsmError> {
        let private = key.private;
        let signed = self.try_call(Function::Sign, move |session| {
            let (mechanism, length) = match trial {
                Trial::SignRsa => (Mechanism::RsaPkcs, 32),
                Trial::SignsByOtherMechanism => (Mechanism::EcdsaSha256, 32),
                Trial::SignsShortDigest => (Mechanism::Ecdsa, 31),
                _ => (Mechanism::Ecdsa, 33),
            };
            #[expect(clippy::disallowed_methods, reason = "an attempt on a throw-away key")]
            session.sign(&mechanism, private, &[0x11; 33][..length])
        })?;
        Ok(signed.map_or_else(refused, |_| done("CKR_OK")))
    }

    /// One attribute as it is now, for comparison only; nothing where the module does not say.
    fn read_one(
        &self,
        private: ObjectHandle,
        asked: AttributeType,
    ) -> Result<Option<Attribute>, HsmError> {
        let read = self.try_call(Function::GetAttributeValue, move |session| {
            session.get_attributes(private, &[asked])
        })?;
        Ok(read.ok().and_then(|mut read| read.pop()))
    }

    /// A call whose refusal is an answer: its return code.
    fn try_call<R: Send + 'static>(
        &self,
        function: Function,
        call: impl FnOnce(&Session) -> Result<R, Error> + Send + 'static,
    ) -> Result<Result<R, String>, HsmError> {
        match self.token.connection.call(function, call) {
            Ok(done) => Ok(Ok(done)),
            Err(error) => words_of(self.token, error).map(Err),
        }
    }
}

/// How a trial of this file is tried.
type Attempt<'t> = fn(&Probe<'t>, &ThrowAway, Trial) -> Result<Came, HsmError>;

const fn attempt_of<'t>(trial: Trial) -> Option<Attempt<'t>> {
    use Trial as T;
    Some(match trial {
        T::SetExtractable
        | T::ClearSensitive
        | T::ClearPrivate
        | T::SetModifiable
        | T::SetCopyable
        | T::SetDerive
        | T::SetDecrypt
        | T::SetUnwrap
        | T::SetSignRecover
        | T::ChangeId => Probe::flip,
        T::CopyAsIs
        | T::CopyExtractable
        | T::CopyNotSensitive
        | T::CopyNotPrivate
        | T::CopyDerive => Probe::copy,
        T::WrapAesKw | T::WrapAesKwp | T::WrapAesCbcPad => Probe::wrap,
        T::ReadValue => Probe::read_value,
        T::DeriveEcdh => Probe::derive,
        T::SignRsa | T::SignsByOtherMechanism | T::SignsShortDigest | T::SignsLongDigest => {
            Probe::misuse
        }
        _ => return None,
    })
}

const fn id_made_by_attack() -> CkaId {
    let mut id = CkaId::single(KeyRole::Acceptance);
    id.index = KeyIndex(MADE_BY_ATTACK);
    id
}

fn uncompressed(public: &PublicPart) -> Vec<u8> {
    match public {
        PublicPart::Secp256k1(key) => key.serialize_uncompressed().to_vec(),
        PublicPart::P256(key) => key.as_bytes().to_vec(),
    }
}

fn refused(code: String) -> Came {
    (Answer::Refused, code)
}

fn done(words: &str) -> Came {
    (Answer::Done, words.to_owned())
}
