//! A recovery in its session: what two operators read and type, and the entry that follows from it.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use super::confirm::{Asked, confirmed};
use super::recovery_error::RecoveryError;
use super::{CheckedRecovery, RecoveryStanding};
use crate::approval::WaitingRoster;
use crate::codec::ByteString;
use crate::digest::{FileDigest, hex};
use crate::rule::Explained as _;
use crate::transcript::{Anchor, CeremonyKind, DeviceState, OpenSession};
use crate::types::{Id, Lang};
use crate::wallet::CheckedCard;

/// The entry by which a journal goes on from an anchor, without the entries up to it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Recovered {
    /// The administrators' order, with its signatures.
    #[n(0)]
    pub order: ByteString,
    /// What the HSM remembered.
    #[n(1)]
    pub anchor: Anchor,
    /// The device's newest card.
    #[n(2)]
    pub card: ByteString,
    /// The journal that was found on the disk and is kept aside, byte for byte; absent where there
    /// was none.
    #[n(3)]
    pub kept: Option<FileDigest>,
}

/// A recovery in the open session, before anybody has confirmed it.
#[derive(Debug)]
pub struct Continuation {
    name: Id,
    nonce: [u8; 32],
    entries: u64,
    kept: Option<FileDigest>,
    order: CheckedRecovery,
    card: CheckedCard,
}

impl Continuation {
    /// Holds an order and a card against the open session and all that is left of the journal.
    ///
    /// # Errors
    /// [`RecoveryError`].
    pub fn of(state: &DeviceState, what: &Recovered) -> Result<Self, RecoveryError> {
        let open = state.open().filter(|open| is_ready(open));
        let (Some(open), Some(genesis), Some(roster)) = (open, state.genesis(), state.roster())
        else {
            return Err(RecoveryError::Session);
        };
        let order = CheckedRecovery::open(
            &what.order.0,
            RecoveryStanding {
                roster,
                identity: genesis.identity,
                time: state.time(),
            },
        )?;
        let anchor = &order.order().anchor;
        if what.anchor != *anchor {
            return Err(RecoveryError::OtherAnchor);
        }
        if open.opened_at() >= anchor.entries {
            return Err(RecoveryError::Passed(anchor.entries));
        }
        let (scope, root) = (genesis.root.scope, genesis.root.digest());
        let card = CheckedCard::open(&what.card.0, scope, &root)
            .map_err(|error| RecoveryError::Card(error.what()))?;
        if card.digest() != order.order().card || card.device() != genesis.identity.device_id() {
            return Err(RecoveryError::OtherCard(card.digest()));
        }
        state.judge_continuation(&order, &card)?;
        Ok(Self {
            name: genesis.name.clone(),
            nonce: open.opened().nonce,
            entries: open.opened_at(),
            kept: what.kept,
            order,
            card,
        })
    }

    /// The order.
    pub const fn order(&self) -> &CheckedRecovery {
        &self.order
    }

    /// The order and the card, given away.
    pub(crate) fn into_parts(self) -> (CheckedRecovery, CheckedCard) {
        (self.order, self.card)
    }

    /// The one screen: from where to where, and what is not known.
    pub fn screen(&self, lang: Lang) -> Vec<String> {
        let order = self.order.order();
        let anchor = &order.anchor;
        let pick = |en: &'static str, ja: &'static str| lang.pick(en, ja).to_string();
        let mut lines = Vec::from([
            pick(
                "THIS DEVICE GOES ON WITHOUT A PART OF ITS JOURNAL",
                "ジャーナルの一部を失ったまま運用を再開します",
            ),
            String::new(),
            format!("{}  {}", pick("device", "端末"), self.name),
            format!(
                "{}  {}",
                pick("entries on this disk", "ディスク上の記録"),
                self.entries
            ),
            format!(
                "{}  {}",
                pick("entries in the HSM", "HSMの記憶する記録"),
                anchor.entries
            ),
            format!("{}  {}", pick("generation", "世代"), anchor.generation),
            format!("{}  {}", pick("head", "先頭"), hex(&anchor.head)),
            format!("{}  {}", pick("signatures", "署名"), anchor.signatures),
            format!("{}  {}", pick("receipts", "受領証"), order.receipts.len()),
            format!(
                "{}  {}",
                pick("signatures without a receipt", "受領証のない署名"),
                self.order.without_receipt()
            ),
            format!("{}  {}", pick("policy", "ポリシー"), order.policy.number),
            format!("{}  {}", pick("height", "ブロック高"), order.height),
            format!(
                "{}  {}",
                pick("retired wallets", "廃止済みウォレット"),
                order.retired.len()
            ),
            format!(
                "{}  {}",
                pick("rejected requests", "否認済み申請"),
                order.rejected.len()
            ),
            format!("{}", order.reason),
        ]);
        if let Some(frozen) = &anchor.frozen {
            lines.push(frozen.phrase().text(lang).to_string());
        }
        if let Some(waiting) = self.order.waiting() {
            lines.push(waiting_line(&waiting, lang));
        }
        if let Some(kept) = &self.kept {
            lines.push(format!(
                "{}  {kept}",
                pick("kept aside", "保管する旧ジャーナル")
            ));
        }
        lines
    }

    /// What is asked about it, in order.
    pub fn asked(&self) -> [Asked; 4] {
        let digest = self.order.digest();
        Asked::recovery(
            &self.name,
            &digest,
            self.order.without_receipt(),
            &self.nonce,
        )
    }

    /// Whether two operators of the roster read the screen and answered every question.
    ///
    /// # Errors
    /// [`RecoveryError`].
    pub(crate) fn confirmed(&self, state: &DeviceState) -> Result<(), RecoveryError> {
        confirmed(state, |lang| self.screen(lang), &self.asked()).map_err(Into::into)
    }
}

fn waiting_line(waiting: &WaitingRoster, lang: Lang) -> String {
    let (roster, from) = (waiting.roster, waiting.from);
    match lang {
        Lang::En => format!("roster {roster} of the recovery quorum waits until height {from}"),
        Lang::Ja => format!("復旧鍵による名簿 {roster} がブロック高 {from} まで待機中"),
    }
}

/// A session that recovers and has not yet.
fn is_ready(open: &OpenSession) -> bool {
    open.opened().kind == CeremonyKind::Recover && !open.has_recovered()
}
