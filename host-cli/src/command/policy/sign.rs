//! `policy sign`: one more policy administrator stands behind a policy.

use std::path::PathBuf;

use signer_core::approval::Role;
use signer_core::types::OfficerId;

use super::show::print;
use crate::artefact;
use crate::cli::{self, Desk};
use crate::endorse::{Asked, ReadFrom, endorse};
use crate::error::Failure;
use crate::files::Output;
use crate::rosters::RosterArgs;
use crate::token::TokenArgs;

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

    /// Who signs
    #[arg(long, value_parser = cli::id)]
    officer: OfficerId,

    #[command(flatten)]
    token: TokenArgs,

    /// The policy with one more signature, to be written
    #[arg(long)]
    out: PathBuf,
}

impl Args {
    pub(super) fn run(&self, desk: &mut Desk) -> Result<(), Failure> {
        let out = Output::reserve(&self.out)?;
        let roster = self.rosters.read()?.into_last();
        let mut policy = artefact::policy(&self.policy, &roster)?;
        let role = Role::PolicyAdministrator;
        let officer = artefact::officer(roster.body(), &self.officer, role)?;
        let network = roster.body().scope.network;
        let token = self.token.find(desk.lang, network)?;
        print(&policy, &roster);
        let digest = policy.policy_digest();
        let asked = Asked {
            of: ["policy digest", "ポリシーのダイジェスト"],
            digest: digest.as_bytes(),
            from: ReadFrom::ThisScreen,
        };
        let scope = policy.body().scope;
        endorse(desk, officer, token, asked, (&mut policy, scope))?;
        out.write(&policy.to_bytes())
    }
}
