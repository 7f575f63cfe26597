//! HSM02.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt;

use super::{HsmFacts, Line, Pattern};
use crate::phrase;
use crate::rule::{Fact, Phrase, Place, Refusal, RuleId, Verdict};

/// What a session expects of its HSM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// Manufacturers of such tokens, by the profile: one of them.
    pub vendor: Vec<Pattern>,
    /// Models of such tokens, by the profile: one of them.
    pub model: Vec<Pattern>,
    /// Oldest firmware that the profile allows, as dotted numbers.
    pub min_firmware: Option<Line>,
    /// The facts as they were when the device was commissioned; `None` at its commissioning.
    pub commissioned: Option<HsmFacts>,
}

/// HSM02: The token and its module are the ones of the profile.
///
/// Against the commissioning: token, label, firmware, module and profile are unchanged.
pub fn hsm02(facts: &HsmFacts, expected: &Expectation) -> Verdict {
    let mut refusals = Vec::new();
    let mut same = |[en, ja]: [&str; 2], want: &dyn Fact, got: &dyn fmt::Display, equal: bool| {
        if !equal {
            let what = Phrase::new(en, ja);
            let expected = phrase!("{what} {want}", "{what} {want}", what = what, want = *want);
            refusals.push(refusal(expected, Phrase::figure(got)));
        }
    };
    for (what, wanted, got) in [
        (["vendor", "製造元"], &expected.vendor, &facts.vendor),
        (["model", "型番"], &expected.model, &facts.model),
    ] {
        let met = wanted.iter().any(|pattern| pattern.meets(got));
        same(what, &one_of(wanted), got, met);
    }
    if let Some(min) = &expected.min_firmware {
        let new_enough = version(&facts.firmware) >= version(min);
        same(
            ["firmware at least", "ファームウェアの下限"],
            min,
            &facts.firmware,
            new_enough,
        );
    }
    if let Some(born) = &expected.commissioned {
        let (serial, label) = (&born.serial, &born.label);
        same(
            ["serial number", "製造番号"],
            serial,
            &facts.serial,
            *serial == facts.serial,
        );
        same(
            ["label", "ラベル"],
            label,
            &facts.label,
            *label == facts.label,
        );
        let (firmware, module) = (&born.firmware, &born.module_digest);
        same(
            ["firmware", "ファームウェア"],
            firmware,
            &facts.firmware,
            *firmware == facts.firmware,
        );
        same(
            ["module", "モジュール"],
            module,
            &facts.module_digest,
            *module == facts.module_digest,
        );
        let profile = &born.profile_digest;
        same(
            ["profile", "プロファイル"],
            profile,
            &facts.profile_digest,
            *profile == facts.profile_digest,
        );
    }
    Verdict::of(refusals)
}

fn one_of(patterns: &[Pattern]) -> Phrase {
    let named = |or| {
        let names: Vec<String> = patterns.iter().map(Pattern::to_string).collect();
        names.join(or)
    };
    Phrase::new(&named(" or "), &named(" または "))
}

const fn refusal(expected: Phrase, got: Phrase) -> Refusal {
    Refusal::new(RuleId::HSM02, Place::Token, expected, got)
}

/// Dotted numbers; what is no number counts as 0, so that it is never new enough.
fn version(line: &Line) -> Vec<u32> {
    line.as_str()
        .split('.')
        .map(|part| part.parse().unwrap_or(0))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::facts::tests::softhsm;
    use super::*;
    use crate::digest::FileDigest;

    fn expectation() -> Expectation {
        Expectation {
            vendor: Vec::from([Pattern::new("SoftHSM project").unwrap()]),
            model: Vec::from([Pattern::new("SoftHSM v*").unwrap()]),
            min_firmware: Some(Line::lossy("2.6")),
            commissioned: Some(softhsm()),
        }
    }

    fn refused(facts: &HsmFacts, expected: &Expectation) -> usize {
        match hsm02(facts, expected) {
            Verdict::Refused(refusals) => refusals.len(),
            _ => 0,
        }
    }

    mod hsm02 {
        use super::*;

        #[test]
        fn passes_the_token_of_the_profile() {
            assert_eq!(hsm02(&softhsm(), &expectation()), Verdict::Passed);
        }

        #[test]
        fn refuses_another_model_and_another_vendor() {
            let mut facts = softhsm();
            facts.model = Line::lossy("Luna K7");
            facts.vendor = Line::lossy("Thales");
            assert_eq!(refused(&facts, &expectation()), 2);
        }

        #[test]
        fn passes_one_of_several_models_and_vendors() {
            let mut expected = expectation();
            for patterns in [&mut expected.vendor, &mut expected.model] {
                patterns.insert(0, Pattern::new("Luna*").unwrap());
            }
            assert_eq!(hsm02(&softhsm(), &expected), Verdict::Passed);
            expected.model.truncate(1);
            assert_eq!(refused(&softhsm(), &expected), 1);
        }

        #[test]
        fn at_the_oldest_firmware_and_one_before() {
            let mut expected = expectation();
            expected.commissioned = None;
            let mut facts = softhsm();
            for (firmware, refusals) in [("2.6", 0), ("2.5", 1), ("2.10", 0), ("3.0", 0), ("", 1)] {
                facts.firmware = Line::lossy(firmware);
                assert_eq!(refused(&facts, &expected), refusals, "{firmware}");
            }
        }

        #[test]
        fn refuses_each_change_since_the_commissioning() {
            let changes: [fn(&mut HsmFacts); 5] = [
                |f| f.serial = Line::lossy("other"),
                |f| f.label = Line::lossy("other"),
                |f| f.firmware = Line::lossy("2.7"),
                |f| f.module_digest = FileDigest::over(&[b"other"]),
                |f| f.profile_digest = FileDigest::over(&[b"other"]),
            ];
            for change in changes {
                let mut facts = softhsm();
                change(&mut facts);
                assert_eq!(refused(&facts, &expectation()), 1);
            }
        }
    }
}
