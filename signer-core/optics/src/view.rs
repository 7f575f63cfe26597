//! What a person sees while codes come in: how many frames are still needed and which, what each picture
//! brought, how fast it goes, and what would help. Text alone; the time comes from outside.
//!
//! ```text
//! q aborts | 1280 x 720 YUYV
//! 9 more frames needed of 23
//! [####.##+..#.##...+......]   # known  . missing
//! ++==..+++=+                  + new  = known  . unread
//! 8.5 pictures/s | 4.0 new/s | 20 % unread
//! too far: bring the code nearer, until it fills the picture
//! ```

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::time::Duration;

use signer_core::frames::{Follower, Ignored, TransferCode, Turn};
use signer_core::types::Lang;

use crate::read::Hint;
use crate::source::Layout;

/// Speeds are those of so much time before now.
const WINDOW: Duration = Duration::from_secs(3);
/// Most marks that are kept.
const MARKS: usize = 400;
/// Characters of a line where the terminal does not say how wide it is.
const COLUMNS: usize = 80;
/// Lines of the map at most; where there are more fragments, a character stands for several.
const LINES: usize = 4;

/// What one picture brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A frame that says something new.
    New,
    /// Nothing that was not known.
    Known,
    /// No code was read, or one that is not of this transfer.
    Unread,
}

impl Mark {
    const fn character(self) -> char {
        match self {
            Self::New => '+',
            Self::Known => '=',
            Self::Unread => '.',
        }
    }
}

/// What one picture brought, and what there is to say about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brought {
    /// Its mark.
    pub mark: Mark,
    /// What would help to read the next.
    pub hint: Option<Hint>,
    /// Why a code was passed over.
    pub ignored: Option<Ignored>,
    /// Whether the sender was followed to other frames.
    pub turn: Option<Turn>,
}

impl Brought {
    /// A picture of which nothing was read.
    pub const NOTHING: Self = Self {
        mark: Mark::Unread,
        hint: None,
        ignored: None,
        turn: None,
    };
}

/// How far a transfer is.
#[derive(Debug)]
pub struct View {
    lang: Lang,
    layout: Layout,
    marks: VecDeque<(Duration, Mark)>,
    turn: Option<Turn>,
    hint: Option<Hint>,
    ignored: Option<Ignored>,
    /// When the last picture came.
    last: Duration,
}

impl View {
    /// Nothing has come yet from a camera with such pictures.
    pub const fn new(layout: Layout, lang: Lang) -> Self {
        Self {
            lang,
            layout,
            marks: VecDeque::new(),
            turn: None,
            hint: None,
            ignored: None,
            last: Duration::ZERO,
        }
    }

    /// A picture came, so long after the begin.
    pub fn note(&mut self, at: Duration, brought: Brought) {
        self.last = at;
        self.marks.push_back((at, brought.mark));
        if self.marks.len() > MARKS {
            self.marks.pop_front();
        }
        // A hint stands until a code is read; what was said of the sender, until the end.
        match brought.mark {
            Mark::Unread => {
                self.hint = brought.hint.or(self.hint);
                self.ignored = brought.ignored;
            }
            Mark::New | Mark::Known => (self.hint, self.ignored) = (None, None),
        }
        self.turn = brought.turn.or(self.turn);
    }

    /// The lines, as they are so long after the begin.
    pub fn text(&self, at: Duration, receiver: &Follower, columns: Option<usize>) -> String {
        let columns = columns.unwrap_or(COLUMNS);
        let lang = self.lang;
        let mut lines = vec![
            format!("{} | {}", lang.pick("q aborts", "q 中止"), self.layout),
            needed(receiver, lang),
        ];
        lines.extend(map(&receiver.known(), columns));
        lines.push(
            lang.pick("# known  . missing", "# 取得済み  . 不足")
                .to_owned(),
        );
        let shown = columns.saturating_sub(1).min(self.marks.len());
        let marks = self.marks.range(self.marks.len() - shown..);
        lines.push(marks.map(|(_, mark)| mark.character()).collect());
        lines.push(
            lang.pick("+ new  = known  . unread", "+ 新規  = 既知  . 読取り不可")
                .to_owned(),
        );
        lines.push(self.speed(at));
        lines.extend(self.turn.map(|turn| turned(turn, lang).to_owned()));
        lines.extend(self.advice(at).map(str::to_owned));
        lines.iter().fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "{}", cut_to(line, columns));
            text
        })
    }

    fn speed(&self, at: Duration) -> String {
        let from = at.saturating_sub(WINDOW);
        let recent = self
            .marks
            .iter()
            .filter(|(when, _)| *when > from || from.is_zero());
        let (mut all, mut new, mut unread) = (0_u64, 0_u64, 0_u64);
        for (_, mark) in recent {
            all += 1;
            new += u64::from(*mark == Mark::New);
            unread += u64::from(*mark == Mark::Unread);
        }
        let millis = u64::try_from(at.min(WINDOW).as_millis())
            .unwrap_or(u64::MAX)
            .max(1);
        let rate = |count: u64| {
            let tenths = count * 10_000 / millis;
            format!("{}.{}", tenths / 10, tenths % 10)
        };
        let (rates, lost) = (
            (rate(all), rate(new)),
            (unread * 100).checked_div(all).unwrap_or(0),
        );
        match self.lang {
            Lang::En => format!(
                "{} pictures/s | {} new/s | {lost} % unread",
                rates.0, rates.1
            ),
            Lang::Ja => format!(
                "画像 {} 枚/秒 | 新規 {} 枚/秒 | 読取り不可 {lost} %",
                rates.0, rates.1
            ),
        }
    }

    fn advice(&self, at: Duration) -> Option<&'static str> {
        let lang = self.lang;
        if at.saturating_sub(self.last) > WINDOW {
            return Some(lang.pick(
                "the camera gives no pictures: look at its cable and its cover",
                "カメラから画像が届きません。ケーブルとカバーを確認してください。",
            ));
        }
        if let Some(hint) = self.hint {
            return Some(help(hint, lang));
        }
        self.ignored.map(|why| why.sentence(lang))
    }
}

/// How many frames are still needed, exactly.
fn needed(receiver: &Follower, lang: Lang) -> String {
    let (Some(missing), Some(all)) = (receiver.missing(), receiver.fragments()) else {
        return lang
            .pick("no code was read yet", "コードはまだ読み取れていません")
            .to_owned();
    };
    let code = receiver.code().map(TransferCode::to_text);
    match (lang, code) {
        (Lang::En, Some(code)) => format!("all {all} frames are there | transfer code {code}"),
        (Lang::Ja, Some(code)) => format!("全 {all} 枚を取得 | 転送コード {code}"),
        (Lang::En, None) if missing == 1 => format!("1 more frame needed of {all}"),
        (Lang::En, None) => format!("{missing} more frames needed of {all}"),
        (Lang::Ja, None) => format!("必要なフレーム あと {missing} 枚(全 {all} 枚)"),
    }
}

/// A character for each fragment, or for several: all known, some, none.
fn map(known: &[bool], columns: usize) -> Vec<String> {
    let width = columns.saturating_sub(3).max(10);
    let each = known.len().div_ceil(width * LINES).max(1);
    let cells: Vec<char> = known
        .chunks(each)
        .map(|part| match part.iter().filter(|known| **known).count() {
            0 => '.',
            all if all == part.len() => '#',
            _ => '+',
        })
        .collect();
    cells
        .chunks(width)
        .map(|line| format!("[{}]", line.iter().collect::<String>()))
        .collect()
}

/// As much as stands in so many columns; letters of Japanese take two.
pub(crate) fn cut_to(line: &str, columns: usize) -> String {
    let mut used = 0_usize;
    let fits = |c: &char| {
        used += if u32::from(*c) < 0x2E80 { 1 } else { 2 };
        used < columns
    };
    line.chars().take_while(fits).collect()
}

const fn turned(turn: Turn, lang: Lang) -> &'static str {
    match turn {
        Turn::Recut => lang.pick(
            "the sender changed the codes: collected again from the begin, the same message",
            "送信側がコードを変更: 同じ内容を最初から取得し直しています",
        ),
        Turn::Another => lang.pick(
            "the sender shows another transfer: collected from the begin; compare the transfer code",
            "送信側が別の転送を表示: 最初から取得しています。転送コードを照合してください",
        ),
    }
}

const fn help(hint: Hint, lang: Lang) -> &'static str {
    match hint {
        Hint::TooFar => lang.pick(
            "too far: bring the code nearer, until it fills the picture",
            "遠すぎます。コードが画面いっぱいになるまで近づけてください。",
        ),
        Hint::Tilted => lang.pick(
            "tilted: hold the camera straight before the code",
            "傾いています。カメラをコードの正面に向けてください。",
        ),
        Hint::Blurred => lang.pick(
            "blurred: hold still, clean the lens, or have larger modules shown (-)",
            "ぼやけています。カメラを固定するか、レンズを拭くか、送信側で「-」を押してください。",
        ),
    }
}

#[cfg(test)]
mod tests;
