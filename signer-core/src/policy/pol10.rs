//! POL10.

use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;

use bitcoin::{Address, ScriptBuf, TxOut};

use super::{ActivePolicy, CheckedPayment, Sweep};
use crate::approval::RequestKind;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};
use crate::types::{Chain, OutputIndex};
use crate::wallet::{DeviceStanding, InsideMove, RegisteredWallet, WalletClass, WalletTx};

/// POL10: A sweep pays the emergency wallet alone, on a frozen device; such a device signs nothing else.
///
/// The emergency wallet is the one that the policy in force names by its full digest; it is registered
/// on this device, and every output is rebuilt from its keys: one of its receive addresses, and no
/// change. Its own coins are not swept. A desk has no device: whether one is frozen is judged there
/// alone, and said. What a sweep pays is given back where nothing refuses.
pub(super) fn pol10(
    tx: &WalletTx,
    policy: &ActivePolicy,
    kind: RequestKind,
) -> (Verdict, Option<Vec<CheckedPayment>>) {
    if kind == RequestKind::Ordinary {
        return (ordinary(tx), None);
    }
    let Some(sweep) = &policy.policy().sweep else {
        let expected = phrase!(
            "a policy in force that names a sweep",
            "緊急退避送金を定めた有効なポリシー"
        );
        return (refusing([refused(expected, policy.opening())]), None);
    };
    let Some(wallet) = tx.wallets().emergency(&sweep.wallet) else {
        return (refusing([unregistered(sweep)]), None);
    };
    let mut refusals: Vec<Refusal> = [unfrozen(tx), own(tx), unfit(tx, wallet)]
        .into_iter()
        .flatten()
        .collect();
    let outputs = (0..).map(OutputIndex).zip(&tx.parsed().tx().output);
    let (mut payments, network) = (Vec::new(), policy.scope().network);
    for (output, paid) in outputs {
        match payment(output, paid, sweep, wallet, network.to_bitcoin()) {
            Ok(payment) => payments.push(payment),
            Err(refusal) => refusals.push(refusal),
        }
    }
    if refusals.is_empty() {
        (noted(tx, wallet), Some(payments))
    } else {
        (Verdict::of(refusals), None)
    }
}

fn ordinary(tx: &WalletTx) -> Verdict {
    match tx.standing() {
        DeviceStanding::Free | DeviceStanding::Unknown => Verdict::Passed,
        DeviceStanding::Frozen => {
            let expected = phrase!(
                "a sweep, on a frozen device",
                "凍結中の端末では緊急退避送金のみ"
            );
            refusing([refused(expected, RequestKind::Ordinary.phrase())])
        }
    }
}

/// People read it on a screen of its own, and type its name.
fn noted(tx: &WalletTx, wallet: &RegisteredWallet) -> Verdict {
    let name = wallet.name();
    let what = phrase!(
        "SWEEP: everything goes to the emergency wallet {name}; no limit of an ordinary transfer holds",
        "緊急退避送金: 全額を緊急退避ウォレット {name} へ送付。通常の限度額は適用外",
        name = name
    );
    let device = (tx.standing() == DeviceStanding::Unknown).then(|| {
        phrase!(
            "only a frozen device signs it, which is judged there",
            "署名は凍結中の端末のみ(端末で判定)"
        )
    });
    Verdict::Notice(Phrase::listed(core::iter::once(what).chain(device)))
}

fn unfrozen(tx: &WalletTx) -> Option<Refusal> {
    (tx.standing() == DeviceStanding::Free).then(|| {
        refused(
            phrase!(
                "a frozen device, for a sweep",
                "緊急退避送金には凍結中の端末"
            ),
            phrase!("a device that is not frozen", "凍結されていない端末"),
        )
    })
}

/// What lies in the emergency wallet is where a sweep would bring it.
fn own(tx: &WalletTx) -> Option<Refusal> {
    (tx.wallet().class() == WalletClass::Emergency).then(|| {
        refused(
            phrase!(
                "coins of a wallet of another class than emergency",
                "緊急退避以外の区分のウォレットのコイン"
            ),
            WalletClass::Emergency.phrase(),
        )
    })
}

fn unfit(tx: &WalletTx, wallet: &RegisteredWallet) -> Option<Refusal> {
    if wallet.class() != WalletClass::Emergency {
        let expected = WalletClass::Emergency.phrase();
        return Some(refused(expected, wallet.class().phrase()));
    }
    let order = tx.wallets().retirement(&wallet.id())?;
    Some(refused(
        phrase!("a wallet that is not retired", "廃止されていないウォレット"),
        phrase!(
            "retired by order {order}",
            "廃止指示 {order} により廃止済み",
            order = order
        ),
    ))
}

fn payment(
    output: OutputIndex,
    paid: &TxOut,
    sweep: &Sweep,
    wallet: &Arc<RegisteredWallet>,
    network: bitcoin::Network,
) -> Result<CheckedPayment, Refusal> {
    let script = &paid.script_pubkey;
    let address = Address::from_script(script, network).ok();
    match (wallet.locate(script), address) {
        (Some((Chain::Receive, _)), Some(address)) => Ok(CheckedPayment {
            output,
            destination: sweep.id.clone(),
            label: wallet.name().clone(),
            amount: paid.value,
            address: address.to_string(),
            script: script.clone(),
            inside: Some(InsideMove {
                output,
                wallet: wallet.id(),
                name: wallet.name().clone(),
                class: wallet.class(),
            }),
        }),
        (_, address) => Err(elsewhere(output, script, address, wallet)),
    }
}

fn elsewhere(
    output: OutputIndex,
    script: &ScriptBuf,
    address: Option<Address>,
    wallet: &RegisteredWallet,
) -> Refusal {
    let expected = phrase!(
        "a receive address of the emergency wallet {name}",
        "緊急退避ウォレット {name} の受取アドレス",
        name = wallet.name()
    );
    let got = address.map_or_else(
        || {
            let hex = script.to_hex_string();
            phrase!("script {hex}", "スクリプト {hex}", hex = hex)
        },
        |address| phrase!("address {to}", "アドレス {to}", to = address),
    );
    Refusal::new(RuleId::POL10, Place::Output(output), expected, got)
}

fn unregistered(sweep: &Sweep) -> Refusal {
    let expected = phrase!(
        "emergency wallet {wallet}, registered on this device",
        "この端末に登録済みの緊急退避ウォレット {wallet}",
        wallet = sweep.wallet
    );
    refused(expected, Phrase::none())
}

fn refusing<const N: usize>(refusals: [Refusal; N]) -> Verdict {
    Verdict::of(Vec::from(refusals))
}

const fn refused(expected: Phrase, got: Phrase) -> Refusal {
    Refusal::new(RuleId::POL10, Place::Transaction, expected, got)
}

#[cfg(test)]
mod tests {
    use std::boxed::Box;
    use std::vec;
    use std::vec::Vec;

    use bitcoin::Amount;

    use super::*;
    use crate::approval::RequestKind;
    use crate::digest::{RetirementDigest, TxDigest, WalletDigest};
    use crate::policy::FeeCaps;
    use crate::rule::Stopped;
    use crate::testing::{
        Ballot, Case, Coin, Output, World, coin_of, foreign_emergency, refusals, refused, rules_of,
    };
    use crate::types::{Height, InputIndex, Lang};

    const ALONE: [RuleId; 1] = [RuleId::POL10];

    fn world() -> World {
        World::sweeping(|_| {})
    }

    fn got<T>(result: Result<T, Stopped>) -> Vec<std::string::String> {
        let refusals = refusals(result).into_iter();
        let refusals = refusals.filter(|refusal| refusal.rule == RuleId::POL10);
        refusals
            .map(|refusal| refusal.got.text(Lang::En).into())
            .collect()
    }

    /// 1,910,000 sat are above the limits of hot-1 and of the destinations, within no window, and 90,000
    /// sat are above the fee cap of the wallet: nothing of it bounds a sweep.
    #[test]
    fn passes_a_sweep_and_says_so() {
        let world = world();
        let approved = Case::sweep(&world).approve(&world).unwrap();
        let checked = approved.checked();
        assert_eq!(checked.kind(), RequestKind::Sweep);
        let payment = &checked.payments()[0];
        assert_eq!(payment.destination.as_str(), "emergency");
        assert_eq!(payment.label, *world.other.name());
        let inside = payment.inside.as_ref().unwrap();
        assert_eq!(inside.wallet, world.other.id());
        let verdict = |rule| {
            let mut lines = approved.report().lines().iter();
            lines
                .find(|line| line.rule == rule)
                .unwrap()
                .verdict
                .clone()
        };
        let Verdict::Notice(text) = verdict(RuleId::POL10) else {
            panic!("a sweep is a notice");
        };
        assert!(text.text(Lang::En).starts_with("SWEEP: everything goes to"));
        assert!(text.text(Lang::Ja).starts_with("緊急退避送金: 全額を"));
        for rule in [
            RuleId::POL01,
            RuleId::POL02,
            RuleId::POL03,
            RuleId::POL05,
            RuleId::POL06,
        ] {
            assert!(matches!(verdict(rule), Verdict::NotApplicable(_)), "{rule}");
        }
        assert_eq!(verdict(RuleId::POL04), Verdict::Passed);
    }

    /// The coins of any other class may be swept, to several addresses.
    #[test]
    fn passes_several_outputs_to_receive_addresses() {
        let world = world();
        let mut case = Case::sweep(&world);
        let to = |index, sats| Output::bare(&world.other, Chain::Receive, index, sats);
        case.outputs = vec![to(0, 1_000_000), to(1, 910_000)];
        assert_eq!(refused(case.approve(&world)), []);
    }

    #[test]
    fn refuses_a_sweep_on_a_device_that_is_not_frozen() {
        let world = world();
        let mut case = Case::sweep(&world);
        case.standing = DeviceStanding::Free;
        assert_eq!(refused(case.approve(&world)), ALONE);
        assert_eq!(got(case.approve(&world)), ["a device that is not frozen"]);
    }

    #[test]
    fn refuses_an_ordinary_transfer_on_a_frozen_device() {
        let world = world();
        let mut case = Case::new(&world);
        assert_eq!(refused(case.approve(&world)), []);
        case.standing = DeviceStanding::Frozen;
        assert_eq!(refused(case.approve(&world)), ALONE);
        assert_eq!(got(case.approve(&world)), ["an ordinary transfer"]);
    }

    /// At a desk nobody knows whether a device is frozen: both kinds are judged, and a sweep says that
    /// it needs a frozen one.
    #[test]
    fn a_desk_does_not_judge_whether_a_device_is_frozen() {
        let world = world();
        for mut case in [Case::new(&world), Case::sweep(&world)] {
            case.standing = DeviceStanding::Unknown;
            let checked = case.check_full(&world).unwrap();
            let mut lines = checked.report().lines().iter();
            let line = lines.find(|line| line.rule == RuleId::POL10).unwrap();
            match &line.verdict {
                Verdict::Passed => assert_eq!(case.kind, RequestKind::Ordinary),
                Verdict::Notice(text) => {
                    assert_eq!(case.kind, RequestKind::Sweep);
                    assert!(text.text(Lang::En).contains("only a frozen device"));
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn refuses_every_other_output() {
        let world = world();
        let others = [
            Output::to("hot-1", 10_000),
            Output::to("stranger", 10_000),
            Output::own(&world.wallet, Chain::Change, 0, 10_000),
            Output::own(&world.wallet, Chain::Receive, 3, 10_000),
            Output::bare(&world.other, Chain::Change, 0, 10_000),
        ];
        for other in others {
            let mut case = Case::sweep(&world);
            case.outputs[0].sats -= 10_000;
            case.outputs.push(other);
            let refusals = refusals(case.check_full(&world));
            assert_eq!(refusals.len(), 1);
            assert_eq!(refusals[0].rule, RuleId::POL10);
            assert_eq!(refusals[0].place, Place::Output(OutputIndex(1)));
        }
    }

    #[test]
    fn refuses_a_script_without_an_address() {
        let world = world();
        let mut case = Case::sweep(&world);
        case.outputs[0].script = ScriptBuf::new_op_return(b"note");
        case.outputs[0].parts = crate::psbt::build::OutputParts::default();
        assert_eq!(refused(case.check_full(&world)), ALONE);
    }

    #[test]
    fn refuses_without_a_sweep_in_the_policy() {
        let world = World::sweeping(|policy| policy.sweep = None);
        let mut case = Case::sweep(&world);
        // Under the caps of the wallet, too.
        case.outputs[0].sats = 1_990_000;
        assert_eq!(refused(case.check_full(&world)), ALONE);
    }

    /// The policy names a wallet that this device does not have: nothing could be rebuilt.
    #[test]
    fn refuses_an_emergency_wallet_that_is_not_registered() {
        let unknown = WalletDigest::over(&[b"elsewhere"]);
        let world = World::sweeping(|policy| {
            policy.sweep.as_mut().unwrap().wallet = unknown;
        });
        let refusals = refusals(Case::sweep(&world).check_full(&world));
        assert_eq!(refusals.len(), 1);
        assert_eq!(refusals[0].rule, RuleId::POL10);
        let expected = refusals[0].expected.text(Lang::En);
        assert!(expected.contains(&unknown.to_hex()), "{expected}");
        assert_eq!(refusals[0].got, Phrase::none());
    }

    /// Of the wallets of a device only one of the class emergency is paid, however the policy names it.
    #[test]
    fn refuses_a_wallet_of_another_class() {
        let mut world = world();
        let own = world.wallet.digest();
        world.policy = crate::testing::activate(
            crate::policy::Policy {
                wallets: vec![],
                ..sweeping_to(&world, own)
            },
            &world.roster,
        )
        .unwrap();
        let tx = Case::sweep(&world).check_full(&world);
        // Without rules for the wallet WAL01 stops it first: the class is judged by `unfit` alone.
        assert_eq!(refused(tx), [RuleId::WAL01]);
        let bound = Case::sweep(&self::world()).bind(&self::world()).unwrap();
        let refusal = unfit(&bound, &self::world().wallet).unwrap();
        assert_eq!(refusal.rule, RuleId::POL10);
    }

    fn sweeping_to(world: &World, wallet: WalletDigest) -> crate::policy::Policy {
        let mut policy = world.policy.policy().clone();
        policy.sweep.as_mut().unwrap().wallet = wallet;
        policy
    }

    #[test]
    fn refuses_a_retired_emergency_wallet() {
        let mut world = world();
        let order = RetirementDigest::over(&[b"order"]);
        world.wallets.retire(world.other.id(), order);
        assert_eq!(refused(Case::sweep(&world).check_full(&world)), ALONE);

        let (wallet, mut world) = foreign_emergency();
        world.wallets.retire(wallet.id(), order);
        let mut case = Case::sweep(&world);
        case.outputs = vec![Output::bare(&wallet, Chain::Receive, 0, 1_910_000)];
        assert_eq!(refused(case.approve(&world)), ALONE);
    }

    /// A recovery knows of some transactions by their receipts alone: a sweep may name them.
    #[test]
    fn passes_coins_of_a_transaction_that_a_receipt_alone_tells_of() {
        let world = world();
        let lost = TxDigest::over(&[b"lost"]);
        let judged = |kind: RequestKind, replaces: &[TxDigest]| {
            let mut case = match kind {
                RequestKind::Sweep => Case::sweep(&world),
                RequestKind::Ordinary => Case::new(&world),
            };
            let coin = coin_of(&case, InputIndex(0));
            case.ledger.record_intent(lost, &[coin]);
            let (before, replaces) = (case.edit_request, replaces.to_vec());
            case.edit_request = std::boxed::Box::new(move |request| {
                before(request);
                request.replaces.clone_from(&replaces);
            });
            refused(case.check_full(&world))
        };
        assert_eq!(judged(RequestKind::Sweep, &[lost]), []);
        assert_eq!(judged(RequestKind::Sweep, &[]), [RuleId::POL07]);
        assert_eq!(judged(RequestKind::Ordinary, &[lost]), [RuleId::POL07]);
    }

    /// What lies in the emergency wallet is where a sweep would bring it.
    #[test]
    fn refuses_the_coins_of_the_emergency_wallet() {
        let world = world();
        let mut case = Case::sweep(&world);
        case.coins = vec![Coin::of(&world.other, Chain::Receive, 1, 2_000_000)];
        assert!(refused(case.check_full(&world)).contains(&RuleId::POL10));
    }

    /// An emergency wallet of other devices is paid, though no coin of it is known here.
    #[test]
    fn passes_an_emergency_wallet_of_other_devices() {
        let (wallet, world) = foreign_emergency();
        let mut case = Case::sweep(&world);
        case.outputs = vec![Output::bare(&wallet, Chain::Receive, 0, 1_910_000)];
        assert_eq!(refused(case.approve(&world)), []);
        assert!(world.wallets.locate(&case.outputs[0].script).is_none());
        // An ordinary transfer still knows it for what it is: no registered destination, another class.
        let mut ordinary = Case::new(&world);
        ordinary.outputs[0].script = case.outputs[0].script.clone();
        assert_eq!(
            refused(ordinary.check(&world)),
            [RuleId::POL01, RuleId::POL05]
        );
    }

    /// What a policy loosens waits, and a sweep that it adds loosens.
    #[test]
    fn refuses_a_sweep_that_waits() {
        let world = world();
        let mut later = world.policy.document().clone();
        later.activation = Height(crate::testing::TIP.0 + 1);
        let waiting = World {
            policy: crate::testing::activate(later, &world.roster).unwrap(),
            ..self::world()
        };
        // Nothing of a first policy is in force before: the wallet is not, either.
        assert_eq!(
            refused(Case::sweep(&waiting).check_full(&waiting)),
            [RuleId::WAL01]
        );
    }

    #[test]
    fn the_caps_are_the_sweeps_own() {
        let fee = |sats: u64| {
            let world = world();
            let mut case = Case::sweep(&world);
            case.outputs[0].sats = 2_000_000 - sats;
            case.edit_request = Box::new(|request| request.fee_ceiling = Amount::MAX_MONEY);
            refused(case.approve(&world))
        };
        // 50 per mille of what is swept are below 100,000 sat: 95,238 of 1,904,762.
        assert_eq!(fee(95_238), []);
        assert_eq!(fee(95_239), [RuleId::POL04]);
        let tight = World::sweeping(|policy| {
            rules_of(policy).fee = FeeCaps {
                absolute: Amount::MAX_MONEY,
                sat_per_vbyte: u32::MAX,
                per_mille: u32::MAX,
            };
            policy.sweep.as_mut().unwrap().fee.absolute = Amount::from_sat(89_999);
        });
        assert_eq!(
            refused(Case::sweep(&tight).approve(&tight)),
            [RuleId::POL04]
        );
    }

    /// The wallet's own quorum is two people; the sweep's is three.
    #[test]
    fn the_quorum_is_the_sweeps_own() {
        let world = world();
        let mut case = Case::sweep(&world);
        case.ballots = ["approver.a", "director.d"].map(Ballot::yes).into();
        assert_eq!(refused(case.approve(&world)), [RuleId::APP05]);
        let mut ordinary = Case::new(&world);
        ordinary.ballots = ["approver.a", "director.d"].map(Ballot::yes).into();
        assert_eq!(refused(ordinary.approve(&world)), []);
    }

    /// A request that says another kind than it was judged by is another request.
    #[test]
    fn what_is_drafted_as_a_sweep_is_asked_for_as_one() {
        let world = world();
        let mut case = Case::sweep(&world);
        case.edit_request = Box::new(|request| {
            request.fee_ceiling = Amount::from_sat(90_000);
            request.kind = RequestKind::Ordinary;
        });
        let rules = refused(case.check_full(&world));
        assert!(rules.contains(&RuleId::POL10), "{rules:?}");
        assert!(rules.contains(&RuleId::POL01), "{rules:?}");
    }
}
