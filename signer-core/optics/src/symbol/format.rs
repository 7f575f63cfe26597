//! Fifteen modules, twice: how much correction there is, and which mask.

use super::Modules;

/// How much of a symbol is for correction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    L,
    M,
    Q,
    H,
}

/// What the format says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Format {
    pub(super) level: Level,
    pub(super) mask: u8,
}

/// Bits that may be wrong in the better of the two copies: the words differ in seven.
const WRONG: u32 = 3;

/// The format of this symbol, out of whichever copy is nearer to a word of the code.
pub(super) fn read(modules: &Modules) -> Option<Format> {
    let copies = [first(modules), second(modules)];
    let words = (0..32_u16).map(|data| {
        let word = word(data);
        let wrong = copies.map(|copy| (copy ^ word).count_ones());
        (wrong[0].min(wrong[1]), data)
    });
    let (wrong, data) = words.min()?;
    (wrong <= WRONG).then(|| Format {
        level: match data >> 3 {
            0 => Level::M,
            1 => Level::L,
            2 => Level::H,
            _ => Level::Q,
        },
        mask: (data & 7).to_le_bytes()[0],
    })
}

/// Around the upper left finder, the highest bit first.
fn first(modules: &Modules) -> u16 {
    let row = (0..6).chain([7, 8]).map(|x| (x, 8));
    let column = [7].into_iter().chain((0..6).rev()).map(|y| (8, y));
    gathered(modules, row.chain(column))
}

/// Below the upper right and right of the lower left finder.
fn second(modules: &Modules) -> u16 {
    let side = modules.version.side();
    let column = (side - 7..side).rev().map(|y| (8, y));
    let row = (side - 8..side).map(|x| (x, 8));
    gathered(modules, column.chain(row))
}

fn gathered(modules: &Modules, places: impl Iterator<Item = (usize, usize)>) -> u16 {
    places.fold(0, |word, (x, y)| word << 1 | u16::from(modules.dark(x, y)))
}

/// The masked word of five bits of format: BCH (15, 5).
const fn word(data: u16) -> u16 {
    let mut rest = data << 10;
    let mut bit = 14;
    while bit >= 10 {
        if rest >> bit & 1 == 1 {
            rest ^= 0x537 << (bit - 10);
        }
        bit -= 1;
    }
    (data << 10 | rest) ^ 0x5412
}
