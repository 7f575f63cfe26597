//! Artefacts that a journal installs: each is opened again, with the same checks as on the day
//! when it was installed.

use alloc::sync::Arc;

use super::compared::read_and_typed;
use super::{DeviceState, FoldError, OpenSession};
use crate::approval::{ActiveRoster, CheckedEnrolment, NextRoster};
use crate::codec;
use crate::digest::RosterDigest;
use crate::headers::{HeaderRun, KnownTime, LeftBlocks};
use crate::life::{CheckedRetirement, FreezeStanding, Frozen, RetirementStanding};
use crate::phrase;
use crate::policy::{Page, pol08};
use crate::rule::{Explained, Refusal, Verdict};
use crate::transcript::entry::{CeremonyKind, Exception, Genesis, Installed, WhatKind};
use crate::transcript::judge::two_operators;
use crate::wallet::{
    CheckedCard, KnownPoints, RegisteredWallet, RegistrableRecord, Registration, WalletClass,
    WalletError, wal09,
};

impl DeviceState {
    /// Opens an artefact and puts it in force, by the clock as it is now. The screens that were read for it
    /// are those of the moment at which they were shown.
    pub(super) fn install(&mut self, installed: &Installed) -> Result<(), FoldError> {
        let genesis = self.genesis.clone().ok_or(FoldError::Genesis)?;
        let bytes = installed.artefact.0.as_slice();
        let now = self.time_at(installed.clock);
        match installed.kind {
            WhatKind::Roster => self.install_roster(bytes, &genesis, now),
            WhatKind::Enrolment => self.install_enrolment(bytes, now),
            WhatKind::Card => self.install_card(bytes, &genesis),
            WhatKind::WalletDraft => self.install_draft(installed),
            WhatKind::Wallet => self.install_wallet(bytes, &genesis),
            WhatKind::Policy => self.install_policy(bytes, now),
            WhatKind::Retirement => self.install_retirement(bytes, now),
            WhatKind::Headers => self.install_headers(bytes, &genesis),
            WhatKind::WaitingRoster => self.install_waiting(bytes, now),
            WhatKind::Cancellation => self.install_cancellation(bytes, now),
            WhatKind::Freeze => self.install_freeze(bytes),
            WhatKind::Thaw => self.install_thaw(bytes, now),
        }
    }

    fn install_roster(
        &mut self,
        bytes: &[u8],
        genesis: &Genesis,
        now: KnownTime,
    ) -> Result<(), FoldError> {
        let root = &genesis.root;
        let Some(known) = &self.roster else {
            let first = ActiveRoster::first(bytes, root.scope, root).map_err(refused)?;
            self.roster = Some(first);
            return Ok(());
        };
        let recovers = self.open().is_some_and(OpenSession::takes_rosters);
        if !recovers {
            self.admits_rosters(known)?;
        }
        let next = known.next(bytes, self.waiting.as_ref(), now);
        let NextRoster::InForce(next) = next.map_err(refused)? else {
            return Err(FoldError::Artefact(phrase!(
                "a roster of the recovery quorum that has not waited",
                "待機期間を経ていない復旧鍵の名簿"
            )));
        };
        if !recovers {
            self.compared_roster(&next)?;
            self.end_with(next.digest());
        }
        self.roster = Some(next);
        self.waiting = None;
        Ok(())
    }

    /// A roster of the recovery quorum is seen: its delay begins.
    fn install_waiting(&mut self, bytes: &[u8], now: KnownTime) -> Result<(), FoldError> {
        let known = self.roster.as_ref().ok_or_else(no_roster)?;
        self.admits_rosters(known)?;
        let next = known.next(bytes, self.waiting.as_ref(), now);
        let NextRoster::Waits(next, waiting) = next.map_err(refused)? else {
            return Err(FoldError::Artefact(phrase!(
                "a roster that does not wait",
                "待機しない名簿"
            )));
        };
        self.compared_roster(&next)?;
        self.end_with(waiting.roster);
        self.waiting = Some(waiting);
        Ok(())
    }

    /// One administrator says no: the roster that waits is forgotten.
    fn install_cancellation(&mut self, bytes: &[u8], now: KnownTime) -> Result<(), FoldError> {
        let known = self.roster.as_ref().ok_or_else(no_roster)?;
        self.admits_rosters(known)?;
        let cancellation = known.open_cancellation(bytes, self.waiting.as_ref(), now);
        let cancellation = cancellation.map_err(refused)?;
        let page = self.cancellation_page(cancellation.body())?;
        self.read_and_typed(&[page])?;
        self.end_with(cancellation.body().cancelled);
        self.waiting = None;
        Ok(())
    }

    /// One officer is enough, in a ceremony of its own.
    fn install_freeze(&mut self, bytes: &[u8]) -> Result<(), FoldError> {
        let session = self.open.as_ref().ok_or(FoldError::NoSession)?;
        if session.opened().kind != CeremonyKind::Freeze {
            return Err(FoldError::Ceremony);
        }
        let standing = FreezeStanding {
            roster: self.roster.as_ref().ok_or_else(no_roster)?,
            device: self.device().ok_or(FoldError::Genesis)?,
            session: session.number(),
            nonce: session.opened().nonce,
            known: self.height(),
        };
        let frozen = Frozen::open(bytes, standing, self.frozen.as_ref()).map_err(refused)?;
        self.frozen = Some(frozen);
        Ok(())
    }

    /// A quorum of administrators, before two operators.
    fn install_thaw(&mut self, bytes: &[u8], now: KnownTime) -> Result<(), FoldError> {
        let known = self.roster.as_ref().ok_or_else(no_roster)?;
        let session = self.open.as_ref().ok_or(FoldError::NoSession)?;
        if session.opened().kind != CeremonyKind::Thaw {
            return Err(FoldError::Ceremony);
        }
        self.compared_by_two_operators(known)?;
        let order = Frozen::open_thaw(self.frozen.as_ref(), bytes, known, now);
        let page = self.thaw_page(order.map_err(refused)?.body())?;
        self.read_and_typed(&[page])?;
        self.frozen = None;
        Ok(())
    }

    /// Rosters change in their own ceremony, before two operators.
    fn admits_rosters(&self, known: &ActiveRoster) -> Result<(), FoldError> {
        let session = self.open.as_ref().ok_or(FoldError::NoSession)?;
        if session.opened().kind != CeremonyKind::Roster {
            return Err(FoldError::Ceremony);
        }
        self.compared_by_two_operators(known)
    }

    /// Every person who comes, leaves or changes, and the whole.
    fn compared_roster(&self, next: &ActiveRoster) -> Result<(), FoldError> {
        let mut pages = self.people_pages(next)?;
        pages.push(self.roster_page(next)?);
        self.read_and_typed(&pages)
    }

    pub(super) fn read_and_typed(&self, pages: &[Page]) -> Result<(), FoldError> {
        let open = self.open.as_ref().ok_or(FoldError::NoSession)?;
        read_and_typed(open, pages)
    }

    /// SOD-7: this session does nothing more.
    fn end_with(&mut self, roster: RosterDigest) {
        if let Some(session) = self.open.as_mut() {
            session.renewed = Some(roster);
        }
    }

    /// Two operators of the roster that ends have their seats: nobody installs a roster alone.
    pub(super) fn compared_by_two_operators(&self, roster: &ActiveRoster) -> Result<(), FoldError> {
        let alone = || {
            FoldError::Artefact(phrase!(
                "an artefact that two operators did not compare",
                "操作者2名が照合していない文書"
            ))
        };
        two_operators(self, roster).map_err(|_| alone())
    }

    fn install_enrolment(&mut self, bytes: &[u8], now: KnownTime) -> Result<(), FoldError> {
        let roster = self.roster.as_ref().ok_or_else(no_roster)?;
        let enrolment = CheckedEnrolment::open(bytes, roster, now).map_err(refused)?;
        self.registers(&[self.enrolment_page(&enrolment)?])?;
        self.enrolments.push(enrolment);
        self.have_compared();
        Ok(())
    }

    /// The device's own card comes with its keys; one of a co-signer is compared with its paper.
    fn install_card(&mut self, bytes: &[u8], genesis: &Genesis) -> Result<(), FoldError> {
        let root = &genesis.root;
        let card = CheckedCard::open(bytes, root.scope, &root.digest()).map_err(refused)?;
        if card.device() == genesis.identity.device_id() {
            self.makes_cards()?;
            self.judge_own_card(&card)?;
            self.generation = None;
        } else {
            self.admits_card(&card).map_err(FoldError::Card)?;
            self.registers(&[self.card_page(&card)?])?;
            self.have_compared();
        }
        self.hold_card(card);
        Ok(())
    }

    /// Whether a co-signer's card follows the newest one that is known here (WAL09).
    ///
    /// # Errors
    /// What is refused.
    pub fn admits_card(&self, card: &CheckedCard) -> Result<(), Refusal> {
        match wal09(card, self.wallets.cards()) {
            Verdict::Refused(refusals) => refusals.into_iter().next().map_or(Ok(()), Err),
            _ => Ok(()),
        }
    }

    /// A card is known from now on, and its HSM where it is the newest one of its device.
    pub(super) fn hold_card(&mut self, card: CheckedCard) {
        self.wallets.note_card(&card);
        self.cards.push(card);
    }

    fn install_draft(&mut self, installed: &Installed) -> Result<(), FoldError> {
        let own = self.own_card().ok_or_else(|| {
            FoldError::Artefact(phrase!(
                "no card of this device",
                "この端末の端末カードなし"
            ))
        })?;
        let record = RegistrableRecord::check(&Registration {
            record: &installed.artefact.0,
            own,
            cards: &self.cards,
            enrolments: &self.enrolments,
            wallets: &self.wallets,
        })
        .map_err(refused)?;
        self.registers(&self.draft_pages(&record)?)?;
        self.drafts.push(installed.artefact.clone());
        self.have_compared();
        Ok(())
    }

    fn install_wallet(&mut self, bytes: &[u8], genesis: &Genesis) -> Result<(), FoldError> {
        let root = &genesis.root;
        let mut known = KnownPoints::of(&self.cards);
        let wallet = RegisteredWallet::open_knowing(bytes, root.scope, &root.digest(), &mut known)
            .map_err(refused)?;
        // All devices of a record have signed it: where this one is missing, nobody here has
        // compared anything, and names, pools or scripts of others would be taken by it.
        let own = self.is_of(wallet.record());
        if !own && !self.sweeps_to(&wallet) {
            return Err(FoldError::Artefact(phrase!(
                "a wallet of which this device is no co-signer",
                "この端末が共同署名者でないウォレット"
            )));
        }
        self.registers(&self.wallet_pages(&wallet)?)?;
        if own {
            self.wallets.add(Arc::new(wallet)).map_err(refused)?;
            self.note_active();
        } else {
            self.admits_emergency(&wallet).map_err(refused)?;
            let added = self.wallets.add_emergency(Arc::new(wallet), []);
            added.map_err(refused)?;
        }
        self.have_compared();
        Ok(())
    }

    /// Whether an emergency wallet of other devices could be registered: it is not retired, and nothing else
    /// that is paid here bears its name.
    ///
    /// # Errors
    /// [`WalletError`].
    pub fn admits_emergency(&self, wallet: &RegisteredWallet) -> Result<(), WalletError> {
        let listed = self.policy().map(|policy| &policy.document().destinations);
        let labels = listed.into_iter().flatten().map(|listed| &listed.label);
        self.wallets.admits_emergency(wallet, labels)
    }

    /// A registration has a ceremony of its own, in which two operators read and type this.
    fn registers(&self, pages: &[Page]) -> Result<(), FoldError> {
        let session = self.open.as_ref().ok_or(FoldError::NoSession)?;
        if session.opened().kind != CeremonyKind::Wallet {
            return Err(FoldError::Ceremony);
        }
        self.compared_by_two_operators(self.roster.as_ref().ok_or_else(no_roster)?)?;
        self.read_and_typed(pages)
    }

    fn have_compared(&mut self) {
        if let Some(session) = self.open.as_mut() {
            session.have_compared();
        }
    }

    /// Cards of the device itself are made where its keys are.
    fn makes_cards(&self) -> Result<(), FoldError> {
        let session = self.open.as_ref().ok_or(FoldError::NoSession)?;
        match session.opened().kind {
            CeremonyKind::Commission | CeremonyKind::Keys | CeremonyKind::Card => Ok(()),
            _ => Err(FoldError::Ceremony),
        }
    }

    /// The one wallet of other devices that is taken: the newest policy names it by its full digest, of
    /// which an operator typed words from paper when that policy was installed. Whether the policy
    /// allows a sweep already is for POL10.
    fn sweeps_to(&self, wallet: &RegisteredWallet) -> bool {
        let policy = self.policy();
        let sweep = policy.and_then(|policy| policy.document().sweep.as_ref());
        let named = sweep.is_some_and(|sweep| sweep.wallet == wallet.digest());
        named && wallet.class() == WalletClass::Emergency
    }

    fn install_policy(&mut self, bytes: &[u8], now: KnownTime) -> Result<(), FoldError> {
        let policy = pol08(self, bytes, now).map_err(FoldError::Policy)?;
        self.policy = Some(Arc::new(policy));
        self.pinned = None;
        self.note_active();
        Ok(())
    }

    /// A retirement tightens: it is in force at once, and for ever. Two operators retire, in a
    /// ceremony of its own.
    fn install_retirement(&mut self, bytes: &[u8], now: KnownTime) -> Result<(), FoldError> {
        let session = self.open.as_ref().ok_or(FoldError::NoSession)?;
        if session.opened().kind != CeremonyKind::Retire {
            return Err(FoldError::Ceremony);
        }
        let roster = self.roster.as_ref().ok_or_else(no_roster)?;
        let standing = RetirementStanding {
            roster,
            wallets: &self.wallets,
            time: now,
        };
        let checked = CheckedRetirement::open(bytes, standing).map_err(refused)?;
        self.compared_by_two_operators(roster)?;
        let page = self.retirement_page(&checked)?;
        self.read_and_typed(&[page])?;
        self.wallets
            .retire(checked.order().wallet, checked.digest());
        Ok(())
    }

    fn install_headers(&mut self, bytes: &[u8], genesis: &Genesis) -> Result<(), FoldError> {
        let run: HeaderRun = codec::decode(bytes).map_err(|e| FoldError::Artefact(e.phrase()))?;
        let chain = self.chain.as_ref().ok_or(FoldError::Genesis)?;
        let extended = chain.extend(&run, genesis.root.scope.network);
        let extended = extended.map_err(refused)?;
        if let Some(left) = &extended.left {
            self.left_blocks(left)?;
        }
        self.chain = Some(extended.chain);
        self.accepted.follow(&run);
        // What a policy loosens opens by headers, and by nothing else.
        let height = self.height();
        self.policy = self.policy.take().map(|policy| Arc::new(policy.at(height)));
        self.note_active();
        Ok(())
    }

    /// Blocks are left for others only where that was recorded right before.
    fn left_blocks(&mut self, left: &LeftBlocks) -> Result<(), FoldError> {
        let session = self.open.as_mut().ok_or(FoldError::NoSession)?;
        if session.excepted.take() != Some(Exception::blocks_left(left)) {
            return Err(FoldError::BlocksLeft);
        }
        self.accepted.leave(left.from);
        Ok(())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what map_err hands over")]
fn refused(error: impl Explained) -> FoldError {
    FoldError::Artefact(error.what())
}

fn no_roster() -> FoldError {
    FoldError::Artefact(phrase!("no roster is installed", "名簿が導入されていない"))
}
