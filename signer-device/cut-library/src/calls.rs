//! The functions of the C library that change a disk, as Rust's standard library calls them.

use std::ffi::{c_char, c_int, c_long, c_void};

use crate::disk::Change;
use crate::{Fate, Kind, raw, state};

/// The answer of a call that fails.
fn fails(error: c_int) -> c_long {
    // SAFETY: the place of this thread's error.
    unsafe { *libc::__errno_location() = error };
    -1
}

/// Passes a call on, unless its point says otherwise; `done` notes what worked.
fn pass(
    kind: Kind,
    name: &str,
    path: &[u8],
    call: impl FnOnce() -> c_long,
    done: impl FnOnce(&mut crate::State),
) -> c_long {
    let Some(mut state) = state().filter(|state| state.counts(path)) else {
        return call();
    };
    if let Fate::Fails(error) = state.point(kind, name, path) {
        drop(state);
        return fails(error);
    }
    let code = call();
    if code >= 0 && state.is_on_disk(path) {
        done(&mut state);
    }
    code
}

/// `write(2)`
///
/// # Safety
/// As the C library says.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn write(file: c_int, bytes: *const c_void, count: usize) -> isize {
    // SAFETY: the caller's arguments, of which a part may be left out.
    let real = |count: usize| unsafe { libc::syscall(libc::SYS_write, file, bytes, count) };
    // Pipes and terminals are no disk.
    let code = if file <= 2 {
        real(count)
    } else {
        written(file, count, real)
    };
    isize::try_from(code).unwrap_or(-1)
}

fn written(file: c_int, count: usize, real: impl FnOnce(usize) -> c_long) -> c_long {
    let path = raw::path_of(file);
    let Some(mut state) = state().filter(|state| state.counts(&path)) else {
        return real(count);
    };
    match state.point(Kind::Write, "write", &path) {
        Fate::Fails(error) => {
            drop(state);
            fails(error)
        }
        fate => {
            if state.is_on_disk(&path) {
                state.disk.writes(&path);
            }
            let part = if fate == Fate::Part {
                count.div_ceil(2)
            } else {
                count
            };
            real(part)
        }
    }
}

/// `fsync(2)`
#[unsafe(no_mangle)]
pub(crate) extern "C" fn fsync(file: c_int) -> c_int {
    flush(libc::SYS_fsync, "fsync", file)
}

/// `fdatasync(2)`
#[unsafe(no_mangle)]
pub(crate) extern "C" fn fdatasync(file: c_int) -> c_int {
    flush(libc::SYS_fdatasync, "fdatasync", file)
}

fn flush(number: c_long, name: &str, file: c_int) -> c_int {
    let path = raw::path_of(file);
    // SAFETY: a system call without pointers.
    let call = || unsafe { libc::syscall(number, file) };
    let code = pass(Kind::Flush, name, &path, call, |state| {
        state.disk.flushed(&path);
    });
    c_int::try_from(code).unwrap_or(-1)
}

/// `open(2)`. In C it takes any number of arguments; on the machines that this runs on they are where
/// these three are.
///
/// # Safety
/// As the C library says.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn open64(
    path: *const c_char,
    flags: c_int,
    mode: libc::mode_t,
) -> c_int {
    let here = libc::AT_FDCWD;
    // SAFETY: the caller's arguments.
    let call = || unsafe { libc::syscall(libc::SYS_openat, here, path, flags, mode) };
    // SAFETY: a string of C, by the caller's promise.
    let name = unsafe { raw::whole(path) };
    let is_new = flags & libc::O_CREAT != 0 && raw::length(&name).is_none();
    let code = if is_new {
        let kind = Kind::Name { grows: true };
        pass(kind, "open", &name, call, |state| {
            state.disk.changes(Change::Made(name.clone()));
        })
    } else {
        call()
    };
    c_int::try_from(code).unwrap_or(-1)
}

/// `link(2)`, by the newer call.
///
/// # Safety
/// As the C library says.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn linkat(
    from_folder: c_int,
    from: *const c_char,
    to_folder: c_int,
    to: *const c_char,
    flags: c_int,
) -> c_int {
    // SAFETY: the caller's arguments.
    let call =
        || unsafe { libc::syscall(libc::SYS_linkat, from_folder, from, to_folder, to, flags) };
    // SAFETY: a string of C, by the caller's promise.
    let name = unsafe { raw::whole(to) };
    let code = pass(Kind::Name { grows: true }, "link", &name, call, |state| {
        state.disk.changes(Change::Made(name.clone()));
    });
    c_int::try_from(code).unwrap_or(-1)
}

/// `rename(2)`
///
/// # Safety
/// As the C library says.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    let here = libc::AT_FDCWD;
    // SAFETY: the caller's arguments.
    let call = || unsafe { libc::syscall(libc::SYS_renameat2, here, from, here, to, 0) };
    // SAFETY: strings of C, by the caller's promise.
    let [old, new] = unsafe { [raw::whole(from), raw::whole(to)] };
    let code = pass(Kind::Name { grows: true }, "rename", &new, call, |state| {
        state.disk.changes(Change::Moved(old.clone(), new.clone()));
    });
    c_int::try_from(code).unwrap_or(-1)
}

/// `unlink(2)`. It is taken to last at once: what is removed early can only be missed.
///
/// # Safety
/// As the C library says.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn unlink(path: *const c_char) -> c_int {
    // SAFETY: the caller's argument.
    let call = || unsafe { libc::syscall(libc::SYS_unlinkat, libc::AT_FDCWD, path, 0) };
    // SAFETY: a string of C, by the caller's promise.
    let name = unsafe { raw::whole(path) };
    let kind = Kind::Name { grows: false };
    let code = pass(kind, "unlink", &name, call, |_| ());
    c_int::try_from(code).unwrap_or(-1)
}

/// `ftruncate(2)`
#[unsafe(no_mangle)]
pub(crate) extern "C" fn ftruncate64(file: c_int, length: i64) -> c_int {
    let path = raw::path_of(file);
    let before = raw::length(&path).unwrap_or_default();
    let tail = raw::tail(file, u64::try_from(length).unwrap_or_default(), before);
    // SAFETY: a system call without pointers.
    let call = || unsafe { libc::syscall(libc::SYS_ftruncate, file, length) };
    let kind = Kind::Name { grows: false };
    let code = pass(kind, "ftruncate", &path, call, |state| {
        state.disk.changes(Change::Shortened(path.clone(), tail));
    });
    c_int::try_from(code).unwrap_or(-1)
}
