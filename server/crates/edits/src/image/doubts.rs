//! Values in doubt, found again in the changed files.

use smol_str::SmolStr;

use crate::Verify;
use crate::draft::Draft;
use crate::nix::NixFile;
use crate::repository::EntryKey;
use syntax::TextRange;

/// A value in doubt, by what it is: its range is known when the change is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Doubt {
    /// The value.
    pub(crate) about: DoubtedValue,
    /// Reason why it is in doubt.
    pub(crate) why: String,
}

/// A value of one of the Nix files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DoubtedValue {
    /// The key of a row in a group.
    Member { group: SmolStr, key: SmolStr },
    /// The key of a row.
    Row { key: SmolStr },
    /// A tag of an entry.
    Tag { entry: EntryKey, tag: SmolStr },
}

/// Remarks on a step of a change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Remarks {
    pub(crate) doubts: Vec<Doubt>,
    pub(crate) notes: Vec<String>,
}

impl Remarks {
    pub(crate) fn extend(&mut self, other: Remarks) {
        self.doubts.extend(other.doubts);
        self.notes.extend(other.notes);
    }
}

impl DoubtedValue {
    /// Returns the file that has the value, and its range there.
    fn find<'d>(&self, draft: &'d Draft<'_>) -> Option<(&'d NixFile, TextRange)> {
        match self {
            DoubtedValue::Member { group, key } => {
                let file = draft.table.as_ref()?;
                let facts = file.table().ok()?;
                let group = facts.groups.iter().find(|g| g.name.value == *group)?;
                let member = group.members.iter().find(|m| m.key.value == *key)?;
                Some((file, member.key.range))
            }
            DoubtedValue::Row { key } => {
                let file = draft.table.as_ref()?;
                let facts = file.table().ok()?;
                let row = facts.rows.iter().find(|row| row.key.value == *key)?;
                Some((file, row.key.range))
            }
            DoubtedValue::Tag { entry, tag } => {
                let file = draft.repository.as_ref()?.of_entry(entry)?;
                let facts = file.repository().ok()?;
                let mut tags = entry.find(&facts)?.tags.items.iter();
                let tag = tags.find(|t| t.value == *tag)?;
                Some((file, tag.range))
            }
        }
    }
}

/// Returns the values in doubt with their ranges in the changed files.
pub(crate) fn verify(draft: &Draft<'_>, doubts: &[Doubt]) -> Vec<Verify> {
    let verify = |doubt: &Doubt| {
        let (file, range) = doubt.about.find(draft)?;
        Some(Verify {
            path: file.path().clone(),
            range,
            text: file.slice(range).to_owned(),
            why: doubt.why.clone(),
        })
    };
    doubts.iter().filter_map(verify).collect()
}
