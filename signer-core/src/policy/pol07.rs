//! POL07.

use alloc::vec::Vec;

use bitcoin::OutPoint;

use crate::approval::RequestKind;
use crate::digest::TxDigest;
use crate::ledger::{LedgerState, RecoveredAt, Transfer};
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};
use crate::types::InputIndex;
use crate::wallet::WalletTx;

/// POL07: No coin of this transaction was signed over before on this device, but for versions that a declared fee bump replaces.
///
/// A fee bump is a request of its own, with approvals of its own, that names every version signed
/// before. It spends every coin of each of them, pays the same to the same, and a higher fee: only
/// change can pay for it. Versions that stand for one transfer share a coin, every two of them: else
/// both could be paid while only one is counted. Where a version is named that this device never
/// signed, people are told.
/// The same transaction is refused too: its signatures are on record and come out of there. A
/// device that lost a part of its journal says how many signatures it does not know.
/// A sweep names the transactions that were signed over its coins before, and nothing more is asked:
/// it pays nobody, whichever of them is mined. Both stay counted.
pub(super) fn pol07(tx: &WalletTx, replaces: &[TxDigest], kind: RequestKind) -> Verdict {
    let bump = Bump {
        ledger: tx.ledger(),
        digest: tx.parsed().tx_digest(),
        transfer: tx.transfer(),
        replaces,
        kind,
    };
    let mut refusals = bump.undeclared();
    match kind {
        RequestKind::Ordinary => {
            refusals.extend(replaces.iter().filter_map(|before| bump.judge(before)));
            refusals.extend(bump.side_by_side());
        }
        RequestKind::Sweep => {
            refusals.extend(replaces.iter().filter_map(|before| bump.same(before)));
        }
    }
    if !refusals.is_empty() {
        return Verdict::of(refusals);
    }
    let notes: Vec<Phrase> = [bump.unknown_versions(), bump.unknown_past()]
        .into_iter()
        .flatten()
        .collect();
    if notes.is_empty() {
        Verdict::Passed
    } else {
        Verdict::Notice(Phrase::listed(notes))
    }
}

/// A transaction beside the versions that it replaces.
struct Bump<'a> {
    ledger: &'a LedgerState,
    digest: TxDigest,
    transfer: Transfer,
    replaces: &'a [TxDigest],
    kind: RequestKind,
}

impl Bump<'_> {
    /// Coins that were signed over in a transaction that the request does not name.
    fn undeclared(&self) -> Vec<Refusal> {
        let inputs = (0..).map(InputIndex).zip(&self.transfer.coins);
        let refusals = inputs.filter_map(|(index, coin)| {
            let mut signed = self.ledger.signed_over(coin).iter();
            let before = signed.find(|before| !self.declares(before))?;
            Some(signed_before(index, coin, before))
        });
        refusals.collect()
    }

    /// A version counts as declared where the ledger knows what to compare it with. A sweep is compared
    /// with none: it may name what a recovery knows by its receipt alone.
    fn declares(&self, before: &TxDigest) -> bool {
        let comparable = match self.kind {
            RequestKind::Ordinary => self.ledger.transfers().get(before).is_some(),
            RequestKind::Sweep => true,
        };
        self.replaces.contains(before) && comparable
    }

    fn same(&self, before: &TxDigest) -> Option<Refusal> {
        (*before == self.digest).then(|| {
            refused(
                phrase!("other transactions to replace", "置き換える別の取引"),
                phrase!("this very transaction", "この取引そのもの"),
            )
        })
    }

    fn judge(&self, before: &TxDigest) -> Option<Refusal> {
        if let Some(same) = self.same(before) {
            return Some(same);
        }
        let earlier = self.ledger.transfers().get(before)?.transfer();
        let named = |expected| Some(refused(expected, Phrase::figure(before)));
        if earlier.wallet != self.transfer.wallet {
            return named(phrase!(
                "versions of the same wallet",
                "同じウォレットの取引"
            ));
        }
        let mut coins = earlier.coins.iter();
        if !coins.all(|coin| self.transfer.coins.contains(coin)) {
            return named(phrase!(
                "every coin of the version that is replaced",
                "置き換える取引のすべてのコイン"
            ));
        }
        if earlier.payments != self.transfer.payments {
            return named(phrase!(
                "the payments of the version that is replaced",
                "置き換える取引と同じ送付"
            ));
        }
        (earlier.fee >= self.transfer.fee).then(|| {
            let expected = phrase!(
                "a fee above {fee} sat",
                "{fee} sat を超える手数料",
                fee = earlier.fee.to_sat()
            );
            let got = Phrase::figure(format_args!("{} sat", self.transfer.fee.to_sat()));
            refused(expected, got)
        })
    }

    /// Two versions that could both be paid: they are two transfers, and one bump cannot stand for both.
    fn side_by_side(&self) -> Option<Refusal> {
        let known = self.replaces.iter().filter_map(|before| {
            let known = self.ledger.transfers().get(before)?;
            Some((before, &known.transfer().coins))
        });
        let known: Vec<_> = known.collect();
        let shared = |a: &[OutPoint], b: &[OutPoint]| a.iter().any(|coin| b.contains(coin));
        let (first, second) = known
            .iter()
            .enumerate()
            .find_map(|(place, (first, coins))| {
                let mut after = known.iter().skip(place.saturating_add(1));
                let second = after.find(|(_, others)| !shared(coins, others))?;
                Some((first, second.0))
            })?;
        let expected = phrase!(
            "versions of one transfer, every two with a coin in common",
            "互いに共通のコインを使う、同じ出庫の取引"
        );
        let got = phrase!(
            "{first} and {second}, which can both be paid",
            "両方とも支払われ得る {first} と {second}",
            first = first,
            second = second
        );
        Some(refused(expected, got))
    }

    fn unknown_versions(&self) -> Option<Phrase> {
        let unknown = |before: &&TxDigest| self.ledger.transfers().get(before).is_none();
        let unknown = self.replaces.iter().filter(unknown).count();
        (unknown > 0).then(|| {
            phrase!(
                "a fee bump: {unknown} of the versions that it replaces were never signed here",
                "手数料引上げ: 置き換える取引のうち {unknown} 件はこの端末で署名していない",
                unknown = unknown
            )
        })
    }

    fn unknown_past(&self) -> Option<Phrase> {
        let RecoveredAt { height, unknown } = self.ledger.recovered()?;
        (unknown > 0).then(|| {
            phrase!(
                "this device does not know {unknown} signatures that it made before height {height}",
                "ブロック高 {height} より前の署名 {unknown} 件がこの端末に不明",
                unknown = unknown,
                height = height
            )
        })
    }
}

fn signed_before(index: InputIndex, coin: &OutPoint, before: &TxDigest) -> Refusal {
    let expected = phrase!(
        "a coin that this device never signed over, or a declared fee bump",
        "この端末が署名したことのないコイン、または明記した手数料引上げ"
    );
    let got = phrase!(
        "{coin}, signed over in transaction {before}",
        "取引 {before} で署名済みの {coin}",
        coin = coin,
        before = before
    );
    Refusal::new(RuleId::POL07, Place::Input(index), expected, got)
}

const fn refused(expected: Phrase, got: Phrase) -> Refusal {
    Refusal::new(RuleId::POL07, Place::Transaction, expected, got)
}

#[cfg(test)]
mod tests {
    use bitcoin::{Amount, OutPoint};

    use crate::digest::TxDigest;
    use crate::rule::{Place, RuleId, Verdict};
    use crate::testing::{Case, Coin, coin_of, refusals, refused, world};
    use crate::types::{Chain, Height, InputIndex, Lang};

    const ALONE: [RuleId; 1] = [RuleId::POL07];

    /// The usual transfer after another version of it was signed here, which left `change`.
    fn after(change: u64) -> (Case, TxDigest) {
        let mut before = Case::new(world());
        before.outputs[1].sats = change;
        let bound = before.bind(world()).unwrap();
        let (tx, transfer) = (bound.parsed().tx_digest(), bound.transfer());
        let mut case = Case::new(world());
        case.ledger.record_intent(tx, &transfer.coins);
        case.ledger
            .record_transfer(tx, &transfer, &[], Height(850_000));
        (case, tx)
    }

    fn declaring(mut case: Case, versions: &[TxDigest]) -> Case {
        let versions = versions.to_vec();
        case.edit_request = std::boxed::Box::new(move |request| {
            request.replaces = versions.clone();
        });
        case
    }

    fn rules(case: &Case) -> std::vec::Vec<RuleId> {
        refused(case.approve(world()))
    }

    #[test]
    fn passes_new_coins() {
        let mut case = Case::new(world());
        let elsewhere = bitcoin::OutPoint {
            vout: 1,
            ..coin_of(&case, InputIndex(1))
        };
        case.ledger
            .record_intent(TxDigest::over(&[b"before"]), &[elsewhere]);
        assert_eq!(refused(case.check(world())), []);
    }

    #[test]
    fn says_what_a_recovered_device_does_not_know() {
        let mut case = Case::new(world());
        case.ledger.record_recovery(Height(7), 0);
        assert_eq!(verdict(&case), Verdict::Passed);
        case.ledger.record_recovery(Height(5), 3);
        let Verdict::Notice(text) = verdict(&case) else {
            panic!("no notice");
        };
        let expected = "this device does not know 3 signatures that it made before height 7";
        assert_eq!(text.text(Lang::En), expected);
        let coin = coin_of(&case, InputIndex(1));
        case.ledger
            .record_intent(TxDigest::over(&[b"before"]), &[coin]);
        assert_eq!(refused(case.check(world())), [RuleId::POL07]);
    }

    fn verdict(case: &Case) -> Verdict {
        let checked = case.check(world()).unwrap();
        let mut lines = checked.report().lines().iter();
        let line = lines.find(|line| line.rule == RuleId::POL07);
        line.unwrap().verdict.clone()
    }

    #[test]
    fn refuses_one_coin_that_was_signed_over() {
        let mut case = Case::new(world());
        let coin = coin_of(&case, InputIndex(1));
        case.ledger
            .record_intent(TxDigest::over(&[b"before"]), &[coin]);
        let refusals = refusals(case.check(world()));
        assert_eq!(refusals.len(), 1);
        assert_eq!(refusals[0].rule, RuleId::POL07);
        assert_eq!(refusals[0].place, Place::Input(InputIndex(1)));
    }

    #[test]
    fn refuses_the_same_transaction_again() {
        let (case, tx) = after(796_000);
        assert_eq!(rules(&case), ALONE);
        let refusals = refusals(declaring(case, &[tx]).approve(world()));
        assert_eq!((refusals.len(), refusals[0].rule), (1, RuleId::POL07));
        let got = refusals[0].got.text(crate::types::Lang::En);
        assert_eq!(got, "this very transaction");
    }

    #[test]
    fn takes_a_declared_fee_bump() {
        let (case, tx) = after(796_001);
        let case = declaring(case, &[tx]);
        let approved = case.approve(world()).unwrap();
        assert_eq!(approved.checked().replaces(), [tx]);
        assert_eq!(approved.checked().counted_for(), [tx]);
    }

    #[test]
    fn refuses_an_undeclared_one() {
        let (case, _) = after(796_001);
        assert_eq!(rules(&case), ALONE);
    }

    #[test]
    fn refuses_a_fee_bump_that_names_only_some_versions() {
        let (case, first) = after(797_000);
        let (other, second) = after(796_500);
        let mut both = case;
        let transfer = other.ledger.transfers().get(&second).unwrap().transfer();
        both.ledger.record_intent(second, &transfer.coins);
        both.ledger
            .record_transfer(second, transfer, &[first], Height(850_000));
        let both = declaring(both, &[first, second]);
        assert_eq!(rules(&both), []);
        assert_eq!(rules(&declaring(both, &[second])), ALONE);
    }

    /// Two transfers of one coin each, then a bump that spends both coins and names both: each could
    /// still be paid beside the other, and the limits would count one.
    #[test]
    fn refuses_to_stand_for_two_transfers() {
        let bump = || {
            let mut case = Case::new(world());
            case.outputs[0].sats = 100_000;
            case.outputs[1].sats = 50_000;
            case
        };
        let whole = bump().bind(world()).unwrap().transfer();
        let judged = |coins: [&[OutPoint]; 2]| {
            let mut case = bump();
            let versions = [0_u8, 1].map(|n| TxDigest::over(&[b"version", &[n]]));
            for (tx, coins) in versions.iter().zip(coins) {
                let mut transfer = whole.clone();
                transfer.fee = Amount::ONE_SAT;
                transfer.coins = coins.to_vec();
                case.ledger.record_intent(*tx, coins);
                case.ledger
                    .record_transfer(*tx, &transfer, &[], Height(850_000));
            }
            rules(&declaring(case, &versions))
        };
        let (first, second) = whole.coins.split_at(1);
        assert!(judged([first, second]).contains(&RuleId::POL07));
        assert!(!judged([first, &whole.coins]).contains(&RuleId::POL07));
    }

    #[test]
    fn at_the_limit_and_one_past_it_of_the_fee() {
        // The fee is 4,000 sat; the version before paid one satoshi less, as much, or more.
        for (change, expected) in [
            (796_001, &[][..]),
            (796_000, &ALONE[..]),
            (795_999, &ALONE[..]),
        ] {
            let (mut case, tx) = after(change);
            // Another lock time: else it is the very same transaction.
            case.lock_time -= 1;
            assert_eq!(rules(&declaring(case, &[tx])), expected, "{change}");
        }
    }

    #[test]
    fn refuses_other_payments_and_a_coin_left_out() {
        let (mut more, tx) = after(796_001);
        more.outputs[0].sats += 1;
        more.outputs[1].sats -= 1;
        assert_eq!(rules(&declaring(more, &[tx])), ALONE);
        let (mut fewer, tx) = after(796_001);
        fewer.coins[1] = Coin::of(&world().wallet, Chain::Receive, 2, 1_000_000);
        assert_eq!(rules(&declaring(fewer, &[tx])), ALONE);
    }

    #[test]
    fn takes_a_coin_more() {
        let (mut case, tx) = after(796_001);
        case.coins
            .push(Coin::of(&world().wallet, Chain::Receive, 2, 100_000));
        case.outputs[1].sats += 99_000;
        assert_eq!(rules(&declaring(case, &[tx])), []);
    }

    #[test]
    fn says_which_versions_it_does_not_know() {
        let case = declaring(Case::new(world()), &[TxDigest::over(&[b"elsewhere"])]);
        let approved = case.approve(world()).unwrap();
        let line = approved.report().lines().iter();
        let mut line = line.filter(|line| line.rule == RuleId::POL07);
        assert!(matches!(line.next().unwrap().verdict, Verdict::Notice(_)));
        assert_eq!(
            approved.checked().wallet_tx().fee(),
            Amount::from_sat(4_000)
        );
    }
}
