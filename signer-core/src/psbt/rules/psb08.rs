//! PSB08: fields of another kind of spending.

use crate::phrase;
use crate::rule::{Phrase, Refusal, RuleId, Verdict};

use super::{Reading, Refused};

/// PSB08: No field asks for another kind of spending: taproot, MuSig2, preimages, proofs.
///
/// Also silent payments, signed messages and proofs of reserves. Unknown fields ask for nothing
/// that we would do: they pass through.
pub(super) fn psb08(reading: &Reading<'_>) -> Verdict {
    let mut refused = Refused::default();
    for (map, name) in &reading.fields.other_spending {
        refused.add(|| {
            let expected = phrase!(
                "only fields of a multisig spending by signatures",
                "署名によるマルチシグ支払の項目のみ"
            );
            Refusal::new(RuleId::PSB08, map.place(), expected, Phrase::figure(name))
        });
    }
    refused.verdict()
}

#[cfg(test)]
mod tests {
    use crate::rule::Refusal;
    use alloc::vec::Vec;

    use crate::psbt::testing::{BOTH, Case, edit, key, refusing};
    use crate::psbt::{MapId, ParsedPsbt};
    use crate::rule::RuleId;
    use crate::types::{InputIndex, OutputIndex};

    fn refused_types(map: MapId) -> Vec<u8> {
        let raw = Case::new(BOTH[1], 1).raw();
        let refused = |key_type: &u8| {
            let key = [*key_type, 1, 2, 3];
            refusing(edit(&raw, map, &key, Some(&[1]))) == [RuleId::PSB08]
        };
        (0..=0xFC).filter(refused).collect()
    }

    /// Every type of the registry that is another kind of spending, and no other.
    #[test]
    fn refuses_taproot_musig_preimages_proofs_and_silent_payments() {
        assert_eq!(refused_types(MapId::Global), [0x07, 0x08, 0x09]);
        let mut inputs: Vec<u8> = (0x09..=0x0D).chain(0x13..=0x18).collect();
        inputs.extend(0x1A..=0x20);
        assert_eq!(refused_types(MapId::Input(InputIndex(0))), inputs);
        let outputs: Vec<u8> = (0x05..=0x0A).collect();
        assert_eq!(refused_types(MapId::Output(OutputIndex(0))), outputs);
    }

    #[test]
    fn names_a_hundred_places_and_counts_the_rest() {
        let raw = Case::new(BOTH[0], 1).raw();
        let records = |count: u8| -> Vec<_> {
            let place = MapId::Input(InputIndex(0));
            let key = |n| alloc::vec![0x14, n];
            (0..count).map(|n| (place, key(n), alloc::vec![])).collect()
        };
        for (count, lines) in [(99, 99), (100, 100), (101, 101), (200, 101)] {
            let bytes = raw.with_records(&records(count)).unwrap().into_bytes();
            let stopped = ParsedPsbt::parse(bytes).unwrap_err();
            assert_eq!(stopped.report().refusals().count(), lines);
            let last = stopped.report().refusals().last().unwrap();
            let more = Refusal::further(RuleId::PSB08, usize::from(count).saturating_sub(100));
            assert_eq!(last.got == more.got, count > 100);
        }
    }

    #[test]
    fn passes_unknown_and_foreign_fields_and_counts_them() {
        for version in BOTH {
            let mut raw = Case::new(version, 1).raw();
            for key in [
                &b"\xf0"[..],
                b"\xf0\x01",
                b"\xfc\x05other\x00",
                b"\xfc\x06himuro\x7f",
            ] {
                raw = raw.insert_global(key, b"1").unwrap();
                raw = raw.insert_input(InputIndex(0), key, b"2").unwrap();
            }
            let dnssec = edit(&raw, MapId::Output(OutputIndex(0)), &[0x35], Some(b"proof"));
            let parsed = ParsedPsbt::parse(dnssec).unwrap();
            assert_eq!(parsed.foreign_records(), 9);
        }
    }

    #[test]
    fn passes_extended_keys_unread() {
        let mut xpub = [&[0x01][..], &[4, 0x88, 0xB2, 0x1E, 2], &[7; 73]].concat();
        xpub.truncate(46);
        xpub.extend(key(1).serialize());
        let raw = Case::new(BOTH[0], 1).raw();
        let parsed = edit(&raw, MapId::Global, &xpub, Some(&[9; 12]));
        assert_eq!(ParsedPsbt::parse(parsed).unwrap().foreign_records(), 0);
        let shallow = edit(&raw, MapId::Global, &xpub, Some(&[9; 8]));
        assert_eq!(refusing(shallow), [RuleId::PSB01]);
    }
}
