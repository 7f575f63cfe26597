//! Names of the rules and the stages at which they are judged. What they say is in the catalogue.

use core::fmt;

use minicbor::{Decode, Encode};

use super::catalogue;
use crate::types::Lang;

/// Where in the chain a rule is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// bytes to `ParsedPsbt`
    Parse,
    /// `ParsedPsbt` to `WalletTx`
    Bind,
    /// `WalletTx` to `CheckedTx`
    Check,
    /// `CheckedTx` to `ApprovedTx`
    Approve,
    /// `ApprovedTx` to `ConfirmedTx`
    Review,
    /// `ConfirmedTx` to `SignedPsbt`
    Sign,
    /// the machine
    Environment,
    /// the HSM
    Token,
    /// the journal and its proof
    Transcript,
    /// the life of keys after their birth
    Life,
    /// a record to a registered wallet
    Register,
}

/// Identifier of a rule, spelled the same in code, screens, transcripts, tests and documents.
///
/// The numbers are part of the transcript format and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum RuleId {
    /// The file is one PSBT, version 0 or 2, in strict form.
    #[n(0)]
    PSB01,
    /// Counts and sizes are within the limits of this device.
    #[n(1)]
    PSB02,
    /// Every input carries its full previous transaction, and all that is said of the coin agrees with it.
    #[n(2)]
    PSB03,
    /// Every signature type is absent or ALL.
    #[n(3)]
    PSB04,
    /// No input is finalized.
    #[n(4)]
    PSB05,
    /// No coin is spent twice, amounts are possible and their sums fit.
    #[n(5)]
    PSB06,
    /// The transaction is of a plain form that nodes relay: version 1 or 2, no lock time ahead, no relative lock, weight within the limit.
    #[n(6)]
    PSB07,
    /// No field asks for another kind of spending: taproot, MuSig2, preimages, proofs.
    #[n(7)]
    PSB08,
    /// The wallet is registered on this device, is active, and is of this network.
    #[n(8)]
    WAL01,
    /// Every input belongs to one registered wallet: its script equals the one rebuilt from the registered keys.
    #[n(9)]
    WAL02,
    /// No script in the PSBT contradicts the rebuilt one.
    #[n(10)]
    WAL03,
    /// No key origin in the PSBT contradicts the registered keys.
    #[n(11)]
    WAL04,
    /// Change returns to this wallet's own change scripts, within the expected window, at most once; no output only pretends to be ours.
    #[n(12)]
    WAL05,
    /// Every signature already present is a valid one of a co-signer, and none is ours.
    #[n(13)]
    WAL06,
    /// Every payment goes to a registered, active destination.
    #[n(14)]
    POL01,
    /// No payment and no sum of payments is above the per-transfer limit.
    #[n(15)]
    POL02,
    /// What leaves within a window of blocks stays under this device's share of the limit.
    #[n(55)]
    POL03,
    /// The fee is under the absolute cap, the rate cap and the share of the amount.
    #[n(16)]
    POL04,
    /// Assets of one class stay apart: they go to a registered wallet of another class only by a
    /// move that the policy names.
    #[n(56)]
    POL05,
    /// What stays cold after the transfer is above the floor, by a statement of balances that is new
    /// enough.
    #[n(61)]
    POL06,
    /// No coin of this transaction was signed over before on this device, but for versions that a
    /// declared fee bump replaces.
    #[n(17)]
    POL07,
    /// The devices of the wallet are of as many vendors and at as many sites as the policy says.
    #[n(60)]
    POL09,
    /// A sweep pays the emergency wallet alone, on a frozen device; such a device signs nothing else.
    #[n(64)]
    POL10,
    /// The request is signed by a requester of the roster, for this root, roster, policy, wallet and transaction.
    #[n(18)]
    APP01,
    /// What the request says equals what the transaction does: destinations, amounts, fee ceiling.
    #[n(19)]
    APP02,
    /// The request is not expired at the known height.
    #[n(20)]
    APP03,
    /// Every approval is genuine and over the same digests.
    #[n(21)]
    APP04,
    /// Enough distinct people with distinct keys approved.
    #[n(22)]
    APP05,
    /// The approvers come from enough departments.
    #[n(23)]
    APP06,
    /// A director is among the approvers.
    #[n(24)]
    APP07,
    /// Nobody rejected this request, now or ever on this device.
    #[n(25)]
    APP08,
    /// Requester, approvers and operators are different people.
    #[n(26)]
    APP09,
    /// Two distinct operators of the roster authenticated in this session before the PSBT was read.
    #[n(27)]
    APP10,
    /// Who built the transaction is a valid officer and does not operate this device.
    #[n(51)]
    APP11,
    /// Nobody operates more devices of a transfer than the policy allows, nor so many as sign.
    #[n(57)]
    APP12,
    /// As many of those who signed the policy in force as it says have no part in the transfer.
    #[n(58)]
    APP13,
    /// This device has every session of its own that request and approvals name, and no two of them
    /// name different ends of one.
    #[n(65)]
    APP14,
    /// Who is to broadcast is a broadcaster of the roster, and has no other part in the transfer.
    #[n(66)]
    APP15,
    /// Nobody operates more sessions that sign in a row, on this device, than the policy allows.
    #[n(67)]
    APP16,
    /// As many witnesses attend as the policy says, and each does nothing else in the transfer.
    #[n(68)]
    APP17,
    /// The newest known block is near the machine's clock.
    #[n(63)]
    TIM01,
    /// Every screen was shown, in order.
    #[n(28)]
    REV01,
    /// Every challenge was answered from the content of the screen.
    #[n(29)]
    REV02,
    /// The signature verifies with two independent libraries under the registered key.
    #[n(30)]
    SIG01,
    /// The signature has a low S value.
    #[n(31)]
    SIG02,
    /// The r value was never seen before.
    #[n(32)]
    SIG03,
    /// This device adds exactly one partial signature per input.
    #[n(33)]
    SIG04,
    /// Nothing else in the PSBT changed.
    #[n(34)]
    SIG05,
    /// There is no network interface but loopback.
    #[n(35)]
    ENV01,
    /// No tracer, swap, core dump or preloaded library.
    #[n(36)]
    ENV02,
    /// A frozen device signs nothing but a sweep.
    #[n(54)]
    ENV03,
    /// Every key that is used has the attributes of a key born and kept in the HSM.
    #[n(37)]
    HSM01,
    /// The token and its module are the ones of the profile.
    #[n(38)]
    HSM02,
    /// There is no unexpected or doubled object on the token.
    #[n(39)]
    HSM03,
    /// The random numbers of the HSM and of the machine are healthy.
    #[n(40)]
    HSM04,
    /// The HSM is logged out at the end.
    #[n(41)]
    HSM05,
    /// On main net the HSM has passed its acceptance test as it is now.
    #[n(49)]
    HSM06,
    /// A split PIN takes at least two holders to open, all valid officers, and nobody holds both PINs.
    #[n(53)]
    HSM07,
    /// The journal is one unbroken chain.
    #[n(42)]
    TRN01,
    /// Every session is sealed by the device's identity key.
    #[n(43)]
    TRN02,
    /// The head in the HSM is the journal's head or an ancestor of it.
    #[n(44)]
    TRN03,
    /// Replay of every session gives the recorded digests.
    #[n(45)]
    TRN04,
    /// The HSM remembers the last session: it was not restored from an older backup.
    #[n(46)]
    TRN05,
    /// A partial signature is settled only by a transaction in the chain that spent a coin of it.
    #[n(62)]
    TRN06,
    /// Every key of the device card is proven to be on the token, and no destroyed one is.
    #[n(47)]
    KEY01,
    /// Only a retired wallet's keys are destroyed: all that are left, after two operators read and typed which.
    #[n(48)]
    KEY02,
    /// An extended wallet keeps every address of the record that it names, in its place.
    #[n(50)]
    WAL07,
    /// No two keys of a wallet are in one HSM.
    #[n(59)]
    WAL08,
    /// A device's card follows the newest one that is known: its generation never falls, and one
    /// generation is one HSM.
    #[n(69)]
    WAL09,
    /// A policy follows the one in force, and two operators read what it changes and typed every new address.
    #[n(52)]
    POL08,
}

impl RuleId {
    /// Every rule, in the order of the report.
    pub const ALL: [Self; 70] = [
        Self::PSB01,
        Self::PSB02,
        Self::PSB03,
        Self::PSB04,
        Self::PSB05,
        Self::PSB06,
        Self::PSB07,
        Self::PSB08,
        Self::WAL01,
        Self::WAL02,
        Self::WAL03,
        Self::WAL04,
        Self::WAL05,
        Self::WAL06,
        Self::POL01,
        Self::POL02,
        Self::POL03,
        Self::POL04,
        Self::POL05,
        Self::POL06,
        Self::POL07,
        Self::POL09,
        Self::POL10,
        Self::APP01,
        Self::APP02,
        Self::APP03,
        Self::APP04,
        Self::APP05,
        Self::APP06,
        Self::APP07,
        Self::APP08,
        Self::APP09,
        Self::APP10,
        Self::APP11,
        Self::APP12,
        Self::APP13,
        Self::APP14,
        Self::APP15,
        Self::APP16,
        Self::APP17,
        Self::TIM01,
        Self::REV01,
        Self::REV02,
        Self::SIG01,
        Self::SIG02,
        Self::SIG03,
        Self::SIG04,
        Self::SIG05,
        Self::ENV01,
        Self::ENV02,
        Self::ENV03,
        Self::HSM01,
        Self::HSM02,
        Self::HSM03,
        Self::HSM04,
        Self::HSM05,
        Self::HSM06,
        Self::HSM07,
        Self::TRN01,
        Self::TRN02,
        Self::TRN03,
        Self::TRN04,
        Self::TRN05,
        Self::TRN06,
        Self::KEY01,
        Self::KEY02,
        Self::WAL07,
        Self::WAL08,
        Self::WAL09,
        Self::POL08,
    ];

    /// The rules of one stage, in order.
    pub fn of(stage: Stage) -> impl Iterator<Item = Self> {
        Self::ALL
            .into_iter()
            .filter(move |rule| rule.stage() == stage)
    }

    /// The stage at which this rule is judged.
    pub const fn stage(self) -> Stage {
        catalogue::words(self).stage
    }

    /// The identifier, for example `POL01`.
    pub const fn name(self) -> &'static str {
        catalogue::words(self).name
    }

    /// What is true when this rule passes.
    pub const fn sentence(self, lang: Lang) -> &'static str {
        let [en, ja] = catalogue::words(self).sentence;
        lang.pick(en, ja)
    }

    /// What an officer can do when it refuses.
    pub const fn advice(self, lang: Lang) -> &'static str {
        let [en, ja] = catalogue::words(self).advice;
        lang.pick(en, ja)
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
