//! Pictures with a camera's distortions, read by this reader and by others: see docs/performance.md.

mod corpus;
mod readers;
mod report;
mod transfers;

use test_vectors::camera::{lens as camera, random};

fn main() {
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["make", folder, each, seed] => corpus::make(
            folder.as_ref(),
            each.parse().expect("a number"),
            seed.parse().expect("a number"),
        ),
        ["read", folder, reader] => readers::run(folder.as_ref(), reader),
        ["report", folder] => report::print(folder.as_ref()),
        ["hostile"] => readers::hostile(),
        ["transfers", seed, psbt] => {
            transfers::print(seed.parse().expect("a number"), psbt.as_ref());
        }
        ["mutated", count, seed] => readers::mutated(
            count.parse().expect("a number"),
            seed.parse().expect("a number"),
        ),
        _ => eprintln!("scripts/bench qr runs this"),
    }
}
