//! HSM06.

use alloc::vec::Vec;
use core::fmt;

use minicbor::{Decode, Encode};

use super::{Assurance, Date, HsmFacts, Line};
use crate::acceptance::{CheckedReport, Standing};
use crate::digest::{AcceptanceDigest, FileDigest};
use crate::phrase;
use crate::rule::{Fact, Phrase, Place, Refusal, RuleId, Verdict};
use crate::types::Network;

/// The record that the acceptance test was passed: by this token, with this firmware, through this
/// module, under this profile. It stands in the first entry of the journal and on the device card.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AcceptanceRecord {
    /// The signed report of the test.
    #[n(0)]
    pub report: AcceptanceDigest,
    /// The day on which it ran, by the clock of the machine.
    #[n(1)]
    pub passed_on: Date,
    /// The profile's file.
    #[n(2)]
    pub profile_digest: FileDigest,
    /// Serial number of the token; empty where it has none.
    #[n(3)]
    pub serial: Line,
    /// Firmware version of the token.
    #[n(4)]
    pub firmware: Line,
    /// The module's file.
    #[n(5)]
    pub module_digest: FileDigest,
}

impl AcceptanceRecord {
    /// The record of a report, if everything in it was tried and held.
    pub fn of(checked: &CheckedReport) -> Option<Self> {
        let report = checked.report();
        let passed = checked.findings().standing() == Standing::Passed;
        passed.then(|| Self {
            report: checked.digest(),
            passed_on: Date::of_clock(report.clock),
            profile_digest: report.hsm.profile_digest,
            serial: report.hsm.serial.clone(),
            firmware: report.hsm.firmware.clone(),
            module_digest: report.hsm.module_digest,
        })
    }
}

/// What is known of a profile before a token is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProfileStanding {
    /// How far the profile may be trusted.
    pub assurance: Assurance,
    /// The profile's file.
    pub digest: FileDigest,
}

impl HsmFacts {
    /// What these facts say of the profile.
    pub const fn standing(&self) -> ProfileStanding {
        ProfileStanding {
            assurance: self.assurance,
            digest: self.profile_digest,
        }
    }
}

/// HSM06: On main net the HSM has passed its acceptance test as it is now.
///
/// A profile for tests never passes there. Before the token is opened (`token` is `None`) only the
/// profile is judged, so that a ceremony that must fail fails before it changes anything.
pub fn hsm06(
    profile: ProfileStanding,
    token: Option<&HsmFacts>,
    network: Network,
    accepted: Option<&AcceptanceRecord>,
) -> Verdict {
    if network != Network::Main {
        let why = phrase!(
            "no coins of value on this network",
            "価値のあるコインのないネットワーク"
        );
        return Verdict::NotApplicable(why);
    }
    let mut refusals = Vec::new();
    let assurance = profile.assurance.name();
    if profile.assurance == Assurance::TestOnly {
        let expected = phrase!("a profile of hardware", "実機のプロファイル");
        refusals.push(refusal(expected, Phrase::figure(assurance)));
    }
    let Some(accepted) = accepted else {
        let expected = phrase!(
            "a recorded acceptance test of this HSM",
            "このHSMの受入試験の記録"
        );
        let got = phrase!(
            "none; the profile is {assurance}",
            "なし。プロファイルは {assurance}",
            assurance = assurance
        );
        refusals.push(refusal(expected, got));
        return Verdict::of(refusals);
    };
    let mut same = |[en, ja]: [&str; 2], tested: &dyn fmt::Display, now: &dyn Fact, equal: bool| {
        if !equal {
            let expected = phrase!(
                "an acceptance test with {what} {now}",
                "{what} {now} での受入試験",
                what = Phrase::new(en, ja),
                now = *now
            );
            refusals.push(refusal(expected, Phrase::figure(tested)));
        }
    };
    let (tested, now) = (accepted.profile_digest, profile.digest);
    same(["profile", "プロファイル"], &tested, &now, tested == now);
    if let Some(token) = token {
        let (tested, now) = (&accepted.serial, &token.serial);
        same(["serial number", "製造番号"], tested, now, tested == now);
        let (tested, now) = (&accepted.firmware, &token.firmware);
        same(["firmware", "ファームウェア"], tested, now, tested == now);
        let (tested, now) = (accepted.module_digest, token.module_digest);
        same(["module", "モジュール"], &tested, &now, tested == now);
    }
    Verdict::of(refusals)
}

const fn refusal(expected: Phrase, got: Phrase) -> Refusal {
    Refusal::new(RuleId::HSM06, Place::Token, expected, got)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::facts::tests::softhsm;
    use super::*;
    use crate::acceptance::AcceptanceReport;
    use crate::acceptance::testing::good_report;
    use crate::signing::SigningHsm as _;
    use crate::testing::SoftDevice;

    /// A record of exactly this HSM.
    pub(crate) fn acceptance_of(facts: &HsmFacts) -> AcceptanceRecord {
        AcceptanceRecord {
            report: AcceptanceDigest::over(&[b"report"]),
            passed_on: Date::of_clock(1_790_000_000),
            profile_digest: facts.profile_digest,
            serial: facts.serial.clone(),
            firmware: facts.firmware.clone(),
            module_digest: facts.module_digest,
        }
    }

    #[test]
    fn only_a_report_that_passed_becomes_a_record() {
        let device = SoftDevice::new("north");
        let open = |report: AcceptanceReport| {
            let bytes = device.seal(report).to_bytes();
            CheckedReport::open(&bytes, &device.identity().key_id()).unwrap()
        };
        let good = good_report(&device);
        let record = AcceptanceRecord::of(&open(good.clone())).unwrap();
        let facts = &good.hsm;
        let expected = AcceptanceRecord {
            report: record.report,
            passed_on: Date::of_clock(good.clock),
            ..acceptance_of(facts)
        };
        assert_eq!(record, expected);
        let mut incomplete = good.clone();
        incomplete.signatures.signatures = 999;
        let mut failed = good;
        failed.signatures.repeated_r = 1;
        for bad in [incomplete, failed] {
            assert_eq!(AcceptanceRecord::of(&open(bad)), None);
        }
    }

    fn hardware(assurance: Assurance) -> HsmFacts {
        HsmFacts {
            assurance,
            ..softhsm()
        }
    }

    fn refused(facts: &HsmFacts, accepted: Option<&AcceptanceRecord>) -> usize {
        let verdict = super::hsm06(facts.standing(), Some(facts), Network::Main, accepted);
        match verdict {
            Verdict::Refused(refusals) => refusals.len(),
            _ => 0,
        }
    }

    mod hsm06 {
        use super::*;

        #[test]
        fn passes_hardware_that_was_tested_as_it_is() {
            for assurance in [Assurance::Unverified, Assurance::Verified] {
                let facts = hardware(assurance);
                let accepted = acceptance_of(&facts);
                let verdict = super::super::hsm06(
                    facts.standing(),
                    Some(&facts),
                    Network::Main,
                    Some(&accepted),
                );
                assert_eq!(verdict, Verdict::Passed);
            }
        }

        #[test]
        fn refuses_main_net_without_a_record_whatever_the_profile_says() {
            for assurance in [Assurance::Unverified, Assurance::Verified] {
                assert_eq!(refused(&hardware(assurance), None), 1);
            }
        }

        #[test]
        fn refuses_a_profile_for_tests_even_with_a_record() {
            let facts = softhsm();
            assert_eq!(refused(&facts, Some(&acceptance_of(&facts))), 1);
            assert_eq!(refused(&facts, None), 2);
        }

        #[test]
        fn refuses_each_change_since_the_test() {
            let facts = hardware(Assurance::Unverified);
            let accepted = acceptance_of(&facts);
            let changes: [fn(&mut HsmFacts); 4] = [
                |f| f.serial = Line::lossy("other"),
                |f| f.firmware = Line::lossy("2.7"),
                |f| f.module_digest = FileDigest::over(&[b"other"]),
                |f| f.profile_digest = FileDigest::over(&[b"other"]),
            ];
            for change in changes {
                let mut facts = facts.clone();
                change(&mut facts);
                assert_eq!(refused(&facts, Some(&accepted)), 1);
            }
        }

        #[test]
        fn before_the_token_is_opened_the_profile_is_judged() {
            let facts = hardware(Assurance::Unverified);
            let accepted = acceptance_of(&facts);
            let early =
                |standing, accepted| super::super::hsm06(standing, None, Network::Main, accepted);
            assert_eq!(early(facts.standing(), Some(&accepted)), Verdict::Passed);
            assert!(matches!(early(facts.standing(), None), Verdict::Refused(_)));
            let other = ProfileStanding {
                digest: FileDigest::over(&[b"other"]),
                ..facts.standing()
            };
            assert!(matches!(early(other, Some(&accepted)), Verdict::Refused(_)));
        }

        #[test]
        fn does_not_apply_where_coins_are_worth_nothing() {
            for network in [Network::Testnet4, Network::Signet, Network::Regtest] {
                let facts = softhsm();
                let verdict = super::super::hsm06(facts.standing(), Some(&facts), network, None);
                assert!(matches!(verdict, Verdict::NotApplicable(_)));
            }
        }
    }
}
