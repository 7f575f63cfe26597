//! A library that tests preload into a program: it counts every write, flush, rename and call of
//! PKCS#11, and at one of them the program ends, or the disk fails.
//!
//! ```text
//! program -> this library -> the kernel
//!         -> quirk-module -> this library (himuro_cut_point) -> SoftHSM
//! ```
//!
//! A kill alone leaves what was written and not flushed, because the kernel still has it. So this
//! library remembers what was flushed, and takes the rest away where the power is to fail: see
//! [`disk`]. The README lists the variables.
//!
//! The clock can be set to another time as well: see [`clock`]. For tests, never shipped: nothing but tests may depend on this crate.

mod calls;
mod clock;
mod disk;
mod plan;
mod raw;

use std::ffi::{CStr, c_char};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use disk::Disk;
use plan::{How, Plan};

/// What is counted, and what the disk holds for sure.
pub(crate) struct State {
    plan: Plan,
    count: u64,
    /// The disk is full from now on.
    full: bool,
    /// A flush has failed: what it was to flush is lost.
    lost: bool,
    pub(crate) disk: Disk,
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It goes through.
    Whole,
    /// A write takes a part.
    Part,
    /// It fails with this error.
    Fails(i32),
}

/// What kind of call it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Bytes are written.
    Write,
    /// Bytes, or the names in a folder, are flushed.
    Flush,
    /// A name is made, moved or removed, a file is shortened.
    Name {
        /// Whether it takes room.
        grows: bool,
    },
    /// The HSM is asked.
    Hsm,
}

static STATE: OnceLock<Option<Mutex<State>>> = OnceLock::new();

/// The state; none where no test asks for anything.
pub(crate) fn state() -> Option<MutexGuard<'static, State>> {
    let state = STATE.get_or_init(|| {
        let plan = Plan::from_environment()?;
        Some(Mutex::new(State {
            plan,
            count: 0,
            full: false,
            lost: false,
            disk: Disk::default(),
        }))
    });
    let state = state.as_ref()?;
    Some(state.lock().unwrap_or_else(PoisonError::into_inner))
}

impl State {
    /// Whether what happens to this path is counted.
    pub(crate) fn counts(&self, path: &[u8]) -> bool {
        self.plan.counts(path)
    }

    /// Whether this path lies on the disk whose power fails.
    pub(crate) fn is_on_disk(&self, path: &[u8]) -> bool {
        self.plan.is_on_disk(path)
    }

    /// The next point. Where it is the one, the program ends here, or the call fails.
    pub(crate) fn point(&mut self, kind: Kind, name: &str, path: &[u8]) -> Fate {
        self.count += 1;
        self.plan.note(name, path);
        let is_it = self.count == self.plan.at;
        match self.plan.how {
            How::Kill if is_it => raw::die(),
            How::Power if is_it => {
                self.disk.lose(0);
                raw::die()
            }
            How::Torn if is_it => {
                self.disk.lose(self.count);
                raw::die()
            }
            How::Full if is_it || self.full => {
                let first = !std::mem::replace(&mut self.full, true);
                match kind {
                    Kind::Write if first => Fate::Part,
                    Kind::Write | Kind::Name { grows: true } => Fate::Fails(libc::ENOSPC),
                    _ => Fate::Whole,
                }
            }
            How::Fails if is_it && kind != Kind::Hsm => {
                self.lost |= kind == Kind::Flush;
                Fate::Fails(libc::EIO)
            }
            How::Short if is_it && kind == Kind::Write => Fate::Part,
            _ => Fate::Whole,
        }
    }
}

/// A call of PKCS#11 is about to be passed on: the module before the real one says so.
///
/// # Safety
/// `name` must be a string of C.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn himuro_cut_point(name: *const c_char) {
    // SAFETY: the caller's promise.
    let name = unsafe { CStr::from_ptr(name) };
    if let Some(mut state) = state() {
        state.point(Kind::Hsm, &name.to_string_lossy(), b"");
    }
}

/// Runs when the process ends: after a flush that failed, a disk may not have what it was to flush,
/// though the kernel reads it back until then.
#[used]
#[unsafe(link_section = ".fini_array")]
static AT_EXIT: extern "C" fn() = at_exit;

extern "C" fn at_exit() {
    if let Some(Some(_)) = STATE.get()
        && let Some(mut state) = state()
        && state.lost
    {
        state.disk.lose(0);
    }
}
