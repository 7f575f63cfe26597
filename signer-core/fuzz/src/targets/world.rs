//! What the targets need to get past signatures: the people and devices of the unit tests, whose
//! keys are made from their names. What they have in force is read from the corpus.

use std::sync::{Arc, OnceLock};

use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use signer_core::approval::ActiveRoster;
use signer_core::codec;
use signer_core::cose::{Artefact, Draft, Endorsed, Scope, SignedBy};
use signer_core::digest::{KeyId, sha256_of};
use signer_core::keys::{P256PublicKey, Signature64};
use signer_core::policy::{ActivePolicy, Before, PolicyStanding};
use signer_core::root::Root;
use signer_core::types::{Height, Network, Purpose};
use signer_core::wallet::{RegisteredWallet, Registry};

/// Network and purpose of the seeds.
pub(crate) const SCOPE: Scope = Scope {
    network: Network::Regtest,
    purpose: Purpose::Live,
};
/// The height that everybody knows.
pub(crate) const TIP: Height = Height(850_000);
/// How the policy of the seeds stands: the first one.
pub(crate) const FIRST: PolicyStanding<'static> = PolicyStanding {
    installed: signer_core::headers::KnownTime::without_clock(TIP),
    before: Before::Nothing,
};
/// The devices of the seeds.
pub(crate) const DEVICES: [&str; 3] = ["north", "south", "west"];
/// The administrators of the seeds.
pub(crate) const ADMINISTRATORS: [&str; 3] = ["admin.a", "admin.b", "admin.c"];

/// What is in force.
pub(crate) struct World {
    pub(crate) root: Root,
    pub(crate) roster: ActiveRoster,
    pub(crate) wallets: Registry,
    pub(crate) policy: ActivePolicy,
}

/// The world of the seeds.
pub(crate) fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let root: Root = codec::decode(include_bytes!("../../corpus/small_artefacts/root"))
            .expect("the root among the seeds");
        let roster = include_bytes!("../../corpus/roster/first");
        let roster = ActiveRoster::first(roster, SCOPE, &root).expect("the roster of that root");
        let wallet = include_bytes!("../../corpus/wallet/registered");
        let wallet = RegisteredWallet::open(wallet, SCOPE, &root.digest()).expect("its wallet");
        let mut wallets = Registry::new();
        wallets.add(Arc::new(wallet)).expect("the only wallet");
        let policy = include_bytes!("../../corpus/policy/in_force");
        let policy = ActivePolicy::open(policy, &roster, FIRST, TIP).expect("its policy");
        World {
            root,
            roster,
            wallets,
            policy,
        }
    })
}

/// The private key of this name.
fn secret(name: &str) -> SigningKey {
    SigningKey::from_slice(&sha256_of(name.as_bytes())).expect("a scalar")
}

/// The public key of this name.
pub(crate) fn public(name: &str) -> P256PublicKey {
    let point = secret(name).verifying_key().to_sec1_point(true);
    P256PublicKey::from_sec1(point.as_bytes()).expect("a point")
}

/// Which of these names has the key of this identifier.
pub(crate) fn key_among(names: &[&str], kid: &KeyId) -> Option<P256PublicKey> {
    let mut keys = names.iter().map(|name| public(name));
    keys.find(|key| key.key_id() == *kid)
}

/// The signature of this name.
fn sign(name: &str, digest: &[u8; 32]) -> Signature64 {
    let made: p256::ecdsa::Signature = secret(name).sign_prehash(digest).expect("a signature");
    let made = Signature64(made.to_bytes().into());
    made.low_s_p256().expect("r and s")
}

/// `body` signed by one.
pub(crate) fn signed<T: Artefact>(body: T, name: &str) -> Vec<u8> {
    complete(Draft::new(body, SCOPE, public(name)), name).expect("its own signature")
}

/// A draft with the signature of this name, where it is that name's to sign.
pub(crate) fn complete<T: Artefact>(draft: Draft<T>, name: &str) -> Option<Vec<u8>> {
    let digest = match T::SIGNED_BY {
        SignedBy::Device => *draft.seal_order().expect("a device's").digest(),
        SignedBy::Officer => *draft.officer_order().expect("an officer's").digest(),
    };
    let signed = draft.signed(sign(name, &digest)).ok()?;
    Some(signed.to_bytes())
}

/// `body` signed by several.
pub(crate) fn endorsed<T: Artefact>(body: T, names: &[&str]) -> Vec<u8> {
    let mut endorsed = Endorsed::new(body, SCOPE);
    for name in names {
        let draft = endorsed.draft_for(SCOPE, &public(name));
        let digest = match T::SIGNED_BY {
            SignedBy::Device => *draft.seal_order().expect("a device's").digest(),
            SignedBy::Officer => *draft.officer_order().expect("an officer's").digest(),
        };
        let endorsement = draft.signed(sign(name, &digest));
        endorsed.add(endorsement.expect("its own signature"));
    }
    endorsed.to_bytes()
}
