//! The house rules that a transaction is judged by: root, roster, policy and wallet, as the devices
//! hold them. What a device will refuse is refused here first, by the same code.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use signer_core::approval::{ActiveRoster, HeardRequest, RequestKind};
use signer_core::cose::Endorsed;
use signer_core::digest::DeviceId;
use signer_core::headers::{ChainTip, HeaderRun, KnownTime};
use signer_core::phrase;
use signer_core::policy::{ActivePolicy, Before, CheckedTx, Policy, PolicyStanding};
use signer_core::psbt::ParsedPsbt;
use signer_core::root::Root;
use signer_core::rule::Named;
use signer_core::transcript::DeviceState;
use signer_core::types::Height;
use signer_core::wallet::{BindContext, DeviceStanding, RegisteredWallet, Registry, WalletTx};
use signer_core::{codec, psbt};

use crate::artefact::{self, Kind};
use crate::error::Failure;
use crate::files;
use crate::rosters::{RosterArgs, no_roster};

/// Where the house rules lie.
#[derive(Clone, Debug, Args)]
pub(crate) struct HouseArgs {
    /// The root of trust
    #[arg(long)]
    root: PathBuf,

    #[command(flatten)]
    rosters: RosterArgs,

    /// The policy in force
    #[arg(long)]
    policy: PathBuf,

    /// The wallet that pays
    #[arg(long)]
    wallet: PathBuf,

    /// The emergency wallet, for a sweep
    #[arg(long)]
    emergency: Option<PathBuf>,
}

/// The house rules at a height of the chain.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) root: Root,
    pub(crate) roster: ActiveRoster,
    pub(crate) policy: ActivePolicy,
    pub(crate) wallet: Arc<RegisteredWallet>,
    pub(crate) emergency: Option<Arc<RegisteredWallet>>,
    pub(crate) tip: Height,
}

impl HouseArgs {
    /// Reads the root alone.
    pub(crate) fn root(&self) -> Result<Root, Failure> {
        artefact::root(&self.root)
    }

    /// Reads everything as it is in force at `tip`.
    pub(crate) fn at(&self, root: Root, tip: Height) -> Result<House, Failure> {
        let mut rosters = self.rosters.active(&root, tip)?;
        let bytes = files::read(&self.policy)?;
        let claimed = Endorsed::<Policy>::peek(&bytes);
        let claimed =
            claimed.map_err(|e| artefact::bad(&self.policy, Kind::Policy, &e.phrase()))?;
        let made_under = rosters.iter().find(|r| r.digest() == claimed.roster);
        // Where it names none of them it is refused under the one in force.
        let made_under = made_under.or(rosters.last()).ok_or_else(no_roster)?;
        // Only a device knows which policy was in force before, and since when it has this one.
        let standing = PolicyStanding {
            installed: KnownTime::without_clock(tip),
            before: Before::Unheard,
        };
        let policy = ActivePolicy::open(&bytes, made_under, standing, tip)
            .map_err(|e| artefact::told(&self.policy, Kind::Policy, &e))?;
        let roster = rosters.pop().ok_or_else(no_roster)?;
        let wallet = Arc::new(artefact::wallet_under(&self.wallet, &root)?);
        let emergency = match &self.emergency {
            Some(path) => Some(Arc::new(artefact::wallet_under(path, &root)?)),
            None => None,
        };
        Ok(House {
            root,
            roster,
            policy,
            wallet,
            emergency,
            tip,
        })
    }
}

impl House {
    /// Judges a transaction by wallet and policy, as its request asks.
    pub(crate) fn check(&self, parsed: ParsedPsbt) -> Result<CheckedTx, Failure> {
        let tx = self.bind(parsed)?;
        Ok(CheckedTx::check(tx, &self.policy, &self.roster)?)
    }

    /// The same before there is a request.
    pub(crate) fn check_as(
        &self,
        kind: RequestKind,
        parsed: ParsedPsbt,
    ) -> Result<CheckedTx, Failure> {
        let tx = self.bind(parsed)?;
        Ok(CheckedTx::check_as(kind, tx, &self.policy, &self.roster)?)
    }

    fn bind(&self, parsed: ParsedPsbt) -> Result<WalletTx, Failure> {
        let mut wallets = Registry::new();
        let unusable = |error| {
            let what = phrase!("the wallet cannot be used", "ウォレットを使用できない");
            Failure::told(&what, &error)
        };
        wallets.add(Arc::clone(&self.wallet)).map_err(unusable)?;
        if let Some(emergency) = &self.emergency {
            let destinations = self.policy.document().destinations.iter();
            let labels = destinations.map(|listed| &listed.label);
            let added = wallets.add_emergency(Arc::clone(emergency), labels);
            added.map_err(unusable)?;
        }
        // No device's past is known here: what a device without one would say.
        let unborn = DeviceState::unborn();
        let device = stand_in(&parsed, &self.wallet);
        let context = BindContext {
            wallets: &wallets,
            policy: &self.policy,
            ledger: unborn.ledger(),
            device: &device,
            time: KnownTime::without_clock(self.tip),
            standing: DeviceStanding::Unknown,
            register: unborn.register(),
        };
        Ok(WalletTx::bind(parsed, &context)?)
    }

    /// Judges a transaction with its request and what officers said so far.
    pub(crate) fn hear(&self, parsed: ParsedPsbt) -> Result<HeardRequest, Failure> {
        let checked = self.check(parsed)?;
        HeardRequest::hear(checked, &self.roster).map_err(Failure::Rules)
    }

    /// The same of a request that may be rejected already: to be shown, not to be decided on.
    pub(crate) fn look(&self, parsed: ParsedPsbt) -> Result<HeardRequest, Failure> {
        let checked = self.check(parsed)?;
        HeardRequest::look(checked, &self.roster).map_err(Failure::Rules)
    }
}

/// The device in whose place the rules run: one that has not signed yet, where there is one.
fn stand_in(parsed: &ParsedPsbt, wallet: &RegisteredWallet) -> DeviceId {
    let signed: Vec<DeviceId> = parsed
        .inputs()
        .iter()
        .flat_map(|input| &input.partial_sigs)
        .filter_map(|(key, _)| {
            let (chain, index) = wallet.locate_key((*key).into())?;
            let cosigner = wallet.cosigner_of(chain, index, key)?;
            Some(cosigner.identity.device_id())
        })
        .collect();
    let mut devices = wallet.cosigners().iter().map(|c| c.identity.device_id());
    let first = devices.clone().next();
    let free = devices.find(|device| !signed.contains(device));
    // A registered wallet has devices.
    free.or(first).unwrap_or(DeviceId::from_bytes([0; 32]))
}

/// The height that headers prove, from the root's checkpoint on; on a test network they prove
/// nothing, and say a height all the same.
pub(crate) fn tip_of(run: &HeaderRun, root: &Root) -> Result<Height, Failure> {
    ChainTip::checkpoint(&root.checkpoint)
        .extend(run, root.scope.network)
        .map(|tip| tip.height())
        .map_err(|error| {
            Failure::told(
                &phrase!(
                    "the headers do not follow the checkpoint",
                    "ブロックヘッダーが起点に続かない"
                ),
                &error,
            )
        })
}

/// The headers that travel in a PSBT.
pub(crate) fn carried_headers(parsed: &ParsedPsbt) -> Result<Option<HeaderRun>, Failure> {
    let Some(bytes) = parsed.carried().headers.as_deref() else {
        return Ok(None);
    };
    codec::decode(bytes).map(Some).map_err(|error| {
        Failure::input(
            phrase!(
                "the headers in the PSBT cannot be read: {why}",
                "PSBT内のブロックヘッダーを読み取れない: {why}",
                why = error.phrase()
            ),
            phrase!(
                "draft the request again with fresh headers",
                "新しいブロックヘッダーで申請を作成し直してください。"
            ),
        )
    })
}

/// Reads a PSBT, binary or base64, of any size that a device takes.
pub(crate) fn psbt(path: &Path) -> Result<ParsedPsbt, Failure> {
    Ok(ParsedPsbt::parse_within(
        psbt_bytes(path)?,
        psbt::Limits::HEAVY,
    )?)
}

/// The bytes of a PSBT that came in binary or in base64; nothing of it is judged yet.
pub(crate) fn psbt_bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    psbt::unarmoured(files::read_psbt(path)?).ok_or_else(|| {
        Failure::input(
            phrase!(
                "{path} is no PSBT, neither binary nor base64",
                "{path} はPSBT(バイナリまたはbase64)ではない",
                path = Named(path.display())
            ),
            phrase!(
                "give the file as the wallet program or the device wrote it",
                "ウォレットのプログラムまたは端末が書き出したままのファイルを指定してください。"
            ),
        )
    })
}
