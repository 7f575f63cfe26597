//! What a run played, in figures.

use std::collections::BTreeMap;
use std::fmt;
use std::string::{String, ToString};
use std::vec::Vec;

use super::house::Quorum;
use super::maker::Made;
use crate::wallet::ScriptType;

/// Upper ends of the classes of inputs.
const CLASSES: [u64; 5] = [1, 10, 20, 100, 500];

#[derive(Default)]
pub(super) struct Tally {
    quorums: BTreeMap<Quorum, u32>,
    /// By the maker and the version of PSBT.
    makers: BTreeMap<(String, u64), u32>,
    /// By the upper end of the class.
    classes: BTreeMap<u64, u32>,
    with_change: u32,
    without_payment: u32,
    inputs: u64,
    most: u64,
    pub(super) refusals: Vec<String>,
}

impl Tally {
    pub(super) fn count(&mut self, maker: &str, quorum: Quorum, made: &Made) {
        let class = CLASSES.into_iter().find(|end| made.inputs <= *end).unwrap();
        *self.quorums.entry(quorum).or_default() += 1;
        *self
            .makers
            .entry((maker.to_string(), made.version))
            .or_default() += 1;
        *self.classes.entry(class).or_default() += 1;
        self.with_change += u32::from(made.change);
        self.without_payment += u32::from(made.payments == 0);
        self.inputs += made.inputs;
        self.most = self.most.max(made.inputs);
    }

    pub(super) fn add(&mut self, other: Self) {
        for (quorum, count) in other.quorums {
            *self.quorums.entry(quorum).or_default() += count;
        }
        for (maker, count) in other.makers {
            *self.makers.entry(maker).or_default() += count;
        }
        for (class, count) in other.classes {
            *self.classes.entry(class).or_default() += count;
        }
        self.with_change += other.with_change;
        self.without_payment += other.without_payment;
        self.inputs += other.inputs;
        self.most = self.most.max(other.most);
        self.refusals.extend(other.refusals);
    }

    pub(super) fn cases(&self) -> u32 {
        self.quorums.values().sum()
    }

    pub(super) fn wallets(&self) -> u32 {
        u32::try_from(self.quorums.len()).unwrap()
    }

    fn of_form(&self, form: ScriptType) -> u32 {
        let own = self
            .quorums
            .iter()
            .filter(|(quorum, _)| quorum.form == form);
        own.map(|(_, count)| count).sum()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} transactions, {} refusals",
            self.cases(),
            self.refusals.len()
        )?;
        let [wsh, wrapped] = [ScriptType::Wsh, ScriptType::ShWsh].map(|form| self.of_form(form));
        writeln!(
            f,
            "wallets: {}; wsh {wsh}, sh-wsh {wrapped}",
            self.wallets()
        )?;
        for ((maker, version), count) in &self.makers {
            writeln!(f, "made by {maker}, version {version}: {count}")?;
        }
        let change = (self.with_change, self.cases() - self.with_change);
        writeln!(f, "with change {}, without {}", change.0, change.1)?;
        writeln!(f, "to the wallet itself alone: {}", self.without_payment)?;
        writeln!(f, "inputs: {}, at most {} in one", self.inputs, self.most)?;
        for (end, count) in &self.classes {
            writeln!(f, "up to {end} inputs: {count}")?;
        }
        writeln!(f, "transactions of each m-of-n, m across, n down:")?;
        for n in 2..=15_u8 {
            write!(f, "{n:>4}")?;
            for m in 2..=n {
                let own = self.quorums.iter().filter(|(q, _)| (q.m, q.n) == (m, n));
                write!(f, " {:>3}", own.map(|(_, count)| count).sum::<u32>())?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
