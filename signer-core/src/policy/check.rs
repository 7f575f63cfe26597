//! `WalletTx` to `CheckedTx`: every rule of the policy ran.

use alloc::string::String;
use alloc::vec::Vec;

use bitcoin::{Amount, ScriptBuf};

use super::checking::{Checking, Terms};
use super::pol06::Reconciled;
use super::{
    ActivePolicy, ApprovalQuorum, ColdShare, FeeCaps, Separation, WalletRules, pol03, pol05, pol06,
    pol07, pol09, pol10,
};
use crate::approval::{ActiveRoster, Request, RequestKind};
use crate::cose::peek;
use crate::digest::{KeyId, PolicyDigest, RosterDigest, TxDigest};
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, RuleReport, Stage, Stopped, Verdict};
use crate::types::{Id, Label, OutputIndex, Version};
use crate::wallet::{InsideMove, WalletTx};

/// Rules of this stage that ask for what only a device knows: its past, its wallets.
pub(crate) const OF_DEVICES: [RuleId; 6] = [
    RuleId::POL03,
    RuleId::POL05,
    RuleId::POL06,
    RuleId::POL07,
    RuleId::POL09,
    RuleId::POL10,
];

/// What bounds an ordinary transfer and no sweep: where it goes is for POL10.
const OF_TRANSFERS: [RuleId; 5] = [
    RuleId::POL01,
    RuleId::POL02,
    RuleId::POL03,
    RuleId::POL05,
    RuleId::POL06,
];

/// A transaction that the policy in force allows. The report is complete up to the last of POL.
#[derive(Debug)]
pub struct CheckedTx {
    tx: WalletTx,
    kind: RequestKind,
    rules: WalletRules,
    fee: FeeCaps,
    sweep: Option<ApprovalQuorum>,
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
    /// Judges a transaction by the policy in force, by the profile that the request asks for. The
    /// roster says who may state balances.
    ///
    /// # Errors
    /// The complete report, when any rule of the policy refuses.
    pub fn check(
        tx: WalletTx,
        policy: &ActivePolicy,
        roster: &ActiveRoster,
    ) -> Result<Self, Stopped> {
        let kind = asked(&tx).map_or(RequestKind::Ordinary, |asked| asked.kind);
        Self::check_as(kind, tx, policy, roster)
    }

    /// The same by a profile that no request asks for yet: for the desk at which one is drafted. A
    /// request of another kind is refused beside it (APP01).
    ///
    /// # Errors
    /// The complete report, when any rule of the policy refuses.
    pub fn check_as(
        kind: RequestKind,
        tx: WalletTx,
        policy: &ActivePolicy,
        roster: &ActiveRoster,
    ) -> Result<Self, Stopped> {
        let rules = policy.policy().wallet(&tx.wallet().digest());
        // Another policy than the one of the binding is as good as none.
        let rules = rules.filter(|_| tx.policy() == policy.digest());
        let sweep = policy.policy().sweep.as_ref();
        let sweep = sweep.filter(|_| kind == RequestKind::Sweep);
        let fee = |rules: &WalletRules| sweep.map_or(rules.fee, |sweep| sweep.fee);
        let checking = Checking {
            moves: tx.moves(),
            terms: rules.map(|rules| Terms::of(policy, rules, fee(rules))),
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
        let (pol10, swept) = pol10::pol10(&tx, policy, kind);
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
            (RuleId::POL07, pol07::pol07(&tx, replaces, kind)),
            (RuleId::POL09, pol09::pol09(&tx.cosigners(), rules)),
            (RuleId::POL10, pol10),
        ];
        let all = checking.judge().into_iter().chain(of_device);
        let verdicts: Vec<_> = all.map(|judged| of_kind(kind, judged)).collect();
        let payments = match kind {
            RequestKind::Ordinary => checking.payments().map(|payments| located(payments, &tx)),
            RequestKind::Sweep => swept,
        };
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
            kind,
            fee: fee(&rules),
            sweep: sweep.map(|sweep| sweep.quorum),
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

    /// By which profile it was judged.
    pub const fn kind(&self) -> RequestKind {
        self.kind
    }

    /// The caps on the fee by which it was judged.
    pub const fn fee_caps(&self) -> FeeCaps {
        self.fee
    }

    /// Who must approve it: the sweep quorum, or that of the band that the amount reaches.
    pub fn quorum(&self) -> ApprovalQuorum {
        let ordinary = || self.rules.quorum_for(self.tx.paid_out());
        self.sweep.unwrap_or_else(ordinary)
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

    /// The versions in whose place it is counted. A sweep may be mined beside none of them, but it
    /// stands for none: all of them stay counted.
    pub fn counted_for(&self) -> &[TxDigest] {
        match self.kind {
            RequestKind::Ordinary => &self.replaces,
            RequestKind::Sweep => &[],
        }
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

/// A rule that bounds no sweep says so in the report.
fn of_kind(kind: RequestKind, (rule, verdict): (RuleId, Verdict)) -> (RuleId, Verdict) {
    if kind == RequestKind::Sweep && OF_TRANSFERS.contains(&rule) {
        let why = phrase!(
            "a sweep: bounded by its own quorum, caps and destination",
            "緊急退避送金(専用の定足数・手数料上限・宛先による)"
        );
        return (rule, Verdict::NotApplicable(why));
    }
    (rule, verdict)
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
