//! From cards to a wallet record, and what a device checks before it signs one.

use alloc::vec::Vec;

use bitcoin::Address;

use super::registered::check_shape;
use super::script;
use super::wal07::kept;
use super::{
    CheckedCard, CoSigner, KeyRow, PoolKey, RegisteredWallet, Registry, ScriptType, WalletClass,
    WalletError, WalletRecord,
};
use crate::approval::CheckedEnrolment;
use crate::codec;
use crate::cose::{Endorsed, Scope};
use crate::digest::{DeviceId, RootDigest, WalletDigest, WalletId};
use crate::types::{Chain, KeyIndex, Label, PoolNumber};

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
        let endorsed = open_record(asked.record, scope, &asked.own.card().root)?;
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

    /// An address of the wallet, for the screens of every device.
    pub fn address(&self, chain: Chain, index: KeyIndex) -> Option<Address> {
        let record = self.record();
        let row = record.chain(chain).get(usize::try_from(index.0).ok()?)?;
        let witness = script::sorted_multisig(record.threshold, &row.0);
        let output = script::output(record.script_type, &witness);
        Address::from_script(&output, record.scope.network.to_bitcoin()).ok()
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
) -> Result<Endorsed<WalletRecord>, WalletError> {
    let named = Endorsed::<WalletRecord>::peek(bytes)?.cosigners;
    let endorsed = Endorsed::<WalletRecord>::open(bytes, scope, |kid| {
        let mut keys = named.iter().map(|cosigner| cosigner.identity);
        keys.find(|key| key.key_id() == *kid)
    })?;
    let record = endorsed.body();
    if record.scope != scope {
        return Err(WalletError::OtherScope);
    }
    if record.root != *root {
        let name = named.into_iter().next().map(|cosigner| cosigner.name);
        return Err(name.map_or(WalletError::NotFromCards, WalletError::OtherRoot));
    }
    Ok(endorsed)
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::digest::RootDigest;
    use crate::testing::{
        SCOPE, SoftDevice, World, cards, device_endorses, enrolments, label, terms, world,
    };
    use crate::types::{Height, KeyIndex};

    const CLASS: WalletClass = WalletClass::Customer;

    fn usual() -> WalletTerms {
        terms("Cold 9", CLASS, ScriptType::Wsh)
    }

    fn made(world: &World) -> Vec<CheckedCard> {
        cards(&world.devices, &world.roster, &[1])
    }

    #[test]
    fn the_order_of_the_cards_does_not_matter() {
        let mut cards = made(world());
        let record = draft_record(&cards, usual()).unwrap();
        cards.reverse();
        assert_eq!(draft_record(&cards, usual()).unwrap(), record);
        let devices: Vec<_> = record
            .cosigners
            .iter()
            .map(|c| c.identity.device_id())
            .collect();
        assert!(devices.is_sorted());
        let pools = record.cosigners.iter().map(|c| c.pool);
        assert!(pools.into_iter().all(|pool| pool == PoolNumber(1)));
    }

    #[test]
    fn takes_the_newest_pool() {
        let cards = cards(&world().devices, &world().roster, &[1, 2, 7]);
        let record = draft_record(&cards, usual()).unwrap();
        assert!(record.cosigners.iter().all(|c| c.pool == PoolNumber(7)));
    }

    /// Devices with so many keys on each chain.
    fn with_lengths(lengths: [u32; 3]) -> Vec<CheckedCard> {
        let (world, root) = (world(), world().root.digest());
        let cards = world.devices.iter().zip(lengths).map(|(device, length)| {
            let mut card = device.card(root, &[1]);
            card.pools[0] = device.pool_card(1, length, card.nonce);
            CheckedCard::open(&device.seal(card).to_bytes(), SCOPE, &root).unwrap()
        });
        cards.collect()
    }

    #[test]
    fn cuts_unequal_pools_to_the_shortest() {
        let record = draft_record(&with_lengths([5, 3, 4]), usual()).unwrap();
        assert_eq!((record.receive.len(), record.change.len()), (3, 3));
        let none = draft_record(&with_lengths([5, 0, 4]), usual()).unwrap_err();
        assert_eq!(none, WalletError::NoKeys(Chain::Receive));
    }

    #[test]
    fn at_the_limit_of_the_quorum() {
        let with = |threshold| {
            let terms = WalletTerms {
                threshold,
                ..usual()
            };
            draft_record(&made(world()), terms).map(|record| record.threshold)
        };
        assert_eq!((with(2), with(3)), (Ok(2), Ok(3)));
        for threshold in [0, 1, 4, 16] {
            let error = WalletError::Quorum {
                threshold,
                devices: 3,
            };
            assert_eq!(with(threshold), Err(error));
        }
    }

    fn many(count: usize) -> Result<WalletRecord, WalletError> {
        const NAMES: [&str; 16] = [
            "d01", "d02", "d03", "d04", "d05", "d06", "d07", "d08", "d09", "d10", "d11", "d12",
            "d13", "d14", "d15", "d16",
        ];
        let root = world().root.digest();
        let cards = NAMES[..count].iter().map(|name| {
            let device = SoftDevice::new(name);
            let mut card = device.card(root, &[1]);
            card.pools[0] = device.pool_card(1, 1, card.nonce);
            CheckedCard::open(&device.seal(card).to_bytes(), SCOPE, &root).unwrap()
        });
        draft_record(&cards.collect::<Vec<_>>(), usual())
    }

    #[test]
    fn at_the_limit_and_one_past_it_of_devices() {
        assert_eq!(many(15).unwrap().cosigners.len(), 15);
        let error = WalletError::Quorum {
            threshold: 2,
            devices: 16,
        };
        assert_eq!(many(16), Err(error));
        let error = WalletError::Quorum {
            threshold: 2,
            devices: 0,
        };
        assert_eq!(many(0), Err(error));
    }

    #[test]
    fn refuses_a_device_twice_and_other_roots() {
        let mut twice = made(world());
        twice.push(made(world()).remove(0));
        let error = draft_record(&twice, usual()).unwrap_err();
        assert_eq!(error, WalletError::DeviceOrder(world().devices[0].id()));
        let mut mixed = made(world());
        let root = RootDigest::over(&[]);
        let bytes = world().devices[2]
            .seal(world().devices[2].card(root, &[1]))
            .to_bytes();
        mixed[2] = CheckedCard::open(&bytes, SCOPE, &root).unwrap();
        let error = draft_record(&mixed, usual()).unwrap_err();
        assert!(matches!(error, WalletError::OtherRoot(_)));
    }

    struct Asked {
        record: WalletRecord,
        cards: Vec<CheckedCard>,
        enrolments: Vec<CheckedEnrolment>,
        wallets: Registry,
    }

    fn asked() -> Asked {
        let cards = made(world());
        Asked {
            record: draft_record(&cards, usual()).unwrap(),
            enrolments: enrolments(&world().devices, &world().roster),
            wallets: Registry::new(),
            cards,
        }
    }

    fn check_at(asked: &Asked, own: &CheckedCard) -> Result<RegistrableRecord, WalletError> {
        RegistrableRecord::check(&Registration {
            record: &Endorsed::new(asked.record.clone(), SCOPE).to_bytes(),
            own,
            cards: &asked.cards,
            enrolments: &asked.enrolments,
            wallets: &asked.wallets,
        })
    }

    fn check(change: impl FnOnce(&mut Asked)) -> Result<RegistrableRecord, WalletError> {
        let mut asked = asked();
        change(&mut asked);
        check_at(&asked, &made(world())[0])
    }

    #[test]
    fn a_device_signs_the_record_that_the_cards_make() {
        let checked = check(|_| {}).unwrap();
        assert_eq!(checked.device(), world().devices[0].id());
        assert_eq!(checked.id(), checked.record().id());
        let digest = checked.digest();
        let address = |index| checked.address(Chain::Change, KeyIndex(index));
        let (third, beyond) = (address(2).unwrap(), address(10_000));
        let signed = device_endorses(&world().devices[0], checked.into_endorsed());
        assert_eq!(signed.wallet_digest(), digest, "whoever has signed");
        // The address that it shows is that of the wallet, once all have signed.
        let others = world().devices.iter().skip(1);
        let whole = others.fold(signed, |all, device| device_endorses(device, all));
        let whole = RegisteredWallet::open(&whole.to_bytes(), SCOPE, &world().root.digest());
        let registered = whole.unwrap().script_pubkey(Chain::Change, KeyIndex(2));
        assert_eq!(Some(third.script_pubkey()), registered);
        assert_eq!(beyond, None);
        // Its own card is at hand: the co-signers' are enough.
        assert!(check(|asked| drop(asked.cards.remove(0))).is_ok());
    }

    /// Whatever is changed in the record: the cards do not make it.
    #[test]
    fn refuses_a_record_that_the_cards_do_not_make() {
        let stranger = SoftDevice::new("east").key(1, Chain::Receive, 0).public_key;
        let mut changed: Vec<WalletRecord> = Vec::new();
        let mut change = |edit: &dyn Fn(&mut WalletRecord)| {
            let mut record = asked().record;
            edit(&mut record);
            changed.push(record);
        };
        change(&|r| r.receive[2].0[1] = stranger);
        change(&|r| r.change.truncate(3));
        change(&|r| r.receive.swap(0, 1));
        change(&|r| r.receive[0].0.swap(0, 1));
        for record in changed {
            let error = check(|asked| asked.record = record).unwrap_err();
            assert_eq!(error, WalletError::NotFromCards);
        }
    }

    #[test]
    fn refuses_a_record_without_this_device() {
        let asked = asked();
        let east = SoftDevice::new("east");
        let own = cards(&[east], &world().roster, &[1]);
        assert_eq!(
            check_at(&asked, &own[0]).unwrap_err(),
            WalletError::NotMember
        );
    }

    /// Our own keys come from our own disk, not from what was handed in.
    #[test]
    fn refuses_another_card_of_this_device() {
        let asked = asked();
        let device = &world().devices[0];
        let mut newer = device.card(world().root.digest(), &[1]);
        newer.generation = 2;
        let bytes = device.seal(newer).to_bytes();
        let own = CheckedCard::open(&bytes, SCOPE, &world().root.digest()).unwrap();
        assert_eq!(
            check_at(&asked, &own).unwrap_err(),
            WalletError::NotFromCards
        );
    }

    /// The record names the card it was made from; another one of the same device is no help.
    #[test]
    fn takes_the_card_that_the_record_names() {
        let newer = |place: usize| {
            let device = &world().devices[place];
            let mut card = device.card(world().root.digest(), &[1]);
            card.generation = 2;
            let bytes = device.seal(card).to_bytes();
            CheckedCard::open(&bytes, SCOPE, &world().root.digest()).unwrap()
        };
        assert!(check(|asked| asked.cards.insert(0, newer(1))).is_ok());
        let error = check(|asked| asked.cards[1] = newer(1)).unwrap_err();
        assert!(matches!(error, WalletError::CardMissing(_)));
    }

    #[test]
    fn refuses_a_pool_or_a_name_that_is_in_use() {
        let error = check(|asked| asked.wallets = world().wallets.clone()).unwrap_err();
        assert_eq!(error, WalletError::PoolInUse(world().wallet.id()));
        let error = check(|asked| {
            asked.wallets = world().wallets.clone();
            let cards = cards(&world().devices, &world().roster, &[5]);
            asked.record = draft_record(&cards, terms("Cold 1", CLASS, ScriptType::Wsh)).unwrap();
            asked.cards = cards;
        });
        // The device's own card has no pool 5, so the name is judged by hand.
        assert!(matches!(error.unwrap_err(), WalletError::NoPool { .. }));
        let cards = cards(&world().devices, &world().roster, &[5]);
        let record = draft_record(&cards, terms("Cold 1", CLASS, ScriptType::Wsh)).unwrap();
        let digest = Endorsed::new(record.clone(), SCOPE).wallet_digest();
        let error = world().wallets.admits(&record, &digest).unwrap_err();
        assert!(matches!(error, WalletError::NameInUse(_)));
    }

    /// A device that signs once more what it has registered changes nothing.
    #[test]
    fn passes_the_record_that_is_registered_already() {
        let again = check(|asked| {
            let whole = Endorsed::new(asked.record.clone(), SCOPE);
            let devices = world().devices.iter();
            let whole = devices.fold(whole, |e, device| device_endorses(device, e));
            let root = world().root.digest();
            let opened = crate::wallet::RegisteredWallet::open(&whole.to_bytes(), SCOPE, &root);
            asked
                .wallets
                .add(alloc::sync::Arc::new(opened.unwrap()))
                .unwrap();
        });
        assert!(again.is_ok());
    }

    #[test]
    fn refuses_a_missing_card_or_enrolment() {
        let error = check(|asked| drop(asked.cards.remove(1))).unwrap_err();
        assert!(matches!(error, WalletError::CardMissing(_)));
        for place in 0..3 {
            let error = check(|asked| drop(asked.enrolments.remove(place))).unwrap_err();
            assert!(matches!(error, WalletError::NotEnrolled(_)));
        }
    }

    #[test]
    fn refuses_an_enrolment_under_another_name_or_site() {
        type Edit = fn(&mut crate::approval::Enrolment);
        let edits: [Edit; 2] = [
            |e| e.name = crate::testing::id("south2"),
            |e| e.site = label("Elsewhere"),
        ];
        for edit in edits {
            let mut body = crate::testing::enrolment(&world().devices[1], &world().roster);
            edit(&mut body);
            let bytes = crate::testing::officers_sign(body, &["admin.a", "admin.b"]).to_bytes();
            let other = CheckedEnrolment::open(&bytes, &world().roster, Height(850_000)).unwrap();
            let error = check(|asked| asked.enrolments[1] = other).unwrap_err();
            assert!(matches!(error, WalletError::NotEnrolled(_)));
        }
    }

    #[test]
    fn refuses_a_version_that_does_not_fit_its_predecessor() {
        let error = check(|asked| asked.record.table_version = 2).unwrap_err();
        assert_eq!(error, WalletError::TableVersion(2));
        let error = check(|asked| asked.record.predecessor = Some(WalletDigest::over(&[])));
        assert_eq!(error.unwrap_err(), WalletError::TableVersion(1));
        let row = check(|asked| {
            asked.record.change[0].0.pop();
        });
        assert_eq!(
            row.unwrap_err(),
            WalletError::Row(Chain::Change, KeyIndex(0))
        );
    }
}
