//! `audit open`.

use alloc::vec::Vec;

use bitcoin::OutPoint;

use super::super::answer::{AuditAnswer, AuditCase, Conclusion, Question, Unit};
use super::super::blocks::{BlockRange, Coverage};
use super::super::history::DeviceHistory;
use super::super::papers::{NodeData, Papers};
use super::super::records::{Held, Records};
use crate::digest::TxDigest;
use crate::phrase;
use crate::rule::Phrase;
use crate::settlement::{SettledAs, SettledSet};
use crate::signing::Intent;
use crate::types::Network;

/// Which partial signatures exist over coins that are unspent?
pub fn open(records: &Records, papers: &Papers) -> AuditAnswer {
    let mut cases = records.unheard();
    let transactions = records.transactions().into_iter();
    cases.extend(transactions.filter_map(|tx| one(tx, records, papers)));
    let unit = Unit {
        name: phrase!("signed transactions", "署名済みの取引"),
        claim: phrase!(
            "every partial signature is settled by proof, or every coin of it is spent, so that none \
             can be used any more",
            "部分署名はすべて証明により解消済み、またはそのコインがすべて支出済みであり、もう使えない"
        ),
        none: Conclusion::Pass,
    };
    AuditAnswer::new(Question::Open, unit, cases)
}

fn one(tx: TxDigest, records: &Records, papers: &Papers) -> Option<AuditCase> {
    let held: Vec<Held<'_>> = records.signed().filter(|h| h.case.facts.tx == tx).collect();
    let first = held.first()?;
    let facts = &first.case.facts;
    let subject = phrase!(
        "case {case}, {total} satoshi",
        "案件 {case}、{total} satoshi",
        case = facts.case,
        total = facts.total().to_sat()
    );
    let coins = first.case.intent.as_ref().map(coins).unwrap_or_default();
    if let Some((device, set)) = settled(tx, records) {
        let proven = proven(device, set);
        return Some(match weigh(set, network(device), papers, &coins) {
            Weight::Agreed => AuditCase::pass(subject, agreed(&proven)),
            Weight::Contradicted => AuditCase::fail(subject, contradicted(&proven)),
            Weight::Alone => AuditCase::pass(subject, proven),
            Weight::Unasked | Weight::Light => AuditCase::missing(subject, light(&proven)),
        });
    }
    let heights = held.iter().map(|held| held.case.height);
    let signed_at = heights.min().unwrap_or(first.case.height);
    let unspent = coins.iter().filter(|coin| papers.spender(coin).is_none());
    let open = unspent.count();
    let devices = held.iter().map(|held| Phrase::figure(&held.history.name));
    let mut signers: Vec<Phrase> = Vec::new();
    for device in devices {
        if !signers.contains(&device) {
            signers.push(device);
        }
    }
    let signed = signers.len();
    let who = Phrase::listed(signers);
    let counts = phrase!(
        "{signed} of {threshold} devices signed ({who}); {open} of {all} coins unspent",
        "{threshold} 台中 {signed} 台が署名({who})、{all} 枚中 {open} 枚が未使用",
        signed = signed,
        threshold = facts.wallet.threshold,
        who = who,
        open = open,
        all = coins.len()
    );
    Some(if open == 0 {
        AuditCase::pass(subject, counts)
    } else if papers.covers(records.blocks_after(signed_at)) == Coverage::Whole {
        AuditCase::fail(subject, counts)
    } else {
        AuditCase::missing(subject, counts)
    })
}

/// A device whose journal holds the proof, which its replay judged again.
fn settled(tx: TxDigest, records: &Records) -> Option<(&DeviceHistory, &SettledSet)> {
    let mut histories = records.histories();
    histories.find_map(|history| Some((history, history.state.register().settled(&tx)?)))
}

/// What a device's settlement is worth to an auditor. A device judges the headers that it is shown;
/// the auditor's own node knows the chain, and overrules it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::audit) enum Weight {
    /// The auditor's node knows a transaction that spends a coin of the set.
    Agreed,
    /// The auditor's node gave the block of the proof, and knows of none.
    Contradicted,
    /// The auditor's node was asked about other blocks.
    Unasked,
    /// No node was asked: the work in the headers speaks for itself.
    Alone,
    /// No node was asked, and what was shown to the device could have been made by anybody.
    Light,
}

pub(in crate::audit) fn weigh(
    set: &SettledSet,
    network: Option<Network>,
    papers: &Papers,
    coins: &[OutPoint],
) -> Weight {
    if coins.iter().any(|coin| papers.spender(coin).is_some()) {
        return Weight::Agreed;
    }
    let block = BlockRange {
        first: set.height,
        last: set.height,
    };
    match papers.node {
        NodeData::Range(given) if given.covers(block) == Coverage::Whole => Weight::Contradicted,
        NodeData::Range(_) | NodeData::Parts => Weight::Unasked,
        // Which coins a receipt of a recovery is over, the administrators said.
        NodeData::None if network == Some(Network::Main) && set.how != SettledAs::Spent => {
            Weight::Alone
        }
        NodeData::None => Weight::Light,
    }
}

fn network(device: &DeviceHistory) -> Option<Network> {
    let genesis = device.state.genesis()?;
    Some(genesis.root.scope.network)
}

fn agreed(proven: &Phrase) -> Phrase {
    phrase!(
        "{proven}; the given blocks spend a coin of it too",
        "{proven}。提示されたブロックでもそのコインは支出済み",
        proven = proven
    )
}

fn contradicted(proven: &Phrase) -> Phrase {
    phrase!(
        "{proven}; but the given blocks spend no coin of it: the headers that the device was shown may \
         be of another chain",
        "{proven}。ただし、提示されたブロックではそのコインは未支出であり、端末に示されたヘッダーは別の\
         チェーンのものである可能性がある",
        proven = proven
    )
}

fn light(proven: &Phrase) -> Phrase {
    phrase!(
        "{proven}; blocks of your own node must say so too",
        "{proven}。監査人自身のノードのブロックによる裏付けが必要",
        proven = proven
    )
}

fn proven(device: &DeviceHistory, set: &SettledSet) -> Phrase {
    phrase!(
        "settled by proof on {device}, block {height}: {how}",
        "{device} で証明により解消(ブロック高 {height}): {how}",
        device = device.name,
        height = set.height,
        how = set.how.phrase()
    )
}

fn coins(intent: &Intent) -> Vec<OutPoint> {
    intent.lines.iter().map(|line| line.coin.into()).collect()
}
