//! POL08, and the screens that it asks for.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use bitcoin::Address;

use super::page::{Asked, Page, Typed};
use super::strict::nothing;
use super::{
    ActivePolicy, Before, Destination, Direction, Policy, PolicyChange, PolicyChanges, PolicyError,
    PolicyStanding,
};
use crate::approval::{ActiveRoster, Seat};
use crate::digest::{WalletDigest, word_lines};
use crate::headers::KnownTime;
use crate::phrase;
use crate::review::address::grouped;
use crate::rule::{Explained, Phrase, Place, Refusal, RuleId};
use crate::transcript::{CeremonyKind, DeviceState, OpenSession, two_operators};
use crate::types::{Height, Lang, Network};
use crate::wallet::Registry;

/// A policy that may be installed in the open session, before anybody has compared it.
#[derive(Debug)]
pub struct NewPolicy<'a> {
    policy: ActivePolicy,
    /// What was in force before; nothing at all before the first.
    old: Policy,
    known: Height,
    nonce: [u8; 32],
    wallets: &'a Registry,
}

impl<'a> NewPolicy<'a> {
    /// Takes a policy that follows the one in force.
    ///
    /// # Errors
    /// POL08: it is not signed, not of this root and roster, does not follow, or is malformed.
    pub fn of(state: &'a DeviceState, bytes: &[u8]) -> Result<Self, Refusal> {
        let roster = state.roster();
        let roster = roster.ok_or_else(|| refusal(phrase!("a roster", "名簿"), Phrase::none()))?;
        let session = state.open().ok_or_else(no_session)?;
        let standing = state.policy_standing();
        let policy = opened(state, roster, standing, bytes)?;
        if let Some(pin) = state.pinned_policy()
            && pin.digest != policy.digest()
        {
            let expected = phrase!(
                "policy {number}, which the recovery names",
                "復旧指示が指すポリシー {number}",
                number = pin.number
            );
            return Err(refusal(expected, phrase!("another one", "別のポリシー")));
        }
        let old = match standing.before {
            Before::Policy(last) | Before::Lost(Some(last)) => last.policy().clone(),
            Before::Nothing | Before::Lost(None) | Before::Unheard => nothing(policy.document()),
        };
        Ok(Self {
            policy,
            old,
            known: state.height(),
            nonce: session.opened().nonce,
            wallets: state.wallets(),
        })
    }

    /// The policy.
    pub const fn policy(&self) -> &ActivePolicy {
        &self.policy
    }

    /// Every screen, in the order in which it is shown.
    pub fn pages(&self, lang: Lang) -> Vec<Page> {
        let first = core::iter::once(self.difference(lang));
        let last = core::iter::once(self.whole(lang));
        first
            .chain(self.addresses(lang))
            .chain(self.sweep(lang))
            .chain(last)
            .collect()
    }

    /// The sweep, where it goes to a wallet that it did not go to before.
    pub fn sweep(&self, lang: Lang) -> Option<Page> {
        let sweep = self.policy.document().sweep.as_ref()?;
        let was = self.old.sweep.as_ref().map(|was| (&was.id, was.wallet));
        let new = was != Some((&sweep.id, sweep.wallet));
        new.then(|| sweep.page(&self.name(&sweep.wallet, lang), &self.nonce, lang))
    }

    /// What it changes, and from when.
    pub fn difference(&self, lang: Lang) -> Page {
        let changes = PolicyChanges::between(&self.old, self.policy.document());
        let count = |way| {
            let all = changes.iter().map(PolicyChange::direction);
            all.filter(|direction| *direction == way).count()
        };
        let loosens = count(Direction::Loosening);
        let (number, known) = (self.policy.number(), self.known);
        let mut lines = Vec::from([match lang {
            Lang::En => format!("policy {number}: what it changes    known height {known}"),
            Lang::Ja => format!("ポリシー {number} の変更点    既知のブロック高 {known}"),
        }]);
        let named = |wallet: &WalletDigest| self.name(wallet, lang);
        for way in [Direction::Tightening, Direction::Loosening] {
            lines.push(String::new());
            lines.push(format!(
                "{}: {}  ({})",
                way.name(lang),
                count(way),
                self.begins(way, lang)
            ));
            let those = changes.iter().filter(|change| change.direction() == way);
            lines.extend(those.map(|change| format!("  {}", change.text(lang, &named))));
        }
        let question = [
            "Type how many changes LOOSEN the policy",
            "緩和の件数を入力",
        ];
        Page {
            id: "changes".to_string(),
            lines,
            asked: Vec::from([Asked::number(
                "changes",
                Seat::OperatorA,
                loosens,
                question,
                lang,
            )]),
        }
    }

    /// From when changes of this direction hold.
    fn begins(&self, way: Direction, lang: Lang) -> String {
        let next = || {
            lang.pick("from the next session on", "次のセッションから")
                .to_string()
        };
        match (way, self.policy.waits_until()) {
            (Direction::Tightening, _) | (_, None) => next(),
            (Direction::Loosening, Some(height)) => match lang {
                Lang::En => format!("from height {height} on"),
                Lang::Ja => format!("ブロック高 {height} から"),
            },
        }
    }

    /// Every destination whose name, label or address was not there before.
    pub fn addresses(&self, lang: Lang) -> Vec<Page> {
        let all = self.policy.document().destinations.iter();
        let new = all.filter(|is| {
            let was = self.old.destination(&is.id);
            was.is_none_or(|was| (&was.label, &was.script) != (&is.label, &is.script))
        });
        new.map(|destination| self.address(destination, lang))
            .collect()
    }

    fn address(&self, destination: &Destination, lang: Lang) -> Page {
        let network = self.policy.scope().network;
        let address = address_of(destination, network);
        let id = format!("dest-{}", destination.id);
        let mut lines = Vec::from([
            destination.label.to_string(),
            format!("{}  {network}", destination.id),
            String::new(),
        ]);
        lines.extend(grouped(&address));
        lines.push(String::new());
        lines.extend(destination.limits(lang));
        let asked = Asked::of_address(&id, &address, &self.nonce, lang);
        Page {
            id,
            lines,
            asked: asked.into(),
        }
    }

    /// The whole policy with its words.
    pub fn whole(&self, lang: Lang) -> Page {
        let digest = self.policy.digest();
        let named = |wallet: &WalletDigest| self.name(wallet, lang);
        let mut lines = self.policy.document().in_full(lang, &named);
        lines.extend(word_lines(digest.as_bytes()));
        let subject = ["the policy from your paper", "書面のポリシー照合語"];
        let asked = Asked::of_words("policy", digest.as_bytes(), &self.nonce, subject, lang);
        Page {
            id: "policy".to_string(),
            lines,
            asked: Vec::from([asked]),
        }
    }

    fn name(&self, wallet: &WalletDigest, lang: Lang) -> String {
        match self.wallets.emergency(wallet) {
            Some(known) => known.name().to_string(),
            None => lang
                .pick(
                    "NOT REGISTERED ON THIS DEVICE",
                    "この端末に未登録のウォレット",
                )
                .to_string(),
        }
    }

    fn read_and_typed(&self, open: &OpenSession) -> Result<(), Refusal> {
        let lang = open.opened().lang;
        let pages = self.pages(lang);
        let numbered = || (1..).zip(&pages);
        let shown: Vec<_> = numbered()
            .map(|(number, page)| page.shown_as(number, lang))
            .collect();
        if open.shown() != shown {
            return Err(refusal(
                phrase!(
                    "{count} screens of this policy",
                    "このポリシーの画面 {count} 件",
                    count = shown.len()
                ),
                phrase!("other ones, or none", "別の画面、または表示なし"),
            ));
        }
        for (number, page) in numbered() {
            for asked in &page.asked {
                if asked.answered_in(number, open.answered()) == Typed::Wrong {
                    return Err(refusal(
                        phrase!("an answer to [{id}]", "[{id}] への回答", id = asked.id()),
                        phrase!("no right answer", "正しい回答なし"),
                    ));
                }
            }
        }
        Ok(())
    }
}

/// POL08: A policy follows the one in force, and two operators read what it changes and typed every new address.
///
/// A policy has a ceremony of its own. In the very first session of a device, in which nobody can be
/// seated before the roster is there, a first policy is taken as the roster is.
///
/// What was read is what was known when it was shown; from `now` on its delay counts.
///
/// # Errors
/// POL08.
pub fn pol08(state: &DeviceState, bytes: &[u8], now: KnownTime) -> Result<ActivePolicy, Refusal> {
    let new = NewPolicy::of(state, bytes)?;
    let open = state.open().ok_or_else(no_session)?;
    if !is_born_with_it(state, open) {
        compared(state, &new, open)?;
    }
    let roster = state.roster();
    let roster = roster.ok_or_else(|| refusal(phrase!("a roster", "名簿"), Phrase::none()))?;
    let standing = PolicyStanding {
        installed: now,
        ..state.policy_standing()
    };
    opened(state, roster, standing, bytes)
}

fn opened(
    state: &DeviceState,
    roster: &ActiveRoster,
    standing: PolicyStanding<'_>,
    bytes: &[u8],
) -> Result<ActivePolicy, Refusal> {
    let policy = ActivePolicy::open(bytes, roster, standing, state.height());
    let policy = policy.map_err(|error| not_taken(&error))?;
    named_apart(state.wallets(), &policy)?;
    Ok(policy)
}

/// No destination bears the name of an emergency wallet of other devices: a name on a screen means one
/// thing, whichever of both came first.
fn named_apart(wallets: &Registry, policy: &ActivePolicy) -> Result<(), Refusal> {
    let mut listed = policy.document().destinations.iter();
    let taken = listed.find(|listed| wallets.is_emergency_name(&listed.label));
    taken.map_or(Ok(()), |taken| {
        let expected = phrase!(
            "labels that are no emergency wallet's name",
            "緊急退避ウォレットの名称と異なる表示名"
        );
        let got = phrase!(
            "{label}, the label of {id}",
            "{id} の表示名 {label}",
            label = taken.label,
            id = taken.id
        );
        Err(refusal(expected, got))
    })
}

/// Two operators read it, in a ceremony of its own.
fn compared(state: &DeviceState, new: &NewPolicy<'_>, open: &OpenSession) -> Result<(), Refusal> {
    if open.opened().kind != CeremonyKind::Policy {
        return Err(refusal(
            phrase!("the ceremony of a policy", "ポリシー登録のセレモニー"),
            phrase!("another ceremony", "別のセレモニー"),
        ));
    }
    let seated = state
        .roster()
        .is_some_and(|roster| two_operators(state, roster).is_ok());
    if !seated {
        return Err(refusal(
            phrase!("two operators of the roster", "名簿の操作者2名"),
            phrase!("fewer", "不足"),
        ));
    }
    new.read_and_typed(open)
}

/// Only while the device is commissioned, and only before any other policy.
fn is_born_with_it(state: &DeviceState, open: &OpenSession) -> bool {
    let first = state.sessions().is_empty() && open.shown().is_empty();
    let nothing = matches!(state.policy_standing().before, Before::Nothing);
    open.opened().kind == CeremonyKind::Commission && first && nothing
}

fn address_of(destination: &Destination, network: Network) -> String {
    // Every destination has one: `Policy::check`.
    Address::from_script(&destination.script, network.to_bitcoin())
        .map_or_else(|_| String::new(), |address| address.to_string())
}

fn not_taken(error: &PolicyError) -> Refusal {
    let expected = phrase!(
        "a policy of these administrators that follows the one in force",
        "有効なポリシーに続く、ポリシー管理者署名済みのポリシー"
    );
    refusal(expected, error.what())
}

fn no_session() -> Refusal {
    refusal(
        phrase!("an open session", "開いたセッション"),
        Phrase::none(),
    )
}

const fn refusal(expected: Phrase, got: Phrase) -> Refusal {
    Refusal::new(RuleId::POL08, Place::Whole, expected, got)
}
