//! POL06.

use alloc::vec::Vec;
use core::iter;

use bitcoin::Amount;

use super::checking::Checking;
use super::{BalanceStatement, ColdFloor};
use crate::approval::{ActiveRoster, Officer, Request, Role};
use crate::cose::CoseError;
use crate::digest::TxDigest;
use crate::ledger::{KnownTransfer, RecoveredAt};
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};
use crate::types::Height;
use crate::wallet::{InsideMove, WalletTx};

/// What stays cold of a class of assets, as people read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColdShare {
    /// Thousandths that stay cold after the transfer, rounded down.
    pub per_mille: u64,
    /// Thousandths that the policy asks for.
    pub floor: u32,
    /// The block of the statement.
    pub height: Height,
}

/// POL06: What stays cold after the transfer is at or above the floor, by a statement of balances that is new enough.
///
/// The statement is a reconciler's; a missing one and one that cannot be judged close the rule. What
/// leaves for anywhere but a wallet of the same class that the statement lists as cold counts as hot,
/// so do the transfers that this device has counted since the block of the statement, and those of any
/// day whose signatures are open: nobody knows whether a statement shows them. Every fee leaves the
/// whole. A device that lost a part of its journal takes statements of later blocks only, and none while
/// signatures are open of which it knows the receipt alone. A fee bump counts in the place of the versions
/// before it once it can be sent itself.
/// Where the policy names no floor for the class of the wallet, there is nothing to judge.
pub(super) fn pol06(
    checking: &Checking<'_>,
    reconciled: &Reconciled<'_>,
) -> (Verdict, Option<ColdShare>) {
    let judged = checking.with_terms(RuleId::POL06, |_| Vec::new());
    let Some(floor) = reconciled.floor else {
        let why = phrase!(
            "no floor for the cold share of this class",
            "この区分のコールド比率の下限は定めがない"
        );
        let none = match judged {
            Verdict::Passed => Verdict::NotApplicable(why),
            refused => refused,
        };
        return (none, None);
    };
    match reconciled.statement(floor) {
        Ok(statement) => reconciled.judge(floor, &statement),
        Err(refusals) => (Verdict::of(refusals), None),
    }
}

/// A transaction beside the statement that came with it.
pub(super) struct Reconciled<'a> {
    pub(super) tx: &'a WalletTx,
    pub(super) roster: &'a ActiveRoster,
    pub(super) floor: Option<&'a ColdFloor>,
    pub(super) asked: Option<&'a Request>,
}

impl Reconciled<'_> {
    /// The statement, where it can be judged by.
    fn statement(&self, floor: &ColdFloor) -> Result<BalanceStatement, Vec<Refusal>> {
        let Some(bytes) = self.tx.parsed().carried().balance.as_deref() else {
            return Err(alloc::vec![refused(signed_statement(), Phrase::none())]);
        };
        let opened = self.roster.open_signed::<BalanceStatement>(bytes);
        let (signed, officer) = opened.map_err(|error| alloc::vec![self.unknown(&error)])?;
        let refusals = self.differences(floor, signed.body(), officer);
        if refusals.is_empty() {
            Ok(signed.body().clone())
        } else {
            Err(refusals)
        }
    }

    fn unknown(&self, error: &CoseError) -> Refusal {
        refused(signed_statement(), self.roster.why_unknown(error))
    }

    fn differences(
        &self,
        floor: &ColdFloor,
        statement: &BalanceStatement,
        officer: &Officer,
    ) -> Vec<Refusal> {
        let parts = [
            self.of_frame(statement, officer),
            self.of_people(statement, officer),
            self.of_age(floor, statement),
            self.of_recovery(statement),
            self.of_open(),
            self.of_wallets(statement),
        ];
        parts.into_iter().flatten().collect()
    }

    fn of_frame(&self, statement: &BalanceStatement, officer: &Officer) -> Option<Refusal> {
        let (roster, class) = (self.roster, self.tx.wallet().class());
        let same = (statement.version, statement.scope, statement.root)
            == (1, roster.scope(), roster.root());
        if !same {
            let got = phrase!(
                "another version, network, purpose or root",
                "別のバージョン、ネットワーク、目的、または信頼の起点"
            );
            return Some(refused(signed_statement(), got));
        }
        if statement.reconciler != officer.id {
            let expected = Phrase::figure(&officer.id);
            return Some(refused(expected, Phrase::figure(&statement.reconciler)));
        }
        (statement.class != class).then(|| {
            let expected = phrase!(
                "a statement of {class}",
                "{class} の残高報告書",
                class = class.phrase()
            );
            refused(expected, statement.class.phrase())
        })
    }

    /// Who states balances asks for no transfer and builds none.
    fn of_people(&self, statement: &BalanceStatement, officer: &Officer) -> Option<Refusal> {
        let tip = self.tx.time();
        if officer.acting_as(Role::Reconciler, tip).is_none() {
            let expected = phrase!(
                "a reconciler valid at height {tip}",
                "ブロック高 {tip} で有効な残高照合担当者",
                tip = tip
            );
            return Some(refused(expected, Phrase::figure(&officer.id)));
        }
        let asked = self.asked?;
        let same = [&asked.requester, &asked.builder].contains(&&statement.reconciler);
        same.then(|| {
            let expected = phrase!(
                "a reconciler who neither asks nor builds",
                "起案も作成もしていない残高照合担当者"
            );
            refused(expected, Phrase::figure(&statement.reconciler))
        })
    }

    fn of_age(&self, floor: &ColdFloor, statement: &BalanceStatement) -> Option<Refusal> {
        let tip = self.tx.tip();
        let first = Height(self.tx.time().closes().0.saturating_sub(floor.age.0));
        let fresh = first <= statement.height && statement.height <= tip;
        (!fresh).then(|| {
            let expected = phrase!(
                "a statement of height {first} to {tip}",
                "ブロック高 {first} から {tip} の残高報告書",
                first = first,
                tip = tip
            );
            refused(expected, Phrase::figure(statement.height))
        })
    }

    /// A device that lost a part of its journal does not know what it has signed before: only a
    /// statement of a later block shows it.
    fn of_recovery(&self, statement: &BalanceStatement) -> Option<Refusal> {
        let RecoveredAt { height, .. } = self.tx.ledger().recovered()?;
        (statement.height <= height).then(|| {
            let expected = phrase!(
                "a statement of a block after height {height}, when this device was recovered",
                "この端末を復旧したブロック高 {height} より後の残高報告書",
                height = height
            );
            refused(expected, Phrase::figure(statement.height))
        })
    }

    /// Signatures that a recovery knows from a receipt alone: what they pay stands in no record, and
    /// they can still be sent.
    fn of_open(&self) -> Option<Refusal> {
        let transfers = self.tx.ledger().transfers();
        let unknown = self.tx.open().find(|tx| transfers.get(tx).is_none())?;
        let expected = phrase!(
            "open signatures whose amounts this device knows, or settled ones",
            "金額が分かる未決済の署名、または決済確認済みの署名"
        );
        Some(refused(expected, Phrase::figure(unknown)))
    }

    fn of_wallets(&self, statement: &BalanceStatement) -> Option<Refusal> {
        let wallets: Vec<_> = statement.cold.iter().map(|line| line.wallet).collect();
        let ordered = wallets.is_sorted_by(|a, b| a < b);
        let own = self.tx.wallet().id();
        (!ordered || !wallets.contains(&own)).then(|| {
            let expected = phrase!(
                "cold wallets in order, this one among them",
                "昇順のコールドウォレット(このウォレットを含む)"
            );
            let got = phrase!(
                "{count} wallets",
                "ウォレット {count} 件",
                count = wallets.len()
            );
            refused(expected, got)
        })
    }

    fn judge(
        &self,
        floor: &ColdFloor,
        statement: &BalanceStatement,
    ) -> (Verdict, Option<ColdShare>) {
        let cold: u128 = sum(statement.cold.iter().map(|line| line.amount));
        let all = cold.saturating_add(sats(statement.hot));
        let since = self.since(statement);
        let (left, fees) = (
            since.leaving.saturating_add(self.leaving(statement)),
            since.fees.saturating_add(sats(self.tx.fee())),
        );
        let gone = left.saturating_add(fees);
        let Some(cold_after) = cold.checked_sub(gone) else {
            let got = phrase!("{gone} sat leave", "{gone} sat の出庫", gone = gone);
            let expected = phrase!(
                "at most the {cold} sat of the statement",
                "残高報告書の {cold} sat 以下",
                cold = cold
            );
            return (Verdict::of(alloc::vec![refused(expected, got)]), None);
        };
        let all_after = all.saturating_sub(fees);
        let thousandfold = cold_after.saturating_mul(1_000);
        let enough = thousandfold >= all_after.saturating_mul(floor.per_mille.into());
        let share = ColdShare {
            per_mille: per_mille(thousandfold, all_after),
            floor: floor.per_mille,
            height: statement.height,
        };
        if enough {
            return (Verdict::Passed, Some(share));
        }
        let expected = phrase!(
            "at least {floor} per mille cold",
            "コールド比率 {floor} パーミル以上",
            floor = floor.per_mille
        );
        let got = phrase!(
            "{cold} sat of {all} sat after the transfer",
            "出庫後 {all} sat のうち {cold} sat",
            cold = cold_after,
            all = all_after
        );
        (Verdict::of(alloc::vec![refused(expected, got)]), None)
    }

    /// What this transfer pays to anything but a cold wallet of the class: what the statement does not
    /// list as cold is hot by its own definition.
    fn leaving(&self, statement: &BalanceStatement) -> u128 {
        let class = self.tx.wallet().class();
        let stays = |output| {
            let mut inside = self.tx.inside().iter();
            let cold = |to: &InsideMove| to.class == class && statement.of(&to.wallet).is_some();
            inside.any(|to| to.output == output && cold(to))
        };
        let payments = self.tx.payments();
        sum(payments
            .filter(|(output, _, _)| !stays(*output))
            .map(|(_, _, amount)| amount))
    }

    /// What was signed at the height of the statement or later, and may not be in it; and what was
    /// signed before and is not settled, which a truthful statement shows as cold until it is sent.
    fn since(&self, statement: &BalanceStatement) -> Since {
        let (judged, asked) = (self.tx.parsed().tx_digest(), self.asked);
        let replaced = asked.map_or(&[][..], |asked| &asked.replaces);
        let mut since = Since::default();
        for (tx, known) in self.tx.ledger().transfers().iter() {
            let counted_here = *tx == judged || replaced.contains(tx);
            let counts = self.is_unseen(tx, known, statement)
                && !self
                    .later_versions(known)
                    .any(|(tx, later)| self.is_unseen(tx, later, statement));
            let transfer = known.transfer();
            if counted_here || !counts || statement.of(&transfer.wallet).is_none() {
                continue;
            }
            since.leaving = since.leaving.saturating_add(sats(transfer.paid()));
            since.fees = since.fees.saturating_add(sats(transfer.fee));
        }
        since
    }

    fn is_unseen(
        &self,
        tx: &TxDigest,
        known: &KnownTransfer,
        statement: &BalanceStatement,
    ) -> bool {
        known.height() >= statement.height || self.tx.open().any(|open| open == tx)
    }

    /// The fee bumps in whose place a transfer counts no more, where they count themselves: one that was
    /// cut before its first signature does not, and the version before it can still be sent.
    fn later_versions<'k>(
        &'k self,
        known: &'k KnownTransfer,
    ) -> impl Iterator<Item = (&'k TxDigest, &'k KnownTransfer)> {
        let transfers = self.tx.ledger().transfers();
        let next = |known: &'k KnownTransfer| transfers.entry(&known.replaced_by()?);
        // Each version pays a higher fee than the one before, so that none comes twice.
        iter::successors(next(known), move |(_, later)| next(later)).take(transfers.iter().count())
    }
}

/// Transfers that a statement does not show.
#[derive(Default)]
struct Since {
    leaving: u128,
    fees: u128,
}

fn signed_statement() -> Phrase {
    phrase!(
        "a statement of balances signed by a reconciler",
        "残高照合担当者が署名した残高報告書"
    )
}

fn refused(expected: Phrase, got: Phrase) -> Refusal {
    Refusal::new(RuleId::POL06, Place::Transaction, expected, got)
}

fn per_mille(thousandfold: u128, all: u128) -> u64 {
    let share = thousandfold.checked_div(all).unwrap_or(1_000);
    u64::try_from(share).unwrap_or(u64::MAX)
}

fn sats(amount: Amount) -> u128 {
    amount.to_sat().into()
}

fn sum(amounts: impl Iterator<Item = Amount>) -> u128 {
    amounts.map(sats).fold(0, u128::saturating_add)
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;
    use std::vec;
    use std::vec::Vec;

    use bitcoin::Amount;

    use super::super::{BalanceStatement, ColdFloor, WalletBalance};
    use crate::digest::{TxDigest, WalletId};
    use crate::ledger::Transfer;
    use crate::rule::{RuleId, Verdict};
    use crate::settlement::{OpenSignature, SettledAs, SettledSet};
    use crate::testing::{
        Case, Output, SCOPE, TIP, World, id, officer_signs, outside_script, refused, world,
    };
    use crate::types::{Blocks, Chain, Height, OfficerId, SessionNumber};
    use crate::wallet::WalletClass;

    const ALONE: [RuleId; 1] = [RuleId::POL06];
    /// The usual transfer pays 1,200,000 sat and a fee of 4,000.
    const GONE: u64 = 1_204_000;

    /// Nine tenths stay cold, by a statement of the last 144 blocks.
    fn floored() -> &'static World {
        static WORLD: OnceLock<World> = OnceLock::new();
        WORLD.get_or_init(|| {
            World::with_policy(|policy| {
                policy.cold_floors = Some(vec![ColdFloor {
                    class: WalletClass::Customer,
                    per_mille: 900,
                    age: Blocks(144),
                }]);
            })
        })
    }

    /// Of 100,000,000 sat after the fee, so much is cold once the usual transfer is paid.
    fn leaving(cold: u64) -> BalanceStatement {
        BalanceStatement {
            version: 1,
            scope: SCOPE,
            root: floored().roster.root(),
            reconciler: id("reconciler.c"),
            height: TIP,
            block: [4; 32],
            class: WalletClass::Customer,
            cold: vec![of(floored().wallet.id(), cold + GONE)],
            hot: Amount::from_sat(100_004_000 - GONE - cold),
        }
    }

    fn of(wallet: WalletId, sats: u64) -> WalletBalance {
        WalletBalance {
            wallet,
            amount: Amount::from_sat(sats),
        }
    }

    fn judged_by(case: &Case, officer: &str, statement: BalanceStatement) -> Vec<RuleId> {
        let bytes = officer_signs(statement, officer).to_bytes();
        let psbt = case.full(floored()).with_balance(&bytes).unwrap();
        refused(case.approve_psbt(floored(), psbt))
    }

    fn rules(statement: BalanceStatement) -> Vec<RuleId> {
        judged_by(&Case::new(floored()), "reconciler.c", statement)
    }

    fn with(edit: impl FnOnce(&mut BalanceStatement)) -> Vec<RuleId> {
        let mut statement = leaving(95_000_000);
        edit(&mut statement);
        rules(statement)
    }

    #[test]
    fn at_the_limit_and_one_past_it_of_the_floor() {
        assert_eq!(rules(leaving(90_000_000)), []);
        assert_eq!(rules(leaving(89_999_999)), ALONE);
    }

    #[test]
    fn passes_and_says_what_stays_cold() {
        let case = Case::new(floored());
        let bytes = officer_signs(leaving(95_123_456), "reconciler.c").to_bytes();
        let psbt = case.full(floored()).with_balance(&bytes).unwrap();
        let approved = case.approve_psbt(floored(), psbt).unwrap();
        let cold = *approved.checked().cold().unwrap();
        assert_eq!((cold.per_mille, cold.floor), (951, 900));
    }

    #[test]
    fn does_not_apply_without_a_floor() {
        let approved = Case::new(world()).approve(world()).unwrap();
        let mut lines = approved.report().lines().iter();
        let line = lines.find(|line| line.rule == RuleId::POL06).unwrap();
        assert!(matches!(line.verdict, Verdict::NotApplicable(_)));
        assert_eq!(approved.checked().cold(), None);
    }

    #[test]
    fn refuses_a_missing_statement() {
        let case = Case::new(floored());
        assert_eq!(refused(case.approve(floored())), ALONE);
    }

    #[test]
    fn refuses_a_statement_of_somebody_else() {
        let case = Case::new(floored());
        for officer in ["approver.a", "operator.a"] {
            let mut statement = leaving(95_000_000);
            assert_eq!(judged_by(&case, officer, statement.clone()), ALONE);
            statement.reconciler = id(officer);
            assert_eq!(judged_by(&case, officer, statement), ALONE);
        }
        let psbt = case.full(floored()).with_balance(b"nothing").unwrap();
        assert_eq!(refused(case.approve_psbt(floored(), psbt)), ALONE);
    }

    #[test]
    fn refuses_a_reconciler_who_built_the_transaction() {
        let mut case = Case::new(floored());
        let reconciler: OfficerId = id("reconciler.c");
        case.edit_request = std::boxed::Box::new(move |request| {
            request.builder = reconciler.clone();
        });
        assert_eq!(judged_by(&case, "reconciler.c", leaving(95_000_000)), ALONE);
    }

    #[test]
    fn refuses_another_frame() {
        assert_eq!(with(|s| s.version = 2), ALONE);
        assert_eq!(
            with(|s| s.root = crate::digest::RootDigest::over(&[])),
            ALONE
        );
        assert_eq!(with(|s| s.class = WalletClass::Company), ALONE);
        assert_eq!(with(|s| s.cold.clear()), ALONE);
        assert_eq!(with(|s| s.cold[0].wallet = world().other.id()), ALONE);
        let twice = |s: &mut BalanceStatement| s.cold.push(s.cold[0]);
        assert_eq!(with(twice), ALONE);
    }

    #[test]
    fn at_the_limit_and_one_past_it_of_the_age() {
        assert_eq!(with(|s| s.height = Height(TIP.0 - 144)), []);
        assert_eq!(with(|s| s.height = Height(TIP.0 - 145)), ALONE);
        assert_eq!(with(|s| s.height = TIP), []);
        assert_eq!(with(|s| s.height = Height(TIP.0 + 1)), ALONE);
    }

    /// So much of the wallet's, to somebody outside.
    fn paid_out(sats: u64) -> Transfer {
        Transfer {
            wallet: floored().wallet.id(),
            payments: vec![(outside_script("hot-2"), Amount::from_sat(sats))],
            change: Amount::ZERO,
            fee: Amount::ZERO,
            coins: vec![],
        }
    }

    /// What was signed since the block of the statement is not in it.
    #[test]
    fn counts_what_was_signed_since() {
        let before = |height: u32, sats| {
            let mut case = Case::new(floored());
            let transfer = paid_out(sats);
            let tx = TxDigest::over(&[b"before"]);
            case.ledger
                .record_transfer(tx, &transfer, &[], Height(height));
            case
        };
        let judged = |case: &Case| judged_by(case, "reconciler.c", leaving(90_500_000));
        assert_eq!(judged(&before(TIP.0, 500_000)), []);
        assert_eq!(judged(&before(TIP.0, 500_001)), ALONE);
        assert_eq!(judged(&before(TIP.0 - 1, 500_001)), []);
    }

    /// A transfer that the statement does not show and that is judged again is counted once.
    #[test]
    fn counts_nothing_twice() {
        let statement = || leaving(90_000_000);
        let recorded = |tx: TxDigest| {
            let mut case = Case::new(floored());
            case.ledger.record_transfer(tx, &paid_out(1), &[], TIP);
            case
        };
        let (other, itself) = {
            let tx = Case::new(floored()).bind(floored()).unwrap();
            (TxDigest::over(&[b"other"]), tx.parsed().tx_digest())
        };
        let judged = |case: &Case| judged_by(case, "reconciler.c", statement());
        assert_eq!(judged(&recorded(other)), ALONE);
        assert_eq!(judged(&recorded(itself)), []);
    }

    /// What was signed before the block of the statement and held back is cold by a truthful
    /// statement: it counts until it is settled.
    #[test]
    fn counts_what_is_open_however_old() {
        let open = |sats| {
            let mut case = Case::new(floored());
            let tx = TxDigest::over(&[b"held back"]);
            let transfer = paid_out(sats);
            let long_ago = Height(TIP.0 - 1_000);
            case.ledger.record_transfer(tx, &transfer, &[], long_ago);
            case.register.made(open_set(tx, Some(sats)));
            case
        };
        let judged = |case: &Case| judged_by(case, "reconciler.c", leaving(90_500_000));
        assert_eq!(judged(&open(500_000)), []);
        let mut one_past = open(500_001);
        assert_eq!(judged(&one_past), ALONE);
        // Settled, it is in the statement.
        one_past.register.settle(&[SettledSet {
            tx: TxDigest::over(&[b"held back"]),
            how: SettledAs::Confirmed,
            by: [7; 32],
            height: TIP,
        }]);
        assert_eq!(judged(&one_past), []);
    }

    fn open_set(tx: TxDigest, paid: Option<u64>) -> OpenSignature {
        OpenSignature {
            tx,
            unsigned: None,
            wallet: paid.map(|_| floored().wallet.id()),
            paid: paid.map(Amount::from_sat),
            session: SessionNumber(1),
            since: Height(TIP.0 - 1_000),
            coins: vec![],
        }
    }

    /// A fee bump that was cut before its first signature cannot be sent: the version before it can.
    #[test]
    fn counts_an_open_version_until_a_later_one_is_open_too() {
        let [first, second, third] = [[1], [2], [3]].map(|n| TxDigest::over(&[&n]));
        let judged = |open: &[TxDigest]| {
            let mut case = Case::new(floored());
            let (transfer, long_ago) = (paid_out(500_001), Height(TIP.0 - 1_000));
            let versions: [(TxDigest, &[TxDigest]); 3] =
                [(first, &[]), (second, &[first]), (third, &[second])];
            for (tx, before) in versions {
                case.ledger.record_transfer(tx, &transfer, before, long_ago);
            }
            for tx in open {
                case.register.made(open_set(*tx, Some(500_001)));
            }
            judged_by(&case, "reconciler.c", leaving(90_500_000))
        };
        assert_eq!(judged(&[]), []);
        assert_eq!(judged(&[first]), ALONE);
        assert_eq!(judged(&[second]), ALONE);
        // Two of them would be one satoshi over twice: each pays the same, so that one counts.
        let twice = |open: &[TxDigest], cold| {
            let mut case = Case::new(floored());
            let (transfer, long_ago) = (paid_out(500_000), Height(TIP.0 - 1_000));
            case.ledger.record_transfer(first, &transfer, &[], long_ago);
            case.ledger
                .record_transfer(second, &transfer, &[first], long_ago);
            case.ledger
                .record_transfer(third, &transfer, &[second], long_ago);
            for tx in open {
                case.register.made(open_set(*tx, Some(500_000)));
            }
            judged_by(&case, "reconciler.c", leaving(cold))
        };
        for open in [
            &[first][..],
            &[first, second],
            &[first, third],
            &[first, second, third],
        ] {
            assert_eq!(twice(open, 90_500_000), []);
            assert_eq!(twice(open, 90_499_999), ALONE);
        }
    }

    /// After a recovery: what a receipt alone tells of has no amount.
    #[test]
    fn refuses_while_signatures_of_unknown_amount_are_open() {
        let mut case = Case::new(floored());
        let tx = TxDigest::over(&[b"by its receipt"]);
        let judged = |case: &Case| judged_by(case, "reconciler.c", leaving(95_000_000));
        case.register.made(open_set(tx, None));
        assert_eq!(judged(&case), ALONE);
        case.register.settle(&[SettledSet {
            tx,
            how: SettledAs::Conflicting,
            by: [7; 32],
            height: TIP,
        }]);
        assert_eq!(judged(&case), []);
    }

    #[test]
    fn at_the_limit_and_one_past_it_of_a_recovery() {
        // POL03 counts its window of 144 blocks as full for as long.
        let statement = Height(TIP.0 - 144);
        let recovered = |height| {
            let mut case = Case::new(floored());
            case.ledger.record_recovery(height, 0);
            let mut stated = leaving(95_000_000);
            stated.height = statement;
            judged_by(&case, "reconciler.c", stated)
        };
        assert_eq!(recovered(Height(statement.0 - 1)), []);
        assert_eq!(recovered(statement), ALONE);
    }

    #[test]
    fn stays_cold_only_in_a_wallet_that_the_statement_lists() {
        let world = World::of_one_class(|policy| {
            policy.cold_floors = Some(vec![ColdFloor {
                class: WalletClass::Customer,
                per_mille: 900,
                age: Blocks(144),
            }]);
        });
        let with = |edit: fn(&World, &mut BalanceStatement)| {
            let mut case = Case::new(&world);
            case.outputs[0] = Output::own(&world.other, Chain::Receive, 0, 1_200_000);
            case.outputs[0].parts = crate::psbt::build::OutputParts::default();
            let mut statement = leaving(89_000_000);
            statement.root = world.roster.root();
            statement.cold[0].wallet = world.wallet.id();
            edit(&world, &mut statement);
            let bytes = officer_signs(statement, "reconciler.c").to_bytes();
            let psbt = case.full(&world).with_balance(&bytes).unwrap();
            refused(case.approve_psbt(&world, psbt))
        };
        // POL01 refuses both: the second wallet is no registered destination here.
        let unlisted = with(|_, _| {});
        assert_eq!(unlisted, [RuleId::POL01, RuleId::POL06]);
        let listed = with(|world, statement| {
            statement.cold[0].amount -= Amount::from_sat(2_000_000);
            statement.cold.push(of(world.other.id(), 2_000_000));
            statement.cold.sort_by_key(|line| line.wallet);
        });
        assert_eq!(listed, [RuleId::POL01]);
    }

    #[test]
    fn refuses_more_than_the_statement_holds() {
        let short = |s: &mut BalanceStatement| {
            s.cold[0].amount = Amount::from_sat(GONE - 1);
            s.hot = Amount::ZERO;
        };
        assert_eq!(with(short), ALONE);
    }
}
