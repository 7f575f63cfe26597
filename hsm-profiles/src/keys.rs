//! Key pairs: `C_GenerateKeyPair` with every attribute stated, and reading back what became of
//! them.
//!
//! Defaults differ from module to module (one makes keys extractable, another public), so nothing
//! is left to them. No call here imports, copies, wraps, unwraps or derives a key, or reads a
//! private value.

use std::ops::Range;

use bitcoin::secp256k1::PublicKey;
use cryptoki::context::Function;
use cryptoki::error::Error;
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use signer_core::keys::{CkaId, Fingerprint, KeyRole, P256PublicKey};
use signer_core::token::{Flag, Half, KeyAttribute, KeyAttributes, KeyReading};
use signer_core::types::{Chain, KeyIndex, PoolNumber};

use crate::error::HsmError;
use crate::index::Pair;
use crate::owner::At;
use crate::point::{Curve, PublicPart};
use crate::profile::Sent;
use crate::session::OpenToken;

/// How far the generation of a pool has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Keys that are there.
    pub done: u32,
    /// Keys that were asked for.
    pub total: u32,
}

impl OpenToken {
    /// Makes the device's identity key.
    pub fn generate_identity(&mut self) -> Result<KeyReading<P256PublicKey>, HsmError> {
        self.generate_single(KeyRole::Identity, "himuro identity")
    }

    /// Makes an officer's key, on the officer's own token.
    pub fn generate_officer_key(&mut self) -> Result<KeyReading<P256PublicKey>, HsmError> {
        self.generate_single(KeyRole::Officer, "himuro officer")
    }

    /// Makes wallet keys of one chain of a pool, in order.
    ///
    /// A key is only ever used where it was read back and recorded in the session that made it, so
    /// nothing that stands under one of these ids already is taken over. Whether the keys may be
    /// used is not judged here: that is HSM01, over what this returns.
    ///
    /// # Errors
    /// [`HsmError::KeyExists`] where anything stands under the id of one of them, and
    /// [`HsmError::PoolTooLarge`]; nothing was made then.
    pub fn generate_wallet_keys(
        &mut self,
        device: Fingerprint,
        pool: PoolNumber,
        chain: Chain,
        range: Range<u32>,
        mut progress: impl FnMut(Progress),
    ) -> Result<Vec<KeyReading<PublicKey>>, HsmError> {
        let wallet_id = |index| CkaId::wallet(device, pool, chain, KeyIndex(index));
        let mut taken = range.clone().map(wallet_id);
        if let Some(id) = taken.find(|id| !self.index.objects(*id).is_empty()) {
            return Err(HsmError::KeyExists(id));
        }
        self.check_room(range.end.saturating_sub(range.start))?;
        let mut keys = Vec::new();
        let total = range.end.saturating_sub(range.start);
        for (done, index) in (1..).zip(range) {
            let id = wallet_id(index);
            let label = format!("himuro wallet {device}/{pool}/{}/{index}", chain.number());
            let pair = self.generate(id, &label)?;
            keys.push(self.wallet_reading(id, &pair)?);
            progress(Progress { done, total });
        }
        Ok(keys)
    }

    /// Lists the token again: every key of a run must be there, and there once. The whole token is
    /// read, so this is for the end of a run.
    ///
    /// # Errors
    /// [`HsmError::NoKey`], [`HsmError::UnusableKey`], [`HsmError::OtherKey`].
    pub fn confirm_wallet_keys(&mut self, made: &[(CkaId, PublicKey)]) -> Result<(), HsmError> {
        let public = |(id, key): &(CkaId, PublicKey)| (*id, PublicPart::Secp256k1(*key));
        let made: Vec<(CkaId, PublicPart)> = made.iter().map(public).collect();
        self.confirm(&made)
    }

    fn confirm(&mut self, made: &[(CkaId, PublicPart)]) -> Result<(), HsmError> {
        self.reindex()?;
        self.index.holds(made)
    }

    /// Destroys every key object under these ids of wallet keys: what a cut generation left.
    ///
    /// The journal has named them on the disk before this is called.
    ///
    /// # Errors
    /// [`HsmError::WrongRole`] for another id; [`HsmError::KeyExists`] where something still
    /// stands there when the token is asked again.
    pub fn discard(&mut self, ids: &[CkaId]) -> Result<(), HsmError> {
        if let Some(other) = ids.iter().find(|id| id.role != KeyRole::Wallet) {
            return Err(HsmError::WrongRole(*other));
        }
        for id in ids {
            for object in self.index.objects(*id) {
                self.destroy(object)?;
            }
            self.index.remove(*id);
        }
        self.reindex()?;
        let mut left = ids.iter().filter(|id| !self.index.objects(**id).is_empty());
        left.next()
            .map_or(Ok(()), |id| Err(HsmError::KeyExists(*id)))
    }

    /// Refuses to begin what the token cannot hold: its wallet keys and `new` ones together.
    ///
    /// # Errors
    /// [`HsmError::PoolTooLarge`].
    pub fn check_room(&self, new: u32) -> Result<(), HsmError> {
        let there = self.index.pairs();
        let there = there.filter(|(id, _)| id.role == KeyRole::Wallet).count();
        let max = self.profile().pool_max();
        let all = u64::try_from(there).unwrap_or(u64::MAX);
        if all.saturating_add(u64::from(new)) > u64::from(max) {
            return Err(HsmError::PoolTooLarge { max });
        }
        Ok(())
    }

    /// Reads every wallet key back: public keys from the index made at login, attributes anew.
    pub fn read_wallet_keys(&mut self) -> Result<Vec<KeyReading<PublicKey>>, HsmError> {
        self.with_fresh_handles(|token| {
            let wallet = token
                .index
                .pairs()
                .filter(|(id, _)| id.role == KeyRole::Wallet);
            let keys: Vec<(CkaId, PublicKey, ObjectHandle)> = wallet
                .map(|(id, pair)| Ok((id, wallet_key(id, &pair)?, pair.private)))
                .collect::<Result<_, HsmError>>()?;
            token.readings(&keys)
        })
    }

    /// Reads the identity key back.
    pub fn read_identity(&mut self) -> Result<KeyReading<P256PublicKey>, HsmError> {
        self.read_single(KeyRole::Identity)
    }

    /// Reads the officer's key back.
    pub fn read_officer_key(&mut self) -> Result<KeyReading<P256PublicKey>, HsmError> {
        self.read_single(KeyRole::Officer)
    }

    fn read_single(&mut self, role: KeyRole) -> Result<KeyReading<P256PublicKey>, HsmError> {
        self.with_fresh_handles(|token| {
            let id = CkaId::single(role);
            let pair = match token.index.pair(id) {
                // Gone, logged out or another's role look like this too.
                Err(HsmError::NoKey(_)) if token.index.is_empty() => Err(HsmError::NothingFound),
                found => found,
            };
            token.p256_reading(id, &pair?)
        })
    }

    fn generate_single(
        &mut self,
        role: KeyRole,
        label: &str,
    ) -> Result<KeyReading<P256PublicKey>, HsmError> {
        let id = CkaId::single(role);
        let pair = match self.index.pair(id) {
            Ok(_) => return Err(HsmError::KeyExists(id)),
            Err(HsmError::NoKey(_)) => self.generate(id, label)?,
            Err(_) => self.replace_public_half(id, label)?,
        };
        self.confirm(&[(id, pair.public)])?;
        self.p256_reading(id, &pair)
    }

    /// Removes a public key whose private half was never made, and makes the pair.
    fn replace_public_half(&mut self, id: CkaId, label: &str) -> Result<Pair, HsmError> {
        match self.index.half(id) {
            Some((Half::Public, handle)) => {
                self.destroy(handle)?;
                self.generate(id, label)
            }
            _ => Err(HsmError::UnusableKey(id)),
        }
    }

    pub(crate) fn generate(&mut self, id: CkaId, label: &str) -> Result<Pair, HsmError> {
        let curve = Curve::of(id.role);
        let public = public_template(id, label, curve);
        let private = private_template(id, label, &self.profile().generate.send);
        let made = self.connection.call(Function::GenerateKeyPair, move |s| {
            s.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private)
        });
        let (public, private) = made?;
        let pair = Pair {
            private,
            public: self.read_point(id, curve, public)?,
        };
        self.index.insert(id, pair, public);
        Ok(pair)
    }

    fn read_point(
        &self,
        id: CkaId,
        curve: Curve,
        public: ObjectHandle,
    ) -> Result<PublicPart, HsmError> {
        let read = self.connection.call(Function::GetAttributeValue, move |s| {
            s.get_attributes(public, &[AttributeType::EcPoint])
        });
        let form = self.profile().ec.point;
        read?
            .iter()
            .find_map(|attribute| match attribute {
                Attribute::EcPoint(value) => PublicPart::read(curve, form, value),
                _ => None,
            })
            .ok_or(HsmError::BadPoint(id))
    }

    fn wallet_reading(&self, id: CkaId, pair: &Pair) -> Result<KeyReading<PublicKey>, HsmError> {
        self.reading(id, wallet_key(id, pair)?, pair.private)
    }

    fn p256_reading(&self, id: CkaId, pair: &Pair) -> Result<KeyReading<P256PublicKey>, HsmError> {
        match pair.public {
            PublicPart::P256(key) => self.reading(id, key, pair.private),
            PublicPart::Secp256k1(_) => Err(HsmError::WrongRole(id)),
        }
    }

    fn reading<K>(
        &self,
        id: CkaId,
        public_key: K,
        private: ObjectHandle,
    ) -> Result<KeyReading<K>, HsmError> {
        Ok(KeyReading {
            id,
            public_key,
            attributes: self.read_attributes(private)?,
            evidence: self.profile().evidence(),
        })
    }

    /// The same of many keys, in one piece of work: each call in it has the whole time limit.
    fn readings(
        &self,
        keys: &[(CkaId, PublicKey, ObjectHandle)],
    ) -> Result<Vec<KeyReading<PublicKey>>, HsmError> {
        let handles: Vec<ObjectHandle> = keys.iter().map(|(_, _, private)| *private).collect();
        let read: Vec<KeyAttributes> = self.connection.run(move |at| {
            let read = |private| attributes_of(at, private);
            handles.into_iter().map(read).collect()
        })?;
        let evidence = self.profile().evidence();
        let reading = |((id, public_key, _), attributes): (&(CkaId, PublicKey, _), _)| KeyReading {
            id: *id,
            public_key: *public_key,
            attributes,
            evidence,
        };
        Ok(keys.iter().zip(read).map(reading).collect())
    }

    /// Reads the flags of a private key. What the token does not report is absent.
    pub(crate) fn read_attributes(&self, private: ObjectHandle) -> Result<KeyAttributes, HsmError> {
        self.connection.run(move |at| attributes_of(at, private))
    }
}

fn wallet_key(id: CkaId, pair: &Pair) -> Result<PublicKey, HsmError> {
    match pair.public {
        PublicPart::Secp256k1(key) => Ok(key),
        PublicPart::P256(_) => Err(HsmError::WrongRole(id)),
    }
}

/// The flags of a private key and the mechanism that made it, in one call where the token lets us.
fn attributes_of(at: &At<'_, Session>, private: ObjectHandle) -> Result<KeyAttributes, Error> {
    let flags = KeyAttribute::ALL.map(attribute_type);
    let asked = [&flags[..], &[AttributeType::KeyGenMechanism]].concat();
    let read = match read_of(at, private, &asked) {
        // The whole answer is an error where a token says "unavailable" of the mechanism: each is
        // asked alone then.
        Err(Error::NotSupported | Error::InvalidValue) => {
            let mechanism = match read_of(at, private, &[AttributeType::KeyGenMechanism]) {
                Err(Error::NotSupported | Error::InvalidValue) => Vec::new(),
                read => read?,
            };
            [read_of(at, private, &flags)?, mechanism].concat()
        }
        read => read?,
    };
    let flag = |attribute| {
        let value = read.iter().find_map(|read| flag_of(read, attribute));
        Flag::from(value)
    };
    let mechanism = read.iter().find_map(|attribute| match attribute {
        Attribute::KeyGenMechanism(mechanism) => Some(**mechanism),
        _ => None,
    });
    Ok(KeyAttributes::read(flag, mechanism))
}

fn read_of(
    at: &At<'_, Session>,
    private: ObjectHandle,
    asked: &[AttributeType],
) -> Result<Vec<Attribute>, Error> {
    at.call(Function::GetAttributeValue, |s| {
        s.get_attributes(private, asked)
    })
}

/// The public key: readable without login, usable for nothing but verification.
fn public_template(id: CkaId, label: &str, curve: Curve) -> Vec<Attribute> {
    vec![
        Attribute::Class(ObjectClass::PUBLIC_KEY),
        Attribute::KeyType(KeyType::EC),
        Attribute::Token(true),
        Attribute::Private(false),
        Attribute::Modifiable(false),
        Attribute::Verify(true),
        Attribute::VerifyRecover(false),
        Attribute::Encrypt(false),
        Attribute::Wrap(false),
        Attribute::Derive(false),
        Attribute::EcParams(curve.oid().to_vec()),
        Attribute::Id(id.to_bytes().to_vec()),
        Attribute::Label(label.as_bytes().to_vec()),
    ]
}

/// The private key: signs, and nothing else. No attribute twice: some modules refuse that.
fn private_template(id: CkaId, label: &str, send: &[Sent]) -> Vec<Attribute> {
    let mut template = vec![
        Attribute::Class(ObjectClass::PRIVATE_KEY),
        Attribute::KeyType(KeyType::EC),
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
        Attribute::Id(id.to_bytes().to_vec()),
        Attribute::Label(label.as_bytes().to_vec()),
    ];
    template.extend(send.iter().map(|sent| match sent {
        Sent::Derive => Attribute::Derive(false),
        Sent::Decrypt => Attribute::Decrypt(false),
        Sent::Unwrap => Attribute::Unwrap(false),
        Sent::SignRecover => Attribute::SignRecover(false),
        Sent::Modifiable => Attribute::Modifiable(false),
        Sent::Copyable => Attribute::Copyable(false),
        // A destruction ceremony must be able to destroy; a missing key is noticed.
        Sent::Destroyable => Attribute::Destroyable(true),
        Sent::AllowedMechanisms => Attribute::AllowedMechanisms(vec![MechanismType::ECDSA]),
    }));
    template
}

pub(crate) const fn attribute_type(attribute: KeyAttribute) -> AttributeType {
    match attribute {
        KeyAttribute::Token => AttributeType::Token,
        KeyAttribute::Private => AttributeType::Private,
        KeyAttribute::Sensitive => AttributeType::Sensitive,
        KeyAttribute::AlwaysSensitive => AttributeType::AlwaysSensitive,
        KeyAttribute::Extractable => AttributeType::Extractable,
        KeyAttribute::NeverExtractable => AttributeType::NeverExtractable,
        KeyAttribute::Local => AttributeType::Local,
        KeyAttribute::Sign => AttributeType::Sign,
        KeyAttribute::Derive => AttributeType::Derive,
        KeyAttribute::Decrypt => AttributeType::Decrypt,
        KeyAttribute::Unwrap => AttributeType::Unwrap,
        KeyAttribute::SignRecover => AttributeType::SignRecover,
        KeyAttribute::Wrap => AttributeType::Wrap,
        KeyAttribute::Modifiable => AttributeType::Modifiable,
        KeyAttribute::Copyable => AttributeType::Copyable,
        KeyAttribute::Destroyable => AttributeType::Destroyable,
    }
}

/// The flag, where `read` is this attribute: matched by type, since unavailable ones are left out.
const fn flag_of(read: &Attribute, asked: KeyAttribute) -> Option<bool> {
    match (read, asked) {
        (Attribute::Token(flag), KeyAttribute::Token)
        | (Attribute::Private(flag), KeyAttribute::Private)
        | (Attribute::Sensitive(flag), KeyAttribute::Sensitive)
        | (Attribute::AlwaysSensitive(flag), KeyAttribute::AlwaysSensitive)
        | (Attribute::Extractable(flag), KeyAttribute::Extractable)
        | (Attribute::NeverExtractable(flag), KeyAttribute::NeverExtractable)
        | (Attribute::Local(flag), KeyAttribute::Local)
        | (Attribute::Sign(flag), KeyAttribute::Sign)
        | (Attribute::Derive(flag), KeyAttribute::Derive)
        | (Attribute::Decrypt(flag), KeyAttribute::Decrypt)
        | (Attribute::Unwrap(flag), KeyAttribute::Unwrap)
        | (Attribute::SignRecover(flag), KeyAttribute::SignRecover)
        | (Attribute::Wrap(flag), KeyAttribute::Wrap)
        | (Attribute::Modifiable(flag), KeyAttribute::Modifiable)
        | (Attribute::Copyable(flag), KeyAttribute::Copyable)
        | (Attribute::Destroyable(flag), KeyAttribute::Destroyable) => Some(*flag),
        _ => None,
    }
}
