//! WAL02.

use super::bind::Binding;
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
        let other = binding.context.wallets.locate(&input.spent.script_pubkey);
        let got = match (other, binding.wallet) {
            (Some((other, _, _)), Some(_)) => alloc::format!("a coin of wallet {}", other.id()),
            _ => alloc::format!("script {}", input.spent.script_pubkey.to_hex_string()),
        };
        let expected = match binding.wallet {
            Some(wallet) => alloc::format!("a coin of wallet {}", wallet.id()),
            None => "a coin of a registered wallet".into(),
        };
        Refusal::new(RuleId::WAL02, Place::Input(index), expected, got)
    });
    Verdict::of(refusals.collect())
}
