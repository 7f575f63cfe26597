//! `psbt finalize`: the transaction that the network takes.

use std::path::PathBuf;

use bitcoin::consensus;
use signer_core::approval::Request;
use signer_core::cose;
use signer_core::digest::hex;
use signer_core::phrase;
use signer_core::psbt::ParsedPsbt;

use crate::combine::{check_broadcaster, check_receipts, finish};
use crate::error::Failure;
use crate::files::Output;
use crate::view::line;
use crate::{artefact, house};

/// Checks every signature, and by the receipts that nobody operated so many devices as sign, and that the
/// broadcaster whom the request names operated none; makes the final transaction and has Bitcoin Core's
/// interpreter judge it. Says who is to broadcast it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli psbt finalize --psbt signed.psbt --wallet wallet.cbor --request request.psbt \\\n    \
    --out tx.hex")]
pub(crate) struct Args {
    /// The PSBT with the devices' signatures
    #[arg(long)]
    psbt: PathBuf,

    /// The wallet that pays
    #[arg(long)]
    wallet: PathBuf,

    /// What was sent to the devices: the transaction must be the one of this PSBT
    #[arg(long)]
    request: Option<PathBuf>,

    /// The transaction to be written, in hexadecimal
    #[arg(long)]
    out: PathBuf,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let out = Output::reserve(&self.out)?;
        let wallet = artefact::wallet(&self.wallet)?;
        let parsed = house::psbt(&self.psbt)?;
        let request = self.request.as_ref().map(|path| house::psbt(path));
        let request = request.transpose()?;
        let asked = request.as_ref().and_then(asked_by);
        if request.is_some_and(|request| request.tx_digest() != parsed.tx_digest()) {
            return Err(Failure::refused(
                phrase!(
                    "the signed transaction is not the requested one",
                    "署名された取引が申請されたものと異なる"
                ),
                phrase!(
                    "use the answers to this request; if they are, report it",
                    "この申請への回答を指定してください。正しい場合は報告してください。"
                ),
            ));
        }
        let tx = finish(&parsed, &wallet)?;
        check_receipts(&parsed, &wallet)?;
        let asked = asked_by(&parsed).or(asked);
        if let Some(request) = &asked {
            check_broadcaster(&parsed, &wallet, request)?;
        }
        out.write(format!("{}\n", hex(&consensus::serialize(&tx))).as_bytes())?;
        line!("txid        {}", tx.compute_txid());
        line!("weight      {}", tx.weight().to_wu());
        match asked {
            Some(request) => line!("broadcaster {}", request.broadcaster),
            None => line!("broadcaster see the request: this PSBT came without it"),
        }
        Ok(())
    }
}

/// The request that a PSBT carries, for what it says alone: the devices judged it.
fn asked_by(parsed: &ParsedPsbt) -> Option<Request> {
    let bytes = parsed.carried().request.as_deref()?;
    cose::peek::<Request>(bytes).ok()
}
