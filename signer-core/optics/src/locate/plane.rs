//! Places in a plane, and maps from one plane to another.

use std::ops::{Add, Mul, Sub};

/// A place in a picture (pixels) or in a symbol (modules).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) x: f32,
    pub(super) y: f32,
}

pub(super) const fn point(x: f32, y: f32) -> Point {
    Point { x, y }
}

impl Point {
    pub(super) fn length(self) -> f32 {
        self.x.hypot(self.y)
    }

    /// Above zero where `other` is clockwise from here, in a picture whose y grows downwards.
    pub(super) fn cross(self, other: Self) -> f32 {
        self.x * other.y - self.y * other.x
    }

    pub(super) fn dot(self, other: Self) -> f32 {
        self.x * other.x + self.y * other.y
    }
}

impl Add for Point {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        point(self.x + other.x, self.y + other.y)
    }
}

impl Sub for Point {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        point(self.x - other.x, self.y - other.y)
    }
}

impl Mul<f32> for Point {
    type Output = Self;
    fn mul(self, by: f32) -> Self {
        point(self.x * by, self.y * by)
    }
}

/// A projective map.
#[derive(Clone, Copy, Debug)]
pub(super) struct Map([f32; 8]);

impl Map {
    /// Of the unit square to four points: upper left, upper right, lower right, lower left.
    pub(super) fn of_square([a, b, c, d]: [Point; 4]) -> Self {
        let (u, v, s) = (b - c, d - c, a - b + c - d);
        let area = u.cross(v);
        let (g, h) = (s.cross(v) / area, u.cross(s) / area);
        let (across, down) = (b - a + b * g, d - a + d * h);
        Self([across.x, down.x, a.x, across.y, down.y, a.y, g, h])
    }

    /// The map that fits best: least squares over pairs of places and their weights. None where they
    /// do not determine one.
    pub(super) fn fitted(pairs: &[Pair], weight: impl Fn(&Pair) -> f32) -> Option<Self> {
        // Numbers around 1 keep the equations well conditioned.
        const MODULES: f64 = 50.0;
        const PIXELS: f64 = 500.0;
        let mut rows = [[0_f64; 9]; 8];
        for pair in pairs {
            let weight = f64::from(weight(pair));
            let (x, y) = (
                f64::from(pair.from.x) / MODULES,
                f64::from(pair.from.y) / MODULES,
            );
            let (u, v) = (f64::from(pair.to.x) / PIXELS, f64::from(pair.to.y) / PIXELS);
            let first = [x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, u];
            let second = [0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, v];
            for equation in [first, second] {
                for i in 0..8 {
                    let scaled = weight * equation[i];
                    if scaled == 0.0 {
                        continue;
                    }
                    for j in i..9 {
                        rows[i][j] += scaled * equation[j];
                    }
                }
            }
        }
        let h = solved(rows)?;
        let to_pixels = [1.0, 1.0, MODULES, 1.0, 1.0, MODULES].map(|k| PIXELS / MODULES * k);
        let scale = |i: usize| to_pixels.get(i).copied().unwrap_or(1.0 / MODULES);
        Some(Self(std::array::from_fn(|i| (h[i] * scale(i)) as f32)))
    }

    pub(super) fn at(&self, p: Point) -> Point {
        let [a, b, c, d, e, f, g, h] = self.0;
        let w = 1.0 / (g * p.x + h * p.y + 1.0);
        point((a * p.x + b * p.y + c) * w, (d * p.x + e * p.y + f) * w)
    }

    /// How one step to the right and one step down look at this place.
    pub(super) fn steps(&self, p: Point) -> (Point, Point) {
        let half = |x, y| self.at(p + point(x, y)) - self.at(p - point(x, y));
        (half(0.5, 0.0), half(0.0, 0.5))
    }
}

/// A place in the symbol, and the same in the picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    pub(super) from: Point,
    pub(super) to: Point,
    pub(super) weight: f32,
}

/// Solves symmetric equations of which the upper half is given, with the right side behind it
/// (Cholesky). None where they have no single answer.
pub(super) fn solved<const N: usize, const M: usize>(mut rows: [[f64; M]; N]) -> Option<[f64; N]> {
    for i in 0..N {
        let pivot = rows[i][i];
        if pivot < 1e-12 {
            return None;
        }
        for j in i + 1..N {
            let factor = rows[i][j] / pivot;
            if factor == 0.0 {
                continue;
            }
            let (upper, lower) = rows.split_at_mut(j);
            for (to, from) in lower[0][j..].iter_mut().zip(&upper[i][j..]) {
                *to -= factor * from;
            }
        }
    }
    let mut answer = [0.0; N];
    for i in (0..N).rev() {
        let known: f64 = (i + 1..N).map(|j| rows[i][j] * answer[j]).sum();
        answer[i] = (rows[i][M - 1] - known) / rows[i][i];
    }
    Some(answer)
}
