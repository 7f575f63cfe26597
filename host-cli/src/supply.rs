//! The end of a wallet's addresses, announced early: keys are made in a ceremony, not when they
//! are needed.

use signer_core::types::{Chain, KeyIndex};
use signer_core::wallet::{RegisteredWallet, Supply, SupplyLevel};

/// What is said where the use of these addresses leaves a fifth of a chain or less.
pub(crate) fn notices(wallet: &RegisteredWallet, used: &[(Chain, KeyIndex)]) -> Vec<String> {
    let notice = |chain| {
        let on_it = used.iter().filter(|(on, _)| *on == chain);
        let highest = on_it.map(|(_, index)| *index).max();
        let supply = Supply::new(wallet.addresses(chain), highest);
        (supply.level() == SupplyLevel::Low).then(|| {
            format!(
                "wallet {}: {} of {} addresses are left on chain {}; generate more keys and extend \
                 the wallet",
                wallet.name(),
                supply.left(),
                supply.total(),
                chain.number()
            )
        })
    };
    let chains = [Chain::Receive, Chain::Change].into_iter();
    chains.filter_map(notice).collect()
}
