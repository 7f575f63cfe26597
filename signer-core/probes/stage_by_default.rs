// expect: E0277
//! There is no stage of nothing.

use signer_core::approval::ApprovedTx;
use signer_core::policy::CheckedTx;
use signer_core::psbt::ParsedPsbt;
use signer_core::wallet::WalletTx;

fn default<T: Default>() {}

fn main() {
    default::<ParsedPsbt>(); // refused
    default::<WalletTx>(); // refused
    default::<CheckedTx>(); // refused
    default::<ApprovedTx>(); // refused
}
