//! `WalletTx` to `CheckedTx`: every rule of the policy ran.

use alloc::string::String;
use alloc::vec::Vec;

use bitcoin::{Amount, ScriptBuf};

use super::checking::{Checking, Terms};
use super::pol06::Reconciled;
use super::{ActivePolicy, ColdShare, Separation, WalletRules, pol03, pol05, pol06, pol07, pol09};
use crate::approval::{ActiveRoster, Request};
use crate::cose::peek;
use crate::digest::{KeyId, PolicyDigest, RosterDigest, TxDigest};
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, RuleReport, Stage, Stopped};
use crate::types::{Id, Label, OutputIndex, Version};
use crate::wallet::{InsideMove, WalletTx};

/// Rules of this stage that ask for what only a device knows: its past, its wallets.
pub(crate) const OF_DEVICES: [RuleId; 5] = [
    RuleId::POL03,
    RuleId::POL05,
    RuleId::POL06,
    RuleId::POL07,
    RuleId::POL09,
];

/// A transaction that the policy in force allows. The report is complete up to the last of POL.
#[derive(Debug)]
pub struct CheckedTx {
    tx: WalletTx,
    rules: WalletRules,
    policy: PolicyDigest,
    number: Version,
    roster: RosterDigest,
    separation: Separation,
    signers: Vec<KeyId>,
    payments: Vec<CheckedPayment>,
    replaces: Vec<TxDigest>,
    cold: Option<ColdShare>,
    report: RuleReport,
}

/// A payment to a registered destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedPayment {
    /// Its place in the transaction.
    pub output: OutputIndex,
    /// The destination's identifier in the policy.
    pub destination: Id,
    /// The destination's label in the policy.
    pub label: Label,
    /// How much.
    pub amount: Amount,
    /// The address, as people compare it.
    pub address: String,
    /// The script that is paid.
    pub script: ScriptBuf,
    /// The registered wallet that it belongs to, where it is a move.
    pub inside: Option<InsideMove>,
}

impl CheckedTx {
    /// Judges a transaction by the policy in force. The roster says who may state balances.
    ///
    /// # Errors
    /// The complete report, when any rule of the policy refuses.
    pub fn check(
        tx: WalletTx,
        policy: &ActivePolicy,
        roster: &ActiveRoster,
    ) -> Result<Self, Stopped> {
        let rules = policy.policy().wallet(&tx.wallet().digest());
        // Another policy than the one of the binding is as good as none.
        let rules = rules.filter(|_| tx.policy() == policy.digest());
        let checking = Checking {
            moves: tx.moves(),
            terms: rules.map(|rules| Terms::of(policy, rules)),
            network: policy.scope().network,
            tip: Some(tx.tip()),
        };
        let asked = asked(&tx);
        let replaces = asked.as_ref().map_or(&[][..], |asked| &asked.replaces);
        let reconciled = Reconciled {
            tx: &tx,
            roster,
            floor: policy.policy().cold_floor(tx.wallet().class()),
            asked: asked.as_ref(),
        };
        let (pol06, cold) = pol06::pol06(&checking, &reconciled);
        let of_device = [
            (
                RuleId::POL03,
                pol03::pol03(&checking, &tx, policy.policy(), replaces),
            ),
            (
                RuleId::POL05,
                pol05::pol05(&checking, &tx, policy.policy(), asked.as_ref()),
            ),
            (RuleId::POL06, pol06),
            (RuleId::POL07, pol07::pol07(&tx, replaces)),
            (RuleId::POL09, pol09::pol09(tx.wallet(), rules)),
        ];
        let verdicts: Vec<_> = checking.judge().into_iter().chain(of_device).collect();
        let payments = checking.payments().map(|payments| located(payments, &tx));
        let (rules, replaces) = (rules.cloned(), replaces.to_vec());
        let report = tx.report().clone().with_stage(Stage::Check, &verdicts);
        let report = report.unrefused()?;
        let (Some(rules), Some(payments)) = (rules, payments) else {
            // No rule refused, so there are both: this is never reached, and stops.
            let expected = phrase!("registered payments", "登録済みの送付");
            let nothing = Refusal::new(RuleId::POL01, Place::Whole, expected, Phrase::none());
            return Err(report.refusing(nothing).stopped(RuleId::POL01));
        };
        Ok(Self {
            rules,
            policy: policy.digest(),
            number: policy.number(),
            roster: policy.roster(),
            separation: policy.policy().separation,
            signers: policy.signers().collect(),
            payments,
            replaces,
            cold,
            report,
            tx,
        })
    }

    /// The transaction.
    pub const fn wallet_tx(&self) -> &WalletTx {
        &self.tx
    }

    /// What the policy says of the wallet.
    pub const fn rules(&self) -> &WalletRules {
        &self.rules
    }

    /// The policy.
    pub const fn policy(&self) -> PolicyDigest {
        self.policy
    }

    /// The number of the policy.
    pub const fn policy_number(&self) -> Version {
        self.number
    }

    /// The roster under which the policy was made.
    pub const fn roster(&self) -> RosterDigest {
        self.roster
    }

    /// Who is kept apart from whom.
    pub const fn separation(&self) -> Separation {
        self.separation
    }

    /// The keys that signed the policy.
    pub fn policy_signers(&self) -> &[KeyId] {
        &self.signers
    }

    /// The payments, in the order of the outputs.
    pub fn payments(&self) -> &[CheckedPayment] {
        &self.payments
    }

    /// The versions of the transaction that it replaces, as the request declares them.
    pub fn replaces(&self) -> &[TxDigest] {
        &self.replaces
    }

    /// What stays cold of the wallet's class, where the policy names a floor.
    pub const fn cold(&self) -> Option<&ColdShare> {
        self.cold.as_ref()
    }

    /// The report so far: PSB01 to the last of POL, none refused.
    pub const fn report(&self) -> &RuleReport {
        &self.report
    }
}

/// What the request asks for, unverified: where it is not genuine, APP01 refuses.
fn asked(tx: &WalletTx) -> Option<Request> {
    let bytes = tx.parsed().carried().request.as_deref()?;
    peek::<Request>(bytes).ok()
}

/// Payments to registered wallets, with the wallet.
fn located(mut payments: Vec<CheckedPayment>, tx: &WalletTx) -> Vec<CheckedPayment> {
    for payment in &mut payments {
        let mut inside = tx.inside().iter();
        let found = inside.find(|to| to.output == payment.output);
        payment.inside = found.cloned();
    }
    payments
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Case, World, refused, world};

    /// Every rule that needs the wallet's rules refuses; none takes those of the other policy.
    #[test]
    fn refuses_another_policy_than_the_bindings() {
        let other = World::with_policy(|policy| policy.number = Version(7));
        let case = Case::new(world());
        let check = |policy| {
            let tx = case.bind(world()).unwrap();
            refused(CheckedTx::check(tx, policy, &world().roster))
        };
        assert_eq!(check(&world().policy), []);
        let rules = [
            RuleId::POL01,
            RuleId::POL02,
            RuleId::POL03,
            RuleId::POL04,
            RuleId::POL05,
            RuleId::POL06,
            RuleId::POL09,
        ];
        assert_eq!(check(&other.policy), rules);
    }

    #[test]
    fn carries_what_the_policy_says() {
        let checked = Case::new(world()).check(world()).unwrap();
        let policy = &world().policy;
        assert_eq!(checked.policy(), policy.digest());
        assert_eq!(checked.policy_number(), policy.number());
        let rules = policy.policy().wallet(&world().wallet.digest()).unwrap();
        assert_eq!(checked.rules(), rules);
    }
}
