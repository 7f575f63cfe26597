//! A bench whose HSM is lost, and one that was restored from a backup takes its place.

use alloc::boxed::Box;

use super::Bench;
use crate::codec::ByteString;
use crate::cose::Endorsed;
use crate::life::{HsmName, Replaced, Replacement, Takeover};
use crate::rule::{Refusal, Verdict};
use crate::signing::SigningHsm as _;
use crate::testing::{KEYS, SCOPE, label, officers_sign};
use crate::transcript::entry::Answered;
use crate::transcript::{Anchor, Body, CeremonyKind, Outcome, Shown};
use crate::wallet::{CheckedCard, DeviceCard};

impl Bench {
    /// A session in which a restored HSM proves every key.
    pub(crate) fn prove_whole(&mut self) {
        assert_eq!(self.prove(|_| {}), Verdict::Passed);
        self.close(Outcome::Done);
    }

    /// The order for the HSM that proved its keys last.
    pub(crate) fn replacement(&self) -> Replacement {
        let (state, device) = (self.state(), self.state().genesis().unwrap());
        let proven = state.proven_hsms().last().unwrap();
        Replacement {
            version: 1,
            scope: SCOPE,
            root: self.world.root.digest(),
            roster: self.world.roster.digest(),
            identity: self.device.identity(),
            generation: device.generation + 1,
            retired: HsmName::of(&device.hsm),
            hsm: proven.hsm.clone(),
            acceptance: None,
            report: proven.report,
            entries: proven.entries,
            head: proven.head,
            reason: label("the HSM of the north broke"),
        }
    }

    /// The entry by which an order is followed, of an HSM that remembers this; `edit` changes its card.
    pub(crate) fn replaced(
        &self,
        order: &Endorsed<Replacement>,
        remembered: Option<Anchor>,
        edit: impl FnOnce(&mut DeviceCard),
    ) -> Replaced {
        let head = self.journal.head().hash;
        let nonce = self.state().open().unwrap().opened().nonce;
        let nonce = crate::life::PossessionReport::nonce_of(&nonce, &head);
        let mut card = self.device.card(self.world.root.digest(), &[]);
        card.nonce = nonce;
        card.pools = [self.device.pool_card(1, KEYS, nonce)].into();
        card.generation = order.body().generation;
        card.acceptance.clone_from(&order.body().acceptance);
        card.predecessor = self.state().own_card().map(CheckedCard::digest);
        edit(&mut card);
        Replaced {
            order: ByteString(order.to_bytes()),
            remembered,
            card: ByteString(self.device.seal(card).to_bytes()),
            pin: None,
        }
    }

    /// Shows the screen of an order and types every right answer.
    pub(crate) fn confirm_replacement(&mut self, order: &Endorsed<Replacement>) {
        let takeover = Takeover::of(self.state(), &order.to_bytes()).unwrap();
        let lines = takeover.screen(self.lang);
        self.add(Body::Shown(Shown::of(1, self.lang, &lines)));
        for asked in takeover.asked() {
            self.add(Body::Answered(Answered {
                screen: 1,
                seat: asked.seat(),
                text: asked.expected().join(" "),
            }));
        }
    }

    /// A session in which two operators confirm an order of two administrators, up to the entry that
    /// replaces.
    pub(crate) fn try_replace(
        &mut self,
        order: Replacement,
        remembered: Option<Anchor>,
    ) -> Result<(), Refusal> {
        self.attend(CeremonyKind::Replace, ["operator.a", "operator.b"]);
        let order = officers_sign(order, &["admin.a", "admin.b"]);
        self.confirm_replacement(&order);
        let what = self.replaced(&order, remembered, |_| {});
        self.try_add(Body::Replaced(Box::new(what)))
    }
}
