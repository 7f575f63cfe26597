//! Samples of what keys sign, and of what stands beside it.

use alloc::vec::Vec;
use std::vec;

use super::Sample;
use crate::acceptance::testing::good_report;
use crate::approval::{
    Approval, Attendance, Enrolment, KnownHead, OfficerCard, RecoveryCancellation, RecoveryQuorum,
    Request, Roster, Seat, WitnessStatement,
};
use crate::codec::{self, ByteString};
use crate::cose::{Endorsed, Scope, Signed};
use crate::digest::{
    AcceptanceDigest, ApprovalDigest, CardDigest, EnrolmentDigest, FileDigest, FreezeDigest,
    LedgerDigest, PolicyDigest, ReceiptDigest, RecoveryDigest, ReplacementDigest, RequestDigest,
    RetirementDigest, RosterDigest, TxDigest, WalletDigest,
};
use crate::headers::{ChainTip, HeaderRun};
use crate::life::{
    AnchorStatement, Found, HsmName, KnownReceipt, PolicyPin, PossessionReport, ProofLine,
    Recovery, Replacement, RetiredWallet, Retirement, Standing, UsedChange,
};
use crate::policy::{
    ApprovalQuorum, BalanceStatement, ClassMove, ColdFloor, Policy, QuorumBand, Separation,
    WalletBalance,
};
use crate::root::Checkpoint;
use crate::settlement::testing::{proof, transaction};
use crate::settlement::{CONFIRMATIONS, SettlementFile};
use crate::signing::{Coin, PossessionOrder, Receipt, SignatureLine, SigningHsm as _};
use crate::split::{Credential, Kdf, SealedShare, ShareSet};
use crate::testing::device::hsm_facts;
use crate::testing::{
    ADMINISTRATORS, Ballot, Case, SCOPE, SoftDevice, TIP, World, device_endorses, enrolment, id,
    label, officer_signs, officers_sign, p256_key, p256_public, roster, sweep_to,
};
use crate::token::{
    AcceptanceRecord, Date, FipsClaim, FipsLevel, FipsList, FipsListing, FipsStandard, Line,
    acceptance_of,
};
use crate::transcript::testing::{Bench, retirement};
use crate::transcript::{Anchor, Rejected};
use crate::types::{
    Blocks, Chain, Height, InputIndex, KeyIndex, Network, Purpose, SessionNumber, Version,
};
use crate::wallet::{DeviceCard, WalletClass, WalletRecord};

pub(super) fn samples(world: &World) -> Vec<Sample> {
    let mut samples = root_and_officers(world);
    samples.extend(devices(world));
    samples.extend(transfer(world));
    samples.extend(chain(world));
    samples
}

fn root_and_officers(world: &World) -> Vec<Sample> {
    let digest = *world.root.digest().as_bytes();
    let mut later = roster();
    later.number = Version(2);
    later.predecessor = Some(world.roster.digest());
    later.recovery = Some(RecoveryQuorum {
        threshold: 2,
        keys: vec![
            p256_public(&p256_key("safe.a")),
            p256_public(&p256_key("safe.b")),
        ],
        delay: Blocks(4_320),
    });
    vec![
        Sample::with_digest("root", codec::encode(&world.root), digest),
        rosters(&officers_sign(roster(), &ADMINISTRATORS)),
        rosters(&officers_sign(later, &["admin.a", "admin.b"])),
        officer_card(),
        recovery_cancellation(world),
        frozen(world),
        thawed(world),
        enrolments(&officers_sign(
            enrolment(&world.devices[0], &world.roster),
            &["admin.b"],
        )),
        policies(&officers_sign(
            world.policy.policy().clone(),
            &["admin.a", "admin.b"],
        )),
        policies(&Endorsed::new(later_policy(world), SCOPE)),
        retirements(&retirement(world)),
        recoveries(&officers_sign(recovery(world), &["admin.a"])),
        recoveries(&Endorsed::new(bare_recovery(world), SCOPE)),
        replacements(&officers_sign(replacement(world, None), &["admin.a"])),
        replacements(&Endorsed::new(
            replacement(world, Some(acceptance_of(&hsm_facts()))),
            SCOPE,
        )),
        Sample::with_digest(
            "anchor-statement",
            codec::encode(&anchor_statement(world)),
            *anchor_statement(world).digest().as_bytes(),
        ),
        shares(&share_set(world)),
        Sample::plain(
            "signed-balance-statement",
            officer_signs(balance(world), "reconciler.c").to_bytes(),
        ),
        Sample::plain(
            "signed-possession-report",
            possession_report(world).to_bytes(),
        ),
    ]
}

fn balance(world: &World) -> BalanceStatement {
    BalanceStatement {
        version: 1,
        scope: SCOPE,
        root: world.roster.root(),
        reconciler: id("reconciler.c"),
        height: TIP,
        block: [8; 32],
        class: WalletClass::Customer,
        cold: vec![WalletBalance {
            wallet: world.wallet.id(),
            amount: bitcoin::Amount::from_sat(12_345_678_900),
        }],
        hot: bitcoin::Amount::from_sat(98_765),
    }
}

fn shares(set: &ShareSet) -> Sample {
    Sample::with_digest("share-set", codec::encode(set), *set.digest().as_bytes())
}

pub(super) fn share_set(world: &World) -> ShareSet {
    let share = |holder| SealedShare {
        holder: id(holder),
        salt: [1; 16],
        nonce: [2; 24],
        sealed: ByteString(vec![3; 43]),
    };
    ShareSet {
        version: 1,
        scope: SCOPE,
        device: world.devices[0].id(),
        credential: Credential::User,
        number: 2,
        threshold: 2,
        kdf: Kdf::USUAL,
        shares: ["everybody", "operator.a", "operator.b"]
            .map(share)
            .to_vec(),
    }
}

fn retirements(of: &Endorsed<Retirement>) -> Sample {
    Sample::with_digest(
        "endorsed-retirement",
        of.to_bytes(),
        of.digest(RetirementDigest::TAG),
    )
}

fn recoveries(of: &Endorsed<Recovery>) -> Sample {
    Sample::with_digest(
        "endorsed-recovery",
        of.to_bytes(),
        of.digest(RecoveryDigest::TAG),
    )
}

fn anchor_statement(world: &World) -> AnchorStatement {
    AnchorStatement {
        version: 1,
        identity: world.devices[0].identity(),
        anchor: recovery(world).anchor,
    }
}

/// An order with everything that one can name.
pub(super) fn recovery(world: &World) -> Recovery {
    Recovery {
        receipts: vec![KnownReceipt {
            receipt: ByteString(receipt(world).to_bytes()),
            coins: vec![Coin {
                txid: [8; 32],
                vout: 1,
            }],
        }],
        change: vec![UsedChange {
            wallet: world.wallet.id(),
            index: KeyIndex(77),
        }],
        retired: vec![RetiredWallet {
            wallet: world.wallet.id(),
            retirement: RetirementDigest::over(&[]),
        }],
        rejected: vec![Rejected {
            request: RequestDigest::over(&[]),
            officer: id("director.d"),
        }],
        anchor: super::journal::closed(&bare_recovery(world).anchor),
        ..bare_recovery(world)
    }
}

fn bare_recovery(world: &World) -> Recovery {
    Recovery {
        version: 1,
        scope: SCOPE,
        root: world.root.digest(),
        roster: world.roster.digest(),
        identity: world.devices[0].identity(),
        anchor: Anchor {
            generation: 9,
            head: [3; 32],
            entries: 60,
            signatures: 40,
            ledger: LedgerDigest::over(&[]),
            frozen: None,
            waiting: None,
        },
        card: CardDigest::over(&[]),
        policy: PolicyPin {
            number: Version(3),
            digest: world.policy.digest(),
        },
        height: Height(900_000),
        receipts: vec![],
        change: vec![],
        retired: vec![],
        rejected: vec![],
        reason: label("the disk is broken"),
    }
}

pub(super) fn possession_report(world: &World) -> Signed<PossessionReport> {
    let mut device = world.devices[0].clone();
    let nonce = [7; 32];
    let line = |index, found| ProofLine {
        id: device.key(1, Chain::Receive, index).id,
        public_key: device.key(1, Chain::Receive, index).public_key,
        found,
    };
    let mut lines = vec![
        line(1, Found::Missing),
        line(2, Found::Other),
        line(3, Found::Unproven),
    ];
    let key = device.key(1, Chain::Receive, 0);
    let order = PossessionOrder::new(&device.id(), key, nonce);
    let proof = device.prove(&order).unwrap();
    lines.insert(
        0,
        ProofLine {
            id: key.id,
            public_key: key.public_key,
            found: Found::Proven(proof),
        },
    );
    device.seal(PossessionReport {
        version: 1,
        scope: SCOPE,
        device: device.id(),
        session: SessionNumber(9),
        nonce,
        card: CardDigest::over(&[]),
        hsm: crate::testing::device::hsm_facts(),
        standing: Standing::Behind,
        lines,
        entries: 211,
        head: [6; 32],
    })
}

/// An order for the HSM of that report; with the record of an acceptance test.
pub(super) fn replacement(world: &World, acceptance: Option<AcceptanceRecord>) -> Replacement {
    let report = possession_report(world);
    let body = report.body();
    Replacement {
        version: 1,
        scope: SCOPE,
        root: world.root.digest(),
        roster: world.roster.digest(),
        identity: world.devices[0].identity(),
        generation: 2,
        retired: HsmName::of(&body.hsm),
        hsm: body.hsm.clone(),
        acceptance,
        report: FileDigest::over(&[&report.to_bytes()]),
        entries: body.entries,
        head: body.head,
        reason: label("the HSM of the north broke"),
    }
}

fn replacements(of: &Endorsed<Replacement>) -> Sample {
    Sample::with_digest(
        "endorsed-replacement",
        of.to_bytes(),
        of.digest(ReplacementDigest::TAG),
    )
}

fn later_policy(world: &World) -> Policy {
    let mut policy = Policy {
        number: Version(2),
        predecessor: Some(world.policy.digest()),
        class_moves: vec![ClassMove {
            from: WalletClass::Guarantee,
            to: WalletClass::Customer,
            purpose: Some(label("Use of the guarantee")),
        }],
        cold_floors: Some(vec![ColdFloor {
            class: WalletClass::Customer,
            per_mille: 950,
            age: Blocks(144),
        }]),
        sweep: Some(sweep_to(world.wallet.digest())),
        separation: Separation {
            sessions_in_a_row: Some(5),
            ..world.policy.policy().separation
        },
        ..world.policy.policy().clone()
    };
    for rules in &mut policy.wallets {
        rules.bands = Some(vec![QuorumBand {
            from: bitcoin::Amount::from_sat(1_000_000),
            quorum: ApprovalQuorum {
                approvers: 3,
                ..rules.quorum
            },
        }]);
    }
    policy
}

fn rosters(of: &Endorsed<Roster>) -> Sample {
    Sample::with_digest(
        "endorsed-roster",
        of.to_bytes(),
        of.digest(RosterDigest::TAG),
    )
}

fn enrolments(of: &Endorsed<Enrolment>) -> Sample {
    let digest = of.digest(EnrolmentDigest::TAG);
    Sample::with_digest("endorsed-enrolment", of.to_bytes(), digest)
}

fn policies(of: &Endorsed<Policy>) -> Sample {
    Sample::with_digest(
        "endorsed-policy",
        of.to_bytes(),
        of.digest(PolicyDigest::TAG),
    )
}

/// For a drill on another network: scope and context string differ from all others here.
fn officer_card() -> Sample {
    let scope = Scope {
        network: Network::Signet,
        purpose: Purpose::Drill,
    };
    let officer = roster().officers.remove(0);
    let card = OfficerCard {
        version: 1,
        scope,
        id: officer.id,
        name: officer.name,
        name_ja: officer.name_ja,
        department: officer.department,
        roles: officer.roles,
        key: officer.key,
    };
    let key = p256_key("admin.a");
    let draft = crate::cose::Draft::new(card, scope, p256_public(&key));
    let signature = crate::testing::p256_sign(&key, draft.officer_order().unwrap().digest());
    let signed = draft.signed(signature).unwrap();
    Sample::plain("signed-officer-card", signed.to_bytes())
}

fn frozen(world: &World) -> Sample {
    let signed = crate::transcript::testing::freeze(world, SessionNumber(4), [4; 32]);
    let digest = signed.digest(FreezeDigest::TAG);
    Sample::with_digest("signed-freeze", signed.to_bytes(), digest)
}

fn thawed(world: &World) -> Sample {
    let order = crate::transcript::testing::thaw(world, FreezeDigest::over(&[]));
    Sample::plain("endorsed-thaw", order.to_bytes())
}

fn recovery_cancellation(world: &World) -> Sample {
    let body = RecoveryCancellation {
        version: 1,
        scope: SCOPE,
        root: world.root.digest(),
        roster: world.roster.digest(),
        cancelled: world.roster.digest(),
        officer: id("admin.a"),
        reason: label("nobody lost a key"),
    };
    let signed = officer_signs(body, "admin.a");
    Sample::plain("signed-recovery-cancellation", signed.to_bytes())
}

fn devices(world: &World) -> Vec<Sample> {
    let device = &world.devices[0];
    let usual = device.card(world.root.digest(), &[1, 2]);
    let mut telling = device.card(world.root.digest(), &[3]);
    telling.pools[0].attributes.key_gen_mechanism = Some(0x1040);
    telling.predecessor = Some(CardDigest::over(&[]));
    telling.hsm.relaxations.absent_ok = vec![crate::token::KeyAttribute::Copyable];
    telling.hsm.unverified = vec![Line::lossy("login.max")];
    telling.hsm.fips = FipsClaim::Listed(listing(None));
    telling.acceptance = Some(acceptance_of(&telling.hsm));
    let mut ending = device.card(world.root.digest(), &[4]);
    let sunset = Date::parse("2029-04-01").unwrap();
    ending.hsm.fips = FipsClaim::Listed(listing(Some(sunset)));
    let record = world.wallet.record().clone();
    let mut complete = Endorsed::new(record.clone(), SCOPE);
    for device in &world.devices {
        complete = device_endorses(device, complete);
    }
    let extension = WalletRecord {
        table_version: 2,
        predecessor: Some(world.wallet.digest()),
        ..record
    };
    vec![
        cards(&device.seal(usual)),
        cards(&device.seal(telling)),
        cards(&device.seal(ending)),
        records(&complete),
        records(&Endorsed::new(extension, SCOPE)),
        acceptance(device),
    ]
}

fn acceptance(device: &SoftDevice) -> Sample {
    let signed = device.seal(good_report(device));
    let digest = signed.digest(AcceptanceDigest::TAG);
    Sample::with_digest("signed-acceptance", signed.to_bytes(), digest)
}

fn listing(sunset: Option<Date>) -> FipsListing {
    FipsListing {
        certificate: 4684,
        module: Line::lossy("Luna K7"),
        standard: FipsStandard::Fips140v3,
        level: FipsLevel::Three,
        list: FipsList::Active,
        firmware: vec![Line::lossy("7.8.4")],
        sunset,
        checked_on: Date::parse("2026-03-29").unwrap(),
        source: Line::lossy("CMVP"),
    }
}

fn cards(of: &Signed<DeviceCard>) -> Sample {
    Sample::with_digest(
        "signed-device-card",
        of.to_bytes(),
        of.digest(CardDigest::TAG),
    )
}

fn records(of: &Endorsed<WalletRecord>) -> Sample {
    let digest = of.digest(WalletDigest::TAG);
    Sample {
        wallet_id: Some(of.body().id().to_hex()),
        ..Sample::with_digest("endorsed-wallet-record", of.to_bytes(), digest)
    }
}

fn transfer(world: &World) -> Vec<Sample> {
    let head = KnownHead {
        device: world.devices[1].id(),
        session: SessionNumber(3),
        head: [9; 32],
    };
    let mut case = Case::new(world);
    let known = head.clone();
    case.edit_request = alloc::boxed::Box::new(move |request| {
        request.mandatory = vec![id("director.d")];
        request.heads = vec![known.clone()];
    });
    let request = case.request(world);
    let mut reject = Ballot::no("director.d");
    reject.edit = alloc::boxed::Box::new(move |approval| approval.heads = vec![head.clone()]);
    vec![
        requests(&request),
        approvals(&Case::vote(&case.ballots[0], &request)),
        approvals(&Case::vote(&reject, &request)),
        Sample::plain("signed-attendance", attendance(world).to_bytes()),
        Sample::plain(
            "signed-witness-statement",
            witness_statement(world).to_bytes(),
        ),
        receipts(&receipt(world)),
    ]
}

fn requests(of: &Signed<Request>) -> Sample {
    Sample::with_digest(
        "signed-request",
        of.to_bytes(),
        of.digest(RequestDigest::TAG),
    )
}

fn approvals(of: &Signed<Approval>) -> Sample {
    Sample::with_digest(
        "signed-approval",
        of.to_bytes(),
        of.digest(ApprovalDigest::TAG),
    )
}

fn receipts(of: &Signed<Receipt>) -> Sample {
    Sample::with_digest(
        "signed-receipt",
        of.to_bytes(),
        of.digest(ReceiptDigest::TAG),
    )
}

pub(super) fn witness_statement(world: &World) -> Signed<WitnessStatement> {
    let session = world.session(0);
    let body = WitnessStatement {
        version: 1,
        scope: SCOPE,
        officer: id("witness.w"),
        device: session.device,
        session: session.session,
        tx: TxDigest::over(&[]),
        head: [5; 32],
        entries: 90,
    };
    officer_signs(body, "witness.w")
}

pub(super) fn attendance(world: &World) -> Signed<Attendance> {
    let session = world.session(0);
    let body = Attendance {
        version: 1,
        scope: SCOPE,
        officer: id("operator.b"),
        seat: Seat::OperatorB,
        device: session.device,
        session: session.session,
        nonce: session.nonce,
    };
    officer_signs(body, "operator.b")
}

pub(super) fn receipt(world: &World) -> Signed<Receipt> {
    let tx = Case::new(world).bind(world).unwrap();
    world.devices[0].seal(Receipt {
        version: 1,
        scope: SCOPE,
        device: world.devices[0].id(),
        session: SessionNumber(4),
        tx: tx.parsed().tx_digest(),
        psbt: tx.parsed().digest(),
        signatures: vec![signature_line(world)],
        head: [3; 32],
        entries: 40,
        signature_count: 1 << 33,
        operators: [id("operator.a"), id("operator.b")],
    })
}

pub(super) fn signature_line(world: &World) -> SignatureLine {
    let key = world.devices[0].key(1, Chain::Receive, 0);
    SignatureLine {
        input: InputIndex(0),
        key: key.public_key.into(),
        signature: world.devices[0].sign_digest(key.id, &[5; 32]),
    }
}

fn chain(world: &World) -> Vec<Sample> {
    let run = HeaderRun {
        first_height: Height(840_001),
        headers: vec![[0x11; 80], [0x22; 80]],
    };
    let within = world.root.checkpoint;
    let starting = Checkpoint {
        height: Height(2_016 * 417),
        ..within
    };
    vec![
        Sample::plain("header-run", codec::encode(&run)),
        Sample::plain("settlement-file", codec::encode(&settlement())),
        Sample::plain("chain-tip", codec::encode(&ChainTip::checkpoint(&within))),
        Sample::plain("chain-tip", codec::encode(&ChainTip::checkpoint(&starting))),
    ]
}

/// The proof for a device that has signed.
pub(super) fn settlement() -> SettlementFile {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    bench.sign_case(&case);
    proof(&bench, &[transaction(&bench, &case)], CONFIRMATIONS)
}

/// The scope's label for a genesis.
pub(super) fn site() -> crate::types::Label {
    label("金庫 1")
}
