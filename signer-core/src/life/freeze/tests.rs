use super::*;
use crate::testing::{SCOPE, TIP, dated, id, label, officer_signs, officers_sign, world};
use crate::types::{Height, Purpose};

const SESSION: SessionNumber = SessionNumber(9);

fn standing(known: Height) -> FreezeStanding<'static> {
    FreezeStanding {
        roster: &world().roster,
        device: world().devices[0].id(),
        session: SESSION,
        nonce: [9; 32],
        known,
    }
}

fn freeze(officer: &str) -> Freeze {
    Freeze {
        version: 1,
        scope: SCOPE,
        officer: id(officer),
        device: world().devices[0].id(),
        session: SESSION,
        nonce: [9; 32],
        reason: label("seal broken"),
    }
}

fn open(change: impl FnOnce(&mut Freeze), by: &str) -> Result<Frozen, FreezeError> {
    let mut body = freeze(by);
    change(&mut body);
    Frozen::open(&officer_signs(body, by).to_bytes(), standing(TIP), None)
}

fn frozen() -> Frozen {
    open(|_| {}, "requester.r").unwrap()
}

#[test]
fn any_officer_freezes_alone() {
    for officer in &world().roster.roster().officers {
        let taken = open(|_| {}, officer.id.as_str()).unwrap();
        assert_eq!(taken.officer, officer.id);
        assert_eq!(taken.session, SESSION);
    }
}

#[test]
fn refuses_strangers_and_ended_entries() {
    assert!(matches!(
        open(|_| {}, "stranger"),
        Err(FreezeError::Roster(RosterError::Signed(_)))
    ));
    let at = |known| {
        let bytes = officer_signs(freeze("operator.a"), "operator.a").to_bytes();
        Frozen::open(&bytes, standing(known), None).map(drop)
    };
    assert_eq!(at(Height(900_000)), Ok(()));
    assert_eq!(
        at(Height(900_001)),
        Err(FreezeError::NotValid(id("operator.a")))
    );
}

#[test]
fn refuses_what_was_made_for_something_else() {
    let other = |change: fn(&mut Freeze)| open(change, "operator.a").unwrap_err();
    assert_eq!(other(|f| f.officer = id("operator.b")), FreezeError::Other);
    assert_eq!(other(|f| f.session = SessionNumber(8)), FreezeError::Other);
    assert_eq!(other(|f| f.nonce = [8; 32]), FreezeError::Other);
    assert_eq!(
        other(|f| f.device = world().devices[1].id()),
        FreezeError::Other
    );
    assert_eq!(other(|f| f.version = 2), RosterError::Version(2).into());
    assert_eq!(
        other(|f| f.scope.purpose = Purpose::Drill),
        RosterError::OtherScope.into()
    );
    let again = officer_signs(freeze("operator.a"), "operator.a").to_bytes();
    let again = Frozen::open(&again, standing(TIP), Some(&frozen()));
    assert_eq!(again, Err(FreezeError::Again));
}

fn thaw(change: impl FnOnce(&mut Thaw), signers: &[&str]) -> Result<(), FreezeError> {
    thaw_at(change, signers, crate::testing::free(TIP))
}

fn thaw_at(
    change: impl FnOnce(&mut Thaw),
    signers: &[&str],
    at: KnownTime,
) -> Result<(), FreezeError> {
    let mut body = Thaw {
        version: 1,
        scope: SCOPE,
        root: world().roster.root(),
        roster: world().roster.digest(),
        freeze: frozen().digest,
        reason: label("the seal was found"),
    };
    change(&mut body);
    let bytes = officers_sign(body, signers).to_bytes();
    Frozen::open_thaw(Some(&frozen()), &bytes, &world().roster, at).map(drop)
}

#[test]
fn a_quorum_of_administrators_thaws() {
    let both = ["admin.a", "admin.c"];
    assert_eq!(thaw(|_| {}, &both), Ok(()));
    let few = RosterError::TooFewSignatures { needed: 2, got: 1 };
    assert_eq!(thaw(|_| {}, &["admin.a"]), Err(few.into()));
    assert!(matches!(
        thaw(|_| {}, &["admin.a", "requester.r"]),
        Err(FreezeError::Roster(RosterError::NotAdministrator(_)))
    ));
    let nothing = FreezeDigest::over(&[]);
    assert_eq!(
        thaw(|t| t.freeze = nothing, &both),
        Err(FreezeError::NotFrozen(nothing))
    );
    let roster = RosterDigest::over(&[]);
    assert_eq!(
        thaw(|t| t.roster = roster, &both),
        Err(RosterError::OtherRoster(roster).into())
    );
    let root = thaw(|t| t.root = RootDigest::over(&[]), &both);
    assert_eq!(root, Err(RosterError::OtherRoot.into()));
}

/// A clock that says that a term has ended ends it for who thaws; set back it ends nothing.
#[test]
fn the_clock_ends_the_terms_of_who_thaws() {
    let last = 1_700_000_000 + u64::from(900_000 - TIP.0) * 600;
    let thaws = |clock| {
        let at = dated(TIP, 1_700_000_000, clock);
        thaw_at(|_| {}, &["admin.a", "admin.b"], at)
    };
    for clock in [0, last, last + 599] {
        assert_eq!(thaws(clock), Ok(()), "{clock}");
    }
    assert!(matches!(thaws(last + 600), Err(FreezeError::Roster(_))));
}

mod env03 {
    use super::*;

    const OTHERS: [Option<RequestKind>; 2] = [None, Some(RequestKind::Ordinary)];

    fn refused(frozen: Option<&Frozen>, signing: RequestKind) -> std::string::String {
        let Verdict::Refused(refusals) = env03(frozen, Some(signing)) else {
            panic!("{signing:?}");
        };
        assert_eq!(refusals[0].rule, RuleId::ENV03);
        refusals[0].got.text(Lang::En).into()
    }

    #[test]
    fn passes_a_device_that_nobody_froze() {
        for signing in OTHERS {
            assert_eq!(env03(None, signing), Verdict::Passed);
        }
    }

    #[test]
    fn refuses_to_sign_and_to_go_on_signing() {
        let got = refused(Some(&frozen()), RequestKind::Ordinary);
        assert_eq!(got, "frozen by requester.r in session 9: seal broken");
    }

    #[test]
    fn refuses_a_sweep_on_a_device_that_nobody_froze() {
        let got = refused(None, RequestKind::Sweep);
        assert_eq!(got, "a device that is not frozen");
    }

    #[test]
    fn tells_a_sweep_and_every_other_ceremony() {
        for signing in [None, Some(RequestKind::Sweep)] {
            let verdict = env03(Some(&frozen()), signing);
            assert_eq!(verdict, Verdict::Notice(frozen().phrase()));
        }
    }
}
