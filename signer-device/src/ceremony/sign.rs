//! Signing: operators authenticate, exactly one PSBT is read and judged, people read every screen
//! and type what they read, then the HSM signs, and what it signed is released after the seal.

use std::collections::VecDeque;
use std::path::PathBuf;

use hsm_profiles::AskedSignature;
use signer_core::approval::ApprovedTx;
use signer_core::codec::ByteString;
use signer_core::environment;
use signer_core::frames::Form;
use signer_core::phrase;
use signer_core::review::{Answer as Judged, ConfirmedTx, Review, Step};
use signer_core::rule::RuleReport;
use signer_core::signing::{
    Intended, ReceiptFacts, SighashOrder, SignedPsbt, Signing, SigningHsm as _,
};
use signer_core::transcript::{
    Answered, Body, Channel, NotApproved, OpenSession, Outcome, Rechecked, Release, SealedSession,
    Shown, begin_signing, judge, new_rejections, review,
};
use signer_core::types::{Lang, SessionNumber};

use super::Script;
use super::begin::Desk;
use super::intake::{Mouth, take_in};
use super::officers;
use super::session::{Session, of_hsm};
use super::witnesses;
use crate::console::{self, Answer, Who};
use crate::failure::Failure;
use crate::files::Output;
use crate::gap::{self, Outlet};
use crate::machine;
use crate::plan::{Codes, Sign};
use crate::reissue;

/// Signatures that the HSM is asked for before the first of them is waited for: with two it never
/// waits for this program.
const AHEAD: usize = 2;
/// Progress is said each time this many signatures are made.
const EVERY: usize = 25;

/// The paper: `docs/ceremony/sign.md`.
pub(crate) const SCRIPT: Script = Script {
    name: "sign",
    steps: &[
        ["Environment", "環境の確認"],
        ["Journal", "ジャーナルの確認"],
        ["Token", "トークンの確認"],
        ["Session", "セッションの開始"],
        ["Operators", "操作者の認証"],
        ["Read the PSBT", "PSBTの読込"],
        ["Rules", "規則の判定"],
        ["Review", "画面の確認と入力"],
        ["Environment again", "環境の再確認"],
        ["Intent", "署名意図の記録"],
        ["Signatures", "署名"],
        ["Witnesses", "立会確認"],
        ["Receipt", "受領証"],
        ["Seal", "封印"],
        ["Release", "書き出し"],
        ["Log out", "ログアウト"],
    ],
};

/// Runs the ceremony, and shows the answer where that was asked for.
pub(crate) fn run(plan: Sign) -> Result<(), Failure> {
    let (place, codes) = (plan.place.clone(), plan.codes.clone());
    let (session, form) = ceremony(plan)?;
    reissue::show(place, session, &codes, form)
}

/// The ceremony; its session, and the form of the answer.
fn ceremony(plan: Sign) -> Result<(SessionNumber, Form), Failure> {
    let mouth = Mouth::open(&plan.source)?;
    let outlets = Outlet::all(&plan.outputs, &plan.codes)?;
    let mut desk = Desk::sit_down(&plan.place, plan.token, &SCRIPT)?;
    let opening = mouth.opening(&desk)?;
    let seats = plan.witnesses;

    // 1. Environment
    desk.room.step(1)?;
    let machine = desk.machine()?;

    // 2. Journal
    desk.room.step(2)?;
    desk.journal()?;

    // 3. Token
    desk.room.step(3)?;
    let mut token = desk.token()?;

    // 4. Session
    token.room().step(4)?;
    let mut session = token.open(opening, machine)?;
    match sign(&mut session, mouth, seats) {
        Ok((signed, channel)) => finish(session, signed, channel, outlets),
        Err(failure) => Err(refused(session, failure, outlets, &plan.codes)),
    }
}

/// Steps 5 to 13, inside the session.
fn sign(session: &mut Session, mouth: Mouth, seats: u8) -> Result<(SignedPsbt, Channel), Failure> {
    // 5. Operators
    session.room.step(5)?;
    let _operators = officers::authenticate(session)?;
    witnesses::sit_down(session, seats)?;

    // 6. Read the PSBT
    session.room.step(6)?;
    let channel = take_in(session, mouth)?;

    // 7. Rules
    session.room.step(7)?;
    let approved = judge_it(session)?;

    // 8. Review
    session.room.step(8)?;
    let confirmed = confirm(session, approved)?;

    // 9. Environment again
    session.room.step(9)?;
    recheck(session)?;

    // 10. Intent
    session.room.step(10)?;
    let intended = begin_signing(session.journal().state(), confirmed);
    let intended = intended.map_err(|refusal| session.refuse(&refusal))?;
    let mut signing = intend(session, intended)?;

    // 11. Signatures
    session.room.step(11)?;
    make_signatures(session, &mut signing)?;

    // 12. Witnesses
    session.room.step(12)?;
    witnesses::sign_for_it(session)?;

    // 13. Receipt
    session.room.step(13)?;
    Ok((receipt(session, signing)?, channel))
}

/// Steps 14 to 16. What fails here is not recorded as an abort: the session has signed, and if its
/// seal is missing the next session says so.
fn finish(
    mut session: Session,
    signed: SignedPsbt,
    channel: Channel,
    outlets: Vec<Outlet>,
) -> Result<(SessionNumber, Form), Failure> {
    // 14. Seal
    session.room.step(14)?;
    let number = signed.session();
    let sealed = session.close(Outcome::Signed)?;

    // 15. Release
    session.room.step(15)?;
    let form = channel.answered_in();
    let released = release(&mut session, signed, &sealed, form, outlets);

    // 16. Log out
    session.room.step(16)?;
    session.leave()?;
    released.map(|()| (number, form))
}

/// The session is sealed without signatures. Where it had read a PSBT the seal goes out in the place
/// of an answer: the host's receipt of the refusal.
fn refused(session: Session, failure: Failure, outlets: Vec<Outlet>, codes: &Codes) -> Failure {
    let lang = session.lang();
    let intake = session.journal().state().open();
    let intake = intake.and_then(OpenSession::intake);
    let Some(form) = intake.map(|intake| intake.channel().answered_in()) else {
        return session.end_badly(failure);
    };
    let mut receipt = None;
    let failure = session.end_telling(failure, |session, sealed| {
        receipt = Some(sealed.signed().to_vec());
        let console = &mut session.room.console;
        let given = outlets
            .into_iter()
            .map(|outlet| outlet.refuse(sealed, form, console));
        // Every way out is tried; what fails first is said.
        given.fold(Ok(()), Result::and)
    });
    // The token is closed by now: codes may stay on the screen as long as the host needs them.
    let shown = receipt.map_or(Ok(()), |seal| gap::show_refusal(&seal, form, codes, lang));
    match shown {
        Ok(()) => failure,
        Err(second) => failure.followed_by(&second),
    }
}

/// Runs every rule over what the journal holds; the whole report is recorded.
fn judge_it(session: &mut Session) -> Result<ApprovedTx, Failure> {
    let judged = judge(session.journal().state());
    let report = match &judged {
        Ok(approved) => Some(approved.report()),
        Err(not_approved) => not_approved.report(),
    };
    if let Some(report) = report.cloned() {
        session.records.append(Body::Reported(report.clone()))?;
        let rejections = new_rejections(session.journal().state());
        let heard = !rejections.is_empty();
        for rejected in rejections {
            session.records.append(Body::Rejected(rejected))?;
        }
        session.records.flush()?;
        if heard {
            // The HSM remembers it too: a disk that is rolled back cannot forget it.
            session.anchor()?;
        }
        say_report(session, &report)?;
    }
    match judged {
        Ok(approved) => Ok(approved),
        Err(NotApproved::Stopped(stopped)) => {
            Err(session.room.refused(stopped.report().refusals()))
        }
        Err(NotApproved::Unready(refusal)) => Err(session.refuse(&refusal)),
    }
}

/// How many rules were judged, and every notice. Refusals are shown by whoever ends the session.
fn say_report(session: &mut Session, report: &RuleReport) -> Result<(), Failure> {
    for (rule, text) in report.notices() {
        let text = text.text(session.lang());
        session.room.console.notice(&format!("{rule} {text}"))?;
    }
    let (rules, refusals) = (report.lines().len(), report.refusals().count());
    session.room.say(
        &format!("{rules} rules judged, {refusals} refusals"),
        &format!("規則 {rules} 件を判定、拒否 {refusals} 件"),
    )
}

/// Every screen is shown, every question asked; what was typed is recorded, right or wrong.
fn confirm(session: &mut Session, approved: ApprovedTx) -> Result<ConfirmedTx, Failure> {
    let opened = review(session.journal().state(), approved);
    let mut review = opened.map_err(|_| not_open())?;
    loop {
        match review.step() {
            Step::Show { .. } => show(session, &mut review)?,
            Step::Ask { .. } => ask(session, &mut review)?,
            Step::Done => break,
        }
    }
    session.records.flush()?;
    review.finish().map_err(|refusal| session.refuse(&refusal))
}

fn not_open() -> Failure {
    Failure::internal(phrase!(
        "the session is not open",
        "セッションが開いていない"
    ))
}

fn show(session: &mut Session, review: &mut Review) -> Result<(), Failure> {
    let Step::Show { page, number, of } = review.step() else {
        return Ok(());
    };
    let lang = review.lang();
    let text = page.text(lang);
    let lines: Vec<&str> = text.lines().collect();
    let screen = page.screen().digest(lang);
    session
        .room
        .console
        .screen(&format!("{number}/{of}"), &lines)?;
    session
        .records
        .append(Body::Shown(Shown { number, screen }))?;
    review.shown();
    Ok(())
}

fn ask(session: &mut Session, review: &mut Review) -> Result<(), Failure> {
    let Step::Ask { challenge, number } = review.step() else {
        return Ok(());
    };
    let (seat, question) = (challenge.seat(), challenge.question(review.lang()));
    let who = Who::from(seat);
    let id = format!("screen-{number}");
    let text = match session.room.console.ask(&who, &id, &question)? {
        Answer::Typed(text) => text,
        Answer::Rejected => return Err(console::rejected().by(seat)),
        Answer::Gone => return Err(console::gone()),
    };
    session.record(Body::Answered(Answered {
        screen: number,
        seat,
        text: text.clone(),
    }))?;
    match review.answer(&text) {
        Judged::Accepted => Ok(()),
        Judged::Wrong { tries_left: 0 } => Err(Failure::officer(phrase!(
            "too many wrong answers to [{id}]",
            "[{id}] への誤答が多すぎる",
            id = id
        ))
        .by(seat)),
        Judged::Wrong { tries_left } => session.room.wrong(tries_left),
        Judged::Rejected => Err(console::rejected().by(seat)),
    }
}

/// The machine is read and judged again and the random numbers are tested again, right before the
/// HSM is asked.
fn recheck(session: &mut Session) -> Result<(), Failure> {
    let reading = machine::read();
    let state = session.journal().state();
    let open = state.open().ok_or_else(not_open)?;
    let assurance = state.assurance_in(open.opened());
    let mut lines = environment::judge(&reading, assurance);
    let (random, line) = session.test_random()?;
    lines.push(line);
    session.record(Body::Rechecked(Box::new(Rechecked {
        environment: reading,
        report: lines.clone(),
        random,
        clock: session.clock()?,
    })))?;
    session.room.verdicts(&lines)
}

/// What is about to be signed is on the disk and anchored before the HSM is asked.
fn intend(session: &mut Session, intended: Intended) -> Result<Signing, Failure> {
    let count = intended.intent().lines.len();
    let body = Body::Intent(intended.intent().clone());
    let entry = session.records.append_durably(body)?;
    session.anchor()?;
    let disk = session.records.read_end(entry.bytes().len())?;
    let signing = intended.journalled(&entry, &disk);
    let signing = signing.map_err(|refusal| session.refuse(&refusal))?;
    let [kept, kept_ja] = if session.records.is_told() {
        ["recorded and anchored", "記録しHSMに反映しました"]
    } else {
        ["recorded", "記録しました"]
    };
    session.room.say(
        &format!("{count} signatures are about to be made; {kept}"),
        &format!("署名 {count} 件を行います。{kept_ja}"),
    )?;
    Ok(signing)
}

/// One signature for each order; each is verified by two libraries before it is recorded.
///
/// The HSM makes the next ones meanwhile. All are of one intent, which is on the disk, and nothing
/// leaves before every one is verified: where one does not verify, the HSM has made two more at most
/// that nobody sees.
fn make_signatures(session: &mut Session, signing: &mut Signing) -> Result<(), Failure> {
    let total = signing.intent().lines.len();
    let mut done = reuse_signatures(session, signing)?;
    let mut asked = VecDeque::new();
    while asked.len() < AHEAD
        && let Some(next) = ask_next(session, signing)?
    {
        asked.push_back(next);
    }
    while let Some((order, first)) = asked.pop_front() {
        let signature = session.hsm.answer(first).map_err(|e| of_hsm(&e))?;
        let following = ask_next(session, signing);
        let line = signing.accept(order, signature, session.journal().state().ledger());
        let line = line.map_err(|refusal| session.refuse(&refusal))?;
        session.records.append(Body::Result(line))?;
        asked.extend(following?);
        done += 1;
        if done.is_multiple_of(EVERY) || done == total {
            session.room.console.say(&match session.room.lang() {
                Lang::En => format!("{done} of {total} signatures"),
                Lang::Ja => format!("署名 {total} 件中 {done} 件"),
            })?;
        }
    }
    session.records.flush()
}

/// Asks the HSM for the signature of the next order.
fn ask_next(
    session: &mut Session,
    signing: &mut Signing,
) -> Result<Option<(SighashOrder, AskedSignature)>, Failure> {
    let Some(order) = signing.next_order() else {
        return Ok(None);
    };
    let asked = session.hsm.ask(&order);
    let asked = asked.map_err(|e| of_hsm(&e))?;
    Ok(Some((order, asked)))
}

/// Signatures that were made and recorded before a cut are used again, never made again; how many.
fn reuse_signatures(session: &mut Session, signing: &mut Signing) -> Result<usize, Failure> {
    let state = session.journal().state();
    let unfinished = state.in_hand();
    let unfinished = unfinished.ok_or_else(|| {
        Failure::internal(phrase!("no intent is recorded", "署名予定の記録がない"))
    })?;
    let (results, ledger) = (unfinished.results(), unfinished.ledger_before());
    let taken = results
        .iter()
        .try_for_each(|line| signing.accept_recorded(line, ledger));
    let count = results.len();
    if let Err(refusal) = taken {
        return Err(session.refuse(&refusal));
    }
    if count > 0 {
        session.room.say(
            &format!("{count} recorded signatures are used again"),
            &format!("記録済みの署名 {count} 件を再利用します"),
        )?;
    }
    Ok(count)
}

/// The receipt, signed and recorded; with it the PSBT is complete.
fn receipt(session: &mut Session, signing: Signing) -> Result<SignedPsbt, Failure> {
    let head = session.journal().head();
    let facts = ReceiptFacts {
        head: head.hash,
        entries: head.entries,
        signature_count: session.journal().state().ledger().signatures(),
    };
    let draft = signing
        .receipt(facts, session.hsm.identity())
        .map_err(|refusal| session.refuse(&refusal))?;
    let order = draft.seal_order().ok_or_else(|| {
        Failure::internal(phrase!(
            "a receipt is not a device's to sign",
            "受領証が端末の署名対象ではない"
        ))
    })?;
    let signature = session.hsm.seal(&order).map_err(|e| of_hsm(&e))?;
    let receipt = draft.signed(signature).map_err(|error| {
        Failure::hsm(
            phrase!(
                "the token's signature on the receipt does not verify: {why}",
                "受領証へのトークンの署名を検証できない: {why}",
                why = error.phrase()
            ),
            phrase!(
                "Do not use this token. Report it.",
                "このトークンを使用せず、報告してください。"
            ),
        )
    })?;
    let bytes = ByteString(receipt.to_bytes());
    let signed = signing.finish(&receipt);
    let signed = signed.map_err(|refusal| session.refuse(&refusal))?;
    session.record(Body::Receipt(bytes))?;
    Ok(signed)
}

/// The signed PSBT leaves, now that the seal is on the disk.
fn release(
    session: &mut Session,
    signed: SignedPsbt,
    sealed: &SealedSession,
    form: Form,
    outlets: Vec<Outlet>,
) -> Result<(), Failure> {
    let transcript = session.records.read_back()?;
    let release = Release::signed(signed, sealed, transcript)
        .map_err(|refusal| session.room.refused([&refusal]))?;
    // The journal, which may be long, need not lie in memory while media are written.
    let released = release.into_released().ok_or_else(|| {
        Failure::internal(phrase!("a release without a PSBT", "PSBTのない書出し"))
    })?;
    let kept = keep(session, released.psbt());
    let mut failed = None;
    for outlet in outlets {
        if let Err(failure) = outlet.write(&released, form, &mut session.room.console) {
            failed.get_or_insert(failure);
        }
    }
    if let Some(failure) = failed {
        let kept = kept?.display().to_string();
        session.room.console.wrote(&format!("wrote {kept}"))?;
        return Err(failure);
    }
    if let Ok(kept) = kept {
        // Every medium has it. A copy that stays says no more than they do.
        let _ = std::fs::remove_file(kept);
    }
    session.room.say(
        "this device's signatures are made; the coins have NOT moved yet",
        "この端末の署名が完了しました。コインはまだ移動していません",
    )
}

/// A medium can fail, and the power while pictures are drawn: what is released already must not be
/// lost with them, for it is never made again.
fn keep(session: &Session, psbt: &[u8]) -> Result<PathBuf, Failure> {
    let name = format!("released-{}.psbt", session.facts.session);
    let output = Output::reserve(&session.records.folder().join(name))?;
    let path = output.path().to_path_buf();
    output.write(psbt)?;
    Ok(path)
}
