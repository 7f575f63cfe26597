//! What the host's program closes before it does anything: an officer types a PIN into it.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// It waits for a file that nobody writes, and cannot leave a core dump meanwhile.
#[test]
fn the_host_leaves_no_core_dump() {
    let folder = std::env::temp_dir().join(format!("himuro-hardened-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("ours");
    let file = folder.join("never-written");
    let made = Command::new("mkfifo").arg(&file).status();
    assert!(made.expect("mkfifo is there").success());
    let mut host = Command::new(env!("CARGO_BIN_EXE_host-cli"))
        .args(["transcript", "show", "--transcript"])
        .arg(&file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    let limits = format!("/proc/{}/limits", host.id());
    let started = Instant::now();
    let closed = loop {
        let limits = fs::read_to_string(&limits).expect("it is running");
        let core = limits.lines().find(|l| l.starts_with("Max core file size"));
        let mut figures = core.expect("a limit").split_whitespace().skip(4);
        if (figures.next(), figures.next()) == (Some("0"), Some("0")) {
            break true;
        }
        if started.elapsed() > Duration::from_secs(10) {
            break false;
        }
        thread::sleep(Duration::from_millis(10));
    };
    host.kill().expect("it waits");
    host.wait().expect("it ends");
    fs::remove_dir_all(&folder).expect("ours");
    assert!(closed);
}
