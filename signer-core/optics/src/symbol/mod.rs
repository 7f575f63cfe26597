//! The modules of one QR symbol, already found and sampled, and what they say (ISO/IEC 18004).
//!
//! ```text
//! modules -> format -> codewords -> blocks corrected (Reed-Solomon) -> segments -> bytes
//! ```
//!
//! Whole numbers only. Every module comes with how sure it is, so that weak codewords can be taken
//! as missing, which costs half of what a wrong one costs.

mod blocks;
mod field;
mod format;
mod layout;
mod reed_solomon;
mod segments;

pub(crate) use layout::{Layout, Version};

/// What a module looks like: above zero light, below zero dark; further away is surer.
pub(crate) type Shade = i8;

/// The modules of one symbol, row by row.
#[derive(Clone, Debug)]
pub(crate) struct Modules {
    pub(crate) version: Version,
    pub(crate) shades: Vec<Shade>,
}

impl Modules {
    fn dark(&self, x: usize, y: usize) -> bool {
        self.shades[y * self.version.side() + x] < 0
    }
}

/// The bytes that the symbol holds. None where it cannot be read for certain.
pub(crate) fn read(modules: &Modules, layout: &Layout) -> Option<Vec<u8>> {
    let format = format::read(modules)?;
    let codewords = layout.codewords(modules, format.mask);
    let data = blocks::corrected(&codewords, modules.version, format.level)?;
    segments::read(&data, modules.version)
}

#[cfg(test)]
mod tests;
