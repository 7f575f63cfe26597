//! The room of a ceremony: its console, and where in the script it is.

use signer_core::approval::Seat;
use signer_core::phrase;
use signer_core::rule::{Refusal, RuleId, RuleLine, Verdict};
use signer_core::types::Lang;

use super::Script;
use crate::console::{self, Answer, Console, Who};
use crate::failure::{Failure, Kind};

/// Wrong answers to one question after which the ceremony is over.
const TRIES: u8 = 3;

/// A ceremony's console and script.
pub(super) struct Room {
    pub(super) console: Console,
    script: &'static Script,
    step: usize,
}

impl Room {
    /// Before the first step.
    pub(super) fn enter(lang: Lang, script: &'static Script) -> Self {
        Self {
            console: Console::new(lang),
            script,
            step: 0,
        }
    }

    /// The language.
    pub(super) const fn lang(&self) -> Lang {
        self.console.lang()
    }

    /// The next step begins; the number is the paper's.
    pub(super) fn step(&mut self, number: usize) -> Result<(), Failure> {
        let [en, ja] = match self.script.steps.get(self.step) {
            Some(title) if number == self.step + 1 => *title,
            _ => {
                let name = self.script.name;
                return Err(Failure::internal(phrase!(
                    "ceremony {name} left its script",
                    "セレモニー {name} が手順書から外れた",
                    name = name
                )));
            }
        };
        self.step = number;
        let title = self.lang().pick(en, ja);
        self.console.step(number, self.script.steps.len(), title)
    }

    /// The number of the step.
    pub(super) fn at(&self) -> u32 {
        u32::try_from(self.step).unwrap_or(u32::MAX)
    }

    /// Says it in the room's language.
    pub(super) fn say(&mut self, en: &str, ja: &str) -> Result<(), Failure> {
        let text = self.lang().pick(en, ja);
        self.console.say(text)
    }

    /// Draws attention to something, in the room's language.
    pub(super) fn notice(&mut self, en: &str, ja: &str) -> Result<(), Failure> {
        let text = self.lang().pick(en, ja);
        self.console.notice(text)
    }

    /// Shows what machine and token rules found.
    ///
    /// # Errors
    /// Rule, where one of them refused.
    pub(super) fn verdicts(&mut self, lines: &[RuleLine]) -> Result<(), Failure> {
        let mut refused = Vec::new();
        for line in lines {
            match &line.verdict {
                Verdict::Passed => self.console.say(&format!(
                    "{} {}",
                    line.rule,
                    line.rule.sentence(self.lang())
                ))?,
                Verdict::Notice(text) => {
                    let text = text.text(self.lang());
                    self.console.notice(&format!("{} {text}", line.rule))?;
                }
                Verdict::NotApplicable(why) => {
                    let why = why.text(self.lang());
                    self.console.say(&format!("{} -- {why}", line.rule))?;
                }
                Verdict::NotReached(by) => self.console.say(&format!("{} -- ({by})", line.rule))?,
                Verdict::Refused(refusals) => refused.extend(refusals),
            }
        }
        if refused.is_empty() {
            return Ok(());
        }
        Err(self.refused(refused))
    }

    /// The same where a ceremony only looks: what a rule refuses is shown, and does not end it. Random
    /// numbers that are not healthy do.
    pub(super) fn findings(&mut self, lines: &[RuleLine]) -> Result<(), Failure> {
        let (random, token): (Vec<RuleLine>, Vec<RuleLine>) = lines
            .iter()
            .cloned()
            .partition(|line| line.rule == RuleId::HSM04);
        match self.verdicts(&token) {
            Err(failure) if failure.kind() == Kind::Rule => {}
            shown => shown?,
        }
        self.verdicts(&random)
    }

    /// Shows refusals, two lines each; what the ceremony ends with.
    pub(super) fn refused<'a>(
        &mut self,
        refusals: impl IntoIterator<Item = &'a Refusal>,
    ) -> Failure {
        let mut rules: Vec<String> = Vec::new();
        for refusal in refusals {
            if let Err(failure) = self.console.refusal(&refusal.text(self.lang())) {
                return failure;
            }
            let rule = refusal.rule.to_string();
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
        Failure::new(
            Kind::Rule,
            phrase!(
                "refused by rule: {rules}",
                "ルールによる拒否: {rules}",
                rules = rules.join(", ")
            ),
            phrase!(
                "Nothing was signed. What each rule expected and what to do stands above.",
                "署名していません。各規則の期待値と対処は上に表示しています。"
            ),
        )
    }

    /// Asks until `right` takes what was typed; a few times at most.
    ///
    /// # Errors
    /// Officer: rejected, gone, or wrong too often.
    pub(super) fn ask_until<T>(
        &mut self,
        who: &Who,
        id: &str,
        question: &str,
        right: impl Fn(&str) -> Option<T>,
    ) -> Result<T, Failure> {
        self.ask_recorded(who, id, question, |typed| Ok(right(typed)))
    }

    /// The same, where taking an answer can fail: it is recorded.
    pub(super) fn ask_recorded<T>(
        &mut self,
        who: &Who,
        id: &str,
        question: &str,
        mut take: impl FnMut(&str) -> Result<Option<T>, Failure>,
    ) -> Result<T, Failure> {
        for left in (0..TRIES).rev() {
            match self.console.ask(who, id, question)? {
                Answer::Typed(text) => match take(&text)? {
                    Some(value) => return Ok(value),
                    None => self.wrong(left)?,
                },
                Answer::Rejected => return Err(console::rejected().by(seat_of(who))),
                Answer::Gone => return Err(console::gone()),
            }
        }
        let wrong = Failure::officer(phrase!(
            "{tries} wrong answers to [{id}]",
            "[{id}] への誤答が {tries} 回",
            tries = TRIES,
            id = id
        ));
        Err(wrong.by(seat_of(who)))
    }

    /// Says that an answer was wrong.
    pub(super) fn wrong(&mut self, left: u8) -> Result<(), Failure> {
        let text = match self.lang() {
            Lang::En => format!("that is not what stands there; tries left: {left}"),
            Lang::Ja => format!("表示内容と一致しません。残り {left} 回"),
        };
        self.console.notice(&text)
    }
}

/// The seat of whoever is asked; officers are asked for their PIN on their way to a seat.
pub(super) const fn seat_of(who: &Who) -> Seat {
    match who {
        Who::A => Seat::OperatorA,
        Who::B => Seat::OperatorB,
        Who::Witness | Who::Officer(_) => Seat::Witness,
    }
}
