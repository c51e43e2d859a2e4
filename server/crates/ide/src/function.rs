//! What a function of a script is to whoever calls it: its arguments, what is said above it, what
//! it reads and writes, what it does to the container, and which images call it.

use rustc_hash::FxHashSet;
use smol_str::{SmolStr, format_smolstr};

use super::resolve::{self, assignments};
use model::view::View;
use model::{FileId, Image};
use syntax::bash::{Block, Function, NameKind, Role, ScriptFacts, Step, UnitAction, steps};
use syntax::{TextRange, TextSize};

/// A function, by its file and its number there.
pub(super) type FunctionId = (FileId, u32);

/// An argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parameter {
    /// What the function calls it; `1` where it does not.
    pub name: SmolStr,
    /// Something stands in for it.
    pub optional: bool,
}

/// How a function is called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Signature {
    /// The arguments it tells apart.
    pub parameters: Vec<Parameter>,
    /// It takes any number of further ones.
    pub rest: bool,
    /// It reads its standard input.
    pub stdin: bool,
}

impl Signature {
    /// The arguments as they are shown: `option`, `[value]`, `...`.
    pub fn labels(&self) -> Vec<String> {
        let mut found: Vec<String> = { self.parameters.iter() }
            .map(|p| match p.optional {
                true => format!("[{}]", p.name),
                false => p.name.to_string(),
            })
            .collect();
        if self.rest {
            found.push("...".to_owned());
        }
        found
    }

    /// A call with the names of the arguments.
    pub fn call(&self, name: &str) -> String {
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

/// The last function of a name in a file.
pub(super) fn find(view: &View<'_>, file: FileId, name: &str) -> Option<FunctionId> {
    let facts = view.tree.script(file)?;
    let index = facts
        .effects
        .functions
        .iter()
        .rposition(|f| f.name == name)?;
    Some((file, u32::try_from(index).ok()?))
}

/// The functions that a name at a place goes to.
pub(super) fn targets(
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

/// A function's facts, with those of its file.
pub(super) fn facts<'v>(
    view: &View<'v>,
    id: FunctionId,
) -> Option<(&'v ScriptFacts, &'v Function)> {
    let facts = view.tree.script(id.0)?;
    Some((facts, facts.effects.functions.get(id.1 as usize)?))
}

/// The comment above a function, without its `#`.
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

/// How a function is called.
pub(super) fn signature(view: &View<'_>, id: FunctionId) -> Signature {
    let (Some(file), Some((facts, function))) = (view.tree.file(id.0), facts(view, id)) else {
        return Signature::default();
    };
    let mut reading = Reading::default();
    let body = facts.range(function.definition_span);
    let mut at = body.start();
    for heredoc in facts
        .heredocs
        .iter()
        .filter(|h| body.contains_range(h.body))
    {
        // One inside another is read with it.
        if heredoc.body.start() < at {
            continue;
        }
        reading.text(file.slice(TextRange::new(at, heredoc.body.start())), false);
        if !heredoc.quoted {
            reading.text(file.slice(heredoc.body), true);
        }
        at = heredoc.body.end();
    }
    reading.text(file.slice(TextRange::new(at, body.end())), false);
    reading.finish(reads_stdin(view, facts, &function.body))
}

/// Whether a function hands its standard input on: to a file, or to a function that does.
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

/// A function's text, read for the arguments that it uses.
#[derive(Default)]
struct Reading {
    named: Vec<Option<Parameter>>,
    shifted: usize,
    rest: bool,
}

impl Reading {
    /// Reads a piece of text; in a here-document nothing but a backslash quotes.
    fn text(&mut self, text: &str, heredoc: bool) {
        let mut double = false;
        let mut before = "";
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let rest = text.get(at..).unwrap_or_default();
            match c {
                '\\' => {
                    chars.next();
                }
                '"' if !heredoc => double = !double,
                '\'' if !heredoc && !double => {
                    chars.find(|(_, c)| *c == '\'');
                }
                '#' if !heredoc && !double && before.ends_with(char::is_whitespace) => {
                    chars.find(|(_, c)| *c == '\n');
                }
                '$' => self.expansion(before, rest),
                's' if !heredoc && !double && is_word(before, rest, "shift") => self.shift(rest),
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

    /// `$1`, `${1:-x}`, `$@` at the beginning of `text`.
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
        if self.named.len() <= index {
            self.named.resize(index + 1, None);
        }
        let name = assigned_name(before);
        if let Some(slot) = self.named.get_mut(index) {
            let known = slot
                .as_ref()
                .is_some_and(|p| !p.name.starts_with(|c: char| c.is_ascii_digit()));
            let name = match (known, name) {
                (false, Some(name)) => SmolStr::new(name),
                (true, _) => return,
                (false, None) => format_smolstr!("{}", index + 1),
            };
            let optional = optional || slot.as_ref().is_some_and(|p| p.optional);
            *slot = Some(Parameter { name, optional });
        }
    }

    fn finish(self, stdin: bool) -> Signature {
        let parameters = self.named.into_iter().enumerate().map(|(at, parameter)| {
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

/// The variable whose value begins at the end of a text: of `local root="`, `root`.
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

/// Variables that a function reads and writes itself, each once, in the order of the text; those
/// that are local to it are left out.
pub(super) fn variables(view: &View<'_>, id: FunctionId) -> (Vec<SmolStr>, Vec<SmolStr>) {
    let (Some(file), Some((facts, function))) = (view.tree.file(id.0), facts(view, id)) else {
        return Default::default();
    };
    let body = facts.range(function.definition_span);
    let mut locals = FxHashSet::default();
    collect_locals(file.slice(body), &function.body, &mut locals);
    let (mut reads, mut writes): (Vec<SmolStr>, Vec<SmolStr>) = Default::default();
    for known in facts
        .occurrences
        .iter()
        .filter(|o| o.kind == NameKind::Variable && body.contains_range(o.range))
    {
        let name = SmolStr::new(file.slice(known.range));
        if locals.contains(&name) || !name.starts_with(|c: char| c == '_' || c.is_alphabetic()) {
            continue;
        }
        let list = match known.role {
            Role::Reference if writes.contains(&name) => continue,
            Role::Reference => &mut reads,
            Role::Definition => &mut writes,
        };
        if !list.contains(&name) {
            list.push(name);
        }
    }
    (reads, writes)
}

/// `local x` without a value is no step: it is read off the text.
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

/// What a function does to the container's units, through the functions it calls too.
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
        let own = facts.heredocs.iter().filter(|h| h.function == Some(next.1));
        for action in own.flat_map(|h| &h.container.units) {
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

/// The names of the commands that a block calls, in branches and loops too.
pub(super) fn calls(block: &[Step]) -> impl Iterator<Item = &SmolStr> {
    steps(block).filter_map(|step| match step {
        Step::Call(call) => Some(&call.name),
        _ => None,
    })
}

/// The images whose scripts call any of some functions, be it through others.
pub(super) fn callers<'v>(view: &View<'v>, functions: &[FunctionId]) -> Vec<&'v Image> {
    let calls = |image: &&Image| {
        let called = &image.summary.called;
        functions.iter().any(|id| called.binary_search(id).is_ok())
    };
    let images = view.model.images.values().map(|image| &**image);
    images.filter(calls).collect()
}

/// The function around a place.
pub(super) fn around(view: &View<'_>, file: FileId, offset: TextSize) -> Option<FunctionId> {
    let facts = view.tree.script(file)?;
    let index = facts
        .effects
        .functions
        .iter()
        .position(|f| facts.range(f.definition_span).contains(offset))?;
    Some((file, u32::try_from(index).ok()?))
}
