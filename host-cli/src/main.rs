//! The online host tool: builds what officers sign, carries it to the devices and back, and checks
//! all that comes back. It holds no key of a wallet and decides nothing that a device relies on.

mod artefact;
mod cli;
mod coins;
mod combine;
mod command;
mod consent;
mod endorse;
mod error;
mod files;
mod heads;
mod house;
mod money;
mod picture;
mod rehearse;
mod rosters;
mod supply;
mod token;
mod view;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use officer_console::language_of;

use cli::{Cli, Desk};
use error::{Exit, Failure};

fn main() -> ExitCode {
    officer_console::harden();
    match Cli::try_parse() {
        Ok(cli) => {
            let lang = cli.lang;
            let done = cli.command.run(&mut Desk::new(lang));
            finish(done.and_then(|()| view::arrived()), lang)
        }
        Err(error) if error.use_stderr() => {
            finish(Err(cli::usage(&error)), language_of(std::env::args_os()))
        }
        Err(help) => {
            // Nothing can be done where standard output is closed.
            let _ = help.print();
            ExitCode::SUCCESS
        }
    }
}

fn finish(result: Result<(), Failure>, lang: signer_core::types::Lang) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let text = failure.text(lang);
            if !text.is_empty() {
                // Nothing can be said where standard error is closed.
                let _ = writeln!(std::io::stderr(), "{text}");
            }
            ExitCode::from(Exit::number(failure.exit()))
        }
    }
}
