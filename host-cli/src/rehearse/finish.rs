//! The end: combine, finalize, and verify what every device recorded.

use signer_core::phrase;

use std::fs;

use super::ceremony::CEREMONY;
use super::wallet::Wallet;
use super::{Play, Rehearsal, RehearseError, nobody};

impl Rehearsal<'_> {
    /// Finalizes the transaction, or shows that nothing was signed; verifies every transcript.
    pub(super) fn finish(&mut self) -> Result<(), RehearseError> {
        self.step(
            "the transcripts of all devices are verified",
            "全端末の記録を検証する",
        );
        for wallet in self.wallets() {
            for name in &wallet.devices {
                self.verify(name, &wallet)?;
            }
        }
        if self.arguments.play.ends_well() {
            self.audit()?;
        }
        self.explain()?;
        self.summary();
        Ok(())
    }

    /// Makes the final transaction, which Bitcoin Core's interpreter judges.
    pub(super) fn combine(&mut self) -> Result<(), RehearseError> {
        self.step(
            "the host combines m of n and finalizes",
            "ホストがm/nを結合し確定する",
        );
        let answers: Vec<String> = self
            .signers()
            .iter()
            .map(|name| format!("answer-{name}.psbt"))
            .collect();
        let mut arguments = vec!["psbt", "combine", "--request", CEREMONY];
        arguments.extend(["--wallet", "wallet.cbor"]);
        for answer in &answers {
            arguments.extend(["--psbt", answer]);
        }
        arguments.extend(["--out", "combined.psbt"]);
        let desk = self.house.desk("sato.k")?;
        self.host(&desk, &arguments, 0, nobody)?;
        let mut arguments = vec!["psbt", "finalize", "--psbt", "combined.psbt"];
        arguments.extend(["--wallet", "wallet.cbor", "--request", CEREMONY]);
        arguments.extend(["--out", "final-transaction.hex"]);
        self.host(&desk, &arguments, 0, nobody).map(drop)
    }

    /// Exports a device's transcript and verifies it in the office; a sad path must have left its
    /// refusal in it.
    fn verify(&self, name: &str, wallet: &Wallet) -> Result<(), RehearseError> {
        let out = format!("../../gap/{name}.transcript");
        let machine = self.house.device(name)?;
        let export = ["transcript", "export", "--state", "state", "--out", &out];
        self.at_device(&machine, &export, 0, nobody)?;
        let file = format!("../gap/{name}.transcript");
        let desk = self.house.desk("kato.m")?;
        let mut arguments = vec!["transcript", "verify", "--transcript", &file];
        let record = wallet.record();
        arguments.extend(["--root", "root.cbor", "--wallet", &record]);
        self.host(&desk, &arguments, 0, nobody)?;
        let signs = self.signers().iter().any(|signer| signer == name);
        match self.expected_refusal().filter(|_| signs) {
            None => Ok(()),
            Some(rule) => self.refusal_is_recorded(name, &file, rule),
        }
    }

    const fn expected_refusal(&self) -> Option<&'static str> {
        match self.arguments.play {
            Play::Good | Play::Frozen | Play::Sweep | Play::Migration => None,
            Play::WrongDestination => Some("POL01"),
            Play::Expired => Some("APP03"),
            Play::Rejected => Some("APP08"),
        }
    }

    fn refusal_is_recorded(&self, name: &str, file: &str, rule: &str) -> Result<(), RehearseError> {
        let desk = self.house.desk("kato.m")?;
        let shown = self.host(
            &desk,
            &["transcript", "show", "--transcript", file],
            0,
            nobody,
        )?;
        if shown.output.contains(rule) {
            println!(
                "    {name}: {rule} {}",
                self.lang.pick("refused, recorded", "拒否・記録済み")
            );
            Ok(())
        } else {
            Err(RehearseError::Check(phrase!(
                "the transcript of {name} does not show {rule}",
                "{name} の記録に {rule} がない",
                name = name,
                rule = rule
            )))
        }
    }

    fn summary(&self) {
        let root = self.house.root().display();
        let seconds = self.began.elapsed().as_secs_f32();
        let pictures = self.pictures();
        println!("\n{} {root}", self.lang.pick("Open:", "結果:"));
        println!(
            "  {:<32} {}",
            "READ-ME-FIRST.txt",
            self.lang.pick("this list", "この一覧")
        );
        print!("{}", self.contents());
        match self.lang {
            signer_core::types::Lang::En => {
                println!("\nEvery check held. {seconds:.1} s, {pictures} pictures.");
            }
            signer_core::types::Lang::Ja => {
                println!("\nすべての検査に合格しました。{seconds:.1} 秒、画像 {pictures} 枚。");
            }
        }
    }

    /// How many pictures crossed the gap.
    fn pictures(&self) -> usize {
        let count = |folder: &str| {
            fs::read_dir(self.house.gap(folder)).map_or(0, |entries| {
                entries
                    .flatten()
                    .filter(|entry| entry.path().extension().is_some_and(|e| e == "png"))
                    .count()
            })
        };
        self.device_names()
            .iter()
            .map(|name| count(&format!("to-{name}")) + count(&format!("from-{name}")))
            .sum()
    }
}
