//! Edits of a checkout as the protocol has them, and what of them the server has to do itself.
//!
//! Clients differ in what they do to files: one empties a file that `CreateFile` was to leave
//! alone, or follows a link when it deletes a directory. So what is there is looked at here, and
//! links are never a client's to make, rename or delete.

use std::collections::HashMap;
use std::fs::{self, FileType};

use lsp_types::{
    AnnotatedTextEdit, ChangeAnnotation, CreateFile, CreateFileOptions, DeleteFile,
    DeleteFileOptions, DocumentChangeOperation, DocumentChanges, OneOf,
    OptionalVersionedTextDocumentIdentifier, Range, RenameFile, RenameFileOptions, ResourceOp,
    TextDocumentEdit, TextEdit, Url, WorkspaceEdit,
};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::abilities::Abilities;
use super::convert::url_of;
use super::position::range;
use analysis::Snapshot;
use edits::{Edit, Refusal};
use model::FileId;
use syntax::TextRange;

/// The files that a client has open: how it calls them, and at which version it has them.
pub(super) type OpenNames = FxHashMap<SmolStr, (Url, i32)>;

/// The id of the one annotation that an edit has.
const ANNOTATION: &str = "image-scripts";

/// The largest file that goes over the wire to be copied.
const MAX_COPY: u64 = 1 << 20;

/// A checkout as a client sees it.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    /// The checkout.
    pub(super) snapshot: &'a Snapshot,
    /// What the client can do.
    pub(super) abilities: &'a Abilities,
    /// What it has open.
    pub(super) open: &'a OpenNames,
}

/// What some edits come to.
#[derive(Debug, Default)]
pub(super) struct Prepared {
    /// What the client does.
    pub(super) edit: WorkspaceEdit,
    /// What the server does when the client has done that.
    pub(super) own: Vec<Edit>,
}

impl Prepared {
    /// Whether there is anything for the client to do.
    pub(super) fn is_for_client(&self) -> bool {
        self.edit.changes.is_some() || self.edit.document_changes.is_some()
    }
}

/// Turns edits into one of the protocol.
///
/// # Errors
/// When something stands in the way, or the client cannot do it. `instead` is how the user may:
/// a command line, or nothing.
pub(super) fn workspace_edit<'a>(
    target: Target<'a>,
    title: &str,
    instead: &'a str,
    edits: &'a [Edit],
) -> Result<Prepared, Refusal> {
    let mut builder = Builder {
        target,
        annotation: target
            .abilities
            .change_annotations
            .then(|| ANNOTATION.to_owned()),
        instead,
        unlinked: edits
            .iter()
            .filter_map(|edit| match edit {
                Edit::Unlink { path } => Some(path),
                _ => None,
            })
            .collect(),
        parts: Parts::default(),
    };
    for edit in edits {
        builder.add(edit)?;
    }
    builder.finish(title)
}

/// The parts of an edit, each in its order.
#[derive(Default)]
struct Parts {
    creations: Vec<DocumentChangeOperation>,
    texts: Vec<(Url, Option<i32>, Vec<TextEdit>)>,
    renames: Vec<DocumentChangeOperation>,
    deletions: Vec<DocumentChangeOperation>,
    own: Vec<Edit>,
    /// What is renamed and deleted, in words.
    described: Vec<String>,
}

struct Builder<'a> {
    target: Target<'a>,
    annotation: Option<String>,
    instead: &'a str,
    /// Links that come down: one that is made anew was there.
    unlinked: Vec<&'a SmolStr>,
    parts: Parts,
}

impl Builder<'_> {
    fn add(&mut self, edit: &Edit) -> Result<(), Refusal> {
        match edit {
            Edit::Text {
                file,
                range,
                new_text,
            } => self.text(*file, *range, new_text),
            Edit::Create { path, text } => self.create(path, text),
            Edit::Copy { from, to } => self.copy(from, to),
            Edit::Symlink { path, .. } => {
                if !self.unlinked.contains(&path) {
                    self.refuse_taken(path)?;
                }
                self.parts.own.push(edit.clone());
                Ok(())
            }
            Edit::Unlink { path } => {
                if !self.kind(path)?.is_symlink() {
                    return Err(Refusal(format!("{path}: it is no symbolic link")));
                }
                self.parts.own.push(edit.clone());
                Ok(())
            }
            Edit::Rename { from, to } => self.rename(from, to, edit),
            Edit::Delete { path } => self.delete(path, false),
            Edit::DeleteDirectory { path } => self.delete(path, true),
        }
    }

    fn text(&mut self, file: FileId, bytes: TextRange, new_text: &str) -> Result<(), Refusal> {
        let Target {
            snapshot,
            abilities,
            open,
        } = self.target;
        let gone = || Refusal("a file that was to be changed is gone: try again".to_owned());
        let text = snapshot.tree.file(file).ok_or_else(gone)?;
        let (uri, version) = match open.get(&text.path) {
            Some((url, version)) => (url.clone(), Some(*version)),
            None => (self.url(&text.path)?, None),
        };
        let edit = TextEdit {
            range: range(text, bytes, abilities.encoding),
            new_text: new_text.to_owned(),
        };
        // All of one document's edits at once: ranges are those of the text before any.
        let known = self.parts.texts.iter_mut().find(|(url, ..)| *url == uri);
        match known {
            Some((_, _, edits)) => edits.push(edit),
            None => self.parts.texts.push((uri, version, vec![edit])),
        }
        Ok(())
    }

    fn create(&mut self, path: &SmolStr, text: &str) -> Result<(), Refusal> {
        self.refuse_taken(path)?;
        self.needs(self.target.abilities.create_files, "create files")?;
        let uri = self.url(path)?;
        let create = CreateFile {
            uri: uri.clone(),
            options: Some(CreateFileOptions {
                overwrite: Some(false),
                ignore_if_exists: Some(true),
            }),
            annotation_id: self.annotation.clone(),
        };
        let create = DocumentChangeOperation::Op(ResourceOp::Create(create));
        self.parts.creations.push(create);
        if !text.is_empty() {
            let edit = TextEdit {
                range: Range::default(),
                new_text: text.to_owned(),
            };
            let edit = self.document(uri, None, vec![edit]);
            self.parts.creations.push(edit);
        }
        Ok(())
    }

    /// A copy is a new file with the same text, where it has one, and nothing but that.
    fn copy(&mut self, from: &SmolStr, to: &SmolStr) -> Result<(), Refusal> {
        let full = self.target.snapshot.root.join(from.as_str());
        let meta = fs::metadata(&full).map_err(|error| Refusal(format!("{from}: {error}")))?;
        let text = (meta.is_file() && meta.len() < MAX_COPY && !is_executable(&meta))
            .then(|| fs::read(&full).ok())
            .flatten()
            .and_then(|bytes| String::from_utf8(bytes).ok());
        match text {
            Some(text) => self.create(to, &text),
            None => {
                self.refuse_taken(to)?;
                self.parts.own.push(Edit::Copy {
                    from: from.clone(),
                    to: to.clone(),
                });
                Ok(())
            }
        }
    }

    fn rename(&mut self, from: &SmolStr, to: &SmolStr, edit: &Edit) -> Result<(), Refusal> {
        let kind = self.kind(from)?;
        self.refuse_taken(to)?;
        if kind.is_symlink() {
            self.parts.own.push(edit.clone());
            return Ok(());
        }
        self.needs(self.target.abilities.rename_files, "rename files")?;
        let rename = RenameFile {
            old_uri: self.url(from)?,
            new_uri: self.url(to)?,
            options: Some(RenameFileOptions {
                overwrite: Some(false),
                ignore_if_exists: Some(true),
            }),
            annotation_id: self.annotation.clone(),
        };
        let rename = DocumentChangeOperation::Op(ResourceOp::Rename(rename));
        self.parts.renames.push(rename);
        self.parts.described.push(format!("renames {from} to {to}"));
        Ok(())
    }

    fn delete(&mut self, path: &SmolStr, directory: bool) -> Result<(), Refusal> {
        let kind = self.kind(path)?;
        if kind.is_dir() != directory || kind.is_symlink() {
            let expected = if directory { "directory" } else { "file" };
            return Err(Refusal(format!("{path}: it is no {expected}: look at it")));
        }
        self.needs(self.target.abilities.delete_files, "delete files")?;
        let delete = DeleteFile {
            uri: self.url(path)?,
            options: Some(DeleteFileOptions {
                recursive: Some(directory),
                ignore_if_not_exists: Some(true),
                // Where the types have it.
                annotation_id: self.annotation.clone(),
            }),
        };
        let delete = DocumentChangeOperation::Op(ResourceOp::Delete(delete));
        self.parts.deletions.push(delete);
        self.parts.described.push(format!("deletes {path}"));
        Ok(())
    }

    /// A new path must be nobody's: nothing on the disk, and nothing that the client is about to
    /// save there.
    fn refuse_taken(&self, path: &SmolStr) -> Result<(), Refusal> {
        let full = self.target.snapshot.root.join(path.as_str());
        let what = if full.symlink_metadata().is_ok() {
            "it exists already and is never overwritten"
        } else if self.target.open.contains_key(path) {
            "it is open in the editor already"
        } else {
            return Ok(());
        };
        Err(Refusal(format!(
            "{path}: {what}: remove it or choose another name"
        )))
    }

    fn kind(&self, path: &str) -> Result<FileType, Refusal> {
        let meta = self.target.snapshot.root.join(path).symlink_metadata();
        meta.map(|meta| meta.file_type())
            .map_err(|error| Refusal(format!("{path}: {error}")))
    }

    fn needs(&self, ability: bool, what: &str) -> Result<(), Refusal> {
        if ability && self.target.abilities.document_changes {
            return Ok(());
        }
        let instead = if self.instead.is_empty() {
            "do it by hand".to_owned()
        } else {
            format!("run `{}`", self.instead)
        };
        Err(Refusal(format!("this editor cannot {what}: {instead}")))
    }

    fn url(&self, path: &str) -> Result<Url, Refusal> {
        url_of(&self.target.snapshot.root, path)
            .ok_or_else(|| Refusal(format!("{path}: it has no URL")))
    }

    fn document(
        &self,
        uri: Url,
        version: Option<i32>,
        edits: Vec<TextEdit>,
    ) -> DocumentChangeOperation {
        let annotated = |text_edit| match &self.annotation {
            Some(id) => OneOf::Right(AnnotatedTextEdit {
                text_edit,
                annotation_id: id.clone(),
            }),
            None => OneOf::Left(text_edit),
        };
        DocumentChangeOperation::Edit(TextDocumentEdit {
            text_document: OptionalVersionedTextDocumentIdentifier { uri, version },
            edits: edits.into_iter().map(annotated).collect(),
        })
    }

    fn finish(mut self, title: &str) -> Result<Prepared, Refusal> {
        let Parts {
            creations,
            texts,
            renames,
            deletions,
            own,
            described,
        } = std::mem::take(&mut self.parts);
        let mut edit = WorkspaceEdit::default();
        if self.target.abilities.document_changes {
            let mut operations = creations;
            let texts = texts.into_iter();
            operations
                .extend(texts.map(|(uri, version, edits)| self.document(uri, version, edits)));
            operations.extend(renames);
            operations.extend(deletions);
            if !operations.is_empty() {
                edit.change_annotations = self.annotation.map(|id| {
                    let annotation = ChangeAnnotation {
                        label: title.to_owned(),
                        needs_confirmation: Some(false),
                        description: (!described.is_empty()).then(|| described.join("; ")),
                    };
                    HashMap::from([(id, annotation)])
                });
                edit.document_changes = Some(DocumentChanges::Operations(operations));
            }
        } else if !texts.is_empty() {
            // Everything else was refused.
            let texts = texts.into_iter().map(|(uri, _, edits)| (uri, edits));
            edit.changes = Some(texts.collect());
        }
        Ok(Prepared { edit, own })
    }
}

#[cfg(unix)]
fn is_executable(meta: &fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_meta: &fs::Metadata) -> bool {
    false
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use analysis::Inputs;
    use model::tree::{File, Tree};
    use model::{FileKind, Layout};
    use syntax::TextSize;

    /// A client applies one document's edits all at once, but one `TextDocumentEdit` after the
    /// other: two for one document would have the second one's ranges wrong.
    #[test]
    fn the_edits_of_a_document_stay_together() {
        let mut tree = Tree::new(Layout::Whole);
        let mut file = |path: &str| {
            tree.insert_file(File::new(
                path.into(),
                FileKind::Script,
                Arc::from("one two\n"),
                None,
            ))
        };
        let (a, b) = (
            file("image-scripts/include/a.sh"),
            file("image-scripts/include/b.sh"),
        );
        let snapshot = Snapshot::new("/x".into(), tree, Vec::new(), Inputs::fixed("2026-01-01"));
        let edit = |file, at: u32| Edit::Text {
            file,
            range: TextRange::empty(TextSize::from(at)),
            new_text: "new".to_owned(),
        };
        let edits = vec![edit(a, 0), edit(b, 0), edit(a, 4)];
        let mut abilities = Abilities {
            document_changes: true,
            ..Abilities::default()
        };
        let convert = |abilities: &Abilities| {
            let target = Target {
                snapshot: &snapshot,
                abilities,
                open: &OpenNames::default(),
            };
            workspace_edit(target, "Mend", "", &edits).unwrap().edit
        };

        let Some(DocumentChanges::Operations(operations)) = convert(&abilities).document_changes
        else {
            panic!("no changes")
        };
        let edits = operations.iter().map(|operation| match operation {
            DocumentChangeOperation::Edit(edit) => {
                (edit.text_document.uri.path(), edit.edits.len())
            }
            DocumentChangeOperation::Op(_) => panic!("no operation"),
        });
        let expected = [
            ("/x/image-scripts/include/a.sh", 2),
            ("/x/image-scripts/include/b.sh", 1),
        ];
        assert_eq!(edits.collect::<Vec<_>>(), expected);

        abilities.document_changes = false;
        let changes = convert(&abilities).changes.unwrap();
        assert_eq!(changes.values().map(Vec::len).sum::<usize>(), 3);
    }
}
