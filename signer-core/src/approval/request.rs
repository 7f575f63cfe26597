//! Requests, approvals and attendance: what officers sign.

use alloc::vec::Vec;

use bitcoin::Amount;
use minicbor::{Decode, Encode};

use crate::codec;
use crate::cose::{Artefact, Scope, SignedBy};
use crate::digest::{
    DeviceId, PolicyDigest, RequestDigest, RootDigest, RosterDigest, TxDigest, WalletDigest,
};
use crate::phrase;
use crate::rule::Phrase;
use crate::types::{Height, Id, Label, OfficerId, SessionNumber};
use crate::wallet::WalletClass;

/// A withdrawal request, signed by the requester over a transaction that exists already.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Request {
    /// Version of this structure: 1.
    #[n(0)]
    pub version: u8,
    /// Network and purpose.
    #[n(1)]
    pub scope: Scope,
    /// The case, for example `wr-2026-000123`.
    #[n(2)]
    pub case: Id,
    /// The root.
    #[n(3)]
    pub root: RootDigest,
    /// The roster in force.
    #[n(4)]
    pub roster: RosterDigest,
    /// The policy in force.
    #[n(5)]
    pub policy: PolicyDigest,
    /// The wallet that pays.
    #[n(6)]
    pub wallet: WalletDigest,
    /// The transaction.
    #[n(7)]
    pub tx: TxDigest,
    /// Who asks.
    #[n(8)]
    pub requester: OfficerId,
    /// Why, in the requester's words.
    #[n(9)]
    pub purpose: Label,
    /// What is to be paid, in the order of the outputs.
    #[n(10)]
    pub payments: Vec<RequestedPayment>,
    /// Highest fee that the requester accepts.
    #[cbor(n(11), with = "codec::sats")]
    pub fee_ceiling: Amount,
    /// Last height at which the request may be signed.
    #[n(12)]
    pub expiry: Height,
    /// Officers who were asked to approve.
    #[n(13)]
    pub invited: Vec<OfficerId>,
    /// Officers without whom nothing is signed.
    #[n(14)]
    pub mandatory: Vec<OfficerId>,
    /// The last sealed heads of the wallet's devices that the requester knows.
    #[n(15)]
    pub heads: Vec<KnownHead>,
    /// Who built the transaction.
    #[n(16)]
    pub builder: OfficerId,
    /// Earlier versions of this transaction, which a fee bump replaces: all that were ever signed.
    #[n(17)]
    pub replaces: Vec<TxDigest>,
    /// By which profile of the policy it is judged.
    #[n(18)]
    pub kind: RequestKind,
    /// Who is to broadcast it, once it is signed.
    #[n(19)]
    pub broadcaster: OfficerId,
}

/// What a request asks for: by this the policy's profile is chosen, and every officer who approves
/// signs for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum RequestKind {
    /// A transfer to registered destinations, within limits (通常の出庫).
    #[n(0)]
    Ordinary,
    /// Everything to the emergency wallet, on a frozen device (緊急退避送金).
    #[n(1)]
    Sweep,
}

impl RequestKind {
    /// The name in files and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ordinary => "ordinary",
            Self::Sweep => "sweep",
        }
    }

    /// The kind within a sentence.
    pub fn phrase(self) -> Phrase {
        match self {
            Self::Ordinary => phrase!("an ordinary transfer", "通常の出庫"),
            Self::Sweep => phrase!("a sweep", "緊急退避送金"),
        }
    }
}

impl Artefact for Request {
    const KIND: &'static str = "request";
    const SIGNED_BY: SignedBy = SignedBy::Officer;
}

/// One payment that is asked for: a destination by its identifier in the policy, never an address.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RequestedPayment {
    /// The destination's identifier in the policy.
    #[n(0)]
    pub destination: Id,
    /// How much.
    #[cbor(n(1), with = "codec::sats")]
    pub amount: Amount,
}

/// A sealed head of a device's journal.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct KnownHead {
    /// The device.
    #[n(0)]
    pub device: DeviceId,
    /// The sealed session.
    #[n(1)]
    pub session: SessionNumber,
    /// SHA-256 of the session's last entry.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub head: [u8; 32],
}

/// One officer's word on a request.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Approval {
    /// Version of this structure: 1.
    #[n(0)]
    pub version: u8,
    /// Network and purpose.
    #[n(1)]
    pub scope: Scope,
    /// Approve or reject.
    #[n(2)]
    pub decision: Decision,
    /// Who.
    #[n(3)]
    pub officer: OfficerId,
    /// The root.
    #[n(4)]
    pub root: RootDigest,
    /// The roster in force.
    #[n(5)]
    pub roster: RosterDigest,
    /// The policy in force.
    #[n(6)]
    pub policy: PolicyDigest,
    /// The wallet that pays.
    #[n(7)]
    pub wallet: WalletDigest,
    /// The request.
    #[n(8)]
    pub request: RequestDigest,
    /// The transaction.
    #[n(9)]
    pub tx: TxDigest,
    /// Whose assets move.
    #[n(10)]
    pub class: WalletClass,
    /// Height of the chain when the officer decided.
    #[n(11)]
    pub height: Height,
    /// The last sealed heads of the wallet's devices that the officer knows.
    #[n(12)]
    pub heads: Vec<KnownHead>,
}

impl Artefact for Approval {
    const KIND: &'static str = "approval";
    const SIGNED_BY: SignedBy = SignedBy::Officer;
}

/// What an officer decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Decision {
    /// The transaction may be signed.
    #[n(0)]
    Approve,
    /// It must never be signed.
    #[n(1)]
    Reject,
}

/// An officer is present at a session of a device, by the officer's own key.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Attendance {
    /// Version of this structure: 1.
    #[n(0)]
    pub version: u8,
    /// Network and purpose.
    #[n(1)]
    pub scope: Scope,
    /// Who.
    #[n(2)]
    pub officer: OfficerId,
    /// In which seat.
    #[n(3)]
    pub seat: Seat,
    /// At which device.
    #[n(4)]
    pub device: DeviceId,
    /// In which session.
    #[n(5)]
    pub session: SessionNumber,
    /// The session's nonce, drawn from the HSM: makes the signature fresh.
    #[cbor(n(6), with = "minicbor::bytes")]
    pub nonce: [u8; 32],
}

impl Artefact for Attendance {
    const KIND: &'static str = "attendance";
    const SIGNED_BY: SignedBy = SignedBy::Officer;
}

/// A witness has seen a session up to here, by the witness's own key: signed after the signatures are
/// made and before anything is sealed or leaves.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct WitnessStatement {
    /// Version of this structure: 1.
    #[n(0)]
    pub version: u8,
    /// Network and purpose.
    #[n(1)]
    pub scope: Scope,
    /// Who.
    #[n(2)]
    pub officer: OfficerId,
    /// At which device.
    #[n(3)]
    pub device: DeviceId,
    /// In which session.
    #[n(4)]
    pub session: SessionNumber,
    /// What was signed.
    #[n(5)]
    pub tx: TxDigest,
    /// SHA-256 of the entry before the statement: all that the journal says up to there.
    #[cbor(n(6), with = "minicbor::bytes")]
    pub head: [u8; 32],
    /// How many entries there are before it.
    #[n(7)]
    pub entries: u64,
}

impl Artefact for WitnessStatement {
    const KIND: &'static str = "witness-statement";
    const SIGNED_BY: SignedBy = SignedBy::Officer;
}

/// A seat at the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Seat {
    /// Operator A reads and enters (操作).
    #[n(0)]
    OperatorA,
    /// Operator B checks (照合).
    #[n(1)]
    OperatorB,
    /// The witness.
    #[n(2)]
    Witness,
}

impl Seat {
    /// The seat as a heading.
    pub const fn title(self) -> [&'static str; 2] {
        match self {
            Self::OperatorA => ["Operator A", "操作者A(操作)"],
            Self::OperatorB => ["Operator B", "操作者B(照合)"],
            Self::Witness => ["Witness", "立会人"],
        }
    }

    /// The seat within a sentence.
    pub fn phrase(self) -> Phrase {
        match self {
            Self::OperatorA => phrase!("operator A", "操作者A(操作)"),
            Self::OperatorB => phrase!("operator B", "操作者B(照合)"),
            Self::Witness => phrase!("the witness", "立会人"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Lang;

    /// The heading and the sentence have one word for one seat, and each seat its own.
    #[test]
    fn a_seat_has_one_name_in_each_language() {
        let seats = [Seat::OperatorA, Seat::OperatorB, Seat::Witness];
        let expected = [
            ("operator a", "操作者A(操作)"),
            ("operator b", "操作者B(照合)"),
            ("witness", "立会人"),
        ];
        for (seat, (en, ja)) in seats.into_iter().zip(expected) {
            let [heading, heading_ja] = seat.title();
            assert_eq!((&*heading.to_lowercase(), heading_ja), (en, ja));
            let phrase = seat.phrase();
            assert!(phrase.text(Lang::En).to_lowercase().ends_with(en));
            assert_eq!(phrase.text(Lang::Ja), ja);
        }
    }
}
