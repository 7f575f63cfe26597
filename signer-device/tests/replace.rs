//! An HSM that is lost, and the one that was restored from its backup: the real program puts it in the
//! place of the old one by an order of the administrators, and by nothing else.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use signer_core::codec;
use signer_core::cose::{Endorsed, peek};
use signer_core::digest::FileDigest;
use signer_core::life::{HsmName, PossessionReport, Replacement, Standing};
use signer_core::token::Line;
use signer_core::transcript::{
    Body, CeremonyKind, Journal, Outcome, UnverifiedTranscript, whole_prefix,
};
use signer_core::types::Label;
use signer_core::wallet::DeviceCard;

use support::house::{House, ceremony, destination_script, run, run_until};
use support::officers::SCOPE;
use support::people::at_ceremony;
use support::play::{Act, Played, Plug, Prompt, device, on_a_small_disk, play, typed};
use support::{Bench, isolated, recovery};

/// Keys of each device.
const KEYS: usize = 8;

/// The restored HSM of the house: a copy of its tokens, with another serial number.
const SPARE: &str = "spare";

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("ours");
    for entry in fs::read_dir(from).expect("it can be listed") {
        let entry = entry.expect("it can be listed");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("ours");
        }
    }
}

/// The folder of the token of a device, among those of a bench.
fn token_of(tokens: &Path, name: &str) -> PathBuf {
    let label = format!("himuro-{name} ");
    let mut folders = fs::read_dir(tokens).expect("it can be listed");
    let is_it = |folder: &PathBuf| {
        let object = fs::read(folder.join("token.object")).expect("a token");
        let label = label.as_bytes();
        object.windows(label.len()).any(|part| part == label)
    };
    let mut found = folders.find_map(|entry| Some(entry.ok()?.path()).filter(is_it));
    found.take().expect("the token of the device")
}

/// A copy of the tokens: what a restored HSM holds. It is another HSM, so `d1` has another serial
/// number there.
fn restore(bench: &Bench, folder: &str) {
    copy(&bench.path("tokens"), &bench.path(folder));
    let card: DeviceCard = peek(&bench.read("d1.card")).expect("a card");
    let serial = card.hsm.serial.as_str().as_bytes().to_vec();
    let file = token_of(&bench.path(folder), "d1").join("token.object");
    let mut object = fs::read(&file).expect("a token");
    let places = 0..=object.len() - serial.len();
    let mut places = places.filter(|at| object[*at..].starts_with(&serial));
    let at = places.next().expect("the serial number");
    let last = at + serial.len() - 1;
    object[last] = if object[last] == b'0' { b'1' } else { b'0' };
    fs::write(file, object).expect("ours");
}

/// `d1` loses its memory there, and keeps its keys: an HSM into which only keys were restored.
fn forget(bench: &Bench, folder: &str) {
    // Behind its own number an object of SoftHSM begins with its class; that of a data object is 0.
    let data = [0_u64, 2, 0].map(u64::to_be_bytes).concat();
    let mut gone = 0;
    let token = token_of(&bench.path(folder), "d1");
    for entry in fs::read_dir(token).expect("it can be listed") {
        let file = entry.expect("it can be listed").path();
        let bytes = fs::read(&file).expect("ours");
        let object = file.extension().is_some_and(|end| end == "object");
        if object && bytes.get(8..32) == Some(&data[..]) {
            fs::remove_file(&file).expect("ours");
            gone += 1;
        }
    }
    assert_eq!(gone, 2, "two slots of the anchor");
}

/// The program with the tokens of this folder, and these people.
fn with_tokens(
    bench: &Bench,
    folder: &str,
    arguments: &[String],
    people: impl Fn(&Prompt<'_>) -> Act,
) -> Played {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut command = device(&words);
    command.env("SOFTHSM2_CONF", configuration(bench, folder));
    play(&mut command, people)
}

fn configuration(bench: &Bench, folder: &str) -> String {
    let text = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
        bench.arg(folder)
    );
    bench.write(&format!("{folder}.conf"), text.as_bytes())
}

fn words(bench: &Bench, words: &[&str]) -> Vec<String> {
    let (noun, rest) = words.split_at(2);
    let state = ["--state".to_owned(), bench.arg("d1")];
    let noun = noun.iter().map(|word| (*word).to_owned());
    let rest = rest.iter().map(|word| (*word).to_owned());
    noun.chain(state).chain(rest).collect()
}

/// Holds the tokens of a folder against the card, as a file.
fn verify(bench: &Bench, folder: &str, out: &str) -> Played {
    let _ = fs::remove_file(bench.path(out));
    let out = bench.arg(out);
    let arguments = words(bench, &["device", "verify-backup", "--out", &out]);
    with_tokens(bench, folder, &arguments, at_ceremony)
}

/// The order that puts the HSM of a report in the place of the one in use.
fn order(house: &House<'_>, report: &str) -> Replacement {
    let bench = house.bench;
    let signed = bench.read(report);
    let body: PossessionReport = peek(&signed).expect("a report");
    let card: DeviceCard = peek(&bench.read("d1.card")).expect("a card");
    Replacement {
        version: 1,
        scope: SCOPE,
        root: house.officers.root.digest(),
        roster: house.officers.roster.roster_digest(),
        identity: card.identity,
        generation: card.generation + 1,
        retired: HsmName::of(&card.hsm),
        hsm: body.hsm,
        acceptance: None,
        report: FileDigest::over(&[&signed]),
        entries: body.entries,
        head: body.head,
        reason: Label::new("the HSM of d1 broke").expect("plain"),
    }
}

/// The order, signed by all administrators, as a file; its words on paper.
fn signed(house: &mut House<'_>, order: Replacement) -> Vec<&'static str> {
    let mut endorsed = Endorsed::new(order, SCOPE);
    house.officers.endorse_by_all(&mut endorsed);
    let bytes = endorsed.to_bytes();
    house.bench.write("replacement.cbor", &bytes);
    endorsed.replacement_digest().words()
}

fn arguments(bench: &Bench) -> Vec<String> {
    let (order, out) = (bench.arg("replacement.cbor"), bench.arg("d1-2.card"));
    let what = ["device", "replace", "--order", &order, "--card-out", &out];
    words(bench, &what)
}

/// An honest person with the paper of the order.
fn at_replacement(prompt: &Prompt<'_>, paper: &[&str]) -> Act {
    match prompt.id {
        "replace-order-1" | "replace-order-2" => {
            let numbers = prompt.question.split(|c: char| !c.is_ascii_digit());
            let numbers: Vec<usize> = numbers.filter_map(|n| n.parse().ok()).collect();
            typed(paper[numbers[0] - 1..numbers[1]].join(" "))
        }
        "replace-device" => typed("d1"),
        "replace-hsm" => {
            let mut lines = prompt.screen.lines().rev();
            let name = lines.find_map(|line| line.strip_prefix("| new HSM  "));
            let (serial, _) = name.expect("on the screen").split_once(' ').expect("two");
            typed(serial)
        }
        _ => at_ceremony(prompt),
    }
}

fn replace(bench: &Bench, folder: &str, paper: &[&str]) -> Played {
    with_tokens(bench, folder, &arguments(bench), |prompt| {
        at_replacement(prompt, paper)
    })
}

/// `d1` signs a coin with the tokens of this folder.
fn sign(house: &mut House<'_>, folder: &str, coin: u8, out: &str) -> Played {
    let psbt = house.approved_psbt(destination_script(), coin);
    let input = format!("in-{out}");
    house.bench.write(&input, &psbt.to_bytes());
    let arguments = house.sign_arguments("d1", &input, &[out]);
    with_tokens(house.bench, folder, &arguments, at_ceremony)
}

/// `d1` makes another pool, of one key on each chain.
fn more_keys(bench: &Bench) {
    fs::remove_file(bench.path("d1.card")).expect("the old card");
    let card = bench.arg("d1.card");
    let pool = ["device", "generate", "--pool", "1"];
    let keys = ["--receive", "1", "--change", "1", "--card-out", &card];
    ceremony(&words(bench, &[&pool[..], &keys[..]].concat())).ended(0);
}

/// A device that signed a coin since its backup was made, and the backup in another HSM.
fn with_a_spare(bench: &Bench) -> House<'_> {
    let mut house = House::ready(bench);
    restore(bench, SPARE);
    sign(&mut house, "tokens", 1, "first.psbt").ended(0);
    house
}

fn has_replaced(bench: &Bench) -> bool {
    let journal = bench.read("d1/journal.cbor");
    let read = UnverifiedTranscript::parse(whole_prefix(&journal)).expect("a chain");
    let mut entries = read.entries().iter();
    entries.any(|entry| matches!(entry.body, Body::Replaced(_)))
}

#[test]
fn a_restored_hsm_takes_the_place_of_the_old_one() {
    let name = "a_restored_hsm_takes_the_place_of_the_old_one";
    isolated(name, |bench| {
        let mut house = with_a_spare(bench);
        verify(bench, SPARE, "d1.possession")
            .ended(0)
            .says("8 of 8 keys of the card are proven");
        let order = order(&house, "d1.possession");
        let paper = signed(&mut house, order.clone());
        let done = replace(bench, SPARE, &paper);
        done.ended(0)
            .says("this HSM is the device's own")
            .says("HSM05");
        let screen = done.screen("replacement").join("\n");
        assert!(screen.contains("generation  2"), "{screen}");

        // The new card names the card before it, the new HSM, and the same keys.
        let before: DeviceCard = peek(&bench.read("d1.card")).expect("a card");
        let card: DeviceCard = peek(&bench.read("d1-2.card")).expect("a card");
        assert_eq!((card.generation, card.hsm), (2, order.hsm.clone()));
        assert_ne!(order.hsm.serial, before.hsm.serial);
        assert_eq!(card.identity, before.identity);
        let keys = |card: &DeviceCard| card.keys().map(|key| key.public_key).collect::<Vec<_>>();
        let shown: DeviceCard = peek(&bench.read("d1-2.card")).expect("a card");
        assert_eq!((keys(&shown).len(), keys(&shown)), (KEYS, keys(&before)));

        // The new one signs. The old one does nothing any more, and cannot come back by this order.
        sign(&mut house, "tokens", 2, "old.psbt").ended(4);
        assert!(!bench.path("old.psbt").exists());
        sign(&mut house, SPARE, 2, "second.psbt").ended(0);
        fs::remove_file(bench.path("d1-2.card")).expect("ours");
        for folder in ["tokens", SPARE] {
            replace(bench, folder, &paper)
                .ended(3)
                .says("the next one is 3");
        }

        let transcript = house.verified_transcript("d1");
        let state = transcript.state();
        let genesis = state.genesis().expect("born");
        assert_eq!((genesis.generation, &genesis.hsm), (2, &order.hsm));
        assert_eq!(state.ledger().signatures(), 2);
        let sessions = state.sessions().iter().rev().take(4);
        let kinds: Vec<_> = sessions.map(|s| (s.kind, s.outcome)).collect();
        assert_eq!(
            kinds[..3],
            [
                (CeremonyKind::Sign, Outcome::Signed),
                (CeremonyKind::Replace, Outcome::Done),
                (CeremonyKind::Backup, Outcome::Done),
            ]
        );
        let bytes = bench.read("d1.transcript");
        assert_eq!(house.said_without_our_code("d1", &bytes), "");
    });
}

/// Another device takes a card.
fn take(bench: &Bench, name: &str, card: &str) -> Played {
    let (state, card) = (bench.arg(name), bench.arg(card));
    let arguments = ["wallet", "take-card", "--state", &state, "--card", &card];
    ceremony(&arguments.map(str::to_owned))
}

/// Once `d2` knows of the new HSM, no older card of `d1` is taken there, and both HSMs are in its journal.
#[test]
fn the_other_device_takes_the_new_card() {
    isolated("the_other_device_takes_the_new_card", |bench| {
        let mut house = House::ready(bench);
        more_keys(bench);
        restore(bench, SPARE);
        sign(&mut house, "tokens", 1, "first.psbt").ended(0);
        verify(bench, SPARE, "d1.possession").ended(0);
        let order = order(&house, "d1.possession");
        let paper = signed(&mut house, order.clone());
        replace(bench, SPARE, &paper).ended(0);

        let taken = take(bench, "d2", "d1-2.card");
        taken
            .ended(0)
            .says("the wallets of this device are judged by this card");
        let screen = taken.screen("card-d1").join("\n");
        let [old, new] = [&order.retired.serial, &order.hsm.serial];
        for known in [
            format!("generation 1, {} {old}", order.hsm.vendor),
            format!("generation 2, {} {new}", order.hsm.vendor),
        ] {
            assert!(screen.contains(&known), "{screen}");
        }
        // The card of before, which this device never took, would bring the retired HSM back.
        take(bench, "d2", "d1.card")
            .ended(1)
            .says("x WAL09 refused")
            .says("expected generation 2 or above, got 1");
        take(bench, "d2", "d1-2.card")
            .ended(3)
            .says("is known here");
        take(bench, "d2", "d2.card").ended(3).says("no co-signer");
        let bytes = bench.read("d1-2.card");
        let mut altered = bytes.clone();
        altered[200] ^= 1;
        bench.write("altered.card", &altered);
        take(bench, "d2", "altered.card").ended(3);

        let psbt = house.approved_psbt(destination_script(), 2);
        bench.write("second.psbt", &psbt.to_bytes());
        ceremony(&house.sign_arguments("d2", "second.psbt", &["signed.psbt"])).ended(0);
        let transcript = house.verified_transcript("d2");
        let card: DeviceCard = peek(&bytes).expect("a card");
        let cards = transcript.state().wallets().cards();
        let known = cards.of(&card.identity.device_id()).expect("a card");
        assert_eq!((known.generation(), known.hsm().serial), (2, new));
        let bytes = bench.read("d2.transcript");
        assert_eq!(house.said_without_our_code("d2", &bytes), "");
    });
}

/// The same serial number behind both: only what the HSM remembers tells them apart.
#[test]
fn the_old_hsm_is_refused_also_where_it_looks_the_same() {
    let name = "the_old_hsm_is_refused_also_where_it_looks_the_same";
    isolated(name, |bench| {
        let mut house = House::ready(bench);
        copy(&bench.path("tokens"), &bench.path(SPARE));
        sign(&mut house, "tokens", 1, "first.psbt").ended(0);
        verify(bench, SPARE, "d1.possession").ended(0);
        // The HSM in use was looked at as well: it cannot replace itself.
        verify(bench, "tokens", "current.possession").ended(0);
        let current = order(&house, "current.possession");
        let paper = signed(&mut house, current);
        replace(bench, "tokens", &paper)
            .ended(3)
            .says("the HSM in use");
        replace(bench, SPARE, &paper)
            .ended(3)
            .says("the report is of the HSM in use");

        let good = order(&house, "d1.possession");
        let paper = signed(&mut house, good);
        replace(bench, SPARE, &paper).ended(0);
        sign(&mut house, "tokens", 2, "old.psbt")
            .ended(1)
            .says("TRN05");
        // It is looked at like any other copy, and stays what it is.
        verify(bench, "tokens", "old.possession").ended(0);
        let old: PossessionReport = peek(&bench.read("old.possession")).expect("a report");
        assert_eq!(old.standing, Standing::Behind);
        sign(&mut house, "tokens", 2, "old.psbt")
            .ended(1)
            .says("TRN05");
        sign(&mut house, SPARE, 2, "second.psbt").ended(0);
        house.verified_transcript("d1");
    });
}

#[test]
fn what_is_not_ordered_is_not_replaced() {
    isolated("what_is_not_ordered_is_not_replaced", |bench| {
        let mut house = House::ready(bench);
        // One backup from before the last keys were made, and one from after.
        restore(bench, "lacking");
        more_keys(bench);
        restore(bench, SPARE);
        sign(&mut house, "tokens", 1, "first.psbt").ended(0);
        verify(bench, SPARE, "old.possession").ended(0);
        let old = order(&house, "old.possession");
        // The HSM in use is used: what the other one proved is of an older day.
        ceremony(&words(bench, &["device", "inventory"])).ended(0);
        let paper = signed(&mut house, old);
        replace(bench, SPARE, &paper)
            .ended(3)
            .says("no possession report");

        verify(bench, "lacking", "lacking.possession")
            .ended(1)
            .says("8 of 10 keys");
        let lacking = order(&house, "lacking.possession");
        let paper = signed(&mut house, lacking);
        // No token is opened, and no PIN asked for, by an order that is none.
        for folder in ["lacking", SPARE] {
            let refused = replace(bench, folder, &paper);
            refused.ended(3).says("does not hold every key");
            assert!(!refused.output.contains("[pin]"), "{}", refused.output);
        }

        verify(bench, SPARE, "d1.possession").ended(0);
        let good = order(&house, "d1.possession");
        let mut other = good.clone();
        other.identity = peek::<DeviceCard>(&bench.read("d2.card"))
            .expect("a card")
            .identity;
        let mut third = good.clone();
        third.generation = 3;
        let mut stranger = good.clone();
        stranger.retired.serial = Line::lossy("0000000000000000");
        let mut elsewhere = good.clone();
        elsewhere.head = [7; 32];
        for (changed, what) in [
            (other, "for device"),
            (third, "the next one is 2"),
            (stranger, "retires HSM 0000000000000000"),
            (elsewhere, "something else than the order"),
        ] {
            let paper = signed(&mut house, changed);
            replace(bench, SPARE, &paper).ended(3).says(what);
        }
        // Too few have signed; people type something else.
        let mut alone = Endorsed::new(good.clone(), SCOPE);
        house.officers.endorse_by("app.a", &mut alone);
        bench.write("replacement.cbor", &alone.to_bytes());
        replace(bench, SPARE, &paper).ended(3).says("signed by 1");
        let paper = signed(&mut house, good);
        let wrong: Vec<&str> = paper.iter().map(|_| "aardvark").collect();
        replace(bench, SPARE, &wrong)
            .ended(2)
            .says("3 wrong answers");

        // Nothing of it has changed anything: the old HSM is the device's, the other one proof-only.
        assert!(!has_replaced(bench) && !bench.path("d1-2.card").exists());
        sign(&mut house, SPARE, 2, "spare.psbt").ended(4);
        sign(&mut house, "tokens", 2, "second.psbt").ended(0);
        let transcript = house.verified_transcript("d1");
        assert_eq!(transcript.state().genesis().expect("born").generation, 1);
        let bytes = bench.read("d1.transcript");
        assert_eq!(house.said_without_our_code("d1", &bytes), "");
    });
}

/// Only the keys came out of the backup: an HSM that remembers nothing, with every key.
#[test]
fn a_blank_hsm_takes_the_place_of_the_old_one() {
    isolated("a_blank_hsm_takes_the_place_of_the_old_one", |bench| {
        let mut house = with_a_spare(bench);
        forget(bench, SPARE);
        sign(&mut house, SPARE, 2, "blank.psbt").ended(4);
        verify(bench, SPARE, "d1.possession").ended(0);
        let report: PossessionReport = peek(&bench.read("d1.possession")).expect("a report");
        assert_eq!(report.standing, Standing::Blank);
        let order = order(&house, "d1.possession");
        let paper = signed(&mut house, order);
        replace(bench, SPARE, &paper).ended(0);
        sign(&mut house, "tokens", 2, "old.psbt").ended(4);
        sign(&mut house, SPARE, 2, "second.psbt").ended(0);
        let transcript = house.verified_transcript("d1");
        assert_eq!(transcript.state().genesis().expect("born").generation, 2);
        // It remembers now: one that forgets again is refused.
        forget(bench, SPARE);
        sign(&mut house, SPARE, 3, "third.psbt")
            .ended(1)
            .says("TRN03");
    });
}

/// Keys that were announced and stand on no card: the HSM in use finishes them first.
#[test]
fn a_generation_that_was_cut_is_finished_first() {
    isolated("a_generation_that_was_cut_is_finished_first", |bench| {
        let mut house = with_a_spare(bench);
        verify(bench, SPARE, "d1.possession").ended(0);
        let early = order(&house, "d1.possession");
        let paper = signed(&mut house, early);
        let card = bench.arg("more.card");
        let pool = ["device", "generate", "--pool", "1"];
        let keys = ["--receive", "90", "--change", "90", "--card-out", &card];
        let generate = words(bench, &[&pool[..], &keys[..]].concat());
        let under_way = || {
            let journal = Journal::load(whole_prefix(&bench.read("d1/journal.cbor")));
            journal.expect("a chain").state().generation().is_some()
        };
        for tries in 1..20 {
            let plug = Plug {
                said: "== 8/11 ",
                later: Duration::from_millis(5 * tries),
            };
            assert_eq!(run_until(&generate, plug, at_ceremony).code, 255);
            if under_way() {
                break;
            }
        }
        assert!(under_way());
        for folder in [SPARE, "tokens"] {
            replace(bench, folder, &paper)
                .ended(3)
                .says("a generation of keys was cut")
                .says("device resume");
        }

        let resume = words(bench, &["device", "resume", "--card-out", &card]);
        ceremony(&resume).ended(0);
        fs::rename(bench.path("more.card"), bench.path("d1.card")).expect("ours");
        restore(bench, "later");
        sign(&mut house, "tokens", 2, "second.psbt").ended(0);
        verify(bench, "later", "later.possession").ended(0);
        let order = order(&house, "later.possession");
        let paper = signed(&mut house, order);
        replace(bench, "later", &paper).ended(0);
        sign(&mut house, "later", 3, "third.psbt").ended(0);
        house.verified_transcript("d1");
    });
}

/// The disk is from before the replacement: its journal would judge the new HSM by the old one.
#[test]
fn a_disk_from_before_the_replacement_is_kept_aside() {
    let name = "a_disk_from_before_the_replacement_is_kept_aside";
    isolated(name, |bench| {
        let mut house = with_a_spare(bench);
        let before = bench.read("d1/journal.cbor");
        verify(bench, SPARE, "d1.possession").ended(0);
        let replacement = order(&house, "d1.possession");
        let paper = signed(&mut house, replacement);
        replace(bench, SPARE, &paper).ended(0);
        sign(&mut house, SPARE, 2, "second.psbt").ended(0);
        // From now on the restored HSM is the only one that is there.
        fs::rename(bench.path("tokens"), bench.path("retired")).expect("ours");
        fs::rename(bench.path(SPARE), bench.path("tokens")).expect("ours");
        fs::rename(bench.path("d1-2.card"), bench.path("d1.card")).expect("ours");
        bench.write("d1/journal.cbor", &before);
        let good = recovery::order(&house, &["first.psbt", "second.psbt"]);
        let paper = recovery::signed(&mut house, good);
        recovery::recover(&house, &paper)
            .ended(0)
            .says("a new one begins");
        let aside = format!("d1/journal.cbor.before-{}", FileDigest::over(&[&before]));
        assert_eq!(bench.read(&aside), before);
        let transcript = house.verified_transcript("d1");
        let state = transcript.state();
        assert_eq!(state.genesis().expect("born").generation, 2);
        assert_eq!(state.ledger().signatures(), 2);
    });
}

/// The power fails at every question, and at one place of the disk after the other.
#[test]
fn a_replacement_that_is_cut_is_begun_again_or_stands() {
    let name = "a_replacement_that_is_cut_is_begun_again_or_stands";
    isolated(name, |bench| {
        let mut house = with_a_spare(bench);
        verify(bench, SPARE, "d1.possession").ended(0);
        let good = order(&house, "d1.possession");
        let paper = signed(&mut house, good);
        for question in [
            "pin",
            "officer-a",
            "officer-b",
            "replace-device",
            "replace-order-1",
            "replace-order-2",
            "replace-hsm",
        ] {
            let killed = with_tokens(bench, SPARE, &arguments(bench), |prompt| match prompt.id {
                id if id == question => Act::Kill,
                _ => at_replacement(prompt, &paper),
            });
            assert_eq!(killed.code, 255, "{question}");
            assert!(!has_replaced(bench), "{question}");
        }
        let mut full = 0;
        for step in 0..60 {
            let size = fs::metadata(bench.path("d1/journal.cbor"))
                .expect("there")
                .len();
            let mut small = on_a_small_disk(&arguments(bench), size + 1024 + step * 1024);
            small.env("SOFTHSM2_CONF", configuration(bench, SPARE));
            let played = play(&mut small, |prompt| at_replacement(prompt, &paper));
            if has_replaced(bench) {
                break;
            }
            full += 1;
            played.ended(5).says("the disk is full");
        }
        assert!(
            full > 2 && has_replaced(bench),
            "the disk was full {full} times"
        );
        // Wherever that was: the old one is refused, and the new one goes on.
        sign(&mut house, "tokens", 2, "old.psbt").ended(4);
        sign(&mut house, SPARE, 3, "third.psbt").ended(0);
        house.verified_transcript("d1");
    });
}

/// Cut after the entry that replaces and before the new HSM is told: the old one is refused already,
/// and the new one goes on.
#[test]
fn a_replacement_that_the_hsm_was_not_told_of_stands() {
    let name = "a_replacement_that_the_hsm_was_not_told_of_stands";
    isolated(name, |bench| {
        let mut house = House::ready(bench);
        copy(&bench.path("tokens"), &bench.path(SPARE));
        sign(&mut house, "tokens", 1, "first.psbt").ended(0);
        verify(bench, SPARE, "d1.possession").ended(0);
        let good = order(&house, "d1.possession");
        let paper = signed(&mut house, good);
        copy(&bench.path(SPARE), &bench.path("not-told"));
        replace(bench, SPARE, &paper).ended(0);
        // The journal up to the entry that replaces, and the new HSM as it was before.
        let after = bench.read("d1/journal.cbor");
        let read = UnverifiedTranscript::parse(&after).expect("a chain");
        let mut kept = Vec::new();
        for entry in read.entries() {
            kept.extend(codec::encode(entry));
            if matches!(entry.body, Body::Replaced(_)) {
                break;
            }
        }
        assert!(kept.len() < after.len());
        bench.write("d1/journal.cbor", &kept);
        // The HSM that was told of more than this disk holds.
        sign(&mut house, SPARE, 2, "told.psbt")
            .ended(1)
            .says("TRN03");
        sign(&mut house, "tokens", 2, "old.psbt")
            .ended(1)
            .says("TRN05");
        sign(&mut house, "not-told", 2, "second.psbt")
            .ended(0)
            .says("was cut");
        sign(&mut house, "tokens", 3, "old.psbt")
            .ended(1)
            .says("TRN05");
        let transcript = house.verified_transcript("d1");
        let sessions = transcript.state().sessions();
        let cut = sessions.iter().rev().nth(1).expect("two sessions");
        let expected = (CeremonyKind::Replace, Outcome::Cut);
        assert_eq!((cut.kind, cut.outcome), expected);
        // The card that the cut kept from the medium is in the journal.
        let out = bench.arg("again.card");
        let arguments = words(bench, &["device", "card", "--out", &out]);
        run(&arguments, |_| Act::Leave).ended(0);
        let card: DeviceCard = peek(&bench.read("again.card")).expect("a card");
        assert_eq!(card.generation, 2);
    });
}
