//! Every signature that the device made, wherever its journal holds it: for the register of r
//! values.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::{DeviceState, FoldError};
use crate::cose::{Endorsed, peek, signatures_by};
use crate::digest::KeyId;
use crate::keys::Signature64;
use crate::ledger::RValue;
use crate::life::{PossessionReport, Recovered, Recovery, Replaced};
use crate::signing::Receipt;
use crate::transcript::entry::{Body, Installed, Proven, WhatKind};
use crate::wallet::{DeviceCard, PoolCard};

impl DeviceState {
    /// The signatures of this device in an entry.
    ///
    /// Those of transactions were judged by SIG03 before they became an entry, and the replay judges
    /// them again; all others are judged here. A copy of the very same signature gives nothing away.
    ///
    /// # Errors
    /// [`FoldError::RepeatedR`].
    pub(super) fn new_signatures(&self, body: &Body) -> Result<Vec<Signature64>, FoldError> {
        if let Body::Result(line) = body {
            return Ok(alloc::vec![line.signature]);
        }
        let made = self.signatures_of(body);
        let mut now = BTreeMap::new();
        for signature in &made {
            let twin = now.insert(signature.r(), signature.s());
            let other = twin.is_some_and(|s| s != signature.s());
            if other || self.ledger.r_values().seen(signature) == RValue::Seen {
                return Err(FoldError::RepeatedR(signature.r()));
            }
        }
        Ok(made)
    }

    /// By the identity key: seals, receipts, cards, endorsements of wallet records, possession
    /// reports. By wallet keys: the possession proofs of the device's own cards and reports.
    fn signatures_of(&self, body: &Body) -> Vec<Signature64> {
        let Some(identity) = self.identity() else {
            return Vec::new();
        };
        if let Body::Recovered(recovered) = body {
            return of_recovery(recovered, &identity.key_id());
        }
        if let Body::Replaced(replaced) = body {
            return of_replacement(replaced, &identity.key_id());
        }
        let (Body::Proven(Proven { signed: bytes, .. })
        | Body::Sealed(bytes)
        | Body::Receipt(bytes)
        | Body::Installed(Installed {
            artefact: bytes, ..
        })) = body
        else {
            return Vec::new();
        };
        let mut made = signatures_by(&bytes.0, &identity.key_id());
        if let Body::Installed(installed) = body
            && installed.kind == WhatKind::Card
            && let Ok(card) = peek::<DeviceCard>(&bytes.0)
            && card.identity == *identity
        {
            made.extend(possessions(&card));
        }
        if let Body::Proven(_) = body
            && let Ok(report) = peek::<PossessionReport>(&bytes.0)
        {
            made.extend(report.proofs());
        }
        made
    }
}

/// What a recovery says of signatures that no entry of this journal holds.
fn of_recovery(recovered: &Recovered, identity: &KeyId) -> Vec<Signature64> {
    let mut made = signatures_by(&recovered.card.0, identity);
    if let Ok(card) = peek::<DeviceCard>(&recovered.card.0) {
        made.extend(possessions(&card));
    }
    let Ok(order) = Endorsed::<Recovery>::peek(&recovered.order.0) else {
        return made;
    };
    for known in order.receipts {
        made.extend(signatures_by(&known.receipt.0, identity));
        if let Ok(receipt) = peek::<Receipt>(&known.receipt.0) {
            made.extend(receipt.signatures.iter().map(|line| line.signature));
        }
    }
    made
}

/// Those of the new card.
fn of_replacement(replaced: &Replaced, identity: &KeyId) -> Vec<Signature64> {
    let mut made = signatures_by(&replaced.card.0, identity);
    if let Ok(card) = peek::<DeviceCard>(&replaced.card.0) {
        made.extend(possessions(&card));
    }
    made
}

fn possessions(card: &DeviceCard) -> impl Iterator<Item = Signature64> {
    let keys = |pool: &PoolCard| [pool.receive.clone(), pool.change.clone()].concat();
    let keys = card.pools.iter().flat_map(keys);
    keys.map(|key| key.possession)
}
