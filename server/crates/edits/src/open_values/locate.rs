//! Where a value of one text stands in another text of the same file.

use crate::image::script::{assignments, range_at, slice};
use model::File;
use syntax::{TextRange, TextSize, common_affixes};

/// Lines before and after one that tell it from others of the same text.
const CONTEXT: usize = 8;

/// Returns the range of a value in another text of its file; `None` where it is another value
/// there, or gone.
pub(super) fn locate(old: &File, range: TextRange, new: &File) -> Option<TextRange> {
    if old.text == new.text {
        return Some(range);
    }
    match in_assignment(old, range, new) {
        Some(found) => found,
        None => in_lines(&old.text, range, &new.text),
    }
}

/// Looks in the value that the same assignment has; the outer `None` if it is in no assignment.
fn in_assignment(old: &File, range: TextRange, new: &File) -> Option<Option<TextRange>> {
    let before = assignments(old.script()?);
    let assigned = before.iter().find(|a| a.value.contains_range(range))?;
    let of_variable = |a: &&crate::image::script::Assigned| a.name == assigned.name;
    let number = before
        .iter()
        .filter(of_variable)
        .position(|a| a == assigned)?;
    let after = assignments(new.script()?);
    let Some(now) = after.iter().filter(of_variable).nth(number) else {
        return Some(None);
    };
    let values = (
        slice(&old.text, assigned.value),
        slice(&new.text, now.value),
    );
    let start = assigned.value.start();
    Some(moved(values, range - start).map(|range| range + now.value.start()))
}

/// Moves a range of one text to where the same stands in another one; `None` where that is changed.
fn moved((old, new): (&str, &str), range: TextRange) -> Option<TextRange> {
    if old == new {
        return Some(range);
    }
    let is_part = |c: char| c.is_alphanumeric() || "._-".contains(c);
    let (prefix, suffix) = common_affixes(old, new);
    let (start, end) = (usize::from(range.start()), usize::from(range.end()));
    let next_is_part =
        |text: &str, at: usize| text.get(at..).is_some_and(|rest| rest.starts_with(is_part));
    // What was written next to a number makes it another one.
    if end < prefix || (end == prefix && !next_is_part(new, end)) {
        return Some(range);
    }
    let after = old.len().checked_sub(suffix)?;
    let now = new.len().checked_sub(old.len().checked_sub(start)?)?;
    let last_is_part = new
        .get(..now)
        .is_some_and(|before| before.ends_with(is_part));
    (start > after || (start == after && !last_is_part))
        .then(|| TextRange::at(TextSize::try_from(now).unwrap_or_default(), range.len()))
}

/// Looks for the line that has the value, among those of the same text the one with the most lines
/// around it in common.
fn in_lines(old: &str, range: TextRange, new: &str) -> Option<TextRange> {
    let start = usize::from(range.start());
    let before = old.get(..start)?;
    let line = before.matches('\n').count();
    let column = start - before.rfind('\n').map_or(0, |at| at + 1);
    let (old_lines, new_lines) = (offsets(old), offsets(new));
    let (_, text) = old_lines.get(line)?;
    let candidates = new_lines
        .iter()
        .enumerate()
        .filter(|(_, (_, other))| other == text);
    let score = |at: usize| {
        let same = |a: Option<usize>, b: Option<usize>| {
            let (a, b) = (old_lines.get(a?)?, new_lines.get(b?)?);
            (a.1 == b.1).then_some(())
        };
        let above =
            (1..=CONTEXT).take_while(|n| same(line.checked_sub(*n), at.checked_sub(*n)).is_some());
        let below =
            (1..=CONTEXT).take_while(|n| same(line.checked_add(*n), at.checked_add(*n)).is_some());
        above.count() + below.count()
    };
    let scored = candidates.map(|(at, (offset, _))| (score(at), *offset));
    let (score, offset) = scored.max_by_key(|(score, _)| *score)?;
    let is_alone = old_lines.len() == 1;
    (score > 0 || is_alone).then(|| range_at(offset + column, usize::from(range.len())))
}

/// Returns the lines of a text with their offsets.
fn offsets(text: &str) -> Vec<(usize, &str)> {
    let mut start = 0usize;
    let lines = text.split_inclusive('\n').map(|line| {
        let at = start;
        start = start.saturating_add(line.len());
        (at, line.trim_end_matches('\n'))
    });
    lines.collect()
}
