//! The same means that the other probes misuse, where they are allowed.

use signer_core::approval::{ActiveRoster, ApprovedTx, Now, Operators};
use signer_core::cose::{Artefact, CoseError, Draft, Signed};
use signer_core::digest::DeviceId;
use signer_core::keys::{P256PublicKey, Signature64};
use signer_core::ledger::LedgerState;
use signer_core::policy::{ActivePolicy, CheckedTx};
use signer_core::psbt::ParsedPsbt;
use signer_core::review::{ConfirmedTx, Review, ReviewSession};
use signer_core::rule::{Refusal, Stopped};
use signer_core::signing::{
    OfficerOrder, PossessionOrder, Receipt, SealOrder, SighashOrder, SignedPsbt, Signing,
    SigningHsm, WalletKeyRef,
};
use signer_core::transcript::{Body, Journal, Release, SealedSession};
use signer_core::types::Lang;
use signer_core::wallet::{BindContext, WalletTx};

/// An HSM sees what it is asked to sign and cannot make it.
pub struct Token(P256PublicKey);

impl SigningHsm for Token {
    type Error = core::fmt::Error;

    fn identity(&self) -> P256PublicKey {
        self.0
    }

    fn sign(&mut self, order: &SighashOrder) -> Result<Signature64, Self::Error> {
        let _ = (order.input(), order.key(), order.digest());
        Err(core::fmt::Error)
    }

    fn prove(&mut self, order: &PossessionOrder) -> Result<Signature64, Self::Error> {
        let _ = (order.key(), order.digest());
        Err(core::fmt::Error)
    }

    fn seal(&mut self, order: &SealOrder) -> Result<Signature64, Self::Error> {
        let _ = order.digest();
        Err(core::fmt::Error)
    }
}

pub fn prove(token: &mut Token, device: &DeviceId, key: WalletKeyRef, nonce: [u8; 32]) {
    let _ = token.prove(&PossessionOrder::new(device, key, nonce));
}

pub fn seal<T: Artefact>(draft: Draft<T>) -> (Option<SealOrder>, Option<OfficerOrder>) {
    (draft.seal_order(), draft.officer_order())
}

pub fn sign<T: Artefact>(draft: Draft<T>, signature: Signature64) -> Result<(), CoseError> {
    draft.signed(signature).map(drop)
}

pub fn judge(
    bytes: Vec<u8>,
    context: &BindContext<'_>,
    policy: &ActivePolicy,
    roster: &ActiveRoster,
    operators: &Operators,
) -> Result<ApprovedTx, Stopped> {
    let parsed = ParsedPsbt::parse(bytes)?;
    let bound = WalletTx::bind(parsed, context)?;
    let checked = CheckedTx::check(bound, policy, roster)?;
    ApprovedTx::approve(checked, roster, operators)
}

pub fn ask(approved: ApprovedTx, session: ReviewSession) -> Result<ConfirmedTx, Refusal> {
    let mut review = Review::open(approved, Lang::Ja, session);
    review.shown();
    let _ = review.answer("typed");
    review.finish()
}

pub fn obey(
    confirmed: ConfirmedTx,
    now: &Now<'_>,
    token: &mut Token,
    ledger: &LedgerState,
    receipt: &Signed<Receipt>,
    journal: &mut Journal,
) -> Result<SignedPsbt, Refusal> {
    let intended = Signing::begin(confirmed, now)?;
    let entry = journal.append(Body::Intent(intended.intent().clone()))?;
    let mut signing = intended.journalled(&entry, entry.bytes())?;
    while let Some(order) = signing.next_order() {
        if let Ok(signature) = token.sign(&order) {
            signing.accept(order, signature, ledger)?;
        }
    }
    signing.finish(receipt)
}

pub fn release(
    signed: SignedPsbt,
    sealed: &SealedSession,
    transcript: Vec<u8>,
) -> Result<Release, Refusal> {
    Release::signed(signed, sealed, transcript)
}

fn main() {}
