//! Wrong and missing codewords of one block put right.
//!
//! Syndromes, Berlekamp-Massey begun with what is known to be missing, roots by trial, Forney.

use super::field::{power, product, quotient, value};

/// Codewords of correction that must be left over when some were taken as missing: a block that is
/// beyond repair would otherwise turn into another text once in a few dozen times.
const LEFT_OVER: usize = 4;

/// Corrects `block`, whose last `checks` codewords are for correction, and of which those at
/// `missing` (counted from the front, each once) are not believed. False where it is beyond repair.
pub(super) fn correct(block: &mut [u8], checks: usize, missing: &[usize]) -> bool {
    if missing.len() + LEFT_OVER > checks && !missing.is_empty() {
        return false;
    }
    let syndromes = syndromes(block, checks);
    if syndromes.iter().all(|s| *s == 0) {
        return true;
    }
    let last = block.len() - 1;
    let missing: Vec<u8> = missing.iter().map(|place| power(last - place)).collect();
    let Some((locator, wrong)) = locator(&syndromes, &missing) else {
        return false;
    };
    let spent = if missing.is_empty() {
        2 * wrong
    } else {
        2 * (wrong - missing.len()) + missing.len() + LEFT_OVER
    };
    if spent > checks {
        return false;
    }
    repair(block, &syndromes, &locator, wrong)
        && self::syndromes(block, checks).iter().all(|s| *s == 0)
}

fn syndromes(block: &[u8], checks: usize) -> Vec<u8> {
    let at = |x: u8| block.iter().fold(0, |sum, word| product(sum, x) ^ word);
    (0..checks).map(|i| at(power(i))).collect()
}

/// The polynomial whose roots are the inverse places of all that is wrong or missing, and how many
/// those are.
fn locator(syndromes: &[u8], missing: &[u8]) -> Option<(Vec<u8>, usize)> {
    let checks = syndromes.len();
    let mut locator = vec![0; checks + 1];
    locator[0] = 1;
    for place in missing {
        for i in (1..=checks).rev() {
            locator[i] ^= product(locator[i - 1], *place);
        }
    }
    let mut known = locator.clone();
    let (first, mut degree) = (missing.len(), missing.len());
    for round in first + 1..=checks {
        let sums = (0..round).map(|i| product(locator[i], syndromes[round - 1 - i]));
        let off = sums.fold(0, |sum, term| sum ^ term);
        known.rotate_right(1);
        known[0] = 0;
        if off == 0 {
            continue;
        }
        let before = locator.clone();
        for (to, from) in locator.iter_mut().zip(&known) {
            *to ^= product(off, *from);
        }
        if 2 * degree < round + first {
            degree = round + first - degree;
            known = before.iter().map(|term| quotient(*term, off)).collect();
        }
    }
    let highest = locator.iter().rposition(|term| *term != 0)?;
    (highest == degree).then_some((locator, degree))
}

/// Puts right what the locator names; false where it does not have `wrong` roots in this block.
fn repair(block: &mut [u8], syndromes: &[u8], locator: &[u8], wrong: usize) -> bool {
    let checks = syndromes.len();
    let evaluator: Vec<u8> = (0..checks)
        .map(|i| (0..=i).fold(0, |sum, j| sum ^ product(syndromes[j], locator[i - j])))
        .collect();
    // In characteristic 2 only the odd terms have a derivative.
    let derivative: Vec<u8> = (1..=checks)
        .map(|i| if i % 2 == 1 { locator[i] } else { 0 })
        .collect();
    let last = block.len() - 1;
    let mut roots = 0;
    for exponent in 0..block.len() {
        let inverse = power(255 - exponent);
        if value(locator, inverse) != 0 {
            continue;
        }
        let slope = value(&derivative, inverse);
        if slope == 0 {
            return false;
        }
        let size = quotient(value(&evaluator, inverse), slope);
        block[last - exponent] ^= product(size, power(exponent));
        roots += 1;
    }
    roots == wrong
}
