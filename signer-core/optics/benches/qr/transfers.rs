//! How many frames must be shown until the message is there, when some are lost.

use std::fs;
use std::path::Path;

use signer_core::frames::{
    BYTE_FRAGMENT_LEN, Content, Direction, FRAGMENT_LEN, Limits, Received, Receiver, Sender, Shown,
    UrType,
};

use super::random::Random;

const RUNS: u64 = 100;
/// Of a hundred pictures so many are lost.
const LOST: usize = 30;
/// Pictures shown in a second.
const RATE: f64 = 10.0;
/// Times as many frames as there are fragments: more than any run has needed.
const MOST: usize = 12;

/// How a message is sent, and which frames are shown.
#[derive(Clone, Copy)]
enum Way {
    /// UR, part after part, as every sender shows it.
    Ur,
    /// UR with the mixed parts that are chosen for a folder of pictures.
    Chosen,
    /// BBQr, round and round.
    Bbqr,
    /// Byte frames.
    Bytes,
}

impl Way {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Ur, "UR"),
        (Self::Chosen, "UR with chosen parts"),
        (Self::Bbqr, "BBQr, round and round"),
        (Self::Bytes, "byte frames"),
    ];

    fn sender(self, message: &[u8]) -> Sender {
        // 1,853 capitals hold 1,153 bytes in base 32.
        const IN_BASE_32: usize = 1_150;
        let sender = match self {
            Self::Ur | Self::Chosen => Sender::new(UrType::CryptoPsbt, message, FRAGMENT_LEN),
            Self::Bbqr => Sender::bbqr(message, IN_BASE_32),
            Self::Bytes => {
                let to_device = Direction::ToDevice;
                Sender::bytes(to_device, Content::Psbt, message, BYTE_FRAGMENT_LEN)
            }
        };
        sender.expect("fits")
    }

    fn frames(self, sender: &Sender) -> Box<dyn Iterator<Item = Shown> + '_> {
        let plain = sender.plain_parts();
        match self {
            Self::Chosen => Box::new(sender.series(2 * plain + 40).into_iter()),
            _ => Box::new(sender.frames().take(MOST * plain + 40)),
        }
    }
}

/// Prints frames over the ideal for messages of some sizes, and the seconds that a PSBT takes.
pub(crate) fn print(seed: u64, psbt: &Path) {
    println!(
        "frames shown over the ideal at {LOST} % lost, {RUNS} messages (mean, 95 %; joined late: mean)"
    );
    for fragments in [10, 25, 50, 100, 250] {
        let over = |way| over_ideal(way, fragments, seed);
        let (ur, chosen, bytes) = (over(Way::Ur), over(Way::Chosen), over(Way::Bytes));
        println!(
            "  {fragments:>3} fragments: UR {ur}; with chosen parts {chosen}; byte frames {bytes}"
        );
    }
    let psbt = fs::read(psbt).expect("a PSBT");
    let size = psbt.len();
    println!(
        "seconds for a PSBT of {size} bytes, version 25, {RATE} pictures a second, {LOST} % lost:"
    );
    for (way, name) in Way::ALL {
        let sender = way.sender(&psbt);
        let times: Vec<f64> = (0..RUNS)
            .map(|run| number(shown(way.frames(&sender), seed + run)) / RATE)
            .collect();
        let (mean, most) = of(times);
        let plain = sender.plain_parts();
        println!("  {name}: {plain} frames, mean {mean:.1}, 95 % {most:.1}");
    }
}

/// Frames of other messages of this size, over the ideal.
fn over_ideal(way: Way, fragments: usize, seed: u64) -> String {
    let each = match way {
        Way::Bytes => BYTE_FRAGMENT_LEN,
        _ => FRAGMENT_LEN,
    };
    let ideal = number(fragments) * 100.0 / number(100 - LOST);
    let over = |late: usize| -> (f64, f64) {
        let run = |run| {
            let message = Random(seed + run).bytes(fragments * each - each / 2);
            let sender = way.sender(&message);
            assert_eq!(sender.plain_parts(), fragments);
            number(shown(way.frames(&sender).skip(late), seed ^ run)) / ideal
        };
        of((0..RUNS).map(run).collect())
    };
    let ((first, most), (late, _)) = (over(0), over(fragments));
    format!("{first:.3}, {most:.3}; {late:.3}")
}

/// Frames shown until the message is there.
fn shown(frames: impl Iterator<Item = Shown>, seed: u64) -> usize {
    let mut random = Random(seed);
    let mut receiver = Receiver::new(Limits::OURS);
    for (count, frame) in (1..).zip(frames) {
        if random.below(100) >= LOST && receiver.receive(&frame) == Received::Complete {
            return count;
        }
    }
    panic!("never complete")
}

/// Mean, and what 95 % do not exceed.
fn of(mut values: Vec<f64>) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    let mean = values.iter().sum::<f64>() / number(values.len());
    (mean, values[values.len() * 95 / 100])
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
