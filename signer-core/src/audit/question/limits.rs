//! `audit limits`.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::super::answer::{AuditAnswer, AuditCase, Conclusion, Question, Unit};
use super::super::finding::Finding;
use super::super::records::{Held, Records};
use crate::digest::{TxDigest, WalletId};
use crate::phrase;
use crate::policy::WalletRules;
use crate::rule::Phrase;
use crate::signing::Coin;
use crate::types::{Blocks, Height};

/// How close did the transfers come to the limits?
///
/// No device sees what the others sign; here every transfer of the house is counted once.
pub fn limits(records: &Records) -> AuditAnswer {
    let mut cases = records.unheard();
    let transfers = transfers(records);
    cases.extend(transfers.iter().map(|one| case(one, &transfers)));
    let unit = Unit {
        name: phrase!("signed transfers", "署名済みの送付"),
        claim: phrase!(
            "each is within the limit of one transfer, and with all others of the house within \
             every limit over time",
            "いずれも1回の上限内であり、全端末の合計でも期間の上限内である"
        ),
        none: Conclusion::Pass,
    };
    AuditAnswer::new(Question::Limits, unit, cases)
}

/// A transaction that was signed, whoever signed it.
struct Transfer<'a> {
    held: Held<'a>,
    tx: TxDigest,
    wallet: WalletId,
    height: Height,
    sat: u64,
    coins: BTreeSet<Coin>,
}

fn transfers(records: &Records) -> Vec<Transfer<'_>> {
    let mut found: Vec<Transfer<'_>> = Vec::new();
    for held in records.signed() {
        let (case, facts) = (held.case, &held.case.facts);
        if let Some(known) = found.iter_mut().find(|known| known.tx == facts.tx) {
            known.height = known.height.min(case.height);
            continue;
        }
        let lines = case.intent.iter().flat_map(|intent| &intent.lines);
        found.push(Transfer {
            held,
            tx: facts.tx,
            wallet: case.wallet,
            height: case.height,
            sat: facts.total().to_sat(),
            coins: lines.map(|line| line.coin).collect(),
        });
    }
    found
}

fn case(transfer: &Transfer<'_>, all: &[Transfer<'_>]) -> AuditCase {
    let facts = &transfer.held.case.facts;
    let subject = phrase!("case {case}", "案件 {case}", case = facts.case);
    let policies = &transfer.held.history.policies;
    let policy = policies
        .iter()
        .find(|p| p.digest == transfer.held.case.policy);
    let Some(rules) = policy.and_then(|p| p.policy.wallet(&facts.wallet.digest)) else {
        let found = phrase!("no rules for this wallet", "このウォレットの規則がない");
        return AuditCase::missing(subject, found);
    };
    let (lines, exceeded) = used(transfer, rules, all);
    let found = Phrase::listed(lines);
    if exceeded {
        AuditCase::found(subject, Finding::Count, found)
    } else {
        AuditCase::pass(subject, found)
    }
}

/// What is used of each limit, and whether one is exceeded.
fn used(transfer: &Transfer<'_>, rules: &WalletRules, all: &[Transfer<'_>]) -> (Vec<Phrase>, bool) {
    let limit = rules.per_transfer.to_sat();
    let mut lines = alloc::vec![phrase!(
        "{paid} of {limit} satoshi in one transfer",
        "1回の送付 {paid} / 上限 {limit} satoshi",
        paid = transfer.sat,
        limit = limit
    )];
    let mut exceeded = transfer.sat > limit;
    for window in &rules.windows {
        let total = within(transfer, window.blocks, all);
        exceeded |= total > window.amount.to_sat();
        lines.push(phrase!(
            "{paid} of {limit} satoshi within {blocks} blocks",
            "{blocks} ブロック以内 {paid} / 上限 {limit} satoshi",
            paid = total,
            limit = window.amount.to_sat(),
            blocks = window.blocks
        ));
    }
    (lines, exceeded)
}

/// All that left the wallet within a window that ends with this transfer. Transactions over one
/// coin can only happen once: the largest of them counts.
fn within(transfer: &Transfer<'_>, blocks: Blocks, all: &[Transfer<'_>]) -> u64 {
    let (end, start) = (
        transfer.height.0,
        transfer.height.0.saturating_sub(blocks.0),
    );
    let inside = |one: &&Transfer<'_>| {
        one.wallet == transfer.wallet && one.height.0 > start && one.height.0 <= end
    };
    let mut groups: Vec<(BTreeSet<Coin>, u64)> = Vec::new();
    for one in all.iter().filter(inside) {
        let same = groups
            .iter_mut()
            .find(|(coins, _)| !coins.is_disjoint(&one.coins));
        match same {
            Some((coins, largest)) => {
                coins.extend(one.coins.iter().copied());
                *largest = one.sat.max(*largest);
            }
            None => groups.push((one.coins.clone(), one.sat)),
        }
    }
    groups
        .iter()
        .fold(0, |sum, (_, sat)| sum.saturating_add(*sat))
}
