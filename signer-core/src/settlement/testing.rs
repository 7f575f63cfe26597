//! Blocks with transactions in them, and proofs over them.

use alloc::vec::Vec;
use std::vec;

use bitcoin::hashes::{Hash, sha256d};
use bitcoin::{Transaction, consensus};

use super::{
    CONFIRMATIONS, ConfirmedSpend, MerklePath, Settled, Settlement, SettlementFile, trn06,
};
use crate::codec::{self, ByteString};
use crate::headers::HeaderRun;
use crate::rule::Refusal;
use crate::testing::Case;
use crate::transcript::testing::{Bench, mined_over};
use crate::transcript::{Body, CeremonyKind, Outcome, WhatKind};
use crate::types::Height;

const OPERATORS: [&str; 2] = ["operator.a", "operator.b"];

/// The transaction of a case, as nobody has signed it.
pub(crate) fn transaction(bench: &Bench, case: &Case) -> Transaction {
    let bytes = case.full(&bench.world).to_bytes();
    let parsed = crate::psbt::ParsedPsbt::parse(bytes).unwrap();
    parsed.tx().clone()
}

fn pair(halves: &[[u8; 32]]) -> [u8; 32] {
    let right = halves.get(1).unwrap_or(&halves[0]);
    sha256d::Hash::hash(&[halves[0], *right].concat()).to_byte_array()
}

/// Root of a tree, and the hashes beside the way from one of its leaves.
pub(crate) fn tree(leaves: &[[u8; 32]], position: usize) -> ([u8; 32], Vec<[u8; 32]>) {
    let (mut row, mut place, mut beside) = (leaves.to_vec(), position, vec![]);
    while row.len() > 1 {
        let other = row.get(place ^ 1).unwrap_or(&row[place]);
        beside.push(*other);
        row = row.chunks(2).map(pair).collect();
        place /= 2;
    }
    (row[0], beside)
}

/// A block behind the tip of this device that holds these transactions behind another one, and so
/// many blocks on top.
pub(crate) fn proof(bench: &Bench, spends: &[Transaction], on_top: u32) -> SettlementFile {
    let mut leaves = vec![[9; 32]];
    leaves.extend(spends.iter().map(|tx| tx.compute_txid().to_byte_array()));
    let tip = bench.state().tip().unwrap();
    let (mut previous, height) = (*tip.hash(), Height(tip.height().0 + 1));
    let headers = (0..=on_top).map(|n| {
        let root = if n == 0 { tree(&leaves, 0).0 } else { [0; 32] };
        let header = mined_over(previous, 1_700_020_000 + height.0 + n, root);
        previous = header.block_hash().to_byte_array();
        consensus::serialize(&header).try_into().unwrap()
    });
    let headers = HeaderRun {
        first_height: height,
        headers: headers.collect(),
    };
    let spends = (1..).zip(spends).map(|(position, tx)| ConfirmedSpend {
        height,
        transaction: ByteString(consensus::serialize(tx)),
        position: u32::try_from(position).unwrap(),
        path: MerklePath::new(tree(&leaves, position).1).unwrap(),
    });
    SettlementFile {
        version: 1,
        headers: headers.clone(),
        settlement: Settlement {
            version: 1,
            headers,
            spends: spends.collect(),
        },
    }
}

impl Bench {
    /// Opens a session of two operators and takes the headers of a proof.
    pub(crate) fn begin_settling(&mut self, file: &SettlementFile) {
        self.attend(CeremonyKind::Settle, OPERATORS);
        self.install(WhatKind::Headers, codec::encode(&file.headers));
    }

    /// What the rule makes of a proof.
    pub(crate) fn judge_settlement(&self, proof: &Settlement) -> Result<Settled, Refusal> {
        let state = self.state();
        let sets = trn06(proof, state.accepted(), state.register())?;
        let settlement = proof.clone();
        Ok(Settled { settlement, sets })
    }

    /// The screen of a settlement, every right answer typed.
    pub(crate) fn read_settlement(&mut self, settled: &Settled) {
        let page = self.state().settlement_page(&settled.sets).unwrap();
        self.show_all(vec![page]);
    }

    /// A whole session that settles.
    pub(crate) fn settle_by(&mut self, file: &SettlementFile) -> Settled {
        self.begin_settling(file);
        let settled = self.judge_settlement(&file.settlement).unwrap();
        self.read_settlement(&settled);
        self.add(Body::Settled(std::boxed::Box::new(settled.clone())));
        self.close(Outcome::Done);
        settled
    }
}

/// A device that settled what it had signed.
pub(crate) fn settled() -> Bench {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    bench.sign_case(&case);
    let file = proof(&bench, &[transaction(&bench, &case)], CONFIRMATIONS);
    let _: Settled = bench.settle_by(&file);
    bench
}
