//! A23 to A27: scripts.

use bitcoin::opcodes::all::{
    OP_CHECKMULTISIG, OP_CHECKMULTISIGVERIFY, OP_CLTV, OP_CSV, OP_DROP, OP_NOP, OP_PUSHDATA1,
};
use bitcoin::script::Builder;
use bitcoin::{Opcode, ScriptBuf};

use super::{accept, both, refuse};
use crate::case::{Case, Family};
use crate::psbt::Psbt;
use crate::transfer::{Coin, Output, Transfer};
use crate::world::{Wallet, multisig, public_key, sorted, stranger_key, world};

pub(super) fn families() -> Vec<Family> {
    vec![
        Family::new(
            "A23-witness-script",
            "House: a missing witness script contradicts nothing, it is rebuilt from the registered keys.",
            witness_script(),
        ),
        Family::new(
            "A24-script-type",
            "House: a missing redeem script contradicts nothing.",
            script_type(),
        ),
        Family::new(
            "A25-script-not-ours",
            "Once as a claim about a coin of ours, once as what the coin really pays to.",
            not_ours(),
        ),
        Family::new(
            "A26-sorting",
            "All keys of address 5 begin with 02 00: a sort that stops at a zero byte orders them wrongly.",
            sorting(),
        ),
        Family::new("A27-key-twice", "", key_twice()),
        Family::new(
            "H05-lean",
            "House: what a registered wallet says need not be said; what is said must agree with it.",
            lean(),
        ),
    ]
}

fn of(wallet: &'static Wallet, version: u32) -> Transfer {
    Transfer::of(wallet).with(|t| t.version = version)
}

fn cold(version: u32) -> Transfer {
    of(&world().cold, version)
}

fn claiming(version: u32, script: ScriptBuf) -> Transfer {
    cold(version).with(|t| t.coins[1].witness_script = Some(script))
}

fn witness_script() -> Vec<Case> {
    let long = |bytes: usize| ScriptBuf::from_bytes(vec![0x51; bytes]);
    let world = world();
    both(|version| {
        let claims = [
            ("of-another-address", world.cold.witness_script(0, 2)),
            ("of-the-change-chain", world.cold.witness_script(1, 1)),
            ("of-another-wallet", world.own.witness_script(0, 1)),
            ("empty", ScriptBuf::new()),
            ("one-byte", long(1)),
            ("3600-bytes", long(3_600)),
            ("the-output-script", world.cold.script(0, 1)),
        ];
        let mut cases: Vec<Case> = claims
            .into_iter()
            .map(|(name, script)| refuse(name, &claiming(version, script).psbt(), "WAL03@input-1"))
            .collect();
        for bytes in [3_601, 10_001] {
            let psbt = claiming(version, long(bytes)).psbt();
            cases.push(refuse(format!("{bytes}-bytes"), &psbt, "PSB02@input-1"));
        }
        let change = cold(version).with(|t| {
            t.outputs[1].witness_script = Some(world.cold.witness_script(1, 1));
        });
        cases.push(refuse(
            "of-another-change",
            &change.psbt(),
            "WAL03@output-1",
        ));
        let missing = cold(version).with(|t| t.coins[1].witness_script = None);
        cases.push(accept("missing", &missing.psbt()));
        let none = cold(version).with(|t| {
            t.coins
                .iter_mut()
                .for_each(|coin| coin.witness_script = None);
            t.outputs[1].witness_script = None;
        });
        cases.push(accept("missing-everywhere", &none.psbt()));
        cases
    })
}

/// A request with all left out that its wallet says again, and so the coins where their parents do.
fn lean_of(transfer: &Transfer) -> Psbt {
    transfer.psbt().with(|psbt| {
        for map in &mut psbt.inputs {
            for field in [0x01, 0x04, 0x05, 0x06] {
                map.remove(field);
            }
        }
        for map in &mut psbt.outputs {
            for field in [0x00, 0x01, 0x02] {
                map.remove(field);
            }
        }
    })
}

fn lean() -> Vec<Case> {
    let world = world();
    both(|version| {
        let cold = cold(version);
        let wrapped = of(&world.wrapped, version);
        let saying = |edit: &dyn Fn(&mut Psbt)| lean_of(&cold).with(|psbt| edit(psbt));
        let whole = cold.psbt();
        let other_script = world.cold.witness_script(0, 2);
        let origin = |psbt: &Psbt| {
            let mut records = psbt.inputs[1].0.iter();
            let found = records.find(|(key, _)| key.first() == Some(&0x06));
            found.expect("an origin").clone()
        };
        vec![
            accept("native", &lean_of(&cold)),
            accept("wrapped", &lean_of(&wrapped)),
            accept(
                "one-script-said",
                &saying(&|psbt| {
                    psbt.inputs[1].push(&[0x05], world.cold.witness_script(0, 1).as_bytes());
                }),
            ),
            refuse(
                "another-script-said",
                &saying(&|psbt| {
                    psbt.inputs[1].push(&[0x05], other_script.as_bytes());
                }),
                "WAL03@input-1",
            ),
            refuse(
                "another-change-script-said",
                &saying(&|psbt| {
                    psbt.outputs[1].push(&[0x01], other_script.as_bytes());
                }),
                "WAL03@output-1",
            ),
            refuse(
                "another-path-said",
                &saying(&|psbt| {
                    let (key, mut value) = origin(&whole);
                    *value.last_mut().expect("a path") ^= 1;
                    psbt.inputs[1].push(&key, &value);
                }),
                "WAL04@input-1",
            ),
            refuse(
                "another-coin-said",
                &saying(&|psbt| {
                    let mut coin = whole.inputs[1].get(&[0x01]).to_vec();
                    coin[0] ^= 1;
                    psbt.inputs[1].push(&[0x01], &coin);
                }),
                "PSB03@input-1",
            ),
            refuse(
                "payment-said-to-be-ours",
                &saying(&|psbt| {
                    psbt.outputs[0].push(&[0x01], world.cold.witness_script(1, 0).as_bytes());
                }),
                "WAL05@output-0",
            ),
            refuse(
                "previous-transaction-left-out",
                &saying(&|psbt| {
                    psbt.inputs[1].remove(0x00);
                }),
                "PSB03@input-1",
            ),
        ]
    })
}

fn script_type() -> Vec<Case> {
    both(|version| {
        let world = world();
        let native = |redeem: ScriptBuf| {
            cold(version)
                .with(|t| t.coins[0].redeem_script = Some(redeem))
                .psbt()
        };
        let wrapped = |edit: &dyn Fn(&mut Transfer)| of(&world.wrapped, version).with(|t| edit(t));
        let paying = |edit: &dyn Fn(&mut Coin)| cold(version).with(|t| edit(&mut t.coins[1]));
        let witness = world.cold.witness_script(0, 1);
        let redeem = |n| world.wrapped.redeem_script(0, n);
        let mut cases = vec![
            refuse(
                "native-with-output-script",
                &native(world.cold.script(0, 0)),
                "WAL03@input-0",
            ),
            refuse(
                "native-with-witness-script",
                &native(world.cold.witness_script(0, 0)),
                "WAL03@input-0",
            ),
            refuse(
                "native-with-empty-redeem-script",
                &native(ScriptBuf::new()),
                "WAL03@input-0",
            ),
            accept(
                "wrapped-without-redeem-script",
                &wrapped(&|t| t.coins[0].redeem_script = None).psbt(),
            ),
            refuse(
                "wrapped-with-another-redeem-script",
                &wrapped(&|t| t.coins[0].redeem_script = redeem(1)).psbt(),
                "WAL03@input-0",
            ),
            refuse(
                "wrapped-as-plain-p2sh",
                &wrapped(&|t| {
                    t.coins[0].redeem_script = t.coins[0].witness_script.take();
                })
                .psbt(),
                "WAL03@input-0",
            ),
            refuse(
                "coin-is-wrapped-form-of-ours",
                &paying(&|coin| coin.script = witness.to_p2wsh().to_p2sh()).psbt(),
                "WAL02@input-1",
            ),
            refuse(
                "coin-is-plain-p2sh-of-ours",
                &paying(&|coin| {
                    coin.script = witness.to_p2sh();
                    coin.redeem_script = coin.witness_script.take();
                })
                .psbt(),
                "WAL02@input-1",
            ),
            refuse(
                "coin-is-bare-multisig-of-ours",
                &paying(&|coin| coin.script = witness.clone()).psbt(),
                "WAL02@input-1",
            ),
        ];
        let native_of_wrapped = wrapped(&|t| {
            t.coins[1].script = world.wrapped.witness_script(0, 1).to_p2wsh();
        });
        cases.push(refuse(
            "coin-is-native-form-of-wrapped",
            &native_of_wrapped.psbt(),
            "WAL02@input-1",
        ));
        let long =
            wrapped(&|t| t.coins[1].redeem_script = Some(ScriptBuf::from_bytes(vec![0; 521])));
        cases.push(refuse(
            "redeem-script-of-521-bytes",
            &long.psbt(),
            "PSB02@input-1",
        ));
        let at = wrapped(&|t| t.coins[1].redeem_script = Some(ScriptBuf::from_bytes(vec![0; 520])));
        cases.push(refuse(
            "redeem-script-of-520-bytes",
            &at.psbt(),
            "WAL03@input-1",
        ));
        cases
    })
}

/// A multisig with another last instruction, and something before it.
fn multisig_with(before: &[u8], last: Opcode, after: &[u8]) -> ScriptBuf {
    let usual = world().cold.witness_script(0, 1).into_bytes();
    let body = &usual[..usual.len() - 1];
    ScriptBuf::from_bytes([before, body, &[last.to_u8()], after].concat())
}

/// Scripts that are nearly the one of our address 1.
fn nearly() -> Vec<(&'static str, ScriptBuf)> {
    let ours = || -> Vec<Vec<u8>> {
        world()
            .cold
            .keys(0, 1)
            .into_iter()
            .map(|key| key.public)
            .collect()
    };
    let stranger = public_key(&stranger_key("thief"));
    let replaced = |place: usize| {
        let mut keys = ours();
        keys[place] = stranger.clone();
        multisig(2, &sorted(keys))
    };
    let mut reversed = sorted(ours());
    reversed.reverse();
    let mut rotated = sorted(ours());
    rotated.rotate_left(1);
    let pushed: Vec<u8> = sorted(ours())
        .iter()
        .flat_map(|key| [&[OP_PUSHDATA1.to_u8(), 33][..], key].concat())
        .collect();
    let non_minimal = [&[0x52][..], &pushed, &[0x53, OP_CHECKMULTISIG.to_u8()]].concat();
    let mut number = world().cold.witness_script(0, 1).into_bytes();
    number.splice(..1, [1, 2]);
    let mut flipped = world().cold.witness_script(0, 1).into_bytes();
    flipped[20] ^= 1;
    let uncompressed = {
        let secret = world().cold.secret("north", 0, 1);
        let key = secret.public_key(&bitcoin::secp256k1::Secp256k1::new());
        Builder::new()
            .push_int(1)
            .push_slice(key.serialize_uncompressed())
            .push_int(1)
            .push_opcode(OP_CHECKMULTISIG)
            .into_script()
    };
    let (multisig_, verify) = (OP_CHECKMULTISIG, OP_CHECKMULTISIGVERIFY);
    let lock = |op: Opcode| [&[3, 0, 0, 0x10][..], &[op.to_u8(), OP_DROP.to_u8()]].concat();
    vec![
        ("1-of-3", multisig(1, &sorted(ours()))),
        ("3-of-3", multisig(3, &sorted(ours()))),
        ("2-of-2", multisig(2, &sorted(ours()[..2].to_vec()))),
        (
            "2-of-4",
            multisig(
                2,
                &sorted([&ours()[..], std::slice::from_ref(&stranger)].concat()),
            ),
        ),
        ("0-of-3", multisig(0, &sorted(ours()))),
        ("first-key-replaced", replaced(0)),
        ("second-key-replaced", replaced(1)),
        ("third-key-replaced", replaced(2)),
        ("reversed", multisig(2, &reversed)),
        ("rotated", multisig(2, &rotated)),
        (
            "drop-before",
            multisig_with(&[0x51, OP_DROP.to_u8()], multisig_, &[]),
        ),
        (
            "absolute-lock-before",
            multisig_with(&lock(OP_CLTV), multisig_, &[]),
        ),
        (
            "relative-lock-before",
            multisig_with(&lock(OP_CSV), multisig_, &[]),
        ),
        ("verify", multisig_with(&[], verify, &[0x51])),
        (
            "nop-after",
            multisig_with(&[], multisig_, &[OP_NOP.to_u8()]),
        ),
        (
            "true-after",
            multisig_with(&[], multisig_, &[OP_DROP.to_u8(), 0x51]),
        ),
        ("byte-after", multisig_with(&[], multisig_, &[0])),
        ("non-minimal-pushes", ScriptBuf::from_bytes(non_minimal)),
        ("threshold-as-a-push", ScriptBuf::from_bytes(number)),
        ("one-bit", ScriptBuf::from_bytes(flipped)),
        ("uncompressed", uncompressed),
        ("anyone", ScriptBuf::from_bytes(vec![0x51])),
    ]
}

fn not_ours() -> Vec<Case> {
    both(|version| {
        let mut cases = vec![];
        for (name, script) in nearly() {
            let claimed = claiming(version, script.clone());
            cases.push(refuse(
                format!("claimed-{name}"),
                &claimed.psbt(),
                "WAL03@input-1",
            ));
            let paid =
                claiming(version, script.clone()).with(|t| t.coins[1].script = script.to_p2wsh());
            cases.push(refuse(
                format!("paid-{name}"),
                &paid.psbt(),
                "WAL02@input-1",
            ));
            let all = paid.with(|t| {
                t.coins[0] = t.coins[1].clone();
                t.coins[0].number = 1;
            });
            let rules = "WAL01@transaction WAL02@input-0 WAL02@input-1";
            cases.push(refuse(format!("all-paid-{name}"), &all.psbt(), rules));
        }
        cases
    })
}

fn sorting() -> Vec<Case> {
    both(|version| {
        let cold = &world().cold;
        let fifth = Transfer::of(cold).with(|t| {
            t.version = version;
            t.replace(1, Coin::of(cold, 0, 5, 100_000_000));
        });
        let change = fifth.clone().with(|t| {
            t.replace(0, Coin::of(cold, 1, 4, 100_000_000));
            t.outputs[1] = Output::own(cold, 1, 5, 79_996_000);
        });
        let as_registered = |t: &mut Transfer| {
            let keys = cold
                .keys(0, 5)
                .into_iter()
                .map(|key| key.public)
                .collect::<Vec<_>>();
            if keys == sorted(keys.clone()) {
                let reversed: Vec<Vec<u8>> = keys.into_iter().rev().collect();
                t.coins[1].witness_script = Some(multisig(2, &reversed));
            } else {
                t.coins[1].witness_script = Some(multisig(2, &keys));
            }
        };
        let unsorted = fifth.clone().with(as_registered);
        let chains = fifth
            .clone()
            .with(|t| t.replace(0, Coin::of(cold, 1, 5, 100_000_000)));
        vec![
            accept("coin", &fifth.psbt()),
            accept("coins-of-both-chains", &chains.psbt()),
            accept("coin-and-change", &change.psbt()),
            refuse("not-sorted", &unsorted.psbt(), "WAL03@input-1"),
        ]
    })
}

fn key_twice() -> Vec<Case> {
    both(|version| {
        let keys = world().cold.keys(0, 1);
        let (a, b) = (keys[0].public.clone(), keys[1].public.clone());
        let twice = multisig(2, &sorted(vec![a.clone(), a, b]));
        let claimed = claiming(version, twice.clone());
        let paid = claimed
            .clone()
            .with(|t| t.coins[1].script = twice.to_p2wsh());
        let change = cold(version).with(|t| {
            t.outputs[1].script = twice.to_p2wsh();
            t.outputs[1].witness_script = Some(twice.clone());
            t.outputs[1].origins.clear();
        });
        vec![
            refuse("claimed", &claimed.psbt(), "WAL03@input-1"),
            refuse("paid", &paid.psbt(), "WAL02@input-1"),
            refuse("change", &change.psbt(), "WAL05@output-1"),
        ]
    })
}
