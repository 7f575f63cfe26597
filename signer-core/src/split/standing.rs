//! What the journal says of a split PIN: announced, opened by some of its holders, replaced.

use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use crate::digest::SharesDigest;
use crate::phrase;
use crate::rule::Phrase;
use crate::types::OfficerId;

/// Whose PIN it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Credential {
    /// The user, who makes keys and signs (利用者, CU).
    #[n(0)]
    User,
    /// The security officer, who sets PINs and signs nothing (SO).
    #[n(1)]
    SecurityOfficer,
}

impl Credential {
    /// Both, in order.
    pub const ALL: [Self; 2] = [Self::User, Self::SecurityOfficer];

    /// The name in files and on command lines.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::SecurityOfficer => "so",
        }
    }

    /// In words.
    pub fn phrase(self) -> Phrase {
        match self {
            Self::User => phrase!("the user's PIN", "利用者のPIN"),
            Self::SecurityOfficer => phrase!("the security officer's PIN", "SOのPIN"),
        }
    }
}

/// A PIN is about to be changed to one of which only these shares exist.
///
/// The shares are on the disk by then, and those of the PIN before are there still: which of the two
/// PINs the token has is known when somebody has logged in with one of them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PinSplit {
    /// Whose PIN.
    #[n(0)]
    pub credential: Credential,
    /// Number of the set, from 1; it rises with every split.
    #[n(1)]
    pub number: u32,
    /// The file with the sealed shares.
    #[n(2)]
    pub shares: SharesDigest,
    /// How many holders open it.
    #[n(3)]
    pub threshold: u8,
    /// Who holds a share, in ascending order.
    #[n(4)]
    pub holders: Vec<OfficerId>,
}

/// The token was logged in to with a PIN that these holders put together.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PinOpened {
    /// Whose PIN.
    #[n(0)]
    pub credential: Credential,
    /// Number of the set.
    #[n(1)]
    pub number: u32,
    /// Who typed a passphrase, in ascending order.
    #[n(2)]
    pub holders: Vec<OfficerId>,
}

/// The sets of one PIN.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Splits {
    current: Option<PinSplit>,
    pending: Option<PinSplit>,
    last: u32,
}

impl Splits {
    /// The set with which somebody last logged in.
    pub const fn current(&self) -> Option<&PinSplit> {
        self.current.as_ref()
    }

    /// A later set that was announced, and with which nobody has logged in: the change was cut, or is
    /// under way.
    pub const fn pending(&self) -> Option<&PinSplit> {
        self.pending.as_ref()
    }

    /// The set of this number, where it may be the one that opens the token.
    pub fn numbered(&self, number: u32) -> Option<&PinSplit> {
        let sets = [self.pending(), self.current()].into_iter().flatten();
        sets.into_iter().find(|split| split.number == number)
    }

    /// The number of the next set.
    pub const fn next_number(&self) -> u32 {
        self.last.saturating_add(1)
    }

    /// Whether the set's number is the next one.
    pub(crate) const fn follows(&self, split: &PinSplit) -> bool {
        split.number == self.next_number()
    }

    pub(crate) fn announce(&mut self, split: &PinSplit) {
        self.last = split.number;
        self.pending = Some(split.clone());
    }

    /// Somebody logged in with this set: it is the one, and no other is.
    pub(crate) fn prove(&mut self, split: PinSplit) {
        self.current = Some(split);
        self.pending = None;
    }

    /// The token has a PIN that was typed: no set opens it.
    pub(crate) fn forget(&mut self) {
        self.current = None;
        self.pending = None;
    }
}

/// The sets of both PINs of a device's token.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pins {
    user: Splits,
    security_officer: Splits,
}

impl Pins {
    pub(crate) const fn of(&self, credential: Credential) -> &Splits {
        match credential {
            Credential::User => &self.user,
            Credential::SecurityOfficer => &self.security_officer,
        }
    }

    pub(crate) const fn of_mut(&mut self, credential: Credential) -> &mut Splits {
        match credential {
            Credential::User => &mut self.user,
            Credential::SecurityOfficer => &mut self.security_officer,
        }
    }
}

impl PinOpened {
    /// Whether the named holders could put the PIN together: as many different ones as it needs.
    pub(crate) fn is_enough_for(&self, split: &PinSplit) -> bool {
        let ascending = self
            .holders
            .windows(2)
            .all(|pair| pair.first() < pair.last());
        let known = self.holders.iter().all(|id| split.holders.contains(id));
        ascending && known && self.holders.len() >= usize::from(split.threshold)
    }
}
