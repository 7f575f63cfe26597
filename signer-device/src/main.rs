//! The air-gapped signing appliance: opens doors and follows the ceremony scripts.
//!
//! ```text
//! arguments -> Plan -> ceremony, step by step -> exit code
//! ```
//!
//! Nothing here decides what a rule decides: facts go into signer-core, verdicts come out of it.

mod ceremony;
mod cli;
mod console;
mod failure;
mod files;
mod gap;
mod hello;
mod journal;
mod json;
mod machine;
mod plan;
mod reissue;
mod review;
mod selftest;
mod shares;
mod show;
mod spareless;

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use clap::Parser as _;
use clap::error::ContextKind;
use officer_console::{language_of, wrong_arguments};

use failure::Failure;
use plan::Plan;
use signer_core::types::Lang;

fn main() -> ExitCode {
    officer_console::harden();
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let plan = Plan::try_from(cli);
    if let Ok(Plan::End(code)) = plan {
        return ExitCode::from(code);
    }
    let lang = language_of(std::env::args_os());
    match plan.and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Where nobody reads, the exit code still says it.
            let _ = writeln!(std::io::stderr(), "{}", failure.text(lang));
            if hsm_profiles::a_module_hangs() {
                only_end(failure.kind().code());
            }
            failure.exit_code()
        }
    }
}

/// Replaces this process by one that only ends with `code`. An ordinary end would run the exit
/// handlers of the module, which may wait for ever for what its hanging call holds.
fn only_end(code: u8) {
    let _ = std::io::stdout().flush();
    // Where it fails, the ordinary end is what is left.
    let _ = Command::new("/proc/self/exe")
        .args(["end", &code.to_string()])
        .exec();
}

fn run(plan: Plan) -> Result<(), Failure> {
    if matches!(plan, Plan::DecodePicture) {
        return optics::child::serve()
            .map_err(|error| Failure::internal(officer_console::system(&error)));
    }
    match plan {
        Plan::Commission(plan) => ceremony::commission::run(&plan),
        Plan::Inventory(plan) => ceremony::inventory::run(plan),
        Plan::VerifyBackup(plan) => ceremony::backup::run(plan),
        Plan::Replace(plan) => ceremony::replace::run(plan),
        Plan::Destroy(plan) => ceremony::destroy::run(plan),
        Plan::SplitPin(plan) => ceremony::split_pin::run(plan),
        Plan::Retire(plan) => ceremony::retire_wallet::run(plan),
        Plan::TakeCard(plan) => ceremony::take_card::run(plan),
        Plan::Anchor(plan) => ceremony::anchor::run(&plan),
        Plan::Recover(plan) => ceremony::recover::run(&plan),
        Plan::Generate(plan) => ceremony::generate::run(*plan),
        Plan::Check(plan) => ceremony::check::run(&plan),
        Plan::Register(plan) => ceremony::register_wallet::run(*plan),
        Plan::InstallPolicy(plan) => ceremony::install_policy::run(plan),
        Plan::InstallRoster(plan) => ceremony::install_roster::run(plan),
        Plan::CancelRoster(plan) => ceremony::cancel_roster::run(plan),
        Plan::Freeze(plan) => ceremony::freeze::run(plan),
        Plan::Settle(plan) => ceremony::settle::run(plan),
        Plan::Thaw(plan) => ceremony::thaw::run(plan),
        Plan::Roster(plan) => show::roster(&plan),
        Plan::Sign(plan) => ceremony::sign::run(plan),
        Plan::Reissue(plan) => reissue::run(&plan),
        Plan::Transcript(plan) => ceremony::export::run(&plan),
        Plan::Card(plan) => show::card(&plan),
        Plan::Status(plan) => show::status(&plan),
        Plan::Wallets(plan) => show::wallets(&plan),
        Plan::Address(plan) => show::address(&plan),
        Plan::Policy(plan) => show::policy(&plan),
        Plan::Review(plan) => review::run(&plan),
        Plan::Selftest(format) => selftest::run(format),
        Plan::Hello(plan) => hello::run(&plan),
        Plan::DecodePicture | Plan::End(_) => Ok(()),
    }
}

/// The argument and the value that are wrong.
fn named(error: &clap::Error) -> String {
    let wrong = error.context().filter(|(kind, _)| {
        use ContextKind::{InvalidArg, InvalidSubcommand, InvalidValue};
        matches!(kind, InvalidArg | InvalidSubcommand | InvalidValue)
    });
    let named: Vec<String> = wrong.map(|(_, named)| named.to_string()).collect();
    named.join(" ")
}

/// Help goes to standard output with 0; a wrong argument is bad input.
fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    match language_of(std::env::args_os()) {
        Lang::En => {
            let _ = error.print();
        }
        Lang::Ja => {
            let [what, advice] = wrong_arguments("", &named(error), "signer-device");
            let failure = Failure::input(what, advice);
            let _ = writeln!(std::io::stderr(), "{}", failure.text(Lang::Ja));
        }
    }
    ExitCode::from(failure::Kind::Input.code())
}
