//! A13: a PSBT as text.

use super::usual;
use crate::case::{Case, Expected, Family, Source};
use crate::text::{base64, hex};

pub(super) fn families() -> Vec<Family> {
    let note = "House: binary, or standard base64 with padding; white space in it is skipped.";
    vec![Family::new("A13-armour", note, cases())]
}

fn cases() -> Vec<Case> {
    // One transfer whose text ends in padding, and has both digits that other alphabets change.
    let good = usual(2).psbt().with(|p| {
        p.global
            .push(&[0xF0], &[0xFB, 0xFF, 0xBF, 0xFE, 0xFF, 0xEF, 0xFB]);
    });
    let lengths = (0..3).map(|n| {
        let psbt = good.clone().with(|p| {
            p.global.push(&[0xF1], &vec![7; n]);
        });
        psbt.bytes()
    });
    let padded = lengths.into_iter().find(|bytes| bytes.len() % 3 == 1);
    let bytes = padded.expect("one of three lengths");
    let text = base64(&bytes);
    let lines: Vec<String> = text
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    let bare = text.trim_end_matches('=');
    let case = |name: &str, file: &[u8], expected: Expected| {
        Case::new(name, vec![], expected).with(|case| case.source = Source::File(file.to_vec()))
    };
    let taken = |name: &str, file: &str| case(name, file.as_bytes(), Expected::Accept);
    let refused = |name: &str, file: &str| case(name, file.as_bytes(), Expected::NoPsbt);
    let with_bits = {
        let last = bare.len() - 1;
        // The last digit of one byte has four bits that stand for nothing.
        let other = if bare.ends_with('A') { 'B' } else { '/' };
        format!("{}{other}==", &bare[..last])
    };
    vec![
        case("binary", &bytes, Expected::Accept),
        taken("base64", &text),
        taken("newline-after", &format!("{text}\n")),
        taken("spaces-around", &format!("  {text} \r\n")),
        taken("lines", &lines.join("\n")),
        taken("lines-of-another-system", &lines.join("\r\n")),
        refused("padding-missing", bare),
        refused("padding-short", &format!("{bare}=")),
        refused("padding-long", &format!("{text}=")),
        refused("padding-inside", &text.replacen('A', "=", 1)),
        refused("url-alphabet", &text.replace('+', "-").replace('/', "_")),
        refused("bits-after-the-end", &with_bits),
        refused("hex", &hex(&bytes)),
        refused("upper-case-hex", &hex(&bytes).to_uppercase()),
        refused("odd-hex", &hex(&bytes)[1..]),
        refused("byte-order-mark", &format!("\u{feff}{text}")),
        refused("quoted", &format!("\"{text}\"")),
        refused("zero-byte-after", &format!("{text}\0")),
        refused("twice", &format!("{text}{text}")),
        refused("other-content", &base64(b"not a PSBT")),
        refused("nothing", ""),
        refused("armour-in-armour", &base64(text.as_bytes())),
    ]
}
