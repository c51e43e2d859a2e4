//! Values that only upstream can confirm, as hints that stay in the files until somebody edits the
//! value or records that it is right. Those that a checkout has when it is opened are found in it;
//! a change adds its own.

use std::path::Path;
use std::sync::Arc;

use lsp_types::{Diagnostic, DiagnosticSeverity, NumberOrString};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::documents::CheckoutFile;
use super::position::{Encoding, range};
use super::protocol::SOURCE;
use analysis::trim;
use edits::{Change, OpenValue, Verify};
use model::view::View;
use model::{File, Tree};
use syntax::{TextRange, TextSize};

/// Code of these hints.
const CODE: &str = "verify";

/// Value that somebody has to verify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hint {
    pub(super) range: TextRange,
    pub(super) why: String,
    /// Image that the value belongs to.
    pub(super) image: SmolStr,
}

/// Hints of a file.
#[derive(Debug)]
struct FileHints {
    /// Text to which their ranges apply.
    text: Arc<str>,
    /// True once the file has had that text: a client may create a file before it fills it.
    arrived: bool,
    hints: Vec<Hint>,
}

/// Hints of all checkouts.
#[derive(Debug, Default)]
pub(super) struct VerifyHints {
    /// Those that are shown, or will be when their files have arrived.
    files: FxHashMap<CheckoutFile, FileHints>,
    /// Those of changes that the client has not accepted yet.
    pending: FxHashMap<CheckoutFile, FileHints>,
}

impl VerifyHints {
    /// Adds the hints of a change that is about to be made. `after` are the files as it leaves them.
    pub(super) fn add_pending(&mut self, root: &Path, after: &Tree, change: &Change) {
        let hints = change.verify.iter().map(|v| (&change.image, v));
        self.pending.extend(by_file(root, after, hints, false));
    }

    /// Shows the values that are open in the files of a checkout.
    pub(super) fn show_open(&mut self, root: &Path, now: &Tree, open: &[OpenValue]) {
        let hints = open.iter().map(|open| (&open.image, &open.verify));
        for (key, file_hints) in by_file(root, now, hints, true) {
            self.files.entry(key).or_insert(file_hints);
        }
    }

    /// Returns the hints of a file whose values nobody has recorded as right.
    pub(super) fn of_file(&self, root: &Path, now: &View<'_>, file: &File) -> Vec<Hint> {
        if self.files.is_empty() {
            return Vec::new();
        }
        let file_hints = self.files.get(&key(root, &file.path));
        let file_hints = file_hints.filter(|m| m.arrived && m.text == file.text);
        let hints = file_hints.into_iter().flat_map(|m| &m.hints);
        // A file that others read, too, stays when the image goes.
        let model = now.model;
        let is_there = |hint: &&Hint| {
            model.images.contains_key(&hint.image) || model.builders.contains_key(&hint.image)
        };
        let open = hints.filter(is_there).filter(|hint| {
            let is_recorded = || {
                let named = edits::named_value(now, &hint.image, &hint.verify(file));
                now.settings
                    .is_verified(&hint.image, &named.name, &named.exact)
            };
            !now.settings.verified.contains_key(&hint.image) || !is_recorded()
        });
        open.cloned().collect()
    }

    /// Drops the hints of a change that was not made.
    pub(super) fn discard_pending(&mut self, root: &Path, verify: &[Verify]) {
        for verify in verify {
            self.pending.remove(&key(root, &verify.path));
        }
    }

    /// Shows the hints of a change that was made.
    pub(super) fn show_pending(&mut self, root: &Path, verify: &[Verify]) {
        for verify in verify {
            let key = key(root, &verify.path);
            let Some(mut file_hints) = self.pending.remove(&key) else {
                continue;
            };
            // Those of an earlier change stay valid.
            if let Some(mut before) = self.files.remove(&key).filter(|m| m.arrived) {
                before.follow(&file_hints.text);
                before.hints.retain(|hint| !file_hints.hints.contains(hint));
                file_hints.hints.extend(before.hints);
                file_hints
                    .hints
                    .sort_by_key(|hint| (hint.range.start(), hint.range.end()));
            }
            self.files.insert(key, file_hints);
        }
    }

    /// Returns whether a file has any.
    pub(super) fn has(&self, root: &Path, path: &SmolStr) -> bool {
        let mut keys = self.files.keys().chain(self.pending.keys());
        keys.any(|key| key.root == root && key.path == *path)
    }

    /// Returns the files of a checkout that have any.
    pub(super) fn paths(&self, root: &Path) -> Vec<SmolStr> {
        let all = self.files.keys().chain(self.pending.keys());
        let of_root = all.filter(|key| key.root == root);
        of_root.map(|key| key.path.clone()).collect()
    }

    /// Moves the hints of a file that has another text.
    pub(super) fn follow(&mut self, root: &Path, path: &SmolStr, text: &Arc<str>) {
        let key = key(root, path);
        for file_hints in [self.files.get_mut(&key), self.pending.get_mut(&key)] {
            match file_hints {
                Some(file_hints) if file_hints.arrived => file_hints.follow(text),
                Some(file_hints) => file_hints.arrived = file_hints.text == *text,
                None => {}
            }
        }
        if self.files.get(&key).is_some_and(|m| m.hints.is_empty()) {
            self.files.remove(&key);
        }
    }

    /// Removes the hints of a file that does not exist. Returns whether it did, and had some.
    pub(super) fn remove_deleted(&mut self, root: &Path, path: &SmolStr) -> bool {
        let key = key(root, path);
        let gone = self.files.get(&key).is_some_and(|m| m.arrived);
        if gone {
            self.files.remove(&key);
        }
        gone
    }

    /// Returns the hints of a file, to be published.
    pub(super) fn diagnostics(
        &self,
        root: &Path,
        now: &View<'_>,
        file: &File,
        encoding: Encoding,
    ) -> Vec<Diagnostic> {
        let hints = self.of_file(root, now, file);
        let published = hints
            .iter()
            .map(|hint| hint.diagnostic(now, file, encoding));
        published.collect()
    }
}

impl Hint {
    /// Returns it as it is published.
    pub(super) fn diagnostic(&self, now: &View<'_>, file: &File, encoding: Encoding) -> Diagnostic {
        let named = edits::named_value(now, &self.image, &self.verify(file));
        let message = match named.address().filter(|_| named.resolved.is_some()) {
            Some(address) => format!("{}: {address}", self.why),
            None => self.why.clone(),
        };
        Diagnostic {
            range: range(file, self.range, encoding),
            severity: Some(DiagnosticSeverity::INFORMATION),
            code: Some(NumberOrString::String(CODE.to_owned())),
            source: Some(SOURCE.to_owned()),
            message,
            ..Diagnostic::default()
        }
    }

    /// Returns the value that it is about.
    pub(super) fn verify(&self, file: &File) -> Verify {
        Verify {
            path: file.path.clone(),
            range: self.range,
            text: file.slice(self.range).to_owned(),
            why: self.why.clone(),
        }
    }
}

/// Returns values of images as hints in their files, whose texts are those of a tree.
fn by_file<'v>(
    root: &Path,
    tree: &Tree,
    values: impl Iterator<Item = (&'v SmolStr, &'v Verify)>,
    arrived: bool,
) -> Vec<(CheckoutFile, FileHints)> {
    let mut added: FxHashMap<SmolStr, Vec<Hint>> = FxHashMap::default();
    for (image, verify) in values {
        added.entry(verify.path.clone()).or_default().push(Hint {
            range: verify.range,
            why: verify.why.clone(),
            image: image.clone(),
        });
    }
    let of_file = |(path, hints): (SmolStr, Vec<Hint>)| {
        let file = tree.file(tree.id(&path)?)?;
        let file_hints = FileHints {
            text: file.text.clone(),
            arrived,
            hints,
        };
        Some((key(root, &path), file_hints))
    };
    added.into_iter().filter_map(of_file).collect()
}

impl FileHints {
    /// Moves the hints to where their values are in another text. Whoever changes a value has
    /// verified it.
    fn follow(&mut self, text: &Arc<str>) {
        if self.text == *text {
            return;
        }
        let (start, removed, added) = trim(&self.text, text);
        let end = start + removed;
        let now = start + added.len();
        self.hints = std::mem::take(&mut self.hints)
            .into_iter()
            .filter_map(|hint| {
                let (from, to) = (
                    usize::from(hint.range.start()),
                    usize::from(hint.range.end()),
                );
                // Text that was written next to a value changes it, if it continues the word.
                let continues = |added: &str| added.chars().next().is_some_and(is_of_word);
                let precedes = |added: &str| added.chars().next_back().is_some_and(is_of_word);
                if to < start || (to == start && !continues(added)) {
                    return Some(hint);
                }
                if from > end || (from == end && !precedes(added)) {
                    let moved = from + now - end;
                    let at = TextSize::try_from(moved).ok()?;
                    let range = TextRange::at(at, hint.range.len());
                    return Some(Hint { range, ..hint });
                }
                None
            })
            .collect();
        self.text = text.clone();
    }
}

fn key(root: &Path, path: &SmolStr) -> CheckoutFile {
    CheckoutFile {
        root: root.to_path_buf(),
        path: path.clone(),
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || "._-".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the text under the hint on `44` when the text becomes another one.
    fn left(before: &str, after: &str) -> Option<String> {
        let at = before.find("44").unwrap();
        let mut file_hints = FileHints {
            text: Arc::from(before),
            arrived: true,
            hints: vec![Hint {
                range: TextRange::at(TextSize::try_from(at).unwrap(), TextSize::from(2)),
                why: String::new(),
                image: SmolStr::default(),
            }],
        };
        file_hints.follow(&Arc::from(after));
        let range = file_hints.hints.first()?.range;
        let text = after.get(usize::from(range.start())..usize::from(range.end()));
        Some(text.unwrap().to_owned())
    }

    #[test]
    fn a_hint_stays_with_its_value() {
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
