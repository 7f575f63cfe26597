//! Officers and what they sign: roster, enrolment, request, approval, attendance.

mod active;
mod enrolment;
mod operators;
mod request;
mod roster;

pub use active::{ActiveRoster, CheckedEnrolment, MIN_ADMINISTRATORS, RosterError};
pub use enrolment::Enrolment;
pub use operators::{Operators, SessionFacts};
pub use request::{Approval, Attendance, Decision, KnownHead, Request, RequestedPayment, Seat};
pub use roster::{Officer, RecoveryQuorum, Role, Roster};
