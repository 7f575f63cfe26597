// expect: E0451
//! A stage whose fields are filled in by somebody else.

use signer_core::approval::ApprovedTx;
use signer_core::policy::CheckedTx;
use signer_core::psbt::ParsedPsbt;
use signer_core::wallet::WalletTx;

pub fn parsedpsbt(stage: ParsedPsbt) -> ParsedPsbt {
    ParsedPsbt { ..stage } // refused
}

pub fn wallettx(stage: WalletTx) -> WalletTx {
    WalletTx { ..stage } // refused
}

pub fn checkedtx(stage: CheckedTx) -> CheckedTx {
    CheckedTx { ..stage } // refused
}

pub fn approvedtx(stage: ApprovedTx) -> ApprovedTx {
    ApprovedTx { ..stage } // refused
}

fn main() {}
