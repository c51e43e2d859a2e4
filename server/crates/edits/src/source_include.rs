//! Makes a script source an include.

use crate::nix::line_end;
use model::FileId;
use model::tree::Tree;
use syntax::bash::Step;
use syntax::{TextRange, TextSize};

/// Returns the line that sources an include in a script, and the empty range where it goes: after
/// the last file that is sourced before an offset, or else before the line of that offset.
pub fn source_include(
    tree: &Tree,
    script: FileId,
    before: TextSize,
    include: &str,
) -> Option<(TextRange, String)> {
    let file = tree.file(script)?;
    let facts = file.script()?;
    let sources = facts.effects.body.iter().filter_map(|step| match step {
        Step::Source(source) => Some(facts.range(source.span)),
        _ => None,
    });
    let last = sources.rev().find(|range| range.end() <= before);
    let line = file
        .lines()
        .line_of(last.map_or(before, |range| range.end()));
    let at = if last.is_some() {
        file.lines().start(line + 1)?
    } else {
        file.lines().start(line)?
    };
    let path = if file.text.contains(". $INCLUDE/") {
        format!("$INCLUDE/{include}")
    } else {
        format!("\"$INCLUDE/{include}\"")
    };
    let new_line = format!(". {path}{}", line_end(&file.text));
    Some((TextRange::empty(at), new_line))
}
