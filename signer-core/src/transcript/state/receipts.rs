//! Co-signers' receipts: what other devices of a wallet have signed counts here too.

use super::DeviceState;
use crate::cose::{Scope, Signed, peek};
use crate::digest::{DeviceId, TxDigest};
use crate::ledger::Transfer;
use crate::signing::Receipt;
use crate::wallet::{RegisteredWallet, transfer_of};

impl DeviceState {
    /// Counts the transaction of the open session's PSBT where a co-signer has signed it, whatever
    /// this device does with it: at the end of the session, at the later of headers and clock.
    pub(super) fn count_receipts(&mut self) {
        if let Some((tx, transfer)) = self.signed_elsewhere() {
            let height = self.time().closes();
            self.ledger.record_receipt(tx, &transfer, height);
        }
    }

    fn signed_elsewhere(&self) -> Option<(TxDigest, Transfer)> {
        let intake = self.open()?.intake()?;
        // Most have no receipt, and are not read for this.
        intake.answered_by().next()?;
        let parsed = intake.read().ok()?;
        let coin = parsed.inputs().first()?;
        let (wallet, _, _) = self.wallets().locate(&coin.spent.script_pubkey)?;
        let (scope, tx) = (self.scope()?, parsed.tx_digest());
        let own = self.device()?;
        let mut receipts = parsed.carried().receipts.iter();
        let signed = receipts.any(|(_, _, bytes)| is_of_cosigner(bytes, scope, wallet, (tx, own)));
        signed.then(|| (tx, transfer_of(parsed, wallet)))
    }
}

/// Whether a receipt is a genuine one of another device of this wallet, over this transaction.
fn is_of_cosigner(
    bytes: &[u8],
    scope: Scope,
    wallet: &RegisteredWallet,
    (tx, own): (TxDigest, DeviceId),
) -> bool {
    let Ok(claimed) = peek::<Receipt>(bytes) else {
        return false;
    };
    let mut identities = wallet.cosigners().iter().map(|cosigner| cosigner.identity);
    let signer = identities.find(|identity| identity.device_id() == claimed.device);
    let known = |kid: &_| signer.filter(|identity| identity.key_id() == *kid);
    let genuine = Signed::<Receipt>::open(bytes, scope, known);
    genuine.is_ok_and(|receipt| receipt.body().tx == tx && receipt.body().device != own)
}
