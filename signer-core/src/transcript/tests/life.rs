//! What becomes of keys: states, retirement, destruction, backups, and journals that lie about it.

use alloc::vec::Vec;

use super::{found, items};
use crate::codec::ByteString;
use crate::life::{Found, KeyState};
use crate::rule::{Phrase, Refusal, RuleId, RuleLine, Verdict};
use crate::testing::{Case, KEYS, officers_sign};
use crate::token::Presence;
use crate::transcript::testing::CLOCK;
use crate::transcript::testing::{Bench, OPERATORS, retirement};
use crate::transcript::{
    Anchor, Body, CeremonyKind, Entry, Installed, Inventoried, Journal, Outcome, Proven,
    UnverifiedTranscript, WhatKind, trn05,
};
use crate::types::Lang;

fn said(phrase: &Phrase) -> &str {
    phrase.text(Lang::En)
}

/// Every state that a key of the device is in.
fn states(bench: &Bench) -> Vec<KeyState> {
    let mut states: Vec<KeyState> = bench.state().wallet_keys().map(|line| line.state).collect();
    states.sort_unstable();
    states.dedup();
    states
}

/// A policy that follows the one in force and does not list the wallet.
fn without_the_wallet(bench: &Bench) -> Vec<u8> {
    let mut policy = bench.world.policy.policy().clone();
    policy.number.0 += 1;
    policy.predecessor = Some(bench.world.policy.digest());
    let wallet = bench.world.wallet.digest();
    policy.wallets.retain(|rules| rules.wallet != wallet);
    officers_sign(policy, &["admin.a", "admin.b"]).to_bytes()
}

/// A device with half of its wallet's keys destroyed; the power fails there.
fn half_destroyed() -> Bench {
    let mut bench = Bench::ready();
    bench.retire();
    let destruction = bench.confirm_destruction();
    let half = destruction.what().keys.len() / 2;
    bench.destroy(destruction, half);
    bench
}

pub(super) fn destroyed() -> Bench {
    let mut bench = Bench::ready();
    bench.retire();
    let destruction = bench.confirm_destruction();
    bench.destroy(destruction, usize::MAX);
    assert_eq!(bench.inventory(|_| {}), Verdict::Passed);
    bench.close(Outcome::Done);
    bench
}

/// The body of one entry replaced, the chain computed again by one who holds no key.
fn with_body(bench: &Bench, wanted: impl Fn(&Body) -> bool, edit: impl Fn(&mut Body)) -> Vec<u8> {
    let mut prev = [0; 32];
    let mut disk = Vec::new();
    let mut edited = 0;
    for item in items(&bench.disk) {
        let mut entry: Entry = crate::codec::decode(&item).unwrap();
        entry.prev = prev;
        if wanted(&entry.body) {
            edit(&mut entry.body);
            edited += 1;
        }
        let bytes = crate::codec::encode(&entry);
        prev = crate::digest::sha256_of(&bytes);
        disk.extend(bytes);
    }
    assert!(edited > 0);
    disk
}

#[test]
fn a_key_lives_from_its_generation_to_its_end() {
    let mut bench = Bench::born();
    assert_eq!(states(&bench), []);
    bench = Bench::ready();
    assert_eq!(states(&bench), [KeyState::Active]);
    let policy = without_the_wallet(&bench);
    bench.install_policy(policy);
    assert_eq!(states(&bench), [KeyState::Suspended]);
    bench.retire();
    assert_eq!(states(&bench), [KeyState::Deactivated]);
    let destruction = bench.confirm_destruction();
    bench.destroy(destruction, 1);
    assert_eq!(states(&bench), [KeyState::Deactivated, KeyState::Destroyed]);
    let known = bench.state().known_keys().len();
    let all = bench.state().wallet_keys().count();
    assert_eq!(known, all, "the identity key, and all but one");
}

/// Before the policy lists the wallet, and in every state but active, WAL01 refuses.
#[test]
fn only_active_keys_sign() {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    bench.retire();
    bench.take_in(CeremonyKind::Sign, &case);
    let refused = bench.judge().unwrap_err();
    let first = refused.report().unwrap().first_refusal().unwrap().clone();
    assert_eq!(first.rule, RuleId::WAL01);
    assert!(said(&first.got).starts_with("retired by order"));
    bench.close(Outcome::Refused);
    assert_eq!(found(&bench, &bench.disk), []);
}

#[test]
fn a_retirement_is_final() {
    let mut bench = Bench::ready();
    bench.retire();
    let again = retirement(&bench.world).to_bytes();
    let wallet = bench.world.wallet.to_bytes();
    for (ceremony, kind, artefact) in [
        (CeremonyKind::Retire, WhatKind::Retirement, again),
        (CeremonyKind::Wallet, WhatKind::Wallet, wallet),
    ] {
        bench.attend(ceremony, OPERATORS);
        bench.compare(kind, &artefact);
        let refused = bench.journal.append(Body::Installed(Installed {
            kind,
            artefact: ByteString(artefact),
            clock: CLOCK,
        }));
        let refusal = refused.unwrap_err();
        assert_eq!(refusal.rule, RuleId::TRN04);
        assert!(said(&refusal.got).contains("is retired"));
    }
}

#[test]
fn a_retirement_that_somebody_forged_is_found() {
    let mut bench = Bench::ready();
    bench.retire();
    assert_eq!(found(&bench, &bench.disk), []);
    let alone = officers_sign(retirement(&bench.world).body().clone(), &["admin.a"]).to_bytes();
    let is_order = |body: &Body| matches!(body, Body::Installed(Installed { kind, .. }) if *kind == WhatKind::Retirement);
    let forged = with_body(&bench, is_order, |body| {
        *body = Body::Installed(Installed {
            kind: WhatKind::Retirement,
            artefact: ByteString(alone.clone()),
            clock: CLOCK,
        });
    });
    assert_eq!(found(&bench, &forged), [RuleId::TRN04]);
}

#[test]
fn a_destruction_is_verified_and_every_change_of_it_found() {
    let bench = destroyed();
    assert_eq!(found(&bench, &bench.disk), []);
    assert_eq!(states(&bench), [KeyState::Destroyed]);
    let ours = |body: &Body| {
        matches!(
            body,
            Body::Destroying(_) | Body::Destroyed(_) | Body::Inventoried(_)
        )
    };
    let [first, last] = {
        let entries = UnverifiedTranscript::parse(&bench.disk).unwrap();
        let mut places = entries.entries().iter().filter(|e| ours(&e.body));
        let first = places.next().unwrap().sequence;
        [first, places.next_back().unwrap().sequence]
    };
    let items = items(&bench.disk);
    let at = |place: u64| usize::try_from(place).unwrap();
    let start: usize = items[..at(first)].iter().map(Vec::len).sum();
    let end: usize = items[..=at(last)].iter().map(Vec::len).sum();
    for place in (start..end).step_by(3) {
        let mut disk = bench.disk.clone();
        disk[place] ^= 1 << (place % 8);
        assert_ne!(found(&bench, &disk), [], "byte {place}");
    }
}

#[test]
fn a_destruction_that_was_cut_goes_on_with_what_is_left() {
    let mut bench = half_destroyed();
    let left: Vec<_> = bench.state().ending().collect();
    assert_eq!(left.len(), 6);
    let known = bench.state().known_keys().into_iter();
    let may_be_gone = known.filter(|known| known.presence == Presence::Ending);
    assert_eq!(may_be_gone.map(|known| known.id).collect::<Vec<_>>(), left);
    // The token may hold any part of them: the private halves go first.
    bench = Bench {
        journal: Journal::load(&bench.disk).unwrap(),
        ..bench
    };
    assert_eq!(bench.state().ending().collect::<Vec<_>>(), left);
    let destruction = bench.confirm_destruction();
    assert_eq!(destruction.what().keys.len(), left.len());
    bench.destroy(destruction, usize::MAX);
    bench.close(Outcome::Done);
    assert_eq!(states(&bench), [KeyState::Destroyed]);
    assert_eq!(found(&bench, &bench.disk), []);
}

#[test]
fn a_half_done_destruction_is_not_done() {
    let mut bench = half_destroyed();
    let refused = bench.journal.append(Body::Closed(Outcome::Done));
    assert_eq!(refused.unwrap_err().rule, RuleId::TRN04);
    bench.close(Outcome::Aborted);
}

#[test]
fn keys_are_destroyed_in_the_order_that_was_announced() {
    let mut bench = half_destroyed();
    let last = bench.state().ending().last().unwrap();
    let early = bench.journal.append(Body::Destroyed(last));
    assert_eq!(early.unwrap_err().rule, RuleId::TRN04);
    bench.close(Outcome::Aborted);
    // Not in a session that announced nothing, and in no other ceremony.
    let next = bench.state().ending().next().unwrap();
    for kind in [CeremonyKind::Destroy, CeremonyKind::Inventory] {
        bench.open(kind);
        let refused = bench.journal.append(Body::Destroyed(next));
        assert_eq!(refused.unwrap_err().rule, RuleId::TRN04);
        bench.close(Outcome::Aborted);
    }
}

#[test]
fn ceremonies_that_look_change_nothing() {
    let mut bench = Bench::ready();
    let order = retirement(&bench.world).to_bytes();
    for kind in [CeremonyKind::Inventory, CeremonyKind::Backup] {
        bench.open(kind);
        let refused = bench.journal.append(Body::Installed(Installed {
            kind: WhatKind::Retirement,
            artefact: ByteString(order.clone()),
            clock: CLOCK,
        }));
        assert!(said(&refused.unwrap_err().got).contains("another ceremony"));
        bench.close(Outcome::Aborted);
    }
    assert_eq!(found(&bench, &bench.disk), []);
}

mod key02 {
    use super::*;
    use crate::life::Destruction;

    fn refused(bench: &mut Bench, destruction: &Destruction) -> Refusal {
        let body = Body::Destroying(destruction.what().clone());
        let refusal = bench.journal.append(body).unwrap_err();
        assert!(said(&refusal.got).starts_with("KEY02"));
        refusal
    }

    #[test]
    fn passes_a_retired_wallet_after_two_operators() {
        let mut bench = Bench::ready();
        bench.retire();
        let destruction = bench.confirm_destruction();
        assert_eq!(destruction.what().keys.len(), 12);
        bench.destroy(destruction, usize::MAX);
    }

    #[test]
    fn refuses_an_active_wallet_an_unknown_one_and_one_without_keys() {
        let mut bench = Bench::ready();
        bench.attend(CeremonyKind::Destroy, ["operator.a", "operator.b"]);
        let active = Destruction::of(bench.state(), &bench.world.wallet.id()).unwrap_err();
        assert_eq!(active.rule, RuleId::KEY02);
        assert!(said(&active.got).contains("not retired"));
        let unknown = crate::digest::WalletId::over(&[]);
        let unknown = Destruction::of(bench.state(), &unknown).unwrap_err();
        assert_eq!(said(&unknown.expected), "a registered wallet");
        let mut bench = destroyed();
        bench.attend(CeremonyKind::Destroy, ["operator.a", "operator.b"]);
        let none = Destruction::of(bench.state(), &bench.world.wallet.id()).unwrap_err();
        assert_eq!(said(&none.expected), "a key that is left");
    }

    #[test]
    fn refuses_each_missing_answer_a_missing_screen_and_a_missing_operator() {
        let whole = {
            let mut bench = Bench::ready();
            bench.retire();
            bench.confirm_destruction();
            bench
        };
        let start = {
            let transcript = UnverifiedTranscript::parse(&whole.disk).unwrap();
            let last = transcript.head().session;
            let mut entries = transcript.entries().iter();
            entries.position(|entry| entry.session == last).unwrap()
        };
        // The opening entry, two operators, the screen, three answers.
        let bodies: Vec<Body> = UnverifiedTranscript::parse(&whole.disk)
            .unwrap()
            .into_entries()
            .into_iter()
            .skip(start)
            .map(|entry| entry.body)
            .collect();
        assert_eq!(bodies.len(), 7);
        for left_out in 1..bodies.len() {
            let mut bench = Bench::ready();
            bench.retire();
            for (place, body) in bodies.iter().enumerate() {
                if place != left_out {
                    bench.add(body.clone());
                }
            }
            let wallet = bench.world.wallet.id();
            let destruction = Destruction::of(bench.state(), &wallet).unwrap();
            let refusal = refused(&mut bench, &destruction);
            assert_eq!(refusal.rule, RuleId::TRN04, "without entry {left_out}");
        }
        // One person in both seats, and one who is no operator.
        for other in ["operator.a", "approver.a"] {
            let mut bench = Bench::ready();
            bench.retire();
            bench.add(bodies[0].clone());
            bench.sit_down(["operator.a", other]);
            for body in &bodies[3..] {
                bench.add(body.clone());
            }
            let wallet = bench.world.wallet.id();
            let destruction = Destruction::of(bench.state(), &wallet).unwrap();
            let refusal = refused(&mut bench, &destruction);
            assert!(said(&refusal.got).contains("two operators"), "{other}");
        }
    }

    #[test]
    fn refuses_an_answer_of_the_other_operator_and_a_wrong_one() {
        for edit in [
            (|answered: &mut crate::transcript::Answered| {
                answered.seat = crate::approval::Seat::Witness;
            }) as fn(&mut crate::transcript::Answered),
            |answered| answered.text.push('x'),
            |answered| answered.screen = 2,
        ] {
            let bench = destroyed();
            let disk = with_body(
                &bench,
                // The number of keys, which no other ceremony asks for.
                |body| matches!(body, Body::Answered(a) if a.text.parse() == Ok(2 * KEYS)),
                |body| {
                    if let Body::Answered(answered) = body {
                        edit(answered);
                    }
                },
            );
            assert_eq!(found(&bench, &disk).last(), Some(&RuleId::KEY02));
        }
    }

    #[test]
    fn refuses_a_list_that_leaves_a_key_out() {
        let bench = destroyed();
        let shorter = with_body(
            &bench,
            |body| matches!(body, Body::Destroying(_)),
            |body| {
                if let Body::Destroying(what) = body {
                    what.keys.pop();
                }
            },
        );
        assert_eq!(found(&bench, &shorter).last(), Some(&RuleId::KEY02));
    }

    #[test]
    fn no_order_is_given_before_the_list_is_on_the_disk() {
        let mut bench = Bench::ready();
        bench.retire();
        let destruction = bench.confirm_destruction();
        let body = Body::Destroying(destruction.what().clone());
        let entry = bench.journal.append(body).unwrap();
        let refusal = destruction.journalled(&entry, &bench.disk).unwrap_err();
        assert_eq!(refusal.rule, RuleId::KEY02);
    }
}

mod key01 {
    use super::*;

    #[test]
    fn passes_a_token_with_every_key() {
        let mut bench = Bench::ready();
        assert_eq!(bench.prove(|_| {}), Verdict::Passed);
        bench.close(Outcome::Done);
        assert_eq!(found(&bench, &bench.disk), []);
    }

    /// What a token found wanting says is recorded, and verifies: a refusal is a result too.
    #[test]
    fn refuses_missing_other_and_unproven_keys() {
        for wrong in [Found::Missing, Found::Other, Found::Unproven] {
            let mut bench = Bench::ready();
            let verdict = bench.prove(|report| report.lines[3].found = wrong);
            assert!(matches!(verdict, Verdict::Refused(places) if places.len() == 1));
            bench.close(Outcome::Refused);
            assert_eq!(found(&bench, &bench.disk), []);
        }
    }

    #[test]
    fn refuses_a_proof_of_another_key_and_a_line_too_few() {
        let mut bench = Bench::ready();
        let verdict = bench.prove(|report| report.lines[3].found = report.lines[4].found);
        assert!(matches!(verdict, Verdict::Refused(places) if places.len() == 1));
        bench.close(Outcome::Refused);
        let verdict = bench.prove(|report| report.lines.truncate(11));
        assert!(matches!(verdict, Verdict::Refused(places) if places.len() == 1));
        bench.close(Outcome::Refused);
        let verdict = bench.prove(|report| report.lines.swap(0, 1));
        assert!(matches!(verdict, Verdict::Refused(places) if places.len() == 2));
    }

    #[test]
    fn refuses_a_destroyed_key_that_lives_on_in_a_backup() {
        let mut bench = destroyed();
        let verdict = bench.prove(|_| {});
        assert!(matches!(verdict, Verdict::Refused(places) if places.len() == 12));
        bench.close(Outcome::Refused);
        let gone = bench.prove(|report| {
            for line in &mut report.lines {
                line.found = Found::Missing;
            }
        });
        assert_eq!(gone, Verdict::Passed);
        bench.close(Outcome::Done);
        assert_eq!(found(&bench, &bench.disk), []);
    }

    #[test]
    fn finds_a_report_of_another_session_and_a_verdict_that_was_changed() {
        let mut bench = Bench::ready();
        bench.prove(|report| report.nonce[0] ^= 1);
        bench.close(Outcome::Refused);
        assert_eq!(found(&bench, &bench.disk), [RuleId::TRN04]);
        let mut bench = Bench::ready();
        bench.prove(|report| report.session.0 += 1);
        bench.close(Outcome::Done);
        assert_eq!(found(&bench, &bench.disk), [RuleId::TRN04]);
        let mut bench = Bench::ready();
        bench.prove(|report| report.lines[0].found = Found::Missing);
        bench.close(Outcome::Refused);
        let passed = with_body(
            &bench,
            |body| matches!(body, Body::Proven(_)),
            |body| {
                if let Body::Proven(Proven { report, .. }) = body {
                    *report = alloc::vec![RuleLine {
                        rule: RuleId::KEY01,
                        verdict: Verdict::Passed,
                    }];
                }
            },
        );
        assert!(found(&bench, &passed).contains(&RuleId::TRN04));
    }
}

mod inventory {
    use super::*;

    #[test]
    fn what_was_found_is_judged_again() {
        let mut bench = Bench::ready();
        bench.open(CeremonyKind::Inventory);
        assert_eq!(bench.inventory(|_| {}), Verdict::Passed);
        bench.close(Outcome::Done);
        bench.open(CeremonyKind::Inventory);
        let verdict = bench.inventory(|token| token.keys.truncate(12));
        assert!(matches!(verdict, Verdict::Refused(_)));
        bench.close(Outcome::Refused);
        assert_eq!(found(&bench, &bench.disk), []);
    }

    #[test]
    fn a_verdict_that_is_not_the_rules_is_found() {
        let mut bench = Bench::ready();
        bench.open(CeremonyKind::Inventory);
        bench.inventory(|token| token.keys.truncate(12));
        bench.close(Outcome::Refused);
        let other = with_body(
            &bench,
            |body| matches!(body, Body::Inventoried(_)),
            |body| {
                if let Body::Inventoried(Inventoried { report, .. }) = body {
                    report.clear();
                }
            },
        );
        assert!(found(&bench, &other).contains(&RuleId::TRN04));
    }
}

mod trn05 {
    use super::*;

    fn anchor(bench: &Bench) -> Anchor {
        Anchor::following(None, &bench.journal)
    }

    fn refused(anchor: &Anchor, bench: &Bench) -> bool {
        let journal = UnverifiedTranscript::parse(&bench.disk).unwrap();
        super::trn05(Some(anchor), &journal).is_err_and(|refusal| refusal.rule == RuleId::TRN05)
    }

    /// The power fails before the HSM was told: as often as it likes.
    #[test]
    fn passes_sessions_that_were_cut_before_the_hsm_was_told() {
        let mut bench = Bench::ready();
        let told = anchor(&bench);
        for _ in 0..3 {
            bench.open(CeremonyKind::Sign);
            assert!(!refused(&told, &bench));
        }
        let told = anchor(&bench);
        bench.close(Outcome::Aborted);
        assert!(!refused(&told, &bench), "the seal was not told any more");
        bench.open(CeremonyKind::Sign);
        assert!(!refused(&told, &bench));
    }

    #[test]
    fn refuses_an_hsm_that_is_one_session_old() {
        let mut bench = Bench::ready();
        let backup = anchor(&bench);
        bench.open(CeremonyKind::Inventory);
        bench.close(Outcome::Aborted);
        assert!(refused(&backup, &bench));
    }

    #[test]
    fn refuses_an_hsm_that_does_not_remember_an_intent() {
        let mut bench = Bench::ready();
        let case = Case::new(&bench.world);
        bench.take_in(CeremonyKind::Sign, &case);
        let confirmed = bench.confirm();
        let before = anchor(&bench);
        bench.sign(confirmed, 0);
        assert!(!refused(&before, &bench), "cut before the HSM was told");
        let mut bench = Bench::ready();
        bench.take_in(CeremonyKind::Sign, &case);
        let confirmed = bench.confirm();
        let before = anchor(&bench);
        bench.sign(confirmed, 1);
        assert!(refused(&before, &bench));
    }

    #[test]
    fn refuses_an_hsm_that_does_not_remember_a_destruction() {
        let mut bench = Bench::ready();
        bench.retire();
        let destruction = bench.confirm_destruction();
        let before = anchor(&bench);
        bench.destroy(destruction, 1);
        assert!(refused(&before, &bench));
    }

    #[test]
    fn passes_the_hsm_in_use_after_a_backup_was_looked_at() {
        let mut bench = Bench::ready();
        let told = anchor(&bench);
        bench.prove(|_| {});
        bench.close(Outcome::Done);
        assert!(!refused(&told, &bench));
        bench.open(CeremonyKind::Sign);
        assert!(!refused(&told, &bench));
        bench.close(Outcome::Aborted);
        assert!(refused(&told, &bench));
    }
}

/// For each rule of the life of keys what it alone refuses.
mod alone {
    use super::*;
    use crate::transcript::trn03;

    /// TRN03 takes an anchor that is an ancestor of the head: only TRN05 asks how old it is.
    #[test]
    fn trn05_alone() {
        let mut bench = Bench::ready();
        let backup = Anchor::following(None, &bench.journal);
        bench.open(CeremonyKind::Inventory);
        bench.close(Outcome::Done);
        let journal = UnverifiedTranscript::parse(&bench.disk).unwrap();
        assert_eq!(found(&bench, &bench.disk), []);
        assert_eq!(trn03(Some(&backup), &journal), Ok(()));
        let refused = trn05(Some(&backup), &journal).map_err(|refusal| refusal.rule);
        assert_eq!(refused, Err(RuleId::TRN05));
    }

    /// A key of the same id, on a token that lists as it should, that cannot sign.
    #[test]
    fn key01_alone() {
        let mut bench = Bench::ready();
        let verdict = bench.prove(|report| report.lines[0].found = Found::Unproven);
        assert!(matches!(verdict, Verdict::Refused(_)));
        bench.close(Outcome::Refused);
        bench.open(CeremonyKind::Inventory);
        assert_eq!(bench.inventory(|_| {}), Verdict::Passed);
    }

    /// Sealed by the device's own key, of a wallet that is retired, with every answer right: and
    /// one key is spared.
    #[test]
    fn key02_alone() {
        let mut bench = Bench::ready();
        bench.retire();
        let destruction = bench.confirm_destruction();
        let mut what = destruction.what().clone();
        assert!(bench.journal.append(Body::Destroying(what.clone())).is_ok());
        let mut bench = Bench::ready();
        bench.retire();
        bench.confirm_destruction();
        what.keys.pop();
        let refusal = bench.journal.append(Body::Destroying(what)).unwrap_err();
        assert!(said(&refusal.got).starts_with("KEY02"));
    }
}
