//! Commissioning a device: the real program, a real token, people at the prompts.

mod support;

use support::isolated;
use support::officers::Officers;
use support::play::{Act, Played, Prompt, device, play, typed};

use support::Bench;

const PIN: &str = "user-pin-of-d1";

fn arguments(bench: &Bench) -> Vec<String> {
    let fixed = "device init --profile softhsm2 --token himuro-d1 --name d1 --site Tokyo \
                 --receive 3 --change 2";
    let mut all: Vec<String> = fixed.split_whitespace().map(str::to_owned).collect();
    for (name, file) in [
        ("--state", "d1"),
        ("--root", "root.cbor"),
        ("--roster", "roster.cbor"),
        ("--card-out", "d1.card"),
    ] {
        all.extend([name.to_owned(), bench.arg(file)]);
    }
    all
}

fn init(bench: &Bench, person: impl FnMut(&Prompt<'_>) -> Act) -> Played {
    let arguments = arguments(bench);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    play(&mut device(&arguments), person)
}

/// A person with the paper and the PINs.
fn honest(officers: &Officers, prompt: &Prompt<'_>) -> Act {
    let words = officers.root_words();
    match prompt.id {
        "root-1" => typed(words[..16].join(" ")),
        "root-2" => typed(words[16..].join(" ")),
        "so-pin" | "so-pin-again" => typed("so-pin-of-d1"),
        "pin" | "pin-again" => typed(PIN),
        other => panic!("unexpected prompt {other}: {}", prompt.question),
    }
}

#[test]
fn a_device_is_born() {
    isolated("a_device_is_born", |bench| {
        let officers = Officers::appoint(bench);
        let played = init(bench, |prompt| honest(&officers, prompt));
        println!("{}", played.output);
        played.ended(0).says("session 1 is sealed");
    });
}
