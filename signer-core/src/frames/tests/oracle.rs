//! Both directions against the `ur` crate.

use super::*;

#[test]
fn every_part_is_the_one_the_other_program_writes() {
    for (len, fragment_len) in [(30, 10), (100, 99), (1000, 7), (5000, 100), (20_000, 600)] {
        let message = bytes(len as u64, len);
        let ours = sender(&message, fragment_len);
        let wrapped = ur::wrap(&message);
        let mut theirs = ::ur::Encoder::new(&wrapped, fragment_len, "crypto-psbt").unwrap();
        assert_eq!(ours.plain_parts(), theirs.fragment_count());
        for frame in ours.frames().take(4 * ours.plain_parts() + 50) {
            assert_eq!(
                text_of(&frame).to_ascii_lowercase(),
                theirs.next_part().unwrap()
            );
        }
    }
}

#[test]
fn single_frames_are_the_same() {
    let message = bytes(1, 200);
    let ours = sender(&message, 500);
    let theirs = ::ur::ur::encode(&ur::wrap(&message), &::ur::Type::Custom("crypto-psbt"));
    assert_eq!(ours.plain_parts(), 1);
    assert_eq!(text_of(&ours.part(1)).to_ascii_lowercase(), theirs);
}

#[test]
fn they_read_what_we_write_from_mixed_parts_alone() {
    let message = bytes(2, 3000);
    let ours = sender(&message, 100);
    let mut theirs = ::ur::Decoder::default();
    for frame in ours.frames().skip(ours.plain_parts()) {
        theirs.receive(&text_of(&frame)).unwrap();
        if theirs.complete() {
            break;
        }
    }
    assert_eq!(theirs.message().unwrap(), Some(ur::wrap(&message)));
}

#[test]
fn we_read_what_they_write_in_every_type() {
    for (name, kind) in [
        ("crypto-psbt", UrType::CryptoPsbt),
        ("psbt", UrType::Psbt),
        ("bytes", UrType::Bytes),
    ] {
        let message = bytes(3, 3000);
        let wrapped = ur::wrap(&message);
        let mut theirs = ::ur::Encoder::new(&wrapped, 100, name).unwrap();
        let mut ours = Receiver::new(Limits::OURS);
        for _ in 0..theirs.fragment_count() {
            theirs.next_part().unwrap();
        }
        while ours.receive(&theirs.next_part().unwrap()) != Received::Complete {}
        assert_eq!(ours.message(), Some((kind.content(), message)));
    }
}
