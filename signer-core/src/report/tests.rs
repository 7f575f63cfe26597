//! Reports of sessions and cases, as they should be and with what hostile words can do to them.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use std::vec;

use bitcoin::consensus::serialize;
use bitcoin::{Transaction, Witness};

use super::case::CaseStanding;
use super::{CaseReport, FinishedTx, SessionRecord};
use crate::digest::{hex, sha256_of};
use crate::html::checks;
use crate::psbt::{Limits, ParsedPsbt};
use crate::review::tests::golden;
use crate::rule::RuleId;
use crate::testing::{Ballot, Case, Output, id, label};
use crate::token::Line;
use crate::transcript::testing::Bench;
use crate::transcript::{
    Aborted, Body, CeremonyKind, Exception, Journal, Outcome, VerifiedTranscript, WrongPin,
};
use crate::types::{Lang, SessionNumber};

const COMMAND: &str = "host-cli audit report --folder FOLDER --trust TRUST --out OUT";

fn verified(bench: &Bench) -> VerifiedTranscript {
    VerifiedTranscript::verify(&bench.disk, &bench.trust()).unwrap()
}

/// The page of the last session.
fn last_page(bench: &Bench) -> String {
    let page = unchecked_page(bench);
    checks::loads_and_runs_nothing(&page);
    checks::tags_are_closed_in_order(&page);
    page
}

/// The same where words in it only look like what a page may not hold.
fn unchecked_page(bench: &Bench) -> String {
    let verified = verified(bench);
    let mut records = SessionRecord::all(&verified);
    records.pop().unwrap().page(COMMAND)
}

/// A session that signs, in Japanese, with one slip and one exception on the way.
fn signed_in_japanese() -> Bench {
    let mut bench = Bench::ready();
    bench.lang = Lang::Ja;
    let mut case = Case::new(&bench.world);
    case.signed_by = vec![1];
    bench.take_in(CeremonyKind::Sign, &case);
    bench.add(Body::WrongPin(WrongPin {
        tries_left: Some(2),
    }));
    bench.add(Body::Exception(Exception {
        step: 5,
        expected: Line::lossy("bag 4711 sealed"),
        happened: Line::lossy("label torn, seal whole"),
        decision: Line::lossy("go on"),
        decided_by: Some(id("admin.a")),
    }));
    let mut review = bench.review();
    bench.read(&mut review, 2);
    let _ = bench.type_in(&mut review, "0.1");
    bench.read(&mut review, usize::MAX);
    let signing = bench.sign(review.finish().unwrap(), usize::MAX);
    let _ = bench.receipt(signing);
    bench.close(Outcome::Signed);
    bench
}

fn refused() -> Bench {
    let mut bench = Bench::ready();
    let mut case = Case::new(&bench.world);
    case.outputs[0] = Output::to("nobody", 1_200_000);
    case.ballots.push(Ballot::no("approver.b"));
    bench.take_in(CeremonyKind::Sign, &case);
    let _ = bench.judge().unwrap_err();
    bench.close(Outcome::Refused);
    bench
}

fn aborted() -> Bench {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    bench.take_in(CeremonyKind::Sign, &case);
    let mut review = bench.review();
    bench.read(&mut review, 3);
    let _ = bench.type_in(&mut review, "r");
    bench.add(Body::Aborted(Aborted {
        step: 7,
        seat: None,
        reason: Line::lossy("rejected"),
    }));
    bench.close(Outcome::Aborted);
    bench
}

/// Cut after one of two signatures, then resumed.
fn resumed() -> Bench {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    bench.take_in(CeremonyKind::Sign, &case);
    let confirmed = bench.confirm();
    drop(bench.sign(confirmed, 1));
    bench.journal = Journal::load(&bench.disk).unwrap();
    bench.take_in(CeremonyKind::Resume, &case);
    let confirmed = bench.confirm();
    let signing = bench.sign(confirmed, usize::MAX);
    let _ = bench.receipt(signing);
    bench.close(Outcome::Signed);
    bench
}

#[test]
fn the_pages_are_the_golden_ones() {
    golden("report-signed.html", &last_page(&signed_in_japanese()));
    golden("report-refused.html", &last_page(&refused()));
    golden("report-aborted.html", &last_page(&aborted()));
}

#[test]
fn a_page_says_what_was_requested_shown_answered_and_signed() {
    let bench = signed_in_japanese();
    let page = last_page(&bench);
    let state = verified(&bench);
    let seal = state.state().last_seal().unwrap();
    for said in [
        "wr-2026-000123",
        "requester.r",
        "approver.a",
        "operator.b",
        "<b class=\"stop\">WRONG",
        "<b class=\"held\">right",
        "label torn, seal whole",
        "2 tries are left",
        "残り回数 2",
        "SIGNED",
        "署名済み",
        &seal.to_hex(),
        &hex(&sha256_of(&bench.disk)),
        COMMAND,
    ] {
        assert!(page.contains(said), "{said}");
    }
    for line in state.entries().iter().rev() {
        if let Body::Result(line) = &line.body {
            assert!(page.contains(&hex(&line.signature.r())));
            assert!(page.contains(&hex(&line.signature.s())));
        }
    }
    assert!(!page.contains("REFUSED"));
}

/// Every rule stands on every page: with its verdict, or by name among those without one.
#[test]
fn every_rule_stands_on_every_page() {
    let makers: [fn() -> Bench; 5] = [signed_in_japanese, refused, aborted, resumed, Bench::born];
    for make in makers {
        let page = last_page(&make());
        for rule in RuleId::ALL {
            assert!(page.contains(rule.name()), "{rule}");
        }
    }
}

#[test]
fn a_refused_session_names_the_rule_and_who_rejected() {
    let page = last_page(&refused());
    assert!(
        page.contains("REFUSED by a rule: nothing was released (POL01"),
        "{page}"
    );
    assert!(page.contains("<th class=\"stop\">REJECTED"));
    assert!(page.contains("No screen about a transaction was shown."));
    assert!(page.contains("it is dead on this device, for ever"));
}

#[test]
fn an_aborted_session_says_where_it_ended() {
    let page = last_page(&aborted());
    assert!(page.contains("<b class=\"stop\">REJECTED"));
    assert!(page.contains("Ended at step 7 by the program: rejected"));
    assert!(!page.contains("sighash ALL <code></code>"));
    assert!(!page.contains("<br><b>"), "a signature that nobody made");
}

#[test]
fn a_cut_session_says_what_was_made_before_the_cut() {
    let bench = resumed();
    let verified = verified(&bench);
    let records = SessionRecord::all(&verified);
    let cut = records
        .iter()
        .find(|record| record.outcome() == Outcome::Cut)
        .unwrap();
    let page = cut.page(COMMAND);
    assert!(page.contains("Cut after 1 of 2 intended signatures"));
    assert!(page.contains("none of its own: the next seal covers it"));
    // What went on after it released both.
    let last = records.last().unwrap();
    assert_eq!(last.signatures_made().len(), 2);
}

/// The same bytes give the same page, alone or among all, and also when the journal has grown.
#[test]
fn a_page_is_made_again_byte_for_byte() {
    let mut bench = signed_in_japanese();
    let before = verified(&bench);
    let first: Vec<String> = SessionRecord::all(&before)
        .iter()
        .map(|record| record.page(COMMAND))
        .collect();
    bench.open(CeremonyKind::Headers);
    bench.close(Outcome::Done);
    let after = verified(&bench);
    for (page, number) in first.iter().zip(1..) {
        let alone = SessionRecord::of(&after, SessionNumber(number)).unwrap();
        assert_eq!(*page, alone.page(COMMAND), "session {number}");
    }
    assert!(SessionRecord::of(&after, SessionNumber(99)).is_none());
}

/// Every session of every ceremony that the benches know has a page.
#[test]
fn every_ceremony_has_a_page() {
    use crate::transcript::testing::{recovered, renewed, thawed};
    let makers: [fn() -> Bench; 4] = [resumed, recovered, renewed, thawed];
    for make in makers {
        let bench = make();
        let verified = verified(&bench);
        let records = SessionRecord::all(&verified);
        assert_eq!(records.len(), verified.state().sessions().len());
        for record in records {
            let page = record.page(COMMAND);
            checks::loads_and_runs_nothing(&page);
            checks::tags_are_closed_in_order(&page);
            assert_eq!(record.hashes.len(), record.entries.len());
        }
    }
}

/// Each page shows the acceptance test of the HSM of its session: the old one's up to the
/// replacement, the new one's from it on.
#[test]
fn a_page_shows_the_acceptance_test_of_its_own_hsm() {
    use crate::token::acceptance_of;
    let mut bench = Bench::ready();
    bench.prove_whole();
    let mut order = bench.replacement();
    let mut record = acceptance_of(&order.hsm);
    record.report = crate::digest::AcceptanceDigest::over(&[b"the restored one"]);
    let named = hex(record.report.as_bytes());
    order.acceptance = Some(record);
    bench.try_replace(order, None).unwrap();
    bench.close(Outcome::Done);
    bench.open(CeremonyKind::Headers);
    bench.close(Outcome::Done);
    let verified = verified(&bench);
    let mut tested = vec![];
    for record in SessionRecord::all(&verified) {
        let page = record.page(COMMAND);
        let none = "no test on record: not for main net";
        assert_ne!(page.contains(&named), page.contains(none));
        tested.push((record.opened.kind, page.contains(&named)));
    }
    let before = tested.len() - 2;
    assert!(tested[..before].iter().all(|(_, new)| !new));
    let expected = [(CeremonyKind::Replace, true), (CeremonyKind::Headers, true)];
    assert_eq!(tested[before..], expected);
}

#[test]
fn hostile_words_cannot_leave_their_place() {
    for hostile in [
        "</td></table><script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "<style>.stop{display:none}</style>",
        "</pre></div><!-- & &lt;b&gt; '",
    ] {
        let page = |purpose: &'static str, typed: &str| {
            let mut bench = Bench::ready();
            let mut case = Case::new(&bench.world);
            case.edit_request = Box::new(move |request| request.purpose = label(purpose));
            bench.take_in(CeremonyKind::Sign, &case);
            let mut review = bench.review();
            bench.read(&mut review, 0);
            let _ = bench.type_in(&mut review, typed);
            bench.add(Body::Aborted(Aborted {
                step: 7,
                seat: None,
                reason: Line::lossy(typed),
            }));
            bench.close(Outcome::Aborted);
            unchecked_page(&bench)
        };
        let tags = |page: &str| -> Vec<String> {
            let parts = page.split('<').skip(1);
            parts
                .map(|part| part.split('>').next().unwrap().into())
                .collect()
        };
        let (bad, good) = (page(hostile, hostile), page("x", "y"));
        assert_eq!(tags(&bad), tags(&good), "{hostile}");
        assert!(!bad.contains(hostile));
    }
}

#[test]
fn signs_that_hide_others_are_made_visible() {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    bench.take_in(CeremonyKind::Sign, &case);
    let mut review = bench.review();
    bench.read(&mut review, 0);
    let _ = bench.type_in(&mut review, "a\u{202e}b\u{0}\u{200b}");
    bench.add(Body::Aborted(Aborted {
        step: 7,
        seat: None,
        reason: Line::lossy("x"),
    }));
    bench.close(Outcome::Aborted);
    let page = last_page(&bench);
    assert!(page.contains("a\\u{202e}b\\u{0}\\u{200b}"));
    assert!(!page.contains(['\u{202e}', '\u{0}', '\u{200b}']));
}

/// Two devices of the wallet sign the same case, and what became of it.
struct Settled {
    benches: [Bench; 2],
    tx: Transaction,
}

fn settled() -> Settled {
    let benches = [0, 1].map(|place| {
        let mut bench = Bench::ready_as(place);
        let case = Case::new(&bench.world);
        bench.sign_case(&case);
        bench
    });
    let case = Case::new(&benches[0].world);
    let psbt = case.full(&benches[0].world).into_bytes();
    let parsed = ParsedPsbt::parse_within(psbt, Limits::HEAVY).unwrap();
    let mut tx = parsed.tx().clone();
    for (place, input) in tx.input.iter_mut().enumerate() {
        let mut witness = Witness::new();
        for bench in &benches {
            let verified = verified(bench);
            let records = SessionRecord::all(&verified);
            let made = records.last().unwrap().signatures_made()[place].signature;
            let mut der = bitcoin::secp256k1::ecdsa::Signature::from_compact(&made.0)
                .unwrap()
                .serialize_der()
                .to_vec();
            der.push(1);
            witness.push(der);
        }
        input.witness = witness;
    }
    Settled { benches, tx }
}

fn standing(settled: &Settled, devices: &[usize], tx: Option<&Transaction>) -> CaseStanding {
    let verified: Vec<VerifiedTranscript> = devices
        .iter()
        .map(|device| verified(&settled.benches[*device]))
        .collect();
    let case = id("wr-2026-000123");
    let records = verified
        .iter()
        .flat_map(|v| SessionRecord::of_case(v, &case));
    let finished = tx.map(|tx| FinishedTx::parse(&serialize(tx)).unwrap());
    let finished: Vec<FinishedTx> = finished.into_iter().collect();
    let report = CaseReport::of(case.clone(), records.collect(), &finished).unwrap();
    assert_eq!(report.sessions().len(), devices.len());
    let page = report.page(COMMAND);
    checks::loads_and_runs_nothing(&page);
    checks::tags_are_closed_in_order(&page);
    report.standing()
}

#[test]
fn a_case_says_whether_the_final_transaction_is_the_approved_one() {
    let settled = settled();
    let all = [0, 1];
    assert_eq!(
        standing(&settled, &all, Some(&settled.tx)),
        CaseStanding::Finished
    );
    assert_eq!(
        standing(&settled, &[0], Some(&settled.tx)),
        CaseStanding::Elsewhere
    );
    assert_eq!(standing(&settled, &all, None), CaseStanding::Signed);
    let mut other = settled.tx.clone();
    other.output[0].value = bitcoin::Amount::from_sat(other.output[0].value.to_sat() - 1);
    assert_eq!(
        standing(&settled, &all, Some(&other)),
        CaseStanding::Another
    );
    let mut unsigned = settled.tx.clone();
    for input in &mut unsigned.input {
        input.witness = Witness::new();
    }
    assert_eq!(
        standing(&settled, &all, Some(&unsigned)),
        CaseStanding::Elsewhere
    );
}

#[test]
fn the_page_of_a_case_is_the_golden_one() {
    let settled = settled();
    let verified: Vec<VerifiedTranscript> = settled.benches.iter().map(verified).collect();
    let case = id("wr-2026-000123");
    let records = verified
        .iter()
        .flat_map(|v| SessionRecord::of_case(v, &case));
    let finished = FinishedTx::parse(&serialize(&settled.tx)).unwrap();
    let report = CaseReport::of(case.clone(), records.collect(), &[finished]).unwrap();
    let page = report.page(COMMAND);
    assert!(page.contains("2 of 2 sessions that signed were about the very same request"));
    assert!(page.contains("4 of its 4 signatures were made in the sessions of this page"));
    golden("report-case.html", &page);
}

#[test]
fn a_case_without_a_session_has_no_page_and_one_that_was_refused_has() {
    let bench = refused();
    let verified = verified(&bench);
    assert!(CaseReport::of(id("other"), SessionRecord::all(&verified), &[]).is_none());
    let report = CaseReport::of(id("wr-2026-000123"), SessionRecord::all(&verified), &[]).unwrap();
    assert_eq!(report.standing(), CaseStanding::Nothing);
}

#[test]
fn bytes_that_are_no_transaction_are_refused() {
    assert!(FinishedTx::parse(b"no").is_err());
    assert!(FinishedTx::parse(&[]).is_err());
}
