//! A92 to A95: frames of the air gap, written by hand from `docs/formats/frames.md`.

use super::byte_frames;
use crate::cbor::Value;
use crate::sheet::{Kind, Sheet, SheetCase};
use crate::sign::sha256_of;
use crate::text::{base64, hex};
use crate::transfer::Transfer;

pub(super) fn sheets() -> Vec<Sheet> {
    let sheet = |name, note, cases| Sheet::new(name, Kind::Frames, note, cases);
    vec![
        sheet(
            "A92-packed-frames",
            "BBQr of type Z: packed data must unpack to its very end, within the limit of a message.",
            packed(),
        ),
        sheet(
            "A93-bbqr",
            "Headers of BBQr, and parts that are missing or not of one message.",
            bbqr(),
        ),
        sheet(
            "A94-ur",
            "Parts of UR: claims, checksums, lengths, and parts that never end.",
            ur(),
        ),
        sheet(
            "A94-byte-frames",
            "Byte frames: claims, packing, mixed frames, and frames that contradict each other.",
            byte_frames::cases(),
        ),
        sheet(
            "A95-mixed-requests",
            "Frames of two requests. UR tells them apart by its checksum; BBQr has none, so what is\n\
             joined is taken only where it is one PSBT from first byte to last.",
            mixed(),
        ),
    ]
}

pub(super) fn message() -> Vec<u8> {
    Transfer::usual().psbt().bytes()
}

/// The same transfer of another amount: of equal length, and another request.
pub(super) fn other_message() -> Vec<u8> {
    let other = Transfer::usual().with(|t| t.outputs[1].sats -= 1_000);
    other.psbt().bytes()
}

fn frames(name: impl Into<String>, frames: &[String], expected: &str) -> SheetCase {
    let expected = match expected {
        MESSAGE => format!("{MESSAGE} {}", hex(&sha256_of(&message()))),
        other => other.into(),
    };
    let case = SheetCase::new(name, expected);
    let texts = frames.iter();
    texts.fold(case, |case, text| case.line("frame", text.as_str()))
}

const MESSAGE: &str = "message";
const NOTHING: &str = "nothing";
const ALARM: &str = "alarm";

// UR.

const WORDS: &str = "aeadaoaxaaahamatayasbkbdbnbtbabsbebybgbwbbbzcmchcscfcycwcecackct\
cxclcpcndkdadsdidedtdrdndwdpdmdldyeheyeoeeecenemetesftfrfnfsfmfh\
fzfpfwfxfyfefgflfdgagegrgsgtglgwgdgygmgughgohfhghdhkhthphhhlhyhe\
hnhsidiaieihiyioisinimjejzjnjtjljojsjpjkjykpkoktkskkknkgkekikblb\
lalylflslrlplnltloldlelulklgmnmymhmemomumwmdmtmsmknlnyndnsntnnne\
nboyoeotoxonolospdptpkpypspmplpepfpaprqdqzrerprlrorhrdrkrfryrnrs\
rtsesasrssskswstspsosgsbsfsntotktitttdtetytltbtstptatnuyuoutueur\
vtvyvovlvevwvavdvswlwdwmwpwewywswtwnwzwfwkykynylyaytzszoztzczezm";

/// Minimal bytewords with this checksum.
fn words_with(bytes: &[u8], checksum: u32) -> String {
    let all = bytes.iter().copied().chain(checksum.to_be_bytes());
    let word = |byte: u8| &WORDS[2 * usize::from(byte)..2 * usize::from(byte) + 2];
    all.map(word).collect()
}

fn words(bytes: &[u8]) -> String {
    words_with(bytes, crc32(bytes))
}

pub(super) fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |rest, byte| {
        (0..8).fold(rest ^ u32::from(*byte), |rest, _| {
            (rest >> 1) ^ (0xEDB8_8320 & (0_u32.wrapping_sub(rest & 1)))
        })
    })
}

/// One part, with numbers of its own.
#[derive(Clone)]
struct Part {
    kind: &'static str,
    place: [u64; 2],
    inner: [u64; 4],
    fragment: Vec<u8>,
}

impl Part {
    fn text(&self) -> String {
        let mut parts: Vec<Value> = self.inner.map(Value::Uint).to_vec();
        parts.push(Value::bytes(&self.fragment));
        let [seq, of] = self.place;
        let bytes = Value::Array(parts).encode();
        format!("ur:{}/{seq}-{of}/{}", self.kind, words(&bytes))
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

/// The plain parts of a message, of this many fragments.
fn parts(message: &[u8], count: usize) -> Vec<Part> {
    let encoded = Value::bytes(message).encode();
    let length = encoded.len().div_ceil(count);
    let checksum = u64::from(crc32(&encoded));
    let of = count as u64;
    let part = |(seq, piece): (u64, &[u8])| {
        let mut fragment = piece.to_vec();
        fragment.resize(length, 0);
        Part {
            kind: "crypto-psbt",
            place: [seq, of],
            inner: [seq, of, encoded.len() as u64, checksum],
            fragment,
        }
    };
    (1..).zip(encoded.chunks(length)).map(part).collect()
}

fn texts(parts: &[Part]) -> Vec<String> {
    parts.iter().map(Part::text).collect()
}

fn ur() -> Vec<SheetCase> {
    let usual = parts(&message(), 5);
    let one = |name: &str, change: &dyn Fn(&mut Part)| {
        let spoilt = usual[0].clone().with(change);
        frames(name, &[spoilt.text()], NOTHING)
    };
    // The spoilt part is passed over; the others and the right one still make the message.
    let recovers = |name: &str, spoilt: String| {
        let mut all = vec![spoilt];
        all.extend(texts(&usual));
        frames(name, &all, MESSAGE)
    };
    // A PSBT of two inputs is too long for one picture.
    let whole = |bytes: &[u8]| format!("ur:bytes/{}", words(bytes));
    let short = b"himuro";
    let encoded = Value::bytes(short).encode();
    let of_short = format!("{MESSAGE} {}", hex(&sha256_of(short)));
    let mut backwards = texts(&usual);
    backwards.reverse();
    let twice: Vec<String> = texts(&usual)
        .iter()
        .flat_map(|t| [t.clone(), t.clone()])
        .collect();
    let mut upper = texts(&usual);
    for text in &mut upper {
        *text = text.to_uppercase();
    }
    let mut other_type = usual.clone();
    other_type[2].kind = "bytes";
    let mut contradicting = usual.clone();
    contradicting[1].inner[0] = 1;
    contradicting[1].place[0] = 1;
    let mut wrong_sum = usual.clone();
    for part in &mut wrong_sum {
        part.inner[3] ^= 1;
    }
    let mut wrong_fragment = usual.clone();
    wrong_fragment[3].fragment[7] ^= 1;
    let useless: Vec<String> = (0..300).map(|_| usual[0].text()).collect();
    vec![
        frames("usual", &texts(&usual), MESSAGE),
        frames("whole", &[whole(&encoded)], &of_short),
        frames("backwards", &backwards, MESSAGE),
        frames("each-twice", &twice, MESSAGE),
        frames("capitals", &upper, MESSAGE),
        frames("last-part-missing", &texts(&usual[..4]), NOTHING),
        frames("one-part-300-times", &useless, NOTHING),
        one("50-million-fragments", &|part| {
            part.place[1] = 50_000_000;
            part.inner[1] = 50_000_000;
        }),
        one("4097-fragments", &|part| {
            part.place[1] = 4_097;
            part.inner[1] = 4_097;
        }),
        one("message-of-2-gib", &|part| part.inner[2] = 1 << 31),
        one("sequence-0", &|part| {
            part.place[0] = 0;
            part.inner[0] = 0;
        }),
        one("fragments-0", &|part| {
            part.place[1] = 0;
            part.inner[1] = 0;
        }),
        one("outside-and-inside-differ", &|part| part.place[0] = 2),
        one("length-too-small", &|part| part.inner[2] = 4),
        one("length-too-large", &|part| part.inner[2] *= 2),
        one("empty-fragment", &|part| part.fragment.clear()),
        one("checksum-of-5-bytes", &|part| part.inner[3] = 1 << 32),
        one("unknown-type", &|part| part.kind = "crypto-seed"),
        recovers("bad-letters-before", "ur:crypto-psbt/1-5/zzzz".into()),
        recovers("bad-part-checksum-before", {
            let text = usual[0].text();
            format!("{}ae", &text[..text.len() - 2])
        }),
        recovers("foreign-text-before", "https://example.org".into()),
        recovers("part-cut-short-before", {
            let text = usual[0].text();
            text[..text.len() - 8].to_owned()
        }),
        frames("types-mixed", &texts(&other_type), NOTHING),
        frames(
            "two-fragments-under-one-number",
            &texts(&contradicting),
            ALARM,
        ),
        frames("wrong-message-checksum", &texts(&wrong_sum), ALARM),
        frames("one-wrong-fragment", &texts(&wrong_fragment), ALARM),
        frames(
            "whole-not-a-byte-string",
            &[whole(&Value::text("himuro").encode())],
            NOTHING,
        ),
        frames(
            "whole-with-a-tag",
            &[whole(
                &Value::Tag(310, Box::new(Value::bytes(short))).encode(),
            )],
            NOTHING,
        ),
        frames(
            "whole-with-a-byte-more",
            &[whole(&[&encoded[..], &[0]].concat())],
            NOTHING,
        ),
        frames(
            "whole-wrong-checksum",
            &[format!("ur:bytes/{}", words_with(&encoded, 7))],
            NOTHING,
        ),
    ]
}

// BBQr.

/// Base 32 of RFC 4648 without padding.
fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut out = String::new();
    for piece in bytes.chunks(5) {
        let mut block = [0_u8; 8];
        block[3..3 + piece.len()].copy_from_slice(piece);
        let bits = u64::from_be_bytes(block);
        for letter in 0..(piece.len() * 8).div_ceil(5) {
            let value = (bits >> (35 - 5 * letter)) & 31;
            out.push(char::from(
                LETTERS[usize::try_from(value).expect("five bits")],
            ));
        }
    }
    out
}

/// Two digits of base 36.
fn base36(n: usize) -> String {
    const DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    [n / 36, n % 36]
        .map(|digit| char::from(DIGITS[digit]))
        .iter()
        .collect()
}

/// Frames of this packing and file type, the data already packed.
fn bbqr_frames(packing: char, file: char, data: &[u8], count: usize) -> Vec<String> {
    let length = data.len().div_ceil(count).next_multiple_of(5);
    let pieces: Vec<&[u8]> = data.chunks(length).collect();
    let frame = |(index, piece): (usize, &&[u8])| {
        let coded = if packing == 'H' {
            hex(piece).to_uppercase()
        } else {
            base32(piece)
        };
        format!(
            "B${packing}{file}{}{}{coded}",
            base36(pieces.len()),
            base36(index)
        )
    };
    pieces.iter().enumerate().map(frame).collect()
}

fn bbqr() -> Vec<SheetCase> {
    let usual = bbqr_frames('2', 'P', &message(), 4);
    let with =
        |name: &str, place: usize, range: std::ops::Range<usize>, text: &str, expected: &str| {
            let mut all = usual.clone();
            all[place].replace_range(range, text);
            frames(name, &all, expected)
        };
    let mut backwards = usual.clone();
    backwards.reverse();
    let mut other = usual.clone();
    other.insert(1, {
        let mut text = usual[0].clone();
        text.replace_range(40..41, if &text[40..41] == "A" { "B" } else { "A" });
        text
    });
    let mut flipped = usual.clone();
    flipped[1].replace_range(100..101, if &usual[1][100..101] == "A" { "B" } else { "A" });
    vec![
        frames("usual", &usual, MESSAGE),
        frames("packing-h", &bbqr_frames('H', 'P', &message(), 4), MESSAGE),
        frames("one-frame", &bbqr_frames('2', 'P', &message(), 1), MESSAGE),
        frames("backwards", &backwards, MESSAGE),
        frames("last-missing", &usual[..3], NOTHING),
        with("count-0", 0, 4..6, "00", MISSING_FIRST),
        with("index-at-the-count", 1, 6..8, "04", NOTHING),
        with("index-far-above", 1, 6..8, "ZZ", NOTHING),
        with("other-count-in-one", 1, 4..6, "05", NOTHING),
        with("other-packing-in-one", 1, 2..3, "H", NOTHING),
        with("other-file-type-in-one", 1, 3..4, "T", NOTHING),
        with("unknown-packing", 0, 2..3, "X", MISSING_FIRST),
        with("unknown-file-type", 0, 3..4, "x", MISSING_FIRST),
        with("punctuation-in-a-number", 0, 4..6, "0-", MISSING_FIRST),
        with("lower-case-number", 3, 6..8, "0c", NOTHING),
        with("padding-in-the-data", 1, 60..61, "=", NOTHING),
        with("data-of-another-alphabet", 1, 60..61, "1", NOTHING),
        frames("one-index-two-contents", &other, ALARM),
        frames("one-bit-of-the-data", &flipped, ALARM_OR_BIT),
        frames("header-alone", &["B$2P0400".into()], NOTHING),
        frames("header-cut", &["B$2P04".into()], NOTHING),
        frames("1296-frames", &["B$2P100099999999".into()], NOTHING),
    ]
}

/// The first frame is passed over, so it is missing.
const MISSING_FIRST: &str = NOTHING;
/// BBQr has no checksum: a changed letter is a changed PSBT, and its rules judge it.
const ALARM_OR_BIT: &str = "other-message-or-alarm";

// Deflate with a window of 1 KiB, stored blocks only: data as it is, in blocks of at most 65,535.

fn stored(data: &[u8]) -> Vec<u8> {
    let mut out = vec![];
    let blocks: Vec<&[u8]> = data.chunks(60_000).collect();
    for (place, block) in blocks.iter().enumerate() {
        let length = u16::try_from(block.len()).expect("a block");
        out.push(u8::from(place + 1 == blocks.len()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend_from_slice(block);
    }
    out
}

/// Bits of Deflate, the lowest first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: u32,
}

impl Bits {
    fn push(&mut self, value: u32, count: u32) {
        for bit in 0..count {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let last = self.bytes.len() - 1;
            let bit = u8::try_from((value >> bit) & 1).expect("a bit");
            self.bytes[last] |= bit << (self.used % 8);
            self.used += 1;
        }
    }
}

/// Zeros without end: fixed codes, one zero and then copies of 258 bytes at distance 1, 13 bits each.
pub(super) fn bomb(copies: usize) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.push(1, 1);
    bits.push(1, 2);
    // Literal 0: 00110000. Length 258: 11000101, no extra bits. Distance 1: 00000. Huffman codes
    // come with their highest bit first.
    bits.push(0b0000_1100, 8);
    for _ in 0..copies {
        bits.push(0b1010_0011, 8);
        bits.push(0, 5);
    }
    // The end: 0000000.
    bits.push(0, 7);
    bits.bytes
}

fn packed() -> Vec<SheetCase> {
    let good = stored(&message());
    let of = |name: &str, data: &[u8], count: usize, expected: &str| {
        frames(name, &bbqr_frames('Z', 'P', data, count), expected)
    };
    let cut = &good[..good.len() - 10];
    let mut wrong_length = good.clone();
    wrong_length[1] ^= 1;
    let mut kind_3 = good.clone();
    kind_3[0] = 0b110 | 1;
    vec![
        of("usual", &good, 3, MESSAGE),
        // 2 MiB are 8,128 copies of 258 bytes and some; 160 kB of Deflate are 26 MB.
        of("bomb-of-26-mb", &bomb(100_000), 120, NO_MESSAGE),
        of("bomb-just-above-the-limit", &bomb(8_129), 10, NO_MESSAGE),
        of("zeros-within-the-limit", &bomb(100), 1, NO_MESSAGE),
        of("cut-short", cut, 3, NO_MESSAGE),
        of(
            "data-behind-the-end",
            &[&good[..], b"more"].concat(),
            3,
            NO_MESSAGE,
        ),
        of("wrong-block-length", &wrong_length, 3, NO_MESSAGE),
        of("unknown-block", &kind_3, 3, NO_MESSAGE),
        of("not-packed-at-all", &message(), 3, NO_MESSAGE),
    ]
}

/// Nothing is handed out, by an alarm or by silence.
const NO_MESSAGE: &str = "no-message";

fn mixed() -> Vec<SheetCase> {
    let (ours, others) = (parts(&message(), 5), parts(&other_message(), 5));
    let replaced = [
        &texts(&ours)[..2],
        &texts(&others)[2..3],
        &texts(&ours)[3..],
    ]
    .concat();
    let both: Vec<String> = texts(&ours)
        .into_iter()
        .zip(texts(&others))
        .flat_map(|(a, b)| [a, b])
        .collect();
    let text = base64(&message());
    let numbered = |place: usize, of: usize, piece: &str| format!("p{place}of{of} {piece}");
    let half = text.len() / 2;
    let other_cut = parts(&message(), 7);
    let cuts = [&texts(&ours)[..3], &texts(&other_cut)[3..]].concat();
    let (a, b) = (message(), other_message());
    let bbqr_a = bbqr_frames('2', 'P', &a, 4);
    let bbqr_b = bbqr_frames('2', 'P', &b[..b.len() - 40], 4);
    let bbqr_mixed = [&bbqr_a[..3], &bbqr_b[3..]].concat();
    vec![
        frames("one-part-of-another-request", &replaced, NOTHING),
        frames("two-requests-in-turn", &both, MESSAGE),
        frames("two-cuts-of-one-message", &cuts, NOTHING),
        frames(
            "numbered-base64",
            &[numbered(1, 2, &text[..half]), numbered(2, 2, &text[half..])],
            MESSAGE,
        ),
        frames(
            "numbered-base64-one-half-twice",
            &[numbered(1, 2, &text[..half]), numbered(2, 2, &text[..half])],
            NO_MESSAGE,
        ),
        frames("bbqr-last-frame-of-a-shorter-psbt", &bbqr_mixed, NO_MESSAGE),
    ]
}
