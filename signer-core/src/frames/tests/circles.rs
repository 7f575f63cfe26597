//! Numbered frames, as other wallets write them: BBQr (against the `bbqr` crate), `pXofY`, base64.

use ::bbqr::encode::Encoding;
use ::bbqr::file_type::FileType;
use ::bbqr::join::Joined;
use ::bbqr::split::{Split, SplitOptions};
use data_encoding::BASE64;

use super::super::specter;
use super::*;

/// A PSBT of version 2 with nothing but bulk: `len` bytes of an unknown record.
fn psbt(seed: u64, len: u32) -> Vec<u8> {
    let mut psbt = b"psbt\xff".to_vec();
    for (key, value) in [
        (2_u8, &[2_u8, 0, 0, 0][..]),
        (4, &[0]),
        (5, &[0]),
        (0xFB, &[2, 0, 0, 0]),
    ] {
        psbt.extend([1, key, u8::try_from(value.len()).unwrap()]);
        psbt.extend(value);
    }
    psbt.extend([1, 0x77]);
    match len {
        0..0xFD => psbt.push(u8::try_from(len).unwrap()),
        0xFD..0x1_0000 => {
            psbt.push(0xFD);
            psbt.extend(u16::try_from(len).unwrap().to_le_bytes());
        }
        _ => {
            psbt.push(0xFE);
            psbt.extend(len.to_le_bytes());
        }
    }
    psbt.extend(bytes(seed, len as usize));
    psbt.push(0);
    psbt
}

fn theirs(message: &[u8], file: FileType, encoding: Encoding) -> Vec<String> {
    let options = SplitOptions {
        encoding,
        min_split_number: 3,
        ..SplitOptions::default()
    };
    Split::try_from_data(message, file, options).unwrap().parts
}

fn receive_all<'a>(
    receiver: &mut Receiver,
    frames: impl IntoIterator<Item = &'a String>,
) -> Received {
    let answers = frames.into_iter().map(|frame| receiver.receive(frame));
    answers.last().expect("there are frames")
}

#[test]
fn we_read_what_bbqr_writes_in_every_encoding_and_any_order() {
    let message = psbt(1, 70_000);
    for encoding in [Encoding::Hex, Encoding::Base32, Encoding::Zlib] {
        let mut frames = theirs(&message, FileType::Psbt, encoding);
        assert!(frames.len() > 2);
        let mut ours = Receiver::new(Limits::OURS);
        frames.rotate_left(1);
        frames.reverse();
        for (left, frame) in (0..frames.len()).rev().zip(&frames) {
            let expected = if left == 0 {
                Received::Complete
            } else {
                Received::New
            };
            assert_eq!(ours.receive(frame), expected);
            assert_eq!(ours.missing(), Some(left));
            assert_eq!(ours.receive(frame), Received::Known);
        }
        assert_eq!(ours.fragments(), Some(frames.len()));
        assert_eq!(ours.message(), Some((Content::Psbt, message.clone())));
        assert_eq!(ours.code(), Some(TransferCode::of(&message)));
    }
}

#[test]
fn bbqr_of_something_else_is_not_called_a_psbt() {
    for (file, message) in [
        (FileType::Json, &b"{\"a\": [1, 2, 3, 4, 5, 6, 7, 8, 9]}"[..]),
        (FileType::Transaction, &[7; 400]),
    ] {
        let mut ours = Receiver::new(Limits::OURS);
        let frames = theirs(message, file, Encoding::Base32);
        assert_eq!(receive_all(&mut ours, &frames), Received::Complete);
        assert_eq!(ours.message(), Some((Content::Other, message.to_vec())));
    }
}

#[test]
fn the_other_program_reads_our_bbqr() {
    for (len, fragment_len) in [(10, 1), (200, 1_000), (3_000, 99), (70_000, 1_153)] {
        let message = psbt(2, len);
        let ours = Sender::bbqr(&message, fragment_len).unwrap();
        let frames: Vec<String> = ours
            .frames()
            .take(ours.plain_parts())
            .map(|frame| text_of(&frame))
            .collect();
        assert!(
            frames
                .iter()
                .all(|frame| frame.len() <= 8 + (fragment_len.max(5) * 8).div_ceil(5))
        );
        assert_eq!(
            ours.part(1),
            ours.part(1 + u32::try_from(frames.len()).unwrap())
        );
        let joined = Joined::try_from_parts(frames.clone()).unwrap();
        assert_eq!(joined.data, message);
        let mut receiver = Receiver::new(Limits::OURS);
        assert_eq!(receive_all(&mut receiver, &frames), Received::Complete);
        assert_eq!(receiver.message(), Some((Content::Psbt, message)));
    }
}

#[test]
fn the_other_program_reads_our_packed_bbqr() {
    // Records that repeat themselves, as those of the inputs of a real PSBT do.
    let mut message = psbt(2, 300);
    message.pop();
    let record = message[message.len() - 300..].to_vec();
    for key in 0..100 {
        message.extend([2, 0x78, key, 0xFD]);
        message.extend(300_u16.to_le_bytes());
        message.extend(&record);
    }
    message.push(0);
    let ours = Sender::bbqr(&message, 880).unwrap();
    let frames: Vec<String> = ours
        .frames()
        .take(ours.plain_parts())
        .map(|frame| text_of(&frame))
        .collect();
    assert!(frames.iter().all(|frame| frame.starts_with("B$ZP")));
    assert!(ours.plain_parts() < message.len() / 880 / 2);
    let joined = Joined::try_from_parts(frames.clone()).unwrap();
    assert_eq!(joined.data, message);
    let mut receiver = Receiver::new(Limits::OURS);
    assert_eq!(receive_all(&mut receiver, &frames), Received::Complete);
    assert_eq!(receiver.message(), Some((Content::Psbt, message)));
    assert_eq!(receiver.code(), Some(ours.code()));
}

#[test]
fn bbqr_counts_1295_frames_and_no_more() {
    // Random: packed it would be longer.
    let at = bytes(1, 5 * 1_295 + 1);
    assert_eq!(Sender::bbqr(&at[1..], 5).unwrap().plain_parts(), 1_295);
    assert_eq!(
        Sender::bbqr(&at, 5).unwrap_err(),
        SenderError::TooManyFragments { fragment_len: 10 }
    );
}

#[test]
fn mixed_frames_of_two_psbts_are_noticed_where_that_is_possible() {
    let first = psbt(3, 6_000);
    let alike = psbt(4, 6_000);
    // As long, and with its bulk in two records.
    let mut other = psbt(4, 3_000);
    other.pop();
    other.extend([1, 0x78, 0xFD]);
    other.extend(u16::try_from(6_000 - 3_000 - 5).unwrap().to_le_bytes());
    other.extend(bytes(5, 6_000 - 3_000 - 5));
    other.push(0);
    for (second, expected) in [
        // The records lie alike, so the whole is well-formed: only a frame that comes round tells.
        (alike, Received::Complete),
        (
            other,
            Received::Alarm {
                why: Alarm::NotWhole,
            },
        ),
    ] {
        let [a, b] =
            [&first, &second].map(|message| theirs(message, FileType::Psbt, Encoding::Base32));
        assert_eq!(a.len(), b.len(), "or they would not be mixed at all");
        let mut ours = Receiver::new(Limits::OURS);
        let mixed = b.iter().take(1).chain(a.iter().skip(1));
        assert_eq!(receive_all(&mut ours, mixed), expected);
        assert!(matches!(ours.receive(&a[0]), Received::Alarm { .. }));
        assert_eq!(ours.message(), None);
    }
}

#[test]
fn specter_frames_and_plain_base64_are_read() {
    let message = psbt(5, 2_000);
    let base64 = BASE64.encode(&message);
    let frames = specter::write(&base64, 300);
    let mut ours = Receiver::new(Limits::OURS);
    assert_eq!(
        receive_all(&mut ours, frames.iter().rev()),
        Received::Complete
    );
    assert_eq!(ours.message(), Some((Content::Psbt, message.clone())));

    let mut ours = Receiver::new(Limits::OURS);
    assert_eq!(ours.receive(&base64), Received::Complete);
    assert_eq!(ours.message(), Some((Content::Psbt, message)));
    assert_eq!(ours.receive(&base64), Received::Known);
}

#[test]
fn frames_that_contradict_themselves_change_nothing() {
    let good = theirs(&psbt(6, 3_000), FileType::Psbt, Encoding::Hex);
    for (wrong, why) in [
        ("B$", Ignored::Malformed),
        ("B$HP0000", Ignored::Malformed),
        ("B$HP0202AA", Ignored::Malformed),
        ("B$HP02010", Ignored::Garbled),
        ("B$HP0201aa", Ignored::Garbled),
        ("B$2P0201A1", Ignored::Garbled),
        ("B$HPa201AA", Ignored::Malformed),
        ("B$XP0201AA", Ignored::UnknownType),
        ("B$HS0201AA", Ignored::UnknownType),
        ("B$\u{20ac}P0201AA", Ignored::UnknownType),
        ("p0of3 AAAA", Ignored::Malformed),
        ("p4of3 AAAA", Ignored::Malformed),
        ("p1of3 AA-A", Ignored::Malformed),
        ("p1of9999 AAAA", Ignored::TooManyFragments),
        ("p1of10000 AAAA", Ignored::NotAFrame),
        ("hello", Ignored::NotAFrame),
        ("TQ==", Ignored::NotAFrame),
    ] {
        let mut ours = Receiver::new(Limits::OURS);
        assert_eq!(ours.receive(wrong), Received::Ignored { why }, "{wrong}");
        assert_eq!(ours.missing(), None, "{wrong}");
        assert_eq!(receive_all(&mut ours, &good), Received::Complete, "{wrong}");
        assert_eq!(ours.receive(wrong), Received::Ignored { why }, "{wrong}");
        assert_eq!(ours.missing(), Some(0), "{wrong}");
    }
}

#[test]
fn a_small_frame_cannot_unpack_to_more_than_the_limit() {
    let limits = Limits {
        message: 10_000,
        ..Limits::OURS
    };
    for (len, expected) in [
        (10_000, Received::Complete),
        (
            10_001,
            Received::Alarm {
                why: Alarm::NotWhole,
            },
        ),
    ] {
        let frames = theirs(&vec![0; len], FileType::Cbor, Encoding::Zlib);
        assert!(frames.iter().map(String::len).sum::<usize>() < 200);
        let mut ours = Receiver::new(limits);
        assert_eq!(receive_all(&mut ours, &frames), expected, "{len}");
    }
}

#[test]
fn more_bytes_than_the_limit_are_not_held() {
    let limits = Limits {
        message: 100,
        ..Limits::OURS
    };
    let frame = |place: char| std::format!("B$HB030{place}{}", "AB".repeat(40));
    let mut ours = Receiver::new(limits);
    assert_eq!(ours.receive(&frame('0')), Received::New);
    assert_eq!(ours.receive(&frame('1')), Received::New);
    let why = Ignored::TooLarge;
    assert_eq!(ours.receive(&frame('2')), Received::Ignored { why });
    assert_eq!(ours.missing(), Some(1));
}

#[test]
fn another_form_of_frames_does_not_disturb() {
    let message = psbt(7, 3_000);
    let ur = sender(&message, 100);
    let mut ours = Receiver::new(Limits::OURS);
    let frames = theirs(&message, FileType::Psbt, Encoding::Hex);
    assert_eq!(ours.receive(&frames[0]), Received::New);
    let other = Received::Ignored {
        why: Ignored::OtherMessage,
    };
    assert_eq!(ours.receive(&ur.part(1)), other);
    assert_eq!(ours.receive("p1of3 AAAA"), other);
    assert_eq!(receive_all(&mut ours, &frames), Received::Complete);
    assert_eq!(ours.message(), Some((Content::Psbt, message)));
}
