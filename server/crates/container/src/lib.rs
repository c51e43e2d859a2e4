//! Build scripts followed to the end: what an image's scripts generate, write and do.
//!
//! The model's interpreter tells which helpers a script calls and what its variables are, for all
//! images at each edit. This follows one image, when somebody asks about it: through everything
//! that it sources and calls, with the text that each command writes. The outcome is a [`Build`]:
//! the scripts that are executed in the container, and the files that are written below its root.
//! What only a build knows is marked; what depends on a condition that reading cannot tell, stands
//! under that condition.
//!
//! Computed on demand. Builds and policies may be kept in a [`BuildCache`], which sees when one is stale.

mod braces;
mod builtins;
mod cache;
mod commands;
mod conditions;
mod evaluator;
mod files;
mod format;
mod patterns;
pub mod policy;
mod programs;
mod reads;
mod recent;
mod redirects;
mod shown;
mod source;
mod state;
mod sums;
pub mod tested;
#[cfg(test)]
mod tests;
mod text;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use smol_str::SmolStr;

use model::{FileRange, Image, Model, Tree};

use evaluator::Evaluator;
use source::Scripts;

pub use cache::BuildCache;
pub use reads::Reads;
pub use shown::{Segment, SegmentKind, ShownText};
pub use state::{Execution, Field, FileState, FileStateKind, ProgramCall};
pub use text::{Condition, Text, TextPiece, UnknownKind};

/// An init command with its arguments, and the call that says so.
pub type InitCommand = (Vec<Text>, Option<FileRange>);

/// What an image's scripts generate, write and do.
#[derive(Debug)]
pub struct Build {
    /// Scripts and commands that are executed inside of a new root, in order.
    pub executions: Vec<Execution>,
    /// Files that are written, by path; a path below the runner's directories begins with its
    /// variable: `$INSTALL/etc/hosts`.
    pub files: BTreeMap<SmolStr, FileState>,
    /// Programs of the builder that are called and not followed, in order.
    pub calls: Vec<ProgramCall>,
    /// The init command with its arguments, and the call that says so, where it is not the runner's;
    /// `None` where reading does not tell.
    pub init: Option<InitCommand>,
    /// What is added to the configuration of the container.
    pub configuration: Text,
    /// Commands that may do anything: what comes after them may be something else.
    pub opaque: Vec<FileRange>,
    /// What it was read from.
    pub reads: Arc<Reads>,
}

impl Build {
    /// Follows the scripts of an image; `None` if it has no build script.
    pub fn of(tree: &Tree, model: &Model, image: &Image) -> Option<Build> {
        Evaluator::new(tree, &Scripts::default()).build(model, image)
    }

    /// The executions in the root of the new file system.
    pub fn container_scripts(&self) -> impl Iterator<Item = &Execution> {
        let executions = self.executions.iter();
        executions.filter(|execution| programs::is_install(&execution.root))
    }

    /// The files below the root of the new file system, each by its path there.
    pub fn container_files(&self) -> impl Iterator<Item = (&str, &FileState)> {
        let below = |path: &'_ SmolStr| path.starts_with("$INSTALL/");
        let files = self.files.iter().filter(move |(path, _)| below(path));
        let files = files.map(|(path, file)| (path.trim_start_matches("$INSTALL"), file));
        files.filter(|(path, _)| !path.starts_with("/tmp/configure.sh"))
    }
}
