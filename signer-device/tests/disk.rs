//! Power cuts, full disks and exchanged disks: nothing is released that is not recorded, and what
//! happened is said.

mod support;

use std::fs;
use std::path::Path;

use signer_core::approval::KnownHead;
use signer_core::codec;
use signer_core::cose::peek;
use signer_core::life::{PossessionReport, Standing};
use signer_core::transcript::{Body, CeremonyKind, Outcome, UnverifiedTranscript, whole_prefix};

use support::cut::copy;
use support::house::{House, ceremony, destination_script, run};
use support::isolated;
use support::people::at_ceremony;
use support::pictures::{answer_in, read_pictures};
use support::play::{Act, on_a_small_disk, play};
use test_vectors::camera::{codes_in_page, codes_on};

#[test]
fn a_session_that_was_killed_is_found_and_covered() {
    isolated("a_session_that_was_killed_is_found_and_covered", |bench| {
        let mut house = House::ready(bench);
        let psbt = house.approved_psbt(destination_script(), 1);
        bench.write("in.psbt", &psbt.to_bytes());
        let arguments = house.sign_arguments("d1", "in.psbt", &["out.psbt"]);
        let killed = run(&arguments, |prompt| match prompt.id {
            "screen-5" => Act::Kill,
            _ => at_ceremony(prompt),
        });
        assert_ne!(killed.code, 0);
        let state = bench.arg("d1");
        let out = bench.arg("cut.transcript");
        let export = ["transcript", "export", "--state", &state, "--out", &out];
        let export = export.map(str::to_owned);
        ceremony(&export).ended(3).says("not sealed");
        // Half an entry at the end, as a cut in the middle of a write leaves it.
        let mut journal = bench.read("d1/journal.cbor");
        let whole = journal.len();
        journal.extend_from_slice(&[0x84, 0x58, 0x20, 0x01]);
        bench.write("d1/journal.cbor", &journal);

        ceremony(&arguments)
            .ended(0)
            .says("session 5 was cut")
            .says("ended with 4 bytes");
        let kept = bench.read(&format!("d1/journal.cbor.torn-at-{whole}"));
        assert_eq!(kept, [0x84, 0x58, 0x20, 0x01]);
        let transcript = house.verified_transcript("d1");
        let outcomes: Vec<Outcome> = transcript.state().sessions()[4..]
            .iter()
            .map(|session| session.outcome)
            .collect();
        assert_eq!(outcomes, [Outcome::Cut, Outcome::Signed]);
        let exceptions = transcript
            .entries()
            .iter()
            .filter(|entry| matches!(entry.body, Body::Exception(_)));
        assert_eq!(exceptions.count(), 2);
    });
}

/// What a device says of an old disk: the rule, and on the second line the way out.
const OLD_DISK: [&str; 2] = ["TRN03", "Start with the disk that this device last used"];

/// Put back, copied away before, cut at an entry or within one: each is an old disk.
#[test]
fn a_disk_that_was_rolled_back_copied_or_cut_is_refused() {
    let name = "a_disk_that_was_rolled_back_copied_or_cut_is_refused";
    isolated(name, |bench| {
        let mut house = House::ready(bench);
        let psbt = house.approved_psbt(destination_script(), 1);
        bench.write("in.psbt", &psbt.to_bytes());
        let before = bench.read("d1/journal.cbor");
        let arguments = house.sign_arguments("d1", "in.psbt", &["out.psbt"]);
        ceremony(&arguments).ended(0);
        let after = bench.read("d1/journal.cbor");
        let transcript = UnverifiedTranscript::parse(&after).expect("a journal");
        let last = transcript.entries().last().expect("an entry");
        let whole = after.len() - codec::encode(last).len();
        for old in [&before[..], &after[..whole], &after[..after.len() - 7]] {
            bench.write("d1/journal.cbor", old);
            let again = house.sign_arguments("d1", "in.psbt", &["again.psbt"]);
            let refused = ceremony(&again);
            refused.ended(1).says(OLD_DISK[0]).says(OLD_DISK[1]);
            let left = bench.read("d1/journal.cbor");
            assert!(old.starts_with(&left), "nothing was added");
            assert!(!bench.path("again.psbt").exists());
        }
        // A copy of the folder, made before the device signed.
        fs::create_dir(bench.path("copy")).expect("made");
        bench.write("copy/journal.cbor", &before);
        let copied = house.sign_arguments("copy", "in.psbt", &["again.psbt"]);
        let refused = ceremony(&copied);
        refused.ended(1).says(OLD_DISK[0]).says(OLD_DISK[1]);
        // The way out: the disk that it last used.
        bench.write("d1/journal.cbor", &after);
        let again = house.sign_arguments("d1", "in.psbt", &["again.psbt"]);
        ceremony(&again).ended(1).says("POL07");
    });
}

/// An HSM that keeps no anchor: the device says so at every start, and the old disk is not noticed.
#[test]
fn without_an_anchor_the_device_says_what_it_cannot_see() {
    let name = "without_an_anchor_the_device_says_what_it_cannot_see";
    isolated(name, |bench| {
        let text = include_str!("../../hsm-profiles/profiles/softhsm2.toml");
        let without = text.replace("anchor = \"data-object\"", "anchor = \"none\"");
        assert_ne!(text, without);
        let profile = bench.write("profile.toml", without.as_bytes());
        // The module where the profile finds it.
        let mut quoted = text
            .split('"')
            .filter(|part| part.ends_with("libsofthsm2.so"));
        let module = quoted.find(|path| Path::new(path).exists());
        let module = module.expect("SoftHSM is installed").to_owned();
        let mut house = House::empty(bench, Some([profile, module])).settled();
        let psbt = house.approved_psbt(destination_script(), 1);
        bench.write("in.psbt", &psbt.to_bytes());
        let before = bench.read("d1/journal.cbor");
        let said = "this HSM keeps no anchor";
        for out in ["out.psbt", "again.psbt"] {
            bench.write("d1/journal.cbor", &before);
            let arguments = house.sign_arguments("d1", "in.psbt", &[out]);
            let signed = ceremony(&arguments);
            signed.ended(0).says(said);
            assert!(!signed.output.contains("anchored"), "{}", signed.output);
        }
        // Held against the card, it is not called a restored one: nobody can tell.
        let verify = ["device", "verify-backup", "--state", &bench.arg("d1")].map(str::to_owned);
        let out = ["--out".to_owned(), bench.arg("d1.report")];
        let verify = house.at_hsm([verify.to_vec(), out.to_vec()].concat());
        let said = "it cannot be told whether it is the one in use or a copy";
        ceremony(&verify).ended(0).says(said);
        let report: PossessionReport = peek(&bench.read("d1.report")).expect("a report");
        assert_eq!(report.standing, Standing::Unanchored);
        // Without its profile the device does not believe that there is no anchor.
        let mut other = house.sign_arguments("d1", "in.psbt", &["third.psbt"]);
        let flag = other.iter().position(|a| a == "--profile").expect("given");
        other[flag + 1] = "softhsm2".into();
        ceremony(&other).ended(1).says("TRN03");
        house.verified_transcript("d1");
    });
}

/// A profile that says "no anchor", named for one session of a device that has one: the session is
/// refused, and the HSM knows of it, so that the device goes on.
#[test]
fn a_profile_without_an_anchor_leaves_no_hsm_behind() {
    isolated(
        "a_profile_without_an_anchor_leaves_no_hsm_behind",
        |bench| {
            let mut house = House::ready(bench);
            let text = include_str!("../../hsm-profiles/profiles/softhsm2.toml");
            let without = text.replace("anchor = \"data-object\"", "anchor = \"none\"");
            let profile = bench.write("profile.toml", without.as_bytes());
            let psbt = house.approved_psbt(destination_script(), 1);
            bench.write("in.psbt", &psbt.to_bytes());
            let mut other = house.sign_arguments("d1", "in.psbt", &["other.psbt"]);
            other.extend(["--profile".to_owned(), profile]);
            let played = ceremony(&other);
            played.ended(1).says("HSM02").says("anchor in the HSM");
            assert!(!bench.path("other.psbt").exists());
            let arguments = house.sign_arguments("d1", "in.psbt", &["out.psbt"]);
            ceremony(&arguments).ended(0).says("recorded and anchored");
            house.verified_transcript("d1");
        },
    );
}

#[test]
fn a_journal_with_a_changed_byte_is_refused() {
    isolated("a_journal_with_a_changed_byte_is_refused", |bench| {
        let house = House::with_devices(bench, &["d1"]);
        let journal = bench.read("d1/journal.cbor");
        let status = ["device", "status", "--state", &bench.arg("d1")].map(str::to_owned);
        for place in [10, journal.len() / 2, journal.len() - 1] {
            let mut changed = journal.clone();
            changed[place] ^= 1;
            bench.write("d1/journal.cbor", &changed);
            run(&status, |_| Act::Leave).ended(1).says("TRN0");
        }
        bench.write("d1/journal.cbor", &journal);
        run(&status, |_| Act::Leave).ended(0);
        drop(house);
    });
}

#[test]
fn two_programs_never_share_a_folder() {
    isolated("two_programs_never_share_a_folder", |bench| {
        let mut house = House::ready(bench);
        let psbt = house.approved_psbt(destination_script(), 1);
        bench.write("in.psbt", &psbt.to_bytes());
        let arguments = house.sign_arguments("d1", "in.psbt", &["out.psbt"]);
        let second = house.sign_arguments("d1", "in.psbt", &["second.psbt"]);
        let status = ["device", "status", "--state", &bench.arg("d1")].map(str::to_owned);
        run(&arguments, |prompt| {
            if prompt.id == "pin" {
                ceremony(&second).ended(3).says("another signer-device");
                ceremony(&status).ended(3);
            }
            at_ceremony(prompt)
        })
        .ended(0);
    });
}

/// The lock of a folder keeps nobody out of its copy. One token, one journal: of two programs that
/// go on with the same session, only one signs.
#[test]
fn a_copy_of_an_open_session_does_not_sign_beside_it() {
    isolated(
        "a_copy_of_an_open_session_does_not_sign_beside_it",
        |bench| {
            let mut house = House::ready(bench);
            let psbt = house.approved_psbt(destination_script(), 1);
            bench.write("in.psbt", &psbt.to_bytes());
            let arguments = house.sign_arguments("d1", "in.psbt", &["out.psbt"]);
            let copied = house.sign_arguments("copy", "in.psbt", &["second.psbt"]);
            let mut once = true;
            let played = run(&arguments, |prompt| {
                if once && prompt.id == "officer-a" {
                    once = false;
                    fs::create_dir(bench.path("copy")).expect("made");
                    bench.write("copy/journal.cbor", &bench.read("d1/journal.cbor"));
                    ceremony(&copied).ended(0);
                }
                at_ceremony(prompt)
            });
            played.ended(4).says("another journal");
            assert!(bench.path("second.psbt").exists());
            assert!(!bench.path("out.psbt").exists());
        },
    );
}

/// Against a disk and a token that are rolled back together nothing helps that lies in the room. The
/// officers know a session that is not there any more.
#[test]
fn a_disk_and_a_token_rolled_back_together_lack_what_officers_know() {
    let name = "a_disk_and_a_token_rolled_back_together_lack_what_officers_know";
    isolated(name, |bench| {
        let mut house = House::ready(bench);
        let parts = ["d1", "tokens"];
        for part in parts {
            copy(&bench.path(part), &bench.path(&format!("saved-{part}")));
        }
        let sign = |house: &mut House<'_>, coin: u8| {
            let psbt = house.approved_psbt(destination_script(), coin).to_bytes();
            let (input, output) = (format!("{coin}.in"), format!("{coin}.out"));
            let _ = fs::remove_file(bench.path(&output));
            bench.write(&input, &psbt);
            ceremony(&house.sign_arguments("d1", &input, &[&output]))
        };
        sign(&mut house, 1).ended(0);
        let transcript = house.verified_transcript("d1");
        house.heads = vec![KnownHead {
            device: transcript.state().device().expect("born"),
            session: transcript.head().session,
            head: transcript.head().hash,
        }];
        sign(&mut house, 2).ended(0);
        house.verified_transcript("d1");
        let exported = bench.read("d1.transcript");
        assert_eq!(house.said_without_our_code("d1", &exported), "");

        for part in parts {
            fs::remove_dir_all(bench.path(part)).expect("ours");
            copy(&bench.path(&format!("saved-{part}")), &bench.path(part));
        }
        sign(&mut house, 3)
            .ended(1)
            .says("x APP14 refused")
            .says("no such session in this journal");
        // That the device refused is a session too: the next one of that number is another.
        sign(&mut house, 4)
            .ended(1)
            .says("x APP14 refused")
            .says("it ended otherwise in this journal");
        house.verified_transcript("d1");
        // What nobody knew is not missed.
        house.heads.clear();
        sign(&mut house, 1).ended(0);
    });
}

/// The disk fills up at one place after the other of a session.
#[test]
fn a_full_disk_releases_nothing() {
    isolated("a_full_disk_releases_nothing", |bench| {
        let mut house = House::ready(bench);
        let mut full = 0;
        for coin in 1..40 {
            let psbt = house.approved_psbt(destination_script(), coin);
            let (input, output) = (format!("in-{coin}.psbt"), format!("out-{coin}.psbt"));
            bench.write(&input, &psbt.to_bytes());
            let arguments = house.sign_arguments("d1", &input, &[&output]);
            let size = fs::metadata(bench.path("d1/journal.cbor"))
                .expect("there")
                .len();
            let room = u64::from(coin) * 1536;
            let played = play(&mut on_a_small_disk(&arguments, size + room), at_ceremony);
            if played.code == 0 {
                assert!(bench.path(&output).exists());
                break;
            }
            full += 1;
            played.ended(5).says("the disk is full");
            assert!(!bench.path(&output).exists(), "after {room} bytes");
        }
        assert!(full > 3, "the disk was full {full} times");
        // With room again everything that happened is found, and the next session is sealed.
        let psbt = house.approved_psbt(destination_script(), 100);
        bench.write("in.psbt", &psbt.to_bytes());
        let arguments = house.sign_arguments("d1", "in.psbt", &["out.psbt"]);
        ceremony(&arguments).ended(0);
        house.verified_transcript("d1");
    });
}

#[test]
fn a_medium_that_is_pulled_out_loses_no_signature() {
    isolated("a_medium_that_is_pulled_out_loses_no_signature", |bench| {
        let mut house = House::ready(bench);
        let psbt = house.approved_psbt(destination_script(), 1);
        bench.write("in.psbt", &psbt.to_bytes());
        fs::create_dir(bench.path("medium")).expect("ours");
        let arguments = house.sign_arguments("d1", "in.psbt", &["medium/out.psbt", "other.psbt"]);
        run(&arguments, |prompt| {
            if prompt.id == "screen-9" {
                let _ = fs::remove_dir_all(bench.path("medium"));
            }
            at_ceremony(prompt)
        })
        .ended(3)
        .says("HSM05")
        .says("released-5.psbt");
        let kept = bench.read("d1/released-5.psbt");
        assert_eq!(kept, bench.read("other.psbt"));
        house.verified_transcript("d1");
    });
}

/// What the device says of a session whose signatures were not released.
fn unreleased(house: &House<'_>) -> String {
    let status = [
        "device",
        "status",
        "--state",
        &house.bench.arg("d1"),
        "--json",
    ];
    let played = run(&status.map(str::to_owned), |_| Act::Leave);
    let (_, after) = played
        .output
        .split_once(r#""unreleased_sessions":["#)
        .expect("a field");
    after.split(']').next().expect("a value").to_owned()
}

/// Signs other coins, one after the other, until the disk is full behind an intent.
fn cut_after_an_intent(house: &mut House<'_>, coin: &mut u8) {
    let bench = house.bench;
    let before = unreleased(house);
    let mut room = 4 * 1024;
    while unreleased(house) == before {
        *coin += 1;
        room += 512;
        let psbt = house.approved_psbt(destination_script(), *coin);
        bench.write(&format!("in-{coin}.psbt"), &psbt.to_bytes());
        let arguments = house.sign_arguments("d1", &format!("in-{coin}.psbt"), &["cut.psbt"]);
        let journal = bench.read("d1/journal.cbor");
        let size = u64::try_from(whole_prefix(&journal).len()).expect("small");
        let played = play(&mut on_a_small_disk(&arguments, size + room), at_ceremony);
        played.ended(5).says("the disk is full");
    }
}

/// What was cut goes on, also after other transfers, and beside another one that was cut.
#[test]
fn a_session_cut_after_its_intent_goes_on() {
    isolated("a_session_cut_after_its_intent_goes_on", |bench| {
        let mut house = House::ready(bench);
        let resume = ["psbt", "resume", "--state", &bench.arg("d1"), "--out"];
        let mut resume = resume.map(str::to_owned).to_vec();
        resume.push(bench.arg("resumed.psbt"));
        ceremony(&resume)
            .ended(3)
            .says("no signing session was cut")
            .says("psbt reissue");
        let mut coin = 0;
        cut_after_an_intent(&mut house, &mut coin);
        let cut = unreleased(&house);
        // The coin is not signed over by another ceremony, only by going on with this one.
        let again = house.sign_arguments("d1", &format!("in-{coin}.psbt"), &["again.psbt"]);
        ceremony(&again).ended(1).says("POL07");
        // Other coins are, and what was cut stays.
        coin += 1;
        let psbt = house.approved_psbt(destination_script(), coin);
        bench.write("other.psbt", &psbt.to_bytes());
        ceremony(&house.sign_arguments("d1", "other.psbt", &["other-out.psbt"]))
            .ended(0)
            .says(&format!("go on with psbt resume --session {cut}"));
        cut_after_an_intent(&mut house, &mut coin);
        let both = unreleased(&house);
        let (first, second) = both.split_once(',').expect("two of them");
        assert_eq!(first, cut);
        let named = |session: &str| {
            let mut resume = resume.clone();
            resume.extend(["--session".to_owned(), session.to_owned()]);
            resume
        };
        ceremony(&resume).ended(3).says(&format!(
            "sessions {first}, {second} were cut, and none is named"
        ));
        ceremony(&named("1"))
            .ended(3)
            .says("session 1 left nothing");
        ceremony(&named(first))
            .ended(0)
            .says("taken from the journal")
            .says("[screen-9]");
        assert!(bench.path("resumed.psbt").exists());
        assert_eq!(unreleased(&house), second);
        fs::rename(bench.path("resumed.psbt"), bench.path("first.psbt")).expect("written");
        ceremony(&resume).ended(0).says("taken from the journal");
        assert_ne!(bench.read("resumed.psbt"), bench.read("first.psbt"));
        assert_eq!(unreleased(&house), "");
        let transcript = house.verified_transcript("d1");
        let last = transcript.state().sessions().last().copied();
        assert_eq!(
            last.map(|s| (s.kind, s.outcome)),
            Some((CeremonyKind::Resume, Outcome::Signed))
        );
    });
}

/// The power fails after the seal, before any copy of the signed PSBT is on a medium.
#[test]
fn what_a_sealed_session_released_is_made_again() {
    isolated("what_a_sealed_session_released_is_made_again", |bench| {
        let mut house = House::ready(bench);
        let state = bench.arg("d1");
        let reissue = |more: &[&str]| {
            let words = [&["psbt", "reissue", "--state", &state], more].concat();
            let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
            run(&words, |_| Act::Leave)
        };
        let [out, early, again, none] =
            ["out.psbt", "early.psbt", "again.psbt", "none.psbt"].map(|name| bench.arg(name));
        reissue(&["--out", &early]).ended(3).says("has signed");
        let psbt = house.approved_psbt(destination_script(), 1);
        bench.write("in.psbt", &psbt.to_bytes());
        ceremony(&house.sign_arguments("d1", "in.psbt", &["out.psbt"])).ended(0);
        let first = bench.read("out.psbt");
        let journal = bench.read("d1/journal.cbor");
        fs::remove_file(&out).expect("written");
        assert!(!bench.path("d1/released-5.psbt").exists());

        reissue(&["--out", &again]).ended(0).says("session 5");
        assert_eq!(bench.read("again.psbt"), first);
        reissue(&["--session", "5", "--out", &out]).ended(0);
        assert_eq!(bench.read("out.psbt"), first);
        reissue(&["--session", "5", "--out", &out]).ended(3);
        for session in ["1", "6"] {
            let played = reissue(&["--session", session, "--out", &none]);
            played.ended(1).says("TRN02");
        }
        assert!(!bench.path("none.psbt").exists());
        let pictures = bench.path("pictures");
        fs::create_dir(&pictures).expect("ours");
        reissue(&["--out", &bench.arg("pictures")]).ended(0);
        assert!(pictures.join("part-00001.png").exists());
        // The same on paper and on the screen.
        reissue(&["--sheet", &bench.arg("answer.html")])
            .ended(0)
            .says("transfer code");
        let page = fs::read_to_string(bench.path("answer.html")).expect("written");
        assert_eq!(answer_in(codes_in_page(&page)), read_pictures(&pictures));
        let shown = reissue(&["--show", "--density", "15", "--fps", "30"]);
        assert_eq!(answer_in(codes_on(&shown.output)), read_pictures(&pictures));
        assert_eq!(bench.read("d1/journal.cbor"), journal, "only read");
        house.verified_transcript("d1");
    });
}
