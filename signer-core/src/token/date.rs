//! Days of the calendar. There is no clock here: whoever needs today's date is given it.

use alloc::format;
use alloc::string::String;
use core::fmt;

use minicbor::{Decode, Encode, decode};

/// Seconds of a day.
const DAY: u64 = 86_400;
/// Days from 0000-03-01 to 1970-01-01 in the Gregorian calendar.
const EPOCH: i64 = 719_468;
/// Days of 400 years.
const ERA: i64 = 146_097;

/// A day, counted from 1970-01-01 (RFC 8943). From 1970 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode)]
#[cbor(transparent)]
pub struct Date(#[n(0)] u32);

impl Date {
    /// 9999-12-31.
    const LAST: u32 = 2_932_896;

    /// The day of a clock, given in seconds since 1970, in UTC.
    pub fn of_clock(seconds: u64) -> Self {
        let days = seconds.checked_div(DAY).unwrap_or(0);
        Self(u32::try_from(days).map_or(Self::LAST, |days| days.min(Self::LAST)))
    }

    /// A moment of a clock, given in seconds since 1970: day, hour and minute, in UTC.
    pub fn moment(seconds: u64) -> String {
        let (day, minutes) = (Self::of_clock(seconds), seconds / 60);
        let (hour, minute) = (minutes / 60 % 24, minutes % 60);
        format!("{day} {hour:02}:{minute:02} UTC")
    }

    /// Reads `2026-09-21`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '-');
        let mut part = || parts.next()?.parse::<u16>().ok();
        let (year, month, day) = (part()?, part()?, part()?);
        let date = Self::of_calendar(year, month, day)?;
        // Only one spelling: no signs, no missing zeros, no 31 February.
        (format!("{date}") == text).then_some(date)
    }

    /// Days from `earlier` to this one; 0 where it lies before.
    pub const fn days_since(self, earlier: Self) -> u32 {
        self.0.saturating_sub(earlier.0)
    }

    /// By the algorithm of Howard Hinnant, "chrono-compatible low-level date algorithms": years
    /// that begin in March end with the leap day.
    fn of_calendar(year: u16, month: u16, day: u16) -> Option<Self> {
        let (year, month, day) = (i64::from(year), i64::from(month), i64::from(day));
        if !(1..=12).contains(&month) {
            return None;
        }
        let march_year = year.checked_sub(i64::from(month <= 2))?;
        let era = march_year.div_euclid(400);
        let of_era = march_year.rem_euclid(400);
        let from_march = month.checked_add(9)?.rem_euclid(12);
        let to_month = from_march.checked_mul(153)?.checked_add(2)?.div_euclid(5);
        let of_year = to_month.checked_add(day)?.checked_sub(1)?;
        let leaps = of_era.div_euclid(4).checked_sub(of_era.div_euclid(100))?;
        let of_era = of_era
            .checked_mul(365)?
            .checked_add(leaps)?
            .checked_add(of_year)?;
        let days = era
            .checked_mul(ERA)?
            .checked_add(of_era)?
            .checked_sub(EPOCH)?;
        u32::try_from(days)
            .ok()
            .filter(|days| *days <= Self::LAST)
            .map(Self)
    }

    /// Year, month and day; the way back.
    fn calendar(self) -> Option<(i64, i64, i64)> {
        let days = i64::from(self.0).checked_add(EPOCH)?;
        let (era, day) = (days.div_euclid(ERA), days.rem_euclid(ERA));
        let leaps = day.div_euclid(36_524).checked_sub(day.div_euclid(1_460))?;
        let whole = day
            .checked_add(leaps)?
            .checked_sub(day.div_euclid(146_096))?;
        let of_era = whole.div_euclid(365);
        let before = of_era
            .checked_mul(365)?
            .checked_add(of_era.div_euclid(4))?
            .checked_sub(of_era.div_euclid(100))?;
        let of_year = day.checked_sub(before)?;
        let from_march = of_year.checked_mul(5)?.checked_add(2)?.div_euclid(153);
        let to_month = from_march.checked_mul(153)?.checked_add(2)?.div_euclid(5);
        let day = of_year.checked_sub(to_month)?.checked_add(1)?;
        let month = from_march.checked_add(2)?.rem_euclid(12).checked_add(1)?;
        let year = era.checked_mul(400)?.checked_add(of_era)?;
        Some((year.checked_add(i64::from(month <= 2))?, month, day))
    }
}

impl<'b, C> Decode<'b, C> for Date {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        let days = d.u32()?;
        let date = (days <= Self::LAST).then_some(Self(days));
        date.ok_or_else(|| decode::Error::message("a day after the year 9999"))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.calendar() {
            Some((year, month, day)) => write!(f, "{year:04}-{month:02}-{day:02}"),
            None => f.write_str("no date"),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;

    fn days(text: &str) -> u32 {
        Date::parse(text).unwrap().0
    }

    #[test]
    fn days_are_counted_as_everybody_counts_them() {
        // By `date -u -d TEXT +%s` over 86400.
        for (text, number) in [
            ("1970-01-01", 0),
            ("1972-02-29", 789),
            ("2000-02-29", 11_016),
            ("2026-09-21", 20_717),
            ("2026-12-31", 20_818),
            ("2027-01-01", 20_819),
            ("2100-03-01", 47_541),
            ("9999-12-31", Date::LAST),
        ] {
            assert_eq!(days(text), number, "{text}");
            assert_eq!(Date(number).to_string(), text);
        }
    }

    #[test]
    fn every_day_reads_back() {
        for number in (0..Date::LAST).step_by(97).chain(20_000..22_000) {
            let text = Date(number).to_string();
            assert_eq!(Date::parse(&text), Some(Date(number)), "{text}");
        }
    }

    #[test]
    fn what_is_no_day_is_not_read() {
        for bad in [
            "",
            "2026",
            "2026-09",
            "2026-9-21",
            "2026-09-31",
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-01-00",
            "+026-01-01",
            "1969-12-31",
            "2026-09-21 ",
            "2026-09-21-1",
            "99999-01-01",
        ] {
            assert_eq!(Date::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_wire_ends_with_the_year_9999() {
        let last = crate::codec::encode(&Date(Date::LAST));
        assert_eq!(crate::codec::decode(&last), Ok(Date(Date::LAST)));
        let after = crate::codec::encode(&Date(Date::LAST + 1));
        assert!(crate::codec::decode::<Date>(&after).is_err());
    }

    #[test]
    fn a_clock_names_its_day() {
        assert_eq!(Date::of_clock(0).to_string(), "1970-01-01");
        assert_eq!(Date::of_clock(86_399).to_string(), "1970-01-01");
        assert_eq!(Date::of_clock(86_400).to_string(), "1970-01-02");
        assert_eq!(Date::of_clock(u64::MAX).to_string(), "9999-12-31");
        assert_eq!(Date(5).days_since(Date(3)), 2);
        assert_eq!(Date(3).days_since(Date(5)), 0);
    }
}
