// expect: E0599
//! No order is given before the intent is an entry of the journal: what was confirmed has none.

use signer_core::approval::Now;
use signer_core::review::ConfirmedTx;
use signer_core::signing::{SighashOrder, Signing};

pub fn early(confirmed: ConfirmedTx, now: &Now<'_>) -> Option<SighashOrder> {
    let mut intended = Signing::begin(confirmed, now).ok()?;
    intended.next_order() // refused
}

fn main() {}
