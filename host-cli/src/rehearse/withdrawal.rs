//! In the office: coins are chosen, the PSBT is built, requested and approved.

use bitcoin::{Address, Amount, ScriptBuf};
use signer_core::rule::Phrase;

use super::commissioning::{POOL, destination_id};
use super::office::{LATER, TIP};
use super::officer::not_seen;
use super::people::{APPROVERS, BROADCASTER, REQUESTER};
use super::world::{coins, write_json};
use super::{Play, Rehearsal, RehearseError, nobody};

/// The case of the rehearsal.
pub(super) const CASE: &str = "wr-2026-000123";
/// What each coin is worth.
const COIN: Amount = Amount::ONE_BTC;

impl Rehearsal<'_> {
    /// Builds the PSBT and has it requested and approved, or rejected.
    pub(super) fn request_withdrawal(&mut self) -> Result<(), RehearseError> {
        self.step("a withdrawal is requested", "出庫を申請する");
        self.gather_coins()?;
        self.build_psbt()?;
        self.export_transcripts()?;
        self.draft_request()?;
        self.step("officers approve", "担当者が承認する");
        let mut file = "request.psbt".to_owned();
        for (turn, officer) in APPROVERS.into_iter().enumerate() {
            let last = turn + 1 == APPROVERS.len();
            let next = if last {
                "approved.psbt".into()
            } else {
                format!("approved-{turn}.psbt")
            };
            let reject = last && self.arguments.play == Play::Rejected;
            self.decide(
                officer,
                &file,
                &next,
                if reject { "reject" } else { "approve" },
            )?;
            file = next;
        }
        Ok(())
    }

    fn gather_coins(&self) -> Result<(), RehearseError> {
        let known: Vec<ScriptBuf> = (0..self.arguments.inputs.min(POOL))
            .map(|index| self.wallet_script("receive", index))
            .collect::<Result<_, _>>()?;
        let scripts: Vec<ScriptBuf> = known
            .iter()
            .cycle()
            .take(self.arguments.inputs)
            .cloned()
            .collect();
        write_json(&self.house.office("coins.json"), &coins(&scripts, COIN))
    }

    fn wallet_script(&self, chain: &str, index: usize) -> Result<ScriptBuf, RehearseError> {
        let index = index.to_string();
        let arguments = [
            "wallet",
            "address",
            "--wallet",
            "wallet.cbor",
            "--chain",
            chain,
            "--index",
            &index,
        ];
        let played = self.host(&self.house.desk(REQUESTER)?, &arguments, 0, nobody)?;
        played
            .output
            .trim()
            .parse::<Address<_>>()
            .map(|address| address.assume_checked().script_pubkey())
            .map_err(|e| {
                RehearseError::Check(Phrase::new(
                    &format!("not an address: {e}"),
                    "アドレスではない",
                ))
            })
    }

    fn build_psbt(&self) -> Result<(), RehearseError> {
        if let Some(program) = &self.arguments.builder {
            return self.build_elsewhere(program);
        }
        let payments: Vec<String> = (1..=self.arguments.outputs)
            .map(|number| format!("{}={}", destination_id(number), btc(self.payment())))
            .collect();
        let mut arguments = vec!["psbt", "create", "--wallet", "wallet.cbor"];
        arguments.extend(["--roster", "roster.cbor"]);
        arguments.extend(["--policy", "policy.cbor", "--coins", "coins.json"]);
        for payment in &payments {
            arguments.extend(["--pay", payment]);
        }
        arguments.extend(["--fee-rate", "10", "--change-index", "0"]);
        arguments.extend([
            "--psbt-version",
            &self.arguments.psbt_version,
            "--out",
            "unsigned.psbt",
        ]);
        self.host(&self.house.desk(REQUESTER)?, &arguments, 0, nobody)
            .map(drop)
    }

    /// What officers know of the devices before they ask and approve.
    fn export_transcripts(&self) -> Result<(), RehearseError> {
        for name in self.device_names() {
            let out = format!("../../office/{}", known(&name));
            let machine = self.house.device(&name)?;
            let export = ["transcript", "export", "--state", "state", "--out", &out];
            self.at_device(&machine, &export, 0, nobody)?;
        }
        Ok(())
    }

    fn draft_request(&self) -> Result<(), RehearseError> {
        let play = self.arguments.play;
        let expiry = if play == Play::Expired {
            LATER - 1
        } else {
            LATER + 144
        };
        let (expiry, total) = (expiry.to_string(), btc(self.total()));
        let mut arguments = vec!["request", "draft", "--psbt", "unsigned.psbt"];
        arguments.extend(["--policy", "policy.cbor", "--roster", "roster.cbor"]);
        arguments.extend([
            "--wallet",
            "wallet.cbor",
            "--root",
            "root.cbor",
            "--case",
            CASE,
        ]);
        arguments.extend([
            "--requester",
            REQUESTER,
            "--builder",
            REQUESTER,
            "--broadcaster",
            BROADCASTER,
            "--purpose",
            "Refill of the hot wallet",
        ]);
        arguments.extend(["--fee-ceiling", "5000000", "--expiry", &expiry]);
        arguments.extend(["--invite", "suzuki.a,tanaka.d", "--headers", "headers.json"]);
        arguments.extend(["--out", "request.psbt"]);
        let read: Vec<String> = self.device_names().iter().map(|name| known(name)).collect();
        arguments.extend(read.iter().flat_map(|path| ["--transcript", path]));
        self.sign_at_desk(REQUESTER, &arguments, |prompt| {
            if prompt.question.contains("BTC") {
                Ok(total.clone())
            } else {
                Err(not_seen(prompt))
            }
        })
    }

    fn decide(&self, officer: &str, from: &str, to: &str, word: &str) -> Result<(), RehearseError> {
        let (height, total) = (TIP.to_string(), btc(self.total()));
        let mut arguments = vec!["request", word, "--psbt", from, "--policy", "policy.cbor"];
        arguments.extend(["--roster", "roster.cbor", "--wallet", "wallet.cbor"]);
        arguments.extend(["--root", "root.cbor", "--height", &height]);
        arguments.extend(["--officer", officer, "--out", to]);
        let read: Vec<String> = self.device_names().iter().map(|name| known(name)).collect();
        arguments.extend(read.iter().flat_map(|path| ["--transcript", path]));
        self.sign_at_desk(officer, &arguments, |prompt| {
            if prompt.question.contains("BTC") {
                Ok(total.clone())
            } else {
                Ok(CASE.into())
            }
        })
    }

    /// What each destination is paid.
    pub(super) fn payment(&self) -> Amount {
        let coins = COIN * self.arguments.inputs as u64;
        Amount::from_sat(coins.to_sat() * 6 / 10 / self.arguments.outputs as u64)
    }

    /// What is paid out in all, change not counted.
    pub(super) fn total(&self) -> Amount {
        self.payment() * self.arguments.outputs as u64
    }
}

/// The transcript of a device as it is before the withdrawal, in the office.
fn known(device: &str) -> String {
    format!("known-{device}.transcript")
}

/// An amount as officers type it: BTC with eight decimals.
pub(super) fn btc(amount: Amount) -> String {
    let sat = amount.to_sat();
    format!("{}.{:08}", sat / 100_000_000, sat % 100_000_000)
}
