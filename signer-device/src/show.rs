//! Views of the journal: nothing here is authority, and nothing is recorded.

use std::sync::Arc;

use signer_core::approval::Officer;
use signer_core::digest::{WalletDigest, from_hex};
use signer_core::life::KeyState;
use signer_core::phrase;
use signer_core::policy::{
    ClassMove, ColdFloor, Destination, QuorumBand, Separation, Sweep, WalletRules, WindowLimit,
};
use signer_core::review::address::grouped;
use signer_core::rule::Explained;
use signer_core::settlement::OpenSignature;
use signer_core::transcript::{DeviceState, Journal, SessionSummary};
use signer_core::types::{Chain, Network};
use signer_core::wallet::RegisteredWallet;

use crate::console::Console;
use crate::failure::Failure;
use crate::files::Output;
use crate::journal::{Disk, Hold};
use crate::json::Json;
use crate::plan::{Address, Export, Format, Place, Show};
use crate::spareless::Spareless;

/// A journal that is only read.
pub(crate) struct Reading {
    pub(crate) console: Console,
    pub(crate) journal: Journal,
    torn: usize,
}

impl Reading {
    /// Reads the journal of the folder and folds it.
    ///
    /// # Errors
    /// TRN01, TRN04.
    pub(crate) fn open(place: &Place) -> Result<Self, Failure> {
        let (disk, torn) = Disk::open(&place.state, Hold::Shared)?;
        let journal = Journal::load(disk.bytes()).map_err(|r| Failure::rule(&r))?;
        Ok(Self {
            console: Console::new(place.lang),
            journal,
            torn: torn.map_or(0, |tail| tail.length),
        })
    }

    fn state(&self) -> &DeviceState {
        self.journal.state()
    }
}

/// `device card`
pub(crate) fn card(plan: &Export) -> Result<(), Failure> {
    let out = Output::reserve(&plan.out)?;
    let mut reading = Reading::open(&plan.place)?;
    let card = reading.state().own_card().ok_or_else(|| {
        Failure::input(
            phrase!("the journal holds no card of this device", "ジャーナルにこの端末のカードがない"),
            phrase!("Go on with `signer-device device resume`, or begin with `signer-device device generate`.", "`signer-device device resume` で続行するか、`signer-device device generate` で開始してください。"),
        )
    })?;
    let (bytes, path) = (card.to_bytes(), out.path().display().to_string());
    out.write(&bytes)?;
    reading.console.wrote(&format!("wrote {path}"))
}

/// `device status`
pub(crate) fn status(plan: &Show) -> Result<(), Failure> {
    let mut reading = Reading::open(&plan.place)?;
    let value = status_json(&reading);
    if plan.format == Format::Json {
        return reading.console.plain(&value.to_string());
    }
    let lang = reading.console.lang();
    for wallet in Spareless::of(reading.state()) {
        reading.console.notice(&wallet.text(lang))?;
    }
    lines_of(&mut reading.console, &value)
}

fn status_json(reading: &Reading) -> Json {
    let (state, head) = (reading.state(), reading.journal.head());
    let genesis = state.genesis();
    let text = |text: Option<String>| Json::maybe(text);
    Json::Object(vec![
        ("name", text(genesis.map(|g| g.name.to_string()))),
        ("site", text(genesis.map(|g| g.site.to_string()))),
        ("device", text(state.device().map(|d| d.to_hex()))),
        (
            "network",
            text(genesis.map(|g| g.root.scope.network.to_string())),
        ),
        ("root", text(genesis.map(|g| g.root.digest().to_hex()))),
        ("token", text(genesis.map(|g| g.hsm.label.to_string()))),
        ("profile", text(genesis.map(|g| g.hsm.profile.to_string()))),
        ("frozen", text(state.frozen().map(|f| f.digest.to_hex()))),
        (
            "frozen_by",
            text(state.frozen().map(|f| f.officer.to_string())),
        ),
        ("roster", text(state.roster().map(|r| r.digest().to_hex()))),
        ("policy", text(state.policy().map(|p| p.digest().to_hex()))),
        ("sweeps_to", sweeps_to(state)),
        ("height", Json::from(state.height().0)),
        ("signatures", Json::Number(state.ledger().signatures())),
        ("open_signatures", open_json(state)),
        (
            "unknown_signatures",
            Json::Number(state.open_count().map_or(0, |open| open.unknown)),
        ),
        ("entries", Json::Number(head.entries)),
        ("head", Json::text(signer_core::digest::hex(&head.hash))),
        ("torn_bytes", Json::Number(reading.torn as u64)),
        ("keys", keys_json(state)),
        (
            "without_spare",
            Json::List(Spareless::of(state).iter().map(spareless_json).collect()),
        ),
        (
            "unsealed_session",
            Json::maybe(state.open().map(|open| open.number().0)),
        ),
        (
            "unreleased_sessions",
            Json::List(
                state
                    .unfinished()
                    .iter()
                    .map(|cut| Json::from(cut.session().0))
                    .collect(),
            ),
        ),
        (
            "sessions",
            Json::List(state.sessions().iter().map(session_json).collect()),
        ),
    ])
}

/// Partial signatures that were released and are not settled.
fn open_json(state: &DeviceState) -> Json {
    let open = state.register().open().into_iter();
    let one = |open: &OpenSignature| {
        Json::Object(vec![
            ("transaction", Json::text(open.tx)),
            (
                "wallet",
                Json::maybe(state.wallet_name(open).map(str::to_owned)),
            ),
            (
                "paid_sat",
                open.paid
                    .map_or(Json::Null, |paid| Json::Number(paid.to_sat())),
            ),
            ("session", Json::from(open.session.0)),
            ("since", Json::from(open.since.0)),
        ])
    };
    Json::List(open.map(one).collect())
}

/// A wallet that cannot lose a device any more.
fn spareless_json(wallet: &Spareless) -> Json {
    Json::Object(vec![
        ("wallet", Json::text(&wallet.wallet)),
        ("able", Json::Number(wallet.able as u64)),
        ("needed", Json::from(u32::from(wallet.needed))),
    ])
}

/// How many wallet keys are in each state.
fn keys_json(state: &DeviceState) -> Json {
    let count = |life| {
        state
            .wallet_keys()
            .filter(|line| line.state == life)
            .count()
    };
    let counts = KeyState::ALL.map(|life| (life.name(), Json::Number(count(life) as u64)));
    Json::Object(counts.to_vec())
}

fn session_json(session: &SessionSummary) -> Json {
    Json::Object(vec![
        ("number", Json::from(session.number.0)),
        ("ceremony", Json::text(session.kind.name())),
        ("outcome", Json::text(session.outcome.name())),
        ("sealed", Json::Truth(session.seal.is_some())),
    ])
}

/// `wallet list`
pub(crate) fn wallets(plan: &Show) -> Result<(), Failure> {
    let mut reading = Reading::open(&plan.place)?;
    let registry = reading.state().wallets();
    let wallets = registry.wallets().iter().chain(registry.emergencies());
    let list = wallets.map(|wallet| wallet_json(reading.state(), wallet));
    let list = Json::List(list.collect());
    if plan.format == Format::Json {
        return reading.console.plain(&list.to_string());
    }
    let Json::List(wallets) = list else {
        return Ok(());
    };
    if wallets.is_empty() {
        let none = reading
            .console
            .lang()
            .pick("no wallet", "登録ウォレットなし");
        return reading.console.say(none);
    }
    wallets
        .iter()
        .try_for_each(|wallet| lines_of(&mut reading.console, wallet))
}

/// A wallet of this device, or the emergency wallet of others, for which it never signs.
fn wallet_json(state: &DeviceState, wallet: &RegisteredWallet) -> Json {
    let registry = state.wallets();
    Json::Object(vec![
        ("name", Json::text(wallet.name())),
        ("digest", Json::text(wallet.digest())),
        ("id", Json::text(wallet.id())),
        ("class", Json::text(wallet.class().name())),
        (
            "signs_here",
            Json::Truth(registry.by_digest(&wallet.digest()).is_some()),
        ),
        (
            "retired",
            Json::maybe(
                registry
                    .retirement(&wallet.id())
                    .map(|order| order.to_hex()),
            ),
        ),
        ("script", Json::text(wallet.script_type().name())),
        ("threshold", Json::from(u32::from(wallet.threshold()))),
        (
            "devices",
            Json::List(
                wallet
                    .cosigners()
                    .iter()
                    .map(|cosigner| Json::text(&cosigner.name))
                    .collect(),
            ),
        ),
        ("version", Json::from(wallet.record().table_version)),
        ("receive", Json::from(wallet.addresses(Chain::Receive))),
        ("change", Json::from(wallet.addresses(Chain::Change))),
        (
            "receive_left",
            Json::from(state.supply(wallet, Chain::Receive).left()),
        ),
        (
            "change_left",
            Json::from(state.supply(wallet, Chain::Change).left()),
        ),
    ])
}

/// `wallet address`
pub(crate) fn address(plan: &Address) -> Result<(), Failure> {
    let mut reading = Reading::open(&plan.show.place)?;
    let wallet = find(reading.state(), &plan.wallet)?;
    let address = wallet.address(plan.chain, plan.index).ok_or_else(|| {
        Failure::input(
            phrase!(
                "the wallet has {count} addresses on this chain",
                "ウォレットのこのチェーンのアドレスは {count} 個である",
                count = wallet.addresses(plan.chain)
            ),
            phrase!(
                "Give a smaller --index, or top up the pools.",
                "--index を小さくするか、鍵プールを補充してください。"
            ),
        )
    })?;
    let descriptor = wallet
        .descriptor(plan.chain, plan.index)
        .map_err(|e| Failure::internal(e.what()))?;
    if plan.show.format == Format::Json {
        let value = Json::Object(vec![
            ("wallet", Json::text(wallet.digest())),
            ("chain", Json::from(u32::from(plan.chain.number()))),
            ("index", Json::from(plan.index.0)),
            ("address", Json::text(&address)),
            ("descriptor", Json::text(descriptor)),
        ]);
        return reading.console.plain(&value.to_string());
    }
    let mut lines = vec![
        format!("{}  {}/{}", wallet.name(), plan.chain.number(), plan.index),
        String::new(),
    ];
    lines.extend(grouped(&address.to_string()));
    reading.console.screen("address", &lines)
}

/// The registered wallet of this name or digest.
pub(crate) fn find(state: &DeviceState, wanted: &str) -> Result<Arc<RegisteredWallet>, Failure> {
    let digest = from_hex(wanted).map(WalletDigest::from_bytes);
    let mut newest_first = state.wallets().wallets().iter().rev();
    newest_first
        .find(|wallet| Some(wallet.digest()) == digest || wallet.name().as_str() == wanted)
        .cloned()
        .ok_or_else(|| {
            Failure::input(
                phrase!(
                    "no wallet {wanted} is registered here",
                    "ウォレット {wanted} は登録されていない",
                    wanted = wanted
                ),
                phrase!(
                    "Look at the names with `signer-device wallet list --state DIR`.",
                    "名前を確認してください: `signer-device wallet list --state DIR`"
                ),
            )
        })
}

/// `roster show`
pub(crate) fn roster(plan: &Show) -> Result<(), Failure> {
    let mut reading = Reading::open(&plan.place)?;
    let value = roster_json(reading.state());
    if plan.format == Format::Json {
        return reading.console.plain(&value.to_string());
    }
    lines_of(&mut reading.console, &value)
}

fn roster_json(state: &DeviceState) -> Json {
    let Some(roster) = state.roster() else {
        return Json::Null;
    };
    let body = roster.roster();
    Json::Object(vec![
        ("number", Json::from(body.number.0)),
        ("digest", Json::text(roster.digest())),
        ("administrators", Json::from(u32::from(body.administrators))),
        (
            "officers",
            Json::List(body.officers.iter().map(officer_json).collect()),
        ),
    ])
}

fn officer_json(officer: &Officer) -> Json {
    let roles = officer.roles.iter().map(|role| Json::text(role.name()));
    Json::Object(vec![
        ("id", Json::text(&officer.id)),
        ("name", Json::text(&officer.name)),
        ("name_ja", Json::text(&officer.name_ja)),
        ("department", Json::text(&officer.department)),
        ("roles", Json::List(roles.collect())),
        ("key_id", Json::text(officer.key.key_id().to_hex())),
        ("valid_from", Json::from(officer.valid_from.0)),
        ("valid_to", Json::from(officer.valid_to.0)),
    ])
}

/// `policy show`
pub(crate) fn policy(plan: &Show) -> Result<(), Failure> {
    let mut reading = Reading::open(&plan.place)?;
    let value = policy_json(reading.state());
    if plan.format == Format::Json {
        return reading.console.plain(&value.to_string());
    }
    if value == Json::Null {
        let none = reading.console.lang().pick("no policy", "ポリシーなし");
        return reading.console.say(none);
    }
    lines_of(&mut reading.console, &value)
}

/// The emergency wallet that the policy names; its name is known where its record is here.
fn sweeps_to(state: &DeviceState) -> Json {
    let policy = state.policy();
    let Some(sweep) = policy.and_then(|policy| policy.policy().sweep.as_ref()) else {
        return Json::Null;
    };
    let known = state.wallets().emergency(&sweep.wallet);
    Json::Object(vec![
        (
            "wallet",
            Json::maybe(known.map(|wallet| wallet.name().to_string())),
        ),
        ("digest", Json::text(sweep.wallet)),
    ])
}

fn policy_json(state: &DeviceState) -> Json {
    let Some(policy) = state.policy() else {
        return Json::Null;
    };
    let network = policy.scope().network;
    let body = policy.policy();
    let destinations = body.destinations.iter();
    let destinations = destinations.map(|destination| paid(destination, network));
    let wallets = body.wallets.iter().map(|rules| limited(state, rules));
    let class_moves = body.class_moves.iter().map(class_move);
    let floors = body.cold_floors().iter().map(cold_floor);
    Json::Object(vec![
        ("number", Json::from(policy.number().0)),
        ("digest", Json::text(policy.digest())),
        ("activation", Json::from(body.activation.0)),
        (
            "waits_until",
            Json::maybe(policy.waits_until().map(|height| height.0)),
        ),
        ("wallets", Json::List(wallets.collect())),
        ("destinations", Json::List(destinations.collect())),
        ("class_moves", Json::List(class_moves.collect())),
        ("separation", apart(body.separation)),
        ("cold_floors", Json::List(floors.collect())),
        ("sweep", body.sweep.as_ref().map_or(Json::Null, swept)),
    ])
}

/// What a frozen device may sign.
fn swept(sweep: &Sweep) -> Json {
    let (fee, quorum) = (sweep.fee, sweep.quorum);
    Json::Object(vec![
        ("id", Json::text(&sweep.id)),
        ("wallet", Json::text(sweep.wallet)),
        ("fee_absolute_sat", Json::Number(fee.absolute.to_sat())),
        ("fee_sat_per_vbyte", Json::from(fee.sat_per_vbyte)),
        ("fee_per_mille", Json::from(fee.per_mille)),
        ("approvers", Json::from(u32::from(quorum.approvers))),
        ("departments", Json::from(u32::from(quorum.departments))),
        ("directors", Json::from(u32::from(quorum.directors))),
    ])
}

/// A destination.
fn paid(destination: &Destination, network: Network) -> Json {
    let address = bitcoin::Address::from_script(&destination.script, network.to_bitcoin());
    Json::Object(vec![
        ("id", Json::text(&destination.id)),
        ("label", Json::text(&destination.label)),
        ("address", Json::maybe(address.ok().map(|a| a.to_string()))),
        ("limit_sat", Json::Number(destination.limit.to_sat())),
        ("activation", Json::from(destination.activation.0)),
        ("windows", windows(&destination.windows, None)),
    ])
}

/// What a wallet may do.
fn limited(state: &DeviceState, rules: &WalletRules) -> Json {
    let quorum = &rules.quorum;
    let destinations = rules.destinations.iter().map(Json::text);
    Json::Object(vec![
        ("wallet", Json::text(rules.wallet)),
        ("class", Json::text(rules.class.name())),
        (
            "per_transfer_sat",
            Json::Number(rules.per_transfer.to_sat()),
        ),
        (
            "fee_absolute_sat",
            Json::Number(rules.fee.absolute.to_sat()),
        ),
        ("fee_sat_per_vbyte", Json::from(rules.fee.sat_per_vbyte)),
        ("fee_per_mille", Json::from(rules.fee.per_mille)),
        ("approvers", Json::from(u32::from(quorum.approvers))),
        ("departments", Json::from(u32::from(quorum.departments))),
        ("directors", Json::from(u32::from(quorum.directors))),
        (
            "bands",
            Json::List(rules.bands().iter().map(band).collect()),
        ),
        ("destinations", Json::List(destinations.collect())),
        ("vendors", Json::from(u32::from(rules.placement.vendors))),
        ("sites", Json::from(u32::from(rules.placement.sites))),
        ("witnesses", Json::from(u32::from(rules.witnesses))),
        ("windows", windows(&rules.windows, signers_of(state, rules))),
    ])
}

/// How many devices of a wallet sign, and how many there are.
fn signers_of(state: &DeviceState, rules: &WalletRules) -> Option<(u8, usize)> {
    let wallet = state.wallets().by_digest(&rules.wallet)?;
    Some((wallet.threshold(), wallet.cosigners().len()))
}

/// Limits over time; of a wallet, with what this device may sign of each.
fn windows(limits: &[WindowLimit], signers: Option<(u8, usize)>) -> Json {
    let lines = limits.iter().map(|limit| {
        let mut members = vec![
            ("blocks", Json::from(limit.blocks.0)),
            ("limit_sat", Json::Number(limit.amount.to_sat())),
        ];
        members.extend(signers.map(|(m, n)| {
            let share = limit.share(m, n);
            ("share_sat", Json::Number(share.to_sat()))
        }));
        Json::Object(members)
    });
    Json::List(lines.collect())
}

/// What must stay cold of a class.
fn cold_floor(floor: &ColdFloor) -> Json {
    Json::Object(vec![
        ("class", Json::text(floor.class.name())),
        ("per_mille", Json::from(floor.per_mille)),
        ("age", Json::from(floor.age.0)),
    ])
}

/// A move between classes; null where any purpose will do.
fn class_move(named: &ClassMove) -> Json {
    let purpose = named.purpose.as_ref().map(ToString::to_string);
    Json::Object(vec![
        ("from", Json::text(named.from.name())),
        ("to", Json::text(named.to.name())),
        ("purpose", Json::maybe(purpose)),
    ])
}

/// Who is kept apart from whom.
fn apart(separation: Separation) -> Json {
    let Separation {
        devices_per_operator,
        administrators_apart,
        sessions_in_a_row,
    } = separation;
    let number = |count: u8| Json::from(u32::from(count));
    Json::Object(vec![
        ("devices_per_operator", number(devices_per_operator)),
        ("administrators_apart", number(administrators_apart)),
        (
            "sessions_in_a_row",
            sessions_in_a_row.map_or(Json::Null, number),
        ),
    ])
}

/// Who must approve from an amount on.
fn band(band: &QuorumBand) -> Json {
    let quorum = band.quorum;
    Json::Object(vec![
        ("from_sat", Json::Number(band.from.to_sat())),
        ("approvers", Json::from(u32::from(quorum.approvers))),
        ("departments", Json::from(u32::from(quorum.departments))),
        ("directors", Json::from(u32::from(quorum.directors))),
    ])
}

/// An object for people: one member on a line, lists below.
fn lines_of(console: &mut Console, value: &Json) -> Result<(), Failure> {
    let Json::Object(members) = value else {
        return console.say(&plain(value));
    };
    for (name, member) in members {
        match member {
            Json::List(items) if items.iter().any(|i| matches!(i, Json::Object(_))) => {
                for item in items {
                    console.say(&format!("{name}: {}", plain(item)))?;
                }
            }
            other => console.say(&format!("{name}: {}", plain(other)))?,
        }
    }
    Ok(())
}

fn plain(value: &Json) -> String {
    match value {
        Json::Null => "-".into(),
        Json::Text(text) => text.clone(),
        Json::Truth(_) | Json::Number(_) => value.to_string(),
        Json::List(items) => items.iter().map(plain).collect::<Vec<_>>().join(" "),
        Json::Object(members) => members
            .iter()
            .map(|(name, member)| format!("{name} {}", plain(member)))
            .collect::<Vec<_>>()
            .join(", "),
    }
}
