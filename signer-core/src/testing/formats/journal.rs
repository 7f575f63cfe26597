//! Samples of journal entries of every kind, of a seal and of anchors.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use std::vec;

use bitcoin::Amount;

use super::Sample;
use super::signed::{
    attendance, possession_report, receipt, recovery, replacement, settlement, signature_line,
    site, witness_statement,
};
use crate::approval::Seat;
use crate::codec::{self, ByteString};
use crate::digest::{
    FileDigest, FreezeDigest, LedgerDigest, PsbtDigest, RequestDigest, RetirementDigest,
    RosterDigest, ScreenDigest, TxDigest, sha256_of,
};
use crate::environment::{EnvironmentReading, Interface, LOOPBACK_KIND};
use crate::life::{Destroying, DoomedKey, Frozen, Recovered, Replaced};
use crate::phrase;
use crate::random::testing::{evidence, evidence_again};
use crate::rule::{Phrase, Place, Refusal, RuleId, RuleLine, RuleReport, Stage, Verdict};
use crate::settlement::{Settled, SettledAs, SettledSet};
use crate::signing::{Coin, Intent, IntentLine, IntentPayment, SigningHsm, WalletKeyRef};
use crate::split::{Credential, PinOpened};
use crate::testing::device::{born_in_hsm, hsm_facts};
use crate::testing::{SCOPE, World, id, label, officers_sign};
use crate::token::{
    Evidence, ForeignObject, Half, HalfPair, Inventory, KeyAttributes, Line, Remains, SeenKey,
    acceptance_of,
};
use crate::transcript::{
    Aborted, Anchor, AnchoredRoster, Announced, AnnouncedRoster, Answered, Body, CeremonyKind,
    Channel, DiscardedKey, EndingEntry, Entry, Exception, Genesis, Installed, Intake, Inventoried,
    KeyRange, KeysDiscarded, KeysGenerated, KeysIntended, MadeKey, NotSigned, OpenCount, Outcome,
    Proven, ReadiedBy, Rechecked, Rejected, Seal, SessionOpened, Shown, Software, WhatKind,
    WrongPin,
};
use crate::types::{
    Chain, Height, InputIndex, KeyIndex, Lang, OutputIndex, PoolNumber, SessionNumber,
};

pub(super) fn samples(world: &World) -> Vec<Sample> {
    let mut prev = [0; 32];
    let mut samples = Vec::new();
    for (sequence, body) in (0_u64..).zip(bodies(world)) {
        let session = SessionNumber(u32::from(sequence > 0));
        let bytes = codec::encode(&Entry {
            prev,
            sequence,
            session,
            body,
        });
        prev = sha256_of(&bytes);
        samples.push(Sample::plain("entry", bytes));
    }
    let signed = world.devices[0].seal(seal(world));
    samples.push(Sample::plain("signed-seal", signed.to_bytes()));
    let anchor = Anchor {
        generation: 7,
        head: prev,
        entries: 33,
        signatures: 12,
        ledger: LedgerDigest::over(&[]),
        frozen: None,
        waiting: None,
    };
    samples.push(Sample::plain("anchor-slot", anchor.to_bytes()));
    samples.push(Sample::plain("anchor-slot", closed(&anchor).to_bytes()));
    samples
}

/// The anchor of a device that is frozen, and where a roster waits.
pub(super) fn closed(anchor: &Anchor) -> Anchor {
    Anchor {
        frozen: Some(Frozen {
            digest: FreezeDigest::over(&[]),
            officer: id("requester.r"),
            session: SessionNumber(9),
            reason: label("seal broken"),
        }),
        waiting: Some(AnchoredRoster {
            roster: RosterDigest::over(&[b"next"]),
            from: Height(900_144),
            behind: RosterDigest::over(&[]),
        }),
        ..anchor.clone()
    }
}

/// Every kind of entry, in the order of their numbers.
pub(super) fn bodies(world: &World) -> Vec<Body> {
    let mut bodies = vec![
        Body::Genesis(Box::new(genesis(world))),
        Body::Genesis(Box::new(accepted(world))),
        Body::SessionOpened(Box::new(opened(None))),
        Body::SessionOpened(Box::new(opened(Some(FileDigest::over(&[]))))),
        Body::Installed(Installed {
            kind: WhatKind::Headers,
            artefact: ByteString(vec![0xa0]),
            clock: 1_700_000_100,
        }),
        Body::KeysGenerated(keys(world)),
        Body::Attended(ByteString(attendance(world).to_bytes())),
        Body::Intake(Intake::new(
            b"psbt\xff".to_vec(),
            Channel::ByteFrames,
            1_700_000_100,
        )),
        Body::Intake(Intake::new(
            b"psbt\xff".to_vec(),
            Channel::File,
            1_700_000_100,
        )),
        Body::Reported(report()),
        Body::Rejected(Rejected {
            request: RequestDigest::over(&[]),
            officer: id("director.d"),
        }),
        Body::Shown(Shown {
            number: 1,
            screen: ScreenDigest::over(&[]),
        }),
        Body::Answered(Answered {
            screen: 1,
            seat: Seat::OperatorA,
            text: "bc1q テスト".into(),
        }),
        Body::Intent(intent(world, None)),
        Body::Intent(intent(world, Some(KeyIndex(4)))),
        Body::Result(signature_line(world)),
        Body::Receipt(ByteString(receipt(world).to_bytes())),
        Body::Refused(refusal(Place::Screen(3))),
    ];
    bodies.extend(endings(world));
    bodies.extend(of_a_long_life(world));
    bodies
}

fn endings(world: &World) -> Vec<Body> {
    let aborted = |seat| {
        Body::Aborted(Aborted {
            step: 3,
            seat,
            reason: Line::lossy("input closed"),
        })
    };
    let pin = |tries_left| Body::WrongPin(WrongPin { tries_left });
    let exception = |decided_by| {
        Body::Exception(Exception {
            step: 9,
            expected: Line::lossy("a signature"),
            happened: Line::lossy("CKR_DEVICE_ERROR"),
            decision: Line::lossy("stop"),
            decided_by,
        })
    };
    vec![
        aborted(None),
        aborted(Some(Seat::Witness)),
        pin(None),
        pin(Some(2)),
        exception(None),
        exception(Some(id("operator.a"))),
        Body::Closed(Outcome::Refused),
        Body::Sealed(ByteString(
            world.devices[0].seal(not_signed(world)).to_bytes(),
        )),
        Body::Rechecked(Box::new(Rechecked {
            environment: unreadable(),
            report: vec![],
            random: evidence_again(""),
            clock: 1_700_000_200,
        })),
        Body::KeysIntended(intended()),
        Body::KeysDiscarded(discarded()),
        Body::Inventoried(inventoried(world)),
        Body::Proven(Proven {
            signed: ByteString(possession_report(world).to_bytes()),
            report: vec![],
        }),
        Body::Destroying(Destroying {
            wallet: world.wallet.id(),
            retirement: RetirementDigest::over(&[]),
            keys: vec![doomed(world, 0), doomed(world, 1)],
        }),
        Body::Destroyed(doomed(world, 0).id),
    ]
}

/// What is told, recovered, split, replaced and settled.
fn of_a_long_life(world: &World) -> Vec<Body> {
    vec![
        Body::Announced(Announced {
            ending: vec![EndingEntry {
                officer: id("director.d"),
                valid_to: Height(851_000),
            }],
            waiting: None,
            open: None,
        }),
        Body::Announced(Announced {
            open: Some(OpenCount {
                transactions: 2,
                unknown: 7,
            }),
            ..Announced::default()
        }),
        Body::Announced(Announced {
            ending: vec![],
            waiting: Some(AnnouncedRoster {
                roster: world.roster.digest(),
                from: Height(860_000),
            }),
            open: None,
        }),
        Body::Recovered(Box::new(recovered(world, None))),
        Body::Recovered(Box::new(recovered(world, Some(FileDigest::over(&[]))))),
        Body::PinSplit(super::signed::share_set(world).announcement()),
        Body::PinOpened(PinOpened {
            credential: Credential::SecurityOfficer,
            number: 3,
            holders: vec![id("operator.a"), id("operator.b")],
        }),
        Body::Replaced(Box::new(replaced(world, None))),
        Body::Replaced(Box::new(replaced(world, Some(recovery(world).anchor)))),
        Body::Witnessed(ByteString(witness_statement(world).to_bytes())),
        Body::Settled(Box::new(Settled {
            settlement: settlement().settlement,
            sets: vec![SettledSet {
                tx: TxDigest::over(&[]),
                how: SettledAs::Spent,
                by: [3; 32],
                height: Height(850_001),
            }],
        })),
    ]
}

fn replaced(world: &World, remembered: Option<Anchor>) -> Replaced {
    let card = world.devices[0].card(world.root.digest(), &[1]);
    let order = officers_sign(replacement(world, None), &["admin.a", "admin.c"]);
    Replaced {
        order: ByteString(order.to_bytes()),
        card: ByteString(world.devices[0].seal(card).to_bytes()),
        pin: remembered.as_ref().map(|_| PinOpened {
            credential: Credential::User,
            number: 1,
            holders: vec![id("operator.a")],
        }),
        remembered,
    }
}

fn recovered(world: &World, kept: Option<FileDigest>) -> Recovered {
    let card = world.devices[0].card(world.root.digest(), &[1]);
    let order = officers_sign(recovery(world), &["admin.a", "admin.c"]);
    Recovered {
        anchor: order.body().anchor.clone(),
        order: ByteString(order.to_bytes()),
        card: ByteString(world.devices[0].seal(card).to_bytes()),
        kept,
    }
}

fn intended() -> KeysIntended {
    let range = |chain, first, count| KeyRange {
        chain,
        first: KeyIndex(first),
        count,
    };
    KeysIntended {
        pool: PoolNumber(1),
        ranges: vec![range(Chain::Receive, 20, 500), range(Chain::Change, 0, 1)],
    }
}

fn discarded() -> KeysDiscarded {
    let all = [
        Remains::Pair,
        Remains::PublicHalf,
        Remains::PrivateHalf,
        Remains::Unclear,
    ];
    let key = |(index, remains)| DiscardedKey {
        chain: Chain::Receive,
        index: KeyIndex(index),
        remains,
    };
    KeysDiscarded {
        pool: PoolNumber(1),
        keys: (400..).zip(all).map(key).collect(),
    }
}

fn doomed(world: &World, index: u32) -> DoomedKey {
    let WalletKeyRef { id, public_key } = world.devices[0].key(1, Chain::Change, index);
    DoomedKey { id, public_key }
}

fn inventoried(world: &World) -> Inventoried {
    let DoomedKey { id, public_key } = doomed(world, 0);
    let point = Some(public_key.into());
    let half = |half| HalfPair { id, half };
    Inventoried {
        inventory: Inventory {
            keys: vec![SeenKey { id, point }, SeenKey { id, point: None }],
            halves: vec![half(Half::Public), half(Half::Private)],
            foreign: vec![ForeignObject {
                class: Line::lossy("CKO_SECRET_KEY"),
                id: "00ff".into(),
                label: Line::lossy("x"),
            }],
        },
        report: vec![RuleLine {
            rule: RuleId::HSM03,
            verdict: Verdict::Passed,
        }],
    }
}

fn genesis(world: &World) -> Genesis {
    Genesis {
        root: world.root.clone(),
        name: id("north"),
        site: site(),
        identity: world.devices[0].identity(),
        hsm: hsm_facts(),
        generation: 1,
        acceptance: None,
        readied: None,
    }
}

fn accepted(world: &World) -> Genesis {
    Genesis {
        acceptance: Some(acceptance_of(&hsm_facts())),
        readied: Some(ReadiedBy::VendorTool),
        ..genesis(world)
    }
}

fn opened(previous_seal: Option<FileDigest>) -> SessionOpened {
    SessionOpened {
        kind: CeremonyKind::Sign,
        nonce: [0x5e; 32],
        lang: Lang::Ja,
        software: Software {
            version: Line::lossy("0.1.0"),
            revision: Line::lossy("unknown"),
            binary: FileDigest::over(&[b"binary"]),
            module: FileDigest::over(&[b"module"]),
            profile: FileDigest::over(&[b"profile"]),
        },
        clock: 1_700_000_000,
        hsm: hsm_facts(),
        environment: readable(),
        report: vec![RuleLine {
            rule: RuleId::ENV01,
            verdict: Verdict::Passed,
        }],
        previous_seal,
        random: evidence(""),
        resumes: previous_seal.map(|_| SessionNumber(4)),
    }
}

fn readable() -> EnvironmentReading {
    let lo = || {
        vec![Interface {
            name: "lo".into(),
            kind: LOOPBACK_KIND,
        }]
    };
    let names = || vec![String::from("lo")];
    EnvironmentReading {
        sysfs: Some(lo()),
        netlink: Some(lo()),
        proc_net_dev: Some(names()),
        tracer_pid: Some(0),
        swaps: Some(names()),
        core_limit: Some(u64::MAX),
        core_pattern: Some("core".into()),
        preloaded: Some(vec![]),
        dumpable: Some(0),
    }
}

fn unreadable() -> EnvironmentReading {
    EnvironmentReading {
        sysfs: None,
        netlink: None,
        proc_net_dev: None,
        tracer_pid: None,
        swaps: None,
        core_limit: None,
        core_pattern: None,
        preloaded: None,
        dumpable: None,
    }
}

fn keys(world: &World) -> KeysGenerated {
    let made = |index, attributes| MadeKey {
        public_key: world.devices[0].key(1, Chain::Change, index).public_key,
        attributes,
    };
    let telling = KeyAttributes {
        key_gen_mechanism: Some(0x1040),
        ..born_in_hsm()
    };
    KeysGenerated {
        pool: PoolNumber(1),
        chain: Chain::Change,
        first: KeyIndex(0),
        keys: vec![made(0, born_in_hsm()), made(1, telling)],
        evidence: Evidence::Declared,
    }
}

fn intent(world: &World, change: Option<KeyIndex>) -> Intent {
    Intent {
        tx: crate::digest::TxDigest::over(&[]),
        wallet: world.wallet.id(),
        lines: vec![IntentLine {
            input: InputIndex(0),
            coin: Coin {
                txid: [8; 32],
                vout: 70_000,
            },
            key: world.devices[0].key(1, Chain::Receive, 0).public_key.into(),
            sighash: [6; 32],
        }],
        change,
        payments: change
            .map(|_| IntentPayment {
                script: crate::testing::outside_script("hot-1"),
                amount: Amount::from_sat(1_200_000),
            })
            .into_iter()
            .collect(),
        returns: Amount::from_sat(796_000),
        fee: Amount::from_sat(4_000),
        replaces: change
            .map(|_| crate::digest::TxDigest::over(&[b"before"]))
            .into_iter()
            .collect(),
    }
}

fn refusal(place: Place) -> Refusal {
    Refusal::new(
        RuleId::REV02,
        place,
        phrase!("an answer", "確認入力"),
        Phrase::figure("another"),
    )
}

/// Every verdict and every place.
fn report() -> RuleReport {
    let places = vec![
        Place::Whole,
        Place::Byte(70_000),
        Place::Transaction,
        Place::Input(InputIndex(1)),
        Place::Output(OutputIndex(2)),
        Place::Request,
        Place::Approval(id("director.d")),
        Place::Operators,
        Place::Screen(1),
        Place::Machine,
        Place::Token,
        Place::Entry(5),
    ];
    let verdicts = [
        (RuleId::POL01, Verdict::Notice(phrase!("one thing", "1件"))),
        (
            RuleId::POL02,
            Verdict::of(places.into_iter().map(refusal).collect()),
        ),
        (
            RuleId::POL04,
            Verdict::NotApplicable(phrase!("no payment", "送付なし")),
        ),
        (RuleId::POL07, Verdict::NotReached(RuleId::WAL01)),
    ];
    let passed: Vec<_> = RuleId::of(Stage::Parse)
        .map(|rule| (rule, Verdict::Passed))
        .collect();
    RuleReport::new()
        .with_stage(Stage::Parse, &passed)
        .with_stage(Stage::Check, &verdicts)
}

fn seal(world: &World) -> Seal {
    Seal {
        version: 1,
        scope: SCOPE,
        device: world.devices[0].id(),
        session: SessionNumber(1),
        head: [4; 32],
        entries: 40,
        signatures: 2,
        outcome: Outcome::Signed,
        ledger: LedgerDigest::over(&[]),
        not_signed: None,
    }
}

/// The seal of a session that read a PSBT and refused it.
fn not_signed(world: &World) -> Seal {
    Seal {
        outcome: Outcome::Refused,
        not_signed: Some(NotSigned {
            psbt: PsbtDigest::over(&[b"psbt"]),
            rules: vec![RuleId::POL01, RuleId::APP05],
        }),
        ..seal(world)
    }
}
