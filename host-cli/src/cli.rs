//! The command line: what is asked for, and the desk at which it is done.

use bitcoin::Amount;
use clap::error::{ContextKind, ErrorKind};
use clap::{Args, Parser, ValueEnum};
use officer_console::{Console, wrong_arguments};
use signer_core::approval::RequestKind;
use signer_core::cose::Scope;
use signer_core::digest::TxDigest;
use signer_core::types::{Chain, Height, Id, Label, Lang, Network, Purpose};

use crate::command::Command;
use crate::error::Failure;
use crate::money;

/// Himuro's online host tool: wallets, policies, requests, PSBTs, QR pictures and transcripts.
///
/// Exit codes: 0 done, 1 refused by a rule, 2 refused by an officer, 3 bad input, 4 HSM,
/// 5 internal error; of audit commands 0 pass, 1 fail, 2 evidence missing, 3 bad input.
#[derive(Debug, Parser)]
#[command(
    name = "host-cli",
    version,
    after_help = "Example:\n  host-cli --lang ja wallet show --wallet wallet.cbor"
)]
pub(crate) struct Cli {
    /// Language of screens and questions: en or ja
    #[arg(long, global = true, default_value = "en", value_parser = lang)]
    pub(crate) lang: Lang,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What a command is done with: the language, and the console where officers sit.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) lang: Lang,
    pub(crate) console: Console<'static>,
}

impl Desk {
    /// The desk at standard input and output.
    pub(crate) fn new(lang: Lang) -> Self {
        Self {
            lang,
            console: Console::stdio(),
        }
    }

    /// Shows one text.
    pub(crate) fn say(&mut self, text: &str) -> Result<(), Failure> {
        Ok(self.console.say(text)?)
    }

    /// Shows the text of the desk's language.
    pub(crate) fn tell(&mut self, en: &str, ja: &str) -> Result<(), Failure> {
        let text = self.lang.pick(en, ja);
        self.say(text)
    }
}

/// Network and purpose of what is made.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct ScopeArgs {
    /// Network: main, testnet4, signet or regtest
    #[arg(long, value_parser = network)]
    network: Network,

    /// Made in training: never valid as live
    #[arg(long)]
    drill: bool,
}

impl ScopeArgs {
    /// The scope.
    pub(crate) const fn scope(self) -> Scope {
        Scope {
            network: self.network,
            purpose: if self.drill {
                Purpose::Drill
            } else {
                Purpose::Live
            },
        }
    }
}

/// How a view is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Args)]
pub(crate) struct ViewArgs {
    /// Print JSON for machines (docs/json.md)
    #[arg(long)]
    pub(crate) json: bool,
}

/// The branch of a pool, as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ChainArg {
    /// Chain 0
    Receive,
    /// Chain 1
    Change,
}

impl From<ChainArg> for Chain {
    fn from(chain: ChainArg) -> Self {
        match chain {
            ChainArg::Receive => Self::Receive,
            ChainArg::Change => Self::Change,
        }
    }
}

/// A wrong command line in two lines: what, and where to read on.
pub(crate) fn usage(error: &clap::Error) -> Failure {
    let text = error.to_string();
    let what: Vec<&str> = text
        .lines()
        .take_while(|line| !line.starts_with("Usage") && !line.starts_with("For more"))
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let what = what.join(" ");
    let what = what.strip_prefix("error: ").unwrap_or(&what);
    let what = match error.kind() {
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => "no command was given",
        _ => what,
    };
    let usage = text.lines().find_map(|line| line.strip_prefix("Usage: "));
    let command = match usage {
        Some(usage) => named(usage.split_whitespace().map(str::to_owned)),
        None => named(std::env::args().skip_while(|word| !word.ends_with("host-cli"))),
    };
    let named = error.context().filter(|(kind, _)| {
        use ContextKind::{InvalidArg, InvalidSubcommand, InvalidValue};
        matches!(kind, InvalidArg | InvalidSubcommand | InvalidValue)
    });
    let named: Vec<String> = named.map(|(_, named)| named.to_string()).collect();
    let [what, advice] = wrong_arguments(what, &named.join(" "), &command);
    Failure::input(what, advice)
}

/// The words before the first option: program, noun and verb.
fn named(words: impl Iterator<Item = String>) -> String {
    let command = words.take_while(|word| !word.starts_with(['-', '<', '[']));
    let command: Vec<String> = command.take(3).collect();
    match command.as_slice() {
        [_, rest @ ..] if !rest.is_empty() => format!("host-cli {}", rest.join(" ")),
        _ => "host-cli".to_owned(),
    }
}

fn lang(text: &str) -> Result<Lang, String> {
    match text {
        "en" => Ok(Lang::En),
        "ja" => Ok(Lang::Ja),
        _ => Err("en or ja".into()),
    }
}

/// Reads the name of a network.
pub(crate) fn network(text: &str) -> Result<Network, String> {
    Network::from_name(text).ok_or_else(|| "main, testnet4, signet or regtest".into())
}

/// Reads an identifier.
pub(crate) fn id(text: &str) -> Result<Id, String> {
    Id::new(text).map_err(|e| format!("{e}; an identifier is 1 to 32 of a-z 0-9 . _ -"))
}

/// Reads a name or label.
pub(crate) fn label(text: &str) -> Result<Label, String> {
    Label::new(text).map_err(|e| e.to_string())
}

/// Reads a height.
pub(crate) fn height(text: &str) -> Result<Height, String> {
    text.parse()
        .map(Height)
        .map_err(|_| "a height is a whole number".into())
}

/// Reads what a request asks for.
pub(crate) fn request_kind(text: &str) -> Result<RequestKind, String> {
    let kinds = [RequestKind::Ordinary, RequestKind::Sweep];
    let mut named = kinds.into_iter().filter(|kind| kind.name() == text);
    named.next().ok_or_else(|| "ordinary or sweep".into())
}

/// Reads the digest of a transaction.
pub(crate) fn tx_digest(text: &str) -> Result<TxDigest, String> {
    let digest = signer_core::digest::from_hex(text).map(TxDigest::from_bytes);
    digest.ok_or_else(|| "a transaction's digest is 64 hexadecimal characters".into())
}

/// Reads an amount in satoshi.
pub(crate) fn sats(text: &str) -> Result<Amount, String> {
    money::parse_sats(text).map_err(|why| why.text(Lang::En).to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    /// Every command and subcommand, with its path.
    fn commands() -> Vec<(String, clap::Command)> {
        fn walk(path: &str, command: &clap::Command, found: &mut Vec<(String, clap::Command)>) {
            let path = format!("{path} {}", command.get_name()).trim().to_owned();
            for sub in command.get_subcommands().filter(|c| c.get_name() != "help") {
                walk(&path, sub, found);
            }
            found.push((path, command.clone()));
        }
        let mut found = Vec::new();
        walk("", &Cli::command(), &mut found);
        found
    }

    #[test]
    fn the_command_line_is_coherent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_help_shows_one_full_example_that_parses() {
        let commands = commands();
        assert!(commands.len() > 30, "{}", commands.len());
        for (path, command) in commands {
            if command.is_hide_set() {
                continue;
            }
            let help = command.get_after_help().map(ToString::to_string);
            let help = help.unwrap_or_default();
            let example = help.split_once("Example:\n").map(|(_, rest)| rest);
            let example = example.unwrap_or_else(|| panic!("{path} has no example"));
            let words = shell_words(example);
            assert!(
                words
                    .join(" ")
                    .contains(path.trim_start_matches("host-cli ")),
                "{path}: {example}"
            );
            Cli::try_parse_from(&words).unwrap_or_else(|e| panic!("{path}: {e}"));
        }
    }

    /// Splits an example as a shell does, as far as examples need it.
    fn shell_words(text: &str) -> Vec<String> {
        let text = text.replace("\\\n", " ");
        let mut words = Vec::new();
        let mut word = None;
        let mut quoted = false;
        for c in text.trim().chars() {
            match c {
                '"' => {
                    quoted = !quoted;
                    word.get_or_insert_with(String::new);
                }
                c if c.is_whitespace() && !quoted => words.extend(word.take()),
                c => word.get_or_insert_with(String::new).push(c),
            }
        }
        words.extend(word);
        words
    }

    #[test]
    fn nothing_secret_is_taken_on_the_command_line() {
        for (path, command) in commands() {
            for argument in command.get_arguments() {
                let name = argument.get_id().as_str();
                assert!(!name.contains("pin"), "{path} --{name}");
                assert!(!name.contains("yes") && name != "force", "{path} --{name}");
            }
        }
    }
}
