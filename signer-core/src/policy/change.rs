//! What a policy changes of the one before it: every difference by name, and whether it tightens.
//!
//! What tightens is on a closed list. Whatever is not on it is a loosening and waits.

use alloc::vec::Vec;

use bitcoin::{Amount, ScriptBuf};

use super::strict::steps;
use super::{
    ApprovalQuorum, ClassMove, ColdFloor, Destination, FeeCaps, Policy, SeparationChange, Sweep,
    SweepChange, WalletRules, WindowLimit,
};
use crate::digest::WalletDigest;
use crate::types::{Blocks, Height, Id, Label};
use crate::wallet::WalletClass;

/// What something was, and what it becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed<T> {
    /// In the policy before.
    pub old: T,
    /// In the new one.
    pub new: T,
}

impl<T: Clone + PartialOrd> Changed<T> {
    /// The change, where there is one.
    pub(super) fn between(old: &T, new: &T) -> Option<Self> {
        (old != new).then(|| Self {
            old: old.clone(),
            new: new.clone(),
        })
    }

    pub(super) fn rises(&self) -> Direction {
        tightening_if(self.new > self.old)
    }

    pub(super) fn falls(&self) -> Direction {
        tightening_if(self.new < self.old)
    }
}

/// Which way a change goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Less is allowed than before: at once.
    Tightening,
    /// More is allowed than before, or nobody can say: it waits.
    Loosening,
}

const fn tightening_if(tightens: bool) -> Direction {
    if tightens {
        Direction::Tightening
    } else {
        Direction::Loosening
    }
}

/// One difference between two policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyChange {
    /// How long a loosening waits.
    Delay(Changed<Blocks>),
    /// One field of who is kept apart.
    Separation(SeparationChange),
    /// A destination that was not there.
    DestinationAdded(Id),
    /// A destination that is no longer there.
    DestinationRemoved(Id),
    /// One field of a destination.
    Destination(Id, DestinationChange),
    /// A wallet that was not listed.
    WalletAdded(WalletDigest),
    /// A wallet that is no longer listed.
    WalletRemoved(WalletDigest),
    /// One field of what a wallet may do.
    Wallet(WalletDigest, WalletChange),
    /// A move between classes that was not named.
    ClassMoveAdded(ClassMove),
    /// A move between classes that is no longer named.
    ClassMoveRemoved(ClassMove),
    /// One difference in what must stay cold.
    Cold(ColdFloorChange),
    /// One difference in what a frozen device may sign.
    Sweep(SweepChange),
}

/// One difference in a floor of the cold share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColdFloorChange {
    /// A floor that was not there.
    Added(ColdFloor),
    /// A floor that is no longer there.
    Removed(ColdFloor),
    /// Thousandths that stay cold.
    PerMille(WalletClass, Changed<u32>),
    /// How old a statement of balances may be.
    Age(WalletClass, Changed<Blocks>),
}

impl ColdFloorChange {
    fn direction(&self) -> Direction {
        match self {
            Self::Added(_) => Direction::Tightening,
            Self::Removed(_) => Direction::Loosening,
            Self::PerMille(_, floor) => floor.rises(),
            Self::Age(_, age) => age.falls(),
        }
    }
}

/// One difference in a destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DestinationChange {
    /// Its label.
    Label(Changed<Label>),
    /// The script that is paid: another address.
    Script(Changed<ScriptBuf>),
    /// The first height at which it may be paid.
    From(Changed<Height>),
    /// Most that one transaction may pay to it.
    Limit(Changed<Amount>),
    /// A limit over time.
    Window(WindowChange),
}

/// One difference in limits over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowChange {
    /// A limit that was not there.
    Added(WindowLimit),
    /// A limit that is no longer there.
    Removed(WindowLimit),
    /// Less than before within the same blocks.
    Lowered(WindowLimit),
    /// More than before within the same blocks.
    Raised(WindowLimit),
}

impl WindowChange {
    const fn direction(self) -> Direction {
        match self {
            Self::Added(_) | Self::Lowered(_) => Direction::Tightening,
            Self::Removed(_) | Self::Raised(_) => Direction::Loosening,
        }
    }
}

/// One difference in what a wallet may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WalletChange {
    /// Whose assets it holds.
    Class(Changed<WalletClass>),
    /// Most that one transaction may pay out.
    PerTransfer(Changed<Amount>),
    /// The cap on the fee in satoshi.
    FeeAbsolute(Changed<Amount>),
    /// The cap on the fee rate in satoshi per virtual byte.
    FeeRate(Changed<u32>),
    /// The cap on the fee in thousandths of what is paid out.
    FeePerMille(Changed<u32>),
    /// How many of these must stand behind a transfer.
    Quorum(Voters, Changed<u8>),
    /// The same, from this amount on.
    BandQuorum(Amount, Voters, Changed<u8>),
    /// A destination that it may pay from now on.
    DestinationAdded(Id),
    /// A destination that it may no longer pay.
    DestinationRemoved(Id),
    /// How far ahead change may lie.
    ChangeWindow(Changed<u32>),
    /// A limit over time.
    Window(WindowChange),
    /// From how many vendors its devices are.
    Vendors(Changed<u8>),
    /// At how many sites they stand.
    Sites(Changed<u8>),
    /// How many witnesses attend a session that signs.
    Witnesses(Changed<u8>),
}

/// Who is counted in a quorum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voters {
    /// Distinct people.
    Approvers,
    /// Departments.
    Departments,
    /// Directors among them.
    Directors,
}

impl PolicyChange {
    /// Which way it goes. This is the closed list of tightenings.
    pub fn direction(&self) -> Direction {
        match self {
            Self::Delay(delay) => delay.rises(),
            Self::Separation(change) => change.direction(),
            Self::DestinationRemoved(_) | Self::WalletRemoved(_) | Self::ClassMoveRemoved(_) => {
                Direction::Tightening
            }
            Self::Destination(_, DestinationChange::Window(window)) => window.direction(),
            Self::Destination(_, DestinationChange::From(height)) => height.rises(),
            Self::Destination(_, DestinationChange::Limit(limit)) => limit.falls(),
            Self::Wallet(_, change) => change.direction(),
            Self::Cold(change) => change.direction(),
            Self::Sweep(change) => change.direction(),
            _ => Direction::Loosening,
        }
    }
}

impl WalletChange {
    pub(super) fn direction(&self) -> Direction {
        match self {
            Self::PerTransfer(limit) | Self::FeeAbsolute(limit) => limit.falls(),
            Self::FeeRate(cap) | Self::FeePerMille(cap) | Self::ChangeWindow(cap) => cap.falls(),
            Self::Quorum(_, count)
            | Self::BandQuorum(_, _, count)
            | Self::Vendors(count)
            | Self::Sites(count)
            | Self::Witnesses(count) => count.rises(),
            Self::Window(window) => window.direction(),
            Self::DestinationRemoved(_) => Direction::Tightening,
            _ => Direction::Loosening,
        }
    }
}

/// Every difference between two policies, in a fixed order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyChanges(Vec<PolicyChange>);

impl PolicyChanges {
    /// What `new` changes of `old`. Number, predecessor, roster and height are how a policy
    /// follows another, not what it allows.
    pub fn between(old: &Policy, new: &Policy) -> Self {
        // Named one by one: a field that is added must be placed here, or this does not compile.
        let Policy {
            version: _,
            scope: _,
            root: _,
            roster: _,
            number: _,
            predecessor: _,
            activation: _,
            delay,
            wallets,
            destinations,
            class_moves,
            separation,
            cold_floors: _,
            sweep,
        } = new;
        let mut found = Vec::new();
        found.extend(Changed::between(&old.delay, delay).map(PolicyChange::Delay));
        let apart = old.separation.changes(*separation).into_iter();
        found.extend(apart.map(PolicyChange::Separation));
        for was in &old.destinations {
            match new.destination(&was.id) {
                None => found.push(PolicyChange::DestinationRemoved(was.id.clone())),
                Some(is) => found.extend(
                    of_destination(was, is)
                        .map(|change| PolicyChange::Destination(is.id.clone(), change)),
                ),
            }
        }
        let added = destinations.iter();
        let added = added.filter(|is| old.destination(&is.id).is_none());
        found.extend(added.map(|is| PolicyChange::DestinationAdded(is.id.clone())));
        for was in &old.wallets {
            match new.wallet(&was.wallet) {
                None => found.push(PolicyChange::WalletRemoved(was.wallet)),
                Some(is) => found.extend(
                    of_wallet(was, is)
                        .into_iter()
                        .map(|change| PolicyChange::Wallet(is.wallet, change)),
                ),
            }
        }
        let added = wallets.iter();
        let added = added.filter(|is| old.wallet(&is.wallet).is_none());
        found.extend(added.map(|is| PolicyChange::WalletAdded(is.wallet)));
        let gone = old
            .class_moves
            .iter()
            .filter(|was| !class_moves.contains(was));
        found.extend(gone.cloned().map(PolicyChange::ClassMoveRemoved));
        let more = class_moves.iter().filter(|is| !names(old, is));
        found.extend(more.cloned().map(PolicyChange::ClassMoveAdded));
        found.extend(of_floors(old, new).into_iter().map(PolicyChange::Cold));
        let swept = Sweep::changes(old.sweep.as_ref(), sweep.as_ref());
        found.extend(swept.into_iter().map(PolicyChange::Sweep));
        Self(found)
    }

    /// The differences, in order.
    pub fn iter(&self) -> impl Iterator<Item = &PolicyChange> {
        self.0.iter()
    }

    /// Those that wait.
    pub fn loosenings(&self) -> impl Iterator<Item = &PolicyChange> {
        self.iter()
            .filter(|change| change.direction() == Direction::Loosening)
    }
}

fn of_floors(old: &Policy, new: &Policy) -> Vec<ColdFloorChange> {
    let mut found = Vec::new();
    for was in old.cold_floors() {
        let Some(is) = new.cold_floor(was.class) else {
            found.push(ColdFloorChange::Removed(*was));
            continue;
        };
        let per_mille = Changed::between(&was.per_mille, &is.per_mille);
        found.extend(per_mille.map(|floor| ColdFloorChange::PerMille(is.class, floor)));
        let age = Changed::between(&was.age, &is.age);
        found.extend(age.map(|age| ColdFloorChange::Age(is.class, age)));
    }
    let added = new.cold_floors().iter();
    let added = added.filter(|is| old.cold_floor(is.class).is_none());
    found.extend(added.copied().map(ColdFloorChange::Added));
    found
}

/// Whether a policy names this move, for this purpose or for any.
fn names(policy: &Policy, class_move: &ClassMove) -> bool {
    let for_any = ClassMove {
        purpose: None,
        ..class_move.clone()
    };
    let known = &policy.class_moves;
    known.contains(class_move) || known.contains(&for_any)
}

fn of_destination(
    was: &Destination,
    is: &Destination,
) -> impl Iterator<Item = DestinationChange> + use<> {
    let Destination {
        id: _,
        label,
        script,
        activation,
        limit,
        windows,
    } = is;
    let windows = of_windows(&was.windows, windows);
    let single = [
        Changed::between(&was.label, label).map(DestinationChange::Label),
        Changed::between(&was.script, script).map(DestinationChange::Script),
        Changed::between(&was.activation, activation).map(DestinationChange::From),
        Changed::between(&was.limit, limit).map(DestinationChange::Limit),
    ];
    let windows = windows.into_iter().map(DestinationChange::Window);
    single.into_iter().flatten().chain(windows)
}

/// Limits over time are told apart by their blocks.
fn of_windows(was: &[WindowLimit], is: &[WindowLimit]) -> Vec<WindowChange> {
    let same = |of: &[WindowLimit], limit: &WindowLimit| {
        let mut of = of.iter();
        of.find(|other| other.blocks == limit.blocks).copied()
    };
    let gone = was.iter().filter(|old| same(is, old).is_none());
    let mut found: Vec<WindowChange> = gone.copied().map(WindowChange::Removed).collect();
    found.extend(is.iter().filter_map(|new| match same(was, new) {
        None => Some(WindowChange::Added(*new)),
        Some(old) if old.amount > new.amount => Some(WindowChange::Lowered(*new)),
        Some(old) if old.amount < new.amount => Some(WindowChange::Raised(*new)),
        Some(_) => None,
    }));
    found
}

fn of_wallet(was: &WalletRules, is: &WalletRules) -> Vec<WalletChange> {
    let WalletRules {
        wallet: _,
        class,
        per_transfer,
        fee,
        quorum,
        destinations,
        change_window,
        bands: _,
        windows,
        placement,
        witnesses,
    } = is;
    let single = [
        Changed::between(&was.class, class).map(WalletChange::Class),
        Changed::between(&was.per_transfer, per_transfer).map(WalletChange::PerTransfer),
    ];
    let mut found: Vec<WalletChange> = single.into_iter().flatten().collect();
    found.extend(was.fee.changes(fee));
    let base = of_quorum(was.quorum, *quorum);
    found.extend(base.map(|(who, change)| WalletChange::Quorum(who, change)));
    for from in steps(was, is) {
        let counts = of_quorum(was.quorum_for(from), is.quorum_for(from));
        found.extend(counts.map(|(who, change)| WalletChange::BandQuorum(from, who, change)));
    }
    let (before, after) = (&was.destinations, destinations);
    let removed = before.iter().filter(|id| !after.contains(id));
    found.extend(removed.cloned().map(WalletChange::DestinationRemoved));
    let added = after.iter().filter(|id| !before.contains(id));
    found.extend(added.cloned().map(WalletChange::DestinationAdded));
    let window = Changed::between(&was.change_window, change_window);
    found.extend(window.map(WalletChange::ChangeWindow));
    found.extend(was.placement.changes(*placement));
    let attending = Changed::between(&was.witnesses, witnesses);
    found.extend(attending.map(WalletChange::Witnesses));
    let windows = of_windows(&was.windows, windows).into_iter();
    found.extend(windows.map(WalletChange::Window));
    found
}

impl FeeCaps {
    /// What `new` changes of the caps.
    pub(super) fn changes(&self, new: &Self) -> Vec<WalletChange> {
        let Self {
            absolute,
            sat_per_vbyte,
            per_mille,
        } = new;
        let caps = [
            Changed::between(&self.absolute, absolute).map(WalletChange::FeeAbsolute),
            Changed::between(&self.sat_per_vbyte, sat_per_vbyte).map(WalletChange::FeeRate),
            Changed::between(&self.per_mille, per_mille).map(WalletChange::FeePerMille),
        ];
        caps.into_iter().flatten().collect()
    }
}

pub(super) fn of_quorum(
    was: ApprovalQuorum,
    is: ApprovalQuorum,
) -> impl Iterator<Item = (Voters, Changed<u8>)> + use<> {
    let ApprovalQuorum {
        approvers,
        departments,
        directors,
    } = is;
    let counts = [
        (Voters::Approvers, was.approvers, approvers),
        (Voters::Departments, was.departments, departments),
        (Voters::Directors, was.directors, directors),
    ];
    counts
        .into_iter()
        .filter_map(|(who, old, new)| Changed::between(&old, &new).map(|change| (who, change)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_rises_or_falls_tightens() {
        let change = |old: u32, new: u32| Changed { old, new };
        let (tightens, loosens) = (Direction::Tightening, Direction::Loosening);
        for (new, rises, falls) in [
            (4, loosens, tightens),
            (5, loosens, loosens),
            (6, tightens, loosens),
        ] {
            let change = change(5, new);
            assert_eq!((change.rises(), change.falls()), (rises, falls), "{new}");
        }
    }
}
