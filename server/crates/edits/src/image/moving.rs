//! Uses of the release as a version, in a script that was copied from a release with a number: in one
//! that moves, the release is a word and the date of the build.

use super::difference::ReleaseDifference;
use super::script::{Assigned, range_at, slice};
use model::track;
use syntax::TextRange;
use syntax::bash::{NameKind, Role, ScriptFacts, Step};
use syntax::lines::Lines;

/// Name of the variable.
const RELEASE: &str = "RELVER";

/// Returns the values of a rewritten `build.sh` that have the release in them and, where commands use
/// it, the statement after which it is another one, and why they are in doubt. `all` are the
/// assignments of the text.
pub(super) fn doubts(
    text: &str,
    facts: &ScriptFacts,
    all: &[Assigned],
    difference: &ReleaseDifference<'_>,
) -> Vec<(TextRange, String)> {
    let (was, now) = (&difference.was, &difference.now);
    let moves = track::is_numeric(&was.release) && now.is_special() && now.is_dated;
    if !moves || all.iter().any(|assigned| assigned.name == RELEASE) {
        return Vec::new();
    }
    let release = &now.release;
    let values = all.iter().filter_map(|assigned| {
        let (at, length) = expansion(slice(text, assigned.value))?;
        let why = format!(
            "it is `{release}` and the date of the build: give the version that upstream has there"
        );
        Some((range_at(at, length) + assigned.value.start(), why))
    });
    let mut found: Vec<(TextRange, String)> = values.collect();
    let lines = lines_with_it(text, facts, all);
    if let Some(config) = config_path(text, facts).filter(|_| !lines.is_empty()) {
        let (lines, use_it) = match lines.as_slice() {
            [line] => (format!("line {line}"), "uses it"),
            lines => {
                let lines: Vec<String> = lines.iter().map(usize::to_string).collect();
                (format!("lines {}", lines.join(", ")), "use it")
            }
        };
        let why = format!(
            "{RELEASE} is `{release}` and the date of the build after this, and {lines} {use_it}: set \
             it to the version that upstream has there, such as by `{RELEASE}={release}`"
        );
        found.push((config, why));
    }
    found
}

/// Returns the offset and length of the first expansion of the release in a value.
fn expansion(value: &str) -> Option<(usize, usize)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let braced = format!("${{{RELEASE}}}");
    let plain = format!("${RELEASE}");
    let is_whole = |(at, _): &(usize, &str)| {
        let after = value.get(at + plain.len()..).unwrap_or_default();
        !after.starts_with(is_part)
    };
    let plain = value.match_indices(&plain).find(is_whole);
    let found = plain.or_else(|| value.match_indices(&braced).next());
    found.map(|(at, text)| (at, text.len()))
}

/// Returns the lines, from 1, that use the release outside of the values of variables.
fn lines_with_it(text: &str, facts: &ScriptFacts, all: &[Assigned]) -> Vec<usize> {
    let is_value = |range: TextRange| all.iter().any(|a| a.value.contains_range(range));
    let uses = facts.occurrences.iter().filter(|occurrence| {
        occurrence.kind == NameKind::Variable
            && occurrence.role == Role::Reference
            && slice(text, occurrence.range) == RELEASE
            && !is_value(occurrence.range)
    });
    let lines = Lines::new(text);
    let mut found: Vec<usize> = uses
        .map(|occurrence| lines.line_of(occurrence.range.start()).saturating_add(1))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Returns the path by which a script sources its `config.sh`.
fn config_path(text: &str, facts: &ScriptFacts) -> Option<TextRange> {
    let mut steps = facts.effects.steps();
    steps.find_map(|step| match step {
        Step::Source(source) => {
            let path = facts.range(source.path.span);
            let is_config = slice(text, path).trim_matches('"').ends_with("/config.sh");
            is_config.then_some(path)
        }
        _ => None,
    })
}
