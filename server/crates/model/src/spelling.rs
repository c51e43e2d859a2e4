//! Names that are spelled like another one.

/// Returns the candidates that `name` may be a misspelling of, three at most: those of which it is the
/// beginning, then the others, nearest first.
pub fn suggest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Vec<&'c str> {
    let length = name.chars().count();
    let limit = (length / 3).clamp(1, 3);
    let mut found: Vec<(bool, usize, &str)> = candidates
        .into_iter()
        // The distance is at least that: a name of a megabyte is compared with nothing.
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= limit)
        .map(|candidate| {
            let distance = strsim::damerau_levenshtein(name, candidate);
            (!candidate.starts_with(name), distance, candidate)
        })
        .filter(|(_, distance, _)| (1..=limit).contains(distance))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
        .into_iter()
        .take(3)
        .map(|(_, _, candidate)| candidate)
        .collect()
}

/// Returns `; did you mean `x`?`, or nothing.
pub fn did_you_mean(names: &[&str]) -> String {
    names
        .first()
        .map(|name| format!("; did you mean `{name}`?"))
        .unwrap_or_default()
}
