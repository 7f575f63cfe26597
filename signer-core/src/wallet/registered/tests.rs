use core::str::FromStr;
use std::collections::BTreeSet;

use miniscript::descriptor::{Descriptor, DescriptorPublicKey};

use super::*;
use crate::testing::{
    KEYS, SCOPE, World, cards, device_endorses, foreign_emergency, outside_script, p256_key,
    p256_public, register, terms, world, wrapped,
};
use crate::types::{Network, Purpose};
use crate::wallet::draft_record;

fn places() -> impl Iterator<Item = (Chain, KeyIndex)> {
    let chains = [Chain::Receive, Chain::Change].into_iter();
    chains.flat_map(|chain| (0..KEYS).map(move |index| (chain, KeyIndex(index))))
}

#[test]
fn finds_every_script_where_it_stands() {
    for wallet in [&world().wallet, &wrapped().wallet] {
        let mut seen = BTreeSet::new();
        for (chain, index) in places() {
            let script = wallet.script_pubkey(chain, index).unwrap();
            assert_eq!(wallet.locate(&script), Some((chain, index)));
            assert!(seen.insert(script));
        }
        assert_eq!(wallet.addresses(Chain::Change), KEYS);
        assert_eq!(wallet.script_pubkey(Chain::Receive, KeyIndex(KEYS)), None);
        assert_eq!(wallet.locate(&outside_script("elsewhere")), None);
    }
}

/// An independent reading of the descriptor gives the same script and address.
#[test]
fn descriptors_are_read_back_to_the_same_address() {
    for (world, head) in [
        (world(), "wsh(sortedmulti(2,["),
        (wrapped(), "sh(wsh(sortedmulti(2,["),
    ] {
        let wallet = &world.wallet;
        for (chain, index) in places() {
            let text = wallet.descriptor(chain, index).unwrap();
            assert!(text.starts_with(head), "{text}");
            let (_, checksum) = text.split_once('#').unwrap();
            assert_eq!(checksum.len(), 8);
            assert!(
                !text.contains(['h', '\'', '*'])
                    || text.starts_with("sh(")
                    || text.starts_with("wsh(")
            );
            let descriptor = Descriptor::<DescriptorPublicKey>::from_str(&text).unwrap();
            let fixed = descriptor.at_derivation_index(0).unwrap();
            let script = wallet.script_pubkey(chain, index).unwrap();
            assert_eq!(fixed.script_pubkey(), script);
            let address = fixed.address(bitcoin::Network::Regtest).unwrap();
            assert_eq!(wallet.address(chain, index), Some(address));
        }
    }
}

#[test]
fn descriptors_name_device_pool_chain_and_index() {
    let text = world()
        .wallet
        .descriptor(Chain::Change, KeyIndex(4))
        .unwrap();
    for device in &world().devices {
        let key = device.key(1, Chain::Change, 4).public_key;
        let origin = alloc::format!("[{}/1/1/4]{key}", device.fingerprint());
        assert!(text.contains(&origin), "{origin} in {text}");
    }
}

#[test]
fn knows_whose_key_is_whose() {
    let wallet = &world().wallet;
    for device in &world().devices {
        for (chain, index) in places() {
            let key = device.key(1, chain, index.0);
            assert_eq!(wallet.own_key(&device.id(), chain, index), Some(key));
            let cosigner = wallet.cosigner_of(chain, index, &key.public_key).unwrap();
            assert_eq!(cosigner.identity.device_id(), device.id());
            assert_eq!(
                wallet.locate_key(key.public_key.into()),
                Some((chain, index))
            );
            let elsewhere = KeyIndex((index.0 + 1) % KEYS);
            assert_eq!(wallet.cosigner_of(chain, elsewhere, &key.public_key), None);
        }
    }
    let stranger = crate::testing::SoftDevice::new("east").id();
    assert_eq!(wallet.own_key(&stranger, Chain::Receive, KeyIndex(0)), None);
}

#[test]
fn wrapped_scripts_nest() {
    let wallet = &wrapped().wallet;
    let witness = wallet.witness_script(Chain::Receive, KeyIndex(0)).unwrap();
    let redeem = wallet.redeem_script(Chain::Receive, KeyIndex(0)).unwrap();
    assert_eq!(redeem, witness.to_p2wsh());
    let script = wallet.script_pubkey(Chain::Receive, KeyIndex(0)).unwrap();
    assert_eq!(script, redeem.to_p2sh());
    assert_eq!(
        world().wallet.redeem_script(Chain::Receive, KeyIndex(0)),
        None
    );
}

fn draft(world: &World) -> Endorsed<WalletRecord> {
    let cards = cards(&world.devices, &world.roster, &[3]);
    let terms = terms("Cold 3", WalletClass::Customer, ScriptType::Wsh);
    Endorsed::new(draft_record(&cards, terms).unwrap(), SCOPE)
}

fn open(endorsed: &Endorsed<WalletRecord>) -> Result<RegisteredWallet, WalletError> {
    RegisteredWallet::open(&endorsed.to_bytes(), SCOPE, &world().root.digest())
}

#[test]
fn opens_only_with_every_signature() {
    let mut endorsed = draft(world());
    for (got, device) in world().devices.iter().enumerate() {
        let error = open(&endorsed).unwrap_err();
        assert_eq!(error, WalletError::Signers { got, devices: 3 });
        endorsed = device_endorses(device, endorsed);
    }
    let wallet = open(&endorsed).unwrap();
    assert_eq!(wallet.digest(), draft(world()).wallet_digest());
    assert_eq!(wallet.to_bytes(), endorsed.to_bytes());
}

#[test]
fn refuses_other_scopes_roots_and_signers() {
    let whole = world()
        .devices
        .iter()
        .fold(draft(world()), |e, d| device_endorses(d, e));
    let bytes = whole.to_bytes();
    let root = world().root.digest();
    for other in [
        Scope {
            network: Network::Main,
            ..SCOPE
        },
        Scope {
            purpose: Purpose::Drill,
            ..SCOPE
        },
    ] {
        assert!(RegisteredWallet::open(&bytes, other, &root).is_err());
    }
    let other = RootDigest::over(&[]);
    let error = RegisteredWallet::open(&bytes, SCOPE, &other).unwrap_err();
    assert!(matches!(error, WalletError::OtherRoot(_)));
    let stranger = crate::testing::SoftDevice::new("east");
    let extra = device_endorses(&stranger, whole);
    assert!(matches!(open(&extra), Err(WalletError::Signed(_))));
}

#[test]
fn refuses_every_changed_byte_of_the_head_and_samples_of_the_rest() {
    let whole = world()
        .devices
        .iter()
        .fold(draft(world()), |e, d| device_endorses(d, e));
    let bytes = whole.to_bytes();
    let places = (0..300).chain((300..bytes.len()).step_by(37));
    for place in places {
        let mut other = bytes.clone();
        other[place] ^= 1;
        let opened = RegisteredWallet::open(&other, SCOPE, &world().root.digest());
        assert!(opened.is_err(), "byte {place}");
    }
}

#[test]
fn a_registry_refuses_a_pool_or_a_name_twice() {
    let mut registry = Registry::new();
    registry.add(Arc::clone(&world().wallet)).unwrap();
    registry.add(Arc::clone(&world().wallet)).unwrap();
    assert_eq!(registry.wallets().len(), 1);
    // The wrapped wallet has the same pools and the same name.
    let same_name = registry.add(Arc::clone(&wrapped().wallet)).unwrap_err();
    assert!(matches!(same_name, WalletError::NameInUse(_)));
    let cards = cards(&world().devices, &world().roster, &[1]);
    let terms = terms("Cold 2", WalletClass::Customer, ScriptType::Wsh);
    let record = draft_record(&cards, terms).unwrap();
    let again = Endorsed::new(record, SCOPE);
    let again = world()
        .devices
        .iter()
        .fold(again, |e, d| device_endorses(d, e));
    let same_pool = registry.add(Arc::new(open(&again).unwrap())).unwrap_err();
    assert_eq!(same_pool, WalletError::PoolInUse(world().wallet.id()));
    registry.add(Arc::clone(&world().other)).unwrap();
    let script = world()
        .other
        .script_pubkey(Chain::Change, KeyIndex(2))
        .unwrap();
    let (wallet, chain, index) = registry.locate(&script).unwrap();
    assert_eq!(
        (wallet.id(), chain, index),
        (world().other.id(), Chain::Change, KeyIndex(2))
    );
}

#[test]
fn a_pool_is_in_use_by_its_own_device_alone() {
    let wallet = &world().wallet;
    let own = wallet.cosigners()[0].clone();
    let stranger = p256_public(&p256_key("east"));
    assert!(shares_pool(&own, wallet));
    let of_another = CoSigner {
        identity: stranger,
        ..own.clone()
    };
    assert!(!shares_pool(&of_another, wallet));
    let of_another_pool = CoSigner {
        pool: crate::types::PoolNumber(9),
        ..own
    };
    assert!(!shares_pool(&of_another_pool, wallet));
}

/// Of the wallets that a sweep may pay some are the device's own, others were registered for it.
#[test]
fn a_sweep_finds_its_wallet_and_no_other() {
    let (far, mut world) = foreign_emergency();
    let found = |world: &World, wallet: &RegisteredWallet| {
        let found = world.wallets.emergency(&wallet.digest());
        found.map(|found| found.digest())
    };
    for wallet in [&far, &world.wallet, &world.other] {
        assert_eq!(found(&world, wallet), Some(wallet.digest()));
    }
    let nobodys = WalletDigest::over(&[b"nobody"]);
    assert!(world.wallets.emergency(&nobodys).is_none());
    // It is paid and nothing else: no coin of it is looked for.
    assert!(world.wallets.by_digest(&far.digest()).is_none());
    let before = world.wallets.emergency.len();
    for known in [Arc::clone(&far), Arc::clone(&world.wallet)] {
        world.wallets.add_emergency(known, []).unwrap();
    }
    assert_eq!((before, world.wallets.emergency.len()), (1, 1));
}

/// In either order, and where it was retired it never comes back.
#[test]
fn an_emergency_wallet_has_a_name_of_its_own() {
    let (far, world) = foreign_emergency();
    let same_name = terms("Emergency 1", WalletClass::Company, ScriptType::Wsh);
    let record = register(&world.devices, &world.roster, &[7], same_name);
    let other = RegisteredWallet::open(&record, SCOPE, &world.root.digest()).unwrap();
    let other = Arc::new(other);
    let in_use = |refused: Result<(), WalletError>| {
        assert!(
            matches!(refused, Err(WalletError::NameInUse(_))),
            "{refused:?}"
        );
    };

    let mut first = Registry::new();
    first.add_emergency(Arc::clone(&far), []).unwrap();
    in_use(first.add(Arc::clone(&other)));
    first.add_emergency(Arc::clone(&far), []).unwrap();

    let mut second = Registry::new();
    second.add(other).unwrap();
    in_use(second.add_emergency(Arc::clone(&far), []));

    let mut third = Registry::new();
    in_use(third.add_emergency(Arc::clone(&far), [far.name()]));
    third.retire(far.id(), RetirementDigest::over(&[b"doubted"]));
    let refused = third.add_emergency(far, []);
    assert!(matches!(refused, Err(WalletError::Retired(_))));
}
