//! Policies in a journal: what waits opens by headers, and nothing is used in the session that
//! installed it.

use alloc::vec::Vec;

use bitcoin::Amount;

use super::found;
use crate::codec::ByteString;
use crate::policy::Policy;
use crate::rule::RuleId;
use crate::testing::{TIP, officers_sign, rules_of};
use crate::transcript::testing::Bench;
use crate::transcript::{
    Body, CeremonyKind, Installed, Journal, Outcome, VerifiedTranscript, WhatKind,
};
use crate::types::{Height, Lang, Version};

/// The policy after the one in force, signed.
fn following(bench: &Bench, edit: impl FnOnce(&mut Policy)) -> Vec<u8> {
    let last = bench.state().policy().unwrap();
    let mut policy = last.document().clone();
    policy.number = Version(last.number().0 + 1);
    policy.predecessor = Some(last.digest());
    edit(&mut policy);
    officers_sign(policy, &["admin.a", "admin.b"]).to_bytes()
}

fn install(bench: &mut Bench, edit: impl FnOnce(&mut Policy)) {
    let bytes = following(bench, edit);
    bench.open(CeremonyKind::Policy);
    bench.install(WhatKind::Policy, bytes);
    bench.close(Outcome::Done);
}

fn limit(bench: &Bench) -> u64 {
    let policy = bench.state().policy().unwrap().policy();
    rules_of(&mut policy.clone()).per_transfer.to_sat()
}

#[test]
fn a_loosening_opens_by_headers_and_by_nothing_else() {
    let mut bench = Bench::ready();
    install(&mut bench, |policy| {
        rules_of(policy).per_transfer = Amount::from_sat(3_000_000);
    });
    assert_eq!(limit(&bench), 2_000_000);
    // Sessions pass, and blocks up to the one before.
    for blocks in [100, 43] {
        bench.blocks(blocks);
        assert_eq!(limit(&bench), 2_000_000);
    }
    assert_eq!(bench.state().height(), Height(TIP.0 + 143));
    let waits = bench.state().policy().unwrap().waits_until();
    assert_eq!(waits, Some(Height(TIP.0 + 144)));
    bench.blocks(1);
    assert_eq!(limit(&bench), 3_000_000);
    assert_eq!(bench.state().policy().unwrap().waits_until(), None);
    // The auditor, and a device that starts again, find the same in force.
    assert_eq!(found(&bench, &bench.disk), []);
    let verified = VerifiedTranscript::verify(&bench.disk, &bench.trust()).unwrap();
    let again = verified.state().policy().unwrap();
    assert_eq!(again.policy(), bench.state().policy().unwrap().policy());
    let loaded = Journal::load(&bench.disk).unwrap();
    assert_eq!(loaded.state().policy().unwrap().policy(), again.policy());
}

#[test]
fn a_tightening_is_in_force_from_the_next_session_on() {
    let mut bench = Bench::ready();
    install(&mut bench, |policy| {
        rules_of(policy).per_transfer = Amount::from_sat(5_000);
    });
    assert_eq!(limit(&bench), 5_000);
}

/// SOD-7: a session that reads a PSBT, or destroys keys, installs nothing but headers, before and
/// after; no order of entries makes it otherwise.
#[test]
fn nothing_is_used_in_the_session_that_installed_it() {
    for kind in [
        CeremonyKind::Sign,
        CeremonyKind::Resume,
        CeremonyKind::Destroy,
    ] {
        let mut bench = Bench::ready();
        let policy = following(&bench, |_| {});
        bench.attend(kind, ["operator.a", "operator.b"]);
        let wallet = bench.world.other.to_bytes();
        let roster = bench.world.roster.to_bytes();
        for (what, artefact) in [
            (WhatKind::Policy, policy),
            (WhatKind::Wallet, wallet),
            (WhatKind::Roster, roster),
        ] {
            let refused = bench.journal.append(Body::Installed(Installed {
                kind: what,
                artefact: ByteString(artefact),
            }));
            let refused = refused.unwrap_err();
            assert_eq!(refused.rule, RuleId::TRN04);
            assert!(
                refused
                    .text(Lang::En)
                    .contains("an entry of another ceremony")
            );
        }
    }
}
