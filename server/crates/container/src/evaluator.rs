//! The evaluator: what it keeps while it follows a build, and how it starts.

use std::cell::RefCell;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use smol_str::{SmolStr, format_smolstr};

use super::Build;
use super::reads::Reads;
use super::source::{GENERATED, Scripts, Source};
use super::state::{Field, State};
use super::text::{Condition, Join, Text, TextPiece, UnknownKind};
use model::identity::split_name;
use model::runner::NAME_FIELDS;
use model::{FileId, FileRange, Image, Model, Tree};
use syntax::TextRange;
use syntax::shell::{Block, Command};

/// Greatest depth to which calls and sources nest; recursion in a script ends here.
const MAX_DEPTH: usize = 100;
/// Greatest number of commands for one build, so that no loop takes long.
const MAX_STEPS: usize = 20_000;
/// The root of the new file system.
pub(crate) const INSTALL: &str = "INSTALL";
/// The container's script below it.
const CONTAINER_SCRIPT: &str = "/tmp/configure.sh";

/// End of some commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// The next command follows.
    Next,
    /// So many loops are left.
    Break(usize),
    /// The rest of the innermost loop's body is left.
    Continue,
    /// The function or file is left.
    Return,
    /// The shell ends, and nothing says that it failed.
    Finish,
    /// The build has failed: what would come of it is not asked.
    Fail,
}

/// A state in which some commands were left before their end.
pub(crate) struct Parked {
    pub(crate) flow: Flow,
    pub(crate) state: State,
    pub(crate) join: Join,
}

/// Follower of one build.
pub(crate) struct Evaluator<'m> {
    pub(crate) tree: &'m Tree,
    /// Scripts that were read before, for other builds as well.
    scripts: &'m Scripts,
    /// Those of this build, as they are in its tree.
    sources: FxHashMap<FileId, Arc<Source>>,
    pub(crate) state: State,
    pub(crate) parked: Vec<Parked>,
    /// Number of failures that were left out of account.
    pub(crate) failures: usize,
    /// Number of conditions around, where `set -e` does nothing.
    pub(crate) lenient: usize,
    depth: usize,
    steps: usize,
    /// The commands of the build script itself that lead to the present one, innermost last.
    pub(crate) called_at: Vec<FileRange>,
    /// The build script.
    own: Option<FileId>,
    /// Places where something happens that reading cannot follow.
    pub(crate) opaque: Vec<FileRange>,
    /// What was read so far.
    pub(crate) reads: RefCell<Reads>,
}

/// A command on one line, so long that it can be told from others.
pub(crate) fn shortened(text: &str) -> SmolStr {
    const LONGEST: usize = 72;
    let text = text.replace("\\\n", " ");
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format_smolstr!("{}…", line.get(..end).unwrap_or_default()),
        None => SmolStr::new(line),
    }
}

/// The range of some commands.
pub(crate) fn range_of(block: &Block) -> TextRange {
    match (block.first(), block.last()) {
        (Some(first), Some(last)) => first.range.cover(last.range),
        _ => TextRange::default(),
    }
}

impl<'m> Evaluator<'m> {
    pub(crate) fn new(tree: &'m Tree, scripts: &'m Scripts) -> Evaluator<'m> {
        Evaluator {
            tree,
            scripts,
            sources: FxHashMap::default(),
            state: State::default(),
            parked: Vec::new(),
            failures: 0,
            lenient: 0,
            depth: 0,
            steps: 0,
            called_at: Vec::new(),
            own: None,
            opaque: Vec::new(),
            reads: RefCell::default(),
        }
    }

    /// Follows what `bin/runner image build` does.
    pub(crate) fn build(&mut self, model: &Model, image: &Image) -> Option<Build> {
        let build = model.directories.get(&image.directory)?.build?;
        self.own = Some(build);
        self.reads = RefCell::new(Reads::new(model.common, build));
        self.set_runner_variables(&image.name);
        let arguments = [Text::literal("/sbin/init")];
        self.state.init = Some((arguments.to_vec(), None));
        if let Some(common) = model.common {
            self.file(common);
        }
        self.call_helper("set-initcmd", &arguments);
        self.file(build);
        let state = std::mem::take(&mut self.state);
        Some(Build {
            executions: state.executions,
            files: state.files,
            calls: state.calls,
            init: state.init,
            configuration: match state.variables.get("EXTRA_CONTAINER_CONFIG") {
                Some(variable) => variable.text(),
                None => Text::default(),
            },
            opaque: std::mem::take(&mut self.opaque),
            reads: Arc::new(self.reads.take()),
        })
    }

    /// Follows a script that is executed inside of the new root. Returns whether all of it could be
    /// followed, too.
    pub(crate) fn container_script(mut self, text: &str) -> (State, bool) {
        let source = Arc::new(Source::new(GENERATED, Arc::from(text)));
        self.sources.insert(GENERATED, source.clone());
        self.state.directory = Text::literal("/");
        // What its environment has, nobody knows.
        self.state.is_opaque = true;
        let first = self.parked.len();
        let flow = self.block(&source, &source.script.commands);
        self.unpark(first, flow, |_| true);
        (self.state, self.opaque.is_empty())
    }

    fn set_runner_variables(&mut self, image: &str) {
        for (field, value) in NAME_FIELDS.iter().zip(split_name(image)) {
            let value = match (*field, value) {
                ("ARCH", "") => "x86_64",
                (_, value) => value,
            };
            self.state.assign(field, Text::literal(value));
        }
        for name in ["BASEDIR", "DOWNLOAD", INSTALL, "BUILD_ID"] {
            let value = Text::unknown(&format!("${name}"), UnknownKind::Runner);
            self.state.assign(name, value);
        }
        let below = |root: &str, path: &str| {
            let mut text = Text::unknown(root, UnknownKind::Runner);
            text.append(&Text::literal(path));
            text
        };
        let values = [
            ("IMAGE", Text::literal(image)),
            ("INCLUDE", below("$BASEDIR", "/include")),
            ("IMAGEDIR", below("$BASEDIR", &format!("/images/{image}"))),
            ("CONFIGURE", below("$INSTALL", CONTAINER_SCRIPT)),
            ("CONFIGFILE", below("$INSTALL", "/container.yml")),
            ("EXTRA_CONTAINER_CONFIG", Text::default()),
        ];
        for (name, value) in values {
            self.state.assign(name, value);
        }
        self.state.directory = Text::unknown("$DOWNLOAD", UnknownKind::Runner);
    }

    /// Calls a helper as the runner does.
    fn call_helper(&mut self, name: &str, arguments: &[Text]) {
        let function = self.state.functions.get(name).copied().flatten();
        if let Some(function) = function {
            let arguments = arguments.iter().cloned().map(Field::plain).collect();
            self.function(function, arguments);
        }
    }

    /// Follows a whole file.
    pub(crate) fn file(&mut self, id: FileId) -> Flow {
        let Some(source) = self.source(id) else {
            self.state.forget_all();
            return Flow::Next;
        };
        let first = self.parked.len();
        let flow = self.nested(|evaluator| evaluator.block(&source, &source.script.commands));
        let flow = self.unpark(first, flow, |flow| flow == Flow::Return);
        match flow {
            Flow::Return => Flow::Next,
            flow => flow,
        }
    }

    /// Does something one level deeper, or ends it there.
    pub(crate) fn nested(&mut self, inner: impl FnOnce(&mut Self) -> Flow) -> Flow {
        if self.depth >= MAX_DEPTH {
            self.state.forget_all();
            return Flow::Next;
        }
        self.depth += 1;
        let flow = inner(self);
        self.depth -= 1;
        flow
    }

    /// The commands of a script.
    pub(crate) fn source(&mut self, id: FileId) -> Option<Arc<Source>> {
        if let Some(source) = self.sources.get(&id) {
            return Some(source.clone());
        }
        self.reads.borrow_mut().add_file(self.tree, id);
        let file = self.tree.file(id).filter(|file| file.is_readable())?;
        let source = self.scripts.read(id, file);
        self.sources.insert(id, source.clone());
        Some(source)
    }

    /// Follows commands one after the other.
    pub(crate) fn block(&mut self, source: &Arc<Source>, block: &[Command]) -> Flow {
        for command in block {
            self.steps += 1;
            if self.steps > MAX_STEPS {
                self.become_opaque(source.at(command.range));
                return Flow::Finish;
            }
            let is_own = self.own == Some(source.file);
            if is_own {
                self.called_at.push(source.at(command.range));
            }
            let flow = self.command(source, command);
            if is_own {
                self.called_at.pop();
            }
            if flow != Flow::Next {
                return flow;
            }
            let fails = self.state.status == Some(false) && self.lenient == 0;
            if fails && self.state.exits_on_error {
                return Flow::Fail;
            }
        }
        Flow::Next
    }

    /// Something happens that reading cannot follow.
    pub(crate) fn become_opaque(&mut self, at: FileRange) {
        self.state.forget_all();
        self.opaque.push(at);
    }

    /// Does one thing where a condition holds, and another where it fails.
    pub(crate) fn either(
        &mut self,
        condition: Condition,
        holds: impl FnOnce(&mut Self) -> Flow,
        fails: impl FnOnce(&mut Self) -> Flow,
    ) -> Flow {
        let before = self.state.clone();
        let first = holds(self);
        let state = std::mem::replace(&mut self.state, before);
        let second = fails(self);
        let join = Join::Condition(condition);
        match (first, second) {
            (Flow::Fail, second) => {
                self.failures += 1;
                second
            }
            (first, Flow::Fail) => {
                self.failures += 1;
                self.state = state;
                first
            }
            (first, second) if first == second => {
                let other = std::mem::take(&mut self.state);
                self.state = state.merged(other, &join);
                first
            }
            (Flow::Next, flow) => {
                let parked = std::mem::replace(&mut self.state, state);
                self.park(flow, parked, join);
                Flow::Next
            }
            (flow, second) => {
                self.park(flow, state, join);
                second
            }
        }
    }

    fn park(&mut self, flow: Flow, state: State, join: Join) {
        self.parked.push(Parked { flow, state, join });
    }

    /// Brings in the states that were left in this way since some moment, each where its condition
    /// held. Returns how it goes on.
    pub(crate) fn unpark(
        &mut self,
        first: usize,
        flow: Flow,
        is_one: impl Fn(Flow) -> bool,
    ) -> Flow {
        let mut flow = flow;
        let parked = self.parked.split_off(first.min(self.parked.len()));
        for parked in parked.into_iter().rev() {
            if !is_one(parked.flow) {
                self.parked.push(parked);
                continue;
            }
            match flow {
                Flow::Fail => {
                    self.state = parked.state;
                    flow = parked.flow;
                }
                Flow::Next => {
                    let other = std::mem::take(&mut self.state);
                    self.state = parked.state.merged(other, &parked.join);
                }
                _ if is_one(flow) => {
                    let other = std::mem::take(&mut self.state);
                    self.state = parked.state.merged(other, &parked.join);
                }
                _ => self.parked.push(parked),
            }
        }
        flow
    }

    /// Does something in a shell of its own: what it sets is lost, what it writes stays.
    pub(crate) fn subshell(&mut self, inner: impl FnOnce(&mut Self) -> Flow) {
        let before = self.state.clone();
        let (first, failures) = (self.parked.len(), self.failures);
        let mut flow = inner(self);
        if flow == Flow::Fail {
            self.state.status = Some(false);
            flow = Flow::Finish;
        }
        self.unpark(first, flow, |_| true);
        if self.failures > failures {
            self.state.status = None;
        }
        self.state.variables = before.variables;
        self.state.functions = before.functions;
        self.state.directory = before.directory;
        self.state.last_directory = before.last_directory;
        self.state.arguments = before.arguments;
        self.state.locals = before.locals;
        self.state.exits_on_error = before.exits_on_error;
        self.state.is_opaque = before.is_opaque;
    }

    /// What something writes to its standard output.
    pub(crate) fn captured(&mut self, inner: impl FnOnce(&mut Self) -> Flow) -> Text {
        self.state.outputs.push(Text::default());
        self.subshell(inner);
        self.state.outputs.pop().unwrap_or_default()
    }

    /// The output of a command that is not followed.
    pub(crate) fn print_unknown(&mut self, source: &Source, range: TextRange) {
        let name = shortened(source.slice(range));
        let mut text = Text::default();
        text.push(TextPiece::Unknown {
            name,
            kind: UnknownKind::Any,
            expansion: Some(source.at(range)),
        });
        self.state.print(&text);
    }
}
