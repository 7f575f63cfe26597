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
    let refusal = Refusal::new(
        RuleId::PSB01,
        Place::Byte(5),
        Phrase::none(),
        Phrase::none(),
    );
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
fn a_phrase_quotes_nothing_but_what_any_terminal_shows() {
    let hostile = "a\u{1b}[2Jb\u{202e}\u{9b}c\u{feff}承認";
    let phrase = phrase!("got {label}", "実際 {label}", label = hostile);
    let (en, ja) = (phrase.text(Lang::En), phrase.text(Lang::Ja));
    assert!(en.bytes().all(|b| (0x20..0x7f).contains(&b)), "{en}");
    let quoted = ja.strip_prefix("実際 ").unwrap();
    assert!(quoted.bytes().all(|b| (0x20..0x7f).contains(&b)), "{ja}");
    assert_eq!(en.strip_prefix("got "), Some(quoted));
    // What stands outside of a quoted fact is held to the same, but for Japanese in Japanese.
    let phrase = Phrase::new(hostile, hostile);
    assert!(phrase.text(Lang::En).ends_with("\\u{627f}\\u{8a8d}"));
    assert!(phrase.text(Lang::Ja).ends_with("\\u{feff}承認"));
}

#[test]
fn a_phrase_is_read_as_it_was_written_or_refused() {
    let long = "x".repeat(5_000);
    let phrase = phrase!("{a} and {b}", "{a}と{b}", a = long, b = long);
    assert_eq!(phrase.text(Lang::En).len(), 240 + 5 + 240);
    let listed = Phrase::listed(vec![phrase; 9]);
    for lang in [Lang::En, Lang::Ja] {
        assert_eq!(listed.text(lang).chars().count(), 1_000);
    }
    let bytes = codec::encode(&listed);
    assert_eq!(codec::decode(&bytes), Ok(listed));
    for (en, ja) in [
        ("a\u{1b}", "b"),
        ("a", "b\u{202e}"),
        ("承認", "b"),
        (&*"x".repeat(1_001), "b"),
    ] {
        let bytes = codec::encode(&(en, ja));
        assert!(codec::decode::<Phrase>(&bytes).is_err(), "{en} {ja}");
    }
}

#[test]
fn a_verdict_names_a_hundred_places_and_counts_the_rest() {
    let verdict = |count: u32| {
        let place = |n| Place::Input(InputIndex(n));
        let refusals = (0..count)
            .map(|n| Refusal::new(RuleId::WAL02, place(n), Phrase::none(), Phrase::none()));
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
    let last = &verdict(5_000)[100].got;
    assert_eq!(last.text(Lang::En), "4900 more places that refuse");
    assert_eq!(last.text(Lang::Ja), "ほかに4900箇所で拒否");
}
