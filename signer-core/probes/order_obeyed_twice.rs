// expect: E0382
//! An order ends with its signature; a second signature needs a second order.

use signer_core::keys::Signature64;
use signer_core::ledger::LedgerState;
use signer_core::signing::{SighashOrder, Signing};

pub fn twice(
    signing: &mut Signing,
    order: SighashOrder,
    signatures: [Signature64; 2],
    ledger: &LedgerState,
) {
    let [first, second] = signatures;
    let _ = signing.accept(order, first, ledger);
    let _ = signing.accept(
        order, // refused
        second, ledger,
    );
}

fn main() {}
