//! An open session: what is recorded, sealed and anchored, and how it ends well or badly.
//!
//! An entry is on the disk before anything is done that it announces. A session that fails is
//! closed, sealed and anchored like one that ends well.

use hsm_profiles::{DeviceHsm, ErrorClass, Module};
use signer_core::approval::Seat;
use signer_core::cose::CoseError;
use signer_core::cose::Scope;
use signer_core::digest::FileDigest;
use signer_core::life::{self, Taken};
use signer_core::phrase;
use signer_core::policy::{self, Typed};
use signer_core::random::RandomEvidence;
use signer_core::review::ReviewSession;
use signer_core::rule::{Explained, Phrase, Place, Refusal, RuleId, RuleLine, Verdict};
use signer_core::signing::SigningHsm as _;
use signer_core::token::{Line, RandomBefore, hsm04, hsm05};
use signer_core::transcript::{
    Aborted, Anchor, Answered, Appended, Body, Journal, Outcome, SealedSession, Shown, WrongPin,
};
use signer_core::types::Lang;

use super::random::{NothingDrawn, Random};
use super::room::{Room, seat_of};
use crate::console::Who;
use crate::failure::{Failure, Kind};
use crate::journal::{Disk, unrecorded};
use crate::machine;

/// A session with its token open.
pub(super) struct Session {
    pub(super) room: Room,
    pub(super) hsm: DeviceHsm,
    random: Random,
    pub(super) facts: ReviewSession,
    /// Opens the officers' own tokens.
    pub(super) module: Module,
    pub(super) records: Records,
    screens: u32,
}

/// A question that signer-core asks about a screen, and judges again when it folds the journal.
pub(super) trait Question {
    /// Its name on the console.
    fn id(&self) -> &str;
    /// Who answers.
    fn seat(&self) -> Seat;
    /// The question.
    fn text(&self, lang: Lang) -> &str;
    /// Whether this is the answer.
    fn takes(&self, typed: &str) -> bool;
}

impl Question for life::Asked {
    fn id(&self) -> &str {
        self.id()
    }

    fn seat(&self) -> Seat {
        self.seat()
    }

    fn text(&self, lang: Lang) -> &str {
        self.text(lang)
    }

    fn takes(&self, typed: &str) -> bool {
        self.takes(typed) == Taken::Right
    }
}

impl Question for policy::Asked {
    fn id(&self) -> &str {
        self.id()
    }

    fn seat(&self) -> Seat {
        self.seat()
    }

    fn text(&self, _: Lang) -> &str {
        self.text()
    }

    fn takes(&self, typed: &str) -> bool {
        self.takes(typed) == Typed::Right
    }
}

/// The journal in memory, on the disk, and what the HSM remembers of it.
pub(super) struct Records {
    disk: Disk,
    journal: Journal,
    memory: Memory,
}

/// What the HSM of a session remembers.
pub(super) enum Memory {
    /// What it was last told. It is told more as the session goes on.
    Told(Option<Anchor>),
    /// The device was commissioned with an HSM that keeps no anchor.
    Nothing,
    /// It is a backup that is looked at: its memory stays as it is.
    LeftAlone,
    /// It is about to take the place of the HSM in use, and remembers this: it is told nothing before
    /// the entry that replaces.
    NotYet(Option<Anchor>),
}

impl Records {
    /// A journal as it was opened, with what the token remembers of it.
    pub(super) const fn new(disk: Disk, journal: Journal, memory: Memory) -> Self {
        Self {
            disk,
            journal,
            memory,
        }
    }

    /// The journal.
    pub(super) const fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Appends an entry; it is durable after the next [`Self::flush`].
    pub(super) fn append(&mut self, body: Body) -> Result<(), Failure> {
        self.add(body).map(drop)
    }

    /// Appends an entry and waits until it is on the disk; the proof that the journal took it.
    pub(super) fn append_durably(&mut self, body: Body) -> Result<Appended, Failure> {
        let entry = self.add(body)?;
        self.flush()?;
        Ok(entry)
    }

    fn add(&mut self, body: Body) -> Result<Appended, Failure> {
        let entry = self.journal.append(body).map_err(|r| not_following(&r))?;
        self.disk.append(entry.bytes())?;
        Ok(entry)
    }

    /// Waits until everything is on the disk.
    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        self.disk.flush()
    }

    /// The journal of a device that was just born gets its name.
    pub(super) fn appear(&mut self) -> Result<(), Failure> {
        self.disk.appear()
    }

    /// Writes the entries of a journal that was loaded from elsewhere.
    pub(super) fn copy(&mut self, entries: &[u8]) -> Result<(), Failure> {
        self.disk.append(entries)
    }

    /// The draft of a journal that recovered takes the place of the old one, which is kept aside
    /// under its digest.
    pub(super) fn take_the_place(&mut self, old: Option<FileDigest>) -> Result<(), Failure> {
        self.disk.flush()?;
        if let Some(old) = old {
            self.disk.set_aside(&old)?;
        }
        self.disk.appear()
    }

    /// What the HSM was last told, or told before this program began.
    pub(super) const fn told(&self) -> Option<&Anchor> {
        match &self.memory {
            Memory::Told(anchor) => anchor.as_ref(),
            Memory::Nothing | Memory::LeftAlone | Memory::NotYet(_) => None,
        }
    }

    /// Whether the HSM is told where the journal stands.
    pub(super) const fn is_told(&self) -> bool {
        matches!(self.memory, Memory::Told(_))
    }

    /// What an HSM remembers that is about to take the place of the one in use.
    pub(super) const fn remembered(&self) -> Option<&Anchor> {
        match &self.memory {
            Memory::NotYet(anchor) => anchor.as_ref(),
            Memory::Told(_) | Memory::Nothing | Memory::LeftAlone => None,
        }
    }

    /// It has taken that place, by an entry on the disk: from here on it is told.
    pub(super) fn take_over(&mut self) {
        if let Memory::NotYet(anchor) = &mut self.memory {
            self.memory = Memory::Told(anchor.take());
        }
    }

    /// The device's folder.
    pub(super) fn folder(&self) -> &std::path::Path {
        self.disk.folder()
    }

    /// As many bytes of the journal's end as the disk has them now.
    pub(super) fn read_end(&self, length: usize) -> Result<Vec<u8>, Failure> {
        self.disk.read_end(length)
    }

    /// The journal as the disk has it now.
    pub(super) fn read_back(&self) -> Result<Vec<u8>, Failure> {
        self.disk.read_back()
    }

    /// Lets the HSM remember where the journal stands, where it was read at the start; and if it still remembers what
    /// it was last told here. Otherwise another program goes on with a copy of this journal: the lock
    /// of a folder keeps nobody out of its copy. The profile is not asked again: one that was named for
    /// this session would leave the HSM behind the journal.
    pub(super) fn anchor(&mut self, hsm: &mut DeviceHsm) -> Result<(), Failure> {
        let Memory::Told(last) = &self.memory else {
            return Ok(());
        };
        let slots = hsm.token().anchors().map_err(|e| of_hsm(&e))?;
        if Anchor::newest([slots[0].as_deref(), slots[1].as_deref()]) != *last {
            return Err(Failure::hsm(
                phrase!(
                    "the token was told of another journal while this session was open",
                    "このセッションの途中でトークンに別のジャーナルが記録された"
                ),
                phrase!(
                    "Two programs used one token. Nothing was released. Keep both disks and report it.",
                    "2つのプログラムが同じトークンを使いました。何も書き出していません。両方のディスクを保管し報告してください。"
                ),
            ));
        }
        let next = Anchor::following(last.as_ref(), &self.journal);
        hsm.token()
            .write_anchor(next.generation, &next.to_bytes())
            .map_err(|e| of_hsm(&e))?;
        self.memory = Memory::Told(Some(next));
        Ok(())
    }

    fn seal(&mut self, hsm: &mut DeviceHsm) -> Result<SealedSession, Failure> {
        let draft = self.journal.seal_draft().map_err(|r| not_following(&r))?;
        let order = draft.seal_order().ok_or_else(|| {
            Failure::internal(phrase!(
                "a seal is not a device's to sign",
                "封印が端末の署名対象ではない"
            ))
        })?;
        let signature = hsm.seal(&order).map_err(|e| of_hsm(&e))?;
        let signed = draft.signed(signature).map_err(|e| bad_seal(&e))?;
        let sealed = self.journal.seal(&signed).map_err(|r| not_following(&r))?;
        self.disk.append(sealed.entry().bytes())?;
        self.disk.flush()?;
        Ok(sealed)
    }
}

impl Session {
    /// The machine's clock, for the next entry.
    ///
    /// # Errors
    /// Bad input, where it was set back since the session read it last.
    pub(super) fn clock(&self) -> Result<u64, Failure> {
        let now = machine::clock();
        let open = self.records.journal().state().open();
        let admitted = open.map_or(Ok(()), |open| open.admits_clock(now));
        admitted.map(|()| now).map_err(|fell| {
            Failure::input(
                fell.phrase(),
                phrase!(
                    "Nobody sets the clock during a session. Set it right and begin again.",
                    "セッション中に時計を変更しないでください。時計を正しく合わせ、最初からやり直してください。"
                ),
            )
        })
    }

    /// The parts of an open session, after its opening entry is on the disk and anchored.
    pub(super) const fn new(
        room: Room,
        hsm: DeviceHsm,
        random: Random,
        facts: ReviewSession,
        module: Module,
        records: Records,
    ) -> Self {
        Self {
            room,
            hsm,
            random,
            facts,
            module,
            records,
            screens: 0,
        }
    }

    /// The language.
    pub(super) const fn lang(&self) -> Lang {
        self.room.lang()
    }

    /// The journal and what it means.
    pub(super) const fn journal(&self) -> &Journal {
        self.records.journal()
    }

    /// Network and purpose of everything on this device.
    pub(super) fn scope(&self) -> Result<Scope, Failure> {
        let scope = self.journal().state().scope();
        scope.ok_or_else(|| {
            Failure::internal(phrase!("the device has no birth", "端末の起点の記録がない"))
        })
    }

    /// Records what happened, durably.
    pub(super) fn record(&mut self, body: Body) -> Result<(), Failure> {
        self.records.append(body)?;
        self.records.flush()
    }

    /// Shows a screen of our own and records that it was shown; its number.
    pub(super) fn show(&mut self, name: &str, lines: &[String]) -> Result<u32, Failure> {
        self.room.console.screen(name, lines)?;
        self.screens += 1;
        let shown = Shown::of(self.screens, self.lang(), lines);
        self.records.append(Body::Shown(shown))?;
        Ok(self.screens)
    }

    /// Asks everything that is asked about a screen, in order.
    pub(super) fn ask_all(&mut self, screen: u32, asked: &[impl Question]) -> Result<(), Failure> {
        let lang = self.lang();
        for asked in asked {
            let (who, text) = (asked.seat().into(), asked.text(lang));
            self.ask(&who, asked.id(), text, screen, |typed| asked.takes(typed))?;
        }
        Ok(())
    }

    /// Asks for content of a screen until it is right, a few times at most. What was typed is
    /// recorded, right or wrong.
    pub(super) fn ask(
        &mut self,
        who: &Who,
        id: &str,
        question: &str,
        screen: u32,
        right: impl Fn(&str) -> bool,
    ) -> Result<(), Failure> {
        let seat = seat_of(who);
        let records = &mut self.records;
        self.room.ask_recorded(who, id, question, |typed| {
            records.append(Body::Answered(Answered {
                screen,
                seat,
                text: typed.to_owned(),
            }))?;
            Ok(right(typed).then_some(()))
        })
    }

    /// 32 random bytes. Where a source has failed its tests there are none, and the session ends.
    pub(super) fn draw(&mut self) -> Result<[u8; 32], Failure> {
        let drawn = self.random.draw(self.hsm.token());
        drawn.map_err(|nothing| match nothing {
            NothingDrawn::Unhealthy(refusal) => self.refuse(&refusal),
            NothingDrawn::Failed(failure) => failure,
        })
    }

    /// Tests the sources of random numbers again, and judges what was found since the session
    /// began.
    pub(super) fn test_random(&mut self) -> Result<(RandomEvidence, RuleLine), Failure> {
        self.random.test_again(self.hsm.token())?;
        let evidence = self.random.evidence();
        let opening = self.journal().state().open();
        let opening = opening.ok_or_else(|| {
            Failure::internal(phrase!(
                "the session is not open",
                "セッションが開いていない"
            ))
        })?;
        let verdict = hsm04(&evidence, RandomBefore::Opening(&opening.opened().random));
        let rule = RuleId::HSM04;
        Ok((evidence, RuleLine { rule, verdict }))
    }

    /// A recovery gave this session another number.
    pub(super) fn renumbered(&mut self) {
        self.facts.session = self.journal().head().session;
    }

    /// Lets the HSM remember where the journal stands.
    pub(super) fn anchor(&mut self) -> Result<(), Failure> {
        self.records.anchor(&mut self.hsm)
    }

    /// Records and shows a refusal; what the session ends with.
    pub(super) fn refuse(&mut self, refusal: &Refusal) -> Failure {
        if let Err(failure) = self.record(Body::Refused(refusal.clone())) {
            return failure;
        }
        self.room.refused([refusal])
    }

    /// Shows verdicts that no entry holds; what they refuse is recorded first.
    pub(super) fn judged(&mut self, lines: &[RuleLine]) -> Result<(), Failure> {
        for line in lines {
            let Verdict::Refused(refusals) = &line.verdict else {
                continue;
            };
            for refusal in refusals {
                self.record(Body::Refused(refusal.clone()))?;
            }
        }
        self.room.verdicts(lines)
    }

    /// Closes, seals and anchors the session.
    pub(super) fn close(&mut self, outcome: Outcome) -> Result<SealedSession, Failure> {
        self.records.append(Body::Closed(outcome))?;
        let sealed = self.records.seal(&mut self.hsm)?;
        self.anchor()?;
        self.room.say(
            &format!("session {} is sealed", self.facts.session),
            &format!("セッション {} を封印しました", self.facts.session),
        )?;
        Ok(sealed)
    }

    /// Logs out and judges what is left of the login. The session is sealed: what is found wrong is
    /// for the next one to record.
    pub(super) fn leave(self) -> Result<(), Failure> {
        let Self {
            mut room,
            hsm,
            records,
            ..
        } = self;
        let left = log_out(&mut room, hsm);
        left.inspect_err(|failure| unrecorded::keep(records.folder(), failure.for_record()))
    }

    /// Ends a session that failed: why is recorded, then it is closed, sealed and anchored, and
    /// the token is left. The first failure is what counts.
    ///
    /// Where the HSM does not answer, nothing can be sealed: the reason is on the disk all the
    /// same, and the next session's seal covers it.
    pub(super) fn end_badly(self, failure: Failure) -> Failure {
        self.end_telling(failure, |_, _| Ok(()))
    }

    /// The same, with what is told to the outside once the session is sealed.
    pub(super) fn end_telling(
        mut self,
        failure: Failure,
        tell: impl FnOnce(&mut Self, &SealedSession) -> Result<(), Failure>,
    ) -> Failure {
        let outcome = match failure.kind() {
            Kind::Rule => Outcome::Refused,
            _ => Outcome::Aborted,
        };
        let recorded = match outcome {
            Outcome::Refused => Ok(()),
            _ => self.record_abort(&failure),
        };
        if self.hsm.token().is_given_up() {
            let closed = recorded.and_then(|()| self.record(Body::Closed(outcome)));
            return match closed {
                Err(second) => failure.followed_by(&second),
                Ok(()) => failure,
            };
        }
        let ended = recorded
            .and_then(|()| self.close(outcome))
            .and_then(|sealed| {
                let told = tell(&mut self, &sealed);
                self.leave().and(told)
            });
        match ended {
            // Without a record of the end the next session finds this one cut, and says so.
            Err(second) if second.kind() != Kind::Officer => failure.followed_by(&second),
            _ => failure,
        }
    }

    fn record_abort(&mut self, failure: &Failure) -> Result<(), Failure> {
        if failure.kind() == Kind::WrongPin {
            self.record(Body::WrongPin(WrongPin { tries_left: None }))?;
        }
        self.record(Body::Aborted(self.aborted(failure)))
    }

    fn aborted(&self, failure: &Failure) -> Aborted {
        Aborted {
            step: self.room.at(),
            seat: failure.seat(),
            reason: Line::lossy(failure.for_record()),
        }
    }
}

fn log_out(room: &mut Room, hsm: DeviceHsm) -> Result<(), Failure> {
    let out = hsm.logout().map_err(|e| of_hsm(&e))?;
    let verdict = hsm05(out.end);
    room.verdicts(&[RuleLine {
        rule: RuleId::HSM05,
        verdict,
    }])
}

/// A failure of the token.
pub(super) fn of_hsm(error: &hsm_profiles::HsmError) -> Failure {
    let kind = match error.class() {
        ErrorClass::PinWrong => Kind::WrongPin,
        _ => Kind::Hsm,
    };
    Failure::new(kind, error.what(), error.advice())
}

/// An entry that the journal does not take: this program did something out of order, or the token
/// used a random number twice.
fn not_following(refusal: &Refusal) -> Failure {
    if refusal.rule == RuleId::SIG03 {
        return Failure::hsm(
            refusal.what(),
            phrase!(
                "Nothing was released. Use neither this token nor its keys any more. Report it.",
                "何も解放していません。このトークンと鍵を使用せず、報告してください。"
            ),
        );
    }
    Failure::internal(phrase!(
        "the journal takes no such entry: {why} {advice}",
        "ジャーナルに記録できない: {why} {advice}",
        why = refusal.what(),
        advice = refusal.advice()
    ))
}

/// The token sealed something, and it does not verify.
fn bad_seal(error: &CoseError) -> Failure {
    Failure::hsm(
        phrase!(
            "the token's seal does not verify: {why}",
            "トークンの封印を検証できない: {why}",
            why = error.phrase()
        ),
        phrase!(
            "Do not use this token. Report it.",
            "このトークンを使用せず、報告してください。"
        ),
    )
}

/// The lines of some rules that were judged one by one.
pub(super) fn rule_lines<const N: usize>(verdicts: [(RuleId, Verdict); N]) -> Vec<RuleLine> {
    verdicts
        .into_iter()
        .map(|(rule, verdict)| RuleLine { rule, verdict })
        .collect()
}

/// A refusal of the machine or the token that no rule line holds.
pub(super) const fn token_refusal(rule: RuleId, expected: Phrase, got: Phrase) -> Refusal {
    Refusal::new(rule, Place::Token, expected, got)
}
