//! Pictures from outside are decoded in a child process of this program that holds nothing.

use officer_console::system;
use signer_core::phrase;
use signer_core::rule::Explained;

use optics::child::{self, Reader};

use crate::error::Failure;

/// The hidden subcommand of the child.
pub(crate) const CHILD: &str = "decode-picture";

/// The child's whole work.
pub(crate) fn serve() -> Result<(), Failure> {
    child::serve().map_err(|error| {
        Failure::input(
            phrase!("pictures could not be decoded: {why}", "画像を復号できない: {why}", why = system(&error)),
            phrase!("this command is for the program itself; use `host-cli qr receive`", "このコマンドはプログラム自身が使うものです。`host-cli qr receive` を使ってください。"),
        )
    })
}

/// Starts the child.
pub(crate) fn reader() -> Result<Reader, Failure> {
    let program = std::env::current_exe().map_err(|error| {
        Failure::internal(phrase!(
            "this program cannot find itself: {why}",
            "このプログラム自身が見つからない: {why}",
            why = system(&error)
        ))
    })?;
    Reader::spawn(program, &[CHILD]).map_err(|error| {
        Failure::input(
            phrase!(
                "the reader of pictures does not start: {why}",
                "画像読取りを開始できない: {why}",
                why = error.what()
            ),
            phrase!(
                "free some memory and run the command again",
                "メモリを確保してコマンドを再度実行してください。"
            ),
        )
    })
}
