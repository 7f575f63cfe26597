//! The birth of keys, what they say of themselves, and keys that must not be trusted.

mod common;

use std::process::Command;
use std::time::{Duration, Instant};

use bitcoin::secp256k1::PublicKey;
use common::{LABEL, Stranger, Tokens, USER_PIN, isolated, load_module, login};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, ObjectClass};
use cryptoki::session::Session;
use hsm_profiles::{HsmError, Module, OpenToken, Profile};
use rand_core::TryRng as _;
use signer_core::keys::{CkaId, Fingerprint, KeyRole};
use signer_core::random::{Health, HealthTests};
use signer_core::rule::{Refusal, Verdict};
use signer_core::token::{
    Flag, Half, HalfPair, KeyAttribute, KeyReading, KnownKey, Relaxations, hsm01, hsm03,
};
use signer_core::types::{Chain, KeyIndex, Lang, PoolNumber};

const DEVICE: Fingerprint = Fingerprint::from_bytes([0xc0, 0x1d, 0xc0, 0x1d]);
const POOL: PoolNumber = PoolNumber(1);
const SECP256K1: [u8; 7] = [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a];

fn key_id(index: u32) -> CkaId {
    CkaId::wallet(DEVICE, POOL, Chain::Receive, KeyIndex(index))
}

fn generate(token: &mut OpenToken, count: u32) -> Vec<KeyReading<PublicKey>> {
    token
        .generate_wallet_keys(DEVICE, POOL, Chain::Receive, 0..count, |_| {})
        .unwrap()
}

fn known(key: &KeyReading<PublicKey>) -> KnownKey {
    KnownKey::must(key.id, key.public_key)
}

fn judge(keys: &[KeyReading<PublicKey>]) -> Verdict {
    hsm01(keys.iter().map(KeyReading::flags), &Relaxations::none())
}

fn refused(verdict: Verdict) -> Vec<Refusal> {
    match verdict {
        Verdict::Refused(refusals) => refusals,
        other => panic!("{other:?}"),
    }
}

/// What a program could make that leaves flags to the module's defaults.
fn generate_carelessly(session: &Session, id: CkaId) {
    let id = Attribute::Id(id.to_bytes().to_vec());
    let curve = Attribute::EcParams(SECP256K1.to_vec());
    let public = [Attribute::Token(true), curve, id.clone()];
    let private = [Attribute::Token(true), Attribute::Private(true), id];
    session
        .generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private)
        .unwrap();
}

#[test]
fn an_identity_is_born_once_and_reads_back() {
    isolated("an_identity_is_born_once_and_reads_back", |tokens| {
        let (module, selector, mut token) = tokens.opened();
        let born = token.generate_identity().unwrap();
        assert_eq!(born.id, CkaId::single(KeyRole::Identity));
        assert_eq!(hsm01([born.flags()], &Relaxations::none()), Verdict::Passed);
        assert_eq!(token.generate_identity(), Err(HsmError::KeyExists(born.id)));
        assert_eq!(
            token.read_officer_key(),
            Err(HsmError::NoKey(CkaId::single(KeyRole::Officer)))
        );

        let _ = token.logout().unwrap();
        assert_eq!(login(&module, &selector).read_identity(), Ok(born));
    });
}

#[test]
fn every_flag_reads_back_as_it_was_asked() {
    isolated("every_flag_reads_back_as_it_was_asked", |tokens| {
        let (_module, _, mut token) = tokens.opened();
        let [key] = generate(&mut token, 1)[..] else {
            panic!("one key")
        };
        let yes = [
            KeyAttribute::Token,
            KeyAttribute::Private,
            KeyAttribute::Sensitive,
            KeyAttribute::AlwaysSensitive,
            KeyAttribute::NeverExtractable,
            KeyAttribute::Local,
            KeyAttribute::Sign,
            KeyAttribute::Destroyable,
        ];
        for attribute in KeyAttribute::ALL {
            let expected = match attribute {
                KeyAttribute::Wrap => Flag::Absent,
                known if yes.contains(&known) => Flag::True,
                _ => Flag::False,
            };
            assert_eq!(
                key.attributes.get(attribute),
                expected,
                "{}",
                attribute.name()
            );
        }
        assert_eq!(key.attributes.key_gen_mechanism, Some(0x1040));
    });
}

#[test]
fn a_pool_of_two_chains_is_born_read_back_and_complete() {
    isolated(
        "a_pool_of_two_chains_is_born_read_back_and_complete",
        |tokens| {
            let (module, selector, mut token) = tokens.opened();
            let mut seen = Vec::new();
            let mut born = Vec::new();
            let started = Instant::now();
            for chain in [Chain::Receive, Chain::Change] {
                let progress = |p: hsm_profiles::Progress| seen.push((p.done, p.total));
                let keys = token.generate_wallet_keys(DEVICE, POOL, chain, 0..20, progress);
                born.extend(keys.unwrap());
            }
            let generation = started.elapsed();
            assert_eq!(seen.len(), 40);
            assert_eq!(seen.last(), Some(&(20, 20)));
            assert_eq!(judge(&born), Verdict::Passed);
            let _ = token.logout().unwrap();

            let mut token = login(&module, &selector);
            let started = Instant::now();
            let mut read = token.read_wallet_keys().unwrap();
            println!(
                "40 key pairs: made in {generation:.0?}, read in {:.0?}",
                started.elapsed()
            );
            read.sort_by_key(|key| key.id);
            born.sort_by_key(|key| key.id);
            assert_eq!(read, born);
            let expected: Vec<KnownKey> = born.iter().map(known).collect();
            let inventory = token.inventory().unwrap();
            assert_eq!(hsm03(&inventory, expected.iter().copied()), Verdict::Passed);
            assert_eq!(
                refused(hsm03(&inventory, expected[1..].iter().copied())).len(),
                1
            );
            assert!(generation < Duration::from_mins(1));
        },
    );
}

/// Destroys the keys of this class that a template finds, past the driver.
fn lose(class: ObjectClass, index: u32) {
    Stranger::alone(|session| {
        let id = Attribute::Id(key_id(index).to_bytes().to_vec());
        let [object] = session
            .find_objects(&[Attribute::Class(class), id])
            .unwrap()[..]
        else {
            panic!("one key")
        };
        #[expect(clippy::disallowed_methods, reason = "what a power cut does")]
        session.destroy_object(object).unwrap();
    });
}

fn generate_range(token: &mut OpenToken, range: std::ops::Range<u32>) -> Result<usize, HsmError> {
    let made = token.generate_wallet_keys(DEVICE, POOL, Chain::Receive, range, |_| {});
    made.map(|keys| keys.len())
}

#[test]
fn nothing_that_is_there_is_taken_over() {
    isolated("nothing_that_is_there_is_taken_over", |tokens| {
        let (module, selector, mut token) = tokens.opened();
        let first = generate(&mut token, 3);
        let there = |index| Err(HsmError::KeyExists(key_id(index)));
        assert_eq!(generate_range(&mut token, 2..4), there(2));
        drop((token, module));
        // Power failed between the halves of keys 0 and 1.
        lose(ObjectClass::PRIVATE_KEY, 0);
        lose(ObjectClass::PUBLIC_KEY, 1);
        let module = load_module();
        let mut token = login(&module, &selector);
        let halves = [Half::Public, Half::Private];
        let halves = (0..).map(key_id).zip(halves);
        let halves: Vec<HalfPair> = halves.map(|(id, half)| HalfPair { id, half }).collect();
        assert_eq!(token.listed().halves, halves);
        for index in 0..2 {
            assert_eq!(generate_range(&mut token, index..5), there(index));
        }
        assert_eq!(token.read_wallet_keys().unwrap(), first[2..]);
        let inventory = token.inventory().unwrap();
        let listed: Vec<CkaId> = inventory.keys.iter().map(|key| key.id).collect();
        assert_eq!(listed, [key_id(2)], "nothing was made");
    });
}

/// What a cut leaves: a whole pair, either half, and a key that was not finished.
#[test]
fn what_a_cut_left_is_destroyed_and_made_again() {
    isolated("what_a_cut_left_is_destroyed_and_made_again", |tokens| {
        let (module, selector, mut token) = tokens.opened();
        let before = generate(&mut token, 5);
        drop((token, module));
        lose(ObjectClass::PRIVATE_KEY, 2);
        lose(ObjectClass::PUBLIC_KEY, 3);
        Stranger::alone(|session| generate_carelessly(session, key_id(4)));
        let module = load_module();
        let mut token = login(&module, &selector);
        let identity = CkaId::single(KeyRole::Identity);
        assert_eq!(
            token.discard(&[identity]),
            Err(HsmError::WrongRole(identity))
        );
        let left: Vec<CkaId> = (1..5).map(key_id).collect();
        token.discard(&left).unwrap();
        assert_eq!(token.read_wallet_keys().unwrap(), before[..1]);
        assert_eq!(generate_range(&mut token, 1..5), Ok(4));
        let _ = token.logout().unwrap();
        let mut token = login(&module, &selector);
        let after = token.read_wallet_keys().unwrap();
        let recorded = after.iter().map(known);
        assert_eq!(hsm03(&token.listed(), recorded), Verdict::Passed);
        // What was there before was exchanged under its id.
        let exchanged = before.iter().map(known);
        assert_eq!(refused(hsm03(&token.listed(), exchanged)).len(), 4);
        assert_eq!(after[0], before[0]);
        for (old, new) in before.iter().zip(&after).skip(1) {
            assert_ne!(old.public_key, new.public_key);
        }
    });
}

#[test]
fn more_keys_than_the_token_holds_are_not_begun() {
    let name = "more_keys_than_the_token_holds_are_not_begun";
    isolated(name, |tokens| {
        let text = include_str!("../profiles/softhsm2.toml");
        let small = Profile::parse(&text.replace("pool_max = 10000", "pool_max = 4")).unwrap();
        let (module, selector) = tokens.provisioned();
        drop(module);
        let module = Module::load(&small, None).unwrap();
        let mut token = login(&module, &selector);
        let mut made = |chain, range| {
            let keys = token.generate_wallet_keys(DEVICE, POOL, chain, range, |_| {});
            keys.map(|keys| keys.len())
        };
        let full = Err(HsmError::PoolTooLarge { max: 4 });
        assert_eq!(made(Chain::Receive, 0..5), full);
        assert_eq!(made(Chain::Receive, 0..3), Ok(3));
        assert_eq!(made(Chain::Change, 0..2), full);
        assert_eq!(made(Chain::Receive, 3..4), Ok(1));
        assert_eq!(made(Chain::Change, 0..1), full);
        assert_eq!(token.inventory().unwrap().keys.len(), 4);
    });
}

#[test]
fn a_key_whose_flags_were_left_to_the_module_is_refused() {
    isolated(
        "a_key_whose_flags_were_left_to_the_module_is_refused",
        |tokens| {
            let (module, selector) = tokens.provisioned();
            drop(module);
            Stranger::alone(|session| generate_carelessly(session, key_id(0)));
            let keys = login(&load_module(), &selector).read_wallet_keys().unwrap();
            let expected: Vec<String> = refused(judge(&keys))
                .into_iter()
                .map(|r| r.expected.text(Lang::En).to_owned())
                .collect();
            for attribute in [
                "CKA_COPYABLE false",
                "CKA_MODIFIABLE false",
                "CKA_UNWRAP false",
            ] {
                assert!(
                    expected.iter().any(|e| e.ends_with(attribute)),
                    "{attribute}: {expected:?}"
                );
            }
        },
    );
}

/// The secp256k1 key of 32 bytes of 0x11, in PKCS#8: everybody's key.
const EVERYBODYS: &str = "-----BEGIN PRIVATE KEY-----\n\
    MD4CAQAwEAYHKoZIzj0CAQYFK4EEAAoEJzAlAgEBBCAREREREREREREREREREREREREREREREREREREREREREQ==\n\
    -----END PRIVATE KEY-----\n";

fn import(tokens: &Tokens, id: CkaId) {
    let file = tokens.file("key.pem");
    std::fs::write(&file, EVERYBODYS).unwrap();
    let output = tokens
        .in_environment(Command::new("softhsm2-util"))
        .arg("--import")
        .arg(&file)
        .args(["--token", LABEL, "--pin", USER_PIN, "--label", "imported"])
        .args(["--id", &id.to_string()])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_key_that_was_born_elsewhere_is_refused() {
    isolated("a_key_that_was_born_elsewhere_is_refused", |tokens| {
        let (module, selector) = tokens.provisioned();
        drop(module);
        import(tokens, key_id(0));
        let keys = login(&load_module(), &selector).read_wallet_keys().unwrap();
        assert_eq!(keys.len(), 1);
        let expected: Vec<String> = refused(judge(&keys))
            .into_iter()
            .map(|r| r.expected.text(Lang::En).to_owned())
            .collect();
        for attribute in [
            "CKA_LOCAL true",
            "CKA_ALWAYS_SENSITIVE true",
            "CKA_NEVER_EXTRACTABLE true",
        ] {
            assert!(
                expected.iter().any(|e| e.ends_with(attribute)),
                "{attribute}: {expected:?}"
            );
        }
    });
}

#[test]
fn a_doubled_id_is_listed_and_never_used() {
    isolated("a_doubled_id_is_listed_and_never_used", |tokens| {
        let (module, selector, mut token) = tokens.opened();
        let born = generate(&mut token, 2);
        drop((token, module));
        Stranger::alone(|session| generate_carelessly(session, key_id(1)));
        let module = load_module();
        let mut token = login(&module, &selector);
        let inventory = token.inventory().unwrap();
        let listed: Vec<CkaId> = inventory.keys.iter().map(|key| key.id).collect();
        assert_eq!(listed, [key_id(0), key_id(1), key_id(1)]);
        assert_eq!(refused(hsm03(&inventory, born.iter().map(known))).len(), 1);
        let made = token.generate_wallet_keys(DEVICE, POOL, Chain::Receive, 0..2, |_| {});
        assert_eq!(made, Err(HsmError::KeyExists(key_id(0))));
        let used: Vec<CkaId> = token
            .read_wallet_keys()
            .unwrap()
            .iter()
            .map(|k| k.id)
            .collect();
        assert_eq!(used, [key_id(0)]);
    });
}

#[test]
fn foreign_objects_are_listed() {
    isolated("foreign_objects_are_listed", |tokens| {
        let (module, selector) = tokens.provisioned();
        drop(module);
        Stranger::alone(|session| {
            let label = Attribute::Label(b"a secret".to_vec());
            let template = [
                Attribute::Token(true),
                Attribute::ValueLen(32.into()),
                label,
            ];
            session
                .generate_key(&Mechanism::AesKeyGen, &template)
                .unwrap();
            let curve = Attribute::EcParams(SECP256K1.to_vec());
            let public = [Attribute::Token(true), curve, Attribute::Id(vec![1])];
            let private = [Attribute::Token(true), Attribute::Id(vec![1])];
            session
                .generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private)
                .unwrap();
        });
        let inventory = login(&load_module(), &selector).inventory().unwrap();
        let mut classes: Vec<&str> = inventory.foreign.iter().map(|o| o.class.as_str()).collect();
        classes.sort_unstable();
        assert_eq!(
            classes,
            ["CKO_PRIVATE_KEY", "CKO_PUBLIC_KEY", "CKO_SECRET_KEY"]
        );
        assert_eq!(refused(hsm03(&inventory, [])).len(), 3);
    });
}

#[test]
fn random_numbers_of_the_token_pass_the_health_tests() {
    isolated(
        "random_numbers_of_the_token_pass_the_health_tests",
        |tokens| {
            let (_module, _, token) = tokens.opened();
            let mut drawn = vec![0; 1 << 16];
            token.random().try_fill_bytes(&mut drawn).unwrap();
            let mut tests = HealthTests::new();
            assert_eq!(tests.feed(&drawn), Health::Healthy);
            // Long enough that every counter has moved.
            assert!(tests.longest_run() > 1 && tests.highest_count() > 1);
            let mut next = [0; 64];
            token.random().try_fill_bytes(&mut next).unwrap();
            assert_eq!(tests.feed(&next), Health::Healthy);
        },
    );
}
