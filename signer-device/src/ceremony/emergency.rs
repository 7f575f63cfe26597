//! The emergency wallet of other devices: this one never signs for it, and pays it in a sweep alone.

use signer_core::phrase;
use signer_core::wallet::{RegisteredWallet, WalletClass};

use super::compare::{compare, out_of_order};
use super::session::Session;
use crate::failure::Failure;

/// A record that all of its devices have signed, to which the policy in force sweeps.
pub(super) struct Emergency(Box<RegisteredWallet>);

impl Emergency {
    /// Reads the record; the journal takes it only where the newest policy names its full digest.
    pub(super) fn open(session: &mut Session, record: &[u8]) -> Result<Self, Failure> {
        let state = session.journal().state();
        let (Some(roster), Some(policy)) = (state.roster(), state.policy()) else {
            return Err(unnamed());
        };
        let wallet = RegisteredWallet::open(record, roster.scope(), &roster.root());
        let wallet = wallet
            .map_err(|error| Failure::told(&phrase!("wallet record", "ウォレット記録"), &error))?;
        let sweep = policy.document().sweep.as_ref();
        let named = sweep.is_some_and(|sweep| sweep.wallet == wallet.digest());
        if !named || wallet.class() != WalletClass::Emergency {
            return Err(unnamed());
        }
        let admitted = state.admits_emergency(&wallet);
        admitted.map_err(|error| Failure::explained(&error))?;
        session.room.say(
            "the policy sweeps to this wallet",
            "ポリシーに定めた緊急退避ウォレットです",
        )?;
        Ok(Self(Box::new(wallet)))
    }

    /// Its words, typed by both from the paper of its own devices.
    pub(super) fn compare(&self, session: &mut Session) -> Result<(), Failure> {
        let pages = session.journal().state().wallet_pages(&self.0);
        for page in pages.map_err(out_of_order)? {
            compare(session, &page)?;
        }
        Ok(())
    }

    /// The record with every signature.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        self.0.to_bytes()
    }
}

/// No card is looked at: the devices of the wallet compared theirs.
pub(super) fn no_cards(session: &mut Session) -> Result<(), Failure> {
    session.room.say(
        "the cards were compared by the wallet's own devices, which all signed the record",
        "カードは当該ウォレットの端末で照合済みで、全端末が記録に署名しています",
    )
}

fn unnamed() -> Failure {
    Failure::input(
        phrase!(
            "the policy sweeps to no such emergency wallet",
            "ポリシーにこの緊急退避ウォレットの定めがない"
        ),
        phrase!(
            "Install a policy that names this version of the wallet as its sweep first.",
            "このウォレット記録の版を緊急退避送金の宛先とするポリシーを先に登録してください。"
        ),
    )
}
