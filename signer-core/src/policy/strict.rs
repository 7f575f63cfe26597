//! The stricter of two policies: what holds while a loosening waits.

use alloc::vec::Vec;

use super::{ApprovalQuorum, Destination, FeeCaps, Policy, WalletRules};
use crate::types::Id;

/// A policy that follows `new` in name and allows nothing.
pub(super) fn nothing(new: &Policy) -> Policy {
    Policy {
        wallets: Vec::new(),
        destinations: Vec::new(),
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
    }
}

fn destination(was: &Destination, is: &Destination) -> Option<Destination> {
    let Destination {
        id,
        label,
        script,
        activation,
        limit,
    } = is;
    let same = (&was.label, &was.script) == (label, script);
    same.then(|| Destination {
        id: id.clone(),
        label: label.clone(),
        script: script.clone(),
        activation: was.activation.max(*activation),
        limit: was.limit.min(*limit),
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
    } = is;
    let left = destinations.iter().filter(known);
    let left = left.filter(|id| was.destinations.contains(id));
    (was.class == *class).then(|| WalletRules {
        wallet: *wallet,
        class: *class,
        per_transfer: was.per_transfer.min(*per_transfer),
        fee: caps(&was.fee, fee),
        quorum: people(was.quorum, *quorum),
        destinations: left.cloned().collect(),
        change_window: was.change_window.min(*change_window),
    })
}

fn caps(was: &FeeCaps, is: &FeeCaps) -> FeeCaps {
    let FeeCaps {
        absolute,
        sat_per_vbyte,
        per_mille,
    } = is;
    FeeCaps {
        absolute: was.absolute.min(*absolute),
        sat_per_vbyte: was.sat_per_vbyte.min(*sat_per_vbyte),
        per_mille: was.per_mille.min(*per_mille),
    }
}

fn people(was: ApprovalQuorum, is: ApprovalQuorum) -> ApprovalQuorum {
    let ApprovalQuorum {
        approvers,
        departments,
        directors,
    } = is;
    ApprovalQuorum {
        approvers: was.approvers.max(approvers),
        departments: was.departments.max(departments),
        directors: was.directors.max(directors),
    }
}
