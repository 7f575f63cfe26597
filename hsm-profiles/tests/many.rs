//! Many signatures of a real token: none with a high S, no r value twice, and two independent
//! libraries of one opinion about each.
//!
//! 2,000 in the ordinary tests; `scripts/signatures` makes 100,000.

mod common;

use std::time::{Duration, Instant};

use bitcoin::secp256k1::{self, Secp256k1, VerifyOnly};
use common::isolated;
use hsm_profiles::DeviceHsm;
use k256::ecdsa::signature::hazmat::PrehashVerifier as _;
use signer_core::keys::{Fingerprint, Signature64};
use signer_core::ledger::{RValue, RValues};
use signer_core::signing::{PossessionOrder, SigningHsm as _, WalletKeyRef};
use signer_core::types::{Chain, PoolNumber};

const KEYS: u32 = 10;

/// What was found in all signatures.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    high_s: u32,
    repeated_r: u32,
    invalid: u32,
    disagreements: u32,
}

/// Both libraries, and every r value so far.
struct Judge {
    secp: Secp256k1<VerifyOnly>,
    seen: RValues,
    tally: Tally,
}

impl Judge {
    fn new() -> Self {
        Self {
            secp: Secp256k1::verification_only(),
            seen: RValues::new(),
            tally: Tally::default(),
        }
    }

    fn look(&mut self, order: &PossessionOrder, made: &Signature64) {
        let opinions = [self.libsecp256k1(order, made), k256(order, made)];
        self.tally.invalid += u32::from(opinions.contains(&false));
        self.tally.disagreements += u32::from(opinions[0] != opinions[1]);
        self.tally.high_s += u32::from(made.low_s_k256() != Some(*made));
        self.tally.repeated_r += u32::from(self.seen.seen(made) != RValue::New);
        self.seen.record(made);
    }

    /// As it is: this library takes a low S only.
    fn libsecp256k1(&self, order: &PossessionOrder, made: &Signature64) -> bool {
        let message = secp256k1::Message::from_digest(*order.digest());
        let parsed = secp256k1::ecdsa::Signature::from_compact(&made.0);
        let key = order.key().public_key;
        parsed.is_ok_and(|made| self.secp.verify_ecdsa(&message, &made, &key).is_ok())
    }
}

fn k256(order: &PossessionOrder, made: &Signature64) -> bool {
    let key = order.key().public_key.serialize();
    let key = k256::ecdsa::VerifyingKey::from_sec1_bytes(&key).unwrap();
    let parsed = k256::ecdsa::Signature::from_slice(&made.0);
    parsed.is_ok_and(|made| key.verify_prehash(order.digest(), &made).is_ok())
}

/// The `number`th order, over a digest that no other has.
fn order(device: &DeviceHsm, keys: &[WalletKeyRef], number: u32) -> PossessionOrder {
    let mut nonce = [0; 32];
    nonce[..4].copy_from_slice(&number.to_be_bytes());
    let key = keys[number as usize % keys.len()];
    PossessionOrder::new(&device.identity().device_id(), key, nonce)
}

fn device(tokens: &common::Tokens) -> (hsm_profiles::Module, DeviceHsm, Vec<WalletKeyRef>) {
    let (module, _, mut token) = tokens.opened();
    let identity = token.generate_identity().unwrap().public_key;
    let fingerprint = Fingerprint::of(&identity.device_id());
    let made =
        token.generate_wallet_keys(fingerprint, PoolNumber(1), Chain::Receive, 0..KEYS, |_| {});
    let keys = made.unwrap().into_iter().map(|key| WalletKeyRef {
        id: key.id,
        public_key: key.public_key,
    });
    let keys = keys.collect();
    (module, DeviceHsm::new(token).unwrap(), keys)
}

#[test]
fn many_signatures_are_low_verified_twice_and_never_share_an_r() {
    let name = "many_signatures_are_low_verified_twice_and_never_share_an_r";
    isolated(name, |tokens| {
        let count = std::env::var("HIMURO_SIGNATURES").ok();
        let count: u32 = count.map_or(2_000, |n| n.parse().expect("a number"));
        let (_module, mut device, keys) = device(tokens);
        let mut judge = Judge::new();
        let mut made = Vec::new();
        let (started, mut signing) = (Instant::now(), Duration::ZERO);
        for number in 0..count {
            let order = order(&device, &keys, number);
            let asked = Instant::now();
            let signature = device.prove(&order).unwrap();
            signing += asked.elapsed();
            judge.look(&order, &signature);
            made.push(signature);
        }
        println!(
            "{count} signatures by {KEYS} keys: {:?}; {:.1?} in all, {:.1?} in the token; CPU {}",
            judge.tally,
            started.elapsed(),
            signing,
            cpu_time()
        );
        assert_eq!(judge.tally, Tally::default());
        measure_register(&made, judge.seen.count());
    });
}

/// The register of r values by itself: what it costs when it is as full as this.
fn measure_register(made: &[Signature64], expected: usize) {
    let before = resident_kib();
    let started = Instant::now();
    let mut register = RValues::new();
    for signature in made {
        register.record(signature);
    }
    let filled = started.elapsed();
    let grown = resident_kib().saturating_sub(before);
    let asked = Instant::now();
    let known = made.iter().filter(|s| register.seen(s) != RValue::New);
    assert_eq!((known.count(), register.count()), (made.len(), expected));
    println!(
        "register of {expected} r values: filled in {filled:.1?}, all asked in {:.1?}, {grown} KiB",
        asked.elapsed()
    );
}

/// The judge must find what it counts.
#[test]
fn the_judge_finds_each_fault() {
    isolated("the_judge_finds_each_fault", |tokens| {
        let (_module, mut device, keys) = device(tokens);
        let (first, second) = (order(&device, &keys, 0), order(&device, &keys, 1));
        let made = device.prove(&first).unwrap();
        let tally = |look: &dyn Fn(&mut Judge)| {
            let mut judge = Judge::new();
            look(&mut judge);
            judge.tally
        };
        assert_eq!(tally(&|j| j.look(&first, &made)), Tally::default());
        let twice = tally(&|j| {
            j.look(&first, &made);
            j.look(&first, &made);
        });
        assert_eq!(twice.repeated_r, 1);
        assert_eq!(tally(&|j| j.look(&second, &made)).invalid, 1);
        let parsed = k256::ecdsa::Signature::from_slice(&made.0).unwrap();
        let (r, s) = parsed.split_scalars();
        let high = k256::ecdsa::Signature::from_scalars(r, -s).unwrap();
        let high = Signature64(high.to_bytes().into());
        assert_eq!(tally(&|j| j.look(&first, &high)).high_s, 1);
    });
}

/// Processor time of this process, user and system, in the kernel's ticks of 10 ms.
fn cpu_time() -> String {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks = |place| -> u64 {
        fields
            .split_whitespace()
            .nth(place)
            .unwrap()
            .parse()
            .unwrap()
    };
    let centiseconds = ticks(11) + ticks(12);
    format!("{}.{:02} s", centiseconds / 100, centiseconds % 100)
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let figure = line.and_then(|line| line.split_whitespace().next());
    figure.unwrap().parse().unwrap()
}
