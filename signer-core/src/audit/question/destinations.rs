//! `audit destinations`.

use alloc::vec::Vec;

use bitcoin::Address;

use super::super::answer::{AuditAnswer, AuditCase, Conclusion, Question, Unit};
use super::super::history::InstalledPolicy;
use super::super::records::{Held, Records};
use super::people::names;
use crate::phrase;
use crate::policy::Sweep;
use crate::review::PaymentFacts;
use crate::rule::Phrase;

/// Was every output a registered destination or change, and who registered it when?
pub fn destinations(records: &Records) -> AuditAnswer {
    let mut cases = records.unheard();
    let mut seen = Vec::new();
    for held in records.signed() {
        // Devices of one transaction paid the same.
        if seen.contains(&held.case.facts.tx) {
            continue;
        }
        seen.push(held.case.facts.tx);
        let facts = &held.case.facts;
        cases.extend(facts.payments.iter().map(|payment| paid(&held, payment)));
        cases.extend(facts.change.iter().map(|change| {
            let subject = output(&held, change.output.0);
            AuditCase::pass(
                subject,
                phrase!(
                    "change {index} of wallet {wallet}, proven by its script, {sat} satoshi",
                    "ウォレット {wallet} のお釣り {index}(スクリプトで証明)、{sat} satoshi",
                    index = change.index,
                    wallet = crate::rule::Named(&facts.wallet.name),
                    sat = change.amount.to_sat()
                ),
            )
        }));
    }
    let unit = Unit {
        name: phrase!("outputs of signed transactions", "署名済み取引の出力"),
        claim: phrase!(
            "each pays a destination that administrators had registered and that was active, or \
             returns to the wallet",
            "いずれも管理者が登録した有効な送付先への支払いか、ウォレットへのお釣りである"
        ),
        none: Conclusion::Pass,
    };
    AuditAnswer::new(Question::Destinations, unit, cases)
}

fn output(held: &Held<'_>, number: u32) -> Phrase {
    phrase!(
        "case {case}, output {n}",
        "案件 {case}、出力 {n}",
        case = held.case.facts.case,
        n = number
    )
}

fn paid(held: &Held<'_>, payment: &PaymentFacts) -> AuditCase {
    let subject = output(held, payment.output.0);
    if let Some(sweep) = &held.case.allowed.sweep {
        return swept(subject, sweep, held, payment);
    }
    let policies = &held.history.policies;
    let mut listed = held.case.allowed.destinations.iter();
    let listed = listed.find(|listed| listed.id == payment.destination);
    let Some(destination) = listed else {
        let found = phrase!(
            "{id} is not in the policy in force",
            "{id} は有効なポリシーにない",
            id = payment.destination
        );
        return AuditCase::fail(subject, found);
    };
    let network = held.case.facts.scope.network.to_bitcoin();
    let address = Address::from_script(&destination.script, network);
    let same = address.is_ok_and(|address| alloc::format!("{address}") == payment.address);
    let active = destination.activation <= held.case.height;
    let found = phrase!(
        "{id} {address}, {sat} satoshi, signed at height {height}; {registered}; payable from \
         height {from}",
        "{id} {address}、{sat} satoshi、ブロック高 {height} で署名。{registered}、ブロック高 {from} から支払可",
        id = payment.destination,
        address = payment.address,
        sat = payment.amount.to_sat(),
        height = held.case.height,
        registered = registered(policies, held, payment),
        from = destination.activation
    );
    if same && active {
        AuditCase::pass(subject, found)
    } else {
        AuditCase::fail(subject, found)
    }
}

/// A sweep pays scripts of one registered wallet, each of which the replay has derived (POL10).
fn swept(subject: Phrase, sweep: &Sweep, held: &Held<'_>, payment: &PaymentFacts) -> AuditCase {
    let found = phrase!(
        "{id} {address}, {sat} satoshi: the emergency wallet {digest}, in a sweep at height {height}",
        "{id} {address}、{sat} satoshi: 緊急退避ウォレット {digest}、ブロック高 {height} の緊急退避送金",
        id = payment.destination,
        address = payment.address,
        sat = payment.amount.to_sat(),
        digest = sweep.wallet,
        height = held.case.height
    );
    if payment.destination == sweep.id {
        AuditCase::pass(subject, found)
    } else {
        AuditCase::fail(subject, found)
    }
}

/// The first policy since which the destination is listed without a break.
fn registered(policies: &[InstalledPolicy], held: &Held<'_>, payment: &PaymentFacts) -> Phrase {
    let until = policies
        .iter()
        .position(|policy| policy.digest == held.case.policy)
        .unwrap_or_default();
    let before = policies.iter().take(until.saturating_add(1)).rev();
    let first = before
        .take_while(|policy| policy.policy.destination(&payment.destination).is_some())
        .last();
    match first {
        None => Phrase::none(),
        Some(policy) => phrase!(
            "registered by {who} in policy {number}, installed at height {height}",
            "{who} がポリシー {number} で登録(ブロック高 {height} で導入)",
            who = names(&policy.signers),
            number = policy.policy.number,
            height = policy.installed
        ),
    }
}
