//! Time-stamp tokens beside the list of a bundle: what each proves with what the auditor has.

use signer_core::audit::{AuditCase, GivenBlocks, StatedBlock};
use signer_core::digest::{hex, sha256_of};
use signer_core::pack::{Attestation, OtsToken};
use signer_core::phrase;
use signer_core::rule::{Explained as _, Phrase};
use signer_core::token::Date;

use super::Evidence;
use super::pack::MANIFEST;
use super::stamp::Stamp;
use crate::error::Failure;
use crate::files;

/// Where an OpenTimestamps token of the list stands.
pub(super) fn open_timestamps() -> String {
    format!("{MANIFEST}.ots")
}

/// Where an RFC 3161 token of the list stands.
pub(super) fn rfc_3161() -> String {
    format!("{MANIFEST}.tsr")
}

/// Every token that is there.
pub(super) fn check(
    evidence: &Evidence,
    list: &[u8],
    blocks: &GivenBlocks,
) -> Result<Vec<AuditCase>, Failure> {
    let mut found = Vec::new();
    let path = evidence.folder.path().join(open_timestamps());
    if path.is_file() {
        let subject = phrase!("OpenTimestamps token", "OpenTimestampsのトークン");
        found.push(of_blocks(subject, &files::read(&path)?, list, blocks));
    }
    let path = evidence.folder.path().join(rfc_3161());
    if path.is_file() {
        let subject = phrase!("RFC 3161 token", "RFC 3161のトークン");
        found.push(of_authority(subject, &files::read(&path)?, list, evidence));
    }
    Ok(found)
}

/// By the certificates of the trust file.
fn of_authority(subject: Phrase, token: &[u8], list: &[u8], evidence: &Evidence) -> AuditCase {
    if evidence.authorities.is_empty() {
        let what = phrase!(
            "the trust file names no authority ([[timestamp]])",
            "信頼ファイルに認証局([[timestamp]])がない"
        );
        return AuditCase::missing(subject, what);
    }
    match Stamp::verify(token, list, &evidence.authorities) {
        Ok(stamp) => AuditCase::pass(subject, stamp.phrase()),
        Err(error) => AuditCase::fail(subject, error.what()),
    }
}

/// By the blocks of the auditor's own node: one branch that is contradicted spoils the token, one that is
/// confirmed proves it.
fn of_blocks(subject: Phrase, token: &[u8], list: &[u8], blocks: &GivenBlocks) -> AuditCase {
    let token = match OtsToken::parse(token) {
        Ok(token) => token,
        Err(error) => return AuditCase::fail(subject, error.what()),
    };
    if *token.digest() != sha256_of(list) {
        return AuditCase::fail(subject, phrase!("of another list", "別の一覧に対するもの"));
    }
    let judged = token.attestations().iter();
    let judged: Vec<Attested> = judged.map(|one| Attested::of(one, blocks)).collect();
    let first = |wanted: fn(&Attested) -> Option<&Phrase>| judged.iter().find_map(wanted).cloned();
    if let Some(what) = first(Attested::contradicted) {
        AuditCase::fail(subject, what)
    } else if let Some(what) = first(Attested::confirmed) {
        AuditCase::pass(subject, what)
    } else {
        let open = judged.iter().filter_map(Attested::open);
        AuditCase::missing(subject, Phrase::listed(open.cloned()))
    }
}

/// What a branch of a token proves.
enum Attested {
    Confirmed(Phrase),
    Contradicted(Phrase),
    Open(Phrase),
}

impl Attested {
    fn of(attestation: &Attestation, blocks: &GivenBlocks) -> Self {
        let (height, root) = match attestation {
            Attestation::Bitcoin {
                height,
                merkle_root,
            } => (*height, merkle_root),
            Attestation::Pending { calendar } => {
                return Self::Open(phrase!(
                    "waits at {calendar}: proves nothing yet",
                    "{calendar} で待機中: まだ証明にならない",
                    calendar = calendar
                ));
            }
            Attestation::Unknown => {
                return Self::Open(phrase!(
                    "a kind of proof that is not read here",
                    "対応していない種類の証明"
                ));
            }
        };
        let given: Vec<StatedBlock> = blocks.at(height).collect();
        let found = given.iter().find(|block| block.merkle_root == *root);
        match (found, given.is_empty()) {
            (Some(block), _) => Self::Confirmed(phrase!(
                "the list existed before block {height} of {time}",
                "{time} のブロック {height} より前に一覧が存在",
                height = height,
                time = Date::moment(u64::from(block.time))
            )),
            (None, false) => Self::Contradicted(phrase!(
                "block {height} of your node has another Merkle root",
                "ご自身のノードのブロック {height} はマークルルートが異なる",
                height = height
            )),
            (None, true) => Self::Open(phrase!(
                "the list existed before block {height}, if its merkleroot is {root}: give that block (--blocks)",
                "merkleroot が {root} であればブロック {height} より前に存在: そのブロックを指定してください(--blocks)",
                height = height,
                root = hex(&root.iter().rev().copied().collect::<Vec<u8>>())
            )),
        }
    }

    fn confirmed(&self) -> Option<&Phrase> {
        match self {
            Self::Confirmed(what) => Some(what),
            Self::Contradicted(_) | Self::Open(_) => None,
        }
    }

    fn contradicted(&self) -> Option<&Phrase> {
        match self {
            Self::Contradicted(what) => Some(what),
            Self::Confirmed(_) | Self::Open(_) => None,
        }
    }

    fn open(&self) -> Option<&Phrase> {
        match self {
            Self::Open(what) => Some(what),
            Self::Confirmed(_) | Self::Contradicted(_) => None,
        }
    }
}
