//! The machine's clock, set to another time.

use std::ffi::c_int;
use std::sync::OnceLock;

/// How wrong the clock of the world is.
enum Wrong {
    /// By so many seconds; 0 where no test asks for anything.
    By(i64),
    /// By what this file says at the moment.
    AsSaidIn(String),
}

fn wrong_by() -> i64 {
    static WRONG: OnceLock<Wrong> = OnceLock::new();
    let wrong = WRONG.get_or_init(|| match std::env::var("HIMURO_CLOCK") {
        Err(_) => Wrong::By(0),
        Ok(text) => match text.strip_prefix('@') {
            Some(file) => Wrong::AsSaidIn(file.to_owned()),
            None => Wrong::By(seconds(&text)),
        },
    });
    match wrong {
        Wrong::By(seconds) => *seconds,
        Wrong::AsSaidIn(file) => {
            seconds(&std::fs::read_to_string(file).unwrap_or_else(|_| std::process::abort()))
        }
    }
}

/// A misspelt number must not pass for a clock that is right.
fn seconds(text: &str) -> i64 {
    text.parse().unwrap_or_else(|_| std::process::abort())
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
