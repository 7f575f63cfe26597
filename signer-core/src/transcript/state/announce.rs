//! What has to be said at the beginning of every session: whose entry in the roster ends, and who is
//! about to be replaced.

use alloc::vec::Vec;

use super::DeviceState;
use crate::approval::EXPIRY_NOTICE;
use crate::transcript::entry::{Announced, AnnouncedRoster, EndingEntry};

impl DeviceState {
    /// What the people of the next session are to be told, as far as the journal goes.
    pub fn announcement(&self) -> Option<Announced> {
        let announced = Announced {
            ending: self.ending_entries(),
            waiting: self.waiting_roster().map(|waiting| AnnouncedRoster {
                roster: waiting.roster,
                from: waiting.from,
            }),
            open: self.open_count(),
        };
        announced.unless_empty()
    }

    fn ending_entries(&self) -> Vec<EndingEntry> {
        let Some(roster) = self.roster() else {
            return Vec::new();
        };
        let ending = roster.ending(self.height(), EXPIRY_NOTICE);
        let ending = ending.map(|officer| EndingEntry {
            officer: officer.id.clone(),
            valid_to: officer.valid_to,
        });
        ending.collect()
    }
}
