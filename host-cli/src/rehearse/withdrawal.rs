//! In the office: coins are chosen, the PSBT is built, requested and approved.

use bitcoin::{Address, Amount, ScriptBuf};
use signer_core::rule::Phrase;

use super::builder::FEE_PER_INPUT;
use super::commissioning::POOL;
use super::officer::not_seen;
use super::people::{APPROVERS, BROADCASTER, REQUESTER};
use super::policy::{NEW_WALLET, destination_id};
use super::world::{coins, write_json};
use super::{Play, Rehearsal, RehearseError, nobody};

/// The case of the rehearsal.
pub(super) const CASE: &str = "wr-2026-000123";
/// What each coin is worth.
const COIN: Amount = Amount::ONE_BTC;

impl Rehearsal<'_> {
    /// Builds the PSBT and has it requested and approved, or rejected.
    pub(super) fn request_transfer(&mut self) -> Result<(), RehearseError> {
        let [en, ja] = self.purpose();
        self.step(
            &format!("it is requested: {en}"),
            &format!("申請する: {ja}"),
        );
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
        let address = self.address_of("wallet.cbor", chain, index)?;
        Ok(address.script_pubkey())
    }

    /// An address of a wallet, as `host-cli wallet address` shows it.
    pub(super) fn address_of(
        &self,
        record: &str,
        chain: &str,
        index: usize,
    ) -> Result<Address, RehearseError> {
        let index = index.to_string();
        let arguments = [
            "wallet", "address", "--wallet", record, "--chain", chain, "--index", &index,
        ];
        let played = self.host(&self.house.desk(REQUESTER)?, &arguments, 0, nobody)?;
        played
            .output
            .trim()
            .parse::<Address<_>>()
            .map(Address::assume_checked)
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
        let (payments, fee) = (self.payments(), self.whole_fee().to_sat().to_string());
        let mut arguments = vec!["psbt", "create", "--wallet", "wallet.cbor"];
        arguments.extend(["--roster", "roster.cbor"]);
        arguments.extend(["--policy", "policy.cbor", "--coins", "coins.json"]);
        for payment in &payments {
            arguments.extend(["--pay", payment]);
        }
        match self.arguments.play {
            Play::Sweep => arguments.extend(["--sweep", "emergency.cbor", "--to-index", "0"]),
            _ => arguments.extend(["--change-index", "0"]),
        }
        if self.arguments.play.empties_the_wallet() {
            arguments.extend(["--fee", &fee]);
        } else {
            arguments.extend(["--fee-rate", "10"]);
        }
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
        let [purpose, _] = self.purpose();
        let expiry = if self.arguments.play == Play::Expired {
            self.later() - 1
        } else {
            self.later() + 144
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
            purpose,
        ]);
        arguments.extend_from_slice(self.as_sweep());
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
        .map(drop)
    }

    fn decide(&self, officer: &str, from: &str, to: &str, word: &str) -> Result<(), RehearseError> {
        let (height, total) = (self.tip().to_string(), btc(self.total()));
        let mut arguments = vec!["request", word, "--psbt", from, "--policy", "policy.cbor"];
        arguments.extend(["--roster", "roster.cbor", "--wallet", "wallet.cbor"]);
        arguments.extend(["--root", "root.cbor", "--height", &height]);
        arguments.extend(["--officer", officer, "--out", to]);
        arguments.extend_from_slice(self.with_emergency());
        let read: Vec<String> = self.device_names().iter().map(|name| known(name)).collect();
        arguments.extend(read.iter().flat_map(|path| ["--transcript", path]));
        self.sign_at_desk(officer, &arguments, |prompt| {
            if prompt.question.contains("BTC") {
                Ok(total.clone())
            } else {
                Ok(CASE.into())
            }
        })
        .map(drop)
    }

    /// Why the transfer is asked for.
    const fn purpose(&self) -> [&'static str; 2] {
        match self.arguments.play {
            Play::Sweep => ["Sweep to the emergency wallet", "緊急退避送金"],
            Play::Migration => ["Move to the new wallet", "新ウォレットへの移行"],
            _ => ["Refill of the hot wallet", "ホットウォレットの補充"],
        }
    }

    /// What makes a request one for a sweep.
    const fn as_sweep(&self) -> &'static [&'static str] {
        match self.arguments.play {
            Play::Sweep => &["--kind", "sweep", "--emergency", "emergency.cbor"],
            _ => &[],
        }
    }

    /// The wallet that a desk must know to judge a sweep.
    const fn with_emergency(&self) -> &'static [&'static str] {
        match self.arguments.play {
            Play::Sweep => &["--emergency", "emergency.cbor"],
            _ => &[],
        }
    }

    /// The payments as `psbt create` takes them; a sweep names none.
    fn payments(&self) -> Vec<String> {
        let ids: Vec<String> = match self.arguments.play {
            Play::Sweep => Vec::new(),
            Play::Migration => vec![NEW_WALLET.into()],
            _ => (1..=self.arguments.outputs).map(destination_id).collect(),
        };
        let amount = btc(self.payment());
        ids.iter().map(|id| format!("{id}={amount}")).collect()
    }

    /// What each destination is paid.
    pub(super) fn payment(&self) -> Amount {
        let coins = COIN * self.arguments.inputs as u64;
        if self.arguments.play.empties_the_wallet() {
            return coins - self.whole_fee();
        }
        Amount::from_sat(coins.to_sat() * 6 / 10 / self.arguments.outputs as u64)
    }

    /// The fee, where nothing of the coins is left over.
    fn whole_fee(&self) -> Amount {
        Amount::from_sat(FEE_PER_INPUT) * self.arguments.inputs as u64
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
