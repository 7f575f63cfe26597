//! SIG01 to SIG04: what a signature must be before it is written down.

use bitcoin::secp256k1::{Message, PublicKey, Secp256k1, VerifyOnly, ecdsa};
use k256::ecdsa::signature::hazmat::PrehashVerifier;

use super::{IntentLine, PossessionOrder, SighashOrder, SignatureLine};
use crate::keys::Signature64;
use crate::ledger::{RValue, RValues};
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId};

/// What a signature of a wallet key was ordered for.
#[derive(Clone, Debug)]
pub(super) struct Ordered {
    place: Place,
    key: PublicKey,
    digest: [u8; 32],
}

impl From<&SighashOrder> for Ordered {
    fn from(order: &SighashOrder) -> Self {
        Self {
            place: Place::Input(order.input()),
            key: order.key().public_key,
            digest: *order.digest(),
        }
    }
}

impl From<&PossessionOrder> for Ordered {
    fn from(order: &PossessionOrder) -> Self {
        Self {
            place: Place::Token,
            key: order.key().public_key,
            digest: *order.digest(),
        }
    }
}

/// The two libraries that verify signatures of wallet keys. Made once for many: libsecp256k1 tests itself
/// whenever it is made ready.
#[derive(Debug)]
pub(crate) struct Libraries {
    libsecp256k1: Secp256k1<VerifyOnly>,
}

/// SIG01: The signature verifies with two independent libraries under the registered key.
pub(super) fn sig01(
    libraries: &Libraries,
    ordered: impl Into<Ordered>,
    signature: &Signature64,
) -> Result<(), Refusal> {
    let ordered = ordered.into();
    let refusal = |library| {
        Err(Refusal::new(
            RuleId::SIG01,
            ordered.place.clone(),
            phrase!("a signature that verifies", "検証できる署名"),
            phrase!(
                "{library} refuses it",
                "{library} が検証不可",
                library = library
            ),
        ))
    };
    let (key, digest) = (&ordered.key, &ordered.digest);
    if !libraries.libsecp256k1_takes(key, digest, signature) {
        return refusal("libsecp256k1");
    }
    if !libraries.k256_takes(key, digest, signature) {
        return refusal("k256");
    }
    Ok(())
}

impl Libraries {
    /// Both, ready.
    pub(crate) fn ready() -> Self {
        Self {
            libsecp256k1: Secp256k1::verification_only(),
        }
    }

    /// Whether libsecp256k1 takes the signature of `key` over `digest`.
    pub(crate) fn libsecp256k1_takes(
        &self,
        key: &PublicKey,
        digest: &[u8; 32],
        signature: &Signature64,
    ) -> bool {
        ecdsa::Signature::from_compact(&signature.0).is_ok_and(|mut parsed| {
            // This library refuses a high S; that is SIG02's to say.
            parsed.normalize_s();
            let message = Message::from_digest(*digest);
            let verified = self.libsecp256k1.verify_ecdsa(&message, &parsed, key);
            verified.is_ok()
        })
    }

    /// Whether k256 takes the signature of `key` over `digest`. It needs nothing made ready.
    #[expect(clippy::unused_self, reason = "one of two libraries, asked alike")]
    pub(crate) fn k256_takes(
        &self,
        key: &PublicKey,
        digest: &[u8; 32],
        signature: &Signature64,
    ) -> bool {
        // Uncompressed: the curve equation is checked all the same, and no square root is needed.
        let key = k256::ecdsa::VerifyingKey::from_sec1_bytes(&key.serialize_uncompressed());
        let parsed = k256::ecdsa::Signature::from_slice(&signature.0);
        match (key, parsed) {
            (Ok(key), Ok(parsed)) => key.verify_prehash(digest, &parsed.normalize_s()).is_ok(),
            _ => false,
        }
    }
}

/// SIG02: The signature has a low S value.
pub(super) fn sig02(ordered: impl Into<Ordered>, signature: &Signature64) -> Result<(), Refusal> {
    if signature.low_s_k256() == Some(*signature) {
        return Ok(());
    }
    Err(Refusal::new(
        RuleId::SIG02,
        ordered.into().place,
        phrase!("a low S value", "低いS値"),
        phrase!(
            "a high one, or r or s out of range",
            "高いS値、または範囲外の r か s"
        ),
    ))
}

/// SIG03: The r value was never seen before.
pub(super) fn sig03(
    ordered: impl Into<Ordered>,
    signature: &Signature64,
    made: &RValues,
    before: &RValues,
) -> Result<(), Refusal> {
    let is_new = |known: &RValues| known.seen(signature) == RValue::New;
    if !is_new(made) || !is_new(before) {
        return Err(Refusal::new(
            RuleId::SIG03,
            ordered.into().place,
            phrase!("a new r value", "初出のr値"),
            used_before(&signature.r()),
        ));
    }
    Ok(())
}

/// What is wrong with an r value.
pub(crate) fn used_before(r: &[u8; 32]) -> Phrase {
    phrase!(
        "r {r} was used before",
        "使用済みの r {r}",
        r = crate::digest::hex(r)
    )
}

/// SIG04: This device adds exactly one partial signature per input.
pub(super) fn sig04(intent: &[IntentLine], made: &[SignatureLine]) -> Result<(), Refusal> {
    let same = |(line, made): (&IntentLine, &SignatureLine)| {
        line.input == made.input && line.key == made.key
    };
    if intent.len() == made.len() && intent.iter().zip(made).all(same) {
        return Ok(());
    }
    Err(Refusal::new(
        RuleId::SIG04,
        Place::Transaction,
        phrase!(
            "one signature for each of {count} inputs",
            "{count} 入力それぞれに署名1つ",
            count = intent.len()
        ),
        phrase!("{count} signatures", "署名 {count} 個", count = made.len()),
    ))
}
