//! Loss, late joining, any order, repetition.

use super::*;

fn receive_all(frames: impl Iterator<Item = Shown>) -> (usize, Receiver) {
    let mut receiver = Receiver::new(Limits::OURS);
    let mut used = 0;
    for frame in frames {
        used += 1;
        match receiver.receive(&frame) {
            Received::Complete => break,
            Received::New | Received::Known => {}
            other => panic!("{other:?}"),
        }
        assert!(used < 5000, "never complete");
    }
    (used, receiver)
}

#[test]
fn without_loss_exactly_the_plain_parts_are_needed() {
    let message = bytes(1, 10_000);
    let sender = sender(&message, 300);
    let mut receiver = Receiver::new(Limits::OURS);
    assert_eq!((receiver.missing(), receiver.fragments()), (None, None));
    for (i, frame) in sender.frames().take(sender.plain_parts()).enumerate() {
        let last = i + 1 == sender.plain_parts();
        let expected = if last {
            Received::Complete
        } else {
            Received::New
        };
        assert_eq!(receiver.receive(&frame), expected);
        assert_eq!(receiver.missing(), Some(sender.plain_parts() - i - 1));
        assert_eq!(receiver.message().is_some(), last);
    }
    assert_eq!(receiver.fragments(), Some(sender.plain_parts()));
    assert_eq!(receiver.message(), Some((Content::Psbt, message)));
    assert_eq!(receiver.code(), Some(sender.code()));
}

#[test]
fn with_a_third_lost_little_more_than_the_ideal_is_shown() {
    let (mut shown, mut ideal) = (0, 0.0);
    for seed in 0..40 {
        let message = bytes(seed, 10_000);
        let sender = sender(&message, 200);
        let mut random = Random(seed);
        let mut count = 0;
        let frames = sender.frames().inspect(|_| count += 1);
        let (_, receiver) = receive_all(frames.filter(|_| random.below(10) >= 3));
        assert_eq!(receiver.message().unwrap().1, message);
        shown += count;
        ideal += f64::from(u32::try_from(sender.plain_parts()).unwrap()) / 0.7;
    }
    let ratio = f64::from(shown) / ideal;
    assert!(ratio < 1.35, "{ratio:.3} times the ideal");
}

#[test]
fn joined_late_the_mixed_parts_alone_are_enough() {
    let message = bytes(7, 20_000);
    let sender = sender(&message, 200);
    let parts = sender.plain_parts();
    let (used, receiver) = receive_all(sender.frames().skip(parts + 17));
    assert_eq!(receiver.message().unwrap().1, message);
    assert!(used < parts + 30, "{used} frames for {parts}");
}

#[test]
fn order_and_repetition_do_not_matter() {
    let message = bytes(8, 5000);
    let sender = sender(&message, 100);
    let mut frames: Vec<Shown> = sender.frames().take(sender.plain_parts()).collect();
    frames.extend(frames.clone());
    let mut random = Random(8);
    for i in (1..frames.len()).rev() {
        let other = usize::try_from(random.below(i as u64 + 1)).unwrap();
        frames.swap(i, other);
    }
    let (_, receiver) = receive_all(frames.into_iter());
    assert_eq!(receiver.message().unwrap().1, message);
}

#[test]
fn after_the_end_frames_are_known_and_still_checked() {
    let message = bytes(9, 2000);
    let sender = sender(&message, 100);
    let (_, mut receiver) = receive_all(sender.frames());
    assert_eq!(receiver.receive(&sender.part(3)), Received::Known);
    assert_eq!(receiver.receive(&sender.part(999)), Received::Known);
    assert_eq!(receiver.message().unwrap().1, message);
}

#[test]
fn a_short_message_is_one_frame() {
    let sender = Sender::new(UrType::Bytes, b"card", 100).unwrap();
    assert_eq!(sender.part(1), sender.part(5));
    let mut receiver = Receiver::new(Limits::OURS);
    assert_eq!(receiver.receive(&sender.part(1)), Received::Complete);
    assert_eq!(receiver.receive(&sender.part(1)), Received::Known);
    assert_eq!(receiver.missing(), Some(0));
    assert_eq!(receiver.message(), Some((Content::Other, b"card".to_vec())));
}

#[test]
fn the_code_is_the_head_of_the_sha256() {
    assert_eq!(TransferCode::of(b"abc").to_string(), "ba7816bf");
}

#[test]
fn a_sender_refuses_what_no_receiver_takes() {
    let big = vec![0; Limits::OURS.message + 1];
    let refusal = |message: &[u8], len| Sender::new(UrType::Psbt, message, len).err();
    assert_eq!(refusal(&[], 10), Some(SenderError::Empty));
    assert_eq!(refusal(&[1], 0), Some(SenderError::Empty));
    let limit = Limits::OURS.message;
    assert_eq!(refusal(&big, 600), Some(SenderError::TooLarge { limit }));
    let fragment_len = 25; // 100,000 bytes and their head of 5 over 4,096
    let refused = Some(SenderError::TooManyFragments { fragment_len });
    assert_eq!(refusal(&big[..100_000], 24), refused);
    assert_eq!(refusal(&big[..100_000], 25), None);
}

#[test]
fn the_largest_message_fits_at_the_default_length() {
    let message = bytes(10, Limits::OURS.message);
    let sender = sender(&message, FRAGMENT_LEN);
    assert!(sender.plain_parts() <= usize::from(Limits::OURS.fragments));
    assert!(
        sender.part(u32::MAX).as_bytes().len() <= 1853,
        "QR version 25"
    );
    let (used, receiver) = receive_all(sender.frames());
    assert_eq!(used, sender.plain_parts());
    assert!(receiver.message().unwrap().1 == message);
}

/// Whether the message is there when these pictures of the series are missing.
fn arrives_without(series: &[Shown], missing: [usize; 2]) -> bool {
    let mut receiver = Receiver::new(Limits::OURS);
    let seen = series.iter().enumerate();
    let answers = seen
        .filter(|(place, _)| !missing.contains(place))
        .map(|(_, frame)| receiver.receive(frame));
    answers
        .filter(|answer| *answer == Received::Complete)
        .count()
        > 0
}

#[test]
fn any_two_pictures_of_a_series_may_be_missing() {
    for parts in (2..=14).chain([30]) {
        let message = bytes(parts, usize::try_from(parts).unwrap() * 20 - 4);
        let sender = sender(&message, 20);
        let plain = sender.plain_parts();
        assert_eq!(plain as u64, parts);
        let series = sender.series(plain.div_ceil(5));
        assert!(series.len() <= plain + 8, "{parts}: {}", series.len());
        for a in 0..series.len() {
            for b in a..series.len() {
                assert!(arrives_without(&series, [a, b]), "{parts}: {a} and {b}");
            }
        }
    }
}

#[test]
fn a_series_has_as_many_spare_frames_as_are_asked_for() {
    let message = bytes(11, 10_000);
    let sender = sender(&message, 100);
    let plain = sender.plain_parts();
    for least in [0, 1, 30] {
        let series = sender.series(least);
        assert!(series.len() >= plain + least.max(7));
        assert!(series.len() <= plain + least.max(20), "{}", series.len());
        let again: Vec<Shown> = sender.frames().take(plain).collect();
        assert_eq!(series[..plain], again);
    }
    let short = Sender::new(UrType::Bytes, b"card", 100).unwrap();
    assert_eq!(short.series(5).len(), 1);
}
