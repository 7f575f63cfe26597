//! A token: logged in to once, with what a person typed, and judged by HSM01 to HSM04.

use hsm_profiles::{HsmError, Module, OpenToken, Pin, PinState, TokenSelector};
use signer_core::keys::{CkaId, Fingerprint, KeyRole};
use signer_core::rule::{RuleId, RuleLine, Verdict};
use signer_core::token::{HsmFacts, KeyReading, hsm01, hsm02, hsm03};
use signer_core::transcript::{Genesis, Journal};
use signer_core::types::{KeyIndex, Lang, Network};

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
    let lang = room.lang();
    let closed = module.open(selector).map_err(|e| of_hsm(&e, lang))?;
    let state = closed.pin_state();
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
    let question = match lang {
        Lang::En => format!("PIN of token {}", selector.label),
        Lang::Ja => format!("トークン {} のPIN", selector.label),
    };
    let typed = room.console.ask_pin(who, id, &question)?;
    let pin = Pin::new(&typed);
    drop(typed);
    let open = closed.login(&pin).map_err(|e| of_hsm(&e, lang))?;
    Ok((open, state))
}

/// HSM01 to HSM04 over the token as it is now; what HSM04 said comes in.
pub(super) fn judge_token(
    token: &mut OpenToken,
    network: Network,
    commissioned: Option<HsmFacts>,
    expected: Vec<CkaId>,
    random: Verdict,
) -> Result<Vec<RuleLine>, HsmError> {
    let facts = token.facts();
    let identity = token.read_identity()?;
    let keys = token.read_wallet_keys()?;
    let flags = keys.iter().map(KeyReading::flags);
    let all = std::iter::once(identity.flags()).chain(flags);
    let first = hsm01(all, &facts.relaxations);
    let expectation = token.profile().expectation(network, commissioned);
    let inventory = token.inventory()?;
    Ok(rule_lines([
        (RuleId::HSM01, first),
        (RuleId::HSM02, hsm02(&facts, &expectation)),
        (RuleId::HSM03, hsm03(&inventory, expected)),
        (RuleId::HSM04, random),
    ]))
}

/// Every key that the journal says was generated.
pub(super) fn expected_keys(journal: &Journal, genesis: &Genesis) -> Vec<CkaId> {
    let device = Fingerprint::of(&genesis.identity.device_id());
    let wallet = journal.state().keys().iter().flat_map(|made| {
        (made.first.0..)
            .zip(&made.keys)
            .map(move |(index, _)| CkaId::wallet(device, made.pool, made.chain, KeyIndex(index)))
    });
    std::iter::once(CkaId::single(KeyRole::Identity))
        .chain(wallet)
        .collect()
}
