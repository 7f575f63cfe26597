//! What the host does with pictures, for tests: a request goes into a folder, an answer comes out.

use std::fs;
use std::path::Path;

use optics::{draw, read};
use signer_core::frames::{FRAGMENT_LEN, Limits, Receiver, Sender, UrType};
use signer_core::psbt::RawPsbt;
use test_vectors::camera::Picture;

/// Draws a PSBT into a folder.
pub(crate) fn draw_pictures(psbt: &RawPsbt, folder: &Path) {
    let sender = Sender::new(UrType::CryptoPsbt, psbt.bytes(), FRAGMENT_LEN).expect("small");
    for (place, frame) in sender.series(2).iter().enumerate() {
        let picture = draw::png(frame, draw::SCALE).expect("fits");
        fs::write(folder.join(format!("frame-{place:04}.png")), picture).expect("ours");
    }
}

/// Reads the PSBT that the pictures of a folder hold.
pub(crate) fn read_pictures(folder: &Path) -> RawPsbt {
    RawPsbt::parse(&message_of(folder)).expect("strict")
}

/// Reads what the pictures of a folder hold.
pub(crate) fn message_of(folder: &Path) -> Vec<u8> {
    let mut receiver = Receiver::new(Limits::OURS);
    let entries = fs::read_dir(folder).expect("a folder");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("ours").path()).collect();
    paths.sort();
    for path in paths {
        for text in read::png(&fs::read(path).expect("ours")).expect("a picture") {
            let _ = receiver.receive(&text);
        }
    }
    receiver.message().expect("whole").1
}

/// The PSBT that codes on a screen or a paper hold.
pub(crate) fn answer_in(codes: Vec<Picture>) -> RawPsbt {
    RawPsbt::parse(&message_in(codes)).expect("strict")
}

/// What codes on a screen or a paper hold.
pub(crate) fn message_in(codes: Vec<Picture>) -> Vec<u8> {
    let mut receiver = Receiver::new(Limits::OURS);
    for seen in codes {
        for found in read::grey(seen.width, seen.height, &seen.pixels) {
            let _ = receiver.receive(&found);
        }
    }
    receiver.message().expect("whole").1
}
