//! Wallets that cannot lose a device any more: every session and `device status` say which.

use signer_core::transcript::DeviceState;
use signer_core::types::Lang;
use signer_core::wallet::RegisteredWallet;

/// A wallet that cannot lose a device any more: fewer than m + 1 can sign.
pub(crate) struct Spareless {
    /// The wallet's name.
    pub(crate) wallet: String,
    /// Devices that can sign, as far as this one knows.
    pub(crate) able: usize,
    /// Devices that must.
    pub(crate) needed: u8,
}

impl Spareless {
    /// Every such wallet that is not retired.
    pub(crate) fn of(state: &DeviceState) -> Vec<Self> {
        let retired = |w: &RegisteredWallet| state.wallets().retirement(&w.id()).is_some();
        let wallets = state.wallets().newest().filter(|wallet| !retired(wallet));
        let few = wallets.filter_map(|wallet| {
            let (able, needed) = (state.able_devices(wallet), wallet.threshold());
            (able <= usize::from(needed)).then(|| Self {
                wallet: wallet.name().to_string(),
                able,
                needed,
            })
        });
        few.collect()
    }

    /// What people are told of it.
    pub(crate) fn text(&self, lang: Lang) -> String {
        let (name, able, needed) = (&self.wallet, self.able, self.needed);
        match lang {
            Lang::En => format!(
                "wallet {name}: {needed} devices must sign and {able} can, as far as this one knows; \
                 none may be lost: register a wallet of more devices and move the coins"
            ),
            Lang::Ja => format!(
                "ウォレット {name}: 署名に必要な端末は {needed} 台、この端末の知る限り署名可能な端末は {able} 台です。\
                 1台も失えません。端末を増やしたウォレットを登録し、コインを移してください"
            ),
        }
    }
}
