//! One transfer: coins, outputs, the request and the approvals, written as a PSBT. As
//! [`Transfer::usual`] makes it, it passes every rule; a case spoils something in it.

use bitcoin::absolute::LockTime;
use bitcoin::hashes::Hash;
use bitcoin::secp256k1::{Message, Secp256k1};
use bitcoin::sighash::SighashCache;
use bitcoin::{
    Amount, EcdsaSighashType, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid,
    Witness, consensus, transaction,
};

use crate::case::SignedBefore;
use crate::cbor::Value;
use crate::psbt::{Map, Psbt, compact, push_sized};
use crate::sign::{Signed, tagged};
use crate::world::{Key, TIP, Wallet, destination_script, device_id, scope, world};

/// A coin that is spent, and what the PSBT says of it.
#[derive(Clone)]
pub(crate) struct Coin {
    pub(crate) script: ScriptBuf,
    pub(crate) sats: u64,
    pub(crate) sequence: u32,
    /// Number of the coin: sets parents apart.
    pub(crate) number: u32,
    pub(crate) witness_script: Option<ScriptBuf>,
    pub(crate) redeem_script: Option<ScriptBuf>,
    pub(crate) origins: Vec<Key>,
    /// What its parent spends, in place of a coin of somebody.
    pub(crate) from: Option<OutPoint>,
}

impl Coin {
    /// A coin at an address of a wallet, with all that a PSBT can say of it.
    pub(crate) fn of(wallet: &Wallet, chain: u32, index: u32, sats: u64) -> Self {
        Self {
            script: wallet.script(chain, index),
            sats,
            sequence: 0xFFFF_FFFD,
            number: 0,
            witness_script: Some(wallet.witness_script(chain, index)),
            redeem_script: wallet.redeem_script(chain, index),
            origins: wallet.keys(chain, index),
            from: None,
        }
    }

    /// A coin of somebody else, of which the PSBT says nothing.
    pub(crate) fn foreign(script: ScriptBuf, sats: u64) -> Self {
        Self {
            script,
            sats,
            sequence: 0xFFFF_FFFD,
            number: 0,
            witness_script: None,
            redeem_script: None,
            origins: vec![],
            from: None,
        }
    }

    fn tx_out(&self) -> TxOut {
        TxOut {
            value: Amount::from_sat(self.sats),
            script_pubkey: self.script.clone(),
        }
    }

    /// The transaction that made it: the coin is its output 1.
    pub(crate) fn parent(&self) -> Transaction {
        let number = u8::try_from(self.number % 251).expect("below 256");
        let usual = OutPoint::new(Txid::from_byte_array([number; 32]), self.number);
        Transaction {
            version: transaction::Version::TWO,
            lock_time: LockTime::ZERO,
            input: vec![TxIn {
                previous_output: self.from.unwrap_or(usual),
                script_sig: ScriptBuf::new(),
                sequence: Sequence::MAX,
                witness: Witness::new(),
            }],
            output: vec![
                TxOut {
                    value: Amount::from_sat(5_000),
                    script_pubkey: destination_script("elsewhere"),
                },
                self.tx_out(),
            ],
        }
    }
}

/// An output, and what the PSBT says of it.
#[derive(Clone)]
pub(crate) struct Output {
    pub(crate) script: ScriptBuf,
    pub(crate) sats: u64,
    pub(crate) witness_script: Option<ScriptBuf>,
    pub(crate) redeem_script: Option<ScriptBuf>,
    pub(crate) origins: Vec<Key>,
}

impl Output {
    /// A payment to a destination by its name.
    pub(crate) fn to(destination: &str, sats: u64) -> Self {
        Self::paying(destination_script(destination), sats)
    }

    /// A payment to a script.
    pub(crate) fn paying(script: ScriptBuf, sats: u64) -> Self {
        Self {
            script,
            sats,
            witness_script: None,
            redeem_script: None,
            origins: vec![],
        }
    }

    /// An output to an address of a wallet, with all that a PSBT can say of it.
    pub(crate) fn own(wallet: &Wallet, chain: u32, index: u32, sats: u64) -> Self {
        Self {
            script: wallet.script(chain, index),
            sats,
            witness_script: Some(wallet.witness_script(chain, index)),
            redeem_script: wallet.redeem_script(chain, index),
            origins: wallet.keys(chain, index),
        }
    }
}

/// One transfer.
#[derive(Clone)]
pub(crate) struct Transfer {
    /// Version of the PSBT: 0 or 2.
    pub(crate) version: u32,
    pub(crate) tx_version: i32,
    pub(crate) lock_time: u32,
    pub(crate) wallet: &'static Wallet,
    pub(crate) coins: Vec<Coin>,
    pub(crate) outputs: Vec<Output>,
}

/// What the usual transfer pays to `hot-1`.
pub(crate) const PAID: u64 = 120_000_000;
/// What comes back to change 0.
pub(crate) const CHANGE: u64 = 79_996_000;

impl Transfer {
    /// Two coins of 1 BTC, 1.2 BTC to `hot-1`, change to index 0, a fee of 4,000 sat.
    pub(crate) fn usual() -> Self {
        Self::of(&world().cold)
    }

    /// The same from another wallet.
    pub(crate) fn of(wallet: &'static Wallet) -> Self {
        let mut transfer = Self {
            version: 0,
            tx_version: 2,
            lock_time: TIP,
            wallet,
            coins: vec![],
            outputs: vec![Output::to("hot-1", PAID), Output::own(wallet, 1, 0, CHANGE)],
        };
        transfer.add(Coin::of(wallet, 0, 0, 100_000_000));
        transfer.add(Coin::of(wallet, 0, 1, 100_000_000));
        transfer
    }

    /// The transfer after a change.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// Adds a coin with a parent of its own.
    pub(crate) fn add(&mut self, coin: Coin) -> &mut Self {
        let number = u32::try_from(self.coins.len()).expect("few") + 1;
        self.coins.push(Coin { number, ..coin });
        self
    }

    /// Puts another coin in the place of one, with a parent of its own.
    pub(crate) fn replace(&mut self, place: usize, coin: Coin) {
        let number = self.coins[place].number;
        self.coins[place] = Coin { number, ..coin };
    }

    pub(crate) fn tx(&self) -> Transaction {
        let input = self.coins.iter().map(|coin| TxIn {
            previous_output: OutPoint::new(coin.parent().compute_txid(), 1),
            script_sig: ScriptBuf::new(),
            sequence: Sequence(coin.sequence),
            witness: Witness::new(),
        });
        let output = self.outputs.iter().map(|output| TxOut {
            value: Amount::from_sat(output.sats),
            script_pubkey: output.script.clone(),
        });
        Transaction {
            version: transaction::Version(self.tx_version),
            lock_time: LockTime::from_consensus(self.lock_time),
            input: input.collect(),
            output: output.collect(),
        }
    }

    /// What a device that signed it at this height remembers.
    pub(crate) fn signed_at(&self, height: u32) -> SignedBefore {
        let change: Vec<ScriptBuf> = (0..6).map(|n| self.wallet.script(1, n)).collect();
        let (returned, paid): (Vec<&Output>, Vec<&Output>) = self
            .outputs
            .iter()
            .partition(|output| change.contains(&output.script));
        let sum = |outputs: &[&Output]| outputs.iter().map(|output| output.sats).sum::<u64>();
        let brought: u64 = self.coins.iter().map(|coin| coin.sats).sum();
        let tx = self.tx();
        let coins = tx.input.iter().map(|input| {
            let coin = input.previous_output;
            (coin.txid.to_byte_array(), coin.vout)
        });
        SignedBefore {
            wallet: self.wallet.name.into(),
            height,
            tx: self.digest(),
            change: sum(&returned),
            fee: brought - sum(&returned) - sum(&paid),
            payments: paid
                .iter()
                .map(|output| (output.script.to_bytes(), output.sats))
                .collect(),
            coins: coins.collect(),
        }
    }

    /// The digest that people approve, as `docs/formats/README.md` says.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let tx = self.tx();
        let count = |n: usize| u32::try_from(n).expect("few").to_le_bytes();
        let mut out = [tx.version.0.to_le_bytes(), self.lock_time.to_le_bytes()].concat();
        let tx_out = |out: &mut Vec<u8>, script: &ScriptBuf, sats: u64| {
            out.extend(sats.to_le_bytes());
            out.extend(count(script.len()));
            out.extend_from_slice(script.as_bytes());
        };
        out.extend(count(tx.input.len()));
        for (input, coin) in tx.input.iter().zip(&self.coins) {
            out.extend(input.previous_output.txid.to_byte_array());
            out.extend(input.previous_output.vout.to_le_bytes());
            out.extend(input.sequence.0.to_le_bytes());
            tx_out(&mut out, &coin.script, coin.sats);
        }
        out.extend(count(tx.output.len()));
        for output in &self.outputs {
            tx_out(&mut out, &output.script, output.sats);
        }
        tagged("himuro/tx", &[&out])
    }

    /// The PSBT without request and approvals.
    pub(crate) fn bare(&self) -> Psbt {
        let tx = self.tx();
        let inputs = self.coins.iter().zip(&tx.input);
        Psbt {
            global: self.global(&tx),
            inputs: inputs
                .map(|(coin, input)| self.input(coin, input))
                .collect(),
            outputs: self
                .outputs
                .iter()
                .map(|output| self.output(output))
                .collect(),
        }
    }

    fn global(&self, tx: &Transaction) -> Map {
        let mut map = Map::default();
        if self.version == 0 {
            let mut bytes = tx.version.0.to_le_bytes().to_vec();
            bytes.extend(consensus::serialize(&tx.input));
            bytes.extend(consensus::serialize(&tx.output));
            bytes.extend(self.lock_time.to_le_bytes());
            map.push(&[0x00], &bytes);
        } else {
            map.push(&[0x02], &self.tx_version.to_le_bytes());
            map.push(&[0x03], &self.lock_time.to_le_bytes());
            map.push(&[0x04], &compact(tx.input.len() as u64));
            map.push(&[0x05], &compact(tx.output.len() as u64));
            map.push(&[0xFB], &2_u32.to_le_bytes());
        }
        map
    }

    fn input(&self, coin: &Coin, input: &TxIn) -> Map {
        let mut map = Map::default();
        map.push(&[0x00], &consensus::serialize(&coin.parent()));
        map.push(&[0x01], &consensus::serialize(&coin.tx_out()));
        scripts(
            &mut map,
            [0x04, 0x05, 0x06],
            coin.redeem_script.as_ref(),
            coin.witness_script.as_ref(),
            &coin.origins,
        );
        if self.version == 2 {
            map.push(&[0x0E], &input.previous_output.txid.to_byte_array());
            map.push(&[0x0F], &input.previous_output.vout.to_le_bytes());
            map.push(&[0x10], &coin.sequence.to_le_bytes());
        }
        map
    }

    fn output(&self, output: &Output) -> Map {
        let mut map = Map::default();
        scripts(
            &mut map,
            [0x00, 0x01, 0x02],
            output.redeem_script.as_ref(),
            output.witness_script.as_ref(),
            &output.origins,
        );
        if self.version == 2 {
            map.push(&[0x03], &output.sats.to_le_bytes());
            map.push(&[0x04], output.script.as_bytes());
        }
        map
    }

    /// The request as it should be.
    pub(crate) fn request(&self) -> Request {
        let names = [
            "hot-1", "hot-2", "hot-pkh", "hot-sh", "hot-tr", "hot-wpkh", "later", "others",
        ];
        let wallets = [
            ("cold-0", &world().cold),
            ("own-0", &world().own),
            ("wrapped-0", &world().wrapped),
        ];
        let payments = self.outputs.iter().filter_map(|output| {
            let mut wallets = wallets.into_iter();
            let own = wallets.find(|(_, wallet)| wallet.script(0, 0) == output.script);
            let own = own.map(|(name, _)| name);
            let found = names
                .into_iter()
                .find(|name| destination_script(name) == output.script);
            Some((own.or(found)?.to_owned(), output.sats))
        });
        Request {
            version: 1,
            scope: scope(),
            root: world().root_digest(),
            roster: world().roster_digest(),
            policy: world().policy_digest(),
            wallet: self.wallet.digest(),
            tx: self.digest(),
            requester: "requester.r".into(),
            purpose: "Hot wallet refill".into(),
            replaces: vec![],
            heads: vec![],
            payments: payments.collect(),
            fee_ceiling: 20_000,
            expiry: TIP + 144,
            mandatory: vec![],
            builder: "requester.r".into(),
            kind: 0,
            broadcaster: "sender.x".into(),
        }
    }

    /// The PSBT as it crosses the air gap: with the request and two approvals.
    pub(crate) fn psbt(&self) -> Psbt {
        self.asked(&self.request())
    }

    /// With this request, signed by its requester, and the usual approvals of it.
    pub(crate) fn asked(&self, request: &Request) -> Psbt {
        self.voted(
            request,
            &[Ballot::yes("approver.a"), Ballot::yes("director.d")],
        )
    }

    /// With this request and these votes.
    pub(crate) fn voted(&self, request: &Request, ballots: &[Ballot]) -> Psbt {
        self.voted_over(&request.signed(), request, ballots)
    }

    /// With this signed request and votes that say they are over what `over` says.
    pub(crate) fn voted_over(&self, signed: &Signed, over: &Request, ballots: &[Ballot]) -> Psbt {
        let mut psbt = self.bare();
        psbt.global.push(&himuro(1, &[]), &signed.bytes());
        for ballot in ballots {
            let vote = ballot.signed(over, signed, self.wallet.class);
            psbt.global
                .push(&himuro(2, ballot.filed.as_bytes()), &vote.bytes());
        }
        psbt
    }

    /// The sighash of an input, over the script of its address.
    pub(crate) fn sighash(&self, place: usize, kind: EcdsaSighashType) -> [u8; 32] {
        let tx = self.tx();
        let coin = &self.coins[place];
        let script = coin.witness_script.as_ref().expect("a script");
        let mut cache = SighashCache::new(&tx);
        let hash = cache.p2wsh_signature_hash(place, script, Amount::from_sat(coin.sats), kind);
        hash.expect("an input of the transaction").to_byte_array()
    }

    /// A device's signature of an input: key and DER, without the signature type.
    pub(crate) fn signature(
        &self,
        device: &'static str,
        place: usize,
        index: u32,
    ) -> (Vec<u8>, Vec<u8>) {
        let secret = self.wallet.secret(device, 0, index);
        let message = Message::from_digest(self.sighash(place, EcdsaSighashType::All));
        let signature = Secp256k1::new().sign_ecdsa(&message, &secret);
        let key = crate::world::public_key(&secret);
        (key, signature.serialize_der().to_vec())
    }
}

fn scripts(
    map: &mut Map,
    [redeem_type, witness_type, origin_type]: [u8; 3],
    redeem: Option<&ScriptBuf>,
    witness: Option<&ScriptBuf>,
    origins: &[Key],
) {
    if let Some(script) = redeem {
        map.push(&[redeem_type], script.as_bytes());
    }
    if let Some(script) = witness {
        map.push(&[witness_type], script.as_bytes());
    }
    let mut sorted: Vec<_> = origins.iter().collect();
    sorted.sort_by_key(|key| key.public.clone());
    for key in sorted {
        map.push(&[&[origin_type], &key.public[..]].concat(), &origin(key));
    }
}

/// Fingerprint and path, as a value.
pub(crate) fn origin(key: &Key) -> Vec<u8> {
    let levels = key.path.iter().flat_map(|level| level.to_le_bytes());
    key.fingerprint.into_iter().chain(levels).collect()
}

/// The key of one of our proprietary records.
pub(crate) fn himuro(subtype: u8, key_data: &[u8]) -> Vec<u8> {
    let mut key = vec![0xFC];
    push_sized(&mut key, b"himuro");
    key.push(subtype);
    key.extend_from_slice(key_data);
    key
}

/// How a session of a device ended, as somebody knows it: every byte of the hash is the last number.
pub(crate) type Head = (&'static str, u32, u8);

fn head((device, session, byte): &Head) -> Value {
    Value::fields([
        Some(Value::bytes(&device_id(device))),
        Some(Value::Uint((*session).into())),
        Some(Value::bytes(&[*byte; 32])),
    ])
}

/// A request.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) version: u64,
    pub(crate) scope: Value,
    pub(crate) root: [u8; 32],
    pub(crate) roster: [u8; 32],
    pub(crate) policy: [u8; 32],
    pub(crate) wallet: [u8; 32],
    pub(crate) tx: [u8; 32],
    pub(crate) requester: String,
    pub(crate) purpose: String,
    pub(crate) replaces: Vec<[u8; 32]>,
    pub(crate) heads: Vec<Head>,
    pub(crate) payments: Vec<(String, u64)>,
    pub(crate) fee_ceiling: u64,
    pub(crate) expiry: u32,
    pub(crate) mandatory: Vec<String>,
    pub(crate) builder: String,
    /// 0 ordinary, 1 sweep.
    pub(crate) kind: u64,
    pub(crate) broadcaster: String,
}

impl Request {
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub(crate) fn value(&self) -> Value {
        let digest = |bytes: &[u8; 32]| Some(Value::bytes(bytes));
        let payment = |(destination, sats): &(String, u64)| {
            Value::fields([Some(Value::text(destination)), Some(Value::Uint(*sats))])
        };
        let invited = ["approver.a".to_owned(), "director.d".to_owned()];
        Value::fields([
            Some(Value::Uint(self.version)),
            Some(self.scope.clone()),
            Some(Value::text("wr-2026-000123")),
            digest(&self.root),
            digest(&self.roster),
            digest(&self.policy),
            digest(&self.wallet),
            digest(&self.tx),
            Some(Value::text(&self.requester)),
            Some(Value::text(&self.purpose)),
            Some(Value::Array(self.payments.iter().map(payment).collect())),
            Some(Value::Uint(self.fee_ceiling)),
            Some(Value::Uint(self.expiry.into())),
            Some(Value::texts(&invited)),
            Some(Value::texts(&self.mandatory)),
            Some(Value::Array(self.heads.iter().map(head).collect())),
            Some(Value::text(&self.builder)),
            Some(Value::Array(
                self.replaces.iter().map(|tx| Value::bytes(tx)).collect(),
            )),
            Some(Value::Uint(self.kind)),
            Some(Value::text(&self.broadcaster)),
        ])
    }

    pub(crate) fn signed(&self) -> Signed {
        Signed::new("request", &self.value().encode(), &self.requester)
    }
}

/// One officer's vote.
#[derive(Clone)]
pub(crate) struct Ballot {
    /// Under whom it is filed in the PSBT.
    pub(crate) filed: &'static str,
    /// Whose name is in it.
    pub(crate) officer: &'static str,
    /// Whose key signs it.
    pub(crate) signer: &'static str,
    pub(crate) reject: bool,
    pub(crate) edit: fn(&mut Approval),
}

impl Ballot {
    pub(crate) fn yes(officer: &'static str) -> Self {
        Self {
            filed: officer,
            officer,
            signer: officer,
            reject: false,
            edit: |_| {},
        }
    }

    pub(crate) fn no(officer: &'static str) -> Self {
        Self {
            reject: true,
            ..Self::yes(officer)
        }
    }

    /// An approval with something changed before it is signed.
    pub(crate) fn edited(officer: &'static str, edit: fn(&mut Approval)) -> Self {
        Self {
            edit,
            ..Self::yes(officer)
        }
    }

    pub(crate) fn signed(&self, request: &Request, signed: &Signed, class: u64) -> Signed {
        let body = self.body(request, signed, class);
        Signed::new("approval", &body.encode(), self.signer)
    }

    pub(crate) fn body(&self, request: &Request, signed: &Signed, class: u64) -> Value {
        let mut approval = Approval {
            version: 1,
            scope: scope(),
            request: signed.digest("himuro/request"),
            over: request.clone(),
            class,
            height: TIP,
            heads: vec![],
        };
        (self.edit)(&mut approval);
        approval.value(self.officer, self.reject)
    }
}

/// What an approval is over.
pub(crate) struct Approval {
    pub(crate) version: u64,
    pub(crate) scope: Value,
    pub(crate) request: [u8; 32],
    pub(crate) over: Request,
    pub(crate) class: u64,
    pub(crate) height: u32,
    pub(crate) heads: Vec<Head>,
}

impl Approval {
    fn value(&self, officer: &str, reject: bool) -> Value {
        let digest = |bytes: &[u8; 32]| Some(Value::bytes(bytes));
        Value::fields([
            Some(Value::Uint(self.version)),
            Some(self.scope.clone()),
            Some(Value::Uint(reject.into())),
            Some(Value::text(officer)),
            digest(&self.over.root),
            digest(&self.over.roster),
            digest(&self.over.policy),
            digest(&self.over.wallet),
            digest(&self.request),
            digest(&self.over.tx),
            Some(Value::Uint(self.class)),
            Some(Value::Uint(self.height.into())),
            Some(Value::Array(self.heads.iter().map(head).collect())),
        ])
    }
}
