//! What goes wrong with objects: their attributes, and what a search finds.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use cryptoki_sys::{
    CK_ATTRIBUTE, CK_ATTRIBUTE_PTR, CK_ATTRIBUTE_TYPE, CK_OBJECT_HANDLE, CK_OBJECT_HANDLE_PTR,
    CK_RV, CK_SESSION_HANDLE, CK_ULONG, CK_ULONG_PTR, CK_UNAVAILABLE_INFORMATION,
    CKA_ALWAYS_SENSITIVE, CKA_CLASS, CKA_DECRYPT, CKA_DERIVE, CKA_EC_POINT, CKA_EXTRACTABLE,
    CKA_KEY_GEN_MECHANISM, CKA_LABEL, CKA_LOCAL, CKA_MODIFIABLE, CKA_NEVER_EXTRACTABLE,
    CKA_PRIVATE, CKA_SENSITIVE, CKA_SIGN, CKA_UNWRAP, CKA_VALUE, CKO_DATA, CKO_PRIVATE_KEY,
    CKO_PUBLIC_KEY, CKO_SECRET_KEY, CKR_ATTRIBUTE_TYPE_INVALID, CKR_BUFFER_TOO_SMALL,
    CKR_FUNCTION_NOT_SUPPORTED, CKR_OK,
};

use crate::plain::{self, around};
use crate::{ask, born, state};

/// An object that nobody made, and a private key that is no secret.
const EXTRA: CK_OBJECT_HANDLE = 0xeeee_eeee;
const VISIBLE: CK_OBJECT_HANDLE = 0xeeee_eeef;
/// A data object that was taken and not kept.
const LOST: CK_OBJECT_HANDLE = 0xeeee_eef0;

/// Searches whose answers are changed, by session.
static SEARCHES: Mutex<BTreeMap<CK_SESSION_HANDLE, VecDeque<CK_OBJECT_HANDLE>>> =
    Mutex::new(BTreeMap::new());
/// The first value that was read of each data object, by label.
static FIRST_VALUES: Mutex<BTreeMap<Vec<u8>, Vec<u8>>> = Mutex::new(BTreeMap::new());

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Begins a search; where its answer is to change, all of it is read here.
///
/// # Safety
/// As PKCS#11 says of `C_FindObjectsInit`.
pub(crate) unsafe extern "C" fn find_init(
    session: CK_SESSION_HANDLE,
    template: CK_ATTRIBUTE_PTR,
    count: CK_ULONG,
) -> CK_RV {
    // SAFETY: the caller's arguments.
    let code = unsafe { plain::C_FindObjectsInit(session, template, count) };
    let Some(fault) = state().script.answer("find").filter(|_| code == CKR_OK) else {
        return code;
    };
    // SAFETY: the caller's template.
    let asked = unsafe { ask::template(template, count) };
    let found = changed(session, fault, asked, ask::found_objects(session));
    locked(&SEARCHES).insert(session, found.into());
    code
}

fn changed(
    session: CK_SESSION_HANDLE,
    fault: &str,
    asked: &[CK_ATTRIBUTE],
    mut found: Vec<CK_OBJECT_HANDLE>,
) -> Vec<CK_OBJECT_HANDLE> {
    let is = |class| {
        move |object: &CK_OBJECT_HANDLE| {
            ask::class(session, *object) == Some(class) && ask::is_wallet_key(session, *object)
        }
    };
    let for_all = ask::value_in(asked, CKA_CLASS).is_none();
    let secret = CKO_PRIVATE_KEY.to_ne_bytes();
    let for_private = ask::value_in(asked, CKA_CLASS) == Some(&secret[..]);
    match fault {
        "empty" => found.clear(),
        "extra" if for_all => found.push(EXTRA),
        "twice" if for_all => found.extend(found.clone().into_iter().find(is(CKO_PRIVATE_KEY))),
        "no-private" if for_all => found.retain(|object| !is(CKO_PRIVATE_KEY)(object)),
        "no-public" if for_all => found.retain(|object| !is(CKO_PUBLIC_KEY)(object)),
        "visible" if for_private && ask::is_public(session) => found.push(VISIBLE),
        _ => {}
    }
    found
}

/// Goes on with a search.
///
/// # Safety
/// As PKCS#11 says of `C_FindObjects`.
pub(crate) unsafe extern "C" fn find(
    session: CK_SESSION_HANDLE,
    objects: CK_OBJECT_HANDLE_PTR,
    room: CK_ULONG,
    count: CK_ULONG_PTR,
) -> CK_RV {
    let mut searches = locked(&SEARCHES);
    let Some(left) = searches.get_mut(&session) else {
        drop(searches);
        // SAFETY: the caller's arguments.
        return unsafe { plain::C_FindObjects(session, objects, room, count) };
    };
    around("C_FindObjects", |_| {
        let some = left.len().min(usize::try_from(room).unwrap_or_default());
        for (place, object) in left.drain(..some).enumerate() {
            // SAFETY: the caller has room for this many.
            unsafe { *objects.add(place) = object };
        }
        // SAFETY: the caller's place for a number.
        unsafe { *count = CK_ULONG::try_from(some).unwrap_or_default() };
        CKR_OK
    })
}

/// Makes an object, or only says so where it is data.
///
/// # Safety
/// As PKCS#11 says of `C_CreateObject`.
pub(crate) unsafe extern "C" fn create(
    session: CK_SESSION_HANDLE,
    template: CK_ATTRIBUTE_PTR,
    count: CK_ULONG,
    object: CK_OBJECT_HANDLE_PTR,
) -> CK_RV {
    // SAFETY: the caller's template.
    let asked = unsafe { ask::template(template, count) };
    let data = CKO_DATA.to_ne_bytes();
    let is_data = ask::value_in(asked, CKA_CLASS) == Some(&data[..]);
    if is_data && state().script.answer("anchor") == Some("lost") {
        return around("C_CreateObject", |_| {
            // SAFETY: the caller's place for a handle.
            unsafe { *object = LOST };
            CKR_OK
        });
    }
    // SAFETY: the caller's arguments.
    unsafe { plain::C_CreateObject(session, template, count, object) }
}

/// Reads attributes, one by one where some of them are to be others than they are.
///
/// # Safety
/// As PKCS#11 says of `C_GetAttributeValue`.
pub(crate) unsafe extern "C" fn get_attributes(
    session: CK_SESSION_HANDLE,
    object: CK_OBJECT_HANDLE,
    template: CK_ATTRIBUTE_PTR,
    count: CK_ULONG,
) -> CK_RV {
    if !state().script.changes_attributes() {
        // SAFETY: the caller's arguments.
        return unsafe { plain::C_GetAttributeValue(session, object, template, count) };
    }
    around("C_GetAttributeValue", |real| {
        let Some(get) = real.C_GetAttributeValue else {
            return CKR_FUNCTION_NOT_SUPPORTED;
        };
        let mut worst = CKR_OK;
        for place in 0..usize::try_from(count).unwrap_or_default() {
            // SAFETY: the caller's template has this many attributes.
            let one = unsafe { &mut *template.add(place) };
            let code = match answer(session, object, one.type_) {
                // SAFETY: one attribute of the caller's template.
                Answer::True => unsafe { get(session, object, &raw mut *one, 1) },
                Answer::Other(value) => put(one, &value),
                Answer::Absent => {
                    one.ulValueLen = CK_UNAVAILABLE_INFORMATION;
                    CKR_ATTRIBUTE_TYPE_INVALID
                }
            };
            if code != CKR_OK {
                worst = code;
            }
        }
        worst
    })
}

/// What is answered to the question for an attribute.
enum Answer {
    True,
    Other(Vec<u8>),
    Absent,
}

fn answer(session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE, kind: CK_ATTRIBUTE_TYPE) -> Answer {
    if object == EXTRA {
        return match kind {
            CKA_CLASS => Answer::Other(CKO_SECRET_KEY.to_ne_bytes().to_vec()),
            CKA_LABEL => Answer::Other(b"surprise".to_vec()),
            _ => Answer::Absent,
        };
    }
    let class = ask::class(session, object);
    match (kind, class) {
        (CKA_EC_POINT, Some(CKO_PUBLIC_KEY)) => point(session, object),
        (CKA_VALUE, Some(CKO_DATA)) => value(session, object),
        (_, Some(CKO_PRIVATE_KEY)) => flag(kind),
        _ => Answer::True,
    }
}

/// A flag of a private key.
fn flag(kind: CK_ATTRIBUTE_TYPE) -> Answer {
    let script = &state().script;
    let name = NAMES.iter().find(|(known, _)| *known == kind);
    let fault = name.and_then(|(_, name)| script.answer(&format!("attribute:{name}")));
    match fault {
        Some("true") => Answer::Other(vec![1]),
        Some("false") => Answer::Other(vec![0]),
        Some("absent") => Answer::Absent,
        // What a token says that does not know: the number, all of whose bits are set.
        Some("unavailable") => Answer::Other(CK_UNAVAILABLE_INFORMATION.to_ne_bytes().to_vec()),
        _ if script.answer("nonce").is_some() => {
            born::pretends(kind).map_or(Answer::True, Answer::Other)
        }
        _ => Answer::True,
    }
}

const NAMES: [(CK_ATTRIBUTE_TYPE, &str); 13] = [
    (CKA_ALWAYS_SENSITIVE, "CKA_ALWAYS_SENSITIVE"),
    (CKA_DECRYPT, "CKA_DECRYPT"),
    (CKA_DERIVE, "CKA_DERIVE"),
    (CKA_EC_POINT, "CKA_EC_POINT"),
    (CKA_EXTRACTABLE, "CKA_EXTRACTABLE"),
    (CKA_KEY_GEN_MECHANISM, "CKA_KEY_GEN_MECHANISM"),
    (CKA_LOCAL, "CKA_LOCAL"),
    (CKA_MODIFIABLE, "CKA_MODIFIABLE"),
    (CKA_NEVER_EXTRACTABLE, "CKA_NEVER_EXTRACTABLE"),
    (CKA_PRIVATE, "CKA_PRIVATE"),
    (CKA_SENSITIVE, "CKA_SENSITIVE"),
    (CKA_SIGN, "CKA_SIGN"),
    (CKA_UNWRAP, "CKA_UNWRAP"),
];

/// The point of a public key in another form, or of nothing.
fn point(session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE) -> Answer {
    let Some(fault) = state().script.answer("point") else {
        return Answer::True;
    };
    let Some(der) = ask::attribute(session, object, CKA_EC_POINT) else {
        return Answer::Absent;
    };
    // DER of an OCTET STRING around 04 x y, as SoftHSM has it.
    let (Some(raw), Some(x)) = (der.get(2..), der.get(3..35)) else {
        return Answer::True;
    };
    let odd = raw.last().is_some_and(|byte| byte % 2 == 1);
    let compressed = [&[if odd { 3 } else { 2 }], x].concat();
    match fault {
        "raw" => Answer::Other(raw.to_vec()),
        "compressed" => Answer::Other(compressed),
        "compressed-der" => Answer::Other([&[4, 33], compressed.as_slice()].concat()),
        "short" => Answer::Other(der.get(..der.len() - 1).unwrap_or_default().to_vec()),
        "empty" => Answer::Other(Vec::new()),
        "off-curve" => {
            let mut off = der;
            if let Some(last) = off.last_mut() {
                *last ^= 1;
            }
            Answer::Other(off)
        }
        "absent" => Answer::Absent,
        _ => Answer::True,
    }
}

/// The value of a data object, as it was when it was read first.
fn value(session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE) -> Answer {
    if state().script.answer("anchor") != Some("old") {
        return Answer::True;
    }
    let label = ask::attribute(session, object, CKA_LABEL).unwrap_or_default();
    match ask::attribute(session, object, CKA_VALUE) {
        None => Answer::True,
        Some(now) => Answer::Other(locked(&FIRST_VALUES).entry(label).or_insert(now).clone()),
    }
}

/// Answers with a value of ours.
fn put(attribute: &mut CK_ATTRIBUTE, value: &[u8]) -> CK_RV {
    let len = CK_ULONG::try_from(value.len()).unwrap_or_default();
    let room = std::mem::replace(&mut attribute.ulValueLen, len);
    if attribute.pValue.is_null() {
        return CKR_OK;
    }
    if room < len {
        attribute.ulValueLen = CK_UNAVAILABLE_INFORMATION;
        return CKR_BUFFER_TOO_SMALL;
    }
    // SAFETY: the caller has room for this many bytes.
    unsafe { std::ptr::copy_nonoverlapping(value.as_ptr(), attribute.pValue.cast(), value.len()) };
    CKR_OK
}
