//! `host-cli audit`: one command for each question of an auditor.
//!
//! Each reads a folder of files and the auditor's own trust file, answers in a sentence with a count,
//! and ends with 0 pass, 1 fail, 2 evidence missing, 3 usage. The judgement is signer-core's.

mod explain;
mod folder;
mod shown;
mod trust;
mod verify;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use signer_core::audit::{AuditAnswer, AuditTrust};

use crate::cli::{Desk, ViewArgs};
use crate::error::Failure;

use folder::Folder;

pub(super) const EXAMPLE: &str =
    "Example:\n  host-cli audit verify --folder evidence --trust trust.toml";

/// What an auditor asks.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Is every transcript whole, unaltered, and does every recomputed digest agree?
    Verify(verify::Args),
    /// What does a rule mean?
    Explain(explain::Args),
}

impl Command {
    pub(super) fn run(self, desk: &Desk) -> Result<(), Failure> {
        match self {
            Self::Verify(args) => args.run(desk),
            Self::Explain(args) => args.run(desk),
        }
    }
}

/// What every question is asked of.
#[derive(Clone, Debug, Args)]
pub(crate) struct EvidenceArgs {
    /// The folder of files: transcripts of every device, signed and final PSBTs, artefacts
    #[arg(long)]
    folder: PathBuf,

    /// The trust file, copied from the genesis paper; never one that came with the folder
    #[arg(long)]
    trust: PathBuf,

    #[command(flatten)]
    view: ViewArgs,
}

impl EvidenceArgs {
    /// Reads the trust file, and what lies in the folder.
    pub(crate) fn read(&self) -> Result<Evidence, Failure> {
        let trust = trust::read(&self.trust, &self.folder)?;
        let folder = Folder::read(&self.folder)?;
        Ok(Evidence { folder, trust })
    }

    /// Prints an answer; the exit code is its conclusion.
    pub(crate) fn answer(&self, answer: &AuditAnswer, desk: &Desk) -> Result<(), Failure> {
        shown::answer(answer, self.view, desk.lang)
    }
}

/// What lies in the folder, and what is trusted.
#[derive(Debug)]
pub(crate) struct Evidence {
    pub(crate) folder: Folder,
    pub(crate) trust: AuditTrust,
}
