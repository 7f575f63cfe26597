use alloc::vec;

use super::*;

#[test]
fn identifiers_are_three_letters_and_two_digits_in_fixed_order() {
    for (place, rule) in RuleId::ALL.into_iter().enumerate() {
        let name = rule.name();
        assert_eq!(name.len(), 5, "{name}");
        assert!(name[..3].bytes().all(|b| b.is_ascii_uppercase()), "{name}");
        assert!(name[3..].bytes().all(|b| b.is_ascii_digit()), "{name}");
        assert_eq!(alloc::format!("{rule:?}"), name);
        assert_eq!(rule as usize, place);
    }
    assert!(RuleId::ALL.windows(2).all(|w| w[0].stage() <= w[1].stage()));
}

#[test]
fn a_forgotten_rule_stops_the_chain() {
    let verdicts = RuleId::of(Stage::Check)
        .filter(|rule| *rule != RuleId::POL04)
        .map(|rule| (rule, Verdict::Passed))
        .collect::<alloc::vec::Vec<_>>();
    let stopped = RuleReport::new()
        .with_stage(Stage::Check, &verdicts)
        .unrefused()
        .unwrap_err();
    assert_eq!(stopped.refusal().unwrap().rule, RuleId::POL04);
}

#[test]
fn a_stopped_report_is_complete() {
    let refusal = Refusal::new(RuleId::PSB01, Place::Byte(5), "magic", "text");
    let mut verdicts = vec![(RuleId::PSB01, Verdict::Refused(vec![refusal]))];
    verdicts.extend(
        RuleId::of(Stage::Parse)
            .skip(1)
            .map(|r| (r, Verdict::NotReached(RuleId::PSB01))),
    );
    let stopped = RuleReport::new()
        .with_stage(Stage::Parse, &verdicts)
        .unrefused()
        .unwrap_err();
    let judged = RuleId::ALL
        .into_iter()
        .filter(|r| r.stage() <= Stage::Approve);
    assert!(judged.eq(stopped.report().lines().iter().map(|line| line.rule)));
}

#[test]
fn refusals_never_carry_control_characters() {
    let refusal = Refusal::new(RuleId::PSB01, Place::Whole, "x", "a\u{1b}[2Jb\u{202e}");
    assert!(refusal.got.bytes().all(|b| (0x20..0x7f).contains(&b)));
}

#[test]
fn a_verdict_names_a_hundred_places_and_counts_the_rest() {
    let verdict = |count: u32| {
        let place = |n| Place::Input(InputIndex(n));
        let refusals = (0..count).map(|n| Refusal::new(RuleId::WAL02, place(n), "ours", "foreign"));
        match Verdict::of(refusals.collect()) {
            Verdict::Refused(refusals) => refusals,
            _ => Vec::new(),
        }
    };
    for (count, lines) in [
        (0, 0),
        (1, 1),
        (100, 100),
        (101, 101),
        (102, 101),
        (5_000, 101),
    ] {
        let named = verdict(count);
        assert_eq!(named.len(), lines);
        let counted = named.last().is_some_and(|last| last.place == Place::Whole);
        assert_eq!(counted, count > 101);
    }
    assert_eq!(verdict(5_000)[100].got, "4900 more places that refuse");
}
