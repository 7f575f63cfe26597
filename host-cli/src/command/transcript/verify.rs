//! `transcript verify`: the same code as on the device, run again by somebody who trusts only the
//! root and the device's identity.

use std::path::PathBuf;

use serde_json::{Value, json};
use signer_core::digest::{from_hex, hex};
use signer_core::keys::P256PublicKey;
use signer_core::phrase;
use signer_core::rule::Named;
use signer_core::transcript::{Body, Trust, VerifiedTranscript};
use signer_core::types::Id;

use crate::artefact;
use crate::cli::ViewArgs;
use crate::error::Failure;
use crate::files;
use crate::view;
use crate::view::line;

/// Verifies chain and seals, runs every session again, and compares every digest.
///
/// Exit code 0 where nothing was found, 1 with the findings.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli transcript verify --transcript tokyo-1.transcript --root root.cbor \\\n    \
    --wallet wallet.cbor")]
pub(crate) struct Args {
    /// The transcript
    #[arg(long)]
    transcript: PathBuf,

    /// The root of trust
    #[arg(long)]
    root: PathBuf,

    /// A wallet of the device: the record names the identity keys of its devices
    #[arg(
        long,
        required_unless_present = "identity",
        conflicts_with = "identity"
    )]
    wallet: Option<PathBuf>,

    /// The device's identity key itself: 66 hexadecimal characters
    #[arg(long, value_parser = identity)]
    identity: Option<P256PublicKey>,

    #[command(flatten)]
    view: ViewArgs,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let root = artefact::root(&self.root)?;
        let bytes = files::read_transcript(&self.transcript)?;
        super::read(&self.transcript, &bytes)?;
        let trust = Trust {
            root: root.digest(),
            identity: self.trusted(&bytes)?,
        };
        let verified = VerifiedTranscript::verify(&bytes, &trust)
            .map_err(|findings| Failure::Rules(findings.refusals().to_vec()))?;
        let name = name(verified.entries().first().map(|entry| &entry.body));
        if self.view.json {
            view::print(&json(&verified, &trust, name));
        } else {
            print(&verified, &trust, name);
        }
        Ok(())
    }

    /// The identity key that is trusted: given, or the one of the wallet's device that the
    /// transcript says it is of. Verification then asks for exactly this key.
    fn trusted(&self, bytes: &[u8]) -> Result<P256PublicKey, Failure> {
        let Some(wallet) = &self.wallet else {
            let missing = || {
                Failure::internal(phrase!(
                    "neither --wallet nor --identity",
                    "--wallet も --identity もない"
                ))
            };
            return self.identity.ok_or_else(missing);
        };
        let wallet = artefact::wallet(wallet)?;
        let transcript = super::read(&self.transcript, bytes)?;
        let claimed = match transcript.entries().first().map(|entry| &entry.body) {
            Some(Body::Genesis(genesis)) => Some(genesis.identity),
            _ => None,
        };
        let mut known = wallet.cosigners().iter().map(|c| c.identity);
        known.find(|key| Some(*key) == claimed).ok_or_else(|| {
            Failure::refused(
                phrase!(
                    "{path} is not of a device of wallet {wallet}",
                    "{path} はウォレット {wallet} の端末のものではない",
                    path = Named(self.transcript.display()),
                    wallet = Named(wallet.name())
                ),
                phrase!(
                    "give the wallet of this device, or its identity key from the enrolment",
                    "この端末のウォレット、または端末登録にある識別鍵を指定してください。"
                ),
            )
        })
    }
}

fn name(genesis: Option<&Body>) -> Option<&Id> {
    match genesis {
        Some(Body::Genesis(genesis)) => Some(&genesis.name),
        _ => None,
    }
}

fn print(verified: &VerifiedTranscript, trust: &Trust, name: Option<&Id>) {
    let head = verified.head();
    line!("device      {}", name.map_or("", Id::as_str));
    line!("identity    {}", trust.identity.device_id());
    for session in verified.state().sessions() {
        line!(
            "session {:<4}{}: {}",
            session.number.0,
            session.kind.name(),
            session.outcome.name()
        );
    }
    line!("entries     {}", head.entries);
    line!("signatures  {}", verified.state().ledger().signatures());
    line!("head        {}", hex(&head.hash));
    line!("every digest was computed again and is equal");
}

fn json(verified: &VerifiedTranscript, trust: &Trust, name: Option<&Id>) -> Value {
    let head = verified.head();
    let sessions = verified.state().sessions().iter().map(|session| {
        json!({
            "number": session.number.0,
            "ceremony": session.kind.name(),
            "outcome": session.outcome.name(),
            "sealed": session.seal.is_some(),
        })
    });
    json!({
        "type": "transcript-verification",
        "device": trust.identity.device_id().to_hex(),
        "name": name.map(Id::as_str),
        "sessions": sessions.collect::<Vec<_>>(),
        "entries": head.entries,
        "signatures": verified.state().ledger().signatures(),
        "head": hex(&head.hash),
    })
}

fn identity(text: &str) -> Result<P256PublicKey, String> {
    from_hex::<33>(text)
        .and_then(|bytes| P256PublicKey::from_sec1(&bytes))
        .ok_or_else(|| "66 hexadecimal characters of a P-256 key".into())
}
