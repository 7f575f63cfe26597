//! Incidents of others, played against the built program as far as it lets them: what happened,
//! and what it cannot show, stands in `docs/drills.md` under the same names. Each drill names the
//! rules that stopped it, and the device's own transcript must name them too.

mod support;

use bitcoin::hashes::Hash as _;
use bitcoin::{Amount, ScriptBuf};
use signer_core::psbt::{MapId, ParsedPsbt, ProprietaryField, RawPsbt};
use signer_core::transcript::{Body, Outcome};
use signer_core::types::{InputIndex, KeyIndex};

use support::house::{House, Transfer, ceremony, destination_script, run};
use support::people::{PIN, at_ceremony, at_commissioning};
use support::play::{Played, device, play, typed};
use support::{Bench, isolated};

/// The coin that the good transfer spends: receive address and number.
const COIN: [(KeyIndex, u32); 1] = [(KeyIndex(1), 1)];

/// An address of the thief.
fn thief() -> ScriptBuf {
    ScriptBuf::new_p2wsh(&bitcoin::WScriptHash::from_byte_array([0x66; 32]))
}

/// The transfer that everybody means.
fn meant() -> Transfer {
    Transfer::to(destination_script(), &COIN)
}

/// `psbt` with the request and the approvals that were given for another one.
fn with_words_of(approved: &RawPsbt, psbt: &RawPsbt) -> RawPsbt {
    let approved = ParsedPsbt::parse(approved.to_bytes()).expect("strict");
    let carried = approved.carried();
    let request = carried.request.as_deref().expect("it was asked for");
    let psbt = psbt.insert_global(&ProprietaryField::request_key(), request);
    carried
        .approvals
        .iter()
        .fold(psbt.expect("it fits"), |psbt, (officer, bytes)| {
            let key = ProprietaryField::approval_key(officer);
            psbt.insert_global(&key, bytes).expect("it fits")
        })
}

/// Puts the PSBT before honest operators: these rules must refuse it, nothing comes out, and the
/// transcript that an auditor verifies names the same rules.
fn stopped_by(house: &House<'_>, name: &str, psbt: &RawPsbt, rules: &[&str]) {
    house.bench.write("attack.psbt", &psbt.to_bytes());
    let before = house
        .verified_transcript(name)
        .state()
        .ledger()
        .signatures();
    let arguments = house.sign_arguments(name, "attack.psbt", &["stolen.psbt"]);
    let played = ceremony(&arguments);
    played.ended(1);
    for rule in rules {
        played.says(&format!("x {rule} refused"));
    }
    assert!(!played.output.contains("[screen-1]"), "nobody was asked");
    assert!(!house.bench.path("stolen.psbt").exists());
    let transcript = house.verified_transcript(name);
    assert_eq!(transcript.state().ledger().signatures(), before);
    let last = transcript.state().sessions().last();
    assert_eq!(last.map(|session| session.outcome), Some(Outcome::Refused));
    let mut reports = transcript
        .entries()
        .iter()
        .filter_map(|entry| match &entry.body {
            Body::Reported(report) => Some(report),
            _ => None,
        });
    let report = format!("{:?}", reports.next_back().expect("a report"));
    for rule in rules {
        assert!(report.contains(rule), "{rule} is not in {report}");
    }
}

/// The request was altered between the people who meant it and the machine that signed it.
#[test]
fn dmm_the_destination_is_altered_after_the_approvals() {
    isolated(
        "dmm_the_destination_is_altered_after_the_approvals",
        |bench| {
            let mut house = House::ready(bench);
            let good = house.unsigned(&meant());
            let approved = house.asked_and_approved(good);
            let bad = house.unsigned(&Transfer::to(thief(), &COIN));
            let altered = with_words_of(&approved, &bad);
            stopped_by(&house, "d1", &altered, &["POL01"]);
        },
    );
}

/// Even towards the right destination: the words are over one transaction and no other.
#[test]
fn dmm_approvals_are_moved_to_another_transaction() {
    isolated("dmm_approvals_are_moved_to_another_transaction", |bench| {
        let mut house = House::ready(bench);
        let good = house.unsigned(&meant());
        let approved = house.asked_and_approved(good);
        let other = Transfer {
            paid: Amount::from_sat(119_000_000),
            ..meant()
        };
        let altered = with_words_of(&approved, &house.unsigned(&other));
        stopped_by(&house, "d1", &altered, &["APP01", "APP02", "APP04"]);
    });
}

/// The order of September 2024 found that one person had done all of it.
#[test]
fn dmm_one_person_asks_approves_and_operates() {
    isolated("dmm_one_person_asks_approves_and_operates", |bench| {
        let mut house = House::ready(bench);
        let good = house.unsigned(&meant());
        let alone = house.asked_and_approved_by(&["req.a"], good.clone());
        let rules = ["APP04", "APP05", "APP06", "APP07", "APP09"];
        stopped_by(&house, "d1", &alone, &rules);
        // With honest approvals, the same person on both chairs.
        let approved = house.asked_and_approved(good);
        bench.write("in.psbt", &approved.to_bytes());
        let arguments = house.sign_arguments("d1", "in.psbt", &["out.psbt"]);
        let played = run(&arguments, |prompt| match prompt.id {
            "officer-b" => typed("op.a"),
            _ => at_ceremony(prompt),
        });
        played.ended(2).says("3 wrong answers to [officer-b]");
        assert!(!bench.path("out.psbt").exists());
        let transcript = house.verified_transcript("d1");
        assert_eq!(transcript.state().ledger().signatures(), 0);
    });
}

/// The screen showed a routine transfer; what was signed gave everything away.
#[test]
fn bybit_a_signature_over_less_than_everything_is_asked_for() {
    isolated(
        "bybit_a_signature_over_less_than_everything_is_asked_for",
        |bench| {
            let mut house = House::ready(bench);
            let good = house.unsigned(&meant());
            // SIGHASH_NONE: whoever holds the signature may choose the outputs afterwards.
            let none = (MapId::Input(InputIndex(0)), vec![3], vec![2, 0, 0, 0]);
            let blind = good.with_records(&[none]).expect("it fits");
            let approved = house.asked_and_approved(good);
            stopped_by(&house, "d1", &with_words_of(&approved, &blind), &["PSB04"]);
        },
    );
}

/// What the container claims is no proof: an output that says it is change is rebuilt.
#[test]
fn bybit_the_rest_goes_to_a_thief_as_change() {
    isolated("bybit_the_rest_goes_to_a_thief_as_change", |bench| {
        let mut house = House::ready(bench);
        let forged = Transfer {
            change: Some(thief()),
            ..meant()
        };
        let forged = house.unsigned(&forged);
        let approved = house.asked_and_approved(forged);
        stopped_by(&house, "d1", &approved, &["WAL05"]);
    });
}

/// The co-signer relied on what the first one had seen. This one judges for itself.
#[test]
fn wazirx_the_second_signer_trusts_the_first_ones_signature() {
    isolated(
        "wazirx_the_second_signer_trusts_the_first_ones_signature",
        |bench| {
            let mut house = House::ready(bench);
            let good = house.unsigned(&meant());
            let approved = house.asked_and_approved(good);
            bench.write("in.psbt", &approved.to_bytes());
            let arguments = house.sign_arguments("d1", "in.psbt", &["d1.psbt"]);
            ceremony(&arguments).ended(0);
            let signed = ParsedPsbt::parse(bench.read("d1.psbt")).expect("strict");
            let (key, signature) = signed.inputs()[0].partial_sigs[0].clone();
            let first = (
                MapId::Input(InputIndex(0)),
                [&[2][..], &key.serialize()].concat(),
                signature,
            );
            // Under another destination, and under another amount to the right one; then without it.
            let larger = Transfer {
                paid: Amount::from_sat(119_000_000),
                ..meant()
            };
            for (bad, first, rule) in [
                (Transfer::to(thief(), &COIN), Some(first.clone()), "WAL06"),
                (larger, Some(first), "WAL06"),
                (Transfer::to(thief(), &COIN), None, "POL01"),
            ] {
                let first: Vec<_> = first.into_iter().collect();
                let bad = house.unsigned(&bad).with_records(&first);
                let bad = with_words_of(&approved, &bad.expect("it fits"));
                stopped_by(&house, "d2", &bad, &[rule]);
            }
        },
    );
}

/// Everybody online is taken over, and every word is genuine: the device has a limit of its own.
#[test]
fn liquid_the_online_side_asks_for_more_than_the_limit() {
    isolated(
        "liquid_the_online_side_asks_for_more_than_the_limit",
        |bench| {
            let mut house = House::ready(bench);
            let much = Transfer {
                paid: Amount::from_sat(120_000_001),
                ..meant()
            };
            let much = house.unsigned(&much);
            let approved = house.asked_and_approved(much);
            stopped_by(&house, "d1", &approved, &["POL02"]);
        },
    );
}

/// The hot side is emptied and asks again for what it had.
#[test]
fn liquid_the_same_coins_are_asked_for_again() {
    isolated("liquid_the_same_coins_are_asked_for_again", |bench| {
        let mut house = House::ready(bench);
        let good = house.unsigned(&meant());
        let approved = house.asked_and_approved(good);
        bench.write("in.psbt", &approved.to_bytes());
        let arguments = house.sign_arguments("d1", "in.psbt", &["d1.psbt"]);
        ceremony(&arguments).ended(0);
        let again = Transfer {
            paid: Amount::from_sat(90_000_000),
            ..meant()
        };
        let again = house.unsigned(&again);
        let approved = house.asked_and_approved(again);
        stopped_by(&house, "d1", &approved, &["POL07"]);
    });
}

/// A program gave nearly 20 BTC to the miners.
#[test]
fn paxos_a_program_pays_the_amount_as_a_fee() {
    isolated("paxos_a_program_pays_the_amount_as_a_fee", |bench| {
        let mut house = House::ready(bench);
        let slip = Transfer {
            fee: Amount::from_sat(49_000_000),
            ..meant()
        };
        let slip = house.unsigned(&slip);
        let approved = house.asked_and_approved(slip);
        stopped_by(&house, "d1", &approved, &["POL04"]);
    });
}

/// "It failed, please sign again": the same work is given out again, never made again.
#[test]
fn radiant_the_operators_are_told_to_sign_once_more() {
    isolated(
        "radiant_the_operators_are_told_to_sign_once_more",
        |bench| {
            let mut house = House::ready(bench);
            let good = house.unsigned(&meant());
            let approved = house.asked_and_approved(good);
            bench.write("in.psbt", &approved.to_bytes());
            let arguments = house.sign_arguments("d1", "in.psbt", &["d1.psbt"]);
            ceremony(&arguments).ended(0);
            stopped_by(&house, "d1", &approved, &["POL07"]);
            let state = bench.arg("d1");
            let again = bench.arg("again.psbt");
            let arguments = ["psbt", "reissue", "--state", &state, "--out", &again];
            run(&arguments.map(str::to_owned), at_ceremony).ended(0);
            assert_eq!(bench.read("again.psbt"), bench.read("d1.psbt"));
        },
    );
}

/// The random generator never reached the hardware source, and nothing noticed.
#[test]
fn coldcard_the_random_generator_is_dead() {
    isolated("coldcard_the_random_generator_is_dead", |bench| {
        let mut house = behind_quirks(bench);
        let words = house.officers.root_words();
        for (number, fault) in ["zero", "constant", "repeated", "biased"]
            .iter()
            .enumerate()
        {
            let name = format!("born-{number}");
            let birth = with_dead_random(&house.init_arguments(&name), fault, |prompt| {
                at_commissioning(&words, prompt)
            });
            birth.ended(1).says("HSM04");
            assert!(!bench.path(&format!("{name}.card")).exists(), "{fault}");
        }
        // Later, in a session of a device that was born well.
        house = house.settled();
        let good = house.unsigned(&meant());
        let approved = house.asked_and_approved(good);
        bench.write("in.psbt", &approved.to_bytes());
        let arguments = house.sign_arguments("d1", "in.psbt", &["out.psbt"]);
        with_dead_random(&arguments, "constant", at_ceremony)
            .ended(1)
            .says("HSM04");
        assert!(!bench.path("out.psbt").exists());
        let transcript = house.verified_transcript("d1");
        assert_eq!(transcript.state().ledger().signatures(), 0);
    });
}

/// A house whose devices stand behind a module that misbehaves when it is told to.
fn behind_quirks(bench: &Bench) -> House<'_> {
    let text = include_str!("../../hsm-profiles/profiles/softhsm2.toml");
    let profile = bench.write("profile.toml", text.as_bytes());
    let program = std::env::current_exe().expect("this program has a path");
    let module = program.with_file_name("libquirk_module.so");
    House::empty(bench, Some([profile, module.display().to_string()]))
}

/// The program at an HSM whose random numbers are of this kind.
fn with_dead_random(
    arguments: &[String],
    fault: &str,
    person: impl FnMut(&support::play::Prompt<'_>) -> support::play::Act,
) -> Played {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut command = device(&arguments);
    command.env("HIMURO_QUIRK", format!("random={fault}"));
    command.env("HIMURO_QUIRK_PIN", PIN);
    play(&mut command, person)
}

/// A drill: its name, the package that plays it, and the rules that stopped it.
type Drill = (String, &'static str, Vec<String>);

/// The page and the drills name each other, and the same rules.
#[test]
fn the_page_and_the_drills_say_the_same() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |name: &str| std::fs::read_to_string(root.join(name)).expect("it is there");
    let mut played: Vec<Drill> = Vec::new();
    for package in ["signer-device", "host-cli"] {
        let source = read(&format!("{package}/tests/drills.rs"));
        let tests = source.split("#[test]\nfn ").skip(1).map(|test| {
            let (name, body) = test.split_once('(').expect("a function");
            (name.to_owned(), package, rules_in(body))
        });
        played.extend(tests.filter(|(name, ..)| !name.starts_with("the_page")));
    }
    let page = read("docs/drills.md");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let told = rows.map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let package = if cells[2] == "host-cli" {
            "host-cli"
        } else {
            "signer-device"
        };
        (
            cells[1].trim_matches('`').to_owned(),
            package,
            rules_in(cells[3]),
        )
    });
    let mut told: Vec<Drill> = told.collect();
    played.sort();
    told.sort();
    assert!(played.iter().all(|(_, _, rules)| !rules.is_empty()));
    assert_eq!(told, played);
    // Each incident has its part of the page, and each part its three answers.
    let parts: Vec<&str> = page.split("\n## ").skip(1).collect();
    for part in &parts {
        for words in [
            "**What happened.**",
            "**What is played.**",
            "**What it cannot show.**",
        ] {
            assert!(part.contains(words), "{words}: {part}");
        }
        let incident = part
            .split([' ', ','])
            .next()
            .expect("a word")
            .to_lowercase();
        assert!(
            played.iter().any(|(name, ..)| name.starts_with(&incident)),
            "{incident}"
        );
    }
    let incidents: std::collections::BTreeSet<&str> = played
        .iter()
        .filter_map(|(name, ..)| name.split('_').next())
        .collect();
    assert_eq!(incidents.len(), parts.len());
}

/// Identifiers such as `POL01`, each once, in ascending order.
fn rules_in(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let rules = words.filter(|word| {
        let (letters, digits) = word.split_at(word.len().min(3));
        letters.len() == 3
            && digits.len() == 2
            && letters.chars().all(|c| c.is_ascii_uppercase())
            && digits.chars().all(|c| c.is_ascii_digit())
    });
    let rules: std::collections::BTreeSet<String> = rules.map(str::to_owned).collect();
    rules.into_iter().collect()
}
