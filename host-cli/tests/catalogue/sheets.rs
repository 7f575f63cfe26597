//! Cases of the host that are no PSBTs: addresses and descriptors as people write them.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use bitcoin::ScriptBuf;
use serde_json::Value;
use test_vectors::{Case, Family, SheetCase, stored, unbase64, unhex};

use crate::{Bench, ends, said};

/// The transfer that nothing is wrong with.
fn honest() -> &'static Case {
    static HONEST: OnceLock<Case> = OnceLock::new();
    HONEST.get_or_init(|| {
        let found = stored().into_iter().find(|f| f.name == "H00-honest");
        let family: Family = found.expect("a family");
        family.cases.into_iter().next().expect("a case")
    })
}

/// Answers put together in the order given and in the other one, and made final.
pub(crate) fn answers(bench: &Bench, case: &SheetCase) -> Result<(), String> {
    let read = |text: &str| unbase64(text).ok_or("no base64");
    let request = case.all("request").next().ok_or("no request")?;
    let request = bench.write("request.psbt", read(request)?);
    let wallet = bench.write("wallet.cbor", bench.world.bytes(&["wallet", "cold"]));
    let mut paths = vec![];
    for (number, text) in case.all("answer").enumerate() {
        paths.push(bench.write(&format!("answer-{number}.psbt"), read(text)?));
    }
    let mut made = vec![];
    for _ in 0..2 {
        let out = bench.fresh("combined.psbt");
        let mut files: Vec<(&str, &Path)> = paths.iter().map(|p| ("--psbt", p.as_path())).collect();
        files.extend([
            ("--request", request.as_path()),
            ("--wallet", &wallet),
            ("--out", &out),
        ]);
        let output = bench.run(["psbt", "combine"], &files, &[]);
        if case.expected == "refused" {
            let code = output.status.code();
            let right = code == Some(1) && !out.exists();
            right
                .then_some(())
                .ok_or_else(|| said(&output, &"not refused"))?;
        } else {
            ends(&output, 0)?;
            made.push(fs::read(&out).map_err(|e| e.to_string())?);
        }
        paths.reverse();
    }
    let [first, second] = &made[..] else {
        return Ok(());
    };
    if first != second {
        return Err("the order of the answers changes the result".into());
    }
    let combined = bench.write("combined.psbt", first);
    let out = bench.fresh("final.tx");
    let files = [
        ("--psbt", combined.as_path()),
        ("--wallet", &wallet),
        ("--out", &out),
    ];
    let output = bench.run(["psbt", "finalize"], &files, &[]);
    ends(&output, i32::from(case.expected != "final"))
}

/// The policy of the world with this text as the address of `hot-1`: the script of its payment,
/// or a refusal of the file.
pub(crate) fn address(bench: &Bench, case: &SheetCase) -> Result<(), String> {
    let text = case.all("address").next().unwrap_or_default();
    let honest = honest();
    let policy = bench.world.policy(honest, "cold").ok_or("no policy")?;
    let usual = bench.world.address("hot-1");
    let policy = bench.write("policy.toml", policy.replace(&usual, text));
    let psbt = bench.write("in.psbt", honest.bytes());
    let list = bench.write("wallet.json", bench.world.descriptors("cold"));
    let files = [
        ("--psbt", psbt.as_path()),
        ("--descriptors", &list),
        ("--policy", &policy),
    ];
    let rest = ["--network", "regtest", "--height", "850000", "--json"];
    let output = bench.run(["psbt", "check"], &files, &rest);
    let Some(script) = case.expected.strip_prefix("script ") else {
        return ends(&output, 3);
    };
    let script = ScriptBuf::from_bytes(unhex(script).ok_or("no script")?);
    // Another destination than the payment's is none for it: POL01 refuses.
    let pays = script == bench.world.script("hot-1");
    ends(&output, i32::from(!pays))
}

/// The honest transfer against this list: as many coins and change as are the wallet's own.
pub(crate) fn descriptors(bench: &Bench, case: &SheetCase) -> Result<(), String> {
    let lines: Vec<&str> = case.all("descriptor").collect();
    let list = bench.write("wallet.txt", lines.join("\n"));
    let psbt = bench.write("in.psbt", honest().bytes());
    let files = [("--psbt", psbt.as_path()), ("--descriptors", &list)];
    let rest = ["--network", "regtest", "--height", "850000", "--json"];
    let output = bench.run(["psbt", "check"], &files, &rest);
    match case.expected.as_str() {
        "taken" => ends(&output, 0),
        // A key may have any origin; the transfer's own says another.
        "other-origin" => ends(&output, 1),
        "finds-nothing" => {
            ends(&output, 1)?;
            let report: Value =
                serde_json::from_slice(&output.stdout).map_err(|e| said(&output, &e))?;
            let lines = report["rules"].as_array().ok_or("no report")?;
            let refused = |line: &&Value| line["rule"] == "WAL02" && line["verdict"] == "refused";
            let found = lines.iter().any(|line| refused(&line));
            found
                .then_some(())
                .ok_or_else(|| said(&output, &"a coin was found"))
        }
        _ => ends(&output, 3),
    }
}
