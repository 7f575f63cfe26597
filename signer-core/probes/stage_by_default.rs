// expect: E0277
//! There is no stage of nothing.

use signer_core::approval::ApprovedTx;
use signer_core::ledger::LedgerState;
use signer_core::policy::CheckedTx;
use signer_core::psbt::ParsedPsbt;
use signer_core::review::{ConfirmedTx, Review};
use signer_core::signing::{SignedPsbt, Signing};
use signer_core::transcript::{DeviceState, Journal, Release, SealedSession};
use signer_core::wallet::WalletTx;

fn default<T: Default>() {}

fn main() {
    default::<ParsedPsbt>(); // refused
    default::<WalletTx>(); // refused
    default::<CheckedTx>(); // refused
    default::<ApprovedTx>(); // refused
    default::<ConfirmedTx>(); // refused
    default::<SignedPsbt>(); // refused
    default::<SealedSession>(); // refused
    default::<Release>(); // refused
    default::<Review>(); // refused
    default::<Signing>(); // refused
    default::<Journal>(); // refused
    default::<LedgerState>(); // refused
    default::<DeviceState>(); // refused
}
