//! The one door to CBOR: deterministic encoding (RFC 8949 section 4.2.1), or a refusal.
//!
//! The CBOR crate is a lenient reader: it takes long integers, indefinite lengths, keys twice or
//! out of order. So whatever is read here is encoded again, and the bytes must be equal. That also
//! refuses unknown keys and bytes after the end.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use minicbor::{Decode, Decoder, Encode};

use crate::phrase;
use crate::rule::Phrase;
use crate::types::Lang;

/// Why bytes were not taken as an artefact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodecError {
    /// Larger than this kind of artefact may be.
    TooLarge {
        /// Largest size in bytes.
        limit: usize,
        /// Size in bytes.
        got: usize,
    },
    /// Not the structure of this artefact; the text names the place.
    Malformed(alloc::string::String),
    /// Read, but not the one deterministic encoding of what was read.
    NotDeterministic,
}

impl CodecError {
    /// In words, for a refusal.
    pub fn phrase(&self) -> Phrase {
        match self {
            Self::TooLarge { limit, got } => phrase!(
                "{got} bytes, at most {limit} are taken",
                "{got} バイト(受入れは {limit} バイトまで)",
                got = got,
                limit = limit
            ),
            // What the library says is for programmers, in English.
            Self::Malformed(what) => Phrase::new(
                &alloc::format!("not the expected structure: {what}"),
                "想定の構造ではない",
            ),
            Self::NotDeterministic => {
                phrase!("not in deterministic encoding", "決定的な符号化ではない")
            }
        }
    }
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.phrase().text(Lang::En))
    }
}

impl core::error::Error for CodecError {}

/// Largest artefact that is read, in bytes. A wallet record of 15 devices with 2,000 keys each is
/// about 1 MiB; a transcript is read entry by entry.
pub const ARTEFACT_LIMIT: usize = 4 * 1024 * 1024;

/// The deterministic encoding of `value`.
///
/// Types written by hand or by derive emit map keys in ascending order and shortest integers.
pub fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    // The writer is a Vec: its error type has no values.
    let _ = minicbor::encode(value, &mut bytes);
    bytes
}

/// Reads `bytes` as `T` and refuses anything but its one deterministic encoding.
pub fn decode<T>(bytes: &[u8]) -> Result<T, CodecError>
where
    T: for<'b> Decode<'b, ()> + Encode<()>,
{
    decode_within(bytes, ARTEFACT_LIMIT)
}

/// The same with something at hand that helps reading.
pub fn decode_with<T, C>(bytes: &[u8], help: &mut C) -> Result<T, CodecError>
where
    T: for<'b> Decode<'b, C> + Encode<()>,
{
    read(bytes, ARTEFACT_LIMIT, help)
}

/// The same with another limit: for a journal entry, which may hold a PSBT.
pub fn decode_within<T>(bytes: &[u8], limit: usize) -> Result<T, CodecError>
where
    T: for<'b> Decode<'b, ()> + Encode<()>,
{
    read(bytes, limit, &mut ())
}

fn read<T, C>(bytes: &[u8], limit: usize, help: &mut C) -> Result<T, CodecError>
where
    T: for<'b> Decode<'b, C> + Encode<()>,
{
    if bytes.len() > limit {
        return Err(CodecError::TooLarge {
            limit,
            got: bytes.len(),
        });
    }
    let value: T = minicbor::decode_with(bytes, help).map_err(|e| malformed(&e))?;
    let mut unread = Unread(bytes);
    match minicbor::encode(&value, &mut unread) {
        Ok(()) if unread.0.is_empty() => Ok(value),
        _ => Err(CodecError::NotDeterministic),
    }
}

/// Bytes that an encoding is held against while it is written: it is never whole in memory.
struct Unread<'a>(&'a [u8]);

/// The encoding goes on otherwise.
struct Differs;

impl minicbor::encode::Write for Unread<'_> {
    type Error = Differs;

    fn write_all(&mut self, written: &[u8]) -> Result<(), Differs> {
        self.0 = self.0.strip_prefix(written).ok_or(Differs)?;
        Ok(())
    }
}

/// Splits the first complete CBOR item off `bytes`: (item, rest).
///
/// For a CBOR sequence (RFC 8742) such as the journal. The item is not yet checked to be
/// deterministic; [`decode`] does that.
pub fn split_first(bytes: &[u8]) -> Result<(&[u8], &[u8]), CodecError> {
    let mut decoder = Decoder::new(bytes);
    decoder.skip().map_err(|e| malformed(&e))?;
    bytes
        .split_at_checked(decoder.position())
        .ok_or(CodecError::NotDeterministic)
}

fn malformed(error: &minicbor::decode::Error) -> CodecError {
    CodecError::Malformed(alloc::format!("{error}"))
}

/// Encodes values of foreign types as byte strings: for `#[cbor(with = "codec::as_bytes")]`.
pub mod as_bytes {
    use minicbor::{Decoder, Encoder};

    use super::Bytes;

    /// Writes the value's bytes as one byte string.
    pub fn encode<C, T: Bytes, W: minicbor::encode::Write>(
        value: &T,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(value.to_vec().as_slice())?.ok()
    }

    /// Reads one byte string as the value.
    pub fn decode<C, T: Bytes>(
        d: &mut Decoder<'_>,
        _: &mut C,
    ) -> Result<T, minicbor::decode::Error> {
        T::from_slice(d.bytes()?)
            .ok_or_else(|| minicbor::decode::Error::message("wrong bytes for this type"))
    }
}

/// Encodes amounts as unsigned integers in satoshi: for `#[cbor(with = "codec::sats")]`.
pub mod sats {
    use bitcoin::Amount;
    use minicbor::{Decoder, Encoder};

    /// Writes the amount in satoshi.
    pub fn encode<C, W: minicbor::encode::Write>(
        value: &Amount,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.u64(value.to_sat())?.ok()
    }

    /// Reads an amount in satoshi, at most 21 million BTC.
    pub fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<Amount, minicbor::decode::Error> {
        let amount = Amount::from_sat(d.u64()?);
        if amount <= Amount::MAX_MONEY {
            Ok(amount)
        } else {
            Err(minicbor::decode::Error::message("more than 21 million BTC"))
        }
    }
}

/// A type of another crate that travels as a byte string.
pub trait Bytes: Sized {
    /// Its bytes.
    fn to_vec(&self) -> Vec<u8>;
    /// The value of these bytes, where they are one.
    fn from_slice(bytes: &[u8]) -> Option<Self>;
}

impl Bytes for bitcoin::secp256k1::PublicKey {
    fn to_vec(&self) -> Vec<u8> {
        self.serialize().to_vec()
    }
    fn from_slice(bytes: &[u8]) -> Option<Self> {
        if bytes.len() == 33 {
            Self::from_slice(bytes).ok()
        } else {
            None
        }
    }
}

impl Bytes for bitcoin::ScriptBuf {
    fn to_vec(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }
    fn from_slice(bytes: &[u8]) -> Option<Self> {
        Some(Self::from_bytes(bytes.to_vec()))
    }
}

impl Bytes for Vec<u8> {
    fn to_vec(&self) -> Vec<u8> {
        self.clone()
    }
    fn from_slice(bytes: &[u8]) -> Option<Self> {
        Some(bytes.to_vec())
    }
}

/// A byte string that encodes as CBOR bytes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ByteString(pub Vec<u8>);

impl<C> Encode<C> for ByteString {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for ByteString {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        d.bytes().map(|b| Self(b.to_vec()))
    }
}

/// A byte string that several hold and nobody changes: a large one lies in memory once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedBytes(pub(crate) Arc<Vec<u8>>);

impl<C> Encode<C> for SharedBytes {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for SharedBytes {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        d.bytes().map(|b| Self(Arc::new(b.to_vec())))
    }
}

#[cfg(test)]
mod tests;
