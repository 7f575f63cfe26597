//! The one PSBT of a signing session, and the block headers that travel in it.

use signer_core::approval::RequestKind;
use signer_core::codec;
use signer_core::digest::DeviceId;
use signer_core::frames::{Direction, direction::Receipts};
use signer_core::headers::HeaderRun;
use signer_core::phrase;
use signer_core::transcript::{Body, CeremonyKind, Channel, Intake, OpenSession, Unfinished};
use signer_core::types::SessionNumber;

use super::begin::{Desk, Opening};
use super::headers;
use super::session::Session;
use crate::failure::Failure;
use crate::gap::Inlet;
use crate::plan::Source;

/// Where the one PSBT of a session comes from.
pub(super) enum Mouth {
    /// The gap.
    Gap(Inlet, RequestKind),
    /// The journal: a session that was cut goes on with the PSBT that it had. The only one, or this one.
    Journal(Option<SessionNumber>),
}

impl Mouth {
    /// Opens the way in, before anything secret is loaded.
    pub(super) fn open(source: &Source) -> Result<Self, Failure> {
        match source {
            Source::Gap(entry, kind) => Ok(Self::Gap(Inlet::open(entry)?, *kind)),
            Source::Journal(cut) => Ok(Self::Journal(*cut)),
        }
    }

    /// The ceremony that begins with it.
    ///
    /// # Errors
    /// Bad input, where nothing was cut, or it is not said which of several.
    pub(super) fn opening(&self, desk: &Desk) -> Result<Opening, Failure> {
        match self {
            Self::Gap(_, RequestKind::Ordinary) => Ok(CeremonyKind::Sign.into()),
            Self::Gap(_, RequestKind::Sweep) => Ok(CeremonyKind::Sweep.into()),
            Self::Journal(named) => which(desk.state().unfinished(), *named).map(Opening::going_on),
        }
    }
}

/// The session that is gone on with: the one that is named, or the only one.
fn which(cut: &[Unfinished], named: Option<SessionNumber>) -> Result<SessionNumber, Failure> {
    let sessions: Vec<SessionNumber> = cut.iter().map(Unfinished::session).collect();
    let listed: Vec<String> = sessions.iter().map(ToString::to_string).collect();
    let listed = listed.join(", ");
    match (&sessions[..], named) {
        ([], _) => Err(Failure::input(
            phrase!(
                "no signing session was cut here",
                "中断した署名セッションがない"
            ),
            phrase!(
                "Sign with `signer-device psbt sign --help`; a sealed session's lost PSBT: `psbt reissue --help`.",
                "署名するには: `signer-device psbt sign --help`。封印済みセッションのPSBTを失った場合: `psbt reissue --help`"
            ),
        )),
        ([only], None) => Ok(*only),
        (_, Some(named)) if sessions.contains(&named) => Ok(named),
        (_, Some(named)) => Err(Failure::input(
            phrase!(
                "session {named} left nothing to go on with",
                "セッション {named} には再開するものがない",
                named = named
            ),
            phrase!(
                "What was cut and not released: --session {listed}.",
                "中断され未解放のセッション: --session {listed}",
                listed = listed
            ),
        )),
        (_, None) => Err(Failure::input(
            phrase!(
                "sessions {listed} were cut, and none is named",
                "中断したセッション {listed} のいずれも指定されていない",
                listed = listed
            ),
            phrase!(
                "Say which one goes on: `psbt resume --session N`.",
                "再開するものを `psbt resume --session N` で指定してください。"
            ),
        )),
    }
}

/// Reads exactly one PSBT and records it, byte for byte, and the headers that came in it.
/// Tells how it came.
pub(super) fn take_in(session: &mut Session, mouth: Mouth) -> Result<Channel, Failure> {
    let inlet = match mouth {
        Mouth::Gap(inlet, _) => inlet,
        Mouth::Journal(_) => return take_again(session),
    };
    let (psbt, channel) = inlet.read(&mut session.room.console)?;
    let intake = Intake::new(psbt, channel, session.clock()?);
    admit(session, &intake)?;
    session.record(Body::Intake(intake))?;
    take_headers(session)?;
    Ok(channel)
}

/// Takes the PSBT of the session that was cut from the journal, byte for byte.
fn take_again(session: &mut Session) -> Result<Channel, Failure> {
    let unfinished = session.journal().state().resumed();
    let unfinished = unfinished.ok_or_else(|| {
        Failure::internal(phrase!("no intent is recorded", "署名予定の記録がない"))
    })?;
    let intake = unfinished.intake().again(session.clock()?);
    let number = unfinished.session();
    let channel = intake.channel();
    session.record(Body::Intake(intake))?;
    session.room.say(
        &format!("the PSBT of session {number} is taken from the journal"),
        &format!("セッション {number} のPSBTをジャーナルから読み込みました"),
    )?;
    Ok(channel)
}

/// The device's own answer is no request.
fn admit(session: &Session, intake: &Intake) -> Result<(), Failure> {
    let receipts: Vec<DeviceId> = intake.answered_by().collect();
    let receipts = Receipts::among(&receipts, &session.facts.device);
    Direction::ToDevice
        .admit(receipts)
        .map_err(|wrong| Failure::explained(&wrong))
}

/// The headers of the PSBT, if it brings any and could be read.
fn take_headers(session: &mut Session) -> Result<(), Failure> {
    let intake = session.journal().state().open();
    let intake = intake.and_then(OpenSession::intake);
    let read = intake.and_then(|intake| intake.read().ok());
    let Some(bytes) = read.and_then(|parsed| parsed.carried().headers.as_deref()) else {
        return Ok(());
    };
    match codec::decode::<HeaderRun>(bytes) {
        Ok(run) => headers::take(session, &run),
        Err(error) => headers::not_taken(session, &error.phrase()),
    }
}
