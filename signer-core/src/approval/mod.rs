//! Officers and what they sign: roster, enrolment, request, approval, attendance. A checked
//! transaction becomes an approved one.
//!
//! What this module may not do: count a vote that is not over the very same digests, forget a
//! rejection, or answer for an officer.

mod active;
mod app01;
mod app02;
mod app03;
mod app04;
mod app05;
mod app06;
mod app07;
mod app08;
mod app09;
mod app10;
mod app11;
mod app12;
mod app13;
mod app14;
mod app15;
mod app16;
mod app17;
mod approve;
mod card;
mod difference;
mod enrolment;
mod heard;
mod operated;
mod operators;
mod order;
mod recovery;
mod request;
mod roster;
mod succession;
mod tim01;

pub use active::{ActiveRoster, CheckedEnrolment, MIN_ADMINISTRATORS, RosterError};
pub(crate) use approve::may_reject;
pub use approve::{ApprovedTx, Approver, Now, rejections};
pub use card::OfficerCard;
pub use difference::{PersonChange, RosterDifference};
pub use enrolment::Enrolment;
pub use heard::{AskedOfficer, Duty, HeardRequest};
pub use operated::{OperatedDevice, devices_per_operator, operated_too_many};
pub use operators::{Operators, SessionFacts};
pub use order::{Order, OrderFrame};
pub use recovery::{MIN_RECOVERY_DELAY, NextRoster, RecoveryCancellation, WaitingRoster};
pub use request::{
    Approval, Attendance, Decision, KnownHead, Request, RequestKind, RequestedPayment, Seat,
    WitnessStatement,
};
pub use roster::{Officer, RecoveryQuorum, Role, Roster};
pub use succession::{EXPIRY_NOTICE, FormerKey};
