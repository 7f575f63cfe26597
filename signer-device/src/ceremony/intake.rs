//! The one PSBT of a signing session, and the block headers that travel in it.

use signer_core::approval::RequestKind;
use signer_core::codec;
use signer_core::digest::DeviceId;
use signer_core::frames::{Direction, direction::Receipts};
use signer_core::headers::HeaderRun;
use signer_core::phrase;
use signer_core::transcript::{Body, CeremonyKind, Channel, Intake, OpenSession};

use super::begin::Desk;
use super::headers;
use super::session::Session;
use crate::failure::Failure;
use crate::gap::Inlet;
use crate::plan::Source;

/// Where the one PSBT of a session comes from.
pub(super) enum Mouth {
    /// The gap.
    Gap(Inlet, RequestKind),
    /// The journal: a session that was cut goes on with the PSBT that it had.
    Journal,
}

impl Mouth {
    /// Opens the way in, before anything secret is loaded.
    pub(super) fn open(source: &Source) -> Result<Self, Failure> {
        match source {
            Source::Gap(entry, kind) => Ok(Self::Gap(Inlet::open(entry)?, *kind)),
            Source::Journal => Ok(Self::Journal),
        }
    }

    /// The ceremony that begins with it.
    ///
    /// # Errors
    /// Bad input, where nothing was cut.
    pub(super) fn ceremony(&self, desk: &Desk) -> Result<CeremonyKind, Failure> {
        match self {
            Self::Gap(_, RequestKind::Ordinary) => Ok(CeremonyKind::Sign),
            Self::Gap(_, RequestKind::Sweep) => Ok(CeremonyKind::Sweep),
            Self::Journal if desk.state().unfinished().is_some() => Ok(CeremonyKind::Resume),
            Self::Journal => Err(Failure::input(
                phrase!(
                    "no signing session was cut here",
                    "中断した署名セッションがない"
                ),
                phrase!(
                    "Sign with `signer-device psbt sign --help`; a sealed session's lost PSBT: `psbt reissue --help`.",
                    "署名するには: `signer-device psbt sign --help`。封印済みセッションのPSBTを失った場合: `psbt reissue --help`"
                ),
            )),
        }
    }
}

/// Reads exactly one PSBT and records it, byte for byte, and the headers that came in it.
/// Tells how it came.
pub(super) fn take_in(session: &mut Session, mouth: Mouth) -> Result<Channel, Failure> {
    let inlet = match mouth {
        Mouth::Gap(inlet, _) => inlet,
        Mouth::Journal => return take_again(session),
    };
    let (psbt, channel) = inlet.read(&mut session.room.console)?;
    let intake = Intake::new(psbt, channel);
    admit(session, &intake)?;
    session.record(Body::Intake(intake))?;
    take_headers(session)?;
    Ok(channel)
}

/// Takes the PSBT of the session that was cut from the journal, byte for byte.
fn take_again(session: &mut Session) -> Result<Channel, Failure> {
    let unfinished = session.journal().state().unfinished();
    let unfinished = unfinished.ok_or_else(|| {
        Failure::internal(phrase!("no intent is recorded", "署名予定の記録がない"))
    })?;
    let (intake, number) = (unfinished.intake().clone(), unfinished.session());
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
