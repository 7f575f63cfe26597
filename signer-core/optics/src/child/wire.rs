//! What goes through the two pipes.
//!
//! ```text
//! picture = length u32, bytes
//! answer  = status u8 (0: read, n: the n-th ReadError), length u32, contents
//! content = length u16, bytes
//! ```
//! All numbers are big-endian. Neither side believes a length above its limit.

use std::io::{self, Read, Write};

use signer_core::frames::Shown;

use super::{fill, flush_all};
use crate::read::{FILE_LIMIT, ReadError};

/// Bytes in front of an answer's contents.
pub(super) const ANSWER_HEAD: usize = 5;

/// Largest answer in bytes: a dozen of the largest codes.
pub(super) const ANSWER_LIMIT: usize = 64 * 1024;

/// A picture as it goes to the child.
pub(super) fn picture(file: &[u8]) -> Result<Vec<u8>, ReadError> {
    let len = u32::try_from(file.len()).map_err(|_| ReadError::TooManyBytes)?;
    if file.len() > FILE_LIMIT {
        return Err(ReadError::TooManyBytes);
    }
    Ok([&len.to_be_bytes(), file].concat())
}

/// The next picture; `None` at the end of the input.
pub(super) fn read_picture(input: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut head = [0; 4];
    if !fill(input, &mut head)? {
        return Ok(None);
    }
    let len = u32::from_be_bytes(head) as usize;
    if len > FILE_LIMIT {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut file = vec![0; len];
    Ok(fill(input, &mut file)?.then_some(file))
}

/// Answers one picture. Contents beyond the limit are left out.
pub(super) fn write_answer(
    output: &mut impl Write,
    answer: &Result<Vec<Shown>, ReadError>,
) -> io::Result<()> {
    let (status, contents) = match answer {
        Ok(contents) => (0, contents.as_slice()),
        Err(error) => (status_of(*error), &[][..]),
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
    flush_all(output, &[&[status][..], &len, &body].concat())
}

fn status_of(error: ReadError) -> u8 {
    let place = ReadError::ALL.iter().position(|e| *e == error);
    place
        .and_then(|p| u8::try_from(p + 1).ok())
        .unwrap_or(u8::MAX)
}

/// Length of the contents behind an answer's head; `None` where a child would not say this.
pub(super) fn answer_len(head: [u8; ANSWER_HEAD]) -> Option<usize> {
    let [_, a, b, c, d] = head;
    let len = u32::from_be_bytes([a, b, c, d]) as usize;
    (len <= ANSWER_LIMIT).then_some(len)
}

/// The contents of an answer; `None` where a child would not say this.
pub(super) fn answer(status: u8, mut body: &[u8]) -> Option<Result<Vec<Shown>, ReadError>> {
    if let Some(place) = usize::from(status).checked_sub(1) {
        return ReadError::ALL.get(place).map(|error| Err(*error));
    }
    let mut contents = Vec::new();
    while let Some((len, rest)) = body.split_first_chunk() {
        let (bytes, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
        contents.push(Shown::from_bytes(bytes.to_vec()));
        body = rest;
    }
    body.is_empty().then_some(Ok(contents))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(given: &Result<Vec<Shown>, ReadError>) -> Result<Vec<Shown>, ReadError> {
        let mut sent = Vec::new();
        write_answer(&mut sent, given).unwrap();
        let (head, body) = sent.split_first_chunk::<ANSWER_HEAD>().unwrap();
        assert_eq!(answer_len(*head), Some(body.len()));
        answer(head[0], body).unwrap()
    }

    #[test]
    fn answers_read_back() {
        for texts in [
            vec![],
            vec!["a\nb".to_owned().into(), String::new().into()],
            vec![Shown::from_bytes(vec![0xff, 0, 0x80])],
        ] {
            assert_eq!(there_and_back(&Ok(texts.clone())), Ok(texts));
        }
        for error in ReadError::ALL {
            assert_eq!(there_and_back(&Err(error)), Err(error));
        }
    }

    #[test]
    fn contents_beyond_the_limit_are_left_out() {
        let texts = vec![Shown::from("x".repeat(7000)); 20];
        let kept = ANSWER_LIMIT / 7002;
        assert_eq!(there_and_back(&Ok(texts)).unwrap().len(), kept);
    }

    #[test]
    fn what_no_child_would_say_is_no_answer() {
        assert_eq!(answer_len([0, 0, 1, 0, 1]), None);
        for (status, body) in [
            (6, &[][..]),
            (255, &[]),
            (0, &[0]),
            (0, &[0, 2, 65]),
            (0, &[0, 1]),
        ] {
            assert_eq!(answer(status, body), None);
        }
    }

    #[test]
    fn pictures_above_the_limit_are_neither_sent_nor_taken() {
        assert_eq!(
            picture(&vec![0; FILE_LIMIT + 1]),
            Err(ReadError::TooManyBytes)
        );
        let sent = picture(&[7, 8]).unwrap();
        assert_eq!(
            read_picture(&mut sent.as_slice()).unwrap(),
            Some(vec![7, 8])
        );
        assert_eq!(read_picture(&mut &sent[..5]).unwrap(), None);
        assert!(read_picture(&mut &[255; 9][..]).is_err());
    }
}
