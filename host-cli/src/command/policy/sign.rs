//! `policy sign`: one more policy administrator stands behind a policy.

use std::path::PathBuf;

use signer_core::policy::Policy;

use super::show::print;
use crate::artefact;
use crate::cli::Desk;
use crate::endorse::{Asked, ReadFrom, SignerArgs};
use crate::error::Failure;
use crate::rosters::RosterArgs;

/// Shows the policy, asks a policy administrator for words of its digest and the PIN, and signs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli policy sign --policy policy-0.cbor --roster roster.cbor --officer sato.k \\\n    \
    --profile softhsm2 --token officer-sato.k --out policy-1.cbor")]
pub(crate) struct Args {
    /// The policy, with the signatures so far
    #[arg(long)]
    policy: PathBuf,

    #[command(flatten)]
    rosters: RosterArgs,

    #[command(flatten)]
    signer: SignerArgs,
}

impl Args {
    pub(super) fn run(&self, desk: &mut Desk) -> Result<(), Failure> {
        let out = self.signer.reserve()?;
        let roster = self.rosters.read()?.into_last();
        let mut policy = artefact::order::<Policy>(&self.policy, &roster)?;
        let administrator = self.signer.administrator(roster.body())?;
        print(&policy, &roster);
        let digest = policy.policy_digest();
        let asked = Asked {
            of: ["policy digest", "ポリシーのダイジェスト"],
            digest: digest.as_bytes(),
            from: ReadFrom::ThisScreen,
        };
        let scope = policy.body().scope;
        administrator.endorse(desk, asked, (&mut policy, scope))?;
        out.write(&policy.to_bytes())
    }
}
