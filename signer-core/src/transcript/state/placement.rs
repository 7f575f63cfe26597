//! Whether the wallets of this device stand apart as they have to, by the newest cards that are known.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::DeviceState;
use crate::policy::{ActivePolicy, pol09_among};
use crate::rule::{Refusal, Verdict};
use crate::wallet::{CoSigner, RegisteredWallet, WalletRecord, wal08_among};

impl DeviceState {
    /// What WAL08 and POL09 refuse of the newest version of each wallet that is not retired, where the
    /// devices of a record stand like this.
    pub(crate) fn unplaced(
        &self,
        standing: impl Fn(&WalletRecord) -> Vec<CoSigner>,
    ) -> Vec<(&Arc<RegisteredWallet>, Refusal)> {
        let retired = |wallet: &RegisteredWallet| self.wallets().retirement(&wallet.id()).is_some();
        let wallets = self.wallets().newest().filter(|wallet| !retired(wallet));
        let policy = self.policy().map(ActivePolicy::policy);
        let judged = wallets.flat_map(|wallet| {
            let devices = standing(wallet.record());
            let rules = policy.and_then(|policy| policy.wallet(&wallet.digest()));
            let spread = rules.map(|rules| pol09_among(&devices, rules));
            let verdicts = [Some(wal08_among(&devices)), spread];
            let refused = verdicts.into_iter().flatten().flat_map(refusals_of);
            refused.map(move |refusal| (wallet, refusal))
        });
        judged.collect()
    }
}

fn refusals_of(verdict: Verdict) -> Vec<Refusal> {
    match verdict {
        Verdict::Refused(refusals) => refusals,
        _ => Vec::new(),
    }
}
