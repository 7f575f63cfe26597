//! POL09.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::WalletRules;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};
use crate::wallet::CoSigner;

/// POL09: The devices of the wallet are of as many vendors and at as many sites as the policy says.
///
/// Vendor and site are those of the newest cards that are known here; of the registered record where
/// none is. Without the policy's rules for the wallet it refuses.
pub(super) fn pol09(cosigners: &[CoSigner], rules: Option<&WalletRules>) -> Verdict {
    let Some(rules) = rules else {
        let expected = phrase!("a policy for this wallet", "このウォレットのポリシー");
        return Verdict::of(Vec::from([refusal(expected, Phrase::none())]));
    };
    pol09_among(cosigners, rules)
}

/// POL09 over the devices of a wallet, each with the HSM that it has now.
pub(crate) fn pol09_among(cosigners: &[CoSigner], rules: &WalletRules) -> Verdict {
    let vendors: BTreeSet<_> = cosigners.iter().map(|one| one.vendor.as_str()).collect();
    let sites: BTreeSet<_> = cosigners.iter().map(|one| one.site.as_str()).collect();
    let mut refusals = Vec::new();
    let (least, found) = (usize::from(rules.placement.vendors), vendors.len());
    if found < least {
        let expected = phrase!(
            "devices of {least} vendors",
            "{least} 社以上の端末",
            least = least
        );
        refusals.push(refusal(expected, Phrase::figure(found)));
    }
    let (least, found) = (usize::from(rules.placement.sites), sites.len());
    if found < least {
        let expected = phrase!(
            "devices at {least} sites",
            "{least} か所以上の端末",
            least = least
        );
        refusals.push(refusal(expected, Phrase::figure(found)));
    }
    Verdict::of(refusals)
}

const fn refusal(expected: Phrase, got: Phrase) -> Refusal {
    Refusal::new(RuleId::POL09, Place::Transaction, expected, got)
}

#[cfg(test)]
mod tests {
    use crate::policy::Placement;
    use crate::rule::RuleId;
    use crate::testing::{Case, World, refused, rules_of};

    fn with(vendors: u8, sites: u8) -> std::vec::Vec<RuleId> {
        let world = World::with_policy(|policy| {
            rules_of(policy).placement = Placement { vendors, sites };
        });
        refused(Case::new(&world).approve(&world))
    }

    /// The three devices of the world are of two vendors and at three sites.
    #[test]
    fn at_the_limit_and_one_past_it() {
        assert_eq!(with(2, 3), []);
        assert_eq!(with(3, 3), [RuleId::POL09]);
        assert_eq!(with(2, 4), [RuleId::POL09]);
    }

    #[test]
    fn passes_where_less_is_asked_for() {
        assert_eq!(with(1, 1), []);
    }

    #[test]
    fn refuses_without_rules_for_the_wallet() {
        let wallet = &crate::testing::world().wallet;
        assert!(matches!(
            super::pol09(wallet.cosigners(), None),
            super::Verdict::Refused(_)
        ));
    }
}
