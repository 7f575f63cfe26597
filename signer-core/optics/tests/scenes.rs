//! Full codes as cameras see them, from a tripod to a moving hand; docs/performance.md has many more of them.

use optics::{draw, read};
use signer_core::frames::Shown;
use test_vectors::camera::codes_on;
use test_vectors::camera::lens::{Camera, Code, HEIGHT, WIDTH};
use test_vectors::camera::random::Random;

/// Capitals that fill version 25 at level L.
const FULL: usize = 1_853;

fn text(random: &mut Random) -> String {
    let capital = |random: &mut Random| char::from(b"ABCDEFGHIJKLMNOP"[random.below(16)]);
    (0..FULL).map(|_| capital(random)).collect()
}

fn code(text: &str) -> Code {
    let shown: Shown = text.to_owned().into();
    Code::of(&codes_on(&draw::terminal(&shown).unwrap())[0])
}

/// How many of `pictures` are read, each of another text; none as another one.
fn read_of(pictures: usize, camera: impl Fn(&mut Random) -> Camera, seed: u64) -> usize {
    let mut random = Random(seed);
    let shot = |_| {
        let (now, before) = (text(&mut random), text(&mut random));
        let camera = camera(&mut random);
        let picture = camera.shoot(&code(&now), &code(&before), &mut random);
        let found = read::grey(WIDTH, HEIGHT, &picture);
        assert!(found.iter().all(|read| read == now.as_bytes()), "another");
        found.len()
    };
    (0..pictures).map(shot).sum()
}

#[test]
fn full_codes_are_read_from_tripod_desk_and_hand() {
    for (scene, seed) in (0..4).zip(60..) {
        let read = read_of(6, |random| Camera::scene(scene, random), seed);
        assert_eq!(read, 6, "scene {scene}");
    }
}

#[test]
fn half_of_bad_pictures_are_read_all_the_same() {
    let read = read_of(24, |random| Camera::scene(4, random), 70);
    assert!(read >= 12, "{read} of 24");
}

/// Noise is told from corners by contrast: a faint code is not noise, and neither is one in the dark.
#[test]
fn faint_and_dark_codes_are_read() {
    for (black, white) in [(120.0, 165.0), (8.0, 48.0), (205.0, 250.0)] {
        let faint = |random: &mut Random| Camera {
            black,
            white,
            noise: 2.0,
            ..Camera::scene(1, random)
        };
        assert_eq!(read_of(3, faint, 80), 3, "{black} to {white}");
    }
}

#[test]
fn a_faint_code_beside_a_lamp_is_read() {
    let mut random = Random(90);
    let text = text(&mut random);
    let camera = Camera {
        black: 100.0,
        white: 140.0,
        ..Camera::GOOD
    };
    let mut picture = camera.shoot(&code(&text), &code(&text), &mut random);
    for row in picture.chunks_mut(WIDTH).take(60) {
        row[..100].fill(255);
    }
    assert_eq!(read::grey(WIDTH, HEIGHT, &picture), [text.into_bytes()]);
}
