//! An officer's own token: found before anybody is asked, opened after consent, closed at once.

use std::path::PathBuf;

use clap::Args;
use hsm_profiles::{
    ClosedToken, HsmError, Module, OfficerToken, Pin, PinState, Profile, TokenSelector,
};
use officer_console::{Console, InputKind};
use signer_core::cose::{Artefact, CoseError, Draft, Endorsed, Scope, Signed};
use signer_core::keys::{P256PublicKey, Signature64};
use signer_core::phrase;
use signer_core::rule::Explained;
use signer_core::signing::OfficerOrder;
use signer_core::token::{Assurance, Line};
use signer_core::types::{Lang, Network, OfficerId};
use zeroize::Zeroizing;

use crate::cli::Desk;
use crate::error::Failure;

/// Which token an officer uses.
#[derive(Clone, Debug, Args)]
pub(crate) struct TokenArgs {
    /// Profile of the token's model, such as softhsm2
    #[arg(long)]
    profile: String,

    /// PKCS#11 module, where it is not at a place that the profile names
    #[arg(long)]
    module: Option<PathBuf>,

    /// Label of the officer's own token
    #[arg(long)]
    pub(crate) token: String,
}

impl TokenArgs {
    /// Loads the module of a token that may sign for this network.
    pub(crate) fn module(&self, network: Network) -> Result<Module, Failure> {
        let profile = Profile::named(&self.profile).map_err(|error| Failure::explained(&error))?;
        if network == Network::Main && profile.assurance() == Assurance::TestOnly {
            return Err(Failure::refused(
                phrase!(
                    "profile {profile} is for tests only and never signs for main net",
                    "プロファイル {profile} は試験専用で、mainnetの署名には使えない",
                    profile = profile.id()
                ),
                phrase!(
                    "use an officer's token whose profile is not for tests only",
                    "試験専用でないプロファイルのトークンを使用してください。"
                ),
            ));
        }
        from_a_person(&profile)?;
        Module::load(&profile, self.module.as_deref()).map_err(|e| failure(&e))
    }

    /// The token, found and still closed.
    pub(crate) fn find(&self, network: Network) -> Result<FoundToken, Failure> {
        let module = self.module(network)?;
        let label = Line::new(&self.token).ok_or_else(|| {
            Failure::input(
                phrase!(
                    "{label} is not the label of a token",
                    "{label} はトークンのラベルではない",
                    label = format!("{:?}", self.token)
                ),
                phrase!(
                    "give the label as the token shows it, in plain ASCII",
                    "トークンが示すとおりのラベルをASCIIで指定してください。"
                ),
            )
        })?;
        let selector = TokenSelector {
            label,
            serial: None,
        };
        let closed = module.open(&selector).map_err(|e| failure(&e))?;
        Ok(FoundToken { closed })
    }
}

/// Consent and PIN come from a keyboard: a program answers in rehearsals alone.
fn from_a_person(profile: &Profile) -> Result<(), Failure> {
    let input = Console::stdio().input_kind();
    if input == InputKind::Terminal || profile.assurance() == Assurance::TestOnly {
        return Ok(());
    }
    Err(Failure::input(
        phrase!(
            "answers do not come from a terminal",
            "回答が端末のキーボードからではない"
        ),
        phrase!(
            "run the command at a keyboard; only a test-only profile takes scripted answers",
            "キーボードで実行してください。自動応答は試験用プロファイルに限ります。"
        ),
    ))
}

/// A token that is there and closed.
#[derive(Debug)]
pub(crate) struct FoundToken {
    closed: ClosedToken,
}

impl FoundToken {
    /// Asks for the PIN and opens the token, which must hold `registered`.
    pub(crate) fn login(
        self,
        desk: &mut Desk,
        who: &OfficerId,
        registered: &P256PublicKey,
    ) -> Result<Pen, Failure> {
        let label = self.closed.info().label.to_string();
        warn(desk, self.closed.pin_state())?;
        let question = match desk.lang {
            Lang::En => format!("PIN of token {label}"),
            Lang::Ja => format!("トークン {label} のPIN"),
        };
        let typed = desk.console.ask_secret(who.as_str(), &question)?;
        let open = self.closed.login(&Pin::new(&typed));
        drop(typed);
        let token = open.and_then(OfficerToken::new).map_err(|e| failure(&e))?;
        if token.public_key() != *registered {
            let end = token.logout();
            end.map(drop).map_err(|e| failure(&e))?;
            return Err(Failure::refused(
                phrase!(
                    "token {label} does not hold the registered key of {who}",
                    "トークン {label} に {who} の登録済みの鍵がない",
                    label = label,
                    who = who
                ),
                phrase!(
                    "use the officer's own token, or the roster that lists its key",
                    "本人のトークン、またはその鍵が載っている名簿を使用してください。"
                ),
            ));
        }
        Ok(Pen { token })
    }
}

/// An open token that signs for its officer.
#[derive(Debug)]
pub(crate) struct Pen {
    token: OfficerToken,
}

impl Pen {
    /// The pen of a token that was opened elsewhere.
    pub(crate) const fn new(token: OfficerToken) -> Self {
        Self { token }
    }

    /// Signs an artefact and closes the token.
    pub(crate) fn sign<T: Artefact>(mut self, draft: Draft<T>) -> Result<Signed<T>, Failure> {
        let order = draft.officer_order().ok_or_else(not_an_officers)?;
        let signature = self.make(&order)?;
        self.close()?;
        draft.signed(signature).map_err(|e| signs_wrongly(&e))
    }

    /// Adds this officer's signature to an artefact that several sign, and closes the token.
    pub(crate) fn endorse<T: Artefact>(
        mut self,
        artefact: &mut Endorsed<T>,
        scope: Scope,
    ) -> Result<(), Failure> {
        let draft = artefact.draft_for(scope, &self.token.public_key());
        let order = draft.officer_order().ok_or_else(not_an_officers)?;
        let signature = self.make(&order)?;
        self.close()?;
        let endorsement = draft.signed(signature).map_err(|e| signs_wrongly(&e))?;
        artefact.add(endorsement);
        Ok(())
    }

    fn make(&mut self, order: &OfficerOrder) -> Result<Signature64, Failure> {
        self.token.sign(order).map_err(|e| failure(&e))
    }

    fn close(self) -> Result<(), Failure> {
        self.token.logout().map(drop).map_err(|e| failure(&e))
    }
}

fn signs_wrongly(error: &CoseError) -> Failure {
    Failure::hsm(
        error.phrase(),
        phrase!(
            "the token signs wrongly: do not use it",
            "このトークンの署名は誤っています。使用しないでください。"
        ),
    )
}

/// Two lines of an error of the token.
pub(crate) fn failure(error: &HsmError) -> Failure {
    Failure::hsm(error.what(), error.advice())
}

/// A new secret, typed twice.
pub(crate) fn new_secret(
    desk: &mut Desk,
    who: &OfficerId,
    first: &str,
    again: &str,
) -> Result<Zeroizing<String>, Failure> {
    let one = desk.console.ask_secret(who.as_str(), first)?;
    let two = desk.console.ask_secret(who.as_str(), again)?;
    if *one == *two {
        Ok(one)
    } else {
        Err(Failure::officer(
            phrase!("the two are not the same", "2回の入力が一致しない"),
            phrase!(
                "nothing was changed; run the command again",
                "何も変更していません。コマンドを再度実行してください。"
            ),
        ))
    }
}

fn warn(desk: &mut Desk, state: PinState) -> Result<(), Failure> {
    match state {
        PinState::Fine | PinState::NotSet | PinState::Locked => Ok(()),
        PinState::CountLow => desk.tell(
            "A wrong PIN was typed since the last login.",
            "前回のログイン後に誤ったPINが入力されています。",
        ),
        PinState::FinalTry => desk.tell(
            "One more wrong PIN locks this token.",
            "あと1回誤るとこのトークンはロックされます。",
        ),
    }
}

fn not_an_officers() -> Failure {
    Failure::internal(phrase!(
        "an officer was asked to sign what devices sign",
        "端末の署名対象が役職員に求められた"
    ))
}
