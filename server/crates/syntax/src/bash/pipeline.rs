//! Pipelines, and what goes through them.

use tree_sitter::Node;

use super::reader::ScriptReader;
use super::{Step, steps};

impl ScriptReader<'_> {
    pub(super) fn pipeline(&mut self, node: Node<'_>, out: &mut Vec<Step>) {
        let mut cursor = node.walk();
        let elements: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
        if let Some(last) = elements.last() {
            self.exit_in_pipe(node, *last);
        }
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
        Step::Invoke(invoke) => invoke.heredoc.is_none(),
        _ => false,
    };
    let Some(at) = element.iter().position(reads) else {
        return;
    };
    let with = |mut step: Step, index: u32| {
        match &mut step {
            Step::Call(call) => call.heredoc = Some(index),
            Step::Write(file_write) => file_write.heredoc = Some(index),
            Step::Invoke(invoke) => invoke.heredoc = Some(index),
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
