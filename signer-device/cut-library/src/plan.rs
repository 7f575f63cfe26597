//! What a test asks for, by the environment.

use std::ffi::c_int;
use std::os::unix::ffi::OsStringExt as _;

use crate::raw;

/// What happens at the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// Nothing: points are counted.
    Count,
    /// The program is killed; the kernel keeps what was written.
    Kill,
    /// The power fails: what was not flushed is gone.
    Power,
    /// The same, but a part of it is there.
    Torn,
    /// The disk is full from here on.
    Full,
    /// The call fails: EIO.
    Fails,
    /// A write takes a part of the bytes.
    Short,
}

/// Where and how.
pub(crate) struct Plan {
    /// The number of the point, from 1.
    pub(crate) at: u64,
    pub(crate) how: How,
    folder: Vec<u8>,
    disk: Vec<u8>,
    log: c_int,
}

impl Plan {
    /// `HIMURO_CUT=how:number`; without it this library does nothing.
    pub(crate) fn from_environment() -> Option<Self> {
        let asked = std::env::var("HIMURO_CUT").ok()?;
        let (how, at) = asked.split_once(':').unwrap_or((&asked, "0"));
        let how = match how {
            "count" => How::Count,
            "kill" => How::Kill,
            "power" => How::Power,
            "torn" => How::Torn,
            "full" => How::Full,
            "fails" => How::Fails,
            "short" => How::Short,
            // A misspelt one must not pass for a healthy disk.
            _ => std::process::abort(),
        };
        let path = |name: &str| Some(std::env::var_os(name)?.into_vec());
        Some(Self {
            at: at.parse().ok()?,
            how,
            folder: path("HIMURO_CUT_FOLDER")?,
            disk: path("HIMURO_CUT_DISK")?,
            log: raw::open(
                &path("HIMURO_CUT_LOG")?,
                libc::O_WRONLY | libc::O_CREAT | libc::O_APPEND | libc::O_CLOEXEC,
            )?,
        })
    }

    /// All of the folder but the tokens: how an HSM keeps its own is its own matter.
    pub(crate) fn counts(&self, path: &[u8]) -> bool {
        let within = path.strip_prefix(&self.folder[..]);
        within.is_some_and(|rest| rest.starts_with(b"/") && !rest.starts_with(b"/tokens/"))
    }

    pub(crate) fn is_on_disk(&self, path: &[u8]) -> bool {
        let within = path.strip_prefix(&self.disk[..]);
        within.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    }

    /// Writes the point down before it is reached.
    pub(crate) fn note(&self, name: &str, path: &[u8]) {
        let base = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        raw::write(self.log, &[name.as_bytes(), b" ", base, b"\n"].concat());
    }
}
