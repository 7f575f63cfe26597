//! What a person can do about a code that is there and is not read.

use super::corners::{self, Corners, module};
use super::finders::Finder;
use super::picture::Picture;
use super::plane::{Point, point};

/// Why a code that is there is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Its modules are smaller than two pixels.
    TooFar,
    /// It is seen from the side.
    Tilted,
    /// The rings of its corners run into each other.
    Blurred,
}

/// Fewer pixels for a module are too few.
const SMALL: f32 = 2.0;
/// One side may seem so many times as long as the other, and the modules of one corner as large as those
/// of another.
const UNEVEN: f32 = 1.35;
/// How far from a right angle the corner may be (cosine).
const SLANTING: f32 = 0.25;
/// Share of the contrast that is left between one ring of a corner and the next.
const CLEAR: f32 = 0.55;

/// Pixels over which an edge is looked for, and the share of the contrast that a sharp one has there.
const EDGE: usize = 4;
const SHARP: i32 = 42;
/// Least contrast of a picture in which there is something to see.
const CONTRAST: i32 = 40;
/// Pixels of the squares in which changes from dark to light are counted, how many changes in a row are more
/// than modules of two pixels have, and how many such squares make a code.
const SQUARE: usize = 32;
const CHANGES: usize = SQUARE / 4;
const SQUARES: usize = 6;
/// Each so many rows are looked at.
const ROWS: usize = 4;

/// What is wrong with the likeliest code of a picture in which none was read. None where nothing like a code
/// is seen, or nothing is wrong with it.
///
/// `finders` are those of the picture, `others` those of a sharper copy.
pub(super) fn of(picture: &Picture, finders: &[Finder], others: &[Finder]) -> Option<Hint> {
    of_corners(picture, finders)
        .or_else(|| of_corners(picture, others))
        .or_else(|| picture.is_soft().then_some(Hint::Blurred))
        .or_else(|| picture.is_fine().then_some(Hint::TooFar))
        .or_else(|| of_single(picture, finders))
}

fn of_corners(picture: &Picture, finders: &[Finder]) -> Option<Hint> {
    let corners = corners::choose(finders).into_iter().next()?;
    let three = corners.finders.map(|place| finders[place]);
    let modules = three.map(|finder| finder.module);
    let smallest = modules.into_iter().fold(f32::MAX, f32::min);
    let largest = modules.into_iter().fold(0.0, f32::max);
    let clear = three.map(|finder| clearness(picture, &finder, &corners));
    if modules.iter().sum::<f32>() / 3.0 < SMALL {
        Some(Hint::TooFar)
    } else if clear.into_iter().sum::<f32>() / 3.0 < CLEAR {
        Some(Hint::Blurred)
    } else if largest > UNEVEN * smallest || is_slanting(&corners) {
        Some(Hint::Tilted)
    } else {
        None
    }
}

/// Corners that belong to no symbol: seen from the side they are narrow.
fn of_single(picture: &Picture, finders: &[Finder]) -> Option<Hint> {
    let narrow = |finder: &Finder| {
        let across = |x, y| module(picture, finder.middle, point(x, y) * (finder.module * 20.0));
        let uneven =
            |sides: Option<(f32, f32)>| sides.is_some_and(|(a, b)| a.max(b) > UNEVEN * a.min(b));
        uneven(across(1.0, 0.0).zip(across(0.0, 1.0)))
            || uneven(across(1.0, 1.0).zip(across(1.0, -1.0)))
    };
    let narrow = finders.iter().filter(|finder| narrow(finder)).count();
    (narrow * 2 > finders.len()).then_some(Hint::Tilted)
}

fn is_slanting(corners: &Corners) -> bool {
    let (right, down) = sides(corners);
    let (a, b) = (right.length(), down.length());
    a.max(b) > UNEVEN * a.min(b) || right.dot(down).abs() > SLANTING * a * b
}

fn sides(corners: &Corners) -> (Point, Point) {
    let from = corners.upper_left;
    (corners.upper_right - from, corners.lower_left - from)
}

/// The step from the light ring to the dark one beside it, over the whole contrast there.
fn clearness(picture: &Picture, finder: &Finder, corners: &Corners) -> f32 {
    let (right, down) = sides(corners);
    let ways = [right, right * -1.0, down, down * -1.0];
    let each = ways.map(|way| {
        let pixels = module(picture, finder.middle, way).unwrap_or(finder.module);
        let step = way * (pixels / way.length());
        let at = |modules: f32| picture.shade(finder.middle + step * modules);
        let core = at(0.0).min(at(3.0));
        let light = at(2.0).max(at(4.2));
        let whole = (light - core).max(1.0);
        ((at(2.0) - at(3.0)) / whole).clamp(0.0, 1.0)
    });
    each.into_iter().sum::<f32>() / 4.0
}

impl Picture<'_> {
    /// Whether it has contrast, and no edge that is sharp: nowhere, or nowhere along the one way in which a
    /// hand moves.
    fn is_soft(&self) -> bool {
        let two = |x: usize, y: usize| i32::from(self.pixels[y * self.width + x]);
        let smooth = |x: usize, y: usize| {
            (two(x, y) + two(x + 1, y) + two(x, y + 1) + two(x + 1, y + 1)) / 4
        };
        let (mut least, mut most, mut steepest) = (255, 0, (0, 0));
        for y in (0..self.height.saturating_sub(EDGE + 1)).step_by(3) {
            for x in (0..self.width.saturating_sub(EDGE + 1)).step_by(3) {
                let here = smooth(x, y);
                let right = (smooth(x + EDGE, y) - here).abs();
                let down = (smooth(x, y + EDGE) - here).abs();
                (least, most) = (here.min(least), here.max(most));
                steepest = (right.max(steepest.0), down.max(steepest.1));
            }
        }
        let contrast = most - least;
        contrast >= CONTRAST && 100 * steepest.0.min(steepest.1) < SHARP * contrast
    }

    /// Whether there are squares in which dark and light change as fast as in a code that is far away.
    fn is_fine(&self) -> bool {
        let across = self.width / SQUARE;
        let mut row = vec![false; self.width];
        let mut fine = 0;
        for top in (0..self.height.saturating_sub(SQUARE)).step_by(SQUARE) {
            let mut changes = vec![0; across];
            for y in (top..top + SQUARE).step_by(ROWS) {
                self.dark_row(y, &mut row);
                for (count, square) in changes.iter_mut().zip(row.chunks(SQUARE)) {
                    *count += square.windows(2).filter(|two| two[0] != two[1]).count();
                }
            }
            let most = CHANGES * SQUARE / ROWS;
            fine += changes.iter().filter(|count| **count > most).count();
        }
        fine >= SQUARES
    }
}
