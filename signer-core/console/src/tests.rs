use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex};
use std::thread;

use rustix::pipe::pipe;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::*;

/// What the console has written, shared with the officer who reads it.
#[derive(Clone, Default)]
struct Screen(Arc<Mutex<Vec<u8>>>);

impl Screen {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no writer panics").clone()).expect("text")
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no writer panics").extend(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Types `line` once the prompt stands on the screen.
fn answer_after_prompt(screen: &Screen, keyboard: OwnedFd, line: &'static str) {
    let screen = screen.clone();
    thread::spawn(move || {
        while !screen.text().ends_with(" > ") {
            thread::yield_now();
        }
        File::from(keyboard)
            .write_all(line.as_bytes())
            .expect("the console still reads");
    });
}

/// A terminal: (what a person holds, what the program reads).
fn terminal() -> (OwnedFd, File) {
    let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("there are terminals");
    grantpt(&person).expect("ours");
    unlockpt(&person).expect("ours");
    let name = ptsname(&person, Vec::new()).expect("it has a name");
    let path = name.to_str().expect("a path").to_owned();
    let program = File::options()
        .read(true)
        .write(true)
        .open(path)
        .expect("it opens");
    (person, program)
}

#[test]
fn a_prompt_names_the_officer_and_the_question() {
    let (input, keyboard) = pipe().expect("a pipe");
    let screen = Screen::default();
    answer_after_prompt(&screen, keyboard, "0.50000000\r\n");
    let mut console = Console::new(input.as_fd(), screen.clone());
    let answer = console.ask("sato.k", "total amount").expect("an answer");
    assert_eq!(answer, "0.50000000");
    assert_eq!(screen.text(), "? sato.k: total amount > \n");
}

#[test]
fn what_was_typed_before_the_prompt_answers_nothing() {
    let (input, keyboard) = pipe().expect("a pipe");
    let mut early = File::from(keyboard.try_clone().expect("a second hand"));
    early.write_all(b"too early\n").expect("room in the pipe");
    let screen = Screen::default();
    answer_after_prompt(&screen, keyboard, "in time\n");
    let mut console = Console::new(input.as_fd(), screen.clone());
    assert_eq!(console.ask("a", "b").expect("an answer"), "in time");
    assert!(screen.text().starts_with(DISCARDED), "{}", screen.text());
}

#[test]
fn a_console_waits_no_longer_than_its_patience() {
    let (input, _keyboard) = pipe().expect("a pipe");
    let mut console =
        Console::new(input.as_fd(), Screen::default()).with_patience(Duration::from_millis(20));
    assert!(matches!(console.ask("a", "b"), Err(ConsoleError::Idle)));
}

#[test]
fn an_input_that_ends_is_no_answer() {
    let (input, keyboard) = pipe().expect("a pipe");
    drop(keyboard);
    let mut console = Console::new(input.as_fd(), Screen::default());
    assert!(matches!(console.ask("a", "b"), Err(ConsoleError::Ended)));
    assert!(matches!(
        console.ask_secret("a", "b"),
        Err(ConsoleError::Ended)
    ));
}

#[test]
fn an_answer_has_a_limit() {
    for (len, fits) in [(ANSWER_LIMIT, true), (ANSWER_LIMIT + 1, false)] {
        let (input, keyboard) = pipe().expect("a pipe");
        let screen = Screen::default();
        let line: &'static str = String::leak("x".repeat(len) + "\n");
        answer_after_prompt(&screen, keyboard, line);
        let mut console = Console::new(input.as_fd(), screen);
        assert_eq!(console.ask("a", "b").is_ok(), fits, "{len}");
    }
}

#[test]
fn a_terminal_echoes_answers_but_no_pin() {
    for (secret, echoed) in [(true, false), (false, true)] {
        let (person, program) = terminal();
        let screen = Screen::default();
        let keyboard = person.try_clone().expect("a second hand");
        answer_after_prompt(&screen, keyboard, "4711\n");
        let mut console = Console::new(program.as_fd(), screen.clone());
        assert_eq!(console.input_kind(), InputKind::Terminal);
        let answer = if secret {
            console.ask_secret("a", "PIN").expect("an answer")
        } else {
            Zeroizing::new(console.ask("a", "PIN").expect("an answer"))
        };
        assert_eq!(answer.as_str(), "4711");
        let after = tcgetattr(&program).expect("a terminal");
        assert!(after.local_modes.contains(LocalModes::ECHO), "echo is back");
        // The echo of the terminal itself, with a marker behind it so that reading ends.
        (&program).write_all(b"#").expect("the terminal is open");
        let mut seen = Vec::new();
        let mut byte = [0u8; 1];
        let mut hand = File::from(person);
        while !seen.ends_with(b"#") {
            hand.read_exact(&mut byte).expect("the marker comes");
            seen.extend(byte);
        }
        let seen = String::from_utf8(seen).expect("text");
        assert_eq!(seen.contains("4711"), echoed, "{seen:?}");
    }
}

/// Names of files come from the host. None may clear a screen, change its letters or turn around.
#[test]
fn nothing_that_steers_a_terminal_reaches_it() {
    let (keys, keyboard) = pipe().expect("there are pipes");
    let screen = Screen::default();
    let mut console = Console::new(keys.as_fd(), screen.clone());
    console
        .say("part\u{1b}[2J\u{9b}1m\r\u{202e}gnp.\u{200b}\u{7}\nnext 署名")
        .expect("it is shown");
    answer_after_prompt(&screen, keyboard, "yes\n");
    let answer = console.ask("sato.k", "one\nline\u{1b}c");
    assert_eq!(answer.expect("an answer"), "yes");
    let shown = screen.text();
    assert!(!shown.chars().any(steers), "{shown:?}");
    assert!(
        shown.starts_with(
            "part<U+001B>[2J<U+009B>1m<U+000D><U+202E>gnp.<U+200B><U+0007>\nnext 署名\n"
        )
    );
    assert!(shown.contains("? sato.k: one line<U+001B>c > "));
}

/// Waits for the prompt, looks at the terminal, then types.
fn watch_prompt(
    screen: &Screen,
    terminal: &File,
    keyboard: OwnedFd,
    typed: &'static [u8],
) -> thread::JoinHandle<Termios> {
    let (screen, terminal) = (screen.clone(), terminal.try_clone().expect("the same file"));
    thread::spawn(move || {
        while !screen.text().ends_with(" > ") {
            thread::yield_now();
        }
        let modes = tcgetattr(&terminal).expect("a terminal");
        File::from(keyboard)
            .write_all(typed)
            .expect("it is being read");
        modes
    })
}

/// What a person notices of a terminal's modes. (Line speeds are written another way by each setting
/// of them.)
fn modes(terminal: &File) -> String {
    let all = tcgetattr(terminal).expect("a terminal");
    let (input, output, local) = (all.input_modes, all.output_modes, all.local_modes);
    format!("{input:?} {output:?} {local:?} {:?}", all.special_codes)
}

#[test]
fn the_terminal_is_silent_while_a_pin_is_typed_and_as_before_after_it() {
    let (person, program) = terminal();
    let before = modes(&program);
    let screen = Screen::default();
    let keyboard = person.try_clone().expect("a second hand");
    let watch = watch_prompt(&screen, &program, keyboard, b"4711\n");
    let mut console = Console::new(program.as_fd(), screen);
    let pin = console.ask_secret("a", "PIN").expect("a PIN");
    assert_eq!(pin.as_str(), "4711");
    let meanwhile = watch.join().expect("it saw the prompt").local_modes;
    assert!(!meanwhile.intersects(AUDIBLE | LocalModes::ECHONL));
    assert!(meanwhile.contains(LocalModes::ICANON), "keys that correct");
    assert_eq!(modes(&program), before);
}

/// Without Enter: the keys alone end the question, and the echo is back.
#[test]
fn a_pin_that_is_broken_off_leaves_the_terminal_as_it_was() {
    for keys in [&b"47\x03"[..], b"\x03", b"47\x1c"] {
        let (person, program) = terminal();
        let before = modes(&program);
        let screen = Screen::default();
        let keyboard = person.try_clone().expect("a second hand");
        let _watch = watch_prompt(&screen, &program, keyboard, keys);
        let mut console = Console::new(program.as_fd(), screen.clone());
        let asked = console.ask_secret("a", "PIN");
        assert!(matches!(asked, Err(ConsoleError::BrokenOff)), "{asked:?}");
        assert_eq!(modes(&program), before);
        assert!(!screen.text().contains("47"));
    }
}

#[test]
fn a_pin_that_nobody_types_leaves_the_terminal_as_it_was() {
    let (_person, program) = terminal();
    let before = modes(&program);
    let patience = Duration::from_millis(20);
    let mut console = Console::new(program.as_fd(), Screen::default()).with_patience(patience);
    let asked = console.ask_secret("a", "PIN");
    assert!(matches!(asked, Err(ConsoleError::Idle)));
    assert_eq!(modes(&program), before);
}

/// A program that was killed while it read a PIN cannot give the echo back: the next one does.
#[test]
fn the_next_question_gives_back_an_echo_that_was_left_off() {
    for secret in [true, false] {
        let (person, program) = terminal();
        let silence = Silence::of(program.as_fd()).expect("a terminal");
        std::mem::forget(silence);
        let left = tcgetattr(&program).expect("a terminal").local_modes;
        assert!(!left.intersects(AUDIBLE));
        let screen = Screen::default();
        let keyboard = person.try_clone().expect("a second hand");
        answer_after_prompt(&screen, keyboard, "4711\n");
        let mut console = Console::new(program.as_fd(), screen);
        let answered = if secret {
            console.ask_secret("a", "PIN").map(drop)
        } else {
            console.ask("a", "b").map(drop)
        };
        answered.expect("an answer");
        let after = tcgetattr(&program).expect("a terminal").local_modes;
        assert!(after.contains(AUDIBLE));
    }
}

#[test]
fn a_pin_with_a_control_character_reaches_no_token() {
    for (line, text) in [("47\u{1a}11\n", false), ("47 11\n", true)] {
        let (input, keyboard) = pipe().expect("a pipe");
        let screen = Screen::default();
        answer_after_prompt(&screen, keyboard, line);
        let mut console = Console::new(input.as_fd(), screen);
        assert_eq!(console.ask_secret("a", "PIN").is_ok(), text, "{line:?}");
    }
}
