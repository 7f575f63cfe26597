//! OpenTimestamps tokens (`.ots`), read without a network: which digest they are of, and which block
//! they lead to. Whether that block has that Merkle root, the auditor's own node says.
//!
//! Format: github.com/opentimestamps/python-opentimestamps, `core/serialize.py` and `core/op.py`.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use bitcoin::hashes::{Hash, ripemd160, sha1, sha256};

use crate::phrase;
use crate::rule::{Explained, Phrase};
use crate::types::{Height, Lang};

/// What every token begins with, version 1 included.
const MAGIC: &[u8] = b"\x00OpenTimestamps\x00\x00Proof\x00\xbf\x89\xe2\xe8\x84\xe8\x92\x94\x01";
/// Longest message within a token, and largest argument of a step.
const LONGEST: usize = 4_096;
/// Most steps of a token, and how deep its forks may lie.
const STEPS: usize = 10_000;
const DEPTH: usize = 256;

const SHA1: u8 = 0x02;
const RIPEMD160: u8 = 0x03;
const SHA256: u8 = 0x08;
const APPEND: u8 = 0xf0;
const PREPEND: u8 = 0xf1;
const FORK: u8 = 0xff;
const ATTESTATION: u8 = 0x00;

const BITCOIN: [u8; 8] = [0x05, 0x88, 0x96, 0x0d, 0x73, 0xd7, 0x19, 0x01];
const PENDING: [u8; 8] = [0x83, 0xdf, 0xe3, 0x0d, 0x2e, 0xf9, 0x0c, 0x8e];

/// A token of one SHA-256 digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtsToken {
    digest: [u8; 32],
    attestations: Vec<Attestation>,
}

/// What a branch of a token leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attestation {
    /// The block at this height, if its Merkle root is this one (byte order of the header).
    Bitcoin {
        /// The block's height.
        height: Height,
        /// What its header must hold as Merkle root.
        merkle_root: [u8; 32],
    },
    /// A calendar promised to commit to it: proves nothing yet.
    Pending {
        /// Its address.
        calendar: String,
    },
    /// Of a kind that is not known here.
    Unknown,
}

/// Why bytes are no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtsError {
    /// Not of this format, cut, or with something behind the end.
    Form,
    /// A step that is not known here, or larger than any that is needed.
    Step,
}

impl Explained for OtsError {
    fn what(&self) -> Phrase {
        match self {
            Self::Form => phrase!(
                "no OpenTimestamps token",
                "OpenTimestampsのトークンではない"
            ),
            Self::Step => phrase!(
                "a token with a step that is not read here",
                "対応していない処理を含むトークン"
            ),
        }
    }

    fn advice(&self) -> Phrase {
        phrase!(
            "take the token again, or check it with the OpenTimestamps client",
            "トークンを取得し直すか、OpenTimestampsのクライアントで確認してください。"
        )
    }
}

impl fmt::Display for OtsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what().text(Lang::En))
    }
}

impl core::error::Error for OtsError {}

impl OtsToken {
    /// Reads a token and follows every branch of it.
    ///
    /// # Errors
    /// [`OtsError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, OtsError> {
        let mut reader = Reader {
            rest: bytes.strip_prefix(MAGIC).ok_or(OtsError::Form)?,
            steps: STEPS,
            found: Vec::new(),
        };
        if reader.byte()? != SHA256 {
            return Err(OtsError::Step);
        }
        let digest = reader.array::<32>()?;
        reader.follow(digest.to_vec(), DEPTH)?;
        if !reader.rest.is_empty() {
            return Err(OtsError::Form);
        }
        Ok(Self {
            digest,
            attestations: reader.found,
        })
    }

    /// The digest that was stamped.
    pub const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// What its branches lead to.
    pub fn attestations(&self) -> &[Attestation] {
        &self.attestations
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    steps: usize,
    found: Vec<Attestation>,
}

impl Reader<'_> {
    /// Everything that hangs below a message.
    fn follow(&mut self, message: Vec<u8>, depth: usize) -> Result<(), OtsError> {
        let depth = depth.checked_sub(1).ok_or(OtsError::Step)?;
        let mut message = message;
        loop {
            self.steps = self.steps.checked_sub(1).ok_or(OtsError::Step)?;
            match self.byte()? {
                FORK => {
                    self.branch(&message, depth)?;
                }
                ATTESTATION => return self.attest(&message),
                step => message = self.apply(step, message)?,
            }
        }
    }

    /// One branch of several; the last one has no mark before it.
    fn branch(&mut self, message: &[u8], depth: usize) -> Result<(), OtsError> {
        match self.rest.split_first() {
            Some((&ATTESTATION, rest)) => {
                self.rest = rest;
                self.attest(message)
            }
            _ => self.follow(message.to_vec(), depth),
        }
    }

    fn apply(&mut self, step: u8, mut message: Vec<u8>) -> Result<Vec<u8>, OtsError> {
        let message = match step {
            SHA256 => sha256::Hash::hash(&message).to_byte_array().to_vec(),
            SHA1 => sha1::Hash::hash(&message).to_byte_array().to_vec(),
            RIPEMD160 => ripemd160::Hash::hash(&message).to_byte_array().to_vec(),
            APPEND => {
                message.extend(self.bytes()?);
                message
            }
            PREPEND => {
                let mut longer = self.bytes()?;
                longer.extend(message);
                longer
            }
            _ => return Err(OtsError::Step),
        };
        (message.len() <= LONGEST)
            .then_some(message)
            .ok_or(OtsError::Step)
    }

    fn attest(&mut self, message: &[u8]) -> Result<(), OtsError> {
        let kind = self.array::<8>()?;
        let payload = self.bytes()?;
        let mut inner = Reader {
            rest: &payload,
            steps: 0,
            found: Vec::new(),
        };
        let attestation = match kind {
            BITCOIN => {
                let height = u32::try_from(inner.number()?).map_err(|_| OtsError::Form)?;
                let merkle_root = message.try_into().map_err(|_| OtsError::Form)?;
                Attestation::Bitcoin {
                    height: Height(height),
                    merkle_root,
                }
            }
            PENDING => Attestation::Pending {
                calendar: String::from_utf8(inner.bytes()?).map_err(|_| OtsError::Form)?,
            },
            _ => {
                inner.rest = &[];
                Attestation::Unknown
            }
        };
        if !inner.rest.is_empty() {
            return Err(OtsError::Form);
        }
        self.found.push(attestation);
        Ok(())
    }

    fn byte(&mut self) -> Result<u8, OtsError> {
        let (first, rest) = self.rest.split_first().ok_or(OtsError::Form)?;
        self.rest = rest;
        Ok(*first)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], OtsError> {
        let (first, rest) = self.rest.split_first_chunk::<N>().ok_or(OtsError::Form)?;
        self.rest = rest;
        Ok(*first)
    }

    /// A length and so many bytes.
    fn bytes(&mut self) -> Result<Vec<u8>, OtsError> {
        let length = usize::try_from(self.number()?).map_err(|_| OtsError::Step)?;
        if length > LONGEST {
            return Err(OtsError::Step);
        }
        let (first, rest) = self.rest.split_at_checked(length).ok_or(OtsError::Form)?;
        self.rest = rest;
        Ok(first.to_vec())
    }

    /// Seven bits in each byte, lowest first; the highest bit says that more follow.
    fn number(&mut self) -> Result<u64, OtsError> {
        let mut number = 0_u64;
        for shift in [0_u32, 7, 14, 21, 28] {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(OtsError::Form)
    }
}

#[cfg(test)]
mod tests {
    use std::vec;

    use super::*;

    fn token(digest: [u8; 32], steps: &[u8]) -> Vec<u8> {
        [MAGIC, &[SHA256], &digest, steps].concat()
    }

    fn block(height: &[u8]) -> Vec<u8> {
        let length = u8::try_from(height.len()).unwrap();
        [&[ATTESTATION][..], &BITCOIN, &[length], height].concat()
    }

    fn pending(calendar: &str) -> Vec<u8> {
        let length = u8::try_from(calendar.len()).unwrap();
        let payload = [&[length][..], calendar.as_bytes()].concat();
        [&[ATTESTATION][..], &PENDING, &[length + 1], &payload].concat()
    }

    #[test]
    fn a_token_leads_to_a_merkle_root() {
        let steps = [
            &[APPEND, 2, 0xaa, 0xbb, SHA256][..],
            &block(&[0xa0, 0x86, 0x37]),
        ]
        .concat();
        let read = OtsToken::parse(&token([7; 32], &steps)).unwrap();
        let message = [&[7; 32][..], &[0xaa, 0xbb]].concat();
        assert_eq!(read.digest(), &[7; 32]);
        assert_eq!(
            read.attestations(),
            [Attestation::Bitcoin {
                height: Height(0x20 | (0x06 << 7) | (0x37 << 14)),
                merkle_root: sha256::Hash::hash(&message).to_byte_array(),
            }]
        );
    }

    #[test]
    fn every_branch_of_a_fork_is_followed() {
        let steps = [
            &[FORK][..],
            &pending("https://calendar.example"),
            &[PREPEND, 1, 1, SHA256],
            &block(&[5]),
        ]
        .concat();
        let read = OtsToken::parse(&token([9; 32], &steps)).unwrap();
        let calendar = "https://calendar.example".into();
        assert_eq!(read.attestations()[0], Attestation::Pending { calendar });
        let message = [&[1][..], &[9; 32]].concat();
        let merkle_root = sha256::Hash::hash(&message).to_byte_array();
        let height = Height(5);
        assert_eq!(
            read.attestations()[1],
            Attestation::Bitcoin {
                height,
                merkle_root
            }
        );
    }

    #[test]
    fn cut_long_and_strange_tokens_are_refused() {
        let good = token([7; 32], &block(&[5]));
        for end in 0..good.len() {
            assert!(OtsToken::parse(&good[..end]).is_err(), "{end}");
        }
        let longer = [&good[..], &[0]].concat();
        assert_eq!(OtsToken::parse(&longer), Err(OtsError::Form));
        for steps in [
            vec![0x67],
            vec![APPEND, 0xff, 0xff, 0xff, 0xff, 0x7f],
            [vec![FORK; 20_000], block(&[5])].concat(),
            [vec![SHA256; 20_000], block(&[5])].concat(),
        ] {
            assert_eq!(
                OtsToken::parse(&token([7; 32], &steps)),
                Err(OtsError::Step)
            );
        }
        let short = [&[SHA1][..], &block(&[5])].concat();
        assert_eq!(
            OtsToken::parse(&token([7; 32], &short)),
            Err(OtsError::Form)
        );
    }
}
