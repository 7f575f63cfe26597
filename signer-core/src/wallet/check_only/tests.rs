use std::vec;

use super::*;
use crate::policy::FeeCaps;
use crate::rule::Refusal;
use crate::testing::{Case, KEYS, Output, TIP, World, outside_script, world, wrapped};
use crate::wallet::ListedDescriptor;
use bitcoin::Amount;

fn descriptors(world: &World) -> DescriptorWallet {
    let chains = [Chain::Receive, Chain::Change].into_iter();
    let places = chains.flat_map(|chain| (0..KEYS).map(move |n| (chain, KeyIndex(n))));
    let list: Vec<_> = places
        .map(|(chain, index)| ListedDescriptor {
            text: world.wallet.descriptor(chain, index).unwrap(),
            chain: None,
            range: (0, 0),
        })
        .collect();
    DescriptorWallet::read(&list).unwrap()
}

fn plain(world: &World) -> PlainPolicy {
    let policy = world.policy.policy();
    let rules = policy.wallet(&world.wallet.digest()).unwrap();
    PlainPolicy {
        per_transfer: rules.per_transfer,
        fee: rules.fee,
        destinations: world.policy.destinations_of(rules).cloned().collect(),
    }
}

fn judge(case: &Case, world: &World, policy: Option<&PlainPolicy>) -> CheckOnly {
    let wallet = descriptors(world);
    let terms = CheckTerms {
        wallet: &wallet,
        network: Network::Regtest,
        policy,
        tip: Some(TIP),
    };
    CheckOnly::judge(case.unsigned().into_bytes(), Limits::USUAL, terms)
}

fn refused(judged: &CheckOnly) -> Vec<RuleId> {
    judged
        .report()
        .refusals()
        .map(|refusal| refusal.rule)
        .collect()
}

/// The same transaction bound to the registered wallet: equal verdicts, sighashes and outputs.
#[test]
fn judges_as_a_binding_does() {
    for world in [world(), wrapped()] {
        let case = Case::new(world);
        let judged = judge(&case, world, Some(&plain(world)));
        let checked = case.check(world).unwrap();
        let bound = checked.wallet_tx();
        for (here, there) in judged.report().lines().iter().zip(checked.report().lines()) {
            assert_eq!(here.rule, there.rule);
            let alone = here.rule == RuleId::WAL01 || OF_DEVICES.contains(&here.rule);
            let applies = !matches!(here.verdict, Verdict::NotApplicable(_));
            assert_ne!(alone, applies, "{}", here.rule);
            assert!(alone || here.verdict == there.verdict, "{}", here.rule);
        }
        for input in bound.inputs() {
            let own = judged.input(input.index()).unwrap();
            assert_eq!(own.sighash, *input.sighash());
            assert_eq!(
                (own.chain, own.key_index),
                (input.chain(), input.key_index())
            );
        }
        assert_eq!(judged.outputs(), bound.outputs());
        assert_eq!(judged.weight(), Some(bound.weight()));
    }
}

#[test]
fn reports_every_rule_once() {
    let good = judge(&Case::new(world()), world(), None);
    let mut bad = Case::new(world());
    bad.coins[0].script = outside_script("stranger");
    let bad = judge(&bad, world(), None);
    let wallet = descriptors(world());
    let terms = CheckTerms {
        wallet: &wallet,
        network: Network::Regtest,
        policy: None,
        tip: None,
    };
    let unread = CheckOnly::judge(vec![1, 2, 3], Limits::USUAL, terms);
    let all: Vec<_> = RuleId::ALL
        .into_iter()
        .filter(|rule| rule.stage() <= Stage::Approve)
        .collect();
    for judged in [&good, &bad, &unread] {
        let rules: Vec<_> = judged.report().lines().iter().map(|l| l.rule).collect();
        assert_eq!(rules, all);
    }
    assert_eq!(refused(&good), []);
    assert_eq!(refused(&bad), [RuleId::WAL02]);
    assert_eq!(refused(&unread), [RuleId::PSB01]);
    assert!(good.parsed().is_some());
    assert!(unread.parsed().is_none() && unread.input(InputIndex(0)).is_none());
}

fn refusals(edit: impl FnOnce(&mut Case)) -> Vec<Refusal> {
    let mut case = Case::new(world());
    edit(&mut case);
    let judged = judge(&case, world(), Some(&plain(world())));
    judged.report().refusals().cloned().collect()
}

/// Each rule refuses here what it refuses on a device.
#[test]
fn refuses_by_each_rule() {
    let rules = |edit: fn(&mut Case)| -> Vec<RuleId> {
        refusals(edit).iter().map(|refusal| refusal.rule).collect()
    };
    let other = Output::own(&world().wallet, Chain::Change, 1, 0).parts;
    let witness = other.witness_script;
    assert_eq!(
        refusals(|case| case.outputs[1].parts.witness_script = witness)[0].rule,
        RuleId::WAL03
    );
    assert_eq!(
        rules(|case| case.coins[0].parts.origins[0].path[2] = 9),
        [RuleId::WAL04]
    );
    assert_eq!(
        rules(|case| case.outputs[1].script = outside_script("hot-2")),
        [RuleId::WAL05]
    );
    assert_eq!(
        rules(|case| {
            case.outputs[1].script = outside_script("stranger");
            case.outputs[1].parts = crate::psbt::build::OutputParts::default();
        }),
        [RuleId::POL01]
    );
    assert_eq!(rules(|case| case.lock_time = TIP.0 + 1), [RuleId::PSB07]);
}

#[test]
fn verifies_the_signatures_of_listed_keys() {
    let wallet = descriptors(world());
    let terms = CheckTerms {
        wallet: &wallet,
        network: Network::Regtest,
        policy: None,
        tip: Some(TIP),
    };
    let mut case = Case::new(world());
    case.signed_by = vec![0, 2];
    let mut bytes = case.signed(world()).into_bytes();
    let judged = CheckOnly::judge(bytes.clone(), Limits::USUAL, terms);
    assert_eq!(refused(&judged), []);
    // In the first signature: 30 len 02 len r.
    let key = bytes
        .windows(3)
        .position(|w| w == [0x22, 2, 2] || w == [0x22, 2, 3]);
    let place = key.unwrap() + 35 + 20;
    bytes[place] ^= 1;
    let judged = CheckOnly::judge(bytes, Limits::USUAL, terms);
    assert_eq!(refused(&judged), [RuleId::WAL06]);
}

/// What a height would decide is said, and not passed over.
#[test]
fn says_what_was_not_judged() {
    let wallet = descriptors(world());
    let plain = plain(world());
    let judged = |policy, tip| {
        let terms = CheckTerms {
            wallet: &wallet,
            network: Network::Regtest,
            policy,
            tip,
        };
        let bytes = Case::new(world()).unsigned().into_bytes();
        let judged = CheckOnly::judge(bytes, Limits::USUAL, terms);
        let notices = judged.report().notices().map(|(rule, _)| rule);
        notices.collect::<Vec<_>>()
    };
    assert_eq!(judged(Some(&plain), None), [RuleId::PSB07, RuleId::POL01]);
    assert_eq!(judged(None, None), [RuleId::PSB07]);
    assert_eq!(judged(Some(&plain), Some(TIP)), []);
}

#[test]
fn holds_the_plain_limits() {
    let mut tight = plain(world());
    tight.per_transfer = Amount::from_sat(1_199_999);
    let judged = judge(&Case::new(world()), world(), Some(&tight));
    assert_eq!(refused(&judged), [RuleId::POL02]);
    let mut tight = plain(world());
    tight.fee = FeeCaps {
        absolute: Amount::from_sat(3_999),
        ..tight.fee
    };
    let judged = judge(&Case::new(world()), world(), Some(&tight));
    assert_eq!(refused(&judged), [RuleId::POL04]);
}

/// Without a height nobody knows which destinations are active: that is said, and nothing refused.
#[test]
fn says_so_where_no_height_was_given() {
    let world = world();
    let (wallet, policy) = (descriptors(world), plain(world));
    let pol01 = |tip| {
        let terms = CheckTerms {
            wallet: &wallet,
            network: Network::Regtest,
            policy: Some(&policy),
            tip,
        };
        let bytes = Case::new(world).unsigned().into_bytes();
        let judged = CheckOnly::judge(bytes, Limits::USUAL, terms);
        let lines = judged.report().lines().iter();
        let line = lines.clone().find(|line| line.rule == RuleId::POL01);
        line.map(|line| line.verdict.clone())
    };
    assert_eq!(pol01(Some(TIP)), Some(Verdict::Passed));
    assert!(matches!(pol01(None), Some(Verdict::Notice(_))));
}

/// Without a height the report says what it did not judge; with one it passes.
#[test]
fn a_missing_height_is_noted() {
    let (wallet, plain) = (descriptors(world()), plain(world()));
    let of = |tip| {
        let terms = CheckTerms {
            wallet: &wallet,
            network: Network::Regtest,
            policy: Some(&plain),
            tip,
        };
        let bytes = Case::new(world()).unsigned().into_bytes();
        let judged = CheckOnly::judge(bytes, Limits::USUAL, terms);
        let mut lines = judged.report().lines().iter();
        let line = lines.find(|line| line.rule == RuleId::POL01).unwrap();
        line.verdict.clone()
    };
    assert_eq!(of(Some(TIP)), Verdict::Passed);
    assert!(matches!(of(None), Verdict::Notice(_)));
}
