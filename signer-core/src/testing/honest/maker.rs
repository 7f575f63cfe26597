//! The programs that make the transactions, behind one that chooses what is in them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::println;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::string::String;
use std::vec::Vec;

use serde_json::{Value, json};

use super::house::House;
use crate::testing::TIP;
use bitcoin::hex::FromHex as _;

/// Who makes them: three programs that share no code with each other or with ours.
const MAKERS: [&str; 3] = ["embit", "wally", "bitcoinjs"];

const SEED: &str = "himuro";

/// Those that are here: without the last where `scripts/setup` could not install it, and said so.
pub(super) fn available() -> &'static [&'static str] {
    if workspace().join("target/interop-npm/unreachable").exists() {
        println!("without bitcoinjs-lib: npm could not install it on this machine");
        return &MAKERS[..2];
    }
    &MAKERS
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What was made.
pub(super) struct Made {
    pub(super) psbt: Vec<u8>,
    pub(super) version: u64,
    pub(super) inputs: u64,
    pub(super) payments: u64,
    pub(super) change: bool,
}

/// `test-vectors/interop/honest.py` at work.
pub(super) struct Makers {
    program: Child,
    asks: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Makers {
    pub(super) fn start() -> Self {
        let mut program = Command::new(workspace().join("target/interop-venv/bin/python"))
            .arg("-B")
            .arg(workspace().join("test-vectors/interop/honest.py"))
            .args(["--seed", SEED])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the foreign libraries are installed: run scripts/setup");
        let asks = program.stdin.take();
        let answers = BufReader::new(program.stdout.take().unwrap());
        Self {
            program,
            asks,
            answers,
        }
    }

    /// One transaction of this wallet with so many inputs, by this program.
    pub(super) fn make(&mut self, maker: &str, case: u32, inputs: u32, house: &House) -> Made {
        let question = json!({
            "case": case,
            "maker": maker,
            "m": house.quorum.m,
            "descriptors": house.descriptors(),
            "payees": house.payees(),
            "tip": TIP.0,
            "inputs": inputs,
        });
        writeln!(self.asks.as_mut().unwrap(), "{question}").expect("the program reads");
        let mut line = String::new();
        self.answers
            .read_line(&mut line)
            .expect("the program answers");
        let made: Value = serde_json::from_str(&line).expect("an answer: run scripts/setup");
        let number = |field: &str| made[field].as_u64().unwrap();
        Made {
            psbt: Vec::from_hex(made["psbt"].as_str().unwrap()).unwrap(),
            version: number("version"),
            inputs: number("inputs"),
            payments: number("payments"),
            change: made["change"].as_bool().unwrap(),
        }
    }
}

impl Drop for Makers {
    fn drop(&mut self) {
        drop(self.asks.take());
        let _ = self.program.wait();
    }
}
