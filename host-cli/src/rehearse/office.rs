//! The office: officers get their tokens, sign the first roster and print the root of trust.

use std::fs;
use std::path::Path;

use super::actor::{Machine, Played, Prompt};
use super::officer::stretch_of_words;
use super::people::{self, ADMINISTRATORS, Person};
use super::world::{Chain, write_json};
use super::{Play, Rehearsal, RehearseError, nobody, policy};

/// Height of the made-up chain when a withdrawal is requested and approved.
const TIP: u32 = 20;
/// Blocks between that day and the day of the ceremony.
const DAYS: u32 = 10;

impl Rehearsal<'_> {
    /// Height of the made-up chain when the transfer is requested and approved: where a policy that
    /// loosens must be in force before, its delay is over.
    pub(super) const fn tip(&self) -> u32 {
        match self.arguments.play {
            Play::Migration => TIP + policy::DELAY,
            _ => TIP,
        }
    }

    /// Height of the made-up chain on the day of the ceremony.
    pub(super) const fn later(&self) -> u32 {
        self.tip() + DAYS
    }

    /// Officers, roster, root of trust.
    pub(super) fn open_the_office(&mut self) -> Result<(), RehearseError> {
        self.step(
            "officers receive their tokens",
            "担当者がトークンを受け取る",
        );
        for person in people::office() {
            self.enroll(&person)?;
        }
        for number in 1..=self.all_devices() {
            for person in people::operators(number) {
                self.enroll(&person)?;
                self.house.carry_token(&person.id, &format!("d{number}"))?;
            }
        }
        self.step("administrators sign the roster", "管理者が名簿に署名する");
        self.sign_roster()?;
        self.step("the root of trust is printed", "信頼の起点を印刷する");
        self.print_root()
    }

    fn enroll(&mut self, person: &Person) -> Result<(), RehearseError> {
        let token = token_of(&person.id);
        self.pins.invent(&token)?;
        self.house.envelope(&token, &self.pins.user(&token)?)?;
        let desk = self.house.desk(&person.id)?;
        // An operator's token is carried to the device: its reader must exist there too.
        for number in 1..=self.all_devices() {
            self.house.device(&format!("d{number}"))?;
        }
        let card = format!("{}.officer", person.id);
        let mut arguments = vec![
            "officer",
            "enroll",
            "--network",
            "regtest",
            "--id",
            &person.id,
        ];
        arguments.extend(["--name", &person.name, "--name-ja", &person.name_ja]);
        arguments.extend(["--department", person.department, "--roles", person.roles]);
        arguments.extend(["--out", &card]);
        let officer_token = self.officer_token(&token);
        arguments.extend(officer_token.iter().map(String::as_str));
        self.host(&desk, &arguments, 0, |prompt| {
            if prompt.question.contains("SO PIN") || prompt.question.contains("SO-PIN") {
                self.pins.security_officer(&token)
            } else if prompt.question.contains("PIN") {
                self.pins.user(&token)
            } else {
                // "the same again"
                Err(super::officer::not_seen(prompt))
            }
        })?;
        Ok(())
    }

    fn sign_roster(&mut self) -> Result<(), RehearseError> {
        let mut people = people::office();
        people.extend((1..=self.all_devices()).flat_map(people::operators));
        let cards: Vec<String> = people.iter().map(|p| format!("{}.officer", p.id)).collect();
        let mut arguments = vec!["roster", "create", "--network", "regtest"];
        for card in &cards {
            arguments.extend(["--card", card]);
        }
        arguments.extend([
            "--administrators",
            "2",
            "--valid-from",
            "0",
            "--valid-to",
            "500000",
        ]);
        arguments.extend(["--out", "roster-0.cbor"]);
        let desk = self.house.desk("kato.m")?;
        self.host(&desk, &arguments, 0, nobody)?;
        self.sign_in_turn(
            &["roster", "sign"],
            "--roster",
            "roster",
            &ADMINISTRATORS,
            &[],
        )
        .map(drop)
    }

    /// Lets officers sign `NAME-0.cbor` one after the other, the last into `NAME.cbor`; what stood on
    /// the screen of the last of them.
    pub(super) fn sign_in_turn(
        &self,
        command: &[&str],
        flag: &str,
        name: &str,
        officers: &[&str],
        more: &[&str],
    ) -> Result<String, RehearseError> {
        let mut shown = String::new();
        for (turn, officer) in officers.iter().enumerate() {
            let from = format!("{name}-{turn}.cbor");
            let last = turn + 1 == officers.len();
            let to = if last {
                format!("{name}.cbor")
            } else {
                format!("{name}-{}.cbor", turn + 1)
            };
            let mut arguments = command.to_vec();
            arguments.extend([flag, &from, "--officer", officer, "--out", &to]);
            arguments.extend_from_slice(more);
            let signed = self.sign_at_desk(officer, &arguments, |prompt| {
                stretch_of_words(prompt, prompt.screen)
            })?;
            shown = signed.output;
        }
        Ok(shown)
    }

    /// Runs a command that ends with an officer's signature: the challenge first, then the PIN.
    pub(super) fn sign_at_desk(
        &self,
        officer: &str,
        arguments: &[&str],
        mut challenge: impl FnMut(&Prompt<'_>) -> Result<String, RehearseError>,
    ) -> Result<Played, RehearseError> {
        let desk: Machine = self.house.desk(officer)?;
        let token = token_of(officer);
        let officer_token = self.officer_token(&token);
        let mut all = arguments.to_vec();
        all.extend(officer_token.iter().map(String::as_str));
        self.host(&desk, &all, 0, |prompt| {
            if prompt.question.contains("PIN") {
                self.pins.user(&token)
            } else {
                challenge(prompt)
            }
        })
    }

    /// The arguments that name an officer's token.
    fn officer_token(&self, token: &str) -> Vec<String> {
        let mut arguments = vec![
            "--profile".into(),
            "softhsm2".into(),
            "--token".into(),
            token.into(),
        ];
        arguments.extend(module_arguments(self.arguments.module.as_deref()));
        arguments
    }

    fn print_root(&mut self) -> Result<(), RehearseError> {
        let chain = Chain::mine(self.tip());
        write_json(&self.house.office("checkpoint.json"), &chain.checkpoint())?;
        write_json(&self.house.office("headers.json"), &chain.headers())?;
        let later = Chain::mine(self.later());
        write_json(&self.house.office("headers-later.json"), &later.headers())?;
        let desk = self.house.desk("kato.m")?;
        let mut arguments = vec!["root", "create", "--network", "regtest"];
        arguments.extend(["--checkpoint", "checkpoint.json", "--roster", "roster.cbor"]);
        arguments.extend(["--out", "root.cbor", "--paper", "root.txt"]);
        self.host(&desk, &arguments, 0, nobody)?;
        self.to_gap("root.cbor")?;
        self.to_gap("roster.cbor")
    }

    /// Carries a public artefact from the office into the gap, on a medium.
    pub(super) fn to_gap(&self, name: &str) -> Result<(), RehearseError> {
        let (from, to) = (self.house.office(name), self.house.gap(name));
        fs::copy(&from, &to)
            .map(drop)
            .map_err(|e| RehearseError::file(&from, &e))
    }
}

/// The argument that names a PKCS#11 module, if one is named.
pub(super) fn module_arguments(module: Option<&Path>) -> Vec<String> {
    module
        .iter()
        .flat_map(|module| ["--module".into(), module.display().to_string()])
        .collect()
}

/// The label of an officer's token.
pub(super) fn token_of(officer: &str) -> String {
    format!("officer-{officer}")
}
