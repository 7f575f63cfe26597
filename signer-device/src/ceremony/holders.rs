//! The PIN of the device's token: typed by one person as long as nobody has split it, put together by its
//! holders from then on.

use std::path::Path;

use hsm_profiles::{ClosedToken, Pin, TokenSelector};
use signer_core::phrase;
use signer_core::split::{Credential, PinOpened, PinSplit, Splits};
use signer_core::transcript::DeviceState;
use signer_core::types::{Id, Lang, OfficerId};

use super::room::Room;
use super::token::{ask_pin, warn};
use crate::console::Who;
use crate::failure::Failure;
use crate::shares::{self, Holder, Share, store};

/// What a login is tried with, and who put it together.
pub(super) struct Login {
    pub(super) pin: Pin,
    /// The holders, where the PIN is split.
    pub(super) by: Option<PinOpened>,
}

/// Where the shares are, and what the journal says of them.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) folder: &'a Path,
    pub(super) state: &'a DeviceState,
    /// The token may be a copy, with a PIN from before.
    pub(super) any_copy: bool,
}

/// Asks for what the token is logged in to with: once a PIN is split, its holders' passphrases and
/// nothing else.
///
/// # Errors
/// HSM: a passphrase is wrong. It is kept for the next session's record; nobody is asked again.
pub(super) fn ask_login(
    room: &mut Room,
    closed: &ClosedToken,
    selector: &TokenSelector,
    known: Known<'_>,
) -> Result<Login, Failure> {
    warn(room, closed)?;
    let splits = known.state.pin(Credential::User);
    let Some(split) = choose(room, splits, known.any_copy)? else {
        let kind = closed.profile().login_kind();
        let pin = ask_pin(room, kind, &selector.label, &Who::B, "pin")?;
        return Ok(Login { pin, by: None });
    };
    put_together(room, known, split)
}

/// The security officer's PIN, where it is about to be changed.
pub(super) fn ask_so_pin(room: &mut Room, known: Known<'_>) -> Result<Login, Failure> {
    let splits = known.state.pin(Credential::SecurityOfficer);
    if let Some(split) = choose(room, splits, false)? {
        return put_together(room, known, split);
    }
    let question = room.lang().pick(
        "Security officer PIN, as it was set at commissioning",
        "設置時に設定したSO PIN",
    );
    let typed = room.console.ask_pin(&Who::A, "so-pin", question)?;
    Ok(Login {
        pin: Pin::new(&typed),
        by: None,
    })
}

/// Which set the token's PIN is of; none where people type it. Where a change was cut, people say which
/// is tried: one login, never one after the other.
fn choose<'s>(
    room: &mut Room,
    splits: &'s Splits,
    any_copy: bool,
) -> Result<Option<&'s PinSplit>, Failure> {
    let (current, pending) = (splits.current(), splits.pending());
    match (current, pending) {
        (None, None) => return Ok(None),
        (Some(current), None) if !any_copy => return Ok(Some(current)),
        _ => {}
    }
    let sets = [pending, current].into_iter().flatten();
    let mut numbers: Vec<u32> = sets.map(|split| split.number).collect();
    if any_copy || current.is_none() {
        numbers.push(0);
    }
    let listed: Vec<String> = numbers.iter().map(u32::to_string).collect();
    let listed = listed.join(", ");
    room.console.notice(room.lang().pick(
        "it is not known which PIN this token has: a split was cut, or it is a copy; 0 is the PIN that was typed",
        "このトークンのPINが不明です(分割の中断、または複製)。0は入力で設定したPINです",
    ))?;
    let question = match room.lang() {
        Lang::En => format!("Number of the set that is tried ({listed})"),
        Lang::Ja => format!("試す組の番号({listed})"),
    };
    let chosen = room.ask_until(&Who::A, "pin-set", &question, |typed| {
        let number = typed.parse().ok()?;
        numbers.contains(&number).then_some(number)
    })?;
    Ok(splits.numbered(chosen))
}

fn put_together(room: &mut Room, known: Known<'_>, split: &PinSplit) -> Result<Login, Failure> {
    let set = store::read(known.folder, split)?;
    let count = usize::from(split.threshold);
    let (mut names, mut found): (Vec<OfficerId>, Vec<Share>) = (Vec::new(), Vec::new());
    while found.len() < count {
        let id = who_holds(room, known.state, split, &names)?;
        let question = match room.lang() {
            Lang::En => format!("Passphrase of {id} for {}", what(split, Lang::En)),
            Lang::Ja => format!("{id} のパスフレーズ({})", what(split, Lang::Ja)),
        };
        let who = Who::Officer(id.clone());
        let passphrase = room.console.ask_pin(&who, "passphrase", &question)?;
        let holder = Holder { id, passphrase };
        let share = shares::open(&set, &holder)?.ok_or_else(|| wrong(&holder.id))?;
        names.push(holder.id);
        found.push(share);
    }
    names.sort();
    Ok(Login {
        pin: Pin::new(&shares::join(&found)?),
        by: Some(PinOpened {
            credential: split.credential,
            number: split.number,
            holders: names,
        }),
    })
}

/// A holder of the set who has not typed yet, and who is a valid officer still.
fn who_holds(
    room: &mut Room,
    state: &DeviceState,
    split: &PinSplit,
    before: &[OfficerId],
) -> Result<OfficerId, Failure> {
    let (number, of) = (before.len() + 1, split.threshold);
    let question = match room.lang() {
        Lang::En => format!("Officer identifier of holder {number} of {of}"),
        Lang::Ja => format!("保持者 {number}/{of} の担当者ID"),
    };
    let who = if before.is_empty() { Who::A } else { Who::B };
    room.ask_until(&who, "holder", &question, |typed| {
        let named = Id::new(typed).ok()?;
        let holds = split.holders.contains(&named) && !before.contains(&named);
        (holds && state.may_open(&named)).then_some(named)
    })
}

fn what(split: &PinSplit, lang: Lang) -> String {
    let (whose, number) = (split.credential.phrase(), split.number);
    match lang {
        Lang::En => format!("set {number} of {}", whose.text(lang)),
        Lang::Ja => format!("{}、第{number}組", whose.text(lang)),
    }
}

fn wrong(holder: &OfficerId) -> Failure {
    Failure::hsm(
        phrase!(
            "the passphrase of {holder} opens no share",
            "{holder} のパスフレーズでシェアを開けない",
            holder = holder
        ),
        phrase!(
            "No PIN was tried. Begin again, with the right passphrase or with another holder.",
            "PINは試していません。正しいパスフレーズまたは別の保持者でやり直してください。"
        ),
    )
}
