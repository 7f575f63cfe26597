use super::*;
use crate::testing::{
    ADMINISTRATORS, SCOPE, TIP, enrolment, id, officers_sign, p256_key, p256_public, root_over,
    roster, world,
};
use crate::types::{Lang, Network, Purpose};

fn first_by(body: Roster, signers: &[&str]) -> Result<ActiveRoster, RosterError> {
    let signed = officers_sign(body, signers);
    let root = root_over(&signed, TIP);
    ActiveRoster::first(&signed.to_bytes(), SCOPE, &root)
}

fn first(change: impl FnOnce(&mut Roster)) -> Result<ActiveRoster, RosterError> {
    let mut body = roster();
    change(&mut body);
    first_by(body, &ADMINISTRATORS)
}

#[test]
fn takes_the_first_roster() {
    let active = first(|_| {}).unwrap();
    let officer = active.officer(&id("director.d")).unwrap();
    assert_eq!(active.officer_of(&officer.key.key_id()), Some(officer));
    assert_eq!(
        active.root(),
        root_over(&officers_sign(roster(), &[]), TIP).digest()
    );
}

#[test]
fn the_digest_does_not_depend_on_who_has_signed() {
    let some = officers_sign(roster(), &["admin.a"]).roster_digest();
    assert_eq!(
        some,
        officers_sign(roster(), &ADMINISTRATORS).roster_digest()
    );
}

#[test]
fn refuses_another_roster_than_the_roots() {
    let signed = officers_sign(roster(), &ADMINISTRATORS);
    let mut root = root_over(&signed, TIP);
    root.roster = RosterDigest::over(&[]);
    let error = ActiveRoster::first(&signed.to_bytes(), SCOPE, &root).unwrap_err();
    assert_eq!(error, RosterError::NotOfRoot(signed.roster_digest()));
    let main = Scope {
        network: Network::Main,
        ..SCOPE
    };
    let root = root_over(&signed, TIP);
    let error = ActiveRoster::first(&signed.to_bytes(), main, &root).unwrap_err();
    assert_eq!(error, RosterError::OtherScope);
}

#[test]
fn refuses_a_missing_administrator() {
    for missing in ADMINISTRATORS {
        let there: Vec<_> = ADMINISTRATORS
            .into_iter()
            .filter(|a| *a != missing)
            .collect();
        let error = first_by(roster(), &there).unwrap_err();
        assert_eq!(error, RosterError::NotSignedBy(id(missing)));
    }
}

#[test]
fn refuses_a_wrong_shape() {
    let shared = p256_public(&p256_key("director.d"));
    let err = |change: fn(&mut Roster)| first(change).unwrap_err();
    assert_eq!(err(|r| r.version = 2), RosterError::Version(2));
    assert_eq!(
        err(|r| r.scope.purpose = Purpose::Drill),
        RosterError::OtherScope
    );
    assert_eq!(
        err(|r| r.predecessor = Some(RosterDigest::over(&[]))),
        RosterError::NotFirst
    );
    assert_eq!(
        err(|r| r.officers.swap(3, 4)),
        RosterError::Order(id("approver.a"))
    );
    assert_eq!(
        err(|r| r.officers[4] = r.officers[3].clone()),
        RosterError::Order(id("approver.a"))
    );
    let error = first(|r| r.officers[11].key = shared).unwrap_err();
    assert_eq!(error, RosterError::SharedKey(id("requester.r")));
    assert_eq!(
        err(|r| r.officers[7].roles.swap(0, 1)),
        RosterError::Roles(id("everybody"))
    );
    assert_eq!(
        err(|r| r.officers[7].roles.clear()),
        RosterError::Roles(id("everybody"))
    );
    assert_eq!(
        err(|r| r.officers[7].roles[1] = r.officers[7].roles[0]),
        RosterError::Roles(id("everybody"))
    );
    assert_eq!(
        err(|r| r.officers[7].valid_to = Height(1)),
        RosterError::Validity(id("everybody"))
    );
}

#[test]
fn an_officer_may_be_valid_at_one_height_only() {
    let at = |from, to| {
        first(|r| (r.officers[7].valid_from, r.officers[7].valid_to) = (Height(from), Height(to)))
    };
    assert!(at(TIP.0, TIP.0).is_ok());
    let error = at(TIP.0 + 1, TIP.0).unwrap_err();
    assert_eq!(error, RosterError::Validity(id("everybody")));
}

/// As the host judges what it has drafted: nobody has signed yet.
#[test]
fn a_draft_is_judged_by_itself_and_told_in_two_lines() {
    assert_eq!(roster().check(TIP), Ok(()));
    let mut draft = roster();
    draft.administrators = 3;
    let error = draft.check(TIP).unwrap_err();
    let few = RosterError::TooFewAdministrators { needed: 4, got: 3 };
    assert_eq!(error, few);
    let told = std::format!("{error}");
    assert_eq!(told.lines().count(), 2);
    assert_eq!(told, error.text(Lang::En));
}

#[test]
fn at_the_limit_and_one_past_it_of_administrators() {
    // Three administrators: a quorum of two survives the loss of one, a quorum of three not.
    assert!(first(|r| r.administrators = 2).is_ok());
    let error = first(|r| r.administrators = 3).unwrap_err();
    assert_eq!(
        error,
        RosterError::TooFewAdministrators { needed: 4, got: 3 }
    );
    for quorum in [0, 1] {
        let error = first(|r| r.administrators = quorum).unwrap_err();
        assert_eq!(error, RosterError::Quorum(quorum));
    }
    let late = first(|r| r.officers[0].valid_from = Height(TIP.0 + 1)).unwrap_err();
    assert_eq!(
        late,
        RosterError::TooFewAdministrators { needed: 3, got: 2 }
    );
}

#[test]
fn recovery_keys_are_enough_in_order_and_nobodys() {
    let with_delay = |threshold, names: &[&str], delay| {
        let mut keys: Vec<_> = names
            .iter()
            .map(|name| p256_public(&p256_key(name)))
            .collect();
        keys.sort();
        let delay = crate::types::Blocks(delay);
        let recovery = RecoveryQuorum {
            threshold,
            keys,
            delay,
        };
        first(|roster| roster.recovery = Some(recovery)).map(drop)
    };
    let with = |threshold, names: &[&str]| with_delay(threshold, names, 144);
    assert_eq!(
        with_delay(2, &["safe.a", "safe.b"], 143),
        Err(RosterError::Recovery)
    );
    let safes = ["safe.a", "safe.b", "safe.c"];
    assert_eq!(with(2, &safes), Ok(()));
    assert_eq!(with(3, &safes), Ok(()));
    assert_eq!(with(1, &safes), Err(RosterError::Recovery));
    assert_eq!(with(4, &safes), Err(RosterError::Recovery));
    assert_eq!(with(2, &["safe.a", "safe.a"]), Err(RosterError::Recovery));
    assert_eq!(with(2, &["safe.a", "admin.a"]), Err(RosterError::Recovery));
}

fn enrol(signers: &[&str], at: Height) -> Result<CheckedEnrolment, RosterError> {
    let body = enrolment(&world().devices[0], &world().roster);
    let bytes = officers_sign(body, signers).to_bytes();
    CheckedEnrolment::open(&bytes, &world().roster, crate::testing::free(at))
}

#[test]
fn enrolments_need_the_quorum_of_administrators() {
    assert!(enrol(&["admin.a", "admin.b"], TIP).is_ok());
    assert!(enrol(&ADMINISTRATORS, TIP).is_ok());
    let error = enrol(&["admin.c"], TIP).unwrap_err();
    assert_eq!(error, RosterError::TooFewSignatures { needed: 2, got: 1 });
    let error = enrol(&[], TIP).unwrap_err();
    assert_eq!(error, RosterError::TooFewSignatures { needed: 2, got: 0 });
    let other = enrol(&["admin.a", "admin.b", "director.d"], TIP).unwrap_err();
    assert!(matches!(other, RosterError::NotAdministrator(_)));
    let stranger = enrol(&["admin.a", "admin.b", "stranger"], TIP).unwrap_err();
    assert!(matches!(
        stranger,
        RosterError::Signed(CoseError::UnknownKey(_))
    ));
}

/// Entries are valid up to 900,000.
#[test]
fn at_the_limit_and_one_past_it_of_validity() {
    assert!(enrol(&["admin.a", "admin.b"], Height(900_000)).is_ok());
    let error = enrol(&["admin.a", "admin.b"], Height(900_001)).unwrap_err();
    assert!(matches!(error, RosterError::NotAdministrator(_)));
}

#[test]
fn refuses_an_enrolment_of_another_root() {
    let mut body = enrolment(&world().devices[0], &world().roster);
    body.root = RootDigest::over(&[]);
    let bytes = officers_sign(body, &ADMINISTRATORS).to_bytes();
    let error =
        CheckedEnrolment::open(&bytes, &world().roster, crate::testing::free(TIP)).unwrap_err();
    assert_eq!(error, RosterError::OtherRoot);
}
