//! What an image's scripts do, step by step: worked out when somebody asks about a place in them,
//! and not kept.

use smol_str::SmolStr;

use super::FileId;
use super::file_range::FileSpan;
use super::tree::Tree;
use super::value::Value;
use syntax::TextSize;

/// The steps of one image's scripts, in the order in which they are done. What a condition decides
/// that reading cannot tell is there for each outcome.
#[derive(Debug, Default)]
pub struct Trace {
    /// The steps.
    pub events: Vec<Event>,
}

/// One step.
#[derive(Debug)]
pub struct Event {
    /// Where it is written: of a call the name, of a source the statement, of an assignment the
    /// variable's name.
    pub at: FileSpan,
    /// What happens.
    pub kind: EventKind,
}

/// What a step does.
#[derive(Debug)]
pub enum EventKind {
    /// A function or command is called.
    Called {
        /// Its name.
        name: SmolStr,
        /// The function in effect: its file and its number there; `None` for a command.
        function: Option<(FileId, u32)>,
    },
    /// A variable gets a value.
    Assigned {
        /// The variable.
        name: SmolStr,
        /// The value, where reading tells.
        value: Option<Value>,
    },
    /// A file is sourced.
    Sourced {
        /// The file.
        file: FileId,
    },
}

impl Trace {
    /// The assignment that a variable has its value from at a place of a file, with the value;
    /// `None` where none comes before it.
    pub fn in_effect(
        &self,
        tree: &Tree,
        name: &str,
        file: FileId,
        offset: TextSize,
    ) -> Option<(FileSpan, Option<&Value>)> {
        let here = self
            .events
            .iter()
            .rposition(|event| event.at.file == file && event.at.range(tree).start() < offset);
        let before = self.events.get(..=here?)?;
        before.iter().rev().find_map(|event| match &event.kind {
            EventKind::Assigned { name: other, value } if other == name => {
                Some((event.at, value.as_ref()))
            }
            _ => None,
        })
    }
}
