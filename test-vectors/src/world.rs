//! What is in force in every case: a root, a roster, five wallets of three devices, a policy and
//! the operators' attendances. All keys come from names, all signatures are deterministic.

use std::sync::OnceLock;

use bitcoin::opcodes::all::OP_CHECKMULTISIG;
use bitcoin::script::Builder;
use bitcoin::secp256k1::{PublicKey, Secp256k1, SecretKey};
use bitcoin::{PubkeyHash, ScriptBuf, WPubkeyHash, XOnlyPublicKey};
use bitcoin::{ScriptHash, hashes::Hash};

use crate::cbor::Value;
use crate::families::with_field;
use crate::sign::{Endorsed, Memory, Signed, public, sha256_of, tagged};
use crate::text::{hex, unhex};

/// The height that everybody knows.
pub(crate) const TIP: u32 = 850_000;
/// The block that the root names.
pub(crate) const CHECKPOINT: [u8; 32] = [7; 32];
pub(crate) const CHECKPOINT_BITS: u32 = 0x207F_FFFF;
pub(crate) const CHECKPOINT_TIME: u32 = 1_700_000_000;
/// The session that attendances are for, and its nonce.
pub(crate) const SESSION: u32 = 4;
pub(crate) const NONCE: [u8; 32] = [0x5E; 32];
/// Keys on each chain of a pool.
const KEYS: u32 = 6;
/// Keys of this index all begin with 02 00, so that only later bytes order them.
const SHARED_PREFIX: u32 = 5;

/// The file of the world, in `data/`.
pub const WORLD_FILE: &str = "world.txt";

/// Devices of every wallet.
pub(crate) const DEVICES: [&str; 3] = ["north", "south", "west"];
/// A device that is no co-signer of any wallet.
pub(crate) const STRANGE_DEVICE: &str = "east";
const ADMINISTRATORS: [&str; 3] = ["admin.a", "admin.b", "admin.c"];

const REQUESTER: u64 = 0;
const RISK_CHECKER: u64 = 1;
const APPROVER: u64 = 2;
const DIRECTOR: u64 = 3;
const OPERATOR: u64 = 4;
const WITNESS: u64 = 5;
const ADMINISTRATOR: u64 = 6;
const BROADCASTER: u64 = 8;
const RECONCILER: u64 = 9;

/// Identifier, department, roles, first and last height.
type Person = (&'static str, &'static str, &'static [u64], u32, u32);
const PEOPLE: [Person; 20] = [
    ("admin.a", "compliance", &[ADMINISTRATOR], 800_000, 900_000),
    (
        "admin.b",
        "risk",
        &[RISK_CHECKER, ADMINISTRATOR],
        800_000,
        900_000,
    ),
    ("admin.c", "board", &[ADMINISTRATOR], 800_000, 900_000),
    ("approver.a", "security", &[APPROVER], 800_000, 900_000),
    ("approver.b", "finance", &[APPROVER], 800_000, 900_000),
    ("approver.ended", "finance", &[APPROVER], 800_000, TIP - 1),
    ("approver.later", "finance", &[APPROVER], TIP + 1, 900_000),
    ("approver.s", "board", &[APPROVER], 800_000, 900_000),
    ("director.d", "board", &[DIRECTOR], 800_000, 900_000),
    (
        "everybody",
        "board",
        &[REQUESTER, APPROVER, OPERATOR, WITNESS, BROADCASTER],
        800_000,
        900_000,
    ),
    ("operator.a", "operations", &[OPERATOR], 800_000, 900_000),
    ("operator.b", "operations", &[OPERATOR], 800_000, 900_000),
    ("operator.c", "custody", &[OPERATOR], 800_000, 900_000),
    (
        "operator.ended",
        "operations",
        &[OPERATOR],
        800_000,
        TIP - 1,
    ),
    ("reconciler.c", "finance", &[RECONCILER], 800_000, 900_000),
    (
        "requester.ended",
        "treasury",
        &[REQUESTER],
        800_000,
        TIP - 1,
    ),
    ("requester.r", "treasury", &[REQUESTER], 800_000, 900_000),
    ("sender.x", "treasury", &[BROADCASTER], 800_000, 900_000),
    ("witness.ended", "audit", &[WITNESS], 800_000, TIP - 1),
    ("witness.w", "audit", &[WITNESS], 800_000, 900_000),
];

/// Blocks before the end of an entry at which people are told of it.
const NOTICE: u32 = 4_320;

/// Whose entry is over at this height, or ends soon, and when; ascending by identifier.
pub(crate) fn ending(height: u32) -> Vec<(&'static str, u32)> {
    let last = PEOPLE.iter().map(|(id, _, _, _, last)| (*id, *last));
    last.filter(|(_, last)| *last < height + NOTICE).collect()
}

/// Form of a wallet's addresses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Wsh,
    ShWsh,
}

/// A 2-of-3 wallet of the three devices.
pub(crate) struct Wallet {
    pub(crate) name: &'static str,
    pub(crate) form: Form,
    pub(crate) class: u64,
    pool: u32,
    record: Endorsed,
}

/// A key of a wallet, and where a PSBT may say that it comes from.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) public: Vec<u8>,
    pub(crate) fingerprint: [u8; 4],
    pub(crate) path: Vec<u32>,
}

impl Wallet {
    fn new(name: &'static str, pool: u32, form: Form, class: u64, root: &[u8; 32]) -> Self {
        let record = Endorsed::new(
            "wallet-record",
            &record(name, pool, form, class, root),
            &DEVICES,
        );
        Self {
            name,
            form,
            class,
            pool,
            record,
        }
    }

    pub(crate) fn digest(&self) -> [u8; 32] {
        self.record.digest("himuro/wallet")
    }

    pub(crate) fn record_bytes(&self) -> Vec<u8> {
        self.record.bytes()
    }

    /// The wallet-id, as `docs/formats/README.md` says.
    pub(crate) fn id(&self) -> [u8; 32] {
        let devices = sorted_devices().into_iter().flat_map(|device| {
            let pool = self.pool.to_be_bytes();
            [&device_id(device)[..], &pool].concat()
        });
        let (m, n) = (2_u8, 3_u64);
        tagged(
            "himuro/wallet-id",
            &[
                &scope().encode(),
                &Value::Uint(self.class).encode(),
                &[m],
                &n.to_be_bytes(),
                &uint(u32::from(self.form == Form::ShWsh)).encode(),
                &devices.collect::<Vec<u8>>(),
                &sha256_of(self.name.as_bytes()),
            ],
        )
    }

    /// The keys of an address, in the order of the devices' identifiers.
    pub(crate) fn keys(&self, chain: u32, index: u32) -> Vec<Key> {
        let keys = sorted_devices().into_iter().map(|device| Key {
            public: public_key(&secret_key(device, self.pool, chain, index)),
            fingerprint: fingerprint(device),
            path: vec![self.pool, chain, index],
        });
        keys.collect()
    }

    /// The secret key of one device at an address.
    pub(crate) fn secret(&self, device: &'static str, chain: u32, index: u32) -> SecretKey {
        secret_key(device, self.pool, chain, index)
    }

    pub(crate) fn witness_script(&self, chain: u32, index: u32) -> ScriptBuf {
        let keys = self.keys(chain, index);
        multisig(2, &sorted(keys.into_iter().map(|key| key.public).collect()))
    }

    pub(crate) fn redeem_script(&self, chain: u32, index: u32) -> Option<ScriptBuf> {
        let script = self.witness_script(chain, index);
        (self.form == Form::ShWsh).then(|| script.to_p2wsh())
    }

    pub(crate) fn script(&self, chain: u32, index: u32) -> ScriptBuf {
        let witness = self.witness_script(chain, index);
        match self.form {
            Form::Wsh => witness.to_p2wsh(),
            Form::ShWsh => witness.to_p2wsh().to_p2sh(),
        }
    }
}

/// What is in force.
pub(crate) struct World {
    root: Vec<u8>,
    roster: Endorsed,
    /// The wallet of the cases: native, class customer.
    pub(crate) cold: Wallet,
    /// The same form of wallet with wrapped addresses.
    pub(crate) wrapped: Wallet,
    /// The company's own coins.
    pub(crate) own: Wallet,
    /// Registered, but not in the policy.
    pub(crate) unlisted: Wallet,
    /// The policy lists it under another class than its record.
    pub(crate) misfit: Wallet,
    pub(crate) policy: Endorsed,
}

/// The world.
pub(crate) fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(World::new)
}

impl World {
    fn new() -> Self {
        let roster = Endorsed::new("roster", &roster(), &ADMINISTRATORS);
        let root = root(&roster.digest("himuro/roster")).encode();
        let digest = tagged("himuro/root", &[&root]);
        let wallet = |name, pool, form, class| Wallet::new(name, pool, form, class, &digest);
        let mut world = Self {
            cold: wallet("cold", 1, Form::Wsh, 0),
            wrapped: wallet("wrapped", 2, Form::ShWsh, 0),
            own: wallet("own", 3, Form::Wsh, 2),
            unlisted: wallet("unlisted", 4, Form::Wsh, 0),
            misfit: wallet("misfit", 5, Form::Wsh, 1),
            policy: Endorsed::new("policy", &Value::Null, &[]),
            root,
            roster,
        };
        world.policy = sign_policy(&world.policy_body());
        world
    }

    pub(crate) fn wallets(&self) -> [&Wallet; 5] {
        [
            &self.cold,
            &self.wrapped,
            &self.own,
            &self.unlisted,
            &self.misfit,
        ]
    }

    pub(crate) fn root_bytes(&self) -> &[u8] {
        &self.root
    }

    pub(crate) fn roster_bytes(&self) -> Vec<u8> {
        self.roster.bytes()
    }

    pub(crate) fn root_digest(&self) -> [u8; 32] {
        tagged("himuro/root", &[&self.root])
    }

    pub(crate) fn roster_digest(&self) -> [u8; 32] {
        self.roster.digest("himuro/roster")
    }

    pub(crate) fn policy_digest(&self) -> [u8; 32] {
        self.policy.digest("himuro/policy")
    }

    /// The policy with this placement of every wallet.
    pub(crate) fn policy_placed(&self, vendors: u64, sites: u64) -> Value {
        self.policy_ruled(9, &placement(vendors, sites))
    }

    /// The policy with this field in the rules of every wallet.
    pub(crate) fn policy_ruled(&self, field: u64, value: &Value) -> Value {
        let place = |body: &Value| with_field(body, field, value);
        let body = self.policy_body();
        match &body {
            Value::Map(fields) => match fields.iter().find(|(key, _)| *key == 8) {
                Some((_, Value::Array(wallets))) => {
                    let wallets = wallets.iter().map(place).collect();
                    with_field(&body, 8, &Value::Array(wallets))
                }
                _ => unreachable!("a policy lists wallets"),
            },
            _ => unreachable!("bodies are maps"),
        }
    }

    /// The policy, not signed: destinations for each wallet, limits and caps.
    pub(crate) fn policy_body(&self) -> Value {
        self.policy_with(2)
    }

    /// The same, with so many approvers; of two departments and with one director all the same.
    pub(crate) fn policy_with(&self, approvers: u64) -> Value {
        let usual: &[&str] = &[
            "hot-1",
            "hot-2",
            "hot-pkh",
            "hot-sh",
            "hot-tr",
            "hot-wpkh",
            "later",
            "own-0",
            "wrapped-0",
        ];
        let rules = |wallet: &Wallet, class, destinations: &[&str]| {
            (
                wallet.digest(),
                wallet_rules(&wallet.digest(), class, approvers, destinations),
            )
        };
        let mut wallets = vec![
            rules(&self.cold, 0, usual),
            rules(&self.wrapped, 0, usual),
            rules(&self.own, 2, &["cold-0", "others"]),
            rules(&self.misfit, 0, usual),
        ];
        wallets.sort_by_key(|(digest, _)| *digest);
        let [cold, own, wrapped] =
            [&self.cold, &self.own, &self.wrapped].map(|wallet| wallet.script(0, 0));
        Value::fields([
            Some(Value::Uint(1)),
            Some(scope()),
            Some(Value::bytes(&self.root_digest())),
            Some(Value::bytes(&self.roster_digest())),
            Some(Value::Uint(1)),
            None,
            Some(Value::Uint(845_000)),
            Some(Value::Uint(144)),
            Some(Value::Array(
                wallets.into_iter().map(|(_, rules)| rules).collect(),
            )),
            Some(Value::Array(vec![
                destination("cold-0", &cold, 845_000),
                destination("hot-1", &destination_script("hot-1"), 845_000),
                destination("hot-2", &destination_script("hot-2"), TIP),
                destination("hot-pkh", &destination_script("hot-pkh"), 845_000),
                destination("hot-sh", &destination_script("hot-sh"), 845_000),
                destination("hot-tr", &destination_script("hot-tr"), 845_000),
                destination("hot-wpkh", &destination_script("hot-wpkh"), 845_000),
                destination("later", &destination_script("later"), TIP + 1),
                destination("others", &destination_script("others"), 845_000),
                destination("own-0", &own, 845_000),
                destination("wrapped-0", &wrapped, 845_000),
            ])),
            Some(separation(1, 1)),
            Some(Value::Array(vec![
                class_move(0, 2, None),
                class_move(2, 0, Some(TOP_UP)),
            ])),
        ])
    }
}

/// A move between classes that a policy names.
pub(crate) fn class_move(from: u64, to: u64, purpose: Option<&str>) -> Value {
    let purpose = purpose.map(Value::text);
    Value::fields([Some(Value::Uint(from)), Some(Value::Uint(to)), purpose])
}

/// Devices of one operator, and signers of the policy without a part in a transfer.
pub(crate) fn separation(devices: u64, apart: u64) -> Value {
    Value::fields([Some(Value::Uint(devices)), Some(Value::Uint(apart))])
}

/// The usual separation, with so many sessions in a row for one operator.
pub(crate) fn rotating(most: Option<u64>) -> Value {
    Value::fields([
        Some(Value::Uint(1)),
        Some(Value::Uint(1)),
        most.map(Value::Uint),
    ])
}

/// Signs a policy by two administrators.
pub(crate) fn sign_policy(body: &Value) -> Endorsed {
    Endorsed::new("policy", body, &["admin.a", "admin.b"])
}

pub(crate) fn scope() -> Value {
    Value::fields([Some(Value::Uint(3)), Some(Value::Uint(0))])
}

fn uint(n: u32) -> Value {
    Value::Uint(n.into())
}

fn root(roster: &[u8; 32]) -> Value {
    let checkpoint = Value::fields([
        Some(uint(TIP)),
        Some(Value::bytes(&CHECKPOINT)),
        Some(uint(CHECKPOINT_BITS)),
        Some(uint(CHECKPOINT_TIME)),
    ]);
    Value::fields([
        Some(uint(1)),
        Some(scope()),
        Some(checkpoint),
        Some(Value::bytes(roster)),
    ])
}

fn roster() -> Value {
    let officer = |(id, department, roles, from, to): &Person| {
        Value::fields([
            Some(Value::text(id)),
            Some(Value::text(id)),
            Some(Value::text("担当者")),
            Some(Value::text(department)),
            Some(Value::Array(
                roles.iter().map(|role| Value::Uint(*role)).collect(),
            )),
            Some(Value::bytes(&public(id))),
            Some(uint(*from)),
            Some(uint(*to)),
        ])
    };
    Value::fields([
        Some(uint(1)),
        Some(scope()),
        Some(uint(1)),
        None,
        Some(Value::Array(PEOPLE.iter().map(officer).collect())),
        Some(uint(2)),
    ])
}

fn record(name: &str, pool: u32, form: Form, class: u64, root: &[u8; 32]) -> Value {
    let cosigner = |device: &&str| {
        Value::fields([
            Some(Value::bytes(&public(device))),
            Some(Value::text(device)),
            Some(Value::text(&format!("Vault {device}"))),
            Some(uint(pool)),
            Some(Value::bytes(&tagged("himuro/card", &[device.as_bytes()]))),
            Some(Value::text("nobody")),
            Some(Value::text(device)),
        ])
    };
    let devices = sorted_devices();
    let row = |chain, index| {
        let keys = devices
            .iter()
            .flat_map(|device| public_key(&secret_key(device, pool, chain, index)));
        Value::Bytes(keys.collect())
    };
    let rows = |chain| Value::Array((0..KEYS).map(|index| row(chain, index)).collect());
    Value::fields([
        Some(uint(1)),
        Some(scope()),
        Some(Value::bytes(root)),
        Some(Value::text(name)),
        Some(Value::Uint(class)),
        Some(uint(2)),
        Some(uint(u32::from(form == Form::ShWsh))),
        Some(Value::Array(devices.iter().map(cosigner).collect())),
        Some(Value::bytes(&sha256_of(name.as_bytes()))),
        Some(uint(1)),
        None,
        Some(rows(0)),
        Some(rows(1)),
    ])
}

/// Most that a wallet of the policy may pay out in one transaction.
pub(crate) const TRANSFER_LIMIT: u64 = 500_000_000;
/// Most that one transaction may pay to a destination.
pub(crate) const DESTINATION_LIMIT: u64 = 300_000_000;
/// Fee caps: absolute, per virtual byte, thousandths of what is paid.
pub(crate) const FEE_CAPS: [u64; 3] = [20_000, 50, 10];
/// Change indexes above the highest one used.
pub(crate) const CHANGE_WINDOW: u32 = 3;
/// Blocks of every window.
pub(crate) const WINDOW: u32 = 144;
/// Most that a wallet may pay out within a window.
const WINDOW_LIMIT: u64 = 900_000_000;
/// What one device signs of it: 2 of 3.
pub(crate) const WINDOW_SHARE: u64 = 600_000_000;
/// Most that may be paid to `hot-1` within a window.
const HOT_1_WINDOW: u64 = 600_000_000;
/// What one device signs of that.
pub(crate) const HOT_1_SHARE: u64 = 400_000_000;
/// The one purpose for which coins of the company become customers'.
pub(crate) const TOP_UP: &str = "Top-up of customer coins";

fn wallet_rules(wallet: &[u8; 32], class: u64, approvers: u64, destinations: &[&str]) -> Value {
    let triple = |values: [u64; 3]| Value::fields(values.map(|n| Some(Value::Uint(n))));
    let destinations = destinations.iter().map(|id| Value::text(id)).collect();
    Value::fields([
        Some(Value::bytes(wallet)),
        Some(Value::Uint(class)),
        Some(Value::Uint(TRANSFER_LIMIT)),
        Some(triple(FEE_CAPS)),
        Some(triple([approvers, 2, 1])),
        Some(Value::Array(destinations)),
        Some(uint(CHANGE_WINDOW)),
        Some(Value::Array(vec![window(WINDOW_LIMIT)])),
        None,
        Some(placement(1, 3)),
        Some(Value::Uint(0)),
    ])
}

/// So many satoshi within [`WINDOW`] blocks.
pub(crate) fn window(sats: u64) -> Value {
    Value::fields([Some(uint(WINDOW)), Some(Value::Uint(sats))])
}

/// Vendors and sites of a wallet's devices. Those of the world are of one vendor, at three sites.
pub(crate) fn placement(vendors: u64, sites: u64) -> Value {
    Value::fields([Some(Value::Uint(vendors)), Some(Value::Uint(sites))])
}

pub(crate) fn destination(id: &str, script: &ScriptBuf, activation: u32) -> Value {
    Value::fields([
        Some(Value::text(id)),
        Some(Value::text(&id.to_uppercase())),
        Some(Value::bytes(script.as_bytes())),
        Some(uint(activation)),
        Some(Value::Uint(DESTINATION_LIMIT)),
        None,
        Some(Value::Array(
            (id == "hot-1")
                .then(|| window(HOT_1_WINDOW))
                .into_iter()
                .collect(),
        )),
    ])
}

/// The script of a destination by its name; nobody of the world can spend from it.
pub(crate) fn destination_script(name: &str) -> ScriptBuf {
    let hash = sha256_of(name.as_bytes());
    let short: [u8; 20] = hash[..20].try_into().expect("20 bytes");
    match name {
        "hot-pkh" => ScriptBuf::new_p2pkh(&PubkeyHash::from_byte_array(short)),
        "hot-sh" => ScriptBuf::new_p2sh(&ScriptHash::from_byte_array(short)),
        "hot-wpkh" => ScriptBuf::new_p2wpkh(&WPubkeyHash::from_byte_array(short)),
        "hot-tr" => {
            let key = public_key(&stranger_key(name));
            let key = XOnlyPublicKey::from_slice(&key[1..]).expect("on the curve");
            ScriptBuf::new_p2tr_tweaked(bitcoin::key::TweakedPublicKey::dangerous_assume_tweaked(
                key,
            ))
        }
        _ => ScriptBuf::from_bytes(name.as_bytes().to_vec()).to_p2wsh(),
    }
}

/// `m <keys> n OP_CHECKMULTISIG`, in the order given.
pub(crate) fn multisig(m: i64, keys: &[Vec<u8>]) -> ScriptBuf {
    let mut script = Builder::new().push_int(m);
    for key in keys {
        let key = bitcoin::PublicKey::from_slice(key).expect("a key");
        script = script.push_key(&key);
    }
    let n = i64::try_from(keys.len()).expect("few keys");
    script
        .push_int(n)
        .push_opcode(OP_CHECKMULTISIG)
        .into_script()
}

pub(crate) fn sorted(mut keys: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    keys.sort();
    keys
}

pub(crate) fn secret_key(device: &'static str, pool: u32, chain: u32, index: u32) -> SecretKey {
    static KNOWN: Memory<(&str, [u32; 3]), SecretKey> = Memory::new();
    KNOWN.get(&(device, [pool, chain, index]), || {
        let place = [pool.to_be_bytes(), chain.to_be_bytes(), index.to_be_bytes()].concat();
        let tries = (0_u32..).map(|n| {
            let parts: [&[u8]; 3] = [device.as_bytes(), &place, &n.to_be_bytes()];
            SecretKey::from_slice(&tagged("vectors/wallet-key", &parts)).expect("a hash is a key")
        });
        let free = index != SHARED_PREFIX || pool != 1;
        let mut fitting = tries.filter(|key| free || public_key(key).starts_with(&[2, 0]));
        fitting.next().expect("one fits")
    })
}

/// A key that belongs to nobody of the world.
pub(crate) fn stranger_key(name: &str) -> SecretKey {
    SecretKey::from_slice(&tagged("vectors/stranger", &[name.as_bytes()])).expect("a key")
}

pub(crate) fn public_key(key: &SecretKey) -> Vec<u8> {
    static KNOWN: Memory<[u8; 32], Vec<u8>> = Memory::new();
    KNOWN.get(&key.secret_bytes(), || {
        let secp = Secp256k1::signing_only();
        PublicKey::from_secret_key(&secp, key).serialize().to_vec()
    })
}

pub(crate) fn device_id(device: &str) -> [u8; 32] {
    tagged("himuro/device-id", &[&public(device)])
}

pub(crate) fn fingerprint(device: &str) -> [u8; 4] {
    let id = device_id(device);
    [id[0], id[1], id[2], id[3]]
}

fn sorted_devices() -> Vec<&'static str> {
    let mut devices = DEVICES.to_vec();
    devices.sort_by_key(|device| device_id(device));
    devices
}

/// Labels of attendances: an officer, or an officer and what is wrong.
const ATTENDING: [&str; 14] = [
    "admin.a",
    "approver.a",
    "approver.b",
    "everybody",
    "operator.a",
    "operator.a:other-session",
    "operator.a:other-nonce",
    "operator.a:other-device",
    "operator.a:other-seat",
    "operator.b",
    "operator.c",
    "operator.ended",
    "requester.r",
    "stranger",
];

const WITNESSING: [&str; 6] = [
    "admin.a",
    "everybody",
    "witness.ended",
    "witness.w",
    "witness.w:other-session",
    "witness.w:other-seat",
];

/// The attendance of this label, for the session of the cases.
pub(crate) fn attendance(device: &str, seat: u64, label: &str) -> Vec<u8> {
    attendance_of(device, seat, label, SESSION, NONCE)
}

/// The same for any session.
pub(crate) fn attendance_of(
    device: &str,
    seat: u64,
    label: &str,
    session: u32,
    nonce: [u8; 32],
) -> Vec<u8> {
    let (officer, wrong) = label.split_once(':').unwrap_or((label, ""));
    let other = |name, value: Value, usual: Value| if wrong == name { value } else { usual };
    let device = if wrong == "other-device" {
        STRANGE_DEVICE
    } else {
        device
    };
    let body = Value::fields([
        Some(uint(1)),
        Some(scope()),
        Some(Value::text(officer)),
        Some(other(
            "other-seat",
            uint(2 - u32::from(seat == 2)),
            Value::Uint(seat),
        )),
        Some(Value::bytes(&device_id(device))),
        Some(other("other-session", uint(session - 1), uint(session))),
        Some(other(
            "other-nonce",
            Value::bytes(&[0; 32]),
            Value::bytes(&nonce),
        )),
    ]);
    Signed::new("attendance", &body.encode(), officer).bytes()
}

/// The world as a text file: one thing in a line.
pub fn world_text() -> String {
    let world = world();
    let mut lines = vec![
        "# What is in force in every case. Bytes are hexadecimal; formats: docs/formats.".into(),
        format!("tip {TIP}"),
        format!("session {SESSION}"),
        format!("nonce {}", hex(&NONCE)),
        format!("root {}", hex(&world.root)),
        format!("roster {}", hex(&world.roster.bytes())),
        format!("policy {}", hex(&world.policy.bytes())),
    ];
    for wallet in world.wallets() {
        lines.push(format!(
            "wallet {} {}",
            wallet.name,
            hex(&wallet.record.bytes())
        ));
    }
    for device in DEVICES.iter().chain(&[STRANGE_DEVICE]) {
        lines.push(format!("device {device} {}", hex(&public(device))));
    }
    for device in DEVICES {
        for label in ATTENDING {
            for seat in 0..2 {
                let bytes = attendance(device, seat, label);
                lines.push(format!(
                    "attendance {device} {seat} {label} {}",
                    hex(&bytes)
                ));
            }
        }
        for label in WITNESSING {
            let bytes = hex(&attendance(device, 2, label));
            lines.push(format!("attendance {device} 2 {label} {bytes}"));
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

/// The world as it is read from its file.
#[derive(Debug, Default)]
pub struct WorldFile {
    lines: Vec<Vec<String>>,
}

impl WorldFile {
    /// Reads the file's text.
    pub fn read(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let words = |line: &str| line.split(' ').map(str::to_owned).collect();
        Self {
            lines: lines.map(words).collect(),
        }
    }

    /// The last word of the line that begins with these words.
    pub fn word(&self, start: &[&str]) -> Option<&str> {
        let found = self.lines.iter().find(|line| {
            line.len() == start.len() + 1 && line.iter().zip(start).all(|(a, b)| a == b)
        });
        found?.last().map(String::as_str)
    }

    /// The bytes at the end of that line.
    pub fn bytes(&self, start: &[&str]) -> Option<Vec<u8>> {
        unhex(self.word(start)?)
    }

    /// Second words of the lines that begin with this one.
    pub fn names(&self, first: &str) -> Vec<&str> {
        let lines = self.lines.iter().filter(|line| line[0] == first);
        lines
            .filter_map(|line| line.get(1).map(String::as_str))
            .collect()
    }
}
