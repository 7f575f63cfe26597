//! Scripts of a wallet, rebuilt from its registered keys and from nothing else.

use alloc::vec::Vec;
use core::fmt;

use bitcoin::bip32::{ChildNumber, DerivationPath, Fingerprint as Bip32Fingerprint};
use bitcoin::opcodes::all::OP_CHECKMULTISIG;
use bitcoin::script::Builder;
use bitcoin::secp256k1::PublicKey;
use bitcoin::{Script, ScriptBuf};
use miniscript::Descriptor;
use miniscript::descriptor::{DescriptorPublicKey, SinglePub, SinglePubKey};

use super::{ScriptType, WalletError};
use crate::keys::Fingerprint;

/// The keys in the order of BIP-67: by their 33 bytes, compared as bytes.
pub(super) fn bip67(keys: &[PublicKey]) -> Vec<PublicKey> {
    let mut sorted = keys.to_vec();
    sorted.sort_by_key(PublicKey::serialize);
    sorted
}

/// `m <keys in BIP-67 order> n OP_CHECKMULTISIG`; m and n are at most 15.
pub(super) fn sorted_multisig(threshold: u8, keys: &[PublicKey]) -> ScriptBuf {
    let count = i64::try_from(keys.len()).unwrap_or(i64::MAX);
    let mut builder = Builder::new().push_int(i64::from(threshold));
    for key in bip67(keys) {
        builder = builder.push_slice(key.serialize());
    }
    builder
        .push_int(count)
        .push_opcode(OP_CHECKMULTISIG)
        .into_script()
}

/// The redeem script of this form; none where the form has none.
pub(super) fn redeem(form: ScriptType, witness: &Script) -> Option<ScriptBuf> {
    match form {
        ScriptType::Wsh => None,
        ScriptType::ShWsh => Some(witness.to_p2wsh()),
    }
}

/// The output script of this form.
pub(super) fn output(form: ScriptType, witness: &Script) -> ScriptBuf {
    match form {
        ScriptType::Wsh => witness.to_p2wsh(),
        ScriptType::ShWsh => witness.to_p2wsh().to_p2sh(),
    }
}

/// Makes the descriptors of a wallet's addresses.
pub(super) struct Descriptors {
    threshold: u8,
    form: ScriptType,
}

impl Descriptors {
    pub(super) const fn new(threshold: u8, form: ScriptType) -> Self {
        Self { threshold, form }
    }

    /// The descriptor of one address; it prints with its checksum.
    pub(super) fn of(
        &self,
        keys: impl Iterator<Item = (Fingerprint, [u32; 3], PublicKey)>,
    ) -> Result<impl fmt::Display, WalletError> {
        let keys = keys
            .map(|(fingerprint, path, key)| single(fingerprint, path, key))
            .collect::<Result<Vec<_>, _>>()?;
        let threshold = usize::from(self.threshold);
        match self.form {
            ScriptType::Wsh => Descriptor::new_wsh_sortedmulti(threshold, keys),
            ScriptType::ShWsh => Descriptor::new_sh_wsh_sortedmulti(threshold, keys),
        }
        .map_err(|_| WalletError::Descriptor)
    }
}

fn single(
    fingerprint: Fingerprint,
    path: [u32; 3],
    key: PublicKey,
) -> Result<DescriptorPublicKey, WalletError> {
    let steps = path
        .into_iter()
        .map(ChildNumber::from_normal_idx)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| WalletError::Descriptor)?;
    let origin = Bip32Fingerprint::from(fingerprint.to_bytes());
    Ok(DescriptorPublicKey::Single(SinglePub {
        origin: Some((origin, DerivationPath::from(steps))),
        key: SinglePubKey::FullKey(bitcoin::PublicKey::new(key)),
    }))
}

#[cfg(test)]
mod tests {
    use bitcoin::{Address, Network};
    use serde_json::Value;

    use super::*;

    #[test]
    fn sorts_and_builds_as_bip67_says() {
        let text = include_str!("../../../test-vectors/data/bip/bip67.json");
        let file: Value = serde_json::from_str(text).unwrap();
        let keys_of = |list: &Value| -> Vec<PublicKey> {
            let texts = list.as_array().unwrap().iter();
            texts
                .map(|key| key.as_str().unwrap().parse().unwrap())
                .collect()
        };
        let vectors = file["vectors"].as_array().unwrap();
        assert!(!vectors.is_empty());
        for vector in vectors {
            let keys = keys_of(&vector["keys"]);
            assert_eq!(bip67(&keys), keys_of(&vector["sorted"]));
            let threshold = u8::try_from(vector["m"].as_u64().unwrap()).unwrap();
            let script = sorted_multisig(threshold, &keys);
            assert_eq!(script.to_hex_string(), vector["script"].as_str().unwrap());
            let address = Address::p2sh(&script, Network::Bitcoin).unwrap();
            let expected = vector["p2sh_address_mainnet"].as_str().unwrap();
            assert_eq!(alloc::format!("{address}"), expected);
        }
    }
}
