//! Numbers of 256 values: addition is exclusive or, multiplication that of AES (x^8 + x^4 + x^3 + x + 1).

/// What is left of x^8 when the polynomial is taken away.
const REST: u8 = 0x1b;

/// `a` times x.
const fn doubled(a: u8) -> u8 {
    let carry = if a & 0x80 == 0 { 0 } else { REST };
    (a << 1) ^ carry
}

/// `a` times `b`.
pub(super) fn product(a: u8, b: u8) -> u8 {
    let terms = (0..8).scan(a, |power, bit| {
        let term = if b >> bit & 1 == 1 { *power } else { 0 };
        *power = doubled(*power);
        Some(term)
    });
    terms.fold(0, |sum, term| sum ^ term)
}

/// The number whose product with `a` is 1; 0 for 0.
pub(super) fn inverse(a: u8) -> u8 {
    // a to the power of 254: the group has 255 members.
    let squared = |a| product(a, a);
    let powers = (1..8).scan(a, |power, _| {
        *power = squared(*power);
        Some(*power)
    });
    powers.fold(1, product)
}

/// Adds `by` times `other` to `row`, byte by byte, as far as both reach.
pub(super) fn add<'a>(
    row: impl Iterator<Item = &'a mut u8>,
    other: impl Iterator<Item = &'a u8>,
    by: u8,
) {
    match by {
        0 => {}
        1 => row.zip(other).for_each(|(a, b)| *a ^= b),
        _ => {
            let products = multiples(by);
            row.zip(other).for_each(|(a, b)| {
                *a ^= products.get(usize::from(*b)).copied().unwrap_or_default();
            });
        }
    }
}

/// Makes every number of `row` its product with `by`.
pub(super) fn scale(row: &mut [u8], by: u8) {
    if by != 1 {
        let products = multiples(by);
        for number in row {
            *number = products
                .get(usize::from(*number))
                .copied()
                .unwrap_or_default();
        }
    }
}

/// `by` times every number.
fn multiples(by: u8) -> [u8; 256] {
    let powers: [u8; 8] = core::array::from_fn(|bit| (0..bit).fold(by, |power, _| doubled(power)));
    let mut products = [0; 256];
    let mut known = 1_usize;
    for power in powers {
        // The products of numbers with this bit: those without it, and one power more.
        let (below, above) = products.split_at_mut(known);
        for (to, from) in above.iter_mut().zip(below) {
            *to = *from ^ power;
        }
        known = known.saturating_mul(2);
    }
    products
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_the_standard() {
        // FIPS 197, section 4.2.
        assert_eq!(product(0x57, 0x83), 0xc1);
        assert_eq!(product(0x57, 0x13), 0xfe);
    }

    #[test]
    fn every_number_but_0_has_an_inverse() {
        assert_eq!(inverse(0), 0);
        for a in 1..=255 {
            assert_eq!(product(a, inverse(a)), 1, "{a}");
        }
    }

    #[test]
    fn rows_are_added_and_scaled_number_by_number() {
        let other: [u8; 256] = core::array::from_fn(|i| u8::try_from(i).unwrap());
        for by in 0..=255 {
            let (mut row, mut scaled) = ([7; 256], other);
            add(row.iter_mut(), other.iter(), by);
            scale(&mut scaled, by);
            for (i, number) in other.iter().enumerate() {
                assert_eq!(row[i], 7 ^ product(*number, by));
                assert_eq!(scaled[i], product(*number, by));
            }
        }
    }
}
