//! The register of open partial signatures: what was made, released or not, and what was settled.

use super::{DeviceState, FoldError};
use crate::phrase;
use crate::psbt::RawPsbt;
use crate::settlement::{OpenSignature, Settled, trn06};
use crate::transcript::entry::OpenCount;

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

    /// The first signature of a set was made. It counts as open before any session releases it: the
    /// journal holds it, and a journal is copied, exported and carried away.
    pub(super) fn open_set(&mut self) {
        let Some(unfinished) = &self.unfinished else {
            return;
        };
        let intent = &unfinished.intent;
        let raw = RawPsbt::parse(&unfinished.intake.psbt.0).ok();
        let transfer = intent.transfer();
        self.register.made(OpenSignature {
            tx: intent.tx,
            unsigned: raw.and_then(|raw| raw.unsigned_txid()),
            wallet: Some(intent.wallet),
            paid: Some(transfer.paid()),
            session: unfinished.session,
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
