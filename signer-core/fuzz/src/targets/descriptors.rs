//! Lists of descriptors, and a PSBT judged by one.

use signer_core::psbt::Limits;
use signer_core::types::Network;
use signer_core::wallet::{
    CheckOnly, CheckTerms, DESCRIPTOR_KEYS, DescriptorWallet, ListedDescriptor, MAX_DEVICES,
};

/// Most descriptors of one list here.
const LIST: usize = 8;

/// One descriptor on each line; what is taken stays within its limits, and judges a PSBT that is
/// not its own without a panic.
pub(crate) fn list(data: &[u8]) -> bool {
    let Ok(text) = core::str::from_utf8(data) else {
        return false;
    };
    let listed = text.lines().take(LIST).map(|line| ListedDescriptor {
        text: line.to_owned(),
        chain: None,
        range: (0, 2),
    });
    let list: Vec<_> = listed.collect();
    let wallet = match DescriptorWallet::read(&list) {
        Ok(wallet) => wallet,
        Err(error) => {
            assert_eq!(error.to_string().lines().count(), 2, "{error}");
            return false;
        }
    };
    let threshold = usize::from(wallet.threshold());
    assert!((1..=MAX_DEVICES).contains(&threshold));
    assert!((1..=DESCRIPTOR_KEYS).contains(&wallet.addresses()));
    // Two chains of three addresses at most, of each descriptor.
    assert!(wallet.addresses() <= 6 * list.len());
    let again = DescriptorWallet::read(&list).expect("what was read before");
    assert_eq!(format!("{again:?}"), format!("{wallet:?}"));
    foreign(&wallet);
    true
}

/// A PSBT of another wallet is refused.
fn foreign(wallet: &DescriptorWallet) {
    let psbt = include_bytes!("../../corpus/psbt_stages/sample-v0").to_vec();
    let terms = CheckTerms {
        wallet,
        network: Network::Regtest,
        policy: None,
        tip: None,
    };
    let judged = CheckOnly::judge(psbt, Limits::USUAL, terms);
    assert!(judged.report().clone().unrefused().is_err());
}
