//! The sheet in both languages, and what hostile words can do to it: nothing.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use std::vec;

use super::{Sheet, SheetStanding};
use crate::approval::HeardRequest;
use crate::digest::{hex, words_of};
use crate::html::checks;
use crate::review::tests::golden;
use crate::review::{layout, render};
use crate::testing::{Ballot, Case, World, id, label};
use crate::types::Lang;

/// A request that one of two officers has approved.
fn half_approved(world: &World) -> Case {
    let mut case = Case::new(world);
    case.ballots = vec![Ballot::yes("approver.a")];
    case.signed_by = vec![1];
    case.edit_request = Box::new(|request| {
        request.invited = vec![id("approver.a"), id("director.d")];
        request.mandatory = vec![id("director.d")];
    });
    case
}

fn sheet(case: &Case, world: &World) -> Sheet {
    let checked = case.check_full(world).unwrap();
    Sheet::of(&HeardRequest::look(checked, &world.roster).unwrap())
}

#[test]
fn the_sheet_is_the_golden_one() {
    let world = World::new();
    let sheet = sheet(&half_approved(&world), &world);
    assert_eq!(sheet.standing(), SheetStanding::Open);
    golden("sheet-en.txt", &sheet.text(Lang::En));
    golden("sheet-ja.txt", &sheet.text(Lang::Ja));
    golden("sheet.html", &sheet.page());
}

#[test]
fn the_page_loads_and_runs_nothing_and_is_well_formed() {
    let world = World::new();
    let page = sheet(&half_approved(&world), &world).page();
    checks::loads_and_runs_nothing(&page);
    checks::tags_are_closed_in_order(&page);
}

/// The device's screens of the same transaction say nothing in other words.
#[test]
fn what_the_device_will_show_stands_on_the_sheet_line_by_line() {
    let world = World::new();
    let mut case = Case::new(&world);
    case.signed_by = vec![1];
    let sheet = sheet(&case, &world);
    assert_eq!(sheet.standing(), SheetStanding::Approved);
    let session = crate::review::tests::session(&world);
    let facts = crate::review::gather::facts(&case.approve(&world).unwrap());
    for lang in [Lang::En, Lang::Ja] {
        let text = sheet.text(lang);
        let ours: Vec<&str> = text.lines().collect();
        let mut compared = 0;
        for screen in render(lang, &facts, &session) {
            use crate::review::ScreenKind::{Report, Summary};
            // Another set of rules is judged, and another question is the last.
            if matches!(screen.id().kind, Report | Summary) {
                continue;
            }
            for line in screen.lines().iter().skip(2) {
                let operator = line.starts_with("Operator") || line.starts_with("操作者");
                assert!(operator || ours.contains(&line.as_str()), "{line}");
                compared += 1;
            }
        }
        assert!(compared > 30, "{compared}");
    }
}

#[test]
fn both_languages_say_the_same_things_in_the_same_order() {
    let world = World::new();
    for case in [half_approved(&world), Case::new(&world)] {
        let sheet = sheet(&case, &world);
        let (en, ja) = (sheet.sections(Lang::En), sheet.sections(Lang::Ja));
        assert_eq!(en.len(), ja.len());
        for (en, ja) in en.iter().zip(&ja) {
            assert_eq!(en.items.len(), ja.items.len(), "{}", en.title());
            for (en, ja) in en.items.iter().zip(&ja.items) {
                let same = core::mem::discriminant(en) == core::mem::discriminant(ja);
                assert!(same, "{en:?} {ja:?}");
            }
        }
    }
}

#[test]
fn every_digest_is_there_in_full_and_nothing_is_too_wide() {
    let world = World::new();
    let case = half_approved(&world);
    let heard = HeardRequest::look(case.check_full(&world).unwrap(), &world.roster).unwrap();
    let request = heard.request().clone();
    let digest = heard.request_digest();
    let sheet = Sheet::of(&heard);
    for lang in [Lang::En, Lang::Ja] {
        let text = sheet.text(lang);
        let joined: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let plain = text.replace('\n', " ");
        for bytes in [
            digest.as_bytes(),
            request.tx.as_bytes(),
            request.wallet.as_bytes(),
            request.policy.as_bytes(),
            request.roster.as_bytes(),
            request.root.as_bytes(),
        ] {
            assert!(joined.contains(&hex(bytes)));
            for four in words_of(bytes).chunks(4) {
                assert!(plain.contains(&four.join(" ")));
            }
        }
        for line in text.lines() {
            assert!(layout::width(line) <= layout::COLUMNS, "{line}");
        }
    }
}

#[test]
fn a_rejected_request_says_so_first() {
    let world = World::new();
    let mut case = Case::new(&world);
    case.ballots = vec![Ballot::yes("approver.a"), Ballot::no("director.d")];
    let sheet = sheet(&case, &world);
    assert_eq!(sheet.standing(), SheetStanding::Rejected);
    assert!(sheet.text(Lang::En).contains("rejected by director.d"));
    assert!(sheet.page().contains("standing stop"));
}

#[test]
fn words_from_outside_cannot_leave_their_place() {
    let world = World::new();
    for hostile in [
        "</td></table><script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "<style>.stop{display:none}</style>",
        "</title><meta http-equiv=refresh content=0>",
        "<!-- & &lt;b&gt; '",
    ] {
        let mut case = half_approved(&world);
        case.edit_request = Box::new(move |request| request.purpose = label(hostile));
        let (bad, mut case) = (sheet(&case, &world).page(), case);
        case.edit_request = Box::new(|request| request.purpose = label("x"));
        let good = sheet(&case, &world).page();
        let tags = |page: &str| -> Vec<String> {
            let parts = page.split('<').skip(1);
            parts
                .map(|part| part.split('>').next().unwrap().into())
                .collect()
        };
        assert_eq!(tags(&bad), tags(&good), "{hostile}");
        assert!(!bad.contains(hostile));
    }
}
