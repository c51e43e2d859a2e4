//! Who calls a helper, and what it calls.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::resolve::{function_range, helper_files};
use super::symbol::{Symbol, at};
use super::{include_name, navigate};
use model::FileId;
use model::FileRange;
use model::view::View;
use syntax::bash::{Function, NameKind, Role, ScriptFacts};
use syntax::{TextRange, TextSize};

/// Something that calls: a function, or a script outside of its functions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Caller {
    /// The file.
    pub file: FileId,
    /// The function; `None` for the script itself.
    pub function: Option<SmolStr>,
}

/// A caller as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it is.
    pub caller: Caller,
    /// The function's name; of a script the image's that it is of, or the file's.
    pub name: String,
    /// Where it is.
    pub detail: String,
    /// All of it.
    pub range: TextRange,
    /// Its name.
    pub selection: TextRange,
}

/// A caller with the calls: incoming ones are in its file, outgoing ones in the file of who was
/// asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calls {
    /// Who calls, or is called.
    pub item: Item,
    /// Where.
    pub ranges: Vec<TextRange>,
}

/// The helpers that the name at a place means.
pub fn prepare(view: &View<'_>, file: FileId, offset: TextSize) -> Vec<Item> {
    let Some(here) = at(view, file, offset).into_iter().next() else {
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
        item(view, &Caller { file, function })
    });
    items.collect()
}

/// A caller as it is shown; `None` if there is none such any more.
pub fn item(view: &View<'_>, caller: &Caller) -> Option<Item> {
    let file = view.tree.file(caller.file)?;
    let facts = file.script()?;
    let detail = file.path.to_string();
    match &caller.function {
        Some(name) => {
            let function = facts.function(name)?;
            Some(Item {
                caller: caller.clone(),
                name: name.to_string(),
                detail: include_name(view, caller.file).map_or(detail, str::to_owned),
                range: facts.range(function.definition_span),
                selection: facts.range(function.name_span),
            })
        }
        None => Some(Item {
            caller: caller.clone(),
            name: script_name(view, caller.file, &file.path),
            detail,
            range: TextRange::up_to(TextSize::of(&*file.text)),
            selection: file.first_line(),
        }),
    }
}

/// The image that a script is of, if it is one's, else the end of its path.
fn script_name(view: &View<'_>, file: FileId, path: &str) -> String {
    if let Some(directory) = view.model.directory_of(view.tree, path) {
        return match directory.names.as_slice() {
            [only] => only.to_string(),
            _ => directory.name.to_string(),
        };
    }
    let name = include_name(view, file).or_else(|| path.rsplit('/').next());
    name.unwrap_or(path).to_owned()
}

/// The innermost function around a place.
fn around(facts: &ScriptFacts, range: TextRange) -> Option<&Function> {
    let around = |f: &&Function| facts.range(f.definition_span).contains_range(range);
    let all = facts.effects.functions.iter().filter(around);
    all.min_by_key(|f| facts.range(f.definition_span).len())
}

/// Who calls a helper. Nobody calls a script.
pub fn incoming(view: &View<'_>, callee: &Caller) -> Vec<Calls> {
    let Some(name) = &callee.function else {
        return Vec::new();
    };
    let Some(defined) = function_range(view, callee.file, name) else {
        return Vec::new();
    };
    let mut found: BTreeMap<Caller, Vec<TextRange>> = BTreeMap::new();
    for call in navigate::references(view, callee.file, defined.start(), false) {
        let FileRange { file, .. } = call;
        let Some(facts) = view.tree.script(file) else {
            continue;
        };
        let range = call.range;
        let function = around(facts, range).map(|f| f.name.clone());
        let caller = Caller { file, function };
        found.entry(caller).or_default().push(range);
    }
    listed(view, found)
}

/// What a helper, or a script outside of its functions, calls.
pub fn outgoing(view: &View<'_>, caller: &Caller) -> Vec<Calls> {
    let file = view.tree.file(caller.file);
    let Some((file, facts)) = file.and_then(|file| Some((file, file.script()?))) else {
        return Vec::new();
    };
    let mut found: BTreeMap<Caller, Vec<TextRange>> = BTreeMap::new();
    for known in &facts.occurrences {
        if known.kind != NameKind::Helper || known.role != Role::Reference {
            continue;
        }
        if around(facts, known.range).map(|f| &f.name) != caller.function.as_ref() {
            continue;
        }
        let name = SmolStr::new(file.slice(known.range));
        for target in helper_files(view, &name, caller.file, known.range) {
            let function = Some(name.clone());
            let callee = Caller {
                file: target,
                function,
            };
            found.entry(callee).or_default().push(known.range);
        }
    }
    let mut calls = listed(view, found);
    // In the order in which they are written.
    calls.sort_by_key(|call| call.ranges.first().map(|range| range.start()));
    calls
}

fn listed(view: &View<'_>, found: BTreeMap<Caller, Vec<TextRange>>) -> Vec<Calls> {
    let calls = found.into_iter().filter_map(|(caller, ranges)| {
        let item = item(view, &caller)?;
        Some(Calls { item, ranges })
    });
    calls.collect()
}
