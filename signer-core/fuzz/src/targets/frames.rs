//! Frames of the air gap: as text, and as parts whose letters or bytes always add up.

use minicbor::bytes::ByteSlice;
use signer_core::frames::{
    Content, Direction, Limits, Received, Receiver, Sender, TransferCode, UrType, bytewords,
};
use signer_core::psbt::RawPsbt;

/// Small, so that what lies beyond is met often.
const SMALL: Limits = Limits {
    fragments: 32,
    message: 2_048,
};
/// Most frames that one run shows.
const FRAMES: usize = 128;

/// Lines of text, one frame each, shown to a receiver; the text itself, sent in frames.
pub(crate) fn texts(data: &[u8]) -> bool {
    sent(data);
    let Ok(text) = core::str::from_utf8(data) else {
        return false;
    };
    for line in text.lines() {
        let letters = line.rsplit('/').next().unwrap_or(line);
        if let Ok(bytes) = bytewords::decode(letters) {
            let again = bytewords::encode(&bytes);
            assert!(
                again.eq_ignore_ascii_case(letters),
                "one text for the same bytes"
            );
        }
    }
    show(text.lines().map(str::to_owned), SMALL)
        | show(text.lines().map(str::to_owned), Limits::OURS)
}

/// Parts, each behind its length (two bytes, little-endian): their numbers go into the text of a
/// frame as they are, and the letters add up whatever they say.
pub(crate) fn parts(data: &[u8]) -> bool {
    let mut frames = vec![];
    let mut rest = data;
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_le_bytes(*length)).min(after.len());
        let (part, after) = after.split_at(length);
        frames.push(frame(part));
        rest = after;
    }
    show(frames.into_iter(), SMALL)
}

fn frame(part: &[u8]) -> String {
    let numbers = minicbor::decode::<(u32, u32, u32, u32, &ByteSlice)>(part);
    let (seq, count) = numbers.map_or((1, 1), |(seq, count, ..)| (seq, count));
    format!("ur:bytes/{seq}-{count}/{}", bytewords::encode(part))
}

/// BBQr whose letters always add up: packing, type and count first, then frames, each behind its place
/// and its length.
pub(crate) fn circles(data: &[u8]) -> bool {
    sent_in_a_circle(data);
    let [packing, file, count, rest @ ..] = data else {
        return false;
    };
    let packing = char::from(b"H2Z"[usize::from(packing % 3)]);
    let file = char::from(b"PTJCUB"[usize::from(file % 6)]);
    let count = char::from(b'1' + count % 9);
    let mut frames = vec![];
    let mut rest = rest;
    while let [place, length, after @ ..] = rest {
        let place = char::from(b'0' + place % 9);
        let (part, after) = after.split_at(usize::from(*length).min(after.len()));
        let letters = match packing {
            'H' => data_encoding::HEXUPPER.encode(part),
            _ => data_encoding::BASE32_NOPAD.encode(part),
        };
        frames.push(format!("B${packing}{file}0{count}0{place}{letters}"));
        rest = after;
    }
    show(frames.into_iter(), SMALL)
}

/// A well-formed PSBT arrives whatever the size of its frames.
fn sent_in_a_circle(psbt: &[u8]) {
    if RawPsbt::parse(psbt).is_err() {
        return;
    }
    let Ok(sender) = Sender::bbqr(psbt, 5 + psbt.len() % 200) else {
        return;
    };
    let mut receiver = Receiver::new(Limits::OURS);
    for text in sender.frames().take(sender.plain_parts()) {
        let _ = receiver.receive(&text);
    }
    assert_eq!(receiver.message(), Some((Content::Psbt, psbt.to_vec())));
}

/// Byte frames, each behind its length (two bytes, little-endian), without the magic before them and the
/// checksum behind them, which always add up.
pub(crate) fn bytes(data: &[u8]) -> bool {
    sent_in_bytes(data);
    let mut frames = vec![];
    let mut rest = data;
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_le_bytes(*length)).min(after.len());
        let (part, after) = after.split_at(length);
        let mut frame = [b"\xffH", part].concat();
        frame.extend(bytewords::crc32(&frame).to_be_bytes());
        frames.push(frame);
        rest = after;
    }
    show(frames.iter(), SMALL) | show(frames.iter(), Limits::OURS)
}

/// What is sent in byte frames arrives, with every other plain frame lost.
fn sent_in_bytes(message: &[u8]) {
    let fragment_len = 16 + message.len() % 200;
    let to_device = Direction::ToDevice;
    let Ok(sender) = Sender::bytes(to_device, Content::Other, message, fragment_len) else {
        return;
    };
    let mut receiver = Receiver::awaiting(Limits::OURS, to_device);
    let most = 40 + 2 * sender.plain_parts();
    for (n, frame) in sender.frames().take(most).enumerate() {
        let lost = n < sender.plain_parts() && n % 2 == 1;
        if !lost && receiver.receive(&frame) == Received::Complete {
            break;
        }
    }
    let (kind, arrived) = receiver.message().expect("all frames were shown");
    assert_eq!((kind, arrived.as_slice()), (Content::Other, message));
    assert_eq!(receiver.code(), Some(sender.code()));
}

/// A receiver never holds more than its limits, never goes back, and names what it has.
fn show(frames: impl Iterator<Item = impl AsRef<[u8]>>, limits: Limits) -> bool {
    let mut receiver = Receiver::new(limits);
    let mut missing = usize::MAX;
    let mut spoilt = false;
    for frame in frames.take(FRAMES) {
        let before = receiver.message();
        let what = receiver.receive(&frame);
        spoilt |= matches!(what, Received::Alarm { .. });
        assert_eq!(
            spoilt,
            matches!(what, Received::Alarm { .. }),
            "an alarm stays"
        );
        assert!(before.is_none() || spoilt || before == receiver.message());
        if let Some(fragments) = receiver.fragments() {
            assert!(fragments <= usize::from(limits.fragments));
        }
        if let Some(now) = receiver.missing() {
            assert!(
                now <= missing.min(usize::from(limits.fragments)),
                "progress stays"
            );
            assert_eq!(now == 0, receiver.message().is_some());
            missing = now;
        }
        match receiver.message() {
            Some((_, message)) => {
                assert!(message.len() <= limits.message);
                assert_eq!(receiver.code(), Some(TransferCode::of(&message)));
            }
            None => assert_eq!(receiver.code(), None),
        }
    }
    receiver.message().is_some()
}

/// What is sent arrives, with every other plain frame lost.
fn sent(message: &[u8]) {
    let fragment_len = 16 + message.len() % 200;
    let Ok(sender) = Sender::new(UrType::Bytes, message, fragment_len) else {
        return;
    };
    let mut receiver = Receiver::new(Limits::OURS);
    let most = 40 + 8 * sender.plain_parts();
    for (n, text) in sender.frames().take(most).enumerate() {
        let lost = n < sender.plain_parts() && n % 2 == 1;
        if !lost && receiver.receive(&text) == Received::Complete {
            break;
        }
    }
    if sender.plain_parts() > 1 || receiver.message().is_some() {
        let (kind, arrived) = receiver.message().expect("all frames were shown");
        assert_eq!((kind, arrived.as_slice()), (Content::Other, message));
        assert_eq!(receiver.code(), Some(sender.code()));
    }
}
