//! A wallet that is known by its descriptors alone.
//!
//! Nobody has signed it and no device has a key of it: it leads to a report ([`super::CheckOnly`])
//! and to no stage.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use bitcoin::secp256k1::{PublicKey, Secp256k1, VerifyOnly};
use bitcoin::{Script, ScriptBuf};
use miniscript::Segwitv0;
use miniscript::descriptor::{
    Descriptor, DescriptorPublicKey, ShInner, SinglePubKey, SortedMultiVec, Wildcard, WshInner,
};

use super::scripts::{KnownWallets, Signer, WalletScripts};
use super::{MAX_DEVICES, ScriptType, script};
use crate::keys::Fingerprint;
use crate::phrase;
use crate::rule::{Explained, Phrase};
use crate::types::{Chain, KeyIndex, Lang};

/// Most keys of all addresses together: 2,000 addresses of 15 keys.
pub const DESCRIPTOR_KEYS: usize = 30_000;

/// The first hardened step.
const HARDENED: u32 = 0x8000_0000;

/// One descriptor, as wallet programs list them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedDescriptor {
    /// `wsh(sortedmulti(..))` or `sh(wsh(sortedmulti(..)))` of public keys or extended public keys,
    /// with or without origins, with or without a checksum. `/<0;1>/*` and `/**` are both chains.
    pub text: String,
    /// What its addresses are for. Where the list does not say it, the step before the index does:
    /// 1 in the path of every key is change, all else is not.
    pub chain: Option<Chain>,
    /// First and last index, where the descriptor ends in `*`.
    pub range: (u32, u32),
}

/// Why a list of descriptors is no wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DescriptorError {
    /// There is no descriptor in the list.
    Empty,
    /// This descriptor (from 1) cannot be read, or its checksum is wrong.
    Unreadable(usize, String),
    /// This descriptor is not one of the two forms.
    Form(usize),
    /// A key of this descriptor cannot be derived: a hardened step, a path that is too long, or an
    /// uncompressed key.
    Key(usize),
    /// This descriptor has more keys than a wallet may have, or one key twice in an address.
    Keys(usize),
    /// This descriptor has another form, threshold or number of keys than the first.
    OtherWallet(usize),
    /// This descriptor gives an address, or a place on a chain, that another one has given.
    Repeated(usize),
    /// The first index of this range is above the last.
    Range(usize),
    /// The list has more keys than [`DESCRIPTOR_KEYS`].
    TooMany,
}

impl Explained for DescriptorError {
    fn what(&self) -> Phrase {
        match self {
            Self::Empty => phrase!("there is no descriptor", "ディスクリプタがない"),
            // What the library says is for programmers, in English.
            Self::Unreadable(n, why) => Phrase::new(
                &alloc::format!("descriptor {n}: {why}"),
                &alloc::format!("ディスクリプタ {n} を読み取れない、またはチェックサムが違う"),
            ),
            Self::Form(n) => phrase!(
                "descriptor {n} is neither wsh(sortedmulti(..)) nor sh(wsh(sortedmulti(..)))",
                "ディスクリプタ {n} が wsh(sortedmulti(..)) でも sh(wsh(sortedmulti(..))) でもない",
                n = n
            ),
            Self::Key(n) => phrase!(
                "descriptor {n} has a key that cannot be derived from what is public",
                "ディスクリプタ {n} に公開情報から導出できない鍵がある",
                n = n
            ),
            Self::Keys(n) => phrase!(
                "descriptor {n} has more than {most} keys, or one twice",
                "ディスクリプタ {n} の鍵が {most} 個を超えている、または重複している",
                n = n,
                most = MAX_DEVICES
            ),
            Self::OtherWallet(n) => phrase!(
                "descriptor {n} is of another form or quorum than the first",
                "ディスクリプタ {n} の形式または必要署名数が最初のものと違う",
                n = n
            ),
            Self::Repeated(n) => phrase!(
                "descriptor {n} gives an address or a place that is there already",
                "ディスクリプタ {n} のアドレスまたは位置が既にある",
                n = n
            ),
            Self::Range(n) => phrase!(
                "descriptor {n} has a range whose first index is above the last",
                "ディスクリプタ {n} の範囲の先頭が末尾より大きい",
                n = n
            ),
            Self::TooMany => phrase!(
                "more than {most} keys",
                "鍵が {most} 個を超えている",
                most = DESCRIPTOR_KEYS
            ),
        }
    }

    fn advice(&self) -> Phrase {
        match self {
            Self::Empty => phrase!("Give one on each line.", "1行に1つずつ指定してください。"),
            Self::Unreadable(..) => phrase!(
                "Copy it again from the wallet program, with its checksum.",
                "ウォレットのプログラムからチェックサムごともう一度コピーしてください。"
            ),
            Self::Form(_) => phrase!(
                "Wallets of other forms cannot be judged.",
                "他の形式のウォレットは判定できません。"
            ),
            Self::Key(_) => phrase!(
                "Give compressed keys, or extended keys with steps that are not hardened.",
                "圧縮形式の公開鍵、または強化導出を含まない拡張公開鍵を指定してください。"
            ),
            Self::Keys(_) => phrase!(
                "Wallets of this shape cannot be judged.",
                "この構成のウォレットは判定できません。"
            ),
            Self::OtherWallet(_) => phrase!(
                "Give the descriptors of one wallet only.",
                "1つのウォレットのディスクリプタだけを指定してください。"
            ),
            Self::Repeated(_) => phrase!(
                "Give each descriptor once, and those of one wallet only.",
                "1つのウォレットのディスクリプタを1回ずつ指定してください。"
            ),
            Self::Range(_) => phrase!(
                "Give the first index first.",
                "範囲は小さい番号から指定してください。"
            ),
            Self::TooMany => phrase!("Give a shorter range.", "範囲を短くしてください。"),
        }
    }
}

impl fmt::Display for DescriptorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl core::error::Error for DescriptorError {}

/// A wallet of descriptors, with every address of their ranges.
#[derive(Debug)]
pub struct DescriptorWallet {
    form: ScriptType,
    threshold: u8,
    addresses: BTreeMap<(Chain, KeyIndex), Vec<ListedKey>>,
    scripts: BTreeMap<ScriptBuf, (Chain, KeyIndex)>,
    keys: BTreeSet<PublicKey>,
    fingerprints: BTreeSet<Fingerprint>,
}

/// A key of an address, and where it comes from.
#[derive(Clone, Debug)]
struct ListedKey {
    public_key: PublicKey,
    fingerprint: Fingerprint,
    path: Vec<u32>,
}

impl DescriptorWallet {
    /// Derives every address of a list.
    pub fn read(list: &[ListedDescriptor]) -> Result<Self, DescriptorError> {
        let first = list.first().ok_or(DescriptorError::Empty)?;
        let (form, multi) = parts_of(1, &parse(1, &first.text)?)?;
        let mut wallet = Self {
            form,
            threshold: u8::try_from(multi.k()).unwrap_or(u8::MAX),
            addresses: BTreeMap::new(),
            scripts: BTreeMap::new(),
            keys: BTreeSet::new(),
            fingerprints: BTreeSet::new(),
        };
        let secp = Secp256k1::verification_only();
        for (number, listed) in (1..).zip(list) {
            let all = parse(number, &listed.text)?.into_single_descriptors();
            let unreadable = |e: miniscript::Error| unreadable(number, &e);
            for single in all.map_err(unreadable)? {
                let (form, multi) = parts_of(number, &single)?;
                if (form, multi.k(), multi.n()) != (wallet.form, wallet.k(), wallet.n(&multi)) {
                    return Err(DescriptorError::OtherWallet(number));
                }
                wallet.add(&secp, number, listed, multi.pks())?;
            }
        }
        Ok(wallet)
    }

    fn k(&self) -> usize {
        usize::from(self.threshold)
    }

    /// How many keys each address has; those of `first` where there is no address yet.
    fn n(&self, first: &SortedMultiVec<DescriptorPublicKey, Segwitv0>) -> usize {
        let mut addresses = self.addresses.values();
        addresses.next().map_or(first.n(), Vec::len)
    }

    fn add(
        &mut self,
        secp: &Secp256k1<VerifyOnly>,
        number: usize,
        listed: &ListedDescriptor,
        keys: &[DescriptorPublicKey],
    ) -> Result<(), DescriptorError> {
        let ranged = keys.iter().any(DescriptorPublicKey::has_wildcard);
        let (first, last) = if ranged { listed.range } else { (0, 0) };
        if first > last {
            return Err(DescriptorError::Range(number));
        }
        for step in first..=last {
            let row = keys
                .iter()
                .map(|key| derive(secp, key, step))
                .collect::<Option<Vec<_>>>()
                .ok_or(DescriptorError::Key(number))?;
            let index = if ranged {
                step
            } else {
                common_step(&row, 1).unwrap_or(u32::try_from(number).unwrap_or(u32::MAX))
            };
            let chain = listed.chain.unwrap_or(match common_step(&row, 2) {
                Some(1) => Chain::Change,
                _ => Chain::Receive,
            });
            self.insert(number, (chain, KeyIndex(index)), row)?;
        }
        Ok(())
    }

    fn insert(
        &mut self,
        number: usize,
        place: (Chain, KeyIndex),
        row: Vec<ListedKey>,
    ) -> Result<(), DescriptorError> {
        let keys: BTreeSet<PublicKey> = row.iter().map(|key| key.public_key).collect();
        if keys.len() != row.len() || row.len() > MAX_DEVICES {
            return Err(DescriptorError::Keys(number));
        }
        self.keys.extend(keys);
        if self.keys.len() > DESCRIPTOR_KEYS {
            return Err(DescriptorError::TooMany);
        }
        self.fingerprints
            .extend(row.iter().map(|key| key.fingerprint));
        let witness = self.witness_of(&row);
        let output = script::output(self.form, &witness);
        let script_before = self.scripts.insert(output, place);
        let place_before = self.addresses.insert(place, row);
        if script_before.is_some() || place_before.is_some() {
            return Err(DescriptorError::Repeated(number));
        }
        Ok(())
    }

    fn witness_of(&self, row: &[ListedKey]) -> ScriptBuf {
        let keys: Vec<PublicKey> = row.iter().map(|key| key.public_key).collect();
        script::sorted_multisig(self.threshold, &keys)
    }

    /// Form of the addresses.
    pub const fn script_type(&self) -> ScriptType {
        self.form
    }

    /// The m of m-of-n.
    pub const fn threshold(&self) -> u8 {
        self.threshold
    }

    /// How many addresses were derived.
    pub fn addresses(&self) -> usize {
        self.addresses.len()
    }

    /// Where an output script stands in this wallet.
    pub fn locate(&self, script: &Script) -> Option<(Chain, KeyIndex)> {
        self.scripts.get(script).copied()
    }

    /// The most bytes that the witness of one input takes.
    pub(super) fn witness_bytes(&self) -> u64 {
        let mut rows = self.addresses.values();
        let script = rows.next().map(|row| self.witness_of(row).len());
        crate::psbt::multisig_witness_bytes(self.threshold, script.unwrap_or(0))
    }

    fn key(&self, chain: Chain, index: KeyIndex, key: &PublicKey) -> Option<&ListedKey> {
        let mut row = self.addresses.get(&(chain, index))?.iter();
        row.find(|known| known.public_key == *key)
    }
}

impl WalletScripts for DescriptorWallet {
    fn name(&self) -> Phrase {
        phrase!(
            "the wallet of the descriptors",
            "ディスクリプタのウォレット"
        )
    }

    fn locate(&self, script: &Script) -> Option<(Chain, KeyIndex)> {
        self.locate(script)
    }

    fn has_key(&self, key: &PublicKey) -> bool {
        self.keys.contains(key)
    }

    fn has_fingerprint(&self, fingerprint: Fingerprint) -> bool {
        self.fingerprints.contains(&fingerprint)
    }

    fn witness_script(&self, chain: Chain, index: KeyIndex) -> Option<ScriptBuf> {
        Some(self.witness_of(self.addresses.get(&(chain, index))?))
    }

    fn redeem_script(&self, chain: Chain, index: KeyIndex) -> Option<ScriptBuf> {
        script::redeem(self.form, &self.witness_script(chain, index)?)
    }

    fn origin_of(
        &self,
        chain: Chain,
        index: KeyIndex,
        key: &[u8; 33],
    ) -> Option<(Fingerprint, Vec<u32>)> {
        let mut row = self.addresses.get(&(chain, index))?.iter();
        let known = row.find(|known| known.public_key.serialize() == *key)?;
        Some((known.fingerprint, known.path.clone()))
    }

    fn signer_of(&self, chain: Chain, index: KeyIndex, key: &PublicKey) -> Option<Signer> {
        let known = self.key(chain, index, key)?;
        Some(Signer {
            name: format!("key {} of {}", known.public_key, known.fingerprint),
            device: None,
        })
    }
}

impl KnownWallets for DescriptorWallet {
    fn holding(&self, script: &Script) -> Option<&dyn WalletScripts> {
        self.locate(script).map(|_| self as &dyn WalletScripts)
    }
}

fn parse(number: usize, text: &str) -> Result<Descriptor<DescriptorPublicKey>, DescriptorError> {
    // BIP-129 writes both chains as `/**`, in templates without a checksum.
    let text = text.replace("/**", "/<0;1>/*");
    Descriptor::from_str(&text).map_err(|error| unreadable(number, &error))
}

fn unreadable(number: usize, error: &miniscript::Error) -> DescriptorError {
    let why = error.to_string();
    DescriptorError::Unreadable(number, why.lines().next().unwrap_or_default().into())
}

fn parts_of(
    number: usize,
    descriptor: &Descriptor<DescriptorPublicKey>,
) -> Result<(ScriptType, SortedMultiVec<DescriptorPublicKey, Segwitv0>), DescriptorError> {
    let (form, wsh) = match descriptor {
        Descriptor::Wsh(wsh) => (ScriptType::Wsh, wsh),
        Descriptor::Sh(sh) => match sh.as_inner() {
            ShInner::Wsh(wsh) => (ScriptType::ShWsh, wsh),
            _ => return Err(DescriptorError::Form(number)),
        },
        _ => return Err(DescriptorError::Form(number)),
    };
    match wsh.as_inner() {
        WshInner::SortedMulti(multi) => Ok((form, multi.clone())),
        WshInner::Ms(_) => Err(DescriptorError::Form(number)),
    }
}

/// The key of one index, with its origin as BIP-174 writes it: a key without an origin is its own.
fn derive(
    secp: &Secp256k1<VerifyOnly>,
    key: &DescriptorPublicKey,
    index: u32,
) -> Option<ListedKey> {
    let mut path = key.full_derivation_path()?;
    let public_key = match key {
        DescriptorPublicKey::Single(single) => match single.key {
            SinglePubKey::FullKey(key) if key.compressed => key.inner,
            SinglePubKey::FullKey(_) | SinglePubKey::XOnly(_) => return None,
        },
        DescriptorPublicKey::XPub(extended) => {
            let mut steps = extended.derivation_path.clone();
            if extended.wildcard == Wildcard::Unhardened {
                let step = bitcoin::bip32::ChildNumber::from_normal_idx(index).ok()?;
                steps = steps.child(step);
                path = path.child(step);
            }
            // The depth of an extended key is one byte.
            let deep = usize::from(extended.xkey.depth).checked_add(steps.len())?;
            u8::try_from(deep).ok()?;
            if extended.wildcard == Wildcard::Hardened {
                return None;
            }
            extended.xkey.derive_pub(secp, &steps).ok()?.public_key
        }
        DescriptorPublicKey::MultiXPub(_) => return None,
    };
    Some(ListedKey {
        public_key,
        fingerprint: Fingerprint::from_bytes(key.master_fingerprint().to_bytes()),
        path: path.into_iter().map(|step| u32::from(*step)).collect(),
    })
}

/// The step so many from the end of the path, where all keys have the same there and it is not
/// hardened: no chain and no index ever is.
fn common_step(row: &[ListedKey], from_end: usize) -> Option<u32> {
    let step = |key: &ListedKey| {
        key.path
            .iter()
            .rev()
            .nth(from_end.saturating_sub(1))
            .copied()
    };
    let first = step(row.first()?).filter(|step| *step < HARDENED)?;
    row.iter()
        .all(|key| step(key) == Some(first))
        .then_some(first)
}

#[cfg(test)]
mod tests;
