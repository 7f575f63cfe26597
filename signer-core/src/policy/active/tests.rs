use super::*;
use crate::approval::RosterError;
use crate::digest::WalletDigest;
use crate::policy::{ColdFloor, Placement, Separation, Sweep};
use crate::rule::Explained;
use crate::testing::{
    FIRST, SCOPE, TIP, activate, id, officers_sign, policy_for, rules_of, sweep_to, world,
};
use crate::types::{Blocks, Lang, Purpose};
use crate::wallet::WalletClass;

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
        frame(refused(|p| p.roster = other)),
        RosterError::OtherRoster(other)
    );
}

#[test]
fn needs_the_quorum_of_administrators() {
    let by = |signers: &[&str], installed: Height| {
        let bytes = officers_sign(usual(), signers).to_bytes();
        let standing = PolicyStanding {
            installed: crate::testing::free(installed),
            ..FIRST
        };
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
    let within = |devices_per_operator, administrators_apart, sessions_in_a_row| {
        let separation = Separation {
            devices_per_operator,
            administrators_apart,
            sessions_in_a_row,
        };
        take(|policy| policy.separation = separation).map(drop)
    };
    let with = |devices, apart| within(devices, apart, None);
    assert_eq!([with(1, 1), with(9, 9)], [Ok(()), Ok(())]);
    assert_eq!(within(1, 1, Some(1)), Ok(()));
    let none = Err(PolicyError::Separation);
    assert_eq!([with(0, 1), with(1, 0)], [none.clone(), none.clone()]);
    assert_eq!(within(1, 1, Some(0)), none);
}

#[test]
fn witnesses_are_three_at_most() {
    let with = |witnesses| take(|policy| rules_of(policy).witnesses = witnesses).map(drop);
    assert_eq!([with(0), with(3)], [Ok(()), Ok(())]);
    assert_eq!(with(4), Err(PolicyError::Witnesses));
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
fn at_the_limit_and_one_past_it_of_a_floor() {
    let with = |floors: &[(WalletClass, u32, u32)]| {
        let floor = |(class, per_mille, age): &(WalletClass, u32, u32)| ColdFloor {
            class: *class,
            per_mille: *per_mille,
            age: Blocks(*age),
        };
        take(|policy| policy.cold_floors = Some(floors.iter().map(floor).collect())).map(drop)
    };
    let (one, other) = (WalletClass::Customer, WalletClass::Company);
    for good in [
        &[(one, 1, 1)][..],
        &[(one, 1_000, 1)],
        &[(one, 900, 1), (other, 900, 144)],
    ] {
        assert_eq!(with(good), Ok(()), "{good:?}");
    }
    for bad in [
        &[][..],
        &[(one, 0, 1)],
        &[(one, 1_001, 1)],
        &[(one, 900, 0)],
        &[(one, 900, 1), (one, 900, 1)],
        &[(other, 900, 1), (one, 900, 1)],
    ] {
        assert_eq!(with(bad), Err(PolicyError::ColdFloors), "{bad:?}");
    }
}

#[test]
fn numbers_rise_and_follow() {
    let first = Arc::new(take(|_| {}).unwrap());
    let before = first.digest();
    let standing = PolicyStanding {
        installed: crate::testing::free(TIP),
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

#[test]
fn an_error_is_told_in_its_two_lines() {
    let error = PolicyError::Quorum;
    assert_eq!(std::format!("{error}"), error.text(Lang::En));
    assert_eq!(error.text(Lang::En).lines().count(), 2);
}

/// Besides the wallets that the policy lists, a sweep may go to one that no device of it knows.
#[test]
fn a_sweep_is_of_a_quorum_a_name_of_its_own_and_an_emergency_wallet() {
    let with = |edit: &dyn Fn(&mut Policy)| {
        take(|policy| {
            policy.sweep = Some(sweep_to(WalletDigest::over(&[b"elsewhere"])));
            edit(policy);
        })
        .map(drop)
    };
    let to_first = |policy: &mut Policy| {
        let digest = rules_of(policy).wallet;
        policy.sweep = Some(sweep_to(digest));
    };
    assert_eq!(with(&|_| {}), Ok(()));
    let emergency = |policy: &mut Policy| {
        to_first(policy);
        rules_of(policy).class = WalletClass::Emergency;
    };
    assert_eq!(with(&emergency), Ok(()));
    assert_eq!(with(&to_first), Err(PolicyError::Sweep));
    let edited = |edit: fn(&mut Sweep)| with(&|policy| edit(policy.sweep.as_mut().unwrap()));
    let taken = edited(|sweep| sweep.id = id("hot-1"));
    assert_eq!(taken, Err(PolicyError::Sweep));
    let alone = edited(|sweep| sweep.quorum.approvers = 1);
    assert_eq!(alone, Err(PolicyError::Quorum));
}
