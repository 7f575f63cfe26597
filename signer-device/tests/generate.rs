//! Keys: made in runs that are killed anywhere, topped up, and never used where a cut left them.

mod support;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use hsm_profiles::OpenToken;
use signer_core::cose::{Endorsed, peek};
use signer_core::keys::{CkaId, Fingerprint, KeyRole};
use signer_core::psbt::ParsedPsbt;
use signer_core::rule::RuleId;
use signer_core::transcript::{Body, CeremonyKind, Outcome, VerifiedTranscript};
use signer_core::types::{Chain, Height, KeyIndex, Label, PoolNumber};
use signer_core::wallet::DeviceCard;

use support::house::{House, ceremony, destination_script, run, run_until};
use support::officers::SCOPE;
use support::people::{PIN, at_ceremony, at_commissioning, at_the_next_device};
use support::play::{Act, Plug, Prompt, typed};
use support::{Bench, isolated};

const POOL: PoolNumber = PoolNumber(0);

/// `device resume`, writing the card to `card`.
fn resume(bench: &Bench, name: &str, card: &str) -> Vec<String> {
    let words = [
        "device",
        "resume",
        "--state",
        &bench.arg(name),
        "--card-out",
    ];
    let mut words = words.map(str::to_owned).to_vec();
    words.push(bench.arg(card));
    words
}

/// `device generate` in a pool.
fn generate(bench: &Bench, name: &str, pool: &str, counts: [&str; 2], card: &str) -> Vec<String> {
    let state = bench.arg(name);
    let words = ["device", "generate", "--state", &state, "--pool", pool];
    let more = ["--receive", counts[0], "--change", counts[1], "--card-out"];
    let words = words.iter().chain(&more).map(|word| (*word).to_owned());
    words.chain([bench.arg(card)]).collect()
}

fn card(bench: &Bench, name: &str) -> DeviceCard {
    peek(&bench.read(name)).expect("a card")
}

/// Every key of a card is on the token, once, and the token holds nothing else.
fn token_holds_exactly(token: &mut OpenToken, card: &DeviceCard) {
    let device = Fingerprint::of(&card.identity.device_id());
    let mut on_card = BTreeSet::new();
    for pool in &card.pools {
        for chain in [Chain::Receive, Chain::Change] {
            for (index, key) in (0..).map(KeyIndex).zip(pool.chain(chain)) {
                let id = CkaId::wallet(device, pool.pool, chain, index);
                assert!(on_card.insert((id, key.public_key)));
            }
        }
    }
    let inventory = token.inventory().expect("it can be listed");
    let mut ids: Vec<CkaId> = on_card.iter().map(|(id, _)| *id).collect();
    ids.push(CkaId::single(KeyRole::Identity));
    ids.sort_unstable();
    let listed: Vec<CkaId> = inventory.keys.iter().map(|key| key.id).collect();
    assert_eq!(listed, ids, "each once");
    assert!(inventory.halves.is_empty() && inventory.foreign.is_empty());
    let read = token.read_wallet_keys().expect("they read back");
    let read: BTreeSet<_> = read.iter().map(|key| (key.id, key.public_key)).collect();
    assert_eq!(read, on_card);
}

/// How many keys cuts had left, by the journal.
fn discarded(transcript: &VerifiedTranscript) -> usize {
    let entries = transcript.entries().iter();
    let discarded = entries.filter_map(|entry| match &entry.body {
        Body::KeysDiscarded(discarded) => Some(discarded.keys.len()),
        _ => None,
    });
    discarded.sum()
}

/// So long after a step began.
fn plug(said: &str, later: Duration) -> Plug<'_> {
    Plug { said, later }
}

const COUNTS: [&str; 2] = ["60", "40"];
/// The plug is pulled so often while a device goes on, before it may come to its end.
const PULLED: u64 = 3;

/// The power fails before a device is born, while its keys are made, and while it goes on.
#[test]
fn a_generation_that_is_killed_anywhere_goes_on() {
    isolated("a_generation_that_is_killed_anywhere_goes_on", |bench| {
        let house = House::with_devices(bench, &[]);
        let words = house.officers.root_words();
        // Machines differ: the plug is pulled at parts of the time that a whole birth takes here.
        let whole = a_whole_birth(&house, &words);
        let early = (0..).map(|step| ("== 3/11 ", whole / 16 * step)).take(6);
        let late = (0..).map(|step| ("== 8/11 ", whole / 16 * step)).take(10);
        let (mut born, mut cuts) = (Vec::new(), 0);
        for (number, (said, later)) in early.chain(late).enumerate() {
            let name = format!("k{number}");
            let keys = [("--receive", COUNTS[0]), ("--change", COUNTS[1])];
            let init = house.init_arguments_with(&name, &keys);
            let person = |prompt: &Prompt<'_>| at_commissioning(&words, prompt);
            let played = run_until(&init, plug(said, later), person);
            cuts += u64::from(played.code == 255);
            if bench.path(&name).join("journal.cbor").exists() {
                cuts += go_on_with_cuts(bench, &name, whole / 24);
                born.push(name);
            } else {
                // Cut before its birth: there is nothing that anybody could use, and the token is
                // not taken over.
                assert!(!bench.path(&format!("{name}.card")).exists());
                let again = run(&init, person);
                assert!(again.code == 0 || again.errors.contains("is there already"));
            }
        }
        let left: usize = born.iter().map(|name| judged(&house, name)).sum();
        println!(
            "{} devices, {cuts} cuts, {left} keys left by them",
            born.len()
        );
        assert!(born.len() >= 10 && cuts > 30 && left > 0);
        let mut officers = house.officers;
        for name in &born {
            let shown = card(bench, &format!("{name}.card"));
            let lengths = [&shown.pools[0].receive, &shown.pools[0].change].map(Vec::len);
            assert_eq!(lengths, [60, 40]);
            let (_module, mut token) = officers.go_home_and_open(&format!("himuro-{name}"), PIN);
            token_holds_exactly(&mut token, &shown);
        }
    });
}

/// How long a birth takes that nobody disturbs.
fn a_whole_birth(house: &House<'_>, words: &[&str]) -> Duration {
    let keys = [("--receive", COUNTS[0]), ("--change", COUNTS[1])];
    let began = Instant::now();
    let init = house.init_arguments_with("whole", &keys);
    run(&init, |prompt| at_commissioning(words, prompt)).ended(0);
    began.elapsed()
}

/// Goes on with a device until its card is written; how often the plug was pulled, each time a
/// little later.
fn go_on_with_cuts(bench: &Bench, name: &str, unit: Duration) -> u64 {
    let file = format!("{name}.card");
    let mut cuts = 0;
    for later in (1..).map(|step| unit * step) {
        // Written by a run that was cut later: the file may be there, the card in the journal is.
        let _ = std::fs::remove_file(bench.path(&file));
        let resume = resume(bench, name, &file);
        let plug = if cuts < PULLED {
            plug("== 8/11 ", later)
        } else {
            plug("no such line", Duration::ZERO)
        };
        let played = run_until(&resume, plug, at_ceremony);
        match played.code {
            0 => break,
            255 => cuts += 1,
            // Nothing was announced before the first cut, or the card was recorded before the last.
            _ => {
                played.ended(3).says("no generation of keys was cut");
                let pool = if recorded(bench, name) { "1" } else { "0" };
                let counts = if pool == "0" { COUNTS } else { ["1", "1"] };
                ceremony(&generate(bench, name, pool, counts, &file)).ended(0);
                break;
            }
        }
    }
    cuts
}

/// Whether the device has a card in its journal.
fn recorded(bench: &Bench, name: &str) -> bool {
    let out = bench.arg("recorded.card");
    let words = ["device", "card", "--state", &bench.arg(name), "--out", &out];
    let played = run(&words.map(str::to_owned), |_| Act::Leave);
    let _ = std::fs::remove_file(out);
    played.code == 0
}

/// Verifies the transcript of a device; how many keys cuts had left.
fn judged(house: &House<'_>, name: &str) -> usize {
    let transcript = house.verified_transcript(name);
    let last = transcript.state().sessions().last().copied();
    assert_eq!(last.map(|session| session.outcome), Some(Outcome::Done));
    assert!(transcript.state().generation().is_none());
    discarded(&transcript)
}

#[test]
fn a_pool_is_topped_up() {
    isolated("a_pool_is_topped_up", |bench| {
        let house = House::with_devices(bench, &["d1"]);
        let first = card(bench, "d1.card");
        let more = generate(bench, "d1", "0", ["3", "0"], "d1-2.card");
        ceremony(&more)
            .ended(0)
            .says("3 of 3 keys")
            .says("11 of 11 proofs");
        let next = generate(bench, "d1", "1", ["1", "2"], "d1-3.card");
        ceremony(&next).ended(0);
        let (second, third) = (card(bench, "d1-2.card"), card(bench, "d1-3.card"));
        let keys = |card: &DeviceCard, pool: usize, chain| -> Vec<_> {
            let keys = card.pools[pool].chain(chain).iter();
            keys.map(|key| key.public_key).collect()
        };
        assert_eq!(keys(&second, 0, Chain::Receive).len(), 7);
        assert_eq!(
            keys(&second, 0, Chain::Receive)[..4],
            keys(&first, 0, Chain::Receive)
        );
        assert_eq!(
            keys(&second, 0, Chain::Change),
            keys(&first, 0, Chain::Change)
        );
        assert_eq!(keys(&third, 1, Chain::Change).len(), 2);
        assert_eq!(first.predecessor, None);
        assert!(second.predecessor.is_some() && third.predecessor.is_some());
        assert_ne!(second.predecessor, third.predecessor);
        let transcript = house.verified_transcript("d1");
        let state = transcript.state();
        assert_eq!(state.key_count(POOL, Chain::Receive), 7);
        let kinds: Vec<_> = state.sessions().iter().map(|s| s.kind).collect();
        let keys = CeremonyKind::Keys;
        assert_eq!(kinds, [CeremonyKind::Commission, keys, keys]);
        let mut officers = house.officers;
        let (_module, mut token) = officers.go_home_and_open("himuro-d1", PIN);
        token_holds_exactly(&mut token, &third);
    });
}

#[test]
fn what_cannot_be_made_is_not_begun() {
    isolated("what_cannot_be_made_is_not_begun", |bench| {
        let house = House::with_devices(bench, &["d1"]);
        let journal = bench.read("d1/journal.cbor");
        for (pool, counts, says) in [
            ("0", ["0", "0"], "no keys to make"),
            ("2", ["1", "1"], "the next new one is 1"),
            ("1", ["1", "0"], "the next new one is 1"),
        ] {
            ceremony(&generate(bench, "d1", pool, counts, "x.card"))
                .ended(3)
                .says(says);
        }
        ceremony(&resume(bench, "d1", "x.card"))
            .ended(3)
            .says("no generation of keys was cut");
        assert_eq!(
            bench.read("d1/journal.cbor"),
            journal,
            "nothing was recorded"
        );
        // More than the token holds: refused before anything is announced.
        ceremony(&generate(bench, "d1", "0", ["9993", "0"], "x.card"))
            .ended(4)
            .says("at most 10000");
        assert!(!bench.path("x.card").exists());
        let transcript = house.verified_transcript("d1");
        assert!(transcript.state().generation().is_none());
    });
}

#[test]
fn two_people_type_what_is_made() {
    isolated("two_people_type_what_is_made", |bench| {
        let house = House::with_devices(bench, &["d1"]);
        let more = generate(bench, "d1", "0", ["3", "2"], "d1-2.card");
        for (question, wrong) in [("keys", "3"), ("keys", "yes"), ("pool", "1"), ("pool", "")] {
            let played = run(&more, |prompt| {
                if prompt.id == question {
                    return typed(wrong);
                }
                at_ceremony(prompt)
            });
            played.ended(2).says("3 wrong answers");
        }
        for question in ["officer-a", "keys", "pool"] {
            run(&more, |prompt| {
                if prompt.id == question {
                    return typed("r");
                }
                at_ceremony(prompt)
            })
            .ended(2);
        }
        assert!(!bench.path("d1-2.card").exists());
        let transcript = house.verified_transcript("d1");
        let asked = |body: &Body| matches!(body, Body::KeysIntended(_) | Body::KeysGenerated(_));
        let entries = transcript.entries().iter();
        assert_eq!(entries.filter(|entry| asked(&entry.body)).count(), 3);
    });
}

/// Somebody with the PIN makes a key under an id that a cut generation had announced.
#[test]
fn a_key_that_no_session_recorded_is_destroyed_not_used() {
    isolated(
        "a_key_that_no_session_recorded_is_destroyed_not_used",
        |bench| {
            let house = House::with_devices(bench, &["d1"]);
            let device = Fingerprint::of(&card(bench, "d1.card").identity.device_id());
            let more = generate(bench, "d1", "0", ["400", "0"], "d1-2.card");
            let cut = run_until(
                &more,
                plug("== 8/11 ", Duration::from_millis(300)),
                at_ceremony,
            );
            assert_eq!(cut.code, 255);
            // Other ceremonies do not begin beside what was left.
            ceremony(&generate(bench, "d1", "0", ["1", "0"], "x.card"))
                .ended(3)
                .says("device resume");
            let mut officers = house.officers;
            let planted = CkaId::wallet(device, POOL, Chain::Receive, KeyIndex(403));
            let key = {
                let (_module, mut token) = officers.go_home_and_open("himuro-d1", PIN);
                let made =
                    token.generate_wallet_keys(device, POOL, Chain::Receive, 403..404, |_| {});
                made.expect("a key")[0].public_key
            };
            let policy = bench.write("policy.cbor", b"x");
            let state = bench.arg("d1");
            let install = ["policy", "install", "--state", &state, "--policy", &policy];
            ceremony(&install.map(str::to_owned))
                .ended(1)
                .says("x HSM03 refused at token")
                .says("go on by device resume");
            let resumed = ceremony(&resume(bench, "d1", "d1-2.card"));
            resumed.ended(0).says(&format!("! key pair {planted}"));
            let shown = card(bench, "d1-2.card");
            let receive = &shown.pools[0].receive;
            assert_eq!(receive.len(), 404);
            assert!(receive.iter().all(|made| made.public_key != key));
            let (_module, mut token) = officers.go_home_and_open("himuro-d1", PIN);
            token_holds_exactly(&mut token, &shown);
        },
    );
}

/// More keys on each device, for the pool of the wallet; the card takes the place of the old one.
fn top_up(house: &House<'_>, counts: [&str; 2]) {
    let bench = house.bench;
    for name in ["d1", "d2", "d3"] {
        ceremony(&generate(bench, name, "0", counts, "next.card"))
            .ended(0)
            .says("serves wallet Cold 1");
        std::fs::rename(bench.path("next.card"), bench.path(&format!("{name}.card")))
            .expect("ours");
    }
}

/// The whole way: 2 of 3 devices, topped up, the wallet extended on each, listed by a policy, and a
/// coin at a new address spent.
#[test]
fn a_wallet_is_extended_and_spends_from_a_new_address() {
    isolated(
        "a_wallet_is_extended_and_spends_from_a_new_address",
        |bench| {
            let mut house = House::ready_with(bench, &["d1", "d2", "d3"]);
            let first = house.wallet.as_ref().expect("registered").digest();
            top_up(&house, ["3", "2"]);
            let draft = house.extension();
            assert_eq!(draft.body().predecessor, Some(first));
            house.register(draft);
            let list = ["wallet", "list", "--state", &bench.arg("d1"), "--json"];
            run(&list.map(str::to_owned), |_| Act::Leave)
                .ended(0)
                .says(r#""version":1"#)
                .says(r#""version":2,"receive":7,"change":6"#);

            // Registered, and not listed by the policy yet: old addresses only, under the old digest.
            let psbt = house.approved_psbt_from(destination_script(), &[(KeyIndex(5), 1)]);
            bench.write("early.psbt", &psbt.to_bytes());
            let early = house.sign_arguments("d1", "early.psbt", &["early-d1.psbt"]);
            ceremony(&early).ended(1).says("x WAL01 refused");

            // A wallet that a policy adds waits for the delay of the policy before it.
            house.install_policy();
            house.known_height = Height(9);
            let psbt = house.approved_psbt_from(destination_script(), &[(KeyIndex(5), 9)]);
            bench.write("waits.psbt", &psbt.to_bytes());
            let waits = house.sign_arguments("d1", "waits.psbt", &["waits-d1.psbt"]);
            ceremony(&waits)
                .ended(1)
                .says("x WAL01 refused")
                .says("whose loosenings wait until height 10");
            house.known_height = Height(10);
            for (index, coin) in [(KeyIndex(5), 2), (KeyIndex(1), 3)] {
                let psbt = house.approved_psbt_from(destination_script(), &[(index, coin)]);
                let [input, half, whole] =
                    ["in", "half", "whole"].map(|name| format!("{name}-{coin}.psbt"));
                bench.write(&input, &psbt.to_bytes());
                ceremony(&house.sign_arguments("d3", &input, &[&half])).ended(0);
                let second = house.sign_arguments("d1", &half, &[&whole]);
                run(&second, at_the_next_device).ended(0);
                let parsed = ParsedPsbt::parse(bench.read(&whole)).expect("strict");
                assert_eq!(parsed.inputs()[0].partial_sigs.len(), 2);
            }
            // Address 5 of 7 was used: a fifth is left or less.
            let warned = ceremony(&generate(bench, "d1", "0", ["1", "0"], "more.card"));
            warned
                .ended(0)
                .says("! wallet Cold 1: 1 of 7 addresses are left on chain 0");
            assert!(!warned.output.contains("left on chain 1"));
            // Of three devices two sign: one is to spare.
            assert!(!warned.output.contains("devices must sign"));
            for name in ["d1", "d2", "d3"] {
                let transcript = house.verified_transcript(name);
                assert_eq!(transcript.state().wallets().newest().count(), 1);
            }
        },
    );
}

/// An extension under another name, or of a record that nobody registered, is refused on the device,
/// and its transcript says so.
#[test]
fn an_extension_that_is_none_is_refused() {
    isolated("an_extension_that_is_none_is_refused", |bench| {
        let house = House::ready_with(bench, &["d1", "d2", "d3"]);
        top_up(&house, ["2", "0"]);
        let good = house.extension();
        let mut renamed = good.body().clone();
        renamed.name = Label::new("Cold 2").expect("plain");
        let mut orphaned = good.body().clone();
        orphaned.predecessor = Some(good.wallet_digest());
        for body in [renamed, orphaned] {
            let draft = Endorsed::new(body, SCOPE);
            bench.write("wallet-draft.cbor", &draft.to_bytes());
            let (file, out) = (bench.arg("wallet-draft.cbor"), bench.arg("out.cbor"));
            let what = ["--draft", &file, "--endorsement-out", &out];
            ceremony(&house.register_arguments("d2", &what))
                .ended(1)
                .says("x WAL07 refused");
            assert!(!bench.path("out.cbor").exists());
        }
        let transcript = house.verified_transcript("d2");
        let refused = |body: &Body| match body {
            Body::Refused(refusal) => refusal.rule == RuleId::WAL07,
            _ => false,
        };
        let entries = transcript.entries().iter();
        assert_eq!(entries.filter(|entry| refused(&entry.body)).count(), 2);
    });
}

/// So many keys in one pool, half on each chain: 1,000, or what `HIMURO_KEYS` says.
#[test]
fn a_large_pool_is_made_and_opened() {
    isolated("a_large_pool_is_made_and_opened", |bench| {
        let keys: usize = match std::env::var("HIMURO_KEYS") {
            Ok(keys) => keys.parse().expect("a number of keys"),
            Err(_) => 1_000,
        };
        let half = (keys / 2).to_string();
        let house = House::with_devices(bench, &[]);
        let words = house.officers.root_words();
        let counts = [("--receive", half.as_str()), ("--change", half.as_str())];
        let init = house.init_arguments_with("d1", &counts);
        let begun = Instant::now();
        let played = run(&init, |prompt| at_commissioning(&words, prompt));
        let said = format!("{keys} of {keys}");
        played.ended(0).says(&said);
        println!(
            "{keys} keys: made, proven and on a card in {:.1?}",
            begun.elapsed()
        );
        let begun = Instant::now();
        let transcript = house.verified_transcript("d1");
        println!(
            "{keys} keys: journal exported and verified in {:.1?}",
            begun.elapsed()
        );
        assert_eq!(transcript.state().missing_ids().count(), 0);
        for line in played.output.lines().filter(|line| line.contains(" of ")) {
            println!("{line}");
        }
        let shown = card(bench, "d1.card");
        let mut officers = house.officers;
        let begun = Instant::now();
        let (_module, mut token) = officers.go_home_and_open("himuro-d1", PIN);
        println!(
            "{keys} keys: module loaded, token opened and listed in {:.1?}",
            begun.elapsed()
        );
        let begun = Instant::now();
        assert_eq!(token.read_wallet_keys().map(|read| read.len()), Ok(keys));
        println!(
            "{keys} keys: attributes read back in {:.1?}",
            begun.elapsed()
        );
        token_holds_exactly(&mut token, &shown);
    });
}
