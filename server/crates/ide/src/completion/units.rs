//! Completions of units after `systemctl mask` and its like: those that other scripts of the checkout
//! change, the most usual first.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::{Completion, CompletionKind, range_of};
use model::FileId;
use model::data::unit_purpose;
use model::order::natural;
use model::view::View;
use syntax::TextSize;
use syntax::bash::{ScriptFacts, UnitAction, UnitVerb};

/// Number of scripts that change a unit.
#[derive(Default)]
struct Changes {
    /// In the way that is being written.
    same: usize,
    other: usize,
}

/// Returns the units that may follow in a line of a here-document; `None` where it changes none.
pub(super) fn completions(
    view: &View<'_>,
    file: FileId,
    line: &str,
    offset: TextSize,
) -> Option<Vec<Completion>> {
    let (verb, written) = changing(line)?;
    let mut all: FxHashMap<&SmolStr, Changes> = FxHashMap::default();
    for (id, script) in view.tree.files() {
        for (_, action) in script.script().into_iter().flat_map(ScriptFacts::units) {
            let changes = all.entry(&action.unit).or_default();
            match action.verb == verb {
                true if id == file && !is_written(action, written, offset) => {
                    // It is done already.
                    changes.same = usize::MAX;
                }
                true => changes.same = changes.same.saturating_add(1),
                false => changes.other += 1,
            }
        }
    }
    let range = range_of(written, offset);
    // What is being written is no unit yet.
    all.retain(|unit, changes| {
        changes.same != usize::MAX && (*unit != written || changes.same + changes.other > 1)
    });
    let mut units: Vec<(&SmolStr, Changes)> = all.into_iter().collect();
    units.sort_by(|(a, one), (b, other)| {
        let key = |changes: &Changes| (Reverse(changes.same), Reverse(changes.other));
        key(one).cmp(&key(other)).then_with(|| natural(a, b))
    });
    let completion = |(unit, changes): (&SmolStr, Changes)| {
        let completion = Completion::new(CompletionKind::Value, unit.as_str(), range)
            .rank(u8::from(changes.same == 0))
            .doc("unit", unit);
        match unit_purpose(unit) {
            Some(purpose) => completion.detail(purpose.text.as_str()),
            None => completion,
        }
    };
    Some(units.into_iter().map(completion).collect())
}

/// Returns whether an action is the word that ends at an offset.
fn is_written(action: &UnitAction, written: &str, offset: TextSize) -> bool {
    action.unit == written && action.range.contains_inclusive(offset)
}

/// Returns what the command at the end of a line does to units, and the part of the unit's name.
fn changing(line: &str) -> Option<(UnitVerb, &str)> {
    let command = line.rsplit([';', '&', '|', '(']).next()?;
    let blank = command.rfind([' ', '\t'])?;
    let (before, written) = command.split_at_checked(blank + 1)?;
    let mut words = before.split_whitespace();
    words.find(|word| *word == "systemctl")?;
    let mut words = words.filter(|word| !word.starts_with('-'));
    let verb = match words.next()? {
        "mask" | "unmask" => UnitVerb::Mask,
        "disable" => UnitVerb::Disable,
        "enable" => UnitVerb::Enable,
        _ => return None,
    };
    (!written.starts_with(['-', '$', '"', '\''])).then_some((verb, written))
}
