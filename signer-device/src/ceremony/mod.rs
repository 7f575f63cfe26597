//! The ceremonies: one file each, its steps numbered as in `docs/ceremony/`.

mod acceptance;
pub(crate) mod anchor;
pub(crate) mod backup;
mod begin;
pub(crate) mod cancel_roster;
pub(crate) mod check;
pub(crate) mod commission;
mod compare;
pub(crate) mod destroy;
mod emergency;
pub(crate) mod export;
pub(crate) mod freeze;
pub(crate) mod generate;
mod headers;
mod holders;
pub(crate) mod install_policy;
pub(crate) mod install_roster;
mod intake;
pub(crate) mod inventory;
mod officers;
mod pace;
mod pool;
mod random;
pub(crate) mod recover;
pub(crate) mod register_wallet;
pub(crate) mod replace;
pub(crate) mod retire_wallet;
mod room;
mod session;
pub(crate) mod settle;
pub(crate) mod sign;
pub(crate) mod split_pin;
pub(crate) mod take_card;
pub(crate) mod thaw;
mod token;
mod witnesses;
mod words;

/// A ceremony's script: the titles of its steps, English and Japanese, as the paper has them.
pub(crate) struct Script {
    /// Name of the file in `docs/ceremony/`, without its ending.
    pub(crate) name: &'static str,
    /// The titles, in order.
    pub(crate) steps: &'static [[&'static str; 2]],
}

#[cfg(test)]
mod tests;
