//! The wallet record: which keys of which devices make the addresses of a wallet.

use alloc::vec::Vec;

use bitcoin::Address;
use bitcoin::secp256k1::PublicKey;
use minicbor::{Decode, Encode};

use super::points::Points;
use super::script;
use crate::codec::{self, ByteString};
use crate::cose::{Artefact, Scope, SignedBy};
use crate::digest::{CardDigest, RootDigest, WalletDigest, WalletId};
use crate::keys::P256PublicKey;
use crate::phrase;
use crate::rule::Phrase;
use crate::token::{HsmIdentity, Line};
use crate::types::{Chain, Id, KeyIndex, Label, PoolNumber};

/// A wallet, signed by all of its devices.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
#[cbor(context_bound = "Points")]
pub struct WalletRecord {
    /// Version of this structure: 1.
    #[n(0)]
    pub version: u8,
    /// Network and purpose.
    #[n(1)]
    pub scope: Scope,
    /// The root under which all devices were commissioned.
    #[n(2)]
    pub root: RootDigest,
    /// The wallet's name, as screens show it.
    #[n(3)]
    pub name: Label,
    /// Whose assets it holds.
    #[n(4)]
    pub class: WalletClass,
    /// How many devices must sign: the m of m-of-n.
    #[n(5)]
    pub threshold: u8,
    /// Form of the addresses.
    #[n(6)]
    pub script_type: ScriptType,
    /// The n devices, in ascending order of their identifiers.
    #[n(7)]
    pub cosigners: Vec<CoSigner>,
    /// Sets two wallets of the same devices apart.
    #[cbor(n(8), with = "minicbor::bytes")]
    pub nonce: [u8; 32],
    /// Version of the key table, from 1.
    #[n(9)]
    pub table_version: u32,
    /// The record that this one extends; it may only append keys.
    #[n(10)]
    pub predecessor: Option<WalletDigest>,
    /// Keys of chain 0: for each index one key of each co-signer, in the order of `cosigners`.
    #[n(11)]
    pub receive: Vec<KeyRow>,
    /// Keys of chain 1, likewise.
    #[n(12)]
    pub change: Vec<KeyRow>,
}

impl Artefact for WalletRecord {
    const KIND: &'static str = "wallet-record";
    const SIGNED_BY: SignedBy = SignedBy::Device;
}

impl WalletRecord {
    /// Identity of the wallet: the same for every version of its key table.
    pub fn id(&self) -> WalletId {
        let mut parts: Vec<u8> = Vec::new();
        for cosigner in &self.cosigners {
            parts.extend_from_slice(cosigner.identity.device_id().as_bytes());
            parts.extend_from_slice(&cosigner.pool.0.to_be_bytes());
        }
        let count = u64::try_from(self.cosigners.len()).unwrap_or(u64::MAX);
        WalletId::over(&[
            &codec::encode(&self.scope),
            &codec::encode(&self.class),
            &[self.threshold],
            &count.to_be_bytes(),
            &codec::encode(&self.script_type),
            &parts,
            &self.nonce,
        ])
    }

    /// The keys of one chain, by index.
    pub fn chain(&self, chain: Chain) -> &[KeyRow] {
        match chain {
            Chain::Receive => &self.receive,
            Chain::Change => &self.change,
        }
    }

    /// An address of the wallet, for the screens of every device.
    pub fn address(&self, chain: Chain, index: KeyIndex) -> Option<Address> {
        let row = self.chain(chain).get(usize::try_from(index.0).ok()?)?;
        let witness = script::sorted_multisig(self.threshold, &row.0);
        let output = script::output(self.script_type, &witness);
        Address::from_script(&output, self.scope.network.to_bitcoin()).ok()
    }
}

/// Whose assets a wallet holds. Classes never mix in a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum WalletClass {
    /// Assets of customers (利用者資産).
    #[n(0)]
    Customer,
    /// Performance-guarantee crypto-assets (履行保証暗号資産).
    #[n(1)]
    Guarantee,
    /// The company's own assets (自己資産).
    #[n(2)]
    Company,
    /// Target of an emergency sweep (緊急退避).
    #[n(3)]
    Emergency,
}

impl WalletClass {
    /// In the words of the law.
    pub fn phrase(self) -> Phrase {
        match self {
            Self::Customer => phrase!("customer assets", "利用者(顧客)資産"),
            Self::Guarantee => phrase!("performance-guarantee crypto-assets", "履行保証暗号資産"),
            Self::Company => phrase!("own assets", "自己資産"),
            Self::Emergency => phrase!("emergency sweep", "緊急退避"),
        }
    }

    /// Every class, in order.
    pub const ALL: [Self; 4] = [
        Self::Customer,
        Self::Guarantee,
        Self::Company,
        Self::Emergency,
    ];

    /// The name in files and on command lines.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Guarantee => "guarantee",
            Self::Company => "company",
            Self::Emergency => "emergency",
        }
    }

    /// The class of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }
}

/// The form of a wallet's addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum ScriptType {
    /// `wsh(sortedmulti(..))`
    #[n(0)]
    Wsh,
    /// `sh(wsh(sortedmulti(..)))`
    #[n(1)]
    ShWsh,
}

impl ScriptType {
    /// The name in files and on command lines.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wsh => "wsh",
            Self::ShWsh => "sh-wsh",
        }
    }

    /// The script type of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Wsh, Self::ShWsh]
            .into_iter()
            .find(|script_type| script_type.name() == name)
    }
}

/// One device of a wallet.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CoSigner {
    /// Its identity key.
    #[n(0)]
    pub identity: P256PublicKey,
    /// Its name.
    #[n(1)]
    pub name: Id,
    /// Where it stands.
    #[n(2)]
    pub site: Label,
    /// Its pool for this wallet, and for no other.
    #[n(3)]
    pub pool: PoolNumber,
    /// The card from which its keys were taken.
    #[n(4)]
    pub card: CardDigest,
    /// Who made its HSM, as on the card.
    #[n(5)]
    pub vendor: Line,
    /// Which HSM of that vendor it is, as on the card.
    #[n(6)]
    pub serial: Line,
}

impl CoSigner {
    /// Which HSM it has.
    pub const fn hsm(&self) -> HsmIdentity<'_> {
        let (vendor, serial) = (&self.vendor, &self.serial);
        HsmIdentity { vendor, serial }
    }
}

/// The keys of one address: one of each co-signer, in the order of the co-signers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRow(pub Vec<PublicKey>);

impl<C> Encode<C> for KeyRow {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        let bytes: Vec<u8> = self.0.iter().flat_map(PublicKey::serialize).collect();
        e.bytes(&bytes)?.ok()
    }
}

impl<'b, C: Points> Decode<'b, C> for KeyRow {
    fn decode(d: &mut minicbor::Decoder<'b>, ctx: &mut C) -> Result<Self, minicbor::decode::Error> {
        let bytes: ByteString = d.decode_with(ctx)?;
        let (keys, rest) = bytes.0.as_chunks::<33>();
        if !rest.is_empty() {
            return Err(minicbor::decode::Error::message("keys of 33 bytes each"));
        }
        let points = keys.iter().map(|key| ctx.point(key));
        points
            .collect::<Option<Vec<_>>>()
            .map(Self)
            .ok_or_else(|| minicbor::decode::Error::message("not a point of secp256k1"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_is_known_by_a_name_of_its_own() {
        let names = WalletClass::ALL.map(WalletClass::name);
        assert_eq!(names, ["customer", "guarantee", "company", "emergency"]);
        for class in WalletClass::ALL {
            assert_eq!(WalletClass::from_name(class.name()), Some(class));
        }
        assert_eq!(WalletClass::from_name(""), None);
    }

    #[test]
    fn each_script_type_is_known_by_a_name_of_its_own() {
        for (form, name) in [(ScriptType::Wsh, "wsh"), (ScriptType::ShWsh, "sh-wsh")] {
            assert_eq!(form.name(), name);
            assert_eq!(ScriptType::from_name(name), Some(form));
        }
        assert_eq!(ScriptType::from_name("sh"), None);
    }
}
