//! From cards to a wallet record, and what a device checks before it signs one.

use alloc::vec::Vec;

use super::registered::check_shape;
use super::wal07::kept;
use super::{
    CheckedCard, CoSigner, KeyRow, KnownPoints, Points, PoolKey, RegisteredWallet, Registry,
    ScriptType, WalletClass, WalletError, WalletRecord,
};
use crate::approval::CheckedEnrolment;
use crate::codec;
use crate::cose::{Endorsed, Scope};
use crate::digest::{DeviceId, RootDigest, WalletDigest, WalletId};
use crate::types::{Chain, Label, PoolNumber};

/// What people choose when they make a wallet; all else comes from the cards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletTerms {
    /// The wallet's name, as screens show it.
    pub name: Label,
    /// Whose assets it holds.
    pub class: WalletClass,
    /// The m of m-of-n.
    pub threshold: u8,
    /// Form of the addresses.
    pub script_type: ScriptType,
    /// Sets two wallets of the same devices apart.
    pub nonce: [u8; 32],
}

/// The record that these cards and terms make, from the newest pool of each device.
///
/// A chain of the wallet is as long as the shortest such chain of its devices: a longer pool keeps
/// its further keys for a later extension.
pub fn draft_record(
    cards: &[CheckedCard],
    terms: WalletTerms,
) -> Result<WalletRecord, WalletError> {
    let pools = cards.iter().map(|card| Ok((card, card.newest_pool()?)));
    build(pools.collect::<Result<Vec<_>, WalletError>>()?, terms)
}

/// The next version of a wallet: the rows of before, and behind them those that the same pools of
/// the same devices have gained. Of each device the first card that is given counts.
///
/// # Errors
/// [`WalletError::CardMissing`], and [`WalletError::Extension`] where WAL07 would refuse it.
pub fn extend_record(
    before: &RegisteredWallet,
    cards: &[CheckedCard],
) -> Result<WalletRecord, WalletError> {
    let member = |cosigner: &CoSigner| {
        let device = cosigner.identity.device_id();
        let mut cards = cards.iter();
        let card = cards.find(|card| card.device() == device);
        let card = card.ok_or_else(|| WalletError::CardMissing(cosigner.name.clone()))?;
        Ok((card, cosigner.pool))
    };
    let members = before.cosigners().iter().map(member);
    let members = members.collect::<Result<Vec<_>, WalletError>>()?;
    let mut record = build(members, terms_of(before.record()))?;
    record.table_version = before.record().table_version.saturating_add(1);
    record.predecessor = Some(before.digest());
    let refusals = kept(before.record(), &record);
    if refusals.is_empty() {
        return Ok(record);
    }
    Err(WalletError::Extension(refusals))
}

fn terms_of(record: &WalletRecord) -> WalletTerms {
    WalletTerms {
        name: record.name.clone(),
        class: record.class,
        threshold: record.threshold,
        script_type: record.script_type,
        nonce: record.nonce,
    }
}

fn build(
    mut members: Vec<(&CheckedCard, PoolNumber)>,
    terms: WalletTerms,
) -> Result<WalletRecord, WalletError> {
    members.sort_by_key(|(card, _)| card.device());
    let Some((first, _)) = members.first() else {
        return Err(WalletError::Quorum {
            threshold: terms.threshold,
            devices: 0,
        });
    };
    let (scope, root) = (first.card().scope, first.card().root);
    for (card, _) in &members {
        if card.card().scope != scope {
            return Err(WalletError::OtherScope);
        }
        if card.card().root != root {
            return Err(WalletError::OtherRoot(card.card().name.clone()));
        }
    }
    let record = WalletRecord {
        version: 1,
        scope,
        root,
        name: terms.name,
        class: terms.class,
        threshold: terms.threshold,
        script_type: terms.script_type,
        cosigners: members
            .iter()
            .map(|(card, pool)| cosigner(card, *pool))
            .collect(),
        nonce: terms.nonce,
        table_version: 1,
        predecessor: None,
        receive: rows(&members, Chain::Receive)?,
        change: rows(&members, Chain::Change)?,
    };
    check_shape(&record)?;
    Ok(record)
}

fn cosigner(card: &CheckedCard, pool: PoolNumber) -> CoSigner {
    let body = card.card();
    CoSigner {
        identity: body.identity,
        name: body.name.clone(),
        site: body.site.clone(),
        pool,
        card: card.digest(),
        vendor: body.hsm.vendor.clone(),
        serial: body.hsm.serial.clone(),
    }
}

fn rows(members: &[(&CheckedCard, PoolNumber)], chain: Chain) -> Result<Vec<KeyRow>, WalletError> {
    let chains = members
        .iter()
        .map(|(card, pool)| Ok(card.pool(*pool)?.chain(chain)))
        .collect::<Result<Vec<_>, WalletError>>()?;
    let shortest = chains.iter().map(|keys| keys.len()).min().unwrap_or(0);
    let row = |index| {
        let keys = chains
            .iter()
            .filter_map(|keys: &&[PoolKey]| keys.get(index));
        KeyRow(keys.map(|key: &PoolKey| key.public_key).collect())
    };
    Ok((0..shortest).map(row).collect())
}

/// What a device is asked to register, and what it holds against it.
#[derive(Clone, Copy, Debug)]
pub struct Registration<'a> {
    /// The draft, with or without signatures of other devices.
    pub record: &'a [u8],
    /// The device's own card, from its own disk.
    pub own: &'a CheckedCard,
    /// The card of every co-signer. The device's own may be among them.
    pub cards: &'a [CheckedCard],
    /// The enrolment of every device of the wallet, its own included.
    pub enrolments: &'a [CheckedEnrolment],
    /// The wallets that are registered on this device already.
    pub wallets: &'a Registry,
}

/// A draft that this device may sign: it is in it with its own keys, every co-signer is enrolled
/// and has proven its keys, the draft is byte for byte the one that the cards make, and no other wallet has its name or pools.
#[derive(Debug)]
pub struct RegistrableRecord {
    endorsed: Endorsed<WalletRecord>,
    device: DeviceId,
}

impl RegistrableRecord {
    /// Checks a draft.
    pub fn check(asked: &Registration<'_>) -> Result<Self, WalletError> {
        let scope = asked.own.card().scope;
        let mut known = KnownPoints::of(asked.cards.iter().chain([asked.own]));
        let endorsed = open_record(asked.record, scope, &asked.own.card().root, &mut known)?;
        let record = endorsed.body();
        check_shape(record)?;
        let own = asked.own.device();
        if !record
            .cosigners
            .iter()
            .any(|c| c.identity.device_id() == own)
        {
            return Err(WalletError::NotMember);
        }
        let members = record
            .cosigners
            .iter()
            .map(|cosigner| member(asked, cosigner))
            .collect::<Result<Vec<_>, _>>()?;
        let rebuilt = WalletRecord {
            table_version: record.table_version,
            predecessor: record.predecessor,
            ..build(members, terms_of(record))?
        };
        if codec::encode(&rebuilt) != codec::encode(record) {
            return Err(WalletError::NotFromCards);
        }
        asked.wallets.admits(record, &endorsed.wallet_digest())?;
        Ok(Self {
            endorsed,
            device: own,
        })
    }

    /// The record, with the signatures that were on it, to be signed by this device too.
    pub const fn endorsed(&self) -> &Endorsed<WalletRecord> {
        &self.endorsed
    }

    /// The same, to add this device's signature.
    pub fn into_endorsed(self) -> Endorsed<WalletRecord> {
        self.endorsed
    }

    /// The record.
    pub const fn record(&self) -> &WalletRecord {
        self.endorsed.body()
    }

    /// The device that checked it.
    pub const fn device(&self) -> DeviceId {
        self.device
    }

    /// Identity of the wallet, for the screens of every device.
    pub fn id(&self) -> WalletId {
        self.record().id()
    }

    /// Digest of the record, for the screens of every device.
    pub fn digest(&self) -> WalletDigest {
        self.endorsed.wallet_digest()
    }
}

/// The card of a co-signer, whose device must be enrolled under the same name and site.
fn member<'a>(
    asked: &Registration<'a>,
    cosigner: &CoSigner,
) -> Result<(&'a CheckedCard, PoolNumber), WalletError> {
    let device = cosigner.identity.device_id();
    let enrolled = asked.enrolments.iter().any(|enrolment| {
        let body = enrolment.enrolment();
        body.identity == cosigner.identity
            && body.name == cosigner.name
            && body.site == cosigner.site
            && body.root == asked.own.card().root
    });
    if !enrolled {
        return Err(WalletError::NotEnrolled(cosigner.name.clone()));
    }
    // The device's own card is the one from its own disk, whatever else was handed in. Of a
    // co-signer there may be an older and a newer card: the record names the one it was made from.
    let card = if device == asked.own.device() {
        Some(asked.own)
    } else {
        let mut cards = asked.cards.iter();
        cards.find(|card| card.device() == device && card.digest() == cosigner.card)
    };
    let card = card.ok_or_else(|| WalletError::CardMissing(cosigner.name.clone()))?;
    Ok((card, cosigner.pool))
}

/// Opens a record with the identity keys that it names itself.
pub(super) fn open_record(
    bytes: &[u8],
    scope: Scope,
    root: &RootDigest,
    points: &mut impl Points,
) -> Result<Endorsed<WalletRecord>, WalletError> {
    let endorsed = Endorsed::<WalletRecord>::open_naming(bytes, scope, points, |record, kid| {
        let mut keys = record.cosigners.iter().map(|cosigner| cosigner.identity);
        keys.find(|key| key.key_id() == *kid)
    })?;
    let record = endorsed.body();
    if record.scope != scope {
        return Err(WalletError::OtherScope);
    }
    if record.root != *root {
        let name = record
            .cosigners
            .first()
            .map(|cosigner| cosigner.name.clone());
        return Err(name.map_or(WalletError::NotFromCards, WalletError::OtherRoot));
    }
    Ok(endorsed)
}

#[cfg(test)]
mod tests;
