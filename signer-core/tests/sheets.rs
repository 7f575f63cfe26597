//! The families of the catalogue whose cases are no PSBTs: registration, frames of the air gap and
//! transcripts. Cases and expectations come from `test-vectors`, which knows nothing of signer-core.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use signer_core::codec;
use signer_core::digest::sha256_of;
use signer_core::frames::{Limits, Received, Receiver};
use signer_core::keys::P256PublicKey;
use signer_core::root::Root;
use signer_core::rule::{Place, RuleId};
use signer_core::transcript::{Journal, Trust, VerifiedTranscript};
use signer_core::types::Lang;
use test_vectors::{
    Kind, Sheet, SheetCase, WORLD_FILE, WorldFile, data, journal_installing, places_of, sheets,
    stored, stored_sheets, transcript, unhex,
};

/// Runs every case of a kind; all that is wrong is said at once.
fn over_all(kind: Kind, judge: impl Fn(&Sheet, &SheetCase) -> Result<(), String>) {
    let mut wrong = vec![];
    for sheet in stored_sheets(kind) {
        for case in &sheet.cases {
            if let Err(why) = judge(&sheet, case) {
                wrong.push(format!("{}/{}: {why}", sheet.name, case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

/// The artefacts of a registration, in order.
fn artefacts(case: &SheetCase) -> Vec<(String, Vec<u8>)> {
    let lines = case.all("install").map(|line| {
        let (kind, hex) = line.split_once(' ').expect("kind and bytes");
        (kind.to_owned(), unhex(hex).expect("hexadecimal"))
    });
    lines.collect()
}

/// Whether `text` says the words, where `~` stands for anything.
fn says(text: &str, words: &str) -> bool {
    let mut rest = Some(text);
    for part in words.split('~') {
        rest = rest
            .and_then(|rest| rest.split_once(part))
            .map(|(_, after)| after);
    }
    rest.is_some()
}

#[test]
fn a_device_installs_what_it_may_and_no_more() {
    over_all(Kind::Registration, |_, case| {
        let device = case.all("device").next().ok_or("no device")?;
        let artefacts = artefacts(case);
        let loaded = Journal::load(&journal_installing(device, &artefacts));
        let refusal = match (loaded, case.expected.split_once(' ')) {
            (Ok(_), None) => return Ok(()),
            (Ok(_), Some(_)) => return Err("it was installed".into()),
            (Err(refusal), _) => refusal,
        };
        let said = refusal.text(Lang::En);
        let refused = case.expected.strip_prefix("refused ");
        let refused = refused.ok_or_else(|| said.clone())?;
        let (number, words) = refused.split_once(' ').unwrap_or((refused, ""));
        let number: usize = number.parse().map_err(|_| "no number")?;
        let there = refusal.place == Place::Entry(places_of(device, &artefacts)[number]);
        let right = there && refusal.rule == RuleId::TRN04 && says(&said, words);
        right.then_some(()).ok_or(said)
    });
}

#[test]
fn a_receiver_makes_one_message_of_frames_or_none() {
    over_all(Kind::Frames, |_, case| {
        let mut receiver = Receiver::new(Limits::OURS);
        let mut alarmed = false;
        for text in case.all("frame") {
            alarmed |= matches!(receiver.receive(text), Received::Alarm { .. });
        }
        for bytes in case.all("bytes") {
            let bytes = unhex(bytes).ok_or("not hexadecimal")?;
            alarmed |= matches!(receiver.receive(&bytes), Received::Alarm { .. });
        }
        let message = receiver.message().map(|(_, bytes)| bytes);
        let (word, digest) = case
            .expected
            .split_once(' ')
            .unwrap_or((&case.expected, ""));
        let wanted = unhex(digest).ok_or("no digest")?;
        let right = match (word, &message) {
            ("message", Some(bytes)) => sha256_of(bytes).to_vec() == wanted && !alarmed,
            ("nothing", None) => !alarmed,
            ("alarm", None) => alarmed,
            ("no-message", None) => true,
            ("other-message-or-alarm", message) => message.is_some() != alarmed,
            _ => false,
        };
        let got = format!("{} bytes, alarm {alarmed}", message.map_or(0, |m| m.len()));
        right.then_some(()).ok_or(got)
    });
}

#[test]
fn an_auditor_takes_the_true_transcript_alone() {
    let text = fs::read_to_string(data().join(WORLD_FILE)).expect("the world is there");
    let world = WorldFile::read(&text);
    let bytes = |words: &[&str]| world.bytes(words).expect("a line of the world");
    let root: Root = codec::decode(&bytes(&["root"])).expect("a root");
    let trust = Trust {
        root: root.digest(),
        identity: P256PublicKey::from_sec1(&bytes(&["device", "north"])).expect("a key"),
    };
    over_all(Kind::Transcripts, |sheet, case| {
        let bytes = transcript(&sheet.name, &case.name);
        let found = VerifiedTranscript::verify(&bytes, &trust).err();
        let wanted = case.expected.strip_prefix("refused ");
        match (wanted, found) {
            (None, None) => Ok(()),
            (None, Some(findings)) => Err(findings.to_string()),
            (Some(_), None) => Err("it was taken".into()),
            (Some(rule), Some(findings)) => {
                let first = findings.refusals()[0].rule.name();
                (first == rule).then_some(()).ok_or(findings.to_string())
            }
        }
    });
}

#[test]
fn the_sheets_are_not_stale() {
    for sheet in sheets() {
        let file = data().join(sheet.file());
        let stored = fs::read_to_string(&file).unwrap_or_default();
        assert!(
            stored == sheet.text(),
            "{} is stale; run generate",
            sheet.file()
        );
    }
    let made: BTreeSet<String> = sheets().iter().map(Sheet::file).collect();
    let there = Kind::ALL.into_iter().flat_map(stored_sheets);
    let there: BTreeSet<String> = there.map(|sheet| sheet.file()).collect();
    assert_eq!(made, there);
}

/// Numbers of the catalogue that are this project's to answer.
fn numbers() -> impl Iterator<Item = u32> {
    (1..=79)
        .chain(92..=95)
        .chain(97..=100)
        .chain(103..=106)
        .chain(113..=116)
}

/// Least variants of each number, where it is not three; a case in both versions of PSBT is
/// one variant. Beside data/: a case cut at every byte (A02), the fuzz targets (A14), Wycheproof's 463
/// signatures (A75), and of A115 the sessions that are forged in signer-core's own tests.
const VARIANTS: [(usize, &[u32]); 16] = [
    (1, &[2, 14]),
    (2, &[46]),
    (
        4,
        &[
            3, 15, 16, 17, 18, 19, 23, 26, 28, 34, 38, 48, 49, 76, 92, 115, 116,
        ],
    ),
    (5, &[7, 32, 39, 70, 74, 78, 100, 106]),
    (
        6,
        &[1, 6, 20, 30, 35, 36, 45, 50, 52, 56, 59, 72, 79, 98, 103],
    ),
    (7, &[40]),
    (
        8,
        &[
            8, 11, 13, 21, 24, 29, 33, 41, 47, 53, 54, 55, 58, 67, 68, 69, 99, 105, 114,
        ],
    ),
    (9, &[44]),
    (10, &[12, 31, 42, 94]),
    (12, &[5, 57, 63]),
    (14, &[25, 93, 104]),
    (20, &[97]),
    (24, &[4, 65]),
    (30, &[9]),
    (38, &[10]),
    (60, &[113]),
];

/// Each number has as many variants as the catalogue names.
#[test]
fn every_number_has_its_variants() {
    let families = stored().into_iter().map(|family| {
        let names = family.cases.into_iter().map(|case| case.name);
        (family.name, names.collect::<Vec<_>>())
    });
    let others = Kind::ALL.into_iter().flat_map(stored_sheets);
    let others = others.map(|sheet| {
        let names = sheet.cases.into_iter().map(|case| case.name);
        (sheet.name, names.collect::<Vec<_>>())
    });
    let mut variants = BTreeMap::<u32, BTreeSet<String>>::new();
    for (family, names) in families.chain(others) {
        let number = family
            .strip_prefix('A')
            .and_then(|name| name.split_once('-'));
        let Some(Ok(number)) = number.map(|(number, _)| number.parse()) else {
            continue;
        };
        let same = |name: String| name.replacen("v0-", "", 1).replacen("v2-", "", 1);
        variants
            .entry(number)
            .or_default()
            .extend(names.into_iter().map(same));
    }
    for number in numbers() {
        let own = VARIANTS.iter().find(|(_, own)| own.contains(&number));
        let (least, found) = (own.map_or(3, |(least, _)| *least), &variants[&number]);
        assert!(
            found.len() >= least,
            "A{number:02}: {} of {least}",
            found.len()
        );
    }
}

/// Each number is a family.
#[test]
fn every_number_of_the_catalogue_is_answered() {
    let families = stored().into_iter().map(|family| family.name);
    let others = Kind::ALL.into_iter().flat_map(stored_sheets);
    let others = others.map(|sheet| sheet.name);
    let of = |name: String| {
        let (number, _) = name.strip_prefix('A')?.split_once('-')?;
        number.parse::<u32>().ok()
    };
    let answered: BTreeSet<u32> = families.chain(others).filter_map(of).collect();
    let missing: Vec<u32> = numbers().filter(|n| !answered.contains(n)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
