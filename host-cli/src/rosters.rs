//! The rosters of a house, from the first one on: each is opened with the keys of the one before it.

use std::path::{Path, PathBuf};

use clap::Args;
use signer_core::approval::{ActiveRoster, NextRoster, Officer, Roster, RosterError};
use signer_core::cose::{CoseError, Endorsed};
use signer_core::digest::{KeyId, RosterDigest};
use signer_core::headers::KnownTime;
use signer_core::keys::P256PublicKey;
use signer_core::phrase;
use signer_core::root::Root;
use signer_core::rule::Named;
use signer_core::types::Height;

use crate::artefact::{Kind, bad, key_of, told};
use crate::error::Failure;
use crate::files;

/// Where the rosters lie.
#[derive(Clone, Debug, Args)]
pub(crate) struct RosterArgs {
    /// The roster; where it is not the first, every one from the first on, once for each, in order
    #[arg(long = "roster", required = true)]
    rosters: Vec<PathBuf>,
}

impl RosterArgs {
    /// Reads every one with verified signatures; a later one names the one before it.
    pub(crate) fn read(&self) -> Result<Rosters, Failure> {
        let mut read: Vec<Endorsed<Roster>> = Vec::new();
        for path in &self.rosters {
            let next = open(path, read.last())?;
            read.push(next);
        }
        Rosters::of(read)
    }

    /// The file of the last one.
    pub(crate) fn path(&self) -> &Path {
        // At least one is required.
        self.rosters.last().map_or(Path::new(""), PathBuf::as_path)
    }

    /// Every one as a device of this root would take it, by now at this height.
    pub(crate) fn active(&self, root: &Root, tip: Height) -> Result<Vec<ActiveRoster>, Failure> {
        let mut active: Vec<ActiveRoster> = Vec::new();
        for path in &self.rosters {
            let bytes = files::read(path)?;
            let next = match active.last() {
                None => ActiveRoster::first(&bytes, root.scope, root),
                Some(known) => followed(known, &bytes, tip),
            };
            active.push(next.map_err(|e| told(path, Kind::Roster, &e))?);
        }
        Ok(active)
    }
}

/// Only a device knows at which height it took a roster. Here it is enough that there is one: the
/// known height, or the first height of an entry.
fn followed(known: &ActiveRoster, bytes: &[u8], tip: Height) -> Result<ActiveRoster, RosterError> {
    let claimed = Endorsed::<Roster>::peek(bytes)?;
    let officers = known.roster().officers.iter().chain(&claimed.officers);
    let mut heights: Vec<Height> = officers.map(|officer| officer.valid_from).collect();
    heights.retain(|height| *height <= tip);
    // Whether one of the recovery quorum has waited, a device knows too.
    let at = |height| {
        let next = known.next(bytes, None, KnownTime::without_clock(height));
        next.map(NextRoster::into_roster)
    };
    let earlier = || heights.iter().find_map(|height| at(*height).ok());
    at(tip).or_else(|error| earlier().ok_or(error))
}

/// A roster with verified signatures: of its own officers where it is the first, otherwise of the
/// officers and recovery keys of the one before it.
fn open(path: &Path, before: Option<&Endorsed<Roster>>) -> Result<Endorsed<Roster>, Failure> {
    let bytes = files::read(path)?;
    let wrong = |e: &CoseError| bad(path, Kind::Roster, &e.phrase());
    let claimed = Endorsed::<Roster>::peek(&bytes).map_err(|e| wrong(&e))?;
    if claimed.predecessor != before.map(Endorsed::roster_digest) {
        return Err(Failure::input(
            phrase!(
                "{path} does not follow the roster before it",
                "{path} は前の名簿に続くものではない",
                path = Named(path.display())
            ),
            phrase!(
                "give --roster for every roster from the first on, in order",
                "最初の名簿から順に、すべての名簿を --roster で指定してください。"
            ),
        ));
    }
    let signers = before.map_or(&claimed, Endorsed::body);
    let safes = before.and_then(|before| before.body().recovery.as_ref());
    let officers = signers.officers.iter().map(|o| o.key);
    let safes = safes
        .into_iter()
        .flat_map(|recovery| recovery.keys.iter().copied());
    let keys: Vec<P256PublicKey> = officers.chain(safes).collect();
    Endorsed::open(&bytes, claimed.scope, key_of(keys)).map_err(|e| wrong(&e))
}

/// Not even one roster is given.
pub(crate) fn no_roster() -> Failure {
    Failure::input(
        phrase!("no roster", "名簿がない"),
        phrase!("give --roster", "--roster を指定してください。"),
    )
}

/// Rosters from the first one on.
#[derive(Debug)]
pub(crate) struct Rosters {
    before: Vec<Endorsed<Roster>>,
    last: Endorsed<Roster>,
}

impl Rosters {
    fn of(mut rosters: Vec<Endorsed<Roster>>) -> Result<Self, Failure> {
        let last = rosters.pop();
        let last = last.ok_or_else(no_roster)?;
        Ok(Self {
            before: rosters,
            last,
        })
    }

    /// The last one.
    pub(crate) const fn last(&self) -> &Endorsed<Roster> {
        &self.last
    }

    /// The last one, given away.
    pub(crate) fn into_last(self) -> Endorsed<Roster> {
        self.last
    }

    /// The one before the last.
    pub(crate) fn predecessor(&self) -> Option<&Endorsed<Roster>> {
        self.before.last()
    }

    /// The one whose administrators sign the last one: the one before it, or itself.
    pub(crate) fn signing(&self) -> &Endorsed<Roster> {
        self.predecessor().unwrap_or(&self.last)
    }

    /// The one of this digest, or the last one: what does not name it is refused there.
    pub(crate) fn named(&self, digest: RosterDigest) -> &Endorsed<Roster> {
        let mut all = self.before.iter();
        all.find(|roster| roster.roster_digest() == digest)
            .unwrap_or(&self.last)
    }

    /// Recovery keys that signed the last one.
    pub(crate) fn safes(&self) -> impl Iterator<Item = KeyId> {
        let officer = |kid: &KeyId| self.signers().any(|signer| signer.key.key_id() == *kid);
        self.last.signers().filter(move |kid| !officer(kid))
    }

    /// Who signed the last one.
    pub(crate) fn signers(&self) -> impl Iterator<Item = &Officer> {
        let officers = self.signing().body().officers.iter();
        officers.filter(|officer| self.last.signers().any(|kid| kid == officer.key.key_id()))
    }
}
