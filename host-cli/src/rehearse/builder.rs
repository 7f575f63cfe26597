//! Another program builds the PSBT: any wallet library that knows the wallet by its descriptors.

use std::fs;
use std::process::Command;

use crate::error::not_json;
use bitcoin::Amount;
use serde_json::{Value, json};
use signer_core::phrase;

use super::commissioning::POOL;
use super::people::REQUESTER;
use super::policy::destination_id;
use super::world::write_json;
use super::{Rehearsal, RehearseError, nobody};

/// What the transaction pays in fees for each input, in satoshi: about 15 sat/vB.
pub(super) const FEE_PER_INPUT: u64 = 1_600;

impl Rehearsal<'_> {
    /// Runs `program` in the office; it gets descriptors, coins and outputs as JSON files and
    /// writes `unsigned.psbt`.
    pub(super) fn build_elsewhere(&self, program: &str) -> Result<(), RehearseError> {
        let mut descriptors = self.descriptors("receive", POOL - 1)?;
        let change = descriptors.len();
        descriptors.extend(self.descriptors("change", 0)?);
        write_json(&self.house.office("descriptors.json"), &json!(descriptors))?;
        write_json(
            &self.house.office("builder-coins.json"),
            &self.builder_coins()?,
        )?;
        write_json(
            &self.house.office("outputs.json"),
            &self.builder_outputs(change),
        )?;
        let mut words = program.split_whitespace();
        let status = Command::new(words.next().unwrap_or_default())
            .args(words)
            .args([
                "--version",
                &self.arguments.psbt_version,
                "--descriptors",
                "descriptors.json",
            ])
            .args(["--coins", "builder-coins.json", "--outputs", "outputs.json"])
            .args(["--out", "unsigned.psbt"])
            .current_dir(self.house.office(""))
            .status()
            .map_err(|e| RehearseError::machine(program, &e))?;
        if status.success() {
            Ok(())
        } else {
            Err(RehearseError::Check(phrase!(
                "{program} ended with {status}",
                "{program} が {status} で終了した",
                program = program,
                status = status
            )))
        }
    }

    fn descriptors(&self, chain: &str, last: usize) -> Result<Vec<String>, RehearseError> {
        let range = format!("0-{last}");
        let mut arguments = vec!["wallet", "descriptors", "--wallet", "wallet.cbor"];
        arguments.extend(["--chain", chain, "--range", &range]);
        let played = self.host(&self.house.desk(REQUESTER)?, &arguments, 0, nobody)?;
        Ok(played
            .output
            .split_whitespace()
            .map(str::to_owned)
            .collect())
    }

    /// The same coins, in the words of `test-vectors/interop`.
    fn builder_coins(&self) -> Result<Value, RehearseError> {
        let path = self.house.office("coins.json");
        let text = fs::read_to_string(&path).map_err(|e| RehearseError::file(&path, &e))?;
        let coins: Vec<Value> =
            serde_json::from_str(&text).map_err(|e| RehearseError::Check(not_json(&e)))?;
        let coin = |(number, coin): (usize, &Value)| {
            json!({
                "prev_tx_hex": coin["previous_tx"],
                "vout": coin["vout"],
                "descriptor_index": number % POOL,
            })
        };
        Ok(coins.iter().enumerate().map(coin).collect())
    }

    fn builder_outputs(&self, change: usize) -> Value {
        let addresses = &self.addresses;
        let mut outputs: Vec<Value> = (1..=self.arguments.outputs)
            .filter_map(|number| addresses.get(&destination_id(number)))
            .map(|address| json!({ "amount_sat": self.payment().to_sat(), "address": address }))
            .collect();
        let inputs = self.arguments.inputs as u64;
        let brought = Amount::ONE_BTC * inputs;
        let left = brought - self.total() - Amount::from_sat(FEE_PER_INPUT * inputs);
        outputs.push(json!({ "amount_sat": left.to_sat(), "descriptor_index": change }));
        Value::Array(outputs)
    }
}
