//! `transcript show`: the entries as they stand there.

use std::path::PathBuf;

use signer_core::digest::hex;
use signer_core::random::RandomEvidence;
use signer_core::rule::RuleReport;
use signer_core::token::{Date, hsm_screen};
use signer_core::transcript::{Body, Entry};
use signer_core::types::{Id, Lang, OfficerId};

use crate::error::Failure;
use crate::files;
use crate::view::line;

/// Shows every entry of a transcript whose chain is whole. Nothing else is verified.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli transcript show --transcript tokyo-1.transcript")]
pub(crate) struct Args {
    /// The transcript
    #[arg(long)]
    transcript: PathBuf,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let transcript = super::read(&self.transcript, &files::read_transcript(&self.transcript)?)?;
        for entry in transcript.entries() {
            let name = entry.body.phrase();
            let name = name.text(Lang::En);
            line!(
                "{:>6}  {:>4}  {name:<15} {}",
                entry.sequence,
                entry.session.0,
                detail(entry)
            );
            for below in hsm(entry, transcript.entries()) {
                line!("{:>29}{below}", "");
            }
        }
        line!("head {}", hex(&transcript.head().hash));
        Ok(())
    }
}

/// The screen about the HSM with which a session began: computed again from what the journal holds.
fn hsm(entry: &Entry, all: &[Entry]) -> Vec<String> {
    let Body::SessionOpened(opened) = &entry.body else {
        return Vec::new();
    };
    let birth = all.iter().find_map(|entry| match &entry.body {
        Body::Genesis(genesis) => genesis.acceptance.as_ref(),
        _ => None,
    });
    let today = Date::of_clock(opened.clock);
    hsm_screen(&opened.hsm, birth, today, Lang::En)
}

/// What is told of an entry in one line; typed text may be anything, so it is escaped.
fn detail(entry: &Entry) -> String {
    match &entry.body {
        Body::Genesis(genesis) => format!("{} at {}", genesis.name, genesis.site),
        Body::SessionOpened(opened) => {
            let (kind, clock) = (opened.kind.name(), opened.clock);
            let anchor = opened.hsm.anchor.name();
            let random = random(&opened.random);
            format!("{kind}, clock {clock}, anchor {anchor}, random {random}")
        }
        Body::Installed(installed) => installed.kind.name().to_owned(),
        Body::KeysGenerated(made) => {
            let (chain, count) = (made.chain.number(), made.keys.len());
            format!("pool {} chain {chain}: {count} keys", made.pool)
        }
        Body::KeysIntended(intended) => {
            let ranges = intended.ranges.iter().map(|range| {
                let (chain, first, count) = (range.chain.number(), range.first, range.count);
                format!("{count} on chain {chain} from {first}")
            });
            let ranges: Vec<String> = ranges.collect();
            format!("pool {}: {}", intended.pool, ranges.join(", "))
        }
        Body::KeysDiscarded(discarded) => {
            let keys = discarded.keys.iter().map(|key| {
                let (chain, index) = (key.chain.number(), key.index);
                format!("{} {chain}/{index}", key.remains.phrase().text(Lang::En))
            });
            let keys: Vec<String> = keys.collect();
            format!("pool {}: {}", discarded.pool, keys.join(", "))
        }
        Body::Intake(intake) => {
            format!(
                "{} bytes by {}",
                intake.psbt().len(),
                intake.channel().name()
            )
        }
        Body::Reported(report) => of_rules(report),
        Body::Rejected(rejected) => format!("{} by {}", rejected.request, rejected.officer),
        Body::Shown(shown) => format!("screen {}", shown.number),
        Body::Answered(answered) => {
            let (screen, typed) = (answered.screen, &answered.text);
            let seat = answered.seat.phrase();
            format!("screen {screen}, {}: {typed:?}", seat.text(Lang::En))
        }
        Body::Rechecked(again) => {
            format!("clock {}, random {}", again.clock, random(&again.random))
        }
        Body::Result(line) => format!("input {}", line.input),
        Body::Refused(refusal) => refusal.text(Lang::En).replace('\n', " "),
        Body::Aborted(aborted) => format!("step {}: {}", aborted.step, aborted.reason),
        Body::Inventoried(listed) => {
            let there = &listed.inventory;
            let (keys, halves) = (there.keys.len(), there.halves.len());
            format!(
                "{keys} keys, {halves} halves, {} others",
                there.foreign.len()
            )
        }
        Body::Destroying(what) => format!("{} keys of wallet {}", what.keys.len(), what.wallet),
        Body::Destroyed(id) => format!("key {id}"),
        Body::Closed(outcome) => outcome.name().to_owned(),
        other => of_pin(other),
    }
}

/// Which rules refused.
fn of_rules(report: &RuleReport) -> String {
    let mut rules: Vec<&str> = report.refusals().map(|r| r.rule.name()).collect();
    rules.dedup();
    if rules.is_empty() {
        "nothing refused".to_owned()
    } else {
        format!("refused by {}", rules.join(", "))
    }
}

/// Who holds a PIN, or has put it together.
fn of_pin(body: &Body) -> String {
    match body {
        Body::PinSplit(split) => {
            let (set, of) = (split.number, split.holders.len());
            let whose = split.credential.name();
            format!(
                "{whose}, set {set}, {} of {of}: {}",
                split.threshold,
                names(&split.holders)
            )
        }
        Body::PinOpened(opened) => {
            let (whose, set) = (opened.credential.name(), opened.number);
            format!("{whose}, set {set}, by {}", names(&opened.holders))
        }
        _ => String::new(),
    }
}

fn names(holders: &[OfficerId]) -> String {
    let names: Vec<&str> = holders.iter().map(Id::as_str).collect();
    names.join(", ")
}

/// What the health tests found: bytes, longest run and highest count of each source.
fn random(evidence: &RandomEvidence) -> String {
    let [hsm, kernel] = [evidence.hsm, evidence.kernel].map(|source| {
        let (run, count) = (source.longest_run, source.highest_count);
        format!("{} bytes, run {run}, count {count}", source.samples)
    });
    format!("HSM {hsm}; kernel {kernel}")
}
