//! The facts of the screens, computed from an approved transaction, or from one that an officer's
//! desk has judged, and from nothing else.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use bitcoin::Amount;

use super::facts::{
    ChangeFacts, CoinFacts, FeeFacts, InsideFacts, PaymentFacts, People, Person, ReplacedFacts,
    SignerFacts, Standing, TxFacts, VersionFacts, WalletFacts,
};
use crate::approval::{ApprovedTx, Decision, HeardRequest, Officer, Request, Role};
use crate::ledger::KnownTransfer;
use crate::policy::CheckedTx;
use crate::rule::RuleLine;
use crate::types::{Chain, KeyIndex};
use crate::wallet::{BoundInput, WalletTx};

/// Everything that the screens show of a transaction.
pub(crate) fn facts(approved: &ApprovedTx) -> TxFacts {
    let [a, b] = approved.operators();
    let approvers = approved.approvers().iter();
    let people = People {
        requester: person(approved.requester()),
        approvers: approvers
            .map(|approver| person(&approver.officer))
            .collect(),
        operators: Some([person(a), person(b)]),
    };
    let report = approved.report().lines();
    of(approved.checked(), approved.request(), people, report)
}

/// The same at an officer's desk: no operators yet, and the rules that a desk can judge.
pub(super) fn at_desk(heard: &HeardRequest) -> TxFacts {
    let votes = heard.votes().iter();
    let approved = votes.filter(|(_, decision)| *decision == Decision::Approve);
    let people = People {
        requester: person(heard.requester()),
        approvers: approved.map(|(officer, _)| person(officer)).collect(),
        operators: None,
    };
    of(heard.checked(), heard.request(), people, heard.judged())
}

fn of(checked: &CheckedTx, request: &Request, people: People, report: &[RuleLine]) -> TxFacts {
    let tx = checked.wallet_tx();
    TxFacts {
        scope: request.scope,
        kind: checked.kind(),
        case: request.case.clone(),
        purpose: request.purpose.clone(),
        expiry: request.expiry,
        tx: tx.parsed().tx_digest(),
        people,
        wallet: WalletFacts {
            name: tx.wallet().name().clone(),
            class: tx.wallet().class(),
            threshold: tx.wallet().threshold(),
            devices: tx.wallet().cosigners().len(),
            digest: tx.wallet().digest(),
            policy_number: checked.policy_number(),
            policy: checked.policy(),
            cold: checked.cold().copied(),
        },
        inputs: CoinFacts {
            count: tx.inputs().len(),
            sum: tx.parsed().total_in(),
        },
        payments: payments(checked),
        change: change(tx),
        fee: FeeFacts {
            fee: tx.fee(),
            weight: tx.weight(),
            share_of: share_of(tx),
            caps: checked.fee_caps(),
            ceiling: request.fee_ceiling,
        },
        replaces: replaces(checked),
        signed_by: signers(tx),
        signatures_before: fewest_signatures(tx),
        report: report
            .iter()
            .map(|line| (line.rule, line.verdict.clone()))
            .collect(),
    }
}

pub(crate) fn person(officer: &Officer) -> Person {
    Person {
        id: officer.id.clone(),
        name: officer.name.clone(),
        name_ja: officer.name_ja.clone(),
        department: officer.department.clone(),
        standing: if officer.roles.contains(&Role::Director) {
            Standing::Director
        } else {
            Standing::Officer
        },
    }
}

fn payments(checked: &CheckedTx) -> Vec<PaymentFacts> {
    let payments = checked.payments().iter();
    payments
        .map(|payment| PaymentFacts {
            output: payment.output,
            destination: payment.destination.clone(),
            label: payment.label.clone(),
            address: payment.address.clone(),
            amount: payment.amount,
            inside: payment.inside.as_ref().map(|to| InsideFacts {
                name: to.name.clone(),
                class: to.class,
            }),
        })
        .collect()
}

fn replaces(checked: &CheckedTx) -> Vec<ReplacedFacts> {
    let transfers = checked.wallet_tx().ledger().transfers();
    let versions = checked.replaces().iter().map(|tx| {
        let known = transfers.get(tx).map(KnownTransfer::transfer);
        ReplacedFacts {
            tx: *tx,
            known: known.map(|before| VersionFacts {
                coins: before.coins.len(),
                paid: before.paid(),
                change: before.change,
                fee: before.fee,
            }),
        }
    });
    versions.collect()
}

fn change(tx: &WalletTx) -> Vec<ChangeFacts> {
    let change = tx.change().into_iter();
    change
        .map(|(output, index, amount)| ChangeFacts {
            output,
            index,
            address: change_address(tx, index),
            amount,
        })
        .collect()
}

fn change_address(tx: &WalletTx, index: KeyIndex) -> String {
    let address = tx.wallet().address(Chain::Change, index);
    address
        .map(|address| address.to_string())
        .unwrap_or_default()
}

/// What the fee's share is of: what is paid out, or what is consolidated where nothing is.
fn share_of(tx: &WalletTx) -> Amount {
    match tx.paid_out() {
        Amount::ZERO => tx.change_total(),
        paid => paid,
    }
}

/// Each co-signer with the number of inputs that they have signed.
fn signers(tx: &WalletTx) -> Vec<SignerFacts> {
    let mut counts = BTreeMap::new();
    for signature in tx.inputs().iter().flat_map(BoundInput::signatures) {
        let count = counts.entry(&signature.name).or_insert(0_usize);
        *count = count.saturating_add(1);
    }
    let counts = counts.into_iter();
    counts
        .map(|(name, inputs)| SignerFacts {
            name: name.clone(),
            inputs,
        })
        .collect()
}

fn fewest_signatures(tx: &WalletTx) -> usize {
    let counts = tx.inputs().iter().map(|input| input.signatures().len());
    counts.min().unwrap_or(0)
}
