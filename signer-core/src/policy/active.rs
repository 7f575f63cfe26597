//! The policy in force.

use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use bitcoin::{Amount, Script};

use super::strict::{both, nothing};
use super::{
    ApprovalQuorum, ClassMove, Destination, Policy, PolicyChanges, QuorumBand, WalletRules,
};
use crate::approval::{ActiveRoster, Role, RosterError};
use crate::cose::{CoseError, Endorsed, Scope};
use crate::digest::{KeyId, PolicyDigest, RootDigest, RosterDigest};
use crate::phrase;
use crate::rule::{Explained, Phrase};
use crate::types::{Blocks, Height, Id, Lang, Version};

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
    /// The band from this amount on is out of order, or no stricter than the one below it.
    Bands(Amount),
    /// Windows of a wallet or a destination are empty, stand twice or are out of order.
    Windows,
    /// A move between classes stands twice, is out of order, or stays within its class.
    ClassMoves,
    /// People are kept apart by less than one device or one person.
    Separation,
    /// No risk checker is among those who signed.
    NoRiskChecker,
    /// A wallet is to be of less than one vendor, or at less than one site.
    Placement,
    /// A floor of the cold share that is none, stands twice, is out of order, or takes no statement.
    ColdFloors,
}

impl Explained for PolicyError {
    #[expect(clippy::too_many_lines, reason = "one sentence for each error")]
    fn what(&self) -> Phrase {
        match self {
            Self::Roster(error) => error.what(),
            Self::OtherRoster(got) => phrase!(
                "made under roster {got}",
                "名簿 {got} の下で作成されたもの",
                got = got
            ),
            Self::Number { last, got } => phrase!(
                "policy {got} does not rise above {last}",
                "ポリシー番号 {got} が {last} より大きくない",
                got = got,
                last = last
            ),
            Self::Predecessor => phrase!(
                "does not follow the policy in force",
                "有効なポリシーに続くものではない"
            ),
            Self::WalletOrder => phrase!(
                "a wallet stands twice or out of order",
                "ウォレットが重複または順序違い"
            ),
            Self::DestinationOrder(id) => phrase!(
                "destination {id} stands twice or out of order",
                "送付先 {id} が重複または順序違い",
                id = id
            ),
            Self::SharedScript(id) => phrase!(
                "destination {id} pays the script of another",
                "送付先 {id} が他の送付先と同じスクリプト",
                id = id
            ),
            Self::NoAddress(id) => phrase!(
                "destination {id} has no address of a usual form",
                "送付先 {id} に通常の形式のアドレスがない",
                id = id
            ),
            Self::WalletDestination(id) => phrase!(
                "a wallet's destination {id} is unknown, twice or out of order",
                "ウォレットの送付先 {id} が未知、重複、または順序違い",
                id = id
            ),
            Self::Bands(from) => phrase!(
                "the quorum from {from} sat on is out of order or not stricter than below",
                "{from} sat からの定足数が順序違い、または下の区分より厳しくない",
                from = from.to_sat()
            ),
            Self::Windows => phrase!(
                "window limits of no block, twice or out of order",
                "期間限度額の期間が0ブロック、重複、または順序違い"
            ),
            Self::ClassMoves => phrase!(
                "a move between classes stands twice, out of order or within one class",
                "区分間の移動が重複、順序違い、または同一区分内"
            ),
            Self::Separation => phrase!(
                "a separation below 1 device per operator or 1 administrator apart",
                "職務分掌の値が操作者1人あたり1台・関与しない管理者1名に満たない"
            ),
            Self::Placement => phrase!(
                "a placement below 1 vendor and 1 site",
                "配置の値が1社・1か所に満たない"
            ),
            Self::NoRiskChecker => phrase!(
                "no risk checker is among those who signed",
                "署名者にリスク確認者がいない"
            ),
            Self::ColdFloors => phrase!(
                "a floor of the cold share outside of 1 to 1000 per mille, twice, out of order or of no age",
                "コールド比率の下限が1から1000パーミルの範囲外、重複、順序違い、または有効期間なし"
            ),
            Self::Quorum => phrase!(
                "a quorum below 2 approvers of 2 departments with 1 director",
                "承認の定足数が承認者2名・2部門・承認取締役1名に満たない"
            ),
        }
    }

    fn advice(&self) -> Phrase {
        match self {
            Self::Roster(error) => error.advice(),
            Self::OtherRoster(_) => phrase!(
                "Have the policy signed again under the roster in force.",
                "有効な名簿の下でポリシーの署名を取り直してください。"
            ),
            Self::Number { .. } | Self::Predecessor => phrase!(
                "Draft the policy again as the one after the policy in force.",
                "有効なポリシーの次の版としてポリシーを作り直してください。"
            ),
            Self::NoRiskChecker => phrase!(
                "Have an administrator who is a risk checker sign the policy too.",
                "リスク確認者を兼ねるポリシー管理者の署名も取ってください。"
            ),
            Self::WalletOrder
            | Self::DestinationOrder(_)
            | Self::SharedScript(_)
            | Self::NoAddress(_)
            | Self::WalletDestination(_)
            | Self::Bands(_)
            | Self::Windows
            | Self::ClassMoves
            | Self::Separation
            | Self::Placement
            | Self::ColdFloors
            | Self::Quorum => phrase!(
                "Correct the policy and have it signed again.",
                "ポリシーを訂正し、署名を取り直してください。"
            ),
        }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
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
#[derive(Clone, Copy, Debug)]
pub struct PolicyStanding<'a> {
    /// The known height when it was installed: its signers must have been valid then. An
    /// administrator whose entry ended later does not undo it; one whose entry had ended before
    /// cannot sign it. From here the delay of a loosening counts.
    pub installed: Height,
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
    /// that it states and the height of its installation plus the delay of the policy before it;
    /// the first policy of a device waits for the height that it states.
    pub fn open(
        bytes: &[u8],
        roster: &ActiveRoster,
        standing: PolicyStanding<'_>,
        tip: Height,
    ) -> Result<Self, PolicyError> {
        let endorsed = roster.open_endorsed::<Policy>(bytes, standing.installed)?;
        let policy = endorsed.body();
        check_frame(policy, roster)?;
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

    /// What `next` would change of what is in force now.
    pub fn changes_by(&self, next: &Policy) -> PolicyChanges {
        PolicyChanges::between(&self.rules, next)
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
        check_cold_floors(self)
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

/// Whoever may spend does not alone say what may be spent: compliance or risk signs too (SOD-8).
fn check_signers(
    endorsed: &Endorsed<Policy>,
    roster: &ActiveRoster,
    at: Height,
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
            let last = Arc::new(last.at(standing.installed));
            let delay = last.rules.delay;
            let earliest = Height(standing.installed.0.saturating_add(delay.0));
            (last.rules.clone(), Some(last), earliest)
        }
        Before::Lost(last) => {
            let last = last.map(|last| Arc::new(last.at(standing.installed)));
            let known = last.as_ref().map(|last| last.rules.clone());
            let old = known.unwrap_or_else(|| nothing(policy));
            let delay = old.delay.max(policy.delay).max(A_DAY);
            let earliest = Height(standing.installed.0.saturating_add(delay.0));
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
mod tests {
    use super::*;
    use crate::policy::{Placement, Separation};
    use crate::testing::{
        FIRST, SCOPE, TIP, activate, id, officers_sign, policy_for, rules_of, world,
    };
    use crate::types::Purpose;

    fn usual() -> Policy {
        policy_for(&world().roster, [&world().wallet, &world().other])
    }

    fn take(change: impl FnOnce(&mut Policy)) -> Result<ActivePolicy, PolicyError> {
        let mut policy = usual();
        change(&mut policy);
        activate(policy, &world().roster)
    }

    fn refused(change: impl FnOnce(&mut Policy)) -> PolicyError {
        take(change).unwrap_err()
    }

    #[test]
    fn takes_a_first_policy() {
        let active = take(|_| {}).unwrap();
        assert_eq!(active.number(), Version(1));
        assert_eq!(active.roster(), world().roster.digest());
        let rules = active.policy().wallet(&world().wallet.digest()).unwrap();
        let payable = |rules| -> Vec<&Id> {
            let destinations = active.destinations_of(rules);
            destinations.map(|destination| &destination.id).collect()
        };
        assert!(payable(rules).contains(&&id("hot-1")));
        let other = active.policy().wallet(&world().other.digest()).unwrap();
        assert!(!payable(other).contains(&&id("hot-1")));
    }

    #[test]
    fn refuses_another_frame() {
        let frame = |error| match error {
            PolicyError::Roster(inner) => inner,
            other => panic!("{other:?}"),
        };
        assert_eq!(frame(refused(|p| p.version = 2)), RosterError::Version(2));
        let drill = refused(|p| p.scope.purpose = Purpose::Drill);
        assert_eq!(frame(drill), RosterError::OtherScope);
        let root = refused(|p| p.root = RootDigest::over(&[]));
        assert_eq!(frame(root), RosterError::OtherRoot);
        let other = RosterDigest::over(&[]);
        assert_eq!(
            refused(|p| p.roster = other),
            PolicyError::OtherRoster(other)
        );
    }

    #[test]
    fn needs_the_quorum_of_administrators() {
        let by = |signers: &[&str], installed| {
            let bytes = officers_sign(usual(), signers).to_bytes();
            let standing = PolicyStanding { installed, ..FIRST };
            ActivePolicy::open(&bytes, &world().roster, standing, Height(950_000)).is_ok()
        };
        assert!(by(&["admin.b", "admin.c"], TIP));
        assert!(!by(&["admin.b"], TIP));
        assert!(!by(&["admin.a", "director.d"], TIP));
        assert!(!by(&["admin.a", "admin.b", "director.d"], TIP));
        // Judged at the height of installation, at its limit and one past it.
        assert!(by(&["admin.a", "admin.b"], Height(900_000)));
        assert!(!by(&["admin.a", "admin.b"], Height(900_001)));
    }

    /// The quorum is there either way: what counts is who is among them (SOD-8).
    #[test]
    fn a_risk_checker_is_among_those_who_sign() {
        let by = |signers: &[&str]| {
            let bytes = officers_sign(usual(), signers).to_bytes();
            ActivePolicy::open(&bytes, &world().roster, FIRST, TIP).map(drop)
        };
        assert_eq!(by(&["admin.a", "admin.b"]), Ok(()));
        let none = Err(PolicyError::NoRiskChecker);
        assert_eq!(by(&["admin.a", "admin.c"]), none);
        assert_eq!(by(&["admin.a", "admin.b", "admin.c"]), Ok(()));
    }

    #[test]
    fn separation_is_one_at_least() {
        let with = |devices_per_operator, administrators_apart| {
            let separation = Separation {
                devices_per_operator,
                administrators_apart,
            };
            take(|policy| policy.separation = separation).map(drop)
        };
        assert_eq!([with(1, 1), with(9, 9)], [Ok(()), Ok(())]);
        let none = Err(PolicyError::Separation);
        assert_eq!([with(0, 1), with(1, 0)], [none.clone(), none]);
    }

    #[test]
    fn placement_is_one_at_least() {
        let with = |vendors, sites| {
            let placement = Placement { vendors, sites };
            take(|policy| rules_of(policy).placement = placement).map(drop)
        };
        assert_eq!([with(1, 1), with(9, 9)], [Ok(()), Ok(())]);
        let none = Err(PolicyError::Placement);
        assert_eq!([with(0, 1), with(1, 0)], [none.clone(), none]);
    }

    #[test]
    fn numbers_rise_and_follow() {
        let first = Arc::new(take(|_| {}).unwrap());
        let before = first.digest();
        let standing = PolicyStanding {
            installed: TIP,
            before: Before::Policy(&first),
        };
        let next = |number, predecessor| {
            let mut policy = usual();
            policy.number = Version(number);
            policy.predecessor = predecessor;
            let bytes = officers_sign(policy, &["admin.a", "admin.b"]).to_bytes();
            ActivePolicy::open(&bytes, &world().roster, standing, TIP).map(|p| p.number())
        };
        assert_eq!(next(2, Some(before)), Ok(Version(2)));
        assert_eq!(next(9, Some(before)), Ok(Version(9)));
        let (last, got) = (Version(1), Version(1));
        assert_eq!(
            next(1, Some(before)),
            Err(PolicyError::Number { last, got })
        );
        assert_eq!(next(2, None), Err(PolicyError::Predecessor));
        let other = Some(PolicyDigest::over(&[]));
        assert_eq!(next(2, other), Err(PolicyError::Predecessor));
        assert_eq!(refused(|p| p.predecessor = other), PolicyError::Predecessor);
    }

    #[test]
    fn refuses_lists_out_of_order() {
        assert_eq!(refused(|p| p.wallets.swap(0, 1)), PolicyError::WalletOrder);
        assert_eq!(
            refused(|p| p.wallets[1] = p.wallets[0].clone()),
            PolicyError::WalletOrder
        );
        let swapped = refused(|p| p.destinations.swap(0, 1));
        assert_eq!(swapped, PolicyError::DestinationOrder(id("hot-1")));
        let shared = refused(|p| p.destinations[1].script = p.destinations[0].script.clone());
        assert_eq!(shared, PolicyError::SharedScript(id("hot-2")));
        let unknown = refused(|p| rules_of(p).destinations.push(id("zzz")));
        assert_eq!(unknown, PolicyError::WalletDestination(id("zzz")));
        let order = refused(|p| rules_of(p).destinations.swap(0, 1));
        assert_eq!(order, PolicyError::WalletDestination(id("hot-1")));
    }

    #[test]
    fn refuses_destinations_without_an_address() {
        let scripts = [
            bitcoin::ScriptBuf::new(),
            bitcoin::ScriptBuf::new_op_return(b"note"),
            bitcoin::ScriptBuf::from_bytes(alloc::vec![0x51]),
            // Witness version 16, and the anchor of version 1 with two bytes.
            bitcoin::ScriptBuf::from_bytes([&[0x60, 0x20][..], &[7; 32]].concat()),
            bitcoin::ScriptBuf::from_bytes(alloc::vec![0x51, 0x02, 0x4e, 0x73]),
        ];
        for script in scripts {
            let error = refused(|p| p.destinations[2].script = script.clone());
            assert_eq!(error, PolicyError::NoAddress(id("later")), "{script}");
        }
    }

    #[test]
    fn at_the_limit_and_one_past_it_of_the_quorum() {
        let with = |approvers, departments, directors| {
            take(|p| {
                rules_of(p).quorum = crate::policy::ApprovalQuorum {
                    approvers,
                    departments,
                    directors,
                };
            })
            .map(drop)
        };
        assert_eq!(with(2, 2, 1), Ok(()));
        assert_eq!(with(3, 3, 3), Ok(()));
        for (approvers, departments, directors) in [
            (1, 1, 1),
            (2, 1, 1),
            (2, 2, 0),
            (2, 3, 1),
            (2, 2, 3),
            (0, 0, 0),
        ] {
            let error = with(approvers, departments, directors);
            assert_eq!(
                error,
                Err(PolicyError::Quorum),
                "{approvers} {departments} {directors}"
            );
        }
    }

    #[test]
    fn refuses_a_changed_byte_anywhere() {
        let bytes = officers_sign(usual(), &["admin.a", "admin.b"]).to_bytes();
        for place in (0..bytes.len()).step_by(5) {
            let mut other = bytes.clone();
            other[place] ^= 1;
            let opened = ActivePolicy::open(&other, &world().roster, FIRST, TIP);
            assert!(opened.is_err(), "byte {place}");
        }
        assert_eq!(SCOPE, world().policy.scope());
    }
}
