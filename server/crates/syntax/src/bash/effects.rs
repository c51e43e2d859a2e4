//! What a script does to whatever reads it.

use smol_str::SmolStr;

use super::{Assign, Block, Function, HereDocEffects, Step, Tool, VariableRead};
#[cfg(doc)]
use super::{HereDoc, SpanId};

/// Effects of a script on whatever reads it, wherever in its text they are written.
///
/// Two versions of a file with equal effects mean the same to every other file: what is known of
/// those stays true. So a fact that others depend on belongs here, and one that holds ranges does
/// not: [`SpanId`]s stay equal where text moves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScriptEffects {
    /// The statements outside of functions, in order.
    pub body: Block,
    /// The functions, in order of definition.
    pub functions: Box<[Function]>,
    /// Effects of the here-documents, each at the index of its [`HereDoc`].
    pub heredocs: Box<[HereDocEffects]>,
    /// Every name that gets a value somewhere in this file, on the builder's side: assigned,
    /// looped over, read into, declared with a value. Sorted, each once.
    pub assigned: Box<[SmolStr]>,
    /// The systemd services that the text names, comments left out. Sorted, each once.
    pub services: Box<[SmolStr]>,
    /// Tools that the script asks for, whatever else it does.
    pub required: Box<[Tool]>,
    /// Packages that it installs.
    pub installed: Box<[Tool]>,
    /// Variables that the script, and each function, takes for set.
    pub reads: Box<[VariableRead]>,
    /// Set when a version takes part in a comparison of numbers.
    pub compares_versions: bool,
    /// Set when the text was too deep or too large to be read; nothing else here means anything.
    pub refused: bool,
}

impl ScriptEffects {
    /// Returns the function of that name that is in force at the end of the file.
    pub fn function(&self, name: &str) -> Option<&Function> {
        self.functions.iter().rev().find(|f| f.name == name)
    }

    /// Returns the last assignment to a variable outside of functions and branches.
    pub fn last_assignment(&self, variable: &str) -> Option<&Assign> {
        self.body.iter().rev().find_map(|step| match step {
            Step::Assign(assign) if assign.name == variable => Some(&**assign),
            _ => None,
        })
    }

    /// Returns whether another version does the same to whatever reads it: only what it reads itself
    /// differs, and what it expands in its texts.
    pub fn acts_like(&self, other: &ScriptEffects) -> bool {
        // All fields are named, so that a new one is decided on.
        let ScriptEffects {
            body,
            functions,
            heredocs: _,
            assigned,
            services,
            required,
            installed,
            reads: _,
            compares_versions,
            refused,
        } = self;
        (body, functions, assigned, services)
            == (
                &other.body,
                &other.functions,
                &other.assigned,
                &other.services,
            )
            && (required, installed) == (&other.required, &other.installed)
            && (compares_versions, refused) == (&other.compares_versions, &other.refused)
    }

    /// Returns whether the file gives `name` a value anywhere.
    pub fn assigns(&self, name: &str) -> bool {
        self.assigned
            .binary_search_by(|n| n.as_str().cmp(name))
            .is_ok()
    }
}
