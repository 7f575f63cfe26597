//! `hello`: what this program reads, as a code for the host. It touches no token and records nothing.

use optics::draw;
use signer_core::frames::Hello;
use signer_core::rule::Explained as _;

use crate::console::Console;
use crate::failure::Failure;
use crate::files::Output;
use crate::plan::Greeting;

/// Draws the code.
pub(crate) fn run(plan: &Greeting) -> Result<(), Failure> {
    let output = Output::reserve(&plan.output)?;
    let picture = draw::png(Hello::ours().text(), draw::SCALE);
    output.write(&picture.map_err(|error| Failure::internal(error.what()))?)?;
    let mut console = Console::new(plan.lang);
    console.wrote(&format!("wrote {}", plan.output.display()))
}
