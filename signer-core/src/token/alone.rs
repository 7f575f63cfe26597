//! For each HSM rule a reading that it alone refuses: with its verdict left out, the session would
//! go on.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::facts::tests::softhsm;
use super::{
    AcceptanceRecord, Assurance, Expectation, Flag, HsmFacts, Inventory, KeyAttribute,
    KeyAttributes, KnownKey, Line, LoginState, Pattern, RandomBefore, Relaxations, SeenKey,
    SessionEnd, acceptance_of, hsm01, hsm02, hsm03, hsm04, hsm05, hsm06,
};
use crate::keys::{CkaId, KeyRole, P256PublicKey};
use crate::random::RandomEvidence;
use crate::random::testing::evidence;
use crate::rule::{RuleId, Verdict};
use crate::testing::device::born_in_hsm;
use crate::testing::{p256_key, p256_public};
use crate::types::Network;

const IDENTITY: CkaId = CkaId::single(KeyRole::Identity);

fn point() -> P256PublicKey {
    p256_public(&p256_key("identity"))
}

fn seen(id: CkaId) -> SeenKey {
    SeenKey {
        id,
        point: Some(point().into()),
    }
}

/// What is read of a token in a session.
struct Session {
    attributes: KeyAttributes,
    facts: HsmFacts,
    inventory: Inventory,
    random: RandomEvidence,
    end: SessionEnd,
    accepted: Option<AcceptanceRecord>,
}

impl Session {
    fn good() -> Self {
        Self {
            accepted: Some(acceptance_of(&hardware())),
            attributes: born_in_hsm(),
            facts: hardware(),
            inventory: Inventory {
                keys: Vec::from([seen(IDENTITY)]),
                halves: Vec::new(),
                foreign: Vec::new(),
            },
            random: evidence(""),
            end: SessionEnd {
                login: LoginState::LoggedOut,
                visible_private_keys: 0,
            },
        }
    }

    fn hsm06(&self) -> Verdict {
        let (facts, accepted) = (&self.facts, self.accepted.as_ref());
        hsm06(facts.standing(), Some(facts), Network::Main, accepted)
    }

    /// The rules that refuse this session.
    fn refusing(&self) -> Vec<RuleId> {
        let expected = Expectation {
            vendor: Vec::from([Pattern::new("SoftHSM project").unwrap()]),
            model: Vec::from([Pattern::new("SoftHSM v*").unwrap()]),
            min_firmware: None,
            commissioned: Some(hardware()),
        };
        let before = BTreeSet::new();
        let verdicts = [
            (
                RuleId::HSM01,
                hsm01([(IDENTITY, &self.attributes)], &Relaxations::none()),
            ),
            (RuleId::HSM02, hsm02(&self.facts, &expected)),
            (
                RuleId::HSM03,
                hsm03(&self.inventory, [KnownKey::must(IDENTITY, point())]),
            ),
            (
                RuleId::HSM04,
                hsm04(&self.random, RandomBefore::Sessions(&before)),
            ),
            (RuleId::HSM05, hsm05(self.end)),
            (RuleId::HSM06, self.hsm06()),
        ];
        let refused = verdicts
            .into_iter()
            .filter(|(_, verdict)| *verdict != Verdict::Passed);
        refused.map(|(rule, _)| rule).collect()
    }
}

/// An HSM that may serve main net.
fn hardware() -> HsmFacts {
    HsmFacts {
        assurance: Assurance::Verified,
        ..softhsm()
    }
}

/// The rules that refuse a good session with one thing changed.
fn refusing(change: impl FnOnce(&mut Session)) -> Vec<RuleId> {
    let mut session = Session::good();
    assert_eq!(session.refusing(), []);
    change(&mut session);
    session.refusing()
}

#[test]
fn hsm01_alone() {
    let extractable = |session: &mut Session| {
        let good = session.attributes;
        let flag = |read| match read {
            KeyAttribute::Extractable => Flag::True,
            other => good.get(other),
        };
        session.attributes = KeyAttributes::read(flag, good.key_gen_mechanism);
    };
    assert_eq!(refusing(extractable), [RuleId::HSM01]);
}

#[test]
fn hsm02_alone() {
    // Another label: a token with another serial number was not tested either.
    let exchanged = |session: &mut Session| session.facts.label = Line::lossy("another");
    assert_eq!(refusing(exchanged), [RuleId::HSM02]);
}

#[test]
fn hsm03_alone() {
    let unknown = CkaId::single(KeyRole::Officer);
    let planted = |session: &mut Session| session.inventory.keys.push(seen(unknown));
    assert_eq!(refusing(planted), [RuleId::HSM03]);
}

#[test]
fn hsm04_alone() {
    let stuck = |session: &mut Session| session.random.hsm.longest_run = 1_024;
    assert_eq!(refusing(stuck), [RuleId::HSM04]);
}

#[test]
fn hsm05_alone() {
    let open = |session: &mut Session| session.end.login = LoginState::LoggedIn;
    assert_eq!(refusing(open), [RuleId::HSM05]);
}

#[test]
fn hsm06_alone() {
    let untested = |session: &mut Session| session.accepted = None;
    assert_eq!(refusing(untested), [RuleId::HSM06]);
}
