//! A session as a ceremony has it: everything that the driver does, judged by the rules.

use std::collections::BTreeSet;
use std::io::Read as _;

use bitcoin::secp256k1::{self, PublicKey, Secp256k1};
use hsm_profiles::{DeviceHsm, ErrorClass, HsmError, OpenToken, Pin, PinState, Profile};
use rand_core::{TryCryptoRng, TryRng};
use signer_core::cose::{Artefact, Draft, Scope, SignedBy};
use signer_core::keys::{CkaId, Fingerprint, KeyRole, P256PublicKey};
use signer_core::random::{DeviceRandom, DrawError};
use signer_core::rule::Explained;
use signer_core::rule::Verdict;
use signer_core::signing::{PossessionOrder, SigningHsm, WalletKeyRef};
use signer_core::token::{KeyReading, KnownKey, RandomBefore, hsm01, hsm02, hsm03, hsm04, hsm05};
use signer_core::types::{Chain, KeyIndex, Lang, Network, PoolNumber, Purpose};

use crate::common::{LABEL, SO_PIN, USER_PIN, pin};
use crate::table::{load, remember, selector};

const POOL: PoolNumber = PoolNumber(1);

#[derive(Debug, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
struct Sealed {
    #[n(0)]
    number: u32,
}

impl Artefact for Sealed {
    const KIND: &'static str = "test-seal";
    const SIGNED_BY: SignedBy = SignedBy::Device;
}

/// A device with three wallet keys and an anchor.
pub(crate) fn prepare(profile: &Profile) -> Result<(), String> {
    let module = load(profile).map_err(said)?;
    let made = module.init_token(&pin(SO_PIN), LABEL, &pin(USER_PIN));
    let chosen = made.map_err(said)?;
    remember(&chosen);
    let closed = module.open(&chosen).map_err(said)?;
    let mut token = closed.login(&pin(USER_PIN)).map_err(said)?;
    let identity = token.generate_identity().map_err(said)?;
    let device = Fingerprint::of(&identity.public_key.device_id());
    let made = token.generate_wallet_keys(device, POOL, Chain::Receive, 0..3, |_| {});
    made.map_err(said)?;
    token.write_anchor(0, b"prepared").map_err(said)?;
    token.logout().map(drop).map_err(said)
}

/// Opens the device, judges it, proves and seals, makes two more keys, and leaves. The first thing
/// that stops it.
pub(crate) fn work(profile: &Profile) -> Result<(), String> {
    let module = load(profile).map_err(said)?;
    let closed = module.open(&selector()).map_err(said)?;
    let mut token = closed.login(&pin(USER_PIN)).map_err(said)?;
    let identity = token.read_identity().map_err(said)?;
    let device = Fingerprint::of(&identity.public_key.device_id());
    let keys = token.read_wallet_keys().map_err(said)?;
    let facts = token.facts();
    let all = std::iter::once(identity.flags()).chain(keys.iter().map(KeyReading::flags));
    judged("HSM01", &hsm01(all, &facts.relaxations))?;
    let expectation = token.profile().expectation(None);
    judged("HSM02", &hsm02(&facts, &expectation))?;
    let inventory = token.inventory().map_err(said)?;
    let there = u32::try_from(keys.len()).unwrap().max(3);
    judged(
        "HSM03",
        &hsm03(&inventory, known(device, identity.public_key, &keys, there)),
    )?;
    random_numbers(&token)?;

    let mut hsm = DeviceHsm::new(token).map_err(said)?;
    hsm.token().anchors().map_err(said)?;
    hsm.token().write_anchor(2, b"open").map_err(said)?;
    for (number, key) in (0..).zip(&keys) {
        prove(&mut hsm, key, number)?;
        prove(&mut hsm, key, number + 100)?;
    }
    seal(&mut hsm)?;
    let progress = |_| {};
    let made =
        hsm.token()
            .generate_wallet_keys(device, POOL, Chain::Receive, there.min(5)..5, progress);
    let made = made.map_err(said)?;
    let ids: Vec<_> = made.iter().map(|key| (key.id, key.public_key)).collect();
    hsm.token().confirm_wallet_keys(&ids).map_err(said)?;
    let flags = keys.iter().chain(&made).map(KeyReading::flags);
    judged("HSM01", &hsm01(flags, &facts.relaxations))?;
    let out = hsm.logout().map_err(said)?;
    judged("HSM05", &hsm05(out.end))
}

/// Wrong PINs until the token says that it is locked; then the right one is not even tried.
pub(crate) fn lock_out(profile: &Profile) -> Result<(), String> {
    let module = load(profile).map_err(said)?;
    for state in [PinState::Fine, PinState::CountLow, PinState::FinalTry] {
        let closed = module.open(&selector()).map_err(said)?;
        assert_eq!(closed.pin_state(), state);
        let wrong = closed.login(&pin("wrong-pin")).unwrap_err();
        assert_eq!(wrong.class(), ErrorClass::PinWrong);
    }
    let closed = module.open(&selector()).map_err(said)?;
    assert_eq!(closed.pin_state(), PinState::Locked);
    closed.login(&pin(USER_PIN)).map(drop).map_err(said)
}

/// A login for which nothing is typed.
pub(crate) fn log_in_without_typing(profile: &Profile) -> Result<(), String> {
    let module = load(profile).map_err(said)?;
    let closed = module.open(&selector()).map_err(said)?;
    let mut token = closed.login(&Pin::not_typed()).map_err(said)?;
    token.read_identity().map(drop).map_err(said)
}

/// The start-up tests and a draw, as at the opening of a session.
fn random_numbers(token: &OpenToken) -> Result<(), String> {
    let started = DeviceRandom::start(&mut token.random(), &mut Kernel);
    let mut random = started.map_err(said_of_draw)?;
    let before = BTreeSet::new();
    let verdict = hsm04(&random.evidence(), RandomBefore::Sessions(&before));
    judged("HSM04", &verdict)?;
    let drawn = random.draw(&mut token.random(), &mut Kernel);
    drawn.map(drop).map_err(said_of_draw)
}

fn said_of_draw(error: DrawError<HsmError, std::io::Error>) -> String {
    match error {
        DrawError::Hsm(error) => said(error),
        other => format!("HSM04: {other:?}"),
    }
}

/// The machine's kernel, as the second source.
struct Kernel;

impl TryRng for Kernel {
    type Error = std::io::Error;

    fn try_next_u32(&mut self) -> std::io::Result<u32> {
        rand_core::utils::next_word_via_fill(self)
    }

    fn try_next_u64(&mut self) -> std::io::Result<u64> {
        rand_core::utils::next_word_via_fill(self)
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> std::io::Result<()> {
        std::fs::File::open("/dev/urandom")?.read_exact(dst)
    }
}

impl TryCryptoRng for Kernel {}

/// The identity key and so many wallet keys, with the points that stand there.
fn known(
    device: Fingerprint,
    identity: P256PublicKey,
    keys: &[KeyReading<PublicKey>],
    there: u32,
) -> Vec<KnownKey> {
    let first = KnownKey::must(CkaId::single(KeyRole::Identity), identity);
    let wallet = (0..there).map(|index| {
        let id = CkaId::wallet(device, POOL, Chain::Receive, KeyIndex(index));
        match keys.iter().find(|key| key.id == id) {
            Some(key) => KnownKey::must(id, key.public_key),
            // It is missing: no point stands there.
            None => KnownKey::must(id, identity),
        }
    });
    std::iter::once(first).chain(wallet).collect()
}

/// The class is what the profile makes of a code: it stands behind the text.
#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn said(error: HsmError) -> String {
    let (text, class) = (error.text(Lang::En), error.class());
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(!text.contains(USER_PIN), "{text}");
    format!("{} ({class:?})", error.what().text(Lang::En))
}

fn judged(rule: &str, verdict: &Verdict) -> Result<(), String> {
    match verdict {
        // A notice names what the profile does not ask for.
        Verdict::Passed | Verdict::Notice(_) => Ok(()),
        other => Err(format!("{rule}: {other:?}")),
    }
}

/// As signer-core does with every signature: low S, and it verifies over the registered key.
fn prove(hsm: &mut DeviceHsm, key: &KeyReading<PublicKey>, number: u8) -> Result<(), String> {
    let named = WalletKeyRef {
        id: key.id,
        public_key: key.public_key,
    };
    let order = PossessionOrder::new(&hsm.identity().device_id(), named, [number; 32]);
    let signature = hsm.prove(&order).map_err(said)?;
    let signature = secp256k1::ecdsa::Signature::from_compact(&signature.0).unwrap();
    let message = secp256k1::Message::from_digest(*order.digest());
    Secp256k1::verification_only()
        .verify_ecdsa(&message, &signature, &key.public_key)
        .map_err(|_| "the signature does not verify".to_owned())
}

fn seal(hsm: &mut DeviceHsm) -> Result<(), String> {
    let scope = Scope {
        network: Network::Regtest,
        purpose: Purpose::Drill,
    };
    let draft = Draft::new(Sealed { number: 1 }, scope, hsm.identity());
    let signature = hsm.seal(&draft.seal_order().unwrap()).map_err(said)?;
    let sealed = draft.signed(signature);
    sealed
        .map(drop)
        .map_err(|_| "the signature does not verify".to_owned())
}
