//! The final transaction: exactly m signatures for each input, judged by Bitcoin Core's own code.

use bitcoin::script::PushBytesBuf;
use bitcoin::secp256k1::PublicKey;
use bitcoin::{ScriptBuf, Transaction, Witness, consensus};
use signer_core::phrase;
use signer_core::psbt::ParsedPsbt;
use signer_core::rule::{Named, Place, Refusal};
use signer_core::types::{Chain, InputIndex, KeyIndex};
use signer_core::wallet::RegisteredWallet;

use super::answer::{Judge, compact, unsound};
use super::unusable;
use crate::error::Failure;

/// Makes the final transaction of a PSBT whose inputs all belong to `wallet`.
///
/// Every signature that is there must be a valid one of a co-signer; m of them are used, in the
/// order of the script.
pub(crate) fn finish(
    parsed: &ParsedPsbt,
    wallet: &RegisteredWallet,
) -> Result<Transaction, Failure> {
    let mut judge = Judge::new(parsed, wallet);
    let mut tx = parsed.tx().clone();
    for (at, tx_in) in tx.input.iter_mut().enumerate() {
        let place = InputIndex(u32::try_from(at).unwrap_or(u32::MAX));
        let (chain, index) = located(parsed, wallet, at)?;
        let signatures = signatures(&mut judge, parsed, at, place).map_err(|r| unusable(&r))?;
        tx_in.witness = witness(wallet, (chain, index), &signatures, place)?;
        if let Some(redeem) = wallet.redeem_script(chain, index) {
            let push = PushBytesBuf::try_from(redeem.into_bytes()).map_err(|_| {
                Failure::internal(phrase!(
                    "a redeem script of 34 bytes is too long",
                    "34バイトの redeem script が長すぎる"
                ))
            })?;
            tx_in.script_sig = ScriptBuf::builder().push_slice(push).into_script();
        }
    }
    judge_by_consensus(parsed, &tx)?;
    same_transaction(parsed, &tx)?;
    Ok(tx)
}

fn located(
    parsed: &ParsedPsbt,
    wallet: &RegisteredWallet,
    at: usize,
) -> Result<(Chain, KeyIndex), Failure> {
    let input = parsed.inputs().get(at);
    let found = input.and_then(|input| wallet.locate(&input.spent.script_pubkey));
    found.ok_or_else(|| {
        Failure::refused(
            phrase!(
                "input {at} is no coin of wallet {wallet}",
                "入力 {at} はウォレット {wallet} のコインではない",
                at = at,
                wallet = Named(wallet.name())
            ),
            phrase!(
                "give the wallet that pays",
                "支払うウォレットを指定してください。"
            ),
        )
    })
}

/// Every signature of one input, each verified: (key, DER and type).
fn signatures<'a>(
    judge: &mut Judge<'_>,
    parsed: &'a ParsedPsbt,
    at: usize,
    place: InputIndex,
) -> Result<Vec<(&'a PublicKey, &'a [u8])>, Refusal> {
    let there = parsed.inputs().get(at).map(|input| &input.partial_sigs);
    there
        .into_iter()
        .flatten()
        .map(|(key, der)| {
            let signature = compact(der).ok_or_else(|| {
                unsound(
                    Place::Input(place),
                    phrase!("strict signatures of type ALL", "種別 ALL の厳密な署名"),
                    phrase!("another form", "別の形式"),
                )
            })?;
            judge.verify(place, key, &signature)?;
            Ok((key, der.as_slice()))
        })
        .collect()
}

fn witness(
    wallet: &RegisteredWallet,
    (chain, index): (Chain, KeyIndex),
    signatures: &[(&PublicKey, &[u8])],
    place: InputIndex,
) -> Result<Witness, Failure> {
    let keys = wallet.keys(chain, index).unwrap_or_default();
    let script = wallet.witness_script(chain, index).unwrap_or_default();
    let needed = usize::from(wallet.threshold());
    let used: Vec<&[u8]> = keys
        .iter()
        .filter_map(|key| signatures.iter().find(|(signer, _)| *signer == key))
        .map(|(_, der)| *der)
        .take(needed)
        .collect();
    if used.len() < needed {
        return Err(Failure::refused(
            phrase!(
                "input {place} has {count} of {needed} signatures",
                "入力 {place} の署名が {needed} 個中 {count} 個である",
                place = place,
                count = used.len(),
                needed = needed
            ),
            phrase!(
                "combine the answers of more devices: `host-cli psbt combine`",
                "他の端末の回答も結合してください: `host-cli psbt combine`"
            ),
        ));
    }
    let mut witness = Witness::new();
    // OP_CHECKMULTISIG takes one element too many.
    witness.push([]);
    for der in used {
        witness.push(der);
    }
    witness.push(script.as_bytes());
    Ok(witness)
}

/// Bitcoin Core's script interpreter on every input.
fn judge_by_consensus(parsed: &ParsedPsbt, tx: &Transaction) -> Result<(), Failure> {
    let bytes = consensus::serialize(tx);
    for (at, input) in parsed.inputs().iter().enumerate() {
        let (script, value) = (&input.spent.script_pubkey, input.spent.value.to_sat());
        bitcoinconsensus::verify(script.as_bytes(), value, &bytes, None, at).map_err(|error| {
            Failure::refused(
                phrase!(
                    "Bitcoin Core's interpreter refuses input {at}: {why}",
                    "Bitcoin Core のスクリプト検証が入力 {at} を拒否: {why}",
                    at = at,
                    why = format!("{error:?}")
                ),
                phrase!(
                    "do not send this transaction; keep all files and report it",
                    "この取引を送信せず、すべてのファイルを保管して報告してください。"
                ),
            )
        })?;
    }
    Ok(())
}

/// Without what signing fills in, the transaction is the approved one.
fn same_transaction(parsed: &ParsedPsbt, tx: &Transaction) -> Result<(), Failure> {
    let mut stripped = tx.clone();
    for tx_in in &mut stripped.input {
        tx_in.script_sig = ScriptBuf::new();
        tx_in.witness = Witness::new();
    }
    if stripped == *parsed.tx() {
        Ok(())
    } else {
        Err(Failure::internal(phrase!(
            "the final transaction is not the one that was approved",
            "最終的な取引が承認された取引と異なる"
        )))
    }
}
