//! `host-cli audit`: one command for each question of an auditor.
//!
//! Each reads a folder of files and the auditor's own trust file, answers in a sentence with a count,
//! and ends with 0 pass, 1 fail, 2 evidence missing, 3 usage. The judgement is signer-core's.

mod blocks;
mod explain;
mod folder;
mod load;
mod pack;
mod progress;
mod report;
mod shown;
mod stamp;
mod tokens;
mod trust;
mod unpack;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use signer_core::audit::{self, AuditAnswer, AuditTrust, Papers, Records};

use signer_core::types::Height;

use crate::cli::{Desk, ViewArgs, height};
use crate::error::Failure;

use blocks::BlockArgs;
use folder::Folder;
use stamp::StampAuthority;
use trust::TrustFile;

pub(super) const EXAMPLE: &str =
    "Example:\n  host-cli audit verify --folder evidence --trust trust.toml";

/// What an auditor asks.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Is every transcript whole and sealed, and does every recomputed digest agree?
    #[command(
        after_help = "Example:\n  host-cli audit verify --folder evidence --trust trust.toml"
    )]
    Verify(EvidenceArgs),
    /// Is there a gap, a fork, a reordering or a second beginning in a device's life?
    #[command(after_help = "Example:\n  host-cli audit chain --folder evidence --trust trust.toml")]
    Chain(EvidenceArgs),
    /// Does every receipt, every spend and every counted signature have a session?
    #[command(after_help = "Example:\n  \
        host-cli audit complete --folder evidence --trust trust.toml --blocks blocks.hex")]
    Complete(NodeArgs),
    /// Is every signature that was counted recorded, and released once?
    #[command(
        after_help = "Example:\n  host-cli audit signatures --folder evidence --trust trust.toml"
    )]
    Signatures(EvidenceArgs),
    /// Which partial signatures exist over coins that are unspent?
    #[command(after_help = "Example:\n  \
        host-cli audit open --folder evidence --trust trust.toml --blocks blocks.hex")]
    Open(NodeArgs),
    /// Is any r value used twice, across all devices?
    #[command(after_help = "Example:\n  \
        host-cli audit nonces --folder evidence --trust trust.toml --blocks blocks.hex")]
    Nonces(NodeArgs),
    /// Who took part, in which role, and was nobody on two sides?
    #[command(
        after_help = "Example:\n  host-cli audit people --folder evidence --trust trust.toml"
    )]
    People(EvidenceArgs),
    /// Who approved exactly this transaction, and was it enough?
    #[command(
        after_help = "Example:\n  host-cli audit approvals --folder evidence --trust trust.toml"
    )]
    Approvals(EvidenceArgs),
    /// Was what was shown what was signed?
    #[command(after_help = "Example:\n  host-cli audit shown --folder evidence --trust trust.toml")]
    Shown(EvidenceArgs),
    /// Which policy was in force, who signed it, and what did it change?
    #[command(
        after_help = "Example:\n  host-cli audit policy --folder evidence --trust trust.toml --at 900000"
    )]
    Policy(HeightArgs),
    /// Was every output a registered destination or change?
    #[command(
        after_help = "Example:\n  host-cli audit destinations --folder evidence --trust trust.toml"
    )]
    Destinations(EvidenceArgs),
    /// How close did the transfers of all devices come to the limits?
    #[command(
        after_help = "Example:\n  host-cli audit limits --folder evidence --trust trust.toml"
    )]
    Limits(EvidenceArgs),
    /// Who could do what?
    #[command(
        after_help = "Example:\n  host-cli audit roster --folder evidence --trust trust.toml --at 900000"
    )]
    Roster(HeightArgs),
    /// What was refused, rejected or aborted, and why?
    #[command(
        after_help = "Example:\n  host-cli audit refusals --folder evidence --trust trust.toml"
    )]
    Refusals(EvidenceArgs),
    /// What did not go as the script says, and who decided?
    #[command(
        after_help = "Example:\n  host-cli audit exceptions --folder evidence --trust trust.toml"
    )]
    Exceptions(EvidenceArgs),
    /// Between which blocks did each session take place?
    #[command(
        after_help = "Example:\n  host-cli audit time --folder evidence --trust trust.toml --blocks blocks.hex"
    )]
    Time(NodeArgs),
    /// Which keys are there, in which HSM, and what stands behind their attributes?
    #[command(after_help = "Example:\n  host-cli audit keys --folder evidence --trust trust.toml")]
    Keys(EvidenceArgs),
    /// Do the keys of one wallet stand in different HSMs at different places?
    #[command(
        after_help = "Example:\n  host-cli audit placement --folder evidence --trust trust.toml"
    )]
    Placement(EvidenceArgs),
    /// Which software ran, and does the trust file name it?
    #[command(
        after_help = "Example:\n  host-cli audit software --folder evidence --trust trust.toml"
    )]
    Software(EvidenceArgs),
    /// Were the random numbers healthy, and never the same twice?
    #[command(after_help = "Example:\n  host-cli audit rng --folder evidence --trust trust.toml")]
    Rng(EvidenceArgs),
    /// Which cases are drawn for a sample, reproducibly from a seed?
    #[command(
        after_help = "Example:\n  host-cli audit sample --folder evidence --trust trust.toml -n 25 --seed 2026-Q4"
    )]
    Sample(SampleArgs),
    /// One page for each session and each case, in English and Japanese
    Report(report::Args),
    /// One case as a bundle that is checked anywhere
    Pack(pack::Args),
    /// What does a rule or a finding mean?
    Explain(explain::Args),
}

impl Command {
    pub(super) fn run(self, desk: &Desk) -> Result<(), Failure> {
        match self {
            Self::Verify(args) => args.ask(audit::verify, desk),
            Self::Chain(args) => args.chain(desk),
            Self::Complete(args) => args.ask(audit::complete, desk),
            Self::Signatures(args) => args.ask(audit::signatures, desk),
            Self::Open(args) => args.ask(audit::open, desk),
            Self::Nonces(args) => args.ask(audit::nonces, desk),
            Self::People(args) => args.ask(audit::people, desk),
            Self::Approvals(args) => args.ask(audit::approvals, desk),
            Self::Shown(args) => args.ask(audit::shown, desk),
            Self::Policy(args) => args.ask(audit::policy, desk),
            Self::Destinations(args) => args.ask(audit::destinations, desk),
            Self::Limits(args) => args.ask(audit::limits, desk),
            Self::Roster(args) => args.ask(audit::roster, desk),
            Self::Refusals(args) => args.ask(audit::refusals, desk),
            Self::Exceptions(args) => args.ask(audit::exceptions, desk),
            Self::Time(args) => args.ask(audit::time, desk),
            Self::Keys(args) => args.ask(audit::keys, desk),
            Self::Placement(args) => args.ask(audit::placement, desk),
            Self::Software(args) => args.ask(audit::software, desk),
            Self::Rng(args) => args.ask(audit::rng, desk),
            Self::Sample(args) => args.draw(desk),
            Self::Report(args) => args.run(desk),
            Self::Pack(args) => args.run(desk),
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
        let TrustFile { audit, authorities } = trust::read(&self.trust, &self.folder)?;
        let folder = Folder::read(&self.folder)?;
        Ok(Evidence {
            folder,
            trust: audit,
            authorities,
        })
    }

    /// Where the trust file lies.
    pub(crate) fn trust_path(&self) -> &std::path::Path {
        &self.trust
    }

    /// Reads and replays every transcript.
    pub(crate) fn records(&self) -> Result<(Folder, Records), Failure> {
        let Evidence { folder, trust, .. } = self.read()?;
        let records = load::records(&folder, trust)?;
        Ok((folder, records))
    }

    /// Answers a question about the transcripts.
    fn ask(
        &self,
        question: impl FnOnce(&Records) -> AuditAnswer,
        desk: &Desk,
    ) -> Result<(), Failure> {
        let (_, records) = self.records()?;
        self.answer(&question(&records), desk)
    }

    /// Walks every transcript along its chain, without a replay.
    fn chain(&self, desk: &Desk) -> Result<(), Failure> {
        let Evidence { folder, trust, .. } = self.read()?;
        let walked = load::walk(&folder, &trust)?;
        self.answer(&audit::chain(&trust, &walked), desk)
    }

    /// Prints an answer; the exit code is its conclusion.
    pub(crate) fn answer(&self, answer: &AuditAnswer, desk: &Desk) -> Result<(), Failure> {
        shown::answer(answer, self.view, desk.lang)
    }
}

/// What questions about coins are asked of.
#[derive(Clone, Debug, Args)]
pub(crate) struct NodeArgs {
    #[command(flatten)]
    evidence: EvidenceArgs,

    #[command(flatten)]
    node: BlockArgs,
}

impl NodeArgs {
    /// Answers a question about the transcripts, and what lies beside them.
    fn ask(
        &self,
        question: impl FnOnce(&Records, &Papers) -> AuditAnswer,
        desk: &Desk,
    ) -> Result<(), Failure> {
        let (folder, records) = self.evidence.records()?;
        let mut papers = load::papers(&folder, &records)?;
        self.node.read(&mut papers, &records)?;
        self.evidence.answer(&question(&records, &papers), desk)
    }
}

/// What questions about a day are asked of.
#[derive(Clone, Debug, Args)]
pub(crate) struct HeightArgs {
    #[command(flatten)]
    evidence: EvidenceArgs,

    /// The height that is asked about [default: the last one that any device knew]
    #[arg(long, value_parser = height)]
    at: Option<Height>,
}

impl HeightArgs {
    fn ask(
        &self,
        question: impl FnOnce(&Records, Height) -> AuditAnswer,
        desk: &Desk,
    ) -> Result<(), Failure> {
        let (_, records) = self.evidence.records()?;
        let known = records.histories().map(|history| history.state.height());
        let at = self.at.or(known.max()).unwrap_or(Height(0));
        self.evidence.answer(&question(&records, at), desk)
    }
}

/// How a sample is drawn.
#[derive(Clone, Debug, Args)]
pub(crate) struct SampleArgs {
    #[command(flatten)]
    evidence: EvidenceArgs,

    /// How many cases are drawn
    #[arg(short = 'n', long, default_value_t = 25)]
    size: usize,

    /// What they are drawn by: any text, named by the auditor after the records were handed over
    #[arg(long)]
    seed: String,
}

impl SampleArgs {
    fn draw(&self, desk: &Desk) -> Result<(), Failure> {
        let (_, records) = self.evidence.records()?;
        let answer = audit::sample(&records, self.size, &self.seed);
        self.evidence.answer(&answer, desk)
    }
}

/// What lies in the folder, and what is trusted.
#[derive(Debug)]
pub(crate) struct Evidence {
    pub(crate) folder: Folder,
    pub(crate) trust: AuditTrust,
    authorities: Vec<StampAuthority>,
}
