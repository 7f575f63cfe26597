//! What the rules ask of a wallet, whoever vouches for its keys.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use bitcoin::secp256k1::PublicKey;
use bitcoin::{Script, ScriptBuf};

use super::{RegisteredWallet, Registry};
use crate::digest::DeviceId;
use crate::keys::Fingerprint;
use crate::phrase;
use crate::rule::Phrase;
use crate::types::{Chain, KeyIndex};

/// A wallet as WAL02 to WAL06 see it: scripts rebuilt from its own keys, and where those come from.
///
/// A [`RegisteredWallet`] is one, and so is a list of descriptors. Only the first leads to a stage.
pub(super) trait WalletScripts: fmt::Debug {
    /// The wallet in the words of a refusal.
    fn name(&self) -> Phrase;

    /// Where an output script stands in this wallet.
    fn locate(&self, script: &Script) -> Option<(Chain, KeyIndex)>;

    /// Whether a public key is one of this wallet.
    fn has_key(&self, key: &PublicKey) -> bool;

    /// Whether a key of this wallet comes from this fingerprint.
    fn has_fingerprint(&self, fingerprint: Fingerprint) -> bool;

    /// The witness script of an address.
    fn witness_script(&self, chain: Chain, index: KeyIndex) -> Option<ScriptBuf>;

    /// The redeem script of an address; none where the form has none.
    fn redeem_script(&self, chain: Chain, index: KeyIndex) -> Option<ScriptBuf>;

    /// The known origin of a key of an address: fingerprint and path.
    ///
    /// Asked by the 33 bytes: a claimed key that equals a known one is on the curve like that one,
    /// and to find the point of every claim would cost more than all else of a reading.
    fn origin_of(
        &self,
        chain: Chain,
        index: KeyIndex,
        key: &[u8; 33],
    ) -> Option<(Fingerprint, Vec<u32>)>;

    /// Whose key of an address this is.
    fn signer_of(&self, chain: Chain, index: KeyIndex, key: &PublicKey) -> Option<Signer>;
}

/// Who signs with a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signer {
    /// In the words of a refusal.
    pub(super) name: String,
    /// The device, where one is registered.
    pub(super) device: Option<DeviceId>,
}

/// The wallets to which a coin may belong.
pub(super) trait KnownWallets: fmt::Debug {
    /// The wallet that an output script belongs to.
    fn holding(&self, script: &Script) -> Option<&dyn WalletScripts>;
}

impl WalletScripts for RegisteredWallet {
    fn name(&self) -> Phrase {
        phrase!("wallet {id}", "ウォレット {id}", id = self.id())
    }

    fn locate(&self, script: &Script) -> Option<(Chain, KeyIndex)> {
        self.locate(script)
    }

    fn has_key(&self, key: &PublicKey) -> bool {
        self.locate_key((*key).into()).is_some()
    }

    fn has_fingerprint(&self, fingerprint: Fingerprint) -> bool {
        let mut members = self.members();
        members.any(|(device, _)| Fingerprint::of(&device) == fingerprint)
    }

    fn witness_script(&self, chain: Chain, index: KeyIndex) -> Option<ScriptBuf> {
        self.witness_script(chain, index)
    }

    fn redeem_script(&self, chain: Chain, index: KeyIndex) -> Option<ScriptBuf> {
        self.redeem_script(chain, index)
    }

    fn origin_of(
        &self,
        chain: Chain,
        index: KeyIndex,
        key: &[u8; 33],
    ) -> Option<(Fingerprint, Vec<u32>)> {
        let row = self.row(chain, index)?;
        let key = row.iter().find(|known| known.serialize() == *key)?;
        let (fingerprint, path) = self.origin_of(chain, index, key)?;
        Some((fingerprint, path.to_vec()))
    }

    fn signer_of(&self, chain: Chain, index: KeyIndex, key: &PublicKey) -> Option<Signer> {
        let (device, cosigner) = self.member_of(chain, index, key)?;
        Some(Signer {
            name: cosigner.name.to_string(),
            device: Some(device),
        })
    }
}

impl KnownWallets for Registry {
    fn holding(&self, script: &Script) -> Option<&dyn WalletScripts> {
        let (wallet, _, _) = self.locate(script)?;
        Some(&**wallet)
    }
}
