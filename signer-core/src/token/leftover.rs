//! What a generation of keys leaves on a token when it is cut.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use super::{Half, Inventory};
use crate::keys::CkaId;
use crate::phrase;
use crate::rule::Phrase;

/// What stands under an id that was announced and never recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Remains {
    /// A whole key pair.
    #[n(0)]
    Pair,
    /// Only a public key.
    #[n(1)]
    PublicHalf,
    /// Only a private key.
    #[n(2)]
    PrivateHalf,
    /// Something else: keys that were not finished, or several.
    #[n(3)]
    Unclear,
}

impl Remains {
    /// In words.
    pub fn phrase(self) -> Phrase {
        match self {
            Self::Pair => phrase!("key pair", "鍵ペア"),
            Self::PublicHalf => phrase!("public half", "公開鍵のみ"),
            Self::PrivateHalf => phrase!("private half", "秘密鍵のみ"),
            Self::Unclear => phrase!("unfinished key", "未完成の鍵"),
        }
    }
}

/// One id and what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// The id.
    pub id: CkaId,
    /// What stands there.
    pub remains: Remains,
}

impl Leftover {
    /// In words.
    pub fn phrase(&self) -> Phrase {
        phrase!(
            "{remains} {id}",
            "{remains} {id}",
            remains = self.remains.phrase(),
            id = self.id
        )
    }
}

impl Inventory {
    /// Sets aside whatever stands under ids that were `intended` and never recorded: what was set
    /// aside, ascending, and the rest.
    pub(super) fn set_aside(&self, intended: &BTreeSet<CkaId>) -> (Vec<Leftover>, Self) {
        let mut found: BTreeMap<CkaId, Remains> = BTreeMap::new();
        let mut note = |id: CkaId, remains| {
            let several = found.insert(id, remains).is_some();
            if several {
                found.insert(id, Remains::Unclear);
            }
        };
        let mut rest = self.clone();
        rest.keys.retain(|seen| {
            let aside = intended.contains(&seen.id);
            if aside {
                note(seen.id, Remains::Pair);
            }
            !aside
        });
        rest.halves.retain(|half| {
            let aside = intended.contains(&half.id);
            if aside {
                note(half.id, of_half(half.half));
            }
            !aside
        });
        let by_text: BTreeMap<String, CkaId> =
            intended.iter().map(|id| (id.to_string(), *id)).collect();
        rest.foreign.retain(|object| {
            let key = matches!(object.class.as_str(), "CKO_PUBLIC_KEY" | "CKO_PRIVATE_KEY");
            let aside = by_text.get(&object.id).filter(|_| key);
            if let Some(id) = aside {
                note(*id, Remains::Unclear);
            }
            aside.is_none()
        });
        let leftovers = found
            .into_iter()
            .map(|(id, remains)| Leftover { id, remains });
        (leftovers.collect(), rest)
    }
}

const fn of_half(half: Half) -> Remains {
    match half {
        Half::Public => Remains::PublicHalf,
        Half::Private => Remains::PrivateHalf,
    }
}
