//! Block headers in a journal: a newest block that the chain leaves again, and everything that is not
//! taken.

use std::format;
use std::string::{String, ToString as _};
use std::vec::Vec;

use bitcoin::consensus;
use bitcoin::hashes::Hash as _;

use crate::codec::{self, ByteString};
use crate::headers::{HeaderRun, LeftBlocks};
use crate::token::Line;
use crate::transcript::testing::CLOCK;
use crate::transcript::testing::{Bench, mined_over};
use crate::transcript::{
    Body, CeremonyKind, Exception, Installed, Outcome, VerifiedTranscript, WhatKind,
};
use crate::types::{Height, Lang};

/// So many other blocks than the device knows, from this height on.
fn others(bench: &Bench, from: Height, blocks: u32, mark: u8) -> HeaderRun {
    let below = Height(from.0 - 1);
    let mut previous = *bench.state().accepted().hash(below).unwrap();
    let headers: Vec<[u8; 80]> = (0..blocks)
        .map(|n| {
            let header = mined_over(previous, 1_700_030_000 + from.0 + n, [mark; 32]);
            previous = header.block_hash().to_byte_array();
            consensus::serialize(&header).try_into().unwrap()
        })
        .collect();
    HeaderRun {
        first_height: from,
        headers,
    }
}

fn installed(run: &HeaderRun) -> Body {
    Body::Installed(Installed {
        kind: WhatKind::Headers,
        artefact: ByteString(codec::encode(run)),
        clock: CLOCK,
    })
}

fn refused(bench: &mut Bench, run: &HeaderRun) -> String {
    let refusal = bench.try_add(installed(run)).unwrap_err();
    refusal.got.text(Lang::En).to_string()
}

/// A device of eight blocks more than at its birth.
fn ready() -> (Bench, Height) {
    let mut bench = Bench::ready();
    bench.blocks(8);
    let tip = bench.state().height();
    (bench, tip)
}

fn left(bench: &Bench, from: Height) -> LeftBlocks {
    let tip = bench.state().tip().unwrap();
    LeftBlocks {
        from,
        to: tip.height(),
        tip: *tip.hash(),
    }
}

#[test]
fn a_stale_block_is_left_on_record_and_the_chain_goes_on() {
    let (mut bench, stale) = ready();
    let run = others(&bench, stale, 2, 5);
    let (left, gone) = (left(&bench, stale), *bench.state().tip().unwrap().hash());
    bench.open(CeremonyKind::Headers);
    // Not a word, other words, and the words of another block.
    let silent = "without the exception that says so";
    assert!(refused(&mut bench, &run).contains(silent));
    let mut other = Exception::blocks_left(&left);
    other.decision = Line::lossy("nothing");
    bench.add(Body::Exception(other));
    assert!(refused(&mut bench, &run).contains(silent));
    let other = LeftBlocks {
        tip: [1; 32],
        ..left
    };
    bench.add(Body::Exception(Exception::blocks_left(&other)));
    assert!(refused(&mut bench, &run).contains(silent));
    bench.add(Body::Exception(Exception::blocks_left(&left)));
    bench.add(installed(&run));
    assert_eq!(bench.state().height(), Height(stale.0 + 1));
    let accepted = bench.state().accepted().clone();
    assert_ne!(accepted.hash(stale), Some(&gone));
    assert_eq!(
        accepted.hash(Height(stale.0 + 1)),
        Some(bench.state().tip().unwrap().hash())
    );
    assert_eq!(accepted.hash(Height(stale.0 + 2)), None);
    // An exception vouches for one run.
    let again = others(&bench, Height(stale.0 + 1), 2, 6);
    assert!(refused(&mut bench, &again).contains(silent));
    bench.close(Outcome::Done);
    let verified = VerifiedTranscript::verify(&bench.disk, &bench.trust()).unwrap();
    assert_eq!(verified.state().accepted(), bench.state().accepted());
    assert_eq!(verified.state().chain(), bench.state().chain());
}

#[test]
fn equal_work_and_a_deeper_fork_are_refused_whatever_is_on_record() {
    let (mut bench, tip) = ready();
    bench.open(CeremonyKind::Headers);
    let equal = others(&bench, tip, 1, 5);
    let record = Exception::blocks_left(&left(&bench, tip));
    bench.add(Body::Exception(record));
    assert!(refused(&mut bench, &equal).contains("no more work"));
    let sixth = Height(tip.0 - 5);
    let deeper = others(&bench, Height(tip.0 - 6), 50, 5);
    let record = Exception::blocks_left(&left(&bench, Height(tip.0 - 6)));
    bench.add(Body::Exception(record));
    assert!(refused(&mut bench, &deeper).contains("another block than the one known"));
    let run = others(&bench, sixth, 7, 5);
    let record = Exception::blocks_left(&left(&bench, sixth));
    bench.add(Body::Exception(record));
    bench.add(installed(&run));
    assert_eq!(bench.state().height(), Height(tip.0 + 1));
}

/// Every list of the world's lies about headers, at the journal: nothing is taken, the height stays.
#[test]
fn gaps_withheld_and_unlinked_headers_move_nothing() {
    let (mut bench, tip) = ready();
    bench.open(CeremonyKind::Headers);
    let next = others(&bench, Height(tip.0 + 1), 10, 5);
    let run = |first: u32, headers: &[[u8; 80]]| HeaderRun {
        first_height: Height(first),
        headers: headers.to_vec(),
    };
    let gap = run(tip.0 + 2, &next.headers[1..]);
    assert!(refused(&mut bench, &gap).contains("headers begin at"));
    // Six to 144 blocks with all their work, but no link that proves their height.
    let elsewhere = run(tip.0 + 1, &next.headers[1..]);
    assert!(refused(&mut bench, &elsewhere).contains("does not follow"));
    let mut forged = next.clone();
    forged.headers[3][68] ^= 1;
    assert!(refused(&mut bench, &forged).contains(&format!("header {}", tip.0 + 4)));
    let withheld = run(tip.0 + 1, &next.headers[..0]);
    assert!(refused(&mut bench, &withheld).contains("0 headers"));
    assert_eq!(bench.state().height(), tip);
    bench.add(installed(&next));
    assert_eq!(bench.state().height(), Height(tip.0 + 10));
}
