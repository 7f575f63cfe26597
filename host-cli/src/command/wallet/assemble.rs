//! `wallet assemble`: a record becomes a wallet when all of its devices have signed it.

use std::path::{Path, PathBuf};

use signer_core::cose::Endorsed;
use signer_core::phrase;
use signer_core::wallet::{RegisteredWallet, WalletRecord};

use crate::artefact::{self, Kind};
use crate::error::Failure;
use crate::files::{self, Output};
use crate::view::line;

/// Puts the signatures of all devices on the record together.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli wallet assemble --draft wallet-draft.cbor --endorsement wallet-tokyo-1.cbor \\\n    \
    --endorsement wallet-osaka-1.cbor --endorsement wallet-nagoya-1.cbor --out wallet.cbor")]
pub(crate) struct Args {
    /// The draft that the devices registered
    #[arg(long)]
    draft: PathBuf,

    /// What a device wrote when it registered the wallet; once for each device
    #[arg(long = "endorsement", required = true)]
    endorsements: Vec<PathBuf>,

    /// The wallet record to be written
    #[arg(long)]
    out: PathBuf,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let out = Output::reserve(&self.out)?;
        let mut record = open(&self.draft)?;
        for path in &self.endorsements {
            let signed = open(path)?;
            record
                .merge(signed)
                .map_err(|e| artefact::bad(path, Kind::Endorsement, &e.phrase()))?;
        }
        let (scope, root) = (record.body().scope, record.body().root);
        let wallet = RegisteredWallet::open(&record.to_bytes(), scope, &root).map_err(|error| {
            Failure::told(
                &phrase!(
                    "the record is no wallet yet",
                    "この記録はまだウォレットではない"
                ),
                &error,
            )
        })?;
        out.write(&wallet.to_bytes())?;
        line!("{}", wallet.digest());
        Ok(())
    }
}

fn open(path: &Path) -> Result<Endorsed<WalletRecord>, Failure> {
    let bytes = files::read(path)?;
    let claimed = Endorsed::<WalletRecord>::peek(&bytes);
    let claimed = claimed.map_err(|e| artefact::bad(path, Kind::WalletRecord, &e.phrase()))?;
    let keys = artefact::key_of(claimed.cosigners.iter().map(|c| c.identity));
    Endorsed::open(&bytes, claimed.scope, keys)
        .map_err(|e| artefact::bad(path, Kind::WalletRecord, &e.phrase()))
}
