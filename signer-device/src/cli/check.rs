//! `device check`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::LangArg;

/// The network that an HSM is to serve.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum NetworkArg {
    /// Main net.
    Main,
    /// Testnet 4.
    Testnet4,
    /// Signet.
    Signet,
    /// Regtest.
    Regtest,
}

/// `device check`
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// HSM profile: a built-in name or a file.
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) profile: String,
    /// PKCS#11 module [default: the profile's].
    #[arg(long, value_name = "PATH")]
    pub(crate) module: Option<PathBuf>,
    /// Label of the token: keys are made in it and destroyed again.
    #[arg(long, value_name = "LABEL")]
    pub(crate) token: String,
    /// The network that this HSM is to serve.
    #[arg(long, value_enum)]
    pub(crate) network: NetworkArg,
    /// A drill: its report is no report of a device in use.
    #[arg(long)]
    pub(crate) drill: bool,
    /// Signatures that are made and verified; a complete test has at least 1,000.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub(crate) signatures: u32,
    /// Where the signed report is written; an existing file is never overwritten.
    #[arg(long, value_name = "FILE")]
    pub(crate) report_out: PathBuf,
    /// Where the page for people is written (HTML).
    #[arg(long, value_name = "FILE")]
    pub(crate) page_out: PathBuf,
    /// Language of screens and questions.
    #[arg(long, value_enum, default_value = "en")]
    pub(crate) lang: LangArg,
}
