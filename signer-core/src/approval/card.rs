//! The officer card: how an officer's key comes into a roster.

use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use super::Role;
use crate::cose::{Artefact, Scope, SignedBy};
use crate::keys::P256PublicKey;
use crate::types::{Id, Label, OfficerId};

/// An officer's public data, signed by the officer's own key: it proves that the key is there. It
/// gives no right; only a roster does.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct OfficerCard {
    /// Version of this structure: 1.
    #[n(0)]
    pub version: u8,
    /// Network and purpose.
    #[n(1)]
    pub scope: Scope,
    /// Identifier, for example `sato.k`.
    #[n(2)]
    pub id: OfficerId,
    /// Name in Latin letters.
    #[n(3)]
    pub name: Label,
    /// Name in Japanese.
    #[n(4)]
    pub name_ja: Label,
    /// Department.
    #[n(5)]
    pub department: Id,
    /// What the officer is to do, in ascending order.
    #[n(6)]
    pub roles: Vec<Role>,
    /// The key on the officer's own token.
    #[n(7)]
    pub key: P256PublicKey,
}

impl Artefact for OfficerCard {
    const KIND: &'static str = "officer-card";
    const SIGNED_BY: SignedBy = SignedBy::Officer;
}
