//! What two operators read and type before an artefact takes effect. The fold asks for exactly these
//! screens and answers, so that no program can leave one out.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{DeviceState, FoldError, OpenSession};
use crate::approval::{
    ActiveRoster, PersonChange, RecoveryCancellation, Role, Roster, RosterDifference, Seat,
};
use crate::digest::word_lines;
use crate::life::{CheckedRetirement, Thaw};
use crate::phrase;
use crate::policy::{Asked, Page, Typed};
use crate::types::Lang;

/// Characters of a new key's identifier that are typed.
const TAIL: usize = 8;

/// The open session, as far as its questions depend on it.
pub(super) struct Asking {
    pub(super) nonce: [u8; 32],
    pub(super) lang: Lang,
}

impl Asking {
    /// B types words of a digest.
    pub(super) fn words(&self, id: &str, digest: &[u8; 32], subject: [&str; 2]) -> Vec<Asked> {
        Vec::from([Asked::of_words(id, digest, &self.nonce, subject, self.lang)])
    }

    /// A types one line.
    fn line(&self, id: &str, line: &str, text: [&str; 2]) -> Asked {
        Asked::of_line(id, Seat::OperatorA, line, text, self.lang)
    }
}

impl DeviceState {
    pub(super) fn asking(&self) -> Result<Asking, FoldError> {
        let opened = self.open().ok_or(FoldError::NoSession)?.opened();
        Ok(Asking {
            nonce: opened.nonce,
            lang: opened.lang,
        })
    }

    /// Who froze the device and why, why it goes on, and the words of the freeze; B types some of
    /// them.
    ///
    /// # Errors
    /// Where no session is open, or nothing is frozen.
    pub fn thaw_page(&self, order: &Thaw) -> Result<Page, FoldError> {
        let asking = self.asking()?;
        let frozen = self.frozen().ok_or(FoldError::Ceremony)?;
        let (officer, number, why) = (&frozen.officer, frozen.session, &frozen.reason);
        let digest = order.freeze.as_bytes();
        let mut lines = match asking.lang {
            Lang::En => Vec::from([
                format!("frozen by {officer} in session {number}: {why}"),
                format!("the administrators say: {}", order.reason),
            ]),
            Lang::Ja => Vec::from([
                format!("セッション {number} で {officer} が凍結: {why}"),
                format!("管理者の申告: {}", order.reason),
            ]),
        };
        lines.extend(word_lines(digest));
        Ok(Page {
            id: "thaw".to_string(),
            lines,
            asked: asking.words(
                "thaw",
                digest,
                ["the freeze that ends", "解除する凍結の照合語"],
            ),
        })
    }

    /// What waits and who cancels it; B types words of the waiting roster.
    ///
    /// # Errors
    /// Where no session is open.
    pub fn cancellation_page(&self, order: &RecoveryCancellation) -> Result<Page, FoldError> {
        let asking = self.asking()?;
        let digest = order.cancelled.as_bytes();
        let (officer, reason) = (&order.officer, &order.reason);
        let mut lines = Vec::from([match asking.lang {
            Lang::En => format!("{officer} cancels the roster that waits: {reason}"),
            Lang::Ja => format!("{officer} が待機中の名簿を取り消します: {reason}"),
        }]);
        lines.extend(word_lines(digest));
        let subject = ["the roster that is cancelled", "取り消す名簿の照合語"];
        Ok(Page {
            id: "cancellation".to_string(),
            lines,
            asked: asking.words("cancelled", digest, subject),
        })
    }

    /// Which wallet ends, and why; A types its name, B words of the order from paper.
    ///
    /// # Errors
    /// Where no session is open, or the wallet is not registered here.
    pub fn retirement_page(&self, order: &CheckedRetirement) -> Result<Page, FoldError> {
        let asking = self.asking()?;
        let (lang, body) = (asking.lang, order.order());
        let wallet = self.wallets().known(&body.wallet);
        let wallet = wallet.ok_or(FoldError::Ceremony)?;
        let name = wallet.name().to_string();
        let lines = Vec::from([
            format!("{name}  {}", wallet.class().phrase().text(lang)),
            format!("{}", body.wallet),
            String::new(),
            match lang {
                Lang::En => format!("the administrators say: EMPTY at height {}", body.empty_at),
                Lang::Ja => format!("管理者の申告: ブロック高 {} で残高なし", body.empty_at),
            },
            body.reason.to_string(),
            String::new(),
            lang.pick(
                "AFTER THIS NO COIN OF THE WALLET CAN BE MOVED WITH THIS DEVICE",
                "この後、この端末で当該ウォレットのコインを動かすことはできません",
            )
            .to_string(),
        ]);
        let text = [
            "Type the name of the wallet that is retired",
            "廃止するウォレットの名称を入力",
        ];
        let mut asked = Vec::from([asking.line("retire-wallet", &name, text)]);
        let subject = ["the retirement from your paper", "書面の廃止指示"];
        asked.extend(asking.words("retire-order", order.digest().as_bytes(), subject));
        Ok(Page {
            id: "retirement".to_string(),
            lines,
            asked,
        })
    }

    /// Everybody who comes, leaves or changes, one screen each: A types from the paper the end of a
    /// new key's identifier, for anybody else the officer's. Nothing before the first roster.
    ///
    /// # Errors
    /// Where no session is open.
    pub fn people_pages(&self, next: &ActiveRoster) -> Result<Vec<Page>, FoldError> {
        let asking = self.asking()?;
        let Some(before) = self.roster() else {
            return Ok(Vec::new());
        };
        let difference = RosterDifference::between(before.roster(), next.roster());
        let people = (1_usize..).zip(difference.people());
        Ok(people
            .map(|(place, person)| asking.person(place, person))
            .collect())
    }

    /// Number, quorums and size of the whole; B types words of it that the screen does not show.
    ///
    /// # Errors
    /// Where no session is open, or this is the first roster.
    pub fn roster_page(&self, next: &ActiveRoster) -> Result<Page, FoldError> {
        let asking = self.asking()?;
        let before = self.roster().ok_or(FoldError::Ceremony)?.roster();
        let roster = next.roster();
        let mut lines = self.sizes(before, roster, asking.lang);
        lines.extend(RosterDifference::between(before, roster).quorum_lines(asking.lang));
        let subject = ["the roster from your paper", "書面の名簿照合語"];
        Ok(Page {
            id: "roster".to_string(),
            lines,
            asked: asking.words("roster", next.digest().as_bytes(), subject),
        })
    }

    fn sizes(&self, before: &Roster, roster: &Roster, lang: Lang) -> Vec<String> {
        let sign = Role::PolicyAdministrator;
        let acting = roster.officers.iter();
        let acting = acting.filter(|officer| officer.acting_as(sign, self.time()).is_some());
        let administrators = acting.count();
        let (number, people, quorum) =
            (roster.number, roster.officers.len(), roster.administrators);
        match lang {
            Lang::En => Vec::from([
                format!("roster {number}, after roster {}", before.number),
                format!("officers        {people}"),
                format!("administrators  {quorum} of {administrators} sign"),
            ]),
            Lang::Ja => Vec::from([
                format!("名簿 {number}(前の名簿 {})", before.number),
                format!("役職員          {people} 名"),
                format!("ポリシー管理者  {administrators} 名のうち {quorum} 名が署名"),
            ]),
        }
    }
}

impl Asking {
    fn person(&self, place: usize, person: &PersonChange<'_>) -> Page {
        let id = format!("person-{place}");
        let asked = if let Some(key) = new_key(person) {
            let en = format!("Type the last {TAIL} characters of the key from your paper");
            let ja = format!("書面にある鍵の末尾{TAIL}文字を入力");
            self.line(&id, &tail(&key), [&en, &ja])
        } else {
            let who = person.who().map(ToString::to_string).unwrap_or_default();
            let text = [
                "Type the identifier of this officer from your paper",
                "書面にある役職員IDを入力",
            ];
            self.line(&id, &who, text)
        };
        Page {
            id,
            lines: person.lines(self.lang),
            asked: Vec::from([asked]),
        }
    }
}

/// The identifier of a key that this officer did not have before.
fn new_key(person: &PersonChange<'_>) -> Option<String> {
    let after = person.after?.key;
    let new = person.before.is_none_or(|before| before.key != after);
    new.then(|| after.key_id().to_hex())
}

fn tail(key: &str) -> String {
    let skip = key.chars().count().saturating_sub(TAIL);
    key.chars().skip(skip).collect()
}

/// Whether the open session showed just these screens since the last artefact that was compared in
/// it, and each question was answered rightly by the right person.
pub(super) fn read_and_typed(open: &OpenSession, pages: &[Page]) -> Result<(), FoldError> {
    let (first, unread) = open.unread();
    let numbered = || (first..).zip(pages);
    let lang = open.opened().lang;
    let shown: Vec<_> = numbered()
        .map(|(number, page)| page.shown_as(number, lang))
        .collect();
    if unread != shown {
        return Err(FoldError::Artefact(phrase!(
            "an artefact whose screens were not shown",
            "画面が表示されていない文書"
        )));
    }
    for (number, page) in numbered() {
        for asked in &page.asked {
            if asked.answered_in(number, open.answered()) == Typed::Wrong {
                return Err(FoldError::Artefact(phrase!(
                    "an artefact without a right answer to [{id}]",
                    "[{id}] への正しい回答がない文書",
                    id = asked.id()
                )));
            }
        }
    }
    Ok(())
}
