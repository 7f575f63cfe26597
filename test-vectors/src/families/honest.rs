//! H00: honest transfers, which must pass. Every other family spoils one of these.

use super::{accept, both};
use crate::case::Family;
use crate::transfer::{Coin, Output, Transfer};
use crate::world::world;

pub(super) fn families() -> Vec<Family> {
    vec![Family::new(
        "H00-honest",
        "Nothing is wrong: refusing one of these is a fault too.",
        both(|version| {
            let world = world();
            let of = |wallet| Transfer::of(wallet).with(|t| t.version = version);
            let cold = || of(&world.cold);
            let paying = |name: &str| cold().with(|t| t.outputs[0] = Output::to(name, 120_000_000));
            vec![
                accept("usual", &cold().psbt()),
                accept("wrapped", &of(&world.wrapped).psbt()),
                accept(
                    "company-wallet",
                    &of(&world.own)
                        .with(|t| t.outputs[0] = Output::to("others", 120_000_000))
                        .psbt(),
                ),
                accept("to-hot-2", &paying("hot-2").psbt()),
                accept("to-p2pkh", &paying("hot-pkh").psbt()),
                accept("to-p2sh", &paying("hot-sh").psbt()),
                accept("to-p2wpkh", &paying("hot-wpkh").psbt()),
                accept("to-p2tr", &paying("hot-tr").psbt()),
                accept("two-payments", &two_payments(cold()).psbt()),
                accept("one-input", &one_input(cold()).psbt()),
                accept("no-change", &no_change(cold()).psbt()),
                accept(
                    "change-first",
                    &cold().with(|t| t.outputs.swap(0, 1)).psbt(),
                ),
                accept(
                    "change-coin",
                    &cold()
                        .with(|t| t.replace(1, Coin::of(&world.cold, 1, 2, 100_000_000)))
                        .psbt(),
                ),
            ]
        }),
    )]
}

fn two_payments(transfer: Transfer) -> Transfer {
    transfer.with(|t| {
        t.outputs[0].sats = 70_000_000;
        t.outputs.insert(1, Output::to("hot-2", 50_000_000));
    })
}

fn one_input(transfer: Transfer) -> Transfer {
    transfer.with(|t| {
        t.coins.truncate(1);
        t.outputs[0].sats = 60_000_000;
        t.outputs[1].sats = 39_996_000;
    })
}

fn no_change(transfer: Transfer) -> Transfer {
    transfer.with(|t| {
        t.outputs.truncate(1);
        t.outputs[0].sats = 199_996_000;
    })
}
