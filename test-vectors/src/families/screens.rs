//! A103 to A105: what people are shown. The golden text of what passes lies beside the cases, in
//! `screens.txt`.

use super::both;
use super::encoding::{no_policy, with_field};
use crate::case::{Case, Expected, Family};
use crate::cbor::Value;
use crate::psbt::Psbt;
use crate::sign::Endorsed;
use crate::transfer::{Coin, Output, Transfer};
use crate::world::{destination_script, placement, sign_policy, world};

pub(super) fn families() -> Vec<Family> {
    vec![
        Family::new(
            "A103-long-screens",
            "Many outputs and the longest labels: every address and amount in full, on a page of its own.",
            both(long),
        ),
        Family::new(
            "A104-hostile-text",
            "Texts that hide, turn around or steer a terminal, as labels of a policy. A host's own\n\
             words do not reach a screen; file names and token labels are shown escaped.",
            hostile(),
        ),
        Family::new(
            "A105-amounts-shown",
            "Amounts as eight decimals and as whole satoshi. 2^53 + 1 sat is more than there is.",
            both(amounts),
        ),
    ]
}

/// Most that a wallet and a destination of these policies may get.
const LIMIT: u64 = 2_100_000_000_000_000;

fn labelled(label: &str) -> Value {
    Value::fields([
        Some(Value::text("hot-1")),
        Some(Value::text(label)),
        Some(Value::bytes(destination_script("hot-1").as_bytes())),
        Some(Value::Uint(845_000)),
        Some(Value::Uint(LIMIT)),
        None,
        Some(Value::Array(vec![])),
    ])
}

/// The policy of the world with one wallet and one destination of this label.
fn policy(label: &str) -> Endorsed {
    let triple = |values: [u64; 3]| Value::fields(values.map(|n| Some(Value::Uint(n))));
    let rules = Value::fields([
        Some(Value::bytes(&world().cold.digest())),
        Some(Value::Uint(0)),
        Some(Value::Uint(LIMIT)),
        Some(triple([20_000, 50, 10])),
        Some(triple([2, 2, 1])),
        Some(Value::Array(vec![Value::text("hot-1")])),
        Some(Value::Uint(3)),
        Some(Value::Array(vec![])),
        None,
        Some(placement(1, 1)),
        Some(Value::Uint(0)),
    ]);
    let body = with_field(&world().policy_body(), 8, &Value::Array(vec![rules]));
    let body = with_field(&body, 9, &Value::Array(vec![labelled(label)]));
    sign_policy(&body)
}

/// A transfer asked for and approved under this policy.
fn under(name: &str, policy: &Endorsed, transfer: &Transfer) -> Case {
    let digest = policy.digest("himuro/policy");
    let psbt: Psbt = transfer.asked(&transfer.request().with(|r| r.policy = digest));
    let case = Case::new(name, psbt.bytes(), Expected::Accept);
    case.with(|case| case.policy = Some(policy.bytes()))
}

fn usual(version: u32) -> Transfer {
    Transfer::usual().with(|transfer| transfer.version = version)
}

/// This many payments of equal amount, and change.
fn payments(version: u32, count: u64) -> Transfer {
    usual(version).with(|transfer| {
        let change = transfer.outputs.pop().expect("change");
        transfer.outputs.clear();
        let each = 120_000_000 / count;
        for _ in 0..count {
            transfer.outputs.push(Output::to("hot-1", each));
        }
        let rest = 199_996_000 - each * count;
        transfer.outputs.push(Output {
            sats: rest,
            ..change
        });
    })
}

fn long(version: u32) -> Vec<Case> {
    let wide = "送付先".repeat(21) + "終";
    let labels = [
        ("label-of-64-characters", "W".repeat(64)),
        ("label-of-64-full-width-characters", wide),
        ("label-of-one-character", "x".into()),
    ];
    let mut cases: Vec<Case> = labels
        .iter()
        .map(|(name, label)| under(name, &policy(label), &usual(version)))
        .collect();
    for count in [2, 20, 100, 512] {
        let name = format!("{count}-payments");
        cases.push(under(&name, &policy("HOT-1"), &payments(version, count)));
    }
    cases
}

const HOSTILE: [(&str, &str); 16] = [
    ("turned-around", "HOT\u{202E}1-TOH"),
    ("isolate", "HOT\u{2067}1"),
    ("zero-width-space", "HOT\u{200B}1"),
    ("zero-width-joiner", "HOT\u{200D}1"),
    ("soft-hyphen", "HOT\u{AD}1"),
    ("combining", "HO\u{0301}T-1"),
    ("cyrillic", "H\u{041E}T-1"),
    ("greek", "\u{0397}OT-1"),
    ("escape", "HOT\u{1B}[2J-1"),
    ("one-byte-escape", "HOT\u{9B}2J-1"),
    ("carriage-return", "HOT-2\rHOT-1"),
    ("line-feed", "HOT-1\nHOT-2"),
    ("bell", "HOT\u{7}1"),
    ("tab", "HOT\t1"),
    ("no-break-space", "HOT\u{A0}1"),
    ("emoji", "HOT-1\u{1F525}"),
];

fn hostile() -> Vec<Case> {
    let refused = |(name, label): (&str, &str)| no_policy(name, policy(label).bytes());
    HOSTILE.map(refused).to_vec()
}

fn amounts(version: u32) -> Vec<Case> {
    let paying = |name: &str, coin: u64, paid: u64| {
        let transfer = usual(version).with(|transfer| {
            transfer.replace(0, Coin::of(&world().cold, 0, 0, coin));
            transfer.coins.truncate(1);
            transfer.outputs[0].sats = paid;
            transfer.outputs[1].sats = coin - paid - 4_000;
        });
        under(name, &policy("HOT-1"), &transfer)
    };
    let all = LIMIT - 10_000;
    vec![
        paying("nearly-all-there-is", all, all - 14_001),
        paying(
            "two-more-than-a-million",
            100_000_100_006_000,
            100_000_000_000_002,
        ),
        paying("a-tenth", 100_000_000, 10_000_000),
        paying("one-coin-and-a-satoshi", 200_000_000, 100_000_001),
        paying("all-digits", 1_300_000_000_000, 1_234_567_890_123),
        paying("one-coin", 200_000_000, 100_000_000),
        paying("zeros-between", 2_000_000_000, 1_000_000_010),
        paying("least-with-this-fee", 1_000_000, 400_000),
    ]
}
