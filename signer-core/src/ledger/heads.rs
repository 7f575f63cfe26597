//! How the sessions of a device ended, so that it can tell a journal of its own from another one.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::Range;

use crate::types::SessionNumber;

/// The last entry of every session of a journal, and which sessions are lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heads {
    ends: BTreeMap<SessionNumber, [u8; 32]>,
    lost: Vec<Range<SessionNumber>>,
}

/// What a journal says of a head that somebody names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadStanding {
    /// The session ended with it.
    Held,
    /// The session was in a part that the administrators' order declared lost.
    Lost,
    /// There is no such session.
    Missing,
    /// The session ended with another one.
    Other,
}

impl Heads {
    /// Before the first session.
    pub(crate) const fn new() -> Self {
        Self {
            ends: BTreeMap::new(),
            lost: Vec::new(),
        }
    }

    /// What is known of a head: the SHA-256 of the last entry of a session.
    pub fn standing(&self, session: SessionNumber, head: &[u8; 32]) -> HeadStanding {
        match self.ends.get(&session) {
            Some(known) if known == head => HeadStanding::Held,
            _ if self.lost.iter().any(|lost| lost.contains(&session)) => HeadStanding::Lost,
            Some(_) => HeadStanding::Other,
            None => HeadStanding::Missing,
        }
    }

    /// The last session that is known to have ended.
    pub fn last(&self) -> Option<(SessionNumber, &[u8; 32])> {
        let (session, head) = self.ends.last_key_value()?;
        Some((*session, head))
    }

    pub(super) fn record(&mut self, session: SessionNumber, head: [u8; 32]) {
        self.ends.insert(session, head);
    }

    pub(super) fn lose(&mut self, sessions: Range<SessionNumber>) {
        self.lost.push(sessions);
    }
}
