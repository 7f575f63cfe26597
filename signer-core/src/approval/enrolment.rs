//! Enrolment: administrators vouch for a device's identity key, read from its own screen.

use minicbor::{Decode, Encode};

use crate::cose::{Artefact, Scope, SignedBy};
use crate::digest::RootDigest;
use crate::keys::P256PublicKey;
use crate::types::{Id, Label};

/// A device that belongs to this root, signed by a quorum of policy administrators.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Enrolment {
    /// Version of this structure: 1.
    #[n(0)]
    pub version: u8,
    /// Network and purpose.
    #[n(1)]
    pub scope: Scope,
    /// The root.
    #[n(2)]
    pub root: RootDigest,
    /// The device's name.
    #[n(3)]
    pub name: Id,
    /// Where it stands.
    #[n(4)]
    pub site: Label,
    /// Its identity key.
    #[n(5)]
    pub identity: P256PublicKey,
}

impl Artefact for Enrolment {
    const KIND: &'static str = "enrolment";
    const SIGNED_BY: SignedBy = SignedBy::Officer;
}
