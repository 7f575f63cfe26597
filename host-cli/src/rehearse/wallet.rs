//! The wallets of the rehearsal: their devices, and their files.

use super::Play;

/// A wallet, and the devices that hold its keys.
pub(super) struct Wallet {
    /// Its name.
    pub(super) name: &'static str,
    /// Its class, as `wallet create` takes it.
    pub(super) class: &'static str,
    /// Its devices: `d1`, `d2`, ...
    pub(super) devices: Vec<String>,
    /// Its files are named so.
    base: &'static str,
}

impl Wallet {
    /// The wallet that pays, on the first `count` devices.
    pub(super) fn that_pays(count: usize) -> Self {
        Self {
            name: "Customer cold 01",
            class: "customer",
            devices: names(1..=count),
            base: "wallet",
        }
    }

    /// The wallet of as many other devices that a play brings the coins to, where it does.
    pub(super) fn of_play(play: Play, count: usize) -> Option<Self> {
        let (name, class, base) = match play {
            Play::Sweep => ("Emergency 01", "emergency", "emergency"),
            Play::Migration => ("Customer cold 02", "customer", "new-wallet"),
            Play::Good | Play::WrongDestination | Play::Expired | Play::Rejected | Play::Frozen => {
                return None;
            }
        };
        Some(Self {
            name,
            class,
            devices: names(count + 1..=2 * count),
            base,
        })
    }

    /// The record that not all devices have signed.
    pub(super) fn draft(&self) -> String {
        format!("{}-draft.cbor", self.base)
    }

    /// The record.
    pub(super) fn record(&self) -> String {
        format!("{}.cbor", self.base)
    }

    /// What its readable view is called.
    pub(super) const fn base(&self) -> &'static str {
        self.base
    }
}

fn names(numbers: std::ops::RangeInclusive<usize>) -> Vec<String> {
    numbers.map(|number| format!("d{number}")).collect()
}
