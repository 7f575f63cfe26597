//! Byte frames: loss, order, direction, packing, and frames made to hurt.

use super::*;
use crate::frames::direction::WrongDirection;

/// Something that packs well.
fn letters(seed: u64, len: usize) -> Vec<u8> {
    bytes(seed, len).into_iter().map(|byte| byte % 23).collect()
}

fn to_device(message: &[u8], fragment_len: usize) -> Sender {
    Sender::bytes(Direction::ToDevice, Content::Psbt, message, fragment_len).unwrap()
}

/// The frame with this change, and a checksum that is right again.
fn changed(frame: &Shown, change: impl FnOnce(&mut Vec<u8>)) -> Shown {
    let mut bytes = frame.as_bytes().to_vec();
    bytes.truncate(bytes.len() - 4);
    change(&mut bytes);
    let checksum = bytewords::crc32(&bytes).to_be_bytes();
    bytes.extend(checksum);
    Shown::from_bytes(bytes)
}

/// The frame with another number at this place.
fn with_number(frame: &Shown, at: usize, number: u32) -> Shown {
    changed(frame, |bytes| {
        bytes[at..at + 4].copy_from_slice(&number.to_be_bytes());
    })
}

const MESSAGE: usize = 11;
const CUT: usize = 15;
const SEQ: usize = 19;

fn first_answer(frame: &Shown) -> Received {
    let mut receiver = Receiver::new(Limits::OURS);
    let answer = receiver.receive(frame);
    if matches!(answer, Received::Ignored { .. }) {
        assert_eq!(receiver.missing(), None);
    }
    answer
}

#[test]
fn what_is_sent_arrives_packed_or_not_from_any_frames() {
    for message in [
        letters(1, 1),
        letters(2, 30),
        bytes(3, 1_000),
        letters(4, 9_999),
        bytes(5, 40_000),
    ] {
        let sender = to_device(&message, 100);
        for skipped in [0, sender.plain_parts() / 2, sender.plain_parts()] {
            let mut receiver = Receiver::new(Limits::OURS);
            let mut used = 0;
            for frame in sender.frames().skip(skipped) {
                used += 1;
                assert!(frame.as_bytes().len() <= 100 + bytes::AROUND);
                if receiver.receive(&frame) == Received::Complete {
                    break;
                }
            }
            assert!(used <= sender.plain_parts() + 12, "{used}");
            let expected = Some((Content::Psbt, message.clone()));
            assert_eq!(receiver.message(), expected);
            assert_eq!(receiver.code(), Some(sender.code()));
            assert_eq!(receiver.form(), Some(Form::Bytes));
            assert_eq!(receiver.receive(&sender.part(3)), Received::Known);
            assert_eq!(receiver.receive(&sender.part(99_999)), Received::Known);
        }
    }
}

#[test]
fn packing_is_used_where_it_is_shorter() {
    assert!(to_device(&letters(1, 10_000), 100).plain_parts() < 65);
    assert_eq!(to_device(&bytes(1, 10_000), 100).plain_parts(), 100);
}

#[test]
fn a_frame_fills_version_25_and_the_largest_message_fits() {
    let message = bytes(6, Limits::OURS.message);
    let sender = to_device(&message, BYTE_FRAGMENT_LEN);
    assert!(sender.part(u32::MAX).as_bytes().len() <= 1_273);
    let mut receiver = Receiver::new(Limits::OURS);
    let complete = sender.frames().take(sender.plain_parts());
    let last = complete.map(|frame| receiver.receive(&frame)).last();
    assert_eq!(last, Some(Received::Complete));
    assert!(receiver.message() == Some((Content::Psbt, message)));
}

#[test]
fn a_third_lost_costs_next_to_nothing() {
    for parts in [10, 25, 100] {
        let (mut needed, mut runs) = (0, 0);
        for seed in 0..60 {
            let sender = to_device(&bytes(seed, parts * 20), 20);
            assert_eq!(sender.plain_parts(), parts);
            let mut receiver = Receiver::new(Limits::OURS);
            let mut random = Random(seed);
            let seen = sender.frames().filter(|_| random.below(10) >= 3);
            needed += 1 + seen
                .take_while(|frame| receiver.receive(frame) != Received::Complete)
                .count();
            runs += parts;
        }
        assert!(
            100 * needed < 101 * runs,
            "{parts}: {needed} for {runs} fragments"
        );
    }
}

#[test]
fn any_two_pictures_of_a_series_may_be_missing() {
    for parts in (2..=12).chain([40, 300]) {
        let sender = to_device(&bytes(parts, usize::try_from(parts).unwrap() * 8), 8);
        assert_eq!(sender.plain_parts() as u64, parts);
        let series = sender.series(0);
        assert!(series.len() <= sender.plain_parts() + 24);
        let step = series.len().div_ceil(30);
        for a in (0..series.len()).step_by(step) {
            for b in (a..series.len()).step_by(step) {
                let mut receiver = Receiver::new(Limits::OURS);
                for (_, frame) in (0..).zip(&series).filter(|(n, _)| *n != a && *n != b) {
                    let _ = receiver.receive(frame);
                }
                assert!(receiver.message().is_some(), "{parts}: {a} and {b}");
            }
        }
    }
}

#[test]
fn frames_that_go_the_other_way_are_passed_over_and_named() {
    let message = letters(7, 3_000);
    let sent = |direction| Sender::bytes(direction, Content::Psbt, &message, 100).unwrap();
    for (sent_to, awaited, wrong) in [
        (
            Direction::FromDevice,
            Direction::ToDevice,
            WrongDirection::AnswerShownToADevice,
        ),
        (
            Direction::ToDevice,
            Direction::FromDevice,
            WrongDirection::RequestShownToHost,
        ),
    ] {
        let mut receiver = Receiver::awaiting(Limits::OURS, awaited);
        let why = Ignored::WrongWay(wrong);
        assert_eq!(
            receiver.receive(&sent(sent_to).part(1)),
            Received::Ignored { why }
        );
        assert_eq!(receiver.missing(), None);
        assert_eq!(receiver.receive(&sent(awaited).part(1)), Received::New);
    }
}

#[test]
fn frames_of_two_messages_or_forms_are_not_mixed() {
    let (one, other) = (to_device(&bytes(8, 500), 50), to_device(&bytes(9, 500), 50));
    let as_ur = sender(&bytes(8, 500), 50);
    let other_cut = to_device(&bytes(8, 500), 60);
    let mut receiver = Receiver::new(Limits::OURS);
    let why = Ignored::OtherMessage;
    for seq in 1..=10 {
        let first_or_new = receiver.receive(&one.part(seq));
        assert_ne!(first_or_new, Received::Ignored { why });
        for foreign in [other.part(seq), as_ur.part(seq), other_cut.part(seq)] {
            assert_eq!(receiver.receive(&foreign), Received::Ignored { why });
        }
    }
    assert_eq!(receiver.code(), Some(one.code()));
}

#[test]
fn the_same_number_with_other_bytes_is_an_alarm_that_stays() {
    for seq in [2, 77] {
        let sender = to_device(&bytes(10, 500), 50);
        let mut receiver = Receiver::new(Limits::OURS);
        for n in 1..=9 {
            let _ = receiver.receive(&sender.part(n));
        }
        assert_eq!(receiver.receive(&sender.part(77)), Received::Complete);
        let lie = changed(&sender.part(seq), |bytes| bytes[30] ^= 1);
        let why = Alarm::Contradiction;
        assert_eq!(receiver.receive(&lie), Received::Alarm { why });
        assert_eq!(receiver.receive(&sender.part(1)), Received::Alarm { why });
        assert_eq!(receiver.message(), None);
    }
}

#[test]
fn a_message_that_is_not_the_one_announced_is_an_alarm() {
    let sender = to_device(&bytes(11, 500), 50);
    let mut receiver = Receiver::new(Limits::OURS);
    for seq in 1..=9 {
        let _ = receiver.receive(&sender.part(seq));
    }
    let lie = changed(&sender.part(10), |bytes| bytes[30] ^= 1);
    let why = Alarm::Checksum;
    assert_eq!(receiver.receive(&lie), Received::Alarm { why });
}

#[test]
fn claims_beyond_the_limits_are_refused_before_anything_is_held() {
    let frame = to_device(&bytes(12, 500), 50).part(1);
    let packed = to_device(&letters(12, 500), 50).part(1);
    let limit = u32::try_from(Limits::OURS.message).unwrap();
    let both = |number| with_number(&with_number(&frame, MESSAGE, number), CUT, number);
    for (frame, why) in [
        (both(limit + 1), Ignored::TooLarge),
        (both(u32::MAX), Ignored::TooLarge),
        (both(50 * 2_048 + 1), Ignored::TooManyFragments),
        (both(0), Ignored::Malformed),
        (with_number(&frame, MESSAGE, 501), Ignored::Malformed),
        (with_number(&frame, SEQ, 0), Ignored::Malformed),
        (with_number(&packed, MESSAGE, limit + 1), Ignored::TooLarge),
        (with_number(&packed, MESSAGE, limit), Ignored::Malformed),
        (with_number(&packed, MESSAGE, 1), Ignored::Malformed),
        (
            changed(&frame, |bytes| bytes[2] = 0x20),
            Ignored::UnknownType,
        ),
        (changed(&frame, |bytes| bytes[2] |= 8), Ignored::UnknownType),
        (
            changed(&frame, |bytes| bytes.truncate(23)),
            Ignored::Malformed,
        ),
        (
            changed(&frame, |bytes| bytes.truncate(20)),
            Ignored::Malformed,
        ),
        (
            changed(&frame, |bytes| bytes.truncate(2)),
            Ignored::Malformed,
        ),
        (Shown::from_bytes([0xff, b'H'].to_vec()), Ignored::Malformed),
        (Shown::from_bytes([0xff, b'I'].to_vec()), Ignored::NotAFrame),
    ] {
        assert_eq!(first_answer(&frame), Received::Ignored { why });
    }
    assert_eq!(first_answer(&both(50 * 2_048)), Received::New);
    let mut garbled = frame.as_bytes().to_vec();
    garbled[40] ^= 4;
    let why = Ignored::Garbled;
    assert_eq!(
        first_answer(&Shown::from_bytes(garbled)),
        Received::Ignored { why }
    );
}

#[test]
fn a_bomb_unpacks_to_no_more_than_it_claimed() {
    let zeros = vec![0; 1_000_000];
    let sender = to_device(&zeros, 400);
    let all: Vec<Shown> = sender.frames().take(sender.plain_parts()).collect();
    assert!(all.len() < 5);
    for claimed in [300_000, 999_999] {
        let mut receiver = Receiver::new(Limits::OURS);
        let answers = all.iter().map(|frame| with_number(frame, MESSAGE, claimed));
        let last = answers.map(|frame| receiver.receive(&frame)).last();
        let why = Alarm::NotWhole;
        assert_eq!(last, Some(Received::Alarm { why }));
    }
}

#[test]
fn a_forged_frame_costs_less_than_a_millisecond() {
    for (parts, fragment_len) in [(250, 1_246), (1_600, 1_246)] {
        let sender = to_device(&bytes(13, parts * fragment_len), fragment_len);
        let mut receiver = Receiver::new(Limits::OURS);
        let count = u32::try_from(parts).unwrap();
        for seq in 1..count {
            let _ = receiver.receive(&sender.part(seq));
        }
        let frames: Vec<Shown> = (1..=5).map(|n| sender.part(count + n)).collect();
        let took = frames.iter().map(|frame| {
            let start = Instant::now();
            let _ = receiver.receive(frame);
            start.elapsed()
        });
        // The first completes the message, which is put together once, in proportion to its length;
        // those after it bring nothing.
        let fastest = took.skip(1).min().unwrap();
        let most = if cfg!(debug_assertions) { 100 } else { 1 };
        assert!(
            fastest < Duration::from_millis(most),
            "{parts}: {fastest:?}"
        );
    }
}

#[test]
fn mutated_frames_never_complete_another_message() {
    let message = letters(14, 700);
    let sender = to_device(&message, 60);
    let frames: Vec<Shown> = sender.frames().take(2 * sender.plain_parts()).collect();
    let mut random = Random(14);
    for _ in 0..2_000 {
        let mut receiver = Receiver::new(Limits::OURS);
        for frame in &frames {
            let hit = random.below(4) == 0;
            let (at, bit) = (random.below(80), random.below(8));
            let frame = changed(frame, |bytes| {
                let at = usize::try_from(at).unwrap() % bytes.len();
                bytes[at] ^= if hit { 1 << bit } else { 0 };
            });
            let _ = receiver.receive(&frame);
        }
        if let Some((_, arrived)) = receiver.message() {
            assert_eq!(arrived, message);
        }
    }
}
