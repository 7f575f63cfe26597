//! A person at a pseudo-terminal, and a program at a pipe.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::thread;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use signer_core::frames::{Content, Direction, Limits, Received, Receiver, Shown, UrType};
use test_vectors::camera::codes_on;

use super::*;
use crate::read;

/// Bytes that packing does not make fewer.
fn message() -> Vec<u8> {
    let next = |state: &mut u32| {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some(state.to_be_bytes()[0])
    };
    std::iter::repeat_n((), 9_000)
        .scan(7_u32, |state, ()| next(state))
        .collect()
}

fn as_ur(density: Density) -> Result<Sender, SenderError> {
    let len = density.fragment_len(signer_core::frames::Form::Ur);
    Sender::new(UrType::Bytes, &message(), len)
}

/// More than is shown while all keys are pressed.
const MUCH: usize = 8 << 20;

fn settings(version: u8, pace: u8) -> Settings {
    Settings {
        density: Density::of_version(version).unwrap(),
        pace: Pace::of_frames(pace).unwrap(),
    }
}

fn seen(screen: &str) -> Vec<Shown> {
    let pictures = codes_on(screen).into_iter();
    let read = pictures.flat_map(|seen| read::grey(seen.width, seen.height, &seen.pixels));
    read.map(Shown::from_bytes).collect()
}

fn received(frames: &[Shown]) -> Option<Vec<u8>> {
    let mut receiver = Receiver::new(Limits::OURS);
    let whole = frames
        .iter()
        .any(|frame| receiver.receive(frame) == Received::Complete);
    whole.then(|| receiver.message().expect("whole").1)
}

#[test]
fn where_nobody_is_everything_is_shown_once() {
    let nobody = File::open("/dev/null").unwrap();
    let nothing = File::options().write(true).open("/dev/null").unwrap();
    for direct in [true, false] {
        let mut screen = Vec::new();
        let mut stage = Stage::new(nobody.as_fd(), nothing.as_fd(), Box::new(&mut screen)).unwrap();
        let cut = |density: Density| {
            let len = density.fragment_len(signer_core::frames::Form::Bytes);
            let from = Direction::FromDevice;
            if direct {
                as_ur(density)
            } else {
                Sender::bytes(from, Content::Psbt, &message(), len)
            }
        };
        run(cut, settings(20, 30), Lang::Ja, &mut stage).unwrap();
        drop(stage);
        let screen = String::from_utf8(screen).unwrap();
        let plain = cut(Density::of_version(20).unwrap()).unwrap().plain_parts();
        let frames = seen(&screen);
        assert_eq!(frames.len(), plain + plain.div_ceil(SPARE));
        assert!(received(&frames) == Some(message()));
        assert!(
            received(&frames[1..]) == Some(message()),
            "any frame may be lost"
        );
        assert!(!screen.contains("\x1b[?"), "a file is no terminal");
    }
}

#[test]
fn keys_change_size_and_speed_until_one_ends_it() {
    let (person, program) = terminal(130, 62);
    let before = rustix::termios::tcgetattr(&program).unwrap();
    let mut person = File::from(person);
    let mut keys = person.try_clone().unwrap();
    let screen = thread::spawn(move || {
        let (mut screen, mut chunk) = (String::new(), vec![0; 1 << 16]);
        // What each key must bring onto the screen before the next one is pressed. 62 lines hold
        // version 24, whatever is asked for.
        let mut script = [
            ("v24 | < > 30/s", '-'),
            ("v20 | < > 30/s", '-'),
            ("v15 | < > 30/s", '<'),
            ("v15 | < > 29/s", '+'),
            ("v20 | < > 29/s", '+'),
            ("v24 | < > 29/s", 'x'),
            ("| 3 (", 'q'),
        ]
        .into_iter()
        .peekable();
        let mut from = 0;
        while !screen.contains("\x1b[?1049l") {
            let count = person.read(&mut chunk).unwrap();
            screen.push_str(&String::from_utf8_lossy(&chunk[..count]));
            if screen.len() > MUCH {
                let _ = write!(keys, "q");
            }
            while let Some((awaited, key)) = script.peek() {
                let Some(at) = screen[from..].find(awaited) else {
                    break;
                };
                from += at;
                write!(keys, "{key}").unwrap();
                script.next();
            }
        }
        assert_eq!(script.next(), None);
        (screen, person)
    });
    let output = program.try_clone().unwrap();
    let mut stage = Stage::new(program.as_fd(), program.as_fd(), Box::new(output)).unwrap();
    run(as_ur, settings(40, 30), Lang::En, &mut stage).unwrap();
    drop(stage);
    let (screen, _person) = screen.join().unwrap();
    let after = rustix::termios::tcgetattr(&program).unwrap();
    assert_eq!(
        before.local_modes, after.local_modes,
        "the terminal is as it was"
    );
    assert!(screen.starts_with("\x1b[?1049h"));
    // No row wraps.
    let rows = screen.split("\x1b[30;47m").skip(1);
    let mut widths = rows.map(|row| row.chars().take_while(|c| *c != '\x1b').count());
    assert!(widths.all(|width| width <= 130));
}

#[test]
fn a_window_that_is_too_small_is_refused_and_left_as_it_was() {
    let (_person, program) = terminal(80, 23);
    let output = program.try_clone().unwrap();
    let mut stage = Stage::new(program.as_fd(), program.as_fd(), Box::new(output)).unwrap();
    let error = run(as_ur, settings(25, 8), Lang::En, &mut stage).unwrap_err();
    let said = error.to_string();
    assert!(
        said.contains("80 x 23 characters, the smallest code needs 45 x 24"),
        "{said}"
    );
}

/// A terminal of this size: (what a person holds, what the program reads).
fn terminal(columns: u16, rows: u16) -> (OwnedFd, File) {
    let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&person).unwrap();
    unlockpt(&person).unwrap();
    let name = ptsname(&person, Vec::new()).unwrap();
    let program = File::options()
        .read(true)
        .write(true)
        .open(name.to_str().unwrap());
    let program = program.unwrap();
    let size = rustix::termios::Winsize {
        ws_col: columns,
        ws_row: rows,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    rustix::termios::tcsetwinsize(&program, size).unwrap();
    (person, program)
}
