//! The roster: who the officers are, and who may change that.

use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use crate::cose::{Artefact, Scope, SignedBy};
use crate::digest::RosterDigest;
use crate::headers::KnownTime;
use crate::keys::P256PublicKey;
use crate::types::{Blocks, Height, Id, Label, Lang, OfficerId, Version};

/// The officers, signed by the policy administrators of the roster before it; the first one by
/// every administrator in it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Roster {
    /// Version of this structure: 1.
    #[n(0)]
    pub version: u8,
    /// Network and purpose.
    #[n(1)]
    pub scope: Scope,
    /// Number of this roster; it must rise.
    #[n(2)]
    pub number: Version,
    /// The roster that this one follows; none for the first.
    #[n(3)]
    pub predecessor: Option<RosterDigest>,
    /// The officers, in ascending order of their identifiers.
    #[n(4)]
    pub officers: Vec<Officer>,
    /// How many administrators must sign a policy, a roster or an enrolment; at least 2.
    #[n(5)]
    pub administrators: u8,
    /// Keys in separate safes that may only replace administrators, after a long delay.
    #[n(6)]
    pub recovery: Option<RecoveryQuorum>,
}

impl Artefact for Roster {
    const KIND: &'static str = "roster";
    const SIGNED_BY: SignedBy = SignedBy::Officer;
}

impl Roster {
    /// The officer of this identifier.
    pub fn officer(&self, id: &OfficerId) -> Option<&Officer> {
        self.officers.iter().find(|officer| officer.id == *id)
    }
}

/// One officer.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Officer {
    /// Identifier, for example `sato.k`.
    #[n(0)]
    pub id: OfficerId,
    /// Name in Latin letters.
    #[n(1)]
    pub name: Label,
    /// Name in Japanese.
    #[n(2)]
    pub name_ja: Label,
    /// Department.
    #[n(3)]
    pub department: Id,
    /// What the officer may do, in ascending order.
    #[n(4)]
    pub roles: Vec<Role>,
    /// The key on the officer's own token.
    #[n(5)]
    pub key: P256PublicKey,
    /// First height at which the entry is valid.
    #[n(6)]
    pub valid_from: Height,
    /// Last height at which the entry is valid.
    #[n(7)]
    pub valid_to: Height,
}

impl Officer {
    /// The entry, if it has this role and is valid at this time.
    pub fn acting_as(&self, role: Role, at: KnownTime) -> Option<&Self> {
        (self.is_valid(at) && self.roles.contains(&role)).then_some(self)
    }

    /// Whether the entry is valid at this time: it begins by headers, and ends by the clock too.
    pub fn is_valid(&self, at: KnownTime) -> bool {
        self.valid_from <= at.opens() && at.closes() <= self.valid_to
    }
}

/// What an officer may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Role {
    /// Drafts requests (起案者).
    #[n(0)]
    Requester,
    /// Attaches the outcome of checks (リスク確認者).
    #[n(1)]
    RiskChecker,
    /// Approves or rejects (承認者).
    #[n(2)]
    Approver,
    /// Approves as a director (承認取締役).
    #[n(3)]
    Director,
    /// Operates a device (操作者).
    #[n(4)]
    Operator,
    /// Attends and keeps the paper record (立会人).
    #[n(5)]
    Witness,
    /// Signs policy, roster and enrolments (ポリシー管理者).
    #[n(6)]
    PolicyAdministrator,
    /// Signs releases of the software (リリース署名者).
    #[n(7)]
    ReleaseSigner,
    /// Broadcasts (送信担当者).
    #[n(8)]
    Broadcaster,
    /// Signs statements of balances (残高照合担当者).
    #[n(9)]
    Reconciler,
    /// Reads everything (監査人).
    #[n(10)]
    Auditor,
}

impl Role {
    /// Every role, in order.
    pub const ALL: [Self; 11] = [
        Self::Requester,
        Self::RiskChecker,
        Self::Approver,
        Self::Director,
        Self::Operator,
        Self::Witness,
        Self::PolicyAdministrator,
        Self::ReleaseSigner,
        Self::Broadcaster,
        Self::Reconciler,
        Self::Auditor,
    ];

    /// The name in files and on command lines.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requester => "requester",
            Self::RiskChecker => "risk-checker",
            Self::Approver => "approver",
            Self::Director => "director",
            Self::Operator => "operator",
            Self::Witness => "witness",
            Self::PolicyAdministrator => "policy-administrator",
            Self::ReleaseSigner => "release-signer",
            Self::Broadcaster => "broadcaster",
            Self::Reconciler => "reconciler",
            Self::Auditor => "auditor",
        }
    }

    /// The word on screens.
    pub const fn title(self, lang: Lang) -> &'static str {
        match self {
            Self::Requester => lang.pick("Requester", "起案者"),
            Self::RiskChecker => lang.pick("Risk checker", "リスク確認者"),
            Self::Approver => lang.pick("Approver", "承認者"),
            Self::Director => lang.pick("Director", "承認取締役"),
            Self::Operator => lang.pick("Operator", "操作者"),
            Self::Witness => lang.pick("Witness", "立会人"),
            Self::PolicyAdministrator => lang.pick("Policy administrator", "ポリシー管理者"),
            Self::ReleaseSigner => lang.pick("Release signer", "リリース署名者"),
            Self::Broadcaster => lang.pick("Broadcaster", "送信担当者"),
            Self::Reconciler => lang.pick("Reconciler", "残高照合担当者"),
            Self::Auditor => lang.pick("Auditor", "監査人"),
        }
    }

    /// The role of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// Keys that may only replace administrators.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RecoveryQuorum {
    /// How many of the keys must sign.
    #[n(0)]
    pub threshold: u8,
    /// The keys.
    #[n(1)]
    pub keys: Vec<P256PublicKey>,
    /// How long the replacement waits and is announced.
    #[n(2)]
    pub delay: Blocks,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name is the word on screens as files write it; nothing else names a role.
    #[test]
    fn every_role_is_found_by_its_name_and_by_no_other() {
        for role in Role::ALL {
            let title = role.title(Lang::En);
            assert_eq!(role.name(), title.to_lowercase().replace(' ', "-"));
            assert_eq!(Role::from_name(role.name()), Some(role));
        }
        for other in ["", "Approver", "risk checker", "approver "] {
            assert_eq!(Role::from_name(other), None);
        }
    }
}
