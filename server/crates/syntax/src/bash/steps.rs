//! Iteration over steps and what is nested in them.

use super::{Arm, Function, ScriptEffects, Step, Test};

/// Iterator over the steps of a block, each before those in it.
///
/// Goes into branches, loops and subshells. A function's body is no part of the block that defines
/// it.
#[derive(Debug, Clone)]
pub struct Steps<'f> {
    /// Rest of the innermost block.
    inner: std::slice::Iter<'f, Step>,
    /// Rests of the blocks around it, and blocks that come after it; the next one last.
    outer: Vec<std::slice::Iter<'f, Step>>,
}

/// Returns the steps of a block and all that are nested in them.
pub fn steps(block: &[Step]) -> Steps<'_> {
    Steps {
        inner: block.iter(),
        outer: Vec::new(),
    }
}

impl<'f> Iterator for Steps<'f> {
    type Item = &'f Step;

    fn next(&mut self) -> Option<&'f Step> {
        let step = loop {
            match self.inner.next() {
                Some(step) => break step,
                None => self.inner = self.outer.pop()?,
            }
        };
        match step {
            Step::Branch(arms) => {
                self.enter(
                    arms.iter()
                        .flat_map(|arm: &Arm| [&*arm.condition, &*arm.body]),
                );
            }
            Step::List(list) => self.enter([&*list.left, &*list.right].into_iter()),
            Step::Temporary(temporary) => self.enter([&*temporary.body].into_iter()),
            Step::AtExit(body) => self.enter([&**body].into_iter()),
            Step::Repeat(body) | Step::Isolated(body) => self.enter([&**body].into_iter()),
            _ => {}
        }
        Some(step)
    }
}

impl<'f> Steps<'f> {
    fn enter(&mut self, blocks: impl DoubleEndedIterator<Item = &'f [Step]>) {
        let rest = std::mem::take(&mut self.inner);
        self.outer.push(rest);
        self.outer.extend(blocks.rev().map(|block| block.iter()));
    }
}

impl Step {
    /// Returns the here-document that a command reads.
    pub fn heredoc(&self) -> Option<u32> {
        match self {
            Step::Call(call) => call.heredoc,
            Step::Write(file_write) => file_write.heredoc,
            Step::Invoke(invoke) => invoke.heredoc,
            _ => None,
        }
    }

    /// Returns whether the step itself may give a variable a value, or may let it have one.
    pub fn sets(&self, name: &str) -> bool {
        let sets = |step: &Step| match step {
            Step::Assign(assign) => assign.name == name && !assign.is_unset,
            Step::Forget(other) | Step::ForgetGlobal(other) => other == name,
            Step::ForgetAny | Step::Opaque => true,
            _ => false,
        };
        match self {
            Step::Temporary(temporary) => temporary.assignments.iter().any(sets),
            step => sets(step),
        }
    }

    /// Returns whether a condition of the step asks if a function or command of that name is
    /// defined.
    pub fn asks_for(&self, name: &str) -> bool {
        match self {
            Step::Branch(arms) => arms.iter().any(|arm| arm.test.asks_for(name)),
            Step::List(list) => list.test.asks_for(name) || list.outcome.asks_for(name),
            Step::Check(test) => test.asks_for(name),
            _ => false,
        }
    }
}

impl Test {
    fn asks_for(&self, name: &str) -> bool {
        match self {
            Test::Defined(defined) => defined == name,
            Test::Not(inner) | Test::IfPlain(_, inner) => inner.asks_for(name),
            Test::Status(inner) => inner.as_ref().is_some_and(|inner| inner.asks_for(name)),
            Test::All(tests) | Test::Any(tests) => tests.iter().any(|test| test.asks_for(name)),
            _ => false,
        }
    }
}

impl ScriptEffects {
    /// All steps of the script: those outside of functions, then those of each function.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        let functions = self.functions.iter().flat_map(Function::steps);
        steps(&self.body).chain(functions)
    }
}

impl Function {
    /// The steps of the function, nested ones too.
    pub fn steps(&self) -> Steps<'_> {
        steps(&self.body)
    }
}

#[cfg(test)]
mod tests {
    use super::Step;
    use crate::bash::read;

    const SCRIPT: &str = "\
a
function f { b; ( c ); }
if d; then e; ( f ); elif g; then h; else i; fi
for x in y; do j; while k; do l; done; done
m
";

    fn names<'f>(steps: impl Iterator<Item = &'f Step>) -> String {
        let calls = steps.filter_map(|step| match step {
            Step::Call(call) => Some(call.name.as_str()),
            _ => None,
        });
        calls.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn nested_steps_come_after_the_one_they_are_in() {
        let effects = read(SCRIPT).effects;
        assert_eq!(names(effects.steps()), "a d e f g h i j k l m b c");
        assert_eq!(
            names(effects.functions.iter().flat_map(|f| f.steps())),
            "b c"
        );
    }
}
