//! Steps of an image's scripts in the order in which they are done: computed when a request is
//! about a position in them, and not kept.

use smol_str::SmolStr;

use super::FileId;
use super::file_range::FileSpan;
use super::tree::Tree;
use super::value::Value;
use syntax::TextSize;

/// Steps of one image's scripts, in the order in which they are done. The arms of a branch whose
/// condition is unknown are all there.
#[derive(Debug, Default)]
pub struct Trace {
    /// The steps.
    pub events: Vec<Event>,
}

/// One step.
#[derive(Debug)]
pub struct Event {
    /// The step as it is written: of a call the name, of a source the statement, of an assignment
    /// the variable's name.
    pub at: FileSpan,
    /// Kind of step.
    pub kind: EventKind,
}

/// Kind of a step.
#[derive(Debug)]
pub enum EventKind {
    /// A function or command is called.
    Called {
        /// Name of the function or command.
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
    /// Finds the assignment that gives a variable its value at an offset of a file, and the value;
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
