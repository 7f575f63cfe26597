//! One refusal of each rule, as officers read it in both languages: a golden text, written anew with
//! `HIMURO_GOLDEN=write`, and then read by somebody.

use alloc::collections::BTreeSet;
use std::path::Path;
use std::string::String;
use std::vec::Vec;
use std::{env, format, fs};

use super::catalogue::first_refusal;
use super::{Case, TIP, dated, world};
use crate::approval::RequestKind;
use crate::digest::SharesDigest;
use crate::environment::judge;
use crate::keys::{CkaId, KeyRole, Signature64};
use crate::ledger::LedgerState;
use crate::life::{Found, env03, key02};
use crate::policy::pol08;
use crate::psbt::signed::only_permitted_difference;
use crate::random::testing::evidence;
use crate::review::Step;
use crate::rule::{Refusal, RuleId, Stage, Verdict};
use crate::settlement::CONFIRMATIONS;
use crate::settlement::testing::{proof, transaction};
use crate::signing::{ReceiptFacts, Signing, SigningHsm};
use crate::split::{Credential, PinSplit};
use crate::token::{
    Assurance, Expectation, Inventory, Line, LoginState, Pattern, RandomBefore, Relaxations,
    SeenKey, SessionEnd, hsm01, hsm02, hsm03, hsm04, hsm05, hsm06,
};
use crate::transcript::testing::{Bench, reading};
use crate::transcript::{
    Anchor, Body, CeremonyKind, Outcome, UnverifiedTranscript, VerifiedTranscript, trn03, trn05,
};
use crate::types::{Lang, Network};
use crate::wallet::{refused_card, refused_extension, refused_hsm};

#[test]
fn one_refusal_of_each_rule_is_the_golden_text() {
    let refusals = every();
    let ruled: BTreeSet<RuleId> = refusals.iter().map(|refusal| refusal.rule).collect();
    let missing: Vec<_> = RuleId::ALL
        .iter()
        .filter(|rule| !ruled.contains(rule))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    let text = |refusal: &Refusal| {
        let [en, ja] = [Lang::En, Lang::Ja].map(|lang| refusal.text(lang));
        format!("{en}\n{ja}\n")
    };
    let text = refusals
        .iter()
        .map(text)
        .collect::<Vec<String>>()
        .join("\n");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/refusals.txt");
    if env::var("HIMURO_GOLDEN").as_deref() == Ok("write") {
        fs::write(&path, &text).unwrap();
    }
    assert_eq!(text, fs::read_to_string(&path).unwrap());
}

fn every() -> Vec<Refusal> {
    let judging = [Stage::Parse, Stage::Bind, Stage::Check, Stage::Approve];
    let mut all: Vec<Refusal> = judging
        .into_iter()
        .flat_map(RuleId::of)
        .filter(|rule| *rule != RuleId::TIM01)
        .map(first_refusal)
        .collect();
    all.extend(of_time());
    all.extend(of_review());
    all.extend(of_signing());
    all.extend(of_machine());
    all.extend(of_token());
    all.extend(of_transcript());
    all.extend(of_settlements());
    all.extend(of_the_life_of_keys());
    all.extend(refused_extension().into_iter().take(1));
    all.extend(refused_hsm());
    all.extend(refused_card());
    all.push(refused_policy());
    all
}

/// Of the same policy again.
fn refused_policy() -> Refusal {
    let mut bench = Bench::ready();
    bench.open(CeremonyKind::Policy);
    let state = bench.state();
    pol08(state, &bench.world.policy.to_bytes(), state.time()).unwrap_err()
}

fn of_review() -> [Refusal; 2] {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    bench.take_in(CeremonyKind::Sign, &case);
    bench.judge().unwrap();
    let unread = bench.review().finish().unwrap_err();
    let mut review = bench.review();
    while !matches!(review.step(), Step::Done) {
        if matches!(review.step(), Step::Show { .. }) {
            review.shown();
        } else {
            let _ = review.answer("what does not stand there");
        }
    }
    [unread, review.finish().unwrap_err()]
}

/// A signing at its beginning.
fn begun() -> (Bench, Signing) {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    bench.take_in(CeremonyKind::Sign, &case);
    let confirmed = bench.confirm();
    let signing = bench.sign(confirmed, 0);
    (bench, signing)
}

fn of_signing() -> [Refusal; 5] {
    let judged = |change: fn(Signature64) -> Signature64, seen: bool| {
        let (mut bench, mut signing) = begun();
        let order = signing.next_order().unwrap();
        let made = bench.device.sign(&order).unwrap();
        let mut ledger = LedgerState::empty();
        if seen {
            ledger.record_signature(&made);
        }
        signing.accept(order, change(made), &ledger).unwrap_err()
    };
    let (bench, signing) = begun();
    let facts = ReceiptFacts {
        head: [0; 32],
        entries: 1,
        signature_count: 0,
    };
    let unfinished = signing.receipt(facts, bench.device.identity());
    let psbt = Case::new(&bench.world).full(&bench.world);
    [
        judged(|_| Signature64([1; 64]), false),
        judged(high, false),
        judged(|made| made, true),
        unfinished.unwrap_err(),
        only_permitted_difference(&psbt, &psbt).unwrap_err(),
    ]
}

/// The same signature with the other S.
fn high(signature: Signature64) -> Signature64 {
    let (r, s) = k256::ecdsa::Signature::from_slice(&signature.0)
        .unwrap()
        .split_scalars();
    let high = k256::ecdsa::Signature::from_scalars(r, -s).unwrap();
    Signature64(high.to_bytes().into())
}

fn first_of(verdict: Verdict) -> Refusal {
    match verdict {
        Verdict::Refused(refusals) => refusals[0].clone(),
        other => panic!("{other:?}"),
    }
}

fn of_machine() -> Vec<Refusal> {
    let mut reading = reading();
    reading.netlink = None;
    reading.swaps = Some(std::vec!["/dev/sda2".into()]);
    let lines = judge(&reading, Assurance::Verified).into_iter();
    let mut bench = Bench::ready();
    bench.freeze().unwrap();
    let frozen = env03(bench.state().frozen(), Some(RequestKind::Ordinary));
    let verdicts = lines.map(|line| line.verdict).chain([frozen]);
    verdicts.map(first_of).collect()
}

fn of_token() -> [Refusal; 7] {
    let facts = super::device::hsm_facts();
    let expected = Expectation {
        vendor: Vec::from([Pattern::new("Another vendor").unwrap()]),
        model: Vec::new(),
        min_firmware: None,
        commissioned: None,
    };
    let stranger = CkaId::single(KeyRole::Officer);
    let inventory = Inventory {
        keys: Vec::from([SeenKey {
            id: stranger,
            point: None,
        }]),
        halves: Vec::new(),
        foreign: Vec::new(),
    };
    let mut stuck = evidence("");
    stuck.hsm.longest_run = 1_024;
    let before = BTreeSet::new();
    let alone = PinSplit {
        credential: Credential::User,
        number: 1,
        shares: SharesDigest::over(&[]),
        threshold: 1,
        holders: Vec::from([super::id("operator.a")]),
    };
    let open = SessionEnd {
        login: LoginState::LoggedIn,
        visible_private_keys: 0,
    };
    assert_ne!(facts.vendor, Line::lossy("Another vendor"));
    [
        hsm01([], &Relaxations::none()),
        hsm02(&facts, &expected),
        hsm03(&inventory, []),
        hsm04(&stuck, RandomBefore::Sessions(&before)),
        hsm05(open),
        hsm06(facts.standing(), Some(&facts), Network::Main, None),
        Bench::ready().state().judge_split(&alone).unwrap(),
    ]
    .map(first_of)
}

/// The vectors are of regtest, where TIM01 does not apply.
fn of_time() -> Vec<Refusal> {
    let mut case = Case::new(world());
    case.time = dated(TIP, 1_790_000_000, 1_790_090_000);
    let mut refusals = super::refusals(case.approve(world()));
    refusals.retain(|refusal| refusal.rule == RuleId::TIM01);
    refusals
}

fn of_transcript() -> [Refusal; 4] {
    let mut bench = Bench::born();
    let chain = UnverifiedTranscript::parse(&bench.disk).unwrap();
    let rolled_back = trn03(None, &chain).unwrap_err();
    let broken = UnverifiedTranscript::parse(&[]).unwrap_err();
    let out_of_turn = bench
        .journal
        .append(Body::Closed(Outcome::Done))
        .unwrap_err();
    bench.open(CeremonyKind::Sign);
    let open = VerifiedTranscript::verify(&bench.disk, &bench.trust()).unwrap_err();
    [broken, open.refusals()[0].clone(), rolled_back, out_of_turn]
}

fn of_settlements() -> [Refusal; 1] {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    bench.sign_case(&case);
    let file = proof(&bench, &[transaction(&bench, &case)], CONFIRMATIONS - 1);
    bench.begin_settling(&file);
    [bench.judge_settlement(&file.settlement).unwrap_err()]
}

fn of_the_life_of_keys() -> [Refusal; 3] {
    let mut bench = Bench::ready();
    let backup = Anchor::following(None, &bench.journal);
    bench.open(CeremonyKind::Inventory);
    bench.close(Outcome::Done);
    let journal = UnverifiedTranscript::parse(&bench.disk).unwrap();
    let restored = trn05(Some(&backup), &journal).unwrap_err();
    let unproven = bench.prove(|report| report.lines[0].found = Found::Unproven);
    let mut bench = Bench::ready();
    bench.retire();
    let mut what = bench.confirm_destruction().what().clone();
    what.keys.pop();
    let spared = key02(bench.state(), &what).unwrap_err();
    [restored, first_of(unproven), spared]
}
