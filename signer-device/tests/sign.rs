//! A whole withdrawal on two devices, by the real program: as it should go, and stopped by rules,
//! people and power.

mod support;

use std::collections::BTreeSet;

use bitcoin::ScriptBuf;
use bitcoin::hashes::Hash as _;
use signer_core::cose::{Signed, peek};
use signer_core::digest::KeyId;
use signer_core::frames::{Content, Direction, Form, Limits, Receiver, Sender, TransferCode};
use signer_core::psbt::{ParsedPsbt, RawPsbt, lean};
use signer_core::rule::RuleId;
use signer_core::transcript::{Body, Channel, NotSigned, Outcome, Seal};
use signer_core::wallet::DeviceCard;

use support::house::{House, ceremony, destination_script, run};
use support::isolated;
use support::officers::SCOPE;
use support::people::{PIN, at_ceremony, at_the_next_device, from_screen};
use support::pictures::{answer_in, draw_pictures, message_in, message_of, read_pictures};
use support::play::{Act, typed};
use test_vectors::camera::{Picture, codes_on};

#[test]
fn two_devices_sign_a_withdrawal() {
    isolated("two_devices_sign_a_withdrawal", |bench| {
        let mut house = House::ready(bench);
        let psbt = house.approved_psbt(destination_script(), 1);
        bench.write("in.psbt", &psbt.to_bytes());
        for folder in ["to-d2", "from-d1", "from-d2"] {
            std::fs::create_dir(bench.path(folder)).expect("ours");
        }

        let mut arguments = house.sign_arguments("d1", "in.psbt", &["d1.psbt", "from-d1"]);
        arguments.extend(["--show", "--fps", "30"].map(str::to_owned));
        let signed = ceremony(&arguments);
        signed.ended(0).says("coins have NOT moved");
        // The file is whole; the pictures hold the same answer, without what the host has.
        let whole = RawPsbt::parse(&bench.read("d1.psbt")).expect("strict");
        let answer = read_pictures(&bench.path("from-d1"));
        assert_eq!(lean::answer(&psbt, &whole).as_ref(), Ok(&answer));
        assert_eq!(lean::complete(&psbt, &answer).as_ref(), Ok(&whole));
        assert_eq!(
            answer_in(codes_on(&signed.output)),
            answer,
            "the codes on the screen"
        );

        // The second device is asked by pictures, which it reads in its child process, without what
        // its registered wallet says.
        let wallet = house.wallet.as_ref().expect("registered");
        let request = ParsedPsbt::parse(whole.to_bytes()).expect("strict");
        let request = wallet.lean_request(&request).expect("a PSBT");
        assert!(request.bytes().len() < whole.bytes().len());
        draw_pictures(&request, &bench.path("to-d2"));
        let arguments = house.sign_arguments("d2", "to-d2", &["d2.psbt", "from-d2"]);
        let other_people = run(&arguments, at_the_next_device);
        other_people.ended(0).says("transfer code");
        // What it wrote into a file is what came in, and what it added.
        let by_file = RawPsbt::parse(&bench.read("d2.psbt")).expect("strict");
        let answer = read_pictures(&bench.path("from-d2"));
        assert_eq!(lean::answer(&request, &by_file).as_ref(), Ok(&answer));

        let signed = lean::complete(&whole, &answer).expect("an answer");
        assert_eq!(signed.version(), psbt.version());
        let parsed = ParsedPsbt::parse(signed.into_bytes()).expect("strict");
        assert_eq!(parsed.inputs().len(), 1);
        assert_eq!(parsed.inputs()[0].partial_sigs.len(), 2);
        assert_eq!(parsed.carried().receipts.len(), 2);

        for name in ["d1", "d2"] {
            let transcript = house.verified_transcript(name);
            assert_eq!(transcript.state().ledger().signatures(), 1);
            let last = transcript.state().sessions().last().copied();
            assert_eq!(last.map(|s| s.outcome), Some(Outcome::Signed));
        }
    });
}

/// What the pictures in a folder hold, for a host that waits for an answer.
fn received(folder: &std::path::Path) -> Receiver {
    let mut receiver = Receiver::awaiting(Limits::OURS, Direction::FromDevice);
    for file in std::fs::read_dir(folder).expect("a folder") {
        let picture = std::fs::read(file.expect("listed").path()).expect("a picture");
        for shown in optics::read::png(&picture).expect("PNG") {
            let _ = receiver.receive(&shown);
        }
    }
    receiver
}

/// A host that asks in byte frames is answered in byte frames; its answer is no request.
#[test]
fn an_answer_has_the_form_in_which_it_was_asked_for() {
    isolated(
        "an_answer_has_the_form_in_which_it_was_asked_for",
        |bench| {
            let mut house = House::ready(bench);
            let psbt = house.approved_psbt(destination_script(), 1).to_bytes();
            for folder in ["asked", "answer"] {
                std::fs::create_dir(bench.path(folder)).expect("ours");
            }
            let to_device = Direction::ToDevice;
            let sender = Sender::bytes(to_device, Content::Psbt, &psbt, 500).expect("fits");
            for (number, frame) in sender.series(1).iter().enumerate().skip(1) {
                let picture = optics::draw::png(frame, 4).expect("drawn");
                bench.write(&format!("asked/{number}.png"), &picture);
            }
            let code = TransferCode::of(&psbt);
            let arguments = house.sign_arguments("d1", "asked", &["answer"]);
            ceremony(&arguments)
                .ended(0)
                .says(&format!("transfer code {code} (compare"));

            let answer = received(&bench.path("answer"));
            assert_eq!(answer.form(), Some(Form::Bytes));
            let (content, answer) = answer.message().expect("whole");
            assert_eq!(content, Content::Psbt);
            assert!(RawPsbt::parse(&answer).is_ok());

            let arguments = house.sign_arguments("d1", "answer", &["again.psbt"]);
            ceremony(&arguments)
                .ended(3)
                .says("This code comes from a device's screen")
                .says("Take it to the host.");

            let transcript = house.verified_transcript("d1");
            let intake = transcript
                .entries()
                .iter()
                .find_map(|entry| match &entry.body {
                    Body::Intake(intake) => Some(intake),
                    _ => None,
                });
            let intake = intake.expect("one was read");
            assert_eq!(intake.channel(), Channel::ByteFrames);
            assert_eq!(intake.code, Some(code));
        },
    );
}

/// The second device reads from the first one's receipt who sat there.
#[test]
fn an_operator_of_the_first_device_is_refused_at_the_second() {
    isolated(
        "an_operator_of_the_first_device_is_refused_at_the_second",
        |bench| {
            let mut house = House::ready(bench);
            let psbt = house.approved_psbt(destination_script(), 1);
            bench.write("in.psbt", &psbt.to_bytes());
            ceremony(&house.sign_arguments("d1", "in.psbt", &["d1.psbt"])).ended(0);
            let arguments = house.sign_arguments("d2", "d1.psbt", &["d2.psbt"]);
            let played = run(&arguments, |prompt| match prompt.id {
                "officer-a" => typed("op.c"),
                _ => at_ceremony(prompt),
            });
            played.ended(1).says("x APP12 refused at operators");
            assert!(
                played.output.contains("op.b operates 2"),
                "{}",
                played.output
            );
            assert!(!played.output.contains("[screen-1]"), "nobody was asked");
            assert!(!bench.path("d2.psbt").exists());
            let transcript = house.verified_transcript("d2");
            let last = transcript.state().sessions().last().copied();
            assert_eq!(last.map(|s| s.outcome), Some(Outcome::Refused));
            assert_eq!(transcript.state().ledger().signatures(), 0);
            run(&arguments, at_the_next_device).ended(0);
        },
    );
}

/// The three administrators who request and approve sign the policy alone: the fourth, who is
/// apart from every transfer and checks risks, is missing.
#[test]
fn who_spends_does_not_alone_say_what_may_be_spent() {
    isolated("who_spends_does_not_alone_say_what_may_be_spent", |bench| {
        let mut house = House::ready(bench);
        let first = house.policy.clone();
        let alone = house.next_policy_by(&["app.a", "app.b", "req.a"], |_| {});
        let arguments = house.install_arguments("d1", &alone);
        ceremony(&arguments).ended(1).says("no risk checker");
        house.policy = first;
        house.verified_transcript("d1");
        let asked = house.next_policy_by(&["app.a", "risk.a"], |policy| {
            policy.separation.administrators_apart = 2;
        });
        ceremony(&house.install_arguments("d1", &asked)).ended(0);
        let psbt = house.approved_psbt(destination_script(), 1);
        bench.write("in.psbt", &psbt.to_bytes());
        let arguments = house.sign_arguments("d1", "in.psbt", &["d1.psbt"]);
        ceremony(&arguments).ended(1).says("x APP13 refused");
        house.verified_transcript("d1");
    });
}

#[test]
fn a_coin_is_signed_over_once() {
    isolated("a_coin_is_signed_over_once", |bench| {
        let mut house = House::ready(bench);
        let psbt = house.approved_psbt(destination_script(), 1);
        bench.write("in.psbt", &psbt.to_bytes());
        let first = house.sign_arguments("d1", "in.psbt", &["first.psbt"]);
        ceremony(&first).ended(0);
        let again = house.sign_arguments("d1", "in.psbt", &["again.psbt"]);
        ceremony(&again).ended(1).says("POL07");
        assert!(!bench.path("again.psbt").exists());
        // The device's own answer is sent back to the host without a rule being asked.
        let own = house.sign_arguments("d1", "first.psbt", &["own.psbt"]);
        ceremony(&own).ended(3).says("own answer");
        let transcript = house.verified_transcript("d1");
        let outcomes: Vec<Outcome> = transcript
            .state()
            .sessions()
            .iter()
            .rev()
            .take(3)
            .map(|session| session.outcome)
            .collect();
        assert_eq!(
            outcomes,
            [Outcome::Aborted, Outcome::Refused, Outcome::Signed]
        );
    });
}

#[test]
fn an_unknown_destination_is_refused_and_recorded() {
    isolated("an_unknown_destination_is_refused_and_recorded", |bench| {
        let mut house = House::ready(bench);
        let elsewhere = ScriptBuf::new_p2wsh(&bitcoin::WScriptHash::from_byte_array([0x66; 32]));
        let psbt = house.approved_psbt(elsewhere, 1);
        bench.write("in.psbt", &psbt.to_bytes());
        let state = bench.arg("d1");
        let input = bench.arg("in.psbt");
        let review = [
            "psbt", "review", "--state", &state, "--in", &input, "--json",
        ];
        run(&review.map(str::to_owned), |_| Act::Leave)
            .ended(1)
            .says(r#"{"rule":"POL01","verdict":"refused""#);
        std::fs::create_dir(bench.path("pictures")).expect("ours");
        let mut arguments = house.sign_arguments("d1", "in.psbt", &["out.psbt", "pictures"]);
        arguments.extend(["--show", "--fps", "30"].map(str::to_owned));
        let played = ceremony(&arguments);
        played.ended(1).says("x POL01 refused at output 0");
        assert!(!played.output.contains("[screen-1]"), "nobody was asked");
        played.says("the host learns of the refusal");
        let refused = receipt_of_refusal(&house, &psbt, codes_on(&played.output));
        assert_eq!(refused.rules.first(), Some(&RuleId::POL01));
        assert!(!bench.path("out.psbt").exists(), "nothing has its name");
        let transcript = house.verified_transcript("d1");
        let reported = transcript
            .entries()
            .iter()
            .filter(|entry| matches!(entry.body, Body::Reported(_)))
            .count();
        assert_eq!(reported, 1);
        assert_eq!(transcript.state().ledger().signatures(), 0);
    });
}

/// What the device gave in the place of the answer, sealed by its key and over what it was given.
fn receipt_of_refusal(house: &House<'_>, psbt: &RawPsbt, shown: Vec<Picture>) -> NotSigned {
    let bench = house.bench;
    let entries = std::fs::read_dir(&bench.folder).expect("ours");
    let names = entries.map(|entry| entry.expect("ours").file_name());
    let mut names = names.map(|name| name.into_string().expect("plain"));
    let name = names.find(|name| name.starts_with("out.psbt.refused-"));
    let bytes = bench.read(&name.expect("a receipt"));
    assert_eq!(message_of(&bench.path("pictures")), bytes, "in pictures");
    assert_eq!(message_in(shown), bytes, "on the screen");
    let identity = peek::<DeviceCard>(&bench.read("d1.card"))
        .expect("a card")
        .identity;
    let known = |kid: &KeyId| (*kid == identity.key_id()).then_some(identity);
    let signed = Signed::<Seal>::open(&bytes, SCOPE, known).expect("genuine");
    let said = signed.body().not_signed.clone().expect("it says so");
    assert_eq!(said.psbt, psbt.digest());
    said
}

/// Every field that any command prints as JSON stands in the page that promises to keep it.
#[test]
fn every_json_field_is_documented() {
    isolated("every_json_field_is_documented", |bench| {
        let mut house = House::ready(bench);
        let elsewhere = ScriptBuf::new_p2wsh(&bitcoin::WScriptHash::from_byte_array([0x66; 32]));
        let good = house.approved_psbt(destination_script(), 1);
        bench.write("good.psbt", &good.to_bytes());
        let bad = house.approved_psbt(elsewhere, 1);
        bench.write("bad.psbt", &bad.to_bytes());
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/json-device.md");
        let page = std::fs::read_to_string(page).expect("the page is there");
        let mut fields = BTreeSet::new();
        for line in [
            "device status --state d1",
            "wallet list --state d1",
            "wallet address --state d1 --wallet Cold_1",
            "policy show --state d1",
            "psbt review --state d1 --in good.psbt",
            "psbt review --state d1 --in bad.psbt",
            "selftest",
        ] {
            let words = line.split(' ').map(|word| match word {
                "d1" | "good.psbt" | "bad.psbt" => bench.arg(word),
                word => word.replace('_', " "),
            });
            let arguments: Vec<String> = words.chain(["--json".to_owned()]).collect();
            let played = run(&arguments, |_| Act::Leave);
            played.ended(i32::from(line.contains("bad")));
            let before = fields.len();
            fields.extend(names(&played.output));
            assert!(fields.len() > before, "{line}: {}", played.output);
        }
        let unknown: Vec<&String> = fields
            .iter()
            .filter(|field| !page.contains(&format!("`{field}`")))
            .collect();
        assert!(
            unknown.is_empty(),
            "not in docs/json-device.md: {unknown:?}"
        );
    });
}

/// The names in JSON as this program writes it: each ends with `":`.
fn names(json: &str) -> impl Iterator<Item = String> {
    let parts = json.match_indices("\":").map(|(end, _)| &json[..end]);
    parts.filter_map(|part| Some(part.rsplit_once('"')?.1.to_owned()))
}

/// One run per question: exactly that one is rejected.
#[test]
fn every_question_can_be_rejected() {
    isolated("every_question_can_be_rejected", |bench| {
        let mut house = House::ready(bench);
        let psbt = house.approved_psbt(destination_script(), 1);
        bench.write("in.psbt", &psbt.to_bytes());
        let arguments = house.sign_arguments("d1", "in.psbt", &["out.psbt"]);
        let mut questions = BTreeSet::new();
        for stop in 0.. {
            let mut seen = 0;
            let played = run(&arguments, |prompt| {
                seen += 1;
                if seen - 1 == stop {
                    questions.insert(prompt.id.to_owned());
                    return typed("r");
                }
                at_ceremony(prompt)
            });
            if played.code == 0 {
                assert_eq!(stop, seen);
                break;
            }
            played.ended(2).says("aborted");
            assert!(!bench.path("out.psbt").exists());
        }
        assert!(questions.contains("pin") && questions.contains("officer-pin"));
        assert!(questions.contains("screen-9"), "{questions:?}");
        let transcript = house.verified_transcript("d1");
        assert_eq!(transcript.state().ledger().signatures(), 1);
    });
}

#[test]
fn wrong_answers_and_empty_chairs_end_the_session() {
    isolated("wrong_answers_and_empty_chairs_end_the_session", |bench| {
        let mut house = House::ready(bench);
        let psbt = house.approved_psbt(destination_script(), 1);
        bench.write("in.psbt", &psbt.to_bytes());
        let arguments = house.sign_arguments("d1", "in.psbt", &["out.psbt"]);
        // Enter, "yes" and the wrong stretch approve nothing.
        for wrong in ["", "yes", "bcrt1q"] {
            let mut tries = 0;
            let played = run(&arguments, |prompt| {
                if prompt.id == "screen-4" {
                    tries += 1;
                    return typed(wrong);
                }
                at_ceremony(prompt)
            });
            played.ended(2).says("wrong answers");
            assert_eq!(tries, 3);
        }
        run(&arguments, |prompt| match prompt.id {
            "screen-6" => Act::Leave,
            _ => at_ceremony(prompt),
        })
        .ended(2)
        .says("nobody answered");
        // One wrong answer, then the right one, is a slip.
        let mut slipped = false;
        run(&arguments, |prompt| {
            if prompt.id == "screen-4" && !slipped {
                slipped = true;
                return typed("slip");
            }
            at_ceremony(prompt)
        })
        .ended(0);
        house.verified_transcript("d1");
    });
}

#[test]
fn what_is_typed_ahead_answers_nothing() {
    isolated("what_is_typed_ahead_answers_nothing", |bench| {
        let mut house = House::ready(bench);
        let psbt = house.approved_psbt(destination_script(), 1);
        bench.write("in.psbt", &psbt.to_bytes());
        let arguments = house.sign_arguments("d1", "in.psbt", &["out.psbt"]);
        let mut ahead = false;
        let played = run(&arguments, |prompt| {
            if prompt.id == "screen-1" && !ahead {
                ahead = true;
                let answer = from_screen(prompt);
                // The right answer, and one for the next question right behind it.
                return typed(format!("{answer}\n{answer}"));
            }
            at_ceremony(prompt)
        });
        played.ended(0).says("thrown away");
    });
}

#[test]
fn operators_are_two_people_of_the_roster() {
    isolated("operators_are_two_people_of_the_roster", |bench| {
        let mut house = House::ready(bench);
        let psbt = house.approved_psbt(destination_script(), 1);
        bench.write("in.psbt", &psbt.to_bytes());
        let arguments = house.sign_arguments("d1", "in.psbt", &["out.psbt"]);
        for (seat, name) in [
            ("officer-b", "op.a"),
            ("officer-a", "app.a"),
            ("officer-a", "nobody"),
        ] {
            run(&arguments, |prompt| {
                if prompt.id == seat {
                    return typed(name);
                }
                at_ceremony(prompt)
            })
            .ended(2)
            .says("3 wrong answers");
        }
        run(&arguments, |prompt| match prompt.id {
            "officer-pin" => typed("not-the-pin"),
            _ => at_ceremony(prompt),
        })
        .ended(4)
        .says("CKR_PIN_INCORRECT");
        let transcript = house.verified_transcript("d1");
        let is_wrong_pin = |body: &Body| matches!(body, Body::WrongPin(_));
        let entries = transcript.entries().iter();
        assert_eq!(entries.filter(|entry| is_wrong_pin(&entry.body)).count(), 1);
    });
}

/// A wrong PIN of the device's own token: the next session says so, whether the token does or not.
#[test]
fn a_wrong_pin_before_the_session_is_recorded_by_the_next_one() {
    let name = "a_wrong_pin_before_the_session_is_recorded_by_the_next_one";
    isolated(name, |bench| {
        let mut house = House::ready(bench);
        let psbt = house.approved_psbt(destination_script(), 1);
        bench.write("in.psbt", &psbt.to_bytes());
        let arguments = house.sign_arguments("d1", "in.psbt", &["out.psbt"]);
        run(&arguments, |prompt| match prompt.id {
            "pin" => typed("not-the-pin"),
            _ => at_ceremony(prompt),
        })
        .ended(4)
        .says("CKR_PIN_INCORRECT");
        ceremony(&arguments).ended(0);
        let transcript = house.verified_transcript("d1");
        let said = |body: &Body| match body {
            Body::Exception(exception) => exception.happened.as_str().contains("PIN"),
            _ => false,
        };
        let mut entries = transcript.entries().iter();
        assert!(entries.any(|entry| said(&entry.body)));
    });
}

#[test]
fn input_that_is_no_psbt_is_bad_input() {
    isolated("input_that_is_no_psbt_is_bad_input", |bench| {
        let mut house = House::ready(bench);
        let psbt = house.approved_psbt(destination_script(), 1).to_bytes();
        let half = psbt.len() / 2;
        std::fs::create_dir(bench.path("folder")).expect("ours");
        for (name, bytes, code) in [
            ("empty", &b""[..], 3),
            ("text", b"please sign this", 3),
            ("half", &psbt[..half], 1),
        ] {
            bench.write(name, bytes);
            let arguments = house.sign_arguments("d1", name, &["out.psbt"]);
            ceremony(&arguments).ended(code);
            let review = ["psbt", "review", "--state", &bench.arg("d1"), "--in"];
            let mut review: Vec<String> = review.map(str::to_owned).to_vec();
            review.push(bench.arg(name));
            run(&review, |_| Act::Leave).ended(code);
        }
        for name in ["missing", "folder"] {
            let arguments = house.sign_arguments("d1", name, &["out.psbt"]);
            ceremony(&arguments).ended(3);
        }
        let taken = house.sign_arguments("d1", "half", &["empty"]);
        ceremony(&taken).ended(3).says("exists already");
        assert!(!bench.path("out.psbt").exists());
        house.verified_transcript("d1");
    });
}

/// Somebody who holds the PIN makes a key outside any ceremony.
#[test]
fn a_key_that_no_ceremony_made_stops_the_device() {
    isolated("a_key_that_no_ceremony_made_stops_the_device", |bench| {
        let mut house = House::ready(bench);
        let psbt = house.approved_psbt(destination_script(), 1);
        house.officers.go_home_and_add_key("himuro-d1", PIN);
        bench.write("in.psbt", &psbt.to_bytes());
        let arguments = house.sign_arguments("d1", "in.psbt", &["out.psbt"]);
        let played = ceremony(&arguments);
        played.ended(1).says("x HSM03 refused at token");
        assert!(!played.output.contains("[officer-a]"), "nobody was asked");
        let transcript = house.verified_transcript("d1");
        let last = transcript.state().sessions().last().copied();
        assert_eq!(last.map(|s| s.outcome), Some(Outcome::Refused));
    });
}

/// The file is read once: what is shown, signed and recorded are its first bytes, whatever stands
/// at its place when the operators answer.
#[test]
fn a_file_exchanged_while_people_read_changes_nothing() {
    isolated(
        "a_file_exchanged_while_people_read_changes_nothing",
        |bench| {
            let mut house = House::ready(bench);
            let read = house.approved_psbt(destination_script(), 1);
            let other = house.approved_psbt(destination_script(), 2);
            bench.write("in.psbt", &read.to_bytes());
            let mut exchanged = false;
            let arguments = house.sign_arguments("d1", "in.psbt", &["d1.psbt"]);
            let played = run(&arguments, |prompt| {
                // The first question about a page of the transaction: the rules have judged it.
                if !exchanged && prompt.screen.contains("HOT-REFILL-01") {
                    bench.write("in.psbt", &other.to_bytes());
                    exchanged = true;
                }
                at_ceremony(prompt)
            });
            played.ended(0);
            assert!(exchanged, "{}", played.output);
            let digest = |bytes| ParsedPsbt::parse(bytes).expect("strict").tx_digest();
            assert_eq!(digest(bench.read("d1.psbt")), digest(read.to_bytes()));
            let transcript = house.verified_transcript("d1");
            assert_eq!(transcript.state().ledger().signatures(), 1);
        },
    );
}
