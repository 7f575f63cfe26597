//! WAL01.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::wal08::wal08_among;
use super::{BindContext, RegisteredWallet};
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};

/// WAL01: The wallet is registered on this device, is active, and is of this network.
///
/// Active means that the policy in force lists this version of it, under the same class, that it
/// is not retired, that this device is one of its co-signers, and that by the newest cards of its
/// devices no two of them are at one HSM (WAL08).
pub(super) fn wal01(wallet: Option<&Arc<RegisteredWallet>>, context: &BindContext<'_>) -> Verdict {
    let Some(wallet) = wallet else {
        let expected = phrase!("a registered wallet", "登録済みウォレット");
        return Verdict::of(alloc::vec![refused(expected, Phrase::none())]);
    };
    let mut refusals = Vec::new();
    let (own, other) = (context.policy.scope(), wallet.record().scope);
    if own != other {
        refusals.push(refused(own.phrase(), other.phrase()));
    }
    if wallet.record().root != context.policy.root() {
        refusals.push(refused(
            phrase!(
                "a wallet under this root",
                "この信頼の起点に属するウォレット"
            ),
            phrase!("another root", "別の信頼の起点"),
        ));
    }
    let members = wallet.cosigners().iter();
    if !members
        .map(|c| c.identity.device_id())
        .any(|id| id == *context.device)
    {
        refusals.push(refused(
            phrase!(
                "this device among the co-signers",
                "この端末を含む共同署名者"
            ),
            phrase!("not there", "含まれない"),
        ));
    }
    if let Some(order) = context.wallets.retirement(&wallet.id()) {
        refusals.push(refused(
            phrase!("a wallet that is not retired", "廃止されていないウォレット"),
            phrase!(
                "retired by order {order}",
                "廃止指示 {order} により廃止済み",
                order = order
            ),
        ));
    }
    refusals.extend(unlisted(wallet, context));
    let now = context.wallets.cards().cosigners(wallet.record());
    if let Verdict::Refused(shared) = wal08_among(&now) {
        let of_wallet = shared.into_iter().map(|one| refused(one.expected, one.got));
        refusals.extend(of_wallet);
    }
    Verdict::of(refusals)
}

/// What is wrong with the wallet's place in the policy in force.
fn unlisted(wallet: &RegisteredWallet, context: &BindContext<'_>) -> Option<Refusal> {
    let policy = context.policy;
    let (expected, got) = match policy.policy().wallet(&wallet.digest()) {
        None if policy.document().wallet(&wallet.digest()).is_some() => (
            phrase!(
                "a wallet that the policy lists at height {tip}",
                "ブロック高 {tip} でポリシーに記載されたウォレット",
                tip = context.time.opens()
            ),
            policy.opening(),
        ),
        None => (
            phrase!(
                "a wallet that the policy lists",
                "ポリシーに記載されたウォレット"
            ),
            phrase!(
                "policy without wallet {wallet}",
                "ウォレット {wallet} のないポリシー",
                wallet = wallet.digest()
            ),
        ),
        Some(rules) if rules.class != wallet.class() => (
            phrase!(
                "{class} as the policy says",
                "ポリシーの定める{class}",
                class = rules.class.phrase()
            ),
            wallet.class().phrase(),
        ),
        Some(_) => return None,
    };
    Some(refused(expected, got))
}

const fn refused(expected: Phrase, got: Phrase) -> Refusal {
    Refusal::new(RuleId::WAL01, Place::Transaction, expected, got)
}

#[cfg(test)]
mod tests {
    use crate::phrase;
    use crate::types::Lang;
    use std::sync::Arc;

    use crate::cose::Endorsed;
    use crate::digest::RetirementDigest;
    use crate::psbt::ParsedPsbt;
    use crate::rule::RuleId;
    use crate::signing::SigningHsm;
    use crate::testing::{
        Case, Output, SCOPE, SoftDevice, TIP, World, outside_script, refusals, refused, rules_of,
        world,
    };
    use crate::types::Purpose;
    use crate::wallet::{
        BindContext, DeviceStanding, RegisteredWallet, Registry, WalletClass, WalletError, WalletTx,
    };

    const ALONE: [RuleId; 1] = [RuleId::WAL01];

    #[test]
    fn passes_an_active_wallet() {
        assert_eq!(refused(Case::new(world()).bind(world())), []);
    }

    #[test]
    fn refuses_coins_of_no_wallet() {
        let mut case = Case::new(world());
        for coin in &mut case.coins {
            coin.script = outside_script("nobody");
        }
        let rules = refused(case.bind(world()));
        assert_eq!(rules, [RuleId::WAL01, RuleId::WAL02]);
    }

    #[test]
    fn refuses_a_wallet_that_the_policy_does_not_list() {
        let world = World::with_policy(|policy| {
            policy
                .wallets
                .retain(|rules| rules.class != WalletClass::Customer);
        });
        let mut case = Case::new(&world);
        case.outputs = std::vec![Output::to("others", 1_996_000)];
        let refusals = refusals(case.bind(&world));
        assert_eq!((refusals.len(), refusals[0].rule), (1, RuleId::WAL01));
        // No later height lists it: nobody is told to wait.
        let expected = refusals[0].expected.text(Lang::En);
        assert_eq!(expected, "a wallet that the policy lists");
    }

    #[test]
    fn tells_to_wait_for_a_wallet_that_the_policy_lists_later() {
        let world =
            World::with_policy(|policy| policy.activation = crate::types::Height(TIP.0 + 1));
        let refusals = refusals(Case::new(&world).bind(&world));
        assert_eq!(refusals[0].rule, RuleId::WAL01);
        let expected = refusals[0].expected.text(Lang::En);
        let later = std::format!("a wallet that the policy lists at height {TIP}");
        assert_eq!(expected, later);
    }

    #[test]
    fn refuses_a_retired_wallet_and_no_other() {
        let mut world = World::new();
        let order = RetirementDigest::over(&[b"order"]);
        world.wallets.retire(world.other.id(), order);
        assert_eq!(refused(Case::new(&world).bind(&world)), []);
        world.wallets.retire(world.wallet.id(), order);
        assert_eq!(refused(Case::new(&world).bind(&world)), ALONE);
        let again = world.wallets.add(Arc::clone(&world.wallet));
        assert_eq!(again, Err(WalletError::Retired(world.wallet.id())));
    }

    #[test]
    fn refuses_another_class_than_the_policys() {
        let world = World::with_policy(|policy| rules_of(policy).class = WalletClass::Guarantee);
        assert_eq!(refused(Case::new(&world).bind(&world)), ALONE);
    }

    #[test]
    fn refuses_at_a_device_that_is_no_cosigner() {
        let world = world();
        let bind = |device: SoftDevice| {
            let case = Case::new(world);
            let parsed = ParsedPsbt::parse(case.unsigned().into_bytes()).unwrap();
            let context = BindContext {
                wallets: &world.wallets,
                policy: &world.policy,
                ledger: &case.ledger,
                device: &device.id(),
                time: crate::testing::free(TIP),
                standing: DeviceStanding::Free,
                register: &case.register,
            };
            WalletTx::bind(parsed, &context)
        };
        assert_eq!(refused(bind(SoftDevice::new("west"))), []);
        assert_eq!(refused(bind(SoftDevice::new("east"))), ALONE);
    }

    #[test]
    fn refuses_a_wallet_of_another_root() {
        let (here, there) = (world(), World::rooted(crate::types::Height(840_001)));
        let case = Case::new(&there);
        let parsed = ParsedPsbt::parse(case.unsigned().into_bytes()).unwrap();
        let context = BindContext {
            wallets: &there.wallets,
            policy: &here.policy,
            ledger: &case.ledger,
            device: &here.devices[0].id(),
            time: crate::testing::free(TIP),
            standing: DeviceStanding::Free,
            register: &case.register,
        };
        let refusals = refusals(WalletTx::bind(parsed, &context));
        assert!(
            refusals
                .iter()
                .any(|r| r.expected.text(Lang::En) == "a wallet under this root")
        );
    }

    /// The wallet's record as a drill: the same keys, signed in another scope.
    fn drilled(world: &World) -> RegisteredWallet {
        let mut scope = SCOPE;
        scope.purpose = Purpose::Drill;
        let mut record = world.wallet.record().clone();
        record.scope = scope;
        let mut endorsed = Endorsed::new(record, scope);
        for device in &world.devices {
            let draft = endorsed.draft_for(scope, &device.identity());
            let signature = device.seal_with(&draft.seal_order().unwrap());
            endorsed.add(draft.signed(signature).unwrap());
        }
        RegisteredWallet::open(&endorsed.to_bytes(), scope, &world.root.digest()).unwrap()
    }

    #[test]
    fn refuses_a_wallet_of_a_drill() {
        let world = world();
        let mut wallets = Registry::new();
        wallets.add(Arc::new(drilled(world))).unwrap();
        let case = Case::new(world);
        let parsed = ParsedPsbt::parse(case.unsigned().into_bytes()).unwrap();
        let context = BindContext {
            wallets: &wallets,
            policy: &world.policy,
            ledger: &case.ledger,
            device: &world.devices[0].id(),
            time: crate::testing::free(TIP),
            standing: DeviceStanding::Free,
            register: &case.register,
        };
        let refusals = refusals(WalletTx::bind(parsed, &context));
        let expected = phrase!("live on regtest", "regtest の本番");
        assert!(refusals.iter().any(|r| r.expected == expected));
    }
}
