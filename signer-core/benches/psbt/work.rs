//! What is measured: the rules, and `bitcoin`'s own reading beside them.

use bitcoin::EcdsaSighashType;
use bitcoin::hashes::Hash;
use bitcoin::psbt::Psbt;
use bitcoin::sighash::SighashCache;
use signer_core::psbt::{Limits, ParsedPsbt};
use signer_core::rule::RuleId;
use signer_core::types::{Height, InputIndex, Network};
use signer_core::wallet::{CheckOnly, CheckTerms, DescriptorWallet};

/// What a piece of work has found: the sighash of every input, or the one rule that refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Sighashes(Vec<[u8; 32]>),
    Refused(RuleId),
    Nothing,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Every rule of reading and of binding, with the sighashes.
    Rules,
    /// The rules of reading alone.
    Reading,
    /// `bitcoin`: deserialize, the txid of every parent, sighashes. It judges nothing else.
    Library,
    /// The file is only there.
    Nothing,
}

impl Work {
    pub(crate) const ALL: [(&'static str, Self); 4] = [
        ("rules", Self::Rules),
        ("reading", Self::Reading),
        ("library", Self::Library),
        ("nothing", Self::Nothing),
    ];

    pub(crate) fn run(self, bytes: Vec<u8>, wallet: &DescriptorWallet) -> Found {
        match self {
            Self::Rules => rules(bytes, wallet),
            Self::Reading => reading(bytes),
            Self::Library => library(&bytes),
            Self::Nothing => Found::Nothing,
        }
    }
}

fn rules(bytes: Vec<u8>, wallet: &DescriptorWallet) -> Found {
    let terms = CheckTerms {
        wallet,
        network: Network::Regtest,
        policy: None,
        tip: Some(Height(800_000)),
    };
    let judged = CheckOnly::judge(bytes, Limits::HEAVY, terms);
    if let Some(refusal) = judged.report().refusals().next() {
        return Found::Refused(refusal.rule);
    }
    let inputs = (0..).map_while(|n| judged.input(InputIndex(n)));
    Found::Sighashes(inputs.map(|input| input.sighash).collect())
}

fn reading(bytes: Vec<u8>) -> Found {
    match ParsedPsbt::parse_within(bytes, Limits::HEAVY) {
        Ok(_) => Found::Nothing,
        Err(stopped) => stopped
            .report()
            .refusals()
            .next()
            .map_or(Found::Nothing, |refusal| Found::Refused(refusal.rule)),
    }
}

fn library(bytes: &[u8]) -> Found {
    let psbt = Psbt::deserialize(bytes).expect("a PSBT");
    let mut cache = SighashCache::new(&psbt.unsigned_tx);
    let inputs = psbt.inputs.iter().zip(&psbt.unsigned_tx.input).enumerate();
    let sighashes = inputs.map(|(place, (input, tx_in))| {
        let parent = input.non_witness_utxo.as_ref().expect("a parent");
        assert_eq!(parent.compute_txid(), tx_in.previous_output.txid);
        let coin = &parent.output[tx_in.previous_output.vout as usize];
        let script = input.witness_script.as_ref().expect("a witness script");
        let all = EcdsaSighashType::All;
        let sighash = cache.p2wsh_signature_hash(place, script, coin.value, all);
        sighash.expect("an input").to_byte_array()
    });
    Found::Sighashes(sighashes.collect())
}
