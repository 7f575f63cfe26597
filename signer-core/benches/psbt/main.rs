//! How long, and in how much memory, a PSBT is read, judged and made ready for signing.
//!
//! `scripts/bench` runs it and explains what it prints. Nothing here fails for being slow: times of
//! a shared machine are no test. Every measured result is compared with `bitcoin`'s, so that what is
//! fast is also right.

mod case;
mod work;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use rustix::time::{ClockId, clock_gettime};

use case::{Case, wallet};
use work::{Found, Work};

const USUAL: [u32; 6] = [1, 10, 100, 500, 950, 1_000];
const HEAVY: u32 = 950;
const OUTPUTS: [u32; 5] = [1, 10, 100, 500, 1_000];

fn main() {
    let mut arguments = env::args().skip(1).filter(|argument| argument != "--bench");
    match arguments.next().as_deref() {
        None => table(),
        Some("once") => {
            let rest: Vec<String> = arguments.collect();
            let [work, path, inputs] = &rest[..] else {
                panic!("once <work> <file> <inputs>");
            };
            once(work, Path::new(path), inputs.parse().expect("a number"));
        }
        Some("write") => {
            let inputs = arguments
                .next()
                .map_or(100, |n| n.parse().expect("a number"));
            println!("{}", write(Case::usual(inputs)).display());
        }
        Some(other) => panic!("unknown argument {other}"),
    }
}

fn table() {
    println!(
        "CPU time, median; peak of a process of its own, what it needs without a file deducted"
    );
    println!(
        "{:>7} {:>10} | {:>10} {:>10} {:>10} {:>9} | {:>12} {:>12}",
        "inputs",
        "file KiB",
        "library",
        "rules",
        "reading",
        "for each",
        "library peak",
        "rules peak"
    );
    for inputs in USUAL {
        row(Case::usual(inputs));
    }
    println!("parents of 2,000 outputs:");
    row(Case::heavy(HEAVY));
    println!("two inputs, so many outputs in the place of inputs:");
    for outputs in OUTPUTS {
        row(Case::paying(outputs));
    }
}

fn row(case: Case) {
    let path = write(case);
    let bytes = fs::read(&path).expect("the file that was written");
    let wallet = wallet(case.inputs);
    let works = [Work::Library, Work::Rules, Work::Reading];
    // What there are many of: inputs, or outputs.
    let of = match case.payments {
        1 => case.inputs,
        payments => payments + 1,
    };
    let rounds = (4_000 / of).clamp(7, 401);
    let rounds = if case.parent_outputs > 2 { 5 } else { rounds };
    let mut times = [const { Vec::new() }; 3];
    // In turns, so that a busy neighbour disturbs all alike.
    for _ in 0..rounds {
        for (work, times) in works.into_iter().zip(&mut times) {
            times.push(timed(work, &bytes, &wallet).0);
        }
    }
    let found = works.map(|work| timed(work, &bytes, &wallet).1);
    let end = match &found {
        [library, rules, Found::Nothing] if library == rules => String::new(),
        [_, Found::Refused(rule), _] => format!("  refused: {rule}"),
        other => panic!("two readings differ: {other:?}"),
    };
    let [library, rules, reading] = times.map(median);
    let size = f64::from(u32::try_from(bytes.len()).expect("a file below 4 GiB"));
    let peak = |work| {
        // The kernel counts memory in steps of about 256 KiB.
        if bytes.len() < 256 * 1024 {
            return "-".into();
        }
        let peak = peak(work, &path, case.inputs);
        format!("{:.2} x", peak / size)
    };
    println!(
        "{:>7} {:>10} | {:>7} us {:>7} us {:>7} us {:>6.1} us | {:>12} {:>12}{end}",
        of,
        bytes.len() / 1024,
        library.as_micros(),
        rules.as_micros(),
        reading.as_micros(),
        rules.as_secs_f64() * 1e6 / f64::from(of),
        peak("library"),
        peak("rules"),
    );
}

fn timed(
    work: Work,
    bytes: &[u8],
    wallet: &signer_core::wallet::DescriptorWallet,
) -> (Duration, Found) {
    let bytes = bytes.to_vec();
    let start = cpu_time();
    let found = work.run(bytes, wallet);
    (cpu_time().saturating_sub(start), found)
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(time).expect("a time after the start")
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Bytes at the peak of a process that does this work once, less those of one that does nothing
/// and has no file.
fn peak(work: &str, path: &Path, inputs: u32) -> f64 {
    let of = |work: &str, path: &Path| {
        let me = env::current_exe().expect("a program");
        let mut child = Command::new(me);
        let child = child
            .arg("once")
            .arg(work)
            .arg(path)
            .arg(inputs.to_string());
        let output = child.output().expect("a process");
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).expect("a number");
        text.trim().parse::<f64>().expect("a number")
    };
    of(work, path) - of("nothing", Path::new("/dev/null"))
}

/// Does one piece of work and prints the peak of this process in bytes.
fn once(name: &str, path: &Path, inputs: u32) {
    let known = Work::ALL.into_iter().find(|(known, _)| *known == name);
    let (_, work) = known.expect("a known work");
    let wallet = wallet(inputs);
    let bytes = fs::read(path).expect("a file");
    let found = work.run(bytes, &wallet);
    assert!(work == Work::Nothing || found != Found::Nothing);
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kib: u64 = kib.expect("a peak").trim().parse().expect("a number");
    println!("{}", kib * 1024);
}

fn write(case: Case) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(format!(
        "bench-{}-{}-{}.psbt",
        case.inputs, case.parent_outputs, case.payments
    ));
    fs::write(&path, case.psbt()).expect("a writable target folder");
    path
}
