use std::vec::Vec;

use super::*;
use crate::testing::{
    SCOPE, TIP, id, label, officer_signs, officers_sign, p256_key, p256_public, world,
};
use crate::types::{Blocks, Purpose, Version};

const SAFES: [&str; 3] = ["safe.a", "safe.b", "safe.c"];
const DELAY: Blocks = Blocks(4_320);

/// The roster after `before`, changed.
fn after(before: &ActiveRoster, change: impl FnOnce(&mut Roster)) -> Roster {
    let mut body = before.roster().clone();
    body.number = Version(body.number.0 + 1);
    body.predecessor = Some(before.digest());
    change(&mut body);
    body
}

/// The roster of the world with a recovery quorum.
fn in_force() -> ActiveRoster {
    let body = after(&world().roster, |roster| {
        let mut keys: Vec<_> = SAFES.map(|name| p256_public(&p256_key(name))).into();
        keys.sort();
        roster.recovery = Some(RecoveryQuorum {
            threshold: 2,
            keys,
            delay: DELAY,
        });
        // Administrators alone, but for one.
        roster.officers[1].roles = [Role::PolicyAdministrator].into();
        roster.officers[6].roles.push(Role::PolicyAdministrator);
    });
    let bytes = officers_sign(body, &["admin.a", "admin.b"]).to_bytes();
    world()
        .roster
        .succeed(&bytes, crate::testing::free(TIP))
        .unwrap()
}

/// Two administrators have lost their keys: two others come.
fn replaced(roster: &mut Roster) {
    for (place, name) in [(0, "admin.d"), (1, "admin.e")] {
        roster.officers[place].id = id(name);
        roster.officers[place].key = p256_public(&p256_key(name));
    }
    roster.officers.sort_by(|a, b| a.id.cmp(&b.id));
}

fn recover(
    change: impl FnOnce(&mut Roster),
    signers: &[&str],
    waiting: Option<&WaitingRoster>,
    at: Height,
) -> Result<NextRoster, RosterError> {
    let known = in_force();
    let bytes = officers_sign(after(&known, change), signers).to_bytes();
    known.next(&bytes, waiting, crate::testing::free(at))
}

fn refused(change: impl FnOnce(&mut Roster)) -> RosterError {
    recover(change, &["safe.a", "safe.c"], None, TIP).unwrap_err()
}

fn seen() -> WaitingRoster {
    match recover(replaced, &["safe.a", "safe.b"], None, TIP).unwrap() {
        NextRoster::Waits(_, waiting) => waiting,
        NextRoster::InForce(_) => panic!("it waits"),
    }
}

#[test]
fn waits_from_the_height_at_which_it_was_seen() {
    let waiting = seen();
    assert_eq!(waiting.from, Height(TIP.0 + DELAY.0));
    let again = |at| recover(replaced, &["safe.b", "safe.c"], Some(&waiting), at);
    let early = Height(waiting.from.0 - 1);
    let error = again(early).unwrap_err();
    let from = waiting.from;
    assert_eq!(error, RosterError::StillWaits { from, known: early });
    let NextRoster::InForce(roster) = again(from).unwrap() else {
        panic!("the delay is over");
    };
    assert_eq!(roster.digest(), waiting.roster);
    assert!(roster.officer(&id("admin.a")).is_none());
    assert!(roster.officer(&id("admin.d")).is_some());
}

#[test]
fn at_the_threshold_and_one_below() {
    assert!(recover(replaced, &SAFES, None, TIP).is_ok());
    let error = recover(replaced, &["safe.a"], None, TIP).unwrap_err();
    assert_eq!(error, RosterError::TooFewRecoveryKeys { needed: 2, got: 1 });
    // Administrators and safes do not add up.
    for mixed in [&["safe.a", "admin.a"][..], &["safe.a", "safe.b", "admin.c"]] {
        let error = recover(replaced, mixed, None, TIP).unwrap_err();
        assert!(matches!(error, RosterError::Signed(_)), "{error:?}");
    }
}

#[test]
fn replaces_nothing_but_administrators() {
    let only = |name: &str| RosterError::NotAdministratorsAlone(id(name));
    let who = |roster: &Roster, name: &str| {
        let place = roster.officers.iter().position(|o| o.id == id(name));
        place.unwrap()
    };
    assert_eq!(
        refused(|r| r.officers.retain(|o| o.id != id("approver.a"))),
        only("approver.a")
    );
    assert_eq!(
        refused(|r| {
            let place = who(r, "approver.a");
            r.officers[place].key = p256_public(&p256_key("other"));
        }),
        only("approver.a")
    );
    assert_eq!(
        refused(|r| {
            let place = who(r, "operator.a");
            r.officers[place].valid_to = Height(999_999);
        }),
        only("operator.a")
    );
    assert_eq!(
        refused(|r| {
            let place = who(r, "approver.a");
            r.officers[place].roles.push(Role::PolicyAdministrator);
        }),
        only("approver.a"),
        "an approver is no administrator's replacement"
    );
    assert_eq!(
        refused(|r| r.officers[0].roles = std::vec![Role::Approver, Role::PolicyAdministrator]),
        only("admin.a"),
        "an administrator gains no other role"
    );
    assert_eq!(refused(|r| r.administrators = 3), RosterError::Recovery);
    assert_eq!(refused(|r| r.recovery = None), RosterError::Recovery);
}

/// Who is an administrator beside something else loses that alone.
#[test]
fn takes_the_administrator_away_and_leaves_the_director() {
    let director = |r: &mut Roster| {
        let mut officers = r.officers.iter_mut();
        let found = officers.find(|o| o.id == id("director.d")).unwrap();
        found
            .roles
            .retain(|role| *role != Role::PolicyAdministrator);
    };
    assert!(recover(director, &["safe.a", "safe.b"], None, TIP).is_ok());
    let gone = refused(|r| r.officers.retain(|o| o.id != id("director.d")));
    assert_eq!(gone, RosterError::NotAdministratorsAlone(id("director.d")));
}

#[test]
fn keeps_order_number_and_shape() {
    let in_force = in_force().digest();
    let other = |r: &mut Roster| r.predecessor = None;
    assert_eq!(refused(other), RosterError::NotSuccessor(in_force));
    assert!(matches!(
        refused(|r| r.number = Version(7)),
        RosterError::Number { .. }
    ));
    let few = refused(|r| r.officers.drain(..2).for_each(drop));
    assert_eq!(few, RosterError::TooFewAdministrators { needed: 3, got: 2 });
    let safe = refused(|r| r.officers[0].key = p256_public(&p256_key("safe.c")));
    assert_eq!(safe, RosterError::Recovery, "a safe's key is nobody's");
}

#[test]
fn one_waits_at_a_time() {
    let waiting = seen();
    let other = |r: &mut Roster| {
        replaced(r);
        r.officers[0].name = label("Other");
    };
    let error = recover(other, &["safe.a", "safe.b"], Some(&waiting), TIP).unwrap_err();
    // The name belongs to admin.c, who is an administrator alone.
    assert_eq!(error, RosterError::OtherWaits(waiting.roster));
    // Administrators go on all the same.
    let own = recover(|_| {}, &["admin.a", "admin.b"], Some(&waiting), TIP);
    assert!(matches!(own, Ok(NextRoster::InForce(_))));
}

fn cancellation(waiting: &WaitingRoster) -> RecoveryCancellation {
    let known = in_force();
    RecoveryCancellation {
        version: 1,
        scope: SCOPE,
        root: known.root(),
        roster: known.digest(),
        cancelled: waiting.roster,
        officer: id("admin.c"),
        reason: label("nobody lost a key"),
    }
}

#[test]
fn one_administrator_cancels() {
    let waiting = seen();
    let cancel = |body: RecoveryCancellation, by: &str, waiting: Option<&WaitingRoster>, at| {
        let bytes = officer_signs(body, by).to_bytes();
        let at = crate::testing::free(at);
        in_force().open_cancellation(&bytes, waiting, at).map(drop)
    };
    let good = || cancellation(&waiting);
    assert_eq!(cancel(good(), "admin.c", Some(&waiting), TIP), Ok(()));
    // Nobody else: an approver, a safe, another administrator in this one's name, one whose term
    // has ended.
    for (by, at) in [
        ("approver.a", TIP),
        ("admin.a", TIP),
        ("admin.c", Height(900_001)),
    ] {
        let error = cancel(good(), by, Some(&waiting), at).unwrap_err();
        assert!(matches!(error, RosterError::NotAdministrator(_)), "{by}");
    }
    let safe = cancel(good(), "safe.a", Some(&waiting), TIP).unwrap_err();
    assert!(matches!(safe, RosterError::Signed(_)));
    // Of what waits here, under the roster in force.
    let nothing = Err(RosterError::NothingWaits(waiting.roster));
    assert_eq!(cancel(good(), "admin.c", None, TIP), nothing);
    let edited = |edit: fn(&mut RecoveryCancellation)| {
        let mut body = good();
        edit(&mut body);
        cancel(body, "admin.c", Some(&waiting), TIP).unwrap_err()
    };
    assert!(matches!(
        edited(|c| c.cancelled = RosterDigest::over(&[])),
        RosterError::NothingWaits(_)
    ));
    assert!(matches!(
        edited(|c| c.roster = RosterDigest::over(&[])),
        RosterError::NothingWaits(_)
    ));
    assert_eq!(edited(|c| c.version = 2), RosterError::Version(2));
    assert_eq!(
        edited(|c| c.scope.purpose = Purpose::Drill),
        RosterError::OtherScope
    );
    assert_eq!(
        edited(|c| c.root = RootDigest::over(&[])),
        RosterError::OtherRoot
    );
}
