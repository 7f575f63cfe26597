//! Retirement: the order of the administrators that ends a wallet.

use core::fmt;

use minicbor::{Decode, Encode};

use crate::approval::{ActiveRoster, RosterError};
use crate::cose::{Artefact, Endorsed, Scope, SignedBy};
use crate::digest::{RetirementDigest, RootDigest, RosterDigest, WalletId};
use crate::headers::KnownTime;
use crate::phrase;
use crate::rule::{Explained, Phrase};
use crate::types::{Height, Label, Lang};
use crate::wallet::Registry;

/// The order that ends a wallet: its coins are gone, its keys never sign again and may be
/// destroyed. Signed by a quorum of policy administrators. There is no order that takes it back.
///
/// A pool serves one wallet and no other, so a wallet's retirement is its pools' retirement, and
/// a device is retired when all of its wallets are.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Retirement {
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
    /// The wallet, whatever the version of its key table.
    #[n(4)]
    pub wallet: WalletId,
    /// Height at which the administrators found no coin of this wallet in the chain.
    #[n(5)]
    pub empty_at: Height,
    /// Why, in few words.
    #[n(6)]
    pub reason: Label,
}

impl Artefact for Retirement {
    const KIND: &'static str = "retirement";
    const SIGNED_BY: SignedBy = SignedBy::Officer;
}

impl Endorsed<Retirement> {
    /// The digest by which people and journals name this order.
    pub fn retirement_digest(&self) -> RetirementDigest {
        RetirementDigest::from_bytes(self.digest(RetirementDigest::TAG))
    }
}

/// Why a retirement was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetirementError {
    /// Not signed by a quorum of administrators.
    Roster(RosterError),
    /// No such wallet is registered here.
    NoWallet(WalletId),
    /// The wallet is retired already.
    Again(WalletId),
    /// The chain was looked at before the last block that this device knows: coins may have come
    /// since.
    Stale {
        /// Where it was looked at.
        empty_at: Height,
        /// The last block that is known here.
        known: Height,
    },
}

impl Explained for RetirementError {
    fn what(&self) -> Phrase {
        match self {
            Self::Roster(error) => error.what(),
            Self::NoWallet(id) => phrase!(
                "wallet {id} is not registered on this device",
                "ウォレット {id} はこの端末に未登録",
                id = id
            ),
            Self::Again(id) => phrase!(
                "wallet {id} is retired already",
                "ウォレット {id} は廃止済み",
                id = id
            ),
            Self::Stale { empty_at, known } => phrase!(
                "empty at height {empty_at}, known height {known}",
                "ブロック高 {empty_at} で残高なし(既知のブロック高 {known})",
                empty_at = empty_at,
                known = known
            ),
        }
    }

    fn advice(&self) -> Phrase {
        match self {
            Self::Roster(error) => error.advice(),
            Self::NoWallet(_) => phrase!(
                "Use the order that names a wallet of this device.",
                "この端末のウォレットを指す廃止指示を使用してください。"
            ),
            Self::Again(_) => phrase!(
                "Nothing is left to do; see signer-device device status.",
                "作業は不要です。signer-device device statusで確認してください。"
            ),
            Self::Stale { .. } => phrase!(
                "Look at the chain again and have a new order signed.",
                "チェーンを再確認し、新しい廃止指示の署名を取ってください。"
            ),
        }
    }
}

impl fmt::Display for RetirementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl core::error::Error for RetirementError {}

impl From<RosterError> for RetirementError {
    fn from(error: RosterError) -> Self {
        Self::Roster(error)
    }
}

/// What a retirement is held against: all of it from the journal.
#[derive(Clone, Copy, Debug)]
pub struct RetirementStanding<'a> {
    /// The roster in force.
    pub roster: &'a ActiveRoster,
    /// The registered wallets.
    pub wallets: &'a Registry,
    /// What is known of the time: the clock ends the terms of who signed, and says nothing of the chain.
    pub time: KnownTime,
}

/// A retirement that a quorum of administrators signed, of a wallet of this device or of the emergency wallet
/// of others.
#[derive(Clone, Debug)]
pub struct CheckedRetirement {
    endorsed: Endorsed<Retirement>,
    digest: RetirementDigest,
}

impl CheckedRetirement {
    /// Takes an order of the roster in force, for a registered wallet that is not retired, over a
    /// chain that is not older than what this device knows.
    pub fn open(bytes: &[u8], at: RetirementStanding<'_>) -> Result<Self, RetirementError> {
        let RetirementStanding {
            roster,
            wallets,
            time,
        } = at;
        let endorsed = roster.open_order::<Retirement>(bytes, time)?;
        let order = endorsed.body();
        if wallets.known(&order.wallet).is_none() {
            return Err(RetirementError::NoWallet(order.wallet));
        }
        if wallets.retirement(&order.wallet).is_some() {
            return Err(RetirementError::Again(order.wallet));
        }
        let (empty_at, known) = (order.empty_at, time.opens());
        if empty_at < known {
            return Err(RetirementError::Stale { empty_at, known });
        }
        Ok(Self {
            digest: endorsed.retirement_digest(),
            endorsed,
        })
    }

    /// The order.
    pub const fn order(&self) -> &Retirement {
        self.endorsed.body()
    }

    /// The order with its signatures.
    pub fn to_bytes(&self) -> alloc::vec::Vec<u8> {
        self.endorsed.to_bytes()
    }

    /// Its digest.
    pub const fn digest(&self) -> RetirementDigest {
        self.digest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{SCOPE, TIP, dated, foreign_emergency, label, officers_sign, world};
    use crate::types::Purpose;

    fn usual() -> Retirement {
        Retirement {
            version: 1,
            scope: SCOPE,
            root: world().root.digest(),
            roster: world().roster.digest(),
            wallet: world().wallet.id(),
            empty_at: TIP,
            reason: label("moved to Cold 2"),
        }
    }

    fn open(
        change: impl FnOnce(&mut Retirement),
        signers: &[&str],
    ) -> Result<CheckedRetirement, RetirementError> {
        let mut order = usual();
        change(&mut order);
        let at = RetirementStanding {
            roster: &world().roster,
            wallets: &world().wallets,
            time: crate::testing::free(TIP),
        };
        CheckedRetirement::open(&officers_sign(order, signers).to_bytes(), at)
    }

    fn refused(change: impl FnOnce(&mut Retirement)) -> RetirementError {
        open(change, &["admin.a", "admin.b"]).unwrap_err()
    }

    #[test]
    fn takes_an_order_of_a_quorum() {
        let taken = open(|_| {}, &["admin.a", "admin.c"]).unwrap();
        assert_eq!(taken.order(), &usual());
        assert_eq!(
            taken.digest(),
            open(|_| {}, &["admin.a", "admin.b"]).unwrap().digest()
        );
        assert!(
            open(
                |order| order.empty_at = Height(TIP.0 + 1),
                &["admin.a", "admin.b"]
            )
            .is_ok()
        );
    }

    /// Where its keys are doubted, a frozen device must stop sweeping to it.
    #[test]
    fn takes_the_emergency_wallet_of_other_devices() {
        let (wallet, emergency) = foreign_emergency();
        let order = Retirement {
            root: emergency.root.digest(),
            roster: emergency.roster.digest(),
            wallet: wallet.id(),
            ..usual()
        };
        let bytes = officers_sign(order, &["admin.a", "admin.b"]).to_bytes();
        let open = |wallets| {
            let at = RetirementStanding {
                roster: &emergency.roster,
                wallets,
                time: crate::testing::free(TIP),
            };
            CheckedRetirement::open(&bytes, at).map(|order| order.order().wallet)
        };
        assert_eq!(open(&emergency.wallets), Ok(wallet.id()));
        assert_eq!(
            open(&Registry::new()),
            Err(RetirementError::NoWallet(wallet.id()))
        );
    }

    #[test]
    fn refuses_one_administrator_and_anybody_else() {
        let one = open(|_| {}, &["admin.a"]).unwrap_err();
        assert!(matches!(
            one,
            RetirementError::Roster(RosterError::TooFewSignatures { needed: 2, got: 1 })
        ));
        let other = open(|_| {}, &["admin.a", "operator.a"]).unwrap_err();
        assert!(matches!(
            other,
            RetirementError::Roster(RosterError::NotAdministrator(_))
        ));
    }

    /// A block of ten minutes ago, and a clock that ends the terms of the administrators.
    #[test]
    fn the_clock_ends_the_terms_of_who_signs() {
        let bytes = officers_sign(usual(), &["admin.a", "admin.b"]).to_bytes();
        let at = |clock: u64| {
            let at = RetirementStanding {
                roster: &world().roster,
                wallets: &world().wallets,
                time: dated(TIP, 1_700_000_000, clock),
            };
            CheckedRetirement::open(&bytes, at).map(drop)
        };
        let last = 1_700_000_000 + u64::from(900_000 - TIP.0) * 600;
        assert_eq!(at(last + 599), Ok(()));
        assert!(matches!(at(last + 600), Err(RetirementError::Roster(_))));
        // Set back it opens nothing and ends nothing.
        assert_eq!(at(0), Ok(()));
    }

    #[test]
    fn refuses_another_frame() {
        let roster = RosterDigest::over(&[]);
        assert_eq!(refused(|o| o.version = 2), RosterError::Version(2).into());
        assert_eq!(
            refused(|o| o.scope.purpose = Purpose::Drill),
            RosterError::OtherScope.into()
        );
        assert_eq!(
            refused(|o| o.root = RootDigest::over(&[])),
            RosterError::OtherRoot.into()
        );
        assert_eq!(
            refused(|o| o.roster = roster),
            RosterError::OtherRoster(roster).into()
        );
    }

    #[test]
    fn refuses_an_unknown_wallet_and_a_stale_look_at_the_chain() {
        let nobody = WalletId::over(&[]);
        assert_eq!(
            refused(|o| o.wallet = nobody),
            RetirementError::NoWallet(nobody)
        );
        let empty_at = Height(TIP.0 - 1);
        assert_eq!(
            refused(|o| o.empty_at = empty_at),
            RetirementError::Stale {
                empty_at,
                known: TIP
            }
        );
    }

    #[test]
    fn every_error_is_two_lines() {
        for error in [
            refused(|o| o.version = 2),
            refused(|o| o.wallet = WalletId::over(&[])),
            refused(|o| o.empty_at = Height(0)),
            RetirementError::Again(usual().wallet),
            RosterError::OtherRoster(RosterDigest::over(&[])).into(),
        ] {
            assert_eq!(alloc::format!("{error}").lines().count(), 2);
        }
    }
}
