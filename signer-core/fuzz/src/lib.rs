//! What is fuzzed: pure functions of hostile bytes, each with what must hold of them.
//!
//! The same functions run for long under libFuzzer (`fuzz_targets/`, `scripts/fuzz`) and for some
//! seconds on a stable toolchain (`signer-core/tests/fuzz_smoke.rs`).

mod targets;

/// Runs the target of this name once; it panics where something that must hold does not.
///
/// # Panics
/// Where it found something, and where there is no target of this name.
pub fn run(name: &str, data: &[u8]) {
    let found = targets::TARGETS.iter().find(|target| target.0 == name);
    let (_, target) = found.expect("a target of this name");
    let _ = target(data);
}
