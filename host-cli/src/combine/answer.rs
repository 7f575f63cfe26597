//! An answer of a device: only what a device may add, a receipt that says the same, signatures
//! that verify.

use bitcoin::secp256k1::{Message, PublicKey, Secp256k1, VerifyOnly, ecdsa};
use bitcoin::sighash::SighashCache;
use bitcoin::{EcdsaSighashType, Transaction};
use signer_core::approval::{OperatedDevice, devices_per_operator, operated_too_many};
use signer_core::cose::Signed;
use signer_core::digest::DeviceId;
use signer_core::keys::Signature64;
use signer_core::phrase;
use signer_core::psbt::{ParsedPsbt, signed};
use signer_core::rule::{Named, Phrase, Place, Refusal, RuleId};
use signer_core::signing::{Receipt, SignatureLine};
use signer_core::types::{Id, InputIndex, OfficerId, SessionNumber};
use signer_core::wallet::{CoSigner, RegisteredWallet};

use super::Asked;
use crate::artefact::key_of;

/// What a device answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) device: Id,
    pub(crate) session: SessionNumber,
    pub(crate) signatures: usize,
    pub(crate) operated: OperatedDevice,
}

/// Checks one whole answer. The receipt names the bytes that came to the device: the request as it was
/// kept, or its lean form.
pub(super) fn check(asked: &Asked, answer: &ParsedPsbt) -> Result<Answer, Refusal> {
    let (request, wallet) = (&asked.whole, &asked.wallet);
    signed::only_permitted_difference(request.raw(), answer.raw())?;
    let (device, session, bytes) = new_receipt(request, answer)?;
    let keys = key_of(wallet.cosigners().iter().map(|c| c.identity));
    let scope = wallet.record().scope;
    let receipt = Signed::<Receipt>::open(bytes, scope, keys).map_err(|error| {
        let expected = phrase!("a genuine receipt", "真正な受領証");
        refused(Place::Whole, expected, error.phrase())
    })?;
    let mut cosigners = wallet.cosigners().iter();
    let cosigner = cosigners
        .find(|c| c.identity.key_id() == receipt.signer())
        .ok_or_else(|| {
            let expected = phrase!("a receipt of a co-signer", "共同署名者の受領証");
            refused(Place::Whole, expected, Phrase::figure(receipt.signer()))
        })?;
    let body = receipt.body();
    let forms = [request.digest(), asked.lean.digest()];
    let came_in = forms.into_iter().find(|d| *d == receipt.body().psbt);
    let expected = Receipt {
        version: 1,
        scope,
        device: cosigner.identity.device_id(),
        session,
        tx: request.tx_digest(),
        psbt: came_in.unwrap_or(request.digest()),
        signatures: new_signatures(request, answer)?,
        ..body.clone()
    };
    if *body != expected || device != expected.device {
        let what = phrase!(
            "a receipt of {name} for exactly this",
            "この内容そのものに対する {name} の受領証",
            name = cosigner.name
        );
        let got = phrase!("one for something else", "別の内容に対する受領証");
        return Err(refused(Place::Whole, what, got));
    }
    verify(answer, wallet, &cosigner.identity.device_id(), body)?;
    Ok(Answer {
        device: cosigner.name.clone(),
        session,
        signatures: body.signatures.len(),
        operated: OperatedDevice {
            device: body.device,
            operators: body.operators.clone(),
        },
    })
}

/// Who operated each device whose receipt is in a PSBT. Every receipt must be a co-signer's own,
/// over this transaction.
pub(super) fn operated(
    parsed: &ParsedPsbt,
    wallet: &RegisteredWallet,
) -> Result<Vec<OperatedDevice>, Refusal> {
    let receipts = parsed.carried().receipts.iter();
    let opened = receipts.map(|(device, session, bytes)| {
        let keys = key_of(wallet.cosigners().iter().map(|c| c.identity));
        let receipt = Signed::<Receipt>::open(bytes, wallet.record().scope, keys);
        let receipt = receipt.map_err(|error| {
            let expected = phrase!("a genuine receipt", "真正な受領証");
            refused(Place::Whole, expected, error.phrase())
        })?;
        let signer = receipt.signer();
        let body = receipt.body();
        let mut cosigners = wallet.cosigners().iter().map(|c| c.identity);
        let own = cosigners.any(|key| key.key_id() == signer && key.device_id() == *device);
        let said = (body.device, body.session, body.tx);
        if !own || said != (*device, *session, parsed.tx_digest()) {
            let expected = phrase!(
                "a receipt of a co-signer over this transaction",
                "この取引に対する共同署名者の受領証"
            );
            let got = phrase!("one for something else", "別の内容に対する受領証");
            return Err(refused(Place::Whole, expected, got));
        }
        Ok(OperatedDevice {
            device: *device,
            operators: body.operators.clone(),
        })
    });
    opened.collect()
}

/// Every co-signer whose signature is there has a receipt that says who operated it: without one,
/// nobody could tell that one person sat at two devices.
pub(super) fn receipted(
    parsed: &ParsedPsbt,
    wallet: &RegisteredWallet,
    devices: &[OperatedDevice],
) -> Result<(), Refusal> {
    let mut signed = parsed.inputs().iter().flat_map(|input| {
        let located = wallet.locate(&input.spent.script_pubkey);
        let keys = located.into_iter().flat_map(|place| {
            let keys = input.partial_sigs.iter().map(|(key, _)| key);
            keys.map(move |key| (place, key))
        });
        keys.filter_map(|((chain, index), key)| wallet.cosigner_of(chain, index, key))
    });
    let known = |cosigner: &CoSigner| {
        let id = cosigner.identity.device_id();
        devices.iter().any(|device| device.device == id)
    };
    let Some(missing) = signed.find(|cosigner| !known(cosigner)) else {
        return Ok(());
    };
    let expected = phrase!(
        "the receipt of {name}, whose signature is there",
        "署名済みの {name} の受領証",
        name = Named(&missing.name)
    );
    Err(Refusal::new(
        RuleId::APP12,
        Place::Operators,
        expected,
        Phrase::none(),
    ))
}

/// Devices that signed side by side saw nothing of each other's receipts, so it is here that nobody
/// operated so many as sign. What the policy says beyond that, a device judges.
pub(super) fn kept_apart(
    devices: &[OperatedDevice],
    wallet: &RegisteredWallet,
) -> Result<(), Refusal> {
    let most = devices_per_operator(u8::MAX, wallet.threshold());
    let Some((who, count)) = operated_too_many(devices, most).into_iter().next() else {
        return Ok(());
    };
    let expected = phrase!(
        "at most {most} devices operated by one person",
        "1人が操作する端末は {most} 台まで",
        most = most
    );
    let got = phrase!(
        "{who} operates {count}",
        "{who} が {count} 台を操作",
        who = who,
        count = count
    );
    let refusal = Refusal::new(RuleId::APP12, Place::Operators, expected, got);
    Err(refusal)
}

/// Who is to send the transaction operated none of its devices. One device sees those that signed before
/// it; where two signed side by side, it is here that both are seen.
pub(super) fn sender_apart(devices: &[OperatedDevice], sender: &OfficerId) -> Result<(), Refusal> {
    let mut devices = devices.iter();
    if !devices.any(|device| device.operators.contains(sender)) {
        return Ok(());
    }
    let expected = phrase!(
        "operators other than the broadcaster",
        "送信担当者以外の操作者"
    );
    let got = Phrase::figure(sender);
    Err(Refusal::new(RuleId::APP15, Place::Operators, expected, got))
}

fn new_receipt<'a>(
    request: &ParsedPsbt,
    answer: &'a ParsedPsbt,
) -> Result<(DeviceId, SessionNumber, &'a [u8]), Refusal> {
    let known = &request.carried().receipts;
    let receipts = answer.carried().receipts.iter();
    let mut new = receipts.filter(|receipt| !known.contains(receipt));
    if let (Some((device, session, bytes)), None) = (new.next(), new.next()) {
        return Ok((*device, *session, bytes));
    }
    let expected = phrase!("one new receipt", "新しい受領証1つ");
    Err(refused(Place::Whole, expected, none_or_several()))
}

/// The signatures that the answer adds, one for each input, as a receipt lists them.
fn new_signatures(
    request: &ParsedPsbt,
    answer: &ParsedPsbt,
) -> Result<Vec<SignatureLine>, Refusal> {
    let pairs = request.inputs().iter().zip(answer.inputs());
    (0..)
        .map(InputIndex)
        .zip(pairs)
        .map(|(input, (before, after))| {
            let signatures = after.partial_sigs.iter();
            let mut new = signatures.filter(|signature| !before.partial_sigs.contains(signature));
            let place = Place::Input(input);
            let (Some((key, der)), None) = (new.next(), new.next()) else {
                let expected = phrase!("one new signature", "新しい署名1つ");
                return Err(refused(place, expected, none_or_several()));
            };
            Ok(SignatureLine {
                input,
                key: (*key).into(),
                signature: compact(der).ok_or_else(|| {
                    let expected = phrase!("a signature of type ALL", "種別 ALL の署名");
                    refused(place, expected, phrase!("another", "別の形式"))
                })?,
            })
        })
        .collect()
}

/// r and s of a signature in a PSBT, where it is strict DER with type ALL and low S.
pub(super) fn compact(der: &[u8]) -> Option<Signature64> {
    let signature = bitcoin::ecdsa::Signature::from_slice(der).ok()?;
    let bytes = signature.signature.serialize_compact();
    let same =
        signature.serialize().to_vec() == der && signature.sighash_type == EcdsaSighashType::All;
    let low = Signature64(bytes).low_s_k256()?;
    (same && low == Signature64(bytes)).then_some(low)
}

/// Every signature of a receipt, over the inputs of the PSBT that it lies in, by keys of its device.
pub(super) fn verify(
    answer: &ParsedPsbt,
    wallet: &RegisteredWallet,
    device: &DeviceId,
    receipt: &Receipt,
) -> Result<(), Refusal> {
    let mut judge = Judge::new(answer, wallet);
    for line in &receipt.signatures {
        let place = Place::Input(line.input);
        let key = PublicKey::from_slice(line.key.as_bytes()).map_err(|_| {
            let expected = phrase!("a key of the wallet", "ウォレットの鍵");
            unsound(place.clone(), expected, Phrase::figure(line.key))
        })?;
        let owner = judge.verify(line.input, &key, &line.signature)?;
        if owner != *device {
            let expected = phrase!("a key of the device itself", "その端末自身の鍵");
            return Err(refused(place, expected, Phrase::figure(owner)));
        }
    }
    Ok(())
}

/// Verifies signatures over inputs whose scripts are rebuilt from the registered keys.
pub(super) struct Judge<'a> {
    parsed: &'a ParsedPsbt,
    wallet: &'a RegisteredWallet,
    cache: SighashCache<&'a Transaction>,
    secp: Secp256k1<VerifyOnly>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(parsed: &'a ParsedPsbt, wallet: &'a RegisteredWallet) -> Self {
        Self {
            parsed,
            wallet,
            cache: SighashCache::new(parsed.tx()),
            secp: Secp256k1::verification_only(),
        }
    }

    /// The co-signer whose valid signature this is.
    pub(super) fn verify(
        &mut self,
        input: InputIndex,
        key: &PublicKey,
        signature: &Signature64,
    ) -> Result<DeviceId, Refusal> {
        let place = Place::Input(input);
        let unknown = || {
            let expected = phrase!("an input and a key of the wallet", "ウォレットの入力と鍵");
            unsound(place.clone(), expected, Phrase::figure(key))
        };
        let at = usize::try_from(input.0).map_err(|_| unknown())?;
        let spent = &self.parsed.inputs().get(at).ok_or_else(unknown)?.spent;
        let located = self.wallet.locate(&spent.script_pubkey);
        let (chain, index) = located.ok_or_else(unknown)?;
        let owner = self
            .wallet
            .cosigner_of(chain, index, key)
            .ok_or_else(unknown)?;
        let script = self
            .wallet
            .witness_script(chain, index)
            .ok_or_else(unknown)?;
        let sighash = self
            .cache
            .p2wsh_signature_hash(at, &script, spent.value, EcdsaSighashType::All)
            .map_err(|_| unknown())?;
        let parsed = ecdsa::Signature::from_compact(&signature.0);
        let valid = parsed.and_then(|signature| {
            self.secp
                .verify_ecdsa(&Message::from(sighash), &signature, key)
        });
        let invalid = |_| {
            let what = phrase!(
                "a valid signature of {name}",
                "{name} の有効な署名",
                name = owner.name
            );
            let got = phrase!("one that does not verify", "検証できない署名");
            unsound(place, what, got)
        };
        valid.map(|()| owner.identity.device_id()).map_err(invalid)
    }
}

fn none_or_several() -> Phrase {
    phrase!("none or several", "なし、または複数")
}

/// SIG01: a signature that is none.
pub(super) const fn unsound(place: Place, expected: Phrase, got: Phrase) -> Refusal {
    Refusal::new(RuleId::SIG01, place, expected, got)
}

/// SIG05: something that a device may not add or change.
const fn refused(place: Place, expected: Phrase, got: Phrase) -> Refusal {
    Refusal::new(RuleId::SIG05, place, expected, got)
}
