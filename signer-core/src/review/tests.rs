//! Every screen in both languages, the questions, and the ways to fail them.

use alloc::string::String;
use alloc::vec::Vec;
use std::vec;

use bitcoin::{Amount, Weight};

use super::{
    Answer, FeeFacts, PaymentFacts, Person, Review, ReviewSession, Standing, Step, TxFacts,
    digest_of, gather, layout, render,
};
use crate::approval::Seat;
use crate::digest::TxDigest;
use crate::phrase;
use crate::policy::{ColdShare, FeeCaps};
use crate::review::{CoinFacts, InsideFacts, ReplacedFacts, SignerFacts, VersionFacts};
use crate::rule::{Phrase, RuleId, Verdict};
use crate::testing::{Case, World, id, label};
use crate::types::{
    Height, Id, Label, Lang, Network, OutputIndex, Purpose, SessionNumber, Version,
};
use crate::wallet::WalletClass;

pub(super) fn session(world: &World) -> ReviewSession {
    ReviewSession {
        device: world.devices[0].id(),
        device_name: id("north"),
        session: SessionNumber(41),
        nonce: [3; 32],
    }
}

fn opened(lang: Lang) -> Review {
    let world = World::new();
    let mut case = Case::new(&world);
    case.signed_by = vec![1];
    Review::open(case.approve(&world).unwrap(), lang, session(&world))
}

fn facts() -> TxFacts {
    let world = World::new();
    gather::facts(&Case::new(&world).approve(&world).unwrap())
}

/// Two versions before this one; the device never signed the first.
fn versions(tx: TxDigest) -> Vec<ReplacedFacts> {
    let most = Amount::MAX_MONEY;
    let version = VersionFacts {
        coins: 100_000,
        paid: most,
        change: most,
        fee: most,
    };
    let known = [None, Some(version)].into_iter();
    known.map(|known| ReplacedFacts { tx, known }).collect()
}

fn all_cold() -> ColdShare {
    ColdShare {
        per_mille: 1_000,
        floor: 1_000,
        height: Height(u32::MAX),
    }
}

/// The facts of a transfer in which everything is as long as it can be.
fn longest() -> TxFacts {
    let long = Label::new(&"電".repeat(64)).unwrap();
    let name = Id::new(&"w".repeat(32)).unwrap();
    let person = Person {
        id: name.clone(),
        name: label(&"W".repeat(64)),
        name_ja: long.clone(),
        department: name.clone(),
        standing: Standing::Director,
    };
    let most = Amount::MAX_MONEY;
    let mut facts = facts();
    facts.scope.purpose = Purpose::Drill;
    facts.scope.network = Network::Testnet4;
    facts.case = name.clone();
    facts.purpose = long.clone();
    facts.people.requester = person.clone();
    facts.people.approvers = vec![person.clone(); 15];
    facts.people.operators = Some([person.clone(), person]);
    facts.wallet.name = long.clone();
    facts.wallet.policy_number = Version(u32::MAX);
    facts.wallet.cold = Some(all_cold());
    facts.inputs = CoinFacts {
        count: 100_000,
        sum: most,
    };
    let address: String = "bcrt1"
        .chars()
        .chain(('a'..='z').cycle())
        .take(90)
        .collect();
    facts.payments = vec![
        PaymentFacts {
            output: OutputIndex(u32::MAX),
            destination: name.clone(),
            label: long,
            address: address.clone(),
            amount: most,
            inside: Some(InsideFacts {
                name: facts.wallet.name.clone(),
                class: WalletClass::Guarantee,
            }),
        };
        2
    ];
    facts.change[0].address = address;
    facts.change[0].amount = most;
    facts.fee = FeeFacts {
        fee: most,
        weight: Weight::from_wu(400_000),
        share_of: Amount::ONE_SAT,
        caps: FeeCaps {
            absolute: most,
            sat_per_vbyte: u32::MAX,
            per_mille: u32::MAX,
        },
        ceiling: most,
    };
    facts.replaces = versions(facts.tx);
    facts.signed_by = vec![
        SignerFacts {
            name,
            inputs: 100_000
        };
        14
    ];
    facts.report[0].1 = Verdict::Notice(Phrase::new(&"n".repeat(700), &"通".repeat(350)));
    facts.report[1].1 = Verdict::NotApplicable(Phrase::new(&"a".repeat(240), &"対".repeat(120)));
    facts
}

/// Where golden texts lie; written anew with `HIMURO_GOLDEN=write`.
pub(crate) fn golden(name: &str, text: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if std::env::var("HIMURO_GOLDEN").as_deref() == Ok("write") {
        std::fs::write(&path, text).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text, known, "{name} differs");
}

/// All pages with the questions after them.
fn script(review: &Review) -> String {
    let lang = review.lang();
    let pages = review.pages().iter();
    let pages = pages.map(|page| {
        let asked = page.challenges().iter();
        let asked = asked.map(|c| std::format!("? {}\n> {}\n", c.question(lang), c.expected()));
        std::format!("{}{}\n", page.text(lang), asked.collect::<String>())
    });
    pages.collect()
}

#[test]
fn screens_and_questions_are_the_golden_ones() {
    golden("screens-en.txt", &script(&opened(Lang::En)));
    golden("screens-ja.txt", &script(&opened(Lang::Ja)));
}

#[test]
fn the_longest_screens_are_the_golden_ones() {
    let world = World::new();
    for (lang, name) in [(Lang::En, "longest-en.txt"), (Lang::Ja, "longest-ja.txt")] {
        let screens = render(lang, &longest(), &session(&world));
        let text: Vec<String> = screens.iter().map(super::Screen::text).collect();
        golden(name, &text.join("\n"));
    }
}

#[test]
fn nothing_is_wider_or_longer_than_a_screen_and_nothing_is_cut() {
    let world = World::new();
    let mut session = session(&world);
    session.device_name = Id::new(&"m".repeat(32)).unwrap();
    session.session = SessionNumber(u32::MAX);
    let facts = longest();
    for lang in [Lang::En, Lang::Ja] {
        let screens = render(lang, &facts, &session);
        let lines: Vec<&String> = screens.iter().flat_map(super::Screen::lines).collect();
        for line in &lines {
            assert!(layout::width(line) <= layout::COLUMNS, "{line}");
        }
        for screen in &screens {
            assert!(screen.lines().len() <= layout::LINES + 3);
        }
        let joined: String = lines.iter().map(|line| line.as_str()).collect();
        let bare: String = joined.chars().filter(|c| *c != ' ').collect();
        for whole in [facts.purpose.as_str(), facts.case.as_str()] {
            assert!(bare.contains(whole), "{whole}");
        }
        let most = "21,000,000.000 000 00 BTC";
        assert!(lines.iter().filter(|line| line.contains(most)).count() >= 4);
    }
}

#[test]
fn a_drill_and_a_network_stand_on_every_screen() {
    let world = World::new();
    let mut facts = facts();
    for (network, word) in [(Network::Main, "MAIN"), (Network::Signet, "signet")] {
        facts.scope.network = network;
        for purpose in [Purpose::Live, Purpose::Drill] {
            facts.scope.purpose = purpose;
            for screen in render(Lang::En, &facts, &session(&world)) {
                let header = &screen.lines()[0];
                assert!(header.contains(word));
                assert_eq!(header.contains("DRILL"), purpose == Purpose::Drill);
            }
        }
    }
}

#[test]
fn a_notice_has_a_screen_of_its_own_and_both_operators_answer() {
    let world = World::new();
    let mut facts = facts();
    facts.report[4].1 = Verdict::Notice(phrase!(
        "the wallet is nearly empty of keys",
        "ウォレットの鍵が残りわずか"
    ));
    let (rule, _) = facts.report[4].clone();
    let screens = render(Lang::En, &facts, &session(&world));
    let notice = screens.iter().find(|s| s.text().contains("nearly empty"));
    let source = super::challenge::Source {
        screens: digest_of(Lang::En, &screens),
        nonce: &[3; 32],
        facts: &facts,
    };
    let asked = source.challenges(notice.unwrap(), 7);
    let seats: Vec<Seat> = asked.iter().map(super::Challenge::seat).collect();
    assert_eq!(seats, [Seat::OperatorA, Seat::OperatorB]);
    assert_eq!(asked[0].expected(), rule.name());
}

#[test]
fn one_other_fact_changes_the_digest_and_the_questions() {
    let world = World::new();
    let (facts, session) = (facts(), session(&world));
    let digest = |facts: &TxFacts, lang| digest_of(lang, &render(lang, facts, &session));
    let was = digest(&facts, Lang::En);
    assert_ne!(digest(&facts, Lang::Ja), was);
    let mut other = facts.clone();
    other.payments[0].amount += Amount::ONE_SAT;
    assert_ne!(digest(&other, Lang::En), was);
    let screens = render(Lang::En, &facts, &session);
    let questions = |nonce: u8| {
        let source = super::challenge::Source {
            screens: was,
            nonce: &[nonce; 32],
            facts: &facts,
        };
        let pages = (1..).zip(&screens);
        let asked = pages.flat_map(|(number, screen)| source.challenges(screen, number));
        asked
            .map(|c| (c.question(Lang::En), String::from(c.expected())))
            .collect::<Vec<_>>()
    };
    assert_eq!(questions(1), questions(1));
    assert_ne!(questions(1), questions(2));
}

#[test]
fn amounts_may_be_typed_in_groups_and_must_be_exact() {
    let review = opened(Lang::En);
    let payment = &review.pages()[3];
    let amount = &payment.challenges()[1];
    assert_eq!(amount.expected(), "0.01200000");
    for right in ["0.01200000", " 0.012 000 00 "] {
        assert_eq!(amount.matches(right), super::AnswerMatch::Right);
    }
    for wrong in [
        "0.012",
        "0.0120000",
        "0,01200000",
        "0.012000000",
        ".01200000",
        "1200000",
        "00.01200000",
        "0.01200000 BTC",
        "",
        "y",
        "yes",
    ] {
        assert_eq!(amount.matches(wrong), super::AnswerMatch::Wrong, "{wrong}");
    }
    let address = &payment.challenges()[0];
    let spaced: String = address.expected().chars().flat_map(|c| [c, ' ']).collect();
    assert_eq!(address.matches(&spaced), super::AnswerMatch::Right);
    let upper = address.expected().to_uppercase();
    assert_eq!(address.matches(&upper), super::AnswerMatch::Wrong);
}

#[test]
fn enter_alone_and_yes_are_never_an_answer() {
    for lang in [Lang::En, Lang::Ja] {
        let review = opened(lang);
        for challenge in review.pages().iter().flat_map(super::Page::challenges) {
            for lazy in ["", " ", "y", "yes", "ok", "はい", "n", "r"] {
                assert_eq!(challenge.matches(lazy), super::AnswerMatch::Wrong);
            }
        }
    }
}

/// Shows and answers everything that is due, up to the page of this number.
fn read_to(review: &mut Review, last: u32) {
    loop {
        match review.step() {
            Step::Show { number, .. } if number > last => return,
            Step::Show { .. } => review.shown(),
            Step::Ask { challenge, .. } => {
                let text = String::from(challenge.expected());
                assert_eq!(review.answer(&text), Answer::Accepted);
            }
            Step::Done => return,
        }
    }
}

mod rev01 {
    use super::*;

    #[test]
    fn passes_when_every_screen_was_shown() {
        let mut review = opened(Lang::Ja);
        let digest = review.digest();
        read_to(&mut review, u32::MAX);
        assert_eq!(review.finish().unwrap().screens(), digest);
    }

    #[test]
    fn refuses_at_every_screen_before_the_last() {
        let pages = u32::try_from(opened(Lang::En).pages().len()).unwrap();
        for last in 0..pages {
            let mut review = opened(Lang::En);
            read_to(&mut review, last);
            assert_eq!(review.finish().unwrap_err().rule, RuleId::REV01);
        }
    }

    #[test]
    fn refuses_a_screen_that_is_shown_before_the_question_is_answered() {
        let mut review = opened(Lang::En);
        review.shown();
        review.shown();
        assert!(matches!(review.step(), Step::Done));
        assert_eq!(review.finish().unwrap_err().rule, RuleId::REV01);
    }

    #[test]
    fn refuses_an_answer_before_its_screen() {
        let mut review = opened(Lang::En);
        assert_eq!(
            review.answer("typed ahead"),
            Answer::Wrong { tries_left: 0 }
        );
        assert_eq!(review.finish().unwrap_err().rule, RuleId::REV01);
    }
}

mod rev02 {
    use super::*;

    #[test]
    fn passes_after_two_wrong_answers_to_each_question() {
        let mut review = opened(Lang::En);
        loop {
            match review.step() {
                Step::Show { .. } => review.shown(),
                Step::Ask { challenge, .. } => {
                    let text = String::from(challenge.expected());
                    assert_eq!(review.answer("?"), Answer::Wrong { tries_left: 2 });
                    assert_eq!(review.answer("?"), Answer::Wrong { tries_left: 1 });
                    assert_eq!(review.answer(&text), Answer::Accepted);
                }
                Step::Done => break,
            }
        }
        assert!(review.finish().is_ok());
    }

    #[test]
    fn refuses_a_third_wrong_answer_and_every_answer_after_it() {
        let mut review = opened(Lang::En);
        read_to(&mut review, 3);
        review.shown();
        for tries_left in [2, 1, 0, 0] {
            assert_eq!(review.answer("?"), Answer::Wrong { tries_left });
        }
        let refusal = review.finish().unwrap_err();
        assert_eq!(refusal.rule, RuleId::REV02);
        assert_eq!(refusal.place, crate::rule::Place::Screen(4));
    }

    #[test]
    fn refuses_while_the_last_question_is_open() {
        let mut review = opened(Lang::En);
        let pages = u32::try_from(review.pages().len()).unwrap();
        read_to(&mut review, pages - 1);
        review.shown();
        assert_eq!(review.finish().unwrap_err().rule, RuleId::REV02);
    }

    #[test]
    fn rejecting_is_one_key_on_every_screen() {
        let pages = u32::try_from(opened(Lang::En).pages().len()).unwrap();
        for page in 0..pages {
            let mut review = opened(Lang::En);
            read_to(&mut review, page);
            review.shown();
            assert_eq!(review.answer("r"), Answer::Rejected);
            assert!(matches!(review.step(), Step::Done));
            assert_eq!(review.finish().unwrap_err().rule, RuleId::REV02);
        }
    }
}

/// For each rule of the review a course that it alone refuses.
mod alone {
    use super::*;
    use crate::review::{Progress, rules};

    /// The rules that refuse a review of four screens and five questions.
    fn refusing(shown: usize, answered: usize) -> Vec<RuleId> {
        let progress = Progress {
            shown,
            asked: 0,
            answered,
            tries_left: 3,
            end: None,
        };
        let judged = [rules::rev01(&progress, 4), rules::rev02(&progress, 5)];
        let refused = judged.into_iter().filter_map(Result::err);
        refused.map(|refusal| refusal.rule).collect()
    }

    #[test]
    fn rev01_alone() {
        assert_eq!(refusing(4, 5), []);
        // The last screen asks nothing, and was not shown.
        assert_eq!(refusing(3, 5), [RuleId::REV01]);
    }

    #[test]
    fn rev02_alone() {
        assert_eq!(refusing(4, 4), [RuleId::REV02]);
    }
}
