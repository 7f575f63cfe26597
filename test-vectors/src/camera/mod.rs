//! Cameras that exist only here: one that sees a terminal or a page as it is, and one behind a lens, with
//! everything that spoils a picture, whose stream can be recorded.

pub mod film;
mod jpeg;
pub mod lens;
pub mod person;
pub mod random;
mod screen;

pub use screen::{Picture, codes_in_page, codes_on};
