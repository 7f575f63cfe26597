//! The worst day: keys may be known to others, and every coin goes to the emergency wallet.

use super::officer::stretch_of_words;
use super::policy::Policy;
use super::wallet::Wallet;
use super::{Rehearsal, RehearseError};

impl Rehearsal<'_> {
    /// On quiet days the emergency wallet is registered and the policy names it; then every device
    /// is frozen, and m of them sign the sweep.
    pub(super) fn sweep(&mut self, emergency: &Wallet) -> Result<(), RehearseError> {
        let wallet = self.paying_wallet();
        self.open_the_office()?;
        for wallet in [&wallet, emergency] {
            self.commission_devices(wallet)?;
            self.register_wallet(wallet)?;
        }
        let policy = Policy::first(&wallet).sweeping_to(emergency);
        self.sign_policy(&policy)?;
        for device in wallet.devices.iter().chain(&emergency.devices) {
            self.install_policy(&policy, device)?;
        }
        for device in &wallet.devices {
            self.take_emergency_wallet(emergency, device)?;
        }
        self.know_address("emergency", emergency)?;
        for device in &wallet.devices {
            self.step(
                &format!("device {device}: one officer freezes it"),
                &format!("端末 {device}: 1名が凍結する"),
            );
            self.freeze(device)?;
        }
        self.request_transfer()?;
        self.sign_at_devices()?;
        self.combine()
    }

    /// A device takes the record of the wallet to which its policy sweeps; the operators compare
    /// it with the paper of the emergency wallet's own devices.
    fn take_emergency_wallet(
        &mut self,
        emergency: &Wallet,
        device: &str,
    ) -> Result<(), RehearseError> {
        self.step(
            &format!("device {device} takes the record of the emergency wallet"),
            &format!("端末 {device} が緊急退避送金先ウォレットの記録を登録する"),
        );
        let record = format!("../../gap/{}", emergency.record());
        let mut arguments = vec!["wallet", "register", "--state", "state"];
        arguments.extend(["--emergency", &record]);
        let machine = self.house.device(device)?;
        let paper = self.paper_of(emergency)?;
        let taken = self.with_operators(&machine, &arguments, 0, |prompt| {
            stretch_of_words(prompt, paper)
        });
        taken.map(drop)
    }
}
