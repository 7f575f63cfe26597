//! What two operators read and type before a device takes an enrolment, a card or a wallet, written
//! from `docs/formats/README.md`, "Registrations". In English.

use std::collections::HashMap;

use bitcoin::{Address, Network, ScriptBuf};

use crate::cbor::Value;
use crate::sign::{CONTEXT, sha256_of, tagged};
use crate::text::hex;
use crate::world::{multisig, sorted};

/// Two words for each byte: at an even place, and at an odd one.
const WORDS: &str = include_str!("../../docs/formats/words.txt");
/// Words that are typed.
const TYPED: usize = 4;
const CLASSES: [&str; 4] = [
    "customer assets",
    "performance-guarantee crypto-assets",
    "own assets",
    "emergency sweep",
];
const A: u64 = 0;
const B: u64 = 1;

/// A screen, and what is typed about it by whom.
pub(crate) struct Page {
    lines: Vec<String>,
    pub(crate) typed: Vec<(u64, String)>,
}

impl Page {
    /// What stands in the journal.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let text = self.lines.join("\n");
        tagged("himuro/screen", &[&[0], text.as_bytes(), b"\n"])
    }
}

/// What the journal holds already.
#[derive(Default)]
pub(crate) struct Known {
    /// Digests of cards.
    cards: Vec<[u8; 32]>,
    /// Digests of wallets, and their addresses on each chain.
    wallets: HashMap<Vec<u8>, [usize; 2]>,
}

impl Known {
    /// The screens of this artefact; none where it is nothing that could be shown.
    pub(crate) fn pages(
        &self,
        kind: &str,
        artefact: &[u8],
        own: &[u8],
        nonce: &[u8; 32],
    ) -> Vec<Page> {
        let asking = Asking { nonce };
        let pages = match kind {
            "enrolment" => asking.enrolment(artefact),
            "card" => asking.card(artefact),
            "draft" => self.wallet(&asking, artefact, own, &[("wallet", B)]),
            "wallet" => self.wallet(&asking, artefact, own, &[("wallet-1", A), ("wallet-2", B)]),
            _ => None,
        };
        pages.unwrap_or_default()
    }

    /// It is installed.
    pub(crate) fn add(&mut self, kind: &str, artefact: &[u8]) {
        match kind {
            "card" => self.cards.extend(card(artefact).map(|(_, digest)| digest)),
            "wallet" => {
                let record = endorsed(artefact);
                self.wallets.extend(record.and_then(|record| {
                    let digest = content(&record.0, "wallet-record", "himuro/wallet").to_vec();
                    Some((
                        digest,
                        [rows(&record.1, 0)?.len(), rows(&record.1, 1)?.len()],
                    ))
                }));
            }
            _ => {}
        }
    }

    fn wallet(
        &self,
        asking: &Asking<'_>,
        artefact: &[u8],
        own: &[u8],
        asked: &[(&str, u64)],
    ) -> Option<Vec<Page>> {
        let (payload, record) = endorsed(artefact)?;
        let digest = content(&payload, "wallet-record", "himuro/wallet");
        let mut pages = vec![];
        let (name, m) = (record.field(3)?.as_text()?, record.field(5)?.number()?);
        let class = CLASSES.get(usize::try_from(record.field(4)?.number()?).ok()?)?;
        let form = ["wsh", "sh-wsh"][usize::try_from(record.field(6)?.number()?).ok()?];
        let members = record.field(7)?.parts()?;
        let mut lines = vec![
            format!("{name}  {class}"),
            format!("{m} of {}  {form}  regtest", members.len()),
        ];
        for member in members {
            let (name, site) = (member.field(1)?.as_text()?, member.field(2)?.as_text()?);
            let pool = member.field(3)?.number()?;
            lines.push(format!("  {name} ({site}) pool {pool}"));
            let card: [u8; 32] = member.field(4)?.as_bytes()?.try_into().ok()?;
            if member.field(0)?.as_bytes()? != own && !self.cards.contains(&card) {
                pages.push(asking.words_of_card(name, site, &card));
            }
        }
        let [receive, change] = [rows(&record, 0)?.len(), rows(&record, 1)?.len()];
        lines.push(format!(
            "{receive} receive addresses, {change} change addresses; the first receive address:"
        ));
        lines.extend(address(&record, form, 0));
        let named = record.field(10).and_then(Value::as_bytes);
        if let Some([receive, change]) = named.and_then(|named| self.wallets.get(named)) {
            let version = record.field(9)?.number()?;
            lines.push(String::new());
            lines.push(format!("version {version}, extends {}", hex(named?)));
            lines.push(format!(
                "{receive} receive and {change} change addresses stay as they are; the first new one:"
            ));
            lines.extend(address(&record, form, *receive));
        }
        lines.push(String::new());
        lines.extend(word_lines(&digest));
        let typed = asked
            .iter()
            .map(|(id, seat)| (*seat, asking.typed(id, &digest)));
        let typed = typed.collect();
        pages.push(Page { lines, typed });
        Some(pages)
    }
}

/// The session, as far as its questions depend on it.
struct Asking<'a> {
    nonce: &'a [u8; 32],
}

impl Asking<'_> {
    fn enrolment(&self, artefact: &[u8]) -> Option<Vec<Page>> {
        let (_, body) = endorsed(artefact)?;
        let (name, site) = (body.field(3)?.as_text()?, body.field(4)?.as_text()?);
        let device = tagged("himuro/device-id", &[body.field(5)?.as_bytes()?]);
        let mut lines = vec![
            format!("enrolment of device {name} ({site})"),
            String::new(),
        ];
        lines.extend(word_lines(&device));
        let typed = self.typed(&format!("enrolment-{name}"), &device);
        Some(vec![Page {
            lines,
            typed: vec![(B, typed)],
        }])
    }

    fn card(&self, artefact: &[u8]) -> Option<Vec<Page>> {
        let (body, digest) = card(artefact)?;
        let (name, site) = (body.field(3)?.as_text()?, body.field(4)?.as_text()?);
        Some(vec![self.words_of_card(name, site, &digest)])
    }

    fn words_of_card(&self, name: &str, site: &str, digest: &[u8; 32]) -> Page {
        let mut lines = vec![format!("card of device {name} ({site})"), String::new()];
        lines.extend(word_lines(digest));
        let typed = self.typed(&format!("card-{name}"), digest);
        Page {
            lines,
            typed: vec![(A, typed)],
        }
    }

    /// Four words in a row, from a place that the nonce picks.
    fn typed(&self, id: &str, digest: &[u8; 32]) -> String {
        let words = words_of(digest);
        let [a, b, ..] = tagged("himuro/new-words", &[self.nonce, id.as_bytes()]);
        let first = usize::from(u16::from_be_bytes([a, b])) % (words.len() - TYPED + 1);
        words[first..first + TYPED].join(" ")
    }
}

/// Whose card it is of, and its digest.
pub(crate) fn identity_of_card(artefact: &[u8]) -> Option<Vec<u8>> {
    Some(card(artefact)?.0.field(5)?.as_bytes()?.to_vec())
}

fn card(artefact: &[u8]) -> Option<(Value, [u8; 32])> {
    let Value::Tag(18, parts) = Value::read(artefact)? else {
        return None;
    };
    let [protected, _, payload, _] = parts.parts()? else {
        return None;
    };
    let structure = Value::Array(vec![
        Value::text("Signature1"),
        protected.clone(),
        Value::bytes(format!("{CONTEXT}device-card").as_bytes()),
        payload.clone(),
    ]);
    let digest = tagged("himuro/card", &[&sha256_of(&structure.encode())]);
    Some((Value::read(payload.as_bytes()?)?, digest))
}

/// Payload and body.
fn endorsed(artefact: &[u8]) -> Option<(Vec<u8>, Value)> {
    let item = Value::read(artefact)?;
    let payload = item.parts()?.first()?.as_bytes()?;
    Some((payload.to_vec(), Value::read(payload)?))
}

fn content(payload: &[u8], kind: &str, tag: &str) -> [u8; 32] {
    let context = format!("{CONTEXT}{kind}");
    let inner = tagged("himuro/content", &[context.as_bytes(), &[0], payload]);
    tagged(tag, &[&inner])
}

fn rows(record: &Value, chain: u64) -> Option<&[Value]> {
    record.field(11 + chain)?.parts()
}

/// The receive address of this index, in groups.
fn address(record: &Value, form: &str, index: usize) -> Vec<String> {
    let script = || {
        let row = rows(record, 0)?.get(index)?.as_bytes()?;
        let keys: Vec<Vec<u8>> = row.chunks(33).map(<[u8]>::to_vec).collect();
        let good = |key: &Vec<u8>| bitcoin::PublicKey::from_slice(key).is_ok();
        let m = i64::try_from(record.field(5)?.number()?).ok()?;
        keys.iter().all(good).then(|| multisig(m, &sorted(keys)))
    };
    let Some(witness) = script() else {
        return vec![];
    };
    let output: ScriptBuf = match form {
        "wsh" => witness.to_p2wsh(),
        _ => witness.to_p2wsh().to_p2sh(),
    };
    let address = Address::from_script(&output, Network::Regtest);
    let characters: Vec<char> = address
        .expect("a script with an address")
        .to_string()
        .chars()
        .collect();
    let lines = (1..).step_by(16).zip(characters.chunks(16));
    let line = |(first, line): (usize, &[char])| {
        let groups: Vec<String> = line.chunks(4).map(|group| group.iter().collect()).collect();
        format!("{first:>3} | {}", groups.join(" "))
    };
    lines.map(line).collect()
}

fn words_of(digest: &[u8; 32]) -> Vec<&'static str> {
    let pairs: Vec<(&str, &str)> = WORDS
        .lines()
        .filter_map(|line| line.split_once(' '))
        .collect();
    let words = digest.iter().enumerate().map(|(place, byte)| {
        let (even, odd) = pairs[usize::from(*byte)];
        if place % 2 == 0 { even } else { odd }
    });
    words.collect()
}

fn word_lines(digest: &[u8; 32]) -> Vec<String> {
    let words = words_of(digest);
    let numbered = (1..).step_by(4).zip(words.chunks(4));
    numbered
        .map(|(first, four): (usize, _)| format!("{first:>3} | {}", four.join(" ")))
        .collect()
}
