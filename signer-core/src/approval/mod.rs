//! Officers and what they sign: roster, enrolment, request, approval, attendance.

mod card;
mod enrolment;
mod request;
mod roster;

pub use card::OfficerCard;
pub use enrolment::Enrolment;
pub use request::{Approval, Attendance, Decision, KnownHead, Request, RequestedPayment, Seat};
pub use roster::{Officer, RecoveryQuorum, Role, Roster};
