//! Pictures decoded in a child process that holds no key.
//!
//! The program starts itself with a hidden subcommand ([`Reader::spawn`]); there, `main` does
//! nothing but call [`serve`]. One child reads many pictures; it is killed when one takes too
//! long, and the next picture gets a new one. It gets no environment, and no file that Rust opened;
//! what a C library opened without close-on-exec it would inherit, so start it before one is loaded.

mod parent;
mod wire;

use std::io::{self, Read, Write};
use std::time::Duration;

pub use parent::{PictureError, Reader};
use rustix::process::{Resource, Rlimit, setrlimit};

use wire::Form;

use crate::read::{self, ReadError, Seen};

/// Longest time for one picture, however busy the machine is.
pub const TIME_LIMIT: Duration = Duration::from_secs(2);

/// Most processor time for one picture.
///
/// The reader's work is bounded: pictures of 1280 x 720 that are made to keep it busy take a quarter
/// of this, honest ones a fortieth.
pub const PROCESSOR_LIMIT: Duration = Duration::from_millis(200);

/// Address space of the child in bytes.
pub const MEMORY_LIMIT: u64 = 256 * 1024 * 1024;

/// Processor time of one child in seconds: it ends even where nobody is left to kill it.
const LIFE_LIMIT: u64 = 600;

/// The child's work: pictures from standard input, contents to standard output, until the input ends.
///
/// The first thing it does is to [`confine`] itself.
pub fn serve() -> io::Result<()> {
    confine()?;
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    while let Some((form, picture)) = wire::read_picture(&mut input)? {
        wire::write_answer(&mut output, &seen(form, &picture))?;
    }
    Ok(())
}

fn seen(form: Form, picture: &[u8]) -> Result<Seen, ReadError> {
    match form {
        Form::Png => read::png(picture).map(|contents| Seen {
            contents,
            hint: None,
        }),
        Form::Camera(layout) => read::of_camera(layout, picture),
    }
}

/// From here on this process cannot take more memory than [`MEMORY_LIMIT`], open or write a file,
/// or leave a core dump. It cannot be undone.
pub fn confine() -> io::Result<()> {
    for (resource, most) in [
        (Resource::As, MEMORY_LIMIT),
        (Resource::Core, 0),
        (Resource::Cpu, LIFE_LIMIT),
        (Resource::Fsize, 0),
        (Resource::Nofile, 3),
    ] {
        let (current, maximum) = (Some(most), Some(most));
        setrlimit(resource, Rlimit { current, maximum })?;
    }
    Ok(())
}

/// Reads exactly as many bytes as `buffer` holds; false at the end of the input.
fn fill(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match input.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(e) => Err(e),
    }
}

fn flush_all(output: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    output.write_all(bytes)?;
    output.flush()
}
