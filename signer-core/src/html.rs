//! Pages for people: one self-contained HTML file, no script, nothing loaded, prints on A4.
//!
//! A view, never authority. Whatever came from outside goes through [`Escaped`].

use alloc::string::String;
use core::fmt::{self, Write as _};

/// What every page looks like.
const STYLE: &str = "\
@page{size:A4;margin:16mm}\
body{font:10.5pt/1.5 'Noto Sans','Noto Sans JP','Hiragino Sans',sans-serif;color:#16202a;\
background:#fff;max-width:178mm;margin:1.5rem auto;padding:0 1rem}\
h1{font-size:17pt;margin:0 0 .2rem}h2{font-size:12pt;margin:1.6rem 0 .4rem;\
border-bottom:1.5px solid #1d5a7a;padding-bottom:.15rem;break-after:avoid}\
p{margin:.3rem 0}.ja{color:#4a5a66;font-size:9.5pt}\
table{border-collapse:collapse;width:100%}thead{display:table-header-group}\
tr{break-inside:avoid}th,td{text-align:left;vertical-align:top;padding:.22rem .5rem .22rem 0;\
border-bottom:1px solid #d5dde2;overflow-wrap:anywhere}th{font-weight:600}\
td.n{text-align:right;font-variant-numeric:tabular-nums}\
code,.w{font-family:'Noto Sans Mono',monospace;font-size:9pt;overflow-wrap:anywhere}\
@media print{body{margin:0;max-width:none;padding:0}}";

/// The page up to its first words; `style` is what only this page has.
pub(crate) fn begin(html: &mut String, title: &str, style: &str) -> fmt::Result {
    write!(
        html,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{}</title>\n<style>{STYLE}{style}</style>\n</head>\n<body>\n",
        Escaped(title),
    )
}

/// The end of the page.
pub(crate) fn end(html: &mut String) {
    html.push_str("</body>\n</html>\n");
}

/// A heading in both languages.
pub(crate) fn heading(html: &mut String, en: &str, ja: &str) -> fmt::Result {
    writeln!(
        html,
        "<h2>{} <span class=\"ja\" lang=\"ja\">{}</span></h2>",
        Escaped(en),
        Escaped(ja)
    )
}

/// A row of a table: a name and a value.
pub(crate) fn row(html: &mut String, what: &str, text: &str) -> fmt::Result {
    writeln!(
        html,
        "<tr><th>{}</th><td class=\"w\">{}</td></tr>",
        Escaped(what),
        Escaped(text)
    )
}

/// Text that cannot leave its place in the page.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// What must hold of every page.
#[cfg(test)]
pub(crate) mod checks {
    use alloc::vec::Vec;
    use std::vec;

    pub(crate) fn loads_and_runs_nothing(html: &str) {
        let html = html.to_lowercase();
        for word in [
            "<script",
            "javascript:",
            "src=",
            "href=",
            "url(",
            "@import",
            "http:",
            "https:",
            "<iframe",
            " on",
        ] {
            let found = html.find(word).map(|at| {
                html[at..]
                    .chars()
                    .take(40)
                    .collect::<alloc::string::String>()
            });
            // " on" is a word in sentences; as an attribute it would be followed by `name=`.
            let harmless = word == " on"
                && !html.match_indices(" on").any(|(at, _)| {
                    html[at + 3..]
                        .split(|c: char| !c.is_ascii_alphabetic())
                        .next()
                        .is_some_and(|name| html[at + 3 + name.len()..].starts_with('='))
                });
            assert!(found.is_none() || harmless, "{found:?}");
        }
        assert!(html.contains("default-src 'none'"));
        assert!(html.contains("size:a4"));
    }

    pub(crate) fn tags_are_closed_in_order(html: &str) {
        let mut open: Vec<&str> = vec![];
        for part in html.split('<').skip(1) {
            let tag = part.split(['>', ' ']).next().unwrap();
            match tag.strip_prefix('/') {
                Some(name) => assert_eq!(open.pop(), Some(name), "</{name}"),
                None if matches!(tag, "!DOCTYPE" | "meta" | "br" | "col") => {}
                None => open.push(tag),
            }
        }
        assert_eq!(open, Vec::<&str>::new());
    }
}
