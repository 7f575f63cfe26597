//! What the rules of the policy judge.

use alloc::string::ToString;
use alloc::vec::Vec;

use bitcoin::{Address, Amount, Script};

use super::{ActivePolicy, CheckedPayment, Destination, FeeCaps, WalletRules, WindowLimit};
use super::{pol01, pol02, pol04};
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};
use crate::types::{Height, Network};
use crate::wallet::Moves;

/// What a policy says of one wallet.
#[derive(Debug)]
pub(crate) struct Terms<'a> {
    /// Most that one transaction may pay out, change not counted.
    pub(crate) per_transfer: Amount,
    /// The caps on the fee.
    pub(crate) fee: FeeCaps,
    /// The destinations that this wallet may pay.
    pub(crate) destinations: Vec<&'a Destination>,
    /// From when all of the policy is in force, where some of it waits.
    pub(crate) waits: Option<Phrase>,
    /// Its limits over time; a report that knows no device's past has none.
    pub(crate) windows: &'a [WindowLimit],
}

impl<'a> Terms<'a> {
    pub(super) fn of(policy: &'a ActivePolicy, rules: &'a WalletRules, fee: FeeCaps) -> Self {
        Self {
            per_transfer: rules.per_transfer,
            fee,
            destinations: policy.destinations_of(rules).collect(),
            waits: policy.waits_until().map(|_| policy.opening()),
            windows: &rules.windows,
        }
    }

    /// What was found, beside what of the policy waits: that may be why it is refused.
    pub(super) fn beside_waiting(&self, got: Phrase) -> Phrase {
        Phrase::listed([Some(got), self.waits.clone()].into_iter().flatten())
    }
}

/// A transaction beside the terms of its wallet.
#[derive(Debug)]
pub(crate) struct Checking<'a> {
    pub(crate) moves: Moves<'a>,
    pub(crate) terms: Option<Terms<'a>>,
    pub(crate) network: Network,
    /// The known height, where one is known.
    pub(crate) tip: Option<Height>,
}

impl<'a> Checking<'a> {
    /// Every rule that needs nothing but the terms.
    pub(crate) fn judge(&self) -> [(RuleId, Verdict); 3] {
        [
            (RuleId::POL01, pol01::pol01(self)),
            (RuleId::POL02, pol02::pol02(self)),
            (RuleId::POL04, pol04::pol04(self)),
        ]
    }

    /// Runs a rule that needs the policy's terms for this wallet; without them it refuses.
    pub(super) fn with_terms(
        &self,
        rule: RuleId,
        judge: impl FnOnce(&Terms<'a>) -> Vec<Refusal>,
    ) -> Verdict {
        match &self.terms {
            Some(terms) => Verdict::of(judge(terms)),
            None => Verdict::of(alloc::vec![Refusal::new(
                rule,
                Place::Transaction,
                phrase!(
                    "the policy under which the wallet was found active",
                    "ウォレットの確認に用いたポリシー"
                ),
                phrase!("another one", "別のポリシー"),
            )]),
        }
    }

    /// The destination that a script belongs to, if this wallet may pay it.
    pub(super) fn destination(&self, script: &Script) -> Option<&'a Destination> {
        let mut destinations = self.terms.as_ref()?.destinations.iter();
        destinations
            .find(|destination| *destination.script == *script)
            .copied()
    }

    /// The payments with their destinations, where every one has its own.
    pub(super) fn payments(&self) -> Option<Vec<CheckedPayment>> {
        let payments = self.moves.payments().map(|(output, script, amount)| {
            let destination = self.destination(script)?;
            let address = Address::from_script(script, self.network.to_bitcoin()).ok()?;
            Some(CheckedPayment {
                output,
                destination: destination.id.clone(),
                label: destination.label.clone(),
                amount,
                address: address.to_string(),
                script: script.clone(),
                inside: None,
            })
        });
        payments.collect()
    }
}
