//! The first stage: hostile bytes to [`ParsedPsbt`].

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use bitcoin::absolute::LockTime;
use bitcoin::hashes::Hash;
use bitcoin::secp256k1::PublicKey;
use bitcoin::{Amount, ScriptBuf, Transaction, TxOut, Weight};

use crate::digest::{PsbtDigest, TxDigest};
use crate::rule::{Refusal, RuleId, RuleReport, Stage, Stopped, Verdict};

use super::form::{self, Carried, Fields, InputFields, KeyOrigin, OutputFields};
use super::rules::{self, Reading};
use super::{Limits, PsbtVersion, RawPsbt};

/// A PSBT of our profile: well-formed, within limits, every amount proven by its previous
/// transaction, sums that fit.
///
/// Made only by reading. It holds the bytes that it was read from, unchanged.
pub struct ParsedPsbt {
    read: Arc<Read>,
}

/// What one reading found.
struct Read {
    raw: RawPsbt,
    digest: PsbtDigest,
    tx: Arc<Transaction>,
    tx_digest: TxDigest,
    inputs: Vec<ParsedInput>,
    outputs: Vec<ParsedOutput>,
    total_in: Amount,
    fee: Amount,
    foreign_records: usize,
    modifiable: Option<u8>,
    carried: Carried,
    report: RuleReport,
}

/// An input: the proven coin, and what the PSBT claims about how it is spent.
#[derive(Debug, PartialEq, Eq)]
pub struct ParsedInput {
    /// The coin, from the previous transaction.
    pub spent: TxOut,
    /// The witness script that the PSBT names; a claim.
    pub witness_script: Option<ScriptBuf>,
    /// The redeem script that the PSBT names; a claim.
    pub redeem_script: Option<ScriptBuf>,
    /// Signatures that are already there, with the signature type as last byte; not verified.
    pub partial_sigs: Vec<(PublicKey, Vec<u8>)>,
    /// Where keys are said to come from; a claim.
    pub origins: Vec<KeyOrigin>,
}

/// What the PSBT claims about an output of the transaction.
#[derive(Debug, PartialEq, Eq)]
pub struct ParsedOutput {
    /// The witness script that the PSBT names; a claim.
    pub witness_script: Option<ScriptBuf>,
    /// The redeem script that the PSBT names; a claim.
    pub redeem_script: Option<ScriptBuf>,
    /// Where keys are said to come from; a claim.
    pub origins: Vec<KeyOrigin>,
}

impl ParsedPsbt {
    /// Reads a PSBT of usual size ([`Limits::USUAL`]).
    ///
    /// # Errors
    /// The complete report, when any rule of PSB01 to PSB08 refuses.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, Stopped> {
        Self::parse_within(bytes, Limits::USUAL)
    }

    /// Reads a PSBT of up to the given size.
    ///
    /// # Errors
    /// The complete report, when any rule of PSB01 to PSB08 refuses.
    pub fn parse_within(bytes: Vec<u8>, limits: Limits) -> Result<Self, Stopped> {
        Self::parse_shared(Arc::new(bytes), limits)
    }

    /// Reads a PSBT whose bytes others hold too.
    pub(super) fn parse_shared(bytes: Arc<Vec<u8>>, limits: Limits) -> Result<Self, Stopped> {
        let read = rules::file_size(bytes.len(), limits)
            .and_then(|()| RawPsbt::from_shared(bytes))
            .and_then(form::psb01);
        let fields = match read {
            Ok(fields) => fields,
            Err(refusal) => return Err(unreadable(refusal)),
        };
        let proofs = rules::prove_coins(&fields);
        let reading = Reading {
            fields: &fields,
            limits,
            spent: &proofs.spent,
            mined: &proofs.mined,
        };
        let mut verdicts = alloc::vec![(RuleId::PSB01, Verdict::Passed)];
        verdicts.extend(rules::judge(&reading));
        let report = RuleReport::new().with_stage(Stage::Parse, &verdicts);
        let report = report.unrefused()?;
        // Passed: every coin is proven, and the sums were judged.
        let spent: Vec<TxOut> = proofs.spent.into_iter().flatten().collect();
        let read = Arc::new(Read::of(fields, spent, report));
        Ok(Self { read })
    }

    /// The same reading as a stage of its own, for who goes on from it.
    pub(super) fn again(&self) -> Self {
        let read = Arc::clone(&self.read);
        Self { read }
    }

    /// The version in which it came, and in which it goes out again.
    pub fn version(&self) -> PsbtVersion {
        self.read.raw.version()
    }

    /// The digest of the bytes that came in.
    pub fn digest(&self) -> PsbtDigest {
        self.read.digest
    }

    /// The unsigned transaction, in version 2 with its lock time resolved.
    pub fn tx(&self) -> &Transaction {
        &self.read.tx
    }

    /// The digest of the transaction that people approve.
    ///
    /// Tagged SHA-256 (`himuro/tx`) of: version (4 bytes); lock time (4); number of inputs (4); for
    /// each input its previous txid (32, in the order of serialization), output number (4),
    /// sequence (4), the amount it spends (8), the length of the script it spends (4), that
    /// script; number of outputs (4); for each output its amount (8), the length of its script
    /// (4), that script. All numbers little-endian. The same for both versions of PSBT, and
    /// unchanged by added signatures.
    pub fn tx_digest(&self) -> TxDigest {
        self.read.tx_digest
    }

    /// The inputs, in order.
    pub fn inputs(&self) -> &[ParsedInput] {
        &self.read.inputs
    }

    /// What is claimed of the outputs, in the order of the transaction.
    pub fn outputs(&self) -> &[ParsedOutput] {
        &self.read.outputs
    }

    /// What the inputs bring.
    pub fn total_in(&self) -> Amount {
        self.read.total_in
    }

    /// What the outputs leave.
    pub fn fee(&self) -> Amount {
        self.read.fee
    }

    /// The resolved lock time: none, or a height (PSB07). Whether that height is ahead is judged
    /// where the height of the chain is known.
    pub fn lock_time(&self) -> LockTime {
        self.read.tx.lock_time
    }

    /// The weight of the transaction once every input has a witness of so many bytes
    /// ([`multisig_witness_bytes`]).
    pub fn weight_with(&self, witness_bytes_per_input: u64) -> Weight {
        let spent: Vec<TxOut> = self
            .inputs()
            .iter()
            .map(|input| input.spent.clone())
            .collect();
        Weight::from_wu(rules::weight_with(
            &self.read.tx,
            &spent,
            witness_bytes_per_input,
        ))
    }

    /// How many records are passed through unread: unknown and foreign proprietary ones.
    pub fn foreign_records(&self) -> usize {
        self.read.foreign_records
    }

    /// The flags "transaction modifiable" of version 2, where they are there.
    pub fn modifiable(&self) -> Option<u8> {
        self.read.modifiable
    }

    /// What travels in the PSBT for us.
    pub fn carried(&self) -> &Carried {
        &self.read.carried
    }

    /// The report so far: PSB01 to PSB08, none refused.
    pub fn report(&self) -> &RuleReport {
        &self.read.report
    }

    /// The container, as it came.
    pub fn raw(&self) -> &RawPsbt {
        &self.read.raw
    }

    /// The bytes that came in.
    pub fn bytes(&self) -> &[u8] {
        self.read.raw.bytes()
    }
}

impl Read {
    fn of(fields: Fields, spent: Vec<TxOut>, report: RuleReport) -> Self {
        let total = |outputs: &[TxOut]| {
            let sats = outputs.iter().map(|output| output.value.to_sat());
            Amount::from_sat(sats.fold(0, u64::saturating_add))
        };
        let total_in = total(&spent);
        let total_out = total(&fields.tx.output);
        let tx_digest = tx_digest(&fields.tx, &spent);
        let inputs = fields.inputs.into_iter().zip(spent);
        Self {
            digest: fields.raw.digest(),
            raw: fields.raw,
            tx: fields.tx,
            tx_digest,
            inputs: inputs
                .map(|(input, coin)| ParsedInput::of(input, coin))
                .collect(),
            outputs: fields.outputs.into_iter().map(ParsedOutput::of).collect(),
            total_in,
            fee: total_in.checked_sub(total_out).unwrap_or(Amount::ZERO),
            foreign_records: fields.foreign.records,
            modifiable: fields.modifiable,
            carried: fields.carried,
            report,
        }
    }
}

impl fmt::Debug for ParsedPsbt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParsedPsbt")
            .field("raw", &self.read.raw)
            .field("tx_digest", &self.read.tx_digest)
            .finish_non_exhaustive()
    }
}

impl ParsedInput {
    fn of(input: InputFields, spent: TxOut) -> Self {
        Self {
            spent,
            witness_script: input.witness_script,
            redeem_script: input.redeem_script,
            partial_sigs: input.partial_sigs,
            origins: input.origins,
        }
    }
}

impl ParsedOutput {
    fn of(output: OutputFields) -> Self {
        Self {
            witness_script: output.witness_script,
            redeem_script: output.redeem_script,
            origins: output.origins,
        }
    }
}

/// The most bytes that the witness of an m-of-n input takes, its script being of so many bytes.
pub fn multisig_witness_bytes(m: u8, script_bytes: usize) -> u64 {
    rules::multisig_witness_bytes(m, script_bytes)
}

/// The weight of the transaction once every input has a witness of so many bytes; `spent` are the
/// coins of its inputs.
pub fn signed_weight(tx: &Transaction, spent: &[TxOut], witness_bytes_per_input: u64) -> Weight {
    Weight::from_wu(rules::weight_with(tx, spent, witness_bytes_per_input))
}

/// The report of a file that could not be read: the other rules have nothing to judge.
fn unreadable(refusal: Refusal) -> Stopped {
    let by = refusal.rule;
    let mut refused = Some(refusal);
    let verdicts: Vec<(RuleId, Verdict)> = RuleId::of(Stage::Parse)
        .map(|rule| {
            let verdict = match refused.take_if(|_| rule == by) {
                Some(refusal) => Verdict::from(Err(refusal)),
                None => Verdict::NotReached(by),
            };
            (rule, verdict)
        })
        .collect();
    RuleReport::new()
        .with_stage(Stage::Parse, &verdicts)
        .stopped(by)
}

fn tx_digest(tx: &Transaction, spent: &[TxOut]) -> TxDigest {
    // About what usual scripts take; longer ones make it grow.
    let items = tx.input.len().saturating_add(tx.output.len());
    let mut preimage = Preimage(Vec::with_capacity(items.saturating_mul(96)));
    preimage.0.extend_from_slice(&tx.version.0.to_le_bytes());
    preimage.u32(tx.lock_time.to_consensus_u32());
    preimage.count(tx.input.len());
    for (tx_in, coin) in tx.input.iter().zip(spent) {
        let outpoint = tx_in.previous_output;
        preimage.0.extend_from_slice(outpoint.txid.as_byte_array());
        preimage.u32(outpoint.vout);
        preimage.u32(tx_in.sequence.0);
        preimage.output(coin);
    }
    preimage.count(tx.output.len());
    for output in &tx.output {
        preimage.output(output);
    }
    TxDigest::over(&[&preimage.0])
}

struct Preimage(Vec<u8>);

impl Preimage {
    fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    /// Counts and lengths are below 2^27: PSB02.
    fn count(&mut self, value: usize) {
        self.u32(u32::try_from(value).unwrap_or(u32::MAX));
    }

    fn output(&mut self, output: &TxOut) {
        self.0
            .extend_from_slice(&output.value.to_sat().to_le_bytes());
        self.count(output.script_pubkey.len());
        self.0.extend_from_slice(output.script_pubkey.as_bytes());
    }
}
