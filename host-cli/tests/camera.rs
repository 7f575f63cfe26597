//! `qr receive --camera`: recorded streams of a camera before the built program, and a person who aborts.

mod support;

use std::fs;
use std::path::Path;

use signer_core::frames::Hello;
use support::world::{World, world};
use test_vectors::camera::codes_on;
use test_vectors::camera::film::{self, Format};
use test_vectors::camera::lens::{Camera, Code};
use test_vectors::camera::person::watch;
use test_vectors::camera::random::Random;

/// The codes that `qr send` shows, plain ones and spare.
fn shown(world: &World, more: &str) -> (Vec<Code>, String) {
    let line = format!("qr send --psbt w/approved-v2.psbt --show --fps 30 {more}");
    let told = world.done(&line);
    let code = told
        .trim_end()
        .rsplit(' ')
        .next()
        .expect("a code")
        .to_owned();
    (codes_on(&told).iter().map(Code::of).collect(), code)
}

/// A recording of these codes by a camera on a desk.
fn record(world: &World, name: &str, codes: &[Code], format: Format) {
    let mut random = Random(21);
    let camera = Camera::scene(2, &mut random);
    let pictures = film::shot(codes, 1, &camera, &mut random);
    fs::write(world.folder.join(name), film::recorded(&pictures, format)).expect("ours");
}

#[test]
fn a_camera_carries_a_psbt() {
    let world = world();
    let (codes, code) = shown(&world, "--density 22");
    assert!(codes.len() > 3);
    record(&world, "desk.film", &codes, Format::Yuyv);
    let told = world.done("qr receive --camera desk.film --out by-camera.psbt");
    let received = fs::read(world.folder.join("by-camera.psbt")).expect("written");
    assert_eq!(received, world.read("approved-v2.psbt"));
    for part in [
        "1280 x 720 YUYV\n",
        "\n1 more frame needed of ",
        &format!(" frames are there | transfer code {code}\n"),
        &format!("\ntransfer code {code}\n"),
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    record(&world, "short.film", &codes[2..4], Format::Mjpeg);
    let line = "qr receive --camera short.film --out short.psbt";
    let run = world.run(line);
    assert_eq!(run.code, 3, "{}", run.stderr);
    assert!(run.stderr.contains("frames are missing"), "{}", run.stderr);
    assert!(!world.folder.join("short.psbt").exists());
    for (what, why) in [
        ("/dev/null", "is no camera"),
        ("/nowhere", "cannot open"),
        ("w/approved-v2.psbt", "is no recorded stream"),
    ] {
        let run = world.run(&format!("qr receive --camera {what} --out none.psbt"));
        assert_eq!(run.code, 3);
        assert!(run.stderr.contains(why), "{}", run.stderr);
    }
    // The one or the other.
    assert_eq!(
        world.run("qr receive --camera x --in y --out z.psbt").code,
        3
    );
    assert_eq!(world.run("qr receive --out z.psbt").code, 3);
}

/// In the middle of a transfer the person at the sender makes the codes smaller, and the screen says that
/// they were followed. In a folder of pictures as well, where other files lie among them.
#[test]
fn a_change_of_density_is_followed() {
    let world = world();
    let (large, code) = shown(&world, "--density 25");
    let (small, again) = shown(&world, "--density 15");
    assert_eq!(code, again);
    let mut codes = large;
    codes.truncate(2);
    codes.extend(small);
    record(&world, "change.film", &codes, Format::Grey);
    let told = world.done("qr receive --camera change.film --out changed.psbt");
    let received = fs::read(world.folder.join("changed.psbt")).expect("written");
    assert_eq!(received, world.read("approved-v2.psbt"));
    assert!(
        told.contains("the sender changed the codes: collected again"),
        "{told}"
    );
    assert!(told.ends_with(&format!("transfer code {code}\n")), "{told}");

    world.done("qr send --psbt w/approved-v2.psbt --out mixed --density 25");
    world.done("qr send --psbt w/approved-v2.psbt --out later --density 15");
    fs::remove_file(world.folder.join("mixed/frame-0001.png")).expect("drawn");
    fs::remove_file(world.folder.join("mixed/frame-0002.png")).expect("drawn");
    for entry in fs::read_dir(world.folder.join("later")).expect("drawn") {
        let path = entry.expect("drawn").path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("ours");
        fs::rename(&path, world.folder.join("mixed").join(format!("x-{name}"))).expect("ours");
    }
    // What macOS leaves beside a file is no picture.
    fs::write(world.folder.join("mixed/._frame-0001.png"), [0; 4096]).expect("ours");
    world.done("qr receive --in mixed --out by-folder.psbt");
    let received = fs::read(world.folder.join("by-folder.psbt")).expect("written");
    assert_eq!(received, world.read("approved-v2.psbt"));
}

#[test]
fn a_person_aborts_with_one_key() {
    let world = world();
    let (codes, _) = shown(&world, "--density 25");
    let first: Vec<Code> = codes.into_iter().take(1).collect();
    let picture = film::shot(&first, 1, &Camera::GOOD, &mut Random(4));
    let film = world.folder.join("endless.film");
    fs::write(
        &film,
        film::recorded(&vec![picture[0].clone(); 60], Format::Mjpeg),
    )
    .expect("ours");
    let out = world.folder.join("aborted.psbt");
    for (language, awaited, said) in [
        ("en", "more frames needed of", "the transfer was aborted"),
        ("ja", "必要なフレーム あと", "転送を中止"),
    ] {
        let arguments = [
            "--lang",
            language,
            "qr",
            "receive",
            "--camera",
            film.to_str().expect("ours"),
            "--out",
            out.to_str().expect("ours"),
        ];
        let program = Path::new(env!("CARGO_BIN_EXE_host-cli"));
        let watched = watch(program, &arguments, awaited, "q");
        let screen = &watched.screen;
        assert_eq!(watched.code, Some(2), "{screen}");
        assert!(screen.contains(said), "{screen}");
        // The terminal is given back before anything else is said.
        let left = screen.find("\x1b[?1049l").expect("left");
        assert!(left < screen.rfind(said).expect("said"));
        assert!(!out.exists());
    }
}

/// No file goes to the host: it sees the device's screen and then sends byte frames.
#[test]
fn a_device_is_greeted_before_the_camera() {
    let world = world();
    let screen = optics::draw::terminal(Hello::ours().text()).expect("drawn");
    let code: Vec<Code> = codes_on(&screen).iter().map(Code::of).collect();
    record(&world, "hello.film", &code, Format::Yuyv);
    let line = "qr send --psbt w/approved-v2.psbt --hello-camera hello.film --out greeted";
    assert!(
        world
            .done(line)
            .contains("show the code of `signer-device hello --show`")
    );
    let first = fs::read(world.folder.join("greeted/frame-0001.png")).expect("drawn");
    let seen = optics::read::png(&first).expect("PNG");
    assert!(seen[0].text().is_none(), "bytes, not text");
    let (other, _) = shown(&world, "--density 25");
    record(&world, "other.film", &other[..1], Format::Grey);
    let run = world.run("qr send --psbt w/approved-v2.psbt --hello-camera other.film --out none");
    assert_eq!(run.code, 3);
    assert!(
        run.stderr
            .contains("no code of `signer-device hello` was seen"),
        "{}",
        run.stderr
    );
}
