//! Addresses as people read and compare them: in full, in groups of four, with marks to count by.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

const GROUP: usize = 4;
const GROUPS_PER_LINE: usize = 4;

/// The whole address, four groups of four characters on a line; each line begins with the number
/// of its first character.
pub fn grouped(address: &str) -> Vec<String> {
    let characters: Vec<char> = address.chars().collect();
    let per_line = GROUP.saturating_mul(GROUPS_PER_LINE);
    let mut lines = Vec::new();
    for (place, line) in characters.chunks(per_line).enumerate() {
        let first = place.saturating_mul(per_line).saturating_add(1);
        let line: String = line.iter().collect();
        lines.push(format!("{first:>3} | {}", in_fours(&line)));
    }
    lines
}

/// The characters in groups of four, on one line.
pub fn in_fours(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let groups = characters.chunks(GROUP).map(|g| g.iter().collect());
    groups.collect::<Vec<String>>().join(" ")
}

/// The characters from the one numbered `first` on; numbers begin with 1.
pub(super) fn stretch(address: &str, first: usize, count: usize) -> String {
    let before = first.saturating_sub(1);
    address.chars().skip(before).take(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_of_the_longest_address_is_there() {
        let address: String = ('a'..='z').cycle().take(90).collect();
        let lines = grouped(&address);
        assert_eq!(lines.len(), 6);
        assert_eq!(lines[0], "  1 | abcd efgh ijkl mnop");
        assert_eq!(lines[5], " 81 | cdef ghij kl");
        let shown: String = lines
            .iter()
            .flat_map(|line| line.split_once('|').unwrap().1.chars())
            .filter(|c| *c != ' ')
            .collect();
        assert_eq!(shown, address);
    }

    #[test]
    fn a_stretch_is_counted_as_the_marks_say() {
        let address = "bc1q84uy303cvrj46n4mgm7f";
        assert_eq!(stretch(address, 1, 4), "bc1q");
        assert_eq!(stretch(address, 17, 6), "6n4mgm");
        assert_eq!(stretch("abc", 2, 6), "bc");
    }
}
