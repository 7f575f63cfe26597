//! The three patterns in the corners of a symbol.

use super::picture::{Picture, middle_of};
use super::plane::{Point, point};

/// A pattern that looks like a corner.
#[derive(Clone, Copy, Debug)]
pub(super) struct Finder {
    pub(super) middle: Point,
    /// Pixels of a module.
    pub(super) module: f32,
    /// Rows in which it was seen.
    seen: f32,
    /// How much lighter its light ring is than its dark parts, in shades.
    clear: f32,
}

/// Most finders that are kept, of which the surest go on.
const KEPT: usize = 160;
const SUREST: usize = 12;
/// Most places that are looked at closely.
const LOOKS: usize = 4_000;
/// Least share of the whole picture's contrast, and of the clearest finder's, that is not noise.
const OF_PICTURE: f32 = 1.0 / 12.0;
const OF_CLEAREST: f32 = 1.0 / 6.0;

/// The surest finders of a picture.
pub(super) fn find(picture: &Picture) -> Vec<Finder> {
    let mut found: Vec<Finder> = Vec::new();
    let mut looks = 0;
    let mut row = vec![false; picture.width];
    // Rows far from each other first: a busy upper half must not use up all looks.
    for start in [0, 12, 6, 18, 3, 15, 9, 21] {
        for y in (start..picture.height).step_by(24) {
            picture.dark_row(y, &mut row);
            scan(&row, |end, runs| {
                if looks < LOOKS && !again(&mut found, middle_of_runs(y, end, runs)) {
                    looks += 1;
                    if let Some(finder) = look(picture, y, end, runs) {
                        add(&mut found, finder);
                    }
                }
            });
        }
    }
    let clearest = found.iter().map(|finder| finder.clear).fold(0.0, f32::max);
    found.retain(|finder| finder.clear >= OF_CLEAREST * clearest);
    let sure = |finder: &Finder| finder.seen / finder.module;
    found.sort_by(|a, b| sure(b).total_cmp(&sure(a)));
    found.truncate(SUREST);
    found
}

/// Calls `look` wherever five runs of a row, the last of them dark, are about as 1:1:3:1:1.
fn scan(row: &[bool], mut look: impl FnMut(usize, [usize; 5])) {
    let (mut runs, mut end, mut dark) = ([0; 5], 0, false);
    while let Some(rest @ [_, ..]) = row.get(end..) {
        let run = run(rest, dark);
        end += run;
        runs = [runs[1], runs[2], runs[3], runs[4], run];
        if dark && runs[0] > 0 && alike(runs) {
            look(end, runs);
        }
        dark = !dark;
    }
}

/// How many pixels from the first one on are dark, or light.
fn run(row: &[bool], dark: bool) -> usize {
    // Wide ones many at a time.
    let (many, _) = row.as_chunks::<16>();
    let skipped = 16 * many.iter().take_while(|many| **many == [dark; 16]).count();
    let rest = row.iter().skip(skipped);
    skipped + rest.take_while(|pixel| **pixel == dark).count()
}

fn alike(runs: [usize; 5]) -> bool {
    let total: usize = runs.iter().sum();
    if total < 9 {
        return false;
    }
    let module = total as f32 / 7.0;
    let near = |run: usize, of: f32, off: f32| (run as f32 - of).abs() < off;
    near(runs[2], 3.0 * module, 1.5 * module)
        && [0, 1, 3, 4]
            .into_iter()
            .all(|i| near(runs[i], module, 0.8 * module.max(1.3)))
}

/// Looks across in four directions, and moves to the middle.
fn look(picture: &Picture, y: usize, end: usize, runs: [usize; 5]) -> Option<Finder> {
    let total: usize = runs.iter().sum();
    let mut middle = middle_of_runs(y, end, runs);
    // Seen from the side, twice as long one way as the other.
    let most = total as f32;
    let mut module = 0.0;
    for _ in 0..2 {
        let (down, up) = picture.halves(middle, point(0.0, 1.0), most)?;
        middle.y += (down - up) / 2.0;
        let (right, left) = picture.halves(middle, point(1.0, 0.0), most)?;
        middle.x += (right - left) / 2.0;
        module = (down + up + right + left) / 14.0;
    }
    let clear = clearness(picture, middle, most)?;
    (clear >= OF_PICTURE * f32::from(picture.contrast)).then_some(Finder {
        middle,
        module,
        seen: 1.0,
        clear,
    })
}

/// How much lighter the light ring is than the dark parts, in eight directions. None where one of them does
/// not look like a finder.
fn clearness(picture: &Picture, middle: Point, most: f32) -> Option<f32> {
    const SLANTING: f32 = std::f32::consts::FRAC_1_SQRT_2;
    let ways = [
        point(SLANTING, SLANTING),
        point(SLANTING, -SLANTING),
        point(1.0, 0.0),
        point(0.0, 1.0),
    ];
    let mut sum = 0.0;
    for way in ways {
        let (ahead, back) = picture.halves(middle, way, most * 1.5)?;
        for half in [way * ahead, way * -back] {
            let at = |modules: f32| picture.pixel(middle + half * (modules / 3.5));
            sum += at(2.0) - (at(0.0) + at(1.0) + at(3.0)) / 3.0;
        }
    }
    Some(sum / 8.0)
}

/// The middle of the third run.
fn middle_of_runs(y: usize, end: usize, runs: [usize; 5]) -> Point {
    let half = (runs[4] + runs[3]) as f32 + runs[2] as f32 / 2.0;
    point(end as f32 - half, middle_of(0, y).y)
}

/// Whether this row only crosses the core of one that was looked at often enough.
fn again(found: &mut [Finder], middle: Point) -> bool {
    const OFTEN: f32 = 4.0;
    let known = found.iter_mut().find(|old| {
        let apart = old.middle - middle;
        old.seen >= OFTEN && apart.x.abs() < old.module && apart.y.abs() < 1.5 * old.module
    });
    known.is_some_and(|old| {
        old.seen += 1.0;
        true
    })
}

/// Joins it with one seen before at the same place.
fn add(found: &mut Vec<Finder>, new: Finder) {
    let same = found.iter().position(|old| {
        let apart = old.middle - new.middle;
        apart.x.abs().max(apart.y.abs()) < 2.5 * old.module
    });
    if let Some(old) = same.and_then(|place| found.get_mut(place)) {
        let share = 1.0 / (old.seen + 1.0);
        old.middle = old.middle + (new.middle - old.middle) * share;
        old.module += (new.module - old.module) * share;
        old.clear += (new.clear - old.clear) * share;
        old.seen += 1.0;
    } else if found.len() < KEPT {
        found.push(new);
    }
}
