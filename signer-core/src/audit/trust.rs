//! What an auditor trusts: copied once from the genesis paper, kept by the auditor.

use alloc::vec::Vec;

use crate::digest::{DeviceId, FileDigest, RootDigest};
use crate::keys::P256PublicKey;
use crate::transcript::Trust;
use crate::types::Id;

/// The few facts from which everything else is proven. They never come with what they prove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditTrust {
    /// The root of trust: network, checkpoint and first roster.
    pub root: RootDigest,
    /// The devices that were commissioned.
    pub devices: Vec<TrustedDevice>,
    /// The releases of the device's software that the auditor knows; empty where none was noted.
    pub releases: Vec<TrustedRelease>,
}

/// A device as its enrolment names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedDevice {
    /// Its name.
    pub name: Id,
    /// The digest of its identity key, as it stands on its screen and in its enrolment.
    pub id: DeviceId,
}

/// A release of the device's software.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedRelease {
    /// Its version.
    pub version: Id,
    /// The program's file.
    pub binary: FileDigest,
}

impl AuditTrust {
    /// The trusted device with this identity key.
    pub fn device(&self, identity: &P256PublicKey) -> Option<&TrustedDevice> {
        let id = identity.device_id();
        self.devices.iter().find(|device| device.id == id)
    }

    /// What a transcript that names this identity key is verified with; nothing where nobody
    /// commissioned a device with it.
    pub fn of(&self, identity: &P256PublicKey) -> Option<Trust> {
        self.device(identity).map(|_| Trust {
            root: self.root,
            identity: *identity,
        })
    }
}
