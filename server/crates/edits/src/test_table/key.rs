//! Keys of new rows.

use smol_str::{SmolStr, format_smolstr};

use model::table::known;
use model::track::is_numeric;
use syntax::nix::TableFacts;

/// Returns a version as keys have it in them: `15_6` for `15.6`.
fn key_form(version: &str) -> String {
    let alnum = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    version.chars().map(alnum).collect()
}

/// Codenames of the releases of a distribution, as far as they are known.
pub(crate) type Codenames<'c> = &'c dyn Fn(&str) -> Option<&'c str>;

/// Returns the key of a new row: like the key of an older release of its track with the version in
/// it replaced, else like that of any other release of its distribution, else the distribution and
/// the version. `like` is the key and version of that older release.
pub(crate) fn key_for(
    facts: &TableFacts,
    distribution: &str,
    version: &str,
    like: Option<(&str, &str)>,
    codenames: Codenames<'_>,
) -> SmolStr {
    let own = || {
        let rows = facts.rows.iter().rev();
        rows.filter_map(|row| {
            Some((
                &row.key.value,
                known(&row.distribution)?,
                known(&row.version)?,
            ))
        })
        .filter(|(_, of, _)| *of == distribution)
    };
    let taken = |key: &str| facts.rows.iter().any(|row| row.key.value == key);
    let mut numbered = own().filter_map(|(key, _, old)| {
        let both = is_numeric(old) && is_numeric(version);
        key_after(key, old, version, codenames)
            .filter(|_| both && numbers(old).len() == numbers(version).len())
    });
    // `ubuntu_1` does not tell how it would have `24.04`, others of the distribution do.
    let between = own().find_map(|(key, _, old)| {
        let found =
            Found::in_key(key, &version_words(old)).or_else(|| Found::in_key(key, &numbers(old)));
        found.filter(|_| numbers(old).len() > 1)?.between.pop()
    });
    let like_others = |key: &str, old: &str| {
        let (old_numbers, between) = (numbers(old), between?);
        let is_unclear = old_numbers.len() == 1 && is_numeric(old) && is_numeric(version);
        let found = Found::in_key(key, &old_numbers).filter(|_| is_unclear)?;
        let between = vec![between];
        Some(Found { between, ..found }.with(key, &numbers(version)))
    };
    let from_like = like.and_then(|(key, old)| {
        like_others(key, old).or_else(|| key_after(key, old, version, codenames))
    });
    let key = from_like.or_else(|| numbered.next());
    // `ubuntu26` may be that of `26.04` already, whatever this one is.
    let key = key.filter(|key| !taken(key)).unwrap_or_else(|| {
        let prefix = prefix(facts, distribution, codenames);
        // `latest-musl` is the row `gentoo_musl`, `latest` the row `gentoo`.
        match version.strip_prefix("latest") {
            Some("") => SmolStr::new(prefix),
            Some(rest) => format_smolstr!("{prefix}_{}", key_form(rest.trim_start_matches('-'))),
            None => format_smolstr!("{prefix}_{}", key_form(version)),
        }
    });
    if !taken(&key) {
        return key;
    }
    let mut numbered = (2..).map(|n| format_smolstr!("{key}_{n}"));
    numbered.find(|key| !taken(key)).unwrap_or(key)
}

/// Returns the key that a row has with another version, written as the old one is in its key: `15_6`,
/// `15-6`, with the digits alone, `156`, with the first number alone, `15`, or as its codename; `None`
/// where the old one is not in it.
pub(crate) fn key_after(
    key: &str,
    old: &str,
    new: &str,
    codenames: Codenames<'_>,
) -> Option<SmolStr> {
    if let Some(found) = Found::in_key(key, &version_words(old)) {
        return Some(found.with(key, &version_words(new)))
            .filter(|_| !version_words(new).is_empty());
    }
    let (old_numbers, new_numbers) = (numbers(old), numbers(new));
    if new_numbers.is_empty() {
        return None;
    }
    if let Some(found) = Found::in_key(key, &old_numbers) {
        return Some(found.with(key, &new_numbers));
    }
    let both = is_numeric(old) && is_numeric(new);
    let shorter = (1..old_numbers.len()).rev().filter(|_| both);
    let mut shorter = shorter.filter_map(|count| {
        let found = Found::in_key(key, old_numbers.get(..count)?)?;
        let has_others = found.around(key).contains(|c: char| c.is_ascii_digit());
        (!has_others).then_some(found.with(key, new_numbers.get(..count)?))
    });
    shorter.next().or_else(|| {
        let found = Found::in_key(key, &[codenames(old)?])?;
        Some(found.with(key, &[codenames(new)?]))
    })
}

/// Place of a version in a key.
struct Found<'k> {
    /// Offsets of its beginning and its end.
    start: usize,
    end: usize,
    /// What stands between its parts: `_`, `-`, nothing.
    between: Vec<&'k str>,
}

impl<'k> Found<'k> {
    /// Returns where the parts of a version stand in a key, for the last time; not where they are only
    /// a part of a longer number.
    fn in_key(key: &'k str, words: &[&str]) -> Option<Found<'k>> {
        let (first, others) = words.split_first()?;
        let starts = key.rmatch_indices(*first);
        let mut found = starts.filter_map(|(start, _)| {
            let mut rest = key.get(start + first.len()..)?;
            let mut between = Vec::new();
            for part in others {
                let after = rest.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
                between.push(rest.strip_suffix(after)?);
                rest = after.strip_prefix(part)?;
            }
            let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
            let before = key.get(..start)?;
            let is_half = is_digit(before.chars().next_back()) || is_digit(rest.chars().next());
            let end = key.len() - rest.len();
            (!is_half).then_some(Found {
                start,
                end,
                between,
            })
        });
        found.next()
    }

    /// Returns the rest of the key.
    fn around(&self, key: &str) -> String {
        self.with(key, &[]).to_string()
    }

    /// Returns the key with the parts of another version there, joined in the same way.
    fn with(&self, key: &str, words: &[&str]) -> SmolStr {
        let mut written = String::new();
        for (at, part) in words.iter().enumerate() {
            if let Some(gap) = at.checked_sub(1) {
                let between = self.between.get(gap).or(self.between.last());
                written.push_str(between.unwrap_or(&"_"));
            }
            written.push_str(part);
        }
        let before = key.get(..self.start).unwrap_or_default();
        let after = key.get(self.end..).unwrap_or_default();
        format_smolstr!("{before}{written}{after}")
    }
}

/// Returns the words and numbers of a version, as they are written: `leap`, `15`, `6`.
fn version_words(version: &str) -> Vec<&str> {
    let words = version.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| !word.is_empty()).collect()
}

/// Returns the numbers of a version, as they are written.
fn numbers(version: &str) -> Vec<&str> {
    let numbers = version.split(|c: char| !c.is_ascii_digit());
    numbers.filter(|n| !n.is_empty()).collect()
}

/// Returns what other rows of the distribution begin with, unless that is the name of one release:
/// `alma_9`, not `almalinux_9`.
fn prefix(facts: &TableFacts, distribution: &str, codenames: Codenames<'_>) -> String {
    let own = facts
        .rows
        .iter()
        .filter(|row| known(&row.distribution) == Some(distribution));
    let mut prefixes = own.rev().filter_map(|row| {
        let mut words = row.key.value.split(|c: char| !c.is_ascii_alphanumeric());
        let letters = words.next()?.trim_end_matches(|c: char| c.is_ascii_digit());
        let version = known(&row.version).unwrap_or_default();
        let is_release =
            codenames(version) == Some(letters) || version_words(version).contains(&letters);
        (!letters.is_empty() && !is_release).then_some(letters)
    });
    match prefixes.next() {
        Some(letters) => letters.to_owned(),
        None => key_form(distribution),
    }
}
