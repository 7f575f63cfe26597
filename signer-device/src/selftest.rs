//! Known answers: does this program, on this machine, compute what it must? Touches no token.

use optics::child::Reader;
use optics::draw;
use signer_core::digest::{from_words, hex, sha256_of, tagged, words_of};
use signer_core::frames::{FRAGMENT_LEN, Limits, Receiver, Sender, UrType};
use signer_core::keys::{P256PublicKey, Signature64, Verification};
use signer_core::phrase;
use signer_core::types::Lang;

use crate::console::Console;
use crate::failure::{Failure, Kind};
use crate::gap::CHILD;
use crate::json::Json;
use crate::plan::Format;

/// One check: what it is of, and whether it gave the known answer.
type Check = (&'static str, fn() -> Option<()>);

const CHECKS: [Check; 6] = [
    ("sha256", sha256),
    ("tagged-digest", tagged_digest),
    ("words", words),
    ("p256", p256),
    ("frames", frames),
    ("pictures", pictures),
];

/// Runs every check.
pub(crate) fn run(format: Format) -> Result<(), Failure> {
    let results = CHECKS.map(|(name, check)| (name, check().is_some()));
    let passed = results.iter().all(|(_, passed)| *passed);
    let mut console = Console::new(Lang::En);
    match format {
        Format::Json => console.plain(&json(&results, passed).to_string())?,
        Format::Text => {
            for (name, passed) in results {
                console.say(&format!(
                    "{name}: {}",
                    if passed { "passed" } else { "FAILED" }
                ))?;
            }
        }
    }
    if passed {
        return Ok(());
    }
    Err(Failure::new(
        Kind::Internal,
        phrase!("a known answer was not given", "既知の答えと一致しない"),
        phrase!(
            "Do not use this machine or this copy of the program. Report it.",
            "この端末とプログラムを使用せず、報告してください。"
        ),
    ))
}

fn json(results: &[(&'static str, bool)], passed: bool) -> Json {
    let checks = results.iter().map(|(name, passed)| {
        Json::Object(vec![
            ("name", Json::text(name)),
            ("passed", Json::Truth(*passed)),
        ])
    });
    Json::Object(vec![
        ("passed", Json::Truth(passed)),
        ("checks", Json::List(checks.collect())),
    ])
}

/// FIPS 180-4, "abc".
fn sha256() -> Option<()> {
    let answer = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    (hex(&sha256_of(b"abc")) == answer).then_some(())
}

/// BIP-340: SHA-256 of the tag's hash twice, then the message.
fn tagged_digest() -> Option<()> {
    let tag = sha256_of(b"himuro/psbt");
    let answer = sha256_of(&[&tag[..], &tag, b"psbt"].concat());
    (tagged("himuro/psbt", &[b"ps", b"bt"]) == answer).then_some(())
}

/// The word lists' own example of a fingerprint, filled up.
fn words() -> Option<()> {
    let mut bytes = [0_u8; 32];
    bytes[..4].copy_from_slice(&[0xe5, 0x82, 0x94, 0xf2]);
    let words = words_of(&bytes);
    let known = ["topmost", "istanbul", "pluto", "vagabond"];
    (words.get(..4)? == known && from_words(&words.join(" "))? == bytes).then_some(())
}

/// RFC 6979 A.2.5, P-256 with SHA-256, message "sample"; its S is high, so it is lowered first.
fn p256() -> Option<()> {
    let key: [u8; 65] = hex_of(
        "0460FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6\
         7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299",
    )?;
    let signature: [u8; 64] = hex_of(
        "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716\
         F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
    )?;
    let key = P256PublicKey::from_sec1(&key)?;
    let signature = Signature64(signature).low_s_p256()?;
    let right = key.verifies(&sha256_of(b"sample"), &signature) == Verification::Valid;
    let wrong = key.verifies(&sha256_of(b"simple"), &signature) == Verification::Valid;
    (right && !wrong).then_some(())
}

/// Split and joined again, without the first frame.
fn frames() -> Option<()> {
    let message: Vec<u8> = (0..=255_u8).cycle().take(3000).collect();
    let sender = Sender::new(UrType::Bytes, &message, FRAGMENT_LEN).ok()?;
    let mut receiver = Receiver::new(Limits::OURS);
    for frame in sender.frames().skip(1).take(100) {
        let _ = receiver.receive(&frame);
    }
    (receiver.message()?.1 == message).then_some(())
}

/// A picture drawn here and read by the child.
fn pictures() -> Option<()> {
    let picture = draw::png("HIMURO", draw::SCALE).ok()?;
    let program = std::env::current_exe().ok()?;
    let mut reader = Reader::spawn(program, &[CHILD]).ok()?;
    (reader.read(&picture).ok()? == ["HIMURO"]).then_some(())
}

fn hex_of<const N: usize>(text: &str) -> Option<[u8; N]> {
    signer_core::digest::from_hex(text)
}
