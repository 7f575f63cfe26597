//! `psbt combine`: several PSBTs of one transaction become one, and no field is lost.

use std::path::PathBuf;

use signer_core::phrase;
use signer_core::psbt::{Limits, ParsedPsbt, RawPsbt, lean};

use crate::combine::Asked;
use crate::error::Failure;
use crate::files::Output;
use crate::view::line;
use crate::{artefact, house};

/// Puts PSBTs of one transaction together.
///
/// With --request every PSBT is a device's answer to it, whole or lean: only one signature for each
/// input and one receipt may be new, the receipt must be genuine, and every signature must verify;
/// nobody may have operated so many devices as sign.
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
        let asked = self.asked()?;
        let psbts = match &asked {
            Some(asked) => self.answers(asked)?,
            None => self.any()?,
        };
        let mut all = psbts.iter();
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
        if asked.is_some() || psbts.iter().any(lean::is_answer) {
            // Lean answers say nothing of the coins: what they became must.
            let parsed = ParsedPsbt::parse_within(combined.to_bytes(), Limits::HEAVY)?;
            asked.map_or(Ok(()), |asked| asked.check_receipts(&parsed))?;
        }
        out.write(combined.bytes())
    }

    /// What the devices were asked about, where it was given.
    fn asked(&self) -> Result<Option<Asked>, Failure> {
        let (Some(request), Some(wallet)) = (&self.request, &self.wallet) else {
            return Ok(None);
        };
        Asked::new(house::psbt(request)?, artefact::wallet(wallet)?).map(Some)
    }

    /// Every PSBT as the whole answer that it is, checked.
    fn answers(&self, asked: &Asked) -> Result<Vec<RawPsbt>, Failure> {
        let (mut psbts, mut answers) = (Vec::new(), Vec::new());
        for path in &self.psbts {
            let (psbt, answer) = asked.check(house::psbt_bytes(path)?)?;
            line!(
                "{} session {}: {} signatures",
                answer.device,
                answer.session,
                answer.signatures
            );
            psbts.push(psbt.raw().clone());
            answers.push(answer);
        }
        asked.check_people(&answers)?;
        Ok(psbts)
    }

    /// Every PSBT as it is, read strictly; lean answers by their form alone.
    fn any(&self) -> Result<Vec<RawPsbt>, Failure> {
        let paths = self.psbts.iter();
        let read = paths.map(|path| {
            let bytes = house::psbt_bytes(path)?;
            match RawPsbt::parse(&bytes).ok().filter(lean::is_answer) {
                Some(answer) => Ok(answer),
                None => Ok(ParsedPsbt::parse_within(bytes, Limits::HEAVY)?
                    .raw()
                    .clone()),
            }
        });
        read.collect()
    }
}
