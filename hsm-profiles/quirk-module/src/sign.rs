//! What goes wrong with signatures.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cryptoki_sys::{
    CK_BYTE_PTR, CK_MECHANISM_PTR, CK_OBJECT_HANDLE, CK_RV, CK_SESSION_HANDLE, CK_ULONG,
    CK_ULONG_PTR, CKO_PRIVATE_KEY, CKR_FUNCTION_NOT_SUPPORTED, CKR_OK,
};

use crate::plain::{self, around};
use crate::{ask, born, state};

/// The order of secp256k1, and of P-256.
const ORDERS: [[u8; 32]; 2] = [
    *b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xba\xae\xdc\xe6\xaf\x48\xa0\x3b\xbf\xd2\x5e\x8c\xd0\x36\x41\x41",
    *b"\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51",
];

/// The key that each session signs with.
static KEYS: Mutex<BTreeMap<CK_SESSION_HANDLE, CK_OBJECT_HANDLE>> = Mutex::new(BTreeMap::new());
/// The first signature that was made.
static EARLIER: Mutex<Option<Vec<u8>>> = Mutex::new(None);

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Begins a signature, with another wallet key where keys are swapped.
///
/// # Safety
/// As PKCS#11 says of `C_SignInit`.
pub(crate) unsafe extern "C" fn init(
    session: CK_SESSION_HANDLE,
    mechanism: CK_MECHANISM_PTR,
    key: CK_OBJECT_HANDLE,
) -> CK_RV {
    state().counts.about_to_sign();
    let script = &state().script;
    let mut used = key;
    if script.answer("key") == Some("swapped") && ask::is_wallet_key(session, key) {
        let is_other = |object: &CK_OBJECT_HANDLE| {
            *object != key
                && ask::class(session, *object) == Some(CKO_PRIVATE_KEY)
                && ask::is_wallet_key(session, *object)
        };
        used = ask::all_objects(session)
            .into_iter()
            .find(is_other)
            .unwrap_or(key);
    }
    if script.changes_signatures() {
        locked(&KEYS).insert(session, key);
    }
    // SAFETY: the caller's arguments, but for the key.
    unsafe { plain::C_SignInit(session, mechanism, used) }
}

/// Signs, and answers something else where it is to.
///
/// # Safety
/// As PKCS#11 says of `C_Sign`.
pub(crate) unsafe extern "C" fn sign(
    session: CK_SESSION_HANDLE,
    data: CK_BYTE_PTR,
    len: CK_ULONG,
    signature: CK_BYTE_PTR,
    room: CK_ULONG_PTR,
) -> CK_RV {
    if signature.is_null() {
        let code = around("C_Sign(length)", |real| match real.C_Sign {
            // SAFETY: the caller's arguments: the length is asked for, and nothing is signed.
            Some(sign) => unsafe { sign(session, data, len, signature, room) },
            None => CKR_FUNCTION_NOT_SUPPORTED,
        });
        if code == CKR_OK && state().script.changes_signatures() {
            // SAFETY: the caller's place for a number: room for the longest of our answers.
            unsafe { *room = 72 };
        }
        return code;
    }
    let changes = state().script.changes_signatures();
    let key = locked(&KEYS).get(&session).copied();
    let mut digest = [0; 32];
    if changes && !data.is_null() && len == 32 {
        // SAFETY: the caller's 32 bytes.
        unsafe { std::ptr::copy_nonoverlapping(data, digest.as_mut_ptr(), 32) };
    }
    let fault = key
        .filter(|_| changes)
        .and_then(|key| Fault::of(session, key));
    let mut other = digest;
    other[0] ^= 1;
    let data = match fault {
        Some(Fault::Changed("other-digest", _)) => other.as_mut_ptr(),
        _ => data,
    };
    // SAFETY: the caller's arguments, or another digest of the same length.
    let code = unsafe { plain::C_Sign(session, data, len, signature, room) };
    let Some(fault) = fault.filter(|_| code == CKR_OK) else {
        return code;
    };
    // SAFETY: the signature that was just made, of the length that was just stated.
    let made = unsafe {
        let len = usize::try_from(*room).unwrap_or_default();
        std::slice::from_raw_parts(signature, len).to_vec()
    };
    let Some(answer) = fault.answer(session, key.unwrap_or_default(), &digest, made) else {
        return code;
    };
    // SAFETY: the caller was told of room for 72 bytes, and no answer is longer.
    unsafe {
        std::ptr::copy_nonoverlapping(answer.as_ptr(), signature, answer.len());
        *room = CK_ULONG::try_from(answer.len()).unwrap_or_default();
    }
    code
}

/// What is wrong with the signatures of a key.
#[derive(Clone, Copy)]
enum Fault {
    /// Its name, and the order of the key's curve.
    Changed(&'static str, &'static [u8; 32]),
    /// The nonce of every signature is the same.
    RepeatedNonce,
}

impl Fault {
    fn of(session: CK_SESSION_HANDLE, key: CK_OBJECT_HANDLE) -> Option<Self> {
        let script = &state().script;
        let wallet = ask::is_wallet_key(session, key);
        if wallet && script.answer("nonce") == Some("repeated") {
            return Some(Self::RepeatedNonce);
        }
        let (name, order) = if wallet {
            ("signature", &ORDERS[0])
        } else {
            ("seal", &ORDERS[1])
        };
        script.answer(name).map(|fault| Self::Changed(fault, order))
    }

    fn answer(
        self,
        session: CK_SESSION_HANDLE,
        key: CK_OBJECT_HANDLE,
        digest: &[u8; 32],
        made: Vec<u8>,
    ) -> Option<Vec<u8>> {
        let (fault, order) = match self {
            Self::RepeatedNonce => return born::sign_with_the_same_nonce(session, key, digest),
            Self::Changed(fault, order) => (fault, order),
        };
        let (r, s) = made.split_at_checked(32)?;
        let join = |r: &[u8], s: &[u8]| Some([r, s].concat());
        match fault {
            "high-s" if !is_high(s, order) => join(r, &subtract(order, s)),
            "random" => join(&[0x5a; 32], &[0x3c; 32]),
            "other-key" => born::sign_with_a_key_of_ours(digest),
            "63-bytes" => made.get(..63).map(<[u8]>::to_vec),
            "65-bytes" => Some([made.as_slice(), &[0]].concat()),
            "der" => Some(der(r, s)),
            "empty" => Some(Vec::new()),
            "zero-r" => join(&[0; 32], s),
            "zero-s" => join(r, &[0; 32]),
            "r-too-large" => join(order, s),
            "s-too-large" => join(r, order),
            "earlier" => Some(locked(&EARLIER).get_or_insert(made).clone()),
            _ => Some(made),
        }
    }
}

/// `order - number`.
fn subtract(order: &[u8; 32], number: &[u8]) -> Vec<u8> {
    let mut borrow = false;
    let mut digits: Vec<u8> = order
        .iter()
        .rev()
        .zip(number.iter().rev())
        .map(|(from, digit)| {
            let (once, first) = from.overflowing_sub(*digit);
            let (twice, second) = once.overflowing_sub(u8::from(borrow));
            borrow = first || second;
            twice
        })
        .collect();
    digits.reverse();
    digits
}

/// Whether S is in the upper half: larger than what is left of the order.
fn is_high(s: &[u8], order: &[u8; 32]) -> bool {
    s > subtract(order, s).as_slice()
}

/// `SEQUENCE { INTEGER r, INTEGER s }`.
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let integer = |number: &[u8]| {
        let first = number
            .iter()
            .position(|byte| *byte != 0)
            .unwrap_or_default();
        let mut digits = number[first..].to_vec();
        if digits.first().is_some_and(|byte| byte & 0x80 != 0) {
            digits.insert(0, 0);
        }
        let len = u8::try_from(digits.len()).unwrap_or_default();
        [&[0x02, len], digits.as_slice()].concat()
    };
    let body = [integer(r), integer(s)].concat();
    let len = u8::try_from(body.len()).unwrap_or_default();
    [&[0x30, len], body.as_slice()].concat()
}
