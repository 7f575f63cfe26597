//! What a device tells the people of every session before they do anything.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use crate::digest::RosterDigest;
use crate::types::{Height, Lang, OfficerId};

/// What had to be said at the beginning of a session. Where nothing has, there is no such entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Announced {
    /// Officers whose entry in the roster ends soon, or has ended, in ascending order.
    #[n(0)]
    pub ending: Vec<EndingEntry>,
    /// A roster of the recovery quorum that waits.
    #[n(1)]
    pub waiting: Option<AnnouncedRoster>,
    /// Partial signatures that are not settled. The journal up to here says which.
    #[n(2)]
    pub open: Option<OpenCount>,
}

/// How many partial signatures are not settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct OpenCount {
    /// Transactions of which this device released its signatures.
    #[n(0)]
    pub transactions: u32,
    /// Signatures of a part of the journal that is lost, over coins that are not known: nothing
    /// settles them.
    #[n(1)]
    pub unknown: u64,
}

impl OpenCount {
    fn line(self, lang: Lang) -> String {
        let Self {
            transactions,
            unknown,
        } = self;
        let known = match lang {
            Lang::En => format!(
                "open partial signatures: {transactions} transactions are not settled; each can be \
                 sent as long as its coins are unspent"
            ),
            Lang::Ja => format!(
                "未使用部分署名: 未解消の取引 {transactions} 件。コインが未使用である限り送信可能です"
            ),
        };
        match (unknown, lang) {
            (0, _) => known,
            (_, Lang::En) => format!("{known}; {unknown} more signatures are not known"),
            (_, Lang::Ja) => format!("{known}。ほかに内容不明の署名 {unknown} 件"),
        }
    }
}

/// A roster that waits, and can be cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AnnouncedRoster {
    /// The roster.
    #[n(0)]
    pub roster: RosterDigest,
    /// First known height at which it can be installed.
    #[n(1)]
    pub from: Height,
}

impl AnnouncedRoster {
    fn line(&self, known: Height, lang: Lang) -> String {
        let Self { roster, from } = self;
        match lang {
            Lang::En => format!(
                "roster: {roster} of the recovery quorum replaces administrators from height {from}, \
                 known height {known}; one administrator can cancel it"
            ),
            Lang::Ja => format!(
                "名簿: 復旧鍵による名簿 {roster} がブロック高 {from} から管理者を入れ替えます\
                 (既知のブロック高 {known})。管理者1名で取り消せます"
            ),
        }
    }
}

impl Announced {
    /// What is said, a line for each thing, at this known height.
    pub fn lines(&self, known: Height, lang: Lang) -> Vec<String> {
        let ending = self.ending.iter().map(|entry| entry.line(known, lang));
        let waiting = self.waiting.iter().map(|roster| roster.line(known, lang));
        let open = self.open.iter().map(|open| open.line(lang));
        ending.chain(waiting).chain(open).collect()
    }

    /// The announcement, unless there is nothing in it.
    pub fn unless_empty(self) -> Option<Self> {
        (self != Self::default()).then_some(self)
    }
}

/// An entry of the roster that ends.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EndingEntry {
    /// Whose it is.
    #[n(0)]
    pub officer: OfficerId,
    /// The last height at which it is valid.
    #[n(1)]
    pub valid_to: Height,
}

impl EndingEntry {
    fn line(&self, known: Height, lang: Lang) -> String {
        let (officer, last) = (&self.officer, self.valid_to);
        match (known > last, lang) {
            (true, Lang::En) => format!("roster: the entry of {officer} ended at height {last}"),
            (true, Lang::Ja) => format!("名簿: {officer} の登録はブロック高 {last} で終了しました"),
            (false, Lang::En) => format!(
                "roster: the entry of {officer} ends at height {last}, known height {known}; \
                 prepare the next roster"
            ),
            (false, Lang::Ja) => format!(
                "名簿: {officer} の登録はブロック高 {last} で終了します(既知のブロック高 {known})。\
                 次の名簿を準備してください"
            ),
        }
    }
}
