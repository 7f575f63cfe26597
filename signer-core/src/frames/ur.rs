//! The text of one frame: `ur:<type>/<bytewords>` or `ur:<type>/<seq>-<count>/<bytewords>`.
//!
//! Reads and writes single frames; what belongs together is the receiver's to judge.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use super::{Content, Ignored, Limits, bytewords};
use crate::codec::{self, ByteString};

/// What a message is, as the registry of UR types names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrType {
    /// `crypto-psbt`, the name that the wallets in use still write.
    CryptoPsbt,
    /// `psbt`, the registry's newer name.
    Psbt,
    /// `bytes`: anything else, such as a device card.
    Bytes,
}

impl UrType {
    const ALL: [Self; 3] = [Self::CryptoPsbt, Self::Psbt, Self::Bytes];

    /// The name in the frame, in capitals.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CryptoPsbt => "CRYPTO-PSBT",
            Self::Psbt => "PSBT",
            Self::Bytes => "BYTES",
        }
    }

    /// What a message of this type is.
    pub const fn content(self) -> Content {
        match self {
            Self::CryptoPsbt | Self::Psbt => Content::Psbt,
            Self::Bytes => Content::Other,
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name().eq_ignore_ascii_case(name))
    }
}

/// What a part says in bytes, in the order of the standard's CBOR array.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct Part {
    /// Number of this part, from 1; beyond `fragments` the part is mixed.
    #[n(0)]
    pub(super) seq: u32,
    /// Fragments of the message.
    #[n(1)]
    pub(super) fragments: u32,
    /// Bytes of the message.
    #[n(2)]
    pub(super) message_len: u32,
    /// CRC-32 of the message.
    #[n(3)]
    pub(super) checksum: u32,
    /// One fragment, or several mixed.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub(super) bytes: Vec<u8>,
}

/// One frame as read.
#[derive(Debug)]
pub(super) enum Frame {
    /// A whole message in its CBOR wrapping.
    Whole(Vec<u8>),
    /// A part of one.
    Part(Part),
}

/// The text of a whole message in one frame.
pub(super) fn write_whole(kind: UrType, wrapped: &[u8]) -> String {
    format!("UR:{}/{}", kind.name(), bytewords::encode(wrapped))
}

/// The text of one part.
pub(super) fn write_part(kind: UrType, part: &Part) -> String {
    format!(
        "UR:{}/{}-{}/{}",
        kind.name(),
        part.seq,
        part.fragments,
        bytewords::encode(&codec::encode(part))
    )
}

/// Whether a text is meant as a UR.
pub(super) fn looks_like(text: &str) -> bool {
    let scheme = text.get(..3);
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("ur:"))
}

/// Reads one frame, in either case. Claims are held against `limits` before the letters are read.
pub(super) fn read(text: &str, limits: Limits) -> Result<(UrType, Frame), Ignored> {
    let (_, rest) = text.split_once(':').ok_or(Ignored::NotAFrame)?;
    let (kind, body) = rest.split_once('/').ok_or(Ignored::NotAFrame)?;
    let kind = UrType::named(kind).ok_or(Ignored::UnknownType)?;
    let frame = match body.split_once('/') {
        None => Frame::Whole(letters(body)?),
        Some((place, body)) => Frame::Part(read_part(place, body, limits)?),
    };
    Ok((kind, frame))
}

fn read_part(place: &str, body: &str, limits: Limits) -> Result<Part, Ignored> {
    let (seq, fragments) = place.split_once('-').ok_or(Ignored::Malformed)?;
    let (seq, fragments) = (number(seq)?, number(fragments)?);
    if fragments > u32::from(limits.fragments) {
        return Err(Ignored::TooManyFragments);
    }
    let part: Part = codec::decode(&letters(body)?).map_err(|_| Ignored::Malformed)?;
    if part.seq != seq || part.fragments != fragments {
        return Err(Ignored::Malformed);
    }
    fits(&part, limits)?;
    Ok(part)
}

/// The lengths agree with each other and with `limits`.
fn fits(part: &Part, limits: Limits) -> Result<(), Ignored> {
    let claimed = usize::try_from(part.message_len).unwrap_or(usize::MAX);
    if claimed > wrapped_limit(limits) {
        return Err(Ignored::TooLarge);
    }
    let each = u64::try_from(part.bytes.len()).unwrap_or(u64::MAX);
    let (fragments, message) = (u64::from(part.fragments), u64::from(part.message_len));
    let most = each.saturating_mul(fragments);
    let all_but_one = each.saturating_mul(fragments.saturating_sub(1));
    if message > most || message <= all_but_one {
        return Err(Ignored::Malformed);
    }
    Ok(())
}

/// A number from 1, in digits only and without zeros in front.
fn number(text: &str) -> Result<u32, Ignored> {
    if text.starts_with('0') || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Ignored::Malformed);
    }
    text.parse().map_err(|_| Ignored::Malformed)
}

fn letters(body: &str) -> Result<Vec<u8>, Ignored> {
    bytewords::decode(body).map_err(|_| Ignored::Garbled)
}

/// `message` as one CBOR byte string, which is what travels.
pub(super) fn wrap(message: &[u8]) -> Vec<u8> {
    codec::encode(&ByteString(message.to_vec()))
}

/// The message inside its CBOR byte string, where that is what it is and in deterministic form.
pub(super) fn unwrap(wrapped: &[u8]) -> Option<Vec<u8>> {
    codec::decode::<ByteString>(wrapped)
        .ok()
        .map(|string| string.0)
}

/// Largest wrapped message: the head of a byte string takes up to five bytes.
pub(super) const fn wrapped_limit(limits: Limits) -> usize {
    limits.message.saturating_add(5)
}
