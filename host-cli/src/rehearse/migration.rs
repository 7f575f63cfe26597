//! A wallet that can lose no device any more: its coins move to a new wallet of other devices.

use signer_core::phrase;

use super::officer::{not_seen, stretch_of_words, tag};
use super::people::ADMINISTRATORS;
use super::policy::{NEW_WALLET, Policy};
use super::wallet::Wallet;
use super::{Rehearsal, RehearseError, nobody};

impl Rehearsal<'_> {
    /// One device is frozen for good, and says that the wallet has none to spare; a new wallet is
    /// made, a policy lets the old one pay it, the coins move, and the old wallet is retired.
    pub(super) fn migrate(&mut self, new: &Wallet) -> Result<(), RehearseError> {
        let wallet = self.paying_wallet();
        self.open_the_office()?;
        self.commission_devices(&wallet)?;
        self.register_wallet(&wallet)?;
        let first = Policy::first(&wallet).replaced_later();
        self.sign_policy(&first)?;
        for device in &wallet.devices {
            self.install_policy(&first, device)?;
        }
        self.freeze_for_good(&wallet)?;
        self.commission_devices(new)?;
        self.register_wallet(new)?;
        let address = self.know_address(NEW_WALLET, new)?;
        let next = first.next(new, &address);
        self.sign_policy(&next)?;
        for device in &new.devices {
            self.install_policy(&first, device)?;
        }
        for device in wallet.devices.iter().chain(&new.devices) {
            self.install_policy(&next, device)?;
        }
        self.request_transfer()?;
        self.sign_at_devices()?;
        self.combine()?;
        self.retire(&wallet)
    }

    /// Its status says from now on that the wallet has no device to spare.
    fn freeze_for_good(&mut self, wallet: &Wallet) -> Result<(), RehearseError> {
        let device = wallet.devices.first().map_or("d1", String::as_str);
        self.step(
            &format!("device {device}: its seal was broken, and one officer freezes it"),
            &format!("端末 {device}: 封印が破れていたため、1名が凍結する"),
        );
        self.freeze(device)?;
        let machine = self.house.device(device)?;
        let status = ["device", "status", "--state", "state"];
        let shown = self.at_device(&machine, &status, 0, nobody)?;
        let said = |line: &&str| line.contains(wallet.name);
        let Some(warning) = shown.output.lines().find(said) else {
            return Err(RehearseError::Check(phrase!(
                "device {name} does not say that its wallet has no device to spare",
                "端末 {name} がウォレットに予備の端末がないことを示さない",
                name = device
            )));
        };
        println!("    {device}: {}", warning.trim());
        Ok(())
    }

    /// The administrators order the end of a wallet that is empty, and each device obeys.
    fn retire(&mut self, wallet: &Wallet) -> Result<(), RehearseError> {
        self.step(
            &format!("administrators order the end of {}", wallet.name),
            &format!("管理者が {} の廃止を指示する", wallet.name),
        );
        let (record, height) = (wallet.record(), self.later().to_string());
        let mut arguments = vec!["wallet", "retire", "--wallet", &record];
        arguments.extend(["--roster", "roster.cbor", "--root", "root.cbor"]);
        arguments.extend(["--empty-at", &height, "--reason", "moved to the new wallet"]);
        arguments.extend(["--out", "retirement-0.cbor"]);
        let desk = self.house.desk(ADMINISTRATORS[0])?;
        self.host(&desk, &arguments, 0, nobody)?;
        let (command, quorum) = (["wallet", "sign-retirement"], &ADMINISTRATORS[..2]);
        let more = ["--roster", "roster.cbor", "--wallet", &record];
        let paper = self.sign_in_turn(&command, "--retirement", "retirement", quorum, &more)?;
        self.to_gap("retirement.cbor")?;
        for device in &wallet.devices {
            self.retire_at(device, wallet, &paper)?;
        }
        Ok(())
    }

    fn retire_at(
        &mut self,
        device: &str,
        wallet: &Wallet,
        paper: &str,
    ) -> Result<(), RehearseError> {
        self.step(
            &format!("device {device} retires {}", wallet.name),
            &format!("端末 {device} が {} を廃止する", wallet.name),
        );
        let mut arguments = vec!["wallet", "retire", "--state", "state"];
        arguments.extend(["--order", "../../gap/retirement.cbor"]);
        let machine = self.house.device(device)?;
        let retired = self.with_operators(&machine, &arguments, 0, |prompt| match tag(prompt) {
            "retire-wallet" => Ok(wallet.name.to_owned()),
            "retire-order" => stretch_of_words(prompt, paper),
            _ => Err(not_seen(prompt)),
        });
        retired.map(drop)
    }
}
