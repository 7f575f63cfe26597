//! GF(256) with the polynomial x^8 + x^4 + x^3 + x^2 + 1, in which 2 generates every element.

/// Powers of 2, twice around, so that sums of two logarithms need no reduction.
const POWERS: [u8; 512] = tables().0;
const LOGARITHMS: [u8; 256] = tables().1;

#[expect(
    clippy::cast_possible_truncation,
    reason = "a field element is below 256, and so is its logarithm"
)]
const fn tables() -> ([u8; 512], [u8; 256]) {
    let (mut powers, mut logarithms) = ([0; 512], [0; 256]);
    let (mut value, mut i) = (1_u16, 0);
    while i < 255 {
        powers[i] = value as u8;
        powers[i + 255] = value as u8;
        logarithms[value as usize] = i as u8;
        value <<= 1;
        if value > 255 {
            value ^= 0x11d;
        }
        i += 1;
    }
    (powers, logarithms)
}

/// 2 to this power.
pub(super) const fn power(exponent: usize) -> u8 {
    POWERS[exponent % 255]
}

pub(super) const fn product(a: u8, b: u8) -> u8 {
    if a == 0 || b == 0 {
        return 0;
    }
    POWERS[LOGARITHMS[a as usize] as usize + LOGARITHMS[b as usize] as usize]
}

/// `a` over `b`, which is not 0.
pub(super) const fn quotient(a: u8, b: u8) -> u8 {
    if a == 0 {
        return 0;
    }
    POWERS[LOGARITHMS[a as usize] as usize + 255 - LOGARITHMS[b as usize] as usize]
}

/// The polynomial's value at `x`; the constant term comes first.
pub(super) fn value(polynomial: &[u8], x: u8) -> u8 {
    let terms = polynomial.iter().rev();
    terms.fold(0, |sum, term| product(sum, x) ^ term)
}
