//! `request draft`: the requester signs over a transaction that exists already.

use std::path::PathBuf;

use bitcoin::Amount;
use signer_core::approval::{Request, RequestKind, RequestedPayment, Role};
use signer_core::codec;
use signer_core::cose::Draft;
use signer_core::digest::TxDigest;
use signer_core::headers::KnownTime;
use signer_core::phrase;
use signer_core::policy::CheckedTx;
use signer_core::psbt::ProprietaryField;
use signer_core::rule::Named;
use signer_core::types::{Height, Id, Label, OfficerId};

use super::facts;
use crate::artefact;
use crate::cli::{self, Desk};
use crate::error::Failure;
use crate::files::Output;
use crate::heads::HeadArgs;
use crate::house::{self, House, HouseArgs, tip_of};
use crate::token::TokenArgs;

/// Judges the transaction by wallet and policy, asks the requester for the amount and the PIN, and
/// puts the signed request and the headers into the PSBT.
///
/// The headers are JSON that any node can give, from the root's checkpoint on:
/// {"first_height": 1, "headers": [..]}, each header 160 hexadecimal characters.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli request draft --psbt transfer.psbt --policy policy.cbor --roster roster.cbor \\\n    \
    --wallet wallet.cbor --root root.cbor --case wr-2026-000123 --requester sato.k --builder sato.k \\\n    \
    --broadcaster abe.t --purpose \"Refill of the hot wallet\" --fee-ceiling 20000 --expiry 1000 \\\n    \
    --invite suzuki.h,ito.m --profile softhsm2 --token officer-sato.k \\\n    \
    --transcript tokyo-1.transcript --headers headers.json --out request.psbt")]
pub(crate) struct Args {
    /// The PSBT of the transaction
    #[arg(long)]
    psbt: PathBuf,

    #[command(flatten)]
    house: HouseArgs,

    /// Case number
    #[arg(long, value_parser = cli::id)]
    case: Id,

    /// Who asks
    #[arg(long, value_parser = cli::id)]
    requester: OfficerId,

    /// Who built the transaction; this officer then operates no device for it
    #[arg(long, value_parser = cli::id)]
    builder: OfficerId,

    /// Who is to broadcast the signed transaction: a broadcaster with no other part in it
    #[arg(long, value_parser = cli::id)]
    broadcaster: OfficerId,

    /// Why, in the requester's words
    #[arg(long, value_parser = cli::label)]
    purpose: Label,

    /// What is asked for: `ordinary`, or `sweep`: everything to the emergency wallet, on devices that
    /// are frozen
    #[arg(long, default_value = "ordinary", value_parser = cli::request_kind)]
    kind: RequestKind,

    /// Highest fee that the requester accepts, in satoshi
    #[arg(long, value_parser = cli::sats)]
    fee_ceiling: Amount,

    /// Last height at which the request may be signed
    #[arg(long, value_parser = cli::height)]
    expiry: Height,

    /// Officers who are asked to approve
    #[arg(long, value_delimiter = ',', required = true, value_parser = cli::id)]
    invite: Vec<OfficerId>,

    /// Officers without whom nothing is signed
    #[arg(long, value_delimiter = ',', value_parser = cli::id)]
    mandatory: Vec<OfficerId>,

    /// Earlier versions of this transaction that a fee bump replaces: the digest of each that was
    /// ever signed, as `request show` gives it
    #[arg(long, value_delimiter = ',', value_parser = cli::tx_digest)]
    replaces: Vec<TxDigest>,

    #[command(flatten)]
    known: HeadArgs,

    #[command(flatten)]
    token: TokenArgs,

    /// Headers of the chain
    #[arg(long)]
    headers: PathBuf,

    /// The PSBT with the request, to be written
    #[arg(long)]
    out: PathBuf,
}

impl Args {
    pub(super) fn run(&self, desk: &mut Desk) -> Result<(), Failure> {
        let out = Output::reserve(&self.out)?;
        let root = self.house.root()?;
        let headers = artefact::headers(&self.headers)?;
        let tip = tip_of(&headers, &root)?;
        let house = self.house.at(root, tip)?;
        let parsed = house::psbt(&self.psbt)?;
        let raw = parsed.raw().clone();
        if parsed.carried().request.is_some() {
            return Err(Failure::input(
                phrase!(
                    "{path} carries a request already",
                    "{path} に既に申請がある",
                    path = Named(self.psbt.display())
                ),
                phrase!(
                    "draft over the PSBT as `host-cli psbt create` made it",
                    "`host-cli psbt create` が作成したままのPSBTで申請してください。"
                ),
            ));
        }
        let checked = house.check_as(self.kind, parsed)?;
        let request = self.request(&house, &checked)?;
        let roster = house.roster.roster();
        let officer = artefact::officer(roster, &self.requester, Role::Requester)?;
        let token = self.token.find(house.root.scope.network)?;
        facts::show_transaction(desk, &checked)?;
        facts::ask_amount(desk, &self.requester, &checked)?;
        let pen = token.login(desk, &self.requester, &officer.key)?;
        let signed = pen.sign(Draft::new(request, house.root.scope, officer.key))?;
        let with_request = raw
            .insert_global(&ProprietaryField::request_key(), &signed.to_bytes())
            .and_then(|raw| {
                let headers = codec::encode(&headers);
                raw.insert_global(&ProprietaryField::headers_key(), &headers)
            })?;
        out.write(with_request.bytes())?;
        desk.say(&signed.request_digest().to_string())
    }

    fn request(&self, house: &House, checked: &CheckedTx) -> Result<Request, Failure> {
        let fee = checked.wallet_tx().fee();
        if fee > self.fee_ceiling {
            return Err(Failure::refused(
                phrase!(
                    "the fee is {fee} sat, above the ceiling",
                    "手数料 {fee} sat が上限を超えている",
                    fee = fee.to_sat()
                ),
                phrase!(
                    "make the PSBT with a lower fee, or accept a higher one",
                    "手数料を下げてPSBTを作成し直すか、上限を上げてください。"
                ),
            ));
        }
        if self.expiry < house.tip {
            return Err(Failure::refused(
                phrase!(
                    "height {height} is over: the chain is at {tip}",
                    "ブロック高 {height} は過ぎている(現在 {tip})",
                    height = self.expiry,
                    tip = house.tip
                ),
                phrase!(
                    "choose a later height",
                    "先のブロック高を指定してください。"
                ),
            ));
        }
        let officers = |ids: &[OfficerId]| {
            let mut ids = ids.to_vec();
            ids.sort();
            ids.dedup();
            for id in &ids {
                facts::approver(house.roster.roster(), id)?;
            }
            Ok::<_, Failure>(ids)
        };
        let payments = checked.payments().iter().map(|payment| RequestedPayment {
            destination: payment.destination.clone(),
            amount: payment.amount,
        });
        Ok(Request {
            version: 1,
            scope: house.root.scope,
            case: self.case.clone(),
            root: house.root.digest(),
            roster: house.roster.digest(),
            policy: house.policy.digest(),
            wallet: house.wallet.digest(),
            tx: checked.wallet_tx().parsed().tx_digest(),
            requester: self.requester.clone(),
            purpose: self.purpose.clone(),
            payments: payments.collect(),
            fee_ceiling: self.fee_ceiling,
            expiry: self.expiry,
            invited: officers(&self.invite)?,
            mandatory: officers(&self.mandatory)?,
            heads: self.known.known(house)?,
            builder: self.known_builder(house)?,
            replaces: self.replaces.clone(),
            kind: self.kind,
            broadcaster: self.known_broadcaster(house)?,
        })
    }

    fn known_broadcaster(&self, house: &House) -> Result<OfficerId, Failure> {
        let broadcaster = &self.broadcaster;
        let entry = house.roster.roster().officer(broadcaster);
        let acts = entry.and_then(|officer| {
            officer.acting_as(Role::Broadcaster, KnownTime::without_clock(house.tip))
        });
        let apart = ![&self.requester, &self.builder].contains(&broadcaster);
        if acts.is_some() && apart {
            return Ok(broadcaster.clone());
        }
        Err(Failure::refused(
            phrase!(
                "{broadcaster} is no broadcaster valid at height {tip}, or asks or built it",
                "{broadcaster} はブロック高 {tip} で有効な送信担当者ではないか、起案者または取引作成者である",
                broadcaster = broadcaster,
                tip = house.tip
            ),
            phrase!(
                "name a broadcaster of the roster who has no other part in this transfer",
                "この出庫に他の関与がない名簿の送信担当者を指定してください。"
            ),
        ))
    }

    fn known_builder(&self, house: &House) -> Result<OfficerId, Failure> {
        let entry = house.roster.roster().officer(&self.builder);
        if !entry.is_some_and(|officer| officer.is_valid(KnownTime::without_clock(house.tip))) {
            let builder = &self.builder;
            return Err(Failure::refused(
                phrase!(
                    "{builder} is no officer valid at height {tip}",
                    "{builder} はブロック高 {tip} で有効な役職員ではない",
                    builder = builder,
                    tip = house.tip
                ),
                phrase!(
                    "name the officer of the roster who built the transaction",
                    "取引を作成した名簿の役職員を指定してください。"
                ),
            ));
        }
        Ok(self.builder.clone())
    }
}
