//! Pools of wallet keys, and the card that shows them: every key born in the HSM, read back, and
//! proven to be there.

use bitcoin::secp256k1::PublicKey;
use hsm_profiles::Progress;
use signer_core::cose::Draft;
use signer_core::keys::Fingerprint;
use signer_core::rule::RuleId;
use signer_core::signing::{PossessionOrder, SigningHsm as _, WalletKeyRef};
use signer_core::token::{KeyReading, hsm01};
use signer_core::transcript::{Body, KeysGenerated, MadeKey};
use signer_core::types::{Chain, KeyIndex, Lang, PoolNumber};
use signer_core::wallet::{DeviceCard, PoolCard, PoolKey};

use super::session::{Session, of_hsm, rule_lines};
use super::words;
use crate::failure::Failure;

/// The pool that a device is born with.
const POOL: PoolNumber = PoolNumber(0);
/// Progress is said each time this many keys are made.
const EVERY: u32 = 25;

/// Makes the keys of one chain, reads them back and records them.
pub(super) fn make_keys(
    session: &mut Session,
    chain: Chain,
    count: u32,
) -> Result<Vec<KeyReading<PublicKey>>, Failure> {
    let lang = session.lang();
    let fingerprint = Fingerprint::of(&session.facts.device);
    let console = &mut session.room.console;
    let mut said = Ok(());
    let progress = |progress: Progress| {
        if said.is_ok() && (progress.done.is_multiple_of(EVERY) || progress.done == progress.total)
        {
            let (done, total, number) = (progress.done, progress.total, chain.number());
            said = console.say(&match lang {
                Lang::En => format!("chain {number}: {done} of {total} keys"),
                Lang::Ja => format!("チェーン {number}: {total} 個中 {done} 個"),
            });
        }
    };
    let token = session.hsm.token();
    let keys = token.generate_wallet_keys(fingerprint, POOL, chain, 0..count, progress);
    let keys = keys.map_err(|e| of_hsm(&e, lang))?;
    said?;
    let evidence = session.hsm.token().profile().evidence();
    session.record(Body::KeysGenerated(KeysGenerated {
        pool: POOL,
        chain,
        first: KeyIndex(0),
        keys: keys.iter().map(made).collect(),
        evidence,
    }))?;
    let relaxations = session.hsm.token().facts().relaxations;
    let verdict = hsm01(keys.iter().map(KeyReading::flags), &relaxations);
    session
        .room
        .verdicts(&rule_lines([(RuleId::HSM01, verdict)]))?;
    Ok(keys)
}

const fn made(key: &KeyReading<PublicKey>) -> MadeKey {
    MadeKey {
        public_key: key.public_key,
        attributes: key.attributes,
    }
}

/// The card, with a possession proof of every key, signed by the identity key.
pub(super) fn make_card(
    session: &mut Session,
    chains: &[(Chain, Vec<KeyReading<PublicKey>>)],
) -> Result<Vec<u8>, Failure> {
    let lang = session.lang();
    let genesis = session.journal().state().genesis().cloned();
    let genesis = genesis.ok_or_else(|| Failure::internal("the device has no birth"))?;
    let scope = genesis.root.scope;
    let nonce = session.draw()?;
    let mut proven = |chain| -> Result<Vec<PoolKey>, Failure> {
        let keys = chains.iter().filter(|(known, _)| *known == chain);
        keys.flat_map(|(_, keys)| keys)
            .map(|key| prove(session, key, nonce))
            .collect()
    };
    let (receive, change) = (proven(Chain::Receive)?, proven(Chain::Change)?);
    let some_key = chains.iter().find_map(|(_, keys)| keys.first());
    let some_key = some_key.ok_or_else(|| Failure::internal("a pool without a key"))?;
    let card = DeviceCard {
        version: 1,
        scope,
        root: genesis.root.digest(),
        name: genesis.name.clone(),
        site: genesis.site.clone(),
        identity: session.hsm.identity(),
        generation: genesis.generation,
        nonce,
        pools: vec![PoolCard {
            pool: POOL,
            receive,
            change,
            attributes: some_key.attributes,
            evidence: some_key.evidence,
        }],
        hsm: session.hsm.token().facts(),
    };
    let draft = Draft::new(card, scope, session.hsm.identity());
    let order = draft
        .seal_order()
        .ok_or_else(|| Failure::internal("a card is not a device's to sign"))?;
    let signature = session.hsm.seal(&order).map_err(|e| of_hsm(&e, lang))?;
    let signed = draft.signed(signature).map_err(|error| {
        Failure::hsm(
            format_args!("the token's signature on the card does not verify: {error}"),
            "Do not use this token. Report it.",
        )
    })?;
    let mut lines = vec![format!("card of device {}", genesis.name), String::new()];
    lines.extend(words::lines(signed.card_digest().as_bytes()));
    session.room.console.screen("card", &lines)?;
    Ok(signed.to_bytes())
}

fn prove(
    session: &mut Session,
    key: &KeyReading<PublicKey>,
    nonce: [u8; 32],
) -> Result<PoolKey, Failure> {
    let named = WalletKeyRef {
        id: key.id,
        public_key: key.public_key,
    };
    let order = PossessionOrder::new(&session.facts.device, named, nonce);
    let possession = session.hsm.prove(&order);
    let possession = possession.map_err(|e| of_hsm(&e, session.room.lang()))?;
    Ok(PoolKey {
        public_key: key.public_key,
        possession,
    })
}
