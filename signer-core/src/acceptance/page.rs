//! The report as one HTML page: English and Japanese, no script, nothing loaded, prints on A4.
//!
//! A view, never authority: whoever relies on a report verifies the signed one.

use alloc::borrow::ToOwned as _;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};

use super::{AcceptanceReport, Finding, Findings, ReportSigner, Standing, Subject, Weight};
use crate::digest::{AcceptanceDigest, hex};
use crate::html::{self, Escaped, heading, row};
use crate::token::{Assurance, Date, KeyAttribute, Line, fips_status};
use crate::types::Lang;

/// Whether the report behind the page is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageSeal {
    /// It is, with this digest.
    Signed(AcceptanceDigest),
    /// It is not, and why.
    Unsigned(String),
}

const STYLE: &str = "\
.verdict{border:2px solid;padding:.5rem .8rem;margin:.8rem 0;font-size:13pt;font-weight:700}\
.held{color:#14663c}.notice{color:#8a5a00}.noted,.open{color:#4a5a66}\
.failed{color:#a3162a;font-weight:700}\
th{overflow-wrap:normal}td:first-child{overflow-wrap:normal;white-space:nowrap}";

/// The page of a report.
pub fn page(report: &AcceptanceReport, seal: &PageSeal) -> String {
    let findings = report.findings();
    let mut html = String::new();
    // Writing to a String cannot fail.
    let _ = write_page(&mut html, report, &findings, seal);
    html
}

fn write_page(
    html: &mut String,
    report: &AcceptanceReport,
    findings: &Findings,
    seal: &PageSeal,
) -> fmt::Result {
    let title = format!("{} {}", report.hsm.vendor, report.hsm.model);
    html::begin(html, &format!("Acceptance test: {title}"), STYLE)?;
    writeln!(
        html,
        "<h1>Acceptance test of an HSM</h1>\n<p class=\"ja\" lang=\"ja\">HSM受入試験</p>"
    )?;
    verdict(html, findings.standing())?;
    if report.hsm.assurance == Assurance::TestOnly {
        html.push_str(TEST_ONLY);
    }
    sealed(html, report, seal)?;
    claims(html, report)?;
    trials(html, findings)?;
    attributes(html, report)?;
    timings(html, report)?;
    mechanisms(html, report)?;
    html.push_str(LIMITS);
    html::end(html);
    Ok(())
}

/// What a passed test does not prove.
const LIMITS: &str = "<h2>What this does not prove <span class=\"ja\" lang=\"ja\">この試験で証明されないこと</span></h2>\n\
<p>The module was asked, not opened: attributes are its own word unless the vendor attests them. A generator that only \
looks random passes. An HSM can behave otherwise tomorrow, so its attributes, random numbers and signatures are judged \
again in every session.</p>\n\
<p class=\"ja\" lang=\"ja\">本試験はモジュールの応答を確認したもので、内部は検査していません。属性はベンダーの証明がない限りモジュールの申告です。\
乱数らしく見えるだけの生成器も合格します。属性・乱数・署名は毎回のセッションで再検査されます。</p>\n";

/// A passed test makes no HSM of software.
const TEST_ONLY: &str = "<p>The profile is for tests only: whatever this page says, such a token never signs for main net (HSM06).</p>\n\
<p class=\"ja\" lang=\"ja\">試験専用のプロファイルです。本試験の結果にかかわらず、メインネットの署名には使用できません(HSM06)。</p>\n";

fn verdict(html: &mut String, standing: Standing) -> fmt::Result {
    let class = match standing {
        Standing::Passed => "held",
        Standing::Incomplete => "notice",
        Standing::Failed => "failed",
    };
    writeln!(
        html,
        "<p class=\"verdict {class}\">{} <span lang=\"ja\">{}</span></p>",
        standing.name(Lang::En),
        standing.name(Lang::Ja)
    )
}

fn sealed(html: &mut String, report: &AcceptanceReport, seal: &PageSeal) -> fmt::Result {
    let key = report.key.key_id();
    let signer = match report.signer {
        ReportSigner::Identity => "the device's identity key 端末の識別鍵",
        ReportSigner::ThrowAway => "a key made for this report and destroyed 本報告用の使い捨て鍵",
    };
    heading(html, "Report", "報告")?;
    html.push_str("<table>\n");
    match seal {
        PageSeal::Signed(digest) => row(html, "Digest / ダイジェスト", &digest.to_hex())?,
        PageSeal::Unsigned(why) => {
            writeln!(
                html,
                "<tr><th>NOT SIGNED / 署名なし</th><td class=\"failed\">{}</td></tr>",
                Escaped(why)
            )?;
        }
    }
    row(html, "Signed by / 署名鍵", signer)?;
    row(html, "Key identifier / 鍵識別子", &key.to_hex())?;
    row(html, "In words / 単語表記", &key.words().join(" "))?;
    row(html, "Network / ネットワーク", report.scope.network.name())?;
    let clock = format!("{} (the machine's claim)", Date::moment(report.clock));
    row(html, "Clock / 時計", &clock)?;
    html.push_str("</table>\n");
    Ok(())
}

fn claims(html: &mut String, report: &AcceptanceReport) -> fmt::Result {
    let hsm = &report.hsm;
    let today = Date::of_clock(report.clock);
    let fips = fips_status(&hsm.fips, &hsm.firmware, today).lines(Lang::En);
    let unverified: Vec<&str> = hsm.unverified.iter().map(Line::as_str).collect();
    let unverified = match unverified.as_slice() {
        [] => "none / なし".to_owned(),
        values => values.join(", "),
    };
    heading(html, "What the module claims", "モジュールの申告")?;
    html.push_str("<table>\n");
    for (what, text) in [
        ("Vendor / 製造者", hsm.vendor.as_str()),
        ("Model / 型式", hsm.model.as_str()),
        ("Serial number / 製造番号", hsm.serial.as_str()),
        ("Firmware / ファームウェア", hsm.firmware.as_str()),
        ("Hardware / ハードウェア", hsm.hardware.as_str()),
        ("Token / トークン", hsm.label.as_str()),
        ("Module / モジュール", hsm.module_library.as_str()),
        ("Module version / モジュール版", hsm.module_version.as_str()),
        ("Profile / プロファイル", hsm.profile.as_str()),
        ("Assurance / 保証", hsm.assurance.name()),
        ("Keys at rest / 鍵の保管", hsm.key_storage.name()),
        ("Not verified by anybody / 未検証の値", &unverified),
        (
            "FIPS, by the profile / FIPS(プロファイル)",
            &fips.join(". "),
        ),
    ] {
        row(html, what, text)?;
    }
    row(
        html,
        "Module file / モジュールのファイル",
        &hsm.module_digest.to_hex(),
    )?;
    row(
        html,
        "Profile file / プロファイルのファイル",
        &hsm.profile_digest.to_hex(),
    )?;
    let software = &report.software;
    let program = format!("{} {}", software.version, software.revision);
    row(html, "Program / プログラム", &program)?;
    row(
        html,
        "Program file / プログラムのファイル",
        &software.binary.to_hex(),
    )?;
    html.push_str("</table>\n");
    Ok(())
}

fn trials(html: &mut String, findings: &Findings) -> fmt::Result {
    for (weight, en, ja) in [
        (Weight::Duty, "What must work", "正常動作の確認"),
        (Weight::Attack, "What must be refused", "拒否されるべき操作"),
        (Weight::Habit, "Habits, for the record", "動作特性の記録"),
    ] {
        heading(html, en, ja)?;
        html.push_str("<table>\n");
        for line in findings.lines() {
            if weight_of(line.subject) != weight {
                continue;
            }
            writeln!(
                html,
                "<tr><td class=\"{}\">{}<br><span lang=\"ja\">{}</span></td><td>{}\
                 <br><span class=\"ja\" lang=\"ja\">{}</span></td><td class=\"w\">{}</td></tr>",
                class(line.finding),
                line.finding.name(Lang::En),
                line.finding.name(Lang::Ja),
                Escaped(line.subject.sentence(Lang::En)),
                Escaped(line.subject.sentence(Lang::Ja)),
                Escaped(&line.words),
            )?;
        }
        html.push_str("</table>\n");
    }
    Ok(())
}

const fn weight_of(subject: Subject) -> Weight {
    match subject {
        Subject::Attributes | Subject::Signatures | Subject::FreshR => Weight::Duty,
        Subject::Trial(trial) => trial.weight(),
    }
}

const fn class(finding: Finding) -> &'static str {
    match finding {
        Finding::Held => "held",
        Finding::Noticed => "notice",
        Finding::Noted => "noted",
        Finding::Open => "open",
        Finding::Failed => "failed",
    }
}

fn attributes(html: &mut String, report: &AcceptanceReport) -> fmt::Result {
    heading(html, "Attributes read back", "読み出した属性")?;
    html.push_str("<table>\n<thead><tr><th>Attribute</th>");
    for number in 1..=report.keys.len() {
        write!(html, "<th>key {number}</th>")?;
    }
    html.push_str("</tr></thead>\n");
    for attribute in KeyAttribute::ALL {
        write!(html, "<tr><td><code>{}</code></td>", attribute.name())?;
        for key in &report.keys {
            write!(html, "<td>{}</td>", key.attributes.get(attribute).name())?;
        }
        html.push_str("</tr>\n");
    }
    html.push_str("<tr><td><code>CKA_KEY_GEN_MECHANISM</code></td>");
    for key in &report.keys {
        match key.attributes.key_gen_mechanism {
            Some(number) => write!(html, "<td>{number:#x}</td>")?,
            None => html.push_str("<td>absent</td>"),
        }
    }
    html.push_str("</tr>\n</table>\n<p>Not known to the module / モジュールが認識しない属性: ");
    if report.unknown.is_empty() {
        html.push_str("none / なし");
    }
    for (place, name) in report.unknown.iter().enumerate() {
        let comma = if place == 0 { "" } else { ", " };
        write!(html, "{comma}<code>{}</code>", Escaped(name.as_str()))?;
    }
    html.push_str("</p>\n");
    Ok(())
}

fn timings(html: &mut String, report: &AcceptanceReport) -> fmt::Result {
    heading(
        html,
        "Time per operation, in microseconds",
        "操作時間(マイクロ秒)",
    )?;
    html.push_str(
        "<table>\n<thead><tr><th>Operation</th><th>times</th><th>min</th><th>median</th>\
         <th>max</th></tr></thead>\n",
    );
    for timing in &report.timings {
        writeln!(
            html,
            "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>\
             <td class=\"n\">{}</td></tr>",
            timing.operation.name(),
            timing.times,
            timing.min,
            timing.median,
            timing.max
        )?;
    }
    html.push_str("</table>\n");
    Ok(())
}

fn mechanisms(html: &mut String, report: &AcceptanceReport) -> fmt::Result {
    heading(html, "Mechanisms", "方式の一覧")?;
    html.push_str("<p class=\"w\">");
    for (place, mechanism) in report.mechanisms.iter().enumerate() {
        let comma = if place == 0 { "" } else { ", " };
        let (min, max) = (mechanism.min, mechanism.max);
        write!(html, "{comma}{} ({min} to {max})", mechanism.hex())?;
    }
    html.push_str("</p>\n<p>Nonce / ノンス: <code>");
    html.push_str(&hex(&report.nonce));
    html.push_str("</code></p>\n");
    Ok(())
}
