//! `qr receive`: a folder of pictures becomes a PSBT.

use std::fs;
use std::path::{Path, PathBuf};

use signer_core::frames::{Limits, Received, Receiver};
use signer_core::psbt::ParsedPsbt;
use signer_core::rule::Explained;
use signer_core::types::Lang;

use crate::error::Failure;
use crate::files::{self, Output};
use crate::picture;
use crate::view::line;

/// Reads QR pictures of a folder, in the order of their names, until the PSBT is whole.
///
/// The pictures are decoded in a process of their own.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  host-cli qr receive --in frames --out answer.psbt")]
pub(crate) struct Args {
    /// The folder with PNG pictures
    #[arg(long = "in")]
    folder: PathBuf,

    /// The PSBT to be written
    #[arg(long)]
    out: PathBuf,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let out = Output::reserve(&self.out)?;
        let mut receiver = Receiver::new(Limits::OURS);
        let mut reader = picture::reader()?;
        let mut unread = 0_usize;
        for path in pictures(&self.folder)? {
            match reader.read(&files::read(&path)?) {
                Ok(texts) => take(&mut receiver, &texts)?,
                Err(_) => unread += 1,
            }
            if receiver.message().is_some() {
                break;
            }
        }
        let Some((_, message)) = receiver.message() else {
            return Err(incomplete(&receiver, unread));
        };
        let parsed = ParsedPsbt::parse(message)?;
        out.write(parsed.bytes())?;
        if let Some(code) = receiver.code() {
            line!("transfer code {code}");
        }
        Ok(())
    }
}

fn pictures(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::input(
            format!("cannot read folder {}: {error}", folder.display()),
            "give the folder with the pictures",
        )
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path
            .extension()
            .is_some_and(|end| end.eq_ignore_ascii_case("png"))
        {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        return Err(Failure::input(
            format!("there is no PNG picture in {}", folder.display()),
            "give the folder with the pictures",
        ));
    }
    paths.sort();
    Ok(paths)
}

fn take(receiver: &mut Receiver, texts: &[String]) -> Result<(), Failure> {
    for text in texts {
        if let Received::Alarm { why: alarm } = receiver.receive(text) {
            return Err(Failure::input(
                alarm.what().text(Lang::En),
                alarm.advice().text(Lang::En),
            ));
        }
    }
    Ok(())
}

fn incomplete(receiver: &Receiver, unread: usize) -> Failure {
    let what = match (receiver.missing(), receiver.fragments()) {
        (Some(missing), Some(all)) => format!("{missing} of {all} frames are missing"),
        _ => "no frame of a PSBT was found".to_owned(),
    };
    Failure::input(
        format!("{what}; {unread} pictures could not be read"),
        "take the pictures again, or send some spare ones: `host-cli qr send --spare`",
    )
}
