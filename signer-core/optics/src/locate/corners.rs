//! Which three finders are the corners of one symbol, and how large that is.

use super::finders::Finder;
use super::picture::Picture;
use super::plane::{Point, point};
use crate::symbol::Version;

/// Three corners of a symbol, as places among the finders and in the picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Corners {
    pub(super) finders: [usize; 3],
    pub(super) upper_left: Point,
    pub(super) upper_right: Point,
    pub(super) lower_left: Point,
}

/// How many times as many modules one side may seem to have as the other.
const UNEVEN: f32 = 1.4;

/// All threes that could be corners, the likeliest first.
pub(super) fn choose(finders: &[Finder]) -> Vec<Corners> {
    let mut chosen = Vec::new();
    for i in 0..finders.len() {
        for j in 0..finders.len() {
            for k in j + 1..finders.len() {
                if i != j
                    && i != k
                    && let Some(off) = off(&finders[i], &finders[j], &finders[k])
                {
                    chosen.push((off, [i, j, k]));
                }
            }
        }
    }
    chosen.sort_by(|a, b| a.0.total_cmp(&b.0));
    let corners = chosen.into_iter().map(|(_, [i, j, k])| {
        let at = |place: usize| finders[place].middle;
        let (right, down) = (at(j) - at(i), at(k) - at(i));
        let (j, k) = if right.cross(down) < 0.0 {
            (k, j)
        } else {
            (j, k)
        };
        Corners {
            finders: [i, j, k],
            upper_left: at(i),
            upper_right: at(j),
            lower_left: at(k),
        }
    });
    corners.collect()
}

/// How far three finders are from a right angle with equal sides; None where too far.
fn off(corner: &Finder, one: &Finder, other: &Finder) -> Option<f32> {
    let (a, b) = (one.middle - corner.middle, other.middle - corner.middle);
    let (long, short) = (a.length().max(b.length()), a.length().min(b.length()));
    let cosine = a.dot(b).abs() / (long * short);
    let modules = [corner.module, one.module, other.module];
    let largest = modules.into_iter().fold(0.0, f32::max);
    let smallest = modules.into_iter().fold(f32::MAX, f32::min);
    let possible =
        cosine < 0.5 && largest < 2.0 * smallest && long < 2.0 * short && short > 12.0 * smallest;
    possible.then_some(cosine + largest / smallest + long / short)
}

impl Corners {
    /// Versions that it may have, the likeliest first, at most three.
    pub(super) fn versions(&self, picture: &Picture) -> Vec<Version> {
        let sides = [self.upper_right, self.lower_left].map(|end| self.side(picture, end));
        let side = match sides {
            [Some(a), Some(b)] if a.max(b) > UNEVEN * a.min(b) => return Vec::new(),
            [Some(a), Some(b)] => f32::midpoint(a, b),
            [Some(side), None] | [None, Some(side)] => side,
            [None, None] => return Vec::new(),
        };
        let guess = ((side - 17.0) / 4.0).round().clamp(1.0, 40.0) as usize;
        let mut numbers = Vec::new();
        if guess >= 6 {
            numbers.extend(self.written(picture));
        }
        // Twice the same is no chance.
        if let [one, other] = numbers[..]
            && one == other
        {
            return Version::new(one).into_iter().collect();
        }
        numbers.extend([guess, guess.saturating_sub(1), guess + 1]);
        let mut versions: Vec<Version> = Vec::new();
        for version in numbers.into_iter().filter_map(Version::new) {
            if !versions.contains(&version) && versions.len() < 3 {
                versions.push(version);
            }
        }
        versions
    }

    /// Modules of a side, from the widths of the finders at its ends.
    fn side(&self, picture: &Picture, end: Point) -> Option<f32> {
        let way = end - self.upper_left;
        let from = module(picture, self.upper_left, way)?;
        let to = module(picture, end, way)?;
        Some(way.length() * 2.0 / (from + to) + 7.0)
    }

    /// The versions that stand beside two of the finders.
    fn written(&self, picture: &Picture) -> Vec<usize> {
        let blocks = [(self.upper_right, true), (self.lower_left, false)];
        let read = |(finder, right): (Point, bool)| {
            let across = self.upper_right - self.upper_left;
            let down = self.lower_left - self.upper_left;
            let across = across * (module(picture, finder, across)? / across.length());
            let down = down * (module(picture, finder, down)? / down.length());
            let word = (0..18).fold(0, |word, bit| {
                let (wide, long) = ((bit % 3) as f32 - 7.0, (bit / 3) as f32 - 3.0);
                let (x, y) = if right { (wide, long) } else { (long, wide) };
                word | u32::from(picture.dark(finder + across * x + down * y)) << bit
            });
            nearest(word)
        };
        blocks.into_iter().filter_map(read).collect()
    }
}

/// The version whose word is nearest; the words differ in eight bits.
fn nearest(word: u32) -> Option<usize> {
    let versions = (7..=40).filter_map(Version::new);
    let words = versions.filter_map(|version| Some((version.word()?, version)));
    let wrong = words.map(|(own, version)| ((own ^ word).count_ones(), version.number()));
    let (wrong, number) = wrong.min()?;
    (wrong <= 3).then_some(number)
}

/// Pixels of a module in this direction, measured across a finder.
pub(super) fn module(picture: &Picture, finder: Point, way: Point) -> Option<f32> {
    let length = way.length();
    let unit = point(way.x / length, way.y / length);
    let (ahead, back) = picture.halves(finder, unit, length * 0.7)?;
    Some((ahead + back) / 7.0)
}
