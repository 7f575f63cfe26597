//! The request sheet: what an officer reads before approving or rejecting, made on the officer's
//! own desk from the PSBT itself.
//!
//! The words are those of the device's screens, in the same order. What only a session knows
//! (device, operators) is left out; who was asked, what is still open, and every digest come
//! beside it.

mod page;
mod parts;

pub use parts::still_missing;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::facts::TxFacts;
use super::gather;
use super::layout::{self, Block, Item};
use super::screen::{self, ScreenKind};
use crate::approval::{AskedOfficer, HeardRequest};
use crate::digest::{
    PolicyDigest, RequestDigest, RootDigest, RosterDigest, TxDigest, WalletDigest,
};
use crate::rule::{Refusal, RuleId};
use crate::types::{Lang, OfficerId};

/// A request sheet: a view, never authority.
#[derive(Clone, Debug)]
pub struct Sheet {
    facts: TxFacts,
    builder: OfficerId,
    broadcaster: OfficerId,
    asked: Vec<AskedOfficer>,
    open: Vec<Refusal>,
    rejections: Vec<Refusal>,
    at_device: Vec<RuleId>,
    digests: Digests,
}

/// What officers compare.
#[derive(Clone, Debug)]
struct Digests {
    request: RequestDigest,
    tx: TxDigest,
    wallet: WalletDigest,
    policy: PolicyDigest,
    roster: RosterDigest,
    root: RootDigest,
}

/// How far a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SheetStanding {
    /// An officer rejected it: it is dead.
    Rejected,
    /// Approvals are missing.
    Open,
    /// The approvals that policy asks for are there.
    Approved,
}

impl SheetStanding {
    /// In words.
    pub const fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::Rejected => lang.pick(
                "REJECTED: this request is dead, for ever",
                "否認済み: この申請は恒久的に無効です",
            ),
            Self::Open => lang.pick("OPEN: approvals are missing", "未了: 承認が不足しています"),
            Self::Approved => lang.pick(
                "APPROVED: the approvals that policy asks for are there",
                "承認済み: ポリシーが求める承認は揃っています",
            ),
        }
    }
}

/// One part of the sheet in one language.
#[derive(Clone, Debug)]
pub struct Section {
    title: String,
    items: Vec<Item>,
}

impl Section {
    /// What it is about.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Its lines, at most [`layout::COLUMNS`] columns each.
    pub fn lines(&self) -> Vec<String> {
        layout::lines_of(&self.items)
    }
}

impl Sheet {
    /// The sheet of a request.
    pub fn of(heard: &HeardRequest) -> Self {
        let request = heard.request();
        Self {
            facts: gather::at_desk(heard),
            builder: request.builder.clone(),
            broadcaster: request.broadcaster.clone(),
            asked: heard.asked().to_vec(),
            open: heard.open().to_vec(),
            rejections: heard.rejections().to_vec(),
            at_device: heard.at_device(),
            digests: Digests {
                request: heard.request_digest(),
                tx: request.tx,
                wallet: request.wallet,
                policy: request.policy,
                roster: request.roster,
                root: request.root,
            },
        }
    }

    /// What the screens will show of the transaction.
    pub const fn facts(&self) -> &TxFacts {
        &self.facts
    }

    /// How far the request is.
    pub const fn standing(&self) -> SheetStanding {
        if !self.rejections.is_empty() {
            SheetStanding::Rejected
        } else if !self.open.is_empty() {
            SheetStanding::Open
        } else {
            SheetStanding::Approved
        }
    }

    /// Every section, in order.
    pub fn sections(&self, lang: Lang) -> Vec<Section> {
        let mut sections = Vec::new();
        let mut part = |[en, ja]: [&str; 2], write: &dyn Fn(&mut Block)| {
            let mut block = Block::new(lang);
            write(&mut block);
            sections.push(Section {
                title: lang.pick(en, ja).into(),
                items: block.into_items(),
            });
        };
        part(["REQUEST", "申請"], &|b| parts::head(b, self));
        for kind in ScreenKind::of(&self.facts) {
            match kind {
                // What a session asks last; the sheet has a total of its own.
                ScreenKind::Summary => part(["TOTAL", "合計"], &|b| parts::total(b, &self.facts)),
                ScreenKind::Report => {
                    self.screen(kind, lang, &mut part);
                    part(
                        ["NOT JUDGED HERE", "ここでは判定しない規則"],
                        &|b| {
                            parts::beyond(b, self);
                        },
                    );
                }
                ScreenKind::People => {
                    self.screen(kind, lang, &mut part);
                    part(["WHO WAS ASKED", "承認依頼先"], &|b| {
                        parts::asked(b, self);
                    });
                }
                _ => self.screen(kind, lang, &mut part),
            }
        }
        part(["DIGESTS", "ダイジェスト"], &|b| {
            parts::digests(b, &self.digests);
        });
        sections
    }

    /// A section that says what the device's screen of this kind says.
    fn screen(
        &self,
        kind: ScreenKind,
        lang: Lang,
        part: &mut impl FnMut([&str; 2], &dyn Fn(&mut Block)),
    ) {
        let [en, ja] = kind.title(&self.facts);
        let content = kind.block(lang, &self.facts);
        part([&en, &ja], &|block| block.append(&content));
    }

    /// The whole sheet as text in one language, each line ended by a line feed.
    pub fn text(&self, lang: Lang) -> String {
        let mut lines = alloc::vec![screen::place(lang, self.facts.scope)];
        for section in self.sections(lang) {
            lines.push(String::new());
            lines.push(format!("== {}", section.title()));
            lines.extend(section.lines());
        }
        lines.push(String::new());
        lines.join("\n")
    }

    /// The whole sheet as one HTML page, both languages side by side.
    pub fn page(&self) -> String {
        page::page(self)
    }
}

#[cfg(test)]
mod tests;
