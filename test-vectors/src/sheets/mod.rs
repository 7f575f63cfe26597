//! The families whose cases are no PSBTs, by their numbers in the catalogue of attacks.

mod addresses;
mod answers;
mod byte_frames;
mod frames;
mod registration;
mod transcripts;

use crate::sheet::Sheet;

pub use transcripts::transcript;

/// Every sheet.
pub fn sheets() -> Vec<Sheet> {
    [
        registration::sheets(),
        addresses::sheets(),
        transcripts::sheets(),
        frames::sheets(),
        answers::sheets(),
    ]
    .concat()
}
