//! Functions of scripts: arguments, comment, variables, effects on the container, callers.

use rustc_hash::FxHashSet;
use smol_str::{SmolStr, format_smolstr};

use super::resolve::{self, assignments};
use model::view::View;
use model::{FileId, Image};
use syntax::bash::{Block, Function, NameKind, Role, ScriptFacts, Step, UnitAction, steps};
use syntax::{TextRange, TextSize};

/// File that defines a function, and the number of the function there.
pub(super) type FunctionId = (FileId, u32);

/// Argument of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parameter {
    /// Variable that the function keeps it in, or its number, counted from 1.
    pub name: SmolStr,
    /// The function has a default value for it.
    pub optional: bool,
}

/// Arguments and input of a function.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Signature {
    /// Arguments that the function uses one by one.
    pub parameters: Vec<Parameter>,
    /// The function takes any number of further arguments.
    pub rest: bool,
    /// The function reads its standard input.
    pub stdin: bool,
}

impl Signature {
    /// Returns the arguments as they are shown: `option`, `[value]`, `...`.
    pub(super) fn labels(&self) -> Vec<String> {
        let label = |parameter: &Parameter| match parameter.optional {
            true => format!("[{}]", parameter.name),
            false => parameter.name.to_string(),
        };
        let mut labels: Vec<String> = self.parameters.iter().map(label).collect();
        if self.rest {
            labels.push("...".to_owned());
        }
        labels
    }

    /// Returns a call with the names of the arguments.
    pub(super) fn call(&self, name: &str) -> String {
        let mut call = name.to_owned();
        for label in self.labels() {
            call.push(' ');
            call.push_str(&label);
        }
        if self.stdin {
            call.push_str(" <<EOF");
        }
        call
    }
}

/// Returns the function that a name stands for in a file: the last definition counts.
pub(super) fn find(view: &View<'_>, file: FileId, name: &str) -> Option<FunctionId> {
    let facts = view.tree.script(file)?;
    let index = facts
        .effects
        .functions
        .iter()
        .rposition(|f| f.name == name)?;
    Some((file, u32::try_from(index).ok()?))
}

/// Returns the functions that a name in a range stands for.
pub(super) fn definitions(
    view: &View<'_>,
    name: &str,
    file: FileId,
    range: TextRange,
    role: Role,
) -> Vec<FunctionId> {
    let files = match role {
        Role::Definition => vec![file],
        Role::Reference => resolve::helper_files(view, name, file, range),
    };
    files
        .into_iter()
        .filter_map(|id| find(view, id, name))
        .collect()
}

/// Returns the facts of a function's file, and its own.
pub(super) fn facts<'v>(
    view: &View<'v>,
    id: FunctionId,
) -> Option<(&'v ScriptFacts, &'v Function)> {
    let facts = view.tree.script(id.0)?;
    Some((facts, facts.effects.functions.get(id.1 as usize)?))
}

/// Returns the comment above a function, without the `#` of each line.
pub(super) fn comment(view: &View<'_>, id: FunctionId) -> Option<String> {
    let file = view.tree.file(id.0)?;
    let (facts, function) = facts(view, id)?;
    let mut line = file
        .lines()
        .line_of(facts.range(function.definition_span).start());
    let mut found = Vec::new();
    while line > 0 {
        line -= 1;
        let text = file.slice(file.lines().range(line, &file.text)).trim();
        let Some(comment) = text.strip_prefix('#').filter(|c| !c.starts_with('!')) else {
            break;
        };
        if !comment.trim_start().starts_with("image-scripts:") {
            found.push(comment.strip_prefix(' ').unwrap_or(comment));
        }
    }
    found.reverse();
    let text = found.join("\n").trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// Returns the arguments of a function.
pub(super) fn signature(view: &View<'_>, id: FunctionId) -> Signature {
    let (Some(file), Some((facts, function))) = (view.tree.file(id.0), facts(view, id)) else {
        return Signature::default();
    };
    let mut scanner = ParameterScanner::default();
    let definition = facts.range(function.definition_span);
    let heredocs = facts.heredocs.iter();
    let mut at = definition.start();
    for heredoc in heredocs.filter(|h| definition.contains_range(h.body)) {
        // A here-document within another one is read as part of it.
        if heredoc.body.start() < at {
            continue;
        }
        let before = TextRange::new(at, heredoc.body.start());
        scanner.text(file.slice(before), TextKind::Script);
        if !heredoc.quoted {
            scanner.text(file.slice(heredoc.body), TextKind::HereDoc);
        }
        at = heredoc.body.end();
    }
    let rest = TextRange::new(at, definition.end());
    scanner.text(file.slice(rest), TextKind::Script);
    scanner.finish(reads_stdin(view, facts, &function.body))
}

/// Tells whether a function passes its standard input on, to a file or to a function that does.
fn reads_stdin(view: &View<'_>, facts: &ScriptFacts, body: &Block) -> bool {
    let appends = |name: &str| {
        view.model.appenders.contains(name)
            || facts
                .function(name)
                .is_some_and(|f| f.body.iter().any(writes))
    };
    body.iter().any(|step| {
        writes(step)
            || matches!(step, Step::Call(call) if call.heredoc.is_none() && appends(&call.name))
    })
}

fn writes(step: &Step) -> bool {
    matches!(step, Step::Write(file_write) if file_write.heredoc.is_none())
}

/// Kind of a text, which decides what quotes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TextKind {
    Script,
    /// Nothing but a backslash quotes.
    HereDoc,
}

/// Search of a function's text for the arguments that it uses.
#[derive(Default)]
struct ParameterScanner {
    /// Arguments by number; `None` for one that the function does not use.
    parameters: Vec<Option<Parameter>>,
    /// Number of arguments that `shift` has taken away.
    shifted: usize,
    rest: bool,
}

impl ParameterScanner {
    fn text(&mut self, text: &str, kind: TextKind) {
        let is_script = kind == TextKind::Script;
        let mut double = false;
        let mut before = "";
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let rest = text.get(at..).unwrap_or_default();
            match c {
                '\\' => {
                    chars.next();
                }
                '"' if is_script => double = !double,
                '\'' if is_script && !double => {
                    chars.find(|(_, c)| *c == '\'');
                }
                '#' if is_script && !double && before.ends_with(char::is_whitespace) => {
                    chars.find(|(_, c)| *c == '\n');
                }
                '$' => self.expansion(before, rest),
                's' if is_script && !double && is_word(before, rest, "shift") => self.shift(rest),
                _ => {}
            }
            let end = chars.peek().map_or(text.len(), |(next, _)| *next);
            before = text.get(..end).unwrap_or_default();
        }
    }

    fn shift(&mut self, rest: &str) {
        let number = rest.strip_prefix("shift").unwrap_or_default();
        let number = number.trim_start_matches(' ');
        let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
        self.shifted = self
            .shifted
            .saturating_add(digits.parse::<usize>().unwrap_or(1).min(9));
    }

    /// Reads `$1`, `${1:-x}` or `$@` at the beginning of `text`.
    fn expansion(&mut self, before: &str, text: &str) {
        let inner = text.strip_prefix('$').unwrap_or_default();
        let (braced, inner) = match inner.strip_prefix('{') {
            Some(inner) => (true, inner),
            None => (false, inner),
        };
        let Some(first) = inner.chars().next() else {
            return;
        };
        if matches!(first, '@' | '*') {
            self.rest = true;
            return;
        }
        let Some(digit) = first.to_digit(10).filter(|d| *d > 0) else {
            return;
        };
        let after = inner.get(1..).unwrap_or_default();
        if after.starts_with(|c: char| c.is_ascii_digit()) && braced {
            return;
        }
        let optional = braced && after.trim_start_matches(':').starts_with(['-', '=', '+']);
        let index = self.shifted + usize::try_from(digit).unwrap_or(1) - 1;
        if index > 16 {
            self.rest = true;
            return;
        }
        let optional = optional || self.is_optional(index);
        self.add(index, assigned_name(before), optional);
    }

    fn is_optional(&self, index: usize) -> bool {
        let known = self.parameters.get(index).and_then(|p| p.as_ref());
        known.is_some_and(|p| p.optional)
    }

    /// Adds a use of an argument. The first variable that is assigned from it names it.
    fn add(&mut self, index: usize, name: Option<&str>, optional: bool) {
        if self.parameters.len() <= index {
            self.parameters.resize(index + 1, None);
        }
        let Some(slot) = self.parameters.get_mut(index) else {
            return;
        };
        let is_numbered = |p: &Parameter| p.name.starts_with(|c: char| c.is_ascii_digit());
        if slot.as_ref().is_some_and(|p| !is_numbered(p)) {
            return;
        }
        let name = name.map_or_else(|| format_smolstr!("{}", index + 1), SmolStr::new);
        *slot = Some(Parameter { name, optional });
    }

    fn finish(self, stdin: bool) -> Signature {
        let parameters = self
            .parameters
            .into_iter()
            .enumerate()
            .map(|(at, parameter)| {
                parameter.unwrap_or(Parameter {
                    name: format_smolstr!("{}", at + 1),
                    optional: false,
                })
            });
        Signature {
            parameters: parameters.collect(),
            rest: self.rest,
            stdin,
        }
    }
}

fn is_word(before: &str, rest: &str, word: &str) -> bool {
    let begins = before
        .chars()
        .next_back()
        .is_none_or(|c| c.is_whitespace() || c == ';');
    begins
        && rest.strip_prefix(word).is_some_and(|after| {
            !after.starts_with(|c: char| c.is_alphanumeric() || "-_=".contains(c))
        })
}

/// Returns the variable whose value begins at the end of a text: `root` for `local root="`.
fn assigned_name(before: &str) -> Option<&str> {
    let before = before.strip_suffix('"').unwrap_or(before);
    let before = before.strip_suffix('=')?;
    let is_part = |c: char| c == '_' || c.is_ascii_alphanumeric();
    let start = before
        .char_indices()
        .rev()
        .take_while(|(_, c)| is_part(*c))
        .last()
        .map(|(at, _)| at)?;
    before.get(start..)
}

/// Variables that a function uses, without those that are local to it.
#[derive(Debug, Default)]
pub(super) struct VariableUses {
    /// Variables that it reads before it sets them.
    pub reads: Vec<SmolStr>,
    /// Variables that it sets.
    pub writes: Vec<SmolStr>,
}

/// Returns the variables that a function itself uses, each once, in the order of the text.
pub(super) fn variables(view: &View<'_>, id: FunctionId) -> VariableUses {
    let mut uses = VariableUses::default();
    let (Some(file), Some((facts, function))) = (view.tree.file(id.0), facts(view, id)) else {
        return uses;
    };
    let definition = facts.range(function.definition_span);
    let mut locals = FxHashSet::default();
    collect_locals(file.slice(definition), &function.body, &mut locals);
    for known in &facts.occurrences {
        if known.kind != NameKind::Variable || !definition.contains_range(known.range) {
            continue;
        }
        let name = SmolStr::new(file.slice(known.range));
        if locals.contains(&name) || !name.starts_with(|c: char| c == '_' || c.is_alphabetic()) {
            continue;
        }
        let list = match known.role {
            Role::Reference if uses.writes.contains(&name) => continue,
            Role::Reference => &mut uses.reads,
            Role::Definition => &mut uses.writes,
        };
        if !list.contains(&name) {
            list.push(name);
        }
    }
    uses
}

/// Collects the local variables of a function. `local x` without a value is no step, so it is read
/// off the text.
fn collect_locals(text: &str, body: &Block, found: &mut FxHashSet<SmolStr>) {
    for line in text.lines() {
        let Some(declared) = line.trim_start().strip_prefix("local ") else {
            continue;
        };
        for word in declared.split([' ', '\t', ';']) {
            let name = word.split('=').next().unwrap_or_default();
            let fits = |c: char| c == '_' || c.is_ascii_alphanumeric();
            if !name.is_empty() && name.chars().all(fits) {
                found.insert(SmolStr::new(name));
            }
        }
    }
    let local = assignments(body).filter(|assign| assign.local);
    found.extend(local.map(|assign| assign.name.clone()));
}

/// Returns what a function does to the container's units, itself or through functions it calls.
pub(super) fn units(view: &View<'_>, id: FunctionId) -> Vec<UnitAction> {
    let mut found: Vec<UnitAction> = Vec::new();
    let mut done: Vec<FunctionId> = Vec::new();
    let mut pending = vec![id];
    while let Some(next) = pending.pop() {
        if done.contains(&next) {
            continue;
        }
        done.push(next);
        let Some((facts, function)) = facts(view, next) else {
            continue;
        };
        let units = facts.units();
        for (_, action) in units.filter(|(heredoc, _)| heredoc.function == Some(next.1)) {
            let known = |a: &UnitAction| a.verb == action.verb && a.unit == action.unit;
            if !found.iter().any(known) {
                found.push(action.clone());
            }
        }
        for name in calls(&function.body) {
            let own = find(view, next.0, name);
            let others = view.model.helpers.get(name).into_iter().flatten();
            match own {
                Some(own) => pending.push(own),
                None => pending.extend(others.filter_map(|id| find(view, *id, name))),
            }
        }
    }
    found
}

/// Returns the names of the commands that a block calls, in branches and loops as well.
pub(super) fn calls(block: &[Step]) -> impl Iterator<Item = &SmolStr> {
    steps(block).filter_map(|step| match step {
        Step::Call(call) => Some(&call.name),
        _ => None,
    })
}

/// Returns the images whose scripts call any of some functions, directly or through others.
pub(super) fn callers<'v>(view: &View<'v>, functions: &[FunctionId]) -> Vec<&'v Image> {
    let calls = |image: &&Image| {
        let called = &image.summary.called;
        functions.iter().any(|id| called.binary_search(id).is_ok())
    };
    let images = view.model.images.values().map(|image| &**image);
    images.filter(calls).collect()
}

/// Returns the function around an offset.
pub(super) fn around(view: &View<'_>, file: FileId, offset: TextSize) -> Option<FunctionId> {
    let facts = view.tree.script(file)?;
    let index = facts
        .effects
        .functions
        .iter()
        .position(|f| facts.range(f.definition_span).contains(offset))?;
    Some((file, u32::try_from(index).ok()?))
}
