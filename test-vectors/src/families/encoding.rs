//! A58, A97 and A114: artefacts that mean something, in bytes that they must not have.

use super::people::{NO_REQUEST, high_s};
use super::{refuse, usual};
use crate::case::{Case, Expected, Family};
use crate::cbor::Value;
use crate::psbt::Psbt;
use crate::sign::{Endorsed, Signed};
use crate::transfer::{Ballot, himuro};
use crate::world::{class_move, destination, destination_script, separation, sign_policy, world};

pub(super) fn families() -> Vec<Family> {
    vec![
        Family::new(
            "A58-policy",
            "A policy beside the PSBT that is not taken. No policy expires: one that follows replaces it, and an\n\
             older one or a second first one is refused (POL01). Limits over time: A59.",
            policy(),
        ),
        Family::new(
            "A97-cbor",
            "Every defect signed by the right officer, so that the signature is valid.",
            cbor(),
        ),
        Family::new(
            "A114-same-meaning-other-bytes",
            "Signed artefacts in another envelope: all bytes are covered by re-encoding.",
            envelopes(),
        ),
    ]
}

/// An artefact's body: a map whose keys are numbers.
fn fields(body: &Value) -> Vec<(u64, Value)> {
    match body {
        Value::Map(fields) => fields.clone(),
        _ => unreachable!("bodies are maps"),
    }
}

/// The body with the value of one field changed, or with a field more.
pub(crate) fn with_field(body: &Value, key: u64, value: &Value) -> Value {
    let mut all = fields(body);
    all.retain(|(known, _)| *known != key);
    all.push((key, value.clone()));
    all.sort_by_key(|(known, _)| *known);
    Value::Map(all)
}

/// Encodings of a body that are not its one encoding, or not of its type. Field 0 is the number 1,
/// field 3 a digest; `last` is its last array.
fn defects(body: &Value) -> Vec<(&'static str, Vec<u8>)> {
    let all = fields(body);
    let arrays = all.iter().rev();
    let mut arrays = arrays.filter(|(_, value)| matches!(value, Value::Array(_)));
    let (last, _) = arrays.next().unwrap_or(&all[all.len() - 1]).clone();
    let good = body.encode();
    let map = |change: &dyn Fn(&mut Vec<(u64, Value)>)| {
        let mut edited = all.clone();
        change(&mut edited);
        Value::Map(edited).encode()
    };
    let raw = |key: u64, bytes: &[u8]| with_field(body, key, &Value::Raw(bytes.to_vec())).encode();
    let digest = match &all[3].1 {
        Value::Bytes(bytes) => bytes.clone(),
        _ => vec![0; 32],
    };
    let long_digest = [&[0x59, 0, 32][..], &digest].concat();
    let in_parts = [
        &[0x5F, 0x50][..],
        &digest[..16],
        &[0x50],
        &digest[16..],
        &[0xFF],
    ]
    .concat();
    let text = [&[0x78, 32][..], &[b'a'; 32]].concat();
    let without_head = &good[1..];
    let nested = [&vec![0x81; 5_000][..], &[0]].concat();
    vec![
        ("empty", vec![]),
        ("unknown-key", map(&|f| f.push((99, Value::Uint(0))))),
        ("duplicate-key", map(&|f| f.push(f[f.len() - 1].clone()))),
        ("unsorted-keys", map(&|f| f.swap(0, 1))),
        (
            "missing-field",
            map(&|f| {
                f.pop();
            }),
        ),
        (
            "missing-first-field",
            map(&|f| {
                f.remove(0);
            }),
        ),
        ("null-field", raw(last, &[0xF6])),
        ("undefined-field", raw(last, &[0xF7])),
        ("float", raw(0, &[0xF9, 0x3C, 0x00])),
        ("true-for-one", raw(0, &[0xF5])),
        ("negative", raw(0, &[0x20])),
        ("number-in-2-bytes", raw(0, &[0x18, 1])),
        ("number-in-3-bytes", raw(0, &[0x19, 0, 1])),
        ("number-in-9-bytes", raw(0, &[0x1B, 0, 0, 0, 0, 0, 0, 0, 1])),
        (
            "number-too-large",
            raw(0, &[0x1B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
        ),
        ("big-number", raw(0, &[0xC2, 0x41, 1])),
        ("tagged-number", raw(0, &[0xC1, 1])),
        ("length-in-3-bytes", raw(3, &long_digest)),
        ("bytes-in-parts", raw(3, &in_parts)),
        ("text-for-bytes", raw(3, &text)),
        (
            "digest-short",
            raw(3, &[&[0x58, 31][..], &digest[1..]].concat()),
        ),
        (
            "2-63-bytes-claimed",
            raw(3, &[0x5B, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
        ),
        (
            "2-63-items-claimed",
            raw(
                last,
                &[0x9B, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
            ),
        ),
        ("array-without-end", raw(last, &[0x9F, 0xFF])),
        ("reserved-head", raw(last, &[0x1C])),
        ("break-alone", raw(last, &[0xFF])),
        ("nested", raw(last, &nested)),
        ("map-without-end", [&[0xBF], without_head, &[0xFF]].concat()),
        (
            "map-count-in-2-bytes",
            [&[0xB8, good[0] & 0x1F], without_head].concat(),
        ),
        (
            "as-an-array",
            Value::Array(all.iter().map(|(_, v)| v.clone()).collect()).encode(),
        ),
        ("tagged-as-cbor", [&[0xD9, 0xD9, 0xF7][..], &good].concat()),
        ("byte-after", [&good[..], &[0]].concat()),
        ("twice", [&good[..], &good].concat()),
        ("cut", good[..good.len() - 1].to_vec()),
    ]
}

/// The PSBT with these bytes as request, and nothing approved.
fn requested(bytes: &[u8]) -> Psbt {
    usual(0).bare().with(|p| {
        p.global.push(&himuro(1, &[]), bytes);
    })
}

/// The usual PSBT with these bytes as one approval more.
fn approved(bytes: &[u8]) -> Psbt {
    usual(0).psbt().with(|p| {
        p.global.push(&himuro(2, b"approver.b"), bytes);
    })
}

const UNASKED: &str =
    "APP01@request APP02 APP03 APP05 APP06 APP07 APP08 APP09 APP11 APP13 APP15 APP17";
const NO_APPROVAL: &str = "APP04@approval-approver.b";

fn approval() -> Signed {
    let request = usual(0).request();
    Ballot::yes("approver.b").signed(&request, &request.signed(), 0)
}

fn approval_body() -> Value {
    let request = usual(0).request();
    Ballot::yes("approver.b").body(&request, &request.signed(), 0)
}

pub(super) fn no_policy(name: impl Into<String>, policy: Vec<u8>) -> Case {
    Case::new(name, vec![], Expected::NoPolicy).with(|case| case.policy = Some(policy))
}

fn cbor() -> Vec<Case> {
    let mut cases = vec![];
    for (name, payload) in defects(&usual(0).request().value()) {
        let signed = Signed::new("request", &payload, "requester.r");
        cases.push(refuse(
            format!("request-{name}"),
            &requested(&signed.bytes()),
            UNASKED,
        ));
    }
    for (name, payload) in defects(&approval_body()) {
        let signed = Signed::new("approval", &payload, "approver.b");
        cases.push(refuse(
            format!("approval-{name}"),
            &approved(&signed.bytes()),
            NO_APPROVAL,
        ));
    }
    // The policy is the largest artefact: of its defects those whose bytes differ most.
    for (name, payload) in defects(&world().policy_body()).into_iter().step_by(2) {
        let signed = sign_policy(&Value::Raw(payload));
        cases.push(no_policy(format!("policy-{name}"), signed.bytes()));
    }
    cases
}

/// A signed artefact in envelopes that are not its one envelope.
fn envelopes_of(good: &Signed) -> Vec<(&'static str, Vec<u8>)> {
    let bytes = good.bytes();
    let parts = vec![
        Value::bytes(&good.protected),
        good.unprotected.clone(),
        Value::bytes(&good.payload),
        Value::bytes(&good.signature),
    ];
    let edited = |change: &dyn Fn(&mut Vec<Value>)| {
        let mut parts = parts.clone();
        change(&mut parts);
        Value::Tag(18, Box::new(Value::Array(parts))).encode()
    };
    let untagged = Value::Array(parts.clone());
    let long = {
        let length = u16::try_from(good.protected.len())
            .expect("short")
            .to_be_bytes();
        Value::Raw([&[0x59], &length[..], &good.protected].concat())
    };
    let header = |extra: &[u8]| {
        let mut protected = good.protected.clone();
        protected[0] += 1;
        protected.extend_from_slice(extra);
        Value::Bytes(protected)
    };
    let mut swapped = good.protected.clone();
    // The algorithm is the pair 01 26; the key follows it.
    let pair: Vec<u8> = swapped.splice(1..3, []).collect();
    swapped.extend(pair);
    let mut other_algorithm = good.protected.clone();
    other_algorithm[2] = 0x2E;
    vec![
        ("nothing", vec![]),
        ("untagged", untagged.encode()),
        (
            "other-tag",
            Value::Tag(98, Box::new(untagged.clone())).encode(),
        ),
        (
            "tag-in-2-bytes",
            [&[0xD8, 18][..], &untagged.encode()].concat(),
        ),
        ("tagged-twice", [&[0xD2][..], &bytes].concat()),
        (
            "unprotected-header",
            edited(&|p| p[1] = Value::Map(vec![(5, Value::Uint(0))])),
        ),
        ("unprotected-null", edited(&|p| p[1] = Value::Null)),
        ("payload-detached", edited(&|p| p[2] = Value::Null)),
        ("item-more", edited(&|p| p.push(Value::Null))),
        (
            "item-less",
            edited(&|p| {
                p.pop();
            }),
        ),
        (
            "signature-as-text",
            edited(&|p| p[3] = Value::text(&"a".repeat(64))),
        ),
        (
            "high-s",
            edited(&|p| p[3] = Value::bytes(&high_s(&good.signature))),
        ),
        ("signature-empty", edited(&|p| p[3] = Value::bytes(&[]))),
        (
            "protected-length-in-3-bytes",
            edited(&|p| p[0] = long.clone()),
        ),
        ("protected-header-more", edited(&|p| p[0] = header(&[5, 0]))),
        (
            "protected-unsorted",
            edited(&|p| p[0] = Value::bytes(&swapped)),
        ),
        (
            "protected-other-algorithm",
            edited(&|p| p[0] = Value::bytes(&other_algorithm)),
        ),
        ("protected-empty", edited(&|p| p[0] = Value::bytes(&[]))),
        (
            "array-without-end",
            [&[0xD2, 0x9F][..], &untagged.encode()[1..], &[0xFF]].concat(),
        ),
        ("byte-after", [&bytes[..], &[0]].concat()),
        ("twice", [&bytes[..], &bytes].concat()),
        ("cut", bytes[..bytes.len() - 1].to_vec()),
    ]
}

fn envelopes() -> Vec<Case> {
    let mut cases = vec![];
    for (name, bytes) in envelopes_of(&usual(0).request().signed()) {
        cases.push(refuse(
            format!("request-{name}"),
            &requested(&bytes),
            UNASKED,
        ));
    }
    for (name, bytes) in envelopes_of(&approval()) {
        cases.push(refuse(
            format!("approval-{name}"),
            &approved(&bytes),
            NO_APPROVAL,
        ));
    }
    // An approval in the place of the request, and the request as an approval.
    let psbt = usual(0).psbt().with(|p| {
        p.global.set(&himuro(1, &[]), &approval().bytes());
    });
    cases.push(refuse("approval-as-request", &psbt, NO_REQUEST));
    let request = usual(0).request().signed().bytes();
    cases.push(refuse(
        "request-as-approval",
        &approved(&request),
        NO_APPROVAL,
    ));
    cases
}

/// What is wrong with a policy, by the number of its field.
fn policy() -> Vec<Case> {
    let body = world().policy_body();
    let signed = |body: &Value| sign_policy(body).bytes();
    let with = |name: &str, key: u64, value: Value| {
        no_policy(name, signed(&with_field(&body, key, &value)))
    };
    let by = |name: &str, signers: &[&str]| {
        no_policy(name, Endorsed::new("policy", &body, signers).bytes())
    };
    let good = sign_policy(&body);
    let mut flipped = good.clone();
    flipped.payload[200] ^= 1;
    let mut swapped = good.clone();
    swapped.signatures.reverse();
    let mut twice = good.clone();
    twice.signatures[1] = twice.signatures[0].clone();
    let place = |id: &str, script: &str| destination(id, &destination_script(script), 845_000);
    let list = |items: Vec<Value>| Value::Array(items);
    let anchor = bitcoin::ScriptBuf::from_bytes(vec![0x51, 2, 0x4E, 0x73]);
    vec![
        no_policy("payload-bit", flipped.bytes()),
        no_policy("signatures-out-of-order", swapped.bytes()),
        no_policy("one-administrator-twice", twice.bytes()),
        by("not-signed", &[]),
        by("one-administrator", &["admin.a"]),
        by(
            "one-administrator-and-an-approver",
            &["admin.a", "approver.a"],
        ),
        by("two-strangers", &["stranger", "thief"]),
        by("two-directors", &["director.d", "everybody"]),
        by("no-risk-checker", &["admin.a", "admin.c"]),
        with("no-device-for-an-operator", 10, separation(0, 1)),
        with("no-administrator-apart", 10, separation(1, 0)),
        with("version-2", 0, Value::Uint(2)),
        with("other-root", 2, Value::bytes(&[1; 32])),
        with("other-roster", 3, Value::bytes(&[1; 32])),
        with(
            "a-destination-unknown",
            9,
            list(vec![place("hot-1", "hot-1")]),
        ),
        with(
            "a-destination-twice",
            9,
            list(vec![place("hot-1", "hot-1"), place("hot-1", "hot-2")]),
        ),
        with(
            "destinations-out-of-order",
            9,
            list(vec![place("hot-2", "hot-2"), place("hot-1", "hot-1")]),
        ),
        with(
            "two-destinations-one-script",
            9,
            list(vec![place("hot-1", "hot-1"), place("hot-2", "hot-1")]),
        ),
        with(
            "destination-without-address",
            9,
            list(vec![destination("hot-1", &anchor, 845_000)]),
        ),
        with(
            "upper-case-identifier",
            9,
            list(vec![place("HOT-1", "hot-1")]),
        ),
        with(
            "a-million-claimed",
            9,
            Value::Raw(vec![0x9A, 0, 0x0F, 0x42, 0x40]),
        ),
        with(
            "class-moves-out-of-order",
            11,
            list(vec![class_move(2, 0, None), class_move(0, 2, None)]),
        ),
        with(
            "class-move-within-a-class",
            11,
            list(vec![class_move(0, 0, None)]),
        ),
        with("class-moves-left-out", 11, Value::Null),
        with("amount-as-text", 7, Value::text("1,000")),
        with("number-as-null", 4, Value::Null),
    ]
}
