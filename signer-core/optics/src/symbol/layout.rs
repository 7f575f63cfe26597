//! Where in a symbol which modules are.

use super::{Modules, Shade};

/// Size of a symbol, 1 to 40.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version(u8);

impl Version {
    pub(crate) fn new(number: usize) -> Option<Self> {
        let number = u8::try_from(number).ok()?;
        (1..=40).contains(&number).then_some(Self(number))
    }

    pub(crate) const fn number(self) -> usize {
        self.0 as usize
    }

    /// Modules of a side.
    pub(crate) const fn side(self) -> usize {
        self.number() * 4 + 17
    }

    /// Rows and columns of the centres of alignment patterns; with the corners that have none.
    pub(crate) fn alignment(self) -> Vec<usize> {
        let (last, gaps) = (self.side() - 7, self.number() / 7 + 1);
        if self.0 == 1 {
            return vec![6, last];
        }
        // Even gaps, counted from the far end; the rest is next to the timing pattern.
        let gap = if self.0 == 32 {
            26
        } else {
            (last - 6).div_ceil(gaps * 2) * 2
        };
        std::iter::once(6)
            .chain((0..gaps).rev().map(|i| last - i * gap))
            .collect()
    }

    /// The word of the two version blocks, where there are any.
    pub(crate) fn word(self) -> Option<u32> {
        let number = u32::from(self.0);
        (self.0 >= 7).then(|| {
            let mut rest = number << 12;
            for bit in (12..18).rev().filter(|bit| number << 12 >> bit != 0) {
                if rest >> bit & 1 == 1 {
                    rest ^= 0x1f25 << (bit - 12);
                }
            }
            number << 12 | rest
        })
    }
}

/// What is known of a module before anything is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Holds a bit of the data.
    Data,
    /// Holds a bit of the format.
    Format,
    /// Always the same.
    Dark,
    Light,
}

/// The places of one version.
#[derive(Debug)]
pub(crate) struct Layout {
    version: Version,
    places: Vec<Place>,
}

/// A codeword as read, and how sure its weakest bit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Codeword {
    pub(super) byte: u8,
    pub(super) sure: u8,
}

impl Layout {
    pub(crate) fn new(version: Version) -> Self {
        let side = version.side();
        let mut layout = Self {
            version,
            places: vec![Place::Data; side * side],
        };
        layout.timing();
        for (x, y) in [(3, 3), (side - 4, 3), (3, side - 4)] {
            layout.finder(x, y);
        }
        layout.format();
        layout.alignment();
        layout.version_blocks();
        layout
    }

    /// The modules that are the same in every symbol of this version, and whether they are dark.
    pub(crate) fn known(&self) -> impl Iterator<Item = (usize, usize, bool)> + '_ {
        let side = self.version.side();
        let places = self.places.iter().enumerate();
        places.filter_map(move |(at, place)| match place {
            Place::Dark => Some((at % side, at / side, true)),
            Place::Light => Some((at % side, at / side, false)),
            Place::Data | Place::Format => None,
        })
    }

    /// All codewords in the order in which they are laid, without the mask.
    pub(super) fn codewords(&self, modules: &Modules, mask: u8) -> Vec<Codeword> {
        let side = self.version.side();
        let mut codewords = Vec::with_capacity(side * side / 8);
        let (mut byte, mut sure, mut bits) = (0, u8::MAX, 0);
        // Columns in pairs from the right, the column of the timing pattern left out, up and down.
        let rights = (1..side)
            .rev()
            .step_by(2)
            .map(|x| if x <= 6 { x - 1 } else { x });
        for (turn, right) in rights.enumerate() {
            for step in 0..side {
                let y = if turn % 2 == 0 { side - 1 - step } else { step };
                for x in [right, right - 1] {
                    if self.places[y * side + x] != Place::Data {
                        continue;
                    }
                    let shade: Shade = modules.shades[y * side + x];
                    byte = byte << 1 | u8::from((shade < 0) != masked(mask, x, y));
                    sure = sure.min(shade.unsigned_abs());
                    bits += 1;
                    if bits == 8 {
                        codewords.push(Codeword { byte, sure });
                        (byte, sure, bits) = (0, u8::MAX, 0);
                    }
                }
            }
        }
        codewords
    }

    fn set(&mut self, x: usize, y: usize, place: Place) {
        let side = self.version.side();
        self.places[y * side + x] = place;
    }

    fn timing(&mut self) {
        for i in 0..self.version.side() {
            let place = colour(i % 2 == 0);
            self.set(i, 6, place);
            self.set(6, i, place);
        }
    }

    fn finder(&mut self, cx: usize, cy: usize) {
        let side = self.version.side();
        for y in cy.saturating_sub(4)..=(cy + 4).min(side - 1) {
            for x in cx.saturating_sub(4)..=(cx + 4).min(side - 1) {
                let ring = x.abs_diff(cx).max(y.abs_diff(cy));
                self.set(x, y, colour(ring != 2 && ring != 4));
            }
        }
    }

    fn format(&mut self) {
        let side = self.version.side();
        for i in 0..9 {
            if i != 6 {
                self.set(8, i, Place::Format);
                self.set(i, 8, Place::Format);
            }
            if i < 8 {
                self.set(8, side - 1 - i, Place::Format);
                self.set(side - 1 - i, 8, Place::Format);
            }
        }
        self.set(8, side - 8, Place::Dark);
    }

    fn alignment(&mut self) {
        if self.version.0 == 1 {
            return;
        }
        let centres = self.version.alignment();
        let last = centres.len() - 1;
        for (j, cy) in centres.iter().enumerate() {
            for (i, cx) in centres.iter().enumerate() {
                if matches!((i, j), (0, 0)) || (i, j) == (0, last) || (i, j) == (last, 0) {
                    continue;
                }
                for y in cy - 2..=cy + 2 {
                    for x in cx - 2..=cx + 2 {
                        let ring = x.abs_diff(*cx).max(y.abs_diff(*cy));
                        self.set(x, y, colour(ring != 1));
                    }
                }
            }
        }
    }

    fn version_blocks(&mut self) {
        let Some(word) = self.version.word() else {
            return;
        };
        let side = self.version.side();
        for bit in 0..18 {
            let (long, wide) = (bit / 3, side - 11 + bit % 3);
            let place = colour(word >> bit & 1 == 1);
            self.set(long, wide, place);
            self.set(wide, long, place);
        }
    }
}

#[cfg(test)]
impl Layout {
    /// Modules that hold data.
    pub(super) fn data_modules(&self) -> usize {
        self.places.iter().filter(|p| **p == Place::Data).count()
    }
}

const fn colour(dark: bool) -> Place {
    if dark { Place::Dark } else { Place::Light }
}

/// Whether the mask turns the module around.
const fn masked(mask: u8, x: usize, y: usize) -> bool {
    match mask {
        0 => (x + y).is_multiple_of(2),
        1 => y.is_multiple_of(2),
        2 => x.is_multiple_of(3),
        3 => (x + y).is_multiple_of(3),
        4 => (y / 2 + x / 3).is_multiple_of(2),
        5 => (x * y) % 2 + (x * y) % 3 == 0,
        6 => ((x * y) % 2 + (x * y) % 3).is_multiple_of(2),
        _ => ((x * y) % 3 + (x + y) % 2).is_multiple_of(2),
    }
}
