//! What a script would do, found by reading: variables with their values, files sourced,
//! helpers called, text appended to the container's script.
//!
//! One pass over the [`Step`]s of all files a script reaches. Outcomes that reading cannot tell
//! are tried both ways, and what they disagree on is unknown afterwards.

use rustc_hash::FxHashMap;
use smol_str::{SmolStr, format_smolstr};

use crate::file_range::FileSpan;
use crate::trace::{Event, EventKind, Trace};
use crate::tree::{FileId, Tree};
use crate::value::Value;

use syntax::bash::{Arm, Call, FileWrite, Piece, ScriptFacts, Source, SpanId, Step, Test, Word};

/// Calls and sources nest no deeper than this; recursion in a script ends here.
const MAX_DEPTH: usize = 40;
/// Steps walked for one script at most, so that no combination of files takes long.
const MAX_STEPS: usize = 50_000;

/// Stands for the path of the container's script; nothing else begins like this.
pub const CONFIGURE: &str = "\u{2}configure";

/// A helper is called before anything that defines it was sourced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndefinedCall {
    /// The helper.
    pub name: SmolStr,
    /// The call.
    pub call: FileSpan,
    /// The statement of the script itself that leads to the call.
    pub root: FileSpan,
}

/// A sourced path under the checkout that does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnresolvedSource {
    /// The path, from the root of the checkout.
    pub path: SmolStr,
    /// Where the path is written.
    pub source: FileSpan,
    /// The statement of the script itself that leads there.
    pub root: FileSpan,
}

/// Signs of an image's init system in what its scripts do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InitSigns {
    /// Units are masked or enabled, or systemd's files written.
    pub systemd: bool,
    /// Another init's tools or files are used.
    pub other: bool,
}

impl InitSigns {
    /// Whether they are systemd's or another's; `None` where there are none, or both: a family's
    /// include may serve two inits.
    pub fn is_systemd(self) -> Option<bool> {
        match (self.systemd, self.other) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            _ => None,
        }
    }
}

/// What one script would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Every file that is read, in order of first reading.
    pub reach: Vec<FileId>,
    /// The functions that are called, as their files and their numbers there: sorted, each once.
    pub called: Vec<(FileId, u32)>,
    /// Calls of helpers that nothing sourced before defines.
    pub undefined: Vec<UndefinedCall>,
    /// Sourced files that do not exist.
    pub unresolved: Vec<UnresolvedSource>,
    /// The last text that is appended to the container's script and never run.
    pub pending_append: Option<FileSpan>,
    /// Signs of the init system.
    pub init: InitSigns,
    /// A file was sourced whose path reading does not tell: it may define anything.
    pub opaque: bool,
}

/// Names that some include defines as functions, and so may be missing where they are called.
pub trait Helpers {
    /// Whether an include defines a function of that name.
    fn is_helper(&self, name: &str) -> bool;
}

impl Helpers for FxHashMap<SmolStr, Vec<FileId>> {
    fn is_helper(&self, name: &str) -> bool {
        self.contains_key(name)
    }
}

impl Helpers for () {
    fn is_helper(&self, _name: &str) -> bool {
        false
    }
}

/// What nobody but the runner sets: known even behind a file that may have set anything.
const RUNNER_PATHS: [&str; 4] = ["BASEDIR", "INCLUDE", "IMAGEDIR", "CONFIGURE"];

/// Variables and their values: `None` is unknown, absence is unset.
type Env = FxHashMap<SmolStr, Option<Value>>;

/// Walks the steps of a script and of what it reaches.
pub struct Interpreter<'m> {
    tree: &'m Tree,
    helpers: &'m dyn Helpers,
    /// The files whose statements count as the script's own.
    own: &'m [FileId],
    env: Env,
    functions: FxHashMap<SmolStr, (FileId, u32)>,
    /// Changes since the begin of each trial, newest last.
    journal: Vec<(SmolStr, Option<Option<Value>>)>,
    trials: usize,
    depth: usize,
    steps: usize,
    /// An unknown condition may have left the file: what is assigned now is unknown.
    maybe_left: bool,
    /// Everything that is not set from here on is unknown.
    all_unknown: bool,
    /// Whether something is there has been asked: what is sourced now may be missing.
    guarded: bool,
    /// What the script writes, below the root.
    written: Vec<SmolStr>,
    /// Functions that a condition has just found to be defined.
    found: Vec<SmolStr>,
    isolated: usize,
    root: Option<FileSpan>,
    stdin: Option<(FileId, u32)>,
    /// Kept only for whoever asks for it.
    trace: Option<Trace>,
    summary: Summary,
}

/// How a block ended.
#[derive(Clone, Copy, PartialEq)]
enum Flow {
    Next,
    Return,
    Exit,
}

impl<'m> Interpreter<'m> {
    /// An interpreter for a script whose own files are `own`.
    pub fn new(tree: &'m Tree, helpers: &'m dyn Helpers, own: &'m [FileId]) -> Interpreter<'m> {
        Interpreter {
            tree,
            helpers,
            own,
            // An image sets some forty variables and reads some fifty functions.
            env: Env::with_capacity_and_hasher(56, Default::default()),
            functions: FxHashMap::with_capacity_and_hasher(56, Default::default()),
            journal: Vec::new(),
            trials: 0,
            depth: 0,
            steps: 0,
            maybe_left: false,
            all_unknown: false,
            guarded: false,
            written: Vec::new(),
            found: Vec::new(),
            isolated: 0,
            root: None,
            stdin: None,
            trace: None,
            // Room for the functions that most images call.
            summary: Summary {
                called: Vec::with_capacity(24),
                ..Summary::default()
            },
        }
    }

    /// Gives a variable a value before anything is read.
    pub fn set(&mut self, name: &str, value: &str) {
        self.env
            .insert(SmolStr::new(name), Some(Value::literal(value)));
    }

    /// A variable's value: `Ok(None)` is unset, `Err(())` unknown.
    #[allow(
        clippy::result_unit_err,
        reason = "three outcomes, and unknown carries nothing"
    )]
    pub fn get(&self, name: &str) -> Result<Option<&Value>, ()> {
        match self.env.get(name) {
            Some(Some(value)) => Ok(Some(value)),
            Some(None) => Err(()),
            None if self.all_unknown => Err(()),
            None => Ok(None),
        }
    }

    /// Walks a whole file.
    pub fn file(&mut self, id: FileId) {
        if self.depth >= MAX_DEPTH {
            return;
        }
        let Some(facts) = self.tree.file(id).and_then(|file| file.script()) else {
            self.opaque();
            return;
        };
        if !self.summary.reach.contains(&id) {
            self.summary.reach.push(id);
        }
        if facts.refused {
            self.opaque();
            return;
        }
        self.depth += 1;
        let (left, guarded) = (self.maybe_left, self.guarded);
        self.block(id, facts, &facts.body);
        (self.maybe_left, self.guarded) = (left, guarded);
        self.depth -= 1;
    }

    /// What was found.
    pub fn finish(mut self) -> Summary {
        self.summary.called.sort_unstable();
        self.summary
    }

    /// Has every step noted.
    pub fn keep_trace(&mut self) {
        self.trace = Some(Trace::default());
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

    fn opaque(&mut self) {
        self.all_unknown = true;
        for (_, value) in self
            .env
            .iter_mut()
            .filter(|(name, _)| !RUNNER_PATHS.contains(&name.as_str()))
        {
            *value = None;
        }
        self.summary.opaque = true;
    }

    /// What is not set now may be set: by whoever runs or sources the script.
    pub fn unset_is_unknown(&mut self) {
        self.all_unknown = true;
    }

    fn block(&mut self, file: FileId, facts: &ScriptFacts, steps: &[Step]) -> Flow {
        for step in steps {
            self.steps += 1;
            if self.steps > MAX_STEPS {
                self.opaque();
                return Flow::Exit;
            }
            match self.step(file, facts, step) {
                Flow::Next => {}
                flow => return flow,
            }
        }
        Flow::Next
    }

    fn step(&mut self, file: FileId, facts: &ScriptFacts, step: &Step) -> Flow {
        match step {
            Step::Assign(assign) => {
                let value = self.eval(&assign.value).filter(|_| !self.maybe_left);
                self.note(file, assign.name_span, || EventKind::Assigned {
                    name: assign.name.clone(),
                    value: value.clone(),
                });
                self.write(assign.name.clone(), Some(value));
            }
            Step::Source(source) => self.source(file, source),
            Step::Call(call) => return self.call(file, facts, call),
            Step::Write(file_write) => self.file_write(file, file_write),
            Step::Branch(arms) => return self.branch(file, facts, arms),
            Step::Repeat(body) => {
                self.uncertain(&mut |interpreter| interpreter.block(file, facts, body));
            }
            Step::Isolated(body) => {
                let (mark, left, guarded) = (self.begin(), self.maybe_left, self.guarded);
                self.isolated += 1;
                self.block(file, facts, body);
                self.isolated -= 1;
                (self.maybe_left, self.guarded) = (left, guarded);
                self.revert(mark);
            }
            Step::Define(index) => {
                if let Some(function) = facts.functions.get(*index as usize) {
                    self.functions.insert(function.name.clone(), (file, *index));
                }
            }
            Step::Forget(name) => self.write(name.clone(), Some(None)),
            Step::Return => return Flow::Return,
            Step::Exit => {
                return if self.isolated > 0 {
                    Flow::Return
                } else {
                    Flow::Exit
                };
            }
            Step::Opaque => self.opaque(),
        }
        Flow::Next
    }

    // Values

    fn write(&mut self, name: SmolStr, value: Option<Option<Value>>) {
        let old = match value {
            Some(value) => self.env.insert(name.clone(), value),
            None => self.env.remove(&name),
        };
        if self.trials > 0 {
            self.journal.push((name, old));
        }
    }

    fn begin(&mut self) -> usize {
        self.trials += 1;
        self.journal.len()
    }

    /// Takes back what happened since `mark`; gives the variables that changed, with what they
    /// were at the end.
    fn revert(&mut self, mark: usize) -> FxHashMap<SmolStr, Option<Option<Value>>> {
        let mut changed = FxHashMap::default();
        while self.journal.len() > mark {
            let Some((name, old)) = self.journal.pop() else {
                break;
            };
            let now = match old {
                Some(value) => self.env.insert(name.clone(), value),
                None => self.env.remove(&name),
            };
            changed.entry(name).or_insert(now);
        }
        self.trials -= 1;
        changed
    }

    /// Does something that may not happen: what it changes is unknown unless it changes nothing.
    fn uncertain(&mut self, body: &mut dyn FnMut(&mut Self) -> Flow) {
        let mark = self.begin();
        let flow = body(self);
        let changed = self.revert(mark);
        if flow == Flow::Return {
            self.maybe_left = true;
        }
        if flow == Flow::Exit {
            return;
        }
        for (name, value) in changed {
            if self.env.get(&name) != value.as_ref() {
                self.write(name, Some(None));
            }
        }
    }

    /// A word's value.
    pub fn eval(&self, word: &Word) -> Option<Value> {
        if let Some(text) = word.literal() {
            return Some(Value::literal(text));
        }
        let mut value = Value::default();
        for part in &word.pieces {
            value = value.concat(&self.eval_part(part)?);
        }
        Some(value)
    }

    fn eval_part(&self, part: &Piece) -> Option<Value> {
        match part {
            Piece::Text(text) => Some(Value::literal(text)),
            Piece::Date(format) => Value::date(format),
            Piece::Unknown => None,
            Piece::Var { name, default } => match (self.get(name).ok()?, default) {
                (None, Some(default)) => self.eval(&default.word),
                (Some(value), Some(default)) if default.if_empty && value.is_empty() => {
                    self.eval(&default.word)
                }
                (value, _) => Some(value.cloned().unwrap_or_default()),
            },
        }
    }

    fn test(&self, test: &Test) -> Option<bool> {
        match test {
            Test::Always => Some(true),
            Test::Equal(left, right) => {
                let (left, right) = (self.eval(left)?, self.eval(right)?);
                match (left.fixed(), right.fixed()) {
                    (Some(left), Some(right)) => Some(left == right),
                    _ => None,
                }
            }
            Test::Empty(word) => Some(self.eval(word)?.is_empty()),
            Test::Exists(_) | Test::Defined(_) | Test::Unknown => None,
            Test::Not(inner) => self.test(inner).map(|outcome| !outcome),
            Test::All(tests) => {
                let outcomes: Vec<_> = tests.iter().map(|t| self.test(t)).collect();
                if outcomes.contains(&Some(false)) {
                    Some(false)
                } else {
                    all_known(&outcomes, true)
                }
            }
            Test::Any(tests) => {
                let outcomes: Vec<_> = tests.iter().map(|t| self.test(t)).collect();
                if outcomes.contains(&Some(true)) {
                    Some(true)
                } else {
                    all_known(&outcomes, false)
                }
            }
        }
    }

    // Control

    fn branch(&mut self, file: FileId, facts: &ScriptFacts, arms: &[Arm]) -> Flow {
        let mut outcomes = Vec::new();
        let mut exhaustive = false;
        // How it ends if all arms that may be taken end it.
        let mut end = Flow::Exit;
        let before = self.guarded;
        // The question holds for the arms below it, too, and behind one that leaves.
        let (mut asked, mut left) = (before, false);
        for arm in arms {
            let outcome = self.test(&arm.test);
            if outcome == Some(false) {
                continue;
            }
            let found = self.found.len();
            asked |= mentions_existence(&arm.test);
            self.guarded = asked;
            functions_found(&arm.test, &mut self.found);
            let certain = outcome == Some(true) && outcomes.is_empty();
            let mark = (!certain).then(|| self.begin());
            let flow = self.block(file, facts, &arm.body);
            let changed = mark.map(|mark| self.revert(mark));
            self.guarded = before;
            self.found.truncate(found);
            let Some(changed) = changed else { return flow };
            left |= flow != Flow::Next;
            match flow {
                Flow::Next => {
                    end = Flow::Next;
                    outcomes.push(changed);
                }
                // What it set before it left stays set, for whoever called or sourced this.
                Flow::Return => {
                    end = if end == Flow::Exit { Flow::Return } else { end };
                    outcomes.push(changed);
                    self.maybe_left = true;
                }
                Flow::Exit => {}
            }
            if outcome == Some(true) {
                exhaustive = true;
                break;
            }
        }
        if !exhaustive {
            end = Flow::Next;
            outcomes.push(FxHashMap::default());
        }
        self.merge(&outcomes);
        self.guarded |= asked && left;
        end
    }

    /// Sets what all outcomes agree on; the rest of what they change becomes unknown.
    fn merge(&mut self, outcomes: &[FxHashMap<SmolStr, Option<Option<Value>>>]) {
        let mut names: Vec<&SmolStr> = outcomes.iter().flat_map(|o| o.keys()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let before = self.env.get(name).cloned();
            let mut ends = outcomes.iter().map(|o| o.get(name).unwrap_or(&before));
            let first = ends.next().cloned().flatten();
            let agree = ends.all(|end| end.as_ref() == first.as_ref());
            self.write(name.clone(), if agree { first } else { Some(None) });
        }
    }

    fn rooted<T>(&mut self, at: FileSpan, body: impl FnOnce(&mut Self) -> T) -> T {
        if !self.own.contains(&at.file) {
            return body(self);
        }
        let outer = self.root.replace(at);
        let result = body(self);
        self.root = outer;
        result
    }

    fn source(&mut self, file: FileId, source: &Source) {
        let at = FileSpan {
            file,
            span: source.span,
        };
        let Some(path) = self.eval(&source.path) else {
            return self.opaque();
        };
        let path = path.sample();
        let Some(path) = inside(path) else {
            // A file of the builder's system: it defines no helper of ours.
            let opaque = self.summary.opaque;
            self.opaque();
            self.summary.opaque = opaque;
            return;
        };
        match self.tree.resolve_file(&path) {
            Some(id) => {
                self.note(file, source.span, || EventKind::Sourced { file: id });
                self.rooted(at, |interpreter| interpreter.file(id));
            }
            None => {
                let exists = self.tree.resolve(&path).is_ok();
                if !self.guarded && !exists && !self.written.contains(&path) {
                    let source = FileSpan {
                        file,
                        span: source.path.span,
                    };
                    let root = if self.own.contains(&file) {
                        source
                    } else {
                        self.root.unwrap_or(source)
                    };
                    self.summary.unresolved.push(UnresolvedSource {
                        path,
                        source: source,
                        root,
                    });
                }
                self.opaque();
            }
        }
    }

    fn call(&mut self, file: FileId, _facts: &ScriptFacts, call: &Call) -> Flow {
        let at = FileSpan {
            file,
            span: call.span,
        };
        if matches!(call.name.as_str(), "run-configure" | "do-chroot" | "chroot") {
            self.summary.pending_append = None;
        }
        if call.name == "systemctl" {
            self.summary.init.systemd = true;
        }
        let target = self.functions.get(&call.name).copied();
        self.note(file, call.span, || EventKind::Called {
            name: call.name.clone(),
            target,
        });
        let Some((target, index)) = target else {
            if self.helpers.is_helper(&call.name)
                && !self.summary.opaque
                && !self.found.contains(&call.name)
            {
                let root = if self.own.contains(&file) {
                    at
                } else {
                    self.root.unwrap_or(at)
                };
                self.summary.undefined.push(UndefinedCall {
                    name: call.name.clone(),
                    call: at,
                    root,
                });
            }
            return Flow::Next;
        };
        if !self.summary.called.contains(&(target, index)) {
            self.summary.called.push((target, index));
        }
        if self.depth >= MAX_DEPTH {
            return Flow::Next;
        }
        let tree = self.tree;
        let Some(facts) = tree.file(target).and_then(|f| f.script()) else {
            return Flow::Next;
        };
        let Some(function) = facts.functions.get(index as usize) else {
            return Flow::Next;
        };
        let stdin = call.heredoc.map(|h| (file, h)).or(self.stdin);
        let outer = std::mem::replace(&mut self.stdin, stdin);
        self.depth += 1;
        let (left, guarded) = (self.maybe_left, self.guarded);
        let locals = self.save_locals(&function.body);
        let flow = self.rooted(at, |interpreter| {
            interpreter.block(target, facts, &function.body)
        });
        for (name, value) in locals {
            self.write(name, value);
        }
        self.depth -= 1;
        (self.maybe_left, self.guarded) = (left, guarded);
        self.stdin = outer;
        if flow == Flow::Exit {
            Flow::Exit
        } else {
            Flow::Next
        }
    }

    /// The values that a function's local variables hide.
    fn save_locals(&self, body: &[Step]) -> Vec<(SmolStr, Option<Option<Value>>)> {
        let mut names = Vec::new();
        locals(body, &mut names);
        names
            .into_iter()
            .map(|name| (name.clone(), self.env.get(&name).cloned()))
            .collect()
    }

    fn file_write(&mut self, file: FileId, file_write: &FileWrite) {
        let Some(target) = self.eval(&file_write.target) else {
            return;
        };
        if !target.sample().starts_with(CONFIGURE) {
            if let Some(path) = inside(target.sample()) {
                self.written.push(path);
            }
            return;
        }
        if target.sample() == CONFIGURE {
            let at = FileSpan {
                file,
                span: file_write.span,
            };
            self.summary.pending_append = Some(
                self.root
                    .filter(|_| !self.own.contains(&file))
                    .unwrap_or(at),
            );
        }
        let Some((file, index)) = file_write.heredoc.map(|h| (file, h)).or(self.stdin) else {
            return;
        };
        let facts = self.tree.file(file).and_then(|f| f.script());
        if let Some(heredoc) = facts.and_then(|f| f.heredocs.get(index as usize)) {
            self.summary.init.systemd |= heredoc.container.systemd;
            self.summary.init.other |= heredoc.container.other_init;
        }
    }

    /// Sets the variables under which scripts find the checkout's files.
    pub fn set_directories(&mut self, image: Option<&str>) {
        let scripts = self.tree.layout.scripts_directory();
        let base = if scripts.is_empty() {
            format_smolstr!("{ROOT}")
        } else {
            format_smolstr!("{ROOT}/{scripts}")
        };
        self.set("BASEDIR", &base);
        self.set("INCLUDE", &format_smolstr!("{base}/include"));
        if let Some(image) = image {
            self.set("IMAGEDIR", &format_smolstr!("{base}/images/{image}"));
        }
    }
}

/// Stands for the root of the checkout in paths; nothing else begins like this.
const ROOT: &str = "\u{1}";

/// A path below the root.
fn inside(path: &str) -> Option<SmolStr> {
    let path = path.strip_prefix(ROOT)?;
    Some(SmolStr::new(path.trim_start_matches('/')))
}

fn all_known(outcomes: &[Option<bool>], then: bool) -> Option<bool> {
    outcomes.iter().all(Option::is_some).then_some(then)
}

/// The variables that are made local in a function's body.
fn locals(body: &[Step], names: &mut Vec<SmolStr>) {
    for step in body {
        match step {
            Step::Assign(assign) if assign.local && !names.contains(&assign.name) => {
                names.push(assign.name.clone())
            }
            Step::Branch(arms) => arms.iter().for_each(|arm| locals(&arm.body, names)),
            Step::Repeat(body) => locals(body, names),
            _ => {}
        }
    }
}

/// The functions that are defined if a condition holds.
fn functions_found(test: &Test, names: &mut Vec<SmolStr>) {
    match test {
        Test::Defined(name) => names.push(name.clone()),
        Test::All(tests) => tests.iter().for_each(|test| functions_found(test, names)),
        _ => {}
    }
}

fn mentions_existence(test: &Test) -> bool {
    match test {
        Test::Exists(_) => true,
        Test::Not(inner) => mentions_existence(inner),
        Test::All(tests) | Test::Any(tests) => tests.iter().any(mentions_existence),
        _ => false,
    }
}
