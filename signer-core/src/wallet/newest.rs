//! The newest card of each device that this one knows: by it a wallet is judged to stand apart (WAL08,
//! POL09). The record of a wallet names the HSMs of the day on which it was registered.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::{CheckedCard, CoSigner, WalletRecord};
use crate::digest::DeviceId;
use crate::phrase;
use crate::rule::Phrase;
use crate::token::{HsmFacts, HsmIdentity, Line};
use crate::types::Label;

/// The HSM of a device and where it stands, by one of its cards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownHsm {
    generation: u32,
    vendor: Line,
    serial: Line,
    site: Label,
}

impl KnownHsm {
    /// What a card says.
    pub fn of(card: &CheckedCard) -> Self {
        let card = card.card();
        Self {
            generation: card.generation,
            vendor: card.hsm.vendor.clone(),
            serial: card.hsm.serial.clone(),
            site: card.site.clone(),
        }
    }

    /// How often the HSM behind the device's name was replaced, and once more.
    pub const fn generation(&self) -> u32 {
        self.generation
    }

    /// Which HSM it is.
    pub const fn hsm(&self) -> HsmIdentity<'_> {
        let (vendor, serial) = (&self.vendor, &self.serial);
        HsmIdentity { vendor, serial }
    }

    /// As people read it: the HSM and its generation.
    pub fn phrase(&self) -> Phrase {
        phrase!(
            "generation {generation}, {vendor} {serial}",
            "第 {generation} 世代、{vendor} {serial}",
            generation = self.generation,
            vendor = self.vendor,
            serial = self.serial
        )
    }
}

/// The HSMs of devices, each by the newest card that is known here.
#[derive(Clone, Debug, Default)]
pub struct NewestCards(BTreeMap<DeviceId, KnownHsm>);

impl NewestCards {
    /// No card is known.
    pub const fn none() -> Self {
        Self(BTreeMap::new())
    }

    /// What is known of a device.
    pub fn of(&self, device: &DeviceId) -> Option<&KnownHsm> {
        self.0.get(device)
    }

    /// Remembers a card, unless a newer one of its device is known.
    pub fn note(&mut self, card: &CheckedCard) {
        let (device, new) = (card.device(), KnownHsm::of(card));
        let known = self.of(&device).map(KnownHsm::generation);
        if known <= Some(new.generation) {
            self.0.insert(device, new);
        }
    }

    /// The devices of a wallet, each with the HSM of its newest card; with that of the record, where no
    /// card is known.
    pub fn cosigners(&self, record: &WalletRecord) -> Vec<CoSigner> {
        let mut cosigners = record.cosigners.clone();
        for cosigner in &mut cosigners {
            if let Some(known) = self.of(&cosigner.identity.device_id()) {
                cosigner.vendor.clone_from(&known.vendor);
                cosigner.serial.clone_from(&known.serial);
                cosigner.site.clone_from(&known.site);
            }
        }
        cosigners
    }

    /// The same, with another HSM of this one of them.
    pub(crate) fn cosigners_after(
        &self,
        record: &WalletRecord,
        device: &DeviceId,
        hsm: &HsmFacts,
    ) -> Vec<CoSigner> {
        let mut cosigners = self.cosigners(record);
        let mut own = cosigners.iter_mut();
        if let Some(own) = own.find(|cosigner| cosigner.identity.device_id() == *device) {
            own.vendor.clone_from(&hsm.vendor);
            own.serial.clone_from(&hsm.serial);
        }
        cosigners
    }
}
