//! WAL03.

use alloc::vec::Vec;

use bitcoin::ScriptBuf;

use super::binding::Binding;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};

/// WAL03: No script in the PSBT contradicts the rebuilt one.
///
/// Inputs of the wallet, and outputs to its own scripts. An absent script contradicts nothing.
pub(super) fn wal03(binding: &Binding<'_>) -> Verdict {
    binding.with_wallet(|wallet| {
        let mut refusals = Vec::new();
        for (index, rebuilt, input) in binding.explained() {
            let claims = [&input.witness_script, &input.redeem_script];
            let witness = || Some(rebuilt.witness_script.clone());
            let redeem = || wallet.redeem_script(rebuilt.chain, rebuilt.key_index);
            refusals.extend(compare(claims, witness, redeem, &Place::Input(index)));
        }
        for (index, _, claim, at) in binding.outputs() {
            let Some((chain, key_index)) = at else {
                continue;
            };
            let claims = [&claim.witness_script, &claim.redeem_script];
            let witness = || wallet.witness_script(chain, key_index);
            let redeem = || wallet.redeem_script(chain, key_index);
            refusals.extend(compare(claims, witness, redeem, &Place::Output(index)));
        }
        refusals
    })
}

/// Only what is claimed is rebuilt.
fn compare(
    [witness, redeem]: [&Option<ScriptBuf>; 2],
    rebuilt_witness: impl FnOnce() -> Option<ScriptBuf>,
    rebuilt_redeem: impl FnOnce() -> Option<ScriptBuf>,
    place: &Place,
) -> impl Iterator<Item = Refusal> {
    let witness = witness.as_ref().and_then(|claimed| {
        contradiction("witness script", claimed, rebuilt_witness().as_ref(), place)
    });
    let redeem = redeem.as_ref().and_then(|claimed| {
        contradiction("redeem script", claimed, rebuilt_redeem().as_ref(), place)
    });
    [witness, redeem].into_iter().flatten()
}

fn contradiction(
    what: &str,
    claimed: &ScriptBuf,
    rebuilt: Option<&ScriptBuf>,
    place: &Place,
) -> Option<Refusal> {
    (rebuilt != Some(claimed)).then(|| {
        let expected = phrase!(
            "{what} {digest}",
            "{what}: {digest}",
            what = what,
            digest = digest_of(rebuilt)
        );
        Refusal::new(
            RuleId::WAL03,
            place.clone(),
            expected,
            digest_of(Some(claimed)),
        )
    })
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
