//! A change in words: every kind of change, in both languages.

use alloc::string::{String, ToString};
use core::fmt::Write;

use super::{EDITS, usual};
use crate::digest::WalletDigest;
use crate::policy::{PolicyChanges, Sweep};
use crate::review::tests::golden;
use crate::testing::{id, rules_of, world};
use crate::types::Lang;

/// Every change in both languages, as officers compare it with their paper.
#[test]
fn every_change_is_told_in_the_words_of_the_golden_text() {
    let swept = |edit: &dyn Fn(&mut Sweep)| {
        let mut policy = usual();
        edit(policy.sweep.insert(sweep()));
        policy
    };
    let edited = EDITS.map(|(edit, _)| {
        let mut new = usual();
        edit(&mut new);
        (usual(), new)
    });
    let sweeps = [
        (usual(), swept(&|_| {})),
        (swept(&|_| {}), usual()),
        (swept(&|_| {}), swept(&|s| s.id = id("other"))),
        (swept(&|_| {}), swept(&|s| s.fee.per_mille += 1)),
        (swept(&|_| {}), swept(&|s| s.quorum.approvers += 1)),
    ];
    let mut text = String::new();
    for (old, new) in edited.iter().chain(&sweeps) {
        for change in PolicyChanges::between(old, new).iter() {
            for lang in [Lang::En, Lang::Ja] {
                let direction = change.direction().name(lang);
                let line = change.text(lang, &named);
                writeln!(text, "{direction}  {line}").unwrap();
            }
        }
    }
    golden("policy-changes.txt", &text);
}

pub(super) fn sweep() -> Sweep {
    Sweep {
        id: id("emergency"),
        wallet: WalletDigest::over(&[b"emergency"]),
        fee: rules_of(&mut usual()).fee,
        quorum: rules_of(&mut usual()).quorum,
    }
}

/// What the world calls its wallets: their digests change with every form of a record.
fn named(wallet: &WalletDigest) -> String {
    let known = [&world().wallet, &world().other].into_iter();
    let mut found = known.filter(|known| known.digest() == *wallet);
    let name = found.next().map(|known| known.name().to_string());
    name.unwrap_or_else(|| "another wallet".into())
}
