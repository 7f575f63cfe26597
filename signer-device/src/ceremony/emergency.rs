//! The emergency wallet of other devices: this one never signs for it, and pays it in a sweep alone.

use signer_core::digest::word_lines;
use signer_core::phrase;
use signer_core::review::address::grouped;
use signer_core::types::{Chain, KeyIndex};
use signer_core::wallet::{RegisteredWallet, WalletClass};

use super::register_wallet::ask_words;
use super::session::Session;
use crate::console::Who;
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
        session.room.say(
            "the policy sweeps to this wallet",
            "ポリシーに定めた緊急退避ウォレットです",
        )?;
        Ok(Self(Box::new(wallet)))
    }

    /// Its words, typed by both from the paper of its own devices.
    pub(super) fn compare(&self, session: &mut Session) -> Result<(), Failure> {
        let screen = session.show("wallet", &self.lines(session))?;
        let subject = [
            "the emergency wallet from the paper of its own devices".to_owned(),
            "緊急退避ウォレットの端末の書面にある照合語".to_owned(),
        ];
        let digest = *self.0.digest().as_bytes();
        ask_words(session, &Who::A, "wallet-1", screen, &digest, &subject)?;
        ask_words(session, &Who::B, "wallet-2", screen, &digest, &subject)
    }

    /// The record with every signature.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        self.0.to_bytes()
    }

    fn lines(&self, session: &Session) -> Vec<String> {
        let (record, lang) = (self.0.record(), session.lang());
        let (m, n) = (record.threshold, record.cosigners.len());
        let class = record.class.phrase();
        let mut lines = vec![
            format!("{}  {}", record.name, class.text(lang)),
            format!("{m} of {n}  {}", record.scope.network),
            lang.pick(
                "this device is NOT one of them: it pays this wallet in a sweep alone",
                "この端末は共同署名者ではなく、緊急退避送金でのみ送付します",
            )
            .to_owned(),
        ];
        for cosigner in &record.cosigners {
            lines.push(format!("  {} ({})", cosigner.name, cosigner.site));
        }
        let first = self.0.address(Chain::Receive, KeyIndex(0));
        lines.extend(first.map_or_else(Vec::new, |first| grouped(&first.to_string())));
        lines.push(String::new());
        lines.extend(word_lines(self.0.digest().as_bytes()));
        lines
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
