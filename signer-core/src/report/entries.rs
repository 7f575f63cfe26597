//! Every entry of a session with its hash, so that each line of the page can be looked up.

use alloc::format;
use alloc::string::String;
use core::fmt::{self, Write as _};

use super::both::{Both, cells, columns, visible};
use super::record::SessionRecord;
use crate::digest::{FileDigest, hex};
use crate::html::{Escaped, heading};
use crate::transcript::{Body, WhatKind};

/// The part with every entry.
pub(super) fn write(html: &mut String, record: &SessionRecord<'_>) -> fmt::Result {
    heading(html, "Every entry of the journal", "ジャーナルの全記録")?;
    html.push_str("<table class=\"entries\">\n");
    columns(
        html,
        &[
            ["No.", "番号"],
            ["Entry", "Entry"],
            ["記録", "記録"],
            ["What it holds", "内容"],
            ["SHA-256", "SHA-256"],
        ],
    )?;
    for (entry, hash) in record.entries.iter().zip(&record.hashes) {
        write!(html, "<tr><th>{}</th>", entry.sequence)?;
        cells(html, &Both::from(&entry.body.phrase()))?;
        writeln!(
            html,
            "<td>{}</td><td><code>{}</code></td></tr>",
            Escaped(&visible(&detail(&entry.body))),
            hex(hash)
        )?;
    }
    html.push_str("</table>\n");
    Ok(())
}

/// What is told of an entry in a few signs; what needs more has a part of its own.
fn detail(body: &Body) -> String {
    match body {
        Body::Genesis(genesis) => format!("{}, {}", genesis.name, genesis.site),
        Body::Installed(installed) => {
            let digest = FileDigest::over(&[&installed.artefact.0]);
            format!("{}, {digest}", what(installed.kind))
        }
        Body::KeysIntended(intended) => {
            let count = intended.ranges.iter().map(|range| u64::from(range.count));
            format!(
                "pool {}: {}",
                intended.pool,
                count.fold(0, u64::saturating_add)
            )
        }
        Body::KeysGenerated(made) => {
            let (chain, first) = (made.chain.number(), made.first);
            format!("pool {}, {chain}/{first}: {}", made.pool, made.keys.len())
        }
        Body::KeysDiscarded(gone) => format!("pool {}: {}", gone.pool, gone.keys.len()),
        Body::Intake(intake) => format!("{} bytes", intake.psbt().len()),
        Body::Shown(shown) => format!("{}", shown.number),
        Body::Answered(answered) => format!("{}: {}", answered.screen, answered.text),
        Body::Result(line) => format!("input {}", line.input),
        Body::Refused(refusal) => refusal.rule.name().into(),
        Body::Inventoried(listed) => {
            let there = &listed.inventory;
            format!(
                "{} + {} + {}",
                there.keys.len(),
                there.halves.len(),
                there.foreign.len()
            )
        }
        Body::Destroying(what) => format!("{} keys, wallet {}", what.keys.len(), what.wallet),
        Body::Destroyed(id) => format!("{id}"),
        Body::PinSplit(split) => format!("{} / {}", split.threshold, split.holders.len()),
        Body::Closed(outcome) => format!("{outcome:?}").to_lowercase(),
        _ => String::new(),
    }
}

const fn what(kind: WhatKind) -> &'static str {
    match kind {
        WhatKind::Roster => "roster",
        WhatKind::Enrolment => "enrolment",
        WhatKind::Card => "device card",
        WhatKind::WalletDraft => "wallet record, not complete",
        WhatKind::Wallet => "wallet record",
        WhatKind::Policy => "policy",
        WhatKind::Headers => "headers",
        WhatKind::Retirement => "retirement",
        WhatKind::WaitingRoster => "roster of the recovery quorum",
        WhatKind::Cancellation => "cancellation",
        WhatKind::Freeze => "freeze",
        WhatKind::Thaw => "thaw",
    }
}
