//! Statements that hold statements: functions, branches, loops, pipelines; and their conditions.

use smol_str::SmolStr;
use tree_sitter::Node;

use super::reader::{MAX_DEPTH, ScriptReader, kind, range_of};
use super::word::word;
use super::{Arm, Function, NameKind, Role, Step, Test, steps, steps_in_same_shell};

impl ScriptReader<'_> {
    pub(super) fn function_definition(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let (Some(name), Some(body)) = (
            node.child_by_field_name("name"),
            node.child_by_field_name("body"),
        ) else {
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
            locals: Box::default(),
        });
        let outer = self.function.replace(index);
        let steps = self.block(&[body]);
        self.function = outer;
        if let Some(function) = self.functions.get_mut(index as usize) {
            function.locals = locals(&steps);
            function.body = steps;
        }
        out.push(Step::Define(index));
    }

    pub(super) fn if_statement(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
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
                        arms.push(self.arm(
                            &std::mem::take(&mut condition),
                            &std::mem::take(&mut body),
                            out,
                        ));
                    }
                    let (condition, body) = clause(child);
                    arms.push(self.arm(&condition, &body, out));
                }
                _ if !child.is_named() => {}
                _ if in_body => body.push(child),
                _ => condition.push(child),
            }
        }
        if !condition.is_empty() {
            arms.push(self.arm(&condition, &body, out));
        }
        out.push(Step::Branch(arms.into()));
    }

    /// Reads an arm; the commands of its condition come before the branch. No condition: `else`.
    pub(super) fn arm(
        &mut self,
        condition: &[Node<'_>],
        body: &[Node<'_>],
        out: &mut Vec<Step>,
    ) -> Arm {
        for node in condition {
            self.statement(*node, out);
        }
        let test = match condition {
            [] => Test::Always,
            [one] => self.test(*one),
            _ => Test::Unknown,
        };
        Arm {
            test,
            body: self.block(body),
        }
    }

    pub(super) fn case_statement(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let Some(subject_node) = node.child_by_field_name("value") else {
            return self.children(node, out);
        };
        self.statement(subject_node, out);
        let subject = word(self, subject_node);
        let mut arms = Vec::new();
        let mut cursor = node.walk();
        for item in node
            .named_children(&mut cursor)
            .filter(|c| kind(*c) == "case_item")
        {
            let mut inner = item.walk();
            let patterns: Vec<Node<'_>> =
                item.children_by_field_name("value", &mut inner).collect();
            let mut inner = item.walk();
            let body: Vec<Node<'_>> = item
                .named_children(&mut inner)
                .filter(|c| !patterns.contains(c))
                .collect();
            let tests: Box<[Test]> = patterns
                .iter()
                .map(|p| match word(self, *p) {
                    _ if self.text(*p) == "*" => Test::Always,
                    w if w
                        .literal()
                        .is_some_and(|l| !l.contains(['*', '?', '[', '(', '@', '!'])) =>
                    {
                        Test::Equal(subject.clone(), w)
                    }
                    _ => Test::Unknown,
                })
                .collect();
            arms.push(Arm {
                test: Test::Any(tests),
                body: self.block(&body),
            });
        }
        out.push(Step::Branch(arms.into()));
    }

    /// Reads `a && b`, `a || b`: the right side depends on the left's outcome.
    pub(super) fn list(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.children(&mut cursor).collect();
        let [left, operator, right] = children.as_slice() else {
            return self.children(node, out);
        };
        if let Some((condition, then)) = self.ternary(*left, *operator) {
            self.statement(condition, out);
            let test = self.test(condition);
            let (then, or_else) = (self.block(&[then]), self.block(&[*right]));
            out.push(Step::Branch(Box::new([
                Arm { test, body: then },
                Arm {
                    test: Test::Always,
                    body: or_else,
                },
            ])));
            return;
        }
        self.statement(*left, out);
        // What the left side sets is set by now, and says nothing of how its test came out.
        let test = if sets_something(*left) {
            Test::Unknown
        } else {
            self.test(*left)
        };
        let body = self.block(&[*right]);
        let test = match self.text(*operator) {
            "&&" => test,
            _ => Test::Not(Box::new(test)),
        };
        out.push(Step::Branch(Box::new([Arm { test, body }])));
    }

    /// The `a` and `x=b` of `a && x=b || c`: an assignment does not fail, so that `c` runs where `a`
    /// does not hold.
    fn ternary<'n>(&self, left: Node<'n>, operator: Node<'n>) -> Option<(Node<'n>, Node<'n>)> {
        if kind(left) != "list" || self.text(operator) != "||" {
            return None;
        }
        let (condition, inner, then) = (left.child(0)?, left.child(1)?, left.child(2)?);
        let assigns = kind(then) == "variable_assignment" && !self.text(then).contains(['(', '`']);
        (self.text(inner) == "&&" && assigns && !sets_something(condition))
            .then_some((condition, then))
    }

    pub(super) fn repeat(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let mut inner = Vec::new();
        if let Some(variable) = node.child_by_field_name("variable") {
            let name = SmolStr::new(self.text(variable));
            self.assigned.push(name.clone());
            self.occurrence(NameKind::Variable, Role::Definition, range_of(variable));
            inner.push(Step::Forget(name));
        }
        let body = node.child_by_field_name("body");
        let mut cursor = node.walk();
        for child in node
            .named_children(&mut cursor)
            .filter(|c| Some(*c) != body)
        {
            self.statement(child, &mut inner);
            self.path(child);
        }
        if let Some(body) = body {
            self.statement(body, &mut inner);
        }
        out.push(Step::Repeat(inner.into()));
    }

    pub(super) fn pipeline(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let mut cursor = node.walk();
        let elements: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
        // The here-documents that an element prints are what the next one reads.
        let mut printed: Vec<u32> = Vec::new();
        for element in elements {
            let mut inner = Vec::new();
            self.statement(element, &mut inner);
            give(&mut inner, &printed);
            printed = printed_heredocs(&inner);
            out.push(Step::Isolated(inner.into()));
        }
    }

    // Conditions

    pub(super) fn test(&mut self, node: Node<'_>) -> Test {
        // Where the grammar met an error, its reading is not to be trusted.
        if self.depth >= MAX_DEPTH || node.has_error() {
            return Test::Unknown;
        }
        self.depth += 1;
        let test = self.test_inner(node);
        self.depth -= 1;
        test
    }

    pub(super) fn test_inner(&mut self, node: Node<'_>) -> Test {
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.children(&mut cursor).collect();
        match (kind(node), children.as_slice()) {
            ("test_command", [_, inner, _]) => self.test(*inner),
            ("parenthesized_expression", [_, inner, _]) => self.test(*inner),
            ("negated_command", [_, inner]) => Test::Not(Box::new(self.test(*inner))),
            ("unary_expression", [operator, operand]) => self.unary(*operator, *operand),
            ("binary_expression", [left, operator, right]) => self.binary(*left, *operator, *right),
            ("list", [left, operator, right]) => {
                let both = Box::new([self.test(*left), self.test(*right)]);
                if self.text(*operator) == "&&" {
                    Test::All(both)
                } else {
                    Test::Any(both)
                }
            }
            ("string" | "simple_expansion" | "concatenation", _) => {
                Test::Not(Box::new(Test::Empty(word(self, node))))
            }
            ("command", [name, arguments @ ..]) if matches!(self.text(*name), "[" | "test") => {
                match arguments {
                    [operator, operand] | [operator, operand, _]
                        if self.text(*operator).starts_with('-') =>
                    {
                        self.unary(*operator, *operand)
                    }
                    [left, operator, right] | [left, operator, right, _] => {
                        self.binary(*left, *operator, *right)
                    }
                    _ => Test::Unknown,
                }
            }
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
            ("redirected_statement", _) => match node.child_by_field_name("body") {
                Some(body) => self.test(body),
                None => Test::Unknown,
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

    pub(super) fn unary(&mut self, operator: Node<'_>, operand: Node<'_>) -> Test {
        let operand_word = || word(self, operand);
        match self.text(operator) {
            "-z" => Test::Empty(operand_word()),
            "-n" => Test::Not(Box::new(Test::Empty(operand_word()))),
            "-e" | "-f" | "-r" | "-s" | "-x" | "-d" | "-h" | "-L" => Test::Exists(operand_word()),
            "!" => Test::Not(Box::new(self.test(operand))),
            _ => Test::Unknown,
        }
    }

    pub(super) fn binary(&mut self, left: Node<'_>, operator: Node<'_>, right: Node<'_>) -> Test {
        // A `=` was shown to the grammar as `==`, with the blank after it.
        match self.text(operator).trim() {
            "&&" | "-a" => Test::All(Box::new([self.test(left), self.test(right)])),
            "||" | "-o" => Test::Any(Box::new([self.test(left), self.test(right)])),
            "=" | "==" => self.equal(left, right),
            "!=" => Test::Not(Box::new(self.equal(left, right))),
            _ => Test::Unknown,
        }
    }

    pub(super) fn equal(&mut self, left: Node<'_>, right: Node<'_>) -> Test {
        let pattern =
            kind(right) == "extglob_pattern" && self.text(right).contains(['*', '?', '[', '(']);
        if pattern {
            Test::Unknown
        } else {
            Test::Equal(word(self, left), word(self, right))
        }
    }
}

/// Returns the here-documents that an element of a pipeline prints as they are.
fn printed_heredocs(element: &[Step]) -> Vec<u32> {
    let heredocs = steps(element).filter_map(|step| match step {
        Step::Call(call) if call.name == "cat" && call.args.is_empty() => call.heredoc,
        _ => None,
    });
    heredocs.collect()
}

/// Gives the first command of an element of a pipeline what the element before prints.
fn give(element: &mut Vec<Step>, printed: &[u32]) {
    let Some((last, others)) = printed.split_last() else {
        return;
    };
    let reads = |step: &Step| match step {
        Step::Call(call) => call.heredoc.is_none(),
        Step::Write(file_write) => file_write.heredoc.is_none(),
        _ => false,
    };
    let Some(at) = element.iter().position(reads) else {
        return;
    };
    let with = |mut step: Step, index: u32| {
        match &mut step {
            Step::Call(call) => call.heredoc = Some(index),
            Step::Write(file_write) => file_write.heredoc = Some(index),
            _ => {}
        }
        step
    };
    let Some(step) = element.get(at).cloned() else {
        return;
    };
    // It reads all of them, one after the other.
    let copies = others.iter().chain([last]);
    let copies: Vec<Step> = copies.map(|index| with(step.clone(), *index)).collect();
    element.splice(at..=at, copies);
}

/// Returns whether a variable is set somewhere in a node.
fn sets_something(node: Node<'_>) -> bool {
    let mut cursor = node.walk();
    let mut depth = 0usize;
    loop {
        if matches!(
            kind(cursor.node()),
            "variable_assignment" | "declaration_command"
        ) {
            return true;
        }
        if cursor.goto_first_child() {
            depth += 1;
            continue;
        }
        while !cursor.goto_next_sibling() {
            if depth == 0 || !cursor.goto_parent() {
                return false;
            }
            depth -= 1;
        }
        // The siblings of the node itself are none of its pieces.
        if depth == 0 {
            return false;
        }
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

/// The variables that a function's body makes local. Those of a subshell end with that.
fn locals(body: &[Step]) -> Box<[SmolStr]> {
    let mut names: Vec<SmolStr> = Vec::new();
    for step in steps_in_same_shell(body) {
        if let Step::Assign(assign) = step
            && assign.local
            && !names.contains(&assign.name)
        {
            names.push(assign.name.clone());
        }
    }
    names.into()
}
