//! Values that an include compares with others: a release or flavour of another name may take another
//! branch there.

use super::difference::ReleaseDifference;
use super::script::{Assigned, assignments, literal, slice, words};
use model::view::View;
use syntax::TextRange;

/// Returns the values of a rewritten script that an include compares with that of the older one, where
/// the new one is another and is compared with nowhere.
pub(super) fn doubts(
    view: &View<'_>,
    text: &str,
    assigned: &[Assigned],
    difference: &ReleaseDifference<'_>,
) -> Vec<(TextRange, String)> {
    let before = values_before(view, difference);
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
        if was == now || was.is_empty() || is_compared(view, difference, variable, now).is_some() {
            continue;
        }
        if let Some(path) = is_compared(view, difference, variable, was) {
            let why = format!("{path} compares {variable} with `{was}`, and not with this");
            found.push((assigned.value, why));
        }
    }
    found
}

/// Returns the literal values in the scripts of the older image, by variable.
fn values_before(view: &View<'_>, difference: &ReleaseDifference<'_>) -> Vec<(String, String)> {
    let directory = view.model.directories.get(&difference.like().directory);
    let scripts = directory.into_iter().flat_map(|d| d.scripts());
    let files = scripts.filter_map(|id| view.tree.file(id));
    let values = files.flat_map(|file| {
        let all = file.script().map(assignments).unwrap_or_default();
        let value = |a: Assigned| {
            let value = literal(file.slice(a.value))?.to_owned();
            Some((a.name.to_string(), value))
        };
        all.into_iter().filter_map(value).collect::<Vec<_>>()
    });
    values.collect()
}

/// Returns the path of the first include of the older image that compares a variable with a value.
fn is_compared<'v>(
    view: &View<'v>,
    difference: &ReleaseDifference<'_>,
    variable: &str,
    value: &str,
) -> Option<&'v str> {
    let like = &difference.like().name;
    let prefix = format!("{}include/", view.tree.layout.prefix());
    let includes = view.tree.files().filter(|(id, file)| {
        file.path.starts_with(&prefix) && view.model.readers(*id).any(|name| name == *like)
    });
    let mut compares = includes.filter(|(_, file)| compares(&file.text, variable, value));
    compares.next().map(|(_, file)| file.path.as_str())
}

/// Returns whether a line of a script compares a variable with a value, or a `case` of that variable
/// has the value as a pattern.
fn compares(text: &str, variable: &str, value: &str) -> bool {
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
            line.contains(')') && patterns.any(|one| one == value)
        };
        (reads && is_test && !words(line, value).is_empty()) || (is_case && is_pattern())
    })
}
