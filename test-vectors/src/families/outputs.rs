//! A47 to A57: outputs, change and limits.

use bitcoin::opcodes::all::OP_RETURN;
use bitcoin::{ScriptBuf, WPubkeyHash, hashes::Hash};

use super::{accept, both, refuse, usual};
use crate::case::{Case, Fact, Family};
use crate::transfer::{CHANGE, Coin, Output, PAID, Transfer};
use crate::world::{
    CHANGE_WINDOW, DESTINATION_LIMIT, TRANSFER_LIMIT, destination_script, multisig, public_key,
    sorted, stranger_key, world,
};

pub(super) fn families() -> Vec<Family> {
    vec![
        Family::new("A47-change-fraud", "An output with our fields and a script that is not ours.", fraud()),
        Family::new("A48-other-multisig", "Change to a multisig that holds our key and others.", other_multisig()),
        Family::new(
            "A49-change-of-another-form",
            "With fields that name our keys it pretends (WAL05); without any it is a payment to nobody we
             know (POL01). Scripts that lead to ours are known without fields only by POL01.",
            other_form(),
        ),
        Family::new(
            "A50-change-place",
            "House: an own receive address is a payment, and passes only as a registered destination. One
             change output at most, at an index within the window above the highest known.",
            change_place(),
        ),
        Family::new("A51-not-registered", "", not_registered()),
        Family::new("A52-similar-address", "Programs that share their ends with a registered one.", similar()),
        Family::new(
            "A54-output-type",
            "House: no form of script passes but a registered destination's own.",
            output_type(),
        ),
        Family::new("A55-op-return", "House: never a destination.", op_return()),
        Family::new(
            "A56-output-amount",
            "House: amounts from 1 satoshi are taken where the destination is registered. Amounts below dust are
             not refused: nodes do not relay them, and nothing is lost. More of impossible ones: A21.",
            output_amount(),
        ),
        Family::new(
            "A57-limits",
            "Per transfer and per destination. In a window of blocks: A59.",
            limits(),
        ),
    ]
}

/// The usual transfer with another change output.
fn changing(version: u32, edit: impl FnOnce(&mut Output)) -> Transfer {
    usual(version).with(|t| edit(&mut t.outputs[1]))
}

const PRETENDS: &str = "WAL05@output-1";

fn thief() -> ScriptBuf {
    destination_script("thief")
}

fn fraud() -> Vec<Case> {
    both(|version| {
        let with = |name: &str, edit: &dyn Fn(&mut Output)| {
            refuse(name, &changing(version, |o| edit(o)).psbt(), PRETENDS)
        };
        let mut bit = usual(0).outputs[1].script.clone().into_bytes();
        bit[33] ^= 1;
        let bit = ScriptBuf::from_bytes(bit);
        let stranger = public_key(&stranger_key("thief"));
        let mut cases = vec![
            with("thiefs-script-with-all-our-fields", &|o| o.script = thief()),
            with("one-bit-of-script", &|o| o.script.clone_from(&bit)),
            with("origins-alone", &|o| {
                o.script = thief();
                o.witness_script = None;
            }),
            with("one-origin-alone", &|o| {
                o.script = thief();
                o.witness_script = None;
                o.origins.truncate(1);
            }),
            with("witness-script-alone", &|o| {
                o.script = thief();
                o.origins.clear();
            }),
            with("our-fingerprint-with-a-foreign-key", &|o| {
                o.script = thief();
                o.witness_script = None;
                o.origins.truncate(1);
                o.origins[0].public.clone_from(&stranger);
            }),
            with("our-key-with-a-foreign-origin", &|o| {
                o.script = thief();
                o.witness_script = None;
                o.origins.truncate(1);
                o.origins[0].fingerprint = [1, 2, 3, 4];
                o.origins[0].path = vec![1, 1];
            }),
            with("redeem-script-alone", &|o| {
                o.script = thief();
                o.redeem_script = Some(world().cold.script(1, 0));
                o.witness_script = None;
                o.origins.clear();
            }),
        ];
        // A registered destination does not excuse it.
        let paid = usual(version).with(|t| {
            t.outputs[0].origins = world().cold.keys(1, 1);
        });
        cases.push(refuse(
            "our-keys-on-a-destination",
            &paid.psbt(),
            "WAL05@output-0",
        ));
        let path = changing(version, |o| o.origins[0].path[2] ^= 1);
        cases.push(refuse(
            "path-bit-on-real-change",
            &path.psbt(),
            "WAL04@output-1",
        ));
        let script = changing(version, |o| {
            o.witness_script = Some(multisig(1, std::slice::from_ref(&stranger)));
        });
        cases.push(refuse(
            "witness-script-swapped-on-real-change",
            &script.psbt(),
            "WAL03@output-1",
        ));
        cases
    })
}

fn other_multisig() -> Vec<Case> {
    both(|version| {
        let ours: Vec<Vec<u8>> = world()
            .cold
            .keys(1, 0)
            .into_iter()
            .map(|key| key.public)
            .collect();
        let [a, b] = ["a", "b"].map(|name| public_key(&stranger_key(name)));
        let mixes = [
            (
                "1-of-2-with-a-thief",
                multisig(1, &sorted(vec![ours[0].clone(), a.clone()])),
            ),
            (
                "2-of-3-with-two-thieves",
                multisig(2, &sorted(vec![ours[1].clone(), a.clone(), b.clone()])),
            ),
            (
                "2-of-4-with-a-thief",
                multisig(2, &sorted([&ours[..], std::slice::from_ref(&a)].concat())),
            ),
            ("1-of-3-of-ours", multisig(1, &sorted(ours.clone()))),
            ("2-of-2-of-ours", multisig(2, &sorted(ours[..2].to_vec()))),
        ];
        let mut cases = vec![];
        for (name, script) in mixes {
            for (how, origins) in [("with-origins", true), ("script-alone", false)] {
                let paid = changing(version, |o| {
                    o.script = script.to_p2wsh();
                    o.witness_script = Some(script.clone());
                    if !origins {
                        o.origins.clear();
                    }
                });
                cases.push(refuse(format!("{name}-{how}"), &paid.psbt(), PRETENDS));
            }
            let silent = changing(version, |o| *o = Output::paying(script.to_p2wsh(), CHANGE));
            cases.push(refuse(
                format!("{name}-silent"),
                &silent.psbt(),
                "POL01@output-1",
            ));
        }
        cases
    })
}

fn other_form() -> Vec<Case> {
    both(|version| {
        let witness = world().cold.witness_script(1, 0);
        let key = &world().cold.keys(1, 0)[0].public;
        let hash = bitcoin::hashes::hash160::Hash::hash(key).to_byte_array();
        let forms = [
            ("wrapped", witness.to_p2wsh().to_p2sh()),
            ("p2sh", witness.to_p2sh()),
            ("bare", witness.clone()),
            (
                "single-key",
                ScriptBuf::new_p2wpkh(&WPubkeyHash::from_byte_array(hash)),
            ),
        ];
        let mut cases = vec![];
        for (name, script) in forms {
            let said = changing(version, |o| o.script.clone_from(&script));
            cases.push(refuse(
                format!("{name}-with-fields"),
                &said.psbt(),
                PRETENDS,
            ));
            let silent = changing(version, |o| *o = Output::paying(script.clone(), CHANGE));
            cases.push(refuse(
                format!("{name}-silent"),
                &silent.psbt(),
                "POL01@output-1",
            ));
        }
        cases
    })
}

fn change_place() -> Vec<Case> {
    let cold = &world().cold;
    both(|version| {
        let at = |index: u32| changing(version, |o| *o = Output::own(cold, 1, index, CHANGE));
        let mut cases = vec![
            accept("last-of-the-window", &at(CHANGE_WINDOW - 1).psbt()),
            refuse("one-past-the-window", &at(CHANGE_WINDOW).psbt(), PRETENDS),
            refuse("last-of-the-pool", &at(5).psbt(), PRETENDS),
            accept(
                "silent",
                &changing(version, |o| *o = Output::paying(cold.script(1, 1), CHANGE)).psbt(),
            ),
        ];
        let remembering = |case: Case, wallet: &str, index: u32| {
            case.with(|case| case.ledger = vec![Fact::Change(wallet.into(), index)])
        };
        cases.push(remembering(
            accept("window-above-the-ledger", &at(5).psbt()),
            "cold",
            2,
        ));
        let past = refuse(
            "one-past-the-window-above-the-ledger",
            &at(5).psbt(),
            PRETENDS,
        );
        cases.push(remembering(past, "cold", 1));
        let other = refuse("window-of-another-wallet", &at(3).psbt(), PRETENDS);
        cases.push(remembering(other, "own", 5));
        let spent = |index, change| {
            at(change).with(|t| t.replace(0, Coin::of(cold, 1, index, 100_000_000)))
        };
        cases.push(accept("window-above-a-spent-coin", &spent(1, 4).psbt()));
        cases.push(refuse("one-past-it", &spent(1, 5).psbt(), PRETENDS));
        let two = |first: u32, second: u32| {
            usual(version).with(|t| {
                t.outputs[1] = Output::own(cold, 1, first, CHANGE / 2);
                t.outputs.push(Output::own(cold, 1, second, CHANGE / 2));
            })
        };
        cases.push(refuse("two", &two(0, 1).psbt(), "WAL05@output-2"));
        cases.push(refuse(
            "two-at-one-address",
            &two(0, 0).psbt(),
            "WAL05@output-2",
        ));
        let eleven = usual(version).with(|t| {
            t.outputs.truncate(1);
            for n in 0..11 {
                t.outputs.push(Output::own(cold, 1, n % 3, 7_000_000));
            }
            t.outputs[11].sats = 9_996_000;
        });
        let places: Vec<String> = (2..12).map(|n| format!("WAL05@output-{n}")).collect();
        cases.push(refuse("eleven", &eleven.psbt(), &places.join(" ")));
        let receive = |fields: bool| {
            changing(version, |o| {
                *o = Output::own(cold, 0, 3, CHANGE);
                if !fields {
                    *o = Output::paying(cold.script(0, 3), CHANGE);
                }
            })
        };
        cases.push(refuse(
            "own-receive-address",
            &receive(true).psbt(),
            "POL01@output-1",
        ));
        cases.push(refuse(
            "own-receive-address-silent",
            &receive(false).psbt(),
            "POL01@output-1",
        ));
        let other = changing(version, |o| {
            *o = Output::paying(world().own.script(1, 0), CHANGE);
        });
        cases.push(refuse(
            "change-of-another-wallet",
            &other.psbt(),
            "POL01@output-1",
        ));
        let registered = changing(version, |o| {
            *o = Output::paying(world().own.script(0, 0), CHANGE);
        });
        cases.push(accept(
            "registered-address-of-another-wallet",
            &registered.psbt(),
        ));
        cases
    })
}

/// The usual transfer, paying this script.
fn paying(version: u32, script: ScriptBuf) -> Transfer {
    usual(version).with(|t| t.outputs[0] = Output::paying(script, PAID))
}

fn not_registered() -> Vec<Case> {
    both(|version| {
        let unknown = |script| paying(version, script).psbt();
        let third = usual(version).with(|t| {
            t.outputs.insert(1, Output::paying(thief(), 10_000));
            t.outputs[2].sats -= 10_000;
        });
        let all = usual(version).with(|t| t.outputs = vec![Output::paying(thief(), PAID + CHANGE)]);
        let mut cases = vec![
            refuse("thief", &unknown(thief()), "POL01@output-0"),
            refuse(
                "thief-beside-a-destination",
                &third.psbt(),
                "POL01@output-1",
            ),
            refuse("thief-takes-all", &all.psbt(), "POL01@output-0"),
            refuse(
                "destination-of-another-wallet",
                &unknown(destination_script("others")),
                "POL01@output-0",
            ),
            refuse(
                "not-active-yet",
                &unknown(destination_script("later")),
                "POL01@output-0",
            ),
        ];
        let later = paying(version, destination_script("later"));
        cases.push(accept("active-from-here", &later.psbt()).with(|case| case.tip += 1));
        cases
    })
}

fn similar() -> Vec<Case> {
    let registered = destination_script("hot-1").into_bytes();
    both(|version| {
        let mut cases = vec![];
        for (name, bytes) in [
            ("middle", 17..18),
            ("all-but-ends", 6..30),
            ("all-but-the-beginning", 8..34),
            ("all-but-the-end", 2..28),
            ("first", 2..3),
            ("last", 33..34),
        ] {
            let mut script = registered.clone();
            script[bytes].iter_mut().for_each(|byte| *byte ^= 1);
            let psbt = paying(version, ScriptBuf::from_bytes(script)).psbt();
            cases.push(refuse(name, &psbt, "POL01@output-0"));
        }
        cases
    })
}

fn output_type() -> Vec<Case> {
    both(|version| {
        let hash = registered_hash();
        let program = |witness: u8, bytes: &[u8]| {
            ScriptBuf::from_bytes(
                [
                    &[witness, u8::try_from(bytes.len()).expect("short")][..],
                    bytes,
                ]
                .concat(),
            )
        };
        let key = public_key(&stranger_key("thief"));
        let mut forms = vec![
            ("anchor", program(0x51, &[0x4E, 0x73])),
            ("empty", ScriptBuf::new()),
            ("true", ScriptBuf::from_bytes(vec![0x51])),
            (
                "p2pk",
                ScriptBuf::from_bytes([&[33][..], &key, &[0xAC]].concat()),
            ),
            ("bare-multisig", multisig(1, &[key])),
            ("10-kb", ScriptBuf::from_bytes(vec![0x51; 10_000])),
            ("wrapped-destination", destination_script("hot-1").to_p2sh()),
            ("version-0-of-31", program(0, &hash[..31])),
            ("version-0-of-33", program(0, &[&hash[..], &[0]].concat())),
            ("version-0-of-40", program(0, &[7; 40])),
            ("taproot-of-the-same-bytes", program(0x51, &hash)),
            (
                "program-in-a-long-push",
                ScriptBuf::from_bytes([&[0, 0x4C, 32][..], &hash].concat()),
            ),
            (
                "byte-after-the-program",
                ScriptBuf::from_bytes([&[0, 32][..], &hash, &[0]].concat()),
            ),
        ];
        for n in 2..=16 {
            let name = String::leak(format!("witness-version-{n}"));
            forms.push((name, program(0x50 + n, &hash)));
        }
        forms
            .into_iter()
            .map(|(name, script)| refuse(name, &paying(version, script).psbt(), "POL01@output-0"))
            .chain([refuse(
                "10-kb-and-a-byte",
                &paying(version, ScriptBuf::from_bytes(vec![0x51; 10_001])).psbt(),
                "PSB02@output-0",
            )])
            .collect()
    })
}

/// The witness program of a registered destination.
fn registered_hash() -> Vec<u8> {
    destination_script("hot-1").as_bytes()[2..].to_vec()
}

fn op_return() -> Vec<Case> {
    both(|version| {
        let data = |bytes: &[u8]| ScriptBuf::from_bytes([&[OP_RETURN.to_u8()][..], bytes].concat());
        let beside = |scripts: &[ScriptBuf], sats: u64| {
            usual(version).with(|t| {
                for script in scripts {
                    t.outputs[1].sats -= sats;
                    t.outputs.push(Output::paying(script.clone(), sats));
                }
            })
        };
        let long = |n: u8| [&[0x4C, n][..], &vec![b'x'; n.into()]].concat();
        let several = [&[1, b'a', 1, b'b'][..], &registered_hash()].concat();
        let mut cases = vec![];
        for (name, script) in [
            ("empty", data(&[])),
            ("80-bytes", data(&long(80))),
            ("83-bytes", data(&long(83))),
            ("several-pushes", data(&several)),
            (
                "9990-bytes",
                data(&[&[0x4D, 0x03, 0x27][..], &[b'x'; 9_987]].concat()),
            ),
        ] {
            let psbt = beside(std::slice::from_ref(&script), 1_000).psbt();
            cases.push(refuse(
                format!("{name}-with-value"),
                &psbt,
                "POL01@output-2",
            ));
            // No value at all is no amount of ours either.
            let nothing = beside(&[script], 0).psbt();
            cases.push(refuse(
                format!("{name}-without-value"),
                &nothing,
                "PSB06@output-2",
            ));
        }
        let two = [data(&[1, b'a']), data(&[1, b'b'])];
        let rules = "POL01@output-2 POL01@output-3";
        cases.push(refuse("two", &beside(&two, 1_000).psbt(), rules));
        cases
    })
}

fn output_amount() -> Vec<Case> {
    both(|version| {
        let paying = |sats: u64| {
            usual(version).with(|t| {
                t.outputs.insert(1, Output::to("hot-2", sats));
                t.outputs[2].sats -= sats;
            })
        };
        // More than there is: beside the usual change, which has no room for it.
        let beyond =
            |sats: u64| usual(version).with(|t| t.outputs.insert(1, Output::to("hot-2", sats)));
        let places = "PSB06@output-1 PSB06@transaction";
        vec![
            refuse("beyond-a-signed-number", &beyond(1 << 63).psbt(), places),
            refuse("most-that-can-be-written", &beyond(u64::MAX).psbt(), places),
            refuse("nothing", &paying(0).psbt(), "PSB06@output-1"),
            accept("one-satoshi", &paying(1).psbt()),
            accept("dust-less-one", &paying(329).psbt()),
            accept("dust", &paying(330).psbt()),
        ]
    })
}

fn limits() -> Vec<Case> {
    both(|version| {
        let paying = |payments: &[(&str, u64)]| {
            let paid: u64 = payments.iter().map(|(_, sats)| sats).sum();
            usual(version).with(|t| {
                t.coins[0].sats = 600_000_000;
                t.outputs = payments
                    .iter()
                    .map(|(to, sats)| Output::to(to, *sats))
                    .collect();
                let change = 700_000_000 - paid - 4_000;
                t.outputs.push(Output::own(&world().cold, 1, 0, change));
            })
        };
        let refused = |name: &str, payments: &[(&str, u64)]| {
            refuse(name, &paying(payments).psbt(), "POL02@transaction")
        };
        let (most, to_one) = (TRANSFER_LIMIT, DESTINATION_LIMIT);
        let rest = most - to_one;
        let mut cases = vec![
            accept(
                "destination-at-the-limit",
                &paying(&[("hot-1", to_one)]).psbt(),
            ),
            refused("destination-one-above", &[("hot-1", to_one + 1)]),
            accept(
                "split-at-the-limit",
                &paying(&[("hot-1", to_one / 2), ("hot-1", to_one / 2)]).psbt(),
            ),
            refused(
                "split-one-above",
                &[("hot-1", to_one / 2), ("hot-1", to_one / 2 + 1)],
            ),
            refused(
                "split-in-three-one-above",
                &[("hot-1", to_one - 2), ("hot-2", 1_000), ("hot-1", 3)],
            ),
            accept(
                "transfer-at-the-limit",
                &paying(&[("hot-1", to_one), ("hot-2", rest)]).psbt(),
            ),
            refused(
                "transfer-one-above",
                &[("hot-1", to_one), ("hot-2", rest + 1)],
            ),
            refused("both-above", &[("hot-1", to_one + 1), ("hot-2", rest)]),
            accept(
                "split-in-three-at-the-limit",
                &paying(&[("hot-1", to_one - 3), ("hot-2", 1_000), ("hot-1", 3)]).psbt(),
            ),
            accept(
                "split-transfer-at-the-limit",
                &paying(&[("hot-1", to_one), ("hot-2", rest - 1_000), ("hot-2", 1_000)]).psbt(),
            ),
            refused(
                "split-transfer-one-above",
                &[("hot-1", to_one), ("hot-2", rest - 1_000), ("hot-2", 1_001)],
            ),
        ];
        let stranger = paying(&[("hot-1", to_one), ("thief", rest + 1)]);
        cases.push(refuse(
            "unregistered-counts-too",
            &stranger.psbt(),
            "POL01@output-1 POL02@transaction",
        ));
        cases
    })
}
