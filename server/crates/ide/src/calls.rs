//! Call hierarchy of helpers: the callers of a function, and the functions that it calls.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::lookup::{include_name, short_name};
use super::navigate::{self, Declarations};
use super::occurrences::{Symbol, occurrence_at};
use super::resolve::{function_range, helper_files};
use model::view::View;
use model::{FileId, FileRange};
use syntax::bash::{Function, NameKind, Role, ScriptFacts};
use syntax::{TextRange, TextSize};

/// One end of a call: a function, or a script outside of its functions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Callable {
    /// File that defines the function, or the script itself.
    pub file: FileId,
    /// Name of the function; `None` for the script itself.
    pub function: Option<SmolStr>,
}

/// Function or script as an editor lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallItem {
    /// The function or script that is shown.
    pub callable: Callable,
    /// Name of the function; for a script, the name of its image or of the file.
    pub name: String,
    /// Name of the include that defines it, or the path of the file.
    pub detail: String,
    /// The whole definition, in bytes.
    pub range: TextRange,
    /// The name within `range`, in bytes.
    pub selection: TextRange,
}

/// All calls between the requested item and another one. The ranges of incoming calls are in the
/// file of `item`, those of outgoing calls in the file of the requested item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calls {
    /// The caller of an incoming call, the callee of an outgoing one.
    pub item: CallItem,
    /// Names of the called function, one for each call, in bytes.
    pub ranges: Vec<TextRange>,
}

/// Returns the helpers that the name at an offset stands for.
pub fn prepare(view: &View<'_>, file: FileId, offset: TextSize) -> Vec<CallItem> {
    let Some(here) = occurrence_at(view, file, offset) else {
        return Vec::new();
    };
    let Symbol::Helper(name) = &here.symbol else {
        return Vec::new();
    };
    let mut files = if here.role == Role::Definition {
        vec![file]
    } else {
        helper_files(view, name, file, here.range)
    };
    files.sort_unstable();
    let items = files.into_iter().filter_map(|file| {
        let function = Some(name.clone());
        item(view, &Callable { file, function })
    });
    items.collect()
}

/// Returns a function or script as it is shown, or `None` if the checkout no longer has it.
pub fn item(view: &View<'_>, callable: &Callable) -> Option<CallItem> {
    let file = view.tree.file(callable.file)?;
    let facts = file.script()?;
    let detail = file.path.to_string();
    match &callable.function {
        Some(name) => {
            let function = facts.function(name)?;
            Some(CallItem {
                callable: callable.clone(),
                name: name.to_string(),
                detail: include_name(view, callable.file).map_or(detail, str::to_owned),
                range: facts.range(function.definition_span),
                selection: facts.range(function.name_span),
            })
        }
        None => Some(CallItem {
            callable: callable.clone(),
            name: script_name(view, callable.file, &file.path),
            detail,
            range: TextRange::up_to(TextSize::of(&*file.text)),
            selection: file.first_line(),
        }),
    }
}

/// Returns the name of the image that a script builds, or the last part of its path.
fn script_name(view: &View<'_>, file: FileId, path: &str) -> String {
    if let Some(directory) = view.model.directory_of(view.tree, path) {
        return match directory.names.as_slice() {
            [only] => only.to_string(),
            _ => directory.name.to_string(),
        };
    }
    short_name(view, file).to_owned()
}

/// Returns the innermost function around a range.
fn enclosing_function(facts: &ScriptFacts, range: TextRange) -> Option<&Function> {
    let encloses = |f: &&Function| facts.range(f.definition_span).contains_range(range);
    let enclosing = facts.effects.functions.iter().filter(encloses);
    enclosing.min_by_key(|f| facts.range(f.definition_span).len())
}

/// Returns the callers of a helper. A script has none.
pub fn incoming(view: &View<'_>, callee: &Callable) -> Vec<Calls> {
    let Some(name) = &callee.function else {
        return Vec::new();
    };
    let Some(defined) = function_range(view, callee.file, name) else {
        return Vec::new();
    };
    let mut found: BTreeMap<Callable, Vec<TextRange>> = BTreeMap::new();
    for call in navigate::references(view, callee.file, defined.start(), Declarations::Exclude) {
        let FileRange { file, range } = call;
        let Some(facts) = view.tree.script(file) else {
            continue;
        };
        let function = enclosing_function(facts, range).map(|f| f.name.clone());
        let callable = Callable { file, function };
        found.entry(callable).or_default().push(range);
    }
    to_calls(view, found)
}

/// Returns what a helper, or a script outside of its functions, calls.
pub fn outgoing(view: &View<'_>, callable: &Callable) -> Vec<Calls> {
    let file = view.tree.file(callable.file);
    let Some((file, facts)) = file.and_then(|file| Some((file, file.script()?))) else {
        return Vec::new();
    };
    let mut found: BTreeMap<Callable, Vec<TextRange>> = BTreeMap::new();
    for known in &facts.occurrences {
        if known.kind != NameKind::Helper || known.role != Role::Reference {
            continue;
        }
        if enclosing_function(facts, known.range).map(|f| &f.name) != callable.function.as_ref() {
            continue;
        }
        let name = SmolStr::new(file.slice(known.range));
        for definer in helper_files(view, &name, callable.file, known.range) {
            let function = Some(name.clone());
            let callee = Callable {
                file: definer,
                function,
            };
            found.entry(callee).or_default().push(known.range);
        }
    }
    let mut calls = to_calls(view, found);
    // Callees appear in the order of their first call.
    calls.sort_by_key(|call| call.ranges.first().map(|range| range.start()));
    calls
}

fn to_calls(view: &View<'_>, found: BTreeMap<Callable, Vec<TextRange>>) -> Vec<Calls> {
    let calls = found.into_iter().filter_map(|(callable, ranges)| {
        let item = item(view, &callable)?;
        Some(Calls { item, ranges })
    });
    calls.collect()
}
