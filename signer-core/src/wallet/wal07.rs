//! WAL07.

use alloc::vec::Vec;

use super::{Registry, WalletRecord};
use crate::digest::WalletDigest;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};
use crate::types::{Chain, KeyIndex};

/// WAL07: An extended wallet keeps every address of the record that it names, in its place.
///
/// Judged before this device signs or registers a record, and again whenever its journal is read:
/// the record before it is registered here and is the newest version, name, devices, pools and
/// quorum are the same, every row stands where it stood, and there are more.
pub(super) fn wal07(record: &WalletRecord, digest: &WalletDigest, known: &Registry) -> Verdict {
    let Some(named) = record.predecessor else {
        return Verdict::NotApplicable(phrase!(
            "the first version of the wallet",
            "ウォレットの最初の版"
        ));
    };
    let Some(before) = known.by_digest(&named) else {
        return Verdict::of(alloc::vec![refusal(
            phrase!(
                "an extension of a record that is registered here",
                "この端末に登録済みの記録の拡張"
            ),
            Phrase::figure(named),
        )]);
    };
    let mut refusals = kept(before.record(), record);
    let mut others = known.wallets().iter();
    let fork =
        others.find(|other| other.record().predecessor == Some(named) && other.digest() != *digest);
    if let Some(other) = fork {
        refusals.push(refusal(
            phrase!("one extension of a version", "1つの版につき拡張は1つ"),
            phrase!(
                "extended already by {digest}",
                "{digest} で拡張済み",
                digest = other.digest()
            ),
        ));
    }
    Verdict::of(refusals)
}

/// What an extension does not keep of the record before it.
pub(super) fn kept(before: &WalletRecord, after: &WalletRecord) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let next = before.table_version.checked_add(1);
    if next != Some(after.table_version) {
        refusals.push(refusal(
            next.map_or_else(Phrase::none, version),
            version(after.table_version),
        ));
    }
    if after.id() != before.id() || after.root != before.root {
        refusals.push(refusal(
            phrase!("wallet {id}", "ウォレット {id}", id = before.id()),
            phrase!("wallet {id}", "ウォレット {id}", id = after.id()),
        ));
    }
    if after.name != before.name {
        refusals.push(refusal(
            phrase!("name {name}", "名称 {name}", name = before.name),
            phrase!("name {name}", "名称 {name}", name = after.name),
        ));
    }
    let mut more = 0_usize;
    for chain in [Chain::Receive, Chain::Change] {
        let (old, new) = (before.chain(chain), after.chain(chain));
        let moved = (0..).map(KeyIndex).zip(old).zip(new);
        let moved = moved.filter(|((_, was), is)| was != is);
        refusals.extend(
            moved.map(|((index, _), _)| {
                refusal(row(chain, index), phrase!("another row", "異なる行"))
            }),
        );
        let dropped = (0..).map(KeyIndex).take(old.len()).skip(new.len());
        refusals.extend(dropped.map(|index| refusal(row(chain, index), Phrase::none())));
        more = more.saturating_add(new.len().saturating_sub(old.len()));
    }
    if more == 0 {
        refusals.push(refusal(
            phrase!("more addresses", "アドレスの追加"),
            Phrase::none(),
        ));
    }
    refusals
}

fn row(chain: Chain, index: KeyIndex) -> Phrase {
    phrase!(
        "row {chain}/{index} as before",
        "元と同じ行 {chain}/{index}",
        chain = chain.number(),
        index = index
    )
}

fn version(number: u32) -> Phrase {
    phrase!("version {number}", "第 {number} 版", number = number)
}

const fn refusal(expected: Phrase, got: Phrase) -> Refusal {
    Refusal::new(RuleId::WAL07, Place::Whole, expected, got)
}

#[cfg(test)]
pub(super) mod tests {
    use alloc::string::String;
    use alloc::sync::Arc;

    use super::*;
    use crate::cose::Endorsed;
    use crate::testing::{KEYS, SCOPE, SoftDevice, World, cards_with, label, registered, world};
    use crate::types::Lang;
    use crate::wallet::{CheckedCard, RegistrableRecord, Registration, WalletError, extend_record};

    /// Cards of the world's devices after a top-up by so many keys.
    fn topped_up(world: &World, more: u32) -> Vec<CheckedCard> {
        cards_with(&world.devices, &world.roster, 1, KEYS + more)
    }

    fn extension(world: &World, more: u32) -> WalletRecord {
        extend_record(&world.wallet, &topped_up(world, more)).unwrap()
    }

    fn registry(world: &World) -> Registry {
        let mut registry = Registry::new();
        registry.add(Arc::clone(&world.wallet)).unwrap();
        registry
    }

    fn judged(record: &WalletRecord, known: &Registry) -> Verdict {
        let digest = Endorsed::new(record.clone(), SCOPE).wallet_digest();
        wal07(record, &digest, known)
    }

    /// What is refused of an extension that was changed.
    fn refused(change: impl FnOnce(&mut WalletRecord)) -> Vec<String> {
        let mut record = extension(world(), 2);
        change(&mut record);
        let Verdict::Refused(refusals) = judged(&record, &registry(world())) else {
            return Vec::new();
        };
        let said = refusals.iter().map(Refusal::difference);
        said.map(|said| said.text(Lang::En).into()).collect()
    }

    #[test]
    fn passes_more_rows_behind_the_old_ones() {
        let world = world();
        let record = extension(world, 3);
        assert_eq!(record.id(), world.wallet.id());
        assert_eq!((record.table_version, record.receive.len()), (2, 9));
        assert_eq!(record.predecessor, Some(world.wallet.digest()));
        assert_eq!(judged(&record, &registry(world)), Verdict::Passed);
        let first = judged(world.wallet.record(), &Registry::new());
        assert!(matches!(first, Verdict::NotApplicable(_)));
        let mut both = registry(world);
        let extended = registered(world, record);
        both.add(Arc::clone(&world.other)).unwrap();
        both.add(Arc::clone(&extended)).unwrap();
        let newest: Vec<_> = both.newest().map(|wallet| wallet.digest()).collect();
        assert_eq!(newest, [world.other.digest(), extended.digest()]);
        let by_id = both.by_id(&world.wallet.id()).unwrap();
        assert_eq!(by_id.digest(), extended.digest());
    }

    #[test]
    fn refuses_a_row_that_was_changed_moved_or_dropped() {
        let stranger = SoftDevice::new("east").key(1, Chain::Receive, 0).public_key;
        assert_eq!(
            refused(|r| r.receive[2].0[1] = stranger),
            ["expected row 0/2 as before, got another row"]
        );
        assert_eq!(refused(|r| r.change.swap(0, 5)).len(), 2);
        assert_eq!(refused(|r| r.change[3].0.swap(0, 1)).len(), 1);
        assert_eq!(
            refused(|r| r.change.truncate(5)),
            ["expected row 1/5 as before, got none"]
        );
        assert_eq!(refused(|r| drop(r.receive.remove(0))).len(), 6);
    }

    #[test]
    fn refuses_an_extension_by_nothing_and_takes_one_row() {
        let keys = usize::try_from(KEYS).unwrap();
        assert_eq!(
            refused(|r| {
                r.receive.truncate(keys);
                r.change.truncate(keys);
            }),
            ["expected more addresses, got none"]
        );
        assert!(
            refused(|r| {
                r.receive.truncate(keys + 1);
                r.change.truncate(keys);
            })
            .is_empty()
        );
    }

    #[test]
    fn refuses_another_wallet_name_or_version() {
        assert_eq!(refused(|r| r.name = label("Cold 7")).len(), 1);
        assert_eq!(refused(|r| r.threshold = 3).len(), 1);
        assert_eq!(refused(|r| r.nonce[0] ^= 1).len(), 1);
        assert_eq!(refused(|r| r.cosigners[1].pool.0 = 9).len(), 1);
        for version in [1, 3] {
            assert_eq!(refused(|r| r.table_version = version).len(), 1);
        }
        let unknown = WalletDigest::from_bytes([7; 32]);
        assert_eq!(refused(|r| r.predecessor = Some(unknown)).len(), 1);
    }

    /// Two extensions of one version could each be registered somewhere.
    #[test]
    fn refuses_a_second_extension_of_one_version() {
        let world = world();
        let mut known = registry(world);
        let second = registered(world, extension(world, 2));
        known.add(Arc::clone(&second)).unwrap();
        known.add(Arc::clone(&second)).unwrap();
        assert_eq!(known.wallets().len(), 2);
        let fork = registered(world, extension(world, 3));
        let error = known.add(fork).unwrap_err();
        assert!(matches!(error, WalletError::Extension(refusals) if refusals.len() == 1));
        // A third version follows the second.
        let third = extend_record(&second, &topped_up(world, 4)).unwrap();
        assert_eq!(third.table_version, 3);
        known.add(registered(world, third)).unwrap();
    }

    #[test]
    fn a_device_signs_no_extension_that_it_refuses() {
        let world = world();
        let (cards, wallets) = (topped_up(world, 2), registry(world));
        let enrolments = crate::testing::enrolments(&world.devices, &world.roster);
        let check = |record: &WalletRecord| {
            RegistrableRecord::check(&Registration {
                record: &Endorsed::new(record.clone(), SCOPE).to_bytes(),
                own: &cards[0],
                cards: &cards,
                enrolments: &enrolments,
                wallets: &wallets,
            })
        };
        let good = extend_record(&world.wallet, &cards).unwrap();
        assert!(check(&good).is_ok());
        let mut other = good.clone();
        other.receive.swap(0, 1);
        assert_eq!(check(&other).unwrap_err(), WalletError::NotFromCards);
        other = good;
        other.name = label("Cold 7");
        let error = check(&other).unwrap_err();
        assert!(matches!(error, WalletError::Extension(_)));
    }

    /// An extension with two old rows exchanged.
    pub(crate) fn refused_extension() -> Vec<Refusal> {
        let world = world();
        let mut record = extension(world, 2);
        record.receive.swap(0, 1);
        let other = registered(world, record);
        match registry(world).add(other).unwrap_err() {
            WalletError::Extension(refusals) => refusals,
            other => panic!("{other}"),
        }
    }

    /// All devices signed it, every key in it is theirs, and its form is right: with the old rows
    /// in another order, coins at old addresses could not be found any more.
    #[test]
    fn wal07_alone() {
        let refusals = refused_extension();
        assert!(refusals.iter().all(|refusal| refusal.rule == RuleId::WAL07));
        assert_eq!(refusals.len(), 2);
    }

    #[test]
    fn an_extension_needs_the_pools_of_the_same_devices() {
        let world = world();
        let mut cards = topped_up(world, 2);
        let gone = cards.pop().unwrap();
        let missing = extend_record(&world.wallet, &cards).unwrap_err();
        assert_eq!(missing, WalletError::CardMissing(gone.card().name.clone()));
        let same = extend_record(&world.wallet, &topped_up(world, 0)).unwrap_err();
        assert!(matches!(same, WalletError::Extension(_)));
    }
}
