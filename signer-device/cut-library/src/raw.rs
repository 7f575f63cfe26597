//! The kernel, asked past the C library: its functions are ours in this process.

use std::ffi::{CStr, CString, c_char, c_int, c_long};
use std::os::unix::ffi::OsStringExt as _;

/// Ends the process at once, as a power cut does: nothing is flushed, nothing is told.
pub(crate) fn die() -> ! {
    loop {
        // SAFETY: two system calls without pointers.
        unsafe {
            let process = libc::syscall(libc::SYS_getpid);
            libc::syscall(libc::SYS_kill, process, c_long::from(libc::SIGKILL));
        }
    }
}

/// The path of an open file.
pub(crate) fn path_of(file: c_int) -> Vec<u8> {
    let link = CString::new(format!("/proc/self/fd/{file}")).unwrap_or_default();
    let mut path = vec![0_u8; 4096];
    // SAFETY: a string of C, and room for as many bytes as are named.
    let length = unsafe {
        libc::syscall(
            libc::SYS_readlinkat,
            libc::AT_FDCWD,
            link.as_ptr(),
            path.as_mut_ptr(),
            path.len(),
        )
    };
    path.truncate(usize::try_from(length).unwrap_or_default());
    path
}

/// A path as it was given, made whole.
///
/// # Safety
/// `path` must be a string of C.
pub(crate) unsafe fn whole(path: *const c_char) -> Vec<u8> {
    // SAFETY: the caller's promise.
    let path = unsafe { CStr::from_ptr(path) }.to_bytes();
    if path.starts_with(b"/") {
        return path.to_vec();
    }
    let here = std::env::current_dir().unwrap_or_default();
    [&here.into_os_string().into_vec()[..], b"/", path].concat()
}

/// How many bytes a file has; none where there is no such file.
pub(crate) fn length(path: &[u8]) -> Option<u64> {
    let path = CString::new(path).ok()?;
    // SAFETY: all bits zero is a value of this type.
    let mut about: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: a string of C, and a place for the answer.
    let code = unsafe {
        libc::syscall(
            libc::SYS_newfstatat,
            libc::AT_FDCWD,
            path.as_ptr(),
            &raw mut about,
            0,
        )
    };
    (code == 0).then(|| u64::try_from(about.st_size).unwrap_or_default())
}

/// Opens a file.
pub(crate) fn open(path: &[u8], flags: c_int) -> Option<c_int> {
    let path = CString::new(path).ok()?;
    // SAFETY: a string of C.
    let file = unsafe {
        libc::syscall(
            libc::SYS_openat,
            libc::AT_FDCWD,
            path.as_ptr(),
            flags,
            0o600,
        )
    };
    c_int::try_from(file).ok().filter(|file| *file >= 0)
}

/// Writes bytes, once.
pub(crate) fn write(file: c_int, bytes: &[u8]) {
    // SAFETY: as many bytes as are named.
    unsafe { libc::syscall(libc::SYS_write, file, bytes.as_ptr(), bytes.len()) };
}

/// Makes a file as long as this.
pub(crate) fn shorten(path: &[u8], length: u64) {
    if let Ok(path) = CString::new(path) {
        // SAFETY: a string of C.
        unsafe { libc::syscall(libc::SYS_truncate, path.as_ptr(), length) };
    }
}

/// Removes a name.
pub(crate) fn remove(path: &[u8]) {
    if let Ok(path) = CString::new(path) {
        // SAFETY: a string of C.
        unsafe { libc::syscall(libc::SYS_unlinkat, libc::AT_FDCWD, path.as_ptr(), 0) };
    }
}

/// Gives a file back its name.
pub(crate) fn rename(from: &[u8], to: &[u8]) {
    if let (Ok(from), Ok(to)) = (CString::new(from), CString::new(to)) {
        let here = libc::AT_FDCWD;
        // SAFETY: two strings of C.
        unsafe {
            libc::syscall(
                libc::SYS_renameat2,
                here,
                from.as_ptr(),
                here,
                to.as_ptr(),
                0,
            );
        }
    }
}

/// What a file holds from `from` on.
pub(crate) fn tail(file: c_int, from: u64, to: u64) -> Vec<u8> {
    let length = to.saturating_sub(from);
    let mut bytes = vec![0_u8; usize::try_from(length).unwrap_or_default()];
    let path = path_of(file);
    let Some(reading) = open(&path, libc::O_RDONLY) else {
        return Vec::new();
    };
    // SAFETY: room for as many bytes as are named.
    unsafe {
        libc::syscall(
            libc::SYS_pread64,
            reading,
            bytes.as_mut_ptr(),
            bytes.len(),
            from,
        );
        libc::syscall(libc::SYS_close, reading);
    }
    bytes
}
