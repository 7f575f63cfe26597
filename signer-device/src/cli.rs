//! The words of the command line. Nothing is judged here: [`crate::plan`] does that.
//!
//! No argument holds a secret, and none answers for an officer.

mod check;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use optics::density::{Density, Pace};
use optics::source;

pub(crate) use check::{CheckArgs, NetworkArg};

/// The air-gapped signing appliance: commissions a device, registers wallets and policies, reviews
/// and signs PSBTs, and proves what it did.
///
/// Exit codes: 0 done, 1 refused by rule, 2 refused by officer, 3 bad input, 4 HSM, 5 internal.
#[derive(Debug, Parser)]
#[command(name = "signer-device", version, arg_required_else_help = true, after_help = EXAMPLE_ROOT)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLE_ROOT: &str = "Example:
  signer-device psbt sign --state /var/lib/himuro --in request.psbt --out signed.psbt";

/// Nouns.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// This device: commission it, write its card, look at its state.
    #[command(
        subcommand,
        after_help = "Example:\n  signer-device device status --state /var/lib/himuro"
    )]
    Device(DeviceCommand),
    /// The PINs of the device's token.
    #[command(
        subcommand,
        after_help = "Example:\n  signer-device pin split --state /var/lib/himuro --threshold 2 --holders sato.k,ito.m,mori.s"
    )]
    Pin(PinCommand),
    /// Registered wallets.
    #[command(
        subcommand,
        after_help = "Example:\n  signer-device wallet list --state /var/lib/himuro"
    )]
    Wallet(WalletCommand),
    /// The policy in force.
    #[command(
        subcommand,
        after_help = "Example:\n  signer-device policy show --state /var/lib/himuro"
    )]
    Policy(PolicyCommand),
    /// Who the officers are.
    #[command(
        subcommand,
        after_help = "Example:\n  signer-device roster show --state /var/lib/himuro"
    )]
    Roster(RosterCommand),
    /// Review or sign a transaction.
    #[command(
        subcommand,
        after_help = "Example:\n  signer-device psbt review --state /var/lib/himuro --in request.psbt"
    )]
    Psbt(PsbtCommand),
    /// Partial signatures that were released.
    #[command(
        subcommand,
        after_help = "Example:\n  signer-device signature settle --state /var/lib/himuro --proof settlement.cbor"
    )]
    Signature(SignatureCommand),
    /// The sealed journal.
    #[command(
        subcommand,
        after_help = "Example:\n  signer-device transcript export --state /var/lib/himuro --out d1.transcript"
    )]
    Transcript(TranscriptCommand),
    /// Compute known answers and compare; touches no token.
    #[command(after_help = "Example:\n  signer-device selftest --json")]
    Selftest(SelftestArgs),
    /// Draw a code that tells the host which frames this program reads, for faster pictures.
    #[command(
        after_help = "Example:\n  signer-device hello --show\n  signer-device hello --out hello.png"
    )]
    Hello(HelloArgs),
    /// Read one picture from standard input: the child process without keys.
    #[command(name = "decode-picture", hide = true)]
    DecodePicture,
    /// Do nothing and end with this code: what is left of a run whose HSM hangs.
    #[command(hide = true)]
    End {
        /// The exit code.
        code: u8,
    },
}

/// `device ..`
#[derive(Debug, Subcommand)]
pub(crate) enum DeviceCommand {
    /// Commission this device: token, identity key, pool of keys, device card.
    #[command(after_help = "Example:
  signer-device device init --state /var/lib/himuro --profile softhsm2 --token himuro-d1 \\
      --name d1 --site Tokyo --root root.cbor --roster roster.cbor --receive 20 --change 20 \\
      --card-out d1.card")]
    Init(Box<InitArgs>),
    /// Generate more keys: in a pool that is there, or in the next one.
    #[command(after_help = "Example:
  signer-device device generate --state /var/lib/himuro --pool 0 --receive 20 --change 20 \\
      --card-out d1-2.card")]
    Generate(GenerateArgs),
    /// Go on with keys whose generation was cut: by power, by the HSM or by people.
    #[command(
        after_help = "Example:\n  signer-device device resume --state /var/lib/himuro --card-out d1.card"
    )]
    Resume(ResumeKeysArgs),
    /// List everything on the token against the journal; changes nothing.
    #[command(
        after_help = "Example:\n  signer-device device inventory --state /var/lib/himuro --json"
    )]
    Inventory(InventoryArgs),
    /// Hold a backup, or an HSM restored from one, against the device card: a proof of every key,
    /// and a signed report. The HSM is told nothing.
    #[command(
        after_help = "Example:\n  signer-device device verify-backup --state /var/lib/himuro --out d1.possession"
    )]
    VerifyBackup(VerifyBackupArgs),
    /// Put a restored HSM in the place of the one that is lost, by an order of the administrators. The
    /// old one is refused from then on.
    #[command(after_help = "Example:
  signer-device device replace --state /var/lib/himuro --order replacement.cbor --card-out d1-2.card")]
    Replace(ReplaceArgs),
    /// Destroy the keys of a retired wallet; after a cut, go on.
    #[command(after_help = "Example:
  signer-device device destroy --state /var/lib/himuro --wallet \"Cold 1\"")]
    Destroy(DestroyArgs),
    /// Show what the HSM remembers of a journal that is lost, for the administrators.
    #[command(after_help = "Example:
  signer-device device anchor --profile luna7 --token himuro-d1 --out d1.anchor")]
    Anchor(AnchorArgs),
    /// Go on from what the HSM remembers, by an order of the administrators: the journal is lost.
    #[command(after_help = "Example:
  signer-device device recover --state /var/lib/himuro --order recovery.cbor --card d1.card \\
      --root root.cbor --roster roster.cbor")]
    Recover(RecoverArgs),
    /// Freeze this device, as one officer of any role: it signs nothing until a quorum of policy
    /// administrators thaws it.
    #[command(
        after_help = "Example:\n  signer-device device freeze --state /var/lib/himuro --reason \"seal broken\""
    )]
    Freeze(FreezeArgs),
    /// Thaw this device by an order that a quorum of policy administrators signed.
    #[command(
        after_help = "Example:\n  signer-device device thaw --state /var/lib/himuro --order thaw.cbor"
    )]
    Thaw(OrderArgs),
    /// Write the signed device card again.
    #[command(
        after_help = "Example:\n  signer-device device card --state /var/lib/himuro --out d1.card"
    )]
    Card(ExportArgs),
    /// Show what the journal says: device, sessions, wallets, policy, counts.
    #[command(
        after_help = "Example:\n  signer-device device status --state /var/lib/himuro --json"
    )]
    Status(ShowArgs),
    /// The acceptance test of an HSM: try everything on throw-away keys, write a signed report.
    #[command(after_help = "Example:
  signer-device device check --profile luna7 --token test-partition --network main \\
      --report-out luna.acceptance --page-out luna.html")]
    Check(Box<CheckArgs>),
}

/// `wallet ..`
#[derive(Debug, Subcommand)]
pub(crate) enum WalletCommand {
    /// Compare co-signers' cards and sign a wallet record, or install one that all have signed.
    #[command(after_help = "Example:
  signer-device wallet register --state /var/lib/himuro --draft wallet-draft.cbor \\
      --card d1.card --card d2.card --card d3.card \\
      --enrolment d1.enrolment --enrolment d2.enrolment --enrolment d3.enrolment \\
      --endorsement-out wallet-d1.cbor
  signer-device wallet register --state /var/lib/himuro --record wallet.cbor \\
      --card d1.card --card d2.card --card d3.card \\
      --enrolment d1.enrolment --enrolment d2.enrolment --enrolment d3.enrolment")]
    Register(Box<RegisterArgs>),
    /// Take the newer card of a co-signer, whose HSM was replaced or got more keys: the wallets of this
    /// device are judged by it from then on (WAL08, POL09).
    #[command(
        after_help = "Example:\n  signer-device wallet take-card --state /var/lib/himuro --card d2-2.card"
    )]
    TakeCard(TakeCardArgs),
    /// Retire a wallet by an order that a quorum of policy administrators signed: for ever.
    #[command(after_help = "Example:
  signer-device wallet retire --state /var/lib/himuro --order retirement.cbor")]
    Retire(OrderArgs),
    /// List registered wallets.
    #[command(after_help = "Example:\n  signer-device wallet list --state /var/lib/himuro --json")]
    List(ShowArgs),
    /// Show one address of a registered wallet.
    #[command(after_help = "Example:
  signer-device wallet address --state /var/lib/himuro --wallet \"Cold 1\" --chain receive --index 0")]
    Address(AddressArgs),
}

/// `policy ..`
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Install a policy that a quorum of policy administrators signed.
    #[command(
        after_help = "Example:\n  signer-device policy install --state /var/lib/himuro --policy policy.cbor"
    )]
    Install(PolicyInstallArgs),
    /// Show the policy in force.
    #[command(after_help = "Example:\n  signer-device policy show --state /var/lib/himuro --json")]
    Show(ShowArgs),
}

/// `roster ..`
#[derive(Debug, Subcommand)]
pub(crate) enum RosterCommand {
    /// Install the roster that follows the one in force. Two operators compare everybody whose
    /// entry changes; whoever left is out from then on.
    #[command(
        after_help = "Example:\n  signer-device roster install --state /var/lib/himuro --roster roster-2.cbor"
    )]
    Install(RosterInstallArgs),
    /// Cancel the roster of the recovery quorum that waits, by the order of one administrator.
    #[command(
        after_help = "Example:\n  signer-device roster cancel --state /var/lib/himuro --cancellation cancellation.cbor"
    )]
    Cancel(RosterCancelArgs),
    /// Show the roster in force.
    #[command(after_help = "Example:\n  signer-device roster show --state /var/lib/himuro --json")]
    Show(ShowArgs),
}

/// `psbt ..`
#[derive(Debug, Subcommand)]
pub(crate) enum PsbtCommand {
    /// Judge a PSBT and print its report and screens; signs nothing, records nothing.
    #[command(
        after_help = "Example:\n  signer-device psbt review --state /var/lib/himuro --in request.psbt --json"
    )]
    Review(ReviewArgs),
    /// The signing ceremony.
    #[command(after_help = "Example:
  signer-device psbt sign --state /var/lib/himuro --in pictures-in --out pictures-out --out signed.psbt")]
    Sign(SignArgs),
    /// The signing ceremony of a sweep: a frozen device signs everything to the emergency wallet of the
    /// policy, and nothing else.
    #[command(after_help = "Example:
  signer-device psbt sweep --state /var/lib/himuro --in sweep.psbt --out swept.psbt")]
    Sweep(SignArgs),
    /// Go on after a cut: the recorded PSBT is judged and reviewed again, recorded signatures are
    /// used again, and only missing ones are made.
    #[command(
        after_help = "Example:\n  signer-device psbt resume --state /var/lib/himuro --session 7 --out signed.psbt"
    )]
    Resume(ResumeArgs),
    /// Write the signed PSBT of a sealed session again, from the journal: the same bytes.
    ///
    /// For a signed PSBT that was lost after the seal. Needs no token and asks nobody: operators
    /// confirmed it and the sealed session released it; nothing is signed and nothing recorded.
    #[command(
        after_help = "Example:\n  signer-device psbt reissue --state /var/lib/himuro --session 5 --out signed.psbt
  signer-device psbt reissue --state /var/lib/himuro --show"
    )]
    Reissue(ReissueArgs),
}

/// `signature ..`
#[derive(Debug, Subcommand)]
pub(crate) enum SignatureCommand {
    /// Settle open partial signatures by proof that a coin of them is spent in the chain.
    #[command(
        after_help = "Example:\n  signer-device signature settle --state /var/lib/himuro --proof settlement.cbor"
    )]
    Settle(SettleArgs),
}

/// `transcript ..`
#[derive(Debug, Subcommand)]
pub(crate) enum TranscriptCommand {
    /// Copy the sealed journal, byte for byte.
    #[command(
        after_help = "Example:\n  signer-device transcript export --state /var/lib/himuro --out d1.transcript"
    )]
    Export(ExportArgs),
}

/// Language of screens and questions.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LangArg {
    /// English.
    En,
    /// Japanese.
    Ja,
}

/// Chain of a wallet.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ChainArg {
    /// Where coins come in.
    Receive,
    /// Where change returns.
    Change,
}

/// What every command with a state takes.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// The device's state folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) state: PathBuf,
    /// Language of screens and questions.
    #[arg(long, value_enum, default_value = "en")]
    pub(crate) lang: LangArg,
}

/// What every ceremony takes after commissioning.
#[derive(Debug, Args)]
pub(crate) struct TokenArgs {
    /// HSM profile: a built-in name or a file [default: the one recorded at commissioning].
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) profile: Option<String>,
    /// PKCS#11 module [default: the profile's].
    #[arg(long, value_name = "PATH")]
    pub(crate) module: Option<PathBuf>,
    /// Label of the device's token [default: the one recorded at commissioning].
    #[arg(long, value_name = "LABEL")]
    pub(crate) token: Option<String>,
}

/// `device init`
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    /// HSM profile: a built-in name or a file.
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) profile: String,
    /// PKCS#11 module [default: the profile's].
    #[arg(long, value_name = "PATH")]
    pub(crate) module: Option<PathBuf>,
    /// Label that the token gets.
    #[arg(long, value_name = "LABEL")]
    pub(crate) token: String,
    /// The device's name: a-z, 0-9, dot, dash.
    #[arg(long, value_name = "ID")]
    pub(crate) name: String,
    /// Where the device stands.
    #[arg(long, value_name = "TEXT")]
    pub(crate) site: String,
    /// The root of trust; two people type its digest from paper.
    #[arg(long, value_name = "FILE")]
    pub(crate) root: PathBuf,
    /// The first roster, signed by every administrator in it.
    #[arg(long, value_name = "FILE")]
    pub(crate) roster: PathBuf,
    /// Keys of chain 0.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) receive: u32,
    /// Keys of chain 1.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) change: u32,
    /// The report of this HSM's acceptance test (device check); two people type the words of its key.
    #[arg(long, value_name = "FILE")]
    pub(crate) acceptance: Option<PathBuf>,
    /// Where the signed device card is written.
    #[arg(long, value_name = "FILE")]
    pub(crate) card_out: PathBuf,
}

/// `device generate`
#[derive(Debug, Args)]
pub(crate) struct GenerateArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    pub(crate) token: TokenArgs,
    /// The pool: one that is there, or the next number for a new one.
    #[arg(long, value_name = "N")]
    pub(crate) pool: u32,
    /// New keys of chain 0.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) receive: u32,
    /// New keys of chain 1.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) change: u32,
    /// Where the signed device card is written.
    #[arg(long, value_name = "FILE")]
    pub(crate) card_out: PathBuf,
}

/// `device resume`
#[derive(Debug, Args)]
pub(crate) struct ResumeKeysArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    pub(crate) token: TokenArgs,
    /// Where the signed device card is written.
    #[arg(long, value_name = "FILE")]
    pub(crate) card_out: PathBuf,
}

/// Commands that show something.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Print JSON for machines.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Commands that write one file.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Where it is written; an existing file is never overwritten.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

/// `wallet register`
#[derive(Debug, Args)]
pub(crate) struct RegisterArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    pub(crate) token: TokenArgs,
    /// A wallet record that not all devices have signed.
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present_any = ["record", "emergency"],
        requires = "endorsement_out"
    )]
    pub(crate) draft: Option<PathBuf>,
    /// A wallet record that all devices have signed: it is installed.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["draft", "endorsement_out"])]
    pub(crate) record: Option<PathBuf>,
    /// The emergency wallet of other devices to which the policy in force sweeps, signed by all of them.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["draft", "record", "endorsement_out", "cards", "enrolments"]
    )]
    pub(crate) emergency: Option<PathBuf>,
    /// The card of each device of the wallet, this one included.
    #[arg(
        long = "card",
        value_name = "FILE",
        required_unless_present = "emergency"
    )]
    pub(crate) cards: Vec<PathBuf>,
    /// The enrolment of each device of the wallet, this one included.
    #[arg(
        long = "enrolment",
        value_name = "FILE",
        required_unless_present = "emergency"
    )]
    pub(crate) enrolments: Vec<PathBuf>,
    /// Where the record with this device's signature is written.
    #[arg(long, value_name = "FILE")]
    pub(crate) endorsement_out: Option<PathBuf>,
}

/// `device inventory`
#[derive(Debug, Args)]
pub(crate) struct InventoryArgs {
    #[command(flatten)]
    pub(crate) show: ShowArgs,
    #[command(flatten)]
    pub(crate) token: TokenArgs,
}

/// `device verify-backup`
#[derive(Debug, Args)]
pub(crate) struct VerifyBackupArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    pub(crate) token: TokenArgs,
    /// Where the signed report is written.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

/// `device replace`
#[derive(Debug, Args)]
pub(crate) struct ReplaceArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    pub(crate) token: TokenArgs,
    /// The order with the administrators' signatures.
    #[arg(long, value_name = "FILE")]
    pub(crate) order: PathBuf,
    /// Where the device's new card is written.
    #[arg(long, value_name = "FILE")]
    pub(crate) card_out: PathBuf,
}

/// `device destroy`
#[derive(Debug, Args)]
pub(crate) struct DestroyArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    pub(crate) token: TokenArgs,
    /// The retired wallet: its name, or its digest in hexadecimal.
    #[arg(long, value_name = "NAME|DIGEST")]
    pub(crate) wallet: String,
}

/// `device anchor`
#[derive(Debug, Args)]
pub(crate) struct AnchorArgs {
    /// HSM profile: a built-in name or a file.
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) profile: String,
    /// PKCS#11 module [default: the profile's].
    #[arg(long, value_name = "PATH")]
    pub(crate) module: Option<PathBuf>,
    /// Label of the device's token.
    #[arg(long, value_name = "LABEL")]
    pub(crate) token: String,
    /// Where it is written for the administrators.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Language of screens and questions.
    #[arg(long, value_enum, default_value = "en")]
    pub(crate) lang: LangArg,
}

/// `device recover`
#[derive(Debug, Args)]
pub(crate) struct RecoverArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    pub(crate) token: TokenArgs,
    /// The order with the administrators' signatures.
    #[arg(long, value_name = "FILE")]
    pub(crate) order: PathBuf,
    /// The newest card of this device.
    #[arg(long, value_name = "FILE")]
    pub(crate) card: PathBuf,
    /// The root of trust, where the disk holds no journal; two people type its digest from paper.
    #[arg(long, value_name = "FILE", requires = "rosters")]
    pub(crate) root: Option<PathBuf>,
    /// The first roster, and then each that followed it, where the disk holds no journal.
    #[arg(long = "roster", value_name = "FILE", requires = "root")]
    pub(crate) rosters: Vec<PathBuf>,
}

/// `device freeze`
#[derive(Debug, Args)]
pub(crate) struct FreezeArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    pub(crate) token: TokenArgs,
    /// Why, in few words.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
}

/// `signature settle`
#[derive(Debug, Args)]
pub(crate) struct SettleArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    pub(crate) token: TokenArgs,
    /// What host-cli signature prove wrote.
    #[arg(long, value_name = "FILE")]
    pub(crate) proof: PathBuf,
}

/// `wallet retire`, `device thaw`
#[derive(Debug, Args)]
pub(crate) struct OrderArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    pub(crate) token: TokenArgs,
    /// The order with the administrators' signatures.
    #[arg(long, value_name = "FILE")]
    pub(crate) order: PathBuf,
}

/// `wallet take-card`
#[derive(Debug, Args)]
pub(crate) struct TakeCardArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    pub(crate) token: TokenArgs,
    /// The co-signer's card.
    #[arg(long, value_name = "FILE")]
    pub(crate) card: PathBuf,
}

/// What is done with a PIN.
#[derive(Debug, Subcommand)]
pub(crate) enum PinCommand {
    /// Change a PIN of the token to one that nobody knows, split among holders.
    #[command(
        after_help = "Example:\n  signer-device pin split --state /var/lib/himuro --threshold 2 --holders sato.k,ito.m,mori.s"
    )]
    Split(SplitPinArgs),
}

/// `pin split`
#[derive(Debug, Args)]
pub(crate) struct SplitPinArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    pub(crate) token: TokenArgs,
    /// Whose PIN: the user's, who signs, or the security officer's.
    #[arg(long, value_enum, default_value = "user")]
    pub(crate) credential: CredentialArg,
    /// How many holders open it; at least 2.
    #[arg(long, value_name = "N")]
    pub(crate) threshold: u8,
    /// Who gets a share, by identifier: operators for the user's PIN, others for the security officer's.
    #[arg(long, value_name = "ID,..", value_delimiter = ',', required = true)]
    pub(crate) holders: Vec<String>,
}

/// Whose PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CredentialArg {
    /// The user, who makes keys and signs.
    User,
    /// The security officer, who sets PINs.
    So,
}

/// `wallet address`
#[derive(Debug, Args)]
pub(crate) struct AddressArgs {
    #[command(flatten)]
    pub(crate) show: ShowArgs,
    /// The wallet: its name, or its digest in hexadecimal.
    #[arg(long, value_name = "NAME|DIGEST")]
    pub(crate) wallet: String,
    /// The chain.
    #[arg(long, value_enum, default_value = "receive")]
    pub(crate) chain: ChainArg,
    /// The index.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) index: u32,
}

/// `policy install`
#[derive(Debug, Args)]
pub(crate) struct PolicyInstallArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    pub(crate) token: TokenArgs,
    /// The policy with the administrators' signatures.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: PathBuf,
}

/// `roster install`
#[derive(Debug, Args)]
pub(crate) struct RosterInstallArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    pub(crate) token: TokenArgs,
    /// The next roster with the administrators' signatures.
    #[arg(long, value_name = "FILE")]
    pub(crate) roster: PathBuf,
}

/// `roster cancel`
#[derive(Debug, Args)]
pub(crate) struct RosterCancelArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    pub(crate) token: TokenArgs,
    /// The cancellation that an administrator signed.
    #[arg(long, value_name = "FILE")]
    pub(crate) cancellation: PathBuf,
}

/// Where a PSBT comes from.
#[derive(Debug, Args)]
pub(crate) struct EntryArgs {
    /// A PSBT file (binary or base64), or a folder of QR pictures (PNG).
    #[arg(
        long = "in",
        value_name = "FILE|DIR",
        required_unless_present = "camera"
    )]
    pub(crate) input: Option<PathBuf>,
    /// A camera in place of a file, or a recorded stream of one; the screen shows which frames are still
    /// needed, q aborts.
    #[arg(long, value_name = "DEVICE", num_args = 0..=1, default_missing_value = source::USUAL,
        conflicts_with = "input")]
    pub(crate) camera: Option<PathBuf>,
}

/// `psbt review`
#[derive(Debug, Args)]
pub(crate) struct ReviewArgs {
    #[command(flatten)]
    pub(crate) show: ShowArgs,
    #[command(flatten)]
    pub(crate) entry: EntryArgs,
}

/// `psbt sign`, `psbt sweep`
#[derive(Debug, Args)]
pub(crate) struct SignArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    pub(crate) token: TokenArgs,
    #[command(flatten)]
    pub(crate) entry: EntryArgs,
    /// Where the signed PSBT goes: a new file, or an existing folder for QR pictures; may be
    /// given more than once.
    #[arg(long = "out", value_name = "FILE|DIR", required = true)]
    pub(crate) outputs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) witnesses: WitnessArgs,
    #[command(flatten)]
    pub(crate) codes: CodesArgs,
}

/// Who attends beside the operators.
#[derive(Debug, Args)]
pub(crate) struct WitnessArgs {
    /// Seats for so many witnesses, where the policy calls for fewer [default: as many as the policy
    /// calls for].
    #[arg(
        long = "witnesses",
        value_name = "N",
        default_value_t = 0,
        hide_default_value = true,
        value_parser = clap::value_parser!(u8).range(0..=3)
    )]
    pub(crate) seats: u8,
}

/// `psbt resume`
#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    pub(crate) token: TokenArgs,
    /// The session that was cut; needed where there are several.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) session: Option<u32>,
    /// Where the signed PSBT goes: a new file, or an existing folder for QR pictures; may be
    /// given more than once.
    #[arg(long = "out", value_name = "FILE|DIR", required = true)]
    pub(crate) outputs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) witnesses: WitnessArgs,
    #[command(flatten)]
    pub(crate) codes: CodesArgs,
}

/// `psbt reissue`
#[derive(Debug, Args)]
pub(crate) struct ReissueArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    /// The session that signed [default: the last one that did].
    #[arg(long, value_name = "N")]
    pub(crate) session: Option<u32>,
    /// Where the signed PSBT goes: a new file, or an existing folder for QR pictures; may be
    /// given more than once.
    #[arg(
        long = "out",
        value_name = "FILE|DIR",
        required_unless_present_any = ["show", "sheet"]
    )]
    pub(crate) outputs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) codes: CodesArgs,
}

/// Codes: in pictures, and on this screen. While they are shown: + and - change their size, > and < the
/// speed, the space bar holds one, q ends.
#[derive(Debug, Args)]
pub(crate) struct CodesArgs {
    /// Show the codes on this screen too, as large as --density and the screen allow; the token is not
    /// needed for it.
    #[arg(long)]
    pub(crate) show: bool,
    /// A page to be printed: all codes on A4, no script.
    #[arg(long, value_name = "FILE")]
    pub(crate) sheet: Option<PathBuf>,
    /// How large codes are: the QR version of full ones.
    #[arg(long, value_name = "VERSION", default_value_t = Density::USUAL.version(),
        value_parser = clap::value_parser!(u8).range(5..=40))]
    pub(crate) density: u8,
    /// Codes that are shown in a second.
    #[arg(long, value_name = "N", default_value_t = Pace::USUAL.frames(),
        value_parser = clap::value_parser!(u8).range(1..=30))]
    pub(crate) fps: u8,
}

/// `selftest`
#[derive(Debug, Args)]
pub(crate) struct SelftestArgs {
    /// Print JSON for machines.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `hello`
#[derive(Debug, Args)]
pub(crate) struct HelloArgs {
    /// The picture to be written.
    #[arg(long, value_name = "FILE", required_unless_present = "show")]
    pub(crate) out: Option<PathBuf>,
    /// Show the code on this screen; q ends.
    #[arg(long)]
    pub(crate) show: bool,
    /// The language of the messages.
    #[arg(long, value_enum, default_value = "en")]
    pub(crate) lang: LangArg,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    /// Every command that does something, with its path.
    fn leaves(command: &clap::Command, path: &str) -> Vec<(String, clap::Command)> {
        let shown = command.get_subcommands().filter(|sub| !sub.is_hide_set());
        let below: Vec<_> = shown
            .filter(|sub| sub.get_name() != "help")
            .flat_map(|sub| leaves(sub, &format!("{path} {}", sub.get_name())))
            .collect();
        if below.is_empty() {
            return vec![(path.to_owned(), command.clone())];
        }
        below
    }

    /// The examples of a command's help: whole lines, as one would type them.
    fn examples(command: &clap::Command) -> Vec<String> {
        let help = command.get_after_help().map(ToString::to_string);
        let help = help.unwrap_or_default().replace("\\\n", " ");
        help.lines()
            .map(str::trim)
            .filter(|line| line.starts_with("signer-device "))
            .map(str::to_owned)
            .collect()
    }

    fn arguments(example: &str) -> Vec<String> {
        let mut arguments = Vec::new();
        for (place, part) in example.split('"').enumerate() {
            if place % 2 == 1 {
                arguments.push(part.to_owned());
            } else {
                arguments.extend(part.split_whitespace().map(str::to_owned));
            }
        }
        arguments
    }

    #[test]
    fn every_help_shows_an_example_that_works() {
        let program = Cli::command();
        let leaves = leaves(&program, "signer-device");
        assert_eq!(leaves.len(), 34);
        for (path, command) in leaves {
            let examples = examples(&command);
            assert!(!examples.is_empty(), "{path}");
            for example in examples {
                assert!(example.starts_with(&path), "{path}: {example}");
                let parsed = Cli::try_parse_from(arguments(&example));
                let plan = parsed.map(crate::plan::Plan::try_from);
                assert!(matches!(plan, Ok(Ok(_))), "{example}: {plan:?}");
            }
        }
    }

    /// The program and its groups: each example names one of the commands below and parses.
    #[test]
    fn groups_show_an_example_too() {
        let program = Cli::command();
        let groups = program
            .get_subcommands()
            .filter(|group| !group.is_hide_set());
        let named = groups.map(|group| (format!("signer-device {}", group.get_name()), group));
        let named: Vec<_> = named
            .chain([("signer-device".to_owned(), &program)])
            .collect();
        assert!(named.len() > 5, "{}", named.len());
        for (path, group) in named {
            let examples = examples(group);
            assert!(!examples.is_empty(), "{path}");
            for example in examples {
                assert!(example.starts_with(&path), "{path}: {example}");
                let parsed = Cli::try_parse_from(arguments(&example));
                let plan = parsed.map(crate::plan::Plan::try_from);
                assert!(matches!(plan, Ok(Ok(_))), "{example}: {plan:?}");
            }
        }
    }

    #[test]
    fn no_argument_answers_for_an_officer() {
        for (path, command) in leaves(&Cli::command(), "signer-device") {
            for argument in command.get_arguments() {
                let name = argument.get_id().as_str();
                for word in ["pin", "yes", "force", "confirm", "skip", "no_", "answer"] {
                    assert!(!name.contains(word), "{path} --{name}");
                }
            }
        }
    }
}
