//! The fee and its caps.

use alloc::format;
use alloc::string::String;

use crate::review::amount::{self, thousands};
use crate::review::facts::FeeFacts;
use crate::review::layout::Block;

pub(super) fn write(block: &mut Block, fee: &FeeFacts) {
    let sat = fee.fee.to_sat();
    block.fact(["Fee", "手数料"], amount::btc(fee.fee));
    block.fact(["", ""], amount::sat(fee.fee));
    block.fact(
        ["Rate", "料率"],
        format!("{} sat/vB", tenths(sat, 40, fee.weight.to_wu())),
    );
    block.fact(
        ["Share", "割合"],
        format!("{} %", tenths(sat, 1_000, fee.share_of.to_sat())),
    );
    block.fact(
        ["Size", "サイズ"],
        format!("{} vB", thousands(fee.weight.to_vbytes_ceil())),
    );
    block.gap();
    block.fact(["Cap, absolute", "上限額"], amount::sat(fee.caps.absolute));
    block.fact(
        ["Cap, rate", "上限料率"],
        format!("{} sat/vB", thousands(fee.caps.sat_per_vbyte.into())),
    );
    let share = u64::from(fee.caps.per_mille);
    block.fact(
        ["Cap, share", "上限割合"],
        format!("{} %", tenths(share, 10, 10)),
    );
    block.fact(
        ["Request's ceiling", "申請の上限額"],
        amount::sat(fee.ceiling),
    );
}

/// `number * scale / of` with one decimal, rounded up: a fee never looks smaller than it is.
fn tenths(number: u64, scale: u64, of: u64) -> String {
    let scaled = u128::from(number).saturating_mul(u128::from(scale));
    let of = u128::from(of);
    let Some(whole) = scaled.checked_div(of) else {
        return "-".into();
    };
    let exact = whole.saturating_mul(of) == scaled;
    let tenths = if exact {
        whole
    } else {
        whole.saturating_add(1)
    };
    let units = tenths.checked_div(10).unwrap_or_default();
    let tenth = tenths.checked_rem(10).unwrap_or_default();
    let units = u64::try_from(units).unwrap_or(u64::MAX);
    format!("{}.{tenth}", thousands(units))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_with_one_decimal_round_up() {
        assert_eq!(tenths(2_500, 10, 200), "12.5");
        assert_eq!(tenths(2_501, 10, 200), "12.6");
        assert_eq!(tenths(1, 1_000, 1_000_000), "0.1");
        assert_eq!(tenths(5, 10, 10), "0.5");
        assert_eq!(tenths(1_234_567, 10, 10), "123,456.7");
        assert_eq!(tenths(1, 10, 0), "-");
    }
}
