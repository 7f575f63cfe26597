//! The commands: a folder for each noun, a file for each verb.

mod audit;
mod balance;
mod device;
mod officer;
mod policy;
mod psbt;
mod qr;
mod request;
mod root;
mod roster;
mod signature;
pub(crate) mod transcript;
mod wallet;

use clap::Subcommand;
use signer_core::phrase;

use crate::cli::Desk;
use crate::error::Failure;
use crate::picture;
use crate::rehearse::{self, RehearseArgs};

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Officers: a key on the officer's own token, and the card that shows it
    #[command(subcommand, after_help = officer::EXAMPLE)]
    Officer(officer::Command),
    /// The roster: who the officers are
    #[command(subcommand, after_help = roster::EXAMPLE)]
    Roster(roster::Command),
    /// The root of trust: what a device is born with
    #[command(subcommand, after_help = root::EXAMPLE)]
    Root(root::Command),
    /// Devices: cards and enrolment
    #[command(subcommand, after_help = device::EXAMPLE)]
    Device(device::Command),
    /// Wallets: from device cards to addresses
    #[command(subcommand, after_help = wallet::EXAMPLE)]
    Wallet(wallet::Command),
    /// The policy: what devices may sign
    #[command(subcommand, after_help = policy::EXAMPLE)]
    Policy(policy::Command),
    /// Statements of balances: what is cold and what is not
    #[command(subcommand, after_help = balance::EXAMPLE)]
    Balance(balance::Command),
    /// PSBTs: make, show, combine, finalize
    #[command(subcommand, after_help = psbt::EXAMPLE)]
    Psbt(psbt::Command),
    /// Requests and approvals
    #[command(subcommand, after_help = request::EXAMPLE)]
    Request(request::Command),
    /// Released partial signatures: the proof that settles them
    #[command(subcommand, after_help = signature::EXAMPLE)]
    Signature(signature::Command),
    /// QR pictures to and from a device
    #[command(subcommand, after_help = qr::EXAMPLE)]
    Qr(qr::Command),
    /// Transcripts of devices
    #[command(subcommand, after_help = transcript::EXAMPLE)]
    Transcript(transcript::Command),
    /// An auditor's questions, each answered over a folder of files
    #[command(subcommand, after_help = audit::EXAMPLE)]
    Audit(audit::Command),
    /// A whole ceremony on SoftHSM, played by the two programs with scripted officers
    Rehearse(RehearseArgs),
    /// Decodes pictures for the parent process
    #[command(name = picture::CHILD, hide = true)]
    DecodePicture,
}

impl Command {
    /// Does it.
    pub(crate) fn run(self, desk: &mut Desk) -> Result<(), Failure> {
        match self {
            Self::Officer(command) => command.run(desk),
            Self::Roster(command) => command.run(desk),
            Self::Root(command) => command.run(),
            Self::Device(command) => command.run(desk),
            Self::Wallet(command) => command.run(desk),
            Self::Policy(command) => command.run(desk),
            Self::Balance(command) => command.run(desk),
            Self::Psbt(command) => command.run(desk.lang),
            Self::Request(command) => command.run(desk),
            Self::Signature(command) => command.run(),
            Self::Qr(command) => command.run(desk.lang),
            Self::Transcript(command) => command.run(),
            Self::Audit(command) => command.run(desk),
            Self::Rehearse(arguments) => rehearse::run(&arguments, desk.lang)
                .map_err(|e| Failure::told(&phrase!("rehearsal", "リハーサル"), &e)),
            Self::DecodePicture => picture::serve(),
        }
    }
}
