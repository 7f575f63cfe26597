//! The catalogue as sessions: a device journals what it judged, and an auditor replays it. The
//! journal up to the judgement is written by `test-vectors`, from `docs/formats` alone.

use std::string::String;
use std::vec::Vec;
use std::{format, thread};

use super::{FAMILIES, SCOPE, WORLD, difference, psbt_of};
use crate::codec;
use crate::keys::{P256PublicKey, Signature64};
use crate::review::{Answer, Review, ReviewSession, Step};
use crate::root::Root;
use crate::rule::{Place, Refusal, RuleId};
use crate::token::Line;
use crate::transcript::{
    Aborted, Answered, Body, DeviceState, Journal, NotApproved, Outcome, Shown, Trust,
    VerifiedTranscript, judge, new_rejections, review,
};
use crate::types::{Lang, SessionNumber};
use test_vectors::{Case, Expected, Extent, Family, device_signature, journal_with_intake};

/// The session of a case.
const SESSION: SessionNumber = SessionNumber(4);

/// A device at a case: its journal and its disk.
pub(super) struct Desk<'a> {
    case: &'a Case,
    journal: Journal,
    disk: Vec<u8>,
}

impl<'a> Desk<'a> {
    /// The device of the case, after the PSBT was read.
    ///
    /// # Errors
    /// The journal's refusal: the device cannot stand where the case wants it.
    pub(super) fn at(case: &'a Case, psbt: &[u8], lang: Lang) -> Result<Self, Refusal> {
        let language = u64::from(lang == Lang::Ja);
        let disk = journal_with_intake(case, psbt, language);
        let journal = Journal::load(&disk)?;
        Ok(Self {
            case,
            journal,
            disk,
        })
    }

    /// What its journal means.
    pub(super) const fn state(&self) -> &DeviceState {
        self.journal.state()
    }

    /// The open session, as screens name it.
    pub(super) fn session(&self) -> ReviewSession {
        let (genesis, open) = (
            self.state().genesis().unwrap(),
            self.state().open().unwrap(),
        );
        ReviewSession {
            device: genesis.identity.device_id(),
            device_name: genesis.name.clone(),
            session: open.number(),
            nonce: open.opened().nonce,
        }
    }

    fn add(&mut self, body: Body) {
        let entry = self.journal.append(body).unwrap();
        self.disk.extend(entry.bytes());
    }

    /// Judges what was read, as the ceremony does, and journals the report.
    pub(super) fn judge(&mut self) -> Result<Review, Vec<Refusal>> {
        let judged = judge(self.journal.state());
        match &judged {
            Ok(approved) => self.add(Body::Reported(approved.report().clone())),
            Err(NotApproved::Stopped(stopped)) => {
                self.add(Body::Reported(stopped.report().clone()));
            }
            Err(NotApproved::Unready(refusal)) => self.add(Body::Refused(refusal.clone())),
        }
        for rejected in new_rejections(self.journal.state()) {
            self.add(Body::Rejected(rejected));
        }
        match judged {
            Ok(approved) => Ok(review(self.journal.state(), approved).unwrap()),
            Err(NotApproved::Stopped(stopped)) => {
                Err(stopped.report().refusals().cloned().collect())
            }
            Err(NotApproved::Unready(refusal)) => Err(Vec::from([refusal])),
        }
    }

    /// Shows every screen and types every right answer.
    fn read(&mut self, review: &mut Review) {
        let lang = review.lang();
        loop {
            match review.step() {
                Step::Show { page, number, .. } => {
                    let screen = page.screen().digest(lang);
                    self.add(Body::Shown(Shown { number, screen }));
                    review.shown();
                }
                Step::Ask { challenge, number } => {
                    let (screen, seat) = (number, challenge.seat());
                    let text = String::from(challenge.expected());
                    let answer = review.answer(&text);
                    assert_eq!(answer, Answer::Accepted);
                    self.add(Body::Answered(Answered { screen, seat, text }));
                }
                Step::Done => return,
            }
        }
    }

    /// Closes and seals the session; the transcript.
    fn close(mut self, outcome: Outcome) -> Vec<u8> {
        self.add(Body::Closed(outcome));
        let draft = self.journal.seal_draft().unwrap();
        let signature = device_signature(&self.case.device, draft.seal_order().unwrap().digest());
        let signed = draft.signed(Signature64(signature)).unwrap();
        let sealed = self.journal.seal(&signed).unwrap();
        self.disk.extend(sealed.entry().bytes());
        self.disk
    }
}

/// What an auditor of the case's device was given on paper.
fn trust(case: &Case) -> Trust {
    let root: Root = codec::decode(&WORLD.file.bytes(&["root"]).unwrap()).unwrap();
    let identity = WORLD.file.bytes(&["device", &case.device]).unwrap();
    assert_eq!(root.scope, SCOPE);
    Trust {
        root: root.digest(),
        identity: P256PublicKey::from_sec1(&identity).unwrap(),
    }
}

/// What the auditor finds in a transcript; nothing, where it is true.
///
/// What a case lets a device remember is told by an intent that no review led to: an auditor sees
/// that, and so the third session of such a case is not what is asked here.
fn audited(case: &Case, transcript: &[u8]) -> Result<(), String> {
    let Err(findings) = VerifiedTranscript::verify(transcript, &trust(case)) else {
        let untrue = "the auditor takes a history that nothing led to";
        return if case.ledger.is_empty() {
            Ok(())
        } else {
            Err(untrue.into())
        };
    };
    let read = crate::transcript::UnverifiedTranscript::parse(transcript).unwrap();
    let here = |refusal: &&Refusal| match refusal.place {
        Place::Entry(place) => {
            let entry = read.entries().iter().find(|entry| entry.sequence == place);
            entry.is_none_or(|entry| entry.session == SESSION) || case.ledger.is_empty()
        }
        _ => true,
    };
    let found = findings.refusals().iter().find(here);
    found.map_or(Ok(()), |refusal| Err(refusal.text(Lang::En)))
}

/// The journal of a device does not come to stand where the case wants it.
fn no_such_device(case: &Case, psbt: &[u8]) -> Result<(), String> {
    let refused = Desk::at(case, psbt, Lang::En).err();
    let refused = refused.ok_or("the journal was taken")?;
    let known = refused.rule == RuleId::TRN04;
    known.then_some(()).ok_or_else(|| refused.text(Lang::En))
}

/// A device whose journal cannot hold the wallets: it is co-signer of none.
fn is_stranger(case: &Case) -> bool {
    case.device == "east"
}

fn play(case: &Case) -> Result<(), String> {
    let Some(psbt) = psbt_of(case) else {
        return Ok(());
    };
    if case.expected == Expected::NoPolicy || is_stranger(case) {
        return no_such_device(case, &psbt);
    }
    let mut desk = Desk::at(case, &psbt, Lang::En).map_err(|r| r.text(Lang::En))?;
    let expected = match &case.expected {
        Expected::Refuse(refusals) => &refusals[..],
        _ => &[],
    };
    let cut = case.expected == Expected::CutAnywhere;
    let (refusals, outcome) = match desk.judge() {
        Err(refusals) => (refusals, Outcome::Refused),
        Ok(mut review) => {
            desk.read(&mut review);
            drop(review.finish().map_err(|r| r.text(Lang::En))?);
            desk.add(Body::Aborted(Aborted {
                step: 9,
                seat: None,
                reason: Line::lossy("read to the end"),
            }));
            (Vec::new(), Outcome::Aborted)
        }
    };
    if let Some(difference) = difference(expected, &refusals).filter(|_| !cut) {
        return Err(difference);
    }
    audited(case, &desk.close(outcome))
}

fn play_all(cases: &[(&str, &Case)]) -> Vec<String> {
    let wrong = cases.iter().filter_map(|(family, case)| {
        let said = play(case).err()?;
        Some(format!("{family}/{}: {said}", case.name))
    });
    wrong.collect()
}

/// The ceremony's judgement of every case, the screens of all that it takes, and the auditor's
/// replay of both.
#[test]
fn the_auditor_agrees_on_every_case() {
    let taken = |family: &'static Family| {
        let named = |case| (family.name.as_str(), case);
        family.taken(Extent::asked()).into_iter().map(named)
    };
    let cases: Vec<_> = FAMILIES.iter().flat_map(taken).collect();
    let half = cases.len() / 2;
    let wrong = thread::scope(|scope| {
        let first = scope.spawn(|| play_all(&cases[..half]));
        let mut wrong = play_all(&cases[half..]);
        wrong.extend(first.join().unwrap());
        wrong
    });
    let (wrong, of) = ((wrong.len(), wrong.join("\n")), cases.len());
    assert!(wrong.0 == 0, "{} of {of}:\n{}", wrong.0, wrong.1);
}
