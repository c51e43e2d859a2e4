//! Functions that are defined, and which of them a call goes to.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::tree::FileId;

/// A function, as its file and its number there.
pub(super) type FunctionId = (FileId, u32);

/// Functions that a call of a name goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Definition {
    /// This one.
    Certain(FunctionId),
    /// One of these, one that is not known, or none.
    Doubtful(Arc<[FunctionId]>),
}

impl Definition {
    /// Tells whether there is one function that every call goes to.
    pub fn is_certain(&self) -> bool {
        matches!(self, Definition::Certain(_))
    }

    /// The functions that are known.
    pub fn candidates(&self) -> &[FunctionId] {
        match self {
            Definition::Certain(id) => std::slice::from_ref(id),
            Definition::Doubtful(ids) => ids,
        }
    }
}

/// Functions that a trial changed, with what they were at its end.
pub(super) type FunctionChanges = FxHashMap<SmolStr, Option<Definition>>;

/// The functions of a script.
#[derive(Debug)]
pub(super) struct Functions {
    definitions: FxHashMap<SmolStr, Definition>,
    /// Functions as they were before they changed, since the first trial began; newest last.
    journal: Vec<(SmolStr, Option<Definition>)>,
    trials: usize,
}

impl Functions {
    pub(super) fn with_capacity(capacity: usize) -> Functions {
        Functions {
            definitions: FxHashMap::with_capacity_and_hasher(capacity, Default::default()),
            journal: Vec::new(),
            trials: 0,
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Definition> {
        self.definitions.get(name)
    }

    pub(super) fn set(&mut self, name: SmolStr, definition: Option<Definition>) {
        let old = self.replace(name.clone(), definition);
        if self.trials > 0 {
            self.journal.push((name, old));
        }
    }

    fn replace(&mut self, name: SmolStr, definition: Option<Definition>) -> Option<Definition> {
        match definition {
            Some(definition) => self.definitions.insert(name, definition),
            None => self.definitions.remove(&name),
        }
    }

    /// A function may be defined, or not any more.
    pub(super) fn doubt(&mut self, name: &SmolStr, other: Option<FunctionId>) {
        let old = self
            .get(name)
            .map(Definition::candidates)
            .unwrap_or_default();
        if old.is_empty() && other.is_none() {
            return;
        }
        let mut ids = old.to_vec();
        ids.extend(other.filter(|id| !old.contains(id)));
        self.set(name.clone(), Some(Definition::Doubtful(ids.into())));
    }

    /// Any function may be another one from here on.
    pub(super) fn doubt_all(&mut self) {
        let certain = |(name, definition): (&SmolStr, &Definition)| {
            matches!(definition, Definition::Certain(_)).then(|| name.clone())
        };
        let names: Vec<SmolStr> = self.definitions.iter().filter_map(certain).collect();
        for name in names {
            self.doubt(&name, None);
        }
    }

    pub(super) fn begin(&mut self) -> usize {
        self.trials += 1;
        self.journal.len()
    }

    pub(super) fn revert(&mut self, checkpoint: usize, changes: &mut FunctionChanges) {
        while self.journal.len() > checkpoint {
            let Some((name, old)) = self.journal.pop() else {
                break;
            };
            let now = self.replace(name.clone(), old);
            changes.entry(name).or_insert(now);
        }
        self.trials -= 1;
    }

    /// Defines what all outcomes of a branch agree on; the rest is in doubt.
    pub(super) fn merge(&mut self, outcomes: &[&FunctionChanges]) {
        let mut names: Vec<&SmolStr> = outcomes.iter().flat_map(|o| o.keys()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let before = self.definitions.get(name).cloned();
            let ends: Vec<&Option<Definition>> = outcomes
                .iter()
                .map(|o| o.get(name).unwrap_or(&before))
                .collect();
            let merged = match ends.split_first() {
                Some((first, rest)) if rest.iter().all(|end| end == first) => (*first).clone(),
                _ => {
                    let mut ids: Vec<FunctionId> = Vec::new();
                    for id in ends
                        .iter()
                        .filter_map(|end| end.as_ref())
                        .flat_map(|d| d.candidates())
                    {
                        if !ids.contains(id) {
                            ids.push(*id);
                        }
                    }
                    Some(Definition::Doubtful(ids.into()))
                }
            };
            self.set(name.clone(), merged);
        }
    }
}
