//! A disk that is lost, and the way out: the real program goes on from what the HSM remembers, by an
//! order of the administrators, and by nothing else.

mod support;

use std::fs;

use signer_core::codec;
use signer_core::cose::{Endorsed, peek};
use signer_core::digest::FileDigest;
use signer_core::life::Recovery;
use signer_core::transcript::{Body, CeremonyKind, Outcome, UnverifiedTranscript, whole_prefix};
use signer_core::types::Height;

use support::house::{House, ceremony, destination_script, run};
use support::isolated;
use support::officers::SCOPE;
use support::people::at_ceremony;
use support::play::{Act, Played, on_a_small_disk, play, typed};
use support::recovery::{anchor_of, arguments, at_recovery, order, recover, signed};

/// A device that signed a coin (`out.psbt`), and its journal from before.
fn signed_once(house: &mut House<'_>) -> Vec<u8> {
    let bench = house.bench;
    let before = bench.read("d1/journal.cbor");
    sign(house, 1, "out.psbt").ended(0);
    before
}

fn sign(house: &mut House<'_>, coin: u8, out: &str) -> Played {
    let psbt = house.approved_psbt(destination_script(), coin);
    let input = format!("in-{out}");
    house.bench.write(&input, &psbt.to_bytes());
    ceremony(&house.sign_arguments("d1", &input, &[out]))
}

/// Orders for something else, and one that nobody has signed.
fn refuses_other_orders(house: &mut House<'_>, good: &Recovery, paper: &[&str], before: &[u8]) {
    let mut other = good.clone();
    other.identity = anchor_of(house, "d2").identity;
    let mut lower = good.clone();
    lower.anchor.signatures = 0;
    let mut elsewhere = good.clone();
    elsewhere.anchor.generation += 1;
    for (changed, what) in [
        (other, "for device"),
        (lower, "receipts count"),
        (elsewhere, "the HSM remembers something else"),
    ] {
        let paper = signed(house, changed);
        recover(house, &paper).ended(3).says(what);
        assert_eq!(house.bench.read("d1/journal.cbor"), before, "{what}");
    }
    let unsigned = Endorsed::new(good.clone(), SCOPE);
    house.bench.write("recovery.cbor", &unsigned.to_bytes());
    recover(house, paper).ended(3).says("recovery:");
}

/// A wrong PIN of the token: the recovery itself says so.
fn refuses_a_wrong_pin(house: &House<'_>, paper: &[&str], before: &[u8]) {
    let root = house.officers.root_words();
    run(&arguments(house), |prompt| match prompt.id {
        "pin" => typed("not-the-pin"),
        _ => at_recovery(prompt, paper, &root),
    })
    .ended(4)
    .says("CKR_PIN_INCORRECT");
    assert_eq!(house.bench.read("d1/journal.cbor"), before);
}

#[test]
fn a_rolled_back_device_goes_on_by_an_order_and_by_nothing_else() {
    let name = "a_rolled_back_device_goes_on_by_an_order_and_by_nothing_else";
    isolated(name, |bench| {
        let mut house = House::ready(bench);
        let before = signed_once(&mut house);
        let whole = bench.read("d1/journal.cbor");
        let good = order(&house, &["out.psbt"]);
        let paper = signed(&mut house, good.clone());
        recover(&house, &paper).ended(3).says("nothing is lost");
        bench.write("d1/journal.cbor", &before);
        sign(&mut house, 2, "refused.psbt")
            .ended(1)
            .says("device recover");

        refuses_other_orders(&mut house, &good, &paper, &before);
        // And people who type something else.
        let paper = signed(&mut house, good);
        let wrong: Vec<&str> = paper.iter().map(|_| "aardvark").collect();
        recover(&house, &wrong).ended(2).says("3 wrong answers");
        assert_eq!(bench.read("d1/journal.cbor"), before);

        refuses_a_wrong_pin(&house, &paper, &before);
        recover(&house, &paper)
            .ended(0)
            .says("goes on from the anchor");
        let aside = format!("d1/journal.cbor.before-{}", FileDigest::over(&[&before]));
        assert_eq!(bench.read(&aside), before);
        let after = bench.read("d1/journal.cbor");
        assert!(after.starts_with(&before));
        // The coin counts as signed, another one does not, and the auditor follows.
        let again = house.sign_arguments("d1", "in-out.psbt", &["again.psbt"]);
        ceremony(&again).ended(1).says("POL07");
        sign(&mut house, 3, "third.psbt").ended(0);
        let transcript = house.verified_transcript("d1");
        let sessions = transcript.state().sessions();
        let kinds: Vec<_> = sessions
            .iter()
            .rev()
            .take(3)
            .map(|s| (s.kind, s.outcome))
            .collect();
        let expected = [
            (CeremonyKind::Sign, Outcome::Signed),
            (CeremonyKind::Sign, Outcome::Refused),
            (CeremonyKind::Recover, Outcome::Done),
        ];
        assert_eq!(kinds, expected);
        let tried = transcript
            .entries()
            .iter()
            .filter(|entry| match &entry.body {
                Body::Exception(exception) => exception.happened.as_str().contains("PIN"),
                _ => false,
            });
        let tried: Vec<_> = tried.map(|entry| entry.session).collect();
        let mut recovered = sessions.iter().rev();
        let recovered = recovered.find(|session| session.kind == CeremonyKind::Recover);
        assert_eq!(tried, [recovered.expect("it has").number]);
        assert_eq!(transcript.state().ledger().signatures(), 2);
        // The order serves once, and the old disk and the newer one are both old now.
        for old in [&before, &whole] {
            bench.write("d1/journal.cbor", old);
            recover(&house, &paper)
                .ended(3)
                .says("remembers something else");
            assert_eq!(&bench.read("d1/journal.cbor"), old);
        }
    });
}

/// The HSM remembers who froze the device: neither an older disk nor none thaws it.
#[test]
fn a_frozen_device_comes_back_frozen() {
    isolated("a_frozen_device_comes_back_frozen", |bench| {
        let mut house = House::ready(bench);
        let before = signed_once(&mut house);
        let state = bench.arg("d1");
        let freeze = ["device", "freeze", "--state", &state, "--reason", "stolen"];
        run(&freeze.map(str::to_owned), |prompt| match prompt.id {
            "officer" => typed("wit.a"),
            _ => at_ceremony(prompt),
        })
        .ended(0);
        bench.write("d1/journal.cbor", &before);
        let good = order(&house, &["out.psbt"]);
        let mut silent = good.clone();
        silent.anchor.frozen = None;
        let paper = signed(&mut house, silent);
        recover(&house, &paper)
            .ended(3)
            .says("the HSM remembers something else");
        for lost in ["a part", "all"] {
            match lost {
                "a part" => drop(bench.write("d1/journal.cbor", &before)),
                _ => fs::remove_file(bench.path("d1/journal.cbor")).expect("ours"),
            }
            let good = order(&house, &["out.psbt"]);
            let paper = signed(&mut house, good);
            recover(&house, &paper)
                .ended(0)
                .says("| frozen by wit.a in session");
            sign(&mut house, 3, "third.psbt")
                .ended(1)
                .says("ENV03")
                .says("frozen by wit.a in session");
            let transcript = house.verified_transcript("d1");
            assert!(transcript.state().frozen().is_some(), "{lost}");
        }
    });
}

/// The power fails at every question, and in the steps between two questions.
#[test]
fn a_recovery_that_is_cut_is_begun_again() {
    isolated("a_recovery_that_is_cut_is_begun_again", |bench| {
        let mut house = House::ready(bench);
        let before = signed_once(&mut house);
        let good = order(&house, &["out.psbt"]);
        let paper = signed(&mut house, good);
        bench.write("d1/journal.cbor", &before);
        let root = house.officers.root_words();
        let all = arguments(&house);
        let questions = [
            "pin",
            "officer-a",
            "officer-b",
            "recover-device",
            "recover-order-1",
            "recover-order-2",
            "recover-signatures",
        ];
        for question in questions {
            let killed = run(&all, |prompt| match prompt.id {
                id if id == question => Act::Kill,
                _ => at_recovery(prompt, &paper, &root),
            });
            assert_eq!(killed.code, 255, "{question}");
            assert_eq!(bench.read("d1/journal.cbor"), before, "{question}");
        }
        // The disk fills up at one place after the other: what was there stays until the new
        // journal is whole.
        let mut full = 0;
        let size = u64::try_from(before.len()).expect("small");
        for step in 0..40 {
            let mut small = on_a_small_disk(&all, size + 2048 + step * 2048);
            let played = play(&mut small, |prompt| at_recovery(prompt, &paper, &root));
            if played.code == 0 {
                break;
            }
            full += 1;
            played.ended(5).says("the disk is full");
            let left = bench.read("d1/journal.cbor");
            if left != before {
                // It took the old one's place before the disk was full: the recovery stands.
                let read = UnverifiedTranscript::parse(whole_prefix(&left)).expect("a chain");
                let mut entries = read.entries().iter();
                assert!(entries.any(|entry| matches!(entry.body, Body::Recovered(_))));
                break;
            }
        }
        assert!(full > 2, "the disk was full {full} times");
        sign(&mut house, 3, "third.psbt").ended(0);
        house.verified_transcript("d1");
    });
}

/// Cut after the entry that recovers is in force and before the HSM is told: the device starts.
#[test]
fn a_recovery_that_the_hsm_was_not_told_of_stands() {
    isolated("a_recovery_that_the_hsm_was_not_told_of_stands", |bench| {
        let mut house = House::ready(bench);
        let before = signed_once(&mut house);
        let good = order(&house, &["out.psbt"]);
        let paper = signed(&mut house, good);
        let tokens = bench.path("tokens-before");
        copy_folder(&bench.configuration().with_file_name("tokens"), &tokens);
        bench.write("d1/journal.cbor", &before);
        recover(&house, &paper).ended(0);
        // The journal up to the entry that recovers, and the HSM as it was before.
        let after = bench.read("d1/journal.cbor");
        let read = UnverifiedTranscript::parse(&after).expect("a chain");
        let mut kept = Vec::new();
        for entry in read.entries() {
            kept.extend(codec::encode(entry));
            if matches!(entry.body, Body::Recovered(_)) {
                break;
            }
        }
        assert!(kept.len() < after.len());
        bench.write("d1/journal.cbor", &kept);
        let now = bench.configuration().with_file_name("tokens");
        fs::remove_dir_all(&now).expect("ours");
        copy_folder(&tokens, &now);
        sign(&mut house, 3, "third.psbt").ended(0).says("was cut");
        let transcript = house.verified_transcript("d1");
        let sessions = transcript.state().sessions();
        let cut = sessions.iter().rev().nth(1).expect("two sessions");
        assert_eq!(
            (cut.kind, cut.outcome),
            (CeremonyKind::Recover, Outcome::Cut)
        );
    });
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("readable");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("known").is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).expect("copied");
        }
    }
}

/// Nothing is left but the HSM, the newest card and the papers.
#[test]
fn a_device_without_a_disk_begins_anew_behind_its_anchor() {
    let name = "a_device_without_a_disk_begins_anew_behind_its_anchor";
    isolated(name, |bench| {
        let mut house = House::ready(bench);
        signed_once(&mut house);
        sign(&mut house, 2, "lost.psbt").ended(0);
        let whole = bench.read("d1/journal.cbor");
        fs::remove_dir_all(bench.path("d1")).expect("ours");
        // The receipt of the second session is lost too.
        let good = order(&house, &["out.psbt"]);
        let anchor = good.anchor.clone();
        let paper = signed(&mut house, good);
        let recovered = recover(&house, &paper);
        recovered.ended(0).says("a new one begins");
        let screen = recovered.screen("recovery").join("\n");
        assert!(
            screen.contains("signatures without a receipt  1"),
            "{screen}"
        );
        sign(&mut house, 3, "refused.psbt").ended(1);
        // The wallet again, as at first: people compare, the device signs, and all have signed. Then
        // the policy, and no other.
        let (draft, out) = (
            bench.arg("wallet-draft.cbor"),
            bench.arg("again.endorsement"),
        );
        let what = ["--draft", &draft, "--endorsement-out", &out];
        ceremony(&house.register_arguments("d1", &what)).ended(0);
        let record = bench.arg("wallet.cbor");
        ceremony(&house.register_arguments("d1", &["--record", &record])).ended(0);
        let (state, policy) = (bench.arg("d1"), bench.arg("policy.cbor"));
        let install = ["policy", "install", "--state", &state, "--policy", &policy];
        ceremony(&install.map(str::to_owned)).ended(0);
        // Which policy was in force before is lost: what this one allows waits for a day of blocks.
        house.known_height = Height(143);
        sign(&mut house, 4, "early.psbt").ended(1);
        house.known_height = Height(144);
        // What nobody knows is said before each signature.
        sign(&mut house, 4, "fourth.psbt")
            .ended(0)
            .says("does not know 1 signatures");
        sign(&mut house, 1, "again.psbt").ended(1).says("POL07");
        let transcript = house.verified_transcript("d1");
        assert_eq!(
            transcript.state().ledger().signatures(),
            anchor.signatures + 1
        );
        assert!(transcript.head().entries > anchor.entries);
        // A journal of this device that went another way is none to go on from, and is kept.
        bench.write("d1/journal.cbor", &whole[..whole.len() - 9]);
        let good = order(&house, &["out.psbt", "fourth.psbt"]);
        let paper = signed(&mut house, good);
        recover(&house, &paper).ended(0);
        let aside = FileDigest::over(&[&whole[..whole.len() - 9]]);
        assert!(
            bench
                .path(&format!("d1/journal.cbor.before-{aside}"))
                .exists()
        );
        let card: signer_core::wallet::DeviceCard = peek(&bench.read("d1.card")).expect("a card");
        assert_eq!(card.generation, 1);
        house.verified_transcript("d1");
    });
}
