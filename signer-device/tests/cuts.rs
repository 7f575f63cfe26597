//! A signing ceremony may end at any moment: at each write, flush, new name and call of the HSM, and
//! in between. The device comes back, says what was cut, and nothing that left is without its record.
//!
//! `HIMURO_CUTS=all` takes every point and 2,000 moments (`scripts/cuts`), or `HIMURO_MOMENTS` of them; the
//! ordinary tests a few of each.

mod support;

use std::time::Instant;

use support::Bench;
use support::cut::{How, Scene, beside};
use support::house::{House, destination_script};
use support::isolated;

/// Inputs of the withdrawal: so many wallet signatures.
const COINS: [u8; 3] = [1, 2, 3];
/// Points that the signing path has at least.
const POINTS: usize = 200;

fn all() -> bool {
    std::env::var("HIMURO_CUTS").is_ok_and(|which| which == "all")
}

/// How often a ceremony is killed at a random moment.
fn moments() -> usize {
    let asked = std::env::var("HIMURO_MOMENTS").ok();
    let usual = if all() { 2_000 } else { 50 };
    asked.map_or(usual, |count| count.parse().expect("a number"))
}

/// A house whose first device has a withdrawal to sign, at an HSM whose calls are points too.
fn house(bench: &Bench) -> House<'_> {
    let hsm = ["softhsm2".to_owned(), beside("libquirk_module.so")];
    let mut house = House::empty(bench, Some(hsm)).settled();
    let psbt = house.approved_psbt_of(destination_script(), &COINS);
    bench.write("in.psbt", &psbt.to_bytes());
    house
}

/// Of so many points as many as an ordinary test has time for, from the first to the last.
fn some(points: usize, few: usize) -> impl Iterator<Item = usize> {
    let step = if all() { 1 } else { points.div_ceil(few) };
    (1..=points).step_by(step)
}

#[test]
fn cut_at_every_point() {
    isolated("cut_at_every_point", |bench| {
        let house = house(bench);
        let scene = Scene::new(&house, &["psbt", "sign", "--out", "out.psbt"]);
        let points = scene.points.len();
        assert!(points >= POINTS, "{points} points");
        let hows = [How::Kill, How::Power, How::Torn];
        let mut cuts = 0;
        for (turn, at) in some(points, 36).enumerate() {
            let turns = if all() { 3 } else { 1 };
            for how in hows.iter().cycle().skip(turn).take(turns) {
                scene.cut(*how, at);
                cuts += 1;
            }
        }
        scene.others_take_it();
        println!("{cuts} cuts at {points} points of signing");
    });
}

/// Going on after a cut may be cut as well.
#[test]
fn cut_again_while_going_on() {
    isolated("cut_again_while_going_on", |bench| {
        let house = house(bench);
        let scene = Scene::new(&house, &["psbt", "sign", "--out", "out.psbt"]);
        let signs = scene.points.iter().enumerate();
        let mut signs = signs.filter(|(_, point)| point.starts_with("C_Sign "));
        // Both operators, the first of three inputs, and the second.
        let (third, _) = signs.nth(3).expect("it signs");
        scene.leave_cut(How::Torn, third + 3);
        let scene = Scene::new(&house, &["psbt", "resume", "--out", "out.psbt"]);
        let points = scene.points.len();
        let hows = [How::Power, How::Torn, How::Kill];
        let mut cuts = 0;
        for (at, how) in some(points, 12).zip(hows.iter().cycle()) {
            scene.cut(*how, at);
            cuts += 1;
        }
        scene.others_take_it();
        println!("{cuts} cuts at {points} points of going on");
    });
}

#[test]
fn a_disk_that_fails_at_every_point() {
    isolated("a_disk_that_fails_at_every_point", |bench| {
        let house = house(bench);
        let scene = Scene::new(&house, &["psbt", "sign", "--out", "out.psbt"]);
        let of_disk: Vec<usize> = (1..=scene.points.len())
            .filter(|at| !scene.points[at - 1].starts_with("C_"))
            .collect();
        let hows = [How::Full, How::Fails, How::Short];
        let (mut tried, mut failed) = (0, 0);
        for (turn, place) in some(of_disk.len(), 18).enumerate() {
            let turns = if all() { 3 } else { 1 };
            for how in hows.iter().cycle().skip(turn).take(turns) {
                failed += usize::from(scene.cut(*how, of_disk[place - 1]) != 0);
                tried += 1;
            }
        }
        assert!(failed * 3 > tried, "{failed} of {tried} were noticed");
        scene.others_take_it();
        println!(
            "{tried} faults at {} points of the disk, {failed} ended it",
            of_disk.len()
        );
    });
}

#[test]
fn killed_at_random_moments() {
    isolated("killed_at_random_moments", |bench| {
        let house = house(bench);
        let began = Instant::now();
        let scene = Scene::new(&house, &["psbt", "sign", "--out", "out.psbt"]);
        let whole = began.elapsed();
        let moments = moments();
        let mut random = Random::seeded();
        let mut through = 0;
        for _ in 0..moments {
            let part = whole.mul_f64(random.next());
            through += usize::from(scene.cut_after(part) == 0);
        }
        assert!(through < moments, "each one went through");
        scene.others_take_it();
        println!(
            "{moments} moments, {through} after the end, seed {}",
            random.seed
        );
    });
}

/// Numbers from 0 to 1, from a fresh seed.
struct Random {
    seed: u64,
    state: u64,
}

impl Random {
    fn seeded() -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let seed = now.map_or(1, |now| u64::from(now.subsec_nanos()) | 1);
        Self { seed, state: seed }
    }

    fn next(&mut self) -> f64 {
        // Marsaglia's xorshift.
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        let upper = u32::try_from(self.state >> 32).expect("32 bits");
        f64::from(upper) / f64::from(u32::MAX)
    }
}
