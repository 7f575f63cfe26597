//! What may be said of a FIPS 140 validation on a given day.
//!
//! A profile holds what the list of NIST's Cryptographic Module Validation Program (CMVP) said when
//! somebody looked; certificates end after that without anybody looking again. So what is shown is
//! computed from the dates, and from the firmware that the token names: a certificate covers one
//! module with one firmware.
//!
//! Sources: FIPS 140-3 transition, CMVP: every FIPS 140-2 certificate goes to the historical list on
//! 2026-09-21. SP 800-186: secp256k1 is none of the curves that NIST recommends, so that nothing here
//! ever says that signatures are made in an approved mode.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use super::{Date, Line};
use crate::types::Lang;

/// Days after which a look at the list is old.
pub const STALE_AFTER: u32 = 90;

/// What a profile says of a validation.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum FipsClaim {
    /// There is no certificate; why, or where it was looked for.
    #[n(0)]
    Never(#[n(0)] Line),
    /// There is one.
    #[n(1)]
    Listed(#[n(0)] FipsListing),
}

/// A certificate as the list showed it on the day when somebody looked.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FipsListing {
    /// Number of the certificate.
    #[n(0)]
    pub certificate: u32,
    /// The validated module, by its name in the list.
    #[n(1)]
    pub module: Line,
    /// The standard.
    #[n(2)]
    pub standard: FipsStandard,
    /// The overall level.
    #[n(3)]
    pub level: FipsLevel,
    /// On which list it stood.
    #[n(4)]
    pub list: FipsList,
    /// Firmware that it covers; empty where that was not written down.
    #[n(5)]
    pub firmware: Vec<Line>,
    /// When the certificate ends, where the list says.
    #[n(6)]
    pub sunset: Option<Date>,
    /// When somebody looked.
    #[n(7)]
    pub checked_on: Date,
    /// Where.
    #[n(8)]
    pub source: Line,
}

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $n:literal $variant:ident $text:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
        #[cbor(index_only)]
        pub enum $name {
            $($(#[$about])* #[n($n)] $variant,)+
        }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name in profiles and on screens.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }
    };
}

named! {
    /// The standard of a validation.
    FipsStandard {
        /// The older one: no certificate of it is active since 2026-09-21.
        0 Fips140v2 "140-2";
        /// The one in force.
        1 Fips140v3 "140-3";
    }
}

named! {
    /// The overall level of a validation.
    FipsLevel {
        /// Level 1.
        1 One "1";
        /// Level 2.
        2 Two "2";
        /// Level 3.
        3 Three "3";
        /// Level 4.
        4 Four "4";
    }
}

named! {
    /// The list on which a certificate stood.
    FipsList {
        /// Active.
        0 Active "active";
        /// Active after a shorter review, for two years.
        1 Interim "interim";
        /// Historical: not for new procurement.
        2 Historical "historical";
    }
}

/// What is true on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FipsStatus<'a> {
    claim: &'a FipsClaim,
    standing: FipsStanding,
    warnings: Vec<FipsWarning>,
}

/// Where a validation stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FipsStanding {
    /// There is none.
    None,
    /// It is on the active list, as far as is known.
    Active,
    /// It is on the historical list; since when, where that is known.
    Historical(Option<Date>),
}

/// What people must know beside it. Nothing is refused for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FipsWarning {
    /// Somebody looked too many days ago.
    Stale {
        /// When.
        checked_on: Date,
        /// How many days ago.
        days: u32,
    },
    /// The date of the machine lies before the day on which somebody looked: it is wrong.
    ClockBehind {
        /// The machine's date.
        clock: Date,
    },
    /// The firmware on the token is none that the certificate covers: this token is not validated.
    OtherFirmware {
        /// What the token says.
        token: Line,
    },
    /// The token names its firmware too roughly, or nobody wrote down what the certificate covers.
    FirmwareUnclear {
        /// What the token says.
        token: Line,
    },
}

/// What may be said on the day `today` of a token that names this firmware.
pub fn fips_status<'a>(claim: &'a FipsClaim, firmware: &Line, today: Date) -> FipsStatus<'a> {
    let FipsClaim::Listed(listing) = claim else {
        return FipsStatus {
            claim,
            standing: FipsStanding::None,
            warnings: Vec::new(),
        };
    };
    // A clock that is behind does not make a certificate young again.
    let as_of = today.max(listing.checked_on);
    let warnings = [
        age(listing, today),
        firmware_warning(&listing.firmware, firmware),
    ];
    FipsStatus {
        claim,
        standing: standing(listing, as_of),
        warnings: warnings.into_iter().flatten().collect(),
    }
}

/// On its last day a certificate counts as historical already.
fn standing(listing: &FipsListing, as_of: Date) -> FipsStanding {
    let end = match listing.standard {
        FipsStandard::Fips140v2 => {
            let all = end_of_140_2();
            Some(listing.sunset.map_or(all, |sunset| sunset.min(all)))
        }
        FipsStandard::Fips140v3 => listing.sunset,
    };
    let past = end.filter(|end| *end <= as_of);
    match (listing.list, past) {
        // It was there when somebody looked, perhaps for another reason than its age.
        (FipsList::Historical, _) => {
            let since = listing
                .sunset
                .filter(|sunset| *sunset <= listing.checked_on);
            FipsStanding::Historical(since)
        }
        (_, Some(end)) => FipsStanding::Historical(Some(end)),
        (FipsList::Active | FipsList::Interim, None) => FipsStanding::Active,
    }
}

/// 2026-09-21, when every FIPS 140-2 certificate became historical.
fn end_of_140_2() -> Date {
    const SECONDS: u64 = 1_789_948_800;
    Date::of_clock(SECONDS)
}

fn age(listing: &FipsListing, today: Date) -> Option<FipsWarning> {
    let checked_on = listing.checked_on;
    if today < checked_on {
        return Some(FipsWarning::ClockBehind { clock: today });
    }
    let days = today.days_since(checked_on);
    (days > STALE_AFTER).then_some(FipsWarning::Stale { checked_on, days })
}

fn firmware_warning(validated: &[Line], token: &Line) -> Option<FipsWarning> {
    if validated.contains(token) {
        return None;
    }
    // PKCS#11 has two numbers for a firmware of three: 7.8 may be 7.8.4 or another 7.8.
    let rough = format!("{token}.");
    let maybe = |line: &Line| token.as_str().is_empty() || line.as_str().starts_with(&rough);
    let token = token.clone();
    Some(if validated.is_empty() || validated.iter().any(maybe) {
        FipsWarning::FirmwareUnclear { token }
    } else {
        FipsWarning::OtherFirmware { token }
    })
}

impl FipsStatus<'_> {
    /// Where the validation stands.
    pub const fn standing(&self) -> FipsStanding {
        self.standing
    }

    /// What people must know beside it.
    pub fn warnings(&self) -> &[FipsWarning] {
        &self.warnings
    }

    /// What is shown and printed: the status in one line, and a line for each warning.
    pub fn lines(&self, lang: Lang) -> Vec<String> {
        let FipsClaim::Listed(listing) = self.claim else {
            return alloc::vec![self.never(lang)];
        };
        let mut lines = alloc::vec![validated(listing, self.standing, lang)];
        let warnings = self.warnings.iter();
        lines.extend(warnings.map(|warning| warning_line(warning, listing, lang)));
        lines.push(curve(lang).into());
        lines
    }

    fn never(&self, lang: Lang) -> String {
        let FipsClaim::Never(why) = self.claim else {
            return String::new();
        };
        match lang {
            Lang::En => format!("none: {why}"),
            Lang::Ja => format!("なし: {why}"),
        }
    }
}

/// `validated to FIPS 140-2 Level 3, certificate #3916, historical since 2026-05-02`
fn validated(listing: &FipsListing, standing: FipsStanding, lang: Lang) -> String {
    let (standard, level) = (listing.standard.name(), listing.level.name());
    let (number, module, checked) = (listing.certificate, &listing.module, listing.checked_on);
    let interim = listing.list == FipsList::Interim;
    let state = match (lang, standing) {
        (Lang::En, FipsStanding::Historical(Some(since))) => format!("historical since {since}"),
        (Lang::En, FipsStanding::Historical(None)) => "historical".into(),
        (Lang::Ja, FipsStanding::Historical(Some(since))) => format!("{since} から履歴リスト"),
        (Lang::Ja, FipsStanding::Historical(None)) => "履歴リスト".into(),
        (Lang::En, FipsStanding::Active | FipsStanding::None) => {
            let kind = if interim {
                "active (interim)"
            } else {
                "active"
            };
            until(listing, kind, " until ", "")
        }
        (Lang::Ja, FipsStanding::Active | FipsStanding::None) => {
            let kind = if interim { "有効(暫定)" } else { "有効" };
            until(listing, kind, "、", " まで")
        }
    };
    match lang {
        Lang::En => format!(
            "validated to FIPS {standard} Level {level}, certificate #{number} ({module}), \
             {state}; checked on {checked}"
        ),
        Lang::Ja => format!(
            "FIPS {standard} レベル{level} 認証、証明書番号 {number}({module})、\
             {state}。{checked} 確認"
        ),
    }
}

fn until(listing: &FipsListing, kind: &str, before: &str, after: &str) -> String {
    let sunset = listing.sunset;
    sunset.map_or_else(
        || kind.into(),
        |sunset| format!("{kind}{before}{sunset}{after}"),
    )
}

fn warning_line(warning: &FipsWarning, listing: &FipsListing, lang: Lang) -> String {
    let validated: Vec<&str> = listing.firmware.iter().map(Line::as_str).collect();
    let validated = validated.join(", ");
    match (lang, warning) {
        (Lang::En, FipsWarning::Stale { checked_on, days }) => format!(
            "WARNING: last checked on {checked_on}, {days} days ago; look at the CMVP list again"
        ),
        (Lang::Ja, FipsWarning::Stale { checked_on, days }) => format!(
            "警告: 最終確認は {checked_on}({days} 日前)です。CMVPの一覧を再確認してください"
        ),
        (Lang::En, FipsWarning::ClockBehind { clock }) => {
            format!("WARNING: this machine's date, {clock}, lies before that: it is wrong")
        }
        (Lang::Ja, FipsWarning::ClockBehind { clock }) => {
            format!("警告: 端末の日付 {clock} が確認日より前です。日付が誤っています")
        }
        (Lang::En, FipsWarning::OtherFirmware { token }) => format!(
            "WARNING: firmware {token} is not the validated one ({validated}): not validated as it is"
        ),
        (Lang::Ja, FipsWarning::OtherFirmware { token }) => format!(
            "警告: ファームウェア {token} は認証対象({validated})ではありません。現状は認証外です"
        ),
        (Lang::En, FipsWarning::FirmwareUnclear { token }) => format!(
            "WARNING: firmware {token}: compare it with the certificate ({}) by the vendor's tool",
            or(&validated, "not recorded here")
        ),
        (Lang::Ja, FipsWarning::FirmwareUnclear { token }) => format!(
            "警告: ファームウェア {token} と認証対象({})をベンダーのツールで照合してください",
            or(&validated, "記録なし")
        ),
    }
}

fn or<'a>(text: &'a str, empty: &'a str) -> &'a str {
    if text.is_empty() { empty } else { text }
}

const fn curve(lang: Lang) -> &'static str {
    lang.pick(
        "secp256k1 is no curve that NIST recommends: no signature is claimed to be FIPS-approved",
        "secp256k1はNIST推奨曲線ではないため、署名がFIPS承認方式であるとは主張しません",
    )
}

#[cfg(test)]
#[path = "fips/tests.rs"]
mod tests;
