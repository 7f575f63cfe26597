//! The register of open partial signatures: what was made, released or not, and what was settled.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{DeviceState, FoldError};
use crate::approval::Seat;
use crate::digest::hex;
use crate::phrase;
use crate::policy::{Asked, Page};
use crate::settlement::{OpenSignature, Settled, SettledSet, trn06};
use crate::transcript::entry::OpenCount;
use crate::types::Lang;

/// Characters of a transaction's identifier that are typed.
const TAIL: usize = 8;

impl DeviceState {
    /// How much is open, if anything is.
    pub fn open_count(&self) -> Option<OpenCount> {
        let unknown = self.ledger.recovered().map_or(0, |lost| lost.unknown);
        let open = OpenCount {
            transactions: u32::try_from(self.register.count()).unwrap_or(u32::MAX),
            unknown,
        };
        ((open.transactions, open.unknown) != (0, 0)).then_some(open)
    }

    /// The name of the wallet that an open signature is of, where it is known.
    pub fn wallet_name(&self, open: &OpenSignature) -> Option<&str> {
        let id = open.wallet?;
        let mut wallets = self.wallets().wallets().iter().rev();
        let wallet = wallets.find(|wallet| wallet.id() == id)?;
        Some(wallet.name().as_str())
    }

    /// The first signature of a set was made. It counts as open before any session releases it: the
    /// journal holds it, and a journal is copied, exported and carried away.
    pub(super) fn open_set(&mut self) {
        let Some(unfinished) = self.in_hand() else {
            return;
        };
        let intent = &unfinished.intent;
        let transfer = intent.transfer();
        self.register.made(OpenSignature {
            tx: intent.tx,
            unsigned: unfinished.intake.unsigned_txid(),
            wallet: Some(intent.wallet),
            paid: Some(transfer.paid()),
            session: unfinished.session,
            since: self.height(),
            coins: transfer.coins,
        });
    }

    /// What a proof settles, and by which transaction in which block. A types how many are settled, B
    /// the end of each transaction's identifier, as a node of theirs shows it.
    ///
    /// # Errors
    /// Where no session is open.
    pub fn settlement_page(&self, sets: &[SettledSet]) -> Result<Page, FoldError> {
        let lang = self.open().ok_or(FoldError::NoSession)?.opened().lang;
        let count = sets.len();
        let mut lines = Vec::from([match lang {
            Lang::En => format!("SETTLES {count} open transactions"),
            Lang::Ja => format!("未解消の取引 {count} 件を解消"),
        }]);
        let text = [
            "Type how many open transactions this settles",
            "解消する取引の件数を入力",
        ];
        let mut asked = Vec::from([Asked::number("settled", Seat::OperatorA, count, text, lang)]);
        let mut spends = BTreeSet::new();
        for set in sets {
            lines.extend(self.open_line(set, lang));
            let (how, height, id) = (set.how.phrase(), set.height, txid(set));
            let how = how.text(lang);
            lines.push(match lang {
                Lang::En => format!("  {how}: {id} in block {height}"),
                Lang::Ja => format!("  {how}: ブロック高 {height} の取引 {id}"),
            });
            if spends.insert(set.by) {
                asked.push(spend(spends.len(), set, lang));
            }
        }
        let id = "settlement".to_string();
        Ok(Page { id, lines, asked })
    }

    fn open_line(&self, set: &SettledSet, lang: Lang) -> Option<String> {
        let mut open = self.register.open().into_iter();
        let open = open.find(|open| open.tx == set.tx)?;
        Some(open.line(self.wallet_name(open), lang))
    }

    /// A proof takes signatures off the register, before two operators who read what it settles.
    /// Nothing else changes: what was signed over stays signed over.
    pub(super) fn settle(&mut self, what: &Settled) -> Result<(), FoldError> {
        let roster = self.roster.as_ref().ok_or_else(|| {
            FoldError::Artefact(phrase!("no roster is installed", "名簿が導入されていない"))
        })?;
        self.compared_by_two_operators(roster)?;
        let sets = trn06(&what.settlement, &self.accepted, &self.register);
        let sets = sets.map_err(FoldError::Settlement)?;
        if sets != what.sets {
            return Err(FoldError::Artefact(phrase!(
                "a settlement of something else than its proof shows",
                "証明と異なる内容の解消"
            )));
        }
        let page = self.settlement_page(&sets)?;
        self.read_and_typed(&[page])?;
        self.register.settle(&sets);
        Ok(())
    }
}

/// The identifier as people read it.
fn txid(set: &SettledSet) -> String {
    let mut bytes = set.by;
    bytes.reverse();
    hex(&bytes)
}

fn spend(number: usize, set: &SettledSet, lang: Lang) -> Asked {
    let height = set.height;
    let en = format!(
        "Type the last {TAIL} characters of the transaction in block {height}, as your own node shows it"
    );
    let ja = format!("ブロック高 {height} の取引IDの末尾{TAIL}文字を自社ノードの表示から入力");
    let id = txid(set);
    let tail = id.get(id.len().saturating_sub(TAIL)..).unwrap_or_default();
    Asked::of_line(
        &format!("spend-{number}"),
        Seat::OperatorB,
        tail,
        [&en, &ja],
        lang,
    )
}
