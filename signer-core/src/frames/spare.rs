//! Which mixed parts go along as spare ones, so that any two pictures of a series may fail.
//!
//! A part that the fountain draws at random mixes few fragments: of ten, a missing one is in every
//! third part only. Chosen parts mix about half of them. Two lost pictures of a series can be made
//! good exactly where no two columns of (spare parts | fragments and spare parts themselves) are
//! equal and none is empty: where every fragment is in two spare parts or more, and no two fragments
//! are in the same ones.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use super::fountain::Fountain;

/// Parts among which the best is taken, once there are as many as are asked for.
const CANDIDATES: usize = 64;
/// Most spare parts beyond those that are asked for: more than were ever needed.
const MOST: usize = 32;

/// Sequence numbers of at least `least` spare parts for this many fragments, and of as many more
/// as any two lost pictures need.
pub(super) fn choose(fountain: &Fountain, fragments: u16, least: usize) -> Vec<u32> {
    if fragments < 2 {
        return Vec::new();
    }
    let mut dense = (u32::from(fragments).saturating_add(1)..u32::MAX)
        .filter(|seq| is_dense(fountain.degree_of(*seq), fragments))
        .map(|seq| (seq, fountain.fragments_of(seq)));
    let mut columns: Columns = vec![Vec::new(); usize::from(fragments)];
    let mut numbers = Vec::new();
    for (seq, set) in dense.by_ref().take(least) {
        columns = with(columns, numbers.len(), &set);
        numbers.push(seq);
    }
    while alike(&columns) > 0 && numbers.len() < least.saturating_add(MOST) {
        let tried = dense.by_ref().take(CANDIDATES);
        let best = tried
            .map(|(seq, set)| (with(columns.clone(), numbers.len(), &set), seq))
            .min_by_key(|(columns, _)| alike(columns));
        let Some((better, seq)) = best else { break };
        columns = better;
        numbers.push(seq);
    }
    numbers
}

/// Whether a part of this degree mixes two to three fifths of the fragments.
pub(super) fn is_dense(degree: usize, fragments: u16) -> bool {
    let fragments = usize::from(fragments);
    let five = degree.saturating_mul(5);
    let slack = 4; // so that there are such degrees for few fragments, too
    five.saturating_add(slack) >= fragments.saturating_mul(2)
        && five <= fragments.saturating_mul(3).saturating_add(slack)
}

/// For each fragment the spare parts it is in, with one part more.
type Columns = Vec<Vec<usize>>;

fn with(mut columns: Columns, place: usize, set: &[u16]) -> Columns {
    for fragment in set {
        if let Some(column) = columns.get_mut(usize::from(*fragment)) {
            column.push(place);
        }
    }
    columns
}

/// How far the fragments are from being told apart by their columns: pairs that are alike, and what
/// each column lacks to two parts.
fn alike(columns: &Columns) -> usize {
    let mut groups: BTreeMap<&[usize], usize> = BTreeMap::new();
    for column in columns {
        let count = groups.entry(column).or_default();
        *count = count.saturating_add(1);
    }
    let pairs = groups
        .values()
        .map(|count| count.saturating_mul(count.saturating_sub(1)))
        .fold(0_usize, usize::saturating_add);
    let lacking = columns.iter().map(|c| 2_usize.saturating_sub(c.len()));
    pairs.saturating_add(lacking.fold(0, usize::saturating_add))
}
