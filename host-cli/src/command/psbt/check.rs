//! `psbt check`: every rule that needs no device, on any PSBT.

use std::path::PathBuf;

use serde_json::{Value, json};
use signer_core::digest::hex;
use signer_core::phrase;
use signer_core::policy::PlainPolicy;
use signer_core::psbt::{Limits, ParsedPsbt, PsbtVersion};
use signer_core::review::address::in_fours;
use signer_core::rule::{Named, Phrase, RuleLine, Verdict};
use signer_core::types::{Chain, Height, InputIndex, Lang, Network};
use signer_core::wallet::{CheckOnly, CheckTerms, CheckedInput, OutputKind};

use super::listed;
use crate::cli::{self, ViewArgs};
use crate::command::policy::document;
use crate::error::Failure;
use crate::money::btc;
use crate::view::line;
use crate::{files, house, view};

/// Judges a PSBT of any wallet that is known by its descriptors.
///
/// The same rules as on a device; nothing can be signed from here. The descriptors are
/// wsh(sortedmulti()) or sh(wsh(sortedmulti())) of one wallet: one on each line, or the JSON of
/// Bitcoin Core's listdescriptors. Ranges that the list does not say are 0 to 999.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli psbt check --psbt transfer.psbt --descriptors wallet.txt --network regtest --json")]
pub(crate) struct Args {
    /// The PSBT, binary or base64
    #[arg(long)]
    psbt: PathBuf,

    /// The descriptors of the wallet that pays
    #[arg(long)]
    descriptors: PathBuf,

    /// Limits and destinations, as `policy create` reads them, with one [[wallet]]
    #[arg(long)]
    policy: Option<PathBuf>,

    /// Network of addresses: main, testnet4, signet or regtest
    #[arg(long, default_value = "main", value_parser = cli::network)]
    network: Network,

    /// Height of the chain: judges lock times and when destinations become active
    #[arg(long, value_parser = cli::height)]
    height: Option<Height>,

    #[command(flatten)]
    view: ViewArgs,
}

impl Args {
    pub(super) fn run(&self, lang: Lang) -> Result<(), Failure> {
        let bytes = house::psbt_bytes(&self.psbt)?;
        let wallet = listed::wallet(&self.descriptors)?;
        let policy = self.policy()?;
        let terms = CheckTerms {
            wallet: &wallet,
            network: self.network,
            policy: policy.as_ref(),
            tip: self.height,
        };
        let checked = CheckOnly::judge(bytes, Limits::HEAVY, terms);
        if self.view.json {
            view::print(&json(&checked, self.network, lang));
        } else {
            print(&checked, self.network, lang);
        }
        let refusals: Vec<_> = checked.report().refusals().cloned().collect();
        if refusals.is_empty() {
            Ok(())
        } else {
            Err(Failure::Rules(refusals))
        }
    }

    fn policy(&self) -> Result<Option<PlainPolicy>, Failure> {
        let Some(path) = &self.policy else {
            return Ok(None);
        };
        let text = files::read_text(path)?;
        document::read_plain(&text, self.network)
            .map(Some)
            .map_err(|error| {
                Failure::input(
                    phrase!("{path}: {why}", "{path}: {why}", path = Named(path.display()), why = error),
                    phrase!("correct the file; `host-cli policy create --help` names every key", "ファイルを訂正してください。項目は `host-cli policy create --help` にあります。"),
                )
            })
    }
}

fn print(checked: &CheckOnly, network: Network, lang: Lang) {
    if let Some(parsed) = checked.parsed() {
        print_facts(checked, parsed, network, lang);
    }
    for RuleLine { rule, verdict } in checked.report().lines() {
        line!("{rule}  {}", words(verdict, lang));
    }
}

/// What the transaction moves, as the PSBT proves it. Whether it may, the rules say below.
fn print_facts(checked: &CheckOnly, parsed: &ParsedPsbt, network: Network, lang: Lang) {
    let tx = parsed.tx();
    let address = |script| in_fours(&view::address(script, network));
    line!("txid       {}", tx.compute_txid());
    line!("tx digest  {}", parsed.tx_digest());
    let coins = tx.input.iter().zip(parsed.inputs());
    for (index, (tx_in, input)) in (0..).map(InputIndex).zip(coins) {
        let (amount, whose) = (btc(input.spent.value), whose(checked.input(index), lang));
        let name = lang.pick("input", "入力");
        line!("{name} {index}  {amount} BTC  {whose}");
        line!("    {}", address(&input.spent.script_pubkey));
        line!("    {}", tx_in.previous_output);
    }
    for (place, (output, kind)) in tx.output.iter().zip(checked.outputs()).enumerate() {
        let amount = btc(output.value);
        let name = lang.pick("output", "出力");
        line!("{name} {place}  {amount} BTC  {}", purpose(kind, lang));
        line!("    {}", address(&output.script_pubkey));
    }
    let total = lang.pick("inputs in all", "入力合計");
    line!("{total}  {} BTC", btc(parsed.total_in()));
    let fee = lang.pick("fee", "ネットワーク手数料");
    line!("{fee}  {} BTC", btc(parsed.fee()));
}

fn whose(own: Option<CheckedInput>, lang: Lang) -> String {
    let Some(CheckedInput {
        chain, key_index, ..
    }) = own
    else {
        return lang
            .pick("not of this wallet", "このウォレットのものではない")
            .into();
    };
    let chain = match chain {
        Chain::Receive => lang.pick("receive address", "受取アドレス"),
        Chain::Change => lang.pick("change address", "おつりアドレス"),
    };
    format!("{chain} {key_index}")
}

fn purpose(kind: &OutputKind, lang: Lang) -> String {
    match kind {
        OutputKind::Change { index, .. } => {
            format!(
                "{} {index}",
                lang.pick("change, address", "おつり、アドレス")
            )
        }
        OutputKind::Payment { .. } => lang.pick("payment", "送付").into(),
    }
}

fn words(verdict: &Verdict, lang: Lang) -> String {
    match verdict {
        Verdict::Passed => lang.pick("passed", "合格").into(),
        Verdict::Notice(text) => {
            format!("{}: {}", lang.pick("notice", "注意"), text.text(lang))
        }
        Verdict::Refused(_) => lang.pick("refused", "拒否").into(),
        Verdict::NotApplicable(why) => {
            format!(
                "{}: {}",
                lang.pick("not applicable", "対象外"),
                why.text(lang)
            )
        }
        Verdict::NotReached(by) => {
            format!("{}: {by}", lang.pick("not reached, because of", "未到達"))
        }
    }
}

fn json(checked: &CheckOnly, network: Network, lang: Lang) -> Value {
    let rules = checked.report().lines().iter().map(|line| rule(line, lang));
    let mut all = json!({
        "type": "psbt-check",
        "network": network.name(),
        "refused": checked.report().first_refusal().is_some(),
        "rules": rules.collect::<Vec<_>>(),
    });
    if let (Some(parsed), Value::Object(all)) = (checked.parsed(), &mut all) {
        all.insert("psbt".into(), facts(checked, parsed, network));
    }
    all
}

fn rule(RuleLine { rule, verdict }: &RuleLine, lang: Lang) -> Value {
    let (name, text) = match verdict {
        Verdict::Passed => ("passed", None),
        Verdict::Notice(text) => ("notice", Some(text.clone())),
        Verdict::Refused(_) => ("refused", None),
        Verdict::NotApplicable(why) => ("not-applicable", Some(why.clone())),
        Verdict::NotReached(by) => ("not-reached", Some(Phrase::figure(by))),
    };
    let text = |lang| text.as_ref().map(|text| text.text(lang));
    let refusals = match verdict {
        Verdict::Refused(refusals) => refusals.as_slice(),
        _ => &[],
    };
    let refusals = refusals.iter().map(|refusal| {
        json!({
            "place": refusal.place.text(lang),
            "expected": refusal.expected.text(Lang::En),
            "got": refusal.got.text(Lang::En),
            "expected_ja": refusal.expected.text(Lang::Ja),
            "got_ja": refusal.got.text(Lang::Ja),
            "advice": refusal.rule.advice(lang),
        })
    });
    json!({
        "rule": rule.name(),
        "verdict": name,
        "text": text(Lang::En),
        "text_ja": text(Lang::Ja),
        "refusals": refusals.collect::<Vec<_>>(),
    })
}

fn facts(checked: &CheckOnly, parsed: &ParsedPsbt, network: Network) -> Value {
    let tx = parsed.tx();
    let coins = tx.input.iter().zip(parsed.inputs());
    let inputs = (0..).map(InputIndex).zip(coins);
    let inputs = inputs.map(|(index, (tx_in, input))| {
        let own = checked.input(index);
        json!({
            "txid": tx_in.previous_output.txid.to_string(),
            "vout": tx_in.previous_output.vout,
            "sequence": tx_in.sequence.0,
            "amount_sat": input.spent.value.to_sat(),
            "script": input.spent.script_pubkey.to_hex_string(),
            "address": view::address(&input.spent.script_pubkey, network),
            "chain": own.map(|own| own.chain.number()),
            "index": own.map(|own| own.key_index.0),
            "sighash": own.map(|own| hex(&own.sighash)),
        })
    });
    let outputs = tx.output.iter().zip(checked.outputs());
    let outputs = outputs.map(|(output, kind)| {
        let change = match kind {
            OutputKind::Change { index, .. } => Some(index.0),
            OutputKind::Payment { .. } => None,
        };
        json!({
            "amount_sat": output.value.to_sat(),
            "script": output.script_pubkey.to_hex_string(),
            "address": view::address(&output.script_pubkey, network),
            "change_index": change,
        })
    });
    json!({
        "version": match parsed.version() { PsbtVersion::V0 => 0, PsbtVersion::V2 => 2 },
        "digest": parsed.digest().to_hex(),
        "txid": tx.compute_txid().to_string(),
        "tx_digest": parsed.tx_digest().to_hex(),
        "tx_version": tx.version.0,
        "lock_time": tx.lock_time.to_consensus_u32(),
        "inputs": inputs.collect::<Vec<_>>(),
        "outputs": outputs.collect::<Vec<_>>(),
        "fee_sat": parsed.fee().to_sat(),
        "weight": checked.weight().map(bitcoin::Weight::to_wu),
    })
}
