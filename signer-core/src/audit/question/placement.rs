//! `audit placement`.

use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::super::answer::{AuditAnswer, AuditCase, Conclusion, Question, Unit};
use super::super::finding::Finding;
use super::super::records::{DeviceRecord, Records};
use crate::digest::DeviceId;
use crate::phrase;
use crate::rule::{Named, Phrase};
use crate::wallet::{CheckedCard, DeviceCard, RegisteredWallet};

/// Do the keys of one wallet stand in different HSMs at different places?
pub fn placement(records: &Records) -> AuditAnswer {
    let mut cases = records.unheard();
    cases.extend(wallets(records).iter().map(|one| wallet(one, records)));
    let unit = Unit {
        name: phrase!("wallets", "ウォレット"),
        claim: phrase!(
            "every key stands in an HSM of its own, at a place of its own",
            "すべての鍵が別々のHSMに、別々の場所にある"
        ),
        none: Conclusion::Missing,
    };
    AuditAnswer::new(Question::Placement, unit, cases)
}

/// The newest version of every wallet that any device registered.
fn wallets(records: &Records) -> Vec<Arc<RegisteredWallet>> {
    let mut found: Vec<Arc<RegisteredWallet>> = Vec::new();
    for history in records.histories() {
        for wallet in history.state.wallets().newest() {
            if found.iter().all(|known| known.id() != wallet.id()) {
                found.push(Arc::clone(wallet));
            }
        }
    }
    found
}

/// The newest card of a device that any device took: the one with the highest generation, and of
/// those the newest one of its own journal.
fn card<'r>(device: &DeviceId, records: &'r Records) -> Option<&'r DeviceCard> {
    let own = records.of(device).and_then(|record| record.history());
    let own = own.and_then(|history| history.state.own_card());
    let own = own.filter(|card| card.device() == *device);
    let others = records.histories().flat_map(|history| {
        let cards = history.state.cards().iter();
        cards.filter(|card| card.device() == *device)
    });
    // Of several with one generation the last one counts.
    let all = others.chain(own).map(CheckedCard::card);
    all.max_by_key(|card| card.generation)
}

/// The devices of a wallet that judge it by an HSM of a co-signer which was replaced since.
fn behind(wallet: &RegisteredWallet, cards: &[&DeviceCard], records: &Records) -> Vec<Phrase> {
    let mut found = Vec::new();
    for member in wallet.cosigners() {
        let record = records.of(&member.identity.device_id());
        let Some(history) = record.and_then(DeviceRecord::history) else {
            continue;
        };
        for card in cards {
            let known = history.state.wallets().cards();
            let known = known.of(&card.identity.device_id());
            if known.is_some_and(|known| known.generation() < card.generation) {
                found.push(phrase!(
                    "{name} has not taken the newest card of {other}",
                    "{name} は {other} の最新カードを受け入れていない",
                    name = member.name,
                    other = card.name
                ));
            }
        }
    }
    found
}

fn wallet(wallet: &RegisteredWallet, records: &Records) -> AuditCase {
    let subject = phrase!(
        "wallet {name}",
        "ウォレット {name}",
        name = Named(wallet.name())
    );
    let cosigners = wallet.cosigners();
    let cards: Vec<&DeviceCard> = cosigners
        .iter()
        .filter_map(|member| card(&member.identity.device_id(), records))
        .collect();
    if cards.len() < cosigners.len() {
        let found = phrase!("a device card is missing", "端末カードが不足している");
        return AuditCase::missing(subject, found);
    }
    let answer = standing(subject.clone(), &cards, vendors_asked(wallet, records));
    let behind = behind(wallet, &cards, records);
    if answer.conclusion != Conclusion::Pass || behind.is_empty() {
        return answer;
    }
    let found = Phrase::listed(core::iter::once(answer.found).chain(behind));
    AuditCase::missing(subject, found)
}

/// Of how many vendors the HSMs of this wallet have to be, by the strictest policy of any device.
fn vendors_asked(wallet: &RegisteredWallet, records: &Records) -> usize {
    let policies = records
        .histories()
        .filter_map(|history| history.state.policy());
    let rules = policies.flat_map(|policy| &policy.document().wallets);
    let of_this = rules.filter(|rules| rules.wallet == wallet.digest());
    let asked = of_this.map(|rules| usize::from(rules.placement.vendors));
    asked.max().unwrap_or(1)
}

/// Where the devices of one wallet stand, by their cards.
fn standing(subject: Phrase, cards: &[&DeviceCard], asked: usize) -> AuditCase {
    let hsms = distinct(cards.iter().map(|card| card.hsm.identity()));
    let places = distinct(cards.iter().map(|card| card.site.as_str()));
    let vendors = distinct(cards.iter().map(|card| card.hsm.vendor.as_str()));
    let lines = cards.iter().map(|card| {
        phrase!(
            "{name} at {site} in {model} {serial}",
            "{name}(場所 {site})、{model} {serial}",
            name = card.name,
            site = Named(&card.site),
            model = card.hsm.model,
            serial = card.hsm.serial
        )
    });
    let lines = Phrase::listed(lines);
    let found = phrase!(
        "{n} devices, {hsms} HSMs of {vendors} vendors, {places} places: {lines}",
        "端末 {n} 台、HSM {hsms} 台、製造元 {vendors} 社、場所 {places} 箇所: {lines}",
        n = cards.len(),
        hsms = hsms,
        vendors = vendors,
        places = places,
        lines = lines
    );
    if vendors < asked {
        let short = phrase!(
            "{found}; the policy asks for {asked} vendors",
            "{found}。ポリシーの定めは製造元 {asked} 社",
            found = found,
            asked = asked
        );
        AuditCase::found(subject, Finding::OnePlace, short)
    } else if hsms < cards.len() || places < cards.len() {
        AuditCase::found(subject, Finding::OnePlace, found)
    } else if cards.iter().any(|card| card.hsm.serial.as_str().is_empty()) {
        AuditCase::missing(subject, found)
    } else {
        AuditCase::pass(subject, found)
    }
}

fn distinct<T: Ord>(values: impl Iterator<Item = T>) -> usize {
    values.collect::<BTreeSet<T>>().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Conclusion;
    use crate::testing::{label, world};
    use crate::token::Line;

    fn ask(change: fn(&mut [DeviceCard])) -> AuditCase {
        ask_for(1, change)
    }

    fn ask_for(vendors: usize, change: fn(&mut [DeviceCard])) -> AuditCase {
        let world = world();
        let devices = world.devices.iter();
        let mut cards: Vec<DeviceCard> = devices
            .map(|device| device.card(world.root.digest(), &[1]))
            .collect();
        for (number, card) in (1..).zip(&mut cards) {
            card.hsm.serial = Line::lossy(&alloc::format!("serial-{number}"));
            card.site = label(&alloc::format!("Site {number}"));
        }
        change(&mut cards);
        let cards: Vec<&DeviceCard> = cards.iter().collect();
        standing(Phrase::figure("wallet"), &cards, vendors)
    }

    /// By the newest cards: two HSMs that were replaced, each rightly at its own device, can leave
    /// fewer vendors than the policy asks for.
    #[test]
    fn f16_fewer_vendors_than_the_policy_asks_for_are_found() {
        let two = |cards: &mut [DeviceCard]| cards[1].hsm.vendor = cards[0].hsm.vendor.clone();
        for (asked, conclusion) in [
            (1, Conclusion::Pass),
            (2, Conclusion::Pass),
            (3, Conclusion::Fail),
        ] {
            let answer = ask_for(asked, two);
            assert_eq!(answer.conclusion, conclusion, "{answer:?}");
        }
        let answer = ask_for(3, two);
        assert_eq!(answer.finding, Some(Finding::OnePlace));
    }

    #[test]
    fn f16_one_hsm_or_one_place_is_found() {
        let apart = ask(|_| {});
        assert_eq!(apart.conclusion, Conclusion::Pass, "{apart:?}");
        for change in [
            (|cards: &mut [DeviceCard]| cards[1].hsm = cards[0].hsm.clone())
                as fn(&mut [DeviceCard]),
            |cards| cards[2].site = cards[0].site.clone(),
        ] {
            let answer = ask(change);
            assert_eq!(answer.conclusion, Conclusion::Fail, "{answer:?}");
            assert_eq!(answer.finding, Some(Finding::OnePlace));
        }
        // A serial number is one HSM of its maker, whatever the model is called (WAL08); none says nothing.
        let same = |cards: &mut [DeviceCard]| {
            cards[1].hsm = cards[0].hsm.clone();
            cards[1].hsm.model = Line::lossy("another model");
        };
        assert_eq!(ask(same).finding, Some(Finding::OnePlace));
        let makers = ask(|cards| {
            cards[1].hsm.serial = cards[0].hsm.serial.clone();
            cards[1].hsm.vendor = Line::lossy("another maker");
        });
        assert_eq!(makers.conclusion, Conclusion::Pass, "{makers:?}");
        let silent = ask(|cards| cards[1].hsm.serial = Line::lossy(""));
        assert_eq!(silent.conclusion, Conclusion::Missing, "{silent:?}");
    }
}
