//! Registering a wallet and installing a policy: what does not agree is refused, and both languages
//! ask the same questions.

mod support;

use support::house::{House, ceremony, run};
use support::isolated;
use support::people::at_ceremony;
use support::play::{Act, typed};

fn show(arguments: &[&str]) -> support::play::Played {
    let arguments: Vec<String> = arguments.iter().map(|a| (*a).to_owned()).collect();
    run(&arguments, |_| Act::Leave)
}

#[test]
fn the_same_wallet_stands_on_every_device() {
    isolated("the_same_wallet_stands_on_every_device", |bench| {
        let house = House::ready(bench);
        let wallet = house.wallet.as_ref().expect("registered");
        let digest = wallet.digest().to_hex();
        let mut addresses = Vec::new();
        for name in ["d1", "d2"] {
            let state = bench.arg(name);
            show(&["wallet", "list", "--state", &state, "--json"])
                .ended(0)
                .says(&digest)
                .says(r#""threshold":2"#);
            let asked = ["wallet", "address", "--state", &state, "--wallet", "Cold 1"];
            let by_name = show(&asked);
            by_name.ended(0);
            let json = show(&[&asked[..5], &[digest.as_str(), "--json"]].concat());
            json.ended(0).says(r#""descriptor":"wsh(sortedmulti(2,["#);
            addresses.push(json.output);
            let far = show(&[&asked[..], &["--index", "4"]].concat());
            far.ended(3).says("has 4 addresses");
            show(&["policy", "show", "--state", &state])
                .ended(0)
                .says("hot-1");
            show(&["policy", "show", "--state", &state, "--json"])
                .ended(0)
                .says(r#""limit_sat":120000000"#);
        }
        assert_eq!(addresses[0], addresses[1]);
        show(&[
            "wallet",
            "address",
            "--state",
            &bench.arg("d1"),
            "--wallet",
            "x",
        ])
        .ended(3)
        .says("no wallet x");
    });
}

#[test]
fn a_wallet_is_registered_only_from_cards_and_enrolments_that_agree() {
    isolated(
        "a_wallet_is_registered_only_from_cards_and_enrolments_that_agree",
        |bench| {
            let mut house = House::with_devices(bench, &["d1", "d2"]);
            let draft = house.draft();
            let file = bench.arg("wallet-draft.cbor");
            let out = bench.arg("endorsed.cbor");
            let good = ["--draft", &file, "--endorsement-out", &out];
            let arguments = house.register_arguments("d1", &good);
            // Words that are not the ones of the card.
            run(&arguments, |prompt| match prompt.id {
                "card-d2" => typed("one two three four"),
                _ => at_ceremony(prompt),
            })
            .ended(2);
            // The enrolments were compared, and are not asked for again.
            run(&arguments, |prompt| match prompt.id {
                "enrolment-d1" | "enrolment-d2" => panic!("{} was compared", prompt.id),
                "card-d2" => typed("one two three four"),
                _ => at_ceremony(prompt),
            })
            .ended(2);
            // Files that are not what they must be.
            let mut altered = draft.to_bytes();
            let middle = altered.len() / 2;
            altered[middle] ^= 1;
            for (name, bytes) in [
                ("altered.cbor", altered.as_slice()),
                ("empty.cbor", b""),
                ("garbage.cbor", b"not a record"),
            ] {
                let path = bench.write(name, bytes);
                let wrong = ["--draft", &path, "--endorsement-out", &out];
                ceremony(&house.register_arguments("d1", &wrong)).ended(3);
                let mut wrong_card = arguments.clone();
                let card = wrong_card.iter().position(|a| a == "--card");
                wrong_card[card.expect("a card") + 1] = path;
                ceremony(&wrong_card).ended(3);
            }
            // A device without an enrolment.
            let fewer = &arguments[..arguments.len() - 2];
            ceremony(fewer).ended(3).says("enrol");
            // A record that this device has not signed is not installed.
            let unsigned = house.register_arguments("d1", &["--record", &file]);
            ceremony(&unsigned).ended(3).says("has not signed");
            assert!(!bench.path("endorsed.cbor").exists());
            ceremony(&arguments).ended(0);
            assert!(bench.path("endorsed.cbor").exists());
            house.verified_transcript("d1");
        },
    );
}

#[test]
fn a_policy_is_installed_only_with_its_quorum_and_in_order() {
    isolated(
        "a_policy_is_installed_only_with_its_quorum_and_in_order",
        |bench| {
            let house = House::ready(bench);
            let state = bench.arg("d1");
            let install = |path: &str| {
                let arguments = ["policy", "install", "--state", &state, "--policy", path];
                ceremony(&arguments.map(str::to_owned))
            };
            // The same again: its number does not rise.
            install(&bench.arg("policy.cbor"))
                .ended(1)
                .says("x POL08 refused")
                .says("does not rise");
            let mut altered = bench.read("policy.cbor");
            altered[100] ^= 1;
            for (name, bytes, code) in [
                ("altered", altered.as_slice(), 1),
                ("empty", b"", 3),
                ("text", b"x", 1),
            ] {
                install(&bench.write(name, bytes)).ended(code);
            }
            house.verified_transcript("d1");
        },
    );
}

#[test]
fn both_languages_ask_the_same_questions() {
    isolated("both_languages_ask_the_same_questions", |bench| {
        let mut house = House::with_devices(bench, &["d1", "d2"]);
        house.draft();
        let file = bench.arg("wallet-draft.cbor");
        let mut asked = Vec::new();
        // A card and an enrolment are compared once: another device has them before it still.
        for (name, other, lang) in [("d1", "d2", "en"), ("d2", "d1", "ja")] {
            let out = bench.arg(&format!("{lang}.cbor"));
            let what = ["--draft", &file, "--endorsement-out", &out, "--lang", lang];
            let mut prompts = Vec::new();
            run(&house.register_arguments(name, &what), |prompt| {
                prompts.push(prompt.id.replace(other, "other"));
                at_ceremony(prompt)
            })
            .ended(0);
            asked.push(prompts);
        }
        for prompts in &mut asked {
            prompts.sort();
        }
        assert!(asked[0].contains(&"card-other".to_owned()));
        assert!(asked[0].contains(&"enrolment-other".to_owned()));
        let own = |prompts: &[String]| {
            prompts
                .iter()
                .filter(|id| id.starts_with("enrolment-"))
                .count()
        };
        assert_eq!([own(&asked[0]), own(&asked[1])], [2, 2]);
        let same = |prompts: &[String]| -> Vec<String> {
            let all = prompts.iter().filter(|id| !id.starts_with("enrolment-d"));
            all.cloned().collect()
        };
        assert_eq!(same(&asked[0]), same(&asked[1]));
    });
}

#[test]
fn a_failure_is_told_in_japanese() {
    let told = |arguments: &[&str], words: &str| {
        let arguments = [arguments, &["--lang", "ja"]].concat();
        show(&arguments).ended(3).says("エラー: ").says(words);
    };
    let nowhere = ["--state", "/nowhere"];
    for verb in ["status", "card"] {
        let out: &[&str] = if verb == "card" {
            &["--out", "/dev/null/x"]
        } else {
            &[]
        };
        let words = ["ジャーナルがない", "書き込めない"][usize::from(verb == "card")];
        told(
            &[&["device", verb], nowhere.as_slice(), out].concat(),
            words,
        );
    }
    let sign = [
        "psbt",
        "sign",
        "--in",
        "/nowhere/a",
        "--out",
        "/tmp/a",
        "--out",
        "/tmp/a",
    ];
    told(&[&sign, nowhere.as_slice()].concat(), "--out が重複");
    let review = ["psbt", "review", "--in", "/nowhere/a"];
    told(&[&review, nowhere.as_slice()].concat(), "読取りに失敗");
    told(
        &["psbt", "sign", "--pin", "1234"],
        "引数が正しくない: --pin",
    );
    let check = [
        "device",
        "check",
        "--profile",
        "no-such",
        "--network",
        "regtest",
        "--token",
        "t",
        "--report-out",
        "/tmp/no-report",
        "--page-out",
        "/tmp/no-page",
    ];
    told(&check, "プロファイル \"no-such\" はない");
}

#[test]
fn the_program_explains_itself() {
    show(&["--help"])
        .ended(0)
        .says("Exit codes: 0 done")
        .says("Example:");
    show(&["psbt", "sign", "--help"]).ended(0).says("Example:");
    show(&["selftest", "--json"])
        .ended(0)
        .says(r#"{"passed":true,"checks":[{"name":"sha256","passed":true}"#);
    let wrong = show(&["psbt", "sign", "--pin", "1234"]);
    assert_eq!(wrong.code, 3);
    let nothing = show(&["device", "status", "--state", "/nowhere"]);
    nothing.ended(3).says("holds no journal");
}
