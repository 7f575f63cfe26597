//! One frame as read, in whichever form it came.

use alloc::vec::Vec;

use super::numbered::Series;
use super::receiver::Message;
use super::ur::{self, Part, UrType};
use super::{Content, Form, Ignored, Limits, TEXT_LIMIT, bbqr, bytes, specter};
use crate::psbt;

/// One frame.
#[derive(Debug)]
pub(super) enum Frame {
    /// A whole message.
    Whole(Message),
    /// A part of a UR.
    Part(UrType, Part),
    /// A byte frame.
    Bytes(bytes::Frame),
    /// One of frames that come round in a circle.
    Numbered {
        series: Series,
        /// Counted from 0.
        place: u16,
        bytes: Vec<u8>,
    },
}

/// Reads one frame of any form. Claims are held against `limits` before the data is read.
pub(super) fn read(shown: &[u8], limits: Limits) -> Result<Frame, Ignored> {
    if shown.trim_ascii().len() > TEXT_LIMIT {
        return Err(Ignored::TooLong);
    }
    if bytes::looks_like(shown) {
        return bytes::read(shown, limits).map(Frame::Bytes);
    }
    let text = core::str::from_utf8(shown).map_err(|_| Ignored::NotAFrame)?;
    let text = text.trim_ascii();
    if ur::looks_like(text) {
        return of_ur(text, limits);
    }
    if bbqr::looks_like(text) {
        let frame = bbqr::read(text, limits)?;
        return Ok(Frame::Numbered {
            series: Series::Bbqr(frame.series),
            place: frame.place,
            bytes: frame.bytes,
        });
    }
    if let Some(frame) = specter::read(text, limits) {
        let frame = frame?;
        return Ok(Frame::Numbered {
            series: Series::Specter(frame.frames),
            place: frame.place,
            bytes: frame.text.as_bytes().to_vec(),
        });
    }
    let bytes = psbt::unarmoured(text.as_bytes().to_vec()).ok_or(Ignored::NotAFrame)?;
    Ok(Frame::Whole(Message {
        content: Content::Psbt,
        form: Form::Base64,
        bytes,
    }))
}

fn of_ur(text: &str, limits: Limits) -> Result<Frame, Ignored> {
    let (kind, frame) = ur::read(text, limits)?;
    Ok(match frame {
        ur::Frame::Part(part) => Frame::Part(kind, part),
        ur::Frame::Whole(wrapped) => Frame::Whole(Message {
            content: kind.content(),
            form: Form::Ur,
            bytes: ur::unwrap(&wrapped).ok_or(Ignored::Malformed)?,
        }),
    })
}
