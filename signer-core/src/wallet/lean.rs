//! What need not cross the gap, because whoever registered the wallet says it again.

use bitcoin::Script;

use super::RegisteredWallet;
use super::scripts::WalletScripts;
use crate::psbt::build::OutputParts;
use crate::psbt::{KeyOrigin, ParsedPsbt, RawPsbt, lean};
use crate::rule::Refusal;

impl RegisteredWallet {
    /// The request without what this wallet says again of its own coins and change
    /// ([`lean::request`]).
    ///
    /// # Errors
    /// PSB01 when the result is no PSBT.
    pub fn lean_request(&self, whole: &ParsedPsbt) -> Result<RawPsbt, Refusal> {
        lean::request(whole, |script| self.says_of(script))
    }

    /// All that a PSBT could say of one of this wallet's scripts.
    fn says_of(&self, script: &Script) -> Option<OutputParts> {
        let (chain, index) = self.locate(script)?;
        let keys = self.row(chain, index)?.iter();
        let origins = keys.filter_map(|key| {
            let public_key = key.serialize();
            let (fingerprint, path) = WalletScripts::origin_of(self, chain, index, &public_key)?;
            Some(KeyOrigin {
                public_key,
                fingerprint,
                path,
            })
        });
        Some(OutputParts {
            witness_script: self.witness_script(chain, index),
            redeem_script: self.redeem_script(chain, index),
            origins: origins.collect(),
        })
    }
}

#[cfg(test)]
mod tests;
