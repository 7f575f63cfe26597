//! `audit limits`.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::super::answer::{AuditAnswer, AuditCase, Conclusion, Question, Unit};
use super::super::finding::Finding;
use super::super::records::{Held, Records};
use crate::digest::{TxDigest, WalletId};
use crate::phrase;
use crate::policy::{Destination, WalletRules};
use crate::review::TxFacts;
use crate::rule::Phrase;
use crate::signing::Coin;
use crate::types::{Blocks, Height, Id};

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
    /// What each destination is paid.
    paid: BTreeMap<&'a Id, u64>,
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
            paid: paid(facts),
            coins: lines.map(|line| line.coin).collect(),
        });
    }
    found
}

fn paid(facts: &TxFacts) -> BTreeMap<&Id, u64> {
    let mut paid: BTreeMap<&Id, u64> = BTreeMap::new();
    for payment in &facts.payments {
        let sum = paid.entry(&payment.destination).or_default();
        *sum = sum.saturating_add(payment.amount.to_sat());
    }
    paid
}

/// Judged by what was allowed when it was signed: a policy whose loosenings waited allowed no more
/// than the one before it.
fn case(transfer: &Transfer<'_>, all: &[Transfer<'_>]) -> AuditCase {
    let (facts, allowed) = (&transfer.held.case.facts, &transfer.held.case.allowed);
    let subject = phrase!("case {case}", "案件 {case}", case = facts.case);
    let mut used = Used::default();
    used.wallet(transfer, &allowed.rules, all);
    for destination in &allowed.destinations {
        used.destination(transfer, destination, all);
    }
    if let Some(until) = allowed.waits_until {
        used.lines.push(phrase!(
            "signed at height {height}, while what the policy loosens waited until height {until}",
            "ブロック高 {height} で署名、ポリシーの緩和はブロック高 {until} まで待機中",
            height = transfer.held.case.height,
            until = until
        ));
    }
    let found = Phrase::listed(used.lines);
    if used.exceeded {
        AuditCase::found(subject, Finding::Count, found)
    } else {
        AuditCase::pass(subject, found)
    }
}

/// What is used of each limit, and whether one is exceeded.
#[derive(Default)]
struct Used {
    lines: Vec<Phrase>,
    exceeded: bool,
}

impl Used {
    fn wallet(&mut self, transfer: &Transfer<'_>, rules: &WalletRules, all: &[Transfer<'_>]) {
        let limit = rules.per_transfer.to_sat();
        self.exceeded |= transfer.sat > limit;
        self.lines.push(phrase!(
            "{paid} of {limit} satoshi in one transfer",
            "1回の送付 {paid} / 上限 {limit} satoshi",
            paid = transfer.sat,
            limit = limit
        ));
        for window in &rules.windows {
            let of_wallet = |one: &Transfer<'_>| {
                if one.wallet == transfer.wallet {
                    one.sat
                } else {
                    0
                }
            };
            let total = within(transfer, window.blocks, all, of_wallet);
            self.exceeded |= total > window.amount.to_sat();
            self.lines.push(phrase!(
                "{paid} of {limit} satoshi within {blocks} blocks",
                "{blocks} ブロック以内 {paid} / 上限 {limit} satoshi",
                paid = total,
                limit = window.amount.to_sat(),
                blocks = window.blocks
            ));
        }
    }

    fn destination(&mut self, transfer: &Transfer<'_>, to: &Destination, all: &[Transfer<'_>]) {
        let paid = |one: &Transfer<'_>| one.paid.get(&to.id).copied().unwrap_or_default();
        let (here, limit) = (paid(transfer), to.limit.to_sat());
        self.exceeded |= here > limit;
        self.lines.push(phrase!(
            "{paid} of {limit} satoshi to {id} in one transfer",
            "{id} への1回の送付 {paid} / 上限 {limit} satoshi",
            paid = here,
            limit = limit,
            id = to.id
        ));
        for window in &to.windows {
            let total = within(transfer, window.blocks, all, paid);
            self.exceeded |= total > window.amount.to_sat();
            self.lines.push(phrase!(
                "{paid} of {limit} satoshi to {id} within {blocks} blocks",
                "{id} へ {blocks} ブロック以内 {paid} / 上限 {limit} satoshi",
                paid = total,
                limit = window.amount.to_sat(),
                id = to.id,
                blocks = window.blocks
            ));
        }
    }
}

/// All that was signed within a window that ends with this transfer, of what `sat` counts.
/// Transactions over one coin can only happen once: the largest of them counts.
fn within(
    transfer: &Transfer<'_>,
    blocks: Blocks,
    all: &[Transfer<'_>],
    sat: impl Fn(&Transfer<'_>) -> u64,
) -> u64 {
    let (end, start) = (
        transfer.height.0,
        transfer.height.0.saturating_sub(blocks.0),
    );
    let inside = |one: &&Transfer<'_>| one.height.0 > start && one.height.0 <= end;
    let mut groups: Vec<(BTreeSet<Coin>, u64)> = Vec::new();
    for one in all.iter().filter(inside) {
        let same = groups
            .iter_mut()
            .find(|(coins, _)| !coins.is_disjoint(&one.coins));
        match same {
            Some((coins, largest)) => {
                coins.extend(one.coins.iter().copied());
                *largest = sat(one).max(*largest);
            }
            None => groups.push((one.coins.clone(), sat(one))),
        }
    }
    groups
        .iter()
        .fold(0, |sum, (_, sat)| sum.saturating_add(*sat))
}
