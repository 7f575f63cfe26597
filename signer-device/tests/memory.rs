//! A file of heavy parents at the real program: how often its memory holds the file.

mod support;

use signer_core::types::KeyIndex;
use support::house::{House, Transfer, destination_script};
use support::isolated;
use support::people::at_ceremony;
use support::play::{device, play_measured};

/// Outputs of each parent beside the coin: 43 bytes each, a little less than a transaction may have.
const OUTPUTS: usize = 22_000;
/// Coins, where nothing else is asked: 20 MB.
const COINS: u32 = 21;

#[test]
fn the_memory_holds_a_heavy_file_few_times() {
    isolated("the_memory_holds_a_heavy_file_few_times", |bench| {
        let mut house = House::ready(bench);
        let coins = std::env::var("HIMURO_COINS").map_or(COINS, |n| n.parse().expect("a number"));
        let of = |coins: u32| -> Vec<_> { (0..coins).map(|n| (KeyIndex(n % 4), n)).collect() };
        // What the program needs without a file to speak of.
        let small = house.unsigned(&Transfer::to(destination_script(), &of(2)));
        let small = house.asked_and_approved(small);
        let heavy = Transfer::to(destination_script(), &of(coins + 2)[2..]);
        let heavy = house.unsigned_heavy(&heavy, OUTPUTS);
        let heavy = house.asked_and_approved(heavy);
        bench.write("small.psbt", small.bytes());
        bench.write("heavy.psbt", heavy.bytes());
        let size = heavy.bytes().len();
        drop((small, heavy));

        let peak = |arguments: &[String]| {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let (played, peak) = play_measured(&mut device(&arguments), at_ceremony);
            played.ended(0);
            peak
        };
        let review = |file: &str| {
            let (state, file) = (bench.arg("d1"), bench.arg(file));
            let arguments = ["psbt", "review", "--state", &state, "--in", &file];
            peak(&arguments.map(str::to_owned))
        };
        let sign = |file: &str| {
            let out = format!("signed-{file}");
            peak(&house.sign_arguments("d1", file, &[&out]))
        };
        let without = (review("small.psbt"), sign("small.psbt"));
        let with = (review("heavy.psbt"), sign("heavy.psbt"));
        // In hundredths of the file.
        let times = |with: u64, without: u64| (with - without) * 102_400 / size as u64;
        let (reviewed, signed) = (times(with.0, without.0), times(with.1, without.1));
        println!("{size} bytes; without {without:?} kB, with {with:?} kB");
        println!("review {reviewed} %, ceremony {signed} % of the file");
        // Read where it lies. A ceremony has it twice: its entry of the journal is written, and later
        // the signed PSBT.
        assert!(reviewed < 120, "{reviewed} %");
        assert!(signed < 220, "{signed} %");
    });
}
