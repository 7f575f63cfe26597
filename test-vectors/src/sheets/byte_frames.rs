//! Byte frames, written by hand from `docs/formats/frames.md`.

use super::frames::{bomb, crc32, message, other_message};
use crate::sheet::SheetCase;
use crate::sign::sha256_of;
use crate::text::hex;

const TO_DEVICE_PSBT: u8 = 0x10;
const NO_PSBT: u8 = 0x02;
const PACKED: u8 = 0x04;

/// One frame, with numbers of its own.
#[derive(Clone)]
struct Frame {
    magic: [u8; 2],
    kinds: u8,
    mark: [u8; 8],
    message: u32,
    cut: u32,
    seq: u32,
    fragment: Vec<u8>,
    /// Taken from the checksum.
    off: u32,
}

impl Frame {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = [&self.magic[..], &[self.kinds], &self.mark].concat();
        for number in [self.message, self.cut, self.seq] {
            bytes.extend(number.to_be_bytes());
        }
        bytes.extend_from_slice(&self.fragment);
        let checksum = crc32(&bytes).wrapping_sub(self.off);
        bytes.extend(checksum.to_be_bytes());
        bytes
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

/// A message cut into this many fragments.
#[derive(Clone)]
struct Sent {
    first: Frame,
    fragments: Vec<Vec<u8>>,
}

impl Sent {
    fn new(kinds: u8, message: &[u8], cut: &[u8], count: usize) -> Self {
        let length = cut.len().div_ceil(count);
        let mut fragments: Vec<Vec<u8>> = cut.chunks(length).map(<[u8]>::to_vec).collect();
        fragments.last_mut().expect("one").resize(length, 0);
        let number = |length: usize| u32::try_from(length).expect("a short message");
        let first = Frame {
            magic: [0xff, b'H'],
            kinds,
            mark: *sha256_of(message).first_chunk().expect("32 bytes"),
            message: number(message.len()),
            cut: number(cut.len()),
            seq: 1,
            fragment: fragments[0].clone(),
            off: 0,
        };
        Self { first, fragments }
    }

    fn psbt(message: &[u8], count: usize) -> Self {
        Self::new(TO_DEVICE_PSBT, message, message, count)
    }

    /// Frame `seq`, plain or mixed.
    fn frame(&self, seq: u32) -> Frame {
        let count = self.fragments.len();
        let plain = usize::try_from(seq - 1).expect("small");
        let fragment = if plain < count {
            self.fragments[plain].clone()
        } else {
            let numbers = numbers(self.first.mark, seq, count);
            let mut mixed = vec![0; self.fragments[0].len()];
            for (number, fragment) in numbers.iter().zip(&self.fragments) {
                for (to, from) in mixed.iter_mut().zip(fragment) {
                    *to ^= product(*number, *from);
                }
            }
            mixed
        };
        self.first.clone().with(|frame| {
            frame.seq = seq;
            frame.fragment = fragment;
        })
    }

    fn frames(&self, numbers: impl IntoIterator<Item = u32>) -> Vec<Frame> {
        numbers.into_iter().map(|seq| self.frame(seq)).collect()
    }
}

/// One number for each fragment: bytes of tagged SHA-256, bits of more than 256 fragments.
fn numbers(mark: [u8; 8], seq: u32, count: usize) -> Vec<u8> {
    let tag = sha256_of(b"himuro/frames/mixture");
    let block = |block: u32| {
        let ends = [seq.to_be_bytes(), block.to_be_bytes()].concat();
        sha256_of(&[&tag[..], &tag, &mark, &ends].concat())
    };
    let drawn = (0..).flat_map(block);
    if count <= 256 {
        drawn.take(count).collect()
    } else {
        let bits = drawn.flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1));
        bits.take(count).collect()
    }
}

/// Product of numbers of 256 values, by the polynomial of AES.
fn product(a: u8, b: u8) -> u8 {
    let (mut power, mut sum) = (u16::from(a), 0);
    for bit in 0..8 {
        if b >> bit & 1 == 1 {
            sum ^= power;
        }
        power <<= 1;
        if power > 255 {
            power ^= 0x11b;
        }
    }
    u8::try_from(sum).expect("a byte")
}

fn case(name: &str, frames: &[Frame], expected: &str) -> SheetCase {
    let expected = match expected {
        "message" => format!("message {}", hex(&sha256_of(&message()))),
        other => other.into(),
    };
    let frames = frames.iter().map(|frame| hex(&frame.bytes()));
    frames.fold(SheetCase::new(name, expected), |case, frame| {
        case.line("bytes", frame.as_str())
    })
}

pub(super) fn cases() -> Vec<SheetCase> {
    [whole(), mixed(), refused(), packed()].concat()
}

fn whole() -> Vec<SheetCase> {
    let usual = Sent::psbt(&message(), 6);
    let card = Sent::new(TO_DEVICE_PSBT | NO_PSBT, b"card", b"card", 1);
    let mut backwards = usual.frames(1..=6);
    backwards.reverse();
    let many = Sent::psbt(&message(), 300);
    assert!(many.fragments.len() > 256);
    let count = u32::try_from(many.fragments.len()).expect("small");
    let of_card = format!("message {}", hex(&sha256_of(b"card")));
    vec![
        case("usual", &usual.frames(1..=6), "message"),
        case("backwards", &backwards, "message"),
        case(
            "each-twice",
            &[usual.frames(1..=6), usual.frames(1..=6)].concat(),
            "message",
        ),
        case("one-frame", &card.frames([1]), &of_card),
        case(
            "two-lost-two-spare",
            &usual.frames([1, 3, 4, 6, 7, 8]),
            "message",
        ),
        case("joined-late", &usual.frames(100..=105), "message"),
        case(
            "the-last-number",
            &usual.frames([1, 2, 3, 4, 5, u32::MAX]),
            "message",
        ),
        case(
            "more-than-256-fragments",
            &many.frames(40..count + 60),
            "message",
        ),
        case("one-missing", &usual.frames([1, 3, 4, 6, 7]), "nothing"),
        case("one-frame-300-times", &vec![usual.frame(7); 300], "nothing"),
    ]
}

fn mixed() -> Vec<SheetCase> {
    let (usual, other) = (Sent::psbt(&message(), 6), Sent::psbt(&other_message(), 6));
    let other_cut = Sent::psbt(&message(), 8);
    let turns = (1..=6).flat_map(|seq| [usual.frame(seq), other.frame(seq)]);
    let back = (2..=6).map(|seq| usual.frame(seq).with(|frame| frame.kinds |= 1));
    let lie = |seq: u32| usual.frame(seq).with(|frame| frame.fragment[9] ^= 1);
    let with = |frame: Frame| [usual.frames(1..=5), vec![frame]].concat();
    vec![
        case(
            "two-requests-in-turn",
            &turns.collect::<Vec<_>>(),
            "message",
        ),
        case(
            "two-cuts-of-one-message",
            &[usual.frames(1..=3), other_cut.frames(4..=8)].concat(),
            "nothing",
        ),
        case(
            "two-directions",
            &[vec![usual.frame(1)], back.collect()].concat(),
            "nothing",
        ),
        case(
            "one-number-two-contents",
            &[vec![lie(1)], usual.frames(1..=6)].concat(),
            "alarm",
        ),
        case(
            "a-mixed-frame-lies",
            &[with(lie(8)), usual.frames([7])].concat(),
            "alarm",
        ),
        case("the-last-frame-lies", &with(lie(6)), "alarm"),
        case(
            "filled-with-something",
            &with(
                usual
                    .frame(6)
                    .with(|frame| *frame.fragment.last_mut().expect("bytes") ^= 1),
            ),
            "alarm",
        ),
        case(
            "wrong-mark",
            &usual
                .frames(1..=6)
                .into_iter()
                .map(|frame| frame.with(|f| f.mark[7] ^= 1))
                .collect::<Vec<_>>(),
            "alarm",
        ),
    ]
}

fn refused() -> Vec<SheetCase> {
    let usual = Sent::psbt(&message(), 6);
    let one = |name: &str, change: &dyn Fn(&mut Frame)| {
        let spoilt = usual.frame(1).with(change);
        // It is passed over: the frames of the message still make it.
        case(
            name,
            &[vec![spoilt], usual.frames(1..=6)].concat(),
            "message",
        )
    };
    vec![
        one("checksum-off", &|frame| frame.off = 1),
        one("other-magic", &|frame| frame.magic[1] = b'h'),
        one("version-2", &|frame| frame.kinds = 0x20),
        one("unknown-kind", &|frame| frame.kinds |= 8),
        one("sequence-0", &|frame| frame.seq = 0),
        one("empty-fragment", &|frame| frame.fragment.clear()),
        one("message-of-2-gib", &|frame| {
            (frame.message, frame.cut) = (1 << 31, 1 << 31);
        }),
        one("one-above-2-mib", &|frame| {
            (frame.message, frame.cut) = (2_097_153, 2_097_153);
        }),
        one("message-of-0", &|frame| (frame.message, frame.cut) = (0, 0)),
        one("2049-fragments", &|frame| {
            let fragment = u32::try_from(frame.fragment.len()).expect("short");
            (frame.message, frame.cut) = (fragment * 2_048 + 1, fragment * 2_048 + 1);
        }),
        one("longer-than-what-is-cut", &|frame| frame.message += 1),
        one("shorter-than-what-is-cut", &|frame| frame.message -= 1),
        one("packed-into-as-much", &|frame| frame.kinds |= PACKED),
        one("packed-beyond-possible", &|frame| {
            frame.kinds |= PACKED;
            (frame.message, frame.cut) = (1_033, 1);
        }),
    ]
}

fn packed() -> Vec<SheetCase> {
    let (zeros, deflate) = (vec![0; 1 + 100 * 258], bomb(100));
    let kinds = TO_DEVICE_PSBT | NO_PSBT | PACKED;
    let of_zeros = format!("message {}", hex(&sha256_of(&zeros)));
    let sent = |claimed: usize, deflate: &[u8]| {
        let frames = deflate.len().div_ceil(2_000).max(3);
        let mut sent = Sent::new(kinds, &zeros, deflate, frames);
        sent.first.message = u32::try_from(claimed).expect("short");
        let count = u32::try_from(sent.fragments.len()).expect("few");
        sent.frames(1..=count)
    };
    vec![
        case("packed", &sent(zeros.len(), &deflate), &of_zeros),
        case(
            "packed-more-than-claimed",
            &sent(zeros.len() - 1, &deflate),
            "alarm",
        ),
        case(
            "packed-less-than-claimed",
            &sent(zeros.len() + 1, &deflate),
            "alarm",
        ),
        case(
            "packed-and-cut-short",
            &sent(zeros.len(), &deflate[..deflate.len() - 2]),
            "alarm",
        ),
        case(
            "data-behind-the-end",
            &sent(zeros.len(), &[&deflate[..], &[0]].concat()),
            "alarm",
        ),
        case("bomb-of-5-mb", &sent(2_097_152, &bomb(20_000)), "alarm"),
    ]
}
