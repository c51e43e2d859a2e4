//! Beginnings and ends that two texts have in common.

use super::{TextRange, TextSize};

/// Lengths in bytes of what two texts have in common at their beginnings and, of the rest, at
/// their ends.
///
/// Whole characters: both texts can be cut there.
pub fn common_affixes(a: &str, b: &str) -> (usize, usize) {
    let same = |(a, b): &(u8, u8)| a == b;
    let (a_bytes, b_bytes) = (a.as_bytes(), b.as_bytes());
    let bytes = a_bytes.iter().copied().zip(b_bytes.iter().copied());
    let mut prefix = bytes.take_while(same).count();
    // Different characters may begin with the same bytes.
    while !(a.is_char_boundary(prefix) && b.is_char_boundary(prefix)) {
        prefix -= 1;
    }
    let longest = a.len().min(b.len()) - prefix;
    let from_end = a_bytes
        .iter()
        .rev()
        .copied()
        .zip(b_bytes.iter().rev().copied());
    let mut suffix = from_end.take(longest).take_while(same).count();
    while !(a.is_char_boundary(a.len() - suffix) && b.is_char_boundary(b.len() - suffix)) {
        suffix -= 1;
    }
    (prefix, suffix)
}

/// A part of a text that was replaced by another: byte offsets of its beginning, and of its end in
/// both texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextChange {
    pub(crate) start: usize,
    pub(crate) old_end: usize,
    pub(crate) new_end: usize,
}

impl TextChange {
    /// The smallest part that makes the difference.
    pub fn between(old: &str, new: &str) -> TextChange {
        let (prefix, suffix) = common_affixes(old, new);
        TextChange {
            start: prefix,
            old_end: old.len() - suffix,
            new_end: new.len() - suffix,
        }
    }

    /// Returns where an offset is in the new text; `None` for one in the part that was replaced.
    pub(crate) fn offset(&self, offset: TextSize) -> Option<TextSize> {
        let offset = usize::from(offset);
        let moved = match offset {
            _ if offset <= self.start => offset,
            _ if offset >= self.old_end => offset - self.old_end + self.new_end,
            _ => return None,
        };
        TextSize::try_from(moved).ok()
    }

    /// Returns where a range is in the new text; `None` for one of which a part was replaced.
    pub fn moved(&self, range: TextRange) -> Option<TextRange> {
        let is_before = usize::from(range.end()) <= self.start;
        let is_after = usize::from(range.start()) >= self.old_end;
        let (start, end) = (self.offset(range.start())?, self.offset(range.end())?);
        (is_before || is_after).then(|| TextRange::new(start, end))
    }
}

#[cfg(test)]
mod tests {
    use super::common_affixes;

    #[test]
    fn beginnings_and_ends_do_not_overlap() {
        for (a, b, affixes) in [
            ("", "", (0, 0)),
            ("abc", "abc", (3, 0)),
            ("abc", "", (0, 0)),
            ("abc", "axc", (1, 1)),
            ("aa", "aaa", (2, 0)),
            ("aba", "aa", (1, 1)),
            ("xab", "yab", (0, 2)),
        ] {
            assert_eq!(common_affixes(a, b), affixes, "{a:?} {b:?}");
            let (prefix, suffix) = common_affixes(b, a);
            assert_eq!((prefix, suffix), affixes, "{b:?} {a:?}");
        }
    }

    #[test]
    fn no_character_is_cut() {
        // The first bytes of `é` and `è` are the same, and the last of `é` and `ũ`.
        assert_eq!(common_affixes("aé", "aè"), (1, 0));
        assert_eq!(common_affixes("é.", "ũ."), (0, 1));
        assert_eq!(common_affixes("a\u{e9}b", "a\u{169}b"), (1, 1));
        assert_eq!(common_affixes("é", "éé"), (2, 0));
    }
}
