//! Programs that must not compile: nobody can skip a stage, forge one, or reach the HSM past them.
//!
//! Each file in `probes/` is one program. Its first line names the expected error,
//! `// expect: E0451`, and each line that the compiler must refuse ends in `// refused`. An error
//! on any other line, another error, or none at all fails the test, so a probe cannot pass for the
//! wrong reason. `must_compile.rs` shows that the same means do compile where they are allowed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

mod support;

use support::{CompileError, cargo, root, scratch};

const MUST_COMPILE: &str = "must_compile";
const MARK: &str = "// refused";

#[test]
fn every_probe_fails_with_its_own_error_and_only_there() {
    let probes = probes();
    assert!(probes.len() > 10, "the probes are in signer-core/probes");
    let errors = check(&probes);
    let mut wrong = Vec::new();
    for (name, source) in &probes {
        let found = errors.iter().filter(|e| e.target == *name);
        if let Err(why) = judge(name, source, &found.cloned().collect::<Vec<_>>()) {
            wrong.push(format!("{name}: {why}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_probe_that_compiles_or_fails_elsewhere_is_noticed() {
    let source = "// expect: E0451\nlet x = y; // refused\n";
    let error = |code: &str, line| CompileError {
        target: "p".into(),
        code: code.into(),
        line,
        text: String::new(),
    };
    assert!(judge("p", source, &[error("E0451", 2)]).is_ok());
    assert!(judge("p", source, &[]).is_err());
    assert!(judge("p", source, &[error("E0433", 2)]).is_err());
    assert!(judge("p", source, &[error("E0451", 1)]).is_err());
    assert!(judge("p", source, &[error("E0451", 2), error("E0308", 2)]).is_err());
    assert!(judge("p", "let x = y;", &[error("E0451", 1)]).is_err());
    assert!(judge(MUST_COMPILE, source, &[error("E0451", 2)]).is_err());
    assert!(judge(MUST_COMPILE, "", &[]).is_ok());
}

/// Whether the compiler's errors in one probe are the ones that it asks for.
fn judge(name: &str, source: &str, errors: &[CompileError]) -> Result<(), String> {
    if name == MUST_COMPILE {
        return match errors.first() {
            None => Ok(()),
            Some(e) => Err(format!("line {}: {} {}", e.line, e.code, e.text)),
        };
    }
    let expected = source
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("// expect: "))
        .ok_or("the first line does not name the expected error")?;
    let marked = (1u64..)
        .zip(source.lines())
        .filter(|(_, line)| line.ends_with(MARK))
        .map(|(number, _)| number)
        .collect::<Vec<_>>();
    if marked.is_empty() {
        return Err(format!("no line ends in `{MARK}`"));
    }
    for line in &marked {
        if !errors.iter().any(|e| e.line == *line) {
            return Err(format!("line {line} compiles"));
        }
    }
    for e in errors {
        if e.code != expected || !marked.contains(&e.line) {
            let place = format!("line {}: {} {}", e.line, e.code, e.text);
            return Err(format!("expected {expected} on marked lines only; {place}"));
        }
    }
    Ok(())
}

/// Name and source of each probe.
fn probes() -> BTreeMap<String, String> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("probes");
    fs::read_dir(&dir)
        .expect("signer-core/probes is there")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .map(|path| {
            let stem = path.file_stem().expect("a file has a name");
            let name = stem.to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("a probe is text"))
        })
        .collect()
}

/// Compiles all probes as programs of one package that depends on signer-core.
fn check(probes: &BTreeMap<String, String>) -> Vec<CompileError> {
    let dir = scratch("probes");
    let bins = dir.join("src/bin");
    fs::create_dir_all(&bins).expect("the scratch folder can be written");
    for (name, source) in probes {
        fs::write(bins.join(format!("{name}.rs")), source).expect("a probe can be copied");
    }
    fs::write(dir.join("Cargo.toml"), manifest()).expect("the manifest can be written");
    fs::copy(root().join("Cargo.lock"), dir.join("Cargo.lock")).expect("the lock can be copied");
    let run = cargo(
        &dir,
        &[
            "check",
            "--offline",
            "--keep-going",
            "--bins",
            "--message-format=json",
        ],
    );
    let errors = run.errors();
    assert!(
        !run.success && errors.iter().all(|e| probes.contains_key(&e.target)),
        "signer-core itself does not compile:\n{}",
        run.stderr
    );
    errors
}

/// A package with the workspace's profiles, so that what is built for the tests is used again.
fn manifest() -> String {
    let workspace = fs::read_to_string(root().join("Cargo.toml")).expect("the workspace is there");
    let profiles = workspace
        .find("[profile.")
        .and_then(|start| workspace.get(start..))
        .unwrap_or_default();
    let core = root().join("signer-core");
    format!(
        "[package]\nname = \"probes\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\nsigner-core = {{ path = \"{}\" }}\n\
         bitcoin = {{ version = \"0.32\", default-features = false }}\n\n{profiles}",
        core.display()
    )
}
