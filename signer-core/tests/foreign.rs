//! PSBTs that this project did not make: two foreign libraries build them, the strict reader must
//! take them as they are.
//!
//! `scripts/setup` installs the libraries below `target/`; see `test-vectors/interop`.

use std::fs;
use std::path::Path;
use std::process::Command;

use bitcoin::Amount;
use signer_core::psbt::{ParsedPsbt, PsbtVersion};

/// What the builders were told: see `selftest.py`.
const FEE: Amount = Amount::from_sat(3_000);
const INPUTS: usize = 4;

#[test]
fn psbts_of_two_foreign_libraries_are_read() {
    let core = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = core.join("../target/interop-venv/bin/python");
    let program = core.join("../test-vectors/interop/selftest.py");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("foreign");
    fs::create_dir_all(&folder).expect("the target folder can be written");
    let built = Command::new(python)
        .arg(program)
        .arg("--samples")
        .arg(&folder)
        .status()
        .expect("the foreign libraries are installed: run scripts/setup");
    assert!(built.success());
    for library in ["embit", "wally"] {
        for script in ["wsh", "sh-wsh"] {
            for (name, version) in [("v0", PsbtVersion::V0), ("v2", PsbtVersion::V2)] {
                let file = folder.join(format!("{library}-{name}-{script}.psbt"));
                let bytes = fs::read(&file).expect("the library wrote it");
                let parsed = ParsedPsbt::parse(bytes.clone())
                    .unwrap_or_else(|stopped| panic!("{}: {stopped}", file.display()));
                assert_eq!(parsed.version(), version, "{}", file.display());
                assert_eq!(parsed.inputs().len(), INPUTS, "{}", file.display());
                assert_eq!(parsed.fee(), FEE, "{}", file.display());
                assert_eq!(parsed.bytes(), bytes, "{}", file.display());
            }
        }
    }
}
