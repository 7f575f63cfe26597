//! The readers that are compared, and the time they take.

use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::panic::catch_unwind;
use std::path::Path;

use optics::read;
use rustix::time::{ClockId, clock_gettime};

use super::camera::{Camera, HEIGHT, WIDTH};
use super::random::Random;

/// Reads all pictures of a folder and writes `read-<reader>.tsv`: ok, none, wrong or panic, and the
/// processor time in microseconds.
pub(crate) fn run(folder: &Path, reader: &str) {
    let list = fs::read_to_string(folder.join("corpus.tsv")).expect("made before");
    let mut pixels = File::open(folder.join("corpus.raw")).expect("made before");
    let out = File::create(folder.join(format!("read-{reader}.tsv"))).expect("a folder");
    let mut out = BufWriter::new(out);
    let mut picture = vec![0; WIDTH * HEIGHT];
    std::panic::set_hook(Box::new(|_| {}));
    for line in list.lines() {
        let text = line.split('\t').nth(2).expect("three columns");
        pixels.read_exact(&mut picture).expect("as many pictures");
        let start = micros();
        let found = catch_unwind(|| texts(reader, &picture));
        let took = micros() - start;
        let told = match found {
            Err(_) => "panic",
            Ok(found) if found.is_empty() => "none",
            Ok(found) if found.iter().any(|read| read == text.as_bytes()) => "ok",
            Ok(_) => "wrong",
        };
        writeln!(out, "{told}\t{took}").expect("room on disk");
    }
}

fn texts(reader: &str, picture: &[u8]) -> Vec<Vec<u8>> {
    match reader {
        "himuro" => read::grey(WIDTH, HEIGHT, picture),
        "rqrr" => {
            let shade = |x: usize, y: usize| picture[y * WIDTH + x];
            let mut image = rqrr::PreparedImage::prepare_from_greyscale(WIDTH, HEIGHT, shade);
            let grids = image.detect_grids();
            let texts = grids.iter().filter_map(|grid| grid.decode().ok());
            texts.map(|(_, text)| text.into_bytes()).collect()
        }
        _ => panic!("unknown reader {reader}"),
    }
}

fn micros() -> i64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec * 1_000_000 + time.tv_nsec / 1000
}

/// Good pictures of small codes, damaged at random: blots, lines, shades, a shift of some rows. A text
/// that is none of the shown ones or a panic ends the run.
pub(crate) fn mutated(count: usize, seed: u64) {
    let mut random = Random(seed);
    let (mut read, mut made) = (0, 0);
    while made < count {
        let version = [1, 3, 5, 8][random.below(4)];
        let text = super::corpus::text(version, &mut random);
        let code = super::corpus::code(&text, version);
        let mut camera = Camera::scene(random.below(3), &mut random);
        camera.fill = 0.5;
        let clean = camera.shoot(&code, &code, &mut random);
        for _ in 0..50 {
            let mut picture = clean.clone();
            for _ in 0..=random.below(60) {
                damage(&mut picture, &mut random);
            }
            let found = read::grey(WIDTH, HEIGHT, &picture);
            assert!(
                found.iter().all(|read| read == text.as_bytes()),
                "another text"
            );
            read += found.len();
            made += 1;
        }
    }
    println!("{made} damaged pictures (seed {seed}): {read} read, no other text, no panic");
}

fn damage(picture: &mut [u8], random: &mut Random) {
    let (x, y) = (random.below(WIDTH - 80), random.below(HEIGHT - 80));
    let (wide, high) = match random.below(3) {
        0 => (1 + random.below(80), 1 + random.below(3)),
        1 => (1 + random.below(3), 1 + random.below(80)),
        _ => (1 + random.below(30), 1 + random.below(30)),
    };
    let shade = random.number().to_le_bytes()[0];
    for row in y..y + high {
        let from = row * WIDTH + x;
        if random.below(8) == 0 {
            picture.copy_within(from..from + wide, from + 3);
        } else {
            picture[from..from + wide].fill(shade);
        }
    }
}

/// Pictures made to keep a reader busy, and how long this one is.
pub(crate) fn hostile() {
    for (name, picture) in hostile_pictures() {
        let start = micros();
        let found = read::grey(WIDTH, HEIGHT, &picture).len();
        let took = micros() - start;
        let (millis, tenths) = (took / 1000, took % 1000 / 100);
        println!("  {millis:>3}.{tenths} ms, {found} codes: {name}");
    }
}

fn hostile_pictures() -> Vec<(String, Vec<u8>)> {
    let mut random = Random(5);
    let mut pictures = Vec::new();
    let ring = |x: usize, y: usize| x.abs_diff(3).max(y.abs_diff(3));
    for px in [1, 2, 3, 5] {
        for apart in [8, 9, 12] {
            let shade = |i: usize| {
                let (x, y) = (i % WIDTH / px % apart, i / WIDTH / px % apart);
                if x > 6 || y > 6 || ring(x, y) == 2 {
                    255
                } else {
                    0
                }
            };
            let picture = (0..WIDTH * HEIGHT).map(shade).collect();
            pictures.push((
                format!("finder patterns of {px} px, {apart} apart"),
                picture,
            ));
        }
        let coins: Vec<u8> = (0..WIDTH * HEIGHT)
            .map(|_| if random.below(2) == 0 { 0 } else { 255 })
            .collect();
        let shade = |i: usize| coins[i / WIDTH / px * WIDTH + i % WIDTH / px];
        let picture = (0..WIDTH * HEIGHT).map(shade).collect();
        pictures.push((format!("noise of {px} px"), picture));
    }
    let noise = (0..WIDTH * HEIGHT).map(|_| random.number().to_le_bytes()[0]);
    pictures.push(("grey noise".to_owned(), noise.collect()));
    let stripes = |i: usize| if i.is_multiple_of(2) { 0 } else { 255 };
    pictures.push((
        "stripes".to_owned(),
        (0..WIDTH * HEIGHT).map(stripes).collect(),
    ));
    pictures.push(("flat".to_owned(), vec![128; WIDTH * HEIGHT]));
    pictures
}
