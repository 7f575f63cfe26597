//! `ParsedPsbt` to `WalletTx`: every input and every output is explained by one registered wallet.

use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;

use bitcoin::absolute::LockTime;
use bitcoin::secp256k1::PublicKey;
use bitcoin::{Amount, ScriptBuf, Weight};

use super::binding::{Binding, ChangeWindow};
use super::moves::{InsideMove, Moves, inside, outputs};
use super::scripts::WalletScripts;
use super::{CoSigner, OutputKind, RegisteredWallet, Registry, wal01, wal06};
use crate::digest::{DeviceId, PolicyDigest, TxDigest};
use crate::headers::KnownTime;
use crate::keys::Signature64;
use crate::ledger::{LedgerState, Transfer};
use crate::life::Frozen;
use crate::phrase;
use crate::policy::ActivePolicy;
use crate::psbt::{ParsedPsbt, limits, overweight};
use crate::rule::{Phrase, Place, Refusal, RuleId, RuleReport, Stage, Stopped};
use crate::settlement::OpenRegister;
use crate::signing::WalletKeyRef;
use crate::types::{Chain, Height, Id, InputIndex, KeyIndex, OutputIndex};

/// What a device knows when a PSBT comes in.
#[derive(Clone, Copy, Debug)]
pub struct BindContext<'a> {
    /// The wallets that are registered on it.
    pub wallets: &'a Registry,
    /// The policy in force.
    pub policy: &'a ActivePolicy,
    /// What past sessions mean.
    pub ledger: &'a LedgerState,
    /// The device itself.
    pub device: &'a DeviceId,
    /// What is known of the time.
    pub time: KnownTime,
    /// Whether the device is frozen.
    pub standing: DeviceStanding,
    /// What it signed that is not settled.
    pub register: &'a OpenRegister,
}

/// Whether a device is frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceStanding {
    /// It is not.
    Free,
    /// It is: it signs nothing but a sweep.
    Frozen,
    /// Nobody here knows: a desk without a device. What it says gives no right.
    Unknown,
}

impl DeviceStanding {
    /// Of a device with this freeze, or without one.
    pub const fn of(frozen: Option<&Frozen>) -> Self {
        match frozen {
            Some(_) => Self::Frozen,
            None => Self::Free,
        }
    }
}

/// A transaction of one registered wallet: every input script rebuilt from registered keys, every
/// output either change or a payment.
#[derive(Debug)]
pub struct WalletTx {
    parsed: ParsedPsbt,
    wallet: Arc<RegisteredWallet>,
    wallets: Registry,
    device: DeviceId,
    policy: PolicyDigest,
    inputs: Vec<BoundInput>,
    outputs: Vec<OutputKind>,
    inside: Vec<InsideMove>,
    weight: Weight,
    ledger: LedgerState,
    time: KnownTime,
    standing: DeviceStanding,
    open: BTreeSet<TxDigest>,
    report: RuleReport,
}

/// One input, explained.
#[derive(Debug)]
pub struct BoundInput {
    index: InputIndex,
    chain: Chain,
    key_index: KeyIndex,
    amount: Amount,
    witness_script: ScriptBuf,
    own_key: WalletKeyRef,
    sighash: [u8; 32],
    signatures: Vec<ExistingSignature>,
}

impl BoundInput {
    /// Its place in the transaction.
    pub const fn index(&self) -> InputIndex {
        self.index
    }

    /// The chain of its address.
    pub const fn chain(&self) -> Chain {
        self.chain
    }

    /// The index of its address.
    pub const fn key_index(&self) -> KeyIndex {
        self.key_index
    }

    /// What it brings, proven by its previous transaction.
    pub const fn amount(&self) -> Amount {
        self.amount
    }

    /// The rebuilt witness script.
    pub const fn witness_script(&self) -> &ScriptBuf {
        &self.witness_script
    }

    /// The key of this device.
    pub const fn own_key(&self) -> WalletKeyRef {
        self.own_key
    }

    /// What is signed: BIP-143, SIGHASH_ALL, over the rebuilt script.
    pub const fn sighash(&self) -> &[u8; 32] {
        &self.sighash
    }

    /// Verified signatures of co-signers that are already there.
    pub fn signatures(&self) -> &[ExistingSignature] {
        &self.signatures
    }
}

/// A verified signature of a co-signer that came with the PSBT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExistingSignature {
    /// The co-signer's device.
    pub device: DeviceId,
    /// Its name.
    pub name: Id,
    /// Its key of this input.
    pub public_key: PublicKey,
    /// r and s.
    pub signature: Signature64,
}

impl WalletTx {
    /// Explains a parsed PSBT by one registered wallet.
    ///
    /// # Errors
    /// The complete report, when any rule of WAL01 to WAL06 refuses, or PSB07 for a lock time that
    /// lies above the known height, or for the weight with the wallet's own witnesses.
    pub fn bind(parsed: ParsedPsbt, context: &BindContext<'_>) -> Result<Self, Stopped> {
        let wallet = paying(&parsed, context);
        let binding = binding(&parsed, wallet, context);
        let wal01 = (RuleId::WAL01, wal01::wal01(wallet, context));
        let verdicts: Vec<_> = [wal01].into_iter().chain(binding.judge()).collect();
        let weight = wallet.map(|wallet| parsed.weight_with(wallet.witness_bytes()));
        let report = timely(&parsed, Some(context.time.opens()), weight);
        let report = report.with_stage(Stage::Bind, &verdicts).unrefused()?;
        let explained = wallet.and_then(|wallet| explained(wallet, context.device, &binding));
        let (Some((wallet, inputs)), Some(weight)) = (explained, weight) else {
            // No rule refused, so every input was explained: this is never reached, and stops.
            let expected = phrase!("explained inputs", "説明のつく入力");
            let nothing = Refusal::new(RuleId::WAL02, Place::Whole, expected, Phrase::none());
            return Err(report.refusing(nothing).stopped(RuleId::WAL02));
        };
        let outputs = outputs(binding.outputs().map(|(_, output, _, at)| (output, at)));
        Ok(Self {
            inside: inside(Moves::new(&parsed, &outputs, weight), context.wallets),
            wallets: context.wallets.clone(),
            parsed,
            wallet,
            device: *context.device,
            policy: context.policy.digest(),
            inputs,
            outputs,
            weight,
            ledger: context.ledger.clone(),
            time: context.time,
            standing: context.standing,
            open: context.register.transactions(),
            report,
        })
    }
}

impl WalletTx {
    /// What was read.
    pub const fn parsed(&self) -> &ParsedPsbt {
        &self.parsed
    }

    /// The wallet that pays.
    pub const fn wallet(&self) -> &Arc<RegisteredWallet> {
        &self.wallet
    }

    /// The devices of that wallet, each with the HSM of its newest card that is known here.
    pub fn cosigners(&self) -> Vec<CoSigner> {
        self.wallets.cards().cosigners(self.wallet.record())
    }

    /// All wallets that are registered on the device.
    pub const fn wallets(&self) -> &Registry {
        &self.wallets
    }

    /// The device that explained it.
    pub const fn device(&self) -> DeviceId {
        self.device
    }

    /// The policy under which the wallet was found active.
    pub const fn policy(&self) -> PolicyDigest {
        self.policy
    }

    /// The inputs, in order.
    pub fn inputs(&self) -> &[BoundInput] {
        &self.inputs
    }

    /// The outputs, in order.
    pub fn outputs(&self) -> &[OutputKind] {
        &self.outputs
    }

    /// The payments that go to a registered wallet of this device.
    pub fn inside(&self) -> &[InsideMove] {
        &self.inside
    }

    /// What the transaction takes from the wallet.
    pub fn transfer(&self) -> Transfer {
        self.moves().transfer(self.wallet.id())
    }

    /// One input.
    pub fn input(&self, index: InputIndex) -> Option<&BoundInput> {
        self.inputs.get(usize::try_from(index.0).ok()?)
    }

    /// What is signed for one input.
    pub fn sighash(&self, index: InputIndex) -> Option<[u8; 32]> {
        self.input(index).map(|input| input.sighash)
    }

    /// What moves where, for the policy.
    pub(crate) fn moves(&self) -> Moves<'_> {
        Moves::new(&self.parsed, &self.outputs, self.weight)
    }

    /// What the inputs bring and the outputs leave.
    pub fn fee(&self) -> Amount {
        self.parsed.fee()
    }

    /// What leaves the wallet, fee not counted.
    pub fn paid_out(&self) -> Amount {
        self.moves().paid_out()
    }

    /// What returns to the wallet's change scripts.
    pub fn change_total(&self) -> Amount {
        self.moves().change_total()
    }

    /// The payments: place, script and amount.
    pub fn payments(&self) -> impl Iterator<Item = (OutputIndex, &ScriptBuf, Amount)> {
        self.moves().payments()
    }

    /// The change: place, index and amount; at most one.
    pub fn change(&self) -> Option<(OutputIndex, KeyIndex, Amount)> {
        let mut indexed = (0..).map(OutputIndex).zip(&self.outputs);
        indexed.find_map(|(place, output)| match output {
            OutputKind::Change { index, amount, .. } => Some((place, *index, *amount)),
            OutputKind::Payment { .. } => None,
        })
    }

    /// The weight with the largest possible witness in every input.
    pub const fn weight(&self) -> Weight {
        self.weight
    }

    /// The virtual size with the largest possible witness in every input.
    pub const fn vsize(&self) -> u64 {
        self.weight.to_vbytes_ceil()
    }

    /// The fee rate in satoshi per virtual byte, rounded up. Smaller signatures can only raise it,
    /// by less than 2 per cent.
    pub fn fee_rate(&self) -> u64 {
        self.moves().fee_rate()
    }

    /// What past sessions meant when it was explained. Every later stage judges by the same.
    pub(crate) const fn ledger(&self) -> &LedgerState {
        &self.ledger
    }

    /// The height that was known when it was explained. Every later stage judges by the same.
    pub(crate) const fn tip(&self) -> Height {
        self.time.opens()
    }

    /// What was known of the time when it was explained. Every later stage judges by the same.
    pub(crate) const fn time(&self) -> KnownTime {
        self.time
    }

    /// Whether the device was frozen when it was explained. Every later stage judges by the same.
    pub(crate) const fn standing(&self) -> DeviceStanding {
        self.standing
    }

    /// The transactions whose signatures were open when this one was explained.
    pub(crate) fn open(&self) -> impl Iterator<Item = &TxDigest> {
        self.open.iter()
    }

    /// The report so far: PSB01 to WAL06, none refused.
    pub const fn report(&self) -> &RuleReport {
        &self.report
    }
}

/// A lock time above the known height keeps a signed transaction alive that nobody can send yet:
/// the part of PSB07 that needs the height.
fn lock_ahead(parsed: &ParsedPsbt, tip: Height) -> Option<Refusal> {
    let height = match parsed.lock_time() {
        LockTime::Blocks(height) => height.to_consensus_u32(),
        LockTime::Seconds(time) => time.to_consensus_u32(),
    };
    (height > tip.0).then(|| {
        let expected = phrase!(
            "a lock time of at most {tip}",
            "ブロック高 {tip} 以下のロックタイム",
            tip = tip
        );
        Refusal::new(
            RuleId::PSB07,
            Place::Transaction,
            expected,
            Phrase::figure(height),
        )
    })
}

/// The part of PSB07 that needs the wallet: a PSBT may leave its witness scripts out, the
/// registered keys tell the largest witness all the same.
fn too_heavy(weight: Weight) -> Option<Refusal> {
    (weight.to_wu() > limits::WEIGHT).then(|| overweight(weight.to_wu()))
}

/// The report of the reading, with what PSB07 refuses once height and wallet are known.
pub(super) fn timely(
    parsed: &ParsedPsbt,
    tip: Option<Height>,
    weight: Option<Weight>,
) -> RuleReport {
    let ahead = tip.and_then(|tip| lock_ahead(parsed, tip));
    let known = [ahead, weight.and_then(too_heavy)].into_iter().flatten();
    known.fold(parsed.report().clone(), RuleReport::refusing)
}

/// The wallet of the first input that belongs to any; the others must be of the same. Of several
/// versions of it the newest that the policy lists, or else the newest, which WAL01 then refuses.
fn paying<'a>(parsed: &ParsedPsbt, context: &BindContext<'a>) -> Option<&'a Arc<RegisteredWallet>> {
    let scripts = parsed.inputs().iter();
    let mut scripts = scripts.map(|input| &*input.spent.script_pubkey);
    let script = scripts.find(|script| context.wallets.locate(script).is_some())?;
    let policy = context.policy.policy();
    let mut versions = context.wallets.versions(script);
    let newest = versions.next()?;
    let mut all = core::iter::once(newest).chain(versions);
    all.find(|wallet| policy.wallet(&wallet.digest()).is_some())
        .or(Some(newest))
}

/// The binding to a registered wallet: change lies within the policy's window.
fn binding<'a>(
    parsed: &'a ParsedPsbt,
    wallet: Option<&'a Arc<RegisteredWallet>>,
    context: &BindContext<'a>,
) -> Binding<'a> {
    let rules = wallet.and_then(|wallet| context.policy.policy().wallet(&wallet.digest()));
    let window = ChangeWindow::Ahead {
        highest: wallet.and_then(|wallet| context.ledger.highest_change(&wallet.id())),
        window: rules.map_or(0, |rules| rules.change_window),
    };
    let scripts = wallet.map(|wallet| &**wallet as &dyn WalletScripts);
    let device = Some(context.device);
    Binding::new(parsed, context.wallets, scripts, device, window)
}

/// The wallet and all inputs, where every one of them is explained.
fn explained(
    wallet: &Arc<RegisteredWallet>,
    device: &DeviceId,
    binding: &Binding<'_>,
) -> Option<(Arc<RegisteredWallet>, Vec<BoundInput>)> {
    let inputs = (0..).map(InputIndex).zip(binding.parsed.inputs());
    let bound = inputs
        .zip(&binding.inputs)
        .map(|((index, input), rebuilt)| {
            let rebuilt = rebuilt.as_ref()?;
            let (chain, key_index) = (rebuilt.chain, rebuilt.key_index);
            Some(BoundInput {
                index,
                chain,
                key_index,
                amount: input.spent.value,
                witness_script: rebuilt.witness_script.clone(),
                own_key: wallet.own_key(device, chain, key_index)?,
                sighash: rebuilt.sighash,
                signatures: wal06::existing(wallet, rebuilt, &input.partial_sigs),
            })
        });
    Some((Arc::clone(wallet), bound.collect::<Option<_>>()?))
}

#[cfg(test)]
mod tests;
