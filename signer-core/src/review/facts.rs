//! What the screens say: plain facts of one transaction, all of them computed on this device.
//!
//! Nothing here is taken from the host's word, but for the purpose of the request; the screen
//! frames that as unverified.

use alloc::string::String;
use alloc::vec::Vec;

use bitcoin::{Amount, Weight};

use crate::approval::{ApprovedTx, RequestKind};
use crate::cose::Scope;
use crate::digest::{DeviceId, PolicyDigest, TxDigest, WalletDigest};
use crate::keys::Fingerprint;
use crate::policy::{ColdShare, FeeCaps};
use crate::rule::{Phrase, RuleId, Verdict};
use crate::types::{Height, Id, KeyIndex, Label, OutputIndex, SessionNumber, Version};
use crate::wallet::WalletClass;

/// The session in which a transaction is reviewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewSession {
    /// The device.
    pub device: DeviceId,
    /// The device's name.
    pub device_name: Id,
    /// The session.
    pub session: SessionNumber,
    /// Drawn from the HSM and journalled before the first screen.
    pub nonce: [u8; 32],
}

impl ReviewSession {
    /// The device's fingerprint.
    pub const fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.device)
    }
}

/// Everything that the screens of one signing session show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxFacts {
    /// Network and purpose.
    pub scope: Scope,
    /// By which profile of the policy it is judged.
    pub kind: RequestKind,
    /// The case.
    pub case: Id,
    /// Why, in the requester's words: the one thing here that no rule has verified.
    pub purpose: Label,
    /// Last height at which the request may be signed.
    pub expiry: Height,
    /// The transaction.
    pub tx: TxDigest,
    /// Who is involved.
    pub people: People,
    /// The wallet that pays.
    pub wallet: WalletFacts,
    /// How many coins are spent, and their sum.
    pub inputs: CoinFacts,
    /// What leaves the wallet to registered destinations, in the order of the outputs.
    pub payments: Vec<PaymentFacts>,
    /// What returns to the wallet.
    pub change: Vec<ChangeFacts>,
    /// The fee and its caps.
    pub fee: FeeFacts,
    /// The versions that a fee bump replaces.
    pub replaces: Vec<ReplacedFacts>,
    /// Co-signers whose signatures are already there.
    pub signed_by: Vec<SignerFacts>,
    /// Signatures that the input with the fewest has before this device signs.
    pub signatures_before: usize,
    /// Every rule from Parse to Approve with its verdict.
    pub report: Vec<(RuleId, Verdict)>,
}

impl TxFacts {
    /// What the screens show of an approved transaction.
    pub fn of(approved: &ApprovedTx) -> Self {
        super::gather::facts(approved)
    }

    /// What leaves the wallet: the payments, without the fee.
    pub fn total(&self) -> Amount {
        let sum = self.payments.iter().map(|payment| payment.amount.to_sat());
        Amount::from_sat(sum.fold(0, u64::saturating_add))
    }

    /// What can be compared with the versions that are replaced.
    pub fn version(&self) -> VersionFacts {
        let change = self.change.iter().map(|change| change.amount.to_sat());
        VersionFacts {
            coins: self.inputs.count,
            paid: self.total(),
            change: Amount::from_sat(change.fold(0, u64::saturating_add)),
            fee: self.fee.fee,
        }
    }

    /// All notices: rules that hold, and of which people must know something.
    pub fn notices(&self) -> impl Iterator<Item = (RuleId, &Phrase)> {
        self.report
            .iter()
            .filter_map(|(rule, verdict)| match verdict {
                Verdict::Notice(text) => Some((*rule, text)),
                _ => None,
            })
    }
}

/// The people of a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct People {
    /// Who asked.
    pub requester: Person,
    /// Who approved, by identifier.
    pub approvers: Vec<Person>,
    /// Operator A, who reads and enters, and operator B, who checks; none at an officer's desk,
    /// where no session is open.
    pub operators: Option<[Person; 2]>,
}

/// One officer as the roster knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Identifier.
    pub id: Id,
    /// Name in Latin letters.
    pub name: Label,
    /// Name in Japanese.
    pub name_ja: Label,
    /// Department.
    pub department: Id,
    /// Whether the roster lists them as a director.
    pub standing: Standing,
}

/// Whether an officer is a director.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A director.
    Director,
    /// Any other officer.
    Officer,
}

/// The wallet that pays, and the policy over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletFacts {
    /// Its name.
    pub name: Label,
    /// Whose assets it holds.
    pub class: WalletClass,
    /// How many devices must sign.
    pub threshold: u8,
    /// How many devices there are.
    pub devices: usize,
    /// Its record.
    pub digest: WalletDigest,
    /// Number of the policy in force.
    pub policy_number: Version,
    /// The policy in force.
    pub policy: PolicyDigest,
    /// What stays cold of its class after the transfer, where the policy names a floor.
    pub cold: Option<ColdShare>,
}

/// The coins that are spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoinFacts {
    /// How many.
    pub count: usize,
    /// Their sum, proven by the previous transactions.
    pub sum: Amount,
}

/// A co-signer who has signed already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignerFacts {
    /// The co-signer's name.
    pub name: Id,
    /// How many inputs carry a signature of theirs; each was verified.
    pub inputs: usize,
}

/// One payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentFacts {
    /// Which output.
    pub output: OutputIndex,
    /// The destination in the policy.
    pub destination: Id,
    /// Its label in the policy.
    pub label: Label,
    /// The address, from the script in the transaction.
    pub address: String,
    /// How much.
    pub amount: Amount,
    /// The registered wallet that it belongs to, where it is a move.
    pub inside: Option<InsideFacts>,
}

/// A registered wallet of this device that is paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InsideFacts {
    /// Its name.
    pub name: Label,
    /// Whose assets it holds.
    pub class: WalletClass,
}

/// A version of the transaction that a fee bump replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplacedFacts {
    /// Its transaction.
    pub tx: TxDigest,
    /// What it was; none where this device never saw it signed.
    pub known: Option<VersionFacts>,
}

/// What differs between versions of one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionFacts {
    /// How many coins are spent.
    pub coins: usize,
    /// What is paid out.
    pub paid: Amount,
    /// What returns to the wallet.
    pub change: Amount,
    /// The fee.
    pub fee: Amount,
}

/// One output that returns to the wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeFacts {
    /// Which output.
    pub output: OutputIndex,
    /// Index of the change address.
    pub index: KeyIndex,
    /// The address.
    pub address: String,
    /// How much.
    pub amount: Amount,
}

/// The fee, and what it is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeFacts {
    /// In satoshi.
    pub fee: Amount,
    /// Weight of the signed transaction, largest possible signatures.
    pub weight: Weight,
    /// What the share is of: what is paid out, or what is consolidated.
    pub share_of: Amount,
    /// The caps of the policy.
    pub caps: FeeCaps,
    /// The ceiling of the request.
    pub ceiling: Amount,
}
