//! Order: items of a sequence that are out of it, and the one in which people count.

use std::cmp::Ordering;

/// Compares names as people do: `alpine-3.9` comes before `alpine-3.10`. Names that are equal but for
/// leading zeros are ordered by their bytes.
pub fn natural(one: &str, other: &str) -> Ordering {
    let (mut a, mut b) = (one, other);
    loop {
        let (number_a, rest_a) = leading_digits(a);
        let (number_b, rest_b) = leading_digits(b);
        if !number_a.is_empty() && !number_b.is_empty() {
            let (x, y) = (
                number_a.trim_start_matches('0'),
                number_b.trim_start_matches('0'),
            );
            let found = x.len().cmp(&y.len()).then_with(|| x.cmp(y));
            if found != Ordering::Equal {
                return found;
            }
            (a, b) = (rest_a, rest_b);
            continue;
        }
        let (mut chars_a, mut chars_b) = (a.chars(), b.chars());
        match (chars_a.next(), chars_b.next()) {
            (Some(x), Some(y)) if x == y => (a, b) = (chars_a.as_str(), chars_b.as_str()),
            (None, None) => return one.cmp(other),
            (x, y) => return x.cmp(&y),
        }
    }
}

/// Splits a text after the digits that it begins with.
fn leading_digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit());
    text.split_at_checked(end.unwrap_or(text.len()))
        .unwrap_or_default()
}

/// Returns the positions of the items that have to move so that the rest is in order: all that are
/// not in the longest ascending subsequence. Equal neighbours are in order.
pub fn out_of_order<T: Ord>(items: &[T]) -> Vec<usize> {
    if items.is_sorted() {
        return Vec::new();
    }
    // Patience sorting: `tails[n]` ends the best subsequence of length n + 1 found so far.
    let mut tails: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        let length = tails.partition_point(|tail| items.get(*tail).is_some_and(|t| t <= item));
        previous.push(length.checked_sub(1).and_then(|n| tails.get(n).copied()));
        match tails.get_mut(length) {
            Some(tail) => *tail = at,
            None => tails.push(at),
        }
    }
    let mut keep = vec![false; items.len()];
    let mut cursor = tails.last().copied();
    while let Some(at) = cursor {
        if let Some(kept) = keep.get_mut(at) {
            *kept = true;
        }
        cursor = previous.get(at).copied().flatten();
    }
    keep.iter()
        .enumerate()
        .filter(|(_, kept)| !**kept)
        .map(|(at, _)| at)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{natural, out_of_order};

    #[test]
    fn numbers_are_counted() {
        let mut names = [
            "leap-15.10",
            "leap-15.6",
            "leap",
            "alpine-3.9",
            "b-1",
            "alpine-3.10",
            "b-01",
            "a-x",
            "a-1",
        ];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(
            names,
            [
                "a-1",
                "a-x",
                "alpine-3.9",
                "alpine-3.10",
                "b-01",
                "b-1",
                "leap",
                "leap-15.6",
                "leap-15.10"
            ]
        );
    }

    #[test]
    fn the_fewest_move() {
        assert_eq!(out_of_order(&["a", "b", "b", "c"]), [0usize; 0]);
        assert_eq!(out_of_order(&["a", "z", "b", "c"]), [1]);
        assert_eq!(out_of_order(&[1, 2, 9, 3, 4, 0]), [2, 5]);
    }
}
