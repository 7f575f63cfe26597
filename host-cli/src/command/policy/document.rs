//! A policy as people write it: TOML in, the policy's structures out.

use std::str::FromStr as _;

use crate::error::not_toml;
use bitcoin::address::NetworkUnchecked;
use bitcoin::{Address, Amount, ScriptBuf};
use signer_core::digest::WalletDigest;
use signer_core::phrase;
use signer_core::policy::{
    ApprovalQuorum, ClassMove, ColdFloor, Destination, FeeCaps, Placement, PlainPolicy, QuorumBand,
    Separation, Sweep, WalletRules, WindowLimit,
};
use signer_core::rule::{Named, Phrase};
use signer_core::types::{Blocks, Height, Id, Label, Network, Version};
use signer_core::wallet::{RegisteredWallet, WalletClass};
use toml::de::DeTable;

use super::table::Table;

/// What the file says.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) number: Version,
    pub(super) activation: Height,
    pub(super) delay: Blocks,
    pub(super) wallets: Vec<WalletRules>,
    pub(super) destinations: Vec<Destination>,
    pub(super) class_moves: Vec<ClassMove>,
    pub(super) separation: Separation,
    pub(super) cold_floors: Option<Vec<ColdFloor>>,
    pub(super) sweep: Option<Sweep>,
}

/// Reads the file for these wallets of one network.
pub(super) fn read(
    text: &str,
    network: Network,
    records: &[RegisteredWallet],
) -> Result<Document, Phrase> {
    let document = DeTable::parse(text).map_err(|error| not_toml(&error))?;
    let mut root = Table::new("", document.get_ref());
    let destinations = destinations(&mut root, network)?;
    let mut wallets = root
        .tables("wallet")?
        .into_iter()
        .map(|table| {
            let (record, terms) = wallet(table, &destinations, |name| named(name, records))?;
            Ok(terms.of(record))
        })
        .collect::<Result<Vec<_>, Phrase>>()?;
    wallets.sort_by_key(|rules| rules.wallet);
    let read = Document {
        number: Version(root.number("number")?),
        activation: Height(root.number("activation")?),
        delay: Blocks(root.number("delay")?),
        wallets,
        destinations,
        class_moves: class_moves(&mut root)?,
        separation: separation(root.table("separation")?)?,
        cold_floors: cold_floors(&mut root)?,
        sweep: sweep(&mut root, |name| Ok(named(name, records)?.digest()))?,
    };
    root.end()?;
    check(&read, records)?;
    Ok(read)
}

fn destinations(root: &mut Table<'_>, network: Network) -> Result<Vec<Destination>, Phrase> {
    let mut destinations = root
        .tables("destination")?
        .into_iter()
        .map(|table| destination(table, network))
        .collect::<Result<Vec<_>, _>>()?;
    destinations.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(destinations)
}

fn destination(mut table: Table<'_>, network: Network) -> Result<Destination, Phrase> {
    let destination = Destination {
        id: table.text("id", Id::new)?,
        label: table.text("label", Label::new)?,
        script: table.text("address", |text| script(text, network))?,
        activation: Height(table.number("activation")?),
        limit: table.amount("limit")?,
        windows: windows(table.some_tables("windows")?)?,
    };
    table.end()?;
    Ok(destination)
}

fn window(mut table: Table<'_>) -> Result<WindowLimit, Phrase> {
    let window = WindowLimit {
        blocks: Blocks(table.number("blocks")?),
        amount: table.amount("limit")?,
    };
    table.end()?;
    Ok(window)
}

/// Moves between classes: without any, classes stay apart.
fn class_moves(root: &mut Table<'_>) -> Result<Vec<ClassMove>, Phrase> {
    let mut moves = root
        .some_tables("class_move")?
        .into_iter()
        .map(class_move)
        .collect::<Result<Vec<_>, _>>()?;
    moves.sort();
    Ok(moves)
}

fn class_move(mut table: Table<'_>) -> Result<ClassMove, Phrase> {
    let class_move = ClassMove {
        from: table.text("from", class)?,
        to: table.text("to", class)?,
        purpose: table.text_if_any("purpose", Label::new)?,
    };
    table.end()?;
    Ok(class_move)
}

/// Floors of the cold share, where there are any.
fn cold_floors(root: &mut Table<'_>) -> Result<Option<Vec<ColdFloor>>, Phrase> {
    let floors = root.some_tables("cold_floor")?.into_iter().map(cold_floor);
    let mut floors = floors.collect::<Result<Vec<_>, _>>()?;
    floors.sort();
    Ok((!floors.is_empty()).then_some(floors))
}

fn cold_floor(mut table: Table<'_>) -> Result<ColdFloor, Phrase> {
    let floor = ColdFloor {
        class: table.text("class", class)?,
        per_mille: table.number("per_mille")?,
        age: Blocks(table.number("age")?),
    };
    table.end()?;
    Ok(floor)
}

/// What a frozen device may sign, where it may sign anything; `find` says what the wallet's name
/// stands for.
fn sweep(
    root: &mut Table<'_>,
    find: impl FnOnce(&Label) -> Result<WalletDigest, Phrase>,
) -> Result<Option<Sweep>, Phrase> {
    if !root.has("sweep") {
        return Ok(None);
    }
    let mut table = root.table("sweep")?;
    let sweep = Sweep {
        id: table.text("id", Id::new)?,
        wallet: table.text("wallet", |text| {
            let name = Label::new(text)?;
            find(&name)
        })?,
        fee: fee(table.table("fee")?)?,
        quorum: whole_quorum(table.table("approval")?)?,
    };
    table.end()?;
    Ok(Some(sweep))
}

pub(in crate::command) fn class(text: &str) -> Result<WalletClass, Phrase> {
    WalletClass::from_name(text).ok_or_else(|| {
        phrase!(
            "not customer, guarantee, company or emergency",
            "customer、guarantee、company、emergency のどれでもない"
        )
    })
}

fn script(text: &str, network: Network) -> Result<ScriptBuf, Phrase> {
    Address::<NetworkUnchecked>::from_str(text)
        .map_err(|error| Phrase::new(&format!("not an address: {error}"), "アドレスではない"))?
        .require_network(network.to_bitcoin())
        .map(|address| address.script_pubkey())
        .map_err(|_| {
            phrase!(
                "not an address of {network}",
                "{network} のアドレスではない",
                network = network
            )
        })
}

/// The record of this name.
fn named<'a>(
    name: &Label,
    records: &'a [RegisteredWallet],
) -> Result<&'a RegisteredWallet, Phrase> {
    let mut named = records.iter().filter(|wallet| wallet.name() == name);
    match (named.next(), named.next()) {
        (Some(record), None) => Ok(record),
        (None, _) => Err(phrase!(
            "no --wallet has this name",
            "この名前の --wallet がない"
        )),
        (Some(_), Some(_)) => Err(phrase!(
            "two --wallet have this name",
            "この名前の --wallet が2つある"
        )),
    }
}

/// What a `[[wallet]]` says beside its name.
struct WalletTerms {
    per_transfer: Amount,
    fee: FeeCaps,
    quorum: ApprovalQuorum,
    bands: Option<Vec<QuorumBand>>,
    destinations: Vec<Id>,
    change_window: u32,
    placement: Placement,
    witnesses: u8,
    windows: Vec<WindowLimit>,
}

impl WalletTerms {
    fn of(self, record: &RegisteredWallet) -> WalletRules {
        WalletRules {
            wallet: record.digest(),
            class: record.class(),
            per_transfer: self.per_transfer,
            fee: self.fee,
            quorum: self.quorum,
            destinations: self.destinations,
            change_window: self.change_window,
            bands: self.bands,
            placement: self.placement,
            witnesses: self.witnesses,
            windows: self.windows,
        }
    }
}

/// Reads a `[[wallet]]`; `find` says what its name stands for.
fn wallet<T>(
    mut table: Table<'_>,
    known: &[Destination],
    find: impl FnOnce(&Label) -> Result<T, Phrase>,
) -> Result<(T, WalletTerms), Phrase> {
    let found = table.text("name", |text| {
        let name = Label::new(text)?;
        find(&name)
    })?;
    let mut destinations = table
        .texts("destinations")?
        .into_iter()
        .map(|text| match known.iter().find(|d| d.id.as_str() == text) {
            Some(destination) => Ok(destination.id.clone()),
            None => Err(table.bad(
                "destinations",
                &phrase!(
                    "{text} is not among them",
                    "{text} は登録されていない",
                    text = format!("{text:?}")
                ),
            )),
        })
        .collect::<Result<Vec<Id>, Phrase>>()?;
    destinations.sort();
    let terms = WalletTerms {
        per_transfer: table.amount("per_transfer")?,
        fee: fee(table.table("fee")?)?,
        quorum: whole_quorum(table.table("approval")?)?,
        bands: bands(table.some_tables("bands")?)?,
        destinations,
        change_window: table.number("change_window")?,
        placement: placement(table.table("placement")?)?,
        witnesses: table.some_number("witnesses")?.unwrap_or_default(),
        windows: windows(table.tables("windows")?)?,
    };
    table.end()?;
    Ok((found, terms))
}

/// Limits over time, the shortest window first. A wallet without any says so: `windows = []`.
fn windows(tables: Vec<Table<'_>>) -> Result<Vec<WindowLimit>, Phrase> {
    let windows = tables.into_iter().map(window);
    let mut windows = windows.collect::<Result<Vec<_>, _>>()?;
    windows.sort_by_key(|window| window.blocks);
    Ok(windows)
}

/// Reads the file for a wallet that nobody has registered: it must be the only one in it.
pub(in crate::command) fn read_plain(text: &str, network: Network) -> Result<PlainPolicy, Phrase> {
    let document = DeTable::parse(text).map_err(|error| not_toml(&error))?;
    let mut root = Table::new("", document.get_ref());
    let destinations = destinations(&mut root, network)?;
    let mut wallets = root.tables("wallet")?.into_iter();
    let (Some(table), None) = (wallets.next(), wallets.next()) else {
        return Err(phrase!(
            "wallet: more than one; keep the one whose descriptors are given",
            "wallet: 2つ以上ある。ディスクリプタを指定したもの1つだけにする"
        ));
    };
    let ((), terms) = wallet(table, &destinations, |_| Ok(()))?;
    let _: [u32; 3] = [
        root.number("number")?,
        root.number("activation")?,
        root.number("delay")?,
    ];
    let _ = (class_moves(&mut root)?, cold_floors(&mut root)?);
    let _ = sweep(&mut root, |_| Ok(WalletDigest::over(&[])))?;
    let _: Separation = separation(root.table("separation")?)?;
    root.end()?;
    let listed = |destination: &Destination| terms.destinations.contains(&destination.id);
    Ok(PlainPolicy {
        per_transfer: terms.per_transfer,
        fee: terms.fee,
        destinations: destinations.into_iter().filter(listed).collect(),
    })
}

fn placement(mut table: Table<'_>) -> Result<Placement, Phrase> {
    let placement = Placement {
        vendors: table.number("vendors")?,
        sites: table.number("sites")?,
    };
    table.end()?;
    Ok(placement)
}

fn separation(mut table: Table<'_>) -> Result<Separation, Phrase> {
    let separation = Separation {
        devices_per_operator: table.number("devices_per_operator")?,
        administrators_apart: table.number("administrators_apart")?,
        sessions_in_a_row: table.some_number("sessions_in_a_row")?,
    };
    table.end()?;
    Ok(separation)
}

fn fee(mut table: Table<'_>) -> Result<FeeCaps, Phrase> {
    let caps = FeeCaps {
        absolute: table.amount("absolute")?,
        sat_per_vbyte: table.number("sat_per_vbyte")?,
        per_mille: table.number("per_mille")?,
    };
    table.end()?;
    Ok(caps)
}

/// The bands, where there are any.
fn bands(tables: Vec<Table<'_>>) -> Result<Option<Vec<QuorumBand>>, Phrase> {
    let bands = tables.into_iter().map(|mut table| {
        let from = table.amount("from")?;
        let quorum = quorum(&mut table)?;
        table.end()?;
        Ok(QuorumBand { from, quorum })
    });
    let bands = bands.collect::<Result<Vec<_>, Phrase>>()?;
    Ok((!bands.is_empty()).then_some(bands))
}

fn quorum(table: &mut Table<'_>) -> Result<ApprovalQuorum, Phrase> {
    let quorum = ApprovalQuorum {
        approvers: table.number("approvers")?,
        departments: table.number("departments")?,
        directors: table.number("directors")?,
    };
    Ok(quorum)
}

fn whole_quorum(mut table: Table<'_>) -> Result<ApprovalQuorum, Phrase> {
    let quorum = quorum(&mut table)?;
    table.end()?;
    Ok(quorum)
}

fn check(document: &Document, records: &[RegisteredWallet]) -> Result<(), Phrase> {
    for destination in &document.destinations {
        let lists = |wallet: &RegisteredWallet| {
            let mut rules = document.wallets.iter();
            let rules = rules.find(|rules| rules.wallet == wallet.digest());
            rules.is_some_and(|rules| rules.destinations.contains(&destination.id))
        };
        let own = |wallet: &&RegisteredWallet| {
            wallet.locate(&destination.script).is_some() && lists(wallet)
        };
        if let Some(wallet) = records.iter().find(own) {
            return Err(phrase!(
                "destination {id} is an address of wallet {wallet} itself",
                "送付先 {id} がウォレット {wallet} 自身のアドレスである",
                id = destination.id,
                wallet = Named(wallet.name())
            ));
        }
    }
    Ok(())
}
