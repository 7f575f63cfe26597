//! Witnesses take their seats before a PSBT is read, and sign for the session before anything leaves.

use signer_core::approval::{Officer, Role, Seat};
use signer_core::codec::ByteString;
use signer_core::cose::Draft;
use signer_core::phrase;
use signer_core::rule::RuleId;
use signer_core::transcript::{Body, OpenSession};
use signer_core::types::{Id, Lang, OfficerId};

use super::officers::{go_home, own_token, signed, sit};
use super::session::Session;
use crate::console::Who;
use crate::failure::Failure;

/// What is typed where nobody takes a seat that was offered.
const NOBODY: &str = "none";

/// So many seats for witnesses, or as many as a wallet of the policy calls for. A seat may stay
/// empty: whether that is enough, APP17 judges when the wallet is known.
pub(super) fn sit_down(session: &mut Session, seats: u8) -> Result<(), Failure> {
    let policy = session.journal().state().policy();
    let wallets = policy.iter().flat_map(|policy| &policy.policy().wallets);
    let called_for = wallets.map(|rules| rules.witnesses).max();
    for number in 1..=seats.max(called_for.unwrap_or_default()) {
        if let Some(officer) = who_attends(session, number)? {
            sit(session, &officer, Seat::Witness)?;
        }
    }
    Ok(())
}

/// Asks who takes the seat: a witness of the roster, valid at the known height, who does not sit yet.
fn who_attends(session: &mut Session, number: u8) -> Result<Option<Officer>, Failure> {
    let question = match session.lang() {
        Lang::En => format!("Officer identifier of witness {number}, or {NOBODY}"),
        Lang::Ja => format!("立会人{number}の役職員ID(いなければ {NOBODY})"),
    };
    let state = session.records.journal().state();
    let time = state.time();
    let sitting = state.open().map(OpenSession::witnesses);
    let sitting = sitting.unwrap_or_default();
    let roster = state.roster();
    let roster = roster.ok_or_else(|| {
        Failure::internal(phrase!("no roster is installed", "名簿が登録されていない"))
    })?;
    let id = format!("witness-{number}");
    session
        .room
        .ask_until(&Who::Witness, &id, &question, |typed| {
            if typed == NOBODY {
                return Some(None);
            }
            let named = Id::new(typed).ok().filter(|id| !sitting.contains(id))?;
            let officer = roster.officer(&named)?;
            officer.acting_as(Role::Witness, time).cloned().map(Some)
        })
}

/// Each witness signs for all that the journal says up to here. Whoever does not ends the session:
/// what was signed is recorded, and nothing leaves.
pub(super) fn sign_for_it(session: &mut Session) -> Result<(), Failure> {
    let state = session.journal().state();
    let witnesses = state.open().map(OpenSession::witnesses);
    let witnesses = witnesses.unwrap_or_default();
    if witnesses.is_empty() {
        return session.room.say(
            "no witness attends this session",
            "このセッションに立会人はいません",
        );
    }
    witnesses.iter().try_for_each(|who| statement(session, who))
}

fn statement(session: &mut Session, who: &OfficerId) -> Result<(), Failure> {
    let roster = session.journal().state().roster();
    let officer = roster.and_then(|roster| roster.officer(who)).cloned();
    let officer = officer.ok_or_else(not_here)?;
    let number = session.facts.session;
    session.room.say(
        &format!("{who} signs for session {number} as its witness, or rejects it"),
        &format!("{who} が立会人としてセッション {number} を確認して署名、または拒否します"),
    )?;
    let mut token = own_token(session, &officer)?;
    let head = session.journal().head();
    let state = session.journal().state();
    let body = state.to_witness(who, head.hash, head.entries);
    let body = body.ok_or_else(not_here)?;
    let draft = Draft::new(body, session.scope()?, officer.key);
    let expected = phrase!("a witness statement that verifies", "検証できる立会確認");
    let bytes = signed(session, draft, &mut token, RuleId::APP17, expected)?;
    session.record(Body::Witnessed(ByteString(bytes)))?;
    go_home(session, token)?;
    let (name, name_ja) = (&officer.name, &officer.name_ja);
    session.room.say(
        &format!("{name} ({who}) has signed as witness"),
        &format!("{name_ja}({who})が立会人として署名しました"),
    )
}

fn not_here() -> Failure {
    Failure::internal(phrase!(
        "a witness of this session cannot sign for it",
        "このセッションの立会人が署名できない"
    ))
}
