//! Uses of a variable that a rename cannot follow: it is refused then, because it would leave them
//! behind and nobody would be told.

use smol_str::SmolStr;

use super::occurrences::{Occurrence, Symbol, occurrences};
use super::resolve::{self, local_scope};
use edits::Refusal;
use model::view::View;
use model::{File, FileId};
use syntax::TextRange;
use syntax::bash::{self, Step, UnclearUse, UseShape};

/// Checks that every use of a variable in the scripts that share it is one that is followed.
///
/// # Errors
/// When a script may use it in a form that is not: says where, and what the form is.
pub(crate) fn check(
    view: &View<'_>,
    file: FileId,
    here: &Occurrence,
    name: &SmolStr,
) -> Result<(), Refusal> {
    let scope = local_scope(view, name, file, here.range);
    let files = match scope {
        Some(_) => vec![file],
        None => resolve::read_together(view, &resolve::sharing(view, name, file)),
    };
    let scripts: Vec<(FileId, &File)> = files
        .into_iter()
        .filter_map(|id| Some((id, &**view.tree.file(id)?)))
        .filter(|(_, file)| file.script().is_some())
        .collect();
    let is_indirect = scripts
        .iter()
        .any(|(_, file)| bash::uses_indirection(&file.text));
    let is_exported = || {
        scripts.iter().any(|(_, file)| {
            let mut steps = file.script().into_iter().flat_map(|f| f.effects.steps());
            let with = |step: &Step| match step {
                Step::Temporary(temporary) => temporary.assignments.iter().any(|a| a.sets(name)),
                _ => false,
            };
            bash::exports_variable(&file.text, name) || steps.any(with)
        })
    };
    let finder = memchr::memmem::Finder::new(name.as_str());
    for (id, script) in scripts.iter().copied() {
        // A search of the text is much cheaper than a list of its names.
        if finder.find(script.text.as_bytes()).is_none() && !script.text.contains("${!") {
            continue;
        }
        let found = UncheckedScript { view, id, script }.unclear(name, scope);
        for unclear in found {
            let is_meant = match &unclear.shape {
                UseShape::Value => is_indirect,
                UseShape::Environment(_) => is_exported(),
                UseShape::Argument(command) => {
                    view.model.helpers.contains_key(command)
                        || script
                            .script()
                            .is_some_and(|f| f.function(command).is_some())
                }
                _ => true,
            };
            if is_meant {
                return Err(refusal(script, name, &unclear));
            }
        }
    }
    Ok(())
}

/// Script that is looked through.
struct UncheckedScript<'v> {
    view: &'v View<'v>,
    id: FileId,
    script: &'v File,
}

impl UncheckedScript<'_> {
    /// Returns the mentions of a variable that may be uses which are not followed.
    fn unclear(&self, name: &SmolStr, scope: Option<TextRange>) -> Vec<UnclearUse> {
        let known: Vec<TextRange> = occurrences(self.view, self.id)
            .into_iter()
            .filter(|o| matches!(&o.symbol, Symbol::Variable(known) if known == name))
            .map(|o| o.range)
            .collect();
        let whole = TextRange::up_to(syntax::TextSize::of(&*self.script.text));
        let mut found = bash::unclear_uses(&self.script.text, name, scope.unwrap_or(whole), &known);
        if scope.is_none() {
            // Those are of another variable.
            found.retain(|unclear| local_scope(self.view, name, self.id, unclear.range).is_none());
        }
        found
    }
}

fn refusal(script: &File, name: &str, unclear: &UnclearUse) -> Refusal {
    let line = script.lines().line_of(unclear.range.start()) + 1;
    let reason = match &unclear.shape {
        UseShape::Indirect => "`${!...}` takes a name from a value".to_owned(),
        UseShape::Declared => {
            "`declare`, `local` and the like may take a value for a name".to_owned()
        }
        UseShape::Subscript => {
            format!("`{name}` in `[ ]` may be a number, or the key of an associative array")
        }
        UseShape::Code(command) => format!("`{command}` takes apart a text with `{name}` in it"),
        UseShape::Argument(command) => format!("`{command}` is given the name `{name}`"),
        UseShape::Environment(command) => {
            format!("`{command}` is given a text that takes `{name}` from the environment")
        }
        UseShape::Value => format!("a value is `{name}`, and values are used as names"),
        UseShape::Unread => "the script cannot be read there".to_owned(),
    };
    Refusal(format!(
        "`{name}` cannot be renamed: {}:{line}: {reason}; rename it by hand, or change that first",
        script.path
    ))
}
