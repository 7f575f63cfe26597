//! The transaction of a session, and what its operators were to see of it.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};

use bitcoin::{Amount, OutPoint, Txid};

use super::both::{Both, Facts, columns, visible};
use super::record::SessionRecord;
use crate::approval::{ApprovedTx, Seat};
use crate::digest::{RequestDigest, ScreenDigest, ScreensDigest, hex};
use crate::html::{Escaped, heading};
use crate::review::amount::{btc, sat};
use crate::review::layout::Item;
use crate::review::{self, AnswerMatch, Challenge, Review, ScreenKind, TxFacts};
use crate::types::{Chain, Id, InputIndex, KeyIndex, Lang};

/// A transaction that every rule up to the approvals let pass.
#[derive(Debug)]
pub(super) struct Transfer {
    pub(super) facts: TxFacts,
    pub(super) txid: Txid,
    pub(super) request: RequestDigest,
    pub(super) coins: Vec<CoinLine>,
    pub(super) screens: ScreensDigest,
    pub(super) pages: Vec<PageRecord>,
}

/// A coin that is spent.
#[derive(Debug)]
pub(super) struct CoinLine {
    pub(super) input: InputIndex,
    pub(super) coin: OutPoint,
    pub(super) amount: Amount,
    pub(super) chain: Chain,
    pub(super) index: KeyIndex,
    pub(super) sighash: [u8; 32],
    /// Co-signers whose valid signatures were there before.
    pub(super) before: Vec<Id>,
}

/// One page as the operators had it before them.
#[derive(Debug)]
pub(super) struct PageRecord {
    pub(super) number: u32,
    pub(super) lang: Lang,
    /// In the session's language, code and footer included.
    pub(super) text: String,
    pub(super) digest: ScreenDigest,
    /// Title and content in the other language; none where an earlier page has them.
    pub(super) other: Option<(String, Vec<Item>)>,
    pub(super) questions: Vec<Challenge>,
}

impl Transfer {
    /// What is known before the review.
    pub(super) fn before(approved: &ApprovedTx) -> Self {
        let tx = approved.checked().wallet_tx();
        let unsigned = tx.parsed().tx();
        let coins = tx.inputs().iter().zip(&unsigned.input);
        let coins = coins.map(|(input, spent)| CoinLine {
            input: input.index(),
            coin: spent.previous_output,
            amount: input.amount(),
            chain: input.chain(),
            index: input.key_index(),
            sighash: *input.sighash(),
            before: input.signatures().iter().map(|s| s.name.clone()).collect(),
        });
        Self {
            facts: review::facts_of(approved),
            txid: unsigned.compute_txid(),
            request: approved.request_digest(),
            coins: coins.collect(),
            screens: ScreensDigest::over(&[]),
            pages: Vec::new(),
        }
    }

    /// With the pages of the review.
    pub(super) fn with(mut self, review: &Review) -> Self {
        let lang = review.lang();
        let mut last: Option<ScreenKind> = None;
        self.screens = review.digest();
        self.pages = (1..)
            .zip(review.pages())
            .map(|(number, page)| {
                let kind = page.screen().id().kind;
                let other =
                    (last.replace(kind) != Some(kind)).then(|| other(kind, lang, &self.facts));
                PageRecord {
                    number,
                    lang,
                    text: page.text(lang),
                    digest: page.screen().digest(lang),
                    other,
                    questions: page.challenges().to_vec(),
                }
            })
            .collect();
        self
    }
}

/// The same screen in the language that was not shown.
fn other(kind: ScreenKind, shown: Lang, facts: &TxFacts) -> (String, Vec<Item>) {
    let lang = match shown {
        Lang::En => Lang::Ja,
        Lang::Ja => Lang::En,
    };
    let [en, ja] = kind.title(facts);
    (
        lang.pick(&en, &ja).into(),
        kind.block(lang, facts).into_items(),
    )
}

impl PageRecord {
    /// The answers to this page, one after the other, each with its question and whether it was
    /// right. What a wrong answer left open is asked again.
    pub(super) fn judged<'a>(
        &'a self,
        answers: impl Iterator<Item = (Seat, &'a str)>,
    ) -> Vec<(Option<&'a Challenge>, Seat, &'a str, AnswerMatch)> {
        let mut open = self.questions.iter().peekable();
        let judged = answers.map(|(seat, text)| {
            let question = open.peek().copied();
            let matched = question.map_or(AnswerMatch::Wrong, |asked| asked.matches(text));
            if matched == AnswerMatch::Right {
                open.next();
            }
            (question, seat, text, matched)
        });
        judged.collect()
    }
}

/// The parts about the transaction: what it spends, what it pays, and who signed what.
pub(super) fn write(
    html: &mut String,
    transfer: &Transfer,
    records: &[&SessionRecord<'_>],
) -> fmt::Result {
    totals(html, transfer)?;
    outputs(html, transfer)?;
    signatures(html, transfer, records)
}

fn totals(html: &mut String, transfer: &Transfer) -> fmt::Result {
    let facts = &transfer.facts;
    let wallet = &facts.wallet;
    let mut table = Facts::under(html, ["Transaction", "取引"])?;
    table.row(
        ["Wallet", "ウォレット"],
        &Both::of(|lang| {
            let (name, class) = (&wallet.name, wallet.class.phrase());
            let class = class.text(lang);
            format!("{name}, {class}, {} / {}", wallet.threshold, wallet.devices)
        }),
    )?;
    table.figure(
        ["Policy in force", "適用ポリシー"],
        format!("No. {}", wallet.policy_number),
    )?;
    table.code(["Transaction", "取引ID (txid)"], transfer.txid)?;
    table.figure(["Coins", "使用コイン"], {
        format!(
            "{}   {} = {}",
            facts.inputs.count,
            btc(facts.inputs.sum),
            sat(facts.inputs.sum)
        )
    })?;
    table.figure(
        ["Paid out", "出庫合計"],
        format!("{} = {}", btc(facts.total()), sat(facts.total())),
    )?;
    let fee = facts.fee.fee;
    table.figure(["Fee", "手数料"], format!("{} = {}", btc(fee), sat(fee)))?;
    table.end();
    Ok(())
}

fn outputs(html: &mut String, transfer: &Transfer) -> fmt::Result {
    heading(html, "Where the coins go", "送付先")?;
    html.push_str("<table class=\"many\">\n");
    columns(
        html,
        &[
            ["Output", "出力"],
            ["Kind", "種別"],
            ["Address", "アドレス"],
            ["Amount", "金額"],
        ],
    )?;
    let facts = &transfer.facts;
    let payments = facts.payments.iter().map(|to| {
        let kind = format!("{} ({})", to.label, to.destination);
        (to.output, Both::figure(kind), &to.address, to.amount)
    });
    let change = facts.change.iter().map(|back| {
        let (en, ja) = (
            format!("change 1/{}", back.index),
            format!("おつり 1/{}", back.index),
        );
        (back.output, Both::new(en, ja), &back.address, back.amount)
    });
    for (output, kind, address, amount) in payments.chain(change) {
        let ja = if kind.en == kind.ja { "" } else { &kind.ja };
        writeln!(
            html,
            "<tr><th>{output}</th><td>{} <span lang=\"ja\">{}</span></td><td><code>{}</code></td>\
             <td class=\"n\">{}<br>{}</td></tr>",
            Escaped(&visible(&kind.en)),
            Escaped(ja),
            Escaped(address),
            btc(amount),
            sat(amount)
        )?;
    }
    html.push_str("</table>\n");
    Ok(())
}

/// Each coin, and each signature over it with its session.
fn signatures(
    html: &mut String,
    transfer: &Transfer,
    records: &[&SessionRecord<'_>],
) -> fmt::Result {
    heading(html, "What was signed", "署名内容")?;
    html.push_str("<table class=\"many\">\n");
    columns(
        html,
        &[
            ["Input", "入力"],
            [
                "Coin, sighash and signatures (r, s)",
                "コイン・署名ハッシュ・署名(r, s)",
            ],
            ["Amount", "金額"],
        ],
    )?;
    for line in &transfer.coins {
        write!(
            html,
            "<tr><th>{}</th><td>{}/{} <code>{}</code><br>sighash ALL <code>{}</code>",
            line.input,
            line.chain.number(),
            line.index,
            line.coin,
            hex(&line.sighash)
        )?;
        for record in records {
            signature(html, line.input, record)?;
        }
        if !line.before.is_empty() {
            let names: Vec<&str> = line.before.iter().map(Id::as_str).collect();
            write!(
                html,
                "<br>signed before by <span lang=\"ja\">署名済み</span> {}",
                Escaped(&names.join(", "))
            )?;
        }
        writeln!(html, "</td><td class=\"n\">{}</td></tr>", sat(line.amount))?;
    }
    html.push_str("</table>\n");
    Ok(())
}

fn signature(html: &mut String, input: InputIndex, record: &SessionRecord<'_>) -> fmt::Result {
    let made = record.signatures_made();
    let Some(made) = made.iter().find(|line| line.input == input) else {
        return Ok(());
    };
    write!(
        html,
        "<br><b>{} {}</b> <code>{}</code><br><code>{}</code><br><code>{}</code>",
        record.genesis.name,
        record.number,
        made.key,
        hex(&made.signature.r()),
        hex(&made.signature.s())
    )
}
