//! Who is kept apart from whom, in numbers that the policy states.

use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use super::change::{Changed, Direction};

/// How far people are kept apart. What the rules of the approvals ask for holds beside it, whatever
/// it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Separation {
    /// Devices that one person may operate for one transfer; at least 1. Never so many as sign.
    #[n(0)]
    pub devices_per_operator: u8,
    /// How many of those who signed the policy have no part in a transfer; at least 1.
    #[n(1)]
    pub administrators_apart: u8,
    /// Sessions that sign, on one device and one after the other, that one person may operate; at
    /// least 1. Absent where duty does not rotate.
    #[n(2)]
    pub sessions_in_a_row: Option<u8>,
}

/// One difference in how people are kept apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeparationChange {
    /// Devices that one person may operate for one transfer.
    DevicesPerOperator(Changed<u8>),
    /// How many of those who signed the policy have no part in a transfer.
    AdministratorsApart(Changed<u8>),
    /// Sessions in a row that one person may operate.
    SessionsInARow(Changed<Option<u8>>),
}

impl Separation {
    /// What holds where both do.
    pub(super) fn and(self, other: Self) -> Self {
        let Self {
            devices_per_operator,
            administrators_apart,
            sessions_in_a_row,
        } = other;
        Self {
            devices_per_operator: self.devices_per_operator.min(devices_per_operator),
            administrators_apart: self.administrators_apart.max(administrators_apart),
            sessions_in_a_row: lowest(self.sessions_in_a_row, sessions_in_a_row),
        }
    }

    /// Whether it says anything that can be kept.
    pub(super) const fn is_sound(self) -> bool {
        self.devices_per_operator >= 1
            && self.administrators_apart >= 1
            && !matches!(self.sessions_in_a_row, Some(0))
    }

    /// What `new` changes of it.
    pub(super) fn changes(self, new: Self) -> Vec<SeparationChange> {
        let Self {
            devices_per_operator,
            administrators_apart,
            sessions_in_a_row,
        } = new;
        let devices = Changed::between(&self.devices_per_operator, &devices_per_operator);
        let apart = Changed::between(&self.administrators_apart, &administrators_apart);
        let rotation = Changed::between(&self.sessions_in_a_row, &sessions_in_a_row);
        let all = [
            devices.map(SeparationChange::DevicesPerOperator),
            apart.map(SeparationChange::AdministratorsApart),
            rotation.map(SeparationChange::SessionsInARow),
        ];
        all.into_iter().flatten().collect()
    }
}

/// The lower of two limits, of which each may be absent.
fn lowest(a: Option<u8>, b: Option<u8>) -> Option<u8> {
    [a, b].into_iter().flatten().min()
}

impl SeparationChange {
    /// Which way it goes.
    pub(super) fn direction(&self) -> Direction {
        match self {
            Self::DevicesPerOperator(devices) => devices.falls(),
            Self::AdministratorsApart(people) => people.rises(),
            Self::SessionsInARow(sessions)
                if lowest(sessions.old, sessions.new) == sessions.new =>
            {
                Direction::Tightening
            }
            Self::SessionsInARow(_) => Direction::Loosening,
        }
    }
}
