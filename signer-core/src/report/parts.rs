//! Parts of a page about device, people and papers.

use alloc::format;
use alloc::string::String;
use core::fmt::{self, Write as _};

use super::both::{Both, FACTS, Facts, cells, moment, sentence};
use super::record::SessionRecord;
use crate::approval::Seat;
use crate::cose::Scope;
use crate::digest::hex;
use crate::html::{Escaped, heading};
use crate::review::{Person, person_line, place};
use crate::rule::Phrase;
use crate::token::{Date, hsm_block};
use crate::transcript::{CeremonyKind, Outcome};
use crate::types::{Lang, Purpose};

/// What every report looks like beside the common style.
pub(super) const STYLE: &str = "\
.place{font-weight:700;border:1.5px solid;padding:.15rem .5rem;display:inline-block}\
.drill{background:repeating-linear-gradient(45deg,#fff,#fff 9px,#e4e9ec 9px,#e4e9ec 18px)}\
.standing{border:2px solid;padding:.5rem .8rem;margin:.8rem 0;font-size:12pt;font-weight:700}\
.held{color:#14663c}.notice{color:#8a5a00}.quiet{color:#4a5a66}.stop{color:#a3162a;font-weight:700}\
.facts{table-layout:fixed}.k{width:42mm}th{padding-right:.8rem}td{white-space:pre-wrap;font-size:9.5pt}\
thead th{font-size:8.5pt;white-space:nowrap}th .ja,thead .ja{font-weight:400;font-size:8.5pt}\
.rules th,.entries th,.many tbody th{white-space:nowrap}code{font-size:8pt}.rules td{font-size:8.5pt;line-height:1.35}\
.rules td.held,.rules td.notice,.rules td.quiet,.rules td.stop{white-space:nowrap}\
.entries td{font-size:8pt;white-space:normal}.entries code{font-size:6.2pt;white-space:nowrap}\
.many td,.many th{font-size:8.5pt;white-space:normal}.many code{font-size:6.8pt}\
.shown{display:grid;grid-template-columns:107mm 1fr;gap:.3rem .9rem;break-inside:avoid;\
border:1px solid #8fa3b0;padding:.5rem .6rem;margin:.6rem 0}\
.shown pre{margin:0;font:6.6pt/1.45 'Noto Sans Mono CJK JP','Noto Sans Mono','MS Gothic',monospace;\
white-space:pre-wrap;overflow-wrap:anywhere}\
.same{font-size:7.2pt;line-height:1.45;color:#33424d;overflow-wrap:anywhere;\
border-left:1px solid #d5dde2;padding-left:.6rem}.same p{margin:0}.same i{color:#1d5a7a}\
.answers{grid-column:1/3;border-top:1px solid #d5dde2;padding-top:.25rem;font-size:8.5pt}\
.answers p{margin:.1rem 0}.answers .ja{font-size:8pt}.answers .d{color:#4a5a66}.answers .d code{font-size:7pt}\
.part{break-before:page;margin-top:2rem}";

/// Where this was, and whether it was meant.
pub(super) fn banner(html: &mut String, scope: Scope) -> fmt::Result {
    let drill = match scope.purpose {
        Purpose::Drill => " drill",
        Purpose::Live => "",
    };
    writeln!(
        html,
        "<p class=\"place{drill}\">{} <span lang=\"ja\">{}</span></p>",
        Escaped(&place(Lang::En, scope)),
        Escaped(&place(Lang::Ja, scope))
    )
}

/// The one thing to read first.
pub(super) fn standing(html: &mut String, class: &str, text: &Both) -> fmt::Result {
    writeln!(
        html,
        "<p class=\"standing {class}\">{}<br><span lang=\"ja\">{}</span></p>",
        Escaped(&text.en),
        Escaped(&text.ja)
    )
}

/// How a session ended, in words and by the class of its colour.
pub(super) fn outcome(outcome: Outcome) -> (&'static str, Both) {
    let (class, words) = match outcome {
        Outcome::Done => (
            "held",
            [
                "DONE: as the script says, nothing signed",
                "完了: 手順書どおり。署名なし",
            ],
        ),
        Outcome::Signed => (
            "held",
            [
                "SIGNED: signatures were made and released",
                "署名済み: 署名を生成し解放した",
            ],
        ),
        Outcome::Refused => (
            "stop",
            [
                "REFUSED by a rule: nothing was released",
                "規則により拒否: 解放なし",
            ],
        ),
        Outcome::Aborted => (
            "stop",
            [
                "ENDED BY PEOPLE: nothing was released",
                "人により中止: 解放なし",
            ],
        ),
        Outcome::Cut => (
            "stop",
            [
                "CUT: power or program failed; nothing was released by this session",
                "中断: 停電または異常終了。このセッションからの解放なし",
            ],
        ),
    };
    (class, words.into())
}

/// The ceremony in words.
pub(super) const fn ceremony(kind: CeremonyKind) -> [&'static str; 2] {
    match kind {
        CeremonyKind::Commission => ["commissioning", "端末の使用開始"],
        CeremonyKind::Keys => ["key generation", "鍵生成"],
        CeremonyKind::Wallet => ["wallet registration", "ウォレット登録"],
        CeremonyKind::Roster => ["roster", "名簿"],
        CeremonyKind::Policy => ["policy", "ポリシー"],
        CeremonyKind::Headers => ["block headers", "ブロックヘッダー"],
        CeremonyKind::Sign => ["signing", "署名"],
        CeremonyKind::Card => ["device card", "端末カード"],
        CeremonyKind::Destroy => ["destruction of keys", "鍵の破棄"],
        CeremonyKind::Resume => ["signing, resumed after a cut", "署名(中断後の再開)"],
        CeremonyKind::Inventory => ["inventory", "棚卸し"],
        CeremonyKind::Backup => ["backup check", "バックアップ確認"],
        CeremonyKind::Retire => ["retirement of a wallet", "ウォレットの廃止"],
        CeremonyKind::Recover => ["recovery of the device", "端末の復旧"],
        CeremonyKind::SplitPin => ["splitting of a PIN", "PINの分割"],
        CeremonyKind::Freeze => ["freeze", "凍結"],
        CeremonyKind::Thaw => ["thaw", "凍結解除"],
        CeremonyKind::Replace => ["replacement of the HSM", "HSMの交換"],
        CeremonyKind::Settle => ["settling partial signatures", "部分署名の解消"],
        CeremonyKind::Sweep => ["sweep", "緊急退避送金"],
    }
}

/// Session, time and the chain that was known.
pub(super) fn session(html: &mut String, record: &SessionRecord<'_>) -> fmt::Result {
    let opened = record.opened;
    let mut facts = Facts::under(html, ["Session", "セッション"])?;
    facts.row(["Ceremony", "作業"], &ceremony(opened.kind).into())?;
    facts.figure(["Number", "番号"], record.number)?;
    facts.row(
        ["Machine's clock, a claim", "端末の時計(申告)"],
        &moment(opened.clock),
    )?;
    facts.figure(["Known block height", "既知のブロック高"], record.known)?;
    let [before, after] = record.signatures;
    facts.row(
        ["Bitcoin signatures ever", "累計署名数"],
        &Both::new(
            format!("{before} before, {after} after"),
            format!("開始前 {before} / 終了後 {after}"),
        ),
    )?;
    facts.end();
    Ok(())
}

/// The device and what ran on it.
pub(super) fn device(html: &mut String, record: &SessionRecord<'_>) -> fmt::Result {
    let (genesis, software) = (record.genesis, &record.opened.software);
    let mut facts = Facts::under(html, ["Device and software", "端末とソフトウェア"])?;
    facts.row(
        ["Device", "端末"],
        &Both::figure(format!("{} ({})", genesis.name, genesis.site)),
    )?;
    facts.code(
        ["Device identifier", "端末識別子"],
        genesis.identity.device_id(),
    )?;
    facts.code(["Root of trust", "信頼の起点"], genesis.root.digest())?;
    facts.row(
        ["Software, self-reported", "ソフトウェア(自己申告)"],
        &Both::figure(format!("{} {}", software.version, software.revision)),
    )?;
    facts.code(["Program file", "プログラム"], software.binary)?;
    facts.code(
        ["PKCS#11 module file", "PKCS#11モジュール"],
        software.module,
    )?;
    facts.code(["HSM profile file", "HSMプロファイル"], software.profile)?;
    facts.end();
    Ok(())
}

/// The HSM as the session found it, with its certificate.
pub(super) fn hsm(html: &mut String, record: &SessionRecord<'_>) -> fmt::Result {
    let opened = record.opened;
    let birth = record.acceptance.as_ref();
    let today = Date::of_clock(opened.clock);
    let items = |lang| hsm_block(&opened.hsm, birth, today, lang).into_items();
    let mut facts = Facts::under(html, ["HSM and its certificate", "HSMと認証状況"])?;
    facts.items(&items(Lang::En), &items(Lang::Ja))?;
    facts.end();
    Ok(())
}

/// Who took a seat with their own key.
pub(super) fn people(html: &mut String, record: &SessionRecord<'_>) -> fmt::Result {
    heading(html, "People at the device", "端末の在席者")?;
    if record.seated.is_empty() {
        let none = [
            "Nobody took a seat in this session.",
            "このセッションの在席署名はありません。",
        ];
        return sentence(html, &none.into());
    }
    html.push_str(FACTS);
    for seated in &record.seated {
        let seat = seated.seat.map_or_else(Phrase::none, Seat::phrase);
        let person = seated.person.as_ref().map_or_else(
            || Both::new("not in the roster in force", "有効な名簿にない"),
            who,
        );
        row(html, &Both::from(&seat), &person)?;
    }
    html.push_str("</table>\n");
    Ok(())
}

fn row(html: &mut String, name: &Both, value: &Both) -> fmt::Result {
    write!(
        html,
        "<tr><th>{}<br><span class=\"ja\" lang=\"ja\">{}</span></th>",
        Escaped(&name.en),
        Escaped(&name.ja)
    )?;
    cells(html, value)?;
    html.push_str("</tr>\n");
    Ok(())
}

/// A person in both languages.
pub(super) fn who(person: &Person) -> Both {
    Both::of(|lang| person_line(lang, person))
}

/// Where the page comes from, and what makes it again.
pub(super) fn source(html: &mut String, record: &SessionRecord<'_>, command: &str) -> fmt::Result {
    let source = record.source;
    let mut facts = Facts::under(html, ["Where this page comes from", "本票の出典"])?;
    facts.code(
        [
            "SHA-256 of the journal up to this session's end",
            "このセッション終了までのジャーナルのSHA-256",
        ],
        format!("{} ({} bytes)", hex(&source.sha256), source.bytes),
    )?;
    facts.code(["Head of the chain", "連鎖の先頭"], hex(&source.head))?;
    match record.seal {
        Some(seal) => facts.code(["Seal", "封印"], seal)?,
        None => facts.row(
            ["Seal", "封印"],
            &Both::new(
                "none of its own: the next seal covers it",
                "なし(次の封印に含まれる)",
            ),
        )?,
    }
    facts.code(["Made again by", "再作成のコマンド"], command)?;
    facts.end();
    html.push_str(LIMITS);
    Ok(())
}

/// What a page is not.
pub(super) const LIMITS: &str = "<p>This page is a view, never evidence by itself: the evidence is the transcript. It was made only because chain and \
seals verified and every screen, verdict and signature hash, computed again, was equal. Times are claims of a clock; software \
digests and HSM attributes are what the device says of itself.</p>\n\
<p class=\"ja\" lang=\"ja\">本票は表示であり、それ自体は証拠ではありません。証拠は記録(トランスクリプト)です。連鎖と封印の検証に合格し、\
再計算した全画面・判定・署名ハッシュが一致した場合に限り作成されます。時刻は時計の申告、ソフトウェアのダイジェストとHSM属性は端末の申告です。</p>\n";
