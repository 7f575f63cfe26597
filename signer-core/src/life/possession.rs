//! A backup or a restored HSM held against the device card: a proof of every key.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use bitcoin::secp256k1::{Message, PublicKey, Secp256k1, ecdsa};
use minicbor::{Decode, Encode};

use super::{KeyLine, KeyState, KeyUse, Permit};
use crate::codec;
use crate::cose::{Artefact, Scope, SignedBy};
use crate::digest::{CardDigest, DeviceId, tagged};
use crate::keys::{CkaId, Signature64};
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, RuleLine, Verdict};
use crate::signing::{PossessionOrder, WalletKeyRef};
use crate::token::HsmFacts;
use crate::transcript::DeviceState;
use crate::types::{Lang, SessionNumber};

/// What a token could prove of the keys on a device card. Signed by the identity key on it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PossessionReport {
    /// Version of this structure: 1.
    #[n(0)]
    pub version: u8,
    /// Network and purpose.
    #[n(1)]
    pub scope: Scope,
    /// The device.
    #[n(2)]
    pub device: DeviceId,
    /// The session in which it was made.
    #[n(3)]
    pub session: SessionNumber,
    /// The proofs are over it: [`PossessionReport::nonce_of`].
    #[cbor(n(4), with = "minicbor::bytes")]
    pub nonce: [u8; 32],
    /// The card.
    #[n(5)]
    pub card: CardDigest,
    /// The HSM that was looked at.
    #[n(6)]
    pub hsm: HsmFacts,
    /// How its memory stands to the journal.
    #[n(7)]
    pub standing: Standing,
    /// Every key of the card, in its order.
    #[n(8)]
    pub lines: Vec<ProofLine>,
    /// How many entries the journal had before the proofs.
    #[n(9)]
    pub entries: u64,
    /// SHA-256 of the last of them: the nonce is over it.
    #[cbor(n(10), with = "minicbor::bytes")]
    pub head: [u8; 32],
}

impl Artefact for PossessionReport {
    const KIND: &'static str = "possession-report";
    const SIGNED_BY: SignedBy = SignedBy::Device;
}

impl Standing {
    /// What the opening entry of a session says of TRN03 and TRN05 where neither refuses.
    pub fn lines(self) -> [RuleLine; 2] {
        let unanchored = || {
            Verdict::NotApplicable(phrase!(
                "this HSM keeps no anchor",
                "このHSMはアンカーを保持しない"
            ))
        };
        let restored = || {
            Verdict::NotApplicable(phrase!(
                "an HSM that was restored: it is not the one in use",
                "復元されたHSM(使用中のものではない)"
            ))
        };
        let (ancestor, in_use) = match self {
            Self::Current => (Verdict::Passed, Verdict::Passed),
            Self::Behind => (Verdict::Passed, restored()),
            Self::Blank => (restored(), restored()),
            Self::Unanchored => (unanchored(), unanchored()),
        };
        let line = |rule, verdict| RuleLine { rule, verdict };
        [line(RuleId::TRN03, ancestor), line(RuleId::TRN05, in_use)]
    }
}

/// How the anchor in an HSM stands to a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Standing {
    /// It remembers the last session.
    #[n(0)]
    Current,
    /// It remembers an earlier one: the HSM was restored from a backup.
    #[n(1)]
    Behind,
    /// It remembers nothing: only keys were restored.
    #[n(2)]
    Blank,
    /// It keeps no anchor: nothing tells the HSM in use from a copy of it.
    #[n(3)]
    Unanchored,
}

/// One key of the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ProofLine {
    /// Where it must be on the token.
    #[n(0)]
    pub id: CkaId,
    /// The public key by the card.
    #[cbor(n(1), with = "codec::as_bytes")]
    pub public_key: PublicKey,
    /// What was found.
    #[n(2)]
    pub found: Found,
}

/// What was found of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Found {
    /// It is there: its signature over the possession digest.
    #[n(0)]
    Proven(#[n(0)] Signature64),
    /// There is no such key.
    #[n(1)]
    Missing,
    /// Another key stands in its place.
    #[n(2)]
    Other,
    /// It gave no signature that verifies.
    #[n(3)]
    Unproven,
}

impl Found {
    /// The name in machine-readable output and on screens.
    pub const fn name(&self, lang: Lang) -> &'static str {
        match self {
            Self::Proven(_) => lang.pick("proven", "証明済み"),
            Self::Missing => lang.pick("missing", "なし"),
            Self::Other => lang.pick("another key in its place", "別の鍵が存在"),
            Self::Unproven => lang.pick("not proven", "証明できず"),
        }
    }

    /// The same in both languages.
    fn phrase(&self) -> Phrase {
        Phrase::new(self.name(Lang::En), self.name(Lang::Ja))
    }
}

impl PossessionReport {
    /// What the proofs of a session are over: its nonce, which the HSM drew, and the journal's head
    /// before the proofs, which no HSM can foresee. So no proof of another day can be shown again.
    pub fn nonce_of(session: &[u8; 32], head: &[u8; 32]) -> [u8; 32] {
        tagged("himuro/possession-nonce", &[session, head])
    }

    /// What must be proven: every key of this device's newest card, in its order, each in the state
    /// that the journal gives it.
    pub fn asked(state: &DeviceState) -> Vec<KeyLine> {
        let Some(card) = state.own_card() else {
            return Vec::new();
        };
        let lines = state.wallet_keys();
        let states: BTreeMap<CkaId, KeyState> = lines
            .map(|KeyLine { key, state }| (key.id, state))
            .collect();
        let state_of = |key: &WalletKeyRef| states.get(&key.id).copied();
        card.card()
            .keys()
            .map(|key| KeyLine {
                key,
                state: state_of(&key).unwrap_or(KeyState::PreActivation),
            })
            .collect()
    }

    /// The signatures of the keys that gave one.
    pub fn proofs(&self) -> impl Iterator<Item = Signature64> + '_ {
        self.lines.iter().filter_map(|line| match line.found {
            Found::Proven(signature) => Some(signature),
            Found::Missing | Found::Other | Found::Unproven => None,
        })
    }
}

/// KEY01: Every key of the device card is proven to be on the token, and no destroyed one is.
pub fn key01(report: &PossessionReport, asked: &[KeyLine]) -> Verdict {
    let mut refusals = Vec::new();
    if asked.is_empty() || report.lines.len() != asked.len() {
        let expected = phrase!(
            "{count} keys of the card",
            "端末カードの鍵 {count} 個",
            count = asked.len().max(1)
        );
        refusals.push(refusal(expected, Phrase::figure(report.lines.len())));
    }
    let secp = Secp256k1::verification_only();
    for (KeyLine { key, state }, line) in asked.iter().zip(&report.lines) {
        let fits = (line.id, line.public_key) == (key.id, key.public_key);
        let got = match (&line.found, state.permits(KeyUse::Prove)) {
            _ if !fits => phrase!("another key in its line", "その行に別の鍵"),
            (Found::Missing, Permit::Withheld) => continue,
            (_, Permit::Withheld) => {
                phrase!("a destroyed key that is still there", "破棄済みの鍵が残存")
            }
            (Found::Proven(signature), Permit::Given) => {
                let order = PossessionOrder::new(&report.device, *key, report.nonce);
                let message = Message::from_digest(*order.digest());
                let valid = ecdsa::Signature::from_compact(&signature.0)
                    .and_then(|s| secp.verify_ecdsa(&message, &s, &key.public_key));
                if valid.is_ok() {
                    continue;
                }
                phrase!("a proof that does not verify", "検証できない証明")
            }
            (other, Permit::Given) => other.phrase(),
        };
        let expected = match state.permits(KeyUse::Prove) {
            Permit::Given => phrase!("key {id} proven", "鍵 {id} の証明", id = key.id),
            Permit::Withheld => phrase!("no key {id}", "鍵 {id} なし", id = key.id),
        };
        refusals.push(refusal(expected, got));
    }
    Verdict::of(refusals)
}

const fn refusal(expected: Phrase, got: Phrase) -> Refusal {
    Refusal::new(RuleId::KEY01, Place::Token, expected, got)
}
