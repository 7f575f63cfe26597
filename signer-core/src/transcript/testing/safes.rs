use alloc::vec::Vec;

use super::Bench;
use crate::approval::{RecoveryCancellation, RecoveryQuorum};
use crate::codec::ByteString;
use crate::cose::Signed;
use crate::rule::Refusal;
use crate::testing::{SCOPE, TIP, id, label, officer_signs, officers_sign, p256_key, p256_public};
use crate::transcript::testing::CLOCK;
use crate::transcript::{Body, CeremonyKind, Installed, Outcome, WhatKind};
use crate::types::Blocks;

/// How long a roster of the safes waits.
pub(crate) const DELAY: Blocks = Blocks(144);

const OPERATORS: [&str; 2] = ["operator.a", "operator.b"];

/// A device that may sign, under a roster with two safes.
pub(crate) fn with_safes() -> Bench {
    let mut bench = Bench::ready();
    let mut body = bench.world.roster.roster().clone();
    body.number.0 += 1;
    body.predecessor = Some(bench.world.roster.digest());
    let mut keys: Vec<_> = ["safe.a", "safe.b"]
        .map(|name| p256_public(&p256_key(name)))
        .into();
    keys.sort();
    body.recovery = Some(RecoveryQuorum {
        threshold: 2,
        keys,
        delay: DELAY,
    });
    let bytes = officers_sign(body, &["admin.a", "admin.b"]).to_bytes();
    let artefact = ByteString(bytes.clone());
    let kind = WhatKind::Roster;
    session(
        &mut bench,
        Body::Installed(Installed {
            kind,
            artefact,
            clock: CLOCK,
        }),
    )
    .unwrap();
    bench.world.roster = bench
        .world
        .roster
        .succeed(&bytes, crate::testing::free(TIP))
        .unwrap();
    bench
}

/// An administrator lost a key; the safes name another one.
pub(crate) fn recovered(bench: &Bench) -> Vec<u8> {
    let roster = bench.state().roster().unwrap();
    let mut body = roster.roster().clone();
    body.number.0 += 1;
    body.predecessor = Some(roster.digest());
    body.officers[0].key = p256_public(&p256_key("admin.new"));
    officers_sign(body, &["safe.a", "safe.b"]).to_bytes()
}

/// One administrator cancels what waits.
pub(crate) fn cancellation(bench: &Bench) -> Signed<RecoveryCancellation> {
    let roster = bench.state().roster().unwrap();
    let body = RecoveryCancellation {
        version: 1,
        scope: SCOPE,
        root: roster.root(),
        roster: roster.digest(),
        cancelled: bench.state().waiting_roster().unwrap().roster,
        officer: id("admin.c"),
        reason: label("nobody lost a key"),
    };
    officer_signs(body, "admin.c")
}

/// A whole session about rosters, with what is to be said and both operators.
pub(crate) fn session(bench: &mut Bench, entry: Body) -> Result<(), Refusal> {
    bench.open(CeremonyKind::Roster);
    let due = bench.state().open().unwrap().due().cloned();
    if let Some(due) = due {
        bench.add(Body::Announced(due));
    }
    bench.sit_down(OPERATORS);
    if let Body::Installed(installed) = &entry {
        bench.compare(installed.kind, &installed.artefact.0);
    }
    let taken = bench.try_add(entry);
    let outcome = match taken {
        Ok(()) => Outcome::Done,
        Err(_) => Outcome::Aborted,
    };
    bench.close(outcome);
    taken
}
