//! Symbols drawn by `qrcode`, whole and damaged.

use qrcode::bits::Bits;
use qrcode::{Color, EcLevel, QrCode, Version as Drawn};

use super::*;

const LEVELS: [EcLevel; 4] = [EcLevel::L, EcLevel::M, EcLevel::Q, EcLevel::H];

fn drawn(version: usize, level: EcLevel, fill: impl Fn(&mut Bits)) -> Modules {
    let mut bits = Bits::new(Drawn::Normal(i16::try_from(version).unwrap()));
    fill(&mut bits);
    bits.push_terminator(level).unwrap();
    let code = QrCode::with_bits(bits, level).unwrap();
    let colors = code.to_colors().into_iter();
    Modules {
        version: Version::new(version).unwrap(),
        shades: colors
            .map(|c| if c == Color::Dark { -100 } else { 100 })
            .collect(),
    }
}

fn read_of(modules: &Modules) -> Option<Vec<u8>> {
    read(modules, &Layout::new(modules.version))
}

#[test]
fn every_version_and_level_reads_in_every_mode() {
    for version in 1..=40 {
        for level in [EcLevel::L, LEVELS[version % 4]] {
            let number = drawn(version, level, |b| {
                b.push_numeric_data(b"0071234").unwrap();
            });
            assert_eq!(read_of(&number).unwrap(), b"0071234", "{version}");
            let capitals = drawn(version, level, |b| {
                b.push_alphanumeric_data(b"UR:A/1").unwrap();
            });
            assert_eq!(read_of(&capitals).unwrap(), b"UR:A/1", "{version}");
            let plain = drawn(version, level, |b| b.push_byte_data(&[0, 255, 7]).unwrap());
            assert_eq!(read_of(&plain).unwrap(), [0, 255, 7], "{version}");
            let kanji = drawn(version, level, |b| {
                b.push_kanji_data(b"\x93\x5f\xe4\xaa").unwrap();
            });
            assert_eq!(read_of(&kanji).unwrap(), b"\x93\x5f\xe4\xaa", "{version}");
            let mixed = drawn(version, level, |b| {
                b.push_eci_designator(26).unwrap();
                b.push_numeric_data(b"1").unwrap();
                b.push_byte_data(b"a").unwrap();
            });
            assert_eq!(read_of(&mixed).unwrap(), b"1a", "{version}");
        }
    }
}

#[test]
fn places_are_where_the_drawing_has_them() {
    for version in 1..=40 {
        let drawn = drawn(version, EcLevel::L, |b| b.push_byte_data(b"a").unwrap());
        let layout = Layout::new(drawn.version);
        for (x, y, dark) in layout.known() {
            assert_eq!(drawn.dark(x, y), dark, "version {version} at {x}, {y}");
        }
        assert!(layout.data_modules() / 8 >= 26);
    }
}

/// A small generator for tests (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let a = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let b = (a ^ (a >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((b ^ (b >> 31)) >> 33).unwrap() % bound
    }
}

#[test]
fn a_block_is_corrected_up_to_its_limit_and_refused_above() {
    let mut random = Random(1);
    for checks in [7, 10, 16, 26, 30] {
        for _ in 0..200 {
            let len = checks + 1 + random.below(80);
            let clean = encoded(len, checks, &mut random);
            for (wrong, missing, repaired) in [
                (checks / 2, 0, true),
                (checks / 2 + 2, 0, false),
                (0, checks - 4, true),
                (1, checks - 6, true),
                (checks / 4, checks / 4, true),
                (2, checks - 4, false),
            ] {
                if wrong + missing > len || wrong < 1 && missing < 1 {
                    continue;
                }
                let mut places: Vec<usize> = (0..len).collect();
                for i in 0..wrong + missing {
                    let other = i + random.below(len - i);
                    places.swap(i, other);
                }
                let mut block = clean.clone();
                for place in &places[..wrong + missing] {
                    block[*place] ^= u8::try_from(1 + random.below(255)).unwrap();
                }
                let erased = &places[wrong..wrong + missing];
                let whole = reed_solomon::correct(&mut block, checks, erased);
                let spent = 2 * wrong + missing + if missing > 0 { 4 } else { 0 };
                if spent <= checks && repaired {
                    assert!(whole && block == clean, "{checks}: {wrong}, {missing}");
                } else if missing > 0 {
                    assert!(!whole || block == clean, "{checks}: {wrong}, {missing}");
                }
            }
        }
    }
}

/// A block by the textbook: data, then the remainder of its division by the generator.
fn encoded(len: usize, checks: usize, random: &mut Random) -> Vec<u8> {
    let mut generator = vec![1_u8];
    for i in 0..checks {
        let mut next = [&generator[..], &[0]].concat();
        for (to, from) in next[1..].iter_mut().zip(&generator) {
            *to ^= field::product(*from, field::power(i));
        }
        generator = next;
    }
    let data = (0..len - checks).map(|_| u8::try_from(random.below(256)).unwrap());
    let mut block: Vec<u8> = data.collect();
    let mut rest = [&block[..], &vec![0; checks]].concat();
    for i in 0..block.len() {
        let factor = rest[i];
        for (to, from) in rest[i..].iter_mut().zip(&generator) {
            *to ^= field::product(factor, *from);
        }
    }
    block.extend_from_slice(&rest[len - checks..]);
    block
}

#[test]
fn weak_modules_are_worth_twice_the_damage() {
    let text = [b'A'; 1_800];
    let clean = drawn(25, EcLevel::L, |b| b.push_alphanumeric_data(&text).unwrap());
    let mut random = Random(2);
    let mut read_with = |weak: bool, damaged: usize| {
        let mut modules = clean.clone();
        for _ in 0..damaged {
            let at = random.below(modules.shades.len());
            modules.shades[at] = if modules.shades[at] < 0 { 100 } else { -100 };
            if weak {
                modules.shades[at] /= 100;
            }
        }
        read_of(&modules)
    };
    let both = [false, true].map(|weak| {
        let reads: Vec<_> = (0..40).filter_map(|_| read_with(weak, 160)).collect();
        assert!(reads.iter().all(|read| read == &text), "never another text");
        reads.len()
    });
    assert!(both[0] < 10 && both[1] > 30, "{both:?}");
}

#[test]
fn rqrr_reads_the_same_out_of_damaged_modules() {
    let mut random = Random(3);
    for round in 0..300 {
        let version = 1 + random.below(40);
        let level = LEVELS[random.below(4)];
        let text: Vec<u8> = (0..7)
            .map(|_| b'A' + u8::try_from(random.below(26)).unwrap())
            .collect();
        let mut modules = drawn(version, level, |b| b.push_byte_data(&text).unwrap());
        for _ in 0..random.below(2 + modules.shades.len() / 60) {
            let at = random.below(modules.shades.len());
            modules.shades[at] = -modules.shades[at];
        }
        let side = modules.version.side();
        let grid = rqrr::SimpleGrid::from_func(side, |x, y| modules.dark(x, y));
        let mut theirs = Vec::new();
        let theirs = rqrr::Grid::new(grid)
            .decode_to(&mut theirs)
            .ok()
            .map(|_| theirs);
        if let Some(theirs) = theirs {
            assert_eq!(read_of(&modules), Some(theirs), "round {round}");
        }
    }
}
