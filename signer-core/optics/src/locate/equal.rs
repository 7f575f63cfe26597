//! Sampled shades become modules: light and lens are undone by what is known.
//!
//! A blurred or moving picture mixes each module with its neighbours. Some modules are the same in
//! every symbol, so the mixture can be learned from them: the weights of a module and its
//! neighbours that come nearest to what is known (least squares), and then all modules are weighed.

use super::mesh::Mesh;
use super::picture::Picture;
use super::plane::solved;
use crate::symbol::{Layout, Modules, Shade};

/// Modules sampled around the symbol.
const MARGIN: usize = 2;
/// A module and its neighbours, and one for what is the same everywhere.
const WEIGHTS: usize = 26;
/// How many known modules the first guess of the weights counts for.
const GUESS: f64 = 12.0;
/// Half the side of the square over which light is evened out.
const REACH: usize = 8;

/// The shades of a symbol's modules with a margin, light evened out: about -1 dark to 1 light.
pub(super) struct Shades {
    side: usize,
    values: Vec<f32>,
}

impl Shades {
    /// None where the mesh leaves the picture.
    pub(super) fn sample(picture: &Picture, mesh: &Mesh) -> Option<Self> {
        let side = mesh.version().side() + 2 * MARGIN;
        let mut values = Vec::with_capacity(side * side);
        for at in mesh.modules(MARGIN) {
            if !picture.holds(at) {
                return None;
            }
            values.push(picture.shade(at));
        }
        let values = evened(&values, side);
        Some(Self { side, values })
    }

    /// Whether the timing patterns are mostly there.
    pub(super) fn timed(&self) -> bool {
        let inner = self.side - 2 * MARGIN;
        let at = |x: usize, y: usize| self.values[(y + MARGIN) * self.side + x + MARGIN] < 0.0;
        let right = (8..inner - 8)
            .filter(|i| at(*i, 6) == i.is_multiple_of(2))
            .count();
        let down = (8..inner - 8)
            .filter(|i| at(6, *i) == i.is_multiple_of(2))
            .count();
        10 * (right + down) >= 7 * 2 * (inner - 16)
    }

    /// The modules, by weights learned from those that `known` names.
    pub(super) fn modules(&self, layout: &Layout, mesh: &Mesh) -> Modules {
        let weights = self.learned(layout.known());
        self.weighed(mesh, &weights)
    }

    /// The modules again, by weights learned also from what was read before where it was clear.
    pub(super) fn again(&self, layout: &Layout, mesh: &Mesh, before: &Modules) -> Modules {
        let side = mesh.version().side();
        let clear = before.shades.iter().enumerate();
        let clear = clear.filter(|(_, shade)| shade.unsigned_abs() > CLEAR);
        let clear = clear.map(|(i, shade)| (i % side, i / side, *shade < 0));
        let weights = self.learned(layout.known().chain(clear));
        self.weighed(mesh, &weights)
    }

    fn learned(&self, known: impl Iterator<Item = (usize, usize, bool)>) -> [f32; WEIGHTS] {
        let mut rows = [[0_f64; WEIGHTS + 1]; WEIGHTS];
        let mut sums = [[0_f32; WEIGHTS + 1]; WEIGHTS];
        for (x, y, dark) in known {
            let around = self.around(x, y);
            let target = if dark { -1.0 } else { 1.0 };
            for (i, row) in sums.iter_mut().enumerate() {
                for (sum, other) in row[i..WEIGHTS].iter_mut().zip(&around[i..]) {
                    *sum += around[i] * other;
                }
                row[WEIGHTS] += around[i] * target;
            }
        }
        for (i, row) in rows.iter_mut().enumerate() {
            for (to, from) in row.iter_mut().zip(&sums[i]) {
                *to = f64::from(*from);
            }
            row[i] += GUESS;
            row[WEIGHTS] += GUESS * first_guess(i);
        }
        let solved = solved(rows).unwrap_or_else(|| std::array::from_fn(first_guess));
        solved.map(|weight| weight as f32)
    }

    fn weighed(&self, mesh: &Mesh, weights: &[f32; WEIGHTS]) -> Modules {
        let side = mesh.version().side();
        let mut shades = Vec::with_capacity(side * side);
        for y in 0..side {
            for x in 0..side {
                let around = self.around(x, y);
                let sum: f32 = around.iter().zip(weights).map(|(a, w)| a * w).sum();
                shades.push((sum * FULL).clamp(-FULL, FULL) as Shade);
            }
        }
        Modules {
            version: mesh.version(),
            shades,
        }
    }

    /// A module and its neighbours, row by row, and 1.
    fn around(&self, x: usize, y: usize) -> [f32; WEIGHTS] {
        let mut around = [1.0; WEIGHTS];
        for (row, to) in around[..WEIGHTS - 1].chunks_mut(5).enumerate() {
            to.copy_from_slice(&self.values[(y + row) * self.side + x..][..5]);
        }
        around
    }
}

/// A module that is fully light, as it is handed on.
const FULL: f32 = 100.0;
/// From here on a module is believed when the weights are learned again.
const CLEAR: u8 = 35;

/// The module itself, a little sharpened.
const fn first_guess(place: usize) -> f64 {
    match place {
        12 => 1.3,
        7 | 11 | 13 | 17 => -0.1,
        _ => 0.0,
    }
}

/// Each value less the mean around it, over the spread around it.
fn evened(values: &[f32], side: usize) -> Vec<f32> {
    let sums = |of: &dyn Fn(f32) -> f64| {
        let mut sums = vec![0.0; (side + 1) * (side + 1)];
        for y in 0..side {
            let mut row = 0.0;
            for x in 0..side {
                row += of(values[y * side + x]);
                sums[(y + 1) * (side + 1) + x + 1] = sums[y * (side + 1) + x + 1] + row;
            }
        }
        sums
    };
    let (plain, squares) = (sums(&f64::from), sums(&|v| f64::from(v) * f64::from(v)));
    let reach = |t: usize| (t.saturating_sub(REACH), (t + REACH + 1).min(side));
    let mut even = Vec::with_capacity(values.len());
    for y in 0..side {
        let (top, bottom) = reach(y);
        for x in 0..side {
            let (left, right) = reach(x);
            let over = |sums: &[f64]| {
                let at = |y: usize, x: usize| sums[y * (side + 1) + x];
                at(bottom, right) - at(top, right) - at(bottom, left) + at(top, left)
            };
            let count = ((bottom - top) * (right - left)) as f64;
            let mean = over(&plain) / count;
            let spread = (over(&squares) / count - mean * mean).max(1.0).sqrt();
            even.push(((f64::from(values[y * side + x]) - mean) / spread) as f32);
        }
    }
    even
}
