//! Abstract execution of scripts: variables with their values, files sourced, helpers called,
//! text appended to the container's script.
//!
//! One pass over the [`Step`](syntax::bash::Step)s of all files that a script reads. Outcomes that
//! reading cannot tell are tried both ways, and what they disagree on is unknown afterwards.

mod branches;
mod builder_commands;
mod calls;
mod control_flow;
mod environment;
mod frame;
mod functions;
mod matching;
mod sources;
mod summary;
#[cfg(test)]
mod tests;
mod trial;
mod unset_reads;
mod values;
mod versions;

use rustc_hash::FxHashMap;
use smol_str::{SmolStr, format_smolstr};

use crate::file_range::FileSpan;
use crate::trace::{Event, EventKind, Trace};
use crate::tree::{FileId, Tree};
use crate::value::Value;
use control_flow::BASE_DIRECTORY;
use syntax::bash::{Attribute, SpanId, Step};
use syntax::runner::{BUILD_VARIABLES, CONTAINER_SCRIPT};

pub use builder_commands::is_command;
pub use calls::Helpers;
use calls::Local;
use environment::Environment;
pub use environment::{Binding, is_shell_variable};
use frame::Frame;
pub use functions::Definition;
use functions::{FunctionId, Functions};
pub use matching::matches as matches_pattern;
pub use summary::{
    InitSigns, NotInteger, Summary, TextExpansions, UndefinedCall, UnresolvedSource, UnsetRead,
};

/// Greatest depth to which calls and sources nest; recursion in a script ends here.
const MAX_DEPTH: usize = 40;
/// Greatest number of times that a file is gone through inside of itself: the second time, a guard at
/// its start may end it. Files that source each other would take all steps otherwise.
const MAX_NESTED_SOURCES: usize = 2;
/// Likewise for a function.
const MAX_NESTED_CALLS: usize = 8;
/// Greatest number of steps for one script, so that no combination of files takes long.
const MAX_STEPS: usize = 20_000;

/// Interpreter of a script and of the files that it reads.
pub struct Interpreter<'m> {
    tree: &'m Tree,
    helpers: &'m dyn Helpers,
    /// The files whose statements count as the script's own.
    own: &'m [FileId],
    environment: Environment,
    functions: Functions,
    /// Variables to which an assignment does something else.
    attributes: FxHashMap<SmolStr, Attribute>,
    /// Local variables of the functions around the present step, innermost last.
    locals: Vec<Local>,
    /// Paths that conditions have asked about: what is sourced from them may be missing. `None` is
    /// a path that is unknown.
    guards: Vec<Option<Value>>,
    /// Outcome of the last list.
    status: Option<bool>,
    /// Set when a function that is not known to be defined may be.
    functions_unknown: bool,
    /// Set when an unknown condition may have left the script.
    may_have_exited: bool,
    /// Set when the script has been left.
    exited: bool,
    /// Set once `set -e` is seen anywhere.
    exits_on_error: bool,
    /// See [`Interpreter::keep_base_directory`].
    keeps_base_directory: bool,
    /// Number of times that the container's script may have been run.
    executions: usize,
    /// Statements that are run at the script's end.
    at_exit: Vec<(FileId, &'m [Step])>,
    frame: Frame,
    /// Files and functions that the present step is in.
    sourcing: Vec<FileId>,
    calling: Vec<FunctionId>,
    /// Calls of helpers that are not defined where some condition holds, and calls that go to a
    /// function: one that is both may well be right.
    perhaps_undefined: Vec<FileSpan>,
    defined: Vec<FileSpan>,
    /// Functions that conditions around the present step have found to be defined.
    found: Vec<SmolStr>,
    /// Files that the script writes, from the root of the checkout.
    written: Vec<SmolStr>,
    /// Number of steps so far.
    steps: usize,
    /// Kept only for whoever asks for it.
    trace: Option<Trace>,
    summary: Summary,
}

impl<'m> Interpreter<'m> {
    /// An interpreter for a script whose own files are `own`.
    pub fn new(tree: &'m Tree, helpers: &'m dyn Helpers, own: &'m [FileId]) -> Interpreter<'m> {
        Interpreter {
            tree,
            helpers,
            own,
            // An image sets some forty variables and reads some fifty functions.
            environment: Environment::with_capacity(56),
            functions: Functions::with_capacity(56),
            attributes: FxHashMap::default(),
            locals: Vec::new(),
            guards: Vec::new(),
            status: None,
            functions_unknown: false,
            may_have_exited: false,
            exited: false,
            exits_on_error: false,
            keeps_base_directory: false,
            executions: 0,
            at_exit: Vec::new(),
            frame: Frame::default(),
            sourcing: Vec::new(),
            calling: Vec::new(),
            perhaps_undefined: Vec::new(),
            defined: Vec::new(),
            found: Vec::new(),
            written: Vec::new(),
            steps: 0,
            trace: None,
            // Room for the functions that most images call.
            summary: Summary {
                called: Vec::with_capacity(24),
                ..Summary::default()
            },
        }
    }

    /// Gives a variable a value before anything is read.
    pub fn set(&mut self, name: &'static str, value: Value) {
        let name = SmolStr::new_static(name);
        self.environment.assign(name, Binding::Known(value));
    }

    /// Sets the variables under which scripts find the checkout's files.
    pub fn set_directories(&mut self, image: Option<&str>) {
        let scripts = self.tree.layout.scripts_directory();
        let prefix = self.tree.layout.prefix();
        self.set(BASE_DIRECTORY, Value::below_root(scripts));
        let include = format_smolstr!("{prefix}include");
        self.set("INCLUDE", Value::below_root(&include));
        if let Some(image) = image {
            let directory = format_smolstr!("{prefix}images/{image}");
            self.set("IMAGEDIR", Value::below_root(&directory));
        }
    }

    /// Sets the variables whose values only the runner knows.
    pub fn set_build_variables(&mut self) {
        for name in BUILD_VARIABLES.into_iter().chain([CONTAINER_SCRIPT]) {
            self.set(name, Value::runner_path(name));
        }
    }

    /// Takes what is not set now for unknown: whoever runs or sources the script may set it.
    pub fn unset_is_unknown(&mut self) {
        self.environment.set_unset_unknown(true);
    }

    /// Keeps what is known of `BASEDIR` where the script gives it a value that reading cannot tell.
    pub fn keep_base_directory(&mut self) {
        self.keeps_base_directory = true;
    }

    /// Has every step noted.
    pub fn keep_trace(&mut self) {
        self.trace = Some(Trace::default());
    }

    /// The variable as it is now.
    pub fn get(&self, name: &str) -> Binding<&Value> {
        self.environment.get(name)
    }

    /// The functions that a call of a name goes to now.
    pub fn function_of(&self, name: &str) -> Option<&Definition> {
        self.functions.get(name)
    }

    /// Tells whether something that is not read may have set or defined anything.
    pub fn is_opaque(&self) -> bool {
        self.summary.opaque
    }

    /// Tells whether the script has left before its end; `None` where reading does not tell.
    pub fn has_exited(&self) -> Option<bool> {
        match (self.exited, self.may_have_exited) {
            (true, false) => Some(true),
            (false, false) => Some(false),
            (_, true) => None,
        }
    }

    /// The findings.
    pub fn finish(mut self) -> Summary {
        self.exit_traps();
        let (undefined, defined) = (&self.perhaps_undefined, &self.defined);
        if !undefined.is_empty() {
            let both = |call: &FileSpan| undefined.contains(call) && defined.contains(call);
            self.summary.undefined.retain(|call| !both(&call.call));
        }
        self.summary.called.sort_unstable();
        self.summary.exits_on_error = self.exits_on_error;
        self.summary
    }

    /// The steps that were noted.
    pub fn finish_trace(self) -> Trace {
        self.trace.unwrap_or_default()
    }

    fn note(&mut self, file: FileId, span: SpanId, kind: impl FnOnce() -> EventKind) {
        if let Some(trace) = &mut self.trace {
            let at = FileSpan { file, span };
            trace.events.push(Event { at, kind: kind() });
        }
    }

    /// Something happened that may have set or defined anything.
    fn opaque(&mut self) {
        self.forget_all();
        self.functions.doubt_all();
        self.functions_unknown = true;
        self.may_have_exited = true;
        self.ran();
        self.summary.opaque = true;
    }

    /// Any variable may have been set to anything.
    fn forget_all(&mut self) {
        self.environment.forget_all();
        for local in &mut self.locals {
            local.before = Binding::Unknown;
            local.touched = true;
        }
        self.summary.sets_any = true;
    }

    /// What was appended to the container's script may have been run.
    fn ran(&mut self) {
        self.executions += 1;
        self.summary.pending_append = None;
    }
}
