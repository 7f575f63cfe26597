//! `wallet extend`: the next version of a wallet, not signed yet.

use std::path::PathBuf;

use signer_core::cose::Endorsed;
use signer_core::phrase;
use signer_core::types::Chain;
use signer_core::wallet::extend_record;

use crate::artefact;
use crate::error::Failure;
use crate::files::Output;
use crate::view::line;

/// Drafts the next version of a wallet, after its devices have generated more keys. Every device
/// then registers it, and a policy lists it. Old addresses stay as they are.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli wallet extend --root root.cbor --wallet wallet.cbor --card tokyo-1-2.card \\\n    \
    --card osaka-1-2.card --card nagoya-1-2.card --out wallet-2-draft.cbor")]
pub(crate) struct Args {
    /// The root of trust
    #[arg(long)]
    root: PathBuf,

    /// The newest wallet record that all devices signed
    #[arg(long)]
    wallet: PathBuf,

    /// The newest card of a device; once for each device
    #[arg(long = "card", required = true)]
    cards: Vec<PathBuf>,

    /// The draft to be written
    #[arg(long)]
    out: PathBuf,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let out = Output::reserve(&self.out)?;
        let root = artefact::root(&self.root)?;
        let before = artefact::wallet_under(&self.wallet, &root)?;
        let cards = self
            .cards
            .iter()
            .map(|path| artefact::device_card(path, &root))
            .collect::<Result<Vec<_>, Failure>>()?;
        let record = extend_record(&before, &cards).map_err(|error| {
            Failure::told(
                &phrase!("the wallet cannot be extended", "ウォレットを拡張できない"),
                &error,
            )
        })?;
        for chain in [Chain::Receive, Chain::Change] {
            let (was, is) = (before.addresses(chain), record.chain(chain).len());
            line!("chain {}: {was} addresses, now {is}", chain.number());
        }
        let draft = Endorsed::new(record, root.scope);
        out.write(&draft.to_bytes())?;
        line!("{}", draft.wallet_digest());
        Ok(())
    }
}
