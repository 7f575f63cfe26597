//! Writes the data of the vectors, checks that it is what the constructors make (`--check`), or
//! writes one large case to standard output (`--print NAME`).

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, io};

use test_vectors::{WORLD_FILE, families, generated, sheets, world_text};

fn main() -> io::Result<ExitCode> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => write(),
        ["--check"] => check(),
        ["--print", name] => print(name),
        _ => {
            eprintln!("generate [--check | --print NAME]");
            Ok(ExitCode::from(3))
        }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

/// All files by their names below the folder.
fn files() -> BTreeMap<String, String> {
    let families = families().into_iter();
    let mut files: BTreeMap<String, String> = families
        .map(|family| (format!("{}/cases.txt", family.name), family.text()))
        .collect();
    files.extend(
        sheets()
            .into_iter()
            .map(|sheet| (sheet.file(), sheet.text())),
    );
    files.insert(WORLD_FILE.into(), world_text());
    files
}

/// Files of the folder that the constructors do not make. `bip` holds what others have written.
fn strange(made: &BTreeMap<String, String>) -> io::Result<Vec<String>> {
    let mut strange = vec![];
    for entry in fs::read_dir(folder())? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let folder = format!("{name}/");
        let known = made.contains_key(&name) || made.keys().any(|file| file.starts_with(&folder));
        if !known && name != "bip" && name != "wycheproof" {
            strange.push(name);
        }
    }
    Ok(strange)
}

fn write() -> io::Result<ExitCode> {
    let files = files();
    for name in strange(&files)? {
        let path = folder().join(name);
        if path.is_dir() {
            fs::remove_dir_all(path)?;
        }
    }
    for (name, text) in &files {
        let path = folder().join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)?;
    }
    let bytes: usize = files.values().map(String::len).sum();
    println!("{} files, {bytes} bytes", files.len());
    Ok(ExitCode::SUCCESS)
}

fn check() -> io::Result<ExitCode> {
    let files = files();
    let mut stale = strange(&files)?;
    for (name, text) in &files {
        if fs::read_to_string(folder().join(name)).ok().as_ref() != Some(text) {
            stale.push(name.clone());
        }
    }
    for name in &stale {
        eprintln!("{name} is not what the constructors make; run generate");
    }
    Ok(ExitCode::from(u8::from(!stale.is_empty())))
}

fn print(name: &str) -> io::Result<ExitCode> {
    if let Some(bytes) = generated(name) {
        io::stdout().write_all(&bytes).map(|()| ExitCode::SUCCESS)
    } else {
        eprintln!("there is no large case {name}; A12-limits names them");
        Ok(ExitCode::from(3))
    }
}
