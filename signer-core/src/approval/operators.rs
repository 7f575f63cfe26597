//! The operators of a session: two officers who authenticated with their own keys.

use alloc::vec::Vec;

use super::{ActiveRoster, Attendance, Officer, Seat};
use crate::digest::{DeviceId, RosterDigest};
use crate::phrase;
use crate::rule::{Place, Refusal, RuleId};
use crate::types::{OfficerId, SessionNumber};

/// The session that operators authenticate for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionFacts {
    /// The device.
    pub device: DeviceId,
    /// The session.
    pub session: SessionNumber,
    /// Drawn from the HSM for this session: makes the signatures fresh.
    pub nonce: [u8; 32],
}

/// Two verified attendances, seat A and seat B, for one session of one device, and those of the
/// witnesses.
///
/// Whether the two may operate is judged with the other rules (APP09, APP10), and whether the
/// witnesses may be that (APP17).
#[derive(Clone, Debug)]
pub struct Operators {
    a: OfficerId,
    b: OfficerId,
    witnesses: Vec<OfficerId>,
    session: SessionFacts,
    roster: RosterDigest,
}

impl Operators {
    /// Verifies the attendances of operator A and operator B.
    ///
    /// # Errors
    /// APP10, when one of them is not signed by its officer for this seat, session and nonce.
    pub fn open(
        a: &[u8],
        b: &[u8],
        session: SessionFacts,
        roster: &ActiveRoster,
    ) -> Result<Self, Refusal> {
        let seated = |bytes, seat| seated(bytes, seat, &session, roster);
        let a = seated(a, Seat::OperatorA)?.id.clone();
        let b = seated(b, Seat::OperatorB)?.id.clone();
        Ok(Self {
            a,
            b,
            witnesses: Vec::new(),
            session,
            roster: roster.digest(),
        })
    }

    /// Verifies the attendance of a witness, who sits down beside the operators.
    ///
    /// # Errors
    /// APP17, when it is not signed by its officer for this seat, session and nonce.
    pub fn beside(mut self, witness: &[u8], roster: &ActiveRoster) -> Result<Self, Refusal> {
        let officer = seated(witness, Seat::Witness, &self.session, roster)?;
        self.witnesses.push(officer.id.clone());
        Ok(self)
    }

    /// The witnesses, in the order in which they sat down.
    pub fn witnesses(&self) -> &[OfficerId] {
        &self.witnesses
    }

    /// Operator A.
    pub const fn a(&self) -> &OfficerId {
        &self.a
    }

    /// Operator B.
    pub const fn b(&self) -> &OfficerId {
        &self.b
    }

    /// Both.
    pub fn both(&self) -> [&OfficerId; 2] {
        [&self.a, &self.b]
    }

    /// The session.
    pub const fn session(&self) -> &SessionFacts {
        &self.session
    }

    /// The roster under which they authenticated.
    pub const fn roster(&self) -> RosterDigest {
        self.roster
    }
}

fn seated<'r>(
    bytes: &[u8],
    seat: Seat,
    session: &SessionFacts,
    roster: &'r ActiveRoster,
) -> Result<&'r Officer, Refusal> {
    let rule = match seat {
        Seat::OperatorA | Seat::OperatorB => RuleId::APP10,
        Seat::Witness => RuleId::APP17,
    };
    let refused = |expected, got| Refusal::new(rule, Place::Operators, expected, got);
    let opened = roster.open_signed::<Attendance>(bytes);
    let (signed, officer) = opened.map_err(|error| {
        let expected = phrase!("an attendance signed by an officer", "役職員が署名した在席");
        refused(expected, roster.why_unknown(&error))
    })?;
    let body = signed.body();
    let same = body.version == 1
        && body.scope == roster.scope()
        && body.officer == officer.id
        && body.seat == seat
        && body.device == session.device
        && body.session == session.session
        && body.nonce == session.nonce;
    if same {
        Ok(officer)
    } else {
        Err(refused(
            phrase!(
                "an attendance for this seat, device, session and nonce",
                "この席、端末、セッション、ノンスに対する在席"
            ),
            phrase!("another one of {id}", "{id} の別の在席", id = officer.id),
        ))
    }
}
