//! `C_SignInit` and `C_Sign` of a module that is loaded already: two calls for a signature.
//!
//! cryptoki asks a module how long a signature will be, then has it made: three calls, of which one
//! may be a journey over a network. Here the room is given at once. It is the only shipped code of
//! ours with `unsafe`, and all of it is below; ADR 7 says why.

use std::ffi::{c_int, c_void};
use std::fmt;
use std::path::Path;

use cryptoki_sys::{
    CK_FUNCTION_LIST, CK_FUNCTION_LIST_PTR_PTR, CK_MECHANISM, CK_OBJECT_HANDLE, CK_RV,
    CK_SESSION_HANDLE, CK_SESSION_INFO, CK_ULONG, CKM_ECDSA, CKR_FUNCTION_NOT_SUPPORTED,
    CKR_GENERAL_ERROR, CKR_OK,
};
use libloading::os::unix::{Library, RTLD_NOW};

/// Room for a signature: r and s are 64 bytes, and DER around them is less than ten more.
const ROOM: usize = 128;

/// `dlopen(3)`: only what is loaded already.
const RTLD_NOLOAD: c_int = 4;

type GetFunctionList = unsafe extern "C" fn(CK_FUNCTION_LIST_PTR_PTR) -> CK_RV;

/// The functions of a module that somebody else has loaded and initialised.
pub struct SignCall {
    list: CK_FUNCTION_LIST,
    /// The functions live as long as this.
    _library: Library,
}

/// Which of the two calls failed, and with which code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// `C_SignInit`: nothing was signed.
    SignInit(CK_RV),
    /// `C_Sign`: something may have been signed.
    Sign(CK_RV),
}

impl SignCall {
    /// The functions of the module at `path`, if it is loaded. It loads nothing.
    pub fn of(path: &Path) -> Option<Self> {
        // SAFETY: no library is loaded by this, so that no code of one runs.
        let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_NOLOAD) }.ok()?;
        // SAFETY: the type of this function by PKCS#11 2.40, section 5.4.
        let get = unsafe { library.get::<GetFunctionList>(b"C_GetFunctionList") }.ok()?;
        let mut list = std::ptr::null_mut();
        // SAFETY: a place for a pointer. It may be called at any time, also before C_Initialize.
        let code = unsafe { get(&raw mut list) };
        if code != CKR_OK || list.is_null() {
            return None;
        }
        // SAFETY: a list of the module's own, which lives as long as the library; it is copied.
        let list = unsafe { *list };
        Some(Self {
            list,
            _library: library,
        })
    }

    /// Whether these functions know the session. Some clients keep a state of their own for each list
    /// of functions that they hand out, and ours is not the one that opened the session.
    pub fn knows(&self, session: CK_SESSION_HANDLE) -> bool {
        let Some(ask) = self.list.C_GetSessionInfo else {
            return false;
        };
        let mut info = CK_SESSION_INFO::default();
        // SAFETY: a number that the module checks, and a place for its answer.
        unsafe { ask(session, &raw mut info) == CKR_OK }
    }

    /// Signs 32 bytes with `CKM_ECDSA`; what the module answers, as it made it.
    pub fn sign_at_once(
        &self,
        session: CK_SESSION_HANDLE,
        key: CK_OBJECT_HANDLE,
        digest: &[u8; 32],
    ) -> Result<Vec<u8>, Failed> {
        let (Some(init), Some(sign)) = (self.list.C_SignInit, self.list.C_Sign) else {
            return Err(Failed::SignInit(CKR_FUNCTION_NOT_SUPPORTED));
        };
        let mut mechanism = CK_MECHANISM {
            mechanism: CKM_ECDSA,
            pParameter: std::ptr::null_mut::<c_void>(),
            ulParameterLen: 0,
        };
        // SAFETY: two numbers that the module checks, and a mechanism without parameters.
        let code = unsafe { init(session, &raw mut mechanism, key) };
        if code != CKR_OK {
            return Err(Failed::SignInit(code));
        }
        let (mut data, mut signature) = (*digest, vec![0; ROOM]);
        let (len, mut made) = (length(data.len())?, length(signature.len())?);
        // SAFETY: a number that the module checks, and two buffers, each with its own length.
        let code = unsafe {
            sign(
                session,
                data.as_mut_ptr(),
                len,
                signature.as_mut_ptr(),
                &raw mut made,
            )
        };
        if code != CKR_OK {
            return Err(Failed::Sign(code));
        }
        // A module that says it wrote more than it had room for is not to be believed in anything.
        match usize::try_from(made) {
            Ok(made) if made <= ROOM => {
                signature.truncate(made);
                Ok(signature)
            }
            _ => Err(Failed::Sign(CKR_GENERAL_ERROR)),
        }
    }
}

impl fmt::Debug for SignCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignCall(..)")
    }
}

fn length(bytes: usize) -> Result<CK_ULONG, Failed> {
    CK_ULONG::try_from(bytes).map_err(|_| Failed::SignInit(CKR_GENERAL_ERROR))
}
