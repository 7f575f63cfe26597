//! The machine around a session: rules ENV01 and ENV02 over what the program read of it.
//!
//! The readings come from outside and stand in the transcript, so that an auditor judges them
//! again. What could not be read counts as not there to be trusted: it is refused.

use alloc::string::String;
use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, RuleLine, Verdict};
use crate::token::Assurance;

/// `ARPHRD_LOOPBACK`: the kernel's number for a loopback interface.
pub const LOOPBACK_KIND: u16 = 772;

/// A network interface as the kernel names it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Interface {
    /// Its name.
    #[n(0)]
    pub name: String,
    /// Its `ARPHRD_` number.
    #[n(1)]
    pub kind: u16,
}

/// What a program read of its machine. Absent: it could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EnvironmentReading {
    /// Interfaces below `/sys/class/net`.
    #[n(0)]
    pub sysfs: Option<Vec<Interface>>,
    /// Interfaces that the kernel lists over netlink.
    #[n(1)]
    pub netlink: Option<Vec<Interface>>,
    /// Names of interfaces in `/proc/net/dev`.
    #[n(2)]
    pub proc_net_dev: Option<Vec<String>>,
    /// `TracerPid` of the process; 0 without a tracer.
    #[n(3)]
    pub tracer_pid: Option<u32>,
    /// Active swap areas in `/proc/swaps`.
    #[n(4)]
    pub swaps: Option<Vec<String>>,
    /// The hard limit for core dumps, in bytes.
    #[n(5)]
    pub core_limit: Option<u64>,
    /// `/proc/sys/kernel/core_pattern`: a program that gets dumps ignores the limit.
    #[n(6)]
    pub core_pattern: Option<String>,
    /// What `LD_PRELOAD`, `LD_AUDIT`, `LD_LIBRARY_PATH` and `/etc/ld.so.preload` name.
    #[n(7)]
    pub preloaded: Option<Vec<String>>,
    /// `PR_GET_DUMPABLE`; 0 when the process cannot be dumped or attached to.
    #[n(8)]
    pub dumpable: Option<u32>,
}

/// Both rules over one reading.
pub fn judge(reading: &EnvironmentReading, assurance: Assurance) -> Vec<RuleLine> {
    let line = |rule, verdict| RuleLine { rule, verdict };
    alloc::vec![
        line(RuleId::ENV01, env01(reading, assurance)),
        line(RuleId::ENV02, env02(reading, assurance)),
    ]
}

/// ENV01: There is no network interface but loopback.
///
/// Three readings of the kernel must agree on it. Under a test-only profile a failure is a notice.
pub fn env01(reading: &EnvironmentReading, assurance: Assurance) -> Verdict {
    let names = reading.proc_net_dev.as_ref().map(|names| {
        let named = |name: &String| Interface {
            name: name.clone(),
            kind: LOOPBACK_KIND,
        };
        names.iter().map(named).collect::<Vec<_>>()
    });
    let sources = [
        ("sysfs", reading.sysfs.as_deref()),
        ("netlink", reading.netlink.as_deref()),
        ("/proc/net/dev", names.as_deref()),
    ];
    let mut refusals = Vec::new();
    for (source, interfaces) in sources {
        let expected = || {
            phrase!(
                "only loopback in {source}",
                "{source} にループバックのみ",
                source = source
            )
        };
        match interfaces {
            None => refusals.push(refusal(RuleId::ENV01, expected(), unread())),
            // The kernel always has a loopback interface: an empty list saw nothing.
            Some([]) => {
                let got = phrase!("no interface at all", "インターフェースが1つもない");
                refusals.push(refusal(RuleId::ENV01, expected(), got));
            }
            Some(interfaces) => {
                for other in interfaces
                    .iter()
                    .filter(|interface| !is_loopback(interface))
                {
                    let got = phrase!(
                        "{name} (kind {kind})",
                        "{name}(種別 {kind})",
                        name = other.name,
                        kind = other.kind
                    );
                    refusals.push(refusal(RuleId::ENV01, expected(), got));
                }
            }
        }
    }
    weighed(refusals, assurance)
}

/// ENV02: No tracer, swap, core dump or preloaded library.
///
/// Under a test-only profile a failure is a notice.
pub fn env02(reading: &EnvironmentReading, assurance: Assurance) -> Verdict {
    let pattern = reading.core_pattern.as_ref();
    let pattern = pattern.map_or_else(unread, Phrase::figure);
    let numbers = [
        (
            phrase!("no tracer", "トレーサなし"),
            reading.tracer_pid.map(u64::from),
        ),
        (
            phrase!("a core limit of 0", "コアダンプ上限 0"),
            reading.core_limit,
        ),
        (
            phrase!("a process that cannot be dumped", "ダンプできないプロセス"),
            reading.dumpable.map(u64::from),
        ),
    ];
    let lists = [
        (phrase!("no swap", "スワップなし"), reading.swaps.as_deref()),
        (
            phrase!("no preloaded library", "プリロードライブラリなし"),
            reading.preloaded.as_deref(),
        ),
    ];
    let mut refusals = Vec::new();
    for (expected, number) in numbers {
        let got = match number {
            Some(0) => continue,
            Some(n) => phrase!(
                "{n} (core pattern {pattern})",
                "{n}(コアパターン {pattern})",
                n = n,
                pattern = pattern
            ),
            None => unread(),
        };
        refusals.push(refusal(RuleId::ENV02, expected, got));
    }
    for (expected, list) in lists {
        let got = match list {
            Some([]) => continue,
            Some(entries) => Phrase::figure(entries.join(" ")),
            None => unread(),
        };
        refusals.push(refusal(RuleId::ENV02, expected, got));
    }
    weighed(refusals, assurance)
}

fn unread() -> Phrase {
    phrase!("not readable", "読取不可")
}

fn is_loopback(interface: &Interface) -> bool {
    interface.name == "lo" && interface.kind == LOOPBACK_KIND
}

const fn refusal(rule: RuleId, expected: Phrase, got: Phrase) -> Refusal {
    Refusal::new(rule, Place::Machine, expected, got)
}

/// On a machine that only rehearses, what is wrong is recorded and shown, not refused.
fn weighed(refusals: Vec<Refusal>, assurance: Assurance) -> Verdict {
    if assurance != Assurance::TestOnly || refusals.is_empty() {
        return Verdict::of(refusals);
    }
    Verdict::Notice(Phrase::listed(refusals.iter().map(Refusal::difference)))
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::types::Lang;

    fn lo() -> Interface {
        Interface {
            name: "lo".into(),
            kind: LOOPBACK_KIND,
        }
    }

    fn clean() -> EnvironmentReading {
        EnvironmentReading {
            sysfs: Some(vec![lo()]),
            netlink: Some(vec![lo()]),
            proc_net_dev: Some(vec!["lo".into()]),
            tracer_pid: Some(0),
            swaps: Some(vec![]),
            core_limit: Some(0),
            core_pattern: Some("core".into()),
            preloaded: Some(vec![]),
            dumpable: Some(0),
        }
    }

    type Change = fn(&mut EnvironmentReading);

    fn changed(change: Change) -> EnvironmentReading {
        let mut reading = clean();
        change(&mut reading);
        reading
    }

    fn ethernet() -> Interface {
        Interface {
            name: "eth0".into(),
            kind: 1,
        }
    }

    fn refusals(verdict: &Verdict) -> usize {
        match verdict {
            Verdict::Refused(refusals) => refusals.len(),
            _ => 0,
        }
    }

    /// The rules of the machine that refuse this reading.
    fn refusing(change: Change) -> Vec<RuleId> {
        let lines = judge(&changed(change), Assurance::Verified).into_iter();
        let refused = lines.filter(|line| line.verdict != Verdict::Passed);
        refused.map(|line| line.rule).collect()
    }

    #[test]
    fn env01_alone() {
        assert_eq!(refusing(|_| {}), []);
        let cable = |reading: &mut EnvironmentReading| reading.sysfs = Some(vec![lo(), ethernet()]);
        assert_eq!(refusing(cable), [RuleId::ENV01]);
    }

    #[test]
    fn env02_alone() {
        assert_eq!(
            refusing(|reading| reading.tracer_pid = Some(7)),
            [RuleId::ENV02]
        );
    }

    mod env01 {
        use super::*;

        #[test]
        fn passes_loopback_alone() {
            assert_eq!(env01(&clean(), Assurance::Verified), Verdict::Passed);
        }

        #[test]
        fn refuses_each_source_that_sees_more_or_nothing() {
            let changes: [Change; 9] = [
                |r| r.sysfs = Some(vec![lo(), ethernet()]),
                |r| r.netlink = Some(vec![lo(), ethernet()]),
                |r| r.proc_net_dev = Some(vec!["lo".into(), "wlan0".into()]),
                |r| r.sysfs = None,
                |r| r.netlink = None,
                |r| r.proc_net_dev = None,
                |r| r.netlink = Some(vec![]),
                |r| r.sysfs.as_mut().unwrap()[0].kind = 1,
                |r| r.sysfs.as_mut().unwrap()[0].name = "lo0".into(),
            ];
            for (place, change) in changes.into_iter().enumerate() {
                let verdict = env01(&changed(change), Assurance::Verified);
                assert_eq!(refusals(&verdict), 1, "change {place}");
            }
        }

        #[test]
        fn is_a_notice_under_a_test_only_profile() {
            let reading = changed(|r| r.netlink = Some(vec![lo(), ethernet()]));
            let verdict = env01(&reading, Assurance::TestOnly);
            assert!(
                matches!(verdict, Verdict::Notice(text) if text.text(Lang::Ja).contains("eth0"))
            );
            let unverified = env01(&reading, Assurance::Unverified);
            assert_eq!(refusals(&unverified), 1);
        }
    }

    mod env02 {
        use super::*;

        #[test]
        fn passes_a_closed_machine() {
            assert_eq!(env02(&clean(), Assurance::Verified), Verdict::Passed);
        }

        #[test]
        fn refuses_each_leak_and_each_missing_reading() {
            let changes: [Change; 10] = [
                |r| r.tracer_pid = Some(7),
                |r| r.swaps = Some(vec!["/dev/sda2".into()]),
                |r| r.core_limit = Some(1),
                |r| r.preloaded = Some(vec!["/tmp/x.so".into()]),
                |r| r.dumpable = Some(1),
                |r| r.tracer_pid = None,
                |r| r.swaps = None,
                |r| r.core_limit = None,
                |r| r.preloaded = None,
                |r| r.dumpable = None,
            ];
            for (place, change) in changes.into_iter().enumerate() {
                let verdict = env02(&changed(change), Assurance::Verified);
                assert_eq!(refusals(&verdict), 1, "change {place}");
            }
        }

        #[test]
        fn is_a_notice_under_a_test_only_profile() {
            let reading = changed(|r| r.swaps = Some(vec!["/dev/sda2".into()]));
            let verdict = env02(&reading, Assurance::TestOnly);
            assert!(
                matches!(verdict, Verdict::Notice(text) if text.text(Lang::Ja).contains("/dev/sda2"))
            );
        }
    }

    #[test]
    fn both_rules_are_judged_and_a_reading_survives_the_wire() {
        let lines = judge(&clean(), Assurance::Verified);
        let rules: Vec<RuleId> = lines.iter().map(|line| line.rule).collect();
        assert_eq!(rules, [RuleId::ENV01, RuleId::ENV02]);
        let bytes = crate::codec::encode(&clean());
        assert_eq!(crate::codec::decode(&bytes), Ok(clean()));
    }
}
