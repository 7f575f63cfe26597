//! What can go wrong at a token: which call, which return code, and what to do.
//!
//! Nothing here is retried by the program. A code that the profile does not name stops the
//! session.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use cryptoki::context::Function;
use cryptoki::error::{Error, RvError};
use signer_core::keys::CkaId;
use signer_core::phrase;
use signer_core::rule::{Explained, Phrase};
use signer_core::token::LoginKind;
use signer_core::types::Lang;

use crate::profile::ProfileError;

/// What a return code means for the people at the device. The profile maps codes to classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ErrorClass {
    /// The PIN is wrong.
    PinWrong,
    /// The PIN is locked.
    PinLocked,
    /// The PIN has a length or a character that the token does not take.
    PinShape,
    /// The token or its module is gone.
    DeviceGone,
    /// No room for another object.
    StoreFull,
    /// Another program or session is using it.
    Busy,
    /// Not allowed to this user or this key.
    Permission,
    /// A call did not come back in time. No return code means it: a profile cannot name it.
    NotAnswering,
    /// A handle died: the driver looks its keys up again once, then stops.
    StaleHandle,
    /// Anything else: stop.
    Unknown,
}

impl ErrorClass {
    /// Every class that a profile can name.
    pub(crate) const NAMED: [(&'static str, Self); 8] = [
        ("pin_wrong", Self::PinWrong),
        ("pin_locked", Self::PinLocked),
        ("pin_shape", Self::PinShape),
        ("device_gone", Self::DeviceGone),
        ("store_full", Self::StoreFull),
        ("busy", Self::Busy),
        ("permission", Self::Permission),
        ("stale_handle", Self::StaleHandle),
    ];

    fn advice(self) -> Phrase {
        match self {
            Self::PinWrong => phrase!(
                "Nothing is tried again by itself. Check the PIN before the next try: tries are counted.",
                "自動では再試行しません。試行回数に限りがあるため、PINを確認してから再度実行してください。",
            ),
            Self::PinLocked => phrase!(
                "The PIN is locked. The security officer of this token must reset it.",
                "PINがロックされています。トークンのセキュリティ責任者が再設定してください。",
            ),
            Self::PinShape => phrase!(
                "Use a PIN of the length that this token takes.",
                "このトークンで使用できる長さのPINを使用してください。",
            ),
            Self::DeviceGone => phrase!(
                "Check that the token is connected and its configuration is there, then start the session again.",
                "トークンの接続と設定を確認し、セッションを最初からやり直してください。",
            ),
            Self::StoreFull => phrase!(
                "The token is full. Use a smaller pool or another token.",
                "トークンの容量が不足しています。プールを小さくするか別のトークンを使用してください。",
            ),
            Self::Busy => phrase!(
                "Close every other program that uses this token, then start again.",
                "このトークンを使用している他のプログラムを終了し、やり直してください。",
            ),
            Self::Permission => phrase!(
                "The token does not allow this. Check that the right user's PIN was entered.",
                "トークンが許可していません。正しい利用者のPINか確認してください。",
            ),
            Self::NotAnswering => phrase!(
                "Nothing was tried again. Disconnect the HSM, restart it and this machine, then begin again.",
                "自動では再試行していません。HSMを切り離し、HSMと本機を再起動してからやり直してください。",
            ),
            Self::StaleHandle | Self::Unknown => phrase!(
                "Stop the session and report the code. Do not try again before it is understood.",
                "セッションを中止し、コードを報告してください。原因が分かるまで再試行しないでください。",
            ),
        }
    }
}

/// An error at a token: one line that says what, a second one that says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HsmError {
    /// A PKCS#11 call did not return `CKR_OK`.
    Call {
        /// The function, for example `C_Login`.
        function: String,
        /// The return code, for example `CKR_PIN_INCORRECT`.
        code: String,
        /// What the profile says that it means.
        class: ErrorClass,
    },
    /// A PKCS#11 call did not come back in time. The module was given up: it is asked nothing more.
    NotAnswering {
        /// The function, for example `C_Sign`.
        function: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// The module's answer could not be read.
    Answer {
        /// What was wrong with it.
        reason: Phrase,
    },
    /// There is no file at any path of the profile, or at the given one.
    ModuleMissing {
        /// Where it was looked for.
        paths: Vec<PathBuf>,
    },
    /// The file is not a PKCS#11 module, or cannot be loaded.
    NotAModule {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: Phrase,
    },
    /// Keys of this HSM are made by its security officer, which this driver does not do.
    RoleNotServed {
        /// The profile.
        profile: String,
    },
    /// The module is not the profile's.
    WrongModule {
        /// Manufacturers by the profile.
        expected: String,
        /// Manufacturer by the module.
        got: String,
    },
    /// The profile cannot be read.
    Profile(ProfileError),
    /// There is no token of this label and serial number.
    NoToken {
        /// What was asked for.
        wanted: String,
        /// The labels that are there.
        seen: Vec<String>,
    },
    /// Several tokens carry this label.
    SeveralTokens {
        /// What was asked for.
        wanted: String,
    },
    /// There is no blank token to initialise.
    NoBlankToken,
    /// A token of this label is there already: it is never overwritten.
    LabelTaken {
        /// The label.
        label: String,
    },
    /// The label is longer than 32 bytes or not plain ASCII.
    BadLabel {
        /// The label.
        label: String,
    },
    /// The PIN does not have the length that the profile gives.
    PinLength {
        /// Least and most characters.
        min: usize,
        /// Most characters.
        max: usize,
    },
    /// What was typed does not have the shape that the profile gives.
    PinShape {
        /// How it is typed.
        kind: LoginKind,
    },
    /// The token says that its PIN is locked; no try was made.
    PinLocked,
    /// The token says that it needs no login.
    NoLogin,
    /// Private keys are visible although nobody is logged in.
    VisibleBeforeLogin {
        /// How many.
        count: usize,
    },
    /// The session is no longer logged in.
    LoggedOut,
    /// Keys that were there are gone.
    KeysVanished {
        /// How many of them.
        missing: usize,
    },
    /// A search for everything found nothing: no reason to believe that there is no key.
    NothingFound,
    /// There is no such key.
    NoKey(CkaId),
    /// The key is there more than once, or only half of it: it is never used.
    UnusableKey(CkaId),
    /// The key is there already.
    KeyExists(CkaId),
    /// The token's public key is not the registered one.
    OtherKey(CkaId),
    /// The token's public key is not a point of its curve, or not in a known form.
    BadPoint(CkaId),
    /// There would be more wallet keys on the token than the profile allows.
    PoolTooLarge {
        /// Most keys.
        max: u32,
    },
    /// An order for a key of another role.
    WrongRole(CkaId),
    /// Not 32 bytes to sign.
    DigestLength {
        /// How many there were.
        got: usize,
    },
    /// A digest of 32 zero bytes.
    ZeroDigest,
    /// The token's signature is not 64 bytes of r and s in range.
    BadSignature(CkaId),
    /// The anchor is larger than a slot.
    AnchorTooLarge {
        /// Most bytes.
        max: usize,
    },
    /// The anchor does not read back as it was written.
    AnchorNotWritten,
}

impl HsmError {
    /// The class of the error, for exit codes and journal entries.
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::Call { class, .. } => *class,
            Self::NotAnswering { .. } => ErrorClass::NotAnswering,
            Self::PinLength { .. } | Self::PinShape { .. } => ErrorClass::PinShape,
            Self::PinLocked => ErrorClass::PinLocked,
            Self::KeysVanished { .. }
            | Self::NothingFound
            | Self::NoToken { .. }
            | Self::ModuleMissing { .. } => ErrorClass::DeviceGone,
            Self::LoggedOut | Self::NoLogin => ErrorClass::Permission,
            _ => ErrorClass::Unknown,
        }
    }

    /// Whether this function returned it.
    pub(crate) fn is_of(&self, name: &str) -> bool {
        matches!(self, Self::Call { function, .. } if function == name)
    }
}

impl fmt::Display for HsmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Explained::text(self, Lang::En))
    }
}

impl std::error::Error for HsmError {}

impl From<ProfileError> for HsmError {
    fn from(error: ProfileError) -> Self {
        Self::Profile(error)
    }
}

/// What a library says in English, and in Japanese what it means.
pub(crate) fn foreign(said: &impl fmt::Display, meant: &str) -> Phrase {
    Phrase::new(&said.to_string(), meant)
}

/// The error of a call, classed by the profile.
pub(crate) fn of_call(error: &Error, class_of: impl Fn(&str) -> ErrorClass) -> HsmError {
    match error {
        Error::Pkcs11(code, function) => {
            let code = code_name(*code);
            HsmError::Call {
                function: name_of(*function),
                class: class_of(&code),
                code,
            }
        }
        other => HsmError::Answer {
            reason: foreign(other, "ライブラリのエラー"),
        },
    }
}

/// The name of a function as PKCS#11 spells it.
pub(crate) fn name_of(function: Function) -> String {
    format!("C_{function:?}")
}

/// The name of a return code as PKCS#11 spells it, or the number of a vendor's code.
fn code_name(code: RvError) -> String {
    match code {
        RvError::VendorDefined(number) | RvError::UnknownErrorCode(number) => {
            format!("{number:#010X}").replacen("0X", "0x", 1)
        }
        // The crate's variants are the names of the standard, in another case.
        named => {
            let mut name = String::from("CKR");
            for c in format!("{named:?}").chars() {
                if c.is_ascii_uppercase() {
                    name.push('_');
                }
                name.push(c.to_ascii_uppercase());
            }
            name
        }
    }
}

mod text;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn return_codes_have_their_standard_names() {
        for (code, name) in [
            (RvError::PinIncorrect, "CKR_PIN_INCORRECT"),
            (RvError::ObjectHandleInvalid, "CKR_OBJECT_HANDLE_INVALID"),
            (RvError::GeneralError, "CKR_GENERAL_ERROR"),
            (RvError::RandomNoRng, "CKR_RANDOM_NO_RNG"),
            (RvError::VendorDefined(0x8000_000b), "0x8000000B"),
        ] {
            assert_eq!(code_name(code), name);
        }
    }

    #[test]
    fn an_error_is_two_lines_in_both_languages() {
        let error = HsmError::Call {
            function: "C_Login".into(),
            code: "CKR_PIN_INCORRECT".into(),
            class: ErrorClass::PinWrong,
        };
        for lang in [Lang::En, Lang::Ja] {
            let text = error.text(lang);
            assert_eq!(text.lines().count(), 2);
            assert!(text.contains("C_Login") && text.contains("CKR_PIN_INCORRECT"));
        }
    }
}
