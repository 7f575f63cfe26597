//! The register of open partial signatures: what sealed sessions released, and what was settled.

use super::{DeviceState, FoldError, Unfinished};
use crate::phrase;
use crate::psbt::RawPsbt;
use crate::settlement::{OpenSignature, Settled, trn06};
use crate::transcript::entry::OpenCount;
use crate::types::SessionNumber;

impl DeviceState {
    /// How much is open, if anything is.
    pub fn open_count(&self) -> Option<OpenCount> {
        let unknown = self.ledger.recovered().map_or(0, |lost| lost.unknown);
        let open = OpenCount {
            transactions: u32::try_from(self.register.count()).unwrap_or(u32::MAX),
            unknown,
        };
        ((open.transactions, open.unknown) != (0, 0)).then_some(open)
    }

    /// The name of the wallet that an open signature is of, where it is known.
    pub fn wallet_name(&self, open: &OpenSignature) -> Option<&str> {
        let id = open.wallet?;
        let mut wallets = self.wallets().wallets().iter().rev();
        let wallet = wallets.find(|wallet| wallet.id() == id)?;
        Some(wallet.name().as_str())
    }

    /// The sealed session let its signatures go: whether they are used, nobody tells this device.
    pub(super) fn release(&mut self) {
        let Some(Unfinished { intake, intent, .. }) = self.unfinished.take() else {
            return;
        };
        let raw = RawPsbt::parse(&intake.psbt.0).ok();
        let session = self.sessions.last().map(|session| session.number);
        let transfer = intent.transfer();
        self.register.release(OpenSignature {
            tx: intent.tx,
            unsigned: raw.and_then(|raw| raw.unsigned_txid()),
            wallet: Some(intent.wallet),
            paid: Some(transfer.paid()),
            session: session.unwrap_or(SessionNumber(0)),
            since: self.height(),
            coins: transfer.coins,
        });
    }

    /// A proof takes signatures off the register, before two operators. Nothing else changes: what
    /// was signed over stays signed over.
    pub(super) fn settle(&mut self, what: &Settled) -> Result<(), FoldError> {
        let roster = self.roster.as_ref().ok_or_else(|| {
            FoldError::Artefact(phrase!("no roster is installed", "名簿が導入されていない"))
        })?;
        self.compared_by_two_operators(roster)?;
        let sets = trn06(&what.settlement, &self.accepted, &self.register);
        let sets = sets.map_err(FoldError::Settlement)?;
        if sets != what.sets {
            return Err(FoldError::Artefact(phrase!(
                "a settlement of something else than its proof shows",
                "証明と異なる内容の解消"
            )));
        }
        self.register.settle(&sets);
        Ok(())
    }
}
