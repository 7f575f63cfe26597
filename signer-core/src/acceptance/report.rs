//! The report: observations, signed by the device's identity key or by a throw-away key.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use minicbor::{Decode, Encode};

use super::{Answer, Findings, SignatureTally, Trial};
use crate::cose::{Artefact, CoseError, Scope, Signed, SignedBy, peek};
use crate::digest::{AcceptanceDigest, KeyId};
use crate::keys::P256PublicKey;
use crate::phrase;
use crate::rule::{Explained, Phrase};
use crate::token::{Evidence, HsmFacts, Line};
use crate::transcript::{MadeKey, Software};
use crate::types::Lang;

/// What an acceptance test saw.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AcceptanceReport {
    /// Version of the format: 1.
    #[n(0)]
    pub version: u32,
    /// Network and purpose of the device, or of the place where the HSM shall serve.
    #[n(1)]
    pub scope: Scope,
    /// Whose key signs.
    #[n(2)]
    pub signer: ReportSigner,
    /// The key that signs. People compare its words, or know it by the device's enrolment.
    #[n(3)]
    pub key: P256PublicKey,
    /// Drawn from the HSM: every digest that was signed follows from it.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub nonce: [u8; 32],
    /// The machine's clock, in seconds since 1970: a claim.
    #[n(5)]
    pub clock: u64,
    /// The HSM, its module and its profile.
    #[n(6)]
    pub hsm: HsmFacts,
    /// What ran; self-reported.
    #[n(7)]
    pub software: Software,
    /// The throw-away secp256k1 keys as they were read back.
    #[n(8)]
    pub keys: Vec<MadeKey>,
    /// What stands behind their attributes.
    #[n(9)]
    pub evidence: Evidence,
    /// Attributes that were asked for and that the module does not know, by name.
    #[n(10)]
    pub unknown: Vec<Line>,
    /// Every mechanism that the module names, ascending.
    #[n(11)]
    pub mechanisms: Vec<MechanismLine>,
    /// What came of the signatures.
    #[n(12)]
    pub signatures: SignatureTally,
    /// What was tried, ascending, each once.
    #[n(13)]
    pub trials: Vec<TrialLine>,
    /// Time of each kind of operation, ascending, each once.
    #[n(14)]
    pub timings: Vec<Timing>,
}

/// Whose key signs a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum ReportSigner {
    /// The identity key of a commissioned device.
    #[n(0)]
    Identity,
    /// A key made for this report alone, and destroyed after it.
    #[n(1)]
    ThrowAway,
}

/// A mechanism, as the module describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct MechanismLine {
    /// Its number in PKCS#11.
    #[n(0)]
    pub number: u64,
    /// Smallest key.
    #[n(1)]
    pub min: u64,
    /// Largest key.
    #[n(2)]
    pub max: u64,
}

/// What came of one trial.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TrialLine {
    /// The trial.
    #[n(0)]
    pub trial: Trial,
    /// What came of it.
    #[n(1)]
    pub answer: Answer,
    /// The return code, or why.
    #[n(2)]
    pub words: Line,
}

/// A kind of operation that was timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Operation {
    /// Loading the module and `C_Initialize`.
    #[n(0)]
    Load,
    /// `C_Login`, and listing what is on the token.
    #[n(1)]
    Login,
    /// Making a secp256k1 key pair.
    #[n(2)]
    Generate,
    /// Signing 32 bytes.
    #[n(3)]
    Sign,
    /// Finding one key by its `CKA_ID`.
    #[n(4)]
    Find,
    /// Reading the attributes of one private key.
    #[n(5)]
    ReadAttributes,
    /// Drawing 32 random bytes.
    #[n(6)]
    Random,
}

impl Operation {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Login => "login",
            Self::Generate => "generate",
            Self::Sign => "sign",
            Self::Find => "find",
            Self::ReadAttributes => "read attributes",
            Self::Random => "random, 32 bytes",
        }
    }
}

/// How long one kind of operation took, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Timing {
    /// The operation.
    #[n(0)]
    pub operation: Operation,
    /// How often.
    #[n(1)]
    pub times: u32,
    /// Shortest.
    #[n(2)]
    pub min: u64,
    /// Median.
    #[n(3)]
    pub median: u64,
    /// Longest.
    #[n(4)]
    pub max: u64,
}

impl Timing {
    /// Sums up single times, in microseconds; nothing where there are none.
    pub fn of(operation: Operation, mut times: Vec<u64>) -> Option<Self> {
        times.sort_unstable();
        Some(Self {
            operation,
            times: u32::try_from(times.len()).unwrap_or(u32::MAX),
            min: *times.first()?,
            median: *times.get(times.len().checked_div(2)?)?,
            max: *times.last()?,
        })
    }
}

impl Artefact for AcceptanceReport {
    const KIND: &'static str = "acceptance";
    const SIGNED_BY: SignedBy = SignedBy::Device;
}

/// Why a report is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportError {
    /// Not a signed report.
    Cose(CoseError),
    /// Signed by another key than the one that is trusted.
    OtherKey(KeyId),
    /// A part contradicts another.
    Content(Phrase),
}

impl Explained for ReportError {
    fn what(&self) -> Phrase {
        match self {
            Self::Cose(error) => phrase!(
                "not a signed acceptance report: {error}",
                "署名された受入試験の報告ではない: {error}",
                error = error.phrase()
            ),
            Self::OtherKey(key) => phrase!(
                "the report is signed by another key, {key}",
                "報告が別の鍵 {key} で署名されている",
                key = key
            ),
            Self::Content(what) => phrase!(
                "the acceptance report is wrong: {what}",
                "受入試験の報告が正しくない: {what}",
                what = what
            ),
        }
    }

    fn advice(&self) -> Phrase {
        phrase!(
            "Give the report as the device wrote it, and the words that it showed.",
            "端末が書き出したままの報告と、端末が表示した単語を指定してください。"
        )
    }
}

impl fmt::Display for ReportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl core::error::Error for ReportError {}

impl From<CoseError> for ReportError {
    fn from(error: CoseError) -> Self {
        Self::Cose(error)
    }
}

/// A report whose signature verifies and whose parts fit together. What it found is another
/// question: [`CheckedReport::findings`].
#[derive(Clone, Debug)]
pub struct CheckedReport {
    signed: Signed<AcceptanceReport>,
}

impl CheckedReport {
    /// The identifier of the key by which a report says that it is signed: before people have
    /// compared it, nothing more than a claim.
    ///
    /// # Errors
    /// [`ReportError`] where it is no report.
    pub fn claimed_key(bytes: &[u8]) -> Result<KeyId, ReportError> {
        let claimed: AcceptanceReport = peek(bytes)?;
        Ok(claimed.key.key_id())
    }

    /// Opens a report that the key of identifier `trusted` signed.
    ///
    /// # Errors
    /// [`ReportError`]: another form, another key, or parts that do not fit.
    pub fn open(bytes: &[u8], trusted: &KeyId) -> Result<Self, ReportError> {
        let claimed: AcceptanceReport = peek(bytes)?;
        let kid = claimed.key.key_id();
        if kid != *trusted {
            return Err(ReportError::OtherKey(kid));
        }
        let key = claimed.key;
        let signed = Signed::open(bytes, claimed.scope, |asked| (*asked == kid).then_some(key))?;
        let checked = Self { signed };
        checked.report().check()?;
        Ok(checked)
    }

    /// The report.
    pub const fn report(&self) -> &AcceptanceReport {
        self.signed.body()
    }

    /// Its digest.
    pub fn digest(&self) -> AcceptanceDigest {
        AcceptanceDigest::from_bytes(self.signed.digest(AcceptanceDigest::TAG))
    }

    /// What the observations mean.
    pub fn findings(&self) -> Findings {
        self.report().findings()
    }
}

impl AcceptanceReport {
    /// The version of the format.
    pub const VERSION: u32 = 1;

    /// What the observations mean.
    pub fn findings(&self) -> Findings {
        Findings::of(self)
    }

    /// What came of one trial.
    pub fn line(&self, trial: Trial) -> Option<&TrialLine> {
        self.trials.iter().find(|line| line.trial == trial)
    }

    /// Lists that could be read in two ways are refused.
    fn check(&self) -> Result<(), ReportError> {
        let wrong = if self.version != Self::VERSION {
            phrase!("another version of the format", "形式のバージョンが違う")
        } else if !self.trials.is_sorted_by(|a, b| a.trial < b.trial) {
            phrase!(
                "trials out of order, or one twice",
                "試行の順序違い、または重複"
            )
        } else if !self.timings.is_sorted_by(|a, b| a.operation < b.operation) {
            phrase!(
                "timings out of order, or one twice",
                "所要時間の順序違い、または重複"
            )
        } else if !self.mechanisms.is_sorted_by(|a, b| a.number < b.number) {
            phrase!(
                "mechanisms out of order, or one twice",
                "メカニズムの順序違い、または重複"
            )
        } else {
            return Ok(());
        };
        Err(ReportError::Content(wrong))
    }
}

impl MechanismLine {
    /// Its number as PKCS#11 headers write it.
    pub fn hex(&self) -> String {
        alloc::format!("{:#010x}", self.number)
    }
}
