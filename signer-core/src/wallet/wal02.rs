//! WAL02.

use super::binding::Binding;
use crate::phrase;
use crate::rule::{Place, Refusal, RuleId, Verdict};
use crate::types::InputIndex;

/// WAL02: Every input belongs to one registered wallet: its script equals the one rebuilt from the
/// registered keys.
pub(super) fn wal02(binding: &Binding<'_>) -> Verdict {
    let inputs = (0..).map(InputIndex).zip(binding.parsed.inputs());
    let foreign = inputs
        .zip(&binding.inputs)
        .filter(|(_, rebuilt)| rebuilt.is_none());
    let refusals = foreign.map(|((index, input), _)| {
        let other = binding.known.holding(&input.spent.script_pubkey);
        let coin_of = |name| phrase!("a coin of {name}", "コイン({name})", name = name);
        let got = match (other, binding.wallet) {
            (Some(other), Some(_)) => coin_of(other.name()),
            _ => phrase!(
                "script {script}",
                "スクリプト {script}",
                script = input.spent.script_pubkey.to_hex_string()
            ),
        };
        let expected = match binding.wallet {
            Some(wallet) => coin_of(wallet.name()),
            None => phrase!(
                "a coin of a registered wallet",
                "登録済みウォレットのコイン"
            ),
        };
        Refusal::new(RuleId::WAL02, Place::Input(index), expected, got)
    });
    Verdict::of(refusals.collect())
}

#[cfg(test)]
mod tests {
    use crate::rule::{Place, RuleId};
    use crate::testing::{Case, Coin, outside_script, refusals, refused, world};
    use crate::types::{Chain, InputIndex, Lang};

    const ALONE: [RuleId; 1] = [RuleId::WAL02];

    #[test]
    fn passes_coins_of_both_chains() {
        let mut case = Case::new(world());
        case.coins[1] = Coin::of(&world().wallet, Chain::Change, 2, 1_000_000);
        assert_eq!(refused(case.bind(world())), []);
    }

    #[test]
    fn refuses_one_foreign_coin_in_any_place() {
        for place in [0, 1] {
            let mut case = Case::new(world());
            case.coins[place].script = outside_script("stranger");
            let refusals = refusals(case.bind(world()));
            let index = InputIndex(u32::try_from(place).unwrap());
            assert_eq!(refusals.len(), 1);
            assert_eq!(refusals[0].rule, RuleId::WAL02);
            assert_eq!(refusals[0].place, Place::Input(index));
        }
    }

    /// A script that says it is ours in every field, but is not the one of our keys.
    #[test]
    fn refuses_a_coin_that_only_carries_our_fields() {
        let mut case = Case::new(world());
        case.coins[1].script = case.coins[1].script.to_p2sh();
        assert_eq!(refused(case.bind(world())), ALONE);
    }

    #[test]
    fn refuses_coins_of_two_registered_wallets() {
        let mut case = Case::new(world());
        case.coins[1] = Coin::of(&world().other, Chain::Receive, 0, 1_000_000);
        let refusals = refusals(case.bind(world()));
        assert_eq!(refusals.len(), 1);
        let other = alloc::format!("a coin of wallet {}", world().other.id());
        assert_eq!(
            (refusals[0].rule, refusals[0].got.text(Lang::En)),
            (RuleId::WAL02, &*other)
        );
    }
}
