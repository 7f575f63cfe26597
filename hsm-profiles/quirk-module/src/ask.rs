//! Questions of our own to the real module: not counted, and nothing goes wrong with them.

use cryptoki_sys::{
    CK_ATTRIBUTE, CK_ATTRIBUTE_TYPE, CK_OBJECT_CLASS, CK_OBJECT_HANDLE, CK_RV, CK_SESSION_HANDLE,
    CK_SESSION_INFO, CK_UNAVAILABLE_INFORMATION, CKA_CLASS, CKA_EC_PARAMS, CKR_OK,
    CKS_RO_PUBLIC_SESSION, CKS_RW_PUBLIC_SESSION,
};

use crate::state;

/// DER of secp256k1's object identifier.
pub(crate) const SECP256K1: [u8; 7] = [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a];

/// The true value of an attribute.
pub(crate) fn attribute(
    session: CK_SESSION_HANDLE,
    object: CK_OBJECT_HANDLE,
    kind: CK_ATTRIBUTE_TYPE,
) -> Option<Vec<u8>> {
    let get = state().real.C_GetAttributeValue?;
    let mut asked = CK_ATTRIBUTE {
        type_: kind,
        pValue: std::ptr::null_mut(),
        ulValueLen: 0,
    };
    // SAFETY: one attribute, whose length is asked for.
    let code = unsafe { get(session, object, &raw mut asked, 1) };
    if code != CKR_OK || asked.ulValueLen == CK_UNAVAILABLE_INFORMATION {
        return None;
    }
    let mut value = vec![0_u8; usize::try_from(asked.ulValueLen).ok()?];
    asked.pValue = value.as_mut_ptr().cast();
    // SAFETY: one attribute, with a buffer of the length that was answered.
    let code = unsafe { get(session, object, &raw mut asked, 1) };
    (code == CKR_OK).then_some(value)
}

/// The class of an object.
pub(crate) fn class(
    session: CK_SESSION_HANDLE,
    object: CK_OBJECT_HANDLE,
) -> Option<CK_OBJECT_CLASS> {
    let value = attribute(session, object, CKA_CLASS)?;
    Some(CK_OBJECT_CLASS::from_ne_bytes(value.try_into().ok()?))
}

/// Whether this is one of the wallet's keys: on Bitcoin's curve.
pub(crate) fn is_wallet_key(session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE) -> bool {
    attribute(session, object, CKA_EC_PARAMS).is_some_and(|curve| curve == SECP256K1)
}

/// Every object on the token that this session sees.
pub(crate) fn all_objects(session: CK_SESSION_HANDLE) -> Vec<CK_OBJECT_HANDLE> {
    let real = &state().real;
    let (Some(begin), Some(end)) = (real.C_FindObjectsInit, real.C_FindObjectsFinal) else {
        return Vec::new();
    };
    // SAFETY: no template at all finds every object.
    if unsafe { begin(session, std::ptr::null_mut(), 0) } != CKR_OK {
        return Vec::new();
    }
    let found = found_objects(session);
    // SAFETY: the search that was begun above.
    unsafe { end(session) };
    found
}

/// What the search that the session has begun finds.
pub(crate) fn found_objects(session: CK_SESSION_HANDLE) -> Vec<CK_OBJECT_HANDLE> {
    let Some(find) = state().real.C_FindObjects else {
        return Vec::new();
    };
    let mut found = Vec::new();
    loop {
        let (mut some, mut count) = ([0; 64], 0);
        // SAFETY: room for 64 handles.
        let code: CK_RV = unsafe { find(session, some.as_mut_ptr(), 64, &raw mut count) };
        let count = usize::try_from(count).unwrap_or_default().min(some.len());
        found.extend_from_slice(&some[..count]);
        if code != CKR_OK || count < some.len() {
            return found;
        }
    }
}

/// Whether nobody is logged in.
pub(crate) fn is_public(session: CK_SESSION_HANDLE) -> bool {
    let mut info = CK_SESSION_INFO::default();
    let Some(get) = state().real.C_GetSessionInfo else {
        return false;
    };
    // SAFETY: a place for the answer.
    let code = unsafe { get(session, &raw mut info) };
    code == CKR_OK && matches!(info.state, CKS_RO_PUBLIC_SESSION | CKS_RW_PUBLIC_SESSION)
}

/// The attributes of a caller's template.
///
/// # Safety
/// `template` must point to `count` attributes, or `count` be 0.
pub(crate) unsafe fn template<'t>(
    template: *const CK_ATTRIBUTE,
    count: cryptoki_sys::CK_ULONG,
) -> &'t [CK_ATTRIBUTE] {
    match usize::try_from(count) {
        Ok(count) if count > 0 && !template.is_null() => {
            // SAFETY: the caller's promise.
            unsafe { std::slice::from_raw_parts(template, count) }
        }
        _ => &[],
    }
}

/// The value of an attribute in a caller's template.
pub(crate) fn value_in(template: &[CK_ATTRIBUTE], kind: CK_ATTRIBUTE_TYPE) -> Option<&[u8]> {
    let found = template.iter().find(|attribute| attribute.type_ == kind)?;
    let len = usize::try_from(found.ulValueLen).ok()?;
    if found.pValue.is_null() {
        return None;
    }
    // SAFETY: a template that a caller sends has values of the length that it states.
    Some(unsafe { std::slice::from_raw_parts(found.pValue.cast(), len) })
}
