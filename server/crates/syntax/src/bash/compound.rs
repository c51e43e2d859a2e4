//! Statements that hold statements: functions, branches, loops, pipelines; and their conditions.

use smol_str::SmolStr;
use tree_sitter::Node;

use super::arguments::used_arguments;
use super::node::{Field, Traits, kind};
use super::reader::{ScriptReader, range, range_of};
use super::word::word;
use super::{Arm, ArmEnd, Block, Function, List, NameKind, Role, Step, Test};

impl ScriptReader<'_> {
    pub(super) fn function_definition(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let (Some(name), Some(body)) = (Field::Name.of(node), Field::Body.of(node)) else {
            return;
        };
        let Ok(index) = u32::try_from(self.functions.len()) else {
            return;
        };
        self.occurrence(NameKind::Helper, Role::Definition, range_of(name));
        self.functions.push(Function {
            name: SmolStr::new(self.text(name)),
            name_span: self.span(range_of(name)),
            definition_span: self.span(range_of(node)),
            body: Box::default(),
            arguments: used_arguments(self.text(body)),
        });
        let outer = self.function.replace(index);
        let conditional = std::mem::take(&mut self.conditional);
        let steps = self.block(&[body]);
        self.function = outer;
        self.conditional = conditional;
        if let Some(function) = self.functions.get_mut(index as usize) {
            function.body = steps;
        }
        out.push(Step::Define(index));
    }

    pub(super) fn if_statement(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        self.masked_condition(node);
        let mut arms = Vec::new();
        let mut cursor = node.walk();
        let mut condition = Vec::new();
        let mut body = Vec::new();
        let mut in_body = false;
        for child in node.children(&mut cursor) {
            match kind(child) {
                "then" => in_body = true,
                "elif_clause" | "else_clause" => {
                    if !condition.is_empty() {
                        let condition = std::mem::take(&mut condition);
                        arms.push(self.arm(&condition, &std::mem::take(&mut body)));
                    }
                    let (condition, body) = clause(child);
                    let arm = self.conditionally(|reader| reader.arm(&condition, &body));
                    arms.push(arm);
                }
                _ if !child.is_named() => {}
                _ if in_body => body.push(child),
                _ => condition.push(child),
            }
        }
        if !condition.is_empty() {
            arms.push(self.arm(&condition, &body));
        }
        out.push(Step::Branch(arms.into()));
    }

    /// Reads an arm. No condition: `else`.
    fn arm(&mut self, condition: &[Node<'_>], body: &[Node<'_>]) -> Arm {
        let (condition, test) = match condition {
            [] => (Block::default(), Test::Always),
            nodes => self.condition(nodes),
        };
        Arm {
            condition,
            test,
            body: self.conditional_block(body),
            then: ArmEnd::Done,
        }
    }

    /// Reads statements that only some condition leads to.
    fn conditional_block(&mut self, nodes: &[Node<'_>]) -> Block {
        self.conditionally(|reader| reader.block(nodes))
    }

    /// Reads statements as a condition: what they do, and when the last one succeeds.
    pub(super) fn condition(&mut self, nodes: &[Node<'_>]) -> (Block, Test) {
        let mut steps = Vec::new();
        let (mut test, mut before) = (Test::Unknown, 0);
        for node in nodes.iter().filter(|node| kind(**node) != "comment") {
            before = steps.len();
            self.statement(*node, &mut steps);
            test = self.outcome(*node, &mut steps);
        }
        // Its words were expanded before they changed.
        let changes = |step: &Step| !matches!(step, Step::List(_) | Step::Isolated(_));
        let own = steps.get(before..).unwrap_or_default();
        let compares = !matches!(
            test,
            Test::Always | Test::Status(_) | Test::Defined(_) | Test::Exists(_)
        );
        if compares && own.iter().any(changes) && !is_certain(&test) {
            test = Test::Unknown;
        }
        (steps.into(), test)
    }

    /// Returns when a statement succeeds whose steps were read last.
    fn outcome(&mut self, node: Node<'_>, steps: &mut Vec<Step>) -> Test {
        if node.has_error() || self.is_background(node) {
            return Test::Unknown;
        }
        if let Some(test) = self.sum_test(node) {
            return test;
        }
        let statement = last_statement(node);
        match (kind(statement), steps.last()) {
            ("list" | "negated_command" | "redirected_statement", Some(Step::List(_))) => {
                outcome_of_list(steps)
            }
            ("test_command" | "command" | "redirected_statement", Some(Step::Check(_))) => {
                match steps.pop() {
                    Some(Step::Check(test)) => test,
                    _ => Test::Unknown,
                }
            }
            _ => self.test(statement),
        }
    }

    pub(super) fn case_statement(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let Some(subject_node) = Field::Value.of(node) else {
            return self.children(node, out);
        };
        self.statement(subject_node, out);
        let subject = word(self, subject_node);
        let mut arms: Vec<Arm> = Vec::new();
        let mut cursor = node.walk();
        for item in node
            .named_children(&mut cursor)
            .filter(|c| kind(*c) == "case_item")
        {
            // What is compared was expanded before.
            let is_changed = arms.iter().any(|arm| {
                arm.then == ArmEnd::Test && may_change(&arm.body, self.text(subject_node))
            });
            let mut inner = item.walk();
            let patterns = Field::Value.all_of(item, &mut inner);
            let mut inner = item.walk();
            let body: Vec<Node<'_>> = item
                .named_children(&mut inner)
                .filter(|c| !patterns.contains(c))
                .collect();
            let tests: Box<[Test]> = patterns
                .iter()
                .map(|p| match self.text(*p) {
                    "*" => Test::Always,
                    _ if is_changed => Test::Unknown,
                    _ => Test::Matches(subject.clone(), self.case_pattern(range_of(*p))),
                })
                .collect();
            let then = match item.child(item.child_count().saturating_sub(1)).map(kind) {
                Some(";&") => ArmEnd::Next,
                Some(";;&") => ArmEnd::Test,
                _ => ArmEnd::Done,
            };
            arms.push(Arm {
                condition: Block::default(),
                test: Test::Any(tests),
                body: self.conditional_block(&body),
                then,
            });
        }
        out.push(Step::Branch(arms.into()));
    }

    /// Reads `a && b`, `a || b`: the right side depends on the left's outcome.
    pub(super) fn list(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node
            .children(&mut cursor)
            .filter(|child| kind(*child) != "comment")
            .collect();
        let [left, operator, right] = children.as_slice() else {
            // What this is, the grammar does not say.
            self.children(node, out);
            return out.push(Step::Opaque);
        };
        self.masked_in_list(*left, *operator);
        self.loop_in_list(*left, *operator);
        if let Some((condition, then)) = self.ternary(*left, *operator) {
            let (condition, test) = self.condition(&[condition]);
            out.push(Step::Branch(Box::new([
                Arm {
                    condition,
                    test,
                    body: self.conditional_block(&[then]),
                    then: ArmEnd::Done,
                },
                Arm {
                    condition: Block::default(),
                    test: Test::Always,
                    body: self.conditional_block(&[*right]),
                    then: ArmEnd::Done,
                },
            ])));
            return;
        }
        let (left, test) = self.condition(&[*left]);
        out.push(self.listed(left, test, self.text(*operator) == "||", *right));
    }

    fn listed(&mut self, left: Block, test: Test, or: bool, right: Node<'_>) -> Step {
        let (right, outcome) = self.conditionally(|reader| reader.condition(&[right]));
        Step::List(Box::new(List {
            left,
            test,
            or,
            right,
            outcome,
        }))
    }

    /// Reads `! a`.
    pub(super) fn negated(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let mut cursor = node.walk();
        let inner: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
        let (left, test) = self.condition(&inner);
        out.push(Step::List(Box::new(List {
            left,
            test: Test::Not(Box::new(test)),
            or: false,
            right: Block::default(),
            outcome: Test::Always,
        })));
    }

    /// Returns whether a statement is run beside those after it: `a &`.
    pub(super) fn is_background(&self, node: Node<'_>) -> bool {
        if !Traits::of(node).has(Traits::JOB) {
            return false;
        }
        // A here-document's operator may stand between.
        let shown = self.scan.shown.get(node.end_byte()..).unwrap_or_default();
        let blanks = shown.iter().take_while(|byte| b" \t".contains(byte));
        let rest = shown.get(blanks.count()..).unwrap_or_default();
        self.is_beside(node)
            || rest.starts_with(b"&") && !rest.starts_with(b"&&") && !rest.starts_with(b"&>")
    }

    /// Returns whether a command follows `coproc`.
    fn is_beside(&self, node: Node<'_>) -> bool {
        if self.scan.beside.binary_search(&node.start_byte()).is_err() {
            return false;
        }
        // A list or pipeline begins where its first command does.
        let body = Field::Body.of(node).unwrap_or(node);
        !matches!(kind(body), "list" | "pipeline") && !matches!(kind(node), "list" | "pipeline")
    }

    /// The `a` and `x=b` of `a && x=b || c`: an assignment does not fail, so that `c` runs where `a`
    /// does not hold.
    fn ternary<'n>(&self, left: Node<'n>, operator: Node<'n>) -> Option<(Node<'n>, Node<'n>)> {
        if kind(left) != "list" || self.text(operator) != "||" {
            return None;
        }
        let (condition, inner, then) = (left.child(0)?, left.child(1)?, left.child(2)?);
        let assigns = kind(then) == "variable_assignment" && !self.text(then).contains(['(', '`']);
        (self.text(inner) == "&&" && assigns).then_some((condition, then))
    }

    pub(super) fn repeat(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let mut inner = Vec::new();
        if let Some(variable) = Field::Variable.of(node) {
            let name = SmolStr::new(self.text(variable));
            self.assigned.push(name.clone());
            self.occurrence(NameKind::Variable, Role::Definition, range_of(variable));
            inner.push(Step::Forget(name));
        }
        let body = Field::Body.of(node);
        let mut cursor = node.walk();
        let header: Vec<Node<'_>> = node
            .named_children(&mut cursor)
            .filter(|c| Some(*c) != body && kind(*c) != "comment")
            .collect();
        if kind(node) == "while_statement" {
            let (left, test) = self.condition(&header);
            let or = node
                .child(0)
                .is_some_and(|keyword| kind(keyword) == "until");
            let right = body.map_or_else(Block::default, |body| self.conditional_block(&[body]));
            let outcome = Test::Unknown;
            inner.push(Step::List(Box::new(List {
                left,
                test,
                or,
                right,
                outcome,
            })));
            return out.push(Step::Repeat(inner.into()));
        }
        for child in header {
            self.statement(child, &mut inner);
            self.path(child);
        }
        if let Some(body) = body {
            self.conditionally(|reader| reader.statement(body, &mut inner));
        }
        out.push(Step::Repeat(inner.into()));
    }

    /// Reads commands in braces, if a loop is what they are.
    pub(super) fn loop_in_braces(&mut self, node: Node<'_>, out: &mut Vec<Step>) -> bool {
        let loops = &self.scan.loops;
        let Ok(at) = loops.binary_search_by_key(&node.start_byte(), |found| found.0) else {
            return false;
        };
        let Some((_, (start, end))) = loops.get(at).copied() else {
            return false;
        };
        let name = SmolStr::new(self.slice(start, end));
        self.assigned.push(name.clone());
        self.occurrence(NameKind::Variable, Role::Definition, range(start, end));
        let mut inner = vec![Step::Forget(name)];
        self.conditionally(|reader| reader.children(node, &mut inner));
        out.push(Step::Repeat(inner.into()));
        true
    }

    /// Returns when a statement succeeds that has no condition in it.
    fn test(&mut self, node: Node<'_>) -> Test {
        if node.has_error() {
            return Test::Unknown;
        }
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.children(&mut cursor).collect();
        match (kind(node), children.as_slice()) {
            ("variable_assignment" | "variable_assignments", _)
                if !self.text(node).contains(['(', '`', '[']) =>
            {
                Test::Always
            }
            ("command", [name]) if matches!(self.text(*name), "true" | ":") => Test::Always,
            ("command", [name, arguments @ ..])
                if matches!(
                    self.text(*name),
                    "type" | "declare" | "typeset" | "command" | "hash"
                ) =>
            {
                self.defined(arguments)
            }
            ("command", [name, arguments @ ..]) if matches!(self.text(*name), "stat" | "ls") => {
                match arguments.last() {
                    Some(path) => Test::Exists(word(self, *path)),
                    None => Test::Unknown,
                }
            }
            ("declaration_command", [_, arguments @ ..]) => self.defined(arguments),
            ("redirected_statement", _) => match Field::Body.of(node) {
                Some(body) if kind(body) != "redirected_statement" => self.test(body),
                _ => Test::Unknown,
            },
            _ => Test::Unknown,
        }
    }

    /// Returns the condition that a name is defined, where there is one name after options.
    fn defined(&self, arguments: &[Node<'_>]) -> Test {
        let mut names = arguments
            .iter()
            .map(|a| self.text(*a))
            .filter(|text| !text.starts_with('-'));
        match (names.next(), names.next()) {
            (Some(name), None) => Test::Defined(SmolStr::new(name)),
            _ => Test::Unknown,
        }
    }
}

/// Returns when the list succeeds that was read last. One that only tests is no step.
fn outcome_of_list(steps: &mut Vec<Step>) -> Test {
    let Some(Step::List(list)) = steps.last() else {
        return Test::Unknown;
    };
    let both = || Box::new([list.test.clone(), list.outcome.clone()]);
    let test = match (list.or, &list.outcome) {
        (true, _) => Test::Any(both()),
        (false, Test::Always) => list.test.clone(),
        (false, _) => Test::All(both()),
    };
    if list.left.is_empty() && list.right.is_empty() && !is_status(&test) {
        steps.pop();
        return test;
    }
    Test::Status(asks(&test).then(|| Box::new(test)))
}

/// Returns whether a condition asks what is defined or exists.
fn asks(test: &Test) -> bool {
    match test {
        Test::Exists(_) | Test::Defined(_) => true,
        Test::Not(inner) | Test::IfPlain(_, inner) => asks(inner),
        Test::Status(inner) => inner.is_some(),
        Test::All(tests) | Test::Any(tests) => tests.iter().any(asks),
        _ => false,
    }
}

/// Returns whether a condition depends on the outcome of a list.
fn is_status(test: &Test) -> bool {
    match test {
        Test::Status(_) => true,
        Test::Not(inner) | Test::IfPlain(_, inner) => is_status(inner),
        Test::All(tests) | Test::Any(tests) => tests.iter().any(is_status),
        _ => false,
    }
}

/// The statement that a group ends with, which its outcome is that of.
fn last_statement(node: Node<'_>) -> Node<'_> {
    let mut node = node;
    loop {
        let inner = match kind(node) {
            "compound_statement" => {
                let mut cursor = node.walk();
                node.named_children(&mut cursor)
                    .filter(|child| kind(*child) != "comment")
                    .last()
            }
            "redirected_statement" => Field::Body
                .of(node)
                .filter(|body| kind(*body) == "compound_statement"),
            _ => None,
        };
        match inner {
            Some(inner) => node = inner,
            None => return node,
        }
    }
}

/// Returns whether a condition has the same outcome whatever the variables are.
fn is_certain(test: &Test) -> bool {
    match test {
        Test::Always | Test::Status(_) => true,
        Test::Not(inner) => is_certain(inner),
        _ => false,
    }
}

/// The condition and the body of an `elif` or `else`.
fn clause(node: Node<'_>) -> (Vec<Node<'_>>, Vec<Node<'_>>) {
    let (mut condition, mut body) = (Vec::new(), Vec::new());
    let mut in_body = kind(node) == "else_clause";
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        match kind(child) {
            "then" => in_body = true,
            _ if !child.is_named() => {}
            _ if in_body => body.push(child),
            _ => condition.push(child),
        }
    }
    (condition, body)
}

/// Returns whether statements may change a variable that is named in a text.
fn may_change(body: &[Step], text: &str) -> bool {
    super::steps(body).any(|step| match step {
        Step::Assign(assign) => text.contains(assign.name.as_str()),
        Step::Unset(name) | Step::Forget(name) | Step::ForgetGlobal(name) => {
            text.contains(name.as_str())
        }
        Step::Source(_) | Step::Call(_) | Step::Invoke(_) | Step::Opaque | Step::ForgetAny => true,
        Step::Arguments(_) => true,
        _ => false,
    })
}
