//! SoftHSM's own files, read by SoftHSM's own means: with the PIN, the private values come out.
//! This is what the scan looks for, and why a software token protects nothing.

use std::fs;
use std::path::{Path, PathBuf};

use aes::Aes256;
use bitcoin::hashes::{Hash, sha256};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};

const CKA_CLASS: u64 = 0x00;
const CKA_VALUE: u64 = 0x11;
const CKO_PRIVATE_KEY: u64 = 3;
/// SecureDataManager.cpp: what a decrypted key blob begins with.
const MAGIC: &[u8] = b"RJR";
/// RFC4880.cpp: PBE_ITERATION_BASE_COUNT.
const ITERATIONS: usize = 1500;

/// The private values of every key on the tokens of `folder` that `pin` opens.
pub(crate) fn private_values(folder: &Path, pin: &str) -> Vec<Vec<u8>> {
    tokens(folder)
        .iter()
        .filter_map(|token| Some((token, token_key(token, pin)?)))
        .flat_map(|(token, key)| {
            objects(token)
                .into_iter()
                .filter_map(move |object| private_value(&object, &key))
        })
        .collect()
}

fn tokens(folder: &Path) -> Vec<PathBuf> {
    entries(folder)
        .into_iter()
        .filter(|path| path.join("token.object").exists())
        .collect()
}

fn objects(token: &Path) -> Vec<PathBuf> {
    entries(token)
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == "object"))
        .filter(|path| path.file_name().is_some_and(|name| name != "token.object"))
        .collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).map_or_else(
        |_| Vec::new(),
        |all| all.flatten().map(|e| e.path()).collect(),
    )
}

/// The key of a token: in one of the byte strings of `token.object`, under the PIN.
fn token_key(token: &Path, pin: &str) -> Option<[u8; 32]> {
    attributes(&token.join("token.object"))
        .into_iter()
        .find_map(|(_, value)| {
            let Value::Bytes(blob) = value else {
                return None;
            };
            let (salt, sealed) = blob.split_at_checked(8)?;
            let plain = decrypt(&derive(pin, salt), sealed)?;
            plain.strip_prefix(MAGIC)?.try_into().ok()
        })
}

/// RFC4880.cpp: SHA-256 over salt and PIN, hashed again 1500 + last byte of the salt times.
fn derive(pin: &str, salt: &[u8]) -> [u8; 32] {
    let mut key = sha256::Hash::hash(&[salt, pin.as_bytes()].concat()).to_byte_array();
    for _ in 1..ITERATIONS + usize::from(salt[7]) {
        key = sha256::Hash::hash(&key).to_byte_array();
    }
    key
}

fn private_value(object: &Path, key: &[u8; 32]) -> Option<Vec<u8>> {
    let attributes = attributes(object);
    let is_private = attributes
        .iter()
        .any(|(kind, value)| *kind == CKA_CLASS && *value == Value::Number(CKO_PRIVATE_KEY));
    let sealed = attributes.iter().find_map(|(kind, value)| match value {
        Value::Bytes(bytes) if *kind == CKA_VALUE => Some(bytes),
        _ => None,
    })?;
    if is_private {
        decrypt(key, sealed)
    } else {
        None
    }
}

fn decrypt(key: &[u8; 32], sealed: &[u8]) -> Option<Vec<u8>> {
    let (iv, body) = sealed.split_at_checked(16)?;
    let cipher = cbc::Decryptor::<Aes256>::new_from_slices(key, iv).ok()?;
    cipher.decrypt_padded_vec::<Pkcs7>(body).ok()
}

#[derive(PartialEq)]
enum Value {
    Number(u64),
    Bytes(Vec<u8>),
    Other,
}

/// ObjectFile.cpp: a generation, then (type, kind, value) with 64-bit big-endian numbers.
fn attributes(path: &Path) -> Vec<(u64, Value)> {
    let bytes = fs::read(path).unwrap_or_default();
    let mut rest = bytes.get(8..).unwrap_or_default();
    let mut found = Vec::new();
    while let (Some(kind), Some(form)) = (number(&mut rest), number(&mut rest)) {
        let value = match form {
            1 => take(&mut rest, 1).map(|_| Value::Other),
            2 => number(&mut rest).map(Value::Number),
            3 => number(&mut rest)
                .and_then(|length| take(&mut rest, usize::try_from(length).ok()?))
                .map(|bytes| Value::Bytes(bytes.to_vec())),
            4 => number(&mut rest)
                .and_then(|length| take(&mut rest, usize::try_from(length).ok()?))
                .map(|_| Value::Other),
            5 => number(&mut rest)
                .and_then(|count| take(&mut rest, usize::try_from(count).ok()? * 8))
                .map(|_| Value::Other),
            _ => None,
        };
        let Some(value) = value else { break };
        found.push((kind, value));
    }
    found
}

fn number(rest: &mut &[u8]) -> Option<u64> {
    take(rest, 8)
        .and_then(|bytes| bytes.try_into().ok())
        .map(u64::from_be_bytes)
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (first, after) = rest.split_at_checked(count)?;
    *rest = after;
    Some(first)
}
