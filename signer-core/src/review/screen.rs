//! Screens: what people read before they consent. A pure function of kind, language and facts, so
//! that a terminal, a test and an auditor see the same text.

mod change;
mod fee;
mod inputs;
mod notice;
mod payment;
pub(crate) mod people;
mod replaced;
mod report;
mod signatures;
mod summary;
pub(crate) mod wallet;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::facts::{ReviewSession, TxFacts};
use super::layout::{self, Block};
use crate::approval::RequestKind;
use crate::cose::Scope;
use crate::digest::{ScreenDigest, ScreensDigest};
use crate::types::{Lang, Network, Purpose};

/// What a screen is about, in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScreenKind {
    /// Who asked, who approved, who is here.
    People,
    /// The wallet that pays.
    Wallet,
    /// The coins that are spent.
    Inputs,
    /// One payment, counted from 0.
    Payment(usize),
    /// What returns to the wallet.
    Change,
    /// The fee and its caps.
    Fee,
    /// One version that a fee bump replaces, beside this one; counted from 0.
    Replaced(usize),
    /// One notice of a rule, counted from 0.
    Notice(usize),
    /// The co-signers who have signed already.
    Signatures,
    /// Every rule and its verdict.
    Report,
    /// What happens next.
    Summary,
}

impl ScreenKind {
    /// Every screen of a transaction, in order.
    pub fn of(facts: &TxFacts) -> Vec<Self> {
        let mut kinds = alloc::vec![Self::People, Self::Wallet, Self::Inputs];
        kinds.extend((0..facts.payments.len()).map(Self::Payment));
        kinds.extend([Self::Change, Self::Fee]);
        kinds.extend((0..facts.replaces.len()).map(Self::Replaced));
        kinds.extend((0..facts.notices().count()).map(Self::Notice));
        kinds.extend([Self::Signatures, Self::Report, Self::Summary]);
        kinds
    }

    pub(crate) fn title(self, facts: &TxFacts) -> [String; 2] {
        let numbered = |[en, ja]: [&str; 2], place: usize, of: usize| {
            let number = place.saturating_add(1);
            [
                format!("{en} {number} / {of}"),
                format!("{ja} {number} / {of}"),
            ]
        };
        let plain = |[en, ja]: [&str; 2]| [en.into(), ja.into()];
        match self {
            Self::People => plain(["PEOPLE", "関係者"]),
            Self::Wallet => plain(["WALLET", "ウォレット"]),
            Self::Inputs => plain(["COINS SPENT", "使用するコイン(入力)"]),
            Self::Payment(n) => numbered(["DESTINATION", "送付先"], n, facts.payments.len()),
            Self::Change => plain(["CHANGE", "おつり(釣銭出力)"]),
            Self::Fee => plain(["FEE", "ネットワーク手数料"]),
            Self::Replaced(n) => numbered(["FEE BUMP", "手数料引上げ"], n, facts.replaces.len()),
            Self::Notice(n) => numbered(["NOTICE", "注意"], n, facts.notices().count()),
            Self::Signatures => plain(["SIGNATURES PRESENT", "既にある署名"]),
            Self::Report => plain(["RULES", "規則の判定"]),
            Self::Summary => plain(["SUMMARY", "まとめ"]),
        }
    }

    /// The content, without header and footer.
    fn content(self, lang: Lang, facts: &TxFacts) -> Vec<String> {
        self.block(lang, facts).into_lines()
    }

    /// The same before it is broken into lines.
    pub(crate) fn block(self, lang: Lang, facts: &TxFacts) -> Block {
        let mut block = Block::new(lang);
        match self {
            Self::People => people::write(&mut block, facts),
            Self::Wallet => wallet::write(&mut block, &facts.wallet),
            Self::Inputs => inputs::write(&mut block, facts),
            Self::Payment(n) => payment::write(&mut block, facts, n),
            Self::Change => change::write(&mut block, facts),
            Self::Fee => fee::write(&mut block, &facts.fee),
            Self::Replaced(n) => replaced::write(&mut block, facts, n),
            Self::Notice(n) => notice::write(&mut block, facts, n),
            Self::Signatures => signatures::write(&mut block, facts),
            Self::Report => report::write(&mut block, facts),
            Self::Summary => summary::write(&mut block, facts),
        }
        block
    }
}

/// Which screen: its kind, and its page where the content is longer than a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScreenId {
    /// What it is about.
    pub kind: ScreenKind,
    /// The page, from 1.
    pub page: usize,
    /// Whether more pages of this kind follow.
    pub part: PagePart,
}

/// Whether a page ends its kind of screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PagePart {
    /// More of the same follows.
    GoesOn,
    /// The last or only page: what is asked is asked here.
    Last,
}

/// One screen as text: header and content. Its digest is over exactly these lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screen {
    id: ScreenId,
    lines: Vec<String>,
}

impl Screen {
    /// Which screen this is.
    pub const fn id(&self) -> ScreenId {
        self.id
    }

    /// The lines, at most [`layout::COLUMNS`] columns each.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// The lines as one text, each ended by a line feed.
    pub fn text(&self) -> String {
        let mut text = self.lines.join("\n");
        text.push('\n');
        text
    }

    /// The digest of the text in its language.
    pub fn digest(&self, lang: Lang) -> ScreenDigest {
        ScreenDigest::of(lang, &self.lines)
    }
}

/// All screens of a transaction in one language, in order.
pub fn render(lang: Lang, facts: &TxFacts, session: &ReviewSession) -> Vec<Screen> {
    let mut pages = Vec::new();
    for kind in ScreenKind::of(facts) {
        let content = kind.content(lang, facts);
        let count = content.chunks(layout::LINES).count();
        for (place, chunk) in content.chunks(layout::LINES).enumerate() {
            let page = place.saturating_add(1);
            let part = if page == count {
                PagePart::Last
            } else {
                PagePart::GoesOn
            };
            pages.push((ScreenId { kind, page, part }, count, chunk.to_vec()));
        }
    }
    let of = pages.len();
    let numbered = pages.into_iter().zip(1_usize..);
    numbered
        .map(|((id, count, content), number)| {
            let mut lines = header(lang, facts, session, (number, of));
            let [en, ja] = id.kind.title(facts);
            let title = format!("{}{}", sweep(lang, facts.kind), lang.pick(&en, &ja));
            lines.push(if count > 1 {
                format!("== {title} ({}/{count})", id.page)
            } else {
                format!("== {title}")
            });
            lines.extend(content);
            Screen { id, lines }
        })
        .collect()
}

/// The digest of all screens, in order.
pub fn digest_of(lang: Lang, screens: &[Screen]) -> ScreensDigest {
    let digests: Vec<u8> = screens
        .iter()
        .flat_map(|screen| *screen.digest(lang).as_bytes())
        .collect();
    ScreensDigest::over(&[&[lang.number()], &digests])
}

/// Where we are, and whether it is meant: `[TEST regtest] ** DRILL 訓練 **`.
pub(crate) fn place(lang: Lang, scope: Scope) -> String {
    let network = match scope.network {
        Network::Main => lang.pick("MAIN", "本番 MAIN").into(),
        other => format!("{} {other}", lang.pick("TEST", "試験")),
    };
    let drill = match scope.purpose {
        Purpose::Live => "",
        Purpose::Drill => " ** DRILL 訓練 **",
    };
    format!("[{network}]{drill}")
}

/// What stands before the title of every screen of a sweep.
pub(crate) const fn sweep(lang: Lang, kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Ordinary => "",
        RequestKind::Sweep => lang.pick("** SWEEP ** ", "** 緊急退避送金 ** "),
    }
}

/// The two lines above every screen: where we are, and whether it is meant.
fn header(
    lang: Lang,
    facts: &TxFacts,
    session: &ReviewSession,
    (step, of): (usize, usize),
) -> Vec<String> {
    let place = place(lang, facts.scope);
    let (fingerprint, number) = (session.fingerprint(), session.session);
    let (device, case) = (&session.device_name, &facts.case);
    match lang {
        Lang::En => alloc::vec![
            format!("{place} session {number}  step {step}/{of} ({fingerprint})"),
            format!("device {device}  case {case}"),
        ],
        Lang::Ja => alloc::vec![
            format!("{place} 回 {number}  手順 {step}/{of}  ({fingerprint})"),
            format!("端末 {device}  案件 {case}"),
        ],
    }
}
