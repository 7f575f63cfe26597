//! What an officer knows of the devices: how their journals ended when they were last exported.

use std::path::{Path, PathBuf};

use signer_core::approval::KnownHead;
use signer_core::phrase;
use signer_core::rule::Phrase;
use signer_core::transcript::{Body, Trust, VerifiedTranscript};

use crate::command::transcript;
use crate::error::Failure;
use crate::files;
use crate::house::House;

/// Transcripts that an officer has read.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct HeadArgs {
    /// The newest transcript of a device of the wallet, which is verified; once for each device.
    /// The devices refuse where their journals lack the session that it ends with
    #[arg(long)]
    transcript: Vec<PathBuf>,
}

impl HeadArgs {
    /// The last sealed session of each transcript, in ascending order of the devices.
    pub(crate) fn known(&self, house: &House) -> Result<Vec<KnownHead>, Failure> {
        let heads = self.transcript.iter().map(|path| ends(path, house));
        let mut heads = heads.collect::<Result<Vec<_>, _>>()?;
        heads.sort_by_key(|head| head.device);
        let twice = heads.windows(2).any(|two| two[0].device == two[1].device);
        if twice {
            return Err(Failure::input(
                phrase!("two transcripts of one device", "同じ端末の記録が2つある"),
                phrase!(
                    "give the newest one of each device",
                    "端末ごとに最新の記録を1つだけ指定してください。"
                ),
            ));
        }
        Ok(heads)
    }
}

/// The session that a transcript ends with, verified from its first entry on.
fn ends(path: &Path, house: &House) -> Result<KnownHead, Failure> {
    let bytes = files::read_transcript(path)?;
    let entries = transcript::read(path, &bytes)?;
    let claimed = match entries.entries().first().map(|entry| &entry.body) {
        Some(Body::Genesis(genesis)) => Some(genesis.identity),
        _ => None,
    };
    let mut devices = house.wallet.cosigners().iter().map(|c| c.identity);
    let identity = devices.find(|key| Some(*key) == claimed).ok_or_else(|| {
        let why = phrase!("no device of this wallet", "このウォレットの端末ではない");
        unfit(path, &why)
    })?;
    let trust = Trust {
        root: house.root.digest(),
        identity,
    };
    let verified = VerifiedTranscript::verify(&bytes, &trust)
        .map_err(|findings| Failure::Rules(findings.refusals().to_vec()))?;
    let head = verified.head();
    let last = verified.state().sessions().last();
    let sealed = last.is_some_and(|last| last.number == head.session && last.seal.is_some());
    if !sealed || verified.state().open().is_some() {
        let why = phrase!("it ends within a session", "セッションの途中で終わっている");
        return Err(unfit(path, &why));
    }
    Ok(KnownHead {
        device: identity.device_id(),
        session: head.session,
        head: head.hash,
    })
}

fn unfit(path: &Path, why: &Phrase) -> Failure {
    Failure::of_file(
        path,
        why,
        phrase!(
            "give a transcript that a device of this wallet exported after a sealed session",
            "このウォレットの端末が封印済みセッションの後に書き出した記録を指定してください。"
        ),
    )
}
