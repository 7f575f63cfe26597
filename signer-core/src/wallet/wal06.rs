//! WAL06.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use bitcoin::EcdsaSighashType;
use bitcoin::secp256k1::{Message, PublicKey, Secp256k1, VerifyOnly, ecdsa};

use super::RegisteredWallet;
use super::bind::{Binding, ExistingSignature, Rebuilt};
use crate::keys::Signature64;
use crate::rule::{Place, Refusal, RuleId, Verdict};

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
    wallet: &RegisteredWallet,
    rebuilt: &Rebuilt,
    (key, bytes): (&PublicKey, &[u8]),
) -> Result<(), (String, String)> {
    let Some(cosigner) = wallet.cosigner_of(rebuilt.chain, rebuilt.key_index, key) else {
        let got = format!("a signature of key {key}");
        return Err(("signatures of co-signers only".into(), got));
    };
    if cosigner.identity.device_id() == *binding.context.device {
        let got = format!("one of this device, {}", cosigner.name);
        return Err(("no signature of this device yet".into(), got));
    }
    let valid = signature_of(bytes).is_some_and(|signature| {
        let message = Message::from_digest(rebuilt.sighash);
        secp.verify_ecdsa(&message, &signature, key).is_ok()
    });
    if valid {
        Ok(())
    } else {
        let expected = format!("a valid signature of {}", cosigner.name);
        Err((expected, "one that does not verify".into()))
    }
}

/// A signature in its one form: strict DER, then SIGHASH_ALL.
fn signature_of(bytes: &[u8]) -> Option<ecdsa::Signature> {
    let (sighash_type, der) = bytes.split_last()?;
    if u32::from(*sighash_type) != EcdsaSighashType::All as u32 {
        return None;
    }
    let signature = ecdsa::Signature::from_der(der).ok()?;
    (*signature.serialize_der() == *der).then_some(signature)
}

/// The signatures of an input, for the stage that only exists when WAL06 has passed.
pub(super) fn existing(
    wallet: &RegisteredWallet,
    rebuilt: &Rebuilt,
    signatures: &[(PublicKey, Vec<u8>)],
) -> Vec<ExistingSignature> {
    let known = signatures.iter().filter_map(|(key, bytes)| {
        let cosigner = wallet.cosigner_of(rebuilt.chain, rebuilt.key_index, key)?;
        Some(ExistingSignature {
            device: cosigner.identity.device_id(),
            name: cosigner.name.clone(),
            public_key: *key,
            signature: Signature64(signature_of(bytes)?.serialize_compact()),
        })
    });
    known.collect()
}
