use signer_core::cose::Scope;
use signer_core::digest::DeviceId;
use signer_core::split::{Credential, drawn_pin};
use signer_core::types::{Id, Network, Purpose};

use super::*;

/// Costs that a test can pay many times; the real ones are tried once.
const CHEAP: Kdf = Kdf {
    memory: 64,
    passes: 1,
    lanes: 1,
};

fn set(kdf: Kdf, threshold: u8) -> ShareSet {
    ShareSet {
        version: 1,
        scope: Scope {
            network: Network::Regtest,
            purpose: Purpose::Live,
        },
        device: DeviceId::over(&[]),
        credential: Credential::User,
        number: 1,
        threshold,
        kdf,
        shares: Vec::new(),
    }
}

fn holder(name: &str) -> Holder {
    Holder {
        id: Id::new(name).unwrap(),
        passphrase: Zeroizing::new(format!("passphrase of {name}")),
    }
}

fn drawn(byte: u8) -> DrawnBytes {
    DrawnBytes::of(Zeroizing::new([byte; 32]))
}

fn made(threshold: u8, names: &[&str]) -> (Zeroizing<String>, ShareSet) {
    let pin = drawn_pin(&[0x5a; 32]);
    let holders: Vec<Holder> = names.iter().map(|name| holder(name)).collect();
    let sealed = seal(set(CHEAP, threshold), &pin, &holders, drawn(1)).unwrap();
    (pin, sealed)
}

fn opened(set: &ShareSet, name: &str) -> Share {
    open(set, &holder(name)).unwrap().unwrap()
}

#[test]
fn as_many_holders_as_it_takes_make_the_pin() {
    let (pin, set) = made(2, &["a", "b", "c"]);
    for pair in [["a", "b"], ["a", "c"], ["c", "b"]] {
        let shares = pair.map(|name| opened(&set, name));
        assert_eq!(join(&shares).unwrap(), pin, "{pair:?}");
    }
    let all = ["a", "b", "c"].map(|name| opened(&set, name));
    assert_eq!(join(&all).unwrap(), pin);
}

#[test]
fn one_holder_too_few_makes_another_pin_or_none() {
    let (pin, set) = made(3, &["a", "b", "c", "d"]);
    let two = ["a", "b"].map(|name| opened(&set, name));
    assert!(join(&two).map_or(true, |wrong| wrong != pin));
    let (_, set) = made(2, &["a", "b"]);
    assert!(join(&[opened(&set, "a")]).is_err());
}

#[test]
fn a_wrong_passphrase_opens_nothing() {
    let (_, set) = made(2, &["a", "b"]);
    for typed in ["passphrase of b", "passphrase of a ", "Passphrase of a", ""] {
        let wrong = Holder {
            id: Id::new("a").unwrap(),
            passphrase: Zeroizing::new(typed.to_owned()),
        };
        assert!(open(&set, &wrong).unwrap().is_none(), "{typed:?}");
    }
    assert!(open(&set, &holder("nobody")).unwrap().is_none());
}

#[test]
fn a_share_opens_in_its_own_set_alone() {
    let (_, set) = made(2, &["a", "b"]);
    let changes: [fn(&mut ShareSet); 4] = [
        |set| set.number = 2,
        |set| set.credential = Credential::SecurityOfficer,
        |set| set.threshold = 1,
        |set| set.shares[0].sealed.0[3] ^= 1,
    ];
    for change in changes {
        let mut other = set.clone();
        change(&mut other);
        assert!(open(&other, &holder("a")).unwrap().is_none());
    }
    let mut swapped = set.clone();
    swapped.shares[0].sealed = set.shares[1].sealed.clone();
    assert!(open(&swapped, &holder("a")).unwrap().is_none());
}

/// With the costs that ceremonies use; and no two sets have anything in common.
#[test]
fn the_real_costs_and_fresh_salts() {
    let pin = drawn_pin(&[3; 32]);
    let holders = [holder("a"), holder("b")];
    let sets = [1, 2].map(|byte| seal(set(Kdf::USUAL, 2), &pin, &holders, drawn(byte)).unwrap());
    let [first, second] = &sets;
    for (one, other) in first.shares.iter().zip(&second.shares) {
        assert_ne!(one.salt, other.salt);
        assert_ne!(one.nonce, other.nonce);
        assert_ne!(one.sealed, other.sealed);
    }
    assert_ne!(first.shares[0].salt, first.shares[1].salt);
    let shares = ["a", "b"].map(|name| opened(second, name));
    assert_eq!(join(&shares).unwrap(), pin);
    let file = signer_core::codec::encode(second);
    let text = pin.as_bytes();
    assert!(!file.windows(text.len()).any(|window| window == text));
}
