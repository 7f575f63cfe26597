//! WAL03.

use alloc::vec::Vec;

use bitcoin::ScriptBuf;

use super::binding::Binding;
use super::scripts::WalletScripts;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};
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
    wallet: &dyn WalletScripts,
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
            let expected = phrase!(
                "{what} {digest}",
                "{what}: {digest}",
                what = what,
                digest = digest_of(rebuilt.as_ref())
            );
            let got = digest_of(claimed.as_ref());
            Refusal::new(RuleId::WAL03, place.clone(), expected, got)
        })
        .collect()
}

/// Scripts are long: people compare their digests.
fn digest_of(script: Option<&ScriptBuf>) -> Phrase {
    script.map_or_else(Phrase::none, |script| {
        let digest = crate::digest::sha256_of(script.as_bytes());
        phrase!(
            "of SHA-256 {digest}",
            "SHA-256 が {digest}",
            digest = crate::digest::hex(&digest)
        )
    })
}

#[cfg(test)]
mod tests {
    use bitcoin::ScriptBuf;

    use crate::rule::{Place, RuleId};
    use crate::testing::{Case, Output, refusals, refused, world, wrapped};
    use crate::types::{Chain, InputIndex, KeyIndex, OutputIndex};
    use crate::wallet::script::sorted_multisig;

    const ALONE: [RuleId; 1] = [RuleId::WAL03];

    #[test]
    fn passes_absent_scripts() {
        for world in [world(), wrapped()] {
            let mut case = Case::new(world);
            for coin in &mut case.coins {
                coin.parts.witness_script = None;
                coin.parts.redeem_script = None;
            }
            case.outputs[1].parts.witness_script = None;
            case.outputs[1].parts.redeem_script = None;
            assert_eq!(refused(case.bind(world)), []);
        }
    }

    fn with_witness(script: ScriptBuf) -> std::vec::Vec<RuleId> {
        let mut case = Case::new(world());
        case.coins[1].parts.witness_script = Some(script);
        refused(case.bind(world()))
    }

    #[test]
    fn refuses_every_other_witness_script() {
        let wallet = &world().wallet;
        let keys = wallet.keys(Chain::Receive, KeyIndex(1)).unwrap();
        let good = wallet.witness_script(Chain::Receive, KeyIndex(1)).unwrap();
        assert_eq!(with_witness(good.clone()), []);
        let with_tail = |tail: &[u8]| ScriptBuf::from_bytes([good.as_bytes(), tail].concat());
        let mut unsorted = good.to_bytes();
        unsorted[2..70].rotate_left(34);
        let others = [
            sorted_multisig(1, &keys),
            sorted_multisig(3, &keys),
            sorted_multisig(2, &keys[..2]),
            wallet.witness_script(Chain::Receive, KeyIndex(2)).unwrap(),
            wallet.witness_script(Chain::Change, KeyIndex(1)).unwrap(),
            with_tail(&[0x61]),
            ScriptBuf::from_bytes(unsorted),
            ScriptBuf::new(),
        ];
        for other in others {
            assert_eq!(with_witness(other.clone()), ALONE, "{other}");
        }
    }

    #[test]
    fn refuses_a_redeem_script_on_a_native_input() {
        let mut case = Case::new(world());
        case.coins[0].parts.redeem_script = Some(case.coins[0].script.clone());
        let refusals = refusals(case.bind(world()));
        assert_eq!(refusals.len(), 1);
        assert_eq!(refusals[0].rule, RuleId::WAL03);
        assert_eq!(refusals[0].place, Place::Input(InputIndex(0)));
    }

    #[test]
    fn refuses_another_redeem_script_on_a_wrapped_input() {
        let mut case = Case::new(wrapped());
        case.coins[0].parts.redeem_script = case.coins[1].parts.redeem_script.clone();
        assert_eq!(refused(case.bind(wrapped())), ALONE);
    }

    #[test]
    fn refuses_another_script_on_change() {
        let mut case = Case::new(world());
        let other = Output::own(&world().wallet, Chain::Change, 1, 0);
        case.outputs[1].parts.witness_script = other.parts.witness_script;
        let refusals = refusals(case.bind(world()));
        assert_eq!(refusals.len(), 1);
        assert_eq!(refusals[0].rule, RuleId::WAL03);
        assert_eq!(refusals[0].place, Place::Output(OutputIndex(1)));
    }
}
