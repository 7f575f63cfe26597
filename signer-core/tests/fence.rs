//! Who may depend on whom. The rules are tables below; cargo's own view is judged against them,
//! and the same judge sees workspaces that break them on purpose.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::Value;

mod support;

use support::{cargo, root, scratch};

/// Our crates, and those of our crates that each may use. Console and optics say in signer-core's
/// phrases what went wrong; codes are shown on the console's terminal.
const EDGES: [(&str, &[&str]); 11] = [
    ("signer-core", &[]),
    ("officer-console", &["signer-core"]),
    ("optics", &["signer-core", "officer-console", "camera"]),
    ("camera", &[]),
    ("hsm-profiles", &["signer-core", "sign-call"]),
    ("quirk-module", &[]),
    ("cut-library", &[]),
    ("sign-call", &[]),
    (
        "signer-device",
        &["signer-core", "hsm-profiles", "officer-console", "optics"],
    ),
    (
        "host-cli",
        &["signer-core", "hsm-profiles", "officer-console", "optics"],
    ),
    ("test-vectors", &[]),
];

/// What tests may use beside that. Vectors are shared data; they know none of our code. Pictures
/// are tested with the frames they are made for. The module that misbehaves and the library that cuts a
/// program are for tests alone.
const TEST_EDGES: [(&str, &[&str]); 11] = [
    ("signer-core", &["test-vectors"]),
    ("officer-console", &[]),
    ("optics", &["test-vectors"]),
    ("camera", &[]),
    ("hsm-profiles", &["test-vectors", "quirk-module"]),
    ("quirk-module", &[]),
    ("cut-library", &[]),
    ("sign-call", &[]),
    (
        "signer-device",
        &["test-vectors", "quirk-module", "cut-library"],
    ),
    ("host-cli", &["test-vectors", "quirk-module"]),
    ("test-vectors", &[]),
];

/// Crates from outside that only these of ours may name, in tests too.
const OWNERS: [(&str, &[&str]); 16] = [
    ("argon2", &["signer-device"]),
    ("chacha20poly1305", &["signer-device"]),
    ("vsss-rs", &["signer-device"]),
    ("cryptoki", &["hsm-profiles"]),
    ("cryptoki-sys", &["quirk-module", "sign-call"]),
    ("libloading", &["quirk-module", "sign-call"]),
    ("libc", &["cut-library"]),
    ("clap", &["signer-device", "host-cli"]),
    ("rqrr", &["optics"]),
    ("qrcode", &["optics"]),
    ("png", &["optics"]),
    ("zune-jpeg", &["optics"]),
    ("bitcoinconsensus", &["host-cli"]),
    ("der", &["host-cli"]),
    ("rustls-pki-types", &["host-cli"]),
    ("rustls-webpki", &["host-cli"]),
];

/// Crates that are nowhere in the lock file: an archived CBOR reader, a second CBOR, async.
const BANNED: [&str; 6] = [
    "serde_cbor",
    "ciborium",
    "coset",
    "tokio",
    "async-std",
    "pkcs11",
];

/// All that signer-core uses outside its tests.
const CORE_USES: [&str; 9] = [
    "bitcoin",
    "data-encoding",
    "k256",
    "miniscript",
    "minicbor",
    "miniz_oxide",
    "p256",
    "rand_core",
    "zeroize",
];

/// The device's tree stays below this many crates, ours not counted.
const DEVICE_TREE_LIMIT: usize = 110;

#[test]
fn the_workspace_keeps_its_rules() {
    assert_eq!(violations(workspace()), [""; 0]);
}

#[test]
fn each_forbidden_dependency_is_caught() {
    let breaches = [
        (
            "host-cli",
            "signer-device",
            r#"signer-device = { path = "../signer-device" }"#,
        ),
        ("signer-core", "cryptoki", "cryptoki.workspace = true"),
        ("signer-core", "rustix", "rustix.workspace = true"),
        ("signer-device", "cryptoki", "cryptoki.workspace = true"),
        ("signer-device", "rqrr", "rqrr.workspace = true"),
        (
            "signer-device",
            "bitcoinconsensus",
            "bitcoinconsensus.workspace = true",
        ),
        ("hsm-profiles", "clap", "clap.workspace = true"),
        ("signer-device", "sign-call", "sign-call.workspace = true"),
        (
            "signer-device",
            "quirk-module",
            "quirk-module.workspace = true",
        ),
        (
            "hsm-profiles",
            "quirk-module",
            "quirk-module.workspace = true",
        ),
        (
            "signer-device",
            "cut-library",
            "cut-library.workspace = true",
        ),
        ("hsm-profiles", "libc", "libc.workspace = true"),
        (
            "hsm-profiles",
            "cryptoki-sys",
            "cryptoki-sys.workspace = true",
        ),
        (
            "test-vectors",
            "signer-core",
            "signer-core.workspace = true",
        ),
    ];
    for (place, (from, to, line)) in breaches.into_iter().enumerate() {
        let copy = manifests(&format!("fence-{place}"));
        give(&copy, from, line);
        let found = violations(&copied(&copy));
        assert!(
            found.len() == 1 && found[0].starts_with(&format!("{from} -> {to}: ")),
            "{from} -> {to} must be the one breach, found {found:?}"
        );
    }
}

#[test]
fn a_copy_of_the_manifests_without_a_breach_passes() {
    assert_eq!(violations(&copied(&manifests("fence-clean"))), [""; 0]);
}

#[test]
fn a_file_cannot_be_opened_in_signer_core() {
    let copy = manifests("no-std");
    let source = copy.join("signer-core/src");
    fs::remove_dir_all(&source).expect("the stub can be removed");
    copy_tree(&root().join("signer-core/src"), &source);
    let library = source.join("lib.rs");
    let mut text = fs::read_to_string(&library).expect("lib.rs is there");
    let line = text.lines().count() as u64 + 2;
    text.push_str("\nfn door() { let _ = std::fs::read(\"x\"); }\n");
    fs::write(&library, text).expect("the copy can be changed");
    let run = cargo(
        &copy,
        &[
            "check",
            "--offline",
            "-p",
            "signer-core",
            "--lib",
            "--message-format=json",
        ],
    );
    let errors = run.errors();
    assert_eq!(errors.len(), 1, "{errors:?}\n{}", run.stderr);
    assert_eq!((errors[0].code.as_str(), errors[0].line), ("E0433", line));
}

#[test]
fn the_device_tree_is_small_and_links_nothing_twice() {
    let all = tree("signer-device", "normal,build");
    let crates = all.keys().filter(|name| !is_ours(name)).count();
    assert!(crates > 20, "the tree was read: {crates}");
    assert!(
        crates < DEVICE_TREE_LIMIT,
        "{crates} crates: {:?}",
        all.keys()
    );
    for (name, versions) in tree("signer-device", "normal,no-proc-macro") {
        assert_eq!(versions.len(), 1, "{name} is linked twice: {versions:?}");
    }
}

#[test]
fn signer_core_knows_no_serde() {
    let tree = tree("signer-core", "normal");
    assert!(tree.contains_key("bitcoin"), "the tree was read");
    assert!(
        tree.keys().all(|name| !name.starts_with("serde")),
        "{tree:?}"
    );
}

#[test]
fn each_direct_dependency_is_justified_with_its_version() {
    let page = fs::read_to_string(root().join("docs/dependencies.md")).expect("the page is there");
    let direct = direct_dependencies(workspace());
    assert!(direct.len() > 15, "{direct:?}");
    for (name, versions) in &direct {
        let rows = page.lines().filter(|line| names(line).any(|n| n == *name));
        let known = versions
            .iter()
            .filter_map(|version| version.split('+').next())
            .any(|version| rows.clone().any(|line| line.contains(version)));
        assert!(
            known,
            "docs/dependencies.md has no row for {name} {versions:?}"
        );
    }
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("the workspace is there");
    let (_, listed) = manifest
        .split_once("[workspace.dependencies]\n")
        .expect("the workspace lists its dependencies");
    for line in listed.lines().take_while(|line| !line.starts_with('[')) {
        let name = line.split_once(" = ").map(|(name, _)| name);
        let unused = name.filter(|n| !is_ours(n) && !direct.contains_key(*n));
        assert_eq!(unused, None, "in the workspace's list, used by nobody");
    }
}

/// The names in the first cell of a row.
fn names(line: &str) -> impl Iterator<Item = &str> {
    let cell = line.split('|').nth(1).unwrap_or_default();
    cell.split([',', ' ']).filter(|word| !word.is_empty())
}

/// What our crates name from outside, tests included, with the versions in the lock file.
fn direct_dependencies(metadata: &Value) -> BTreeMap<&str, BTreeSet<&str>> {
    let packages = metadata["packages"]
        .as_array()
        .expect("cargo lists packages");
    let ours = packages.iter().filter(|p| is_ours(text(&p["name"])));
    let mut found = BTreeMap::<_, BTreeSet<_>>::new();
    for dependency in ours.flat_map(|p| p["dependencies"].as_array().into_iter().flatten()) {
        let name = text(&dependency["name"]);
        let locked = packages.iter().filter(|p| p["name"] == name);
        if !is_ours(name) {
            found.insert(name, locked.map(|p| text(&p["version"])).collect());
        }
    }
    found
}

/// Every rule that the workspace breaks, as `from -> to: why`.
fn violations(metadata: &Value) -> Vec<String> {
    let packages = metadata["packages"]
        .as_array()
        .expect("cargo lists packages");
    let mut found = Vec::new();
    for package in packages {
        let name = text(&package["name"]);
        let source = text(&package["source"]);
        if BANNED.contains(&name) {
            found.push(format!("{name}: banned"));
        }
        if is_ours(name) {
            found.extend(edges_of(name, package));
        } else if source != "registry+https://github.com/rust-lang/crates.io-index" {
            found.push(format!("{name}: comes from {source:?}, not from crates.io"));
        }
    }
    for (ours, _) in EDGES {
        if !packages.iter().any(|p| p["name"] == ours) {
            found.push(format!("{ours}: no longer in the workspace"));
        }
    }
    found
}

/// The rules that one of our packages breaks.
fn edges_of(from: &str, package: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut uses = BTreeSet::new();
    for dependency in package["dependencies"].as_array().into_iter().flatten() {
        let to = text(&dependency["name"]);
        let in_tests = dependency["kind"] == "dev";
        let allowed =
            row(&EDGES, from).contains(&to) || (in_tests && row(&TEST_EDGES, from).contains(&to));
        let owners = row(&OWNERS, to);
        if is_ours(to) && !allowed {
            found.push(format!("{from} -> {to}: this direction is closed"));
        } else if !owners.is_empty() && !owners.contains(&from) {
            found.push(format!("{from} -> {to}: only {owners:?} may use it"));
        } else if from == "signer-core" && !in_tests && !CORE_USES.contains(&to) {
            found.push(format!("{from} -> {to}: not in the committed list"));
        }
        if !in_tests {
            uses.insert(to);
        }
    }
    if from == "signer-core" {
        for unused in CORE_USES.iter().filter(|name| !uses.contains(*name)) {
            found.push(format!(
                "{from} -> {unused}: in the committed list, not used"
            ));
        }
    }
    found
}

fn is_ours(name: &str) -> bool {
    EDGES.iter().any(|(ours, _)| *ours == name)
}

/// The entry of `name` in a table; nothing if there is none.
fn row(table: &[(&str, &'static [&'static str])], name: &str) -> &'static [&'static str] {
    table
        .iter()
        .find(|(key, _)| *key == name)
        .map_or(&[], |(_, values)| values)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// What cargo says of the workspace. It may fetch what the build of one crate did not need.
fn workspace() -> &'static Value {
    static WORKSPACE: LazyLock<Value> = LazyLock::new(|| metadata(&root(), "--locked"));
    &WORKSPACE
}

/// What cargo says of a copy, from what is already fetched.
fn copied(copy: &Path) -> Value {
    workspace();
    metadata(copy, "--offline")
}

/// The packages in `dir`, for this machine's platform.
fn metadata(dir: &Path, lock: &str) -> Value {
    let version = answer(dir, &["version", "--verbose"]);
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .expect("cargo names its host");
    let arguments = [
        "metadata",
        "--format-version=1",
        "--filter-platform",
        host,
        lock,
    ];
    let json = answer(dir, &arguments);
    serde_json::from_str(&json).expect("cargo writes JSON")
}

/// What cargo answers, if it succeeds.
fn answer(dir: &Path, arguments: &[&str]) -> String {
    let run = cargo(dir, arguments);
    assert!(run.success, "cargo {arguments:?}:\n{}", run.stderr);
    run.stdout
}

/// Name and versions of all that `package` is made of.
fn tree(package: &str, edges: &str) -> BTreeMap<String, BTreeSet<String>> {
    let arguments = [
        "tree",
        "--locked",
        "--prefix=none",
        "--format={p}",
        "-p",
        package,
        "-e",
        edges,
    ];
    let mut found = BTreeMap::<_, BTreeSet<_>>::new();
    for line in answer(&root(), &arguments).lines() {
        let mut words = line.split(' ');
        if let (Some(name), Some(version)) = (words.next(), words.next()) {
            let versions = found.entry(name.to_owned()).or_default();
            versions.insert(version.to_owned());
        }
    }
    found
}

/// A copy of the workspace's manifests and lock, with empty sources.
fn manifests(name: &str) -> PathBuf {
    let copy = scratch(name);
    for file in ["Cargo.toml", "Cargo.lock"] {
        fs::copy(root().join(file), copy.join(file)).expect("the workspace is there");
    }
    let workspace = fs::read_to_string(root().join("Cargo.toml")).expect("the workspace is there");
    for (ours, _) in EDGES {
        let folder = folder(ours);
        assert!(
            workspace.contains(&format!("\"{folder}\"")),
            "{folder} is a member"
        );
        let source = copy.join(folder).join("src");
        fs::create_dir_all(&source).expect("the scratch folder can be written");
        fs::copy(
            root().join(folder).join("Cargo.toml"),
            copy.join(folder).join("Cargo.toml"),
        )
        .expect("each of our crates has a manifest");
        fs::write(source.join("lib.rs"), "").expect("the scratch folder can be written");
    }
    copy
}

/// Where a crate of ours lies.
fn folder(ours: &str) -> &str {
    match ours {
        "optics" => "signer-core/optics",
        "camera" => "signer-core/optics/camera",
        "officer-console" => "signer-core/console",
        "quirk-module" => "hsm-profiles/quirk-module",
        "cut-library" => "signer-device/cut-library",
        "sign-call" => "hsm-profiles/sign-call",
        _ => ours,
    }
}

/// Adds one line to the dependencies of a copied manifest.
fn give(copy: &Path, ours: &str, line: &str) {
    let manifest = copy.join(folder(ours)).join("Cargo.toml");
    let text = fs::read_to_string(&manifest).expect("the manifest was copied");
    let heading = "[dependencies]\n";
    assert!(text.contains(heading), "{ours} has dependencies");
    let broken = text.replacen(heading, &format!("{heading}{line}\n"), 1);
    fs::write(&manifest, broken).expect("the copy can be changed");
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the scratch folder can be written");
    for entry in fs::read_dir(from).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        let target = to.join(path.file_name().expect("an entry has a name"));
        if path.is_dir() {
            copy_tree(&path, &target);
        } else {
            fs::copy(&path, &target).expect("the file can be copied");
        }
    }
}
