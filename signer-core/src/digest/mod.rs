//! Tagged SHA-256 digests, one type for each thing that is digested.
//!
//! A digest of one kind can never stand where another kind is asked for: each type has its own
//! tag, and the tag is part of what is hashed (BIP-340, "tagged hashes").

mod words;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use bitcoin::hashes::{Hash, HashEngine, sha256};

use crate::types::Lang;

/// SHA-256 of `data`, without a tag. Only for the chain of journal entries and for files that
/// other programs must be able to digest as well.
pub fn sha256_of(data: &[u8]) -> [u8; 32] {
    sha256::Hash::hash(data).to_byte_array()
}

/// Tagged SHA-256 over the concatenation of `parts` (BIP-340).
pub fn tagged(tag: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut engine = tag_engine(tag);
    for part in parts {
        engine.input(part);
    }
    sha256::Hash::from_engine(engine).to_byte_array()
}

fn tag_engine(tag: &str) -> sha256::HashEngine {
    let tag_hash = sha256_of(tag.as_bytes());
    let mut engine = sha256::Hash::engine();
    engine.input(&tag_hash);
    engine.input(&tag_hash);
    engine
}

/// A [`FileDigest`] of a file that is read part by part.
#[derive(Clone)]
pub struct FileParts(sha256::HashEngine);

impl fmt::Debug for FileParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileParts")
    }
}

impl FileParts {
    /// Before the first part.
    #[must_use]
    pub fn none() -> Self {
        Self(tag_engine(FileDigest::TAG))
    }

    /// Takes the next part.
    pub fn take(&mut self, part: &[u8]) {
        self.0.input(part);
    }

    /// The digest of all parts together.
    pub fn digest(self) -> FileDigest {
        FileDigest::from_bytes(sha256::Hash::from_engine(self.0).to_byte_array())
    }
}

/// Writes a 256-bit value as 64 lower-case hexadecimal characters.
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Reads lower- or upper-case hexadecimal text of exactly `N` bytes.
pub fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let bytes: Vec<u8> = bitcoin::hex::FromHex::from_hex(text).ok()?;
    bytes.try_into().ok()
}

/// The 32 words of a 256-bit value, in order.
pub fn words_of(bytes: &[u8; 32]) -> Vec<&'static str> {
    bytes
        .iter()
        .enumerate()
        .filter_map(|(place, byte)| {
            let list = if place % 2 == 0 {
                &words::EVEN
            } else {
                &words::ODD
            };
            list.get(usize::from(*byte)).copied()
        })
        .collect()
}

/// All 32 words of a 256-bit value, four on a line, each line with the number of its first word.
pub fn word_lines(bytes: &[u8; 32]) -> Vec<String> {
    let words = words_of(bytes);
    let numbered = (1_usize..).step_by(4).zip(words.chunks(4));
    numbered
        .map(|(first, four)| format!("{first:>3} | {}", four.join(" ")))
        .collect()
}

/// Reads 32 words (any case, any white space between them) back into 256 bits.
pub fn from_words(text: &str) -> Option<[u8; 32]> {
    let mut bytes = Vec::with_capacity(32);
    for (place, word) in text.split_whitespace().enumerate() {
        let list = if place % 2 == 0 {
            &words::EVEN
        } else {
            &words::ODD
        };
        let index = list
            .iter()
            .position(|known| known.eq_ignore_ascii_case(word))?;
        bytes.push(u8::try_from(index).ok()?);
    }
    bytes.try_into().ok()
}

macro_rules! digests {
    ($($(#[$doc:meta])* $name:ident = $tag:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            /// The tag under which this kind of digest is computed.
            pub const TAG: &'static str = $tag;

            /// The digest of the concatenation of `parts`.
            pub fn over(parts: &[&[u8]]) -> Self {
                Self(tagged(Self::TAG, parts))
            }

            /// Takes a digest that was computed elsewhere, for comparison.
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The 32 bytes.
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }

            /// 64 hexadecimal characters.
            pub fn to_hex(&self) -> String {
                hex(&self.0)
            }

            /// 32 words, for reading aloud and comparing in full.
            pub fn words(&self) -> Vec<&'static str> {
                words_of(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), hex(&self.0))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex(&self.0))
            }
        }

        impl<C> minicbor::Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.bytes(&self.0)?.ok()
            }
        }

        impl<'b, C> minicbor::Decode<'b, C> for $name {
            fn decode(
                d: &mut minicbor::Decoder<'b>,
                _: &mut C,
            ) -> Result<Self, minicbor::decode::Error> {
                let bytes = d.bytes()?;
                <[u8; 32]>::try_from(bytes)
                    .map(Self)
                    .map_err(|_| minicbor::decode::Error::message("a digest has 32 bytes"))
            }
        }
    )*};
}

digests! {
    /// A PSBT as it was read, byte for byte.
    PsbtDigest = "himuro/psbt";
    /// The unsigned transaction with every spent amount and script: what people approve.
    TxDigest = "himuro/tx";
    /// Identity of a wallet: network, class, m, n, script type, devices, pools, nonce.
    WalletId = "himuro/wallet-id";
    /// One version of a wallet's key table.
    WalletDigest = "himuro/wallet";
    /// A roster.
    RosterDigest = "himuro/roster";
    /// A policy.
    PolicyDigest = "himuro/policy";
    /// The root of trust: network, checkpoint, first roster.
    RootDigest = "himuro/root";
    /// A request.
    RequestDigest = "himuro/request";
    /// One officer's approval or rejection.
    ApprovalDigest = "himuro/approval";
    /// A device card.
    CardDigest = "himuro/card";
    /// A report of an acceptance test.
    AcceptanceDigest = "himuro/acceptance";
    /// A device's receipt.
    ReceiptDigest = "himuro/receipt";
    /// All screens of a session, in order.
    ScreensDigest = "himuro/screens";
    /// One screen.
    ScreenDigest = "himuro/screen";
    /// A complete rule report.
    ReportDigest = "himuro/report";
    /// What past signings mean for limits, replay and r values.
    LedgerDigest = "himuro/ledger";
    /// A P-256 public key; also the `kid` of a COSE signature.
    KeyId = "himuro/key-id";
    /// A device, by its identity key.
    DeviceId = "himuro/device-id";
    /// A profile file, a program, a PKCS#11 module.
    FileDigest = "himuro/file";
    /// An enrolment of a device.
    EnrolmentDigest = "himuro/enrolment";
    /// Random bytes that were drawn for a test, and for nothing else.
    SampleDigest = "himuro/random-sample";
    /// An order that retires a wallet.
    RetirementDigest = "himuro/retirement";
    /// An order by which a device goes on from the anchor in its HSM.
    RecoveryDigest = "himuro/recovery";
    /// An order by which a restored HSM becomes the device's own.
    ReplacementDigest = "himuro/replacement";
    /// What a device shows of its HSM's memory.
    AnchorDigest = "himuro/anchor-statement";
    /// The sealed shares of a split PIN.
    SharesDigest = "himuro/shares";
    /// What froze a device.
    FreezeDigest = "himuro/freeze";
}

impl ScreenDigest {
    /// The digest of a screen: its language and its lines, each ended by a line feed.
    pub fn of(lang: Lang, lines: &[String]) -> Self {
        let mut text = lines.join("\n");
        text.push('\n');
        Self::over(&[&[lang.number()], text.as_bytes()])
    }
}

#[cfg(test)]
mod tests;
