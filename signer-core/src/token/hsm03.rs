//! HSM03.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::{Half, Inventory};
use crate::keys::CkaId;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};

/// HSM03: There is no unexpected or doubled object on the token.
///
/// A key that should be there and is not is refused as well.
pub fn hsm03(inventory: &Inventory, expected: impl IntoIterator<Item = CkaId>) -> Verdict {
    let expected: BTreeSet<CkaId> = expected.into_iter().collect();
    let mut found = BTreeSet::new();
    let mut refusals = Vec::new();
    for id in &inventory.keys {
        if !found.insert(*id) {
            refusals.push(refusal(
                phrase!("one key of each id", "識別子ごとに鍵1つ"),
                phrase!("key {id} again", "鍵 {id} の重複", id = id),
            ));
        } else if !expected.contains(id) {
            refusals.push(refusal(
                phrase!("only known keys", "既知の鍵のみ"),
                key(*id),
            ));
        }
    }
    for missing in expected.difference(&found) {
        refusals.push(refusal(
            key(*missing),
            phrase!("not on the token", "トークンにない"),
        ));
    }
    for half in &inventory.halves {
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

    use super::super::{ForeignObject, Half, HalfPair, Line};
    use super::*;
    use crate::keys::KeyRole;

    const IDENTITY: CkaId = CkaId::single(KeyRole::Identity);
    const OFFICER: CkaId = CkaId::single(KeyRole::Officer);

    fn inventory() -> Inventory {
        Inventory {
            keys: vec![IDENTITY],
            halves: Vec::new(),
            foreign: Vec::new(),
        }
    }

    fn refused(inventory: &Inventory, expected: &[CkaId]) -> usize {
        match hsm03(inventory, expected.iter().copied()) {
            Verdict::Refused(refusals) => refusals.len(),
            _ => 0,
        }
    }

    mod hsm03 {
        use super::*;

        #[test]
        fn passes_what_is_expected() {
            assert_eq!(hsm03(&inventory(), [IDENTITY]), Verdict::Passed);
        }

        #[test]
        fn refuses_an_unknown_key_and_a_missing_one() {
            assert_eq!(refused(&inventory(), &[]), 1);
            assert_eq!(refused(&inventory(), &[IDENTITY, OFFICER]), 1);
            assert_eq!(refused(&inventory(), &[OFFICER]), 2);
        }

        #[test]
        fn refuses_a_doubled_key() {
            let mut doubled = inventory();
            doubled.keys.push(IDENTITY);
            assert_eq!(refused(&doubled, &[IDENTITY]), 1);
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
            assert_eq!(refused(&odd, &[IDENTITY]), 2);
        }
    }
}
