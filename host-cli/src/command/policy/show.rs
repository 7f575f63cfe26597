//! `policy show`: destinations, limits, quorums, and who signed.

use std::path::PathBuf;

use serde_json::{Value, json};
use signer_core::approval::Roster;
use signer_core::cose::Endorsed;
use signer_core::policy::{
    ApprovalQuorum, ClassMove, ColdFloor, Destination, Direction, FeeCaps, Policy, PolicyChange,
    PolicyChanges, QuorumBand, Sweep, WalletRules, WindowLimit,
};
use signer_core::review::address::in_fours;
use signer_core::types::{Id, Label, Lang, Network};

use crate::cli::ViewArgs;
use crate::error::Failure;
use crate::money::btc;
use crate::rosters::RosterArgs;
use crate::view::line;
use crate::{artefact, consent, view};

/// Shows a policy; every signature on it was verified.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli policy show --policy policy-2.cbor --diff policy-1.cbor --roster roster.cbor")]
pub(crate) struct Args {
    /// The policy
    #[arg(long)]
    policy: PathBuf,

    /// An older policy: only what the policy changes of it is shown. A device compares with what is
    /// in force there, which may still be stricter
    #[arg(long, value_name = "OLD")]
    diff: Option<PathBuf>,

    #[command(flatten)]
    rosters: RosterArgs,

    #[command(flatten)]
    view: ViewArgs,
}

impl Args {
    pub(super) fn run(&self, lang: Lang) -> Result<(), Failure> {
        let rosters = self.rosters.read()?;
        let (policy, roster) = artefact::policy_of(&self.policy, &rosters)?;
        if let Some(old) = &self.diff {
            let (old, _) = artefact::policy_of(old, &rosters)?;
            self.compare(old.body(), policy.body(), lang);
            return Ok(());
        }
        if self.view.json {
            view::print(&json(&policy, roster));
        } else {
            print(&policy, roster);
            let digest = policy.policy_digest();
            line!("{}", consent::grid(digest.as_bytes(), None));
        }
        Ok(())
    }
}

impl Args {
    /// Every difference, and which way it goes.
    fn compare(&self, old: &Policy, new: &Policy, lang: Lang) {
        let changes = PolicyChanges::between(old, new);
        let said = |change: &PolicyChange, lang| change.text(lang, &ToString::to_string);
        if !self.view.json {
            for change in changes.iter() {
                let direction = change.direction().name(lang);
                line!("{direction:<10}  {}", said(change, lang));
            }
            return;
        }
        let changes = changes.iter().map(|change| {
            let loosens = change.direction() == Direction::Loosening;
            json!({ "loosens": loosens, "change": said(change, Lang::En) })
        });
        view::print(&json!({
            "type": "policy-difference",
            "from": old.number.0,
            "to": new.number.0,
            "changes": changes.collect::<Vec<Value>>(),
        }));
    }
}

fn signers<'a>(policy: &Endorsed<Policy>, roster: &'a Endorsed<Roster>) -> Vec<&'a str> {
    let officers = roster.body().officers.iter();
    officers
        .filter(|officer| policy.signers().any(|kid| kid == officer.key.key_id()))
        .map(|officer| officer.id.as_str())
        .collect()
}

/// The policy as people read it.
pub(super) fn print(policy: &Endorsed<Policy>, roster: &Endorsed<Roster>) {
    let body = policy.body();
    line!("policy      {} of {}", body.number, view::scope(body.scope));
    line!(
        "in force    from height {}, delay {} blocks",
        body.activation,
        body.delay
    );
    for destination in &body.destinations {
        print_destination(destination, body.scope.network);
    }
    for rules in &body.wallets {
        print_rules(rules);
    }
    for class_move in &body.class_moves {
        let purpose = class_move.purpose.as_ref();
        let purpose = purpose.map_or_else(String::new, |purpose| format!(", for {purpose}"));
        let (from, to) = (class_move.from.name(), class_move.to.name());
        line!("move        {from} to {to}{purpose}");
    }
    let apart = body.separation;
    line!(
        "separation  one person operates at most {} devices for a transfer",
        apart.devices_per_operator
    );
    line!(
        "            {} who signed the policy have no part in a transfer",
        apart.administrators_apart
    );
    if let Some(most) = apart.sessions_in_a_row {
        line!("            one person operates at most {most} sessions that sign in a row");
    }
    for floor in body.cold_floors() {
        let (class, floor, age) = (floor.class.name(), floor.per_mille, floor.age);
        line!("cold        {floor} per mille of {class} assets, statement of at most {age} blocks");
    }
    if let Some(sweep) = &body.sweep {
        line!(
            "sweep       when frozen, {} to wallet {}",
            sweep.id,
            sweep.wallet
        );
        line!("            {}", sweep.text(Lang::En));
    }
    line!("signed by   {}", signers(policy, roster).join(", "));
    line!("digest      {}", policy.policy_digest());
}

fn print_destination(destination: &Destination, network: Network) {
    let address = view::address(&destination.script, network);
    line!("destination {} {}", destination.id, destination.label);
    line!("            {}", in_fours(&address));
    line!(
        "            at most {} BTC, from height {}",
        btc(destination.limit),
        destination.activation
    );
    destination.windows.iter().copied().for_each(print_window);
}

fn print_window(window: WindowLimit) {
    let (limit, blocks) = (btc(window.amount), window.blocks);
    line!("            at most {limit} BTC within {blocks} blocks");
}

fn print_rules(rules: &WalletRules) {
    let (fee, quorum) = (rules.fee, rules.quorum);
    let destinations: Vec<&str> = rules.destinations.iter().map(Id::as_str).collect();
    line!("wallet      {}", rules.wallet);
    line!("            {} assets", rules.class.name());
    line!(
        "            at most {} BTC for each transfer",
        btc(rules.per_transfer)
    );
    line!(
        "            fee at most {} BTC, {} sat/vB, {} per mille",
        btc(fee.absolute),
        fee.sat_per_vbyte,
        fee.per_mille
    );
    line!(
        "            {} approvers from {} departments, {} directors among them",
        quorum.approvers,
        quorum.departments,
        quorum.directors
    );
    for QuorumBand { from, quorum } in rules.bands() {
        line!(
            "            from {} BTC: {} approvers from {} departments, {} directors",
            btc(*from),
            quorum.approvers,
            quorum.departments,
            quorum.directors
        );
    }
    line!("            to {}", destinations.join(", "));
    line!("            change window {}", rules.change_window);
    line!(
        "            devices of at least {} vendors, at {} sites",
        rules.placement.vendors,
        rules.placement.sites
    );
    line!("            {} witnesses of a session", rules.witnesses);
    rules.windows.iter().copied().for_each(print_window);
}

fn json(policy: &Endorsed<Policy>, roster: &Endorsed<Roster>) -> Value {
    let body = policy.body();
    let network = body.scope.network;
    let destination = |destination: &Destination| {
        json!({
            "id": destination.id.as_str(),
            "label": destination.label.as_str(),
            "address": view::address(&destination.script, network),
            "activation": destination.activation.0,
            "limit_sat": destination.limit.to_sat(),
            "windows": destination.windows.iter().copied().map(json_window).collect::<Vec<_>>(),
        })
    };
    let class_move = |class_move: &ClassMove| {
        json!({
            "from": class_move.from.name(),
            "to": class_move.to.name(),
            "purpose": class_move.purpose.as_ref().map(Label::as_str),
        })
    };
    json!({
        "type": "policy",
        "network": network.name(),
        "purpose": body.scope.purpose.name(),
        "root": body.root.to_hex(),
        "roster": body.roster.to_hex(),
        "number": body.number.0,
        "predecessor": body.predecessor.map(|digest| digest.to_hex()),
        "activation": body.activation.0,
        "delay": body.delay.0,
        "destinations": body.destinations.iter().map(destination).collect::<Vec<_>>(),
        "wallets": body.wallets.iter().map(json_rules).collect::<Vec<_>>(),
        "class_moves": body.class_moves.iter().map(class_move).collect::<Vec<_>>(),
        "separation": {
            "devices_per_operator": body.separation.devices_per_operator,
            "administrators_apart": body.separation.administrators_apart,
            "sessions_in_a_row": body.separation.sessions_in_a_row,
        },
        "cold_floors": body.cold_floors().iter().map(json_floor).collect::<Vec<_>>(),
        "sweep": body.sweep.as_ref().map(json_sweep),
        "signed_by": signers(policy, roster),
        "digest": view::digest(policy.policy_digest().as_bytes()),
    })
}

fn json_band(band: &QuorumBand) -> Value {
    json!({
        "from_sat": band.from.to_sat(),
        "approvers": band.quorum.approvers,
        "departments": band.quorum.departments,
        "directors": band.quorum.directors,
    })
}

fn json_rules(rules: &WalletRules) -> Value {
    json!({
        "wallet": rules.wallet.to_hex(),
        "class": rules.class.name(),
        "per_transfer_sat": rules.per_transfer.to_sat(),
        "fee": json_fee(rules.fee),
        "approval": json_quorum(rules.quorum),
        "bands": rules.bands().iter().map(json_band).collect::<Vec<_>>(),
        "destinations": rules.destinations.iter().map(Id::as_str).collect::<Vec<_>>(),
        "change_window": rules.change_window,
        "witnesses": rules.witnesses,
        "placement": { "vendors": rules.placement.vendors, "sites": rules.placement.sites },
        "windows": rules.windows.iter().copied().map(json_window).collect::<Vec<_>>(),
    })
}

fn json_sweep(sweep: &Sweep) -> Value {
    json!({
        "id": sweep.id.as_str(),
        "wallet": sweep.wallet.to_hex(),
        "fee": json_fee(sweep.fee),
        "approval": json_quorum(sweep.quorum),
    })
}

fn json_fee(fee: FeeCaps) -> Value {
    json!({
        "absolute_sat": fee.absolute.to_sat(),
        "sat_per_vbyte": fee.sat_per_vbyte,
        "per_mille": fee.per_mille,
    })
}

fn json_quorum(quorum: ApprovalQuorum) -> Value {
    json!({
        "approvers": quorum.approvers,
        "departments": quorum.departments,
        "directors": quorum.directors,
    })
}

fn json_floor(floor: &ColdFloor) -> Value {
    json!({ "class": floor.class.name(), "per_mille": floor.per_mille, "age": floor.age.0 })
}

fn json_window(window: WindowLimit) -> Value {
    json!({ "blocks": window.blocks.0, "limit_sat": window.amount.to_sat() })
}
