//! `audit policy`.

use alloc::string::ToString as _;
use alloc::vec::Vec;

use super::super::answer::{AuditAnswer, AuditCase, Conclusion, Question, Unit};
use super::super::finding::Finding;
use super::super::history::{DeviceHistory, InstalledPolicy};
use super::super::records::Records;
use super::people::names;
use crate::digest::{PolicyDigest, WalletDigest};
use crate::phrase;
use crate::policy::PolicyChanges;
use crate::rule::Phrase;
use crate::types::{Height, Lang};

/// Which policy was in force at a height, who signed it, and what did it change?
pub fn policy(records: &Records, at: Height) -> AuditAnswer {
    let mut cases = records.unheard();
    let mut first: Option<PolicyDigest> = None;
    for history in records.histories() {
        let known = history.policy_at(at).map(|policy| policy.digest);
        cases.push(device(history, at, first));
        first = first.or(known);
    }
    let unit = Unit {
        name: phrase!("devices", "端末"),
        claim: phrase!(
            "at height {at} the same policy was in force, signed by a quorum of administrators",
            "ブロック高 {at} で、管理者の定足数が署名した同一のポリシーが有効である",
            at = at
        ),
        none: Conclusion::Missing,
    };
    AuditAnswer::new(Question::Policy, unit, cases)
}

fn device(history: &DeviceHistory, at: Height, first: Option<PolicyDigest>) -> AuditCase {
    let subject = phrase!("device {name}", "端末 {name}", name = history.name);
    let Some(installed) = history.policy_at(at) else {
        return AuditCase::missing(subject, phrase!("no policy yet", "ポリシー未導入"));
    };
    let found = phrase!(
        "policy {number} {digest}, signed by {who}, installed at height {height}, all in force \
         from {from}; {changes}",
        "ポリシー {number} {digest}、署名 {who}、ブロック高 {height} で導入、全体の発効 {from}。{changes}",
        number = installed.policy.number,
        digest = installed.digest,
        who = names(&installed.signers),
        height = installed.installed,
        from = installed.waits_until.unwrap_or(installed.installed),
        changes = changes(history, installed)
    );
    match first {
        Some(first) if first != installed.digest => {
            AuditCase::found(subject, Finding::OtherPolicy, found)
        }
        _ => AuditCase::pass(subject, found),
    }
}

/// What a policy changed of the one before it on this device.
fn changes(history: &DeviceHistory, installed: &InstalledPolicy) -> Phrase {
    let before = history
        .policies
        .iter()
        .take_while(|policy| policy.digest != installed.digest)
        .last();
    let Some(before) = before else {
        return phrase!("the first of this device", "この端末の最初のポリシー");
    };
    let named = |wallet: &WalletDigest| {
        let wallets = history.state.wallets();
        let found = wallets.by_digest(wallet);
        found.map_or_else(|| wallet.to_hex(), |wallet| wallet.name().to_string())
    };
    let changes = PolicyChanges::between(&before.policy, &installed.policy);
    let lines: Vec<Phrase> = changes
        .iter()
        .take(8)
        .map(|change| {
            let direction = change.direction();
            let text = |lang| {
                let what = change.text(lang, &named);
                alloc::format!("{}: {what}", direction.name(lang))
            };
            Phrase::new(&text(Lang::En), &text(Lang::Ja))
        })
        .collect();
    let more = changes.iter().count().saturating_sub(lines.len());
    if more == 0 {
        return Phrase::listed(lines);
    }
    let lines = Phrase::listed(lines);
    phrase!(
        "{lines}; and {more} more changes",
        "{lines}、ほか {more} 件の変更",
        lines = lines,
        more = more
    )
}
