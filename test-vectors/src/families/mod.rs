//! The families, by their numbers in the catalogue of attacks.

mod armour;
mod coins;
mod container;
mod encoding;
mod fees;
mod honest;
mod large;
mod limits;
mod origins;
mod outputs;
mod people;
mod screens;
mod scripts;
mod signatures;
mod versions;

use crate::case::{Case, Expected, Family, Source};
use crate::psbt::Psbt;
use crate::transfer::Transfer;

pub(crate) use encoding::with_field;
pub use large::generated;

/// Every family.
pub fn families() -> Vec<Family> {
    [
        honest::families(),
        container::families(),
        versions::families(),
        coins::families(),
        scripts::families(),
        origins::families(),
        outputs::families(),
        fees::families(),
        limits::families(),
        signatures::families(),
        people::families(),
        encoding::families(),
        armour::families(),
        screens::families(),
        large::families(),
    ]
    .concat()
}

/// The first case that this rule alone refuses, small ones before large ones: without the rule it
/// would be taken.
pub fn stopped_by_one<'a>(families: &'a [Family], rule: &str) -> Option<(&'a Family, &'a Case)> {
    let alone = |case: &Case| match &case.expected {
        Expected::Refuse(refusals) => refusals.iter().all(|refusal| refusal.rule == rule),
        _ => false,
    };
    let cases = families
        .iter()
        .flat_map(|family| family.cases.iter().map(move |case| (family, case)));
    let mut stopped = cases.filter(|(_, case)| alone(case));
    let small = |(_, case): &(&Family, &Case)| matches!(case.source, Source::Bytes(_));
    let first = stopped.clone().find(small);
    first.or_else(|| stopped.next())
}

fn accept(name: impl Into<String>, psbt: &Psbt) -> Case {
    Case::new(name, psbt.bytes(), Expected::Accept)
}

fn refuse(name: impl Into<String>, psbt: &Psbt, rules: &str) -> Case {
    Case::new(name, psbt.bytes(), Expected::refuse(rules))
}

/// Bytes that are refused.
fn refuse_bytes(name: impl Into<String>, bytes: Vec<u8>, rules: &str) -> Case {
    Case::new(name, bytes, Expected::refuse(rules))
}

/// The usual transfer in this version of PSBT.
fn usual(version: u32) -> Transfer {
    Transfer::usual().with(|transfer| transfer.version = version)
}

/// The same cases in both versions of PSBT.
fn both(cases: impl Fn(u32) -> Vec<Case>) -> Vec<Case> {
    let versions = [0, 2].into_iter().flat_map(|version| {
        let mut made = cases(version);
        for case in &mut made {
            case.name = format!("v{version}-{}", case.name);
        }
        made
    });
    versions.collect()
}
