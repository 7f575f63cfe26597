//! What signing many inputs costs above the HSM itself.
//!
//! `scripts/bench sign` runs it; `docs/performance.md` explains what it prints. The real program
//! signs on a real token, behind a module that counts every call and passes it on. Times of a shared
//! machine are no test: only the counts of calls are asserted.

#[path = "../../tests/support/mod.rs"]
mod support;

mod bare;
mod counted;

use std::fs;
use std::time::{Duration, Instant};

use counted::Counted;
use signer_core::types::KeyIndex;
use support::Bench;
use support::house::{House, destination_script};
use support::people::at_ceremony;
use support::play::{device, play};

/// Inputs of each job.
const JOBS: [u32; 4] = [1, 10, 100, 900];
/// Keys on each chain of the wallet, unless `HIMURO_KEYS` says how many.
const KEYS: u32 = 100;
/// Added to each signature, where a slow HSM is played.
const DELAY: Duration = Duration::from_millis(5);
/// How often each job is done.
const TIMES: usize = 5;

fn main() {
    support::benched("sign", |bench| {
        let module = counted::module().display().to_string();
        let mut house = House::empty(bench, Some(["softhsm2".to_owned(), module]));
        house.keys = std::env::var("HIMURO_KEYS")
            .map_or(KEYS, |keys| keys.parse().expect("a number of keys"));
        let mut house = house.settled();
        let mut coins = 0..;
        first_signature(&mut house, &mut coins);
        println!("processor time, sums of {TIMES} runs; all calls: of one run");
        println!(
            "{:>7} {:>9} {:>9} {:>9} {:>9} | {:>7} {:>7} {:>7} | {:>7} {:>7} {:>9}",
            "inputs",
            "job ms",
            "module",
            "signing",
            "verifying",
            "/sign",
            "floor",
            "/module",
            "C_Sign",
            "C_Find..",
            "all calls"
        );
        for inputs in JOBS {
            let runs: Vec<Run> = (0..TIMES)
                .map(|_| job(&mut house, &mut coins, inputs, None))
                .collect();
            row(inputs, &runs);
        }
        slow_hsm(&mut house, &mut coins);
    });
}

fn row(inputs: u32, runs: &[Run]) {
    let sum = |of: fn(&Run) -> Duration| runs.iter().map(of).sum::<Duration>();
    let (job, module) = (sum(|run| run.cpu), sum(|run| run.counted.module()));
    let signing = sum(|run| run.counted.signing());
    // Measured now: the machine is as fast as it was a moment ago.
    let verifying = bare::bitcoin(inputs) * u32::try_from(runs.len()).expect("few");
    let over = |whole: Duration, part: Duration| whole.as_secs_f64() / part.as_secs_f64();
    let counted = &runs[0].counted;
    println!(
        "{inputs:>7} {:>9.1} {:>9.1} {:>9.1} {:>9.1} | {:>7.3} {:>7.3} {:>7.3} | {:>7} {:>7} {:>9}",
        ms(job),
        ms(module),
        ms(signing),
        ms(verifying),
        over(job, signing),
        over(signing + verifying, signing),
        over(job, module),
        counted.calls("C_Sign"),
        counted.calls("C_FindObjectsInit"),
        counted.all_calls(),
    );
}

/// Wall time where each signature takes much longer.
fn slow_hsm(house: &mut House<'_>, coins: &mut impl Iterator<Item = u32>) {
    let inputs = 900;
    let mut runs: Vec<Run> = (0..TIMES)
        .map(|_| job(house, coins, inputs, Some(DELAY)))
        .collect();
    runs.sort_by_key(|run| run.wall);
    let slow = runs.swap_remove(TIMES / 2);
    let hsm = slow.counted.wall("C_Sign");
    println!(
        "{DELAY:?} added to each of {inputs} signatures: {:.1} ms for the whole job, {:.1} ms of it in \
         C_Sign: ratio {:.3}",
        ms(slow.wall),
        ms(hsm),
        slow.wall.as_secs_f64() / hsm.as_secs_f64()
    );
}

/// Processor time from the start of the program to the first signature of a transaction.
fn first_signature(house: &mut House<'_>, coins: &mut impl Iterator<Item = u32>) {
    let runs: Vec<Run> = (0..TIMES).map(|_| job(house, coins, 1, None)).collect();
    let before = |run: &Run| run.counted.before(OPERATORS);
    let program: Duration = runs.iter().map(|run| before(run).program).sum();
    let module: Duration = runs.iter().map(|run| before(run).module).sum();
    println!(
        "before the first input is signed, {TIMES} runs: {:.1} ms of the program, {:.1} ms of it in the \
         module: ratio {:.3}",
        ms(program),
        ms(module),
        program.as_secs_f64() / module.as_secs_f64()
    );
}

/// The device, and both operators.
const LOGINS: u64 = 3;

/// Both operators sign in before anything else is signed.
const OPERATORS: usize = 2;

/// One run of the program.
struct Run {
    wall: Duration,
    cpu: Duration,
    counted: Counted,
}

/// Signs a transaction of so many fresh coins, and checks that the HSM was asked no more than it must be.
fn job(
    house: &mut House<'_>,
    coins: &mut impl Iterator<Item = u32>,
    inputs: u32,
    delay: Option<Duration>,
) -> Run {
    let keys = house.keys;
    let at = |coin| (KeyIndex(coin % keys), coin);
    let coins: Vec<(KeyIndex, u32)> = coins.take(inputs as usize).map(at).collect();
    let psbt = house.approved_psbt_from(destination_script(), &coins);
    let bench: &Bench = house.bench;
    bench.write("in.psbt", &psbt.to_bytes());
    for gone in ["out.psbt", "counts"] {
        let _ = fs::remove_file(bench.path(gone));
    }
    let arguments = house.sign_arguments("d1", "in.psbt", &["out.psbt"]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut program = device(&arguments);
    program.env("HIMURO_QUIRK_COUNT", bench.path("counts"));
    if let Some(delay) = delay {
        program.env(
            "HIMURO_QUIRK",
            format!("delay:C_Sign={}", delay.as_micros()),
        );
    }
    let (began, cpu) = (Instant::now(), children());
    play(&mut program, at_ceremony).ended(0);
    let run = Run {
        wall: began.elapsed(),
        cpu: children().saturating_sub(cpu),
        counted: Counted::read(&bench.path("counts")),
    };
    no_call_too_many(&run.counted, inputs, keys);
    run
}

/// One login of each token, one `C_SignInit` and one `C_Sign` for each signature, no question for its
/// length, no search for an input.
fn no_call_too_many(counted: &Counted, inputs: u32, keys: u32) {
    let signed = counted.calls("C_Sign");
    // The identity key seals the session; each operator signs in.
    assert!(
        signed >= u64::from(inputs),
        "{signed} signatures of {inputs}"
    );
    assert!(
        signed <= u64::from(inputs) + SESSION,
        "{signed} signatures of {inputs}"
    );
    assert_eq!(counted.calls("C_SignInit"), signed);
    assert_eq!(counted.calls("C_Sign(length)"), 0);
    assert_eq!(counted.calls("C_Login"), LOGINS);
    let searches = counted.calls("C_FindObjectsInit");
    assert!(
        searches <= u64::from(keys.min(inputs)) + 2 + SESSION,
        "{searches} searches"
    );
}

/// Signatures and searches of a session that no input asks for.
const SESSION: u64 = 16;

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// Processor time of all children that have ended.
fn children() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux");
    let (_, after) = stat.rsplit_once(')').expect("proc(5)");
    let fields: Vec<&str> = after.split_whitespace().collect();
    // proc(5): cutime and cstime are fields 16 and 17; state, the third, is the first behind the name.
    let ticks: u64 = [13, 14]
        .iter()
        .map(|n| fields[*n].parse::<u64>().expect("ticks"))
        .sum();
    // USER_HZ is 100 on every architecture that the program runs on.
    Duration::from_millis(ticks * 10)
}
