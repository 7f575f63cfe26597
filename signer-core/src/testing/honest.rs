//! Honest work passes: good transactions of many shapes, made by programs that are not ours, go
//! through every stage that a device has, to its signatures and on to a second device of the
//! wallet. None may be refused anywhere.
//!
//! Of each transaction: the requester's tool judges it and makes the request; two officers' tools
//! hear the request and approve; a device reads the PSBT, judges it, shows every screen, asks
//! everything, writes its intent, signs every input, seals and releases; what it released goes
//! through the same at another device, with other operators. At the end an auditor replays both
//! journals.
//!
//! A part in the ordinary tests; `scripts/honest N` plays as many as are wanted. A case is made
//! from its number alone (`test-vectors/interop/honest.py`): what fails, fails again.

mod house;
mod maker;
mod tally;

use std::string::String;
use std::vec::Vec;
use std::{env, format, println, thread};

use house::{House, Quorum};
use maker::{Makers, available};
use tally::Tally;

use crate::wallet::ScriptType;

/// Transactions in the ordinary test.
const CASES: u32 = 120;
/// Transactions of a wallet in a row: to register it is most of the work.
const BATCH: u32 = 10;
const WORKERS: u32 = 2;
/// Most inputs of a transaction.
const MOST_INPUTS: u32 = 500;

#[test]
fn no_stage_refuses_good_work() {
    let cases = env::var("HIMURO_HONEST").map_or(CASES, |n| n.parse().unwrap());
    let workers = (0..WORKERS).map(|worker| thread::spawn(move || work(worker, cases)));
    let workers: Vec<_> = workers.collect();
    let mut all = Tally::default();
    for worker in workers {
        all.add(worker.join().unwrap());
    }
    println!("{all}");
    assert!(all.refusals.is_empty(), "{}", all.refusals.join("\n"));
    assert_eq!(all.cases(), cases);
    let wallets = u32::try_from(quorums().len()).unwrap();
    assert_eq!(all.wallets(), wallets.min(cases.div_ceil(BATCH)));
}

/// A refusal would be seen: the same coins are not spent twice.
#[test]
fn what_is_refused_is_told() {
    let form = ScriptType::Wsh;
    let mut house = House::of(Quorum { m: 2, n: 2, form });
    let made = Makers::start().make("embit", 0, 3, &house);
    let approved = house.approve(house.request(made.psbt).unwrap()).unwrap();
    assert!(house.sign(0, approved.clone()).is_ok());
    let again = house.sign(0, approved).unwrap_err();
    assert!(again.contains("POL07"), "{again}");
    assert_eq!(house.audited(), None);
}

/// Every m-of-n that can be registered: at least two, of at most fifteen.
fn quorums() -> Vec<Quorum> {
    let forms = [ScriptType::Wsh, ScriptType::ShWsh];
    let all = forms.into_iter().flat_map(|form| {
        let of = move |n| (2..=n).map(move |m| Quorum { m, n, form });
        (2..=15).flat_map(of)
    });
    all.collect()
}

/// The transactions of every second wallet, wallet by wallet.
fn work(worker: u32, cases: u32) -> Tally {
    let quorums = quorums();
    let wallets = u32::try_from(quorums.len()).unwrap();
    let mut makers = Makers::start();
    let mut tally = Tally::default();
    for (place, quorum) in (0..wallets).zip(quorums) {
        let own = (0..cases).filter(|case| wallet_of(*case, wallets) == place);
        let own: Vec<u32> = own.collect();
        if place % WORKERS != worker || own.is_empty() {
            continue;
        }
        let mut house = House::of(quorum);
        for case in own {
            let played = play(case, &mut house, &mut makers, &mut tally);
            let named = |why| format!("case {case} of {quorum}: {why}");
            tally.refusals.extend(played.err().map(named));
        }
        let found = house.audited();
        let named = |why| format!("the auditor of {quorum}: {why}");
        tally.refusals.extend(found.map(named));
    }
    tally
}

/// 97 has no divisor in common with the number of wallets: the first few lie far apart, and in
/// the end there are all of them.
const fn wallet_of(case: u32, wallets: u32) -> u32 {
    case / BATCH * 97 % wallets
}

/// Mostly a few inputs; of every fortieth some hundreds, as many as its weight allows.
const fn inputs_of(case: u32) -> u32 {
    match case % 40 {
        0 => MOST_INPUTS,
        20 => 100 + case * 37 % (MOST_INPUTS - 100),
        _ => 1 + case * 7 % 19,
    }
}

/// One transaction, from the program that makes it to the second device.
fn play(
    case: u32,
    house: &mut House,
    makers: &mut Makers,
    tally: &mut Tally,
) -> Result<(), String> {
    let all = available();
    let maker = all[case as usize % all.len()];
    let made = makers.make(maker, case, inputs_of(case), house);
    tally.count(maker, house.quorum, &made);
    let asked = house.request(made.psbt)?;
    let approved = house.approve(asked)?;
    let first = house.sign(0, approved)?;
    let both = house.sign(1, first)?;
    House::is_signed_by_both(&both)
}
