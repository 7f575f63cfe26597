//! What a device remembers of transfers, and what classes of assets allow.

use super::encoding::with_field;
use super::{accept, both, refuse, usual};
use crate::case::{Case, Fact, Family};
use crate::cbor::Value;
use crate::psbt::Psbt;
use crate::sign::Signed;
use crate::transfer::{CHANGE, Coin, Output, PAID, Request, Transfer, himuro};
use crate::world::{
    HOT_1_SHARE, TIP, TOP_UP, WINDOW, WINDOW_SHARE, Wallet, class_move, scope, sign_policy, world,
};

pub(super) fn families() -> Vec<Family> {
    vec![
        Family::new(
            "A59-velocity",
            "What left within 144 blocks, with this transfer, against this device's share: two thirds of the
             limit of the wallet, and of the one of hot-1. Heights alone count, of headers that a device has
             accepted: they never fall, and there is no clock and no midnight to be moved. What the ledger
             holds here are intents of a session that was given up: signed, never broadcast, and counted.
             A device that was set up again has no journal, and goes on with none (TRN03).",
            velocity(),
        ),
        Family::new(
            "H01-classes",
            "Moves between registered wallets, found by their scripts.",
            classes(),
        ),
        Family::new(
            "H02-fee-bump",
            "A request names the versions that its transaction replaces. Undeclared: A70.",
            fee_bump(),
        ),
        Family::new(
            "H03-cold-share",
            "Nine tenths of the customers' coins stay cold, by a reconciler's statement of the last 144 blocks.",
            cold_share(),
        ),
    ]
}

/// The usual case after this transfer was signed.
fn after(case: Case, before: &Transfer, height: u32) -> Case {
    case.with(|case| case.ledger = vec![Fact::Signed(before.signed_at(height))])
}

/// A transfer of other coins that pays so much.
fn earlier(wallet: &'static Wallet, to: &str, sats: u64) -> Transfer {
    Transfer::of(wallet).with(|t| {
        t.coins.clear();
        t.add(Coin::of(wallet, 0, 2, 700_000_000));
        t.coins[0].number = 9;
        t.outputs = vec![
            Output::to(to, sats),
            Output::own(wallet, 1, 1, 700_000_000 - sats - 4_000),
        ];
    })
}

fn velocity() -> Vec<Case> {
    let (cold, wrapped) = (&world().cold, &world().wrapped);
    let (rest, rest_of_hot_1) = (WINDOW_SHARE - PAID, HOT_1_SHARE - PAID);
    both(|version| {
        let psbt = || usual(version).psbt();
        let passes =
            |name: &str, before: &Transfer, height| after(accept(name, &psbt()), before, height);
        let fails = |name: &str, before: &Transfer, height| {
            after(refuse(name, &psbt(), "POL03@transaction"), before, height)
        };
        let at = |case: Case, tip: u32| case.with(|case| case.tip = tip);
        vec![
            passes("wallet-at-the-share", &earlier(cold, "hot-2", rest), TIP),
            fails("wallet-one-above", &earlier(cold, "hot-2", rest + 1), TIP),
            passes(
                "destination-at-the-share",
                &earlier(cold, "hot-1", rest_of_hot_1),
                TIP,
            ),
            fails(
                "destination-one-above",
                &earlier(cold, "hot-1", rest_of_hot_1 + 1),
                TIP,
            ),
            passes(
                "of-another-wallet",
                &earlier(wrapped, "hot-2", rest + 1),
                TIP,
            ),
            fails(
                "to-the-same-of-another-wallet",
                &earlier(wrapped, "hot-1", rest_of_hot_1 + 1),
                TIP,
            ),
            at(
                fails(
                    "last-block-of-the-window",
                    &earlier(cold, "hot-2", rest + 1),
                    TIP,
                ),
                TIP + WINDOW - 1,
            ),
            at(
                passes("window-has-passed", &earlier(cold, "hot-2", rest + 1), TIP),
                TIP + WINDOW,
            ),
        ]
    })
}

fn classes() -> Vec<Case> {
    let world = world();
    both(|version| {
        let from = |wallet: &'static Wallet, to: &Wallet| {
            Transfer::of(wallet).with(|t| {
                t.version = version;
                t.outputs[0] = Output::paying(to.script(0, 0), PAID);
            })
        };
        let asking = |t: &Transfer, purpose: &str| {
            t.asked(&t.request().with(|r| r.purpose = purpose.into()))
        };
        let up = from(&world.own, &world.cold);
        let down = from(&world.cold, &world.own);
        let mut cases = vec![
            accept("within-a-class", &from(&world.cold, &world.wrapped).psbt()),
            accept("a-named-move", &down.psbt()),
            accept("for-its-purpose", &asking(&up, TOP_UP)),
            refuse("for-another-purpose", &up.psbt(), "POL05@output-0"),
            refuse(
                "for-nearly-its-purpose",
                &asking(&up, &TOP_UP.to_lowercase()),
                "POL05@output-0",
            ),
        ];
        // A policy that names other moves only.
        for (name, moves) in [
            ("no-move-named", vec![]),
            ("only-the-way-back", vec![class_move(2, 0, None)]),
            ("only-to-another-class", vec![class_move(0, 1, None)]),
        ] {
            let body = with_field(&world.policy_body(), 11, &Value::Array(moves));
            let policy = sign_policy(&body);
            let digest = policy.digest("himuro/policy");
            let psbt = down.asked(&down.request().with(|r| r.policy = digest));
            let case = refuse(name, &psbt, "POL05@output-0");
            cases.push(case.with(|case| case.policy = Some(policy.bytes())));
        }
        cases
    })
}

/// What is cold once the usual transfer is paid, of 100 BTC that are left after its fee.
const STAYS_COLD: u64 = 9_000_000_000;

/// A statement after which so much stays cold.
struct Statement {
    version: u64,
    officer: &'static str,
    height: u32,
    class: u64,
    wallets: Vec<[u8; 32]>,
    cold: u64,
}

impl Statement {
    fn leaving(cold: u64) -> Self {
        Self {
            version: 1,
            officer: "reconciler.c",
            height: TIP,
            class: 0,
            wallets: vec![world().cold.id()],
            cold,
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// As this officer signs it.
    fn signed_by(&self, label: &str) -> Vec<u8> {
        let gone = PAID + 4_000;
        let uint = |n: u32| Some(Value::Uint(n.into()));
        let cold = self.wallets.iter().map(|wallet| {
            let line = [Value::bytes(wallet), Value::Uint(self.cold + gone)];
            Value::fields(line.map(Some))
        });
        let body = Value::fields([
            Some(Value::Uint(self.version)),
            Some(scope()),
            Some(Value::bytes(&world().root_digest())),
            Some(Value::text(self.officer)),
            uint(self.height),
            Some(Value::bytes(&[4; 32])),
            Some(Value::Uint(self.class)),
            Some(Value::Array(cold.collect())),
            Some(Value::Uint(10_000_004_000 - self.cold - gone)),
        ]);
        Signed::new("balance", &body.encode(), label).bytes()
    }
}

fn cold_share() -> Vec<Case> {
    let floor = [0, 900, 144].map(|n| Some(Value::Uint(n)));
    let floors = Value::Array(vec![Value::fields(floor)]);
    let policy = sign_policy(&with_field(&world().policy_body(), 12, &floors));
    let digest = policy.digest("himuro/policy");
    let stated = |mut psbt: Psbt, statement: &[u8]| {
        psbt.global.push(&himuro(4, &[]), statement);
        psbt
    };
    both(|version| {
        let psbt = || {
            let t = usual(version);
            t.asked(&t.request().with(|r| r.policy = digest))
        };
        let under = |case: Case| case.with(|case| case.policy = Some(policy.bytes()));
        let passes = |name: &str, statement: &Statement| {
            let bytes = statement.signed_by(statement.officer);
            under(accept(name, &stated(psbt(), &bytes)))
        };
        let fails = |name: &str, bytes: &[u8]| {
            under(refuse(name, &stated(psbt(), bytes), "POL06@transaction"))
        };
        let by_officer = |name: &str, statement: &Statement| {
            fails(name, &statement.signed_by(statement.officer))
        };
        let enough = || Statement::leaving(STAYS_COLD);
        let more = || Statement::leaving(STAYS_COLD + 100_000_000);
        vec![
            passes("at-the-floor", &enough()),
            by_officer("one-below", &Statement::leaving(STAYS_COLD - 1)),
            under(refuse("no-statement", &psbt(), "POL06@transaction")),
            fails("no-artefact", b"balance"),
            passes("oldest", &more().with(|s| s.height = TIP - 144)),
            by_officer("too-old", &more().with(|s| s.height = TIP - 145)),
            by_officer("of-a-block-to-come", &more().with(|s| s.height = TIP + 1)),
            by_officer("of-an-approver", &more().with(|s| s.officer = "approver.a")),
            fails("in-the-name-of-another", &more().signed_by("approver.a")),
            fails("of-no-officer", &more().signed_by("thief")),
            by_officer("of-another-class", &more().with(|s| s.class = 2)),
            by_officer("another-version", &more().with(|s| s.version = 2)),
            by_officer(
                "without-this-wallet",
                &more().with(|s| s.wallets = vec![world().wrapped.id()]),
            ),
            by_officer(
                "a-wallet-twice",
                &more().with(|s| s.wallets = vec![world().cold.id(); 2]),
            ),
            accept("no-floor-no-statement", &usual(version).psbt()),
        ]
    })
}

fn fee_bump() -> Vec<Case> {
    both(|version| {
        // The usual transfer pays 4,000 sat; before, it paid 1,000.
        let before = usual(version).with(|t| t.outputs[1].sats = CHANGE + 3_000);
        let declared = |t: &Transfer, versions: &[&Transfer]| -> Psbt {
            let versions = versions.iter().map(|t| t.digest()).collect();
            t.asked(&Request {
                replaces: versions,
                ..t.request()
            })
        };
        let judged = |case: Case| after(case, &before, TIP);
        let refused = |name: &str, t: &Transfer, rules: &str| {
            judged(refuse(name, &declared(t, &[&before]), rules))
        };
        let usual = usual(version);
        let coins = "POL07@input-0 POL07@input-1";
        let as_much = usual.clone().with(|t| {
            t.lock_time -= 1;
            t.outputs[1].sats = before.outputs[1].sats;
        });
        let to_another = usual
            .clone()
            .with(|t| t.outputs[0] = Output::to("hot-2", PAID));
        let less_paid = usual.clone().with(|t| t.outputs[0].sats -= 1);
        let coin_left_out = usual
            .clone()
            .with(|t| t.replace(1, Coin::of(&world().cold, 0, 2, 100_000_000)));
        let coin_more = usual.clone().with(|t| {
            t.add(Coin::of(&world().cold, 0, 2, 10_000_000));
            t.outputs[1].sats += 10_000_000 - 1_000;
        });
        vec![
            judged(accept("declared", &declared(&usual, &[&before]))),
            judged(accept(
                "with-a-coin-more",
                &declared(&coin_more, &[&before]),
            )),
            accept("never-signed-here", &declared(&usual, &[&before])),
            judged(refuse("undeclared", &usual.psbt(), coins)),
            judged(refuse(
                "declares-another",
                &declared(&usual, &[&to_another]),
                coins,
            )),
            refused("fee-no-higher", &as_much, "POL07@transaction"),
            refused("to-another", &to_another, "POL07@transaction"),
            refused("less-paid", &less_paid, "POL07@transaction"),
            refused("coin-left-out", &coin_left_out, "POL07@transaction"),
            refused("itself", &before, "POL07@transaction"),
        ]
    })
}
