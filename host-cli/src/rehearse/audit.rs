//! The auditor: gets copies of what is kept, writes the trust file from the papers, and asks.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use signer_core::phrase;

use super::actor::Machine;
use super::{Rehearsal, RehearseError, nobody};

/// The questions that are asked of what the rehearsal keeps. The other four need the chain.
const QUESTIONS: [&str; 12] = [
    "verify",
    "chain",
    "signatures",
    "people",
    "approvals",
    "shown",
    "policy",
    "destinations",
    "limits",
    "roster",
    "keys",
    "placement",
];

impl Rehearsal<'_> {
    /// Asks an auditor's questions; each must be answered with a pass.
    pub(super) fn audit(&mut self) -> Result<(), RehearseError> {
        self.step(
            &format!("the auditor asks {} questions", QUESTIONS.len()),
            &format!("監査人が {} の問いを検証する", QUESTIONS.len()),
        );
        self.hand_over()?;
        self.write_trust()?;
        let auditor = self.auditor()?;
        for question in QUESTIONS {
            let mut asked = vec!["audit", question];
            asked.extend(["--folder", "evidence", "--trust", "trust.toml"]);
            self.host(&auditor, &asked, 0, nobody)?;
        }
        Ok(())
    }

    /// The auditor's own desk.
    fn auditor(&self) -> Result<Machine, RehearseError> {
        let folder = self.house.root().join("audit");
        Ok(Machine {
            screens: folder.join("answers.txt"),
            folder,
            ..self.house.desk("auditor")?
        })
    }

    /// Copies of the transcripts, of what officers signed, and of the transaction.
    fn hand_over(&self) -> Result<(), RehearseError> {
        let evidence = self.house.root().join("audit/evidence");
        fs::create_dir_all(&evidence).map_err(|e| RehearseError::file(&evidence, &e))?;
        let gap = self.house.gap("");
        let kept = fs::read_dir(&gap).map_err(|e| RehearseError::file(&gap, &e))?;
        let kept = kept.flatten().map(|entry| entry.path());
        let made = ["combined.psbt", "final-transaction.hex"].map(|name| self.house.office(name));
        for file in kept.filter(|path| is_kept(path)).chain(made) {
            let name = file.file_name().unwrap_or_default();
            fs::copy(&file, evidence.join(name)).map_err(|e| RehearseError::file(&file, &e))?;
        }
        Ok(())
    }

    /// What the auditor copied from the papers of commissioning.
    fn write_trust(&self) -> Result<(), RehearseError> {
        let root = ["root", "show", "--root", "root.cbor", "--json"];
        let mut text = format!("root = \"{}\"\n", self.shown_in_hex(&root, "/digest/hex")?);
        for name in self.everywhere() {
            let card = format!("../gap/{name}.card");
            let mut show = vec!["device", "show", "--card", &card];
            show.extend(["--root", "root.cbor", "--json"]);
            let identity = self.shown_in_hex(&show, "/identity")?;
            let _ = write!(
                text,
                "\n[[device]]\nname = \"{name}\"\nidentity = \"{identity}\"\n"
            );
        }
        let path = self.house.root().join("audit/trust.toml");
        fs::write(&path, text).map_err(|e| RehearseError::file(&path, &e))
    }

    /// A value of what a command of the host shows.
    fn shown_in_hex(&self, arguments: &[&str], field: &str) -> Result<String, RehearseError> {
        let shown = self.host(&self.house.desk("kato.m")?, arguments, 0, nobody)?;
        let value: Option<serde_json::Value> = serde_json::from_str(&shown.output).ok();
        let value = value
            .as_ref()
            .and_then(|value| value.pointer(field)?.as_str());
        value.map(str::to_owned).ok_or_else(|| {
            RehearseError::Check(phrase!(
                "host-cli {what} shows no {field}",
                "host-cli {what} が {field} を示さない",
                what = arguments.join(" "),
                field = field
            ))
        })
    }
}

fn is_kept(path: &Path) -> bool {
    let kind = path.extension();
    kind.is_some_and(|kind| kind == "transcript" || kind == "cbor")
        && !path.to_string_lossy().ends_with("-draft.cbor")
}
