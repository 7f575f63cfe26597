//! Amounts as people write them. Never a float.

use bitcoin::Amount;
use signer_core::phrase;
use signer_core::rule::Phrase;

/// Satoshi in one bitcoin.
const COIN: u64 = 100_000_000;

/// The amount with 8 decimals.
pub(crate) fn btc(amount: Amount) -> String {
    let sats = amount.to_sat();
    format!("{}.{:08}", sats / COIN, sats % COIN)
}

/// Reads bitcoin with at most 8 decimals, such as `0.5` or `12`.
pub(crate) fn parse_btc(text: &str) -> Result<Amount, Phrase> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 8 {
        return Err(phrase!(
            "{text} is not an amount in BTC such as 0.50000000",
            "{text} はBTCの金額(例 0.50000000)ではない",
            text = format!("{text:?}")
        ));
    }
    let sats = format!("{part:0<8}")
        .parse::<u64>()
        .ok()
        .zip(whole.parse::<u64>().ok())
        .and_then(|(part, whole)| whole.checked_mul(COIN)?.checked_add(part))
        .map(Amount::from_sat)
        .filter(|amount| *amount <= Amount::MAX_MONEY);
    sats.ok_or_else(|| {
        phrase!(
            "{text} is more than 21 million BTC",
            "{text} は2100万BTCを超えている",
            text = text
        )
    })
}

/// Reads whole satoshi.
pub(crate) fn parse_sats(text: &str) -> Result<Amount, Phrase> {
    text.parse::<u64>()
        .ok()
        .map(Amount::from_sat)
        .filter(|amount| *amount <= Amount::MAX_MONEY)
        .ok_or_else(|| {
            phrase!(
                "{text} is not an amount in whole satoshi",
                "{text} は satoshi の整数ではない",
                text = format!("{text:?}")
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_back() {
        for (text, sats) in [
            ("0.50000000", 50_000_000),
            ("0.5", 50_000_000),
            ("12", 1_200_000_000),
            ("0.00000001", 1),
            ("21000000", 2_100_000_000_000_000),
        ] {
            assert_eq!(parse_btc(text), Ok(Amount::from_sat(sats)), "{text}");
        }
        assert_eq!(btc(Amount::from_sat(50_000_001)), "0.50000001");
    }

    #[test]
    fn what_is_not_an_amount_is_refused() {
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "+1",
            "1e8",
            "0,5",
            "0.123456789",
            "21000000.00000001",
            "99999999999999999999",
        ] {
            assert!(parse_btc(text).is_err(), "{text:?}");
        }
        for text in ["", "-1", "0.5", "2100000000000001"] {
            assert!(parse_sats(text).is_err(), "{text:?}");
        }
    }
}
