//! `host-cli device`: cards of devices, and administrators who vouch for them.

mod enroll;
mod recover;
mod replace;
mod report;
mod show;
mod sign_enrolment;
mod sign_recovery;
mod sign_replacement;
mod sign_thaw;
mod thaw;

use clap::Subcommand;

use crate::cli::Desk;
use crate::error::Failure;

pub(super) const EXAMPLE: &str =
    "Example:\n  host-cli device show --card tokyo-1.cbor --root root.cbor";

/// What to do with a device.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make an enrolment from a device card
    Enroll(enroll::Args),
    /// Add a policy administrator's signature to an enrolment
    SignEnrolment(sign_enrolment::Args),
    /// Draft the order by which a device goes on without its journal
    Recover(recover::Args),
    /// Sign that order, as a policy administrator
    SignRecovery(sign_recovery::Args),
    /// Draft the order by which a restored HSM takes the place of a device's own
    Replace(replace::Args),
    /// Sign that order, as a policy administrator
    SignReplacement(sign_replacement::Args),
    /// Draft the order by which a frozen device goes on
    Thaw(thaw::Args),
    /// Sign that order, as a policy administrator
    SignThaw(sign_thaw::Args),
    /// Show a device card
    Show(show::Args),
    /// Verify the report of an HSM's acceptance test
    Report(report::Args),
}

impl Command {
    pub(super) fn run(self, desk: &mut Desk) -> Result<(), Failure> {
        match self {
            Self::Enroll(args) => args.run(),
            Self::SignEnrolment(args) => args.run(desk),
            Self::Recover(args) => args.run(desk),
            Self::SignRecovery(args) => args.run(desk),
            Self::Replace(args) => args.run(desk),
            Self::SignReplacement(args) => args.run(desk),
            Self::Thaw(args) => args.run(),
            Self::SignThaw(args) => args.run(desk),
            Self::Show(args) => args.run(),
            Self::Report(args) => args.run(desk),
        }
    }
}
