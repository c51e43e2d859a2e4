//! Items of a sequence that are out of order.

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
    use super::out_of_order;

    #[test]
    fn the_fewest_move() {
        assert_eq!(out_of_order(&["a", "b", "b", "c"]), [0usize; 0]);
        assert_eq!(out_of_order(&["a", "z", "b", "c"]), [1]);
        assert_eq!(out_of_order(&[1, 2, 9, 3, 4, 0]), [2, 5]);
    }
}
