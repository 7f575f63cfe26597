//! Why cards, records and wallets were not taken.

use alloc::vec::Vec;
use core::fmt;

use bitcoin::secp256k1::PublicKey;

use crate::cose::CoseError;
use crate::digest::{DeviceId, WalletId};
use crate::keys::Fingerprint;
use crate::phrase;
use crate::rule::{Explained, Phrase, Refusal, RuleId};
use crate::types::{Chain, Id, KeyIndex, Label, Lang, PoolNumber};

/// Why a device card, a wallet record or a registration was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WalletError {
    /// Not a signed artefact of this kind, network and purpose.
    Signed(CoseError),
    /// A structure of another version.
    Version(u8),
    /// Of another network or purpose than it was signed for.
    OtherScope,
    /// Made under another root of trust.
    OtherRoot(Id),
    /// Not 2 <= m <= n <= 15.
    Quorum {
        /// m.
        threshold: u8,
        /// n.
        devices: usize,
    },
    /// One device stands there twice, or the devices are not in order.
    DeviceOrder(DeviceId),
    /// Two devices have the same fingerprint.
    RepeatedFingerprint(Fingerprint),
    /// One public key stands in two places.
    RepeatedKey(PublicKey),
    /// The pools of a card are not in ascending order.
    PoolOrder(PoolNumber),
    /// The card has no such pool, or no pool at all.
    NoPool {
        /// The device.
        device: Id,
        /// The pool that was asked for.
        pool: Option<PoolNumber>,
    },
    /// A chain without a key.
    NoKeys(Chain),
    /// A row of the key table that does not hold one key of each device.
    Row(Chain, KeyIndex),
    /// The proof of possession of this key does not verify.
    Possession {
        /// The device.
        device: Id,
        /// The pool.
        pool: PoolNumber,
        /// The chain.
        chain: Chain,
        /// The index.
        index: KeyIndex,
    },
    /// Two possession proofs of a card have one r value: the HSM used a random number twice.
    RepeatedR(Id),
    /// The keys of this pool do not have the attributes of keys born and kept in an HSM.
    Attributes(Id, PoolNumber),
    /// A device whose HSM has no acceptance test on record, on main net (HSM06).
    NotForMain(Id),
    /// This device is not in the record.
    NotMember,
    /// No card of this co-signer was given.
    CardMissing(Id),
    /// No enrolment of this co-signer was given.
    NotEnrolled(Id),
    /// The record is not the one that the cards make.
    NotFromCards,
    /// Not signed by exactly the devices that it names.
    Signers {
        /// How many of them signed.
        got: usize,
        /// How many there are.
        devices: usize,
    },
    /// Version 1 of a key table with a predecessor, or another without.
    TableVersion(u32),
    /// WAL07 refuses an extension.
    Extension(Vec<Refusal>),
    /// Two of its devices have one HSM (WAL08).
    SharedHsm(Vec<Refusal>),
    /// The pool of this device serves another wallet already.
    PoolInUse(WalletId),
    /// The wallet is retired: there is no way back.
    Retired(WalletId),
    /// Another wallet has this name.
    NameInUse(Label),
    /// A descriptor could not be made.
    Descriptor,
}

impl Explained for WalletError {
    #[expect(clippy::too_many_lines, reason = "one sentence for each error")]
    fn what(&self) -> Phrase {
        match self {
            Self::Signed(error) => error.phrase(),
            Self::Version(got) => phrase!(
                "version {got} of the structure, expected 1",
                "構造のバージョン {got}(期待値 1)",
                got = got
            ),
            Self::OtherScope => phrase!(
                "made for another network or purpose",
                "別のネットワークまたは目的のもの"
            ),
            Self::OtherRoot(name) => phrase!(
                "{name} belongs to another root of trust",
                "{name} は別の信頼の起点に属する",
                name = name
            ),
            Self::Quorum { threshold, devices } => phrase!(
                "{threshold} of {devices} devices is no quorum",
                "{devices} 台中 {threshold} 台は定足数にならない",
                threshold = threshold,
                devices = devices
            ),
            Self::DeviceOrder(device) => phrase!(
                "device {device} twice or out of order",
                "端末 {device} が重複または順序違い",
                device = device
            ),
            Self::RepeatedFingerprint(print) => phrase!(
                "two devices have fingerprint {print}",
                "2台の端末が同じフィンガープリント {print} を持つ",
                print = print
            ),
            Self::RepeatedKey(key) => phrase!(
                "public key {key} stands in two places",
                "公開鍵 {key} が2箇所にある",
                key = key
            ),
            Self::NotForMain(device) => phrase!(
                "the HSM of {device} has no acceptance test on record",
                "{device} のHSMに受入試験の記録がない",
                device = device
            ),
            Self::NotMember => phrase!(
                "this device is not in the record",
                "この端末は記録に含まれない"
            ),
            Self::CardMissing(device) => {
                phrase!(
                    "no card of {device}",
                    "{device} の端末カードなし",
                    device = device
                )
            }
            Self::NotEnrolled(device) => phrase!(
                "no enrolment of {device}",
                "{device} の端末登録なし",
                device = device
            ),
            Self::NotFromCards => phrase!(
                "the record is not the one that the cards make",
                "ウォレット記録が端末カードから作られるものと異なる"
            ),
            Self::Signers { got, devices } => phrase!(
                "signed by {got} of its {devices} devices",
                "{devices} 台中 {got} 台のみが署名",
                got = got,
                devices = devices
            ),
            Self::TableVersion(got) => phrase!(
                "version {got} of the key table does not fit its predecessor",
                "鍵表の第 {got} 版が前の版の記載と合わない",
                got = got
            ),
            Self::Extension(refusals) | Self::SharedHsm(refusals) => {
                Phrase::listed(refusals.iter().map(Refusal::difference))
            }
            Self::PoolInUse(wallet) => phrase!(
                "the pool already serves wallet {wallet}",
                "鍵プールはウォレット {wallet} で使用中",
                wallet = wallet
            ),
            Self::Retired(wallet) => phrase!(
                "wallet {wallet} is retired",
                "ウォレット {wallet} は廃止済み",
                wallet = wallet
            ),
            Self::NameInUse(name) => phrase!(
                "another wallet is called {name}",
                "別のウォレットの名称が {name}",
                name = name
            ),
            Self::Descriptor => phrase!(
                "no descriptor for this address",
                "このアドレスのディスクリプタなし"
            ),
            Self::PoolOrder(_)
            | Self::NoPool { .. }
            | Self::NoKeys(_)
            | Self::Row(..)
            | Self::Possession { .. }
            | Self::RepeatedR(_)
            | Self::Attributes(..) => self.about_keys(),
        }
    }

    fn advice(&self) -> Phrase {
        match self {
            Self::Signed(_) | Self::Version(_) | Self::OtherScope => phrase!(
                "Ask the device that made the file to write it again.",
                "ファイルを作成した端末で書き出し直してください。"
            ),
            Self::OtherRoot(_) => phrase!(
                "Use devices that were commissioned under one root.",
                "同じ信頼の起点で設定した端末を使用してください。"
            ),
            Self::Quorum { .. } => phrase!(
                "Choose 2 <= m <= n <= 15.",
                "2 <= m <= n <= 15 となるように選んでください。"
            ),
            Self::DeviceOrder(_) | Self::CardMissing(_) => phrase!(
                "Give one card of each device.",
                "各端末の端末カードを1つずつ指定してください。"
            ),
            Self::RepeatedFingerprint(_) => phrase!(
                "Commission one of the two devices again.",
                "どちらか一方の端末を設定し直してください。"
            ),
            Self::RepeatedKey(_)
            | Self::Possession { .. }
            | Self::RepeatedR(_)
            | Self::Attributes(..) => phrase!(
                "Do not use this device for a wallet. Report it.",
                "この端末をウォレットに使用せず、報告してください。"
            ),
            Self::NoPool { .. } | Self::NoKeys(_) | Self::PoolOrder(_) => phrase!(
                "Generate a pool on the device, then write its card again.",
                "端末で鍵プールを生成し、端末カードを書き出し直してください。"
            ),
            Self::NotForMain(_) => phrase!(
                "Run the acceptance test of the HSM, or use another one.",
                "HSMの受入試験を実施するか、別のHSMを使用してください。"
            ),
            Self::NotMember => phrase!(
                "Register the wallet on its own devices only.",
                "ウォレットはその構成端末にのみ登録してください。"
            ),
            Self::NotEnrolled(_) => phrase!(
                "Let the policy administrators enrol the device first.",
                "先にポリシー管理者が端末登録を行ってください。"
            ),
            Self::NotFromCards | Self::TableVersion(_) | Self::Row(..) | Self::Descriptor => {
                phrase!(
                    "Do not register. Draft the record again from the cards; if it differs again, report it.",
                    "登録しないでください。端末カードから記録を作り直し、再び異なる場合は報告してください。"
                )
            }
            Self::Signers { .. } => phrase!(
                "Collect the signature of every device of the wallet.",
                "ウォレットの全端末の署名を集めてください。"
            ),
            Self::SharedHsm(_) => {
                let [en, ja] = [Lang::En, Lang::Ja].map(|lang| RuleId::WAL08.advice(lang));
                Phrase::new(en, ja)
            }
            Self::Extension(_) => {
                let [en, ja] = [Lang::En, Lang::Ja].map(|lang| RuleId::WAL07.advice(lang));
                Phrase::new(en, ja)
            }
            Self::PoolInUse(_) | Self::Retired(_) => phrase!(
                "Generate a new pool for a new wallet.",
                "新しいウォレットには新しい鍵プールを生成してください。"
            ),
            Self::NameInUse(_) => phrase!("Choose another name.", "別の名称を選んでください。"),
        }
    }
}

impl WalletError {
    /// What is wrong with keys and pools.
    fn about_keys(&self) -> Phrase {
        match self {
            Self::PoolOrder(pool) => phrase!(
                "pool {pool} twice or out of order",
                "鍵プール {pool} が重複または順序違い",
                pool = pool
            ),
            Self::NoPool {
                device,
                pool: Some(pool),
            } => phrase!(
                "{device} has no pool {pool}",
                "{device} に鍵プール {pool} がない",
                device = device,
                pool = pool
            ),
            Self::NoPool { device, pool: None } => phrase!(
                "{device} has no pool",
                "{device} に鍵プールがない",
                device = device
            ),
            Self::NoKeys(chain) => phrase!(
                "no key on chain {chain}",
                "チェーン {chain} に鍵がない",
                chain = chain.number()
            ),
            Self::Row(chain, index) => phrase!(
                "row {chain}/{index} is not one key of each device",
                "行 {chain}/{index} が各端末の鍵1つずつではない",
                chain = chain.number(),
                index = index
            ),
            Self::Possession {
                device,
                pool,
                chain,
                index,
            } => phrase!(
                "{device} does not prove that it has key {pool}/{chain}/{index}",
                "{device} が鍵 {pool}/{chain}/{index} の保有を証明していない",
                device = device,
                pool = pool,
                chain = chain.number(),
                index = index
            ),
            Self::RepeatedR(device) => phrase!(
                "the HSM of {device} used a random number twice",
                "{device} のHSMが同じ乱数を2度使用した",
                device = device
            ),
            Self::Attributes(device, pool) => phrase!(
                "keys of pool {pool} of {device} were not born and kept in an HSM",
                "{device} の鍵プール {pool} の鍵がHSM内で生成・保持されたものではない",
                pool = pool,
                device = device
            ),
            _ => Phrase::none(),
        }
    }
}

impl fmt::Display for WalletError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl core::error::Error for WalletError {}

impl From<CoseError> for WalletError {
    fn from(error: CoseError) -> Self {
        Self::Signed(error)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn what_is_wrong_with_keys_names_device_and_place() {
        let north = || Id::new("north").unwrap();
        let pool = PoolNumber(7);
        let (chain, index) = (Chain::Change, KeyIndex(5));
        let no_pool = |pool| WalletError::NoPool {
            device: north(),
            pool,
        };
        let unproven = WalletError::Possession {
            device: north(),
            pool,
            chain,
            index,
        };
        let said = [
            (WalletError::PoolOrder(pool), "pool 7 twice or out of order"),
            (no_pool(Some(pool)), "north has no pool 7"),
            (no_pool(None), "north has no pool"),
            (WalletError::NoKeys(chain), "no key on chain 1"),
            (
                WalletError::Row(chain, index),
                "row 1/5 is not one key of each device",
            ),
            (unproven, "north does not prove that it has key 7/1/5"),
            (
                WalletError::RepeatedR(north()),
                "the HSM of north used a random number twice",
            ),
            (
                WalletError::Attributes(north(), pool),
                "keys of pool 7 of north were not born and kept in an HSM",
            ),
        ];
        for (error, text) in said {
            assert_eq!(error.what().text(Lang::En), text);
            assert_eq!(error.to_string(), error.text(Lang::En));
        }
    }
}
