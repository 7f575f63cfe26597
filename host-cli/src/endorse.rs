//! How an officer signs a document that several sign: words read, words typed, then the PIN.

use std::path::PathBuf;

use signer_core::approval::{Officer, Role, Roster};
use signer_core::cose::{Artefact, Endorsed, Scope};
use signer_core::phrase;
use signer_core::types::{Lang, OfficerId};

use crate::artefact;
use crate::cli::{self, Desk};
use crate::consent::{self, Stretch};
use crate::error::Failure;
use crate::files::Output;
use crate::token::{FoundToken, TokenArgs};

/// Who signs, with which token, and where the document goes.
#[derive(Debug, clap::Args)]
pub(crate) struct SignerArgs {
    /// Who signs
    #[arg(long, value_parser = cli::id)]
    officer: OfficerId,

    #[command(flatten)]
    token: TokenArgs,

    /// The document with one more signature, to be written
    #[arg(long)]
    out: PathBuf,
}

impl SignerArgs {
    /// Makes sure that the document can be written.
    pub(crate) fn reserve(&self) -> Result<Output, Failure> {
        Output::reserve(&self.out)
    }

    /// The policy administrator of this name, with the token found and still closed.
    pub(crate) fn administrator<'a>(
        &self,
        roster: &'a Roster,
    ) -> Result<Administrator<'a>, Failure> {
        let role = Role::PolicyAdministrator;
        let officer = artefact::officer(roster, &self.officer, role)?;
        let token = self.token.find(roster.scope.network)?;
        Ok(Administrator { officer, token })
    }
}

/// A policy administrator whose token is found: nothing was asked yet.
#[derive(Debug)]
pub(crate) struct Administrator<'a> {
    officer: &'a Officer,
    token: FoundToken,
}

impl Administrator<'_> {
    /// Shows the words, asks for some of them, opens the token and signs.
    pub(crate) fn endorse<T: Artefact>(
        self,
        desk: &mut Desk,
        asked: Asked<'_>,
        artefact: (&mut Endorsed<T>, Scope),
    ) -> Result<(), Failure> {
        endorse(desk, self.officer, self.token, asked, artefact)
    }
}

/// Words of a digest that are typed where the digest stands on this screen.
const WORDS: usize = 4;

/// Words that are typed from another screen; the other ones are compared.
const FOREIGN_WORDS: usize = 8;

/// Where the words of a digest are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadFrom<'a> {
    /// Here.
    ThisScreen,
    /// On the screen of the device of this name: the asked words are not shown here.
    Device(&'a str),
}

/// What is asked about a digest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    /// What the digest is of, in both languages.
    pub(crate) of: [&'a str; 2],
    /// The digest.
    pub(crate) digest: &'a [u8; 32],
    /// Where it is read.
    pub(crate) from: ReadFrom<'a>,
}

/// Shows the words, asks for some of them, opens the officer's token and signs.
pub(crate) fn endorse<T: Artefact>(
    desk: &mut Desk,
    officer: &Officer,
    token: FoundToken,
    asked: Asked<'_>,
    (artefact, scope): (&mut Endorsed<T>, Scope),
) -> Result<(), Failure> {
    if artefact.signers().any(|kid| kid == officer.key.key_id()) {
        return Err(Failure::input(
            phrase!(
                "{who} has signed this already",
                "{who} は署名済みである",
                who = officer.id
            ),
            phrase!(
                "give it to the next officer",
                "次の役職員に渡してください。"
            ),
        ));
    }
    ask_words(desk, officer, asked)?;
    let pen = token.login(desk, &officer.id, &officer.key)?;
    pen.endorse(artefact, scope)
}

fn ask_words(desk: &mut Desk, officer: &Officer, asked: Asked<'_>) -> Result<(), Failure> {
    let [en, ja] = asked.of;
    let lang = desk.lang;
    let (stretch, question, hidden) = match asked.from {
        ReadFrom::ThisScreen => {
            let stretch = Stretch::of(&officer.id, asked.digest, WORDS);
            let places = stretch.text(lang);
            let question = match lang {
                Lang::En => format!("words {places} of the {en}"),
                Lang::Ja => format!("{ja}の単語 {places}"),
            };
            (stretch, question, None)
        }
        ReadFrom::Device(name) => {
            let stretch = Stretch::of(&officer.id, asked.digest, FOREIGN_WORDS);
            let places = stretch.text(lang);
            let question = match lang {
                Lang::En => format!("words {places} of the {en}, from the screen of device {name}"),
                Lang::Ja => format!("端末 {name} の画面にある{ja}の単語 {places}"),
            };
            (stretch, question, Some(stretch))
        }
    };
    desk.say(&consent::grid(asked.digest, hidden))?;
    if hidden.is_some() {
        desk.tell(
            "Compare every other word with the device's own screen as well.",
            "他の単語もすべて端末自身の画面と照合してください。",
        )?;
    }
    consent::challenge(&mut desk.console, lang, &officer.id, &question, |answer| {
        stretch.judge(asked.digest, answer)
    })
}
