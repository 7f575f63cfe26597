//! What is to go wrong: the text of `HIMURO_QUIRK`, or of a file, faults parted by commas.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cryptoki_sys::CK_RV;

/// Faults of answers; the README says what each value does.
const ANSWERS: [&str; 14] = [
    "anchor",
    "exit",
    "find",
    "flags",
    "key",
    "login",
    "logout",
    "nonce",
    "point",
    "random",
    "seal",
    "signature",
    "template",
    "token",
];

/// Faults by name.
#[derive(Default)]
pub(crate) struct Script {
    calls: Vec<Stop>,
    /// Faults of answers, with the part of the name behind the colon.
    answers: BTreeMap<String, String>,
    made: Mutex<BTreeMap<&'static str, u32>>,
    gone: AtomicBool,
}

/// A call that does not go as it should.
struct Stop {
    function: String,
    /// The number of the call, from 1; each one where there is none.
    at: Option<u32>,
    how: How,
}

#[derive(Clone, Copy)]
enum How {
    Never,
    Once(CK_RV),
    /// From then on every function returns this.
    Gone(CK_RV),
    Late(Duration),
}

/// What is to be done with a call.
pub(crate) enum Before {
    Forward,
    Return(CK_RV),
    Never,
}

impl Script {
    /// # Errors
    /// The first fault that there is not: a misspelt one must not pass for a healthy module.
    pub(crate) fn from_environment() -> Result<Self, String> {
        let text = std::env::var("HIMURO_QUIRK").ok().or_else(from_file);
        Self::parse(text.unwrap_or_default().trim())
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut script = Self::default();
        for fault in text.split(',').filter(|fault| !fault.is_empty()) {
            let known = script.take(fault);
            known.ok_or_else(|| fault.to_owned())?;
        }
        Ok(script)
    }

    fn take(&mut self, fault: &str) -> Option<()> {
        let (name, value) = fault.split_once('=').unwrap_or((fault, ""));
        let mut parts = name.split(':');
        let kind = parts.next()?;
        let what = parts.next();
        let at = parts.next().map(str::parse).transpose().ok()?;
        let how = match kind {
            "hang" => How::Never,
            "code" => How::Once(code(value)?),
            "gone" => How::Gone(code(value)?),
            "delay" => How::Late(Duration::from_micros(value.parse().ok()?)),
            "attribute" => {
                self.answers.insert(name.to_owned(), value.to_owned());
                return Some(());
            }
            answer if ANSWERS.contains(&answer) => {
                self.answers.insert(name.to_owned(), value.to_owned());
                return Some(());
            }
            _ => return None,
        };
        let function = what?.to_owned();
        self.calls.push(Stop { function, at, how });
        Some(())
    }

    /// What is to be done with the next call of this function.
    pub(crate) fn before(&self, name: &'static str) -> Before {
        let number = {
            let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            let number = made.entry(name).or_default();
            *number += 1;
            *number
        };
        for stop in &self.calls {
            if let How::Gone(code) = stop.how
                && self.gone.load(Ordering::Relaxed)
            {
                // Who is gone can still be left alone.
                return match name {
                    "C_Finalize" => Before::Forward,
                    _ => Before::Return(code),
                };
            }
            if stop.function != name || stop.at.is_some_and(|at| at != number) {
                continue;
            }
            match stop.how {
                How::Never => return Before::Never,
                How::Once(code) => return Before::Return(code),
                How::Gone(code) => {
                    self.gone.store(true, Ordering::Relaxed);
                    return Before::Return(code);
                }
                How::Late(time) => std::thread::sleep(time),
            }
        }
        Before::Forward
    }

    /// The value of a fault of answers, where it is to happen.
    pub(crate) fn answer(&self, name: &str) -> Option<&str> {
        self.answers.get(name).map(String::as_str)
    }

    /// Whether any attribute may be another than it is.
    pub(crate) fn changes_attributes(&self) -> bool {
        let mut names = self.answers.keys();
        names.any(|name| {
            let kind = name.split(':').next().unwrap_or_default();
            matches!(kind, "anchor" | "attribute" | "find" | "nonce" | "point")
        })
    }

    /// Whether any signature may be another than it is.
    pub(crate) fn changes_signatures(&self) -> bool {
        ["signature", "seal", "nonce"]
            .iter()
            .any(|name| self.answers.contains_key(*name))
    }

    /// Every fault whose name begins so, with the rest of its name.
    pub(crate) fn answers<'s>(
        &'s self,
        kind: &'s str,
    ) -> impl Iterator<Item = (&'s str, &'s str)> + 's {
        self.answers.iter().filter_map(move |(name, value)| {
            let rest = name.strip_prefix(kind)?.strip_prefix(':')?;
            Some((rest, value.as_str()))
        })
    }
}

/// What goes wrong in every process of a bench: a file beside SoftHSM's configuration.
fn from_file() -> Option<String> {
    let configuration = std::env::var_os("SOFTHSM2_CONF")?;
    let file = std::path::Path::new(&configuration).with_file_name("quirk");
    std::fs::read_to_string(file).ok()
}

/// A return code as `0x30`.
fn code(text: &str) -> Option<CK_RV> {
    CK_RV::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}
