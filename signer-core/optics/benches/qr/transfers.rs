//! How many frames must be shown until the message is there, when some are lost.

use signer_core::frames::{FRAGMENT_LEN, Limits, Received, Receiver, Sender, UrType};

use super::random::Random;

const RUNS: usize = 100;
/// Of a hundred pictures so many are lost.
const LOST: usize = 30;
/// Pictures shown in a second.
const RATE: f64 = 10.0;
/// Frames shown before it is given up: more than any run has needed.
const MOST: usize = 12;

/// Prints frames over the ideal for messages of some sizes, and seconds.
pub(crate) fn print(seed: u64) {
    println!(
        "frames shown over the ideal at {LOST} % lost, {RUNS} runs (mean, 95 %; joined late: mean)"
    );
    for fragments in [10, 25, 50, 100, 250] {
        let message = Random(seed).bytes(fragments * FRAGMENT_LEN - 100);
        let sender = Sender::new(UrType::CryptoPsbt, &message, FRAGMENT_LEN).expect("fits");
        let plain = sender.plain_parts();
        let foreign: Vec<String> = sender.frames().take(MOST * plain).collect();
        let ours = sender.series(MOST * plain / 3);
        let (of_foreign, of_ours) = (run(&foreign, plain, seed), run(&ours, plain, seed));
        println!("  {plain:>3} fragments: a foreign sender's UR {of_foreign}; ours {of_ours}");
    }
    let message = Random(seed).bytes(51_318);
    let sender = Sender::new(UrType::CryptoPsbt, &message, FRAGMENT_LEN).expect("fits");
    println!("seconds for 51,318 bytes, version 25, {RATE} pictures a second, {LOST} % lost:");
    let frames: Vec<String> = sender.frames().take(MOST * sender.plain_parts()).collect();
    println!("  UR as every sender shows it: {}", seconds(&frames, seed));
    println!(
        "  UR with chosen parts: {}",
        seconds(&sender.series(300), seed)
    );
}

fn run(frames: &[String], plain: usize, seed: u64) -> String {
    let ideal = number(plain) * 100.0 / number(100 - LOST);
    let over = |late| -> Vec<f64> {
        let mut random = Random(seed);
        let mut counts: Vec<f64> = (0..RUNS)
            .map(|_| number(shown(&frames[late..], &mut random)) / ideal)
            .collect();
        counts.sort_by(f64::total_cmp);
        counts
    };
    let (first, late) = (over(0), over(plain));
    format!(
        "{:.3}, {:.3}; {:.3}",
        mean(&first),
        first[RUNS * 95 / 100],
        mean(&late)
    )
}

fn seconds(frames: &[String], seed: u64) -> String {
    let mut random = Random(seed);
    let mut times: Vec<f64> = (0..RUNS)
        .map(|_| number(shown(frames, &mut random)) / RATE)
        .collect();
    times.sort_by(f64::total_cmp);
    format!(
        "mean {:.1}, 95 % {:.1}",
        mean(&times),
        times[RUNS * 95 / 100]
    )
}

/// Frames shown until the message is there.
fn shown(frames: &[String], random: &mut Random) -> usize {
    let mut receiver = Receiver::new(Limits::OURS);
    for (count, frame) in (1..).zip(frames) {
        if random.below(100) >= LOST && receiver.receive(frame) == Received::Complete {
            return count;
        }
    }
    panic!("never complete")
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / number(values.len())
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
