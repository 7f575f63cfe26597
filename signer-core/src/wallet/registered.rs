//! A registered wallet: a record that all of its devices have signed, with its scripts rebuilt.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use bitcoin::secp256k1::PublicKey;
use bitcoin::{Address, Script, ScriptBuf};

use super::draft::open_record;
use super::script::{self, Descriptors};
use super::wal07::wal07;
use super::wal08::{wal08, wal08_among};
use super::{
    CheckedCard, CoSigner, NewestCards, Points, ScriptType, WalletClass, WalletError, WalletRecord,
};
use crate::cose::{Endorsed, Scope};
use crate::digest::{DeviceId, RetirementDigest, RootDigest, WalletDigest, WalletId};
use crate::keys::{CkaId, Fingerprint, KeyPoint};
use crate::rule::Verdict;
use crate::signing::WalletKeyRef;
use crate::types::{Chain, KeyIndex, Label};

/// Most devices of a wallet.
pub const MAX_DEVICES: usize = 15;

/// A wallet whose record all n of its devices have signed.
///
/// Coins and change are found by script, and scripts only come from the registered keys: nothing
/// that a PSBT says of itself is looked at here.
#[derive(Debug)]
pub struct RegisteredWallet {
    endorsed: Endorsed<WalletRecord>,
    id: WalletId,
    digest: WalletDigest,
    /// The devices in the order of the co-signers: a hash each, and asked for by every input.
    devices: Vec<DeviceId>,
    scripts: BTreeMap<ScriptBuf, (Chain, KeyIndex)>,
    keys: BTreeMap<KeyPoint, (Chain, KeyIndex)>,
}

impl Endorsed<WalletRecord> {
    /// The digest by which policy and requests name this version of the wallet.
    pub fn wallet_digest(&self) -> WalletDigest {
        WalletDigest::from_bytes(self.digest(WalletDigest::TAG))
    }
}

impl RegisteredWallet {
    /// Reads a record of this network, purpose and root that all of its devices have signed.
    pub fn open(bytes: &[u8], scope: Scope, root: &RootDigest) -> Result<Self, WalletError> {
        Self::open_knowing(bytes, scope, root, &mut ())
    }

    /// The same where points of its keys may be known.
    pub(crate) fn open_knowing(
        bytes: &[u8],
        scope: Scope,
        root: &RootDigest,
        points: &mut impl Points,
    ) -> Result<Self, WalletError> {
        let endorsed = open_record(bytes, scope, root, points)?;
        let record = endorsed.body();
        check_shape(record)?;
        // Every signer is one of the devices, and each once: so equal counts are equal sets.
        let (got, devices) = (endorsed.signers().count(), record.cosigners.len());
        if got != devices {
            return Err(WalletError::Signers { got, devices });
        }
        let mut scripts = BTreeMap::new();
        let mut keys = BTreeMap::new();
        for chain in [Chain::Receive, Chain::Change] {
            for (index, row) in (0..).zip(record.chain(chain)) {
                let place = (chain, KeyIndex(index));
                let witness = script::sorted_multisig(record.threshold, &row.0);
                scripts.insert(script::output(record.script_type, &witness), place);
                keys.extend(row.0.iter().map(|key| (KeyPoint::from(*key), place)));
            }
        }
        let devices = record.cosigners.iter().map(|c| c.identity.device_id());
        Ok(Self {
            id: record.id(),
            digest: endorsed.wallet_digest(),
            devices: devices.collect(),
            endorsed,
            scripts,
            keys,
        })
    }

    /// The record.
    pub const fn record(&self) -> &WalletRecord {
        self.endorsed.body()
    }

    /// The record with its signatures.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.endorsed.to_bytes()
    }

    /// Identity of the wallet.
    pub const fn id(&self) -> WalletId {
        self.id
    }

    /// Digest of this version of its key table.
    pub const fn digest(&self) -> WalletDigest {
        self.digest
    }

    /// The wallet's name.
    pub const fn name(&self) -> &Label {
        &self.record().name
    }

    /// Whose assets it holds.
    pub const fn class(&self) -> WalletClass {
        self.record().class
    }

    /// The m of m-of-n.
    pub const fn threshold(&self) -> u8 {
        self.record().threshold
    }

    /// The n devices, in ascending order of their identifiers.
    pub fn cosigners(&self) -> &[CoSigner] {
        &self.record().cosigners
    }

    /// The same as devices.
    pub(super) fn members(&self) -> impl Iterator<Item = (DeviceId, &CoSigner)> {
        self.devices.iter().copied().zip(self.cosigners())
    }

    /// Form of the addresses.
    pub const fn script_type(&self) -> ScriptType {
        self.record().script_type
    }

    /// How many addresses a chain has.
    pub fn addresses(&self, chain: Chain) -> u32 {
        u32::try_from(self.record().chain(chain).len()).unwrap_or(u32::MAX)
    }

    /// Where an output script stands in this wallet.
    pub fn locate(&self, script: &Script) -> Option<(Chain, KeyIndex)> {
        self.scripts.get(script).copied()
    }

    /// Where a public key stands in this wallet.
    pub fn locate_key(&self, key: KeyPoint) -> Option<(Chain, KeyIndex)> {
        self.keys.get(&key).copied()
    }

    /// The keys of an address, in the order of the co-signers.
    pub(super) fn row(&self, chain: Chain, index: KeyIndex) -> Option<&[PublicKey]> {
        let index = usize::try_from(index.0).ok()?;
        Some(&self.record().chain(chain).get(index)?.0)
    }

    /// The keys of an address, in the order of its script (BIP-67).
    pub fn keys(&self, chain: Chain, index: KeyIndex) -> Option<Vec<PublicKey>> {
        Some(script::bip67(self.row(chain, index)?))
    }

    /// The witness script of an address.
    pub fn witness_script(&self, chain: Chain, index: KeyIndex) -> Option<ScriptBuf> {
        let row = self.row(chain, index)?;
        Some(script::sorted_multisig(self.threshold(), row))
    }

    /// The redeem script of an address; none where the form has none.
    pub fn redeem_script(&self, chain: Chain, index: KeyIndex) -> Option<ScriptBuf> {
        let witness = self.witness_script(chain, index)?;
        script::redeem(self.script_type(), &witness)
    }

    /// The output script of an address.
    pub fn script_pubkey(&self, chain: Chain, index: KeyIndex) -> Option<ScriptBuf> {
        let witness = self.witness_script(chain, index)?;
        Some(script::output(self.script_type(), &witness))
    }

    /// The address, as people compare it.
    pub fn address(&self, chain: Chain, index: KeyIndex) -> Option<Address> {
        let network = self.record().scope.network.to_bitcoin();
        Address::from_script(&self.script_pubkey(chain, index)?, network).ok()
    }

    /// The descriptor of one address, as Bitcoin Core imports it: with checksum and key origins,
    /// without a hardened step.
    pub fn descriptor(&self, chain: Chain, index: KeyIndex) -> Result<String, WalletError> {
        let row = self.row(chain, index).ok_or(WalletError::NoKeys(chain))?;
        let origins = self.members().zip(row).map(|((device, cosigner), key)| {
            let path = path_of(cosigner, chain, index);
            (Fingerprint::of(&device), path, *key)
        });
        Descriptors::new(self.threshold(), self.script_type())
            .of(origins)
            .map(|descriptor| descriptor.to_string())
    }

    /// Where `device` keeps its key of an address.
    pub fn own_key(
        &self,
        device: &DeviceId,
        chain: Chain,
        index: KeyIndex,
    ) -> Option<WalletKeyRef> {
        let mut members = self.members().zip(self.row(chain, index)?);
        let ((device, cosigner), key) = members.find(|((member, _), _)| member == device)?;
        Some(WalletKeyRef {
            id: CkaId::wallet(Fingerprint::of(&device), cosigner.pool, chain, index),
            public_key: *key,
        })
    }

    /// Whose key of an address this is.
    pub fn cosigner_of(&self, chain: Chain, index: KeyIndex, key: &PublicKey) -> Option<&CoSigner> {
        let (_, cosigner) = self.member_of(chain, index, key)?;
        Some(cosigner)
    }

    /// The same with the device.
    pub(super) fn member_of(
        &self,
        chain: Chain,
        index: KeyIndex,
        key: &PublicKey,
    ) -> Option<(DeviceId, &CoSigner)> {
        let mut members = self.members().zip(self.row(chain, index)?);
        members.find(|(_, known)| *known == key).map(|(m, _)| m)
    }

    /// The registered origin of a key of an address: fingerprint and path.
    pub fn origin_of(
        &self,
        chain: Chain,
        index: KeyIndex,
        key: &PublicKey,
    ) -> Option<(Fingerprint, [u32; 3])> {
        let (device, cosigner) = self.member_of(chain, index, key)?;
        Some((Fingerprint::of(&device), path_of(cosigner, chain, index)))
    }

    /// The most bytes that the witness of one input takes.
    pub fn witness_bytes(&self) -> u64 {
        let script = self.witness_script(Chain::Receive, KeyIndex(0));
        crate::psbt::multisig_witness_bytes(
            self.threshold(),
            script.as_ref().map_or(0, |script| script.len()),
        )
    }
}

fn path_of(cosigner: &CoSigner, chain: Chain, index: KeyIndex) -> [u32; 3] {
    [cosigner.pool.0, u32::from(chain.number()), index.0]
}

/// What every record must be, whoever made it: a quorum, devices in order, no fingerprint and no
/// key twice, one key of each device in each row.
pub(super) fn check_shape(record: &WalletRecord) -> Result<(), WalletError> {
    if record.version != 1 {
        return Err(WalletError::Version(record.version));
    }
    let first = record.table_version == 1;
    if first != record.predecessor.is_none() || record.table_version == 0 {
        return Err(WalletError::TableVersion(record.table_version));
    }
    let devices = record.cosigners.len();
    let threshold = record.threshold;
    if threshold < 2 || usize::from(threshold) > devices || devices > MAX_DEVICES {
        return Err(WalletError::Quorum { threshold, devices });
    }
    let mut last = None;
    let mut fingerprints = BTreeSet::new();
    for cosigner in &record.cosigners {
        let device = cosigner.identity.device_id();
        if last >= Some(device) {
            return Err(WalletError::DeviceOrder(device));
        }
        last = Some(device);
        let fingerprint = Fingerprint::of(&device);
        if !fingerprints.insert(fingerprint) {
            return Err(WalletError::RepeatedFingerprint(fingerprint));
        }
    }
    if let Verdict::Refused(refusals) = wal08(record) {
        return Err(WalletError::SharedHsm(refusals));
    }
    check_table(record)
}

fn check_table(record: &WalletRecord) -> Result<(), WalletError> {
    let mut seen = BTreeSet::new();
    for chain in [Chain::Receive, Chain::Change] {
        let rows = record.chain(chain);
        if rows.is_empty() {
            return Err(WalletError::NoKeys(chain));
        }
        for (index, row) in (0..).zip(rows) {
            if row.0.len() != record.cosigners.len() {
                return Err(WalletError::Row(chain, KeyIndex(index)));
            }
            if let Some(key) = row.0.iter().find(|key| !seen.insert(**key)) {
                return Err(WalletError::RepeatedKey(*key));
            }
        }
    }
    Ok(())
}

/// The wallets that are registered on a device. One pool of a device serves one wallet.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    wallets: Vec<Arc<RegisteredWallet>>,
    retired: BTreeMap<WalletId, RetirementDigest>,
    /// Emergency wallets of which this device is no co-signer: they are paid by a sweep and nothing
    /// else, and no coin of theirs is ever looked for.
    emergency: Vec<Arc<RegisteredWallet>>,
    cards: NewestCards,
}

impl Registry {
    /// A registry without a wallet.
    pub const fn new() -> Self {
        Self {
            wallets: Vec::new(),
            retired: BTreeMap::new(),
            emergency: Vec::new(),
            cards: NewestCards::none(),
        }
    }

    /// The newest card of each device that is known here.
    pub const fn cards(&self) -> &NewestCards {
        &self.cards
    }

    /// Remembers the HSM that a card names.
    pub fn note_card(&mut self, card: &CheckedCard) {
        self.cards.note(card);
    }

    /// Adds a wallet; the same one again changes nothing.
    pub fn add(&mut self, wallet: Arc<RegisteredWallet>) -> Result<(), WalletError> {
        self.admits(wallet.record(), &wallet.digest())?;
        if self.by_digest(&wallet.digest()).is_none() {
            self.wallets.push(wallet);
        }
        Ok(())
    }

    /// Whether a record could be added: it extends the newest version of a wallet, or its name is
    /// free, and so is the pool of every device; or it is there already.
    pub(super) fn admits(
        &self,
        record: &WalletRecord,
        digest: &WalletDigest,
    ) -> Result<(), WalletError> {
        if self.retired.contains_key(&record.id()) {
            return Err(WalletError::Retired(record.id()));
        }
        if let Verdict::Refused(refusals) = wal07(record, digest, self) {
            return Err(WalletError::Extension(refusals));
        }
        if let Verdict::Refused(refusals) = wal08_among(&self.cards.cosigners(record)) {
            return Err(WalletError::SharedHsm(refusals));
        }
        // WAL07 has found versions of one wallet to be of one wallet.
        let extends = record.predecessor.and_then(|named| self.by_digest(&named));
        let line = extends.map(|before| before.id());
        let mut elsewhere = self.emergency.iter();
        if elsewhere.any(|known| known.id() != record.id() && *known.name() == record.name) {
            return Err(WalletError::NameInUse(record.name.clone()));
        }
        let others = self
            .wallets
            .iter()
            .filter(|known| known.digest() != *digest);
        for known in others.filter(|known| Some(known.id()) != line) {
            if *known.name() == record.name {
                return Err(WalletError::NameInUse(known.name().clone()));
            }
            let mut others = record.cosigners.iter();
            if others.any(|cosigner| shares_pool(cosigner, known)) {
                return Err(WalletError::PoolInUse(known.id()));
            }
        }
        Ok(())
    }

    /// The wallets.
    pub fn wallets(&self) -> &[Arc<RegisteredWallet>] {
        &self.wallets
    }

    /// Ends a wallet: it never signs again, and no record of it is added any more.
    pub(crate) fn retire(&mut self, wallet: WalletId, order: RetirementDigest) {
        self.retired.entry(wallet).or_insert(order);
    }

    /// The order that retired this wallet, if one did.
    pub fn retirement(&self, wallet: &WalletId) -> Option<RetirementDigest> {
        self.retired.get(wallet).copied()
    }

    /// The wallet of this digest.
    pub fn by_digest(&self, digest: &WalletDigest) -> Option<&Arc<RegisteredWallet>> {
        self.wallets
            .iter()
            .find(|wallet| wallet.digest() == *digest)
    }

    /// The wallet of this digest that a sweep may pay: one of this device's own, or one that was
    /// registered for it alone.
    pub fn emergency(&self, digest: &WalletDigest) -> Option<&Arc<RegisteredWallet>> {
        let mut others = self.emergency.iter();
        self.by_digest(digest)
            .or_else(|| others.find(|wallet| wallet.digest() == *digest))
    }

    /// Every emergency wallet of other devices that was registered here, to be paid by a sweep alone.
    pub fn emergencies(&self) -> &[Arc<RegisteredWallet>] {
        &self.emergency
    }

    /// Adds an emergency wallet of other devices; the same one again changes nothing. `labels` are those of the
    /// destinations.
    ///
    /// # Errors
    /// It is retired, or its name is another wallet's or a destination's.
    pub fn add_emergency<'a>(
        &mut self,
        wallet: Arc<RegisteredWallet>,
        labels: impl IntoIterator<Item = &'a Label>,
    ) -> Result<(), WalletError> {
        self.admits_emergency(&wallet, labels)?;
        if self.emergency(&wallet.digest()).is_none() {
            self.emergency.push(wallet);
        }
        Ok(())
    }

    /// Whether it could be added. Every screen of a sweep calls it by its name, which so means one thing here.
    pub(crate) fn admits_emergency<'a>(
        &self,
        wallet: &RegisteredWallet,
        labels: impl IntoIterator<Item = &'a Label>,
    ) -> Result<(), WalletError> {
        if self.retired.contains_key(&wallet.id()) {
            return Err(WalletError::Retired(wallet.id()));
        }
        let others = self.wallets.iter().chain(&self.emergency);
        let others = others.filter(|known| known.id() != wallet.id());
        let mut names = others.map(|known| known.name());
        let mut labels = labels.into_iter();
        let name = wallet.name();
        if names.any(|other| other == name) || labels.any(|label| label == name) {
            return Err(WalletError::NameInUse(name.clone()));
        }
        Ok(())
    }

    /// Whether an emergency wallet of other devices bears this name.
    pub(crate) fn is_emergency_name(&self, name: &Label) -> bool {
        self.emergency.iter().any(|known| known.name() == name)
    }

    /// The wallet that an output script belongs to, and where it stands there.
    pub fn locate(&self, script: &Script) -> Option<(&Arc<RegisteredWallet>, Chain, KeyIndex)> {
        self.wallets.iter().rev().find_map(|wallet| {
            let (chain, index) = wallet.locate(script)?;
            Some((wallet, chain, index))
        })
    }

    /// The wallet that a payment to this script reaches: one of this device's own, or the emergency wallet of
    /// others.
    pub fn receiver(&self, script: &Script) -> Option<&Arc<RegisteredWallet>> {
        let mut others = self.emergency.iter().rev();
        self.locate(script)
            .map(|(wallet, _, _)| wallet)
            .or_else(|| others.find(|wallet| wallet.locate(script).is_some()))
    }

    /// The newest version of a wallet of this device, or of one that a sweep may pay.
    pub fn known(&self, wallet: &WalletId) -> Option<&Arc<RegisteredWallet>> {
        let mut others = self.emergency.iter().rev();
        self.by_id(wallet)
            .or_else(|| others.find(|known| known.id() == *wallet))
    }

    /// Every version of the wallet that has this output script, newest first.
    pub fn versions(&self, script: &Script) -> impl Iterator<Item = &Arc<RegisteredWallet>> {
        let newest_first = self.wallets.iter().rev();
        newest_first.filter(move |wallet| wallet.locate(script).is_some())
    }

    /// The newest version of this wallet.
    pub fn by_id(&self, wallet: &WalletId) -> Option<&Arc<RegisteredWallet>> {
        self.wallets.iter().rev().find(|one| one.id() == *wallet)
    }

    /// The newest version of each wallet, in the order in which they were registered.
    pub fn newest(&self) -> impl Iterator<Item = &Arc<RegisteredWallet>> {
        self.wallets.iter().filter(|wallet| {
            let mut others = self.wallets.iter();
            others.all(|other| other.record().predecessor != Some(wallet.digest()))
        })
    }
}

fn shares_pool(cosigner: &CoSigner, wallet: &RegisteredWallet) -> bool {
    let mut others = wallet.cosigners().iter();
    others.any(|other| other.identity == cosigner.identity && other.pool == cosigner.pool)
}

#[cfg(test)]
mod tests;
