//! A98, A99, A106 and A108: requests, approvals and operators.

use super::encoding::with_field;
use super::{accept, both, refuse, usual};
use crate::card::Card;
use crate::case::{Case, Fact, Family};
use crate::cbor::Value;
use crate::psbt::Psbt;
use crate::receipt::Receipt;
use crate::sign::{Signed, protected};
use crate::transfer::{Approval, Ballot, Head, Output, PAID, Request, Transfer, himuro};
use crate::world::{TIP, rotating, scope, separation, sign_policy, world};
use bitcoin::hashes::Hash;

pub(super) fn families() -> Vec<Family> {
    vec![
        Family::new(
            "A98-replay",
            "An old request, or its transaction, again. What one device signed does not stop its co-signer.",
            replay(),
        ),
        Family::new(
            "A99-request",
            "Who asked, and for what: request and transaction must agree.",
            request(),
        ),
        Family::new(
            "A106-network",
            "Signed for another network or for a drill.",
            network(),
        ),
        Family::new(
            "A108-approvals",
            "Who approved, and over what; who operates.",
            approvals(),
        ),
        Family::new(
            "A108-broadcaster",
            "Who is to broadcast: of the role, and with no other part in the transfer.",
            broadcaster(),
        ),
        Family::new(
            "A108-rotation",
            "Sessions that sign in a row: the journal of the device holds one, by operators a and b.",
            rotation(),
        ),
        Family::new(
            "A108-witness",
            "Witnesses: as many as the policy calls for, of the role, and with no other part.",
            witnesses(),
        ),
        Family::new(
            "A108-kept-apart",
            "Who sat at another device, by its receipt; who signed the policy and takes part; where devices are.",
            apart(),
        ),
    ]
}

/// Rules that refuse where no request was signed by an officer.
pub(super) const NO_REQUEST: &str =
    "APP01@request APP02 APP03 APP04 APP05 APP06 APP07 APP08 APP09 APP11 APP13 APP15 APP17";

fn replay() -> Vec<Case> {
    both(|version| {
        let transfer = usual(version);
        let request = transfer.request().signed();
        let spent = |transfer: &Transfer| -> Vec<Fact> {
            let coins = transfer.tx().input;
            let fact = |input: &bitcoin::TxIn| {
                let coin = input.previous_output;
                Fact::Spent(coin.txid.to_byte_array(), coin.vout)
            };
            coins.iter().map(fact).collect()
        };
        let remembering = |case: Case, ledger: Vec<Fact>| case.with(|case| case.ledger = ledger);
        let digest = request.digest("himuro/request");
        let both_coins = "POL07@input-0 POL07@input-1";
        let new_id = transfer.asked(&transfer.request().with(|r| r.expiry += 1));
        let other = transfer.clone().with(|t| t.outputs[1].sats -= 500);
        let old_on_other = other.voted_over(&request, &transfer.request(), &usual_votes());
        let old_payments = transfer.clone().with(|t| t.outputs[0].sats -= 1_000);
        let old_payments = old_payments.voted_over(&request, &transfer.request(), &usual_votes());
        let over_old = "APP01@request APP04 APP05 APP06 APP07";
        vec![
            remembering(
                refuse("signed-before", &transfer.psbt(), both_coins),
                spent(&transfer),
            ),
            remembering(
                refuse("same-transaction-new-request", &new_id, both_coins),
                spent(&transfer),
            ),
            remembering(
                refuse("rejected-before", &transfer.psbt(), "APP08@request"),
                vec![Fact::Rejected(digest)],
            ),
            remembering(
                accept("another-was-rejected", &transfer.psbt()),
                vec![Fact::Rejected([7; 32])],
            ),
            refuse(
                "old-request-on-another-transaction",
                &old_on_other,
                over_old,
            ),
            refuse(
                "old-request-other-amount",
                &old_payments,
                &format!("{over_old} APP02@output-0"),
            ),
            accept("at-the-co-signer", &transfer.psbt()).with(|case| case.device = "south".into()),
            accept("at-the-other-co-signer", &transfer.psbt())
                .with(|case| case.device = "west".into()),
        ]
    })
}

fn usual_votes() -> Vec<Ballot> {
    vec![Ballot::yes("approver.a"), Ballot::yes("director.d")]
}

/// A request that says something else than it should, and approvals that say what they should.
fn asking(version: u32, change: impl FnOnce(&mut Request)) -> Psbt {
    let transfer = usual(version);
    let truth = transfer.request();
    let request = truth.clone().with(change);
    transfer.voted_over(&request.signed(), &truth, &usual_votes())
}

fn request() -> Vec<Case> {
    let mut cases = both(|version| {
        let refused = |name: &str, change: fn(&mut Request), rules: &str| {
            refuse(name, &asking(version, change), rules)
        };
        let at = "APP01@request";
        vec![
            refused("version-2", |r| r.version = 2, at),
            refused("other-root", |r| r.root[0] ^= 1, at),
            refused("other-roster", |r| r.roster[0] ^= 1, at),
            refused("other-policy", |r| r.policy[31] ^= 1, at),
            refused("other-wallet", |r| r.wallet[0] ^= 1, at),
            refused("other-transaction", |r| r.tx[0] ^= 1, at),
            refused(
                "by-an-administrator",
                |r| r.requester = "admin.a".into(),
                at,
            ),
            refused(
                "by-an-approver-without-the-role",
                |r| r.requester = "approver.b".into(),
                at,
            ),
            refused(
                "by-one-whose-time-ended",
                |r| r.requester = "requester.ended".into(),
                at,
            ),
            refused(
                "amount-one-more",
                |r| r.payments[0].1 += 1,
                "APP02@output-0",
            ),
            refused(
                "amount-one-less",
                |r| r.payments[0].1 -= 1,
                "APP02@output-0",
            ),
            refused(
                "other-destination",
                |r| r.payments[0].0 = "hot-2".into(),
                "APP02@output-0",
            ),
            refused(
                "unknown-destination",
                |r| r.payments[0].0 = "hot-9".into(),
                "APP02@output-0",
            ),
            refused("no-payment", |r| r.payments.clear(), "APP02@request"),
            refused(
                "a-payment-more",
                |r| r.payments.push(("hot-2".into(), 1)),
                "APP02@request",
            ),
            refused(
                "in-two-parts",
                |r| {
                    r.payments = vec![("hot-1".into(), PAID / 2), ("hot-1".into(), PAID / 2)];
                },
                "APP02@output-0 APP02@request",
            ),
            refused(
                "fee-ceiling-one-below",
                |r| r.fee_ceiling = 3_999,
                "APP02@transaction",
            ),
            refused(
                "built-by-a-stranger",
                |r| r.builder = "stranger".into(),
                "APP11@request",
            ),
            refused(
                "built-by-one-whose-time-ended",
                |r| r.builder = "requester.ended".into(),
                "APP11@request",
            ),
            accept(
                "built-by-another-than-the-requester",
                &asking(version, |r| r.builder = "everybody".into()),
            ),
            refused("expired", |r| r.expiry = TIP - 1, "APP03@request"),
            refused("expired-long-ago", |r| r.expiry = 0, "APP03@request"),
            accept(
                "fee-ceiling-exact",
                &asking(version, |r| r.fee_ceiling = 4_000),
            ),
            accept("last-height", &asking(version, |r| r.expiry = TIP)),
            refuse(
                "none",
                &usual(version).bare(),
                "APP01@request APP02 APP03 APP05 APP06 APP07 APP08 APP09 APP11 APP13 APP15 APP17",
            ),
            refuse(
                "none-but-approvals",
                &usual(version).psbt().with(|p| {
                    p.global.0.retain(|(key, _)| *key != himuro(1, &[]));
                }),
                NO_REQUEST,
            ),
        ]
    });
    cases.extend(named_heads());
    cases.extend(order_of_payments());
    cases.extend(bad_signatures());
    cases
}

/// What officers know of devices; the case is judged at `north`, whose sessions all ended otherwise.
fn named_heads() -> Vec<Case> {
    let with = |heads: &[Head], edit: fn(&mut Approval)| {
        let transfer = usual(0);
        let request = transfer.request().with(|r| r.heads = heads.to_vec());
        let votes = [
            Ballot::edited("approver.a", edit),
            Ballot::yes("director.d"),
        ];
        transfer.voted(&request, &votes)
    };
    let other = |a: &mut Approval| a.heads = vec![("south", 7, 8)];
    let (at, by) = ("APP14@request", "APP14@approval-approver.a");
    vec![
        accept("knows-another-device", &with(&[("south", 7, 7)], |_| {})),
        accept(
            "two-know-the-same",
            &with(&[("south", 7, 8), ("west", 7, 9)], other),
        ),
        refuse(
            "knows-a-session-that-is-not-here",
            &with(&[("north", 1_000, 1)], |_| {}),
            at,
        ),
        refuse(
            "knows-another-end-of-a-session",
            &with(&[("north", 1, 1)], |_| {}),
            at,
        ),
        refuse(
            "an-approver-knows-a-session-that-is-not-here",
            &with(&[], |a| a.heads = vec![("north", 1_000, 1)]),
            by,
        ),
        refuse(
            "two-know-different-ends",
            &with(&[("south", 7, 7)], other),
            by,
        ),
    ]
}

fn order_of_payments() -> Vec<Case> {
    let two = usual(0).with(|t| {
        t.outputs[0].sats = PAID / 2;
        t.outputs.insert(1, Output::to("hot-2", PAID / 2));
    });
    let swapped = two.request().with(|r| r.payments.swap(0, 1));
    let psbt = two.voted_over(&swapped.signed(), &two.request(), &usual_votes());
    vec![
        accept("two-payments", &two.psbt()),
        refuse("order-of-payments", &psbt, "APP02@output-0 APP02@output-1"),
    ]
}

/// Requests whose signature is not what it should be: nothing of them is believed.
fn bad_signatures() -> Vec<Case> {
    let transfer = usual(0);
    let request = transfer.request();
    let payload = request.value().encode();
    let with = |name: &str, signed: Signed, rules: &str| {
        let psbt = transfer.voted_over(&signed, &request, &usual_votes());
        refuse(name, &psbt, rules)
    };
    let good = request.signed();
    let spoiled = |change: &dyn Fn(&mut Signed)| {
        let mut signed = good.clone();
        change(&mut signed);
        signed
    };
    let context = |context: &str| {
        Signed::in_context(context, &payload, "requester.r", protected("requester.r"))
    };
    let named = Signed::new("request", &payload, "everybody");
    vec![
        with(
            "by-a-stranger",
            Signed::new("request", &payload, "stranger"),
            NO_REQUEST,
        ),
        with(
            "by-a-device",
            Signed::new("request", &payload, "north"),
            NO_REQUEST,
        ),
        with("by-another-officer-than-it-names", named, "APP01@request"),
        with(
            "signature-bit",
            spoiled(&|s| s.signature[40] ^= 1),
            NO_REQUEST,
        ),
        with(
            "signature-zero",
            spoiled(&|s| s.signature = vec![0; 64]),
            NO_REQUEST,
        ),
        with(
            "signature-short",
            spoiled(&|s| {
                s.signature.pop();
            }),
            NO_REQUEST,
        ),
        with(
            "signature-long",
            spoiled(&|s| s.signature.push(0)),
            NO_REQUEST,
        ),
        with(
            "signature-high-s",
            spoiled(&|s| s.signature = high_s(&s.signature)),
            NO_REQUEST,
        ),
        with("payload-bit", spoiled(&|s| s.payload[100] ^= 1), NO_REQUEST),
        with(
            "key-of-another",
            spoiled(&|s| s.protected = protected("everybody")),
            NO_REQUEST,
        ),
        with(
            "key-unknown",
            spoiled(&|s| s.protected = protected("stranger")),
            NO_REQUEST,
        ),
        with(
            "as-an-approval",
            context("himuro/v1/live/regtest/approval"),
            NO_REQUEST,
        ),
        with("without-context", context(""), NO_REQUEST),
    ]
}

/// The same signature with the other S.
pub(super) fn high_s(signature: &[u8]) -> Vec<u8> {
    let made = p256::ecdsa::Signature::from_slice(signature).expect("64 bytes");
    let s = -*made.s();
    let (r, _) = made.split_bytes();
    let other = p256::ecdsa::Signature::from_scalars(r, s).expect("scalars");
    other.to_bytes().to_vec()
}

/// Network and purpose by their numbers.
fn scope_of(network: u64, purpose: u64) -> Value {
    Value::fields([Some(Value::Uint(network)), Some(Value::Uint(purpose))])
}

fn network() -> Vec<Case> {
    let transfer = usual(0);
    let request = transfer.request();
    let payload = request.value().encode();
    let mut cases = vec![];
    for (name, network, purpose) in [
        ("main", 0, 0),
        ("testnet4", 1, 0),
        ("signet", 2, 0),
        ("drill", 3, 1),
    ] {
        let psbt = asking(0, |r| r.scope = scope_of(network, purpose));
        cases.push(refuse(
            format!("request-says-{name}"),
            &psbt,
            "APP01@request",
        ));
    }
    for context in ["live/main", "live/testnet4", "live/signet", "drill/regtest"] {
        let context_text = format!("himuro/v1/{context}/request");
        let signed = Signed::in_context(
            &context_text,
            &payload,
            "requester.r",
            protected("requester.r"),
        );
        let psbt = transfer.voted_over(&signed, &request, &usual_votes());
        let name = format!("request-signed-for-{}", context.replace('/', "-"));
        cases.push(refuse(name, &psbt, NO_REQUEST));
    }
    let votes: [(&str, fn(&mut Approval)); 2] = [
        ("main", |a| a.scope = scope_of(0, 0)),
        ("drill", |a| a.scope = scope_of(3, 1)),
    ];
    for (name, edit) in votes {
        let mut ballots = usual_votes();
        ballots.push(Ballot::edited("approver.b", edit));
        let psbt = transfer.voted(&request, &ballots);
        cases.push(refuse(
            format!("approval-says-{name}"),
            &psbt,
            "APP04@approval-approver.b",
        ));
    }
    let same = asking(0, |r| r.scope = scope());
    cases.push(accept("regtest", &same));
    cases
}

fn approvals() -> Vec<Case> {
    let mut cases = both(|version| {
        let transfer = usual(version);
        let by = |votes: &[Ballot]| transfer.voted(&transfer.request(), votes);
        let beside = |vote: Ballot| by(&[&usual_votes()[..], &[vote]].concat());
        let (a, b, s, d) = ("approver.a", "approver.b", "approver.s", "director.d");
        let yes = Ballot::yes;
        let filed = |officer, filed| Ballot {
            filed,
            ..yes(officer)
        };
        let none = "APP05@request APP06@request APP07@request";
        let b_differs = "APP04@approval-approver.b";
        let rejected = "APP08@approval-approver.b";
        let mut cases = vec![
            accept("three", &beside(yes(b))),
            accept("order-of-the-file", &by(&[yes(d), yes(a)])),
            refuse("none", &by(&[]), none),
            refuse(
                "director-alone",
                &by(&[yes(d)]),
                "APP05@request APP06@request",
            ),
            refuse("approver-alone", &by(&[yes(a)]), none),
            refuse("one-department", &by(&[yes(s), yes(d)]), "APP06@request"),
            refuse("no-director", &by(&[yes(a), yes(b)]), "APP07@request"),
            refuse(
                "no-director-among-three",
                &by(&[yes(a), yes(b), yes(s)]),
                "APP07@request",
            ),
            refuse(
                "one-person-under-two-names",
                &beside(filed(a, b)),
                b_differs,
            ),
            refuse(
                "one-person-under-two-names-in-place-of-two",
                &by(&[filed(a, b), yes(a)]),
                &format!("{b_differs} {none}"),
            ),
            refuse(
                "director-under-two-names",
                &by(&[filed(d, b), yes(d)]),
                &format!("{b_differs} APP05@request APP06@request"),
            ),
            refuse(
                "of-a-stranger",
                &beside(Ballot {
                    filed: b,
                    ..yes("stranger")
                }),
                b_differs,
            ),
            refuse(
                "signed-by-another-officer",
                &beside(Ballot {
                    signer: a,
                    ..yes(b)
                }),
                b_differs,
            ),
            refuse(
                "signed-by-a-stranger",
                &beside(Ballot {
                    signer: "stranger",
                    ..yes(b)
                }),
                b_differs,
            ),
            refuse(
                "whose-time-ended",
                &beside(yes("approver.ended")),
                "APP04@approval-approver.ended",
            ),
            refuse(
                "whose-time-comes-later",
                &beside(yes("approver.later")),
                "APP04@approval-approver.later",
            ),
            refuse(
                "without-the-role",
                &beside(yes("admin.a")),
                "APP04@approval-admin.a",
            ),
            refuse(
                "by-an-operator",
                &beside(yes("operator.a")),
                "APP04@approval-operator.a APP09@approval-operator.a",
            ),
            refuse("rejection-beside-enough", &beside(Ballot::no(b)), rejected),
            refuse(
                "rejection-under-another-name",
                &beside(Ballot {
                    filed: b,
                    ..Ballot::no(s)
                }),
                &format!("{b_differs} APP08@approval-approver.s"),
            ),
            refuse(
                "rejection-by-one-without-the-role",
                &beside(Ballot::no("admin.b")),
                "APP04@approval-admin.b APP08@approval-admin.b",
            ),
            refuse(
                "height-ahead",
                &beside(Ballot::edited(b, |a| a.height = TIP + 1)),
                "APP03@approval-approver.b",
            ),
            accept(
                "height-long-ago",
                &beside(Ballot::edited(b, |a| a.height = 800_000)),
            ),
        ];
        let edits: [(&str, fn(&mut Approval)); 9] = [
            ("version", |a| a.version = 2),
            ("root", |a| a.over.root[0] ^= 1),
            ("roster", |a| a.over.roster[0] ^= 1),
            ("policy", |a| a.over.policy[0] ^= 1),
            ("wallet", |a| a.over.wallet[0] ^= 1),
            ("request", |a| a.request[31] ^= 1),
            ("transaction", |a| a.over.tx[31] ^= 1),
            ("class", |a| a.class = 1),
            ("class-company", |a| a.class = 2),
        ];
        for (name, edit) in edits {
            let psbt = beside(Ballot::edited(b, edit));
            cases.push(refuse(format!("over-another-{name}"), &psbt, b_differs));
            let alone = by(&[Ballot::edited(a, edit), Ballot::edited(d, edit)]);
            let rules = format!("APP04@approval-approver.a APP04@approval-director.d {none}");
            cases.push(refuse(format!("all-over-another-{name}"), &alone, &rules));
        }
        cases.extend(mandatory(&transfer));
        cases.extend(of_three(&transfer));
        cases.extend(same_people(&transfer));
        cases
    });
    cases.extend(operators());
    cases
}

fn mandatory(transfer: &Transfer) -> Vec<Case> {
    let needing = |names: &[&str]| {
        let request = transfer.request().with(|r| {
            r.mandatory = names.iter().map(ToString::to_string).collect();
        });
        transfer.asked(&request)
    };
    vec![
        accept("mandatory-is-there", &needing(&["director.d"])),
        refuse(
            "mandatory-is-missing",
            &needing(&["approver.b"]),
            "APP05@approval-approver.b",
        ),
        refuse(
            "mandatory-is-unknown",
            &needing(&["nobody"]),
            "APP05@approval-nobody",
        ),
    ]
}

/// Under a policy that asks for three approvers: two departments and a director are soon there.
fn of_three(transfer: &Transfer) -> Vec<Case> {
    let policy = sign_policy(&world().policy_with(3));
    let request = transfer
        .request()
        .with(|r| r.policy = policy.digest("himuro/policy"));
    let of = |votes: &[Ballot]| transfer.voted(&request, votes);
    let third = Ballot::yes("approver.b");
    let under = |case: Case| case.with(|case| case.policy = Some(policy.bytes()));
    vec![
        under(accept(
            "three-of-three",
            &of(&[&usual_votes()[..], &[third]].concat()),
        )),
        under(refuse("two-of-three", &of(&usual_votes()), "APP05@request")),
    ]
}

/// `everybody` may request, approve and operate, but only one of them in one case.
fn same_people(transfer: &Transfer) -> Vec<Case> {
    let request = transfer
        .request()
        .with(|r| r.requester = "everybody".into());
    let votes = [&usual_votes()[..], &[Ballot::yes("everybody")]].concat();
    let approves = transfer.voted(&request, &votes);
    let operating =
        |case: Case, [a, b]: [&str; 2]| case.with(|case| case.operators = [a.into(), b.into()]);
    let asked = transfer.asked(&request);
    let three = transfer.voted(&transfer.request(), &votes);
    let (operator, at) = (["everybody", "operator.b"], "APP09@operators");
    let built = transfer.asked(&transfer.request().with(|r| r.builder = "everybody".into()));
    vec![
        accept("everybody-requests", &asked),
        accept("everybody-approves", &three),
        operating(accept("everybody-operates", &transfer.psbt()), operator),
        operating(
            refuse("builder-operates", &built, "APP11@operators"),
            operator,
        ),
        operating(
            refuse("builder-operates-in-seat-b", &built, "APP11@operators"),
            ["operator.a", "everybody"],
        ),
        refuse("requester-approves", &approves, "APP09@approval-everybody"),
        operating(refuse("requester-operates", &asked, at), operator),
        operating(
            refuse("requester-operates-in-seat-b", &asked, at),
            ["operator.a", "everybody"],
        ),
        operating(
            refuse("approver-operates", &three, "APP09@approval-everybody"),
            operator,
        ),
        operating(
            refuse(
                "requester-approves-and-operates",
                &approves,
                "APP09@approval-everybody APP09@operators",
            ),
            operator,
        ),
    ]
}

fn operators() -> Vec<Case> {
    let psbt = usual(0).psbt();
    let seated = |name: &str, [a, b]: [&str; 2]| {
        refuse(name, &psbt, "APP10@operators").with(|case| case.operators = [a.into(), b.into()])
    };
    let late = refuse(
        "operators-whose-time-ended",
        &late_request(),
        "APP01 APP04 APP05 APP06 APP07 APP10 APP11 APP15",
    );
    vec![
        seated("one-operator-twice", ["operator.a", "operator.a"]),
        seated("operator-without-the-role", ["operator.a", "admin.a"]),
        seated("operator-is-an-approver-only", ["approver.b", "operator.b"]),
        seated(
            "operator-whose-time-ended",
            ["operator.ended", "operator.b"],
        ),
        seated("operator-is-a-stranger", ["stranger", "operator.b"]),
        seated(
            "attendance-of-another-session",
            ["operator.a:other-session", "operator.b"],
        ),
        seated(
            "attendance-with-another-nonce",
            ["operator.a:other-nonce", "operator.b"],
        ),
        seated(
            "attendance-at-another-device",
            ["operator.a:other-device", "operator.b"],
        ),
        seated(
            "attendance-in-another-seat",
            ["operator.a:other-seat", "operator.b"],
        ),
        late.with(|case| case.tip = 900_001),
    ]
}

/// `everybody` may do everything, but a broadcaster nothing else in the case.
fn broadcaster() -> Vec<Case> {
    both(|version| {
        let transfer = usual(version);
        let by = |who: &str| transfer.request().with(|r| r.broadcaster = who.into());
        let asked = |who: &str| transfer.asked(&by(who));
        let (asks, builds) = (
            by("everybody").with(|r| r.requester = "everybody".into()),
            by("everybody").with(|r| r.builder = "everybody".into()),
        );
        let votes = [&usual_votes()[..], &[Ballot::yes("everybody")]].concat();
        let votes = transfer.voted(&by("everybody"), &votes);
        let operates = |name: &str, [a, b]: [&str; 2]| {
            let psbt = asked("everybody");
            refuse(name, &psbt, "APP15@operators")
                .with(|case| case.operators = [a.into(), b.into()])
        };
        let before = Receipt::of(&transfer, "south").with(|receipt| {
            receipt.operators = ["operator.c", "everybody"];
        });
        let at = "APP15@request";
        vec![
            accept("who-broadcasts-alone", &asked("sender.x")),
            accept("one-of-many-roles", &asked("everybody")),
            refuse("of-another-role", &asked("approver.b"), at),
            refuse("stranger", &asked("stranger"), at),
            refuse("asks", &transfer.asked(&asks), at),
            refuse("builds", &transfer.asked(&builds), at),
            refuse("votes", &votes, "APP15@approval-everybody"),
            operates("operates", ["everybody", "operator.b"]),
            operates("operates-in-seat-b", ["operator.a", "everybody"]),
            refuse(
                "operated-before",
                &before.in_psbt(asked("everybody")),
                "APP15@operators",
            ),
        ]
    })
}

/// Under a policy that says after how many sessions in a row somebody else sits.
fn rotation() -> Vec<Case> {
    let transfer = usual(0);
    let before = Fact::Spent([0x77; 32], 0);
    let under = |name: &str, most: Option<u64>, [a, b]: [&str; 2], rules: Option<&str>| {
        let body = with_field(&world().policy_body(), 10, &rotating(most));
        let policy = sign_policy(&body);
        let request = transfer.request().with(|request| {
            request.policy = policy.digest("himuro/policy");
        });
        let psbt = transfer.asked(&request);
        let case = match rules {
            None => accept(name, &psbt),
            Some(rules) => refuse(name, &psbt, rules),
        };
        case.with(|case| {
            case.policy = Some(policy.bytes());
            case.operators = [a.into(), b.into()];
            case.ledger = vec![before.clone()];
        })
    };
    let same = ["operator.a", "operator.b"];
    let twice = Some("APP16@operators APP16@operators");
    let one = Some("APP16@operators");
    let first = under("first-session", Some(1), same, None).with(|case| case.ledger = vec![]);
    vec![
        first,
        under("others-sit", Some(1), ["operator.c", "everybody"], None),
        under("at-the-limit", Some(2), same, None),
        under("no-rotation", None, same, None),
        under("both-stay", Some(1), same, twice),
        under("one-stays", Some(1), ["operator.a", "operator.c"], one),
        under(
            "one-stays-in-the-other-seat",
            Some(1),
            ["operator.c", "operator.a"],
            one,
        ),
    ]
}

fn witnesses() -> Vec<Case> {
    let transfer = usual(0);
    let under = |name: &str, least: u64, labels: &[&str], rules: Option<&str>| {
        let policy = sign_policy(&world().policy_ruled(10, &Value::Uint(least)));
        let request = transfer.request().with(|request| {
            request.policy = policy.digest("himuro/policy");
        });
        let psbt = transfer.asked(&request);
        let case = match rules {
            None => accept(name, &psbt),
            Some(rules) => refuse(name, &psbt, rules),
        };
        case.with(|case| {
            case.policy = Some(policy.bytes());
            case.witnesses = labels.iter().map(ToString::to_string).collect();
        })
    };
    let at = Some("APP17@operators");
    let also = |name: &str, edit: fn(&mut Request)| {
        let psbt = transfer.asked(&transfer.request().with(edit));
        refuse(name, &psbt, "APP17@operators")
            .with(|case| case.witnesses = vec!["everybody".into()])
    };
    vec![
        under("one-of-one", 1, &["witness.w"], None),
        under("uncalled-for", 0, &["witness.w"], None),
        under("two-of-two", 2, &["everybody", "witness.w"], None),
        under("none-of-one", 1, &[], at),
        under("one-of-two", 2, &["witness.w"], at),
        under("one-twice", 2, &["witness.w", "witness.w"], at),
        under("of-another-role", 0, &["admin.a"], at),
        under("whose-time-ended", 0, &["witness.ended"], at),
        under("of-another-session", 0, &["witness.w:other-session"], at),
        under("in-another-seat", 0, &["witness.w:other-seat"], at),
        also("who-requests", |r| r.requester = "everybody".into()),
        also("who-built", |r| r.builder = "everybody".into()),
        also("who-broadcasts", |r| r.broadcaster = "everybody".into()),
    ]
}

/// A request that is open for long: everybody's entry ends before it.
fn late_request() -> Psbt {
    let transfer = usual(0);
    transfer.asked(&transfer.request().with(|r| r.expiry = 999_999))
}

/// `south` was operated before; the case is judged at `north`, by operators A and B.
fn apart() -> Vec<Case> {
    both(|version| {
        let transfer = usual(version);
        let before = |change: fn(&mut Receipt)| {
            let receipt = Receipt::of(&transfer, "south").with(change);
            receipt.in_psbt(transfer.psbt())
        };
        let none = |_: &mut Receipt| {};
        let both_before = Receipt::of(&transfer, "west").in_psbt(before(none));
        let one_at_both = Receipt::of(&transfer, "west")
            .with(|r| r.operators[1] = "operator.south-b")
            .in_psbt(before(none));
        let (people, other) = ("APP12@operators", "APP12@whole");
        let mut cases = vec![
            accept("other-people-before", &before(none)),
            accept("other-people-at-two-devices-before", &both_before),
            refuse(
                "operator-a-sat-at-the-other",
                &before(|r| r.operators[0] = "operator.a"),
                people,
            ),
            refuse(
                "operator-b-sat-at-the-other",
                &before(|r| r.operators[0] = "operator.b"),
                people,
            ),
            refuse(
                "seats-exchanged",
                &before(|r| r.operators = ["operator.b", "operator.a"]),
                people,
            ),
            refuse("one-person-at-both-others", &one_at_both, people),
            refuse(
                "receipt-over-another-transaction",
                &before(|r| r.tx[0] ^= 1),
                other,
            ),
            refuse(
                "receipt-signed-by-another",
                &before(|r| r.signer = "west"),
                other,
            ),
            refuse(
                "receipt-of-a-stranger",
                &before(|r| r.device = "east"),
                other,
            ),
        ];
        cases.extend(signers(&transfer));
        cases.extend(spread(&transfer));
        cases.extend(swept(&transfer));
        cases
    })
}

/// The devices of the world are of one vendor and at three sites.
fn spread(transfer: &Transfer) -> Vec<Case> {
    let under = |name: &str, (vendors, sites): (u64, u64), rules: Option<&str>| {
        let policy = sign_policy(&world().policy_placed(vendors, sites));
        let request = transfer
            .request()
            .with(|request| request.policy = policy.digest("himuro/policy"));
        let psbt = transfer.asked(&request);
        let case = match rules {
            None => accept(name, &psbt),
            Some(rules) => refuse(name, &psbt, rules),
        };
        case.with(|case| case.policy = Some(policy.bytes()))
    };
    let at = Some("POL09@transaction");
    let newer = |mut case: Case, change: fn(&mut Card)| {
        let card = Card::of("south").with(|card| {
            card.generation = 2;
            card.serial = "spare";
            change(card);
        });
        case.cards.push(card.bytes());
        case
    };
    vec![
        under("one-vendor-and-three-sites", (1, 3), None),
        under("two-vendors-are-asked-for", (2, 3), at),
        under("four-sites-are-asked-for", (1, 4), at),
        newer(
            under("newer-card-with-a-second-vendor", (2, 3), None),
            |card| card.vendor = "somebody",
        ),
        newer(
            under("newer-card-with-the-same-vendor", (2, 3), at),
            |card| card.vendor = "nobody",
        ),
        newer(
            under("newer-card-at-the-site-of-another", (1, 3), at),
            |card| card.site = "Vault west".into(),
        ),
        newer(
            under(
                "newer-card-with-the-hsm-of-another",
                (1, 3),
                Some("WAL01@transaction"),
            ),
            |card| card.serial = "west",
        ),
    ]
}

/// What a device that is not frozen makes of a sweep. That a frozen one signs it, and nothing else, is
/// tested where devices are frozen.
fn swept(transfer: &Transfer) -> Vec<Case> {
    let caps = |numbers: [u64; 3]| Value::fields(numbers.map(|n| Some(Value::Uint(n))));
    let sweep = Value::fields([
        Some(Value::text("emergency")),
        Some(Value::bytes(&[9; 32])),
        Some(caps([100_000, 500, 50])),
        Some(caps([2, 2, 1])),
    ]);
    let under = |name: &str, named: bool, kind: u64| {
        let body = world().policy_body();
        let body = if named {
            with_field(&body, 13, &sweep)
        } else {
            body
        };
        let policy = sign_policy(&body);
        let request = transfer.request().with(|request| {
            request.policy = policy.digest("himuro/policy");
            request.kind = kind;
        });
        let psbt = transfer.asked(&request);
        let case = match kind {
            0 => accept(name, &psbt),
            _ => refuse(name, &psbt, "POL10@transaction"),
        };
        case.with(|case| case.policy = Some(policy.bytes()))
    };
    vec![
        under("ordinary-beside-a-sweep", true, 0),
        under("sweep-that-no-policy-names", false, 1),
        under("sweep-to-a-wallet-that-is-not-here", true, 1),
    ]
}

/// Administrators a and b signed the policy.
fn signers(transfer: &Transfer) -> Vec<Case> {
    let under = |name: &str, (devices, least): (u64, u64), builder: &str, rules: Option<&str>| {
        let body = with_field(&world().policy_body(), 10, &separation(devices, least));
        let policy = sign_policy(&body);
        let request = transfer.request().with(|request| {
            request.policy = policy.digest("himuro/policy");
            request.builder = builder.into();
        });
        let psbt = transfer.asked(&request);
        let case = match rules {
            None => accept(name, &psbt),
            Some(rules) => refuse(name, &psbt, rules),
        };
        case.with(|case| case.policy = Some(policy.bytes()))
    };
    let at = Some("APP13@whole");
    vec![
        under("both-signers-apart", (1, 2), "requester.r", None),
        under(
            "one-signer-builds-and-one-is-apart",
            (1, 1),
            "admin.a",
            None,
        ),
        under(
            "one-signer-builds-and-two-are-asked-for",
            (1, 2),
            "admin.a",
            at,
        ),
        under("three-are-asked-for", (1, 3), "requester.r", at),
        under(
            "an-administrator-who-did-not-sign-builds",
            (1, 2),
            "admin.c",
            None,
        ),
    ]
}
