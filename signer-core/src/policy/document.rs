//! The policy: what this organisation allows its devices to sign.

use alloc::vec::Vec;

use bitcoin::{Amount, ScriptBuf};
use minicbor::{Decode, Encode};

use super::{Placement, Separation, Sweep};
use crate::codec;
use crate::cose::{Artefact, Scope, SignedBy};
use crate::digest::{PolicyDigest, RootDigest, RosterDigest, WalletDigest};
use crate::types::{Blocks, Height, Id, Label, Version};
use crate::wallet::WalletClass;

use super::balance::ColdFloor;

/// A policy, signed by a quorum of policy administrators.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Policy {
    /// Version of this structure: 1.
    #[n(0)]
    pub version: u8,
    /// Network and purpose.
    #[n(1)]
    pub scope: Scope,
    /// The root.
    #[n(2)]
    pub root: RootDigest,
    /// The roster whose administrators sign.
    #[n(3)]
    pub roster: RosterDigest,
    /// Number of this policy; it must rise.
    #[n(4)]
    pub number: Version,
    /// The policy that this one follows; none for the first.
    #[n(5)]
    pub predecessor: Option<PolicyDigest>,
    /// What it loosens is in force from here, at the earliest.
    #[n(6)]
    pub activation: Height,
    /// How long what the next policy loosens waits after a device has installed it.
    #[n(7)]
    pub delay: Blocks,
    /// The wallets, in ascending order of their digests.
    #[n(8)]
    pub wallets: Vec<WalletRules>,
    /// The destinations, in ascending order of their identifiers.
    #[n(9)]
    pub destinations: Vec<Destination>,
    /// Who is kept apart from whom.
    #[n(10)]
    pub separation: Separation,
    /// The moves between registered wallets of different classes that are allowed, in ascending
    /// order. No other is.
    #[n(11)]
    pub class_moves: Vec<ClassMove>,
    /// The floors of the cold share, in ascending order of the classes; absent where there is none.
    #[n(12)]
    pub cold_floors: Option<Vec<ColdFloor>>,
    /// What a frozen device may still sign; absent where it signs nothing.
    #[n(13)]
    pub sweep: Option<Sweep>,
}

impl Artefact for Policy {
    const KIND: &'static str = "policy";
    const SIGNED_BY: SignedBy = SignedBy::Officer;
}

impl Policy {
    /// The rules of one wallet.
    pub fn wallet(&self, digest: &WalletDigest) -> Option<&WalletRules> {
        self.wallets.iter().find(|rules| rules.wallet == *digest)
    }

    /// The floors of the cold share, where there are any.
    pub fn cold_floors(&self) -> &[ColdFloor] {
        self.cold_floors.as_deref().unwrap_or_default()
    }

    /// What must stay cold of this class, where anything must.
    pub fn cold_floor(&self, class: WalletClass) -> Option<&ColdFloor> {
        let mut floors = self.cold_floors().iter();
        floors.find(|floor| floor.class == class)
    }

    /// The destination of this identifier.
    pub fn destination(&self, id: &Id) -> Option<&Destination> {
        self.destinations
            .iter()
            .find(|destination| destination.id == *id)
    }
}

/// What one wallet may do.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct WalletRules {
    /// The wallet, by its full digest.
    #[n(0)]
    pub wallet: WalletDigest,
    /// Whose assets it holds; must equal the record.
    #[n(1)]
    pub class: WalletClass,
    /// Most that one transaction may pay out, change not counted.
    #[cbor(n(2), with = "codec::sats")]
    pub per_transfer: Amount,
    /// The caps on the fee; all of them hold.
    #[n(3)]
    pub fee: FeeCaps,
    /// Who must approve.
    #[n(4)]
    pub quorum: ApprovalQuorum,
    /// The destinations that this wallet may pay, by identifier, in ascending order.
    #[n(5)]
    pub destinations: Vec<Id>,
    /// How far above the highest change index that this device has seen used a change output may
    /// lie.
    #[n(6)]
    pub change_window: u32,
    /// Most that may be paid out within so many blocks, in ascending order of the blocks. Each
    /// device holds its share of it: see [`WindowLimit::share`].
    #[n(7)]
    pub windows: Vec<WindowLimit>,
    /// Stricter quorums for larger amounts, ascending; absent where one holds for all.
    #[n(8)]
    pub bands: Option<Vec<QuorumBand>>,
    /// How far its devices are spread.
    #[n(9)]
    pub placement: Placement,
    /// How many witnesses attend a session that signs an ordinary transfer; at most
    /// [`MAX_WITNESSES`].
    #[n(10)]
    pub witnesses: u8,
}

/// Most witnesses that a policy may call for: each of them can end a session.
pub const MAX_WITNESSES: u8 = 3;

impl WalletRules {
    /// Who must approve a transaction that pays out so much.
    pub fn quorum_for(&self, paid: Amount) -> ApprovalQuorum {
        let reached = self.bands().iter().rev().find(|band| band.from <= paid);
        reached.map_or(self.quorum, |band| band.quorum)
    }

    /// The bands, where there are any.
    pub fn bands(&self) -> &[QuorumBand] {
        self.bands.as_deref().unwrap_or_default()
    }
}

/// Who must approve from an amount on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct QuorumBand {
    /// Least that the transaction pays out, change not counted.
    #[cbor(n(0), with = "codec::sats")]
    pub from: Amount,
    /// Who must approve.
    #[n(1)]
    pub quorum: ApprovalQuorum,
}

/// Most that may be paid within a number of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct WindowLimit {
    /// The window: so many blocks up to the known height.
    #[n(0)]
    pub blocks: Blocks,
    /// In satoshi, for the whole wallet.
    #[cbor(n(1), with = "codec::sats")]
    pub amount: Amount,
}

impl WindowLimit {
    /// What one device may sign of it, where `m` of `n` devices sign each transaction.
    ///
    /// Devices cannot see each other. Each transaction is counted by `m` devices, so that `n`
    /// devices with `floor(amount x m / n)` each never let more than `amount` through.
    pub fn share(&self, m: u8, n: usize) -> Amount {
        let n = u128::try_from(n).unwrap_or(u128::MAX);
        let all = u128::from(self.amount.to_sat()).saturating_mul(m.into());
        let share = all.checked_div(n).unwrap_or_default();
        Amount::from_sat(u64::try_from(share).unwrap_or(u64::MAX))
    }
}

/// A move between registered wallets of different classes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(map)]
pub struct ClassMove {
    /// Whose assets move.
    #[n(0)]
    pub from: WalletClass,
    /// Whose assets they become.
    #[n(1)]
    pub to: WalletClass,
    /// The only purpose for which a request may ask for it; absent: for any.
    #[n(2)]
    pub purpose: Option<Label>,
}

/// Caps on a fee. A fee must be within every one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FeeCaps {
    /// In satoshi.
    #[cbor(n(0), with = "codec::sats")]
    pub absolute: Amount,
    /// In satoshi per virtual byte.
    #[n(1)]
    pub sat_per_vbyte: u32,
    /// In thousandths of what is paid out (or of what is consolidated, where nothing is).
    #[n(2)]
    pub per_mille: u32,
}

/// Who must approve a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ApprovalQuorum {
    /// How many distinct people.
    #[n(0)]
    pub approvers: u8,
    /// From how many departments.
    #[n(1)]
    pub departments: u8,
    /// How many directors among them.
    #[n(2)]
    pub directors: u8,
}

/// A registered destination.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Destination {
    /// Identifier, for example `hot-refill-01`.
    #[n(0)]
    pub id: Id,
    /// Label, as screens show it.
    #[n(1)]
    pub label: Label,
    /// The script that is paid; people see it as an address.
    #[cbor(n(2), with = "codec::as_bytes")]
    pub script: ScriptBuf,
    /// First height at which it may be paid.
    #[n(3)]
    pub activation: Height,
    /// Most that one transaction may pay to it.
    #[cbor(n(4), with = "codec::sats")]
    pub limit: Amount,
    /// Most that may be paid to it within so many blocks, in ascending order of the blocks; shared
    /// between the devices like that of a wallet.
    #[n(6)]
    pub windows: Vec<WindowLimit>,
}
