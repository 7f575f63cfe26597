//! Where in a picture the codes are, and what they say.
//!
//! ```text
//! picture -> thresholds -> finders -> corners, version -> mesh -> shades of modules -> symbol
//! ```
//!
//! Work is bounded at every step: places looked at, finders kept, threes of them tried.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "places in a picture of at most a few thousand pixels a side, rounded on purpose"
)]
#![expect(
    clippy::many_single_char_names,
    reason = "x and y, u and v, a to h: as in every text on maps of the plane"
)]

mod corners;
mod equal;
mod finders;
mod hint;
mod mesh;
mod picture;
mod plane;

use corners::Corners;
use equal::Shades;
use finders::Finder;
pub use hint::Hint;
use mesh::Mesh;
use picture::Picture;

use crate::symbol::{self, Layout, Version};

/// Threes of finders that are tried in one go.
const THREES: usize = 8;

/// Alignment patterns that are looked for in one go before it is given up: sixteen symbols of
/// version 25.
const PATTERNS: usize = 400;

/// Pixels over which a picture is sharpened: about a module of a code that is hard to see.
const APART: usize = 3;

/// Pictures that have no more pixels on a side are not halved.
const SMALLEST: usize = 100;

/// The contents of all codes in a picture of `width` times `height` shades of grey.
///
/// The picture as it is first; if nothing was read, a copy without noise and sharpened, and then one of half
/// the size.
pub(crate) fn read_all(width: usize, height: usize, pixels: &[u8]) -> Vec<Vec<u8>> {
    let picture = Picture::new(width, height, pixels);
    search(&picture).unwrap_or_default()
}

/// The same, and what would help where nothing was read.
pub(crate) fn look(width: usize, height: usize, pixels: &[u8]) -> (Vec<Vec<u8>>, Option<Hint>) {
    let picture = Picture::new(width, height, pixels);
    match search(&picture) {
        Ok(found) => (found, None),
        Err(Missed { finders, sharper }) => (Vec::new(), hint::of(&picture, &finders, &sharper)),
    }
}

/// What was seen where nothing was read: finders of the picture, and of its sharpened copy.
struct Missed {
    finders: Vec<Finder>,
    sharper: Vec<Finder>,
}

fn search(picture: &Picture) -> Result<Vec<Vec<u8>>, Missed> {
    let finders = finders::find(picture);
    let found = Search::new().read(picture, &finders);
    if !found.is_empty() {
        return Ok(found);
    }
    let (width, height) = (picture.width, picture.height);
    let sharp = picture::sharpened(width, &picture.smoothed(), APART);
    let sharp = picture.redrawn(&sharp);
    let sharper = finders::find(&sharp);
    let found = Search::new().read(&sharp, &sharper);
    if !found.is_empty() {
        return Ok(found);
    }
    // Modules that are larger than a square of one threshold drown in their noise: at half the size they do not.
    if width.min(height) > SMALLEST {
        let half = picture.halved();
        let half = Picture::new(width / 2, height / 2, &half);
        let found = Search::new().read(&half, &finders::find(&half));
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Err(Missed { finders, sharper })
}

/// The work that is still allowed.
struct Search {
    left: usize,
}

impl Search {
    const fn new() -> Self {
        Self { left: PATTERNS }
    }

    fn read(&mut self, picture: &Picture, finders: &[Finder]) -> Vec<Vec<u8>> {
        let mut used = vec![false; finders.len()];
        let mut contents = Vec::new();
        for corners in corners::choose(finders).into_iter().take(THREES) {
            if corners.finders.iter().any(|finder| used[*finder]) {
                continue;
            }
            if let Some(content) = self.read_at(picture, &corners) {
                for finder in corners.finders {
                    used[finder] = true;
                }
                contents.push(content);
            }
        }
        contents
    }

    fn read_at(&mut self, picture: &Picture, corners: &Corners) -> Option<Vec<u8>> {
        let versions = corners.versions(picture);
        versions.into_iter().find_map(|version| {
            let patterns = version.alignment().len().pow(2);
            self.left = self.left.checked_sub(patterns)?;
            read_as(picture, corners, version)
        })
    }
}

fn read_as(picture: &Picture, corners: &Corners, version: Version) -> Option<Vec<u8>> {
    let mesh = Mesh::follow(picture, corners, version)?;
    let shades = Shades::sample(picture, &mesh)?;
    if !shades.timed() {
        return None;
    }
    let layout = Layout::new(version);
    let modules = shades.modules(&layout, &mesh);
    symbol::read(&modules, &layout).or_else(|| {
        let modules = shades.again(&layout, &mesh, &modules);
        symbol::read(&modules, &layout)
    })
}
