//! A PIN that nobody knows: drawn here, split among holders, and set on the token. The PIN before is
//! dead from then on, and so are all shares of it, on whatever disk.
//!
//! The shares are on the disk and announced before the token is changed; those before are deleted after
//! a login with the new ones. Wherever it is cut, a set is left that opens the token (ADR 5).

use hsm_profiles::{Pin, TakesPin};
use signer_core::codec::ByteString;
use signer_core::phrase;
use signer_core::rule::{RuleId, RuleLine, Verdict};
use signer_core::split::{
    Credential, DrawnBytes, Kdf, PIN_LENGTH, PinOpened, PinSplit, SealedShare, ShareSet, drawn_pin,
};
use signer_core::transcript::{Body, CeremonyKind, Outcome};
use signer_core::types::{Lang, OfficerId};
use zeroize::Zeroizing;

use super::Script;
use super::begin::Desk;
use super::holders::{Known, ask_so_pin};
use super::officers;
use super::session::{Session, of_hsm};
use crate::console::Who;
use crate::failure::Failure;
use crate::plan::SplitPin;
use crate::shares::{self, Holder, SHORTEST, Share, store};

/// The paper: `docs/ceremony/split_pin.md`.
pub(crate) const SCRIPT: Script = Script {
    name: "split_pin",
    steps: &[
        ["Environment", "環境の確認"],
        ["Journal", "ジャーナルの確認"],
        ["Token", "トークンの確認"],
        ["Session", "セッションの開始"],
        ["Operators", "操作者の認証"],
        ["Holders", "保持者の確認"],
        ["Passphrases", "パスフレーズの設定"],
        ["Write the shares", "シェアの書込み"],
        ["Change the PIN", "PINの変更"],
        ["Log in with the shares", "シェアによるログイン"],
        ["Seal", "封印"],
        ["Log out", "ログアウト"],
    ],
};

/// Wrong entries of one holder after which the ceremony is over.
const TRIES: u8 = 3;

/// Runs the ceremony.
pub(crate) fn run(plan: SplitPin) -> Result<(), Failure> {
    let mut desk = Desk::sit_down(&plan.place, plan.token, &SCRIPT)?;
    desk.can_be_split()?;

    // 1. Environment
    desk.room.step(1)?;
    let machine = desk.machine()?;

    // 2. Journal
    desk.room.step(2)?;
    desk.journal()?;

    // 3. Token
    desk.room.step(3)?;
    let mut token = desk.token()?;

    // 4. Session
    token.room().step(4)?;
    let (mut session, pin) = token.open_with_pin(CeremonyKind::SplitPin, machine)?;
    let wanted = Wanted {
        credential: plan.credential,
        threshold: plan.threshold,
        holders: plan.holders,
    };
    match split(&mut session, &wanted, &pin) {
        Ok(()) => finish(session),
        Err(failure) => Err(session.end_badly(failure)),
    }
}

impl Desk {
    /// A model with a quorum login of its own needs no shares, and one with another form of PIN can
    /// have none that is drawn.
    fn can_be_split(&self) -> Result<(), Failure> {
        match self.profile().takes_drawn_pin(PIN_LENGTH) {
            TakesPin::Yes => Ok(()),
            TakesPin::AtTheHsm => Err(Failure::input(
                phrase!(
                    "people log in at this HSM itself: its PIN is never typed here",
                    "このHSMでは本体で認証し、PINはここで入力しない"
                ),
                phrase!(
                    "Set the HSM's own quorum of cards; there is nothing to split on this machine.",
                    "HSM自体のカード定足数を設定してください。この端末で分割するものはありません。"
                ),
            )),
            TakesPin::No => Err(Failure::input(
                phrase!(
                    "this model takes no drawn PIN of {length} characters",
                    "この機種は {length} 文字の生成PINに対応しない",
                    length = PIN_LENGTH
                ),
                phrase!(
                    "Its PIN cannot be split by this program. Keep it in two halves on paper.",
                    "このPINは本プログラムでは分割できません。2つに分けて紙で保管してください。"
                ),
            )),
        }
    }
}

/// Which PIN is split among whom.
struct Wanted {
    credential: Credential,
    threshold: u8,
    holders: Vec<OfficerId>,
}

/// Steps 5 to 11, inside the session.
fn split(session: &mut Session, wanted: &Wanted, user: &Pin) -> Result<(), Failure> {
    // 5. Operators
    session.room.step(5)?;
    let _operators = officers::authenticate(session)?;

    // 6. Holders
    session.room.step(6)?;
    let draft = draft(session, wanted)?;
    confirm(session, &draft)?;

    // 7. Passphrases
    session.room.step(7)?;
    let holders = passphrases(session, &wanted.holders)?;
    let old = before(session, wanted.credential)?;

    // 8. Write the shares
    session.room.step(8)?;
    let (announced, pin) = write(session, &draft, &holders)?;

    // 9. Change the PIN
    session.room.step(9)?;
    change(session, user, old.as_ref(), &pin)?;

    // 10. Log in with the shares
    session.room.step(10)?;
    prove(session, &announced, &pin)?;

    // 11. Seal
    session.room.step(11)?;
    session.close(Outcome::Done)?;
    Ok(())
}

/// Step 12.
fn finish(mut session: Session) -> Result<(), Failure> {
    // 12. Log out
    session.room.step(12)?;
    session.leave()
}

/// The set as it will be, without shares yet; judged by HSM07.
fn draft(session: &mut Session, wanted: &Wanted) -> Result<ShareSet, Failure> {
    let state = session.journal().state();
    let set = ShareSet {
        version: 1,
        scope: session.scope()?,
        device: session.facts.device,
        credential: wanted.credential,
        number: state.pin(wanted.credential).next_number(),
        threshold: wanted.threshold,
        kdf: Kdf::USUAL,
        shares: Vec::new(),
    };
    let announced = PinSplit {
        holders: wanted.holders.clone(),
        ..set.announcement()
    };
    let verdict = state.judge_split(&announced);
    let verdict = verdict.ok_or_else(|| {
        Failure::internal(phrase!("no roster is installed", "名簿が登録されていない"))
    })?;
    if let Verdict::Refused(refusals) = &verdict {
        for refusal in refusals {
            session.record(Body::Refused(refusal.clone()))?;
        }
    }
    let rule = RuleId::HSM07;
    session.room.verdicts(&[RuleLine { rule, verdict }])?;
    Ok(ShareSet {
        shares: wanted.holders.iter().map(without_share).collect(),
        ..set
    })
}

/// The place of a holder whose share is not made yet.
fn without_share(holder: &OfficerId) -> SealedShare {
    SealedShare {
        holder: holder.clone(),
        salt: [0; 16],
        nonce: [0; 24],
        sealed: ByteString(Vec::new()),
    }
}

/// Who will hold what, on the screen; B types the holders from paper.
fn confirm(session: &mut Session, draft: &ShareSet) -> Result<(), Failure> {
    let lang = session.lang();
    let (k, n) = (draft.threshold, draft.shares.len());
    let (whose, number) = (draft.credential.phrase(), draft.number);
    let mut lines = vec![
        match lang {
            Lang::En => format!("{}: set {number}", whose.text(lang)),
            Lang::Ja => format!("{} 第{number}組", whose.text(lang)),
        },
        match lang {
            Lang::En => format!("{k} of {n} holders open it"),
            Lang::Ja => format!("保持者 {n} 名のうち {k} 名で開く"),
        },
        String::new(),
    ];
    let roster = session.journal().state().roster();
    let roster = roster.ok_or_else(|| {
        Failure::internal(phrase!("no roster is installed", "名簿が登録されていない"))
    })?;
    let ids = || draft.shares.iter().map(|share| &share.holder);
    for id in ids() {
        let name = roster.officer(id);
        let name = name.map_or_else(String::new, |o| format!("  {} {}", o.name, o.name_ja));
        lines.push(format!("  {id}{name}"));
    }
    lines.push(String::new());
    lines.push(
        lang.pick(
            "AFTER THIS THE PIN BEFORE OPENS NOTHING, AND NOBODY KNOWS THE NEW ONE",
            "この後、以前のPINは無効となり、新しいPINを知る者はいません",
        )
        .to_owned(),
    );
    let expected: Vec<String> = ids().map(ToString::to_string).collect();
    let screen = session.show("holders", &lines)?;
    let question = lang.pick(
        "Type the identifiers of all holders, as your paper has them",
        "書面にある保持者全員のIDを入力",
    );
    session.ask(&Who::B, "holders", question, screen, |typed| {
        typed
            .split_whitespace()
            .eq(expected.iter().map(String::as_str))
    })
}

/// Every holder types a passphrase, twice, alone at the keyboard.
fn passphrases(session: &mut Session, ids: &[OfficerId]) -> Result<Vec<Holder>, Failure> {
    let mut holders: Vec<Holder> = Vec::new();
    for id in ids {
        let passphrase = passphrase(session, id, &holders)?;
        holders.push(Holder {
            id: id.clone(),
            passphrase,
        });
    }
    Ok(holders)
}

fn passphrase(
    session: &mut Session,
    id: &OfficerId,
    before: &[Holder],
) -> Result<Zeroizing<String>, Failure> {
    let (lang, who) = (session.lang(), Who::Officer(id.clone()));
    let questions = match lang {
        Lang::En => [
            format!("New passphrase of {id}, at least {SHORTEST} characters"),
            format!("New passphrase of {id}, again"),
        ],
        Lang::Ja => [
            format!("{id} の新しいパスフレーズ({SHORTEST}文字以上)"),
            format!("{id} の新しいパスフレーズ(再入力)"),
        ],
    };
    for _ in 0..TRIES {
        let console = &mut session.room.console;
        let first = console.ask_pin(&who, "new-passphrase", &questions[0])?;
        let again = console.ask_pin(&who, "new-passphrase-again", &questions[1])?;
        let wrong = if first != again {
            lang.pick("the two entries differ", "2回の入力が一致しません")
        } else if first.chars().count() < SHORTEST {
            lang.pick("that is too short", "短すぎます")
        } else if before.iter().any(|other| other.passphrase == first) {
            lang.pick(
                "another holder typed the same: each has a passphrase of one's own",
                "他の保持者と同じです。各自のパスフレーズを設定してください",
            )
        } else {
            return Ok(first);
        };
        console.notice(wrong)?;
    }
    Err(Failure::officer(phrase!(
        "{id} set no passphrase in {tries} tries",
        "{id} は {tries} 回の試行でパスフレーズを設定できなかった",
        id = id,
        tries = TRIES
    )))
}

/// Draws the PIN, writes its sealed shares, reads them back and opens every one, and announces the set.
/// The PIN that the token gets is the one that the file on the disk gives.
fn write(
    session: &mut Session,
    draft: &ShareSet,
    holders: &[Holder],
) -> Result<(PinSplit, Zeroizing<String>), Failure> {
    let pin = drawn_pin(&Zeroizing::new(session.draw()?));
    let drawn = DrawnBytes::of(Zeroizing::new(session.draw()?));
    let empty = ShareSet {
        shares: Vec::new(),
        ..*draft
    };
    let set = shares::seal(empty, &pin, holders, drawn)?;
    let announced = set.announcement();
    let folder = session.records.folder().to_path_buf();
    let splits = session.journal().state().pin(set.credential);
    store::sweep(&folder, set.credential, splits)?;
    store::write(&folder, &set)?;
    let pin = read_back(&folder, &announced, holders, &pin)?;
    session.record(Body::PinSplit(announced.clone()))?;
    session.anchor()?;
    session.room.say(
        "the shares are on the disk, and each opens; those before are there still",
        "シェアをディスクに書き込み、すべて開けることを確認しました。以前のシェアも残っています",
    )?;
    Ok((announced, pin))
}

/// Every share of the file opens, and the first as well as the last of them make the PIN.
fn read_back(
    folder: &std::path::Path,
    announced: &PinSplit,
    holders: &[Holder],
    pin: &Zeroizing<String>,
) -> Result<Zeroizing<String>, Failure> {
    let set = store::read(folder, announced)?;
    let mut found: Vec<Share> = Vec::new();
    for holder in holders {
        let share = shares::open(&set, holder)?;
        found.push(share.ok_or_else(|| {
            Failure::internal(phrase!("a share does not open", "シェアを開けない"))
        })?);
    }
    let count = usize::from(announced.threshold);
    let first = found.get(..count);
    let last = found.get(found.len().saturating_sub(count)..);
    let (Some(first), Some(last)) = (first, last) else {
        return Err(Failure::internal(phrase!(
            "fewer shares than it takes",
            "シェアが不足"
        )));
    };
    let joined = shares::join(first)?;
    if joined != *pin || shares::join(last)? != *pin {
        return Err(Failure::internal(phrase!(
            "the shares make another PIN",
            "シェアから別のPINができた"
        )));
    }
    Ok(joined)
}

/// The security officer's PIN as it is, where that one is changed; the user's is known from the login.
fn before(session: &mut Session, credential: Credential) -> Result<Option<Pin>, Failure> {
    if credential == Credential::User {
        return Ok(None);
    }
    let known = Known {
        folder: session.records.folder(),
        state: session.records.journal().state(),
        any_copy: false,
    };
    let old = ask_so_pin(&mut session.room, known)?;
    Ok(Some(old.pin))
}

/// `C_SetPIN`, by whoever's PIN it is. From here on the PIN before is dead.
fn change(
    session: &mut Session,
    user: &Pin,
    so: Option<&Pin>,
    pin: &Zeroizing<String>,
) -> Result<(), Failure> {
    let new = Pin::new(pin);
    let token = session.hsm.token();
    let changed = match so {
        None => token.change_pin(user, &new),
        Some(old) => token.change_so_pin(user, old, &new),
    };
    changed.map_err(|e| of_hsm(&e))?;
    session.room.say("the PIN is changed", "PINを変更しました")
}

/// A login with what the file gives; then the shares before are deleted.
fn prove(
    session: &mut Session,
    announced: &PinSplit,
    pin: &Zeroizing<String>,
) -> Result<(), Failure> {
    let count = usize::from(announced.threshold);
    if announced.credential == Credential::User {
        let proven = session.hsm.token().prove_pin(&Pin::new(pin));
        proven.map_err(|e| of_hsm(&e))?;
    }
    session.record(Body::PinOpened(PinOpened {
        credential: announced.credential,
        number: announced.number,
        holders: announced.holders.iter().take(count).cloned().collect(),
    }))?;
    let folder = session.records.folder().to_path_buf();
    let splits = session.journal().state().pin(announced.credential);
    store::sweep(&folder, announced.credential, splits)?;
    session.room.say(
        "the token was logged in to with the new shares; no others are left",
        "新しいシェアでログインしました。以前のシェアは削除しました",
    )
}
