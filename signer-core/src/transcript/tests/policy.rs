//! Policies in a journal: what waits opens by headers, and nothing is used in the session that
//! installed it.

use alloc::vec::Vec;

use bitcoin::Amount;

use super::found;
use crate::codec::ByteString;
use crate::policy::Policy;
use crate::rule::RuleId;
use crate::testing::{Case, TIP, officers_sign, rules_of};
use crate::transcript::testing::CLOCK;
use crate::transcript::testing::{Bench, OPERATORS};
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
    bench.install_policy(bytes);
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
        let case = Case::new(&bench.world);
        bench.take_in(CeremonyKind::Sign, &case);
        let confirmed = bench.confirm();
        drop(bench.sign(confirmed, 1));
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
                clock: CLOCK,
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

mod pol08 {
    use alloc::string::ToString;

    use super::*;
    use crate::digest::WalletDigest;
    use crate::policy::{NewPolicy, pol08};
    use crate::rule::Refusal;
    use crate::testing::{activate, id, outside_script, policy_for, sweep_to, world};
    use crate::transcript::Entry;

    /// A new address, a higher limit, a destination less.
    fn mixed(policy: &mut Policy) {
        let mut new = policy.destinations[0].clone();
        new.id = id("hot-3");
        new.script = outside_script("hot-3");
        policy.destinations.insert(2, new);
        let rules = rules_of(policy);
        rules.per_transfer = Amount::from_sat(3_000_000);
        rules.destinations = ["hot-2", "hot-3", "later"].map(id).into();
    }

    fn refused(bench: &Bench, bytes: &[u8]) -> Refusal {
        let refusal = pol08(bench.state(), bytes, bench.state().time()).unwrap_err();
        assert_eq!(refusal.rule, RuleId::POL08);
        refusal
    }

    #[test]
    fn passes_what_two_operators_compared() {
        for lang in [Lang::En, Lang::Ja] {
            let mut bench = Bench::ready();
            bench.lang = lang;
            let bytes = following(&bench, mixed);
            bench.compare_policy(&bytes);
            assert_eq!(
                pol08(bench.state(), &bytes, bench.state().time())
                    .unwrap()
                    .number(),
                Version(2)
            );
            bench.install(WhatKind::Policy, bytes);
            bench.close(Outcome::Done);
            assert_eq!(found(&bench, &bench.disk), []);
        }
    }

    #[test]
    fn refuses_a_policy_that_nobody_compared() {
        let mut bench = Bench::ready();
        let bytes = following(&bench, mixed);
        bench.open(CeremonyKind::Policy);
        assert_eq!(refused(&bench, &bytes).got.text(Lang::En), "fewer");
        bench.close(Outcome::Aborted);
        bench.attend(CeremonyKind::Policy, ["operator.a", "operator.b"]);
        let unread = refused(&bench, &bytes);
        assert_eq!(unread.expected.text(Lang::En), "3 screens of this policy");
        let appended = bench.journal.append(Body::Installed(Installed {
            kind: WhatKind::Policy,
            artefact: ByteString(bytes),
            clock: CLOCK,
        }));
        let refusal = appended.unwrap_err();
        assert!(refusal.text(Lang::En).contains("POL08"));
    }

    /// One person in both seats, and somebody else in one of them: whatever was shown and typed.
    #[test]
    fn refuses_seats_that_two_operators_do_not_have() {
        for [a, b] in [
            ["operator.a", "operator.a"],
            ["operator.a", "approver.a"],
            ["requester.a", "operator.b"],
        ] {
            let mut bench = Bench::ready();
            let bytes = following(&bench, mixed);
            bench.attend(CeremonyKind::Policy, [a, b]);
            bench.read_policy(&bytes);
            assert_eq!(
                refused(&bench, &bytes).got.text(Lang::En),
                "fewer",
                "{a} {b}"
            );
        }
    }

    /// The screens of another policy, and each answer wrong or by the other operator.
    #[test]
    fn refuses_other_screens_and_every_wrong_answer() {
        let mut bench = Bench::ready();
        let (bytes, other) = (following(&bench, mixed), following(&bench, |_| {}));
        bench.compare_policy(&other);
        assert!(
            refused(&bench, &bytes)
                .text(Lang::En)
                .contains("other ones")
        );
        let mut bench = Bench::ready();
        bench.compare_policy(&bytes);
        bench.install(WhatKind::Policy, bytes);
        bench.close(Outcome::Done);
        let last = bench.journal.head().session;
        let answers =
            |entry: &&Entry| entry.session == last && matches!(entry.body, Body::Answered(_));
        let entries = super::super::items(&bench.disk);
        let entries: Vec<Entry> = entries
            .iter()
            .map(|item| crate::codec::decode(item).unwrap())
            .collect();
        let places = entries.iter().filter(answers);
        let places: Vec<u64> = places.map(|entry| entry.sequence).collect();
        assert_eq!(places.len(), 4, "changes, a half address each, the words");
        for place in places {
            let mut prev = [0; 32];
            let mut forged = Vec::new();
            for mut entry in entries.clone() {
                entry.prev = prev;
                if let (true, Body::Answered(typed)) = (entry.sequence == place, &mut entry.body) {
                    typed.text.push('x');
                }
                let bytes = crate::codec::encode(&entry);
                prev = crate::digest::sha256_of(&bytes);
                forged.extend(bytes);
            }
            assert_eq!(
                found(&bench, &forged).last(),
                Some(&RuleId::POL08),
                "{place}"
            );
        }
    }

    /// A session of this kind with two operators, in which everything is shown and typed; the journal
    /// does not take what it judges.
    fn beside(bench: &mut Bench, kind: CeremonyKind, bytes: &[u8]) -> Refusal {
        bench.attend(kind, OPERATORS);
        let pages = NewPolicy::of(bench.state(), bytes).unwrap();
        let pages = pages.pages(bench.lang);
        bench.show_all(pages);
        let refusal = refused(bench, bytes);
        let appended = bench.try_add(Body::Installed(Installed {
            kind: WhatKind::Policy,
            artefact: ByteString(bytes.to_vec()),
            clock: CLOCK,
        }));
        assert!(appended.unwrap_err().text(Lang::En).contains("POL08"));
        bench.close(Outcome::Aborted);
        refusal
    }

    /// Nobody seated, nothing shown, a wrong answer, another ceremony: each is refused, and then all
    /// of it is right.
    fn takes_only_what_was_compared(mut bench: Bench, bytes: Vec<u8>) {
        bench.open(CeremonyKind::Policy);
        assert_eq!(refused(&bench, &bytes).got.text(Lang::En), "fewer");
        bench.close(Outcome::Aborted);
        bench.attend(CeremonyKind::Policy, OPERATORS);
        assert!(refused(&bench, &bytes).got.text(Lang::En).contains("none"));
        let new = NewPolicy::of(bench.state(), &bytes).unwrap();
        let mut pages = new.pages(bench.lang);
        pages.last_mut().unwrap().asked.clear();
        bench.show_all(pages);
        let unanswered = refused(&bench, &bytes);
        assert_eq!(unanswered.got.text(Lang::En), "no right answer");
        bench.close(Outcome::Aborted);
        for kind in [
            CeremonyKind::Commission,
            CeremonyKind::Wallet,
            CeremonyKind::Roster,
            CeremonyKind::Headers,
            CeremonyKind::Freeze,
        ] {
            let refusal = beside(&mut bench, kind, &bytes);
            assert_eq!(refusal.got.text(Lang::En), "another ceremony", "{kind:?}");
        }
        bench.install_policy(bytes);
        assert!(bench.state().policy().is_some());
        assert_eq!(found(&bench, &bench.disk), []);
    }

    #[test]
    fn the_first_one_is_compared_too() {
        let bench = Bench::registered();
        assert!(bench.state().policy().is_none());
        let bytes = bench.world.policy.to_bytes();
        takes_only_what_was_compared(bench, bytes);
    }

    #[test]
    fn one_that_a_recovery_names_is_compared_too() {
        let mut bench = Bench::ready();
        let bytes = bench.world.policy.to_bytes();
        let order = bench.recovery();
        bench.lose();
        bench.recover(order);
        assert!(bench.state().pinned_policy().is_some());
        takes_only_what_was_compared(bench, bytes);
    }

    /// The session in which the root brings the first roster brings a first policy too, and no later
    /// one does.
    #[test]
    fn a_device_may_be_born_with_one() {
        let mut bench = Bench::newborn();
        bench.open(CeremonyKind::Commission);
        bench.install(WhatKind::Roster, bench.world.roster.to_bytes());
        let policy = bench.world.policy.to_bytes();
        bench.install(WhatKind::Policy, policy.clone());
        assert!(
            pol08(bench.state(), &policy, bench.state().time()).is_err(),
            "a second one"
        );
        bench.close(Outcome::Done);
        let mut bench = Bench::born();
        bench.open(CeremonyKind::Commission);
        bench.install(WhatKind::Roster, bench.world.roster.to_bytes());
        refused(&bench, &policy);
    }

    #[test]
    fn refuses_a_policy_that_does_not_follow() {
        let mut bench = Bench::ready();
        let back = following(&bench, |policy| policy.number = Version(1));
        let alone = officers_sign(bench.world.policy.document().clone(), &["admin.a"]).to_bytes();
        bench.attend(CeremonyKind::Policy, ["operator.a", "operator.b"]);
        let said = refused(&bench, &back);
        assert_eq!(said.got.text(Lang::En), "policy 1 does not rise above 1");
        refused(&bench, &alone);
    }

    /// Two people type different stretches of every new address and of no other, chosen by the
    /// session's nonce.
    #[test]
    fn each_operator_types_another_half_of_a_new_address() {
        let mut bench = Bench::ready();
        let bytes = following(&bench, mixed);
        let mut stretches = Vec::new();
        for _ in 0..4 {
            bench.attend(CeremonyKind::Policy, ["operator.a", "operator.b"]);
            let new = NewPolicy::of(bench.state(), &bytes).unwrap();
            let pages = new.addresses(Lang::En);
            assert_eq!(pages.len(), 1);
            assert_eq!(pages[0].id, "dest-hot-3");
            let typed: Vec<_> = pages[0]
                .asked
                .iter()
                .map(|a| (a.seat(), a.expected()))
                .collect();
            assert_ne!(typed[0].0, typed[1].0);
            assert_ne!(typed[0].1, typed[1].1);
            assert!(typed.iter().all(|(_, text)| text.len() == 6));
            stretches.push(typed);
            bench.close(Outcome::Aborted);
        }
        stretches.dedup();
        assert!(stretches.len() > 1, "{stretches:?}");
    }

    #[test]
    fn the_screen_says_in_words_what_changes() {
        let mut bench = Bench::ready();
        let bytes = following(&bench, mixed);
        bench.open(CeremonyKind::Policy);
        let new = NewPolicy::of(bench.state(), &bytes).unwrap();
        assert_eq!(
            new.difference(Lang::En).lines,
            [
                "policy 2: what it changes    known height 850000",
                "",
                "tightens: 1  (from the next session on)",
                "  Cold 1: may no longer pay hot-1",
                "",
                "LOOSENS: 3  (from height 850144 on)",
                "  destination added: hot-3",
                "  Cold 1: limit per transfer: 2,000,000 sat -> 3,000,000 sat",
                "  Cold 1: may now pay hot-3",
            ]
        );
        let ja = new.difference(Lang::Ja).lines.join("\n");
        assert!(ja.contains("緩和: 3  (ブロック高 850144 から)"), "{ja}");
    }

    #[test]
    fn the_last_screen_holds_the_rules_of_every_wallet() {
        let mut bench = Bench::ready();
        let bytes = following(&bench, mixed);
        bench.open(CeremonyKind::Policy);
        let new = NewPolicy::of(bench.state(), &bytes).unwrap();
        for lang in [Lang::En, Lang::Ja] {
            let pages = new.pages(lang);
            let last = pages.last().unwrap();
            assert_eq!(last.id, "policy");
            let text = last.lines.join("\n");
            for rules in &new.policy().document().wallets {
                let limit = rules.per_transfer.to_sat();
                let digest = rules.wallet.to_string();
                assert!(text.contains(&digest), "{text}");
                assert!(
                    text.replace(',', "").contains(&std::format!("{limit} sat")),
                    "{text}"
                );
            }
        }
    }

    /// An edit of a policy, and whether the sweep has a screen after it.
    type Edit = (fn(&mut Policy), bool);

    /// Officers compare the emergency wallet when it comes and when it is another one, only then.
    #[test]
    fn a_sweep_has_a_screen_where_its_wallet_or_name_is_new() {
        let mut bench = Bench::ready();
        bench.install_policy(following(&bench, |policy| {
            policy.sweep = Some(sweep_to(WalletDigest::over(&[b"far"])));
        }));
        let edits: [Edit; 5] = [
            (|_| {}, false),
            (|p| p.sweep.as_mut().unwrap().quorum.approvers += 1, false),
            (|p| p.sweep.as_mut().unwrap().id = id("another"), true),
            (
                |p| p.sweep.as_mut().unwrap().wallet = WalletDigest::over(&[b"near"]),
                true,
            ),
            (|p| p.sweep = None, false),
        ];
        for (place, (edit, shown)) in edits.into_iter().enumerate() {
            let bytes = following(&bench, edit);
            bench.blocks(144);
            bench.open(CeremonyKind::Policy);
            let new = NewPolicy::of(bench.state(), &bytes).unwrap();
            assert_eq!(new.sweep(Lang::En).is_some(), shown, "{place}");
            let of_sweep = |page: &crate::policy::Page| page.id == "sweep";
            assert_eq!(new.pages(Lang::En).iter().any(of_sweep), shown, "{place}");
            bench.close(Outcome::Aborted);
        }
    }

    /// Nothing else keeps a policy that nobody compared out of force.
    #[test]
    fn pol08_alone() {
        let mut bench = Bench::ready();
        let bytes = following(&bench, mixed);
        bench.attend(CeremonyKind::Policy, ["operator.a", "operator.b"]);
        refused(&bench, &bytes);
        let world = world();
        let usual = policy_for(&world.roster, [&world.wallet, &world.other]);
        assert!(activate(usual, &world.roster).is_ok());
        let standing = bench.state().policy_standing();
        let roster = bench.state().roster().unwrap();
        let height = bench.state().height();
        let opened = crate::policy::ActivePolicy::open(&bytes, roster, standing, height);
        assert!(opened.is_ok(), "in form and order it is good");
    }
}
