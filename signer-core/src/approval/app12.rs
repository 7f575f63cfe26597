//! APP12.

use alloc::vec::Vec;

use super::Operators;
use super::approve::Hearing;
use super::operated::{OperatedDevice, devices_per_operator, operated_too_many};
use crate::cose::Signed;
use crate::digest::DeviceId;
use crate::phrase;
use crate::rule::{Named, Phrase, Place, Refusal, RuleId, Verdict};
use crate::signing::Receipt;
use crate::types::SessionNumber;
use crate::wallet::{BoundInput, WalletTx};

/// APP12: Nobody operates more devices of a transfer than the policy allows, nor so many as sign.
///
/// Who operated the devices before is read from their receipts. So a signature counts only with
/// the receipt of its device, and a receipt only over this transaction.
pub(super) fn app12(hearing: &Hearing<'_>, operators: &Operators) -> Verdict {
    let tx = hearing.checked.wallet_tx();
    let (mut devices, mut refusals) = operated_before(tx);
    devices.push(OperatedDevice {
        device: tx.device(),
        operators: operators.both().map(Clone::clone),
    });
    refusals.extend(unreceipted(tx, &devices));
    let stated = hearing.checked.separation().devices_per_operator;
    let most = devices_per_operator(stated, tx.wallet().threshold());
    let too_many = operated_too_many(&devices, most).into_iter();
    refusals.extend(too_many.map(|(who, count)| {
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
        refused(Place::Operators, expected, got)
    }));
    Verdict::of(refusals)
}

/// Who operated the co-signers for this transaction, by their receipts; and what is refused of them.
pub(super) fn operated_before(tx: &WalletTx) -> (Vec<OperatedDevice>, Vec<Refusal>) {
    let (mut devices, mut refusals) = (Vec::new(), Vec::new());
    for (device, session, bytes) in &tx.parsed().carried().receipts {
        match operated(tx, *device, *session, bytes) {
            Ok(before) => devices.push(before),
            Err(got) => refusals.push(refused(
                Place::Whole,
                phrase!(
                    "a receipt of a co-signer over this transaction",
                    "この取引に対する共同署名者の受領証"
                ),
                got,
            )),
        }
    }
    (devices, refusals)
}

/// Who operated a co-signer for this transaction, by its own receipt.
fn operated(
    tx: &WalletTx,
    device: DeviceId,
    session: SessionNumber,
    bytes: &[u8],
) -> Result<OperatedDevice, Phrase> {
    let mut cosigners = tx.wallet().cosigners().iter().map(|c| c.identity);
    let identity = cosigners.find(|key| key.device_id() == device);
    let identity = identity.ok_or_else(|| Phrase::figure(device))?;
    let scope = tx.wallet().record().scope;
    let known = |kid: &_| (*kid == identity.key_id()).then_some(identity);
    let signed = Signed::<Receipt>::open(bytes, scope, known).map_err(|error| error.phrase())?;
    let receipt = signed.body();
    let said = (receipt.version, receipt.scope, receipt.device);
    let same = said == (1, scope, device)
        && receipt.session == session
        && receipt.tx == tx.parsed().tx_digest();
    if !same {
        return Err(phrase!("one for something else", "別の内容に対する受領証"));
    }
    Ok(OperatedDevice {
        device,
        operators: receipt.operators.clone(),
    })
}

/// Co-signers whose signature is there, and no receipt that says who operated them.
fn unreceipted(tx: &WalletTx, devices: &[OperatedDevice]) -> Vec<Refusal> {
    let mut missing: Vec<(DeviceId, Refusal)> = Vec::new();
    for signature in tx.inputs().iter().flat_map(BoundInput::signatures) {
        let device = signature.device;
        let known = devices.iter().any(|known| known.device == device);
        if known || missing.iter().any(|(told, _)| *told == device) {
            continue;
        }
        let expected = phrase!(
            "the receipt of {name}, whose signature is there",
            "署名済みの {name} の受領証",
            name = Named(&signature.name)
        );
        missing.push((device, refused(Place::Operators, expected, Phrase::none())));
    }
    missing.into_iter().map(|(_, refusal)| refusal).collect()
}

const fn refused(place: Place, expected: Phrase, got: Phrase) -> Refusal {
    Refusal::new(RuleId::APP12, place, expected, got)
}

#[cfg(test)]
mod tests {
    use std::boxed::Box;
    use std::vec;
    use std::vec::Vec;

    use crate::psbt::{ProprietaryField, RawPsbt};
    use crate::rule::{Place, RuleId};
    use crate::signing::Receipt;
    use crate::testing::{Case, World, id, refusals, refused, world};
    use crate::types::SessionNumber;

    const ALONE: [RuleId; 1] = [RuleId::APP12];

    /// A transfer that device 1 has signed, operated by these people.
    fn signed_before(operators: [&'static str; 2]) -> Case {
        let mut case = Case::new(world());
        case.signed_by = vec![1];
        case.operated_by = operators;
        case
    }

    #[test]
    fn passes_other_people_at_every_device() {
        assert_eq!(refused(Case::new(world()).approve(world())), []);
        let case = signed_before(["operator.c", "operator.d"]);
        assert_eq!(refused(case.approve(world())), []);
    }

    #[test]
    fn refuses_an_operator_of_another_device() {
        for operators in [["operator.a", "operator.d"], ["operator.c", "operator.b"]] {
            let refusals = refusals(signed_before(operators).approve(world()));
            assert_eq!(refusals.len(), 1);
            assert_eq!(refusals[0].rule, RuleId::APP12);
            assert_eq!(refusals[0].place, Place::Operators);
        }
        let both = signed_before(["operator.b", "operator.a"]);
        assert_eq!(refusals(both.approve(world())).len(), 2);
    }

    /// Who sits at two other devices is refused at the third, whoever sits there.
    #[test]
    fn refuses_what_happened_elsewhere() {
        let mut case = signed_before(["operator.c", "operator.d"]);
        case.signed_by = vec![1, 2];
        assert_eq!(refused(case.approve(world())), ALONE);
    }

    /// Two of three devices sign: the policy cannot allow one person to operate two.
    #[test]
    fn a_policy_never_allows_so_many_as_sign() {
        let loose = World::with_policy(|policy| policy.separation.devices_per_operator = 9);
        let mut case = Case::new(&loose);
        case.signed_by = vec![1];
        case.operated_by = ["operator.a", "operator.d"];
        assert_eq!(refused(case.approve(&loose)), ALONE);
    }

    #[test]
    fn the_limit_is_the_lower_of_the_stated_and_one_below_the_threshold() {
        let most = super::devices_per_operator;
        assert_eq!([most(1, 2), most(2, 2), most(9, 2)], [1, 1, 1]);
        assert_eq!([most(1, 3), most(2, 3), most(3, 3)], [1, 2, 2]);
        assert_eq!([most(2, 5), most(4, 5), most(5, 5)], [2, 4, 4]);
        assert_eq!([most(0, 0), most(0, 1), most(1, 1)], [1, 1, 1]);
    }

    #[test]
    fn refuses_a_signature_without_its_receipt() {
        let mut case = signed_before(["operator.c", "operator.d"]);
        case.receipts = false;
        let refusals = refusals(case.approve(world()));
        assert_eq!(refusals.len(), 1);
        assert_eq!(refusals[0].rule, RuleId::APP12);
    }

    /// A case whose PSBT carries a receipt of device 1, changed before or after it was signed.
    fn with_receipt(by: usize, edit: fn(&mut Receipt), spoil: fn(&mut Vec<u8>)) -> Vec<RuleId> {
        let mut case = signed_before(["operator.c", "operator.d"]);
        case.receipts = false;
        let psbt: RawPsbt = case.full(world());
        let mut receipt = case.receipt(world(), 1);
        edit(&mut receipt);
        let mut bytes = world().devices[by].seal(receipt).to_bytes();
        spoil(&mut bytes);
        let key = ProprietaryField::receipt_key(&world().devices[1].id(), SessionNumber(3));
        let psbt = psbt.insert_global(&key, &bytes).unwrap();
        refused(case.approve_psbt(world(), psbt))
    }

    #[test]
    fn refuses_receipts_that_are_none() {
        assert_eq!(with_receipt(1, |_| {}, |_| {}), []);
        assert_eq!(with_receipt(2, |_| {}, |_| {}), ALONE);
        let edits: [fn(&mut Receipt); 4] = [
            |r| r.version = 2,
            |r| r.device = world().devices[2].id(),
            |r| r.session = SessionNumber(4),
            |r| r.tx = crate::digest::TxDigest::over(&[b"another"]),
        ];
        for edit in edits {
            assert_eq!(with_receipt(1, edit, |_| {}), ALONE);
        }
        let last = |bytes: &mut Vec<u8>| *bytes.last_mut().unwrap() ^= 1;
        assert_eq!(with_receipt(1, |_| {}, last), ALONE);
        assert_eq!(with_receipt(1, |_| {}, Vec::clear), ALONE);
    }

    /// A receipt of a device outside the wallet says nothing about it, and is refused.
    #[test]
    fn refuses_a_receipt_of_a_stranger() {
        let case = Case::new(world());
        let stranger = crate::testing::SoftDevice::new("east");
        let mut receipt = case.receipt(world(), 1);
        receipt.device = stranger.id();
        let bytes = stranger.seal(receipt).to_bytes();
        let key = ProprietaryField::receipt_key(&stranger.id(), SessionNumber(3));
        let psbt = case.full(world()).insert_global(&key, &bytes).unwrap();
        assert_eq!(refused(case.approve_psbt(world(), psbt)), ALONE);
    }

    /// The receipt of this device says what its operators did.
    #[test]
    fn a_receipt_names_both_operators() {
        let mut case = Case::new(world());
        case.edit_request = Box::new(|request| request.builder = id("everybody"));
        let approved = case.approve(world()).unwrap();
        let names = approved.operators().each_ref().map(|o| o.id.clone());
        assert_eq!(names, [id("operator.a"), id("operator.b")]);
    }
}
