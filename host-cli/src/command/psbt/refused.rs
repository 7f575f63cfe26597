//! `psbt refused`: a device's receipt of a refusal, held against the PSBT that it was given.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use signer_core::cose::Signed;
use signer_core::digest::PsbtDigest;
use signer_core::phrase;
use signer_core::psbt::{Limits, ParsedPsbt};
use signer_core::rule::{Phrase, RuleId};
use signer_core::transcript::{NotSigned, Seal};
use signer_core::types::{Id, Lang};
use signer_core::wallet::RegisteredWallet;

use crate::cli::ViewArgs;
use crate::combine::Asked;
use crate::error::Failure;
use crate::view::line;
use crate::{artefact, files, house, view};

/// Checks a device's receipt of a refusal: that the device sealed it, and that it is over this PSBT.
///
/// The device made no signature in that session. Keep the receipt with the case: `audit refusals` holds
/// it against the device's transcript.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli psbt refused --receipt answer.psbt.refused-7 --request request.psbt \\\n    \
    --wallet wallet.cbor")]
pub(crate) struct Args {
    /// What the device gave in the place of an answer
    #[arg(long)]
    receipt: PathBuf,

    /// What was sent to the device
    #[arg(long)]
    request: PathBuf,

    /// The wallet, of which the device is a co-signer
    #[arg(long)]
    wallet: PathBuf,

    #[command(flatten)]
    view: ViewArgs,
}

impl Args {
    pub(super) fn run(&self, lang: Lang) -> Result<(), Failure> {
        let wallet = artefact::wallet(&self.wallet)?;
        let refused = Refused::open(&self.receipt, &wallet)?;
        let request = house::psbt_bytes(&self.request)?;
        if !forms(request, wallet).contains(&refused.not_signed.psbt) {
            return Err(Failure::refused(
                phrase!(
                    "{device} refused another PSBT, of digest {digest}",
                    "{device} が拒否したのは別のPSBT(ダイジェスト {digest})",
                    device = refused.device,
                    digest = refused.not_signed.psbt.to_hex()
                ),
                phrase!(
                    "give the very PSBT that the device was given; if it is this one, report it",
                    "端末に渡したPSBTそのものを指定してください。これで正しい場合は報告してください。"
                ),
            ));
        }
        if self.view.json {
            view::print(&refused.json(lang));
        } else {
            refused.print(lang);
        }
        Ok(())
    }
}

/// Digests of a request as it may have come to the device: as it was kept, and lean. What cannot be read
/// strictly has no lean form.
fn forms(request: Vec<u8>, wallet: RegisteredWallet) -> Vec<PsbtDigest> {
    let kept = PsbtDigest::over(&[&request]);
    let parsed = ParsedPsbt::parse_within(request, Limits::HEAVY).ok();
    let asked = parsed.and_then(|parsed| Asked::new(parsed, wallet).ok());
    let lean = asked.map(|asked| asked.lean_digest());
    [Some(kept), lean].into_iter().flatten().collect()
}

/// A genuine receipt of a refusal.
struct Refused {
    device: Id,
    seal: Seal,
    not_signed: NotSigned,
}

impl Refused {
    /// A seal of a co-signer, of a session that read a PSBT and signed nothing.
    fn open(path: &Path, wallet: &RegisteredWallet) -> Result<Self, Failure> {
        let cosigners = wallet.cosigners();
        let keys = artefact::key_of(cosigners.iter().map(|c| c.identity));
        let signed = Signed::<Seal>::open(&files::read(path)?, wallet.record().scope, keys);
        let signed = signed.map_err(|error| no_receipt(path, &error.phrase()))?;
        let seal = signed.body().clone();
        let device = cosigners
            .iter()
            .find(|c| c.identity.key_id() == signed.signer())
            .filter(|c| c.identity.device_id() == seal.device)
            .map(|cosigner| cosigner.name.clone());
        let other = phrase!(
            "a seal that says nothing of a PSBT that was not signed",
            "署名しなかったPSBTに関する封印ではない"
        );
        match (device, seal.not_signed.clone()) {
            (Some(device), Some(not_signed)) => Ok(Self {
                device,
                seal,
                not_signed,
            }),
            _ => Err(no_receipt(path, &other)),
        }
    }

    fn print(&self, lang: Lang) {
        line!("device      {}", self.device);
        line!("session     {}", self.seal.session);
        line!("outcome     {}", self.seal.outcome.name());
        line!("psbt        {}", self.not_signed.psbt.to_hex());
        for rule in &self.not_signed.rules {
            line!("refused by  {} {}", rule.name(), rule.sentence(lang));
        }
        if self.not_signed.rules.is_empty() {
            line!("refused by  no rule: people ended the session");
        }
    }

    fn json(&self, lang: Lang) -> Value {
        let rule = |rule: &RuleId| json!({ "id": rule.name(), "rule": rule.sentence(lang) });
        let rules: Vec<Value> = self.not_signed.rules.iter().map(rule).collect();
        json!({
            "type": "refusal",
            "device": self.device.as_str(),
            "session": self.seal.session.0,
            "outcome": self.seal.outcome.name(),
            "psbt": self.not_signed.psbt.to_hex(),
            "rules": rules,
        })
    }
}

fn no_receipt(path: &Path, why: &Phrase) -> Failure {
    let advice = phrase!(
        "give the file that the device wrote when it refused, and the wallet of that device",
        "端末が拒否時に書き出したファイルと、その端末のウォレットを指定してください。"
    );
    let what = phrase!(
        "not a genuine receipt of a refusal: {why}",
        "真正な拒否の受領証ではない: {why}",
        why = why
    );
    Failure::of_file(path, &what, advice)
}
