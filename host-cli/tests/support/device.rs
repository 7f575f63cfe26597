//! A signing device for the host's tests: keys in memory, made from its name; what it writes is
//! what a device writes.

use bitcoin::secp256k1::{Message, PublicKey, Secp256k1, SecretKey};
use bitcoin::sighash::SighashCache;
use bitcoin::{EcdsaSighashType, ecdsa};
use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use signer_core::cose::{Artefact, Draft, Endorsed, Scope, Signed};
use signer_core::digest::{FileDigest, RootDigest, sha256_of, tagged};
use signer_core::keys::{CkaId, Fingerprint, P256PublicKey, Signature64};
use signer_core::life::{Found, PossessionReport, ProofLine, Standing};
use signer_core::psbt::{ParsedPsbt, RawPsbt, signed};
use signer_core::signing::{PossessionOrder, Receipt, SignatureLine, WalletKeyRef};
use signer_core::token::{
    AnchorStore, Assurance, Evidence, FipsClaim, Flag, HsmFacts, KeyAttribute as A, KeyAttributes,
    KeyStorage, Line, LoginKind, Relaxations,
};
use signer_core::types::{Chain, Id, InputIndex, KeyIndex, Label, PoolNumber, SessionNumber};
use signer_core::wallet::{DeviceCard, PoolCard, PoolKey, RegisteredWallet, WalletRecord};

/// Keys on each chain.
const KEYS: u32 = 4;

/// A device in software.
pub(crate) struct SoftDevice(pub(crate) &'static str);

impl SoftDevice {
    fn identity_key(&self) -> SigningKey {
        SigningKey::from_slice(&sha256_of(self.0.as_bytes())).expect("a key")
    }

    /// Its identity.
    pub(crate) fn identity(&self) -> P256PublicKey {
        let key = self.identity_key();
        let point = key.verifying_key().to_sec1_point(true);
        P256PublicKey::from_sec1(point.as_bytes()).expect("a point")
    }

    fn seal(&self, digest: &[u8; 32]) -> Signature64 {
        let key = self.identity_key();
        let signature: p256::ecdsa::Signature = key.sign_prehash(digest).expect("it signs");
        let signature = Signature64(signature.to_bytes().into());
        signature.low_s_p256().expect("in range")
    }

    /// An artefact sealed by it.
    pub(crate) fn sealed<T: Artefact>(&self, body: T, scope: Scope) -> Signed<T> {
        let draft = Draft::new(body, scope, self.identity());
        let order = draft.seal_order().expect("a device's to sign");
        draft
            .signed(self.seal(order.digest()))
            .expect("it verifies")
    }

    fn secret(&self, id: CkaId) -> SecretKey {
        let seed = tagged("test/wallet-key", &[self.0.as_bytes(), &id.to_bytes()]);
        SecretKey::from_slice(&seed).expect("a key")
    }

    /// One of its keys on secp256k1.
    pub(crate) fn public_key(&self, id: CkaId) -> PublicKey {
        PublicKey::from_secret_key(&Secp256k1::new(), &self.secret(id))
    }

    fn sign(&self, id: CkaId, digest: [u8; 32]) -> bitcoin::secp256k1::ecdsa::Signature {
        let message = Message::from_digest(digest);
        Secp256k1::new().sign_ecdsa(&message, &self.secret(id))
    }

    /// Its card with one pool.
    pub(crate) fn card(&self, scope: Scope, root: RootDigest) -> Signed<DeviceCard> {
        let nonce = sha256_of(self.0.as_bytes());
        let chain = |chain| {
            let keys = (0..KEYS).map(|index| self.pool_key(chain, index, nonce));
            keys.collect()
        };
        let card = DeviceCard {
            version: 1,
            scope,
            root,
            name: Id::new(self.0).expect("an identifier"),
            site: Label::new("Vault").expect("a label"),
            identity: self.identity(),
            generation: 1,
            nonce,
            pools: vec![PoolCard {
                pool: PoolNumber(1),
                receive: chain(Chain::Receive),
                change: chain(Chain::Change),
                attributes: born_in_hsm(),
                evidence: Evidence::Declared,
            }],
            hsm: HsmFacts {
                serial: Line::lossy(self.0),
                ..hsm_facts()
            },
            predecessor: None,
            acceptance: None,
        };
        self.sealed(card, scope)
    }

    fn pool_key(&self, chain: Chain, index: u32, nonce: [u8; 32]) -> PoolKey {
        let device = self.identity().device_id();
        let id = CkaId::wallet(
            Fingerprint::of(&device),
            PoolNumber(1),
            chain,
            KeyIndex(index),
        );
        let public_key = self.public_key(id);
        let order = PossessionOrder::new(&device, WalletKeyRef { id, public_key }, nonce);
        PoolKey {
            public_key,
            possession: Signature64(self.sign(id, *order.digest()).serialize_compact()),
        }
    }

    /// What an HSM that was restored from its backup proves, on this card; `spoil` changes the report
    /// before it is signed.
    pub(crate) fn possession(
        &self,
        card: &Signed<DeviceCard>,
        spoil: impl FnOnce(&mut PossessionReport),
    ) -> Signed<PossessionReport> {
        let (body, nonce) = (card.body(), [5; 32]);
        let lines = body.keys().map(|WalletKeyRef { id, public_key }| {
            let key = self.pool_key(id.chain, id.index.0, nonce);
            ProofLine {
                id,
                public_key,
                found: Found::Proven(key.possession),
            }
        });
        let mut hsm = body.hsm.clone();
        hsm.serial = Line::lossy("restored");
        let mut report = PossessionReport {
            version: 1,
            scope: body.scope,
            device: self.identity().device_id(),
            session: SessionNumber(9),
            nonce,
            card: card.card_digest(),
            hsm,
            standing: Standing::Behind,
            lines: lines.collect(),
            entries: 77,
            head: [8; 32],
        };
        spoil(&mut report);
        self.sealed(report, body.scope)
    }

    /// Its signature on a wallet record.
    pub(crate) fn endorse(&self, draft: &[u8]) -> Vec<u8> {
        let scope = Endorsed::<WalletRecord>::peek(draft)
            .expect("a draft")
            .scope;
        let mut record =
            Endorsed::<WalletRecord>::open(draft, scope, |_| None).expect("nobody signed");
        let todo = record.draft_for(scope, &self.identity());
        let order = todo.seal_order().expect("a device's to sign");
        record.add(todo.signed(self.seal(order.digest())).expect("it verifies"));
        record.to_bytes()
    }

    /// Its answer to a request; `spoil` changes the receipt before it is signed.
    pub(crate) fn answer(
        &self,
        request: &[u8],
        wallet: &RegisteredWallet,
        spoil: impl FnOnce(&mut Receipt),
    ) -> RawPsbt {
        let parsed = ParsedPsbt::parse(request.to_vec()).expect("a PSBT");
        let device = self.identity().device_id();
        let signatures = self.signatures(&parsed, wallet);
        let lines = signatures
            .iter()
            .map(|(input, key, signature)| SignatureLine {
                input: *input,
                key: (*key).into(),
                signature: Signature64(signature.signature.serialize_compact()),
            });
        let mut receipt = Receipt {
            version: 1,
            scope: wallet.record().scope,
            device,
            session: SessionNumber(7),
            tx: parsed.tx_digest(),
            psbt: parsed.digest(),
            signatures: lines.collect(),
            head: [7; 32],
            entries: 42,
            signature_count: 1,
            operators: ["a", "b"].map(|seat| {
                Id::new(&format!("operator.{seat}.{}", self.0)).expect("an identifier")
            }),
        };
        spoil(&mut receipt);
        let sealed = self.sealed(receipt, wallet.record().scope).to_bytes();
        let ders: Vec<_> = signatures
            .into_iter()
            .map(|(input, key, signature)| (input, key.into(), signature.to_vec()))
            .collect();
        signed::add_signatures(parsed.raw(), &ders, (device, SessionNumber(7), sealed))
            .expect("an answer")
    }

    fn signatures(
        &self,
        parsed: &ParsedPsbt,
        wallet: &RegisteredWallet,
    ) -> Vec<(InputIndex, PublicKey, ecdsa::Signature)> {
        let device = self.identity().device_id();
        let mut cache = SighashCache::new(parsed.tx());
        let inputs = (0..).zip(parsed.inputs());
        inputs
            .map(|(place, input)| {
                let at = usize::try_from(place).expect("small");
                let spent = &input.spent;
                let (chain, index) = wallet.locate(&spent.script_pubkey).expect("ours");
                let own = wallet.own_key(&device, chain, index).expect("ours");
                let script = wallet.witness_script(chain, index).expect("ours");
                let all = EcdsaSighashType::All;
                let sighash = cache
                    .p2wsh_signature_hash(at, &script, spent.value, all)
                    .expect("an input");
                let digest = *Message::from(sighash).as_ref();
                let signature = ecdsa::Signature::sighash_all(self.sign(own.id, digest));
                (InputIndex(place), own.public_key, signature)
            })
            .collect()
    }
}

pub(crate) fn born_in_hsm() -> KeyAttributes {
    let yes = |attribute| {
        matches!(
            attribute,
            A::Token
                | A::Private
                | A::Sensitive
                | A::AlwaysSensitive
                | A::NeverExtractable
                | A::Local
                | A::Sign
                | A::Destroyable
        )
    };
    KeyAttributes::read(|a| if yes(a) { Flag::True } else { Flag::False }, None)
}

pub(crate) fn hsm_facts() -> HsmFacts {
    HsmFacts {
        vendor: Line::lossy("nobody"),
        model: Line::lossy("in memory"),
        serial: Line::lossy("1"),
        firmware: Line::lossy("1.0"),
        hardware: Line::lossy("1.0"),
        label: Line::lossy("test"),
        module_library: Line::lossy("none"),
        module_version: Line::lossy("1.0"),
        module_digest: FileDigest::over(&[b"module"]),
        profile: Id::new("test").expect("an identifier"),
        profile_digest: FileDigest::over(&[b"profile"]),
        assurance: Assurance::TestOnly,
        key_storage: KeyStorage::Software,
        fips: FipsClaim::Never(Line::lossy("software")),
        relaxations: Relaxations::none(),
        unverified: Vec::new(),
        login: LoginKind::Pin,
        anchor: AnchorStore::DataObject,
    }
}
