//! POL05.

use alloc::vec::Vec;

use super::checking::Checking;
use super::{ClassMove, Policy};
use crate::approval::Request;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};
use crate::types::Label;
use crate::wallet::{InsideMove, WalletClass, WalletTx};

/// POL05: Assets of one class stay apart: they go to a registered wallet of another class only by a
/// move that the policy names.
///
/// The coins of a transaction are of one wallet (WAL02), so of one class. A payment to any script of
/// any wallet that this device knows is recognised by the script, whatever its label says. Where
/// the policy names a purpose, the request must ask for exactly that one; whether there is a request
/// and whether it is genuine is for APP01.
pub(super) fn pol05(
    checking: &Checking<'_>,
    tx: &WalletTx,
    policy: &Policy,
    asked: Option<&Request>,
) -> Verdict {
    let from = tx.wallet().class();
    let purpose = asked.map(|request| &request.purpose);
    let mut leaving = tx.inside().iter().filter(|to| to.class != from);
    let judged = checking.with_terms(RuleId::POL05, |_| {
        let leaving = leaving.clone();
        let refused = leaving.filter_map(|to| judge(policy, from, to, purpose));
        refused.collect()
    });
    let without_purpose = |to: &InsideMove| purposes(policy, from, to).contains(&None);
    if judged == Verdict::Passed && asked.is_none() && !leaving.all(without_purpose) {
        return Verdict::Notice(phrase!(
            "there is no request: its purpose was not judged",
            "申請がないため、目的は未判定"
        ));
    }
    judged
}

/// The purposes for which the policy names a move; none where it names it for any.
fn purposes<'a>(policy: &'a Policy, from: WalletClass, to: &InsideMove) -> Vec<Option<&'a Label>> {
    let between = |named: &&ClassMove| (named.from, named.to) == (from, to.class);
    let named = policy.class_moves.iter().filter(between);
    named.map(|named| named.purpose.as_ref()).collect()
}

fn judge(
    policy: &Policy,
    from: WalletClass,
    to: &InsideMove,
    purpose: Option<&Label>,
) -> Option<Refusal> {
    let purposes = purposes(policy, from, to);
    let asked_for = purpose.is_none_or(|asked| purposes.contains(&Some(asked)));
    if purposes.contains(&None) || (!purposes.is_empty() && asked_for) {
        return None;
    }
    let expected = match purposes.first() {
        Some(Some(only)) => phrase!(
            "a request for the purpose {purpose}",
            "目的が {purpose} の申請",
            purpose = only
        ),
        _ => phrase!(
            "a move between classes that the policy names",
            "ポリシーに定めた区分間の移動"
        ),
    };
    let name = &to.name;
    let got = phrase!(
        "{from} to {to}, wallet {name}",
        "{from} から {to}(ウォレット {name})",
        from = from.phrase(),
        name = name,
        to = to.class.phrase()
    );
    Some(Refusal::new(
        RuleId::POL05,
        Place::Output(to.output),
        expected,
        with_purpose(got, purpose),
    ))
}

fn with_purpose(got: Phrase, purpose: Option<&Label>) -> Phrase {
    match purpose {
        None => got,
        Some(purpose) => phrase!(
            "{got}, for {purpose}",
            "{got}、目的 {purpose}",
            got = got,
            purpose = purpose
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::boxed::Box;
    use std::string::ToString;
    use std::vec::Vec;

    use crate::policy::{ClassMove, Destination, Policy};
    use crate::rule::{Place, RuleId};
    use crate::testing::{Case, Output, World, id, label, refusals, refused, rules_of, world};
    use crate::types::{Chain, KeyIndex, Lang, OutputIndex};
    use crate::wallet::WalletClass;

    const ALONE: [RuleId; 1] = [RuleId::POL05];

    /// A policy in which the company's wallet is a registered destination of the customers' wallet,
    /// and these moves are named.
    fn with_moves(moves: &[(WalletClass, WalletClass, Option<&str>)]) -> World {
        World::with_policy(|policy| {
            register_own(policy);
            policy.class_moves = moves
                .iter()
                .map(|(from, to, purpose)| ClassMove {
                    from: *from,
                    to: *to,
                    purpose: purpose.map(label),
                })
                .collect();
        })
    }

    fn register_own(policy: &mut Policy) {
        let script = world().other.script_pubkey(Chain::Receive, KeyIndex(0));
        let own = Destination {
            id: id("own-0"),
            label: label("OWN-0"),
            script: script.unwrap(),
            ..policy.destinations[0].clone()
        };
        policy.destinations.push(own);
        rules_of(policy).destinations.push(id("own-0"));
    }

    fn own_for(world: &World, purpose: &'static str) -> Case {
        let mut case = Case::new(world);
        case.outputs[0] = Output::own(&world.other, Chain::Receive, 0, 1_200_000);
        case.outputs[0].parts = crate::psbt::build::OutputParts::default();
        case.edit_request = Box::new(move |request| request.purpose = label(purpose));
        case
    }

    fn paying_own(world: &World, purpose: &'static str) -> Vec<RuleId> {
        refused(own_for(world, purpose).approve(world))
    }

    #[test]
    fn takes_a_move_that_the_policy_names() {
        use WalletClass::{Company, Customer};
        let any = with_moves(&[(Customer, Company, None)]);
        assert_eq!(paying_own(&any, "Fees"), []);
        let for_fees = with_moves(&[(Customer, Company, Some("Fees"))]);
        assert_eq!(paying_own(&for_fees, "Fees"), []);
        let several = with_moves(&[
            (Customer, Company, Some("Fees")),
            (Customer, Company, Some("Ledger 7")),
        ]);
        assert_eq!(paying_own(&several, "Ledger 7"), []);
    }

    /// Of two payments only the one to a registered wallet is shown as such.
    #[test]
    fn names_the_wallet_of_the_payment_that_goes_to_one() {
        let world = with_moves(&[(WalletClass::Customer, WalletClass::Company, None)]);
        let mut case = Case::new(&world);
        let mut own = Output::own(&world.other, Chain::Receive, 0, 400_000);
        own.parts = crate::psbt::build::OutputParts::default();
        case.outputs[0].sats = 800_000;
        case.outputs.insert(1, own);
        let checked = case.check(&world).unwrap();
        let inside = checked.payments().iter().map(|payment| {
            let to = payment.inside.as_ref();
            (payment.output, to.map(|to| to.wallet))
        });
        let inside: Vec<_> = inside.collect();
        let expected = [
            (OutputIndex(0), None),
            (OutputIndex(1), Some(world.other.id())),
        ];
        assert_eq!(inside, expected);
    }

    #[test]
    fn refuses_a_move_that_it_does_not_name() {
        use WalletClass::{Company, Customer, Guarantee};
        for moves in [
            &[][..],
            &[(Company, Customer, None)],
            &[(Customer, Guarantee, None)],
        ] {
            assert_eq!(paying_own(&with_moves(moves), "Fees"), ALONE);
        }
    }

    #[test]
    fn refuses_another_purpose() {
        use WalletClass::{Company, Customer};
        let world = with_moves(&[(Customer, Company, Some("Fees"))]);
        assert_eq!(paying_own(&world, "fees"), ALONE);
        assert_eq!(paying_own(&world, "Hot wallet refill"), ALONE);
    }

    #[test]
    fn says_for_which_purpose_the_move_is_named() {
        use WalletClass::{Company, Customer};
        let expected = |moves: &[(WalletClass, WalletClass, Option<&str>)]| {
            let world = with_moves(moves);
            let refusals = refusals(own_for(&world, "Refill").approve(&world));
            assert_eq!(refusals.len(), 1);
            refusals[0].expected.text(Lang::En).to_string()
        };
        let for_fees = expected(&[(Customer, Company, Some("Fees"))]);
        assert_eq!(for_fees, "a request for the purpose Fees");
        assert_eq!(
            expected(&[]),
            "a move between classes that the policy names"
        );
    }

    /// The label of the destination says nothing: the script is of a registered wallet.
    #[test]
    fn refuses_by_the_script_and_names_the_wallet() {
        let world = with_moves(&[]);
        let mut case = Case::new(&world);
        case.outputs[0] = Output::own(&world.other, Chain::Receive, 0, 1_200_000);
        case.outputs[0].parts = crate::psbt::build::OutputParts::default();
        let refusals = refusals(case.check(&world));
        assert_eq!(refusals.len(), 1);
        assert_eq!(refusals[0].place, Place::Output(OutputIndex(0)));
        let got = refusals[0].got.text(Lang::En);
        assert_eq!(got, "customer assets to own assets, wallet Own 1");
    }

    #[test]
    fn passes_payments_to_others() {
        let world = with_moves(&[]);
        assert_eq!(refused(Case::new(&world).approve(&world)), []);
    }

    /// A transaction is drafted before its request. Without one it is never signed.
    #[test]
    fn says_that_a_purpose_was_not_judged() {
        use WalletClass::{Company, Customer};
        let world = with_moves(&[(Customer, Company, Some("Fees"))]);
        let mut case = Case::new(&world);
        case.outputs[0] = Output::own(&world.other, Chain::Receive, 0, 1_200_000);
        case.outputs[0].parts = crate::psbt::build::OutputParts::default();
        let checked = case.check(&world).unwrap();
        let noted: Vec<RuleId> = checked.report().notices().map(|(rule, _)| rule).collect();
        assert_eq!(noted, ALONE);
    }
}
