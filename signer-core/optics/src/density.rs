//! How much one code holds, and how many are shown in a second: what a person changes until the other
//! side reads well.

use std::ops::RangeInclusive;
use std::time::Duration;

use officer_console::Window;
use qrcode::bits::Bits;
use qrcode::{EcLevel, Version};
use signer_core::frames::{BYTE_FRAGMENT_LEN, FRAGMENT_LEN, Form};

use crate::draw;

/// The size of codes: the QR version that full frames take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Density(u8);

impl Density {
    /// Versions that are shown: smaller codes take more frames than receivers take.
    pub const RANGE: RangeInclusive<u8> = 5..=40;
    /// Fits a text console of 64 lines; 10 KiB take 12 frames as UR.
    pub const USUAL: Self = Self(25);
    /// A key changes so many versions: fewer are not seen.
    const STEP: u8 = 5;

    /// Of this version, where it is in [`Self::RANGE`].
    pub fn of_version(version: u8) -> Option<Self> {
        Self::RANGE.contains(&version).then_some(Self(version))
    }

    /// The QR version.
    pub const fn version(self) -> u8 {
        self.0
    }

    /// The next larger code.
    #[must_use]
    pub fn denser(self) -> Self {
        let next = (self.0 / Self::STEP + 1) * Self::STEP;
        Self(next.min(*Self::RANGE.end()))
    }

    /// The next smaller one.
    #[must_use]
    pub fn sparser(self) -> Self {
        let next = self.0.saturating_sub(1) / Self::STEP * Self::STEP;
        Self(next.max(*Self::RANGE.start()))
    }

    /// The largest code that this window shows whole, with one line below it.
    pub fn fitting(window: Window) -> Option<Self> {
        let fits = |density: &Self| {
            let side = draw::side(density.0);
            side <= window.columns && side.div_ceil(2) < window.rows
        };
        Self::RANGE.map(Self).rev().find(fits)
    }

    /// Characters and lines that a window needs at least.
    pub fn smallest_window() -> Window {
        let side = draw::side(*Self::RANGE.start());
        Window {
            columns: side,
            rows: side.div_ceil(2) + 1,
        }
    }

    /// Bytes of a message's fragment in a frame of this form, so that a full frame takes this version.
    ///
    /// As [`FRAGMENT_LEN`] and [`BYTE_FRAGMENT_LEN`] are to version 25, so are these to others.
    pub fn fragment_len(self, form: Form) -> usize {
        let usual = Self::USUAL;
        match form {
            Form::Bytes => {
                let around = usual.bytes() - BYTE_FRAGMENT_LEN;
                self.bytes().saturating_sub(around)
            }
            // Eight characters before the data, of which eight are five bytes.
            Form::Bbqr => self.capitals().saturating_sub(8) / 8 * 5,
            Form::Ur | Form::Specter | Form::Base64 => {
                let around = usual.capitals() - 2 * FRAGMENT_LEN;
                self.capitals().saturating_sub(around) / 2
            }
        }
    }

    /// Characters of the alphanumeric mode that it holds at level L.
    fn capitals(self) -> usize {
        let bits = self.bits()
            - 4
            - if self.0 < 10 {
                9
            } else if self.0 < 27 {
                11
            } else {
                13
            };
        bits / 11 * 2 + usize::from(bits % 11 >= 6)
    }

    /// Bytes that it holds at level L.
    fn bytes(self) -> usize {
        (self.bits() - 4 - if self.0 < 10 { 8 } else { 16 }) / 8
    }

    fn bits(self) -> usize {
        let bits = Bits::new(Version::Normal(i16::from(self.0)));
        bits.max_len(EcLevel::L).unwrap_or_default()
    }
}

/// Frames that are shown in a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace(u8);

impl Pace {
    /// Frames in a second that a screen shows and a camera keeps up with.
    pub const RANGE: RangeInclusive<u8> = 1..=30;
    /// Each frame is seen by two or three pictures of a camera.
    pub const USUAL: Self = Self(8);

    /// So many in a second, where that is in [`Self::RANGE`].
    pub fn of_frames(frames: u8) -> Option<Self> {
        Self::RANGE.contains(&frames).then_some(Self(frames))
    }

    /// Frames in a second.
    pub const fn frames(self) -> u8 {
        self.0
    }

    /// One more.
    #[must_use]
    pub fn faster(self) -> Self {
        Self::of_frames(self.0 + 1).unwrap_or(self)
    }

    /// One less.
    #[must_use]
    pub fn slower(self) -> Self {
        Self::of_frames(self.0 - 1).unwrap_or(self)
    }

    /// How long one frame stands.
    pub fn pause(self) -> Duration {
        Duration::from_secs(1) / u32::from(self.0)
    }
}

#[cfg(test)]
mod tests {
    use signer_core::frames::{Content, Direction, Sender, UrType};

    use super::*;

    #[test]
    fn the_usual_density_is_that_of_the_usual_fragments() {
        assert_eq!(Density::USUAL.fragment_len(Form::Ur), FRAGMENT_LEN);
        assert_eq!(Density::USUAL.fragment_len(Form::Bytes), BYTE_FRAGMENT_LEN);
    }

    #[test]
    fn full_frames_take_the_version_and_no_larger_one() {
        let message: Vec<u8> = (0..40_000_u32).map(|i| i.to_le_bytes()[0] ^ 0x5A).collect();
        for version in Density::RANGE {
            let density = Density(version);
            let ur = Sender::new(UrType::CryptoPsbt, &message, density.fragment_len(Form::Ur));
            let from = Direction::FromDevice;
            let len = density.fragment_len(Form::Bytes);
            let bytes = Sender::bytes(from, Content::Psbt, &message, len);
            for sender in [ur.unwrap(), bytes.unwrap()] {
                // Far behind the plain ones numbers have more digits.
                for seq in [1, 2, 100_000] {
                    let drawn = draw::version(sender.part(seq)).unwrap();
                    assert!(drawn <= version, "{drawn} in place of {version}");
                    let near = u8::try_from(sender.plain_parts()).is_ok_and(|parts| parts < 8);
                    assert!(
                        near || drawn + 2 >= version,
                        "{drawn} in place of {version}"
                    );
                }
            }
        }
    }

    #[test]
    fn keys_move_by_steps_and_stop_at_the_ends() {
        let up: Vec<u8> = (0..9)
            .scan(Density(5), |now, _| {
                Some(std::mem::replace(now, now.denser()).0)
            })
            .collect();
        assert_eq!(up, [5, 10, 15, 20, 25, 30, 35, 40, 40]);
        assert_eq!(Density(27).denser(), Density(30));
        assert_eq!(Density(27).sparser(), Density(25));
        assert_eq!(Density(5).sparser(), Density(5));
        assert_eq!((Pace(30).faster(), Pace(1).slower()), (Pace(30), Pace(1)));
        assert_eq!((Pace(8).faster(), Pace(8).slower()), (Pace(9), Pace(7)));
    }

    #[test]
    fn a_code_fits_its_window_to_the_line() {
        let window = |columns, rows| Density::fitting(Window { columns, rows });
        assert_eq!(
            window(240, 67),
            Some(Density(26)),
            "a console of 1080 lines"
        );
        assert_eq!(window(80, 24), Some(Density(5)));
        assert_eq!(window(80, 23), None);
        assert_eq!(window(44, 24), None);
        assert_eq!(window(1000, 1000), Some(Density(40)));
        let least = Density::smallest_window();
        assert_eq!((least.columns, least.rows), (45, 24));
    }
}
