//! A28 to A36: key origins, public keys, foreign inputs and foreign kinds of spending.

use bitcoin::hashes::Hash;
use bitcoin::{PubkeyHash, ScriptBuf, WPubkeyHash};

use super::{accept, both, refuse, usual};
use crate::case::{Case, Family};
use crate::psbt::Psbt;
use crate::transfer::{Coin, Transfer};
use crate::world::{Key, destination_script, public_key, stranger_key, world};

pub(super) fn families() -> Vec<Family> {
    vec![
        Family::new(
            "A28-origin-missing",
            "House: an absent origin is taken, keys are found by the registered public keys.",
            missing(),
        ),
        Family::new("A29-origin-mismatch", "", mismatch()),
        Family::new(
            "A30-path-scope",
            "House: a key is named pool/chain/index; the paths of other wallet trees contradict it.",
            path_scope(),
        ),
        Family::new(
            "A31-path-range",
            "House: the path must be the registered one; where change may go is A50.",
            path_range(),
        ),
        Family::new(
            "A32-path-length",
            "House: 12 levels are read, and contradict; the value must be whole levels. 200,000 levels: A12.",
            path_length(),
        ),
        Family::new("A33-public-key", "", public_keys()),
        Family::new("A34-foreign-input", "", foreign_input()),
        Family::new("A35-mixed-inputs", "", mixed_inputs()),
        Family::new("A36-other-spending", "", other_spending()),
    ]
}

fn missing() -> Vec<Case> {
    both(|version| {
        let with = |name: &str, edit: &dyn Fn(&mut Transfer)| {
            accept(name, &usual(version).with(|t| edit(t)).psbt())
        };
        vec![
            with("first-of-an-input", &|t| {
                t.coins[0].origins.remove(0);
            }),
            with("second-of-an-input", &|t| {
                t.coins[0].origins.remove(1);
            }),
            with("third-of-an-input", &|t| {
                t.coins[1].origins.remove(2);
            }),
            with("all-of-an-input", &|t| t.coins[1].origins.clear()),
            with("of-the-change", &|t| t.outputs[1].origins.clear()),
            with("all", &|t| {
                t.coins.iter_mut().for_each(|coin| coin.origins.clear());
                t.outputs[1].origins.clear();
            }),
        ]
    })
}

/// A case in which one origin of input 1, and one in which one of the change is edited.
fn at_both(version: u32, name: &str, edit: impl Fn(&mut Key), rule: &str) -> Vec<Case> {
    let input = usual(version).with(|t| edit(&mut t.coins[1].origins[0]));
    let output = usual(version).with(|t| edit(&mut t.outputs[1].origins[2]));
    vec![
        refuse(
            format!("input-{name}"),
            &input.psbt(),
            &format!("{rule}@input-1"),
        ),
        refuse(
            format!("change-{name}"),
            &output.psbt(),
            &format!("{rule}@output-1"),
        ),
    ]
}

fn mismatch() -> Vec<Case> {
    both(|version| {
        let mut cases = vec![];
        let edits: [(&str, fn(&mut Key)); 8] = [
            ("zero-fingerprint", |key| key.fingerprint = [0; 4]),
            ("foreign-fingerprint", |key| key.fingerprint = *b"evil"),
            ("reversed-fingerprint", |key| key.fingerprint.reverse()),
            ("one-bit-of-fingerprint", |key| key.fingerprint[3] ^= 1),
            ("foreign-key", |key| {
                key.public = public_key(&stranger_key("thief"));
            }),
            ("key-of-another-address", |key| {
                key.public = world().cold.keys(0, 3)[0].public.clone();
            }),
            ("key-of-another-wallet", |key| {
                key.public = world().own.keys(0, 1)[0].public.clone();
            }),
            ("other-parity", |key| key.public[0] ^= 1),
        ];
        for (name, edit) in edits {
            cases.extend(at_both(version, name, edit, "WAL04"));
        }
        let swapped = usual(version).with(|t| {
            let first = t.coins[0].origins[0].fingerprint;
            t.coins[0].origins[0].fingerprint = t.coins[0].origins[1].fingerprint;
            t.coins[0].origins[1].fingerprint = first;
        });
        cases.push(refuse(
            "fingerprints-swapped",
            &swapped.psbt(),
            "WAL04@input-0",
        ));
        let more = usual(version).with(|t| {
            let mut key = t.coins[0].origins[0].clone();
            key.public = public_key(&stranger_key("thief"));
            t.coins[0].origins.push(key);
        });
        cases.push(refuse("a-key-more", &more.psbt(), "WAL04@input-0"));
        cases
    })
}

const HARD: u32 = 1 << 31;

fn path_scope() -> Vec<Case> {
    both(|version| {
        let mut cases = vec![];
        let paths: [(&str, fn(&Key) -> Vec<u32>); 8] = [
            ("other-pool", |key| {
                vec![key.path[0] + 1, key.path[1], key.path[2]]
            }),
            ("pool-0", |key| vec![0, key.path[1], key.path[2]]),
            ("purpose-48", |key| {
                vec![48 | HARD, HARD, HARD, 2 | HARD, key.path[1], key.path[2]]
            }),
            ("purpose-45", |key| {
                vec![45 | HARD, key.path[1], key.path[2]]
            }),
            ("coin-type-1", |key| {
                vec![
                    48 | HARD,
                    1 | HARD,
                    HARD,
                    2 | HARD,
                    key.path[1],
                    key.path[2],
                ]
            }),
            ("single-key", |key| {
                vec![84 | HARD, HARD, HARD, key.path[1], key.path[2]]
            }),
            ("master", |_| vec![]),
            ("other-wallets-pool", |key| {
                vec![3, key.path[1], key.path[2]]
            }),
        ];
        for (name, path) in paths {
            cases.extend(at_both(version, name, |key| key.path = path(key), "WAL04"));
        }
        cases
    })
}

fn path_range() -> Vec<Case> {
    both(|version| {
        let mut cases = vec![];
        let edits: [(&str, fn(&mut Key)); 10] = [
            ("index-one-more", |key| key.path[2] += 1),
            ("index-2-31-less-1", |key| key.path[2] = HARD - 1),
            ("index-largest", |key| key.path[2] = u32::MAX),
            ("index-hardened", |key| key.path[2] |= HARD),
            ("other-chain", |key| key.path[1] ^= 1),
            ("chain-2", |key| key.path[1] = 2),
            ("chain-3000", |key| key.path[1] = 3_000),
            ("chain-hardened", |key| key.path[1] |= HARD),
            ("level-missing", |key| {
                key.path.pop();
            }),
            ("level-more", |key| key.path.push(0)),
        ];
        for (name, edit) in edits {
            cases.extend(at_both(version, name, edit, "WAL04"));
        }
        cases
    })
}

fn path_length() -> Vec<Case> {
    both(|version| {
        let mut cases = vec![];
        for (levels, rule) in [(0, "WAL04"), (12, "WAL04"), (13, "PSB02"), (256, "PSB02")] {
            let name = format!("{levels}-levels");
            cases.extend(at_both(
                version,
                &name,
                |key| key.path = vec![1; levels],
                rule,
            ));
        }
        cases
    })
}

fn public_keys() -> Vec<Case> {
    // Not on the curve: 02 and 32 bytes that are no x of a point.
    let off = [&[2][..], &[0xFF; 32]].concat();
    both(|version| {
        let off = off.clone();
        let mut cases = at_both(
            version,
            "off-curve-origin",
            |key| key.public.clone_from(&off),
            "WAL04",
        );
        let zero = [&[2][..], &[0; 32]].concat();
        cases.extend(at_both(
            version,
            "zero-origin",
            |key| key.public.clone_from(&zero),
            "WAL04",
        ));
        for (name, key) in [("off-curve", off), ("zero", zero)] {
            let psbt = usual(version).psbt().with(|p| {
                p.inputs[0].push(&[&[2][..], &key].concat(), &[0x30, 0, 1]);
            });
            cases.push(refuse(format!("{name}-signature"), &psbt, "PSB01"));
        }
        let many = |count: usize| {
            usual(version).with(|t| {
                let key = t.coins[0].origins[0].clone();
                t.coins[0].origins = (0..count)
                    .map(|n| Key {
                        public: public_key(&stranger_key(&format!("key-{n}"))),
                        ..key.clone()
                    })
                    .collect();
            })
        };
        cases.push(refuse("20-origins", &many(20).psbt(), "WAL04@input-0"));
        cases.push(refuse("21-origins", &many(21).psbt(), "PSB02@input-0"));
        cases
    })
}

fn foreign_input() -> Vec<Case> {
    both(|version| {
        let mut cases = vec![];
        for (place, at) in [(0, "first"), (1, "middle"), (2, "last")] {
            let three = usual(version).with(|t| {
                t.add(Coin::of(&world().cold, 0, 2, 50_000_000));
                t.outputs[1].sats += 50_000_000;
                let sats = t.coins[place].sats;
                t.replace(place, Coin::foreign(destination_script("stranger"), sats));
            });
            let rule = format!("WAL02@input-{place}");
            cases.push(refuse(format!("{at}-with-parent"), &three.psbt(), &rule));
            let bare = three
                .psbt()
                .with(|p| p.inputs[place].0.retain(|(key, _)| key[0] >= 0x0E));
            cases.push(refuse(
                format!("{at}-without-data"),
                &bare,
                &format!("PSB03@input-{place}"),
            ));
            let presigned = three.psbt().with(|p| {
                p.inputs[place].push(&[8], &[2, 0, 0]);
            });
            cases.push(refuse(
                format!("{at}-finalized"),
                &presigned,
                &format!("PSB05@input-{place}"),
            ));
            let ours = three.clone().with(|t| {
                let usual = Coin::of(&world().cold, 0, 4, t.coins[place].sats);
                t.coins[place].origins = usual.origins;
                t.coins[place].witness_script = usual.witness_script;
            });
            cases.push(refuse(format!("{at}-with-our-fields"), &ours.psbt(), &rule));
        }
        cases
    })
}

fn mixed_inputs() -> Vec<Case> {
    both(|version| {
        let key = &world().cold.keys(0, 1)[0].public;
        let hash = bitcoin::hashes::hash160::Hash::hash(key).to_byte_array();
        let scripts = [
            (
                "p2wpkh-of-our-key",
                ScriptBuf::new_p2wpkh(&WPubkeyHash::from_byte_array(hash)),
            ),
            (
                "p2pkh-of-our-key",
                ScriptBuf::new_p2pkh(&PubkeyHash::from_byte_array(hash)),
            ),
            ("p2tr", destination_script("hot-tr")),
            ("p2sh", destination_script("hot-sh")),
        ];
        let mut cases: Vec<Case> = scripts
            .into_iter()
            .map(|(name, script)| {
                let mixed =
                    usual(version).with(|t| t.replace(1, Coin::foreign(script, 100_000_000)));
                refuse(name, &mixed.psbt(), "WAL02@input-1")
            })
            .collect();
        let two = |wallet, place: usize| {
            usual(version).with(|t| t.replace(place, Coin::of(wallet, 0, 1, 100_000_000)))
        };
        let world = world();
        cases.push(refuse(
            "two-wallets",
            &two(&world.own, 1).psbt(),
            "WAL02@input-1",
        ));
        cases.push(refuse(
            "native-and-wrapped",
            &two(&world.wrapped, 1).psbt(),
            "WAL02@input-1",
        ));
        let other_way = Transfer::of(&world.wrapped).with(|t| {
            t.version = version;
            t.replace(1, Coin::of(&world.cold, 0, 1, 100_000_000));
        });
        cases.push(refuse(
            "wrapped-and-native",
            &other_way.psbt(),
            "WAL02@input-1",
        ));
        // A wallet without rules has no window for change either.
        let unlisted = Transfer::of(&world.unlisted).with(|t| t.version = version);
        cases.push(refuse(
            "wallet-not-in-the-policy",
            &unlisted.psbt(),
            "WAL01@transaction WAL05@output-1",
        ));
        let whole = unlisted.with(|t| {
            t.outputs.truncate(1);
            t.outputs[0].sats = 199_996_000;
        });
        cases.push(refuse(
            "all-of-a-wallet-not-in-the-policy",
            &whole.psbt(),
            "WAL01@transaction",
        ));
        let misfit = Transfer::of(&world.misfit).with(|t| t.version = version);
        cases.push(refuse(
            "wallet-of-another-class",
            &misfit.psbt(),
            "WAL01@transaction",
        ));
        let east = refuse(
            "device-not-a-co-signer",
            &usual(version).psbt(),
            "WAL01@transaction",
        );
        cases.push(east.with(|case| case.device = crate::world::STRANGE_DEVICE.into()));
        cases
    })
}

fn other_spending() -> Vec<Case> {
    both(|version| {
        let mut cases = vec![];
        let mut add = |what: &str, place: usize, types: &mut dyn Iterator<Item = u8>, at: &str| {
            for key_type in types {
                let with = |p: &mut Psbt| {
                    p.map_mut(place).push(&[key_type, 1, 2], &[1; 32]);
                };
                let name = format!("{what}-{key_type:#04x}");
                let psbt = usual(version).psbt().with(with);
                cases.push(refuse(name, &psbt, &format!("PSB08@{at}")));
            }
        };
        add("global", 0, &mut (0x07..=0x09), "whole");
        add("proof-or-preimage", 1, &mut (0x09..=0x0D), "input-0");
        add("taproot", 2, &mut (0x13..=0x18), "input-1");
        add("musig", 1, &mut (0x1A..=0x1C), "input-0");
        add("silent-payment", 1, &mut (0x1D..=0x20), "input-0");
        add("output-taproot", 4, &mut (0x05..=0x07), "output-1");
        add("output-musig", 3, &mut (0x08..=0x08), "output-0");
        add("output-silent-payment", 3, &mut (0x09..=0x0A), "output-0");
        cases
    })
}
