//! What an image's scripts do, step by step: worked out when somebody asks about a place in them,
//! and not kept.

use smol_str::SmolStr;

use super::FileId;
use super::run::{Place, range_of};
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
    pub place: Place,
    /// What happens.
    pub what: Happening,
}

/// What a step does.
#[derive(Debug)]
pub enum Happening {
    /// A function or command is called.
    Called {
        /// Its name.
        name: SmolStr,
        /// The function in effect: its file and its number there; `None` for a command.
        target: Option<(FileId, u32)>,
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
    /// The function that a call at a place of a file goes to, in the order of the calls: more than
    /// one where that place is come by several times and it changes.
    pub fn targets(&self, place: Place) -> Vec<(FileId, u32)> {
        let mut found = Vec::new();
        for event in self.events.iter().filter(|event| event.place == place) {
            if let Happening::Called {
                target: Some(target),
                ..
            } = event.what
                && !found.contains(&target)
            {
                found.push(target);
            }
        }
        found
    }

    /// The assignment that a variable has its value from at a place of a file, with the value;
    /// `None` where none comes before it.
    pub fn in_effect(
        &self,
        tree: &Tree,
        name: &str,
        file: FileId,
        offset: TextSize,
    ) -> Option<(Place, Option<&Value>)> {
        let here = self.events.iter().rposition(|event| {
            event.place.file == file && range_of(tree, event.place).start() < offset
        });
        let before = self.events.get(..=here?)?;
        before.iter().rev().find_map(|event| match &event.what {
            Happening::Assigned { name: other, value } if other == name => {
                Some((event.place, value.as_ref()))
            }
            _ => None,
        })
    }
}
