//! The stricter of two policies: what holds while a loosening waits.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use bitcoin::Amount;

use super::{
    ApprovalQuorum, ClassMove, ColdFloor, Destination, FeeCaps, Policy, QuorumBand, WalletRules,
    WindowLimit,
};
use crate::types::Id;

/// A policy that follows `new` in name and allows nothing.
pub(super) fn nothing(new: &Policy) -> Policy {
    Policy {
        wallets: Vec::new(),
        destinations: Vec::new(),
        class_moves: Vec::new(),
        cold_floors: None,
        sweep: None,
        ..new.clone()
    }
}

/// What both policies allow, under the name of the new one. Where two entries cannot be compared,
/// neither holds.
pub(super) fn both(old: &Policy, new: &Policy) -> Policy {
    // Named one by one: a field that is added must be placed here, or this does not compile.
    let Policy {
        version,
        scope,
        root,
        roster,
        number,
        predecessor,
        activation,
        delay,
        wallets,
        destinations,
        class_moves,
        separation,
        cold_floors: _,
        sweep,
    } = new;
    let destinations: Vec<Destination> = destinations
        .iter()
        .filter_map(|is| destination(old.destination(&is.id)?, is))
        .collect();
    let known = |id: &&Id| destinations.iter().any(|left| left.id == **id);
    let wallets = wallets
        .iter()
        .filter_map(|is| wallet(old.wallet(&is.wallet)?, is, known))
        .collect();
    Policy {
        version: *version,
        scope: *scope,
        root: *root,
        roster: *roster,
        number: *number,
        predecessor: *predecessor,
        activation: *activation,
        delay: old.delay.max(*delay),
        wallets,
        destinations,
        class_moves: moves(&old.class_moves, class_moves),
        separation: old.separation.and(*separation),
        cold_floors: floors(old, new),
        sweep: old
            .sweep
            .as_ref()
            .zip(sweep.as_ref())
            .and_then(|(was, is)| was.and(is)),
    }
}

/// Moves that both name. One that is named for any purpose allows what the other names.
fn moves(was: &[ClassMove], is: &[ClassMove]) -> Vec<ClassMove> {
    let pairs = was
        .iter()
        .flat_map(|old| is.iter().map(move |new| (old, new)));
    let same = pairs.filter(|(old, new)| (old.from, old.to) == (new.from, new.to));
    let both = same.filter_map(|(old, new)| match (&old.purpose, &new.purpose) {
        (None, _) => Some(new.clone()),
        (_, None) => Some(old.clone()),
        (Some(_), Some(_)) => (old == new).then(|| new.clone()),
    });
    both.collect::<BTreeSet<ClassMove>>().into_iter().collect()
}

/// Every floor of either, and the stricter of both where both have it.
fn floors(old: &Policy, new: &Policy) -> Option<Vec<ColdFloor>> {
    let mut all = BTreeMap::new();
    for floor in old.cold_floors().iter().chain(new.cold_floors()) {
        let strictest: &mut ColdFloor = all.entry(floor.class).or_insert(*floor);
        strictest.per_mille = strictest.per_mille.max(floor.per_mille);
        strictest.age = strictest.age.min(floor.age);
    }
    (!all.is_empty()).then(|| all.into_values().collect())
}

/// Every limit of either, and the lower one where both have it.
fn windows(was: &[WindowLimit], is: &[WindowLimit]) -> Vec<WindowLimit> {
    let mut all = BTreeMap::new();
    for limit in was.iter().chain(is) {
        let lowest = all.entry(limit.blocks).or_insert(limit.amount);
        *lowest = limit.amount.min(*lowest);
    }
    let limits = all.into_iter();
    limits
        .map(|(blocks, amount)| WindowLimit { blocks, amount })
        .collect()
}

fn destination(was: &Destination, is: &Destination) -> Option<Destination> {
    let Destination {
        id,
        label,
        script,
        activation,
        limit,
        windows: limits,
    } = is;
    let same = (&was.label, &was.script) == (label, script);
    same.then(|| Destination {
        id: id.clone(),
        label: label.clone(),
        script: script.clone(),
        activation: was.activation.max(*activation),
        limit: was.limit.min(*limit),
        windows: windows(&was.windows, limits),
    })
}

fn wallet(
    was: &WalletRules,
    is: &WalletRules,
    known: impl Fn(&&Id) -> bool,
) -> Option<WalletRules> {
    let WalletRules {
        wallet,
        class,
        per_transfer,
        fee,
        quorum,
        destinations,
        change_window,
        windows: limits,
        bands: _,
        placement,
        witnesses,
    } = is;
    let left = destinations.iter().filter(known);
    let left = left.filter(|id| was.destinations.contains(id));
    (was.class == *class).then(|| WalletRules {
        wallet: *wallet,
        class: *class,
        per_transfer: was.per_transfer.min(*per_transfer),
        fee: was.fee.and(fee),
        quorum: was.quorum.and(*quorum),
        destinations: left.cloned().collect(),
        change_window: was.change_window.min(*change_window),
        windows: windows(&was.windows, limits),
        bands: bands(was, is),
        placement: was.placement.and(*placement),
        witnesses: was.witnesses.max(*witnesses),
    })
}

impl FeeCaps {
    /// The caps that hold where both do.
    pub(super) fn and(&self, other: &Self) -> Self {
        let Self {
            absolute,
            sat_per_vbyte,
            per_mille,
        } = other;
        Self {
            absolute: self.absolute.min(*absolute),
            sat_per_vbyte: self.sat_per_vbyte.min(*sat_per_vbyte),
            per_mille: self.per_mille.min(*per_mille),
        }
    }
}

/// From every amount on the stricter of both quorums, where it is stricter than below.
fn bands(was: &WalletRules, is: &WalletRules) -> Option<Vec<QuorumBand>> {
    let mut below = was.quorum.and(is.quorum);
    let mut found = Vec::new();
    for from in steps(was, is) {
        let quorum = was.quorum_for(from).and(is.quorum_for(from));
        if quorum != below {
            found.push(QuorumBand { from, quorum });
            below = quorum;
        }
    }
    (!found.is_empty()).then_some(found)
}

/// Every amount at which a band of either begins, ascending.
pub(super) fn steps(was: &WalletRules, is: &WalletRules) -> BTreeSet<Amount> {
    let all = was.bands().iter().chain(is.bands());
    all.map(|band| band.from).collect()
}

impl ApprovalQuorum {
    /// The quorum that holds where both do.
    pub(super) fn and(self, other: Self) -> Self {
        let Self {
            approvers,
            departments,
            directors,
        } = other;
        Self {
            approvers: self.approvers.max(approvers),
            departments: self.departments.max(departments),
            directors: self.directors.max(directors),
        }
    }
}
