//! The catalogue of attacks as vectors: readable cases, their generator, and the reader of the
//! data that it writes.
//!
//! A family is a folder of `data/` named by its number in the catalogue and its defect; a case is
//! what comes in (PSBT, device, operators, height, ledger) and what is expected: accepted, or the
//! exact set of rules that refuse. Nothing here knows any of our code. Formats are written from
//! `docs/formats` alone, and expectations by hand: so the cases are not right by our own mistake.

// Cases are tables: long, of closures, with numbers as the attack has them. A defect in them must
// stop the generator.
#![allow(
    clippy::assigning_clones,
    clippy::decimal_bitwise_operands,
    clippy::match_bool,
    clippy::missing_panics_doc,
    clippy::too_many_lines,
    clippy::type_complexity
)]

pub mod camera;
mod card;
mod case;
mod cbor;
mod families;
mod journal;
mod pages;
mod psbt;
mod receipt;
mod sheet;
mod sheets;
mod sign;
mod stored;
mod text;
mod transfer;
mod world;

pub use case::{Case, Expected, Fact, Family, Refusal, SignedBefore, Source, read_family};
pub use families::{families, generated, stopped_by_one};
pub use journal::{journal, journal_installing, journal_with_intake, places_of};
pub use sheet::{Kind, Sheet, SheetCase, stored_sheets};
pub use sheets::{sheets, transcript};
pub use sign::device_signature;
pub use stored::{EXTENT, Extent, data, stored};
pub use text::{base64, hex, unbase64, unhex};
pub use world::{WORLD_FILE, WorldFile, world_text};
