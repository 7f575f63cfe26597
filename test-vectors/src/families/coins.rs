//! A15 to A22: the truth about the coins that are spent.

use bitcoin::hashes::Hash;
use bitcoin::{Amount, OutPoint, ScriptBuf, Transaction, TxOut, Txid, Witness, consensus};

use super::{accept, both, refuse, usual};
use crate::case::{Case, Family};
use crate::psbt::Psbt;
use crate::transfer::{CHANGE, Coin, Output, PAID, Transfer};
use crate::world::{destination_script, world};

pub(super) fn families() -> Vec<Family> {
    vec![
        Family::new(
            "A15-segwit-fee-pair",
            "CVE-2020-14199: two PSBTs of the same outputs, each with one true and one false amount; the
             true signatures of both together pay 15 BTC to the miner. With and without the previous
             transactions, in both orders.",
            fee_pair(),
        ),
        Family::new(
            "A16-witness-utxo-alone",
            "House: the full previous transaction is needed for every input.",
            utxo_alone(),
        ),
        Family::new("A17-other-parent", "", other_parent()),
        Family::new("A18-coin-conflict", "", conflict()),
        Family::new("A19-no-such-output", "", no_such_output()),
        Family::new(
            "A20-odd-parent",
            "House: a coinbase is taken, with a notice of PSB03; maturity is not known offline, and an immature
             coin only makes the transaction wait.",
            odd_parent(),
        ),
        Family::new("A21-amounts", "", amounts()),
        Family::new("A22-coin-twice", "", coin_twice()),
    ]
}

fn coin(sats: u64, script: &ScriptBuf) -> Vec<u8> {
    consensus::serialize(&TxOut {
        value: Amount::from_sat(sats),
        script_pubkey: script.clone(),
    })
}

/// Two coins, of 15 and 20 BTC, the outputs of one transfer of 20 BTC.
fn fee_pair() -> Vec<Case> {
    let pair = |version| {
        usual(version).with(|t| {
            t.coins[0].sats = 1_500_000_000;
            t.coins[1].sats = 2_000_000_000;
            t.outputs = vec![
                Output::to("hot-1", 200_000_000),
                Output::own(&world().cold, 1, 0, 1_799_999_000),
            ];
        })
    };
    both(|version| {
        let script = |place: usize| pair(version).coins[place].script.clone();
        let halves = [(0, 1, 500_000_001), (1, 0, 1)];
        let mut cases = vec![];
        for (name, (_, lying, sats)) in ["first", "second"].into_iter().zip(halves) {
            let claim = coin(sats, &script(lying));
            let claiming = pair(version).psbt().with(|p| {
                p.inputs[lying].set(&[1], &claim);
            });
            let bare = |place: usize| {
                claiming.clone().with(|p| {
                    p.inputs[place].remove(0);
                })
            };
            let both_bare = bare(0).with(|p| {
                p.inputs[1].remove(0);
            });
            let at = format!("PSB03@input-{lying}");
            cases.push(refuse(format!("{name}-with-parents"), &claiming, &at));
            cases.push(refuse(
                format!("{name}-lie-without-parent"),
                &bare(lying),
                &at,
            ));
            cases.push(refuse(
                format!("{name}-without-parents"),
                &both_bare,
                "PSB03@input-0 PSB03@input-1",
            ));
        }
        cases
    })
}

fn utxo_alone() -> Vec<Case> {
    both(|version| {
        let without = |transfer: &Transfer, places: &[usize]| {
            let places = places.to_vec();
            transfer.psbt().with(move |p| {
                for place in places {
                    p.inputs[place].remove(0);
                }
            })
        };
        let three = usual(version).with(|t| {
            t.add(Coin::of(&world().cold, 0, 2, 50_000_000));
            t.outputs[1].sats += 50_000_000;
        });
        let wrapped = Transfer::of(&world().wrapped).with(|t| t.version = version);
        let neither = usual(version).psbt().with(|p| {
            p.inputs[1].remove(0);
            p.inputs[1].remove(1);
        });
        vec![
            refuse(
                "all",
                &without(&three, &[0, 1, 2]),
                "PSB03@input-0 PSB03@input-1 PSB03@input-2",
            ),
            refuse("first", &without(&three, &[0]), "PSB03@input-0"),
            refuse("middle", &without(&three, &[1]), "PSB03@input-1"),
            refuse("last", &without(&three, &[2]), "PSB03@input-2"),
            refuse("wrapped", &without(&wrapped, &[0]), "PSB03@input-0"),
            refuse("neither", &neither, "PSB03@input-1"),
        ]
    })
}

fn with_parent(version: u32, keep_claim: bool, edit: impl Fn(&mut Transaction)) -> Psbt {
    let transfer = usual(version);
    let mut parent = transfer.coins[1].parent();
    edit(&mut parent);
    transfer.psbt().with(|p| {
        p.inputs[1].set(&[0], &consensus::serialize(&parent));
        if !keep_claim {
            p.inputs[1].remove(1);
        }
    })
}

fn other_parent() -> Vec<Case> {
    both(|version| {
        let mut cases = vec![];
        let changes: [(&str, fn(&mut Transaction)); 9] = [
            ("amount-one-bit", |tx| {
                tx.output[1].value = Amount::from_sat(100_000_000 ^ 1);
            }),
            ("amount-high-bit", |tx| {
                tx.output[1].value = Amount::from_sat(100_000_000 ^ 1 << 40);
            }),
            ("other-output", |tx| tx.output[0].value += Amount::ONE_SAT),
            ("script", |tx| {
                tx.output[1].script_pubkey = destination_script("thief");
            }),
            ("version", |tx| {
                tx.version = bitcoin::transaction::Version::ONE;
            }),
            ("lock-time", |tx| {
                tx.lock_time = bitcoin::absolute::LockTime::from_consensus(1);
            }),
            ("outpoint", |tx| tx.input[0].previous_output.vout ^= 1),
            ("sequence", |tx| {
                tx.input[0].sequence = bitcoin::Sequence::ZERO;
            }),
            ("output-added", |tx| tx.output.push(tx.output[0].clone())),
        ];
        for (name, change) in changes {
            cases.push(refuse(
                name,
                &with_parent(version, true, change),
                "PSB03@input-1",
            ));
            let silent = with_parent(version, false, change);
            cases.push(refuse(
                format!("{name}-without-witness-utxo"),
                &silent,
                "PSB03@input-1",
            ));
        }
        let real = usual(version);
        let swapped = real.psbt().with(|p| {
            let other = p.inputs[0].get(&[0]).to_vec();
            p.inputs[1].set(&[0], &other);
        });
        cases.push(refuse("parent-of-another-input", &swapped, "PSB03@input-1"));
        let malleated = with_parent(version, true, |tx| {
            tx.input[0].witness = Witness::from_slice(&[vec![1; 500]]);
        });
        cases.push(accept("other-witness-same-txid", &malleated));
        cases
    })
}

fn conflict() -> Vec<Case> {
    both(|version| {
        let ours = usual(version).coins[1].script.clone();
        let other = destination_script("thief");
        let claims = [
            ("one-more", 100_000_001, &ours),
            ("one-less", 99_999_999, &ours),
            ("nothing", 0, &ours),
            ("ten-times", 1_000_000_000, &ours),
            ("largest", u64::MAX, &ours),
            ("script", 100_000_000, &other),
            ("both", 1, &other),
        ];
        let mut cases: Vec<Case> = claims
            .into_iter()
            .map(|(name, sats, script)| {
                let psbt = usual(version).psbt().with(|p| {
                    p.inputs[1].set(&[1], &coin(sats, script));
                });
                refuse(name, &psbt, "PSB03@input-1")
            })
            .collect();
        let without = usual(version).psbt().with(|p| {
            p.inputs[0].remove(1);
            p.inputs[1].remove(1);
        });
        cases.push(accept("no-witness-utxo", &without));
        cases
    })
}

/// The index is in the transaction, so nothing can be approved: the PSBT comes without request.
fn no_such_output() -> Vec<Case> {
    both(|version| {
        let indexes = [2_u32, 3, 255, 65_536, i32::MAX as u32, u32::MAX];
        let cases = indexes.map(|vout| {
            let psbt = usual(version).bare().with(|p| {
                if version == 2 {
                    p.inputs[1].set(&[0x0F], &vout.to_le_bytes());
                } else {
                    let mut tx = usual(0).tx();
                    tx.input[1].previous_output.vout = vout;
                    p.global.set(&[0], &consensus::serialize(&tx));
                }
            });
            refuse(format!("output-{vout}"), &psbt, "PSB03@input-1")
        });
        let lowered = usual(version).bare().with(|p| {
            let vout = 0_u32.to_le_bytes();
            if version == 2 {
                p.inputs[1].set(&[0x0F], &vout);
            } else {
                let mut tx = usual(0).tx();
                tx.input[1].previous_output.vout = 0;
                p.global.set(&[0], &consensus::serialize(&tx));
            }
        });
        let mut cases = cases.to_vec();
        // Output 0 is there, and is another coin than the PSBT claims.
        cases.push(refuse("another-output", &lowered, "PSB03@input-1"));
        cases
    })
}

fn odd_parent() -> Vec<Case> {
    both(|version| {
        let raw = |name: &str, bytes: Vec<u8>| {
            let psbt = usual(version).psbt().with(|p| {
                p.inputs[1].set(&[0], &bytes);
            });
            refuse(name, &psbt, "PSB03@input-1")
        };
        let good = consensus::serialize(&usual(version).coins[1].parent());
        let input_end = 4 + 1 + 36 + 1 + 4;
        let no_input = [&good[..4], &[0], &good[input_end..]].concat();
        let no_output = [&good[..input_end], &[0, 0, 0, 0, 0]].concat();
        let empty_witness = [&good[..4], &[0, 1], &good[4..good.len() - 4], &[0], &[0; 4]].concat();
        let flag = [&good[..4], &[0, 2], &good[4..good.len() - 4], &[0], &[0; 4]].concat();
        let long_count = [&good[..4], &[0xFD, 1, 0], &good[5..]].concat();
        let mut cases = vec![
            raw("no-input", no_input),
            raw("no-output", no_output),
            raw("witness-form-without-witness", empty_witness),
            raw("unknown-flag", flag),
            raw("long-count", long_count),
            raw("empty", vec![]),
            raw("cut", good[..good.len() - 1].to_vec()),
            raw("byte-after-it", [&good[..], &[0]].concat()),
            raw("a-psbt", usual(0).bare().bytes()),
            raw(
                "many-outputs-claimed",
                [&good[..input_end], &[0xFE, 0xFF, 0xFF, 0xFF, 0xFF]].concat(),
            ),
        ];
        let witnessed = with_parent(version, true, |tx| {
            tx.input[0].witness = Witness::from_slice(&[vec![2; 71], vec![3; 33]]);
        });
        cases.push(accept("with-witness", &witnessed));
        let from = |places: &[usize], outpoint: OutPoint| {
            let spending = usual(version).with(|t| {
                for place in places {
                    t.coins[*place].from = Some(outpoint);
                }
            });
            spending.psbt()
        };
        let nearly = OutPoint::new(Txid::all_zeros(), 0);
        cases.extend([
            accept("coinbase", &from(&[1], OutPoint::null())).noting("PSB03"),
            accept("nearly-a-coinbase", &from(&[1], nearly)),
        ]);
        cases
    })
}

fn moving(version: u32, coins: &[u64], outputs: &[u64]) -> Transfer {
    usual(version).with(|t| {
        t.coins.clear();
        for (index, sats) in (0..).zip(coins) {
            t.add(Coin::of(&world().cold, 0, index, *sats));
        }
        t.outputs = outputs
            .iter()
            .map(|sats| Output::to("hot-1", *sats))
            .collect();
    })
}

const MAX: u64 = 2_100_000_000_000_000;

fn amounts() -> Vec<Case> {
    both(|version| {
        let refused = |name: &str, coins: &[u64], outputs: &[u64], rules: &str| {
            refuse(name, &moving(version, coins, outputs).psbt(), rules)
        };
        let mut cases = vec![];
        for (name, sats) in [
            ("nothing", 0),
            ("above-21-million", MAX + 1),
            ("2-63", 1 << 63),
            ("2-64-less-1", u64::MAX),
        ] {
            let outputs = moving(version, &[100_000_000, 100_000_000], &[PAID, CHANGE, sats]);
            cases.push(refuse(format!("output-{name}"), &outputs.psbt(), "PSB06"));
            let coins = moving(version, &[100_000_000, sats], &[PAID / 2]);
            cases.push(refuse(format!("coin-{name}"), &coins.psbt(), "PSB06"));
        }
        cases.push(refused(
            "coins-above-21-million",
            &[MAX, 1],
            &[1_000],
            "PSB06@transaction",
        ));
        cases.push(refused(
            "coins-overflow",
            &[u64::MAX, u64::MAX],
            &[1_000],
            "PSB06",
        ));
        cases.push(refused(
            "outputs-above-21-million",
            &[MAX],
            &[MAX, 1],
            "PSB06@transaction",
        ));
        cases.push(refused(
            "outputs-overflow",
            &[100_000],
            &[u64::MAX, 2],
            "PSB06",
        ));
        cases.push(refused(
            "outputs-wrap-to-less",
            &[100_000],
            &[1 << 63, 1 << 63, 90_000],
            "PSB06",
        ));
        // A possible amount, beyond what the wallet may pay: refused by the policy alone.
        cases.push(refused(
            "21-million",
            &[MAX],
            &[MAX - 4_000],
            "POL02@transaction POL03@transaction",
        ));
        cases
    })
}

fn coin_twice() -> Vec<Case> {
    both(|version| {
        let mut cases = vec![];
        for (first, second) in [(0, 1), (1, 2), (0, 3)] {
            let four = usual(version).with(|t| {
                t.add(Coin::of(&world().cold, 0, 2, 100_000_000));
                t.add(Coin::of(&world().cold, 0, 3, 100_000_000));
                let coin = t.coins[first].clone();
                t.coins[second] = coin;
            });
            let at = format!("PSB06@input-{second}");
            cases.push(refuse(format!("{first}-and-{second}"), &four.psbt(), &at));
            let sequence = four
                .clone()
                .with(|t| t.coins[second].sequence = 0xFFFF_FFFE);
            cases.push(refuse(
                format!("{first}-and-{second}-sequence"),
                &sequence.psbt(),
                &at,
            ));
            let records = four.with(|t| {
                t.coins[second].origins.clear();
                t.coins[second].witness_script = None;
            });
            cases.push(refuse(
                format!("{first}-and-{second}-records"),
                &records.psbt(),
                &at,
            ));
        }
        cases
    })
}
