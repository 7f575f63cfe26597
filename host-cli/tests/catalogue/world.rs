//! The world of the catalogue as the host's files: descriptors, and a policy as people write it.

use std::fmt::Write as _;
use std::fs;

use bitcoin::{Address, ScriptBuf};
use serde_json::json;
use signer_core::codec;
use signer_core::cose::{Endorsed, Scope};
use signer_core::policy::{FeeCaps, Policy};
use signer_core::psbt::ParsedPsbt;
use signer_core::root::Root;
use signer_core::types::{Chain, KeyIndex, Network, Purpose};
use signer_core::wallet::RegisteredWallet;
use test_vectors::{Case, WORLD_FILE, WorldFile, data};

/// What is in force in every case.
pub(crate) struct World {
    file: WorldFile,
    wallets: Vec<(String, RegisteredWallet)>,
}

impl World {
    pub(crate) fn open() -> Self {
        let text = fs::read_to_string(data().join(WORLD_FILE)).expect("the world is there");
        let file = WorldFile::read(&text);
        let bytes = |words: &[&str]| file.bytes(words).expect("a line of the world");
        let root: Root = codec::decode(&bytes(&["root"])).expect("a root");
        let scope = Scope {
            network: Network::Regtest,
            purpose: Purpose::Live,
        };
        let open = |name: &str| {
            let record = bytes(&["wallet", name]);
            let wallet = RegisteredWallet::open(&record, scope, &root.digest());
            (name.to_owned(), wallet.expect("all have signed"))
        };
        let wallets = file.names("wallet").into_iter().map(open).collect();
        Self { file, wallets }
    }

    pub(crate) fn bytes(&self, words: &[&str]) -> Vec<u8> {
        self.file.bytes(words).expect("a line of the world")
    }

    pub(crate) fn word(&self, words: &[&str]) -> &str {
        self.file.word(words).expect("a line of the world")
    }

    fn wallet(&self, name: &str) -> &RegisteredWallet {
        let found = self.wallets.iter().find(|(known, _)| known == name);
        &found.expect("a wallet of the world").1
    }

    /// The wallet to which the first known coin belongs.
    pub(crate) fn payer(&self, psbt: &[u8]) -> Option<&str> {
        let parsed = ParsedPsbt::parse(psbt.to_vec()).ok()?;
        let mut owners = parsed.inputs().iter().filter_map(|input| {
            let script = &input.spent.script_pubkey;
            let mut wallets = self.wallets.iter();
            wallets.find(|(_, wallet)| wallet.locate(script).is_some())
        });
        owners.next().map(|(name, _)| name.as_str())
    }

    /// Its addresses one by one, as Bitcoin Core's listdescriptors prints them.
    pub(crate) fn descriptors(&self, name: &str) -> String {
        let wallet = self.wallet(name);
        let mut list = vec![];
        for chain in [Chain::Receive, Chain::Change] {
            for index in 0..wallet.addresses(chain) {
                let text = wallet.descriptor(chain, KeyIndex(index));
                list.push(json!({
                    "desc": text.expect("an address"),
                    "internal": chain == Chain::Change,
                    "range": [index, index],
                }));
            }
        }
        json!({ "descriptors": list }).to_string()
    }

    /// The script of a destination of the world's policy.
    pub(crate) fn script(&self, destination: &str) -> ScriptBuf {
        let policy = Endorsed::<Policy>::peek(&self.bytes(&["policy"])).expect("a policy");
        let mut all = policy.destinations.into_iter();
        let found = all.find(|known| known.id.as_str() == destination);
        found.expect("a destination of the world").script
    }

    /// Its address on regtest.
    pub(crate) fn address(&self, destination: &str) -> String {
        let script = self.script(destination);
        let address = Address::from_script(&script, bitcoin::Network::Regtest);
        address.expect("an address").to_string()
    }

    /// What the case's policy says of this wallet, where it says anything.
    pub(crate) fn policy(&self, case: &Case, name: &str) -> Option<String> {
        let bytes = case.policy.clone();
        let bytes = bytes.unwrap_or_else(|| self.bytes(&["policy"]));
        let policy = Endorsed::<Policy>::peek(&bytes).expect("a policy");
        let rules = policy.wallet(&self.wallet(name).digest())?;
        let mut text = format!(
            "number = 1\nactivation = {}\ndelay = {}\n\
             separation = {{ devices_per_operator = {}, administrators_apart = {} }}\n",
            policy.activation.0,
            policy.delay.0,
            policy.separation.devices_per_operator,
            policy.separation.administrators_apart,
        );
        for destination in &policy.destinations {
            let address = Address::from_script(&destination.script, bitcoin::Network::Regtest);
            let address = address.expect("a destination has an address");
            let _ = writeln!(
                text,
                "\n[[destination]]\nid = \"{}\"\nlabel = \"{}\"\naddress = \"{address}\"\n\
                 activation = {}\nlimit = {}",
                destination.id,
                destination.label,
                destination.activation.0,
                destination.limit.to_sat(),
            );
        }
        let FeeCaps {
            absolute,
            sat_per_vbyte,
            per_mille,
        } = rules.fee;
        let to: Vec<String> = rules
            .destinations
            .iter()
            .map(|id| format!("\"{id}\""))
            .collect();
        let _ = writeln!(
            text,
            "\n[[wallet]]\nname = \"{name}\"\nper_transfer = {}\n\
             fee = {{ absolute = {}, sat_per_vbyte = {sat_per_vbyte}, per_mille = {per_mille} }}\n\
             approval = {{ approvers = 2, departments = 2, directors = 1 }}\n\
             destinations = [{}]\nchange_window = {}\n\
             placement = {{ vendors = {}, sites = {} }}\nwindows = []",
            rules.per_transfer.to_sat(),
            absolute.to_sat(),
            to.join(", "),
            rules.change_window,
            rules.placement.vendors,
            rules.placement.sites,
        );
        Some(text)
    }
}
