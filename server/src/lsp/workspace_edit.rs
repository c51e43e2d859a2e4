//! Conversion of edits of a checkout to workspace edits of the protocol, and to those edits that the
//! server has to apply itself.
//!
//! Clients differ in what they do to files: one empties a file that `CreateFile` was to leave
//! alone, or follows a link when it deletes a directory. So existing files are looked at here, and
//! clients never create, rename or delete links.

use std::collections::HashMap;
use std::fs::FileType;

use lsp_types::{
    AnnotatedTextEdit, ChangeAnnotation, CreateFile, CreateFileOptions, DeleteFile,
    DeleteFileOptions, DocumentChangeOperation, DocumentChanges, OneOf,
    OptionalVersionedTextDocumentIdentifier, Range, RenameFile, RenameFileOptions, ResourceOp,
    TextDocumentEdit, TextEdit, Url, WorkspaceEdit,
};
use smol_str::SmolStr;

use super::convert::url_of;
use super::position::range;
use super::request_context::RequestContext;
use super::shown;
use checkout::{EntryKind, OpenError, RootDir};
use edits::{Edit, Refusal};
use model::FileId;
use syntax::TextRange;

/// Id of the one annotation of an edit.
const ANNOTATION: &str = "image-scripts";

/// Size of the largest file, in bytes, that goes over the wire to be copied.
const MAX_COPY_SIZE: u64 = 1 << 20;

/// Edits, split by who applies them.
#[derive(Debug, Default)]
pub(super) struct SplitEdit {
    /// Edit that the client applies.
    pub(super) client: WorkspaceEdit,
    /// Edits that the server applies after that.
    pub(super) server: Vec<Edit>,
}

impl SplitEdit {
    /// Returns whether there is anything for the client to do.
    pub(super) fn is_for_client(&self) -> bool {
        self.client.changes.is_some() || self.client.document_changes.is_some()
    }

    /// Returns whether there is anything for the server to do.
    pub(super) fn is_for_server(&self) -> bool {
        !self.server.is_empty()
    }
}

/// Converts edits.
///
/// # Errors
/// When a file is in the way, or the client cannot apply them. `command_line` is how the user can
/// do the same without the client, if there is a way.
pub(super) fn workspace_edit(
    context: &RequestContext,
    title: &str,
    command_line: Option<&str>,
    edits: &[Edit],
) -> Result<SplitEdit, Refusal> {
    let mut builder = WorkspaceEditBuilder {
        context,
        annotation: context
            .client
            .change_annotations
            .then(|| ANNOTATION.to_owned()),
        command_line,
        unlinked: edits
            .iter()
            .filter_map(|edit| match edit {
                Edit::Unlink { path } => Some(path),
                _ => None,
            })
            .collect(),
        creations: Vec::new(),
        texts: Vec::new(),
        renames: Vec::new(),
        deletions: Vec::new(),
        server: Vec::new(),
        described: Vec::new(),
    };
    for edit in edits {
        builder.add(edit)?;
    }
    Ok(builder.finish(title))
}

/// Edits of the text of one document.
struct DocumentEdits {
    url: Url,
    version: Option<i32>,
    edits: Vec<TextEdit>,
}

/// Extent of the deletion of a path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Recursion {
    None,
    Everything,
}

struct WorkspaceEditBuilder<'a> {
    context: &'a RequestContext,
    annotation: Option<String>,
    command_line: Option<&'a str>,
    /// Links that are removed: one that is created again existed.
    unlinked: Vec<&'a SmolStr>,
    creations: Vec<DocumentChangeOperation>,
    texts: Vec<DocumentEdits>,
    renames: Vec<DocumentChangeOperation>,
    deletions: Vec<DocumentChangeOperation>,
    server: Vec<Edit>,
    /// Descriptions of what is renamed and deleted.
    described: Vec<String>,
}

impl WorkspaceEditBuilder<'_> {
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
                self.server.push(edit.clone());
                Ok(())
            }
            Edit::Unlink { path } => {
                if !self.kind(path)?.is_symlink() {
                    return Err(Refusal(format!("{path}: not a symbolic link")));
                }
                self.server.push(edit.clone());
                Ok(())
            }
            Edit::Rename { from, to } => self.rename(from, to, edit),
            Edit::Delete { path } => {
                if !self.kind(path)?.is_file() {
                    return Err(Refusal(format!("{path}: not a file; delete it yourself")));
                }
                self.delete(path, Recursion::None)
            }
            Edit::DeleteDirectory { path } => {
                if !self.kind(path)?.is_dir() {
                    let message = format!("{path}: not a directory; delete it yourself");
                    return Err(Refusal(message));
                }
                self.delete(path, Recursion::Everything)
            }
        }
    }

    fn text(&mut self, file: FileId, bytes: TextRange, new_text: &str) -> Result<(), Refusal> {
        let Some(file) = self.context.snapshot.tree.file(file) else {
            let message = "a file that was to be changed does not exist any more: try again";
            return Err(Refusal(message.to_owned()));
        };
        let open = self.context.open_documents.get(&file.path);
        let url = match open {
            Some(document) => document.url.clone(),
            None => self.url(&file.path)?,
        };
        if open.is_none() && has_lone_return(&file.text) {
            return Err(Refusal(format!(
                "{}: it has a carriage return that ends no line, and not all editors count lines \
                 alike then: open the file, or remove it there",
                file.path
            )));
        }
        let edit = TextEdit {
            range: range(file, bytes, self.context.client.encoding),
            new_text: new_text.to_owned(),
        };
        // All of one document's edits at once: ranges are those of the text before any.
        let known = self.texts.iter_mut().find(|document| document.url == url);
        match known {
            Some(document) => document.edits.push(edit),
            None => self.texts.push(DocumentEdits {
                url,
                version: open.map(|document| document.version),
                edits: vec![edit],
            }),
        }
        Ok(())
    }

    fn create(&mut self, path: &SmolStr, text: &str) -> Result<(), Refusal> {
        self.refuse_taken(path)?;
        self.needs(self.context.client.create_files, "create files")?;
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
        self.creations.push(create);
        if !text.is_empty() {
            let edit = TextEdit {
                range: Range::default(),
                new_text: text.to_owned(),
            };
            let edit = self.text_document_edit(uri, None, vec![edit]);
            self.creations.push(edit);
        }
        Ok(())
    }

    /// Copies a file: by creating one with the same text, where it has one and nothing else matters.
    fn copy(&mut self, from: &SmolStr, to: &SmolStr) -> Result<(), Refusal> {
        let root = RootDir::open(&self.context.snapshot.root)
            .map_err(|error| Refusal(format!("{from}: {error}")))?;
        let text = match root.file(from) {
            Ok(file) if file.mode & 0o111 == 0 => file.bytes(MAX_COPY_SIZE).ok(),
            // A directory or a link is copied as it is.
            Ok(_) | Err(OpenError::Unfit(EntryKind::Directory) | OpenError::Outside) => None,
            Err(error) => return Err(Refusal(checkout::refused(from, &error))),
        };
        match text.and_then(|bytes| String::from_utf8(bytes).ok()) {
            Some(text) => self.create(to, &text),
            None => {
                self.refuse_taken(to)?;
                self.server.push(Edit::Copy {
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
            self.server.push(edit.clone());
            return Ok(());
        }
        self.needs(self.context.client.rename_files, "rename files")?;
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
        self.renames.push(rename);
        self.described.push(format!("renames {from} to {to}"));
        Ok(())
    }

    fn delete(&mut self, path: &SmolStr, recursion: Recursion) -> Result<(), Refusal> {
        self.needs(self.context.client.delete_files, "delete files")?;
        let delete = DeleteFile {
            uri: self.url(path)?,
            options: Some(DeleteFileOptions {
                recursive: Some(recursion == Recursion::Everything),
                ignore_if_not_exists: Some(true),
                // The types have it here.
                annotation_id: self.annotation.clone(),
            }),
        };
        let delete = DocumentChangeOperation::Op(ResourceOp::Delete(delete));
        self.deletions.push(delete);
        self.described.push(format!("deletes {path}"));
        Ok(())
    }

    /// Refuses a path for a new file at which something exists, or which the client has open and
    /// is about to save.
    fn refuse_taken(&self, path: &SmolStr) -> Result<(), Refusal> {
        let full = self.context.snapshot.root.join(path.as_str());
        let what = if full.symlink_metadata().is_ok() {
            "it exists already and is never overwritten"
        } else if self.context.open_documents.contains_key(path) {
            "it is open in the editor already"
        } else {
            return Ok(());
        };
        Err(Refusal(format!(
            "{path}: {what}: remove it or choose another name"
        )))
    }

    fn kind(&self, path: &str) -> Result<FileType, Refusal> {
        let meta = self.context.snapshot.root.join(path).symlink_metadata();
        meta.map(|meta| meta.file_type())
            .map_err(|error| Refusal(format!("{path}: {error}")))
    }

    /// Refuses where the client lacks a capability.
    fn needs(&self, capability: bool, what: &str) -> Result<(), Refusal> {
        if capability && self.context.client.document_changes {
            return Ok(());
        }
        let advice = match self.command_line {
            Some(command_line) => format!("run `{command_line}`"),
            None => "do it by hand".to_owned(),
        };
        Err(Refusal(format!("this editor cannot {what}: {advice}")))
    }

    fn url(&self, path: &str) -> Result<Url, Refusal> {
        url_of(&self.context.snapshot.root, path)
            .ok_or_else(|| Refusal(format!("{path}: the path has no URL")))
    }

    fn text_document_edit(
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

    fn finish(mut self, title: &str) -> SplitEdit {
        let texts = std::mem::take(&mut self.texts);
        let mut edit = WorkspaceEdit::default();
        if self.context.client.document_changes {
            let mut operations = std::mem::take(&mut self.creations);
            operations.extend(texts.into_iter().map(|document| {
                self.text_document_edit(document.url, document.version, document.edits)
            }));
            operations.append(&mut self.renames);
            operations.append(&mut self.deletions);
            if !operations.is_empty() {
                edit.change_annotations = self.annotation.map(|id| {
                    let described = shown::line(&self.described.join("; "));
                    let annotation = ChangeAnnotation {
                        label: shown::line(title),
                        needs_confirmation: Some(false),
                        description: (!described.is_empty()).then_some(described),
                    };
                    HashMap::from([(id, annotation)])
                });
                edit.document_changes = Some(DocumentChanges::Operations(operations));
            }
        } else if !texts.is_empty() {
            // Everything else was refused.
            let texts = texts.into_iter();
            let texts = texts.map(|document| (document.url, document.edits));
            edit.changes = Some(texts.collect());
        }
        SplitEdit {
            client: edit,
            server: self.server,
        }
    }
}

/// Returns whether a text has a `\r` without a `\n` after it.
fn has_lone_return(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'\r', bytes).any(|at| bytes.get(at + 1) != Some(&b'\n'))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::lsp::client_capabilities::ClientCapabilities;
    use crate::lsp::request_context::OpenDocuments;
    use analysis::{Inputs, Snapshot};
    use model::tree::{File, Tree};
    use model::{FileKind, Layout};
    use syntax::TextSize;

    /// A client applies one document's edits all at once, but one `TextDocumentEdit` after the
    /// other: with two for one document the second one's ranges would be wrong.
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
        let convert = |document_changes: bool| {
            let context = RequestContext {
                state_directory: Arc::default(),
                snapshot: Arc::new(snapshot.clone()),
                client: Arc::new(ClientCapabilities {
                    document_changes,
                    ..ClientCapabilities::default()
                }),
                open_documents: OpenDocuments::default(),
                document: None,
                builds: Arc::default(),
            };
            workspace_edit(&context, "Fix", None, &edits)
                .unwrap()
                .client
        };

        let Some(DocumentChanges::Operations(operations)) = convert(true).document_changes else {
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

        let changes = convert(false).changes.unwrap();
        assert_eq!(changes.values().map(Vec::len).sum::<usize>(), 3);
    }
}
