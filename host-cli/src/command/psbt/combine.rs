//! `psbt combine`: several PSBTs of one transaction become one, and no field is lost.

use std::path::PathBuf;

use signer_core::phrase;
use signer_core::psbt::{Limits, ParsedPsbt};

use crate::combine::{check_answer, check_people, check_receipts};
use crate::error::Failure;
use crate::files::Output;
use crate::view::line;
use crate::{artefact, house};

/// Puts PSBTs of one transaction together.
///
/// With --request every PSBT is a device's answer to it: only one signature for each input and one
/// receipt may be new, the receipt must be genuine, and every signature must verify; nobody may have
/// operated so many devices as sign.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli psbt combine --psbt answer-tokyo-1.psbt --psbt answer-osaka-1.psbt \\\n    \
    --request request.psbt --wallet wallet.cbor --out signed.psbt")]
pub(crate) struct Args {
    /// A PSBT; once for each
    #[arg(long = "psbt", required = true)]
    psbts: Vec<PathBuf>,

    /// What was sent to the devices: every --psbt is an answer to it
    #[arg(long, requires = "wallet")]
    request: Option<PathBuf>,

    /// The wallet, whose devices answered
    #[arg(long, requires = "request")]
    wallet: Option<PathBuf>,

    /// The PSBT to be written
    #[arg(long)]
    out: PathBuf,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let out = Output::reserve(&self.out)?;
        let psbts = self
            .psbts
            .iter()
            .map(|path| house::psbt(path))
            .collect::<Result<Vec<ParsedPsbt>, Failure>>()?;
        let wallet = self.wallet.as_deref().map(artefact::wallet).transpose()?;
        if let (Some(request), Some(wallet)) = (&self.request, &wallet) {
            let request = house::psbt(request)?;
            let mut answers = Vec::new();
            for psbt in &psbts {
                let answer = check_answer(&request, psbt, wallet)?;
                line!(
                    "{} session {}: {} signatures",
                    answer.device,
                    answer.session,
                    answer.signatures
                );
                answers.push(answer);
            }
            check_people(&answers, wallet)?;
        }
        let mut all = psbts.iter().map(ParsedPsbt::raw);
        let mut combined = all.next().cloned().ok_or_else(|| {
            Failure::internal(phrase!("no PSBT to combine", "結合するPSBTがない"))
        })?;
        for psbt in all {
            combined = combined.merge(psbt).map_err(|error| {
                Failure::told(
                    &phrase!("the PSBTs cannot be combined", "PSBTを結合できない"),
                    &error,
                )
            })?;
        }
        if let Some(wallet) = &wallet {
            let bytes = combined.bytes().to_vec();
            check_receipts(&ParsedPsbt::parse_within(bytes, Limits::HEAVY)?, wallet)?;
        }
        out.write(combined.bytes())
    }
}
