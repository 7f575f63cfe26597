//! `request approve` and `request reject`: one officer's word, over the same digests as the request.

use std::path::PathBuf;

use signer_core::approval::{Approval, Decision, HeardRequest, KnownHead};
use signer_core::cose::Draft;
use signer_core::phrase;
use signer_core::psbt::{ParsedPsbt, ProprietaryField};
use signer_core::root::Root;
use signer_core::types::{Height, OfficerId};

use super::facts;
use crate::cli::{self, Desk};
use crate::error::Failure;
use crate::files::Output;
use crate::heads::HeadArgs;
use crate::house::{self, House, HouseArgs, carried_headers, tip_of};
use crate::token::TokenArgs;

pub(super) const APPROVE: &str = "Example:\n  \
    host-cli request approve --psbt request.psbt --policy policy.cbor --roster roster.cbor \\\n    \
    --wallet wallet.cbor --root root.cbor --officer suzuki.h --profile softhsm2 \\\n    \
    --token officer-suzuki.h --out approved-1.psbt";

pub(super) const REJECT: &str = "Example:\n  \
    host-cli request reject --psbt request.psbt --policy policy.cbor --roster roster.cbor \\\n    \
    --wallet wallet.cbor --root root.cbor --officer suzuki.h --profile softhsm2 \\\n    \
    --token officer-suzuki.h --out rejected.psbt";

/// Judges transaction and request by the rules of the devices, shows what they do, asks, and puts
/// the officer's signed word into the PSBT.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The PSBT with the request
    #[arg(long)]
    psbt: PathBuf,

    #[command(flatten)]
    house: HouseArgs,

    /// Height of the chain, where the officer knows a later one than the PSBT's headers
    #[arg(long, value_parser = cli::height)]
    height: Option<Height>,

    /// Who decides
    #[arg(long, value_parser = cli::id)]
    officer: OfficerId,

    #[command(flatten)]
    known: HeadArgs,

    #[command(flatten)]
    token: TokenArgs,

    /// The PSBT with the officer's word, to be written
    #[arg(long)]
    out: PathBuf,
}

impl Args {
    pub(super) fn run(&self, desk: &mut Desk, decision: Decision) -> Result<(), Failure> {
        let out = Output::reserve(&self.out)?;
        let root = self.house.root()?;
        let parsed = house::psbt(&self.psbt)?;
        let tip = known_height(&parsed, &root, self.height)?;
        let house = self.house.at(root, tip)?;
        let raw = parsed.raw().clone();
        let heard = house.hear(parsed)?;
        if heard
            .votes()
            .iter()
            .any(|(officer, _)| officer.id == self.officer)
        {
            return Err(Failure::input(
                phrase!(
                    "{who} has decided on this request already",
                    "{who} はこの申請に回答済みである",
                    who = self.officer
                ),
                phrase!(
                    "give it to the next officer",
                    "次の役職員に渡してください。"
                ),
            ));
        }
        let officer = facts::approver(house.roster.roster(), &self.officer)?;
        let heads = self.known.known(&house)?;
        let token = self.token.find(house.root.scope.network)?;
        facts::show_request(desk, &heard)?;
        facts::show_transaction(desk, heard.checked())?;
        match decision {
            Decision::Approve => facts::ask_amount(desk, &self.officer, heard.checked())?,
            Decision::Reject => {
                facts::ask_case(desk, &self.officer, heard.request().case.as_str())?;
            }
        }
        let pen = token.login(desk, &self.officer, &officer.key)?;
        let word = self.word(&house, &heard, (decision, heads));
        let signed = pen.sign(Draft::new(word, house.root.scope, officer.key))?;
        let key = ProprietaryField::approval_key(&self.officer);
        let decided = raw.insert_global(&key, &signed.to_bytes())?;
        out.write(decided.bytes())?;
        desk.say(&signed.approval_digest().to_string())
    }

    fn word(
        &self,
        house: &House,
        heard: &HeardRequest,
        (decision, heads): (Decision, Vec<KnownHead>),
    ) -> Approval {
        Approval {
            version: 1,
            scope: house.root.scope,
            decision,
            officer: self.officer.clone(),
            root: house.root.digest(),
            roster: house.roster.digest(),
            policy: house.policy.digest(),
            wallet: house.wallet.digest(),
            request: heard.request_digest(),
            tx: heard.request().tx,
            class: house.wallet.class(),
            height: house.tip,
            heads,
        }
    }
}

/// The height that the PSBT's headers say, or the later one that the officer knows.
pub(super) fn known_height(
    parsed: &ParsedPsbt,
    root: &Root,
    stated: Option<Height>,
) -> Result<Height, Failure> {
    let shown = match carried_headers(parsed)? {
        Some(run) => Some(tip_of(&run, root)?),
        None => None,
    };
    shown.max(stated).ok_or_else(|| {
        Failure::input(
            phrase!(
                "the PSBT carries no headers",
                "PSBTにブロックヘッダーがない"
            ),
            phrase!(
                "give the height of the chain with --height",
                "--height でブロック高を指定してください。"
            ),
        )
    })
}
