//! A bar on standard error while a long transcript is read: on a terminal alone.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

use signer_core::phrase;
use signer_core::rule::Named;
use signer_core::types::Lang;

/// Below this size nobody waits.
const LONG: u64 = 4 * 1024 * 1024;
/// Signs of the bar.
const WIDTH: u64 = 30;

/// How far a file is read.
#[derive(Debug)]
pub(super) struct Progress {
    total: u64,
    done: u64,
    signs: Option<u64>,
    name: String,
}

impl Progress {
    /// Over a file; nothing is shown of a short one.
    pub(super) fn over(path: &Path) -> Self {
        let total = std::fs::metadata(path).map_or(0, |told| told.len());
        let shown = total >= LONG && std::io::stderr().is_terminal();
        let name = path.file_name().unwrap_or_default();
        let name = Named(name.to_string_lossy());
        Self {
            total,
            done: 0,
            signs: shown.then_some(0),
            name: phrase!("{name}", "{name}", name = name)
                .text(Lang::Ja)
                .to_owned(),
        }
    }

    /// Where nobody waits.
    pub(super) const fn none() -> Self {
        Self {
            total: 0,
            done: 0,
            signs: None,
            name: String::new(),
        }
    }

    /// So many bytes were read.
    pub(super) fn step(&mut self, bytes: usize) {
        self.done = self
            .done
            .saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        let Some(signs) = self.signs else {
            return;
        };
        let now = (self.done.saturating_mul(WIDTH) / self.total.max(1)).min(WIDTH);
        if now > signs {
            self.signs = Some(now);
            self.draw(now);
        }
    }

    fn draw(&self, signs: u64) {
        let full = usize::try_from(signs).unwrap_or_default();
        let rest = usize::try_from(WIDTH.saturating_sub(signs)).unwrap_or_default();
        // Nothing depends on whether it is seen.
        let _ = write!(
            std::io::stderr(),
            "\r[{}{}] {}",
            "#".repeat(full),
            ".".repeat(rest),
            self.name
        );
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.signs.is_some_and(|signs| signs > 0) {
            // Nothing depends on whether it is seen.
            let _ = writeln!(std::io::stderr());
        }
    }
}
