//! `audit limits`.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::super::answer::{AuditAnswer, AuditCase, Conclusion, Question, Unit};
use super::super::finding::Finding;
use super::super::records::{Held, Records};
use crate::digest::{TxDigest, WalletId};
use crate::phrase;
use crate::policy::{Destination, Sweep, WalletRules};
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
    /// Every session that signed it. Each judged it by what was in force on its device.
    held: Vec<Held<'a>>,
    facts: &'a TxFacts,
    tx: TxDigest,
    wallet: WalletId,
    /// When it was counted first: at the later of headers and clock, as its device did.
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
            known.height = known.height.min(case.counted);
            known.held.push(held);
            continue;
        }
        let lines = case.intent.iter().flat_map(|intent| &intent.lines);
        found.push(Transfer {
            held: Vec::from([held]),
            facts,
            tx: facts.tx,
            wallet: case.wallet,
            height: case.counted,
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

/// Judged by what each device that signed it allowed then, so that the strictest decides: a policy
/// whose loosenings waited allowed no more than the one before it.
fn case(transfer: &Transfer<'_>, all: &[Transfer<'_>]) -> AuditCase {
    let subject = phrase!("case {case}", "案件 {case}", case = transfer.facts.case);
    let mut used = Used::default();
    for held in &transfer.held {
        let (at, allowed) = (held.case.counted, &held.case.allowed);
        if let Some(sweep) = &allowed.sweep {
            used.line(swept(transfer, sweep));
            continue;
        }
        used.wallet(transfer, &allowed.rules, at, all);
        for destination in &allowed.destinations {
            used.destination(transfer, destination, at, all);
        }
        if let Some(until) = allowed.waits_until {
            used.line(phrase!(
                "signed at height {height}, while what the policy loosens waited until height {until}",
                "ブロック高 {height} で署名、ポリシーの緩和はブロック高 {until} まで待機中",
                height = held.case.height,
                until = until
            ));
        }
    }
    let found = Phrase::listed(used.lines);
    if used.exceeded {
        AuditCase::found(subject, Finding::Count, found)
    } else {
        AuditCase::pass(subject, found)
    }
}

/// A sweep has no limit but the caps on its fee, which the replay has judged (POL04).
fn swept(transfer: &Transfer<'_>, sweep: &Sweep) -> Phrase {
    phrase!(
        "a sweep of {sat} satoshi to the emergency wallet {id}: no limit of transfers bounds it; fee \
         {fee} satoshi, within the sweep's caps",
        "緊急退避ウォレット {id} への緊急退避送金 {sat} satoshi: 送付の上限は適用されない。手数料 {fee} \
         satoshi(緊急退避送金の手数料上限以内)",
        sat = transfer.sat,
        id = sweep.id,
        fee = transfer.facts.fee.fee.to_sat()
    )
}

/// What is used of each limit, and whether one is exceeded.
#[derive(Default)]
struct Used {
    lines: Vec<Phrase>,
    exceeded: bool,
}

impl Used {
    /// Devices with one policy say the same: once is enough.
    fn line(&mut self, line: Phrase) {
        if !self.lines.contains(&line) {
            self.lines.push(line);
        }
    }

    fn wallet(
        &mut self,
        transfer: &Transfer<'_>,
        rules: &WalletRules,
        at: Height,
        all: &[Transfer<'_>],
    ) {
        let limit = rules.per_transfer.to_sat();
        self.exceeded |= transfer.sat > limit;
        self.line(phrase!(
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
            let total = within(transfer, (at, window.blocks), all, of_wallet);
            self.exceeded |= total > window.amount.to_sat();
            self.line(phrase!(
                "{paid} of {limit} satoshi within {blocks} blocks",
                "{blocks} ブロック以内 {paid} / 上限 {limit} satoshi",
                paid = total,
                limit = window.amount.to_sat(),
                blocks = window.blocks
            ));
        }
    }

    fn destination(
        &mut self,
        transfer: &Transfer<'_>,
        to: &Destination,
        at: Height,
        all: &[Transfer<'_>],
    ) {
        let paid = |one: &Transfer<'_>| one.paid.get(&to.id).copied().unwrap_or_default();
        let (here, limit) = (paid(transfer), to.limit.to_sat());
        self.exceeded |= here > limit;
        self.line(phrase!(
            "{paid} of {limit} satoshi to {id} in one transfer",
            "{id} への1回の送付 {paid} / 上限 {limit} satoshi",
            paid = here,
            limit = limit,
            id = to.id
        ));
        for window in &to.windows {
            let total = within(transfer, (at, window.blocks), all, paid);
            self.exceeded |= total > window.amount.to_sat();
            self.line(phrase!(
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

/// This transfer, and all that was signed within a window that ends at this height, of what `sat`
/// counts.
/// Transactions over one coin can only happen once: the largest of them counts.
fn within(
    transfer: &Transfer<'_>,
    (end, blocks): (Height, Blocks),
    all: &[Transfer<'_>],
    sat: impl Fn(&Transfer<'_>) -> u64,
) -> u64 {
    let start = end.0.saturating_sub(blocks.0);
    let inside = |one: &&Transfer<'_>| {
        one.tx == transfer.tx || (one.height.0 > start && one.height.0 <= end.0)
    };
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
