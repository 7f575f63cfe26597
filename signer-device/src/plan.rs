//! From words to a plan: every argument is what it must be before anything is opened or asked.

mod check;
mod profile;

use std::path::PathBuf;

use optics::density::{Density, Pace};
use optics::source;
use signer_core::approval::RequestKind;
use signer_core::phrase;
use signer_core::rule::Named;
use signer_core::split::Credential;
use signer_core::token::Line;
use signer_core::types::TextError;
use signer_core::types::{Chain, Id, KeyIndex, Label, Lang, OfficerId, PoolNumber, SessionNumber};

use crate::cli::{
    AddressArgs, ChainArg, Cli, CodesArgs, Command, Common, CredentialArg, DeviceCommand,
    EntryArgs, ExportArgs, FreezeArgs, GenerateArgs, InitArgs, LangArg, PinCommand, PolicyCommand,
    PolicyInstallArgs, PsbtCommand, RegisterArgs, ReissueArgs, ResumeArgs, ResumeKeysArgs,
    ReviewArgs, RosterCommand, ShowArgs, SignArgs, SignatureCommand, SplitPinArgs, TokenArgs,
    TranscriptCommand, WalletCommand,
};
use crate::failure::Failure;

pub(crate) use check::Check;
pub(crate) use profile::profile;

/// Most outputs of one signing session.
const OUTPUTS: usize = 4;

/// What will be done.
#[derive(Debug)]
pub(crate) enum Plan {
    /// `device init`
    Commission(Box<Commission>),
    /// `device generate`, `device resume`
    Generate(Box<Generate>),
    /// `device inventory`
    Inventory(LookAtToken),
    /// `device verify-backup`
    VerifyBackup(VerifyBackup),
    /// `device replace`
    Replace(Replace),
    /// `device destroy`
    Destroy(DestroyKeys),
    /// `wallet retire`
    Retire(RetireWallet),
    /// `wallet take-card`
    TakeCard(TakeCard),
    /// `device anchor`
    Anchor(ShowAnchor),
    /// `device recover`
    Recover(Box<Recover>),
    /// `pin split`
    SplitPin(SplitPin),
    /// `device card`
    Card(Export),
    /// `device status`
    Status(Show),
    /// `device check`
    Check(Box<Check>),
    /// `wallet register`
    Register(Box<Register>),
    /// `wallet list`
    Wallets(Show),
    /// `wallet address`
    Address(Address),
    /// `policy install`
    InstallPolicy(InstallPolicy),
    /// `policy show`
    Policy(Show),
    /// `roster install`
    InstallRoster(InstallRoster),
    /// `roster cancel`
    CancelRoster(CancelRoster),
    /// `device freeze`
    Freeze(FreezeDevice),
    /// `device thaw`
    Thaw(ThawDevice),
    /// `signature settle`
    Settle(SettleSignatures),
    /// `roster show`
    Roster(Show),
    /// `psbt review`
    Review(Review),
    /// `psbt sign`, `psbt sweep`, `psbt resume`
    Sign(Sign),
    /// `psbt reissue`
    Reissue(Reissue),
    /// `transcript export`
    Transcript(Export),
    /// `selftest`
    Selftest(Format),
    /// `hello`
    Hello(Greeting),
    /// `decode-picture`
    DecodePicture,
    /// `end`
    End(u8),
}

/// How something is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// What `hello` draws, and where.
#[derive(Debug)]
pub(crate) struct Greeting {
    pub(crate) output: Option<PathBuf>,
    pub(crate) shown: bool,
    pub(crate) lang: Lang,
}

/// The device's folder, and the language.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) state: PathBuf,
    pub(crate) lang: Lang,
}

/// How the token is found; what is absent comes from the journal or the profile.
#[derive(Debug)]
pub(crate) struct TokenChoice {
    pub(crate) profile: Option<String>,
    pub(crate) module: Option<PathBuf>,
    pub(crate) label: Option<Line>,
}

/// `device init`
#[derive(Debug)]
pub(crate) struct Commission {
    pub(crate) place: Place,
    pub(crate) profile: String,
    pub(crate) module: Option<PathBuf>,
    pub(crate) label: Line,
    pub(crate) name: Id,
    pub(crate) site: Label,
    pub(crate) root: PathBuf,
    pub(crate) roster: PathBuf,
    pub(crate) keys: [(Chain, u32); 2],
    pub(crate) acceptance: Option<PathBuf>,
    pub(crate) card_out: PathBuf,
}

/// Which keys are made.
#[derive(Debug)]
pub(crate) enum WhichKeys {
    /// So many more of each chain of a pool.
    More {
        pool: PoolNumber,
        counts: [(Chain, u32); 2],
    },
    /// The rest of what was announced before a cut.
    Rest,
}

/// `device generate`, `device resume`
#[derive(Debug)]
pub(crate) struct Generate {
    pub(crate) place: Place,
    pub(crate) token: TokenChoice,
    pub(crate) keys: WhichKeys,
    pub(crate) card_out: PathBuf,
}

/// A command that writes one file.
#[derive(Debug)]
pub(crate) struct Export {
    pub(crate) place: Place,
    pub(crate) out: PathBuf,
}

/// A command that shows something.
#[derive(Debug)]
pub(crate) struct Show {
    pub(crate) place: Place,
    pub(crate) format: Format,
}

/// `wallet register`
#[derive(Debug)]
pub(crate) struct Register {
    pub(crate) place: Place,
    pub(crate) token: TokenChoice,
    pub(crate) record: RecordChoice,
    pub(crate) cards: Vec<PathBuf>,
    pub(crate) enrolments: Vec<PathBuf>,
}

/// What is registered.
#[derive(Debug)]
pub(crate) enum RecordChoice {
    /// A draft to sign, and where the signed one goes.
    Draft { draft: PathBuf, out: PathBuf },
    /// A record that all devices signed.
    Complete(PathBuf),
    /// The same of an emergency wallet of other devices.
    Emergency(PathBuf),
}

/// `device inventory`
#[derive(Debug)]
pub(crate) struct LookAtToken {
    pub(crate) place: Place,
    pub(crate) token: TokenChoice,
    pub(crate) format: Format,
}

/// `device verify-backup`
#[derive(Debug)]
pub(crate) struct VerifyBackup {
    pub(crate) place: Place,
    pub(crate) token: TokenChoice,
    pub(crate) out: PathBuf,
}

/// `device replace`
#[derive(Debug)]
pub(crate) struct Replace {
    pub(crate) place: Place,
    pub(crate) token: TokenChoice,
    pub(crate) order: PathBuf,
    pub(crate) card_out: PathBuf,
}

/// `device destroy`
#[derive(Debug)]
pub(crate) struct DestroyKeys {
    pub(crate) place: Place,
    pub(crate) token: TokenChoice,
    pub(crate) wallet: String,
}

/// `wallet retire`
#[derive(Debug)]
pub(crate) struct RetireWallet {
    pub(crate) place: Place,
    pub(crate) token: TokenChoice,
    pub(crate) order: PathBuf,
}

/// `wallet take-card`
#[derive(Debug)]
pub(crate) struct TakeCard {
    pub(crate) place: Place,
    pub(crate) token: TokenChoice,
    pub(crate) card: PathBuf,
}

/// `device anchor`
#[derive(Debug)]
pub(crate) struct ShowAnchor {
    pub(crate) lang: Lang,
    pub(crate) profile: String,
    pub(crate) module: Option<PathBuf>,
    pub(crate) label: Line,
    pub(crate) out: PathBuf,
}

/// `device recover`
#[derive(Debug)]
pub(crate) struct Recover {
    pub(crate) place: Place,
    pub(crate) token: TokenChoice,
    pub(crate) order: PathBuf,
    pub(crate) card: PathBuf,
    pub(crate) root: Option<PathBuf>,
    pub(crate) rosters: Vec<PathBuf>,
}

/// `pin split`
#[derive(Debug)]
pub(crate) struct SplitPin {
    pub(crate) place: Place,
    pub(crate) token: TokenChoice,
    pub(crate) credential: Credential,
    pub(crate) threshold: u8,
    pub(crate) holders: Vec<OfficerId>,
}

/// `wallet address`
#[derive(Debug)]
pub(crate) struct Address {
    pub(crate) show: Show,
    pub(crate) wallet: String,
    pub(crate) chain: Chain,
    pub(crate) index: KeyIndex,
}

/// `policy install`
#[derive(Debug)]
pub(crate) struct InstallPolicy {
    pub(crate) place: Place,
    pub(crate) token: TokenChoice,
    pub(crate) policy: PathBuf,
}

/// `roster install`
#[derive(Debug)]
pub(crate) struct InstallRoster {
    pub(crate) place: Place,
    pub(crate) token: TokenChoice,
    pub(crate) roster: PathBuf,
}

/// `roster cancel`
#[derive(Debug)]
pub(crate) struct CancelRoster {
    pub(crate) place: Place,
    pub(crate) token: TokenChoice,
    pub(crate) cancellation: PathBuf,
}

/// `device freeze`
#[derive(Debug)]
pub(crate) struct FreezeDevice {
    pub(crate) place: Place,
    pub(crate) token: TokenChoice,
    pub(crate) reason: Label,
}

/// `device thaw`
#[derive(Debug)]
pub(crate) struct ThawDevice {
    pub(crate) place: Place,
    pub(crate) token: TokenChoice,
    pub(crate) order: PathBuf,
}

/// `signature settle`
#[derive(Debug)]
pub(crate) struct SettleSignatures {
    pub(crate) place: Place,
    pub(crate) token: TokenChoice,
    pub(crate) proof: PathBuf,
}

/// `psbt review`
#[derive(Debug)]
pub(crate) struct Review {
    pub(crate) show: Show,
    pub(crate) entry: Entry,
}

/// Where a PSBT comes from across the gap.
#[derive(Debug)]
pub(crate) enum Entry {
    /// A file, or a folder of pictures.
    Path(PathBuf),
    /// A camera, or a recorded stream of one.
    Camera(PathBuf),
}

impl From<EntryArgs> for Entry {
    fn from(args: EntryArgs) -> Self {
        match (args.input, args.camera) {
            (Some(path), _) => Self::Path(path),
            (None, camera) => Self::Camera(camera.unwrap_or_else(|| source::USUAL.into())),
        }
    }
}

/// Where the PSBT of a signing session comes from.
#[derive(Debug)]
pub(crate) enum Source {
    /// A file, a folder of pictures or a camera.
    Gap(Entry, RequestKind),
    /// The journal: a session that was cut goes on, the only one or this one.
    Journal(Option<SessionNumber>),
}

/// `psbt sign`, `psbt resume`
#[derive(Debug)]
pub(crate) struct Sign {
    pub(crate) place: Place,
    pub(crate) token: TokenChoice,
    pub(crate) source: Source,
    pub(crate) outputs: Vec<PathBuf>,
    /// Seats for witnesses, where the policy calls for fewer.
    pub(crate) witnesses: u8,
    pub(crate) codes: Codes,
}

/// `psbt reissue`
#[derive(Debug)]
pub(crate) struct Reissue {
    pub(crate) place: Place,
    pub(crate) session: Option<SessionNumber>,
    pub(crate) outputs: Vec<PathBuf>,
    pub(crate) codes: Codes,
}

/// How codes are drawn.
#[derive(Clone, Debug)]
pub(crate) struct Codes {
    /// Their size, in pictures and on the screen.
    pub(crate) density: Density,
    /// How fast they are shown on the screen, where they are.
    pub(crate) shown: Option<Pace>,
    /// The page to be printed.
    pub(crate) sheet: Option<PathBuf>,
}

impl From<CodesArgs> for Codes {
    fn from(args: CodesArgs) -> Self {
        let pace = Pace::of_frames(args.fps).unwrap_or(Pace::USUAL);
        Self {
            density: Density::of_version(args.density).unwrap_or(Density::USUAL),
            shown: args.show.then_some(pace),
            sheet: args.sheet,
        }
    }
}

impl TryFrom<Cli> for Plan {
    type Error = Failure;

    #[expect(clippy::too_many_lines, reason = "a table: one arm for each command")]
    fn try_from(cli: Cli) -> Result<Self, Failure> {
        Ok(match cli.command {
            Command::Device(DeviceCommand::Init(args)) => {
                Self::Commission(Box::new(commission(*args)?))
            }
            Command::Device(DeviceCommand::Generate(args)) => {
                Self::Generate(Box::new(generate(args)?))
            }
            Command::Device(DeviceCommand::Resume(args)) => {
                Self::Generate(Box::new(resume_keys(args)?))
            }
            Command::Device(DeviceCommand::Inventory(args)) => Self::Inventory(LookAtToken {
                place: args.show.common.into(),
                token: token(args.token)?,
                format: format_of(args.show.json),
            }),
            Command::Device(DeviceCommand::VerifyBackup(args)) => {
                Self::VerifyBackup(VerifyBackup {
                    place: args.common.into(),
                    token: token(args.token)?,
                    out: args.out,
                })
            }
            Command::Device(DeviceCommand::Replace(args)) => Self::Replace(Replace {
                place: args.common.into(),
                token: token(args.token)?,
                order: args.order,
                card_out: args.card_out,
            }),
            Command::Device(DeviceCommand::Destroy(args)) => Self::Destroy(DestroyKeys {
                place: args.common.into(),
                token: token(args.token)?,
                wallet: args.wallet,
            }),
            Command::Wallet(WalletCommand::Retire(args)) => Self::Retire(RetireWallet {
                place: args.common.into(),
                token: token(args.token)?,
                order: args.order,
            }),
            Command::Wallet(WalletCommand::TakeCard(args)) => Self::TakeCard(TakeCard {
                place: args.common.into(),
                token: token(args.token)?,
                card: args.card,
            }),
            Command::Device(DeviceCommand::Anchor(args)) => Self::Anchor(ShowAnchor {
                lang: lang_of(args.lang),
                profile: args.profile,
                module: args.module,
                label: line("--token", &args.token)?,
                out: args.out,
            }),
            Command::Device(DeviceCommand::Recover(args)) => Self::Recover(Box::new(Recover {
                place: args.common.into(),
                token: token(args.token)?,
                order: args.order,
                card: args.card,
                root: args.root,
                rosters: args.rosters,
            })),
            Command::Pin(PinCommand::Split(args)) => Self::SplitPin(split_pin(args)?),
            Command::Device(DeviceCommand::Card(args)) => Self::Card(args.into()),
            Command::Device(DeviceCommand::Status(args)) => Self::Status(args.into()),
            Command::Device(DeviceCommand::Check(args)) => {
                Self::Check(Box::new(Check::try_from(*args)?))
            }
            Command::Wallet(WalletCommand::Register(args)) => {
                Self::Register(Box::new(register(*args)?))
            }
            Command::Wallet(WalletCommand::List(args)) => Self::Wallets(args.into()),
            Command::Wallet(WalletCommand::Address(args)) => Self::Address(args.into()),
            Command::Policy(PolicyCommand::Install(args)) => Self::InstallPolicy(policy(args)?),
            Command::Policy(PolicyCommand::Show(args)) => Self::Policy(args.into()),
            Command::Roster(RosterCommand::Install(args)) => Self::InstallRoster(InstallRoster {
                place: args.common.into(),
                token: token(args.token)?,
                roster: args.roster,
            }),
            Command::Roster(RosterCommand::Cancel(args)) => Self::CancelRoster(CancelRoster {
                place: args.common.into(),
                token: token(args.token)?,
                cancellation: args.cancellation,
            }),
            Command::Device(DeviceCommand::Freeze(args)) => Self::Freeze(freeze(args)?),
            Command::Device(DeviceCommand::Thaw(args)) => Self::Thaw(ThawDevice {
                place: args.common.into(),
                token: token(args.token)?,
                order: args.order,
            }),
            Command::Signature(SignatureCommand::Settle(args)) => Self::Settle(SettleSignatures {
                place: args.common.into(),
                token: token(args.token)?,
                proof: args.proof,
            }),
            Command::Roster(RosterCommand::Show(args)) => Self::Roster(args.into()),
            Command::Psbt(PsbtCommand::Review(args)) => Self::Review(args.into()),
            Command::Psbt(PsbtCommand::Sign(args)) => {
                Self::Sign(sign(args, RequestKind::Ordinary)?)
            }
            Command::Psbt(PsbtCommand::Sweep(args)) => Self::Sign(sign(args, RequestKind::Sweep)?),
            Command::Psbt(PsbtCommand::Resume(args)) => Self::Sign(resume(args)?),
            Command::Psbt(PsbtCommand::Reissue(args)) => Self::Reissue(reissue(args)?),
            Command::Transcript(TranscriptCommand::Export(args)) => Self::Transcript(args.into()),
            Command::Selftest(args) => Self::Selftest(format_of(args.json)),
            Command::Hello(args) => Self::Hello(Greeting {
                output: args.out,
                shown: args.show,
                lang: lang_of(args.lang),
            }),
            Command::DecodePicture => Self::DecodePicture,
            Command::End { code } => Self::End(code),
        })
    }
}

fn commission(args: InitArgs) -> Result<Commission, Failure> {
    if args.receive == 0 || args.change == 0 {
        return Err(Failure::input(
            phrase!(
                "a pool without keys on one of its chains",
                "鍵プールの一方のチェーンに鍵がない"
            ),
            phrase!(
                "Give --receive and --change of at least 1.",
                "--receive と --change には1以上を指定してください。"
            ),
        ));
    }
    let named = |what: &str, error: TextError| {
        Failure::input(
            phrase!(
                "{what}: {why}",
                "{what}: {why}",
                what = what,
                why = error.phrase()
            ),
            phrase!(
                "Use 1 to 32 of a-z 0-9 . _ - for a name, plain text for a site.",
                "名前は a-z 0-9 . _ - の1〜32文字、設置場所は通常の文字で指定してください。"
            ),
        )
    };
    Ok(Commission {
        place: args.common.into(),
        profile: args.profile,
        module: args.module,
        label: line("--token", &args.token)?,
        name: Id::new(&args.name).map_err(|e| named("--name", e))?,
        site: Label::new(&args.site).map_err(|e| named("--site", e))?,
        root: args.root,
        roster: args.roster,
        keys: [(Chain::Receive, args.receive), (Chain::Change, args.change)],
        acceptance: args.acceptance,
        card_out: args.card_out,
    })
}

fn freeze(args: FreezeArgs) -> Result<FreezeDevice, Failure> {
    let reason = Label::new(&args.reason).map_err(|error| {
        Failure::input(
            phrase!("--reason: {why}", "--reason: {why}", why = error),
            phrase!(
                "Use 1 to 64 plain characters.",
                "1〜64文字の通常の文字を使用してください。"
            ),
        )
    })?;
    Ok(FreezeDevice {
        place: args.common.into(),
        token: token(args.token)?,
        reason,
    })
}

fn generate(args: GenerateArgs) -> Result<Generate, Failure> {
    if args.receive == 0 && args.change == 0 {
        return Err(Failure::input(
            phrase!("no keys to make", "作成する鍵がない"),
            phrase!(
                "Give --receive or --change of at least 1.",
                "--receive または --change に1以上を指定してください。"
            ),
        ));
    }
    Ok(Generate {
        place: args.common.into(),
        token: token(args.token)?,
        keys: WhichKeys::More {
            pool: PoolNumber(args.pool),
            counts: [(Chain::Receive, args.receive), (Chain::Change, args.change)],
        },
        card_out: args.card_out,
    })
}

fn resume_keys(args: ResumeKeysArgs) -> Result<Generate, Failure> {
    Ok(Generate {
        place: args.common.into(),
        token: token(args.token)?,
        keys: WhichKeys::Rest,
        card_out: args.card_out,
    })
}

fn register(args: RegisterArgs) -> Result<Register, Failure> {
    let record = match (
        args.draft,
        args.record,
        args.endorsement_out,
        args.emergency,
    ) {
        (Some(draft), None, Some(out), None) => RecordChoice::Draft { draft, out },
        (None, Some(record), None, None) => RecordChoice::Complete(record),
        (None, None, None, Some(record)) => RecordChoice::Emergency(record),
        _ => {
            return Err(Failure::input(
                phrase!(
                    "neither a draft with --endorsement-out nor a complete record",
                    "--endorsement-out 付きの草案でも完成した記録でもない"
                ),
                phrase!(
                    "Give --draft FILE --endorsement-out FILE, or --record FILE.",
                    "--draft FILE と --endorsement-out FILE、または --record FILE を指定してください。"
                ),
            ));
        }
    };
    Ok(Register {
        place: args.common.into(),
        token: token(args.token)?,
        record,
        cards: args.cards,
        enrolments: args.enrolments,
    })
}

fn policy(args: PolicyInstallArgs) -> Result<InstallPolicy, Failure> {
    Ok(InstallPolicy {
        place: args.common.into(),
        token: token(args.token)?,
        policy: args.policy,
    })
}

fn sign(args: SignArgs, kind: RequestKind) -> Result<Sign, Failure> {
    Ok(Sign {
        place: args.common.into(),
        token: token(args.token)?,
        source: Source::Gap(args.entry.into(), kind),
        outputs: outputs(args.outputs)?,
        witnesses: args.witnesses.seats,
        codes: args.codes.into(),
    })
}

fn resume(args: ResumeArgs) -> Result<Sign, Failure> {
    Ok(Sign {
        place: args.common.into(),
        token: token(args.token)?,
        source: Source::Journal(args.session.map(SessionNumber)),
        outputs: outputs(args.outputs)?,
        witnesses: args.witnesses.seats,
        codes: args.codes.into(),
    })
}

fn reissue(args: ReissueArgs) -> Result<Reissue, Failure> {
    Ok(Reissue {
        place: args.common.into(),
        session: args.session.map(SessionNumber),
        outputs: outputs(args.outputs)?,
        codes: args.codes.into(),
    })
}

/// Each output once, and not too many.
fn outputs(outputs: Vec<PathBuf>) -> Result<Vec<PathBuf>, Failure> {
    let again =
        |(place, path): (usize, &PathBuf)| outputs.iter().skip(place + 1).any(|o| o == path);
    if outputs.iter().enumerate().any(again) || outputs.len() > OUTPUTS {
        return Err(Failure::input(
            phrase!(
                "the same --out twice, or too many of them",
                "--out が重複しているか、多すぎる"
            ),
            phrase!(
                "Give each output once: a new file, an empty folder for pictures.",
                "出力先はそれぞれ1回だけ指定してください(新しいファイル、または画像用の空フォルダ)。"
            ),
        ));
    }
    Ok(outputs)
}

fn token(args: TokenArgs) -> Result<TokenChoice, Failure> {
    Ok(TokenChoice {
        profile: args.profile,
        module: args.module,
        label: args.token.map(|text| line("--token", &text)).transpose()?,
    })
}

fn line(what: &str, text: &str) -> Result<Line, Failure> {
    Line::new(text)
        .filter(|line| !line.as_str().is_empty())
        .ok_or_else(|| {
            Failure::input(
                phrase!(
                    "{what}: not a line of plain characters",
                    "{what}: 英数記号の1行ではない",
                    what = what
                ),
                phrase!(
                    "Use letters, digits, dot, dash.",
                    "英数字、ドット、ハイフンを使用してください。"
                ),
            )
        })
}

/// Holders in ascending order, as the journal has them; twice the same stays, for HSM07 to refuse.
fn split_pin(args: SplitPinArgs) -> Result<SplitPin, Failure> {
    let parse = |name: &String| {
        Id::new(name).map_err(|_| {
            Failure::input(
                phrase!(
                    "--holders: {name} is no officer identifier",
                    "--holders: {name} は担当者IDではない",
                    name = Named(name)
                ),
                phrase!(
                    "Give the identifiers of the roster, for example sato.k,ito.m,mori.s.",
                    "名簿のIDを指定してください(例: sato.k,ito.m,mori.s)。"
                ),
            )
        })
    };
    let mut holders: Vec<OfficerId> = args.holders.iter().map(parse).collect::<Result<_, _>>()?;
    holders.sort();
    Ok(SplitPin {
        place: args.common.into(),
        token: token(args.token)?,
        credential: match args.credential {
            CredentialArg::User => Credential::User,
            CredentialArg::So => Credential::SecurityOfficer,
        },
        threshold: args.threshold,
        holders,
    })
}

const fn format_of(json: bool) -> Format {
    if json { Format::Json } else { Format::Text }
}

const fn lang_of(arg: LangArg) -> Lang {
    match arg {
        LangArg::En => Lang::En,
        LangArg::Ja => Lang::Ja,
    }
}

impl From<Common> for Place {
    fn from(common: Common) -> Self {
        Self {
            state: common.state,
            lang: lang_of(common.lang),
        }
    }
}

impl From<ShowArgs> for Show {
    fn from(args: ShowArgs) -> Self {
        Self {
            place: args.common.into(),
            format: format_of(args.json),
        }
    }
}

impl From<ExportArgs> for Export {
    fn from(args: ExportArgs) -> Self {
        Self {
            place: args.common.into(),
            out: args.out,
        }
    }
}

impl From<AddressArgs> for Address {
    fn from(args: AddressArgs) -> Self {
        Self {
            show: args.show.into(),
            wallet: args.wallet,
            chain: match args.chain {
                ChainArg::Receive => Chain::Receive,
                ChainArg::Change => Chain::Change,
            },
            index: KeyIndex(args.index),
        }
    }
}

impl From<ReviewArgs> for Review {
    fn from(args: ReviewArgs) -> Self {
        Self {
            show: args.show.into(),
            entry: args.entry.into(),
        }
    }
}
