//! Expansions of variables: `$NAME`, `${NAME:=value}`.

use smol_str::SmolStr;
use tree_sitter::Node;

use super::node::{Field, kind};
use super::reader::{ScriptReader, is_name, range_of};
use super::word::word;
use super::{Arm, ArmEnd, Assign, Block, NameKind, Role, Step, Test};

impl ScriptReader<'_> {
    /// Reads `$NAME`, the expansion that most are, unless something in it is hidden.
    pub(super) fn simple_expansion(&mut self, node: Node<'_>) -> bool {
        let name = node.named_child(0).filter(|_| self.hides_nothing());
        let is_plain = name.is_some_and(|name| kind(name) == "variable_name");
        if let Some(name) = name.filter(|_| is_plain) {
            self.occurrence(NameKind::Variable, Role::Reference, range_of(name));
            self.variable_read(node, name);
        }
        is_plain
    }

    /// Reads any other expansion.
    pub(super) fn expansion(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
        if let Some(name) = children.first().filter(|n| kind(**n) == "variable_name") {
            self.occurrence(NameKind::Variable, Role::Reference, range_of(*name));
            self.variable_read(node, *name);
            let operator = Field::Operator.of(node).map(|o| self.text(o));
            let name = matches!(operator, Some(":=" | "="))
                .then_some(*name)
                .filter(|n| is_name(self.text(*n)));
            let mut inner = Vec::new();
            self.conditionally(|reader| {
                for child in children {
                    reader.statement(child, &mut inner);
                }
            });
            // A default is looked at only where there is no value.
            if !inner.is_empty() {
                out.push(Step::Branch(Box::new([Arm {
                    condition: Block::default(),
                    test: Test::Unknown,
                    body: inner.into(),
                    then: ArmEnd::Done,
                }])));
            }
            if let Some(name) = name {
                self.assigned.push(SmolStr::new(self.text(name)));
                let (name_span, value) = (self.span(range_of(name)), word(self, node));
                let assign = Assign {
                    name: SmolStr::new(self.text(name)),
                    name_span,
                    value,
                    local: false,
                    needs_function: false,
                    is_unset: false,
                };
                out.push(Step::Assign(Box::new(assign)));
            }
            return;
        }
        for child in children {
            self.statement(child, out);
        }
    }
}
