//! At the devices: commissioning, and registration of a wallet.

use std::fs;

use super::actor::{Machine, Played, Prompt};
use super::office::{module_arguments, token_of};
use super::officer::{grid, not_seen, screen, stretch_of_words, tag};
use super::people::{self, ADMINISTRATORS};
use super::wallet::Wallet;
use super::{Rehearsal, RehearseError, nobody};

/// Keys on each chain of a pool.
pub(super) const POOL: usize = 20;
/// Where the devices stand.
const SITES: [&str; 5] = ["Tokyo", "Osaka", "Sapporo", "Fukuoka", "Nagoya"];

impl Rehearsal<'_> {
    /// Commissions the devices of a wallet and lets two administrators enrol each.
    pub(super) fn commission_devices(&mut self, wallet: &Wallet) -> Result<(), RehearseError> {
        for (number, name) in wallet.devices.iter().enumerate() {
            self.step(
                &format!("device {name} is commissioned: identity key and pool of keys"),
                &format!("端末 {name} を設置する(識別鍵と鍵プール)"),
            );
            let shown = self.commission(name, SITES[number % SITES.len()])?;
            self.enrol(name, screen(&shown, "identity"))?;
        }
        Ok(())
    }

    /// Plays `device init`; everything that stood on the screen.
    fn commission(&mut self, name: &str, site: &str) -> Result<String, RehearseError> {
        let token = format!("himuro-{name}");
        self.pins.invent(&token)?;
        self.house.envelope(&token, &self.pins.user(&token)?)?;
        if self.arguments.tokens_apart {
            self.house.serve_tokens(name)?;
        }
        let machine = self.house.device(name)?;
        let paper_file = self.house.office("root.txt");
        let paper =
            fs::read_to_string(&paper_file).map_err(|e| RehearseError::file(&paper_file, &e))?;
        let (pool, card) = (POOL.to_string(), format!("../../gap/{name}.card"));
        let mut arguments = vec![
            "device",
            "init",
            "--state",
            "state",
            "--profile",
            "softhsm2",
        ];
        arguments.extend(["--token", &token, "--name", name, "--site", site]);
        arguments.extend([
            "--root",
            "../../gap/root.cbor",
            "--roster",
            "../../gap/roster.cbor",
        ]);
        arguments.extend(["--receive", &pool, "--change", &pool, "--card-out", &card]);
        let module = module_arguments(machine.module.as_deref());
        arguments.extend(module.iter().map(String::as_str));
        let played = self.at_device(&machine, &arguments, 0, |prompt| {
            let from_paper = |first: usize, last: usize| {
                let words = grid(&paper);
                let wanted: Option<Vec<&str>> =
                    (first..=last).map(|n| words.get(&n).copied()).collect();
                wanted
                    .map(|words| words.join(" "))
                    .ok_or_else(|| not_seen(prompt))
            };
            match tag(prompt) {
                "root-1" => from_paper(1, 16),
                "root-2" => from_paper(17, 32),
                "so-pin" | "so-pin-again" => self.pins.security_officer(&token),
                "pin" | "pin-again" => self.pins.user(&token),
                _ => Err(not_seen(prompt)),
            }
        })?;
        Ok(played.output)
    }

    /// Two administrators vouch for the identity key, reading it from the device's own screen.
    fn enrol(&self, name: &str, shown: &str) -> Result<(), RehearseError> {
        let desk = self.house.desk(ADMINISTRATORS[0])?;
        let (card, base) = (format!("../gap/{name}.card"), format!("{name}-enrolment"));
        let first = format!("{base}-0.cbor");
        let mut arguments = vec!["device", "enroll", "--card", &card, "--root", "root.cbor"];
        arguments.extend(["--out", &first]);
        self.host(&desk, &arguments, 0, nobody)?;
        for (turn, officer) in ADMINISTRATORS.iter().take(2).enumerate() {
            let from = format!("{base}-{turn}.cbor");
            let to = if turn == 1 {
                format!("{base}.cbor")
            } else {
                format!("{base}-1.cbor")
            };
            let mut arguments = vec!["device", "sign-enrolment", "--enrolment", &from];
            arguments.extend([
                "--roster",
                "roster.cbor",
                "--officer",
                officer,
                "--out",
                &to,
            ]);
            self.sign_at_desk(officer, &arguments, |prompt| {
                stretch_of_words(prompt, shown)
            })?;
        }
        self.to_gap(&format!("{base}.cbor"))
    }

    /// The wallet record is drafted, signed by every device, and installed on every device.
    pub(super) fn register_wallet(&mut self, wallet: &Wallet) -> Result<(), RehearseError> {
        self.step(
            &format!("the wallet {} is made from the device cards", wallet.name),
            &format!("端末カードからウォレット {} を作成する", wallet.name),
        );
        self.draft_wallet(wallet)?;
        let (draft, record) = (wallet.draft(), wallet.record());
        for name in &wallet.devices {
            self.step(
                &format!("device {name} compares every card and signs the wallet record"),
                &format!("端末 {name} が全カードを照合しウォレット記録に署名する"),
            );
            let out = format!("../../gap/{name}.endorsement");
            let draft = format!("../../gap/{draft}");
            let draft = ["--draft", &draft, "--endorsement-out", &out];
            self.at_registration(name, &draft, wallet)?;
        }
        self.assemble_wallet(wallet)?;
        for name in &wallet.devices {
            let record = format!("../../gap/{record}");
            let shown = self.at_registration(name, &["--record", &record], wallet)?;
            self.wallet_papers.insert(wallet.name, shown.output);
        }
        Ok(())
    }

    fn draft_wallet(&self, wallet: &Wallet) -> Result<(), RehearseError> {
        let (threshold, draft) = (self.arguments.threshold.to_string(), wallet.draft());
        let cards: Vec<String> = wallet
            .devices
            .iter()
            .map(|name| format!("../gap/{name}.card"))
            .collect();
        let mut arguments = vec!["wallet", "create", "--root", "root.cbor"];
        for card in &cards {
            arguments.extend(["--card", card]);
        }
        arguments.extend([
            "--threshold",
            &threshold,
            "--name",
            wallet.name,
            "--class",
            wallet.class,
        ]);
        arguments.extend(["--script", &self.arguments.script, "--out", &draft]);
        self.host(&self.house.desk("sato.k")?, &arguments, 0, nobody)?;
        self.to_gap(&draft)
    }

    fn at_registration(
        &self,
        name: &str,
        what: &[&str],
        wallet: &Wallet,
    ) -> Result<Played, RehearseError> {
        let mut files = Vec::new();
        for other in &wallet.devices {
            files.push(("--card", format!("../../gap/{other}.card")));
            files.push(("--enrolment", format!("../../gap/{other}-enrolment.cbor")));
        }
        let mut arguments = vec!["wallet", "register", "--state", "state"];
        arguments.extend_from_slice(what);
        arguments.extend(files.iter().flat_map(|(flag, file)| [*flag, file.as_str()]));
        let machine = self.house.device(name)?;
        self.with_operators(&machine, &arguments, 0, |prompt| {
            stretch_of_words(prompt, prompt.screen)
        })
    }

    fn assemble_wallet(&self, wallet: &Wallet) -> Result<(), RehearseError> {
        let endorsements: Vec<String> = wallet
            .devices
            .iter()
            .map(|name| format!("../gap/{name}.endorsement"))
            .collect();
        let (draft, record) = (wallet.draft(), wallet.record());
        let mut arguments = vec!["wallet", "assemble", "--draft", &draft];
        for endorsement in &endorsements {
            arguments.extend(["--endorsement", endorsement]);
        }
        arguments.extend(["--out", &record]);
        self.host(&self.house.desk("sato.k")?, &arguments, 0, nobody)?;
        self.to_gap(&record)
    }

    /// Plays a ceremony that begins with the token's PIN and two operators' own tokens.
    pub(super) fn with_operators(
        &self,
        machine: &Machine,
        arguments: &[&str],
        expected: i32,
        mut then: impl FnMut(&Prompt<'_>) -> Result<String, RehearseError>,
    ) -> Result<Played, RehearseError> {
        let [a, b] = people::operators(people::number_of(&machine.name));
        let module = module_arguments(machine.module.as_deref());
        let mut all = arguments.to_vec();
        all.extend(module.iter().map(String::as_str));
        self.at_device(machine, &all, expected, |prompt| match tag(prompt) {
            "pin" => self.pins.user(&format!("himuro-{}", machine.name)),
            "officer-a" => Ok(a.id.clone()),
            "officer-b" => Ok(b.id.clone()),
            "officer-pin" => self.pins.user(&token_of(prompt.who)),
            _ => then(prompt),
        })
    }
}
