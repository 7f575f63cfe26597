//! A60 to A70: fees and the form of the transaction.

use super::{accept, both, refuse, usual};
use crate::case::{Case, Fact, Family};
use crate::transfer::{CHANGE, Coin, Output, PAID, Transfer};
use crate::world::{FEE_CAPS, TIP, destination_script, world};
use bitcoin::hashes::Hash;

pub(super) fn families() -> Vec<Family> {
    vec![
        Family::new(
            "A60-consolidation",
            "All outputs ours: one change output, under the same caps.",
            consolidation(),
        ),
        Family::new("A61-negative-fee", "", negative()),
        Family::new(
            "A62-low-fee",
            "House: a low fee is taken; it is shown, and the transaction only waits.",
            low(),
        ),
        Family::new(
            "A63-high-fee",
            "Absolute cap, cap by rate and cap by share: each alone, at it and one satoshi above.",
            high(),
        ),
        Family::new(
            "A64-fee-rate",
            "The rate counts the largest witness of the registered wallet.",
            rate(),
        ),
        Family::new(
            "A65-sighash",
            "Absent or ALL; anything else is refused wherever it stands.",
            sighash(),
        ),
        Family::new("A66-sighash-among-many", "", among_many()),
        Family::new(
            "A67-lock-time",
            "House: none, or a height up to the known one. One that has no effect is taken with a notice.",
            lock_time(),
        ),
        Family::new(
            "A68-sequence",
            "House: no relative lock. Transactions of version 1 have none (BIP-68).",
            sequence(),
        ),
        Family::new("A69-form", "Weight: A12.", form()),
        Family::new(
            "A70-replacement",
            "House: no coin is ever signed over twice, also for the same transaction.",
            replacement(),
        ),
    ]
}

/// The usual transfer leaving this fee.
fn with_fee(version: u32, fee: u64) -> Transfer {
    usual(version).with(|t| t.outputs[1].sats = 80_000_000 - fee)
}

fn consolidation() -> Vec<Case> {
    both(|version| {
        let all = |fee: u64| {
            usual(version).with(|t| {
                t.outputs = vec![Output::own(&world().cold, 1, 0, 200_000_000 - fee)];
            })
        };
        let many = usual(version).with(|t| {
            t.coins.clear();
            for n in 0..20 {
                t.add(Coin::of(&world().cold, n % 2, n % 5, 10_000_000));
            }
            t.outputs = vec![Output::own(&world().cold, 1, 4, 200_000_000 - 15_000)];
        });
        let small = usual(version).with(|t| {
            t.coins.truncate(1);
            t.coins[0].sats = 100_000;
            t.outputs = vec![Output::own(&world().cold, 1, 0, 98_000)];
        });
        vec![
            accept("two-coins", &all(4_000).psbt()),
            accept("twenty-coins", &many.psbt()),
            refuse("fee-above-the-share", &small.psbt(), "POL04@transaction"),
            refuse(
                "nothing-comes-back",
                &all(199_999_000).psbt(),
                "POL04@transaction",
            ),
        ]
    })
}

fn negative() -> Vec<Case> {
    both(|version| {
        let above = |by: u64| usual(version).with(|t| t.outputs[0].sats += by);
        let at = "PSB06@transaction";
        vec![
            refuse("by-one", &above(4_001).psbt(), at),
            refuse("by-all", &above(200_000_000).psbt(), at),
            refuse("by-much", &above(2_000_000_000_000_000).psbt(), at),
        ]
    })
}

fn low() -> Vec<Case> {
    both(|version| {
        let taken = |name: &str, fee| accept(name, &with_fee(version, fee).psbt());
        vec![
            taken("nothing", 0),
            taken("one-satoshi", 1),
            taken("below-1-a-byte", 200),
        ]
    })
}

/// Inputs of 2-of-3, outputs of 34 bytes of script, in weight units; from BIP-141 by hand.
fn weight(inputs: u64, outputs: u64) -> u64 {
    let stripped = 4 + 1 + 41 * inputs + 1 + 43 * outputs + 4;
    // Count, empty item, two signatures of up to 72 bytes, script of 105.
    let witness = 1 + 1 + 2 * (1 + 72) + (1 + 105);
    4 * stripped + 2 + witness * inputs
}

fn high() -> Vec<Case> {
    let [absolute, rate, per_mille] = FEE_CAPS;
    both(|version| {
        let mut cases = vec![];
        let mut pair = |name: &str, cap: u64, at: &dyn Fn(u64) -> Transfer| {
            cases.push(accept(format!("{name}-at-the-cap"), &at(cap).psbt()));
            let above = at(cap + 1).psbt();
            cases.push(refuse(
                format!("{name}-one-above"),
                &above,
                "POL04@transaction",
            ));
        };
        // Ten inputs: 20,000 sat are below 50 sat/vB.
        pair("absolute", absolute, &|fee| {
            usual(version).with(|t| {
                (0..8).for_each(|n| {
                    t.add(Coin::of(&world().cold, 0, n % 5, 10_000_000));
                });
                t.outputs[1].sats = 160_000_000 - fee;
            })
        });
        pair("rate", rate * weight(2, 2) / 4, &|fee| {
            with_fee(version, fee)
        });
        pair("rate-of-one-input", rate * weight(1, 1) / 4, &|fee| {
            usual(version).with(|t| {
                t.coins.truncate(1);
                t.outputs = vec![Output::to("hot-1", 100_000_000 - fee)];
            })
        });
        pair("share", 500_000 * per_mille / 1_000, &|fee| {
            usual(version).with(|t| {
                t.outputs[0].sats = 500_000;
                t.outputs[1].sats = 199_500_000 - fee;
            })
        });
        pair(
            "share-of-two-payments",
            1_000_000 * per_mille / 1_000,
            &|fee| {
                usual(version).with(|t| {
                    t.outputs[0].sats = 600_000;
                    t.outputs[1].sats = 199_000_000 - fee;
                    t.outputs.push(Output::to("hot-2", 400_000));
                })
            },
        );
        // 0.99 BTC of fee: below one bitcoin, and far above all caps.
        let all = with_fee(version, 79_000_000);
        cases.push(refuse(
            "99-hundredths-of-a-bitcoin",
            &all.psbt(),
            "POL04@transaction",
        ));
        let tenfold = with_fee(version, 10 * absolute);
        cases.push(refuse(
            "ten-times-the-cap",
            &tenfold.psbt(),
            "POL04@transaction",
        ));
        cases
    })
}

fn rate() -> Vec<Case> {
    both(|version| {
        // Without witness bytes this fee would be 80 sat/vB, and it is below 50.
        let fee = 50 * weight(2, 2) / 4 - 100;
        let without_script = with_fee(version, fee).with(|t| {
            t.coins
                .iter_mut()
                .for_each(|coin| coin.witness_script = None);
        });
        let wrapped = Transfer::of(&world().wrapped).with(|t| {
            t.version = version;
            // 35 bytes outside of the witness for each push of a redeem script.
            t.outputs[0].sats = 140_000_000;
            t.outputs[1].sats = 60_000_000 - 50 * (weight(2, 2) + 2 * 35 * 4 - 44) / 4;
        });
        vec![
            accept("largest-witness", &with_fee(version, fee).psbt()),
            accept("witness-script-missing", &without_script.psbt()),
            accept("wrapped", &wrapped.psbt()),
        ]
    })
}

const FLAGS: [u32; 12] = [
    0,
    2,
    3,
    4,
    0x41,
    0x80,
    0x81,
    0x82,
    0x83,
    0x101,
    0x0100_0000,
    u32::MAX,
];

fn sighash() -> Vec<Case> {
    both(|version| {
        let mut cases = vec![];
        for place in 0..2_usize {
            for flag in FLAGS {
                let psbt = usual(version).psbt().with(|p| {
                    p.inputs[place].push(&[3], &flag.to_le_bytes());
                });
                let name = format!("input-{place}-{flag:#x}");
                cases.push(refuse(name, &psbt, &format!("PSB04@input-{place}")));
            }
            let all = usual(version).psbt().with(|p| {
                p.inputs[place].push(&[3], &[1, 0, 0, 0]);
            });
            cases.push(accept(format!("input-{place}-all"), &all));
            for flag in [0, 2, 3, 0x81, 0x82, 0x83_u8] {
                let transfer = usual(version);
                let index = u32::try_from(place).expect("few");
                let (key, der) = transfer.signature("south", place, index);
                let psbt = transfer.psbt().with(|p| {
                    let key = [&[2][..], &key].concat();
                    p.inputs[place].push(&key, &[&der[..], &[flag]].concat());
                });
                let name = format!("signature-{place}-{flag:#x}");
                cases.push(refuse(name, &psbt, &format!("PSB04@input-{place}")));
            }
        }
        cases
    })
}

fn among_many() -> Vec<Case> {
    both(|version| {
        let forty = usual(version).with(|t| {
            for n in 0..38 {
                t.add(Coin::foreign(world().cold.script(0, n % 5), 1_000_000));
            }
            t.outputs[1].sats += 38_000_000 - 4_000;
        });
        let flagged = |place: usize, flag: u8| {
            forty.bare().with(|p| {
                p.inputs[place].push(&[3], &[flag, 0, 0, 0]);
            })
        };
        let mut cases = vec![accept("none", &forty.psbt())];
        for (name, place, flag) in [("first", 0, 2), ("middle", 23, 0x81), ("last", 39, 3)] {
            // SINGLE at an index without an output would sign the number one.
            cases.push(refuse(
                name,
                &flagged(place, flag),
                &format!("PSB04@input-{place}"),
            ));
        }
        cases
    })
}

fn lock_time() -> Vec<Case> {
    both(|version| {
        let mut cases = vec![];
        let locked = |lock: u32, sequence: u32| {
            usual(version).with(|t| {
                t.lock_time = lock;
                t.coins.iter_mut().for_each(|coin| coin.sequence = sequence);
            })
        };
        for (name, sequence) in [("", 0xFFFF_FFFE), ("-ineffective", u32::MAX)] {
            for lock in [0, 1, TIP - 1, TIP] {
                let case = accept(format!("{lock}{name}"), &locked(lock, sequence).psbt());
                let noted = lock > 0 && sequence == u32::MAX;
                cases.push(if noted { case.noting("PSB07") } else { case });
            }
            for lock in [
                TIP + 1,
                TIP + 100,
                499_999_999,
                500_000_000,
                1_700_000_000,
                u32::MAX,
            ] {
                let psbt = locked(lock, sequence).psbt();
                cases.push(refuse(format!("{lock}{name}"), &psbt, "PSB07@transaction"));
            }
        }
        cases
    })
}

fn sequence() -> Vec<Case> {
    both(|version| {
        let with = |sequence: u32, place: usize, tx_version: i32| {
            usual(version).with(|t| {
                t.tx_version = tx_version;
                t.coins[place].sequence = sequence;
            })
        };
        let mut cases = vec![];
        for sequence in [0x8000_0000, 0xFFFF_FFFD, 0xFFFF_FFFE, u32::MAX] {
            cases.push(accept(
                format!("{sequence:#x}"),
                &with(sequence, 1, 2).psbt(),
            ));
        }
        for sequence in [0, 1, 144, 65_535, 0x0040_0001, 0x7FFF_FFFF] {
            for place in 0..2 {
                let psbt = with(sequence, place, 2).psbt();
                let name = format!("input-{place}-{sequence:#x}");
                cases.push(refuse(name, &psbt, &format!("PSB07@input-{place}")));
            }
            cases.push(accept(
                format!("version-1-{sequence:#x}"),
                &with(sequence, 0, 1).psbt(),
            ));
        }
        cases
    })
}

fn form() -> Vec<Case> {
    both(|version| {
        let mut cases = vec![];
        let with = |number: i32| usual(version).with(|t| t.tx_version = number).psbt();
        for number in [1, 2] {
            cases.push(accept(format!("version-{number}"), &with(number)));
        }
        for number in [0, 3, 4, -1, -2, i32::MAX, i32::MIN] {
            cases.push(refuse(
                format!("version-{number}"),
                &with(number),
                "PSB07@transaction",
            ));
        }
        cases
    })
}

fn replacement() -> Vec<Case> {
    both(|version| {
        let spent = |case: Case, transfer: &Transfer, places: &[usize]| {
            let tx = transfer.tx();
            case.with(|case| {
                case.ledger = places
                    .iter()
                    .map(|place| {
                        let coin = tx.input[*place].previous_output;
                        Fact::Spent(coin.txid.to_byte_array(), coin.vout)
                    })
                    .collect();
            })
        };
        let refused = |name: &str, transfer: &Transfer, places: &[usize]| {
            let rules: Vec<String> = places.iter().map(|p| format!("POL07@input-{p}")).collect();
            spent(
                refuse(name, &transfer.psbt(), &rules.join(" ")),
                transfer,
                places,
            )
        };
        let before = usual(version);
        let bumped = with_fee(version, 8_000);
        let fewer = usual(version).with(|t| {
            t.coins.truncate(1);
            t.outputs[0].sats = 20_000_000;
        });
        let other = usual(version).with(|t| {
            t.outputs[0] = Output::paying(destination_script("hot-2"), PAID);
        });
        let smaller = usual(version).with(|t| {
            t.outputs[0].sats -= 1;
            t.outputs[1].sats = CHANGE + 1;
        });
        let mut cases = vec![
            refused("the-same-transaction", &before, &[0, 1]),
            refused("higher-fee", &bumped, &[0, 1]),
            refused("fewer-inputs", &fewer, &[0]),
            refused("other-destination", &other, &[0, 1]),
            refused("smaller-payment", &smaller, &[0, 1]),
            refused("one-coin-of-it", &before, &[1]),
        ];
        // Another output of the same parent is another coin.
        let txid = before.tx().input[0].previous_output.txid.to_byte_array();
        cases.push(
            accept("another-coin-of-its-parent", &before.psbt()).with(|case| {
                case.ledger = vec![Fact::Spent(txid, 0)];
            }),
        );
        cases
    })
}
