//! Block headers that come into a session: taken where they lead on from the chain that is followed.

use signer_core::codec;
use signer_core::headers::{Extended, HeaderRun};
use signer_core::phrase;
use signer_core::rule::{Explained, Phrase};
use signer_core::transcript::{Body, Exception, WhatKind};

use super::register_wallet::install;
use super::session::Session;
use crate::failure::Failure;

/// Headers that lead on are taken; others change nothing, and the rules judge by the blocks that
/// are known.
pub(super) fn take(session: &mut Session, run: &HeaderRun) -> Result<(), Failure> {
    let network = session.scope()?.network;
    let state = session.journal().state();
    let known = state.height();
    let chain = state.chain();
    let extended = chain.map(|chain| chain.extend(run, network)).transpose();
    match extended {
        Ok(Some(extended)) if extended.left.is_some() || extended.chain.tip().height() > known => {
            follow(session, run, &extended)
        }
        Ok(_) => session.room.say(
            &format!("no newer header than height {known}"),
            &format!("ブロック高 {known} より新しいヘッダーはありません"),
        ),
        Err(error) => not_taken(session, &error.what()),
    }
}

/// That headers are not taken, and why.
pub(super) fn not_taken(session: &mut Session, why: &Phrase) -> Result<(), Failure> {
    let what = phrase!(
        "headers are not taken: {why}",
        "ブロックヘッダーを受け付けません: {why}",
        why = why
    );
    let lang = session.lang();
    session.room.console.notice(what.text(lang))
}

/// Known blocks that are left are said and recorded first: the journal takes no others before.
fn follow(session: &mut Session, run: &HeaderRun, extended: &Extended) -> Result<(), Failure> {
    if let Some(left) = &extended.left {
        let (count, from) = (left.count().0, left.from);
        let what = phrase!(
            "{count} known blocks from height {from} on are replaced: the chain with more work is followed",
            "ブロック高 {from} からの既知のブロック {count} 件を置き換えます(作業量の多いチェーンに従います)",
            count = count,
            from = from
        );
        let lang = session.lang();
        session.room.console.notice(what.text(lang))?;
        session.record(Body::Exception(Exception::blocks_left(left)))?;
    }
    install(session, WhatKind::Headers, codec::encode(run))?;
    let height = extended.chain.tip().height();
    session.room.say(
        &format!("headers are linked up to height {height}"),
        &format!("ブロックヘッダーをブロック高 {height} まで確認しました"),
    )
}
