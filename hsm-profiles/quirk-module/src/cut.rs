//! Calls of PKCS#11 are points at which a test may cut the program, where it has preloaded the library
//! that does so (`signer-device/cut-library`).

use std::ffi::{CString, c_char};
use std::sync::OnceLock;

use libloading::os::unix::Library;

type Point = unsafe extern "C" fn(*const c_char);

static POINT: OnceLock<Option<Point>> = OnceLock::new();

/// This call is about to be passed on.
pub(crate) fn point(name: &str) {
    let point = POINT.get_or_init(|| {
        // SAFETY: the type that the library says; what is preloaded stays loaded.
        unsafe { Library::this().get::<Point>(b"himuro_cut_point\0") }
            .ok()
            .map(|found| *found)
    });
    if let (Some(point), Ok(name)) = (point, CString::new(name)) {
        // SAFETY: a string of C.
        unsafe { point(name.as_ptr()) };
    }
}
