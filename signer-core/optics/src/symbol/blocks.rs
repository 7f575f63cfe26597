//! Codewords as laid become blocks, the blocks are corrected, their data is joined.

use super::format::Level;
use super::layout::{Codeword, Version};
use super::reed_solomon;

/// Codewords for correction in each block, by level and version (ISO/IEC 18004, table 9).
const CHECKS: [[u8; 40]; 4] = [
    [
        7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28, 28, 28, 30,
        30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
    ],
    [
        10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28,
        28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    ],
    [
        13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28, 26, 24, 20, 30, 24, 28, 28, 26, 30, 28, 30, 30,
        30, 30, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
    ],
    [
        17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24, 28, 22, 24, 24, 30, 28, 28, 26, 28, 30, 24, 30,
        30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
    ],
];

/// Blocks, by level and version.
const BLOCKS: [[u8; 40]; 4] = [
    [
        1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8, 8, 9, 9, 10, 12, 12, 12, 13,
        14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25,
    ],
    [
        1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23,
        25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49,
    ],
    [
        1, 1, 2, 2, 4, 4, 6, 6, 8, 8, 8, 10, 12, 16, 12, 17, 16, 18, 21, 20, 23, 23, 25, 27, 29,
        34, 34, 35, 38, 40, 43, 45, 48, 51, 53, 56, 59, 62, 65, 68,
    ],
    [
        1, 1, 2, 4, 4, 4, 5, 6, 8, 8, 11, 11, 16, 16, 18, 16, 19, 21, 25, 25, 25, 34, 30, 32, 35,
        37, 40, 42, 45, 48, 51, 54, 57, 60, 63, 66, 70, 74, 77, 81,
    ],
];

/// Below this a codeword is weak enough to be taken as missing.
const WEAK: u8 = 64;

/// The data of all blocks. None where one is beyond repair.
pub(super) fn corrected(codewords: &[Codeword], version: Version, level: Level) -> Option<Vec<u8>> {
    let place = version.number() - 1;
    let checks = usize::from(CHECKS[level as usize][place]);
    let blocks = usize::from(BLOCKS[level as usize][place]);
    let short = codewords.len() / blocks;
    let first_long = blocks - codewords.len() % blocks;
    let mut data = Vec::with_capacity(codewords.len());
    for block in 0..blocks {
        let long = usize::from(block >= first_long);
        // The one codeword more of a long block is laid behind the data of all others.
        let of_data = (0..short - checks).map(|i| i * blocks + block);
        let extra = (short - checks) * blocks + block.saturating_sub(first_long);
        let of_checks = (0..checks).map(|i| i * blocks + block);
        let begin = (short - checks) * blocks + codewords.len() % blocks;
        let places = of_data
            .chain((long == 1).then_some(extra))
            .chain(of_checks.map(|i| begin + i));
        let words: Vec<Codeword> = places.map(|i| codewords[i]).collect();
        let whole = corrected_block(&words, checks)?;
        data.extend_from_slice(&whole[..short - checks + long]);
    }
    Some(data)
}

fn corrected_block(words: &[Codeword], checks: usize) -> Option<Vec<u8>> {
    let read: Vec<u8> = words.iter().map(|word| word.byte).collect();
    let mut weakest: Vec<usize> = (0..words.len()).filter(|i| words[*i].sure < WEAK).collect();
    weakest.sort_by_key(|i| words[*i].sure);
    // Nothing missing first, then more and more of the weakest.
    let tries = [
        0,
        checks / 3,
        checks / 2,
        checks * 2 / 3,
        checks.saturating_sub(6),
    ];
    tries.into_iter().find_map(|missing| {
        let mut block = read.clone();
        let missing = &weakest[..missing.min(weakest.len())];
        reed_solomon::correct(&mut block, checks, missing).then_some(block)
    })
}
