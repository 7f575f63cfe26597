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
        "d01", "d02", "d03", "d04", "d05", "d06", "d07", "d08", "d09", "d10", "d11", "d12", "d13",
        "d14", "d15", "d16",
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
    let address = |index| checked.record().address(Chain::Change, KeyIndex(index));
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
        let other = CheckedEnrolment::open(
            &bytes,
            &world().roster,
            crate::testing::free(Height(850_000)),
        )
        .unwrap();
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
