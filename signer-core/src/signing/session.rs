//! From a confirmed transaction to signatures, one order at a time, and on to the signed PSBT.
//!
//! A signature that was made leaves this module only as a journal line and inside the signed
//! PSBT, whose bytes only a release gives away.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use bitcoin::secp256k1::ecdsa;

use super::order::SighashOrder;
use super::{Coin, Intent, IntentLine, IntentPayment, Receipt, SignatureLine, rules};
use crate::approval::Now;
use crate::codec;
use crate::cose::{Draft, Signed};
use crate::digest::{DeviceId, TxDigest};
use crate::keys::{KeyPoint, P256PublicKey, Signature64};
use crate::ledger::{LedgerState, RValues};
use crate::phrase;
use crate::psbt::signed::{add_signatures, only_these_added};
use crate::psbt::{ParsedPsbt, RawPsbt, lean};
use crate::review::ConfirmedTx;
use crate::rule::{Phrase, Place, Refusal, RuleId};
use crate::transcript::{Appended, Body, Entry};
use crate::types::{InputIndex, OfficerId, SessionNumber};
use crate::wallet::WalletTx;

/// `SIGHASH_ALL`, the last byte of every signature.
const ALL: u8 = 1;

/// A confirmed transaction while its signatures are made.
#[derive(Debug)]
pub struct Signing {
    confirmed: ConfirmedTx,
    intent: Intent,
    orders: VecDeque<SighashOrder>,
    made: Vec<SignatureLine>,
    /// The r values of `made`.
    r_values: RValues,
    libraries: rules::Libraries,
}

/// A confirmed transaction with every order computed and none given: the intent comes first.
#[derive(Debug)]
pub struct Intended {
    confirmed: ConfirmedTx,
    intent: Intent,
    orders: VecDeque<SighashOrder>,
}

impl Intended {
    /// What is about to be signed: for the journal.
    pub const fn intent(&self) -> &Intent {
        &self.intent
    }

    /// Goes on to the orders, now that the intent is an entry of the journal and on the disk.
    /// `disk` is the journal as it was read back from there.
    ///
    /// # Errors
    /// TRN04: the entry is another one, or it is not the end of what the disk holds.
    pub fn journalled(self, appended: &Appended, disk: &[u8]) -> Result<Signing, Refusal> {
        if !disk.ends_with(appended.bytes()) {
            let expected = phrase!(
                "a journal on the disk that ends with the intent",
                "署名予定で終わるディスク上のジャーナル"
            );
            return Err(not_journalled(
                expected,
                phrase!("another end", "別の終わり"),
            ));
        }
        let entry = codec::decode::<Entry>(appended.bytes()).map_err(|error| {
            not_journalled(phrase!("an entry", "ジャーナル記録"), error.phrase())
        })?;
        self.recorded(&entry)
    }

    /// Goes on with an entry that a journal holds.
    ///
    /// # Errors
    /// TRN04: another entry than this intent's, or in another session.
    pub(crate) fn recorded(self, entry: &Entry) -> Result<Signing, Refusal> {
        let session = self.confirmed.session().session;
        let Body::Intent(intent) = &entry.body else {
            let expected = phrase!("an intent", "署名予定");
            return Err(not_journalled(expected, entry.body.phrase()));
        };
        if entry.session != session || *intent != self.intent {
            let expected = phrase!(
                "the same intent in session {session}",
                "セッション {session} の同じ署名予定",
                session = session
            );
            let got = phrase!(
                "another one in session {session}",
                "セッション {session} の別の署名予定",
                session = entry.session
            );
            return Err(not_journalled(expected, got));
        }
        Ok(Signing {
            confirmed: self.confirmed,
            intent: self.intent,
            orders: self.orders,
            made: Vec::new(),
            r_values: RValues::new(),
            libraries: rules::Libraries::ready(),
        })
    }
}

/// Where the journal stands after the last signature: what a receipt names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiptFacts {
    /// SHA-256 of the journal entry that holds the last signature.
    pub head: [u8; 32],
    /// Entries of the journal up to that one.
    pub entries: u64,
    /// Bitcoin signatures that this device has ever made, these included.
    pub signature_count: u64,
}

impl Signing {
    /// Computes every order of a confirmed transaction, and gives none. People may have read for long:
    /// who asked, approved and operates is judged again as it stands now.
    ///
    /// # Errors
    /// Any APP rule or TIM01, where something has ended since; SIG04 where the transaction was explained
    /// for another device.
    pub fn begin(confirmed: ConfirmedTx, now: &Now<'_>) -> Result<Intended, Refusal> {
        confirmed.approved().judge_again(now)?;
        let tx = confirmed.wallet_tx();
        check_device(tx, &confirmed)?;
        let coins = confirmed.wallet_tx().parsed().tx().input.iter();
        let mut lines = Vec::new();
        let mut orders = VecDeque::new();
        for (bound, coin) in tx.inputs().iter().zip(coins) {
            let (input, key, sighash) = (bound.index(), bound.own_key(), *bound.sighash());
            lines.push(IntentLine {
                input,
                coin: Coin::from(coin.previous_output),
                key: key.public_key.into(),
                sighash,
            });
            orders.push_back(SighashOrder::new(input, key, sighash));
        }
        let intent = Intent {
            tx: confirmed.wallet_tx().parsed().tx_digest(),
            wallet: tx.wallet().id(),
            lines,
            change: tx.change().map(|(_, index, _)| index),
            payments: payments(tx),
            returns: tx.change_total(),
            fee: tx.fee(),
            replaces: confirmed.approved().checked().counted_for().to_vec(),
        };
        Ok(Intended {
            confirmed,
            intent,
            orders,
        })
    }

    /// What is being signed, as the journal holds it.
    pub const fn intent(&self) -> &Intent {
        &self.intent
    }

    /// How many signatures were accepted so far.
    pub fn made(&self) -> usize {
        self.made.len()
    }

    /// The next order for the HSM. Each is given once.
    pub fn next_order(&mut self) -> Option<SighashOrder> {
        self.orders.pop_front()
    }

    /// Judges the signature that the HSM made for `order`; the line for the journal.
    ///
    /// # Errors
    /// SIG01 to SIG04.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "an order is obeyed once: it ends here"
    )]
    pub fn accept(
        &mut self,
        order: SighashOrder,
        signature: Signature64,
        ledger: &LedgerState,
    ) -> Result<SignatureLine, Refusal> {
        let line = self.line_of(&order)?;
        self.take(&order, line, signature, ledger)
    }

    /// Takes a signature that the journal holds already from before a power cut, in the place of
    /// the next order: it is emitted again, never made again.
    ///
    /// # Errors
    /// SIG01 to SIG04.
    pub fn accept_recorded(
        &mut self,
        recorded: &SignatureLine,
        ledger: &LedgerState,
    ) -> Result<(), Refusal> {
        let order = self.next_order().ok_or_else(|| too_many(recorded.input))?;
        let line = self.line_of(&order)?;
        if (line.input, line.key) != (recorded.input, recorded.key) {
            return Err(too_many(recorded.input));
        }
        self.take(&order, line, recorded.signature, ledger)
            .map(|_| ())
    }

    /// The receipt, for the device's identity key.
    ///
    /// # Errors
    /// SIG04 while a signature is missing.
    pub fn receipt(
        &self,
        facts: ReceiptFacts,
        identity: P256PublicKey,
    ) -> Result<Draft<Receipt>, Refusal> {
        let receipt = self.unsigned_receipt(facts)?;
        let scope = receipt.scope;
        Ok(Draft::new(receipt, scope, identity))
    }

    /// What the receipt says.
    ///
    /// # Errors
    /// SIG04 while a signature is missing.
    pub(crate) fn unsigned_receipt(&self, facts: ReceiptFacts) -> Result<Receipt, Refusal> {
        rules::sig04(&self.intent.lines, &self.made)?;
        let parsed = self.parsed();
        let session = self.confirmed.session();
        Ok(Receipt {
            version: 1,
            scope: self.confirmed.scope(),
            device: session.device,
            session: session.session,
            tx: parsed.tx_digest(),
            psbt: parsed.digest(),
            signatures: self.made.clone(),
            head: facts.head,
            entries: facts.entries,
            signature_count: facts.signature_count,
            operators: self.operators(),
        })
    }

    /// The PSBT with our signatures and our receipt, and nothing else changed.
    ///
    /// # Errors
    /// SIG04, SIG05.
    pub fn finish(self, receipt: &Signed<Receipt>) -> Result<SignedPsbt, Refusal> {
        self.check_end(receipt)?;
        SignedPsbt::assemble(self.parsed().raw(), receipt)
    }

    /// The same where nothing is released: the lean answer is not made.
    ///
    /// # Errors
    /// SIG04, SIG05.
    pub(crate) fn finish_unreleased(self, receipt: &Signed<Receipt>) -> Result<(), Refusal> {
        self.check_end(receipt)?;
        let signatures = added_by(receipt.body())?;
        with_signatures(self.parsed().raw(), receipt, &signatures).map(drop)
    }

    fn check_end(&self, receipt: &Signed<Receipt>) -> Result<(), Refusal> {
        rules::sig04(&self.intent.lines, &self.made)?;
        self.check_receipt(receipt.body())
    }

    fn parsed(&self) -> &ParsedPsbt {
        self.confirmed.wallet_tx().parsed()
    }

    /// The line of the intent that comes next, if the order is its order.
    fn line_of(&self, order: &SighashOrder) -> Result<IntentLine, Refusal> {
        let line = self.intent.lines.get(self.made.len());
        let line = line.ok_or_else(|| too_many(order.input()))?;
        let key = KeyPoint::from(order.key().public_key);
        if (line.input, line.key, &line.sighash) == (order.input(), key, order.digest()) {
            Ok(*line)
        } else {
            Err(too_many(order.input()))
        }
    }

    fn take(
        &mut self,
        order: &SighashOrder,
        line: IntentLine,
        signature: Signature64,
        ledger: &LedgerState,
    ) -> Result<SignatureLine, Refusal> {
        let verdicts = [
            rules::sig01(&self.libraries, order, &signature),
            rules::sig02(order, &signature),
            rules::sig03(order, &signature, &self.r_values, ledger.r_values()),
        ];
        verdicts.into_iter().collect::<Result<(), Refusal>>()?;
        let made = SignatureLine {
            input: line.input,
            key: line.key,
            signature,
        };
        self.made.push(made);
        self.r_values.record(&signature);
        Ok(made)
    }

    /// Operator A and operator B of the session.
    fn operators(&self) -> [OfficerId; 2] {
        let [a, b] = self.confirmed.approved().operators();
        [a.id.clone(), b.id.clone()]
    }

    fn check_receipt(&self, receipt: &Receipt) -> Result<(), Refusal> {
        let (parsed, session) = (self.parsed(), self.confirmed.session());
        let same = receipt.scope == self.confirmed.scope()
            && receipt.device == session.device
            && receipt.session == session.session
            && receipt.tx == parsed.tx_digest()
            && receipt.psbt == parsed.digest()
            && receipt.signatures == self.made
            && receipt.operators == self.operators();
        if same {
            return Ok(());
        }
        Err(Refusal::new(
            RuleId::SIG04,
            Place::Transaction,
            phrase!(
                "a receipt of this session's signatures",
                "このセッションの署名の受領証"
            ),
            phrase!("another receipt", "別の受領証"),
        ))
    }
}

/// The keys of the orders are those of the device that explained the transaction: it must be the
/// one at which it was confirmed.
fn check_device(tx: &WalletTx, confirmed: &ConfirmedTx) -> Result<(), Refusal> {
    let session = confirmed.session();
    if tx.device() == session.device {
        return Ok(());
    }
    Err(Refusal::new(
        RuleId::SIG04,
        Place::Transaction,
        phrase!(
            "keys of device {device}",
            "端末 {device} の鍵",
            device = session.device
        ),
        Phrase::figure(tx.device()),
    ))
}

fn payments(tx: &WalletTx) -> Vec<IntentPayment> {
    let payments = tx.payments().map(|(_, script, amount)| IntentPayment {
        script: script.clone(),
        amount,
    });
    payments.collect()
}

const fn not_journalled(expected: Phrase, got: Phrase) -> Refusal {
    Refusal::new(RuleId::TRN04, Place::Whole, expected, got)
}

fn too_many(input: InputIndex) -> Refusal {
    Refusal::new(
        RuleId::SIG04,
        Place::Input(input),
        phrase!(
            "one signature for each order of this session, in order",
            "このセッションの指図ごとに署名1つ、順序どおり"
        ),
        phrase!("one for another order", "別の指図に対する署名"),
    )
}

/// DER with the signature type, as a PSBT carries it.
fn der(line: &SignatureLine) -> Result<Vec<u8>, Refusal> {
    let parsed = ecdsa::Signature::from_compact(&line.signature.0).map_err(|_| {
        Refusal::new(
            RuleId::SIG01,
            Place::Input(line.input),
            phrase!("r and s in range", "範囲内の r と s"),
            phrase!("out of range", "範囲外"),
        )
    })?;
    let mut bytes = parsed.serialize_der().to_vec();
    bytes.push(ALL);
    Ok(bytes)
}

/// A partial signature as a PSBT carries it.
type Added = (InputIndex, KeyPoint, Vec<u8>);

/// What a receipt's signatures add to a PSBT.
fn added_by(receipt: &Receipt) -> Result<Vec<Added>, Refusal> {
    let lines = receipt.signatures.iter();
    lines
        .map(|line| Ok((line.input, line.key, der(line)?)))
        .collect()
}

/// The PSBT with these signatures and the receipt, held against SIG05.
fn with_signatures(
    before: &RawPsbt,
    receipt: &Signed<Receipt>,
    signatures: &[Added],
) -> Result<RawPsbt, Refusal> {
    let said = receipt.body();
    let addition = (said.device, said.session, receipt.to_bytes());
    let psbt = add_signatures(before, signatures, addition)?;
    only_these_added(before, &psbt, signatures)?;
    Ok(psbt)
}

/// The PSBT with this device's signatures. It does not turn into bytes: only a release does.
#[derive(Debug)]
pub struct SignedPsbt {
    device: DeviceId,
    session: SessionNumber,
    tx: TxDigest,
    psbt: RawPsbt,
    answer: RawPsbt,
}

impl SignedPsbt {
    /// The device that signed.
    pub const fn device(&self) -> DeviceId {
        self.device
    }

    /// The session in which it signed.
    pub const fn session(&self) -> SessionNumber {
        self.session
    }

    /// The transaction.
    pub const fn tx(&self) -> TxDigest {
        self.tx
    }

    /// Adds the signatures of a receipt and the receipt itself. Whoever calls this has compared the
    /// receipt with what was signed.
    pub(crate) fn assemble(before: &RawPsbt, receipt: &Signed<Receipt>) -> Result<Self, Refusal> {
        let said = receipt.body();
        let signatures = added_by(said)?;
        let psbt = with_signatures(before, receipt, &signatures)?;
        let answer = lean::answer_of(before, &psbt)?;
        Ok(Self {
            device: said.device,
            session: said.session,
            tx: said.tx,
            psbt,
            answer,
        })
    }

    /// The whole PSBT, and the lean answer.
    pub(crate) fn into_psbts(self) -> [RawPsbt; 2] {
        [self.psbt, self.answer]
    }
}
