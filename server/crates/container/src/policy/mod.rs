//! What an image does to its container: units, packages, files, users, the init command.
//!
//! The scripts that are executed in the new root are followed as the build itself is, in a root of
//! which nothing is known; programs that they call, and files that they write, make up the policy.
//! What is done where a condition holds that reading cannot tell, is said to be conditional.

mod commands;
mod files;
mod words;

use std::collections::BTreeSet;

use smol_str::SmolStr;

use super::Build;
use super::evaluator::{Evaluator, GENERATED};
use super::programs::is_install_piece;
use super::shown::ShownText;
use super::state::{ProgramCall, State};
use super::text::{Condition, Text};
use model::family::family_includes;
use model::view::{Systemd, View};
use model::{FileRange, Image, Tree};

/// What an image does to its container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// What is done, in the order of [`Topic`], and of names.
    pub items: Vec<PolicyItem>,
    /// The init command with its arguments, and the call that says so, where it is not
    /// the runner's.
    pub init: Option<(String, Option<FileRange>)>,
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

/// Items that two policies do not share.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PolicyDifference<'p> {
    /// Those of the first one.
    pub only: Vec<&'p PolicyItem>,
    /// Those of the other one.
    pub other: Vec<&'p PolicyItem>,
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

    fn state(&mut self, state: &State) {
        for call in &state.calls {
            self.call(call);
        }
        for (path, file) in &state.files {
            self.file(path, file);
        }
    }
}

impl Policy {
    /// The policy that a build makes.
    pub fn of(tree: &Tree, build: &Build) -> Policy {
        let mut items = Vec::new();
        let nowhere = FileRange::start_of(GENERATED);
        let mut collector = Collector {
            items: &mut items,
            script: None,
            executed_at: nowhere,
            is_conditional: false,
        };
        // What else the builder does, it does to itself.
        for call in build.calls.iter().filter(|call| names_install(call)) {
            collector.call(call);
        }
        for (path, file) in build.container_files() {
            collector.file(path, file);
        }
        for execution in build.container_scripts() {
            let code = execution.script.as_code();
            let state = Evaluator::new(tree).container_script(&code.text);
            let mut collector = Collector {
                items: &mut items,
                script: Some(&code),
                executed_at: execution.called_at,
                is_conditional: !execution.conditions.is_empty(),
            };
            collector.state(&state);
        }
        items.sort_by(|one, other| one.key().cmp(&other.key()));
        items.dedup_by(|one, other| {
            let is_same = one.key() == other.key();
            if is_same {
                other.is_conditional &= one.is_conditional;
            }
            is_same
        });
        let init = build.init.as_ref();
        let words = |words: &[Text]| words.iter().map(Text::shown).collect::<Vec<_>>().join(" ");
        Policy {
            items,
            init: init.map(|(command, at)| (words(command), *at)),
        }
    }

    /// The policy of an image; `None` if it has no build script.
    pub fn of_image(view: &View<'_>, image: &Image) -> Option<Policy> {
        Some(Policy::of(
            view.tree,
            &Build::of(view.tree, view.model, image)?,
        ))
    }

    /// Compares it with another one.
    pub fn difference<'p>(&'p self, other: &'p Policy) -> PolicyDifference<'p> {
        PolicyDifference {
            only: self.without(other),
            other: other.without(self),
        }
    }

    /// The items that another policy has not.
    fn without(&self, other: &Policy) -> Vec<&PolicyItem> {
        let theirs: BTreeSet<Key<'_>> = other.items.iter().map(PolicyItem::key).collect();
        let items = self.items.iter();
        items.filter(|item| !theirs.contains(&item.key())).collect()
    }

    /// What every other image of the same family and systemd does, two or more, and this one does
    /// not: with one of them for each.
    pub fn missing(&self, view: &View<'_>, image: &Image) -> (Vec<PolicyItem>, Vec<SmolStr>) {
        let peers = peers(view, image);
        let policies = peers.iter().filter_map(|peer| Policy::of_image(view, peer));
        let policies: Vec<Policy> = policies.collect();
        let names = peers.iter().map(|peer| peer.name.clone()).collect();
        let Some((first, others)) = policies.split_first().filter(|(_, rest)| !rest.is_empty())
        else {
            return (Vec::new(), names);
        };
        let mut missing = first.without(self);
        for other in others {
            let theirs: BTreeSet<Key<'_>> = other.items.iter().map(PolicyItem::key).collect();
            missing.retain(|item| theirs.contains(&item.key()));
        }
        (missing.into_iter().cloned().collect(), names)
    }
}

/// Returns whether a program is told of the root of the new file system.
fn names_install(call: &ProgramCall) -> bool {
    let mut words = call.words.iter();
    words.any(|word| word.text.pieces().iter().any(is_install_piece))
}

/// The other images of the same family with the same kind of systemd, one for each directory.
fn peers<'v>(view: &View<'v>, image: &Image) -> Vec<&'v Image> {
    let kind = |image: &Image| match view.systemd(image) {
        _ if !image.summary.init.systemd => 0,
        Systemd::WithoutV1(_) => 1,
        Systemd::WithV1 => 2,
        Systemd::Unknown(_) => 3,
    };
    let family = |image: &Image| family_includes(view, image);
    let (own_kind, own_family) = (kind(image), family(image));
    let mut seen = BTreeSet::from([image.directory.clone()]);
    let images = view.model.images.values().map(|image| &**image);
    images
        .filter(|other| !own_family.is_empty() && family(other) == own_family)
        .filter(|other| kind(other) == own_kind)
        .filter(|other| seen.insert(other.directory.clone()))
        .collect()
}
