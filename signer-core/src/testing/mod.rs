//! A small world for unit tests, in software and the same on every run: a root, a roster, three
//! devices of a 2-of-3 wallet, a second wallet of the same devices, and a policy.
//!
//! [`World`] holds what is in force; [`Case`] makes one transfer in it and takes it through the
//! stages, with anything in between spoiled as a test wants.

mod case;
#[cfg(test)]
mod catalogue;
pub(crate) mod device;
#[cfg(test)]
mod formats;
#[cfg(test)]
mod honest;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod tests;

use alloc::sync::Arc;
use alloc::vec::Vec;
use std::sync::OnceLock;
use std::vec;

use bitcoin::{Amount, ScriptBuf};
use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::hazmat::PrehashSigner;

pub(crate) use case::{Ballot, Case, Coin, Output, coin_of, refusals, refused};
pub(crate) use device::SoftDevice;

use crate::approval::{
    ActiveRoster, Attendance, CheckedEnrolment, Enrolment, Officer, Operators, Role, Roster, Seat,
    SessionFacts,
};
use crate::cose::{Artefact, Draft, Endorsed, Scope, Signed};
use crate::digest::{WalletDigest, sha256_of};
use crate::headers::{ChainTip, KnownTime};
use crate::keys::{P256PublicKey, Signature64};
use crate::policy::{
    ActivePolicy, ApprovalQuorum, Before, ClassMove, Destination, FeeCaps, Placement, Policy,
    PolicyError, PolicyStanding, Separation, Sweep, WalletRules, WindowLimit,
};
use crate::root::{Checkpoint, Root};
use crate::signing::SigningHsm;
use crate::types::{
    Blocks, Height, Id, Label, Network, PoolNumber, Purpose, SessionNumber, Version,
};
use crate::wallet::{
    CheckedCard, RegisteredWallet, RegistrableRecord, Registration, Registry, ScriptType,
    WalletClass, WalletRecord, WalletTerms, draft_record,
};

/// Network and purpose of the world.
pub(crate) const SCOPE: Scope = Scope {
    network: Network::Regtest,
    purpose: Purpose::Live,
};
/// The height that everybody knows.
pub(crate) const TIP: Height = Height(850_000);
/// The session in which the operators sit.
pub(crate) const SESSION: SessionNumber = SessionNumber(4);
/// Keys on each chain of a pool.
pub(crate) const KEYS: u32 = 6;

/// Everybody in the roster: identifier, department, roles.
const PEOPLE: [(&str, &str, &[Role]); 15] = [
    ("admin.a", "compliance", &[Role::PolicyAdministrator]),
    (
        "admin.b",
        "risk",
        &[Role::RiskChecker, Role::PolicyAdministrator],
    ),
    ("admin.c", "board", &[Role::PolicyAdministrator]),
    ("approver.a", "security", &[Role::Approver]),
    ("approver.b", "finance", &[Role::Approver]),
    ("approver.s", "board", &[Role::Approver]),
    ("director.d", "board", &[Role::Director]),
    (
        "everybody",
        "board",
        &[
            Role::Requester,
            Role::Approver,
            Role::Operator,
            Role::Witness,
            Role::Broadcaster,
        ],
    ),
    ("operator.a", "operations", &[Role::Operator]),
    ("operator.b", "operations", &[Role::Operator]),
    ("reconciler.c", "finance", &[Role::Reconciler]),
    ("requester.r", "treasury", &[Role::Requester]),
    ("sender.x", "treasury", &[Role::Broadcaster]),
    ("witness.v", "audit", &[Role::Witness]),
    ("witness.w", "audit", &[Role::Witness]),
];

/// A known height on main net, by a block of this time and this clock.
pub(crate) fn dated(height: Height, time: u32, clock: u64) -> KnownTime {
    let tip = ChainTip::checkpoint(&Checkpoint {
        height,
        hash: [1; 32],
        bits: 0x1d00_ffff,
        time,
    });
    KnownTime::of(&tip, clock, Network::Main)
}

/// A known height on a network where blocks cost nothing: the clock says nothing there.
pub(crate) fn free(height: Height) -> KnownTime {
    let tip = ChainTip::checkpoint(&Checkpoint {
        height,
        hash: [0; 32],
        bits: 0x207f_ffff,
        time: 0,
    });
    KnownTime::of(&tip, 0, Network::Regtest)
}

/// A label.
pub(crate) fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

/// An identifier.
pub(crate) fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

/// The P-256 key of this name.
pub(crate) fn p256_key(name: &str) -> SigningKey {
    SigningKey::from_slice(&sha256_of(name.as_bytes())).unwrap()
}

/// Its public part.
pub(crate) fn p256_public(key: &SigningKey) -> P256PublicKey {
    P256PublicKey::from_sec1(key.verifying_key().to_sec1_point(true).as_bytes()).unwrap()
}

/// A low-S signature over a digest.
pub(crate) fn p256_sign(key: &SigningKey, digest: &[u8; 32]) -> Signature64 {
    let signature: p256::ecdsa::Signature = key.sign_prehash(digest).unwrap();
    Signature64(signature.to_bytes().into())
        .low_s_p256()
        .unwrap()
}

/// An officer's signed artefact.
pub(crate) fn officer_signs<T: Artefact>(body: T, officer: &str) -> Signed<T> {
    let key = p256_key(officer);
    let draft = Draft::new(body, SCOPE, p256_public(&key));
    let signature = p256_sign(&key, draft.officer_order().unwrap().digest());
    draft.signed(signature).unwrap()
}

/// An artefact signed by several officers.
pub(crate) fn officers_sign<T: Artefact>(body: T, officers: &[&str]) -> Endorsed<T> {
    let mut endorsed = Endorsed::new(body, SCOPE);
    for officer in officers {
        let key = p256_key(officer);
        let draft = endorsed.draft_for(SCOPE, &p256_public(&key));
        let signature = p256_sign(&key, draft.officer_order().unwrap().digest());
        endorsed.add(draft.signed(signature).unwrap());
    }
    endorsed
}

/// The administrators of the world.
pub(crate) const ADMINISTRATORS: [&str; 3] = ["admin.a", "admin.b", "admin.c"];

/// The first roster, not signed.
pub(crate) fn roster() -> Roster {
    Roster {
        version: 1,
        scope: SCOPE,
        number: Version(1),
        predecessor: None,
        officers: PEOPLE.into_iter().map(officer).collect(),
        administrators: 2,
        recovery: None,
    }
}

fn officer((name, department, roles): (&str, &str, &[Role])) -> Officer {
    Officer {
        id: id(name),
        name: label(name),
        name_ja: label("担当者"),
        department: id(department),
        roles: roles.to_vec(),
        key: p256_public(&p256_key(name)),
        valid_from: Height(800_000),
        valid_to: Height(900_000),
    }
}

/// The root over a first roster.
pub(crate) fn root_over(roster: &Endorsed<Roster>, checkpoint: Height) -> Root {
    Root {
        version: 1,
        scope: SCOPE,
        checkpoint: Checkpoint {
            height: checkpoint,
            hash: [7; 32],
            bits: 0x207f_ffff,
            time: 1_700_000_000,
        },
        roster: roster.roster_digest(),
    }
}

/// What is in force.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) root: Root,
    pub(crate) roster: ActiveRoster,
    pub(crate) devices: Vec<SoftDevice>,
    /// The wallet of the tests: pool 1 of every device.
    pub(crate) wallet: Arc<RegisteredWallet>,
    /// Another wallet of the same devices: pool 2, class Company.
    pub(crate) other: Arc<RegisteredWallet>,
    pub(crate) wallets: Registry,
    pub(crate) policy: ActivePolicy,
}

/// The usual world, with native addresses: made once, and the same for every test.
pub(crate) fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(World::new)
}

/// The same with wrapped addresses.
pub(crate) fn wrapped() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| World::made(TIP, ScriptType::ShWsh, WalletClass::Company, |_| {}))
}

impl World {
    /// The usual world, with native addresses.
    pub(crate) fn new() -> Self {
        Self::made(TIP, ScriptType::Wsh, WalletClass::Company, |_| {})
    }

    /// Under another root of trust: one with this checkpoint.
    pub(crate) fn rooted(checkpoint: Height) -> Self {
        Self::made(checkpoint, ScriptType::Wsh, WalletClass::Company, |_| {})
    }

    /// With another policy.
    pub(crate) fn with_policy(edit: impl FnOnce(&mut Policy)) -> Self {
        Self::made(TIP, ScriptType::Wsh, WalletClass::Company, edit)
    }

    /// With another policy, and two wallets of one class.
    pub(crate) fn of_one_class(edit: impl FnOnce(&mut Policy)) -> Self {
        Self::made(TIP, ScriptType::Wsh, WalletClass::Customer, edit)
    }

    /// With a second wallet of the class emergency, to which a frozen device sweeps.
    pub(crate) fn sweeping(edit: impl FnOnce(&mut Policy)) -> Self {
        let checkpoint = Height(TIP.0 - 2);
        Self::made(
            checkpoint,
            ScriptType::Wsh,
            WalletClass::Emergency,
            |policy| {
                let mut rules = policy.wallets.iter();
                let emergency = rules.find(|rules| rules.class == WalletClass::Emergency);
                policy.sweep = Some(sweep_to(emergency.unwrap().wallet));
                edit(policy);
            },
        )
    }

    fn made(
        checkpoint: Height,
        script_type: ScriptType,
        second: WalletClass,
        edit: impl FnOnce(&mut Policy),
    ) -> Self {
        let signed = officers_sign(roster(), &ADMINISTRATORS);
        let root = root_over(&signed, checkpoint);
        let roster = ActiveRoster::first(&signed.to_bytes(), SCOPE, &root).unwrap();
        let devices: Vec<SoftDevice> = ["north", "south", "west"].map(SoftDevice::new).into();
        let registered = |pools: &[u32], terms| {
            let record = register(&devices, &roster, pools, terms);
            Arc::new(RegisteredWallet::open(&record, SCOPE, &root.digest()).unwrap())
        };
        let wallet = registered(&[1], terms("Cold 1", WalletClass::Customer, script_type));
        let other = registered(&[1, 2], terms("Own 1", second, script_type));
        let mut wallets = Registry::new();
        wallets.add(Arc::clone(&wallet)).unwrap();
        wallets.add(Arc::clone(&other)).unwrap();
        let mut policy = policy_for(&roster, [&wallet, &other]);
        edit(&mut policy);
        let policy = activate(policy, &roster).unwrap();
        Self {
            root,
            roster,
            devices,
            wallet,
            other,
            wallets,
            policy,
        }
    }

    /// The operators of the session at this device.
    pub(crate) fn operators(&self, device: usize, [a, b]: [&str; 2]) -> Operators {
        let session = self.session(device);
        let a = attendance(a, Seat::OperatorA, session);
        let b = attendance(b, Seat::OperatorB, session);
        Operators::open(&a, &b, session, &self.roster).unwrap()
    }

    /// The session at this device.
    pub(crate) fn session(&self, device: usize) -> SessionFacts {
        SessionFacts {
            device: self.devices[device].id(),
            session: SESSION,
            nonce: [0x5e; 32],
        }
    }
}

/// A world whose policy sweeps to a wallet of devices that are not in it, and that wallet.
pub(crate) fn foreign_emergency() -> (Arc<RegisteredWallet>, World) {
    foreign_emergency_with(|_| {})
}

/// The same, with a policy that is edited.
pub(crate) fn foreign_emergency_with(
    edit: impl FnOnce(&mut Policy),
) -> (Arc<RegisteredWallet>, World) {
    let checkpoint = Height(TIP.0 - 2);
    let world = World::rooted(checkpoint);
    let devices: Vec<SoftDevice> = ["far", "near"].map(SoftDevice::new).into();
    let terms = terms("Emergency 1", WalletClass::Emergency, ScriptType::Wsh);
    let record = register(&devices, &world.roster, &[1], terms);
    let wallet = RegisteredWallet::open(&record, SCOPE, &world.root.digest()).unwrap();
    let wallet = Arc::new(wallet);
    let digest = wallet.digest();
    let edit = |policy: &mut Policy| {
        policy.sweep = Some(sweep_to(digest));
        edit(policy);
    };
    let mut world = World::made(checkpoint, ScriptType::Wsh, WalletClass::Company, edit);
    world
        .wallets
        .add_emergency(Arc::clone(&wallet), [])
        .unwrap();
    (wallet, world)
}

/// An officer's signed attendance.
pub(crate) fn attendance(officer: &str, seat: Seat, session: SessionFacts) -> Vec<u8> {
    let body = Attendance {
        version: 1,
        scope: SCOPE,
        officer: id(officer),
        seat,
        device: session.device,
        session: session.session,
        nonce: session.nonce,
    };
    officer_signs(body, officer).to_bytes()
}

/// What people choose for a wallet.
pub(crate) fn terms(name: &str, class: WalletClass, script_type: ScriptType) -> WalletTerms {
    WalletTerms {
        name: label(name),
        class,
        threshold: 2,
        script_type,
        nonce: sha256_of(name.as_bytes()),
    }
}

/// Cards of these devices with these pools.
pub(crate) fn cards(
    devices: &[SoftDevice],
    roster: &ActiveRoster,
    pools: &[u32],
) -> Vec<CheckedCard> {
    let cards = devices.iter().map(|device| {
        let card = device.card(roster.root(), pools);
        CheckedCard::open(&device.seal(card).to_bytes(), SCOPE, &roster.root()).unwrap()
    });
    cards.collect()
}

/// Cards of these devices with one pool of so many keys on each chain.
pub(crate) fn cards_with(
    devices: &[SoftDevice],
    roster: &ActiveRoster,
    pool: u32,
    keys: u32,
) -> Vec<CheckedCard> {
    let cards = devices.iter().map(|device| {
        let mut card = device.card(roster.root(), &[pool]);
        card.pools = alloc::vec![device.pool_card(pool, keys, card.nonce)];
        CheckedCard::open(&device.seal(card).to_bytes(), SCOPE, &roster.root()).unwrap()
    });
    cards.collect()
}

/// A record that every device of this world has signed.
pub(crate) fn registered(world: &World, record: WalletRecord) -> Arc<RegisteredWallet> {
    let devices = world.devices.iter();
    let whole = devices.fold(Endorsed::new(record, SCOPE), |e, d| device_endorses(d, e));
    let root = world.root.digest();
    Arc::new(RegisteredWallet::open(&whole.to_bytes(), SCOPE, &root).unwrap())
}

/// Enrolments of these devices.
pub(crate) fn enrolments(devices: &[SoftDevice], roster: &ActiveRoster) -> Vec<CheckedEnrolment> {
    let enrolments = devices.iter().map(|device| {
        let body = enrolment(device, roster);
        let bytes = officers_sign(body, &["admin.a", "admin.c"]).to_bytes();
        CheckedEnrolment::open(&bytes, roster, free(TIP)).unwrap()
    });
    enrolments.collect()
}

/// The enrolment of a device, not signed.
pub(crate) fn enrolment(device: &SoftDevice, roster: &ActiveRoster) -> Enrolment {
    let card = device.card(roster.root(), &[]);
    Enrolment {
        version: 1,
        scope: SCOPE,
        root: roster.root(),
        name: card.name,
        site: card.site,
        identity: card.identity,
    }
}

/// A record that every device has checked and signed.
pub(crate) fn register(
    devices: &[SoftDevice],
    roster: &ActiveRoster,
    pools: &[u32],
    terms: WalletTerms,
) -> Vec<u8> {
    let cards = cards(devices, roster, pools);
    let enrolments = enrolments(devices, roster);
    let record = draft_record(&cards, terms).unwrap();
    let mut bytes = Endorsed::new(record, SCOPE).to_bytes();
    for (device, own) in devices.iter().zip(&cards) {
        let asked = Registration {
            record: &bytes,
            own,
            cards: &cards,
            enrolments: &enrolments,
            wallets: &Registry::new(),
        };
        let checked = RegistrableRecord::check(&asked).unwrap();
        bytes = device_endorses(device, checked.into_endorsed()).to_bytes();
    }
    bytes
}

/// Adds a device's signature.
pub(crate) fn device_endorses(
    device: &SoftDevice,
    mut endorsed: Endorsed<WalletRecord>,
) -> Endorsed<WalletRecord> {
    let draft = endorsed.draft_for(SCOPE, &device.identity());
    let signature = device.seal_with(&draft.seal_order().unwrap());
    endorsed.add(draft.signed(signature).unwrap());
    endorsed
}

/// A destination that nobody of the world can spend from.
pub(crate) fn outside_script(name: &str) -> ScriptBuf {
    ScriptBuf::from_bytes(name.as_bytes().to_vec()).to_p2wsh()
}

fn destination(name: &str, activation: u32, limit: u64) -> Destination {
    Destination {
        id: id(name),
        label: label(&name.to_uppercase()),
        script: outside_script(name),
        activation: Height(activation),
        limit: Amount::from_sat(limit),
        windows: (name == "hot-1")
            .then(|| window(3_900_000))
            .into_iter()
            .collect(),
    }
}

/// A limit within a day, of which each device of a 2-of-3 wallet signs two thirds.
const fn window(sats: u64) -> WindowLimit {
    WindowLimit {
        blocks: Blocks(144),
        amount: Amount::from_sat(sats),
    }
}

/// A sweep to this wallet: a quorum and caps that no ordinary transfer of the world has.
pub(crate) fn sweep_to(wallet: WalletDigest) -> Sweep {
    Sweep {
        id: id("emergency"),
        wallet,
        fee: FeeCaps {
            absolute: Amount::from_sat(100_000),
            sat_per_vbyte: 500,
            per_mille: 50,
        },
        quorum: ApprovalQuorum {
            approvers: 3,
            departments: 2,
            directors: 1,
        },
    }
}

/// The policy of the world, not signed: destinations `hot-1` and `hot-2` for the first wallet,
/// `later` from the height after the tip, `others` only for the second wallet.
pub(crate) fn policy_for(roster: &ActiveRoster, [wallet, other]: [&RegisteredWallet; 2]) -> Policy {
    let rules = |digest: WalletDigest, class, destinations: &[&str]| WalletRules {
        wallet: digest,
        class,
        per_transfer: Amount::from_sat(2_000_000),
        fee: FeeCaps {
            absolute: Amount::from_sat(20_000),
            sat_per_vbyte: 50,
            per_mille: 10,
        },
        quorum: ApprovalQuorum {
            approvers: 2,
            departments: 2,
            directors: 1,
        },
        destinations: destinations.iter().map(|name| id(name)).collect(),
        change_window: 3,
        bands: None,
        windows: vec![window(6_000_000)],
        placement: Placement {
            vendors: 2,
            sites: 3,
        },
        witnesses: 0,
    };
    let mut wallets = vec![
        rules(
            wallet.digest(),
            wallet.class(),
            &["hot-1", "hot-2", "later"],
        ),
        rules(other.digest(), other.class(), &["others"]),
    ];
    wallets.sort_by_key(|rules| rules.wallet);
    Policy {
        version: 1,
        scope: SCOPE,
        root: roster.root(),
        roster: roster.digest(),
        number: Version(1),
        predecessor: None,
        activation: Height(845_000),
        delay: Blocks(144),
        wallets,
        destinations: vec![
            destination("hot-1", 845_000, 1_800_000),
            destination("hot-2", TIP.0, 1_800_000),
            destination("later", TIP.0 + 1, 1_800_000),
            destination("others", 845_000, 1_800_000),
        ],
        cold_floors: None,
        sweep: None,
        class_moves: vec![ClassMove {
            from: WalletClass::Company,
            to: WalletClass::Customer,
            purpose: None,
        }],
        separation: Separation {
            devices_per_operator: 1,
            administrators_apart: 1,
            sessions_in_a_row: None,
        },
    }
}

/// Signs a policy by two administrators and takes it into force at [`TIP`].
pub(crate) fn activate(policy: Policy, roster: &ActiveRoster) -> Result<ActivePolicy, PolicyError> {
    let bytes = officers_sign(policy, &["admin.a", "admin.b"]).to_bytes();
    ActivePolicy::open(&bytes, roster, FIRST, TIP)
}

/// A first policy, installed at [`TIP`].
pub(crate) const FIRST: PolicyStanding<'static> = PolicyStanding {
    installed: KnownTime::without_clock(TIP),
    before: Before::Nothing,
};

/// The rules of the first wallet in a policy.
pub(crate) fn rules_of(policy: &mut Policy) -> &mut WalletRules {
    let rules = policy.wallets.iter_mut();
    let mut found = rules.filter(|rules| rules.class == WalletClass::Customer);
    found.next().unwrap()
}

/// A pool's number.
pub(crate) const fn pool(number: u32) -> PoolNumber {
    PoolNumber(number)
}
