//! The device before a camera: recorded streams through the built program.

mod support;

use std::path::Path;

use optics::draw;
use signer_core::frames::{Content, Direction, Form, Hello, Sender, Shown};
use signer_core::transcript::{Body, Channel};
use support::house::{House, ceremony, destination_script, run};
use support::isolated;
use support::play::Act;
use test_vectors::camera::codes_on;
use test_vectors::camera::film::{self, Format};
use test_vectors::camera::lens::{Camera, Code};
use test_vectors::camera::person::watch;
use test_vectors::camera::random::Random;

fn code(frame: &Shown) -> Code {
    Code::of(&codes_on(&draw::terminal(frame).expect("fits"))[0])
}

fn filmed(sender: &Sender, frames: &[u32], format: Format) -> Vec<u8> {
    let mut random = Random(3);
    let codes: Vec<Code> = frames.iter().map(|seq| code(&sender.part(*seq))).collect();
    let camera = Camera::scene(1, &mut random);
    film::recorded(&film::shot(&codes, 1, &camera, &mut random), format)
}

#[test]
fn a_withdrawal_comes_by_camera() {
    isolated("a_withdrawal_comes_by_camera", |bench| {
        let mut house = House::ready(bench);
        let psbt = house.approved_psbt(destination_script(), 1).to_bytes();
        let to_device = Direction::ToDevice;
        let sender = Sender::bytes(to_device, Content::Psbt, &psbt, 500).expect("fits");
        let last = u32::try_from(sender.plain_parts()).expect("few") + 1;
        // The second frame is lost; a spare one stands for it.
        let frames: Vec<u32> = (1..=last).filter(|seq| *seq != 2).collect();
        bench.write("host.film", &filmed(&sender, &frames, Format::Mjpeg));
        let film = bench.arg("host.film");
        let state = bench.arg("d1");

        // Aborted at the keyboard: nothing is judged, nothing recorded.
        let journal = bench.read("d1/journal.cbor");
        bench.write("long.film", &filmed(&sender, &[1; 25], Format::Mjpeg));
        let long = bench.arg("long.film");
        let review = ["psbt", "review", "--state", &state, "--camera", &long];
        let program = Path::new(env!("CARGO_BIN_EXE_signer-device"));
        let watched = watch(program, &review, "more frames needed of", "q");
        assert_eq!(watched.code, Some(2), "{}", watched.screen);
        assert!(
            watched.screen.contains("aborted at the camera"),
            "{}",
            watched.screen
        );
        assert_eq!(bench.read("d1/journal.cbor"), journal);
        let short = review.map(str::to_owned);
        run(&short, |_| Act::Leave)
            .ended(3)
            .says("the recorded stream holds no whole message");
        assert_eq!(bench.read("d1/journal.cbor"), journal);

        let mut arguments = house.sign_arguments("d1", "in.psbt", &["out.psbt"]);
        let place = arguments
            .iter()
            .position(|word| word == "--in")
            .expect("there");
        arguments.splice(place..=place + 1, ["--camera".to_owned(), film]);
        let signed = ceremony(&arguments);
        signed
            .ended(0)
            .says("1280 x 720 MJPEG")
            .says(" more frames needed of ");
        let code = sender.code();
        signed.says(&format!("frames are there | transfer code {code}"));
        signed.says(&format!(
            ". transfer code {code} (compare with the host's screen)"
        ));
        let transcript = house.verified_transcript("d1");
        let channel = transcript
            .entries()
            .iter()
            .rev()
            .find_map(|entry| match &entry.body {
                Body::Intake(intake) => Some(intake.channel()),
                _ => None,
            });
        assert_eq!(channel, Some(Channel::of(Form::Bytes)));

        // The device's own answer before its camera is refused in a plain sentence.
        let answer = bench.read("out.psbt");
        let from = Direction::FromDevice;
        let sender = Sender::bytes(from, Content::Psbt, &answer, 1_000).expect("fits");
        bench.write("own.film", &filmed(&sender, &[1], Format::Grey));
        let own = bench.arg("own.film");
        let review = ["psbt", "review", "--state", &state, "--camera", &own];
        run(&review.map(str::to_owned), |_| Act::Leave)
            .ended(3)
            .says("This code comes from a device's screen");
    });
}

/// What this program reads, on its screen: at a pipe once, at a terminal until a key.
#[test]
fn the_greeting_stands_on_the_screen() {
    let seen = |screen: &str| -> Vec<Option<Hello>> {
        let codes = codes_on(screen).into_iter();
        let read = codes.flat_map(|code| optics::read::grey(code.width, code.height, &code.pixels));
        read.map(|bytes| Hello::read(&Shown::from_bytes(bytes)))
            .collect()
    };
    let show = ["hello", "--show"].map(str::to_owned);
    let once = run(&show, |_| Act::Leave);
    once.ended(0);
    assert_eq!(seen(&once.output), [Some(Hello::ours())]);
    let program = Path::new(env!("CARGO_BIN_EXE_signer-device"));
    let watched = watch(program, &["hello", "--show", "--lang", "ja"], "q 終了", "q");
    assert_eq!(watched.code, Some(0), "{}", watched.screen);
    assert!(seen(&watched.screen.replace('\r', "")).contains(&Some(Hello::ours())));
}
