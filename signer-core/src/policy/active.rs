//! The policy in force.

use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;

use bitcoin::{Amount, Script};

use super::strict::{both, nothing};
use super::{
    ApprovalQuorum, ClassMove, Destination, MAX_WITNESSES, Policy, PolicyChanges, PolicyError,
    QuorumBand, WalletRules,
};
use crate::approval::{ActiveRoster, Role};
use crate::cose::{Endorsed, Scope};
use crate::digest::{KeyId, PolicyDigest, RootDigest, RosterDigest};
use crate::headers::KnownTime;
use crate::phrase;
use crate::rule::Phrase;
use crate::types::{Blocks, Height, Id, Version};
use crate::wallet::WalletClass;

impl Endorsed<Policy> {
    /// The digest by which requests and approvals name this policy.
    pub fn policy_digest(&self) -> PolicyDigest {
        PolicyDigest::from_bytes(self.digest(PolicyDigest::TAG))
    }
}

/// How a policy stands on a device: both from the journal, at installation from the device's state.
#[derive(Clone, Copy, Debug)]
pub struct PolicyStanding<'a> {
    /// What was known of the time when it was installed: its signers must have been valid then. An
    /// administrator whose entry ended later does not undo it; one whose entry had ended before
    /// cannot sign it. From here the delay of a loosening counts.
    pub installed: KnownTime,
    /// What was in force before.
    pub before: Before<'a>,
}

/// What was in force when a policy was installed.
#[derive(Clone, Copy, Debug)]
pub enum Before<'a> {
    /// Nothing: it is the first policy of the device.
    Nothing,
    /// This one, as it stood at that height.
    Policy(&'a Arc<ActivePolicy>),
    /// A recovery lost it: this one is the last that is known, where one is. What was in force
    /// since is not known, and what is looser waits as long as after any policy, and a day at least.
    Lost(Option<&'a Arc<ActivePolicy>>),
    /// Nobody here knows, and the policy's own word on its predecessor is taken. For a desk
    /// without a device's journal; what it says gives no right.
    Unheard,
}

/// The policy in force on a device.
///
/// It is the newest one that was installed. Until its loosenings open, what it allows is the
/// stricter of it and of what was in force before.
#[derive(Debug)]
pub struct ActivePolicy {
    endorsed: Endorsed<Policy>,
    digest: PolicyDigest,
    waits: Option<Waits>,
    rules: Policy,
}

/// How long what is looser waits at least, where the policy before it is lost.
const A_DAY: Blocks = Blocks(144);

/// Loosenings that wait.
#[derive(Clone, Debug)]
struct Waits {
    until: Height,
    before: Option<Arc<ActivePolicy>>,
}

impl ActivePolicy {
    /// Takes a policy of the roster in force that a quorum of its administrators signed and that
    /// follows the one before it, as it stands at height `tip`.
    ///
    /// What it tightens is in force at once. What it loosens waits for the later of the height
    /// that it states and the height of its installation, by the later of headers and clock, plus the delay of the policy before it;
    /// the first policy of a device waits for the height that it states.
    pub fn open(
        bytes: &[u8],
        roster: &ActiveRoster,
        standing: PolicyStanding<'_>,
        tip: Height,
    ) -> Result<Self, PolicyError> {
        let endorsed = roster.open_order::<Policy>(bytes, standing.installed)?;
        let policy = endorsed.body();
        check_order(policy, standing.before)?;
        check_signers(&endorsed, roster, standing.installed)?;
        policy.check()?;
        let installed = Self {
            digest: endorsed.policy_digest(),
            waits: waits(policy, standing),
            rules: policy.clone(),
            endorsed,
        };
        Ok(installed.at(tip))
    }

    /// The same policy at this height: what waited may have opened.
    #[must_use]
    pub fn at(&self, tip: Height) -> Self {
        let waits = self.waits.clone().filter(|waits| tip < waits.until);
        Self {
            endorsed: self.endorsed.clone(),
            digest: self.digest,
            rules: self.rules_at(tip),
            waits,
        }
    }

    fn rules_at(&self, tip: Height) -> Policy {
        let own = self.document();
        match self.waits.as_ref().filter(|waits| tip < waits.until) {
            None => own.clone(),
            Some(Waits { before: None, .. }) => nothing(own),
            Some(Waits {
                before: Some(before),
                ..
            }) => both(&before.rules_at(tip), own),
        }
    }

    /// What is allowed now.
    pub const fn policy(&self) -> &Policy {
        &self.rules
    }

    /// The policy as it was signed.
    pub const fn document(&self) -> &Policy {
        self.endorsed.body()
    }

    /// The height at which everything in it is in force, where some of it waits.
    pub fn waits_until(&self) -> Option<Height> {
        self.waits.as_ref().map(|waits| waits.until)
    }

    /// From when all of it is in force, in words.
    pub(crate) fn opening(&self) -> Phrase {
        match self.waits_until() {
            None => phrase!(
                "policy {number}, all of it in force",
                "ポリシー {number} は全体が有効",
                number = self.number()
            ),
            Some(height) => phrase!(
                "policy {number}, whose loosenings wait until height {height}",
                "ポリシー {number}(緩和はブロック高 {height} まで発効待機)",
                number = self.number(),
                height = height
            ),
        }
    }

    /// The policy with its signatures.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.endorsed.to_bytes()
    }

    /// The keys that signed it.
    pub fn signers(&self) -> impl Iterator<Item = KeyId> + '_ {
        self.endorsed.signers()
    }

    /// Its digest.
    pub const fn digest(&self) -> PolicyDigest {
        self.digest
    }

    /// Its number.
    pub const fn number(&self) -> Version {
        self.policy().number
    }

    /// The root of trust.
    pub const fn root(&self) -> RootDigest {
        self.policy().root
    }

    /// The roster under which it was made.
    pub const fn roster(&self) -> RosterDigest {
        self.policy().roster
    }

    /// Network and purpose.
    pub const fn scope(&self) -> Scope {
        self.policy().scope
    }

    /// The destinations that a wallet with these rules may pay.
    pub fn destinations_of<'a>(
        &'a self,
        rules: &WalletRules,
    ) -> impl Iterator<Item = &'a Destination> {
        let all = self.policy().destinations.iter();
        all.filter(|destination| rules.destinations.contains(&destination.id))
    }
}

impl Policy {
    /// What can be judged before anybody has signed: destinations and wallets.
    pub fn check(&self) -> Result<(), PolicyError> {
        check_destinations(self)?;
        if !self.separation.is_sound() {
            return Err(PolicyError::Separation);
        }
        check_wallets(self)?;
        check_windows(self)?;
        check_class_moves(self)?;
        check_cold_floors(self)?;
        check_sweep(self)
    }
}

/// Whoever may spend does not alone say what may be spent: compliance or risk signs too (SOD-8).
fn check_signers(
    endorsed: &Endorsed<Policy>,
    roster: &ActiveRoster,
    at: KnownTime,
) -> Result<(), PolicyError> {
    let mut people = endorsed.signers();
    let checks = |key| {
        let officer = roster.officer_of(&key);
        officer.is_some_and(|officer| officer.acting_as(Role::RiskChecker, at).is_some())
    };
    if people.any(checks) {
        Ok(())
    } else {
        Err(PolicyError::NoRiskChecker)
    }
}

fn check_order(policy: &Policy, before: Before<'_>) -> Result<(), PolicyError> {
    let predecessor = match before {
        Before::Unheard | Before::Lost(_) => return Ok(()),
        Before::Nothing => None,
        Before::Policy(last) if policy.number <= last.number() => {
            return Err(PolicyError::Number {
                last: last.number(),
                got: policy.number,
            });
        }
        Before::Policy(last) => Some(last.digest()),
    };
    if policy.predecessor == predecessor {
        Ok(())
    } else {
        Err(PolicyError::Predecessor)
    }
}

/// What of a policy waits, and until when; nothing, where it loosens nothing.
fn waits(policy: &Policy, standing: PolicyStanding<'_>) -> Option<Waits> {
    let (old, before, earliest) = match standing.before {
        Before::Nothing | Before::Unheard => (nothing(policy), None, Height(0)),
        Before::Policy(last) => {
            let last = Arc::new(last.at(standing.installed.opens()));
            let delay = last.rules.delay;
            let earliest = Height(standing.installed.closes().0.saturating_add(delay.0));
            (last.rules.clone(), Some(last), earliest)
        }
        Before::Lost(last) => {
            let last = last.map(|last| Arc::new(last.at(standing.installed.opens())));
            let known = last.as_ref().map(|last| last.rules.clone());
            let old = known.unwrap_or_else(|| nothing(policy));
            let delay = old.delay.max(policy.delay).max(A_DAY);
            let earliest = Height(standing.installed.closes().0.saturating_add(delay.0));
            (old, last, earliest)
        }
    };
    let until = policy.activation.max(earliest);
    let changes = PolicyChanges::between(&old, policy);
    let loosens = changes.loosenings().next();
    loosens.map(|_| Waits { until, before })
}

fn check_destinations(policy: &Policy) -> Result<(), PolicyError> {
    let mut last: Option<&Id> = None;
    let mut scripts = BTreeSet::new();
    for destination in &policy.destinations {
        let id = || destination.id.clone();
        if last >= Some(&destination.id) {
            return Err(PolicyError::DestinationOrder(id()));
        }
        last = Some(&destination.id);
        if !has_usual_address(&destination.script) {
            return Err(PolicyError::NoAddress(id()));
        }
        if !scripts.insert(&destination.script) {
            return Err(PolicyError::SharedScript(id()));
        }
    }
    Ok(())
}

/// Forms that people can compare as an address and that nodes relay.
fn has_usual_address(script: &Script) -> bool {
    script.is_p2pkh()
        || script.is_p2sh()
        || script.is_p2wpkh()
        || script.is_p2wsh()
        || script.is_p2tr()
}

fn check_wallets(policy: &Policy) -> Result<(), PolicyError> {
    let mut last = None;
    for rules in &policy.wallets {
        if last >= Some(rules.wallet) {
            return Err(PolicyError::WalletOrder);
        }
        last = Some(rules.wallet);
        check_quorum(rules.quorum)?;
        check_bands(rules)?;
        if !rules.placement.is_sound() {
            return Err(PolicyError::Placement);
        }
        if rules.witnesses > MAX_WITNESSES {
            return Err(PolicyError::Witnesses);
        }
        let mut previous: Option<&Id> = None;
        for id in &rules.destinations {
            if previous >= Some(id) || policy.destination(id).is_none() {
                return Err(PolicyError::WalletDestination(id.clone()));
            }
            previous = Some(id);
        }
    }
    Ok(())
}

fn check_quorum(quorum: ApprovalQuorum) -> Result<(), PolicyError> {
    let split = quorum.departments >= 2 && quorum.directors >= 1;
    let possible = quorum.departments <= quorum.approvers && quorum.directors <= quorum.approvers;
    if quorum.approvers < 2 || !split || !possible {
        return Err(PolicyError::Quorum);
    }
    Ok(())
}

/// Each band begins above the one below it, and is stricter.
fn check_bands(rules: &WalletRules) -> Result<(), PolicyError> {
    if rules.bands.as_deref() == Some(&[]) {
        return Err(PolicyError::Bands(Amount::ZERO));
    }
    let mut below = (Amount::ZERO, rules.quorum);
    for QuorumBand { from, quorum } in rules.bands() {
        let (last, known) = below;
        check_quorum(*quorum)?;
        let stricter = *quorum != known && known.and(*quorum) == *quorum;
        if *from <= last || !stricter {
            return Err(PolicyError::Bands(*from));
        }
        below = (*from, *quorum);
    }
    Ok(())
}

/// A window of no block would count nothing.
fn check_windows(policy: &Policy) -> Result<(), PolicyError> {
    let own = policy.destinations.iter().map(|d| &*d.windows);
    let of_wallets = policy.wallets.iter().map(|rules| &*rules.windows);
    for windows in of_wallets.chain(own) {
        let mut last = Blocks(0);
        for window in windows {
            if window.blocks <= last {
                return Err(PolicyError::Windows);
            }
            last = window.blocks;
        }
    }
    Ok(())
}

fn check_cold_floors(policy: &Policy) -> Result<(), PolicyError> {
    if policy.cold_floors.as_deref() == Some(&[]) {
        return Err(PolicyError::ColdFloors);
    }
    let mut last = None;
    for floor in policy.cold_floors() {
        let some = (1..=1_000).contains(&floor.per_mille) && floor.age > Blocks(0);
        if !some || last >= Some(floor.class) {
            return Err(PolicyError::ColdFloors);
        }
        last = Some(floor.class);
    }
    Ok(())
}

/// A sweep has a quorum like any transfer, a name of its own, and goes to no wallet of another class.
fn check_sweep(policy: &Policy) -> Result<(), PolicyError> {
    let Some(sweep) = &policy.sweep else {
        return Ok(());
    };
    check_quorum(sweep.quorum)?;
    let class = policy.wallet(&sweep.wallet).map(|rules| rules.class);
    let other = class.is_some_and(|class| class != WalletClass::Emergency);
    if other || policy.destination(&sweep.id).is_some() {
        return Err(PolicyError::Sweep);
    }
    Ok(())
}

fn check_class_moves(policy: &Policy) -> Result<(), PolicyError> {
    let mut last: Option<&ClassMove> = None;
    for class_move in &policy.class_moves {
        // What is named for any purpose needs no further one.
        let named = last.is_some_and(|last| {
            let same = (last.from, last.to) == (class_move.from, class_move.to);
            same && last.purpose.is_none()
        });
        if class_move.from == class_move.to || named || last >= Some(class_move) {
            return Err(PolicyError::ClassMoves);
        }
        last = Some(class_move);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
