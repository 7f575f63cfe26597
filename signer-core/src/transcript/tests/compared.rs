//! What two operators have to read and type before an artefact takes effect: a journal in which any
//! of it is missing or wrong is no journal of ours.

use alloc::vec::Vec;

use super::found;
use crate::approval::Seat;
use crate::codec::ByteString;
use crate::digest::ScreenDigest;
use crate::rule::{Refusal, RuleId};
use crate::testing::{World, foreign_emergency, id, officers_sign};
use crate::transcript::entry::Answered;
use crate::transcript::testing::CLOCK;
use crate::transcript::testing::{Bench, OPERATORS, retirement, safes, thaw};
use crate::transcript::{Body, CeremonyKind, Installed, Outcome, Shown, WhatKind};
use crate::wallet::Registry;

/// A device, and what is to take effect on it.
struct Matter {
    bench: Bench,
    ceremony: CeremonyKind,
    kind: WhatKind,
    artefact: Vec<u8>,
}

fn matters() -> Vec<Matter> {
    let makers: [fn() -> Matter; 10] = [
        roster, waiting, cancelled, frozen, retired, enrolled, carded, drafted, registered,
        swept_to,
    ];
    makers.iter().map(|make| make()).collect()
}

fn roster() -> Matter {
    let bench = Bench::ready();
    let last = &bench.world.roster;
    let mut body = last.roster().clone();
    body.number.0 += 1;
    body.predecessor = Some(last.digest());
    body.officers
        .retain(|officer| officer.id != id("approver.s"));
    let artefact = officers_sign(body, &["admin.a", "admin.b"]).to_bytes();
    about_rosters(bench, WhatKind::Roster, artefact)
}

fn waiting() -> Matter {
    let bench = safes::with_safes();
    let artefact = safes::recovered(&bench);
    about_rosters(bench, WhatKind::WaitingRoster, artefact)
}

fn cancelled() -> Matter {
    let Matter {
        mut bench,
        kind,
        artefact,
        ..
    } = waiting();
    let waits = Body::Installed(Installed {
        kind,
        artefact: ByteString(artefact),
        clock: CLOCK,
    });
    safes::session(&mut bench, waits).unwrap();
    let artefact = safes::cancellation(&bench).to_bytes();
    about_rosters(bench, WhatKind::Cancellation, artefact)
}

fn about_rosters(bench: Bench, kind: WhatKind, artefact: Vec<u8>) -> Matter {
    Matter {
        bench,
        ceremony: CeremonyKind::Roster,
        kind,
        artefact,
    }
}

fn frozen() -> Matter {
    let mut bench = Bench::ready();
    bench.freeze().unwrap();
    let artefact = thaw(&bench.world, bench.state().frozen().unwrap().digest).to_bytes();
    Matter {
        bench,
        ceremony: CeremonyKind::Thaw,
        kind: WhatKind::Thaw,
        artefact,
    }
}

fn retired() -> Matter {
    let bench = Bench::ready();
    let artefact = retirement(&bench.world).to_bytes();
    Matter {
        bench,
        ceremony: CeremonyKind::Retire,
        kind: WhatKind::Retirement,
        artefact,
    }
}

/// A device with keys and roster, in a session before this artefact of its registration.
fn before(kind: WhatKind) -> Matter {
    let mut bench = Bench::keyed();
    let artefacts = bench.registration();
    let place = artefacts.iter().position(|(what, _)| *what == kind);
    bench.attend(CeremonyKind::Wallet, OPERATORS);
    let mut artefacts = artefacts.into_iter();
    for (what, artefact) in artefacts.by_ref().take(place.unwrap()) {
        bench.register(what, artefact);
    }
    bench.close(Outcome::Done);
    Matter {
        bench,
        ceremony: CeremonyKind::Wallet,
        kind,
        artefact: artefacts.next().unwrap().1,
    }
}

fn enrolled() -> Matter {
    before(WhatKind::Enrolment)
}

fn carded() -> Matter {
    before(WhatKind::Card)
}

fn drafted() -> Matter {
    before(WhatKind::WalletDraft)
}

fn registered() -> Matter {
    before(WhatKind::Wallet)
}

/// The emergency wallet of other devices.
fn swept_to() -> Matter {
    let (wallet, world) = foreign_emergency();
    Matter {
        bench: Bench::ready_in(World {
            wallets: Registry::new(),
            ..world
        }),
        ceremony: CeremonyKind::Wallet,
        kind: WhatKind::Wallet,
        artefact: wallet.to_bytes(),
    }
}

impl Matter {
    /// Opens a session, with what is to be said first.
    fn open(&mut self) {
        self.bench.open(self.ceremony);
        let due = self.bench.state().open().unwrap().due().cloned();
        if let Some(due) = due {
            self.bench.add(Body::Announced(due));
        }
    }

    /// What is shown and typed in this session, as it should be.
    fn entries(&self) -> Vec<Body> {
        let pages = self.bench.pages(self.kind, &self.artefact);
        let numbered = (1..).zip(pages);
        let entries = numbered.flat_map(|(screen, page)| {
            let shown = Body::Shown(page.shown_as(screen, self.bench.lang));
            let answers = page.asked.iter().map(|asked| {
                Body::Answered(Answered {
                    screen,
                    seat: asked.seat(),
                    text: asked.expected(),
                })
            });
            core::iter::once(shown).chain(answers).collect::<Vec<_>>()
        });
        entries.collect()
    }

    /// Installs it after these entries, and closes the session.
    fn install(&mut self, entries: Vec<Body>) -> Result<(), Refusal> {
        for entry in entries {
            self.bench.add(entry);
        }
        let taken = self.bench.try_add(Body::Installed(Installed {
            kind: self.kind,
            artefact: ByteString(self.artefact.clone()),
            clock: CLOCK,
        }));
        self.bench.close(match taken {
            Ok(()) => Outcome::Done,
            Err(_) => Outcome::Aborted,
        });
        taken
    }

    /// A session whose entries are changed at this place; nothing where there is no such place.
    fn with(&mut self, place: usize, change: fn(&mut Vec<Body>, usize)) -> Option<Refusal> {
        self.open();
        self.bench.sit_down(OPERATORS);
        let mut entries = self.entries();
        if place >= entries.len() {
            self.bench.close(Outcome::Aborted);
            return None;
        }
        change(&mut entries, place);
        Some(self.install(entries).unwrap_err())
    }
}

impl Matter {
    /// A session in which one screen more is shown than there is to compare.
    fn unread(&mut self) -> Refusal {
        self.open();
        self.bench.sit_down(OPERATORS);
        let mut entries = self.entries();
        let screens = entries.iter().filter(|e| matches!(e, Body::Shown(_)));
        entries.push(Body::Shown(Shown {
            number: u32::try_from(screens.count()).unwrap() + 1,
            screen: ScreenDigest::over(&[b"one more"]),
        }));
        self.install(entries).unwrap_err()
    }
}

fn leave_out(entries: &mut Vec<Body>, place: usize) {
    entries.remove(place);
}

/// Another screen, or the answer of somebody who did not read.
#[expect(clippy::ptr_arg, reason = "one type for every change")]
fn spoil(entries: &mut Vec<Body>, place: usize) {
    match &mut entries[place] {
        Body::Shown(shown) => shown.screen = ScreenDigest::over(&[b"another screen"]),
        Body::Answered(answered) => answered.text = "yes".into(),
        other => panic!("{other:?}"),
    }
}

/// Another number of the screen, or the right answer of the wrong person.
#[expect(clippy::ptr_arg, reason = "one type for every change")]
fn displace(entries: &mut Vec<Body>, place: usize) {
    match &mut entries[place] {
        Body::Shown(shown) => shown.number += 1,
        Body::Answered(answered) => {
            answered.seat = match answered.seat {
                Seat::OperatorA => Seat::OperatorB,
                Seat::OperatorB | Seat::Witness => Seat::OperatorA,
            }
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_of_it_may_be_missing_or_wrong() {
    for mut matter in matters() {
        let mut tried = 0;
        for change in [leave_out, spoil, displace] {
            let refused = (0..).map_while(|place| matter.with(place, change));
            for refusal in refused.collect::<Vec<_>>() {
                assert_eq!(refusal.rule, RuleId::TRN04, "{:?}", matter.kind);
                tried += 1;
            }
        }
        assert!(tried >= 6, "{:?}: {tried}", matter.kind);
        assert_eq!(matter.unread().rule, RuleId::TRN04, "{:?}", matter.kind);
        matter.open();
        matter.bench.sit_down(OPERATORS);
        let entries = matter.entries();
        matter.install(entries).unwrap();
        assert_eq!(found(&matter.bench, &matter.bench.disk), []);
    }
}

#[test]
fn nobody_compares_alone() {
    for mut matter in matters() {
        matter.open();
        let entries = matter.entries();
        let refusal = matter.install(entries).unwrap_err();
        assert_eq!(refusal.rule, RuleId::TRN04, "{:?}", matter.kind);
    }
}

/// What came in beside something else is nothing.
#[test]
fn each_has_a_ceremony_of_its_own() {
    for mut matter in matters() {
        let own = matter.ceremony;
        for other in [
            CeremonyKind::Commission,
            CeremonyKind::Keys,
            CeremonyKind::Wallet,
            CeremonyKind::Policy,
            CeremonyKind::Headers,
            CeremonyKind::Freeze,
            CeremonyKind::Thaw,
            CeremonyKind::Card,
            CeremonyKind::Roster,
            CeremonyKind::Retire,
            CeremonyKind::SplitPin,
        ] {
            if other == own {
                continue;
            }
            matter.ceremony = other;
            matter.open();
            matter.bench.sit_down(OPERATORS);
            let entries = matter.entries();
            let refusal = matter.install(entries).unwrap_err();
            assert_eq!(
                refusal.rule,
                RuleId::TRN04,
                "{:?} in {other:?}",
                matter.kind
            );
        }
    }
}

/// A card that the journal holds was compared when it came in, and is not asked for again. Where it
/// does not, the record brings its words.
#[test]
fn every_card_of_a_wallet_is_compared_once() {
    let ids = |matter: &mut Matter| -> Vec<_> {
        matter.open();
        let pages = matter.bench.pages(matter.kind, &matter.artefact);
        matter.bench.close(Outcome::Aborted);
        pages.into_iter().map(|page| page.id).collect()
    };
    assert_eq!(ids(&mut drafted()), ["wallet"]);
    assert_eq!(ids(&mut registered()), ["wallet"]);
    let mut bare = registered();
    bare.bench = Bench::keyed();
    let pages = ids(&mut bare);
    assert_eq!(pages.len(), 3);
    assert!(
        pages[..2].iter().all(|id| id.starts_with("card-")),
        "{pages:?}"
    );
    assert_eq!(pages[2], "wallet");
}
