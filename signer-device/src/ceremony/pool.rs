//! Pools of wallet keys, and the card that shows them: every key born in the HSM, read back,
//! recorded, and proven to be there.

use bitcoin::secp256k1::PublicKey;
use hsm_profiles::Progress;
use signer_core::cose::Draft;
use signer_core::digest::word_lines;
use signer_core::keys::{CkaId, Fingerprint};
use signer_core::phrase;
use signer_core::rule::{RuleId, Verdict};
use signer_core::signing::{PossessionOrder, SigningHsm as _, WalletKeyRef};
use signer_core::token::{AcceptanceRecord, KeyReading, hsm01};
use signer_core::transcript::{
    Body, DeviceState, Genesis, KeyRange, KeysGenerated, KeysIntended, MadeKey,
};
use signer_core::types::{Chain, KeyIndex, Lang, PoolNumber};
use signer_core::wallet::{CheckedCard, DeviceCard, PoolCard, PoolKey};

use super::pace::Pace;
use super::session::{Session, of_hsm, rule_lines};
use crate::failure::Failure;

/// So many keys are recorded together. A cut loses at most as many: they are destroyed and made
/// again.
const TOGETHER: u32 = 25;

/// Announces keys, on the disk, before the HSM is asked for the first of them.
///
/// # Errors
/// HSM, where the token has no room for them; nothing is announced then.
pub(super) fn announce(
    session: &mut Session,
    pool: PoolNumber,
    counts: &[(Chain, u32)],
) -> Result<(), Failure> {
    let room = session
        .hsm
        .token()
        .check_room(counts.iter().map(|(_, count)| count).sum());
    room.map_err(|e| of_hsm(&e))?;
    let ranges = following(session.journal().state(), pool, counts);
    session.record(Body::KeysIntended(KeysIntended { pool, ranges }))
}

/// So many keys of each chain, behind those that are there.
pub(super) fn following(
    state: &DeviceState,
    pool: PoolNumber,
    counts: &[(Chain, u32)],
) -> Vec<KeyRange> {
    let wanted = counts.iter().filter(|(_, count)| *count > 0);
    let ranges = wanted.map(|(chain, count)| KeyRange {
        chain: *chain,
        first: KeyIndex(state.key_count(pool, *chain)),
        count: *count,
    });
    ranges.collect()
}

/// Makes every announced key that is not recorded yet, and lists the token once more at the end.
pub(super) fn make_keys(session: &mut Session) -> Result<(), Failure> {
    let state = session.journal().state();
    let pool = state.generation().map(|intended| intended.pool);
    let pool = pool.ok_or_else(|| {
        Failure::internal(phrase!("keys that were never announced", "予定にない鍵"))
    })?;
    let missing = state.missing_keys();
    let total = missing.iter().map(|range| range.count).sum();
    let mut pace = Pace::of(total, ["keys", "鍵"]);
    let (mut verdict, mut keys) = (None, Vec::new());
    for range in missing {
        for first in (range.first.0..range.end()).step_by(usize::try_from(TOGETHER).unwrap_or(1)) {
            let part = first..range.end().min(first.saturating_add(TOGETHER));
            let (judged, made) = make_some(session, pool, range.chain, part, &mut pace)?;
            verdict.get_or_insert(judged);
            keys.extend(made.iter().map(|key| (key.id, key.public_key)));
        }
    }
    let there = session.hsm.token().confirm_wallet_keys(&keys);
    there.map_err(|e| of_hsm(&e))?;
    let verdict = verdict.map(|verdict| rule_lines([(RuleId::HSM01, verdict)]));
    session.room.verdicts(&verdict.unwrap_or_default())
}

/// Makes some keys, records them as they were read back, and judges them.
fn make_some(
    session: &mut Session,
    pool: PoolNumber,
    chain: Chain,
    part: std::ops::Range<u32>,
    pace: &mut Pace,
) -> Result<(Verdict, Vec<KeyReading<PublicKey>>), Failure> {
    let lang = session.lang();
    let device = Fingerprint::of(&session.facts.device);
    let first = KeyIndex(part.start);
    let console = &mut session.room.console;
    let mut said = Ok(());
    let progress = |_: Progress| {
        if let (Ok(()), Some(line)) = (&said, pace.one(lang)) {
            said = console.say(&line);
        }
    };
    let token = session.hsm.token();
    let keys = token.generate_wallet_keys(device, pool, chain, part, progress);
    let keys = keys.map_err(|e| of_hsm(&e))?;
    said?;
    let evidence = session.hsm.token().profile().evidence();
    session.record(Body::KeysGenerated(KeysGenerated {
        pool,
        chain,
        first,
        keys: keys.iter().map(made).collect(),
        evidence,
    }))?;
    let relaxations = session.hsm.token().facts().relaxations;
    let verdict = hsm01(keys.iter().map(KeyReading::flags), &relaxations);
    if matches!(verdict, Verdict::Refused(_)) {
        let lines = rule_lines([(RuleId::HSM01, verdict.clone())]);
        session.judged(&lines)?;
    }
    Ok((verdict, keys))
}

const fn made(key: &KeyReading<PublicKey>) -> MadeKey {
    MadeKey {
        public_key: key.public_key,
        attributes: key.attributes,
    }
}

/// The card: every recorded key with a possession proof, signed by the identity key. It names the
/// card before it.
pub(super) fn make_card(session: &mut Session) -> Result<Vec<u8>, Failure> {
    let Genesis {
        generation,
        acceptance,
        ..
    } = birth(session)?;
    let nonce = session.draw()?;
    let facts = CardFacts {
        generation,
        acceptance,
        nonce,
    };
    make_card_of(session, facts)
}

fn birth(session: &Session) -> Result<Genesis, Failure> {
    let genesis = session.journal().state().genesis().cloned();
    genesis.ok_or_else(|| {
        Failure::internal(phrase!("the device has no birth", "端末の起点の記録がない"))
    })
}

/// What a card says of its HSM beside the HSM's own facts.
pub(super) struct CardFacts {
    /// Generation of the HSM behind the device's name.
    pub(super) generation: u32,
    /// The acceptance test that it has passed.
    pub(super) acceptance: Option<AcceptanceRecord>,
    /// What the proofs are over.
    pub(super) nonce: [u8; 32],
}

/// The same, with these facts.
pub(super) fn make_card_of(session: &mut Session, facts: CardFacts) -> Result<Vec<u8>, Failure> {
    let CardFacts {
        generation,
        acceptance,
        nonce,
    } = facts;
    let genesis = birth(session)?;
    let scope = genesis.root.scope;
    let card = DeviceCard {
        version: 1,
        scope,
        root: genesis.root.digest(),
        name: genesis.name.clone(),
        site: genesis.site.clone(),
        identity: session.hsm.identity(),
        generation,
        nonce,
        pools: prove_pools(session, nonce)?,
        hsm: session.hsm.token().facts(),
        predecessor: session
            .journal()
            .state()
            .own_card()
            .map(CheckedCard::digest),
        acceptance,
    };
    let draft = Draft::new(card, scope, session.hsm.identity());
    let order = draft.seal_order().ok_or_else(|| {
        Failure::internal(phrase!(
            "a card is not a device's to sign",
            "カードが端末の署名対象ではない"
        ))
    })?;
    let signature = session.hsm.seal(&order).map_err(|e| of_hsm(&e))?;
    let signed = draft.signed(signature).map_err(|error| {
        Failure::hsm(
            phrase!(
                "the token's signature on the card does not verify: {why}",
                "カードへのトークンの署名を検証できない: {why}",
                why = error.phrase()
            ),
            phrase!(
                "Do not use this token. Report it.",
                "このトークンを使用せず、報告してください。"
            ),
        )
    })?;
    let mut lines = vec![format!("card of device {}", genesis.name), String::new()];
    lines.extend(word_lines(signed.card_digest().as_bytes()));
    session.room.console.screen("card", &lines)?;
    Ok(signed.to_bytes())
}

/// Every recorded pool, every key proven to be there.
fn prove_pools(session: &mut Session, nonce: [u8; 32]) -> Result<Vec<PoolCard>, Failure> {
    let state = session.journal().state();
    let pools = state.whole_pools();
    let counts = pools.iter().flat_map(|pool| {
        let chains = [Chain::Receive, Chain::Change];
        chains.map(|chain| state.key_count(*pool, chain))
    });
    let total = counts.sum();
    let mut pace = Pace::of(total, ["proofs", "所持証明"]);
    pools
        .into_iter()
        .map(|pool| {
            let receive = prove_chain(session, pool, Chain::Receive, nonce, &mut pace)?;
            let change = prove_chain(session, pool, Chain::Change, nonce, &mut pace)?;
            let mut recorded = session.journal().state().keys().iter();
            let some = recorded.find(|made| made.pool == pool && !made.keys.is_empty());
            let some = some.and_then(|made| Some((made.keys.first()?.attributes, made.evidence)));
            let some = some.ok_or_else(|| {
                Failure::internal(phrase!("a pool without a key", "鍵のない鍵プール"))
            })?;
            let (attributes, evidence) = some;
            Ok(PoolCard {
                pool,
                receive,
                change,
                attributes,
                evidence,
            })
        })
        .collect()
}

fn prove_chain(
    session: &mut Session,
    pool: PoolNumber,
    chain: Chain,
    nonce: [u8; 32],
    pace: &mut Pace,
) -> Result<Vec<PoolKey>, Failure> {
    let (lang, device) = (session.lang(), session.facts.device);
    let recorded = session.journal().state().pool_keys(pool, chain);
    let keys: Vec<PublicKey> = recorded.map(|key| key.public_key).collect();
    let mut proven = Vec::with_capacity(keys.len());
    for (index, public_key) in (0..).map(KeyIndex).zip(keys) {
        let id = CkaId::wallet(Fingerprint::of(&device), pool, chain, index);
        let order = PossessionOrder::new(&device, WalletKeyRef { id, public_key }, nonce);
        let possession = session.hsm.prove(&order);
        let possession = possession.map_err(|e| of_hsm(&e))?;
        let before = session.journal().state().ledger().r_values();
        let judged = order.judge(&possession, before);
        judged.map_err(|refusal| session.refuse(&refusal))?;
        proven.push(PoolKey {
            public_key,
            possession,
        });
        if let Some(line) = pace.one(lang) {
            session.room.console.say(&line)?;
        }
    }
    Ok(proven)
}

/// A range of keys, as a screen shows it.
pub(super) fn shown(range: &KeyRange, lang: Lang) -> String {
    let (count, first, last) = (range.count, range.first, range.end().saturating_sub(1));
    let chain = range.chain.number();
    match lang {
        Lang::En => format!("  chain {chain}: {count} keys, {first} to {last}"),
        Lang::Ja => format!("  チェーン {chain}: {first} から {last} までの {count} 個"),
    }
}
