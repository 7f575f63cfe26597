//! The picture reader as a real child process: this program starts itself, as both programs do.
//!
//! It brings its own `main`, because the test harness would write on the child's standard output.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use officer_console::Stage;

use optics::child::{MEMORY_LIMIT, PictureError, Reader, TIME_LIMIT, confine, serve};
use optics::draw;
use optics::intake::{self, Ended};
use optics::read::ReadError;
use optics::source::Source;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use signer_core::frames::{Content, Direction, Follower, Limits, Sender, UrType};
use signer_core::types::Lang;
use test_vectors::camera::codes_on;
use test_vectors::camera::film;
use test_vectors::camera::lens::{Camera, Code};
use test_vectors::camera::random::Random;

/// The hidden subcommand.
const DECODE: &str = "decode-picture";
/// A child that tries what it must not be able to do.
const MISBEHAVE: &str = "misbehave";
/// A child that is busy and never answers.
const SPIN: &str = "spin";

/// What a busy machine may add to the time limit.
const GRACE: Duration = Duration::from_secs(3);
/// Exit code of a child that was held in every respect.
const HELD: u8 = 42;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some(DECODE) => serve().map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS),
        Some(MISBEHAVE) => misbehave(),
        Some(SPIN) => loop {
            std::hint::spin_loop();
        },
        _ => run_all(),
    }
}

/// Tests by their names.
macro_rules! tests {
    ($($name:ident,)*) => { [$((stringify!($name), $name as fn())),*] };
}

fn run_all() -> ExitCode {
    let wanted = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let tests = tests![
        one_child_reads_many_pictures,
        refusals_come_through_the_child,
        pictures_made_to_hurt_are_read_in_time,
        a_busy_child_is_cut_off,
        a_child_that_does_not_answer_is_cut_off,
        a_child_that_dies_is_replaced,
        nonsense_and_missing_programs_are_errors,
        the_child_is_confined,
        the_child_inherits_nothing_of_ours,
        the_child_ends_with_its_reader,
        a_recorded_camera_goes_through_the_child,
        one_key_aborts,
    ];
    let mut run = 0;
    for (name, test) in tests {
        if wanted
            .as_ref()
            .is_none_or(|part| name.contains(part.as_str()))
        {
            test();
            println!("test {name} ... ok");
            run += 1;
        }
    }
    println!("test result: ok. {run} passed");
    ExitCode::SUCCESS
}

fn reader() -> Reader {
    Reader::spawn(std::env::current_exe().unwrap(), &[DECODE]).unwrap()
}

fn picture(text: &str) -> Vec<u8> {
    draw::png(text, draw::SCALE).unwrap()
}

fn alive(process: u32) -> bool {
    fs::exists(format!("/proc/{process}")).unwrap()
}

fn one_child_reads_many_pictures() {
    let mut reader = reader();
    let process = reader.process();
    for i in 0..100 {
        let text = format!("UR:BYTES/{i}").repeat(1 + i);
        assert_eq!(reader.read(&picture(&text)).unwrap(), [text]);
    }
    assert_eq!(reader.process(), process);
}

fn refusals_come_through_the_child() {
    let mut reader = reader();
    let process = reader.process();
    let empty = reader.read(b"").unwrap_err();
    assert!(matches!(empty, PictureError::Refused(ReadError::NotPng)));
    let large = reader.read(&vec![0; 9 * 1024 * 1024]).unwrap_err();
    assert!(matches!(
        large,
        PictureError::Refused(ReadError::TooManyBytes)
    ));
    assert_eq!(reader.read(&picture("STILL HERE")).unwrap(), ["STILL HERE"]);
    assert_eq!(reader.process(), process);
}

/// A picture full of finder patterns: the locator tries every triple of them.
fn finder_patterns() -> Vec<u8> {
    let ring = |x: usize, y: usize| x.abs_diff(3).max(y.abs_diff(3));
    let shade = |i: usize| {
        let (x, y) = (i % 1280 / 2 % 8, i / 1280 / 2 % 8);
        if x == 7 || y == 7 || ring(x, y) == 2 {
            255
        } else {
            0
        }
    };
    let pixels: Vec<u8> = (0..1280 * 720).map(shade).collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 1280, 720);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&pixels).unwrap();
    drop(writer);
    file
}

/// The picture that kept `rqrr` busy for more than a minute.
fn pictures_made_to_hurt_are_read_in_time() {
    let mut reader = reader();
    let process = reader.process();
    for _ in 0..20 {
        assert!(reader.read(&finder_patterns()).unwrap().is_empty());
    }
    assert_eq!(reader.process(), process, "none was cut off");
}

fn a_busy_child_is_cut_off() {
    let program = std::env::current_exe().unwrap();
    let mut reader = Reader::spawn(program, &[SPIN]).unwrap();
    let first = reader.process().unwrap();
    let error = reader.read(&picture("A")).unwrap_err();
    assert!(matches!(error, PictureError::Overrun), "{error:?}");
    assert!(!alive(first), "the child is killed and gone");
}

fn a_child_that_does_not_answer_is_cut_off() {
    let mut reader = Reader::spawn("/bin/sleep", &["60"]).unwrap();
    let start = Instant::now();
    // More than a pipe holds: the parent must not be held in the write either.
    let error = reader.read(&vec![0; 1024 * 1024]).unwrap_err();
    assert!(matches!(error, PictureError::Overrun), "{error:?}");
    assert!(start.elapsed() < TIME_LIMIT + GRACE);
}

fn a_child_that_dies_is_replaced() {
    let mut reader = reader();
    let first = reader.process().unwrap();
    let killed = Command::new("kill")
        .args(["-9", &first.to_string()])
        .status();
    assert!(killed.unwrap().success());
    let error = reader.read(&picture("LOST")).unwrap_err();
    assert!(matches!(error, PictureError::Died), "{error:?}");
    assert_eq!(reader.read(&picture("FOUND")).unwrap(), ["FOUND"]);
}

fn nonsense_and_missing_programs_are_errors() {
    let missing = Reader::spawn("/nowhere/reader", &[]).unwrap_err();
    assert!(
        matches!(missing, PictureError::NotStarted(_)),
        "{missing:?}"
    );
    for (program, args) in [
        ("/bin/cat", &[][..]),
        ("/bin/echo", &["hello"]),
        ("/bin/true", &[]),
    ] {
        let mut reader = Reader::spawn(program, args).unwrap();
        let error = reader.read(&picture("A")).unwrap_err();
        // What does not answer as a reader does is given up, at the latest when its time is over.
        assert!(
            matches!(error, PictureError::Died | PictureError::Overrun),
            "{program}: {error:?}"
        );
    }
}

fn misbehave() -> ExitCode {
    confine().unwrap();
    let limit = usize::try_from(MEMORY_LIMIT).unwrap();
    let memory = Vec::<u8>::new().try_reserve_exact(limit);
    let reads = fs::File::open("/etc/passwd");
    let writes = fs::File::create("/tmp/optics-must-not-exist");
    if memory.is_err() && reads.is_err() && writes.is_err() {
        ExitCode::from(HELD)
    } else {
        ExitCode::FAILURE
    }
}

fn the_child_is_confined() {
    let program = std::env::current_exe().unwrap();
    let status = Command::new(program).arg(MISBEHAVE).status().unwrap();
    assert_eq!(status.code(), Some(i32::from(HELD)));
    let mut reader = reader();
    assert_eq!(reader.read(&picture("A")).unwrap(), ["A"]);
    let limits = fs::read_to_string(format!("/proc/{}/limits", reader.process().unwrap())).unwrap();
    for (name, most) in [
        ("Max address space", MEMORY_LIMIT),
        ("Max core file size", 0),
        ("Max file size", 0),
        ("Max open files", 3),
    ] {
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
        let values: Vec<&str> = line[name.len()..].split_whitespace().take(2).collect();
        assert_eq!(values, [most.to_string(), most.to_string()], "{name}");
    }
}

fn the_child_inherits_nothing_of_ours() {
    let ours = std::env::current_exe().unwrap();
    let open = fs::File::open(&ours).unwrap();
    let mut reader = reader();
    assert_eq!(reader.read(&picture("A")).unwrap(), ["A"]);
    let process = reader.process().unwrap();
    let has_it_open = |process: &str| {
        let fds = fs::read_dir(format!("/proc/{process}/fd")).unwrap();
        fds.filter_map(|fd| fs::read_link(fd.unwrap().path()).ok())
            .any(|path| path == ours)
    };
    assert!(has_it_open("self") && !has_it_open(&process.to_string()));
    drop(open);
    assert_eq!(fs::read(format!("/proc/{process}/environ")).unwrap(), b"");
    let folder = fs::read_link(format!("/proc/{process}/cwd")).unwrap();
    assert_eq!(folder.to_str(), Some("/"));
}

fn the_child_ends_with_its_reader() {
    let reader = reader();
    let process = reader.process().unwrap();
    assert!(alive(process));
    drop(reader);
    assert!(!alive(process));
}

/// What a camera sees of a message in frames, some of them lost: a recording.
fn recording(name: &str, sender: &Sender, frames: &[u32]) -> PathBuf {
    let codes: Vec<Code> = frames
        .iter()
        .map(|seq| Code::of(&codes_on(&draw::terminal(sender.part(*seq)).unwrap())[0]))
        .collect();
    let pictures = film::shot(&codes, 1, &Camera::GOOD, &mut Random(5));
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, film::recorded(&pictures, film::Format::Mjpeg)).unwrap();
    path
}

fn taken(recording: &Path, stage: &mut Stage<'_>) -> (Ended, Follower) {
    let mut source = Source::open(recording).unwrap();
    let mut receiver = Follower::awaiting(Limits::OURS, Direction::FromDevice);
    let ended = intake::run(&mut source, &mut reader(), &mut receiver, Lang::En, stage);
    (ended.unwrap(), receiver)
}

fn a_recorded_camera_goes_through_the_child() {
    let message = Random(2).bytes(600);
    let sender = Sender::new(UrType::Bytes, &message, 100).unwrap();
    // Parts 3 and 4 were missed; 8 and later are mixed ones.
    let whole = recording(
        "whole",
        &sender,
        &[1, 2, 2, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
    );
    let cut = recording("cut", &sender, &[1, 2, 5]);
    let null = fs::File::options()
        .read(true)
        .write(true)
        .open("/dev/null")
        .unwrap();
    let mut shown = Vec::new();
    let mut stage = Stage::new(null.as_fd(), null.as_fd(), Box::new(&mut shown)).unwrap();
    let (ended, receiver) = taken(&whole, &mut stage);
    assert_eq!(ended, Ended::Whole);
    assert_eq!(receiver.message(), Some((Content::Other, message)));
    drop(stage);
    let shown = String::from_utf8(shown).unwrap();
    let code = receiver.code().unwrap();
    for line in [
        "no code was read yet",
        "6 more frames needed of 7",
        "1 more frame needed of 7",
        &format!("all 7 frames are there | transfer code {code}"),
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    assert_eq!(
        shown.matches("pictures/s").count(),
        8,
        "each new frame, and the begin"
    );
    let mut stage = Stage::new(null.as_fd(), null.as_fd(), Box::new(Vec::new())).unwrap();
    let (ended, receiver) = taken(&cut, &mut stage);
    assert_eq!((ended, receiver.missing()), (Ended::Over, Some(4)));
}

/// Each way to abort, pressed while the pictures come.
fn one_key_aborts() {
    let message = Random(2).bytes(600);
    let sender = Sender::new(UrType::Bytes, &message, 100).unwrap();
    let path = recording("long", &sender, &[1; 30]);
    for key in ["q", "Q", "\x03"] {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&person).unwrap();
        unlockpt(&person).unwrap();
        let name = ptsname(&person, Vec::new()).unwrap();
        let program = fs::File::options()
            .read(true)
            .write(true)
            .open(name.to_str().unwrap())
            .unwrap();
        let mut person = fs::File::from(person);
        let screen = std::thread::spawn(move || {
            let (mut screen, mut chunk) = (String::new(), vec![0; 1 << 16]);
            let mut pressed = false;
            while !screen.contains("\x1b[?1049l") {
                let count = person.read(&mut chunk).unwrap();
                screen.push_str(&String::from_utf8_lossy(&chunk[..count]));
                if !pressed && screen.contains("6 more frames needed of 7") {
                    person.write_all(key.as_bytes()).unwrap();
                    pressed = true;
                }
            }
            (screen, person)
        });
        let output = program.try_clone().unwrap();
        let mut stage = Stage::new(program.as_fd(), program.as_fd(), Box::new(output)).unwrap();
        let (ended, receiver) = taken(&path, &mut stage);
        drop(stage);
        let (screen, _person) = screen.join().unwrap();
        assert_eq!((ended, receiver.missing()), (Ended::Aborted, Some(6)));
        let pictures = screen.matches("pictures/s").count();
        assert!(pictures < 20, "not to the end of the stream: {pictures}");
    }
}
