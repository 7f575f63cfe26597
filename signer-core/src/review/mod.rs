//! Screens and consent: an approved transaction becomes a confirmed one.
//!
//! Everything on a screen is computed from the `ApprovedTx`. There is no way to answer but typing
//! what the screen says, no way past a screen, and no way back into a review that was rejected.

pub mod address;
pub mod amount;
mod challenge;
mod facts;
mod gather;
pub mod layout;
mod rules;
mod screen;
mod sheet;

use alloc::string::String;
use alloc::vec::Vec;

pub use challenge::{AnswerMatch, Challenge};
pub use facts::{
    ChangeFacts, CoinFacts, FeeFacts, InsideFacts, PaymentFacts, People, Person, ReplacedFacts,
    ReviewSession, SignerFacts, Standing, TxFacts, VersionFacts, WalletFacts,
};
pub(crate) use gather::{facts as facts_of, person};
pub(crate) use screen::people::person as person_line;
pub(crate) use screen::place;
pub use screen::{PagePart, Screen, ScreenId, ScreenKind, digest_of, render};
pub use sheet::{Section, Sheet, SheetStanding, still_missing};

use crate::approval::{ApprovedTx, Seat};
use crate::cose::Scope;
use crate::digest::ScreensDigest;
use crate::rule::Refusal;
use crate::types::Lang;
use crate::wallet::WalletTx;

/// Wrong answers to one question after which the session is over.
pub const TRIES: u8 = 3;

/// The key that rejects, on every screen.
pub const REJECT: &str = "r";

/// A transaction on its way past the operators' eyes.
#[derive(Debug)]
pub struct Review {
    tx: ApprovedTx,
    lang: Lang,
    session: ReviewSession,
    pages: Vec<Page>,
    digest: ScreensDigest,
    progress: Progress,
}

/// How far the operators are.
#[derive(Debug)]
struct Progress {
    shown: usize,
    asked: usize,
    answered: usize,
    tries_left: u8,
    end: Option<End>,
}

/// Why a review ended before its last question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    OutOfOrder,
    WrongAnswers { screen: u32, seat: Seat },
    Rejected { screen: u32, seat: Seat },
}

/// A screen with the code at its bottom and the questions after it.
#[derive(Debug)]
pub struct Page {
    screen: Screen,
    code: String,
    challenges: Vec<Challenge>,
}

impl Page {
    /// The screen.
    pub const fn screen(&self) -> &Screen {
        &self.screen
    }

    /// What is asked after it.
    pub fn challenges(&self) -> &[Challenge] {
        &self.challenges
    }

    /// What people see: the screen, its code, and the key that rejects.
    pub fn text(&self, lang: Lang) -> String {
        let (screen, code) = (self.screen.text(), &self.code);
        match lang {
            Lang::En => alloc::format!("{screen}-- [{code}] code of this page   [r] REJECT\n"),
            Lang::Ja => {
                alloc::format!("{screen}-- [{code}] このページのコード   [r] 否認(中止)\n")
            }
        }
    }
}

/// What the device has to do next.
#[derive(Debug)]
pub enum Step<'a> {
    /// Show this page, then call [`Review::shown`].
    Show {
        /// The page.
        page: &'a Page,
        /// Its number, from 1.
        number: u32,
        /// How many there are.
        of: u32,
    },
    /// Ask this, then call [`Review::answer`].
    Ask {
        /// The question.
        challenge: &'a Challenge,
        /// The number of the screen that it is about.
        number: u32,
    },
    /// Call [`Review::finish`].
    Done,
}

/// What became of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Answer {
    /// It was right.
    Accepted,
    /// It was wrong; without a try left the review is over.
    Wrong {
        /// How often the same question may still be answered.
        tries_left: u8,
    },
    /// The operator rejected; the review is over.
    Rejected,
}

impl Review {
    /// Makes every screen and every question of an approved transaction.
    pub fn open(tx: ApprovedTx, lang: Lang, session: ReviewSession) -> Self {
        let facts = gather::facts(&tx);
        let screens = render(lang, &facts, &session);
        let digest = digest_of(lang, &screens);
        let source = challenge::Source {
            screens: digest,
            nonce: &session.nonce,
            facts: &facts,
        };
        let pages = screens
            .into_iter()
            .zip(1_u32..)
            .map(|(screen, number)| Page {
                code: source.code(number),
                challenges: source.challenges(&screen, number),
                screen,
            })
            .collect();
        Self {
            tx,
            lang,
            session,
            pages,
            digest,
            progress: Progress {
                shown: 0,
                asked: 0,
                answered: 0,
                tries_left: TRIES,
                end: None,
            },
        }
    }

    /// The transaction.
    pub const fn tx(&self) -> &ApprovedTx {
        &self.tx
    }

    /// The language of the screens.
    pub const fn lang(&self) -> Lang {
        self.lang
    }

    /// Every page, in order.
    pub fn pages(&self) -> &[Page] {
        &self.pages
    }

    /// The digest of all screens.
    pub const fn digest(&self) -> ScreensDigest {
        self.digest
    }

    /// What comes next.
    pub fn step(&self) -> Step<'_> {
        if self.progress.end.is_some() {
            return Step::Done;
        }
        if let Some(challenge) = self.open_challenge() {
            return Step::Ask {
                challenge,
                number: count(self.progress.shown),
            };
        }
        match self.pages.get(self.progress.shown) {
            None => Step::Done,
            Some(page) => Step::Show {
                page,
                number: count(self.progress.shown.saturating_add(1)),
                of: count(self.pages.len()),
            },
        }
    }

    /// The page of the last [`Step::Show`] stands on the screen. Out of turn, this ends the review.
    pub fn shown(&mut self) {
        if matches!(self.step(), Step::Show { .. }) {
            self.progress.shown = self.progress.shown.saturating_add(1);
            self.progress.asked = 0;
            self.progress.tries_left = TRIES;
        } else {
            self.out_of_order();
        }
    }

    /// What an operator typed at the last [`Step::Ask`]. Out of turn, this ends the review.
    pub fn answer(&mut self, typed: &str) -> Answer {
        let screen = count(self.progress.shown);
        let (seat, matched) = match self.step() {
            Step::Ask { challenge, .. } => (challenge.seat(), challenge.matches(typed)),
            Step::Show { .. } | Step::Done => {
                self.out_of_order();
                return Answer::Wrong { tries_left: 0 };
            }
        };
        if is_reject(typed) {
            self.progress.end = Some(End::Rejected { screen, seat });
            return Answer::Rejected;
        }
        if matched == AnswerMatch::Right {
            self.progress.asked = self.progress.asked.saturating_add(1);
            self.progress.answered = self.progress.answered.saturating_add(1);
            self.progress.tries_left = TRIES;
            return Answer::Accepted;
        }
        let tries_left = self.progress.tries_left.saturating_sub(1);
        self.progress.tries_left = tries_left;
        if tries_left == 0 {
            self.progress.end = Some(End::WrongAnswers { screen, seat });
        }
        Answer::Wrong { tries_left }
    }

    /// The confirmed transaction, if every screen was shown and every question answered.
    ///
    /// # Errors
    /// REV01, REV02.
    pub fn finish(self) -> Result<ConfirmedTx, Refusal> {
        rules::rev01(&self.progress, self.pages.len())?;
        let asked = self.pages.iter().map(|page| page.challenges.len()).sum();
        rules::rev02(&self.progress, asked)?;
        Ok(ConfirmedTx {
            tx: self.tx,
            session: self.session,
            screens: self.digest,
        })
    }

    /// The first question of the shown page that is not answered yet.
    fn open_challenge(&self) -> Option<&Challenge> {
        let page = self.pages.get(self.progress.shown.checked_sub(1)?)?;
        page.challenges.get(self.progress.asked)
    }

    fn out_of_order(&mut self) {
        if self.progress.end.is_none() {
            self.progress.end = Some(End::OutOfOrder);
        }
    }
}

/// Whether what was typed is the key that rejects.
fn is_reject(typed: &str) -> bool {
    typed.trim().eq_ignore_ascii_case(REJECT)
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A transaction that the operators have read and confirmed: the last word before the HSM.
#[derive(Debug)]
pub struct ConfirmedTx {
    tx: ApprovedTx,
    session: ReviewSession,
    screens: ScreensDigest,
}

impl ConfirmedTx {
    /// The approved transaction.
    pub const fn approved(&self) -> &ApprovedTx {
        &self.tx
    }

    /// The transaction as its wallet explains it.
    pub const fn wallet_tx(&self) -> &WalletTx {
        self.tx.checked().wallet_tx()
    }

    /// Network and purpose.
    pub fn scope(&self) -> Scope {
        self.wallet_tx().wallet().record().scope
    }

    /// The session in which it was confirmed.
    pub const fn session(&self) -> &ReviewSession {
        &self.session
    }

    /// What the operators saw.
    pub const fn screens(&self) -> ScreensDigest {
        self.screens
    }
}

#[cfg(test)]
pub(crate) mod tests;
