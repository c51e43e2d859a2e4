//! What a change left to be confirmed, as hints that stand in the files until they are edited.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lsp_types::{Diagnostic, DiagnosticSeverity, NumberOrString};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::convert::SOURCE;
use super::position::{Encoding, range};
use analysis::trim;
use edits::Verify;
use model::{File, Tree};
use syntax::{TextRange, TextSize};

/// The code of these hints.
const CODE: &str = "verify";

/// A value that somebody has to confirm.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark {
    range: TextRange,
    why: String,
}

/// The marks of a file.
#[derive(Debug)]
struct Marked {
    /// The text that their places are of.
    text: Arc<str>,
    /// Whether the file has had that text: a client may make a file before it fills it.
    arrived: bool,
    marks: Vec<Mark>,
}

/// A file: the checkout it is in, and its path there.
type Key = (PathBuf, SmolStr);

/// The marks of all checkouts.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// Those that are shown, or will be when their files have arrived.
    files: FxHashMap<Key, Marked>,
    /// Those of changes that the client has not accepted yet.
    pending: FxHashMap<Key, Marked>,
}

impl Marks {
    /// A change is about to be made that leaves something to be confirmed. `after` are the files
    /// as it leaves them.
    pub(super) fn prepare(&mut self, root: &Path, after: &Tree, verify: &[Verify]) {
        let mut fresh: FxHashMap<SmolStr, Vec<Mark>> = FxHashMap::default();
        for doubt in verify {
            fresh.entry(doubt.path.clone()).or_default().push(Mark {
                range: doubt.range,
                why: doubt.why.clone(),
            });
        }
        for (path, marks) in fresh {
            let file = after.id(&path).and_then(|id| after.file(id));
            let marked = file.map(|file| Marked {
                text: file.text.clone(),
                arrived: false,
                marks,
            });
            self.pending
                .extend(marked.map(|marked| ((root.to_path_buf(), path), marked)));
        }
    }

    /// The change was made, or not.
    pub(super) fn conclude(&mut self, root: &Path, verify: &[Verify], made: bool) {
        for doubt in verify {
            let key = (root.to_path_buf(), doubt.path.clone());
            let Some(mut marked) = self.pending.remove(&key).filter(|_| made) else {
                continue;
            };
            // Those of an earlier change are as good as they were.
            if let Some(mut before) = self.files.remove(&key).filter(|m| m.arrived) {
                before.follow(&marked.text);
                before.marks.retain(|mark| !marked.marks.contains(mark));
                marked.marks.extend(before.marks);
                marked
                    .marks
                    .sort_by_key(|mark| (mark.range.start(), mark.range.end()));
            }
            self.files.insert(key, marked);
        }
    }

    /// Whether a file has any.
    pub(super) fn has(&self, root: &Path, path: &SmolStr) -> bool {
        let mut keys = self.files.keys().chain(self.pending.keys());
        keys.any(|key| key.0 == root && key.1 == *path)
    }

    /// The files of a checkout that have any.
    pub(super) fn paths(&self, root: &Path) -> Vec<SmolStr> {
        let all = self.files.keys().chain(self.pending.keys());
        let of_root = all.filter(|(place, _)| place == root);
        of_root.map(|(_, path)| path.clone()).collect()
    }

    /// A file has a text.
    pub(super) fn follow(&mut self, root: &Path, path: &SmolStr, text: &Arc<str>) {
        let key = (root.to_path_buf(), path.clone());
        for marked in [self.files.get_mut(&key), self.pending.get_mut(&key)] {
            match marked {
                Some(marked) if marked.arrived => marked.follow(text),
                Some(marked) => marked.arrived = marked.text == *text,
                None => {}
            }
        }
        if self.files.get(&key).is_some_and(|m| m.marks.is_empty()) {
            self.files.remove(&key);
        }
    }

    /// A file is not there. Gives whether it was, and had marks.
    pub(super) fn gone(&mut self, root: &Path, path: &SmolStr) -> bool {
        let key = (root.to_path_buf(), path.clone());
        let gone = self.files.get(&key).is_some_and(|m| m.arrived);
        if gone {
            self.files.remove(&key);
        }
        gone
    }

    /// The hints that stand in a file.
    pub(super) fn hints(&self, root: &Path, file: &File, encoding: Encoding) -> Vec<Diagnostic> {
        if self.files.is_empty() {
            return Vec::new();
        }
        let key = (root.to_path_buf(), file.path.clone());
        let marked = self.files.get(&key);
        let marked = marked.filter(|m| m.arrived && m.text == file.text);
        let marks = marked.into_iter().flat_map(|m| &m.marks);
        let hint = |mark: &Mark| Diagnostic {
            range: range(file, mark.range, encoding),
            severity: Some(DiagnosticSeverity::HINT),
            code: Some(NumberOrString::String(CODE.to_owned())),
            source: Some(SOURCE.to_owned()),
            message: mark.why.clone(),
            ..Diagnostic::default()
        };
        marks.map(hint).collect()
    }
}

impl Marked {
    /// Moves the marks to where their values are in another text. Whoever changes a value has
    /// confirmed it.
    fn follow(&mut self, text: &Arc<str>) {
        if self.text == *text {
            return;
        }
        let (start, removed, added) = trim(&self.text, text);
        let end = start + removed;
        let now = start + added.len();
        self.marks = std::mem::take(&mut self.marks)
            .into_iter()
            .filter_map(|mark| {
                let (from, to) = (
                    usize::from(mark.range.start()),
                    usize::from(mark.range.end()),
                );
                // What was written right at a value makes it another one, if it is of a word.
                let joined = |part: &str| part.chars().next().is_some_and(is_of_word);
                let joins = |part: &str| part.chars().next_back().is_some_and(is_of_word);
                if to < start || (to == start && !joined(added)) {
                    return Some(mark);
                }
                if from > end || (from == end && !joins(added)) {
                    let moved = from + now - end;
                    let at = TextSize::try_from(moved).ok()?;
                    let range = TextRange::at(at, mark.range.len());
                    return Some(Mark { range, ..mark });
                }
                None
            })
            .collect();
        self.text = text.clone();
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || "._-".contains(c)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// What is left of the mark on `44` when the text becomes another one.
    fn left(before: &str, after: &str) -> Option<String> {
        let at = before.find("44").unwrap();
        let mut marked = Marked {
            text: Arc::from(before),
            arrived: true,
            marks: vec![Mark {
                range: TextRange::at(TextSize::try_from(at).unwrap(), TextSize::from(2)),
                why: String::new(),
            }],
        };
        marked.follow(&Arc::from(after));
        let range = marked.marks.first()?.range;
        let text = after.get(usize::from(range.start())..usize::from(range.end()));
        Some(text.unwrap().to_owned())
    }

    #[test]
    fn a_mark_stays_with_its_value() {
        for after in [
            "a=44\nb=1\n",
            "a=44\nb=2\n",
            "x\na=44\nb=1\n",
            "a=44\n",
            "a=44 # fine\nb=1\n",
            "44\nb=1\n",
        ] {
            assert_eq!(
                left("a=44\nb=1\n", after).as_deref(),
                Some("44"),
                "{after:?}"
            );
        }
        for after in [
            "a=45\nb=1\n",
            "a=440\nb=1\n",
            "a=4\nb=1\n",
            "",
            "a=1",
            "a=144\nb=1\n",
        ] {
            assert_eq!(left("a=44\nb=1\n", after), None, "{after:?}");
        }
    }
}
