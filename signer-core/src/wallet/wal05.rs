//! WAL05.

use alloc::vec::Vec;

use bitcoin::script::Instruction;
use bitcoin::secp256k1::PublicKey;
use bitcoin::{Script, TxOut};

use super::binding::{Binding, ChangeWindow};
use super::scripts::WalletScripts;
use crate::phrase;
use crate::psbt::ParsedOutput;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};
use crate::types::{Chain, KeyIndex, OutputIndex};

/// WAL05: Change returns to this wallet's own change scripts, within the expected window, at most
/// once; no output only pretends to be ours.
///
/// An output pretends when it pays a script that is not the wallet's, but carries a key, an origin
/// or a script of the wallet: software that trusts such fields would call it change.
pub(super) fn wal05(binding: &Binding<'_>) -> Verdict {
    binding.with_wallet(|wallet| {
        let mut refusals = Vec::new();
        let mut change = Vec::new();
        for (index, output, claim, at) in binding.outputs() {
            match at {
                Some((Chain::Change, key_index)) => change.push((index, key_index)),
                Some((Chain::Receive, _)) => {}
                None => refusals.extend(pretence(wallet, index, output, claim)),
            }
        }
        let end = window_end(binding);
        for (index, key_index) in &change {
            if u64::from(key_index.0) >= end {
                let expected = phrase!(
                    "a change index below {end}",
                    "{end} 未満のおつり番号",
                    end = end
                );
                refusals.push(refused(*index, expected, Phrase::figure(key_index)));
            }
        }
        for (index, key_index) in change.iter().skip(1) {
            let expected = phrase!("at most one change output", "おつり出力は1つまで");
            let got = phrase!(
                "one more, at change index {place}",
                "おつり番号 {place} にもう1つ",
                place = key_index
            );
            refusals.push(refused(*index, expected, got));
        }
        refusals
    })
}

const fn refused(index: OutputIndex, expected: Phrase, got: Phrase) -> Refusal {
    Refusal::new(RuleId::WAL05, Place::Output(index), expected, got)
}

/// The first change index that is too far: the window begins above the highest index that is known
/// to be used, on this device or by a coin that is spent here. (A device that co-signs seldom would
/// otherwise fall behind its peers; every script in the window is a registered one in any case.)
fn window_end(binding: &Binding<'_>) -> u64 {
    let ChangeWindow::Ahead { highest, window } = binding.window else {
        return u64::MAX;
    };
    let spent = binding
        .rebuilt()
        .filter(|(_, rebuilt)| rebuilt.chain == Chain::Change);
    let spent = spent.map(|(_, rebuilt)| rebuilt.key_index).max();
    let highest: Option<KeyIndex> = spent.max(highest);
    let next = highest.map_or(0, |index| u64::from(index.0).saturating_add(1));
    next.saturating_add(u64::from(window))
}

fn pretence(
    wallet: &dyn WalletScripts,
    index: OutputIndex,
    output: &TxOut,
    claim: &ParsedOutput,
) -> Option<Refusal> {
    let carried = if claim.origins.iter().any(|o| is_key(wallet, &o.public_key)) {
        phrase!("key of this wallet", "このウォレットの鍵")
    } else if claim
        .origins
        .iter()
        .any(|o| wallet.has_fingerprint(o.fingerprint))
    {
        phrase!(
            "fingerprint of this wallet",
            "このウォレットのフィンガープリント"
        )
    } else if [&claim.witness_script, &claim.redeem_script]
        .into_iter()
        .flatten()
        .any(|script| is_of_wallet(wallet, script))
    {
        phrase!(
            "script of this wallet's keys",
            "このウォレットの鍵のスクリプト"
        )
    } else {
        return None;
    };
    let expected = phrase!("no {carried}", "{carried}を伴わないこと", carried = carried);
    let got = phrase!(
        "a {carried} on foreign script {script}",
        "他のスクリプト {script} に{carried}",
        carried = carried,
        script = output.script_pubkey.to_hex_string()
    );
    Some(refused(index, expected, got))
}

/// Whether a script is one of the wallet's, leads to one, or holds one of its keys.
fn is_of_wallet(wallet: &dyn WalletScripts, script: &Script) -> bool {
    let forms = [
        script.to_p2wsh(),
        script.to_p2sh(),
        script.to_p2wsh().to_p2sh(),
    ];
    wallet.locate(script).is_some()
        || forms.iter().any(|form| wallet.locate(form).is_some())
        || script.instructions().any(|instruction| match instruction {
            Ok(Instruction::PushBytes(bytes)) => is_key(wallet, bytes.as_bytes()),
            Ok(Instruction::Op(_)) | Err(_) => false,
        })
}

fn is_key(wallet: &dyn WalletScripts, bytes: &[u8]) -> bool {
    let key = PublicKey::from_slice(bytes).ok();
    key.is_some_and(|key| wallet.has_key(&key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Case, Coin, Output, outside_script, refused, rules_of, world, wrapped};
    use crate::wallet::OutputKind;
    use crate::wallet::script::sorted_multisig;

    const ALONE: [RuleId; 1] = [RuleId::WAL05];

    /// A case whose change lies at this index; the window of the world is 3.
    fn change_at(index: u32) -> Case {
        let mut case = Case::new(world());
        case.outputs[1] = Output::own(&world().wallet, Chain::Change, index, 796_000);
        case
    }

    #[test]
    fn passes_change_without_any_field() {
        let mut case = change_at(1);
        case.outputs[1].parts = crate::psbt::build::OutputParts::default();
        let tx = case.bind(world()).unwrap();
        let change = tx
            .change()
            .map(|(_, index, amount)| (index.0, amount.to_sat()));
        assert_eq!(change, Some((1, 796_000)));
        assert_eq!(tx.paid_out().to_sat(), 1_200_000);
    }

    #[test]
    fn passes_a_payment_of_everything() {
        let mut case = Case::new(world());
        case.outputs = std::vec![Output::to("hot-1", 1_996_000)];
        assert_eq!(refused(case.bind(world())), []);
    }

    #[test]
    fn at_the_limit_of_the_window() {
        assert_eq!(refused(change_at(2).bind(world())), []);
        let mut later = change_at(5);
        later.ledger.record_change(world().wallet.id(), KeyIndex(2));
        assert_eq!(refused(later.bind(world())), []);
        let mut spent = change_at(4);
        spent.coins[0] = Coin::of(&world().wallet, Chain::Change, 1, 1_000_000);
        assert_eq!(refused(spent.bind(world())), []);
    }

    #[test]
    fn one_past_it() {
        assert_eq!(refused(change_at(3).bind(world())), ALONE);
        let mut later = change_at(5);
        later.ledger.record_change(world().wallet.id(), KeyIndex(1));
        // What another wallet has used opens nothing here.
        later.ledger.record_change(world().other.id(), KeyIndex(9));
        assert_eq!(refused(later.bind(world())), ALONE);
        let mut spent = change_at(5);
        spent.coins[0] = Coin::of(&world().wallet, Chain::Change, 1, 1_000_000);
        // A coin on chain 0 says nothing about chain 1.
        spent.coins[1] = Coin::of(&world().wallet, Chain::Receive, 5, 1_000_000);
        assert_eq!(refused(spent.bind(world())), ALONE);
    }

    #[test]
    fn no_window_means_no_change() {
        let closed = crate::testing::World::with_policy(|policy| {
            rules_of(policy).change_window = 0;
        });
        assert_eq!(refused(Case::new(&closed).bind(&closed)), ALONE);
    }

    #[test]
    fn refuses_a_second_change_output() {
        let mut case = change_at(0);
        case.outputs[1].sats = 400_000;
        case.outputs
            .push(Output::own(&world().wallet, Chain::Change, 1, 396_000));
        assert_eq!(refused(case.bind(world())), ALONE);
        let mut twice = change_at(0);
        twice.outputs[1].sats = 400_000;
        twice
            .outputs
            .push(Output::own(&world().wallet, Chain::Change, 0, 396_000));
        assert_eq!(refused(twice.bind(world())), ALONE);
    }

    /// Judged as a payment: POL01 asks whether it is a registered destination.
    #[test]
    fn takes_an_own_receive_address_for_a_payment() {
        let mut case = Case::new(world());
        case.outputs[1] = Output::own(&world().wallet, Chain::Receive, 3, 796_000);
        let tx = case.bind(world()).unwrap();
        assert!(matches!(tx.outputs()[1], OutputKind::Payment { .. }));
        assert_eq!(tx.change(), None);
    }

    /// An output to `script` with fields of the wallet's change address 0.
    fn pretending(script: bitcoin::ScriptBuf, change: impl Fn(&mut Output)) -> Vec<RuleId> {
        let mut case = Case::new(world());
        case.outputs[1].script = script;
        change(&mut case.outputs[1]);
        refused(case.bind(world()))
    }

    #[test]
    fn refuses_our_fields_on_a_foreign_script() {
        let all: [fn(&mut Output); 4] = [
            |_| {},
            |o| o.parts.witness_script = None,
            |o| o.parts.origins.clear(),
            |o| {
                o.parts.witness_script = None;
                o.parts.origins.truncate(1);
            },
        ];
        for fields in all {
            assert_eq!(pretending(outside_script("thief"), fields), ALONE);
            // A registered destination does not excuse it.
            assert_eq!(pretending(outside_script("hot-2"), fields), ALONE);
        }
    }

    #[test]
    fn refuses_our_fingerprint_with_a_foreign_key() {
        let stranger = crate::testing::SoftDevice::new("east").key(1, Chain::Change, 0);
        let rules = pretending(outside_script("thief"), |output| {
            output.parts.witness_script = None;
            output.parts.origins.truncate(1);
            output.parts.origins[0].public_key = stranger.public_key.serialize();
        });
        assert_eq!(rules, ALONE);
    }

    #[test]
    fn refuses_a_multisig_of_our_key_and_strangers() {
        let wallet = &world().wallet;
        let ours = wallet.keys(Chain::Change, KeyIndex(0)).unwrap();
        let east = crate::testing::SoftDevice::new("east");
        let strangers = [0, 1].map(|n| east.key(1, Chain::Change, n).public_key);
        let mixes = [
            sorted_multisig(1, &[ours[0], strangers[0]]),
            sorted_multisig(2, &[ours[0], strangers[0], strangers[1]]),
            sorted_multisig(1, &ours),
        ];
        for script in mixes {
            let rules = pretending(script.to_p2wsh(), |output| {
                output.parts.witness_script = Some(script.clone());
                output.parts.origins.clear();
            });
            assert_eq!(rules, ALONE);
        }
    }

    #[test]
    fn refuses_the_other_form_of_our_script() {
        let wrapped_form = |output: &Output| {
            let witness = output.parts.witness_script.clone().unwrap();
            witness.to_p2wsh().to_p2sh()
        };
        let mut case = Case::new(world());
        case.outputs[1].script = wrapped_form(&case.outputs[1]);
        assert_eq!(refused(case.bind(world())), ALONE);
        let mut native = Case::new(wrapped());
        let witness = native.outputs[1].parts.witness_script.clone().unwrap();
        native.outputs[1].script = witness.to_p2wsh();
        native.outputs[1].parts.origins.clear();
        native.outputs[1].parts.witness_script = None;
        assert_eq!(refused(native.bind(wrapped())), ALONE);
    }

    #[test]
    fn passes_foreign_fields_on_a_foreign_script() {
        let east = crate::testing::SoftDevice::new("east");
        let keys = [0, 1].map(|n| east.key(1, Chain::Receive, n).public_key);
        let rules = pretending(outside_script("hot-2"), |output| {
            output.parts.witness_script = Some(sorted_multisig(1, &keys));
            output.parts.origins.truncate(1);
            output.parts.origins[0].public_key = keys[0].serialize();
            output.parts.origins[0].fingerprint = east.fingerprint();
        });
        assert_eq!(rules, []);
    }
}
