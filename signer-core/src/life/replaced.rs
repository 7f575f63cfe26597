//! A replacement in its session: what two operators read and type, and the entry that follows from
//! it.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use super::confirm::{Asked, confirmed};
use super::replacement_error::ReplacementError;
use super::{CheckedReplacement, HsmName, PossessionReport, ReplacementStanding};
use crate::codec::ByteString;
use crate::cose::Scope;
use crate::digest::{DeviceId, RootDigest};
use crate::phrase;
use crate::rule::Explained as _;
use crate::split::PinOpened;
use crate::token::HsmFacts;
use crate::transcript::{Anchor, CeremonyKind, DeviceState, OpenSession};
use crate::types::{Id, Lang};
use crate::wallet::CheckedCard;

/// The entry by which a restored HSM takes the place of the device's.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Replaced {
    /// The administrators' order, with its signatures.
    #[n(0)]
    pub order: ByteString,
    /// What the new HSM remembered until now; absent where it remembered nothing. It is told of this
    /// entry, and until it is, an HSM that remembers just this is the new one.
    #[n(1)]
    pub remembered: Option<Anchor>,
    /// The device's card with the new HSM: a proof of every key, made in this session.
    #[n(2)]
    pub card: ByteString,
    /// Whose shares the new HSM was logged in to with; absent where its PIN was typed.
    #[n(3)]
    pub pin: Option<PinOpened>,
}

/// A replacement in the open session, before anybody has confirmed it.
#[derive(Debug)]
pub struct Takeover {
    name: Id,
    scope: Scope,
    root: RootDigest,
    nonce: [u8; 32],
    order: CheckedReplacement,
}

impl Takeover {
    /// Holds an order against the journal alone: before any HSM that it names is opened.
    ///
    /// # Errors
    /// [`ReplacementError`].
    pub fn ordered(
        state: &DeviceState,
        order: &[u8],
    ) -> Result<CheckedReplacement, ReplacementError> {
        let (Some(device), Some(roster)) = (state.genesis(), state.roster()) else {
            return Err(ReplacementError::Session);
        };
        CheckedReplacement::open(
            order,
            ReplacementStanding {
                roster,
                device,
                card: state.own_card().map(CheckedCard::digest),
                proven: state.proven_hsms(),
                time: state.time(),
            },
        )
    }

    /// Holds an order against the open session and the journal.
    ///
    /// # Errors
    /// [`ReplacementError`].
    pub fn of(state: &DeviceState, order: &[u8]) -> Result<Self, ReplacementError> {
        let open = state.open().filter(|open| is_ready(open));
        let (Some(open), Some(device)) = (open, state.genesis()) else {
            return Err(ReplacementError::Session);
        };
        let order = Self::ordered(state, order)?;
        if order.order().hsm != open.opened().hsm {
            return Err(ReplacementError::OtherToken);
        }
        if state.generation().is_some() {
            return Err(ReplacementError::Generating);
        }
        placed(state, &device.identity.device_id(), &order.order().hsm)?;
        Ok(Self {
            name: device.name.clone(),
            scope: device.root.scope,
            root: device.root.digest(),
            nonce: open.opened().nonce,
            order,
        })
    }

    /// The order.
    pub const fn order(&self) -> &CheckedReplacement {
        &self.order
    }

    /// The one screen: which HSM goes, and which comes.
    pub fn screen(&self, lang: Lang) -> Vec<String> {
        let order = self.order.order();
        let pick = |en: &'static str, ja: &'static str| lang.pick(en, ja);
        let new = HsmName::of(&order.hsm);
        Vec::from([
            pick(
                "A RESTORED HSM TAKES THE PLACE OF THE HSM OF THIS DEVICE",
                "復元したHSMが、この端末のHSMと交換されます",
            )
            .to_string(),
            String::new(),
            format!("{}  {}", pick("device", "端末"), self.name),
            format!("{}  {}", pick("retired HSM", "退役するHSM"), order.retired),
            format!("{}  {new}", pick("new HSM", "新しいHSM")),
            format!("{}  {}", pick("its model", "型番"), order.hsm.model),
            format!("{}  {}", pick("generation", "世代"), order.generation),
            format!("{}  {}", pick("report", "報告書"), order.report),
            format!(
                "{}  {}",
                pick("entries before it", "報告書の前の記録"),
                order.entries
            ),
            format!("{}", order.reason),
            String::new(),
            pick(
                "AFTER THIS THE RETIRED HSM IS REFUSED BY THIS DEVICE FOR EVER: DESTROY IT",
                "この後、退役したHSMはこの端末で永久に拒否されます。破壊してください",
            )
            .to_string(),
        ])
    }

    /// What is asked about it, in order.
    pub fn asked(&self) -> [Asked; 4] {
        let new = HsmName::of(&self.order.order().hsm);
        Asked::replacement(&self.name, &self.order.digest(), &new, &self.nonce)
    }

    /// What the possession proofs of the new card are over, in a journal at this head: like those of
    /// a report, so that no card of another day can be shown.
    pub fn card_nonce(&self, head: &[u8; 32]) -> [u8; 32] {
        PossessionReport::nonce_of(&self.nonce, head)
    }

    /// Whether two operators of the roster read the screen and answered every question.
    ///
    /// # Errors
    /// [`ReplacementError`].
    pub(crate) fn confirmed(&self, state: &DeviceState) -> Result<(), ReplacementError> {
        confirmed(state, |lang| self.screen(lang), &self.asked()).map_err(Into::into)
    }

    /// The new card: with the HSM of the order, every key proven in this session. Whether it holds the
    /// keys of the journal is for the journal to say.
    ///
    /// # Errors
    /// [`ReplacementError::Card`].
    pub(crate) fn open_card(
        &self,
        bytes: &[u8],
        head: &[u8; 32],
    ) -> Result<CheckedCard, ReplacementError> {
        let checked = CheckedCard::open(bytes, self.scope, &self.root)
            .map_err(|error| ReplacementError::Card(error.what()))?;
        let (card, order) = (checked.card(), self.order.order());
        let stated = (card.identity, card.generation, &card.hsm, &card.acceptance);
        let ordered = (
            order.identity,
            order.generation,
            &order.hsm,
            &order.acceptance,
        );
        if stated != ordered {
            return Err(ReplacementError::Card(phrase!(
                "a card that does not show the HSM of the order",
                "交換指示のHSMを示さない端末カード"
            )));
        }
        if card.nonce != self.card_nonce(head) {
            return Err(ReplacementError::Card(phrase!(
                "a card with proofs that were not made in this session",
                "このセッションの証明によらない端末カード"
            )));
        }
        Ok(checked)
    }

    /// The order, given away.
    pub(crate) fn into_order(self) -> CheckedReplacement {
        self.order
    }
}

/// A session that replaces and has not yet.
fn is_ready(open: &OpenSession) -> bool {
    open.opened().kind == CeremonyKind::Replace && !open.has_replaced()
}

/// WAL08 and POL09 over every wallet of this device, with the HSM that comes beside those of the
/// co-signers' newest cards: the registered records go on to name those that went.
fn placed(state: &DeviceState, device: &DeviceId, hsm: &HsmFacts) -> Result<(), ReplacementError> {
    let cards = state.wallets().cards();
    let unplaced = state.unplaced(|record| cards.cosigners_after(record, device, hsm));
    let first = unplaced.into_iter().next();
    first.map_or(Ok(()), |(_, why)| Err(ReplacementError::Placement(why)))
}

#[cfg(test)]
mod tests {
    use super::placed;
    use crate::life::ReplacementError;
    use crate::rule::RuleId;
    use crate::testing::world;
    use crate::token::{HsmFacts, Line};
    use crate::transcript::testing::Bench;

    /// What is refused where this device of the wallet takes an HSM that was changed like this.
    fn refused(device: usize, change: impl FnOnce(&mut HsmFacts)) -> Option<RuleId> {
        let bench = Bench::ready();
        let mut hsm = world().devices[device].card(world().root.digest(), &[]).hsm;
        change(&mut hsm);
        match placed(bench.state(), &world().devices[device].id(), &hsm) {
            Ok(()) => None,
            Err(ReplacementError::Placement(refusal)) => Some(refusal.rule),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn passes_an_hsm_of_its_own() {
        assert_eq!(refused(0, |hsm| hsm.serial = Line::lossy("another")), None);
        assert_eq!(refused(2, |hsm| hsm.serial = Line::lossy("another")), None);
    }

    #[test]
    fn refuses_the_hsm_of_a_co_signer() {
        let mut others = world().wallet.cosigners().iter();
        let own = world().devices[0].id();
        let other = others
            .find(|one| one.identity.device_id() != own)
            .unwrap()
            .clone();
        let taken = refused(0, |hsm| {
            hsm.vendor = other.vendor;
            hsm.serial = other.serial;
        });
        assert_eq!(taken, Some(RuleId::WAL08));
    }

    /// The device in the west is the only one of its vendor, and the policy asks for two.
    #[test]
    fn refuses_a_vendor_too_few() {
        let card = world().devices[0].card(world().root.digest(), &[]);
        let taken = refused(2, |hsm| {
            hsm.vendor = card.hsm.vendor;
            hsm.serial = Line::lossy("another");
        });
        assert_eq!(taken, Some(RuleId::POL09));
    }
}
