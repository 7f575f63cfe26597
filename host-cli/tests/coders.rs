//! Frames and pictures across the gap to programs that share nothing with ours: coders of npm and
//! readers of codes, in both directions.
//!
//! `scripts/setup` installs them below `target/`; see `test-vectors/interop`.

mod support;

use std::fs;
use std::path::PathBuf;

use bitcoin::hashes::{Hash as _, sha256};
use optics::{draw, read};
use serde_json::{Value, json};
use signer_core::digest::hex;
use signer_core::frames::{Content, Hello, Limits, Received, Receiver, Sender, Shown, UrType};
use signer_core::psbt::RawPsbt;
use support::foreign::{Foreign, bytes_of};
use support::world::{World, world};

/// Bytes of a fragment where a message is to become many.
const SMALL: usize = 100;
/// Bytes of a fragment that holds all of [`unpackable`].
const WHOLE: usize = 2_000;
/// A quarter of frames are lost, and any of them may be the first that is seen.
const LOST: usize = 4;

fn request(world: &World) -> Vec<u8> {
    world.read("approved-v2.psbt")
}

/// What frames become.
fn received<'a>(frames: impl IntoIterator<Item = &'a str>) -> (Content, Vec<u8>) {
    let mut receiver = Receiver::new(Limits::OURS);
    for frame in frames {
        if receiver.receive(frame) == Received::Complete {
            return receiver.message().expect("complete");
        }
    }
    panic!("{:?} frames are missing", receiver.missing());
}

fn texts(frames: impl IntoIterator<Item = Shown>) -> Vec<String> {
    let text = |shown: Shown| shown.text().expect("a text").to_owned();
    frames.into_iter().map(text).collect()
}

fn frames_in(answer: &Value) -> Vec<&str> {
    let frames = answer["frames"].as_array();
    let frames = frames.unwrap_or_else(|| panic!("{answer}"));
    frames
        .iter()
        .map(|frame| frame.as_str().expect("a text"))
        .collect()
}

/// UR types, with the coders that know them.
const TYPES: [(&str, UrType, Content, &[&str]); 3] = [
    (
        "crypto-psbt",
        UrType::CryptoPsbt,
        Content::Psbt,
        &["bc-ur", "keystone"],
    ),
    ("psbt", UrType::Psbt, Content::Psbt, &["bc-ur"]),
    (
        "bytes",
        UrType::Bytes,
        Content::Other,
        &["bc-ur", "keystone"],
    ),
];

#[test]
fn their_coders_of_ur_read_our_frames() {
    let world = world();
    let Some(mut npm) = Foreign::npm() else {
        return;
    };
    for (name, kind, _, coders) in TYPES {
        for coder in coders {
            for (message, length) in [(request(&world), SMALL), (unpackable(), WHOLE)] {
                let sender = Sender::new(kind, &message, length).expect("fits");
                let plain = sender.plain_parts();
                let kept = |(place, frame)| (plain == 1 || place % LOST != 1).then_some(frame);
                let all = sender.frames().take(6 * plain).enumerate();
                let mixed_alone = sender.frames().skip(plain).take(6 * plain);
                for frames in [texts(all.filter_map(kept)), texts(mixed_alone)] {
                    let asked = json!({"do": "read", "coder": coder, "frames": frames});
                    let expected = json!({"type": name, "message": hex(&message)});
                    assert_eq!(npm.ask(&asked), expected, "{coder}, {length}");
                }
            }
        }
    }
}

#[test]
fn frames_of_their_coders_of_ur_are_read() {
    let world = world();
    let Some(mut npm) = Foreign::npm() else {
        return;
    };
    for (name, kind, content, coders) in TYPES {
        for coder in coders {
            for (message, length, skip, count) in [
                (unpackable(), WHOLE, 0, 1),
                (request(&world), SMALL, 0, 200),
                (request(&world), SMALL, 150, 200),
            ] {
                let asked = json!({"do": "write", "coder": coder, "type": name, "length": length,
                    "message": hex(&message), "skip": skip, "count": count});
                let answer = npm.ask(&asked);
                let frames = frames_in(&answer);
                let kept = |place: &usize| count == 1 || place % LOST != 1;
                let seen = (0..count).filter(kept).map(|place| frames[place]);
                let case = format!("{coder}, {name}, {length}, {skip}");
                // Each part is the one that we write.
                let ours = Sender::new(kind, &message, length).expect("fits");
                let ours = texts(ours.frames().skip(skip).take(count));
                assert!(received(seen) == (content, message), "{case}");
                let mut pairs = ours.iter().zip(&frames);
                assert!(pairs.all(|(a, b)| a.eq_ignore_ascii_case(b)), "{case}");
            }
        }
    }
}

#[test]
fn their_coder_of_bbqr_reads_our_frames() {
    let world = world();
    let Some(mut npm) = Foreign::npm() else {
        return;
    };
    for (psbt, packing) in [(request(&world), "B$ZP"), (unpackable(), "B$2P")] {
        RawPsbt::parse(&psbt).expect("well-formed");
        for length in [500, 9_000] {
            let sender = Sender::bbqr(&psbt, length).expect("fits");
            let mut frames = texts(sender.frames().take(sender.plain_parts()));
            assert!(frames.iter().all(|frame| frame.starts_with(packing)));
            frames.reverse();
            let answer = npm.ask(&json!({"do": "read", "coder": "bbqr", "frames": frames}));
            assert_eq!(answer, json!({"type": "P", "message": hex(&psbt)}));
        }
    }
}

#[test]
fn frames_of_their_coder_of_bbqr_are_read() {
    let world = world();
    let Some(mut npm) = Foreign::npm() else {
        return;
    };
    let psbt = request(&world);
    let json = br#"{"name": "cold", "threshold": 2}"#.repeat(60);
    let others = [
        ("T", &psbt[..]),
        ("J", &json),
        ("U", &json),
        ("B", &psbt),
        ("C", &psbt),
    ];
    let cases = [("P", &psbt[..], Content::Psbt)].into_iter();
    let cases = cases.chain(others.map(|(file, message)| (file, message, Content::Other)));
    for (file, message, content) in cases {
        for (encoding, version) in ["H", "2", "Z"].into_iter().flat_map(|e| [(e, 10), (e, 40)]) {
            let asked = json!({"do": "write", "coder": "bbqr", "type": file,
                "message": hex(message), "encoding": encoding, "version": version});
            let answer = npm.ask(&asked);
            let mut frames = frames_in(&answer);
            assert!(
                frames
                    .iter()
                    .all(|frame| frame[2..4] == format!("{encoding}{file}"))
            );
            frames.reverse();
            let expected = (content, message.to_vec());
            assert!(
                received(frames) == expected,
                "{file} in {encoding}, version {version}"
            );
        }
    }
}

/// A PSBT that packing does not make shorter: an empty transaction, and a field of digests.
fn unpackable() -> Vec<u8> {
    let digests: Vec<u8> = (0..60_u8)
        .flat_map(|i| sha256::Hash::hash(&[i]).to_byte_array())
        .collect();
    let mut psbt = b"psbt\xff\x01\x00\x0a\x02\0\0\0\0\0\0\0\0\0".to_vec();
    psbt.extend(b"\x07\xfc\x04test\x00\xfd");
    psbt.extend(u16::try_from(digests.len()).expect("short").to_le_bytes());
    psbt.extend(digests);
    psbt.push(0);
    psbt
}

/// The readers of codes, each in a program of its own.
fn readers() -> Vec<(&'static str, Foreign)> {
    let mut readers = vec![
        ("zxing-cpp", Foreign::python()),
        ("zbar", Foreign::python()),
    ];
    readers.extend(Foreign::npm().map(|npm| ("jsqr", npm)));
    readers
}

fn pictures(world: &World, folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(world.folder.join(folder)).expect("made");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("there").path()).collect();
    paths.sort();
    paths
}

#[test]
fn their_readers_read_our_pictures() {
    let (world, mut readers) = (world(), readers());
    let greeting = draw::png(Hello::ours().text(), draw::SCALE).expect("drawn");
    fs::write(world.folder.join("greeting.png"), greeting).expect("ours");
    for (folder, more) in [
        ("coders-ur", ""),
        ("coders-small", "--fragment 200"),
        ("coders-bbqr", "--format bbqr"),
        // As large as programs show them among themselves, jsqr misses some.
        ("coders-bytes", "--hello greeting.png --density 20"),
    ] {
        world.done(&format!(
            "qr send --psbt w/approved-v2.psbt --out {folder} {more}"
        ));
        for (name, reader) in &mut readers {
            let mut receiver = Receiver::new(Limits::OURS);
            for path in pictures(&world, folder) {
                let asked = json!({"do": "see", "reader": name, "picture": path});
                let found = &reader.ask(&asked)["found"][0];
                assert!(found.is_string(), "{name} does not read {}", path.display());
                let found = bytes_of(found);
                let ours = read::png(&fs::read(&path).expect("drawn")).expect("read");
                assert_eq!(
                    ours,
                    [Shown::from_bytes(found.clone())],
                    "{name}, {}",
                    path.display()
                );
                let _ = receiver.receive(&found);
            }
            let message = receiver.message().map(|(_, message)| message);
            assert_eq!(message, Some(request(&world)), "{name}, {folder}");
        }
    }
}

#[test]
fn pictures_of_their_coders_are_read() {
    let (world, mut python) = (world(), Foreign::python());
    let Some(mut npm) = Foreign::npm() else {
        return;
    };
    let psbt = hex(&request(&world));
    let ur = json!({"do": "write", "coder": "keystone", "type": "crypto-psbt", "length": 200,
        "message": psbt, "skip": 7, "count": 45});
    let bbqr = json!({"do": "write", "coder": "bbqr", "type": "P", "message": psbt,
        "encoding": "Z", "version": 27});
    for (coder, asked) in [("keystone", ur), ("bbqr", bbqr)] {
        let answer = npm.ask(&asked);
        for (drawer, by) in [("qrcode", &mut npm), ("zxing-cpp", &mut python)] {
            let folder = format!("by-{coder}-{drawer}");
            fs::create_dir(world.folder.join(&folder)).expect("new");
            for (place, frame) in frames_in(&answer).into_iter().enumerate() {
                let picture = world.folder.join(format!("{folder}/{place:03}.png"));
                // As wallets show it: in capitals, which take less room.
                let text = frame.to_ascii_uppercase();
                let drawn = json!({"do": "draw", "text": text, "scale": 3, "picture": picture});
                assert_eq!(by.ask(&drawn), json!({}), "{folder}");
            }
            world.done(&format!("qr receive --in {folder} --out {folder}.psbt"));
            let read = fs::read(world.folder.join(format!("{folder}.psbt"))).expect("written");
            assert!(read == request(&world), "{folder}");
        }
    }
}
