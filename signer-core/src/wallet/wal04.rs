//! WAL04.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use bitcoin::secp256k1::PublicKey;

use super::RegisteredWallet;
use super::bind::Binding;
use crate::keys::Fingerprint;
use crate::psbt::KeyOrigin;
use crate::rule::{Place, Refusal, RuleId, Verdict};
use crate::types::{Chain, InputIndex, KeyIndex, OutputIndex};

/// WAL04: No key origin in the PSBT contradicts the registered keys.
///
/// Inputs of the wallet, and outputs to its own scripts. An absent origin contradicts nothing; one
/// that is there must name a key of that very address, with its registered fingerprint and path.
pub(super) fn wal04(binding: &Binding<'_>) -> Verdict {
    binding.with_wallet(|wallet| {
        let mut refusals = Vec::new();
        for (index, input) in (0..).map(InputIndex).zip(binding.parsed.inputs()) {
            let at = wallet.locate(&input.spent.script_pubkey);
            refusals.extend(compare(wallet, at, &input.origins, &Place::Input(index)));
        }
        let outputs = binding.parsed.tx().output.iter();
        let claims = binding.parsed.outputs().iter();
        for (index, (output, claim)) in (0..).map(OutputIndex).zip(outputs.zip(claims)) {
            let at = wallet.locate(&output.script_pubkey);
            refusals.extend(compare(wallet, at, &claim.origins, &Place::Output(index)));
        }
        refusals
    })
}

fn compare(
    wallet: &RegisteredWallet,
    at: Option<(Chain, KeyIndex)>,
    origins: &[KeyOrigin],
    place: &Place,
) -> Vec<Refusal> {
    let Some((chain, index)) = at else {
        return Vec::new();
    };
    let refusals = origins.iter().filter_map(|origin| {
        let key = PublicKey::from_slice(&origin.public_key).ok();
        let registered = key.and_then(|key| wallet.origin_of(chain, index, &key));
        let claimed = || text(origin.fingerprint, &origin.path);
        match registered {
            None => {
                let got = crate::digest::hex(&origin.public_key);
                Some(("a registered key of this address".into(), got))
            }
            Some((fingerprint, path)) => {
                let same = fingerprint == origin.fingerprint && path[..] == origin.path[..];
                (!same).then(|| (text(fingerprint, &path), claimed()))
            }
        }
    });
    refusals
        .map(|(expected, got): (String, String)| {
            Refusal::new(RuleId::WAL04, place.clone(), expected, got)
        })
        .collect()
}

fn text(fingerprint: Fingerprint, path: &[u32]) -> String {
    path.iter()
        .fold(format!("origin {fingerprint}"), |text, step| {
            format!("{text}/{step}")
        })
}
