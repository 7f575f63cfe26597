//! The official vectors of BIP-174 and BIP-370, read as they say: what is invalid is refused by
//! form, what is valid is kept byte for byte. Our profile is narrower than the BIPs, so it may
//! refuse a valid PSBT: then by the rule named here.

use std::collections::BTreeSet;
use std::path::Path;

use bitcoin::{Psbt, consensus};
use serde_json::Value;
use signer_core::psbt::build::{InputParts, OutputParts, build};
use signer_core::psbt::{Limits, MapId, ParsedPsbt, PsbtVersion, RawPsbt};
use signer_core::rule::{RuleId, Verdict};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(text: &str) -> Vec<u8> {
    let digit = |c: &u8| (0_u32..).zip(ALPHABET).find(|(_, d)| *d == c).unwrap().0;
    let mut out = vec![];
    for group in text.trim_end_matches('=').as_bytes().chunks(4) {
        let bits = group.iter().fold(0, |bits, c| bits << 6 | digit(c));
        let bits = bits << (6 * (4 - group.len()));
        out.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    out
}

fn vectors(bip: &str) -> Value {
    let path = format!("../test-vectors/data/bip/{bip}.json");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The cases of one list: identifier, PSBT, and the case itself.
fn cases(bip: &str, list: &str) -> Vec<(String, Vec<u8>, Value)> {
    let case = |case: &Value| {
        let id = case["id"].as_str().unwrap().to_owned();
        (id, base64(case["psbt"].as_str().unwrap()), case.clone())
    };
    vectors(bip)[list]
        .as_array()
        .unwrap()
        .iter()
        .map(case)
        .collect()
}

fn text(value: &Value) -> Vec<u8> {
    base64(value.as_str().unwrap())
}

/// The rules that refuse, by name; none when the PSBT is taken.
fn refusing(bytes: &[u8]) -> Vec<&'static str> {
    let Err(stopped) = ParsedPsbt::parse(bytes.to_vec()) else {
        return vec![];
    };
    let lines = stopped.report().lines().iter();
    lines
        .filter(|line| matches!(line.verdict, Verdict::Refused(_)))
        .map(|line| line.rule.name())
        .collect()
}

/// All records of a PSBT, without their order.
fn record_set(psbt: &RawPsbt) -> BTreeSet<(MapId, Vec<u8>, Vec<u8>)> {
    let records = |map| {
        psbt.records(map)
            .map(move |r| (map, r.key().to_vec(), r.value().to_vec()))
    };
    psbt.maps().flat_map(records).collect()
}

#[test]
fn invalid_psbts_are_refused_by_form() {
    for (bip, count) in [("bip174", 20), ("bip370", 24)] {
        let cases = cases(bip, "parse_invalid");
        assert_eq!(cases.len(), count);
        for (id, bytes, _) in cases {
            assert_eq!(refusing(&bytes), ["PSB01"], "{id}");
        }
    }
}

#[test]
fn valid_psbts_are_kept_byte_for_byte() {
    let mut read = 0;
    for (bip, list) in [
        ("bip174", "parse_valid"),
        ("bip174", "signer_must_refuse"),
        ("bip370", "parse_valid"),
        ("bip370", "locktime"),
    ] {
        for (id, bytes, _) in cases(bip, list) {
            let raw = RawPsbt::parse(&bytes).unwrap_or_else(|r| panic!("{id}: {r:?}"));
            assert_eq!(raw.to_bytes(), bytes, "{id}");
            assert_eq!(raw.merge(&raw).is_ok(), raw.unsigned_tx().is_ok(), "{id}");
            read += 1;
        }
    }
    assert_eq!(read, 10 + 4 + 14 + 10);
}

/// Which rules of our profile refuse which valid PSBT; those that are not named are taken.
const NARROWER: [(&str, &[&str]); 9] = [
    (
        "bip174-valid-02-p2pkh-plus-final-p2shwpkh",
        &["PSB03", "PSB05"],
    ),
    (
        "bip174-valid-04-p2pkh-plus-p2shwpkh-outputs-filled",
        &["PSB03"],
    ),
    ("bip174-valid-05-p2shwsh-2of2-one-signature", &["PSB03"]),
    ("bip174-valid-06-p2wsh-2of2-global-xpubs", &["PSB03"]),
    ("bip174-valid-07-unknown-input-types", &["PSB03", "PSB06"]),
    ("bip174-valid-08-global-xpub", &["PSB03"]),
    ("bip174-valid-09-zero-in-zero-out", &["PSB02", "PSB07"]),
    ("bip174-valid-10-zero-inputs", &["PSB02", "PSB06"]),
    ("bip370-valid-01-required-fields-only", &["PSB03"]),
];

#[test]
fn valid_psbts_are_taken_or_refused_by_a_named_rule() {
    let mut taken = 0;
    for bip in ["bip174", "bip370"] {
        for (id, bytes, _) in cases(bip, "parse_valid") {
            let narrower = NARROWER.iter().find(|(named, _)| *named == id);
            let expected = narrower.map_or(&[][..], |(_, rules)| rules);
            assert_eq!(refusing(&bytes), expected, "{id}");
            taken += usize::from(expected.is_empty());
        }
    }
    assert_eq!(taken, 24 - NARROWER.len());
}

#[test]
fn what_a_signer_must_refuse_is_refused() {
    for (id, bytes, _) in cases("bip174", "signer_must_refuse") {
        assert_eq!(refusing(&bytes), ["PSB03"], "{id}");
    }
}

#[test]
fn lock_times_are_determined_as_bip_370_says() {
    for (id, bytes, case) in cases("bip370", "locktime") {
        let raw = RawPsbt::parse(&bytes).unwrap();
        match case["locktime"].as_u64() {
            Some(expected) => {
                let tx = raw.unsigned_tx().unwrap();
                assert_eq!(u64::from(tx.lock_time.to_consensus_u32()), expected, "{id}");
            }
            None => assert_eq!(raw.unsigned_tx().unwrap_err().rule, RuleId::PSB01, "{id}"),
        }
    }
}

#[test]
fn modifiable_flags_are_read() {
    let expected = [1, 2, 4, 8, 3, 5, 6, 7, 0xFF];
    let cases = cases("bip370", "parse_valid");
    for ((id, bytes, _), flags) in cases.into_iter().skip(4).zip(expected) {
        let psbt = ParsedPsbt::parse(bytes).unwrap();
        assert_eq!(psbt.version(), PsbtVersion::V2);
        assert_eq!(psbt.modifiable(), Some(flags), "{id}");
    }
}

/// The roles of BIP-174: both signers' answers, merged in any order, are the combiner's.
#[test]
fn the_signers_of_bip_174_merge_to_the_combiners_psbt() {
    let steps = &vectors("bip174")["roles"]["steps"];
    let read = |step: &str| RawPsbt::parse(&text(&steps[step])).unwrap();
    let (a, b) = (read("signer_a"), read("signer_b"));
    let merged = a.merge(&b).unwrap();
    assert_eq!(merged.bytes(), b.merge(&a).unwrap().bytes());
    assert_eq!(record_set(&merged), record_set(&read("combiner")));
    let updated = read("updater_sighash_all");
    assert!(record_set(&merged).is_superset(&record_set(&updated)));
    assert_eq!(read("creator").unsigned_tx(), merged.unsigned_tx());
    assert_eq!(read("finalizer").unsigned_tx(), merged.unsigned_tx());
}

#[test]
fn unknown_records_of_both_are_merged() {
    let case = &vectors("bip174")["roles"]["combine_unknown"];
    let read = |value: &Value| RawPsbt::parse(&text(value)).unwrap();
    let merged = read(&case["in"][0]).merge(&read(&case["in"][1])).unwrap();
    assert_eq!(merged.bytes(), text(&case["out"]));
}

fn all_psbts() -> Vec<(String, Vec<u8>)> {
    let lists = [
        ("bip174", "parse_valid"),
        ("bip174", "parse_invalid"),
        ("bip174", "signer_must_refuse"),
        ("bip370", "parse_valid"),
        ("bip370", "parse_invalid"),
        ("bip370", "locktime"),
    ];
    let of = |(bip, list)| {
        cases(bip, list)
            .into_iter()
            .map(|(id, bytes, _)| (id, bytes))
    };
    lists.into_iter().flat_map(of).collect()
}

#[test]
fn every_cut_of_every_vector_is_refused_by_form() {
    let mut cuts = 0;
    for (id, bytes) in all_psbts() {
        for cut in 0..bytes.len() {
            assert_eq!(refusing(&bytes[..cut]), ["PSB01"], "{id} cut at {cut}");
            cuts += 1;
        }
    }
    assert!(cuts > 20_000);
}

#[test]
fn nothing_may_follow() {
    for (id, bytes) in all_psbts() {
        for tail in [&b"\0"[..], b"\n", &bytes] {
            assert_eq!(refusing(&[&bytes, tail].concat()), ["PSB01"], "{id}");
        }
    }
}

/// Every byte of every valid PSBT, changed in eight ways: no panic, what is read is kept byte for
/// byte, and what the profile takes of version 0 another reader takes too, as the same facts.
#[test]
fn changed_bytes_are_refused_or_read_as_another_reader_reads_them() {
    let (mut taken, mut tried) = (0, 0);
    let valid = ["bip174", "bip370"].map(|bip| cases(bip, "parse_valid"));
    for (id, good, _) in valid.into_iter().flatten() {
        for at in 0..good.len() {
            for bit in 0..8 {
                let mut bytes = good.clone();
                bytes[at] ^= 1 << bit;
                tried += 1;
                let Ok(raw) = RawPsbt::parse(&bytes) else {
                    continue;
                };
                assert_eq!(raw.bytes(), bytes, "{id}: byte {at}, bit {bit}");
                if let Ok(ours) = ParsedPsbt::parse(bytes.clone()) {
                    taken += 1;
                    agrees(&ours, &bytes);
                }
            }
        }
    }
    assert!(tried > 50_000 && taken > 1_000, "{taken} of {tried}");
}

fn agrees(ours: &ParsedPsbt, bytes: &[u8]) {
    if ours.version() == PsbtVersion::V2 {
        return;
    }
    let theirs = Psbt::deserialize(bytes).unwrap();
    assert_eq!(&theirs.unsigned_tx, ours.tx());
    for (n, input) in ours.inputs().iter().enumerate() {
        let parent = theirs.inputs[n].non_witness_utxo.as_ref().unwrap();
        let outpoint = theirs.unsigned_tx.input[n].previous_output;
        assert_eq!(parent.compute_txid(), outpoint.txid);
        assert_eq!(parent.output[outpoint.vout as usize], input.spent);
        assert_eq!(theirs.inputs[n].witness_script, input.witness_script);
        assert_eq!(theirs.inputs[n].redeem_script, input.redeem_script);
        assert_eq!(theirs.inputs[n].bip32_derivation.len(), input.origins.len());
    }
    assert_eq!(theirs.fee().unwrap(), ours.fee());
}

/// A parent of 100,000 outputs: the heavy size exists for it, and the usual one refuses it.
#[test]
fn heavy_parents_are_read_where_they_lie() {
    let (_, bytes, _) = cases("bip174", "parse_valid").swap_remove(0);
    let raw = RawPsbt::parse(&bytes).unwrap();
    let mut tx = raw.unsigned_tx().unwrap().clone();
    let input = MapId::Input(signer_core::types::InputIndex(0));
    let mut parent: bitcoin::Transaction =
        consensus::deserialize(raw.value(input, &[0x00]).unwrap()).unwrap();
    let coin = parent.output[tx.input[0].previous_output.vout as usize].clone();
    parent.output = vec![coin; 150_000];
    tx.input[0].previous_output = bitcoin::OutPoint::new(parent.compute_txid(), 149_999);
    let parts = InputParts {
        previous: consensus::serialize(&parent),
        ..Default::default()
    };
    let outputs = vec![OutputParts::default(); tx.output.len()];
    let heavy = build(PsbtVersion::V2, &tx, &[parts], &outputs);
    let heavy = heavy.unwrap().into_bytes();
    assert!(heavy.len() > Limits::USUAL.file_bytes());
    assert_eq!(refusing(&heavy), ["PSB02"]);
    let parsed = ParsedPsbt::parse_within(heavy, Limits::HEAVY).unwrap();
    assert_eq!(parsed.inputs()[0].spent, parent.output[0]);
}
