//! The intent: what is about to be signed. It is journalled before the HSM is asked, and counts
//! as signed from there on.

use alloc::vec::Vec;

use bitcoin::hashes::Hash;
use bitcoin::{Amount, OutPoint, ScriptBuf, Txid};
use minicbor::{Decode, Encode};

use crate::codec;
use crate::digest::{TxDigest, WalletId};
use crate::keys::KeyPoint;
use crate::ledger::Transfer;
use crate::types::{InputIndex, KeyIndex};

/// What is about to be signed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Intent {
    /// The transaction.
    #[n(0)]
    pub tx: TxDigest,
    /// The wallet that pays.
    #[n(1)]
    pub wallet: WalletId,
    /// One line for each input, in order.
    #[n(2)]
    pub lines: Vec<IntentLine>,
    /// Highest change index that the transaction pays.
    #[n(3)]
    pub change: Option<KeyIndex>,
    /// Every output that is not change, in order: what limits over time count.
    #[n(4)]
    pub payments: Vec<IntentPayment>,
    /// What returns to the wallet.
    #[cbor(n(5), with = "codec::sats")]
    pub returns: Amount,
    /// The fee.
    #[cbor(n(6), with = "codec::sats")]
    pub fee: Amount,
    /// The versions of the transaction in whose place it is counted, as the request declares them; none
    /// for a sweep.
    #[n(7)]
    pub replaces: Vec<TxDigest>,
}

impl Intent {
    /// What the transaction takes from its wallet.
    pub(crate) fn transfer(&self) -> Transfer {
        let payments = self.payments.iter();
        Transfer {
            wallet: self.wallet,
            payments: payments
                .map(|payment| (payment.script.clone(), payment.amount))
                .collect(),
            change: self.returns,
            fee: self.fee,
            coins: self.lines.iter().map(|line| line.coin.into()).collect(),
        }
    }
}

/// An output that leaves the wallet.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct IntentPayment {
    /// The script that is paid.
    #[cbor(n(0), with = "codec::as_bytes")]
    pub script: ScriptBuf,
    /// How much.
    #[cbor(n(1), with = "codec::sats")]
    pub amount: Amount,
}

/// One signature that is about to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct IntentLine {
    /// The input.
    #[n(0)]
    pub input: InputIndex,
    /// The coin.
    #[n(1)]
    pub coin: Coin,
    /// The device's key, as its bytes: it is compared, never calculated with.
    #[n(2)]
    pub key: KeyPoint,
    /// The 32 bytes that are signed.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub sighash: [u8; 32],
}

/// A coin by its place in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(map)]
pub struct Coin {
    /// Transaction, in the byte order of the wire (not reversed).
    #[cbor(n(0), with = "minicbor::bytes")]
    pub txid: [u8; 32],
    /// Output.
    #[n(1)]
    pub vout: u32,
}

impl From<OutPoint> for Coin {
    fn from(point: OutPoint) -> Self {
        Self {
            txid: point.txid.to_byte_array(),
            vout: point.vout,
        }
    }
}

impl From<Coin> for OutPoint {
    fn from(coin: Coin) -> Self {
        Self {
            txid: Txid::from_byte_array(coin.txid),
            vout: coin.vout,
        }
    }
}
