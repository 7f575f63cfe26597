//! The roster in force, and what its administrators vouch for.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;

use super::succession::FormerKey;
use super::{Enrolment, MIN_RECOVERY_DELAY, Officer, RecoveryQuorum, Role, Roster};
use crate::cose::{Artefact, CoseError, Endorsed, Scope, Signed};
use crate::digest::{EnrolmentDigest, KeyId, RootDigest, RosterDigest};
use crate::headers::KnownTime;
use crate::keys::P256PublicKey;
use crate::phrase;
use crate::root::Root;
use crate::rule::{Explained, Phrase};
use crate::types::{Height, Lang, OfficerId, Version};

/// Fewest administrators that may be asked to sign a policy, a roster or an enrolment.
pub const MIN_ADMINISTRATORS: u8 = 2;

/// Why a roster, an enrolment or a policy was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RosterError {
    /// Not a signed artefact of this kind, network and purpose.
    Signed(CoseError),
    /// A structure of another version.
    Version(u8),
    /// Of another network or purpose than it was signed for.
    OtherScope,
    /// Under another root of trust.
    OtherRoot,
    /// An order that names another roster than the one in force.
    OtherRoster(RosterDigest),
    /// Not the roster that the root names.
    NotOfRoot(RosterDigest),
    /// A first roster that names one before it.
    NotFirst,
    /// A later roster that does not follow the one in force.
    NotSuccessor(RosterDigest),
    /// A later roster whose number is not the next one.
    Number {
        /// The number that follows.
        next: Version,
        /// The number of this roster.
        got: Version,
    },
    /// Officers are not in ascending order, or one stands there twice.
    Order(OfficerId),
    /// Two officers have one key.
    SharedKey(OfficerId),
    /// Roles are not in ascending order, or there is none.
    Roles(OfficerId),
    /// An entry that is never valid.
    Validity(OfficerId),
    /// A quorum of administrators below two.
    Quorum(u8),
    /// Too few valid administrators to lose one and go on.
    TooFewAdministrators {
        /// How many are needed.
        needed: usize,
        /// How many there are.
        got: usize,
    },
    /// Recovery keys that are too few, out of order, twice there or an officer's, a delay below a day,
    /// or a recovery quorum that the recovery quorum itself changed.
    Recovery,
    /// An administrator of the first roster has not signed it.
    NotSignedBy(OfficerId),
    /// Signed by somebody who is no valid administrator.
    NotAdministrator(KeyId),
    /// Signed with a key that a roster of this device has removed.
    Former(FormerKey),
    /// Signed by too few keys of the recovery quorum.
    TooFewRecoveryKeys {
        /// How many are needed.
        needed: usize,
        /// How many there are.
        got: usize,
    },
    /// The recovery quorum changed more of this officer than being an administrator.
    NotAdministratorsAlone(OfficerId),
    /// Another roster of the recovery quorum waits already.
    OtherWaits(RosterDigest),
    /// The delay of the recovery quorum is not over.
    StillWaits {
        /// First known height at which it can be installed.
        from: Height,
        /// The known height.
        known: Height,
    },
    /// A cancellation of a roster that does not wait here.
    NothingWaits(RosterDigest),
    /// Signed by too few administrators.
    TooFewSignatures {
        /// How many are needed.
        needed: usize,
        /// How many there are.
        got: usize,
    },
}

impl Explained for RosterError {
    #[expect(clippy::too_many_lines, reason = "one sentence for each error")]
    fn what(&self) -> Phrase {
        match self {
            Self::Signed(error) => error.phrase(),
            Self::Version(got) => phrase!(
                "version {got} of the structure, expected 1",
                "構造のバージョン {got}(期待値 1)",
                got = got
            ),
            Self::OtherScope => phrase!(
                "made for another network or purpose",
                "別のネットワークまたは目的のもの"
            ),
            Self::OtherRoot => phrase!(
                "made under another root of trust",
                "別の信頼の起点に属するもの"
            ),
            Self::OtherRoster(got) => phrase!(
                "made under roster {got}",
                "名簿 {got} の下で作成されたもの",
                got = got
            ),
            Self::NotOfRoot(got) => phrase!(
                "the root names another roster than {got}",
                "信頼の起点の名簿は {got} ではない",
                got = got
            ),
            Self::NotFirst => phrase!(
                "a first roster follows no other",
                "最初の名簿に前の名簿がある"
            ),
            Self::NotSuccessor(in_force) => phrase!(
                "does not follow roster {in_force}, which is in force",
                "有効な名簿 {in_force} に続くものではない",
                in_force = in_force
            ),
            Self::Number { next, got } => phrase!(
                "roster {got}, the next one is {next}",
                "名簿番号 {got}(次は {next})",
                got = got,
                next = next
            ),
            Self::Order(id) => phrase!(
                "officer {id} stands twice or out of order",
                "役職員 {id} が重複または順序違い",
                id = id
            ),
            Self::SharedKey(id) => phrase!(
                "officer {id} has the key of another officer",
                "役職員 {id} の鍵が他の役職員と同じ",
                id = id
            ),
            Self::Roles(id) => phrase!(
                "roles of officer {id}: none, twice or out of order",
                "役職員 {id} の役割がない、重複、または順序違い",
                id = id
            ),
            Self::Validity(id) => phrase!(
                "officer {id} is valid at no height",
                "役職員 {id} の有効なブロック高がない",
                id = id
            ),
            Self::Recovery => phrase!(
                "recovery keys: too few, out of order, twice, an officer's, changed by themselves, \
                 or a delay below {least} blocks",
                "復旧鍵が不足、順序違い、重複、役職員の鍵、復旧鍵自身による変更、\
                 または待機期間が {least} ブロック未満",
                least = MIN_RECOVERY_DELAY
            ),
            Self::NotSignedBy(id) => phrase!(
                "administrator {id} has not signed",
                "ポリシー管理者 {id} の署名がない",
                id = id
            ),
            Self::NotAdministrator(key) => phrase!(
                "key {key} is of no valid policy administrator",
                "鍵 {key} は有効なポリシー管理者のものではない",
                key = key
            ),
            Self::Former(former) => former.phrase(),
            Self::Quorum(got) => phrase!(
                "a quorum of {got} administrators, at least 2",
                "管理者の定足数 {got} 名(2 名以上が必要)",
                got = got
            ),
            Self::TooFewAdministrators { needed, got } => phrase!(
                "{got} valid administrators, at least {needed}",
                "有効なポリシー管理者 {got} 名({needed} 名以上が必要)",
                got = got,
                needed = needed
            ),
            Self::TooFewRecoveryKeys { needed, got } => phrase!(
                "signed by {got} recovery keys, at least {needed}",
                "復旧鍵の署名 {got} 個({needed} 個以上が必要)",
                got = got,
                needed = needed
            ),
            Self::NotAdministratorsAlone(id) => phrase!(
                "officer {id} changes beyond being an administrator",
                "役職員 {id} のポリシー管理者以外の事項も変わっている",
                id = id
            ),
            Self::OtherWaits(other) => phrase!(
                "roster {other} of the recovery quorum waits already",
                "復旧鍵による名簿 {other} がすでに待機中",
                other = other
            ),
            Self::StillWaits { from, known } => phrase!(
                "waits until height {from}, known height {known}",
                "ブロック高 {from} まで待機中(既知のブロック高 {known})",
                from = from,
                known = known
            ),
            Self::NothingWaits(got) => phrase!(
                "roster {got} does not wait under the roster in force",
                "名簿 {got} は有効な名簿の下で待機していない",
                got = got
            ),
            Self::TooFewSignatures { needed, got } => phrase!(
                "signed by {got} administrators, at least {needed}",
                "ポリシー管理者の署名 {got} 名({needed} 名以上が必要)",
                got = got,
                needed = needed
            ),
        }
    }

    fn advice(&self) -> Phrase {
        match self {
            Self::Signed(_) | Self::NotSignedBy(_) | Self::TooFewSignatures { .. } => phrase!(
                "Collect the administrators' signatures again.",
                "ポリシー管理者の署名を集め直してください。"
            ),
            Self::TooFewRecoveryKeys { .. } => phrase!(
                "Collect the signatures of the recovery keys again.",
                "復旧鍵の署名を集め直してください。"
            ),
            Self::OtherWaits(_) => phrase!(
                "Let an administrator cancel the one that waits first.",
                "先に待機中の名簿を管理者が取り消してください。"
            ),
            Self::StillWaits { .. } => phrase!(
                "Come back with newer headers when the delay is over.",
                "待機期間が終わってから、新しいヘッダーとともにやり直してください。"
            ),
            Self::NothingWaits(_) => phrase!(
                "Use the cancellation of the roster that this device announces.",
                "この端末が告知している名簿の取消しを使用してください。"
            ),
            Self::NotAdministrator(_) | Self::Former(_) => phrase!(
                "Let only valid policy administrators sign.",
                "有効なポリシー管理者のみが署名してください。"
            ),
            Self::OtherRoot | Self::OtherScope | Self::NotOfRoot(_) => phrase!(
                "Use the file that was made for this device's root of trust.",
                "この端末の信頼の起点に対して作成されたファイルを使用してください。"
            ),
            Self::OtherRoster(_) => phrase!(
                "Make it again under the roster in force and have it signed again.",
                "有効な名簿の下で作り直し、署名を取り直してください。"
            ),
            Self::NotSuccessor(_) | Self::Number { .. } => phrase!(
                "Draft the roster again as the one after the roster in force.",
                "有効な名簿の次の版として名簿を作り直してください。"
            ),
            Self::Version(_)
            | Self::NotFirst
            | Self::Order(_)
            | Self::SharedKey(_)
            | Self::Roles(_)
            | Self::Validity(_)
            | Self::Quorum(_)
            | Self::Recovery
            | Self::NotAdministratorsAlone(_)
            | Self::TooFewAdministrators { .. } => phrase!(
                "Correct the file and have it signed again.",
                "ファイルを訂正し、署名を取り直してください。"
            ),
        }
    }
}

impl fmt::Display for RosterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl core::error::Error for RosterError {}

impl From<CoseError> for RosterError {
    fn from(error: CoseError) -> Self {
        Self::Signed(error)
    }
}

impl Endorsed<Roster> {
    /// The digest by which root, policy and requests name this roster.
    pub fn roster_digest(&self) -> RosterDigest {
        RosterDigest::from_bytes(self.digest(RosterDigest::TAG))
    }
}

/// The roster in force on a device.
#[derive(Debug)]
pub struct ActiveRoster {
    pub(super) endorsed: Endorsed<Roster>,
    pub(super) digest: RosterDigest,
    pub(super) root: RootDigest,
    /// Every roster of this device before this one.
    pub(super) before: BTreeSet<RosterDigest>,
    /// Keys that one of them listed and this one does not.
    pub(super) former: Vec<FormerKey>,
}

impl ActiveRoster {
    /// Takes the first roster: the one that the root names, signed by every administrator in it.
    pub fn first(bytes: &[u8], scope: Scope, root: &Root) -> Result<Self, RosterError> {
        if root.scope != scope {
            return Err(RosterError::OtherScope);
        }
        let named = Endorsed::<Roster>::peek(bytes)?;
        let endorsed = Endorsed::<Roster>::open(bytes, scope, |kid| key_of(&named, kid))?;
        let roster = endorsed.body();
        let digest = endorsed.roster_digest();
        if digest != root.roster {
            return Err(RosterError::NotOfRoot(digest));
        }
        if roster.predecessor.is_some() {
            return Err(RosterError::NotFirst);
        }
        let born = KnownTime::without_clock(root.checkpoint.height);
        check_shape(roster, scope, born)?;
        let signers: BTreeSet<KeyId> = endorsed.signers().collect();
        for officer in &roster.officers {
            let is_administrator = officer.roles.contains(&Role::PolicyAdministrator);
            if is_administrator && !signers.contains(&officer.key.key_id()) {
                return Err(RosterError::NotSignedBy(officer.id.clone()));
            }
        }
        Ok(Self {
            endorsed,
            digest,
            root: root.digest(),
            before: BTreeSet::new(),
            former: Vec::new(),
        })
    }

    /// The roster.
    pub const fn roster(&self) -> &Roster {
        self.endorsed.body()
    }

    /// The roster with its signatures.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.endorsed.to_bytes()
    }

    /// Its digest.
    pub const fn digest(&self) -> RosterDigest {
        self.digest
    }

    /// The root of trust.
    pub const fn root(&self) -> RootDigest {
        self.root
    }

    /// Network and purpose.
    pub const fn scope(&self) -> Scope {
        self.roster().scope
    }

    /// The officer of this identifier.
    pub fn officer(&self, id: &OfficerId) -> Option<&Officer> {
        self.roster().officer(id)
    }

    /// The officer whose key has this identifier.
    pub fn officer_of(&self, key: &KeyId) -> Option<&Officer> {
        let mut officers = self.roster().officers.iter();
        officers.find(|officer| officer.key.key_id() == *key)
    }

    /// Opens what one officer signed; the officer is the one whose key it is.
    pub fn open_signed<T: Artefact>(
        &self,
        bytes: &[u8],
    ) -> Result<(Signed<T>, &Officer), CoseError> {
        let signed = Signed::<T>::open(bytes, self.scope(), |kid| {
            self.officer_of(kid).map(|officer| officer.key)
        })?;
        self.signer_of(signed)
    }

    /// The officer whose key signed.
    pub(super) fn signer_of<T: Artefact>(
        &self,
        signed: Signed<T>,
    ) -> Result<(Signed<T>, &Officer), CoseError> {
        let key = signed.signer();
        match self.officer_of(&key) {
            Some(officer) => Ok((signed, officer)),
            None => Err(CoseError::UnknownKey(key)),
        }
    }

    /// Opens what administrators signed, and asks for the quorum of those who are valid at this
    /// time. A signature of anybody else is refused, not ignored.
    pub fn open_endorsed<T: Artefact>(
        &self,
        bytes: &[u8],
        at: KnownTime,
    ) -> Result<Endorsed<T>, RosterError> {
        let endorsed = self.open_by_officers::<T>(bytes)?;
        let mut got = 0_usize;
        for kid in endorsed.signers() {
            let officer = self.officer_of(&kid);
            let acting = officer.and_then(|o| o.acting_as(Role::PolicyAdministrator, at));
            if acting.is_none() {
                return Err(RosterError::NotAdministrator(kid));
            }
            got = got.saturating_add(1);
        }
        let needed = usize::from(self.roster().administrators);
        if got < needed {
            return Err(RosterError::TooFewSignatures { needed, got });
        }
        Ok(endorsed)
    }
}

impl Roster {
    /// What can be judged before anybody has signed: order, people and keys, the quorum at this
    /// height.
    pub fn check(&self, at: Height) -> Result<(), RosterError> {
        check_shape(self, self.scope, KnownTime::without_clock(at))
    }
}

fn key_of(roster: &Roster, kid: &KeyId) -> Option<P256PublicKey> {
    let mut keys = roster.officers.iter().map(|officer| officer.key);
    keys.find(|key| key.key_id() == *kid)
}

/// What every roster must be: in order, no person and no key twice, a quorum that survives the
/// loss of one administrator.
pub(super) fn check_shape(roster: &Roster, scope: Scope, at: KnownTime) -> Result<(), RosterError> {
    if roster.version != 1 {
        return Err(RosterError::Version(roster.version));
    }
    if roster.scope != scope {
        return Err(RosterError::OtherScope);
    }
    if roster.administrators < MIN_ADMINISTRATORS {
        return Err(RosterError::Quorum(roster.administrators));
    }
    let mut last: Option<&OfficerId> = None;
    let mut keys = BTreeSet::new();
    for officer in &roster.officers {
        let id = || officer.id.clone();
        if last >= Some(&officer.id) {
            return Err(RosterError::Order(id()));
        }
        last = Some(&officer.id);
        if !keys.insert(officer.key) {
            return Err(RosterError::SharedKey(id()));
        }
        if officer.roles.is_empty() || !officer.roles.is_sorted_by(|a, b| a < b) {
            return Err(RosterError::Roles(id()));
        }
        if officer.valid_from > officer.valid_to {
            return Err(RosterError::Validity(id()));
        }
    }
    let administrators = roster.officers.iter();
    let got = administrators
        .filter(|officer| officer.acting_as(Role::PolicyAdministrator, at).is_some())
        .count();
    let needed = usize::from(roster.administrators).saturating_add(1);
    if got < needed {
        return Err(RosterError::TooFewAdministrators { needed, got });
    }
    match &roster.recovery {
        Some(recovery) if !is_sound(recovery, &keys) => Err(RosterError::Recovery),
        Some(_) | None => Ok(()),
    }
}

/// Recovery keys lie in safes: at least two must sign, after a delay that somebody notices, and none
/// of them is anybody's daily key.
fn is_sound(recovery: &RecoveryQuorum, officers: &BTreeSet<P256PublicKey>) -> bool {
    let threshold = usize::from(recovery.threshold);
    threshold >= usize::from(MIN_ADMINISTRATORS)
        && threshold <= recovery.keys.len()
        && recovery.delay >= MIN_RECOVERY_DELAY
        && recovery.keys.is_sorted_by(|a, b| a < b)
        && !recovery.keys.iter().any(|key| officers.contains(key))
}

impl Endorsed<Enrolment> {
    /// The digest by which journals name this enrolment.
    pub fn enrolment_digest(&self) -> EnrolmentDigest {
        EnrolmentDigest::from_bytes(self.digest(EnrolmentDigest::TAG))
    }
}

/// An enrolment that a quorum of administrators signed.
#[derive(Debug)]
pub struct CheckedEnrolment {
    endorsed: Endorsed<Enrolment>,
}

impl CheckedEnrolment {
    /// Reads an enrolment under the roster in force, with administrators valid at this time.
    pub fn open(bytes: &[u8], roster: &ActiveRoster, at: KnownTime) -> Result<Self, RosterError> {
        let endorsed = roster.open_endorsed::<Enrolment>(bytes, at)?;
        let enrolment = endorsed.body();
        if enrolment.version != 1 {
            return Err(RosterError::Version(enrolment.version));
        }
        if enrolment.scope != roster.scope() {
            return Err(RosterError::OtherScope);
        }
        if enrolment.root != roster.root() {
            return Err(RosterError::OtherRoot);
        }
        Ok(Self { endorsed })
    }

    /// The enrolment.
    pub const fn enrolment(&self) -> &Enrolment {
        self.endorsed.body()
    }

    /// The enrolment with its signatures.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.endorsed.to_bytes()
    }

    /// Its digest.
    pub fn digest(&self) -> EnrolmentDigest {
        self.endorsed.enrolment_digest()
    }
}

#[cfg(test)]
mod tests;
