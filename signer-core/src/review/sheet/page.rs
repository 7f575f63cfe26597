//! The sheet as a page: what is the same in both languages once, everything else side by side.

use alloc::format;
use alloc::string::String;
use core::fmt::{self, Write as _};

use super::{Section, Sheet, SheetStanding, parts};
use crate::html::{self, Escaped, heading};
use crate::review::layout::Item;
use crate::review::screen;
use crate::types::Lang;

const STYLE: &str = "\
.place{font-weight:700;border:1.5px solid;padding:.15rem .5rem;display:inline-block}\
.drill{background:repeating-linear-gradient(45deg,#fff,#fff 9px,#e4e9ec 9px,#e4e9ec 18px)}\
.standing{border:2px solid;padding:.5rem .8rem;margin:.8rem 0;font-size:12pt;font-weight:700}\
.stop{color:#a3162a}td,.l{white-space:pre-wrap}th{width:34mm}\
.l{font-family:'Noto Sans Mono','Noto Sans Mono CJK JP',monospace;font-size:9pt}\
td.w{font-size:10pt}.k{font-size:11pt}.s{font-size:6.5pt}.box{height:11mm;width:26mm;border:1px solid #16202a}\
.boxes td,.boxes th{border:1px solid #16202a;padding:.3rem .4rem;width:auto;white-space:normal}";

/// What stands between columns within a line: such lines are not sentences.
const COLUMN_GAP: &str = "   ";

/// The page of a sheet.
pub(super) fn page(sheet: &Sheet) -> String {
    let mut page = String::new();
    // Writing to a String cannot fail.
    let _ = write_page(&mut page, sheet);
    page
}

fn write_page(page: &mut String, sheet: &Sheet) -> fmt::Result {
    let facts = &sheet.facts;
    html::begin(page, &format!("Request sheet: {}", facts.case), STYLE)?;
    page.push_str("<h1>Request sheet</h1>\n<p class=\"ja\" lang=\"ja\">出庫申請票</p>\n");
    banner(page, sheet)?;
    let ja = sheet.sections(Lang::Ja);
    for (place, en) in sheet.sections(Lang::En).iter().enumerate() {
        section(page, en, ja.get(place))?;
    }
    boxes(page, sheet)?;
    page.push_str(LIMITS);
    html::end(page);
    Ok(())
}

/// What a sheet of paper is not.
const LIMITS: &str = "<p>This sheet is a view. What counts is what you sign with your own token over the request digest \
above. Rejecting is as good an answer as approving. Compare this sheet with the one of another officer's desk, not with \
the screen of whoever built the transaction.</p>\n\
<p class=\"ja\" lang=\"ja\">本票は表示にすぎません。効力を持つのは、上の申請ダイジェストに対して各自のトークンで行う署名です。\
否認は承認と同じく正当な回答です。取引を作成した者の画面ではなく、別の役職員の机で作成した申請票と照合してください。</p>\n";

fn banner(page: &mut String, sheet: &Sheet) -> fmt::Result {
    let scope = sheet.facts.scope;
    let drill = match scope.purpose {
        crate::types::Purpose::Drill => " drill",
        crate::types::Purpose::Live => "",
    };
    let (en, ja) = (
        screen::place(Lang::En, scope),
        screen::place(Lang::Ja, scope),
    );
    writeln!(
        page,
        "<p class=\"place{drill}\">{} <span lang=\"ja\">{}</span></p>",
        Escaped(&en),
        Escaped(&ja)
    )?;
    let class = match sheet.standing() {
        SheetStanding::Rejected => " stop",
        SheetStanding::Open | SheetStanding::Approved => "",
    };
    let standing = sheet.standing();
    writeln!(
        page,
        "<p class=\"standing{class}\">{}<br><span lang=\"ja\">{}</span></p>",
        Escaped(standing.text(Lang::En)),
        Escaped(standing.text(Lang::Ja))
    )
}

fn section(page: &mut String, en: &Section, ja: Option<&Section>) -> fmt::Result {
    let japanese = ja.map_or(&[][..], |section| section.items.as_slice());
    heading(
        page,
        &en.title,
        ja.map_or("", |section| section.title.as_str()),
    )?;
    page.push_str("<table>\n");
    // Both languages say the same things in the same order; a longer one keeps its rest.
    for place in 0..en.items.len().max(japanese.len()) {
        row(page, en.items.get(place), japanese.get(place))?;
    }
    page.push_str("</table>\n");
    Ok(())
}

fn row(page: &mut String, en: Option<&Item>, ja: Option<&Item>) -> fmt::Result {
    let (en_name, en_text) = halves(en);
    let (ja_name, ja_text) = halves(ja);
    if en_text.is_empty() && ja_text.is_empty() {
        return Ok(());
    }
    page.push_str("<tr>");
    let is_line = ja_name.is_empty() && matches!(en, Some(Item::Text(_)));
    if !is_line {
        name(page, en_name, ja_name)?;
    }
    let class = if !is_line {
        "w"
    } else if en_text == ja_text {
        "l k"
    } else if en_text.contains(COLUMN_GAP) {
        "l s"
    } else {
        "l"
    };
    if en_text == ja_text {
        let all = if is_line { 3 } else { 2 };
        write!(
            page,
            "<td class=\"{class}\" colspan=\"{all}\">{}</td>",
            Escaped(en_text)
        )?;
    } else {
        let wide = if is_line { " colspan=\"2\"" } else { "" };
        write!(
            page,
            "<td class=\"{class}\"{wide}>{}</td><td class=\"{class}\" lang=\"ja\">{}</td>",
            Escaped(en_text),
            Escaped(ja_text)
        )?;
    }
    page.push_str("</tr>\n");
    Ok(())
}

fn name(page: &mut String, en: &str, ja: &str) -> fmt::Result {
    if en == ja {
        return write!(page, "<th>{}</th>", Escaped(en));
    }
    write!(
        page,
        "<th>{}<br><span class=\"ja\" lang=\"ja\">{}</span></th>",
        Escaped(en),
        Escaped(ja)
    )
}

fn halves(item: Option<&Item>) -> (&str, &str) {
    match item {
        Some(Item::Fact { name, value }) => (name, value),
        Some(Item::Text(text)) => ("", text),
        Some(Item::Gap) | None => ("", ""),
    }
}

/// Boxes for those who read the sheet on paper.
fn boxes(page: &mut String, sheet: &Sheet) -> fmt::Result {
    heading(page, "Read and decided", "確認と判断")?;
    page.push_str(
        "<table class=\"boxes\">\n<thead><tr><th>Officer<br><span class=\"ja\" lang=\"ja\">役職員</span></th>\
         <th>approve<br><span class=\"ja\" lang=\"ja\">承認</span></th>\
         <th>reject<br><span class=\"ja\" lang=\"ja\">否認</span></th>\
         <th>date, time<br><span class=\"ja\" lang=\"ja\">日時</span></th>\
         <th>initials<br><span class=\"ja\" lang=\"ja\">署名(イニシャル)</span></th></tr></thead>\n",
    );
    for asked in &sheet.asked {
        let (en, ja) = (parts::name(asked, Lang::En), parts::name(asked, Lang::Ja));
        writeln!(
            page,
            "<tr><td>{}<br><span class=\"ja\" lang=\"ja\">{}</span></td><td class=\"box\"></td>\
             <td class=\"box\"></td><td class=\"box\"></td><td class=\"box\"></td></tr>",
            Escaped(&en),
            Escaped(&ja)
        )?;
    }
    page.push_str("</table>\n");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(en: Option<&Item>, ja: Option<&Item>) -> String {
        let mut page = String::new();
        row(&mut page, en, ja).unwrap();
        page
    }

    #[test]
    fn what_one_language_says_alone_is_kept() {
        let text = Item::Text("alone".into());
        for (en, ja) in [(Some(&text), None), (None, Some(&text))] {
            assert!(written(en, ja).contains("alone"));
        }
        assert_eq!(written(Some(&Item::Gap), None), "");
    }

    /// A line takes the whole row, unless the other language has a name to put before it.
    #[test]
    fn a_line_has_no_name() {
        let line = Item::Text("line".into());
        let fact = |name: &str| Item::Fact {
            name: name.into(),
            value: "value".into(),
        };
        let named = |en: &Item, ja: &Item| written(Some(en), Some(ja)).contains("<th>");
        assert!(!named(&line, &line));
        assert!(named(&line, &fact("name")) && named(&fact("name"), &line));
        assert!(named(&fact(""), &fact("")));
    }
}
