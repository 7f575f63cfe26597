//! The receipt: what a device says it has signed. It travels in the PSBT.

use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use crate::cose::{Artefact, Scope, SignedBy};
use crate::digest::{DeviceId, PsbtDigest, TxDigest};
use crate::keys::{KeyPoint, Signature64};
use crate::types::{InputIndex, OfficerId, SessionNumber};

/// A receipt, signed by the device's identity key.
///
/// It never names the bytes of the PSBT that goes out: it is part of them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Receipt {
    /// Version of this structure: 1.
    #[n(0)]
    pub version: u8,
    /// Network and purpose.
    #[n(1)]
    pub scope: Scope,
    /// The device.
    #[n(2)]
    pub device: DeviceId,
    /// The session.
    #[n(3)]
    pub session: SessionNumber,
    /// The transaction.
    #[n(4)]
    pub tx: TxDigest,
    /// The PSBT that came in, byte for byte.
    #[n(5)]
    pub psbt: PsbtDigest,
    /// One signature per input, in the order of the inputs.
    #[n(6)]
    pub signatures: Vec<SignatureLine>,
    /// SHA-256 of the journal entry that holds the last signature.
    #[cbor(n(7), with = "minicbor::bytes")]
    pub head: [u8; 32],
    /// Entries of the journal up to that one.
    #[n(8)]
    pub entries: u64,
    /// Bitcoin signatures that this device has ever made, these included.
    #[n(9)]
    pub signature_count: u64,
    /// Who sat at the device: operator A and operator B. Later devices keep them apart.
    #[n(10)]
    pub operators: [OfficerId; 2],
}

impl Artefact for Receipt {
    const KIND: &'static str = "receipt";
    const SIGNED_BY: SignedBy = SignedBy::Device;
}

/// One partial signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SignatureLine {
    /// The input.
    #[n(0)]
    pub input: InputIndex,
    /// The device's key of that input, as its bytes: it is compared, never calculated with.
    #[n(1)]
    pub key: KeyPoint,
    /// r and s, low S, SIGHASH_ALL.
    #[n(2)]
    pub signature: Signature64,
}
