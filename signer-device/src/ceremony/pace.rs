//! How far long work has come: a line of text now and then.
//!
//! Plain lines, and no bar that is drawn over itself: whoever reads the screen, a person, a test or
//! a record of the room, sees the same, and no control character stands between prompts.

use std::time::{Duration, Instant};

use signer_core::types::Lang;

/// At most one line in this time, and the last.
const BETWEEN: Duration = Duration::from_secs(2);

/// Work of a known size.
#[derive(Debug)]
pub(super) struct Pace {
    what: [&'static str; 2],
    done: u32,
    total: u32,
    begun: Instant,
    said: Instant,
}

impl Pace {
    /// Work that begins now; `what` is counted, in English and Japanese.
    pub(super) fn of(total: u32, what: [&'static str; 2]) -> Self {
        let now = Instant::now();
        Self {
            what,
            done: 0,
            total,
            begun: now,
            said: now,
        }
    }

    /// One more is done; the line that is due.
    pub(super) fn one(&mut self, lang: Lang) -> Option<String> {
        self.done = self.done.saturating_add(1);
        let now = Instant::now();
        if self.done < self.total && now.duration_since(self.said) < BETWEEN {
            return None;
        }
        self.said = now;
        Some(self.line(now.duration_since(self.begun), lang))
    }

    fn line(&self, since: Duration, lang: Lang) -> String {
        let (done, total) = (self.done, self.total);
        let millis = since.as_millis().max(1);
        let rate = u128::from(done).saturating_mul(1000) / millis;
        let open = u128::from(total.saturating_sub(done));
        let left = open.saturating_mul(millis) / u128::from(done.max(1)) / 1000;
        let [en, ja] = self.what;
        match lang {
            Lang::En => format!("{done} of {total} {en}, {rate} in a second, {left} s to go"),
            Lang::Ja => format!("{ja} {total} 個中 {done} 個、毎秒 {rate} 個、残り約 {left} 秒"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_how_much_how_fast_and_how_long() {
        let mut pace = Pace::of(1_000, ["keys", "鍵"]);
        pace.done = 250;
        let line = pace.line(Duration::from_secs(5), Lang::En);
        assert_eq!(line, "250 of 1000 keys, 50 in a second, 15 s to go");
        let line = pace.line(Duration::from_secs(5), Lang::Ja);
        assert_eq!(line, "鍵 1000 個中 250 個、毎秒 50 個、残り約 15 秒");
        assert!(pace.line(Duration::ZERO, Lang::En).contains("250 of 1000"));
    }

    #[test]
    fn is_silent_in_between_and_says_the_last() {
        let mut pace = Pace::of(3, ["keys", "鍵"]);
        assert_eq!(pace.one(Lang::En), None);
        pace.said -= BETWEEN;
        assert!(pace.one(Lang::En).is_some_and(|l| l.starts_with("2 of 3")));
        assert!(pace.one(Lang::En).is_some_and(|l| l.starts_with("3 of 3")));
    }
}
