//! `root create`: network, checkpoint and first roster become one digest.

use std::path::{Path, PathBuf};

use bitcoin::BlockHash;
use bitcoin::hashes::Hash as _;
use serde_json::Value;
use signer_core::approval::ActiveRoster;
use signer_core::codec;
use signer_core::digest::{RootDigest, hex};
use signer_core::phrase;
use signer_core::review::address::in_fours;
use signer_core::root::{Checkpoint, Root};
use signer_core::rule::Phrase;
use signer_core::types::Height;

use crate::artefact::{self, Kind};
use crate::cli::ScopeArgs;
use crate::error::{Failure, not_json};
use crate::files::{self, Output};
use crate::view::line;
use crate::{consent, view};

/// Makes the root of trust. Every policy administrator of the roster must have signed it.
///
/// The checkpoint is a block that your own node knows:
/// {"height": 0, "hash": "<64 hex>", "bits": "207fffff", "time": 1296688602}
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli root create --network regtest --checkpoint checkpoint.json --roster roster.cbor \\\n    \
    --out root.cbor --paper root.txt")]
pub(crate) struct Args {
    #[command(flatten)]
    scope: ScopeArgs,

    /// The block from which headers are linked, as JSON
    #[arg(long)]
    checkpoint: PathBuf,

    /// The first roster, signed by every policy administrator in it
    #[arg(long)]
    roster: PathBuf,

    /// The root of trust to be written
    #[arg(long)]
    out: PathBuf,

    /// The paper to be written: the digest in words and hexadecimal, for two people at each device
    #[arg(long)]
    paper: PathBuf,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let out = Output::reserve(&self.out)?;
        let sheet = Output::reserve(&self.paper)?;
        let roster = artefact::roster(&self.roster)?;
        artefact::same_scope(&self.roster, roster.body().scope, self.scope.scope())?;
        let root = Root {
            version: 1,
            scope: self.scope.scope(),
            checkpoint: checkpoint(&self.checkpoint)?,
            roster: roster.roster_digest(),
        };
        ActiveRoster::first(&roster.to_bytes(), root.scope, &root).map_err(|error| {
            Failure::told(
                &phrase!(
                    "no root can be made of this roster",
                    "この名簿から信頼の起点を作成できない"
                ),
                &error,
            )
        })?;
        sheet.write(paper(&root).as_bytes())?;
        out.write(&codec::encode(&root))?;
        line!("{}", root.digest());
        Ok(())
    }
}

fn checkpoint(path: &Path) -> Result<Checkpoint, Failure> {
    let text = files::read_text(path)?;
    let json: Value = serde_json::from_str(&text)
        .map_err(|error| artefact::bad(path, Kind::Checkpoint, &not_json(&error)))?;
    let wrong = |why: Phrase| artefact::bad(path, Kind::Checkpoint, &why);
    let number = |key: &str| {
        let number = json.get(key).and_then(Value::as_u64);
        number.and_then(|number| u32::try_from(number).ok())
    };
    let text = |key: &str| json.get(key).and_then(Value::as_str);
    let hash: BlockHash = text("hash")
        .and_then(|hash| hash.parse().ok())
        .ok_or_else(|| {
            wrong(phrase!(
                "\"hash\" is not 64 hexadecimal characters",
                "\"hash\" が64桁の16進数ではない"
            ))
        })?;
    let bits = text("bits")
        .filter(|bits| bits.len() == 8)
        .and_then(|bits| u32::from_str_radix(bits, 16).ok())
        .ok_or_else(|| {
            wrong(phrase!(
                "\"bits\" is not 8 hexadecimal characters",
                "\"bits\" が8桁の16進数ではない"
            ))
        })?;
    Ok(Checkpoint {
        height: Height(number("height").ok_or_else(|| {
            wrong(phrase!(
                "\"height\" is not a number",
                "\"height\" が数ではない"
            ))
        })?),
        hash: hash.to_byte_array(),
        bits,
        time: number("time").ok_or_else(|| {
            wrong(phrase!(
                "\"time\" is not seconds since 1970",
                "\"time\" が1970年からの秒数ではない"
            ))
        })?,
    })
}

/// The paper, in both languages: 32 words in four rows, 64 characters in four rows.
fn paper(root: &Root) -> String {
    let digest = root.digest();
    let lines: Vec<String> = hex(digest.as_bytes())
        .as_bytes()
        .chunks(16)
        .enumerate()
        .map(|(row, chunk)| {
            let text = String::from_utf8_lossy(chunk);
            format!("  {:02} {}", row * 8 + 1, in_fours(&text))
        })
        .collect();
    format!(
        "Himuro 氷室: root of trust / 信頼の起点\n\
         \n\
         network / ネットワーク      {}\n\
         checkpoint / チェックポイント  height {}\n\
         \n\
         Compare all 32 words, or all 64 characters, on each device. This paper does not come\n\
         from the machine that carries files to the device.\n\
         各端末で32単語すべて、または64文字すべてを照合してください。この紙は、端末へファイルを\n\
         運ぶ機械から印刷しないでください。\n\
         \n\
         words / 単語\n{}\n\
         \n\
         hexadecimal / 16進数\n{}\n\
         \n\
         compared by / 照合者  ______________________   ______________________\n",
        view::scope(root.scope),
        root.checkpoint.height,
        consent::grid(RootDigest::as_bytes(&digest), None),
        lines.join("\n"),
    )
}
