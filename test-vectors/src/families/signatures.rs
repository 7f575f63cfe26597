//! A71 to A75: signatures that are already there.

use bitcoin::EcdsaSighashType;
use bitcoin::secp256k1::{Message, Secp256k1, SecretKey, ecdsa};

use super::{accept, both, refuse, usual};
use crate::case::{Case, Family};
use crate::psbt::Psbt;
use crate::receipt::Receipt;
use crate::transfer::Transfer;
use crate::world::{public_key, stranger_key, world};

pub(super) fn families() -> Vec<Family> {
    vec![
        Family::new("A71-signature-of-a-co-signer", "", valid()),
        Family::new("A72-wrong-signature", "", wrong()),
        Family::new("A73-signature-of-a-stranger", "", stranger()),
        Family::new("A74-already-signed", "", already()),
        Family::new(
            "A75-der",
            "One valid signature of a co-signer in other encodings, and other numbers in DER. Strict DER and
             low S alone are taken. 463 cases of others: wycheproof.",
            der(),
        ),
    ]
}

fn with_signature(psbt: Psbt, place: usize, key: &[u8], value: &[u8]) -> Psbt {
    psbt.with(|p| {
        p.inputs[place].push(&[&[2][..], key].concat(), value);
    })
}

/// A signature with the type ALL.
fn all(der: &[u8]) -> Vec<u8> {
    [der, &[1]].concat()
}

fn valid() -> Vec<Case> {
    both(|version| {
        let signed = |transfer: &Transfer, devices: &[&'static str]| {
            devices.iter().fold(transfer.psbt(), |psbt, device| {
                let psbt = Receipt::of(transfer, device).in_psbt(psbt);
                (0..2_u32).fold(psbt, |psbt, index| {
                    let place = usize::try_from(index).expect("few");
                    let (key, der) = transfer.signature(device, place, index);
                    with_signature(psbt, place, &key, &all(&der))
                })
            })
        };
        let transfer = usual(version);
        let wrapped = Transfer::of(&world().wrapped).with(|t| t.version = version);
        let (key, der) = transfer.signature("south", 1, 1);
        let receipted = Receipt::of(&transfer, "south").in_psbt(transfer.psbt());
        let one = with_signature(receipted, 1, &key, &all(&der));
        let north = signed(&transfer, &["north"]);
        vec![
            accept("of-one", &signed(&transfer, &["south"])),
            accept("of-both", &signed(&transfer, &["south", "west"])),
            accept("of-one-input", &one),
            accept("wrapped", &signed(&wrapped, &["west"])),
            accept("of-north-at-west", &north).with(|case| case.device = "west".into()),
        ]
    })
}

/// A signature of a co-signer over another digest.
fn over(secret: &SecretKey, digest: [u8; 32]) -> Vec<u8> {
    let message = Message::from_digest(digest);
    Secp256k1::new()
        .sign_ecdsa(&message, secret)
        .serialize_der()
        .to_vec()
}

fn wrong() -> Vec<Case> {
    both(|version| {
        let transfer = usual(version);
        let secret = world().cold.secret("south", 0, 0);
        let key = public_key(&secret);
        let refused = |name: &str, der: &[u8]| {
            let psbt = with_signature(transfer.psbt(), 0, &key, &all(der));
            refuse(name, &psbt, "WAL06@input-0")
        };
        let mut cases = vec![];
        let other = transfer.clone().with(|t| t.outputs[1].sats -= 1);
        let amount = transfer.clone().with(|t| t.coins[0].sats -= 1);
        let script = transfer.clone().with(|t| {
            t.coins[0].witness_script = Some(world().cold.witness_script(0, 1));
        });
        let kinds = [
            ("none", EcdsaSighashType::None),
            ("single", EcdsaSighashType::Single),
            ("anyone-can-pay", EcdsaSighashType::AllPlusAnyoneCanPay),
        ];
        let whole = EcdsaSighashType::All;
        cases.push(refused(
            "over-another-transaction",
            &over(&secret, other.sighash(0, whole)),
        ));
        cases.push(refused(
            "over-another-amount",
            &over(&secret, amount.sighash(0, whole)),
        ));
        cases.push(refused(
            "over-another-script",
            &over(&secret, script.sighash(0, whole)),
        ));
        cases.push(refused(
            "over-another-input",
            &over(&secret, transfer.sighash(1, whole)),
        ));
        for (name, kind) in kinds {
            let der = over(&secret, transfer.sighash(0, kind));
            cases.push(refused(&format!("over-sighash-{name}"), &der));
        }
        let stranger = stranger_key("thief");
        let good = transfer.sighash(0, whole);
        cases.push(refused("of-another-key", &over(&stranger, good)));
        cases.push(refused(
            "of-another-co-signer",
            &over(&world().cold.secret("west", 0, 0), good),
        ));
        let der = over(&secret, good);
        for place in [6, 20, der.len() - 1] {
            let mut flipped = der.clone();
            flipped[place] ^= 1;
            cases.push(refused(&format!("bit-of-byte-{place}"), &flipped));
        }
        cases.push(refused("nothing-but-its-type", &[]));
        cases
    })
}

fn stranger() -> Vec<Case> {
    both(|version| {
        let transfer = usual(version);
        let sighash = transfer.sighash(0, EcdsaSighashType::All);
        let by = |name: &str, secret: &SecretKey| {
            let der = over(secret, sighash);
            let psbt = with_signature(transfer.psbt(), 0, &public_key(secret), &all(&der));
            refuse(name, &psbt, "WAL06@input-0")
        };
        vec![
            by("stranger", &stranger_key("thief")),
            by(
                "key-of-another-address",
                &world().cold.secret("south", 0, 1),
            ),
            by(
                "key-of-the-change-chain",
                &world().cold.secret("south", 1, 0),
            ),
            by("key-of-another-wallet", &world().own.secret("south", 0, 0)),
            by(
                "own-key-of-another-address",
                &world().cold.secret("north", 0, 1),
            ),
        ]
    })
}

fn already() -> Vec<Case> {
    both(|version| {
        let transfer = usual(version);
        let (key, der) = transfer.signature("north", 0, 0);
        let ours = with_signature(transfer.psbt(), 0, &key, &all(&der));
        let mut flipped = der.clone();
        flipped[10] ^= 1;
        let wrong = with_signature(transfer.psbt(), 0, &key, &all(&flipped));
        let last = {
            let (key, der) = transfer.signature("north", 1, 1);
            with_signature(transfer.psbt(), 1, &key, &all(&der))
        };
        let everybody = ["south", "west"]
            .into_iter()
            .fold(ours.clone(), |psbt, device| {
                let (key, der) = transfer.signature(device, 0, 0);
                with_signature(psbt, 0, &key, &all(&der))
            });
        let finalized = |place: usize, key_type: u8| {
            transfer.psbt().with(|p| {
                p.inputs[place].push(&[key_type], &[0]);
            })
        };
        let alone = transfer.psbt().with(|p| {
            for map in &mut p.inputs {
                map.0
                    .retain(|(key, _)| [0, 1, 0x0E, 0x0F, 0x10].contains(&key[0]));
                map.push(&[8], &[1, 0]);
            }
        });
        vec![
            refuse("ours", &ours, "WAL06@input-0"),
            refuse("ours-but-wrong", &wrong, "WAL06@input-0"),
            refuse("ours-on-the-last-input", &last, "WAL06@input-1"),
            refuse("complete", &everybody, "WAL06@input-0"),
            refuse("final-witness", &finalized(0, 8), "PSB05@input-0"),
            refuse("final-witness-last", &finalized(1, 8), "PSB05@input-1"),
            refuse("final-script-sig", &finalized(0, 7), "PSB05@input-0"),
            refuse("all-finalized", &alone, "PSB05@input-0 PSB05@input-1"),
        ]
    })
}

/// DER of two numbers, each with its own bytes.
fn der_of(r: &[u8], s: &[u8]) -> Vec<u8> {
    let number = |bytes: &[u8]| {
        let length = u8::try_from(bytes.len()).expect("short");
        [&[2, length][..], bytes].concat()
    };
    let body = [number(r), number(s)].concat();
    [&[0x30, u8::try_from(body.len()).expect("short")][..], &body].concat()
}

/// A number as DER writes it: no zero byte before it but where the first bit is set.
fn positive(bytes: &[u8]) -> Vec<u8> {
    let start = bytes
        .iter()
        .position(|byte| *byte != 0)
        .unwrap_or(bytes.len());
    let bytes = &bytes[start..];
    match bytes.first() {
        Some(0x80..) | None => [&[0][..], bytes].concat(),
        Some(_) => bytes.to_vec(),
    }
}

const ORDER: [u8; 32] = [
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE,
    0xBA, 0xAE, 0xDC, 0xE6, 0xAF, 0x48, 0xA0, 0x3B, 0xBF, 0xD2, 0x5E, 0x8C, 0xD0, 0x36, 0x41, 0x41,
];

fn der() -> Vec<Case> {
    let transfer = usual(0);
    let (key, good) = transfer.signature("south", 0, 0);
    let compact = ecdsa::Signature::from_der(&good)
        .expect("DER")
        .serialize_compact();
    let (r, s) = compact.split_at(32);
    let negated = SecretKey::from_slice(s)
        .expect("a scalar")
        .negate()
        .secret_bytes();
    let (r, s) = (positive(r), positive(s));
    let padded = |bytes: &[u8]| [&[0][..], bytes].concat();
    let larger = [&[1][..], &[0; 32]].concat();
    let mut long_length = good.clone();
    long_length.splice(1..2, [0x81, good[1]]);
    let mut longer_length = good.clone();
    longer_length.splice(1..2, [0x82, 0, good[1]]);
    let mut indefinite = good.clone();
    indefinite.splice(1..2, [0x80]);
    indefinite.extend([0, 0]);
    let edited = |place: usize, change: fn(u8) -> u8| {
        let mut bytes = good.clone();
        bytes[place] = change(bytes[place]);
        bytes
    };
    let with_inside = {
        let mut bytes = [&good[..], &[5, 0]].concat();
        bytes[1] += 2;
        bytes
    };
    let forms: Vec<(&str, Vec<u8>)> = vec![
        ("high-s", der_of(&r, &positive(&negated))),
        ("r-padded", der_of(&padded(&r), &s)),
        ("s-padded", der_of(&r, &padded(&s))),
        ("r-of-nothing", der_of(&[], &s)),
        ("s-of-nothing", der_of(&r, &[])),
        ("r-zero", der_of(&[0], &s)),
        ("s-zero", der_of(&r, &[0])),
        ("both-zero", der_of(&[0], &[0])),
        ("r-one", der_of(&[1], &s)),
        ("s-one", der_of(&r, &[1])),
        ("r-minus-one", der_of(&[0xFF], &s)),
        ("s-minus-one", der_of(&r, &[0xFF])),
        ("r-is-the-order", der_of(&positive(&ORDER), &s)),
        ("s-is-the-order", der_of(&r, &positive(&ORDER))),
        ("r-above-256-bits", der_of(&larger, &s)),
        ("s-above-256-bits", der_of(&r, &larger)),
        ("swapped", der_of(&s, &r)),
        ("long-length", long_length),
        ("longer-length", longer_length),
        ("indefinite-length", indefinite),
        ("byte-after", [&good[..], &[0]].concat()),
        ("record-inside", with_inside),
        ("length-one-more", edited(1, |n| n + 1)),
        ("length-one-less", edited(1, |n| n - 1)),
        ("r-length-one-more", edited(3, |n| n + 1)),
        ("r-length-one-less", edited(3, |n| n - 1)),
        ("not-a-sequence", edited(0, |n| n ^ 1)),
        ("set", edited(0, |_| 0x31)),
        ("r-not-an-integer", edited(2, |_| 3)),
        ("cut", good[..good.len() - 1].to_vec()),
        ("half", good[..good.len() / 2].to_vec()),
        ("header-alone", vec![0x30, 0]),
        ("compact", compact.to_vec()),
        ("compact-of-65", [&[31][..], &compact].concat()),
        ("zeros", vec![0; 71]),
        ("73-bytes", [&good[..], &vec![0; 73 - good.len()]].concat()),
        ("twice", [&good[..], &good].concat()),
    ];
    let receipted = Receipt::of(&transfer, "south").in_psbt(transfer.psbt());
    let mut cases = vec![accept(
        "as-it-should-be",
        &with_signature(receipted, 0, &key, &all(&good)),
    )];
    cases.extend(forms.into_iter().map(|(name, form)| {
        let psbt = with_signature(transfer.psbt(), 0, &key, &all(&form));
        refuse(name, &psbt, "WAL06@input-0")
    }));
    cases
}
