//! A camera that exists only here: a screen with a code on it, seen through a lens, and then the
//! usual damage. 1280 x 720 shades of grey, about 65 degrees across.

#![expect(
    clippy::many_single_char_names,
    reason = "optics: x and y, u and v, a to h"
)]
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "places in a picture and shades of grey: small numbers, rounded on purpose"
)]

use std::f32::consts::{PI, TAU};

use super::random::Random;
use super::screen::{Picture, QUIET, SCALE};

/// Pixels in a row of a picture.
pub const WIDTH: usize = 1280;
/// Rows of a picture.
pub const HEIGHT: usize = 720;

/// A code without its quiet zone.
#[derive(Debug)]
pub struct Code {
    /// Modules on a side.
    pub side: usize,
    /// Whether each is dark, row by row.
    pub dark: Vec<bool>,
}

impl Code {
    /// The code of a picture that shows it as it is.
    pub fn of(seen: &Picture) -> Self {
        let side = seen.width / SCALE - 2 * QUIET;
        let middle = |t: usize| (t + QUIET) * SCALE + SCALE / 2;
        let dark = |i: usize| {
            let (x, y) = (middle(i % side), middle(i / side));
            seen.pixels[y * seen.width + x] < 128
        };
        Self {
            side,
            dark: (0..side * side).map(dark).collect(),
        }
    }
}

/// Where the camera stands and how bad it is.
#[derive(Clone, Copy, Debug)]
pub struct Camera {
    /// Side of the code over the height of the picture, seen straight on.
    pub fill: f32,
    /// Turned in the plane of the picture, in degrees.
    pub roll: f32,
    /// Turned out of it, in degrees.
    pub tilt: f32,
    /// In which direction it is turned out of the plane, in radians.
    pub tilt_towards: f32,
    /// Radial distortion; below zero a barrel.
    pub barrel: f32,
    /// Blur of the lens (sigma), in pixels.
    pub blur: f32,
    /// Length of the streak of a moving hand, in pixels.
    pub motion: f32,
    /// Where the hand moves, in radians.
    pub motion_towards: f32,
    /// Sigma at white, in shades.
    pub noise: f32,
    /// Uneven light: its share across half the picture.
    pub gradient: f32,
    /// Shades added where a lamp is reflected.
    pub glare: f32,
    /// Shade of a dark module.
    pub black: f32,
    /// Shade of a light one.
    pub white: f32,
    /// Quality of the camera's JPEG.
    pub jpeg: u8,
    /// Share of the frame before that is still seen.
    pub ghost: f32,
    /// Share of the height that still shows the frame before.
    pub tear: f32,
}

impl Camera {
    /// Straight on, on a tripod.
    pub const GOOD: Self = Self {
        fill: 0.85,
        roll: 0.0,
        tilt: 0.0,
        tilt_towards: 0.0,
        barrel: 0.0,
        blur: 0.6,
        motion: 0.0,
        motion_towards: 0.0,
        noise: 3.0,
        gradient: 0.1,
        glare: 0.0,
        black: 35.0,
        white: 215.0,
        jpeg: 92,
        ghost: 0.0,
        tear: 0.0,
    };

    /// Scene 0 (ideal), 1 (tripod), 2 (desk), 3 (hand-held), 4 (bad): every picture draws its own
    /// values up to the limits of its scene.
    pub fn scene(level: usize, random: &mut Random) -> Self {
        let limits = [
            (0.92, 1.0, 2.0, 0.00, 0.5, 0.0, 2.0, 0.05, 0.0, 95),
            (0.85, 4.0, 6.0, 0.02, 0.7, 0.5, 4.0, 0.12, 0.0, 90),
            (0.78, 10.0, 12.0, 0.05, 0.9, 1.2, 7.0, 0.25, 15.0, 82),
            (0.68, 20.0, 20.0, 0.08, 1.2, 2.2, 10.0, 0.40, 30.0, 72),
            (0.58, 40.0, 30.0, 0.12, 1.5, 3.5, 15.0, 0.60, 50.0, 55),
        ];
        let (fill, roll, tilt, barrel, blur, motion, noise, gradient, glare, jpeg) = limits[level];
        Self {
            fill,
            roll: random.within(roll),
            tilt: tilt * (0.75 + random.within(0.25)),
            tilt_towards: random.within(PI),
            barrel: -barrel * (0.5 + random.within(0.5)),
            blur,
            motion,
            motion_towards: random.within(PI),
            noise,
            gradient,
            glare,
            jpeg,
            ..Self::GOOD
        }
    }

    /// A picture of `code`, `before` having been shown just before.
    pub fn shoot(&self, code: &Code, before: &Code, random: &mut Random) -> Vec<u8> {
        let mut picture = self.project(code, before, random);
        if self.blur > 0.05 {
            let reach = (self.blur * 3.0).ceil() as i32;
            let weight = |i: i32| (-(i * i) as f32 / (2.0 * self.blur * self.blur)).exp();
            let sum: f32 = (-reach..=reach).map(weight).sum();
            let taps: Vec<_> = (-reach..=reach)
                .map(|i| (weight(i) / sum, i as f32))
                .collect();
            picture = smeared(&picture, &taps, 1.0, 0.0);
            picture = smeared(&picture, &taps, 0.0, 1.0);
        }
        if self.motion > 0.3 {
            let count = (self.motion * 2.0).ceil() + 1.0;
            let taps: Vec<_> = (0..count as usize)
                .map(|i| (1.0 / count, self.motion * (i as f32 / (count - 1.0) - 0.5)))
                .collect();
            let (dy, dx) = self.motion_towards.sin_cos();
            picture = smeared(&picture, &taps, dx, dy);
        }
        let bells: Vec<f32> = (0..65_536).map(|_| random.bell()).collect();
        let noisy = picture.iter().map(|shade| {
            let sigma = self.noise * (0.3 + 0.7 * shade.max(0.0) / 215.0).sqrt();
            (shade + bells[random.below(65_536)] * sigma).clamp(0.0, 255.0)
        });
        super::jpeg::there_and_back(&noisy.collect::<Vec<_>>(), WIDTH, HEIGHT, self.jpeg)
    }

    fn project(&self, code: &Code, before: &Code, random: &mut Random) -> Vec<f32> {
        let to_screen = self.to_screen();
        let spot = (random.within(0.5), random.within(0.5));
        let towards = random.within(PI);
        let shift = (random.within(8.0), random.within(8.0));
        let mut picture = vec![0.0; WIDTH * HEIGHT];
        for (at, shade) in picture.iter_mut().enumerate() {
            let (x, y) = ((at % WIDTH) as f32, (at / WIDTH) as f32);
            let torn = y < self.tear * HEIGHT as f32;
            let mut light = 0.0;
            for (dx, dy) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] {
                let (u, v) = (x + dx - 640.0 + shift.0, y + dy - 360.0 + shift.1);
                let k = 1.0 - self.barrel * (u * u + v * v) / (640.0 * 640.0);
                let (u, v) = (u * k / FOCAL, v * k / FOCAL);
                let w = to_screen[6] * u + to_screen[7] * v + to_screen[8];
                let x = (to_screen[0] * u + to_screen[1] * v + to_screen[2]) / w;
                let y = (to_screen[3] * u + to_screen[4] * v + to_screen[5]) / w;
                let now = seen(if torn { before } else { code }, x, y);
                light += if self.ghost > 0.0 {
                    now * (1.0 - self.ghost) + self.ghost * seen(before, x, y)
                } else {
                    now
                };
            }
            let (u, v) = (x / 640.0 - 1.0, y / 640.0 - 0.5625);
            let uneven = 1.0 + self.gradient * (u * towards.cos() + v * towards.sin());
            let distance = (u - spot.0).powi(2) + (v - spot.1).powi(2);
            *shade = (self.black + (self.white - self.black) * light / 4.0) * uneven
                + self.glare * (-distance / 0.02).exp();
        }
        picture
    }

    /// From rays of the camera to places on the screen, where the code is one unit wide.
    fn to_screen(self) -> [f32; 9] {
        let (roll, tilt) = (self.roll.to_radians(), self.tilt.to_radians());
        let (ay, ax) = self.tilt_towards.sin_cos();
        let (st, ct) = tilt.sin_cos();
        let turned = |x: f32, y: f32| {
            [
                x * (ct + ax * ax * (1.0 - ct)) + y * ax * ay * (1.0 - ct),
                x * ax * ay * (1.0 - ct) + y * (ct + ay * ay * (1.0 - ct)),
                -x * ay * st + y * ax * st,
            ]
        };
        let right = turned(roll.cos(), roll.sin());
        let down = turned(-roll.sin(), roll.cos());
        let far = FOCAL / (self.fill * HEIGHT as f32);
        inverse([
            right[0], down[0], 0.0, right[1], down[1], 0.0, right[2], down[2], far,
        ])
    }
}

/// Pixels from the lens to the picture.
const FOCAL: f32 = 1000.0;

fn inverse(m: [f32; 9]) -> [f32; 9] {
    let minor = |a: usize, b: usize, c: usize, d: usize| m[a] * m[d] - m[b] * m[c];
    let adjoint = [
        minor(4, 5, 7, 8),
        -minor(1, 2, 7, 8),
        minor(1, 2, 4, 5),
        -minor(3, 5, 6, 8),
        minor(0, 2, 6, 8),
        -minor(0, 2, 3, 5),
        minor(3, 4, 6, 7),
        -minor(0, 1, 6, 7),
        minor(0, 1, 3, 4),
    ];
    let determinant = m[0] * adjoint[0] + m[1] * adjoint[3] + m[2] * adjoint[6];
    adjoint.map(|value| value / determinant)
}

/// Light of the screen and the wall behind it: 0 black, 1 white.
fn seen(code: &Code, x: f32, y: f32) -> f32 {
    let side = code.side as f32;
    let (u, v) = ((x + 0.5) * side, (y + 0.5) * side);
    if u >= 0.0 && v >= 0.0 && u < side && v < side {
        let dark = code.dark[v as usize * code.side + u as usize];
        return if dark { 0.0 } else { 1.0 };
    }
    if u > -4.0 && v > -4.0 && u < side + 4.0 && v < side + 4.0 {
        return 1.0;
    }
    if x.abs() < 0.95 && y.abs() < 0.62 {
        // A window with lines like text.
        let line = (y * 40.0).fract().abs() < 0.4 && (x * 23.0).sin() > -0.3;
        return if line { 0.55 } else { 0.85 };
    }
    0.18 + 0.12 * (x * 5.0).sin() * (y * 4.0).cos()
}

/// Weighted sum of places along a direction.
fn smeared(picture: &[f32], taps: &[(f32, f32)], dx: f32, dy: f32) -> Vec<f32> {
    let at = |x: i32, y: i32| {
        let (x, y) = (x.clamp(0, WIDTH as i32 - 1), y.clamp(0, HEIGHT as i32 - 1));
        picture[y as usize * WIDTH + x as usize]
    };
    let mut smeared = vec![0.0; picture.len()];
    for (weight, offset) in taps {
        let (ox, oy) = (offset * dx, offset * dy);
        let (fx, fy) = (ox.rem_euclid(1.0), oy.rem_euclid(1.0));
        let (ox, oy) = (ox.floor() as i32, oy.floor() as i32);
        for (i, sum) in smeared.iter_mut().enumerate() {
            let (x, y) = ((i % WIDTH) as i32 + ox, (i / WIDTH) as i32 + oy);
            let mut value = at(x, y) * (1.0 - fx) * (1.0 - fy);
            if fx > 0.001 {
                value += at(x + 1, y) * fx * (1.0 - fy);
            }
            if fy > 0.001 {
                value += at(x, y + 1) * fy * (1.0 - fx);
            }
            if fx > 0.001 && fy > 0.001 {
                value += at(x + 1, y + 1) * fx * fy;
            }
            *sum += weight * value;
        }
    }
    smeared
}

impl Random {
    /// Between minus and plus this much.
    pub fn within(&mut self, most: f32) -> f32 {
        (self.unit() * 2.0 - 1.0) * most
    }

    /// A number of the bell curve (Box and Muller).
    fn bell(&mut self) -> f32 {
        let (a, b) = (self.unit().max(1e-7), self.unit());
        (-2.0 * a.ln()).sqrt() * (TAU * b).cos()
    }

    fn unit(&mut self) -> f32 {
        (self.number() >> 40) as f32 / (1_u32 << 24) as f32
    }
}
