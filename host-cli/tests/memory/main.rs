//! The private keys never exist outside the token.
//!
//! A rehearsal runs with its tokens in a process of their own, behind p11-kit's server. From
//! outside, without attaching, this test reads the memory of the device process while it signs,
//! and afterwards every file of the rehearsal, and looks for every private value of the device's
//! token. It also counts the PIN after login and holds the count against a control program that
//! logs in and does nothing else.

mod scan;
mod softhsm;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use scan::{Search, memory_of};
use signer_core::transcript::{Body, UnverifiedTranscript, whole_prefix};

/// How many inputs the device signs: enough time to look.
const INPUTS: usize = 60;
/// Of so many rounds before the intent, one looks into the memory.
const LOOK_EVERY: usize = 40;
const P11_KIT_CLIENTS: [&str; 2] = [
    "/usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-client.so",
    "/usr/lib/aarch64-linux-gnu/pkcs11/p11-kit-client.so",
];

/// What one look into a process found.
struct Look {
    private_values: usize,
    pin: usize,
    case: usize,
    signatures: usize,
}

#[test]
fn no_private_key_is_ever_outside_the_token() {
    let keep = scratch("memory");
    let mut rehearsal = rehearse(&keep, &INPUTS.to_string());
    let looks = watch(&mut rehearsal, &keep, "d1");
    assert!(
        rehearsal.wait().unwrap().success(),
        "the rehearsal itself failed"
    );

    assert!(
        looks.iter().all(|look| look.private_values == 0),
        "a private value in memory"
    );
    // The scan sees what is there: the case, once the PSBT was read ...
    assert!(
        looks.iter().any(|look| look.case > 0),
        "the scan saw nothing of the request"
    );
    // ... and it looked while signatures were made: some were in the journal, not all.
    let during = looks
        .iter()
        .filter(|look| (1..INPUTS).contains(&look.signatures));
    let during = during.count();
    assert!(
        during >= 2,
        "{during} looks of {} while signatures were made",
        looks.len()
    );

    // After login: the PSBT is read later than that.
    let logged_in = looks.iter().filter(|look| look.case > 0);
    let most = logged_in.map(|look| look.pin).max().unwrap_or(0);
    let control = control();
    println!(
        "{} looks, {during} while signatures were made; PIN after login: {most}, control: {control}",
        looks.len()
    );
    assert!(
        most <= control,
        "PIN: {most} hits, {control} in a program that only logs in"
    );
    fs::remove_dir_all(&keep).unwrap();
}

#[test]
fn a_planted_marker_is_found() {
    let marker = "6f1d9a3c5b7e8f20".repeat(4);
    let mut child = Command::new("sleep")
        .arg("30")
        .env("MARKER", &marker)
        .spawn()
        .expect("sleep");
    // The new program is there once its name is.
    let name = format!("/proc/{}/comm", child.id());
    wait_for("sleep", || {
        fs::read_to_string(&name).is_ok_and(|comm| comm.trim() == "sleep")
    });
    let memory = memory_of(child.id());
    let raw = scan::from_hex(&marker);
    assert!(
        Search::values([&raw]).hits(&memory) > 0,
        "the hexadecimal form was not found"
    );
    assert_eq!(Search::values([&vec![0x5a; 32]]).hits(&memory), 0);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn softhsms_own_files_give_the_private_values() {
    // If this reading were wrong, the scan would look for the wrong values. So: the number of
    // values is the number of keys, and each is the private side of a public key on the card.
    let keep = scratch("values");
    let mut rehearsal = rehearse(&keep, "1");
    let mut found = Vec::new();
    while rehearsal.try_wait().unwrap().is_none() {
        if found.is_empty() && keep.join("gap/d2.card").exists() {
            found = secrets_of(&keep, "d1").0;
        }
        thread::sleep(Duration::from_millis(20));
    }
    let card = fs::read(keep.join("gap/d1.card")).unwrap();
    let secp = bitcoin::secp256k1::Secp256k1::new();
    let on_card = found
        .iter()
        .filter_map(|value| bitcoin::secp256k1::SecretKey::from_slice(&padded(value)).ok())
        .map(|secret| secret.public_key(&secp).serialize())
        .filter(|public| card.windows(33).any(|window| window == public))
        .count();
    // 20 keys on each chain; the identity key is of another curve.
    assert_eq!(on_card, 40, "{} values", found.len());
    fs::remove_dir_all(&keep).unwrap();
}

/// SoftHSM drops leading zeros.
fn padded(value: &[u8]) -> Vec<u8> {
    [
        vec![0; 32_usize.saturating_sub(value.len())],
        value.to_vec(),
    ]
    .concat()
}

fn scratch(name: &str) -> PathBuf {
    // As /proc names it: without links on the way.
    let target = fs::canonicalize(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let folder = target.join(format!("{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    folder
}

fn rehearse(keep: &Path, inputs: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_host-cli"))
        .args(["rehearse", "--tokens-apart", "--inputs", inputs, "--keep"])
        .arg(keep)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// Looks into the device process, again and again, as long as it signs.
fn watch(rehearsal: &mut Child, keep: &Path, device: &str) -> Vec<Look> {
    let folder = keep.join("devices").join(device);
    let process = loop {
        match scan::signing_process(&folder) {
            Some(process) => break process,
            None => assert!(
                rehearsal.try_wait().unwrap().is_none(),
                "the device was never seen signing"
            ),
        }
        thread::sleep(Duration::from_millis(1));
    };
    let (values, pin) = secrets_of(keep, device);
    assert!(values.len() >= 41, "only {} private values", values.len());
    let searches = [Search::values(&values), Search::text(&pin)];
    let looks = look_into(process, &folder, &searches);
    rehearsal.wait().unwrap();
    assert_eq!(
        hits_in_files(keep, &searches),
        0,
        "a private value or the PIN in a file"
    );
    looks
}

/// All signatures of a session are made in less time than a look takes. So the process waits while
/// its journal is read and runs for a moment only in between; once the intent is written, each such
/// stop is a look, and many fall between its signatures.
fn look_into(process: u32, folder: &Path, [values, pin]: &[Search; 2]) -> Vec<Look> {
    let journal = folder.join("state/journal.cbor");
    let case = Search::text("wr-2026-000123");
    let judge = |memory: Vec<u8>| Look {
        private_values: values.hits(&memory),
        pin: pin.hits(&memory),
        case: case.hits(&memory),
        signatures: signatures_in(&journal),
    };
    let mut looks = Vec::new();
    let (mut intended, mut read, mut rounds) = (false, 0, 0_usize);
    while scan::signs_in(process, folder) {
        rounds += 1;
        let seen = scan::stopped(process, || {
            let grown = length(&journal);
            if !intended && grown != read {
                (intended, read) = (holds_intent(&journal), grown);
            }
            let due = intended || rounds.is_multiple_of(LOOK_EVERY);
            due.then(|| judge(memory_of(process)))
        });
        looks.extend(seen.flatten());
        thread::sleep(Duration::from_micros(100));
    }
    looks
}

/// Bytes of the journal.
fn length(journal: &Path) -> u64 {
    fs::metadata(journal).map_or(0, |found| found.len())
}

/// Signatures that the journal holds.
fn signatures_in(journal: &Path) -> usize {
    count_in(journal, |body| matches!(body, Body::Result(_)))
}

/// Whether the journal says that signatures are about to be made.
fn holds_intent(journal: &Path) -> bool {
    count_in(journal, |body| matches!(body, Body::Intent(_))) > 0
}

fn count_in(journal: &Path, wanted: impl Fn(&Body) -> bool) -> usize {
    let bytes = fs::read(journal).unwrap_or_default();
    let read = UnverifiedTranscript::parse(whole_prefix(&bytes));
    read.map_or(0, |transcript| {
        transcript
            .entries()
            .iter()
            .filter(|entry| wanted(&entry.body))
            .count()
    })
}

/// The private values of a device's tokens, and the PIN of its own.
fn secrets_of(keep: &Path, device: &str) -> (Vec<Vec<u8>>, String) {
    let tokens = scan::token_folder(keep);
    let envelope = fs::read_to_string(tokens.join(format!("himuro-{device}.envelope"))).unwrap();
    let pin = envelope.trim().to_owned();
    (softhsm::private_values(&tokens.join(device), &pin), pin)
}

fn hits_in_files(folder: &Path, searches: &[Search]) -> usize {
    let mut found = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found += hits_in_files(&path, searches);
        } else {
            let bytes = fs::read(&path).unwrap();
            found += searches
                .iter()
                .map(|search| search.hits(&bytes))
                .sum::<usize>();
        }
    }
    found
}

/// The PIN in the memory of a program that logs in behind p11-kit and does nothing else.
fn control() -> usize {
    let folder = scratch("control");
    fs::create_dir_all(folder.join("tokens")).unwrap();
    let configuration = folder.join("softhsm2.conf");
    let text = format!(
        "directories.tokendir = {}\n",
        folder.join("tokens").display()
    );
    fs::write(&configuration, text).unwrap();
    let pin = "c0ffee0123456789";
    let made = Command::new("softhsm2-util")
        .args([
            "--init-token",
            "--free",
            "--label",
            "control",
            "--so-pin",
            "12345678",
            "--pin",
            pin,
        ])
        .env("SOFTHSM2_CONF", &configuration)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(made.success());
    let count = count_after_login(&folder, &configuration, pin);
    fs::remove_dir_all(&folder).unwrap();
    count
}

fn count_after_login(folder: &Path, configuration: &Path, pin: &str) -> usize {
    // A socket's path is at most 107 bytes: the target folder may be deeper.
    let socket = std::env::temp_dir().join(format!("himuro-control-{}", std::process::id()));
    let client = P11_KIT_CLIENTS
        .iter()
        .find(|path| Path::new(path).exists())
        .unwrap();
    let mut server = Command::new("p11-kit")
        .args([
            "server",
            "--foreground",
            "--provider",
            "/usr/lib/softhsm/libsofthsm2.so",
            "--name",
        ])
        .arg(&socket)
        .arg("pkcs11:")
        .env("SOFTHSM2_CONF", configuration)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    wait_for("p11-kit", || socket.exists());
    let mut program = Command::new(example("login_only"))
        .args([client, "control"])
        .current_dir(folder)
        .env(
            "P11_KIT_SERVER_ADDRESS",
            format!("unix:path={}", socket.display()),
        )
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(program.stdin.as_mut().unwrap(), "{pin}").unwrap();
    let mut said = String::new();
    BufReader::new(program.stdout.take().unwrap())
        .read_line(&mut said)
        .unwrap();
    assert_eq!(said, "logged in\n");
    let memory = scan::stopped(program.id(), || memory_of(program.id())).unwrap();
    let count = Search::text(pin).hits(&memory);
    program.kill().unwrap();
    program.wait().unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    count
}

/// An example of this package, which `cargo test` has built beside the test.
fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_host-cli"))
        .with_file_name("examples")
        .join(name)
}

fn wait_for(what: &str, ready: impl Fn() -> bool) {
    let started = Instant::now();
    while !ready() {
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "{what} does not come"
        );
        thread::sleep(Duration::from_millis(5));
    }
}
