//! Where every module of a symbol is: alignment patterns followed one after the other, each looked
//! for where a map of its neighbours expects it, so that a bent picture is followed.

use super::corners::{Corners, module};
use super::picture::Picture;
use super::plane::{Map, Pair, Point, point};
use crate::symbol::Version;

/// A symbol as quadrangles between alignment patterns.
pub(super) struct Mesh {
    version: Version,
    /// Rows and columns of the patterns' centres.
    lines: Vec<f32>,
    maps: Vec<Map>,
}

impl Mesh {
    pub(super) fn follow(picture: &Picture, corners: &Corners, version: Version) -> Option<Self> {
        let lines: Vec<f32> = version
            .alignment()
            .iter()
            .map(|line| *line as f32)
            .collect();
        let mut follower = Follower::new(picture, corners, version, &lines)?;
        let mut left: Vec<(usize, usize)> = follower.patterns();
        while let Some(next) = follower.nearest(&left) {
            let place = left.swap_remove(next);
            follower.look_for(place)?;
        }
        let points = follower.points()?;
        Some(Self {
            version,
            maps: maps(&points, lines.len()),
            lines,
        })
    }

    /// Where the middles of all modules are in the picture, row by row, with `margin` more on each
    /// side.
    pub(super) fn modules(&self, margin: usize) -> impl Iterator<Item = Point> + '_ {
        let cells = self.lines.len() - 1;
        let inner = &self.lines[1..cells];
        let line = move |t: usize| {
            let t = t as f32 - margin as f32;
            let cell = inner.iter().filter(|line| **line <= t).count();
            let (from, to) = (self.lines[cell], self.lines[cell + 1]);
            (cell, (t - from) / (to - from))
        };
        let side = self.version.side() + 2 * margin;
        let lines: Vec<(usize, f32)> = (0..side).map(line).collect();
        (0..side * side).map(move |at| {
            let ((i, u), (j, v)) = (lines[at % side], lines[at / side]);
            self.maps[j * cells + i].at(point(u, v))
        })
    }

    pub(super) const fn version(&self) -> Version {
        self.version
    }
}

fn maps(points: &[Point], across: usize) -> Vec<Map> {
    let cells = across - 1;
    let corners = (0..cells * cells).map(|cell| cell / cells * across + cell % cells);
    corners
        .map(|a| [a, a + 1, a + across + 1, a + across].map(|at| points[at]))
        .map(Map::of_square)
        .collect()
}

struct Follower<'a> {
    picture: &'a Picture<'a>,
    lines: &'a [f32],
    version: Version,
    /// What is known so far; the guessed fourth corner is among it until two patterns are.
    known: Vec<Pair>,
    guessed_corner: bool,
    found: Vec<Option<Point>>,
    /// Reach of a known place's influence, in modules.
    spread: f32,
    best: f32,
    inner: usize,
}

/// Weight of the fourth corner, which is only guessed.
const GUESSED: f32 = 0.02;

impl<'a> Follower<'a> {
    fn new(
        picture: &'a Picture,
        corners: &Corners,
        version: Version,
        lines: &'a [f32],
    ) -> Option<Self> {
        let (a, b, c) = (corners.upper_left, corners.upper_right, corners.lower_left);
        let side = version.side() as f32;
        // How the scale changes along both sides tells where the fourth corner is.
        let grows = |from: Point, to: Point| {
            let near = module(picture, from, to - from);
            let far = module(picture, to, from - to);
            let ratio = near.zip(far).map_or(1.0, |(near, far)| near / far);
            ratio.clamp(0.4, 2.5).sqrt()
        };
        let (gx, gy) = (grows(a, b), grows(a, c));
        let w = gx + gy - 1.0;
        if w < 0.2 {
            return None;
        }
        let d = (b * gx + c * gy - a) * (1.0 / w);
        let far = side - 4.0;
        let pair = |x, y, to, weight| Pair {
            from: point(x, y),
            to,
            weight,
        };
        Some(Self {
            picture,
            lines,
            version,
            known: vec![
                pair(3.0, 3.0, a, 1.0),
                pair(far, 3.0, b, 1.0),
                pair(3.0, far, c, 1.0),
                pair(far, far, d, GUESSED),
            ],
            guessed_corner: true,
            found: vec![None; lines.len() * lines.len()],
            spread: side / 6.0,
            best: 0.0,
            inner: 0,
        })
    }

    /// All alignment patterns of the version.
    fn patterns(&self) -> Vec<(usize, usize)> {
        if self.version.number() == 1 {
            return Vec::new();
        }
        let last = self.lines.len() - 1;
        let all = (0..=last).flat_map(|j| (0..=last).map(move |i| (i, j)));
        all.filter(|at| ![(0, 0), (last, 0), (0, last)].contains(at))
            .collect()
    }

    fn place(&self, (i, j): (usize, usize)) -> Point {
        point(self.lines[i], self.lines[j])
    }

    /// Modules to the nearest place that is known.
    fn distance(&self, at: Point) -> f32 {
        let sure = self.known.iter().filter(|pair| pair.weight > 0.5);
        sure.map(|pair| (pair.from - at).length())
            .fold(f32::MAX, f32::min)
    }

    fn nearest(&self, left: &[(usize, usize)]) -> Option<usize> {
        let distances = left.iter().map(|at| self.distance(self.place(*at)));
        distances
            .enumerate()
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(i, _)| i)
    }

    fn map_around(&self, at: Point) -> Option<Map> {
        Map::fitted(&self.known, |pair| {
            let far = (pair.from - at).length() / self.spread;
            pair.weight / (1.0 + far * far)
        })
    }

    fn look_for(&mut self, place: (usize, usize)) -> Option<()> {
        let at = self.place(place);
        let map = self.map_around(at)?;
        let guess = map.at(at);
        let steps = map.steps(at);
        let reach = (self.distance(at) / 9.0).clamp(1.5, 5.0);
        let (score, found) = search(self.picture, guess, steps, reach);
        self.best = self.best.max(score);
        // A pattern scores about the same everywhere; a much weaker one is not believed.
        if score <= 0.5 * self.best {
            return Some(());
        }
        self.found[place.1 * self.lines.len() + place.0] = Some(found);
        self.known.push(Pair {
            from: at,
            to: found,
            weight: 1.0,
        });
        self.inner += usize::from(place.0 > 0 && place.1 > 0);
        if self.guessed_corner && self.inner >= 2 {
            self.known.retain(|pair| pair.weight > 0.5);
            self.guessed_corner = false;
        }
        Some(())
    }

    /// All points of the mesh: found ones, and where the map of their neighbours puts the others.
    fn points(&self) -> Option<Vec<Point>> {
        let across = self.lines.len();
        let each = self.found.iter().enumerate();
        each.map(|(i, found)| {
            found.or_else(|| {
                let at = self.place((i % across, i / across));
                Some(self.map_around(at)?.at(at))
            })
        })
        .collect()
    }
}

/// The place around `guess` that looks most like an alignment pattern, and how much it does.
fn search(picture: &Picture, guess: Point, steps: (Point, Point), reach: f32) -> (f32, Point) {
    let module = steps.0.length().max(0.1);
    let (mut best, mut found) = (f32::MIN, guess);
    // Roughly by single pixels, then finer and finer.
    for (step, reach) in [(0.5, reach), (0.25, 0.5), (0.125, 0.125)] {
        let (base, count) = (found, (reach / step).round() as i32);
        let rough = step > 0.4;
        best = f32::MIN;
        for j in -count..=count {
            for i in -count..=count {
                let at = base + steps.0 * (i as f32 * step) + steps.1 * (j as f32 * step);
                let off = (at - guess).length() / module;
                let score = pattern(picture, at, steps, rough) - off * 20.0;
                if score > best {
                    (best, found) = (score, at);
                }
            }
        }
    }
    (best, found)
}

/// How much lighter the light ring of an alignment pattern is than its dark parts.
fn pattern(picture: &Picture, at: Point, (right, down): (Point, Point), rough: bool) -> f32 {
    let mut score = 0.0;
    for j in -2..=2_i32 {
        for i in -2..=2_i32 {
            let at = at + right * i as f32 + down * j as f32;
            let shade = if rough {
                picture.pixel(at)
            } else {
                picture.shade(at)
            };
            score += match i.abs().max(j.abs()) {
                0 => -2.0 * shade,
                1 => 2.25 * shade,
                _ => -shade,
            };
        }
    }
    score
}
