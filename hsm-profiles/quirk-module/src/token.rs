//! What goes wrong with the token as a whole: its facts, its login, its random numbers.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use cryptoki_sys::{
    CK_BYTE_PTR, CK_FLAGS, CK_RV, CK_SESSION_HANDLE, CK_SLOT_ID, CK_TOKEN_INFO_PTR, CK_ULONG,
    CK_USER_TYPE, CK_UTF8CHAR_PTR, CK_VOID_PTR, CKF_LOGIN_REQUIRED, CKF_USER_PIN_COUNT_LOW,
    CKF_USER_PIN_FINAL_TRY, CKF_USER_PIN_LOCKED, CKR_OK, CKR_PIN_INCORRECT, CKR_PIN_LOCKED,
    CKU_USER,
};

use crate::plain::{self, around};
use crate::state;

/// Ends the use of the module, and writes the counts.
///
/// # Safety
/// As PKCS#11 says of `C_Finalize`.
pub(crate) unsafe extern "C" fn finalize(reserved: CK_VOID_PTR) -> CK_RV {
    // SAFETY: the caller's argument.
    let code = unsafe { plain::C_Finalize(reserved) };
    state().counts.write();
    code
}

/// The token's facts, some of them others than they are.
///
/// # Safety
/// As PKCS#11 says of `C_GetTokenInfo`.
pub(crate) unsafe extern "C" fn get_token_info(slot: CK_SLOT_ID, info: CK_TOKEN_INFO_PTR) -> CK_RV {
    // SAFETY: the caller's arguments.
    let code = unsafe { plain::C_GetTokenInfo(slot, info) };
    if code != CKR_OK || info.is_null() {
        return code;
    }
    // SAFETY: a structure that was just filled.
    let info = unsafe { &mut *info };
    let script = &state().script;
    for (field, value) in script.answers("token") {
        match field {
            "label" => fill(&mut info.label, value),
            "manufacturer" => fill(&mut info.manufacturerID, value),
            "model" => fill(&mut info.model, value),
            "serial" => fill(&mut info.serialNumber, value),
            "firmware" => {
                info.firmwareVersion.major = value.parse().unwrap_or_default();
                info.firmwareVersion.minor = 0;
            }
            _ => {}
        }
    }
    match script.answer("flags") {
        Some("count-low") => info.flags |= CKF_USER_PIN_COUNT_LOW,
        Some("final-try") => info.flags |= CKF_USER_PIN_FINAL_TRY,
        Some("locked") => info.flags |= CKF_USER_PIN_LOCKED,
        Some("no-login") => info.flags &= !CKF_LOGIN_REQUIRED,
        _ => {}
    }
    if let Some(tries) = Tries::of_script() {
        info.flags |= tries.flags();
    }
    code
}

/// Text padded with blanks, as PKCS#11 has it.
fn fill(field: &mut [u8], text: &str) {
    field.fill(b' ');
    for (place, byte) in field.iter_mut().zip(text.bytes()) {
        *place = byte;
    }
}

/// A counter of wrong PINs in a file, for a token that locks.
struct Tries {
    file: std::path::PathBuf,
    max: u32,
}

impl Tries {
    fn of_script() -> Option<Self> {
        let max = state().script.answer("login:locks-after")?;
        Some(Self {
            file: std::env::var_os("HIMURO_QUIRK_STATE")?.into(),
            max: max.parse().ok()?,
        })
    }

    fn wrong(&self) -> u32 {
        let text = std::fs::read_to_string(&self.file).unwrap_or_default();
        text.trim().parse().unwrap_or_default()
    }

    fn set(&self, wrong: u32) {
        if let Err(error) = std::fs::write(&self.file, wrong.to_string()) {
            eprintln!("quirk-module: {}: {error}", self.file.display());
        }
    }

    fn flags(&self) -> CK_FLAGS {
        match self.max.saturating_sub(self.wrong()) {
            0 => CKF_USER_PIN_LOCKED,
            1 => CKF_USER_PIN_FINAL_TRY,
            left if left < self.max => CKF_USER_PIN_COUNT_LOW,
            _ => 0,
        }
    }
}

/// Logs in: with any PIN, or never again after too many wrong ones.
///
/// # Safety
/// As PKCS#11 says of `C_Login`.
pub(crate) unsafe extern "C" fn login(
    session: CK_SESSION_HANDLE,
    user: CK_USER_TYPE,
    pin: CK_UTF8CHAR_PTR,
    len: CK_ULONG,
) -> CK_RV {
    let script = &state().script;
    if script.answer("login") == Some("nobody") {
        return around("C_Login", |_| CKR_OK);
    }
    let tries = Tries::of_script().filter(|_| user == CKU_USER);
    if let Some(tries) = &tries
        && tries.wrong() >= tries.max
    {
        return around("C_Login", |_| CKR_PIN_LOCKED);
    }
    if pin.is_null() && script.answer("login") == Some("keypad") {
        return with_the_right_pin(session, user);
    }
    // SAFETY: the caller's arguments.
    let code = unsafe { plain::C_Login(session, user, pin, len) };
    if let Some(tries) = &tries {
        match code {
            CKR_OK => tries.set(0),
            CKR_PIN_INCORRECT => tries.set(tries.wrong() + 1),
            _ => {}
        }
    }
    if code == CKR_PIN_INCORRECT && script.answer("login") == Some("any-pin") {
        return with_the_right_pin(session, user);
    }
    code
}

/// Logs in as if somebody had given the PIN elsewhere.
fn with_the_right_pin(session: CK_SESSION_HANDLE, user: CK_USER_TYPE) -> CK_RV {
    let right = std::env::var("HIMURO_QUIRK_PIN").unwrap_or_default();
    let mut right = right.into_bytes();
    let len = CK_ULONG::try_from(right.len()).unwrap_or_default();
    // SAFETY: a PIN of this length.
    unsafe { plain::C_Login(session, user, right.as_mut_ptr(), len) }
}

/// Logs out, or only says so.
///
/// # Safety
/// As PKCS#11 says of `C_Logout`.
pub(crate) unsafe extern "C" fn logout(session: CK_SESSION_HANDLE) -> CK_RV {
    if state().script.answer("logout") == Some("ignored") {
        return around("C_Logout", |_| CKR_OK);
    }
    // SAFETY: the caller's argument.
    unsafe { plain::C_Logout(session) }
}

/// Random numbers that are none.
///
/// # Safety
/// As PKCS#11 says of `C_GenerateRandom`.
pub(crate) unsafe extern "C" fn random(
    session: CK_SESSION_HANDLE,
    bytes: CK_BYTE_PTR,
    len: CK_ULONG,
) -> CK_RV {
    static FIRST: Mutex<Vec<u8>> = Mutex::new(Vec::new());
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let call = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
    // SAFETY: the caller's arguments.
    let code = unsafe { plain::C_GenerateRandom(session, bytes, len) };
    let (Ok(count), CKR_OK) = (usize::try_from(len), code) else {
        return code;
    };
    if bytes.is_null() {
        return code;
    }
    // SAFETY: a buffer of this length that was just filled.
    let drawn = unsafe { std::slice::from_raw_parts_mut(bytes, count) };
    match state().script.answer("random") {
        Some("zero") => drawn.fill(0),
        Some("stuck") if call > 2 => drawn.fill(0),
        Some("constant") => drawn.fill(0xa5),
        Some("biased") => drawn.iter_mut().for_each(|byte| *byte &= 0x03),
        Some("repeated") => {
            let mut first = FIRST
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            if first.len() < count {
                let from = first.len();
                first.extend_from_slice(&drawn[from..]);
            }
            drawn.copy_from_slice(&first[..count]);
        }
        _ => {}
    }
    code
}
