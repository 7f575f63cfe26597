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
pub(super) const SCALE: usize = 3;
/// Light modules around a code.
pub(super) const QUIET: usize = 4;

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

/// Every code of a page, which draws them as rectangles of dark modules: `M4 4h7v1h-7z`.
pub fn codes_in_page(page: &str) -> Vec<Picture> {
    let codes = page.split("<svg viewBox=\"0 0 ").skip(1);
    codes.map(outlined).collect()
}

fn outlined(svg: &str) -> Picture {
    let number = |text: &str| -> usize { text.parse().expect("a number") };
    let side = SCALE * number(svg.split(' ').next().expect("a side"));
    let path = svg.split(" d=\"").nth(1).expect("a path");
    let path = path.split('"').next().expect("its end");
    let mut pixels = vec![255; side * side];
    for rectangle in path.split('M').skip(1) {
        let (x, rest) = rectangle.split_once(' ').expect("a place");
        let (y, rest) = rest.split_once('h').expect("a row");
        let (wide, _) = rest.split_once("v1").expect("one module high");
        let (x, y, wide) = (SCALE * number(x), SCALE * number(y), SCALE * number(wide));
        for row in y..y + SCALE {
            pixels[row * side + x..row * side + x + wide].fill(0);
        }
    }
    Picture {
        width: side,
        height: side,
        pixels,
    }
}
