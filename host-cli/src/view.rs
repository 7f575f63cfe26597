//! Views of artefacts for people and machines. A view is never authority.

use std::io::{ErrorKind, Write as _};
use std::sync::OnceLock;

use bitcoin::Address;
use officer_console::system;
use serde_json::{Value, json};
use signer_core::cose::Scope;
use signer_core::digest::{hex, words_of};
use signer_core::phrase;
use signer_core::types::Network;

use crate::error::Failure;

/// Prints a JSON view: keys sorted, indented, one line end at the end.
pub(crate) fn print(value: &Value) {
    line!("{value:#}");
}

/// A digest for machines: hexadecimal text and words.
pub(crate) fn digest(bytes: &[u8; 32]) -> Value {
    json!({ "hex": hex(bytes), "words": words_of(bytes) })
}

/// A script as people see it: its address, or its hexadecimal text where it has none.
pub(crate) fn address(script: &bitcoin::Script, network: Network) -> String {
    Address::from_script(script, network.to_bitcoin()).map_or_else(
        |_| format!("script {}", hex(script.as_bytes())),
        |a| a.to_string(),
    )
}

/// Network and purpose in one line.
pub(crate) fn scope(scope: Scope) -> String {
    format!("{} {}", scope.network, scope.purpose.name())
}

/// The first line that could not be written.
static LOST: OnceLock<std::io::Error> = OnceLock::new();

/// Prints one line. A reader that has gone away is no error: `host-cli .. | head`.
pub(crate) fn write_line(line: std::fmt::Arguments<'_>) {
    match writeln!(std::io::stdout(), "{line}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            // Only the first matters.
            let _ = LOST.set(error);
        }
        _ => (),
    }
}

/// Whether all that was printed has arrived: a view cut by a full disk must not look like success.
pub(crate) fn arrived() -> Result<(), Failure> {
    match LOST.get() {
        None => Ok(()),
        Some(error) => Err(Failure::input(
            phrase!(
                "standard output cannot be written: {why}",
                "標準出力に書き込めない: {why}",
                why = system(error)
            ),
            phrase!(
                "what was to be shown is incomplete; free some space and show it again",
                "表示が途中で切れています。空き容量を確保して再度表示してください。"
            ),
        )),
    }
}

/// [`println!`] that does not panic where nobody reads.
macro_rules! line {
    ($($text:tt)*) => { $crate::view::write_line(format_args!($($text)*)) };
}
pub(crate) use line;
