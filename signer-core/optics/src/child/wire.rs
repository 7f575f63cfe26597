//! What goes through the two pipes.
//!
//! ```text
//! picture = form u8 (64: PNG, 64 + n: the n-th format of cameras), width u16, height u16, stride u32,
//!           length u32, bytes
//! answer  = status u8 (0: read, n: the n-th ReadError), hint u8 (0: none, n: the n-th),
//!           length u32, contents
//! content = length u16, bytes
//! ```
//! A PNG picture has no sides here. No picture begins as an answer does: a child that gives back what it got
//! has not answered. All numbers are big-endian. Neither side believes a length above its limit.

use std::io::{self, Read, Write};

use camera::{Format, Layout};
use signer_core::frames::Shown;

use super::{fill, flush_all};
use crate::read::{FILE_LIMIT, Hint, ReadError, Seen};

/// Bytes in front of an answer's contents.
pub(super) const ANSWER_HEAD: usize = 6;
/// Bytes in front of a picture.
const PICTURE_HEAD: usize = 13;

/// Largest answer in bytes: a dozen of the largest codes.
pub(super) const ANSWER_LIMIT: usize = 64 * 1024;

/// Hints, in the order of their numbers.
const HINTS: [Hint; 3] = [Hint::TooFar, Hint::Tilted, Hint::Blurred];

/// Number of the form of PNG pictures.
const PNG: u8 = 64;

/// A picture on its way to the child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A PNG file.
    Png,
    /// As a camera gave it.
    Camera(Layout),
}

/// A picture as it goes to the child.
pub(super) fn picture(form: Form, bytes: &[u8]) -> Result<Vec<u8>, ReadError> {
    let len = u32::try_from(bytes.len()).map_err(|_| ReadError::TooManyBytes)?;
    if bytes.len() > FILE_LIMIT {
        return Err(ReadError::TooManyBytes);
    }
    let side = |pixels: u32| u16::try_from(pixels).map_err(|_| ReadError::TooManyPixels);
    let (number, width, height, stride) = match form {
        Form::Png => (PNG, 0, 0, 0),
        Form::Camera(layout) => (
            PNG + numbered(&Format::ALL, layout.format),
            side(layout.width)?,
            side(layout.height)?,
            layout.stride,
        ),
    };
    let mut request = Vec::with_capacity(PICTURE_HEAD + bytes.len());
    request.push(number);
    request.extend(width.to_be_bytes());
    request.extend(height.to_be_bytes());
    request.extend(stride.to_be_bytes());
    request.extend(len.to_be_bytes());
    request.extend(bytes);
    Ok(request)
}

/// The next picture; `None` at the end of the input.
pub(super) fn read_picture(input: &mut impl Read) -> io::Result<Option<(Form, Vec<u8>)>> {
    let mut head = [0; PICTURE_HEAD];
    if !fill(input, &mut head)? {
        return Ok(None);
    }
    let [number, sides @ .., l0, l1, l2, l3] = head;
    let [w0, w1, h0, h1, stride @ ..] = sides;
    let nonsense = || io::Error::from(io::ErrorKind::InvalidData);
    let place = number.checked_sub(PNG).ok_or_else(nonsense)?;
    let form = match usize::from(place).checked_sub(1) {
        None => Form::Png,
        Some(place) => Form::Camera(Layout {
            format: *Format::ALL.get(place).ok_or_else(nonsense)?,
            width: u16::from_be_bytes([w0, w1]).into(),
            height: u16::from_be_bytes([h0, h1]).into(),
            stride: u32::from_be_bytes(stride),
        }),
    };
    let len = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
    if len > FILE_LIMIT {
        return Err(nonsense());
    }
    let mut bytes = vec![0; len];
    Ok(fill(input, &mut bytes)?.then_some((form, bytes)))
}

/// Answers one picture. Contents beyond the limit are left out.
pub(super) fn write_answer(
    output: &mut impl Write,
    answer: &Result<Seen, ReadError>,
) -> io::Result<()> {
    let (status, hint, contents) = match answer {
        Ok(seen) => (
            0,
            seen.hint.map_or(0, |hint| numbered(&HINTS, hint)),
            seen.contents.as_slice(),
        ),
        Err(error) => (numbered(&ReadError::ALL, *error), 0, &[][..]),
    };
    let mut body = Vec::new();
    for bytes in contents.iter().map(Shown::as_bytes) {
        let Ok(len) = u16::try_from(bytes.len()) else {
            continue;
        };
        if body.len() + 2 + bytes.len() <= ANSWER_LIMIT {
            body.extend(len.to_be_bytes());
            body.extend(bytes);
        }
    }
    let len = u32::try_from(body.len()).unwrap_or(0).to_be_bytes();
    flush_all(output, &[&[status, hint][..], &len, &body].concat())
}

/// The place among all, counted from 1.
fn numbered<T: Copy + PartialEq>(all: &[T], one: T) -> u8 {
    let place = all.iter().position(|other| *other == one);
    place
        .and_then(|p| u8::try_from(p + 1).ok())
        .unwrap_or(u8::MAX)
}

/// Length of the contents behind an answer's head; `None` where a child would not say this.
pub(super) fn answer_len(head: [u8; ANSWER_HEAD]) -> Option<usize> {
    let [_, _, a, b, c, d] = head;
    let len = u32::from_be_bytes([a, b, c, d]) as usize;
    (len <= ANSWER_LIMIT).then_some(len)
}

/// The contents of an answer; `None` where a child would not say this.
pub(super) fn answer(head: [u8; ANSWER_HEAD], mut body: &[u8]) -> Option<Result<Seen, ReadError>> {
    let [status, hint, ..] = head;
    if let Some(place) = usize::from(status).checked_sub(1) {
        return ReadError::ALL.get(place).map(|error| Err(*error));
    }
    let hint = match usize::from(hint).checked_sub(1) {
        None => None,
        Some(place) => Some(*HINTS.get(place)?),
    };
    let mut contents = Vec::new();
    while let Some((len, rest)) = body.split_first_chunk() {
        let (bytes, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
        contents.push(Shown::from_bytes(bytes.to_vec()));
        body = rest;
    }
    body.is_empty().then_some(Ok(Seen { contents, hint }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(given: &Result<Seen, ReadError>) -> Result<Seen, ReadError> {
        let mut sent = Vec::new();
        write_answer(&mut sent, given).unwrap();
        let (head, body) = sent.split_first_chunk::<ANSWER_HEAD>().unwrap();
        assert_eq!(answer_len(*head), Some(body.len()));
        answer(*head, body).unwrap()
    }

    fn seen(contents: Vec<Shown>, hint: Option<Hint>) -> Seen {
        Seen { contents, hint }
    }

    #[test]
    fn answers_read_back() {
        for texts in [
            vec![],
            vec!["a\nb".to_owned().into(), String::new().into()],
            vec![Shown::from_bytes(vec![0xff, 0, 0x80])],
        ] {
            let seen = seen(texts, None);
            assert_eq!(there_and_back(&Ok(seen.clone())), Ok(seen));
        }
        for hint in HINTS {
            let seen = seen(vec![], Some(hint));
            assert_eq!(there_and_back(&Ok(seen.clone())), Ok(seen));
        }
        for error in ReadError::ALL {
            assert_eq!(there_and_back(&Err(error)), Err(error));
        }
    }

    #[test]
    fn contents_beyond_the_limit_are_left_out() {
        let texts = vec![Shown::from("x".repeat(7000)); 20];
        let kept = ANSWER_LIMIT / 7002;
        let answered = there_and_back(&Ok(seen(texts, None))).unwrap();
        assert_eq!(answered.contents.len(), kept);
    }

    #[test]
    fn what_no_child_would_say_is_no_answer() {
        assert_eq!(answer_len([0, 0, 0, 1, 0, 1]), None);
        for (status, hint, body) in [
            (8, 0, &[][..]),
            (255, 0, &[]),
            (0, 4, &[]),
            (0, 0, &[0]),
            (0, 0, &[0, 2, 65]),
            (0, 0, &[0, 1]),
        ] {
            assert_eq!(answer([status, hint, 0, 0, 0, 0], body), None);
        }
    }

    #[test]
    fn pictures_above_the_limit_are_neither_sent_nor_taken() {
        assert_eq!(
            picture(Form::Png, &vec![0; FILE_LIMIT + 1]),
            Err(ReadError::TooManyBytes)
        );
        let layout = |format, width| Layout {
            format,
            width,
            height: 720,
            stride: 70_000,
        };
        let layouts = Format::ALL.map(|format| Form::Camera(layout(format, 1280)));
        for form in [Form::Png].into_iter().chain(layouts) {
            let sent = picture(form, &[7, 8]).unwrap();
            assert_eq!(
                read_picture(&mut sent.as_slice()).unwrap(),
                Some((form, vec![7, 8]))
            );
            assert_eq!(read_picture(&mut &sent[..=PICTURE_HEAD]).unwrap(), None);
        }
        let wide = Form::Camera(layout(Format::Grey, 65_536));
        assert_eq!(picture(wide, &[]), Err(ReadError::TooManyPixels));
        assert!(read_picture(&mut &[255; PICTURE_HEAD][..]).is_err());
        let mut long = [0; PICTURE_HEAD];
        long[PICTURE_HEAD - 4..].fill(255);
        assert!(read_picture(&mut &long[..]).is_err());
    }
}
