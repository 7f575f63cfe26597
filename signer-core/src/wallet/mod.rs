//! Wallets: device cards become a registered wallet, and a parsed PSBT becomes a transaction of
//! one registered wallet.

mod card;
mod record;

pub use card::{DeviceCard, PoolCard, PoolKey};
pub use record::{CoSigner, KeyRow, ScriptType, WalletClass, WalletRecord};
