//! The arithmetic of a transfer: all coins in, payments and change out, the rest is the fee.

use bitcoin::absolute::LockTime;
use bitcoin::transaction::Version;
use bitcoin::{Amount, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Weight, Witness};
use signer_core::phrase;
use signer_core::psbt::limits::WEIGHT;
use signer_core::psbt::signed_weight;
use signer_core::wallet::RegisteredWallet;

use crate::coins::Coin;
use crate::error::Failure;
use crate::money::btc;

/// What fee is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) enum WantedFee {
    /// In satoshi per virtual byte.
    Rate(u32),
    /// In all.
    Absolute(Amount),
}

/// The transaction and what it costs.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) tx: Transaction,
    pub(super) fee: Amount,
    pub(super) change: Option<Amount>,
    pub(super) weight: Weight,
}

/// Spends every coin: the payments in their order, then the change, where it is not dust.
pub(super) fn plan(
    wallet: &RegisteredWallet,
    coins: &[Coin],
    payments: Vec<TxOut>,
    change: ScriptBuf,
    wanted: WantedFee,
) -> Result<Plan, Failure> {
    let total_in = total(coins.iter().map(|coin| coin.spent.value))?;
    let paid = total(payments.iter().map(|output| output.value))?;
    let dust = change.minimal_non_dust();
    let change_output = TxOut {
        value: dust,
        script_pubkey: change,
    };
    let mut outputs = payments;
    let without = unsigned(coins, outputs.clone());
    outputs.push(change_output);
    let mut with = unsigned(coins, outputs);
    let weight = weigh(&with, coins, wallet);
    let left = paid
        .checked_add(fee_for(wanted, weight)?)
        .and_then(|spent| total_in.checked_sub(spent));
    if let Some(left) = left
        && left >= dust
    {
        if let Some(last) = with.output.last_mut() {
            last.value = left;
        }
        return done(with, total_in, Some(left), weight);
    }
    let weight = weigh(&without, coins, wallet);
    let needed = paid.checked_add(fee_for(wanted, weight)?);
    if without.output.is_empty() || needed.is_none_or(|needed| needed > total_in) {
        return Err(not_enough(total_in, paid, fee_for(wanted, weight)?));
    }
    done(without, total_in, None, weight)
}

fn done(
    tx: Transaction,
    total_in: Amount,
    change: Option<Amount>,
    weight: Weight,
) -> Result<Plan, Failure> {
    if weight.to_wu() > WEIGHT {
        return Err(Failure::refused(
            phrase!(
                "the signed transaction would weigh {weight}, and nodes relay at most {limit}",
                "署名後の取引の重さが {weight} となり、ノードの中継上限 {limit} を超える",
                weight = weight.to_wu(),
                limit = WEIGHT
            ),
            phrase!(
                "divide the coins first: `host-cli psbt split`, then make one PSBT for each list",
                "先に `host-cli psbt split` でコインを分け、一覧ごとにPSBTを作成してください。"
            ),
        ));
    }
    let out = total(tx.output.iter().map(|output| output.value))?;
    let fee = total_in.checked_sub(out).ok_or_else(|| {
        Failure::internal(phrase!(
            "the outputs are above the inputs",
            "出力の合計が入力を超えている"
        ))
    })?;
    Ok(Plan {
        tx,
        fee,
        change,
        weight,
    })
}

/// Weight of the signed transaction.
fn weigh(tx: &Transaction, coins: &[Coin], wallet: &RegisteredWallet) -> Weight {
    let spent: Vec<TxOut> = coins.iter().map(|coin| coin.spent.clone()).collect();
    signed_weight(tx, &spent, wallet.witness_bytes())
}

/// The most inputs that fit with so many outputs of the wallet's own form.
pub(super) fn most_inputs(coins: &[Coin], wallet: &RegisteredWallet, outputs: usize) -> usize {
    let own_form = coins.first().map(|coin| TxOut {
        value: Amount::ZERO,
        script_pubkey: coin.spent.script_pubkey.clone(),
    });
    let outputs: Vec<TxOut> = own_form.into_iter().cycle().take(outputs).collect();
    let fits = |count: usize| {
        let some = coins.get(..count).unwrap_or(coins);
        weigh(&unsigned(some, outputs.clone()), some, wallet).to_wu() <= WEIGHT
    };
    let counts: Vec<usize> = (1..=coins.len()).collect();
    counts.partition_point(|count| fits(*count))
}

fn unsigned(coins: &[Coin], output: Vec<TxOut>) -> Transaction {
    let input = coins.iter().map(|coin| TxIn {
        previous_output: coin.outpoint,
        script_sig: ScriptBuf::new(),
        sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
        witness: Witness::new(),
    });
    Transaction {
        version: Version::TWO,
        lock_time: LockTime::ZERO,
        input: input.collect(),
        output,
    }
}

fn fee_for(wanted: WantedFee, weight: Weight) -> Result<Amount, Failure> {
    match wanted {
        WantedFee::Absolute(fee) => Ok(fee),
        WantedFee::Rate(rate) => weight
            .to_vbytes_ceil()
            .checked_mul(u64::from(rate))
            .map(Amount::from_sat)
            .ok_or_else(|| {
                Failure::input(
                    phrase!("this fee rate is too high", "手数料率が高すぎる"),
                    phrase!(
                        "give a usual fee rate",
                        "通常の手数料率を指定してください。"
                    ),
                )
            }),
    }
}

fn total(amounts: impl Iterator<Item = Amount>) -> Result<Amount, Failure> {
    let mut sum = Amount::ZERO;
    for amount in amounts {
        sum = sum
            .checked_add(amount)
            .filter(|sum| *sum <= Amount::MAX_MONEY)
            .ok_or_else(|| {
                Failure::input(
                    phrase!(
                        "the amounts add up to more than 21 million BTC",
                        "金額の合計が2100万BTCを超えている"
                    ),
                    phrase!(
                        "check the coin list and the payments",
                        "コインの一覧と送付額を確認してください。"
                    ),
                )
            })?;
    }
    Ok(sum)
}

fn not_enough(total_in: Amount, paid: Amount, fee: Amount) -> Failure {
    Failure::input(
        phrase!(
            "the coins bring {there} BTC; {paid} BTC of payments and {fee} BTC of fee need more",
            "コインの合計 {there} BTC では、送付 {paid} BTC と手数料 {fee} BTC に足りない",
            there = btc(total_in),
            paid = btc(paid),
            fee = btc(fee)
        ),
        phrase!(
            "list more coins, or pay less",
            "コインを増やすか、送付額を減らしてください。"
        ),
    )
}
