//! What the rules of a wallet judge: a PSBT beside what the wallet's own keys say of it.

use alloc::vec::Vec;

use bitcoin::hashes::Hash;
use bitcoin::sighash::SighashCache;
use bitcoin::{EcdsaSighashType, ScriptBuf, TxOut};

use super::scripts::{KnownWallets, WalletScripts};
use super::{wal02, wal03, wal04, wal05, wal06};
use crate::digest::DeviceId;
use crate::phrase;
use crate::psbt::{ParsedInput, ParsedOutput, ParsedPsbt};
use crate::rule::{Refusal, RuleId, Verdict};
use crate::types::{Chain, InputIndex, KeyIndex, OutputIndex};

/// What WAL02 to WAL06 judge: the PSBT, and what the keys of one wallet say of it.
pub(super) struct Binding<'a> {
    pub(super) parsed: &'a ParsedPsbt,
    /// Every wallet that is known here.
    pub(super) known: &'a dyn KnownWallets,
    /// The wallet of the first input that belongs to any; the others must be of the same.
    pub(super) wallet: Option<&'a dyn WalletScripts>,
    /// The device that signs; none where nothing is ever signed.
    pub(super) device: Option<&'a DeviceId>,
    /// How far change may lie ahead.
    pub(super) window: ChangeWindow,
    /// For each input, what the wallet makes of it; none where it is not the wallet's.
    pub(super) inputs: Vec<Option<Rebuilt>>,
    /// For each output, which address of the wallet it pays; none where it pays another.
    pub(super) paid: Vec<Option<Address>>,
}

/// An address of the wallet: chain and index.
pub(super) type Address = (Chain, KeyIndex);

/// How far change may lie ahead of what is known to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChangeWindow {
    /// So many indices above the highest one that is known to be used.
    Ahead {
        /// The highest index that this device has seen used.
        highest: Option<KeyIndex>,
        /// How many follow.
        window: u32,
    },
    /// Every change script that is listed.
    Listed,
}

/// An input as the wallet's keys rebuild it.
#[derive(Debug)]
pub(super) struct Rebuilt {
    pub(super) chain: Chain,
    pub(super) key_index: KeyIndex,
    pub(super) witness_script: ScriptBuf,
    pub(super) sighash: [u8; 32],
}

impl<'a> Binding<'a> {
    pub(super) fn new(
        parsed: &'a ParsedPsbt,
        known: &'a dyn KnownWallets,
        wallet: Option<&'a dyn WalletScripts>,
        device: Option<&'a DeviceId>,
        window: ChangeWindow,
    ) -> Self {
        let inputs = match wallet {
            Some(wallet) => rebuild(parsed, wallet),
            None => parsed.inputs().iter().map(|_| None).collect(),
        };
        // Found once: every rule of outputs goes by it.
        let outputs = parsed.tx().output.iter();
        let paid = outputs.map(|output| wallet?.locate(&output.script_pubkey));
        Self {
            parsed,
            known,
            wallet,
            device,
            window,
            inputs,
            paid: paid.collect(),
        }
    }

    /// Every rule that needs nothing but a wallet's scripts.
    pub(super) fn judge(&self) -> [(RuleId, Verdict); 5] {
        [
            (RuleId::WAL02, wal02::wal02(self)),
            (RuleId::WAL03, wal03::wal03(self)),
            (RuleId::WAL04, wal04::wal04(self)),
            (RuleId::WAL05, wal05::wal05(self)),
            (RuleId::WAL06, wal06::wal06(self)),
        ]
    }

    /// Inputs that the wallet explains: place, and what was rebuilt.
    pub(super) fn rebuilt(&self) -> impl Iterator<Item = (InputIndex, &Rebuilt)> {
        let indexed = (0..).map(InputIndex).zip(&self.inputs);
        indexed.filter_map(|(index, rebuilt)| Some((index, rebuilt.as_ref()?)))
    }

    /// The same, with what is claimed of each.
    pub(super) fn explained(&self) -> impl Iterator<Item = (InputIndex, &Rebuilt, &ParsedInput)> {
        let inputs = (0..).map(InputIndex).zip(self.parsed.inputs());
        let pairs = inputs.zip(&self.inputs);
        pairs.filter_map(|((index, input), rebuilt)| Some((index, rebuilt.as_ref()?, input)))
    }

    /// Outputs with what is claimed of them, and the address of the wallet that each pays.
    pub(super) fn outputs(
        &self,
    ) -> impl Iterator<Item = (OutputIndex, &TxOut, &ParsedOutput, Option<Address>)> {
        let outputs = self.parsed.tx().output.iter().zip(self.parsed.outputs());
        let located = (0..).map(OutputIndex).zip(outputs.zip(&self.paid));
        located.map(|(index, ((output, claim), at))| (index, output, claim, *at))
    }

    /// Runs a rule that needs a wallet. Without one WAL01 and WAL02 refuse.
    pub(super) fn with_wallet(
        &self,
        rule: impl FnOnce(&dyn WalletScripts) -> Vec<Refusal>,
    ) -> Verdict {
        match self.wallet {
            Some(wallet) => Verdict::of(rule(wallet)),
            None => {
                Verdict::NotApplicable(phrase!("no registered wallet", "登録済みウォレットなし"))
            }
        }
    }
}

fn rebuild(parsed: &ParsedPsbt, wallet: &dyn WalletScripts) -> Vec<Option<Rebuilt>> {
    let mut cache = SighashCache::new(parsed.tx());
    let inputs = parsed.inputs().iter().enumerate();
    let rebuilt = inputs.map(|(place, input)| {
        let (chain, key_index) = wallet.locate(&input.spent.script_pubkey)?;
        let witness_script = wallet.witness_script(chain, key_index)?;
        let value = input.spent.value;
        let sighash = cache
            .p2wsh_signature_hash(place, &witness_script, value, EcdsaSighashType::All)
            .ok()?;
        Some(Rebuilt {
            chain,
            key_index,
            witness_script,
            sighash: sighash.to_byte_array(),
        })
    });
    rebuilt.collect()
}
