//! A picture in shades of grey, and what counts as dark where.

use super::plane::{Point, point};

/// Pixels of a side of the squares that share one threshold.
const SQUARE: usize = 8;
/// Squares on each side that are looked at; and four times as many where there is no contrast in them.
const NEAR: usize = 2;
/// Squares of a side that are taken together for looking further.
const TOGETHER: usize = 4;
/// Least difference of shades that is taken for contrast.
const CONTRAST: u8 = 8;
/// Pixels of the other colour that are taken for noise, or for the seam of two thresholds, where a
/// pattern is none otherwise.
const SPECK: f32 = 1.0;

/// A picture with a threshold for every square of 8 x 8 pixels.
pub(super) struct Picture<'a> {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) pixels: &'a [u8],
    /// Squares in a row.
    across: usize,
    thresholds: Vec<u8>,
    /// Squares around which there is no contrast.
    flat: Vec<bool>,
    /// Between its darkest and its lightest place.
    pub(super) contrast: u8,
}

impl<'a> Picture<'a> {
    pub(super) fn new(width: usize, height: usize, pixels: &'a [u8]) -> Self {
        let across = width.div_ceil(SQUARE);
        let ranges = ranges(width, height, pixels);
        let whole = ranges.iter().copied().fold((255, 0), joined);
        let (thresholds, flat) = thresholds(&ranges, across, whole).unzip();
        Self {
            width,
            height,
            pixels,
            across,
            thresholds,
            flat,
            contrast: spread(whole),
        }
    }

    /// The same with other pixels, in which nothing is dark where this one is flat.
    pub(super) fn redrawn<'b>(&self, pixels: &'b [u8]) -> Picture<'b> {
        let mut other = Picture::new(self.width, self.height, pixels);
        for (threshold, flat) in other.thresholds.iter_mut().zip(&self.flat) {
            if *flat {
                *threshold = 0;
            }
        }
        other
    }

    /// Whether the pixel at this place is dark; outside nothing is.
    #[inline]
    pub(super) fn dark(&self, p: Point) -> bool {
        let (x, y) = (p.x as i32, p.y as i32);
        if p.x < 0.0 || p.y < 0.0 || x >= self.width as i32 || y >= self.height as i32 {
            return false;
        }
        let (x, y) = (x as usize, y as usize);
        self.pixels[y * self.width + x] < self.thresholds[y / SQUARE * self.across + x / SQUARE]
    }

    /// Whether each pixel of a row is dark.
    pub(super) fn dark_row(&self, y: usize, row: &mut [bool]) {
        let pixels = &self.pixels[y * self.width..][..self.width];
        let thresholds = &self.thresholds[y / SQUARE * self.across..];
        let squares = row.chunks_mut(SQUARE).zip(pixels.chunks(SQUARE));
        for ((row, pixels), threshold) in squares.zip(thresholds) {
            for (dark, shade) in row.iter_mut().zip(pixels) {
                *dark = shade < threshold;
            }
        }
    }

    /// The shade at this place, between the four pixels around it.
    #[inline]
    pub(super) fn shade(&self, p: Point) -> f32 {
        let x = (p.x - 0.5).clamp(0.0, self.width as f32 - 1.0);
        let y = (p.y - 0.5).clamp(0.0, self.height as f32 - 1.0);
        let (left, top) = (x as usize, y as usize);
        let (u, v) = (x - left as f32, y - top as f32);
        let right = (left + 1).min(self.width - 1);
        let bottom = (top + 1).min(self.height - 1);
        let (upper, lower) = (top * self.width, bottom * self.width);
        let at = |i: usize| f32::from(self.pixels[i]);
        let above = at(upper + left) + (at(upper + right) - at(upper + left)) * u;
        let below = at(lower + left) + (at(lower + right) - at(lower + left)) * u;
        above + (below - above) * v
    }

    /// The shade of the pixel at this place.
    #[inline]
    pub(super) fn pixel(&self, p: Point) -> f32 {
        let x = (p.x.max(0.0) as usize).min(self.width - 1);
        let y = (p.y.max(0.0) as usize).min(self.height - 1);
        f32::from(self.pixels[y * self.width + x])
    }

    /// Whether the place is in the picture, or so near that its edge will do.
    pub(super) fn holds(&self, p: Point) -> bool {
        const BEYOND: f32 = 20.0;
        let (width, height) = (self.width as f32, self.height as f32);
        p.x > -BEYOND && p.y > -BEYOND && p.x < width + BEYOND && p.y < height + BEYOND
    }

    /// From the middle of a finder pattern the lengths of its halves along `along` (a unit) and
    /// against it; None where dark and light are not as 1:1:3:1:1, or further than `most`.
    pub(super) fn halves(&self, middle: Point, along: Point, most: f32) -> Option<(f32, f32)> {
        self.halves_past(middle, along, most, 0.0)
            .or_else(|| self.halves_past(middle, along, most, SPECK))
    }

    fn halves_past(
        &self,
        middle: Point,
        along: Point,
        most: f32,
        speck: f32,
    ) -> Option<(f32, f32)> {
        let ahead = self.edges(middle, along, most, speck)?;
        let back = self.edges(middle, along * -1.0, most, speck)?;
        let module = (ahead[2] + back[2]) / 7.0;
        let least = module.max(1.2);
        let core = (ahead[0] + back[0] - 3.0 * module).abs() < 1.4 * least;
        let rings = [ahead, back].into_iter().all(|edge| {
            (edge[1] - edge[0] - module).abs() < 0.75 * least
                && (edge[2] - edge[1] - module).abs() < 0.75 * least
        });
        (core && rings).then_some((ahead[2], back[2]))
    }

    /// Where dark ends, begins again and ends again; what is shorter than `speck` is passed over.
    fn edges(&self, from: Point, along: Point, most: f32, speck: f32) -> Option<[f32; 3]> {
        const STRIDE: f32 = 0.75;
        const STEP: f32 = 0.25;
        let mut edges = [0.0; 3];
        let (mut way, mut dark) = (0.0, true);
        // The core ends after 1.5 of 3.5 modules, the light ring after 2.5.
        for (edge, most) in edges.iter_mut().zip([0.5 * most, 0.75 * most, most]) {
            let same = |way: f32| {
                self.dark(from + along * way) == dark
                    || speck > 0.0 && self.dark(from + along * (way + speck)) == dark
            };
            while same(way) {
                way += STRIDE;
                if way > most {
                    return None;
                }
            }
            // Back, and nearer to where it changed.
            let short = [3.0, 2.0, 1.0].map(|steps| way - steps * STEP);
            let first = short.into_iter().find(|way| *way > 0.0 && !same(*way));
            way = first.unwrap_or(way);
            *edge = way;
            dark = !dark;
        }
        Some(edges)
    }

    /// The picture with half as many pixels on each side: the means of four.
    pub(super) fn halved(&self) -> Vec<u8> {
        let (width, height) = (self.width / 2 * 2, self.height / 2);
        let mut half = Vec::with_capacity(width / 2 * height);
        for rows in self.pixels.chunks_exact(2 * self.width).take(height) {
            let (upper, lower) = rows.split_at(self.width);
            let upper = upper[..width].as_chunks::<2>().0;
            let lower = lower[..width].as_chunks::<2>().0;
            half.extend(upper.iter().zip(lower).map(|([a, b], [c, d])| {
                let sum = u16::from(*a) + u16::from(*b) + u16::from(*c) + u16::from(*d);
                // A mean of bytes is a byte.
                (sum / 4) as u8
            }));
        }
        half
    }

    /// The picture with its noise smoothed: each pixel with its eight neighbours, the nearer the heavier.
    pub(super) fn smoothed(&self) -> Vec<u8> {
        let mut wide = self.pixels.to_vec();
        let rows = wide.chunks_exact_mut(self.width);
        for (out, row) in rows.zip(self.pixels.chunks_exact(self.width)) {
            between(out.get_mut(1..), row, 1);
        }
        let mut smooth = wide.clone();
        between(smooth.get_mut(self.width..), &wide, self.width);
        smooth
    }
}

/// Fills `out` with the means of three pixels of `pixels`, a step apart, the middle one counted twice; what has
/// no neighbours on both sides is left.
fn between(out: Option<&mut [u8]>, pixels: &[u8], step: usize) {
    let (Some(out), Some(middle), Some(after)) = (out, pixels.get(step..), pixels.get(2 * step..))
    else {
        return;
    };
    for (((to, a), b), c) in out.iter_mut().zip(pixels).zip(middle).zip(after) {
        // A mean of bytes is a byte.
        *to = ((u16::from(*a) + 2 * u16::from(*b) + u16::from(*c)) / 4) as u8;
    }
}

/// A picture in which rings of about `apart` pixels stand out again: each pixel is moved away from
/// the mean of itself and the eight at that distance.
pub(super) fn sharpened(width: usize, pixels: &[u8], apart: usize) -> Vec<u8> {
    let mut sharp = pixels.to_vec();
    let outer = pixels.chunks_exact(width);
    let inner = outer.clone().skip(apart);
    let rows = outer.clone().zip(inner).zip(outer.skip(2 * apart));
    let outs = sharp.chunks_exact_mut(width).skip(apart);
    let mut means = vec![0; width];
    for (((above, row), below), out) in rows.zip(outs) {
        for (((mean, a), b), c) in means.iter_mut().zip(above).zip(row).zip(below) {
            *mean = ((u32::from(*a) + u32::from(*b) + u32::from(*c)) / 3) as u8;
        }
        let threes = means.iter().zip(means.iter().skip(apart));
        let threes = threes.zip(means.iter().skip(2 * apart));
        let own = out.iter_mut().zip(row).skip(apart);
        for (((left, middle), right), (to, own)) in threes.zip(own) {
            let own = i16::from(*own);
            let around = i16::from(*left) + i16::from(*middle) + i16::from(*right);
            *to = (own + (3 * own - around) * SHARPEN / 16).clamp(0, 255) as u8;
        }
    }
    sharp
}

/// How much more than three times the difference to its surroundings a pixel is moved, in sixteenths.
const SHARPEN: i16 = 9;

/// Darkest and lightest.
type Range = (u8, u8);

/// The middle between darkest and lightest around each square, further around where that is flat; and whether it
/// is.
fn thresholds(ranges: &[Range], across: usize, whole: Range) -> impl Iterator<Item = (u8, bool)> {
    let (coarse, coarse_across) = coarser(ranges, across);
    let contrast = (spread(whole) / 4).max(CONTRAST);
    let (near, far) = (around(ranges, across), around(&coarse, coarse_across));
    let middle = |range: Range| range.0 + spread(range) / 2;
    let flat = move |range: &Range| spread(*range) <= contrast;
    let each = near.into_iter().enumerate();
    each.map(move |(i, near)| {
        if !flat(&near) {
            return (middle(near), false);
        }
        let far = far[i / across / TOGETHER * coarse_across + i % across / TOGETHER];
        (middle(if flat(&far) { whole } else { far }), true)
    })
}

fn joined(a: Range, b: Range) -> Range {
    (a.0.min(b.0), a.1.max(b.1))
}

const fn spread(range: Range) -> u8 {
    range.1.saturating_sub(range.0)
}

/// The darkest and the lightest of each square.
fn ranges(width: usize, height: usize, pixels: &[u8]) -> Vec<Range> {
    let mut ranges = Vec::with_capacity(width.div_ceil(SQUARE) * height.div_ceil(SQUARE));
    let mut means = vec![0; width];
    for rows in pixels.chunks(width * SQUARE) {
        // Column by column first: that is done many at a time.
        let (mut darkest, mut lightest) = (vec![255; width], vec![0; width]);
        for two in rows.chunks(2 * width) {
            means_of_four(two, &mut means);
            for ((dark, light), shade) in darkest.iter_mut().zip(&mut lightest).zip(&means) {
                *dark = (*shade).min(*dark);
                *light = (*shade).max(*light);
            }
        }
        let squares = darkest.chunks(SQUARE).zip(lightest.chunks(SQUARE));
        ranges.extend(squares.map(|(dark, light)| {
            let columns = dark.iter().copied().zip(light.iter().copied());
            columns.fold((255, 0), joined)
        }));
    }
    ranges
}

/// The mean of each pixel of two rows (or one) and its neighbours to the right and below: there is half as much
/// noise in it, which must not pass for contrast.
fn means_of_four(rows: &[u8], means: &mut [u8]) {
    let (upper, lower) = (&rows[..means.len()], &rows[rows.len() - means.len()..]);
    for ((mean, a), b) in means.iter_mut().zip(upper).zip(lower) {
        *mean = u8::midpoint(*a, *b);
    }
    for x in 1..means.len() {
        means[x - 1] = u8::midpoint(means[x - 1], means[x]);
    }
}

/// The ranges of squares of squares, and how many are in a row.
fn coarser(ranges: &[Range], across: usize) -> (Vec<Range>, usize) {
    let coarse_across = across.div_ceil(TOGETHER);
    let down = (ranges.len() / across.max(1)).div_ceil(TOGETHER);
    let mut coarse = vec![(255, 0); coarse_across * down];
    for (i, range) in ranges.iter().enumerate() {
        let place = i / across / TOGETHER * coarse_across + i % across / TOGETHER;
        coarse[place] = joined(coarse[place], *range);
    }
    (coarse, coarse_across)
}

/// For every square the range of itself and its neighbours.
fn around(ranges: &[Range], across: usize) -> Vec<Range> {
    let (darkest, lightest): (Vec<u8>, Vec<u8>) = ranges.iter().copied().unzip();
    let darkest = of_near(&darkest, across, u8::min);
    darkest
        .into_iter()
        .zip(of_near(&lightest, across, u8::max))
        .collect()
}

/// For every square the `most` of itself and its neighbours. Whole rows at once: that is done many at a time.
fn of_near(squares: &[u8], across: usize, most: impl Fn(u8, u8) -> u8 + Copy) -> Vec<u8> {
    let mut rows = squares.to_vec();
    for (to, from) in rows.chunks_mut(across).zip(squares.chunks(across)) {
        (1..=NEAR).for_each(|away| join_near(to, from, away, most));
    }
    let mut both = rows.clone();
    (1..=NEAR).for_each(|away| join_near(&mut both, &rows, away * across, most));
    both
}

/// Joins with every square those that are `away` before and behind it.
fn join_near(to: &mut [u8], from: &[u8], away: usize, most: impl Fn(u8, u8) -> u8) {
    let (Some(behind), Some(ahead)) = (from.get(away..), to.get_mut(away..)) else {
        return;
    };
    ahead
        .iter_mut()
        .zip(from)
        .for_each(|(a, b)| *a = most(*a, *b));
    to.iter_mut()
        .zip(behind)
        .for_each(|(a, b)| *a = most(*a, *b));
}

/// The middle of a pixel.
pub(super) fn middle_of(x: usize, y: usize) -> Point {
    point(x as f32 + 0.5, y as f32 + 0.5)
}
