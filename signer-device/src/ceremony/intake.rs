//! The one PSBT of a signing session, and the block headers that travel in it.

use signer_core::codec::{self, ByteString};
use signer_core::digest::DeviceId;
use signer_core::frames::{Direction, direction::Receipts};
use signer_core::headers::HeaderRun;
use signer_core::psbt::{MapId, ProprietaryField, RawPsbt};
use signer_core::transcript::{Body, Channel, Intake, WhatKind};

use super::register_wallet::install;
use super::session::Session;
use crate::failure::Failure;
use crate::gap::Inlet;

/// Reads exactly one PSBT and records it, byte for byte, and the headers that came in it.
pub(super) fn take_in(session: &mut Session, inlet: Inlet) -> Result<(), Failure> {
    let channel = match &inlet {
        Inlet::File(_) => Channel::File,
        Inlet::Pictures(..) => Channel::Pictures,
    };
    let psbt = inlet.read(&mut session.room.console)?;
    let raw = RawPsbt::parse(&psbt).ok();
    if let Some(raw) = &raw {
        admit(session, raw)?;
    }
    session.record(Body::Intake(Intake {
        psbt: ByteString(psbt),
        channel,
    }))?;
    match raw {
        Some(raw) => take_headers(session, &raw),
        None => Ok(()),
    }
}

/// The device's own answer is no request.
fn admit(session: &Session, raw: &RawPsbt) -> Result<(), Failure> {
    let receipts: Vec<DeviceId> = raw
        .records(MapId::Global)
        .filter_map(|record| receipt_of(record.key()))
        .collect();
    let receipts = Receipts::among(&receipts, &session.facts.device);
    Direction::ToDevice.admit(receipts).map_err(|wrong| {
        let sentence = wrong.sentence(session.lang());
        let (what, advice) = sentence.split_once(". ").unwrap_or((sentence, ""));
        Failure::input(what, advice)
    })
}

/// The device that a receipt's key names.
fn receipt_of(key: &[u8]) -> Option<DeviceId> {
    let (field, named) = ProprietaryField::of_key(key)?;
    let device = named.first_chunk::<32>()?;
    (field == ProprietaryField::Receipt).then(|| DeviceId::from_bytes(*device))
}

/// Headers that lead on from the last known block are taken; others change nothing, and the rules
/// judge at the height that is known.
fn take_headers(session: &mut Session, raw: &RawPsbt) -> Result<(), Failure> {
    let key = ProprietaryField::headers_key();
    let Some(bytes) = raw.value(MapId::Global, &key).map(<[u8]>::to_vec) else {
        return Ok(());
    };
    let network = session.scope()?.network;
    let state = session.journal().state();
    let extended = codec::decode::<HeaderRun>(&bytes)
        .map_err(|error| error.to_string())
        .and_then(|run| {
            let tip = state.tip().ok_or_else(|| "no tip".to_owned())?;
            tip.extend(&run, network).map_err(|error| error.to_string())
        });
    match extended {
        Ok(tip) => {
            install(session, WhatKind::Headers, bytes)?;
            let height = tip.height();
            session.room.say(
                &format!("headers are linked up to height {height}"),
                &format!("ブロックヘッダを高さ {height} まで確認しました"),
            )
        }
        Err(error) => {
            let what = error.lines().next().unwrap_or_default();
            session
                .room
                .console
                .notice(&format!("headers are not taken: {what}"))
        }
    }
}
