//! Keys of new rows.

use smol_str::{SmolStr, format_smolstr};

use model::table::known;
use syntax::nix::TableFacts;

/// Returns a version as keys have it in them: `15_6` for `15.6`.
pub(crate) fn key_form(version: &str) -> String {
    let alnum = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    version.chars().map(alnum).collect()
}

/// Returns the key of a new row: like the key of an older release of its track with the version in
/// it replaced, else the distribution and the version. `like` is the key and version of that older
/// release.
pub(crate) fn key_for(
    facts: &TableFacts,
    distribution: &str,
    version: &str,
    like: Option<(&str, &str)>,
) -> SmolStr {
    let from_like = like.and_then(|(key, old)| {
        replaced(key, &key_form(old), &key_form(version))
            .or_else(|| replaced(key, &numbers(old), &numbers(version)))
    });
    let key = from_like.unwrap_or_else(|| {
        let prefix = prefix(facts, distribution);
        // `latest-musl` is the row `gentoo_musl`, `latest` the row `gentoo`.
        match version.strip_prefix("latest") {
            Some("") => SmolStr::new(prefix),
            Some(rest) => format_smolstr!("{prefix}_{}", key_form(rest.trim_start_matches('-'))),
            None => format_smolstr!("{prefix}_{}", key_form(version)),
        }
    });
    let taken = |key: &str| facts.rows.iter().any(|row| row.key.value == key);
    if !taken(&key) {
        return key;
    }
    let mut numbered = (2..).map(|n| format_smolstr!("{key}_{n}"));
    numbered.find(|key| !taken(key)).unwrap_or(key)
}

/// Returns the numbers of a version, joined by `_`.
fn numbers(version: &str) -> String {
    let numbers = version.split(|c: char| !c.is_ascii_digit());
    let numbers: Vec<&str> = numbers.filter(|n| !n.is_empty()).collect();
    numbers.join("_")
}

/// Returns a key with the last `old` in it replaced, unless it is only half of a number there.
fn replaced(key: &str, old: &str, new: &str) -> Option<SmolStr> {
    let at = key.rfind(old).filter(|_| !old.is_empty())?;
    let (before, after) = (key.get(..at)?, key.get(at + old.len()..)?);
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    if is_digit(before.chars().next_back()) || is_digit(after.chars().next()) {
        return None;
    }
    Some(format_smolstr!("{before}{new}{after}"))
}

/// Returns what other rows of the distribution begin with: `alma_9`, not `almalinux_9`.
fn prefix(facts: &TableFacts, distribution: &str) -> String {
    let own = facts
        .rows
        .iter()
        .rfind(|row| known(&row.distribution) == Some(distribution));
    own.and_then(|row| Some(row.key.value.split_once('_')?.0.to_owned()))
        .unwrap_or_else(|| key_form(distribution))
}
