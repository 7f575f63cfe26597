//! What is shown of every case that passes: digests of its screens in both languages, and of the
//! first case of a family their text. Written anew with `HIMURO_GOLDEN=write`, and then read by
//! somebody.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::string::String;
use std::vec::Vec;
use std::{env, thread};

use super::replay::Desk;
use super::{FAMILIES, psbt_of};
use crate::digest::ScreensDigest;
use crate::review::{Page, Review};
use crate::transcript::judge;
use crate::types::Lang;
use test_vectors::{Case, Expected, Family, data};

const LANGUAGES: [(Lang, &str); 2] = [(Lang::En, "English"), (Lang::Ja, "日本語")];

/// The family that nothing is wrong with: what is shown as there is not written twice.
const HONEST: &str = "H00-honest";
/// Longest text that is kept whole.
const KEPT: usize = 40_000;

/// The reviews of a case that passes, in both languages.
fn reviews(case: &Case) -> [Review; 2] {
    let psbt = psbt_of(case).expect("a PSBT");
    let desk = Desk::at(case, &psbt, Lang::En).expect("a device of the world");
    LANGUAGES.map(|(lang, _)| {
        let facts = desk.session();
        Review::open(judge(desk.state()).expect("it passes"), lang, facts)
    })
}

fn pages(review: &Review) -> String {
    let page = |page: &Page| page.text(review.lang());
    review.pages().iter().map(page).collect()
}

fn passing(family: &Family) -> Vec<&Case> {
    let cases = family.cases.iter();
    let passing = cases.filter(|case| case.expected == Expected::Accept);
    passing.collect()
}

/// Digests of the first honest case.
fn usual() -> [ScreensDigest; 2] {
    let honest = FAMILIES.iter().find(|family| family.name == HONEST);
    reviews(passing(honest.unwrap())[0]).map(|review| review.digest())
}

/// The file of a family; none where nothing passes.
fn shown(family: &Family, usual: [ScreensDigest; 2]) -> Option<String> {
    let mut out =
        String::from("# Screens of the cases that pass: digests, English and Japanese.\n");
    let mut texts = String::new();
    for case in passing(family) {
        let reviews = reviews(case);
        let [en, ja] = reviews.each_ref().map(Review::digest);
        let _ = writeln!(out, "{} {en} {ja}", case.name);
        let known = family.name != HONEST && [en, ja] == usual;
        if known || !texts.is_empty() {
            continue;
        }
        for (review, (_, language)) in reviews.iter().zip(LANGUAGES) {
            let text = pages(review);
            if text.len() <= KEPT {
                let _ = write!(texts, "\n# {}: {language}\n{text}", case.name);
            }
        }
    }
    out.push_str(&texts);
    (!passing(family).is_empty()).then_some(out)
}

fn file(family: &Family) -> PathBuf {
    data().join(&family.name).join("screens.txt")
}

fn stale(families: &[Family], write: bool) -> Vec<&str> {
    let usual = usual();
    let stale = families.iter().filter(|family| {
        let (made, file) = (shown(family, usual), file(family));
        match (made, write) {
            (Some(text), true) => fs::write(file, text).is_err(),
            (Some(text), false) => fs::read_to_string(file).ok() != Some(text),
            (None, _) => file.exists(),
        }
    });
    stale.map(|family| family.name.as_str()).collect()
}

#[test]
fn what_is_shown_of_every_case_is_the_golden_text() {
    let write = env::var("HIMURO_GOLDEN").as_deref() == Ok("write");
    let (a, b) = FAMILIES.split_at(FAMILIES.len() / 2);
    let stale = thread::scope(|scope| {
        let first = scope.spawn(|| stale(a, write));
        let mut names = stale(b, write);
        names.extend(first.join().unwrap());
        names
    });
    assert_eq!(stale, [""; 0], "other screens than in data/");
}
