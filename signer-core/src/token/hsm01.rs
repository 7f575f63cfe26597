//! HSM01.

use alloc::vec::Vec;

use super::{Flag, KeyAttribute, KeyAttributes, LocalClaim, Relaxations, WrapBackup};
use crate::keys::CkaId;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};

/// `CKM_EC_KEY_PAIR_GEN`.
const EC_KEY_PAIR_GEN: u64 = 0x1040;

/// What a key born and kept in an HSM says. `CKA_DESTROYABLE` is recorded, not judged.
const ASKED: [(KeyAttribute, Flag); 15] = [
    (KeyAttribute::Token, Flag::True),
    (KeyAttribute::Private, Flag::True),
    (KeyAttribute::Sensitive, Flag::True),
    (KeyAttribute::AlwaysSensitive, Flag::True),
    (KeyAttribute::Extractable, Flag::False),
    (KeyAttribute::NeverExtractable, Flag::True),
    (KeyAttribute::Local, Flag::True),
    (KeyAttribute::Sign, Flag::True),
    (KeyAttribute::Derive, Flag::False),
    (KeyAttribute::Decrypt, Flag::False),
    (KeyAttribute::Unwrap, Flag::False),
    (KeyAttribute::SignRecover, Flag::False),
    (KeyAttribute::Wrap, Flag::False),
    (KeyAttribute::Modifiable, Flag::False),
    (KeyAttribute::Copyable, Flag::False),
];

/// HSM01: Every key that is used has the attributes of a key born and kept in the HSM.
///
/// No key at all is refused too: an empty search also means "logged out" or "token gone".
pub fn hsm01<'a>(
    keys: impl IntoIterator<Item = (CkaId, &'a KeyAttributes)>,
    relaxations: &Relaxations,
) -> Verdict {
    let mut refusals = Vec::new();
    let mut relaxed = Vec::new();
    let mut count = 0_usize;
    for (id, attributes) in keys {
        count = count.saturating_add(1);
        judge_key(id, attributes, relaxations, &mut refusals, &mut relaxed);
    }
    if count == 0 {
        refusals.push(Refusal::new(
            RuleId::HSM01,
            Place::Token,
            phrase!("at least one key", "1つ以上の鍵"),
            Phrase::none(),
        ));
    }
    if refusals.is_empty() && !relaxed.is_empty() {
        return Verdict::Notice(notice(&relaxed));
    }
    Verdict::of(refusals)
}

fn judge_key(
    id: CkaId,
    attributes: &KeyAttributes,
    relaxations: &Relaxations,
    refusals: &mut Vec<Refusal>,
    relaxed: &mut Vec<KeyAttribute>,
) {
    for (attribute, asked) in ASKED {
        let got = attributes.get(attribute);
        if got == asked || is_no_attribute_of_private_keys(attribute, got) {
            continue;
        }
        if is_relaxed(attribute, got, relaxations) {
            if !relaxed.contains(&attribute) {
                relaxed.push(attribute);
            }
        } else {
            refusals.push(refusal(id, attribute.name(), asked.name(), got.name()));
        }
    }
    if let Some(mechanism) = attributes.key_gen_mechanism
        && mechanism != EC_KEY_PAIR_GEN
    {
        let got = alloc::format!("{mechanism:#x}");
        refusals.push(refusal(id, "CKA_KEY_GEN_MECHANISM", "0x1040", &got));
    }
}

/// PKCS#11 gives `CKA_WRAP` to public and secret keys only.
fn is_no_attribute_of_private_keys(attribute: KeyAttribute, got: Flag) -> bool {
    attribute == KeyAttribute::Wrap && got == Flag::Absent
}

fn is_relaxed(attribute: KeyAttribute, got: Flag, relaxations: &Relaxations) -> bool {
    let claim = match attribute {
        KeyAttribute::Local => relaxations.local == LocalClaim::Unreliable,
        KeyAttribute::Extractable | KeyAttribute::NeverExtractable => {
            relaxations.extractable == WrapBackup::MeansWrap
        }
        _ => false,
    };
    claim || (got == Flag::Absent && relaxations.absent_ok.contains(&attribute))
}

fn refusal(id: CkaId, attribute: &str, asked: &str, got: &str) -> Refusal {
    let expected = phrase!(
        "key {id}: {attribute} {asked}",
        "鍵 {id}: {attribute} {asked}",
        id = id,
        attribute = attribute,
        asked = asked
    );
    Refusal::new(RuleId::HSM01, Place::Token, expected, Phrase::figure(got))
}

fn notice(relaxed: &[KeyAttribute]) -> Phrase {
    let names: Vec<_> = relaxed.iter().map(|attribute| attribute.name()).collect();
    phrase!(
        "the profile does not ask this HSM for: {names}",
        "プロファイルがこのHSMに求めない属性: {names}",
        names = names.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::keys::KeyRole;

    const ID: CkaId = CkaId::single(KeyRole::Identity);

    fn good() -> KeyAttributes {
        KeyAttributes::read(
            |attribute| {
                ASKED
                    .iter()
                    .find(|(known, _)| *known == attribute)
                    .map_or(Flag::True, |(_, asked)| *asked)
            },
            Some(EC_KEY_PAIR_GEN),
        )
    }

    fn with(attribute: KeyAttribute, flag: Flag) -> KeyAttributes {
        let base = good();
        KeyAttributes::read(
            |read| {
                if read == attribute {
                    flag
                } else {
                    base.get(read)
                }
            },
            base.key_gen_mechanism,
        )
    }

    fn refusals(attributes: &KeyAttributes, relaxations: &Relaxations) -> usize {
        match hsm01([(ID, attributes)], relaxations) {
            Verdict::Refused(refusals) => refusals.len(),
            _ => 0,
        }
    }

    mod hsm01 {
        use super::*;

        #[test]
        fn passes_a_key_born_inside() {
            assert_eq!(
                hsm01([(ID, &good())], &Relaxations::none()),
                Verdict::Passed
            );
        }

        #[test]
        fn passes_where_the_token_does_not_tell_the_mechanism() {
            let mut silent = good();
            silent.key_gen_mechanism = None;
            assert_eq!(
                hsm01([(ID, &silent)], &Relaxations::none()),
                Verdict::Passed
            );
        }

        #[test]
        fn refuses_each_flag_that_is_otherwise_or_absent() {
            for (attribute, asked) in ASKED {
                let other = if asked == Flag::True {
                    Flag::False
                } else {
                    Flag::True
                };
                assert_eq!(refusals(&with(attribute, other), &Relaxations::none()), 1);
                let absent = usize::from(attribute != KeyAttribute::Wrap);
                assert_eq!(
                    refusals(&with(attribute, Flag::Absent), &Relaxations::none()),
                    absent
                );
            }
        }

        #[test]
        fn judges_every_attribute_but_destroyable() {
            for attribute in KeyAttribute::ALL {
                let judged = ASKED.iter().any(|(known, _)| *known == attribute);
                assert_eq!(judged, attribute != KeyAttribute::Destroyable);
            }
        }

        #[test]
        fn refuses_a_key_made_by_another_mechanism() {
            let mut imported = good();
            imported.key_gen_mechanism = Some(0x1050);
            assert_eq!(refusals(&imported, &Relaxations::none()), 1);
        }

        #[test]
        fn refuses_an_empty_list() {
            let verdict = hsm01([], &Relaxations::none());
            assert!(matches!(verdict, Verdict::Refused(_)));
        }

        #[test]
        fn reports_every_refusal_of_every_key() {
            let (copyable, local) = (
                with(KeyAttribute::Copyable, Flag::True),
                with(KeyAttribute::Local, Flag::False),
            );
            let verdict = hsm01([(ID, &copyable), (ID, &local)], &Relaxations::none());
            assert!(matches!(verdict, Verdict::Refused(r) if r.len() == 2));
        }

        #[test]
        fn a_relaxation_that_is_used_is_a_notice() {
            let relaxations = Relaxations {
                local: LocalClaim::Unreliable,
                extractable: WrapBackup::Forbidden,
                absent_ok: vec![KeyAttribute::Copyable],
            };
            let local = with(KeyAttribute::Local, Flag::False);
            assert!(matches!(
                hsm01([(ID, &local)], &relaxations),
                Verdict::Notice(_)
            ));
            let silent = with(KeyAttribute::Copyable, Flag::Absent);
            assert!(matches!(
                hsm01([(ID, &silent)], &relaxations),
                Verdict::Notice(_)
            ));
            assert_eq!(hsm01([(ID, &good())], &relaxations), Verdict::Passed);
        }

        #[test]
        fn a_relaxation_reaches_no_further_than_its_attribute() {
            let relaxations = Relaxations {
                local: LocalClaim::Unreliable,
                extractable: WrapBackup::MeansWrap,
                absent_ok: vec![KeyAttribute::Copyable],
            };
            let copyable = with(KeyAttribute::Copyable, Flag::True);
            assert_eq!(refusals(&copyable, &relaxations), 1);
            let readable = with(KeyAttribute::Sensitive, Flag::False);
            assert_eq!(refusals(&readable, &relaxations), 1);
        }
    }
}
