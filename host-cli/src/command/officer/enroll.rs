//! `officer enroll`: the officer's key is born in the officer's own token.

use std::path::PathBuf;

use hsm_profiles::{Module, OfficerToken, Pin};
use signer_core::approval::{OfficerCard, Role};
use signer_core::cose::Draft;
use signer_core::rule::Verdict;
use signer_core::token::hsm01;
use signer_core::types::{Id, Label, Lang, OfficerId};

use crate::cli::{self, Desk, ScopeArgs};
use crate::error::Failure;
use crate::files::Output;
use crate::token::{Pen, TokenArgs, failure, new_secret};

/// Takes one blank token, asks for a new SO PIN and a new PIN, makes the key inside.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli officer enroll --network regtest --profile softhsm2 --token officer-sato.k \\\n    \
    --id sato.k --name \"Sato Kenichi\" --name-ja \"佐藤 健一\" --department treasury \\\n    \
    --roles requester,approver --out sato.cbor")]
pub(crate) struct Args {
    #[command(flatten)]
    scope: ScopeArgs,

    #[command(flatten)]
    token: TokenArgs,

    /// Identifier of the officer
    #[arg(long, value_parser = cli::id)]
    id: OfficerId,

    /// Name in Latin letters
    #[arg(long, value_parser = cli::label)]
    name: Label,

    /// Name in Japanese
    #[arg(long, value_parser = cli::label)]
    name_ja: Label,

    /// Department
    #[arg(long, value_parser = cli::id)]
    department: Id,

    /// Roles: requester, risk-checker, approver, director, operator, witness,
    /// policy-administrator, release-signer, broadcaster, reconciler, auditor
    #[arg(long, value_delimiter = ',', required = true, value_parser = role)]
    roles: Vec<Role>,

    /// The officer card to be written
    #[arg(long)]
    out: PathBuf,
}

impl Args {
    pub(super) fn run(mut self, desk: &mut Desk) -> Result<(), Failure> {
        let out = Output::reserve(&self.out)?;
        let module = self.token.module(self.scope.scope().network)?;
        self.roles.sort_unstable();
        self.roles.dedup();
        let token = self.new_token(desk, &module)?;
        let draft = Draft::new(self.card(&token), self.scope.scope(), token.public_key());
        let signed = Pen::new(token).sign(draft)?;
        out.write(&signed.to_bytes())?;
        desk.say(&format!("{}: {}", self.id, signed.body().key.key_id()))
    }

    fn card(&self, token: &OfficerToken) -> OfficerCard {
        OfficerCard {
            version: 1,
            scope: self.scope.scope(),
            id: self.id.clone(),
            name: self.name.clone(),
            name_ja: self.name_ja.clone(),
            department: self.department.clone(),
            roles: self.roles.clone(),
            key: token.public_key(),
        }
    }

    fn new_token(&self, desk: &mut Desk, module: &Module) -> Result<OfficerToken, Failure> {
        let label = &self.token.token;
        let (so, so_again) = match desk.lang {
            Lang::En => (
                format!("new SO PIN of token {label}"),
                "the same SO PIN again",
            ),
            Lang::Ja => (
                format!("トークン {label} の新しいSO PIN"),
                "同じSO PINをもう一度",
            ),
        };
        let so = new_secret(desk, &self.id, &so, so_again)?;
        let (user, user_again) = match desk.lang {
            Lang::En => (format!("new PIN of token {label}"), "the same PIN again"),
            Lang::Ja => (format!("トークン {label} の新しいPIN"), "同じPINをもう一度"),
        };
        let user = new_secret(desk, &self.id, &user, user_again)?;
        let failed = |e| failure(&e);
        let user = Pin::new(&user);
        let selector = module
            .init_token(&Pin::new(&so), label, &user)
            .map_err(failed)?;
        let mut open = module
            .open(&selector)
            .and_then(|closed| closed.login(&user))
            .map_err(failed)?;
        let reading = open.generate_officer_key().map_err(failed)?;
        let relaxations = module.profile().relaxations();
        match hsm01([(reading.id, &reading.attributes)], relaxations) {
            Verdict::Refused(refusals) => Err(Failure::Rules(refusals)),
            _ => OfficerToken::new(open).map_err(failed),
        }
    }
}

fn role(text: &str) -> Result<Role, String> {
    Role::from_name(text).ok_or_else(|| {
        let names: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
        format!("one of {}", names.join(", "))
    })
}
