//! `rehearse`: a whole ceremony on SoftHSM, played by the two real programs as separate processes.
//!
//! Scripted officers read the screens from standard output and type on standard input, exactly as
//! people would. Only the gap folder is shared between the host and a device; what crosses it are
//! pictures of codes, and public artefacts as files. Nothing here can answer for a real officer:
//! the programs do not know that they are rehearsed.

mod actor;
mod apart;
mod audit;
mod builder;
mod ceremony;
mod commissioning;
mod finish;
mod frozen;
mod guide;
mod house;
mod migration;
mod office;
mod officer;
mod people;
mod policy;
mod sweep;
mod wallet;
mod withdrawal;
mod world;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, ValueEnum};
use officer_console::system;
use signer_core::phrase;
use signer_core::rule::{Explained, Named, Phrase};
use signer_core::types::Lang;

use actor::{Machine, Played, Prompt};
use house::House;
use officer::Pins;
use policy::Policy;
use wallet::Wallet;

/// Arguments of `rehearse`.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  host-cli rehearse --lang ja -m 2 -n 3 --inputs 4 --keep rehearsal-1"
)]
pub(crate) struct RehearseArgs {
    /// Folder for everything that the rehearsal makes; it must not exist [default: rehearsal/NNN]
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// How many devices sign: the m of m-of-n
    #[arg(short = 'm', default_value_t = 2)]
    threshold: usize,
    /// How many devices there are, up to 15
    #[arg(short = 'n', default_value_t = 3)]
    devices: usize,
    /// Inputs of the withdrawal
    #[arg(long, default_value_t = 3)]
    inputs: usize,
    /// Payments of the withdrawal
    #[arg(long, default_value_t = 1)]
    outputs: usize,
    /// Version of the PSBT
    #[arg(long, default_value = "2", value_parser = ["0", "2"])]
    psbt_version: String,
    /// Form of the addresses
    #[arg(long, default_value = "wsh", value_parser = ["wsh", "sh-wsh"])]
    script: String,
    /// What happens
    #[arg(long, value_enum, default_value_t = Play::Good)]
    play: Play,
    /// PKCS#11 module in place of the profile's own candidates
    #[arg(long, value_name = "PATH")]
    module: Option<PathBuf>,
    /// Run the devices' tokens in processes of their own, behind p11-kit's server
    #[arg(long)]
    tokens_apart: bool,
    /// Let another program build the PSBT: it is run in office/ with --version, --descriptors,
    /// --coins, --outputs and --out (see test-vectors/interop)
    #[arg(long, value_name = "PROGRAM ARGS")]
    builder: Option<String>,
    /// Show the codes that cross the gap on this terminal, each of them once
    #[arg(long)]
    show: bool,
    /// The device program [default: signer-device beside this program]
    #[arg(long, value_name = "PATH")]
    signer_device: Option<PathBuf>,
}

/// The plays: one good path, and sad paths that must each end in a recorded refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Play {
    /// Everything is in order: the transaction is final at the end.
    Good,
    /// The host pays another address than the one that was approved.
    WrongDestination,
    /// The approval is expired when it reaches the device.
    Expired,
    /// An approver rejects the request.
    Rejected,
    /// An officer freezes the first device; the administrators thaw it, and it signs.
    Frozen,
    /// All devices are frozen, and sweep to the emergency wallet that was registered before.
    Sweep,
    /// The wallet can lose no device any more: its coins move to a new wallet of other devices.
    Migration,
}

impl Play {
    /// Whether the transaction is final at the end.
    const fn ends_well(self) -> bool {
        matches!(
            self,
            Self::Good | Self::Frozen | Self::Sweep | Self::Migration
        )
    }

    /// How many steps are announced, with m of n devices.
    const fn steps(self, m: usize, n: usize) -> usize {
        let withdrawal = 9 + 3 * n + m;
        match self {
            Self::WrongDestination | Self::Expired | Self::Rejected => withdrawal - 1,
            Self::Good => withdrawal + 1,
            Self::Frozen => withdrawal + 4,
            Self::Sweep => withdrawal + 2 + 5 * n,
            Self::Migration => withdrawal + 5 + 6 * n,
        }
    }

    /// Whether every coin goes to another wallet, and nothing comes back.
    const fn empties_the_wallet(self) -> bool {
        matches!(self, Self::Sweep | Self::Migration)
    }
}

/// Why a rehearsal stopped.
#[derive(Debug)]
pub(crate) enum RehearseError {
    /// The folder for the results exists already.
    Exists(PathBuf),
    /// A file could not be read or written.
    File(PathBuf, io::Error),
    /// A program could not be run.
    Machine(String, io::Error),
    /// An officer could not answer.
    Talk(Phrase),
    /// A program ended otherwise than it should.
    Ended {
        /// The step.
        step: String,
        /// Expected and actual exit code.
        codes: (i32, i32),
        /// Its last words.
        words: String,
    },
    /// The arguments do not go together.
    Arguments(Phrase),
    /// Something that must hold did not.
    Check(Phrase),
}

impl RehearseError {
    fn file(path: &Path, error: &io::Error) -> Self {
        Self::File(
            path.to_path_buf(),
            io::Error::new(error.kind(), error.to_string()),
        )
    }

    fn machine(name: &str, error: &io::Error) -> Self {
        Self::Machine(name.into(), io::Error::new(error.kind(), error.to_string()))
    }
}

impl Explained for RehearseError {
    fn what(&self) -> Phrase {
        match self {
            Self::Exists(path) => phrase!(
                "{path} exists already",
                "{path} が既にある",
                path = Named(path.display())
            ),
            Self::File(path, error) => phrase!(
                "{path}: {why}",
                "{path}: {why}",
                path = Named(path.display()),
                why = system(error)
            ),
            Self::Machine(name, error) => phrase!(
                "{name}: {why}",
                "{name}: {why}",
                name = name,
                why = system(error)
            ),
            Self::Ended {
                step,
                codes: (expected, got),
                words,
            } => phrase!(
                "{step}: exit code {got} instead of {expected}: {words}",
                "{step}: 終了コードが {expected} ではなく {got}: {words}",
                step = step,
                got = got,
                expected = expected,
                words = Named(words)
            ),
            Self::Talk(what) | Self::Arguments(what) | Self::Check(what) => what.clone(),
        }
    }

    fn advice(&self) -> Phrase {
        match self {
            Self::Exists(_) => phrase!(
                "Name a new folder with --keep; nothing was changed.",
                "--keep で新しいフォルダを指定してください。何も変更していません。"
            ),
            Self::Machine(_, error) if error.kind() == io::ErrorKind::NotFound => phrase!(
                "Build both programs first: scripts/rehearse does that.",
                "先に両方のプログラムをビルドしてください(scripts/rehearse が行います)。"
            ),
            Self::Machine(_, error) if error.kind() == io::ErrorKind::StorageFull => phrase!(
                "Free some space and name a new folder.",
                "空き容量を確保し、新しいフォルダを指定してください。"
            ),
            Self::Machine(..) => phrase!(
                "Look at the folder's rights and the free space and memory.",
                "フォルダの権限、空き容量、メモリを確認してください。"
            ),
            Self::File(..) => phrase!(
                "Look at the folder's rights and the free space.",
                "フォルダの権限と空き容量を確認してください。"
            ),
            Self::Talk(_) => phrase!(
                "The last screen stands in the folder screens/; report this with it.",
                "最後の画面は screens/ フォルダにあります。併せて報告してください。"
            ),
            Self::Ended { .. } => phrase!(
                "The screens stand in the folder screens/.",
                "画面は screens/ フォルダにあります。"
            ),
            Self::Arguments(_) => phrase!(
                "See `host-cli rehearse --help`.",
                "`host-cli rehearse --help` を参照してください。"
            ),
            Self::Check(_) => phrase!(
                "This must hold: keep the folder and report it.",
                "成り立つべき条件です。フォルダを保管して報告してください。"
            ),
        }
    }
}

impl fmt::Display for RehearseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl std::error::Error for RehearseError {}

/// Plays the rehearsal; `Ok` only if every check held.
pub(crate) fn run(arguments: &RehearseArgs, lang: Lang) -> Result<(), RehearseError> {
    let mut rehearsal = Rehearsal::prepare(arguments, lang)?;
    let other = Wallet::of_play(arguments.play, arguments.devices);
    match (arguments.play, &other) {
        (Play::Sweep, Some(emergency)) => rehearsal.sweep(emergency)?,
        (Play::Migration, Some(new)) => rehearsal.migrate(new)?,
        _ => rehearsal.withdraw()?,
    }
    rehearsal.finish()
}

/// One rehearsal: what its people know and where everything lies.
struct Rehearsal<'a> {
    arguments: &'a RehearseArgs,
    lang: Lang,
    house: House,
    host_program: PathBuf,
    device_program: PathBuf,
    pins: Pins,
    /// The addresses that officers know from papers of their own, by destination.
    addresses: BTreeMap<String, String>,
    /// What the own devices of a wallet showed of it, by its name.
    wallet_papers: BTreeMap<&'static str, String>,
    step: usize,
    steps: usize,
    began: Instant,
}

impl<'a> Rehearsal<'a> {
    fn prepare(arguments: &'a RehearseArgs, lang: Lang) -> Result<Self, RehearseError> {
        let (m, n) = (arguments.threshold, arguments.devices);
        if m < 2 || m > n || n > 15 {
            return Err(RehearseError::Arguments(phrase!(
                "{m} of {n}: 2 <= m <= n <= 15",
                "{n} 台中 {m} 台: 2 <= m <= n <= 15 ではない",
                m = m,
                n = n
            )));
        }
        if arguments.inputs == 0 || arguments.outputs == 0 || arguments.outputs > 90 {
            return Err(RehearseError::Arguments(phrase!(
                "inputs from 1, outputs from 1 to 90",
                "入力は1以上、出力は1から90"
            )));
        }
        if arguments.play == Play::Migration && m == n {
            return Err(RehearseError::Arguments(phrase!(
                "a migration needs a device more than must sign: m < n",
                "移行には署名数より多い端末が必要(m < n)"
            )));
        }
        let one = arguments.outputs == 1 && arguments.builder.is_none();
        if arguments.play.empties_the_wallet() && !one {
            return Err(RehearseError::Arguments(phrase!(
                "this play makes one output, by host-cli's own builder",
                "このシナリオの出力は1つで、PSBTは host-cli が作成する"
            )));
        }
        let host_program =
            std::env::current_exe().map_err(|e| RehearseError::machine("host-cli", &e))?;
        let device_program = arguments
            .signer_device
            .clone()
            .unwrap_or_else(|| host_program.with_file_name("signer-device"));
        if !device_program.exists() {
            return Err(RehearseError::machine(
                &device_program.display().to_string(),
                &io::ErrorKind::NotFound.into(),
            ));
        }
        let root = arguments.keep.clone().unwrap_or_else(next_folder);
        Ok(Self {
            arguments,
            lang,
            house: House::build(&root, arguments.module.clone())?,
            host_program,
            device_program,
            pins: Pins::default(),
            addresses: policy::destinations(arguments.outputs),
            wallet_papers: BTreeMap::new(),
            step: 0,
            steps: arguments.play.steps(m, n),
            began: Instant::now(),
        })
    }

    /// A withdrawal by a wallet, from the birth of its keys on.
    fn withdraw(&mut self) -> Result<(), RehearseError> {
        self.open_the_office()?;
        let wallet = self.paying_wallet();
        self.commission_devices(&wallet)?;
        self.register_wallet(&wallet)?;
        let policy = Policy::first(&wallet);
        self.sign_policy(&policy)?;
        for device in &wallet.devices {
            self.install_policy(&policy, device)?;
        }
        self.request_transfer()?;
        if self.arguments.play == Play::Frozen {
            self.freeze_and_thaw()?;
        }
        self.sign_at_devices()?;
        if self.arguments.play.ends_well() {
            self.combine()?;
        }
        Ok(())
    }

    /// Announces a step of the rehearsal.
    fn step(&mut self, en: &str, ja: &str) {
        self.step += 1;
        let seconds = self.began.elapsed().as_secs_f32();
        println!(
            "[{:>2}/{}] {seconds:>5.1} s  {}",
            self.step,
            self.steps,
            self.lang.pick(en, ja)
        );
    }

    /// Runs the host tool at an officer's desk; it must end with `expected`.
    fn host(
        &self,
        desk: &Machine,
        arguments: &[&str],
        expected: i32,
        officer: impl FnMut(&Prompt<'_>) -> Result<String, RehearseError>,
    ) -> Result<Played, RehearseError> {
        self.play(desk, &self.host_program, arguments, expected, officer)
    }

    /// Runs the device program on an air-gapped machine; it must end with `expected`.
    fn at_device(
        &self,
        device: &Machine,
        arguments: &[&str],
        expected: i32,
        officer: impl FnMut(&Prompt<'_>) -> Result<String, RehearseError>,
    ) -> Result<Played, RehearseError> {
        self.play(device, &self.device_program, arguments, expected, officer)
    }

    /// Shows codes as `program` shows them, where `--show` asks for that.
    fn show(
        &self,
        machine: &Machine,
        program: &Path,
        arguments: &[&str],
    ) -> Result<(), RehearseError> {
        if !self.arguments.show {
            return Ok(());
        }
        let all = self.spoken([arguments, &["--show", "--fps", "10"]].concat());
        match machine.show(program, &all)? {
            0 => Ok(()),
            code => Err(RehearseError::Ended {
                step: format!("{}: {}", machine.name, arguments.join(" ")),
                codes: (0, code),
                words: String::new(),
            }),
        }
    }

    /// Arguments, and the language of the answers.
    fn spoken(&self, arguments: Vec<&str>) -> Vec<String> {
        let language = ["--lang", self.lang.pick("en", "ja")];
        let all = arguments.into_iter().chain(language);
        all.map(str::to_owned).collect()
    }

    fn play(
        &self,
        machine: &Machine,
        program: &Path,
        arguments: &[&str],
        expected: i32,
        officer: impl FnMut(&Prompt<'_>) -> Result<String, RehearseError>,
    ) -> Result<Played, RehearseError> {
        let all = self.spoken(arguments.to_vec());
        let played = machine.play(program, &all, officer)?;
        if played.code == expected {
            return Ok(played);
        }
        let words = if played.errors.trim().is_empty() {
            &played.output
        } else {
            &played.errors
        };
        let lines: Vec<&str> = words.trim().lines().map(str::trim).collect();
        Err(RehearseError::Ended {
            step: format!("{}: {}", machine.name, arguments.join(" ")),
            codes: (expected, played.code),
            words: lines[lines.len().saturating_sub(4)..].join(" | "),
        })
    }

    /// The wallet that pays.
    fn paying_wallet(&self) -> Wallet {
        Wallet::that_pays(self.arguments.devices)
    }

    /// Every wallet of the play.
    fn wallets(&self) -> Vec<Wallet> {
        let other = Wallet::of_play(self.arguments.play, self.arguments.devices);
        [self.paying_wallet()].into_iter().chain(other).collect()
    }

    /// The devices of the wallet that pays: `d1`, `d2`, ...
    fn device_names(&self) -> Vec<String> {
        self.paying_wallet().devices
    }

    /// The devices that sign. Where the wallet moves because one of them is frozen, not that one.
    fn signers(&self) -> Vec<String> {
        let unable = usize::from(self.arguments.play == Play::Migration);
        let able = self.device_names().into_iter().skip(unable);
        able.take(self.arguments.threshold).collect()
    }

    /// What the own devices of a wallet showed of it when it was registered.
    fn paper_of(&self, wallet: &Wallet) -> Result<&str, RehearseError> {
        let paper = self.wallet_papers.get(wallet.name);
        paper.map(String::as_str).ok_or_else(|| {
            RehearseError::Check(phrase!(
                "{wallet} is not registered",
                "{wallet} が登録されていない",
                wallet = wallet.name
            ))
        })
    }

    /// The officers copy the first address of a wallet to their own paper.
    fn know_address(&mut self, id: &str, wallet: &Wallet) -> Result<String, RehearseError> {
        let address = self.address_of(&wallet.record(), "receive", 0)?.to_string();
        self.addresses.insert(id.to_owned(), address.clone());
        Ok(address)
    }

    /// The devices of every wallet.
    fn everywhere(&self) -> Vec<String> {
        self.wallets().into_iter().flat_map(|w| w.devices).collect()
    }

    /// How many devices there are.
    fn all_devices(&self) -> usize {
        self.everywhere().len()
    }
}

/// The answer of somebody who is not asked anything.
fn nobody(prompt: &Prompt<'_>) -> Result<String, RehearseError> {
    Err(officer::not_seen(prompt))
}

fn next_folder() -> PathBuf {
    let free = |number: &usize| !Path::new(&format!("rehearsal/{number:03}")).exists();
    let number = (1..1000).find(free).unwrap_or(1000);
    PathBuf::from(format!("rehearsal/{number:03}"))
}
