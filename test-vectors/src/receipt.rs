//! What a device says that it signed, as `docs/formats/receipt.cddl` writes it.

use bitcoin::secp256k1::ecdsa;

use crate::cbor::Value;
use crate::psbt::Psbt;
use crate::sign::{Signed, tagged};
use crate::transfer::{Transfer, himuro};
use crate::world::{device_id, scope};

/// A receipt.
#[derive(Clone)]
pub(crate) struct Receipt {
    pub(crate) device: &'static str,
    /// Whose key signs it.
    pub(crate) signer: &'static str,
    pub(crate) session: u32,
    pub(crate) tx: [u8; 32],
    pub(crate) psbt: [u8; 32],
    pub(crate) lines: Vec<(u32, Vec<u8>, [u8; 64])>,
    /// Who sat at the device.
    pub(crate) operators: [&'static str; 2],
}

impl Receipt {
    /// The receipt of a device that has signed every coin of this transfer; the coins are at the
    /// first receive addresses.
    pub(crate) fn of(transfer: &Transfer, device: &'static str) -> Self {
        let coins = (0_u32..).zip(0..transfer.coins.len());
        let lines = coins.map(|(index, place)| {
            let (key, der) = transfer.signature(device, place, index);
            let signature = ecdsa::Signature::from_der(&der).expect("ours");
            (index, key, signature.serialize_compact())
        });
        Self {
            device,
            signer: device,
            session: 4,
            tx: transfer.digest(),
            psbt: tagged("himuro/psbt", &[&transfer.psbt().bytes()]),
            lines: lines.collect(),
            operators: match device {
                "north" => ["operator.north-a", "operator.north-b"],
                "south" => ["operator.south-a", "operator.south-b"],
                _ => ["operator.west-a", "operator.west-b"],
            },
        }
    }

    /// The receipt after a change.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// The PSBT with it.
    pub(crate) fn in_psbt(&self, psbt: Psbt) -> Psbt {
        psbt.with(|psbt| {
            psbt.global.push(&self.key(), &self.bytes());
        })
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.signed().bytes()
    }

    pub(crate) fn signed(&self) -> Signed {
        let line = |(input, key, signature): &(u32, Vec<u8>, [u8; 64])| {
            let parts = [
                Value::Uint((*input).into()),
                Value::bytes(key),
                Value::bytes(signature),
            ];
            Value::fields(parts.map(Some))
        };
        let operators = self.operators.map(Value::text);
        let body = Value::fields([
            Some(Value::Uint(1)),
            Some(scope()),
            Some(Value::bytes(&device_id(self.device))),
            Some(Value::Uint(self.session.into())),
            Some(Value::bytes(&self.tx)),
            Some(Value::bytes(&self.psbt)),
            Some(Value::Array(self.lines.iter().map(line).collect())),
            Some(Value::bytes(&[3; 32])),
            Some(Value::Uint(40)),
            Some(Value::Uint(self.lines.len() as u64)),
            Some(Value::Array(operators.to_vec())),
        ]);
        Signed::new("receipt", &body.encode(), self.signer)
    }

    pub(crate) fn key(&self) -> Vec<u8> {
        let data = [&device_id(self.device)[..], &self.session.to_be_bytes()].concat();
        himuro(0x10, &data)
    }
}
