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

/// Returns the key of a new row: like the key of an older release of its track with the version in
/// it replaced, else like that of any other release of its distribution, else the distribution and
/// the version. `like` is the key and version of that older release.
pub(crate) fn key_for(
    facts: &TableFacts,
    distribution: &str,
    version: &str,
    like: Option<(&str, &str)>,
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
    let mut numbered = own().filter_map(|(key, _, old)| {
        let both = is_numeric(old) && is_numeric(version);
        key_after(key, old, version)
            .filter(|_| both && numbers(old).len() == numbers(version).len())
    });
    // `ubuntu_1` does not tell how it would have `24.04`, others of the distribution do.
    let form = own().find_map(|(key, _, old)| {
        let form = FORMS.iter().find(|form| has_word(key, &form(old)));
        form.filter(|_| numbers(old).len() > 1)
    });
    let like_others = |key: &str, old: &str| {
        let (old_numbers, form) = (numbers(old), form?);
        let is_unclear = old_numbers.len() == 1 && is_numeric(old) && is_numeric(version);
        replaced(key, &old_numbers.concat(), &form(version)).filter(|_| is_unclear)
    };
    let from_like =
        like.and_then(|(key, old)| like_others(key, old).or_else(|| key_after(key, old, version)));
    let key = from_like.or_else(|| numbered.next()).unwrap_or_else(|| {
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

/// Returns the key that a row has with another version, written as the old one is in its key:
/// `15_6`, or with the digits alone, `156`; `None` where the old one is not in it.
pub(crate) fn key_after(key: &str, old: &str, new: &str) -> Option<SmolStr> {
    FORMS
        .iter()
        .find_map(|form| replaced(key, &form(old), &form(new)).filter(|_| !form(new).is_empty()))
}

/// The forms that versions have in keys: `leap_15_6`, `15_6`, `156`.
const FORMS: [fn(&str) -> String; 3] = [
    key_form,
    |version| numbers(version).join("_"),
    |version| numbers(version).concat(),
];

/// Returns whether a key has a version in it.
fn has_word(key: &str, form: &str) -> bool {
    replaced(key, form, form).is_some()
}

/// Returns the numbers of a version, as they are written.
fn numbers(version: &str) -> Vec<&str> {
    let numbers = version.split(|c: char| !c.is_ascii_digit());
    numbers.filter(|n| !n.is_empty()).collect()
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
    let first = own.and_then(|row| row.key.value.split('_').next());
    let letters = first.map(|key| key.trim_end_matches(|c: char| c.is_ascii_digit()));
    match letters.filter(|letters| !letters.is_empty()) {
        Some(letters) => letters.to_owned(),
        None => key_form(distribution),
    }
}
