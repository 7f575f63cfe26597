//! POL01.

use bitcoin::Address;

use super::checking::Checking;
use crate::phrase;
use crate::rule::{Place, Refusal, RuleId, Verdict};

/// POL01: Every payment goes to a registered, active destination.
///
/// Scripts are compared, never text. Registered means: in the policy, and listed for this wallet.
/// The wallet's own receive addresses are no exception.
pub(super) fn pol01(checking: &Checking<'_>) -> Verdict {
    checking.with_terms(RuleId::POL01, |terms| {
        let payments = checking.moves.payments();
        let refusals = payments.filter_map(|(output, script, _)| {
            let refused = |expected, got| {
                Some(Refusal::new(
                    RuleId::POL01,
                    Place::Output(output),
                    expected,
                    got,
                ))
            };
            match checking.destination(script) {
                None => {
                    let network = checking.network.to_bitcoin();
                    let expected = phrase!(
                        "a destination registered for this wallet",
                        "このウォレットに登録された送付先"
                    );
                    let got = Address::from_script(script, network).map_or_else(
                        |_| {
                            let hex = script.to_hex_string();
                            phrase!("script {hex}", "スクリプト {hex}", hex = hex)
                        },
                        |address| phrase!("address {to}", "アドレス {to}", to = address),
                    );
                    refused(expected, terms.beside_waiting(got))
                }
                Some(destination)
                    if checking.tip.is_some_and(|tip| destination.activation > tip) =>
                {
                    let tip = checking.tip.unwrap_or(destination.activation);
                    let expected = phrase!(
                        "a destination active at height {tip}",
                        "ブロック高 {tip} で有効な送付先",
                        tip = tip
                    );
                    let got = phrase!(
                        "{id}, active from {height}",
                        "ブロック高 {height} から有効な {id}",
                        id = destination.id,
                        height = destination.activation
                    );
                    refused(expected, got)
                }
                Some(_) => None,
            }
        });
        refusals.collect()
    })
}

#[cfg(test)]
mod tests {
    use crate::rule::{Place, RuleId};
    use crate::testing::{Case, Output, TIP, free, outside_script, refusals, refused, world};
    use crate::types::Lang;
    use crate::types::{Chain, Height, OutputIndex};

    const ALONE: [RuleId; 1] = [RuleId::POL01];

    fn paying(destination: &str) -> Case {
        let mut case = Case::new(world());
        case.outputs[0] = Output::to(destination, 1_200_000);
        case
    }

    #[test]
    fn passes_and_names_the_destination() {
        let checked = paying("hot-1").check(world()).unwrap();
        let payment = &checked.payments()[0];
        assert_eq!(payment.destination.as_str(), "hot-1");
        assert_eq!(payment.label.as_str(), "HOT-1");
        assert!(payment.address.starts_with("bcrt1q"), "{}", payment.address);
        assert_eq!(checked.payments().len(), 1);
    }

    #[test]
    fn refuses_an_unregistered_script() {
        let refusals = refusals(paying("stranger").check(world()));
        assert_eq!(refusals.len(), 1);
        assert_eq!(refusals[0].rule, RuleId::POL01);
        assert_eq!(refusals[0].place, Place::Output(OutputIndex(0)));
        let got = &refusals[0].got;
        assert!(got.text(Lang::En).starts_with("address bcrt1q"));
        assert!(got.text(Lang::Ja).starts_with("アドレス bcrt1q"));
    }

    #[test]
    fn refuses_a_destination_of_another_wallet() {
        assert_eq!(refused(paying("others").check(world())), ALONE);
    }

    #[test]
    fn refuses_our_own_receive_address_and_another_wallet_of_ours() {
        let (wallet, other) = (&world().wallet, &world().other);
        let own = Output::own(wallet, Chain::Receive, 3, 796_000);
        let others = Output {
            parts: crate::psbt::build::OutputParts::default(),
            ..Output::own(other, Chain::Receive, 0, 796_000)
        };
        // The other wallet holds assets of another class, too.
        let both = [RuleId::POL01, RuleId::POL05];
        for (output, rules) in [(own, &ALONE[..]), (others, &both)] {
            let mut case = Case::new(world());
            case.outputs[1] = output;
            assert_eq!(refused(case.check(world())), rules);
        }
    }

    #[test]
    fn refuses_a_script_without_an_address() {
        let mut case = Case::new(world());
        case.outputs[0].script = bitcoin::ScriptBuf::new_op_return(b"note");
        assert_eq!(refused(case.check(world())), ALONE);
        let mut nested = Case::new(world());
        nested.outputs[0].script = outside_script("hot-1").to_p2sh();
        assert_eq!(refused(nested.check(world())), ALONE);
    }

    #[test]
    fn at_the_limit_of_activation() {
        assert_eq!(refused(paying("hot-2").check(world())), []);
        let mut case = paying("later");
        case.time = free(Height(TIP.0 + 1));
        assert_eq!(refused(case.check(world())), []);
    }

    #[test]
    fn one_past_it() {
        assert_eq!(refused(paying("later").check(world())), ALONE);
    }
}
