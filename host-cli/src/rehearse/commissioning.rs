//! At the devices: commissioning, registration of the wallet, installation of the policy.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use bitcoin::hashes::Hash;
use bitcoin::{Address, WPubkeyHash};

use super::actor::{Machine, Prompt};
use super::office::{module_arguments, token_of};
use super::officer::{grid, not_seen, screen, stretch_of_address, stretch_of_words, tag};
use super::people::{self, ADMINISTRATORS};
use super::{Rehearsal, RehearseError, nobody};

/// Keys on each chain of a pool.
pub(super) const POOL: usize = 20;
/// Where the devices stand.
const SITES: [&str; 5] = ["Tokyo", "Osaka", "Sapporo", "Fukuoka", "Nagoya"];
/// Name of the wallet.
const WALLET: &str = "Customer cold 01";

impl Rehearsal<'_> {
    /// Commissions every device and lets two administrators enrol it.
    pub(super) fn commission_devices(&mut self) -> Result<(), RehearseError> {
        for (number, name) in self.device_names().into_iter().enumerate() {
            self.step(
                &format!("device {name} is commissioned: identity key and pool of keys"),
                &format!("端末 {name} を設置する(識別鍵と鍵プール)"),
            );
            let shown = self.commission(&name, SITES[number % SITES.len()])?;
            self.enrol(&name, screen(&shown, "identity"))?;
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
    pub(super) fn register_wallet(&mut self) -> Result<(), RehearseError> {
        self.step(
            "the wallet is made from the device cards",
            "端末カードからウォレットを作成する",
        );
        self.draft_wallet()?;
        for name in self.device_names() {
            self.step(
                &format!("device {name} compares every card and signs the wallet record"),
                &format!("端末 {name} が全カードを照合しウォレット記録に署名する"),
            );
            let out = format!("../../gap/{name}.endorsement");
            let draft = [
                "--draft",
                "../../gap/wallet-draft.cbor",
                "--endorsement-out",
                &out,
            ];
            self.at_registration(&name, &draft)?;
        }
        self.assemble_wallet()?;
        for name in self.device_names() {
            self.at_registration(&name, &["--record", "../../gap/wallet.cbor"])?;
        }
        Ok(())
    }

    fn draft_wallet(&self) -> Result<(), RehearseError> {
        let threshold = self.arguments.threshold.to_string();
        let cards: Vec<String> = self
            .device_names()
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
            WALLET,
            "--class",
            "customer",
        ]);
        arguments.extend([
            "--script",
            &self.arguments.script,
            "--out",
            "wallet-draft.cbor",
        ]);
        self.host(&self.house.desk("sato.k")?, &arguments, 0, nobody)?;
        self.to_gap("wallet-draft.cbor")
    }

    fn at_registration(&self, name: &str, what: &[&str]) -> Result<(), RehearseError> {
        let mut files = Vec::new();
        for other in self.device_names() {
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
        .map(drop)
    }

    fn assemble_wallet(&self) -> Result<(), RehearseError> {
        let endorsements: Vec<String> = self
            .device_names()
            .iter()
            .map(|name| format!("../gap/{name}.endorsement"))
            .collect();
        let mut arguments = vec!["wallet", "assemble", "--draft", "wallet-draft.cbor"];
        for endorsement in &endorsements {
            arguments.extend(["--endorsement", endorsement]);
        }
        arguments.extend(["--out", "wallet.cbor"]);
        self.host(&self.house.desk("sato.k")?, &arguments, 0, nobody)?;
        self.to_gap("wallet.cbor")
    }

    /// The policy is written, signed by two administrators, and installed on every device.
    pub(super) fn install_policy(&mut self) -> Result<(), RehearseError> {
        self.step(
            "administrators sign the policy",
            "管理者がポリシーに署名する",
        );
        let file = self.house.office("policy.toml");
        let text = policy_text(self.arguments.outputs);
        fs::write(&file, text).map_err(|e| RehearseError::file(&file, &e))?;
        let mut arguments = vec!["policy", "create", "--policy", "policy.toml"];
        arguments.extend(["--wallet", "wallet.cbor", "--roster", "roster.cbor"]);
        arguments.extend(["--root", "root.cbor", "--out", "policy-0.cbor"]);
        self.host(&self.house.desk("kato.m")?, &arguments, 0, nobody)?;
        let quorum = &ADMINISTRATORS[..2];
        let roster = ["--roster", "roster.cbor"];
        self.sign_in_turn(&["policy", "sign"], "--policy", "policy", quorum, &roster)?;
        self.to_gap("policy.cbor")?;
        for name in self.device_names() {
            self.step(
                &format!("device {name} shows the policy; two operators compare and install it"),
                &format!("端末 {name} がポリシーを表示し、操作者2名が照合して設定する"),
            );
            self.install_policy_at(&name)?;
        }
        Ok(())
    }

    fn install_policy_at(&self, name: &str) -> Result<(), RehearseError> {
        let addresses = self.destinations();
        let arguments = [
            "policy",
            "install",
            "--state",
            "state",
            "--policy",
            "../../gap/policy.cbor",
        ];
        let machine = self.house.device(name)?;
        self.with_operators(&machine, &arguments, 0, |prompt| {
            let name = tag(prompt);
            if name == "changes" {
                return loosenings(prompt);
            }
            // B types another stretch of the same address.
            let id = name.strip_prefix("dest-");
            let id = id.map(|id| id.strip_suffix("-b").unwrap_or(id));
            match id.and_then(|id| addresses.get(id)) {
                Some(address) => stretch_of_address(prompt, address),
                None => stretch_of_words(prompt, prompt.screen),
            }
        })
        .map(drop)
    }

    /// Plays a ceremony that begins with the token's PIN and two operators' own tokens.
    pub(super) fn with_operators(
        &self,
        machine: &Machine,
        arguments: &[&str],
        expected: i32,
        mut then: impl FnMut(&Prompt<'_>) -> Result<String, RehearseError>,
    ) -> Result<super::actor::Played, RehearseError> {
        let number: usize = machine.name.trim_start_matches('d').parse().unwrap_or(1);
        let [a, b] = people::operators(number);
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

    /// The destinations of the policy, as the officers know them from their own paper.
    pub(super) fn destinations(&self) -> BTreeMap<String, String> {
        destinations(self.arguments.outputs)
    }
}

/// How many changes loosen the policy, as the screen counts them.
fn loosenings(prompt: &Prompt<'_>) -> Result<String, RehearseError> {
    let lines = screen(prompt.screen, "changes").lines();
    let mut lines = lines.map(|line| line.trim_start_matches(['|', ' ']));
    let counted = lines.find_map(|line| {
        let rest = line
            .strip_prefix("LOOSENS: ")
            .or_else(|| line.strip_prefix("緩和: "))?;
        rest.split_whitespace().next()
    });
    counted.map(str::to_owned).ok_or_else(|| not_seen(prompt))
}

/// Identifier and address of each destination: the exchange's own hot wallet, made up.
fn destinations(count: usize) -> BTreeMap<String, String> {
    (1..=count)
        .map(|number| (destination_id(number), address(number)))
        .collect()
}

/// Identifier of a destination, counted from 1.
pub(super) fn destination_id(number: usize) -> String {
    format!("hot-refill-{number:02}")
}

fn address(number: usize) -> String {
    let hash = bitcoin::hashes::hash160::Hash::hash(destination_id(number).as_bytes());
    let program = WPubkeyHash::from_raw_hash(hash);
    let script = bitcoin::ScriptBuf::new_p2wpkh(&program);
    Address::from_script(&script, bitcoin::params::Params::REGTEST)
        .map_or_else(|_| String::new(), |address| address.to_string())
}

fn policy_text(count: usize) -> String {
    let mut text = String::from(
        "number = 1\nactivation = 0\ndelay = 144\n\
         separation = { devices_per_operator = 1, administrators_apart = 1 }\n",
    );
    for (id, address) in destinations(count) {
        let label = id.to_uppercase();
        let _ = write!(
            text,
            "\n[[destination]]\nid = \"{id}\"\nlabel = \"{label}\"\naddress = \"{address}\"\n\
             activation = 0\nlimit = \"1000.00000000\"\n"
        );
    }
    let ids: Vec<String> = destinations(count)
        .keys()
        .map(|id| format!("\"{id}\""))
        .collect();
    let _ = write!(
        text,
        "\n[[wallet]]\nname = \"{WALLET}\"\nper_transfer = \"1000.00000000\"\n\
         fee = {{ absolute = \"0.05000000\", sat_per_vbyte = 200, per_mille = 10 }}\n\
         approval = {{ approvers = 2, departments = 2, directors = 1 }}\n\
         destinations = [{}]\nchange_window = {POOL}\n\
         placement = {{ vendors = 1, sites = 1 }}\n\
         windows = [{{ blocks = 144, limit = \"3000.00000000\" }}]\n",
        ids.join(", ")
    );
    text
}
