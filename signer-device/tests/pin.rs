//! A PIN at a real terminal: not shown while it is typed, and the terminal as it was when the
//! ceremony is broken off or killed.

mod support;

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, ChildStdout, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

use support::house::House;
use support::isolated;
use support::people::at_commissioning;
use support::play::{Act, Prompt, device};

/// A keyboard and what it is plugged into.
struct Terminal {
    keyboard: File,
    plugged: File,
}

impl Terminal {
    fn new() -> Self {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("there are terminals");
        grantpt(&person).expect("ours");
        unlockpt(&person).expect("ours");
        let name = ptsname(&person, Vec::new()).expect("it has a name");
        let path = name.to_str().expect("a path").to_owned();
        let plugged = File::options().read(true).write(true).open(path);
        Self {
            keyboard: File::from(person),
            plugged: plugged.expect("it opens"),
        }
    }

    fn echoes(&self) -> bool {
        let modes = tcgetattr(&self.plugged).expect("a terminal").local_modes;
        modes.contains(LocalModes::ECHO)
    }

    fn types(&self, text: &str) {
        (&self.keyboard)
            .write_all(text.as_bytes())
            .expect("plugged");
    }

    /// What stood on its screen, read up to a mark of our own.
    fn shown(&self) -> String {
        (&self.plugged).write_all(b"#").expect("it takes output");
        let (mut seen, mut byte) = (Vec::new(), [0]);
        while !seen.ends_with(b"#") {
            (&self.keyboard)
                .read_exact(&mut byte)
                .expect("the mark comes");
            seen.push(byte[0]);
        }
        String::from_utf8(seen).expect("text")
    }
}

/// The real program at that terminal.
struct Running {
    child: Child,
    output: ChildStdout,
    said: String,
}

impl Running {
    fn commissioning(house: &House<'_>, terminal: &Terminal) -> Self {
        let arguments = house.init_arguments("d1");
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let input: OwnedFd = terminal.plugged.try_clone().expect("one more").into();
        let mut child = device(&arguments)
            .stdin(Stdio::from(input))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let output = child.stdout.take().expect("it was piped");
        Self {
            child,
            output,
            said: String::new(),
        }
    }

    /// Reads on until a prompt stands there; its identifier.
    fn prompt(&mut self) -> String {
        let mut buffer = [0; 4096];
        loop {
            let length = self.output.read(&mut buffer).expect("the pipe is open");
            assert!(length > 0, "no more prompts:\n{}", self.said);
            self.said += std::str::from_utf8(&buffer[..length]).expect("text");
            let last = self.said.rsplit('\n').next().unwrap_or_default();
            if last.starts_with("? ") && last.ends_with(" > ") {
                let (_, rest) = last.split_once('[').expect("an identifier");
                return rest.split(']').next().unwrap_or_default().to_owned();
            }
        }
    }

    /// Answers every prompt until `last` stands there.
    fn up_to(&mut self, last: &str, terminal: &Terminal, words: &[&str]) {
        loop {
            let id = self.prompt();
            if id == last {
                return;
            }
            let prompt = Prompt {
                who: "A",
                id: &id,
                question: "",
                screen: &self.said,
            };
            match at_commissioning(words, &prompt) {
                Act::Type(text) => terminal.types(&(text + "\n")),
                Act::Leave | Act::Kill => panic!("somebody leaves at {id}"),
            }
        }
    }
}

#[test]
fn a_pin_is_typed_in_silence_and_the_echo_comes_back() {
    isolated(
        "a_pin_is_typed_in_silence_and_the_echo_comes_back",
        |bench| {
            let house = House::with_devices(bench, &[]);
            let words = house.officers.root_words();
            let terminal = Terminal::new();
            let mut run = Running::commissioning(&house, &terminal);
            run.up_to("root-1", &terminal, &words);
            assert!(terminal.echoes(), "what is read from paper is shown");
            terminal.types(&(words[..16].join(" ") + "\n"));
            run.up_to("so-pin", &terminal, &words);
            assert!(!terminal.echoes());
            no_core_dump(run.child.id());
            terminal.types("a PIN nobody sees\n");
            // Broken off at the next one, without Enter.
            run.up_to("so-pin-again", &terminal, &words);
            assert!(!terminal.echoes());
            terminal.types("a PIN nob\x03");
            assert_eq!(run.child.wait().expect("it ends").code(), Some(2));
            assert!(terminal.echoes());
            let shown = terminal.shown();
            assert!(shown.contains(words[0]), "{shown}");
            assert!(!shown.contains("a PIN"), "{shown}");
            assert!(!run.said.contains("a PIN"), "{}", run.said);
        },
    );
}

/// Nobody can catch SIGKILL: the next run gives the echo back, before it asks anything.
#[test]
fn after_a_kill_the_next_run_gives_the_echo_back() {
    isolated("after_a_kill_the_next_run_gives_the_echo_back", |bench| {
        let house = House::with_devices(bench, &[]);
        let words = house.officers.root_words();
        let terminal = Terminal::new();
        let mut killed = Running::commissioning(&house, &terminal);
        killed.up_to("so-pin", &terminal, &words);
        killed.child.kill().expect("it is running");
        killed.child.wait().expect("it ends");
        assert!(!terminal.echoes(), "what SIGKILL leaves behind");
        let mut next = Running::commissioning(&house, &terminal);
        next.up_to("root-1", &terminal, &words);
        assert!(terminal.echoes());
        next.child.kill().expect("it is running");
        next.child.wait().expect("it ends");
    });
}

/// While it waits for a PIN, the process cannot leave a core dump.
fn no_core_dump(process: u32) {
    let limits = fs::read_to_string(format!("/proc/{process}/limits")).expect("it is running");
    let core = limits.lines().find(|l| l.starts_with("Max core file size"));
    let mut figures = core.expect("a limit").split_whitespace().skip(4);
    assert_eq!((figures.next(), figures.next()), (Some("0"), Some("0")));
}
