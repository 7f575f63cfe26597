use std::vec::Vec;

use super::*;
use crate::cose::Endorsed;
use crate::testing::{
    ADMINISTRATORS, SCOPE, TIP, id, label, officers_sign, p256_key, p256_public, roster, world,
};
use crate::types::{Id, Lang, Network};

/// The roster after that of the world, changed.
fn next(change: impl FnOnce(&mut Roster)) -> Roster {
    let mut body = roster();
    body.number = Version(2);
    body.predecessor = Some(world().roster.digest());
    change(&mut body);
    body
}

fn take_at(body: Roster, signers: &[&str], at: Height) -> Result<ActiveRoster, RosterError> {
    world().roster.succeed(
        &officers_sign(body, signers).to_bytes(),
        crate::testing::free(at),
    )
}

fn take(change: impl FnOnce(&mut Roster)) -> Result<ActiveRoster, RosterError> {
    take_at(next(change), &["admin.a", "admin.b"], TIP)
}

fn refused(change: impl FnOnce(&mut Roster)) -> RosterError {
    take(change).unwrap_err()
}

fn leaves(roster: &mut Roster, name: &str) {
    roster.officers.retain(|officer| officer.id != id(name));
}

fn key(name: &str) -> KeyId {
    p256_public(&p256_key(name)).key_id()
}

#[test]
fn takes_the_next_roster_of_a_quorum() {
    let active = take(|r| leaves(r, "approver.a")).unwrap();
    assert_eq!(active.roster().number, Version(2));
    assert_eq!(active.officer(&id("approver.a")), None);
    assert_eq!(active.root(), world().roster.root());
    assert!(active.continues(&active.digest()));
    assert!(active.continues(&world().roster.digest()));
    assert!(!world().roster.continues(&active.digest()));
}

#[test]
fn at_the_quorum_and_one_below() {
    let by = |signers: &[&str]| take_at(next(|_| {}), signers, TIP).map(drop);
    assert_eq!(by(&["admin.b", "admin.c"]), Ok(()));
    let too_few = |got| Err(RosterError::TooFewSignatures { needed: 2, got });
    assert_eq!(by(&["admin.b"]), too_few(1));
    assert_eq!(by(&[]), too_few(0));
}

/// It is the old roster that says who an administrator is.
#[test]
fn only_administrators_of_the_roster_in_force_sign() {
    let by = |signers: &[&str]| take_at(next(|_| {}), signers, TIP).unwrap_err();
    let director = by(&["admin.a", "admin.b", "director.d"]);
    assert_eq!(director, RosterError::NotAdministrator(key("director.d")));
    let promoted = next(|r| r.officers[6].roles.push(Role::PolicyAdministrator));
    let own = take_at(promoted, &["admin.a", "director.d"], TIP).unwrap_err();
    assert_eq!(own, RosterError::NotAdministrator(key("director.d")));
    let stranger = by(&["admin.a", "admin.b", "stranger"]);
    assert_eq!(
        stranger,
        RosterError::Signed(CoseError::UnknownKey(key("stranger")))
    );
}

#[test]
fn follows_the_one_in_force_by_one() {
    let in_force = world().roster.digest();
    let other = RosterDigest::over(&[]);
    let not_successor = RosterError::NotSuccessor(in_force);
    assert_eq!(refused(|r| r.predecessor = None), not_successor);
    assert_eq!(refused(|r| r.predecessor = Some(other)), not_successor);
    for got in [0, 1, 3].map(Version) {
        let next = Version(2);
        assert_eq!(
            refused(|r| r.number = got),
            RosterError::Number { next, got }
        );
    }
}

/// Every roster but the next one, the first and the one in force among them.
#[test]
fn rolls_back_to_nothing() {
    let second = take(|r| leaves(r, "approver.a")).unwrap();
    let bytes = |body| officers_sign(body, &ADMINISTRATORS).to_bytes();
    let old = [bytes(roster()), bytes(next(|_| {})), second.to_bytes()];
    for old in old {
        let error = second.succeed(&old, crate::testing::free(TIP)).unwrap_err();
        assert_eq!(error, RosterError::NotSuccessor(second.digest()));
    }
    let mut third = next(|_| {});
    third.number = Version(3);
    third.predecessor = Some(second.digest());
    let third = second
        .succeed(&bytes(third), crate::testing::free(TIP))
        .unwrap();
    assert!(third.continues(&world().roster.digest()));
    assert_eq!(
        third
            .why_unknown(&CoseError::UnknownKey(key("approver.a")))
            .text(Lang::En),
        CoseError::UnknownKey(key("approver.a"))
            .phrase()
            .text(Lang::En),
        "who came back is no leaver"
    );
}

#[test]
fn keeps_the_shape_of_every_roster() {
    let shared = p256_public(&p256_key("director.d"));
    assert_eq!(
        refused(|r| r.officers[11].key = shared),
        RosterError::SharedKey(id("requester.r"))
    );
    assert_eq!(
        refused(|r| r.officers[4].id = id("approver.a")),
        RosterError::Order(id("approver.a"))
    );
    assert_eq!(refused(|r| r.administrators = 1), RosterError::Quorum(1));
    assert_eq!(refused(|r| r.version = 2), RosterError::Version(2));
    let main = next(|r| r.scope.network = Network::Main);
    let error = take_at(main, &["admin.a", "admin.b"], TIP).unwrap_err();
    assert_eq!(error, RosterError::OtherScope);
}

/// Three administrators of a quorum of two: none may leave without another one who comes.
#[test]
fn at_the_limit_and_one_past_it_of_administrators() {
    let few = RosterError::TooFewAdministrators { needed: 3, got: 2 };
    assert_eq!(refused(|r| leaves(r, "admin.c")), few);
    assert_eq!(
        refused(|r| r.officers[2].valid_from = Height(TIP.0 + 1)),
        few
    );
    let replaced = take(|r| {
        r.officers[2].id = id("admin.d");
        r.officers[2].key = p256_public(&p256_key("admin.d"));
    });
    assert!(replaced.is_ok());
}

/// Entries of the world end at 900,000: from then on its administrators sign a roster, and nothing
/// else.
#[test]
fn an_ended_term_signs_a_successor_alone() {
    let late = Height(900_001);
    let prolonged = || {
        next(|r| {
            for officer in &mut r.officers {
                officer.valid_to = Height(990_000);
            }
        })
    };
    let taken = take_at(prolonged(), &["admin.a", "admin.b"], late).unwrap();
    assert_eq!(taken.roster().number, Version(2));
    let same = take_at(next(|_| {}), &["admin.a", "admin.b"], late).unwrap_err();
    assert_eq!(
        same,
        RosterError::TooFewAdministrators { needed: 3, got: 0 }
    );
    // Who has not begun signs nothing.
    let early = take_at(prolonged(), &["admin.a", "admin.b"], Height(799_999)).unwrap_err();
    assert!(matches!(early, RosterError::NotAdministrator(_)));
    let policy = world().roster.open_endorsed::<crate::policy::Policy>(
        &world().policy.to_bytes(),
        crate::testing::free(late),
    );
    assert!(matches!(policy, Err(RosterError::NotAdministrator(_))));
}

#[test]
fn names_who_left_and_whose_key_was_replaced() {
    let active = take(|r| {
        leaves(r, "approver.a");
        r.officers[5].key = p256_public(&p256_key("director.d.2"));
        assert_eq!(r.officers[5].id, id("director.d"));
    })
    .unwrap();
    let said = |name| {
        let why = active.why_unknown(&CoseError::UnknownKey(key(name)));
        std::string::String::from(why.text(Lang::En))
    };
    assert_eq!(
        said("approver.a"),
        "a key of approver.a that roster 2 removed"
    );
    assert_eq!(
        said("director.d"),
        "a key of director.d that roster 2 removed"
    );
    assert!(said("stranger").contains(&key("stranger").to_hex()));
    let other = active.why_unknown(&CoseError::BadSignature(key("approver.a")));
    assert!(!other.text(Lang::En).contains("removed"));
}

#[test]
fn ending_at_the_limit_and_one_past_it() {
    let active = take(|r| r.officers[0].valid_to = Height(TIP.0 + 143)).unwrap();
    let ending = |within| -> Vec<Id> {
        let ending = active.ending(TIP, Blocks(within));
        ending.map(|officer| officer.id.clone()).collect()
    };
    assert_eq!(ending(143), []);
    assert_eq!(ending(144), [id("admin.a")]);
    let over: Vec<_> = active.ending(Height(900_001), Blocks(0)).collect();
    assert_eq!(over.len(), active.roster().officers.len());
}

/// The digest that approvals and requests name moves with the roster, whatever changes in it.
#[test]
fn every_roster_has_a_digest_of_its_own() {
    let same = take(|_| {}).unwrap();
    let named = take(|r| r.officers[0].name = label("renamed")).unwrap();
    let digests = [world().roster.digest(), same.digest(), named.digest()];
    assert!(digests[0] != digests[1] && digests[1] != digests[2] && digests[0] != digests[2]);
    let unsigned = Endorsed::new(next(|_| {}), SCOPE);
    assert_eq!(unsigned.roster_digest(), same.digest());
}
