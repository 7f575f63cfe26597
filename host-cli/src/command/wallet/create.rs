//! `wallet create`: the record that device cards make, not signed yet.

use std::path::PathBuf;

use signer_core::cose::Endorsed;
use signer_core::digest::tagged;
use signer_core::phrase;
use signer_core::types::Label;
use signer_core::wallet::{CheckedCard, ScriptType, WalletClass, WalletTerms, draft_record};

use crate::artefact;
use crate::cli;
use crate::error::Failure;
use crate::files::Output;
use crate::view::line;

/// Drafts a wallet record from the newest pool of each device. Every device then registers it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli wallet create --root root.cbor --card tokyo-1.cbor --card osaka-1.cbor \\\n    \
    --card nagoya-1.cbor --threshold 2 --name \"Customer cold 01\" --class customer --script wsh \\\n    \
    --out wallet-draft.cbor")]
pub(crate) struct Args {
    /// The root of trust
    #[arg(long)]
    root: PathBuf,

    /// A device card; once for each device
    #[arg(long = "card", required = true)]
    cards: Vec<PathBuf>,

    /// How many devices must sign
    #[arg(long)]
    threshold: u8,

    /// Name of the wallet, as screens show it
    #[arg(long, value_parser = cli::label)]
    name: Label,

    /// Whose assets: customer, guarantee, company or emergency
    #[arg(long, value_parser = class)]
    class: WalletClass,

    /// Form of the addresses: wsh or sh-wsh
    #[arg(long, value_parser = script_type)]
    script: ScriptType,

    /// The draft to be written
    #[arg(long)]
    out: PathBuf,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let out = Output::reserve(&self.out)?;
        let root = artefact::root(&self.root)?;
        let cards = self
            .cards
            .iter()
            .map(|path| artefact::device_card(path, &root))
            .collect::<Result<Vec<_>, Failure>>()?;
        let terms = WalletTerms {
            name: self.name.clone(),
            class: self.class,
            threshold: self.threshold,
            script_type: self.script,
            nonce: nonce(&cards),
        };
        let record = draft_record(&cards, terms).map_err(|error| {
            Failure::told(
                &phrase!(
                    "no wallet can be made of these cards",
                    "これらのカードからウォレットを作成できない"
                ),
                &error,
            )
        })?;
        let draft = Endorsed::new(record, root.scope);
        out.write(&draft.to_bytes())?;
        line!("{}", draft.wallet_digest());
        Ok(())
    }
}

/// Each card carries a nonce of its own HSM, so other cards make another nonce. It depends on
/// nothing else, so that a draft can be made again.
fn nonce(cards: &[CheckedCard]) -> [u8; 32] {
    let mut digests: Vec<_> = cards.iter().map(CheckedCard::digest).collect();
    digests.sort_unstable();
    let parts: Vec<&[u8]> = digests.iter().map(|d| d.as_bytes().as_slice()).collect();
    tagged("himuro/wallet-nonce", &parts)
}

fn class(text: &str) -> Result<WalletClass, String> {
    WalletClass::from_name(text).ok_or_else(|| "customer, guarantee, company or emergency".into())
}

fn script_type(text: &str) -> Result<ScriptType, String> {
    ScriptType::from_name(text).ok_or_else(|| "wsh or sh-wsh".into())
}
