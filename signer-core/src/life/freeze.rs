//! Freezing a device: any one officer stops it from signing anything but a sweep; the administrators
//! let it go on.

use core::fmt;

use minicbor::{Decode, Encode};

use crate::approval::{ActiveRoster, Officer, RequestKind, RosterError};
use crate::cose::{Artefact, CoseError, Endorsed, Scope, SignedBy};
use crate::digest::{DeviceId, FreezeDigest, RootDigest, RosterDigest};
use crate::headers::KnownTime;
use crate::phrase;
use crate::rule::{Explained, Phrase, Place, Refusal, RuleId, Verdict};
use crate::types::{Height, Label, Lang, OfficerId, SessionNumber};

/// One officer's word that a device signs nothing any more but a sweep. Any role will do: to stop is
/// never dangerous.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Freeze {
    /// Version of this structure: 1.
    #[n(0)]
    pub version: u8,
    /// Network and purpose.
    #[n(1)]
    pub scope: Scope,
    /// Who.
    #[n(2)]
    pub officer: OfficerId,
    /// Which device.
    #[n(3)]
    pub device: DeviceId,
    /// In which session.
    #[n(4)]
    pub session: SessionNumber,
    /// The session's nonce: makes the signature fresh.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub nonce: [u8; 32],
    /// Why, in few words.
    #[n(6)]
    pub reason: Label,
}

impl Artefact for Freeze {
    const KIND: &'static str = "freeze";
    const SIGNED_BY: SignedBy = SignedBy::Officer;
}

/// The administrators' order that a frozen device goes on.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Thaw {
    /// Version of this structure: 1.
    #[n(0)]
    pub version: u8,
    /// Network and purpose.
    #[n(1)]
    pub scope: Scope,
    /// The root.
    #[n(2)]
    pub root: RootDigest,
    /// The roster whose administrators sign.
    #[n(3)]
    pub roster: RosterDigest,
    /// The freeze that ends, and no other.
    #[n(4)]
    pub freeze: FreezeDigest,
    /// Why, in few words.
    #[n(5)]
    pub reason: Label,
}

impl Artefact for Thaw {
    const KIND: &'static str = "thaw";
    const SIGNED_BY: SignedBy = SignedBy::Officer;
}

/// A device as one officer froze it. Its HSM remembers it too, in the anchor.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Frozen {
    /// What the thaw must name.
    #[n(0)]
    pub digest: FreezeDigest,
    /// Who did it.
    #[n(1)]
    pub officer: OfficerId,
    /// In which session.
    #[n(2)]
    pub session: SessionNumber,
    /// Why.
    #[n(3)]
    pub reason: Label,
}

/// The session in which a freeze is signed.
#[derive(Clone, Copy, Debug)]
pub struct FreezeStanding<'a> {
    /// The roster in force.
    pub roster: &'a ActiveRoster,
    /// The device.
    pub device: DeviceId,
    /// The session.
    pub session: SessionNumber,
    /// Its nonce.
    pub nonce: [u8; 32],
    /// The known height. No clock ends this: one that runs ahead must not take the brake away.
    pub known: Height,
}

/// Why a freeze or a thaw was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FreezeError {
    /// Not signed as it must be, or of another frame.
    Roster(RosterError),
    /// Signed by nobody whose entry is valid now.
    NotValid(OfficerId),
    /// Of another officer, device or session.
    Other,
    /// The device is frozen already.
    Again,
    /// The device is not frozen, or by another freeze.
    NotFrozen(FreezeDigest),
}

impl Explained for FreezeError {
    fn what(&self) -> Phrase {
        match self {
            Self::Roster(error) => error.what(),
            Self::NotValid(id) => phrase!(
                "the entry of {id} is not valid now",
                "{id} の登録は現在有効でない",
                id = id
            ),
            Self::Other => phrase!(
                "made for another officer, device or session",
                "別の役職員、端末、またはセッションのもの"
            ),
            Self::Again => phrase!("the device is frozen already", "端末はすでに凍結中"),
            Self::NotFrozen(got) => phrase!(
                "the device is not frozen by {got}",
                "端末は {got} により凍結されていない",
                got = got
            ),
        }
    }

    fn advice(&self) -> Phrase {
        match self {
            Self::Roster(error) => error.advice(),
            Self::NotValid(_) | Self::Other => phrase!(
                "Let an officer of the roster in force sign in this session.",
                "有効な名簿の役職員がこのセッションで署名してください。"
            ),
            Self::Again => phrase!(
                "Nothing is left to do; see signer-device device status.",
                "作業は不要です。signer-device device statusで確認してください。"
            ),
            Self::NotFrozen(_) => phrase!(
                "Draft the order again for the freeze that device status shows.",
                "device statusが示す凍結に対する指示を作り直してください。"
            ),
        }
    }
}

impl fmt::Display for FreezeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl core::error::Error for FreezeError {}

impl From<RosterError> for FreezeError {
    fn from(error: RosterError) -> Self {
        Self::Roster(error)
    }
}

impl From<CoseError> for FreezeError {
    fn from(error: CoseError) -> Self {
        Self::Roster(error.into())
    }
}

impl Frozen {
    /// Opens what an officer signed in this session.
    ///
    /// # Errors
    /// [`FreezeError`].
    pub fn open(
        bytes: &[u8],
        at: FreezeStanding<'_>,
        now: Option<&Self>,
    ) -> Result<Self, FreezeError> {
        let (signed, officer) = at.roster.open_signed::<Freeze>(bytes)?;
        let body = signed.body();
        if body.version != 1 {
            return Err(RosterError::Version(body.version).into());
        }
        if body.scope != at.roster.scope() {
            return Err(RosterError::OtherScope.into());
        }
        if !may_freeze(officer, at.known) {
            return Err(FreezeError::NotValid(officer.id.clone()));
        }
        let named = (&body.officer, body.device, body.session, body.nonce);
        if named != (&officer.id, at.device, at.session, at.nonce) {
            return Err(FreezeError::Other);
        }
        if now.is_some() {
            return Err(FreezeError::Again);
        }
        Ok(Self {
            digest: FreezeDigest::from_bytes(signed.digest(FreezeDigest::TAG)),
            officer: body.officer.clone(),
            session: body.session,
            reason: body.reason.clone(),
        })
    }

    /// Opens an order that ends this freeze: of the roster in force, by the quorum of its
    /// administrators whose entries are valid at this time.
    ///
    /// # Errors
    /// [`FreezeError`].
    pub fn open_thaw(
        now: Option<&Self>,
        bytes: &[u8],
        roster: &ActiveRoster,
        at: KnownTime,
    ) -> Result<Endorsed<Thaw>, FreezeError> {
        let endorsed = roster.open_order::<Thaw>(bytes, at)?;
        let order = endorsed.body();
        if now.is_none_or(|frozen| frozen.digest != order.freeze) {
            return Err(FreezeError::NotFrozen(order.freeze));
        }
        Ok(endorsed)
    }

    /// Who froze it, when and why.
    pub fn phrase(&self) -> Phrase {
        phrase!(
            "frozen by {officer} in session {session}: {reason}",
            "セッション {session} で {officer} が凍結: {reason}",
            officer = self.officer,
            session = self.session,
            reason = self.reason
        )
    }
}

/// Whether this officer may freeze a device. A freeze closes, so it is judged by the headers alone: a clock
/// that runs ahead keeps nobody from it.
pub fn may_freeze(officer: &Officer, known: Height) -> bool {
    officer.is_valid(KnownTime::without_clock(known))
}

/// ENV03: A frozen device signs nothing but a sweep.
///
/// `signing` is what the ceremony is about to sign, if anything: one that goes on after a cut signs what
/// the cut one was about to. A sweep needs a frozen device: it is no cheap way around the ordinary quorum.
/// Every other ceremony is told.
pub fn env03(frozen: Option<&Frozen>, signing: Option<RequestKind>) -> Verdict {
    match (frozen, signing) {
        (None, None | Some(RequestKind::Ordinary)) => Verdict::Passed,
        (None, Some(RequestKind::Sweep)) => refusing(
            phrase!(
                "a frozen device, for a sweep",
                "緊急退避送金には凍結中の端末"
            ),
            phrase!("a device that is not frozen", "凍結されていない端末"),
        ),
        (Some(frozen), Some(RequestKind::Ordinary)) => refusing(
            phrase!("a device that is not frozen", "凍結されていない端末"),
            frozen.phrase(),
        ),
        (Some(frozen), None | Some(RequestKind::Sweep)) => Verdict::Notice(frozen.phrase()),
    }
}

fn refusing(expected: Phrase, got: Phrase) -> Verdict {
    let refusal = Refusal::new(RuleId::ENV03, Place::Machine, expected, got);
    Verdict::of(alloc::vec![refusal])
}

#[cfg(test)]
mod tests;
