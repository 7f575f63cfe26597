//! A PSBT judged by the rules, without a device and without a way on.

use alloc::vec::Vec;

use bitcoin::Weight;

use super::binding::{Binding, ChangeWindow, Rebuilt};
use super::moves::{Moves, OutputKind, outputs};
use super::scripts::WalletScripts;
use super::{DescriptorWallet, bind};
use crate::phrase;
use crate::policy::{OF_DEVICES, PlainPolicy};
use crate::psbt::{Limits, ParsedPsbt};
use crate::rule::{RuleId, RuleReport, Stage, Verdict};
use crate::types::{Chain, Height, InputIndex, KeyIndex, Network};

/// What the rules are asked beside the PSBT.
#[derive(Clone, Copy, Debug)]
pub struct CheckTerms<'a> {
    /// The wallet that pays.
    pub wallet: &'a DescriptorWallet,
    /// The network, for addresses in refusals.
    pub network: Network,
    /// What the wallet may pay; none where it is not asked.
    pub policy: Option<&'a PlainPolicy>,
    /// The known height; none where it is not asked.
    pub tip: Option<Height>,
}

/// The report of a PSBT of a wallet that nobody registered.
///
/// The end of its chain: no stage is made from it. Approval, review and signing start from a
/// [`crate::wallet::WalletTx`], and that is made only of a wallet whose devices have all signed it.
#[derive(Debug)]
pub struct CheckOnly {
    parsed: Option<ParsedPsbt>,
    inputs: Vec<Option<CheckedInput>>,
    outputs: Vec<OutputKind>,
    weight: Option<Weight>,
    report: RuleReport,
}

/// What the wallet's keys make of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckedInput {
    /// The chain of its address.
    pub chain: Chain,
    /// The index of its address.
    pub key_index: KeyIndex,
    /// What every signer of it signs: BIP-143, SIGHASH_ALL, over the rebuilt script.
    pub sighash: [u8; 32],
}

impl CheckOnly {
    /// Judges a PSBT by every rule that needs no device.
    pub fn judge(bytes: Vec<u8>, limits: Limits, terms: CheckTerms<'_>) -> Self {
        let parsed = match ParsedPsbt::parse_within(bytes, limits) {
            Ok(parsed) => parsed,
            Err(stopped) => return Self::unread(stopped.report().clone()),
        };
        let wallet = terms.wallet;
        let paying: &dyn WalletScripts = wallet;
        let binding = Binding::new(&parsed, wallet, Some(paying), None, ChangeWindow::Listed);
        let why = phrase!(
            "descriptors: no device has registered this wallet",
            "ディスクリプタのため、登録した端末なし"
        );
        let wal01 = (RuleId::WAL01, Verdict::NotApplicable(why));
        let verdicts: Vec<_> = [wal01].into_iter().chain(binding.judge()).collect();
        let weight = parsed.weight_with(wallet.witness_bytes());
        let report = bind::timely(&parsed, terms.tip, Some(weight));
        let report = noted(report, &parsed, terms.tip).with_stage(Stage::Bind, &verdicts);
        let inputs = binding.inputs.iter().map(|input| input.as_ref().map(of));
        let inputs: Vec<_> = inputs.collect();
        let outputs = outputs(binding.outputs().map(|(_, output, _, at)| (output, at)));
        let report = match report.unrefused() {
            Ok(report) => checked(report, Moves::new(&parsed, &outputs, weight), terms),
            Err(stopped) => stopped.report().clone(),
        };
        Self {
            parsed: Some(parsed),
            inputs,
            outputs,
            weight: Some(weight),
            report,
        }
    }

    const fn unread(report: RuleReport) -> Self {
        Self {
            parsed: None,
            inputs: Vec::new(),
            outputs: Vec::new(),
            weight: None,
            report,
        }
    }

    /// Every rule from PSB01 to the approvals, each with its verdict.
    pub const fn report(&self) -> &RuleReport {
        &self.report
    }

    /// What was read, where it could be read.
    pub const fn parsed(&self) -> Option<&ParsedPsbt> {
        self.parsed.as_ref()
    }

    /// What the wallet's keys make of an input; none where it is not the wallet's.
    pub fn input(&self, index: InputIndex) -> Option<CheckedInput> {
        let place = usize::try_from(index.0).ok()?;
        self.inputs.get(place).copied().flatten()
    }

    /// The outputs, in order.
    pub fn outputs(&self) -> &[OutputKind] {
        &self.outputs
    }

    /// The weight with the largest possible witness in every input.
    pub const fn weight(&self) -> Option<Weight> {
        self.weight
    }
}

const fn of(rebuilt: &Rebuilt) -> CheckedInput {
    CheckedInput {
        chain: rebuilt.chain,
        key_index: rebuilt.key_index,
        sighash: rebuilt.sighash,
    }
}

/// A lock time that no height judged is said.
fn noted(report: RuleReport, parsed: &ParsedPsbt, tip: Option<Height>) -> RuleReport {
    if tip.is_some() || parsed.lock_time().to_consensus_u32() == 0 {
        return report;
    }
    let text = phrase!(
        "no height was given: a lock time ahead was not looked for",
        "ブロック高の指定がないため、先のロックタイムは未確認"
    );
    report.noting(RuleId::PSB07, text)
}

fn checked(report: RuleReport, moves: Moves<'_>, terms: CheckTerms<'_>) -> RuleReport {
    let mut verdicts: Vec<(RuleId, Verdict)> = match terms.policy {
        Some(policy) => policy.judge(moves, terms.network, terms.tip).into(),
        None => RuleId::of(Stage::Check)
            .map(|rule| {
                let why = phrase!("no policy was given", "ポリシーの指定なし");
                (rule, Verdict::NotApplicable(why))
            })
            .collect(),
    };
    verdicts.retain(|(rule, _)| !OF_DEVICES.contains(rule));
    let why = phrase!(
        "no device: past signings and registered wallets are known to devices alone",
        "端末なし。過去の署名と登録ウォレットは端末のみが知る"
    );
    verdicts.extend(OF_DEVICES.map(|rule| (rule, Verdict::NotApplicable(why.clone()))));
    let report = report.with_stage(Stage::Check, &verdicts);
    match report.unrefused() {
        Ok(report) => {
            let why = phrase!(
                "a PSBT alone is judged: no request, no approvals, no operators",
                "PSBTのみの判定。申請、承認、操作者なし"
            );
            let verdicts: Vec<_> = RuleId::of(Stage::Approve)
                .map(|rule| (rule, Verdict::NotApplicable(why.clone())))
                .collect();
            report.with_stage(Stage::Approve, &verdicts)
        }
        Err(stopped) => stopped.report().clone(),
    }
}

#[cfg(test)]
mod tests;
