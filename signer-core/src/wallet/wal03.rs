//! WAL03.

use alloc::string::String;
use alloc::vec::Vec;

use bitcoin::ScriptBuf;

use super::RegisteredWallet;
use super::bind::Binding;
use crate::rule::{Place, Refusal, RuleId, Verdict};
use crate::types::{Chain, InputIndex, KeyIndex, OutputIndex};

/// WAL03: No script in the PSBT contradicts the rebuilt one.
///
/// Inputs of the wallet, and outputs to its own scripts. An absent script contradicts nothing.
pub(super) fn wal03(binding: &Binding<'_>) -> Verdict {
    binding.with_wallet(|wallet| {
        let mut refusals = Vec::new();
        let inputs = (0..).map(InputIndex).zip(binding.parsed.inputs());
        for (index, input) in inputs {
            let at = wallet.locate(&input.spent.script_pubkey);
            let claimed = [&input.witness_script, &input.redeem_script];
            refusals.extend(compare(wallet, at, claimed, &Place::Input(index)));
        }
        let outputs = binding.parsed.tx().output.iter();
        let claims = binding.parsed.outputs().iter();
        for (index, (output, claim)) in (0..).map(OutputIndex).zip(outputs.zip(claims)) {
            let at = wallet.locate(&output.script_pubkey);
            let claimed = [&claim.witness_script, &claim.redeem_script];
            refusals.extend(compare(wallet, at, claimed, &Place::Output(index)));
        }
        refusals
    })
}

fn compare(
    wallet: &RegisteredWallet,
    at: Option<(Chain, KeyIndex)>,
    [witness, redeem]: [&Option<ScriptBuf>; 2],
    place: &Place,
) -> Vec<Refusal> {
    let Some((chain, index)) = at else {
        return Vec::new();
    };
    let rebuilt_witness = wallet.witness_script(chain, index);
    let rebuilt_redeem = wallet.redeem_script(chain, index);
    let pairs = [
        ("witness script", witness, rebuilt_witness),
        ("redeem script", redeem, rebuilt_redeem),
    ];
    let contradictions = pairs
        .into_iter()
        .filter(|(_, claimed, rebuilt)| claimed.is_some() && *claimed != rebuilt);
    contradictions
        .map(|(what, claimed, rebuilt)| {
            let expected = alloc::format!("{what} {}", digest_of(rebuilt.as_ref()));
            let got = digest_of(claimed.as_ref());
            Refusal::new(RuleId::WAL03, place.clone(), expected, got)
        })
        .collect()
}

/// Scripts are long: people compare their digests.
fn digest_of(script: Option<&ScriptBuf>) -> String {
    script.map_or_else(
        || "none".into(),
        |script| {
            let digest = crate::digest::sha256_of(script.as_bytes());
            alloc::format!("of SHA-256 {}", crate::digest::hex(&digest))
        },
    )
}
