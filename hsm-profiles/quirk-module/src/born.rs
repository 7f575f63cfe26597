//! Key pairs: templates that are refused, and keys that are not secret, so that the same nonce can
//! be used twice.

use cryptoki_sys::{
    CK_ATTRIBUTE, CK_ATTRIBUTE_PTR, CK_ATTRIBUTE_TYPE, CK_MECHANISM_PTR, CK_OBJECT_HANDLE,
    CK_OBJECT_HANDLE_PTR, CK_RV, CK_SESSION_HANDLE, CK_ULONG, CKA_ALLOWED_MECHANISMS,
    CKA_ALWAYS_SENSITIVE, CKA_COPYABLE, CKA_DERIVE, CKA_DESTROYABLE, CKA_EC_PARAMS, CKA_EC_POINT,
    CKA_ID, CKA_KEY_GEN_MECHANISM, CKA_LOCAL, CKA_MODIFIABLE, CKA_NEVER_EXTRACTABLE, CKA_VALUE,
    CKM_EC_KEY_PAIR_GEN, CKR_FUNCTION_NOT_SUPPORTED, CKR_OK, CKR_TEMPLATE_INCONSISTENT,
};
use k256::ecdsa::signature::hazmat::PrehashSigner as _;
use k256::ecdsa::{Signature, SigningKey};
use k256::elliptic_curve::ops::{Invert as _, Reduce};
use k256::elliptic_curve::point::AffineCoordinates as _;
use k256::{FieldBytes, ProjectivePoint, Scalar};

use crate::plain::{self, around};
use crate::{ask, state};

/// Attributes that a token may not know.
const NAMES: [(CK_ATTRIBUTE_TYPE, &str); 5] = [
    (CKA_ALLOWED_MECHANISMS, "CKA_ALLOWED_MECHANISMS"),
    (CKA_COPYABLE, "CKA_COPYABLE"),
    (CKA_DERIVE, "CKA_DERIVE"),
    (CKA_DESTROYABLE, "CKA_DESTROYABLE"),
    (CKA_MODIFIABLE, "CKA_MODIFIABLE"),
];

/// Makes a key pair. Where nonces are to repeat, a wallet key is one that this module knows.
///
/// # Safety
/// As PKCS#11 says of `C_GenerateKeyPair`.
pub(crate) unsafe extern "C" fn generate(
    session: CK_SESSION_HANDLE,
    mechanism: CK_MECHANISM_PTR,
    public: CK_ATTRIBUTE_PTR,
    public_count: CK_ULONG,
    private: CK_ATTRIBUTE_PTR,
    private_count: CK_ULONG,
    public_key: CK_OBJECT_HANDLE_PTR,
    private_key: CK_OBJECT_HANDLE_PTR,
) -> CK_RV {
    // SAFETY: the caller's templates.
    let (asked_public, asked_private) = unsafe {
        (
            ask::template(public, public_count),
            ask::template(private, private_count),
        )
    };
    let script = &state().script;
    let is_refused = |attribute: &CK_ATTRIBUTE| {
        let named = NAMES.iter().find(|(kind, _)| *kind == attribute.type_);
        named.is_some_and(|(_, name)| script.answer("template") == Some(name))
    };
    if asked_private.iter().any(is_refused) {
        return around("C_GenerateKeyPair", |_| CKR_TEMPLATE_INCONSISTENT);
    }
    let known = ask::value_in(asked_private, CKA_ID)
        .filter(|_| script.answer("nonce").is_some() && is_bitcoins(asked_public))
        .and_then(known_key);
    match known {
        Some(key) => around("C_GenerateKeyPair", |_| {
            put_known(
                session,
                &key,
                [asked_public, asked_private],
                public_key,
                private_key,
            )
        }),
        // SAFETY: the caller's arguments.
        None => unsafe {
            plain::C_GenerateKeyPair(
                session,
                mechanism,
                public,
                public_count,
                private,
                private_count,
                public_key,
                private_key,
            )
        },
    }
}

fn is_bitcoins(template: &[CK_ATTRIBUTE]) -> bool {
    ask::value_in(template, CKA_EC_PARAMS) == Some(&ask::SECP256K1[..])
}

/// A private key that follows from its identifier: no secret at all.
fn known_key(id: &[u8]) -> Option<SigningKey> {
    let mut bytes = [1; 32];
    for (place, byte) in bytes.iter_mut().skip(1).zip(id) {
        *place = *byte;
    }
    SigningKey::from_slice(&bytes).ok()
}

/// Puts a key pair of ours into the real token.
fn put_known(
    session: CK_SESSION_HANDLE,
    key: &SigningKey,
    [public, private]: [&[CK_ATTRIBUTE]; 2],
    public_key: CK_OBJECT_HANDLE_PTR,
    private_key: CK_OBJECT_HANDLE_PTR,
) -> CK_RV {
    let Some(create) = state().real.C_CreateObject else {
        return CKR_FUNCTION_NOT_SUPPORTED;
    };
    let point = key.verifying_key().to_sec1_point(false);
    let mut point = [&[4, 65], point.as_bytes()].concat();
    let mut secret = key.to_bytes().to_vec();
    let mut curve = ask::SECP256K1.to_vec();
    let attribute = |kind, value: &mut Vec<u8>| CK_ATTRIBUTE {
        type_: kind,
        pValue: value.as_mut_ptr().cast(),
        ulValueLen: CK_ULONG::try_from(value.len()).unwrap_or_default(),
    };
    let mut public = public.to_vec();
    public.push(attribute(CKA_EC_POINT, &mut point));
    let mut private = private.to_vec();
    private.push(attribute(CKA_VALUE, &mut secret));
    private.push(attribute(CKA_EC_PARAMS, &mut curve));
    for (template, place) in [(&mut public, public_key), (&mut private, private_key)] {
        let count = CK_ULONG::try_from(template.len()).unwrap_or_default();
        // SAFETY: templates of values that live until here, and the caller's place for a handle.
        let code = unsafe { create(session, template.as_mut_ptr(), count, place) };
        if code != CKR_OK {
            return code;
        }
    }
    CKR_OK
}

/// What a key that was put there says of its birth.
pub(crate) fn pretends(kind: CK_ATTRIBUTE_TYPE) -> Option<Vec<u8>> {
    match kind {
        CKA_LOCAL | CKA_ALWAYS_SENSITIVE | CKA_NEVER_EXTRACTABLE => Some(vec![1]),
        CKA_KEY_GEN_MECHANISM => Some(CKM_EC_KEY_PAIR_GEN.to_ne_bytes().to_vec()),
        _ => None,
    }
}

/// A good signature whose nonce is always the same.
pub(crate) fn sign_with_the_same_nonce(
    session: CK_SESSION_HANDLE,
    key: CK_OBJECT_HANDLE,
    digest: &[u8; 32],
) -> Option<Vec<u8>> {
    let key = known_key(&ask::attribute(session, key, CKA_ID)?)?;
    let nonce = *SigningKey::from_slice(&[7; 32]).ok()?.as_nonzero_scalar();
    let scalar = |bytes: &[u8; 32]| <Scalar as Reduce<FieldBytes>>::reduce(&(*bytes).into());
    let point = ProjectivePoint::mul_by_generator(&nonce).to_affine();
    let r = scalar(&point.x().into());
    let s = *nonce.invert() * (scalar(digest) + r * **key.as_nonzero_scalar());
    Some(Signature::from_scalars(r, s).ok()?.to_bytes().to_vec())
}

/// A good signature by a key that is not on the token.
pub(crate) fn sign_with_a_key_of_ours(digest: &[u8; 32]) -> Option<Vec<u8>> {
    let signature: Signature = known_key(b"another")?.sign_prehash(digest).ok()?;
    Some(signature.to_bytes().to_vec())
}
