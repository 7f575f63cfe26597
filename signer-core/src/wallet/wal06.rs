//! WAL06.

use alloc::vec::Vec;

use bitcoin::EcdsaSighashType;
use bitcoin::secp256k1::{Message, PublicKey, Secp256k1, VerifyOnly, ecdsa};

use super::RegisteredWallet;
use super::bind::ExistingSignature;
use super::binding::{Binding, Rebuilt};
use super::scripts::WalletScripts;
use crate::keys::Signature64;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};

/// WAL06: Every signature already present is a valid one of a co-signer, and none is ours.
///
/// Verified with libsecp256k1 over the sighash of the rebuilt script; strict DER, low S,
/// SIGHASH_ALL.
pub(super) fn wal06(binding: &Binding<'_>) -> Verdict {
    binding.with_wallet(|wallet| {
        let secp = Secp256k1::verification_only();
        let mut refusals = Vec::new();
        for (index, rebuilt) in binding.rebuilt() {
            let place = usize::try_from(index.0).ok();
            let input = place.and_then(|place| binding.parsed.inputs().get(place));
            for (key, bytes) in input.map_or(&[][..], |input| &input.partial_sigs) {
                let judged = judge(&secp, binding, wallet, rebuilt, (key, bytes));
                if let Err((expected, got)) = judged {
                    let place = Place::Input(index);
                    refusals.push(Refusal::new(RuleId::WAL06, place, expected, got));
                }
            }
        }
        refusals
    })
}

fn judge(
    secp: &Secp256k1<VerifyOnly>,
    binding: &Binding<'_>,
    wallet: &dyn WalletScripts,
    rebuilt: &Rebuilt,
    (key, bytes): (&PublicKey, &[u8]),
) -> Result<(), (Phrase, Phrase)> {
    let Some(cosigner) = wallet.signer_of(rebuilt.chain, rebuilt.key_index, key) else {
        let expected = phrase!("signatures of co-signers only", "共同署名者の署名のみ");
        let got = phrase!("a signature of key {key}", "鍵 {key} の署名", key = key);
        return Err((expected, got));
    };
    if binding.device.is_some() && cosigner.device.as_ref() == binding.device {
        let expected = phrase!(
            "no signature of this device yet",
            "この端末の署名がまだないこと"
        );
        let name = &cosigner.name;
        let got = phrase!(
            "one of this device, {name}",
            "この端末 {name} の署名",
            name = name
        );
        return Err((expected, got));
    }
    if verified(secp, rebuilt.sighash, key, bytes).is_some() {
        Ok(())
    } else {
        let expected = phrase!(
            "a valid signature of {name}",
            "{name} の有効な署名",
            name = cosigner.name
        );
        Err((
            expected,
            phrase!("one that does not verify", "検証できない署名"),
        ))
    }
}

/// The signature in these bytes, where it is one of this key over this sighash.
fn verified(
    secp: &Secp256k1<VerifyOnly>,
    sighash: [u8; 32],
    key: &PublicKey,
    bytes: &[u8],
) -> Option<ecdsa::Signature> {
    let signature = signature_of(bytes)?;
    let message = Message::from_digest(sighash);
    secp.verify_ecdsa(&message, &signature, key).ok()?;
    Some(signature)
}

/// A signature in its one form: strict DER, then SIGHASH_ALL.
fn signature_of(bytes: &[u8]) -> Option<ecdsa::Signature> {
    let (sighash_type, der) = bytes.split_last()?;
    if u32::from(*sighash_type) != EcdsaSighashType::All as u32 {
        return None;
    }
    ecdsa::Signature::from_der(der).ok()
}

/// The signatures of an input, for the stage that only exists when WAL06 has passed.
pub(super) fn existing(
    wallet: &RegisteredWallet,
    rebuilt: &Rebuilt,
    signatures: &[(PublicKey, Vec<u8>)],
) -> Vec<ExistingSignature> {
    let known = signatures.iter().filter_map(|(key, bytes)| {
        let (device, cosigner) = wallet.member_of(rebuilt.chain, rebuilt.key_index, key)?;
        Some(ExistingSignature {
            device,
            name: cosigner.name.clone(),
            public_key: *key,
            signature: Signature64(signature_of(bytes)?.serialize_compact()),
        })
    });
    known.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::psbt::{MapId, RawPsbt};
    use crate::rule::{Place, RuleId};
    use crate::testing::{Case, refusals, refused, world, wrapped};
    use crate::types::InputIndex;

    const ALONE: [RuleId; 1] = [RuleId::WAL06];

    #[test]
    fn passes_none_and_those_of_cosigners() {
        for world in [world(), wrapped()] {
            let mut case = Case::new(world);
            case.signed_by = std::vec![1, 2];
            let tx = case.bind(world).unwrap();
            for input in tx.inputs() {
                let devices: std::vec::Vec<_> =
                    input.signatures().iter().map(|s| s.device).collect();
                assert_eq!(devices, [1, 2].map(|n| world.devices[n].id()));
            }
        }
    }

    #[test]
    fn refuses_one_of_this_device() {
        let mut case = Case::new(world());
        case.signed_by = std::vec![0];
        assert_eq!(refused(case.bind(world())), ALONE);
    }

    /// The key and the DER signature of device 1 on input 1.
    fn good() -> (std::vec::Vec<u8>, std::vec::Vec<u8>) {
        let mut case = Case::new(world());
        case.signed_by = std::vec![1];
        let tx = case.bind(world()).unwrap();
        let signature = &tx.inputs()[1].signatures()[0];
        let der = ecdsa::Signature::from_compact(&signature.signature.0).unwrap();
        let value = [&der.serialize_der()[..], &[1]].concat();
        (signature.public_key.serialize().to_vec(), value)
    }

    fn with(input: u32, key: &[u8], value: &[u8]) -> std::vec::Vec<RuleId> {
        let case = Case::new(world());
        let name = [&[2][..], key].concat();
        let map = MapId::Input(InputIndex(input));
        let psbt: RawPsbt = case
            .unsigned()
            .with_records(&[(map, name, value.to_vec())])
            .unwrap();
        let refusals = refusals(case.bind_psbt(world(), psbt));
        assert!(
            refusals
                .iter()
                .all(|r| r.place == Place::Input(InputIndex(input)))
        );
        refusals.iter().map(|refusal| refusal.rule).collect()
    }

    #[test]
    fn refuses_a_changed_signature_and_one_of_another_input() {
        let (key, value) = good();
        assert_eq!(with(1, &key, &value), []);
        assert_eq!(with(0, &key, &value), ALONE, "the key of another address");
        for place in [0, 4, 10, 40, value.len() - 2] {
            let mut other = value.clone();
            other[place] ^= 1;
            assert_eq!(with(1, &key, &other), ALONE, "byte {place}");
        }
        let cosigner = world().devices[2].key(1, crate::types::Chain::Receive, 1);
        assert_eq!(with(1, &cosigner.public_key.serialize(), &value), ALONE);
    }

    #[test]
    fn refuses_a_key_that_is_not_in_the_script() {
        let (_, value) = good();
        let east = crate::testing::SoftDevice::new("east");
        let stranger = east.key(1, crate::types::Chain::Receive, 1).public_key;
        assert_eq!(with(1, &stranger.serialize(), &value), ALONE);
    }

    #[test]
    fn refuses_other_encodings_of_a_good_signature() {
        let (key, value) = good();
        let der = &value[..value.len() - 1];
        let signature = ecdsa::Signature::from_der(der).unwrap();
        let compact = signature.serialize_compact();
        let scalar = bitcoin::secp256k1::SecretKey::from_slice(&compact[32..]).unwrap();
        let high = [&compact[..32], &scalar.negate().secret_bytes()].concat();
        let high = ecdsa::Signature::from_compact(&high)
            .unwrap()
            .serialize_der();
        let mut padded = der.to_vec();
        padded.push(0);
        let mut long = der.to_vec();
        long[1] += 1;
        let no_signature: &[u8] = &[];
        for other in [&high[..], &padded, &long, &compact[..], no_signature] {
            let value = [other, &[1]].concat();
            assert_eq!(with(1, &key, &value), ALONE, "{} bytes", value.len());
        }
    }

    /// The 463 cases that Project Wycheproof has for Bitcoin's form of ECDSA.
    #[test]
    fn agrees_with_wycheproof() {
        let path = "../test-vectors/data/wycheproof/ecdsa_secp256k1_sha256_bitcoin.txt";
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        let text = std::fs::read_to_string(path).unwrap();
        let secp = Secp256k1::verification_only();
        let bytes = |hex: &str| match hex {
            "-" => std::vec![],
            hex => test_vectors::unhex(hex).unwrap(),
        };
        let mut results = [0, 0];
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let [number, result, key, message, signature] = line
                .split(' ')
                .collect::<std::vec::Vec<_>>()
                .try_into()
                .unwrap();
            let key = PublicKey::from_slice(&bytes(key)).unwrap();
            let digest = crate::digest::sha256_of(&bytes(message));
            let value = [bytes(signature), std::vec![1]].concat();
            let found = verified(&secp, digest, &key, &value).is_some();
            assert_eq!(found, result == "valid", "case {number}");
            results[usize::from(found)] += 1;
        }
        assert_eq!(results, [301, 162]);
    }
}
