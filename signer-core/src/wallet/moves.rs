//! What a transaction moves: change that returns, payments that leave, the fee.

use alloc::vec::Vec;

use bitcoin::{Amount, ScriptBuf, TxOut, Weight};

use super::binding::Address;
use super::{RegisteredWallet, Registry, WalletClass};
use crate::digest::WalletId;
use crate::ledger::Transfer;
use crate::psbt::ParsedPsbt;
use crate::types::{Chain, KeyIndex, Label, OutputIndex};

/// What an output is.
///
/// Only a script of the wallet's chain 1 is change. An output to the wallet's own chain 0 is a
/// payment like any other: it passes only where that address is a registered destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputKind {
    /// Returns to the wallet.
    Change {
        /// Always [`Chain::Change`].
        chain: Chain,
        /// The index of its address.
        index: KeyIndex,
        /// How much.
        amount: Amount,
    },
    /// Leaves the wallet. Who can spend it, the transaction says.
    Payment {
        /// How much.
        amount: Amount,
    },
}

/// What outputs are, each with the address of the wallet that it pays.
pub(super) fn outputs<'a>(
    located: impl Iterator<Item = (&'a TxOut, Option<Address>)>,
) -> Vec<OutputKind> {
    let explained = located.map(|(output, at)| match at {
        Some((Chain::Change, index)) => OutputKind::Change {
            chain: Chain::Change,
            index,
            amount: output.value,
        },
        Some((Chain::Receive, _)) | None => OutputKind::Payment {
            amount: output.value,
        },
    });
    explained.collect()
}

/// A payment to a script of a registered wallet, found by the script and by nothing that is said of
/// it: a move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InsideMove {
    /// Its place in the transaction.
    pub output: OutputIndex,
    /// The wallet that is paid.
    pub wallet: WalletId,
    /// Its name.
    pub name: Label,
    /// Whose assets it holds.
    pub class: WalletClass,
}

/// The payments that a wallet of this device receives, or the emergency wallet of others.
pub(super) fn inside(moves: Moves<'_>, wallets: &Registry) -> Vec<InsideMove> {
    let moves = moves.payments().filter_map(|(output, script, _)| {
        let wallet = wallets.receiver(script)?;
        Some(InsideMove {
            output,
            wallet: wallet.id(),
            name: wallet.name().clone(),
            class: wallet.class(),
        })
    });
    moves.collect()
}

/// What the policy judges of a transaction whose every input and output is explained.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moves<'a> {
    parsed: &'a ParsedPsbt,
    outputs: &'a [OutputKind],
    weight: Weight,
}

impl<'a> Moves<'a> {
    pub(super) const fn new(
        parsed: &'a ParsedPsbt,
        outputs: &'a [OutputKind],
        weight: Weight,
    ) -> Self {
        Self {
            parsed,
            outputs,
            weight,
        }
    }

    pub(crate) fn fee(self) -> Amount {
        self.parsed.fee()
    }

    pub(crate) const fn weight(self) -> Weight {
        self.weight
    }

    pub(crate) fn paid_out(self) -> Amount {
        total(self.payments().map(|(_, _, amount)| amount))
    }

    pub(crate) fn change_total(self) -> Amount {
        total(self.outputs.iter().filter_map(|output| match output {
            OutputKind::Change { amount, .. } => Some(*amount),
            OutputKind::Payment { .. } => None,
        }))
    }

    pub(crate) fn payments(self) -> impl Iterator<Item = (OutputIndex, &'a ScriptBuf, Amount)> {
        let paid = self.parsed.tx().output.iter().zip(self.outputs);
        let indexed = (0..).map(OutputIndex).zip(paid);
        indexed.filter_map(|(index, (output, kind))| match kind {
            OutputKind::Payment { amount } => Some((index, &output.script_pubkey, *amount)),
            OutputKind::Change { .. } => None,
        })
    }

    /// What the transaction takes from `wallet`.
    pub(crate) fn transfer(self, wallet: WalletId) -> Transfer {
        let payments = self.payments();
        let coins = self.parsed.tx().input.iter();
        Transfer {
            wallet,
            payments: payments
                .map(|(_, script, amount)| (script.clone(), amount))
                .collect(),
            change: self.change_total(),
            fee: self.fee(),
            coins: coins.map(|input| input.previous_output).collect(),
        }
    }

    pub(crate) fn fee_rate(self) -> u64 {
        let quarters = self.fee().to_sat().saturating_mul(4);
        let weight = self.weight.to_wu();
        let up = quarters.saturating_add(weight.saturating_sub(1));
        up.checked_div(weight).unwrap_or(u64::MAX)
    }
}

/// What a transaction takes from this wallet, whoever signs it.
pub(crate) fn transfer_of(parsed: &ParsedPsbt, wallet: &RegisteredWallet) -> Transfer {
    let paid = parsed.tx().output.iter();
    let outputs = outputs(paid.map(|output| (output, wallet.locate(&output.script_pubkey))));
    Moves::new(parsed, &outputs, Weight::ZERO).transfer(wallet.id())
}

/// Sums that PSB06 has found to fit.
fn total(amounts: impl Iterator<Item = Amount>) -> Amount {
    Amount::from_sat(amounts.map(Amount::to_sat).fold(0, u64::saturating_add))
}
