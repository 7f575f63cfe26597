//! `docs/separation.md` held against the catalogue: every sentence of the separation of duties names
//! the rules that decide it.

use std::collections::BTreeMap;
use std::path::Path;

use signer_core::rule::RuleId;

/// Sentences that no rule decides yet.
const WITHOUT_A_RULE: [u8; 0] = [];

/// The third column of each sentence's row.
fn deciders(page: &str) -> BTreeMap<u8, String> {
    let rows = page.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| SOD-")?.split(" | ");
        let number = cells.next()?.parse().ok()?;
        Some((number, cells.nth(1)?.to_owned()))
    });
    rows.collect()
}

/// What is wrong with the page.
fn wrong(page: &str) -> Vec<String> {
    let rows = deciders(page);
    let mut wrong = Vec::new();
    for number in 1..=13 {
        let Some(decided) = rows.get(&number) else {
            wrong.push(format!("SOD-{number} has no row"));
            continue;
        };
        let missing = WITHOUT_A_RULE.contains(&number);
        if (decided == "none yet") != missing {
            wrong.push(format!("SOD-{number}: {decided}"));
            continue;
        }
        let named = decided.split(", ").filter(|_| !missing);
        let known = |name: &str| RuleId::ALL.iter().any(|rule| rule.name() == name);
        wrong.extend(
            named
                .filter(|name| !known(name))
                .map(|name| format!("SOD-{number}: no rule {name}")),
        );
    }
    wrong
}

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/separation.md");
    std::fs::read_to_string(path).expect("the page")
}

#[test]
fn every_sentence_names_the_rules_that_decide_it() {
    assert_eq!(wrong(&page()), [""; 0]);
}

#[test]
fn a_page_that_names_too_little_is_found() {
    let page = page();
    for (from, to) in [
        ("| SOD-5 |", "| SOD-50 |"),
        ("| APP07 |", "| APP97 |"),
        ("| APP07 |", "| none yet |"),
        ("| APP05, APP06 |", "| APP05, |"),
    ] {
        assert!(page.contains(from), "{from}");
        assert_eq!(wrong(&page.replace(from, to)).len(), 1, "{from}");
    }
}
