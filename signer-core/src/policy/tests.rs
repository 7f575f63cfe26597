//! A policy that follows another: what tightens at once, what waits, and for how long.

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use bitcoin::Amount;

use super::strict::{both, nothing};
use super::{
    ActivePolicy, ApprovalQuorum, Before, ClassMove, ColdFloor, Direction, Policy, PolicyChange,
    PolicyChanges, PolicyError, PolicyStanding, QuorumBand, WindowLimit,
};
use crate::testing::{
    FIRST, TIP, activate, id, label, officers_sign, outside_script, policy_for, rules_of, world,
};
use crate::types::{Blocks, Height, Lang, Version};
use crate::wallet::WalletClass;

fn usual() -> Policy {
    let mut policy = policy_for(&world().roster, [&world().wallet, &world().other]);
    policy.cold_floors = Some(Vec::from([floor(WalletClass::Customer)]));
    policy.separation.sessions_in_a_row = Some(3);
    for rules in &mut policy.wallets {
        rules.witnesses = 1;
    }
    policy
}

fn first() -> Arc<ActivePolicy> {
    Arc::new(activate(usual(), &world().roster).unwrap())
}

/// The policy after `last`, installed at this height and looked at there.
fn follow(
    last: &Arc<ActivePolicy>,
    installed: Height,
    edit: impl FnOnce(&mut Policy),
) -> Arc<ActivePolicy> {
    let mut policy = last.document().clone();
    policy.number = Version(last.number().0 + 1);
    policy.predecessor = Some(last.digest());
    edit(&mut policy);
    let bytes = officers_sign(policy, &["admin.a", "admin.b"]).to_bytes();
    let standing = PolicyStanding {
        installed: crate::testing::free(installed),
        before: Before::Policy(last),
    };
    Arc::new(ActivePolicy::open(&bytes, &world().roster, standing, installed).unwrap())
}

fn limit(policy: &ActivePolicy, height: u32) -> u64 {
    let at = policy.at(Height(height));
    rules_of(&mut at.policy().clone()).per_transfer.to_sat()
}

fn raise(to: u64) -> impl FnOnce(&mut Policy) {
    move |policy| rules_of(policy).per_transfer = Amount::from_sat(to)
}

#[test]
fn a_first_policy_waits_for_its_height() {
    for (activation, wallets) in [(TIP.0, 2), (TIP.0 + 1, 0)] {
        let mut policy = usual();
        policy.activation = Height(activation);
        let bytes = officers_sign(policy, &["admin.a", "admin.b"]).to_bytes();
        let active = ActivePolicy::open(&bytes, &world().roster, FIRST, TIP).unwrap();
        assert_eq!(active.policy().wallets.len(), wallets);
        assert_eq!(active.document().wallets.len(), 2);
        let later = active.at(Height(activation));
        assert_eq!(later.policy(), later.document());
        assert_eq!(later.waits_until(), None);
    }
}

/// 144 blocks of the policy before, counted from the installation: at the limit and one past it.
#[test]
fn a_loosening_waits_for_the_old_delay() {
    let next = follow(&first(), TIP, |policy| {
        rules_of(policy).per_transfer = Amount::from_sat(3_000_000);
        policy.delay = Blocks(1);
    });
    assert_eq!(next.waits_until(), Some(Height(TIP.0 + 144)));
    assert_eq!(limit(&next, TIP.0), 2_000_000);
    assert_eq!(limit(&next, TIP.0 + 143), 2_000_000);
    assert_eq!(limit(&next, TIP.0 + 144), 3_000_000);
    // The shorter delay is a loosening of its own: until it opens, the longer one holds.
    assert_eq!(next.policy().delay, Blocks(144));
    let third = follow(&next, Height(TIP.0 + 10), raise(4_000_000));
    assert_eq!(third.waits_until(), Some(Height(TIP.0 + 154)));
    assert_eq!(limit(&third, TIP.0 + 143), 2_000_000);
    assert_eq!(limit(&third, TIP.0 + 153), 3_000_000);
    assert_eq!(limit(&third, TIP.0 + 154), 4_000_000);
}

#[test]
fn a_stated_height_that_is_later_counts() {
    let next = follow(&first(), TIP, |policy| {
        raise(3_000_000)(policy);
        policy.activation = Height(TIP.0 + 1_000);
    });
    assert_eq!(limit(&next, TIP.0 + 999), 2_000_000);
    assert_eq!(limit(&next, TIP.0 + 1_000), 3_000_000);
}

/// Even where it states a height ahead, and beside a loosening.
#[test]
fn a_tightening_acts_at_once() {
    let alone = follow(&first(), TIP, |policy| {
        raise(5_000)(policy);
        policy.activation = Height(TIP.0 + 1_000);
    });
    assert_eq!(alone.waits_until(), None);
    assert_eq!(limit(&alone, TIP.0), 5_000);
    let mixed = follow(&first(), TIP, |policy| {
        raise(5_000)(policy);
        rules_of(policy).change_window = 9;
        rules_of(policy).destinations.remove(0);
    });
    let rules = rules_of(&mut mixed.policy().clone()).clone();
    assert_eq!(rules.per_transfer.to_sat(), 5_000);
    assert_eq!(rules.change_window, 3);
    assert_eq!(rules.destinations, [id("hot-2"), id("later")]);
}

/// Taking back what another policy tightened is a loosening like any other.
#[test]
fn what_was_tightened_comes_back_after_the_delay_only() {
    let tight = follow(&first(), TIP, raise(5_000));
    let back = follow(&tight, TIP, raise(2_000_000));
    assert_eq!(limit(&back, TIP.0 + 143), 5_000);
    assert_eq!(limit(&back, TIP.0 + 144), 2_000_000);
}

/// A later policy neither holds up a loosening that waits nor lets it open sooner.
#[test]
fn a_later_policy_leaves_what_waits_to_its_height() {
    let second = follow(&first(), TIP, raise(3_000_000));
    let third = follow(&second, Height(TIP.0 + 100), |policy| {
        rules_of(policy).destinations.remove(0);
    });
    assert_eq!(limit(&third, TIP.0 + 143), 2_000_000);
    assert_eq!(limit(&third, TIP.0 + 144), 3_000_000);
    let revoked = follow(&second, Height(TIP.0 + 100), raise(2_000_000));
    assert_eq!(revoked.waits_until(), None);
    assert_eq!(limit(&revoked, TIP.0 + 500), 2_000_000);
}

/// What holds before anything is known, or was heard of.
#[test]
fn nothing_is_allowed_by_nothing() {
    let mut full = usual();
    full.sweep = Some(words::sweep());
    let none = nothing(&full);
    assert_eq!((none.number, none.delay), (full.number, full.delay));
    assert!(none.wallets.is_empty() && none.destinations.is_empty());
    assert!(none.class_moves.is_empty() && none.cold_floors.is_none());
    assert_eq!(none.sweep, None);
}

/// Heights that no chain reaches do not wrap around.
#[test]
fn a_delay_beyond_the_last_height_never_ends() {
    let long = follow(&first(), TIP, |policy| policy.delay = Blocks(u32::MAX));
    let next = follow(&long, TIP, raise(3_000_000));
    assert_eq!(next.waits_until(), Some(Height(u32::MAX)));
    assert_eq!(limit(&next, u32::MAX - 1), 2_000_000);
}

mod words;

/// One edit of a policy, and which way it goes.
type Edit = (fn(&mut Policy), Direction);

const LOOSER: Direction = Direction::Loosening;
const TIGHTER: Direction = Direction::Tightening;

/// Every field that a policy has, changed by itself: what is not among the tightenings loosens.
const EDITS: [Edit; 59] = [
    (|p| p.separation.devices_per_operator += 1, LOOSER),
    (|p| p.separation.devices_per_operator -= 1, TIGHTER),
    (|p| p.separation.administrators_apart += 1, TIGHTER),
    (|p| p.separation.administrators_apart -= 1, LOOSER),
    (|p| p.separation.sessions_in_a_row = Some(2), TIGHTER),
    (|p| p.separation.sessions_in_a_row = Some(4), LOOSER),
    (|p| p.separation.sessions_in_a_row = None, LOOSER),
    (|p| rules_of(p).witnesses += 1, TIGHTER),
    (|p| rules_of(p).witnesses -= 1, LOOSER),
    (|p| rules_of(p).placement.vendors += 1, TIGHTER),
    (|p| rules_of(p).placement.vendors -= 1, LOOSER),
    (|p| rules_of(p).placement.sites += 1, TIGHTER),
    (|p| rules_of(p).placement.sites -= 1, LOOSER),
    (|p| p.delay.0 += 1, TIGHTER),
    (|p| p.delay.0 -= 1, LOOSER),
    (|p| p.destinations[0].label = label("X"), LOOSER),
    (
        |p| p.destinations[0].script = outside_script("elsewhere"),
        LOOSER,
    ),
    (|p| p.destinations[0].activation.0 += 1, TIGHTER),
    (|p| p.destinations[0].activation.0 -= 1, LOOSER),
    (|p| p.destinations[0].limit -= Amount::from_sat(1), TIGHTER),
    (|p| p.destinations[0].limit += Amount::from_sat(1), LOOSER),
    (|p| rename(p, "others", "renamed"), LOOSER),
    (|p| drop(p.wallets.remove(0)), TIGHTER),
    (
        |p| p.wallets[0].wallet = crate::digest::WalletDigest::over(&[]),
        LOOSER,
    ),
    (|p| rules_of(p).class = WalletClass::Guarantee, LOOSER),
    (|p| rules_of(p).per_transfer -= Amount::from_sat(1), TIGHTER),
    (|p| rules_of(p).per_transfer += Amount::from_sat(1), LOOSER),
    (|p| rules_of(p).fee.absolute -= Amount::from_sat(1), TIGHTER),
    (|p| rules_of(p).fee.absolute += Amount::from_sat(1), LOOSER),
    (|p| rules_of(p).fee.sat_per_vbyte -= 1, TIGHTER),
    (|p| rules_of(p).fee.sat_per_vbyte += 1, LOOSER),
    (|p| rules_of(p).fee.per_mille -= 1, TIGHTER),
    (|p| rules_of(p).fee.per_mille += 1, LOOSER),
    (|p| rules_of(p).quorum.approvers += 1, TIGHTER),
    (|p| rules_of(p).quorum.departments -= 1, LOOSER),
    (|p| rules_of(p).quorum.directors += 1, TIGHTER),
    (|p| drop(rules_of(p).destinations.remove(1)), TIGHTER),
    (|p| rules_of(p).destinations.push(id("others")), LOOSER),
    (|p| rules_of(p).change_window += 1, LOOSER),
    (|p| rules_of(p).bands = bands(&[(5, 3), (9, 4)]), TIGHTER),
    (|p| rules_of(p).quorum.approvers = 1, LOOSER),
    (
        |p| rules_of(p).windows[0].amount -= Amount::ONE_SAT,
        TIGHTER,
    ),
    (|p| rules_of(p).windows[0].amount += Amount::ONE_SAT, LOOSER),
    (|p| rules_of(p).windows[0].blocks.0 += 1, LOOSER),
    (|p| rules_of(p).windows.clear(), LOOSER),
    (|p| rules_of(p).windows.push(week()), TIGHTER),
    (
        |p| p.destinations[0].windows[0].amount -= Amount::ONE_SAT,
        TIGHTER,
    ),
    (|p| p.destinations[0].windows.clear(), LOOSER),
    (|p| p.destinations[1].windows.push(week()), TIGHTER),
    (|p| p.class_moves.clear(), TIGHTER),
    (|p| p.class_moves[0].to = WalletClass::Guarantee, LOOSER),
    (|p| p.class_moves[0].purpose = Some(label("X")), TIGHTER),
    (|p| p.class_moves.insert(0, to_company()), LOOSER),
    (|p| floors(p)[0].per_mille += 1, TIGHTER),
    (|p| floors(p)[0].per_mille -= 1, LOOSER),
    (|p| floors(p)[0].age.0 -= 1, TIGHTER),
    (|p| floors(p)[0].age.0 += 1, LOOSER),
    (|p| p.cold_floors = None, LOOSER),
    (|p| floors(p).push(floor(WalletClass::Company)), TIGHTER),
];

const fn floor(class: WalletClass) -> ColdFloor {
    ColdFloor {
        class,
        per_mille: 900,
        age: Blocks(144),
    }
}

fn floors(policy: &mut Policy) -> &mut Vec<ColdFloor> {
    policy.cold_floors.get_or_insert_default()
}

const fn week() -> WindowLimit {
    WindowLimit {
        blocks: Blocks(1_008),
        amount: Amount::from_sat(7_000_000),
    }
}

fn to_company() -> ClassMove {
    ClassMove {
        from: WalletClass::Customer,
        to: WalletClass::Company,
        purpose: Some(label("X")),
    }
}

/// The same destination under another name, wherever it is named.
fn rename(policy: &mut Policy, from: &str, to: &str) {
    let lists = policy.wallets.iter_mut();
    let named = lists.flat_map(|rules| rules.destinations.iter_mut());
    let named = named.chain(policy.destinations.iter_mut().map(|d| &mut d.id));
    for known in named.filter(|known| known.as_str() == from) {
        *known = id(to);
    }
}

/// From these amounts on so many approvers.
#[expect(clippy::unnecessary_wraps, reason = "what the field holds")]
fn bands(all: &[(u64, u8)]) -> Option<Vec<QuorumBand>> {
    let band = |(from, approvers): &(u64, u8)| QuorumBand {
        from: Amount::from_sat(*from),
        quorum: ApprovalQuorum {
            approvers: *approvers,
            departments: 2,
            directors: 1,
        },
    };
    Some(all.iter().map(band).collect())
}

/// Bands are compared by what they ask for at every amount, not by how they are written.
#[test]
fn bands_go_the_way_of_every_amount() {
    let with = |all: &[(u64, u8)]| {
        let mut policy = usual();
        rules_of(&mut policy).bands = bands(all);
        policy
    };
    let old = with(&[(500, 3), (900, 5)]);
    for (new, loosens_it) in [
        (&[(500, 3), (900, 5)][..], false),
        (&[(499, 3), (900, 5)], false),
        (&[(501, 3), (900, 5)], true),
        (&[(500, 5)], false),
        (&[(500, 3), (900, 4)], true),
        (&[(500, 3), (901, 5)], true),
        (&[(400, 4), (900, 5)], false),
        (&[(500, 3)], true),
    ] {
        let new = with(new);
        assert_eq!(loosens(&old, &new), loosens_it, "{new:?}");
        let strict = both(&old, &new);
        assert_eq!(strict == new, !loosens_it);
        assert!(!loosens(&old, &strict) && !loosens(&new, &strict));
    }
    assert!(loosens(&old, &usual()));
}

#[test]
fn a_band_begins_above_the_one_below_and_is_stricter() {
    let taken = |all: &[(u64, u8)]| {
        let mut policy = usual();
        rules_of(&mut policy).bands = bands(all);
        activate(policy, &world().roster).map(drop)
    };
    assert_eq!(taken(&[(1, 3), (2, 4)]), Ok(()));
    for (wrong, from) in [
        (&[][..], 0),
        (&[(0, 3)], 0),
        (&[(1, 2)], 1),
        (&[(5, 3), (5, 4)], 5),
        (&[(5, 3), (4, 4)], 4),
        (&[(5, 4), (6, 3)], 6),
    ] {
        let error = PolicyError::Bands(Amount::from_sat(from));
        assert_eq!(taken(wrong), Err(error), "{wrong:?}");
    }
}

fn loosens(old: &Policy, new: &Policy) -> bool {
    PolicyChanges::between(old, new)
        .loosenings()
        .next()
        .is_some()
}

fn directions(changes: &PolicyChanges) -> Vec<Direction> {
    changes.iter().map(PolicyChange::direction).collect()
}

#[test]
fn every_field_goes_its_way() {
    for (number, (edit, direction)) in EDITS.iter().enumerate() {
        let (old, mut new) = (usual(), usual());
        edit(&mut new);
        let changes = PolicyChanges::between(&old, &new);
        assert!(directions(&changes).contains(direction), "edit {number}");
        assert_eq!(loosens(&old, &new), *direction == LOOSER, "edit {number}");
        // What the stricter of both leaves of the new one is all of it, or it loosens.
        let all = both(&old, &new) == new;
        assert_eq!(all, *direction == TIGHTER, "edit {number}");
    }
    assert_eq!(directions(&PolicyChanges::between(&usual(), &usual())), []);
}

/// Number, predecessor and height say how a policy follows, not what it allows.
#[test]
fn how_a_policy_follows_is_no_difference() {
    let (old, mut new) = (usual(), usual());
    new.number = Version(7);
    new.predecessor = Some(crate::digest::PolicyDigest::over(&[]));
    new.activation = Height(1);
    new.roster = crate::digest::RosterDigest::over(&[]);
    assert_eq!(directions(&PolicyChanges::between(&old, &new)), []);
}

/// Over every pair of edits on either side: the stricter of both allows nothing that one of them
/// does not, and is the new policy itself exactly where that loosens nothing.
#[test]
fn the_stricter_of_both_is_within_both() {
    for (first, _) in EDITS {
        for (second, _) in EDITS {
            let (mut old, mut new) = (usual(), usual());
            first(&mut old);
            second(&mut new);
            let strict = both(&old, &new);
            assert!(!loosens(&old, &strict) && !loosens(&new, &strict));
            assert_eq!(strict == new, !loosens(&old, &new));
            // Nothing is within everything; where nothing moves, no floor is needed.
            new.cold_floors = None;
            assert!(!loosens(&new, &nothing(&new)));
        }
    }
}

/// What no longer means the same is paid by nobody meanwhile: it stands in no wallet's list either.
#[test]
fn a_destination_that_moves_is_in_no_list_while_it_waits() {
    let (old, mut new) = (usual(), usual());
    let moved = new.destinations[0].id.clone();
    new.destinations[0].script = outside_script("moved");
    let lists = |policy: &Policy| {
        policy
            .wallets
            .iter()
            .any(|w| w.destinations.contains(&moved))
    };
    assert!(lists(&old) && lists(&new));
    let meanwhile = both(&old, &new);
    assert_eq!(meanwhile.destination(&moved), None);
    assert!(!lists(&meanwhile) && !meanwhile.destinations.is_empty());
}

#[test]
fn a_change_of_a_destination_names_the_field_and_both_values() {
    let (old, mut new) = (usual(), usual());
    new.destinations[0].limit = Amount::from_sat(1_234_567);
    new.destinations[0].activation = Height(TIP.0 + 5);
    new.destinations[0].script = outside_script("moved");
    let name = new.destinations[0].id.clone();
    let said: Vec<_> = PolicyChanges::between(&old, &new)
        .iter()
        .map(|change| change.text(Lang::En, &|_| String::new()))
        .collect();
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(
        said.iter()
            .all(|line| line.starts_with(&alloc::format!("{name}: ")))
    );
    let about = |words: &[&str]| {
        said.iter()
            .any(|line| words.iter().all(|word| line.contains(word)))
    };
    assert!(about(&["ANOTHER ADDRESS"]), "{said:?}");
    assert!(about(&["limit", "1,234,567"]), "{said:?}");
    assert!(about(&[&(TIP.0 + 5).to_string()]), "{said:?}");
}

#[test]
fn voters_have_names_of_their_own() {
    let (old, mut new) = (usual(), usual());
    let quorum = &mut rules_of(&mut new).quorum;
    quorum.approvers += 1;
    quorum.departments += 1;
    quorum.directors += 1;
    let said: Vec<_> = PolicyChanges::between(&old, &new)
        .iter()
        .map(|change| change.text(Lang::En, &|_| String::new()))
        .collect();
    for word in [
        "people who must approve",
        "departments among",
        "directors among",
    ] {
        assert!(
            said.iter().any(|line| line.contains(word)),
            "{word}: {said:?}"
        );
    }
}
