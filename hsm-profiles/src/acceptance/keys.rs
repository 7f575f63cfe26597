//! Throw-away keys: made by the call that makes wallet keys, used, and destroyed.

use std::time::Instant;

use bitcoin::secp256k1::PublicKey;
use cryptoki::context::Function;
use cryptoki::object::{Attribute, AttributeInfo, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use signer_core::acceptance::{Answer, Operation, TestDigest, Trial};
use signer_core::keys::{CkaId, KeyRole, P256PublicKey, Signature64};
use signer_core::signing::SealOrder;
use signer_core::token::{KeyAttribute, KeyReading, Line};
use signer_core::types::KeyIndex;

use super::{Probe, ThrowAway, words_of};
use crate::error::HsmError;
use crate::error::foreign;
use crate::keys::attribute_type;
use crate::point::PublicPart;
use crate::session::OpenToken;

/// The label of every object of a test.
const LABEL: &str = "himuro acceptance";

/// Roles whose keys are ours to destroy.
const OURS: [KeyRole; 2] = [KeyRole::Acceptance, KeyRole::AcceptanceSeal];

/// Attributes that are asked for beside the flags, to learn what the module knows.
const FURTHER: [AttributeType; 9] = [
    AttributeType::KeyGenMechanism,
    AttributeType::AllowedMechanisms,
    AttributeType::AlwaysAuthenticate,
    AttributeType::EcParams,
    AttributeType::EcPoint,
    AttributeType::Id,
    AttributeType::Label,
    AttributeType::PublicKeyInfo,
    AttributeType::UniqueId,
];

impl Probe<'_> {
    /// Makes a throw-away secp256k1 key as a wallet key is made, and reads it back. Nothing where
    /// the module cannot: that is written down.
    pub fn make_key(&mut self) -> Result<Option<(ThrowAway, KeyReading<PublicKey>)>, HsmError> {
        match self.make(KeyRole::Acceptance) {
            Ok((key, PublicPart::Secp256k1(public_key))) => {
                let read = self.read_back(&key, public_key)?;
                if self.made == 1 {
                    self.note(Trial::CurveByOid, Answer::Done, "OID 1.3.132.0.10");
                }
                Ok(Some((key, read)))
            }
            Ok((key, PublicPart::P256(_))) => Err(HsmError::WrongRole(key.id)),
            Err(error) => {
                let words = words_of(self.token, error)?;
                self.note(Trial::CurveByOid, Answer::Refused, &words);
                Ok(None)
            }
        }
    }

    /// Makes the throw-away P-256 key that signs the report of a device without an identity.
    pub fn make_seal_key(&mut self) -> Result<(ThrowAway, P256PublicKey), HsmError> {
        match self.make(KeyRole::AcceptanceSeal)? {
            (key, PublicPart::P256(public_key)) => Ok((key, public_key)),
            (key, PublicPart::Secp256k1(_)) => Err(HsmError::WrongRole(key.id)),
        }
    }

    fn make(&mut self, role: KeyRole) -> Result<(ThrowAway, PublicPart), HsmError> {
        let mut id = CkaId::single(role);
        id.index = KeyIndex(self.made);
        let since = Instant::now();
        let pair = self.token.generate(id, LABEL)?;
        if role == KeyRole::Acceptance {
            self.timed(Operation::Generate, since.elapsed());
        }
        self.made += 1;
        let (private, public) = (pair.private, pair.public);
        let key = ThrowAway {
            id,
            private,
            public,
        };
        Ok((key, public))
    }

    fn read_back(
        &mut self,
        key: &ThrowAway,
        public_key: PublicKey,
    ) -> Result<KeyReading<PublicKey>, HsmError> {
        let since = Instant::now();
        let attributes = self.token.read_attributes(key.private)?;
        self.timed(Operation::ReadAttributes, since.elapsed());
        Ok(KeyReading {
            id: key.id,
            public_key,
            attributes,
            evidence: self.token.profile().evidence(),
        })
    }

    /// Attributes of a private key that the module does not know, by name.
    pub fn unknown_attributes(&self, key: &ThrowAway) -> Result<Vec<Line>, HsmError> {
        let private = key.private;
        let flags = KeyAttribute::ALL.map(attribute_type);
        let asked: Vec<AttributeType> = flags.into_iter().chain(FURTHER).collect();
        let mut unknown = Vec::new();
        for attribute in asked {
            let info = self
                .token
                .connection
                .call(Function::GetAttributeValue, move |session: &Session| {
                    session.get_attribute_info(private, &[attribute])
                });
            let known = match info {
                Ok(info) => matches!(
                    info.first(),
                    Some(AttributeInfo::Available(_) | AttributeInfo::Sensitive)
                ),
                Err(error) => words_of(self.token, error).map(|_| false)?,
            };
            if !known {
                unknown.push(Line::lossy(&attribute.to_string()));
            }
        }
        Ok(unknown)
    }

    /// What the module answers to a digest of the test, as it made it. Nothing where it does not
    /// sign: an empty answer.
    pub fn sign(&mut self, key: &ThrowAway, digest: &TestDigest) -> Result<Vec<u8>, HsmError> {
        let since = Instant::now();
        let answer = self
            .token
            .c_sign(key.id, &key.public, digest.as_bytes())
            .or_else(|error| words_of(self.token, error).map(|_| Vec::new()))?;
        self.timed(Operation::Sign, since.elapsed());
        Ok(answer)
    }

    /// Signs the report.
    pub fn seal(&mut self, key: &ThrowAway, order: &SealOrder) -> Result<Signature64, HsmError> {
        self.token.sign_digest(key.id, &key.public, order.digest())
    }

    /// The digests that the signer itself must refuse, before the module sees them.
    pub fn wrong_digests(&mut self, key: &ThrowAway) -> Result<(), HsmError> {
        self.duty(Trial::DriverRefusesLengths, |probe| {
            let token = &mut *probe.token;
            for length in [31, 33] {
                let refused = token.sign_slice(key.id, &key.public, &[0x11; 33][..length]);
                if refused != Err(HsmError::DigestLength { got: length }) {
                    return Err(not_refused(&format!("{length} bytes")));
                }
            }
            match token.sign_slice(key.id, &key.public, &[0; 32]) {
                Err(HsmError::ZeroDigest) => Ok("31, 33 and zero".to_owned()),
                _ => Err(not_refused("32 zero bytes")),
            }
        })
    }

    /// Signs one digest twice: a module that draws its nonces answers with two values of r.
    pub fn repeat(&mut self, key: &ThrowAway, digest: &TestDigest) -> Result<(), HsmError> {
        let (first, second) = (self.sign(key, digest)?, self.sign(key, digest)?);
        match (first.get(..32), second.get(..32)) {
            (Some(a), Some(b)) if a == b => {
                self.note(Trial::SameDigestSameR, Answer::Done, "the same r");
            }
            (Some(_), Some(_)) => {
                self.note(Trial::SameDigestSameR, Answer::Refused, "two values of r");
            }
            _ => self.note(Trial::SameDigestSameR, Answer::NotTried, "no signature"),
        }
        Ok(())
    }

    /// Finds one key by its id.
    pub fn find(&mut self, key: &ThrowAway) -> Result<(), HsmError> {
        let since = Instant::now();
        private_keys_of(self.token, key.id)?;
        self.timed(Operation::Find, since.elapsed());
        Ok(())
    }

    /// Makes a second key of an id that is there already.
    pub fn doubled(&mut self) -> Result<(), HsmError> {
        let (first, _) = self.make(KeyRole::Acceptance)?;
        let id = first.id;
        if let Err(error) = self.token.generate(id, LABEL) {
            let code = words_of(self.token, error)?;
            self.note(Trial::TakesSecondId, Answer::Refused, &code);
            let words = "the module itself allows one";
            self.note(Trial::DriverNoticesDouble, Answer::Done, words);
            return self.destroy(id);
        }
        self.note(Trial::TakesSecondId, Answer::Done, "CKR_OK");
        self.duty(Trial::DriverNoticesDouble, |probe| {
            probe.token.index.remove(id);
            probe.token.inventory()?;
            match probe.token.sign_digest(id, &first.public, &[0x11; 32]) {
                Err(HsmError::UnusableKey(_)) => Ok("neither is used".to_owned()),
                _ => Err(not_refused("one of the two keys")),
            }
        })?;
        self.destroy(id)
    }

    /// Destroys a key and tries to use what was kept of it.
    pub fn destroyed(&mut self) -> Result<(), HsmError> {
        let (key, _) = self.make(KeyRole::Acceptance)?;
        self.duty(Trial::GoneAfterDestroy, |probe| {
            probe.destroy(key.id)?;
            let found = private_keys_of(probe.token, key.id)?;
            if !found.is_empty() {
                return Err(not_refused("the search for it"));
            }
            let code = probe.handle_signs(key.private)?;
            code.ok_or_else(|| not_refused("its handle"))
        })
    }

    /// Whether a bare handle still signs: the return code where it does not.
    pub(super) fn handle_signs(&self, handle: ObjectHandle) -> Result<Option<String>, HsmError> {
        match self.token.c_sign_handle(handle, &[0x11; 32]) {
            Ok(_) => Ok(None),
            Err(error) => words_of(self.token, error).map(Some),
        }
    }

    /// Removes everything of one of our ids.
    pub(super) fn destroy(&mut self, id: CkaId) -> Result<(), HsmError> {
        self.token.index.remove(id);
        destroy_all_of(self.token, id).map(drop)
    }

    /// Compares what is on the token with what was there, leaving out the key that is still to
    /// sign the report.
    pub fn compare(&mut self) -> Result<(), HsmError> {
        for number in 0..self.made {
            let mut id = CkaId::single(KeyRole::Acceptance);
            id.index = KeyIndex(number);
            self.destroy(id)?;
        }
        self.duty(Trial::NothingLeft, |probe| {
            let mut now = probe.token.inventory()?;
            now.keys
                .retain(|found| found.id.role != KeyRole::AcceptanceSeal);
            if now == probe.before {
                return Ok(format!("{} keys", now.keys.len()));
            }
            Err(not_refused("another inventory"))
        })
    }
}

/// Something that should have been refused, or should not be there, and is.
fn not_refused(what: &str) -> HsmError {
    HsmError::Answer {
        reason: foreign(
            &format_args!("not refused: {what}"),
            "拒否されるべきものが通りました",
        ),
    }
}

/// Destroys every object whose id says that a test made it; how many.
pub(super) fn destroy_all(token: &mut OpenToken) -> Result<usize, HsmError> {
    let everything = objects(token, vec![Attribute::Token(true)])?;
    let mut count = 0;
    for handle in everything {
        let Some(id) = id_of(token, handle)?.filter(|id| OURS.contains(&id.role)) else {
            continue;
        };
        token.index.remove(id);
        token.destroy(handle)?;
        count += 1;
    }
    Ok(count)
}

fn destroy_all_of(token: &OpenToken, id: CkaId) -> Result<usize, HsmError> {
    if !OURS.contains(&id.role) {
        return Err(HsmError::WrongRole(id));
    }
    let found = objects(token, vec![Attribute::Id(id.to_bytes().to_vec())])?;
    for handle in &found {
        token.destroy(*handle)?;
    }
    Ok(found.len())
}

/// Whether private keys are found at all.
pub(super) fn are_there(token: &OpenToken) -> bool {
    let class = Attribute::Class(ObjectClass::PRIVATE_KEY);
    objects(token, vec![class]).is_ok_and(|found| !found.is_empty())
}

fn private_keys_of(token: &OpenToken, id: CkaId) -> Result<Vec<ObjectHandle>, HsmError> {
    let class = Attribute::Class(ObjectClass::PRIVATE_KEY);
    objects(token, vec![class, Attribute::Id(id.to_bytes().to_vec())])
}

fn objects(token: &OpenToken, template: Vec<Attribute>) -> Result<Vec<ObjectHandle>, HsmError> {
    let find = move |session: &Session| session.find_objects(&template);
    token.connection.call(Function::FindObjects, find)
}

fn id_of(token: &OpenToken, handle: ObjectHandle) -> Result<Option<CkaId>, HsmError> {
    let read = move |session: &Session| session.get_attributes(handle, &[AttributeType::Id]);
    let read = match token.connection.call(Function::GetAttributeValue, read) {
        Ok(read) => read,
        // An object without an id is not ours.
        Err(error) => words_of(token, error).map(|_| Vec::new())?,
    };
    Ok(read.iter().find_map(|attribute| match attribute {
        Attribute::Id(id) => CkaId::from_bytes(id),
        _ => None,
    }))
}
