//! What has to be said at the beginning of every session: whose entry in the roster ends, and who is
//! about to be replaced.

use super::DeviceState;
use crate::approval::EXPIRY_NOTICE;
use crate::transcript::entry::{Announced, AnnouncedRoster, EndingEntry};

impl DeviceState {
    /// What the people of the next session are to be told, as far as the journal goes.
    pub fn announcement(&self) -> Option<Announced> {
        let roster = self.roster()?;
        let ending = roster.ending(self.height(), EXPIRY_NOTICE);
        let ending = ending.map(|officer| EndingEntry {
            officer: officer.id.clone(),
            valid_to: officer.valid_to,
        });
        let announced = Announced {
            ending: ending.collect(),
            waiting: self.waiting_roster().map(|waiting| AnnouncedRoster {
                roster: waiting.roster,
                from: waiting.from,
            }),
        };
        announced.unless_empty()
    }
}
