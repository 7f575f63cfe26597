//! Every judgement over several devices: it passes over what a device recorded, and finds the one
//! thing that was changed. Histories are recorded from whole ceremonies; what a replay would not let
//! through is changed behind it.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use bitcoin::{Amount, OutPoint};

use super::*;
use crate::approval::{KnownHead, RequestKind};
use crate::digest::{FileDigest, PolicyDigest, RequestDigest, RosterDigest, TxDigest};
use crate::policy::WindowLimit;
use crate::rule::{Phrase, RuleId};
use crate::signing::SigningHsm as _;
use crate::testing::{Case, id, officers_sign, rules_of};
use crate::token::Line;
use crate::transcript::testing::{Bench, sweeping};
use crate::transcript::{CeremonyKind, Exception};
use crate::types::{Blocks, Chain, Height, Lang, Version};

/// A device that has signed one transfer.
fn bench() -> Bench {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    bench.sign_case(&case);
    bench
}

fn recorded(bench: &Bench) -> DeviceHistory {
    let mut recorder = Recorder::of(bench.trust());
    let mut rest = bench.disk.as_slice();
    while !rest.is_empty() {
        let (item, after) = recorder.split(rest).unwrap();
        recorder.take(item).unwrap();
        rest = after;
    }
    recorder.finish().unwrap()
}

/// What the auditor has of these devices.
fn records(bench: &Bench, histories: Vec<DeviceHistory>) -> Records {
    let device = |history: &DeviceHistory| TrustedDevice {
        name: history.name.clone(),
        id: history.identity.device_id(),
    };
    let trust = AuditTrust {
        root: bench.trust().root,
        devices: histories.iter().map(device).collect(),
        releases: Vec::new(),
    };
    let devices = histories.into_iter().map(|history| DeviceRecord {
        device: device(&history),
        told: Told::Verified(Box::new(history)),
    });
    Records {
        devices: devices.collect(),
        trust,
        strangers: Vec::new(),
    }
}

/// The same ceremony as if a second device had held it too.
fn second(bench: &Bench) -> DeviceHistory {
    let mut other = recorded(bench);
    other.identity = bench.world.devices[1].identity();
    other.name = id("second");
    for session in &mut other.sessions {
        let case = session.case.as_mut();
        let people = case.and_then(|case| case.facts.people.operators.as_mut());
        if let Some(operators) = people {
            operators[0].id = id("operator.c");
            operators[1].id = id("operator.d");
        }
    }
    other
}

/// A co-signer that has done nothing yet.
fn idle(place: usize, name: &str) -> DeviceHistory {
    let bench = Bench::ready();
    let mut other = recorded(&bench);
    other.identity = bench.world.devices[place].identity();
    other.name = id(name);
    other.sessions.clear();
    other
}

/// One device, changed; its co-signers have done nothing.
fn one(change: impl FnOnce(&mut DeviceHistory)) -> Records {
    let bench = bench();
    let mut history = recorded(&bench);
    change(&mut history);
    alone(&bench, history)
}

/// One device; its co-signers have done nothing.
fn alone(bench: &Bench, history: DeviceHistory) -> Records {
    let house = [history, idle(1, "second"), idle(2, "third")];
    records(bench, Vec::from(house))
}

/// Two devices of one transfer, the second changed.
fn two(change: impl FnOnce(&mut DeviceHistory)) -> Records {
    let bench = bench();
    let mut other = second(&bench);
    change(&mut other);
    let house = [recorded(&bench), other, idle(2, "third")];
    records(&bench, Vec::from(house))
}

fn nothing(_: &mut DeviceHistory) {}

/// Every block from one height to another.
fn blocks(first: u32, last: u32) -> NodeData {
    NodeData::Range(BlockRange {
        first: Height(first),
        last: Height(last),
    })
}

fn signed(history: &mut DeviceHistory) -> &mut SessionRecord {
    let mut sessions = history.sessions.iter_mut();
    sessions.find(|s| s.kind.signs()).unwrap()
}

fn case(history: &mut DeviceHistory) -> &mut CaseRecord {
    signed(history).case.as_mut().unwrap()
}

fn findings(answer: &AuditAnswer) -> Vec<Finding> {
    answer.cases().iter().filter_map(|c| c.finding).collect()
}

#[track_caller]
fn passes(answer: &AuditAnswer) {
    assert_eq!(answer.conclusion(), Conclusion::Pass, "{answer:?}");
    assert_eq!(answer.passed(), answer.cases().len());
}

#[track_caller]
fn finds(answer: &AuditAnswer, finding: Finding) {
    assert_eq!(answer.conclusion(), Conclusion::Fail, "{answer:?}");
    assert!(findings(answer).contains(&finding), "{answer:?}");
}

#[track_caller]
fn misses(answer: &AuditAnswer) {
    assert_eq!(answer.conclusion(), Conclusion::Missing, "{answer:?}");
}

/// Every question over transcripts alone, with what each is called.
fn ask_all(records: &Records) -> Vec<AuditAnswer> {
    let at = Height(u32::MAX);
    Vec::from([
        verify(records),
        signatures(records),
        people(records),
        approvals(records),
        shown(records),
        policy(records, at),
        destinations(records),
        limits(records),
        roster(records, at),
        refusals(records),
        exceptions(records),
        time(records, &Papers::default()),
        keys(records),
        placement(records),
        rng(records),
        sample(records, 25, "seed"),
    ])
}

#[test]
fn a_recorded_history_is_what_the_journal_says() {
    let bench = bench();
    let history = recorded(&bench);
    assert_eq!(history.head, bench.journal.head());
    assert_eq!(history.sessions.len(), bench.state().sessions().len());
    let (_, case) = history.cases().next().unwrap();
    let made = u64::try_from(case.signatures.len()).unwrap();
    assert_eq!(made, bench.state().ledger().signatures());
    assert!(case.receipt.is_some());
}

/// What is said of the first case.
fn said(answer: &AuditAnswer) -> &str {
    answer.cases()[0].found.text(Lang::En)
}

/// What a device was shown as proof is held against the auditor's own node, which overrules it.
#[test]
fn a_settlement_is_held_against_the_auditors_node() {
    let bench = crate::settlement::testing::settled();
    let records = alone(&bench, recorded(&bench));
    let held = records.signed().next().unwrap();
    let coin: OutPoint = held.case.intent.as_ref().unwrap().lines[0].coin.into();
    // On regtest anybody makes headers.
    let alone = open(&records, &Papers::default());
    misses(&alone);
    let proof = "settled by proof on north, block 850001: confirmed";
    assert!(said(&alone).starts_with(proof), "{alone:?}");
    let mut papers = Papers {
        node: blocks(0, u32::MAX),
        ..Papers::default()
    };
    let against = open(&records, &papers);
    assert_eq!(against.conclusion(), Conclusion::Fail);
    assert!(
        said(&against).contains("spend no coin of it"),
        "{against:?}"
    );
    // Other blocks than that of the proof say nothing about it.
    for other in [
        blocks(850_002, 850_009),
        blocks(0, 850_000),
        NodeData::Parts,
    ] {
        papers.node = other;
        misses(&open(&records, &papers));
    }
    papers.spent.push(SpentCoin {
        coin,
        by: bitcoin::Txid::from_raw_hash(bitcoin::hashes::Hash::all_zeros()),
        time: None,
    });
    passes(&open(&records, &papers));
}

/// Without a node only work that somebody paid for speaks, over coins that the device itself knows.
#[test]
fn a_settlement_alone_is_worth_its_work() {
    use crate::settlement::SettledAs::{Confirmed, Conflicting, Spent};
    use crate::types::Network::{Main, Regtest, Signet, Testnet4};
    use question::open::{Weight, weigh};
    let weigh = |how, network| {
        let set = crate::settlement::SettledSet {
            tx: TxDigest::over(&[]),
            how,
            by: [1; 32],
            height: Height(7),
        };
        weigh(&set, network, &Papers::default(), &[])
    };
    for how in [Confirmed, Conflicting] {
        assert_eq!(weigh(how, Some(Main)), Weight::Alone);
        for network in [Some(Testnet4), Some(Signet), Some(Regtest), None] {
            assert_eq!(weigh(how, network), Weight::Light);
        }
    }
    assert_eq!(weigh(Spent, Some(Main)), Weight::Light);
}

#[test]
fn every_question_passes_over_one_device_without_fault() {
    let records = one(nothing);
    for answer in ask_all(&records) {
        passes(&answer);
        let sentence = answer.sentence();
        assert!(sentence.text(Lang::En).ends_with('.'), "{sentence:?}");
        assert!(sentence.text(Lang::Ja).ends_with('。'), "{sentence:?}");
    }
    // What the auditor must bring: releases, blocks.
    misses(&software(&records));
    misses(&complete(&records, &Papers::default()));
    misses(&open(&records, &Papers::default()));
    passes(&nonces(&records, &Papers::default()));
}

#[test]
fn no_question_is_answered_over_a_device_that_is_not_heard() {
    let mut records = one(nothing);
    records.devices[0].told = Told::Absent;
    for answer in ask_all(&records) {
        misses(&answer);
    }
    let bench = bench();
    let torn = &bench.disk[..bench.disk.len() - 1];
    let found = crate::transcript::VerifiedTranscript::verify(torn, &bench.trust());
    records.devices[0].told = Told::Unverified(found.unwrap_err());
    for answer in ask_all(&records) {
        finds(&answer, Finding::NotVerified);
    }
}

#[test]
fn f05_a_stranger_fails_verification() {
    let mut records = one(nothing);
    records.strangers.push(Phrase::figure("other.transcript"));
    finds(&verify(&records), Finding::Stranger);
}

#[test]
fn f04_a_head_that_somebody_knew_is_looked_for() {
    let known = |head: Option<[u8; 32]>| {
        one(|history| {
            let (device, sealed) = (history.identity.device_id(), &history.sessions[0]);
            let (session, last) = (sealed.number, sealed.last);
            case(history).heads = Vec::from([KnownHead {
                device,
                session,
                head: head.unwrap_or(last),
            }]);
        })
    };
    let mut papers = Papers {
        node: blocks(0, u32::MAX),
        ..Papers::default()
    };
    papers.unread.clear();
    let lost = complete(&known(Some([9; 32])), &papers);
    finds(&lost, Finding::LostHead);
    let there = complete(&known(None), &papers);
    assert!(findings(&there).is_empty(), "{there:?}");
}

/// Blocks answer for themselves: what they do not hold is unspent only where they reach from the
/// signature to what devices know.
#[test]
fn blocks_answer_for_their_range_alone() {
    let mut bench = bench();
    bench.extend_chain(Blocks(5));
    let records = alone(&bench, recorded(&bench));
    let held = records.signed().next().unwrap();
    let (signed, known) = (held.case.height.0, bench.state().height().0);
    assert_eq!(known, signed + 5);
    let ask = |node| {
        let papers = Papers {
            node,
            ..Papers::default()
        };
        let whole = complete(&records, &papers);
        let block_data = |case: &&AuditCase| case.subject.text(Lang::En) == "block data";
        let of_blocks = whole.cases().iter().find(block_data).unwrap().conclusion;
        (of_blocks, open(&records, &papers).conclusion())
    };
    for enough in [blocks(signed + 1, known), blocks(0, known + 9)] {
        assert_eq!(ask(enough), (Conclusion::Pass, Conclusion::Fail));
    }
    for less in [
        blocks(signed + 2, known),
        blocks(signed + 1, known - 1),
        blocks(0, 0),
        NodeData::Parts,
        NodeData::None,
    ] {
        assert_eq!(ask(less), (Conclusion::Missing, Conclusion::Missing));
    }
}

#[test]
fn f08_an_r_value_in_another_signature_is_found_and_a_copy_is_not() {
    let records = one(nothing);
    let held = records.signed().next().unwrap();
    let line = held.case.signatures[0];
    let coin = held.case.intent.as_ref().unwrap().lines[0].coin.into();
    let mut papers = Papers::default();
    papers.signatures.push(FoundSignature {
        file: Phrase::figure("copy"),
        coin,
        signature: Some(line.signature),
        spent_by: None,
    });
    passes(&nonces(&records, &papers));
    papers.signatures[0].signature.as_mut().unwrap().0[63] ^= 1;
    finds(&nonces(&records, &papers), Finding::RepeatedR);
}

#[test]
fn f09_to_f11_devices_of_one_transfer_judged_the_same() {
    passes(&approvals(&two(nothing)));
    let other = approvals(&two(|h| case(h).request = RequestDigest::over(&[b"other"])));
    finds(&other, Finding::OtherRequest);
    let other = approvals(&two(|h| case(h).policy = PolicyDigest::over(&[b"other"])));
    finds(&other, Finding::OtherPolicy);
    let other = approvals(&two(|h| case(h).roster = RosterDigest::over(&[b"other"])));
    finds(&other, Finding::OtherRoster);
}

#[test]
fn f10_and_f11_devices_hold_the_same_policy_and_roster() {
    let at = Height(u32::MAX);
    passes(&policy(&two(nothing), at));
    passes(&roster(&two(nothing), at));
    let other = two(|h| h.policies[0].digest = PolicyDigest::over(&[b"other"]));
    finds(&policy(&other, at), Finding::OtherPolicy);
    let other = two(|h| h.rosters[0].digest = RosterDigest::over(&[b"other"]));
    finds(&roster(&other, at), Finding::OtherRoster);
}

#[test]
fn before_its_installation_a_policy_or_roster_is_missing() {
    let records = one(nothing);
    let history = records.histories().next().unwrap();
    let (first, listed) = (history.policies[0].installed, history.rosters[0].installed);
    passes(&policy(&records, first));
    misses(&policy(&records, Height(first.0 - 1)));
    passes(&roster(&records, listed));
    misses(&roster(&records, Height(listed.0 - 1)));
}

#[test]
fn f12_who_approved_for_one_device_does_not_operate_another() {
    passes(&people(&two(nothing)));
    let both = people(&two(|history| {
        let facts = &mut case(history).facts;
        let approver = facts.people.approvers[0].clone();
        facts.people.operators.as_mut().unwrap()[1] = approver;
    }));
    finds(&both, Finding::OnePersonTwice);
}

/// Devices that signed side by side saw no receipts of each other.
#[test]
fn f12_who_operates_more_devices_than_allowed_is_found() {
    let operated_by = |who: &'static str| {
        people(&two(move |history| {
            let people = &mut case(history).facts.people;
            people.operators.as_mut().unwrap()[1].id = id(who);
        }))
    };
    passes(&operated_by("operator.e"));
    finds(&operated_by("operator.b"), Finding::OnePersonTwice);
}

#[test]
fn who_signed_the_policy_and_operated_elsewhere_is_not_apart() {
    let operated_by = |who: &'static str, least| {
        people(&two(move |history| {
            let case = case(history);
            case.separation.administrators_apart = least;
            case.facts.people.operators.as_mut().unwrap()[1].id = id(who);
        }))
    };
    passes(&operated_by("operator.e", 2));
    passes(&operated_by("admin.a", 1));
    assert_eq!(operated_by("admin.a", 2).conclusion(), Conclusion::Fail);
}

/// A witness, or whoever is to broadcast, with a part at any other device of the same transaction.
#[test]
fn f12_a_witness_or_broadcaster_with_another_part_is_found() {
    let seated = |witness: &'static str, broadcaster: &'static str| {
        people(&two(move |history| {
            let case = case(history);
            case.witnesses = Vec::from([id(witness)]);
            case.broadcaster = id(broadcaster);
        }))
    };
    passes(&seated("witness.w", "broadcaster.w"));
    // At the device itself, at the other one, at a desk, and in both of these seats.
    for acted in ["operator.c", "operator.a", "requester.r", "approver.a"] {
        finds(&seated(acted, "broadcaster.w"), Finding::OnePersonTwice);
        finds(&seated("witness.w", acted), Finding::OnePersonTwice);
    }
    finds(&seated("witness.w", "witness.w"), Finding::OnePersonTwice);
}

#[test]
fn a_session_with_fewer_witnesses_than_called_for_fails() {
    let attended = |count: usize, kind| {
        people(&two(move |history| {
            let case = case(history);
            case.allowed.rules.witnesses = 2;
            case.facts.kind = kind;
            let seated = ["witness.v", "witness.w"].map(id);
            case.witnesses = seated[..count].to_vec();
        }))
    };
    passes(&attended(2, RequestKind::Ordinary));
    for count in [0, 1] {
        let short = attended(count, RequestKind::Ordinary);
        assert_eq!(short.conclusion(), Conclusion::Fail, "{short:?}");
        passes(&attended(count, RequestKind::Sweep));
    }
}

/// Duty is counted at each device over the sessions that sign, whatever each device said of its own.
#[test]
fn who_operated_more_sessions_in_a_row_than_allowed_fails() {
    let in_a_row = |second: [&'static str; 2], kind, most| {
        let bench = bench();
        let mut history = recorded(&bench);
        let mut again = recorded(&bench).sessions;
        again.retain(|session| session.kind.signs());
        let mut again = again.remove(0);
        let case = again.case.as_mut().unwrap();
        case.separation.sessions_in_a_row = most;
        case.facts.kind = kind;
        operate(case, second);
        history.sessions.push(again);
        let records = alone(&bench, history);
        let answer = people(&records);
        let said = |case: &AuditCase| case.found.text(Lang::En).contains("in a row");
        answer.cases().iter().any(said)
    };
    let (same, others) = (["operator.a", "operator.c"], ["operator.c", "operator.d"]);
    let ordinary = RequestKind::Ordinary;
    assert!(in_a_row(same, ordinary, Some(1)));
    assert!(!in_a_row(same, ordinary, Some(2)));
    assert!(!in_a_row(others, ordinary, Some(1)));
    assert!(!in_a_row(same, ordinary, None));
    assert!(!in_a_row(same, RequestKind::Sweep, Some(1)));
}

#[test]
fn a_co_signer_that_the_trust_file_does_not_name_is_missing() {
    let mut records = one(nothing);
    passes(&people(&records));
    records.devices.pop();
    records.trust.devices.pop();
    for answer in ask_all(&records) {
        misses(&answer);
    }
}

/// Blocks may hold a signature of a kind that nobody relays: whoever has the keys can make one.
#[test]
fn f06_a_spend_whose_signatures_say_something_else_is_found() {
    let records = one(nothing);
    let held = records.signed().next().unwrap();
    let wallet = held.history.state.wallets().wallets()[0].clone();
    let script = wallet
        .witness_script(Chain::Receive, crate::types::KeyIndex(0))
        .unwrap();
    let line = held.case.signatures[0];
    let spend = |last: &[u8]| {
        let mut der = bitcoin::secp256k1::ecdsa::Signature::from_compact(&line.signature.0)
            .unwrap()
            .serialize_der()
            .to_vec();
        der.extend_from_slice(last);
        let input = bitcoin::TxIn {
            witness: bitcoin::Witness::from_slice(&[&[][..], &der, script.as_bytes()]),
            ..bitcoin::TxIn::default()
        };
        let tx = bitcoin::Transaction {
            version: bitcoin::transaction::Version::TWO,
            lock_time: bitcoin::absolute::LockTime::ZERO,
            input: Vec::from([input]),
            output: Vec::new(),
        };
        let mut papers = Papers::default();
        let file = Phrase::figure("block");
        papers.add_transaction(&file, &tx, Source::Node(None), &records);
        assert_eq!(papers.signatures.len(), 1);
        findings(&complete(&records, &papers))
    };
    let unknown = |found: &[Finding]| found.contains(&Finding::UnknownSignature);
    // Known r and s, whatever the byte behind them says; one byte more is no signature.
    assert!(!unknown(&spend(&[0x01])));
    assert!(!unknown(&spend(&[0x04])));
    assert!(unknown(&spend(&[0x00, 0x04])));
}

#[test]
fn an_attendance_that_no_officer_signed_fails() {
    let records = one(|history| signed(history).attended[0].officer = None);
    assert_eq!(people(&records).conclusion(), Conclusion::Fail);
}

#[test]
fn f13_two_devices_never_draw_the_same() {
    finds(&rng(&two(nothing)), Finding::RepeatedSample);
    passes(&rng(&one(nothing)));
}

#[test]
fn f14_clocks_that_contradict_each_other() {
    let ask = |change: fn(&mut SessionRecord)| {
        time(&one(|history| change(signed(history))), &Papers::default())
    };
    passes(&ask(|session| session.clock += 1));
    finds(&ask(|session| session.clock -= 1), Finding::Clock);
}

#[test]
fn f15_software_is_known_or_not() {
    let mut records = one(nothing);
    let binary = records.histories().next().unwrap().sessions[0]
        .software
        .binary;
    records.trust.releases.push(TrustedRelease {
        version: id("0.1.0"),
        binary,
    });
    passes(&software(&records));
    records.trust.releases[0].binary = FileDigest::over(&[b"other"]);
    finds(&software(&records), Finding::OtherSoftware);
}

#[test]
fn f17_counts_and_limits() {
    let short = one(|history| {
        let intent = case(history).intent.as_mut().unwrap();
        intent.lines.pop();
    });
    finds(&signatures(&short), Finding::Count);
    let limit = |over: u64| {
        one(|history| {
            let case = case(history);
            let limit = case.allowed.rules.per_transfer;
            case.facts.payments.truncate(1);
            case.facts.payments[0].amount = limit + bitcoin::Amount::from_sat(over);
            case.allowed.rules.windows.clear();
            case.allowed.destinations.clear();
        })
    };
    passes(&limits(&limit(0)));
    finds(&limits(&limit(1)), Finding::Count);
}

/// A policy that allows more is installed and waits: what is signed meanwhile is judged by less.
#[test]
fn f17_a_limit_is_the_one_that_was_in_force() {
    let mut bench = Bench::ready();
    let last = bench.state().policy().unwrap();
    let mut next = last.document().clone();
    next.number = Version(last.number().0 + 1);
    next.predecessor = Some(last.digest());
    rules_of(&mut next).per_transfer = Amount::from_sat(3_000_000);
    bench.install_policy(officers_sign(next, &["admin.a", "admin.b"]).to_bytes());
    bench.world.policy = bench.state().policy().unwrap().at(bench.state().height());
    let case_of = Case::new(&bench.world);
    bench.sign_case(&case_of);
    let ask = |sat: u64| {
        let mut history = recorded(&bench);
        let newest = &mut history.policies.last_mut().unwrap().policy;
        assert_eq!(rules_of(newest).per_transfer, Amount::from_sat(3_000_000));
        let case = case(&mut history);
        assert!(case.allowed.waits_until.is_some());
        case.allowed.rules.windows.clear();
        case.allowed.destinations.clear();
        case.facts.payments.truncate(1);
        case.facts.payments[0].amount = Amount::from_sat(sat);
        limits(&alone(&bench, history))
    };
    passes(&ask(2_000_000));
    finds(&ask(2_000_001), Finding::Count);
}

/// A sweep is judged by its own profile: its quorum, its one wallet, no limit of transfers.
#[test]
fn f17_a_sweep_has_a_profile_of_its_own() {
    let mut bench = sweeping();
    let swept = Case::sweep(&bench.world);
    let _ = bench.sign_as(CeremonyKind::Sweep, &swept);
    let ask = |spoil: &dyn Fn(&mut CaseRecord)| {
        let mut history = recorded(&bench);
        spoil(case(&mut history));
        let records = alone(&bench, history);
        [
            approvals(&records),
            destinations(&records),
            limits(&records),
        ]
    };
    let sweep = bench.world.policy.policy().sweep.clone().unwrap();
    let over = |case: &mut CaseRecord| {
        assert_eq!(case.quorum, sweep.quorum);
        let total = case.facts.total();
        assert_ne!(case.allowed.rules.quorum_for(total), sweep.quorum);
        case.allowed.rules.per_transfer = total - Amount::from_sat(1);
    };
    ask(&over).iter().for_each(passes);
    let [by_quorum, ..] = ask(&|case| case.quorum.approvers += 1);
    assert_eq!(by_quorum.conclusion(), Conclusion::Fail);
    let [_, elsewhere, _] = ask(&|case| case.facts.payments[0].destination = id("hot-1"));
    assert_eq!(elsewhere.conclusion(), Conclusion::Fail);
    // The same without the profile is no sweep.
    let [_, unlisted, exceeded] = ask(&|case| {
        over(case);
        case.allowed.sweep = None;
    });
    assert_eq!(unlisted.conclusion(), Conclusion::Fail);
    finds(&exceeded, Finding::Count);
}

/// Two devices with different policies: the stricter one decides, in whatever order the trust file
/// names them, and each by the height at which its device signed.
#[test]
fn f17_the_strictest_policy_of_the_signers_decides() {
    let bench = bench();
    let other = || {
        let mut other = second(&bench);
        let case = case(&mut other);
        let total = case.facts.total().to_sat();
        case.allowed.rules.per_transfer = Amount::from_sat(total - 1);
        other
    };
    let ask = |house: Vec<DeviceHistory>| limits(&records(&bench, house));
    let third = || idle(2, "third");
    let equal = ask(Vec::from([recorded(&bench), second(&bench), third()]));
    passes(&equal);
    let alone = limits(&alone(&bench, recorded(&bench)));
    assert_eq!(equal.cases(), alone.cases());
    let first = Vec::from([other(), recorded(&bench), third()]);
    finds(&ask(first), Finding::Count);
    let second = Vec::from([recorded(&bench), other(), third()]);
    finds(&ask(second), Finding::Count);
}

/// A device to which headers were withheld counts by its clock, and so does its auditor.
#[test]
fn f17_windows_are_counted_at_the_later_of_headers_and_clock() {
    let bench = bench();
    let ask = |first: u32| {
        let mut house = Vec::from([recorded(&bench), second(&bench), idle(2, "third")]);
        let height = case(&mut house[0]).height;
        let later = case(&mut house[1]);
        later.facts.tx = TxDigest::over(&[b"another"]);
        for line in &mut later.intent.as_mut().unwrap().lines {
            line.coin.vout = line.coin.vout.wrapping_add(1);
        }
        for (history, counted) in house.iter_mut().zip([first, 150]) {
            let case = case(history);
            case.counted = Height(height.0 + counted);
            case.allowed.destinations.clear();
            case.allowed.rules.windows = Vec::from([WindowLimit {
                blocks: Blocks(144),
                amount: Amount::from_sat(2 * case.facts.total().to_sat() - 1),
            }]);
        }
        limits(&records(&bench, house))
    };
    passes(&ask(6));
    finds(&ask(7), Finding::Count);
}

#[test]
fn f17_a_destination_has_limits_of_its_own() {
    let ask = |over: u64, blocks: Option<u32>| {
        limits(&one(|history| {
            let case = case(history);
            case.allowed.rules.windows.clear();
            let listed = &mut case.allowed.destinations[0];
            let paid = case.facts.payments.iter();
            let paid = paid.filter(|payment| payment.destination == listed.id);
            let paid: u64 = paid.map(|payment| payment.amount.to_sat()).sum();
            let limit = Amount::from_sat(paid - over);
            listed.windows.clear();
            match blocks {
                None => listed.limit = limit,
                Some(blocks) => listed.windows.push(WindowLimit {
                    blocks: Blocks(blocks),
                    amount: limit,
                }),
            }
        }))
    };
    for blocks in [None, Some(10)] {
        passes(&ask(0, blocks));
        finds(&ask(1, blocks), Finding::Count);
    }
}

#[test]
fn signatures_without_a_receipt_are_not_accounted_for() {
    misses(&signatures(&one(|history| case(history).receipt = None)));
}

/// A device whose power failed after so many of two signatures, and that went on.
fn resumed(made: usize) -> Bench {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    bench.take_in(CeremonyKind::Sign, &case);
    let confirmed = bench.confirm();
    drop(bench.sign(confirmed, made));
    bench.journal = crate::transcript::Journal::load(&bench.disk).unwrap();
    bench.take_in(CeremonyKind::Resume, &case);
    let confirmed = bench.confirm();
    let signing = bench.sign(confirmed, usize::MAX);
    let _ = bench.receipt(signing);
    bench.close(crate::transcript::Outcome::Signed);
    bench
}

#[test]
fn what_a_cut_session_signed_leaves_with_the_one_that_goes_on() {
    for made in [0, 1, 2] {
        let bench = resumed(made);
        let records = alone(&bench, recorded(&bench));
        for answer in ask_all(&records) {
            passes(&answer);
        }
        let released = |papers: &Papers| {
            let answer = complete(&records, papers);
            let mut cases = answer.cases().iter().cloned();
            let of_sessions = |case: &AuditCase| case.subject.text(Lang::En).contains("session ");
            let case = cases.find(|case| of_sessions(case)).unwrap();
            assert!(cases.all(|other| !of_sessions(&other) || other.conclusion == case.conclusion));
            case.conclusion
        };
        let mut papers = Papers::default();
        assert_eq!(released(&papers), Conclusion::Missing, "{made}");
        let held = records.signed().last().unwrap();
        let receipt = &bench.receipts()[0].receipt.0;
        papers.receipts.push(FoundReceipt {
            file: Phrase::figure("resumed.psbt"),
            digest: held.case.receipt.unwrap(),
            receipt: crate::cose::peek(receipt).unwrap(),
        });
        assert_eq!(released(&papers), Conclusion::Pass, "{made}");
    }
}

/// Who let the signatures of a cut session go stands in its receipt, and is who operated the device.
#[test]
fn f12_who_resumed_a_session_operated_the_device() {
    for made in [0, 1, 2] {
        let bench = resumed(made);
        let with = |others: [&'static str; 2]| {
            let mut first = recorded(&bench);
            let resumed = first.sessions.last_mut().unwrap();
            assert_eq!(resumed.kind, CeremonyKind::Resume);
            let (went_on, mut other) = (resumed.case.as_mut().unwrap(), second(&self::bench()));
            operate(went_on, ["operator.c", "operator.d"]);
            operate(case(&mut other), others);
            people(&records(
                &bench,
                Vec::from([first, other, idle(2, "third")]),
            ))
        };
        finds(&with(["operator.c", "operator.e"]), Finding::OnePersonTwice);
        // The receipt does not name who sat there before the cut.
        passes(&with(["operator.a", "operator.b"]));
    }
}

fn operate(case: &mut CaseRecord, who: [&'static str; 2]) {
    let people = case.facts.people.operators.as_mut().unwrap();
    for (person, who) in people.iter_mut().zip(who) {
        person.id = id(who);
    }
}

#[test]
fn a_screen_or_an_answer_less_fails() {
    passes(&shown(&one(nothing)));
    for change in [
        (|session: &mut SessionRecord| session.screens -= 1) as fn(&mut SessionRecord),
        |session| session.answers -= 1,
    ] {
        let answer = shown(&one(|history| change(signed(history))));
        assert_eq!(answer.conclusion(), Conclusion::Fail, "{answer:?}");
    }
}

#[test]
fn too_few_or_late_approvals_fail() {
    for change in [
        (|case: &mut CaseRecord| case.facts.people.approvers.truncate(1)) as fn(&mut CaseRecord),
        |case| case.approvals[0].2 = Height(case.height.0 + 1),
    ] {
        let answer = approvals(&one(|history| change(case(history))));
        assert_eq!(answer.conclusion(), Conclusion::Fail, "{answer:?}");
    }
}

#[test]
fn a_payment_to_another_address_or_too_early_fails() {
    for change in [
        (|history: &mut DeviceHistory| case(history).facts.payments[0].address.push('x'))
            as fn(&mut DeviceHistory),
        |history| {
            let height = case(history).height;
            for destination in &mut case(history).allowed.destinations {
                destination.activation = Height(height.0 + 1);
            }
        },
        |history| case(history).facts.payments[0].destination = id("nowhere"),
    ] {
        let answer = destinations(&one(change));
        assert_eq!(answer.conclusion(), Conclusion::Fail, "{answer:?}");
    }
}

#[test]
fn an_exception_names_who_decided() {
    let deviation = |who: Option<&str>| {
        one(|history| {
            let line = Line::lossy("text");
            signed(history).exceptions.push(Exception {
                step: 3,
                expected: line.clone(),
                happened: line.clone(),
                decision: line,
                decided_by: who.map(id),
            });
        })
    };
    passes(&exceptions(&deviation(Some("admin.a"))));
    misses(&exceptions(&deviation(None)));
}

#[test]
fn a_refusal_is_told_and_never_ends_in_signatures() {
    let refusal = || {
        let (expected, got) = (Phrase::figure(1), Phrase::figure(2));
        crate::rule::Refusal::new(RuleId::POL01, crate::rule::Place::Whole, expected, got)
    };
    let signed_all_the_same = one(|history| signed(history).refusals.push(refusal()));
    let answer = refusals(&signed_all_the_same);
    assert_eq!(answer.conclusion(), Conclusion::Fail);
    let ended = one(|history| {
        signed(history).refusals.push(refusal());
        signed(history).outcome = crate::transcript::Outcome::Refused;
    });
    let answer = refusals(&ended);
    passes(&answer);
    assert_eq!(answer.cases().len(), 1);
}

#[test]
fn a_sample_depends_on_the_seed_and_on_nothing_else() {
    let records = one(nothing);
    let draw = |size, seed| sample(&records, size, seed);
    assert_eq!(draw(25, "a").cases(), draw(25, "a").cases());
    misses(&draw(0, "a"));
    // Which come first is the seed's alone.
    let all: Vec<TxDigest> = (0..32_u8).map(|n| TxDigest::over(&[&[n]])).collect();
    let order = |seed| {
        let mut order = all.clone();
        order.sort_by_key(|tx| question::sample::place(seed, tx));
        order
    };
    assert_eq!(order("a"), order("a"));
    assert_ne!(order("a"), order("b"));
}

#[test]
fn every_finding_has_words_of_its_own() {
    let mut sentences = BTreeSet::new();
    for (number, finding) in (1..).zip(Finding::ALL) {
        assert_eq!(finding.name(), alloc::format!("F{number:02}"));
        for lang in [Lang::En, Lang::Ja] {
            assert!(sentences.insert(finding.sentence(lang)), "{finding:?}");
            assert!(!finding.advice(lang).is_empty());
        }
    }
}
