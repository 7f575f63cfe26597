//! Recorded streams of a camera, in each format a camera gives, through the code that reads a real one; and
//! a real one where there is one.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use optics::draw;
use optics::read::{self, Hint, ReadError, Seen};
use optics::source::{Came, Format, Layout, Source};
use signer_core::frames::{Content, Direction, Follower, Limits, Received, Sender, Shown, UrType};
use test_vectors::camera::codes_on;
use test_vectors::camera::film::{self, recorded};
use test_vectors::camera::lens::{Camera, Code, HEIGHT, WIDTH};
use test_vectors::camera::random::Random;

/// What a screen shows of a frame.
fn code(frame: &Shown) -> Code {
    let screen = draw::terminal(frame).unwrap();
    Code::of(&codes_on(&screen)[0])
}

fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, bytes).unwrap();
    path
}

fn next(source: &mut Source) -> Option<Vec<u8>> {
    let mut picture = Vec::new();
    match source.next(Duration::ZERO, &mut picture).unwrap() {
        Came::Picture => Some(picture),
        Came::End => None,
        Came::Nothing => panic!("a recording never waits"),
    }
}

/// A message in frames of three forms, each recorded in another format, seen from a desk and by hand.
#[test]
fn a_recorded_stream_of_each_format_brings_the_message() {
    let mut random = Random(7);
    let message = random.bytes(2_000);
    let from = Direction::FromDevice;
    let ur = Sender::new(UrType::Bytes, &message, 300).unwrap();
    let bytes = Sender::bytes(from, Content::Other, &message, 500).unwrap();
    for (name, format, sender, scene) in [
        ("grey", film::Format::Grey, &ur, 1),
        ("yuyv", film::Format::Yuyv, &bytes, 2),
        ("mjpeg", film::Format::Mjpeg, &bytes, 3),
    ] {
        let codes: Vec<Code> = sender.series(1).iter().map(code).collect();
        let camera = Camera::scene(scene, &mut random);
        let pictures = film::shot(&codes[1..], 1, &camera, &mut random);
        let path = file(name, &recorded(&pictures, format));
        let mut source = Source::open(&path).unwrap();
        assert_eq!((source.layout().width, source.layout().height), (1280, 720));
        let mut receiver = Follower::awaiting(Limits::OURS, from);
        let mut whole = false;
        while let Some(picture) = next(&mut source) {
            let seen = read::of_camera(source.layout(), &picture).unwrap();
            assert_eq!(seen.contents.len(), 1, "{name}: {:?}", seen.hint);
            whole |= receiver.receive(&seen.contents[0]).0 == Received::Complete;
        }
        assert!(whole, "{name}: one frame is lost, and one replaces it");
        assert_eq!(receiver.message(), Some((Content::Other, message.clone())));
    }
}

fn layout(format: Format, stride: usize) -> Layout {
    let number = |pixels: usize| u32::try_from(pixels).unwrap();
    Layout {
        format,
        width: number(WIDTH),
        height: number(HEIGHT),
        stride: number(stride),
    }
}

/// The first picture of a stream, without the line before it and its length.
fn first(stream: &[u8]) -> &[u8] {
    let head = stream.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let length: [u8; 4] = stream[head..head + 4].try_into().unwrap();
    &stream[head + 4..][..u32::from_be_bytes(length) as usize]
}

#[test]
fn pictures_that_are_not_as_announced_are_refused() {
    let mut random = Random(1);
    let picture = vec![Camera::GOOD.shoot(
        &code(&"HIMURO".to_owned().into()),
        &code(&"BEFORE".to_owned().into()),
        &mut random,
    )];
    let refused = |layout: Layout, bytes: &[u8]| read::of_camera(layout, bytes).unwrap_err();
    let grey = layout(Format::Grey, WIDTH);
    assert_eq!(
        read::of_camera(grey, &picture[0]).unwrap().contents,
        ["HIMURO"]
    );
    let short = &picture[0][1..];
    assert_eq!(refused(grey, short), ReadError::NotAsSaid);
    assert_eq!(
        refused(layout(Format::Grey, WIDTH - 1), short),
        ReadError::NotAsSaid
    );
    assert_eq!(
        refused(layout(Format::Yuyv, WIDTH), &picture[0]),
        ReadError::NotAsSaid
    );
    let none = Layout { height: 0, ..grey };
    assert_eq!(refused(none, &[]), ReadError::NotAsSaid);
    let large = Layout {
        height: 65_535,
        ..grey
    };
    assert_eq!(refused(large, &[]), ReadError::TooManyPixels);
    let long = vec![0; read::FILE_LIMIT + 1];
    assert_eq!(refused(grey, &long), ReadError::TooManyBytes);

    let stream = recorded(&picture, film::Format::Mjpeg);
    let jpeg = first(&stream);
    let mjpeg = layout(Format::Mjpeg, 0);
    assert_eq!(read::of_camera(mjpeg, jpeg).unwrap().contents, ["HIMURO"]);
    let other = Layout {
        width: 640,
        ..mjpeg
    };
    assert_eq!(refused(other, jpeg), ReadError::NotJpeg);
    let other = Layout {
        height: 768,
        ..mjpeg
    };
    assert_eq!(refused(other, jpeg), ReadError::NotAsSaid);
    for bytes in [&b""[..], b"\xff\xd8", b"\x89PNG", &jpeg[..100], &picture[0]] {
        assert_eq!(refused(mjpeg, bytes), ReadError::NotJpeg);
    }
}

/// Bytes of a camera are hostile: whatever they are, nothing panics and no other text comes out.
#[test]
fn damaged_jpeg_pictures_never_give_another_text() {
    let mut random = Random(3);
    let text = "UR:BYTES/1-1/".to_owned() + &"ABCDEFGH".repeat(20);
    let picture = Camera::GOOD.shoot(
        &code(&text.clone().into()),
        &code(&"BEFORE".to_owned().into()),
        &mut random,
    );
    let stream = recorded(&[picture], film::Format::Mjpeg);
    let mjpeg = layout(Format::Mjpeg, 0);
    let (mut read_anyway, mut refused) = (0, 0);
    for _ in 0..150 {
        let mut jpeg = first(&stream).to_vec();
        for _ in 0..=random.below(4) {
            // Half of the damage is in the segments before the picture.
            let within = if random.below(2) == 0 {
                700
            } else {
                jpeg.len()
            };
            let place = random.below(within);
            jpeg[place] = random.number().to_le_bytes()[0];
        }
        if random.below(8) == 0 {
            jpeg.truncate(random.below(jpeg.len()));
        }
        match read::of_camera(mjpeg, &jpeg) {
            Ok(seen) => {
                assert!(seen.contents.iter().all(|read| *read == text));
                read_anyway += seen.contents.len();
            }
            Err(error) => {
                assert_ne!(error, ReadError::Panicked);
                refused += 1;
            }
        }
    }
    assert!(read_anyway > 10 && refused > 10, "{read_anyway}, {refused}");
}

/// A small code near the camera: its modules are larger than what noise is told from shade by.
#[test]
fn a_small_code_that_fills_the_picture_is_read() {
    let mut random = Random(1);
    let hello = "HIMURO/1 READS UR BBQR BYTES".to_owned();
    let code = code(&hello.clone().into());
    for scene in [0, 1, 2, 2] {
        let camera = Camera {
            fill: 0.8,
            ..Camera::scene(scene, &mut random)
        };
        let picture = camera.shoot(&code, &code, &mut random);
        let seen = read::of_camera(layout(Format::Grey, WIDTH), &picture).unwrap();
        assert_eq!(seen.contents, [hello.as_str()], "{camera:?}");
    }
}

/// What is wrong with a code that is there and cannot be read.
#[test]
fn hints_say_what_is_wrong() {
    let mut random = Random(11);
    let message = random.bytes(4_000);
    let sender = Sender::new(UrType::Bytes, &message, 880).unwrap();
    let codes: Vec<Code> = [1, 2].map(|seq| code(&sender.part(seq))).into();
    let good = Camera::GOOD;
    let far = Camera { fill: 0.18, ..good };
    let tilted = Camera {
        fill: 0.7,
        tilt: 58.0,
        tilt_towards: 0.8,
        ..good
    };
    let aside = Camera {
        tilt: 63.0,
        tilt_towards: 0.1,
        ..tilted
    };
    let blurred = Camera { blur: 5.0, ..good };
    let moved = Camera {
        motion: 14.0,
        ..good
    };
    let mut seen = |camera: Camera| -> Seen {
        let picture = camera.shoot(&codes[0], &codes[1], &mut random);
        read::of_camera(layout(Format::Grey, WIDTH), &picture).unwrap()
    };
    let good = seen(good);
    assert_eq!((good.contents.len(), good.hint), (1, None));
    for (camera, hint) in [
        (far, Hint::TooFar),
        (tilted, Hint::Tilted),
        (aside, Hint::Tilted),
        (blurred, Hint::Blurred),
        (moved, Hint::Blurred),
    ] {
        let seen = seen(camera);
        assert_eq!(
            (seen.contents.len(), seen.hint),
            (0, Some(hint)),
            "{camera:?}"
        );
    }
    let nothing = vec![128; WIDTH * HEIGHT];
    let seen = read::of_camera(layout(Format::Grey, WIDTH), &nothing);
    assert_eq!(
        seen,
        Ok(Seen::default()),
        "nothing is there to be hinted at"
    );
}

#[test]
fn files_that_are_no_recording_are_refused() {
    let error = |bytes: &[u8]| Source::open(&file("odd", bytes)).unwrap_err().to_string();
    for bytes in [
        &b""[..],
        b"HIMURO CAMERA 1 GREY 1280 720 1280",
        b"HIMURO CAMERA 1 GREY 1280 720\n",
        b"HIMURO CAMERA 1 GREY 1280 720 1280 0\n",
        b"HIMURO CAMERA 1 RGB3 1280 720 1280\n",
        b"HIMURO CAMERA 2 GREY 1280 720 1280\n",
        &[b'A'; 200],
    ] {
        assert!(
            error(bytes).contains("is no recorded stream"),
            "{}",
            error(bytes)
        );
    }
    let head = b"HIMURO CAMERA 1 GREY 4 1 4\n";
    for tail in [
        &[0, 0, 0][..],
        &[0, 0, 0, 4, 1, 2, 3],
        &[255, 255, 255, 255],
    ] {
        let path = file(
            "broken",
            &[&head[..], &[0, 0, 0, 4, 1, 2, 3, 4], tail].concat(),
        );
        let mut source = Source::open(&path).unwrap();
        assert_eq!(next(&mut source), Some(vec![1, 2, 3, 4]));
        let error = source.next(Duration::ZERO, &mut Vec::new()).unwrap_err();
        assert!(error.to_string().contains("is broken"), "{error}");
    }
    for (path, why) in [
        ("/nowhere/video0", "cannot open"),
        ("/dev/null", "is no camera"),
    ] {
        let error = Source::open(Path::new(path)).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}

/// A real camera, where there is one: it gives pictures of the layout that it agreed to, in each format that
/// it has.
#[test]
fn a_real_camera_gives_pictures() {
    let mut tried = 0;
    for number in 0..8 {
        let path = PathBuf::from(format!("/dev/video{number}"));
        // The second device of a camera gives no pictures, an output takes them.
        if !path.exists() || Source::open(&path).is_err() {
            continue;
        }
        tried += 1;
        for format in Format::ALL {
            match camera::Camera::open_in(&path, &[format]) {
                Ok(mut camera) => shoot(&path, &mut camera),
                Err(camera::CameraError::NoFormat) => {
                    println!("{}: no {}", path.display(), format.name());
                }
                Err(error) => panic!("{}: {error:?}", path.display()),
            }
        }
    }
    if tried == 0 {
        println!("skipped: there is no camera at /dev/video0 to 7; scripts/camera makes one");
    }
}

fn shoot(path: &Path, camera: &mut camera::Camera) {
    let (layout, begin) = (camera.layout(), Instant::now());
    let (mut picture, mut count) = (Vec::new(), 0);
    while count < 5 && begin.elapsed() < Duration::from_secs(20) {
        let shot = camera.shoot(Duration::from_millis(200), &mut picture);
        if shot.unwrap() == camera::Shot::Taken {
            assert!(read::of_camera(layout, &picture).is_ok());
            count += 1;
        }
    }
    let millis = begin.elapsed().as_millis();
    println!(
        "{}: {layout}, {count} pictures in {millis} ms",
        path.display()
    );
    assert_eq!(count, 5, "{}", path.display());
}
