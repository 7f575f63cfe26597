//! Destruction: from a retired wallet to orders that a token's driver destroys by.
//!
//! ```text
//! DeviceState -> Destruction -(journalled, on the disk)-> Undertaker -> DestroyOrder, one per key
//! ```

use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use bitcoin::secp256k1::PublicKey;
use minicbor::{Decode, Encode};

use super::confirm::{Asked, Unconfirmed, confirmed};
use super::{KeyLine, KeyState, KeyUse, Permit};
use crate::codec;
use crate::digest::{RetirementDigest, WalletId, hex};
use crate::keys::CkaId;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId};
use crate::signing::WalletKeyRef;
use crate::transcript::{Appended, Body, DeviceState, Entry};
use crate::types::{Label, Lang, SessionNumber};

/// A key that is about to be destroyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DoomedKey {
    /// Where it is on the token.
    #[n(0)]
    pub id: CkaId,
    /// The public key.
    #[cbor(n(1), with = "codec::as_bytes")]
    pub public_key: PublicKey,
}

/// Keys that are about to be destroyed: every key of the wallet that is left on this device.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Destroying {
    /// The wallet.
    #[n(0)]
    pub wallet: WalletId,
    /// The order that retired it.
    #[n(1)]
    pub retirement: RetirementDigest,
    /// The keys, ascending.
    #[n(2)]
    pub keys: Vec<DoomedKey>,
}

/// Keys that may be destroyed, in an open session, before anybody has confirmed it.
#[derive(Debug)]
pub struct Destruction {
    name: Label,
    session: SessionNumber,
    nonce: [u8; 32],
    what: Destroying,
}

impl Destruction {
    /// The destruction of all keys of a wallet that are left, in the open session.
    ///
    /// # Errors
    /// KEY02: the wallet is unknown here or not retired, or none of its keys is left.
    pub fn of(state: &DeviceState, wallet: &WalletId) -> Result<Self, Refusal> {
        let session = state.open().ok_or_else(no_session)?;
        let known = state.wallets().wallets();
        let name = known.iter().find(|known| known.id() == *wallet);
        let name = name.ok_or_else(|| {
            refusal(
                phrase!("a registered wallet", "登録済みのウォレット"),
                Phrase::none(),
            )
        })?;
        let retirement = state.wallets().retirement(wallet);
        let retirement = retirement.ok_or_else(|| {
            refusal(
                phrase!("a retired wallet", "廃止済みのウォレット"),
                phrase!(
                    "{name}, not retired",
                    "{name}(廃止されていない)",
                    name = name.name()
                ),
            )
        })?;
        let keys = doomed(state, wallet)?;
        Ok(Self {
            name: name.name().clone(),
            session: session.number(),
            nonce: session.opened().nonce,
            what: Destroying {
                wallet: *wallet,
                retirement,
                keys,
            },
        })
    }

    /// What is about to be destroyed: for the journal.
    pub const fn what(&self) -> &Destroying {
        &self.what
    }

    /// The one screen: wallet, order and every key.
    pub fn screen(&self, lang: Lang) -> Vec<String> {
        let what = &self.what;
        let title = lang.pick(
            "THESE KEYS ARE DESTROYED. THERE IS NO WAY BACK.",
            "以下の鍵を破棄します。元に戻すことはできません。",
        );
        let mut lines = Vec::from([
            title.to_string(),
            String::new(),
            format!("{}  {}", lang.pick("wallet", "ウォレット"), self.name),
            format!("{}  {}", lang.pick("id", "識別子"), what.wallet),
            format!("{}  {}", lang.pick("keys", "鍵の個数"), what.keys.len()),
            String::new(),
        ]);
        lines.extend(what.keys.iter().map(|key| {
            let (pool, chain, index) = (key.id.pool, key.id.chain.number(), key.id.index);
            format!(
                "{pool}/{chain}/{index}  {}",
                hex(&key.public_key.serialize())
            )
        }));
        lines
    }

    /// What is asked about it, in order.
    pub fn asked(&self) -> [Asked; 3] {
        Asked::all(&self.name, &self.what, &self.nonce)
    }

    /// Goes on to the orders, now that this is an entry of the journal and on the disk. `disk` is
    /// the journal as it was read back from there.
    ///
    /// # Errors
    /// KEY02: the entry is another one, or it is not the end of what the disk holds.
    pub fn journalled(self, appended: &Appended, disk: &[u8]) -> Result<Undertaker, Refusal> {
        if !disk.ends_with(appended.bytes()) {
            return Err(refusal(
                phrase!(
                    "a journal on the disk that ends with the list of keys",
                    "鍵の一覧で終わるディスク上のジャーナル"
                ),
                phrase!("another end", "別の終わり"),
            ));
        }
        let entry = codec::decode::<Entry>(appended.bytes());
        let entry =
            entry.map_err(|error| refusal(phrase!("an entry", "記録"), Phrase::figure(error)))?;
        match entry.body {
            Body::Destroying(what) if what == self.what && entry.session == self.session => {
                Ok(Undertaker {
                    left: what.keys.into(),
                })
            }
            other => Err(refusal(
                phrase!("the same keys in this session", "このセッションの同じ鍵"),
                other.phrase(),
            )),
        }
    }
}

/// Every key of the wallet that is left on this device, ascending.
fn doomed(state: &DeviceState, wallet: &WalletId) -> Result<Vec<DoomedKey>, Refusal> {
    let mut keys = Vec::new();
    for KeyLine { key, state: life } in state.wallet_keys() {
        if state.wallet_of(key.id.pool).map(|known| known.id()) != Some(*wallet) {
            continue;
        }
        let WalletKeyRef { id, public_key } = key;
        match life.permits(KeyUse::Destroy) {
            Permit::Given => keys.push(DoomedKey { id, public_key }),
            Permit::Withheld if life == KeyState::Destroyed => {}
            Permit::Withheld => {
                return Err(refusal(
                    phrase!("deactivated keys", "非活性の鍵"),
                    phrase!(
                        "key {id}: {state}",
                        "鍵 {id}: {state}",
                        id = id,
                        state = life.phrase()
                    ),
                ));
            }
        }
    }
    keys.sort_unstable_by_key(|key| key.id);
    if keys.is_empty() {
        return Err(refusal(
            phrase!("a key that is left", "残っている鍵"),
            phrase!("none: all are destroyed", "なし(すべて破棄済み)"),
        ));
    }
    Ok(keys)
}

/// KEY02: Only a retired wallet's keys are destroyed: all that are left, after two operators read
/// and typed which.
///
/// # Errors
/// KEY02.
pub fn key02(state: &DeviceState, what: &Destroying) -> Result<(), Refusal> {
    let destruction = Destruction::of(state, &what.wallet)?;
    if destruction.what != *what {
        return Err(refusal(
            phrase!(
                "every key that is left, once",
                "残っている鍵すべてを1度ずつ"
            ),
            phrase!("another list", "別の一覧"),
        ));
    }
    let screen = |lang| destruction.screen(lang);
    confirmed(state, screen, &destruction.asked()).map_err(unconfirmed)
}

fn unconfirmed(missing: Unconfirmed) -> Refusal {
    let (expected, got) = match missing {
        Unconfirmed::Session => return no_session(),
        Unconfirmed::Operators => (
            phrase!("two operators of the roster", "名簿の操作者2名"),
            phrase!("fewer", "不足"),
        ),
        Unconfirmed::Screen => (
            phrase!("the screen with every key", "すべての鍵の画面"),
            phrase!("another one, or none", "別の画面、または表示なし"),
        ),
        Unconfirmed::Answer(id) => (
            phrase!("an answer to [{id}]", "[{id}] への回答", id = id),
            phrase!("no right answer", "正しい回答なし"),
        ),
    };
    refusal(expected, got)
}

/// Gives one order after the other, now that all of them are in the journal.
#[derive(Debug)]
pub struct Undertaker {
    left: VecDeque<DoomedKey>,
}

impl Undertaker {
    /// The order for the next key; none when all were given.
    pub fn next_order(&mut self) -> Option<DestroyOrder> {
        let DoomedKey { id, public_key } = self.left.pop_front()?;
        Some(DestroyOrder {
            key: WalletKeyRef { id, public_key },
        })
    }
}

/// Destroy one key of a retired wallet. Made only from a [`Destruction`] that is on the disk.
#[derive(Debug)]
pub struct DestroyOrder {
    key: WalletKeyRef,
}

impl DestroyOrder {
    /// The key.
    pub const fn key(&self) -> WalletKeyRef {
        self.key
    }
}

fn no_session() -> Refusal {
    refusal(
        phrase!("an open session", "開いたセッション"),
        Phrase::none(),
    )
}

const fn refusal(expected: Phrase, got: Phrase) -> Refusal {
    Refusal::new(RuleId::KEY02, Place::Token, expected, got)
}
