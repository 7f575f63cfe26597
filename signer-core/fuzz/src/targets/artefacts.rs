//! Signed artefacts: as they came, and with the body signed again by the keys of the seeds, so
//! that what lies behind the signatures is reached too.

use core::fmt::Debug;

use minicbor::{Decode, Encode};
use signer_core::acceptance::{AcceptanceReport, CheckedReport, PageSeal, page};
use signer_core::approval::{
    ActiveRoster, Approval, Attendance, Enrolment, OfficerCard, Request, Roster,
};
use signer_core::codec;
use signer_core::cose::{Artefact, Endorsed, Signed, peek};
use signer_core::headers::ChainTip;
use signer_core::policy::{ActivePolicy, Policy};
use signer_core::root::{Checkpoint, Root};
use signer_core::signing::Receipt;
use signer_core::transcript::{Anchor, Seal};
use signer_core::types::{Chain, KeyIndex};
use signer_core::wallet::{CheckedCard, DeviceCard, RegisteredWallet, WalletRecord};

use super::world::{
    ADMINISTRATORS, DEVICES, FIRST, SCOPE, TIP, endorsed, key_among, public, signed, world,
};

/// The bytes as a bare value: taken means there is no other encoding of it.
fn plain<T>(data: &[u8]) -> Option<T>
where
    T: for<'b> Decode<'b, ()> + Encode<()> + PartialEq + Debug,
{
    let value: T = codec::decode(data).ok()?;
    let again = codec::encode(&value);
    assert_eq!(again, data, "encodes as it came");
    assert_eq!(codec::decode::<T>(&again).as_ref(), Ok(&value));
    assert!(!format!("{value:?}").is_empty());
    Some(value)
}

/// The bytes as a body, signed by one, or bare.
fn body_of_one<T: Artefact + PartialEq + Debug>(data: &[u8], names: &[&str]) -> Option<T> {
    if let Ok(opened) = Signed::<T>::open(data, SCOPE, |kid| key_among(names, kid)) {
        assert_eq!(opened.to_bytes(), data, "encodes as it came");
        assert_eq!(peek::<T>(data).as_ref(), Ok(opened.body()));
    }
    plain(data).or_else(|| peek(data).ok())
}

/// The bytes as a body, signed by several, or bare.
fn body_of_several<T: Artefact + PartialEq + Debug>(data: &[u8], names: &[&str]) -> Option<T> {
    let open = || Endorsed::<T>::open(data, SCOPE, |kid| key_among(names, kid));
    if let (Ok(mut opened), Ok(again)) = (open(), open()) {
        assert_eq!(opened.to_bytes(), data, "encodes as it came");
        assert_eq!(Endorsed::<T>::peek(data).as_ref(), Ok(opened.body()));
        assert_eq!(opened.merge(again), Ok(()));
        assert_eq!(opened.to_bytes(), data, "merged with itself it is the same");
    }
    plain(data).or_else(|| Endorsed::<T>::peek(data).ok())
}

/// An artefact of which only the form is judged: signed again by one it must open again, equal.
fn signed_again<T: Artefact + PartialEq + Debug>(data: &[u8], names: &[&str]) -> bool {
    let (Some(body), Some(again)) = (body_of_one::<T>(data, names), body_of_one::<T>(data, names))
    else {
        return false;
    };
    assert_eq!(body, again, "read twice it is the same");
    let bytes = signed(body, names[0]);
    let opened = Signed::<T>::open(&bytes, SCOPE, |kid| key_among(names, kid));
    let opened = opened.expect("what was signed opens");
    assert_eq!(opened.to_bytes(), bytes);
    assert_eq!(*opened.body(), again);
    true
}

/// Wallet records: every address of a registered wallet is found again, at its own place.
pub(crate) fn wallet(data: &[u8]) -> bool {
    let Some(record) = body_of_several::<WalletRecord>(data, &DEVICES) else {
        return false;
    };
    let (root, id, rows) = (record.root, record.id(), record.receive.len());
    let bytes = endorsed(record, &DEVICES);
    let Ok(wallet) = RegisteredWallet::open(&bytes, SCOPE, &root) else {
        return false;
    };
    assert_eq!(wallet.to_bytes(), bytes);
    assert_eq!((wallet.id(), wallet.record().receive.len()), (id, rows));
    for chain in [Chain::Receive, Chain::Change] {
        let indexes = (0..wallet.addresses(chain)).map(KeyIndex);
        indexes.for_each(|index| address_of(&wallet, chain, index));
    }
    true
}

fn address_of(wallet: &RegisteredWallet, chain: Chain, index: KeyIndex) {
    let script = wallet.script_pubkey(chain, index).expect("its script");
    assert_eq!(wallet.locate(&script), Some((chain, index)));
    let address = wallet.address(chain, index).expect("its address");
    assert_eq!(address.script_pubkey(), script);
    assert!(wallet.descriptor(chain, index).is_ok());
    for key in wallet.keys(chain, index).expect("its keys") {
        assert_eq!(wallet.locate_key(key.into()), Some((chain, index)));
    }
}

/// Policies: what is taken into force also passes the check before signing.
pub(crate) fn policy(data: &[u8]) -> bool {
    let Some(policy) = body_of_several::<Policy>(data, &ADMINISTRATORS) else {
        return false;
    };
    let checked = policy.check();
    let bytes = endorsed(policy, &ADMINISTRATORS);
    let Ok(active) = ActivePolicy::open(&bytes, &world().roster, FIRST, TIP) else {
        return false;
    };
    assert_eq!(active.to_bytes(), bytes);
    assert!(checked.is_ok(), "in force, and refused before: {checked:?}");
    for destination in &active.policy().destinations {
        let named = active.policy().destination(&destination.id);
        assert_eq!(named, Some(destination), "one of each name");
    }
    true
}

/// Rosters: what is taken as the first one also passes the check before signing.
pub(crate) fn roster(data: &[u8]) -> bool {
    let Some(roster) = body_of_several::<Roster>(data, &ADMINISTRATORS) else {
        return false;
    };
    let checked = roster.check(TIP);
    let digest = Endorsed::new(roster, SCOPE);
    let root = Root {
        roster: digest.roster_digest(),
        checkpoint: Checkpoint {
            height: TIP,
            ..world().root.checkpoint
        },
        ..world().root.clone()
    };
    let roster = codec::decode(&codec::encode(digest.body())).expect("what was encoded");
    let bytes = endorsed::<Roster>(roster, &ADMINISTRATORS);
    let Ok(active) = ActiveRoster::first(&bytes, SCOPE, &root) else {
        return false;
    };
    assert_eq!(active.to_bytes(), bytes);
    assert!(checked.is_ok(), "in force, and refused before: {checked:?}");
    for officer in &active.roster().officers {
        assert_eq!(active.officer(&officer.id), Some(officer));
        assert_eq!(active.officer_of(&officer.key.key_id()), Some(officer));
    }
    true
}

/// Requests.
pub(crate) fn request(data: &[u8]) -> bool {
    signed_again::<Request>(data, &["requester.r"])
}

/// Approvals and rejections.
pub(crate) fn approval(data: &[u8]) -> bool {
    signed_again::<Approval>(data, &["approver.a", "director.d"])
}

/// Device cards: what is taken has its proofs of possession.
pub(crate) fn device_card(data: &[u8]) -> bool {
    let Some(card) = body_of_one::<DeviceCard>(data, &DEVICES) else {
        return false;
    };
    let (root, name) = (card.root, card.name.clone());
    let bytes = signed(card, DEVICES[0]);
    let Ok(checked) = CheckedCard::open(&bytes, SCOPE, &root) else {
        return false;
    };
    assert_eq!(checked.to_bytes(), bytes);
    assert_eq!(checked.card().name, name);
    for pool in &checked.card().pools {
        let found = checked.pool(pool.pool).expect("its pool");
        assert_eq!(found, pool, "one of each number");
    }
    true
}

/// Receipts.
pub(crate) fn receipt(data: &[u8]) -> bool {
    signed_again::<Receipt>(data, &DEVICES)
}

/// Reports of acceptance tests: what is taken is judged the same again, and shown as a page.
pub(crate) fn acceptance(data: &[u8]) -> bool {
    let claimed = CheckedReport::claimed_key(data);
    if let Ok(Ok(opened)) = claimed.map(|kid| CheckedReport::open(data, &kid)) {
        shown(&opened);
    }
    let Some(mut report) = body_of_one::<AcceptanceReport>(data, &DEVICES) else {
        return false;
    };
    (report.scope, report.key) = (SCOPE, public(DEVICES[0]));
    let kid = report.key.key_id();
    let bytes = signed(report, DEVICES[0]);
    let Ok(opened) = CheckedReport::open(&bytes, &kid) else {
        return false;
    };
    let again = CheckedReport::open(&bytes, &kid).expect("opened before");
    assert_eq!(opened.report(), again.report());
    assert_eq!(opened.digest(), again.digest());
    let other = public(DEVICES[1]).key_id();
    assert!(CheckedReport::open(&bytes, &other).is_err(), "another key");
    shown(&opened);
    true
}

fn shown(report: &CheckedReport) {
    let findings = report.findings();
    assert_eq!(findings, report.report().findings());
    let unsigned = PageSeal::Unsigned("a fuzzer".into());
    for seal in [PageSeal::Signed(report.digest()), unsigned] {
        let html = page(report.report(), &seal);
        assert!(html.ends_with("</html>\n"), "the page is whole");
        assert!(!html.contains("<script"), "nothing runs in it");
    }
}

/// All that is small: root, chain tip, anchor, seal, enrolment, attendance, officer card.
pub(crate) fn small(data: &[u8]) -> bool {
    let anchor = Anchor::from_bytes(data);
    if let Some(anchor) = &anchor {
        assert_eq!(anchor.to_bytes(), data, "encodes as it came");
    }
    let root = plain::<Root>(data).map(|root| root.digest());
    let tip = plain::<ChainTip>(data).map(|tip| tip.median_time());
    let enrolment = body_of_several::<Enrolment>(data, &ADMINISTRATORS);
    [
        anchor.is_some(),
        root.is_some(),
        tip.is_some(),
        enrolment.is_some(),
        signed_again::<Seal>(data, &DEVICES),
        signed_again::<Attendance>(data, &["operator.b"]),
        signed_again::<OfficerCard>(data, &["admin.a"]),
    ]
    .contains(&true)
}
