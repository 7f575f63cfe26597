//! Parts of a page about the request, and the words on it.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};

use super::both::{Both, Facts, columns, sentence, visible};
use super::heard::{Asked, Heard, Said, Vote};
use super::parts::who;
use crate::approval::Decision;
use crate::digest::hex;
use crate::html::{Escaped, heading};
use crate::review::amount::{btc, sat};
use crate::transcript::Channel;
use crate::types::{Id, Lang, OfficerId};

/// What was asked for.
pub(super) fn requested(html: &mut String, heard: &Heard) -> fmt::Result {
    let mut facts = Facts::under(html, ["What was requested", "申請内容"])?;
    let channel = match heard.channel {
        Channel::File => Both::new("a file on a medium", "媒体のファイル"),
        Channel::Pictures => Both::new("pictures of QR codes", "QRコード"),
        Channel::Bbqr => Both::new("pictures of QR codes (BBQr)", "QRコード(BBQr)"),
        Channel::ByteFrames => Both::new(
            "pictures of QR codes (byte frames)",
            "QRコード(バイトフレーム)",
        ),
    };
    facts.row(["Came as", "受取方法"], &channel)?;
    if let Some(code) = heard.code {
        facts.code(["Transfer code", "転送コード"], code.to_text())?;
    }
    facts.code(
        ["PSBT, SHA-256", "PSBTのSHA-256"],
        format!("{} ({} bytes)", hex(&heard.sha256), heard.bytes),
    )?;
    if let Some(rule) = heard.unreadable {
        let text = Both::new(
            format!("not a PSBT that may be read: {rule}"),
            format!("読み取れるPSBTではない: {rule}"),
        );
        facts.row(["Request", "申請"], &text)?;
    }
    if let Some(why) = &heard.no_request {
        let (en, ja) = (why.text(Lang::En), why.text(Lang::Ja));
        let text = Both::new(
            format!("no genuine request: {en}"),
            format!("真正な申請なし: {ja}"),
        );
        facts.row(["Request", "申請"], &text)?;
    }
    if let Some(asked) = &heard.request {
        request(&mut facts, asked)?;
    }
    facts.end();
    Ok(())
}

fn request(facts: &mut Facts<'_>, asked: &Asked) -> fmt::Result {
    let body = &asked.body;
    facts.figure(["Case", "案件"], &body.case)?;
    facts.row(["Requested by", "起案者"], &who(&asked.person))?;
    facts.figure(["Built by", "取引作成者"], &body.builder)?;
    facts.figure(["To broadcast", "送信担当者"], &body.broadcaster)?;
    facts.row(
        ["Purpose, NOT VERIFIED", "目的(未検証)"],
        &Both::figure(&body.purpose),
    )?;
    for payment in &body.payments {
        let (to, amount) = (&payment.destination, payment.amount);
        facts.figure(
            ["To pay", "出庫先と金額"],
            format!("{to}   {} = {}", btc(amount), sat(amount)),
        )?;
    }
    facts.figure(["Highest fee", "手数料上限"], sat(body.fee_ceiling))?;
    facts.figure(["Valid to block", "期限ブロック高"], body.expiry)?;
    let names = |ids: &[OfficerId]| {
        let names: Vec<&str> = ids.iter().map(Id::as_str).collect();
        if names.is_empty() {
            String::from("-")
        } else {
            names.join(", ")
        }
    };
    facts.figure(["Invited", "承認依頼先"], names(&body.invited))?;
    facts.figure(["Mandatory", "必須の承認者"], names(&body.mandatory))?;
    facts.code(["Request digest", "申請ダイジェスト"], asked.digest)?;
    facts.code(["Transaction digest", "取引ダイジェスト"], body.tx)?;
    facts.code(["Wallet digest", "ウォレットダイジェスト"], body.wallet)?;
    facts.code(["Policy digest", "ポリシーダイジェスト"], body.policy)?;
    facts.code(["Roster digest", "名簿ダイジェスト"], body.roster)
}

/// Who approved or rejected, and over what.
pub(super) fn approved(html: &mut String, heard: &Heard) -> fmt::Result {
    heading(html, "Who approved", "承認")?;
    if heard.votes.is_empty() {
        let none = [
            "No approval came with the PSBT.",
            "PSBTに承認は添付されていません。",
        ];
        return sentence(html, &none.into());
    }
    html.push_str("<table class=\"many\">\n");
    columns(
        html,
        &[
            ["Word", "判断"],
            ["Officer", "Officer"],
            ["役職員", "役職員"],
            ["Height", "ブロック高"],
            ["This request", "この申請"],
            ["Digest", "ダイジェスト"],
        ],
    )?;
    let asked = heard.request.as_ref();
    for vote in &heard.votes {
        ballot(html, vote, asked)?;
    }
    html.push_str("</table>\n");
    Ok(())
}

fn ballot(html: &mut String, vote: &Vote, asked: Option<&Asked>) -> fmt::Result {
    let said = match &vote.said {
        Ok(said) => said,
        Err(why) => {
            let filed = visible(vote.filed.as_str());
            return writeln!(
                html,
                "<tr><th class=\"stop\">NOT GENUINE<br><span lang=\"ja\">無効</span></th><td>{}: {}</td><td lang=\"ja\">{}: {}</td>\
                 <td>-</td><td>-</td><td>-</td></tr>",
                Escaped(&filed),
                Escaped(why.text(Lang::En)),
                Escaped(&filed),
                Escaped(why.text(Lang::Ja)),
            );
        }
    };
    let Said {
        person,
        decision,
        height,
        digest,
        request,
    } = said;
    let (class, [en, ja]) = match decision {
        Decision::Approve => ("held", ["approved", "承認"]),
        Decision::Reject => ("stop", ["REJECTED", "否認"]),
    };
    let over = if asked.is_some_and(|asked| asked.digest == *request) {
        ["yes", "はい"]
    } else {
        ["NO", "いいえ"]
    };
    let person = who(person);
    writeln!(
        html,
        "<tr><th class=\"{class}\">{en}<br><span lang=\"ja\">{ja}</span></th><td>{}</td><td lang=\"ja\">{}</td>\
         <td>{height}</td><td>{} <span lang=\"ja\">{}</span></td><td><code>{digest}</code></td></tr>",
        Escaped(&visible(&person.en)),
        Escaped(&visible(&person.ja)),
        over[0],
        over[1],
    )
}
