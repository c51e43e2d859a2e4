//! Report of a change of a checkout, for people and programs: the command line prints it with
//! `--format json`, the server sends it in response to its commands, and the types of the editors
//! are tested against it.
//!
//! Within a version, keys are only added. Ranges count from 0, in the encoding of positions that
//! the client has; on the command line that is UTF-16.

use std::collections::BTreeSet;

use lsp_types::Range;
use serde::Serialize;
use smol_str::SmolStr;

use crate::base_checkout::{BaseCheckout, surroundings};
use crate::lsp::position::{Encoding, position, range};
use analysis::Snapshot;
use checkout::apply;
use edits::{Change, NextStep, Verify};
use model::view::View;
use model::{Model, Tree};
use syntax::lines::Lines;
use syntax::{TextRange, TextSize};

/// Version of the format.
const VERSION: u32 = 1;

/// A change that was made, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangeReport {
    /// Version of the format.
    pub version: u32,
    /// Description in a few words.
    pub title: String,
    /// Image that was created or changed.
    pub image: SmolStr,
    /// Image that it was modelled on.
    pub like: Option<SmolStr>,
    /// True if the change was made.
    pub applied: bool,
    /// Paths of new files.
    pub created: Vec<SmolStr>,
    /// Paths of files that have another text.
    pub edited: Vec<SmolStr>,
    /// Paths of files, directories and links that were deleted.
    pub deleted: Vec<SmolStr>,
    /// Old and new paths.
    pub renamed: Vec<(SmolStr, SmolStr)>,
    /// New symbolic links: their paths and targets.
    pub symlinks: Vec<(SmolStr, SmolStr)>,
    /// Values that were carried over or derived and that only upstream can confirm.
    pub verify: Vec<ValueToVerify>,
    /// Remarks, mostly on what was left alone.
    pub notes: Vec<NoteReport>,
    /// Commands to run next.
    pub next: Vec<NextCommand>,
    /// Reason why the change was not made, from the editor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Error of the part of the change that the server makes itself, such as links.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// Paths of those new files and directories that the server has made itself: undo in the editor
    /// leaves them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copied: Option<Vec<SmolStr>>,
    /// Texts of the files that change, where a client requests them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub texts: Option<Vec<ChangedText>>,
    /// Subject of a commit that has the change and nothing else; empty where it leaves nothing to commit.
    pub commit: String,
}

/// A value that only upstream can confirm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ValueToVerify {
    /// Path of the file.
    pub path: SmolStr,
    /// Range in the file after the change.
    pub range: Option<Range>,
    /// The value as written.
    pub text: String,
    /// The value with its variables expanded, where that says more.
    pub resolved: Option<String>,
    /// Reason why it has to be verified.
    pub why: String,
    /// Name of the value, `IMAGE/VARIABLE`, where it is assigned to a variable.
    pub key: Option<String>,
}

/// A remark on a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoteReport {
    /// Path of the file that it is about.
    pub path: Option<SmolStr>,
    /// Range in the file before the change.
    pub range: Option<Range>,
    /// The remark.
    pub message: String,
}

/// A command to run next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NextCommand {
    /// Command line.
    pub command: String,
    /// Reason to run it.
    pub why: String,
}

/// Texts of a file before and after a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangedText {
    /// Path of the file.
    pub path: SmolStr,
    /// Text before; `None` if the file did not exist.
    pub before: Option<String>,
    /// Text after; `None` if the file does not exist any more.
    pub after: Option<String>,
}

impl ChangeReport {
    /// Reports a change that was not made (yet). `after` are the files as it leaves them.
    pub fn new(
        snapshot: &Snapshot,
        change: &Change,
        after: &Tree,
        encoding: Encoding,
    ) -> ChangeReport {
        let paths = apply::summary(&snapshot.tree, &change.edits);
        let (before, model) = (snapshot.view(), Model::new(after));
        let now = View {
            tree: after,
            model: &model,
            ..before
        };
        let verify = change.verify.iter();
        let verify = verify.map(|verify| value_to_verify(&now, &change.image, verify, encoding));
        let notes = change.notes.iter().map(|note| {
            let (path, bytes) = note.at.clone().map(|at| (at.path, at.range)).unzip();
            let at = path.as_ref().zip(bytes);
            NoteReport {
                range: at.and_then(|(path, bytes)| range_before(snapshot, path, bytes, encoding)),
                path,
                message: note.message.clone(),
            }
        });
        ChangeReport {
            version: VERSION,
            title: change.title.clone(),
            image: change.image.clone(),
            like: change.like.clone(),
            applied: false,
            created: paths.created,
            edited: paths.edited,
            deleted: paths.deleted,
            renamed: paths.renamed,
            symlinks: paths.symlinks,
            verify: verify.collect(),
            notes: notes.collect(),
            next: next_commands(snapshot, change, &now),
            reason: None,
            failed: None,
            copied: None,
            texts: None,
            commit: match removes_uncommitted(snapshot, &now) {
                true => String::new(),
                false => edits::commit_subject(&before, change, &now),
            },
        }
    }
}

/// Returns the files that a change creates, changes or deletes, by path.
pub(crate) fn changed_texts(before: &Tree, after: &Tree) -> Vec<ChangedText> {
    let paths = |tree: &Tree| -> BTreeSet<SmolStr> {
        let files = tree.files();
        files.map(|(_, file)| file.path.clone()).collect()
    };
    let all = &paths(before) | &paths(after);
    let changed = all.into_iter().filter_map(|path| {
        let (old, new) = (text_of(before, &path), text_of(after, &path));
        (old != new).then(|| ChangedText {
            before: old.map(str::to_owned),
            after: new.map(str::to_owned),
            path,
        })
    });
    changed.collect()
}

fn text_of<'t>(tree: &'t Tree, path: &str) -> Option<&'t str> {
    Some(&tree.file(tree.id(path)?)?.text)
}

/// Converts a range in a file as it was before the change: one of the checkout, or one of its
/// documents, which a change leaves alone.
fn range_before(
    snapshot: &Snapshot,
    path: &str,
    bytes: TextRange,
    encoding: Encoding,
) -> Option<Range> {
    let tree = &snapshot.tree;
    if let Some(file) = tree.id(path).and_then(|id| tree.file(id)) {
        return Some(range(file, bytes, encoding));
    }
    let text = checkout::read_text(&snapshot.root, path).ok()?;
    let lines = Lines::new(&text);
    let at = |offset: TextSize| position(&text, &lines, offset, encoding);
    Some(Range {
        start: at(bytes.start()),
        end: at(bytes.end()),
    })
}

/// Reports a value of an image.
pub(crate) fn value_to_verify(
    now: &View<'_>,
    image: &str,
    verify: &Verify,
    encoding: Encoding,
) -> ValueToVerify {
    let file = now.tree.id(&verify.path).and_then(|id| now.tree.file(id));
    let named = edits::named_value(now, image, verify);
    ValueToVerify {
        path: verify.path.clone(),
        range: file.map(|file| range(file, verify.range, encoding)),
        text: verify.text.clone(),
        why: verify.why.clone(),
        key: named.is_variable.then(|| format!("{image}/{}", named.name)),
        resolved: named.resolved,
    }
}

/// Returns whether a change only removes images, and none of them has been committed.
fn removes_uncommitted(snapshot: &Snapshot, now: &View<'_>) -> bool {
    let (before, after) = (&snapshot.model.images, &now.model.images);
    if after.keys().any(|name| !before.contains_key(name)) {
        return false;
    }
    let mut removed = before.keys().filter(|name| !after.contains_key(*name));
    let Some(first) = removed.next() else {
        return false;
    };
    let Ok(head) = BaseCheckout::read(snapshot, Some("HEAD")) else {
        return false;
    };
    !head.has_image(first) && !removed.any(|name| head.has_image(name))
}

/// Returns the commands to run after a change. What git does not say is taken for usual: a checkout
/// may be in no repository.
fn next_commands(snapshot: &Snapshot, change: &Change, now: &View<'_>) -> Vec<NextCommand> {
    let before = snapshot.view();
    let base = BaseCheckout::read(snapshot, None).ok();
    let earlier = base.as_ref().map_or(before, |base| base.view(&before));
    let surroundings = surroundings(snapshot, base.as_ref());
    let steps = edits::next_steps(&earlier, &before, change, now, &surroundings);
    let command = |NextStep { command, why }| NextCommand { command, why };
    steps.into_iter().map(command).collect()
}
