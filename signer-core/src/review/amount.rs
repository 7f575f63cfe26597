//! Money as people read it: the one place where an amount becomes text.

use alloc::format;
use alloc::string::String;

use bitcoin::Amount;

const SAT_PER_BTC: u64 = 100_000_000;

/// The amount in BTC, always 8 decimals in groups of three, three and two: `12.345 678 90 BTC`.
pub fn btc(amount: Amount) -> String {
    let (whole, part) = halves(amount);
    let digits = format!("{part:08}");
    let (a, rest) = digits.split_at_checked(3).unwrap_or((&digits, ""));
    let (b, c) = rest.split_at_checked(3).unwrap_or((rest, ""));
    format!("{}.{a} {b} {c} BTC", thousands(whole))
}

/// The amount in satoshi: `1,234,567,890 sat`.
pub fn sat(amount: Amount) -> String {
    format!("{} sat", thousands(amount.to_sat()))
}

/// The amount in BTC as it is compared with what somebody typed: `12.34567890`.
pub(super) fn btc_digits(amount: Amount) -> String {
    let (whole, part) = halves(amount);
    format!("{whole}.{part:08}")
}

fn halves(amount: Amount) -> (u64, u64) {
    let sat = amount.to_sat();
    let part = sat.checked_rem(SAT_PER_BTC).unwrap_or_default();
    (sat.checked_div(SAT_PER_BTC).unwrap_or_default(), part)
}

/// A whole number with a comma between groups of three digits.
pub(super) fn thousands(number: u64) -> String {
    let digits = format!("{number}");
    let count = digits.chars().count();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && count.saturating_sub(place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_in_both_units() {
        for (amount, in_btc, in_sat) in [
            (0, "0.000 000 00 BTC", "0 sat"),
            (1, "0.000 000 01 BTC", "1 sat"),
            (10_000_000, "0.100 000 00 BTC", "10,000,000 sat"),
            (1_234_567_890, "12.345 678 90 BTC", "1,234,567,890 sat"),
            (
                9_007_199_254_740_993,
                "90,071,992.547 409 93 BTC",
                "9,007,199,254,740,993 sat",
            ),
            (
                2_100_000_000_000_000,
                "21,000,000.000 000 00 BTC",
                "2,100,000,000,000,000 sat",
            ),
        ] {
            assert_eq!(btc(Amount::from_sat(amount)), in_btc);
            assert_eq!(sat(Amount::from_sat(amount)), in_sat);
        }
        assert_eq!(btc_digits(Amount::from_sat(1_234_567_890)), "12.34567890");
    }
}
