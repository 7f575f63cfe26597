//! Cases, and the text in which they are kept.

use std::fmt::Write;

use crate::text::{base64, hex, unbase64, unhex};

/// What comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// These bytes.
    Bytes(Vec<u8>),
    /// A file of these bytes, which may be a PSBT as text.
    File(Vec<u8>),
    /// Too large to be kept: made by [`crate::generated`] under this name.
    Generated(String),
}

/// What a device remembers of earlier sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// It signed over this coin: transaction (in the order of the wire) and output number.
    Spent([u8; 32], u32),
    /// Somebody rejected the request of this digest.
    Rejected([u8; 32]),
    /// It signed a payment to this change index of the wallet of this name.
    Change(String, u32),
    /// It signed this transfer, or was to: at most one in a case.
    Signed(SignedBefore),
}

/// A transfer that a device signed earlier, as its intent has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedBefore {
    /// The name of the wallet.
    pub wallet: String,
    /// The height that was known then.
    pub height: u32,
    /// The tx-digest.
    pub tx: [u8; 32],
    /// What returned to the wallet.
    pub change: u64,
    /// The fee.
    pub fee: u64,
    /// Every output that was not change: script and satoshi.
    pub payments: Vec<(Vec<u8>, u64)>,
    /// The coins: transaction (in the order of the wire) and output number.
    pub coins: Vec<([u8; 32], u32)>,
}

impl SignedBefore {
    fn text(&self) -> String {
        let payments = self.payments.iter();
        let payments: Vec<String> = payments
            .map(|(script, sats)| format!("{}:{sats}", hex(script)))
            .collect();
        let coins = self.coins.iter();
        let coins: Vec<String> = coins
            .map(|(txid, vout)| format!("{}:{vout}", hex(txid)))
            .collect();
        format!(
            "signed {} {} {} {} {} {} {}",
            self.wallet,
            self.height,
            hex(&self.tx),
            self.change,
            self.fee,
            payments.join(","),
            coins.join(",")
        )
    }

    fn read(words: &[&str]) -> Option<Self> {
        let [wallet, height, tx, change, fee, payments, coins] = *words else {
            return None;
        };
        let pairs = |text: &str| -> Option<Vec<(Vec<u8>, u64)>> {
            let pairs = text.split(',').map(|pair| {
                let (bytes, number) = pair.split_once(':')?;
                Some((unhex(bytes)?, number.parse().ok()?))
            });
            pairs.collect()
        };
        let coins = pairs(coins)?.into_iter().map(|(txid, vout)| {
            let vout = u32::try_from(vout).ok()?;
            Some((txid.try_into().ok()?, vout))
        });
        Some(Self {
            wallet: wallet.into(),
            height: height.parse().ok()?,
            tx: unhex(tx)?.try_into().ok()?,
            change: change.parse().ok()?,
            fee: fee.parse().ok()?,
            payments: pairs(payments)?,
            coins: coins.collect::<Option<_>>()?,
        })
    }
}

/// A rule that refuses, and where; no place where the family does not care.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refusal {
    /// For example `PSB03`.
    pub rule: String,
    /// For example `input-1`.
    pub place: Option<String>,
}

/// What must come of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Every rule from Parse to Approve passes.
    Accept,
    /// Exactly these rules refuse. A rule may be named more than once, for each place.
    Refuse(Vec<Refusal>),
    /// The PSBT is taken whole, and refused by PSB01 when it is cut at any byte.
    CutAnywhere,
    /// The file is neither a binary PSBT nor one in base64.
    NoPsbt,
    /// The policy beside it is not taken.
    NoPolicy,
}

/// One case of a family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its name within the family.
    pub name: String,
    /// What comes in.
    pub source: Source,
    /// The device that judges.
    pub device: String,
    /// Labels of the attendances of operator A and B.
    pub operators: [String; 2],
    /// Labels of the attendances of witnesses.
    pub witnesses: Vec<String>,
    /// The known height.
    pub tip: u32,
    /// What the device remembers.
    pub ledger: Vec<Fact>,
    /// Newer cards of co-signers that the device has taken.
    pub cards: Vec<Vec<u8>>,
    /// A policy in place of the world's.
    pub policy: Option<Vec<u8>>,
    /// What must come of it.
    pub expected: Expected,
    /// Rules of form and ownership that pass with a notice, where it is accepted: exactly these.
    pub notices: Vec<String>,
}

/// The cases of one attack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    /// Number in the catalogue and defect, for example `A15-segwit-fee-pair`.
    pub name: String,
    /// What it is about, and where the house's rules differ from the catalogue.
    pub note: String,
    /// The cases.
    pub cases: Vec<Case>,
}

const DEVICE: &str = "north";
const OPERATORS: [&str; 2] = ["operator.a", "operator.b"];
const TIP: u32 = crate::world::TIP;

impl Case {
    /// A case at the usual device, under the usual operators and height.
    pub(crate) fn new(name: impl Into<String>, psbt: Vec<u8>, expected: Expected) -> Self {
        Self {
            name: name.into(),
            source: Source::Bytes(psbt),
            device: DEVICE.into(),
            operators: OPERATORS.map(Into::into),
            witnesses: vec![],
            tip: TIP,
            ledger: vec![],
            cards: vec![],
            policy: None,
            expected,
            notices: vec![],
        }
    }

    /// The case, accepted with a notice of this rule.
    pub(crate) fn noting(self, rule: &str) -> Self {
        self.with(|case| case.notices.push(rule.into()))
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// The bytes that come in.
    pub fn bytes(&self) -> Vec<u8> {
        match &self.source {
            Source::Bytes(bytes) | Source::File(bytes) => bytes.clone(),
            Source::Generated(name) => crate::generated(name).expect("a generator of this name"),
        }
    }

    fn write(&self, out: &mut String) {
        let _ = writeln!(out, "\ncase {}", self.name);
        if self.device != DEVICE {
            let _ = writeln!(out, "device {}", self.device);
        }
        if self.operators != OPERATORS {
            let _ = writeln!(out, "operators {}", self.operators.join(" "));
        }
        if !self.witnesses.is_empty() {
            let _ = writeln!(out, "witnesses {}", self.witnesses.join(" "));
        }
        if self.tip != TIP {
            let _ = writeln!(out, "tip {}", self.tip);
        }
        for fact in &self.ledger {
            let text = match fact {
                Fact::Spent(txid, vout) => format!("spent {} {vout}", hex(txid)),
                Fact::Rejected(request) => format!("rejected {}", hex(request)),
                Fact::Change(wallet, index) => format!("change {wallet} {index}"),
                Fact::Signed(before) => before.text(),
            };
            let _ = writeln!(out, "ledger {text}");
        }
        for card in &self.cards {
            let _ = writeln!(out, "card {}", hex(card));
        }
        if let Some(policy) = &self.policy {
            let _ = writeln!(out, "policy {}", hex(policy));
        }
        let source = match &self.source {
            Source::Bytes(bytes) => format!("psbt {}", base64(bytes)),
            Source::File(bytes) => format!("file {}", hex(bytes)),
            Source::Generated(name) => format!("generated {name}"),
        };
        let notices = self.notices.iter();
        let notices: String = notices.flat_map(|rule| [" notice ", rule]).collect();
        let _ = writeln!(
            out,
            "{}\nexpect {}{notices}",
            source.trim_end(),
            self.expected.text()
        );
    }
}

impl Expected {
    /// Refused by these rules: `PSB03@input-1 PSB06`.
    pub(crate) fn refuse(text: &str) -> Self {
        let refusals = text.split(' ').map(|word| {
            let (rule, place) = match word.split_once('@') {
                Some((rule, place)) => (rule, Some(place.to_owned())),
                None => (word, None),
            };
            let rule = rule.to_owned();
            Refusal { rule, place }
        });
        Self::Refuse(refusals.collect())
    }

    pub(crate) fn text(&self) -> String {
        match self {
            Self::Accept => "accept".into(),
            Self::CutAnywhere => "cut-anywhere".into(),
            Self::NoPolicy => "no-policy".into(),
            Self::NoPsbt => "no-psbt".into(),
            Self::Refuse(refusals) => refusals.iter().fold("refuse".into(), |text, refusal| {
                let place = refusal
                    .place
                    .as_ref()
                    .map_or(String::new(), |p| format!("@{p}"));
                format!("{text} {}{place}", refusal.rule)
            }),
        }
    }

    fn read(text: &str) -> Option<Self> {
        match text.split_once(' ') {
            Some(("refuse", rules)) => Some(Self::refuse(rules)),
            None if text == "accept" => Some(Self::Accept),
            None if text == "cut-anywhere" => Some(Self::CutAnywhere),
            None if text == "no-policy" => Some(Self::NoPolicy),
            None if text == "no-psbt" => Some(Self::NoPsbt),
            _ => None,
        }
    }
}

impl Family {
    pub(crate) fn new(name: &str, note: &str, cases: Vec<Case>) -> Self {
        Self {
            name: name.into(),
            note: note.into(),
            cases,
        }
    }

    /// The family as the text of its file.
    pub fn text(&self) -> String {
        let mut out = format!("# {}\n", self.name);
        for line in self.note.lines() {
            let _ = writeln!(out, "# {}", line.trim());
        }
        for case in &self.cases {
            case.write(&mut out);
        }
        out
    }
}

/// Reads a family from the text of its file; an error names the line.
pub fn read_family(text: &str) -> Result<Family, String> {
    let mut notes = text.lines().filter_map(|line| line.strip_prefix("# "));
    let name = notes.next().unwrap_or_default().to_owned();
    let note = notes.collect::<Vec<_>>().join("\n");
    let mut cases: Vec<Case> = vec![];
    for line in text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        read_line(&mut cases, line).ok_or_else(|| format!("{name}: {line:.80}"))?;
    }
    Ok(Family { name, note, cases })
}

fn read_line(cases: &mut Vec<Case>, line: &str) -> Option<()> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    if word == "case" {
        cases.push(Case::new(rest, vec![], Expected::Accept));
        return Some(());
    }
    let case = cases.last_mut()?;
    match word {
        "device" => case.device = rest.into(),
        "operators" => {
            let (a, b) = rest.split_once(' ')?;
            case.operators = [a.into(), b.into()];
        }
        "witnesses" => case.witnesses = rest.split(' ').map(Into::into).collect(),
        "tip" => case.tip = rest.parse().ok()?,
        "ledger" => case.ledger.push(read_fact(rest)?),
        "card" => case.cards.push(unhex(rest)?),
        "policy" => case.policy = Some(unhex(rest)?),
        "psbt" => case.source = Source::Bytes(unbase64(rest)?),
        "file" => case.source = Source::File(unhex(rest)?),
        "generated" => case.source = Source::Generated(rest.into()),
        "expect" => {
            let mut parts = rest.split(" notice ");
            case.expected = Expected::read(parts.next()?)?;
            case.notices = parts.map(str::to_owned).collect();
        }
        _ => return None,
    }
    Some(())
}

fn read_fact(text: &str) -> Option<Fact> {
    let words: Vec<&str> = text.split(' ').collect();
    let digest = |text: &str| unhex(text)?.try_into().ok();
    match words[..] {
        ["spent", txid, vout] => Some(Fact::Spent(digest(txid)?, vout.parse().ok()?)),
        ["rejected", request] => Some(Fact::Rejected(digest(request)?)),
        ["signed", ref rest @ ..] => Some(Fact::Signed(SignedBefore::read(rest)?)),
        ["change", wallet, index] => Some(Fact::Change(wallet.into(), index.parse().ok()?)),
        _ => None,
    }
}
