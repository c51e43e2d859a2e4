//! Commands: lists, branches, loops, functions that are called.

use std::sync::Arc;

use smol_str::SmolStr;

use super::evaluator::{Evaluator, Flow, range_of};
use super::patterns::Pattern;
use super::source::Source;
use super::state::{Field, State, Variable};
use super::text::{Condition, Join, Text, UnknownKind};
use model::FileId;
use syntax::TextRange;
use syntax::shell::{
    AssignedValue, Assignment, Block, CaseArm, Command, CommandKind, Simple, Word,
};

impl Evaluator<'_> {
    /// Follows a command.
    pub(crate) fn command(&mut self, source: &Arc<Source>, command: &Command) -> Flow {
        if command.redirects.is_empty() {
            return self.nested(|evaluator| evaluator.kind(source, command));
        }
        self.redirected(source, command, |evaluator| {
            evaluator.nested(|evaluator| evaluator.kind(source, command))
        })
    }

    fn kind(&mut self, source: &Arc<Source>, command: &Command) -> Flow {
        match &command.kind {
            CommandKind::Simple(simple) => return self.simple(source, command, simple),
            CommandKind::Pipeline(commands) => self.pipeline(source, commands),
            CommandKind::Not(inner) => {
                let flow = self.lenient(|evaluator| evaluator.command(source, inner));
                self.state.status = self.state.status.map(|status| !status);
                return flow;
            }
            CommandKind::And(both) => return self.list(source, both, false),
            CommandKind::Or(both) => return self.list(source, both, true),
            CommandKind::Group(body) => return self.block(source, body),
            CommandKind::Subshell(body) => {
                self.subshell(|evaluator| evaluator.block(source, body));
            }
            CommandKind::Background(inner) => {
                self.subshell(|evaluator| evaluator.command(source, inner));
                self.state.status = Some(true);
            }
            CommandKind::If(arms, otherwise) => return self.branch(source, arms, otherwise),
            CommandKind::Case(word, arms) => {
                let text = self.text(source, word);
                return self.case(source, &text, arms, command.range);
            }
            CommandKind::For(name, words, body) => {
                return self.for_loop(source, (name, words.as_deref(), body), command.range);
            }
            CommandKind::While(condition, body) | CommandKind::Until(condition, body) => {
                let condition = (condition, source.condition(range_of(condition)));
                return self.unknown_loop(condition.1, |evaluator| {
                    evaluator.lenient(|evaluator| evaluator.block(source, condition.0));
                    evaluator.block(source, body)
                });
            }
            CommandKind::Test(words) => self.state.status = self.condition(source, words),
            CommandKind::Arithmetic(body) => {
                self.forget_in_sum(source.slice(command.range));
                self.state.status = None;
                if !body.is_empty() {
                    let condition = source.condition(command.range);
                    return self.unknown_loop(condition, |evaluator| evaluator.block(source, body));
                }
            }
            CommandKind::Define(index) => {
                if let Some(function) = source.script.functions.get(*index) {
                    let id = Some((source.file, *index));
                    self.state.functions.insert(function.name.clone(), id);
                }
                self.state.status = Some(true);
            }
            CommandKind::Unread => self.become_opaque(source.at(command.range)),
        }
        Flow::Next
    }

    /// Does something where `set -e` does nothing.
    fn lenient<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> T {
        self.lenient += 1;
        let done = inner(self);
        self.lenient -= 1;
        done
    }

    /// `a && b`, `a || b`.
    fn list(&mut self, source: &Arc<Source>, both: &(Command, Command), or: bool) -> Flow {
        let (left, right) = both;
        let flow = self.lenient(|evaluator| evaluator.command(source, left));
        if flow != Flow::Next {
            return flow;
        }
        match self.state.status {
            Some(status) if status == or => Flow::Next,
            Some(_) => self.command(source, right),
            None => {
                let condition = source.condition(left.range);
                let follow = |evaluator: &mut Self| evaluator.command(source, right);
                let skip = |evaluator: &mut Self| {
                    evaluator.state.status = Some(or);
                    Flow::Next
                };
                if or {
                    self.either(condition, skip, follow)
                } else {
                    self.either(condition, follow, skip)
                }
            }
        }
    }

    fn pipeline(&mut self, source: &Arc<Source>, commands: &[Command]) {
        let outer = self.state.input.clone();
        let Some((last, before)) = commands.split_last() else {
            return;
        };
        for command in before {
            let output = self.captured(|evaluator| evaluator.command(source, command));
            self.state.input = Some(output);
        }
        self.subshell(|evaluator| evaluator.command(source, last));
        self.state.input = outer;
    }

    fn branch(&mut self, source: &Arc<Source>, arms: &[(Block, Block)], otherwise: &Block) -> Flow {
        let Some(((condition, body), rest)) = arms.split_first() else {
            self.state.status = Some(true);
            return self.block(source, otherwise);
        };
        let flow = self.lenient(|evaluator| evaluator.block(source, condition));
        if flow != Flow::Next {
            return flow;
        }
        match self.state.status {
            Some(true) => self.block(source, body),
            Some(false) => self.branch(source, rest, otherwise),
            None => self.either(
                source.condition(range_of(condition)),
                |evaluator| evaluator.block(source, body),
                |evaluator| evaluator.branch(source, rest, otherwise),
            ),
        }
    }

    fn case(
        &mut self,
        source: &Arc<Source>,
        text: &Text,
        arms: &[CaseArm],
        range: TextRange,
    ) -> Flow {
        let Some((arm, rest)) = arms.split_first() else {
            return Flow::Next;
        };
        let mut outcome = Some(false);
        for pattern in &arm.patterns {
            let pattern = self.pattern(source, pattern);
            match pattern.matches(text) {
                Some(true) => {
                    outcome = Some(true);
                    break;
                }
                Some(false) => {}
                None => outcome = None,
            }
        }
        let follow = |evaluator: &mut Self| {
            let flow = evaluator.block(source, &arm.body);
            match rest.first() {
                Some(next) if arm.goes_on && flow == Flow::Next => {
                    // What comes next, depends on the operator; it is rare.
                    evaluator.block(source, &next.body)
                }
                _ => flow,
            }
        };
        match outcome {
            Some(true) => follow(self),
            Some(false) => self.case(source, text, rest, range),
            None => {
                let first = arm.patterns.first().map(|pattern| pattern.range);
                let last = arm.patterns.last().map(|pattern| pattern.range);
                let patterns = first.zip(last).map_or(range, |(a, b)| a.cover(b));
                let condition = Condition {
                    text: SmolStr::new(format!("{} in {}", text.shown(), source.slice(patterns))),
                    at: source.at(patterns),
                };
                self.either(condition, follow, |evaluator| {
                    evaluator.case(source, text, rest, range)
                })
            }
        }
    }

    fn for_loop(
        &mut self,
        source: &Arc<Source>,
        (name, words, body): (&SmolStr, Option<&[Word]>, &Block),
        range: TextRange,
    ) -> Flow {
        let fields = match words {
            Some(words) => self.fields(source, words),
            None => self.state.arguments.to_vec(),
        };
        if fields.iter().any(|field| field.is_open) {
            let head = source.slice(range).lines().next().unwrap_or_default();
            let head = head.trim_end().trim_end_matches("do").trim_end();
            let condition = Condition {
                text: SmolStr::new(head.trim_end_matches(';').trim_end()),
                at: source.at(range),
            };
            return self.unknown_loop(condition, |evaluator| {
                evaluator.state.forget(name);
                evaluator.block(source, body)
            });
        }
        let first = self.parked.len();
        for field in fields {
            self.state.assign(name, field.text);
            let flow = self.block(source, body);
            let flow = self.unpark(first, flow, |flow| flow == Flow::Continue);
            match flow {
                Flow::Next | Flow::Continue => {}
                Flow::Break(1) => break,
                Flow::Break(loops) => return Flow::Break(loops - 1),
                flow => return self.end_of_loop(first, flow),
            }
        }
        self.end_of_loop(first, Flow::Next)
    }

    /// Brings in the states in which a loop was left.
    fn end_of_loop(&mut self, first: usize, flow: Flow) -> Flow {
        let flow = self.unpark(first, flow, |flow| {
            matches!(flow, Flow::Break(_) | Flow::Continue)
        });
        match flow {
            Flow::Break(_) | Flow::Continue => Flow::Next,
            flow => flow,
        }
    }

    /// Follows what is repeated, nobody knows how often.
    pub(crate) fn unknown_loop(
        &mut self,
        condition: Condition,
        mut body: impl FnMut(&mut Self) -> Flow,
    ) -> Flow {
        let before = self.state.clone();
        let (first, failures) = (self.parked.len(), self.failures);
        // The first time shows what is not the same the second time.
        body(self);
        self.parked.truncate(first);
        self.failures = failures;
        let tried = std::mem::replace(&mut self.state, before);
        let changed = |(name, value): (&SmolStr, &Variable)| {
            (self.state.variables.get(name) != Some(value)).then(|| name.clone())
        };
        let changed: Vec<SmolStr> = tried.variables.iter().filter_map(changed).collect();
        changed.iter().for_each(|name| self.state.forget(name));
        self.state.is_opaque |= tried.is_opaque;
        let start = self.state.clone();
        let flow = body(self);
        let flow = self.end_of_loop(first, flow);
        self.state = match flow {
            Flow::Fail => start,
            _ => std::mem::take(&mut self.state).merged(start, &Join::Loop(condition)),
        };
        self.state.status = None;
        Flow::Next
    }

    /// A simple command: assignments, a function, a builtin, a program.
    fn simple(&mut self, source: &Arc<Source>, command: &Command, simple: &Simple) -> Flow {
        if simple.words.is_empty() {
            self.state.status = Some(true);
            for assignment in &simple.assignments {
                self.assign(source, assignment);
            }
            return Flow::Next;
        }
        let fields = self.fields(source, &simple.words);
        let Some((name, arguments)) = fields.split_first() else {
            return Flow::Next;
        };
        let known = name.text.known().filter(|_| !name.is_open);
        let Some(name) = known.map(|name| SmolStr::new(&*name)) else {
            return self.program(source, command, "", &fields);
        };
        if super::builtins::is_declaration(&name) {
            return self.declare(source, &name, (simple, arguments));
        }
        let outer: Vec<(SmolStr, Option<Variable>)> = simple
            .assignments
            .iter()
            .map(|a| (a.name.clone(), self.state.variables.get(&a.name).cloned()))
            .collect();
        for assignment in &simple.assignments {
            self.assign(source, assignment);
        }
        let flow = self.named(source, command, &name, arguments);
        restore(&mut self.state, outer);
        flow
    }

    /// Calls what has a name.
    pub(crate) fn named(
        &mut self,
        source: &Arc<Source>,
        command: &Command,
        name: &SmolStr,
        arguments: &[Field],
    ) -> Flow {
        match self.state.functions.get(name).copied() {
            Some(Some(function)) => {
                if name == "set-initcmd" {
                    let words = arguments.iter().map(|field| field.text.clone());
                    let at = self.called_at.last().copied();
                    let at = at.unwrap_or_else(|| source.at(command.range));
                    self.state.init = Some((words.collect(), Some(at)));
                }
                self.function(function, arguments.to_vec())
            }
            Some(None) => {
                self.become_opaque(source.at(command.range));
                Flow::Next
            }
            None => self.builtin(source, command, name, arguments),
        }
    }

    /// Calls a function.
    pub(crate) fn function(
        &mut self,
        (file, index): (FileId, usize),
        arguments: Vec<Field>,
    ) -> Flow {
        let Some(source) = self.source(file) else {
            return Flow::Next;
        };
        let Some(function) = source.script.functions.get(index) else {
            return Flow::Next;
        };
        let outer = std::mem::replace(&mut self.state.arguments, arguments.into());
        self.state.locals.push(Vec::new());
        let first = self.parked.len();
        let flow = self.nested(|evaluator| evaluator.command(&source, &function.body));
        let leave = |state: &mut State| {
            let locals = state.locals.pop().unwrap_or_default();
            restore(state, locals);
            state.arguments = outer.clone();
        };
        leave(&mut self.state);
        for parked in self.parked.iter_mut().skip(first) {
            leave(&mut parked.state);
        }
        let leaves = |flow: Flow| matches!(flow, Flow::Return | Flow::Break(_) | Flow::Continue);
        match self.unpark(first, flow, leaves) {
            flow if leaves(flow) => Flow::Next,
            flow => flow,
        }
    }

    /// Gives a variable a value.
    pub(crate) fn assign(&mut self, source: &Arc<Source>, assignment: &Assignment) {
        let name = &assignment.name;
        if assignment.is_item {
            return self.state.forget(name);
        }
        let before = self.state.variables.get(name).cloned();
        let value = match (&assignment.value, before) {
            (AssignedValue::Text(word), before) => {
                let text = self.text(source, word);
                match before.filter(|_| assignment.adds) {
                    Some(before) => {
                        let mut all = before.text();
                        all.append(&text);
                        Variable::Text(all)
                    }
                    None => Variable::Text(text),
                }
            }
            (AssignedValue::Array(words), before) => {
                let mut items = match before.filter(|_| assignment.adds) {
                    Some(Variable::Array(items)) => items,
                    Some(Variable::Text(text)) => vec![Field::plain(text)],
                    None => Vec::new(),
                };
                items.extend(self.fields(source, words));
                Variable::Array(items)
            }
        };
        self.state.variables.insert(name.clone(), value);
    }

    /// Takes the variables that a sum may change for unknown.
    pub(crate) fn forget_in_sum(&mut self, sum: &str) {
        let is_name = |c: char| c == '_' || c.is_ascii_alphanumeric();
        let names = sum.split(|c| !is_name(c));
        let names = names.filter(|name| name.starts_with(|c: char| !c.is_ascii_digit()));
        for name in names {
            self.state.forget(name);
        }
    }

    /// The pattern that a word is.
    pub(crate) fn pattern(&mut self, source: &Arc<Source>, word: &Word) -> Pattern {
        let mut pattern = Pattern::default();
        for piece in &word.pieces {
            let text = self.piece(source, piece);
            pattern.push(&text, piece.quoted);
        }
        pattern
    }
}

/// Gives variables the values that they had.
pub(crate) fn restore(state: &mut State, variables: Vec<(SmolStr, Option<Variable>)>) {
    for (name, value) in variables.into_iter().rev() {
        match value {
            Some(value) => state.variables.insert(name, value),
            None => state.variables.remove(&name),
        };
    }
}

/// A value that only a build knows.
pub(crate) fn unknown(name: &str) -> Text {
    Text::unknown(name, UnknownKind::Any)
}
