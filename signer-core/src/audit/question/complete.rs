//! `audit complete`.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use bitcoin::{OutPoint, Txid};

use super::super::answer::{AuditAnswer, AuditCase, Conclusion, Question, Unit};
use super::super::blocks::Coverage;
use super::super::finding::Finding;
use super::super::history::DeviceHistory;
use super::super::papers::{FoundReceipt, FoundRefusal, NodeData, Papers};
use super::super::records::{Completeness, Held, Records};
use crate::digest::hex;
use crate::keys::Signature64;
use crate::life::AnchorStatement;
use crate::phrase;
use crate::rule::Phrase;
use crate::types::Height;

/// Does every receipt, every spend and every counted signature have a session?
pub fn complete(records: &Records, papers: &Papers) -> AuditAnswer {
    let mut cases = records.unheard();
    cases.extend(papers.receipts.iter().map(|found| receipt(found, records)));
    cases.extend(papers.refusals.iter().map(|found| refusal(found, records)));
    cases.extend(papers.forged.iter().map(|file| {
        let detail = phrase!(
            "it is not of a trusted device",
            "信頼する端末のものではない"
        );
        AuditCase::found(file.clone(), Finding::UnknownReceipt, detail)
    }));
    cases.extend(spends(records, papers));
    cases.extend(records.signed().map(|held| released(&held, papers)));
    cases.extend(papers.anchors.iter().map(|anchor| counter(anchor, records)));
    cases.extend(heads(records));
    cases.extend(
        papers
            .unread
            .iter()
            .map(|(file, why)| AuditCase::missing(file.clone(), why.clone())),
    );
    cases.push(blocks(records, papers));
    let unit = Unit {
        name: phrase!(
            "receipts, spends, counters and known heads",
            "受領証、支出、計数、既知の先頭値"
        ),
        claim: phrase!(
            "each has a session in a verified transcript",
            "それぞれに、検証済みの記録のセッションがある"
        ),
        none: Conclusion::Missing,
    };
    AuditAnswer::new(Question::Complete, unit, cases)
}

/// No answer of completeness without block data: the folder cannot show what is not in it. Blocks
/// answer for themselves alone, so they reach from the first signature to what devices know.
fn blocks(records: &Records, papers: &Papers) -> AuditCase {
    let subject = phrase!("block data", "ブロックデータ");
    let signed = records.signed().map(|held| held.case.height).min();
    let needed = records.blocks_after(signed.unwrap_or(Height(u32::MAX)));
    let found = match papers.node {
        NodeData::None => phrase!(
            "no blocks of the auditor's own node were given",
            "監査人自身のノードのブロックが与えられていない"
        ),
        NodeData::Parts => phrase!(
            "what was given is no range of linked blocks: spends may lie between them",
            "与えられたものは連続したブロックではなく、間に支出がある可能性がある"
        ),
        NodeData::Range(given) if given.covers(needed) == Coverage::InPart => phrase!(
            "{given} were given, needed are {needed}",
            "{given} が与えられたが、{needed} が必要",
            given = given.phrase(),
            needed = needed.phrase()
        ),
        NodeData::Range(given) => {
            let found = phrase!(
                "{given}, each on the one before; spends outside them are not counted",
                "{given}(連続)。範囲外の支出は数えていない",
                given = given.phrase()
            );
            return AuditCase::pass(subject, found);
        }
    };
    AuditCase::missing(subject, found)
}

fn receipt(found: &FoundReceipt, records: &Records) -> AuditCase {
    let receipt = &found.receipt;
    let subject = phrase!(
        "receipt of session {session} in {file}",
        "{file} のセッション {session} の受領証",
        session = receipt.session,
        file = found.file
    );
    let device = records.of(&receipt.device);
    let Some(history) = device.and_then(|record| record.history()) else {
        return AuditCase::missing(subject, Finding::NoTranscript.phrase());
    };
    let mut cases = history.cases();
    let held = cases.any(|(session, case)| {
        session.number == receipt.session && case.receipt == Some(found.digest)
    });
    in_transcript(subject, history, held)
}

/// What a device said that it refused, it wrote down.
fn refusal(found: &FoundRefusal, records: &Records) -> AuditCase {
    let session = found.seal.session;
    let subject = phrase!(
        "refusal of session {session} in {file}",
        "{file} のセッション {session} の拒否の受領証",
        session = session,
        file = found.file
    );
    let device = records.of(&found.seal.device);
    let Some(history) = device.and_then(|record| record.history()) else {
        return AuditCase::missing(subject, Finding::NoTranscript.phrase());
    };
    let mut sessions = history.sessions.iter();
    let held = sessions.any(|held| held.number == session && held.last == found.entry);
    in_transcript(subject, history, held)
}

fn in_transcript(subject: Phrase, history: &DeviceHistory, held: bool) -> AuditCase {
    if held {
        let where_to = phrase!(
            "in the transcript of {device}",
            "端末 {device} の記録にある",
            device = history.name
        );
        AuditCase::pass(subject, where_to)
    } else {
        let detail = phrase!("device {device}", "端末 {device}", device = history.name);
        AuditCase::found(subject, Finding::UnknownReceipt, detail)
    }
}

/// A signature, and the file in which it stands.
type Placed<'a> = (&'a Phrase, Option<Signature64>);

/// Every signature that stands in a transaction or PSBT was made in a session.
fn spends(records: &Records, papers: &Papers) -> Vec<AuditCase> {
    let mut recorded: BTreeMap<[u8; 64], Held<'_>> = BTreeMap::new();
    for held in records.signed() {
        for line in &held.case.signatures {
            recorded.insert(line.signature.0, held);
        }
    }
    let mut spends: BTreeMap<(Option<Txid>, OutPoint), Vec<Placed<'_>>> = BTreeMap::new();
    for found in &papers.signatures {
        let signatures = spends.entry((found.spent_by, found.coin)).or_default();
        signatures.push((&found.file, found.signature));
    }
    let known = spends
        .iter()
        .map(|((by, coin), signatures)| spend(*by, *coin, signatures, &recorded, records));
    known.collect()
}

fn spend(
    by: Option<Txid>,
    coin: OutPoint,
    signatures: &[Placed<'_>],
    recorded: &BTreeMap<[u8; 64], Held<'_>>,
    records: &Records,
) -> AuditCase {
    let subject = match by {
        Some(txid) => phrase!(
            "spend of {coin} by {txid}",
            "{txid} による {coin} の支出",
            coin = coin,
            txid = txid
        ),
        None => phrase!(
            "partial signatures over {coin}",
            "{coin} の部分署名",
            coin = coin
        ),
    };
    let known = |signature: &Option<Signature64>| {
        let held = signature.as_ref().and_then(|one| recorded.get(&one.0));
        held.copied()
    };
    let mut unknown = signatures.iter();
    let unknown = unknown.find(|(_, signature)| known(signature).is_none());
    if let Some((file, signature)) = unknown {
        let detail = match signature {
            Some(signature) => phrase!(
                "r {r} in {file}",
                "{file} の r {r}",
                r = hex(&signature.r()),
                file = *file
            ),
            None => phrase!(
                "no signature that can be read, in {file}",
                "{file} の署名は読み取れない",
                file = *file
            ),
        };
        return match records.complete() {
            Completeness::Whole => AuditCase::found(subject, Finding::UnknownSignature, detail),
            Completeness::InPart => AuditCase::missing(subject, Finding::NoTranscript.phrase()),
        };
    }
    let mut sessions: Vec<Phrase> = Vec::new();
    for (_, signature) in signatures {
        let place = known(signature).map(|held| {
            let (device, session) = (&held.history.name, held.session.number);
            phrase!(
                "{device} {session}",
                "{device} {session}",
                device = device,
                session = session
            )
        });
        sessions.extend(place.filter(|place| !sessions.contains(place)));
    }
    let sessions = Phrase::listed(sessions);
    let found = phrase!(
        "signed in sessions {sessions}",
        "署名したセッション: {sessions}",
        sessions = sessions
    );
    AuditCase::pass(subject, found)
}

/// What was signed has left the device: its receipt lies in a PSBT of the folder. What a cut session
/// signed has left under the receipt of the one that went on.
fn released(held: &Held<'_>, papers: &Papers) -> AuditCase {
    let later = held.gone_on();
    let receipt = held.released().or_else(|| later?.released());
    let mut receipts = papers.receipts.iter();
    let there = receipts.any(|found| Some(found.digest) == receipt);
    let found = match later {
        _ if !there => {
            let missing = phrase!(
                "its PSBT is not in the folder",
                "署名済みPSBTがフォルダにない"
            );
            return AuditCase::missing(held.subject(), missing);
        }
        Some(later) => phrase!(
            "cut, and its signatures are in the PSBT of session {session}, with the receipt",
            "中断し、署名はセッション {session} のPSBTに受領証とともにある",
            session = later.session.number
        ),
        None => phrase!("its receipt is in a PSBT", "受領証がPSBTにある"),
    };
    AuditCase::pass(held.subject(), found)
}

/// What an HSM remembers is on the line of its device's journal, and not ahead of it.
fn counter(statement: &AnchorStatement, records: &Records) -> AuditCase {
    let anchor = &statement.anchor;
    let subject = phrase!(
        "anchor of device {device} at {signatures} signatures",
        "端末 {device} のアンカー({signatures} 署名)",
        device = statement.identity.device_id(),
        signatures = anchor.signatures
    );
    let record = records.of(&statement.identity.device_id());
    let Some(history) = record.and_then(|record| record.history()) else {
        return AuditCase::missing(subject, Finding::NoTranscript.phrase());
    };
    let counted = history.state.ledger().signatures();
    if anchor.entries > history.head.entries || anchor.signatures > counted {
        let detail = phrase!(
            "the HSM remembers {theirs} signatures in {entries} entries, the transcript {ours}",
            "HSMはジャーナル記録 {entries} 件で {theirs} 署名、記録は {ours} 署名",
            theirs = anchor.signatures,
            entries = anchor.entries,
            ours = counted
        );
        return AuditCase::found(subject, Finding::Count, detail);
    }
    let newest = anchor.entries == history.head.entries;
    if newest && (anchor.head, anchor.signatures) != (history.head.hash, counted) {
        let detail = phrase!("another head", "別の先頭値");
        return AuditCase::found(subject, Finding::Fork, detail);
    }
    let known = newest || history.sessions.iter().any(|s| s.last == anchor.head);
    if known {
        AuditCase::pass(
            subject,
            phrase!("on the line of the transcript", "記録の連鎖上にある"),
        )
    } else {
        AuditCase::missing(
            subject,
            phrase!(
                "it stands within a session; read it after a session has ended",
                "セッションの途中の値である。終了後に読み取ること"
            ),
        )
    }
}

/// Every sealed head that a requester or an approver knew is the end of that session in the device's transcript.
fn heads(records: &Records) -> Vec<AuditCase> {
    let mut cases = Vec::new();
    for held in records.cases() {
        for known in &held.case.heads {
            let record = records.of(&known.device);
            let Some(history) = record.and_then(|record| record.history()) else {
                continue;
            };
            let subject = phrase!(
                "head of {device} session {session}, known to case {case}",
                "案件 {case} が知る端末 {device} セッション {session} の先頭値",
                device = history.name,
                session = known.session,
                case = held.case.facts.case
            );
            cases.push(head(subject, history, known.session, &known.head));
        }
    }
    cases
}

fn head(
    subject: Phrase,
    history: &DeviceHistory,
    session: crate::types::SessionNumber,
    head: &[u8; 32],
) -> AuditCase {
    let mut sessions = history.sessions.iter();
    match sessions.find(|known| known.number == session) {
        Some(known) if known.last == *head => {
            AuditCase::pass(subject, phrase!("in the transcript", "記録にある"))
        }
        _ => AuditCase::found(subject, Finding::LostHead, Phrase::figure(hex(head))),
    }
}
