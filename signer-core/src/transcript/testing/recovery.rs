//! A bench whose disk is lost, in part or whole, and that goes on from the anchor in its HSM.

use alloc::boxed::Box;
use alloc::vec::Vec;
use std::vec;

use super::{Bench, OPERATORS, headers};
use crate::approval::{Seat, SessionFacts};
use crate::codec::{self, ByteString};
use crate::cose::{Endorsed, peek};
use crate::digest::CardDigest;
use crate::life::{Continuation, KnownReceipt, PolicyPin, Recovered, Recovery};
use crate::rule::Refusal;
use crate::signing::{Coin, Receipt, SigningHsm as _};
use crate::testing::{SCOPE, TIP, attendance, label, officers_sign};
use crate::transcript::entry::Answered;
use crate::transcript::{Anchor, Body, CeremonyKind, Journal, Outcome, Shown, WhatKind};

impl Bench {
    /// What the HSM remembers after the last entry.
    pub(crate) fn anchor(&self) -> Anchor {
        Anchor::following(None, &self.journal)
    }

    /// Every receipt of the journal, with its coins.
    pub(crate) fn receipts(&self) -> Vec<KnownReceipt> {
        let mut coins: Vec<Coin> = vec![];
        let mut known = vec![];
        let transcript = crate::transcript::UnverifiedTranscript::parse(&self.disk).unwrap();
        for entry in transcript.entries() {
            match &entry.body {
                Body::Intent(intent) => coins = intent.lines.iter().map(|l| l.coin).collect(),
                Body::Receipt(receipt) => known.push(KnownReceipt {
                    receipt: receipt.clone(),
                    coins: coins.clone(),
                }),
                _ => {}
            }
        }
        let of = |known: &KnownReceipt| peek::<Receipt>(&known.receipt.0).unwrap().signatures.len();
        assert!(known.iter().all(|known| of(known) == known.coins.len()));
        known
    }

    /// The order by which this bench goes on from what its HSM remembers now.
    pub(crate) fn recovery(&self) -> Recovery {
        let policy = self.state().policy().unwrap();
        Recovery {
            version: 1,
            scope: SCOPE,
            root: self.world.root.digest(),
            roster: self.world.roster.digest(),
            identity: self.device.identity(),
            anchor: self.anchor(),
            card: self.newest_card().1,
            policy: PolicyPin {
                number: policy.number(),
                digest: policy.digest(),
            },
            height: TIP,
            receipts: self.receipts(),
            change: vec![],
            retired: vec![],
            rejected: vec![],
            reason: label("the disk of the north is broken"),
        }
    }

    fn newest_card(&self) -> (Vec<u8>, CardDigest) {
        let card = self.device.card(self.world.root.digest(), &[1]);
        let signed = self.device.seal(card);
        (signed.to_bytes(), signed.card_digest())
    }

    /// The entry by which an order is followed.
    pub(crate) fn recovered(&self, order: &Endorsed<Recovery>) -> Recovered {
        Recovered {
            order: ByteString(order.to_bytes()),
            anchor: order.body().anchor.clone(),
            card: ByteString(self.newest_card().0),
            kept: None,
        }
    }

    /// The disk as it was before, and a session that recovers with both operators.
    pub(crate) fn roll_back(&mut self, disk: &[u8]) {
        self.journal = Journal::load(disk).unwrap();
        self.disk = disk.to_vec();
        self.attend(CeremonyKind::Recover, ["operator.a", "operator.b"]);
    }

    /// A disk without a journal, and a session that recovers with both operators.
    pub(crate) fn lose(&mut self) {
        self.journal = Journal::empty();
        self.disk.clear();
        self.begin();
        self.open(CeremonyKind::Recover);
        self.install(WhatKind::Roster, self.world.roster.to_bytes());
        let session = self.state().open().unwrap();
        let facts = SessionFacts {
            device: self.device.id(),
            session: session.number(),
            nonce: session.opened().nonce,
        };
        for (who, seat) in [
            ("operator.a", Seat::OperatorA),
            ("operator.b", Seat::OperatorB),
        ] {
            self.add(Body::Attended(ByteString(attendance(who, seat, facts))));
        }
    }

    /// Shows the screen and types every right answer.
    pub(crate) fn confirm_recovery(&mut self, what: &Recovered) {
        let continuation = Continuation::of(self.state(), what).unwrap();
        let lines = continuation.screen(self.lang);
        self.add(Body::Shown(Shown::of(1, self.lang, &lines)));
        for asked in continuation.asked() {
            self.add(Body::Answered(Answered {
                screen: 1,
                seat: asked.seat(),
                text: asked.expected().join(" "),
            }));
        }
    }

    /// Confirms an order of two administrators and follows it.
    pub(crate) fn try_recover(&mut self, order: Recovery) -> Result<(), Refusal> {
        let what = self.recovered(&officers_sign(order, &["admin.a", "admin.b"]));
        self.confirm_recovery(&what);
        self.try_add(Body::Recovered(Box::new(what)))
    }

    /// The same, to the end of the session.
    pub(crate) fn recover(&mut self, order: Recovery) {
        self.try_recover(order).unwrap();
        self.close(Outcome::Done);
    }

    /// What a journal that began anew lacks: headers, co-signers, wallet and policy.
    pub(crate) fn take_up(&mut self) {
        self.attend(CeremonyKind::Wallet, OPERATORS);
        self.install(WhatKind::Headers, codec::encode(&headers()));
        self.settle();
    }
}
