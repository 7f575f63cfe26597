//! The policy in force.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;

use bitcoin::Script;

use super::{Destination, Policy, WalletRules};
use crate::approval::{ActiveRoster, RosterError};
use crate::cose::{CoseError, Endorsed, Scope};
use crate::digest::{PolicyDigest, RootDigest, RosterDigest};
use crate::types::{Height, Id, Version};

/// Why a policy was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyError {
    /// Not signed by a quorum of administrators.
    Roster(RosterError),
    /// Names another roster than the one in force.
    OtherRoster(RosterDigest),
    /// Its number does not rise.
    Number {
        /// The number in force.
        last: Version,
        /// The number of this policy.
        got: Version,
    },
    /// Does not follow the policy in force.
    Predecessor,
    /// Not in force yet.
    NotActive {
        /// First height at which it is.
        activation: Height,
        /// The known height.
        tip: Height,
    },
    /// Wallets are not in ascending order, or one stands there twice.
    WalletOrder,
    /// Destinations are not in ascending order, or one stands there twice.
    DestinationOrder(Id),
    /// Two destinations pay one script.
    SharedScript(Id),
    /// The script of this destination has no address of a usual form.
    NoAddress(Id),
    /// A wallet names a destination that the policy does not have, or out of order.
    WalletDestination(Id),
    /// A quorum of approvals below two people of two departments with a director.
    Quorum,
}

impl PolicyError {
    const fn advice(&self) -> &'static str {
        match self {
            Self::Roster(_) => "",
            Self::OtherRoster(_) => "Have the policy signed again under the roster in force.",
            Self::Number { .. } | Self::Predecessor => {
                "Draft the policy again as the one after the policy in force."
            }
            Self::NotActive { .. } => "Wait until the activation height, or bring newer headers.",
            Self::WalletOrder
            | Self::DestinationOrder(_)
            | Self::SharedScript(_)
            | Self::NoAddress(_)
            | Self::WalletDestination(_)
            | Self::Quorum => "Correct the policy and have it signed again.",
        }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Brings its own second line.
            Self::Roster(error) => return write!(f, "{error}"),
            Self::OtherRoster(got) => write!(f, "made under roster {got}")?,
            Self::Number { last, got } => write!(f, "policy {got} does not rise above {last}")?,
            Self::Predecessor => f.write_str("does not follow the policy in force")?,
            Self::NotActive { activation, tip } => {
                write!(f, "in force from height {activation}, known height {tip}")?;
            }
            Self::WalletOrder => f.write_str("a wallet stands twice or out of order")?,
            Self::DestinationOrder(id) => {
                write!(f, "destination {id} stands twice or out of order")?;
            }
            Self::SharedScript(id) => write!(f, "destination {id} pays the script of another")?,
            Self::NoAddress(id) => write!(f, "destination {id} has no address of a usual form")?,
            Self::WalletDestination(id) => {
                write!(
                    f,
                    "a wallet's destination {id} is unknown, twice or out of order"
                )?;
            }
            Self::Quorum => {
                f.write_str("a quorum below 2 approvers of 2 departments with 1 director")?;
            }
        }
        write!(f, "\n  {}", self.advice())
    }
}

impl core::error::Error for PolicyError {}

impl From<RosterError> for PolicyError {
    fn from(error: RosterError) -> Self {
        Self::Roster(error)
    }
}

impl From<CoseError> for PolicyError {
    fn from(error: CoseError) -> Self {
        Self::Roster(RosterError::Signed(error))
    }
}

impl Endorsed<Policy> {
    /// The digest by which requests and approvals name this policy.
    pub fn policy_digest(&self) -> PolicyDigest {
        PolicyDigest::from_bytes(self.digest(PolicyDigest::TAG))
    }
}

/// How a policy stands on a device: both from the journal, at installation from the device's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyStanding {
    /// The known height when it was installed: its signers must have been valid then. An
    /// administrator whose entry ended later does not undo it; one whose entry had ended before
    /// cannot sign it.
    pub installed: Height,
    /// Number and digest of the policy that was in force before; none for the first.
    pub after: Option<(Version, PolicyDigest)>,
}

/// The policy in force on a device.
#[derive(Debug)]
pub struct ActivePolicy {
    endorsed: Endorsed<Policy>,
    digest: PolicyDigest,
}

impl ActivePolicy {
    /// Takes a policy of the roster in force that a quorum of its administrators signed, that
    /// follows the one before it, and whose activation height is reached.
    pub fn open(
        bytes: &[u8],
        roster: &ActiveRoster,
        standing: PolicyStanding,
        tip: Height,
    ) -> Result<Self, PolicyError> {
        let endorsed = roster.open_endorsed::<Policy>(bytes, standing.installed)?;
        let policy = endorsed.body();
        check_frame(policy, roster)?;
        check_order(policy, standing)?;
        if tip < policy.activation {
            return Err(PolicyError::NotActive {
                activation: policy.activation,
                tip,
            });
        }
        check_destinations(policy)?;
        check_wallets(policy)?;
        Ok(Self {
            digest: endorsed.policy_digest(),
            endorsed,
        })
    }

    /// The policy.
    pub const fn policy(&self) -> &Policy {
        self.endorsed.body()
    }

    /// The policy with its signatures.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.endorsed.to_bytes()
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

    /// The destination with this script, if a wallet with these rules may pay it.
    pub fn destination_of(&self, rules: &WalletRules, script: &Script) -> Option<&Destination> {
        let mut destinations = self.policy().destinations.iter();
        let found = destinations.find(|destination| *destination.script == *script)?;
        rules.destinations.contains(&found.id).then_some(found)
    }
}

impl Policy {
    /// What can be judged before anybody has signed: destinations and wallets.
    pub fn check(&self) -> Result<(), PolicyError> {
        check_destinations(self)?;
        check_wallets(self)
    }
}

fn check_frame(policy: &Policy, roster: &ActiveRoster) -> Result<(), PolicyError> {
    if policy.version != 1 {
        return Err(RosterError::Version(policy.version).into());
    }
    if policy.scope != roster.scope() {
        return Err(RosterError::OtherScope.into());
    }
    if policy.root != roster.root() {
        return Err(RosterError::OtherRoot.into());
    }
    if policy.roster != roster.digest() {
        return Err(PolicyError::OtherRoster(policy.roster));
    }
    Ok(())
}

fn check_order(policy: &Policy, standing: PolicyStanding) -> Result<(), PolicyError> {
    if let Some((last, _)) = standing.after
        && policy.number <= last
    {
        return Err(PolicyError::Number {
            last,
            got: policy.number,
        });
    }
    if policy.predecessor != standing.after.map(|(_, digest)| digest) {
        return Err(PolicyError::Predecessor);
    }
    Ok(())
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
        let quorum = rules.quorum;
        let split = quorum.departments >= 2 && quorum.directors >= 1;
        let possible =
            quorum.departments <= quorum.approvers && quorum.directors <= quorum.approvers;
        if quorum.approvers < 2 || !split || !possible {
            return Err(PolicyError::Quorum);
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
