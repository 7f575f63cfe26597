//! Recovery: the order of the administrators by which a device goes on without its newest journal.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use bitcoin::OutPoint;
use minicbor::{Decode, Encode};

use super::recovery_error::RecoveryError;
use crate::approval::{ActiveRoster, WaitingRoster};
use crate::codec::ByteString;
use crate::cose::{Artefact, Endorsed, Scope, Signed, SignedBy};
use crate::digest::{
    AnchorDigest, CardDigest, PolicyDigest, RecoveryDigest, RetirementDigest, RootDigest,
    RosterDigest, TxDigest, WalletId,
};
use crate::headers::KnownTime;
use crate::keys::P256PublicKey;
use crate::ledger::Transfer;
use crate::signing::{Coin, Receipt};
use crate::transcript::{Anchor, Rejected};
use crate::types::{Height, KeyIndex, Label, Version};

/// What a device shows of its HSM's memory, for the administrators. It carries no signature: the
/// device compares the order that is made from it with its HSM.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AnchorStatement {
    /// Version of this structure: 1.
    #[n(0)]
    pub version: u8,
    /// The device's identity key.
    #[n(1)]
    pub identity: P256PublicKey,
    /// The newest anchor in its HSM.
    #[n(2)]
    pub anchor: Anchor,
}

impl AnchorStatement {
    /// What people compare between the device's screen and the host's.
    pub fn digest(&self) -> AnchorDigest {
        AnchorDigest::over(&[&crate::codec::encode(self)])
    }
}

/// The order by which a device goes on from the anchor in its HSM, where the journal up to that
/// anchor is lost. Signed by a quorum of policy administrators.
///
/// It names the anchor, and an anchor is there once: the order serves once.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Recovery {
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
    /// The device's identity key.
    #[n(4)]
    pub identity: P256PublicKey,
    /// What its HSM remembers, as it showed it on its own screen.
    #[n(5)]
    pub anchor: Anchor,
    /// Its newest card: which keys it has.
    #[n(6)]
    pub card: CardDigest,
    /// The newest policy of all devices: no other is in force until this one is installed.
    #[n(7)]
    pub policy: PolicyPin,
    /// Height at which the administrators looked for the device's signatures.
    #[n(8)]
    pub height: Height,
    /// Every receipt of the device that is known, in the order of its journal.
    #[n(9)]
    pub receipts: Vec<KnownReceipt>,
    /// The highest change index of each wallet that was ever used.
    #[n(10)]
    pub change: Vec<UsedChange>,
    /// Wallets that are retired.
    #[n(11)]
    pub retired: Vec<RetiredWallet>,
    /// Requests that an officer rejected.
    #[n(12)]
    pub rejected: Vec<Rejected>,
    /// Why, in few words.
    #[n(13)]
    pub reason: Label,
}

/// A policy by its number and its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PolicyPin {
    /// Its number.
    #[n(0)]
    pub number: Version,
    /// Its digest.
    #[n(1)]
    pub digest: PolicyDigest,
}

/// A receipt, with the coins that its signatures are over.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct KnownReceipt {
    /// The signed receipt, out of a PSBT.
    #[n(0)]
    pub receipt: ByteString,
    /// The coins, one for each signature, from the same PSBT.
    #[n(1)]
    pub coins: Vec<Coin>,
}

/// The highest change index of a wallet that was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct UsedChange {
    /// The wallet.
    #[n(0)]
    pub wallet: WalletId,
    /// The index.
    #[n(1)]
    pub index: KeyIndex,
}

/// A wallet that is retired, and by which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RetiredWallet {
    /// The wallet.
    #[n(0)]
    pub wallet: WalletId,
    /// The order.
    #[n(1)]
    pub retirement: RetirementDigest,
}

impl Artefact for Recovery {
    const KIND: &'static str = "recovery";
    const SIGNED_BY: SignedBy = SignedBy::Officer;
}

impl Endorsed<Recovery> {
    /// The digest by which people and journals name this order.
    pub fn recovery_digest(&self) -> RecoveryDigest {
        RecoveryDigest::from_bytes(self.digest(RecoveryDigest::TAG))
    }
}

/// What a recovery is held against.
#[derive(Clone, Copy, Debug)]
pub struct RecoveryStanding<'a> {
    /// The roster in force.
    pub roster: &'a ActiveRoster,
    /// The identity key in the device's HSM.
    pub identity: P256PublicKey,
    /// What is known of the time.
    pub time: KnownTime,
}

/// A receipt that verified.
#[derive(Clone, Debug)]
pub struct ReadReceipt {
    signed: Signed<Receipt>,
    coins: Vec<OutPoint>,
}

impl ReadReceipt {
    /// Reads a receipt of this device, with a coin for each of its signatures.
    ///
    /// # Errors
    /// [`RecoveryError::Receipt`].
    pub fn open(
        known: &KnownReceipt,
        scope: Scope,
        identity: &P256PublicKey,
    ) -> Result<Self, RecoveryError> {
        let keys = |kid: &_| (*kid == identity.key_id()).then_some(*identity);
        let signed = Signed::<Receipt>::open(&known.receipt.0, scope, keys)
            .map_err(|error| RecoveryError::Receipt(error.phrase()))?;
        let body = signed.body();
        let own = (body.version, body.scope, body.device) == (1, scope, identity.device_id());
        let coins: BTreeSet<Coin> = known.coins.iter().copied().collect();
        let each = known.coins.len() == body.signatures.len() && coins.len() == known.coins.len();
        if !own || !each || coins.is_empty() {
            return Err(RecoveryError::receipt_of_another(body));
        }
        let coins = known.coins.iter().map(|coin| OutPoint::from(*coin));
        Ok(Self {
            coins: coins.collect(),
            signed,
        })
    }

    /// The receipt.
    pub const fn receipt(&self) -> &Receipt {
        self.signed.body()
    }

    /// The coins.
    pub fn coins(&self) -> &[OutPoint] {
        &self.coins
    }

    /// That the receipt is over this transaction: it lies in its PSBT, and the coins are that
    /// transaction's. Anybody can put a receipt into another PSBT.
    ///
    /// # Errors
    /// [`RecoveryError::Receipt`].
    pub fn is_over(&self, tx: &TxDigest) -> Result<(), RecoveryError> {
        let receipt = self.receipt();
        (receipt.tx == *tx)
            .then_some(())
            .ok_or_else(|| RecoveryError::receipt_elsewhere(receipt))
    }

    /// That its coins are those of a transfer that is known, in the order of its inputs.
    ///
    /// # Errors
    /// [`RecoveryError::Receipt`].
    pub(crate) fn spends(&self, known: &Transfer) -> Result<(), RecoveryError> {
        (self.coins == known.coins)
            .then_some(())
            .ok_or_else(|| RecoveryError::other_coins(self.receipt()))
    }
}

/// A recovery that a quorum of administrators signed, of this device, with receipts of its own that
/// are not ahead of the anchor.
#[derive(Clone, Debug)]
pub struct CheckedRecovery {
    endorsed: Endorsed<Recovery>,
    receipts: Vec<ReadReceipt>,
    without_receipt: u64,
    digest: RecoveryDigest,
}

impl CheckedRecovery {
    /// Takes an order of the roster in force for this device.
    ///
    /// # Errors
    /// [`RecoveryError`].
    pub fn open(bytes: &[u8], at: RecoveryStanding<'_>) -> Result<Self, RecoveryError> {
        let RecoveryStanding {
            roster,
            identity,
            time,
        } = at;
        let endorsed = roster.open_order::<Recovery>(bytes, time)?;
        let order = endorsed.body();
        if order.identity != identity {
            return Err(RecoveryError::OtherDevice(order.identity.device_id()));
        }
        let (height, known) = (order.height, time.opens());
        if height < known {
            return Err(RecoveryError::Stale { height, known });
        }
        let receipts = receipts(order)?;
        let without_receipt = order.without_receipt()?;
        Ok(Self {
            digest: endorsed.recovery_digest(),
            endorsed,
            receipts,
            without_receipt,
        })
    }

    /// The order.
    pub const fn order(&self) -> &Recovery {
        self.endorsed.body()
    }

    /// The order with its signatures.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.endorsed.to_bytes()
    }

    /// Its digest.
    pub const fn digest(&self) -> RecoveryDigest {
        self.digest
    }

    /// Its receipts, in the order of the journal.
    pub fn receipts(&self) -> &[ReadReceipt] {
        &self.receipts
    }

    /// The roster of the recovery quorum that waits on, by what the HSM remembers. A roster that the
    /// administrators made since ends the wait, on this device too.
    pub fn waiting(&self) -> Option<WaitingRoster> {
        let order = self.order();
        let waiting = order.anchor.waiting.as_ref();
        let waiting = waiting.filter(|waiting| waiting.behind == order.roster);
        waiting.map(|waiting| WaitingRoster {
            roster: waiting.roster,
            from: waiting.from,
        })
    }

    /// Signatures of which the order has no receipt.
    pub const fn without_receipt(&self) -> u64 {
        self.without_receipt
    }
}

impl Recovery {
    /// Signatures that the HSM remembers and for which the order has no receipt: which coins they
    /// are over is not known.
    ///
    /// # Errors
    /// [`RecoveryError::Falling`] where the receipts are of more signatures than the HSM remembers.
    pub fn without_receipt(&self) -> Result<u64, RecoveryError> {
        let known: usize = self.receipts.iter().map(|known| known.coins.len()).sum();
        let known = u64::try_from(known).unwrap_or(u64::MAX);
        let left = self.anchor.signatures.checked_sub(known);
        left.ok_or(RecoveryError::Falling {
            remembered: self.anchor.signatures,
            known,
        })
    }
}

/// The receipts: of this device, each behind the one before, none beyond the anchor, no transaction
/// with two sets of coins. A coin may be in many: each fee bump spends the coins of the one before.
fn receipts(order: &Recovery) -> Result<Vec<ReadReceipt>, RecoveryError> {
    let mut read: Vec<ReadReceipt> = Vec::new();
    let mut coins = BTreeMap::new();
    for known in &order.receipts {
        let next = ReadReceipt::open(known, order.scope, &order.identity)?;
        let body = next.receipt();
        if read.last().map(|last| last.receipt().entries) >= Some(body.entries) {
            return Err(RecoveryError::Order(body.entries));
        }
        if body.signature_count > order.anchor.signatures {
            return Err(RecoveryError::Falling {
                remembered: order.anchor.signatures,
                known: body.signature_count,
            });
        }
        if body.entries >= order.anchor.entries {
            return Err(RecoveryError::Ahead {
                remembered: order.anchor.entries,
                entries: body.entries,
            });
        }
        let stated: BTreeSet<OutPoint> = next.coins.iter().copied().collect();
        if *coins.entry(body.tx).or_insert_with(|| stated.clone()) != stated {
            return Err(RecoveryError::receipt_of_another(body));
        }
        read.push(next);
    }
    Ok(read)
}
