//! A token that only the vendor's tool can make ready: it is taken as it is, with nothing on it.

mod support;

use std::process::Command;

use signer_core::transcript::{Body, Genesis, ReadiedBy, VerifiedTranscript};

use support::house::{House, ceremony, run};
use support::people::{PIN, at_commissioning};
use support::play::{Act, typed};
use support::{Bench, isolated};

const PROFILE: &str = include_str!("../../hsm-profiles/profiles/softhsm2.toml");

/// SoftHSM under a profile that says that the module cannot make a token ready.
fn house(bench: &Bench) -> House<'_> {
    let [module, tool] = ["module", "vendor-tool"].map(|by| format!("initialise = \"{by}\""));
    let text = PROFILE.replacen(&module, &tool, 1);
    assert_ne!(text, PROFILE);
    let profile = bench.write("vendor-tool.toml", text.as_bytes());
    let library = "/usr/lib/softhsm/libsofthsm2.so".to_owned();
    let mut house = House::empty(bench, Some([profile, library]));
    house.officers.go_home();
    house
}

/// What the vendor's tool does, days before.
fn made_ready(name: &str) {
    let label = format!("himuro-{name}");
    let made = Command::new("softhsm2-util")
        .args(["--init-token", "--free", "--label", &label])
        .args(["--so-pin", "so-pin-of-vendor", "--pin", PIN])
        .output()
        .expect("softhsm2-util is installed with SoftHSM");
    assert!(made.status.success(), "{made:?}");
}

fn genesis(transcript: &VerifiedTranscript) -> &Genesis {
    match &transcript.entries()[0].body {
        Body::Genesis(genesis) => genesis,
        _ => panic!("the first entry"),
    }
}

#[test]
fn a_token_of_the_vendors_tool_becomes_a_device() {
    isolated("a_token_of_the_vendors_tool_becomes_a_device", |bench| {
        let house = house(bench);
        let words = house.officers.root_words();
        house.commission("d1").ended(4).says("himuro-d1");
        made_ready("d1");
        // One PIN, once: nothing is set here.
        let mut asked = Vec::new();
        run(&house.init_arguments("d1"), |prompt| {
            asked.push(prompt.id.to_owned());
            at_commissioning(&words, prompt)
        })
        .ended(0)
        .says("made ready by the vendor's tool")
        .says("the token holds no object");
        assert_eq!(asked, ["root-1", "root-2", "pin"]);
        let state = bench.arg("d1");
        let inventory = ["device", "inventory", "--state", &state].map(str::to_owned);
        ceremony(&house.at_hsm(inventory.to_vec())).ended(0);
        let transcript = house.verified_transcript("d1");
        let by = genesis(&transcript).readied;
        assert_eq!(by, Some(ReadiedBy::VendorTool));
        let bytes = bench.read("d1.transcript");
        assert_eq!(house.said_without_our_code("d1", &bytes), "");
        // It is a device now, and is taken by no other.
        let other = house.init_arguments_with(
            "d1",
            &[
                ("--state", &bench.arg("d9")),
                ("--card-out", &bench.arg("d9.card")),
            ],
        );
        run(&other, |prompt| at_commissioning(&words, prompt))
            .ended(1)
            .says("HSM03");
        assert!(!bench.path("d9.card").exists() && !bench.path("d9/journal.cbor").exists());
        ceremony(&house.at_hsm(inventory.to_vec())).ended(0);
    });
}

#[test]
fn a_token_with_anything_on_it_is_not_taken() {
    isolated("a_token_with_anything_on_it_is_not_taken", |bench| {
        let mut house = house(bench);
        let words = house.officers.root_words();
        for name in ["key", "memory"] {
            made_ready(name);
            let label = format!("himuro-{name}");
            if name == "key" {
                house.officers.go_home_and_add_key(&label, PIN);
            } else {
                let (_module, mut token) = house.officers.go_home_and_open(&label, PIN);
                token.write_anchor(0, b"another journal").expect("written");
                let _ = token.logout().expect("it is closed again");
            }
            let played = house.commission(name);
            match name {
                "key" => played.ended(1).says("HSM03").says("only known keys"),
                _ => played.ended(4).says("remembers the journal of a device"),
            };
            assert!(!bench.path(&format!("{name}.card")).exists());
            assert!(!bench.path(&format!("{name}/journal.cbor")).exists());
        }
        // A wrong PIN is tried once; leaving at it leaves the token as it was.
        made_ready("d1");
        for (answer, code) in [(Act::Leave, 2), (typed("wrong-pin"), 4)] {
            let mut answer = Some(answer);
            let mut asked = 0;
            run(&house.init_arguments("d1"), |prompt| match prompt.id {
                "pin" => {
                    asked += 1;
                    answer.take().expect("asked once")
                }
                _ => at_commissioning(&words, prompt),
            })
            .ended(code);
            assert_eq!(asked, 1);
        }
        house.commission("d1").ended(0);
    });
}
