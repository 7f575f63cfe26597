//! WAL04.

use alloc::format;
use alloc::vec::Vec;

use super::binding::{Address, Binding};
use super::scripts::WalletScripts;
use crate::keys::Fingerprint;
use crate::phrase;
use crate::psbt::KeyOrigin;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};

/// WAL04: No key origin in the PSBT contradicts the registered keys.
///
/// Inputs of the wallet, and outputs to its own scripts. An absent origin contradicts nothing; one
/// that is there must name a key of that very address, with its registered fingerprint and path.
pub(super) fn wal04(binding: &Binding<'_>) -> Verdict {
    binding.with_wallet(|wallet| {
        let mut refusals = Vec::new();
        for (index, rebuilt, input) in binding.explained() {
            let at = (rebuilt.chain, rebuilt.key_index);
            refusals.extend(compare(wallet, at, &input.origins, &Place::Input(index)));
        }
        for (index, _, claim, at) in binding.outputs() {
            if let Some(at) = at {
                refusals.extend(compare(wallet, at, &claim.origins, &Place::Output(index)));
            }
        }
        refusals
    })
}

fn compare(
    wallet: &dyn WalletScripts,
    (chain, index): Address,
    origins: &[KeyOrigin],
    place: &Place,
) -> Vec<Refusal> {
    let refusals = origins.iter().filter_map(|origin| {
        let registered = wallet.origin_of(chain, index, &origin.public_key);
        let claimed = || text(origin.fingerprint, &origin.path);
        match registered {
            None => {
                let got = Phrase::figure(crate::digest::hex(&origin.public_key));
                let expected = phrase!("a registered key of this address", "このアドレスの登録鍵");
                Some((expected, got))
            }
            Some((fingerprint, path)) => {
                let same = fingerprint == origin.fingerprint && path[..] == origin.path[..];
                (!same).then(|| (text(fingerprint, &path), claimed()))
            }
        }
    });
    refusals
        .map(|(expected, got)| Refusal::new(RuleId::WAL04, place.clone(), expected, got))
        .collect()
}

fn text(fingerprint: Fingerprint, path: &[u32]) -> Phrase {
    let origin = path.iter().fold(format!("{fingerprint}"), |text, step| {
        format!("{text}/{step}")
    });
    phrase!("origin {origin}", "鍵の由来 {origin}", origin = origin)
}

#[cfg(test)]
mod tests {
    use crate::keys::Fingerprint;
    use crate::psbt::KeyOrigin;
    use crate::rule::{Place, RuleId};
    use crate::testing::{Case, Coin, refusals, refused, world};
    use crate::types::{Chain, InputIndex, OutputIndex};

    const ALONE: [RuleId; 1] = [RuleId::WAL04];

    #[test]
    fn passes_absent_and_partial_origins() {
        let mut case = Case::new(world());
        case.coins[0].parts.origins.clear();
        case.coins[1].parts.origins.truncate(1);
        case.outputs[1].parts.origins.clear();
        assert_eq!(refused(case.bind(world())), []);
    }

    #[test]
    fn refuses_every_other_origin_of_our_key() {
        let other_device = world().devices[1].fingerprint();
        let changes: [fn(&mut KeyOrigin, Fingerprint); 10] = [
            |o, _| o.fingerprint = Fingerprint::from_bytes([0; 4]),
            |o, _| {
                let [a, b, c, d] = o.fingerprint.to_bytes();
                o.fingerprint = Fingerprint::from_bytes([d, c, b, a]);
            },
            |o, other| {
                let same = o.fingerprint == other;
                o.fingerprint = if same {
                    Fingerprint::from_bytes([1; 4])
                } else {
                    other
                };
            },
            |o, _| o.path[0] = 2,
            |o, _| o.path[1] ^= 1,
            |o, _| o.path[2] += 1,
            |o, _| o.path[2] |= 0x8000_0000,
            |o, _| o.path.push(0),
            |o, _| o.path.truncate(2),
            |o, _| o.path.clear(),
        ];
        for (n, change) in changes.into_iter().enumerate() {
            let mut case = Case::new(world());
            change(&mut case.coins[1].parts.origins[0], other_device);
            let refusals = refusals(case.bind(world()));
            assert_eq!(refusals.len(), 1, "change {n}");
            assert_eq!(refusals[0].rule, RuleId::WAL04);
            assert_eq!(refusals[0].place, Place::Input(InputIndex(1)));
        }
    }

    #[test]
    fn refuses_a_foreign_key_and_a_key_of_another_address() {
        let stranger = crate::testing::SoftDevice::new("east").key(1, Chain::Receive, 0);
        let elsewhere = Coin::of(&world().wallet, Chain::Receive, 2, 1)
            .parts
            .origins;
        for key in [stranger.public_key.serialize(), elsewhere[0].public_key] {
            let mut case = Case::new(world());
            case.coins[0].parts.origins[0].public_key = key;
            assert_eq!(refused(case.bind(world())), ALONE);
        }
    }

    #[test]
    fn refuses_another_origin_on_change() {
        let mut case = Case::new(world());
        case.outputs[1].parts.origins[2].path[2] = 1;
        let refusals = refusals(case.bind(world()));
        assert_eq!(refusals.len(), 1);
        assert_eq!(refusals[0].place, Place::Output(OutputIndex(1)));
    }
}
