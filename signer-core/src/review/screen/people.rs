//! Who asked, who approved, who is here.

use alloc::format;
use alloc::string::String;

use crate::approval::Seat;
use crate::review::facts::{Person, Standing, TxFacts};
use crate::review::layout::Block;
use crate::types::Lang;

pub(super) fn write(block: &mut Block, facts: &TxFacts) {
    let (lang, people) = (block.lang(), &facts.people);
    block.fact(["Requested by", "起案者"], person(lang, &people.requester));
    for (approver, number) in people.approvers.iter().zip(1_usize..) {
        let (en, ja) = (format!("Approver {number}"), format!("承認者 {number}"));
        block.fact([&en, &ja], person(lang, approver));
    }
    if let Some([a, b]) = &people.operators {
        block.fact(Seat::OperatorA.title(), person(lang, a));
        block.fact(Seat::OperatorB.title(), person(lang, b));
    }
    block.fact(
        ["Valid to block", "期限ブロック高"],
        format!("{}", facts.expiry),
    );
    block.gap();
    block.text("---- NOT VERIFIED / 未検証(ホスト申告) ----");
    block.fact(["Purpose", "目的"], facts.purpose.as_str());
    block.text("-------------------------------------------");
}

/// Name, identifier, department; a director is called one.
pub(crate) fn person(lang: Lang, person: &Person) -> String {
    let name = match lang {
        Lang::En => &person.name,
        Lang::Ja => &person.name_ja,
    };
    let director = match person.standing {
        Standing::Director => lang.pick("  DIRECTOR", "  取締役"),
        Standing::Officer => "",
    };
    let (id, department) = (&person.id, &person.department);
    format!("{name} ({id})  {department}{director}")
}
