//! Pictures from outside are decoded in a child process of this program that holds nothing.

use optics::child::{self, Reader};

use crate::error::Failure;

/// The hidden subcommand of the child.
pub(crate) const CHILD: &str = "decode-picture";

/// The child's whole work.
pub(crate) fn serve() -> Result<(), Failure> {
    child::serve().map_err(|error| {
        Failure::input(
            format!("pictures could not be decoded: {error}"),
            "this command is for the program itself; use `host-cli qr receive`",
        )
    })
}

/// Starts the child.
pub(crate) fn reader() -> Result<Reader, Failure> {
    let program = std::env::current_exe()
        .map_err(|error| Failure::internal(format!("this program cannot find itself: {error}")))?;
    Reader::spawn(program, &[CHILD]).map_err(|error| {
        Failure::input(
            format!("the reader of pictures does not start: {error}"),
            "free some memory and run the command again",
        )
    })
}
