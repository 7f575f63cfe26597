//! The machine's clock, set to another time.

use std::ffi::c_int;
use std::sync::OnceLock;

/// By how many seconds the clock of the world is wrong; 0 where no test asks for anything.
fn wrong_by() -> i64 {
    static WRONG_BY: OnceLock<i64> = OnceLock::new();
    *WRONG_BY.get_or_init(|| match std::env::var("HIMURO_CLOCK") {
        Err(_) => 0,
        // A misspelt one must not pass for a clock that is right.
        Ok(seconds) => seconds.parse().unwrap_or_else(|_| std::process::abort()),
    })
}

/// `clock_gettime(2)`
///
/// # Safety
/// As the C library says.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn clock_gettime(clock: c_int, time: *mut libc::timespec) -> c_int {
    // SAFETY: the caller's arguments.
    let code = unsafe { libc::syscall(libc::SYS_clock_gettime, clock, time) };
    if code == 0 && clock == libc::CLOCK_REALTIME {
        // SAFETY: the kernel has just written there.
        unsafe { (*time).tv_sec += wrong_by() };
    }
    c_int::try_from(code).unwrap_or(-1)
}
