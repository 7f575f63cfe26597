//! What a journal entry says. The numbers of this file are part of the format
//! (`docs/formats/transcript.cddl`) and never change.

mod announced;
mod ended;
mod keys;
mod life;
mod opened;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use bitcoin::Txid;
use minicbor::{Decode, Encode};

pub use announced::{Announced, AnnouncedRoster, EndingEntry, OpenCount};
pub use ended::{Aborted, CLOCK_SLACK, Exception, Outcome, WrongPin};
pub use keys::{DiscardedKey, KeyRange, KeysDiscarded, KeysGenerated, KeysIntended, MadeKey};
pub use life::{Inventoried, Proven};
pub use opened::{CeremonyKind, Looks, Rechecked, SessionOpened, Software};

use crate::approval::Seat;
use crate::codec::{ByteString, SharedBytes};
use crate::digest::{DeviceId, RequestDigest, ScreenDigest};
use crate::frames::{Form, TransferCode};
use crate::keys::{CkaId, P256PublicKey};
use crate::life::{Destroying, Recovered, Replaced};
use crate::psbt::{Limits, ParsedPsbt, ProprietaryField, RawPsbt, ReadOnce, first_map};
use crate::root::Root;
use crate::rule::Phrase;
use crate::rule::{Refusal, RuleReport, Stopped};
use crate::settlement::Settled;
use crate::signing::{Intent, SignatureLine};
use crate::split::{PinOpened, PinSplit};
use crate::token::{AcceptanceRecord, HsmFacts};
use crate::types::{Id, Label, Lang, OfficerId, SessionNumber};

/// One entry: the hash of the one before, its place, its session, and what happened.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Entry {
    /// SHA-256 of the bytes of the entry before; zero for the first.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub prev: [u8; 32],
    /// Place in the journal, from 0. A recovery stands at the place of the anchor that it continues.
    #[n(1)]
    pub sequence: u64,
    /// The session; 0 for the genesis entry alone. A recovery gives its session a new number, which
    /// none can have had: a journal has fewer sessions than entries.
    #[n(2)]
    pub session: SessionNumber,
    /// What happened.
    #[n(3)]
    pub body: Body,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Body {
    /// The device was born.
    #[n(0)]
    Genesis(#[n(0)] Box<Genesis>),
    /// A session began.
    #[n(1)]
    SessionOpened(#[n(0)] Box<SessionOpened>),
    /// An artefact was installed after its checks.
    #[n(2)]
    Installed(#[n(0)] Installed),
    /// Keys were generated.
    #[n(3)]
    KeysGenerated(#[n(0)] KeysGenerated),
    /// An officer took a seat: the signed attendance.
    #[n(4)]
    Attended(#[n(0)] ByteString),
    /// A PSBT came in.
    #[n(5)]
    Intake(#[n(0)] Intake),
    /// The rules judged it: every line, also when one refused.
    #[n(6)]
    Reported(#[n(0)] RuleReport),
    /// An officer's rejection was seen: the request is dead on this device.
    #[n(7)]
    Rejected(#[n(0)] Rejected),
    /// A screen was shown.
    #[n(8)]
    Shown(#[n(0)] Shown),
    /// An operator typed.
    #[n(9)]
    Answered(#[n(0)] Answered),
    /// Signatures are about to be asked of the HSM.
    #[n(10)]
    Intent(#[n(0)] Intent),
    /// The HSM made one signature, and it verified.
    #[n(11)]
    Result(#[n(0)] SignatureLine),
    /// The signed receipt.
    #[n(12)]
    Receipt(#[n(0)] ByteString),
    /// A rule refused after the machine's report.
    #[n(13)]
    Refused(#[n(0)] Refusal),
    /// People ended the session.
    #[n(14)]
    Aborted(#[n(0)] Aborted),
    /// A wrong PIN was entered.
    #[n(15)]
    WrongPin(#[n(0)] WrongPin),
    /// Something did not go as the script says.
    #[n(16)]
    Exception(#[n(0)] Exception),
    /// The session ended like this.
    #[n(17)]
    Closed(#[n(0)] Outcome),
    /// The signed seal over everything up to the entry before.
    #[n(18)]
    Sealed(#[n(0)] ByteString),
    /// The machine was read again, before signing.
    #[n(19)]
    Rechecked(#[n(0)] Box<Rechecked>),
    /// Keys are about to be asked of the HSM.
    #[n(20)]
    KeysIntended(#[n(0)] KeysIntended),
    /// What a cut generation left is about to be destroyed.
    #[n(21)]
    KeysDiscarded(#[n(0)] KeysDiscarded),
    /// Everything on the token was listed.
    #[n(22)]
    Inventoried(#[n(0)] Inventoried),
    /// A backup or a restored HSM was held against the device card.
    #[n(23)]
    Proven(#[n(0)] Proven),
    /// Keys are about to be destroyed.
    #[n(24)]
    Destroying(#[n(0)] Destroying),
    /// A key was destroyed, and read back as gone.
    #[n(25)]
    Destroyed(#[n(0)] CkaId),
    /// What the people of this session had to be told before anything else.
    #[n(26)]
    Announced(#[n(0)] Announced),
    /// The journal goes on from an anchor in the HSM, without the entries up to it.
    #[n(27)]
    Recovered(#[n(0)] Box<Recovered>),
    /// A PIN is about to be changed to one that is split among holders.
    #[n(28)]
    PinSplit(#[n(0)] PinSplit),
    /// The token was logged in to with a split PIN.
    #[n(29)]
    PinOpened(#[n(0)] PinOpened),
    /// A restored HSM took the place of the device's.
    #[n(30)]
    Replaced(#[n(0)] Box<Replaced>),
    /// Open partial signatures were settled by proof.
    #[n(31)]
    Settled(#[n(0)] Box<Settled>),
    /// A witness signed for the session: the signed statement.
    #[n(32)]
    Witnessed(#[n(0)] ByteString),
}

impl Body {
    /// The machine's clock, where an entry tells it within a session.
    pub(super) const fn clock(&self) -> Option<u64> {
        match self {
            Self::Intake(intake) => Some(intake.clock),
            Self::Installed(installed) => Some(installed.clock),
            Self::Rechecked(again) => Some(again.clock),
            _ => None,
        }
    }

    /// The entry's name, for messages and reports.
    pub fn phrase(&self) -> Phrase {
        let [en, ja] = self.names();
        Phrase::new(en, ja)
    }

    const fn names(&self) -> [&'static str; 2] {
        match self {
            Self::Genesis(_) => ["genesis", "起点"],
            Self::SessionOpened(_) => ["session opened", "セッション開始"],
            Self::Installed(_) => ["installed", "導入"],
            Self::KeysGenerated(_) => ["keys generated", "鍵生成"],
            Self::Attended(_) => ["attended", "在席"],
            Self::Intake(_) => ["intake", "PSBT読込"],
            Self::Reported(_) => ["reported", "判定結果"],
            Self::Rejected(_) => ["rejected", "否認"],
            Self::Shown(_) => ["shown", "画面表示"],
            Self::Answered(_) => ["answered", "確認入力"],
            Self::Intent(_) => ["intent", "署名予定"],
            Self::Result(_) => ["result", "署名結果"],
            Self::Receipt(_) => ["receipt", "受領証"],
            Self::Refused(_) => ["refused", "拒否"],
            Self::Aborted(_) => ["aborted", "中止"],
            Self::WrongPin(_) => ["wrong PIN", "PIN誤り"],
            Self::Exception(_) => ["exception", "例外"],
            Self::Closed(_) => ["closed", "終了"],
            Self::Sealed(_) => ["sealed", "封印"],
            Self::Rechecked(_) => ["rechecked", "再確認"],
            Self::KeysIntended(_) => ["keys intended", "鍵生成予定"],
            Self::KeysDiscarded(_) => ["keys discarded", "残存鍵破棄"],
            Self::Inventoried(_) => ["inventoried", "棚卸し"],
            Self::Proven(_) => ["proven", "所持証明"],
            Self::Destroying(_) => ["destroying", "破棄予定"],
            Self::Destroyed(_) => ["destroyed", "破棄"],
            Self::Announced(_) => ["announced", "告知"],
            Self::Recovered(_) => ["recovered", "復旧"],
            Self::PinSplit(_) => ["PIN split", "PIN分割"],
            Self::PinOpened(_) => ["PIN opened", "分割PINによるログイン"],
            Self::Replaced(_) => ["replaced", "HSM交換"],
            Self::Settled(_) => ["settled", "部分署名の解消"],
            Self::Witnessed(_) => ["witnessed", "立会確認"],
        }
    }
}

/// The first entry of every journal.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Genesis {
    /// The root of trust, typed by two people from paper.
    #[n(0)]
    pub root: Root,
    /// The device's name.
    #[n(1)]
    pub name: Id,
    /// Where it stands.
    #[n(2)]
    pub site: Label,
    /// Its identity key.
    #[n(3)]
    pub identity: P256PublicKey,
    /// Its HSM.
    #[n(4)]
    pub hsm: HsmFacts,
    /// Generation of the HSM behind the name.
    #[n(5)]
    pub generation: u32,
    /// The acceptance test that the HSM has passed (HSM06).
    #[n(6)]
    pub acceptance: Option<AcceptanceRecord>,
    /// Who made the token ready, where this program did not: it was taken with a label and a PIN,
    /// and without any object.
    #[n(7)]
    pub readied: Option<ReadiedBy>,
}

/// Who gave a token its label and its PIN before commissioning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum ReadiedBy {
    /// The vendor's own tool, as the profile says of this model.
    #[n(0)]
    VendorTool,
    /// Nobody here knows: the journal of the day is lost, or the HSM came in the place of another one.
    #[n(1)]
    NotKnown,
}

/// A kind of artefact that is installed on a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum WhatKind {
    /// A roster.
    #[n(0)]
    Roster,
    /// An enrolment.
    #[n(1)]
    Enrolment,
    /// A device card, of this device or of a co-signer.
    #[n(2)]
    Card,
    /// A wallet record that this device has endorsed, not yet all.
    #[n(3)]
    WalletDraft,
    /// A wallet record that all devices have endorsed.
    #[n(4)]
    Wallet,
    /// A policy.
    #[n(5)]
    Policy,
    /// Block headers.
    #[n(6)]
    Headers,
    /// An order that retires a wallet.
    #[n(7)]
    Retirement,
    /// A roster of the recovery quorum, which waits.
    #[n(8)]
    WaitingRoster,
    /// An administrator's order that a waiting roster never takes effect.
    #[n(9)]
    Cancellation,
    /// An officer's word that this device signs nothing any more.
    #[n(10)]
    Freeze,
    /// The administrators' order that it goes on.
    #[n(11)]
    Thaw,
}

impl WhatKind {
    /// The name in files and on the host's pages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Roster => "roster",
            Self::Enrolment => "enrolment",
            Self::Card => "card",
            Self::WalletDraft => "wallet-draft",
            Self::Wallet => "wallet",
            Self::Policy => "policy",
            Self::Headers => "headers",
            Self::Retirement => "retirement",
            Self::WaitingRoster => "waiting-roster",
            Self::Cancellation => "cancellation",
            Self::Freeze => "freeze",
            Self::Thaw => "thaw",
        }
    }
}

/// An artefact that was installed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Installed {
    /// Its kind.
    #[n(0)]
    pub kind: WhatKind,
    /// The artefact, byte for byte.
    #[n(1)]
    pub artefact: ByteString,
    /// The machine's clock, in seconds since 1970: a claim.
    #[n(2)]
    pub clock: u64,
}

/// The way by which a file came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Channel {
    /// A file on a medium.
    #[n(0)]
    File,
    /// Pictures of QR codes: UR, or what other wallets alone write.
    #[n(1)]
    Pictures,
    /// Pictures of QR codes: BBQr.
    #[n(2)]
    Bbqr,
    /// Pictures of QR codes: byte frames, which programs of this project alone write and read.
    #[n(3)]
    ByteFrames,
}

impl Channel {
    /// Of pictures whose frames had this form.
    pub const fn of(form: Form) -> Self {
        match form {
            Form::Ur | Form::Specter | Form::Base64 => Self::Pictures,
            Form::Bbqr => Self::Bbqr,
            Form::Bytes => Self::ByteFrames,
        }
    }

    /// The form of the answer's pictures: that of the request, which the asker is so known to read.
    pub const fn answered_in(self) -> Form {
        match self {
            Self::File | Self::Pictures => Form::Ur,
            Self::Bbqr => Form::Bbqr,
            Self::ByteFrames => Form::Bytes,
        }
    }

    /// Only a medium carries the large files that heavy parents make.
    const fn limits(self) -> Limits {
        match self {
            Self::File => Limits::HEAVY,
            Self::Pictures | Self::Bbqr | Self::ByteFrames => Limits::USUAL,
        }
    }

    /// The name in files and on the host's pages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Pictures => "pictures",
            Self::Bbqr => "bbqr-pictures",
            Self::ByteFrames => "byte-frame-pictures",
        }
    }
}

/// A PSBT that came in.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Intake {
    /// Byte for byte.
    #[n(0)]
    psbt: SharedBytes,
    /// How it came.
    #[n(1)]
    channel: Channel,
    /// What both screens showed of a transfer by pictures.
    #[n(2)]
    pub code: Option<TransferCode>,
    /// The machine's clock, in seconds since 1970: a claim.
    #[n(3)]
    clock: u64,
    /// The one reading of it.
    #[cbor(skip)]
    read: ReadOnce,
}

impl Intake {
    /// A PSBT that came so at this moment, with the code of its transfer where it came by pictures.
    pub fn new(psbt: Vec<u8>, channel: Channel, clock: u64) -> Self {
        let code = match channel {
            Channel::File => None,
            _ => Some(TransferCode::of(&psbt)),
        };
        Self {
            psbt: SharedBytes(Arc::new(psbt)),
            channel,
            code,
            clock,
            read: ReadOnce::default(),
        }
    }

    /// The same PSBT, taken from the journal at another moment.
    #[must_use]
    pub fn again(&self, clock: u64) -> Self {
        Self {
            clock,
            ..self.clone()
        }
    }

    /// The PSBT, byte for byte.
    pub fn psbt(&self) -> &[u8] {
        &self.psbt.0
    }

    /// How it came.
    pub const fn channel(&self) -> Channel {
        self.channel
    }

    /// The devices whose receipts its keys name. Nothing else of it is looked at: most have none.
    pub fn answered_by(&self) -> impl Iterator<Item = DeviceId> {
        first_map(self.psbt()).filter_map(|record| {
            let (field, named) = ProprietaryField::of_key(record.key())?;
            let device = named.first_chunk::<32>()?;
            (field == ProprietaryField::Receipt).then(|| DeviceId::from_bytes(*device))
        })
    }

    /// What reading it finds. It is read once, however often it is asked.
    ///
    /// # Errors
    /// The complete report, when any rule of PSB01 to PSB08 refuses.
    pub fn read(&self) -> Result<&ParsedPsbt, &Stopped> {
        self.read.of(&self.psbt.0, self.channel.limits())
    }

    /// The stage that goes on from it.
    pub(super) fn stage(&self) -> Result<ParsedPsbt, Stopped> {
        self.read.stage(&self.psbt.0, self.channel.limits())
    }

    /// The id of its unsigned transaction. A journal that is loaded asks for no more of it: then only
    /// the container is looked at.
    pub(super) fn unsigned_txid(&self) -> Option<Txid> {
        match self.read.known() {
            Some(parsed) => parsed.raw().unsigned_txid(),
            None => self.container().ok()?.unsigned_txid(),
        }
    }

    /// The container alone, of a PSBT that was judged before it was signed.
    pub(super) fn container(&self) -> Result<RawPsbt, Refusal> {
        RawPsbt::from_shared(Arc::clone(&self.psbt.0))
    }

    /// Whether the code, where there is one, is that of the PSBT.
    pub(super) fn is_coded_right(&self) -> bool {
        match (self.channel, self.code) {
            (_, None) => true,
            (Channel::File, Some(_)) => false,
            (_, Some(code)) => code == TransferCode::of(self.psbt()),
        }
    }
}

/// A rejection that was seen.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Rejected {
    /// The request that is dead from now on.
    #[n(0)]
    pub request: RequestDigest,
    /// Who rejected it.
    #[n(1)]
    pub officer: OfficerId,
}

/// A screen that was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Shown {
    /// Its number, from 1.
    #[n(0)]
    pub number: u32,
    /// Its text.
    #[n(1)]
    pub screen: ScreenDigest,
}

impl Shown {
    /// These lines, shown as the screen of this number.
    pub fn of(number: u32, lang: Lang, lines: &[String]) -> Self {
        let screen = ScreenDigest::of(lang, lines);
        Self { number, screen }
    }
}

/// What an operator typed, right or wrong.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Answered {
    /// The screen that it is about, from 1.
    #[n(0)]
    pub screen: u32,
    /// Who was asked.
    #[n(1)]
    pub seat: Seat,
    /// What was typed.
    #[n(2)]
    pub text: String,
}
