//! `device check`

use std::path::PathBuf;

use signer_core::cose::Scope;
use signer_core::phrase;
use signer_core::rule::Phrase;
use signer_core::token::Line;
use signer_core::types::{Lang, Network, Purpose};

use super::{lang_of, line};
use crate::cli::{CheckArgs, NetworkArg};
use crate::failure::Failure;

/// Most signatures of one test.
const MOST: u32 = 1_000_000;

/// `device check`
#[derive(Debug)]
pub(crate) struct Check {
    pub(crate) lang: Lang,
    pub(crate) profile: String,
    pub(crate) module: Option<PathBuf>,
    pub(crate) label: Line,
    pub(crate) scope: Scope,
    pub(crate) signatures: u32,
    pub(crate) report_out: PathBuf,
    pub(crate) page_out: PathBuf,
}

impl TryFrom<CheckArgs> for Check {
    type Error = Failure;

    fn try_from(args: CheckArgs) -> Result<Self, Failure> {
        if !(1..=MOST).contains(&args.signatures) {
            return Err(Failure::input(
                Phrase::figure(format_args!("--signatures {}", args.signatures)),
                phrase!(
                    "Give a number from 1 to 1000000; a complete test has at least 1000.",
                    "1から1000000までの数を指定してください。完全な試験には1000以上が必要です。"
                ),
            ));
        }
        Ok(Self {
            lang: lang_of(args.lang),
            profile: args.profile,
            module: args.module,
            label: line("--token", &args.token)?,
            scope: Scope {
                network: match args.network {
                    NetworkArg::Main => Network::Main,
                    NetworkArg::Testnet4 => Network::Testnet4,
                    NetworkArg::Signet => Network::Signet,
                    NetworkArg::Regtest => Network::Regtest,
                },
                purpose: if args.drill {
                    Purpose::Drill
                } else {
                    Purpose::Live
                },
            },
            signatures: args.signatures,
            report_out: args.report_out,
            page_out: args.page_out,
        })
    }
}
