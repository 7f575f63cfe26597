//! Who operated which device for one transfer.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::digest::DeviceId;
use crate::types::OfficerId;

/// A device that has signed or is to sign, and who sits at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatedDevice {
    /// The device.
    pub device: DeviceId,
    /// Operator A and operator B.
    pub operators: [OfficerId; 2],
}

/// Devices that one person may operate for one transfer: what is stated, but never so many as sign.
pub fn devices_per_operator(stated: u8, threshold: u8) -> usize {
    usize::from(stated.min(threshold.saturating_sub(1)).max(1))
}

/// Who operated more than `most` of these devices, and how many.
pub fn operated_too_many(devices: &[OperatedDevice], most: usize) -> Vec<(OfficerId, usize)> {
    let mut operated: BTreeMap<&OfficerId, BTreeSet<DeviceId>> = BTreeMap::new();
    for OperatedDevice { device, operators } in devices {
        for officer in operators {
            operated.entry(officer).or_default().insert(*device);
        }
    }
    let counted = operated.into_iter().map(|(who, all)| (who, all.len()));
    let too_many = counted.filter(|(_, count)| *count > most);
    too_many.map(|(who, count)| (who.clone(), count)).collect()
}
