//! Device cards and drafts of wallets, written from `docs/formats/wallet.cddl`: as devices and
//! hosts make them, or with a defect.

use bitcoin::secp256k1::{Message, Secp256k1, SecretKey};

use crate::cbor::Value;
use crate::journal::hsm_of;
use crate::sign::{Endorsed, Signed, public, sha256_of, tagged};
use crate::world::{self, device_id, fingerprint, scope, world};

/// Keys on each chain of the pools of these cards.
pub(crate) const KEYS: u32 = 2;
/// A pool that no wallet of the world uses.
pub(crate) const POOL: u32 = 9;

/// Attributes of a private key: those that are true, by their numbers.
const BORN_IN_HSM: [u64; 8] = [0, 1, 2, 3, 5, 6, 7, 15];
/// How many attributes a card names.
const ATTRIBUTES: u64 = 16;

/// A key on a card, with what proves that it is there.
#[derive(Clone)]
pub(crate) struct CardKey {
    pub(crate) public: Vec<u8>,
    pub(crate) possession: Vec<u8>,
}

/// A device card with one pool.
#[derive(Clone)]
pub(crate) struct Card {
    pub(crate) device: &'static str,
    pub(crate) signer: &'static str,
    pub(crate) root: [u8; 32],
    pub(crate) scope: Value,
    pub(crate) pool: u32,
    pub(crate) chains: [Vec<CardKey>; 2],
    pub(crate) attributes: Vec<u64>,
    /// Vendor of its HSM.
    pub(crate) vendor: &'static str,
    /// Serial number of its HSM.
    pub(crate) serial: &'static str,
    /// How often its HSM was replaced, and once more.
    pub(crate) generation: u64,
    /// Where it stands.
    pub(crate) site: String,
}

impl Card {
    /// The card of a device, as it should be.
    pub(crate) fn of(device: &'static str) -> Self {
        let chain = |chain| -> Vec<CardKey> {
            let keys = (0..KEYS).map(|index| proven(device, chain, index, None));
            keys.collect()
        };
        Self {
            device,
            signer: device,
            root: world().root_digest(),
            scope: scope(),
            pool: POOL,
            chains: [chain(0), chain(1)],
            attributes: BORN_IN_HSM.to_vec(),
            vendor: "nobody",
            serial: device,
            generation: 1,
            site: site(device),
        }
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub(crate) fn signed(&self) -> Signed {
        let keys = |keys: &[CardKey]| {
            let key = |key: &CardKey| {
                let parts = [Value::bytes(&key.public), Value::bytes(&key.possession)];
                Value::fields(parts.map(Some))
            };
            Some(Value::Array(keys.iter().map(key).collect()))
        };
        let declared = Value::Uint(1);
        let pool = Value::fields([
            Some(Value::Uint(self.pool.into())),
            keys(&self.chains[0]),
            keys(&self.chains[1]),
            Some(self.attributes()),
            Some(declared),
        ]);
        let body = Value::fields([
            Some(Value::Uint(1)),
            Some(self.scope.clone()),
            Some(Value::bytes(&self.root)),
            Some(Value::text(self.device)),
            Some(Value::text(&self.site)),
            Some(Value::bytes(&public(self.device))),
            Some(Value::Uint(self.generation)),
            Some(Value::bytes(&nonce(self.device))),
            Some(Value::Array(vec![pool])),
            Some(hsm_of(self.vendor, self.serial)),
        ]);
        Signed::new("device-card", &body.encode(), self.signer)
    }

    /// What was read back of every key of the pool.
    pub(crate) fn attributes(&self) -> Value {
        Value::fields((0..ATTRIBUTES).map(|attribute| {
            let is_true = self.attributes.contains(&attribute);
            Some(Value::Uint(u64::from(!is_true)))
        }))
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.signed().bytes()
    }
}

fn site(device: &str) -> String {
    format!("Vault {device}")
}

fn nonce(device: &str) -> [u8; 32] {
    sha256_of(device.as_bytes())
}

/// A key of this place with its proof; another key in its place, where one is given.
pub(crate) fn proven(
    device: &'static str,
    chain: u8,
    index: u32,
    other: Option<SecretKey>,
) -> CardKey {
    let usual = || world::secret_key(device, POOL, chain.into(), index);
    let secret = other.unwrap_or_else(usual);
    let public = world::public_key(&secret);
    let mut id = vec![1, 2];
    id.extend(POOL.to_be_bytes());
    id.extend([chain, 0]);
    id.extend(index.to_be_bytes());
    id.extend(fingerprint(device));
    let parts: [&[u8]; 4] = [&device_id(device), &id, &public, &nonce(device)];
    let message = Message::from_digest(tagged("himuro/possession", &parts));
    let signature = Secp256k1::signing_only().sign_ecdsa(&message, &secret);
    CardKey {
        public,
        possession: signature.serialize_compact().to_vec(),
    }
}

/// A wallet record of these cards.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) name: Vec<u8>,
    pub(crate) threshold: Value,
    pub(crate) cards: Vec<Card>,
    /// Keys of each chain and index, one of each card.
    pub(crate) rows: [Vec<Vec<Vec<u8>>>; 2],
    pub(crate) root: [u8; 32],
    pub(crate) scope: Value,
    pub(crate) table_version: u64,
    /// Digest of the record that this one extends.
    pub(crate) predecessor: Option<[u8; 32]>,
    pub(crate) pool: u32,
    /// Names and sites as the record has them.
    pub(crate) named: fn(&str) -> String,
}

impl Draft {
    /// What a host makes of the cards, in the order of the device-ids.
    pub(crate) fn of(name: &str, threshold: u64, mut cards: Vec<Card>) -> Self {
        cards.sort_by_key(|card| device_id(card.device));
        let rows = [0, 1].map(|chain| {
            let row = |index: usize| {
                let keys = cards
                    .iter()
                    .map(|card| card.chains[chain][index].public.clone());
                keys.collect()
            };
            (0..KEYS as usize).map(row).collect()
        });
        Self {
            name: Value::text(name).encode(),
            threshold: Value::Uint(threshold),
            cards,
            rows,
            root: world().root_digest(),
            scope: scope(),
            table_version: 1,
            predecessor: None,
            pool: POOL,
            named: str::to_owned,
        }
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub(crate) fn body(&self) -> Value {
        let cosigner = |card: &Card| {
            Value::fields([
                Some(Value::bytes(&public(card.device))),
                Some(Value::text(&(self.named)(card.device))),
                Some(Value::text(&site(card.device))),
                Some(Value::Uint(self.pool.into())),
                Some(Value::bytes(&card.signed().digest("himuro/card"))),
                Some(Value::text("nobody")),
                Some(Value::text(card.serial)),
            ])
        };
        let rows = |rows: &[Vec<Vec<u8>>]| {
            let rows = rows.iter().map(|row| Value::Bytes(row.concat()));
            Some(Value::Array(rows.collect()))
        };
        Value::fields([
            Some(Value::Uint(1)),
            Some(self.scope.clone()),
            Some(Value::bytes(&self.root)),
            Some(Value::Raw(self.name.clone())),
            Some(Value::Uint(0)),
            Some(self.threshold.clone()),
            Some(Value::Uint(0)),
            Some(Value::Array(self.cards.iter().map(cosigner).collect())),
            Some(Value::bytes(&[9; 32])),
            Some(Value::Uint(self.table_version)),
            self.predecessor.as_ref().map(|digest| Value::bytes(digest)),
            rows(&self.rows[0]),
            rows(&self.rows[1]),
        ])
    }

    /// Signed by these devices.
    pub(crate) fn signed_by(&self, devices: &[&str]) -> Endorsed {
        Endorsed::new("wallet-record", &self.body(), devices)
    }

    /// Signed by all of its own devices.
    pub(crate) fn complete(&self) -> Endorsed {
        let devices: Vec<&str> = self.cards.iter().map(|card| card.device).collect();
        self.signed_by(&devices)
    }
}

/// The administrators' word for a device, or for another key under its name.
pub(crate) fn enrolment(device: &str, key_of: &str, signers: &[&str]) -> Vec<u8> {
    let body = Value::fields([
        Some(Value::Uint(1)),
        Some(scope()),
        Some(Value::bytes(&world().root_digest())),
        Some(Value::text(device)),
        Some(Value::text(&site(device))),
        Some(Value::bytes(&public(key_of))),
    ]);
    Endorsed::new("enrolment", &body, signers).bytes()
}
