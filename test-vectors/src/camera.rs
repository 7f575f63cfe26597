//! What a camera sees of a terminal: codes of half blocks as pictures.

/// A picture in shades of grey, one byte a pixel.
#[derive(Debug)]
pub struct Picture {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Row by row.
    pub pixels: Vec<u8>,
}

/// How a row of a code begins: both colours are painted.
const PAINTED: &str = "\x1b[30;47m";
/// Pixels on the side of a module.
const SCALE: usize = 3;

/// Every code that stood on a screen, one after the other.
pub fn codes_on(screen: &str) -> Vec<Picture> {
    let row = |line: &str| -> Option<Vec<char>> {
        let (_, row) = line.split_once(PAINTED)?;
        Some(row.split('\x1b').next()?.chars().collect())
    };
    let rows: Vec<Option<Vec<char>>> = screen.lines().map(row).collect();
    rows.split(Option::is_none)
        .map(|code| code.iter().flatten().collect::<Vec<_>>())
        .filter(|code| !code.is_empty())
        .map(|code| picture(&code))
        .collect()
}

fn picture(rows: &[&Vec<char>]) -> Picture {
    let dark = |c: char, half| matches!((c, half), ('█', _) | ('▀', 0) | ('▄', 1));
    let mut pixels = Vec::new();
    for (row, half) in rows.iter().flat_map(|row| [(row, 0), (row, 1)]) {
        let shades = row
            .iter()
            .flat_map(|c| [if dark(*c, half) { 0 } else { 255 }; SCALE]);
        pixels.extend(shades.collect::<Vec<u8>>().repeat(SCALE));
    }
    Picture {
        width: SCALE * rows[0].len(),
        height: 2 * SCALE * rows.len(),
        pixels,
    }
}
