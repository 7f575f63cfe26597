//! The control of the memory test: logs in to a token as the device does, and does nothing else.
//!
//! The PIN is one line on standard input; the program ends when standard input does.
//!
//! Example: `login_only MODULE TOKEN`

use std::error::Error;
use std::io::{Read, Write};
use std::path::Path;

use hsm_profiles::{Module, Pin, Profile, TokenSelector};
use signer_core::token::Line;
use zeroize::Zeroizing;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (module, label) = (
        arguments.next().unwrap_or_default(),
        arguments.next().unwrap_or_default(),
    );
    let profile = Profile::named("softhsm2")?;
    let module = Module::load(&profile, Some(Path::new(&module)))?;
    let token = module.open(&TokenSelector {
        label: Line::lossy(&label),
        serial: None,
    })?;
    let token = token.login(&Pin::new(&read_line()?))?;
    std::io::stdout().write_all(b"logged in\n")?;
    std::io::stdout().flush()?;
    let mut nothing = [0];
    let _ = std::io::stdin().read(&mut nothing);
    drop(token.logout()?);
    Ok(())
}

/// One line, byte by byte: no buffer of the standard library keeps a copy.
fn read_line() -> std::io::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::with_capacity(256));
    let mut byte = [0];
    let input = std::fs::File::open("/dev/stdin")?;
    while (&input).read(&mut byte)? == 1 && byte[0] != b'\n' {
        line.push(char::from(byte[0]));
    }
    Ok(line)
}
