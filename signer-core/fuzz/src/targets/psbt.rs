//! PSBTs: read, taken through the stages, and put together.

use std::collections::{BTreeMap, BTreeSet};

use bitcoin::hashes::Hash as _;
use bitcoin::secp256k1::PublicKey;
use bitcoin::sighash::{EcdsaSighashType, SighashCache};
use bitcoin::{Amount, Psbt, Transaction, psbt};
use signer_core::approval::HeardRequest;
use signer_core::policy::CheckedTx;
use signer_core::psbt::signed::only_permitted_difference;
use signer_core::psbt::{
    Limits, MapId, ParsedPsbt, ProprietaryField, PsbtVersion, RawPsbt, Record, limits, unarmoured,
};
use signer_core::rule::{Stopped, Verdict};
use signer_core::transcript::Journal;
use signer_core::types::{InputIndex, Lang};
use signer_core::wallet::{BindContext, DeviceStanding, WalletTx};

use super::world::{DEVICES, TIP, public, world};

/// A PSBT of either version: kept byte for byte, and read as another reader reads it.
pub(crate) fn read(data: &[u8]) -> bool {
    if let Some(bytes) = unarmoured(data.to_vec()) {
        assert!(bytes.starts_with(b"psbt\xff"));
    }
    let raw = container(data);
    let parsed = match ParsedPsbt::parse(data.to_vec()) {
        Ok(parsed) => parsed,
        Err(stopped) => {
            reported(&stopped);
            return false;
        }
    };
    let raw = raw.expect("a parsed PSBT has a container");
    assert_eq!(parsed.bytes(), data, "kept byte for byte");
    assert_eq!(raw.unsigned_tx(), Ok(parsed.tx()));
    consistent(&parsed);
    unchanged_by_headers(&raw, &parsed);
    if parsed.version() == PsbtVersion::V0 {
        agrees(&parsed, data);
    }
    true
}

/// The container alone: every byte of it lies in a record, or is the structure around them.
fn container(data: &[u8]) -> Option<RawPsbt> {
    let raw = RawPsbt::parse(data).ok()?;
    assert_eq!(raw.bytes(), data, "kept byte for byte");
    assert_eq!(raw.with_records(&[]).as_ref(), Ok(&raw));
    let mut size = 5;
    for map in raw.maps() {
        let sizes = raw.records(map).map(|r| sized(r.key()) + sized(r.value()));
        size += sizes.sum::<usize>() + 1;
        let keys: BTreeSet<&[u8]> = raw.records(map).map(Record::key).collect();
        assert_eq!(keys.len(), raw.records(map).count(), "no key twice");
    }
    assert_eq!(size, data.len(), "nothing forgotten");
    Some(raw)
}

fn sized(field: &[u8]) -> usize {
    bitcoin::VarInt::from(field.len()).size() + field.len()
}

/// A refusal says something in both languages, and no rule fills the journal.
fn reported(stopped: &Stopped) {
    let mut refused = 0;
    for line in stopped.report().lines() {
        if let Verdict::Refused(refusals) = &line.verdict {
            refused += 1;
            assert!(!refusals.is_empty() && refusals.len() <= limits::REFUSALS + 1);
            for lang in [Lang::En, Lang::Ja] {
                assert!(refusals.iter().all(|r| r.text(lang).lines().count() >= 2));
            }
        }
    }
    assert!(refused > 0, "stopped, and nothing refused");
}

fn consistent(parsed: &ParsedPsbt) {
    let total =
        |amounts: &mut dyn Iterator<Item = Amount>| -> u64 { amounts.map(Amount::to_sat).sum() };
    let spent = total(&mut parsed.inputs().iter().map(|input| input.spent.value));
    let paid = total(&mut parsed.tx().output.iter().map(|output| output.value));
    assert_eq!(spent, parsed.total_in().to_sat());
    assert_eq!(
        spent - paid,
        parsed.fee().to_sat(),
        "the fee is what is left"
    );
    assert_eq!(parsed.inputs().len(), parsed.tx().input.len());
    assert_eq!(parsed.outputs().len(), parsed.tx().output.len());
    for (n, (input, parsed)) in (0..).zip(parsed.tx().input.iter().zip(parsed.inputs())) {
        assert!(
            input.script_sig.is_empty() && input.witness.is_empty(),
            "{n}"
        );
        assert!(parsed.spent.value <= Amount::MAX_MONEY);
    }
}

/// Headers are no part of what people approve.
fn unchanged_by_headers(raw: &RawPsbt, parsed: &ParsedPsbt) {
    let with = raw
        .with_headers(b"other headers")
        .expect("room for headers");
    let key = ProprietaryField::headers_key();
    assert_eq!(with.value(MapId::Global, &key), Some(&b"other headers"[..]));
    let limits = Limits::USUAL.file_bytes();
    if let Ok(again) = ParsedPsbt::parse(with.into_bytes()) {
        assert_eq!(again.tx_digest(), parsed.tx_digest());
        assert_eq!(again.tx(), parsed.tx());
        assert_eq!(again.fee(), parsed.fee());
    } else {
        assert!(parsed.bytes().len() + 64 > limits, "headers are no refusal");
    }
}

/// What the library's reader makes of it. It asks that every key origin names a point; ours only
/// compares them with registered keys, which are points.
fn agrees(ours: &ParsedPsbt, data: &[u8]) {
    let theirs = match Psbt::deserialize(data) {
        Ok(theirs) => theirs,
        Err(psbt::Error::InvalidSecp256k1PublicKey(_)) => {
            let inputs = ours.inputs().iter().flat_map(|input| &input.origins);
            let outputs = ours.outputs().iter().flat_map(|output| &output.origins);
            let mut keys = inputs.chain(outputs).map(|origin| origin.public_key);
            assert!(keys.any(|key| PublicKey::from_slice(&key).is_err()));
            return;
        }
        Err(other) => panic!("the other reader: {other}"),
    };
    assert_eq!(&theirs.unsigned_tx, ours.tx());
    assert_eq!(theirs.fee().ok(), Some(ours.fee()));
    for (input, parsed) in theirs.inputs.iter().zip(ours.inputs()) {
        assert_eq!(input.witness_script, parsed.witness_script);
        assert_eq!(input.redeem_script, parsed.redeem_script);
        assert_eq!(input.partial_sigs.len(), parsed.partial_sigs.len());
    }
}

/// A PSBT in the world of the seeds, as far as it gets: bound to the wallet, judged by the policy,
/// its request heard.
pub(crate) fn stages(data: &[u8]) -> bool {
    let Ok(parsed) = ParsedPsbt::parse(data.to_vec()) else {
        return false;
    };
    let (tx, digest) = (parsed.tx().clone(), parsed.tx_digest());
    let (world, journal) = (world(), Journal::empty());
    let context = BindContext {
        wallets: &world.wallets,
        policy: &world.policy,
        ledger: journal.state().ledger(),
        device: &public(DEVICES[0]).device_id(),
        time: signer_core::headers::KnownTime::without_clock(TIP),
        standing: DeviceStanding::Free,
        register: journal.state().register(),
    };
    let bound = match WalletTx::bind(parsed, &context) {
        Ok(bound) => bound,
        Err(stopped) => {
            reported(&stopped);
            return false;
        }
    };
    assert_eq!(bound.parsed().tx(), &tx);
    own_coins(&bound, &tx);
    let checked = match CheckedTx::check(bound, &world.policy, &world.roster) {
        Ok(checked) => checked,
        Err(stopped) => {
            reported(&stopped);
            return false;
        }
    };
    for payment in checked.payments() {
        let at = usize::try_from(payment.output.0).expect("a small number");
        assert_eq!(tx.output[at].script_pubkey, payment.script);
        assert_eq!(tx.output[at].value, payment.amount);
    }
    match HeardRequest::hear(checked, &world.roster) {
        Ok(heard) => {
            assert_eq!(heard.request().tx, digest, "the request is about this one");
            true
        }
        Err(refusals) => {
            assert!(!refusals.is_empty());
            false
        }
    }
}

/// Every bound input is the wallet's own, its sighash is the one of another implementation, and
/// nothing is lost between coins, payments, change and fee.
fn own_coins(bound: &WalletTx, tx: &Transaction) {
    let mut cache = SighashCache::new(tx);
    let (wallet, parsed) = (bound.wallet(), bound.parsed());
    assert_eq!(bound.inputs().len(), tx.input.len());
    for (n, (input, read)) in (0..).zip(bound.inputs().iter().zip(parsed.inputs())) {
        let script = wallet.script_pubkey(input.chain(), input.key_index());
        assert_eq!(script.as_ref(), Some(&read.spent.script_pubkey));
        let sighash = cache
            .p2wsh_signature_hash(
                n,
                input.witness_script(),
                read.spent.value,
                EcdsaSighashType::All,
            )
            .expect("an input of the transaction");
        assert_eq!(input.sighash(), &sighash.to_byte_array());
        assert_eq!(input.index(), InputIndex(u32::try_from(n).expect("small")));
    }
    let out = bound.paid_out() + bound.change_total() + parsed.fee();
    assert_eq!(out, parsed.total_in());
}

/// Two PSBTs, the first behind its length (four bytes, little-endian): the same whichever is
/// merged into which, and no record lost.
pub(crate) fn merge(data: &[u8]) -> bool {
    let Some((length, rest)) = data.split_first_chunk::<4>() else {
        return false;
    };
    let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
    let Some((a, b)) = rest.split_at_checked(length) else {
        return false;
    };
    let (Ok(a), Ok(b)) = (RawPsbt::parse(a), RawPsbt::parse(b)) else {
        return false;
    };
    let (one, other) = (a.merge(&b), b.merge(&a));
    assert_eq!(one.is_ok(), other.is_ok(), "{one:?} but {other:?}");
    if let Ok(same) = a.merge(&a) {
        assert_eq!(same, a, "merged with itself it is the same");
    }
    let _ = only_permitted_difference(&a, &b);
    let (Ok(one), Ok(other)) = (one, other) else {
        return false;
    };
    assert_eq!(one.bytes(), other.bytes(), "in either order");
    assert_eq!(RawPsbt::parse(one.bytes()).as_ref(), Ok(&one));
    assert_eq!(one.unsigned_tx(), a.unsigned_tx());
    assert_eq!(one.unsigned_tx(), b.unsigned_tx());
    for from in [&a, &b] {
        let again = one.merge(from).expect("what it was made of");
        assert_eq!(records(&again), records(&one), "nothing new in it");
        for (place, value) in records(from) {
            let kept = records(&one).get(&place).cloned();
            let modifiable = place == (MapId::Global, vec![0x06]);
            assert!(kept == Some(value) || modifiable, "lost {place:?}");
        }
    }
    true
}

fn records(psbt: &RawPsbt) -> BTreeMap<(MapId, Vec<u8>), Vec<u8>> {
    let of = |map| {
        let records = psbt.records(map);
        records.map(move |r| ((map, r.key().to_vec()), r.value().to_vec()))
    };
    psbt.maps().flat_map(of).collect()
}
