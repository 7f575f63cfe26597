//! A printable sheet of codes: one self-contained HTML page for A4, without script; it loads nothing.
//!
//! For a safe, or for a room where no screen may be taken. Codes are outlines, so that any printer draws
//! their edges sharp.

use std::fmt::{self, Write as _};

use signer_core::frames::{Sender, Shown};

use crate::draw::{DrawError, Modules};

const STYLE: &str = "\
@page{size:A4;margin:14mm}\
body{font:10pt/1.45 'Noto Sans','Noto Sans JP','Hiragino Sans',sans-serif;color:#000;background:#fff;\
max-width:182mm;margin:1rem auto}\
h1{font-size:15pt;margin:0}p{margin:.2rem 0}\
code{font-family:'Noto Sans Mono',monospace;font-size:12pt;font-weight:600}\
.codes{display:grid;gap:5mm;margin-top:5mm}\
figure{margin:0;break-inside:avoid}figcaption{text-align:center;font-size:9pt}\
svg{display:block;width:100%;background:#fff;shape-rendering:crispEdges}\
@media print{body{margin:0}}";

/// Most modules on a side of codes that stand three, or two, beside each other: no module is printed
/// smaller than half a millimetre.
const COLUMNS: [(usize, usize); 3] = [(3, 81), (2, 141), (1, usize::MAX)];

/// The sheet of a message: its plain frames and `spare` further ones at least.
///
/// # Errors
/// [`DrawError`] where a frame is longer than one code holds.
pub fn html(sender: &Sender, spare: usize) -> Result<String, DrawError> {
    let frames = sender.series(spare);
    let drawn = frames.iter().map(|frame: &Shown| Modules::of(frame, 1));
    let drawn = drawn.collect::<Result<Vec<Modules>, DrawError>>()?;
    let mut page = String::new();
    let written = write(&mut page, sender, &drawn);
    debug_assert!(written.is_ok(), "a String takes every text");
    Ok(page)
}

fn write(page: &mut String, sender: &Sender, codes: &[Modules]) -> fmt::Result {
    let (all, plain, code) = (codes.len(), sender.plain_parts(), sender.code());
    let largest = codes.iter().map(Modules::side).max().unwrap_or_default();
    let columns = COLUMNS.iter().find(|(_, most)| largest <= *most);
    let columns = columns.map_or(1, |(columns, _)| *columns);
    write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>Codes {code}</title>\n<style>{STYLE}\
         .codes{{grid-template-columns:repeat({columns},1fr)}}</style>\n</head>\n<body>\n\
         <h1>Codes of one message <span lang=\"ja\">1件の内容のコード</span></h1>\n\
         <p>Transfer code <span lang=\"ja\">転送コード</span> <code>{code}</code></p>\n\
         <p>{all} codes, of which {plain} are needed. The reader says how many are missing, and shows the \
         same transfer code at the end.</p>\n\
         <p lang=\"ja\">コード {all} 枚、必要枚数 {plain} 枚。読取り側が残り枚数を示し、最後に同じ転送コードを\
         表示します。</p>\n<div class=\"codes\">\n",
    )?;
    for (place, modules) in (1_usize..).zip(codes) {
        let side = modules.side();
        writeln!(
            page,
            "<figure><svg viewBox=\"0 0 {side} {side}\"><path d=\"{}\"></path></svg>\
             <figcaption>{code}: {place} / {all}</figcaption></figure>",
            outline(modules)?
        )?;
    }
    page.push_str("</div>\n</body>\n</html>\n");
    Ok(())
}

/// Dark modules side by side as one rectangle each.
fn outline(modules: &Modules) -> Result<String, fmt::Error> {
    let mut path = String::new();
    for y in 0..modules.side() {
        let mut x = 0;
        while x < modules.side() {
            let wide = (x..modules.side())
                .take_while(|x| modules.dark(*x, y))
                .count();
            if wide > 0 {
                write!(path, "M{x} {y}h{wide}v1h-{wide}z")?;
            }
            x += wide.max(1);
        }
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use signer_core::frames::{Content, Direction, Form, UrType};
    use test_vectors::camera::codes_in_page;

    use super::*;
    use crate::density::Density;
    use crate::read;

    fn senders(version: u8) -> [Sender; 2] {
        let message: Vec<u8> = (0..5_000_u32).flat_map(|i| (i * i).to_le_bytes()).collect();
        let density = Density::of_version(version).unwrap();
        let (ur, len) = (
            density.fragment_len(Form::Ur),
            density.fragment_len(Form::Bytes),
        );
        let from = Direction::FromDevice;
        [
            Sender::new(UrType::CryptoPsbt, &message, ur).unwrap(),
            Sender::bytes(from, Content::Psbt, &message, len).unwrap(),
        ]
    }

    #[test]
    fn every_code_of_the_sheet_is_read_in_its_order() {
        for (version, columns) in [(12, 3), (25, 2), (40, 1)] {
            for sender in senders(version) {
                let page = html(&sender, 3).unwrap();
                let seen = codes_in_page(&page);
                let read = seen
                    .iter()
                    .flat_map(|seen| read::grey(seen.width, seen.height, &seen.pixels));
                let read: Vec<Shown> = read.map(Shown::from_bytes).collect();
                assert!(read == sender.series(3), "version {version}");
                assert!(
                    page.contains(&format!("repeat({columns},1fr)")),
                    "version {version}"
                );
                // Pages of two sheets that were mixed up are told apart.
                let (code, all) = (sender.code(), seen.len());
                assert!(page.contains(&format!("<code>{code}</code>")));
                for place in 1..=all {
                    let caption = format!("<figcaption>{code}: {place} / {all}</figcaption>");
                    assert!(page.contains(&caption), "{caption}");
                }
            }
        }
    }

    #[test]
    fn the_sheet_loads_and_runs_nothing() {
        let page = html(&senders(25)[0], 0).unwrap().to_lowercase();
        for word in [
            "<script", "src=", "href", "url(", "@import", "http:", "https:", "onload",
        ] {
            assert!(!page.contains(word), "{word}");
        }
        assert!(page.contains("default-src 'none'") && page.contains("size:a4"));
    }
}
