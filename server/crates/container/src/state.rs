//! The state of a build at one moment: variables, functions, files; and how two of them become one.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::InitCommand;
use super::commands::unknown;
use super::files::content_of;
use super::text::{Condition, Join, Text, UnknownKind};
use model::{FileId, FileRange};

/// A variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Variable {
    Text(Text),
    Array(Vec<Field>),
}

/// A word after it was expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The word.
    pub text: Text,
    /// Set when it may be several words, or none: a pattern of paths, a value that is split and not
    /// known.
    pub is_open: bool,
}

/// A file that a build makes, or changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileState {
    /// The content, or the path that a link leads to.
    pub text: Text,
    /// Kind of file.
    pub kind: FileStateKind,
    /// The command that made it, or changed it last.
    pub at: FileRange,
    /// Conditions under which it does, each with its outcome.
    pub conditions: Vec<(Condition, bool)>,
    /// Set when it may not do so for other reasons.
    pub is_uncertain: bool,
}

/// Kind of a file that a build makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileStateKind {
    /// A file.
    File,
    /// A file with something added to what was there.
    Added,
    /// A symbolic link.
    Link,
    /// A directory.
    Directory,
    /// It is removed.
    Removed,
}

impl FileStateKind {
    /// Returns whether what was there before is replaced by something that one can read.
    fn is_whole(self) -> bool {
        matches!(self, FileStateKind::File | FileStateKind::Link)
    }
}

/// A script or command that is executed inside of a new root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// The root directory.
    pub root: Text,
    /// The script; of a command, its words.
    pub script: Text,
    /// The path of the script in that root; `None` where it has none.
    pub path: Option<SmolStr>,
    /// Set for a script; a command is no text that somebody wrote.
    pub is_script: bool,
    /// The command of the builder that executes it.
    pub at: FileRange,
    /// The command of the build script itself that leads to it.
    pub called_at: FileRange,
    /// Conditions under which it is executed, each with its outcome.
    pub conditions: Vec<(Condition, bool)>,
    /// Files of that root that the builder has written before, each with the command.
    pub(crate) written: Vec<(SmolStr, FileRange)>,
}

/// A program that is called and not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramCall {
    /// The name and the arguments.
    pub words: Vec<Field>,
    /// Contents of the files that it is given and that the build has written.
    pub files: Vec<Text>,
    /// The command.
    pub at: FileRange,
    /// Conditions under which it is called, each with its outcome.
    pub conditions: Vec<(Condition, bool)>,
}

/// Something that is done under conditions.
trait Conditional: PartialEq {
    fn conditions(&mut self) -> &mut Vec<(Condition, bool)>;
}

impl Conditional for Execution {
    fn conditions(&mut self) -> &mut Vec<(Condition, bool)> {
        &mut self.conditions
    }
}

impl Conditional for ProgramCall {
    fn conditions(&mut self) -> &mut Vec<(Condition, bool)> {
        &mut self.conditions
    }
}

/// Adds what is done where a condition fails to what is done where it holds.
fn merge_done<T: Conditional>(mine: &mut Vec<T>, theirs: Vec<T>, join: &Join) {
    let alike = mine.iter().zip(&theirs);
    let alike = alike.take_while(|(one, other)| one == other).count();
    let condition = join.condition();
    for done in mine.iter_mut().skip(alike) {
        done.conditions().push((condition.clone(), true));
    }
    for mut done in theirs.into_iter().skip(alike) {
        done.conditions().push((condition.clone(), false));
        mine.push(done);
    }
}

/// The state of a build.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    pub(crate) variables: FxHashMap<SmolStr, Variable>,
    /// The functions, as their files and numbers there; `None` where it may be one or another.
    pub(crate) functions: FxHashMap<SmolStr, Option<(FileId, usize)>>,
    pub(crate) files: BTreeMap<SmolStr, FileState>,
    /// The current directory.
    pub(crate) directory: Text,
    /// The one before it.
    pub(crate) last_directory: Text,
    pub(crate) arguments: Arc<[Field]>,
    /// Variables as they were before functions made them their own, by function.
    pub(crate) locals: Vec<Vec<(SmolStr, Option<Variable>)>>,
    pub(crate) executions: Vec<Execution>,
    pub(crate) calls: Vec<ProgramCall>,
    /// The init command and its arguments, with the call that says so.
    pub(crate) init: Option<InitCommand>,
    /// Outcome of the last command.
    pub(crate) status: Option<bool>,
    /// Set when variables that are not known to be set may be.
    pub(crate) is_opaque: bool,
    /// Set by `set -e`.
    pub(crate) exits_on_error: bool,
    /// Outputs that are captured, innermost last.
    pub(crate) outputs: Vec<Text>,
    /// The standard input; `None`: that of the build.
    pub(crate) input: Option<Text>,
}

impl FileState {
    /// Makes the conditions a part of the text.
    pub(crate) fn fold_conditions(&mut self) {
        self.is_uncertain |= !self.conditions.is_empty();
        for (condition, outcome) in std::mem::take(&mut self.conditions).into_iter().rev() {
            let join = Join::Condition(condition);
            let (text, nothing) = (std::mem::take(&mut self.text), Text::default());
            self.text = match outcome {
                true => text.merged(&nothing, &join),
                false => nothing.merged(&text, &join),
            };
        }
    }
}

impl Variable {
    /// The value as `$x` gives it.
    pub(crate) fn text(&self) -> Text {
        match self {
            Variable::Text(text) => text.clone(),
            Variable::Array(items) => items.first().map(|f| f.text.clone()).unwrap_or_default(),
        }
    }
}

impl Field {
    pub(crate) fn plain(text: Text) -> Field {
        Field {
            text,
            is_open: false,
        }
    }
}

impl State {
    /// Gives a variable a value.
    pub(crate) fn assign(&mut self, name: &str, text: Text) {
        let name = SmolStr::new(name);
        self.variables.insert(name, Variable::Text(text));
    }

    /// Takes the value of a variable for unknown.
    pub(crate) fn forget(&mut self, name: &str) {
        let text = Text::unknown(&format!("${name}"), UnknownKind::Any);
        self.assign(name, text);
    }

    /// Anything may have been set to anything, save for the runner's own.
    pub(crate) fn forget_all(&mut self) {
        let is_unknown = |variable: &Variable| match variable {
            Variable::Text(text) => text.known().is_some(),
            Variable::Array(_) => true,
        };
        let names = self.variables.iter().filter(|(_, value)| is_unknown(value));
        let names: Vec<SmolStr> = names.map(|(name, _)| name.clone()).collect();
        names.iter().for_each(|name| self.forget(name));
        self.is_opaque = true;
    }

    /// Writes to the standard output.
    pub(crate) fn print(&mut self, text: &Text) {
        if let Some(output) = self.outputs.last_mut() {
            output.append(text);
        }
    }

    /// This state where a condition holds, and another one where it fails, as one.
    pub(crate) fn merged(mut self, other: State, join: &Join) -> State {
        self.merge_variables(&other, join);
        for (name, function) in other.functions {
            let mine = self.functions.entry(name).or_insert(function);
            if *mine != function {
                *mine = None;
            }
        }
        self.merge_files(other.files, join);
        merge_done(&mut self.executions, other.executions, join);
        merge_done(&mut self.calls, other.calls, join);
        if self.directory != other.directory {
            self.directory = Text::unknown("$PWD", UnknownKind::Any);
        }
        if self.last_directory != other.last_directory {
            self.last_directory = Text::unknown("$OLDPWD", UnknownKind::Any);
        }
        if self.arguments != other.arguments {
            self.arguments = Arc::from([Field {
                text: Text::unknown("$@", UnknownKind::Any),
                is_open: true,
            }]);
        }
        for (mine, theirs) in self.locals.iter_mut().zip(other.locals) {
            let new = theirs.into_iter();
            let known: Vec<SmolStr> = mine.iter().map(|(name, _)| name.clone()).collect();
            mine.extend(new.filter(|(name, _)| !known.contains(name)));
        }
        if self.init != other.init {
            self.init = None;
        }
        if self.status != other.status {
            self.status = None;
        }
        self.is_opaque |= other.is_opaque;
        self.exits_on_error &= other.exits_on_error;
        for (mine, theirs) in self.outputs.iter_mut().zip(&other.outputs) {
            *mine = mine.merged(theirs, join);
        }
        if self.input != other.input {
            self.input = Some(Text::unknown("<", UnknownKind::Any));
        }
        self
    }

    fn merge_variables(&mut self, other: &State, join: &Join) {
        let mine = self.variables.keys();
        let theirs = other.variables.keys();
        let theirs = theirs.filter(|name| !self.variables.contains_key(*name));
        let names: Vec<SmolStr> = mine.chain(theirs).cloned().collect();
        for name in names {
            let (one, two) = (self.variables.get(&name), other.variables.get(&name));
            if one == two {
                continue;
            }
            let empty = Variable::Text(Text::default());
            match (one.unwrap_or(&empty), two.unwrap_or(&empty), join) {
                (Variable::Text(one), Variable::Text(two), Join::Condition(_))
                    if one.size() + two.size() < 64 =>
                {
                    let merged = one.merged(two, join);
                    self.assign(&name, merged);
                }
                _ => self.forget(&name),
            }
        }
    }

    fn merge_files(&mut self, others: BTreeMap<SmolStr, FileState>, join: &Join) {
        let condition = join.condition();
        for (path, mine) in &mut self.files {
            if !others.contains_key(path) {
                mine.conditions.push((condition.clone(), true));
            }
        }
        for (path, mut theirs) in others {
            match self.files.get_mut(&path) {
                None => {
                    theirs.conditions.push((condition.clone(), false));
                    self.files.insert(path, theirs);
                }
                Some(mine) if *mine != theirs => {
                    if mine.conditions != theirs.conditions {
                        mine.fold_conditions();
                        theirs.fold_conditions();
                    }
                    mine.is_uncertain |= theirs.is_uncertain;
                    if mine.kind.is_whole() && theirs.kind.is_whole() && mine.kind != theirs.kind {
                        // It is there either way: what a link leads to is no content of it.
                        mine.text = unknown(&content_of(&path));
                        mine.kind = FileStateKind::File;
                        continue;
                    }
                    mine.text = mine.text.merged(&theirs.text, join);
                    if mine.kind != theirs.kind {
                        mine.is_uncertain = true;
                        mine.kind = FileStateKind::File;
                    }
                }
                Some(_) => {}
            }
        }
    }
}
