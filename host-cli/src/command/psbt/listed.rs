//! Lists of descriptors as wallet programs write them.

use std::path::Path;

use serde_json::Value;
use signer_core::phrase;
use signer_core::rule::Phrase;
use signer_core::types::Chain;
use signer_core::wallet::{DescriptorWallet, ListedDescriptor};

use crate::artefact::{self, Kind};
use crate::error::{Failure, not_json};
use crate::files;

/// The indices of a ranged descriptor where its list does not say them: as many as Bitcoin Core
/// derives ahead.
const RANGE: (u32, u32) = (0, 999);

/// The wallet of a list: one descriptor on each line, or JSON as Core's listdescriptors prints and
/// importdescriptors takes it.
pub(super) fn wallet(path: &Path) -> Result<DescriptorWallet, Failure> {
    let text = files::read_text(path)?;
    let list = if text.trim_start().starts_with(['[', '{']) && !starts_with_origin(&text) {
        json(&text)
    } else {
        Ok(lines(&text))
    };
    let list = list.map_err(|why| artefact::bad(path, Kind::Descriptors, &why))?;
    DescriptorWallet::read(&list).map_err(|error| artefact::told(path, Kind::Descriptors, &error))
}

/// `[d34db33f/48h..` is the origin of a key and no JSON: its refusal should be about descriptors.
fn starts_with_origin(text: &str) -> bool {
    let rest = text.trim_start().strip_prefix('[');
    rest.is_some_and(|rest| rest.as_bytes().get(8) == Some(&b'/'))
}

fn lines(text: &str) -> Vec<ListedDescriptor> {
    let lines = text.lines().map(str::trim);
    let listed = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    listed
        .map(|line| ListedDescriptor {
            text: line.to_owned(),
            chain: None,
            range: RANGE,
        })
        .collect()
}

fn json(text: &str) -> Result<Vec<ListedDescriptor>, Phrase> {
    let value: Value = serde_json::from_str(text).map_err(|error| not_json(&error))?;
    let list = value.get("descriptors").unwrap_or(&value).as_array();
    let list = list.ok_or_else(|| {
        phrase!(
            "neither a list nor an object with \"descriptors\"",
            "一覧でも \"descriptors\" を持つオブジェクトでもない"
        )
    })?;
    (1..)
        .zip(list)
        .map(|(number, item)| entry(number, item))
        .collect()
}

fn entry(number: usize, item: &Value) -> Result<ListedDescriptor, Phrase> {
    let text = item.as_str().or_else(|| item.get("desc")?.as_str());
    let text = text.ok_or_else(|| {
        phrase!(
            "entry {number} has no \"desc\"",
            "{number} 番目に \"desc\" がない",
            number = number
        )
    })?;
    let wrong = |what: &str| {
        phrase!(
            "entry {number}: \"{what}\" cannot be read",
            "{number} 番目の \"{what}\" を読み取れない",
            number = number,
            what = what
        )
    };
    let chain = match item.get("internal") {
        None => None,
        Some(Value::Bool(true)) => Some(Chain::Change),
        Some(Value::Bool(false)) => Some(Chain::Receive),
        Some(_) => return Err(wrong("internal")),
    };
    let range = match item.get("range") {
        None => RANGE,
        Some(range) => self::range(range).ok_or_else(|| wrong("range"))?,
    };
    Ok(ListedDescriptor {
        text: text.to_owned(),
        // One descriptor of both chains says it in each path.
        chain: chain.filter(|_| !text.contains('<')),
        range,
    })
}

/// The last index, or the first and the last.
fn range(value: &Value) -> Option<(u32, u32)> {
    let number = |value: &Value| value.as_u64().and_then(|n| u32::try_from(n).ok());
    match value.as_array().map(Vec::as_slice) {
        Some([first, last]) => Some((number(first)?, number(last)?)),
        Some(_) => None,
        None => Some((0, number(value)?)),
    }
}
