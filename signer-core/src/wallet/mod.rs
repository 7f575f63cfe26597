//! Wallets: device cards become a registered wallet, and a parsed PSBT becomes a transaction of
//! one registered wallet.
//!
//! What this module may not do: believe a path, a key or a script that a PSBT names. Coins and
//! change are found by the scripts of registered keys; all that is claimed is only compared.

mod bind;
mod binding;
mod card;
mod check_only;
mod checked;
mod descriptors;
mod draft;
mod error;
mod lean;
mod moves;
mod newest;
mod points;
mod record;
mod registered;
mod script;
mod scripts;
mod supply;
mod wal01;
mod wal02;
mod wal03;
mod wal04;
mod wal05;
mod wal06;
mod wal07;
mod wal08;
mod wal09;

pub use bind::{BindContext, BoundInput, DeviceStanding, ExistingSignature, WalletTx};
pub use card::{DeviceCard, PoolCard, PoolKey};
pub use check_only::{CheckOnly, CheckTerms, CheckedInput};
pub use checked::CheckedCard;
pub use descriptors::{DESCRIPTOR_KEYS, DescriptorError, DescriptorWallet, ListedDescriptor};
pub use draft::{RegistrableRecord, Registration, WalletTerms, draft_record, extend_record};
pub use error::WalletError;
pub use moves::{InsideMove, OutputKind};
pub(crate) use moves::{Moves, transfer_of};
pub use newest::{KnownHsm, NewestCards};
pub use points::{KnownPoints, Points};
pub use record::{CoSigner, KeyRow, ScriptType, WalletClass, WalletRecord};
pub use registered::{MAX_DEVICES, RegisteredWallet, Registry};
pub use supply::{Supply, SupplyLevel};
#[cfg(test)]
pub(crate) use wal07::tests::refused_extension;
#[cfg(test)]
pub(crate) use wal08::tests::refused_hsm;
pub(crate) use wal08::wal08_among;
#[cfg(test)]
pub(crate) use wal09::tests::refused_card;
pub(crate) use wal09::wal09;
