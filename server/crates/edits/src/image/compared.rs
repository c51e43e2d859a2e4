//! Values that an include compares with others: a release or flavour of another name may take another
//! branch there.

use super::difference::ReleaseDifference;
use super::script::{Assigned, assignments, literal, range_at, slice, words};
use model::view::View;
use model::{File, FileId, Image};
use syntax::TextRange;

/// Variables that have a part of the name as their value, where no script sets them.
const OF_NAME: [&str; 6] = ["IMAGE", "DISTNAME", "RELVER", "ARCH", "VENDOR", "VARIANT"];

/// Returns the values of a rewritten script that an include compares with that of the older one, where
/// the new one is another and is compared with nowhere.
pub(super) fn doubts(
    view: &View<'_>,
    text: &str,
    assigned: &[Assigned],
    difference: &ReleaseDifference<'_>,
) -> Vec<(TextRange, String)> {
    let before = values_before(view, difference);
    let includes = Includes::of(view, difference.like());
    let mut found = Vec::new();
    for assigned in assigned {
        let variable = assigned.name.as_str();
        let Some(now) = literal(slice(text, assigned.value)) else {
            continue;
        };
        let mut earlier = before.iter().filter(|(name, _)| name == variable);
        let Some((_, was)) = earlier.next_back() else {
            continue;
        };
        if was == now || was.is_empty() || includes.comparing(variable, now, false).is_some() {
            continue;
        }
        if let Some(path) = includes.comparing(variable, was, false) {
            let why = format!("{path} compares {variable} with `{was}`, and not with this");
            found.push((assigned.value, why));
        }
    }
    found
}

/// Returns the values of a rewritten script that have a word of the new name in them, where an include
/// compares them with the word that it took the place of, and not with this; where no script sets them,
/// the name of that include. And where the script itself does so.
pub(super) fn word_doubts(
    view: &View<'_>,
    text: &str,
    assigned: &[Assigned],
    difference: &ReleaseDifference<'_>,
) -> Vec<(TextRange, String)> {
    let words_of_names = difference.replaced_words();
    let includes = Includes::of(view, difference.like());
    let own = all_before(view, difference);
    let is_set = |name: &str| own.iter().any(|(own, _)| own == name);
    let values = assigned.iter().map(|a| (a.name.as_str(), Some(a.value)));
    let of_name = OF_NAME.into_iter().filter(|name| !is_set(name));
    let mut found = Vec::new();
    for (variable, value) in values.chain(of_name.map(|name| (name, None))) {
        let written = value.map(|range| slice(text, range));
        // Literal values are compared as a whole.
        if written.is_some_and(|written| literal(written).is_some()) {
            continue;
        }
        let is_known = |word: &&str| includes.comparing(variable, word, true).is_some();
        if words_of_names.new.iter().any(is_known) {
            continue;
        }
        let names_new = |written: &str| {
            let mut new = words_of_names.new.iter();
            new.any(|word| !words(written, word).is_empty())
        };
        for word in &words_of_names.old {
            let Some(path) = includes.comparing(variable, word, true) else {
                continue;
            };
            let why = format!(
                "{path} compares {variable} with `{word}`, which is not in `{}`",
                difference.now.name()
            );
            let include = || {
                let name = path.rsplit('/').next()?;
                Some(range_at(*words(text, name).first()?, name.len()))
            };
            let at = match value {
                Some(value) => Some(value).filter(|_| written.is_some_and(names_new)),
                None => include(),
            };
            found.extend(at.map(|at| (at, why)));
        }
    }
    for word in &words_of_names.old {
        found.extend(arms(text, word).into_iter().map(|at| {
            let like = &difference.like().name;
            (
                at,
                format!("a branch for `{word}`, as in `{like}`: it was left as it is"),
            )
        }));
    }
    found
}

/// Returns where the patterns of a `case` have a word.
fn arms(text: &str, word: &str) -> Vec<TextRange> {
    let mut found = Vec::new();
    let mut start = 0usize;
    let mut is_case = false;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        let starts_case = trimmed.starts_with("case ");
        if starts_case || trimmed == "esac" {
            is_case = starts_case;
        } else if let Some((pattern, _)) = line.split_once(')').filter(|_| is_case)
            && !pattern.contains(['(', '$', '#'])
        {
            let at = words(pattern, word).into_iter();
            found.extend(at.map(|at| range_at(start + at, word.len())));
        }
        start = start.saturating_add(line.len());
    }
    found
}

/// Returns the values in the scripts of the older image as they are written, by variable.
fn all_before(view: &View<'_>, difference: &ReleaseDifference<'_>) -> Vec<(String, String)> {
    let directory = view.model.directories.get(&difference.like().directory);
    let scripts = directory.into_iter().flat_map(|d| d.scripts());
    let files = scripts.filter_map(|id| view.tree.file(id));
    let values = files.flat_map(|file| {
        let all = file.script().map(assignments).unwrap_or_default();
        let value = |a: Assigned| (a.name.to_string(), file.slice(a.value).to_owned());
        all.into_iter().map(value).collect::<Vec<_>>()
    });
    values.collect()
}

/// Returns the literal values in the scripts of the older image, by variable.
fn values_before(view: &View<'_>, difference: &ReleaseDifference<'_>) -> Vec<(String, String)> {
    let all = all_before(view, difference).into_iter();
    all.filter_map(|(name, value)| Some((name, literal(&value)?.to_owned())))
        .collect()
}

/// The includes that the older image reads.
struct Includes<'v>(Vec<&'v File>);

impl<'v> Includes<'v> {
    fn of(view: &View<'v>, like: &Image) -> Includes<'v> {
        let reads = |id: &FileId| view.model.readers(*id).any(|name| name == like.name);
        let own = view.model.includes.iter().copied().filter(reads);
        Includes(own.filter_map(|id| Some(&**view.tree.file(id)?)).collect())
    }

    /// Returns the path of the first one that compares a variable with a value; with one that has the
    /// value as a word in it if `is_word` is set.
    fn comparing(&self, variable: &str, value: &str, is_word: bool) -> Option<&'v str> {
        let mut files = self.0.iter();
        let found = files.find(|file| compares(&file.text, variable, value, is_word))?;
        Some(found.path.as_str())
    }
}

/// Returns whether a line of a script compares a variable with a value, or a `case` of that variable
/// has the value as a pattern, or in one if `is_word` is set.
fn compares(text: &str, variable: &str, value: &str, is_word: bool) -> bool {
    let plain = format!("${variable}");
    let braced = format!("${{{variable}");
    let mut is_case = false;
    text.lines().map(str::trim).any(|line| {
        if line.starts_with('#') {
            return false;
        }
        let reads = line.contains(&braced) || !words(line, &plain).is_empty();
        let starts_case = line.starts_with("case ");
        if starts_case || line == "esac" {
            is_case = starts_case && reads;
        }
        let is_test = line.contains("==") || line.contains(" = ") || line.contains("!=");
        let is_pattern = || {
            let pattern = line.split(')').next().unwrap_or_default();
            let mut patterns = pattern
                .split('|')
                .map(|one| one.trim().trim_matches(['"', '\'', '(']));
            let fits = |one: &str| one == value || (is_word && !words(one, value).is_empty());
            line.contains(')') && patterns.any(fits)
        };
        (reads && is_test && !words(line, value).is_empty()) || (is_case && is_pattern())
    })
}
