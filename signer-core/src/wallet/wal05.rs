//! WAL05.

use alloc::format;
use alloc::vec::Vec;

use bitcoin::script::Instruction;
use bitcoin::secp256k1::PublicKey;
use bitcoin::{Script, TxOut};

use super::RegisteredWallet;
use super::bind::Binding;
use super::registered::fingerprint_of;
use crate::psbt::ParsedOutput;
use crate::rule::{Place, Refusal, RuleId, Verdict};
use crate::types::{Chain, KeyIndex, OutputIndex};

/// WAL05: Change returns to this wallet's own change scripts, within the expected window, at most
/// once; no output only pretends to be ours.
///
/// An output pretends when it pays a script that is not the wallet's, but carries a key, an origin
/// or a script of the wallet: software that trusts such fields would call it change.
pub(super) fn wal05(binding: &Binding<'_>) -> Verdict {
    binding.with_wallet(|wallet| {
        let mut refusals = Vec::new();
        let mut change = Vec::new();
        let outputs = binding.parsed.tx().output.iter();
        let claims = binding.parsed.outputs().iter();
        for (index, (output, claim)) in (0..).map(OutputIndex).zip(outputs.zip(claims)) {
            match wallet.locate(&output.script_pubkey) {
                Some((Chain::Change, key_index)) => change.push((index, key_index)),
                Some((Chain::Receive, _)) => {}
                None => refusals.extend(pretence(wallet, index, output, claim)),
            }
        }
        let end = window_end(binding, wallet);
        for (index, key_index) in &change {
            if u64::from(key_index.0) >= end {
                let expected = format!("a change index below {end}");
                refusals.push(refused(*index, expected, key_index));
            }
        }
        for (index, key_index) in change.iter().skip(1) {
            let got = format!("one more, at change index {key_index}");
            refusals.push(refused(*index, "at most one change output", got));
        }
        refusals
    })
}

fn refused(
    index: OutputIndex,
    expected: impl core::fmt::Display,
    got: impl core::fmt::Display,
) -> Refusal {
    Refusal::new(RuleId::WAL05, Place::Output(index), expected, got)
}

/// The first change index that is too far: the window begins above the highest index that is known
/// to be used, on this device or by a coin that is spent here. (A device that co-signs seldom would
/// otherwise fall behind its peers; every script in the window is a registered one in any case.)
fn window_end(binding: &Binding<'_>, wallet: &RegisteredWallet) -> u64 {
    let spent = binding
        .rebuilt()
        .filter(|(_, rebuilt)| rebuilt.chain == Chain::Change);
    let spent = spent.map(|(_, rebuilt)| rebuilt.key_index).max();
    let highest: Option<KeyIndex> = spent.max(binding.context.ledger.highest_change(&wallet.id()));
    let next = highest.map_or(0, |index| u64::from(index.0).saturating_add(1));
    let rules = binding.context.policy.policy().wallet(&wallet.digest());
    let window = rules.map_or(0, |rules| u64::from(rules.change_window));
    next.saturating_add(window)
}

fn pretence(
    wallet: &RegisteredWallet,
    index: OutputIndex,
    output: &TxOut,
    claim: &ParsedOutput,
) -> Option<Refusal> {
    let carried = if claim.origins.iter().any(|o| is_key(wallet, &o.public_key)) {
        "a key of this wallet"
    } else if claim.origins.iter().any(|o| {
        let mut members = wallet.cosigners().iter();
        members.any(|cosigner| fingerprint_of(cosigner) == o.fingerprint)
    }) {
        "a fingerprint of this wallet"
    } else if [&claim.witness_script, &claim.redeem_script]
        .into_iter()
        .flatten()
        .any(|script| is_of_wallet(wallet, script))
    {
        "a script of this wallet's keys"
    } else {
        return None;
    };
    let expected = format!("no {}", carried.trim_start_matches("a "));
    let got = format!(
        "{carried} on foreign script {}",
        output.script_pubkey.to_hex_string()
    );
    Some(refused(index, expected, got))
}

/// Whether a script is one of the wallet's, leads to one, or holds one of its keys.
fn is_of_wallet(wallet: &RegisteredWallet, script: &Script) -> bool {
    let forms = [
        script.to_p2wsh(),
        script.to_p2sh(),
        script.to_p2wsh().to_p2sh(),
    ];
    wallet.locate(script).is_some()
        || forms.iter().any(|form| wallet.locate(form).is_some())
        || script.instructions().any(|instruction| match instruction {
            Ok(Instruction::PushBytes(bytes)) => is_key(wallet, bytes.as_bytes()),
            Ok(Instruction::Op(_)) | Err(_) => false,
        })
}

fn is_key(wallet: &RegisteredWallet, bytes: &[u8]) -> bool {
    let key = PublicKey::from_slice(bytes).ok();
    key.is_some_and(|key| wallet.locate_key(&key).is_some())
}
