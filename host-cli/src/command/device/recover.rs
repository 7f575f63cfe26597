//! `device recover`: the order by which a device goes on without its journal, for the administrators
//! to sign.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bitcoin::OutPoint;
use signer_core::approval::{Approval, Decision, Roster};
use signer_core::codec::{self, ByteString};
use signer_core::cose::{Endorsed, Scope, Signed};
use signer_core::digest::WalletId;
use signer_core::keys::P256PublicKey;
use signer_core::life::{
    AnchorStatement, KnownReceipt, PolicyPin, ReadReceipt, Recovery, RetiredWallet, Retirement,
    UsedChange,
};
use signer_core::phrase;
use signer_core::policy::Policy;
use signer_core::psbt::ParsedPsbt;
use signer_core::root::Root;
use signer_core::rule::Named;
use signer_core::transcript::Rejected;
use signer_core::types::{Chain, Height, KeyIndex, Label, Lang};
use signer_core::wallet::RegisteredWallet;

use crate::artefact::{self, Kind};
use crate::cli::{self, Desk};
use crate::error::Failure;
use crate::files::{self, Output};
use crate::rosters::RosterArgs;
use crate::view::line;
use crate::{combine, consent, house};

/// Drafts the order by which a device goes on from what its HSM remembers.
///
/// Give every PSBT that the device ever answered, finished or not: what is not given is not known to
/// the device any more. Receipts, rejections and used change addresses are taken from them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli device recover --anchor tokyo-1.anchor --card tokyo-1.cbor --root root.cbor \\\n    \
    --roster roster.cbor --policy policy.cbor --wallet wallet.cbor --psbt wr-1.psbt --psbt wr-2.psbt \\\n    \
    --height 901000 --reason \"disk broke\" --out recovery-0.cbor")]
pub(crate) struct Args {
    /// What the device showed of its HSM's memory
    #[arg(long)]
    anchor: PathBuf,

    /// The device's newest card
    #[arg(long)]
    card: PathBuf,

    /// The root of trust
    #[arg(long)]
    root: PathBuf,

    #[command(flatten)]
    rosters: RosterArgs,

    /// The newest policy of all devices
    #[arg(long)]
    policy: PathBuf,

    /// A wallet of the device, in its newest version; once for each
    #[arg(long = "wallet")]
    wallets: Vec<PathBuf>,

    /// A PSBT that the device answered, or that was rejected; once for each
    #[arg(long = "psbt")]
    psbts: Vec<PathBuf>,

    /// An order that retired a wallet of the device; once for each
    #[arg(long = "retirement")]
    retirements: Vec<PathBuf>,

    /// Height at which the PSBTs were collected
    #[arg(long, value_parser = cli::height)]
    height: Height,

    /// Why, in few words
    #[arg(long, value_parser = cli::label)]
    reason: Label,

    /// The order to be written
    #[arg(long)]
    out: PathBuf,
}

impl Args {
    pub(super) fn run(&self, desk: &mut Desk) -> Result<(), Failure> {
        let out = Output::reserve(&self.out)?;
        let root = artefact::root(&self.root)?;
        let roster = self.rosters.read()?.into_last();
        artefact::same_scope(self.rosters.path(), roster.body().scope, root.scope)?;
        let card = artefact::device_card(&self.card, &root)?;
        let statement = self.statement(&card.card().identity)?;
        let policy = artefact::order::<Policy>(&self.policy, &roster)?;
        let known = self.known(&root, roster.body(), &statement.identity)?;
        let order = Recovery {
            version: 1,
            scope: root.scope,
            root: root.digest(),
            roster: roster.roster_digest(),
            identity: statement.identity,
            anchor: statement.anchor.clone(),
            card: card.digest(),
            policy: PolicyPin {
                number: policy.body().number,
                digest: policy.policy_digest(),
            },
            height: self.height,
            receipts: known.receipts,
            change: known.change,
            retired: self.retired(&roster)?,
            rejected: known.rejected,
            reason: self.reason.clone(),
        };
        let missing = order.without_receipt().map_err(|error| {
            Failure::told(
                &phrase!(
                    "the PSBTs and the anchor do not agree",
                    "PSBTとアンカーが一致しない"
                ),
                &error,
            )
        })?;
        let draft = Endorsed::new(order, root.scope);
        out.write(&draft.to_bytes())?;
        desk.tell(
            "compare these words with the witness's paper of the anchor:",
            "次の語を、立会人が持つアンカーの書面と照合してください:",
        )?;
        line!("{}", consent::grid(statement.digest().as_bytes(), None));
        show(draft.body(), missing);
        line!("{}", draft.recovery_digest());
        Ok(())
    }

    fn statement(&self, identity: &P256PublicKey) -> Result<AnchorStatement, Failure> {
        let statement: AnchorStatement = codec::decode(&files::read(&self.anchor)?)
            .map_err(|error| artefact::bad(&self.anchor, Kind::Anchor, &error.phrase()))?;
        if statement.version == 1 && statement.identity == *identity {
            return Ok(statement);
        }
        Err(Failure::input(
            phrase!(
                "{path} is of another device than the card",
                "{path} はカードとは別の端末のものである",
                path = Named(self.anchor.display())
            ),
            phrase!(
                "give the anchor and the card of the device that is recovered",
                "復旧する端末のアンカーとカードを指定してください。"
            ),
        ))
    }

    fn retired(&self, roster: &Endorsed<Roster>) -> Result<Vec<RetiredWallet>, Failure> {
        let orders = self.retirements.iter();
        let retired = orders.map(|path| {
            let order = artefact::order::<Retirement>(path, roster)?;
            Ok(RetiredWallet {
                wallet: order.body().wallet,
                retirement: order.retirement_digest(),
            })
        });
        retired.collect()
    }

    /// What the PSBTs say of this device.
    fn known(
        &self,
        root: &Root,
        roster: &Roster,
        identity: &P256PublicKey,
    ) -> Result<Known, Failure> {
        let wallets = self.wallets.iter();
        let wallets = wallets.map(|path| artefact::wallet_under(path, root));
        let wallets = wallets.collect::<Result<Vec<RegisteredWallet>, Failure>>()?;
        let (mut receipts, mut change) = (BTreeMap::new(), BTreeMap::new());
        let mut rejected: Vec<Rejected> = Vec::new();
        for path in &self.psbts {
            let parsed = house::psbt(path)?;
            for known in receipts_of(&parsed, identity) {
                let read = ReadReceipt::open(&known, root.scope, identity)
                    .and_then(|read| read.is_over(&parsed.tx_digest()).map(|()| read))
                    .map_err(|error| artefact::told(path, Kind::Answer, &error))?;
                if let Some(wallet) = payer(&parsed, &wallets) {
                    combine::check_receipt(&parsed, wallet, read.receipt())?;
                }
                receipts.insert(read.receipt().entries, known);
            }
            for (wallet, index) in change_of(&parsed, &wallets) {
                let highest = change.entry(wallet).or_insert(index);
                *highest = index.max(*highest);
            }
            for no in rejections_of(&parsed, roster, root.scope) {
                if !rejected.contains(&no) {
                    rejected.push(no);
                }
            }
        }
        Ok(Known {
            receipts: receipts.into_values().collect(),
            change: change
                .into_iter()
                .map(|(wallet, index)| UsedChange { wallet, index })
                .collect(),
            rejected,
        })
    }
}

/// What is known from PSBTs.
struct Known {
    receipts: Vec<KnownReceipt>,
    change: Vec<UsedChange>,
    rejected: Vec<Rejected>,
}

fn receipts_of<'a>(
    parsed: &'a ParsedPsbt,
    identity: &P256PublicKey,
) -> impl Iterator<Item = KnownReceipt> + 'a {
    let device = identity.device_id();
    let coins = parsed.tx().input.iter().map(|input| input.previous_output);
    let coins: Vec<OutPoint> = coins.collect();
    let own = parsed.carried().receipts.iter();
    own.filter(move |(of, _, _)| *of == device)
        .map(move |(_, _, receipt)| KnownReceipt {
            receipt: ByteString(receipt.clone()),
            coins: coins.iter().map(|coin| (*coin).into()).collect(),
        })
}

/// The wallet whose coins a PSBT spends, where it is among these: its keys judge the signatures.
fn payer<'a>(parsed: &ParsedPsbt, wallets: &'a [RegisteredWallet]) -> Option<&'a RegisteredWallet> {
    wallets.iter().find(|wallet| {
        let mut inputs = parsed.inputs().iter();
        inputs.all(|input| wallet.locate(&input.spent.script_pubkey).is_some())
    })
}

fn change_of<'a>(
    parsed: &'a ParsedPsbt,
    wallets: &'a [RegisteredWallet],
) -> impl Iterator<Item = (WalletId, KeyIndex)> + 'a {
    let outputs = parsed.tx().output.iter();
    outputs.flat_map(move |output| {
        wallets
            .iter()
            .filter_map(move |wallet| match wallet.locate(&output.script_pubkey) {
                Some((Chain::Change, index)) => Some((wallet.id(), index)),
                _ => None,
            })
    })
}

/// Genuine rejections by officers of the roster.
fn rejections_of(parsed: &ParsedPsbt, roster: &Roster, scope: Scope) -> Vec<Rejected> {
    let approvals = parsed.carried().approvals.iter();
    let rejected = approvals.filter_map(|(officer, bytes)| {
        let officer = roster.officer(officer)?;
        let approval =
            Signed::<Approval>::open(bytes, scope, artefact::key_of([officer.key])).ok()?;
        let body = approval.body();
        (body.decision == Decision::Reject).then(|| Rejected {
            request: body.request,
            officer: officer.id.clone(),
        })
    });
    rejected.collect()
}

/// The order as people read it.
pub(super) fn show(order: &Recovery, missing: u64) {
    let anchor = &order.anchor;
    line!("device      {}", order.identity.device_id());
    line!(
        "anchor      generation {}, {} entries, {} signatures",
        anchor.generation,
        anchor.entries,
        anchor.signatures
    );
    if let Some(frozen) = &anchor.frozen {
        line!("state       {}", frozen.phrase().text(Lang::En));
    }
    if let Some(waiting) = &anchor.waiting {
        let (roster, from) = (waiting.roster, waiting.from);
        line!("waits       roster {roster} of the recovery quorum, until height {from}");
    }
    line!("receipts    {}", order.receipts.len());
    line!("missing     {missing} signatures without a receipt");
    line!("retired     {} wallets", order.retired.len());
    line!("rejected    {} requests", order.rejected.len());
    let policy = &order.policy;
    line!("policy      {} {}", policy.number, policy.digest);
    line!("at height   {}: {}", order.height, order.reason);
}
