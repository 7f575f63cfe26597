//! States of a key as in NIST SP 800-57 Part 1, section 7.

use crate::rule::Phrase;
use crate::signing::WalletKeyRef;
use crate::types::Lang;

/// The state of a wallet key.
///
/// What SP 800-57 calls compromised is not among them: no device can know that its key is known
/// to somebody else. Administrators who must assume it retire the wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyState {
    /// Generated; its wallet is not registered yet, or no policy has listed it so far.
    PreActivation,
    /// Its wallet is registered and listed in the policy in force.
    Active,
    /// Its wallet was active, and the policy in force does not list it any more.
    Suspended,
    /// Its wallet is retired: there is no way back.
    Deactivated,
    /// The key is gone from the token.
    Destroyed,
}

/// What a key can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUse {
    /// Signing a transaction.
    Sign,
    /// Proving that it is there.
    Prove,
    /// Being destroyed.
    Destroy,
}

/// Whether a state permits a use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Permit {
    /// It does.
    Given,
    /// It does not.
    Withheld,
}

impl KeyState {
    /// Every state, in the order of a life.
    pub const ALL: [Self; 5] = [
        Self::PreActivation,
        Self::Active,
        Self::Suspended,
        Self::Deactivated,
        Self::Destroyed,
    ];

    /// What the state permits.
    pub const fn permits(self, what: KeyUse) -> Permit {
        match (self, what) {
            (Self::Active, KeyUse::Sign)
            | (
                Self::PreActivation | Self::Active | Self::Suspended | Self::Deactivated,
                KeyUse::Prove,
            )
            | (Self::Deactivated, KeyUse::Destroy) => Permit::Given,
            _ => Permit::Withheld,
        }
    }

    /// The name in machine-readable output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PreActivation => "pre-activation",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Deactivated => "deactivated",
            Self::Destroyed => "destroyed",
        }
    }

    /// The same in both languages, for refusals.
    pub(super) fn phrase(self) -> Phrase {
        Phrase::new(self.title(Lang::En), self.title(Lang::Ja))
    }

    /// The name on screens.
    pub const fn title(self, lang: Lang) -> &'static str {
        match self {
            Self::PreActivation => lang.pick("pre-activation", "活性化前"),
            Self::Active => lang.pick("active", "活性"),
            Self::Suspended => lang.pick("suspended", "一時停止"),
            Self::Deactivated => lang.pick("deactivated", "非活性"),
            Self::Destroyed => lang.pick("destroyed", "破棄済み"),
        }
    }
}

/// A key and its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyLine {
    /// Where it is on the token, or was, and its public key.
    pub key: WalletKeyRef,
    /// Its state.
    pub state: KeyState,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states_that_permit(what: KeyUse) -> alloc::vec::Vec<KeyState> {
        KeyState::ALL
            .into_iter()
            .filter(|state| state.permits(what) == Permit::Given)
            .collect()
    }

    #[test]
    fn only_active_keys_sign_and_only_deactivated_ones_are_destroyed() {
        assert_eq!(states_that_permit(KeyUse::Sign), [KeyState::Active]);
        assert_eq!(states_that_permit(KeyUse::Destroy), [KeyState::Deactivated]);
        let proving = states_that_permit(KeyUse::Prove);
        assert_eq!(proving, KeyState::ALL[..4]);
    }

    #[test]
    fn names_differ_in_every_language() {
        for name in [
            KeyState::name as fn(KeyState) -> &'static str,
            |state| state.title(Lang::En),
            |state| state.title(Lang::Ja),
        ] {
            let names: std::collections::BTreeSet<&str> =
                KeyState::ALL.into_iter().map(name).collect();
            assert_eq!(names.len(), KeyState::ALL.len());
        }
    }
}
