//! Operators take their seats: each with the key on the officer's own token.

use hsm_profiles::{OfficerToken, TokenSelector};
use signer_core::approval::{Attendance, Officer, Operators, Role, Seat};
use signer_core::codec::ByteString;
use signer_core::cose::{Artefact, Draft};
use signer_core::phrase;
use signer_core::rule::{Phrase, RuleId};
use signer_core::token::{Line, hsm05};
use signer_core::transcript::Body;
use signer_core::types::{Id, Lang, OfficerId};

use super::session::{Session, of_hsm, rule_lines, token_refusal};
use super::token::log_in;
use crate::console::Who;
use crate::failure::Failure;

/// Both operators authenticate, A first. Each signs an attendance over this session's nonce.
///
/// # Errors
/// Officer, HSM, and APP10 where an attendance is not the officer's.
pub(super) fn authenticate(session: &mut Session) -> Result<Operators, Failure> {
    let (a, first) = seat(session, Seat::OperatorA, None)?;
    let (b, _) = seat(session, Seat::OperatorB, Some(&first))?;
    let facts = signer_core::approval::SessionFacts {
        device: session.facts.device,
        session: session.facts.session,
        nonce: session.facts.nonce,
    };
    let roster = session.journal().state().roster();
    let roster = roster.ok_or_else(|| {
        Failure::internal(phrase!("no roster is installed", "名簿が登録されていない"))
    })?;
    match Operators::open(&a, &b, facts, roster) {
        Ok(operators) => Ok(operators),
        Err(refusal) => Err(session.refuse(&refusal)),
    }
}

/// One operator takes a seat; the signed attendance and who it is.
fn seat(
    session: &mut Session,
    seat: Seat,
    other: Option<&OfficerId>,
) -> Result<(Vec<u8>, OfficerId), Failure> {
    let officer = who_sits(session, seat, other)?;
    let attendance = sit(session, &officer, seat)?;
    Ok((attendance, officer.id))
}

/// An officer signs the attendance and takes the seat.
pub(super) fn sit(
    session: &mut Session,
    officer: &Officer,
    seat: Seat,
) -> Result<Vec<u8>, Failure> {
    let mut token = own_token(session, officer)?;
    let attendance = sign(session, officer, seat, &mut token)?;
    go_home(session, token)?;
    session.record(Body::Attended(ByteString(attendance.clone())))?;
    let (name, id) = (officer.name.as_str(), &officer.id);
    let sits = seat.phrase();
    session.room.say(
        &format!("{name} ({id}) sits as {}", sits.text(Lang::En)),
        &format!("{}({id})が{}に着席", officer.name_ja, sits.text(Lang::Ja)),
    )?;
    Ok(attendance)
}

/// Opens an officer's own token with the PIN of its owner; its key is the roster's.
pub(super) fn own_token(session: &mut Session, officer: &Officer) -> Result<OfficerToken, Failure> {
    let label = Line::lossy(&format!("officer-{}", officer.id));
    let selector = TokenSelector {
        label,
        serial: None,
    };
    let who = Who::Officer(officer.id.clone());
    let (open, _) = log_in(
        &mut session.room,
        &session.module,
        &selector,
        &who,
        "officer-pin",
    )?;
    let token = OfficerToken::new(open).map_err(|e| of_hsm(&e))?;
    if token.public_key() != officer.key {
        return Err(Failure::hsm(
            phrase!(
                "the key on token {token} is not the roster's",
                "トークン {token} の鍵が名簿の鍵と違う",
                token = selector.label
            ),
            phrase!(
                "Use the officer's own token, as the roster in force lists it.",
                "現行の名簿に載っている本人のトークンを使用してください。"
            ),
        ));
    }
    Ok(token)
}

/// Closes an officer's token.
pub(super) fn go_home(session: &mut Session, token: OfficerToken) -> Result<(), Failure> {
    let out = token.logout().map_err(|e| of_hsm(&e))?;
    session.judged(&rule_lines([(RuleId::HSM05, hsm05(out.end))]))
}

/// Asks who takes the seat: an operator of the roster, valid at the known height, not the one who
/// sits already.
fn who_sits(
    session: &mut Session,
    seat: Seat,
    other: Option<&OfficerId>,
) -> Result<Officer, Failure> {
    let id = match seat {
        Seat::OperatorA => "officer-a",
        Seat::OperatorB => "officer-b",
        Seat::Witness => "witness",
    };
    let lang = session.lang();
    let question = match lang {
        Lang::En => format!("Officer identifier of {}", seat.phrase().text(lang)),
        Lang::Ja => format!("{}の役職員ID", seat.phrase().text(lang)),
    };
    let state = session.records.journal().state();
    let time = state.time();
    let roster = state.roster();
    let roster = roster.ok_or_else(|| {
        Failure::internal(phrase!("no roster is installed", "名簿が登録されていない"))
    })?;
    session
        .room
        .ask_until(&Who::from(seat), id, &question, |typed| {
            let named = Id::new(typed).ok().filter(|id| Some(id) != other)?;
            let officer = roster.officer(&named)?;
            officer.acting_as(Role::Operator, time).cloned()
        })
}

fn sign(
    session: &mut Session,
    officer: &Officer,
    seat: Seat,
    token: &mut OfficerToken,
) -> Result<Vec<u8>, Failure> {
    let scope = session.scope()?;
    let body = Attendance {
        version: 1,
        scope,
        officer: officer.id.clone(),
        seat,
        device: session.facts.device,
        session: session.facts.session,
        nonce: session.facts.nonce,
    };
    let draft = Draft::new(body, scope, officer.key);
    let expected = phrase!("an attendance that verifies", "検証できる在席");
    let rule = match seat {
        Seat::OperatorA | Seat::OperatorB => RuleId::APP10,
        Seat::Witness => RuleId::APP17,
    };
    signed(session, draft, token, rule, expected)
}

/// What an officer's token signs, verified; `rule` refuses a signature that is not the officer's.
pub(super) fn signed<T: Artefact>(
    session: &mut Session,
    draft: Draft<T>,
    token: &mut OfficerToken,
    rule: RuleId,
    expected: Phrase,
) -> Result<Vec<u8>, Failure> {
    let order = draft.officer_order().ok_or_else(|| {
        Failure::internal(phrase!(
            "this is not an officer's to sign",
            "役職員の署名対象ではない"
        ))
    })?;
    let signature = token.sign(&order).map_err(|e| of_hsm(&e))?;
    match draft.signed(signature) {
        Ok(signed) => Ok(signed.to_bytes()),
        Err(error) => {
            let refusal = token_refusal(rule, expected, error.phrase());
            Err(session.refuse(&refusal))
        }
    }
}
