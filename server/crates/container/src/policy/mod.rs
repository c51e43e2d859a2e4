//! What an image does to its container: units, packages, files, users, the init command.
//!
//! The scripts that are executed in the new root are followed as the build itself is, in a root of
//! which nothing is known; programs that they call, and files that they write, make up the policy.
//! What is done where a condition holds that reading cannot tell, is said to be conditional.

mod arrangement;
mod commands;
mod comparison;
mod files;
mod order;
mod peers;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeSet;

use smol_str::SmolStr;

use super::Build;
use super::evaluator::Evaluator;
use super::programs::is_install_piece;
use super::shown::ShownText;
use super::source::{GENERATED, Scripts};
use super::state::{Execution, FileState, ProgramCall, State};
use super::text::{Condition, Text};
use model::view::View;
use model::{FileRange, Image, Tree};
use order::{keep_deepest, keep_last};

pub use arrangement::Arrangement;
pub use comparison::{Missing, PolicyDifference};
pub use peers::{Neighbour, NeighbourKind, neighbours};

/// What an image does to its container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// What is done, in the order of [`Topic`], and of names.
    pub items: Vec<PolicyItem>,
    /// The init command with its arguments, and the call that says so, where it is not
    /// the runner's.
    pub init: Option<(String, Option<FileRange>)>,
    /// Topics of which the image may do more than reading tells.
    pub(super) unclear: BTreeSet<Topic>,
}

/// One thing that is done to a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyItem {
    /// What it is about.
    pub topic: Topic,
    /// What is done, in one word.
    pub action: &'static str,
    /// The unit, package, path or user.
    pub name: SmolStr,
    /// Of a drop-in, its settings: `[Service] ImportCredential=`.
    pub details: Vec<String>,
    /// Set when it is done only where some condition holds.
    pub is_conditional: bool,
    /// The command in the checkout that does it, or the here-document that has it.
    pub at: FileRange,
}

/// What an item of a policy is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Units of systemd, services of another init.
    Unit,
    /// Packages.
    Package,
    /// Files of the container.
    File,
    /// Users and groups.
    User,
}

impl Topic {
    const ALL: [Topic; 4] = [Topic::Unit, Topic::Package, Topic::File, Topic::User];
}

/// Items by which two are compared.
type Key<'p> = (Topic, &'static str, &'p str, &'p [String]);

impl PolicyItem {
    fn key(&self) -> Key<'_> {
        (self.topic, self.action, &self.name, &self.details)
    }
}

/// Collects items of one script.
pub(crate) struct Collector<'b> {
    pub(crate) items: &'b mut Vec<PolicyItem>,
    /// Topics of which the script may do more than reading tells.
    unclear: &'b mut BTreeSet<Topic>,
    /// The script, where it was generated.
    script: Option<&'b ShownText>,
    /// The command that executes it.
    executed_at: FileRange,
    /// Set when the script is executed only where some condition holds.
    is_conditional: bool,
}

impl Collector<'_> {
    /// The range in the checkout of what is at a range of the script.
    fn source(&self, at: FileRange) -> FileRange {
        match self.script {
            Some(script) if at.file == GENERATED => {
                let segment = script.segment_at(at.range.start());
                let source = segment.and_then(|segment| {
                    let source = segment.source.or(segment.expansion)?;
                    if source.range.len() != segment.range.len() {
                        return Some(source);
                    }
                    let start = source.range.start() + (at.range.start() - segment.range.start());
                    let end = source.range.end().min(start + at.range.len());
                    Some(FileRange::new(
                        source.file,
                        syntax::TextRange::new(start, end),
                    ))
                });
                source.unwrap_or(self.executed_at)
            }
            _ => at,
        }
    }

    pub(crate) fn push(
        &mut self,
        (topic, action): (Topic, &'static str),
        name: &str,
        details: Vec<String>,
        (at, conditions): (FileRange, &[(Condition, bool)]),
    ) {
        let is_conditional = !conditions.is_empty();
        self.push_item((topic, action), name, details, (at, is_conditional));
    }

    pub(crate) fn push_item(
        &mut self,
        (topic, action): (Topic, &'static str),
        name: &str,
        details: Vec<String>,
        (at, is_conditional): (FileRange, bool),
    ) {
        let at = self.source(at);
        let is_conditional = self.is_conditional || is_conditional;
        self.items.push(PolicyItem {
            topic,
            action,
            name: SmolStr::new(name),
            details,
            is_conditional,
            at,
        });
    }
}

/// A step of the build that does something to the container: what the builder does itself, or a
/// script that is executed in the new root.
struct Step<'b> {
    files: Vec<(&'b str, &'b FileState)>,
    calls: &'b [ProgramCall],
    script: Option<ShownText>,
    executed_at: FileRange,
    is_conditional: bool,
}

impl Policy {
    /// The policy that a build makes.
    pub fn of(tree: &Tree, build: &Build) -> Policy {
        let mut unclear = BTreeSet::new();
        let executed: Vec<(&Execution, ShownText, State)> = build
            .container_scripts()
            .map(|execution| {
                let code = execution.script.as_code();
                let scripts = Scripts::default();
                let evaluator = Evaluator::new(tree, &scripts);
                let (state, is_followed) = evaluator.container_script(&code.text);
                if !is_followed {
                    unclear.extend(Topic::ALL);
                }
                (execution, code, state)
            })
            .collect();
        if !build.opaque.is_empty() {
            unclear.extend(Topic::ALL);
        }
        // What else the builder does, it does to itself.
        let calls = build.calls.iter().filter(|call| names_install(call));
        let calls: Vec<ProgramCall> = calls.cloned().collect();
        let mut steps = vec![Step {
            files: build.container_files().collect(),
            calls: &calls,
            script: None,
            executed_at: FileRange::start_of(GENERATED),
            is_conditional: false,
        }];
        steps.extend(executed.iter().map(|(execution, code, state)| {
            Step {
                files: state
                    .files
                    .iter()
                    .map(|(path, file)| (path.as_str(), file))
                    .collect(),
                calls: &state.calls,
                script: Some(code.clone()),
                executed_at: execution.called_at,
                is_conditional: !execution.conditions.is_empty(),
            }
        }));
        let executions: Vec<&Execution> =
            executed.iter().map(|(execution, ..)| *execution).collect();
        keep_last(&mut steps, &executions);
        keep_deepest(&mut steps);
        let mut items = Vec::new();
        for step in &steps {
            let mut collector = Collector {
                items: &mut items,
                unclear: &mut unclear,
                script: step.script.as_ref(),
                executed_at: step.executed_at,
                is_conditional: step.is_conditional,
            };
            step.calls.iter().for_each(|call| collector.call(call));
            for (path, file) in &step.files {
                collector.file(path, file);
            }
        }
        items.sort_by(|one, other| one.key().cmp(&other.key()));
        items.dedup_by(|one, other| {
            let is_same = one.key() == other.key();
            if is_same && other.is_conditional && !one.is_conditional {
                // The one that does it anyway.
                (other.is_conditional, other.at) = (false, one.at);
            }
            is_same
        });
        let init = build.init.as_ref();
        let words = |words: &[Text]| words.iter().map(Text::shown).collect::<Vec<_>>().join(" ");
        Policy {
            items,
            unclear,
            init: init.map(|(command, at)| (words(command).trim_end().to_owned(), *at)),
        }
    }

    /// The policy of an image; `None` if it has no build script.
    pub fn of_image(view: &View<'_>, image: &Image) -> Option<Policy> {
        Some(Policy::of(
            view.tree,
            &Build::of(view.tree, view.model, image)?,
        ))
    }
}

/// Returns whether a program is told of the root of the new file system.
fn names_install(call: &ProgramCall) -> bool {
    let mut words = call.words.iter();
    words.any(|word| word.text.pieces().iter().any(is_install_piece))
}
