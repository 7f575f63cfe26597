//! A115: what a lying device tells an auditor of a session that signed. The PSBT in the journal is the
//! true one, and all else is computed again from its bytes.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use bitcoin::Amount;

use super::{READY, forged, forged_in};
use crate::digest::ScreenDigest;
use crate::rule::RuleId;
use crate::testing::{Case, Output, TIP, World, activate};
use crate::transcript::UnverifiedTranscript;
use crate::transcript::entry::Body;
use crate::transcript::testing::Bench;
use crate::transcript::tests::found;
use crate::types::{Blocks, Height};

/// A device that signed the usual transfer with a second payment, or what was made of that.
fn signed(change: impl Fn(&mut Case)) -> Bench {
    let mut bench = Bench::ready();
    let mut case = Case::new(&bench.world);
    case.outputs[1].sats -= 200_000;
    case.outputs.insert(1, Output::to("hot-2", 200_000));
    change(&mut case);
    bench.sign_case(&case);
    bench
}

/// The journal is well-formed, chained and sealed; the replay refuses it all the same.
fn refused(change: impl Fn(Body) -> Vec<Body>) {
    let bench = signed(|_| {});
    assert_eq!(found(&bench, &bench.disk), []);
    let disk = forged(&bench, change).expect("a device could write this");
    assert_ne!(disk, bench.disk);
    let rules = found(&bench, &disk);
    assert!(rules.contains(&RuleId::TRN04), "{rules:?}");
}

/// The screens of a session that signs another transfer, by their numbers.
fn screens_of(change: impl Fn(&mut Case)) -> BTreeMap<u32, ScreenDigest> {
    let bench = signed(change);
    let transcript = UnverifiedTranscript::parse(&bench.disk).unwrap();
    let entries = transcript.into_entries().into_iter();
    let shown = entries.filter_map(|entry| match entry.body {
        Body::Shown(shown) if entry.session > READY => Some((shown.number, shown.screen)),
        _ => None,
    });
    shown.collect()
}

#[test]
fn an_output_left_out_of_the_intent() {
    refused(|body| match body {
        Body::Intent(mut intent) => {
            let left_out = intent.payments.remove(1);
            intent.returns += left_out.amount;
            std::vec![Body::Intent(intent)]
        }
        other => std::vec![other],
    });
}

/// The screens of a transfer without the second payment, in the place of those that were due.
#[test]
fn an_output_left_out_of_the_screens() {
    let fewer = screens_of(|case| {
        case.outputs.remove(1);
        case.outputs[1].sats += 200_000;
    });
    refused(|body| match body {
        Body::Shown(mut shown) => {
            let Some(other) = fewer.get(&shown.number) else {
                return std::vec![];
            };
            shown.screen = *other;
            std::vec![Body::Shown(shown)]
        }
        other => std::vec![other],
    });
}

#[test]
fn another_fee_in_the_intent() {
    refused(|body| match body {
        Body::Intent(mut intent) => {
            intent.fee -= Amount::ONE_SAT;
            intent.returns += Amount::ONE_SAT;
            std::vec![Body::Intent(intent)]
        }
        other => std::vec![other],
    });
}

/// Every screen of the same transfer with a lower fee.
#[test]
fn another_fee_on_the_screens() {
    let cheaper = screens_of(|case| case.outputs[2].sats += 1_000);
    refused(|body| match body {
        Body::Shown(mut shown) => {
            shown.screen = cheaper[&shown.number];
            std::vec![Body::Shown(shown)]
        }
        other => std::vec![other],
    });
}

/// Another policy, rightly signed and compared, stands where the one was installed that the request
/// names.
#[test]
fn the_digest_of_another_policy() {
    let mut world = World::rooted(Height(TIP.0 - 2));
    let mut other = world.policy.policy().clone();
    other.delay = Blocks(145);
    world.policy = activate(other, &world.roster).unwrap();
    let of_policy = |body: &Body| {
        matches!(
            body,
            Body::Shown(_) | Body::Answered(_) | Body::Installed(_)
        )
    };
    let transcript = UnverifiedTranscript::parse(&Bench::ready_in(world).disk).unwrap();
    let others = transcript.into_entries().into_iter();
    let others = others
        .filter(|entry| entry.session == READY)
        .map(|entry| entry.body);
    let others: Vec<Body> = others.filter(of_policy).collect();
    let bench = signed(|_| {});
    let disk = forged_in(&bench, |session, body| match body {
        Body::Installed(_) if session == READY => others.clone(),
        body if session == READY && of_policy(&body) => std::vec![],
        body => std::vec![body],
    });
    let rules = found(&bench, &disk.expect("a device could write this"));
    assert!(rules.contains(&RuleId::TRN04), "{rules:?}");
}

/// What the HSM is said to have signed is the hash of another input of the same transaction.
#[test]
fn another_sighash() {
    refused(|body| match body {
        Body::Intent(mut intent) => {
            intent.lines[0].sighash = intent.lines[1].sighash;
            std::vec![Body::Intent(intent)]
        }
        other => std::vec![other],
    });
}
