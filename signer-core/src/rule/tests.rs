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
