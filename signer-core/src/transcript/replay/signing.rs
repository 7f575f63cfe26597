//! One session, followed entry by entry: every judgement, screen, question and signature again.

use alloc::boxed::Box;

use super::{life, random_line, trn04};
use crate::codec::ByteString;
use crate::cose::Signed;
use crate::phrase;
use crate::review::{Answer, Review, Step};
use crate::rule::{Phrase, Refusal, RuleId, RuleLine, RuleReport, Stage, Verdict};
use crate::signing::{Intended, Receipt, ReceiptFacts, SignatureLine, Signing};
use crate::token::RandomBefore;
use crate::transcript::entry::{
    Answered, Body, CeremonyKind, Entry, Outcome, SessionOpened, Shown,
};
use crate::transcript::judge::{NotApproved, begin_signing, judge, new_rejections, review};
use crate::transcript::state::DeviceState;

/// Where the replay of a session stands.
#[derive(Debug)]
pub(super) struct SessionReplay {
    at: At,
    machine: Machine,
}

/// What the rules said of the machine and the HSM in this session.
#[derive(Clone, Copy, Debug)]
enum Machine {
    /// Judged at the start only.
    AtStart,
    /// Judged again before signing.
    Again,
    /// This rule refused.
    Refused(RuleId),
}

#[derive(Debug)]
pub(super) enum At {
    /// Nothing that could be signed is under way.
    Idle,
    /// The operators read and answer.
    Reviewing(Box<Review>),
    /// Signatures are made.
    Signing(Box<Signing>),
    /// Everything is signed, the receipt too.
    Signed,
    /// A rule or a person stopped it.
    Stopped,
    /// A finding was reported: nothing after it in this session can be compared.
    Lost,
}

impl SessionReplay {
    /// Before the first session.
    pub(super) const fn none() -> Self {
        Self {
            at: At::Idle,
            machine: Machine::AtStart,
        }
    }

    /// A session that begins.
    pub(super) fn of(opened: &SessionOpened) -> Self {
        Self {
            at: At::Idle,
            machine: judged(&opened.report, Machine::AtStart),
        }
    }

    /// The review that is under way.
    pub(super) const fn review(&self) -> Option<&Review> {
        match &self.at {
            At::Reviewing(review) => Some(review),
            _ => None,
        }
    }

    /// Compares one entry with what must follow from those before it; at most one finding for
    /// each session.
    pub(super) fn follow(&mut self, entry: &Entry, state: &DeviceState) -> Option<Refusal> {
        if matches!(self.at, At::Lost) {
            return None;
        }
        let at = core::mem::replace(&mut self.at, At::Lost);
        match self.next(at, entry, state) {
            Ok(at) => {
                self.at = at;
                None
            }
            Err(finding) => Some(finding),
        }
    }

    fn next(&mut self, at: At, entry: &Entry, state: &DeviceState) -> Result<At, Refusal> {
        let place = entry.sequence;
        match (&entry.body, at) {
            (Body::Rechecked(again), at) => {
                rechecked(place, again, state)?;
                if !matches!(self.machine, Machine::Refused(_)) {
                    self.machine = judged(&again.report, Machine::Again);
                }
                Ok(at)
            }
            (Body::Reported(report), At::Idle) => reported(place, report, state),
            (Body::Rejected(rejected), at) => {
                let known = new_rejections(state).contains(rejected);
                same(place, known, || {
                    phrase!("a rejection in the PSBT", "PSBT内の否認")
                })
                .map(|()| at)
            }
            (Body::Shown(shown), At::Reviewing(review)) => show(place, review, *shown),
            (Body::Answered(answered), At::Reviewing(review)) => answer(place, review, answered),
            (Body::Intent(_), At::Reviewing(review)) => self.intend(entry, *review, state),
            (Body::Result(line), At::Signing(signing)) => made(signing, line, state),
            (Body::Receipt(bytes), At::Signing(signing)) => receipt(entry, *signing, bytes, state),
            (Body::Refused(refusal), At::Reviewing(review))
                if refusal.rule.stage() == Stage::Approve =>
            {
                ended(place, *review, refusal, state)
            }
            // Judged by the fold: who says it, and over what.
            (Body::Witnessed(_), At::Signing(signing)) => Ok(At::Signing(signing)),
            (Body::Refused(refusal), at) => refused(place, at, refusal),
            (Body::Inventoried(listed), At::Idle) => life::inventoried(place, listed, state),
            (Body::Proven(proven), At::Idle) => life::proven(entry, proven, state),
            // Judged by the fold: order, card, people, screen and answers; proofs of settlement.
            (Body::Recovered(_) | Body::Replaced(_) | Body::Settled(_), At::Idle) => Ok(At::Idle),
            (Body::Aborted(_), At::Idle | At::Reviewing(_) | At::Signing(_)) => Ok(At::Stopped),
            // What people compared and typed in a ceremony that signs no transaction.
            (Body::Shown(_) | Body::Answered(_), At::Idle) if !signs(state) => Ok(At::Idle),
            (Body::Closed(outcome), at) => closed(place, &at, *outcome, state),
            (
                Body::Reported(_)
                | Body::Shown(_)
                | Body::Answered(_)
                | Body::Intent(_)
                | Body::Result(_)
                | Body::Receipt(_)
                | Body::Inventoried(_)
                | Body::Proven(_)
                | Body::Recovered(_)
                | Body::Replaced(_)
                | Body::Settled(_)
                | Body::Witnessed(_)
                | Body::Aborted(_),
                _,
            ) => Err(unexpected(entry)),
            (_, at) => Ok(at),
        }
    }

    /// Signing begins only after every screen and answer, on a machine that no rule refused.
    fn intend(&self, entry: &Entry, review: Review, state: &DeviceState) -> Result<At, Refusal> {
        let place = entry.sequence;
        match self.machine {
            Machine::Again => {}
            Machine::AtStart => {
                let expected = phrase!("a machine that was read again", "再確認した端末");
                return Err(trn04(place, expected, Phrase::none()));
            }
            Machine::Refused(rule) => {
                let expected = phrase!("no refusal of the machine", "端末の拒否なし");
                return Err(trn04(place, expected, Phrase::figure(rule)));
            }
        }
        let signing = begun(review, state)?
            .recorded(entry)
            .map_err(|refusal| trn04(place, refusal.expected, refusal.got))?;
        Ok(At::Signing(Box::new(signing)))
    }
}

fn begun(review: Review, state: &DeviceState) -> Result<Intended, Refusal> {
    begin_signing(state, review.finish()?)
}

/// What has ended while people read is refused before the intent, and nothing else is.
fn ended(
    place: u64,
    review: Review,
    refusal: &Refusal,
    state: &DeviceState,
) -> Result<At, Refusal> {
    let got = Phrase::figure(refusal.rule);
    match begun(review, state) {
        Err(again) if again == *refusal => Ok(At::Stopped),
        Err(again) => Err(trn04(place, Phrase::figure(again.rule), got)),
        Ok(_) => {
            let expected = phrase!("nothing that has ended", "期限切れなし");
            Err(trn04(place, expected, got))
        }
    }
}

/// Whether the open session is one in which a transaction is reviewed.
fn signs(state: &DeviceState) -> bool {
    let kind = state.open().map(|session| session.opened().kind);
    kind.is_none_or(CeremonyKind::signs)
}

fn reported(place: u64, report: &RuleReport, state: &DeviceState) -> Result<At, Refusal> {
    let judged = judge(state);
    let again = match &judged {
        Ok(approved) => Some(approved.report()),
        Err(refused) => refused.report(),
    };
    let Some(again) = again else {
        let expected = phrase!("no judgement", "判定なし");
        return Err(trn04(place, expected, Phrase::figure(report.digest())));
    };
    if again != report {
        let (expected, got) = (again.digest(), report.digest());
        return Err(trn04(place, Phrase::figure(expected), Phrase::figure(got)));
    }
    match judged {
        Err(_) => Ok(At::Stopped),
        Ok(approved) => match review(state, approved) {
            Ok(review) => Ok(At::Reviewing(Box::new(review))),
            Err(NotApproved::Unready(refusal)) => Err(refusal),
            Err(NotApproved::Stopped(_)) => Ok(At::Stopped),
        },
    }
}

fn show(place: u64, mut review: Box<Review>, shown: Shown) -> Result<At, Refusal> {
    let Step::Show { page, number, .. } = review.step() else {
        let (expected, got) = (
            phrase!("an answer", "確認入力"),
            phrase!("a screen", "画面"),
        );
        return Err(trn04(place, expected, got));
    };
    let again = page.screen().digest(review.lang());
    if (number, again) != (shown.number, shown.screen) {
        let screen =
            |n: u32, digest| phrase!("screen {n} {of}", "画面 {n} {of}", n = n, of = digest);
        let got = screen(shown.number, shown.screen);
        return Err(trn04(place, screen(number, again), got));
    }
    review.shown();
    Ok(At::Reviewing(review))
}

fn answer(place: u64, mut review: Box<Review>, answered: &Answered) -> Result<At, Refusal> {
    let Step::Ask { challenge, number } = review.step() else {
        let expected = phrase!("no answer", "確認入力なし");
        return Err(trn04(place, expected, phrase!("an answer", "確認入力")));
    };
    let asked = (number, challenge.seat()) == (answered.screen, answered.seat);
    same(place, asked, || {
        phrase!(
            "the question of this screen and seat",
            "この画面と席の確認入力"
        )
    })?;
    // Right or wrong: what follows from it is found when the review is finished.
    let _: Answer = review.answer(&answered.text);
    Ok(At::Reviewing(review))
}

fn made(
    mut signing: Box<Signing>,
    line: &SignatureLine,
    state: &DeviceState,
) -> Result<At, Refusal> {
    resumed(&mut signing, state)?;
    signing.accept_recorded(line, state.ledger())?;
    Ok(At::Signing(signing))
}

/// In a session that goes on after a cut, the results of the cut session come first.
fn resumed(signing: &mut Signing, state: &DeviceState) -> Result<(), Refusal> {
    let Some(unfinished) = state.in_hand() else {
        return Ok(());
    };
    let known = unfinished.results().iter().skip(signing.made());
    for line in known {
        signing.accept_recorded(line, unfinished.ledger_before())?;
    }
    Ok(())
}

fn receipt(
    entry: &Entry,
    mut signing: Signing,
    bytes: &ByteString,
    state: &DeviceState,
) -> Result<At, Refusal> {
    let place = entry.sequence;
    let Some(identity) = state.identity().copied() else {
        return Err(unexpected(entry));
    };
    resumed(&mut signing, state)?;
    let facts = ReceiptFacts {
        head: entry.prev,
        entries: entry.sequence,
        signature_count: state.ledger().signatures(),
    };
    let expected = signing.unsigned_receipt(facts)?;
    let known = |kid: &_| (*kid == identity.key_id()).then_some(identity);
    let signed = Signed::<Receipt>::open(&bytes.0, expected.scope, known).map_err(|error| {
        let expected = phrase!("a receipt of this device", "この端末の受領証");
        trn04(place, expected, error.phrase())
    })?;
    same(place, *signed.body() == expected, || {
        phrase!("the same receipt", "同じ受領証")
    })?;
    signing.finish_unreleased(&signed)?;
    Ok(At::Signed)
}

/// A refusal of the review must be the one that follows; a refusal of machine, HSM or signature
/// is a fact that only the device saw.
fn refused(place: u64, at: At, refusal: &Refusal) -> Result<At, Refusal> {
    let got = Phrase::figure(refusal.rule);
    match (at, refusal.rule.stage()) {
        (At::Reviewing(review), Stage::Review) => match review.finish() {
            Err(again) if again == *refusal => Ok(At::Stopped),
            Err(again) => Err(trn04(place, Phrase::figure(again.rule), got)),
            Ok(_) => {
                let expected = phrase!("a complete review", "完了した確認");
                Err(trn04(place, expected, got))
            }
        },
        (_, Stage::Review) => Err(trn04(place, phrase!("a review", "画面の確認"), got)),
        (At::Signed, _) => Err(trn04(place, phrase!("signatures", "署名"), got)),
        _ => Ok(At::Stopped),
    }
}

fn closed(place: u64, at: &At, outcome: Outcome, state: &DeviceState) -> Result<At, Refusal> {
    let missed = new_rejections(state);
    if let Some(rejected) = missed.first() {
        let expected = phrase!(
            "the rejection by {officer}",
            "{officer} の否認",
            officer = rejected.officer
        );
        return Err(trn04(place, expected, Phrase::none()));
    }
    let fits = match at {
        At::Signed => outcome == Outcome::Signed,
        At::Stopped => matches!(outcome, Outcome::Refused | Outcome::Aborted),
        At::Idle => outcome != Outcome::Signed,
        At::Reviewing(_) | At::Signing(_) | At::Lost => {
            matches!(outcome, Outcome::Refused | Outcome::Aborted)
        }
    };
    same(place, fits, || {
        phrase!("an outcome that the session has", "セッションの実際の結果")
    })?;
    Ok(At::Idle)
}

fn rechecked(
    place: u64,
    again: &crate::transcript::entry::Rechecked,
    state: &DeviceState,
) -> Result<(), Refusal> {
    let Some(session) = state.open() else {
        return Ok(());
    };
    let assurance = state.assurance_in(session.opened());
    let mut lines = crate::environment::judge(&again.environment, assurance);
    let before = RandomBefore::Opening(&session.opened().random);
    lines.push(random_line(&again.random, before));
    let all = lines.iter().all(|line| again.report.contains(line));
    same(place, all, || {
        phrase!("the same verdicts on the machine", "端末についての同じ判定")
    })
}

/// The first refusal of a report on the machine, or what it is without one.
fn judged(report: &[RuleLine], otherwise: Machine) -> Machine {
    let mut refused = report.iter().filter_map(|line| match line.verdict {
        Verdict::Refused(_) => Some(line.rule),
        _ => None,
    });
    refused.next().map_or(otherwise, Machine::Refused)
}

pub(super) fn same(
    place: u64,
    equal: bool,
    expected: impl FnOnce() -> Phrase,
) -> Result<(), Refusal> {
    if equal {
        Ok(())
    } else {
        Err(trn04(place, expected(), phrase!("another", "異なるもの")))
    }
}

fn unexpected(entry: &Entry) -> Refusal {
    let expected = phrase!("the next step of the session", "セッションの次の手順");
    let got = phrase!(
        "\"{name}\" out of turn",
        "順序外の「{name}」",
        name = entry.body.phrase()
    );
    trn04(entry.sequence, expected, got)
}
