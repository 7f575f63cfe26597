//! A76 to A79: what devices answer, at the host.

use bitcoin::EcdsaSighashType;
use bitcoin::secp256k1::{Message, Secp256k1, ecdsa};

use crate::psbt::Psbt;
use crate::receipt::Receipt;
use crate::sheet::{Kind, Sheet, SheetCase};
use crate::sign::{Signed, device_signature, tagged};
use crate::text::base64;
use crate::transfer::{Coin, Output, Transfer};

pub(super) fn sheets() -> Vec<Sheet> {
    let sheet = |name, note, cases| Sheet::new(name, Kind::Answers, note, cases);
    vec![
        sheet(
            "A76-other-answer",
            "An answer to something else than what was sent.",
            other(),
        ),
        sheet(
            "A77-counted-twice",
            "One signature that would count as two. The same answer twice is one answer.",
            twice(),
        ),
        sheet(
            "A78-lost-records",
            "Answers put together: nothing is lost, and their order changes nothing.",
            lost(),
        ),
        sheet(
            "A79-edited",
            "An answer that changed anything but what a device adds.",
            edited(),
        ),
        sheet(
            "A100-changed-between",
            "The file was exchanged while a device had it: its answer is true, and the file beside it is another.\n\
             A device reads its file once, into the journal, and goes on with those bytes\n\
             (a_file_exchanged_while_people_read_changes_nothing in signer-device/tests/sign.rs, and\n\
             signer-core/tests/reading.rs). Here stands what the host makes of it.",
            exchanged(),
        ),
        sheet(
            "A116-key-for-another-purpose",
            "The identity key signs what only a wallet key may sign, and the reverse. Devices cannot: the keys\n\
             are of two curves, and orders of two types, which do not compile when they are mixed\n\
             (signer-core/probes/seal_as_signature.rs, hsm_signs_raw_bytes.rs). These are made outside of one.",
            other_purpose(),
        ),
    ]
}

/// The usual transfer, as it was sent.
fn sent() -> Transfer {
    Transfer::usual()
}

fn digest(psbt: &Psbt) -> [u8; 32] {
    tagged("himuro/psbt", &[&psbt.bytes()])
}

/// A device's answer to `request`, which is of this transfer; the receipt is changed on the way.
fn answer(
    transfer: &Transfer,
    request: &Psbt,
    device: &'static str,
    change: impl FnOnce(&mut Receipt),
) -> Psbt {
    let mut psbt = request.clone();
    let mut lines = vec![];
    for (place, index) in [(0_usize, 0), (1, 1)] {
        let (key, der) = transfer.signature(device, place, index);
        let signature = ecdsa::Signature::from_der(&der).expect("ours");
        let input = u32::try_from(place).expect("few");
        lines.push((input, key.clone(), signature.serialize_compact()));
        psbt.inputs[place].push(&[&[2], &key[..]].concat(), &[&der[..], &[1]].concat());
    }
    let mut receipt = Receipt::of(transfer, device).with(|receipt| {
        receipt.psbt = digest(request);
        receipt.lines = lines;
    });
    change(&mut receipt);
    receipt.in_psbt(psbt)
}

fn usual(device: &'static str) -> Psbt {
    let transfer = sent();
    answer(&transfer, &transfer.psbt(), device, |_| {})
}

/// Answers to the usual request.
fn answers(name: &str, answers: &[&Psbt], expected: &str) -> SheetCase {
    let sent = base64(&sent().psbt().bytes());
    let case = SheetCase::new(name, expected).line("request", sent);
    let lines = answers.iter();
    lines.fold(case, |case, psbt| {
        case.line("answer", base64(&psbt.bytes()))
    })
}

const FINAL: &str = "final";
const UNFINISHED: &str = "unfinished";
const REFUSED: &str = "refused";

fn other() -> Vec<SheetCase> {
    let transfer = sent();
    let request = transfer.psbt();
    let (north, south) = (usual("north"), usual("south"));
    let other_tx = transfer.clone().with(|t| t.outputs[1].sats -= 1);
    let to_other_tx = answer(&other_tx, &other_tx.psbt(), "north", |_| {});
    let later = transfer.asked(&transfer.request().with(|request| request.expiry += 1));
    let to_later = answer(&transfer, &later, "north", |_| {});
    let receipt = |change: fn(&mut Receipt)| answer(&transfer, &request, "north", change);
    let of_other_wallet = Transfer::of(&crate::world::world().own);
    let foreign = answer(&of_other_wallet, &of_other_wallet.psbt(), "north", |_| {});
    vec![
        answers("two-good-answers", &[&north, &south], FINAL),
        answers("one-good-answer", &[&north], UNFINISHED),
        answers("to-another-transaction", &[&to_other_tx, &south], REFUSED),
        answers("to-another-request", &[&to_later, &south], REFUSED),
        answers("of-another-wallet", &[&foreign], REFUSED),
        answers(
            "receipt-of-another-file",
            &[&receipt(|r| r.psbt[0] ^= 1)],
            REFUSED,
        ),
        answers(
            "receipt-of-another-transaction",
            &[&receipt(|r| r.tx[0] ^= 1)],
            REFUSED,
        ),
        answers(
            "receipt-names-another-device",
            &[&receipt(|r| r.device = "south")],
            REFUSED,
        ),
        answers(
            "receipt-signed-by-another",
            &[&receipt(|r| r.signer = "south")],
            REFUSED,
        ),
        answers(
            "receipt-signed-by-a-stranger",
            &[&receipt(|r| r.signer = "east")],
            REFUSED,
        ),
        answers("no-answer-at-all", &[&request], REFUSED),
    ]
}

fn twice() -> Vec<SheetCase> {
    let transfer = sent();
    let request = transfer.psbt();
    let north = usual("north");
    let again = answer(&transfer, &request, "north", |r| r.session = 5);
    let listed_twice = answer(&transfer, &request, "north", |r| {
        let first = r.lines[0].clone();
        r.lines.push(first);
    });
    let under_two_keys = usual("north").with(|psbt| {
        let (key, _) = transfer.signature("south", 0, 0);
        let (_, der) = transfer.signature("north", 0, 0);
        psbt.inputs[0].push(&[&[2], &key[..]].concat(), &[&der[..], &[1]].concat());
    });
    vec![
        answers("the-same-answer-twice", &[&north, &north], UNFINISHED),
        answers("two-sessions-of-one-device", &[&north, &again], UNFINISHED),
        answers("one-line-listed-twice", &[&listed_twice], REFUSED),
        answers("one-signature-under-two-keys", &[&under_two_keys], REFUSED),
    ]
}

fn lost() -> Vec<SheetCase> {
    let (north, south, west) = (usual("north"), usual("south"), usual("west"));
    let without = |place: usize, key_type: u8| {
        usual("north").with(|psbt| {
            psbt.map_mut(place).remove(key_type);
        })
    };
    vec![
        answers("north-and-south", &[&north, &south], FINAL),
        answers("south-and-north", &[&south, &north], FINAL),
        answers("all-three", &[&west, &north, &south], FINAL),
        answers(
            "without-a-previous-transaction",
            &[&without(1, 0), &south],
            REFUSED,
        ),
        answers("without-a-witness-utxo", &[&without(2, 1), &south], REFUSED),
        answers("without-a-script", &[&without(1, 5), &south], REFUSED),
        answers(
            "without-origins-of-the-change",
            &[&without(4, 2), &south],
            REFUSED,
        ),
        answers("without-the-request", &[&without(0, 0xFC), &south], REFUSED),
    ]
}

fn exchanged() -> Vec<SheetCase> {
    let (north, south) = (usual("north"), usual("south"));
    let to = |name: &str, request: &Psbt, expected: &str| {
        let case = SheetCase::new(name, expected).line("request", base64(&request.bytes()));
        [&north, &south].iter().fold(case, |case, psbt| {
            case.line("answer", base64(&psbt.bytes()))
        })
    };
    let with = |name: &str, change: &dyn Fn(&mut Transfer)| {
        to(
            name,
            &sent().with(|transfer| change(transfer)).psbt(),
            REFUSED,
        )
    };
    let (transfer, world) = (sent(), crate::world::world());
    let later = transfer.asked(&transfer.request().with(|request| request.expiry += 1));
    let record = transfer.psbt().with(|psbt| {
        psbt.inputs[0].push(&[0xF0, 1], b"x");
    });
    vec![
        to("not-exchanged", &transfer.psbt(), FINAL),
        with("another-destination", &|t| {
            t.outputs[0] = Output::to("hot-2", t.outputs[0].sats);
        }),
        with("another-amount", &|t| {
            t.outputs[0].sats += 1;
            t.outputs[1].sats -= 1;
        }),
        with("another-change", &|t| {
            t.outputs[1] = Output::own(&world.cold, 1, 2, t.outputs[1].sats);
        }),
        with("another-fee", &|t| t.outputs[1].sats -= 1_000),
        with("another-coin", &|t| {
            t.replace(1, Coin::of(&world.cold, 0, 2, t.coins[1].sats));
        }),
        to("another-request", &later, REFUSED),
        to("a-record-more", &record, REFUSED),
    ]
}

fn other_purpose() -> Vec<SheetCase> {
    let transfer = sent();
    let sighash = transfer.sighash(0, EcdsaSighashType::All);
    let of_wallet = |digest: &[u8; 32]| {
        let secret = transfer.wallet.secret("north", 0, 0);
        Secp256k1::new().sign_ecdsa(&Message::from_digest(*digest), &secret)
    };
    let (key, _) = transfer.signature("north", 0, 0);
    let signed_by = |compact: &[u8; 64]| {
        let der = ecdsa::Signature::from_compact(compact).expect("in range");
        [&der.serialize_der()[..], &[1]].concat()
    };
    // The answer, its first partial signature exchanged; the receipt lists that one.
    let partial = |name: &str, compact: [u8; 64]| {
        let psbt = transfer.psbt();
        let mut answer = answer(&transfer, &psbt, "north", |receipt| {
            receipt.lines[0].2 = compact;
        });
        let record = [&[2], &key[..]].concat();
        answer.inputs[0].set(&record, &signed_by(&compact));
        answers(name, &[&answer, &usual("south")], REFUSED)
    };
    // The answer, the signature of its receipt exchanged.
    let receipt = |name: &str, make: &dyn Fn(&Signed) -> [u8; 64]| {
        let mut signed = None;
        let mut answer = answer(&transfer, &transfer.psbt(), "north", |receipt| {
            signed = Some(receipt.signed());
        });
        let mut signed = signed.expect("it was made");
        signed.signature = make(&signed).to_vec();
        let last = answer.global.0.len() - 1;
        answer.global.0[last].1 = signed.bytes();
        answers(name, &[&answer, &usual("south")], REFUSED)
    };
    let of_receipt = Receipt::of(&transfer, "north").signed();
    vec![
        partial(
            "identity-key-over-the-transaction",
            device_signature("north", &sighash),
        ),
        partial(
            "wallet-key-over-a-receipt",
            of_wallet(of_receipt.over()).serialize_compact(),
        ),
        receipt("wallet-key-as-identity", &|signed| {
            of_wallet(signed.over()).serialize_compact()
        }),
        receipt("identity-key-over-a-transaction-as-receipt", &|_| {
            device_signature("north", &sighash)
        }),
    ]
}

fn edited() -> Vec<SheetCase> {
    let transfer = sent();
    let with = |name: &str, change: &dyn Fn(&mut Psbt)| {
        let psbt = usual("north").with(|psbt| change(psbt));
        answers(name, &[&psbt, &usual("south")], REFUSED)
    };
    let signature = |der: &[u8], kind: u8| [der, &[kind]].concat();
    let (key, der) = transfer.signature("north", 0, 0);
    let record = [&[2], &key[..]].concat();
    let (other_key, _) = transfer.signature("north", 1, 1);
    let (_, other_der) = transfer.signature("north", 1, 1);
    vec![
        with("a-record-more", &|p| {
            p.global.push(&[0xF0, 1], b"x");
        }),
        with("a-record-more-in-an-input", &|p| {
            p.inputs[0].push(&[0xF0, 1], b"x");
        }),
        with("a-record-more-in-an-output", &|p| {
            p.outputs[0].push(&[0xF0, 1], b"x");
        }),
        with("a-sighash-type-more", &|p| {
            p.inputs[1].push(&[3], &[1, 0, 0, 0]);
        }),
        with("signature-of-type-none", &|p| {
            p.inputs[0].set(&record, &signature(&der, 2));
        }),
        with("signature-of-the-other-input", &|p| {
            p.inputs[0].set(&record, &signature(&other_der, 1));
        }),
        with("signature-under-the-other-key", &|p| {
            let at = p.inputs[0].0.len() - 1;
            p.inputs[0].0[at].0 = [&[2], &other_key[..]].concat();
        }),
        with("signature-missing", &|p| drop(p.inputs[0].0.pop())),
        with("receipt-missing", &|p| drop(p.global.0.pop())),
        with("receipt-of-two-devices", &|p| {
            let receipt = usual("south").global.0.pop().expect("a receipt");
            p.global.0.push(receipt);
        }),
        with("records-in-another-order", &|p| p.inputs[0].0.swap(0, 1)),
        with("an-approval-changed", &|p| {
            let at = p.global.0.len() - 2;
            let last = p.global.0[at].1.len() - 1;
            p.global.0[at].1[last] ^= 1;
        }),
    ]
}
