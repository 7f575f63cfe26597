//! HSM03.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::{Half, HalfPair, Inventory, KnownKey, Leftover, Presence};
use crate::keys::CkaId;
use crate::keys::KeyPoint;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};

/// HSM03: There is no unexpected or doubled object on the token.
///
/// A key that should be there and is not, or in whose place another one stands, is refused as
/// well. Of a key whose destruction was begun, nothing or the public half may be left.
pub fn hsm03(inventory: &Inventory, known: impl IntoIterator<Item = KnownKey>) -> Verdict {
    let known: BTreeMap<CkaId, KnownKey> = known.into_iter().map(|key| (key.id, key)).collect();
    let mut found = BTreeSet::new();
    let mut refusals = Vec::new();
    for seen in &inventory.keys {
        let id = seen.id;
        let again = !found.insert(id);
        match known.get(&id) {
            _ if again => refusals.push(refusal(
                phrase!("one key of each id", "識別子ごとに鍵1つ"),
                phrase!("key {id} again", "鍵 {id} の重複", id = id),
            )),
            None => refusals.push(refusal(phrase!("only known keys", "既知の鍵のみ"), key(id))),
            Some(known) => refusals.extend(exchanged(known, seen.point)),
        }
    }
    let must = known.values().filter(|k| k.presence == Presence::Must);
    for missing in must.filter(|known| !found.contains(&known.id)) {
        refusals.push(refusal(
            key(missing.id),
            phrase!("not on the token", "トークンにない"),
        ));
    }
    for half in inventory.halves.iter().filter(|h| !is_left_over(h, &known)) {
        let got = match half.half {
            Half::Public => phrase!("public half of {id}", "{id} の公開鍵だけ", id = half.id),
            Half::Private => phrase!("private half of {id}", "{id} の秘密鍵だけ", id = half.id),
        };
        refusals.push(refusal(phrase!("whole key pairs", "完全な鍵ペア"), got));
    }
    for object in &inventory.foreign {
        let got = phrase!(
            "{class} id {id} label {label}",
            "{class} 識別子 {id} ラベル {label}",
            class = object.class,
            id = object.id,
            label = object.label
        );
        refusals.push(refusal(
            phrase!("no foreign object", "想定外のオブジェクトなし"),
            got,
        ));
    }
    Verdict::of(refusals)
}

/// Names in a notice; the transcript has them all.
const NAMED: usize = 3;

/// HSM03 where a generation of keys was cut: what stands under ids that were `intended` and never
/// recorded is set aside, to be destroyed before anything else is done. All else must be as ever.
pub fn hsm03_after_cut(
    inventory: &Inventory,
    known: impl IntoIterator<Item = KnownKey>,
    intended: &BTreeSet<CkaId>,
) -> (Verdict, Vec<Leftover>) {
    let (leftovers, rest) = inventory.set_aside(intended);
    let verdict = match hsm03(&rest, known) {
        Verdict::Passed if !leftovers.is_empty() => Verdict::Notice(notice(&leftovers)),
        verdict => verdict,
    };
    (verdict, leftovers)
}

fn notice(leftovers: &[Leftover]) -> Phrase {
    let named = Phrase::listed(leftovers.iter().take(NAMED).map(Leftover::phrase));
    phrase!(
        "{count} left by a cut, among them {named}",
        "中断による残存 {count} 件: {named}",
        count = leftovers.len(),
        named = named
    )
}

/// Another key under the id of a known one.
fn exchanged(known: &KnownKey, seen: Option<KeyPoint>) -> Option<Refusal> {
    let got = seen.filter(|point| *point != known.point)?;
    let expected = phrase!(
        "key {id} with point {point}",
        "鍵 {id}、公開点 {point}",
        id = known.id,
        point = known.point
    );
    Some(refusal(expected, Phrase::figure(got)))
}

/// The public half of a key whose private half was destroyed already: it can do nothing.
fn is_left_over(half: &HalfPair, known: &BTreeMap<CkaId, KnownKey>) -> bool {
    let ending = known.get(&half.id).map(|key| key.presence);
    half.half == Half::Public && ending == Some(Presence::Ending)
}

fn key(id: CkaId) -> Phrase {
    phrase!("key {id}", "鍵 {id}", id = id)
}

const fn refusal(expected: Phrase, got: Phrase) -> Refusal {
    Refusal::new(RuleId::HSM03, Place::Token, expected, got)
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec;

    use super::super::{ForeignObject, Line, SeenKey};
    use super::*;
    use crate::keys::{KeyPoint, KeyRole};
    use crate::testing::{p256_key, p256_public};

    const IDENTITY: CkaId = CkaId::single(KeyRole::Identity);
    const OFFICER: CkaId = CkaId::single(KeyRole::Officer);

    fn point(name: &str) -> KeyPoint {
        p256_public(&p256_key(name)).into()
    }

    fn known(id: CkaId, presence: Presence) -> KnownKey {
        KnownKey {
            id,
            point: point("one"),
            presence,
        }
    }

    fn must(id: CkaId) -> KnownKey {
        known(id, Presence::Must)
    }

    fn seen(id: CkaId) -> SeenKey {
        SeenKey {
            id,
            point: Some(point("one")),
        }
    }

    fn inventory() -> Inventory {
        Inventory {
            keys: vec![seen(IDENTITY)],
            halves: Vec::new(),
            foreign: Vec::new(),
        }
    }

    fn refused(inventory: &Inventory, expected: &[KnownKey]) -> usize {
        match hsm03(inventory, expected.iter().copied()) {
            Verdict::Refused(refusals) => refusals.len(),
            _ => 0,
        }
    }

    mod hsm03 {
        use super::super::super::Remains;
        use super::*;
        use crate::keys::Fingerprint;
        use crate::types::{Chain, KeyIndex, Lang, PoolNumber};

        fn wallet(index: u32) -> CkaId {
            let device = Fingerprint::from_bytes([1; 4]);
            CkaId::wallet(device, PoolNumber(0), Chain::Receive, KeyIndex(index))
        }

        /// A pair, both halves and an unreadable key of a range that was announced.
        fn cut() -> Inventory {
            let mut cut = inventory();
            cut.keys.push(seen(wallet(0)));
            for (index, half) in [(1, Half::Public), (2, Half::Private)] {
                let id = wallet(index);
                cut.halves.push(HalfPair { id, half });
            }
            cut.foreign.push(ForeignObject {
                class: Line::lossy("CKO_PRIVATE_KEY"),
                id: crate::digest::hex(&wallet(3).to_bytes()),
                label: Line::lossy("himuro wallet"),
            });
            cut
        }

        fn judged(inventory: &Inventory, range: u32) -> (Verdict, Vec<Remains>) {
            let intended = (0..range).map(wallet).collect();
            let (verdict, found) = hsm03_after_cut(inventory, [must(IDENTITY)], &intended);
            (verdict, found.iter().map(|left| left.remains).collect())
        }

        #[test]
        fn sets_aside_what_was_announced_and_never_recorded() {
            let (verdict, remains) = judged(&cut(), 4);
            assert!(
                matches!(verdict, Verdict::Notice(text) if text.text(Lang::En).starts_with("4 left"))
            );
            let all = [
                Remains::Pair,
                Remains::PublicHalf,
                Remains::PrivateHalf,
                Remains::Unclear,
            ];
            assert_eq!(remains, all);
            assert_eq!(judged(&inventory(), 4), (Verdict::Passed, Vec::new()));
        }

        #[test]
        fn sets_nothing_else_aside() {
            // One past the range that was announced.
            let (verdict, remains) = judged(&cut(), 3);
            assert!(matches!(verdict, Verdict::Refused(refusals) if refusals.len() == 1));
            assert_eq!(remains.len(), 3);
            // Something under an announced id that is no key.
            let mut odd = cut();
            odd.foreign[0].class = Line::lossy("CKO_DATA");
            assert!(matches!(judged(&odd, 4).0, Verdict::Refused(_)));
            // Without an announcement all of it is refused, and by HSM03 itself too.
            assert!(matches!(judged(&cut(), 0).0, Verdict::Refused(r) if r.len() == 4));
            assert_eq!(refused(&cut(), &[must(IDENTITY)]), 4);
        }

        #[test]
        fn one_id_with_more_than_a_pair_is_unclear() {
            let mut twice = cut();
            twice.keys.push(seen(wallet(0)));
            assert_eq!(judged(&twice, 4).1[0], Remains::Unclear);
        }

        #[test]
        fn passes_what_is_expected() {
            assert_eq!(hsm03(&inventory(), [must(IDENTITY)]), Verdict::Passed);
        }

        #[test]
        fn refuses_an_unknown_key_and_a_missing_one() {
            assert_eq!(refused(&inventory(), &[]), 1);
            assert_eq!(refused(&inventory(), &[must(IDENTITY), must(OFFICER)]), 1);
            assert_eq!(refused(&inventory(), &[must(OFFICER)]), 2);
        }

        #[test]
        fn refuses_another_key_in_the_place_of_a_known_one() {
            let mut swapped = inventory();
            swapped.keys[0].point = Some(point("two"));
            assert_eq!(refused(&swapped, &[must(IDENTITY)]), 1);
            assert_eq!(refused(&swapped, &[known(IDENTITY, Presence::Ending)]), 1);
        }

        #[test]
        fn refuses_a_doubled_key() {
            let mut doubled = inventory();
            doubled.keys.push(seen(IDENTITY));
            assert_eq!(refused(&doubled, &[must(IDENTITY)]), 1);
        }

        #[test]
        fn refuses_half_pairs_and_foreign_objects() {
            let mut odd = inventory();
            odd.halves.push(HalfPair {
                id: OFFICER,
                half: Half::Public,
            });
            odd.foreign.push(ForeignObject {
                class: Line::lossy("CKO_SECRET_KEY"),
                id: String::new(),
                label: Line::lossy("x"),
            });
            assert_eq!(refused(&odd, &[must(IDENTITY)]), 2);
        }

        #[test]
        fn passes_what_a_destruction_that_was_cut_leaves_and_no_more() {
            let ending = [must(IDENTITY), known(OFFICER, Presence::Ending)];
            let mut left = inventory();
            assert_eq!(refused(&left, &ending), 0);
            left.halves.push(HalfPair {
                id: OFFICER,
                half: Half::Public,
            });
            assert_eq!(refused(&left, &ending), 0);
            left.halves[0].half = Half::Private;
            assert_eq!(refused(&left, &ending), 1);
            left.halves.clear();
            left.keys.push(seen(OFFICER));
            assert_eq!(refused(&left, &ending), 0);
        }
    }
}
