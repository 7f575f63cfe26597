//! The view as text, for transfers that are scripted picture by picture.

use signer_core::frames::{Content, Direction, Limits, Received, Sender, Shown, UrType};

use super::*;
use crate::source::Format;

const LAYOUT: Layout = Layout {
    format: Format::Yuyv,
    width: 1280,
    height: 720,
    stride: 2560,
};

fn message(len: usize) -> Vec<u8> {
    let next = |state: &mut u32| {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some(state.to_be_bytes()[0])
    };
    std::iter::repeat_n((), len)
        .scan(1_u32, |state, ()| next(state))
        .collect()
}

/// A person before a screen: pictures a tenth of a second apart.
struct Play {
    view: View,
    receiver: Follower,
    tenths: u64,
}

impl Play {
    fn new(lang: Lang) -> Self {
        Self {
            view: View::new(LAYOUT, lang),
            receiver: Follower::awaiting(Limits::OURS, Direction::FromDevice),
            tenths: 0,
        }
    }

    fn now(&self) -> Duration {
        Duration::from_millis(self.tenths * 100)
    }

    fn note(&mut self, brought: Brought) {
        self.tenths += 1;
        self.view.note(self.now(), brought);
    }

    fn shows(&mut self, shown: &Shown) {
        let (received, turn) = self.receiver.receive(shown);
        let (mark, ignored) = match received {
            Received::New | Received::Complete => (Mark::New, None),
            Received::Known => (Mark::Known, None),
            Received::Ignored { why } => (Mark::Unread, Some(why)),
            Received::Alarm { .. } => panic!("nothing contradicts itself here"),
        };
        self.note(Brought {
            mark,
            turn,
            ignored,
            hint: None,
        });
    }

    fn misses(&mut self, hint: Option<Hint>) {
        self.note(Brought {
            hint,
            ..Brought::NOTHING
        });
    }

    fn text(&self) -> String {
        self.view.text(self.now(), &self.receiver, Some(60))
    }
}

fn sender(len: usize) -> Sender {
    Sender::new(UrType::Bytes, &message(2_000), len).unwrap()
}

#[test]
fn a_transfer_with_losses_from_its_begin_to_its_end() {
    let mut play = Play::new(Lang::En);
    assert_eq!(
        play.text(),
        "q aborts | 1280 x 720 YUYV\n\
         no code was read yet\n\
         # known  . missing\n\
         \n\
         + new  = known  . unread\n\
         0.0 pictures/s | 0.0 new/s | 0 % unread\n"
    );
    let ur = sender(100);
    for seq in [1, 1, 2, 4, 4, 9] {
        play.shows(&ur.part(seq));
    }
    play.misses(None);
    play.misses(Some(Hint::TooFar));
    play.misses(None);
    assert_eq!(
        play.text(),
        "q aborts | 1280 x 720 YUYV\n\
         17 more frames needed of 21\n\
         [##.#....#............]\n\
         # known  . missing\n\
         +=++=+...\n\
         + new  = known  . unread\n\
         10.0 pictures/s | 4.4 new/s | 33 % unread\n\
         too far: bring the code nearer, until it fills the picture\n"
    );
    // Mixed frames: eleven of 21 are there, of which seven fragments are known by themselves. The hint is
    // gone.
    for seq in 30..40 {
        play.shows(&ur.part(seq));
    }
    assert_eq!(
        play.text(),
        "q aborts | 1280 x 720 YUYV\n\
         10 more frames needed of 21\n\
         [##.#....#...#.....#.#]\n\
         # known  . missing\n\
         +=++=+...==+++=++++\n\
         + new  = known  . unread\n\
         10.0 pictures/s | 5.7 new/s | 15 % unread\n"
    );
    for seq in 1..=21 {
        play.shows(&ur.part(seq));
        if play.receiver.message().is_some() {
            break;
        }
    }
    let code = play.receiver.code().unwrap();
    assert!(
        play.text().contains(&format!(
            "all 21 frames are there | transfer code {code}\n[#"
        )),
        "{}",
        play.text()
    );
}

#[test]
fn the_same_in_japanese_with_every_hint() {
    let mut play = Play::new(Lang::Ja);
    let bytes = Sender::bytes(Direction::FromDevice, Content::Other, &message(900), 100).unwrap();
    for seq in [2, 3] {
        play.shows(&bytes.part(seq));
    }
    play.misses(Some(Hint::Tilted));
    assert_eq!(
        play.text(),
        "q 中止 | 1280 x 720 YUYV\n\
         必要なフレーム あと 7 枚(全 9 枚)\n\
         [.##......]\n\
         # 取得済み  . 不足\n\
         ++.\n\
         + 新規  = 既知  . 読取り不可\n\
         画像 10.0 枚/秒 | 新規 6.6 枚/秒 | 読取り不可 33 %\n\
         傾いています。カメラをコードの正面に向けてください。\n"
    );
    for (hint, said) in [
        (Hint::TooFar, "遠すぎます"),
        (Hint::Blurred, "ぼやけています"),
    ] {
        play.misses(Some(hint));
        assert!(play.text().contains(said), "{}", play.text());
    }
    for seq in 4..=10 {
        play.shows(&bytes.part(seq));
    }
    let text = play.text();
    assert!(text.contains("全 9 枚を取得 | 転送コード "), "{text}");
}

#[test]
fn a_sender_that_changes_its_codes_is_followed_and_that_is_said() {
    let mut play = Play::new(Lang::En);
    let (large, small) = (sender(200), sender(100));
    for seq in 1..=8 {
        play.shows(&large.part(seq));
    }
    for seq in 1..=3 {
        play.shows(&small.part(seq));
    }
    assert_eq!(
        play.text(),
        "q aborts | 1280 x 720 YUYV\n\
         18 more frames needed of 21\n\
         [###..................]\n\
         # known  . missing\n\
         +++++++++++\n\
         + new  = known  . unread\n\
         10.0 pictures/s | 10.0 new/s | 0 % unread\n\
         the sender changed the codes: collected again from the begi\n"
    );
    let other = Sender::new(UrType::Bytes, b"something else, in short", 10).unwrap();
    for seq in 1..=3 {
        play.shows(&other.part(seq));
    }
    assert!(play.text().contains("the sender shows another transfer"));
}

#[test]
fn codes_of_others_and_silence_are_explained() {
    let mut play = Play::new(Lang::En);
    play.shows(&"HTTPS://EXAMPLE.COM".to_owned().into());
    let text = play.text();
    assert!(
        text.ends_with("This code is in no form that is read here.\n"),
        "{text}"
    );
    play.tenths += 31;
    let text = play.text();
    assert!(
        text.contains("0.0 pictures/s | 0.0 new/s | 0 % unread\nthe camera gives no"),
        "{text}"
    );
}

#[test]
fn a_map_of_many_fragments_takes_four_lines_and_the_marks_one() {
    let known: Vec<bool> = (0..4096).map(|i| i < 1000 || i == 3000).collect();
    let lines = map(&known, 60);
    // 57 to a line, so 18 fragments for a character.
    assert_eq!(lines.len(), 4);
    assert!(lines.iter().all(|line| line.len() <= 59), "{lines:?}");
    let cells: String = lines
        .iter()
        .flat_map(|line| line.trim_matches(['[', ']']).chars())
        .collect();
    assert_eq!(cells.len(), 4096_usize.div_ceil(18));
    assert_eq!(cells.find('+'), Some(55), "the thousandth is in the 56th");
    assert_eq!(cells.rfind('+'), Some(3000 / 18));
    assert_eq!(map(&[], 60), [""; 0]);
    let mut play = Play::new(Lang::En);
    for _ in 0..500 {
        play.misses(None);
    }
    let text = play.text();
    assert!(text.lines().all(|line| line.len() < 60), "{text}");
    assert!(text.contains("10.0 pictures/s | 0.0 new/s | 100 % unread"));
}
