//! The officers' manual cannot rot: every command of `docs/officers/` is run in the page's order on
//! SoftHSM, with the answers that the page says to type, and must show what the page shows.
//!
//! After a change of a screen: `HIMURO_WRITE=1 cargo test -p host-cli --test officers` takes the
//! screens of the blocks `text` again; blocks `text part` are patterns and are corrected by hand.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::world::{PIN, World, world};
use support::{Run, host_cli, matches, prompt, words};

/// What stands in the page where an officer types the PIN.
const OWN_PIN: [&str; 2] = ["(your PIN)", "(ご自分のPIN)"];

/// What an officer has on the desk before the first command.
const AT_HAND: [&str; 9] = [
    "root.cbor",
    "roster.cbor",
    "policy.cbor",
    "wallet.cbor",
    "coins.json",
    "headers.json",
    // Of the broadcaster: the request with every approval, and what two devices answered.
    "approved-v2.psbt",
    "answer-tokyo-1-v2.psbt",
    "answer-osaka-1-v2.psbt",
];

/// A block of the page between fences.
#[derive(Debug)]
struct Block<'a> {
    kind: &'a str,
    text: &'a str,
}

fn page(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../docs/officers")
        .join(name)
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let parts: Vec<&str> = page.split("```").collect();
    assert_eq!(parts.len() % 2, 1, "every fence is closed");
    let fenced = parts.into_iter().skip(1).step_by(2);
    fenced
        .map(|part| {
            let (kind, text) = part.split_once('\n').expect("a line end after the fence");
            Block { kind, text }
        })
        .collect()
}

/// Commands of a page, without the language, and how each must end.
fn commands(page: &str) -> Vec<(Vec<String>, i32)> {
    let commands = blocks(page).into_iter().filter_map(|block| {
        let code = match block.kind {
            "sh" => 0,
            "sh refused" => 1,
            _ => return None,
        };
        let line = block.text.replace("\\\n", " ");
        let line = line.trim().strip_prefix("host-cli ").expect("host-cli");
        Some((words(line), code))
    });
    commands.collect()
}

/// A desk with the files of the world and nothing else.
fn desk(world: &World, name: &str) -> PathBuf {
    let desk = world.folder.join(name);
    fs::create_dir_all(desk.join("w")).expect("ours");
    fs::copy(world.path("softhsm2.conf"), desk.join("w/softhsm2.conf")).expect("ours");
    for file in AT_HAND {
        fs::copy(world.path(file), desk.join(file)).expect("ours");
    }
    desk
}

/// Runs a command at the desk; the officer types what the page says.
fn run(desk: &Path, args: &[String], shown: &str) -> Run {
    let answers: Vec<(&str, &str)> = shown
        .lines()
        .filter(|line| line.starts_with("? "))
        .filter_map(|line| line.split_once(" > "))
        .collect();
    let mut next = answers.iter();
    let run = host_cli(desk, args, |screen| {
        let (question, answer) = next.next()?;
        assert_eq!(prompt(screen), format!("{question} > "), "{args:?}");
        let pin = OWN_PIN.contains(answer);
        Some(if pin { PIN } else { answer }.to_owned())
    });
    assert!(next.next().is_none(), "{args:?}: the page types too much");
    run
}

/// What is on the screen, with the PIN of the page where one was typed.
fn on_screen(run: &Run, shown: &str) -> String {
    let mut typed = shown.lines().filter(|line| line.starts_with("? "));
    let lines = run.stdout.lines().map(|line| {
        if line.starts_with("? ") && line.ends_with(" > ") {
            typed.next().unwrap_or(line)
        } else {
            line
        }
    });
    let mut screen: Vec<&str> = lines.collect();
    screen.extend(run.stderr.lines());
    screen.join("\n")
}

/// What is drawn anew for every house: digests and their words.
fn without_chance(screen: &str) -> String {
    let lines = screen.lines().map(|line| {
        let parts = line.split(' ').map(|part| {
            let digest = part.len() == 64 && part.bytes().all(|b| b.is_ascii_hexdigit());
            if digest { "[..]" } else { part }
        });
        let line = parts.collect::<Vec<_>>().join(" ");
        let is_grid = ["  01 ", "  09 ", "  17 ", "  25 "]
            .iter()
            .any(|p| line.starts_with(p));
        if is_grid {
            format!("{}[..]", &line[..5])
        } else {
            line
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Plays the whole page; gives the page with its screens taken again.
fn play(world: &World, name: &str) -> String {
    let text = fs::read_to_string(page(name)).expect("the page is there");
    let desk = desk(world, &name.replace('.', "-"));
    let all = blocks(&text);
    let mut taken = text.clone();
    let mut played = commands(&text).into_iter();
    for (place, block) in all.iter().enumerate() {
        if !block.kind.starts_with("sh") {
            continue;
        }
        let (args, code) = played.next().expect("as many commands as blocks");
        let shown = match all.get(place + 1) {
            Some(next) if next.kind.starts_with("text") => next,
            _ => panic!("{name}: nothing is shown after {}", block.text),
        };
        let run = run(&desk, &args, shown.text);
        assert_eq!(run.code, code, "{args:?}\n{}\n{}", run.stdout, run.stderr);
        let screen = on_screen(&run, shown.text);
        if std::env::var("HIMURO_WRITE").is_ok() && shown.kind == "text" {
            let fresh = format!("{}\n", without_chance(&screen));
            taken = taken.replacen(
                &format!("```text\n{}```", shown.text),
                &format!("```text\n{fresh}```"),
                1,
            );
        } else {
            let fits = matches(shown.text.trim_end(), screen.trim_end());
            assert!(fits, "{name}: {args:?}\n{}\n--- is\n{screen}", shown.text);
        }
    }
    taken
}

#[test]
fn an_officer_gets_through_by_the_page_alone() {
    let world = world();
    for name in ["README.md", "README.ja.md"] {
        let taken = play(&world, name);
        if std::env::var("HIMURO_WRITE").is_ok() {
            fs::write(page(name), taken).expect("the page can be written");
        }
    }
}

/// A witness has no command: the prompts that the page names are those of the ceremony's script.
#[test]
fn the_prompts_of_a_witness_are_those_of_the_ceremony() {
    let read = |path: PathBuf| fs::read_to_string(path).expect("the page is there");
    let script = read(page("../ceremony/sign.md"));
    for (name, title) in [
        ("README.md", "## The witness"),
        ("README.ja.md", "## 立会人"),
    ] {
        let text = read(page(name));
        let (_, part) = text.split_once(title).expect("a part for the witness");
        let (part, _) = part.split_once("\n## ").expect("a part follows");
        let prompts = part.split('`').filter(|code| code.starts_with('['));
        let prompts: Vec<&str> = prompts.collect();
        assert_eq!(prompts, ["[witness-1]", "[officer-pin]", "[officer-pin]"]);
        for prompt in prompts {
            assert!(script.contains(&format!("`{prompt}`")), "{name}: {prompt}");
        }
    }
}

#[test]
fn both_languages_carry_the_same_commands() {
    let read = |name: &str| fs::read_to_string(page(name)).expect("the page is there");
    let (en, ja) = (read("README.md"), read("README.ja.md"));
    let in_japanese = commands(&ja).into_iter().map(|(args, code)| {
        assert_eq!(args[..2], ["--lang", "ja"], "{args:?}");
        (args[2..].to_vec(), code)
    });
    assert_eq!(commands(&en), in_japanese.collect::<Vec<_>>());
    assert!(commands(&en).len() >= 8);
    let parts = |page: &str| page.matches("\n## ").count();
    assert_eq!(parts(&en), parts(&ja));
}
