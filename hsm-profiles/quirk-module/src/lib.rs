//! A PKCS#11 module that stands before a real one and misbehaves on purpose.
//!
//! ```text
//! driver -> quirk-module -> real module (SoftHSM)
//! ```
//!
//! Every call is passed through, and counted; the faults named in `HIMURO_QUIRK` change what is
//! answered, or whether there is an answer at all. So login, storage and keys are real, and each
//! fault is a true answer changed in one place. The README lists the faults and the variables.
//!
//! For tests, never shipped: nothing but tests may depend on this crate.

mod ask;
mod born;
mod counts;
mod cut;
mod objects;
mod plain;
mod script;
mod sign;
mod token;

use std::path::PathBuf;
use std::sync::OnceLock;

use cryptoki_sys::{
    CK_FUNCTION_LIST, CK_FUNCTION_LIST_PTR_PTR, CK_RV, CKR_ARGUMENTS_BAD, CKR_GENERAL_ERROR, CKR_OK,
};

use counts::{Counts, Started};
use script::Script;

/// Where SoftHSM is, unless `HIMURO_QUIRK_MODULE` names another module.
const REAL: [&str; 4] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm.so",
];

type GetFunctionList = unsafe extern "C" fn(CK_FUNCTION_LIST_PTR_PTR) -> CK_RV;

/// The real module's functions, and what is to go wrong.
pub(crate) struct State {
    pub(crate) real: CK_FUNCTION_LIST,
    pub(crate) script: Script,
    pub(crate) counts: Counts,
    ours: CK_FUNCTION_LIST,
}

static STATE: OnceLock<Option<State>> = OnceLock::new();

/// The state; every function of the list is reached after it was made.
pub(crate) fn state() -> &'static State {
    match STATE.get() {
        Some(Some(state)) => state,
        // Nobody has our functions without the list, and the list only after this.
        _ => std::process::abort(),
    }
}

/// The one exported function.
///
/// # Safety
/// `list` must be null or a place for a pointer, as PKCS#11 says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn C_GetFunctionList(list: CK_FUNCTION_LIST_PTR_PTR) -> CK_RV {
    if list.is_null() {
        return CKR_ARGUMENTS_BAD;
    }
    let Some(state) = STATE.get_or_init(State::new) else {
        return CKR_GENERAL_ERROR;
    };
    // SAFETY: the caller's place for a pointer. The list is never written through it.
    unsafe { *list = std::ptr::from_ref(&state.ours).cast_mut() };
    CKR_OK
}

/// Runs when the process ends, as the handlers of any library do.
#[used]
#[unsafe(link_section = ".fini_array")]
static AT_EXIT: extern "C" fn() = at_exit;

extern "C" fn at_exit() {
    let Some(Some(state)) = STATE.get() else {
        return;
    };
    if state.script.answer("exit") == Some("hang") {
        loop {
            std::thread::park();
        }
    }
}

impl State {
    fn new() -> Option<Self> {
        let script = Script::from_environment()
            .map_err(|unknown| eprintln!("quirk-module: no such fault: {unknown}"))
            .ok()?;
        let (counts, started) = (Counts::default(), Started::now());
        let real = real()?;
        counts.add("load", &started);
        Some(Self {
            script,
            counts,
            ours: ours(&real),
            real,
        })
    }
}

/// The real module's functions. It stays loaded.
fn real() -> Option<CK_FUNCTION_LIST> {
    let named = std::env::var_os("HIMURO_QUIRK_MODULE").map(PathBuf::from);
    let path = named.or_else(|| {
        let mut places = REAL.iter().map(PathBuf::from);
        places.find(|path| path.is_file())
    })?;
    // SAFETY: a PKCS#11 module, named by the test.
    let library = unsafe { libloading::Library::new(path) }.ok()?;
    let library = Box::leak(Box::new(library));
    // SAFETY: the type of this function by PKCS#11.
    let get = unsafe { library.get::<GetFunctionList>(b"C_GetFunctionList") }.ok()?;
    let mut list = std::ptr::null_mut();
    // SAFETY: a place for a pointer, and a list that lives as long as the library.
    unsafe { (get(&raw mut list) == CKR_OK && !list.is_null()).then(|| *list) }
}

/// The list with our functions in the place of the real ones.
fn ours(real: &CK_FUNCTION_LIST) -> CK_FUNCTION_LIST {
    CK_FUNCTION_LIST {
        C_Initialize: Some(plain::C_Initialize),
        C_Finalize: Some(token::finalize),
        C_GetFunctionList: Some(C_GetFunctionList),
        C_GetInfo: Some(plain::C_GetInfo),
        C_GetSlotList: Some(plain::C_GetSlotList),
        C_GetSlotInfo: Some(plain::C_GetSlotInfo),
        C_GetTokenInfo: Some(token::get_token_info),
        C_GetMechanismList: Some(plain::C_GetMechanismList),
        C_GetMechanismInfo: Some(plain::C_GetMechanismInfo),
        C_InitToken: Some(plain::C_InitToken),
        C_InitPIN: Some(plain::C_InitPIN),
        C_OpenSession: Some(plain::C_OpenSession),
        C_CloseSession: Some(plain::C_CloseSession),
        C_GetSessionInfo: Some(plain::C_GetSessionInfo),
        C_Login: Some(token::login),
        C_Logout: Some(token::logout),
        C_CreateObject: Some(objects::create),
        C_CopyObject: Some(plain::C_CopyObject),
        C_DestroyObject: Some(plain::C_DestroyObject),
        C_GetAttributeValue: Some(objects::get_attributes),
        C_SetAttributeValue: Some(plain::C_SetAttributeValue),
        C_FindObjectsInit: Some(objects::find_init),
        C_FindObjects: Some(objects::find),
        C_FindObjectsFinal: Some(plain::C_FindObjectsFinal),
        C_SignInit: Some(sign::init),
        C_Sign: Some(sign::sign),
        C_Verify: Some(plain::C_Verify),
        C_GenerateKeyPair: Some(born::generate),
        C_WrapKey: Some(plain::C_WrapKey),
        C_GenerateRandom: Some(token::random),
        ..*real
    }
}
