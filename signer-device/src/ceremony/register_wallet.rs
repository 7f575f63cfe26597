//! Registering a wallet: people compare every co-signer's enrolment and card, then the device signs
//! the record, or installs the one that all devices have signed. What is shown and typed is what the
//! journal's fold asks for: `transcript/state/registered.rs` in signer-core.

use std::path::PathBuf;

use signer_core::approval::CheckedEnrolment;
use signer_core::codec::ByteString;
use signer_core::cose::Endorsed;
use signer_core::phrase;
use signer_core::rule::Refusal;
use signer_core::signing::SigningHsm as _;
use signer_core::transcript::{Body, CeremonyKind, Installed, Outcome, WhatKind};
use signer_core::wallet::{
    CheckedCard, RegisteredWallet, RegistrableRecord, Registration, WalletError, WalletRecord,
};

use super::Script;
use super::begin::Desk;
use super::compare::{compare, out_of_order};
use super::emergency::{self, Emergency};
use super::officers;
use super::session::{Session, of_hsm};
use crate::failure::{Failure, path_of};
use crate::files::{self, Output};
use crate::plan::{RecordChoice, Register};

/// The paper: `docs/ceremony/register_wallet.md`.
pub(crate) const SCRIPT: Script = Script {
    name: "register_wallet",
    steps: &[
        ["Environment", "環境の確認"],
        ["Journal", "ジャーナルの確認"],
        ["Token", "トークンの確認"],
        ["Session", "セッションの開始"],
        ["Operators", "操作者の認証"],
        [
            "Check cards, enrolments and record",
            "カード、登録証、記録の検証",
        ],
        ["Compare enrolments and cards", "登録証とカードの照合"],
        ["Compare the wallet", "ウォレットの照合"],
        ["Sign or install the record", "記録への署名または登録"],
        ["Seal", "封印"],
        ["Write the record and log out", "記録の書き出しとログアウト"],
    ],
};

/// Runs the ceremony.
pub(crate) fn run(plan: Register) -> Result<(), Failure> {
    let papers = Papers::read(&plan)?;
    let out = match &plan.record {
        RecordChoice::Draft { out, .. } => Some(Output::reserve(out)?),
        RecordChoice::Complete(_) | RecordChoice::Emergency(_) => None,
    };
    let mut desk = Desk::sit_down(&plan.place, plan.token, &SCRIPT)?;

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
    let mut session = token.open(CeremonyKind::Wallet, machine)?;
    match register(&mut session, &papers, &plan.record) {
        Ok(record) => finish(session, out, &record),
        Err(failure) => Err(session.end_badly(failure)),
    }
}

/// Steps 5 to 10, inside the session; the record with this device's signature.
fn register(
    session: &mut Session,
    papers: &Papers,
    choice: &RecordChoice,
) -> Result<Vec<u8>, Failure> {
    let draft = matches!(choice, RecordChoice::Draft { .. });

    // 5. Operators
    session.room.step(5)?;
    let _operators = officers::authenticate(session)?;

    // 6. Check cards, enrolments and record
    session.room.step(6)?;
    let found = match choice {
        RecordChoice::Emergency(_) => Found::Emergency(Emergency::open(session, &papers.record)?),
        RecordChoice::Draft { .. } | RecordChoice::Complete(_) => {
            Found::Own(Box::new(Checked::open(session, papers)?))
        }
    };

    // 7. Compare enrolments and cards
    session.room.step(7)?;
    match &found {
        Found::Own(checked) => {
            if !draft {
                checked.was_signed_here(session)?;
            }
            checked.compare_papers(session)?;
        }
        Found::Emergency(_) => emergency::no_cards(session)?,
    }

    // 8. Compare the wallet
    session.room.step(8)?;
    match &found {
        Found::Own(checked) => checked.compare_wallet(session, draft)?,
        Found::Emergency(emergency) => emergency.compare(session)?,
    }

    // 9. Sign or install the record
    session.room.step(9)?;
    let (kind, record) = match found {
        Found::Own(checked) if draft => (WhatKind::WalletDraft, sign(session, checked.record)?),
        Found::Own(checked) => (WhatKind::Wallet, checked.record.endorsed().to_bytes()),
        Found::Emergency(emergency) => (WhatKind::Wallet, emergency.to_bytes()),
    };
    install(session, kind, record.clone())?;

    // 10. Seal
    session.room.step(10)?;
    session.close(Outcome::Done)?;
    Ok(record)
}

/// What is registered: a wallet of this device, or the emergency wallet of others.
enum Found {
    Own(Box<Checked>),
    Emergency(Emergency),
}

/// Step 11.
fn finish(mut session: Session, out: Option<Output>, record: &[u8]) -> Result<(), Failure> {
    // 11. Write the record and log out
    session.room.step(11)?;
    if let Some(out) = out {
        let path = out.path().display().to_string();
        out.write(record)?;
        session.room.console.wrote(&format!("wrote {path}"))?;
    } else {
        session.room.say(
            "the wallet is registered on this device",
            "ウォレットをこの端末に登録しました",
        )?;
    }
    session.leave()
}

/// What came on the medium, unread.
struct Papers {
    record: Vec<u8>,
    cards: Vec<(PathBuf, Vec<u8>)>,
    enrolments: Vec<(PathBuf, Vec<u8>)>,
}

impl Papers {
    fn read(plan: &Register) -> Result<Self, Failure> {
        let (RecordChoice::Draft { draft: record, .. }
        | RecordChoice::Complete(record)
        | RecordChoice::Emergency(record)) = &plan.record;
        let all = |paths: &[PathBuf]| -> Result<Vec<(PathBuf, Vec<u8>)>, Failure> {
            let read = |path: &PathBuf| Ok((path.clone(), files::read(path, files::ARTEFACT)?));
            paths.iter().map(read).collect()
        };
        Ok(Self {
            record: files::read(record, files::ARTEFACT)?,
            cards: all(&plan.cards)?,
            enrolments: all(&plan.enrolments)?,
        })
    }
}

/// Cards, enrolments and record, each verified, and the record found to be made of the cards.
struct Checked {
    cards: Vec<CheckedCard>,
    enrolments: Vec<CheckedEnrolment>,
    record: RegistrableRecord,
}

impl Checked {
    fn open(session: &mut Session, papers: &Papers) -> Result<Self, Failure> {
        let state = session.journal().state();
        let (Some(roster), Some(own)) = (state.roster(), state.own_card()) else {
            return Err(Failure::internal(phrase!(
                "no roster or no card is installed",
                "名簿またはカードが登録されていない"
            )));
        };
        let (scope, root) = (roster.scope(), roster.root());
        let mut cards = Vec::new();
        for (path, bytes) in &papers.cards {
            let card = CheckedCard::open(bytes, scope, &root);
            cards.push(card.map_err(|e| Failure::told(&path_of(path), &e))?);
        }
        let mut enrolments = Vec::new();
        for (path, bytes) in &papers.enrolments {
            let enrolment = CheckedEnrolment::open(bytes, roster, state.time());
            enrolments.push(enrolment.map_err(|e| Failure::told(&path_of(path), &e))?);
        }
        let record = RegistrableRecord::check(&Registration {
            record: &papers.record,
            own,
            cards: &cards,
            enrolments: &enrolments,
            wallets: state.wallets(),
        });
        match record {
            Ok(record) => {
                session.room.say(
                    "cards, enrolments and record agree with each other",
                    "カード、登録証、記録は互いに一致しています",
                )?;
                Ok(Self {
                    cards,
                    enrolments,
                    record,
                })
            }
            Err(WalletError::Extension(refusals) | WalletError::SharedHsm(refusals)) => {
                Err(refuse(session, &refusals))
            }
            Err(error) => Err(Failure::told(
                &phrase!("wallet record", "ウォレット記録"),
                &error,
            )),
        }
    }

    /// Everything of this wallet that the journal does not hold yet: it is shown, words of it are
    /// typed from the paper that the devices' own operators brought, and it is installed.
    fn compare_papers(&self, session: &mut Session) -> Result<(), Failure> {
        let members = &self.record.record().cosigners;
        for enrolment in &self.enrolments {
            let state = session.journal().state();
            let mut known = state.enrolments().iter();
            let identity = enrolment.enrolment().identity;
            if !known.any(|old| old.digest() == enrolment.digest())
                && members.iter().any(|member| member.identity == identity)
            {
                let page = state.enrolment_page(enrolment).map_err(out_of_order)?;
                compare(session, &page)?;
                install(session, WhatKind::Enrolment, enrolment.to_bytes())?;
            }
        }
        for card in &self.cards {
            let state = session.journal().state();
            let mut known = state.cards().iter();
            if !known.any(|old| old.digest() == card.digest())
                && members.iter().any(|member| member.card == card.digest())
            {
                let page = state.card_page(card).map_err(out_of_order)?;
                compare(session, &page)?;
                install(session, WhatKind::Card, card.to_bytes())?;
            }
        }
        Ok(())
    }

    /// A complete record is one that this device has signed, in a session in which its cards were
    /// compared.
    fn was_signed_here(&self, session: &mut Session) -> Result<(), Failure> {
        let digest = self.record.digest();
        let scope = session.scope()?;
        let drafts = session.journal().state().drafts();
        let signed_here = drafts.iter().any(|draft| {
            let record = Endorsed::<WalletRecord>::peek(&draft.0);
            record.is_ok_and(|record| Endorsed::new(record, scope).wallet_digest() == digest)
        });
        if !signed_here {
            return Err(Failure::input(
                phrase!(
                    "this device has not signed this wallet record",
                    "この端末はこのウォレット記録に署名していない"
                ),
                phrase!(
                    "Register its draft first: `wallet register --draft FILE --endorsement-out FILE`.",
                    "先に下書きを登録してください: `wallet register --draft FILE --endorsement-out FILE`"
                ),
            ));
        }
        session.room.say(
            "the cards were compared when this device signed the draft",
            "カードは下書きへの署名時に照合済みです",
        )
    }

    /// The wallet itself: the same words and the same first address on every device.
    fn compare_wallet(&self, session: &mut Session, draft: bool) -> Result<(), Failure> {
        let state = session.journal().state();
        let pages = if draft {
            state.draft_pages(&self.record)
        } else {
            state.wallet_pages(&self.complete(session)?)
        };
        for page in pages.map_err(out_of_order)? {
            compare(session, &page)?;
        }
        Ok(())
    }

    /// The record, which every one of its devices has signed.
    fn complete(&self, session: &Session) -> Result<RegisteredWallet, Failure> {
        let (scope, root) = (session.scope()?, self.record.record().root);
        let wallet = RegisteredWallet::open(&self.record.endorsed().to_bytes(), scope, &root);
        wallet.map_err(|error| Failure::told(&phrase!("wallet record", "ウォレット記録"), &error))
    }
}

/// Records and shows every refusal of WAL07; what the session ends with.
fn refuse(session: &mut Session, refusals: &[Refusal]) -> Failure {
    for refusal in refusals {
        if let Err(failure) = session.record(Body::Refused(refusal.clone())) {
            return failure;
        }
    }
    session.room.refused(refusals)
}

/// Adds this device's signature.
fn sign(session: &mut Session, record: RegistrableRecord) -> Result<Vec<u8>, Failure> {
    let scope = session.scope()?;
    let mut endorsed: Endorsed<WalletRecord> = record.into_endorsed();
    let draft = endorsed.draft_for(scope, &session.hsm.identity());
    let order = draft.seal_order().ok_or_else(|| {
        Failure::internal(phrase!(
            "a record is not a device's to sign",
            "記録が端末の署名対象ではない"
        ))
    })?;
    let signature = session.hsm.seal(&order).map_err(|e| of_hsm(&e))?;
    let endorsement = draft.signed(signature).map_err(|error| {
        Failure::hsm(
            phrase!(
                "the token's signature does not verify: {why}",
                "トークンの署名を検証できない: {why}",
                why = error.phrase()
            ),
            phrase!(
                "Do not use this token. Report it.",
                "このトークンを使用せず、報告してください。"
            ),
        )
    })?;
    endorsed.add(endorsement);
    Ok(endorsed.to_bytes())
}

/// Records an artefact that is in force from now on.
pub(super) fn install(
    session: &mut Session,
    kind: WhatKind,
    artefact: Vec<u8>,
) -> Result<(), Failure> {
    let clock = session.clock()?;
    session.record(Body::Installed(Installed {
        kind,
        artefact: ByteString(artefact),
        clock,
    }))
}
