//! `docs/assurance.md` held against the code: every rule has a row with its exact sentence, one
//! function that carries that sentence and is called, a test that it passes and a test that it
//! refuses, and a case or a test that it alone stops.
//!
//! The table is written by this test: `HIMURO_WRITE=1 cargo test -p signer-core --test assurance`.
//! Without that it is compared. Every file that the page and `docs/testing.md` name must exist.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::{env, fs};

use signer_core::rule::{RuleId, Stage};
use signer_core::types::Lang;

const PAGE: &str = "docs/assurance.md";
const BEGIN: &str = "<!-- rules: written by signer-core/tests/assurance.rs -->\n";
const END: &str = "<!-- end of rules -->\n";

/// The catalogue of attacks.
static FAMILIES: LazyLock<Vec<test_vectors::Family>> = LazyLock::new(test_vectors::families);

/// A source file below the workspace.
struct Source {
    path: String,
    text: String,
}

/// What a test of a rule shows, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shows {
    Passes,
    Refuses,
}

/// Words in the names of tests, and what they show.
const WORDS: [(&str, Shows); 6] = [
    ("passes", Shows::Passes),
    ("takes", Shows::Passes),
    ("at_the_limit", Shows::Passes),
    ("refuses", Shows::Refuses),
    ("one_past", Shows::Refuses),
    ("finds", Shows::Refuses),
];

/// Tests that show the same under another name.
const OTHERS: [(RuleId, &str, Shows); 5] = [
    (
        RuleId::PSB07,
        "takes_the_weight_that_nodes_relay_and_no_more",
        Shows::Refuses,
    ),
    (RuleId::APP08, "another_request_stays_alive", Shows::Passes),
    (
        RuleId::SIG04,
        "a_signing_ends_in_a_psbt_with_the_same_transaction",
        Shows::Passes,
    ),
    (
        RuleId::SIG05,
        "a_signing_ends_in_a_psbt_with_the_same_transaction",
        Shows::Passes,
    ),
    (
        // Its last line is the same journal unchanged.
        RuleId::TRN02,
        "finds_what_was_changed_and_chained_again",
        Shows::Passes,
    ),
];

/// The number at which a rule begins to refuse.
#[derive(Clone, Copy, Debug)]
enum Number {
    /// A test at it, and one just past it; one test may do both.
    Held(&'static str, &'static str),
    /// There is none, because ..
    None(&'static str),
}

/// Every rule, and what is known of its number.
const NUMBERS: [(RuleId, Number); RuleId::ALL.len()] = {
    use Number::{Held, None};
    [
        (
            RuleId::PSB01,
            None("a form; lengths and counts are PSB02's"),
        ),
        (
            RuleId::PSB02,
            Held(
                "passes_at_the_limit_and_refuses_one_past_it",
                "passes_at_the_limit_and_refuses_one_past_it",
            ),
        ),
        (
            RuleId::PSB03,
            None("a parent is the one that is named, or not"),
        ),
        (RuleId::PSB04, None("one type is taken")),
        (RuleId::PSB05, None("final or not")),
        (
            RuleId::PSB06,
            Held(
                "passes_a_fee_of_nothing_and_refuses_one_below",
                "passes_a_fee_of_nothing_and_refuses_one_below",
            ),
        ),
        (
            RuleId::PSB07,
            Held(
                "at_the_limit_of_the_weight_of_witnesses_that_the_psbt_leaves_out",
                "one_past_the_weight_of_witnesses_that_the_psbt_leaves_out",
            ),
        ),
        (
            RuleId::PSB08,
            None("another kind of spending, or not; bytes are PSB02's"),
        ),
        (RuleId::WAL01, None("active or not")),
        (RuleId::WAL02, None("equal or not")),
        (RuleId::WAL03, None("equal or not")),
        (RuleId::WAL04, None("equal or not")),
        (
            RuleId::WAL05,
            Held("at_the_limit_of_the_window", "one_past_it"),
        ),
        (RuleId::WAL06, None("a signature verifies, or not")),
        (
            RuleId::POL01,
            Held("at_the_limit_of_activation", "one_past_it"),
        ),
        (RuleId::POL02, Held("at_the_limit", "one_past_it")),
        (
            RuleId::POL03,
            Held(
                "at_the_limit_of_the_wallet",
                "one_past_the_limit_of_the_wallet",
            ),
        ),
        (
            RuleId::POL04,
            Held(
                "at_the_limit_and_one_past_the_absolute_cap",
                "at_the_limit_and_one_past_the_absolute_cap",
            ),
        ),
        (RuleId::POL05, None("a move is named, or not")),
        (
            RuleId::POL06,
            Held(
                "at_the_limit_and_one_past_it_of_the_floor",
                "at_the_limit_and_one_past_it_of_the_floor",
            ),
        ),
        (
            RuleId::POL07,
            Held(
                "at_the_limit_and_one_past_it_of_the_fee",
                "at_the_limit_and_one_past_it_of_the_fee",
            ),
        ),
        (
            RuleId::POL09,
            Held(
                "at_the_limit_and_one_past_it",
                "at_the_limit_and_one_past_it",
            ),
        ),
        (
            RuleId::POL10,
            None("an output is the emergency wallet's, or not"),
        ),
        (RuleId::APP01, None("a request is there, or not")),
        (
            RuleId::APP02,
            Held("at_the_limit_of_the_fee", "one_past_it"),
        ),
        (RuleId::APP03, Held("at_the_limit", "one_past_it")),
        (
            RuleId::APP04,
            None("equal digests, or not; how many is APP05's"),
        ),
        (RuleId::APP05, Held("at_the_limit", "one_past_it")),
        (RuleId::APP06, Held("at_the_limit", "one_past_it")),
        (RuleId::APP07, Held("at_the_limit", "one_past_it")),
        (RuleId::APP08, None("one rejection is enough")),
        (RuleId::APP09, None("different people, or not")),
        (RuleId::APP10, None("two seats, different people")),
        (
            RuleId::APP11,
            Held(
                "at_the_limit_and_one_past_it_of_the_builders_entry",
                "at_the_limit_and_one_past_it_of_the_builders_entry",
            ),
        ),
        (
            RuleId::APP12,
            Held(
                "the_limit_is_the_lower_of_the_stated_and_one_below_the_threshold",
                "a_policy_never_allows_so_many_as_sign",
            ),
        ),
        (RuleId::APP13, Held("at_the_limit", "one_past_it")),
        (RuleId::APP14, Held("at_the_last_session", "one_past_it")),
        (
            RuleId::APP15,
            Held(
                "at_the_limit_and_one_past_it_of_the_broadcasters_entry",
                "at_the_limit_and_one_past_it_of_the_broadcasters_entry",
            ),
        ),
        (RuleId::APP16, Held("at_the_limit", "one_past_it")),
        (RuleId::APP17, Held("at_the_limit", "one_past_it")),
        (RuleId::TIM01, Held("at_the_limit", "one_past_it")),
        (RuleId::REV01, None("every screen")),
        (
            RuleId::REV02,
            Held(
                "passes_after_two_wrong_answers_to_each_question",
                "refuses_a_third_wrong_answer_and_every_answer_after_it",
            ),
        ),
        (RuleId::SIG01, None("a signature verifies, or not")),
        (
            RuleId::SIG02,
            None("no key makes a signature whose s is half the order at will"),
        ),
        (RuleId::SIG03, None("new or not")),
        (RuleId::SIG04, None("each order once")),
        (RuleId::SIG05, None("equal or not")),
        (RuleId::ENV01, None("one interface is taken")),
        (RuleId::ENV02, None("each leak is one too many")),
        (RuleId::ENV03, None("frozen or not")),
        (RuleId::HSM01, None("each flag is as it must be, or not")),
        (
            RuleId::HSM02,
            Held(
                "at_the_oldest_firmware_and_one_before",
                "at_the_oldest_firmware_and_one_before",
            ),
        ),
        (RuleId::HSM03, None("expected or not")),
        (
            RuleId::HSM04,
            Held(
                "each_count_at_the_limit_and_one_past_it",
                "each_count_at_the_limit_and_one_past_it",
            ),
        ),
        (RuleId::HSM05, None("logged in or not")),
        (RuleId::HSM06, None("equal or not")),
        (
            RuleId::HSM07,
            Held(
                "says_so_where_nobody_may_be_missing",
                "one_past_the_number_of_holders",
            ),
        ),
        (RuleId::TRN01, None("equal or not")),
        (RuleId::TRN02, None("sealed or not")),
        (RuleId::TRN03, None("the head, an ancestor, or neither")),
        (RuleId::TRN04, None("equal or not")),
        (
            RuleId::TRN05,
            Held(
                "passes_sessions_that_were_cut_before_the_hsm_was_told",
                "refuses_an_hsm_that_is_one_session_old",
            ),
        ),
        (
            RuleId::TRN06,
            Held(
                "at_the_limit_and_one_past_it_of_the_headers",
                "at_the_limit_and_one_past_it_of_the_headers",
            ),
        ),
        (RuleId::KEY01, None("there and proven, or not")),
        (RuleId::KEY02, None("retired or not")),
        (RuleId::WAL07, None("equal or not")),
        (RuleId::WAL08, None("different HSMs, or not")),
        (
            RuleId::WAL09,
            Held(
                "at_the_limit_and_one_past_it",
                "at_the_limit_and_one_past_it",
            ),
        ),
        (RuleId::POL08, None("read and typed, or not")),
    ]
};

/// A rule with what stands in its row.
#[derive(Debug)]
struct Row {
    rule: RuleId,
    function: Place,
    passes: Place,
    refuses: Place,
    number: Number,
    alone: String,
}

/// A function in a file.
#[derive(Clone, Debug)]
struct Place {
    path: String,
    name: String,
}

#[test]
fn every_rule_has_its_row_its_function_and_its_tests() {
    let sources = sources(&["signer-core/src"]);
    let mut missing = Vec::new();
    let rows: Vec<Row> = RuleId::ALL
        .into_iter()
        .filter_map(|rule| row(rule, &sources).map_err(|why| missing.push(why)).ok())
        .collect();
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    let path = root().join(PAGE);
    let page = fs::read_to_string(&path).expect("the page can be read");
    let (head, rest) = page.split_once(BEGIN).expect("the table begins");
    let (written, tail) = rest.split_once(END).expect("the table ends");
    let table = table(&rows);
    if env::var_os("HIMURO_WRITE").is_some() {
        fs::write(&path, format!("{head}{BEGIN}{table}{END}{tail}")).expect("the page is written");
    } else {
        assert_eq!(written, table, "write it again with HIMURO_WRITE=1");
    }
}

/// What is said to be missing is no rule: a rule that is there is built.
#[test]
fn no_rule_is_said_to_be_missing() {
    let page = fs::read_to_string(root().join(PAGE)).expect("the page can be read");
    let said = said_to_be_missing(&page);
    assert!(said.is_empty(), "{said:?}");
    let stale = "- Declared and **not built**: limits within a\n  window (POL03). Nothing else.\n";
    assert_eq!(said_to_be_missing(stale), [RuleId::POL03]);
}

fn said_to_be_missing(page: &str) -> Vec<RuleId> {
    let words: Vec<&str> = page.split_whitespace().collect();
    let text = words.join(" ");
    let sentences: Vec<&str> = text
        .split(". ")
        .filter(|sentence| sentence.contains("not built"))
        .collect();
    let named = |rule: &RuleId| sentences.iter().any(|s| s.contains(rule.name()));
    RuleId::ALL.into_iter().filter(named).collect()
}

/// How many cases there are is counted, not remembered.
#[test]
fn the_page_of_tests_counts_the_cases() {
    let sheets = test_vectors::sheets();
    let cases: usize = FAMILIES.iter().map(|family| family.cases.len()).sum();
    let others: usize = sheets.iter().map(|sheet| sheet.cases.len()).sum();
    let (families, sheets) = (FAMILIES.len(), sheets.len());
    let said =
        format!("{cases} PSBTs in {families} families and {others} other cases in {sheets} sheets");
    let path = root().join("docs/testing.md");
    let page = fs::read_to_string(&path).expect("the page can be read");
    let marks = ("README.md) holds ", ",\nand says there which number");
    let (head, rest) = page.split_once(marks.0).expect("the count begins");
    let (written, tail) = rest.split_once(marks.1).expect("the count ends");
    if env::var_os("HIMURO_WRITE").is_some() {
        let page = format!("{head}{}{said}{}{tail}", marks.0, marks.1);
        fs::write(&path, page).expect("the page is written");
    } else {
        assert_eq!(written, said, "write it again with HIMURO_WRITE=1");
    }
}

#[test]
fn no_function_is_named_like_a_rule_that_does_not_exist() {
    let known: BTreeSet<String> = RuleId::ALL.map(|rule| rule.name().to_lowercase()).into();
    for source in sources(&["signer-core/src"]) {
        for name in functions(&source.text) {
            let form = name.len() == 5
                && name[..3].bytes().all(|b| b.is_ascii_lowercase())
                && name[3..].bytes().all(|b| b.is_ascii_digit());
            let rule = form
                && [
                    "psb", "wal", "pol", "app", "rev", "sig", "env", "hsm", "trn", "key",
                ]
                .contains(&&name[..3]);
            assert!(!rule || known.contains(&name), "{}: {name}", source.path);
        }
    }
}

#[test]
fn every_rule_is_called_by_what_runs() {
    let rooms = [
        "signer-core/src",
        "hsm-profiles/src",
        "signer-device/src",
        "host-cli/src",
    ];
    let sources = sources(&rooms);
    let running: Vec<&str> = sources.iter().filter_map(running).collect();
    assert!(!calls(&running, "no_such_function"));
    for rule in RuleId::ALL {
        let function = function(rule, &sources).expect("the rule has its function");
        assert!(calls(&running, &function.name), "{rule}: nothing calls it");
    }
}

/// The part of a source that is no test.
fn running(source: &Source) -> Option<&str> {
    let of_tests = ["/tests/", "/testing/", "/tests.rs"];
    let (code, _) = source
        .text
        .split_once("#[cfg(test)]\nmod tests {")
        .unwrap_or((&source.text, ""));
    (!of_tests.iter().any(|part| source.path.contains(part))).then_some(code)
}

/// Whether a line calls the function, or hands it on, and does not only define it.
fn calls(running: &[&str], name: &str) -> bool {
    let definition = format!("fn {name}");
    let mut lines = running.iter().flat_map(|code| code.lines());
    lines.any(|line| {
        let used = line.match_indices(name).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let after = line[at + name.len()..].chars().next();
            !before.is_some_and(|c| c == '_' || c.is_alphanumeric())
                && matches!(after, Some('(' | ')'))
        });
        used && !line.contains(&definition) && !line.trim_start().starts_with("//")
    })
}

#[test]
fn a_rule_without_function_or_test_is_found() {
    let mut sources = sources(&["signer-core/src"]);
    assert!(row(RuleId::POL04, &sources).is_ok());
    for (from, to) in [
        ("/// POL04: The fee is", "/// POL04: A fee is"),
        ("at_the_limit", "near_the_limit"),
        ("one_past", "far_past"),
        ("_the_absolute_cap", "_the_cap"),
    ] {
        let file = sources.iter_mut().find(|s| s.path.ends_with("pol04.rs"));
        let file = file.expect("the rule has its file");
        let text = file.text.clone();
        assert!(text.contains(from), "{from}");
        file.text = text.replace(from, to);
        assert!(row(RuleId::POL04, &sources).is_err(), "{from}");
        let file = sources.iter_mut().find(|s| s.path.ends_with("pol04.rs"));
        file.expect("the rule has its file").text = text;
    }
}

#[test]
fn a_rule_that_stops_nothing_alone_is_found() {
    let mut sources = sources(&["signer-core/src"]);
    assert!(alone(RuleId::TRN03, &sources).is_ok());
    for source in &mut sources {
        source.text = source
            .text
            .replace("fn trn03_alone", "fn trn03_with_others");
    }
    assert!(alone(RuleId::TRN03, &sources).is_err());
    assert!(test_vectors::stopped_by_one(&[], "PSB01").is_none());
}

#[test]
fn every_file_that_the_pages_name_exists() {
    for (page, least) in [(PAGE, RuleId::ALL.len()), ("docs/testing.md", 5)] {
        let text = fs::read_to_string(root().join(page)).expect("the page can be read");
        let words = text.split('`').skip(1).step_by(2);
        let paths = words.filter_map(|word| word.split("::").next());
        let paths: Vec<&str> = paths
            .filter(|path| path.contains('/') && !path.contains(' '))
            .collect();
        assert!(paths.len() >= least, "{page}: {paths:?}");
        for path in paths {
            assert!(root().join(path).exists(), "{page} names {path}");
        }
    }
}

/// `docs/mutants.md` has a row for each: file, function, change, reason.
#[test]
fn every_change_that_no_test_notices_is_of_a_function_that_is_there() {
    let page = fs::read_to_string(root().join("docs/mutants.md")).expect("the page can be read");
    let rows = page
        .lines()
        .filter(|line| line.starts_with("| `signer-core/src/"));
    let mut judged = 0;
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, file, function, change, reason, _] = cells[..] else {
            panic!("{row}");
        };
        let path = root().join(file.trim_matches('`'));
        let text = fs::read_to_string(path).expect("the row names a file");
        let name = function.trim_matches('`').to_string();
        assert!(functions(&text).any(|known| known == name), "{row}");
        assert!(!change.is_empty() && !reason.is_empty(), "{row}");
        judged += 1;
    }
    assert!(judged > 0);
}

#[test]
fn the_grammar_of_the_transcript_knows_every_number() {
    let path = root().join("docs/formats/transcript.cddl");
    let grammar = fs::read_to_string(path).expect("the grammar can be read");
    let line = format!("rule = 0..{}\n", RuleId::ALL.len() - 1);
    assert!(grammar.contains(&line), "{line}");
}

fn row(rule: RuleId, sources: &[Source]) -> Result<Row, String> {
    let passes = a_test(rule, sources, Shows::Passes, None)?;
    // One test for both would say that nothing was tried on one side of it.
    let refuses = a_test(rule, sources, Shows::Refuses, Some(&passes.name))?;
    Ok(Row {
        rule,
        function: function(rule, sources)?,
        passes,
        refuses,
        number: number(rule, sources)?,
        alone: alone(rule, sources)?,
    })
}

/// What this rule alone stops: with its verdict left out, nothing would. A case of the catalogue
/// for a rule that judges a PSBT; a test `<rule>_alone` for every other, and for TIM01, which does not
/// apply on the network of the catalogue.
fn alone(rule: RuleId, sources: &[Source]) -> Result<String, String> {
    if rule.stage() <= Stage::Approve && rule != RuleId::TIM01 {
        let stopped = test_vectors::stopped_by_one(&FAMILIES, rule.name());
        let (family, case) = stopped.ok_or_else(|| format!("{rule}: no case stops at it alone"))?;
        return Ok(format!("case `{}` of `{}`", case.name, family.name));
    }
    let name = format!("{}_alone", rule.name().to_lowercase());
    let named = |source: &&Source| tests(&source.text).iter().any(|(_, test)| *test == name);
    match sources.iter().find(named) {
        Some(source) => Ok(format!("`{}`: `{name}`", source.path)),
        None => Err(format!("{rule}: there is no test {name}")),
    }
}

/// The one function whose documentation begins with the rule's name and sentence.
fn function(rule: RuleId, sources: &[Source]) -> Result<Place, String> {
    let wanted = format!("{rule}: {}", rule.sentence(Lang::En));
    let mut found = Vec::new();
    for source in sources {
        for (first, name) in documented(&source.text) {
            if first == wanted {
                let path = source.path.clone();
                found.push(Place { path, name });
            }
        }
    }
    match &found[..] {
        [one] => Ok(one.clone()),
        [] => Err(format!("{rule}: no function is documented \"{wanted}\"")),
        _ => Err(format!("{rule}: more than one function: {found:?}")),
    }
}

/// Every documented function: the first paragraph of its documentation, and its name.
fn documented(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let (mut first, mut goes_on) = (String::new(), true);
    for line in text.lines().map(str::trim_start) {
        if let Some(words) = line.strip_prefix("///") {
            goes_on &= !words.trim().is_empty();
            if goes_on {
                let gap = if first.is_empty() { "" } else { " " };
                let _ = write!(first, "{gap}{}", words.trim());
            }
        } else if line.starts_with("#[") {
        } else {
            found.extend(function_name(line).map(|name| (first.clone(), name)));
            (first, goes_on) = (String::new(), true);
        }
    }
    found
}

/// The tests at its number and one past it, or why it has none.
fn number(rule: RuleId, sources: &[Source]) -> Result<Number, String> {
    let listed = NUMBERS.iter().find(|(of, _)| *of == rule);
    let (_, number) = listed.ok_or_else(|| format!("{rule}: nothing is said of its number"))?;
    let Number::Held(at, past) = *number else {
        return Ok(*number);
    };
    let files: Vec<&Source> = sources.iter().filter(|s| is_of(rule, s)).collect();
    // Names of a few words are those of the rule's own file; a longer one is the only one of its name.
    let held = |wanted: &str| {
        let within = |source: &Source| tests(&source.text).iter().any(|(_, test)| test == wanted);
        files.iter().any(|source| within(source))
            || (wanted.len() > 20 && sources.iter().any(within))
    };
    match [at, past].into_iter().find(|name| !held(name)) {
        None => Ok(*number),
        Some(name) => Err(format!("{rule}: there is no test {name} for its number")),
    }
}

fn is_of(rule: RuleId, source: &Source) -> bool {
    let module = rule.name().to_lowercase();
    source.path.ends_with(&format!("/{module}.rs"))
}

/// The first test of a rule that shows this, other than the one named.
fn a_test(
    rule: RuleId,
    sources: &[Source],
    shows: Shows,
    but: Option<&str>,
) -> Result<Place, String> {
    let module = rule.name().to_lowercase();
    let named = |name: &str| {
        WORDS
            .iter()
            .any(|(word, s)| *s == shows && name.contains(word))
    };
    let other = OTHERS.iter().find(|(of, _, s)| *of == rule && *s == shows);
    for source in sources {
        for (within, name) in tests(&source.text) {
            let ours = within.contains(&module)
                || source.path.ends_with(&format!("/{module}.rs"))
                || name.starts_with(&format!("{module}_"));
            let fits = match other {
                Some((_, wanted, _)) => name == *wanted,
                None => ours && named(&name),
            };
            if fits && but != Some(&name[..]) {
                let path = source.path.clone();
                return Ok(Place { path, name });
            }
        }
    }
    Err(format!("{rule}: no test shows that it {shows:?}"))
}

/// Every test with the modules that it lies in. Modules end where rustfmt puts their brace.
fn tests(text: &str) -> Vec<(Vec<String>, String)> {
    let mut found = Vec::new();
    let mut modules: Vec<(usize, String)> = Vec::new();
    let mut marked = false;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        let line = line.trim_start();
        if line == "}" && modules.last().is_some_and(|(at, _)| *at == indent) {
            modules.pop();
        } else if let Some(name) = line.strip_prefix("mod ").and_then(|l| l.strip_suffix(" {")) {
            modules.push((indent, name.to_owned()));
        } else if line == "#[test]" {
            marked = true;
        } else if marked && let Some(name) = function_name(line) {
            marked = false;
            found.push((modules.iter().map(|(_, name)| name.clone()).collect(), name));
        }
    }
    found
}

fn functions(text: &str) -> impl Iterator<Item = String> {
    text.lines()
        .filter_map(|line| function_name(line.trim_start()))
}

fn function_name(line: &str) -> Option<String> {
    let qualifiers = ["pub ", "pub(super) ", "pub(crate) ", "const "];
    let mut rest = line;
    while let Some(shorter) = qualifiers.iter().find_map(|q| rest.strip_prefix(q)) {
        rest = shorter;
    }
    let name = rest.strip_prefix("fn ")?;
    let end = name.find(|c: char| c != '_' && !c.is_ascii_alphanumeric())?;
    name.get(..end).map(str::to_owned)
}

fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| Rule | Sentence | Stage | Function | Tests: it passes; it refuses | At its number; one past it | It alone stops |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let sentence = row.rule.sentence(Lang::En);
        let (rule, stage) = (row.rule, row.rule.stage());
        let (function, passes, refuses) = (&row.function, &row.passes, &row.refuses);
        let number = match row.number {
            Number::Held(at, past) if at == past => format!("`{at}`"),
            Number::Held(at, past) => format!("`{at}`; `{past}`"),
            Number::None(why) => format!("none: {why}"),
        };
        let elsewhere = if passes.path == refuses.path {
            String::new()
        } else {
            format!("`{}`: ", refuses.path)
        };
        let _ = writeln!(
            text,
            "| {rule} | {sentence} | {stage:?} | `{}::{}` | `{}`: `{}`; {elsewhere}`{}` | {number} | {} |",
            function.path, function.name, passes.path, passes.name, refuses.name, row.alone
        );
    }
    text
}

/// The workspace's root folder.
fn root() -> PathBuf {
    let core = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = core.parent().expect("signer-core lies in the workspace");
    root.to_path_buf()
}

/// Every Rust file of these folders, in order.
fn sources(folders: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    for folder in folders {
        collect(&root().join(folder), &mut found);
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("the sources can be listed") {
        let path = entry.expect("the sources can be listed").path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let short = path.strip_prefix(root()).expect("it lies below the root");
            found.push(Source {
                path: short.display().to_string(),
                text: fs::read_to_string(&path).expect("a source can be read"),
            });
        }
    }
}
