//! A token: logged in to once, with what a person typed, and judged by HSM01 to HSM04 and HSM06.

use std::collections::BTreeSet;

use hsm_profiles::{
    ClosedToken, Consequence, HsmError, Module, OpenToken, Pin, PinState, Profile, TokenSelector,
};
use signer_core::keys::CkaId;
use signer_core::rule::{RuleId, RuleLine, Verdict};
use signer_core::token::{
    AcceptanceRecord, KeyReading, KnownKey, Line, LoginKind, hsm01, hsm02, hsm03_after_cut, hsm06,
};
use signer_core::transcript::Genesis;
use signer_core::types::{Lang, Network};

use super::room::Room;
use super::session::{of_hsm, rule_lines};
use crate::console::Who;
use crate::failure::Failure;

/// Asks for the PIN of a token and logs in, once.
pub(super) fn log_in(
    room: &mut Room,
    module: &Module,
    selector: &TokenSelector,
    who: &Who,
    id: &str,
) -> Result<(OpenToken, PinState), Failure> {
    let closed = module.open(selector).map_err(|e| of_hsm(&e))?;
    let (pin, state) = ask_at(room, &closed, selector, who, id)?;
    let open = closed.login(&pin).map_err(|e| of_hsm(&e))?;
    Ok((open, state))
}

/// Says what is known of the PIN of a token, then asks for it. Nobody is logged in yet.
pub(super) fn ask_at(
    room: &mut Room,
    closed: &ClosedToken,
    selector: &TokenSelector,
    who: &Who,
    id: &str,
) -> Result<(Pin, PinState), Failure> {
    let state = warn(room, closed)?;
    let kind = closed.profile().login_kind();
    let pin = ask_pin(room, kind, &selector.label, who, id)?;
    Ok((pin, state))
}

/// Says what is known of the PIN of a token, before anybody types anything.
pub(super) fn warn(room: &mut Room, closed: &ClosedToken) -> Result<PinState, Failure> {
    let lang = room.lang();
    closed.ready_for_login().map_err(|e| of_hsm(&e))?;
    let state = closed.pin_state();
    if let Some(text) = tries(closed.profile(), lang) {
        room.console.notice(&text)?;
    }
    let text = match state {
        PinState::FinalTry => {
            lang.pick("ONE TRY IS LEFT for this PIN", "PINの残り試行回数は1回です")
        }
        PinState::CountLow => lang.pick(
            "a wrong PIN was entered since the last login",
            "前回のログイン以降に誤ったPINが入力されました",
        ),
        PinState::Fine | PinState::Locked | PinState::NotSet => "",
    };
    if !text.is_empty() {
        room.console.notice(text)?;
    }
    Ok(state)
}

/// What wrong PINs do, where they do something.
fn tries(profile: &Profile, lang: Lang) -> Option<String> {
    let (tries, consequence) = profile.pin_tries();
    let text = match (consequence, lang) {
        (Consequence::None, _) => return None,
        (Consequence::Lock, Lang::En) => format!("{tries} wrong PINs LOCK this token"),
        (Consequence::Lock, Lang::Ja) => {
            format!("PINを{tries}回間違えるとトークンがロックされます")
        }
        (Consequence::Wipe, Lang::En) => format!("{tries} wrong PINs WIPE every key of this HSM"),
        (Consequence::Wipe, Lang::Ja) => {
            format!("PINを{tries}回間違えるとHSMの鍵がすべて消去されます")
        }
    };
    Some(text)
}

/// Asks for the secret in the words of the model's login, where one is typed here at all.
pub(super) fn ask_pin(
    room: &mut Room,
    kind: LoginKind,
    label: &Line,
    who: &Who,
    id: &str,
) -> Result<Pin, Failure> {
    let lang = room.lang();
    let question = match (kind, lang) {
        (LoginKind::Pin, Lang::En) => format!("PIN of token {label}"),
        (LoginKind::Pin, Lang::Ja) => format!("トークン {label} のPIN"),
        (LoginKind::IdAndPassword, Lang::En) => {
            format!("Key number (4 hexadecimal digits) and password of token {label}, in one")
        }
        (LoginKind::IdAndPassword, Lang::Ja) => {
            format!("トークン {label} の鍵番号(16進4桁)とパスワードを続けて入力")
        }
        (LoginKind::UserColonPassword, Lang::En) => format!("user:password of token {label}"),
        (LoginKind::UserColonPassword, Lang::Ja) => {
            format!("トークン {label} の「利用者名:パスワード」")
        }
        (LoginKind::ProtectedPath, _) => {
            room.say(
                "enter the PIN at the HSM itself, by its keypad or card reader",
                "HSM本体のキーパッドまたはカードリーダーで認証してください",
            )?;
            return Ok(Pin::not_typed());
        }
        (LoginKind::Preloaded, _) => {
            room.console.notice(lang.pick(
                "cards were loaded before: this login proves nothing of who is here",
                "カードは事前に読み込まれています。このログインは在席者の証明になりません",
            ))?;
            return Ok(Pin::not_typed());
        }
    };
    let typed = room.console.ask_pin(who, id, &question)?;
    Ok(Pin::new(&typed))
}

/// What has to be on a token, and what may be.
pub(super) struct ExpectedKeys {
    /// Every key that was recorded.
    pub(super) recorded: Vec<KnownKey>,
    /// Ids that a generation announced before it was cut, and never recorded. What stands there is
    /// not a key yet: the ceremony that goes on destroys it before anything else.
    pub(super) unrecorded: BTreeSet<CkaId>,
}

/// What is known of a token from before.
#[derive(Clone, Copy)]
pub(super) enum Past<'a> {
    /// It is being commissioned; the acceptance test may have been run on it.
    Blank(Option<&'a AcceptanceRecord>),
    /// The journal began with it.
    Born(&'a Genesis),
}

/// HSM01 to HSM04 and HSM06 over the token as it was listed after login; what HSM04 said comes in.
pub(super) fn judge_token(
    token: &mut OpenToken,
    network: Network,
    past: Past<'_>,
    expected: ExpectedKeys,
    random: Verdict,
) -> Result<Vec<RuleLine>, HsmError> {
    let (commissioned, accepted) = match past {
        Past::Blank(accepted) => (None, accepted),
        Past::Born(genesis) => (Some(genesis.hsm.clone()), genesis.acceptance.as_ref()),
    };
    let facts = token.facts();
    let identity = token.read_identity()?;
    let mut keys = token.read_wallet_keys()?;
    keys.retain(|key| !expected.unrecorded.contains(&key.id));
    let flags = keys.iter().map(KeyReading::flags);
    let all = std::iter::once(identity.flags()).chain(flags);
    let first = hsm01(all, &facts.relaxations);
    let expectation = token.profile().expectation(commissioned);
    let (third, _) = hsm03_after_cut(&token.listed(), expected.recorded, &expected.unrecorded);
    Ok(rule_lines([
        (RuleId::HSM01, first),
        (RuleId::HSM02, hsm02(&facts, &expectation)),
        (RuleId::HSM03, third),
        (RuleId::HSM04, random),
        (
            RuleId::HSM06,
            hsm06(facts.standing(), Some(&facts), network, accepted),
        ),
    ]))
}
