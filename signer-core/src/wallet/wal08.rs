//! WAL08.

use alloc::vec::Vec;

use super::{CoSigner, WalletRecord};
use crate::phrase;
use crate::rule::{Place, Refusal, RuleId, Verdict};

/// WAL08: No two keys of a wallet are in one HSM.
///
/// An HSM is told by vendor and serial number, as its device read them and wrote them on its card.
/// Judged before this device signs or registers a record, before it takes another HSM, and again
/// whenever its journal is read. By the newest cards that are known here it is judged as well where
/// a wallet signs (WAL01): one with two keys in one HSM is not active.
pub(crate) fn wal08(record: &WalletRecord) -> Verdict {
    wal08_among(&record.cosigners)
}

/// WAL08 over the devices of a wallet, each with the HSM that it has now.
pub(crate) fn wal08_among(cosigners: &[CoSigner]) -> Verdict {
    let mut before: Vec<&CoSigner> = Vec::new();
    let mut refusals = Vec::new();
    for cosigner in cosigners {
        let mut known = before.iter();
        if let Some(other) = known.find(|other| other.hsm() == cosigner.hsm()) {
            refusals.push(shared(cosigner, other));
        }
        before.push(cosigner);
    }
    Verdict::of(refusals)
}

fn shared(cosigner: &CoSigner, other: &CoSigner) -> Refusal {
    let expected = phrase!(
        "an HSM of its own for {name}",
        "{name} 専用のHSM",
        name = cosigner.name
    );
    let got = phrase!(
        "{vendor} {serial}, the one of {other}",
        "{other} と同じ {vendor} {serial}",
        vendor = cosigner.vendor,
        serial = cosigner.serial,
        other = other.name
    );
    Refusal::new(RuleId::WAL08, Place::Whole, expected, got)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::testing::device::hsm_facts;
    use crate::testing::world;
    use crate::token::Line;
    use crate::wallet::registered::check_shape;
    use crate::wallet::{NewestCards, WalletError};

    fn record(change: impl FnOnce(&mut [CoSigner])) -> WalletRecord {
        let mut record = world().wallet.record().clone();
        change(&mut record.cosigners);
        record
    }

    fn refused(record: &WalletRecord) -> usize {
        match wal08(record) {
            Verdict::Refused(refusals) => refusals.len(),
            verdict => {
                assert_eq!(verdict, Verdict::Passed);
                0
            }
        }
    }

    #[test]
    fn passes_an_hsm_for_each_device() {
        assert_eq!(refused(&record(|_| {})), 0);
    }

    /// Vendors number their HSMs each for itself.
    #[test]
    fn one_serial_of_two_vendors_is_two_hsms() {
        let two = record(|devices| {
            devices[1].serial = devices[0].serial.clone();
            devices[1].vendor = Line::lossy("anybody");
        });
        assert_eq!(refused(&two), 0);
    }

    /// Puts a device at the HSM of the first one.
    fn beside_the_first(devices: &mut [CoSigner], place: usize) {
        devices[place].serial = devices[0].serial.clone();
        devices[place].vendor = devices[0].vendor.clone();
    }

    #[test]
    fn refuses_two_devices_at_one_hsm() {
        assert_eq!(refused(&record(|devices| beside_the_first(devices, 2))), 1);
        let all = record(|devices| {
            for place in [1, 2] {
                beside_the_first(devices, place);
            }
        });
        assert_eq!(refused(&all), 2);
    }

    /// The device that takes another HSM, and no other, is then told by that one.
    #[test]
    fn another_hsm_is_the_one_of_its_own_device() {
        let mut record = record(|_| {});
        record.cosigners[1].serial = Line::lossy("spare");
        let hsm = |of: usize| {
            let mut hsm = hsm_facts();
            hsm.vendor = record.cosigners[of].vendor.clone();
            hsm.serial = record.cosigners[of].serial.clone();
            hsm
        };
        let after = |place: usize, of: usize| {
            let device = record.cosigners[place].identity.device_id();
            NewestCards::none().cosigners_after(&record, &device, &hsm(of))
        };
        assert_eq!(after(1, 1), record.cosigners);
        let mut moved = record.cosigners.clone();
        beside_the_first(&mut moved, 2);
        assert_eq!(after(2, 0), moved);
        assert!(matches!(wal08_among(&after(2, 0)), Verdict::Refused(_)));
        assert_eq!(wal08_among(&after(2, 2)), Verdict::Passed);
    }

    /// Nothing else is wrong with the record.
    #[test]
    fn wal08_alone() {
        assert!(check_shape(&record(|_| {})).is_ok());
        let one = record(|devices| beside_the_first(devices, 1));
        let error = check_shape(&one).unwrap_err();
        assert!(matches!(error, WalletError::SharedHsm(found) if found.len() == 1));
    }

    /// What is said of two devices at one HSM.
    pub(crate) fn refused_hsm() -> Vec<Refusal> {
        match wal08(&record(|devices| beside_the_first(devices, 1))) {
            Verdict::Refused(refusals) => refusals,
            verdict => panic!("{verdict:?}"),
        }
    }
}
