//! The policy: what each version says, who signs it, and how a device takes it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use bitcoin::hashes::Hash;
use bitcoin::{Address, WPubkeyHash};

use super::actor::Prompt;
use super::commissioning::POOL;
use super::officer::{not_seen, screen, stretch_of_address, stretch_of_words, tag};
use super::people::ADMINISTRATORS;
use super::wallet::Wallet;
use super::{Rehearsal, RehearseError, nobody};

/// How long a loosening waits, in blocks.
pub(super) const DELAY: u32 = 144;

/// One version of the policy: its files, and what it says.
pub(super) struct Policy<'a> {
    /// Its number.
    number: u32,
    /// Its files are named so.
    base: &'static str,
    /// The file of the version before.
    before: Option<String>,
    /// The wallets that may pay its destinations.
    payers: Vec<&'a Wallet>,
    /// A wallet that is paid like a destination, and at which address.
    moves_to: Option<&'a str>,
    /// The wallet to which frozen devices sweep.
    sweeps_to: Option<&'a Wallet>,
}

impl<'a> Policy<'a> {
    /// The first version, of one wallet.
    pub(super) fn first(payer: &'a Wallet) -> Self {
        Self {
            number: 1,
            base: "policy",
            before: None,
            payers: vec![payer],
            moves_to: None,
            sweeps_to: None,
        }
    }

    /// The first version, by which frozen devices sweep to this wallet.
    pub(super) fn sweeping_to(self, emergency: &'a Wallet) -> Self {
        Self {
            sweeps_to: Some(emergency),
            ..self
        }
    }

    /// The same under the name of files that a later version leaves free.
    pub(super) fn replaced_later(self) -> Self {
        Self {
            base: "first-policy",
            ..self
        }
    }

    /// The next version: a new wallet is listed, and paid at this address.
    pub(super) fn next(&self, new: &'a Wallet, address: &'a str) -> Self {
        Self {
            number: self.number + 1,
            base: "policy",
            before: Some(self.file()),
            payers: [&self.payers[..], &[new]].concat(),
            moves_to: Some(address),
            sweeps_to: self.sweeps_to,
        }
    }

    fn file(&self) -> String {
        format!("{}.cbor", self.base)
    }

    fn text(&self, refills: usize) -> String {
        let mut text = format!(
            "number = {}\nactivation = 0\ndelay = {DELAY}\n\
             separation = {{ devices_per_operator = 1, administrators_apart = 1 }}\n",
            self.number
        );
        let refills = destinations(refills);
        for (id, address) in &refills {
            text.push_str(&destination(id, address));
        }
        let mut ids: Vec<&str> = refills.keys().map(String::as_str).collect();
        // The wallet before may pay the new one; the new one pays what that one paid.
        for payer in self.payers.iter().skip(1) {
            text.push_str(&payer_rules(payer, &ids));
        }
        if let Some(address) = self.moves_to {
            text.push_str(&destination(NEW_WALLET, address));
            ids.push(NEW_WALLET);
        }
        for payer in self.payers.iter().take(1) {
            text.push_str(&payer_rules(payer, &ids));
        }
        if let Some(emergency) = self.sweeps_to {
            let _ = write!(
                text,
                "\n[sweep]\nid = \"emergency\"\nwallet = \"{}\"\n{FEE}{APPROVAL}",
                emergency.name
            );
        }
        text
    }
}

/// The destination under which a policy names a new wallet of the same owner.
pub(super) const NEW_WALLET: &str = "new-wallet";
const FEE: &str = "fee = { absolute = \"0.05000000\", sat_per_vbyte = 200, per_mille = 10 }\n";
const APPROVAL: &str = "approval = { approvers = 2, departments = 2, directors = 1 }\n";

fn destination(id: &str, address: &str) -> String {
    format!(
        "\n[[destination]]\nid = \"{id}\"\nlabel = \"{}\"\naddress = \"{address}\"\n\
         activation = 0\nlimit = \"1000.00000000\"\n",
        id.to_uppercase()
    )
}

fn payer_rules(wallet: &Wallet, destinations: &[&str]) -> String {
    let ids: Vec<String> = destinations.iter().map(|id| format!("\"{id}\"")).collect();
    format!(
        "\n[[wallet]]\nname = \"{}\"\nper_transfer = \"1000.00000000\"\n{FEE}{APPROVAL}\
         destinations = [{}]\nchange_window = {POOL}\n\
         placement = {{ vendors = 1, sites = 1 }}\n\
         windows = [{{ blocks = 144, limit = \"3000.00000000\" }}]\n",
        wallet.name,
        ids.join(", ")
    )
}

impl Rehearsal<'_> {
    /// The policy is written, and signed by two administrators.
    pub(super) fn sign_policy(&mut self, policy: &Policy<'_>) -> Result<(), RehearseError> {
        self.step(
            &format!("administrators sign policy {}", policy.number),
            &format!("管理者がポリシー {} に署名する", policy.number),
        );
        let written = format!("{}.toml", policy.base);
        let file = self.house.office(&written);
        fs::write(&file, policy.text(self.arguments.outputs))
            .map_err(|e| RehearseError::file(&file, &e))?;
        let records: Vec<String> = policy
            .payers
            .iter()
            .chain(&policy.sweeps_to)
            .map(|wallet| wallet.record())
            .collect();
        let unsigned = format!("{}-0.cbor", policy.base);
        let mut arguments = vec!["policy", "create", "--policy", &written];
        arguments.extend(records.iter().flat_map(|file| ["--wallet", file]));
        arguments.extend(["--roster", "roster.cbor"]);
        if let Some(before) = &policy.before {
            arguments.extend(["--predecessor", before]);
        }
        arguments.extend(["--root", "root.cbor", "--out", &unsigned]);
        self.host(&self.house.desk("kato.m")?, &arguments, 0, nobody)?;
        let (command, quorum) = (["policy", "sign"], &ADMINISTRATORS[..2]);
        let roster = ["--roster", "roster.cbor"];
        self.sign_in_turn(&command, "--policy", policy.base, quorum, &roster)?;
        self.to_gap(&policy.file())
    }

    /// A device takes the policy: two operators compare it with their papers.
    pub(super) fn install_policy(
        &mut self,
        policy: &Policy<'_>,
        name: &str,
    ) -> Result<(), RehearseError> {
        let number = policy.number;
        self.step(
            &format!("device {name} shows policy {number}; two operators compare and install it"),
            &format!("端末 {name} がポリシー {number} を表示し、操作者2名が照合して設定する"),
        );
        let file = format!("../../gap/{}", policy.file());
        let arguments = ["policy", "install", "--state", "state", "--policy", &file];
        let machine = self.house.device(name)?;
        let installed = self.with_operators(&machine, &arguments, 0, |prompt| {
            self.compare_policy(prompt, policy)
        });
        installed.map(drop)
    }

    fn compare_policy(
        &self,
        prompt: &Prompt<'_>,
        policy: &Policy<'_>,
    ) -> Result<String, RehearseError> {
        let name = tag(prompt);
        if name == "changes" {
            return loosenings(prompt);
        }
        if let Some(emergency) = policy.sweeps_to.filter(|_| name == "sweep") {
            return stretch_of_words(prompt, self.paper_of(emergency)?);
        }
        // B types another stretch of the same address.
        let id = name.strip_prefix("dest-");
        let id = id.map(|id| id.strip_suffix("-b").unwrap_or(id));
        match id.and_then(|id| self.addresses.get(id)) {
            Some(address) => stretch_of_address(prompt, address),
            None => stretch_of_words(prompt, prompt.screen),
        }
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
pub(super) fn destinations(count: usize) -> BTreeMap<String, String> {
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
