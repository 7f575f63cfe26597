//! Frames made to hurt.

use super::ur::{Part, write_part, write_whole};
use super::*;

fn part(seq: u32, fragments: u32, message_len: u32, bytes: &[u8]) -> Part {
    let (checksum, bytes) = (7, bytes.to_vec());
    Part {
        seq,
        fragments,
        message_len,
        checksum,
        bytes,
    }
}

fn text(part: &Part) -> String {
    write_part(UrType::CryptoPsbt, part)
}

fn first_answer(text: &str) -> Received {
    let mut receiver = Receiver::new(Limits::OURS);
    let answer = receiver.receive(text);
    if matches!(answer, Received::Ignored { .. }) {
        assert_eq!(
            receiver.missing(),
            None,
            "nothing is kept of an ignored frame"
        );
    }
    answer
}

fn ignored(why: Ignored) -> Received {
    Received::Ignored { why }
}

#[test]
fn a_claim_of_fifty_million_fragments_is_refused_at_once() {
    let frame = text(&part(60_000_000, 50_000_000, u32::MAX, &[0; 86]));
    // The fastest of some tries: the machine may be busy with something else.
    let took = (0..20).map(|_| {
        let start = Instant::now();
        assert_eq!(first_answer(&frame), ignored(Ignored::TooManyFragments));
        start.elapsed()
    });
    let fastest = took.min().unwrap();
    assert!(fastest < Duration::from_millis(1), "{fastest:?}");
}

#[test]
fn claims_at_the_limit_are_taken_and_one_past_it_refused() {
    let fragments = u32::from(Limits::OURS.fragments);
    let at = part(1, fragments, fragments, &[0]);
    assert_eq!(first_answer(&text(&at)), Received::New);
    let past = part(1, fragments + 1, fragments + 1, &[0]);
    assert_eq!(
        first_answer(&text(&past)),
        ignored(Ignored::TooManyFragments)
    );
    let most = u32::try_from(Limits::OURS.message).unwrap() + 5;
    let each = vec![0; most.div_ceil(2048) as usize];
    let count = most.div_ceil(u32::try_from(each.len()).unwrap());
    assert_eq!(
        first_answer(&text(&part(1, count, most, &each))),
        Received::New
    );
    let larger = text(&part(1, count, most + 1, &each));
    assert_eq!(first_answer(&larger), ignored(Ignored::TooLarge));
}

#[test]
fn numbers_that_contradict_each_other_are_refused() {
    let malformed = ignored(Ignored::Malformed);
    for wrong in [
        part(0, 2, 4, &[0; 2]),
        part(1, 0, 0, &[]),
        part(1, 0, 4, &[0; 4]),
        part(1, 2, 0, &[]),
        part(1, 2, 5, &[0; 2]),
        part(1, 2, 2, &[0; 2]),
        part(1, 2, 4, &[]),
    ] {
        assert_eq!(first_answer(&text(&wrong)), malformed, "{wrong:?}");
    }
    let good = text(&part(1, 2, 4, &[0; 2]));
    assert_eq!(first_answer(&good), Received::New);
    for place in [
        "2-2",
        "1-3",
        "01-2",
        "+1-2",
        "1-2-3",
        "1",
        "-",
        "0-0",
        "4294967297-2",
    ] {
        let wrong = good.replacen("1-2", place, 1);
        assert_eq!(first_answer(&wrong), malformed, "{place}");
    }
}

#[test]
fn only_the_one_deterministic_form_is_read() {
    let right = crate::codec::encode(&part(1, 2, 4, &[0; 2]));
    let frame = |body: &[u8]| std::format!("UR:PSBT/1-2/{}", bytewords::encode(body));
    assert_eq!(first_answer(&frame(&right)), Received::New);
    let mut long = right.clone();
    long.splice(1..2, [0x18, 1]);
    let mut more = right.clone();
    more.push(0);
    let mut open = right.clone();
    open[0] = 0x9f;
    open.push(0xff);
    for wrong in [long, more, open, right[..4].to_vec()] {
        assert_eq!(first_answer(&frame(&wrong)), ignored(Ignored::Malformed));
    }
    for wrong in [
        &[0x41, 1, 2][..],
        &[0x58, 1, 9],
        &[0x5f, 0x41, 1, 0xff],
        &[0x61, b'a'],
    ] {
        let frame = write_whole(UrType::Psbt, wrong);
        assert_eq!(first_answer(&frame), ignored(Ignored::Malformed));
    }
}

#[test]
fn foreign_texts_are_passed_over() {
    for (frame, why) in [
        ("", Ignored::NotAFrame),
        ("ur:psbt", Ignored::NotAFrame),
        ("b$2P0100AAAA", Ignored::NotAFrame),
        ("bitcoin:bc1q/x", Ignored::NotAFrame),
        ("UR:CRYPTO-SEED/AEADAOLAZMJENDEOTI", Ignored::UnknownType),
        ("UR:BYTES/AEADAOLAZMJENDEOTO", Ignored::Garbled),
        ("UR:BYTES/\u{6c37}\u{5ba4}", Ignored::Garbled),
        ("UR:BYTES/1-2/3/AEAD", Ignored::Garbled),
    ] {
        assert_eq!(first_answer(frame), ignored(why), "{frame}");
    }
    let long = std::format!("UR:BYTES/{}", "AE".repeat(TEXT_LIMIT));
    assert_eq!(first_answer(&long), ignored(Ignored::TooLong));
}

#[test]
fn foreign_frames_cost_no_progress_and_are_not_merged() {
    let (first, second) = (bytes(1, 3000), bytes(2, 3000));
    let (a, b) = (sender(&first, 100), sender(&second, 100));
    let other_type = Sender::new(UrType::Psbt, &first, 100).unwrap();
    let other_cut = sender(&first, 90);
    let mut receiver = Receiver::new(Limits::OURS);
    let mut last = receiver.receive(&a.part(1));
    for seq in 2..=u32::try_from(a.plain_parts()).unwrap() {
        let before = receiver.missing();
        for foreign in [b.part(seq), other_type.part(seq), other_cut.part(seq)] {
            let other = ignored(Ignored::OtherMessage);
            assert_eq!(receiver.receive(&foreign), other);
        }
        let single = write_whole(UrType::CryptoPsbt, &[0x41, 1]);
        assert_eq!(receiver.receive(&single), ignored(Ignored::OtherMessage));
        let mut garbled = text_of(&a.part(seq));
        garbled.replace_range(40..41, if &garbled[40..41] == "A" { "B" } else { "A" });
        assert_eq!(receiver.receive(&garbled), ignored(Ignored::Garbled));
        assert_eq!(receiver.missing(), before);
        last = receiver.receive(&a.part(seq));
    }
    assert_eq!(last, Received::Complete);
    assert_eq!(receiver.message().unwrap().1, first);
}

#[test]
fn the_same_place_with_other_content_is_an_alarm_that_stays() {
    let alarm = Received::Alarm {
        why: Alarm::Contradiction,
    };
    let mut receiver = Receiver::new(Limits::OURS);
    assert_eq!(
        receiver.receive(&text(&part(1, 3, 6, &[1; 2]))),
        Received::New
    );
    assert_eq!(receiver.receive(&text(&part(1, 3, 6, &[2; 2]))), alarm);
    assert_eq!(receiver.receive(&text(&part(2, 3, 6, &[1; 2]))), alarm);
    assert_eq!((receiver.message(), receiver.missing()), (None, None));
}

#[test]
fn a_mixed_part_that_lies_is_an_alarm() {
    let message = bytes(4, 300);
    let honest = sender(&message, 100);
    let mut receiver = Receiver::new(Limits::OURS);
    for seq in 1..=u32::try_from(honest.plain_parts()).unwrap() {
        let _ = receiver.receive(&honest.part(seq));
    }
    assert!(receiver.message().is_some());
    let (_, ur::Frame::Part(mut lie)) = ur::read(&text_of(&honest.part(50)), Limits::OURS).unwrap()
    else {
        panic!("a part");
    };
    lie.bytes[0] ^= 1;
    let why = Alarm::Contradiction;
    assert_eq!(receiver.receive(&text(&lie)), Received::Alarm { why });
    assert_eq!(
        receiver.message(),
        None,
        "a message in doubt is not handed out"
    );
}

#[test]
fn one_frame_replaced_by_another_of_the_same_claims_is_an_alarm() {
    let mut receiver = Receiver::new(Limits::OURS);
    assert_eq!(
        receiver.receive(&text(&part(1, 2, 4, &[1; 2]))),
        Received::New
    );
    let why = Alarm::Checksum;
    assert_eq!(
        receiver.receive(&text(&part(2, 2, 4, &[2; 2]))),
        Received::Alarm { why }
    );
    assert_eq!(receiver.message(), None);
}

#[test]
fn what_adds_up_and_is_no_byte_string_is_an_alarm() {
    let wrapped = *b"\x64text";
    let checksum = bytewords::crc32(&wrapped);
    let whole = Part {
        checksum,
        ..part(1, 1, 5, &wrapped)
    };
    let why = Alarm::NotOneByteString;
    assert_eq!(first_answer(&text(&whole)), Received::Alarm { why });
    let padded = Part {
        checksum,
        ..part(1, 1, 5, b"\x64text\x01")
    };
    let why = Alarm::Checksum;
    assert_eq!(first_answer(&text(&padded)), Received::Alarm { why });
}

#[test]
fn a_hundred_thousand_useless_frames_change_nothing() {
    let message = bytes(5, 1000);
    let sender = sender(&message, 50);
    let mut receiver = Receiver::new(Limits::OURS);
    assert_eq!(receiver.receive(&sender.part(1)), Received::New);
    let useless = [
        sender.part(1),
        super::sender(&bytes(6, 1000), 50).part(2),
        "UR:BYTES/AEAE".to_string().into(),
        "hello".to_string().into(),
    ];
    for frame in useless.iter().cycle().take(100_000) {
        let answer = receiver.receive(frame);
        assert!(matches!(answer, Received::Known | Received::Ignored { .. }));
    }
    assert_eq!(receiver.missing(), Some(sender.plain_parts() - 1));
    for seq in 2..=u32::try_from(sender.plain_parts()).unwrap() {
        let _ = receiver.receive(&sender.part(seq));
    }
    assert_eq!(receiver.message().unwrap().1, message);
}

#[test]
fn mutated_frames_never_complete_another_message() {
    let message = bytes(11, 600);
    let sender = sender(&message, 100);
    let mut random = Random(11);
    for _ in 0..3000 {
        let mut receiver = Receiver::new(Limits::OURS);
        for seq in 1..=10 {
            let mut frame = sender.part(seq).as_bytes().to_vec();
            if random.below(2) == 0 {
                let place = usize::try_from(random.below(frame.len() as u64)).unwrap();
                frame[place] = u8::try_from(random.below(128)).unwrap();
            }
            let _ = receiver.receive(&String::from_utf8(frame).unwrap());
        }
        if let Some((_, read)) = receiver.message() {
            assert_eq!(read, message);
        }
    }
}
