//! The life of keys after their birth: inventory, backups, retirement, destruction; at the real
//! program, on SoftHSM tokens.

mod support;

use std::fs;
use std::path::Path;

use hsm_profiles::{Module, Pin, Profile, TokenSelector};
use signer_core::cose::{Endorsed, Signed, peek};
use signer_core::keys::{CkaId, Fingerprint};
use signer_core::life::{Found, KeyState, PossessionReport, Retirement, Standing};
use signer_core::token::Line;
use signer_core::transcript::{Body, Outcome, whole_prefix};
use signer_core::types::{Chain, Height, KeyIndex, Label, PoolNumber};
use signer_core::wallet::DeviceCard;
use zeroize::Zeroizing;

use support::house::{House, ceremony, destination_script, run};
use support::officers::SCOPE;
use support::people::{PIN, at_ceremony};
use support::play::{Act, Played, Prompt, device, on_a_small_disk, play, typed};
use support::{Bench, isolated};

/// Keys of each device.
const KEYS: usize = 8;

/// The order that retires the wallet of the house, and its words on paper.
fn order(house: &mut House<'_>) -> Vec<&'static str> {
    let mut order = Endorsed::new(
        Retirement {
            version: 1,
            scope: SCOPE,
            root: house.officers.root.digest(),
            roster: house.officers.roster.roster_digest(),
            wallet: house.wallet.as_ref().expect("registered").id(),
            empty_at: Height(7),
            reason: Label::new("moved to Cold 2").expect("plain"),
        },
        SCOPE,
    );
    let unsigned = order.to_bytes();
    house.bench.write("unsigned.cbor", &unsigned);
    house.officers.endorse_by_all(&mut order);
    house.bench.write("retirement.cbor", &order.to_bytes());
    order.retirement_digest().words()
}

/// Honest people with the paper of the order.
fn with_paper<'a>(words: &'a [&'static str]) -> impl Fn(&Prompt<'_>) -> Act + 'a {
    move |prompt| match prompt.id {
        "retire-wallet" | "destroy-wallet" => typed("Cold 1"),
        "destroy-keys" => typed(stated(prompt.screen)),
        "retire-order" | "destroy-order" => {
            let numbers = prompt.question.split(|c: char| !c.is_ascii_digit());
            let numbers: Vec<usize> = numbers.filter_map(|n| n.parse().ok()).collect();
            typed(words[numbers[0] - 1..numbers[1]].join(" "))
        }
        _ => at_ceremony(prompt),
    }
}

/// The number of keys on the screen of a destruction.
fn stated(screen: &str) -> String {
    let line = screen
        .lines()
        .rev()
        .find_map(|l| l.strip_prefix("| keys  "));
    line.expect("the screen counts the keys").to_owned()
}

fn words(bench: &Bench, words: &[&str]) -> Vec<String> {
    let (noun, rest) = words.split_at(2);
    let state = ["--state".to_owned(), bench.arg("d1")];
    let noun = noun.iter().map(|word| (*word).to_owned());
    let rest = rest.iter().map(|word| (*word).to_owned());
    noun.chain(state).chain(rest).collect()
}

fn retire(house: &House<'_>, paper: &[&'static str]) -> Played {
    let order = house.bench.arg("retirement.cbor");
    let arguments = words(house.bench, &["wallet", "retire", "--order", &order]);
    run(&arguments, with_paper(paper))
}

fn destroy_arguments(bench: &Bench) -> Vec<String> {
    words(bench, &["device", "destroy", "--wallet", "Cold 1"])
}

/// Everything on the token, read past the program. The officers have gone home: a module sees only
/// the tokens that were there when it was loaded.
fn on_token(house: &mut House<'_>) -> Vec<CkaId> {
    house.officers.go_home();
    let profile = Profile::named("softhsm2").expect("built in");
    let module = Module::load(&profile, None).expect("SoftHSM is installed");
    let selector = TokenSelector {
        label: Line::lossy("himuro-d1"),
        serial: None,
    };
    let pin = Pin::new(&Zeroizing::new(PIN.to_owned()));
    let closed = module.open(&selector).expect("it is there");
    let mut token = closed.login(&pin).expect("it opens");
    let inventory = token.inventory().expect("it can be listed");
    assert!(inventory.halves.is_empty() && inventory.foreign.is_empty());
    let _ = token.logout().expect("it closes");
    inventory.keys.iter().map(|key| key.id).collect()
}

fn wallet_key(bench: &Bench, index: u32) -> CkaId {
    let card: DeviceCard = peek(&bench.read("d1.card")).expect("a card");
    let device = Fingerprint::of(&card.identity.device_id());
    CkaId::wallet(device, PoolNumber(0), Chain::Receive, KeyIndex(index))
}

#[test]
fn a_wallet_is_retired_and_its_keys_are_destroyed() {
    isolated("a_wallet_is_retired_and_its_keys_are_destroyed", |bench| {
        let mut house = House::ready(bench);
        let paper = order(&mut house);
        // An active wallet is refused, whatever anybody types.
        let destroy = destroy_arguments(bench);
        run(&destroy, with_paper(&paper)).ended(1).says("KEY02");
        // An order that nobody signed retires nothing.
        let unsigned = bench.arg("unsigned.cbor");
        let arguments = words(bench, &["wallet", "retire", "--order", &unsigned]);
        run(&arguments, with_paper(&paper))
            .ended(3)
            .says("signed by 0");
        retire(&house, &paper).ended(0).says("is retired");
        retire(&house, &paper).ended(3).says("retired already");

        let psbt = house.approved_psbt(destination_script(), 1);
        bench.write("in.psbt", &psbt.to_bytes());
        let sign = house.sign_arguments("d1", "in.psbt", &["out.psbt"]);
        ceremony(&sign)
            .ended(1)
            .says("WAL01")
            .says("retired by order");

        let done = run(&destroy, with_paper(&paper));
        done.ended(0)
            .says("key 0/1/3 is gone")
            .says("the journal stays");
        run(&destroy, with_paper(&paper))
            .ended(1)
            .says("all are destroyed");
        let transcript = house.verified_transcript("d1");
        let ended: Vec<CkaId> = transcript
            .entries()
            .iter()
            .filter_map(|entry| match entry.body {
                Body::Destroyed(id) => Some(id),
                _ => None,
            })
            .collect();
        assert_eq!(ended.len(), KEYS);
        let mut states = transcript.state().wallet_keys().map(|line| line.state);
        assert!(states.all(|state| state == KeyState::Destroyed));
        let shown = words(bench, &["device", "status", "--json"]);
        run(&shown, |_| Act::Leave)
            .ended(0)
            .says(r#""deactivated":0,"destroyed":8"#);
        let left = on_token(&mut house);
        assert_eq!(left.len(), 1, "the identity key alone: {left:?}");
    });
}

/// Every question can be rejected, answered wrongly, or be cut: no key ends.
#[test]
fn a_destruction_is_stopped_at_every_question() {
    isolated("a_destruction_is_stopped_at_every_question", |bench| {
        let mut house = House::ready(bench);
        let paper = order(&mut house);
        retire(&house, &paper).ended(0);
        let destroy = destroy_arguments(bench);
        for id in ["destroy-wallet", "destroy-keys", "destroy-order"] {
            for (act, code) in [(typed("r"), 2), (typed("Cold 2"), 2), (Act::Leave, 2)] {
                let wrong = std::cell::RefCell::new(act);
                run(&destroy, |prompt| {
                    if prompt.id != id {
                        return with_paper(&paper)(prompt);
                    }
                    match &*wrong.borrow() {
                        Act::Type(text) => typed(text.clone()),
                        Act::Leave | Act::Kill => Act::Leave,
                    }
                })
                .ended(code);
            }
            run(&destroy, |prompt| match prompt.id {
                asked if asked == id => Act::Kill,
                _ => with_paper(&paper)(prompt),
            });
        }
        let listed = words(bench, &["device", "inventory"]);
        ceremony(&listed).ended(0).says("deactivated: 8");
        let transcript = house.verified_transcript("d1");
        let begun = |entry: &signer_core::transcript::Entry| {
            matches!(entry.body, Body::Destroying(_) | Body::Destroyed(_))
        };
        assert!(!transcript.entries().iter().any(begun));
        assert_eq!(on_token(&mut house).len(), KEYS + 1);
    });
}

/// The disk fills up at one place after the other: between the end of a key and its record too.
#[test]
fn a_destruction_that_was_cut_goes_on() {
    isolated("a_destruction_that_was_cut_goes_on", |bench| {
        let mut house = House::ready(bench);
        let paper = order(&mut house);
        retire(&house, &paper).ended(0);
        let destroy = destroy_arguments(bench);
        // A torn end is put aside first: what is behind it does not count.
        let journal = || whole_prefix(&bench.read("d1/journal.cbor")).len() as u64;
        let left = || {
            let status = words(bench, &["device", "status", "--json"]);
            let said = run(&status, |_| Act::Leave).output;
            let (_, rest) = said.split_once(r#""deactivated":"#).expect("a field");
            let count = rest.split(',').next().expect("a number");
            count.parse::<usize>().expect("a number")
        };
        let (mut before, mut cuts) = (left(), 0);
        assert_eq!(before, KEYS);
        for room in (1..400).map(|step| step * 256) {
            let played = play(
                &mut on_a_small_disk(&destroy, journal() + room),
                with_paper(&paper),
            );
            if played.code == 0 {
                break;
            }
            played.ended(5);
            let now = left();
            assert!(now <= before, "{now} of {before}");
            cuts += usize::from(now < before);
            before = now;
            if now == 0 {
                break;
            }
        }
        if left() > 0 {
            run(&destroy, with_paper(&paper)).ended(0);
        }
        assert!(cuts > 0, "no cut among the keys");
        // Whatever was cut, the next session covers it, and every key is gone.
        let listed = words(bench, &["device", "inventory"]);
        ceremony(&listed).ended(0).says("destroyed: 8");
        house.verified_transcript("d1");
        assert_eq!(on_token(&mut house).len(), 1);
    });
}

#[test]
fn an_inventory_names_what_should_not_be_there() {
    isolated("an_inventory_names_what_should_not_be_there", |bench| {
        let mut house = House::ready(bench);
        let text = words(bench, &["device", "inventory"]);
        let json = words(bench, &["device", "inventory", "--json"]);
        ceremony(&text)
            .ended(0)
            .says("9 key pairs, 0 halves, 0 other objects")
            .says("active: 8");
        let said = ceremony(&json);
        said.ended(0)
            .says(r#""halves":[],"foreign":[],"refused":[]}"#);
        let lines = said.output.lines().filter(|line| line.starts_with('{'));
        assert_eq!(lines.count(), 1);
        house.officers.go_home_and_add_key("himuro-d1", PIN);
        ceremony(&text).ended(1).says("HSM03").says("10 key pairs");
        let strange = ceremony(&json);
        strange.ended(1).says("got key 0102000000070000");
        let transcript = house.verified_transcript("d1");
        let outcomes: Vec<Outcome> = transcript
            .state()
            .sessions()
            .iter()
            .map(|session| session.outcome)
            .collect();
        assert_eq!(
            outcomes[4..],
            [
                Outcome::Done,
                Outcome::Done,
                Outcome::Refused,
                Outcome::Refused
            ]
        );
    });
}

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

/// The program with the tokens of another folder: another HSM, restored from a backup.
fn with_tokens(bench: &Bench, folder: &str, arguments: &[String]) -> Played {
    let configuration = format!("{folder}.conf");
    let text = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
        bench.arg(folder)
    );
    let configuration = bench.write(&configuration, text.as_bytes());
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut command = device(&words);
    command.env("SOFTHSM2_CONF", configuration);
    play(&mut command, at_ceremony)
}

fn report(bench: &Bench, name: &str) -> PossessionReport {
    let card: DeviceCard = peek(&bench.read("d1.card")).expect("a card");
    let known = |kid: &_| (*kid == card.identity.key_id()).then_some(card.identity);
    let signed = Signed::<PossessionReport>::open(&bench.read(name), SCOPE, known);
    signed.expect("the device signed it").body().clone()
}

#[test]
fn a_restored_token_proves_its_keys_and_does_not_sign() {
    isolated(
        "a_restored_token_proves_its_keys_and_does_not_sign",
        |bench| {
            let mut house = House::ready(bench);
            copy(&bench.path("tokens"), &bench.path("backup"));
            let verify = |out: &str| {
                let out = bench.arg(out);
                words(bench, &["device", "verify-backup", "--out", &out])
            };
            // A copy made since the last session cannot be told from the token in use.
            let fresh = with_tokens(bench, "backup", &verify("fresh.report"));
            fresh.ended(0).says("8 of 8 keys of the card are proven");
            assert_eq!(report(bench, "fresh.report").standing, Standing::Current);
            // The token in use goes on: looking at a backup told nobody anything.
            ceremony(&words(bench, &["device", "inventory"])).ended(0);

            let psbt = house.approved_psbt(destination_script(), 1);
            bench.write("in.psbt", &psbt.to_bytes());
            let sign = house.sign_arguments("d1", "in.psbt", &["out.psbt"]);
            let restored = with_tokens(bench, "backup", &sign);
            restored.ended(1).says("TRN05").says("verify-backup");
            assert!(!bench.path("out.psbt").exists());
            let proven = with_tokens(bench, "backup", &verify("old.report"));
            proven
                .ended(0)
                .says("it was restored, and only proves its keys");
            let old = report(bench, "old.report");
            assert_eq!(
                (old.standing, old.proofs().count()),
                (Standing::Behind, KEYS)
            );
            // Proving its keys made it no better, and the token in use no worse.
            with_tokens(bench, "backup", &sign).ended(1).says("TRN05");
            ceremony(&sign).ended(0);
            house.verified_transcript("d1");
        },
    );
}

#[test]
fn a_backup_that_lacks_a_key_is_found() {
    isolated("a_backup_that_lacks_a_key_is_found", |bench| {
        let mut house = House::ready(bench);
        copy(&bench.path("tokens"), &bench.path("whole"));
        lose(&mut house, wallet_key(bench, 2));
        copy(&bench.path("tokens"), &bench.path("lacking"));
        fs::remove_dir_all(bench.path("tokens")).expect("ours");
        copy(&bench.path("whole"), &bench.path("tokens"));
        let out = bench.arg("lacking.report");
        let verify = words(bench, &["device", "verify-backup", "--out", &out]);
        with_tokens(bench, "lacking", &verify)
            .ended(1)
            .says("KEY01")
            .says("7 of 8 keys")
            .says("0/0/2  missing");
        let report = report(bench, "lacking.report");
        assert_eq!(report.lines[2].found, Found::Missing);
        ceremony(&words(bench, &["device", "inventory"])).ended(0);
        let transcript = house.verified_transcript("d1");
        let sessions = transcript.state().sessions();
        assert_eq!(sessions[4].outcome, Outcome::Refused);
    });
}

/// Loses a key of the token in use, past every ceremony.
fn lose(house: &mut House<'_>, id: CkaId) {
    house.officers.go_home();
    let profile = Profile::named("softhsm2").expect("built in");
    let module = Module::load(&profile, None).expect("SoftHSM is installed");
    let selector = TokenSelector {
        label: Line::lossy("himuro-d1"),
        serial: None,
    };
    let pin = Pin::new(&Zeroizing::new(PIN.to_owned()));
    let closed = module.open(&selector).expect("it is there");
    let mut token = closed.login(&pin).expect("it opens");
    token.discard(&[id]).expect("it is destroyed");
    let _ = token.logout().expect("it closes");
}
